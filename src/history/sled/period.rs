//! One period: a plain file of sealed shards, and the index of what lies where in it.
//!
//! The index database has one tree: `offset (8 bytes, big-endian) · length (4)` → the shard's table. It can be made again of the
//! file: a record that it does not name is found by scanning, so a damaged index costs time and no sample.

use super::backup::{copy_base, copy_beginning};
use super::calendar::PeriodKey;
use super::door::{ALL, Base, Changes, Spec};
use super::folder::{Folder, io};
use super::shards::{Extent, FILE, ShardFile};
use crate::history::StoreError;
use crate::history::blocks::shard::{Builder, Head, Shard, index_row, read_index_row};
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::{ControlFlow, Range};
use std::sync::{PoisonError, RwLock};

const INDEX: usize = 0;

/// An index is read once, when it is opened.
const CACHE_BYTES: u64 = 1 << 20;
/// A table of a shard of very small blocks takes some 14 kB; above a quarter of a segment it would become a file of its own.
/// sled takes whole segments, and there are as many indexes as days.
const SEGMENT_BYTES: usize = 64 << 10;

const SPEC: Spec = Spec { trees: &["index"], cache_bytes: CACHE_BYTES, segment_bytes: SEGMENT_BYTES };

/// A period's file and index.
pub struct Period {
    /// Which.
    pub key: PeriodKey,
    base: Option<Base>,
    file: ShardFile,
    index: RwLock<Index>,
}

/// Where a block lies.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Which shard, by its place in the index.
    pub shard: u32,
    /// Its times, milliseconds.
    pub start: i64,
    /// Last reading.
    pub end: i64,
    /// The lowest and the highest number of its parts.
    pub parts: (u32, u32),
}

#[derive(Default)]
struct Index {
    extents: Vec<Extent>,
    places: FxHashMap<u32, Vec<Place>>,
    blocks: FxHashMap<u64, FxHashSet<u32>>,
    whole: FxHashSet<u64>,
    figures: Figures,
}

/// What a period holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Values.
    pub samples: u64,
    /// First reading, milliseconds.
    pub start: i64,
    /// Last reading.
    pub end: i64,
    /// The highest number of a block.
    pub last_no: u64,
    /// Of a day, the values that it had when it was summed up: it is done while it has no more. An index knows nothing of it.
    pub rolled: u64,
}

impl Figures {
    /// Takes a block in.
    pub fn add(&mut self, head: &Head) {
        let first = self.samples == 0;
        self.start = if first { head.start } else { self.start.min(head.start) };
        self.end = if first { head.end } else { self.end.max(head.end) };
        self.samples += head.samples;
        self.last_no = self.last_no.max(head.no);
    }
}

impl Index {
    fn add(&mut self, extent: Extent, heads: &[Head]) {
        let shard = self.extents.len() as u32;
        self.extents.push(extent);
        for head in heads {
            self.figures.add(head);
            let places = self.places.entry(head.device).or_default();
            places.push(Place { shard, start: head.start, end: head.end, parts: head.parts });
            if head.no > 0 {
                let pieces = self.blocks.entry(head.no).or_default();
                pieces.insert(head.piece);
                if pieces.len() as u32 >= head.pieces {
                    self.blocks.remove(&head.no);
                    self.whole.insert(head.no);
                }
            }
        }
    }

    /// The parts of the file that no shard takes.
    fn unnamed(&self, len: u64) -> Vec<Range<u64>> {
        let mut extents = self.extents.clone();
        extents.sort_unstable();
        let (mut at, mut unnamed) = (0, Vec::new());
        for extent in extents {
            if at < extent.offset {
                unnamed.push(at..extent.offset.min(len));
            }
            at = at.max(extent.end());
        }
        if at < len {
            unnamed.push(at..len);
        }
        unnamed
    }

    fn end(&self) -> u64 {
        self.extents.iter().map(|extent| extent.end()).max().unwrap_or(0)
    }
}

impl Period {
    /// Opens a period, or makes it. `None` when there is none and none may be made.
    pub fn open(folder: &Folder, key: PeriodKey) -> Result<Option<Self>, StoreError> {
        let path = folder.path().join(key.folder());
        if !folder.is_read_only() {
            std::fs::create_dir_all(&path).map_err(|error| io("making", &path, error))?;
        }
        let Some(file) = ShardFile::open(&path, folder.is_read_only())? else { return Ok(None) };
        let (base, index) = folder.open_sound(&format!("{}/index", key.folder()), SPEC, load)?;
        let mut period = Self { key, base, file, index: RwLock::new(index) };
        period.take_in_unnamed(folder)?;
        Ok(Some(period))
    }

