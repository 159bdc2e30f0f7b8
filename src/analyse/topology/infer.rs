//! Links where no neighbour protocol speaks: out of spanning trees, routing adjacencies and forwarding tables.
//!
//! Two bridges are joined where each sees the other on one port, what the two ports see is disjoint, and every known device
//! on the one port is behind another port of the other bridge (the direct connection of Breitbart et al. and Lowekamp et al.,
//! read so that tables with gaps cost links and make none). A device that forwards nothing is joined to the port where it
//! is all that is seen, if no other silent port sees it. Several addresses on a port are a shared segment: no link.

use super::beside::Candidate;
use super::forwarding::{self, Forwarding, Sight, Silent, fdb};
use super::marks::{MacKey, Marks, mac_key};
use super::nodes::{Node, Nodes};
use super::ports::{self, Kind};
use super::{At, bit, is_routing, link};
use crate::analyse::identity::is_own_mac;
use crate::model::{ArpRow, Confirmed, Evidence, IfIndex, Link, MacAddr};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;

/// Two bridges that see each other.
const BRIDGES: f32 = 0.6;
/// A device that is all that is seen on a port.
const ATTACHED: f32 = 0.5;
/// The same, and an address table says that it is the device's address.
const ATTACHED_WITH_ADDRESS: f32 = 0.6;

/// A port of a device.
type Port = (u32, IfIndex);

/// Everything that is looked at.
pub(super) struct Inference<'a> {
    pub(super) nodes: &'a Nodes,
    pub(super) marks: &'a Marks,
    pub(super) forwarding: &'a Forwarding,
    /// Devices with links in common already.
    pub(super) linked: &'a dyn Fn(u32, u32) -> bool,
    taken: FxHashSet<Port>,
    found: FxHashSet<(u32, u32)>,
    links: Vec<Link>,
    /// Addresses of address tables that decided something, with the device whose table it is.
    asked: RefCell<Vec<(MacKey, u32)>>,
}

/// What was inferred.
pub(super) struct Inferred {
    /// Sorted by their ends.
    pub(super) links: Vec<Link>,
    /// Addresses whose owners it depends on, each with a device that has to be looked at again when one changes.
    pub(super) asked: Vec<(MacKey, u32)>,
}

impl<'a> Inference<'a> {
    pub(super) fn new(
        (nodes, marks): (&'a Nodes, &'a Marks),
        forwarding: &'a Forwarding,
        linked: &'a dyn Fn(u32, u32) -> bool,
    ) -> Self {
        let (taken, found) = (FxHashSet::default(), FxHashSet::default());
        Self { nodes, marks, forwarding, linked, taken, found, links: Vec::new(), asked: RefCell::default() }
    }

    /// The links among these devices, which come in the order of their ids and are all that see each other.
    pub(super) fn links(mut self, members: &[u32]) -> Inferred {
        for found in self.told(members) {
            self.keep(found);
        }
        for found in self.bridges(members) {
            self.keep(found);
        }
        let attached: Vec<Found> = members.iter().flat_map(|number| self.attached(*number)).collect();
        // Two ports that claim one device contradict each other.
        let mut claims: FxHashMap<Port, usize> = FxHashMap::default();
        for found in &attached {
            *claims.entry(found.claim).or_default() += 1;
        }
        for found in attached.into_iter().filter(|found| claims.get(&found.claim) == Some(&1)) {
            self.keep(found);
        }
        Inferred { links: super::merged(self.links), asked: self.asked.into_inner() }
    }

    fn keep(&mut self, found: Found) {
        self.taken.extend(found.ports);
        self.found.insert(found.couple);
        self.links.push(found.link);
    }

