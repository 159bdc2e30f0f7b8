//! The write-ahead log of samples: rows of open blocks, until the blocks are sealed and on disk.
//!
//! A log row is `device · block number · sum of names · time · length · row` for as many readings as came between two flushes. It goes when the
//! last block that it serves is durable, never before.

use super::door::{ALL, Base, Changes};
use crate::history::StoreError;
use crate::history::blocks::bytes::{Reader, put_block, put_varint, zigzag};
use crate::history::blocks::shard::{NamesCheck, sealed, unsealed};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// A log row is closed at this size: see `blocks::shard::SHARD_BYTES`.
const ROW_BYTES: usize = 36 << 10;
/// Bytes that wait while the disk refuses them; then the oldest go, and only a crash would miss them.
const MAX_WAITING_BYTES: usize = 64 << 20;

/// One reading as it is logged.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Number of the device.
    pub device: u32,
    /// Number of its block.
    pub no: u64,
    /// By what names its parts go.
    pub names: NamesCheck,
    /// When, milliseconds.
    pub at: i64,
    /// The row of the open block.
    pub row: &'a [u8],
}

/// The log.
#[derive(Default)]
pub struct Wal {
    /// The row that grows.
    filling: Vec<u8>,
    /// Closed rows that are not on disk yet, by number.
    waiting: BTreeMap<u64, Vec<u8>>,
    waiting_bytes: usize,
    next: u64,
    /// Unsealed blocks that a row serves.
    blocks_of: FxHashMap<u64, FxHashSet<u64>>,
    /// Rows that serve a block.
    rows_of: FxHashMap<u64, Vec<u64>>,
    /// Rows on disk that serve no block any more.
    over: Vec<u64>,
}

impl Wal {
    /// Reads what a log holds: `visit` gets every entry in the order of writing. Returns how many rows were damaged.
    pub fn load(base: &Base, mut visit: impl FnMut(Entry<'_>)) -> Result<(Self, u64), StoreError> {
        let (mut wal, mut faulty) = (Self::default(), 0);
        base.scan(0, ALL, |key, value| {
            let Some(number) = key.first_chunk::<8>().map(|key| u64::from_be_bytes(*key)) else {
                return ControlFlow::Continue(());
            };
            wal.next = number + 1;
            wal.blocks_of.entry(number).or_default();
            let mut reader = Reader::new(unsealed(value).unwrap_or_default());
            faulty += u64::from(reader.is_empty());
            while !reader.is_empty() {
                let Some(entry) = read_entry(&mut reader) else {
                    faulty += 1;
                    break;
                };
                wal.serve(number, entry.no);
                visit(entry);
            }
            ControlFlow::Continue(())
        })?;
        Ok((wal, faulty))
    }

    fn serve(&mut self, row: u64, block: u64) {
        if self.blocks_of.entry(row).or_default().insert(block) {
            self.rows_of.entry(block).or_default().push(row);
        }
    }

    /// Takes a reading.
    pub fn append(&mut self, entry: Entry<'_>) {
        put_varint(&mut self.filling, u64::from(entry.device));
        put_varint(&mut self.filling, entry.no);
        put_varint(&mut self.filling, u64::from(entry.names.parts));
        put_varint(&mut self.filling, u64::from(entry.names.sum));
        put_varint(&mut self.filling, zigzag(entry.at));
        put_block(&mut self.filling, entry.row);
        self.serve(self.next, entry.no);
        if self.filling.len() >= ROW_BYTES {
            self.close_row();
        }
    }

    /// What was appended so far is a row of its own, which can be written.
    pub fn close_row(&mut self) {
        if self.filling.is_empty() {
            return;
        }
        let filling = std::mem::take(&mut self.filling);
        if self.blocks_of.get(&self.next).is_none_or(FxHashSet::is_empty) {
            self.blocks_of.remove(&self.next);
            return;
        }
        let row = sealed(|out| out.extend_from_slice(&filling));
        self.waiting_bytes += row.len();
        self.waiting.insert(self.next, row);
        self.next += 1;
        while self.waiting_bytes > MAX_WAITING_BYTES {
            let Some((_, oldest)) = self.waiting.pop_first() else { break };
            self.waiting_bytes -= oldest.len();
        }
    }

    /// A block is durable elsewhere.
    pub fn forget(&mut self, block: u64) {
        for row in self.rows_of.remove(&block).unwrap_or_default() {
            let Some(blocks) = self.blocks_of.get_mut(&row) else { continue };
            blocks.remove(&block);
            if blocks.is_empty() && row != self.next {
                self.over_with(row);
            }
        }
    }

    fn over_with(&mut self, row: u64) {
        self.blocks_of.remove(&row);
        match self.waiting.remove(&row) {
            Some(unwritten) => self.waiting_bytes -= unwritten.len(),
            None => self.over.push(row),
        }
    }

    /// Rows that serve nothing, of a log that was just read.
    pub fn forget_unused(&mut self) {
        let unused: Vec<u64> = self.blocks_of.iter().filter(|(_, blocks)| blocks.is_empty()).map(|(row, _)| *row).collect();
        unused.into_iter().for_each(|row| self.over_with(row));
    }

    /// Bytes that are not on disk yet.
    pub const fn waiting_bytes(&self) -> usize {
        self.waiting_bytes + self.filling.len()
    }

    /// Writes the rows that wait, takes out what is over, and makes it durable; what was written is to be told to [`Self::written`]. It
    /// changes nothing, so that readers go on however slow the disk is. On an error everything waits on.
    pub fn write_out(&self, base: &Base) -> Result<Written, StoreError> {
        let written = Written { rows: self.waiting.keys().copied().collect(), over: self.over.clone() };
        if written.rows.is_empty() && written.over.is_empty() {
            return Ok(written);
        }
        let key = |row: &u64| row.to_be_bytes().to_vec();
        let mut changes: Changes = self.waiting.iter().map(|(row, value)| (key(row), Some(value.clone()))).collect();
        changes.extend(self.over.iter().map(|row| (key(row), None)));
        // Some at a time: a batch is one entry of sled's own log.
        for some in changes.chunks(BATCH_ROWS) {
            base.write(0, some)?;
        }
        base.flush()?;
        Ok(written)
    }

    /// These rows are durable.
    pub fn written(&mut self, written: &Written) {
        let gone: FxHashSet<u64> = written.over.iter().copied().collect();
        self.over.retain(|row| !gone.contains(row));
        for row in &written.rows {
            match self.waiting.remove(row) {
                Some(bytes) => self.waiting_bytes -= bytes.len(),
                // It served nothing any more when it had just been written.
                None => self.over.push(*row),
            }
        }
    }
}

/// Rows that [`Wal::write_out`] wrote, and those that it took out.
pub struct Written {
    rows: Vec<u64>,
    over: Vec<u64>,
}

/// Log rows in one batch: some 2 MB.
const BATCH_ROWS: usize = 50;

fn read_entry<'a>(reader: &mut Reader<'a>) -> Option<Entry<'a>> {
    let (device, no) = (reader.u32()?, reader.varint()?);
    let names = NamesCheck { parts: reader.u32()?, sum: reader.u32()? };
    Some(Entry { device, no, names, at: reader.signed()?, row: reader.block()? })
}
