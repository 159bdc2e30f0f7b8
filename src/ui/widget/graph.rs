//! Time series as filled areas: one above the axis, one mirrored below it, four times as fine as the cells.
//!
//! A gap stays a gap: nothing is drawn there, not even the axis. A measured zero has the axis.

use crate::model::unit::si;
use crate::ui::glyph::GlyphSet;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// The styles of a chart.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChartStyles {
    /// What is drawn above the axis.
    pub up: Style,
    /// What is drawn below it.
    pub down: Style,
    /// What lies beyond the threshold.
    pub hot: Style,
    /// Axis and threshold line.
    pub axis: Style,
    /// Figures and times.
    pub label: Style,
}

/// A chart. Values are in one unit; negative ones count as 0.
///
/// ```text
/// 1.0G ⣀⣀⣠⣤⣤⣶⣶⣶⣿⣿⣿⣷⣶   up
///    0 ─────────────
/// 1.0G ⣿⣿⣿⡿⠿⠿⠿⠟⠛⠛⠛⠻⠿   down
///      11:00    12:00
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Chart<'a> {
    /// Above the axis, oldest first, evenly spaced; `None` is a gap.
    pub up: &'a [Option<f64>],
    /// Below the axis; `None` makes a chart with the axis at its foot.
    pub down: Option<&'a [Option<f64>]>,
    /// Full scale; `None` is a round figure above the largest value.
    pub max: Option<f64>,
    /// Where the threshold line lies, on both sides.
    pub threshold: Option<f64>,
    /// Labels under the chart: where (0 oldest to 1 newest) and what.
    pub times: &'a [(f64, String)],
    /// How the figures at the left are written.
    pub figure: fn(f64) -> String,
    /// Whether there are axes and labels.
    pub frame: Frame,
    /// Styles.
    pub styles: ChartStyles,
    /// What may be drawn with.
    pub glyphs: GlyphSet,
}

/// What surrounds the areas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frame {
    /// Figures at the left, an axis, times below: where there is room for them.
    #[default]
    Axes,
    /// Nothing: a sparkline.
    Bare,
}

impl Default for Chart<'_> {
    fn default() -> Self {
        Self {
            up: &[],
            down: None,
            max: None,
            threshold: None,
            times: &[],
            figure: si,
            frame: Frame::Axes,
            styles: ChartStyles::default(),
            glyphs: GlyphSet::Unicode,
        }
    }
}

/// Which way an area grows from the axis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Up,
    Down,
}

/// Cells of a figure at the left, and the blank after it.
const FIGURE_CELLS: u16 = 6;
/// Below this width the figures are left out.
const MIN_LABELLED: u16 = 20;
/// Dots of a braille cell.
const DOT_ROWS: usize = 4;

