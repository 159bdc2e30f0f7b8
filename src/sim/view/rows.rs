//! The rows of every table: how many, their indexes in order, and which are there now.

use super::View;
use super::health::STORAGES;
use super::parts::THRESHOLDS;
use super::switching::Maker;
use super::wireless::WlanTable;
use crate::sim::scenario::file::PortIdStyle;
use crate::sim::scenario::{Cable, Kind, Node, OwnAddress, PortNumber, Scenario};
use crate::sim::wlan::Family;
use std::net::Ipv4Addr;

/// A table, or the scalars of a part of the MIB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// One instance, `.0`
    Scalar,
    /// By ifIndex
    Port,
    /// By address
    Address,
    /// By address type and address
    InetAddress,
    /// By ifIndex, address type, address and prefix length
    Prefix,
    /// LLDP's own scalars
    LldpScalar,
    /// By lldpLocPortNum
    LldpPort,
    /// By lldpRemTimeMark, lldpRemLocalPortNum, lldpRemIndex
    LldpRemote,
    /// The same and the management address
    LldpAddress,
    /// CDP's own scalars
    CdpScalar,
    /// By cdpCacheIfIndex, cdpCacheDeviceIndex
    Cdp,
    /// A bridge's own scalars
    BridgeScalar,
    /// By dot1dBasePort
    BridgePort,
    /// By VLAN
    Vlan,
    /// By entPhysicalIndex
    Physical,
    /// By entPhysicalIndex and 0: those that are interfaces
    Alias,
    /// By entPhysicalIndex: the sensors alone
    Sensor,
    /// The same in CISCO-ENTITY-SENSOR-MIB
    OwnSensor,
    /// By entPhysicalIndex of a sensor of light and entSensorThresholdIndex
    Threshold,
    /// Scalars of a maker's, of bridges
    Maker(Maker),
    /// By pethPsePortGroupIndex, pethPsePortIndex
    PoePort,
    /// The same in a maker's table
    MakersPoe(Maker),
    /// By hrStorageIndex
    Storage,
    /// By hrDeviceIndex
    Processor,
    /// By pethMainPseGroupIndex
    Pse,
    /// By ifStackHigherLayer, ifStackLowerLayer
    Stack,
    /// By ifIndex of a member of an aggregate
    Member,
    /// By VLAN and hardware address
    Fdb,
    /// By ifIndex and address
    Arp,
    /// A number of what the kind tells
    Told(u16),
    /// A table of a wireless controller
    Wlan(Family, WlanTable),
}

/// The longest index: a network name's address on a radio of an access point, and network names of as many octets.
const MAX_INDEX: usize = 16;

/// An index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    arcs: [u32; MAX_INDEX],
    len: usize,
}

impl Index {
    pub(super) fn new(arcs: &[u32]) -> Self {
        let mut index = Self { arcs: [0; MAX_INDEX], len: arcs.len().min(MAX_INDEX) };
        for (slot, arc) in index.arcs.iter_mut().zip(arcs) {
            *slot = *arc;
        }
        index
    }

    /// Its sub-identifiers.
    pub fn arcs(&self) -> &[u32] {
        self.arcs.get(..self.len).unwrap_or(&[])
    }

    pub(super) fn with_address(mut self, address: Ipv4Addr) -> Self {
        for octet in address.octets() {
            if let Some(slot) = self.arcs.get_mut(self.len) {
                *slot = u32::from(octet);
                self.len += 1;
            }
        }
        self
    }

    pub(super) fn with(mut self, arc: u32) -> Self {
        if let Some(slot) = self.arcs.get_mut(self.len) {
            *slot = arc;
            self.len += 1;
        }
        self
    }
}

/// InetAddressType ipv4, and the address family number of IPv4: both 1 (RFC 4001, IANA).
const IPV4: u32 = 1;

/// Octets of an IPv4 address, as an index says its length (RFC 2578 §7.7).
const IPV4_OCTETS: u32 = 4;

impl Table {
    /// Whether devices of `kind` have it.
    pub fn is_of(self, kind: &Kind) -> bool {
        match self {
            Self::Scalar | Self::Port | Self::Address | Self::InetAddress | Self::Prefix | Self::Stack => true,
            Self::Storage | Self::Processor | Self::Told(_) => true,
            Self::LldpScalar | Self::LldpPort | Self::LldpRemote | Self::LldpAddress => kind.lldp,
            Self::CdpScalar | Self::Cdp => kind.cdp,
            Self::BridgeScalar | Self::BridgePort | Self::Vlan | Self::Fdb | Self::Arp => kind.bridge,
            Self::Pse => kind.feeds,
            Self::Physical | Self::Alias => kind.entity,
            Self::Sensor => kind.entity && !kind.optics,
            Self::OwnSensor | Self::Threshold => kind.entity && kind.optics,
            Self::Maker(maker) => kind.bridge && View::is_of(kind, maker),
            Self::PoePort => kind.feeds,
            Self::MakersPoe(maker) => kind.feeds && View::is_of(kind, maker),
            Self::Member => kind.lag.is_some(),
            Self::Wlan(Family::Airespace, _) => matches!(kind.wlan, Some(Family::Airespace)),
            Self::Wlan(Family::Aruba, _) => matches!(kind.wlan, Some(Family::Aruba)),
            Self::Wlan(Family::Mikrotik, _) => matches!(kind.wlan, Some(Family::Mikrotik)),
        }
    }

