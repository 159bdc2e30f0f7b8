//! The store on disk: sled databases in one folder, and the only place that knows sled.
//!
//! It must not know what events or states are. Start at [`SledStore`], then `folder` (what lies where), `writer` (how samples
//! come in), `period` (where they end up), `read` (how they come out), `rollup` and `limits`
//! (what becomes of them), `journal` and `checkpoints`; `door` is where sled is called.
//!
//! Order of writing at a flush, each step durable before the next: names, then sealed shards in the file of their period, then
//! its index, then their figures, then the log without them. So a number on disk always has its name, an index row never names
//! what is not there, and a sample is in the log until it is in a shard.
//! Locks are taken in this order: maintaining, flushing, writer, names, noting, periods; journal and checkpoints stand alone.

mod backup;
mod calendar;
mod checkpoints;
mod clean;
pub mod disk;
mod door;
mod flows;
mod folder;
mod journal;
mod limits;
mod logs;
mod names;
mod period;
mod periods;
mod read;
mod rollup;
mod shards;
mod store;
#[cfg(test)]
mod tests;
mod wal;
mod writer;

pub use backup::{Replace, Restored};

use super::StoreError;
use super::blocks::bytes::{Reader, put_varint};
use super::blocks::shard::{sealed, unsealed};
use super::flows::{Access, DiskFlows};
use super::logs::DiskLogs;
use crate::model::{Timestamp, unit};
use calendar::{Kind, PeriodKey, day_of};
use checkpoints::Checkpoints;
use door::{ALL, Base, SEGMENT_BYTES, Spec};
use folder::Folder;
use journal::Journal;
use names::Names;
use period::{Figures, Period, shard_file};
use periods::Periods;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use wal::Wal;
use writer::Writer;

const NAMES: usize = 0;
const VALUES: usize = 1;
const PERIODS: usize = 2;
const NAMES_COPY: usize = 1;

/// Small databases need no more.
const META: Spec = Spec { trees: &["names", "values", "periods"], cache_bytes: 16 << 20, segment_bytes: SEGMENT_BYTES };
const WAL: Spec = Spec { trees: &["rows", "names"], cache_bytes: 16 << 20, segment_bytes: SEGMENT_BYTES };

/// A store in a folder.
pub struct SledStore {
    folder: Folder,
    meta: Option<Base>,
    wal: Option<Base>,
    names: RwLock<Names>,
    writer: RwLock<Writer>,
    periods: Periods,
    journal: RwLock<Journal>,
    checkpoints: RwLock<Checkpoints>,
    flushing: Mutex<()>,
    maintaining: Mutex<()>,
    stopping: AtomicBool,
    noting: Mutex<()>,
    flows: DiskFlows,
    logs: DiskLogs,
    /// Whether all minutes of flows were looked at since it was opened.
    flows_swept: AtomicBool,
    /// What it had when it was closed and has no more.
    missing: Vec<(PathBuf, String)>,
    missing_rows: u64,
}

