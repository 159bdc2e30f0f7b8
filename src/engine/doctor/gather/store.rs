//! The disk and the store.

use super::super::facts::{Disk, Health, StoreFacts};
use super::{Summary, holder};
use crate::clock::Stopwatch;
use crate::config::Config;
use crate::engine::command::StoreSummary;
use crate::engine::paths::Places;
use crate::history::sled::disk as filesystem;
use crate::history::{STORE_VERSION, SledStore, Store};
use crate::net::privilege::{self, Account};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes by which a disk is measured; the middle one counts.
const WRITES: usize = 5;

/// Octets of each: a page of a database.
const PAGE: usize = 4096;

/// What the store's lock is held on (src/history/sled/).
const LOCKED: &str = "meta/db";

/// The disk and the store. A store that nobody serves is opened to be read by its owner alone: whoever opens it leaves files of his own.
pub(super) fn facts(places: &Places, (config, summary): (&Config, Summary<'_>), is_served: bool) -> (Disk, StoreFacts) {
    let Some(folder) = places.store() else {
        return (Disk::default(), StoreFacts { known: STORE_VERSION, ..StoreFacts::default() });
    };
    let there = nearest(&folder);
    let about = fs::metadata(&folder).ok();
    let owner = about.map(|about| about.uid()).filter(|uid| *uid != privilege::uid());
    let version = version(&folder);
    let (health, lock) = match summary {
        Some(summary) => (Some(Ok(told(summary))), None),
        None if is_served || owner.is_some() || version != Some(Ok(STORE_VERSION)) => (None, None),
        None => opened(&folder),
    };
    let store = StoreFacts {
        version,
        known: STORE_VERSION,
        writable: filesystem::is_writable(&there),
        owner: owner.map(|uid| Account::name_of(uid).unwrap_or_else(|| uid.to_string())),
        health,
        holder: lock,
        folder: Some(folder),
    };
    (disk(there, (config, summary)), store)
}

/// The folder, or the first above it that is there.
fn nearest(folder: &Path) -> PathBuf {
    folder.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/")).to_owned()
}

fn version(folder: &Path) -> Option<Result<u32, String>> {
    match fs::read_to_string(folder.join("VERSION")) {
        Ok(text) => Some(text.split_whitespace().next().unwrap_or_default().parse().map_err(|_| "it holds no number".to_owned())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
        Err(error) => Some(Err(error.to_string())),
    }
}

fn told(summary: &StoreSummary) -> Health {
    Health { bytes: summary.bytes, set_aside: summary.set_aside.clone(), lost: summary.lost, newest: summary.newest }
}

type Opened = (Option<Result<Health, String>>, Option<super::super::facts::Holder>);

fn opened(folder: &Path) -> Opened {
    let stats = SledStore::open_read_only(folder).and_then(|store| store.stats());
    let health = stats.map(|stats| Health {
        bytes: stats.bytes,
        set_aside: stats.set_aside.iter().map(|path| path.display().to_string()).collect(),
        lost: stats.lost,
        newest: stats.newest,
    });
    match health {
        Ok(health) => (Some(Ok(health)), None),
        Err(error) => (Some(Err(error.to_string())), holder::of_lock(&folder.join(LOCKED))),
    }
}

fn disk(folder: PathBuf, (config, summary): (&Config, Summary<'_>)) -> Disk {
    let said = filesystem::disk(&folder);
    let store = (config.store.max_size, summary.map(|summary| summary.bytes));
    let sync = sync(&folder).ok();
    let Some(said) = said else { return Disk { folder, store, sync, ..Disk::default() } };
    let filesystem::Disk { free, all, files, read_only, kind } = said;
    Disk { folder, room: Some((free, all)), store, files, read_only, kind, sync }
}

/// How long a write takes until it is on disk. Errors: this user may not write there.
fn sync(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".noctop-doctor-{}", std::process::id()));
    let mut file = File::options().write(true).create_new(true).open(&path)?;
    // It has no name from here on: nothing is left, however this ends.
    fs::remove_file(&path)?;
    let mut took = Vec::new();
    for _ in 0..WRITES {
        let watch = Stopwatch::start();
        file.write_all(&[0; PAGE])?;
        file.sync_data()?;
        took.push(watch.elapsed());
    }
    took.sort();
    Ok(took.get(WRITES / 2).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts_of(folder: &Path) -> (Disk, StoreFacts) {
        facts(&Places::of(Some(folder.to_owned()), None), (&Config::default(), None), false)
    }

    #[test]
    fn a_store_is_found_absent_then_sound_then_held() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a/b");
        let (disk, store) = facts_of(&place);
        assert_eq!((disk.folder.as_path(), store.version, store.writable), (folder.path(), None, true));
        assert!(disk.sync.is_some() && disk.room.is_some());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of the measuring");
        drop(SledStore::open(&place).unwrap());
        let (_, store) = facts_of(&place);
        assert!(matches!(store.health, Some(Ok(_))), "{store:?}");
        let held = SledStore::open(&place).unwrap();
        let (_, store) = facts_of(&place);
        assert_eq!(store.holder.and_then(|holder| holder.pid), Some(std::process::id()));
        assert!(matches!(store.health, Some(Err(_))));
        drop(held);
        fs::write(place.join("VERSION"), "99\n").unwrap();
        let (_, store) = facts_of(&place);
        assert_eq!((store.version, store.health), (Some(Ok(99)), None), "what is newer is not opened");
    }
}
