//! Checkpoints: parts in pieces that sled stores well, and an index row that is written last and makes one whole.
//!
//! Tree 0: `time · number (8 bytes each, big-endian) · piece (4)` → bytes of all parts, one after the other. Tree 1:
//! `time · number` → the parts' names and lengths. A checkpoint of an earlier time and higher number (the clock stepped back) has a place of its own.

use super::door::{ALL, Base, Changes, SEGMENT_BYTES, Spec, damaged};
use super::folder::Folder;
use crate::history::blocks::bytes::{Reader, put_block, put_varint};
use crate::history::blocks::shard::{sealed, unsealed};
use crate::history::{Checkpoint, StoreError, keep_checkpoints};
use crate::model::Timestamp;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use std::sync::Arc;

const PIECES: usize = 0;
const INDEX: usize = 1;
const SPEC: Spec = Spec { trees: &["pieces", "index"], cache_bytes: 16 << 20, segment_bytes: SEGMENT_BYTES };

/// Bytes of a piece: see `blocks::shard::SHARD_BYTES`.
const PIECE_BYTES: usize = 56 << 10;
/// Pieces in one batch: some 2 MB.
const BATCH: usize = 40;

/// Time and number of a checkpoint.
pub type Key = [u8; 16];

/// The checkpoints of a store.
pub struct Checkpoints {
    base: Option<Arc<Base>>,
    /// Index keys, rising.
    keys: Vec<[u8; 16]>,
}

/// Times before 1970 sort first.
fn key_of(at: Timestamp, seq: u64) -> [u8; 16] {
    let time = (at.millis() as u64) ^ (1 << 63);
    let mut key = [0; 16];
    key.iter_mut().zip(time.to_be_bytes().into_iter().chain(seq.to_be_bytes())).for_each(|(to, from)| *to = from);
    key
}

fn time_of(key: &[u8; 16]) -> Timestamp {
    let time = key.first_chunk::<8>().map_or(0, |time| u64::from_be_bytes(*time));
    Timestamp((time ^ (1 << 63)) as i64)
}

fn seq_of(key: &[u8; 16]) -> u64 {
    key.last_chunk::<8>().map_or(0, |seq| u64::from_be_bytes(*seq))
}

fn piece_key(key: &[u8; 16], piece: u32) -> Vec<u8> {
    let mut piece_key = key.to_vec();
    piece_key.extend_from_slice(&piece.to_be_bytes());
    piece_key
}

impl Checkpoints {
    /// Opens them.
    pub fn open(folder: &Folder) -> Result<Self, StoreError> {
        let (base, keys) = folder.open_sound("checkpoints", SPEC, load)?;
        Ok(Self { base: base.map(Arc::new), keys })
    }

    /// Keeps one, and lets go of those that are too many.
    pub fn write(&mut self, folder: &Folder, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        folder.writable()?;
        let Some(base) = &self.base else { return Ok(()) };
        let key = key_of(checkpoint.at, checkpoint.seq);
        put(base, &key, checkpoint)?;
        base.flush()?;
        if let Err(place) = self.keys.binary_search(&key) {
            self.keys.insert(place, key);
        }
        self.thin_out()
    }

    fn thin_out(&mut self) -> Result<(), StoreError> {
        let Some(base) = &self.base else { return Ok(()) };
        let newest_first: Vec<Timestamp> = self.keys.iter().rev().map(time_of).collect();
        let mut keep = keep_checkpoints(&newest_first);
        keep.reverse();
        let gone: Vec<[u8; 16]> = self.keys.iter().zip(keep).filter(|(_, keep)| !keep).map(|(key, _)| *key).collect();
        for key in gone {
            base.write(INDEX, &[(key.to_vec(), None)])?;
            let mut pieces: Changes = Vec::new();
            let mut end = key.to_vec();
            end.extend_from_slice(&[0xff; 4]);
            base.scan(PIECES, (Bound::Included(&key), Bound::Included(&end)), |piece, _| {
                pieces.push((piece.to_vec(), None));
                ControlFlow::Continue(())
            })?;
            base.write(PIECES, &pieces)?;
            self.keys.retain(|known| *known != key);
        }
        Ok(())
    }

    /// Lets go of all but the newest: those move to a new database, because sled's files only grow. Returns the number of the
    /// last record that the oldest of them includes.
    pub fn keep_newest(&mut self, folder: &Folder, count: usize) -> Result<u64, StoreError> {
        let gone = self.keys.len().saturating_sub(count);
        let kept: Vec<[u8; 16]> = self.keys.iter().skip(gone).copied().collect();
        folder.rewrite(
            "checkpoints",
            SPEC,
            (&mut self.base, &mut |old, new| {
                for key in &kept {
                    let end = piece_key(key, u32::MAX);
                    new.copy(old, PIECES, (Bound::Included(key), Bound::Included(&end)))?;
                    new.copy(old, INDEX, (Bound::Included(key), Bound::Included(key)))?;
                }
                Ok(())
            }),
        )?;
        self.keys = kept;
        Ok(self.keys.iter().map(seq_of).min().unwrap_or(0))
    }