    fn silent(&self, number: u32) -> Option<&'a Silent> {
        self.forwarding.get(number)
    }

    fn is_free(&self, port: Port) -> bool {
        !self.taken.contains(&port) && self.silent(port.0).is_none_or(|silent| !silent.is_used(port.1))
    }

    /// Links that spanning trees and routing protocols make alone, told by one end or by both.
    fn told(&self, members: &[u32]) -> Vec<Found> {
        let rows = members.iter().flat_map(|number| {
            let rows = self.silent(*number).map(|silent| silent.beside.as_slice()).unwrap_or_default();
            rows.iter().filter_map(|row| forwarding::candidate(self.nodes, *number, *row))
        });
        let mut told: Vec<Found> = rows.filter_map(|candidate| self.by_protocol(&candidate)).collect();
        told.sort_by(|x, y| (&x.link.a, &x.link.b).cmp(&(&y.link.a, &y.link.b)));
        told.dedup_by(|later, first| {
            let same = later.link.a == first.link.a && later.link.b == first.link.b;
            if same {
                super::add_evidence(&mut first.link, &later.link.evidence);
                first.link.confidence = first.link.confidence.max(later.link.confidence);
                if later.claim != first.claim {
                    first.link.confirmed_by = Confirmed::Both;
                }
            }
            same
        });
        once(told)
    }

    fn by_protocol(&self, candidate: &Candidate<'a>) -> Option<Found> {
        let (from, to) = (candidate.from.0, candidate.to.0);
        let claims = |key| self.forwarding.claims.all(&key).len();
        let places = candidate.ports(|net| self.marks.in_net(net), claims)?;
        let (near, far) = candidate.numbers(places)?;
        let free = self.is_free((from, near)) && self.is_free((to, far)) && !(self.linked)(from, to);
        let bridged = || forwarding::is_bridged(candidate.from.1, near) || forwarding::is_bridged(candidate.to.1, far);
        if !free || (is_routing(candidate.row.protocol) && bridged()) {
            return None;
        }
        let ports = vec![(from, near), (to, far)];
        Some(Found { link: candidate.link(places), couple: couple(from, to), ports, claim: (from, near) })
    }

    /// Links between bridges that see each other.
    fn bridges(&self, members: &[u32]) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for number in members {
            let Some(silent) = self.silent(*number) else { continue };
            let mut seen: Vec<u32> = silent.sights.iter().map(|sight| sight.device).collect();
            seen.sort_unstable();
            seen.dedup();
            found.extend(
                seen.into_iter()
                    .filter(|other| self.is_before(*number, *other))
                    .filter_map(|other| self.between(*number, other, members)),
            );
        }
        once(found)
    }

    fn is_before(&self, one: u32, other: u32) -> bool {
        let id = |number| self.nodes.device(number).map(|device| &device.id);
        id(one) < id(other)
    }

    fn is_joined(&self, one: u32, other: u32) -> bool {
        (self.linked)(one, other) || self.found.contains(&couple(one, other))
    }

    fn between(&self, one: u32, other: u32, members: &[u32]) -> Option<Found> {
        let (near, far) = (self.sees(one, other)?, self.sees(other, one)?);
        let (x, y) = (self.nodes.get(one)?, self.nodes.get(other)?);
        let ports = [(one, near), (other, far)];
        let direct = !self.is_joined(one, other)
            && ports.iter().all(|port| self.is_free(*port))
            && self.is_disjoint(ports)
            && self.is_behind((one, near), (other, far))
            && self.is_behind((other, far), (one, near))
            && !self.is_parted((one, other), members);
        if !direct {
            return None;
        }
        let at = |node: &'a Node, port| At::port(node, ports::by_if_index(node.device(), port));
        let mut link = link(at(x, near), at(y, far), bit(Evidence::Fdb));
        link.confirmed_by = Confirmed::Both;
        link.confidence = BRIDGES;
        Some(Found { link, couple: couple(one, other), ports: ports.to_vec(), claim: ports[0] })
    }

    /// The only silent port where one device sees another.
    fn sees(&self, one: u32, other: u32) -> Option<IfIndex> {
        let mut ports = self.silent(one)?.sights.iter().filter(|sight| sight.device == other).map(|sight| sight.port);
        let first = ports.next()?;
        ports.all(|port| port == first).then_some(first)
    }

    fn is_disjoint(&self, [one, other]: [Port; 2]) -> bool {
        let on = |port: Port| self.silent(port.0).map(|silent| silent.on(port.1)).unwrap_or_default();
        let seen: FxHashSet<MacKey> = on(one).iter().map(|(_, mac)| *mac).collect();
        on(other).iter().all(|(_, mac)| !seen.contains(mac))
    }

    /// Whether every known device on the one port, but for the other bridge, is behind another port of that bridge.
    fn is_behind(&self, one: Port, other: Port) -> bool {
        let Some(silent) = self.silent(one.0) else { return false };
        let mut strangers = silent.sights.iter().filter(|sight| sight.port == one.1 && sight.device != other.0);
        strangers.all(|sight| self.nodes.get(other.0).is_some_and(|node| sees_elsewhere(node, sight.mac, other.1)))
    }

    /// Whether a third device sees the two on different ports, and so is between them.
    fn is_parted(&self, (one, other): (u32, u32), members: &[u32]) -> bool {
        let third = members.iter().filter(|number| **number != one && **number != other);
        third.filter_map(|number| self.nodes.get(*number)).filter(|node| !fdb(node).is_empty()).any(|node| {
            let (x, y) = (self.port_to(node, one), self.port_to(node, other));
            matches!((x, y), (Some(x), Some(y)) if x != y)
        })
    }

    /// Where a bridge sees a device, on whatever port.
    fn port_to(&self, node: &Node, device: u32) -> Option<IfIndex> {
        let device = self.nodes.device(device)?;
        let own = device.interfaces.iter().filter_map(|port| port.mac).filter(|mac| is_own_mac(*mac));
        own.filter(|mac| self.marks.with_mac(*mac).is_some()).find_map(|mac| rows_of(node, mac_key(mac)).find_map(|port| port))
    }

    /// Devices that forward nothing, on ports where they are all that is seen.
    fn attached(&self, number: u32) -> Vec<Found> {
        let Some(silent) = self.silent(number) else { return Vec::new() };
        let ports = silent.sights.chunk_by(|x, y| x.port == y.port);
        ports.filter_map(|sights| self.attachment(number, silent, sights)).collect()
    }

    fn attachment(&self, number: u32, silent: &Silent, sights: &[Sight]) -> Option<Found> {
        let first = sights.first()?;
        let port = (number, first.port);
        let alone = sights.iter().all(|sight| sight.device == first.device) && silent.on(first.port).len() == sights.len();
        if !alone || !self.is_free(port) || self.is_joined(number, first.device) {
            return None;
        }
        let (bridge, device) = (self.nodes.get(number)?, self.nodes.get(first.device)?);
        let near = bridge.device().interface(first.port);
        if near.is_some_and(|near| ports::kind(near) == Kind::Logical) || !fdb(device).is_empty() {
            return None;
        }
        let far = self.far_port(first.device, device, sights)?;
        let only_here = sights.iter().all(|sight| self.is_only_here(sight.mac, port));
        if !only_here || !self.knows_nobody_else((first.device, device), far, port) {
            return None;
        }
        Some(self.attach((number, bridge), (first.device, device), (first.port, far)))
    }

    fn attach(&self, bridge: (u32, &Node), device: (u32, &Node), (near, far): (IfIndex, Option<IfIndex>)) -> Found {
        let at = |node, port| At::port(node, port);
        let place = |node: &Node, port| ports::by_if_index(node.device(), port);
        let known = is_in_arp(bridge.1, device.1) || is_in_arp(device.1, bridge.1);
        let evidence = bit(Evidence::Fdb) | if known { bit(Evidence::Arp) } else { 0 };
        let ends = (at(bridge.1, place(bridge.1, near)), at(device.1, far.and_then(|far| place(device.1, far))));
        let mut link = link(ends.0, ends.1, evidence);
        link.confidence = if known { ATTACHED_WITH_ADDRESS } else { ATTACHED };
        let mut ports = vec![(bridge.0, near)];
        ports.extend(far.map(|far| (device.0, far)));
        // A device whose port is not known can be claimed once only.
        let claim = (device.0, far.unwrap_or(IfIndex(0)));
        Found { link, couple: couple(bridge.0, device.0), ports, claim }
    }

    /// The port of the device that is seen: `Some(None)` where it is not known which, `None` where it can't be one.
    fn far_port(&self, number: u32, device: &Node, sights: &[Sight]) -> Option<Option<IfIndex>> {
        let is_seen = |mac: Option<MacAddr>| mac.is_some_and(|mac| sights.iter().any(|sight| sight.mac == mac_key(mac)));
        let wire = |kind| matches!(kind, Kind::Physical | Kind::Aggregate | Kind::Unknown);
        let ports = device.device().interfaces.iter().filter(|port| is_seen(port.mac));
        let mut ports = ports.filter(|port| wire(ports::kind(port)) && port.aggregate.is_none());
        if let (Some(only), None) = (ports.next(), ports.next()) {
            return self.is_free((number, only.if_index)).then_some(Some(only.if_index));
        }
        // Where it can't be told which port it is, nothing else may be known of the device's links.
        self.silent(number).is_none_or(|silent| silent.used.is_empty()).then_some(None)
    }

    /// Whether no other silent port sees the address, but for those that lead from one bridge to another.
    fn is_only_here(&self, mac: MacKey, port: Port) -> bool {
        self.forwarding.seen(mac).iter().all(|number| {
            let sights = self.silent(*number).map(|silent| silent.sights.as_slice()).unwrap_or_default();
            let mut there = sights.iter().filter(|sight| sight.mac == mac).map(|sight| (*number, sight.port));
            there.all(|other| other == port || self.taken.contains(&other))
        })
    }

    /// Whether all known devices that the device reaches by that port are behind other ports of the bridge: otherwise
    /// something that forwards is between the two.
    fn knows_nobody_else(&self, (own, device): (u32, &Node), far: Option<IfIndex>, (number, port): Port) -> bool {
        let Some(bridge) = self.nodes.get(number) else { return false };
        let mut there = arp(device).iter().filter(|row| far.is_none() || row.if_index == far).map(|row| mac_key(row.mac));
        there.all(|mac| {
            self.asked.borrow_mut().push((mac, own));
            let owner = self.marks.with_mac_key(mac);
            owner.is_none_or(|owner| owner == number || owner == own || sees_elsewhere(bridge, mac, port))
        })
    }
}

