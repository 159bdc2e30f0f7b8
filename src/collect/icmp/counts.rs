//! What the echoes came to, over all sweeps.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The counters, shared by whoever sends.
#[derive(Debug, Default)]
pub struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) again: AtomicU64,
    pub(super) answered: AtomicU64,
    pub(super) late: AtomicU64,
    pub(super) strangers: AtomicU64,
    pub(super) held: AtomicU64,
    pub(super) no_way: AtomicU64,
    pub(super) complaints: AtomicU64,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Echoes sent, second ones included.
    pub sent: u64,
    /// Of those, second echoes to an address that was silent to the first.
    pub again: u64,
    /// Addresses that answered.
    pub answered: u64,
    /// Replies to an echo that was answered already, or that came after the wait.
    pub late: u64,
    /// Messages that were no reply to us: forged, from another address than was asked, another's.
    pub strangers: u64,
    /// Times that the host had no room for an echo (its neighbour table or a queue is full), so that sending waited.
    pub held: u64,
    /// Addresses to which there was no way: no route, or forbidden.
    pub no_way: u64,
    /// Complaints of the network (ICMP unreachable and the like).
    pub complaints: u64,
}

impl Counters {
    /// As they are now.
    pub fn counts(&self) -> Counts {
        Counts {
            sent: self.sent.load(Relaxed),
            again: self.again.load(Relaxed),
            answered: self.answered.load(Relaxed),
            late: self.late.load(Relaxed),
            strangers: self.strangers.load(Relaxed),
            held: self.held.load(Relaxed),
            no_way: self.no_way.load(Relaxed),
            complaints: self.complaints.load(Relaxed),
        }
    }
}
