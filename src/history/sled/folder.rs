//! The store's folder: its version, its databases, and what is done with one that is damaged.
//!
//! `VERSION` (the format's number, and which noctop wrote it last), `notices` (the ledger), `meta/`, `journal/`, `checkpoints/`, `wal/`, and of each period (`raw/YYYYMMDD/`, `1m/YYYYMM/`, `1h/YYYY/`)
//! `shards.dat` and `index/`. A damaged database is renamed `NAME.damaged-N`.

use super::calendar::{Kind, PeriodKey};
use super::door::{Base, Spec};
use crate::history::{OLDEST_STORE_VERSION, STORE_VERSION, StoreError};
use crate::model::text::visible;
use std::fs::{self, File};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const VERSION_FILE: &str = "VERSION";

/// The ledger of who was told about alarms.
pub const NOTICES: &str = "notices";

/// What follows the name of a database that is set aside; of a copy that is being made; of one that a copy replaced.
const ASIDE: &str = ".damaged-";
const NEW: &str = ".new";
const OLD: &str = ".old";

/// Room on the disk that the store leaves alone: a second's work of all its databases fits in.
const RESERVE_BYTES: u64 = 8 << 20;
/// Room that sled takes for a byte, and some.
const SLED_TAKES: u64 = 2;

/// The databases that are ever replaced by a copy.
const REWRITTEN: [&str; 2] = ["journal", "checkpoints"];

/// Copies what is to stay from one database to another.
pub type Copying<'a> = dyn FnMut(&Base, &Base) -> Result<(), StoreError> + 'a;

/// A store's folder.
pub struct Folder {
    path: PathBuf,
    read_only: bool,
    set_aside: Mutex<Vec<PathBuf>>,
}

/// An error of the file system.
pub fn io(what: &'static str, path: &Path, source: Error) -> StoreError {
    StoreError::Io { what, path: path.to_owned(), source }
}

