//! Samples summed up over minutes and hours: smallest, mean, largest, last and 95th percentile of what is shown.
//!
//! A rollup is a pure function of the samples that it covers, so that it can be made again at any time.

use super::points;
use super::series::{Metric, Point, Sample};
use super::time::{TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a rollup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Minute,
    Hour,
}

impl Level {
    /// Both, the finer first.
    pub const ALL: [Self; 2] = [Self::Minute, Self::Hour];

    /// Its length, seconds.
    pub const fn secs(self) -> u32 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3600,
        }
    }

    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minute => "1m",
            Self::Hour => "1h",
        }
    }
}

/// What was measured in one minute or hour, in the metric's unit. Where nothing was measured there is no rollup.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollup {
    /// Its end; a whole number of its lengths.
    pub at: Timestamp,
    /// Smallest.
    pub min: f64,
    /// Mean, each value weighed by the time that it covers.
    pub mean: f64,
    /// Largest.
    pub max: f64,
    /// The last one.
    pub last: f64,
    /// 95th percentile (nearest rank) of the values.
    pub p95: f64,
}

/// Sums up samples of a range; the sample before the range serves the first rate.
pub fn rollups(metric: Metric, samples: &[Sample], (range, level): (TimeRange, Level)) -> Vec<Rollup> {
    let shown = points::points(metric, samples, range);
    let means = points::stepped(&shown, level.secs(), range);
    let step = i64::from(level.secs()) * 1000;
    let mut rest = shown.as_slice();
    let mut made = Vec::new();
    for mean in means {
        let end = mean.at.millis();
        let inside = rest.partition_point(|point| point.at.millis() <= end);
        let (these, after) = rest.split_at(inside);
        rest = after;
        let own: Vec<&Point> = these.iter().filter(|point| point.at.millis() > end - step).collect();
        made.extend(mean.value.map(|value| sum_up(mean.at, value, &own)));
    }
    made
}

/// A step that only the span of a later value covers has that span's mean alone.
fn sum_up(at: Timestamp, mean: f64, points: &[&Point]) -> Rollup {
    let mut values: Vec<f64> = points.iter().filter_map(|point| point.value).collect();
    let last = values.last().copied().unwrap_or(mean);
    if values.is_empty() {
        values.push(mean);
    }
    values.sort_unstable_by(f64::total_cmp);
    let rank = (values.len() * 95).div_ceil(100).saturating_sub(1);
    let first = values.first().copied().unwrap_or(mean);
    let largest = values.last().copied().unwrap_or(mean);
    Rollup { at, min: first.min(mean), mean, max: largest.max(mean), last, p95: values.get(rank).copied().unwrap_or(mean) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_smallest_mean_largest_last_and_what_is_missing_has_none() {
        let gauge = |secs: i64, value: f64| Sample {
            at: Timestamp::from_secs(secs),
            value: Some(Metric::RttMs.encode_gauge(value)),
            broken: false,
        };
        let samples = [gauge(0, 9.0), gauge(20, 1.0), gauge(40, 5.0), gauge(60, 3.0), gauge(200, 4.0)];
        let range = TimeRange { from: Timestamp(0), to: Timestamp::from_secs(240) };
        let made = rollups(Metric::RttMs, &samples, (range, Level::Minute));
        assert_eq!(
            made.first(),
            Some(&Rollup { at: Timestamp::from_secs(60), min: 1.0, mean: 3.0, max: 5.0, last: 3.0, p95: 5.0 })
        );
        assert_eq!(made.iter().map(|rollup| rollup.at.secs()).collect::<Vec<_>>(), [60, 240]);
    }
}
