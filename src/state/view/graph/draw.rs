//! The folded map as nodes and edges with their states.

use super::super::interfaces::{larger, sum};
use super::super::links::LinkRef;
use super::super::lookup::Lookup;
use super::super::screens::{GraphEdge, GraphNode, GraphView};
use super::fold::{FOLD, Fold, Folded, Standing};
use super::layer::{ACCESS, DISTRIBUTION};
use super::net::Net;
use super::plane::Plane;
use crate::model::{Confirmed, DeviceId, DeviceStatus, Link, LinkEnd, Role, Severity};
use crate::query::filter::natural;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Names of faults that a fold shows.
const MAX_FAULTS: usize = 4;

/// Fills nodes and edges in.
pub(super) fn draw(look: &Lookup<'_>, (net, plane): (&Net<'_>, &Plane), folded: &Folded, view: &mut GraphView) {
    for (at, standing) in folded.standing.iter().enumerate() {
        match standing {
            Standing::Drawn => view.nodes.extend(node(look, (net, folded), at)),
            Standing::Folded(_) => view.folded_nodes += 1,
            Standing::Hidden => {}
        }
    }
    view.nodes.extend(folded.folds.iter().map(|fold| fold_node(look, (net, folded), fold)));
    view.nodes.sort_by(|x, y| x.id.cmp(&y.id));
    view.edges = edges(look, (net, plane), folded);
}

/// How a node is: its status and its worst alarm.
fn state(look: &Lookup<'_>, id: &DeviceId) -> (DeviceStatus, Option<Severity>) {
    let status = look.status(id).unwrap_or_default();
    (status, look.alarms(id).iter().map(|alarm| alarm.severity).max())
}

fn is_named(folded: &Folded, at: usize) -> bool {
    folded.named.get(at).copied().unwrap_or(false)
}

fn node(look: &Lookup<'_>, (net, folded): (&Net<'_>, &Folded), at: usize) -> Option<GraphNode> {
    let node = net.nodes.get(at)?;
    let (status, alarm) = state(look, node.id);
    Some(GraphNode {
        id: node.id.as_str().to_owned(),
        label: Plane::subnet_name(node.id).map_or_else(|| look.state.name_of(node.id), str::to_owned),
        role: node.role,
        layer: net.layer(at),
        status,
        alarm,
        count: 1,
        count_up: usize::from(status == DeviceStatus::Up),
        neighbour: node.heard,
        faults: Vec::new(),
        site: site(look, net, at),
        matches: usize::from(is_named(folded, at)),
    })
}

/// Where a node is: its sysLocation, else that of what it hangs under.
fn site(look: &Lookup<'_>, net: &Net<'_>, at: usize) -> Option<String> {
    let mut found = None;
    net.up_from(at, |above| {
        if found.is_none() {
            let device = net.id(above).and_then(|id| look.state.devices.get(id));
            found = device.and_then(|device| device.sys_location.clone());
        }
    });
    found
}

/// How bad a status is in a fold. What is only unknown (neighbours) does not make a fold of healthy devices unknown.
const fn badness(status: DeviceStatus) -> u8 {
    match status {
        DeviceStatus::Unknown => 0,
        DeviceStatus::Up => 1,
        DeviceStatus::Maintenance => 2,
        DeviceStatus::Unreachable => 3,
        DeviceStatus::Down => 4,
    }
}

fn fold_node(look: &Lookup<'_>, (net, folded): (&Net<'_>, &Folded), fold: &Fold) -> GraphNode {
    let ids = |places: &[usize]| places.iter().filter_map(|at| net.id(*at)).collect::<Vec<_>>();
    let states: Vec<_> = ids(&fold.all).into_iter().map(|id| (id, state(look, id))).collect();
    let mut faults: Vec<(u8, Option<Severity>, String)> = states
        .iter()
        .filter(|(_, (status, alarm))| badness(*status) >= badness(DeviceStatus::Unreachable) || alarm.is_some())
        .map(|(id, (status, alarm))| (badness(*status), *alarm, look.state.name_of(id)))
        .collect();
    faults.sort_by(|x, y| Reverse((x.0, x.1)).cmp(&Reverse((y.0, y.1))).then_with(|| natural(&x.2, &y.2)));
    GraphNode {
        id: fold.id.clone(),
        label: format!("+{} {}", short(fold.role, fold.layer), fold.members.len()),
        role: fold.role,
        layer: fold.layer,
        status: states.iter().map(|(_, (status, _))| *status).max_by_key(|status| badness(*status)).unwrap_or_default(),
        alarm: states.iter().filter_map(|(_, (_, alarm))| *alarm).max(),
        count: fold.members.len(),
        count_up: ids(&fold.members).into_iter().filter(|id| state(look, id).0 == DeviceStatus::Up).count(),
        neighbour: fold.members.iter().all(|at| net.nodes.get(*at).is_some_and(|node| node.heard)),
        faults: faults.into_iter().take(MAX_FAULTS).map(|(_, _, name)| name).collect(),
        site: fold.members.first().and_then(|at| site(look, net, *at)),
        matches: fold.all.iter().filter(|at| is_named(folded, **at)).count(),
    }
}

