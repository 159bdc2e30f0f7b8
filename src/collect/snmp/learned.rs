//! What was learned of one agent: how quick it is, how much it bears, and its SNMPv3 engine.

use super::v3::Engine;
use crate::mib::Quirks;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// OIDs in the first GET to an agent: some tens of octets each, so that request and answer fit an unfragmented datagram.
const FIRST_BATCH: usize = 24;

/// OIDs in one GET at most, once the agent has borne the first: about 1.7 kB of counters, two fragments.
const MAX_BATCH: usize = 60;

/// Varbinds in the first GETBULK answer of an agent: fits an unfragmented datagram.
const FIRST_BULK: usize = 32;

/// Varbinds in the first GETBULK answer of a walk on an agent that has borne as many: a short table ends within it.
const NEXT_BULK: usize = 96;

/// Varbinds in a GETBULK answer at most: about 8 kB, six fragments. Larger answers save little and are lost more often.
const MAX_BULK: usize = 240;

/// The longest wait for one answer, whatever the round trip: beyond it an agent is of no use to a poller.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// What is known of one agent. A few hundred octets.
#[derive(Debug)]
pub(super) struct Learned {
    /// Requests in flight at once.
    pub(super) in_flight: Semaphore,
    answered: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// RFC 6298: smoothed round trip and its variation.
    round_trip: Option<(Duration, Duration)>,
    batch: usize,
    batch_limit: usize,
    /// Whether a batch was ever met with silence: then it grows by single steps only.
    batch_lost: bool,
    bulk: Bulk,
    /// Varbinds of the largest GETBULK answer that came whole.
    bulk_borne: usize,
    bulk_limit: usize,
    engine: Option<Arc<Engine>>,
}

/// Whether the agent can do GETBULK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bulk {
    Untried,
    Works,
    Fails,
}

