//! The state as a network to be judged: devices and neighbours as nodes, links as ways.

use crate::analyse::reachability::{Net, Node, Pass, Place, Sign, Silence, Way};
use crate::model::{AdminStatus, Device, DeviceId, DeviceStatus, Evidence, IfIndex, Link, LinkEnd, OperStatus, Role, Timestamp};
use crate::state::State;
use crate::state::condition::PortCondition;
use crate::state::reach::Silent;
use ipnet::IpNet;
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Times its interval after a device's first miss in which fresh evidence of its neighbours is waited for.
const WAIT_POLLS: u32 = 3;

/// Polls may come more slowly than they should, and those of its neighbours with them: then the time between a device's misses counts instead of
/// its interval; up to this, so that a host that slept does not wait for hours.
const MAX_APART: Duration = Duration::from_secs(300);

/// A network with what its places are.
pub(in crate::state) struct Charted<'a> {
    pub(in crate::state) net: Net,
    pub(in crate::state) ids: Vec<&'a DeviceId>,
    pub(in crate::state) links: Vec<&'a Arc<Link>>,
    pub(in crate::state) places: FxHashMap<&'a DeviceId, Place>,
}

/// The whole network. What a node last said is told by `sign`.
pub(in crate::state) fn chart<'a>(state: &'a State, sign: &dyn Fn(&Device) -> Sign) -> Charted<'a> {
    let ids: Vec<&DeviceId> = state.devices.keys().chain(state.neighbours.keys()).collect();
    let places: FxHashMap<&DeviceId, Place> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let routes = Routes::of(state, &places);
    let devices = state.devices.values().map(|device| {
        let sign = sign(device);
        let gateways = if matches!(sign, Sign::Silent(_)) { routes.gateways(device) } else { Vec::new() };
        Node { sign, carries: carries(device.role), rank: rank(device.role), gateways }
    });
    let neighbours = state.neighbours.values().map(|neighbour| {
        let role = Role::told(&neighbour.capabilities);
        Node { sign: Sign::Unheard, carries: carries(role), rank: rank(role), gateways: Vec::new() }
    });
    let mut charted = Charted { net: Net::new(devices.chain(neighbours).collect()), ids, links: Vec::new(), places };
    for link in state.links.values() {
        let (Some(&a), Some(&b)) = (charted.places.get(&link.a.device), charted.places.get(&link.b.device)) else { continue };
        let way = Way { a, b, pass: pass(state, link), firm: is_firm(link) };
        if charted.net.add(way).is_some() {
            charted.links.push(link);
        }
    }
    charted
}

/// What a device last said.
pub(super) fn sign(state: &State, device: &Device) -> Sign {
    if state.is_own_host(&device.id) {
        return Sign::Here;
    }
    let heard = || state.live.get(&device.id).and_then(|live| live.heard);
    match state.reach.silent.get(&device.id) {
        Some(Silent { fell: Some(fell), heard, missed_at, own, .. }) => {
            let first = missed_at.unwrap_or(*fell);
            let apart = fell.since(first).min(MAX_APART);
            let wait = state.interval_of(&device.id).max(apart).saturating_mul(WAIT_POLLS);
            let until = first.plus(wait);
            Sign::Silent(Silence { heard: *heard, missed: *missed_at, fell: *fell, own: *own, until })
        }
        Some(silent) => Sign::Answers { heard: silent.heard.filter(|_| !silent.hoped), doubted: true },
        None => match state.conditions.get(&device.id).map(|condition| condition.status) {
            Some(DeviceStatus::Unknown) | None => Sign::Unheard,
            Some(_) => Sign::Answers { heard: heard(), doubted: false },
        },
    }
}

impl State {
    /// How often a device is polled.
    pub(in crate::state) fn interval_of(&self, id: &DeviceId) -> Duration {
        self.live.get(id).and_then(|live| live.interval).unwrap_or(self.settings.poll_interval)
    }
}

/// Who carries others' traffic. Access points, servers and controllers may; they are a way for what hangs on them alone.
const fn carries(role: Role) -> bool {
    matches!(role, Role::Router | Role::Firewall | Role::Switch | Role::Unknown)
}

