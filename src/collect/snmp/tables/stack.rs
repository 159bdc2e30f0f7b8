//! Which ports are members of which aggregate, and with whom (IEEE8023-LAG-MIB, else RFC 2863 ifStackTable).

use super::columns::Columns;
use crate::model::{ChassisId, Evidence, IfIndex, Interface, MacAddr, NeighbourRow};
use crate::wire::snmp::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that are read.
pub const COLUMNS: &[&str] =
    &["dot3adAggPortAttachedAggID", "dot3adAggPortActorSystemID", "dot3adAggPortPartnerOperSystemID", "ifStackStatus"];

/// IANAifType ieee8023adLag.
const LAG: u32 = 161;

/// Fills the aggregate of each member. What the LAG-MIB says wins over the stack.
pub fn fill(interfaces: &mut [Interface], columns: &Columns) {
    let types: BTreeMap<IfIndex, Option<u32>> =
        interfaces.iter().map(|interface| (interface.if_index, interface.if_type)).collect();
    let mut aggregates: BTreeMap<IfIndex, IfIndex> = BTreeMap::new();
    for (index, _) in columns.rows("ifStackStatus") {
        // Index: higher layer, lower layer; 0 is nothing above or below. Only what lies directly under an aggregate is a member.
        if let [higher, lower] = index
            && types.get(&IfIndex(*higher)) == Some(&Some(LAG))
            && types.contains_key(&IfIndex(*lower))
        {
            aggregates.insert(IfIndex(*lower), IfIndex(*higher));
        }
    }
    for (member, value) in columns.by_if_index("dot3adAggPortAttachedAggID") {
        let aggregate = value.as_u64().and_then(|number| u32::try_from(number).ok()).map(IfIndex);
        // 0 is not attached; an individual port is attached to itself or to an aggregator that is no interface.
        if let Some(aggregate) = aggregate.filter(|aggregate| *aggregate != member && types.contains_key(aggregate)) {
            aggregates.insert(member, aggregate);
        }
    }
    for interface in interfaces {
        interface.aggregate = aggregates.get(&interface.if_index).copied();
    }
}

/// The partners of ports by LACP: chassis by their system id. Which port of theirs it is can't be told: its number there is no ifIndex.
/// A port without a partner tells zeroes, one that is looped its own id.
pub fn partners(interfaces: &[Interface], columns: &Columns) -> Vec<NeighbourRow> {
    let system = |value: &Value| value.as_octets().and_then(MacAddr::from_octets_or_text).filter(|mac| mac.is_identity());
    let own: BTreeSet<MacAddr> =
        columns.by_if_index("dot3adAggPortActorSystemID").filter_map(|(_, value)| system(value)).collect();
    let names: BTreeMap<IfIndex, String> = interfaces.iter().map(|interface| (interface.if_index, interface.name())).collect();
    let partner = |(member, value): (IfIndex, &Value)| {
        let mut row = NeighbourRow::new(Evidence::Lacp);
        row.chassis_id = system(value).filter(|partner| !own.contains(partner)).map(ChassisId::Mac);
        row.local_if_index = Some(member);
        row.local_port = Some(names.get(&member)?.clone());
        row.chassis_id.is_some().then_some(row)
    };
    columns.by_if_index("dot3adAggPortPartnerOperSystemID").filter_map(partner).collect()
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    #[test]
    fn the_partner_of_a_member_is_a_neighbour() {
        let interfaces: Vec<Interface> = [1, 2, 3, 4].map(|number| Interface::new(IfIndex(number))).into();
        let lines = "dot3adAggPortActorSystemID.1 = 0x001b54000001\ndot3adAggPortPartnerOperSystemID.1 = 0x001b54000002
             dot3adAggPortPartnerOperSystemID.2 = 0x000000000000\ndot3adAggPortPartnerOperSystemID.3 = 0x001b54000001
             dot3adAggPortPartnerOperSystemID.4 = 0x0102\ndot3adAggPortPartnerOperSystemID.99 = 0x001b54000002";
        let rows = partners(&interfaces, &columns(COLUMNS, lines));
        let found: Vec<_> =
            rows.iter().map(|row| (row.local_if_index, row.chassis_id.as_ref().map(ToString::to_string))).collect();
        assert_eq!(found, [(Some(IfIndex(1)), Some("00:1b:54:00:00:02".to_owned()))]);
    }

    fn aggregates(lines: &str) -> Vec<Option<u32>> {
        let mut interfaces: Vec<Interface> = [1, 2, 50].map(|number| Interface::new(IfIndex(number))).into();
        interfaces[2].if_type = Some(LAG);
        fill(&mut interfaces, &columns(COLUMNS, lines));
        interfaces.iter().map(|interface| interface.aggregate.map(|aggregate| aggregate.0)).collect()
    }

    #[test]
    fn members_are_found_in_either_table() {
        assert_eq!(
            aggregates("ifStackStatus.50.1 = #1\nifStackStatus.0.50 = #1\nifStackStatus.1.0 = #1"),
            [Some(50), None, None]
        );
        assert_eq!(aggregates("dot3adAggPortAttachedAggID.2 = #50\ndot3adAggPortAttachedAggID.1 = #0"), [None, Some(50), None]);
        assert_eq!(aggregates("dot3adAggPortAttachedAggID.2 = #2\ndot3adAggPortAttachedAggID.1 = #999"), [None, None, None]);
    }
}
