//! BRIDGE-MIB, Q-BRIDGE-MIB and link aggregation.

use super::rows::Table;
use super::{Part, View, integer, octets, text};
use crate::sim::hash::mix;
use crate::sim::scenario::NamedVlan;
use crate::sim::scenario::file::PortUse;
use crate::sim::truth::Behind;
use crate::wire::snmp::Value;

pub(super) const COLUMNS: Part = &[
    ("dot1dBaseBridgeAddress", Table::BridgeScalar, |view, _| Some(octets(&view.node.mac.0))),
    ("dot1dBaseNumPorts", Table::BridgeScalar, |view, _| {
        integer(u16::try_from(view.kind.bridge_ports.len()).unwrap_or(u16::MAX))
    }),
    ("dot1dBaseType", Table::BridgeScalar, |_, _| integer(TRANSPARENT)),
    ("dot1dBasePortIfIndex", Table::BridgePort, |view, row| integer(view.if_index(view.socket(row)))),
    ("dot1qVlanStaticName", Table::Vlan, |view, row| view.scenario.vlans.get(row).map(|vlan| text(view.vlan_name(vlan)))),
    ("dot1qVlanStaticEgressPorts", Table::Vlan, |view, row| Some(octets(&view.egress(row)))),
    ("dot1qVlanStaticUntaggedPorts", Table::Vlan, |view, row| Some(octets(&view.untagged(row)))),
    ("dot1qPvid", Table::BridgePort, |view, row| Some(Value::Gauge32(u32::from(view.pvid(row))))),
    ("dot3adAggPortSelectedAggID", Table::Member, |view, row| view.aggregate_of(row)),
    ("dot3adAggPortAttachedAggID", Table::Member, |view, row| view.aggregate_of(row)),
];

/// dot1dBaseType transparent-only (RFC 4188)
const TRANSPARENT: u8 = 2;
impl View<'_> {
    /// Whether a port carries all VLANs: what leads to other bridges does.
    pub(super) fn is_trunk(&self, row: usize) -> bool {
        let port = self.socket(row);
        self.kind.ports.get(usize::from(port)).is_some_and(|spec| spec.usage != PortUse::Access)
    }

    /// dot1qPvid: the VLAN of its desk, that of access points, or the last one for trunks.
    pub(super) fn pvid(&self, row: usize) -> u16 {
        let vlans = &self.scenario.vlans;
        let last = vlans.len().saturating_sub(1);
        let place = match self.scenario.behind(self.node, self.device, self.socket(row)) {
            _ if self.is_trunk(row) => last,
            Behind::Cable(_) => last.min(2),
            _ => {
                let key = u64::from(self.device) << 16 | u64::from(self.socket(row));
                let hash = mix(self.scenario.seed ^ 0x71a2, key);
                if hash.is_multiple_of(5) { last.min(1) } else { 0 }
            }
        };
        vlans.get(place).map_or(1, |vlan| vlan.id)
    }

    /// What this device calls a VLAN.
    pub(super) fn vlan_name<'v>(&self, vlan: &'v NamedVlan) -> &'v str {
        vlan.named.get(&self.node.name).unwrap_or(&vlan.name)
    }

    /// Whether a port carries a VLAN.
    pub(super) fn carries(&self, row: usize, vlan: &NamedVlan) -> bool {
        self.pvid(row) == vlan.id || (self.is_trunk(row) && !vlan.pruned.contains(&self.node.name))
    }

    /// PortList (RFC 4363): bridge port 1 is the highest bit of the first octet.
    fn egress(&self, vlan: usize) -> Vec<u8> {
        self.port_list(|row| self.scenario.vlans.get(vlan).is_some_and(|vlan| self.carries(row, vlan)))
    }

    /// The same of those ports that a VLAN leaves without a tag: it is their own.
    fn untagged(&self, vlan: usize) -> Vec<u8> {
        self.port_list(|row| self.scenario.vlans.get(vlan).is_some_and(|vlan| self.pvid(row) == vlan.id))
    }

    fn port_list(&self, has: impl Fn(usize) -> bool) -> Vec<u8> {
        let ports = self.kind.bridge_ports.len();
        let mut bits = vec![0u8; ports.div_ceil(8)];
        for row in (0..ports).filter(|&row| has(row)) {
            if let Some(octet) = bits.get_mut(row / 8) {
                *octet |= 0x80 >> (row % 8);
            }
        }
        bits
    }

    fn aggregate_of(&self, row: usize) -> Option<Value> {
        self.cable(row).and_then(|cable| self.scenario.aggregate(self.node, cable)).and_then(integer)
    }
}
