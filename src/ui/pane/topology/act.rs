//! What the map's own keys do: folding, focus, layers, the far view.

use super::{keys_are_far, selected, walk};
use crate::model::DeviceId;
use crate::query::{MapLayer, Screen};
use crate::state::view::GraphView;
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trf};
use crate::ui::pane::Gesture;
use crate::ui::state::{Place, UiState};
use crate::ui::update::navigate;
use crate::ui::widget::map::ColourBy;
use std::collections::BTreeSet;

/// Hops about the focus: at first, and at most.
const HOPS: u8 = 2;
const MOST_HOPS: u8 = 6;
/// The largest VLAN id (IEEE 802.1Q, 9.6).
const MOST_VLAN: u16 = 4094;
/// Nothing is folded at this level.
pub(super) const UNFOLDED: u8 = 2;
/// Nodes from which zooming in on a site shows its surroundings alone.
const LARGE: usize = 120;

/// Answers a gesture.
pub(super) fn act(state: &mut UiState, graph: &GraphView, gesture: Gesture) -> Vec<Effect> {
    match gesture {
        Gesture::Up | Gesture::Down | Gesture::Left | Gesture::Right | Gesture::First | Gesture::Last => {
            walk::step(state, graph, gesture);
        }
        Gesture::HalfUp | Gesture::PageUp => walk::pan(state, graph, -1),
        Gesture::HalfDown | Gesture::PageDown => walk::pan(state, graph, 1),
        Gesture::NextMatch => walk::find(state, graph, 1),
        Gesture::PreviousMatch => walk::find(state, graph, -1),
        Gesture::Enter if keys_are_far(state) => return zoom_in(state, graph),
        Gesture::Enter => return enter(state, graph),
        Gesture::Focus => return focus(state, graph),
        Gesture::Hops => return hops(state, graph),
        Gesture::More => return more(state, graph),
        Gesture::Less => return less(state, graph),
        Gesture::Tree => {
            state.map.tree = !state.map.tree;
            state.map.pan = (0, 0);
            walk::reveal(state, graph);
        }
        Gesture::TreeSort => state.map.tree_by = (state.map.tree_by + 1) % super::tree::BY.len(),
        Gesture::Far => {
            state.map.far = Some(!keys_are_far(state));
            state.map.tree = false;
            walk::reveal(state, graph);
        }
        Gesture::Roles => hide_roles(&mut state.map.hidden_layers, graph),
        Gesture::Layers => return next_layer(state, graph),
        Gesture::NextVlan => return vlan_step(state, graph, 1),
        Gesture::PreviousVlan => return vlan_step(state, graph, -1),
        Gesture::Port | Gesture::Uplink | Gesture::Fold => {}
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
    let name = crate::model::text::visible(&node.label);
    state.say(trf!("{} is only heard of by its neighbours: nothing is read of it", name));
    Vec::new()
}

/// From the site under the cursor to its devices.
fn zoom_in(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    state.map.far = Some(false);
    let devices: usize = graph.nodes.iter().map(|node| node.count).sum();
    if devices <= LARGE || state.map.request.focus.is_some() {
        walk::reveal(state, graph);
        return Vec::new();
    }
    focus_on(state, graph, HOPS)
}

fn focus(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    if state.map.request.focus.take().is_some() {
        state.map.request.hops = 0;
        state.map.pan = (0, 0);
        return vec![Effect::Watch];
    }
    focus_on(state, graph, HOPS)
}

fn focus_on(state: &mut UiState, graph: &GraphView, hops: u8) -> Vec<Effect> {
    let Some(node) = selected(graph, state).filter(|node| node.count == 1) else { return Vec::new() };
    state.map.request.focus = Some(DeviceId::new(&node.id));
    state.map.request.hops = hops;
    state.map.pan = (0, 0);
    vec![Effect::Watch]
}

/// The next number of hops, after six one again.
fn hops(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    if state.map.request.focus.is_none() {
        return focus_on(state, graph, 1);
    }
    state.map.request.hops = state.map.request.hops % MOST_HOPS + 1;
    vec![Effect::Watch]
}

/// More of the network: the site from afar, a wider focus, the fold under the cursor, or the next fold level.
fn more(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    if keys_are_far(state) {
        return zoom_in(state, graph);
    }
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

/// Less of it: a narrower focus, the fold that was opened last, the fold level before; at last everything from afar.
fn less(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    let request = &mut state.map.request;
    if request.focus.is_some() && request.hops > 1 {
        request.hops -= 1;
        return vec![Effect::Watch];
    }
    if request.focus.take().is_some() {
        request.hops = 0;
        return vec![Effect::Watch];
    }
    if request.opened.pop().is_some() {
        return vec![Effect::Watch];
    }
    if request.level > 0 {
        request.level -= 1;
        return vec![Effect::Watch];
    }
    state.map.far = Some(true);
    walk::reveal(state, graph);
    Vec::new()
}

/// Takes the lowest row away, then the one above it; after the second they all come back.
fn hide_roles(hidden: &mut BTreeSet<u8>, graph: &GraphView) {
    /// Rows that can be taken away.
    const MOST_HIDDEN: usize = 2;
    let lowest = graph.nodes.iter().map(|node| node.layer).filter(|layer| !hidden.contains(layer)).max();
    match lowest.filter(|lowest| hidden.len() < MOST_HIDDEN && *lowest > 1) {
        Some(lowest) => {
            hidden.insert(lowest);
        }
        None => hidden.clear(),
    }
}

/// From the links to the VLAN that was looked at last, to the routed network, and to the links again.
fn next_layer(state: &mut UiState, graph: &GraphView) -> Vec<Effect> {
    let last = state.map.vlan.filter(|vlan| graph.vlans.contains(vlan)).or_else(|| graph.vlans.first().copied());
    let next = match (state.map.request.layer, last) {
        (MapLayer::L2, Some(vlan)) => MapLayer::Vlan(vlan),
        (MapLayer::L2, None) | (MapLayer::Vlan(_), _) => MapLayer::L3,
        (MapLayer::L3, _) => MapLayer::L2,
    };
    show_layer(state, next)
}

fn vlan_step(state: &mut UiState, graph: &GraphView, by: isize) -> Vec<Effect> {
    if graph.vlans.is_empty() {
        state.complain(tr("No switch has told of a VLAN."));
        return Vec::new();
    }
    let here = match state.map.request.layer {
        MapLayer::Vlan(vlan) => graph.vlans.iter().position(|known| *known == vlan),
        MapLayer::L2 | MapLayer::L3 => None,
    };
    let count = graph.vlans.len();
    let at = match here {
        Some(at) => (at + count).saturating_add_signed(by) % count,
        None => 0,
    };
    let next = graph.vlans.get(at).copied().map_or(MapLayer::L2, MapLayer::Vlan);
    show_layer(state, next)
}

/// Shows another layer; folds and focus stay, the view starts anew.
pub(super) fn show_layer(state: &mut UiState, layer: MapLayer) -> Vec<Effect> {
    if let MapLayer::Vlan(vlan) = layer {
        state.map.vlan = Some(vlan);
    }
    state.map.request.layer = layer;
    state.map.pan = (0, 0);
    vec![Effect::Watch]
}

/// `:layer l2`, `:layer vlan 20`, `:layer l3`
pub fn layer_command(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    let words: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let layer = match words.as_slice() {
        ["l2" | "links"] => Some(MapLayer::L2),
        ["l3" | "subnets"] => Some(MapLayer::L3),
        ["vlan", id] | [id] => id.parse().ok().filter(|id| (1..=MOST_VLAN).contains(id)).map(MapLayer::Vlan),
        _ => None,
    };
    let Some(layer) = layer else {
        turn.state.complain(tr("a layer is l2, l3, or vlan with its number"));
        return Vec::new();
    };
    let mut effects = show_layer(turn.state, layer);
    effects.extend(navigate(turn.state, Place::screen(Screen::Topology)));
    effects.dedup();
    effects
}
