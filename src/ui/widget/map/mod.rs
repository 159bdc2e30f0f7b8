//! The map: boxes, lines and figures of a laid-out graph, the part of it that is in view.
//!
//! It is given a layout ([`crate::ui::layout`]), the graph that it is of, and what is selected; it decides glyphs, colours and
//! figures. It knows no keys and keeps nothing. Start at [`plan()`] (from a graph to boxes), then [`Drawing::render`].

pub mod boxes;
pub mod lines;
pub mod mini;
pub mod wire;

use crate::state::view::{GraphEdge, GraphView};
use crate::ui::glyph::Glyphs;
use crate::ui::layout::{Layout, Plan, PlanNode, compute};
use crate::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How much room a box takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// With a border.
    #[default]
    Full,
    /// `[core-1]`
    Compact,
}

/// What the colour of a line says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ColourBy {
    #[default]
    Utilisation,
    Errors,
    State,
}

impl ColourBy {
    /// All, in the order in which a key goes through them.
    pub const ALL: [Self; 3] = [Self::Utilisation, Self::Errors, Self::State];

    /// By its number; past the last the first comes again.
    pub fn numbered(number: usize) -> Self {
        Self::ALL.get(number % Self::ALL.len()).copied().unwrap_or_default()
    }

    /// What the title says.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Utilisation => "util max(in,out)",
            Self::Errors => "errors/s",
            Self::State => "state",
        }
    }
}

/// A layout and what it is of.
#[derive(Clone, Debug, Default)]
pub struct Arrangement {
    /// What was laid out.
    pub plan: Plan,
    /// Where it is.
    pub layout: Layout,
    /// How the boxes are drawn.
    pub density: Density,
}

/// Lays a graph out for an area, as `before` had it where that still holds: small boxes where large ones do not fit.
pub fn arrange(graph: &GraphView, (hidden, area): (&BTreeSet<u8>, Rect), before: Option<&Arc<Arrangement>>) -> Arc<Arrangement> {
    let full = arranged(graph, (hidden, area), Density::Full, before);
    if fits(&full.layout, area) { full } else { arranged(graph, (hidden, area), Density::Compact, before) }
}

fn arranged(
    graph: &GraphView,
    (hidden, area): (&BTreeSet<u8>, Rect),
    density: Density,
    before: Option<&Arc<Arrangement>>,
) -> Arc<Arrangement> {
    let plan = plan(graph, (hidden, area.width), density);
    match before.filter(|before| before.density == density && before.plan == plan) {
        Some(before) => Arc::clone(before),
        None => {
            let layout = compute(&plan, before.map(|before| &before.layout));
            Arc::new(Arrangement { plan, layout, density })
        }
    }
}

fn fits(layout: &Layout, area: Rect) -> bool {
    layout.width <= i32::from(area.width) && layout.height <= i32::from(area.height)
}

/// A graph as boxes and pairs; hidden layers and what leads to them are left out.
pub fn plan(graph: &GraphView, (hidden, width): (&BTreeSet<u8>, u16), density: Density) -> Plan {
    let mut number = HashMap::new();
    let mut nodes = Vec::new();
    for node in graph.nodes.iter().filter(|node| !hidden.contains(&node.layer)) {
        let (width, height) = boxes::size(node, density);
        number.insert(node.id.as_str(), nodes.len());
        nodes.push(PlanNode { id: node.id.clone(), label: node.label.clone(), layer: node.layer, width, height });
    }
    let edges: Vec<(usize, usize)> = drawn_edges(graph, &number).map(|(pair, _)| pair).collect();
    widen(&mut nodes, &edges);
    Plan { nodes, edges, width }
}

/// Cells that a box may grow to for its ports.
const WIDEST: usize = 40;

/// Makes boxes wide enough for a port for each line that comes from above: those can't share one, or nobody could tell whose it is.
fn widen(nodes: &mut [PlanNode], edges: &[(usize, usize)]) {
    let mut lines = vec![0usize; nodes.len()];
    for &(a, b) in edges {
        let (upper, lower) = match (nodes.get(a), nodes.get(b)) {
            (Some(one), Some(other)) if one.layer <= other.layer => (a, b),
            _ => (b, a),
        };
        let level = nodes.get(upper).map(|node| node.layer) == nodes.get(lower).map(|node| node.layer);
        for end in if level { vec![upper, lower] } else { vec![lower] } {
            if let Some(count) = lines.get_mut(end) {
                *count += 1;
            }
        }
    }
    for (node, lines) in nodes.iter_mut().zip(lines) {
        node.width = node.width.max(u16::try_from((2 * lines + 3).min(WIDEST)).unwrap_or(u16::MAX));
    }
}

