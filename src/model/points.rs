//! Kept samples as the points that are shown: rates with their gaps, averages over steps, the largest, the 95th percentile.

use super::series::{Kept, Metric, Point, Sample};
use super::time::{TimeRange, Timestamp};

/// A span between two samples longer than this many of the series' usual spans is a gap: a poll or more is missing.
const GAP_FACTOR: i64 = 3;

/// What is shown for the span from `before` to `last`: a rate of counters, the value itself of gauges. `None` is a gap.
#[allow(clippy::cast_precision_loss, reason = "differences of one polling interval stay far below 2^53")]
pub fn rate(metric: Metric, before: &Sample, last: &Sample) -> Option<f64> {
    match metric.kept() {
        Kept::Counter { factor } => {
            let millis = last.at.millis().saturating_sub(before.at.millis());
            if last.broken || millis <= 0 {
                return None;
            }
            let grown = last.value?.checked_sub(before.value?)?;
            Some(grown as f64 * factor * 1000.0 / millis as f64)
        }
        Kept::Milli | Kept::Plain | Kept::Float => last.value.map(|kept| metric.decode_gauge(kept)),
    }
}

/// One point for each sample of the range; the sample before the range serves the first rate.
pub fn points(metric: Metric, samples: &[Sample], range: TimeRange) -> Vec<Point> {
    let is_counter = matches!(metric.kept(), Kept::Counter { .. });
    let usual = usual_span(samples);
    let mut points = Vec::with_capacity(samples.len());
    let mut before: Option<&Sample> = None;
    for sample in samples {
        if range.contains(sample.at) {
            let far = before.is_some_and(|before| sample.at.millis() - before.at.millis() > usual.saturating_mul(GAP_FACTOR));
            if let (true, Some(before)) = (far, before) {
                let missing = before.at.millis().saturating_add(usual);
                points.push(Point { at: Timestamp(missing.max(range.from.millis())), value: None });
                // A gauge says nothing of the time before its own interval.
                let begins = sample.at.millis().saturating_sub(usual);
                if !is_counter && begins > missing.max(range.from.millis()) {
                    points.push(Point { at: Timestamp(begins), value: None });
                }
            }
            let value = if is_counter {
                before.filter(|_| !far).and_then(|before| rate(metric, before, sample))
            } else {
                rate(metric, sample, sample)
            };
            points.push(Point { at: sample.at, value });
        }
        before = Some(sample);
    }
    points
}

/// The median span between samples, milliseconds: what one poll to the next usually takes.
fn usual_span(samples: &[Sample]) -> i64 {
    let mut spans: Vec<i64> =
        samples.iter().zip(samples.iter().skip(1)).map(|(a, b)| b.at.millis().saturating_sub(a.at.millis())).collect();
    let middle = spans.len() / 2;
    if spans.is_empty() {
        return i64::MAX;
    }
    *spans.select_nth_unstable(middle).1
}

/// Averages over steps of `step_secs` that end at multiples of it; a step without a value is a gap.
///
/// A point counts for the time since the point before it, so that uneven samples weigh what they cover.
#[allow(clippy::cast_precision_loss, reason = "spans of milliseconds")]
pub fn stepped(points: &[Point], step_secs: u32, range: TimeRange) -> Vec<Point> {
    let step = i64::from(step_secs.max(1)) * 1000;
    let first = range.from.millis().div_euclid(step);
    let last = range.to.millis().saturating_sub(1).div_euclid(step).max(first);
    let count = usize::try_from(last - first + 1).unwrap_or(usize::MAX).min(MAX_STEPS);
    let mut sums = vec![(0.0f64, 0.0f64); count];
    let mut previous = range.from.millis().min(points.first().map_or(0, |point| point.at.millis()));
    for point in points {
        let (from, to) = (previous, point.at.millis());
        previous = to;
        let Some(value) = point.value else { continue };
        spread(&mut sums, (from, to, value), (first, step));
    }
    let start = first * step;
    let made = sums.into_iter().zip(1i64..).map(|((sum, weight), number)| Point {
        at: Timestamp(start + number * step),
        value: (weight > 0.0).then(|| sum / weight),
    });
    made.collect()
}

/// Steps that one answer holds at most: a year of minutes.
const MAX_STEPS: usize = 530_000;

