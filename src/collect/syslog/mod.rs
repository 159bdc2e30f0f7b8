//! Syslog over UDP (RFC 5426): datagrams in, batches of lines out. Knows no device: the engine joins lines to devices.
//!
//! A thread reads all sockets with `recvmmsg`, outside the runtime of the other collectors: a flood of lines delays no poll. Start at [`Worker`], then
//! `gather` (batches; traps use it too).

mod gather;
#[cfg(test)]
mod tests;
mod worker;

pub use gather::{Gather, MOST_LINES};
pub use worker::Worker;

use crate::wire::syslog::Refusal;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What came.
#[derive(Debug, Default)]
pub struct Counters {
    received: AtomicU64,
    decoded: AtomicU64,
    empty: AtomicU64,
    binary: AtomicU64,
    /// Datagrams that the kernel dropped.
    dropped_kernel: AtomicU64,
    /// Lines that the engine had no room for.
    dropped_queue: AtomicU64,
    cut: AtomicU64,
    masked: AtomicU64,
}

/// The counters at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Datagrams.
    pub received: u64,
    /// Lines.
    pub decoded: u64,
    /// Datagrams that were no lines, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Datagrams that the kernel dropped.
    pub dropped_kernel: u64,
    /// Lines that the engine had no room for.
    pub dropped_queue: u64,
    /// Lines that were longer than is kept.
    pub cut: u64,
    /// Lines in which a secret was masked.
    pub masked: u64,
}

impl Counters {
    fn refuse(&self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::Empty => &self.empty,
            Refusal::Binary => &self.binary,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// As they are now.
    pub fn counts(&self) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        let refused = [(Refusal::Empty, of(&self.empty)), (Refusal::Binary, of(&self.binary))];
        let refused = refused.into_iter().filter(|(_, count)| *count > 0);
        Counts {
            received: of(&self.received),
            decoded: of(&self.decoded),
            refused: refused.map(|(refusal, count)| (refusal.word().to_owned(), count)).collect(),
            dropped_kernel: of(&self.dropped_kernel),
            dropped_queue: of(&self.dropped_queue),
            cut: of(&self.cut),
            masked: of(&self.masked),
        }
    }
}