impl Folder {
    /// Makes it where it is missing, and checks its version.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(|error| io("making", path, error))?;
        let file = path.join(VERSION_FILE);
        match fs::read_to_string(&file) {
            Ok(text) => check_version(&file, path, &text)?,
            Err(error) if error.kind() == ErrorKind::NotFound => write_version(path)?,
            Err(error) => return Err(io("reading", &file, error)),
        }
        Ok(Self { path: path.to_owned(), read_only: false, set_aside: Mutex::default() })
    }

    /// What whoever holds the store, and nobody else, does with it before it is written: a copy that was broken off is ended, and an
    /// older format is marked as ours. What is written from here on an older noctop may not read.
    pub fn take(&self) -> Result<(), StoreError> {
        if self.read_only {
            return Ok(());
        }
        REWRITTEN.into_iter().try_for_each(|name| self.finish_rewrite(name))?;
        let file = self.path.join(VERSION_FILE);
        let text = fs::read_to_string(&file).map_err(|error| io("reading", &file, error))?;
        if version(&text) == Some(STORE_VERSION) { Ok(()) } else { write_version(&self.path) }
    }

    /// Finds it, to be read only: nothing is made or renamed.
    pub fn find(path: &Path) -> Result<Self, StoreError> {
        let file = path.join(VERSION_FILE);
        match fs::read_to_string(&file) {
            Ok(text) => check_version(&file, path, &text)?,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Err(StoreError::Absent(path.to_owned()));
            }
            Err(error) => return Err(io("reading", &file, error)),
        }
        Ok(Self { path: path.to_owned(), read_only: true, set_aside: Mutex::default() })
    }

    /// Refuses a change of a store that was opened to be read.
    pub fn writable(&self) -> Result<(), StoreError> {
        if self.read_only {
            let source = Error::new(ErrorKind::PermissionDenied, "it was opened to be read only");
            return Err(io("writing", &self.path, source));
        }
        Ok(())
    }

    /// Refuses to write so much where the disk would be full with it: what sled was writing then can be damage when it is opened
    /// again, so it never gets there. Where the system does not say how much room there is, it is tried.
    pub fn room_for(&self, bytes: usize) -> Result<(), StoreError> {
        room_for(&self.path, bytes)
    }

    /// Whether it is read only.
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was set aside since it was opened.
    pub fn set_aside(&self) -> Vec<PathBuf> {
        self.set_aside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Opens one of its databases. A damaged one is set aside and an empty one is made; `None` when it may not be made.
    pub fn open(&self, name: &str, spec: Spec) -> Result<Option<Base>, StoreError> {
        let path = self.path.join(name);
        if self.read_only && !path.join("db").exists() {
            return Ok(None);
        }
        match open_patiently(&path, spec) {
            Ok(base) => Ok(Some(base)),
            Err(StoreError::InUse(_)) => Err(StoreError::InUse(self.path.clone())),
            Err(StoreError::Damaged { .. }) if self.read_only => {
                self.note(path);
                Ok(None)
            }
            Err(StoreError::Damaged { .. }) => {
                self.put_aside(name)?;
                open_patiently(&path, spec).map(Some)
            }
            Err(other) => Err(other),
        }
    }

    /// Opens one of its databases and reads something out of it; what can't be read is as damaged as what can't be opened.
    pub fn open_sound<T>(
        &self,
        name: &str,
        spec: Spec,
        read: impl Fn(Option<&Base>) -> Result<T, StoreError>,
    ) -> Result<(Option<Base>, T), StoreError> {
        let base = self.open(name, spec)?;
        match read(base.as_ref()) {
            Ok(value) => Ok((base, value)),
            Err(StoreError::Damaged { .. }) if !self.read_only => {
                drop(base);
                self.put_aside(name)?;
                let base = self.open(name, spec)?;
                let value = read(base.as_ref())?;
                Ok((base, value))
            }
            Err(other) => Err(other),
        }
    }

    fn note(&self, path: PathBuf) {
        self.set_aside.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    }

    /// Sets one of its folders aside under a name of its own.
    pub fn put_aside(&self, name: &str) -> Result<(), StoreError> {
        let from = self.path.join(name);
        if !from.exists() {
            return Ok(());
        }
        let free = (1u32..).map(|n| self.path.join(format!("{name}{ASIDE}{n}"))).find(|path| !path.exists());
        let Some(to) = free else { return Ok(()) };
        fs::rename(&from, &to).map_err(|error| io("setting aside", &from, error))?;
        self.note(to);
        Ok(())
    }

    /// Puts a copy of a database, made by `copy` from the old to the new one, in its place. The copy takes the place when it is
    /// whole, and a crash on the way leaves one of the two.
    pub fn rewrite(
        &self,
        name: &str,
        spec: Spec,
        (base, copy): (&mut Option<Arc<Base>>, &mut Copying<'_>),
    ) -> Result<(), StoreError> {
        let Some(old) = base.as_ref() else { return Ok(()) };
        if Arc::strong_count(old) > 1 {
            return Err(io("trimming", &self.path.join(name), Error::new(ErrorKind::WouldBlock, "it is being backed up")));
        }
        let (place, made) = (self.path.join(name), self.path.join(format!("{name}{NEW}")));
        remove(&made)?;
        let new = Base::open(&made, spec)?;
        copy(old, &new).and_then(|()| new.flush())?;
        drop((new, base.take()));
        let gone = self.path.join(format!("{name}{OLD}"));
        let moved =
            remove(&gone).and_then(|()| rename(&place, &gone)).and_then(|()| rename(&made, &place)).and_then(|()| remove(&gone));
        *base = self.open(name, spec)?.map(Arc::new);
        moved
    }

    /// A copy whose old one is out of its place is whole; any other is not.
    fn finish_rewrite(&self, name: &str) -> Result<(), StoreError> {
        let (place, made) = (self.path.join(name), self.path.join(format!("{name}{NEW}")));
        if made.exists() && !place.exists() {
            rename(&made, &place)?;
        }
        remove(&made)?;
        remove(&self.path.join(format!("{name}{OLD}")))
    }

    /// What was set aside, by whichever process, and longest ago.
    pub fn oldest_aside(&self) -> Option<PathBuf> {
        let periods = Kind::ALL.map(|kind| self.path.join(kind.folder()));
        let folders = std::iter::once(self.path.clone()).chain(periods);
        let found = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let aside = found.filter(|entry| entry.file_name().to_str().is_some_and(|name| name.contains(ASIDE)));
        aside.min_by_key(|entry| entry.metadata().and_then(|data| data.modified()).ok()).map(|entry| entry.path())
    }

    /// A path within the store, as people know it.
    pub fn name_of(&self, path: &Path) -> String {
        path.strip_prefix(&self.path).unwrap_or(path).display().to_string()
    }

    /// The periods that are there, by kind and number.
    pub fn periods(&self) -> Vec<PeriodKey> {
        let mut periods: Vec<PeriodKey> = Kind::ALL.into_iter().flat_map(|kind| self.periods_of(kind)).collect();
        periods.sort_unstable();
        periods
    }

    fn periods_of(&self, kind: Kind) -> Vec<PeriodKey> {
        let Ok(found) = fs::read_dir(self.path.join(kind.folder())) else { return Vec::new() };
        found.flatten().filter_map(|entry| PeriodKey::of_name(kind, entry.file_name().to_str()?)).collect()
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(|error| io("renaming", from, error))
}

/// Removes a folder, should it be there.
fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io("removing", path, error)),
        _ => Ok(()),
    }
}

