//! A scenario's device as an SNMP agent shows it: objects in order of their OIDs, values made when they are asked for.
//!
//! Nothing is kept per device: a [`Tree`] knows the columns of each kind, and a [`View`] is a device at a time. It must not
//! know messages (see [`agent`](super::agent)). Names of objects come from `mibs/`. Start at [`Tree::new`]; the columns stand
//! in a file for each part of the MIB.

mod bridge;
mod device;
mod endpoint;
pub mod health;
mod interface;
mod neighbour;
mod parts;
pub mod rows;
mod switching;
mod system;
mod tell;
#[cfg(test)]
mod tests;
mod wireless;

pub use endpoint::DeskPlace;

use super::agent::MibView;
use super::scenario::{DeviceNumber, Kind, Node, PortNumber, Scenario};
use super::truth::seconds_of;
use super::wlan::Wlans;
use crate::mib::{Registry, Syntax};
use crate::model::{Oid, Timestamp};
use crate::wire::snmp::{Value, VarBind};
use rows::Table;
use rustc_hash::FxHashSet;

/// Reads a cell: of this device, in this row of the column's table. `None` is a hole in the table.
type Reader = fn(&View<'_>, usize) -> Option<Value>;

/// Columns of a part of the MIB: name, table, how it is read.
type Part = &'static [(&'static str, Table, Reader)];

/// All parts. The order is free: a tree sorts them by OID.
const PARTS: [Part; 11] = [
    system::COLUMNS,
    interface::COLUMNS,
    neighbour::COLUMNS,
    bridge::COLUMNS,
    switching::COLUMNS,
    parts::COLUMNS,
    endpoint::COLUMNS,
    health::COLUMNS,
    wireless::AIRESPACE,
    wireless::ARUBA,
    wireless::MIKROTIK,
];

/// How a column is read.
#[derive(Clone, Debug)]
enum Source {
    Reader(Reader),
    /// A text of the kind
    Said(String),
    /// A number of what the kind tells, in the syntax of its object
    Told(u16, Syntax),
}

/// A scalar or a column of a table.
#[derive(Clone, Debug)]
struct Column {
    oid: Oid,
    table: Table,
    source: Source,
}

/// The columns of every kind, by OID.
#[derive(Clone, Debug)]
pub struct Tree {
    kinds: Vec<Vec<Column>>,
    /// ipAddressPrefixOrigin: rows of ipAddressTable point there.
    prefix_origin: Option<Oid>,
    /// hrStorageTypes: the rows of hrStorageTable point there.
    storage_types: Option<Oid>,
    /// ifIndex: rows of entAliasMappingTable point there.
    if_index: Option<Oid>,
    /// Desks at which access points stand: switch and port.
    fed: FxHashSet<(DeviceNumber, PortNumber)>,
    /// What its controllers control.
    wlans: Wlans,
}

impl Tree {
    /// The columns of a scenario's kinds.
    ///
    /// # Errors
    /// The names that the MIB files don't know.
    pub fn new(scenario: &Scenario, mib: &Registry) -> Result<Self, Vec<String>> {
        let mut unknown = Vec::new();
        let kinds = scenario.kinds.iter().map(|kind| columns(kind, mib, &mut unknown)).collect();
        unknown.sort();
        unknown.dedup();
        if unknown.is_empty() {
            let [prefix_origin, storage_types, if_index] =
                ["ipAddressPrefixOrigin", "hrStorageTypes", "ifIndex"].map(|name| mib.oid(name));
            let (wlans, fed) = (Wlans::default(), FxHashSet::default());
            let mut tree = Self { kinds, prefix_origin, storage_types, if_index, fed, wlans };
            // Access points stand at desks, which the tree tells.
            tree.wlans = Wlans::of(scenario, &tree);
            let port = |(device, place): (DeviceNumber, usize)| {
                let kind = scenario.kind(scenario.node(device)?).filter(|kind| kind.feeds)?;
                kind.bridge_ports.get(place).map(|port| (device, *port))
            };
            tree.fed = tree.wlans.fed_by().filter_map(port).collect();
            Ok(tree)
        } else {
            Err(unknown)
        }
    }
}

