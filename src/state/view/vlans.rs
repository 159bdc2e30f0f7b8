//! The VLANs of the network, and where one of them goes: device by device, port by port.

use super::lookup::Lookup;
use super::screens::{ViewBody, VlanDevice, VlanFault, VlanFaultKind, VlanPort, VlanRow, VlansView};
use super::switch::Bridges;
use super::table::{Choice, columns, pick};
use crate::model::{Device, DeviceId, IfIndex, Interface, Link, LinkEnd, MacAddr, Metric, OperStatus, PortMode};
use crate::query::filter::{Value, natural};
use crate::query::{MapLayer, ViewRequest};
use crate::state::State;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Devices of the matrix: more than anybody reads, and a bound for the socket.
const MOST_DEVICES: usize = 500;
/// Ports of a device in the matrix: a large chassis.
const MOST_PORTS: usize = 512;
/// Letters of a shortened list of ports.
const MOST_LETTERS: usize = 240;
/// IANAifType ieee8023adLag
const LAG: u32 = 161;

/// What is known of one switch port and VLANs.
#[derive(Clone, Copy)]
pub(super) struct Membership<'a> {
    ids: &'a [u16],
    untagged: &'a [u16],
    pvid: Option<u16>,
    mode: Option<PortMode>,
}

impl<'a> Membership<'a> {
    /// Of a port; a member of an aggregate that says nothing itself has that of the aggregate. `None` is no switch port.
    pub(super) fn of(device: &'a Device, port: &'a Interface) -> Option<Self> {
        let own = |port: &'a Interface| {
            let known = !port.vlans.is_empty() || port.pvid.is_some();
            known.then_some(Self { ids: &port.vlans, untagged: &port.untagged, pvid: port.pvid, mode: port.mode })
        };
        own(port).or_else(|| own(device.interface(port.aggregate?)?))
    }

    pub(super) fn carries(&self, vlan: u16) -> bool {
        self.ids.contains(&vlan) || (self.ids.is_empty() && self.pvid == Some(vlan))
    }

    /// The VLANs that it carries.
    pub(super) fn all(&self) -> impl Iterator<Item = u16> {
        let lone = self.pvid.filter(|_| self.ids.is_empty());
        self.ids.iter().copied().chain(lone)
    }

    fn is_trunk(&self) -> bool {
        self.mode.map_or(self.ids.len() > 1, |mode| mode == PortMode::Trunk)
    }

    /// Whether a VLAN leaves without a tag: as the agent says, else the port's own.
    fn is_untagged(&self, vlan: u16) -> bool {
        if self.untagged.is_empty() { self.pvid == Some(vlan) } else { self.untagged.contains(&vlan) }
    }
}

/// Whether the port at an end of a link carries a VLAN; `None` where it is not known or no switch port.
pub(super) fn carries(state: &State, end: &LinkEnd, vlan: u16) -> Option<bool> {
    membership(state, end).map(|port| port.carries(vlan))
}

fn membership<'a>(state: &'a State, end: &LinkEnd) -> Option<Membership<'a>> {
    let device = state.devices.get(&end.device)?;
    Membership::of(device, device.interface(end.if_index?)?)
}

