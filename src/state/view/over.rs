//! Figures of a range in place of those of a moment: what a table shows, filters and sorts by when it is asked about a range.

use crate::model::{DeviceId, IfIndex, Metric};
use rustc_hash::FxHashMap;

/// One metric over a range, in its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Mean, by time.
    pub mean: f64,
    /// Largest.
    pub max: f64,
    /// 95th percentile.
    pub p95: f64,
}

/// Metrics with their figures; few, so that a list is quickest.
pub type OverMetrics = Vec<(Metric, Figures)>;

/// Figures of one device and of its ports.
#[derive(Clone, Debug, Default)]
pub struct OverDevice {
    /// Of the device itself.
    pub own: OverMetrics,
    /// Of its ports, by ifIndex.
    pub ports: Vec<(IfIndex, OverMetrics)>,
}

/// Figures of many devices.
#[derive(Clone, Debug, Default)]
pub struct Over(pub FxHashMap<DeviceId, OverDevice>);

/// One metric out of a list.
pub(super) fn of(metrics: &OverMetrics, metric: Metric) -> Option<Figures> {
    metrics.iter().find(|(known, _)| *known == metric).map(|(_, figures)| *figures)
}

impl OverDevice {
    /// The figures of one port.
    pub fn port(&self, if_index: IfIndex) -> Option<&OverMetrics> {
        let place = self.ports.binary_search_by_key(&if_index, |(known, _)| *known).ok()?;
        self.ports.get(place).map(|(_, metrics)| metrics)
    }
}
