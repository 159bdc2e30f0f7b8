//! Topology: the map, the node under the cursor with its links, and the whole very small.
//!
//! Where there is no room for a map the tree says the same; where its lines could not be followed, the far view shows the sites.
//! Start at [`Topology`], then [`act`] (what the keys do), [`walk`] (where they lead), [`side`] (the node under the cursor),
//! [`tree`] and [`legend`] (title, counts, what shapes and colours mean).

mod act;
mod legend;
mod side;
mod tree;
mod walk;

pub use act::layer_command;
pub use tree::TreeRows;

use super::{Context, Pane, Place, Scene, Target, names_of};
use crate::model::DeviceId;
use crate::query::{Screen, Subject, ViewRequest};
use crate::state::view::{DEVICE_COLUMNS, GraphNode, GraphView, View, ViewBody};
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trf, trn};
use crate::ui::layout::worker::LayoutWorker;
use crate::ui::pane::Gesture;
use crate::ui::state::{Room, UiState};
use crate::ui::theme::Tone;
use crate::ui::update::related;
use crate::ui::widget::map::{Arrangement, ColourBy, Density, Drawing, Viewport, arrange, far, grow, mini, plan, row_name};
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::{notice, put};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::sync::Arc;

/// The screen.
pub struct Topology;

/// Columns of the side panes.
const SIDE: u16 = 34;
/// Rows of the small map, border included.
const MINI: u16 = 9;
/// Rows from which there is room for the small map.
const MINI_FROM: u16 = 24;
/// Cells at the left for the names of the layers.
const NAMES: u16 = 6;
/// Columns from which the names of the layers have room.
const NAMES_FROM: u16 = 50;
/// Graphs of more nodes are laid out beside the console.
const BESIDE: usize = 1500;
/// Maps that are so many times as wide or as high as their room are shown from afar until asked otherwise.
const FAR_FROM: i32 = 4;

/// Where the parts of the screen are.
struct Places {
    panel: Rect,
    map: Rect,
    names: Option<Rect>,
    legend: Option<Rect>,
    side: Option<Rect>,
    mini: Option<Rect>,
}

impl Places {
    fn new(room: Room, area: Rect) -> Self {
        let (panel, side) = match room {
            Room::Wide => {
                let panel = Rect { width: area.width.saturating_sub(SIDE), ..area };
                (panel, Some(Rect { x: panel.right(), width: area.width - panel.width, ..area }))
            }
            Room::Middle => {
                let rows = (area.height / 3).clamp(5, 10).min(area.height);
                let panel = Rect { height: area.height - rows, ..area };
                (panel, Some(Rect { y: panel.bottom(), height: rows, ..area }))
            }
            Room::Tiny => (area, None),
        };
        let small = if room == Room::Wide && area.height >= MINI_FROM { MINI } else { 0 };
        let mini = side.filter(|_| small > 0).map(|side| Rect { y: side.bottom() - small, height: small, ..side });
        let side = side.map(|side| Rect { height: side.height - small, ..side });
        let mut map =
            Rect { x: panel.x + 1, y: panel.y + 1, width: panel.width.saturating_sub(2), height: panel.height.saturating_sub(2) };
        let legend = (room == Room::Wide && map.height > 12).then(|| Rect { y: map.bottom() - 1, height: 1, ..map });
        map.height -= legend.map_or(0, |legend| legend.height);
        let names = (map.width >= NAMES_FROM).then_some(Rect { width: NAMES, ..map });
        if names.is_some() {
            map.x += NAMES;
            map.width -= NAMES;
        }
        Self { panel, map, names, legend, side, mini }
    }

    /// The parts as the console's chrome leaves room for them.
    fn of(state: &UiState) -> Self {
        let room = state.room();
        let above = if room == Room::Tiny { 1 } else { 2 };
        Self::new(room, Rect::new(0, above, state.size.width, state.size.height.saturating_sub(above + 1)))
    }
}

