//! Curves laid on one another over time: who makes up a sum, and when. Braille with a colour for each curve; where there are no colours
//! or no braille a letter for each, the same as in the legend.

use super::graph::{AXIS, ceiling};
use super::put;
use crate::model::{Timestamp, unit};
use crate::ui::pane::Scene;
use crate::ui::text;
use crate::ui::theme::{Depth, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Tones of the curves, the lowest first; the last is for what is in none.
const TONES: [Tone; 8] = [Tone::In, Tone::Out, Tone::Key, Tone::Ok, Tone::Major, Tone::Maintenance, Tone::Unknown, Tone::Dim];
/// Letters of the curves where colours can't tell them apart.
const LETTERS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "."];
/// Braille bits of a cell's left and right column from the bottom up (Unicode chart U+2800).
const UP: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
const BRAILLE: u32 = 0x2800;
/// Dots of a cell from its foot to its head.
const DOTS: usize = 4;
/// Cells between the times of the axis, at least.
const TIME_STEP: u16 = 12;
/// Seconds up to which the axis says times of day.
const TIMES_UP_TO: u64 = 2 * 86_400;

/// A curve's place in the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// One of the rows, by its rank.
    Row(usize),
    /// Everything that is in no row.
    Other,
}

impl Layer {
    const fn place(self) -> usize {
        match self {
            Self::Row(rank) if rank < TONES.len() - 1 => rank,
            Self::Row(_) | Self::Other => TONES.len() - 1,
        }
    }

    /// Its colour.
    pub fn style(self, scene: &Scene<'_>) -> Style {
        scene.theme.style(TONES.get(self.place()).copied().unwrap_or(Tone::Dim))
    }

    /// Its sign in the legend: what the chart is drawn with.
    pub fn sign(self, scene: &Scene<'_>) -> &'static str {
        if has_colours(scene) { "⣿" } else { LETTERS.get(self.place()).copied().unwrap_or(".") }
    }
}

/// Whether curves are told apart by colour.
fn has_colours(scene: &Scene<'_>) -> bool {
    scene.glyphs.braille() && scene.theme.depth() != Depth::Mono
}

/// What is drawn.
pub struct Stack<'a> {
    /// Its curves, the lowest first, all of one length.
    pub curves: &'a [(Layer, &'a [f32])],
    /// Left edge.
    pub from: Timestamp,
    /// Right edge.
    pub to: Timestamp,
}

impl Stack<'_> {
    /// Draws it.
    pub fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.width < AXIS + 4 || area.height < 2 {
            return;
        }
        let plot = Rect::new(area.x + AXIS, area.y, area.width - AXIS, area.height - 1);
        let coloured = has_colours(scene);
        let columns = self.columns(usize::from(plot.width) * if coloured { 2 } else { 1 });
        let highest = columns.iter().filter_map(|column| column.last()).copied().fold(0.0f32, f32::max);
        let top = ceiling(f64::from(highest));
        for row in 0..plot.height {
            for cell in 0..plot.width {
                let at = Position::new(plot.x + cell, plot.bottom() - 1 - row);
                let found = if coloured {
                    dots(&columns, (usize::from(cell), usize::from(row)), (top, plot.height))
                } else {
                    letter(&columns, (usize::from(cell), usize::from(row)), (top, plot.height))
                };
                let Some((glyph, curve)) = found else { continue };
                let Some((layer, _)) = self.curves.get(curve) else { continue };
                let sign = glyph.map_or(layer.sign(scene).to_owned(), String::from);
                put(buf, at, 1, (&sign, layer.style(scene)));
            }
        }
        self.axes(scene, plot, (top, buf));
    }

    /// Heights of the curves on one another, for each column.
    fn columns(&self, count: usize) -> Vec<Vec<f32>> {
        let mut columns = vec![Vec::with_capacity(self.curves.len()); count];
        for (_, curve) in self.curves {
            for (at, column) in columns.iter_mut().enumerate() {
                let (from, to) = (at * curve.len() / count.max(1), (at + 1) * curve.len() / count.max(1));
                let share = curve.get(from..to.max(from + 1)).unwrap_or_default();
                #[allow(clippy::cast_precision_loss, reason = "some hundred points at most")]
                let mean = share.iter().filter(|value| value.is_finite()).sum::<f32>() / (share.len().max(1) as f32);
                column.push(column.last().copied().unwrap_or(0.0) + mean.max(0.0));
            }
        }
        columns
    }

    /// The scale at the left, times under it.
    fn axes(&self, scene: &Scene<'_>, plot: Rect, (top, buf): (f64, &mut Buffer)) {
        let style = scene.theme.style(Tone::Dim);
        let figures = [(plot.y, format!("{:>5}", unit::si(top))), (plot.bottom() - 1, "    0".to_owned())];
        for (y, words) in figures.iter().take(if plot.height > 1 { 2 } else { 1 }) {
            put(buf, Position::new(plot.x - AXIS, *y), AXIS - 1, (words, style));
        }
        let span = self.to.since(self.from);
        let form = if span.as_secs() <= TIMES_UP_TO { "%H:%M" } else { "%m-%d" };
        let steps = (plot.width / TIME_STEP).max(1);
        for step in 0..=steps {
            let words = text::format_time(self.from.plus(span * u32::from(step) / u32::from(steps)), &scene.state.zone, form);
            let cells = u16::try_from(words.len()).unwrap_or(0);
            let centre = plot.x + u16::try_from(u32::from(plot.width) * u32::from(step) / u32::from(steps)).unwrap_or(0);
            let x = centre.saturating_sub(cells / 2).clamp(plot.x, plot.right().saturating_sub(cells).max(plot.x));
            put(buf, Position::new(x, plot.bottom()), cells, (&words, style));
        }
    }
}

