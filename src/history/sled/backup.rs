//! A copy of a store, made while others write; and a store put back from one.
//!
//! sled's files can't be copied while they are open, so databases are copied by their rows into fresh ones; the plain files of
//! periods are copied as they are, up to where their index reaches. The order makes the copy whole: the log before the periods
//! (what is sealed meanwhile is in both, which opening knows; the other way round it would be in neither), an index before its
//! file, checkpoints before the journal that they rest on, names last, because they only grow. `VERSION` comes at the very end:
//! a copy that was broken off is no store.

use super::checkpoints::Checkpoints;
use super::door::{Base, Changes, Spec};
use super::folder::{Folder, NOTICES, io};
use super::{META, SledStore, WAL, read_lock};
use crate::history::{FlowStore, Store, StoreError, audit, logs};
use std::fs::{self, DirBuilder, File};
use std::io::{Error, ErrorKind};
use std::ops::{Bound, ControlFlow};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// What a store's folder has beside its version; a backup has the same.
const ENTRIES: [&str; 11] =
    ["meta", "wal", "journal", "checkpoints", "raw", "1m", "1h", super::flows::FOLDER, logs::FOLDER, "CLOSED", NOTICES];
const VERSION: &str = "VERSION";

/// Where a backup lies until all of it is there and was read.
const STAGING: &str = "restoring";

/// Bytes that are copied in one batch.
const BATCH_BYTES: usize = 2 << 20;

impl SledStore {
    /// Copies everything to a folder that is absent or empty.
    pub(super) fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        make_empty(to)?;
        self.flush()?;
        self.flows_flush()?;
        self.flows.copy_to(&to.join(super::flows::FOLDER), &mut copy_beginning)?;
        self.logs.copy_to(&to.join(logs::FOLDER), &mut copy_beginning)?;
        if let Some(wal) = &self.wal {
            copy_base(wal, WAL, &to.join("wal"))?;
        }
        for key in self.periods.figures().into_keys() {
            if let Some(period) = self.periods.open(&self.folder, key)? {
                period.copy_to(&to.join(key.folder()))?;
            }
        }
        let checkpoints = read_lock(&self.checkpoints).handle();
        if let Some((base, keys)) = checkpoints {
            Checkpoints::copy(&base, &keys, &to.join("checkpoints"))?;
        }
        let journal = read_lock(&self.journal).handle();
        if let Some((base, spec)) = journal {
            copy_base(&base, spec, &to.join("journal"))?;
        }
        copy_base(self.meta()?, META, &to.join("meta"))?;
        // After the journal: who was told of an alarm that is in the copy is in it too, and is not told again out of it.
        copy_files(&self.folder.path().join(NOTICES), &to.join(NOTICES))?;
        copy_audit(self.folder.path(), to)?;
        Folder::create(to).map(|_| ())
    }

    /// Puts a backup where a store is to be. What is there is only replaced where that is wanted, and kept beside. Returns what is
    /// damaged in the backup; where something is, nothing that is there is replaced.
    pub fn restore(from: &Path, to: &Path, replace: Replace) -> Result<Restored, StoreError> {
        Folder::find(from)?;
        let there: Vec<&str> = ENTRIES.into_iter().chain([VERSION]).filter(|name| to.join(name).exists()).collect();
        if !there.is_empty() {
            if replace == Replace::Never {
                return Err(io("restoring", to, Error::new(ErrorKind::AlreadyExists, "there is a store already")));
            }
            // Whoever holds it must not lose it under their hands.
            if let Err(error @ StoreError::InUse(_)) = Self::open_read_only(to) {
                return Err(error);
            }
        }
        let staging = to.join(STAGING);
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(|error| io("removing", &staging, error))?;
        }
        for name in ENTRIES.into_iter().chain([VERSION]) {
            copy_files(&from.join(name), &staging.join(name))?;
        }
        let store = Self::open_read_only(&staging)?;
        let (damaged, stats) = (store.faults()?, store.stats()?);
        drop(store);
        let mut restored = Restored { damaged, samples: stats.samples, records: stats.events, kept: None };
        restored.damaged.iter_mut().for_each(|(path, _)| {
            if let Ok(below) = path.strip_prefix(&staging) {
                *path = from.join(below);
            }
        });
        if !restored.damaged.is_empty() && !there.is_empty() {
            fs::remove_dir_all(&staging).map_err(|error| io("removing", &staging, error))?;
            return Ok(restored);
        }
        if !there.is_empty() {
            let aside = free_name(to);
            move_entries(to, &aside)?;
            restored.kept = Some(aside);
        }
        move_entries(&staging, to)?;
        // The journal of who did what goes on, restored or not; only where there is none it comes out of the backup.
        if !to.join(audit::FOLDER).exists() {
            copy_audit(from, to)?;
        }
        fs::remove_dir_all(&staging).map_err(|error| io("removing", &staging, error))?;
        Ok(restored)
    }
}

/// Whether a store that is there may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// No.
    Never,
    /// Yes; it is kept beside.
    Keeping,
}

