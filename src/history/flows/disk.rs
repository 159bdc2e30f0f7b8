//! Flows on disk: blocks in plain files below one folder, `records/YYYYMMDDhhmm.dat`, `1m/YYYYMMDD.dat`, `1h/YYYYMM.dat`, `1d/YYYY.dat`.
//!
//! Locks are taken in this order: pending, files, then that of a file. What waits is read together with the list of blocks, so that
//! no record is seen twice or not at all.

use super::file::{FlowFile, Place};
use super::frame::Head;
use super::pending::Pending;
use super::place::{FileKey, Kind, is_kept};
use super::records::{self, Block, Receipts};
use super::rollup::{Made, Rolling};
use super::{FlowKept, FlowStore, Visit, times};
use crate::history::StoreError;
use crate::model::flow::{FlowColumns, FlowFields, FlowLevel, FlowTime};
use crate::model::{TimeRange, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file, and the blocks of it that are wanted.
type Found = (Arc<FlowFile>, Vec<Place>);

/// So many records that come together are a block by themselves: gathering them with others would copy each once more, and a block of
/// them is as small by record.
const ROWS_ALONE: usize = 8192;

/// Files open at once: an hour of records, a week of minutes and some; others are opened when they are read.
const MAX_OPEN: usize = 48;

/// Refuses to write so many octets where the disk has no room for them.
pub type Room = Box<dyn Fn(usize) -> Result<(), StoreError> + Send + Sync>;

/// Whether a folder of flows may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is only read: no file is made, cut or removed.
    Read,
    /// It is written.
    Write,
}

/// See the module.
pub struct DiskFlows {
    folder: PathBuf,
    access: Access,
    room: Room,
    pending: Mutex<Pending>,
    files: Mutex<Files>,
    lost: AtomicU64,
}

#[derive(Default)]
struct Files {
    known: BTreeSet<FileKey>,
    open: BTreeMap<FileKey, (u64, Arc<FlowFile>)>,
    /// Octets and rows of files that were closed.
    closed: BTreeMap<FileKey, (u64, u64)>,
    uses: u64,
}

impl DiskFlows {
    /// Of a folder, which is made when something is written.
    pub fn open(folder: &Path, access: Access, room: Room) -> Self {
        let known = Kind::ALL.into_iter().flat_map(|kind| {
            let found = std::fs::read_dir(folder.join(kind.folder())).into_iter().flatten().flatten();
            found.filter_map(move |entry| FileKey::of_name(kind, entry.file_name().to_str()?))
        });
        let files = Files { known: known.collect(), ..Files::default() };
        Self {
            folder: folder.to_owned(),
            access,
            room,
            pending: Mutex::default(),
            files: Mutex::new(files),
            lost: AtomicU64::new(0),
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file; where it is to be written to it is made.
    fn file(&self, key: FileKey, access: Access) -> Result<Option<Arc<FlowFile>>, StoreError> {
        let mut files = self.files();
        files.uses += 1;
        let uses = files.uses;
        if let Some((used, file)) = files.open.get_mut(&key) {
            *used = uses;
            return Ok(Some(Arc::clone(file)));
        }
        if access == Access::Read && !files.known.contains(&key) {
            return Ok(None);
        }
        let Some(file) = FlowFile::open(&self.folder.join(key.path()), self.access == Access::Read)?.map(Arc::new) else {
            return Ok(None);
        };
        while files.open.len() >= MAX_OPEN {
            // What somebody reads stays open by itself; what was appended is made durable first.
            let Some(oldest) = files.open.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| *key) else { break };
            if let Some((_, file)) = files.open.remove(&oldest) {
                file.sync()?;
                files.closed.insert(oldest, (file.len(), file.rows()));
            }
        }
        files.known.insert(key);
        files.closed.remove(&key);
        files.open.insert(key, (uses, Arc::clone(&file)));
        Ok(Some(file))
    }

    /// The files of a kind that may hold something of a range, in order.
    fn keys(&self, kind: Kind, range: TimeRange) -> Vec<FileKey> {
        let first = FileKey { kind, start: i64::MIN };
        let upto = FileKey { kind, start: range.to.0 };
        if range.from > range.to {
            return Vec::new();
        }
        self.files().known.range(first..=upto).filter(|key| key.end() > range.from.0).copied().collect()
    }

    /// Blocks of a kind that overlap a range.
    fn places(&self, kind: Kind, range: TimeRange) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        for key in self.keys(kind, range) {
            let Some(file) = self.file(key, Access::Read)? else { continue };
            let mut places = Vec::new();
            file.for_each(|place| {
                if place.head.from <= range.to.0 && range.from.0 <= place.head.to {
                    places.push(*place);
                }
            });
            if !places.is_empty() {
                found.push((file, places));
            }
        }
        Ok(found)
    }

