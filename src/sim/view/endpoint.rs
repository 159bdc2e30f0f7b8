//! What stands at desks, as bridges learn it and as their routers resolve it: dot1qTpFdbTable and ipNetToMediaTable.
//!
//! A desk's address follows from its switch and its port, so that nothing is kept of it.

use super::rows::Table;
use super::{Part, View, integer, octets};
use crate::model::{ArpRow, FdbRow, IfIndex, MacAddr, OperStatus, Sightings};
use crate::sim::hash::{mix, pick};
use crate::sim::scenario::{DeviceNumber, PortNumber};
use crate::sim::truth::Behind;
use std::net::{IpAddr, Ipv4Addr};

pub(super) const COLUMNS: Part = &[
    ("dot1qTpFdbPort", Table::Fdb, |view, row| view.learned().get(row).and_then(|desk| integer(desk.port))),
    ("dot1qTpFdbStatus", Table::Fdb, |_, _| integer(LEARNED)),
    ("ipNetToMediaPhysAddress", Table::Arp, |view, row| view.resolved(row).map(|(_, mac)| octets(&mac.0))),
    ("ipNetToMediaType", Table::Arp, |_, _| integer(DYNAMIC)),
];

/// dot1qTpFdbStatus learned (RFC 4363)
const LEARNED: u8 = 3;
/// ipNetToMediaType dynamic (RFC 2011)
const DYNAMIC: u8 = 3;

/// Makers of what stands at desks: two of PCs each, phones, cameras, laptops.
const MAKERS: [[u8; 3]; 8] = [
    [0x3c, 0x52, 0x82],
    [0xf4, 0x39, 0x09],
    [0x8c, 0xec, 0x4b],
    [0xd4, 0x81, 0xd7],
    [0x80, 0x5e, 0xc0],
    [0x00, 0x15, 0x65],
    [0xac, 0xcc, 0x8e],
    [0xf0, 0x18, 0x98],
];

/// Desks have addresses from 10.64.0.20 on, 200 in each /24; the second octet is the router's.
const FIRST_NET: u8 = 64;
const NETS: u32 = 128;
const FIRST_HOST: u8 = 20;
const HOSTS: usize = 200;

/// A desk as its switch learned it. The order is that of dot1qTpFdbTable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Desk {
    pub(super) vlan: u16,
    pub(super) mac: MacAddr,
    /// dot1dBasePort
    port: u16,
    if_index: u32,
}

/// Where a desk stands, and how it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskPlace {
    /// Its switch
    pub device: DeviceNumber,
    /// The port there
    pub port: PortNumber,
    /// Its VLAN
    pub vlan: u16,
    /// Its hardware address
    pub mac: MacAddr,
    /// Its address
    pub address: Ipv4Addr,
}

impl View<'_> {
    /// The desk at a bridge port, where one is and its port is up.
    fn desk(&self, row: usize) -> Option<Desk> {
        let port = self.socket(row);
        let is_desk = matches!(self.scenario.behind(self.node, self.device, port), Behind::Desk);
        let state = || self.scenario.port_state(self.node, self.device, (port, self.at));
        if !is_desk || state().oper != OperStatus::Up {
            return None;
        }
        let [.., high, low] = self.device.to_be_bytes();
        let maker = pick(mix(self.scenario.seed ^ 0xde5c, u64::from(self.device) << 16 | u64::from(port)), MAKERS.len());
        let [a, b, c] = MAKERS.get(maker).copied().unwrap_or_default();
        let mac = MacAddr([a, b, c, high, low, u8::try_from(row).ok()?]);
        Some(Desk { vlan: self.pvid(row), mac, port: u16::try_from(row + 1).ok()?, if_index: self.if_index(port) })
    }

    /// The desks of its own ports, in the order of dot1qTpFdbTable.
    pub(super) fn learned(&self) -> Vec<Desk> {
        let mut desks: Vec<Desk> = (0..self.kind.bridge_ports.len()).filter_map(|row| self.desk(row)).collect();
        desks.sort_unstable();
        desks
    }

    /// The switches for whose desks it is the router: those that reach it by the first of their cables to another bridge.
    fn below(&self) -> impl Iterator<Item = Self> {
        let bridges =
            |view: Self| (0..view.node.cables.len()).filter_map(move |row| view.across(row)).filter(|far| far.kind.bridge);
        let here = self.device;
        bridges(*self).filter(move |far| bridges(*far).next().is_some_and(|first| first.device == here))
    }

    /// The device at the far end of a row's cable.
    fn across(&self, row: usize) -> Option<Self> {
        let cable = self.cable(row)?;
        let device = self.scenario.wires.get(cable.wire as usize)?.end(cable.side.other()).device;
        let (node, kind, _) = self.far(row)?;
        Some(Self { device, node, kind, ..*self })
    }

    /// Rows of ipNetToMediaTable: one for each port of those switches, most of which are not there.
    pub(super) fn resolvable(&self) -> usize {
        self.below().map(|far| far.kind.bridge_ports.len()).sum()
    }

    /// Address of a row of ipNetToMediaTable.
    pub(super) fn desk_address(&self, row: usize) -> Ipv4Addr {
        let octet = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        let net = u8::try_from(self.device % NETS).unwrap_or(0);
        Ipv4Addr::new(10, FIRST_NET + net, octet(row / HOSTS), FIRST_HOST.saturating_add(octet(row % HOSTS)))
    }

    /// What is behind a row of ipNetToMediaTable.
    pub(super) fn resolved(&self, row: usize) -> Option<(Ipv4Addr, MacAddr)> {
        let mut left = row;
        for far in self.below() {
            let ports = far.kind.bridge_ports.len();
            if left < ports {
                return far.desk(left).map(|desk| (self.desk_address(row), desk.mac));
            }
            left -= ports;
        }
        None
    }

    /// All desks whose router it is, with their addresses.
    pub fn desks(&self) -> Vec<DeskPlace> {
        let mut first = 0;
        let mut desks = Vec::new();
        for far in self.below() {
            let ports = far.kind.bridge_ports.len();
            desks.extend((0..ports).filter_map(|row| {
                let Desk { vlan, mac, .. } = far.desk(row)?;
                Some(DeskPlace { device: far.device, port: far.socket(row), vlan, mac, address: self.desk_address(first + row) })
            }));
            first += ports;
        }
        desks
    }

    /// ifIndex of the interface by which desks are reached: that of its first address.
    pub(super) fn gateway(&self) -> u32 {
        self.node.addresses.first().map_or(0, |own| self.if_index(own.port))
    }

    /// Its tables of addresses, as discovery reads them.
    pub fn sightings(&self) -> Sightings {
        let learned = if Table::Fdb.is_of(self.kind) { self.learned() } else { Vec::new() };
        let fdb = learned.into_iter().map(|desk| FdbRow {
            mac: desk.mac,
            if_index: Some(IfIndex(desk.if_index)),
            vlan: Some(desk.vlan),
        });
        let rows = if Table::Arp.is_of(self.kind) { self.resolvable() } else { 0 };
        let arp = (0..rows).filter_map(|row| self.resolved(row));
        let if_index = Some(IfIndex(self.gateway())).filter(|number| number.0 != 0);
        let arp = arp.map(|(address, mac)| ArpRow { address: IpAddr::V4(address), mac, if_index });
        let (mut fdb, mut arp): (Vec<FdbRow>, Vec<ArpRow>) = (fdb.collect(), arp.collect());
        fdb.sort_unstable();
        arp.sort_unstable();
        Sightings { fdb: Some(fdb), arp: Some(arp) }
    }
}
