//! The spanning tree: a device's own place in it, and the tree of all bridges with the same root, from what each tells of itself.

use super::super::lookup::Lookup;
use super::super::vlans::is_up;
use super::{BlockedLink, Branch, SpanningPort, SpanningView, is_blocked};
use crate::model::{BridgeId, ChassisId, Device, DeviceId, Interface, Link, LinkEnd, MacAddr, StpRole};
use crate::state::State;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Bridges and links that are listed: more than anybody reads, and a bound for the socket.
const MOST_ROWS: usize = 500;
/// Ports of one bridge that are listed.
const MOST_PORTS: usize = 512;

/// Which device a bridge's address belongs to.
pub(in crate::state::view) struct Bridges(FxHashMap<MacAddr, DeviceId>);

impl Bridges {
    /// Of some addresses: by what a device says of itself as a bridge, its chassis id, then the addresses of its ports.
    pub(in crate::state::view) fn of(state: &State, wanted: &[MacAddr]) -> Self {
        let mut missing: FxHashSet<MacAddr> = wanted.iter().copied().collect();
        let mut known = FxHashMap::default();
        for device in state.devices.values() {
            let bridge = device.bridge.as_ref().and_then(|bridge| bridge.address);
            let chassis = match &device.chassis_id {
                Some(ChassisId::Mac(mac)) => Some(*mac),
                _ => None,
            };
            for mac in [bridge, chassis].into_iter().flatten().filter(|mac| missing.contains(mac)) {
                known.entry(mac).or_insert_with(|| device.id.clone());
            }
        }
        missing.retain(|mac| !known.contains_key(mac));
        if !missing.is_empty() {
            for device in state.devices.values() {
                for mac in device.interfaces.iter().filter_map(|port| port.mac).filter(|mac| missing.contains(mac)) {
                    known.entry(mac).or_insert_with(|| device.id.clone());
                }
            }
        }
        Self(known)
    }

    /// The device's id.
    pub(in crate::state::view) fn device(&self, mac: MacAddr) -> Option<&DeviceId> {
        self.0.get(&mac)
    }

    /// The device's name.
    pub(in crate::state::view) fn name(&self, state: &State, mac: MacAddr) -> Option<String> {
        self.0.get(&mac).map(|id| state.name_of(id))
    }
}

/// The view about a device; `None` where it tells nothing of a spanning tree.
pub(in crate::state::view) fn spanning(look: &Lookup<'_>, device: &Device) -> Option<SpanningView> {
    let bridge = device.bridge.as_deref()?.clone();
    let in_tree = |port: &&Interface| port.stp.is_some() || port.stp_state.is_some();
    let own = device.interfaces.iter().filter(in_tree).filter_map(|port| port.stp.as_ref()?.designated_bridge).map(|id| id.mac);
    let wanted: Vec<MacAddr> = own.chain(bridge.root.map(|id| id.mac)).collect();
    let bridges = Bridges::of(look.state, &wanted);
    let mut ports: Vec<SpanningPort> =
        device.interfaces.iter().filter(in_tree).take(MOST_PORTS).map(|port| of_port(look, device, (port, &bridges))).collect();
    ports.sort_by_key(|port| (rank(port), port.if_index));
    let root_port = bridge.root_port.and_then(|index| device.interface(index)).map(Interface::name);
    let root_name = bridge.root.and_then(|id| bridges.name(look.state, id.mac));
    let (mut tree, mut blocked) = bridge.root.map(|root| tree(look, root, &device.id)).unwrap_or_default();
    let (tree_total, blocked_total) = (tree.len(), blocked.len());
    tree.truncate(MOST_ROWS);
    blocked.truncate(MOST_ROWS);
    Some(SpanningView { bridge, root_name, root_port, ports, tree, tree_total, blocked, blocked_total })
}

/// The root port first, then what is blocked, then what is up, then the rest.
fn rank(port: &SpanningPort) -> u8 {
    match (port.role, is_blocked(port.state.as_deref()), port.up) {
        (Some(StpRole::Root), ..) => 0,
        (_, true, _) => 1,
        (_, _, true) => 2,
        _ => 3,
    }
}

