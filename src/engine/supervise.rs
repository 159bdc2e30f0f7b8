//! Collectors are kept running: one that panics, breaks off or hangs is counted, said, and started again after a while
//! (docs/decisions/0095).
//!
//! A task that hangs is dropped as soon as it waits; a thread can't be ended from outside: it is told to end, and another takes its place beside it.

use crate::collect::Pulse;
use crate::net::privilege;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How a collector is watched and started again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The wait before the first restart; it doubles with each.
    pub(super) first: Duration,
    /// Who fails again and again is tried so often.
    pub(super) longest: Duration,
    /// How often it is looked whether it goes on.
    pub(super) look: Duration,
    /// After so many looks in a row without a beat it hangs. They are counted, not timed: a process that was stopped for an hour has looked once.
    pub(super) still: u32,
    /// After so many looks it runs as it should: the notice goes, and the next restart waits as little as the first.
    pub(super) steady: u32,
}

/// A busy machine delays a collector by some seconds, which is no reason to start another; one that fails for good is tried once a minute.
pub(super) const PACE: Pace =
    Pace { first: Duration::from_secs(1), longest: Duration::from_secs(60), look: Duration::from_secs(1), still: 20, steady: 60 };

/// What is said of a panic: its own message may hold what nobody should read, and stands in the log.
const PANICKED: &str = "a fault in noctop (it panicked; the log has where)";

/// The collector of captured ports.
pub(super) const CAPTURE: &str = "capture";

/// How a collector's run ended; an error is why it broke off.
pub(super) type Ran = Result<(), String>;

/// A thread's work.
pub(super) type Work = Box<dyn FnOnce(&Turn) -> Ran + Send>;

/// One run of a thread.
#[derive(Clone)]
pub(super) struct Turn {
    /// Ends this run.
    pub(super) stop: CancellationToken,
    /// Beats while it goes on.
    pub(super) pulse: Pulse,
}

/// Every collector that is kept running.
#[derive(Debug, Default)]
pub(super) struct Wards(Mutex<Vec<Arc<Ward>>>);

impl Wards {
    /// One more: the collector of `noctop status` that it belongs to, and its task's own name.
    pub(super) fn enter(&self, collector: &'static str, task: &str) -> Arc<Ward> {
        self.enter_at(PACE, (collector, task))
    }

    /// As [`Self::enter`], at another pace.
    pub(super) fn enter_at(&self, pace: Pace, (collector, task): (&'static str, &str)) -> Arc<Ward> {
        let (task, restarts, trouble) = (task.to_owned(), AtomicU64::new(0), Mutex::new(None));
        let ward = Arc::new(Ward { collector, task, pace, restarts, trouble });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&ward));
        ward
    }

    /// How often each collector was started again; those that never were are not among them.
    pub(super) fn restarts(&self) -> BTreeMap<&'static str, u64> {
        let mut restarts = BTreeMap::new();
        for ward in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let count = ward.restarts.load(Relaxed);
            if count > 0 {
                *restarts.entry(ward.collector).or_default() += count;
            }
        }
        restarts
    }

    /// What is wrong with a collector at present.
    pub(super) fn failure(&self, collector: &str) -> Option<String> {
        let wards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wards.iter().filter(|ward| ward.collector == collector).find_map(|ward| ward.trouble())
    }

    /// What is wrong at present, in a sentence. What becomes of captured ports is said where functions are that are off.
    pub(super) fn sentence(&self) -> Option<String> {
        let wards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<String> = wards.iter().filter(|ward| ward.collector != CAPTURE).filter_map(|ward| ward.trouble()).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// A collector as it is kept running.
#[derive(Debug)]
pub(super) struct Ward {
    collector: &'static str,
    task: String,
    pace: Pace,
    restarts: AtomicU64,
    trouble: Mutex<Option<String>>,
}

impl Ward {
    fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It runs as it should.
    fn is_well(&self) {
        if let Some(trouble) = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take() {
            tracing::warn!(collector = self.task, "no more: {trouble}");
        }
    }

    fn failed(&self, why: &str, wait: Duration) {
        let sentence = format!("the collector {} failed: {why}; it is started again", self.task);
        let before = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).replace(sentence.clone());
        if before.as_ref() != Some(&sentence) {
            tracing::error!(collector = self.task, why, wait = ?wait, "a collector failed and is started again");
        }
    }

    /// It is started; `is_first` as long as it never was.
    fn starts(&self, is_first: &mut bool) {
        self.restarts.fetch_add(u64::from(!std::mem::replace(is_first, false)), Relaxed);
    }

    /// Waits until it hangs; how long it ran is counted in looks.
    async fn hangs(&self, pulse: &Pulse, looks: &mut u32) -> String {
        let (mut last, mut still) = (None, 0);
        while still < self.pace.still {
            sleep(self.pace.look).await;
            *looks = looks.saturating_add(1);
            let now = pulse.beats();
            still = if now.is_some() && now == last { still + 1 } else { 0 };
            last = now;
            if *looks >= self.pace.steady && still == 0 {
                self.is_well();
            }
        }
        format!("it hangs: nothing of it moved for {} s", (self.pace.look * self.pace.still).as_secs())
    }

    /// After a failure: counts, says, waits. False where it is to end.
    async fn pauses(&self, why: &str, (wait, looks): (&mut Duration, u32), stop: &CancellationToken) -> bool {
        if looks >= self.pace.steady {
            *wait = self.pace.first;
        }
        if stop.is_cancelled() {
            return false;
        }
        self.failed(why, *wait);
        let over = *wait;
        *wait = (*wait * 2).min(self.pace.longest);
        tokio::select! {
            () = stop.cancelled() => false,
            () = sleep(over) => true,
        }
    }
}

