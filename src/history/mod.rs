//! What noctop remembers: a journal of derived events with checkpoints, and series of samples in compressed blocks.
//!
//! The journal is opaque bytes here: this module knows nothing of events or state. Nothing outside reads sled: its one
//! door is [`sled`]. One writer owns a store; readers see what was flushed plus what is open in memory.
//! Start at [`Store`] below, then `memory` (the same in its simplest form), then `sled`.

use crate::model::rollup::{Level, Rollup};
use crate::model::series::{Cell, Kept, SeriesColumn};
use crate::model::{DeviceId, EntityKey, Metric, Sample, SampleBatch, SampleRow, TimeRange, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub mod audit;
pub mod blocks;
#[cfg(test)]
mod conformance;
pub mod flows;
pub mod ledger;
pub mod logs;
pub mod memory;
pub mod rollup;
pub mod sled;

pub use self::sled::SledStore;
pub use flows::{FlowKept, FlowStore};
pub use ledger::{Ledger, MemoryLedger};
pub use logs::LogStore;
pub use memory::MemoryStore;

/// Format version of a store's folder and of everything in it, journal records and checkpoints too. It is raised with each of them
/// (`engine/record.rs` holds that by test), so that an older binary refuses a newer store before it touches anything.
pub const STORE_VERSION: u32 = 4;

/// The oldest format that is still read. A store of it is marked with [`STORE_VERSION`] when it is opened to be written.
pub const OLDEST_STORE_VERSION: u32 = 2;

/// What can go wrong with a store. Each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds it.
    #[error("the store {0} is in use by another noctop: attach to it by its socket, or stop it first")]
    InUse(PathBuf),
    /// It was written by a newer format.
    #[error(
        "the store {path} has format {found}, written by {by}, and this noctop ({ours}) knows up to {known}; nothing of it was \
         changed: install {by}, put a backup back that this one wrote (noctop store restore), or name another --data folder",
        ours = env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// Where.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
        /// Which noctop wrote it.
        by: String,
    },
    /// It was written by a noctop that is too old, and nothing here reads it any more.
    #[error(
        "the store {path} has format {found}, and this noctop reads {OLDEST_STORE_VERSION} to {STORE_VERSION}; nothing of it was \
         changed: open it once with a noctop in between, move it away, or name another --data folder"
    )]
    Older {
        /// Where.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The disk refused.
    #[error("{what} of {path} failed: {source}")]
    Io {
        /// The operation.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The disk takes nothing at all.
    #[error("the disk of {0} is read-only: mount it writable, or copy the store elsewhere and name the copy with --data")]
    ReadOnlyDisk(PathBuf),
    /// Bytes that can't be right.
    #[error("the store file {path} is damaged ({detail})")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// How.
        detail: String,
    },
    /// There is nothing there.
    #[error("there is no store at {0}: run noctop or noctop daemon first, or name it with --data")]
    Absent(PathBuf),
}

/// One record of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRecord {
    /// Order of writing, from 1, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What, encoded by the engine.
    pub bytes: Vec<u8>,
}

/// A checkpoint: the state after all records up to `seq`, in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last record that it includes; 0 before the first.
    pub seq: u64,
    /// The time that it shows.
    pub at: Timestamp,
    /// Encoded parts by name.
    pub parts: Vec<(String, Vec<u8>)>,
}

/// What a store holds, for `store stats`.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct StoreStats {
    pub bytes: u64,
    pub series: u64,
    pub samples: u64,
    pub bytes_per_sample: Option<f64>,
    pub events: u64,
    pub periods: Vec<PeriodStats>,
    pub journal_bytes: u64,
    pub checkpoints: u64,
    /// Full flow records.
    pub flows: u64,
    /// Octets of everything about flows.
    pub flow_bytes: u64,
    /// Log lines.
    pub logs: u64,
    /// Octets of everything about log lines.
    pub log_bytes: u64,
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    /// Samples or records that could not be written (full disk), since the store was opened.
    pub lost: u64,
    /// Files that were set aside as damaged when it was opened.
    pub set_aside: Vec<PathBuf>,
}

/// One period's database.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PeriodStats {
    pub name: String,
    pub bytes: u64,
    pub samples: u64,
}

