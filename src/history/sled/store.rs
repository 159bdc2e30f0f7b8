//! The store's trait over its databases.

use super::calendar::Kind;
use super::folder::bytes_below;
use super::logs::by_class;
use super::{SledStore, VALUES, read as source, read_lock, write_lock};
use crate::history::blocks::last::Wanted;
use crate::history::blocks::open::OpenBlock;
use crate::history::blocks::shard::{sealed, unsealed};
use crate::history::{
    AtQuery, Checkpoint, EntityLast, JournalRecord, LOOKBACK_SECS, Ledger, Limits, LogStore, Maintained, PeriodStats, Store,
    StoreError, StoreStats,
};
use crate::model::rollup::{Level, Rollup};
use crate::model::series::SeriesColumn;
use crate::model::{EntityKey, Metric, Sample, SampleBatch, TimeRange, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// Backfilled shards are written as they come, so that a long past needs no memory.
const BACKFILL_BYTES: usize = 4 << 20;

/// Series that are sealed between two looks at what waits.
const COLUMNS_AT_ONCE: usize = 4096;

impl SledStore {
    fn write_backfilled(&self, waiting: usize) -> Result<(), StoreError> {
        if waiting > BACKFILL_BYTES {
            let _one_at_a_time = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
            self.write_shards()?;
        }
        Ok(())
    }
}

impl Store for SledStore {
    fn logs(&self) -> &dyn LogStore {
        &self.logs
    }

    fn journal_append(&self, records: &[(Timestamp, Vec<u8>)]) -> Result<u64, StoreError> {
        write_lock(&self.journal).append(&self.folder, records)
    }

    fn journal_read(&self, after: u64, until: Timestamp, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        read_lock(&self.journal).read(after, until, limit)
    }

    fn journal_range(&self, range: TimeRange, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        read_lock(&self.journal).range(range, limit)
    }

    fn checkpoint_write(&self, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        self.folder.room_for(checkpoint.parts.iter().map(|(_, bytes)| bytes.len()).sum())?;
        // A checkpoint must not be on disk before the records that it includes.
        self.flush_journal()?;
        write_lock(&self.checkpoints).write(&self.folder, checkpoint)
    }

    fn checkpoint_before(&self, at: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        read_lock(&self.checkpoints).before(at)
    }

    fn span(&self) -> Result<Option<TimeRange>, StoreError> {
        let mut times: Vec<(i64, i64)> = Self::memory_span(&read_lock(&self.writer)).collect();
        times.extend(self.periods.figures().values().filter(|held| held.samples > 0).map(|held| (held.start, held.end)));
        times.extend(read_lock(&self.journal).span().map(|span| (span.from.millis(), span.to.millis())));
        times.extend(read_lock(&self.checkpoints).span().map(|(from, to)| (from.millis(), to.millis())));
        let logs = self.logs.logs_kept()?.span;
        let from = times.iter().map(|(from, _)| *from).min().or(logs.map(|span| span.from.millis()));
        // Lines tell of later times, but not what the network looked like in earlier ones.
        let to = times.iter().map(|(_, to)| *to).chain(logs.map(|span| span.to.millis())).max();
        Ok(from.zip(to).map(|(from, to)| TimeRange { from: Timestamp(from), to: Timestamp(to) }))
    }

    fn samples_append(&self, batches: &[SampleBatch]) -> Result<(), StoreError> {
        self.folder.writable()?;
        let (mut writer, mut names) = (write_lock(&self.writer), write_lock(&self.names));
        for batch in batches {
            writer.append(&mut names, batch);
        }
        Ok(())
    }

    fn samples_backfill(&self, batches: &[SampleBatch]) -> Result<(), StoreError> {
        self.folder.writable()?;
        let waiting = {
            let mut writer = write_lock(&self.writer);
            writer.backfill(&mut write_lock(&self.names), batches);
            writer.waiting_bytes()
        };
        self.write_backfilled(waiting)
    }

    fn columns_backfill(&self, columns: &[SeriesColumn]) -> Result<(), StoreError> {
        self.folder.writable()?;
        // A few at a time: what is sealed is written before more is.
        for some in columns.chunks(COLUMNS_AT_ONCE) {
            let waiting = {
                let mut writer = write_lock(&self.writer);
                writer.backfill_columns(&mut write_lock(&self.names), some);
                writer.waiting_bytes()
            };
            self.write_backfilled(waiting)?;
        }
        Ok(())
    }

    fn samples_read(&self, entity: &EntityKey, metric: Metric, range: TimeRange) -> Result<Vec<Sample>, StoreError> {
        let (writer, names) = (read_lock(&self.writer), read_lock(&self.names));
        let Some(device) = names.device(&entity.device) else { return Ok(Vec::new()) };
        let part = names.get(device).and_then(|known| known.part(entity.part.as_deref(), 0));
        let Some(part) = part else { return Ok(Vec::new()) };
        let from = range.from.millis().saturating_sub(i64::from(LOOKBACK_SECS) * 1000);
        let days = self.periods.between(&self.folder, Kind::Raw, (from, range.to.millis()))?;
        source::Source { writer: &writer, names: &names, days }.series(device, part, metric, range)
    }

    fn samples_at(&self, query: &AtQuery<'_>) -> Result<Vec<EntityLast>, StoreError> {
        let (writer, names) = (read_lock(&self.writer), read_lock(&self.names));
        let to = query.at.millis();
        let from = to.saturating_sub(i64::from(query.within_secs) * 1000);
        let devices: Vec<u32> = match query.device {
            Some(id) => names.device(id).into_iter().collect(),
            None => (0..names.len()).collect(),
        };
        let days = self.periods.between(&self.folder, Kind::Raw, (from, to))?;
        let wanted = Wanted::new(query.metrics, from, to);
        source::Source { writer: &writer, names: &names, days }.last(&devices, &wanted)
    }

    fn rollups_read(
        &self,
        entity: &EntityKey,
        metric: Metric,
        (level, range): (Level, TimeRange),
    ) -> Result<Vec<Rollup>, StoreError> {
        self.rollups(entity, metric, (level, range))
    }

    fn entities(&self) -> Result<Vec<EntityKey>, StoreError> {
        Ok(read_lock(&self.names).entities().map(|key| EntityKey::clone(key)).collect())
    }

    fn forget_before(&self, at: Timestamp) -> Result<u64, StoreError> {
        self.forget_days(at)
    }

    fn maintain(&self, limits: &Limits) -> Result<Maintained, StoreError> {
        self.keep_within(limits)
    }

    fn stop_maintaining(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    fn verify(&self) -> Result<Vec<(PathBuf, String)>, StoreError> {
        self.faults()
    }

    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.copy_to(to)
    }

    fn flush(&self) -> Result<(), StoreError> {
        if self.folder.is_read_only() {
            return Ok(());
        }
        let _one_at_a_time = self.flushing.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = {
            let writer = read_lock(&self.writer);
            writer.waiting_bytes() + writer.wal.waiting_bytes()
        };
        self.folder.room_for(bytes)?;
        let logs = self.logs.logs_flush();
        let samples = self.flush_samples().and(self.flows.sync()).and(logs);
        self.flush_journal().and(samples)
    }

    fn stats(&self) -> Result<StoreStats, StoreError> {
        let (open, lost) = {
            let writer = read_lock(&self.writer);
            let open = writer.open_blocks().map(OpenBlock::samples).sum::<u64>();
            (open + writer.sealed_blocks().map(|(head, _)| head.samples).sum::<u64>(), writer.lost)
        };
        let path = self.folder.path();
        let mut periods = Vec::new();
        for (key, held) in self.periods.figures() {
            let bytes = bytes_below(&path.join(key.folder()));
            periods.push(PeriodStats { name: key.label(), bytes, samples: held.samples });
        }
        periods.push(PeriodStats { name: "open".into(), bytes: bytes_below(&path.join("wal")), samples: open });
        // Rollups are other values of the same samples.
        let of_samples = || periods.iter().filter(|period| !period.name.contains('/'));
        let samples: u64 = of_samples().map(|period| period.samples).sum();
        let bytes: u64 = of_samples().map(|period| period.bytes).sum();
        let flows = self.flows.figures()?;
        periods.extend(flows.by_folder().into_iter().map(|(name, bytes, samples)| PeriodStats { name, bytes, samples }));
        let logs = self.logs.figures();
        periods.extend(by_class(&logs));
        let span = self.span()?;
        let journal = read_lock(&self.journal);
        #[allow(clippy::cast_precision_loss, reason = "a ratio for people")]
        let bytes_per_sample = (samples > 0).then(|| bytes as f64 / samples as f64);
        Ok(StoreStats {
            bytes: bytes_below(path),
            series: read_lock(&self.names).series(),
            samples,
            bytes_per_sample,
            events: journal.count(),
            periods,
            journal_bytes: bytes_below(&path.join("journal")) + bytes_below(&path.join("checkpoints")),
            checkpoints: read_lock(&self.checkpoints).count(),
            flows: flows.records,
            flow_bytes: flows.files.iter().map(|(_, bytes, _)| bytes).sum(),
            logs: logs.lines,
            log_bytes: logs.octets,
            oldest: span.map(|span| span.from),
            newest: span.map(|span| span.to),
            lost: lost + flows.lost + logs.lost + journal.lost + self.periods.lost() + self.missing_rows,
            set_aside: self.folder.set_aside(),
        })
    }

    fn meta_get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.meta()?.get(VALUES, name.as_bytes())?;
        Ok(row.as_ref().and_then(|row| unsealed(row)).map(<[u8]>::to_vec))
    }

    fn notice_ledger(&self) -> Result<Box<dyn Ledger>, StoreError> {
        self.folder.writable()?;
        let path = self.folder.path().join(super::folder::NOTICES);
        Ok(Box::new(crate::history::ledger::FileLedger::open(&path)?))
    }

    fn meta_set(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.folder.writable()?;
        self.folder.room_for(value.len())?;
        let meta = self.meta()?;
        meta.write(VALUES, &[(name.as_bytes().to_vec(), Some(sealed(|out| out.extend_from_slice(value))))])?;
        meta.flush()
    }
}
