//! Which ports are members of which aggregate (IEEE8023-LAG-MIB, else RFC 2863 ifStackTable).

use super::columns::Columns;
use crate::model::{IfIndex, Interface};
use std::collections::BTreeMap;

/// The columns that are read.
pub const COLUMNS: &[&str] = &["dot3adAggPortAttachedAggID", "ifStackStatus"];

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

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

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
