//! The boxes of the map: devices, neighbours without an inventory, and folds.

use super::lines::Canvas;
use super::wire::{Arms, Weight};
use super::{Density, Drawing, Viewport};
use crate::model::{DeviceStatus, Severity};
use crate::state::view::GraphNode;
use crate::ui::lang::trf;
use crate::ui::layout::Slab;
use crate::ui::mouse::{self, Hit};
use crate::ui::text::{fit, width};
use crate::ui::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

/// Cells of a name; longer ones are cut. Names that differ only after that are rare and the side list has them in full.
const NAME_CELLS: usize = 18;
/// Cells of a fold's second line: `X2 acc-b2-07`.
const FOLD_CELLS: usize = 12;
/// A box is not narrower than this: it has room for two ports with figures.
const LEAST_CELLS: usize = 9;

/// Whether a node is drawn without a border.
pub const fn is_small(node: &GraphNode, density: Density) -> bool {
    match density {
        Density::Full => false,
        Density::Mixed => node.count > 1 || node.neighbour || node.layer >= LEAVES,
        Density::Compact => true,
    }
}

/// The layer of leaves, as the view has it.
const LEAVES: u8 = 4;

/// The size of a node's box. It depends on what the node is, not on how it fares: a fault moves nothing.
pub fn size(node: &GraphNode, density: Density) -> (u16, u16) {
    let name = width(&title(node)).min(NAME_CELLS);
    let folded = node.count > 1;
    let (cells, rows) = match (is_small(node, density), folded) {
        // Border, blank, name, blank, mark, border.
        (false, false) => ((name + 5).max(LEAST_CELLS), 3),
        // Border, blank, line, border.
        (false, true) => (name.max(FOLD_CELLS) + 3, 4),
        // Bracket, name, mark, bracket.
        (true, false) => (name + 3, 1),
        // Blank, line.
        (true, true) => (name.max(FOLD_CELLS) + 1, 2),
    };
    (u16::try_from(cells).unwrap_or(u16::MAX), rows)
}

/// What stands in the box: `core-1`, `+acc 34`.
pub fn title(node: &GraphNode) -> String {
    if node.count <= 1 {
        return node.label.clone();
    }
    let name = node.label.strip_prefix('+').unwrap_or(&node.label);
    let count = node.count.to_string();
    let counted = name.split_whitespace().any(|word| word == count);
    if counted { format!("+{name}") } else { format!("+{name} {count}") }
}

/// A fold's second line: how many are well, or the name of one that is not.
pub fn fold_line(node: &GraphNode, cross: &str) -> String {
    let faults = node.count.saturating_sub(node.count_up);
    match node.faults.first() {
        Some(name) if faults > 1 => format!("{cross}{faults} {name}"),
        Some(name) => format!("{cross} {name}"),
        None if faults > 0 => trf!("{} ok {} ?", node.count_up, faults),
        None => trf!("{} ok", node.count_up),
    }
}

/// The mark at the right of the name: the status where it is not well, else an alarm.
pub fn mark<'a>(node: &GraphNode, drawing: &Drawing<'a>) -> Option<(&'a str, Style)> {
    let theme = drawing.theme;
    match node.status {
        DeviceStatus::Unknown if node.neighbour => None,
        DeviceStatus::Up => node.alarm.filter(|worst| *worst > Severity::Cleared).map(|worst| ("!", theme.severity(worst))),
        status => Some((drawing.glyphs.status(status), theme.status(status))),
    }
}

/// Paints a box over the lines. Ports are where lines touch its border.
pub fn paint(drawing: &Drawing<'_>, (node, slab): (&GraphNode, &Slab), canvas: &Canvas, (view, buf): (&Viewport, &mut Buffer)) {
    let (x, y) = view.origin;
    let in_view = Slab { x, y, width: i32::from(view.area.width), height: i32::from(view.area.height) };
    if !slab.overlaps(&in_view) {
        return;
    }
    mouse::area(view.seen(slab), || Hit::Node(node.id.clone()));
    let selected = drawing.selected == Some(node.id.as_str());
    let mut text = name_style(drawing, node);
    if selected {
        text = text.patch(drawing.theme.selected());
    }
    let small = is_small(node, drawing.arrangement.density);
    if small {
        paint_brackets(slab, (text, node.count > 1), (view, buf));
    } else {
        paint_border(drawing, (node, slab), canvas, (view, buf));
        fill(slab, text, (view, buf));
    }
    let (left, top) = if small { (slab.x + 1, slab.y) } else { (slab.x + 2, slab.y + 1) };
    let spare = match (small, node.count > 1) {
        (false, false) => 2,
        (false, true) => 0,
        (true, false) => 1,
        (true, true) => -1,
    };
    let room = usize::try_from(slab.right() - left - spare).unwrap_or(0);
    let ellipsis = drawing.glyphs.ellipsis;
    write(view, buf, (left, top), (&fit(&title(node), room, ellipsis), text));
    // Without a border the mark of a fold would stand apart from it, and its second line says the same.
    if let Some((glyph, style)) = mark(node, drawing).filter(|_| !small || node.count == 1) {
        let style = if selected { text.patch(style) } else { style };
        write(view, buf, (slab.right() - 1, top), (glyph, style));
    }
    if node.count > 1 {
        let line = fold_line(node, drawing.glyphs.status(DeviceStatus::Down));
        let tone = if node.faults.is_empty() { Tone::Dim } else { Tone::Critical };
        let style = if selected { text.patch(drawing.theme.style(tone)) } else { drawing.theme.style(tone) };
        write(view, buf, (left, top + 1), (&fit(&line, room, ellipsis), style));
    }
}

