//! A graph of two directions over time: in rises above the zero line, out hangs below it, on one scale. Braille, two points a
//! cell; in ASCII one.

use super::{put, spark};
use crate::model::series::Point;
use crate::model::{Timestamp, unit};
use crate::ui::pane::Scene;
use crate::ui::text;
use crate::ui::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What is drawn.
pub struct Chart<'a> {
    /// Upwards.
    pub above: &'a [Point],
    /// Downwards.
    pub below: &'a [Point],
    /// Left edge.
    pub from: Timestamp,
    /// Right edge.
    pub to: Timestamp,
    /// A level worth a dashed line on each side: the 95th percentile.
    pub marks: [Option<f64>; 2],
}

/// Cells for the figures of the axis.
const AXIS: u16 = 6;
/// Cells between the times of the axis, at least.
const TIME_STEP: u16 = 12;

/// Braille bits of a cell's left and right column from the top down.
const DOWN: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const BRAILLE: u32 = 0x2800;

/// One half of the chart: its rows and its direction.
struct Half<'a> {
    area: Rect,
    values: Vec<Option<f32>>,
    tone: Tone,
    up: Direction,
    mark: Option<f64>,
    top: f32,
    scene: &'a Scene<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Chart<'_> {
    /// Draws it.
    pub fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.width < AXIS + 4 || area.height < 3 {
            return;
        }
        let plot = Rect::new(area.x + AXIS, area.y, area.width - AXIS, area.height - 1);
        let dots = usize::from(plot.width) * if scene.glyphs.braille() { 2 } else { 1 };
        let span = (self.from, self.to);
        let (above, below) = (columns(self.above, span, dots), columns(self.below, span, dots));
        let tops = [&above, &below].map(|values| f64::from(spark::top(values)));
        let (rows, scales) = share_rows(plot.height - 1, tops);
        let [up_rows, down_rows] = rows;
        let upper = Rect::new(plot.x, plot.y, plot.width, up_rows);
        let lower = Rect::new(plot.x, plot.y + up_rows + 1, plot.width, down_rows);
        #[allow(clippy::cast_possible_truncation, reason = "a scale needs no more")]
        let [up_scale, down_scale] = scales.map(|scale| scale as f32);
        let [in_mark, out_mark] = self.marks;
        let up = Half { area: upper, values: above, tone: Tone::In, up: Direction::Up, mark: in_mark, top: up_scale, scene };
        let down =
            Half { area: lower, values: below, tone: Tone::Out, up: Direction::Down, mark: out_mark, top: down_scale, scene };
        up.draw(buf);
        down.draw(buf);
        let line = scene.glyphs.rule.repeat(usize::from(plot.width));
        put(buf, Position::new(plot.x, plot.y + up_rows), plot.width, (&line, scene.theme.style(Tone::Border)));
        self.figures(scene, (plot, up_rows), (scales, buf));
        self.times(scene, plot, buf);
    }

    /// The scale at the left: its end at both edges, zero in the middle.
    fn figures(&self, scene: &Scene<'_>, (plot, zero): (Rect, u16), (scales, buf): ([f64; 2], &mut Buffer)) {
        let style = scene.theme.style(Tone::Dim);
        let x = plot.x - AXIS;
        let [up, down] = scales.map(|scale| format!("{:>5}", unit::si(scale)));
        let zero = plot.y + zero;
        for (y, words) in [(plot.y, up.as_str()), (plot.bottom().saturating_sub(1), down.as_str()), (zero, "    0")] {
            put(buf, Position::new(x, y), AXIS - 1, (words, style));
        }
    }

    /// Times under it, as many as find room.
    fn times(&self, scene: &Scene<'_>, plot: Rect, buf: &mut Buffer) {
        let span = self.to.since(self.from);
        let form = if span.as_secs() > 2 * 86_400 { "%m-%d" } else { "%H:%M" };
        let steps = (plot.width / TIME_STEP).max(1);
        for step in 0..=steps {
            let at = self.from.plus(span * u32::from(step) / u32::from(steps));
            let words = text::format_time(at, &scene.state.zone, form);
            let cells = u16::try_from(words.len()).unwrap_or(0);
            let centre = plot.x + u16::try_from(u32::from(plot.width) * u32::from(step) / u32::from(steps)).unwrap_or(0);
            let x = centre.saturating_sub(cells / 2).clamp(plot.x, plot.right().saturating_sub(cells).max(plot.x));
            put(buf, Position::new(x, plot.bottom()), cells, (&words, scene.theme.style(Tone::Dim)));
        }
    }
}

