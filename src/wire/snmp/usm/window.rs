//! Whether what a sender says is in time, and no replay (RFC 3414 §3.2 step 7b): the sender's own clock decides, as far as it was heard.
//!
//! The standard lets a message pass that is up to 150 seconds late, and so its replay within that time. Here every digest is remembered as
//! long, so that no message is taken twice; where there are more than can be remembered the window is made narrower instead.

use super::header::EngineSays;
use crate::model::{Timestamp, limit};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::time::Duration;

/// RFC 3414 §2.2.3: the time window.
pub const WINDOW: Duration = Duration::from_secs(150);

/// RFC 3414 §2.2.2: boots at which an engine can say no more.
pub const LAST_BOOTS: u32 = 0x7fff_ffff;

/// Why a message is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untimely {
    /// It was taken before.
    Replayed,
    /// It is older than what was taken before, by more than the window.
    Late,
}

/// An engine's clock as it was heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Clock {
    boots: u32,
    /// latestReceivedEngineTime
    latest: u32,
    /// When that was heard.
    at: Timestamp,
    /// Nothing is taken that is not later: what was heard until then is no longer remembered.
    floor: Option<u32>,
}

/// All engines that were heard.
#[derive(Debug, Default)]
pub struct Senders {
    clocks: FxHashMap<Vec<u8>, Clock>,
    heard: FxHashSet<u64>,
    order: VecDeque<(Timestamp, u64, Vec<u8>, u32)>,
    changed: bool,
}

impl Senders {
    /// As an earlier process left them: nothing is taken that is not later than what that process heard last.
    pub fn restore(octets: &[u8]) -> Self {
        let kept: Vec<(Vec<u8>, Clock)> = postcard::from_bytes(octets).unwrap_or_default();
        let clocks = kept
            .into_iter()
            .take(limit::TRAP_ENGINES.most())
            .map(|(id, clock)| (id, Clock { floor: Some(clock.latest), ..clock }));
        Self { clocks: clocks.collect(), ..Self::default() }
    }

    /// What is to be kept for a later process, where it changed since the last call.
    pub fn keep(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        postcard::to_stdvec(&self.clocks.iter().collect::<Vec<_>>()).ok()
    }

    /// Takes a message that is authentic, or says why it is not taken.
    ///
    /// # Errors
    /// It was taken before, or is too late.
    pub fn take(&mut self, engine: &EngineSays, digest: &[u8], now: Timestamp) -> Result<(), Untimely> {
        self.forget(now);
        if engine.boots >= LAST_BOOTS {
            return Err(Untimely::Late);
        }
        let heard = mark(engine, digest);
        if self.heard.contains(&heard) {
            return Err(Untimely::Replayed);
        }
        match self.clocks.get_mut(&engine.id) {
            Some(clock) => clock.take(engine, now)?,
            None => self.first(engine, now),
        }
        self.changed = true;
        self.remember((now, heard), engine);
        Ok(())
    }

    fn first(&mut self, engine: &EngineSays, now: Timestamp) {
        if !limit::TRAP_ENGINES.has_room(self.clocks.len()) {
            let oldest = self.clocks.iter().min_by_key(|(_, clock)| clock.at).map(|(id, _)| id.clone());
            oldest.map(|id| self.clocks.remove(&id));
        }
        let clock = Clock { boots: engine.boots, latest: engine.time, at: now, floor: None };
        self.clocks.insert(engine.id.clone(), clock);
        limit::TRAP_ENGINES.holds(self.clocks.len());
    }

    fn remember(&mut self, (now, heard): (Timestamp, u64), engine: &EngineSays) {
        if !limit::TRAP_REPLAYS.has_room(self.order.len()) {
            self.forget_first();
        }
        self.heard.insert(heard);
        self.order.push_back((now, heard, engine.id.clone(), engine.time));
    }

    /// What is older than two windows can't be taken again: the clock has gone on.
    fn forget(&mut self, now: Timestamp) {
        while self.order.front().is_some_and(|(at, ..)| now.since(*at) > 2 * WINDOW) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((_, heard, id, time)) = self.order.pop_front() else { return };
        self.heard.remove(&heard);
        // Of an engine that restarted meanwhile the floor is for a time that is over.
        if let Some(clock) = self.clocks.get_mut(&id).filter(|clock| time <= clock.latest) {
            clock.floor = Some(clock.floor.map_or(time, |floor| floor.max(time)));
        }
    }
}

