//! A series read at the resolution that its range asks for: samples, minutes or hours.

use crate::history::{Store, StoreError};
use crate::model::bands::{self, Band, Summary};
use crate::model::points;
use crate::model::rollup::{Level, Rollup};
use crate::model::{EntityKey, Metric, Point, Sample, TimeRange, Timestamp};

/// Ranges up to this are shown sample by sample: 5,760 points at a usual interval.
const SAMPLES_UP_TO_SECS: u64 = 2 * 86_400;
/// Ranges up to this are shown by minutes: 20,160 points.
const MINUTES_UP_TO_SECS: u64 = 14 * 86_400;
/// Ranges up to this have a bill: a month. More would read all minutes of what hours were asked for.
const BILLED_UP_TO_SECS: u64 = 32 * 86_400;
/// Steps of a coarser resolution that must be missing at the start before it is looked for there.
const MISSING_STEPS: u64 = 3;

/// What the points of a series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolution {
    Sample,
    Rollup(Level),
}

impl Resolution {
    /// What a range, or the step that somebody wants, asks for.
    pub(super) fn of(range: TimeRange, step_secs: Option<u32>) -> Self {
        let span = range.to.since(range.from).as_secs();
        match step_secs {
            Some(step) if step % Level::Hour.secs() == 0 => Self::Rollup(Level::Hour),
            Some(step) if step % Level::Minute.secs() == 0 => Self::Rollup(Level::Minute),
            Some(_) => Self::Sample,
            None if span <= SAMPLES_UP_TO_SECS => Self::Sample,
            None if span <= MINUTES_UP_TO_SECS => Self::Rollup(Level::Minute),
            None => Self::Rollup(Level::Hour),
        }
    }

    const fn coarser(self) -> Option<Level> {
        match self {
            Self::Sample => Some(Level::Minute),
            Self::Rollup(Level::Minute) => Some(Level::Hour),
            Self::Rollup(Level::Hour) => None,
        }
    }

    /// The word of the contract.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Rollup(level) => level.word(),
        }
    }
}

/// A series in one store: of a device and of those that stood in its place before, under all metrics that it may be kept as.
#[derive(Clone, Copy)]
pub(super) struct Series<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) entities: &'a [EntityKey],
    pub(super) metrics: &'a [Metric],
}

/// What was read.
pub(super) struct Found {
    pub(super) resolution: Resolution,
    pub(super) bands: Vec<Band>,
    /// Whether raw samples, minutes or hours reach back to the start; the time of the first thing otherwise.
    first: Option<Timestamp>,
}

impl Series<'_> {
    /// Points of a range. Where the wanted resolution is not kept any more as far back, a coarser one that is stands in.
    pub(super) fn read(self, range: TimeRange, (wanted, step_secs): (Resolution, Option<u32>)) -> Result<Found, StoreError> {
        let mut resolution = wanted;
        loop {
            let found = self.at(range, (resolution, step_secs))?;
            let Some(coarser) = resolution.coarser() else { return Ok(found) };
            let head = TimeRange { from: range.from, to: found.first.unwrap_or(range.to).min(range.to) };
            let missing = head.to.since(head.from).as_secs() > MISSING_STEPS * u64::from(coarser.secs());
            if !missing || self.rollups(head, coarser)?.is_empty() {
                return Ok(found);
            }
            resolution = Resolution::Rollup(coarser);
        }
    }

    fn at(self, range: TimeRange, (resolution, step_secs): (Resolution, Option<u32>)) -> Result<Found, StoreError> {
        match resolution {
            Resolution::Sample => {
                let (points, first) = self.points(range)?;
                let points = step_secs.map_or_else(|| points.clone(), |step| points::stepped(&points, step, range));
                Ok(Found { resolution, bands: points.into_iter().map(Band::from).collect(), first })
            }
            Resolution::Rollup(level) => {
                let rollups = self.rollups(range, level)?;
                let first = rollups.first().map(|rollup| rollup.at.minus(std::time::Duration::from_secs(level.secs().into())));
                let bands = match step_secs.filter(|step| *step > level.secs()) {
                    Some(step) => bands::stepped(&rollups, step, range),
                    None => bands::of_rollups(&rollups, level),
                };
                Ok(Found { resolution, bands, first })
            }
        }
    }

    /// Points of single samples, and when the first sample was taken, the one before the range included.
    fn points(self, range: TimeRange) -> Result<(Vec<Point>, Option<Timestamp>), StoreError> {
        let mut made: Vec<Point> = Vec::new();
        let mut first: Option<Timestamp> = None;
        for metric in self.metrics {
            let mut samples: Vec<Sample> = Vec::new();
            for entity in self.entities {
                samples.extend(self.store.samples_read(entity, *metric, range)?);
            }
            samples.sort_by_key(|sample| sample.at);
            first = [first, samples.first().map(|sample| sample.at)].into_iter().flatten().min();
            made.extend(points::points(*metric, &samples, range));
        }
        made.sort_by_key(|point| point.at);
        Ok((made, first))
    }

    /// Rollups of a range, in order.
    fn rollups(self, range: TimeRange, level: Level) -> Result<Vec<Rollup>, StoreError> {
        let mut made: Vec<Rollup> = Vec::new();
        let mut sources = 0;
        for metric in self.metrics {
            for entity in self.entities {
                let read = self.store.rollups_read(entity, *metric, (level, range))?;
                sources += usize::from(!read.is_empty());
                made.extend(read);
            }
        }
        if sources > 1 {
            made.sort_by_key(|rollup| rollup.at);
            made.dedup_by_key(|rollup| rollup.at);
        }
        Ok(made)
    }

    /// Sums up what was found; with a bill where traffic is billed and the range is short enough.
    pub(super) fn summary(self, found: &Found, range: TimeRange) -> Result<Summary, StoreError> {
        let mut summary = bands::summary(&found.bands, range);
        let traffic = matches!(self.metrics, [Metric::InBps | Metric::OutBps]);
        if traffic && range.to.since(range.from).as_secs() <= BILLED_UP_TO_SECS {
            let minutes = self.rollups(range, Level::Minute)?;
            // Without minutes (they are gone, or were never there) there is no bill.
            if !minutes.is_empty() {
                let steps = bands::stepped(&minutes, bands::BILLING_SECS, range);
                let steps: Vec<Point> = steps.iter().map(Band::point).collect();
                bands::bill(&mut summary, &steps);
            }
        }
        Ok(summary)
    }
}
