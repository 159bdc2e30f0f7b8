//! Traps and informs: that something happened at a device, so that it is looked at at once, what operators are to see of it, and what was
//! said, as a log line. Knows no device: the state does.
//!
//! A thread reads all sockets with `recvmmsg`, as syslog's does. Informs are acknowledged (RFC 3416 §4.2.7). Start at [`Worker`], then `line`
//! (names, words, meaning), `usm` (version 3), `fold` (storms).

mod fold;
mod line;
#[cfg(test)]
mod tests;
pub mod usm;
mod worker;

pub use line::line;
pub use usm::{OwnEngine, Receiver};
pub use worker::Worker;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use usm::Distrust;

/// Where octets are kept for a later process.
pub type Keep = Box<dyn Fn(Vec<u8>) + Send>;

/// What came.
#[derive(Debug, Default)]
pub struct Counters {
    received: AtomicU64,
    decoded: AtomicU64,
    /// By the place of the reason in [`Distrust::ALL`].
    refused: [AtomicU64; Distrust::ALL.len()],
    discoveries: AtomicU64,
    acknowledged: AtomicU64,
    repeated: AtomicU64,
    folded: AtomicU64,
    /// Datagrams that the kernel dropped.
    dropped_kernel: AtomicU64,
    /// Lines and traps that the engine had no room for.
    dropped: AtomicU64,
}

/// The counters at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Datagrams.
    pub received: u64,
    /// Of those, traps and informs that were taken.
    pub decoded: u64,
    /// Of those, others, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Of those, questions for the engine id or time of this host.
    pub discoveries: u64,
    /// Informs that were acknowledged.
    pub acknowledged: u64,
    /// Of those, ones that had been taken before: their receipt was lost.
    pub repeated: u64,
    /// Traps that said what was told a moment ago: they are lines, and only counted among the events.
    pub folded: u64,
    /// Datagrams that the kernel dropped.
    pub dropped_kernel: u64,
    /// Lines and traps that the engine had no room for.
    pub dropped_queue: u64,
}

impl Counters {
    fn refuse(&self, why: Distrust) {
        let at = Distrust::ALL.iter().position(|known| *known == why);
        if let Some(counter) = at.and_then(|at| self.refused.get(at)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// As they are now.
    pub fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        let refused = Distrust::ALL.iter().zip(&self.refused).map(|(why, counter)| (why.word().to_owned(), of(counter)));
        Counts {
            received: of(&self.received),
            decoded: of(&self.decoded),
            refused: refused.filter(|(_, count)| *count > 0).collect(),
            discoveries: of(&self.discoveries),
            acknowledged: of(&self.acknowledged),
            repeated: of(&self.repeated),
            folded: of(&self.folded),
            dropped_kernel: of(&self.dropped_kernel),
            dropped_queue: of(&self.dropped),
        }
    }
}
