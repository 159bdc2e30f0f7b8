//! Points brought to the columns of a plot by their times.

use crate::model::Timestamp;
use crate::model::bands::Band;
use crate::model::series::Point;

/// A column each; `None` is a gap.
pub(super) struct Columns {
    /// Values: of many the largest, so that a peak is never lost.
    pub(super) mean: Vec<Option<f32>>,
    /// Smallest and largest of what the values sum up.
    pub(super) min: Vec<Option<f32>>,
    pub(super) max: Vec<Option<f32>>,
    /// The curve of some time earlier.
    pub(super) earlier: Vec<Option<f32>>,
}

impl Columns {
    /// The largest of all that is to be seen, above zero.
    pub(super) fn top(&self) -> f64 {
        f64::from([&self.mean, &self.max, &self.earlier].into_iter().map(|values| super::spark::top(values)).fold(0.0, f32::max))
    }

    /// Whether anything was measured there.
    pub(super) fn is_known(&self, column: usize) -> bool {
        self.mean.get(column).copied().flatten().is_some()
    }
}

type Span = (Timestamp, Timestamp);

/// The columns of a curve and of its earlier self.
pub(super) fn of_bands(bands: &[Band], earlier: &[Point], place: (Span, usize)) -> Columns {
    let of = |pick: fn(&Band) -> Option<f64>, keep: fn(f32, f32) -> f32| {
        let points: Vec<Point> = bands.iter().map(|band| Point { at: band.at, value: pick(band) }).collect();
        columns(&points, place, keep)
    };
    Columns {
        mean: of(|band| band.value, f32::max),
        min: of(|band| band.min, f32::min),
        max: of(|band| band.max, f32::max),
        earlier: columns(earlier, place, f32::max),
    }
}

/// The columns of single points.
pub(super) fn of_points(points: &[Point], place: (Span, usize)) -> Vec<Option<f32>> {
    columns(points, place, f32::max)
}

/// A point describes the interval that ends at it; `keep` says which of several in a column stays.
fn columns(points: &[Point], ((from, to), count): (Span, usize), keep: fn(f32, f32) -> f32) -> Vec<Option<f32>> {
    let mut out: Vec<Option<f32>> = vec![None; count];
    let span = to.0.saturating_sub(from.0).max(1);
    let step = usual_step(points);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped to the columns"
    )]
    let column = |at: i64| {
        let share = (at.saturating_sub(from.0)).clamp(0, span) as f64 / span as f64;
        ((share * count as f64) as usize).min(count.saturating_sub(1))
    };
    for point in points {
        let Some(value) = point.value.filter(|_| point.at > from && point.at.0 <= to.0.saturating_add(step)) else { continue };
        let (first, last) = (column(point.at.0.saturating_sub(step).saturating_add(1)), column(point.at.0));
        #[allow(clippy::cast_possible_truncation, reason = "a picture needs no more")]
        let value = value as f32;
        for slot in out.iter_mut().take(last + 1).skip(first) {
            *slot = Some(slot.map_or(value, |other| keep(other, value)));
        }
    }
    out
}

/// The usual distance between points, milliseconds: their median.
fn usual_step(points: &[Point]) -> i64 {
    let mut steps: Vec<i64> =
        points.iter().zip(points.iter().skip(1)).map(|(a, b)| b.at.0.saturating_sub(a.at.0)).filter(|step| *step > 0).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_fill_their_interval_and_gaps_stay_gaps() {
        let point = |secs: i64, value: Option<f64>| Point { at: Timestamp::from_secs(secs), value };
        let points = [point(10, Some(1.0)), point(20, Some(2.0)), point(30, None), point(40, Some(4.0))];
        let got = of_points(&points, ((Timestamp(0), Timestamp::from_secs(40)), 8));
        assert_eq!(got, [Some(1.0), Some(1.0), Some(2.0), Some(2.0), Some(2.0), None, Some(4.0), Some(4.0)]);
    }

    #[test]
    fn a_column_keeps_the_peak_of_the_largest_and_the_valley_of_the_smallest() {
        let band = |secs: i64, min: f64, max: f64| Band {
            at: Timestamp::from_secs(secs),
            value: Some((min + max) / 2.0),
            min: Some(min),
            max: Some(max),
        };
        let bands = [band(10, 2.0, 4.0), band(20, 1.0, 9.0), band(30, 3.0, 5.0), band(40, 3.0, 5.0)];
        let got = of_bands(&bands, &[], ((Timestamp(0), Timestamp::from_secs(40)), 1));
        assert_eq!((got.min, got.max), (vec![Some(1.0)], vec![Some(9.0)]));
    }
}
