//! Where an access point is plugged in: by LLDP or CDP where it speaks or is heard, else by where switches see its address.

use super::rows::{ChainStep, Uplink};
use crate::model::{AccessPoint, Device, DeviceId, IfIndex, Link, LinkEnd, MacAddr, OperStatus, Role};
use crate::state::State;
use crate::state::view::lookup::Lookup;
use rustc_hash::FxHashMap;

/// Devices and neighbours that may be access points, by name and address; made once for a view.
pub(super) struct Places<'a> {
    state: &'a State,
    by_name: FxHashMap<String, &'a DeviceId>,
    by_mac: FxHashMap<MacAddr, &'a DeviceId>,
}

impl<'a> Places<'a> {
    pub(super) fn of(state: &'a State) -> Self {
        let mut places = Self { state, by_name: FxHashMap::default(), by_mac: FxHashMap::default() };
        for device in state.devices.values().filter(|device| device.role == Role::AccessPoint) {
            places.by_name.insert(device.name(), &device.id);
            places.by_mac.extend(device.interfaces.iter().filter_map(|port| port.mac).map(|mac| (mac, &device.id)));
            if let Some(crate::model::ChassisId::Mac(mac)) = &device.chassis_id {
                places.by_mac.insert(*mac, &device.id);
            }
        }
        for neighbour in state.neighbours.values() {
            places.by_mac.extend(neighbour.mac.map(|mac| (mac, &neighbour.id)));
            if let Some(name) = &neighbour.name {
                places.by_name.entry(name.clone()).or_insert(&neighbour.id);
            }
        }
        places
    }

    fn known(&self, ap: &AccessPoint) -> Option<&'a DeviceId> {
        let by_mac = [ap.mac, Some(ap.key)].into_iter().flatten().find_map(|mac| self.by_mac.get(&mac));
        by_mac.or_else(|| self.by_name.get(&ap.name)).copied()
    }

    /// The access point as a device of its own.
    pub(super) fn device(&self, ap: &AccessPoint) -> Option<&'a DeviceId> {
        self.known(ap).filter(|id| self.state.devices.contains_key(*id))
    }

    /// The switch port behind which it is.
    pub(super) fn uplink(&self, ap: &AccessPoint) -> Option<Uplink> {
        let linked = self.known(ap).and_then(|id| Some((id, self.state.links_of(id).first()?)));
        if let Some((id, link)) = linked {
            let far = if link.a.device == *id { &link.b } else { &link.a };
            let by = link.evidence.first().map_or("link", |evidence| evidence.word());
            return Some(self.at(&far.device, far.port.clone(), by));
        }
        let seen = [ap.mac, Some(ap.key)].into_iter().flatten().find_map(|mac| self.state.endpoints.get(&mac))?;
        let switch = self.state.devices.get(&seen.device);
        let port = seen.if_index.and_then(|if_index| Some(switch?.interface(if_index)?.name()));
        Some(self.at(&seen.device, port, "mac"))
    }

    /// Its device, and on it the port.
    fn plugged(&self, ap: &AccessPoint) -> Option<(DeviceId, Option<IfIndex>)> {
        let linked = self.known(ap).and_then(|id| Some((id, self.state.links_of(id).first()?)));
        if let Some((id, link)) = linked {
            let far = if link.a.device == *id { &link.b } else { &link.a };
            return Some((far.device.clone(), far.if_index));
        }
        let seen = [ap.mac, Some(ap.key)].into_iter().flatten().find_map(|mac| self.state.endpoints.get(&mac))?;
        Some((seen.device.clone(), seen.if_index))
    }

    fn at(&self, device: &DeviceId, port: Option<String>, by: &str) -> Uplink {
        let next = self.state.devices.get(device).and_then(|switch| {
            let (own, _) = uplink(self.state, switch, &[])?;
            let port = switch.interface(own.if_index?)?;
            let bundle = port.aggregate.and_then(|bundle| switch.interface(bundle)).unwrap_or(port);
            Some((switch.id.clone(), switch.name(), bundle.name()))
        });
        Uplink { device: device.clone(), device_name: self.state.name_of(device), port, by: by.to_owned(), next }
    }
}

/// Ports of a way at most: from access over distribution to core are three.
const MOST_STEPS: usize = 5;

/// Where an access point is plugged in, and from there the uplinks towards the core.
pub(super) fn chain(look: &Lookup<'_>, places: &Places<'_>, ap: &AccessPoint) -> Vec<ChainStep> {
    let mut steps = Vec::new();
    let Some((device, if_index)) = places.plugged(ap) else { return steps };
    steps.push(step(look, (&device, if_index), None));
    let mut seen = vec![device];
    while steps.len() < MOST_STEPS {
        let Some(device) = seen.last().and_then(|id| look.state.devices.get(id)) else { break };
        let Some((own, far)) = uplink(look.state, device, &seen) else { break };
        steps.push(step(look, (&device.id, own.if_index), Some(look.state.name_of(&far.device))));
        seen.push(far.device.clone());
    }
    steps
}

