//! The history of flows: records as they were exported for some time, and sums by minute, hour and day.
//!
//! It must not know what a collector or an exporter is beyond `model::flow`, nor who asks. Everything read back is checked: a
//! decoder answers `None` for bytes that can't be right, and never takes more memory than its limits say.
//! Start at [`FlowStore`], then `memory` (the same in its simplest form), then `disk` (files), `records` and `times` (what is in
//! them), `numbers` (a column), `rollup`.

use super::StoreError;
use crate::model::flow::{FlowColumns, FlowFields, FlowLevel, FlowTime};
use crate::model::{TimeRange, Timestamp};
use std::ops::ControlFlow;

mod classes;
mod disk;
pub(super) mod file;
pub(super) mod frame;
mod memory;
mod numbers;
mod pending;
mod place;
pub mod records;
mod rollup;
pub mod times;

pub use disk::{Access, DiskFlows, Figures, Room};
pub use memory::MemoryFlows;
pub use place::Kind;
pub use rollup::roll_up;

/// Takes what a scan finds, as long as it wants more.
pub type Visit<'a, T> = &'a mut dyn FnMut(&T) -> ControlFlow<()>;

/// What is remembered of flows. Everything that was appended can be read at once.
pub trait FlowStore: Send + Sync {
    /// Takes records over, filed by [`FlowColumns::received`]. They are on disk when a block of them is full, and after the next
    /// [`FlowStore::flows_flush`].
    fn flow_records_append(&self, records: &FlowColumns) -> Result<(), StoreError>;

    /// Takes over what was talked in a stretch of time. Several of one stretch add up.
    fn flow_talks_append(&self, time: &FlowTime) -> Result<(), StoreError>;

    /// Visits records that were received in a range, in blocks of some ten thousand of one minute, in the order of writing. Only
    /// columns that are wanted are filled, the others are empty; `received` is that of the last record of the block.
    fn flow_records_scan(&self, range: TimeRange, fields: FlowFields, visit: Visit<'_, FlowColumns>) -> Result<(), StoreError>;

    /// Visits what was talked in the stretches of a level that begin in a range, by their starts.
    fn flow_talks_scan(&self, level: FlowLevel, range: TimeRange, visit: Visit<'_, FlowTime>) -> Result<(), StoreError>;

    /// How many records were received in a range and are kept, block by block, and when the first and the last of all that are kept
    /// were received.
    fn flow_records_kept(&self, range: TimeRange) -> Result<FlowKept, StoreError>;

    /// The starts of the stretches of a level that begin in a range and of which something is kept, each once, in order.
    fn flow_talks_starts(&self, level: FlowLevel, range: TimeRange) -> Result<Vec<Timestamp>, StoreError>;

    /// Makes everything durable that was taken over of flows.
    fn flows_flush(&self) -> Result<(), StoreError>;
}

/// See [`FlowStore::flow_records_kept`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowKept {
    /// In blocks that overlap the range.
    pub rows: u64,
    /// Of all records; `None` where there is none.
    pub span: Option<TimeRange>,
}

impl FlowKept {
    /// Takes a block of records in: how many, and when they were received.
    pub(crate) fn add(&mut self, rows: u64, (block, wanted): (TimeRange, TimeRange)) {
        if block.from <= wanted.to && wanted.from <= block.to {
            self.rows += rows;
        }
        self.span =
            Some(self.span.map_or(block, |span| TimeRange { from: span.from.min(block.from), to: span.to.max(block.to) }));
    }
}