/// The edges whose two ends are drawn, with the numbers of these.
fn drawn_edges<'g, 'n>(
    graph: &'g GraphView,
    number: &'n HashMap<&str, usize>,
) -> impl Iterator<Item = ((usize, usize), &'g GraphEdge)> + use<'g, 'n> {
    graph.edges.iter().filter_map(|edge| Some(((*number.get(edge.a.as_str())?, *number.get(edge.b.as_str())?), edge)))
}

/// Everything that a map is drawn from.
#[derive(Clone, Copy)]
pub struct Drawing<'a> {
    /// The layout.
    pub arrangement: &'a Arrangement,
    /// The graph; what the layout does not know of it is not drawn, and the other way round.
    pub graph: &'a GraphView,
    /// Id of the node under the cursor.
    pub selected: Option<&'a str>,
    /// What colour says.
    pub colour_by: ColourBy,
    /// Colours.
    pub theme: &'a Theme,
    /// Glyphs.
    pub glyphs: &'a Glyphs,
}

/// The part of a map that is in view.
#[derive(Clone, Copy, Debug)]
pub struct Viewport {
    /// Where it is drawn.
    pub area: Rect,
    /// The map's cell at its upper left; negative where the map is smaller than the area.
    pub origin: (i32, i32),
}

impl Viewport {
    /// Of a map in an area: centred where it fits, else from `pan` on, never past its end.
    pub fn new(layout: &Layout, area: Rect, pan: (i32, i32)) -> Self {
        let along = |length: i32, room: u16, pan: i32| {
            let room = i32::from(room);
            if length <= room { -((room - length) / 2) } else { pan.clamp(0, length - room) }
        };
        Self { area, origin: (along(layout.width, area.width, pan.0), along(layout.height, area.height, pan.1)) }
    }

    /// Where a cell of the map is on the screen.
    pub fn place(&self, (x, y): (i32, i32)) -> Option<(u16, u16)> {
        let column = u16::try_from(x - self.origin.0).ok().filter(|column| *column < self.area.width)?;
        let row = u16::try_from(y - self.origin.1).ok().filter(|row| *row < self.area.height)?;
        Some((self.area.x + column, self.area.y + row))
    }
}

impl<'a> Drawing<'a> {
    /// Draws what is in view.
    pub fn render(&self, view: &Viewport, buf: &mut Buffer) {
        let area = view.area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let view = Viewport { area, ..*view };
        let number: HashMap<&str, usize> =
            self.arrangement.plan.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
        let edges = self.matched_edges(&number);
        let canvas = lines::trace(self, &edges, &view);
        lines::paint(self, &canvas, &view, buf);
        let nodes: HashMap<&str, usize> = self.graph.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
        for (slab, planned) in self.arrangement.layout.boxes.iter().zip(&self.arrangement.plan.nodes) {
            if let Some(node) = nodes.get(planned.id.as_str()).and_then(|at| self.graph.nodes.get(*at)) {
                boxes::paint(self, (node, slab), &canvas, (&view, buf));
            }
        }
        lines::paint_figures(self, &edges, &view, buf);
    }

    /// For each edge of the plan the edge of the graph. They are the same list unless the layout is older than the graph.
    fn matched_edges(&self, number: &HashMap<&str, usize>) -> Vec<Option<&'a GraphEdge>> {
        let plan = &self.arrangement.plan;
        let now: Vec<((usize, usize), &'a GraphEdge)> = drawn_edges(self.graph, number).collect();
        let pairs = now.iter().map(|(pair, _)| *pair);
        if pairs.eq(plan.edges.iter().copied()) {
            return now.into_iter().map(|(_, edge)| Some(edge)).collect();
        }
        let by_pair: HashMap<(usize, usize), &'a GraphEdge> = now.into_iter().collect();
        plan.edges.iter().map(|pair| by_pair.get(pair).copied()).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests;
