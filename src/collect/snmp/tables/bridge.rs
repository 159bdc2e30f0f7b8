//! Bridge ports, and the device as a bridge (RFC 4188 BRIDGE-MIB).

use super::columns::Columns;
use super::makers;
use crate::mib::Registry;
use crate::model::{Bridge, BridgeId, IfIndex, Interface, MacAddr, Timestamp};
use crate::wire::snmp::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The columns that are read.
pub const COLUMNS: &[&str] = &["dot1dBasePortIfIndex", "ieee8021BridgeBasePortIfIndex"];

/// Scalars of the spanning tree, which are read where its table of ports is there.
pub const SCALARS: &[&str] = &[
    "dot1dStpProtocolSpecification",
    "dot1dStpPriority",
    "dot1dStpTimeSinceTopologyChange",
    "dot1dStpTopChanges",
    "dot1dStpDesignatedRoot",
    "dot1dStpRootCost",
    "dot1dStpRootPort",
    "dot1dStpVersion",
];

/// Q-BRIDGE-MIB VlanId.
const VLAN_IDS: std::ops::RangeInclusive<u32> = 1..=4094;

/// dot1dStpProtocolSpecification decLb100, ieee8021d (RFC 4188)
const DEC: i64 = 2;
const IEEE: i64 = 3;

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

/// Fills the numbers of the interfaces as bridge ports.
pub fn fill(interfaces: &mut [Interface], ports: &BasePorts) {
    for port in ports.keys() {
        if let Some(interface) = at_port(interfaces, ports, *port) {
            interface.bridge_port.get_or_insert(*port);
        }
    }
}

/// The device as a bridge; `None` where it has no bridge ports and tells no spanning tree. `at` is when it was read.
pub fn bridge(columns: &Columns, ports: &BasePorts, at: Timestamp) -> Option<Bridge> {
    let number = |name: &str| columns.scalar(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    let address = columns.scalar("dot1dBaseBridgeAddress").and_then(Value::as_octets).and_then(MacAddr::from_octets_or_text);
    let root = columns.scalar("dot1dStpDesignatedRoot").and_then(bridge_id);
    let ticks = columns.scalar("dot1dStpTimeSinceTopologyChange").and_then(Value::as_u64);
    let topology_changes = number("dot1dStpTopChanges");
    let bridge = Bridge {
        address: address.filter(|mac| mac.is_identity()),
        protocol: protocol(columns),
        priority: number("dot1dStpPriority").and_then(|priority| u16::try_from(priority).ok()),
        root,
        root_cost: number("dot1dStpRootCost").filter(|_| root.is_some()),
        root_port: number("dot1dStpRootPort").and_then(|port| ports.get(&port).copied()),
        topology_changes,
        // Without a change the time counts from the start.
        changed_at: ticks
            .filter(|_| topology_changes != Some(0))
            .map(|ticks| at.minus(Duration::from_millis(ticks.saturating_mul(10)))),
    };
    (bridge.root.is_some() || bridge.priority.is_some() || !ports.is_empty()).then_some(bridge)
}

/// Which spanning tree it speaks: its maker's word, else the version (RFC 4318), else the specification.
fn protocol(columns: &Columns) -> Option<String> {
    let told = makers::rules(columns).into_iter().filter_map(|rule| rule.says.protocol.as_ref()).find_map(|words| {
        let number = columns.scalar(&words.scalar)?.as_i64()?;
        words.words.get(Registry::global().object(&words.scalar)?.word(number)?).cloned()
    });
    let number = |name: &str| columns.scalar(name).and_then(Value::as_i64);
    let word = match (number("dot1dStpVersion"), number("dot1dStpProtocolSpecification")) {
        (Some(3), _) => Some("mstp"),
        (Some(2), _) => Some("rstp"),
        (_, Some(IEEE)) => Some("stp"),
        (_, Some(DEC)) => Some("dec"),
        _ => None,
    };
    told.or_else(|| word.map(str::to_owned))
}

/// BridgeId (RFC 4188): two octets of priority, then the address.
pub fn bridge_id(value: &Value) -> Option<BridgeId> {
    match value.as_octets()? {
        [high, low, mac @ ..] => {
            let mac = <[u8; 6]>::try_from(mac).ok().map(MacAddr).filter(|mac| mac.is_identity())?;
            Some(BridgeId { priority: u16::from_be_bytes([*high, *low]), mac })
        }
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    #[test]
    fn the_device_is_told_as_a_bridge() {
        let names = [COLUMNS, SCALARS, &["dot1dBaseBridgeAddress", "sysObjectID", "stpxSpanningTreeType"]].concat();
        let read = |lines: &str| {
            let columns = columns(&names, lines);
            bridge(&columns, &base_ports(&columns), Timestamp(1_000_000))
        };
        let lines = "dot1dBasePortIfIndex.7 = #101\ndot1dBaseBridgeAddress.0 = 0x001b54000001\ndot1dStpProtocolSpecification.0 = #3
             dot1dStpVersion.0 = #2\ndot1dStpPriority.0 = #32768\ndot1dStpTimeSinceTopologyChange.0 = #1500\ndot1dStpTopChanges.0 = #4
             dot1dStpDesignatedRoot.0 = 0x1000001b54000099\ndot1dStpRootCost.0 = #2000\ndot1dStpRootPort.0 = #7";
        let found = read(lines).unwrap();
        assert_eq!(found.root.map(|root| root.to_string()).as_deref(), Some("4096 00:1b:54:00:00:99"));
        assert_eq!((found.root_cost, found.root_port, found.topology_changes), (Some(2000), Some(IfIndex(101)), Some(4)));
        assert_eq!((found.changed_at, found.is_root()), (Some(Timestamp(985_000)), Some(false)));
        assert_eq!(found.protocol.as_deref(), Some("rstp"));
        let cisco = read(&format!("{lines}\nsysObjectID.0 = @1.3.6.1.4.1.9.1.1208\nstpxSpanningTreeType.0 = #5"));
        assert_eq!(cisco.unwrap().protocol.as_deref(), Some("rapid-pvst"));
        assert_eq!(read("dot1dBaseBridgeAddress.0 = 0x001b54000001"), None, "no port, no tree");
        let silent = read("dot1dBasePortIfIndex.7 = #101\ndot1dStpDesignatedRoot.0 = 0x00").unwrap();
        assert_eq!((silent.root, silent.is_root(), silent.protocol), (None, None, None));
    }
}
