//! Several ports in one graph: a line each, in rises above zero, out hangs below it, all on one scale.
//!
//! Lines are told apart by colour and by their number, which stands on them; where there is no braille they are drawn with it.

use super::columns::of_bands;
use super::{AXIS, Chart, Side, share_rows};
use crate::model::Timestamp;
use crate::model::bands::Band;
use crate::ui::pane::Scene;
use crate::ui::text::{self, fit};
use crate::ui::theme::Tone;
use crate::ui::widget::{put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Tones of the lines, in their order.
const TONES: [Tone; 4] = [Tone::In, Tone::Out, Tone::Minor, Tone::Maintenance];
/// Their signs.
const SIGNS: [&str; 4] = ["1", "2", "3", "4"];
/// Cells between the signs on a line.
const SIGN_STEP: u16 = 24;
/// Braille bits of a cell's left and right column from the top down (Unicode chart U+2800).
const BITS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
const BRAILLE: u32 = 0x2800;

/// One port.
pub struct Line<'a> {
    /// Its name.
    pub name: String,
    /// Its rates now, in and out.
    pub now: [Option<f64>; 2],
    /// Its curves, in and out.
    pub bands: [&'a [Band]; 2],
}

/// What is drawn.
pub struct Shared<'a> {
    /// The ports; those beyond the fourth are left out.
    pub lines: &'a [Line<'a>],
    /// Left edge.
    pub from: Timestamp,
    /// Right edge.
    pub to: Timestamp,
}

/// A half of the plot: where, whether it hangs down, and what fills it.
struct Half {
    area: Rect,
    hangs: bool,
    top: f64,
}

impl Shared<'_> {
    /// Draws it, with its legend above.
    pub fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let used = self.legend(scene, area, buf);
        let area = Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area };
        if area.width < AXIS + 4 || area.height < 4 {
            return;
        }
        let plot = Rect::new(area.x + AXIS, area.y, area.width - AXIS, area.height - 1);
        let dots = usize::from(plot.width) * if scene.glyphs.braille() { 2 } else { 1 };
        let span = (self.from, self.to);
        let values = |side: usize| -> Vec<Vec<Option<f32>>> {
            let of = |line: &Line<'_>| of_bands(line.bands.get(side).copied().unwrap_or_default(), &[], (span, dots)).mean;
            self.lines.iter().take(TONES.len()).map(of).collect()
        };
        let sides = [values(0), values(1)];
        let top = |lines: &Vec<Vec<Option<f32>>>| {
            f64::from(lines.iter().map(|values| crate::ui::widget::spark::top(values)).fold(f32::MIN_POSITIVE, f32::max))
        };
        let ([up, down], scales) = share_rows(plot.height - 1, [top(&sides[0]), top(&sides[1])]);
        let [above, below] = scales;
        let halves = [
            Half { area: Rect { height: up, ..plot }, hangs: false, top: above },
            Half { area: Rect { y: plot.y + up + 1, height: down, ..plot }, hangs: true, top: below },
        ];
        let rule = scene.glyphs.rule.repeat(usize::from(plot.width));
        put(buf, Position::new(plot.x, plot.y + up), plot.width, (&rule, scene.theme.style(Tone::Border)));
        for (half, lines) in halves.iter().zip(&sides) {
            for (number, values) in lines.iter().enumerate() {
                half.line(scene, (number, values), buf);
            }
        }
        let chart =
            Chart { above: Side::default(), below: Side::default(), from: self.from, to: self.to, faults: None, cursor: None };
        chart.figures(scene, (plot, up), (scales, buf));
        chart.times(scene, Rect { y: area.bottom() - 1, height: 1, ..plot }, buf);
    }

    /// A line for two ports: sign, name, rates now. Returns the rows used.
    fn legend(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) -> u16 {
        let half = area.width / 2;
        let [in_sign, out_sign] = scene.glyphs.in_out;
        let mut rows = 0;
        for (number, (line, (tone, sign))) in self.lines.iter().zip(TONES.into_iter().zip(SIGNS)).enumerate() {
            let (column, row) = (u16::try_from(number % 2).unwrap_or(0), u16::try_from(number / 2).unwrap_or(0));
            if row >= area.height {
                break;
            }
            rows = row + 1;
            let [now_in, now_out] = line.now.map(text::figure);
            let rates = format!("  {in_sign} {now_in}  {out_sign} {now_out}");
            let room = usize::from(half).saturating_sub(text::width(&rates) + 4);
            let name = fit(&line.name, room, scene.glyphs.ellipsis);
            let (loud, dim) = (scene.theme.style(tone), scene.theme.style(Tone::Dim));
            let at = Position::new(area.x + 1 + column * half, area.y + row);
            put_all(buf, at, half.saturating_sub(1), &[(sign, loud), (" ", dim), (&name, loud), (&rates, dim)]);
        }
        rows
    }
}