impl Half<'_> {
    fn draw(&self, buf: &mut Buffer) {
        let rows = self.area.height;
        if rows == 0 {
            return;
        }
        let wide = if self.scene.glyphs.braille() { 2 } else { 1 };
        for row in 0..rows {
            // How far the row is from the zero line, 0 for the nearest.
            let away = if self.up == Direction::Up { rows - 1 - row } else { row };
            let share = f64::from(away + 1) / f64::from(rows);
            let style = self.scene.theme.shade(self.tone, share);
            for cell in 0..self.area.width {
                let at = Position::new(self.area.x + cell, self.area.y + row);
                let first = usize::from(cell) * wide;
                let glyph = if wide == 2 { self.braille(first, away) } else { self.ascii(first, away) };
                match glyph {
                    Some(glyph) => put(buf, at, 1, (glyph.encode_utf8(&mut [0; 4]), style)),
                    None => 0,
                };
            }
        }
        self.mark(buf);
    }

    /// Filled dots of a column in a row `away` rows from zero, 0 to `per_row`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn dots(&self, column: usize, away: u16, per_row: u16) -> usize {
        let Some(value) = self.values.get(column).copied().flatten().filter(|value| value.is_finite()) else { return 0 };
        let all = f32::from(self.area.height * per_row);
        // A known value shows at least its foot: zero and unknown are different things.
        let filled = (value / self.top * all).round().clamp(1.0, all);
        (filled - f32::from(away * per_row)).clamp(0.0, f32::from(per_row)) as usize
    }

    fn braille(&self, first: usize, away: u16) -> Option<char> {
        let mut bits = BRAILLE;
        for (side, glyph_bits) in DOWN.iter().enumerate() {
            let filled = self.dots(first + side, away, 4);
            let chosen: u32 = match self.up {
                Direction::Up => glyph_bits.iter().rev().take(filled).sum(),
                Direction::Down => glyph_bits.iter().take(filled).sum(),
            };
            bits |= chosen;
        }
        (bits != BRAILLE).then(|| char::from_u32(bits)).flatten()
    }

    fn ascii(&self, column: usize, away: u16) -> Option<char> {
        match (self.dots(column, away, 2), self.up) {
            (0, _) => None,
            (1, Direction::Up) => Some('.'),
            (1, Direction::Down) => Some('\''),
            _ => Some('#'),
        }
    }

    /// A dashed line at a level, behind the curve.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn mark(&self, buf: &mut Buffer) {
        let Some(level) = self.mark.filter(|level| level.is_finite() && *level > 0.0) else { return };
        let rows = f64::from(self.area.height);
        let away = (level / f64::from(self.top) * rows).clamp(0.0, rows - 1.0) as u16;
        let y = if self.up == Direction::Up { self.area.bottom() - 1 - away } else { self.area.y + away };
        let dash = if self.scene.glyphs.set == crate::ui::GlyphSet::Unicode { "╌" } else { "-" };
        let style = self.scene.theme.style(Tone::Faint);
        for x in (self.area.x..self.area.right()).step_by(2) {
            let at = Position::new(x, y);
            if buf.cell(at).is_some_and(|cell| cell.symbol() == " ") {
                put(buf, at, 1, (dash, style));
            }
        }
    }
}

/// Rows above and below zero, as the two directions need them, and what fills each: one unit is as high on both sides.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the rows")]
fn share_rows(rows: u16, [up, down]: [f64; 2]) -> ([u16; 2], [f64; 2]) {
    if rows < 2 {
        return ([rows, 0], [ceiling(up), 1.0]);
    }
    let share = (up / (up + down)).clamp(0.3, 0.7);
    let up_rows = ((f64::from(rows) * share).round() as u16).clamp(1, rows - 1);
    let down_rows = rows - up_rows;
    // The direction that needs more of its rows rules the scale.
    let unit = if up / f64::from(up_rows) >= down / f64::from(down_rows) {
        ceiling(up) / f64::from(up_rows)
    } else {
        ceiling(down) / f64::from(down_rows)
    };
    ([up_rows, down_rows], [unit * f64::from(up_rows), unit * f64::from(down_rows)])
}

/// Points brought to columns by their times. A point describes the interval that ends at it; the largest in a column wins.
fn columns(points: &[Point], (from, to): (Timestamp, Timestamp), count: usize) -> Vec<Option<f32>> {
    let mut out: Vec<Option<f32>> = vec![None; count];
    let span = to.0.saturating_sub(from.0).max(1);
    let step = usual_step(points);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the columns")]
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
            *slot = Some(slot.map_or(value, |other| other.max(value)));
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

/// The next round figure at or above: scales that do not jump with every sample.
pub fn ceiling(value: f64) -> f64 {
    const ROUND: [f64; 9] = [1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0];
    if value.is_nan() || value <= 1e-9 {
        return 1.0;
    }
    let decade = 10f64.powf(value.log10().floor());
    ROUND.iter().map(|round| round * decade).find(|round| *round >= value * 0.999_999).unwrap_or(decade * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_on_round_figures() {
        assert_eq!([0.0, 921e6, 6.1e9, 1.0, 4.4e3].map(ceiling), [1.0, 1e9, 8e9, 1.0, 5e3]);
    }

    #[test]
    fn one_unit_is_as_high_above_zero_as_below() {
        let ([up, down], [up_scale, down_scale]) = share_rows(10, [8e9, 2e9]);
        assert_eq!((up, down), (7, 3));
        assert!((up_scale / f64::from(up) - down_scale / f64::from(down)).abs() < 1.0);
        assert!(up_scale >= 8e9 && down_scale >= 2e9);
        assert_eq!(share_rows(1, [1.0, 1.0]).0, [1, 0]);
    }

    #[test]
    fn points_fill_their_interval_and_gaps_stay_gaps() {
        let point = |secs: i64, value: Option<f64>| Point { at: Timestamp::from_secs(secs), value };
        let points = [point(10, Some(1.0)), point(20, Some(2.0)), point(30, None), point(40, Some(4.0))];
        let got = columns(&points, (Timestamp(0), Timestamp::from_secs(40)), 8);
        assert_eq!(got, [Some(1.0), Some(1.0), Some(2.0), Some(2.0), Some(2.0), None, Some(4.0), Some(4.0)]);
    }
}
