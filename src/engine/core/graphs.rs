//! Series as graphs need them: at steps that fit the span, ending on whole steps, and kept for a moment.
//!
//! A watch is answered ten times a second, but a curve has nothing new before the next poll: it is read anew once a step, at
//! the latest after [`LONGEST_KEPT`].

use super::series::{Resolution, Series};
use crate::history::Store;
use crate::model::bands::Band;
use crate::model::rollup::Level;
use crate::model::{EntityKey, Metric, Point, TimeRange, Timestamp, bands, points};
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Points of a graph: two for each column of a wide terminal in braille.
const GRAPH_POINTS: u32 = 240;
/// The narrowest step of a graph.
const LEAST_STEP: Duration = Duration::from_secs(10);
/// A poll's usual interval: later than this a curve lacks something.
const LONGEST_KEPT: Duration = Duration::from_secs(30);
/// The same for a curve whose start is missing: a past that is being filled in is seen at once.
const SHORT_KEPT: Duration = Duration::from_secs(3);
/// Curves that are kept: those of some screens.
const MOST_KEPT: usize = 4096;

/// What part of a series, in which steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Window {
    pub(super) to: Timestamp,
    pub(super) span: Duration,
    pub(super) step: Duration,
}

impl Window {
    /// A graph of `span` that ends on the first whole step at or after `to`.
    pub(super) fn graph(to: Timestamp, span: Duration) -> Self {
        let step = (span / GRAPH_POINTS).max(LEAST_STEP);
        // Steps of whole rollups, so that each is in one step.
        let whole =
            [Level::Hour, Level::Minute].into_iter().map(|level| u64::from(level.secs())).find(|secs| step.as_secs() >= *secs);
        let step = whole.map_or(step, |secs| Duration::from_secs(step.as_secs().div_ceil(secs) * secs));
        Self { to, span, step }.aligned()
    }

    /// The same, ending on a whole step.
    pub(super) fn aligned(self) -> Self {
        let step = i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).max(1);
        let to = self.to.millis().saturating_add(step - 1).div_euclid(step).saturating_mul(step);
        Self { to: Timestamp(to), ..self }
    }

    /// The same in other steps.
    pub(super) const fn with_step(self, step: Duration) -> Self {
        Self { step, ..self }
    }

    pub(super) fn range(self) -> TimeRange {
        TimeRange { from: self.to.minus(self.span), to: self.to }
    }

    fn step_secs(self) -> u32 {
        u32::try_from(self.step.as_secs()).unwrap_or(u32::MAX).max(1)
    }

    /// Rollups where they are as fine as the steps.
    pub(super) fn resolution(self) -> Resolution {
        match self.step_secs() {
            step if step % Level::Hour.secs() == 0 => Resolution::Rollup(Level::Hour),
            step if step % Level::Minute.secs() == 0 => Resolution::Rollup(Level::Minute),
            _ => Resolution::Sample,
        }
    }
}

/// A curve and of what it is made.
#[derive(Clone)]
pub(super) struct Curve {
    pub(super) bands: Arc<Vec<Band>>,
    pub(super) resolution: &'static str,
}

type Key = (EntityKey, Metric, Window);

/// Curves of the last moments.
#[derive(Default)]
pub(super) struct GraphCache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    curves: FxHashMap<Key, (i64, Curve)>,
}

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Graphs<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) cache: &'a GraphCache,
    /// The engine's time: what was read longer ago is read again.
    pub(super) now: Timestamp,
}

impl Graphs<'_> {
    /// A curve; empty where nothing was ever measured, or the store can't be read, which its own counters tell.
    pub(super) fn curve(self, entity: &EntityKey, metric: Metric, window: Window) -> Curve {
        let key = (entity.clone(), metric, window);
        if let Some((_, curve)) = self.kept().curves.get(&key).filter(|(read, curve)| *read == self.moment(window, curve)) {
            return curve.clone();
        }
        let curve = self.read(entity, metric, window);
        let moment = self.moment(window, &curve);
        let mut kept = self.kept();
        if kept.curves.len() >= MOST_KEPT {
            kept.curves.clear();
        }
        kept.curves.insert(key, (moment, curve.clone()));
        curve
    }

    /// The values of a curve.
    pub(super) fn points(self, entity: &EntityKey, metric: Metric, window: Window) -> Vec<Point> {
        self.curve(entity, metric, window).bands.iter().map(Band::point).collect()
    }

    /// When it is to be read again: it is kept until this number changes.
    fn moment(self, window: Window, curve: &Curve) -> i64 {
        let is_whole = curve.bands.first().is_some_and(|band| band.value.is_some());
        let longest = if is_whole { LONGEST_KEPT } else { SHORT_KEPT };
        let kept = i64::try_from(window.step.min(longest).as_millis()).unwrap_or(i64::MAX).max(1);
        self.now.millis().div_euclid(kept)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.cache.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(self, entity: &EntityKey, metric: Metric, window: Window) -> Curve {
        let (range, step) = (window.range(), window.step_secs());
        let series = Series { store: self.store, entities: std::slice::from_ref(entity), metrics: &[metric] };
        let found = series.read(range, (window.resolution(), Some(step))).ok();
        let Some(found) = found.filter(|found| found.bands.iter().any(|band| band.value.is_some())) else {
            return Curve { bands: Arc::default(), resolution: window.resolution().word() };
        };
        Curve { resolution: found.resolution.word(), bands: Arc::new(found.bands) }
    }
}

/// Points in wider steps that end at `window.to`.
pub(super) fn coarser(points: &[Point], window: Window) -> Vec<Point> {
    if points.is_empty() { Vec::new() } else { points::stepped(points, window.step_secs(), window.range()) }
}

/// The largest that is known of a curve.
pub(super) fn largest(bands: &[Band]) -> Option<f64> {
    bands.iter().filter_map(|band| band.max.or(band.value)).reduce(f64::max)
}

/// The 95th percentile of a curve's steps.
pub(super) fn p95(bands: &[Band]) -> Option<f64> {
    bands::p95(bands)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_ends_on_a_whole_step_and_its_steps_are_whole_rollups() {
        for (span_secs, step_secs, resolution) in [
            (300, 10, "sample"),
            (3_600, 15, "sample"),
            (21_600, 120, "1m"),
            (86_400, 360, "1m"),
            (604_800, 2_520, "1m"),
            (2_592_000, 10_800, "1h"),
            (31_536_000, 133_200, "1h"),
        ] {
            let window = Window::graph(Timestamp::from_secs(1_000_001), Duration::from_secs(span_secs));
            assert_eq!((window.step.as_secs(), window.resolution().word()), (step_secs, resolution), "{span_secs}");
            assert_eq!(window.to.secs() % i64::try_from(step_secs).unwrap(), 0);
            assert!(window.to > Timestamp::from_secs(1_000_001));
        }
    }
}