    fn append(&self, key: FileKey, (head, body): (Head, &[u8])) -> Result<(), StoreError> {
        (self.room)(body.len())?;
        match self.file(key, Access::Write)? {
            Some(file) => file.append(head, body),
            None => Ok(()),
        }
    }

    /// Writes the block that waits. What can't be written is lost and counted: the next minutes matter more.
    fn seal(&self, pending: &mut Pending) -> Result<(), StoreError> {
        let Some(span) = pending.span() else { return Ok(()) };
        let (columns, receipts) = pending.take();
        self.put_records((&columns, &receipts), span)
    }

    /// Writes a block of records.
    fn put_records(&self, (columns, receipts): (&FlowColumns, &records::Receipts), span: TimeRange) -> Result<(), StoreError> {
        let body = records::encode(columns, receipts);
        let rows = u32::try_from(columns.len()).unwrap_or(u32::MAX);
        let head = Head { from: span.from.0, to: span.to.0, rows, ..Head::default() };
        self.append(FileKey::of(Kind::Records, span.from), (head, &body)).inspect_err(|_| {
            self.lost.fetch_add(u64::from(rows), Ordering::Relaxed);
        })
    }

    /// Appends a stretch; `sources` says of how many blocks of shorter ones it was made.
    pub fn put_time(&self, time: &FlowTime, sources: Option<u32>) -> Result<(), StoreError> {
        if !is_kept(time.start) {
            return Ok(());
        }
        if time.talks.rows.len() > times::MAX_ROWS {
            let mut time = time.clone();
            time.talks.cut(times::MAX_ROWS / 2);
            return self.put_time(&time, sources);
        }
        let rows = u32::try_from(time.talks.rows.len()).unwrap_or(u32::MAX);
        let head = Head { from: time.start.0, to: time.start.0, rows, sources, ..Head::default() };
        let key = FileKey::of(Kind::of_level(time.level), time.start);
        self.append(key, (head, &times::encode(time))).inspect_err(|_| {
            let flows = time.talks.rows.iter().chain(&time.talks.rest).map(|(_, sum)| sum.flows).sum::<u64>();
            self.lost.fetch_add(flows.max(1), Ordering::Relaxed);
        })
    }

    /// The blocks of a level's stretches that begin in a range, by their starts; of those that were made of shorter ones the last.
    fn stretches(&self, level: FlowLevel, range: TimeRange) -> Result<Vec<(Arc<FlowFile>, Place)>, StoreError> {
        let places = self.places(Kind::of_level(level), range)?;
        let mut all: Vec<(Arc<FlowFile>, Place)> = places
            .into_iter()
            .flat_map(|(file, places)| places.into_iter().map(move |place| (Arc::clone(&file), place)))
            .collect();
        all.sort_by_key(|(_, place)| place.head.from);
        let last: BTreeMap<i64, u64> = all
            .iter()
            .filter(|(_, place)| place.head.sources.is_some())
            .map(|(_, place)| (place.head.from, place.offset))
            .collect();
        all.retain(|(_, place)| place.head.sources.is_none() || last.get(&place.head.from) == Some(&place.offset));
        Ok(all)
    }

