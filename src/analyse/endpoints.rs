//! Where the addresses are that belong to no device of ours: forwarding tables say the port, address tables the IP address.
//!
//! Every bridge on the way has learned an address; it hangs on the port that does not lead to another bridge of ours. Among
//! several such ports the one with the fewest addresses is the edge. What no forwarding table knows is placed at the interface
//! of a router that reaches it. The same tables give the same endpoints, whatever the order in which they were read. Start at
//! [`resolve`].

use super::identity::is_shared_mac;
use crate::model::identity::is_owned;
use crate::model::{
    ArpRow, ChassisId, Device, DeviceId, FdbRow, IfIndex, Interface, Link, MacAddr, Neighbour, Role, Timestamp, limit,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;
use std::time::Duration;

/// The only address of a port that leads to no bridge.
const ALONE: f32 = 0.95;
/// A port that few share: a telephone and the computer behind it.
const FEW: f32 = 0.8;
/// How many are few.
const FEW_MACS: u32 = 3;
/// A port that many share: an unmanaged switch or an access point is behind it.
const SHARED: f32 = 0.6;
/// The bridge does not tell which of its ports it is.
const PORTLESS: f32 = 0.4;
/// Only the address table of a router or a bridge knows it.
const ROUTED: f32 = 0.3;
/// Only the address table of a host knows it.
const HOSTS: f32 = 0.2;

/// Readings of address tables that lie no farther apart are of one time: which of two routers was read first says nothing.
const SAME_TIME: Duration = Duration::from_secs(600);

/// What one device says of where addresses are.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The device.
    pub device: &'a Device,
    /// Its forwarding table; `None` where it was not read yet.
    pub fdb: Option<&'a [FdbRow]>,
    /// Its address table.
    pub arp: &'a [ArpRow],
    /// When the address table was read.
    pub arp_at: Timestamp,
}

/// An endpoint and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its hardware address.
    pub mac: MacAddr,
    /// Its IP addresses, sorted.
    pub addresses: Vec<IpAddr>,
    /// The device that it hangs on.
    pub device: DeviceId,
    /// The port.
    pub if_index: Option<IfIndex>,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// 0 to 1.
    pub confidence: f32,
}

/// What follows from all tables.
#[derive(Debug, Default)]
pub struct Found {
    /// Endpoints, by hardware address.
    pub endpoints: Vec<Placed>,
    /// Sightings of addresses beyond [`limit::ENDPOINTS`].
    pub beyond: u64,
    /// Who has an IP address now.
    pub owners: FxHashMap<IpAddr, MacAddr>,
    not_endpoints: FxHashSet<MacAddr>,
    uplinks: Uplinks,
}

/// Ports that lead to another bridge, by device.
type Uplinks = FxHashMap<DeviceId, FxHashSet<IfIndex>>;

impl Seen<'_> {
    /// Whether it forwards frames and tells, or will tell, for whom: what hangs on it is found there and not before it.
    fn is_bridge(&self) -> bool {
        match self.fdb {
            Some(rows) => !rows.is_empty(),
            None => self.device.role == Role::Switch || self.device.interfaces.iter().any(|port| port.bridge_port.is_some()),
        }
    }
}

impl Found {
    /// Whether the address belongs to a device or a neighbour, or to nobody alone.
    pub fn is_no_endpoint(&self, mac: MacAddr) -> bool {
        !is_single(mac) || self.not_endpoints.contains(&mac)
    }

    /// Whether the port leads to another bridge, so that nothing hangs on it.
    pub fn is_uplink(&self, device: &DeviceId, if_index: IfIndex) -> bool {
        self.uplinks.get(device).is_some_and(|ports| ports.contains(&if_index))
    }
}

/// Whether a confidence is that of an endpoint which no forwarding table knows.
pub fn is_only_routed(confidence: f32) -> bool {
    confidence <= ROUTED
}

/// One station's address, and no virtual router's.
fn is_single(mac: MacAddr) -> bool {
    mac.is_identity() && !is_shared_mac(mac)
}