/// Whether others hang on it.
fn is_inner(state: &State, id: &DeviceId) -> bool {
    state.devices.get(id).is_some_and(|device| matches!(device.role, Role::Switch | Role::Router | Role::Firewall))
}

/// Whether it leads out of the bridged network.
fn is_routing(state: &State, id: &DeviceId) -> bool {
    state.devices.get(id).is_some_and(|device| matches!(device.role, Role::Router | Role::Firewall))
}

/// How many others of the network itself a device has links to: the nearer to the core the more.
fn rank(state: &State, id: &DeviceId) -> usize {
    let far = |link: &Link| if link.a.device == *id { link.b.device.clone() } else { link.a.device.clone() };
    let mut others: Vec<DeviceId> = state.links_of(id).iter().map(|link| far(link)).filter(|id| is_inner(state, id)).collect();
    others.sort_unstable();
    others.dedup();
    others.len()
}

/// The link towards the core: that of the root port where the spanning tree tells it, else to the neighbour that has the most. None once
/// that has no more than the device itself, or the device routes. Behind the root of the spanning tree only a router or a firewall is nearer
/// to the world.
fn uplink<'a>(state: &'a State, device: &'a Device, seen: &[DeviceId]) -> Option<(&'a LinkEnd, &'a LinkEnd)> {
    if device.role != Role::Switch {
        return None;
    }
    let ends = |link: &'a Link| if link.a.device == device.id { (&link.a, &link.b) } else { (&link.b, &link.a) };
    let links = state.links_of(&device.id).iter().map(|link| ends(link));
    let at_root = device.bridge.as_ref().and_then(|bridge| bridge.is_root()) == Some(true);
    let is_nearer = |id: &DeviceId| if at_root { is_routing(state, id) } else { is_inner(state, id) };
    let inner: Vec<(&LinkEnd, &LinkEnd)> =
        links.filter(|(_, far)| !seen.contains(&far.device) && is_nearer(&far.device)).collect();
    let root_port = device.bridge.as_ref().and_then(|bridge| bridge.root_port);
    let is_root = |own: &LinkEnd| {
        let port = own.if_index.and_then(|if_index| device.interface(if_index));
        root_port.is_some() && (own.if_index == root_port || port.is_some_and(|port| port.aggregate == root_port))
    };
    if let Some(found) = inner.iter().find(|(own, _)| is_root(own)) {
        return Some(*found);
    }
    let own_rank = rank(state, &device.id);
    let is_up = |end: &LinkEnd| {
        let oper = end.if_index.and_then(|if_index| device.interface(if_index)).and_then(|port| port.oper_status);
        oper != Some(OperStatus::Down)
    };
    let ranked = inner.into_iter().map(|pair| (is_up(pair.0), rank(state, &pair.1.device), pair));
    let best = ranked.max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| b.2.1.device.cmp(&a.2.1.device)))?;
    (at_root || best.1 > own_rank || own_rank <= 1).then_some(best.2)
}

/// A port as it is now; of a member of a bundle the bundle.
fn step(look: &Lookup<'_>, (id, if_index): (&DeviceId, Option<IfIndex>), peer: Option<String>) -> ChainStep {
    let device = look.state.devices.get(id);
    let member = device.zip(if_index).and_then(|(device, if_index)| device.interface(if_index));
    let bundle = device.zip(member).and_then(|(device, port)| device.interface(port.aggregate?));
    let port = bundle.or(member);
    let row = device.zip(port).and_then(|(device, port)| {
        let mut all = crate::state::view::interfaces::of_device(look, device);
        all.find(|row| row.is(port.if_index)).map(|row| row.whole(look.state.name_of(id)))
    });
    let row = row.as_ref();
    ChainStep {
        device: id.clone(),
        device_name: look.state.name_of(id),
        port: port.map(crate::model::Interface::name),
        peer,
        up: row.and_then(|row| row.oper_status).map(|oper| oper == OperStatus::Up),
        speed_bps: row.and_then(|row| row.speed_bps),
        utilisation: row.and_then(|row| crate::state::view::interfaces::larger(row.in_utilisation, row.out_utilisation)),
        errors_per_second: row
            .and_then(|row| crate::state::view::interfaces::sum(row.in_errors_per_second, row.out_errors_per_second)),
        duplex: member.and_then(|port| port.duplex),
        poe: member.and_then(|port| port.poe.as_deref().cloned()),
    }
}
