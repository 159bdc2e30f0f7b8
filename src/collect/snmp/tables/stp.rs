//! The spanning tree: in which state ports are, and which bridge they lead to (RFC 4188 dot1dStpPortTable).

use super::bridge::{BasePorts, at_port};
use super::columns::Columns;
use crate::mib::Registry;
use crate::model::{ChassisId, Evidence, IfIndex, Interface, MacAddr, NeighbourRow, PortId};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that are read.
pub const COLUMNS: &[&str] = &["dot1dStpPortState", "dot1dStpPortDesignatedBridge", "dot1dStpPortDesignatedPort"];

/// The scalar that says who the device is as a bridge.
pub const SCALARS: &[&str] = &["dot1dBaseBridgeAddress"];

/// dot1dStpPortState disabled(1), broken(6): what stands beside it is of an earlier time.
const NOT_RUNNING: [i64; 2] = [1, 6];

/// The number of a port within its 16-bit id: four bits of priority stand before it (IEEE 802.1D-2004 §9.2.7).
const PORT_NUMBER: u16 = 0x0fff;

/// Fills the state of the interfaces.
pub fn fill(interfaces: &mut [Interface], columns: &Columns, ports: &BasePorts) {
    let states = Registry::global().object("dot1dStpPortState");
    for (port, value) in columns.by_number("dot1dStpPortState") {
        if let Some(interface) = at_port(interfaces, ports, port) {
            interface.stp_state = value.as_i64().and_then(|number| states?.word(number)).map(str::to_owned);
        }
    }
}

/// The bridges that ports lead to: of a port for which another bridge is the designated one, that bridge and its port.
pub fn neighbours(interfaces: &[Interface], columns: &Columns, ports: &BasePorts) -> Vec<NeighbourRow> {
    let known: BTreeMap<IfIndex, &Interface> = interfaces.iter().map(|interface| (interface.if_index, interface)).collect();
    let own = own_addresses(interfaces, columns);
    let states: BTreeMap<u32, i64> =
        columns.by_number("dot1dStpPortState").filter_map(|(port, state)| Some((port, state.as_i64()?))).collect();
    let far_ports: BTreeMap<u32, &Value> = columns.by_number("dot1dStpPortDesignatedPort").collect();
    let neighbour = |(port, value): (u32, &Value)| {
        let bridge = bridge_address(value).filter(|mac| mac.is_identity() && !own.contains(mac))?;
        if states.get(&port).is_some_and(|state| NOT_RUNNING.contains(state)) {
            return None;
        }
        let interface = known.get(ports.get(&port)?)?;
        let mut row = NeighbourRow::new(Evidence::Stp);
        row.local_if_index = Some(interface.if_index);
        row.local_port = Some(interface.name());
        row.chassis_id = Some(ChassisId::Mac(bridge));
        row.port_id = far_ports.get(&port).and_then(|value| port_number(value)).map(PortId::BridgePort);
        Some(row)
    };
    columns.by_number("dot1dStpPortDesignatedBridge").filter_map(neighbour).collect()
}

/// A bridge may name itself by its bridge address or, in a stack or of each VLAN, by that of a port.
fn own_addresses(interfaces: &[Interface], columns: &Columns) -> BTreeSet<MacAddr> {
    let bridge = columns.scalar("dot1dBaseBridgeAddress").and_then(Value::as_octets).and_then(MacAddr::from_octets_or_text);
    interfaces.iter().filter_map(|interface| interface.mac).chain(bridge).collect()
}

/// BridgeId (RFC 4188): two octets of priority, then the address.
fn bridge_address(value: &Value) -> Option<MacAddr> {
    match value.as_octets()? {
        [_, _, mac @ ..] => <[u8; 6]>::try_from(mac).ok().map(MacAddr),
        _ => None,
    }
}

fn port_number(value: &Value) -> Option<u32> {
    let octets = <[u8; 2]>::try_from(value.as_octets()?).ok()?;
    Some(u32::from(u16::from_be_bytes(octets) & PORT_NUMBER)).filter(|number| *number != 0)
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    fn read(lines: &str) -> (Vec<Interface>, Vec<NeighbourRow>) {
        let mut interfaces: Vec<Interface> = [101, 102, 103, 104].map(|number| Interface::new(IfIndex(number))).into();
        interfaces[3].mac = Some(MacAddr([0, 0x1b, 0x54, 0, 0, 4]));
        let ports: BasePorts = (1..=4).map(|port| (port, IfIndex(100 + port))).collect();
        let columns = columns(&[COLUMNS, SCALARS].concat(), lines);
        fill(&mut interfaces, &columns, &ports);
        let rows = neighbours(&interfaces, &columns, &ports);
        (interfaces, rows)
    }

    #[test]
    fn the_designated_bridge_of_a_port_is_a_neighbour_unless_it_is_the_device_itself() {
        let (interfaces, rows) = read(
            "dot1dBaseBridgeAddress.0 = 0x001b54000001\ndot1dStpPortState.1 = #5\ndot1dStpPortDesignatedBridge.1 = 0x8001001b54000001
             dot1dStpPortDesignatedPort.1 = 0x8001\ndot1dStpPortState.2 = #2\ndot1dStpPortDesignatedBridge.2 = 0x2001001b54000099
             dot1dStpPortDesignatedPort.2 = 0x8978\ndot1dStpPortState.3 = #1\ndot1dStpPortDesignatedBridge.3 = 0x2001001b54000099
             dot1dStpPortDesignatedBridge.4 = 0x8001001b54000004",
        );
        assert_eq!(interfaces[1].stp_state.as_deref(), Some("blocking"));
        let found: Vec<_> = rows.iter().map(|row| (row.local_if_index, row.chassis_id.clone(), row.port_id.clone())).collect();
        let bridge = ChassisId::Mac(MacAddr([0, 0x1b, 0x54, 0, 0, 0x99]));
        assert_eq!(found, [(Some(IfIndex(102)), Some(bridge), Some(PortId::BridgePort(0x978)))]);
    }

    #[test]
    fn malformed_ids_are_no_neighbours() {
        let (_, rows) = read(
            "dot1dStpPortDesignatedBridge.1 = 0x8001\ndot1dStpPortDesignatedBridge.2 = #5\ndot1dStpPortDesignatedBridge.3 = 0x0000000000000000
             dot1dStpPortDesignatedBridge.99 = 0x2001001b54000099\ndot1dStpPortDesignatedBridge.4294967295 = 0x2001001b54000099",
        );
        assert_eq!(rows, []);
    }
}
