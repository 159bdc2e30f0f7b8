//! Rollups in blocks: of each series the mean, and how far the smallest, the largest and the last are from it.
//!
//! A number is kept as a code: small ones exactly, others by their leading bits, 10 of a mean and 8 of the band about it. Codes
//! keep order, so their differences are small where values are alike. A minute of one sample has no
//! differences at all, and a column without any costs two bytes. See docs/decisions/0059-rollup-columns.md.

use super::PRESENT;
use super::block::{Block, Body, Rows, Series, seal};
use super::bytes::{unzigzag, zigzag};
use super::column::{Column, Encoder};
use crate::model::rollup::{Level, Rollup};
use crate::model::series::Kept;
use crate::model::{Metric, Timestamp};

/// Rollups of a series in one block. More pack better; a longer span has values that are less alike.
pub const ROWS: i64 = 480;

/// Columns of a series: mean, below, above, last, and of hours the 95th percentile. In a block each series is a part of its own,
/// and its columns stand in the places of metrics.
const COLUMNS: usize = 5;

/// Metrics that a part may have, with room for more.
const METRICS: u32 = 32;

/// The last is the largest or the smallest; or above a mean that is the smallest, or below one that is the largest, by what the
/// column of that side says; or something else by its difference to the mean.
const IS_LARGEST: u64 = 0;
const IS_SMALLEST: u64 = 1;
const IS_ABOVE: u64 = 2;
const IS_BELOW: u64 = 3;
const ELSE: u64 = 4;

/// Rollups of one series, in order.
pub struct Lane {
    /// Part of the device.
    pub part: u32,
    /// Which metric.
    pub metric: Metric,
    /// What is to be kept.
    pub rollups: Vec<Rollup>,
}

/// A sealed block of a device.
pub struct Sealed {
    /// The first end of a rollup, milliseconds.
    pub start: i64,
    /// The last one.
    pub end: i64,
    /// Its bodies: `samples` of them counts rollups.
    pub bodies: Vec<Body>,
}

/// How closely a number is kept: bits of the mantissa beside the leading one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Precision(u32);

/// Half a unit of the last bit is 0.1 %.
const OF_MEAN: Precision = Precision(9);
/// 0.4 %, and 0.8 % where it can't be told from the mean and is shown as that: the band about a mean.
const OF_BAND: Precision = Precision(7);

/// Bits of a double's mantissa.
const DOUBLE_BITS: u32 = 52;
/// What is added to a double's exponent.
const BIAS: u64 = 1023;

/// What a shown number is multiplied by: bit/s and gauges are kept in some thousandths, events in some millionths, so that one in
/// an hour counts. Powers of two, so that small whole numbers are exact.
const fn scale(metric: Metric) -> f64 {
    match metric.kept() {
        Kept::Counter { factor } if factor <= 1.0 => 1_048_576.0,
        _ => 1024.0,
    }
}

impl Precision {
    const fn cut(self) -> u32 {
        DOUBLE_BITS - self.0
    }

    /// Whole numbers up to here are exact.
    const fn exact(self) -> u64 {
        2 << self.0
    }

    /// The leading bits of [`Self::exact`] as a double.
    const fn exact_bits(self) -> u64 {
        (BIAS + self.0 as u64 + 1) << self.0
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small and not negative"
    )]
    fn code(self, metric: Metric, value: f64) -> i64 {
        let size = value.abs();
        let rounded = |bits: u64| (bits + (1 << (self.cut() - 1))) >> self.cut();
        let scaled = size * scale(metric);
        let code = match metric.kept() {
            Kept::Float => rounded(size.to_bits()),
            // What is there never becomes nothing.
            _ if scaled < self.exact() as f64 => (scaled.round() as u64).max(u64::from(size > 0.0)),
            _ => rounded(scaled.to_bits()) - self.exact_bits() + self.exact(),
        };
        if value < 0.0 { -(code as i64) } else { code as i64 }
    }

    #[allow(clippy::cast_precision_loss, reason = "small")]
    fn decode(self, metric: Metric, code: i64) -> f64 {
        let size = code.unsigned_abs();
        let bits = |code: u64| f64::from_bits(code.min(u64::MAX >> (self.cut() + 1)) << self.cut());
        let value = match metric.kept() {
            Kept::Float => bits(size),
            _ if size < self.exact() => size as f64 / scale(metric),
            _ => bits((size - self.exact()).saturating_add(self.exact_bits())) / scale(metric),
        };
        if code < 0 { -value } else { value }
    }
}