/// The curve in which a height lies.
fn curve_at(column: &[f32], height: f64) -> Option<usize> {
    column.iter().position(|upper| f64::from(*upper) > height)
}

/// A cell of braille: its dots, and the curve that most of them are in.
fn dots(columns: &[Vec<f32>], (cell, row): (usize, usize), (top, rows): (f64, u16)) -> Option<(Option<char>, usize)> {
    let mut bits = BRAILLE;
    let mut counts = [0u8; TONES.len()];
    #[allow(clippy::cast_precision_loss, reason = "rows of a terminal")]
    let unit = top / (f64::from(rows) * DOTS as f64);
    for (column, up) in columns.get(cell * 2..)?.iter().take(2).zip(UP) {
        for (dot, bit) in up.into_iter().enumerate() {
            #[allow(clippy::cast_precision_loss, reason = "rows of a terminal")]
            let height = ((row * DOTS + dot) as f64 + 0.5) * unit;
            // Anything above nothing shows a foot.
            let first = row == 0 && dot == 0;
            let found = curve_at(column, height).or_else(|| column.iter().position(|upper| first && *upper > 0.0));
            if let Some(curve) = found {
                bits |= bit;
                if let Some(count) = counts.get_mut(curve.min(TONES.len() - 1)) {
                    *count += 1;
                }
            }
        }
    }
    let (curve, _) = counts.iter().enumerate().rev().max_by_key(|(_, count)| **count)?;
    (bits != BRAILLE).then(|| (char::from_u32(bits), curve))
}

/// A cell of letters: the curve in its middle.
fn letter(columns: &[Vec<f32>], (cell, row): (usize, usize), (top, rows): (f64, u16)) -> Option<(Option<char>, usize)> {
    let column = columns.get(cell)?;
    #[allow(clippy::cast_precision_loss, reason = "rows of a terminal")]
    let height = (row as f64 + 0.5) * top / f64::from(rows);
    let found = curve_at(column, height).or_else(|| column.iter().position(|upper| row == 0 && *upper > 0.0));
    found.map(|curve| (None, curve))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(curves: &[&[f32]], count: usize) -> Vec<Vec<f32>> {
        let curves: Vec<(Layer, &[f32])> = curves.iter().zip(0..).map(|(curve, rank)| (Layer::Row(rank), *curve)).collect();
        Stack { curves: &curves, from: Timestamp(0), to: Timestamp(1) }.columns(count)
    }

    #[test]
    fn curves_stand_on_one_another() {
        assert_eq!(heights(&[&[1.0, 3.0], &[2.0, 0.0]], 2), [[1.0, 3.0], [3.0, 3.0]]);
        assert_eq!(heights(&[&[1.0, 3.0]], 1), [[2.0]], "many points are their mean");
        assert_eq!(heights(&[&[f32::NAN, 4.0], &[-1.0, 1.0]], 2), [[0.0, 0.0], [4.0, 5.0]]);
        assert_eq!(heights(&[&[]], 2), [[0.0], [0.0]]);
    }

    #[test]
    fn a_cell_is_the_curve_that_most_of_it_is_in() {
        let columns = vec![vec![1.0, 4.0], vec![1.0, 4.0]];
        assert_eq!(dots(&columns, (0, 0), (4.0, 1)).unwrap(), (Some('⣿'), 1));
        assert_eq!(letter(&columns, (0, 0), (4.0, 4)).unwrap().1, 0);
        assert_eq!(letter(&columns, (0, 3), (4.0, 4)).unwrap().1, 1);
        assert_eq!(dots(&[vec![0.0], vec![0.0]], (0, 0), (1.0, 1)), None);
        assert_eq!(dots(&[vec![0.001], vec![0.0]], (0, 0), (1.0, 1)).unwrap().0, Some('⡀'), "anything shows a foot");
    }
}
