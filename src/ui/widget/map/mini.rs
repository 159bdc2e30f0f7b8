//! The whole map very small, in dots, with a box around the part that is in view.

use super::{Drawing, Viewport};
use crate::model::DeviceStatus;
use crate::ui::glyph::{GlyphSet, Glyphs};
use crate::ui::layout::{Layout, Slab};
use crate::ui::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use rustc_hash::FxHashMap;

/// Dots of a braille cell (Unicode chart U+2800), by column and row.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

#[derive(Clone, Copy, Default)]
struct Dot {
    bits: u32,
    /// 0 nothing, 1 a line, 2 and above a device, the worse the higher.
    rank: u8,
    style: Style,
}

/// A canvas of dots, two by four to a cell.
pub struct Dots {
    area: Rect,
    cells: Vec<Dot>,
}

impl Dots {
    /// An empty one.
    pub fn new(area: Rect) -> Self {
        Self { area, cells: vec![Dot::default(); usize::from(area.width) * usize::from(area.height)] }
    }

    /// Sets a dot of the area; what ranks higher decides the colour of a cell.
    fn put(&mut self, (x, y): (usize, usize), (rank, style): (u8, Style)) {
        let width = usize::from(self.area.width);
        let Some(cell) = self.cells.get_mut(y / 4 * width + x / 2).filter(|_| x / 2 < width) else { return };
        cell.bits |= DOTS.get(x % 2).and_then(|column| column.get(y % 4)).copied().unwrap_or(0);
        if rank >= cell.rank {
            (cell.rank, cell.style) = (rank, style);
        }
    }

    /// Sets a dot of a block.
    pub fn set(&mut self, (slab, (x, y)): (&Slab, (usize, usize)), mark: (u8, Style)) {
        if let (Ok(left), Ok(top)) = (usize::try_from(slab.x), usize::try_from(slab.y)) {
            self.put((left * 2 + x, top * 4 + y), mark);
        }
    }

    /// A straight line between two cells (Bresenham).
    pub fn stroke(&mut self, (from, to): ((i32, i32), (i32, i32)), mark: (u8, Style)) {
        let dots = |(x, y): (i32, i32)| (x * 2, y * 4);
        let ((mut x, mut y), end) = (dots(from), dots(to));
        let (dx, dy) = ((end.0 - x).abs(), -(end.1 - y).abs());
        let (sx, sy) = ((end.0 - x).signum(), (end.1 - y).signum());
        let mut error = dx + dy;
        for _ in 0..=dx.max(-dy) {
            if let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) {
                self.put((x, y), mark);
            }
            let twice = 2 * error;
            if twice >= dy {
                error += dy;
                x += sx;
            }
            if twice <= dx {
                error += dx;
                y += sy;
            }
        }
    }

    /// Takes everything under a block away, and a cell about it.
    pub fn clear(&mut self, slab: &Slab) {
        let width = i32::from(self.area.width);
        for y in slab.y..=slab.bottom() {
            for x in (slab.x - 1).max(0)..=(slab.right() + 1).min(width - 1) {
                let at = usize::try_from(y * width + x).unwrap_or(usize::MAX);
                if let Some(cell) = self.cells.get_mut(at) {
                    *cell = Dot::default();
                }
            }
        }
    }

    /// Paints the cells that have dots.
    pub fn paint(&self, glyphs: &Glyphs, buf: &mut Buffer) {
        for (at, dot) in self.cells.iter().enumerate().filter(|(_, dot)| dot.rank > 0) {
            let (column, row) = (at % usize::from(self.area.width), at / usize::from(self.area.width));
            let place = (self.area.x + u16::try_from(column).unwrap_or(0), self.area.y + u16::try_from(row).unwrap_or(0));
            let Some(cell) = buf.cell_mut(place) else { continue };
            cell.reset();
            cell.set_char(glyph(glyphs, dot)).set_style(dot.style);
        }
    }
}

fn glyph(glyphs: &Glyphs, dot: &Dot) -> char {
    match (glyphs.braille(), dot.rank) {
        (_, 0) => ' ',
        (true, _) => char::from_u32(0x2800 + dot.bits).unwrap_or(' '),
        (false, 1) => '.',
        (false, 2) => '?',
        (false, 3) => 'o',
        (false, 4) => '!',
        (false, 5) => 'X',
        (false, _) => '@',
    }
}

