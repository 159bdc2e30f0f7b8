//! The door to sled: one database directory, opened, written, read and flushed with sled's errors and panics made ours.
//!
//! sled poisons itself at the first write that fails, a full disk for example: then the database is closed, and opened
//! anew when it is next wanted. Damaged files make sled panic in places: that is caught here.

use crate::history::StoreError;
use ::sled::{Batch, Config, Db, IVec, Mode, Tree};
use std::cell::Cell;
use std::io::{Error, ErrorKind};
use std::ops::{Bound, ControlFlow};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Once, PoisonError, RwLock};

/// What a database is made of.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its trees.
    pub trees: &'static [&'static str],
    /// Pages kept in memory, bytes.
    pub cache_bytes: u64,
    /// The piece in which its file grows. A value above a quarter of it becomes a file of its own.
    pub segment_bytes: usize,
}

/// Segments of 256 KiB waste least with values of about 64 kB, and leave a small database small.
pub const SEGMENT_BYTES: usize = 256 << 10;

/// Bytes that are copied from one database to another at once.
const COPY_BYTES: usize = 2 << 20;

/// One database directory.
pub struct Base {
    path: PathBuf,
    spec: Spec,
    opened: RwLock<Option<Opened>>,
}

struct Opened {
    db: Db,
    trees: Vec<Tree>,
}

/// Changes of one tree, made together.
pub type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

thread_local! {
    static GUARDED: Cell<u32> = const { Cell::new(0) };
}

static HOOK: Once = Once::new();

/// A panic that is caught here is an error in words, and nothing to alarm the operator with a trace of.
fn hush() {
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if GUARDED.get() == 0 {
                usual(info);
            }
        }));
    });
}

/// Calls sled.
fn guard<T>(path: &Path, what: &'static str, call: impl FnOnce() -> ::sled::Result<T>) -> Result<T, StoreError> {
    GUARDED.set(GUARDED.get() + 1);
    let result = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(GUARDED.get().saturating_sub(1));
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(ours(path, what, error)),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(damaged(path, text.unwrap_or_else(|| "it can't be made sense of".into())))
        }
    }
}

/// A sentence for a damaged file.
pub fn damaged(path: &Path, detail: impl Into<String>) -> StoreError {
    let mut detail: String = detail.into();
    detail = detail.split('\n').next().unwrap_or_default().chars().take(200).collect();
    StoreError::Damaged { path: path.to_owned(), detail }
}

/// sled says that a database is locked only in words.
const LOCKED: &str = "could not acquire lock";

fn ours(path: &Path, what: &'static str, error: ::sled::Error) -> StoreError {
    match error {
        ::sled::Error::Io(source) if source.to_string().contains(LOCKED) => StoreError::InUse(path.to_owned()),
        ::sled::Error::Io(source) => match source.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput => damaged(path, source.to_string()),
            ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnlyDisk(path.to_owned()),
            _ => StoreError::Io { what, path: path.to_owned(), source },
        },
        other => damaged(path, other.to_string()),
    }
}

impl Base {
    /// Opens it, or makes it.
    pub fn open(path: &Path, spec: Spec) -> Result<Self, StoreError> {
        let opened = open(path, spec)?;
        Ok(Self { path: path.to_owned(), spec, opened: RwLock::new(Some(opened)) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One of its trees, opening the database again where a fault had closed it.
    fn tree(&self, tree: usize) -> Result<Tree, StoreError> {
        let find = |opened: &Opened| opened.trees.get(tree).cloned();
        if let Some(found) = self.opened.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(find) {
            return Ok(found);
        }
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if opened.is_none() {
            *opened = Some(open(&self.path, self.spec).map_err(|error| match error {
                // Whoever still reads the poisoned database keeps its lock: it is ours, and free soon.
                StoreError::InUse(path) => StoreError::Io {
                    what: "opening again",
                    path,
                    source: Error::new(ErrorKind::WouldBlock, "a reader still holds it"),
                },
                other => other,
            })?);
        }
        opened.as_ref().and_then(find).ok_or_else(|| damaged(&self.path, "a tree is missing"))
    }

    /// After a failed write sled answers every later one with the same error: let go of it.
    fn close_after<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_err() {
            let opened = self.opened.write().unwrap_or_else(PoisonError::into_inner).take();
            let _ = guard(&self.path, "closing", || {
                drop(opened);
                Ok(())
            });
        }
        result
    }

    /// The value of a key.
    pub fn get(&self, tree: usize, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        let tree = self.tree(tree)?;
        guard(&self.path, "reading", || tree.get(key))
    }

    /// Visits keys of a range in order, until told to stop.
    pub fn scan(
        &self,
        tree: usize,
        range: (Bound<&[u8]>, Bound<&[u8]>),
        mut visit: impl FnMut(&[u8], &IVec) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let tree = self.tree(tree)?;
        guard(&self.path, "reading", || {
            for item in tree.range::<&[u8], _>(range) {
                let (key, value) = item?;
                if visit(&key, &value).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// The last key and value of a tree that are not above `key`.
    pub fn last_upto(&self, tree: usize, key: &[u8]) -> Result<Option<(IVec, IVec)>, StoreError> {
        let tree = self.tree(tree)?;
        guard(&self.path, "reading", || tree.range::<&[u8], _>(..=key).next_back().transpose())
    }

    /// Changes a tree, all at once.
    pub fn write(&self, tree: usize, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> Result<(), StoreError> {
        let tree = self.tree(tree)?;
        let mut batch = Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                None => batch.remove(key.as_slice()),
            }
        }
        let written = guard(&self.path, "writing", || tree.apply_batch(batch));
        drop(tree);
        self.close_after(written)
    }

    /// Takes rows of another database over, some at a time.
    pub fn copy(&self, from: &Self, tree: usize, range: (Bound<&[u8]>, Bound<&[u8]>)) -> Result<(), StoreError> {
        let (mut rows, mut bytes, mut written): (Changes, usize, Result<(), StoreError>) = (Vec::new(), 0, Ok(()));
        from.scan(tree, range, |key, value| {
            bytes += value.len();
            rows.push((key.to_vec(), Some(value.to_vec())));
            if bytes >= COPY_BYTES {
                written = self.write(tree, &rows);
                (rows, bytes) = (Vec::new(), 0);
            }
            if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        written.and_then(|()| self.write(tree, &rows))
    }

    /// Makes what was written durable.
    pub fn flush(&self) -> Result<(), StoreError> {
        let flushed = match self.opened.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(opened) => guard(&self.path, "writing", || opened.db.flush().map(|_| ())),
            None => return Ok(()),
        };
        self.close_after(flushed)
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let opened = self.opened.write().unwrap_or_else(PoisonError::into_inner).take();
        let _ = guard(&self.path, "closing", || {
            drop(opened);
            Ok(())
        });
    }
}

fn open(path: &Path, spec: Spec) -> Result<Opened, StoreError> {
    hush();
    guard(path, "opening", || {
        let config = Config::new()
            .path(path)
            .cache_capacity(spec.cache_bytes)
            .mode(Mode::LowSpace)
            .segment_size(spec.segment_bytes)
            // The store says when: a thread of sled's own would write half a batch.
            .flush_every_ms(None);
        let db = config.open()?;
        let trees = spec.trees.iter().map(|name| db.open_tree(name)).collect::<::sled::Result<_>>()?;
        Ok(Opened { db, trees })
    })
}

/// All of a tree.
pub const ALL: (Bound<&[u8]>, Bound<&[u8]>) = (Bound::Unbounded, Bound::Unbounded);
