//! Where the keys lead on the map: along the links, to what is nearest in the direction.

use super::{Places, far_area, is_tree, keys_are_far, selected, tree};
use crate::state::view::GraphView;
use crate::ui::lang::tr;
use crate::ui::layout::Slab;
use crate::ui::pane::Gesture;
use crate::ui::state::UiState;
use crate::ui::widget::map::{Arrangement, Viewport, far};
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// One step from the node under the cursor.
pub fn step(state: &mut UiState, graph: &GraphView, gesture: Gesture) {
    let Some(here) = selected(graph, state).map(|node| node.id.clone()) else { return };
    let to = if is_tree(state) {
        tree::step(state, graph, (&here, gesture))
    } else if keys_are_far(state) {
        from_afar(state, graph, (&here, gesture))
    } else {
        state.map.arrangement.as_ref().and_then(|map| on_map(map, graph, (&here, gesture)))
    };
    if let Some(to) = to {
        state.map.selected = Some(to);
        reveal(state, graph);
    }
}

/// The nearest site; of it the node nearest to the world.
fn from_afar(state: &UiState, graph: &GraphView, (here, gesture): (&str, Gesture)) -> Option<String> {
    let places = Places::of(state);
    let inner =
        Rect { width: places.panel.width.saturating_sub(2), height: places.panel.height.saturating_sub(2), ..places.panel };
    let area = far_area(&places, inner);
    let sites = far::sites(graph, (area.width, area.height));
    let own = sites.get(far::site_of(&sites, graph, here)?)?.slab;
    let (x, y) = own.centre();
    let distance = |slab: &Slab| (slab.centre().0.abs_diff(x), slab.centre().1.abs_diff(y));
    let others = || sites.iter().filter(|site| site.slab != own);
    let found = match gesture {
        Gesture::First => sites.first(),
        Gesture::Last => sites.last(),
        Gesture::Left => {
            others().filter(|site| site.slab.y == own.y && site.slab.x < own.x).min_by_key(|site| distance(&site.slab))
        }
        Gesture::Right => {
            others().filter(|site| site.slab.y == own.y && site.slab.x > own.x).min_by_key(|site| distance(&site.slab))
        }
        Gesture::Up => {
            others().filter(|site| site.slab.y < own.y).min_by_key(|site| (distance(&site.slab).1, distance(&site.slab).0))
        }
        Gesture::Down => {
            others().filter(|site| site.slab.y > own.y).min_by_key(|site| (distance(&site.slab).1, distance(&site.slab).0))
        }
        _ => None,
    };
    let nodes = || found.into_iter().flat_map(|site| &site.nodes).filter_map(|at| graph.nodes.get(*at));
    nodes().find(|node| node.count == 1).or_else(|| nodes().next()).map(|node| node.id.clone())
}

/// The nearest box: left and right in the same row; up and down along the links, else to the next row.
fn on_map(map: &Arrangement, graph: &GraphView, (here, gesture): (&str, Gesture)) -> Option<String> {
    let boxes: Vec<(&str, &Slab)> = map.plan.nodes.iter().map(|node| node.id.as_str()).zip(&map.layout.boxes).collect();
    let reading = |(_, slab): &&(&str, &Slab)| (slab.y, slab.x);
    let own = boxes.iter().find(|(id, _)| *id == here).map(|(_, slab)| **slab);
    let Some(own) = own else { return boxes.iter().min_by_key(reading).map(|(id, _)| (*id).to_owned()) };
    let linked: BTreeSet<&str> = graph
        .edges
        .iter()
        .filter_map(|edge| match () {
            () if edge.a == here => Some(edge.b.as_str()),
            () if edge.b == here => Some(edge.a.as_str()),
            () => None,
        })
        .collect();
    let (x, y) = own.centre();
    let others = || boxes.iter().filter(|(id, _)| *id != here);
    let across = |slab: &Slab| slab.centre().0.abs_diff(x);
    let found = match gesture {
        Gesture::First => boxes.iter().min_by_key(reading),
        Gesture::Last => boxes.iter().max_by_key(reading),
        Gesture::Left | Gesture::Right => {
            let right = gesture == Gesture::Right;
            let ahead = |slab: &Slab| if right { slab.centre().0 > x } else { slab.centre().0 < x };
            let beside = others().filter(|(_, slab)| slab.y == own.y && ahead(slab)).min_by_key(|(_, slab)| across(slab));
            beside.or_else(|| {
                let along = others().filter(|(id, slab)| linked.contains(id) && ahead(slab));
                along.min_by_key(|(_, slab)| (slab.centre().1.abs_diff(y), across(slab)))
            })
        }
        Gesture::Up | Gesture::Down => {
            let down = gesture == Gesture::Down;
            let ahead = |slab: &Slab| if down { slab.y > own.y } else { slab.y < own.y };
            let near = |slab: &Slab| (slab.y.abs_diff(own.y), across(slab));
            let along = others().filter(|(id, slab)| linked.contains(id) && ahead(slab)).min_by_key(|(_, slab)| near(slab));
            along.or_else(|| others().filter(|(_, slab)| ahead(slab)).min_by_key(|(_, slab)| near(slab)))
        }
        _ => None,
    };
    found.map(|(id, _)| (*id).to_owned())
}

