//! Where addresses were learned: the forwarding tables of Q-BRIDGE-MIB (RFC 4363), BRIDGE-MIB (RFC 4188) and IEEE 802.1Q.

use super::bridge::{BasePorts, vlan_id};
use super::columns::Columns;
use crate::model::{FdbRow, IfIndex, Interface, MacAddr};
use crate::wire::snmp::Value;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// The columns of the table with VLANs.
pub const COLUMNS_Q: &[&str] = &["dot1qTpFdbPort", "dot1qTpFdbStatus"];
/// The columns of the table without, which is read where the other has no row.
pub const COLUMNS_D: &[&str] = &["dot1dTpFdbPort", "dot1dTpFdbStatus"];
/// The columns of the table of IEEE 802.1Q, which newer agents have instead.
pub const COLUMNS_IEEE: &[&str] = &["ieee8021QBridgeTpFdbPort", "ieee8021QBridgeTpFdbStatus"];
/// What is read in the context of one VLAN.
pub const COLUMNS_OF_VLAN: &[&str] = &["dot1dBasePortIfIndex", "dot1dTpFdbPort", "dot1dTpFdbStatus", "dot1dStpPortState"];

/// dot1qTpFdbStatus learned
const LEARNED: i64 = 3;

/// Parts of an index before the address.
const BEFORE_ADDRESS: [(&[&str], usize); 3] = [(COLUMNS_Q, 1), (COLUMNS_IEEE, 2), (COLUMNS_D, 0)];

/// How the VLAN of a row is known.
#[derive(Debug)]
enum Vlans {
    /// All rows are of this one, or of none that is known.
    All(Option<u16>),
    /// By the id of the forwarding database: `None` where several VLANs share it.
    Ids(BTreeMap<u32, Option<u16>>),
    /// The id is the VLAN's.
    Same,
}

/// The forwarding table, sorted; `None` where it was not read to its end.
pub fn rows(columns: &Columns, ports: &BasePorts, interfaces: &[Interface]) -> Option<Vec<FdbRow>> {
    let reader = Reader { ports, interfaces };
    let mut found = BTreeSet::new();
    let mut complete = true;
    let per_vlan = columns.vlans().next().is_some();
    let own_vlan = per_vlan.then_some(DEFAULT_VLAN);
    for (names, vlans) in [
        (COLUMNS_Q, Vlans::of(columns, "dot1qVlanFdbId")),
        (COLUMNS_IEEE, Vlans::of(columns, "ieee8021QBridgeVlanFdbId")),
        (COLUMNS_D, Vlans::All(own_vlan)),
    ] {
        complete &= names.iter().all(|name| columns.is_complete(name));
        reader.read(&mut found, columns, (names, &vlans));
        if !found.is_empty() {
            break;
        }
    }
    for (vlan, of_vlan) in columns.vlans() {
        complete &= COLUMNS_D.iter().all(|name| of_vlan.is_complete(name));
        reader.read(&mut found, of_vlan, (COLUMNS_D, &Vlans::All(Some(vlan))));
    }
    complete.then(|| found.into_iter().collect())
}

/// Whether either table with VLANs has a row.
pub fn has_vlans(columns: &Columns) -> bool {
    [COLUMNS_Q, COLUMNS_IEEE].into_iter().flatten().any(|name| columns.len(name) > 0)
}

/// The VLAN that an agent shows where none is asked for.
const DEFAULT_VLAN: u16 = 1;

impl Vlans {
    /// `column` names the forwarding database of each VLAN, whose id ends its index.
    fn of(columns: &Columns, column: &str) -> Self {
        let mut ids: BTreeMap<u32, BTreeSet<u16>> = BTreeMap::new();
        for (index, value) in columns.rows(column) {
            let vlan = index.last().copied().and_then(vlan_id);
            if let (Some(vlan), Some(id)) = (vlan, value.as_u64().and_then(|id| u32::try_from(id).ok())) {
                ids.entry(id).or_default().insert(vlan);
            }
        }
        let is_same = |(id, vlans): (&u32, &BTreeSet<u16>)| vlans.len() == 1 && vlans.iter().all(|vlan| u32::from(*vlan) == *id);
        if ids.iter().all(is_same) {
            return Self::Same;
        }
        let only = |vlans: BTreeSet<u16>| vlans.first().copied().filter(|_| vlans.len() == 1);
        Self::Ids(ids.into_iter().map(|(id, vlans)| (id, only(vlans))).collect())
    }