/// VLAN ids that the network knows, ascending.
pub(super) fn ids(state: &State) -> Vec<u16> {
    let mut ids: Vec<u16> = state.devices.values().flat_map(|device| device.vlans.iter().map(|vlan| vlan.id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Whether a device has anything to do with a VLAN.
pub(super) fn knows(device: &Device, vlan: u16) -> bool {
    device.vlans.iter().any(|known| known.id == vlan)
        || device.interfaces.iter().any(|port| Membership::of(device, port).is_some_and(|port| port.carries(vlan)))
}

/// The switch ports of a device; aggregates whose members stand for themselves are left out.
pub(super) fn switch_ports(device: &Device) -> impl Iterator<Item = (&Interface, Membership<'_>)> {
    let with_members: FxHashSet<IfIndex> = device.interfaces.iter().filter_map(|port| port.aggregate).collect();
    let stands = move |port: &&Interface| port.if_type != Some(LAG) || !with_members.contains(&port.if_index);
    device.interfaces.iter().filter(stands).filter_map(|port| Some((port, Membership::of(device, port)?)))
}

pub(super) fn is_up(look: &Lookup<'_>, device: &DeviceId, port: &Interface) -> bool {
    let end = LinkEnd { device: device.clone(), if_index: Some(port.if_index), port: None };
    matches!(look.oper(&end).or(port.oper_status), Some(OperStatus::Up | OperStatus::Dormant))
}

pub(super) fn is_blocked(port: &Interface) -> bool {
    super::switch::is_blocked(port.stp_state.as_deref())
}

/// The screen: the table, and the matrix of the VLAN that is asked about, else of the first.
pub(super) fn vlans(look: &Lookup<'_>, request: &ViewRequest) -> (ViewBody, Option<String>) {
    let rows = rows(look);
    let each = rows.iter().map(|row| VlanRef { row }).collect();
    let mut picked = pick(
        each,
        &Choice { request, columns: VLAN_COLUMNS, now: look.state.now, is_fault: |row: &VlanRef<'_>| row.row.is_fault() },
    );
    let fault = picked.fault.take();
    let table = picked.table(|row| row.row.clone());
    let asked = match request.map.layer {
        MapLayer::Vlan(id) => Some(id),
        MapLayer::L2 | MapLayer::L3 => table.rows.first().map(|row| row.id),
    };
    let vlan = asked.filter(|id| rows.iter().any(|row| row.id == *id));
    let mut devices = vlan.map(|vlan| matrix(look, vlan)).unwrap_or_default();
    let devices_total = devices.len();
    devices.truncate(MOST_DEVICES);
    (ViewBody::Vlans(Box::new(VlansView { table, vlan, devices, devices_total })), fault)
}

#[derive(Clone, Copy)]
struct VlanRef<'a> {
    row: &'a VlanRow,
}

#[allow(clippy::cast_precision_loss, reason = "counts of ports")]
fn count(number: usize) -> Value<'static> {
    Value::Number(number as f64)
}

columns! {
    /// The columns of the VLANs' table.
    VLAN_COLUMNS, row: VlanRef<'_> {
        ["vlan", "id"] Number => Value::Number(f64::from(row.row.id));
        ["name"] Text => match row.row.names.as_slice() {
            [] => Value::Unknown,
            names => Value::Text(Cow::Owned(names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" "))),
        };
        ["devices"] Number => count(row.row.devices);
        ["access"] Number => count(row.row.access_ports);
        ["trunk"] Number => count(row.row.trunk_ports);
        ["blocked"] Number => count(row.row.blocked_ports);
        ["root"] Text => Value::text(row.row.root.as_deref());
        ["roots"] Number => count(row.row.roots);
        ["parts"] Number => count(row.row.parts);
        ["broken"] Number => count(row.row.broken + row.row.native);
        ["endpoints"] Number => count(row.row.endpoints);
        ["inBps", "in"] Number => Value::number(row.row.in_bps);
        ["outBps", "out"] Number => Value::number(row.row.out_bps);
    }
}

/// All VLANs, by id.
fn rows(look: &Lookup<'_>) -> Vec<VlanRow> {
    let mut rows: FxHashMap<u16, VlanRow> = FxHashMap::default();
    let mut names: FxHashMap<u16, BTreeMap<&str, usize>> = FxHashMap::default();
    let mut holders: FxHashMap<u16, usize> = FxHashMap::default();
    let mut roots: FxHashMap<u16, BTreeMap<MacAddr, usize>> = FxHashMap::default();
    for device in look.state.devices.values() {
        for vlan in &device.vlans {
            if let Some(name) = &vlan.name {
                *names.entry(vlan.id).or_default().entry(name).or_default() += 1;
            }
        }
        for id in count_ports(look, device, &mut rows) {
            *holders.entry(id).or_default() += 1;
            if let Some(root) = device.bridge.as_ref().and_then(|bridge| bridge.root) {
                *roots.entry(id).or_default().entry(root.mac).or_default() += 1;
            }
        }
    }
    for (id, names) in names {
        let mut named: Vec<(String, usize)> = names.into_iter().map(|(name, times)| (name.to_owned(), times)).collect();
        named.sort_by(|x, y| y.1.cmp(&x.1).then_with(|| x.0.cmp(&y.0)));
        rows.entry(id).or_default().names = named;
    }
    let (joined, faults) = follow_links(look.state);
    for endpoint in look.state.placed_endpoints() {
        if let Some(row) = endpoint.vlan.and_then(|vlan| rows.get_mut(&vlan)) {
            row.endpoints += 1;
        }
    }
    let all: BTreeSet<MacAddr> = roots.values().flat_map(BTreeMap::keys).copied().collect();
    let bridges = Bridges::of(look.state, &all.into_iter().collect::<Vec<_>>());
    for (id, row) in &mut rows {
        let told = roots.get(id);
        row.roots = told.map_or(0, BTreeMap::len);
        let most = told.and_then(|told| told.iter().max_by_key(|(_, times)| **times)).map(|(mac, _)| *mac);
        row.root = most.map(|mac| bridges.name(look.state, mac).unwrap_or_else(|| mac.to_string()));
        row.id = *id;
        row.devices = holders.get(id).copied().unwrap_or(0);
        row.parts = row.devices.saturating_sub(joined.get(id).map_or(0, Joins::count));
        (row.broken, row.native) = faults.get(id).copied().unwrap_or_default();
    }
    let mut rows: Vec<VlanRow> = rows.into_values().collect();
    rows.sort_by_key(|row| row.id);
    rows
}