fn columns(kind: &Kind, mib: &Registry, unknown: &mut Vec<String>) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut add = |name: &str, table: Table, source: Source| match mib.oid(name) {
        Some(oid) => columns.push(Column { oid, table, source }),
        None => unknown.push(format!("no object is called {name}")),
    };
    for &(name, table, reader) in PARTS.into_iter().flatten() {
        if table.is_of(kind) {
            add(name, table, Source::Reader(reader));
        }
    }
    for (name, text) in &kind.says {
        add(name, Table::Scalar, Source::Said(text.clone()));
    }
    for (number, tell) in (0..).zip(&kind.tells) {
        let syntax = mib.object(&tell.object).and_then(|object| object.syntax).unwrap_or(Syntax::Integer);
        add(&tell.object, Table::Told(number), Source::Told(number, syntax));
    }
    columns.sort_by(|a, b| a.oid.cmp(&b.oid));
    columns
}

/// A device at a time.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The network
    pub scenario: &'a Scenario,
    /// The device's number
    pub device: DeviceNumber,
    /// The device
    pub node: &'a Node,
    /// Its kind
    pub kind: &'a Kind,
    /// When, seconds since the epoch
    pub at: f64,
    tree: &'a Tree,
}

impl<'a> View<'a> {
    /// A device that answers; `None` where it is silent at `at` or does not exist.
    pub fn of(scenario: &'a Scenario, tree: &'a Tree, device: DeviceNumber, at: Timestamp) -> Option<Self> {
        let node = scenario.node(device)?;
        let at = seconds_of(at);
        node.address.filter(|_| scenario.answers(device, at))?;
        Some(Self { scenario, device, node, kind: scenario.kind(node)?, at, tree })
    }

    fn columns(&self) -> &'a [Column] {
        self.tree.kinds.get(usize::from(self.node.kind)).map_or(&[], Vec::as_slice)
    }

    fn read(&self, column: &Column, row: usize) -> Option<Value> {
        match &column.source {
            Source::Reader(reader) => reader(self, row),
            Source::Told(number, syntax) => self.told(*number, (row, *syntax)),
            Source::Said(text) => Some(octets(self.with_serial(text).as_bytes())),
        }
    }

    /// The first cell of a column behind the row `after`.
    fn next_in(&self, column: &Column, after: &[u32]) -> Option<VarBind> {
        let rows = column.table.rows(self);
        // Rows are in order of their indexes, so that the first one behind can be searched for.
        let (mut low, mut high) = (0, rows);
        while low < high {
            let middle = usize::midpoint(low, high);
            if column.table.index(self, middle).arcs() <= after { low = middle + 1 } else { high = middle }
        }
        (low..rows).find_map(|row| {
            let value = column.table.is_present(self, row).then(|| self.read(column, row)).flatten()?;
            Some(VarBind { oid: column.oid.child(column.table.index(self, row).arcs()), value })
        })
    }
}

impl MibView for View<'_> {
    fn get(&self, oid: &Oid) -> Value {
        let columns = self.columns();
        let behind = columns.partition_point(|column| column.oid <= *oid);
        let Some((column, index)) = behind
            .checked_sub(1)
            .and_then(|at| columns.get(at))
            .and_then(|column| oid.suffix_of(&column.oid).map(|index| (column, index)))
        else {
            return Value::NoSuchObject;
        };
        let rows = column.table.rows(self);
        let (mut low, mut high) = (0, rows);
        while low < high {
            let middle = usize::midpoint(low, high);
            if column.table.index(self, middle).arcs() < index { low = middle + 1 } else { high = middle }
        }
        let found = low < rows && column.table.index(self, low).arcs() == index && column.table.is_present(self, low);
        found.then(|| self.read(column, low)).flatten().unwrap_or(Value::NoSuchInstance)
    }

    fn next(&self, oid: &Oid) -> Option<VarBind> {
        let columns = self.columns();
        let behind = columns.partition_point(|column| column.oid <= *oid);
        let within = behind.checked_sub(1).and_then(|at| columns.get(at));
        let here = within.and_then(|column| self.next_in(column, oid.suffix_of(&column.oid)?));
        here.or_else(|| columns.iter().skip(behind).find_map(|column| self.next_in(column, &[])))
    }
}

/// Octets as a value.
fn octets(octets: &[u8]) -> Value {
    Value::Octets(octets.to_vec())
}

/// Text as a value.
fn text(text: &str) -> Value {
    octets(text.as_bytes())
}

/// A number that is never so large that it would not fit.
fn integer(number: impl Into<i64>) -> Option<Value> {
    Some(Value::Integer(number.into()))
}