fn graph_of(body: &ViewBody) -> Option<&GraphView> {
    let ViewBody::Topology(graph) = body else { return None };
    Some(graph)
}

/// The node under the cursor: the chosen one, else the core with most links.
fn selected<'g>(graph: &'g GraphView, state: &UiState) -> Option<&'g GraphNode> {
    let chosen = state.map.selected.as_ref().and_then(|id| graph.nodes.iter().find(|node| node.id == *id));
    chosen.or_else(|| {
        let links = |node: &GraphNode| graph.edges.iter().filter(|edge| edge.a == node.id || edge.b == node.id).count();
        graph
            .nodes
            .iter()
            .filter(|node| node.layer == 1 && node.count == 1)
            .max_by_key(|node| links(node))
            .or(graph.nodes.first())
    })
}

/// The filter for the flows of the link that was walked along to the selected node, at both of its ends.
fn walked_link(graph: &GraphView, (state, node): (&UiState, &GraphNode)) -> Option<String> {
    let from = state.map.walked_from.as_ref()?;
    let edge =
        graph.edges.iter().find(|edge| (&edge.a, &edge.b) == (from, &node.id) || (&edge.b, &edge.a) == (from, &node.id))?;
    let end = |id: &String, port: &Option<String>| {
        let device = graph.nodes.iter().find(|node| node.id == *id).filter(|node| is_device(node))?;
        Some(related::port_filter(&device.label, port.as_deref()?))
    };
    let ends: Vec<String> = [end(&edge.a, &edge.a_port), end(&edge.b, &edge.b_port)].into_iter().flatten().collect();
    (!ends.is_empty()).then(|| ends.iter().map(|end| format!("({end})")).collect::<Vec<_>>().join(" or "))
}

/// Whether the tree stands for the map.
fn is_tree(state: &UiState) -> bool {
    state.map.tree || state.room() == Room::Tiny
}

/// Whether the far view stands for the map: as asked for, else where the map could not be read.
fn is_far(state: &UiState, arrangement: Option<&Arrangement>, area: Rect) -> bool {
    let too_large = |map: &Arrangement| {
        map.layout.is_crowded()
            || map.layout.width > FAR_FROM * i32::from(area.width)
            || map.layout.height > FAR_FROM * i32::from(area.height)
    };
    !is_tree(state) && state.map.far.unwrap_or_else(|| arrangement.is_some_and(too_large))
}

/// The same as the keys see it.
fn keys_are_far(state: &UiState) -> bool {
    is_far(state, state.map.arrangement.as_deref(), Places::of(state).map)
}

