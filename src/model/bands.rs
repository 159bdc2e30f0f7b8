//! Points that know the smallest and the largest of what they sum up, and a series summed up in a few figures.

use super::points;
use super::rollup::{Level, Rollup};
use super::series::Point;
use super::time::{TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

/// Five minutes: what traffic is billed by.
pub const BILLING_SECS: u32 = 300;

/// A point of a series. Of single samples only the value is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// End of the interval that it describes.
    pub at: Timestamp,
    /// Value, or mean, in the metric's unit; `None` is a gap.
    pub value: Option<f64>,
    /// Smallest of what it sums up.
    pub min: Option<f64>,
    /// Largest of what it sums up.
    pub max: Option<f64>,
}

impl Band {
    const fn gap(at: Timestamp) -> Self {
        Self { at, value: None, min: None, max: None }
    }

    /// The value without its band.
    pub const fn point(&self) -> Point {
        Point { at: self.at, value: self.value }
    }
}

impl From<Point> for Band {
    fn from(point: Point) -> Self {
        Self { value: point.value, ..Self::gap(point.at) }
    }
}

/// Rollups as points; where some are missing stands one gap.
pub fn of_rollups(rollups: &[Rollup], level: Level) -> Vec<Band> {
    let step = i64::from(level.secs()) * 1000;
    let mut made: Vec<Band> = Vec::with_capacity(rollups.len());
    for rollup in rollups {
        if let Some(before) = made.last().map(|band| band.at.millis())
            && rollup.at.millis() - before > step
        {
            made.push(Band::gap(Timestamp(before + step)));
        }
        let Rollup { at, min, mean, max, .. } = *rollup;
        made.push(Band { at, value: Some(mean), min: Some(min), max: Some(max) });
    }
    made
}

/// Rollups summed up over wider steps that end at multiples of `step_secs`; a step without any is a gap.
pub fn stepped(rollups: &[Rollup], step_secs: u32, range: TimeRange) -> Vec<Band> {
    let step = i64::from(step_secs.max(1)) * 1000;
    let first = range.from.millis().div_euclid(step);
    let last = range.to.millis().saturating_sub(1).div_euclid(step).max(first);
    let mut rest = rollups;
    // What ends at the first step's start belongs to the step before.
    rest = rest.get(rest.partition_point(|rollup| rollup.at.millis() <= first * step)..).unwrap_or_default();
    let make = |number: i64| {
        let end = (number + 1) * step;
        let (these, after) = rest.split_at(rest.partition_point(|rollup| rollup.at.millis() <= end));
        rest = after;
        merged(Timestamp(end), these)
    };
    (first..=last).map(make).collect()
}

#[allow(clippy::cast_precision_loss, reason = "a step holds few rollups")]
fn merged(at: Timestamp, rollups: &[Rollup]) -> Band {
    if rollups.is_empty() {
        return Band::gap(at);
    }
    let mean = rollups.iter().map(|rollup| rollup.mean).sum::<f64>() / rollups.len() as f64;
    let min = rollups.iter().map(|rollup| rollup.min).reduce(f64::min);
    let max = rollups.iter().map(|rollup| rollup.max).reduce(f64::max);
    Band { at, value: Some(mean), min, max }
}

/// A series in a few figures. What is not known is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Smallest.
    pub min: Option<f64>,
    /// Mean, each value weighed by the time that it covers.
    pub mean: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
    /// 95th percentile (nearest rank) of the points.
    pub p95: Option<f64>,
    /// 95th percentile (nearest rank) of averages over [`BILLING_SECS`], where that is asked for.
    pub billing_p95: Option<f64>,
    /// How many such averages are known.
    pub billing_steps: Option<u32>,
    /// How many there would be, were nothing missing.
    pub billing_of: Option<u32>,
}

/// Sums points of a range up; without the billing.
pub fn summary(bands: &[Band], range: TimeRange) -> Summary {
    let known = |pick: fn(&Band) -> Option<f64>| bands.iter().filter_map(move |band| pick(band).or(band.value));
    Summary {
        min: known(|band| band.min).reduce(f64::min),
        mean: mean(bands, range),
        max: known(|band| band.max).reduce(f64::max),
        p95: p95(bands),
        ..Summary::default()
    }
}

