//! The spanning tree: in which state ports are, and which bridge they lead to (RFC 4188 dot1dStpPortTable).

use super::bridge::{BasePorts, at_port, bridge_id};
use super::columns::Columns;
use crate::mib::Registry;
use crate::model::{Bridge, BridgeId, ChassisId, Evidence, IfIndex, Interface, MacAddr, NeighbourRow, PortId, StpPort, StpRole};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that are read.
pub const COLUMNS: &[&str] = &[
    "dot1dStpPortState",
    "dot1dStpPortPriority",
    "dot1dStpPortPathCost",
    "dot1dStpPortPathCost32",
    "dot1dStpPortDesignatedCost",
    "dot1dStpPortDesignatedBridge",
    "dot1dStpPortDesignatedPort",
    "dot1dStpPortForwardTransitions",
];

/// What of it changes by itself: read beside the polls.
pub const CHANGING: &[&str] =
    &["dot1dStpPortState", "dot1dStpPortDesignatedCost", "dot1dStpPortDesignatedBridge", "dot1dStpPortForwardTransitions"];

/// The scalar that says who the device is as a bridge.
pub const SCALARS: &[&str] = &["dot1dBaseBridgeAddress"];

/// dot1dStpPortState disabled(1), broken(6): what stands beside it is of an earlier time.
const NOT_RUNNING: [i64; 2] = [1, 6];

/// The number of a port within its 16-bit id: four bits of priority stand before it (IEEE 802.1D-2004 §9.2.7).
const PORT_NUMBER: u16 = 0x0fff;

/// dot1dStpPortState blocking(2)
const BLOCKING: i64 = 2;

/// The greatest cost that dot1dStpPortPathCost holds (RFC 4318): a dearer path tells its cost in dot1dStpPortPathCost32.
const COST_SATURATED: u32 = 65_535;

/// Fills state and place of the interfaces in the spanning tree. `bridge` is the device as a bridge. Where the agent keeps a tree for each
/// VLAN, what is told without one comes first.
pub fn fill(interfaces: &mut [Interface], (columns, bridge): (&Columns, Option<&Bridge>), ports: &BasePorts) {
    let own = own_addresses(interfaces, columns);
    for columns in std::iter::once(columns).chain(columns.vlans().map(|(_, columns)| columns)) {
        let rows = Rows::of(columns);
        for port in rows.states.keys() {
            let Some(interface) = at_port(interfaces, ports, *port) else { continue };
            if interface.stp_state.is_none() {
                interface.stp_state = rows.state(*port).map(str::to_owned);
                interface.stp = Some(Box::new(rows.port(*port, (interface.if_index, bridge, &own))));
            }
        }
    }
}

/// Gives the fellows of a root port in its aggregate the same role: some agents tell the members, of which one is the root port.
pub fn share_roots(interfaces: &mut [Interface]) {
    let is_root = |interface: &&Interface| interface.stp.as_ref().is_some_and(|stp| stp.role == Some(StpRole::Root));
    let Some(aggregate) = interfaces.iter().find(is_root).and_then(|interface| interface.aggregate) else { return };
    for interface in interfaces.iter_mut().filter(|interface| interface.aggregate == Some(aggregate)) {
        if let Some(stp) = interface.stp.as_mut().filter(|stp| stp.role.is_none()) {
            stp.role = Some(StpRole::Root);
        }
    }
}

/// The columns by bridge port.
#[derive(Default)]
pub struct Rows<'a> {
    states: BTreeMap<u32, i64>,
    numbers: BTreeMap<&'static str, BTreeMap<u32, u32>>,
    bridges: BTreeMap<u32, &'a Value>,
}

impl<'a> Rows<'a> {
    /// What was read.
    pub fn of(columns: &'a Columns) -> Self {
        const NUMBERS: [&str; 5] = [
            "dot1dStpPortPriority",
            "dot1dStpPortPathCost",
            "dot1dStpPortPathCost32",
            "dot1dStpPortDesignatedCost",
            "dot1dStpPortForwardTransitions",
        ];
        let number = |(port, value): (u32, &Value)| Some((port, u32::try_from(value.as_u64()?).ok()?));
        Self {
            states: columns.by_number("dot1dStpPortState").filter_map(|(port, state)| Some((port, state.as_i64()?))).collect(),
            numbers: NUMBERS.into_iter().map(|name| (name, columns.by_number(name).filter_map(number).collect())).collect(),
            bridges: columns.by_number("dot1dStpPortDesignatedBridge").collect(),
        }
    }