fn read_lock<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write_lock<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl SledStore {
    /// Opens the store of a folder, or makes it.
    ///
    /// Errors: in use, newer than this noctop, or refused by the file system. What is damaged is set aside instead, and
    /// named in [`StoreStats::set_aside`](super::StoreStats).
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::start(Folder::create(path)?)
    }

    /// Opens a store that nobody serves, to be read: nothing is made, changed or set aside.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        Self::start(Folder::find(path)?)
    }

    fn start(folder: Folder) -> Result<Self, StoreError> {
        let (meta, noted) = folder.open_sound("meta", META, load_meta)?;
        // sled's lock on it is ours now: nobody else writes.
        folder.take()?;
        let (mut wal, ()) = folder.open_sound("wal", WAL, |_| Ok(()))?;
        let copies = [meta.as_ref().map(|meta| (meta, NAMES)), wal.as_ref().map(|wal| (wal, NAMES_COPY))];
        let names = Names::load(&copies.into_iter().flatten().collect::<Vec<_>>())?;
        let periods = Periods::find(&folder, &noted)?;
        let mut loaded = wal.as_ref().map(|wal| load_wal(&folder, wal, (&names, &periods)));
        if matches!(loaded, Some(Err(StoreError::Damaged { .. }))) && !folder.is_read_only() {
            drop(wal);
            folder.put_aside("wal")?;
            wal = folder.open("wal", WAL)?;
            loaded = wal.as_ref().map(|wal| load_wal(&folder, wal, (&names, &periods)));
        }
        let writer = loaded.unwrap_or_else(|| Ok(Writer::default()))?;
        let checkpoints = Checkpoints::open(&folder)?;
        let (flows, logs) = (flows_of(&folder), logs::logs_of(&folder)?);
        let mut store = Self {
            meta,
            wal,
            names: RwLock::new(names),
            writer: RwLock::new(writer),
            periods,
            journal: RwLock::new(Journal::open(&folder, checkpoints.last_seq())?),
            checkpoints: RwLock::new(checkpoints),
            folder,
            flushing: Mutex::default(),
            maintaining: Mutex::default(),
            stopping: AtomicBool::new(false),
            noting: Mutex::default(),
            flows,
            logs,
            flows_swept: AtomicBool::new(false),
            missing: Vec::new(),
            missing_rows: 0,
        };
        store.look_for_missing()?;
        Ok(store)
    }

    fn meta(&self) -> Result<&Base, StoreError> {
        self.meta.as_ref().ok_or_else(|| door::damaged(&self.folder.path().join("meta"), "it can't be opened"))
    }

    /// Removes the days that are wholly before a time; returns how many.
    fn forget_days(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.folder.writable()?;
        let day = day_of(before.millis());
        let old = self.periods.figures().into_keys().filter(|key| key.kind == Kind::Raw && key.number < day);
        old.map(|key| self.forget(key)).try_fold(0, |count, gone| Ok(count + u64::from(gone?)))
    }

    /// Removes a period; false when it is read just now.
    fn forget(&self, key: PeriodKey) -> Result<bool, StoreError> {
        let gone = self.periods.remove(&self.folder, key)?;
        if gone {
            self.meta()?.write(PERIODS, &[(period_row(key), None)])?;
        }
        Ok(gone)
    }

    /// Reads every shard of every period; returns the files in which something is damaged, and how much.
    fn faults(&self) -> Result<Vec<(PathBuf, String)>, StoreError> {
        let mut faults: Vec<_> = self.folder.set_aside().into_iter().map(|path| (path, "can't be opened".into())).collect();
        for key in self.periods.figures().into_keys() {
            let Some(period) = self.periods.open(&self.folder, key)? else { continue };
            let faulty = period.verify()?;
            if faulty > 0 {
                let path = self.folder.path().join(shard_file(key));
                faults.push((path, format!("{} can't be read; the others can", unit::counted(faulty, "block", "blocks"))));
            }
        }
        faults.extend(self.flows.faults()?);
        faults.extend(self.logs.faults()?);
        faults.extend(self.missing.iter().cloned());
        let path = |name: &str| self.folder.path().join(name);
        let (journal, checkpoints) = (read_lock(&self.journal).verify()?, read_lock(&self.checkpoints).verify()?);
        if journal > 0 {
            faults.push((
                path("journal"),
                format!("{} can't be read; the others can", unit::counted(journal, "record", "records")),
            ));
        }
        if checkpoints > 0 {
            faults.push((
                path("checkpoints"),
                format!(
                    "{} can't be read; earlier ones and the journal serve",
                    unit::counted(checkpoints, "checkpoint", "checkpoints")
                ),
            ));
        }
        Ok(faults)
    }

    /// Makes names durable. They are given under the writer's lock: none comes between.
    fn save_names_alone(&self) -> Result<(), StoreError> {
        let _none_comes_between = read_lock(&self.writer);
        self.save_names()
    }

    /// Makes names durable. The caller sees to it that none comes between.
    fn save_names(&self) -> Result<(), StoreError> {
        let changes = read_lock(&self.names).changes();
        if !changes.is_empty() {
            let meta = self.meta()?;
            meta.write(NAMES, &changes)?;
            meta.flush()?;
            if let Some(wal) = &self.wal {
                wal.write(NAMES_COPY, &changes)?;
                wal.flush()?;
            }
            write_lock(&self.names).saved();
        }
        Ok(())
    }

    /// Writes full shards, days in the order in which they filled. Readers go on meanwhile: what is being written is still
    /// read from memory, and it is found on disk before it goes from there.
    fn write_shards(&self) -> Result<(), StoreError> {
        loop {
            let shards = read_lock(&self.writer).next_full();
            let Some(number) = shards.first().map(|full| full.day) else { return Ok(()) };
            self.folder.room_for(shards.iter().map(|full| full.shard.len()).sum())?;
            self.save_names_alone()?;
            let Some(day) = self.periods.open(&self.folder, PeriodKey::day(number))? else { return Ok(()) };
            if let Err(error) = day.write(shards.iter().map(|full| &full.shard)) {
                drop(day);
                // Opened again, a damaged index is set aside and made anew.
                self.periods.close(PeriodKey::day(number));
                return Err(error);
            }
            self.note(&day)?;
            write_lock(&self.writer).written(&shards);
        }
    }

    /// Notes what a period holds now, durably.
    fn note(&self, period: &Period) -> Result<(), StoreError> {
        self.periods.note(period);
        self.write_figures(period.key)
    }

    /// Notes that a day was summed up when it had so many values, durably.
    fn mark_rolled(&self, key: PeriodKey, samples: u64) -> Result<(), StoreError> {
        self.periods.note_rolled(key, samples);
        self.write_figures(key)
    }

    fn write_figures(&self, key: PeriodKey) -> Result<(), StoreError> {
        // Two threads note figures: the later row must be the newer one.
        let _in_order = self.noting.lock().unwrap_or_else(PoisonError::into_inner);
        let meta = self.meta()?;
        meta.write(PERIODS, &[(period_row(key), Some(put_figures(self.periods.figures_of(key))))])?;
        meta.flush()
    }

    fn flush_samples(&self) -> Result<(), StoreError> {
        write_lock(&self.writer).tidy();
        let written = self.write_shards();
        write_lock(&self.writer).wal.close_row();
        let logged = {
            // Names are given under the writer's lock: none comes between. Readers go on, however slow the disk is.
            let writer = read_lock(&self.writer);
            self.save_names()?;
            self.wal.as_ref().map(|wal| writer.wal.write_out(wal)).transpose()
        };
        if let Some(logged) = logged? {
            write_lock(&self.writer).wal.written(&logged);
        }
        written
    }

    /// Makes the journal durable. Readers go on, however slow the disk is.
    fn flush_journal(&self) -> Result<(), StoreError> {
        let written = read_lock(&self.journal).write_out()?;
        write_lock(&self.journal).written(written);
        Ok(())
    }

    fn memory_span(writer: &Writer) -> impl Iterator<Item = (i64, i64)> + '_ {
        let open = writer.open_blocks().filter_map(|block| Some((block.start()?, block.end()?)));
        open.chain(writer.sealed_blocks().map(|(head, _)| (head.start, head.end)))
    }
}