/// Adds a value to every step that its span touches, by the part that it covers.
#[allow(clippy::cast_precision_loss, reason = "spans of milliseconds")]
fn spread(sums: &mut [(f64, f64)], (from, to, value): (i64, i64, f64), (first, step): (i64, i64)) {
    // A span of no length (the first point) still says its value.
    let from = from.min(to.saturating_sub(1));
    let mut number = from.div_euclid(step).max(first);
    while number * step < to {
        let Some((sum, weight)) = usize::try_from(number - first).ok().and_then(|at| sums.get_mut(at)) else { break };
        let covered = (to.min((number + 1) * step) - from.max(number * step)) as f64;
        *sum += value * covered;
        *weight += covered;
        number += 1;
    }
}

/// The largest value.
pub fn max(points: &[Point]) -> Option<f64> {
    points.iter().filter_map(|point| point.value).max_by(f64::total_cmp)
}

/// The 95th percentile (nearest rank), as traffic is billed.
pub fn p95(points: &[Point]) -> Option<f64> {
    let mut values: Vec<f64> = points.iter().filter_map(|point| point.value).collect();
    let rank = (values.len() * 95).div_ceil(100).checked_sub(1)?;
    Some(*values.select_nth_unstable_by(rank, f64::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(secs: i64, value: u64, broken: bool) -> Sample {
        Sample { at: Timestamp::from_secs(secs), value: Some(value), broken }
    }

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange { from: Timestamp::from_secs(from), to: Timestamp::from_secs(to) }
    }

    fn shown(points: &[Point]) -> Vec<(i64, Option<f64>)> {
        points.iter().map(|point| (point.at.secs(), point.value)).collect()
    }

    #[test]
    fn octets_become_bits_per_second_and_breaks_become_gaps() {
        let samples = [sample(0, 0, true), sample(30, 3000, false), sample(60, 3000, true), sample(90, 6000, false)];
        let points = points(Metric::InBps, &samples, range(1, 90));
        assert_eq!(shown(&points), [(30, Some(800.0)), (60, None), (90, Some(800.0))]);
    }

    #[test]
    fn missing_polls_are_a_gap_not_a_line_through() {
        let samples =
            [sample(0, 0, true), sample(30, 30, false), sample(60, 60, false), sample(300, 300, false), sample(330, 330, false)];
        let points = points(Metric::InErrors, &samples, range(0, 400));
        assert_eq!(shown(&points), [(0, None), (30, Some(1.0)), (60, Some(1.0)), (90, None), (300, None), (330, Some(1.0))]);
    }

    #[test]
    fn a_gauge_after_a_gap_does_not_fill_it() {
        let gauge = |secs, value| sample(secs, Metric::RttMs.encode_gauge(value), false);
        let samples = [gauge(0, 1.0), gauge(30, 1.0), gauge(60, 1.0), gauge(300, 9.0), gauge(330, 9.0)];
        let points = points(Metric::RttMs, &samples, range(0, 330));
        let steps = stepped(&points, 60, range(0, 360));
        let known: Vec<i64> = steps.iter().filter(|point| point.value.is_some()).map(|point| point.at.secs()).collect();
        assert_eq!(known, [60, 300, 360]);
    }

    #[test]
    fn gauges_are_shown_as_they_are() {
        let kept = Metric::RttMs.encode_gauge(1.5);
        assert_eq!(shown(&points(Metric::RttMs, &[sample(5, kept, false)], range(0, 9))), [(5, Some(1.5))]);
    }

    #[test]
    fn steps_average_by_the_time_covered_and_keep_gaps() {
        let at = |secs, value| Point { at: Timestamp::from_secs(secs), value };
        let points = [at(30, Some(10.0)), at(60, Some(20.0)), at(90, None), at(120, None), at(180, Some(40.0))];
        assert_eq!(shown(&stepped(&points, 60, range(0, 180))), [(60, Some(15.0)), (120, None), (180, Some(40.0))]);
    }

    #[test]
    fn the_95th_percentile_is_a_value_that_was_measured() {
        let points: Vec<Point> = (1..=100).map(|n| Point { at: Timestamp(n), value: Some(n as f64) }).collect();
        assert_eq!((p95(&points), max(&points), p95(&[])), (Some(95.0), Some(100.0), None));
    }
}
