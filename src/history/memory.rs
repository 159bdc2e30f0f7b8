//! A store in memory, for `discover`, tests and shots: nothing stays, and the oldest goes when a bound is reached.
//!
//! It is also what the disk store is held against: both pass the same `conformance` tests.

use super::flows::{MemoryFlows, Visit, roll_up};
use super::logs::{LogStore, MemoryLogs};
use super::rollup::{DAY_MS, SETTLE_MS, day_of_end, of_days, running, sum_up, within_day};
use super::{
    AtQuery, Checkpoint, EntityLast, FlowKept, FlowStore, JournalRecord, LOOKBACK_SECS, LastSamples, Limits, Maintained,
    PeriodStats, Store, StoreError, StoreStats, keep_checkpoints,
};
use crate::model::flow::{FlowColumns, FlowFields, FlowLevel, FlowTime};
use crate::model::rollup::{Level, Rollup};
use crate::model::series::Cell;
use crate::model::{DeviceId, EntityKey, Metric, Sample, SampleBatch, SampleRow, TimeRange, Timestamp, limit};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Readings kept of one entity: a week at five minutes is 2,016, a day at thirty seconds 2,880.
pub const MAX_READINGS: usize = 4096;
/// Journal bytes kept.
pub const MAX_JOURNAL_BYTES: u64 = 256 << 20;

/// Rollups kept of one series and level: half a year of hours.
const MAX_ROLLUPS: usize = 4096;
const PRESENT: u8 = 1;
const BROKEN: u8 = 2;

/// A store that forgets everything when it is dropped.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
    flows: MemoryFlows,
    logs: MemoryLogs,
}

#[derive(Default)]
struct Inner {
    journal: VecDeque<JournalRecord>,
    journal_bytes: u64,
    last_seq: u64,
    checkpoints: Vec<Checkpoint>,
    meta: BTreeMap<String, Vec<u8>>,
    devices: BTreeMap<DeviceId, BTreeMap<Option<String>, Entity>>,
    entities: usize,
    lost: u64,
}

/// Rollups of days that were summed up, by metric and level, and of each how many readings the day had.
#[derive(Default)]
struct Rolled {
    lanes: BTreeMap<(Metric, Level), BTreeMap<Timestamp, Rollup>>,
    days: BTreeMap<i64, usize>,
}

/// Readings of one entity: a time column and a column for each metric, all of one length.
struct Entity {
    key: Arc<EntityKey>,
    rolled: Rolled,
    at: Vec<Timestamp>,
    columns: Vec<Column>,
}