/// Runs what `make` makes until it ends by itself or `stop` is cancelled; made anew whenever it panics, breaks off or hangs.
pub(super) async fn keep_running<F>(ward: Arc<Ward>, stop: CancellationToken, mut make: impl FnMut() -> F)
where
    F: Future<Output = Ran> + Send + 'static,
{
    let (mut wait, mut is_first) = (ward.pace.first, true);
    while !stop.is_cancelled() {
        let (pulse, mut looks) = (Pulse::default(), 0);
        ward.starts(&mut is_first);
        let mut task = tokio::spawn(pulse.clone().watched(make()));
        let why = tokio::select! {
            ended = &mut task => match ended {
                Ok(Ok(())) => return ward.is_well(),
                Ok(Err(why)) => why,
                Err(_) => PANICKED.to_owned(),
            },
            why = ward.hangs(&pulse, &mut looks) => {
                task.abort();
                why
            }
        };
        if !ward.pauses(&why, (&mut wait, looks), &stop).await {
            return;
        }
    }
}

/// The same in threads of their own, which hold no capability. `make` is called in the caller's task, which may do what threads may not (open
/// sockets); `Ok(None)` is that there is nothing to do.
pub(super) async fn keep_thread<M>(ward: Arc<Ward>, stop: CancellationToken, mut make: M)
where
    M: FnMut(&Turn) -> Result<Option<Work>, String>,
{
    let (mut wait, mut is_first) = (ward.pace.first, true);
    while !stop.is_cancelled() {
        let turn = Turn { stop: stop.child_token(), pulse: Pulse::of_thread() };
        let mut looks = 0;
        let why = match made(&ward, make(&turn), &turn) {
            Ok(None) => return ward.is_well(),
            Err(why) => why,
            Ok(Some(ended)) => {
                ward.starts(&mut is_first);
                tokio::select! {
                    ended = ended => match ended {
                        Ok(Ok(())) => return ward.is_well(),
                        Ok(Err(why)) => why,
                        Err(_) => PANICKED.to_owned(),
                    },
                    why = ward.hangs(&turn.pulse, &mut looks) => {
                        turn.stop.cancel();
                        why
                    }
                }
            }
        };
        if !ward.pauses(&why, (&mut wait, looks), &stop).await {
            return;
        }
    }
}

/// Starts a thread for some work; where it says how it ended.
fn made(ward: &Ward, work: Result<Option<Work>, String>, turn: &Turn) -> Result<Option<oneshot::Receiver<Ran>>, String> {
    let Some(work) = work? else { return Ok(None) };
    let (send, ended) = oneshot::channel();
    let turn = turn.clone();
    let thread = std::thread::Builder::new().name(format!("noctop-{}", ward.task)).spawn(move || {
        privilege::keep(&[]);
        let ran = catch_unwind(AssertUnwindSafe(|| work(&turn)));
        let _nobody_waits = send.send(ran.unwrap_or_else(|_| Err(PANICKED.to_owned())));
    });
    thread.map(|_detached_and_ended_by_its_turn| Some(ended)).map_err(|error| format!("a thread did not start: {error}"))
}

