//! Bounds on what grows with what comes from outside, and how much they left out.
//!
//! Each stands once, with its number and its reason, in [`catalog`]; docs/LIMITS.md is the same as a table. Whoever is at a bound says so here,
//! in the branch that is taken only there: what has room costs the compare of a length. Counts are the process's, as those of a socket are the
//! kernel's: they are no part of the state. The engine tells them to rules, operators and scrapers (`engine/limits.rs`).

pub mod catalog;

pub use catalog::*;

use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What happens at a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AtLimit {
    /// What is known stays; what is new is not taken.
    #[default]
    Refuses,
    /// What is new takes the place of what is oldest or not in use: it can be learned again.
    Forgets,
    /// What is new is in a sum, and not told apart.
    Sums,
    /// A list is cut short where it says no more than before: that happens in networks that are well.
    Shortens,
}

impl AtLimit {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Refuses, Self::Forgets, Self::Sums, Self::Shortens];

    /// Its word: refuses, forgets, sums, shortens.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Refuses => "refuses",
            Self::Forgets => "forgets",
            Self::Sums => "sums",
            Self::Shortens => "shortens",
        }
    }
}

/// Not told.
const UNKNOWN: u64 = u64::MAX;

/// A bound, and what it came to in this process.
#[derive(Debug)]
pub struct Limit {
    name: &'static str,
    most: usize,
    at: AtLimit,
    beyond: AtomicU64,
    held: AtomicU64,
}

impl Limit {
    /// One that was never reached.
    pub const fn new(name: &'static str, most: usize, at: AtLimit) -> Self {
        Self { name, most, at, beyond: AtomicU64::new(0), held: AtomicU64::new(UNKNOWN) }
    }

    /// Its name: small letters and hyphens.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// So many are held at most.
    pub const fn most(&self) -> usize {
        self.most
    }

    /// What happens there.
    pub const fn at(&self) -> AtLimit {
        self.at
    }

    /// Whether one more has room beside those that are held. Where it has not, that is counted.
    #[inline]
    pub fn has_room(&self, held: usize) -> bool {
        let has_room = held < self.most;
        if !has_room {
            self.beyond(1);
        }
        has_room
    }

    /// So many found no room, or made others go.
    #[cold]
    pub fn beyond(&self, count: usize) {
        self.beyond.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Relaxed);
    }

    /// So many are held now: for bounds on one thing, not on each of many.
    pub fn holds(&self, held: usize) {
        self.held.store(u64::try_from(held).unwrap_or(UNKNOWN), Relaxed);
    }

    /// Shortens a list to the bound; what is cut off is counted.
    pub fn cut<T>(&self, list: &mut Vec<T>) {
        if list.len() > self.most {
            self.beyond(list.len() - self.most);
            list.truncate(self.most);
        }
    }

    /// So many were left out since the start of the process.
    pub fn left_out(&self) -> u64 {
        self.beyond.load(Relaxed)
    }

    /// What is left out while something is done. Other tests may add to it.
    #[cfg(test)]
    pub(crate) fn during<T>(&self, work: impl FnOnce() -> T) -> (T, u64) {
        let before = self.left_out();
        let done = work();
        (done, self.left_out() - before)
    }

    /// As it stands.
    pub fn reading(&self) -> LimitReading {
        let held = self.held.load(Relaxed);
        LimitReading {
            name: self.name.to_owned(),
            most: u64::try_from(self.most).unwrap_or(u64::MAX),
            at: self.at,
            held: (held != UNKNOWN).then_some(held),
            beyond: self.left_out(),
            since: None,
            last: None,
        }
    }
}

/// A bound as it stands at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitReading {
    /// Its name.
    pub name: String,
    /// So many are held at most.
    pub most: u64,
    /// What happens there.
    pub at: AtLimit,
    /// So many are held now; `None` where it is a bound on each of many, or not told.
    pub held: Option<u64>,
    /// So many found no room, or made others go, since the engine started.
    pub beyond: u64,
    /// When it was first reached.
    pub since: Option<Timestamp>,
    /// When it was last reached.
    pub last: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_has_room_is_not_counted_and_what_has_none_is() {
        static FEW: Limit = Limit::new("few", 2, AtLimit::Refuses);
        assert!(FEW.has_room(0) && FEW.has_room(1));
        assert_eq!((FEW.reading().beyond, FEW.reading().held), (0, None));
        assert!(!FEW.has_room(2) && !FEW.has_room(9));
        let mut list = vec![1, 2, 3, 4, 5];
        FEW.cut(&mut list);
        FEW.cut(&mut list);
        FEW.holds(2);
        assert_eq!((list, FEW.left_out(), FEW.reading().held), (vec![1, 2], 5, Some(2)));
    }

    #[test]
    fn names_are_words_for_scripts_and_each_stands_once() {
        let names: BTreeSet<&str> = ALL.iter().map(|limit| limit.name()).collect();
        assert_eq!(names.len(), ALL.len());
        for limit in ALL {
            let is_plain = limit.name().bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-');
            assert!(is_plain && limit.most() > 0, "{}", limit.name());
        }
    }
}