/// Everything that is remembered. `Send + Sync`: reads come from reader threads, writes from the one writer thread.
///
/// Errors: a full disk is an error of that call, counted as lost; the store goes on and recovers by itself.
pub trait Store: FlowStore {
    /// Appends records, which get consecutive numbers. Returns the number of the last (of the last ever, when none is
    /// given). They can be read at once; they are on disk after the next [`Store::flush`].
    fn journal_append(&self, records: &[(Timestamp, Vec<u8>)]) -> Result<u64, StoreError>;
    /// Records with numbers above `after` whose time is not later than `until`, in order, at most `limit`.
    fn journal_read(&self, after: u64, until: Timestamp, limit: usize) -> Result<Vec<JournalRecord>, StoreError>;
    /// Records of a time range, in order of their numbers, the last `limit` of them.
    fn journal_range(&self, range: TimeRange, limit: usize) -> Result<Vec<JournalRecord>, StoreError>;
    /// Keeps a checkpoint, durably; older ones are thinned out with age ([`keep_checkpoints`]).
    fn checkpoint_write(&self, checkpoint: &Checkpoint) -> Result<(), StoreError>;
    /// The last checkpoint not later than `at`.
    fn checkpoint_before(&self, at: Timestamp) -> Result<Option<Checkpoint>, StoreError>;
    /// Earliest time that can be shown, and the latest that was written.
    fn span(&self) -> Result<Option<TimeRange>, StoreError>;

    /// Takes samples over. They can be read at once; they are on disk after the next [`Store::flush`].
    fn samples_append(&self, batches: &[SampleBatch]) -> Result<(), StoreError>;
    /// Takes over a past, in any order of periods, many times quicker than [`Store::samples_append`] when a call holds a
    /// long stretch (a day) of a device. The samples are older than what was appended of the device. On disk after the
    /// next [`Store::flush`].
    fn samples_backfill(&self, batches: &[SampleBatch]) -> Result<(), StoreError>;
    /// Samples of one metric of one entity, in order; also the last one that has a value before `range.from`, at most
    /// [`LOOKBACK_SECS`] before, so that a rate can be made. A reading of the entity without the metric is a gap
    /// (`value: None`); when the metric has no value at all, nothing is returned.
    fn samples_read(&self, entity: &EntityKey, metric: Metric, range: TimeRange) -> Result<Vec<Sample>, StoreError>;
    /// What a screen at a past time needs: the last two values of many entities at once. In no order.
    fn samples_at(&self, query: &AtQuery<'_>) -> Result<Vec<EntityLast>, StoreError>;
    /// Minutes or hours of one metric of one entity, in order; those that end in the range, and the one in which it ends as far as it had come by then. They are made of samples where those are
    /// not summed up yet. A kept mean is right to a part in 1,000, the others to one in 125; the 95th percentile of a minute is its largest.
    fn rollups_read(&self, entity: &EntityKey, metric: Metric, wanted: (Level, TimeRange)) -> Result<Vec<Rollup>, StoreError>;

    /// Takes over whole series, as an import brings them: quicker than [`Store::samples_backfill`], and each with times of its own,
    /// which rise. A counter is broken wherever it is less than before. On disk after the next [`Store::flush`].
    fn columns_backfill(&self, columns: &[SeriesColumn]) -> Result<(), StoreError> {
        for column in columns {
            let is_counter = matches!(column.metric.kept(), Kept::Counter { .. });
            let mut before = 0;
            let batch = |(at, value): (&i64, &u64)| {
                let broken = is_counter && *value < before;
                before = *value;
                SampleBatch {
                    device: column.entity.device.clone(),
                    at: Timestamp(*at),
                    rows: vec![SampleRow {
                        part: column.entity.part.clone(),
                        cells: vec![Cell { metric: column.metric, value: *value, broken }],
                    }],
                }
            };
            let batches: Vec<SampleBatch> = column.times.iter().zip(&column.values).map(batch).collect();
            self.samples_backfill(&batches)?;
        }
        Ok(())
    }

    /// Where log lines are kept.
    fn logs(&self) -> &dyn LogStore;

    /// All entities that ever had samples.
    fn entities(&self) -> Result<Vec<EntityKey>, StoreError>;

    /// Forgets samples before a time, as many as take no effort: whole days. Returns how many periods went.
    fn forget_before(&self, at: Timestamp) -> Result<u64, StoreError>;

    /// Sums up what is to be summed up, and removes what is older than it is kept, or what is over the cap: whole days, months
    /// and years, never the running day. Takes as long as it takes: readers and the writer go on meanwhile. Meant to be called
    /// now and then by a thread of its own.
    ///
    /// Errors: the first of them; what could be done was done.
    fn maintain(&self, limits: &Limits) -> Result<Maintained, StoreError>;

    /// Has [`Store::maintain`] end soon, for good: the store is about to be closed.
    fn stop_maintaining(&self) {}

    /// Reads all that it holds; returns the files in which something is damaged, and what can still be read.
    fn verify(&self) -> Result<Vec<(PathBuf, String)>, StoreError> {
        Ok(Vec::new())
    }

    /// Copies everything to a folder, absent or empty, as a store of its own. Others read and write meanwhile; what they write may be
    /// in it or not.
    fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let source = std::io::Error::new(std::io::ErrorKind::Unsupported, "this store is in memory alone");
        Err(StoreError::Io { what: "backing up to", path: to.to_owned(), source })
    }

