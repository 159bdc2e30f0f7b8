//! What was learned of one agent: how quick it is, how much it bears, and its SNMPv3 engine.

use super::v3::Engine;
use crate::mib::Quirks;
use crate::model::Oid;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// OIDs in the first GET to an agent: some tens of octets each, so that request and answer fit an unfragmented datagram.
const FIRST_BATCH: usize = 24;

/// OIDs in one GET at most, once the agent has borne the first: about 3.5 kB of counters, three fragments.
const MAX_BATCH: usize = 120;

/// Varbinds in the first GETBULK answer of an agent: fits an unfragmented datagram.
const FIRST_BULK: usize = 32;

/// Varbinds in the first GETBULK answer of a walk on an agent that has borne as many: a short table ends within it.
const NEXT_BULK: usize = 96;

/// Varbinds in a GETBULK answer at most, and the octets that are aimed at: a long table takes few answers, and each is still far
/// from the 64 KiB of a datagram. Agents with less room cut their answers, and where fragments get lost the limit sinks.
const MAX_BULK: usize = 512;
const LARGE_ANSWER: usize = 16 * 1024;

/// The share of the wait that a larger answer may take by the pace of the last one: what takes longer risks the next timeout.
const SHARE_OF_WAIT: u32 = 4;

/// Whole answers at the limit after which a larger one is tried again; twice as many after each further silence.
const WHOLE_ANSWERS: u32 = 32;

/// Doublings of [`WHOLE_ANSWERS`] at most.
const MAX_DOUBLINGS: u32 = 10;

/// Tables of which an agent's rows are remembered; eight octets each.
const MAX_TABLES: usize = 64;

