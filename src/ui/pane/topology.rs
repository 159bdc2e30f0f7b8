//! Topology: the map, the node under the cursor with its links, and the whole very small.
//!
//! Where there is no room for a map, or its lines could not be followed, the tree says the same. Start at [`Topology`], then
//! [`walk`] (where the keys lead), [`side`] (the node under the cursor) and [`tree`].

mod side;
mod tree;
mod walk;

use super::{Context, Pane, Place, Scene, Target, names_of};
use crate::model::DeviceId;
use crate::query::{Screen, Subject, ViewRequest};
use crate::state::view::{DEVICE_COLUMNS, GraphNode, GraphView, View, ViewBody};
use crate::ui::effect::Effect;
use crate::ui::layout::worker::LayoutWorker;
use crate::ui::pane::Gesture;
use crate::ui::state::{Room, UiState};
use crate::ui::text::EN;
use crate::ui::theme::{Tone, UTILISATION_BREAKS};
use crate::ui::update::related;
use crate::ui::widget::map::{Arrangement, ColourBy, Density, Drawing, Viewport, arrange, mini, plan, row_name};
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::{notice, put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use std::collections::BTreeSet;
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
/// Hops about the focus: at first, and at most.
const HOPS: u8 = 2;
const MOST_HOPS: u8 = 6;
/// Nothing is folded at this level.
const UNFOLDED: u8 = 2;

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
    state.map.tree || state.room() == Room::Tiny || state.map.arrangement.as_ref().is_some_and(|map| map.layout.is_crowded())
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
        let node = selected(graph_of(body)?, state).filter(|node| is_device(node))?;
        let subject = Some(Subject::Device(DeviceId::new(&node.id)));
        Some(Place { screen: Screen::Device, subject, title: node.label.clone() })
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let Some(graph) = view.and_then(|view| graph_of(&view.body)) else { return Vec::new() };
        let before = selected(graph, state).map(|node| node.id.clone());
        let effects = act(state, graph, gesture);
        let after = selected(graph, state).map(|node| node.id.clone());
        if before != after {
            state.map.walked_from = before;
        }
        if effects.is_empty() {
            rearrange(state, graph);
        }
        effects
    }

    fn absorb(&self, state: &mut UiState, view: &View) {
        let Some(graph) = graph_of(&view.body) else { return };
        let before = state.map.selected.clone();
        state.map.selected = selected(graph, state).map(|node| node.id.clone());
        let arrangement = state.map.arrangement.clone();
        rearrange(state, graph);
        let same = match (&arrangement, &state.map.arrangement) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            _ => false,
        };
        if before != state.map.selected || !same {
            walk::reveal(state, graph);
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(graph) = scene.body().and_then(graph_of) else {
            return super::events::waiting(scene, area, (buf, "Topology"));
        };
        let places = Places::new(scene.state.room(), area);
        let title = title(scene, graph);
        let shown: usize = graph.nodes.iter().filter(|node| node.count == 1).count();
        let note = format!("{shown} of {} nodes", graph.total_nodes);
        let inner = Panel::new("Topology").subtitle(&title).note(&note).focus(Focus::Here).draw(scene, places.panel, buf);
        if graph.nodes.is_empty() {
            let empty: &[&str] = if graph.total_nodes == 0 { &EN.first_run } else { &[EN.nothing_matches] };
            return notice(buf, inner, empty, scene.theme.style(Tone::Dim));
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
        if scene.state.map.tree || scene.state.room() == Room::Tiny || arrangement.layout.is_crowded() {
            tree::draw(&drawing, scene.state.map.pan.1, inner, buf);
        } else {
            draw_map(&drawing, scene.state.map.pan, &places, buf);
        }
        if let Some(side) = places.side {
            side::draw(scene, &drawing, side, buf);
        }
        if let Some(area) = places.mini {
            draw_mini(scene, &drawing, (&places, area), buf);
        }
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
        state.map.arrangement = Some(Arc::new(Arrangement { plan, layout: (*layout).clone(), density: Density::Compact }));
    }
    let wanted = plan(graph, (&state.map.hidden_layers, area.width), Density::Compact);
    if state.map.arrangement.as_ref().is_none_or(|map| map.plan != wanted) {
        let before = state.map.arrangement.as_ref().map(|map| Arc::new(map.layout.clone()));
        worker.submit(wanted, before);
    }
}

