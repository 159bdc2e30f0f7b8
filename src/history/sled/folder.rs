//! The store's folder: its version, its databases, and what is done with one that is damaged.
//!
//! `VERSION`, `meta/`, `journal/`, `checkpoints/`, `wal/`, `raw/YYYYMMDD/`. A damaged one is renamed `NAME.damaged-N`.

use super::door::{Base, Spec};
use crate::history::{STORE_VERSION, StoreError};
use crate::model::Timestamp;
use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const VERSION_FILE: &str = "VERSION";

/// A day in milliseconds: each has a database of its own, which goes by removing its folder.
pub const DAY_MS: i64 = 86_400_000;

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
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::write(&file, format!("{STORE_VERSION}\n")).map_err(|error| io("writing", &file, error))?;
            }
            Err(error) => return Err(io("reading", &file, error)),
        }
        Ok(Self { path: path.to_owned(), read_only: false, set_aside: Mutex::default() })
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
        let free = (1u32..).map(|n| self.path.join(format!("{name}.damaged-{n}"))).find(|path| !path.exists());
        let Some(to) = free else { return Ok(()) };
        fs::rename(&from, &to).map_err(|error| io("setting aside", &from, error))?;
        self.note(to);
        Ok(())
    }

    /// The days that have a database, by number.
    pub fn days(&self) -> Vec<i64> {
        let Ok(found) = fs::read_dir(self.path.join("raw")) else { return Vec::new() };
        let mut days: Vec<i64> = found.flatten().filter_map(|entry| day_of_name(entry.file_name().to_str()?)).collect();
        days.sort_unstable();
        days
    }
}

fn check_version(file: &Path, path: &Path, text: &str) -> Result<(), StoreError> {
    match text.trim().parse::<u32>() {
        Ok(found) if found > STORE_VERSION => Err(StoreError::Newer { path: path.to_owned(), found, known: STORE_VERSION }),
        Ok(_) => Ok(()),
        Err(_) => Err(super::door::damaged(file, "it should hold a number")),
    }
}

/// The number of the day of a time (milliseconds).
pub const fn day_of(at: i64) -> i64 {
    at.div_euclid(DAY_MS)
}

/// A day's folder: `raw/YYYYMMDD`.
pub fn day_folder(day: i64) -> String {
    let date: String = Timestamp(day * DAY_MS).rfc3339().chars().take(10).filter(char::is_ascii_digit).collect();
    format!("raw/{date}")
}

fn day_of_name(name: &str) -> Option<i64> {
    let (year, month, date) = (name.get(..4)?, name.get(4..6)?, name.get(6..)?);
    let at = Timestamp::parse_absolute(&format!("{year}-{month}-{date}T00:00:00Z"))?;
    (name.len() == 8).then_some(day_of(at.millis()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_names_and_numbers() {
        assert_eq!(day_folder(0), "raw/19700101");
        assert_eq!(day_folder(20_779), "raw/20261122");
        assert_eq!(day_of_name("20261122"), Some(20_779));
        for wrong in ["2026112", "202611221", "20261122.damaged-1", "2026x122", ""] {
            assert_eq!(day_of_name(wrong), None);
        }
    }
}
