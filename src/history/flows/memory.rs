//! Flows in memory: what `discover`, tests and shots have, and what the files are held against.

use super::rollup::{Made, Rolling};
use super::{FlowKept, FlowStore, Visit};
use crate::history::StoreError;
use crate::model::flow::{FlowColumns, FlowFields, FlowLevel, FlowTime};
use crate::model::{TimeRange, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Records kept: some 150 bytes each, so 75 MB.
const MAX_RECORDS: usize = 500_000;
/// Rows of talks kept, all levels together: some 200 bytes each, so 100 MB.
const MAX_TALKS: usize = 500_000;

/// Flows that are forgotten when it is dropped.
#[derive(Default)]
pub struct MemoryFlows {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    records: VecDeque<FlowColumns>,
    rows: usize,
    times: BTreeMap<(FlowLevel, Timestamp), Vec<FlowTime>>,
    talks: usize,
}

fn size(time: &FlowTime) -> usize {
    let talks = &time.talks;
    let cut = talks.cut_src.len() + talks.cut_dst.len() + talks.cut_port.len() + talks.cut_src_as.len() + talks.cut_dst_as.len();
    1 + talks.rows.len() + talks.rest.len() + cut + time.loads.len()
}

impl MemoryFlows {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many records and sums are kept.
    pub fn counts(&self) -> (u64, u64) {
        let inner = self.lock();
        (inner.rows as u64, inner.times.values().map(Vec::len).sum::<usize>() as u64)
    }

    /// Forgets records that were received before a time.
    pub fn forget_records(&self, before: Timestamp) {
        let mut inner = self.lock();
        while inner.records.front().is_some_and(|records| records.received < before) {
            inner.drop_oldest();
        }
    }

    /// Forgets stretches of a level that ended before a time.
    pub fn forget_talks(&self, level: FlowLevel, before: Timestamp) {
        let mut inner = self.lock();
        let old: Vec<_> = inner.times.range((level, Timestamp(i64::MIN))..(level, before)).map(|(key, _)| *key).collect();
        old.into_iter().for_each(|key| inner.drop_times(key));
    }
}

impl Inner {
    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.records.pop_front() {
            self.rows -= oldest.len();
        }
    }

    fn drop_times(&mut self, key: (FlowLevel, Timestamp)) {
        let gone = self.times.remove(&key).unwrap_or_default();
        self.talks -= gone.iter().map(size).sum::<usize>();
    }
}

impl FlowStore for MemoryFlows {
    fn flow_records_append(&self, records: &FlowColumns) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        let mut inner = self.lock();
        inner.rows += records.len();
        inner.records.push_back(records.clone());
        while inner.rows > MAX_RECORDS && inner.records.len() > 1 {
            inner.drop_oldest();
        }
        Ok(())
    }

    fn flow_talks_append(&self, time: &FlowTime) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.talks += size(time);
        inner.times.entry((time.level, time.start)).or_default().push(time.clone());
        while inner.talks > MAX_TALKS && inner.times.len() > 1 {
            // Minutes go before hours, and those before days: the first key is the oldest of the shortest.
            let Some(first) = inner.times.keys().next().copied() else { break };
            inner.drop_times(first);
        }
        Ok(())
    }

    fn flow_records_scan(&self, range: TimeRange, _: FlowFields, visit: Visit<'_, FlowColumns>) -> Result<(), StoreError> {
        let inner = self.lock();
        for records in inner.records.iter().filter(|records| range.contains(records.received)) {
            if visit(records).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn flow_talks_scan(&self, level: FlowLevel, range: TimeRange, visit: Visit<'_, FlowTime>) -> Result<(), StoreError> {
        let inner = self.lock();
        if range.from > range.to {
            return Ok(());
        }
        for time in inner.times.range((level, range.from)..=(level, range.to)).flat_map(|(_, times)| times) {
            if visit(time).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn flow_records_kept(&self, range: TimeRange) -> Result<FlowKept, StoreError> {
        let mut kept = FlowKept::default();
        for records in &self.lock().records {
            let at = TimeRange { from: records.received, to: records.received };
            kept.add(records.len() as u64, (at, range));
        }
        Ok(kept)
    }

    fn flow_talks_starts(&self, level: FlowLevel, range: TimeRange) -> Result<Vec<Timestamp>, StoreError> {
        if range.from > range.to {
            return Ok(Vec::new());
        }
        Ok(self.lock().times.range((level, range.from)..=(level, range.to)).map(|((_, start), _)| *start).collect())
    }

    fn flows_flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Rolling for MemoryFlows {
    fn made(&self, level: FlowLevel, range: TimeRange) -> Result<Made, StoreError> {
        let starts = self.flow_talks_starts(level, range)?;
        // Nothing comes late to what is in memory: a stretch that is there was made of everything.
        Ok(starts.into_iter().map(|start| (start.0, (1, Some(u32::MAX)))).collect())
    }

    fn put(&self, time: &FlowTime, _: u32) -> Result<(), StoreError> {
        self.flow_talks_append(time)
    }
}
