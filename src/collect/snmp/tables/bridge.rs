//! Bridge ports and VLANs (RFC 4188 BRIDGE-MIB, RFC 4363 Q-BRIDGE-MIB).

use super::columns::Columns;
use crate::mib::Registry;
use crate::model::device::Vlan;
use crate::model::{IfIndex, Interface};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that are read.
pub const COLUMNS: &[&str] = &[
    "dot1dBasePortIfIndex",
    "dot1dStpPortState",
    "dot1qPvid",
    "dot1qVlanStaticName",
    "dot1qVlanStaticEgressPorts",
    "dot1qVlanCurrentEgressPorts",
];

/// Q-BRIDGE-MIB VlanId.
const VLAN_IDS: std::ops::RangeInclusive<u32> = 1..=4094;

/// Memberships of ports in VLANs kept of one device: 4,094 VLANs on a hundred trunks. More would be an agent that makes them up.
const MAX_MEMBERSHIPS: usize = 500_000;

/// dot1dBasePortIfIndex: bridge port number to ifIndex.
pub type BasePorts = BTreeMap<u32, IfIndex>;

/// Reads the bridge ports.
pub fn base_ports(columns: &Columns) -> BasePorts {
    columns
        .by_number("dot1dBasePortIfIndex")
        .filter_map(|(port, value)| Some((port, IfIndex(u32::try_from(value.as_u64()?).ok().filter(|number| *number != 0)?))))
        .collect()
}

/// Fills port VLAN id, VLANs and spanning-tree state of the interfaces, and returns the VLANs by id.
pub fn fill(interfaces: &mut [Interface], columns: &Columns, ports: &BasePorts) -> Vec<Vlan> {
    for (port, value) in columns.by_number("dot1qPvid") {
        if let Some(interface) = at_port(interfaces, ports, port) {
            interface.pvid = value.as_u64().and_then(|id| u32::try_from(id).ok()).and_then(vlan_id);
        }
    }
    let states = Registry::builtin().object("dot1dStpPortState");
    for (port, value) in columns.by_number("dot1dStpPortState") {
        if let Some(interface) = at_port(interfaces, ports, port) {
            interface.stp_state = value.as_i64().and_then(|number| states?.word(number)).map(str::to_owned);
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

fn vlan_id(number: u32) -> Option<u16> {
    VLAN_IDS.contains(&number).then(|| u16::try_from(number).ok()).flatten()
}

fn at_port<'a>(interfaces: &'a mut [Interface], ports: &BasePorts, port: u32) -> Option<&'a mut Interface> {
    let if_index = ports.get(&port)?;
    let at = interfaces.binary_search_by_key(if_index, |interface| interface.if_index).ok()?;
    interfaces.get_mut(at)
}

/// Bridge ports by VLAN: the current table where it has rows (its index begins with a time filter), else the static one.
fn members(columns: &Columns, ports: &BasePorts) -> BTreeMap<u16, BTreeSet<u32>> {
    let mut left = MAX_MEMBERSHIPS;
    let mut members: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
    let current = columns.rows("dot1qVlanCurrentEgressPorts").filter_map(|(index, value)| Some((*index.get(1)?, value)));
    let fixed = columns.by_number("dot1qVlanStaticEgressPorts");
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

/// PortList (RFC 4363 §5): the highest bit of the first octet is port 1.
fn port_list(octets: &[u8]) -> impl Iterator<Item = u32> + '_ {
    (1_u32..)
        .zip(octets.iter().flat_map(|octet| (0..8).map(move |bit| octet & (0x80 >> bit) != 0)))
        .filter_map(|(port, set)| set.then_some(port))
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
             dot1qVlanCurrentEgressPorts.0.20 = 0x40\ndot1qVlanCurrentEgressPorts.0.30 = 0xc000\ndot1dStpPortState.2 = #2",
        );
        let mut interfaces = vec![Interface::new(IfIndex(101)), Interface::new(IfIndex(102))];
        let vlans = fill(&mut interfaces, &columns, &base_ports(&columns));
        assert_eq!(interfaces[0].vlans, [30]);
        assert_eq!(interfaces[1].vlans, [20, 30]);
        assert_eq!((interfaces[0].pvid, interfaces[1].pvid), (None, Some(20)));
        assert_eq!(interfaces[1].stp_state.as_deref(), Some("blocking"));
        assert_eq!(vlans, [Vlan { id: 20, name: Some("users".to_owned()) }, Vlan { id: 30, name: None }]);
    }

    #[test]
    fn numbers_that_are_no_vlan_are_passed_over() {
        let columns = columns(COLUMNS, "dot1qVlanStaticName.5000 = x\ndot1dBasePortIfIndex.3 = #0");
        assert!(fill(&mut [], &columns, &base_ports(&columns)).is_empty());
        assert!(base_ports(&columns).is_empty());
    }
}