struct Column {
    metric: Metric,
    values: Vec<u64>,
    flags: Vec<u8>,
}

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entity {
    fn new(device: &DeviceId, part: Option<String>) -> Self {
        Self {
            key: Arc::new(EntityKey { device: device.clone(), part }),
            rolled: Rolled::default(),
            at: Vec::new(),
            columns: Vec::new(),
        }
    }

    /// Puts a reading at its place in time; one of the same time is completed.
    fn put(&mut self, at: Timestamp, cells: &[Cell]) {
        let place = self.at.partition_point(|known| *known < at);
        if self.at.get(place) != Some(&at) {
            self.at.insert(place, at);
            for column in &mut self.columns {
                column.values.insert(place, 0);
                column.flags.insert(place, 0);
            }
        }
        for cell in cells {
            let (len, found) = (self.at.len(), self.columns.iter().position(|column| column.metric == cell.metric));
            let index = found.unwrap_or_else(|| {
                self.columns.push(Column { metric: cell.metric, values: vec![0; len], flags: vec![0; len] });
                self.columns.len() - 1
            });
            if let Some(column) = self.columns.get_mut(index) {
                column.set(place, *cell);
            }
        }
        if self.at.len() > MAX_READINGS {
            self.forget_oldest(MAX_READINGS / 8);
        }
    }

    fn forget_oldest(&mut self, count: usize) {
        self.at.drain(..count);
        for column in &mut self.columns {
            column.values.drain(..count);
            column.flags.drain(..count);
        }
    }

    fn column(&self, metric: Metric) -> Option<&Column> {
        self.columns.iter().find(|column| column.metric == metric)
    }

    fn sample(&self, column: &Column, index: usize) -> Option<Sample> {
        let flags = *column.flags.get(index)?;
        let present = flags & PRESENT != 0;
        Some(Sample {
            at: *self.at.get(index)?,
            value: present.then_some(*column.values.get(index)?),
            broken: present && flags & BROKEN != 0,
        })
    }

    /// Readings that have a value, from `end` backwards, none older than `oldest`.
    fn backwards<'a>(&'a self, column: &'a Column, end: usize, oldest: Timestamp) -> impl Iterator<Item = Sample> + 'a {
        (0..end)
            .rev()
            .filter_map(|index| self.sample(column, index))
            .take_while(move |sample| sample.at >= oldest)
            .filter(|sample| sample.value.is_some())
    }

    fn read(&self, metric: Metric, range: TimeRange) -> Vec<Sample> {
        let Some(column) = self.column(metric) else { return Vec::new() };
        let first = self.at.partition_point(|at| *at < range.from);
        let last = self.at.partition_point(|at| *at <= range.to);
        let before = self.backwards(column, first, back(range.from, LOOKBACK_SECS)).next();
        let found: Vec<Sample> = before.into_iter().chain((first..last).filter_map(|index| self.sample(column, index))).collect();
        if found.iter().any(|sample| sample.value.is_some()) { found } else { Vec::new() }
    }

    /// Readings of a day.
    fn of_day(&self, day: i64) -> usize {
        let upto = |day: i64| self.at.partition_point(|at| at.millis() < day.saturating_mul(DAY_MS));
        upto(day + 1) - upto(day)
    }

    /// The days of its readings that are not summed up, or have more than then.
    fn not_rolled_up(&self) -> Vec<i64> {
        let mut days: Vec<i64> =
            self.at.iter().flat_map(|at| [day_of_end(at.millis()), at.millis().div_euclid(DAY_MS)]).collect();
        days.dedup();
        days.retain(|day| self.of_day(*day) > self.rolled.days.get(day).copied().unwrap_or(0));
        days
    }

    fn rollups(&self, metric: Metric, (level, range): (Level, TimeRange)) -> Result<Vec<Rollup>, StoreError> {
        let kept = self.rolled.lanes.get(&(metric, level));
        let mut found: BTreeMap<Timestamp, Rollup> =
            kept.into_iter().flatten().filter(|(at, _)| range.contains(**at)).map(|(at, rollup)| (*at, *rollup)).collect();
        let days = self.not_rolled_up().into_iter();
        let made = of_days(metric, (level, range), days, |range| Ok(self.read(metric, range)))?;
        let running = running(metric, (level, range), |range| Ok(self.read(metric, range)))?;
        found.extend(made.into_iter().chain(running).map(|rollup| (rollup.at, rollup)));
        Ok(found.into_values().collect())
    }

    /// Sums up the days that have settled. Returns which.
    fn roll_up(&mut self, now: Timestamp) -> Vec<i64> {
        let mut days = self.not_rolled_up();
        days.retain(|day| (day + 1) * DAY_MS + SETTLE_MS <= now.millis());
        let all = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };
        for part in days.iter().filter_map(|day| within_day(*day, all)) {
            for (metric, level) in self.columns.iter().flat_map(|column| Level::ALL.map(|level| (column.metric, level))) {
                let samples = self.read(metric, super::rollup::needed(level, part));
                let kept = self.rolled.lanes.entry((metric, level)).or_default();
                kept.extend(sum_up(metric, &samples, (level, part)).into_iter().map(|rollup| (rollup.at, rollup)));
                while kept.len() > MAX_ROLLUPS {
                    kept.pop_first();
                }
            }
        }
        let counts: Vec<(i64, usize)> = days.iter().map(|day| (*day, self.of_day(*day))).collect();
        self.rolled.days.extend(counts);
        days
    }

    fn last(&self, query: &AtQuery<'_>) -> Option<EntityLast> {
        let end = self.at.partition_point(|at| *at <= query.at);
        let oldest = back(query.at, query.within_secs);
        let mut metrics: Vec<LastSamples> = query
            .metrics
            .iter()
            .filter_map(|metric| {
                let mut found = self.backwards(self.column(*metric)?, end, oldest);
                let last = found.next()?;
                Some(LastSamples { metric: *metric, before: found.next(), last })
            })
            .collect();
        metrics.sort_by_key(|last| last.metric);
        (!metrics.is_empty()).then(|| EntityLast { entity: Arc::clone(&self.key), metrics })
    }
}

impl Column {
    fn set(&mut self, place: usize, cell: Cell) {
        if let (Some(value), Some(flags)) = (self.values.get_mut(place), self.flags.get_mut(place)) {
            *value = cell.value;
            *flags = PRESENT | if cell.broken { BROKEN } else { 0 };
        }
    }

    fn present(&self) -> u64 {
        self.flags.iter().filter(|flags| **flags & PRESENT != 0).count() as u64
    }
}

/// The time `secs` before `at`.
pub(super) fn back(at: Timestamp, secs: u32) -> Timestamp {
    Timestamp(at.millis().saturating_sub(i64::from(secs) * 1000))
}

