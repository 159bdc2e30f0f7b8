//! What the capture of all ports counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters, for `status`. They only grow.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "named as in Counts")]
pub struct Counters {
    pub frames: AtomicU64,
    pub records: AtomicU64,
    pub cut: AtomicU64,
    pub overflow: AtomicU64,
    pub dropped_kernel: AtomicU64,
    pub dropped_queue: AtomicU64,
    pub broken: AtomicU64,
    pub tapped: AtomicU64,
    pub tap_cut: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames read.
    pub frames: u64,
    /// Flow records made of them, and of flows that passed by.
    pub records: u64,
    /// Datagrams of flows that passed by and were decoded.
    pub tapped: u64,
    /// By reason: `cut` (a frame whose heads could not all be read; it counts all the same), `overflow` (a packet for whose flow the table
    /// had no room; it is in the talks and in no record), `broken` (a port that could not be read on), `datagram-cut` (flows that passed by and were not captured whole).
    pub refused: BTreeMap<&'static str, u64>,
    /// Frames for which the ring had no room.
    pub dropped_kernel: u64,
    /// Flow records and seconds of talks for which the engine's queue had no room.
    pub dropped_queue: u64,
}

impl Counters {
    /// As they are now.
    pub fn counts(&self) -> Counts {
        let reasons =
            [("cut", &self.cut), ("overflow", &self.overflow), ("broken", &self.broken), ("datagram-cut", &self.tap_cut)];
        let refused = reasons.into_iter().map(|(reason, counter)| (reason, counter.load(Relaxed)));
        Counts {
            frames: self.frames.load(Relaxed),
            records: self.records.load(Relaxed),
            tapped: self.tapped.load(Relaxed),
            refused: refused.filter(|(_, count)| *count > 0).collect(),
            dropped_kernel: self.dropped_kernel.load(Relaxed),
            dropped_queue: self.dropped_queue.load(Relaxed),
        }
    }
}