/// The short word of a fold.
const fn short(role: Role, layer: u8) -> &'static str {
    match role {
        Role::Switch if layer == ACCESS => "acc",
        Role::Switch if layer == DISTRIBUTION => "dist",
        Role::Switch => "sw",
        Role::AccessPoint => "ap",
        Role::WlanController => "wlc",
        Role::Unknown => "other",
        role => role.word(),
    }
}

/// The id under which a node stands on the map.
fn shown_as<'a>(net: &Net<'a>, folded: &'a Folded, at: usize) -> Option<&'a str> {
    match folded.standing.get(at)? {
        Standing::Hidden => None,
        Standing::Drawn => net.id(at).map(|id| id.as_str()),
        Standing::Folded(number) => folded.folds.get(*number).map(|fold| fold.id.as_str()),
    }
}

fn edges(look: &Lookup<'_>, (net, plane): (&Net<'_>, &Plane), folded: &Folded) -> Vec<GraphEdge> {
    let mut edges: BTreeMap<(&str, &str), GraphEdge> = BTreeMap::new();
    for (a, b, link) in &net.edges {
        let (Some(x), Some(y)) = (shown_as(net, folded, *a), shown_as(net, folded, *b)) else { continue };
        if x == y {
            continue;
        }
        let turned = x > y;
        let (near, far) = if turned { (y, x) } else { (x, y) };
        let ends = if turned { (&link.b, &link.a) } else { (&link.a, &link.b) };
        let mut one = edge(look, link, (near, far), ends);
        one.one_sided |= plane.loses(look.state, link);
        // A fold has no port of its own.
        for (port, end) in [(&mut one.a_port, near), (&mut one.b_port, far)] {
            port.take_if(|_| end.starts_with(FOLD));
        }
        match edges.get_mut(&(near, far)) {
            Some(bundle) => join(bundle, one),
            None => {
                edges.insert((near, far), one);
            }
        }
    }
    edges.into_values().collect()
}

fn edge(look: &Lookup<'_>, link: &Link, (near, far): (&str, &str), (a, b): (&LinkEnd, &LinkEnd)) -> GraphEdge {
    let row = LinkRef::of(look, link);
    GraphEdge {
        a: near.to_owned(),
        b: far.to_owned(),
        a_port: a.port.clone(),
        b_port: b.port.clone(),
        count: 1,
        count_up: row.is_up().map(usize::from),
        speed_bps: link.speed_bps,
        utilisation: row.utilisation(),
        errors_per_second: row.errors(),
        stp_blocked: link.stp_blocked == Some(true),
        one_sided: link.confirmed_by == Confirmed::One,
    }
}

/// Adds a parallel link to a bundle.
fn join(bundle: &mut GraphEdge, one: GraphEdge) {
    bundle.a_port = bundle.a_port.take().filter(|port| Some(port) == one.a_port.as_ref());
    bundle.b_port = bundle.b_port.take().filter(|port| Some(port) == one.b_port.as_ref());
    bundle.count += one.count;
    bundle.count_up = [bundle.count_up, one.count_up].into_iter().flatten().reduce(|x, y| x + y);
    bundle.speed_bps = [bundle.speed_bps, one.speed_bps].into_iter().flatten().reduce(u64::saturating_add);
    bundle.utilisation = larger(bundle.utilisation, one.utilisation);
    bundle.errors_per_second = sum(bundle.errors_per_second, one.errors_per_second);
    bundle.stp_blocked &= one.stp_blocked;
    bundle.one_sided &= one.one_sided;
}
