//! The sealed shards of a period, one after the other in one plain file that only grows.
//!
//! A record is `mark (4 bytes) · length (4, little-endian) · sealed shard`. What was written is durable before the index names it;
//! what the index does not name is looked for by the marks ([`ShardFile::scan`]) and taken in where its CRC is right.

use super::folder::io;
use crate::history::StoreError;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The file's name in the period's folder.
pub const FILE: &str = "shards.dat";

const MARK: [u8; 4] = *b"\xd1shd";
const FRAME: usize = 8;

/// No shard is longer: what claims to be is damaged. A device of 16,384 parts makes pieces of some 24 kB, none near this.
const MAX_SHARD: usize = 16 << 20;
/// Bytes that are searched for marks at once.
const WINDOW: usize = 1 << 20;

/// Where a shard lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Of its record.
    pub offset: u64,
    /// Bytes of the sealed shard.
    pub len: u32,
}

impl Extent {
    /// The offset after its record.
    pub const fn end(self) -> u64 {
        self.offset + FRAME as u64 + self.len as u64
    }
}

/// See the module.
pub struct ShardFile {
    path: PathBuf,
    file: File,
    /// Where the next record goes: behind the last one that the index names.
    end: Mutex<u64>,
}

impl ShardFile {
    /// Opens the file of a period's folder, or makes it; `None` when there is none and none may be made.
    pub fn open(folder: &Path, is_read_only: bool) -> Result<Option<Self>, StoreError> {
        let path = folder.join(FILE);
        let is_new = !path.exists();
        if is_read_only && is_new {
            return Ok(None);
        }
        let mut options = OpenOptions::new();
        options.read(true).write(!is_read_only).create(!is_read_only).truncate(false);
        let file = options.open(&path).map_err(|error| io("opening", &path, error))?;
        if is_new {
            sync_folders(folder);
        }
        let len = file.metadata().map_err(|error| io("reading", &path, error))?.len();
        Ok(Some(Self { path, file, end: Mutex::new(len) }))
    }

    fn end(&self) -> std::sync::MutexGuard<'_, u64> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes up to the end of the last record.
    pub fn len(&self) -> u64 {
        *self.end()
    }

    /// Writes sealed shards behind the others, at once, and makes them durable. They are only kept by [`Self::keep`].
    pub fn append(&self, shards: &[Vec<u8>]) -> Result<Vec<Extent>, StoreError> {
        let start = self.len();
        let mut bytes = Vec::with_capacity(shards.iter().map(|shard| shard.len() + FRAME).sum());
        let mut extents = Vec::with_capacity(shards.len());
        for shard in shards {
            let len = u32::try_from(shard.len()).unwrap_or(u32::MAX);
            extents.push(Extent { offset: start + bytes.len() as u64, len });
            bytes.extend_from_slice(&MARK);
            bytes.extend_from_slice(&len.to_le_bytes());
            bytes.extend_from_slice(shard);
        }
        let written = self.file.write_all_at(&bytes, start).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.cut();
            return Err(io("writing", &self.path, error));
        }
        Ok(extents)
    }

    /// The index names these records: the next one comes behind them.
    pub fn keep(&self, extents: &[Extent]) {
        if let Some(last) = extents.last() {
            *self.end() = last.end();
        }
    }

    /// Takes off what is behind the last record that the index names. Where that fails it is overwritten later.
    pub fn cut(&self) {
        let end = self.len();
        if self.file.metadata().is_ok_and(|data| data.len() > end) {
            let _overwritten_later = self.file.set_len(end);
        }
    }

    /// Sets where the last record ends, as the index has it.
    pub fn ends_at(&self, end: u64) {
        *self.end() = end;
    }

    /// Makes what it holds durable.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(|error| io("writing", &self.path, error))
    }

    /// A sealed shard; `None` when its record is not whole.
    pub fn read(&self, extent: Extent) -> Result<Option<Vec<u8>>, StoreError> {
        if extent.len as usize > MAX_SHARD {
            return Ok(None);
        }
        let mut bytes = vec![0; extent.len as usize];
        match self.file.read_exact_at(&mut bytes, extent.offset + FRAME as u64) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(io("reading", &self.path, error)),
        }
    }

    /// Looks for whole records in a part of the file: `take` tells of each whether it is sound.
    pub fn scan(&self, part: Range<u64>, mut take: impl FnMut(Extent, Vec<u8>) -> bool) -> Result<(), StoreError> {
        let mut at = part.start;
        while at + (FRAME as u64) < part.end {
            let window = self.window(at, part.end)?;
            let Some(found) = window.windows(MARK.len()).position(|bytes| bytes == MARK) else {
                // A mark may lie across the border.
                at += (window.len().saturating_sub(MARK.len() - 1)).max(1) as u64;
                continue;
            };
            at += found as u64;
            let taken = self.record_at(at, part.end)?.filter(|extent| {
                let shard = self.read(*extent).ok().flatten();
                shard.is_some_and(|shard| take(*extent, shard))
            });
            at = taken.map_or(at + 1, Extent::end);
        }
        Ok(())
    }

    fn window(&self, at: u64, end: u64) -> Result<Vec<u8>, StoreError> {
        let len = usize::try_from(end - at).unwrap_or(WINDOW).min(WINDOW);
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, at).map_err(|error| io("reading", &self.path, error))?;
        Ok(bytes)
    }

    /// The record at an offset, should its frame be possible.
    fn record_at(&self, at: u64, end: u64) -> Result<Option<Extent>, StoreError> {
        if at + FRAME as u64 > end {
            return Ok(None);
        }
        let mut frame = [0; FRAME];
        self.file.read_exact_at(&mut frame, at).map_err(|error| io("reading", &self.path, error))?;
        let len = frame.last_chunk::<4>().map_or(0, |len| u32::from_le_bytes(*len));
        let extent = Extent { offset: at, len };
        Ok((len as usize <= MAX_SHARD && extent.end() <= end).then_some(extent))
    }
}

/// A new file is found after a crash when its folders are durable. Where a system can't do that, it does so by itself.
fn sync_folders(folder: &Path) {
    for folder in folder.ancestors().take(3) {
        let _not_everywhere = File::open(folder).and_then(|folder| folder.sync_all());
    }
}
