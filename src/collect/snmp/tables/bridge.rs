//! Bridge ports and VLANs (RFC 4188 BRIDGE-MIB, RFC 4363 Q-BRIDGE-MIB).

use super::columns::Columns;
use crate::model::device::Vlan;
use crate::model::{IfIndex, Interface};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that are read.
pub const COLUMNS: &[&str] = &[
    "dot1dBasePortIfIndex",
    "ieee8021BridgeBasePortIfIndex",
    "dot1qPvid",
    "dot1qVlanStaticName",
    "dot1qVlanStaticEgressPorts",
    "dot1qVlanCurrentEgressPorts",
    "dot1qVlanFdbId",
    "ieee8021QBridgeVlanFdbId",
];

/// Ports of VLANs as they are now, and as they are configured: the latter is read where the former is not there.
pub const CURRENT_EGRESS: &str = "dot1qVlanCurrentEgressPorts";
/// See [`CURRENT_EGRESS`].
pub const STATIC_EGRESS: &str = "dot1qVlanStaticEgressPorts";

/// Q-BRIDGE-MIB VlanId.
const VLAN_IDS: std::ops::RangeInclusive<u32> = 1..=4094;

/// Memberships of ports in VLANs kept of one device: 4,094 VLANs on a hundred trunks. More would be an agent that makes them up.
const MAX_MEMBERSHIPS: usize = 500_000;

/// dot1dBasePortIfIndex: bridge port number to ifIndex.
pub type BasePorts = BTreeMap<u32, IfIndex>;

/// Reads the bridge ports. Where an agent keeps a table for each VLAN, the numbers are the same in all of them and each has its own ports.
pub fn base_ports(columns: &Columns) -> BasePorts {
    let if_index = |value: &Value| u32::try_from(value.as_u64()?).ok().filter(|number| *number != 0).map(IfIndex);
    let newer = columns.rows("ieee8021BridgeBasePortIfIndex").filter_map(|(index, value)| Some((*index.last()?, value)));
    let of_vlans = columns.vlans().flat_map(|(_, columns)| columns.by_number("dot1dBasePortIfIndex"));
    let all = newer.chain(of_vlans).chain(columns.by_number("dot1dBasePortIfIndex"));
    all.filter_map(|(port, value)| Some((port, if_index(value)?))).collect()
}

/// Fills bridge port, port VLAN id and VLANs of the interfaces, and returns the VLANs by id.
pub fn fill(interfaces: &mut [Interface], columns: &Columns, ports: &BasePorts) -> Vec<Vlan> {
    for port in ports.keys() {
        if let Some(interface) = at_port(interfaces, ports, *port) {
            interface.bridge_port.get_or_insert(*port);
        }
    }
    for (port, value) in columns.by_number("dot1qPvid") {
        if let Some(interface) = at_port(interfaces, ports, port) {
            interface.pvid = value.as_u64().and_then(|id| u32::try_from(id).ok()).and_then(vlan_id);
        }
    }
    let members = members(columns, ports);
    for (vlan, members) in &members {
        for port in members {
            if let Some(interface) = at_port(interfaces, ports, *port) {
                interface.vlans.push(*vlan);
            }
        }
    }
    vlans(columns, &members)
}

/// A number as a VLAN id; `None` where it is none.
pub fn vlan_id(number: u32) -> Option<u16> {
    VLAN_IDS.contains(&number).then(|| u16::try_from(number).ok()).flatten()
}

/// The interface of a bridge port.
pub fn at_port<'a>(interfaces: &'a mut [Interface], ports: &BasePorts, port: u32) -> Option<&'a mut Interface> {
    let if_index = ports.get(&port)?;
    let at = interfaces.binary_search_by_key(if_index, |interface| interface.if_index).ok()?;
    interfaces.get_mut(at)
}

/// Bridge ports by VLAN: the current table where it has rows (its index begins with a time filter), else the static one.
fn members(columns: &Columns, ports: &BasePorts) -> BTreeMap<u16, BTreeSet<u32>> {
    let mut left = MAX_MEMBERSHIPS;
    let mut members: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
    let current = columns.rows(CURRENT_EGRESS).filter_map(|(index, value)| Some((*index.get(1)?, value)));
    let fixed = columns.by_number(STATIC_EGRESS);
    for (vlan, value) in current.chain(fixed) {
        if let (Some(vlan), Some(octets)) = (vlan_id(vlan), value.as_octets()) {
            let members = members.entry(vlan).or_default();
            let before = members.len();
            members.extend(port_list(octets).filter(|port| ports.contains_key(port)).take(left));
            left -= members.len() - before;
        }
    }
    members
}

/// PortList (RFC 4363 §5): the highest bit of the first octet is port 1. Junos writes the numbers out: `4097,4099`.
fn port_list(octets: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let written = is_written_out(octets).then(|| octets.split(|octet| *octet == b','));
    let numbers = written.into_iter().flatten().filter_map(|number| std::str::from_utf8(number).ok()?.parse().ok());
    let bits = if is_written_out(octets) { &[] } else { octets };
    let set = (1_u32..).zip(bits.iter().flat_map(|octet| (0..8).map(move |bit| octet & (0x80 >> bit) != 0)));
    numbers.chain(set.filter_map(|(port, set)| set.then_some(port)))
}

/// Digits and at least one comma: as a bit map it would set the same few bits in every octet.
fn is_written_out(octets: &[u8]) -> bool {
    octets.contains(&b',') && octets.iter().all(|octet| octet.is_ascii_digit() || *octet == b',')
}

fn vlans(columns: &Columns, members: &BTreeMap<u16, BTreeSet<u32>>) -> Vec<Vlan> {
    let mut names: BTreeMap<u16, Option<String>> = members.keys().map(|id| (*id, None)).collect();
    for (number, value) in columns.by_number("dot1qVlanStaticName") {
        if let Some(id) = vlan_id(number) {
            names.insert(id, Value::as_text(value));
        }
    }
    names.into_iter().map(|(id, name)| Vlan { id, name }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    #[test]
    fn vlans_reach_interfaces_by_bridge_port() {
        let columns = columns(
            COLUMNS,
            "dot1dBasePortIfIndex.1 = #101\ndot1dBasePortIfIndex.2 = #102\ndot1qPvid.2 = #20\ndot1qVlanStaticName.20 = users
             dot1qVlanCurrentEgressPorts.0.20 = 0x40\ndot1qVlanCurrentEgressPorts.0.30 = 0xc000\ndot1qVlanStaticEgressPorts.40 = 0,2,9",
        );
        let mut interfaces = vec![Interface::new(IfIndex(101)), Interface::new(IfIndex(102))];
        let vlans = fill(&mut interfaces, &columns, &base_ports(&columns));
        assert_eq!(interfaces[0].vlans, [30]);
        assert_eq!(interfaces[1].vlans, [20, 30, 40]);
        assert_eq!((interfaces[0].pvid, interfaces[1].pvid), (None, Some(20)));
        assert_eq!((interfaces[0].bridge_port, interfaces[1].bridge_port), (Some(1), Some(2)));
        assert_eq!(
            vlans.iter().map(|vlan| (vlan.id, vlan.name.as_deref())).collect::<Vec<_>>(),
            [(20, Some("users")), (30, None), (40, None)]
        );
    }

    #[test]
    fn numbers_that_are_no_vlan_are_passed_over() {
        let columns = columns(COLUMNS, "dot1qVlanStaticName.5000 = x\ndot1dBasePortIfIndex.3 = #0");
        assert!(fill(&mut [], &columns, &base_ports(&columns)).is_empty());
        assert!(base_ports(&columns).is_empty());
    }
}
