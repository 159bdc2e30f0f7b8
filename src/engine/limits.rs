//! Bounds on what comes from outside, as this engine met them: since when, how much was left out, and what operators are told of it.
//!
//! The bounds themselves count for the process (`model::limit`); here is what came since the engine started. Look at [`Limits`].

use crate::model::limit::{ALL, AtLimit};
use crate::model::{Limit, LimitReading, Timestamp};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So long a bound is spoken of after it last left something out: devices are read every hour, and say the same again.
const SPOKEN_OF: Duration = Duration::from_secs(2 * 3600);

/// Bounds that a notice names one by one.
const MOST_NAMED: usize = 3;

/// One bound.
#[derive(Debug)]
struct Seen {
    limit: &'static Limit,
    /// What other engines of this process had met before.
    base: u64,
    beyond: u64,
    since: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Limits(Mutex<Vec<Seen>>);

impl Default for Limits {
    fn default() -> Self {
        Self::of(ALL)
    }
}

impl Limits {
    fn of(all: &[&'static Limit]) -> Self {
        let seen = |limit: &&'static Limit| Seen { limit, base: limit.left_out(), beyond: 0, since: None, last: None };
        Self(Mutex::new(all.iter().map(seen).collect()))
    }

    /// Looks what was left out since the last time.
    pub(super) fn look(&self, now: Timestamp) {
        for seen in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            let beyond = seen.limit.left_out().saturating_sub(seen.base);
            if beyond > seen.beyond {
                seen.beyond = beyond;
                seen.since.get_or_insert(now);
                seen.last = Some(now);
            }
        }
    }

    /// All of them as they stand.
    pub(super) fn readings(&self) -> Vec<LimitReading> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reading =
            |seen: &Seen| LimitReading { beyond: seen.beyond, since: seen.since, last: seen.last, ..seen.limit.reading() };
        all.iter().map(reading).collect()
    }

    /// What a command that runs once says of bounds that it reached.
    pub(super) fn told(&self, now: Timestamp) -> Vec<String> {
        self.look(now);
        let reached = self.readings().into_iter().filter(|limit| limit.beyond > 0 && limit.at == AtLimit::Refuses);
        reached
            .map(|limit| format!("the limit {} ({}) was reached: {} found no room", limit.name, limit.most, limit.beyond))
            .collect()
    }

    /// What is to be said of them; `None` where nothing was left out lately.
    pub(super) fn sentence(&self, now: Timestamp) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_told =
            |seen: &&Seen| seen.limit.at() == AtLimit::Refuses && seen.last.is_some_and(|last| now.since(last) <= SPOKEN_OF);
        let told: Vec<&Seen> = all.iter().filter(is_told).collect();
        let named: Vec<String> =
            told.iter().take(MOST_NAMED).map(|seen| format!("{} {}", seen.limit.name(), seen.limit.most())).collect();
        let more = match told.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" +{more}"),
        };
        (!told.is_empty()).then(|| {
            format!("limits are reached, what is beyond finds no room: {}{more}; noctop status counts it", named.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_told_from_when_it_was_reached_until_long_after() {
        static FEW: Limit = Limit::new("few", 2, AtLimit::Refuses);
        static CACHE: Limit = Limit::new("cache", 3, AtLimit::Forgets);
        FEW.beyond(7);
        let (limits, at) = (Limits::of(&[&FEW, &CACHE]), Timestamp::from_secs);
        limits.look(at(1));
        assert_eq!((limits.sentence(at(1)), limits.readings()[0].beyond), (None, 0), "an earlier engine's are not ours");
        CACHE.beyond(1);
        limits.look(at(2));
        assert_eq!(limits.sentence(at(2)), None, "what is learned again is no news");
        FEW.beyond(2);
        limits.look(at(10));
        limits.look(at(11));
        FEW.beyond(1);
        limits.look(at(20));
        let reading = limits.readings().remove(0);
        assert_eq!((reading.beyond, reading.since, reading.last), (3, Some(at(10)), Some(at(20))));
        assert_eq!(
            limits.sentence(at(20)).unwrap(),
            "limits are reached, what is beyond finds no room: few 2; noctop status counts it"
        );
        assert_eq!(limits.told(at(20)), ["the limit few (2) was reached: 3 found no room"]);
        assert!(limits.sentence(at(20 + 7200)).is_some() && limits.sentence(at(21 + 7200)).is_none());
    }
}
