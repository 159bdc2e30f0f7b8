//! Ports on which no neighbour protocol speaks, and which known devices are seen there.

use super::beside;
use super::marks::{MacKey, mac_key};
use super::nodes::{Node, Nodes};
use super::ports::place;
use super::posting::Posting;
use super::{is_primary, is_routing};
use crate::analyse::identity::is_own_mac;
use crate::model::{Evidence, FdbRow, IfIndex, Link};

/// A forwarding table with more rows is not drawn conclusions from: half of it would be worse than none.
const MAX_ROWS: usize = 131_072;

/// A known device seen on a silent port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sight {
    pub(super) port: IfIndex,
    pub(super) device: u32,
    pub(super) mac: MacKey,
}

/// What is seen where no neighbour protocol speaks.
#[derive(Debug, Default)]
pub(super) struct Silent {
    /// Ports on which one speaks, or that have a link; sorted. Aggregates stand with their members.
    pub(super) used: Vec<IfIndex>,
    /// Addresses on the other ports, sorted.
    rows: Vec<(IfIndex, MacKey)>,
    /// Those of them that are known devices', sorted.
    pub(super) sights: Vec<Sight>,
    /// Rows of spanning trees and routing protocols there: the device that is spoken of, and the row's place.
    pub(super) beside: Vec<(u32, u32)>,
}

impl Silent {
    /// What is seen from a device whose ports `used` have links.
    pub(super) fn of(node: &Node, linked: impl Iterator<Item = IfIndex>) -> Self {
        let heard = node.said().filter(|(row, _)| is_primary(row.protocol));
        let heard = heard.filter_map(|(row, found)| node.port(found.local).map(|port| port.if_index).or(row.local_if_index));
        let members: Vec<Member> = node.device().interfaces.iter().map(|port| (port.if_index, port.aggregate)).collect();
        let used = with_aggregates(&members, heard.chain(linked).collect());
        let beside = (0u32..).zip(node.said()).filter_map(|(place, (row, found))| {
            let makes_links = row.protocol == Evidence::Stp || is_routing(row.protocol);
            let port = node.port(found.local)?;
            (makes_links && used.binary_search(&port.if_index).is_err()).then_some((found.to?, place))
        });
        let beside = beside.collect();
        let mut silent = Self { rows: Vec::new(), used, sights: Vec::new(), beside };
        silent.rows = silent.rows(node, &members);
        silent
    }

    fn rows(&self, node: &Node, members: &[Member]) -> Vec<(IfIndex, MacKey)> {
        let fdb = fdb(node);
        if fdb.is_empty() || fdb.len() > MAX_ROWS {
            return Vec::new();
        }
        // Each port with the port that it counts as; None where a neighbour protocol speaks.
        let is_free = |number: &IfIndex| self.used.binary_search(number).is_err();
        let counts_as = members.iter().map(|(own, aggregate)| (*own, Some(aggregate.unwrap_or(*own)).filter(is_free)));
        let counts_as: Vec<(IfIndex, Option<IfIndex>)> = counts_as.collect();
        let port = |if_index: IfIndex| match place(&counts_as, if_index, |(own, _)| *own) {
            Some(at) => counts_as.get(at).and_then(|(_, port)| *port),
            None => Some(if_index).filter(is_free),
        };
        let own = fdb.iter().filter_map(|row| Some((port(row.if_index?)?, row.mac))).filter(|(_, mac)| is_own_mac(*mac));
        let mut rows: Vec<(IfIndex, MacKey)> = own.map(|(port, mac)| (port, mac_key(mac))).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// Addresses of one port.
    pub(super) fn on(&self, port: IfIndex) -> &[(IfIndex, MacKey)] {
        let start = self.rows.partition_point(|(other, _)| *other < port);
        let rest = self.rows.get(start..).unwrap_or_default();
        rest.get(..rest.partition_point(|(other, _)| *other == port)).unwrap_or_default()
    }

    pub(super) fn is_used(&self, port: IfIndex) -> bool {
        self.used.binary_search(&port).is_ok()
    }
}

/// The forwarding table, by address.
pub(super) fn fdb(node: &Node) -> &[FdbRow] {
    node.known.sightings.as_ref().and_then(|sightings| sightings.fdb.as_deref()).unwrap_or_default()
}

/// A port, and the aggregate of which it is a member.
type Member = (IfIndex, Option<IfIndex>);

/// The ports with their aggregates and with the members of those that are aggregates, sorted.
fn with_aggregates(members: &[Member], mut used: Vec<IfIndex>) -> Vec<IfIndex> {
    used.sort_unstable();
    used.dedup();
    let direct = used.len();
    if direct == 0 {
        return used;
    }
    for (own, aggregate) in members {
        let Some(aggregate) = aggregate.filter(|number| number != own) else { continue };
        let is_used = |number: &IfIndex| used.get(..direct).is_some_and(|direct| direct.binary_search(number).is_ok());
        match (is_used(own), is_used(&aggregate)) {
            (true, false) => used.push(aggregate),
            (false, true) => used.push(*own),
            _ => {}
        }
    }
    used.sort_unstable();
    used.dedup();
    used
}

/// All that is seen, by number of the device that sees; outlives a device by one update.
#[derive(Debug, Default)]
pub(super) struct Forwarding {
    list: Vec<Silent>,
    /// Devices that see an address on a silent port.
    seen: Posting<MacKey>,
    /// Devices that see or speak of a device on a silent port.
    tellers: Posting<u32>,
    /// Devices whose spanning tree names a bridge's port (its dot1dBasePort).
    pub(super) claims: Posting<(u32, u32)>,
}

impl Forwarding {
    pub(super) fn get(&self, number: u32) -> Option<&Silent> {
        self.list.get(number as usize)
    }