/// A link that was found, what it uses, and whose it says the far port is.
struct Found {
    link: Link,
    couple: (u32, u32),
    ports: Vec<Port>,
    claim: Port,
}

/// Without those that share a port: a port has one far end, and which of two it is, is not known.
fn once(mut found: Vec<Found>) -> Vec<Found> {
    let mut uses: FxHashMap<Port, usize> = FxHashMap::default();
    for port in found.iter().flat_map(|found| &found.ports) {
        *uses.entry(*port).or_default() += 1;
    }
    found.retain(|found| found.ports.iter().all(|port| uses.get(port) == Some(&1)));
    found
}

fn couple(one: u32, other: u32) -> (u32, u32) {
    (one.min(other), one.max(other))
}

fn arp(node: &Node) -> &[ArpRow] {
    node.known.sightings.as_ref().and_then(|sightings| sightings.arp.as_deref()).unwrap_or_default()
}

/// Whether the one's address table has an address of the other, with a hardware address of the other.
fn is_in_arp(one: &Node, other: &Node) -> bool {
    let device = other.device();
    let own = |mac: MacAddr| device.interfaces.iter().any(|port| port.mac == Some(mac));
    arp(one).iter().any(|row| device.addresses.contains(&row.address) && own(row.mac))
}

/// The ports where a bridge sees an address.
fn rows_of(node: &Node, mac: MacKey) -> impl Iterator<Item = Option<IfIndex>> {
    let fdb = fdb(node);
    let start = fdb.partition_point(|row| mac_key(row.mac) < mac);
    fdb.get(start..).unwrap_or_default().iter().take_while(move |row| mac_key(row.mac) == mac).map(|row| row.if_index)
}

/// Whether a bridge sees an address, and on another port only.
fn sees_elsewhere(node: &Node, mac: MacKey, port: IfIndex) -> bool {
    let device = node.device();
    let counts_as = |if_index: IfIndex| device.interface(if_index).and_then(|own| own.aggregate).unwrap_or(if_index);
    let mut rows = rows_of(node, mac).flatten().map(counts_as).peekable();
    rows.peek().is_some() && rows.all(|seen| seen != port)
}