/// What a restore came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Files in which something is damaged, and what can still be read.
    pub damaged: Vec<(PathBuf, String)>,
    /// Samples that can be read.
    pub samples: u64,
    /// Journal records that can be read.
    pub records: u64,
    /// Where the store is now that was replaced.
    pub kept: Option<PathBuf>,
}

fn make_empty(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(|error| io("making", path, error))?;
    let mut found = fs::read_dir(path).map_err(|error| io("reading", path, error))?;
    match found.next() {
        None => Ok(()),
        Some(_) => Err(io("backing up to", path, Error::new(ErrorKind::AlreadyExists, "the folder is not empty"))),
    }
}

/// Copies the rows of all trees into a database of its own.
pub fn copy_base(from: &Base, spec: Spec, to: &Path) -> Result<(), StoreError> {
    let copy = Base::open(to, spec)?;
    for tree in 0..spec.trees.len() {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let low = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let (mut batch, mut bytes): (Changes, usize) = (Vec::new(), 0);
            from.scan(tree, (low, Bound::Unbounded), |key, value| {
                bytes += key.len() + value.len();
                batch.push((key.to_vec(), Some(value.to_vec())));
                if bytes < BATCH_BYTES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            let Some((last, _)) = batch.last() else { break };
            after = Some(last.clone());
            copy.write(tree, &batch)?;
        }
    }
    copy.flush()
}

/// Copies the beginning of a plain file, durably.
pub fn copy_beginning(from: &Path, to: &Path, len: u64) -> Result<(), StoreError> {
    let copied = File::open(from).and_then(|file| {
        let mut out = File::create(to)?;
        std::io::copy(&mut std::io::Read::take(file, len), &mut out)?;
        out.sync_all()
    });
    copied.map_err(|error| io("copying", from, error))
}

/// Copies a file or a folder with all below it; what is not there is passed over.
fn copy_files(from: &Path, to: &Path) -> Result<(), StoreError> {
    let data = match fs::metadata(from) {
        Ok(data) => data,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io("reading", from, error)),
    };
    if data.is_file() {
        return copy_beginning(from, to, data.len());
    }
    fs::create_dir_all(to).map_err(|error| io("making", to, error))?;
    for entry in fs::read_dir(from).map_err(|error| io("reading", from, error))? {
        let entry = entry.map_err(|error| io("reading", from, error))?;
        copy_files(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Copies the audit journal for its user's eyes alone. What is being appended may be there in part: its reader knows.
fn copy_audit(from: &Path, to: &Path) -> Result<(), StoreError> {
    let (from, to) = (from.join(audit::FOLDER), to.join(audit::FOLDER));
    if !from.exists() {
        return Ok(());
    }
    DirBuilder::new().mode(0o700).create(&to).map_err(|error| io("making", &to, error))?;
    copy_files(&from, &to)
}

/// `NAME.replaced-N`, the first that is free.
fn free_name(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let named = |number: u32| path.with_file_name(format!("{name}.replaced-{number}"));
    (1..u32::MAX).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(u32::MAX))
}

/// Moves a store's entries, its version last: until then nobody takes it for one.
fn move_entries(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(to).map_err(|error| io("making", to, error))?;
    for name in ENTRIES.into_iter().chain([VERSION]) {
        let entry = from.join(name);
        if entry.exists() {
            fs::rename(&entry, to.join(name)).map_err(|error| io("moving", &entry, error))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Checkpoint;
    use crate::model::series::{Cell, SeriesColumn};
    use crate::model::{DeviceId, EntityKey, Metric, SampleBatch, SampleRow, TimeRange, Timestamp};

    const ALL: TimeRange = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };

    fn live(n: u64) -> SampleBatch {
        let cells = vec![Cell { metric: Metric::InBps, value: n * 17, broken: false }];
        SampleBatch {
            device: DeviceId::new("live"),
            at: Timestamp::from_secs(1_700_000_000 + n as i64 * 30),
            rows: vec![SampleRow { part: Some("p".into()), cells }],
        }
    }

    fn write(store: &SledStore, from: u64, to: u64) {
        for n in from..to {
            store.samples_append(&[live(n)]).unwrap();
            store.journal_append(&[(live(n).at, n.to_string().into_bytes())]).unwrap();
        }
        store.flush().unwrap();
    }

    fn entity(device: &str, part: &str) -> EntityKey {
        EntityKey { device: DeviceId::new(device), part: Some(part.into()) }
    }

    fn filled(path: &Path) -> SledStore {
        let store = SledStore::open(path).unwrap();
        let times: Vec<i64> = (0..3000).map(|n| 1_600_000_000_000 + n * 60_000).collect();
        let values = (0..3000).collect();
        store.columns_backfill(&[SeriesColumn { entity: entity("old", "q"), metric: Metric::InBps, times, values }]).unwrap();
        write(&store, 0, 250);
        let parts = vec![("state".to_owned(), vec![7; 100_000])];
        store.checkpoint_write(&Checkpoint { seq: 250, at: live(249).at, parts }).unwrap();
        store.meta_set("note", b"kept").unwrap();
        store
    }

    fn counts(path: &Path) -> (usize, usize, usize) {
        let store = SledStore::open_read_only(path).unwrap();
        assert_eq!(store.verify().unwrap(), []);
        assert_eq!(store.meta_get("note").unwrap().as_deref(), Some(&b"kept"[..]));
        assert_eq!(store.checkpoint_before(ALL.to).unwrap().unwrap().parts[0].1, vec![7; 100_000]);
        let old = store.samples_read(&entity("old", "q"), Metric::InBps, ALL).unwrap();
        assert!((0..).zip(&old).all(|(n, sample)| sample.value == Some(n)));
        let live = store.samples_read(&entity("live", "p"), Metric::InBps, ALL).unwrap();
        assert!((0..).zip(&live).all(|(n, sample)| sample.value == Some(n * 17)));
        (old.len(), live.len(), store.journal_read(0, ALL.to, usize::MAX).unwrap().len())
    }

    #[test]
    fn a_copy_is_a_store_with_all_that_was_flushed_and_the_original_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (own, copy) = (folder.path().join("own"), folder.path().join("copy"));
        let store = filled(&own);
        store.backup(&copy).unwrap();
        write(&store, 250, 260);
        assert_eq!(counts(&copy), (3000, 250, 250));
        drop(store);
        assert_eq!(counts(&own), (3000, 260, 260));
    }

    #[test]
    fn a_copy_made_while_another_thread_writes_has_no_hole() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(&folder.path().join("own"));
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (250..1250).step_by(10).for_each(|n| write(&store, n, n + 10)));
            for round in 0.. {
                let copy = folder.path().join(format!("copy {round}"));
                store.backup(&copy).unwrap();
                let (old, live, records) = counts(&copy);
                assert!(old == 3000 && live >= 250 && records >= 250, "{old} {live} {records}");
                if writer.is_finished() {
                    break;
                }
            }
        });
    }

    #[test]
    fn a_folder_with_anything_in_it_is_no_place_for_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(&folder.path().join("own"));
        fs::write(folder.path().join("mine"), "x").unwrap();
        assert!(matches!(store.backup(folder.path()), Err(StoreError::Io { .. })));
    }

    #[test]
    fn a_restore_replaces_only_what_it_may_and_keeps_that() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        filled(&at("own")).backup(&at("copy")).unwrap();
        let restored = SledStore::restore(&at("copy"), &at("new"), Replace::Never).unwrap();
        assert_eq!((restored.samples, restored.records, restored.kept), (3250, 250, None));
        assert_eq!(counts(&at("new")), (3000, 250, 250));
        let refused = SledStore::restore(&at("copy"), &at("new"), Replace::Never);
        assert!(matches!(refused, Err(StoreError::Io { .. })));
        let held = SledStore::open(&at("new")).unwrap();
        let refused = SledStore::restore(&at("copy"), &at("new"), Replace::Keeping);
        assert!(matches!(refused, Err(StoreError::InUse(_))));
        write(&held, 250, 255);
        drop(held);
        let restored = SledStore::restore(&at("copy"), &at("new"), Replace::Keeping).unwrap();
        assert_eq!(restored.kept, Some(at("new.replaced-1")));
        assert_eq!((counts(&at("new")), counts(&at("new.replaced-1"))), ((3000, 250, 250), (3000, 255, 255)));
    }

    #[test]
    fn a_restore_does_not_turn_the_audit_journal_back() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let journal = |store: &str| at(store).join(audit::FOLDER).join("change");
        let store = filled(&at("own"));
        fs::create_dir_all(journal("own")).unwrap();
        fs::write(journal("own").join("1"), "then").unwrap();
        store.backup(&at("copy")).unwrap();
        drop(store);
        fs::write(journal("own").join("1"), "then and now").unwrap();
        SledStore::restore(&at("copy"), &at("own"), Replace::Keeping).unwrap();
        SledStore::restore(&at("copy"), &at("fresh"), Replace::Never).unwrap();
        let held = |store: &str| fs::read_to_string(journal(store).join("1")).unwrap();
        assert_eq!((held("copy").as_str(), held("own").as_str(), held("fresh").as_str()), ("then", "then and now", "then"));
    }

    #[test]
    fn a_damaged_backup_replaces_nothing_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        filled(&at("own")).backup(&at("copy")).unwrap();
        let file = at("copy/raw/20200913/shards.dat");
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, bytes).unwrap();
        let restored = SledStore::restore(&at("copy"), &at("own"), Replace::Keeping).unwrap();
        assert!(restored.damaged.iter().any(|(path, _)| *path == file), "{restored:?}");
        assert_eq!(restored.kept, None);
        assert_eq!(counts(&at("own")), (3000, 250, 250));
        // Where there is nothing to lose, what can be read is put back.
        let restored = SledStore::restore(&at("copy"), &at("new"), Replace::Never).unwrap();
        assert!(!restored.damaged.is_empty());
        assert!(SledStore::open(&at("new")).is_ok());
        assert!(matches!(SledStore::restore(&at("mine"), &at("new"), Replace::Never), Err(StoreError::Absent(_))));
    }
}