/// Places every address that some table knows and that is no device's own. Devices come sorted by id.
pub fn resolve<'a>(
    seen: &[Seen<'_>],
    links: impl Iterator<Item = &'a Link> + Clone,
    neighbours: impl Iterator<Item = &'a Neighbour>,
) -> Found {
    let mut found = Found { owners: owners(seen), ..Found::default() };
    found.not_endpoints = own_addresses(seen, &found.owners);
    found.not_endpoints.extend(neighbours.filter_map(|neighbour| neighbour.mac));
    found.uplinks = uplinks(seen, links);
    let mut places: FxHashMap<MacAddr, Place> = FxHashMap::default();
    for (number, seen) in (0u32..).zip(seen) {
        learned(&mut found, &mut places, (number, seen));
    }
    for (number, seen) in (0u32..).zip(seen) {
        routed(&mut found, &mut places, (number, seen));
    }
    let placed = |(mac, place): (MacAddr, Place)| {
        let device = seen.get(place.device as usize)?.device;
        let (if_index, vlan, confidence) = (place.if_index, place.vlan, place.confidence());
        Some(Placed { mac, addresses: Vec::new(), device: device.id.clone(), if_index, vlan, confidence })
    };
    found.endpoints = places.into_iter().filter_map(placed).collect();
    found.endpoints.sort_unstable_by_key(|placed| placed.mac);
    add_addresses(&mut found.endpoints, &found.owners);
    found
}

/// Gives endpoints, which are sorted, their IP addresses.
fn add_addresses(endpoints: &mut [Placed], owners: &FxHashMap<IpAddr, MacAddr>) {
    let mut owned: Vec<(MacAddr, IpAddr)> = owners.iter().map(|(address, mac)| (*mac, *address)).collect();
    owned.sort_unstable();
    let mut owned = owned.into_iter().peekable();
    for endpoint in endpoints {
        while owned.next_if(|(mac, _)| *mac < endpoint.mac).is_some() {}
        while let Some((_, address)) = owned.next_if(|(mac, _)| *mac == endpoint.mac) {
            if limit::ENDPOINT_ADDRESSES.has_room(endpoint.addresses.len()) {
                endpoint.addresses.push(address);
            }
        }
    }
}

/// A place that a table tells; the least is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    kind: Kind,
    /// Addresses on the port.
    macs: u32,
    device: u32,
    if_index: Option<IfIndex>,
    /// Not the port's own VLAN: what is there untagged and tagged is told by the untagged one.
    tagged: bool,
    vlan: Option<u16>,
}

/// By what a place is known, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Learned on a port.
    Learned,
    /// Learned, and the bridge does not tell where.
    Portless,
    /// In the address table of a router or a bridge.
    Routed,
    /// In the address table of a host.
    Host,
}

impl Place {
    const fn confidence(self) -> f32 {
        match (self.kind, self.macs) {
            (Kind::Learned, 0 | 1) => ALONE,
            (Kind::Learned, 2..=FEW_MACS) => FEW,
            (Kind::Learned, _) => SHARED,
            (Kind::Portless, _) => PORTLESS,
            (Kind::Routed, _) => ROUTED,
            (Kind::Host, _) => HOSTS,
        }
    }
}

/// Takes a place over where it is the best one yet, as far as there is room.
fn offer(found: &mut Found, places: &mut FxHashMap<MacAddr, Place>, (mac, place): (MacAddr, Place)) {
    let full = places.len() >= limit::ENDPOINTS.most();
    match places.get_mut(&mac) {
        Some(known) => *known = place.min(*known),
        None if full => found.beyond += 1,
        None => {
            places.insert(mac, place);
        }
    }
}