impl Pane for Topology {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Map]
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        let mut request = state.request(self.page(state));
        // What is under the cursor is drawn even if it would be folded.
        let chosen = state.map.selected.as_deref().filter(|id| !id.starts_with("fold:"));
        request.subject = chosen.map(|id| Subject::Device(DeviceId::new(id)));
        request
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        let node = selected(graph_of(body)?, state).filter(|node| is_device(node))?;
        let mut request = ViewRequest::new(Screen::Device, 1);
        request.subject = Some(Subject::Device(DeviceId::new(&node.id)));
        request.at = state.time.at;
        Some(request)
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(DEVICE_COLUMNS)
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let node = selected(graph_of(body)?, state)?;
        Some(Target {
            device: is_device(node).then(|| (DeviceId::new(&node.id), node.label.clone())),
            port: None,
            cell: node.label.clone(),
            row: format!("{} {} {}", node.label, node.status.word(), node.role.word()),
            flows: walked_link(graph_of(body)?, (state, node)),
        })
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let node = selected(graph_of(body)?, state).filter(|node| is_device(node) && !keys_are_far(state))?;
        let subject = Some(Subject::Device(DeviceId::new(&node.id)));
        Some(Place { screen: Screen::Device, subject, title: node.label.clone() })
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let Some(graph) = view.and_then(|view| graph_of(&view.body)) else { return Vec::new() };
        let before = selected(graph, state).map(|node| node.id.clone());
        let effects = act::act(state, graph, gesture);
        let after = selected(graph, state).map(|node| node.id.clone());
        if before != after {
            state.map.walked_from = before;
        }
        if effects.is_empty() {
            rearrange(state, graph);
            remember_rows(state, graph);
        }
        effects
    }

    fn absorb(&self, state: &mut UiState, view: &View) -> Vec<Effect> {
        let Some(graph) = graph_of(&view.body) else { return Vec::new() };
        let before = state.map.selected.clone();
        state.map.selected = selected(graph, state).map(|node| node.id.clone());
        let address = |state: &UiState| state.map.arrangement.as_ref().map(Arc::as_ptr);
        let arrangement = address(state);
        rearrange(state, graph);
        state.map.tree_rows = None;
        remember_rows(state, graph);
        let same = arrangement.is_some() && arrangement == address(state);
        if before != state.map.selected || !same {
            walk::reveal(state, graph);
        }
        Vec::new()
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(graph) = scene.body().and_then(graph_of) else {
            return super::events::waiting(scene, area, (buf, "Topology"));
        };
        let places = Places::new(scene.state.room(), area);
        let title = legend::title(scene, graph);
        let note = legend::note(scene, graph);
        let inner = Panel::new(tr("Topology")).subtitle(&title).note(&note).focus(Focus::Here).draw(scene, places.panel, buf);
        if graph.nodes.is_empty() {
            let nothing = legend::nothing(scene.state, graph);
            return notice(buf, inner, &nothing, scene.theme.style(Tone::Dim));
        }
        let arrangement = current(scene.state, graph, places.map);
        let drawing = Drawing {
            arrangement: &arrangement,
            graph,
            selected: selected(graph, scene.state).map(|node| node.id.as_str()),
            colour_by: ColourBy::numbered(scene.state.map.colour_by),
            theme: scene.theme,
            glyphs: scene.glyphs,
        };
        let far = is_far(scene.state, Some(&arrangement), places.map);
        if is_tree(scene.state) {
            tree::draw(&drawing, scene.state, inner, buf);
        } else if far {
            draw_far(&drawing, &places, inner, buf);
        } else {
            draw_map(&drawing, scene.state.map.pan, &places, buf);
        }
        let mini = places.mini.filter(|_| !far);
        if let Some(side) = places.side {
            let rest = if mini.is_none() { places.mini.map_or(0, |mini| mini.height) } else { 0 };
            side::draw(scene, &drawing, Rect { height: side.height + rest, ..side }, buf);
        }
        if let Some(area) = mini {
            draw_mini(scene, &drawing, (&places, area), buf);
        }
    }
}

/// Where the far view is drawn: all of the panel but the legend.
fn far_area(places: &Places, inner: Rect) -> Rect {
    Rect { height: inner.height.saturating_sub(u16::from(places.legend.is_some())), ..inner }
}

fn draw_far(drawing: &Drawing<'_>, places: &Places, inner: Rect, buf: &mut Buffer) {
    let area = far_area(places, inner);
    let sites = far::sites(drawing.graph, (area.width, area.height));
    let here = drawing.selected.and_then(|id| far::site_of(&sites, drawing.graph, id));
    far::render(drawing, (&sites, here), area, buf);
    if let Some(area) = places.legend {
        legend::far(drawing, area, buf);
    }
}

/// Makes the rows of the tree once for a view: of ten thousand nodes they take longer than a frame may.
fn remember_rows(state: &mut UiState, graph: &GraphView) {
    let by = state.map.tree_by;
    let known = state.map.tree_rows.as_ref().is_some_and(|rows| rows.are_of(graph, by));
    if is_tree(state) && !known {
        state.map.tree_rows = Some(Arc::new(TreeRows::new(graph, by)));
    }
}