    /// How many rows there could be.
    pub fn rows(self, view: &View<'_>) -> usize {
        match self {
            Self::Scalar | Self::LldpScalar | Self::CdpScalar | Self::BridgeScalar | Self::Processor | Self::Pse => 1,
            Self::Maker(_) => 1,
            Self::Physical | Self::Alias => view.kind.parts.len(),
            Self::Sensor | Self::OwnSensor => view.kind.sensors.len(),
            Self::Threshold => view.kind.lights.len() * THRESHOLDS,
            Self::PoePort | Self::MakersPoe(_) => view.poe_ports().count(),
            Self::Storage => STORAGES.len(),
            Self::Port => usize::from(view.scenario.port_count(view.node)),
            Self::Address | Self::InetAddress | Self::Prefix => view.node.addresses.len(),
            Self::LldpPort | Self::BridgePort => view.kind.bridge_ports.len(),
            Self::LldpRemote | Self::LldpAddress | Self::Cdp | Self::Member => view.node.cables.len(),
            Self::Vlan => view.scenario.vlans.len(),
            Self::Stack => view.node.lags.iter().map(|lag| lag.members.len()).sum(),
            Self::Fdb => view.learned().len(),
            Self::Arp => view.resolvable(),
            Self::Told(number) => view.tell(number).map_or(0, |tell| tell.rows.len()),
            Self::Wlan(_, table) => table.rows(view),
        }
    }

    /// The index of a row; ascending.
    pub fn index(self, view: &View<'_>, row: usize) -> Index {
        let number = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        match self {
            Self::Scalar | Self::LldpScalar | Self::CdpScalar | Self::BridgeScalar | Self::Maker(_) => Index::new(&[0]),
            Self::Physical => Index::new(&[view.part(row).map_or(0, |part| part.index)]),
            Self::Alias => Index::new(&[view.part(row).map_or(0, |part| part.index), 0]),
            Self::Sensor | Self::OwnSensor => Index::new(&[view.sensor(row).map_or(0, |part| part.index)]),
            Self::Threshold => Index::new(&[view.light(row).map_or(0, |part| part.index), number(row % THRESHOLDS) + 1]),
            Self::PoePort | Self::MakersPoe(_) => {
                let (group, port) = view.poe_place(row);
                Index::new(&[group, port])
            }
            Self::Storage => Index::new(&[number(row) + 1]),
            Self::Processor | Self::Pse => Index::new(&[1]),
            Self::Port => Index::new(&[view.if_index(port_of(row))]),
            Self::Address => view.address_index(&[], row),
            Self::InetAddress => view.address_index(&[IPV4, IPV4_OCTETS], row),
            Self::Prefix => view.by_port(row).map_or(Index::new(&[]), |own| view.prefix_index(own)),
            Self::LldpPort => Index::new(&[view.lldp_port(view.socket(row))]),
            Self::LldpRemote => view.neighbour_index(row),
            Self::LldpAddress => {
                let far = view.far(row).and_then(|far| far.0.address).unwrap_or(Ipv4Addr::UNSPECIFIED);
                view.neighbour_index(row).with(IPV4).with(IPV4_OCTETS).with_address(far)
            }
            Self::Cdp => Index::new(&[view.cable(row).map_or(0, |cable| view.if_index(cable.port)), number(row) + 1]),
            Self::BridgePort => Index::new(&[number(row) + 1]),
            Self::Vlan => Index::new(&[view.scenario.vlans.get(row).map_or(0, |vlan| u32::from(vlan.id))]),
            Self::Stack => view.stack(row).map_or(Index::new(&[]), |(lag, member)| Index::new(&[lag, member])),
            Self::Member => Index::new(&[view.cable(row).map_or(0, |cable| view.if_index(cable.port))]),
            Self::Fdb => view.learned().get(row).map_or(Index::new(&[]), |desk| {
                desk.mac.0.iter().fold(Index::new(&[u32::from(desk.vlan)]), |index, octet| index.with(u32::from(*octet)))
            }),
            Self::Arp => Index::new(&[view.gateway()]).with_address(view.desk_address(row)),
            Self::Told(number) => view.told_index(number, row),
            Self::Wlan(_, table) => table.index(view, row),
        }
    }