/// The band about a mean, in codes: where its middle is, and what is told apart from the mean at all.
struct Band {
    metric: Metric,
    mean: f64,
    middle: i64,
}

impl Band {
    /// About a mean as it is read back.
    fn about(metric: Metric, mean: i64) -> Self {
        let mean = OF_MEAN.decode(metric, mean);
        Self { metric, mean, middle: OF_BAND.code(metric, mean) }
    }

    fn code(&self, value: f64) -> i64 {
        OF_BAND.code(self.metric, value)
    }

    fn value(&self, code: i64) -> f64 {
        if code == self.middle { self.mean } else { OF_BAND.decode(self.metric, code) }
    }
}

/// What each column holds of a rollup.
fn cells(metric: Metric, rollup: &Rollup) -> [u64; COLUMNS] {
    let mean = OF_MEAN.code(metric, rollup.mean);
    let band = Band::about(metric, mean);
    let (min, max, last) = (band.code(rollup.min), band.code(rollup.max), band.code(rollup.last));
    let over = |more: i64, less: i64| u64::try_from(more - less).unwrap_or(0);
    let (mut below, mut above) = (over(band.middle, min), over(max, band.middle));
    let last = match last {
        last if last == max => IS_LARGEST,
        last if last == min => IS_SMALLEST,
        // Two values on one side of the mean: the column of the other side has nothing else to say.
        last if below == 0 && last > band.middle => {
            below = over(last, band.middle);
            IS_ABOVE
        }
        last if above == 0 && last < band.middle => {
            above = over(band.middle, last);
            IS_BELOW
        }
        last => ELSE + zigzag(last - band.middle),
    };
    [zigzag(mean), below, above, last, over(max, band.code(rollup.p95))]
}

const fn columns(level: Level) -> usize {
    match level {
        Level::Minute => COLUMNS - 1,
        Level::Hour => COLUMNS,
    }
}

/// The number by which a series goes in blocks of rollups, where parts have numbers.
pub fn part_of((part, metric): (u32, Metric)) -> Option<u32> {
    part.checked_mul(METRICS)?.checked_add(u32::from(metric.number()))
}

/// Seals a device's series, ordered by part and metric, into blocks of [`ROWS`] rollups.
pub fn seal_lanes(encoder: &mut Encoder, level: Level, lanes: &[Lane]) -> Vec<Sealed> {
    let width = ROWS * i64::from(level.secs()) * 1000;
    let slot = |rollup: &Rollup| (rollup.at.millis() - 1).div_euclid(width);
    let mut slots: Vec<i64> = lanes.iter().flat_map(|lane| lane.rollups.iter().map(slot)).collect();
    slots.sort_unstable();
    slots.dedup();
    let mut sealed = Vec::new();
    for wanted in slots {
        let inside = |lane: &Lane| {
            let from = lane.rollups.partition_point(|rollup| slot(rollup) < wanted);
            let to = lane.rollups.partition_point(|rollup| slot(rollup) <= wanted);
            from..to
        };
        let lanes: Vec<(&Lane, &[Rollup])> = lanes
            .iter()
            .filter_map(|lane| Some((lane, lane.rollups.get(inside(lane))?)))
            .filter(|(_, rollups)| !rollups.is_empty())
            .collect();
        let mut times: Vec<i64> = lanes.iter().flat_map(|(_, rollups)| rollups.iter().map(|rollup| rollup.at.millis())).collect();
        times.sort_unstable();
        times.dedup();
        let (Some(start), Some(end)) = (times.first().copied(), times.last().copied()) else { continue };
        let series: Vec<Series> = lanes.iter().flat_map(|(lane, rollups)| series(level, (lane, rollups), &times)).collect();
        let mut bodies = seal(encoder, (&times, Rows::Separate), &series);
        bodies.iter_mut().for_each(|body| body.samples /= columns(level) as u64);
        sealed.push(Sealed { start, end, bodies });
    }
    sealed
}

