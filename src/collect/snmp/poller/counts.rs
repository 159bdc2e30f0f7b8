//! What polling came to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Delays kept for their 95th percentile.
const KEPT: usize = 1024;

/// Counters of the poller; those of the datagrams are the client's.
#[derive(Debug, Default)]
pub struct PollerCounters {
    pub(super) polls: AtomicU64,
    pub(super) answered: AtomicU64,
    pub(super) partial: AtomicU64,
    pub(super) silent: AtomicU64,
    pub(super) probes: AtomicU64,
    pub(super) unasked: AtomicU64,
    pub(super) missed: AtomicU64,
    pub(super) renamed: AtomicU64,
    pub(super) bursts: AtomicU64,
    pub(super) at_once: AtomicU64,
    /// Devices, and how many of them are backed off and looked at now.
    pub(super) devices: AtomicU64,
    pub(super) backed_off: AtomicU64,
    pub(super) looked_at: AtomicU64,
    lags: Mutex<VecDeque<Duration>>,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PollerCounts {
    /// Polls begun.
    pub polls: u64,
    /// Polls answered.
    pub answered: u64,
    /// Of those, answered in part.
    pub partial: u64,
    /// Polls and probes that were not answered.
    pub silent: u64,
    /// Probes of silent devices begun, instead of polls.
    pub probes: u64,
    /// Places in the interval at which a silent device was not asked at all.
    pub unasked: u64,
    /// Polls left out because the one before still ran, or no place was free in time.
    pub missed: u64,
    /// Rows that had another name than the inventory says, and were not taken.
    pub renamed: u64,
    /// Polls of what somebody looks at.
    pub bursts: u64,
    /// Polls of what something was said of.
    pub at_once: u64,
    /// Devices that are polled.
    pub devices: u64,
    /// Of those, silent ones that are only probed.
    pub backed_off: u64,
    /// Of those, looked at.
    pub looked_at: u64,
    /// 95th percentile of the time from when a poll that was answered fell due until it was handed over; `None` before the first.
    pub lag_p95: Option<Duration>,
}

impl PollerCounters {
    /// The counters as they are now.
    pub fn counts(&self) -> PollerCounts {
        let mut lags: Vec<Duration> = self.lags.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        lags.sort_unstable();
        let rank = (lags.len() * 95).div_ceil(100).checked_sub(1);
        let of = |counter: &AtomicU64| counter.load(Relaxed);
        PollerCounts {
            polls: of(&self.polls),
            answered: of(&self.answered),
            partial: of(&self.partial),
            silent: of(&self.silent),
            probes: of(&self.probes),
            unasked: of(&self.unasked),
            missed: of(&self.missed),
            renamed: of(&self.renamed),
            bursts: of(&self.bursts),
            at_once: of(&self.at_once),
            devices: of(&self.devices),
            backed_off: of(&self.backed_off),
            looked_at: of(&self.looked_at),
            lag_p95: rank.and_then(|rank| lags.get(rank)).copied(),
        }
    }

    pub(super) fn lag(&self, lag: Duration) {
        let mut lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        if lags.len() == KEPT {
            lags.pop_front();
        }
        lags.push_back(lag);
    }
}

pub(super) fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Relaxed);
}