    /// Whether the row is there now.
    pub fn is_present(self, view: &View<'_>, row: usize) -> bool {
        let hears = |cable: &Cable| view.scenario.is_heard(cable.wire, view.at);
        match self {
            Self::LldpRemote => view.cable(row).is_some_and(hears) && view.far(row).is_some_and(|far| far.1.lldp),
            Self::LldpAddress => {
                Self::LldpRemote.is_present(view, row) && view.far(row).is_some_and(|far| far.0.address.is_some())
            }
            Self::Cdp => view.cable(row).is_some_and(hears) && view.far(row).is_some_and(|far| far.1.cdp),
            Self::Member => view.cable(row).is_some_and(|cable| cable.lag.is_some()),
            Self::Arp => view.resolved(row).is_some(),
            Self::Pse => view.poe().is_some(),
            Self::Physical => view.part(row).is_some_and(|part| view.has_part(part)),
            Self::Alias => view.is_alias(row),
            Self::Sensor | Self::OwnSensor => view.sensor(row).is_some_and(|part| view.has_part(part)),
            Self::Threshold => view.light(row).is_some_and(|part| view.has_part(part)),
            Self::Wlan(family, table) => table.is_present(view, (family, row)),
            _ => true,
        }
    }
}

/// A row of the interface tables as a port.
pub(super) fn port_of(row: usize) -> PortNumber {
    PortNumber::try_from(row).unwrap_or(PortNumber::MAX)
}

impl<'a> View<'a> {
    /// ifIndex of a port.
    pub(super) fn if_index(&self, port: PortNumber) -> u32 {
        self.scenario.if_index(self.node, port)
    }

    /// The cable of a row.
    pub(super) fn cable(&self, row: usize) -> Option<&'a Cable> {
        self.node.cables.get(row)
    }

    /// What is at the far end of a row's cable: device, kind, port.
    pub(super) fn far(&self, row: usize) -> Option<(&'a Node, &'a Kind, PortNumber)> {
        let cable = self.cable(row)?;
        let scenario: &'a Scenario = self.scenario;
        let end = scenario.wires.get(cable.wire as usize)?.end(cable.side.other());
        let node = scenario.node(end.device)?;
        Some((node, scenario.kind(node)?, end.port))
    }

    /// The port of a row of the bridge's and LLDP's port tables.
    pub(super) fn socket(&self, row: usize) -> PortNumber {
        self.kind.bridge_ports.get(row).copied().unwrap_or(PortNumber::MAX)
    }

    /// lldpLocPortNum of a port: not its ifIndex, for some.
    pub(super) fn lldp_port(&self, port: PortNumber) -> u32 {
        match self.kind.port_id {
            PortIdStyle::Name => self.kind.bridge_ports.partition_point(|&socket| socket <= port).try_into().unwrap_or(0),
            PortIdStyle::Index | PortIdStyle::Mac => self.if_index(port),
        }
    }

    fn neighbour_index(&self, row: usize) -> Index {
        let port = self.cable(row).map_or(0, |cable| self.lldp_port(cable.port));
        Index::new(&[0, port, u32::try_from(row).unwrap_or(0) + 1])
    }

    fn address_index(&self, head: &[u32], row: usize) -> Index {
        let address = self.node.addresses.get(row).map_or(Ipv4Addr::UNSPECIFIED, |own| own.net.addr());
        Index::new(head).with_address(address)
    }

    /// The addresses in the order of their ports.
    fn by_port(&self, row: usize) -> Option<OwnAddress> {
        let mut own = self.node.addresses.clone();
        own.sort_by_key(|own| (own.port, own.net));
        own.get(row).copied()
    }

    fn prefix_index(&self, own: OwnAddress) -> Index {
        let head = Index::new(&[self.if_index(own.port), IPV4, IPV4_OCTETS]);
        head.with_address(own.net.network()).with(u32::from(own.net.prefix_len()))
    }

    /// ifIndex of the aggregate and of the member of a row of ifStackTable.
    fn stack(&self, row: usize) -> Option<(u32, u32)> {
        let members = self.node.lags.iter().zip(0u8..).flat_map(|(lag, number)| lag.members.iter().map(move |&at| (number, at)));
        let (_, at) = members.clone().nth(row)?;
        let cable = self.cable(usize::from(at))?;
        Some((self.scenario.aggregate(self.node, cable)?, self.if_index(cable.port)))
    }

    /// ifIndex of the port that has the address of a row, the address and its mask.
    pub(super) fn own_address(&self, row: usize) -> Option<(u32, ipnet::Ipv4Net)> {
        self.node.addresses.get(row).map(|own| (self.if_index(own.port), own.net))
    }

    /// Pointer from ipAddressTable to the row of ipAddressPrefixTable.
    pub(super) fn prefix_pointer(&self, row: usize) -> Option<crate::model::Oid> {
        let own = self.node.addresses.get(row)?;
        self.tree.prefix_origin.as_ref().map(|column| column.child(self.prefix_index(*own).arcs()))
    }
}