/// The columns of one series.
fn series(level: Level, (lane, rollups): (&Lane, &[Rollup]), times: &[i64]) -> Vec<Series> {
    let Some(part) = part_of((lane.part, lane.metric)) else { return Vec::new() };
    let blank = |column: usize| Series {
        part,
        metric: u8::try_from(column).unwrap_or(0),
        values: vec![0; times.len()],
        flags: vec![0; times.len()],
    };
    let mut all: Vec<Series> = (0..columns(level)).map(blank).collect();
    for rollup in rollups {
        let Ok(row) = times.binary_search(&rollup.at.millis()) else { continue };
        for (series, cell) in all.iter_mut().zip(cells(lane.metric, rollup)) {
            if let (Some(value), Some(flag)) = (series.values.get_mut(row), series.flags.get_mut(row)) {
                (*value, *flag) = (cell, PRESENT);
            }
        }
    }
    all
}

/// The rollups of one series in a block; `None` at damage.
pub fn rollups(block: &Block<'_>, level: Level, series: (u32, Metric)) -> Option<Vec<Rollup>> {
    let number = part_of(series)?;
    for found in block.parts() {
        let part = found?;
        if part.number == number {
            let columns: Vec<(u8, Column<'_>)> = part.columns().collect::<Option<_>>()?;
            return of_columns(series.1, (level, &columns), &block.times()?);
        }
    }
    Some(Vec::new())
}

fn of_columns(metric: Metric, (level, columns): (Level, &[(u8, Column<'_>)]), times: &[i64]) -> Option<Vec<Rollup>> {
    let flags = columns.first()?.1.flags()?;
    let rows = times.iter().zip(flags).filter(|(_, flags)| flags & PRESENT != 0).map(|(at, _)| *at);
    let values = |column: usize| columns.get(column)?.1.values();
    let (means, below, above, last) = (values(0)?, values(1)?, values(2)?, values(3)?);
    let p95 = if level == Level::Hour { values(4)? } else { vec![0; means.len()] };
    if [&below, &above, &last, &p95].iter().any(|column| column.len() != means.len()) {
        return None;
    }
    let rest = below.into_iter().zip(above).zip(last.into_iter().zip(p95));
    Some(rows.zip(means).zip(rest).map(|(mean, rest)| rollup_of(metric, mean, rest)).collect())
}

fn rollup_of(metric: Metric, (at, mean): (i64, u64), ((below, above), (last, p95)): ((u64, u64), (u64, u64))) -> Rollup {
    let band = Band::about(metric, unzigzag(mean));
    let (mut min, mut max) = (band.middle.saturating_sub_unsigned(below), band.middle.saturating_add_unsigned(above));
    let last = match last {
        IS_LARGEST => max,
        IS_SMALLEST => min,
        IS_ABOVE => {
            min = band.middle;
            band.middle.saturating_add_unsigned(below)
        }
        IS_BELOW => {
            max = band.middle;
            band.middle.saturating_sub_unsigned(above)
        }
        other => band.middle.saturating_add(unzigzag(other - ELSE)),
    };
    let p95 = band.value(max.saturating_sub_unsigned(p95));
    Rollup { at: Timestamp(at), min: band.value(min), mean: band.mean, max: band.value(max), last: band.value(last), p95 }
}

/// Whether a rollup can be kept.
pub fn is_kept(rollup: &Rollup) -> bool {
    [rollup.min, rollup.mean, rollup.max, rollup.last, rollup.p95].into_iter().all(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const METRICS: [Metric; 5] =
        [Metric::InBps, Metric::InErrors, Metric::TemperatureCelsius, Metric::OperStatus, Metric::NamedFloat];

    fn close(kept: f64, value: f64, (metric, precision): (Metric, Precision)) -> bool {
        let smallest = if metric == Metric::NamedFloat { 0.0 } else { 1.0 / scale(metric) };
        let part = if precision == OF_MEAN { 1020.0 } else { 125.0 };
        (kept - value).abs() <= (value.abs() / part).max(smallest) && (value == 0.0) == (kept == 0.0)
    }

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![Just(0.0), Just(1.0), 0.0..5.0, 0.0..1e11, -1e3..1e3, 1e-7..1e-3, Just(1.8e19)]
    }

    proptest! {
        #[test]
        fn every_number_is_kept_closely_and_none_becomes_zero(value in number(), metric in 0..METRICS.len()) {
            for precision in [OF_MEAN, OF_BAND] {
                let metric = METRICS[metric];
                let kept = precision.decode(metric, precision.code(metric, value));
                prop_assert!(close(kept, value, (metric, precision)), "{value} {kept}");
            }
        }

        #[test]
        fn codes_keep_order(a in number(), b in number(), metric in 0..METRICS.len()) {
            for precision in [OF_MEAN, OF_BAND] {
                let code = |value| precision.code(METRICS[metric], value);
                prop_assert!(a > b || code(a) <= code(b));
            }
        }

        #[test]
        fn rollups_come_back(
            rows in prop::collection::vec((1..40i64, number(), number(), number(), 0..METRICS.len()), 1..200),
            is_hour: bool,
        ) {
            let level = if is_hour { Level::Hour } else { Level::Minute };
            let mut lanes: Vec<Lane> = Vec::new();
            for (index, metric) in METRICS.into_iter().enumerate() {
                let mut at = 0;
                let mut rollups = Vec::new();
                for (step, a, b, c, wanted) in &rows {
                    at += step;
                    // The mean is the largest or the smallest now and then.
                    let mut all = if step % 3 == 0 { [*a, *b, *b] } else { [*a, *b, *c] };
                    all.sort_by(f64::total_cmp);
                    if *wanted <= index {
                        let at = Timestamp(at * i64::from(level.secs()) * 1000);
                        let p95 = if is_hour { all[1] } else { all[2] };
                        rollups.push(Rollup { at, min: all[0], mean: all[1], max: all[2], last: *a, p95 });
                    }
                }
                lanes.push(Lane { part: index as u32 / 2, metric, rollups });
            }
            lanes.sort_by_key(|lane| (lane.part, lane.metric));
            let sealed = seal_lanes(&mut Encoder::default(), level, &lanes);
            for lane in &lanes {
                let bodies = sealed.iter().flat_map(|sealed| &sealed.bodies);
                let found: Vec<Rollup> = bodies
                    .flat_map(|body| rollups(&Block::read(&body.bytes).unwrap(), level, (lane.part, lane.metric)).unwrap())
                    .collect();
                prop_assert_eq!(found.len(), lane.rollups.len());
                for (found, given) in found.iter().zip(&lane.rollups) {
                    prop_assert_eq!(found.at, given.at);
                    prop_assert!(close(found.mean, given.mean, (lane.metric, OF_MEAN)));
                    prop_assert!(found.min <= found.mean && found.mean <= found.max && found.last <= found.max);
                    for (kept, value) in
                        [(found.min, given.min), (found.max, given.max), (found.last, given.last), (found.p95, given.p95)]
                    {
                        prop_assert!(close(kept, value, (lane.metric, OF_BAND)), "{} {}", kept, value);
                    }
                }
            }
        }

        #[test]
        fn bytes_of_anything_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(block) = Block::read(&bytes) {
                for metric in METRICS {
                    let _ = rollups(&block, Level::Hour, (1, metric));
                }
            }
        }
    }
}