    /// Records that are kept, octets on disk, and rows that could not be written.
    pub fn figures(&self) -> Result<Figures, StoreError> {
        let all = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };
        let waiting = self.pending().len() as u64;
        let mut figures = Figures { records: waiting, lost: self.lost.load(Ordering::Relaxed), ..Figures::default() };
        for kind in Kind::ALL {
            for key in self.keys(kind, all) {
                // Not all of them are opened again each time that somebody asks.
                let closed = self.files().closed.get(&key).copied();
                let (bytes, rows) = match closed {
                    Some(figures) => figures,
                    None => self.file(key, Access::Read)?.map(|file| (file.len(), file.rows())).unwrap_or_default(),
                };
                figures.records += if kind == Kind::Records { rows } else { 0 };
                figures.files.push((format!("flows/{}", key.path()), bytes, rows));
            }
        }
        Ok(figures)
    }

    /// Files in which something is damaged, all of them read, and what can still be read.
    pub fn faults(&self) -> Result<Vec<(PathBuf, String)>, StoreError> {
        let all = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };
        let mut faults = Vec::new();
        for key in Kind::ALL.into_iter().flat_map(|kind| self.keys(kind, all)) {
            let Some(file) = self.file(key, Access::Read)? else { continue };
            if let Some(fault) = file.fault()? {
                faults.push((file.path().to_owned(), fault));
            }
        }
        Ok(faults)
    }

    /// Removes the files of a kind that ended before a time; returns how many.
    pub fn forget(&self, kind: Kind, before: Timestamp) -> Result<u64, StoreError> {
        let old = TimeRange { from: Timestamp(i64::MIN), to: before };
        let mut gone = 0;
        for key in self.keys(kind, old).into_iter().filter(|key| key.end() <= before.0) {
            self.remove(key)?;
            gone += 1;
        }
        Ok(gone)
    }

    /// The oldest file of a kind that is over; the running one as well where nothing else is left of records, which could fill a disk
    /// within minutes.
    pub fn oldest(&self, kind: Kind, now: Timestamp) -> Option<FileKey> {
        let files = self.files();
        let first = files.known.range(FileKey { kind, start: i64::MIN }..=FileKey { kind, start: i64::MAX }).next().copied()?;
        (kind == Kind::Records || first.end() <= now.0).then_some(first)
    }

    /// Removes a file. Who reads it reads on.
    pub fn remove(&self, key: FileKey) -> Result<(), StoreError> {
        let mut files = self.files();
        files.open.remove(&key);
        files.closed.remove(&key);
        files.known.remove(&key);
        let path = self.folder.join(key.path());
        std::fs::remove_file(&path).map_err(|source| StoreError::Io { what: "removing", path, source })
    }

    /// Copies all files as far as they are whole to another folder. The caller flushes first.
    pub fn copy_to(
        &self,
        to: &Path,
        copy: &mut dyn FnMut(&Path, &Path, u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let all = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };
        for key in Kind::ALL.into_iter().flat_map(|kind| self.keys(kind, all)) {
            let Some(file) = self.file(key, Access::Read)? else { continue };
            let path = to.join(key.path());
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|source| StoreError::Io {
                    what: "making",
                    path: folder.to_owned(),
                    source,
                })?;
            }
            copy(file.path(), &path, file.len())?;
        }
        Ok(())
    }
}

/// What is kept of flows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Full records.
    pub records: u64,
    /// Rows that could not be written.
    pub lost: u64,
    /// Each file: its name below the store's folder, its octets, its rows.
    pub files: Vec<(String, u64, u64)>,
}

impl Figures {
    /// Octets and rows of each kind of files, by the name of its folder.
    pub fn by_folder(&self) -> Vec<(String, u64, u64)> {
        let mut folders: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (path, bytes, rows) in &self.files {
            let folder = folders.entry(path.rsplit_once('/').map_or(path.as_str(), |(folder, _)| folder)).or_default();
            *folder = (folder.0 + bytes, folder.1 + rows);
        }
        folders.into_iter().map(|(name, (bytes, rows))| (name.to_owned(), bytes, rows)).collect()
    }
}

impl FlowStore for DiskFlows {
    fn flow_records_append(&self, records: &FlowColumns) -> Result<(), StoreError> {
        if !records.is_sound() || !is_kept(records.received) {
            self.lost.fetch_add(records.len() as u64, Ordering::Relaxed);
            return Ok(());
        }
        if (ROWS_ALONE..=records::ROWS).contains(&records.len()) && records.exporters.len() <= records::MAX_EXPORTERS {
            let (at, receipts) = (records.received, vec![(records.len() as u32, records.received)]);
            return self.put_records((records, &receipts), TimeRange { from: at, to: at });
        }
        let mut pending = self.pending();
        let (mut at, mut result) = (0, Ok(()));
        while at < records.len() {
            let room = pending.room_for(records).min(records.len() - at);
            if room > 0 {
                pending.take_in(records, at..at + room);
                at += room;
            }
            if room == 0 || pending.len() >= records::ROWS {
                result = self.seal(&mut pending).and(result);
            }
        }
        result
    }

    fn flow_talks_append(&self, time: &FlowTime) -> Result<(), StoreError> {
        self.put_time(time, None)
    }