/// Adds the ports of a device. Returns the VLANs that it has.
fn count_ports(look: &Lookup<'_>, device: &Device, rows: &mut FxHashMap<u16, VlanRow>) -> FxHashSet<u16> {
    let mut held: FxHashSet<u16> = device.vlans.iter().map(|vlan| vlan.id).collect();
    for (port, membership) in switch_ports(device) {
        let rates = look.state.rates(&device.id, port.if_index);
        for id in membership.all() {
            held.insert(id);
            let row = rows.entry(id).or_default();
            if is_blocked(port) {
                row.blocked_ports += 1;
            }
            if membership.is_trunk() {
                row.trunk_ports += 1;
                continue;
            }
            row.access_ports += 1;
            row.access_up += usize::from(is_up(look, &device.id, port));
            for (sum, metric) in [(&mut row.in_bps, Metric::InBps), (&mut row.out_bps, Metric::OutBps)] {
                if let Some(rate) = rates.and_then(|rates| rates.get(metric)) {
                    *sum = Some(sum.unwrap_or(0.0) + rate);
                }
            }
        }
    }
    held
}

/// Devices of one VLAN that links have joined (union by path halving).
#[derive(Default)]
struct Joins<'a> {
    above: FxHashMap<&'a DeviceId, &'a DeviceId>,
    joins: usize,
}

impl<'a> Joins<'a> {
    fn root(&mut self, mut at: &'a DeviceId) -> &'a DeviceId {
        while let Some(next) = self.above.get(at).copied() {
            if let Some(over) = self.above.get(next).copied() {
                self.above.insert(at, over);
            }
            at = next;
        }
        at
    }

    fn join(&mut self, a: &'a DeviceId, b: &'a DeviceId) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            self.above.insert(a, b);
            self.joins += 1;
        }
    }

    const fn count(&self) -> usize {
        self.joins
    }
}

/// Which devices links join in each VLAN, and how many links lose it, or have another untagged at the other end.
fn follow_links(state: &State) -> (FxHashMap<u16, Joins<'_>>, FxHashMap<u16, (usize, usize)>) {
    let mut joined: FxHashMap<u16, Joins<'_>> = FxHashMap::default();
    let mut faults: FxHashMap<u16, (usize, usize)> = FxHashMap::default();
    for link in state.links.values() {
        let (Some(a), Some(b)) = (membership(state, &link.a), membership(state, &link.b)) else { continue };
        for id in a.all().filter(|id| b.carries(*id)) {
            joined.entry(id).or_default().join(&link.a.device, &link.b.device);
        }
        for (id, kind) in faults_of((&a, &b)) {
            let (broken, native) = faults.entry(id).or_default();
            *(if kind == VlanFaultKind::Native { native } else { broken }) += 1;
        }
    }
    (joined, faults)
}

/// What is wrong between two ends, as the first sees it. An access port at one end is meant so: only trunks are held to account.
fn faults_of((a, b): (&Membership<'_>, &Membership<'_>)) -> Vec<(u16, VlanFaultKind)> {
    let mut faults = Vec::new();
    if a.is_trunk() && b.is_trunk() {
        faults.extend(a.all().filter(|id| !b.carries(*id)).map(|id| (id, VlanFaultKind::PeerLacks)));
        faults.extend(b.all().filter(|id| !a.carries(*id)).map(|id| (id, VlanFaultKind::Lacks)));
    }
    if let (Some(x), Some(y)) = (a.pvid, b.pvid)
        && x != y
    {
        faults.extend([x, y].map(|id| (id, VlanFaultKind::Native)));
    }
    faults
}