    /// Finds what is in the file and not in the index: what was written just before a crash, or what a damaged index lost.
    fn take_in_unnamed(&mut self, folder: &Folder) -> Result<(), StoreError> {
        let index = self.index.get_mut().unwrap_or_else(PoisonError::into_inner);
        let unnamed = index.unnamed(self.file.len());
        let mut rows: Changes = Vec::new();
        for part in unnamed {
            self.file.scan(part, |extent, bytes| {
                let Some(shard) = Shard::read(bytes) else { return false };
                let heads: Vec<Head> = shard.blocks().map(|(head, _)| *head).collect();
                rows.push((row_key(extent), Some(index_row(&heads))));
                index.add(extent, &heads);
                true
            })?;
        }
        self.file.ends_at(index.end());
        if let Some(base) = self.base.as_ref().filter(|_| !folder.is_read_only()) {
            self.file.cut();
            if !rows.is_empty() {
                self.file.sync()?;
                base.write(INDEX, &rows)?;
                base.flush()?;
                // Again, in the order of writing.
                *index = load(Some(base))?;
            }
        }
        Ok(())
    }

    fn index(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes shards and makes them durable; only then does the index name them, and a reader find them. One writer at a time.
    pub fn write<'s>(&self, shards: impl Iterator<Item = &'s Builder> + Clone) -> Result<(), StoreError> {
        let Some(base) = &self.base else { return Ok(()) };
        let values: Vec<Vec<u8>> = shards.clone().map(Builder::value).collect();
        let extents = self.file.append(&values)?;
        drop(values);
        let row = |(extent, shard): (&Extent, &Builder)| (row_key(*extent), Some(shard.index_row()));
        let rows: Changes = extents.iter().zip(shards.clone()).map(row).collect();
        if let Err(error) = base.write(INDEX, &rows).and_then(|()| base.flush()) {
            self.file.cut();
            return Err(error);
        }
        self.file.keep(&extents);
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for (extent, shard) in extents.into_iter().zip(shards) {
            index.add(extent, shard.heads());
        }
        Ok(())
    }

    /// Where blocks of a device lie that overlap a time range.
    pub fn places(&self, device: u32, from: i64, to: i64) -> Vec<Place> {
        let index = self.index();
        let places = index.places.get(&device).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter(|place| place.start <= to && from <= place.end).copied().collect()
    }

    /// A shard; `None` when it is gone or damaged: that costs what lies there, not the question.
    pub fn shard(&self, shard: u32) -> Result<Option<Shard<Vec<u8>>>, StoreError> {
        let Some(extent) = self.index().extents.get(shard as usize).copied() else { return Ok(None) };
        Ok(self.file.read(extent)?.and_then(Shard::read))
    }

    /// Copies it: the index first, so that the file has all that it names.
    pub fn copy_to(&self, to: &std::path::Path) -> Result<(), StoreError> {
        std::fs::create_dir_all(to).map_err(|error| io("making", to, error))?;
        if let Some(base) = &self.base {
            copy_base(base, SPEC, &to.join("index"))?;
        }
        copy_beginning(self.file.path(), &to.join(FILE), self.file.len())
    }

    /// What it holds.
    pub fn figures(&self) -> Figures {
        self.index().figures
    }

    /// Devices of which it holds anything, in order.
    pub fn devices(&self) -> Vec<u32> {
        let mut devices: Vec<u32> = self.index().places.keys().copied().collect();
        devices.sort_unstable();
        devices
    }

    /// Whether all pieces of a block are in it.
    pub fn has_block(&self, no: u64) -> bool {
        self.index().whole.contains(&no)
    }

    /// Reads everything; returns how many blocks are damaged.
    pub fn verify(&self) -> Result<u64, StoreError> {
        let shards = self.index().extents.len() as u32;
        let mut faulty = 0;
        for shard in 0..shards {
            if self.shard(shard)?.is_none() {
                let index = self.index();
                let lost = index.places.values().flatten().filter(|place| place.shard == shard).count();
                faulty += lost.max(1) as u64;
            }
        }
        Ok(faulty)
    }
}

/// The file of a period that holds its samples.
pub fn shard_file(key: PeriodKey) -> String {
    format!("{}/{FILE}", key.folder())
}

fn row_key(extent: Extent) -> Vec<u8> {
    let mut key = extent.offset.to_be_bytes().to_vec();
    key.extend_from_slice(&extent.len.to_be_bytes());
    key
}

fn extent_of(key: &[u8]) -> Option<Extent> {
    let (offset, len) = key.split_first_chunk::<8>()?;
    Some(Extent { offset: u64::from_be_bytes(*offset), len: u32::from_be_bytes(<[u8; 4]>::try_from(len).ok()?) })
}

fn load(base: Option<&Base>) -> Result<Index, StoreError> {
    let mut index = Index::default();
    let Some(base) = base else { return Ok(index) };
    base.scan(INDEX, ALL, |key, row| {
        if let (Some(extent), Some(heads)) = (extent_of(key), read_index_row(row)) {
            index.add(extent, &heads);
        }
        ControlFlow::Continue(())
    })?;
    Ok(index)
}
