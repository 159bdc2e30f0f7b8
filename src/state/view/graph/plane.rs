//! Which network the map is of: all links, those that carry one VLAN, or who shares a subnet with whom.

use super::super::lookup::Lookup;
use super::super::vlans;
use crate::model::{Confirmed, Device, DeviceId, Interface, Link, LinkEnd};
use crate::query::MapLayer;
use crate::state::State;
use ipnet::IpNet;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// What the id of a subnet begins with; no device's id does.
const SUBNET: &str = "net:";
/// IANAifType softwareLoopback
const LOOPBACK: u32 = 24;
/// Routed links that are drawn: a bound against inventories in which everything is in one subnet.
const MOST_LINKS: usize = 50_000;

/// A network among the networks.
pub(super) struct Plane {
    layer: MapLayer,
    /// The routed links; `None` where the links are those of the state.
    pub(super) links: Option<Vec<Link>>,
    /// Subnets with more than two routers.
    pub(super) subnets: Vec<DeviceId>,
    /// What is part of it; `None` is everything.
    members: Option<FxHashSet<DeviceId>>,
}

impl Plane {
    pub(super) fn of(look: &Lookup<'_>, layer: MapLayer) -> Self {
        match layer {
            MapLayer::L2 => Self { layer, links: None, subnets: Vec::new(), members: None },
            MapLayer::Vlan(vlan) => Self::vlan(look.state, vlan),
            MapLayer::L3 => Self::routed(look.state),
        }
    }

    fn vlan(state: &State, vlan: u16) -> Self {
        let layer = MapLayer::Vlan(vlan);
        let mut this = Self { layer, links: None, subnets: Vec::new(), members: None };
        let knowing = state.devices.values().filter(|device| vlans::knows(device, vlan)).map(|device| device.id.clone());
        let mut members: FxHashSet<DeviceId> = knowing.collect();
        for link in state.links.values().filter(|link| this.has_link(state, link)) {
            members.extend([&link.a, &link.b].map(|end| end.device.clone()));
        }
        this.members = Some(members);
        this
    }

    fn routed(state: &State) -> Self {
        let (mut links, mut subnets) = (Vec::new(), Vec::new());
        for (net, members) in subnets_of(state) {
            match members.as_slice() {
                [] | [_] => {}
                [one, other] if one.0.id != other.0.id => links.push(routed_link(end(one), end(other), (one.1, other.1))),
                _ => {
                    let id = DeviceId::new(&format!("{SUBNET}{net}"));
                    for member in &members {
                        let port = LinkEnd { device: id.clone(), if_index: None, port: None };
                        links.push(routed_link(end(member), port, (member.1, member.1)));
                    }
                    subnets.push(id);
                }
            }
            if links.len() > MOST_LINKS {
                break;
            }
        }
        let members = links.iter().flat_map(|link| [link.a.device.clone(), link.b.device.clone()]).collect();
        Self { layer: MapLayer::L3, links: Some(links), subnets, members: Some(members) }
    }

    /// Whether a node is part of it.
    pub(super) fn has(&self, id: &DeviceId) -> bool {
        self.members.as_ref().is_none_or(|members| members.contains(id))
    }

    /// Whether a link is part of it: in a VLAN, if an end that is a switch port carries it.
    pub(super) fn has_link(&self, state: &State, link: &Link) -> bool {
        match self.layer {
            MapLayer::Vlan(vlan) => [&link.a, &link.b].into_iter().any(|end| vlans::carries(state, end, vlan) == Some(true)),
            MapLayer::L2 | MapLayer::L3 => true,
        }
    }

    /// Whether one end of a link carries the VLAN and the other does not.
    pub(super) fn loses(&self, state: &State, link: &Link) -> bool {
        let MapLayer::Vlan(vlan) = self.layer else { return false };
        [&link.a, &link.b].into_iter().any(|end| vlans::carries(state, end, vlan) == Some(false))
    }

    /// The subnet that a node stands for.
    pub(super) fn subnet_name(id: &DeviceId) -> Option<&str> {
        id.as_str().strip_prefix(SUBNET)
    }
}

/// An interface with an address, and its device.
type Member<'a> = (&'a Device, &'a Interface);

/// The members of each subnet, a device once.
fn subnets_of(state: &State) -> BTreeMap<IpNet, Vec<Member<'_>>> {
    let mut subnets: BTreeMap<IpNet, Vec<Member<'_>>> = BTreeMap::new();
    for device in state.devices.values() {
        for port in device.interfaces.iter().filter(|port| port.if_type != Some(LOOPBACK)) {
            for net in port.addresses.iter().filter(|net| joins(net)) {
                let members = subnets.entry(net.trunc()).or_default();
                if members.last().is_none_or(|(last, _)| last.id != device.id) {
                    members.push((device, port));
                }
            }
        }
    }
    subnets
}

/// Whether an address has neighbours that it can be told from: no host route, nothing of the link alone.
fn joins(net: &IpNet) -> bool {
    let local = match net {
        IpNet::V4(net) => net.addr().is_link_local(),
        IpNet::V6(net) => net.addr().is_unicast_link_local(),
    };
    net.prefix_len() < net.max_prefix_len() && !local
}

fn end((device, port): &Member<'_>) -> LinkEnd {
    LinkEnd { device: device.id.clone(), if_index: Some(port.if_index), port: Some(port.name()) }
}

fn routed_link(a: LinkEnd, b: LinkEnd, (near, far): (&Interface, &Interface)) -> Link {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    Link {
        confirmed_by: Confirmed::Both,
        confidence: 1.0,
        speed_bps: near.speed_bps.into_iter().chain(far.speed_bps).min(),
        ..Link::between(a, b, Vec::new())
    }
}