/// Draws the map into `area`; `view` is what the large map shows of it.
pub fn render(drawing: &Drawing<'_>, view: &Viewport, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let layout = &drawing.arrangement.layout;
    if area.is_empty() || layout.width <= 0 || layout.height <= 0 {
        return;
    }
    let scale = Scale::new(layout, area);
    let mut dots = Dots::new(area);
    let line = drawing.theme.style(Tone::Faint);
    for segment in &layout.segments {
        scale.line(segment.from, segment.to, |at| dots.put(at, (1, line)));
    }
    let status: FxHashMap<&str, (DeviceStatus, bool)> =
        drawing.graph.nodes.iter().map(|node| (node.id.as_str(), (node.status, node.faults.is_empty()))).collect();
    for (slab, node) in layout.boxes.iter().zip(&drawing.arrangement.plan.nodes) {
        let mark = match status.get(node.id.as_str()) {
            _ if drawing.selected == Some(node.id.as_str()) => (6, drawing.theme.style(Tone::Accent)),
            Some((DeviceStatus::Down | DeviceStatus::Unreachable, _) | (_, false)) => (5, drawing.theme.style(Tone::Critical)),
            _ => (3, drawing.theme.style(Tone::Dim)),
        };
        let middle = slab.centre().1;
        scale.line((slab.x, middle), (slab.right(), middle), |at| dots.put(at, mark));
    }
    dots.paint(drawing.glyphs, buf);
    if !scale.whole(view) {
        frame(drawing, scale.seen(view), area, buf);
    }
}

/// A box around what is in view.
fn frame(drawing: &Drawing<'_>, ((left, top), (right, bottom)): ((u16, u16), (u16, u16)), area: Rect, buf: &mut Buffer) {
    let style = drawing.theme.style(Tone::BorderFocus);
    let [corners, across, upright] = match drawing.glyphs.set {
        GlyphSet::Unicode => [["┌", "┐", "└", "┘"], ["─"; 4], ["│"; 4]],
        GlyphSet::Cjk | GlyphSet::Ascii => [["+"; 4], ["-"; 4], ["|"; 4]],
    };
    for y in top..=bottom {
        for x in left..=right {
            let edges = (x == left, x == right, y == top, y == bottom);
            let [a, b, c, d] = corners;
            let glyph = match edges {
                (true, _, true, _) => a,
                (_, true, true, _) => b,
                (true, _, _, true) => c,
                (_, true, _, true) => d,
                (_, _, true, _) | (_, _, _, true) => across.first().copied().unwrap_or("-"),
                (true, ..) | (_, true, ..) => upright.first().copied().unwrap_or("|"),
                _ => continue,
            };
            if let Some(cell) = buf.cell_mut((area.x + x, area.y + y)) {
                cell.reset();
                cell.set_symbol(glyph).set_style(style);
            }
        }
    }
}

/// From cells of the map to dots of the area.
struct Scale {
    map: (f64, f64),
    dots: (f64, f64),
}

impl Scale {
    fn new(layout: &Layout, area: Rect) -> Self {
        Self {
            map: (f64::from(layout.width), f64::from(layout.height)),
            dots: (f64::from(area.width) * 2.0, f64::from(area.height) * 4.0),
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the area")]
    fn dot(&self, (x, y): (i32, i32)) -> (usize, usize) {
        let along = |at: i32, map: f64, dots: f64| (f64::from(at) / map * dots).clamp(0.0, dots - 1.0) as usize;
        (along(x, self.map.0, self.dots.0), along(y, self.map.1, self.dots.1))
    }

    fn line(&self, from: (i32, i32), to: (i32, i32), mut put: impl FnMut((usize, usize))) {
        let (from, to) = (self.dot(from), self.dot(to));
        for x in from.0..=to.0 {
            for y in from.1..=to.1 {
                put((x, y));
            }
        }
    }

    fn whole(&self, view: &Viewport) -> bool {
        f64::from(view.area.width) >= self.map.0 && f64::from(view.area.height) >= self.map.1
    }

    /// The first and the last cell that are in view.
    fn seen(&self, view: &Viewport) -> ((u16, u16), (u16, u16)) {
        let last = |origin: i32, room: u16| origin + i32::from(room) - 1;
        let end = (last(view.origin.0, view.area.width), last(view.origin.1, view.area.height));
        let cell = |(x, y): (usize, usize)| (u16::try_from(x / 2).unwrap_or(0), u16::try_from(y / 4).unwrap_or(0));
        (cell(self.dot(view.origin)), cell(self.dot(end)))
    }
}