    /// The VLAN of a row; its index, the address left out.
    fn of_row(&self, index: &[u32]) -> Option<u16> {
        match self {
            Self::All(vlan) => *vlan,
            Self::Ids(ids) => ids.get(index.last()?).copied().flatten(),
            Self::Same => vlan_id(*index.last()?),
        }
    }
}

struct Reader<'a> {
    ports: &'a BasePorts,
    interfaces: &'a [Interface],
}

impl Reader<'_> {
    fn read(&self, found: &mut BTreeSet<FdbRow>, columns: &Columns, (names, vlans): (&[&str], &Vlans)) {
        let [port, status] = names else { return };
        let before = BEFORE_ADDRESS.iter().find(|(known, _)| *known == names).map_or(0, |(_, before)| *before);
        let statuses: FxHashMap<&[u32], i64> =
            columns.rows(status).filter_map(|(index, value)| Some((index, value.as_i64()?))).collect();
        for (index, value) in columns.rows(port) {
            // An agent without the status of a row has learned it: the others are few, and no port is theirs.
            if statuses.get(index).is_some_and(|status| *status != LEARNED) {
                continue;
            }
            let row = mac(index).filter(|(rest, mac)| rest.len() == before && mac.is_identity());
            found.extend(row.map(|(rest, mac)| FdbRow { mac, if_index: self.if_index(value), vlan: vlans.of_row(rest) }));
        }
    }

    /// Port 0 is learned on a port that the agent does not tell. Agents without bridge ports number them by ifIndex.
    fn if_index(&self, value: &Value) -> Option<IfIndex> {
        let port = value.as_u64().and_then(|port| u32::try_from(port).ok()).filter(|port| *port != 0)?;
        if self.ports.is_empty() {
            let known = self.interfaces.binary_search_by_key(&IfIndex(port), |interface| interface.if_index);
            return known.ok().map(|_| IfIndex(port));
        }
        self.ports.get(&port).copied()
    }
}