/// The devices of a VLAN: those with faults first, then by name.
fn matrix(look: &Lookup<'_>, vlan: u16) -> Vec<VlanDevice> {
    let wanted = look.devices_by_name().into_iter().filter(|device| knows(device, vlan) || is_next_to(look.state, device, vlan));
    let mut devices: Vec<VlanDevice> = wanted.map(|device| device_row(look, device, vlan)).collect();
    devices.sort_by_key(|device| Reverse(!device.faults.is_empty()));
    devices
}

/// Whether a link of a device loses the VLAN.
fn is_next_to(state: &State, device: &Device, vlan: u16) -> bool {
    state.links_of(&device.id).iter().any(|link| link_faults(state, &device.id, link).iter().any(|(id, _)| *id == vlan))
}

/// What is wrong at a link as one of its ends sees it.
fn link_faults(state: &State, device: &DeviceId, link: &Link) -> Vec<(u16, VlanFaultKind)> {
    let (near, far) = ends(device, link);
    match (membership(state, near), membership(state, far)) {
        (Some(near), Some(far)) => faults_of((&near, &far)),
        _ => Vec::new(),
    }
}

fn ends<'l>(device: &DeviceId, link: &'l Link) -> (&'l LinkEnd, &'l LinkEnd) {
    if link.a.device == *device { (&link.a, &link.b) } else { (&link.b, &link.a) }
}

fn device_row(look: &Lookup<'_>, device: &Device, vlan: u16) -> VlanDevice {
    let mut ports = Vec::new();
    let (mut untagged, mut tagged) = (Vec::new(), Vec::new());
    for (port, membership) in switch_ports(device).take(MOST_PORTS) {
        let is = port_is(&membership, (vlan, is_up(look, &device.id, port), is_blocked(port)));
        ports.push(is);
        if membership.carries(vlan) {
            let list = if membership.is_untagged(vlan) || membership.ids.len() < 2 { &mut untagged } else { &mut tagged };
            list.push(port.name());
        }
    }
    let links = look.state.links_of(&device.id).iter();
    let faults = links.flat_map(|link| {
        let (near, far) = ends(&device.id, link);
        let here = link_faults(look.state, &device.id, link).into_iter().filter(|(id, _)| *id == vlan);
        let named = |port: &Option<String>| port.clone().unwrap_or_else(|| "?".to_owned());
        let peer = look.state.name_of(&far.device);
        here.map(move |(_, kind)| VlanFault { port: named(&near.port), peer: peer.clone(), peer_port: named(&far.port), kind })
    });
    VlanDevice {
        id: device.id.clone(),
        name: device.name(),
        vlan_name: device.vlans.iter().find(|known| known.id == vlan).and_then(|known| known.name.clone()),
        ports,
        untagged: shortened(&untagged),
        tagged: shortened(&tagged),
        faults: faults.collect(),
    }
}

pub(super) fn port_is(membership: &Membership<'_>, (vlan, up, blocked): (u16, bool, bool)) -> VlanPort {
    match membership.carries(vlan) {
        false => VlanPort::Outside,
        true if blocked => VlanPort::Blocked,
        // Beside its own VLAN an access port carries at most a voice VLAN, tagged.
        true if !membership.is_trunk() && (membership.ids.len() < 2 || membership.is_untagged(vlan)) => VlanPort::Access { up },
        true if membership.is_untagged(vlan) => VlanPort::Native { up },
        true => VlanPort::Tagged { up },
    }
}

/// `Gi1/0/1 Gi1/0/2 Gi1/0/3 Te1/1/1` as `Gi1/0/1-3 Te1/1/1`.
fn shortened(names: &[String]) -> String {
    let split = |name: &str| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = name.get(stem.len()..).and_then(|number| number.parse::<u32>().ok());
        (stem.to_owned(), number)
    };
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_by(|x, y| natural(x, y));
    let mut runs: Vec<(String, Option<(u32, u32)>)> = Vec::new();
    for name in sorted {
        let (stem, number) = split(name);
        match (runs.last_mut(), number) {
            (Some((last, Some((_, to)))), Some(number)) if *last == stem && *to + 1 == number => *to = number,
            _ => runs.push((stem, number.map(|number| (number, number)))),
        }
    }
    let mut out = String::new();
    for (stem, run) in runs {
        let text = match run {
            None => stem,
            Some((from, to)) if from == to => format!("{stem}{from}"),
            Some((from, to)) => format!("{stem}{from}-{to}"),
        };
        if out.len() + text.len() > MOST_LETTERS {
            out.push_str(" ...");
            break;
        }
        out.push_str(if out.is_empty() { "" } else { " " });
        out.push_str(&text);
    }
    out
}

#[cfg(test)]
mod tests;