fn of_port(look: &Lookup<'_>, device: &Device, (port, bridges): (&Interface, &Bridges)) -> SpanningPort {
    let stp = port.stp.as_deref();
    let designated = stp.and_then(|stp| stp.designated_bridge);
    let far = far_end(look, &device.id, port);
    SpanningPort {
        if_index: port.if_index,
        name: port.name(),
        up: is_up(look, &device.id, port),
        state: port.stp_state.clone(),
        role: stp.and_then(|stp| stp.role),
        priority: stp.and_then(|stp| stp.priority),
        cost: stp.and_then(|stp| stp.path_cost),
        designated,
        designated_name: designated.and_then(|id| bridges.name(look.state, id.mac)),
        transitions: stp.and_then(|stp| stp.forward_transitions),
        peer: far.map(|end| look.state.name_of(&end.device)),
        peer_port: far.and_then(|end| end.port.clone()),
    }
}

/// The other end of the link at a port, or at a member of it.
fn far_end<'a>(look: &Lookup<'a>, device: &DeviceId, port: &Interface) -> Option<&'a LinkEnd> {
    let own = look.state.devices.get(device)?;
    let is_its = |end: &LinkEnd| {
        end.device == *device
            && end.if_index.is_some_and(|index| {
                index == port.if_index || own.interface(index).is_some_and(|member| member.aggregate == Some(port.if_index))
            })
    };
    look.state
        .links_of(device)
        .iter()
        .map(Arc::as_ref)
        .find_map(|link: &Link| if is_its(&link.a) { Some(&link.b) } else { is_its(&link.b).then_some(&link.a) })
}

/// A bridge of the tree before it is placed.
struct Bough<'a> {
    device: &'a Device,
    /// The device above, and the port that leads there.
    above: Option<(MacAddr, Option<String>)>,
}

/// The tree below a root, and what is blocked in it.
fn tree(look: &Lookup<'_>, root: BridgeId, here: &DeviceId) -> (Vec<Branch>, Vec<BlockedLink>) {
    let state = look.state;
    let same = |device: &&Arc<Device>| device.bridge.as_ref().and_then(|bridge| bridge.root).is_some_and(|of| of.mac == root.mac);
    let devices: Vec<&Device> = state.devices.values().filter(same).map(AsRef::as_ref).collect();
    let boughs: Vec<Bough<'_>> = devices.iter().map(|device| Bough { device, above: above(look, device, root.mac) }).collect();
    let mut wanted: Vec<MacAddr> = boughs.iter().filter_map(|bough| Some(bough.above.as_ref()?.0)).collect();
    wanted.push(root.mac);
    let bridges = Bridges::of(state, &wanted);
    let mut below: FxHashMap<MacAddr, Vec<&Bough<'_>>> = FxHashMap::default();
    for bough in &boughs {
        if let Some((mac, _)) = &bough.above {
            // Bridges are keyed by the address of the device that they are, whatever address is told of it.
            let key = bridges.device(*mac).and_then(|id| address(state, id)).unwrap_or(*mac);
            below.entry(key).or_default().push(bough);
        }
    }
    for list in below.values_mut() {
        list.sort_by_cached_key(|bough| bough.device.name());
    }
    let top = bridges.device(root.mac).cloned();
    let key = top.as_ref().and_then(|id| address(state, id)).unwrap_or(root.mac);
    let mut out = vec![branch(look, (top.as_ref(), root.mac, 0), (here, None))];
    let mut seen: FxHashSet<DeviceId> = top.into_iter().collect();
    hang(look, (&below, key, 1), (here, &mut out, &mut seen));
    // Bridges whose way up is told of nobody that is in the tree stand under the root, so that none is lost.
    for bough in &boughs {
        if !seen.contains(&bough.device.id) {
            seen.insert(bough.device.id.clone());
            out.push(branch(look, (Some(&bough.device.id), root.mac, 1), (here, bough.above.as_ref())));
        }
    }
    (out, devices.iter().flat_map(|device| blocked(look, device)).collect())
}

