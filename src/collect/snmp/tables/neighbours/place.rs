//! The local port of a neighbour, by what the table's index is said to hold.

use super::super::columns::{Columns, text_to_nul};
use super::super::lldp_id;
use super::super::ports::LocalPort;
use super::{Places, Raw, is_routing};
use crate::mib::neighbours::{Field, IndexPart, LocalField, NeighbourTable};
use crate::model::{IfIndex, NeighbourRow};
use crate::wire::snmp::Value;
use std::collections::BTreeMap;

/// What a table and its companions say of local ports.
pub(super) struct Locals<'a> {
    table: &'a NeighbourTable,
    places: Places<'a>,
    ports: BTreeMap<u32, LocalPort>,
    if_indexes: BTreeMap<u32, IfIndex>,
}

impl<'a> Locals<'a> {
    pub(super) fn new(table: &'a NeighbourTable, columns: &Columns, places: Places<'a>) -> Self {
        let column = table.local(LocalField::IfIndex).unwrap_or("");
        let if_indexes = columns.by_number(column).filter_map(|(number, value)| Some((number, if_index(value)?))).collect();
        Self { table, places, ports: local_ports(table, columns), if_indexes }
    }

    /// Fills the local port of a row, where its index says which it is. Malformed indexes do not.
    pub(super) fn place(&self, row: &mut NeighbourRow, raw: &Raw<'_>, index: &[u32]) {
        let number = local_number(self.table, index);
        let local = number.and_then(|number| self.ports.get(&number));
        let said = raw.text(Field::LocalPort);
        row.local_if_index = raw
            .first(Field::LocalIfIndex)
            .and_then(if_index)
            .or_else(|| self.by_circuit(index))
            .or_else(|| self.by_number(number?, local, index))
            .or_else(|| self.places.ports.named(said.as_deref()?))
            .or_else(|| self.by_subnet(row));
        let name = || row.local_if_index.and_then(|if_index| self.places.ports.name(if_index)).map(str::to_owned);
        row.local_port = local.and_then(LocalPort::name).or(said).or_else(name);
    }

    /// By the column that says so for a circuit, or for the number that tells rows apart (RouterOS has no more than that in its index).
    fn by_circuit(&self, index: &[u32]) -> Option<IfIndex> {
        let part = |part| match self.table.part(index, part) {
            Some([number]) => Some(*number),
            _ => None,
        };
        let alone = || match index {
            [number] => Some(*number),
            _ => None,
        };
        let key = part(IndexPart::Circuit).or_else(|| part(IndexPart::RemIndex)).or_else(alone)?;
        self.if_indexes.get(&key).copied()
    }

    fn by_number(&self, number: u32, local: Option<&LocalPort>, index: &[u32]) -> Option<IfIndex> {
        let is = |part| self.table.part(index, part).is_some();
        match () {
            () if is(IndexPart::LldpPort) => self.places.ports.find(number, local),
            () if is(IndexPart::BridgePort) => self.places.ports.at_bridge_port(number),
            // An ifIndex is one, whether or not the interface table was read.
            () if is(IndexPart::IfIndex) => Some(IfIndex(number)).filter(|_| number != 0),
            () => None,
        }
    }

    /// The interface whose subnet holds the neighbour: a peer that lies in none has no local port.
    fn by_subnet(&self, row: &NeighbourRow) -> Option<IfIndex> {
        let address = row.addresses.first().filter(|_| is_routing(self.table.protocol))?;
        self.places.subnets.holder(*address)
    }
}

/// The number by which an index names the local port.
pub(super) fn local_number(table: &NeighbourTable, index: &[u32]) -> Option<u32> {
    let parts = table.split(index)?;
    let number =
        parts.into_iter().find(|(part, _)| matches!(part, IndexPart::LldpPort | IndexPart::BridgePort | IndexPart::IfIndex));
    number.and_then(|(_, arcs)| arcs.first().copied())
}

fn if_index(value: &Value) -> Option<IfIndex> {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number != 0).map(IfIndex)
}

fn local_ports(table: &NeighbourTable, columns: &Columns) -> BTreeMap<u32, LocalPort> {
    let column = |field| table.local(field).unwrap_or("");
    let subtypes = columns.by_number(column(LocalField::PortIdSubtype));
    let subtypes: BTreeMap<u32, i64> = subtypes.filter_map(|(port, value)| Some((port, value.as_i64()?))).collect();
    let mut locals: BTreeMap<u32, LocalPort> = BTreeMap::new();
    for (port, value) in columns.by_number(column(LocalField::PortId)) {
        let subtype = subtypes.get(&port).copied();
        locals.entry(port).or_default().id = value.as_octets().and_then(|octets| lldp_id::port_id(subtype, octets));
    }
    for (port, value) in columns.by_number(column(LocalField::PortDescr)) {
        locals.entry(port).or_default().descr = text_to_nul(value);
    }
    locals
}
