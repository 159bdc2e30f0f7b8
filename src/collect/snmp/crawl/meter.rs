//! How far a run is.

use crate::clock::Stopwatch;
use crate::event::{DiscoveryPhase, DiscoveryProgress, MAX_FAILURES};
use crate::model::inventory::Problem;
use crate::model::{Timestamp, topology::Summary};
use std::collections::VecDeque;
use std::time::Duration;

/// Durations kept of a phase for its 95th percentile.
const KEPT: usize = 1024;

/// One phase as it is counted.
#[derive(Debug, Default)]
pub(super) struct Phase {
    pub(super) done: u64,
    pub(super) failed: u64,
    took: VecDeque<Duration>,
}

impl Phase {
    /// One more is done, after this long.
    pub(super) fn done(&mut self, took: Duration) {
        self.done += 1;
        if self.took.len() == KEPT {
            self.took.pop_front();
        }
        self.took.push_back(took);
    }

    fn p95_ms(&self) -> Option<f64> {
        let mut sorted: Vec<Duration> = self.took.iter().copied().collect();
        sorted.sort_unstable();
        // Nearest rank: the smallest that at least 95 % do not exceed.
        let rank = (sorted.len() * 95).div_ceil(100).checked_sub(1)?;
        sorted.get(rank).map(|took| took.as_secs_f64() * 1000.0)
    }

    fn shown(&self, name: &str, queued: u64) -> DiscoveryPhase {
        DiscoveryPhase { name: name.to_owned(), done: self.done, queued, failed: self.failed, p95_ms: self.p95_ms() }
    }
}

/// What waits in each phase.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waiting {
    pub(super) reach: u64,
    pub(super) snmp: u64,
    pub(super) inventory: u64,
    pub(super) heard: u64,
    pub(super) in_flight: u64,
}

/// The counters of a run.
#[derive(Debug)]
pub(super) struct Meter {
    run: u32,
    targets: Vec<String>,
    started_at: Timestamp,
    clock: Stopwatch,
    pub(super) reach: Phase,
    pub(super) snmp: Phase,
    pub(super) inventory: Phase,
    pub(super) neighbours: Phase,
    pub(super) asked: u64,
    pub(super) answered: u64,
    pub(super) silent: u64,
    pub(super) devices: u64,
    problems: Vec<Problem>,
}

impl Meter {
    pub(super) fn new(run: u32, targets: &[String], started_at: Timestamp) -> Self {
        Self {
            run,
            targets: targets.to_vec(),
            started_at,
            clock: Stopwatch::start(),
            reach: Phase::default(),
            snmp: Phase::default(),
            inventory: Phase::default(),
            neighbours: Phase::default(),
            asked: 0,
            answered: 0,
            silent: 0,
            devices: 0,
            problems: Vec::new(),
        }
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The problems, by target.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        problems.sort_by(|a, b| (&a.target, a.reason, &a.detail).cmp(&(&b.target, b.reason, &b.detail)));
        problems.dedup();
        problems
    }

    pub(super) fn summary(&self) -> Summary {
        Summary { asked: self.asked, answered: self.answered, silent: self.silent, seconds: self.clock.elapsed().as_secs_f64() }
    }

    pub(super) fn progress(&self, scope: Vec<String>, waiting: Waiting) -> DiscoveryProgress {
        let first_shown = self.problems.len().saturating_sub(MAX_FAILURES);
        DiscoveryProgress {
            run: self.run,
            targets: self.targets.clone(),
            scope,
            started_at: self.started_at,
            running: true,
            paused: false,
            phases: vec![
                self.reach.shown("reach", waiting.reach),
                self.snmp.shown("snmp", waiting.snmp),
                self.inventory.shown("inventory", waiting.inventory),
                self.neighbours.shown("neighbours", waiting.heard),
            ],
            asked: self.asked,
            answered: self.answered,
            silent: self.silent,
            devices: self.devices,
            links: 0,
            in_flight: waiting.in_flight,
            seconds_left: self.seconds_left(waiting),
            failures: self.problems.get(first_shown..).unwrap_or_default().to_vec(),
            failed: u64::try_from(self.problems.len()).unwrap_or(u64::MAX),
        }
    }

    /// At the pace until now; `None` before anyone is done.
    #[allow(clippy::cast_precision_loss, reason = "counts of addresses")]
    fn seconds_left(&self, waiting: Waiting) -> Option<f64> {
        let done = self.answered + self.silent;
        let left = waiting.reach + waiting.snmp + waiting.inventory;
        (done > 0).then(|| self.clock.elapsed().as_secs_f64() / done as f64 * left as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_95th_percentile_is_the_nearest_rank() {
        let mut phase = Phase::default();
        assert_eq!(phase.p95_ms(), None);
        (1..=20).for_each(|ms| phase.done(Duration::from_millis(ms)));
        assert_eq!(phase.p95_ms(), Some(19.0));
        (0..2 * KEPT).for_each(|_| phase.done(Duration::from_millis(5)));
        assert_eq!((phase.p95_ms(), phase.took.len()), (Some(5.0), KEPT));
    }

    #[test]
    fn only_so_many_failures_are_shown_and_all_are_counted() {
        let mut meter = Meter::new(1, &[], Timestamp(0));
        for number in 0..100 {
            let target = format!("10.0.0.{number}:161");
            meter.problem(Problem { target, reason: crate::model::inventory::Reason::Timeout, detail: String::new() });
        }
        let progress = meter.progress(Vec::new(), Waiting::default());
        assert_eq!((progress.failures.len(), progress.failed), (MAX_FAILURES, 100));
        assert_eq!(progress.failures.last().unwrap().target, "10.0.0.99:161");
    }
}
