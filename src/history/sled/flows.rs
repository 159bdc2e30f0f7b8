//! Flows of a store on disk.

use super::SledStore;
use crate::history::flows::Visit;
use crate::history::{FlowKept, FlowStore, StoreError};
use crate::model::flow::{FlowColumns, FlowFields, FlowLevel, FlowTime};
use crate::model::{TimeRange, Timestamp};

impl FlowStore for SledStore {
    fn flow_records_append(&self, records: &FlowColumns) -> Result<(), StoreError> {
        self.flows.flow_records_append(records)
    }

    fn flow_talks_append(&self, time: &FlowTime) -> Result<(), StoreError> {
        self.flows.flow_talks_append(time)
    }

    fn flow_records_scan(&self, range: TimeRange, fields: FlowFields, visit: Visit<'_, FlowColumns>) -> Result<(), StoreError> {
        self.flows.flow_records_scan(range, fields, visit)
    }

    fn flow_talks_scan(&self, level: FlowLevel, range: TimeRange, visit: Visit<'_, FlowTime>) -> Result<(), StoreError> {
        self.flows.flow_talks_scan(level, range, visit)
    }

    fn flow_records_kept(&self, range: TimeRange) -> Result<FlowKept, StoreError> {
        self.flows.flow_records_kept(range)
    }

    fn flow_talks_starts(&self, level: FlowLevel, range: TimeRange) -> Result<Vec<Timestamp>, StoreError> {
        self.flows.flow_talks_starts(level, range)
    }

    fn flows_flush(&self) -> Result<(), StoreError> {
        self.flows.flows_flush()
    }
}