    /// Whether no device sees anything.
    pub(super) fn is_blind(&self) -> bool {
        self.seen.is_empty()
    }

    /// Devices that see this address where no neighbour protocol speaks.
    pub(super) fn seen(&self, mac: MacKey) -> &[u32] {
        self.seen.all(&mac)
    }

    /// Whether the same ports are in use as before.
    pub(super) fn same_use(&self, number: u32, silent: &Silent) -> bool {
        self.get(number).is_some_and(|known| known.used == silent.used)
    }

    /// Makes place for what these devices see.
    pub(super) fn reserve<'a>(&mut self, silent: impl Iterator<Item = &'a Silent>) {
        self.seen.reserve(silent.map(|silent| silent.rows.len()).sum());
    }

    /// Puts in what a device sees now.
    pub(super) fn put(&mut self, number: u32, silent: Silent) {
        let place = number as usize;
        if self.list.len() <= place {
            self.list.resize_with(place + 1, Silent::default);
        }
        let Some(slot) = self.list.get_mut(place) else { return };
        let old = std::mem::replace(slot, silent);
        for device in told(&old) {
            self.tellers.remove(&device, number);
        }
        if old.rows != slot.rows {
            for (_, mac) in &old.rows {
                self.seen.remove(mac, number);
            }
            for (_, mac) in &slot.rows {
                self.seen.insert(*mac, number);
            }
        }
        for device in told(slot) {
            self.tellers.insert(device, number);
        }
    }

    /// Finds out whose the addresses are that a device sees.
    pub(super) fn look(silent: &mut Silent, number: u32, owner: impl Fn(MacKey) -> Option<u32>) {
        let sight = |(port, mac): &(IfIndex, MacKey)| {
            let device = owner(*mac).filter(|device| *device != number)?;
            Some(Sight { port: *port, device, mac: *mac })
        };
        silent.sights = silent.rows.iter().filter_map(sight).collect();
        silent.sights.sort_unstable();
    }

    /// Of these devices those that see or are seen by others, and all that see or are seen by one of them, and so on.
    pub(super) fn reach(&self, from: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut open: Vec<u32> = from.filter(|number| self.matters(*number)).collect();
        let mut known: rustc_hash::FxHashSet<u32> = open.iter().copied().collect();
        while let Some(number) = open.pop() {
            let seen = self.get(number).map(told).unwrap_or_default();
            for next in seen.into_iter().chain(self.tellers.all(&number).iter().copied()) {
                if known.insert(next) {
                    open.push(next);
                }
            }
        }
        known.into_iter().collect()
    }

    /// Whether anything is seen from there or there.
    fn matters(&self, number: u32) -> bool {
        let sees = self.get(number).is_some_and(|silent| !silent.sights.is_empty() || !silent.beside.is_empty());
        sees || !self.tellers.all(&number).is_empty()
    }
}

/// The devices that are seen or spoken of, each once.
fn told(silent: &Silent) -> Vec<u32> {
    let seen = silent.sights.iter().map(|sight| sight.device);
    let mut told: Vec<u32> = seen.chain(silent.beside.iter().map(|(device, _)| *device)).collect();
    told.sort_unstable();
    told.dedup();
    told
}

/// Ports of `number` that have a link among these.
pub(super) fn linked<'a>(
    nodes: &'a Nodes,
    number: u32,
    links: impl Iterator<Item = &'a Link> + 'a,
) -> impl Iterator<Item = IfIndex> {
    let id = nodes.device(number).map(|device| &device.id);
    links.flat_map(|link| [&link.a, &link.b]).filter(move |end| Some(&end.device) == id).filter_map(|end| end.if_index)
}

/// Whether a routed port has nothing on it that a bridge would see.
pub(super) fn is_bridged(node: &Node, port: IfIndex) -> bool {
    fdb(node).iter().any(|row| row.if_index == Some(port))
}

/// The row that a device's `beside` names, as a candidate for a link.
pub(super) fn candidate<'a>(nodes: &'a Nodes, from: u32, (to, place): (u32, u32)) -> Option<beside::Candidate<'a>> {
    let (near, far) = (nodes.get(from)?, nodes.get(to)?);
    let row = near.device().neighbours.get(place as usize)?;
    let found = *near.rows.get(place as usize)?;
    Some(beside::Candidate { from: (from, near), to: (to, far), row, found })
}
