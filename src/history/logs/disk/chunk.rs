//! An index of some blocks of a period's lines: a folder whose name says which.

use super::index::Opened;
use super::number::Number;
use crate::history::StoreError;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What an index is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// Its first block of lines, and the one behind its last.
    pub blocks: (u64, u64),
    /// Octets of the file of lines up to the end of its last block.
    pub end: u64,
    /// The least number.
    pub first: Number,
    /// The greatest.
    pub last: Number,
    /// How many lines.
    pub count: u64,
}

impl Name {
    /// `FIRST-BEHIND-END-LEAST-GREATEST-COUNT`, all of them hexadecimal.
    pub fn folder(&self) -> String {
        let Self { blocks: (from, to), end, first, last, count } = self;
        format!("{from:08x}-{to:08x}-{end:012x}-{:016x}-{:016x}-{count:08x}", first.0, last.0)
    }

    /// From the name of a folder; `None` for any other.
    pub fn of(folder: &str) -> Option<Self> {
        let parts = folder.split('-').map(|part| u64::from_str_radix(part, 16)).collect::<Result<Vec<_>, _>>().ok()?;
        let [from, to, end, first, last, count] = parts.as_slice() else { return None };
        let name = Self { blocks: (*from, *to), end: *end, first: Number(*first), last: Number(*last), count: *count };
        (name.folder() == folder && from < to && first <= last && *count > 0).then_some(name)
    }
}

/// See the module.
pub struct Chunk {
    /// Tells it from all others of this process.
    pub id: u64,
    /// What it is of.
    pub name: Name,
    path: PathBuf,
    opened: Mutex<Option<Arc<Opened>>>,
    /// In memory alone: it can't be opened again.
    is_pinned: bool,
    used: AtomicU64,
}

/// Counts chunks, and how often one was opened.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Chunk {
    /// In a folder.
    pub fn new(path: PathBuf, name: Name) -> Self {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { id, name, path, opened: Mutex::default(), is_pinned: false, used: AtomicU64::new(0) }
    }

    /// In memory.
    pub fn in_memory(path: PathBuf, name: Name, opened: Opened) -> Self {
        let opened = Mutex::new(Some(Arc::new(opened)));
        Self { opened, is_pinned: true, ..Self::new(path, name) }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it where it is not open.
    pub fn open(&self) -> Result<Arc<Opened>, StoreError> {
        self.used.store(NEXT.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(Arc::clone(opened));
        }
        let index = Opened::open(&self.path)?;
        if index.len() as u64 != self.name.count {
            return Err(super::index::damaged(&self.path, "it has not the lines that its name says".to_owned()));
        }
        Ok(Arc::clone(opened.insert(Arc::new(index))))
    }

    /// When it was last used, where it is open and can be closed.
    pub fn last_used(&self) -> Option<u64> {
        let is_open = !self.is_pinned && self.opened.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        is_open.then(|| self.used.load(Ordering::Relaxed))
    }

    /// Closes it; who reads it reads on.
    pub fn close(&self) {
        if !self.is_pinned {
            *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}
