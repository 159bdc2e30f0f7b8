//! What noctop remembers: a journal of derived events with checkpoints, and series of samples in compressed blocks.
//!
//! The journal is opaque bytes here: this module knows nothing of events or state. Nothing outside reads sled: its one
//! door is [`sled`](self::sled). One writer owns a store; readers see what was flushed plus what is open in memory.
//! Start at the traits below, then `blocks` and `sled`.

use crate::model::{EntityKey, Metric, Sample, SampleBatch, TimeRange, Timestamp};
use std::path::PathBuf;

pub mod memory;
pub mod sled;

/// Format version of a store's folder. An older binary refuses a newer store with a clear sentence.
pub const STORE_VERSION: u32 = 1;

/// What can go wrong with a store. Each sentence says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds it.
    #[error("the store {0} is in use by another noctop: attach to it by its socket, or stop it first")]
    InUse(PathBuf),
    /// It was written by a newer format.
    #[error(
        "the store {path} has format {found}, and this noctop knows up to {known}: upgrade noctop, or name another --data folder"
    )]
    Newer {
        /// Where.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
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
pub trait Store: Send + Sync {
    /// Appends records, which get consecutive numbers. Returns the number of the last.
    fn journal_append(&self, records: &[(Timestamp, Vec<u8>)]) -> Result<u64, StoreError>;
    /// Records with numbers above `after` whose time is not later than `until`, in order, at most `limit`.
    fn journal_read(&self, after: u64, until: Timestamp, limit: usize) -> Result<Vec<JournalRecord>, StoreError>;
    /// Records of a time range, in order, the last `limit` of them.
    fn journal_range(&self, range: TimeRange, limit: usize) -> Result<Vec<JournalRecord>, StoreError>;
    /// Keeps a checkpoint.
    fn checkpoint_write(&self, checkpoint: &Checkpoint) -> Result<(), StoreError>;
    /// The last checkpoint not later than `at`.
    fn checkpoint_before(&self, at: Timestamp) -> Result<Option<Checkpoint>, StoreError>;
    /// Earliest time that can be shown, and the latest that was written.
    fn span(&self) -> Result<Option<TimeRange>, StoreError>;

    /// Takes samples over. They can be read at once; they are on disk after the next [`Store::flush`].
    fn samples_append(&self, batches: &[SampleBatch]) -> Result<(), StoreError>;
    /// Samples of one metric of one entity, in order; also the last one before `range.from`, so that a rate can be made.
    fn samples_read(&self, entity: &EntityKey, metric: Metric, range: TimeRange) -> Result<Vec<Sample>, StoreError>;
    /// The last two samples not later than `at` and not older than `within_secs`, of every entity of `device` (or of all
    /// devices), all metrics: what a screen at a past time needs.
    fn samples_at(
        &self,
        device: Option<&crate::model::DeviceId>,
        at: Timestamp,
        within_secs: u32,
    ) -> Result<Vec<LastSamples>, StoreError>;
    /// All entities that ever had samples.
    fn entities(&self) -> Result<Vec<EntityKey>, StoreError>;

    /// Makes everything durable that was taken over.
    fn flush(&self) -> Result<(), StoreError>;
    /// What it holds.
    fn stats(&self) -> Result<StoreStats, StoreError>;
    /// Small named values of the engine (format versions, interrupted discovery).
    fn meta_get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Sets one.
    fn meta_set(&self, name: &str, value: &[u8]) -> Result<(), StoreError>;
}

/// The last samples of one metric of one entity.
#[derive(Clone, Debug, PartialEq)]
pub struct LastSamples {
    /// Whose.
    pub entity: EntityKey,
    /// Which.
    pub metric: Metric,
    /// The one before the last, where there is one.
    pub before: Option<Sample>,
    /// The last.
    pub last: Sample,
}
