//! Which IP address has which hardware address (RFC 4293 ipNetToPhysicalTable, else RFC 2011 ipNetToMediaTable).

use super::addresses::{inet_address, ipv4};
use super::columns::Columns;
use crate::model::{ArpRow, IfIndex, MacAddr};
use crate::wire::snmp::Value;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The columns of the table for both versions of IP.
pub const COLUMNS: &[&str] = &["ipNetToPhysicalPhysAddress", "ipNetToPhysicalType"];
/// The columns of the old table, which is read where the other has no IPv4 address.
pub const COLUMNS_OLD: &[&str] = &["ipNetToMediaPhysAddress", "ipNetToMediaType"];

/// ipNetToPhysicalType and ipNetToMediaType invalid(2), and local(5): the device's own address.
const NO_NEIGHBOUR: [i64; 2] = [2, 5];

/// How an index is an interface and an address.
type Index = fn(&[u32]) -> Option<IpAddr>;

/// Its neighbours' addresses, sorted; `None` where neither table was read to its end.
pub fn rows(columns: &Columns) -> Option<Vec<ArpRow>> {
    let mut found = BTreeSet::new();
    let mut complete = true;
    for (names, address) in [(COLUMNS, inet_address as Index), (COLUMNS_OLD, |arcs: &[u32]| ipv4(arcs).map(IpAddr::V4))] {
        complete &= names.iter().all(|name| columns.is_complete(name));
        read(&mut found, columns, (names, address));
    }
    complete.then(|| found.into_iter().collect())
}

/// Whether the table for both versions has any IPv4 address: agents without it have them in the old table alone.
pub fn has_ipv4(columns: &Columns) -> bool {
    let indexes = columns.rows("ipNetToPhysicalPhysAddress").map(|(index, _)| index);
    indexes.filter_map(|index| inet_address(index.get(1..)?)).any(|address| address.is_ipv4())
}

fn read(found: &mut BTreeSet<ArpRow>, columns: &Columns, (names, address): (&[&str], Index)) {
    let [physical, kind] = names else { return };
    let kinds: FxHashMap<&[u32], i64> = columns.rows(kind).filter_map(|(index, value)| Some((index, value.as_i64()?))).collect();
    for (index, value) in columns.rows(physical) {
        if kinds.get(index).is_some_and(|kind| NO_NEIGHBOUR.contains(kind)) {
            continue;
        }
        let row = index.split_first().and_then(|(number, rest)| {
            let mac = Value::as_octets(value).and_then(MacAddr::from_octets_or_text).filter(|mac| mac.is_identity())?;
            let if_index = Some(IfIndex(*number)).filter(|_| *number != 0);
            Some(ArpRow { address: address(rest).filter(|address| !address.is_unspecified())?, mac, if_index })
        });
        found.extend(row);
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::fixture::columns;
    use super::*;

    fn read_lines(lines: &str) -> Vec<String> {
        let rows = rows(&columns(&[COLUMNS, COLUMNS_OLD].concat(), lines)).unwrap();
        rows.iter().map(|row| format!("{} {} {:?}", row.address, row.mac, row.if_index.map(|number| number.0))).collect()
    }

    #[test]
    fn both_tables_are_read_and_invalid_rows_left_out() {
        let found = read_lines(
            "ipNetToPhysicalPhysAddress.2.1.4.10.0.0.9 = 0x001b54000009\nipNetToPhysicalType.2.1.4.10.0.0.9 = #3
             ipNetToPhysicalPhysAddress.2.2.16.254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1 = 0x001b54000009
             ipNetToPhysicalPhysAddress.2.1.4.10.0.0.8 = 0x001b54000008\nipNetToPhysicalType.2.1.4.10.0.0.8 = #2
             ipNetToPhysicalPhysAddress.2.1.4.10.0.0.1 = 0x001b54000001\nipNetToPhysicalType.2.1.4.10.0.0.1 = #5
             ipNetToMediaPhysAddress.3.10.0.0.7 = 00:1b:54:00:00:07\nipNetToMediaType.3.10.0.0.7 = #4
             ipNetToMediaPhysAddress.3.10.0.0.6 = 0x001b54000006\nipNetToMediaType.3.10.0.0.6 = #2",
        );
        assert_eq!(
            found,
            ["10.0.0.7 00:1b:54:00:00:07 Some(3)", "10.0.0.9 00:1b:54:00:00:09 Some(2)", "fe80::1 00:1b:54:00:00:09 Some(2)"]
        );
    }

    #[test]
    fn malformed_rows_are_passed_over() {
        let found = read_lines(
            "ipNetToMediaPhysAddress.3 = 0x001b54000006\nipNetToMediaPhysAddress.3.10.0.0 = 0x001b54000006
             ipNetToMediaPhysAddress.3.10.0.0.999 = 0x001b54000006\nipNetToMediaPhysAddress.3.10.0.0.5 = 0x0000
             ipNetToMediaPhysAddress.3.10.0.0.4 = #7\nipNetToMediaPhysAddress.3.10.0.0.3 = 0xffffffffffff
             ipNetToPhysicalPhysAddress.2.1.200.10.0.0.9 = 0x001b54000009\nipNetToPhysicalPhysAddress.2 = 0x001b54000009",
        );
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn a_table_that_was_cut_off_is_unknown() {
        let mut read = columns(&[COLUMNS, COLUMNS_OLD].concat(), "ipNetToMediaPhysAddress.3.10.0.0.7 = 0x001b54000007");
        assert!(!has_ipv4(&read) && rows(&read).is_some());
        let base = crate::mib::Registry::builtin().oid("ipNetToMediaPhysAddress").unwrap();
        read.insert_partial("ipNetToMediaPhysAddress", base, Vec::new());
        assert_eq!(rows(&read), None);
    }
}