fn act(state: &mut UiState, graph: &GraphView, gesture: Gesture) -> Vec<Effect> {
    match gesture {
        Gesture::Up | Gesture::Down | Gesture::Left | Gesture::Right | Gesture::First | Gesture::Last => {
            walk::step(state, graph, gesture)
        }
        Gesture::HalfUp | Gesture::PageUp => walk::pan(state, graph, -1),
        Gesture::HalfDown | Gesture::PageDown => walk::pan(state, graph, 1),
        Gesture::NextMatch => walk::find(state, graph, 1),
        Gesture::PreviousMatch => walk::find(state, graph, -1),
        Gesture::Enter => return enter(state, graph),
        Gesture::Focus => return focus(state, graph),
        Gesture::More => return more(state, graph),
        Gesture::Less => return less(state),
        Gesture::Tree => {
            state.map.tree = !state.map.tree;
            state.map.pan = (0, 0);
            walk::reveal(state, graph);
        }
        Gesture::Layers => hide_layers(&mut state.map.hidden_layers, graph),
        Gesture::Fold => {}
        Gesture::ColourBy => state.map.colour_by = (state.map.colour_by + 1) % ColourBy::ALL.len(),
    }
    Vec::new()
}

fn enter(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    let Some(node) = selected(graph, state) else { return Vec::new() };
    if node.count > 1 {
        state.map.request.opened.push(node.id.clone());
        return vec![Effect::Watch];
    }
    state.say(format!("{} is only heard of by its neighbours: nothing is read of it", crate::model::text::visible(&node.label)));
    Vec::new()
}

fn focus(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    let request = &state.map.request;
    let focus = match request.focus {
        Some(_) => None,
        None => selected(graph, state).filter(|node| node.count == 1).map(|node| DeviceId::new(&node.id)),
    };
    state.map.request.hops = if focus.is_some() { HOPS } else { 0 };
    state.map.request.focus = focus;
    state.map.pan = (0, 0);
    vec![Effect::Watch]
}

/// More of the network: a wider focus, the fold under the cursor, or the next fold level.
fn more(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    if state.map.request.focus.is_some() {
        state.map.request.hops = (state.map.request.hops + 1).min(MOST_HOPS);
        return vec![Effect::Watch];
    }
    match selected(graph, state).filter(|node| node.count > 1) {
        Some(node) => state.map.request.opened.push(node.id.clone()),
        None => state.map.request.level = (state.map.request.level + 1).min(UNFOLDED),
    }
    vec![Effect::Watch]
}

/// Less of it: a narrower focus, the fold that was opened last, or the fold level before.
fn less(state: &mut UiState) -> Vec<Effect> {
    if state.map.request.focus.is_some() {
        state.map.request.hops = state.map.request.hops.saturating_sub(1).max(1);
        return vec![Effect::Watch];
    }
    if state.map.request.opened.pop().is_none() {
        state.map.request.level = state.map.request.level.saturating_sub(1);
    }
    vec![Effect::Watch]
}

/// Takes the lowest layer away, then the one above it; after the second they all come back.
fn hide_layers(hidden: &mut BTreeSet<u8>, graph: &GraphView) {
    /// Layers that can be taken away.
    const MOST_HIDDEN: usize = 2;
    let lowest = graph.nodes.iter().map(|node| node.layer).filter(|layer| !hidden.contains(layer)).max();
    match lowest.filter(|lowest| hidden.len() < MOST_HIDDEN && *lowest > 1) {
        Some(lowest) => {
            hidden.insert(lowest);
        }
        None => hidden.clear(),
    }
}