impl Chart<'_> {
    /// Draws it. Any size will do; what has no room is left out.
    pub fn render(&self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let max = self.scale();
        let places = Places::new(self, area);
        self.area(self.up, Side::Up, (places.up, max), buf);
        if let Some(down) = self.down {
            self.area(down, Side::Down, (places.down, max), buf);
        }
        if self.frame == Frame::Axes {
            self.threshold_line(&places, max, buf);
            self.axis_line(&places, buf);
            self.labels(&places, max, buf);
        }
    }

    /// Full scale.
    pub fn scale(&self) -> f64 {
        let largest = self.up.iter().chain(self.down.unwrap_or(&[])).flatten().copied().filter(|value| value.is_finite());
        self.max.unwrap_or_else(|| ceiling(largest.fold(0.0, f64::max).max(self.threshold.unwrap_or(0.0)))).max(f64::MIN_POSITIVE)
    }

    fn area(&self, values: &[Option<f64>], side: Side, (area, max): (Rect, f64), buf: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let per_cell = if self.glyphs == GlyphSet::Ascii { 1 } else { 2 };
        let steps = usize::from(area.height) * DOT_ROWS;
        let heights = heights(values, usize::from(area.width) * per_cell, (steps, max));
        let hot = self.threshold.map(|threshold| dots(threshold, (steps, max)));
        for row in 0..area.height {
            // Dots between the axis and this row of cells.
            let below = usize::from(if side == Side::Up { area.height - 1 - row } else { row }) * DOT_ROWS;
            let style = match (hot.is_some_and(|hot| below >= hot), side) {
                (true, _) => self.styles.hot,
                (false, Side::Up) => self.styles.up,
                (false, Side::Down) => self.styles.down,
            };
            for (column, pair) in (area.x..).zip(heights.chunks(per_cell)) {
                let fill = |at: usize| pair.get(at).copied().flatten().unwrap_or(0).saturating_sub(below).min(DOT_ROWS);
                let glyph = if self.glyphs == GlyphSet::Ascii { ascii(fill(0), side) } else { braille([fill(0), fill(1)], side) };
                if let Some(glyph) = glyph {
                    put(buf, (column, area.y + row), glyph, style);
                }
            }
        }
    }

    fn threshold_line(&self, places: &Places, max: f64, buf: &mut Buffer) {
        let Some(threshold) = self.threshold.filter(|threshold| *threshold < max) else { return };
        let glyph = match self.glyphs {
            GlyphSet::Unicode => '┄',
            GlyphSet::Cjk => '⠒',
            GlyphSet::Ascii => '-',
        };
        for (area, side) in [(places.up, Side::Up), (places.down, Side::Down)] {
            if area.is_empty() {
                continue;
            }
            let steps = usize::from(area.height) * DOT_ROWS;
            let row = u16::try_from(dots(threshold, (steps, max)) / DOT_ROWS).unwrap_or(0).min(area.height - 1);
            let y = if side == Side::Up { area.bottom() - 1 - row } else { area.y + row };
            for x in area.left()..area.right() {
                if buf.cell((x, y)).is_some_and(|cell| cell.symbol() == " ") {
                    put(buf, (x, y), glyph, self.styles.axis);
                }
            }
        }
    }

    fn axis_line(&self, places: &Places, buf: &mut Buffer) {
        let Some(y) = places.axis else { return };
        let glyph = match self.glyphs {
            GlyphSet::Unicode => '─',
            GlyphSet::Cjk => '⠤',
            GlyphSet::Ascii => '-',
        };
        let cells = usize::from(places.up.width);
        let known = |values: &[Option<f64>]| heights(values, cells, (1, 1.0));
        let (up, down) = (known(self.up), self.down.map(known).unwrap_or_default());
        for (at, x) in (places.up.left()..places.up.right()).enumerate() {
            let measured = [&up, &down].into_iter().any(|side| side.get(at).copied().flatten().is_some());
            if measured {
                put(buf, (x, y), glyph, self.styles.axis);
            }
        }
    }

    fn labels(&self, places: &Places, max: f64, buf: &mut Buffer) {
        let mut figure = |value: f64, y: u16| {
            let text = (self.figure)(value);
            let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
            if places.figures && width < FIGURE_CELLS {
                buf.set_string(places.up.x.saturating_sub(width + 1), y, text, self.styles.label);
            }
        };
        if let Some(y) = places.axis {
            figure(0.0, y);
        }
        if places.up.height > 0 {
            figure(max, places.up.y);
        }
        if places.up.height >= 5 && places.up.height.is_multiple_of(2) {
            figure(max / 2.0, places.up.y + places.up.height / 2);
        }
        if places.down.height > 0 {
            figure(max, places.down.bottom() - 1);
        }
        let Some(y) = places.times else { return };
        let (left, right) = (places.up.left(), places.up.right());
        let mut free = left;
        for (at, text) in self.times {
            let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
            let middle = left.saturating_add((at.clamp(0.0, 1.0) * f64::from(places.up.width)) as u16);
            let x = middle.saturating_sub(width / 2).max(left).min(right.saturating_sub(width));
            if x >= free && x.saturating_add(width) <= right {
                buf.set_string(x, y, text, self.styles.label);
                free = x + width + 1;
            }
        }
    }
}

/// Where the parts of a chart go.
struct Places {
    up: Rect,
    down: Rect,
    axis: Option<u16>,
    times: Option<u16>,
    figures: bool,
}

impl Places {
    fn new(chart: &Chart<'_>, area: Rect) -> Self {
        let axes = chart.frame == Frame::Axes;
        let figures = axes && area.width >= MIN_LABELLED;
        let left = if figures { FIGURE_CELLS } else { 0 };
        let plot = Rect { x: area.x + left, width: area.width - left, ..area };
        let times = (axes && !chart.times.is_empty() && plot.height >= 4).then(|| plot.bottom() - 1);
        let rows = plot.height - u16::from(times.is_some());
        let axis_rows = u16::from(axes && rows >= 3);
        let (up_rows, down_rows) = match chart.down {
            Some(_) => {
                let half = (rows - axis_rows) / 2;
                (rows - axis_rows - half, half)
            }
            None => (rows - axis_rows, 0),
        };
        let up = Rect { height: up_rows, ..plot };
        let down = Rect { y: up.bottom() + axis_rows, height: down_rows, ..plot };
        Self { up, down, axis: (axis_rows > 0).then(|| up.bottom()), times, figures }
    }
}

/// A round figure not below `value`: people read 1, 1.5, 2, 3, 4, 5, 6, 8 and 10 times a power of ten at a glance.
pub fn ceiling(value: f64) -> f64 {
    if !value.is_finite() || value <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(value.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]
        .into_iter()
        .map(|step| step * power)
        .find(|top| *top >= value)
        .unwrap_or(10.0 * power)
}

/// Values spread over `columns`: the largest of those that fall on a column; held where there are fewer values than columns.
fn heights(values: &[Option<f64>], columns: usize, scale: (usize, f64)) -> Vec<Option<usize>> {
    let count = values.len();
    (0..columns)
        .map(|column| {
            let from = column * count / columns;
            let to = ((column + 1) * count / columns).max(from + 1);
            let largest = values
                .get(from..to.min(count))?
                .iter()
                .flatten()
                .copied()
                .fold(None, |most: Option<f64>, value| Some(most.map_or(value, |most| most.max(value))));
            largest.filter(|value| value.is_finite()).map(|value| dots(value, scale))
        })
        .collect()
}

