//! A collector's sign of life, by which whoever keeps it running sees that it goes on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

/// Beats while the collector works. Cheap to clone: all clones are the same pulse.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    beats: AtomicU64,
    /// Whether it is at work and so has to beat; what waits to be woken has not.
    at_work: AtomicBool,
}

impl Pulse {
    /// Of a thread, which looks around several times a second whatever comes: it beats at each look.
    pub fn of_thread() -> Self {
        let pulse = Self::default();
        pulse.0.at_work.store(true, Relaxed);
        pulse
    }

    /// It works.
    pub fn beat(&self) {
        self.0.beats.fetch_add(1, Relaxed);
    }

    /// How often it beat; `None` while it waits, when silence means nothing.
    pub fn beats(&self) -> Option<u64> {
        self.0.at_work.load(Relaxed).then(|| self.0.beats.load(Relaxed))
    }

    /// A task that beats each time it is woken, and is at work until it waits again.
    pub fn watched<F: Future>(self, task: F) -> impl Future<Output = F::Output> {
        Watched { pulse: self, task: Box::pin(task) }
    }
}

struct Watched<F> {
    pulse: Pulse,
    task: Pin<Box<F>>,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.pulse.beat();
        self.pulse.0.at_work.store(true, Relaxed);
        let polled = self.task.as_mut().poll(context);
        self.pulse.0.at_work.store(false, Relaxed);
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_beats_when_it_is_woken_and_is_at_work_only_then() {
        let pulse = Pulse::default();
        let within = pulse.clone();
        let seen = pulse.clone().watched(async move { within.beats() }).await;
        assert_eq!((seen, pulse.beats()), (Some(1), None));
        let thread = Pulse::of_thread();
        thread.clone().beat();
        assert_eq!(thread.beats(), Some(1));
    }
}