    /// Bridge ports that have a state.
    pub fn ports(&self) -> impl Iterator<Item = u32> + '_ {
        self.states.keys().copied()
    }

    /// dot1dStpPortState as a word.
    pub fn state(&self, port: u32) -> Option<&'static str> {
        Registry::global().object("dot1dStpPortState")?.word(*self.states.get(&port)?)
    }

    /// The place of a port. `own` are the addresses by which the device calls itself.
    pub fn port(&self, port: u32, (if_index, bridge, own): (IfIndex, Option<&Bridge>, &BTreeSet<MacAddr>)) -> StpPort {
        let number = |name: &str| self.numbers.get(name).and_then(|rows| rows.get(&port)).copied();
        let cost = number("dot1dStpPortPathCost").filter(|cost| *cost < COST_SATURATED);
        let designated_bridge = self.bridges.get(&port).and_then(|value| bridge_id(value));
        let is_root = bridge.is_some_and(|bridge| bridge.root_port == Some(if_index));
        let state = self.states.get(&port).copied();
        StpPort {
            role: state.and_then(|state| role(state, (is_root, designated_bridge, own))),
            priority: number("dot1dStpPortPriority").and_then(|priority| u16::try_from(priority).ok()),
            path_cost: number("dot1dStpPortPathCost32").filter(|cost| *cost > 0).or(cost),
            designated_bridge,
            designated_cost: number("dot1dStpPortDesignatedCost"),
            forward_transitions: number("dot1dStpPortForwardTransitions"),
        }
    }
}

/// The role by the rules of IEEE 802.1D-2004 §17.7: the root port is told; a port that forwards and for whose segment the device itself is
/// the designated bridge is designated; of those that block, what another bridge serves is an alternate, what the device serves a backup.
fn role(state: i64, (is_root, designated, own): (bool, Option<BridgeId>, &BTreeSet<MacAddr>)) -> Option<StpRole> {
    let is_own = designated.map(|bridge| own.contains(&bridge.mac));
    match (state, is_own) {
        _ if NOT_RUNNING.contains(&state) => Some(StpRole::Disabled),
        _ if is_root => Some(StpRole::Root),
        (BLOCKING, Some(true)) => Some(StpRole::Backup),
        (BLOCKING, Some(false)) => Some(StpRole::Alternate),
        (_, Some(true)) => Some(StpRole::Designated),
        (_, Some(false) | None) => None,
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
        let bridge = bridge_id(value).map(|bridge| bridge.mac).filter(|mac| !own.contains(mac))?;
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
pub fn own_addresses(interfaces: &[Interface], columns: &Columns) -> BTreeSet<MacAddr> {
    let bridge = columns.scalar("dot1dBaseBridgeAddress").and_then(Value::as_octets).and_then(MacAddr::from_octets_or_text);
    interfaces.iter().filter_map(|interface| interface.mac).chain(bridge).collect()
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
        let bridge = Bridge { root_port: Some(IfIndex(101)), ..Bridge::default() };
        fill(&mut interfaces, (&columns, Some(&bridge)), &ports);
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
    fn the_role_of_a_port_follows_from_its_state_and_the_bridge_that_serves_it() {
        let (interfaces, _) = read(
            "dot1dBaseBridgeAddress.0 = 0x001b54000001\ndot1dStpPortState.1 = #5\ndot1dStpPortDesignatedBridge.1 = 0x1000001b54000099
             dot1dStpPortPathCost.1 = #65535\ndot1dStpPortPathCost32.1 = #200000\ndot1dStpPortState.2 = #2
             dot1dStpPortDesignatedBridge.2 = 0x8000001b54000077\ndot1dStpPortPathCost.2 = #19\ndot1dStpPortForwardTransitions.2 = #3
             dot1dStpPortState.3 = #5\ndot1dStpPortDesignatedBridge.3 = 0x8000001b54000001\ndot1dStpPortState.4 = #1",
        );
        let ports: Vec<&StpPort> = interfaces.iter().filter_map(|interface| interface.stp.as_deref()).collect();
        let roles: Vec<Option<StpRole>> = ports.iter().map(|port| port.role).collect();
        let want = [StpRole::Root, StpRole::Alternate, StpRole::Designated, StpRole::Disabled];
        assert_eq!(roles, want.map(Some));
        assert_eq!((ports[0].path_cost, ports[1].path_cost, ports[1].forward_transitions), (Some(200_000), Some(19), Some(3)));
        assert_eq!(ports[1].designated_bridge.map(|bridge| bridge.priority), Some(32_768));
    }

    #[test]
    fn a_tree_for_each_vlan_fills_the_ports_that_the_first_does_not_have() {
        let mut read = columns(COLUMNS, "dot1dStpPortState.1 = #5");
        read.insert_vlan(20, columns(COLUMNS, "dot1dStpPortState.1 = #2\ndot1dStpPortState.2 = #2"));
        let mut interfaces: Vec<Interface> = [101, 102].map(|number| Interface::new(IfIndex(number))).into();
        fill(&mut interfaces, (&read, None), &BasePorts::from([(1, IfIndex(101)), (2, IfIndex(102))]));
        assert_eq!(
            interfaces.iter().map(|port| port.stp_state.as_deref()).collect::<Vec<_>>(),
            [Some("forwarding"), Some("blocking")]
        );
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
