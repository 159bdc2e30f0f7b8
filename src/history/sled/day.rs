//! One day's database of sealed shards, and the index of what lies where in it.
//!
//! Key: `start of the oldest block in seconds (4 bytes, big-endian) · number (4)`. Values in tree 0, their tables in tree 1.

use super::door::{ALL, Base, Spec};
use super::folder::{DAY_MS, Folder, day_folder};
use crate::history::StoreError;
use crate::history::blocks::shard::{Builder, Head, Shard, read_index_row};
use ::sled::IVec;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::ControlFlow;
use std::sync::{PoisonError, RwLock};

const SHARDS: usize = 0;
const INDEX: usize = 1;

/// Enough for the shards of one period of a large network to be read twice; more days are open at once.
const CACHE_BYTES: u64 = 24 << 20;

/// A day's database.
pub struct Day {
    /// Its number: days since the epoch.
    pub number: i64,
    base: Base,
    index: RwLock<Index>,
}

/// A shard's key.
pub type Key = [u8; 8];

/// Where a block lies.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Which shard, by its place in the index.
    pub shard: u32,
    /// Its times, milliseconds.
    pub start: i64,
    /// Last reading.
    pub end: i64,
}

#[derive(Default)]
struct Index {
    keys: Vec<Key>,
    places: FxHashMap<u32, Vec<Place>>,
    blocks: FxHashMap<u64, FxHashSet<u32>>,
    whole: FxHashSet<u64>,
    figures: Figures,
}

/// What a day holds.
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
    fn add(&mut self, key: Key, heads: &[Head]) {
        let shard = self.keys.len() as u32;
        self.keys.push(key);
        for head in heads {
            self.figures.add(head);
            let places = self.places.entry(head.device).or_default();
            places.push(Place { shard, start: head.start, end: head.end });
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
}

impl Day {
    /// Opens a day's database, or makes it. `None` when there is none and none may be made.
    pub fn open(folder: &Folder, number: i64) -> Result<Option<Self>, StoreError> {
        let spec = Spec { trees: &["shards", "index"], cache_bytes: CACHE_BYTES };
        let (base, index) = folder.open_sound(&day_folder(number), spec, Self::load)?;
        Ok(base.map(|base| Self { number, base, index: RwLock::new(index) }))
    }

    fn load(base: Option<&Base>) -> Result<Index, StoreError> {
        let mut index = Index::default();
        let Some(base) = base else { return Ok(index) };
        base.scan(INDEX, ALL, |key, row| {
            if let (Ok(key), Some(heads)) = (Key::try_from(key), read_index_row(row)) {
                index.add(key, &heads);
            }
            ControlFlow::Continue(())
        })?;
        Ok(index)
    }

    fn index(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes shards and makes them durable; only then does a reader find them.
    pub fn write<'s>(&self, shards: impl Iterator<Item = &'s Builder> + Clone) -> Result<(), StoreError> {
        let first = self.index().keys.len() as u32;
        let (mut values, mut rows, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for (number, shard) in (first..).zip(shards.clone()) {
            let start = shard.heads().iter().map(|head| head.start).min().unwrap_or(self.number * DAY_MS);
            let secs = u32::try_from(start.div_euclid(1000)).unwrap_or(0);
            let mut key = [0; 8];
            key.iter_mut().zip(secs.to_be_bytes().into_iter().chain(number.to_be_bytes())).for_each(|(to, from)| *to = from);
            values.push((key.to_vec(), Some(shard.value())));
            rows.push((key.to_vec(), Some(shard.index_row())));
            keys.push(key);
        }
        for some in values.chunks(BATCH_SHARDS) {
            self.base.write(SHARDS, some)?;
        }
        // After the values: sled keeps the order, so an index row never names a shard that is not there.
        self.base.write(INDEX, &rows)?;
        self.base.flush()?;
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        for (key, shard) in keys.into_iter().zip(shards) {
            index.add(key, shard.heads());
        }
        Ok(())
    }

    /// Where blocks of a device lie that overlap a time range.
    pub fn places(&self, device: u32, from: i64, to: i64) -> Vec<Place> {
        let index = self.index();
        let places = index.places.get(&device).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter(|place| place.start <= to && from <= place.end).copied().collect()
    }

    /// A shard; `None` when it is gone or damaged.
    pub fn shard(&self, shard: u32) -> Result<Option<Shard<IVec>>, StoreError> {
        let Some(key) = self.index().keys.get(shard as usize).copied() else { return Ok(None) };
        match self.base.get(SHARDS, &key) {
            Ok(bytes) => Ok(bytes.and_then(Shard::read)),
            // Damage within a database costs what lies there, not the question.
            Err(StoreError::Damaged { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// What it holds.
    pub fn figures(&self) -> Figures {
        self.index().figures
    }

    /// Whether all pieces of a block are in it.
    pub fn has_block(&self, no: u64) -> bool {
        self.index().whole.contains(&no)
    }

    /// Reads everything; returns how many shards are damaged.
    pub fn verify(&self) -> Result<u64, StoreError> {
        let mut faulty = 0;
        let shards = self.index().keys.len() as u32;
        for shard in 0..shards {
            faulty += u64::from(self.shard(shard)?.is_none());
        }
        Ok(faulty)
    }
}

/// Shards in one batch: some 2 MB.
const BATCH_SHARDS: usize = 50;
