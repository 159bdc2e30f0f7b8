//! A disk store that nobody keeps open.

use super::*;

/// A disk store that is flushed, closed and opened again between the last write and the next read.
pub(super) struct Reopening {
    path: std::path::PathBuf,
    store: std::sync::Mutex<(Option<SledStore>, bool)>,
    logs: crate::history::logs::MemoryLogs,
}

impl Reopening {
    pub(super) fn new(path: &std::path::Path) -> Self {
        let store = std::sync::Mutex::new((Some(SledStore::open(path).unwrap()), false));
        Self { path: path.to_owned(), store, logs: Default::default() }
    }

    fn write<T>(&self, call: impl FnOnce(&SledStore) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut store = self.store.lock().unwrap();
        store.1 = true;
        call(store.0.as_ref().unwrap())
    }

    fn read<T>(&self, call: impl FnOnce(&SledStore) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut store = self.store.lock().unwrap();
        if std::mem::take(&mut store.1) {
            store.0.as_ref().unwrap().flush()?;
            store.0.as_ref().unwrap().flows_flush()?;
            store.0 = None;
            store.0 = Some(SledStore::open(&self.path)?);
        }
        call(store.0.as_ref().unwrap())
    }
}

impl FlowStore for Reopening {
    fn flow_records_append(&self, records: &FlowColumns) -> Result<(), StoreError> {
        self.write(|store| store.flow_records_append(records))
    }
    fn flow_talks_append(&self, time: &FlowTime) -> Result<(), StoreError> {
        self.write(|store| store.flow_talks_append(time))
    }
    fn flow_records_scan(&self, range: TimeRange, fields: FlowFields, visit: Visit<'_, FlowColumns>) -> Result<(), StoreError> {
        self.read(|store| store.flow_records_scan(range, fields, visit))
    }
    fn flow_talks_scan(&self, level: FlowLevel, range: TimeRange, visit: Visit<'_, FlowTime>) -> Result<(), StoreError> {
        self.read(|store| store.flow_talks_scan(level, range, visit))
    }
    fn flow_records_kept(&self, range: TimeRange) -> Result<FlowKept, StoreError> {
        self.read(|store| store.flow_records_kept(range))
    }
    fn flow_talks_starts(&self, level: FlowLevel, range: TimeRange) -> Result<Vec<Timestamp>, StoreError> {
        self.read(|store| store.flow_talks_starts(level, range))
    }
    fn flows_flush(&self) -> Result<(), StoreError> {
        self.write(FlowStore::flows_flush)
    }
}

impl Store for Reopening {
    fn logs(&self) -> &dyn crate::history::LogStore {
        &self.logs
    }
    fn journal_append(&self, records: &[(Timestamp, Vec<u8>)]) -> Result<u64, StoreError> {
        self.write(|store| store.journal_append(records))
    }
    fn journal_read(&self, after: u64, until: Timestamp, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        self.read(|store| store.journal_read(after, until, limit))
    }
    fn journal_range(&self, range: TimeRange, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        self.read(|store| store.journal_range(range, limit))
    }
    fn checkpoint_write(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.write(|store| store.checkpoint_write(checkpoint))
    }
    fn checkpoint_before(&self, at: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        self.read(|store| store.checkpoint_before(at))
    }
    fn span(&self) -> Result<Option<TimeRange>, StoreError> {
        self.read(Store::span)
    }
    fn samples_append(&self, batches: &[SampleBatch]) -> Result<(), StoreError> {
        self.write(|store| store.samples_append(batches))
    }
    fn samples_backfill(&self, batches: &[SampleBatch]) -> Result<(), StoreError> {
        self.write(|store| store.samples_backfill(batches))
    }
    fn columns_backfill(&self, columns: &[SeriesColumn]) -> Result<(), StoreError> {
        self.write(|store| store.columns_backfill(columns))
    }
    fn samples_read(&self, entity: &EntityKey, metric: Metric, range: TimeRange) -> Result<Vec<Sample>, StoreError> {
        self.read(|store| store.samples_read(entity, metric, range))
    }
    fn samples_at(&self, query: &AtQuery<'_>) -> Result<Vec<EntityLast>, StoreError> {
        self.read(|store| store.samples_at(query))
    }
    fn rollups_read(&self, entity: &EntityKey, metric: Metric, wanted: (Level, TimeRange)) -> Result<Vec<Rollup>, StoreError> {
        self.read(|store| store.rollups_read(entity, metric, wanted))
    }
    fn maintain(&self, limits: &Limits) -> Result<Maintained, StoreError> {
        self.write(|store| store.maintain(limits))
    }
    fn entities(&self) -> Result<Vec<EntityKey>, StoreError> {
        self.read(Store::entities)
    }
    fn forget_before(&self, at: Timestamp) -> Result<u64, StoreError> {
        self.write(|store| store.forget_before(at))
    }
    fn verify(&self) -> Result<Vec<(std::path::PathBuf, String)>, StoreError> {
        self.read(Store::verify)
    }
    fn flush(&self) -> Result<(), StoreError> {
        self.write(Store::flush)
    }
    fn stats(&self) -> Result<StoreStats, StoreError> {
        self.read(Store::stats)
    }
    fn meta_get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|store| store.meta_get(name))
    }
    fn meta_set(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write(|store| store.meta_set(name, value))
    }
}