/// Dots from the axis; anything above nothing shows.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "`as` saturates")]
fn dots(value: f64, (steps, max): (usize, f64)) -> usize {
    let dots = (value / max * steps as f64).round() as usize;
    if value > 0.0 { dots.clamp(1, steps) } else { 0 }
}

/// The dots of two columns, filled from the axis (Unicode, Braille Patterns).
fn braille(fill: [usize; 2], side: Side) -> Option<char> {
    const COLUMNS: [[u32; DOT_ROWS]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
    let mut bits = 0;
    for (column, fill) in COLUMNS.iter().zip(fill) {
        let rising = column.iter().take(fill);
        bits |= match side {
            Side::Up => rising.fold(0, |bits, bit| bits | bit),
            Side::Down => column.iter().rev().take(fill).fold(0, |bits, bit| bits | bit),
        };
    }
    if bits == 0 { None } else { char::from_u32(0x2800 + bits) }
}

fn ascii(fill: usize, side: Side) -> Option<char> {
    match (fill, side) {
        (0, _) => None,
        (1, Side::Up) => Some('.'),
        (1, Side::Down) => Some('\''),
        (2 | 3, _) => Some(':'),
        _ => Some('#'),
    }
}

fn put(buf: &mut Buffer, at: (u16, u16), glyph: char, style: Style) {
    if let Some(cell) = buf.cell_mut(at) {
        cell.set_char(glyph).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(chart: &Chart<'_>, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        chart.render(area, &mut buf);
        (0..height)
            .map(|y| {
                let line: String = (0..width).map(|x| buf.cell((x, y)).map_or(" ", |cell| cell.symbol())).collect();
                format!("{}\n", line.trim_end())
            })
            .collect()
    }

    fn wave() -> (Vec<Option<f64>>, Vec<Option<f64>>) {
        let up =
            |at: i32| ((40..52).contains(&at)).then_some(()).map_or(Some(5e8 + 4e8 * (f64::from(at) / 9.0).sin()), |()| None);
        let down = |at: i32| up(at).map(|value| value / 3.0 + 1e8 * (f64::from(at) / 4.0).cos().abs());
        ((0..120).map(up).collect(), (0..120).map(down).collect())
    }

    #[test]
    fn a_mirrored_chart_has_axes_times_a_threshold_and_a_gap() {
        let (up, down) = wave();
        let times = [(0.0, "11:00".to_owned()), (0.5, "11:30".to_owned()), (1.0, "12:00".to_owned())];
        let chart = Chart { up: &up, down: Some(&down), threshold: Some(8e8), times: &times, ..Chart::default() };
        insta::assert_snapshot!(drawn(&chart, 60, 14));
        insta::assert_snapshot!(drawn(&Chart { glyphs: GlyphSet::Ascii, ..chart }, 60, 14));
        insta::assert_snapshot!(drawn(&Chart { glyphs: GlyphSet::Cjk, down: None, ..chart }, 60, 8));
    }

    #[test]
    fn a_gap_is_not_a_zero() {
        let chart = Chart { up: &[Some(0.0), None, Some(1.0), None], frame: Frame::Axes, ..Chart::default() };
        assert_eq!(drawn(&chart, 4, 3), "  ⣿\n  ⣿\n─ ─\n");
    }

    #[test]
    fn a_sparkline_is_a_bare_chart_of_one_row() {
        let values: Vec<_> = (0..8).map(|at| Some(f64::from(at))).collect();
        assert_eq!(drawn(&Chart { up: &values, frame: Frame::Bare, ..Chart::default() }, 4, 1), "⢀⣠⣴⣾\n");
    }

    #[test]
    fn the_scale_is_a_round_figure_above_what_is_shown() {
        assert_eq!([0.0, 1.0, 9.1e8, 1.2e9, 99.0, f64::NAN].map(ceiling), [1.0, 1.0, 1e9, 1.5e9, 100.0, 1.0]);
    }

    #[test]
    fn no_size_and_no_value_is_too_odd() {
        let odd = [Some(f64::NAN), Some(f64::INFINITY), Some(-1.0), None, Some(f64::MAX), Some(f64::MIN_POSITIVE)];
        for width in 0..30 {
            for height in 0..9 {
                for glyphs in [GlyphSet::Unicode, GlyphSet::Ascii] {
                    let chart = Chart { up: &odd, down: Some(&odd), threshold: Some(0.5), glyphs, ..Chart::default() };
                    drawn(&chart, width, height);
                }
            }
        }
        let mut buf = Buffer::empty(Rect::new(0, 0, 5, 5));
        Chart::default().render(Rect::new(3, 3, 90, 90), &mut buf);
    }
}
