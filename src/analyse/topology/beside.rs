//! What protocols that are not made for it say of links: spanning tree, LACP, OSPF, BGP, IS-IS.
//!
//! They add evidence to a link between the same two ports. Links of their own are `infer`'s, where nothing else speaks.

use super::nodes::{Node, Row, is_or_carries};
use super::pair::Couple;
use super::ports::{self, Kind};
use super::{At, add_evidence, bit, is_primary, is_routing, link};
use crate::model::{Confirmed, Evidence, IfIndex, Interface, Link, LinkEnd, NeighbourRow, PortId};
use ipnet::IpNet;

/// A spanning tree names the bridge and the port at the other end of the segment, and bridges don't forward its frames.
const SPANNING_TREE: f32 = 0.7;
/// Two routers that exchange hellos on a network of their own.
const ADJACENCY: f32 = 0.6;

/// Adds to the links between two devices what speaks for them besides.
pub(super) fn add(couple: &Couple<'_>, links: &mut [Link]) {
    if links.is_empty() {
        return;
    }
    for ((_, from), (far, to)) in [(couple.first, couple.second), (couple.second, couple.first)] {
        for (row, found) in from.of_peer(far).filter(|(row, _)| !is_primary(row.protocol)) {
            let ends = Ends { from, to, local: found.local, remote: remote(to, row) };
            let lone = links.len() == 1;
            for link in links.iter_mut().filter(|link| ends.are_of(link, lone)) {
                add_evidence(link, &[row.protocol]);
                if ends.confirm(far, link) {
                    link.confirmed_by = Confirmed::Both;
                }
            }
        }
    }
}

/// The two ports of a row.
struct Ends<'a> {
    from: &'a Node,
    to: &'a Node,
    local: Option<u32>,
    remote: Option<u32>,
}

impl Ends<'_> {
    /// Whether the link is between these ports. A peering over several hops names no port: it is of the two devices.
    fn are_of(&self, link: &Link, lone: bool) -> bool {
        let Some(local) = self.from.port(self.local) else { return true };
        let is_from_a = link.a.device == self.from.device().id;
        let (near, far) = if is_from_a { (&link.a, &link.b) } else { (&link.b, &link.a) };
        let is_near = is_at(self.from, local, near).unwrap_or(lone);
        let far = self.to.port(self.remote).and_then(|port| is_at(self.to, port, far));
        is_near && far.unwrap_or(true)
    }

    /// Whether the row is the second end to speak for a link that the first alone told so far.
    fn confirm(&self, far: u32, link: &Link) -> bool {
        let near = if link.a.device == self.from.device().id { &link.a } else { &link.b };
        let told = || {
            let mut rows = self.from.of_peer(far).filter(|(row, _)| is_primary(row.protocol));
            rows.any(|(_, found)| self.from.port(found.local).is_none_or(|port| Some(port.if_index) == near.if_index))
        };
        link.confirmed_by == Confirmed::One && self.local.is_some() && !told()
    }
}

/// Whether the end is the port, a member of it, or what carries it. `None` where the end's port is not known.
fn is_at(node: &Node, port: &Interface, end: &LinkEnd) -> Option<bool> {
    let if_index = end.if_index?;
    let member = || node.device().interface(if_index).is_some_and(|own| own.aggregate == Some(port.if_index));
    Some(is_or_carries(node.device(), port, if_index) || member())
}

/// The far port: by bridge port number, or by the address of the peer.
pub(super) fn remote(to: &Node, row: &NeighbourRow) -> Option<u32> {
    if row.port_id.is_some() {
        return ports::remote(to.ports(), row);
    }
    is_routing(row.protocol).then(|| row.addresses.iter().find_map(|address| to.ports().with_address(*address))).flatten()
}

