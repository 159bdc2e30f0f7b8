//! The poller as the engine keeps it: started again after a failure, its counters for all to see.

use super::plans::Planned;
use crate::collect::Emitter;
use crate::collect::icmp::Windows;
use crate::collect::snmp::Client;
use crate::collect::snmp::poller::{AtOnce, Inputs, Looked, Poller, PollerCounters, PollerCounts, PollerOptions};
use crate::engine::command::PollingStatus;
use crate::engine::core::PollFigures;
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Seconds over which polls a second are counted.
const WINDOW: usize = 10;

/// How polling goes.
#[derive(Default)]
pub(super) struct Polling {
    counters: Mutex<Arc<PollerCounters>>,
    /// Polls begun as of each of the last seconds.
    polls: Mutex<VecDeque<u64>>,
}

impl Polling {
    /// The poller's counters.
    pub(super) fn counts(&self) -> PollerCounts {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner).counts()
    }

    /// Its counters as `status` tells them.
    pub(super) fn status(&self) -> PollingStatus {
        let counts = self.counts();
        PollingStatus {
            devices: counts.devices,
            polls: counts.polls,
            answered: counts.answered,
            partial: counts.partial,
            missed: counts.silent,
            skipped: counts.missed,
            backed_off: counts.backed_off,
            probes: counts.probes,
            renamed: counts.renamed,
            looked_at: counts.looked_at,
            bursts: counts.bursts,
            at_once: counts.at_once,
        }
    }

    /// The Overview's figures; called once a second. `None` before the first poll.
    #[allow(clippy::cast_precision_loss, reason = "shares of counts")]
    pub(super) fn figures(&self) -> Option<PollFigures> {
        let counts = self.counts();
        let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        polls.push_back(counts.polls);
        if polls.len() > WINDOW + 1 {
            polls.pop_front();
        }
        let seconds = polls.len().checked_sub(1).filter(|seconds| *seconds > 0);
        let begun = counts.polls.saturating_sub(polls.front().copied().unwrap_or(0));
        let due = counts.polls + counts.missed;
        (due > 0).then(|| PollFigures {
            missed_percent: counts.missed as f64 / due as f64 * 100.0,
            lag_p95_ms: counts.lag_p95.map(|lag| lag.as_secs_f64() * 1000.0),
            polls_per_second: seconds.map(|seconds| begun as f64 / seconds as f64),
        })
    }
}

/// What a poller is made of, each time anew.
pub(super) struct PollingTask {
    pub(super) client: Client,
    pub(super) options: PollerOptions,
    pub(super) emitter: Emitter,
    pub(super) planned: Planned,
    pub(super) looked: watch::Receiver<Arc<Looked>>,
    pub(super) at_once: AtOnce,
    /// What ICMP echoes come to, where they are permitted.
    pub(super) windows: Option<Arc<Windows>>,
    pub(super) polling: Arc<Polling>,
}

impl PollingTask {
    pub(super) fn run(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send + use<> {
        let poller = Poller::new(self.client.clone(), self.options, self.emitter.clone()).with_echoes(self.windows.clone());
        *self.polling.counters.lock().unwrap_or_else(PoisonError::into_inner) = poller.counters();
        let inputs = Inputs { plans: self.planned.clone(), looked: self.looked.clone(), at_once: self.at_once.clone() };
        poller.run(inputs, stop)
    }
}
