//! What switches told of their spanning tree and ports in the past: the last hours as often as it matters for who looks back.

use super::{Known, Past};
use crate::event::{Body, Event};
use crate::model::series::Cell;
use crate::model::{Metric, SampleRow, Timestamp};
use std::time::Duration;

/// How far back readings reach, and how far they are apart.
const READ: (Duration, Duration) = (Duration::from_secs(2 * 3600), Duration::from_secs(600));

/// How far back the samples of what ports draw reach, and how far they are apart.
const SAMPLED: (Duration, Duration) = (Duration::from_secs(86_400), Duration::from_secs(300));

impl Past {
    /// Readings of all switches, in no order.
    pub(super) fn bridges(&self) -> Vec<Event> {
        let (reach, step) = READ;
        let count = u32::try_from(reach.as_secs() / step.as_secs()).unwrap_or(0);
        let times: Vec<Timestamp> = (0..count).map(|back| self.until.minus(step * back)).collect();
        let reading = |known: &Known, at: Timestamp| {
            let reading = self.campus.view(known.address, at)?.bridge_reading(known.id.clone(), at)?;
            Some(Event { at, body: Body::Bridge(Box::new(reading)) })
        };
        self.devices.iter().flat_map(|known| times.iter().filter_map(move |at| reading(known, *at))).collect()
    }

    /// The samples of what a device's ports draw at a time.
    pub(super) fn poe_rows(&self, known: &Known, at: Timestamp) -> Vec<SampleRow> {
        let (reach, step) = SAMPLED;
        let age = self.until.since(at);
        if age > reach || !age.as_secs().is_multiple_of(step.as_secs()) {
            return Vec::new();
        }
        let drawn = self.campus.view(known.address, at).map_or_else(Vec::new, |view| view.drawn_watts());
        let cell = |watts: f64| Cell { metric: Metric::PoeWatts, value: Metric::PoeWatts.encode_gauge(watts), broken: false };
        drawn.into_iter().map(|(name, watts)| SampleRow { part: Some(name), cells: vec![cell(watts)] }).collect()
    }
}
