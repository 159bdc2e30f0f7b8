//! Records that wait for their block to fill.

use super::records::{MAX_EXPORTERS, ROWS, Receipts};
use crate::model::TimeRange;
use crate::model::flow::{ExporterKey, FlowColumns, FlowLevel};
use rustc_hash::FxHashMap;
use std::ops::Range;

/// The block that fills: records of one minute.
#[derive(Default)]
pub struct Pending {
    columns: FlowColumns,
    receipts: Receipts,
    exporters: FxHashMap<ExporterKey, u16>,
}

impl Pending {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// How many more there is room for of records that were received then; 0 where they belong to another block.
    pub fn room_for(&self, records: &FlowColumns) -> usize {
        let minute = |columns: &FlowColumns| FlowLevel::Minute.start_of(columns.received);
        let another = self.len() > 0 && minute(&self.columns) != minute(records);
        let crowded = self.columns.exporters.len() + records.exporters.len() > MAX_EXPORTERS;
        if another || (crowded && self.len() > 0) { 0 } else { ROWS.saturating_sub(self.len()) }
    }

    /// Takes some rows of records.
    pub fn take_in(&mut self, records: &FlowColumns, rows: Range<usize>) {
        let number = |pending: &mut Self, key: &ExporterKey| {
            let next = pending.columns.exporters.len() as u16;
            let number = *pending.exporters.entry(*key).or_insert(next);
            if number == next {
                pending.columns.exporters.push(*key);
            }
            number
        };
        let here: Vec<u16> = records.exporters.iter().map(|key| number(self, key)).collect();
        let of = |exporter: &u16| here.get(usize::from(*exporter)).copied().unwrap_or(0);
        let (first, start) = (self.len(), rows.start);
        self.columns.exporter.extend(records.exporter.get(rows.clone()).unwrap_or_default().iter().map(of));
        self.columns.extend_but_exporters(records, rows.clone());
        let more = records.more.iter().filter(|(row, _)| rows.contains(&(*row as usize)));
        let moved = more.map(|(row, more)| ((*row as usize - start + first) as u32, more.clone()));
        self.columns.more.extend(moved);
        self.receipts.push((rows.len() as u32, records.received));
        self.columns.received = self.columns.received.max(records.received);
    }

    /// When what waits was received; `None` where nothing does.
    pub fn span(&self) -> Option<TimeRange> {
        let from = self.receipts.iter().map(|(_, at)| *at).min()?;
        Some(TimeRange { from, to: self.columns.received })
    }

    /// What waits, and when it was received; it is empty then.
    pub fn take(&mut self) -> (FlowColumns, Receipts) {
        let taken = std::mem::take(self);
        // The next block is about as large.
        self.columns.reserve(taken.len());
        (taken.columns, taken.receipts)
    }

    /// A copy of what waits.
    pub fn copy(&self) -> (FlowColumns, Receipts) {
        (self.columns.clone(), self.receipts.clone())
    }
}