/// Batches in a row that were met with silence, until a size that was borne before counts as too large: the way may have changed.
const LOSSES_IN_A_ROW: u32 = 3;

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
    /// The largest batch that was answered.
    batch_borne: usize,
    /// Whether a batch that was never borne was met with silence: then it grows by single steps only.
    batch_lost: bool,
    /// Batches met with silence since the last whole one.
    batch_losses: u32,
    bulk: Bulk,
    /// Round trip of the quickest answer: what the way takes, and the agent's least.
    quickest: Option<Duration>,
    /// Varbinds of the largest GETBULK answer that came whole.
    bulk_borne: usize,
    bulk_limit: usize,
    /// What the limit may grow to: less than [`MAX_BULK`] where the agent's kind is known to bear less.
    bulk_ceiling: usize,
    /// Larger GETBULK answers than the limit that did not come, and whole ones at the limit since.
    bulk_lost: u32,
    bulk_whole: u32,
    /// Rows of tables when they were last walked, by a hash of what was walked.
    rows: Vec<(u32, u32)>,
    /// When the next datagram may be sent, where the rate is limited.
    next_turn: Option<Instant>,
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
                batch_borne: 0,
                batch_lost: false,
                batch_losses: 0,
                bulk: Bulk::Untried,
                bulk_borne: FIRST_BULK,
                bulk_limit: MAX_BULK,
                bulk_ceiling: MAX_BULK,
                quickest: None,
                bulk_lost: 0,
                bulk_whole: 0,
                rows: Vec::new(),
                next_turn: None,
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
        inner.quickest = Some(inner.quickest.map_or(sample, |quickest| quickest.min(sample)));
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

    /// A GET of so many OIDs was too much for the agent, by its own word. What it has borne is still good; between the two the next are halved.
    pub(super) fn shrink_batch(&self, failed: usize) {
        let mut inner = self.inner();
        inner.batch_limit = inner.batch_limit.min(failed.saturating_sub(1).max(1));
        if inner.batch_borne >= failed {
            inner.batch_borne = failed / 2;
        }
        inner.batch = inner.batch_borne.max(failed / 2).clamp(1, inner.batch_limit);
    }

    /// Whether a GET of so many OIDs was answered before: then silence is more likely chance than size.
    pub(super) fn has_borne(&self, size: usize) -> bool {
        self.inner().batch_borne >= size
    }

    /// Of a GET of `wanted` OIDs, one of `size` was answered: fewer after silence. The next may be a little larger. On a way that
    /// loses datagrams of any size smaller questions only make more of them to lose: what was borne is asked again, until it was
    /// met with silence several times in a row, and what fits one datagram says nothing.
    pub(super) fn bears_batch(&self, wanted: usize, size: usize) {
        let mut inner = self.inner();
        if size < wanted {
            inner.batch_losses += 1;
            let is_chance = inner.batch_borne >= wanted && (wanted <= FIRST_BATCH || inner.batch_losses < LOSSES_IN_A_ROW);
            if !is_chance {
                inner.batch = size;
                inner.batch_lost = inner.batch_borne < wanted;
                inner.batch_losses = 0;
            }
        } else if size >= inner.batch {
            inner.batch_losses = 0;
            inner.batch_borne = inner.batch_borne.max(size);
            let step = if inner.batch_lost { 1 } else { size / 2 + 1 };
            let step =
                if inner.batch_limit < MAX_BATCH { step.min(inner.batch_limit.saturating_sub(size).div_ceil(2)) } else { step };
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

    /// Varbinds with which a walk begins that is expected to need so many: all of them, where the agent has borne large answers.
    pub(super) fn first_bulk_of(&self, expected: usize) -> usize {
        let inner = self.inner();
        let most = if inner.bulk_borne >= NEXT_BULK { MAX_BULK } else { inner.bulk_borne };
        expected.min(most).min(inner.bulk_limit).max(1)
    }

    /// Rows that the table at `root` had when it was last walked.
    pub(super) fn rows_of(&self, root: &Oid) -> Option<usize> {
        let hash = hash_of(root);
        self.inner().rows.iter().find(|(known, _)| *known == hash).and_then(|(_, rows)| usize::try_from(*rows).ok())
    }

    /// The table at `root` was read to its end.
    pub(super) fn note_rows(&self, root: &Oid, rows: usize) {
        let (hash, rows) = (hash_of(root), u32::try_from(rows).unwrap_or(u32::MAX));
        let mut inner = self.inner();
        if let Some(known) = inner.rows.iter_mut().find(|(known, _)| *known == hash) {
            known.1 = rows;
        } else if inner.rows.len() < MAX_TABLES {
            inner.rows.push((hash, rows));
        }
    }

    /// Varbinds to ask for after an answer that came whole: twice as many, but not more than the agent's pace, the size of an
    /// answer and the agent's limit allow. `wait` is how long an answer is waited for.
    pub(super) fn next_bulk(&self, last: Whole, wait: Duration) -> usize {
        let mut inner = self.inner();
        inner.bulk_borne = inner.bulk_borne.max(last.varbinds);
        inner.regrow(last.varbinds);
        let by_size = (LARGE_ANSWER * last.varbinds).checked_div(last.octets).unwrap_or(MAX_BULK);
        let by_pace = inner.by_pace(last, wait);
        (last.varbinds * 2).min(inner.bulk_limit).min(by_size).min(by_pace).clamp(1, MAX_BULK)
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
            inner.bulk_ceiling = usize::from(most).max(1);
            inner.bulk_limit = inner.bulk_limit.min(inner.bulk_ceiling);
        }
    }

    /// The agent does not bear so many varbinds in one answer, by its own word.
    pub(super) fn limit_bulk(&self, failed: usize) {
        let mut inner = self.inner();
        inner.bulk_limit = inner.bulk_limit.min((failed / 2).max(1));
        inner.bulk_whole = 0;
    }

    /// An answer of `failed` varbinds did not come, and a smaller one did. It may have been chance, or the way drops fragments: what is
    /// larger is left alone for a while, the longer the more often it happened. What fits one datagram says nothing.
    pub(super) fn lost_bulk(&self, failed: usize) {
        if failed > FIRST_BULK {
            let mut inner = self.inner();
            inner.bulk_limit = inner.bulk_limit.min(failed / 2).max(FIRST_BULK).min(inner.bulk_ceiling);
            inner.bulk_borne = inner.bulk_borne.min(inner.bulk_limit);
            inner.bulk_lost += 1;
            inner.bulk_whole = 0;
        }
    }

    /// When a datagram may be sent to this agent, `gap` after the one before; `None` is at once.
    pub(super) fn turn(&self, gap: Option<Duration>) -> Option<Instant> {
        let gap = gap?;
        // tokio's own clock; reading it is left to the one door of now().
        let now = tokio::time::sleep(Duration::ZERO).deadline();
        let mut inner = self.inner();
        let turn = inner.next_turn.filter(|turn| *turn > now);
        inner.next_turn = Some(turn.unwrap_or(now) + gap);
        turn
    }
}

/// The upper half is the better mixed one.
fn hash_of(root: &Oid) -> u32 {
    let mut hasher = rustc_hash::FxHasher::default();
    root.hash(&mut hasher);
    u32::try_from(hasher.finish() >> 32).unwrap_or(0)
}

/// A GETBULK answer that came whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    pub(super) varbinds: usize,
    /// Octets of the message.
    pub(super) octets: usize,
    pub(super) round_trip: Duration,
}

impl Inner {
    /// After enough whole answers at a limit that silence or tooBig has set, a larger one is worth a try.
    fn regrow(&mut self, varbinds: usize) {
        if self.bulk_limit < self.bulk_ceiling && varbinds >= self.bulk_limit {
            self.bulk_whole += 1;
            if self.bulk_whole >= WHOLE_ANSWERS << self.bulk_lost.min(MAX_DOUBLINGS) {
                self.bulk_limit = (self.bulk_limit * 2).min(self.bulk_ceiling);
                self.bulk_whole = 0;
            }
        }
    }

    /// Varbinds that the agent can tell in its share of the wait, at the pace of its last answer.
    fn by_pace(&self, last: Whole, wait: Duration) -> usize {
        let way = self.quickest.unwrap_or(last.round_trip);
        let work = last.round_trip.saturating_sub(way).as_nanos();
        let share = u128::try_from(last.varbinds).unwrap_or(0) * (wait / SHARE_OF_WAIT).as_nanos();
        share.checked_div(work).and_then(|most| usize::try_from(most).ok()).unwrap_or(MAX_BULK)
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
        let whole = || learned.next_bulk(quick(10), SECOND);
        assert_eq!((learned.batch(), whole()), (4, 10));
        assert_eq!((0..5000).map(|_| whole()).max(), Some(10), "whole answers don't widen what is known of the kind");
        learned.obey(&Quirks { max_oids: Some(50), ..Quirks::NONE });
        assert_eq!(learned.batch(), 4);
    }