impl Learned {
    pub(super) fn new(in_flight: usize) -> Self {
        Self {
            in_flight: Semaphore::new(in_flight),
            answered: AtomicBool::new(false),
            inner: Mutex::new(Inner {
                round_trip: None,
                batch: FIRST_BATCH,
                batch_limit: MAX_BATCH,
                batch_lost: false,
                bulk: Bulk::Untried,
                bulk_borne: FIRST_BULK,
                bulk_limit: MAX_BULK,
                engine: None,
            }),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it ever answered.
    pub(super) fn answered(&self) -> bool {
        self.answered.load(Relaxed)
    }

    /// An answer took this long (RFC 6298 §2). It is exact even after a repetition, because every try has its own number.
    pub(super) fn saw_round_trip(&self, sample: Duration) {
        self.answered.store(true, Relaxed);
        let mut inner = self.inner();
        inner.round_trip = Some(match inner.round_trip {
            None => (sample, sample / 2),
            Some((mean, variation)) => ((mean * 7 + sample) / 8, (variation * 3 + mean.abs_diff(sample)) / 4),
        });
    }

    /// How long to wait for the answer to try number `attempt`. The configured time for an agent that is quick or never
    /// answered; for one whose round trips exceed it, RFC 6298's time, doubled with each try.
    pub(super) fn wait(&self, configured: Duration, attempt: u32) -> Duration {
        let Some((mean, variation)) = self.inner().round_trip else { return configured };
        let adapted = (mean + variation * 4).saturating_mul(1 << attempt.min(4));
        configured.max(adapted.min(MAX_WAIT))
    }

    /// OIDs in one GET.
    pub(super) fn batch(&self) -> usize {
        self.inner().batch
    }

    /// A GET of so many OIDs was too much for the agent, by its own word.
    pub(super) fn shrink_batch(&self, failed: usize) {
        let mut inner = self.inner();
        inner.batch_limit = inner.batch_limit.min((failed / 2).max(1));
        inner.batch = inner.batch.min(inner.batch_limit);
    }

    /// Of a GET of `wanted` OIDs, one of `size` was answered: fewer after silence. The next may be a little larger.
    pub(super) fn bears_batch(&self, wanted: usize, size: usize) {
        let mut inner = self.inner();
        if size < wanted {
            inner.batch = size;
            inner.batch_lost = true;
        } else if size >= inner.batch {
            let step = if inner.batch_lost { 1 } else { size / 2 + 1 };
            inner.batch = (size + step).min(inner.batch_limit);
        }
    }

    /// The agent's SNMPv3 engine, as far as it is known.
    pub(super) fn engine(&self) -> Option<Arc<Engine>> {
        self.inner().engine.clone()
    }

    pub(super) fn set_engine(&self, engine: Engine) {
        self.inner().engine = Some(Arc::new(engine));
    }

    pub(super) fn bulk(&self) -> Bulk {
        self.inner().bulk
    }

    pub(super) fn set_bulk(&self, bulk: Bulk) {
        self.inner().bulk = bulk;
    }

    /// Varbinds with which a walk begins.
    pub(super) fn first_bulk(&self) -> usize {
        let inner = self.inner();
        inner.bulk_borne.min(NEXT_BULK).min(inner.bulk_limit)
    }

    /// Varbinds to ask for after an answer of `last` came whole: half as many again.
    pub(super) fn next_bulk(&self, last: usize) -> usize {
        let mut inner = self.inner();
        inner.bulk_borne = inner.bulk_borne.max(last);
        (last + last / 2 + 1).min(inner.bulk_limit)
    }

    /// What is known of the agent's kind narrows what is tried; it never widens what was learned of this one.
    pub(super) fn obey(&self, quirks: &Quirks) {
        let mut inner = self.inner();
        if !quirks.permits_bulk() {
            inner.bulk = Bulk::Fails;
        }
        if let Some(most) = quirks.max_oids {
            inner.batch_limit = inner.batch_limit.min(usize::from(most).max(1));
            inner.batch = inner.batch.min(inner.batch_limit);
        }
        // With one column the repetitions are the varbinds; with more they are fewer.
        if let Some(most) = quirks.max_repetitions {
            inner.bulk_limit = inner.bulk_limit.min(usize::from(most).max(1));
        }
    }

    /// The agent does not bear so many varbinds in one answer.
    pub(super) fn limit_bulk(&self, failed: usize) {
        let mut inner = self.inner();
        inner.bulk_limit = inner.bulk_limit.min((failed / 2).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_grow_for_a_slow_agent_only() {
        let learned = Learned::new(1);
        assert_eq!([learned.wait(SECOND, 0), learned.wait(SECOND, 2)], [SECOND, SECOND]);
        learned.saw_round_trip(Duration::from_millis(1));
        assert_eq!(learned.wait(SECOND, 2), SECOND);
        let slow = Learned::new(1);
        slow.saw_round_trip(Duration::from_millis(900));
        assert_eq!([slow.wait(SECOND, 0), slow.wait(SECOND, 1)], [Duration::from_millis(2700), Duration::from_millis(5400)]);
        assert_eq!(slow.wait(SECOND, 40), MAX_WAIT);
    }

    #[test]
    fn quirks_narrow_what_is_tried_and_stay_in_force() {
        let learned = Learned::new(1);
        learned.obey(&Quirks { bulk: Some(false), max_oids: Some(4), max_repetitions: Some(10), ..Quirks::NONE });
        assert_eq!((learned.bulk(), learned.batch(), learned.first_bulk()), (Bulk::Fails, 4, 10));
        learned.bears_batch(4, 4);
        assert_eq!((learned.batch(), learned.next_bulk(10)), (4, 10));
        learned.obey(&Quirks { max_oids: Some(50), ..Quirks::NONE });
        assert_eq!(learned.batch(), 4);
    }

    #[test]
    fn an_agent_that_bears_more_is_asked_more_at_once() {
        let learned = Learned::new(1);
        for want in [24, 37, 56, 60] {
            assert_eq!(learned.batch(), want);
            learned.bears_batch(want, want);
        }
        learned.bears_batch(60, 30);
        learned.bears_batch(30, 30);
        assert_eq!(learned.batch(), 31, "after silence by single steps");
        assert_eq!(learned.first_bulk(), FIRST_BULK);
        learned.next_bulk(200);
        assert_eq!(learned.first_bulk(), NEXT_BULK);
        learned.limit_bulk(64);
        assert_eq!(learned.first_bulk(), 32);
    }

    #[test]
    fn a_batch_never_shrinks_to_nothing() {
        let learned = Learned::new(1);
        learned.shrink_batch(1);
        assert_eq!(learned.batch(), 1);
    }
}
