//! The lines of the map: which arms each cell in view has, whose they are, and the figures beside them.

use super::wire::{Arms, Meeting, Weight, glyph};
use super::{ColourBy, Drawing, Viewport};
use crate::model::DeviceStatus;
use crate::model::unit::si;
use crate::state::view::GraphEdge;
use crate::ui::layout::{Anchor, Segment};
use crate::ui::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

/// Load from which a line is heavy, fraction of 1.
const HEAVY_FROM: f64 = 0.7;
/// Errors per second from which a line is worse than minor.
const MANY_ERRORS: f64 = 1.0;

/// One cell of the canvas.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineCell {
    /// Its arms.
    pub arms: Arms,
    /// The nets that run across and up and down here, plus one; 0 is none.
    nets: [usize; 2],
    style: Style,
    rank: u8,
}

/// The cells in view.
#[derive(Clone, Debug)]
pub struct Canvas {
    cells: Vec<LineCell>,
    width: usize,
}

impl Canvas {
    /// The cell at a column and row of the area.
    pub fn cell(&self, column: u16, row: u16) -> LineCell {
        self.cells.get(usize::from(row) * self.width + usize::from(column)).copied().unwrap_or_default()
    }

    fn at(&mut self, column: i32, row: i32) -> Option<&mut LineCell> {
        let (column, row) = (usize::try_from(column).ok()?, usize::try_from(row).ok()?);
        if column < self.width { self.cells.get_mut(row * self.width + column) } else { None }
    }
}

/// How an edge looks: its weight, its style, and how much that matters where edges share a run.
pub(super) fn look(drawing: &Drawing<'_>, edge: &GraphEdge) -> (Weight, Style, u8) {
    let theme = drawing.theme;
    if is_down(edge) {
        return (Weight::Dashed, theme.style(Tone::Critical), 0);
    }
    if edge.stp_blocked {
        return (Weight::Dotted, theme.style(Tone::Dim), 1);
    }
    let load = edge.utilisation.unwrap_or(0.0);
    let weight = match edge.count {
        0 | 1 if load >= HEAVY_FROM => Weight::Heavy,
        0 | 1 => Weight::Light,
        _ => Weight::Double,
    };
    let step = u8::try_from(crate::ui::theme::utilisation_step(load)).unwrap_or(u8::MAX);
    let style = match drawing.colour_by {
        ColourBy::Utilisation => theme.utilisation(edge.utilisation),
        ColourBy::Errors => theme.style(match edge.errors_per_second {
            None => Tone::Dim,
            Some(rate) if rate >= MANY_ERRORS => Tone::Major,
            Some(rate) if rate > 0.0 => Tone::Minor,
            Some(_) => Tone::Ok,
        }),
        ColourBy::State => theme.style(match edge.count_up {
            None => Tone::Unknown,
            Some(up) if up < edge.count => Tone::Major,
            Some(_) => Tone::Ok,
        }),
    };
    (weight, style, 2 + step)
}

/// How much a link matters where several are drawn as one.
pub(super) fn badness(edge: &GraphEdge) -> u8 {
    if is_down(edge) {
        return u8::MAX;
    }
    edge.utilisation.map_or(0, |load| u8::try_from(crate::ui::theme::utilisation_step(load)).unwrap_or(0) + 1)
}

fn is_down(edge: &GraphEdge) -> bool {
    edge.count_up == Some(0)
}

/// Sets the arms of every line cell in view.
pub fn trace(drawing: &Drawing<'_>, edges: &[Option<&GraphEdge>], view: &Viewport) -> Canvas {
    let (width, height) = (usize::from(view.area.width), usize::from(view.area.height));
    let mut canvas = Canvas { cells: vec![LineCell::default(); width * height], width };
    let touches_selected = |edge: &GraphEdge| drawing.selected.is_some_and(|selected| edge.a == selected || edge.b == selected);
    let segments = &drawing.arrangement.layout.segments;
    // Lines across first: where two nets cross, the upright one has the colour.
    for upright in [false, true] {
        for segment in segments.iter().filter(|segment| (segment.from.0 == segment.to.0) == upright) {
            if !is_in_view(segment, view) {
                continue;
            }
            let known = segment.edges.iter().filter_map(|edge| edges.get(*edge).copied().flatten());
            let Some(worst) = known.clone().max_by_key(|edge| look(drawing, edge).2) else { continue };
            let (mut weight, mut style, mut rank) = look(drawing, worst);
            if known.clone().any(|edge| look(drawing, edge).0 != weight) {
                // A bus has the colour of its worst line, but it is not itself heavy or down.
                weight = Weight::Light;
            }
            if known.clone().any(touches_selected) {
                style = style.add_modifier(Modifier::BOLD);
                rank += 16;
            }
            run(&mut canvas, (segment, view), (weight, style, rank));
        }
    }
    canvas
}

fn is_in_view(segment: &Segment, view: &Viewport) -> bool {
    let (x, y) = view.origin;
    let (right, bottom) = (x + i32::from(view.area.width), y + i32::from(view.area.height));
    segment.from.0 < right && segment.to.0 >= x && segment.from.1 < bottom && segment.to.1 >= y
}

