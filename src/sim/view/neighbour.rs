//! LLDP-MIB and CISCO-CDP-MIB: what a device says of itself, and what it hears.

use super::rows::Table;
use super::{Part, View, integer, octets, text};
use crate::model::{MacAddr, Role};
use crate::sim::scenario::file::PortIdStyle;
use crate::sim::scenario::{Kind, Node, PortNumber};

pub(super) const COLUMNS: Part = &[
    ("lldpLocChassisIdSubtype", Table::LldpScalar, |_, _| integer(CHASSIS_MAC)),
    ("lldpLocChassisId", Table::LldpScalar, |view, _| Some(octets(&view.node.mac.0))),
    ("lldpLocSysName", Table::LldpScalar, |view, _| Some(text(&view.node.name))),
    ("lldpLocSysDesc", Table::LldpScalar, |view, _| Some(text(&view.sys_descr(&view.kind.sys_descr, &view.node.name)))),
    ("lldpLocSysCapSupported", Table::LldpScalar, |view, _| Some(octets(&[view.kind.capabilities, 0]))),
    ("lldpLocSysCapEnabled", Table::LldpScalar, |view, _| Some(octets(&[view.kind.capabilities, 0]))),
    ("lldpLocPortIdSubtype", Table::LldpPort, |view, _| integer(subtype(view.kind.port_id))),
    ("lldpLocPortId", Table::LldpPort, |view, row| Some(octets(&view.port_id(view.node, view.kind, view.socket(row))))),
    ("lldpLocPortDesc", Table::LldpPort, |view, row| Some(text(&view.port_desc(view.node, view.kind, view.socket(row))))),
    ("lldpRemChassisIdSubtype", Table::LldpRemote, |_, _| integer(CHASSIS_MAC)),
    ("lldpRemChassisId", Table::LldpRemote, |view, row| view.far(row).map(|(node, ..)| octets(&node.mac.0))),
    ("lldpRemPortIdSubtype", Table::LldpRemote, |view, row| {
        view.far(row).and_then(|(_, kind, _)| integer(subtype(kind.port_id)))
    }),
    ("lldpRemPortId", Table::LldpRemote, |view, row| {
        view.far(row).map(|(node, kind, port)| octets(&view.port_id(node, kind, port)))
    }),
    ("lldpRemPortDesc", Table::LldpRemote, |view, row| {
        view.far(row).map(|(node, kind, port)| text(&view.port_desc(node, kind, port)))
    }),
    ("lldpRemSysName", Table::LldpRemote, |view, row| view.far(row).map(|(node, ..)| text(&node.name))),
    ("lldpRemSysDesc", Table::LldpRemote, |view, row| {
        view.far(row).map(|(node, kind, _)| text(&view.sys_descr(&kind.sys_descr, &node.name)))
    }),
    ("lldpRemSysCapSupported", Table::LldpRemote, |view, row| view.far(row).map(|(_, kind, _)| octets(&[kind.capabilities, 0]))),
    ("lldpRemSysCapEnabled", Table::LldpRemote, |view, row| view.far(row).map(|(_, kind, _)| octets(&[kind.capabilities, 0]))),
    ("lldpRemManAddrIfSubtype", Table::LldpAddress, |_, _| integer(BY_IF_INDEX)),
    ("lldpRemManAddrIfId", Table::LldpAddress, |view, row| view.far_management(row).and_then(integer)),
    ("cdpGlobalDeviceId", Table::CdpScalar, |view, _| Some(text(&view.node.name))),
    ("cdpCacheAddressType", Table::Cdp, |_, _| integer(CDP_IP)),
    ("cdpCacheAddress", Table::Cdp, |view, row| view.far(row).and_then(|(node, ..)| Some(octets(&node.address?.octets())))),
    ("cdpCacheVersion", Table::Cdp, |view, row| {
        view.far(row).map(|(node, kind, _)| text(&view.sys_descr(&kind.sys_descr, &node.name)))
    }),
    ("cdpCacheDeviceId", Table::Cdp, |view, row| view.far(row).map(|(node, ..)| text(&node.name))),
    ("cdpCacheDevicePort", Table::Cdp, |view, row| {
        view.far(row).map(|(node, _, port)| text(&view.scenario.port_descr(node, port)))
    }),
    ("cdpCachePlatform", Table::Cdp, |view, row| view.far(row).map(|(_, kind, _)| text(&platform(kind)))),
    ("cdpCacheCapabilities", Table::Cdp, |view, row| view.far(row).map(|(_, kind, _)| octets(&cdp_capabilities(kind)))),
    ("cdpCacheNativeVLAN", Table::Cdp, |_, _| integer(NATIVE_VLAN)),
];

/// LldpChassisIdSubtype macAddress (IEEE 802.1AB §8.5.2)
const CHASSIS_MAC: u8 = 4;
/// LldpManAddrIfSubtype ifIndex
const BY_IF_INDEX: u8 = 2;
/// CiscoNetworkProtocol ip
const CDP_IP: u8 = 1;
/// The VLAN that Cisco's trunks leave untagged
const NATIVE_VLAN: u8 = 1;

/// LldpPortIdSubtype (IEEE 802.1AB §8.5.3)
const fn subtype(style: PortIdStyle) -> u8 {
    match style {
        PortIdStyle::Name => 5,
        PortIdStyle::Index => 7,
        PortIdStyle::Mac => 3,
    }
}

pub(super) fn platform(kind: &Kind) -> String {
    format!("cisco {}", kind.model.as_deref().unwrap_or(&kind.name))
}

/// Capabilities as CDP's TLV has them: 0x01 router, 0x08 switch, 0x20 IGMP.
pub(super) fn cdp_capabilities(kind: &Kind) -> [u8; 4] {
    let router = if kind.routed { 0x01 } else { 0 };
    let switch = if kind.role == Role::Switch { 0x28 } else { 0 };
    [0, 0, 0, router | switch]
}

impl View<'_> {
    fn port_id(&self, node: &Node, kind: &Kind, port: PortNumber) -> Vec<u8> {
        match kind.port_id {
            PortIdStyle::Name => self.scenario.port_name(node, port).into_bytes(),
            PortIdStyle::Index => self.scenario.if_index(node, port).to_string().into_bytes(),
            PortIdStyle::Mac => self.scenario.port_mac(node, port).map_or_else(Vec::new, |MacAddr(mac)| mac.to_vec()),
        }
    }

    /// Cisco and most others say ifDescr; those whose port id says nothing to people say ifName.
    pub(super) fn port_desc(&self, node: &Node, kind: &Kind, port: PortNumber) -> String {
        match kind.port_id {
            PortIdStyle::Name => self.scenario.port_descr(node, port),
            PortIdStyle::Index | PortIdStyle::Mac => self.scenario.port_name(node, port),
        }
    }

    fn far_management(&self, row: usize) -> Option<u32> {
        let (node, ..) = self.far(row)?;
        let own = node.addresses.iter().find(|own| Some(own.net.addr()) == node.address)?;
        Some(self.scenario.if_index(node, own.port))
    }
}