fn name_style(drawing: &Drawing<'_>, node: &GraphNode) -> Style {
    let theme = drawing.theme;
    match node.status {
        _ if node.matches > 0 => theme.style(Tone::Match),
        DeviceStatus::Down | DeviceStatus::Unreachable => theme.status(node.status),
        _ if node.neighbour => theme.style(Tone::Dim),
        _ if node.count > 1 => theme.style(Tone::Text),
        _ => theme.style(Tone::Strong),
    }
}

fn border_style(drawing: &Drawing<'_>, node: &GraphNode) -> Style {
    let theme = drawing.theme;
    if drawing.selected == Some(node.id.as_str()) {
        return theme.style(Tone::BorderFocus);
    }
    match node.status {
        DeviceStatus::Up if node.faults.is_empty() => theme.style(if node.count > 1 { Tone::Border } else { Tone::Dim }),
        DeviceStatus::Unknown if node.neighbour => theme.style(Tone::Border),
        DeviceStatus::Up => theme.style(Tone::Critical),
        status => theme.status(status),
    }
}

fn paint_border(
    drawing: &Drawing<'_>,
    (node, slab): (&GraphNode, &Slab),
    canvas: &Canvas,
    (view, buf): (&Viewport, &mut Buffer),
) {
    let weight = match (drawing.selected == Some(node.id.as_str()), node.neighbour) {
        (true, _) => Weight::Heavy,
        (_, true) => Weight::Dashed,
        _ => Weight::Light,
    };
    let style = border_style(drawing, node);
    for y in slab.y..=slab.bottom() {
        for x in slab.x..=slab.right() {
            let (top, bottom, left, right) = (y == slab.y, y == slab.bottom(), x == slab.x, x == slab.right());
            if !(top || bottom || left || right) {
                continue;
            }
            let arm = |there: bool| if there { weight } else { Weight::None };
            let level = top || bottom;
            let upright = left || right;
            let border: Arms = [arm(upright && !top), arm(level && !right), arm(upright && !bottom), arm(level && !left)];
            let Some((column, row)) = view.place((x, y)) else { continue };
            let cell = canvas.cell(column - view.area.x, row - view.area.y);
            if let (Some((glyph, _)), Some(cell)) = (cell.drawn(drawing, border), buf.cell_mut((column, row))) {
                cell.set_char(glyph).set_style(style);
            }
        }
    }
}

fn fill(slab: &Slab, style: Style, (view, buf): (&Viewport, &mut Buffer)) {
    for y in slab.y + 1..slab.bottom() {
        for x in slab.x + 1..slab.right() {
            if let Some(cell) = view.place((x, y)).and_then(|at| buf.cell_mut(at)) {
                // A line may have coloured it.
                cell.reset();
                cell.set_style(style);
            }
        }
    }
}

fn paint_brackets(slab: &Slab, (style, folded): (Style, bool), (view, buf): (&Viewport, &mut Buffer)) {
    for y in slab.y..=slab.bottom() {
        for x in slab.x..=slab.right() {
            let glyph = match (folded, x) {
                (false, x) if x == slab.x => '[',
                (false, x) if x == slab.right() => ']',
                _ => ' ',
            };
            if let Some(cell) = view.place((x, y)).and_then(|at| buf.cell_mut(at)) {
                cell.reset();
                cell.set_char(glyph).set_style(style);
            }
        }
    }
}

/// Writes text that may hold wide characters; a half of one at the edge of the view is left blank.
fn write(view: &Viewport, buf: &mut Buffer, (x, y): (i32, i32), (text, style): (&str, Style)) {
    let skip = (view.origin.0 - x).max(0);
    let mut column = x;
    let mut shown = String::new();
    for c in text.chars() {
        let mut one = [0; 4];
        let cells = i32::try_from(width(c.encode_utf8(&mut one))).unwrap_or(0);
        if column >= x + skip {
            shown.push(c);
        } else if column + cells > x + skip {
            shown.push(' ');
        }
        column += cells;
    }
    if let Some((column, row)) = view.place((x + skip, y)) {
        let room = view.area.right().saturating_sub(column);
        buf.set_stringn(column, row, shown, usize::from(room), style);
    }
}
