//! The whole map very small, in dots, with the part that is in view marked.

use super::{Drawing, Viewport};
use crate::model::DeviceStatus;
use crate::ui::layout::Layout;
use crate::ui::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::collections::HashMap;

/// Dots of a braille cell (Unicode chart U+2800), by column and row.
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

#[derive(Clone, Copy, Default)]
struct Dot {
    bits: u32,
    /// 0 nothing, 1 a line, 2 a box that is well, 3 one that is not.
    rank: u8,
    style: Style,
}

/// Draws the map into `area`; `view` is what the large map shows of it.
pub fn render(drawing: &Drawing<'_>, view: &Viewport, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let layout = &drawing.arrangement.layout;
    if area.is_empty() || layout.width <= 0 || layout.height <= 0 {
        return;
    }
    let scale = Scale::new(layout, area);
    let mut cells = vec![Dot::default(); usize::from(area.width) * usize::from(area.height)];
    let line = drawing.theme.style(Tone::Faint);
    for segment in &layout.segments {
        scale.line(segment.from, segment.to, |at| set(&mut cells, area.width, at, (1, line)));
    }
    let status: HashMap<&str, (DeviceStatus, bool)> =
        drawing.graph.nodes.iter().map(|node| (node.id.as_str(), (node.status, node.faults.is_empty()))).collect();
    for (slab, node) in layout.boxes.iter().zip(&drawing.arrangement.plan.nodes) {
        let tone = match status.get(node.id.as_str()) {
            _ if drawing.selected == Some(node.id.as_str()) => (4, drawing.theme.style(Tone::Accent)),
            Some((DeviceStatus::Down | DeviceStatus::Unreachable, _) | (_, false)) => (3, drawing.theme.style(Tone::Critical)),
            _ => (2, drawing.theme.style(Tone::Dim)),
        };
        let middle = slab.centre().1;
        scale.line((slab.x, middle), (slab.right(), middle), |at| set(&mut cells, area.width, at, tone));
    }
    for (at, dot) in cells.iter().enumerate() {
        let (column, row) = (at % usize::from(area.width), at / usize::from(area.width));
        let place = (area.x + u16::try_from(column).unwrap_or(0), area.y + u16::try_from(row).unwrap_or(0));
        let Some(cell) = buf.cell_mut(place) else { continue };
        let glyph = match (drawing.glyphs.braille(), dot.rank) {
            (_, 0) => ' ',
            (true, _) => char::from_u32(0x2800 + dot.bits).unwrap_or(' '),
            (false, 1) => '.',
            (false, 2) => 'o',
            (false, 3) => 'X',
            (false, _) => '@',
        };
        cell.set_char(glyph).set_style(dot.style);
        if scale.in_view(view, (column, row)) && !scale.whole(view) {
            cell.set_style(drawing.theme.style(Tone::Selected));
        }
    }
}

fn set(cells: &mut [Dot], width: u16, (x, y): (usize, usize), (rank, style): (u8, Style)) {
    let Some(cell) = cells.get_mut(y / 4 * usize::from(width) + x / 2).filter(|_| x / 2 < usize::from(width)) else { return };
    cell.bits |= DOTS.get(x % 2).and_then(|column| column.get(y % 4)).copied().unwrap_or(0);
    if rank >= cell.rank {
        (cell.rank, cell.style) = (rank, style);
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

    fn in_view(&self, view: &Viewport, (column, row): (usize, usize)) -> bool {
        let (left, top) = self.dot(view.origin);
        let (right, bottom) =
            self.dot((view.origin.0 + i32::from(view.area.width) - 1, view.origin.1 + i32::from(view.area.height) - 1));
        (left / 2..=right / 2).contains(&column) && (top / 4..=bottom / 4).contains(&row)
    }
}