/// The number on the first line.
fn version(text: &str) -> Option<u32> {
    text.lines().next()?.trim().parse().ok()
}

fn check_version(file: &Path, path: &Path, text: &str) -> Result<(), StoreError> {
    match version(text) {
        Some(found) if found > STORE_VERSION => {
            let by = text.lines().nth(1).filter(|by| !by.is_empty()).unwrap_or("a newer noctop");
            let by = visible(by).into_owned();
            Err(StoreError::Newer { path: path.to_owned(), found, known: STORE_VERSION, by })
        }
        Some(found) if found < OLDEST_STORE_VERSION => Err(StoreError::Older { path: path.to_owned(), found }),
        Some(_) => Ok(()),
        None => Err(super::door::damaged(file, "it should begin with a number")),
    }
}

/// Writes the version, and which noctop it is, whole or not at all.
fn write_version(path: &Path) -> Result<(), StoreError> {
    let (file, new) = (path.join(VERSION_FILE), path.join(format!("{VERSION_FILE}{NEW}")));
    let text = format!("{STORE_VERSION}\nnoctop {}\n", env!("CARGO_PKG_VERSION"));
    fs::write(&new, text).and_then(|()| File::open(&new)?.sync_all()).map_err(|error| io("writing", &new, error))?;
    rename(&new, &file)
}

/// See [`Folder::room_for`].
pub fn room_for(path: &Path, bytes: usize) -> Result<(), StoreError> {
    let Ok(disk) = rustix::fs::statvfs(path) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < RESERVE_BYTES + SLED_TAKES * bytes as u64 {
        return Err(io("writing", path, ErrorKind::StorageFull.into()));
    }
    Ok(())
}

/// Bytes of all files below a folder, as they take space on the disk.
pub fn bytes_below(path: &Path) -> u64 {
    let Ok(found) = fs::read_dir(path) else { return 0 };
    found
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => bytes_below(&entry.path()),
            Ok(data) => on_disk(&data),
            Err(_) => 0,
        })
        .sum()
}

/// sled's files have holes: what counts are blocks, of 512 bytes by POSIX.
#[cfg(unix)]
fn on_disk(data: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(data) * 512
}

#[cfg(not(unix))]
fn on_disk(data: &fs::Metadata) -> u64 {
    data.len()
}

/// How often a locked database is tried again, and how long apart: whoever closed it a moment ago still has threads that end, or
/// a child that has not yet become another program and still holds its lock.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// Opens a database, waiting a moment for a lock that is being let go.
fn open_patiently(path: &Path, spec: Spec) -> Result<Base, StoreError> {
    for _ in 0..LOCK_TRIES {
        match Base::open(path, spec) {
            Err(StoreError::InUse(_)) => std::thread::sleep(LOCK_PAUSE),
            other => return other,
        }
    }
    Base::open(path, spec)
}