/// The flows of a store's folder.
fn flows_of(folder: &Folder) -> DiskFlows {
    let (path, access) = (folder.path().to_owned(), if folder.is_read_only() { Access::Read } else { Access::Write });
    let room = move |bytes| folder::room_for(&path, bytes);
    DiskFlows::open(&folder.path().join(flows::FOLDER), access, Box::new(room))
}

fn load_meta(meta: Option<&Base>) -> Result<BTreeMap<PeriodKey, Figures>, StoreError> {
    let mut noted = BTreeMap::new();
    if let Some(meta) = meta {
        meta.scan(PERIODS, ALL, |key, row| {
            if let (Some(key), Some(figures)) = (read_period_row(key), read_figures(row)) {
                noted.insert(key, figures);
            }
            ControlFlow::Continue(())
        })?;
    }
    Ok(noted)
}

fn period_row(key: PeriodKey) -> Vec<u8> {
    let mut row = vec![key.kind.number()];
    row.extend_from_slice(&key.number.to_be_bytes());
    row
}

fn read_period_row(row: &[u8]) -> Option<PeriodKey> {
    let (kind, number) = row.split_first()?;
    let kind = Kind::ALL.into_iter().find(|known| known.number() == *kind)?;
    Some(PeriodKey { kind, number: i64::from_be_bytes(number.try_into().ok()?) })
}

fn put_figures(figures: Figures) -> Vec<u8> {
    sealed(|out| {
        for number in [figures.samples, figures.start as u64, figures.end as u64, figures.last_no, figures.rolled] {
            put_varint(out, number);
        }
    })
}

fn read_figures(row: &[u8]) -> Option<Figures> {
    let mut reader = Reader::new(unsealed(row)?);
    let mut next = || reader.varint();
    Some(Figures { samples: next()?, start: next()? as i64, end: next()? as i64, last_no: next()?, rolled: next()? })
}

/// Takes back into memory what is in the log and not sealed yet.
fn load_wal(folder: &Folder, base: &Base, (names, periods): (&Names, &Periods)) -> Result<Writer, StoreError> {
    let mut writer = Writer::default();
    let held = periods.figures();
    writer.last_no = held.values().map(|held| held.last_no).max().unwrap_or(0);
    let mut is_over: BTreeMap<u64, bool> = BTreeMap::new();
    let mut lost = 0;
    let (wal, faulty) = Wal::load(base, |entry| {
        let over = is_over.entry(entry.no).or_insert_with(|| {
            let day = PeriodKey::day(day_of(entry.at));
            let day = if held.contains_key(&day) { periods.open(folder, day).ok().flatten() } else { None };
            day.is_some_and(|day| day.has_block(entry.no))
        });
        let known = names.get(entry.device).filter(|device| device.agrees(entry.names));
        if *over {
            return;
        }
        match known.and_then(names::Device::max_part) {
            Some(max_part) => lost += u64::from(!writer.restore(entry, max_part)),
            None => {
                lost += 1;
                *over = true;
            }
        }
    })?;
    writer.lost += lost + faulty;
    writer.take_log(wal);
    for (no, _) in is_over.into_iter().filter(|(_, over)| *over) {
        writer.wal.forget(no);
    }
    writer.wal.forget_unused();
    Ok(writer)
}
