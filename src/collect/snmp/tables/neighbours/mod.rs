//! Neighbours of every protocol that has a table of them: LLDP, CDP, FDP, EDP, and the vendors' own; OSPF, BGP, IS-IS.
//!
//! Which column says what is data (`[[neighbours]]` in `mibs/`, see [`crate::mib::neighbours`]); here one reader reads all of them.
//! It must not know the name of a vendor. State is per row: nothing is carried from one neighbour to the next, and a row that
//! can't be placed keeps what it says. Start at [`neighbours`]; `row` decodes one row, `place` finds its local port.

mod place;
mod row;
#[cfg(test)]
mod tests;

use super::columns::Columns;
use super::ports::Ports;
use super::subnets::Subnets;
use crate::mib::Registry;
use crate::mib::neighbours::{Field, Holds, NeighbourTable, Protocol};
use crate::model::{NeighbourRow, Oid, PortId, limit};
use crate::wire::snmp::Value;
use place::Locals;
use row::{Decoded, Raw};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What was heard, and how many rows were passed over (blank, malformed, or chassis subtype 0).
#[derive(Debug, Default)]
pub struct Heard {
    /// The neighbours, by protocol and in the order of their rows.
    pub rows: Vec<NeighbourRow>,
    /// Rows passed over.
    pub skipped: u64,
}

/// By what local ports are found.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// Interfaces by their names and numbers.
    pub ports: &'a Ports,
    /// Interfaces by their subnets.
    pub subnets: &'a Subnets,
}

/// The tables that are asked of the device of which this was read.
pub fn tables(columns: &Columns) -> Vec<&'static NeighbourTable> {
    Registry::global().neighbours(sys_object_id(columns))
}

fn sys_object_id(columns: &Columns) -> Option<&Oid> {
    match columns.scalar("sysObjectID") {
        Some(Value::Oid(oid)) => Some(oid),
        _ => None,
    }
}

/// Columns that any device may be asked for.
pub fn all_columns() -> Vec<&'static str> {
    let tables = Registry::global().neighbour_tables();
    let all: BTreeSet<&str> = tables.iter().flat_map(|table| table.remote_columns().chain(table.local_columns())).collect();
    all.into_iter().collect()
}

/// All neighbours. Of several tables of a discovery protocol the first that has a row counts; those of a routing protocol are united.
pub fn neighbours(columns: &Columns, places: Places<'_>) -> Heard {
    let mut heard = Heard::default();
    let mut told: BTreeSet<Protocol> = BTreeSet::new();
    for table in tables(columns) {
        if told.contains(&table.protocol) && !is_routing(table.protocol) {
            continue;
        }
        let of_table = of_table(table, columns, places);
        if !of_table.rows.is_empty() {
            told.insert(table.protocol);
        }
        heard.skipped += of_table.skipped;
        let key = |row: &NeighbourRow| (row.local_if_index, row.chassis_id.clone(), row.port_id.clone());
        let known: BTreeSet<_> = heard.rows.iter().filter(|row| row.protocol == table.protocol.into()).map(key).collect();
        heard.rows.extend(of_table.rows.into_iter().filter(|row| !known.contains(&key(row))));
    }
    heard
}

const fn is_routing(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Ospf | Protocol::Bgp | Protocol::Isis)
}

fn of_table(table: &NeighbourTable, columns: &Columns, places: Places<'_>) -> Heard {
    let raws = raw_rows(table, columns);
    let mut further = further_addresses(table, columns, &raws);
    let locals = Locals::new(table, columns, places);
    let mut heard = Heard::default();
    // Agents list a neighbour again under another time mark or an index of another length.
    let mut seen = BTreeMap::new();
    for (index, raw) in raws {
        let mut row = match raw.decoded(table, index) {
            Decoded::Row(row) => *row,
            Decoded::Blank => {
                heard.skipped += 1;
                continue;
            }
            Decoded::NoNeighbour => continue,
        };
        for address in further.remove(index).unwrap_or_default() {
            add_address(&mut row, address);
        }
        if is_routing(table.protocol) {
            row.port_id = row.addresses.first().copied().map(PortId::Address);
        }
        locals.place(&mut row, &raw, index);
        let key = (row.local_if_index, row.local_port.clone(), row.chassis_id.clone(), row.port_id.clone(), row.sys_name.clone());
        match seen.get(&key).and_then(|at: &usize| heard.rows.get_mut(*at)) {
            Some(known) => row.addresses.into_iter().for_each(|address| add_address(known, address)),
            None => {
                seen.insert(key, heard.rows.len());
                heard.rows.push(row);
            }
        }
    }
    heard
}

fn add_address(row: &mut NeighbourRow, address: IpAddr) {
    if !address.is_unspecified() && !row.addresses.contains(&address) && limit::NEIGHBOUR_ADDRESSES.has_room(row.addresses.len())
    {
        row.addresses.push(address);
    }
}

/// The cells of each row, by its index.
fn raw_rows<'a>(table: &'a NeighbourTable, columns: &'a Columns) -> BTreeMap<&'a [u32], Raw<'a>> {
    let mut raws: BTreeMap<&[u32], Raw<'_>> = BTreeMap::new();
    for (field, column) in table.fields() {
        for (index, value) in columns.rows(column) {
            if raws.contains_key(index) || limit::TABLE_NEIGHBOURS.has_room(raws.len()) {
                raws.entry(index).or_default().add(field, column, value);
            }
        }
    }
    raws
}

/// Addresses that stand in another table, by the index of their row: it is the beginning of theirs.
fn further_addresses<'a>(
    table: &NeighbourTable,
    columns: &'a Columns,
    raws: &BTreeMap<&'a [u32], Raw<'a>>,
) -> BTreeMap<&'a [u32], Vec<IpAddr>> {
    let mut found: BTreeMap<&[u32], Vec<IpAddr>> = BTreeMap::new();
    let Some(addresses) = &table.addresses else { return found };
    let lengths: BTreeSet<usize> = raws.keys().map(|index| index.len()).collect();
    for (index, value) in columns.rows(&addresses.column) {
        let of_row = lengths.iter().rev().find_map(|length| {
            let (row, rest) = index.split_at_checked(*length)?;
            raws.contains_key(row).then_some((row, rest))
        });
        let Some((row, rest)) = of_row else { continue };
        let address = match addresses.holds {
            Holds::InIndex => row::indexed_address(rest),
            Holds::InValue => row::address(value),
        };
        let known = found.entry(row).or_default();
        if limit::NEIGHBOUR_ADDRESSES.has_room(known.len()) {
            known.extend(address);
        }
    }
    found
}

/// Local port numbers of the rows that were read: whose names are worth asking for.
pub fn local_numbers(table: &NeighbourTable, columns: &Columns) -> BTreeSet<u32> {
    let anchors = table.columns(Field::ChassisId).chain(table.columns(Field::ChassisIdSubtype));
    let indexes = anchors.flat_map(|column| columns.rows(column)).map(|(index, _)| index);
    indexes.filter_map(|index| place::local_number(table, index)).take(limit::TABLE_NEIGHBOURS.most()).collect()
}
