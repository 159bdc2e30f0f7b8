//! Minutes and hours of a store: made of samples a day at a time, so that every store makes the same of the same samples.

use super::{LOOKBACK_SECS, StoreError};
use crate::model::rollup::{self, Level, Rollup};
use crate::model::{Metric, Sample, TimeRange, Timestamp};

/// A day (UTC) in milliseconds: what is summed up at once.
pub const DAY_MS: i64 = 86_400_000;

/// A day is summed up when it has been over for so long: by then what was polled in it has come, and the poll after it.
pub const SETTLE_MS: i64 = 3_600_000;

/// The day in whose minutes and hours an end (milliseconds) lies: midnight ends the day before.
pub const fn day_of_end(end: i64) -> i64 {
    end.saturating_sub(1).div_euclid(DAY_MS)
}

/// The samples that are needed to sum up a day, or the part of it that ends in a range: the ones about it serve the spans across
/// its borders.
pub fn needed(level: Level, range: TimeRange) -> TimeRange {
    let step = i64::from(level.secs()) * 1000;
    let about = i64::from(LOOKBACK_SECS) * 1000;
    let from = (range.from.millis().saturating_sub(1)).div_euclid(step).saturating_mul(step).saturating_sub(about);
    let to = range.to.millis().div_euclid(step).saturating_mul(step).saturating_add(about);
    TimeRange { from: Timestamp(from), to: Timestamp(to.max(from)) }
}

/// The rollups that end in a range of one day, out of the samples of [`needed`].
pub fn sum_up(metric: Metric, samples: &[Sample], (level, range): (Level, TimeRange)) -> Vec<Rollup> {
    let mut made = rollup::rollups(metric, samples, (needed(level, range), level));
    made.retain(|rollup| range.contains(rollup.at));
    made.into_iter().map(|rollup| finish(level, rollup)).collect()
}

/// The minute or hour in which a range ends, as far as it had come by then; `read` gives the samples of a time. `None` where the
/// range ends with one, or nothing was measured in it.
pub fn running(
    metric: Metric,
    (level, range): (Level, TimeRange),
    mut read: impl FnMut(TimeRange) -> Result<Vec<Sample>, StoreError>,
) -> Result<Option<Rollup>, StoreError> {
    let step = i64::from(level.secs()) * 1000;
    let start = range.to.millis().div_euclid(step).saturating_mul(step);
    if start == range.to.millis() {
        return Ok(None);
    }
    let about = TimeRange { from: Timestamp(start.saturating_sub(i64::from(LOOKBACK_SECS) * 1000)), to: range.to };
    let last = rollup::rollups(metric, &read(about)?, (about, level)).pop();
    Ok(last.filter(|rollup| rollup.at > range.to).map(|rollup| finish(level, rollup)))
}

/// The 95th percentile is not kept of minutes: with twenty values or fewer it is the largest.
fn finish(level: Level, rollup: Rollup) -> Rollup {
    if level == Level::Minute { Rollup { p95: rollup.max, ..rollup } } else { rollup }
}

/// The part of a range in which rollups of a day end; `None` when there is none.
pub fn within_day(day: i64, range: TimeRange) -> Option<TimeRange> {
    let from = range.from.millis().max(day.saturating_mul(DAY_MS).saturating_add(1));
    let to = range.to.millis().min(day.saturating_add(1).saturating_mul(DAY_MS));
    (from <= to).then_some(TimeRange { from: Timestamp(from), to: Timestamp(to) })
}

/// Sums up the parts of a range that are of these days, in order; `read` gives the samples of a time.
pub fn of_days(
    metric: Metric,
    (level, range): (Level, TimeRange),
    days: impl Iterator<Item = i64>,
    mut read: impl FnMut(TimeRange) -> Result<Vec<Sample>, StoreError>,
) -> Result<Vec<Rollup>, StoreError> {
    let mut made = Vec::new();
    for part in days.filter_map(|day| within_day(day, range)) {
        let samples = read(needed(level, part))?;
        made.append(&mut sum_up(metric, &samples, (level, part)));
    }
    Ok(made)
}
