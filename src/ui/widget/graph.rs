//! A graph of two directions over time: in rises above the zero line, out hangs below it, on one scale. Braille, two points a
//! cell; in ASCII one.
//!
//! Behind the mean stands its band up to the largest, before it the curve of some time earlier, across it the 95th percentile,
//! and a cursor in time. What was not measured stays blank, and the zero line is broken there. Start at [`Chart`]; `half` draws
//! one direction, `columns` brings points to columns.

mod columns;
mod half;
pub mod shared;

use super::{put, spark};
use crate::model::bands::Band;
use crate::model::series::Point;
use crate::model::{Timestamp, unit};
use crate::ui::glyph::GlyphSet;
use crate::ui::lang::tr;
use crate::ui::pane::Scene;
use crate::ui::text;
use crate::ui::theme::Tone;
use columns::{Columns, of_bands, of_points};
use half::{Direction, Half};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

/// One direction.
#[derive(Clone, Copy, Default)]
pub struct Side<'a> {
    /// Its curve.
    pub bands: &'a [Band],
    /// The same some time earlier, at the times of now.
    pub earlier: &'a [Point],
    /// A level worth a dashed line: the 95th percentile.
    pub mark: Option<f64>,
}

/// What is drawn.
pub struct Chart<'a> {
    /// Upwards.
    pub above: Side<'a>,
    /// Downwards.
    pub below: Side<'a>,
    /// Left edge.
    pub from: Timestamp,
    /// Right edge.
    pub to: Timestamp,
    /// Events per second that get a strip of their own, under their name of at most five cells; `None` has none.
    pub faults: Option<(&'a str, &'a [Point])>,
    /// A time that is marked.
    pub cursor: Option<Timestamp>,
}

/// Cells for the figures of the axis.
pub const AXIS: u16 = 6;
/// Cells between the times of the axis, at least.
const TIME_STEP: u16 = 12;
/// Rows under which a strip of faults finds no room.
const STRIP_FROM: u16 = 7;
/// Seconds up to which the axis says times of day, and up to which it says days.
const TIMES_UP_TO: u64 = 2 * 86_400;
const DAYS_UP_TO: u64 = 120 * 86_400;