type Below<'b, 'a> = FxHashMap<MacAddr, Vec<&'b Bough<'a>>>;

/// Places what hangs under a bridge, depth first.
fn hang(
    look: &Lookup<'_>,
    (below, from, depth): (&Below<'_, '_>, MacAddr, usize),
    (here, out, seen): (&DeviceId, &mut Vec<Branch>, &mut FxHashSet<DeviceId>),
) {
    let mut todo: Vec<(&Bough<'_>, usize)> = below.get(&from).into_iter().flatten().rev().map(|bough| (*bough, depth)).collect();
    while let Some((bough, depth)) = todo.pop() {
        if !seen.insert(bough.device.id.clone()) {
            continue;
        }
        let id = &bough.device.id;
        let mac = address(look.state, id).unwrap_or(from);
        out.push(branch(look, (Some(id), mac, depth), (here, bough.above.as_ref())));
        todo.extend(below.get(&mac).into_iter().flatten().rev().map(|bough| (*bough, depth + 1)));
    }
}

/// The address by which a device stands in the tree.
fn address(state: &State, id: &DeviceId) -> Option<MacAddr> {
    let device = state.devices.get(id)?;
    let chassis = match &device.chassis_id {
        Some(ChassisId::Mac(mac)) => Some(*mac),
        _ => None,
    };
    device
        .bridge
        .as_ref()
        .and_then(|bridge| bridge.address)
        .or(chassis)
        .or_else(|| device.interfaces.iter().find_map(|port| port.mac))
}

/// The bridge that a device's root port leads to, and the port there: as the port's designated bridge says, else as its link says.
fn above(look: &Lookup<'_>, device: &Device, root: MacAddr) -> Option<(MacAddr, Option<String>)> {
    let bridge = device.bridge.as_ref()?;
    let port = device.interface(bridge.root_port?)?;
    let far = far_end(look, &device.id, port);
    let told = port.stp.as_ref().and_then(|stp| stp.designated_bridge).map(|id| id.mac);
    let linked = far.and_then(|end| address(look.state, &end.device));
    Some((told.or(linked).unwrap_or(root), far.and_then(|end| end.port.clone())))
}

fn branch(
    look: &Lookup<'_>,
    (id, mac, depth): (Option<&DeviceId>, MacAddr, usize),
    (here, above): (&DeviceId, Option<&(MacAddr, Option<String>)>),
) -> Branch {
    let device = id.and_then(|id| look.state.devices.get(id));
    let bridge = device.and_then(|device| device.bridge.as_deref());
    let root_port = bridge.and_then(|bridge| device?.interface(bridge.root_port?)).map(Interface::name);
    Branch {
        depth,
        device: id.cloned(),
        name: id.map_or_else(|| mac.to_string(), |id| look.state.name_of(id)),
        is_here: id == Some(here),
        root_port,
        above_port: above.and_then(|(_, port)| port.clone()),
        cost: bridge.and_then(|bridge| bridge.root_cost),
        priority: bridge.and_then(|bridge| bridge.priority),
        blocked: device.map_or(0, |device| device.interfaces.iter().filter(|port| is_blocked(port.stp_state.as_deref())).count()),
        changes: bridge.and_then(|bridge| bridge.topology_changes),
        changed_at: bridge.and_then(|bridge| bridge.changed_at),
    }
}

fn blocked(look: &Lookup<'_>, device: &Device) -> Vec<BlockedLink> {
    let held = device.interfaces.iter().filter(|port| is_blocked(port.stp_state.as_deref()));
    held.map(|port| {
        let far = far_end(look, &device.id, port);
        BlockedLink {
            device: device.id.clone(),
            name: device.name(),
            port: port.name(),
            role: port.stp.as_ref().and_then(|stp| stp.role),
            peer: far.map(|end| look.state.name_of(&end.device)),
            peer_port: far.and_then(|end| end.port.clone()),
        }
    })
    .collect()
}
