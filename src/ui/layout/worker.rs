//! The layout on a thread of its own. Latest wins: of plans that wait, only the newest is laid out.

use super::{Layout, Plan, compute};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};

/// A plan on its way and the layout that it starts from.
struct Job {
    plan: Plan,
    before: Option<Arc<Layout>>,
}

/// A thread that lays plans out. It ends with its owner.
#[derive(Debug)]
pub struct LayoutWorker {
    jobs: Sender<Job>,
    done: Mutex<Receiver<(Plan, Arc<Layout>)>>,
}

impl LayoutWorker {
    /// Starts the thread; `finished` is called on it after each layout, to wake the console.
    ///
    /// Errors: those of the operating system when it has no thread left.
    pub fn start(finished: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (jobs, waiting) = channel::<Job>();
        let (results, done) = channel();
        std::thread::Builder::new().name("layout".to_owned()).spawn(move || {
            while let Ok(job) = waiting.recv() {
                let newest = waiting.try_iter().last().unwrap_or(job);
                let layout = Arc::new(compute(&newest.plan, newest.before.as_deref()));
                if results.send((newest.plan, layout)).is_err() {
                    return;
                }
                finished();
            }
        })?;
        Ok(Self { jobs, done: Mutex::new(done) })
    }

    /// Hands a plan over. Does not wait.
    pub fn submit(&self, plan: Plan, before: Option<Arc<Layout>>) {
        // The thread only ends with this value: there is nobody to tell.
        let _ = self.jobs.send(Job { plan, before });
    }

    /// The newest finished layout, if there is one that was not taken yet.
    pub fn take(&self) -> Option<(Plan, Arc<Layout>)> {
        let done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut newest = None;
        loop {
            match done.try_recv() {
                Ok(result) => newest = Some(result),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return newest,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::layout::tests::campus;

    #[test]
    fn the_newest_plan_is_laid_out_as_without_a_thread() {
        let (wake, woken) = channel();
        let worker = LayoutWorker::start(move || {
            let _ = wake.send(());
        })
        .unwrap();
        for width in [40, 60, 90] {
            worker.submit(Plan { width, ..campus() }, None);
        }
        let mut last = None;
        while last.as_ref().is_none_or(|(plan, _): &(Plan, Arc<Layout>)| plan.width != 90) {
            woken.recv().unwrap();
            last = worker.take().or(last);
        }
        let (plan, layout) = last.unwrap();
        assert_eq!(*layout, compute(&plan, None));
    }
}