/// What is shown and by what it is coloured.
fn title(scene: &Scene<'_>, graph: &GraphView) -> String {
    let map = &scene.state.map;
    let dot = scene.glyphs.dot;
    let view = match &map.request.focus {
        Some(focus) => {
            let name = graph.nodes.iter().find(|node| node.id == focus.as_str()).map_or(focus.as_str(), |node| &node.label);
            format!("{} hops of {name}", map.request.hops)
        }
        None if map.request.level >= UNFOLDED => "everything".to_owned(),
        None => "folded".to_owned(),
    };
    let colour = ColourBy::numbered(map.colour_by).words();
    let mut title = format!("{view} {dot} colour: {colour}");
    if !map.hidden_layers.is_empty() {
        let names: Vec<&str> = map.hidden_layers.iter().map(|layer| row_name(*layer + 1)).collect();
        title.push_str(&format!(" {dot} without {}", names.join(" ")));
    }
    let filter = &scene.state.here().filter;
    if !filter.is_empty() {
        title.push_str(&format!(" {dot} /{filter}"));
    }
    title
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
        legend(drawing, area, buf);
    }
}

/// The scale of the colour, and what the shapes mean.
fn legend(drawing: &Drawing<'_>, area: Rect, buf: &mut Buffer) {
    use crate::ui::glyph::GlyphSet;
    let theme = drawing.theme;
    let dim = theme.style(Tone::Dim);
    let [light, heavy, double, down, blocked] = match drawing.glyphs.set {
        GlyphSet::Unicode => ["─", "━", "═", "╌", "┈"],
        GlyphSet::Cjk | GlyphSet::Ascii => ["-", "#", "=", ".", "."],
    };
    let mut pieces: Vec<(String, Style)> = vec![(" load ".to_owned(), dim)];
    let bounds = UTILISATION_BREAKS.iter().map(|bound| format!("<{bound:.0}")).chain(["85+".to_owned()]);
    for (step, bound) in bounds.enumerate() {
        let line = if step >= 6 { heavy } else { light };
        pieces.push((line.to_owned(), theme.utilisation_step(step)));
        pieces.push((format!("{bound} "), dim));
    }
    let cross = drawing.glyphs.status(crate::model::DeviceStatus::Down);
    for (glyph, tone, word) in [
        (double, Tone::Text, "bundle"),
        (&format!("{down}{cross}"), Tone::Critical, "down"),
        (blocked, Tone::Dim, "stp"),
        ("!", Tone::Major, "alarm"),
    ] {
        pieces.push((format!(" {glyph}"), theme.style(tone)));
        pieces.push((word.to_owned(), dim));
    }
    let pieces: Vec<(&str, Style)> = pieces.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    put_all(buf, Position::new(area.x, area.y), area.width, &pieces);
}

fn draw_mini(scene: &Scene<'_>, drawing: &Drawing<'_>, (places, area): (&Places, Rect), buf: &mut Buffer) {
    let graph = drawing.graph;
    let title = format!("{} nodes", graph.total_nodes);
    let inner = Panel::new(&title).subtitle(&format!("{} links", graph.total_links)).draw(scene, area, buf);
    let drawn = graph.nodes.iter().filter(|node| node.count == 1).count();
    let counts = format!("{drawn} shown, {} folded", graph.folded_nodes);
    put(buf, Position::new(inner.x, inner.bottom().saturating_sub(1)), inner.width, (&counts, scene.theme.style(Tone::Dim)));
    let picture = Rect { height: inner.height.saturating_sub(1), ..inner };
    let view = Viewport::new(&drawing.arrangement.layout, places.map, scene.state.map.pan);
    mini::render(drawing, &view, picture, buf);
}