    fn flow_records_scan(&self, range: TimeRange, fields: FlowFields, visit: Visit<'_, FlowColumns>) -> Result<(), StoreError> {
        let (places, waiting) = {
            let pending = self.pending();
            let overlaps = pending.span().is_some_and(|span| span.from <= range.to && range.from <= span.to);
            (self.places(Kind::Records, range)?, overlaps.then(|| pending.copy()))
        };
        for (file, place) in places.iter().flat_map(|(file, places)| places.iter().map(move |place| (file, place))) {
            let Some(body) = file.body(place)? else { continue };
            let columns = Block::open(&body, Timestamp(place.head.to)).and_then(|block| block.read(range, fields));
            let Some(columns) = columns.filter(|columns| !columns.is_empty()) else { continue };
            if visit(&columns).is_break() {
                return Ok(());
            }
        }
        if let Some(columns) = waiting.and_then(|waiting| read_waiting(&waiting, range, fields)) {
            let _it_was_the_last = visit(&columns);
        }
        Ok(())
    }

    fn flow_talks_scan(&self, level: FlowLevel, range: TimeRange, visit: Visit<'_, FlowTime>) -> Result<(), StoreError> {
        for (file, place) in self.stretches(level, range)? {
            let Some(body) = file.body(&place)? else { continue };
            let Some(time) = times::decode(&body, Timestamp(place.head.from), level) else { continue };
            if visit(&time).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn flow_records_kept(&self, range: TimeRange) -> Result<FlowKept, StoreError> {
        let all = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };
        let pending = self.pending();
        let mut kept = FlowKept::default();
        let keys = self.keys(Kind::Records, all);
        for key in &keys {
            let within = key.start <= range.to.0 && range.from.0 <= key.end();
            // The files between tell nothing of the span.
            if within || Some(key) == keys.first() || Some(key) == keys.last() {
                let Some(file) = self.file(*key, Access::Read)? else { continue };
                file.for_each(|place| {
                    let block = TimeRange { from: Timestamp(place.head.from), to: Timestamp(place.head.to) };
                    kept.add(u64::from(place.head.rows), (block, range));
                });
            }
        }
        if let Some(span) = pending.span() {
            kept.add(pending.len() as u64, (span, range));
        }
        Ok(kept)
    }

    fn flow_talks_starts(&self, level: FlowLevel, range: TimeRange) -> Result<Vec<Timestamp>, StoreError> {
        let starts = self.places(Kind::of_level(level), range)?;
        let starts: BTreeSet<i64> = starts.iter().flat_map(|(_, places)| places).map(|place| place.head.from).collect();
        Ok(starts.into_iter().map(Timestamp).collect())
    }

    fn flows_flush(&self) -> Result<(), StoreError> {
        if self.access == Access::Read {
            return Ok(());
        }
        let sealed = self.seal(&mut self.pending());
        self.sync().and(sealed)
    }
}

impl DiskFlows {
    /// Makes durable what was appended; what waits for its block goes on waiting.
    pub fn sync(&self) -> Result<(), StoreError> {
        let open: Vec<Arc<FlowFile>> = self.files().open.values().map(|(_, file)| Arc::clone(file)).collect();
        // All of them, whatever one says.
        let results: Vec<Result<(), StoreError>> = open.iter().map(|file| file.sync()).collect();
        results.into_iter().collect()
    }
}

/// What waits, as if it were a block.
fn read_waiting((columns, receipts): &(FlowColumns, Receipts), range: TimeRange, fields: FlowFields) -> Option<FlowColumns> {
    let body = records::encode(columns, receipts);
    let read = Block::open(&body, columns.received)?.read(range, fields)?;
    (!read.is_empty()).then_some(read)
}

impl Rolling for DiskFlows {
    fn made(&self, level: FlowLevel, range: TimeRange) -> Result<Made, StoreError> {
        let mut made = Made::new();
        for (_, places) in self.places(Kind::of_level(level), range)? {
            for place in places {
                let (count, sources) = made.entry(place.head.from).or_insert((0u32, None));
                *count += 1;
                // One that was given as it is counts as made of everything.
                *sources = (*sources).max(Some(place.head.sources.unwrap_or(u32::MAX)));
            }
        }
        Ok(made)
    }

    fn put(&self, time: &FlowTime, sources: u32) -> Result<(), StoreError> {
        self.put_time(time, Some(sources))
    }
}
