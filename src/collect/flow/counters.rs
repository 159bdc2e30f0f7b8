//! What the workers counted, for whoever asks: each puts its figures here once a second.

use crate::model::Timestamp;
use crate::model::flow::{ExporterCounts, ExporterKey};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How an exporter does.
#[derive(Clone, Debug, PartialEq)]
pub struct ExporterHealth {
    /// Who.
    pub key: ExporterKey,
    /// What was counted of it.
    pub counts: ExporterCounts,
    /// Flows a second over the last time between two looks.
    pub flows_per_second: f64,
    /// When the last second ended in which it was heard; `None` of one that was remembered from an earlier process.
    pub heard: Option<Timestamp>,
}

/// Of all workers together. They only grow while a worker runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Datagrams.
    pub received: u64,
    /// Flow records.
    pub decoded: u64,
    /// By reason.
    pub refused: BTreeMap<String, u64>,
    /// Datagrams that the kernel dropped.
    pub dropped_kernel: u64,
    /// Flow records that the engine had no room for.
    pub dropped_queue: u64,
    /// Exporters that are remembered.
    pub exporters: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.received += other.received;
        self.decoded += other.decoded;
        self.dropped_kernel += other.dropped_kernel;
        self.dropped_queue += other.dropped_queue;
        self.exporters += other.exporters;
        for (reason, count) in &other.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
    }
}

/// One worker's.
#[derive(Debug, Default)]
struct Figures {
    /// Of those that failed before it.
    before: Counts,
    now: Counts,
    health: Vec<ExporterHealth>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Counters(Mutex<BTreeMap<usize, Figures>>);

impl Counters {
    /// The figures of a worker.
    pub(super) fn set(&self, worker: usize, counts: Counts, health: Option<Vec<ExporterHealth>>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = all.entry(worker).or_default();
        figures.now = counts;
        if let Some(health) = health {
            figures.health = health;
        }
    }

    /// A worker failed: what follows is counted from nothing again.
    pub fn failed(&self, worker: usize) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = all.entry(worker).or_default();
        let now = std::mem::take(&mut figures.now);
        figures.before.add(&Counts { exporters: 0, ..now });
        figures.health.clear();
    }

    /// Of all workers.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for figures in self.0.lock().unwrap_or_else(PoisonError::into_inner).values() {
            counts.add(&figures.before);
            counts.add(&figures.now);
        }
        counts
    }

    /// Every exporter, the busiest first, at most so many.
    pub fn health(&self, most: usize) -> Vec<ExporterHealth> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut health: Vec<&ExporterHealth> = all.values().flat_map(|figures| &figures.health).collect();
        health.sort_by(|a, b| b.flows_per_second.total_cmp(&a.flows_per_second).then_with(|| a.key.cmp(&b.key)));
        health.into_iter().take(most).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failed_worker_counted_stays_counted() {
        let counters = Counters::default();
        let counts = |received, exporters| Counts { received, exporters, ..Counts::default() };
        counters.set(0, counts(5, 2), None);
        counters.set(1, counts(7, 3), None);
        counters.failed(0);
        counters.set(0, counts(1, 1), None);
        let all = counters.counts();
        assert_eq!((all.received, all.exporters), (13, 4));
    }
}