/// What a link of such a protocol's own has to pass, besides that both ports are silent.
pub(super) struct Candidate<'a> {
    pub(super) from: (u32, &'a Node),
    pub(super) to: (u32, &'a Node),
    pub(super) row: &'a NeighbourRow,
    pub(super) found: Row,
}

impl<'a> Candidate<'a> {
    /// The places of the two ports, where the row may make a link of its own between them.
    ///
    /// `members` counts devices in a network, `claims` those that say they are at a bridge's port.
    pub(super) fn ports(&self, members: impl Fn(IpNet) -> usize, claims: impl Fn((u32, u32)) -> usize) -> Option<(u32, u32)> {
        let (local, remote) = (self.found.local?, remote(self.to.1, self.row)?);
        let (near, far) = (self.from.1.port(Some(local))?, self.to.1.port(Some(remote))?);
        let allowed = match (self.row.protocol, &self.row.port_id) {
            // On a hub several bridges have one designated port: no pair of them is a link.
            (Evidence::Stp, Some(PortId::BridgePort(number))) => claims((self.to.0, *number)) == 1,
            (Evidence::Ospf | Evidence::Bgp | Evidence::Isis, _) => {
                let alone = only_peer(self.from.1, local, self.to.0) && only_peer(self.to.1, remote, self.from.0);
                is_routed(near) && is_routed(far) && alone && share_a_network(near, far, members)
            }
            _ => false,
        };
        allowed.then_some((local, remote))
    }

    /// The link.
    pub(super) fn link(&self, (local, remote): (u32, u32)) -> Link {
        let (near, far) = (At::port(self.from.1, Some(local)), At::port(self.to.1, Some(remote)));
        let mut link = link(near, far, bit(self.row.protocol));
        link.confidence = if self.row.protocol == Evidence::Stp { SPANNING_TREE } else { ADJACENCY };
        link
    }

    /// ifIndex of both ports.
    pub(super) fn numbers(&self, (local, remote): (u32, u32)) -> Option<(IfIndex, IfIndex)> {
        Some((self.from.1.port(Some(local))?.if_index, self.to.1.port(Some(remote))?.if_index))
    }
}

/// Whether all routing protocols on the port speak of this one peer, if of any.
fn only_peer(node: &Node, port: u32, peer: u32) -> bool {
    let mut rows = node.said().filter(|(row, found)| is_routing(row.protocol) && found.local == Some(port));
    rows.all(|(_, found)| found.to == Some(peer))
}

/// Whether packets leave the device there on a wire of its own: no VLAN interface, no loopback, no tunnel, nothing unknown.
fn is_routed(port: &Interface) -> bool {
    let wire = matches!(ports::kind(port), Kind::Physical | Kind::PointToPoint | Kind::Aggregate);
    wire && port.bridge_port.is_none()
}

/// Whether the two ports are the only ones of a network, as far as anybody can know.
fn share_a_network(near: &Interface, far: &Interface, members: impl Fn(IpNet) -> usize) -> bool {
    let serial = [near, far].iter().all(|port| ports::kind(port) == Kind::PointToPoint);
    let shared = near.addresses.iter().filter(|net| far.addresses.iter().any(|other| other.trunc() == net.trunc()));
    shared.into_iter().any(|net| serial || is_for_two(*net) || members(net.trunc()) == 2)
}

/// /30 and /31 (RFC 3021), /126 and /127 (RFC 6164): networks that have two members.
fn is_for_two(net: IpNet) -> bool {
    (1..=2).contains(&(net.max_prefix_len() - net.prefix_len()))
}

/// Whether a routing peer that is not known is a neighbour on the port's own wire.
pub(super) fn is_alone_on_a_wire(node: &Node, found: &Row) -> bool {
    let Some(port) = node.port(found.local) else { return false };
    let mut peers: Vec<&[std::net::IpAddr]> = Vec::new();
    for (row, other) in node.said().filter(|(_, other)| other.local == found.local) {
        if !is_routing(row.protocol) {
            continue;
        }
        if other.to.is_some() {
            return false;
        }
        peers.push(&row.addresses);
    }
    let first = peers.first().copied().unwrap_or_default();
    is_routed(port) && !first.is_empty() && peers.iter().all(|peer| *peer == first)
}
