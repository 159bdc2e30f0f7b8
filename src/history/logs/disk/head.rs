//! Lines that are in no index yet, by their numbers. They are in a small file, in case that the process ends.

use super::codec;
use super::number::{LAST_SEQ, Number};
use super::schema::Digest;
use crate::history::StoreError;
use crate::history::flows::file::FlowFile;
use crate::history::flows::frame::Head as Frame;
use crate::model::{LogLine, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Lines of a head: then it is indexed. More make larger indexes, and take more memory meanwhile: some 50 MB.
pub const MOST_LINES: usize = 65_536;

/// Octets of a head.
pub const MOST_OCTETS: usize = 64 << 20;

/// Lines that are younger than the youngest by less than this stay when a head is indexed: what other listeners heard meanwhile stands among
/// them, and indexes that do not overlap are joined without reading lines again.
const GRACE: std::time::Duration = std::time::Duration::from_secs(1);

/// Lines of a block of the small file.
const BLOCK_LINES: usize = 1024;

/// A line in memory.
pub struct Entry {
    /// Its number.
    pub number: Number,
    /// Itself.
    pub line: Arc<LogLine>,
    /// What is counted of it.
    pub digest: Digest,
    /// Whether filters let it through that were asked before: two bits for each.
    pub marks: AtomicU64,
}

fn octets(entry: &Entry) -> usize {
    entry.line.octets() + entry.digest.pattern.len() + size_of::<Entry>()
}

/// See the module.
pub struct Head {
    /// By their numbers.
    pub entries: Arc<Vec<Arc<Entry>>>,
    /// Octets of the lines.
    pub octets: usize,
    /// What is in no file yet.
    unsaved: Vec<Arc<Entry>>,
    file: PathBuf,
    tail: Option<Arc<FlowFile>>,
    /// The blocks of the period's lines in which its lines are, where they are there and not yet indexed.
    pub written: Option<(u64, u64)>,
}

impl Head {
    /// Without lines.
    pub fn new(file: PathBuf) -> Self {
        Self { entries: Arc::default(), octets: 0, unsaved: Vec::new(), file, tail: None, written: None }
    }

    /// With the lines of its file, but for those that are elsewhere.
    pub fn load(file: PathBuf, is_read_only: bool, is_elsewhere: impl Fn(Number) -> bool) -> Result<Self, StoreError> {
        let mut head = Self::new(file);
        let Some(tail) = FlowFile::open(&head.file, is_read_only)? else { return Ok(head) };
        for place in tail.places() {
            let Some(unpacked) = tail.body(&place)?.as_deref().and_then(codec::Unpacked::of) else { continue };
            for packed in unpacked.lines().filter(|packed| !is_elsewhere(packed.number)) {
                if let Some(line) = packed.line() {
                    head.insert(Entry {
                        number: packed.number,
                        digest: Digest::of(&line),
                        line: Arc::new(line),
                        marks: AtomicU64::new(0),
                    });
                }
            }
        }
        head.unsaved.clear();
        head.tail = Some(Arc::new(tail));
        Ok(head)
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether it is to be indexed.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= MOST_LINES || self.octets >= MOST_OCTETS
    }

    /// The order that follows on those of a time.
    pub fn next_seq(&self, at: Timestamp) -> u32 {
        let behind = self.entries.partition_point(|entry| entry.number < Number::behind(at));
        let last = behind.checked_sub(1).and_then(|last| self.entries.get(last)).map(|entry| entry.number);
        last.filter(|last| last.biased() == Number::new(at, 0).biased())
            .map_or(0, |last| last.seq().saturating_add(1).min(LAST_SEQ))
    }

    /// Puts a line in its place, mostly at the end.
    pub fn insert(&mut self, entry: Entry) {
        self.octets += octets(&entry);
        let entry = Arc::new(entry);
        self.unsaved.push(Arc::clone(&entry));
        let entries = Arc::make_mut(&mut self.entries);
        let at = entries.partition_point(|other| other.number <= entry.number);
        entries.insert(at, entry);
    }

    /// Parts it: what is old enough to be indexed stays, the others go to a head of their own, where they wait to be saved.
    pub fn split(&mut self, file: PathBuf) -> Self {
        let mut young = Self::new(file);
        let Some(last) = self.entries.last() else { return young };
        let cut = Number::new(last.number.at().minus(GRACE), 0);
        let at = self.entries.partition_point(|entry| entry.number < cut);
        if at < self.entries.len() / 2 {
            return young;
        }
        let entries = Arc::make_mut(&mut self.entries).split_off(at);
        young.octets = entries.iter().map(|entry| octets(entry)).sum();
        self.octets = self.octets.saturating_sub(young.octets);
        young.unsaved.clone_from(&entries);
        young.entries = Arc::new(entries);
        self.unsaved.retain(|entry| entry.number < cut);
        young
    }

    /// Writes what is in no file yet. What can't be written waits.
    pub fn save(&mut self) -> Result<(), StoreError> {
        if self.unsaved.is_empty() {
            return Ok(());
        }
        let tail = match &self.tail {
            Some(tail) => Arc::clone(tail),
            None => match FlowFile::open(&self.file, false)? {
                Some(tail) => Arc::clone(self.tail.insert(Arc::new(tail))),
                None => return Ok(()),
            },
        };
        while !self.unsaved.is_empty() {
            let some = self.unsaved.get(..BLOCK_LINES.min(self.unsaved.len())).unwrap_or_default();
            let count = some.len();
            let body = codec::pack(some.iter().map(|entry| (entry.number, &*entry.line)));
            tail.append(Frame { rows: count as u32, ..Frame::default() }, &body)?;
            self.unsaved.drain(..count);
        }
        tail.sync()
    }

    /// Octets that [`Self::save`] writes at most.
    pub fn unsaved_octets(&self) -> usize {
        self.unsaved.iter().map(|entry| entry.line.octets()).sum()
    }
}