impl Inner {
    fn put_row(&mut self, batch: &SampleBatch, row: &SampleRow) {
        if row.cells.is_empty() {
            return;
        }
        let parts = self.devices.entry(batch.device.clone()).or_default();
        if let Some(entity) = parts.get_mut(&row.part) {
            entity.put(batch.at, &row.cells);
        } else if limit::MEMORY_SERIES.has_room(self.entities) {
            self.entities += 1;
            let entity = parts.entry(row.part.clone()).or_insert_with(|| Entity::new(&batch.device, row.part.clone()));
            entity.put(batch.at, &row.cells);
        } else {
            self.lost += row.cells.len() as u64;
        }
    }

    fn all(&self) -> impl Iterator<Item = &Entity> {
        self.devices.values().flat_map(BTreeMap::values)
    }

    fn thin_checkpoints(&mut self) {
        self.checkpoints.sort_by_key(|kept| (kept.at, kept.seq));
        let newest_first: Vec<Timestamp> = self.checkpoints.iter().rev().map(|kept| kept.at).collect();
        let mut keep = keep_checkpoints(&newest_first);
        keep.reverse();
        let mut keep = keep.into_iter();
        self.checkpoints.retain(|_| keep.next().unwrap_or(true));
    }

    fn series_times(&self) -> Option<TimeRange> {
        let from = self.all().filter_map(|entity| entity.at.first()).min()?;
        let to = self.all().filter_map(|entity| entity.at.last()).max()?;
        Some(TimeRange { from: *from, to: *to })
    }

    fn span(&self) -> Option<TimeRange> {
        let journal = self.journal.iter().map(|record| record.at);
        let kept = self.checkpoints.iter().map(|kept| kept.at);
        let series = self.series_times().into_iter().flat_map(|range| [range.from, range.to]);
        let (from, to) = journal.chain(kept).chain(series).fold(None, |span: Option<(Timestamp, Timestamp)>, at| {
            Some(span.map_or((at, at), |(from, to)| (from.min(at), to.max(at))))
        })?;
        Some(TimeRange { from, to })
    }
}

impl FlowStore for MemoryStore {
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

impl Store for MemoryStore {
    fn logs(&self) -> &dyn LogStore {
        &self.logs
    }

    fn journal_append(&self, records: &[(Timestamp, Vec<u8>)]) -> Result<u64, StoreError> {
        let mut inner = self.lock();
        for (at, bytes) in records {
            inner.last_seq += 1;
            inner.journal_bytes += bytes.len() as u64;
            let seq = inner.last_seq;
            inner.journal.push_back(JournalRecord { seq, at: *at, bytes: bytes.clone() });
        }
        while inner.journal_bytes > MAX_JOURNAL_BYTES {
            let Some(oldest) = inner.journal.pop_front() else { break };
            inner.journal_bytes -= oldest.bytes.len() as u64;
        }
        Ok(inner.last_seq)
    }

    fn journal_read(&self, after: u64, until: Timestamp, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        let inner = self.lock();
        let wanted = inner.journal.iter().filter(|record| record.seq > after && record.at <= until);
        Ok(wanted.take(limit).cloned().collect())
    }

    fn journal_range(&self, range: TimeRange, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        let inner = self.lock();
        let wanted = inner.journal.iter().rev().filter(|record| range.contains(record.at));
        let mut found: Vec<JournalRecord> = wanted.take(limit).cloned().collect();
        found.reverse();
        Ok(found)
    }

    fn checkpoint_write(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.checkpoints.retain(|kept| (kept.at, kept.seq) != (checkpoint.at, checkpoint.seq));
        inner.checkpoints.push(checkpoint.clone());
        inner.thin_checkpoints();
        Ok(())
    }

    fn checkpoint_before(&self, at: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        Ok(self.lock().checkpoints.iter().rev().find(|kept| kept.at <= at).cloned())
    }

    fn span(&self) -> Result<Option<TimeRange>, StoreError> {
        Ok(self.lock().span())
    }

    fn samples_append(&self, batches: &[SampleBatch]) -> Result<(), StoreError> {
        let mut inner = self.lock();
        for batch in batches {
            for row in &batch.rows {
                inner.put_row(batch, row);
            }
        }
        Ok(())
    }

    fn samples_backfill(&self, batches: &[SampleBatch]) -> Result<(), StoreError> {
        self.samples_append(batches)
    }

