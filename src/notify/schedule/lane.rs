//! One receiver's way: one letter at a time, no more than its rate, and ever more slowly while it fails.

use crate::config::notify::Rate;
use crate::model::Timestamp;
use std::time::Duration;

/// A receiver that failed is tried again after so long; it doubles with each failure up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// A receiver that stays silent is tried so often: whoever repairs it wants to see it soon.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// A receiver may ask for so long a pause at most.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// Alarms in one letter at most: what a mail or a record of the ledger holds.
pub(super) const LARGEST_DIGEST: usize = 500;

/// Why a receiver is not sent anything for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: Timestamp,
    /// How often it failed since.
    pub attempts: u32,
    /// When it is tried again.
    pub retry_at: Timestamp,
    /// Why, in words.
    pub why: String,
}

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    rate: Rate,
    /// What may be sent yet, in microseconds of the rate's time.
    credit: u64,
    credited_at: Timestamp,
    pub(super) busy: bool,
    pub(super) failing: Option<Failing>,
    /// When it failed last.
    failed_at: Timestamp,
    /// Alarms in one letter at most: fewer once a larger letter was refused.
    pub(super) digest: usize,
    pub(super) figures: Figures,
}

/// What became of what a receiver was told, since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Letters that it took.
    pub sent: u64,
    /// Letters that it did not take.
    pub failed: u64,
    /// Tellings that were given up.
    pub given_up: u64,
    /// Tellings of which it is not known whether they arrived.
    pub uncertain: u64,
    /// When it last took one.
    pub last_sent: Option<Timestamp>,
}

impl Lane {
    pub(super) fn new(rate: Rate, now: Timestamp) -> Self {
        let figures = Figures::default();
        Self {
            rate,
            credit: micros(rate.within),
            credited_at: now,
            busy: false,
            failing: None,
            failed_at: now,
            digest: LARGEST_DIGEST,
            figures,
        }
    }

    fn cost(&self) -> u64 {
        (micros(self.rate.within) / u64::from(self.rate.most.max(1))).max(1)
    }

    /// How many letters may be sent now.
    pub(super) fn allowance(&mut self, now: Timestamp) -> u64 {
        let earned = micros(now.since(self.credited_at));
        self.credit = self.credit.saturating_add(earned).min(micros(self.rate.within));
        // A clock that was set back earns nothing until it is where it was, and loses nothing.
        self.credited_at = self.credited_at.max(now).min(now.plus(self.rate.within));
        self.credit / self.cost()
    }

    /// When the next letter may be sent, where none may be now.
    pub(super) fn allowed_at(&self) -> Timestamp {
        let missing = self.cost().saturating_sub(self.credit);
        self.credited_at.plus(Duration::from_micros(missing).max(Duration::from_millis(1)))
    }

    /// A letter goes out.
    pub(super) fn send(&mut self) {
        self.busy = true;
        self.credit = self.credit.saturating_sub(self.cost());
    }

    /// It was taken.
    pub(super) fn taken(&mut self, now: Timestamp) {
        self.busy = false;
        self.failing = None;
        self.figures.sent += 1;
        self.figures.last_sent = Some(now);
    }

    /// It was not; when the receiver is tried again.
    pub(super) fn failed(&mut self, now: Timestamp, (why, asked): (String, Option<Duration>)) -> Timestamp {
        self.busy = false;
        self.figures.failed += 1;
        // What was not told does not count.
        self.credit = self.credit.saturating_add(self.cost());
        let (since, before) = self.failing.as_ref().map_or((now, 0), |failing| (failing.since, failing.attempts));
        let wait = FIRST_WAIT.saturating_mul(1 << before.min(10)).min(LONGEST_WAIT);
        let wait = asked.map_or(wait, |asked| asked.clamp(wait, LONGEST_ASKED.max(wait)));
        let retry_at = now.plus(wait);
        self.failing = Some(Failing { since, attempts: before + 1, retry_at, why });
        self.failed_at = now;
        retry_at
    }

    /// Until when it is left alone, where it failed. Not longer than until then for a clock that was set back meanwhile.
    pub(super) fn paused(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.failing.as_ref()?.retry_at;
        (until > now && self.failed_at <= now).then_some(until)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_failed_waits_no_hour_because_the_clock_was_set_back_by_one() {
        let at = |secs: i64| Timestamp::from_secs(10_000 + secs);
        let mut lane = Lane::new(Rate { most: 10, within: Duration::from_secs(60) }, at(0));
        lane.send();
        assert_eq!(lane.failed(at(0), ("it is silent".to_owned(), None)), at(5));
        assert_eq!((lane.paused(at(1)), lane.paused(at(5))), (Some(at(5)), None));
        assert_eq!(lane.paused(at(-3600)), None);
    }
}