/// Work that goes on for ever in the thread that calls: again after a panic, until it ends by itself.
pub(super) fn again_and_again((collector, wards): (&'static str, &Wards), mut work: impl FnMut()) {
    let (ward, mut wait) = (wards.enter(collector, collector), PACE.first);
    while catch_unwind(AssertUnwindSafe(&mut work)).is_err() {
        ward.failed(PANICKED, wait);
        std::thread::sleep(wait);
        ward.restarts.fetch_add(1, Relaxed);
        wait = (wait * 2).min(PACE.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn ward() -> (Wards, Arc<Ward>) {
        let wards = Wards::default();
        let ward = wards.enter("test", "task");
        (wards, ward)
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_or_breaks_off_is_counted_said_and_started_again() {
        let ((wards, ward), mut starts) = (ward(), 0);
        let begun = tokio::time::Instant::now();
        let mut waits = Vec::new();
        keep_running(ward, CancellationToken::new(), || {
            starts += 1;
            waits.push(begun.elapsed().as_secs());
            let start = starts;
            async move {
                assert!(start != 1, "the collector fails");
                if start < 5 { Err("the socket broke".to_owned()) } else { Ok(()) }
            }
        })
        .await;
        assert_eq!((wards.restarts()["test"], starts), (4, 5));
        assert_eq!(waits, [0, 1, 3, 7, 15], "each time later");
        assert_eq!(wards.sentence(), None, "it ended by itself");
    }

    /// So that a test with threads need not wait: their time is real.
    const QUICK: Pace = Pace {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(2),
        look: Duration::from_millis(50),
        still: 20,
        steady: 1000,
    };

    #[tokio::test]
    async fn a_thread_that_panics_hangs_or_breaks_off_gets_another_beside_it() {
        let (wards, mut starts) = (Wards::default(), 0);
        let ward = wards.enter_at(QUICK, ("test", "task"));
        let (hold, held) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let mut held = Some(held);
        let make = |_: &Turn| {
            starts += 1;
            let (start, held, tell) = (starts, (starts == 2).then(|| held.take()).flatten(), tell.clone());
            let work: Work = Box::new(move |turn| {
                assert!(start != 1, "the collector fails");
                if let Some(held) = held {
                    // Hangs until it is let go; then it sees that it was told to end.
                    let _let_go = held.recv();
                    tell.send(turn.stop.is_cancelled()).unwrap();
                    return Ok(());
                }
                if start == 3 { Err("its port is gone".to_owned()) } else { Ok(()) }
            });
            if start == 4 { Err("its port is still gone".to_owned()) } else { Ok(Some(work)) }
        };
        keep_thread(ward, CancellationToken::new(), make).await;
        assert_eq!((wards.restarts()["test"], starts), (3, 5), "one start came to nothing");
        drop(hold);
        assert_eq!(told.recv(), Ok(true));
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_said_until_its_successor_has_run_for_a_while() {
        let (wards, ward) = ward();
        let (stop, wards) = (CancellationToken::new(), Arc::new(wards));
        let (seen, ending) = (Arc::clone(&wards), stop.clone());
        let mut starts = 0;
        let kept = tokio::spawn(keep_running(ward, stop, move || {
            starts += 1;
            let (start, ending) = (starts, ending.clone());
            async move {
                if start == 1 {
                    return Err("it broke".to_owned());
                }
                ending.cancelled().await;
                Ok(())
            }
        }));
        sleep(Duration::from_secs(10)).await;
        let sentence = wards.sentence().unwrap();
        assert_eq!(sentence, "the collector task failed: it broke; it is started again");
        assert_eq!(wards.failure("test").as_deref(), Some(sentence.as_str()));
        sleep(PACE.look * (PACE.steady + 2)).await;
        assert_eq!((seen.sentence(), seen.restarts()["test"]), (None, 1), "it is over; that it was stays counted");
        kept.abort();
    }

    #[test]
    fn work_in_a_thread_of_its_own_goes_on_after_a_panic() {
        let (wards, mut times) = (Wards::default(), 0);
        again_and_again(("logs", &wards), || {
            times += 1;
            assert!(times > 1, "it fails");
        });
        assert_eq!((times, wards.restarts()["logs"]), (2, 1));
    }
}