/// Moves the view by half a screen: down, then to the right where the map is wider than high.
pub fn pan(state: &mut UiState, graph: &GraphView, by: i32) {
    let places = Places::of(state);
    if is_tree(state) {
        let half = i32::from(places.panel.height / 2).max(1);
        for _ in 0..half {
            step(state, graph, if by < 0 { Gesture::Up } else { Gesture::Down });
        }
        return;
    }
    let Some(map) = state.map.arrangement.clone() else { return };
    let room = (i32::from(places.map.width), i32::from(places.map.height));
    let most = ((map.layout.width - room.0).max(0), (map.layout.height - room.1).max(0));
    let pan = &mut state.map.pan;
    let shift = |at: i32, room: i32, most: i32| (at + by * (room / 2).max(1)).clamp(0, most);
    if most.1 > 0 && shift(pan.1, room.1, most.1) != pan.1 {
        pan.1 = shift(pan.1, room.1, most.1);
    } else if most.0 > 0 {
        pan.0 = shift(pan.0, room.0, most.0);
        // A new column of screens starts at its other end.
        pan.1 = if by > 0 { 0 } else { most.1 };
    }
}

/// Moves the view by half screens until the node under the cursor is in it.
pub fn reveal(state: &mut UiState, graph: &GraphView) {
    let places = Places::of(state);
    let Some(here) = selected(graph, state).map(|node| node.id.clone()) else { return };
    if is_tree(state) {
        let rows = i32::from(places.panel.height.saturating_sub(2)).max(1);
        let at = tree::row_of(state, graph, &here).and_then(|row| i32::try_from(row).ok()).unwrap_or(0);
        state.map.pan.1 = state.map.pan.1.clamp((at + 1 - rows).max(0), at);
        return;
    }
    let Some(map) = state.map.arrangement.clone() else { return };
    let Some(slab) = map.plan.nodes.iter().position(|node| node.id == here).and_then(|at| map.layout.boxes.get(at)) else {
        return;
    };
    let origin = Viewport::new(&map.layout, places.map, state.map.pan).origin;
    let along = |first: i32, last: i32, (origin, room, length): (i32, u16, i32)| {
        let (room, mut at) = (i32::from(room), origin);
        if length <= room {
            return 0;
        }
        let half = (room / 2).max(1);
        while last >= at + room && first > at {
            at += half;
        }
        while first < at {
            at -= half;
        }
        at.clamp(0, length - room)
    };
    state.map.pan = (
        along(slab.x, slab.right(), (origin.0, places.map.width, map.layout.width)),
        along(slab.y, slab.bottom(), (origin.1, places.map.height, map.layout.height)),
    );
}

/// To the next or the previous node that the filter names.
pub fn find(state: &mut UiState, graph: &GraphView, by: isize) {
    let matching: Vec<&str> = graph.nodes.iter().filter(|node| node.matches > 0).map(|node| node.id.as_str()).collect();
    if matching.is_empty() {
        state.complain(tr("no match"));
        return;
    }
    let here = selected(graph, state).map(|node| node.id.as_str());
    let at = matching.iter().position(|id| Some(*id) == here);
    let next = match at {
        Some(at) => (at + matching.len()).checked_add_signed(by).map(|next| next % matching.len()),
        None => Some(0),
    };
    if let Some(id) = next.and_then(|next| matching.get(next)) {
        state.map.selected = Some((*id).to_owned());
        reveal(state, graph);
    }
}
