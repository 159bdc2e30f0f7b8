//! Everything that moves is counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Counters of a client since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests sent, repetitions included.
    pub sent: u64,
    /// Requests sent again because no answer came in time.
    pub retried: u64,
    /// Requests, repetitions included, that no answer came to in time.
    pub timeouts: u64,
    /// Datagrams received.
    pub received: u64,
    /// Answers decoded and used.
    pub decoded: u64,
    /// Answers that came late, twice, or to nobody's question.
    pub late: u64,
    /// Varbinds whose name or value could not be read.
    pub unreadable: u64,
    /// Datagrams refused, by reason.
    pub refused: BTreeMap<&'static str, u64>,
}

/// The counters themselves.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) retried: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) decoded: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) unreadable: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

impl Counters {
    /// Counts a datagram refused for the reason that `word` names.
    pub(super) fn refuse(&self, word: &'static str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(word).or_default() += 1;
    }

    pub(super) fn snapshot(&self) -> Counts {
        Counts {
            sent: self.sent.load(Relaxed),
            retried: self.retried.load(Relaxed),
            timeouts: self.timeouts.load(Relaxed),
            received: self.received.load(Relaxed),
            decoded: self.decoded.load(Relaxed),
            late: self.late.load(Relaxed),
            unreadable: self.unreadable.load(Relaxed),
            refused: self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// One more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
