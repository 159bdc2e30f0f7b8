//! The map: boxes, lines and figures of a laid-out graph, the part of it that is in view.
//!
//! It is given a layout ([`crate::ui::layout`]), the graph that it is of, and what is selected; it decides glyphs, colours and
//! figures. It knows no keys and keeps nothing. Start at [`plan()`] (from a graph to boxes), then [`Drawing::render`].

pub mod boxes;
pub mod far;
pub mod grow;
pub mod lines;
pub mod mini;
pub mod wire;

use crate::state::view::{GraphEdge, GraphView};
use crate::ui::glyph::Glyphs;
use crate::ui::layout::{Layout, Plan, PlanNode, Slab, compute};
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
    /// Borders for the network itself; folds, leaves and what is only heard of without.
    Mixed,
    /// `[core-1]`
    Compact,
}

impl Density {
    /// All, the roomiest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Mixed, Self::Compact];
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
    /// The plan that a large map shows, by its fingerprint: a map that grew has its nodes in another order.
    pub of: u64,
    /// Columns and rows that it was chosen for.
    pub room: (u16, u16),
}

/// Lays a graph out for an area, as `before` had it where that still holds: small boxes where large ones do not fit.
///
/// The same graph in the same room costs a comparison: what did not fit before is not laid out again to see that it does not fit.
pub fn arrange(graph: &GraphView, (hidden, area): (&BTreeSet<u8>, Rect), before: Option<&Arc<Arrangement>>) -> Arc<Arrangement> {
    let room = (area.width, area.height);
    let same =
        |before: &&Arc<Arrangement>| before.room == room && before.plan == plan(graph, (hidden, area.width), before.density);
    if let Some(before) = before.filter(same) {
        return Arc::clone(before);
    }
    let [roomy @ .., compact] = Density::ALL;
    let fitting = roomy
        .into_iter()
        .map(|density| arranged(graph, (hidden, area), density, before))
        .find(|arrangement| fits(&arrangement.layout, area));
    fitting.unwrap_or_else(|| arranged(graph, (hidden, area), compact, before))
}

fn arranged(
    graph: &GraphView,
    (hidden, area): (&BTreeSet<u8>, Rect),
    density: Density,
    before: Option<&Arc<Arrangement>>,
) -> Arc<Arrangement> {
    let (plan, room) = (plan(graph, (hidden, area.width), density), (area.width, area.height));
    let layout = match before.filter(|before| before.density == density && before.plan == plan) {
        Some(before) => before.layout.clone(),
        None => compute(&plan, before.map(|before| &before.layout)),
    };
    Arc::new(Arrangement { plan, layout, density, of: 0, room })
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
        nodes.push(PlanNode { id: node.id.clone(), label: node.label.clone(), layer: node.layer + 1, width, height });
    }
    let edges: Vec<(usize, usize)> = drawn_edges(graph, &number).map(|(pair, _)| pair).collect();
    raise_leaves(&mut nodes, &edges);
    widen(&mut nodes, &edges);
    Plan { nodes, edges, width }
}

/// The layer of leaves as the view has it, one further down: the row above all is for what lies beyond the edge routers.
const LEAVES: u8 = 5;

/// The name of a row of the map.
pub const fn row_name(layer: u8) -> &'static str {
    match layer {
        0 => "NET",
        1 => "WAN",
        2 => "CORE",
        3 => "DIST",
        4 => "ACC",
        _ => "END",
    }
}

/// Puts leaves beside what they hang on: above the edge routers when they hang on nothing else, else right below. At the foot
/// of the map their lines would pass everything.
fn raise_leaves(nodes: &mut [PlanNode], edges: &[(usize, usize)]) {
    let layers: Vec<u8> = nodes.iter().map(|node| node.layer).collect();
    let mut lowest: Vec<Option<u8>> = vec![None; nodes.len()];
    for &(a, b) in edges.iter().filter(|(a, b)| a != b) {
        for (leaf, other) in [(a, b), (b, a)] {
            if let (Some(slot), Some(layer)) = (lowest.get_mut(leaf), layers.get(other)) {
                *slot = (*slot).max(Some(*layer));
            }
        }
    }
    for (node, lowest) in nodes.iter_mut().zip(lowest).filter(|(node, _)| node.layer == LEAVES) {
        match lowest {
            Some(1) => node.layer = 0,
            Some(above) if above + 1 < LEAVES => node.layer = above + 1,
            _ => {}
        }
    }
}

/// Cells that a box may grow to for its ports.
const WIDEST: usize = 40;
/// Lines downwards that have a port each; more share a bus.
const PORTS_BELOW: usize = 8;

/// Makes boxes wide enough for their ports. Each line from above needs its own, or nobody could tell whose it is.
fn widen(nodes: &mut [PlanNode], edges: &[(usize, usize)]) {
    let mut above = vec![0usize; nodes.len()];
    let mut below = vec![0usize; nodes.len()];
    let count = |counts: &mut Vec<usize>, at: usize| counts.get_mut(at).into_iter().for_each(|count| *count += 1);
    for &(a, b) in edges {
        let layer = |at: usize| nodes.get(at).map(|node| node.layer);
        let (upper, lower) = if layer(a) <= layer(b) { (a, b) } else { (b, a) };
        count(&mut below, upper);
        // The line of two peers may have to go round below both.
        count(if layer(a) == layer(b) { &mut below } else { &mut above }, lower);
    }
    for ((node, above), below) in nodes.iter_mut().zip(above).zip(below) {
        let ports = above.max(if below <= PORTS_BELOW { below } else { 1 });
        node.width = node.width.max(u16::try_from((2 * ports + 3).min(WIDEST)).unwrap_or(u16::MAX));
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

    /// The part of a box that is on the screen.
    pub fn seen(&self, slab: &Slab) -> Rect {
        let part = |from: i32, length: i32, start: i32, room: u16| {
            let first = (from - start).clamp(0, room.into());
            let last = (from + length - start).clamp(0, room.into());
            (u16::try_from(first).unwrap_or(0), u16::try_from(last - first).unwrap_or(0))
        };
        let (x, width) = part(slab.x, slab.width, self.origin.0, self.area.width);
        let (y, height) = part(slab.y, slab.height, self.origin.1, self.area.height);
        Rect::new(self.area.x + x, self.area.y + y, width, height)
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
