//! The map: which network it is of (`plane`: all links, a VLAN, the routed one), that network as a graph with layers (`net`),
//! leaves and subtrees folded (`fold`), drawn nodes and edges (`draw`).
//!
//! Layers follow from roles and the place in the network, not from the longest path; the same network gives the same map.

mod draw;
mod fold;
mod layer;
mod net;
mod plane;

use super::devices::{DEVICE_COLUMNS, DeviceRef};
use super::links;
use super::lookup::Lookup;
use super::screens::{GraphView, ViewBody};
use crate::model::DeviceId;
use crate::query::filter;
use crate::query::{Subject, ViewRequest};
use net::Net;
use plane::Plane;

/// Devices that a filter names are drawn apart from their folds, unless it names more than these: a map of everything
/// that matches `switch` is no map.
const MAX_NAMED: usize = 64;

/// The folded map of a request.
pub(super) fn topology(look: &Lookup<'_>, request: &ViewRequest) -> (ViewBody, Option<String>) {
    let plane = Plane::of(look, request.map.layer);
    let net = Net::of(look, &plane);
    let mut fault = None;
    let named = named(look, &net, request).unwrap_or_else(|error| {
        fault = Some(error);
        Vec::new()
    });
    let selected = match &request.subject {
        Some(Subject::Device(id) | Subject::Interface(id, _)) => net.place(id),
        None => None,
    };
    let focus = request.map.focus.as_ref().and_then(|id| net.place(id));
    if request.map.focus.is_some() && focus.is_none() {
        fault.get_or_insert_with(|| "the device in focus is not known (at this time)".to_owned());
    }
    let visible = visible(look, &net, request, focus);
    let apart = if named.len() > MAX_NAMED { &[][..] } else { &named };
    let kept: Vec<usize> = apart.iter().copied().chain(selected).chain(focus).collect();
    let mut folded = fold::fold(&net, &request.map, &visible, &kept);
    folded.named = vec![false; net.len()];
    for at in named {
        if let Some(slot) = folded.named.get_mut(at) {
            *slot = true;
        }
    }
    let mut view = GraphView { total_nodes: net.len(), total_links: net.edges.len(), ..GraphView::default() };
    draw::draw(look, (&net, &plane), &folded, &mut view);
    view.vlans = super::vlans::ids(look.state);
    if let Some(device) = selected.or(focus).and_then(|at| net.id(at)).and_then(|id| look.state.devices.get(id)) {
        view.selected = Some(Box::new(DeviceRef::of(look, device).whole()));
        view.selected_links = links::of_device(look, &device.id);
    }
    (ViewBody::Topology(Box::new(view)), fault)
}

/// What the filter names: devices, and what is only heard of where its name holds the text.
fn named(look: &Lookup<'_>, net: &Net<'_>, request: &ViewRequest) -> Result<Vec<usize>, String> {
    let matcher = filter::matcher(&request.filter, DEVICE_COLUMNS, look.state.now).map_err(|error| error.to_string())?;
    if matcher.is_all() {
        return Ok(Vec::new());
    }
    let matching = look.state.devices.values().filter(|device| matcher.matches(&DeviceRef::of(look, device)));
    let mut found: Vec<usize> = matching.filter_map(|device| net.place(&device.id)).collect();
    let text = request.filter.to_lowercase();
    let heard = look.state.neighbours.keys().filter(|id| look.state.name_of(id).to_lowercase().contains(&text));
    found.extend(heard.filter_map(|id| net.place(id)));
    Ok(found)
}

/// Which nodes are on the map at all: those near the focus; those with faults and what leads to them.
fn visible(look: &Lookup<'_>, net: &Net<'_>, request: &ViewRequest, focus: Option<usize>) -> Vec<bool> {
    let mut visible = match focus {
        Some(focus) => net.within(focus, request.map.hops.max(1)),
        None => vec![true; net.len()],
    };
    if request.faults_only {
        let mut wanted = vec![false; net.len()];
        for at in 0..net.len() {
            if is_fault(look, net.id(at)) {
                net.up_from(at, |above| {
                    if let Some(slot) = wanted.get_mut(above) {
                        *slot = true;
                    }
                });
            }
        }
        for (slot, wanted) in visible.iter_mut().zip(wanted) {
            *slot &= wanted;
        }
    }
    visible
}

fn is_fault(look: &Lookup<'_>, id: Option<&DeviceId>) -> bool {
    let Some(device) = id.and_then(|id| look.state.devices.get(id)) else { return false };
    DeviceRef::of(look, device).is_fault()
}