impl Chart<'_> {
    /// Draws it.
    pub fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.width < AXIS + 4 || area.height < 3 {
            return;
        }
        let strip = self.faults.filter(|_| area.height >= STRIP_FROM);
        let rows = area.height - 1 - u16::from(strip.is_some());
        let plot = Rect::new(area.x + AXIS, area.y, area.width - AXIS, rows);
        let dots = usize::from(plot.width) * if scene.glyphs.braille() { 2 } else { 1 };
        let span = (self.from, self.to);
        let sides = [&self.above, &self.below];
        let columns = sides.map(|side| of_bands(side.bands, side.earlier, (span, dots)));
        let tops = columns.each_ref().map(Columns::top);
        let ([up_rows, down_rows], scales) = share_rows(plot.height - 1, tops);
        let areas =
            [Rect::new(plot.x, plot.y, plot.width, up_rows), Rect::new(plot.x, plot.y + up_rows + 1, plot.width, down_rows)];
        let zero = Rect::new(plot.x, plot.y + up_rows, plot.width, 1);
        self.zero_line(scene, (zero, &columns), buf);
        let drawn = [(Direction::Up, Tone::In), (Direction::Down, Tone::Out)];
        for ((columns, side), (area, (scale, (up, tone)))) in
            columns.into_iter().zip(sides).zip(areas.into_iter().zip(scales.into_iter().zip(drawn)))
        {
            #[allow(clippy::cast_possible_truncation, reason = "a scale needs no more")]
            let top = scale as f32;
            Half { area, columns, tone, up, mark: side.mark, top, scene }.draw(buf);
        }
        self.figures(scene, (plot, up_rows), (scales, buf));
        let times = Rect { y: area.bottom() - 1, height: 1, ..plot };
        if let Some(faults) = strip {
            self.strip(scene, Rect { y: plot.bottom(), height: 1, ..plot }, (faults, buf));
        }
        self.times(scene, times, buf);
        self.cursor(scene, Rect { height: times.y - plot.y, ..plot }, buf);
    }

    /// Zero; broken where nothing is known of either direction.
    fn zero_line(&self, scene: &Scene<'_>, (line, columns): (Rect, &[Columns; 2]), buf: &mut Buffer) {
        let wide = if scene.glyphs.braille() { 2 } else { 1 };
        let (rule, gap) = (scene.theme.style(Tone::Border), scene.theme.style(Tone::Faint));
        for cell in 0..line.width {
            let first = usize::from(cell) * wide;
            let known = (first..first + wide).any(|at| columns.iter().any(|side| side.is_known(at)));
            let (glyph, style) = if known { (scene.glyphs.rule, rule) } else { (".", gap) };
            put(buf, Position::new(line.x + cell, line.y), 1, (glyph, style));
        }
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

    /// Errors and discards: where there were any they stand out, a clean port says so.
    fn strip(&self, scene: &Scene<'_>, line: Rect, ((name, faults), buf): ((&str, &[Point]), &mut Buffer)) {
        let name = format!("{name:>5}");
        put(buf, Position::new(line.x - AXIS, line.y), AXIS - 1, (&name, scene.theme.style(Tone::Dim)));
        let wide = if scene.glyphs.braille() { 2 } else { 1 };
        let values = of_points(faults, ((self.from, self.to), usize::from(line.width) * wide));
        let any: Vec<Option<f32>> = values.iter().map(|value| value.filter(|value| *value > 0.0)).collect();
        let words = match (values.iter().flatten().next(), any.iter().flatten().next()) {
            (None, _) => "-".to_owned(),
            (Some(_), None) => tr("no errors, no discards").to_owned(),
            (Some(_), Some(_)) => {
                let row = spark::row(&any, line.width, spark::top(&any), scene.glyphs);
                put(buf, Position::new(line.x, line.y), line.width, (&row, scene.theme.style(Tone::Minor)));
                return;
            }
        };
        put(buf, Position::new(line.x, line.y), line.width, (&words, scene.theme.style(Tone::Faint)));
    }

    /// Times under it, as many as find room.
    fn times(&self, scene: &Scene<'_>, line: Rect, buf: &mut Buffer) {
        let span = self.to.since(self.from);
        let form = match span.as_secs() {
            secs if secs <= TIMES_UP_TO => "%H:%M",
            secs if secs <= DAYS_UP_TO => "%m-%d",
            _ => "%Y-%m",
        };
        let steps = (line.width / TIME_STEP).max(1);
        for step in 0..=steps {
            let at = self.from.plus(span * u32::from(step) / u32::from(steps));
            let words = text::format_time(at, &scene.state.zone, form);
            let cells = u16::try_from(words.len()).unwrap_or(0);
            let centre = line.x + u16::try_from(u32::from(line.width) * u32::from(step) / u32::from(steps)).unwrap_or(0);
            let x = centre.saturating_sub(cells / 2).clamp(line.x, line.right().saturating_sub(cells).max(line.x));
            put(buf, Position::new(x, line.y), cells, (&words, scene.theme.style(Tone::Dim)));
        }
    }

    /// A line through everything at the cursor's time.
    fn cursor(&self, scene: &Scene<'_>, plot: Rect, buf: &mut Buffer) {
        let Some(at) = self.cursor.filter(|at| *at >= self.from && *at <= self.to) else { return };
        let x = plot.x + cell_of(at, (self.from, self.to), plot.width);
        let line = if scene.glyphs.set == GlyphSet::Unicode { "│" } else { "|" };
        let style = scene.theme.style(Tone::Key);
        for y in plot.y..plot.bottom() {
            let Some(cell) = buf.cell_mut(Position::new(x, y)) else { continue };
            if cell.symbol() == " " {
                cell.set_symbol(line).set_style(style);
            } else {
                cell.set_style(style.add_modifier(Modifier::REVERSED));
            }
        }
    }
}

/// The cell of a time among `width` cells from the left edge.
fn cell_of(at: Timestamp, (from, to): (Timestamp, Timestamp), width: u16) -> u16 {
    let span = to.since(from).as_millis().max(1);
    let share = u128::from(width) * at.since(from).as_millis() / span;
    u16::try_from(share).unwrap_or(u16::MAX).min(width.saturating_sub(1))
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
    fn the_edges_of_time_are_the_edges_of_the_plot() {
        let edges = (Timestamp::from_secs(0), Timestamp::from_secs(100));
        assert_eq!([0, 1, 50, 99, 100].map(|secs| cell_of(Timestamp::from_secs(secs), edges, 50)), [0, 0, 25, 49, 49]);
    }
}