    /// The last one not later than `at` that can be read: a damaged one is passed over.
    pub fn before(&self, at: Timestamp) -> Result<Option<Checkpoint>, StoreError> {
        let Some(base) = &self.base else { return Ok(None) };
        let end = self.keys.partition_point(|key| time_of(key) <= at);
        for key in self.keys.iter().take(end).rev() {
            match read(base, key) {
                Ok(checkpoint) => return Ok(Some(checkpoint)),
                Err(StoreError::Damaged { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(None)
    }

    /// Their database and their keys, for a copy.
    pub fn handle(&self) -> Option<(Arc<Base>, Vec<Key>)> {
        self.base.clone().map(|base| (base, self.keys.clone()))
    }

    /// Copies those that can be read: one may be thinned out meanwhile.
    pub fn copy(from: &Base, keys: &[Key], to: &Path) -> Result<(), StoreError> {
        let copy = Base::open(to, SPEC)?;
        for key in keys {
            let checkpoint = match read(from, key) {
                Err(StoreError::Damaged { .. }) => continue,
                other => other?,
            };
            put(&copy, key, &checkpoint)?;
        }
        copy.flush()
    }

    /// Reads everything; returns how many can't be read.
    pub fn verify(&self) -> Result<u64, StoreError> {
        let Some(base) = &self.base else { return Ok(0) };
        let mut faulty = 0;
        for key in &self.keys {
            match read(base, key) {
                Ok(_) => {}
                Err(StoreError::Damaged { .. }) => faulty += 1,
                Err(other) => return Err(other),
            }
        }
        Ok(faulty)
    }

    /// The last record that any of them includes.
    pub fn last_seq(&self) -> u64 {
        self.keys.iter().map(seq_of).max().unwrap_or(0)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.keys.len() as u64
    }

    /// Times of the first and the last.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((time_of(self.keys.first()?), time_of(self.keys.last()?)))
    }
}

/// Writes one: its index row comes last and makes it whole.
fn put(base: &Base, key: &Key, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    let mut batch: Changes = Vec::new();
    let (mut piece, mut number) = (Vec::with_capacity(PIECE_BYTES), 0);
    for part in checkpoint.parts.iter().flat_map(|(_, bytes)| bytes.chunks(PIECE_BYTES)) {
        let room = PIECE_BYTES - piece.len();
        let (fits, over) = part.split_at(part.len().min(room));
        piece.extend_from_slice(fits);
        if piece.len() == PIECE_BYTES {
            batch.push((piece_key(key, number), Some(sealed(|out| out.extend_from_slice(&piece)))));
            piece.clear();
            piece.extend_from_slice(over);
            number += 1;
        }
        if batch.len() >= BATCH {
            base.write(PIECES, &std::mem::take(&mut batch))?;
        }
    }
    batch.push((piece_key(key, number), Some(sealed(|out| out.extend_from_slice(&piece)))));
    base.write(PIECES, &batch)?;
    base.write(INDEX, &[(key.to_vec(), Some(sealed(|out| put_index(out, checkpoint))))])
}

fn load(base: Option<&Base>) -> Result<Vec<[u8; 16]>, StoreError> {
    let mut keys = Vec::new();
    if let Some(base) = base {
        base.scan(INDEX, ALL, |key, _| {
            keys.extend(<[u8; 16]>::try_from(key).ok());
            ControlFlow::Continue(())
        })?;
    }
    Ok(keys)
}

fn put_index(out: &mut Vec<u8>, checkpoint: &Checkpoint) {
    put_varint(out, checkpoint.parts.len() as u64);
    for (name, bytes) in &checkpoint.parts {
        put_block(out, name.as_bytes());
        put_varint(out, bytes.len() as u64);
    }
}

fn read_index(row: &[u8]) -> Option<Vec<(String, usize)>> {
    let mut reader = Reader::new(unsealed(row)?);
    let mut parts = Vec::new();
    for _ in 0..reader.len()? {
        let name = std::str::from_utf8(reader.block()?).ok()?.to_owned();
        parts.push((name, reader.len()?));
    }
    Some(parts)
}

fn read(base: &Base, key: &[u8; 16]) -> Result<Checkpoint, StoreError> {
    let faulty = || damaged(base.path(), "a checkpoint is not whole");
    let row = base.get(INDEX, key)?.ok_or_else(faulty)?;
    let lengths = read_index(&row).ok_or_else(faulty)?;
    let count = lengths.len();
    let mut lengths = lengths.into_iter();
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    let mut left = 0;
    let mut end = key.to_vec();
    end.extend_from_slice(&[0xff; 4]);
    let mut sound = true;
    base.scan(PIECES, (Bound::Included(key), Bound::Included(&end)), |_, value| {
        let Some(mut piece) = unsealed(value) else {
            sound = false;
            return ControlFlow::Break(());
        };
        while !piece.is_empty() {
            if left == 0 {
                let Some((name, len)) = lengths.next() else { break };
                // A length is believed as far as bytes come.
                parts.push((name, Vec::with_capacity(len.min(PIECE_BYTES))));
                left = len;
            }
            let (some, rest) = piece.split_at(piece.len().min(left));
            if let Some((_, bytes)) = parts.last_mut() {
                bytes.extend_from_slice(some);
            }
            left -= some.len();
            piece = rest;
        }
        ControlFlow::Continue(())
    })?;
    // What is left has no bytes, or they are missing.
    parts.extend(lengths.by_ref().take_while(|(_, len)| *len == 0).map(|(name, _)| (name, Vec::new())));
    if !sound || left > 0 || parts.len() != count {
        return Err(faulty());
    }
    Ok(Checkpoint { seq: seq_of(key), at: time_of(key), parts })
}