/// Whether a node has an inventory and a screen of its own.
fn is_device(node: &GraphNode) -> bool {
    node.count == 1 && !node.neighbour && !node.id.starts_with("fold:")
}

/// The layout of the graph: the remembered one where it is of this graph, or where a newer one is being made.
fn current(state: &UiState, graph: &GraphView, area: Rect) -> Arc<Arrangement> {
    match &state.map.arrangement {
        Some(map) if state.map.worker.is_some() && graph.nodes.len() > BESIDE => Arc::clone(map),
        before => arrange(graph, (&state.map.hidden_layers, area), before.as_ref()),
    }
}

/// Brings the remembered layout up to date.
fn rearrange(state: &mut UiState, graph: &GraphView) {
    let area = Places::of(state).map;
    if graph.nodes.len() > BESIDE && state.map.arrangement.is_some() && state.map.worker.is_none() {
        // Without a thread it is laid out here, as a small one.
        state.map.worker = LayoutWorker::start(|| {}).ok().map(Arc::new);
    }
    let worker = state.map.worker.clone().filter(|_| graph.nodes.len() > BESIDE);
    let Some(worker) = worker else {
        state.map.arrangement = Some(arrange(graph, (&state.map.hidden_layers, area), state.map.arrangement.as_ref()));
        return;
    };
    if let Some((plan, layout)) = worker.take() {
        let layout = Arc::unwrap_or_clone(layout);
        let of = grow::fingerprint(&plan);
        state.map.arrangement =
            Some(Arc::new(Arrangement { plan, layout, density: Density::Compact, of, room: (area.width, area.height) }));
    }
    let wanted = plan(graph, (&state.map.hidden_layers, area.width), Density::Compact);
    let of = grow::fingerprint(&wanted);
    let map = state.map.arrangement.as_mut();
    // A few nodes more are put in at once, where nobody else holds the map.
    let shown = map.is_some_and(|map| map.of == of || Arc::get_mut(map).is_some_and(|map| grow::grow(map, &wanted)));
    if !shown {
        let before = state.map.arrangement.as_ref().map(|map| Arc::new(map.layout.clone()));
        worker.submit(wanted, before);
    }
}

fn draw_map(drawing: &Drawing<'_>, pan: (i32, i32), places: &Places, buf: &mut Buffer) {
    let layout = &drawing.arrangement.layout;
    let view = Viewport::new(layout, places.map, pan);
    drawing.render(&view, buf);
    if let Some(names) = places.names {
        let mut before = None;
        for lane in &layout.lanes {
            let y = lane.y + i32::from(lane.height > 2);
            let first = before != Some(lane.layer);
            before = Some(lane.layer);
            if let Some((_, row)) = view.place((view.origin.0, y)).filter(|_| first) {
                put(buf, Position::new(names.x + 1, row), names.width, (row_name(lane.layer), drawing.theme.style(Tone::Header)));
            }
        }
    }
    if let Some(area) = places.legend {
        legend::draw(drawing, area, buf);
    }
}

fn draw_mini(scene: &Scene<'_>, drawing: &Drawing<'_>, (places, area): (&Places, Rect), buf: &mut Buffer) {
    let graph = drawing.graph;
    let title = trn!(graph.total_nodes, "1 node", "{} nodes");
    let inner = Panel::new(&title).subtitle(&trn!(graph.total_links, "1 link", "{} links")).draw(scene, area, buf);
    let drawn = graph.nodes.iter().filter(|node| node.count == 1).count();
    let counts = trf!("{} shown, {} folded", drawn, graph.folded_nodes);
    put(buf, Position::new(inner.x, inner.bottom().saturating_sub(1)), inner.width, (&counts, scene.theme.style(Tone::Dim)));
    let picture = Rect { height: inner.height.saturating_sub(1), ..inner };
    let view = Viewport::new(&drawing.arrangement.layout, places.map, scene.state.map.pan);
    mini::render(drawing, &view, picture, buf);
}
