//! Many flow records, a column for each field: how they travel from the collector to the store, and how they are compressed.

use super::exporter::ExporterKey;
use super::record::{Direction, FlowAddr, FlowRecord, Known};
use crate::model::{MacAddr, Timestamp};
use serde::{Deserialize, Serialize};

/// Records that were received within the same second or less. All columns are of one length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as the fields of a record")]
pub struct FlowColumns {
    /// When the last of them was received: the time by which they are filed.
    pub received: Timestamp,
    /// Whom [`Self::exporter`] points at.
    pub exporters: Vec<ExporterKey>,
    pub exporter: Vec<u16>,
    pub known: Vec<u32>,
    pub src: Vec<FlowAddr>,
    pub dst: Vec<FlowAddr>,
    pub next_hop: Vec<FlowAddr>,
    pub octets: Vec<u64>,
    pub packets: Vec<u64>,
    pub start: Vec<Timestamp>,
    pub end: Vec<Timestamp>,
    pub in_if: Vec<u32>,
    pub out_if: Vec<u32>,
    pub src_as: Vec<u32>,
    pub dst_as: Vec<u32>,
    pub sampling_interval: Vec<u32>,
    pub src_port: Vec<u16>,
    pub dst_port: Vec<u16>,
    pub vlan: Vec<u16>,
    pub tcp_flags: Vec<u16>,
    pub protocol: Vec<u8>,
    pub tos: Vec<u8>,
    pub src_mask: Vec<u8>,
    pub dst_mask: Vec<u8>,
    pub direction: Vec<Direction>,
    pub src_mac: Vec<MacAddr>,
    pub dst_mac: Vec<MacAddr>,
    pub app: Vec<u64>,
    /// What else few of them said (NAT addresses, MPLS labels), by row, as `name` and text.
    pub more: Vec<(u32, Vec<(String, String)>)>,
}

/// The same for every column.
macro_rules! columns {
    ($each:ident) => {
        $each! {
            src dst next_hop octets packets start end in_if out_if src_as dst_as sampling_interval src_port dst_port vlan
            tcp_flags protocol tos src_mask dst_mask direction src_mac dst_mac app
        }
    };
}

impl FlowColumns {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.exporter.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.exporter.is_empty()
    }

    /// Adds a record of `exporters[exporter]`.
    pub fn push(&mut self, exporter: u16, record: &FlowRecord) {
        self.exporter.push(exporter);
        self.known.push(record.known.0);
        macro_rules! push {
            ($($field:ident)*) => { $(self.$field.push(record.$field);)* };
        }
        columns!(push);
    }

    /// Adds records, each of the exporter beside it; column by column, which is faster than one by one.
    pub fn extend(&mut self, exporters: &[u16], records: &[(u16, FlowRecord)]) {
        self.exporter.extend_from_slice(exporters);
        self.known.extend(records.iter().map(|(_, record)| record.known.0));
        macro_rules! extend {
            ($($field:ident)*) => { $(self.$field.extend(records.iter().map(|(_, record)| record.$field));)* };
        }
        columns!(extend);
    }

    /// The record of a row, and the index of its exporter.
    pub fn get(&self, row: usize) -> Option<(u16, FlowRecord)> {
        let mut record = FlowRecord { known: Known(*self.known.get(row)?), ..FlowRecord::default() };
        macro_rules! get {
            ($($field:ident)*) => { $(record.$field = *self.$field.get(row)?;)* };
        }
        columns!(get);
        Some((*self.exporter.get(row)?, record))
    }

    /// Adds some rows of others, all but their exporters and what is in [`Self::more`]; rows that are not there are passed over.
    pub fn extend_but_exporters(&mut self, others: &Self, rows: std::ops::Range<usize>) {
        self.known.extend_from_slice(others.known.get(rows.clone()).unwrap_or_default());
        macro_rules! extend {
            ($($field:ident)*) => { $(self.$field.extend_from_slice(others.$field.get(rows.clone()).unwrap_or_default());)* };
        }
        columns!(extend);
    }

    /// Whether all columns are of one length and every exporter is there.
    pub fn is_sound(&self) -> bool {
        let len = self.len();
        macro_rules! same {
            ($($field:ident)*) => { self.known.len() == len $(&& self.$field.len() == len)* };
        }
        let whole = columns!(same);
        whole && self.exporter.iter().all(|exporter| usize::from(*exporter) < self.exporters.len())
    }

    /// Room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.exporter.reserve(more);
        self.known.reserve(more);
        macro_rules! reserve {
            ($($field:ident)*) => { $(self.$field.reserve(more);)* };
        }
        columns!(reserve);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_went_in() {
        let record = FlowRecord { known: Known::OCTETS, src: FlowAddr::v4(1), octets: 7, src_port: 9, ..FlowRecord::default() };
        let mut columns = FlowColumns::default();
        columns.push(3, &FlowRecord::default());
        columns.push(4, &record);
        assert_eq!((columns.len(), columns.get(1), columns.get(2)), (2, Some((4, record)), None));
        let mut together = FlowColumns::default();
        together.extend(&[3, 4], &[(0, FlowRecord::default()), (0, record)]);
        assert_eq!(together, columns);
    }
}
