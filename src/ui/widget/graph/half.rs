//! One direction of a graph: the area under its mean, the band behind, the curve of some time earlier, the dashed level.

use super::columns::Columns;
use crate::ui::glyph::GlyphSet;
use crate::ui::pane::Scene;
use crate::ui::theme::Tone;
use crate::ui::widget::put;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Braille bits of a cell's left and right column from the top down (Unicode chart U+2800).
const DOWN: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const BRAILLE: u32 = 0x2800;
/// Every other dot: a band is sparse, so that it is told from the area without colour.
const SPARSE: u32 = 0x01 | 0x04 | 0x10 | 0x80;
/// How much quieter the area between the smallest and the mean is.
const QUIETER: f64 = 0.6;

/// Its rows and its direction.
pub(super) struct Half<'a> {
    pub(super) area: Rect,
    pub(super) columns: Columns,
    pub(super) tone: Tone,
    pub(super) up: Direction,
    pub(super) mark: Option<f64>,
    pub(super) top: f32,
    pub(super) scene: &'a Scene<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// What a cell is mostly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Between the mean and the largest.
    Band,
    /// Only the earlier curve.
    Earlier,
    /// Between the smallest and the mean.
    Upper,
    /// Below the smallest.
    Area,
}

impl Half<'_> {
    pub(super) fn draw(&self, buf: &mut Buffer) {
        let rows = self.area.height;
        for row in 0..rows {
            // How far the row is from the zero line, 0 for the nearest.
            let away = if self.up == Direction::Up { rows - 1 - row } else { row };
            for cell in 0..self.area.width {
                let at = Position::new(self.area.x + cell, self.area.y + row);
                let glyph = if self.scene.glyphs.braille() {
                    self.braille(usize::from(cell) * 2, away)
                } else {
                    self.ascii(usize::from(cell), away)
                };
                if let Some((glyph, part)) = glyph {
                    put(buf, at, 1, (glyph.encode_utf8(&mut [0; 4]), self.style(part, away)));
                }
            }
        }
        if rows > 0 {
            self.mark(buf);
        }
    }

    fn style(&self, part: Part, away: u16) -> Style {
        let share = f64::from(away + 1) / f64::from(self.area.height.max(1));
        match part {
            Part::Area => self.scene.theme.shade(self.tone, share),
            Part::Upper => self.scene.theme.shade(self.tone, share * QUIETER),
            Part::Band => self.scene.theme.shade(self.tone, 0.0),
            Part::Earlier => self.scene.theme.style(Tone::Key),
        }
    }

    /// How many dots a value is high, of `all`; a known value has at least its foot: zero and unknown are different things.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn height(&self, values: &[Option<f32>], column: usize, per_row: u16) -> u16 {
        let Some(value) = values.get(column).copied().flatten().filter(|value| value.is_finite()) else { return 0 };
        let all = f32::from(self.area.height * per_row);
        (value / self.top * all).round().clamp(1.0, all) as u16
    }

    /// Dots of a value in a row `away` rows from zero, 0 to `per_row`.
    fn dots(&self, values: &[Option<f32>], column: usize, (away, per_row): (u16, u16)) -> usize {
        usize::from(self.height(values, column, per_row).saturating_sub(away * per_row).min(per_row))
    }

    fn braille(&self, first: usize, away: u16) -> Option<(char, Part)> {
        let (mut area, mut band, mut line) = (0, 0, 0);
        let mut below_min = true;
        for (side, bits) in DOWN.iter().enumerate() {
            let column = first + side;
            let take = |count: usize| -> u32 {
                match self.up {
                    Direction::Up => bits.iter().rev().take(count).sum(),
                    Direction::Down => bits.iter().take(count).sum(),
                }
            };
            let filled = take(self.dots(&self.columns.mean, column, (away, 4)));
            area |= filled;
            band |= take(self.dots(&self.columns.max, column, (away, 4))) & !filled & SPARSE;
            below_min &= self.is_below_min(column, away);
            let earlier = self.height(&self.columns.earlier, column, 4);
            if earlier > away * 4 && earlier <= (away + 1) * 4 {
                let count = usize::from(earlier - away * 4);
                line |= take(count) & !take(count - 1);
            }
        }
        let part = match (area, line) {
            (0, 0) => Part::Band,
            (0, _) => Part::Earlier,
            _ if below_min => Part::Area,
            _ => Part::Upper,
        };
        // In the area the earlier curve is a row of holes, outside it a row of dots.
        let bits = if area == 0 && line != 0 { line } else { (area | band) ^ line };
        (bits != 0 || part >= Part::Upper).then(|| char::from_u32(BRAILLE | bits).map(|glyph| (glyph, part))).flatten()
    }

    /// Whether a row lies wholly below the smallest value; without a band everything does.
    fn is_below_min(&self, column: usize, away: u16) -> bool {
        match self.columns.min.get(column).copied().flatten() {
            Some(_) => self.dots(&self.columns.min, column, (away, 4)) == 4,
            None => true,
        }
    }

    fn ascii(&self, column: usize, away: u16) -> Option<(char, Part)> {
        let earlier = self.height(&self.columns.earlier, column, 1);
        if earlier == away + 1 {
            return Some(('o', Part::Earlier));
        }
        match (self.dots(&self.columns.mean, column, (away, 2)), self.up) {
            (0, _) if self.dots(&self.columns.max, column, (away, 2)) > 0 => Some((':', Part::Band)),
            (0, _) => None,
            (1, Direction::Up) => Some(('.', Part::Area)),
            (1, Direction::Down) => Some(('\'', Part::Area)),
            _ => Some(('#', Part::Area)),
        }
    }

    /// A dashed line at a level, behind the curve, with its name at the right end where there is room.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn mark(&self, buf: &mut Buffer) {
        const NAME: &str = "p95";
        let Some(level) = self.mark.filter(|level| level.is_finite() && *level > 0.0) else { return };
        let rows = f64::from(self.area.height);
        let away = (level / f64::from(self.top) * rows).clamp(0.0, rows - 1.0) as u16;
        let y = if self.up == Direction::Up { self.area.bottom() - 1 - away } else { self.area.y + away };
        let dash = if self.scene.glyphs.set == GlyphSet::Unicode { "╌" } else { "-" };
        let style = self.scene.theme.style(Tone::Faint);
        let is_blank = |buf: &Buffer, x: u16| buf.cell(Position::new(x, y)).is_some_and(|cell| cell.symbol() == " ");
        let name_at = self.area.right().saturating_sub(3);
        let named = self.area.width > 20 && (name_at..self.area.right()).all(|x| is_blank(buf, x));
        for x in (self.area.x..self.area.right()).step_by(2) {
            if is_blank(buf, x) {
                put(buf, Position::new(x, y), 1, (dash, style));
            }
        }
        if named {
            put(buf, Position::new(name_at, y), 3, (NAME, self.scene.theme.style(Tone::Dim)));
        }
    }
}