    fn samples_read(&self, entity: &EntityKey, metric: Metric, range: TimeRange) -> Result<Vec<Sample>, StoreError> {
        let inner = self.lock();
        let found = inner.devices.get(&entity.device).and_then(|parts| parts.get(&entity.part));
        Ok(found.map(|entity| entity.read(metric, range)).unwrap_or_default())
    }

    fn samples_at(&self, query: &AtQuery<'_>) -> Result<Vec<EntityLast>, StoreError> {
        let inner = self.lock();
        Ok(match query.device {
            Some(device) => {
                inner.devices.get(device).into_iter().flat_map(BTreeMap::values).filter_map(|entity| entity.last(query)).collect()
            }
            None => inner.all().filter_map(|entity| entity.last(query)).collect(),
        })
    }

    fn entities(&self) -> Result<Vec<EntityKey>, StoreError> {
        Ok(self.lock().all().map(|entity| EntityKey::clone(&entity.key)).collect())
    }

    fn forget_before(&self, at: Timestamp) -> Result<u64, StoreError> {
        let day = Timestamp(at.millis() - at.millis().rem_euclid(DAY_MS));
        let mut inner = self.lock();
        let mut gone: BTreeSet<i64> = BTreeSet::new();
        for entity in inner.devices.values_mut().flat_map(BTreeMap::values_mut) {
            let old = entity.at.partition_point(|at| *at < day);
            gone.extend(entity.at.iter().take(old).map(|at| at.millis().div_euclid(DAY_MS)));
            entity.forget_oldest(old);
        }
        Ok(gone.len() as u64)
    }

    fn rollups_read(
        &self,
        entity: &EntityKey,
        metric: Metric,
        (level, range): (Level, TimeRange),
    ) -> Result<Vec<Rollup>, StoreError> {
        let inner = self.lock();
        let found = inner.devices.get(&entity.device).and_then(|parts| parts.get(&entity.part));
        found.map_or(Ok(Vec::new()), |entity| entity.rollups(metric, (level, range)))
    }

    /// What it holds is bounded as it is: there is no cap to mind.
    fn maintain(&self, limits: &Limits) -> Result<Maintained, StoreError> {
        let mut days: Vec<i64> = Vec::new();
        for entity in self.lock().devices.values_mut().flat_map(BTreeMap::values_mut) {
            days.append(&mut entity.roll_up(limits.now));
            for ((_, level), kept) in &mut entity.rolled.lanes {
                let age = if *level == Level::Minute { limits.minute } else { limits.hour };
                kept.retain(|at, _| *at > limits.now.minus(age));
            }
        }
        days.sort_unstable();
        days.dedup();
        let forgotten = self.forget_before(limits.now.minus(limits.raw))?;
        roll_up(&self.flows, (Timestamp(0), limits.now), &|| false)?;
        self.flows.forget_records(limits.now.minus(limits.flow_records));
        for (level, kept) in [(FlowLevel::Minute, limits.minute), (FlowLevel::Hour, limits.hour), (FlowLevel::Day, limits.hour)] {
            self.flows.forget_talks(level, limits.now.minus(kept));
        }
        Ok(Maintained { rolled_up: days.len() as u64, forgotten, capped: Vec::new() })
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn stats(&self) -> Result<StoreStats, StoreError> {
        let inner = self.lock();
        let (mut series, mut samples, mut bytes) = (0, 0, 0);
        for entity in inner.all() {
            series += entity.columns.len() as u64;
            samples += entity.columns.iter().map(Column::present).sum::<u64>();
            bytes += (entity.at.len() * (8 + 9 * entity.columns.len())) as u64;
        }
        let checkpoint_bytes: usize = inner.checkpoints.iter().flat_map(|kept| &kept.parts).map(|(_, bytes)| bytes.len()).sum();
        let journal_bytes = inner.journal_bytes + checkpoint_bytes as u64;
        let span = inner.span();
        #[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
        let bytes_per_sample = (samples > 0).then(|| bytes as f64 / samples as f64);
        Ok(StoreStats {
            bytes: bytes + journal_bytes,
            series,
            samples,
            bytes_per_sample,
            events: inner.journal.len() as u64,
            periods: vec![PeriodStats { name: "memory".into(), bytes, samples }],
            journal_bytes,
            checkpoints: inner.checkpoints.len() as u64,
            flows: self.flows.counts().0,
            flow_bytes: 0,
            logs: self.logs.logs_kept()?.lines,
            log_bytes: 0,
            oldest: span.map(|span| span.from),
            newest: span.map(|span| span.to),
            lost: inner.lost,
            set_aside: Vec::new(),
        })
    }

    fn meta_get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().meta.get(name).cloned())
    }

    fn meta_set(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.lock().meta.insert(name.to_owned(), value.to_vec());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