impl Half {
    /// How far a value is from zero, in `steps` a row.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn away(&self, value: Option<f32>, steps: u16) -> Option<u16> {
        let most = f64::from(self.area.height) * f64::from(steps) - 1.0;
        let value = f64::from(value.filter(|value| value.is_finite())?);
        (most >= 0.0).then(|| (value / self.top * most).round().clamp(0.0, most) as u16)
    }

    /// The row of something that far from zero, and the dot in it from the top down.
    fn place(&self, away: u16, steps: u16) -> (u16, usize) {
        let (row, dot) = (away / steps, usize::from(away % steps));
        let last = usize::from(steps) - 1;
        if self.hangs { (self.area.y + row, dot) } else { (self.area.bottom().saturating_sub(1 + row), last - dot) }
    }

    fn line(&self, scene: &Scene<'_>, (number, values): (usize, &[Option<f32>]), buf: &mut Buffer) {
        let (Some(tone), Some(sign)) = (TONES.get(number), SIGNS.get(number)) else { return };
        let style = scene.theme.style(*tone);
        let braille = scene.glyphs.braille();
        let (steps, wide) = if braille { (4, 2) } else { (1, 1) };
        let mut before: Option<u16> = None;
        for (at, value) in values.iter().enumerate() {
            let Some(away) = self.away(*value, steps) else {
                before = None;
                continue;
            };
            let x = self.area.x + u16::try_from(at / wide).unwrap_or(u16::MAX);
            // A line that rises is drawn up to where it was, so that it stays one line.
            let from = before.map_or(away, |before| before.min(away) + u16::from(before < away));
            let to = before.map_or(away, |before| before.max(away).saturating_sub(u16::from(before > away)));
            for step in from.min(away)..=to.max(away) {
                let (y, dot) = self.place(step, steps);
                let bit = BITS.get(at % wide).and_then(|bits| bits.get(dot)).copied().unwrap_or(0);
                if braille {
                    add_dot(buf, Position::new(x, y), (bit, style))
                } else {
                    put(buf, Position::new(x, y), 1, (sign, style));
                }
            }
            before = Some(away);
        }
        self.signs(scene, (number, values), buf);
    }

    /// The line's number on it, now and then: where colours are not seen it says which line it is.
    fn signs(&self, scene: &Scene<'_>, (number, values): (usize, &[Option<f32>]), buf: &mut Buffer) {
        let (Some(tone), Some(sign)) = (TONES.get(number), SIGNS.get(number)) else { return };
        let (steps, wide) = if scene.glyphs.braille() { (4, 2) } else { (1, 1) };
        // Each begins elsewhere, so that numbers don't cover each other.
        let first = u16::try_from(number).unwrap_or(0) * (SIGN_STEP / 4) + 2;
        for cell in (first..self.area.width).step_by(usize::from(SIGN_STEP)) {
            let value = values.get(usize::from(cell) * wide).copied().flatten();
            let Some(away) = self.away(value, steps) else { continue };
            let (y, _) = self.place(away, steps);
            put(buf, Position::new(self.area.x + cell, y), 1, (sign, scene.theme.style(*tone)));
        }
    }
}

/// Adds a dot to what braille stands in a cell already; the line that comes later colours it.
fn add_dot(buf: &mut Buffer, at: Position, (bit, style): (u32, ratatui::style::Style)) {
    let known = buf.cell(at).and_then(|cell| cell.symbol().chars().next()).map_or(0, u32::from);
    let bits = if (BRAILLE..BRAILLE + 256).contains(&known) { known } else { BRAILLE };
    if let Some(glyph) = char::from_u32(bits | bit) {
        put(buf, at, 1, (glyph.encode_utf8(&mut [0; 4]), style));
    }
}