    /// The ledger of who was told about alarms. Errors: those of the file system.
    fn notice_ledger(&self) -> Result<Box<dyn Ledger>, StoreError> {
        Ok(Box::<MemoryLedger>::default())
    }

    /// Makes everything durable that was taken over.
    fn flush(&self) -> Result<(), StoreError>;
    /// What it holds.
    fn stats(&self) -> Result<StoreStats, StoreError>;
    /// Small named values of the engine (format versions, interrupted discovery).
    fn meta_get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Sets one, durably.
    fn meta_set(&self, name: &str, value: &[u8]) -> Result<(), StoreError>;
}

/// How long what is kept, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The present.
    pub now: Timestamp,
    /// Samples as they were polled.
    pub raw: Duration,
    /// Minutes.
    pub minute: Duration,
    /// Hours.
    pub hour: Duration,
    /// Flow records as they were exported.
    pub flow_records: Duration,
    /// Log lines that are of no class of their own.
    pub logs: Duration,
    /// Octets on disk at most; `None` is as much as there is.
    pub max_bytes: Option<u64>,
}

/// Flow records are kept for so long where nobody says otherwise (contract §2).
pub const KEEP_FLOW_RECORDS: Duration = Duration::from_secs(24 * 3600);

/// What [`Store::maintain`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Days that were summed up.
    pub rolled_up: u64,
    /// Periods that were removed because of their age.
    pub forgotten: u64,
    /// Periods that were removed because of the cap, by name, the oldest first.
    pub capped: Vec<String>,
}

/// How far [`Store::samples_read`] looks for the sample before its range: a rate over more than that says nothing.
pub const LOOKBACK_SECS: u32 = 3600;

/// Which last values are wanted.
#[derive(Clone, Copy, Debug)]
pub struct AtQuery<'a> {
    /// Only of this device; `None` is of all.
    pub device: Option<&'a DeviceId>,
    /// Values not later than this.
    pub at: Timestamp,
    /// Values not older than this before `at`: three polls, beyond which a value counts as stale.
    pub within_secs: u32,
    /// Only these metrics; each one costs time.
    pub metrics: &'a [Metric],
}

/// The last values of one entity, of those metrics that have any.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityLast {
    /// Whose.
    pub entity: Arc<EntityKey>,
    /// Its metrics, in the order of their numbers; never empty.
    pub metrics: Vec<LastSamples>,
}

/// The last values of one metric. Gaps are passed over: both samples have a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LastSamples {
    /// Which.
    pub metric: Metric,
    /// The one before the last, where there is one in time.
    pub before: Option<Sample>,
    /// The last.
    pub last: Sample,
}

/// Which of these checkpoint times are kept, newest first in and out: all of the last [`KEEP_ALL_SECS`], then the first of
/// each hour for two days, then of each day, at most [`MAX_CHECKPOINTS`]. Replaying the journal bridges what was thinned out.
pub fn keep_checkpoints(newest_first: &[Timestamp]) -> Vec<bool> {
    let newest = newest_first.first().copied().unwrap_or_default();
    let mut last_slot = None;
    let mut kept = 0;
    newest_first
        .iter()
        .map(|at| {
            let age = newest.since(*at).as_secs();
            let width = if age <= KEEP_ALL_SECS {
                1
            } else if age <= KEEP_HOURLY_SECS {
                3600
            } else {
                86_400
            };
            let slot = Some((width, at.secs().div_euclid(width)));
            let keep = kept < MAX_CHECKPOINTS && (width == 1 || slot != last_slot);
            last_slot = slot;
            kept += usize::from(keep);
            keep
        })
        .collect()
}

/// Every checkpoint of the last two hours is kept: that is where people go back to most.
pub const KEEP_ALL_SECS: u64 = 2 * 3600;
/// One an hour for two days.
pub const KEEP_HOURLY_SECS: u64 = 2 * 86_400;
/// A checkpoint of 5,000 devices takes some 20 MB: 128 of them are 2.5 GB.
pub const MAX_CHECKPOINTS: usize = 128;
