//! Counts and the worst of everything.

use super::answer::RECENT;
use super::lookup::Lookup;
use super::screens::OverviewView;
use super::{Table, alarms, links, wireless};
use crate::model::{DeviceId, DeviceStatus, EntityKey, Metric, Role};
use crate::query::{AlarmRequest, ViewRequest};
use crate::state::State;
use crate::state::live::port_names;

/// Links shown as the busiest, at most; a screen cuts what it has no room for.
const BUSIEST: usize = 16;
/// Ports that are summed as the traffic to the world, at most: more are no edge.
const WAN_PORTS: usize = 64;

pub(super) fn overview(look: &Lookup<'_>, request: &ViewRequest) -> OverviewView {
    let state = look.state;
    let mut view = OverviewView {
        links: state.links.len(),
        neighbours: state.neighbours.len(),
        busiest: links::busiest(look, BUSIEST),
        recent: state.recent.iter().rev().take(RECENT).map(|row| (**row).clone()).collect(),
        ..OverviewView::default()
    };
    count_devices(state, &mut view);
    count_wireless(state, &mut view);
    count_ports(state, &mut view);
    let mut standing = request.clone();
    standing.faults_only = true;
    standing.filter.clear();
    standing.sort = None;
    standing.subject = None;
    standing.alarms = AlarmRequest { fold: true, ..AlarmRequest::default() };
    standing.folded.clear();
    let (table, _) = alarms::alarms(look, &standing);
    view.alarms = Table { total: table.matched, ..table };
    wan(state, &mut view);
    view
}

fn count_devices(state: &State, view: &mut OverviewView) {
    for device in state.devices.values() {
        let status = state.conditions.get(&device.id).map_or(DeviceStatus::Unknown, |condition| condition.status);
        let count = match status {
            DeviceStatus::Up => &mut view.devices_up,
            DeviceStatus::Down => &mut view.devices_down,
            DeviceStatus::Unreachable => &mut view.devices_unreachable,
            DeviceStatus::Unknown => &mut view.devices_unknown,
            DeviceStatus::Maintenance => &mut view.devices_maintenance,
        };
        *count += 1;
        match (device.role, status) {
            (Role::AccessPoint, DeviceStatus::Up) => view.access_points_up += 1,
            (Role::AccessPoint, DeviceStatus::Down | DeviceStatus::Unreachable) => view.access_points_down += 1,
            _ => {}
        }
    }
}

/// Access points as their controllers have them, where there is one: those that answer SNMP themselves are among them.
fn count_wireless(state: &State, view: &mut OverviewView) {
    let (up, down, clients) = wireless::counts(state);
    view.wireless_clients = clients;
    if up + down > 0 {
        (view.access_points_up, view.access_points_down) = (up, down);
    }
}

fn count_ports(state: &State, view: &mut OverviewView) {
    for condition in state.conditions.values() {
        for port in &condition.ports {
            view.interfaces_up += usize::from(port.is_up());
            view.interfaces_down += usize::from(port.is_down());
            view.interfaces_flapping += usize::from(port.is_flapping(state.now));
        }
    }
    view.interfaces_with_errors = state.live.values().map(|live| live.ports_with_errors).sum();
}

/// The ports whose sum is the traffic to and from the world, for the engine to read their past: ports of routers and
/// firewalls that lead out of what is known; else their links; else one end of every link.
pub fn wan_ports(state: &State) -> Vec<EntityKey> {
    let mut ports = edge_ports(state);
    if ports.is_empty() {
        let is_edge = |id: &DeviceId| state.devices.get(id).is_some_and(|device| is_edge_role(device.role));
        let any_edge = state.links.values().any(|link| is_edge(&link.a.device) || is_edge(&link.b.device));
        for link in state.links.values() {
            let end = if is_edge(&link.b.device) && !is_edge(&link.a.device) { &link.b } else { &link.a };
            if (!any_edge || is_edge(&end.device)) && state.devices.contains_key(&end.device) {
                ports.extend(end.port.clone().map(|port| EntityKey { device: end.device.clone(), part: Some(port) }));
            }
        }
    }
    ports.sort_unstable();
    ports.dedup();
    ports.truncate(WAN_PORTS);
    ports
}

const fn is_edge_role(role: Role) -> bool {
    matches!(role, Role::Router | Role::Firewall)
}

/// IANAifType: softwareLoopback, and kinds that only carry what another port carries (tunnels stand on a port).
const NOT_A_LINE: [u32; 5] = [24, 53, 131, 135, 136];

/// Ports of routers and firewalls that are up and lead to nobody that is known.
fn edge_ports(state: &State) -> Vec<EntityKey> {
    let mut ports = Vec::new();
    for device in state.devices.values().filter(|device| is_edge_role(device.role)) {
        let condition = state.conditions.get(&device.id);
        let inner: Vec<_> = state
            .links_of(&device.id)
            .iter()
            .filter(|link| state.devices.contains_key(&link.a.device) && state.devices.contains_key(&link.b.device))
            .flat_map(|link| [&link.a, &link.b])
            .filter(|end| end.device == device.id)
            .filter_map(|end| end.if_index)
            .collect();
        for (port, name) in device.interfaces.iter().zip(port_names(device)) {
            let up = condition.and_then(|condition| condition.port(port.if_index)).is_some_and(|port| port.is_up());
            let line = !port.if_type.is_some_and(|kind| NOT_A_LINE.contains(&kind));
            if up && line && !inner.contains(&port.if_index) {
                ports.push(EntityKey { device: device.id.clone(), part: Some(name) });
            }
        }
    }
    ports
}

fn wan(state: &State, view: &mut OverviewView) {
    for port in wan_ports(state) {
        let rates = port.part.as_ref().and_then(|name| {
            let device = state.devices.get(&port.device)?;
            let place = port_names(device).iter().position(|known| known == name)?;
            state.live.get(&port.device)?.rates(device.interfaces.get(place)?.if_index)
        });
        for (sum, metric) in [(&mut view.wan_in_bps, Metric::InBps), (&mut view.wan_out_bps, Metric::OutBps)] {
            if let Some(rate) = rates.and_then(|rates| rates.get(metric)) {
                *sum = Some(sum.unwrap_or(0.0) + rate);
            }
        }
    }
}