fn run(canvas: &mut Canvas, (segment, view): (&Segment, &Viewport), (weight, style, rank): (Weight, Style, u8)) {
    let upright = segment.from.0 == segment.to.0;
    let (along, from, to, start, room) = if upright {
        (segment.from.0 - view.origin.0, segment.from.1, segment.to.1, view.origin.1, view.area.height)
    } else {
        (segment.from.1 - view.origin.1, segment.from.0, segment.to.0, view.origin.0, view.area.width)
    };
    // Up and down, or left and right: the arm towards the start, and the one away from it.
    let (back, forth) = if upright { (0, 2) } else { (3, 1) };
    for at in from.max(start)..=to.min(start + i32::from(room) - 1) {
        let (column, row) = if upright { (along, at - start) } else { (at - start, along) };
        let Some(cell) = canvas.at(column, row) else { continue };
        for (arm, there) in [(back, at > from), (forth, at < to)] {
            if let Some(arm) = cell.arms.get_mut(arm).filter(|arm| there && **arm < weight) {
                *arm = weight;
            }
        }
        let other_net = cell.nets.iter().any(|net| *net != 0 && *net != segment.net + 1);
        if rank >= cell.rank || (upright && other_net) {
            cell.style = style;
            cell.rank = rank;
        }
        if let Some(net) = cell.nets.get_mut(usize::from(upright)) {
            *net = segment.net + 1;
        }
    }
}

impl LineCell {
    /// Its glyph and style with more arms added: those of a border.
    pub fn drawn(&self, drawing: &Drawing<'_>, border: Arms) -> Option<(char, Style)> {
        let mut arms = self.arms;
        for (arm, more) in arms.iter_mut().zip(border) {
            *arm = (*arm).max(more);
        }
        let [across, upright] = self.nets;
        let meeting = if across != 0 && upright != 0 && across != upright { Meeting::Cross } else { Meeting::Join };
        glyph(drawing.glyphs.set, arms, meeting).map(|glyph| (glyph, self.style))
    }
}

/// Paints the lines.
pub fn paint(drawing: &Drawing<'_>, canvas: &Canvas, view: &Viewport, buf: &mut Buffer) {
    for row in 0..view.area.height {
        for column in 0..view.area.width {
            let drawn = canvas.cell(column, row).drawn(drawing, Arms::default());
            if let (Some((glyph, style)), Some(cell)) = (drawn, buf.cell_mut((view.area.x + column, view.area.y + row))) {
                cell.set_char(glyph).set_style(style);
            }
        }
    }
}

/// The figure of an edge: `61%`, `78%*` where part of a bundle is down, `?` after it where only one end says so.
pub fn figure(edge: &GraphEdge, colour_by: ColourBy) -> String {
    let mut text = match colour_by {
        _ if edge.stp_blocked => "STP".to_owned(),
        ColourBy::Utilisation => edge.utilisation.map_or_else(String::new, |load| format!("{:.0}%", (load * 100.0).min(999.0))),
        ColourBy::Errors => edge.errors_per_second.map_or_else(String::new, |rate| format!("{}/s", si(rate))),
        ColourBy::State => match edge.count_up {
            Some(up) if edge.count > 1 => format!("{up}/{}", edge.count),
            _ => String::new(),
        },
    };
    if edge.count_up.is_some_and(|up| up < edge.count) && colour_by != ColourBy::State {
        text.push('*');
    }
    if edge.one_sided {
        text.push('?');
    }
    text
}

/// Writes the figures where they cover nothing, and the mark of what is down onto its line.
pub fn paint_figures(drawing: &Drawing<'_>, edges: &[Option<&GraphEdge>], view: &Viewport, buf: &mut Buffer) {
    for (anchor, edge) in drawing.arrangement.layout.anchors.iter().zip(edges) {
        let (Some(anchor), Some(edge)) = (anchor, edge) else { continue };
        let (_, style, _) = look(drawing, edge);
        if is_down(edge) {
            let at = match *anchor {
                Anchor::Beside(x, y) => (x, y),
                Anchor::Along(from, to, y) => (i32::midpoint(from, to), y),
            };
            if let Some(cell) = view.place(at).and_then(|at| buf.cell_mut(at)) {
                cell.set_symbol(drawing.glyphs.status(DeviceStatus::Down)).set_style(style);
            }
            continue;
        }
        let text = figure(edge, drawing.colour_by);
        let cells = i32::try_from(text.width()).unwrap_or(i32::MAX);
        match *anchor {
            Anchor::Beside(x, y) => {
                let left = (x - cells, y);
                let right = (x + 1, y);
                if let Some(at) = [left, right].into_iter().find(|at| is_free(view, buf, (*at, cells))) {
                    write(view, buf, at, (&text, style));
                }
            }
            Anchor::Along(from, to, y) if to - from + 1 >= cells + 2 => {
                write(view, buf, (from + (to - from + 1 - cells) / 2, y), (&text, style));
            }
            Anchor::Along(..) => {}
        }
    }
}

fn is_free(view: &Viewport, buf: &Buffer, ((x, y), cells): ((i32, i32), i32)) -> bool {
    (x..x + cells).all(|x| view.place((x, y)).and_then(|at| buf.cell(at)).is_some_and(|cell| cell.symbol() == " "))
}

fn write(view: &Viewport, buf: &mut Buffer, (x, y): (i32, i32), (text, style): (&str, Style)) {
    for (x, c) in (x..).zip(text.chars()) {
        if let Some(cell) = view.place((x, y)).and_then(|at| buf.cell_mut(at)) {
            cell.set_char(c).set_style(style);
        }
    }
}