/// The address that ends an index, and what stands before it.
fn mac(index: &[u32]) -> Option<(&[u32], MacAddr)> {
    let (rest, arcs) = index.split_at_checked(index.len().checked_sub(6)?)?;
    let mut octets = [0; 6];
    for (octet, arc) in octets.iter_mut().zip(arcs) {
        *octet = u8::try_from(*arc).ok()?;
    }
    Some((rest, MacAddr(octets)))
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    fn all() -> Vec<&'static str> {
        [COLUMNS_Q, COLUMNS_D, COLUMNS_IEEE, &["dot1qVlanFdbId", "ieee8021QBridgeVlanFdbId"]].concat()
    }

    fn ports() -> BasePorts {
        BasePorts::from([(1, IfIndex(101)), (2, IfIndex(102))])
    }

    fn text(rows: &[FdbRow]) -> Vec<String> {
        let number = |number: Option<u32>| number.map_or("-".to_owned(), |number| number.to_string());
        rows.iter()
            .map(|row| format!("{} {} {}", row.mac.0[5], number(row.if_index.map(|at| at.0)), number(row.vlan.map(u32::from))))
            .collect()
    }

    fn read(lines: &str) -> Vec<String> {
        text(&rows(&columns(&all(), lines), &ports(), &[]).unwrap())
    }

    #[test]
    fn only_what_was_learned_is_told_with_its_port_and_vlan() {
        let found = read(
            "dot1qTpFdbPort.20.0.27.84.0.0.1 = #1\ndot1qTpFdbStatus.20.0.27.84.0.0.1 = #3\ndot1qTpFdbPort.30.0.27.84.0.0.1 = #2
             dot1qTpFdbStatus.30.0.27.84.0.0.1 = #3\ndot1qTpFdbPort.20.0.27.84.0.0.2 = #0\ndot1qTpFdbStatus.20.0.27.84.0.0.2 = #4
             dot1qTpFdbPort.20.0.27.84.0.0.3 = #0\ndot1qTpFdbStatus.20.0.27.84.0.0.3 = #3\ndot1qTpFdbPort.20.0.27.84.0.0.4 = #77
             dot1qTpFdbPort.9999.0.27.84.0.0.5 = #1\ndot1dTpFdbPort.0.27.84.0.0.9 = #1",
        );
        assert_eq!(found, ["1 101 20", "1 102 30", "3 - 20", "4 - 20", "5 101 -"]);
    }

    #[test]
    fn a_database_that_several_vlans_share_tells_none() {
        let fdb = "dot1qTpFdbPort.1.0.27.84.0.0.1 = #1\ndot1qTpFdbPort.7.0.27.84.0.0.2 = #1\ndot1qTpFdbPort.8.0.27.84.0.0.3 = #1";
        let found = read(&format!("{fdb}\ndot1qVlanFdbId.0.10 = #1\ndot1qVlanFdbId.0.11 = #1\ndot1qVlanFdbId.0.70 = #7"));
        assert_eq!(found, ["1 101 -", "2 101 70", "3 101 -"]);
        assert_eq!(read(&format!("{fdb}\ndot1qVlanFdbId.0.7 = #7")), ["1 101 1", "2 101 7", "3 101 8"], "one to one");
    }

    #[test]
    fn the_other_tables_are_read_where_the_first_has_no_row() {
        assert_eq!(read("dot1dTpFdbPort.0.27.84.0.0.1 = #2\ndot1dTpFdbStatus.0.27.84.0.0.1 = #3"), ["1 102 -"]);
        assert_eq!(read("ieee8021QBridgeTpFdbPort.1.20.0.27.84.0.0.1 = #2"), ["1 102 20"]);
    }

    #[test]
    fn an_agent_that_keeps_a_table_for_each_vlan_is_read_vlan_by_vlan() {
        let mut read = columns(&all(), "dot1dTpFdbPort.0.27.84.0.0.1 = #2\ndot1dTpFdbStatus.0.27.84.0.0.1 = #3");
        read.insert_vlan(20, columns(COLUMNS_OF_VLAN, "dot1dTpFdbPort.0.27.84.0.0.2 = #1\ndot1dTpFdbStatus.0.27.84.0.0.2 = #3"));
        read.insert_vlan(30, columns(COLUMNS_OF_VLAN, ""));
        assert_eq!(text(&rows(&read, &ports(), &[]).unwrap()), ["1 102 1", "2 101 20"]);
        read.insert_vlan(40, Columns::default());
        assert_eq!(rows(&read, &ports(), &[]), None, "one VLAN was not read");
    }

    #[test]
    fn without_bridge_ports_a_port_is_an_if_index() {
        let read = columns(&all(), "dot1dTpFdbPort.0.27.84.0.0.1 = #7\ndot1dTpFdbPort.0.27.84.0.0.2 = #8");
        let found = rows(&read, &BasePorts::new(), &[Interface::new(IfIndex(7))]).unwrap();
        assert_eq!(text(&found), ["1 7 -", "2 - -"]);
    }

    #[test]
    fn malformed_rows_are_passed_over() {
        let found = read(
            "dot1qTpFdbPort.20.0.27.84.0.0 = #1\ndot1qTpFdbPort.20.0.27.84.0.0.256 = #1\ndot1qTpFdbPort.20 = #1
             dot1qTpFdbPort.20.1.0.94.0.0.1 = #1\ndot1qTpFdbPort.20.0.0.0.0.0.0 = #1\ndot1qTpFdbPort.20.0.27.84.0.0.7 = text
             dot1qTpFdbPort.20.0.27.84.0.0.8 = $4294967296000",
        );
        assert_eq!(found, ["7 - 20", "8 - 20"], "the group address and the zeroes are nobody's");
    }
}