fn rank(role: Role) -> u8 {
    Role::ALL.iter().position(|known| *known == role).and_then(|rank| u8::try_from(rank).ok()).unwrap_or(u8::MAX)
}

/// Addresses that were seen behind a port say less than a neighbour that names itself.
fn is_firm(link: &Link) -> bool {
    link.evidence.iter().any(|evidence| !matches!(evidence, Evidence::Fdb | Evidence::Arp | Evidence::Bgp))
}

fn pass(state: &State, link: &Link) -> Pass {
    let shut = [&link.a, &link.b].into_iter().find_map(|end| shut(state, end));
    match (shut, link.stp_blocked) {
        (Some(since), _) => Pass::Shut(since),
        (None, Some(true)) => Pass::Blocked,
        (None, _) => Pass::Open,
    }
}

/// Since when an end of a link lets nothing pass: its port is down or switched off, or the aggregate that it is a member of is.
fn shut(state: &State, end: &LinkEnd) -> Option<Option<Timestamp>> {
    let condition = state.conditions.get(&end.device)?;
    let if_index = end.if_index?;
    let aggregate = || state.devices.get(&end.device)?.interface(if_index)?.aggregate.filter(|aggregate| *aggregate != if_index);
    let closed = |if_index: IfIndex| condition.port(if_index).filter(|port| is_closed(port));
    closed(if_index).or_else(|| closed(aggregate()?)).map(|port| port.since)
}

fn is_closed(port: &PortCondition) -> bool {
    let down = matches!(port.oper, Some(OperStatus::Down | OperStatus::LowerLayerDown | OperStatus::NotPresent));
    down || port.admin == Some(AdminStatus::Down)
}

/// Which routers lead into which networks, where it is known from where is asked.
#[derive(Default)]
struct Routes {
    /// Networks that this host is in.
    own: Vec<IpNet>,
    routers: FxHashMap<IpNet, Vec<Place>>,
}

impl Routes {
    fn of(state: &State, places: &FxHashMap<&DeviceId, Place>) -> Self {
        let host = state.own.as_ref().and_then(|own| state.devices.get(own.id()));
        let own: Vec<IpNet> = host.into_iter().flat_map(|host| networks(host)).collect();
        if own.is_empty() {
            return Self::default();
        }
        let mut routers: FxHashMap<IpNet, Vec<Place>> = FxHashMap::default();
        for device in state.devices.values().filter(|device| routes(device)) {
            let Some(place) = places.get(&device.id) else { continue };
            for network in networks(device) {
                let known = routers.entry(network).or_default();
                if known.last() != Some(place) {
                    known.push(*place);
                }
            }
        }
        Self { own, routers }
    }

    /// The routers one of which has to forward what is asked of a device. A router knows ways of its own.
    fn gateways(&self, device: &Device) -> Vec<Place> {
        let Some(address) = device.snmp.as_ref().map(|snmp| snmp.address.ip()) else { return Vec::new() };
        let is_near = self.own.iter().any(|network| network.contains(&address));
        if self.own.is_empty() || is_near || routes(device) {
            return Vec::new();
        }
        let network = network_of(device, address);
        network.and_then(|network| self.routers.get(&network)).cloned().unwrap_or_default()
    }
}

/// Whether a device forwards between networks, as far as its addresses say.
fn routes(device: &Device) -> bool {
    if !matches!(device.role, Role::Router | Role::Firewall | Role::Switch) || device.addresses.len() < 2 {
        return false;
    }
    let mut networks = networks(device);
    networks.next().is_some_and(|first| networks.any(|other| other != first))
}

/// The networks that a device is in; an address alone is none.
fn networks(device: &Device) -> impl Iterator<Item = IpNet> {
    let addresses = device.interfaces.iter().flat_map(|port| &port.addresses);
    addresses.filter(|network| network.prefix_len() < network.max_prefix_len() && !network.addr().is_loopback()).map(IpNet::trunc)
}

fn network_of(device: &Device, address: IpAddr) -> Option<IpNet> {
    let addresses = device.interfaces.iter().flat_map(|port| &port.addresses);
    let own = addresses.filter(|network| network.addr() == address && network.prefix_len() < network.max_prefix_len());
    own.map(IpNet::trunc).next()
}
