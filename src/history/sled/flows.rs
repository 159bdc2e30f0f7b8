//! Flows of a store on disk: their place in its folder, and what is kept of them.

use super::SledStore;
use super::limits::First;
use crate::history::flows::{Kind, Visit, roll_up};
use crate::history::{FlowKept, FlowStore, Limits, Maintained, StoreError};
use crate::model::flow::{FlowColumns, FlowFields, FlowLevel, FlowTime};
use crate::model::{TimeRange, Timestamp};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The folder of flows within the store's.
pub const FOLDER: &str = "flows";

/// Once everything was looked at, only so much is looked at again for what came late.
const LATE: Duration = Duration::from_secs(2 * 86_400);

impl SledStore {
    /// Sums up minutes and hours of flows, and removes what is older than it is kept.
    pub(super) fn keep_flows(&self, limits: &Limits, (done, first): (&mut Maintained, &mut First)) {
        let swept = self.flows_swept.load(Ordering::Relaxed);
        let since = if swept { limits.now.minus(LATE) } else { Timestamp(0) };
        let rolled = roll_up(&self.flows, (since, limits.now), &|| self.is_stopping());
        if rolled.is_ok() && !self.is_stopping() {
            self.flows_swept.store(true, Ordering::Relaxed);
        }
        done.rolled_up += first.of(rolled);
        first.of(self.flows.sync());
        let kept = [
            (Kind::Records, limits.flow_records),
            (Kind::Minutes, limits.minute),
            (Kind::Hours, limits.hour),
            // A day is as large as an hour and there are few of them.
            (Kind::Days, limits.hour),
        ];
        for (kind, kept) in kept {
            done.forgotten += first.of(self.flows.forget(kind, limits.now.minus(kept)));
        }
    }

    /// Removes the oldest file of flow records, or of sums that are older than anything else; its name.
    pub(super) fn cap_flows(&self, now: Timestamp, older_than: Option<i64>) -> Result<Option<String>, StoreError> {
        let is_old = |end: i64| older_than.is_none_or(|other| end <= other);
        let records = self.flows.oldest(Kind::Records, now);
        let sums = [Kind::Minutes, Kind::Hours, Kind::Days].into_iter().filter_map(|kind| self.flows.oldest(kind, now));
        let Some(key) = records.or_else(|| sums.min_by_key(|key| key.end()).filter(|key| is_old(key.end()))) else {
            return Ok(None);
        };
        self.flows.remove(key)?;
        Ok(Some(format!("{FOLDER}/{}", key.path())))
    }
}

impl FlowStore for SledStore {
    fn flow_records_append(&self, records: &FlowColumns) -> Result<(), StoreError> {
        self.folder.writable()?;
        self.flows.flow_records_append(records)
    }

    fn flow_talks_append(&self, time: &FlowTime) -> Result<(), StoreError> {
        self.folder.writable()?;
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