/// What one forwarding table says.
fn learned(found: &mut Found, places: &mut FxHashMap<MacAddr, Place>, (number, seen): (u32, &Seen<'_>)) {
    let Some(rows) = seen.fdb.filter(|rows| !rows.is_empty()) else { return };
    let uplinks = found.uplinks.get(&seen.device.id);
    let hangs = |row: &&FdbRow| !row.if_index.is_some_and(|port| uplinks.is_some_and(|ports| ports.contains(&port)));
    // Most rows of a core are those of its uplinks: they go first.
    let strangers: Vec<&FdbRow> = rows.iter().filter(hangs).filter(|row| !found.is_no_endpoint(row.mac)).collect();
    let mut ports: FxHashMap<Option<IfIndex>, Port> = FxHashMap::default();
    let mut last = None;
    // Sorted by address: one that is known in several VLANs of a port stands there several times in a row.
    for row in &strangers {
        if last.replace((row.mac, row.if_index)) != Some((row.mac, row.if_index)) {
            ports.entry(row.if_index).or_insert_with(|| Port::of(seen.device, row.if_index)).macs += 1;
        }
    }
    for row in strangers {
        let Some(port) = ports.get(&row.if_index) else { continue };
        let vlan = row.vlan.or(port.pvid);
        let kind = if row.if_index.is_some() { Kind::Learned } else { Kind::Portless };
        let tagged = port.pvid != vlan;
        let place = Place { kind, macs: port.macs, device: number, if_index: row.if_index, tagged, vlan };
        offer(found, places, (row.mac, place));
    }
}

/// A port on which addresses were learned.
struct Port {
    macs: u32,
    pvid: Option<u16>,
}

impl Port {
    fn of(device: &Device, if_index: Option<IfIndex>) -> Self {
        Self { macs: 0, pvid: if_index.and_then(|if_index| device.interface(if_index)?.pvid) }
    }
}

/// What one address table says of addresses that no forwarding table places.
fn routed(found: &mut Found, places: &mut FxHashMap<MacAddr, Place>, (number, seen): (u32, &Seen<'_>)) {
    let forwards = matches!(seen.device.role, Role::Router | Role::Firewall | Role::Switch | Role::WlanController);
    let kind = if forwards || seen.is_bridge() { Kind::Routed } else { Kind::Host };
    for row in seen.arp {
        let is_its = found.owners.get(&row.address) == Some(&row.mac);
        if is_its && !found.is_no_endpoint(row.mac) {
            let place = Place { kind, macs: 0, device: number, if_index: row.if_index, tagged: false, vlan: None };
            offer(found, places, (row.mac, place));
        }
    }
}

/// Who has which IP address: the newest reading counts, and of those of one time that of the first device.
fn owners(seen: &[Seen<'_>]) -> FxHashMap<IpAddr, MacAddr> {
    let newest = seen.iter().filter(|seen| !seen.arp.is_empty()).map(|seen| seen.arp_at).max().unwrap_or_default();
    let age = |seen: &Seen<'_>| Some(newest.since(seen.arp_at)).filter(|age| *age > SAME_TIME).unwrap_or_default();
    let mut by_age: Vec<&Seen<'_>> = seen.iter().filter(|seen| !seen.arp.is_empty()).collect();
    by_age.sort_by_key(|seen| age(seen));
    let rows = by_age.iter().map(|seen| seen.arp.len()).sum();
    let mut owners = FxHashMap::with_capacity_and_hasher(rows, rustc_hash::FxBuildHasher);
    for row in by_age.into_iter().flat_map(|seen| seen.arp) {
        if is_owned(row.address, None) && row.mac.is_identity() {
            owners.entry(row.address).or_insert(row.mac);
        }
    }
    owners
}

/// Hardware addresses of devices: of their ports and chassis, those in their engine ids, and whatever answers for an
/// address that they own.
fn own_addresses(seen: &[Seen<'_>], owners: &FxHashMap<IpAddr, MacAddr>) -> FxHashSet<MacAddr> {
    let ports: usize = seen.iter().map(|seen| seen.device.interfaces.len()).sum();
    let mut own = FxHashSet::with_capacity_and_hasher(ports, rustc_hash::FxBuildHasher);
    for device in seen.iter().map(|seen| seen.device) {
        own.extend(device.interfaces.iter().filter_map(|port| port.mac));
        own.extend(match device.chassis_id {
            Some(ChassisId::Mac(mac)) => Some(mac),
            _ => None,
        });
        own.extend(device.engine_id.as_deref().and_then(mac_of_engine));
        own.extend(device.addresses.iter().filter_map(|address| owners.get(address)));
    }
    own
}

/// The MAC address in an engine id of format 3. Source: RFC 3411 §5, SnmpEngineID.
fn mac_of_engine(hex: &str) -> Option<MacAddr> {
    let (format, mac) = (hex.get(8..10)?, hex.get(10..22)?);
    (hex.len() == 22 && format == "03").then(|| mac.parse().ok()).flatten()
}

/// Ports that lead to another bridge of ours: those of links, their aggregates, and the members of these.
fn uplinks<'a>(seen: &[Seen<'_>], links: impl Iterator<Item = &'a Link>) -> Uplinks {
    let bridges: FxHashMap<&DeviceId, &Device> =
        seen.iter().filter(|seen| seen.is_bridge()).map(|seen| (&seen.device.id, seen.device)).collect();
    let mut uplinks = Uplinks::default();
    for link in links {
        let (Some(a), Some(b)) = (bridges.get(&link.a.device), bridges.get(&link.b.device)) else { continue };
        for (end, device) in [(&link.a, a), (&link.b, b)] {
            let Some(if_index) = end.if_index else { continue };
            let aggregate = device.interface(if_index).and_then(|port| port.aggregate);
            uplinks.entry(device.id.clone()).or_default().extend(aggregate.into_iter().chain([if_index]));
        }
    }
    // A table may tell a member where the link was heard on the aggregate.
    for (id, ports) in &mut uplinks {
        let members = bridges.get(id).map_or(&[][..], |device| &device.interfaces);
        let is_member = |port: &&Interface| port.aggregate.is_some_and(|of| ports.contains(&of));
        let members: Vec<IfIndex> = members.iter().filter(is_member).map(|port| port.if_index).collect();
        ports.extend(members);
    }
    uplinks
}

#[cfg(test)]
mod tests;