impl Clock {
    /// RFC 3414 §3.2 step 7b.
    fn take(&mut self, engine: &EngineSays, now: Timestamp) -> Result<(), Untimely> {
        if engine.boots > self.boots {
            *self = Self { boots: engine.boots, latest: engine.time, at: now, floor: None };
            return Ok(());
        }
        if engine.boots < self.boots || self.floor.is_some_and(|floor| engine.time <= floor) {
            return Err(Untimely::Late);
        }
        if engine.time > self.latest {
            (self.latest, self.at) = (engine.time, now);
            return Ok(());
        }
        let notion = u64::from(self.latest) + now.since(self.at).as_secs();
        if u64::from(engine.time) + WINDOW.as_secs() < notion { Err(Untimely::Late) } else { Ok(()) }
    }
}

/// Stands for a message: its digest does, with who made it.
fn mark(engine: &EngineSays, digest: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    (&engine.id, engine.boots, engine.time, digest).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(boots: u32, time: u32) -> EngineSays {
        EngineSays { id: vec![0x80, 0, 0, 9, 1], boots, time }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    #[test]
    fn the_senders_clock_decides_what_is_late() {
        let mut senders = Senders::default();
        let mut number = 0u32;
        let mut check = |(boots, time), seconds, expected: Result<(), Untimely>| {
            number += 1;
            assert_eq!(
                senders.take(&says(boots, time), &number.to_be_bytes(), at(seconds)),
                expected,
                "{boots} {time} at {seconds}"
            );
        };
        check((5, 1000), 0, Ok(()));
        check((5, 1010), 10, Ok(()));
        // Overtaken on the way.
        check((5, 1005), 11, Ok(()));
        check((5, 900), 20, Ok(()));
        check((5, 800), 20, Err(Untimely::Late));
        // A clock that was not heard for an hour is at 4,610.
        check((5, 1011), 3610, Ok(()));
        check((5, 1011), 3620, Ok(()));
        // What was heard until then is forgotten, and could be a replay.
        check((5, 1005), 3620, Err(Untimely::Late));
        check((5, 1011), 3811, Err(Untimely::Late));
        check((4, 9000), 3811, Err(Untimely::Late));
        check((6, 3), 3811, Ok(()));
        check((5, 1012), 3812, Err(Untimely::Late));
        check((LAST_BOOTS, 5), 3812, Err(Untimely::Late));
    }

    #[test]
    fn no_message_is_taken_twice() {
        let mut senders = Senders::default();
        let (first, second) = (says(1, 100), says(1, 101));
        assert_eq!(senders.take(&first, b"one", at(0)), Ok(()));
        assert_eq!(senders.take(&second, b"two", at(1)), Ok(()));
        for seconds in [1, 100, 149, 151, 299, 301, 5000] {
            assert!(senders.take(&first, b"one", at(seconds)).is_err(), "after {seconds} s");
            assert!(senders.take(&second, b"two", at(seconds)).is_err(), "after {seconds} s");
        }
        // Another of the same second.
        assert_eq!(Senders::default().take(&first, b"one", at(0)), Ok(()));
    }

    #[test]
    fn where_more_come_than_can_be_remembered_none_is_taken_twice_either() {
        let mut senders = Senders::default();
        let most = limit::TRAP_REPLAYS.most();
        let count = u32::try_from(most).unwrap() + 1000;
        let ((), forgotten) = limit::TRAP_REPLAYS.during(|| {
            for number in 0..count {
                senders.take(&says(1, 100 + number / 1000), &number.to_be_bytes(), at(i64::from(number / 1000))).unwrap();
            }
        });
        assert_eq!((senders.order.len(), senders.heard.len()), (most, most));
        assert!(forgotten >= 1000);
        let end = at(i64::from(count / 1000));
        for number in 0..count {
            assert!(senders.take(&says(1, 100 + number / 1000), &number.to_be_bytes(), end).is_err(), "number {number}");
        }
    }

    #[test]
    fn a_replay_is_refused_after_a_restart_of_noctop_too() {
        let mut senders = Senders::default();
        assert_eq!(senders.take(&says(1, 100), b"one", at(0)), Ok(()));
        let kept = senders.keep().unwrap();
        assert_eq!(senders.keep(), None);
        let mut again = Senders::restore(&kept);
        assert_eq!(again.take(&says(1, 100), b"one", at(5)), Err(Untimely::Late));
        assert_eq!(again.take(&says(1, 106), b"two", at(6)), Ok(()));
        assert!(Senders::restore(b"rubbish").clocks.is_empty());
    }

    #[test]
    fn engines_are_bounded_and_the_oldest_goes() {
        let mut senders = Senders::default();
        let most = limit::TRAP_ENGINES.most();
        let ((), forgotten) = limit::TRAP_ENGINES.during(|| {
            for number in 0..most + 10 {
                let id = number.to_be_bytes().to_vec();
                senders.take(&EngineSays { id, boots: 1, time: 1 }, b"x", at(i64::try_from(number).unwrap() / 100)).unwrap();
            }
        });
        assert_eq!(senders.clocks.len(), most);
        assert!(forgotten >= 10);
    }
}