/// The 95th percentile (nearest rank) of values.
pub fn p95(bands: &[Band]) -> Option<f64> {
    let points: Vec<Point> = bands.iter().map(Band::point).collect();
    points::p95(&points)
}

/// Each value counts for the time since the point before it, or since the range began.
#[allow(clippy::cast_precision_loss, reason = "spans of milliseconds")]
fn mean(bands: &[Band], range: TimeRange) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut before = range.from.millis();
    for band in bands {
        let covered = band.at.millis().saturating_sub(before).max(1) as f64;
        before = band.at.millis();
        if let Some(value) = band.value {
            sum += value * covered;
            weight += covered;
        }
    }
    (weight > 0.0).then(|| sum / weight)
}

/// Puts the billing's figures into a summary: the 95th percentile of five-minute averages.
pub fn bill(summary: &mut Summary, five_minutes: &[Point]) {
    let known = five_minutes.iter().filter(|point| point.value.is_some()).count();
    summary.billing_p95 = points::p95(five_minutes);
    summary.billing_steps = u32::try_from(known).ok();
    summary.billing_of = u32::try_from(five_minutes.len()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollup(secs: i64, min: f64, mean: f64, max: f64) -> Rollup {
        Rollup { at: Timestamp::from_secs(secs), min, mean, max, last: mean, p95: max }
    }

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange { from: Timestamp::from_secs(from), to: Timestamp::from_secs(to) }
    }

    type Shown = (i64, Option<f64>, Option<f64>, Option<f64>);

    fn shown(bands: &[Band]) -> Vec<Shown> {
        bands.iter().map(|band| (band.at.secs(), band.min, band.value, band.max)).collect()
    }

    #[test]
    fn missing_minutes_are_one_gap() {
        let minutes = [rollup(60, 1.0, 2.0, 3.0), rollup(300, 4.0, 5.0, 6.0)];
        assert_eq!(
            shown(&of_rollups(&minutes, Level::Minute)),
            [(60, Some(1.0), Some(2.0), Some(3.0)), (120, None, None, None), (300, Some(4.0), Some(5.0), Some(6.0))]
        );
    }

    #[test]
    fn wider_steps_keep_the_extremes_and_their_gaps() {
        let minutes =
            [rollup(0, 9.0, 9.0, 9.0), rollup(60, 1.0, 2.0, 3.0), rollup(300, 4.0, 6.0, 8.0), rollup(960, 1.0, 1.0, 1.0)];
        assert_eq!(
            shown(&stepped(&minutes, 300, range(0, 900))),
            [(300, Some(1.0), Some(4.0), Some(8.0)), (600, None, None, None), (900, None, None, None)]
        );
    }

    #[test]
    fn a_mean_weighs_by_time_and_extremes_come_from_the_bands() {
        let at = |secs, value| Band::from(Point { at: Timestamp::from_secs(secs), value });
        let bands = [at(30, Some(10.0)), at(60, None), at(150, Some(40.0)), Band { max: Some(90.0), ..at(180, Some(10.0)) }];
        let found = summary(&bands, range(0, 180));
        assert_eq!((found.min, found.mean, found.max, found.p95), (Some(10.0), Some(28.0), Some(90.0), Some(40.0)));
        assert_eq!(summary(&[], range(0, 180)), Summary::default());
    }

    #[test]
    fn five_percent_of_a_bill_are_free() {
        let steps: Vec<Point> = (1..=100i64)
            .map(|n| Point { at: Timestamp::from_secs(n * 300), value: (n != 7).then_some(if n > 95 { 1e9 } else { 1e6 }) })
            .collect();
        let mut bill_of = Summary::default();
        bill(&mut bill_of, &steps);
        assert_eq!((bill_of.billing_steps, bill_of.billing_of), (Some(99), Some(100)));
        // 95 % of 99 averages are 94.05, so the 95th of them: the first that is over.
        assert_eq!(bill_of.billing_p95, Some(1e9));
    }
}