    #[test]
    fn the_most_that_an_agent_bears_is_found_by_halves() {
        for most in [1, 7, 24, 50, 63, 119] {
            let learned = Learned::new(1);
            let mut too_big = 0;
            for _ in 0..40 {
                let batch = learned.batch();
                if batch > most {
                    learned.shrink_batch(batch);
                    too_big += 1;
                } else {
                    learned.bears_batch(batch, batch);
                }
            }
            assert_eq!(learned.batch(), most);
            assert!(too_big <= 6, "{most}: {too_big}");
        }
    }

    #[test]
    fn an_agent_that_bears_more_is_asked_more_at_once() {
        let learned = Learned::new(1);
        for want in [24, 37, 56, 85, 120] {
            assert_eq!(learned.batch(), want);
            learned.bears_batch(want, want);
        }
        assert!(learned.has_borne(120) && !learned.has_borne(121));
        learned.bears_batch(120, 30);
        learned.bears_batch(120, 60);
        assert_eq!(learned.batch(), 120, "it was borne before: chance");
        learned.bears_batch(120, 30);
        assert_eq!(learned.batch(), 30, "three times in a row is no chance");
        learned.bears_batch(30, 30);
        assert_eq!(learned.batch(), 46);
        let fresh = Learned::new(1);
        fresh.bears_batch(24, 12);
        fresh.bears_batch(12, 12);
        assert_eq!(fresh.batch(), 13, "after silence by single steps");
        assert_eq!(learned.first_bulk(), FIRST_BULK);
        learned.next_bulk(quick(200), SECOND);
        assert_eq!(learned.first_bulk(), NEXT_BULK);
        learned.limit_bulk(64);
        assert_eq!(learned.first_bulk(), 32);
    }

    #[test]
    fn a_way_that_loses_every_third_datagram_does_not_make_questions_small() {
        let learned = Learned::new(1);
        let mut sizes = 0;
        for exchange in 0..300usize {
            let batch = learned.batch();
            sizes += batch;
            // One in nine is lost twice and answered by halves.
            let answered = if exchange % 9 == 5 { batch / 2 } else { batch };
            learned.bears_batch(batch, answered);
        }
        assert!(sizes / 300 > 100, "{}", sizes / 300);
    }

    #[test]
    fn a_batch_never_shrinks_to_nothing() {
        let learned = Learned::new(1);
        learned.shrink_batch(1);
        assert_eq!(learned.batch(), 1);
    }

    /// An answer of so many varbinds of 30 octets each, at once.
    fn quick(varbinds: usize) -> Whole {
        Whole { varbinds, octets: varbinds * 30, round_trip: Duration::ZERO }
    }

    #[test]
    fn answers_grow_to_what_size_pace_and_limit_allow() {
        let after = |last: Whole| {
            let learned = Learned::new(1);
            learned.saw_round_trip(Duration::from_millis(10));
            learned.next_bulk(last, SECOND)
        };
        assert_eq!([after(quick(32)), after(quick(400))], [64, MAX_BULK]);
        assert_eq!(after(Whole { varbinds: 100, octets: 10_000, ..quick(0) }), 163, "16 KiB of 100 octets each");
        assert_eq!(after(Whole { round_trip: Duration::from_millis(160), ..quick(60) }), 100, "2.5 ms each within 250 ms");
        assert_eq!(after(Whole { round_trip: Duration::from_secs(5), ..quick(1) }), 1);
    }

    #[test]
    fn a_lost_answer_halves_the_limit_and_time_doubles_it_again() {
        let learned = Learned::new(1);
        learned.lost_bulk(FIRST_BULK);
        assert_eq!(learned.next_bulk(quick(400), SECOND), MAX_BULK, "a small one is lost by chance");
        learned.lost_bulk(400);
        assert_eq!(learned.next_bulk(quick(150), SECOND), 200);
        let needed = |learned: &Learned| (1..).find(|_| learned.next_bulk(quick(200), SECOND) > 200).unwrap();
        assert_eq!(needed(&learned), 2 * WHOLE_ANSWERS);
        learned.lost_bulk(400);
        assert_eq!(needed(&learned), 4 * WHOLE_ANSWERS, "and longer the more often");
    }

    #[tokio::test(start_paused = true)]
    async fn turns_keep_their_distance() {
        let learned = Learned::new(1);
        assert_eq!(learned.turn(None), None);
        let gap = Some(Duration::from_millis(100));
        let first = tokio::time::sleep(Duration::ZERO).deadline();
        assert_eq!(learned.turn(gap), None);
        assert_eq!(learned.turn(gap), Some(first + Duration::from_millis(100)));
        assert_eq!(learned.turn(gap), Some(first + Duration::from_millis(200)));
    }
}
