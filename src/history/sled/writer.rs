//! Samples on their way to disk: open blocks, and sealed ones in shards that still fill or wait to be written.

use super::calendar::{day_of, is_kept};
use super::names::{Device, Names};
use super::wal::{Entry, Wal};
use crate::history::blocks::block::{Body, MAX_ROWS, ROWS};
use crate::history::blocks::chunks::{Stretch, seal_stretches};
use crate::history::blocks::column::Encoder;
use crate::history::blocks::open::{OpenBlock, Scratch};
use crate::history::blocks::shard::{Builder, Head, SHARD_BYTES};
use crate::model::SampleBatch;
use crate::model::series::{Cell, SeriesColumn};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// A block is sealed when it spans more: 60 readings five minutes apart take five hours.
const MAX_SPAN_MS: i64 = 6 * 3_600_000;
/// Readings of one device that overtook each other by so little share a block; more is a clock that was set back.
const MAX_DISORDER_MS: i64 = 60_000;
/// A device that was silent for so long gets its block sealed, so that the log can go.
const MAX_IDLE_MS: i64 = 3_600_000;
/// A shard that is not full is written when its first reading is so old.
const MAX_FILLING_MS: i64 = 3 * 3_600_000;
/// Shards that wait for the disk, while it is full: some hundreds of megabytes' worth of plain samples.
const MAX_WAITING_BYTES: usize = 64 << 20;

/// Shards written at once, some 5 MB.
const SHARDS_AT_ONCE: usize = 100;
/// The first block of a day is sealed after this many readings or up to 45 more, by device: devices that are polled together
/// should not all be sealed together, and a time at which blocks meet should concern few of them.
const FIRST_ROWS: usize = 15;

/// Where a shard that fills belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lot {
    day: i64,
    origin: Origin,
}

/// Whether the log still has what a shard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Live,
    Backfill,
}

/// A shard that waits to be written.
pub struct Full {
    /// Its day.
    pub day: i64,
    /// What it holds.
    pub shard: Builder,
}

/// Samples that are not in a day's database yet.
#[derive(Default)]
pub struct Writer {
    open: FxHashMap<u32, OpenBlock>,
    filling: BTreeMap<Lot, Builder>,
    /// Shards that wait to be written, oldest first.
    full: VecDeque<Arc<Full>>,
    /// The day of the last block that each device began.
    begun: FxHashMap<u32, i64>,
    full_bytes: usize,
    /// The log of what is in `open`, and of live blocks in `filling` and `full`.
    pub wal: Wal,
    pieces_left: FxHashMap<u64, u32>,
    /// Numbers of blocks given so far.
    pub last_no: u64,
    newest: i64,
    /// Values that could not be kept.
    pub lost: u64,
    scratch: Scratch,
    encoder: Encoder,
}

/// A device by number, and its parts with their cells.
type Numbered<'a> = (u32, Vec<(u32, &'a [Cell])>);

fn numbered<'a>(names: &mut Names, batch: &'a SampleBatch, lost: &mut u64) -> Option<Numbered<'a>> {
    let cells = || batch.rows.iter().map(|row| row.cells.len() as u64).sum::<u64>();
    let device = if is_kept(batch.at.millis()) { names.device_or_new(&batch.device) } else { None };
    let Some(device) = device else {
        *lost += cells();
        return None;
    };
    let mut parts = Vec::with_capacity(batch.rows.len());
    let mut hint = 0;
    for row in batch.rows.iter().filter(|row| !row.cells.is_empty()) {
        match names.part_or_new(device, row.part.as_deref(), (hint, &row.cells)) {
            Some(part) => {
                parts.push((part, row.cells.as_slice()));
                hint = part + 1;
            }
            None => *lost += row.cells.len() as u64,
        }
    }
    (!parts.is_empty()).then_some((device, parts))
}

/// Readings after which a device's first block of a day is sealed.
const fn first_rows(device: u32) -> usize {
    // Neighbouring numbers far apart: 29 and 46 have no common factor.
    FIRST_ROWS + (device as usize).wrapping_mul(29) % (ROWS - FIRST_ROWS + 1)
}

/// Whether a reading at this time belongs to another block than this one.
fn is_beyond(block: &OpenBlock, at: i64) -> bool {
    let (Some(start), Some(end)) = (block.start(), block.end()) else { return false };
    block.is_full() || at < end - MAX_DISORDER_MS || day_of(at) != day_of(start) || at - start > MAX_SPAN_MS
}

/// A series in stretches that lie in one day and are no longer than a block may be.
fn stretches<'c>(part: u32, column: &'c SeriesColumn, mut visit: impl FnMut(i64, Stretch<'c>)) {
    let (mut times, mut values, mut before) = (column.times.as_slice(), column.values.as_slice(), None);
    while let Some(day) = times.first().map(|at| day_of(*at)) {
        let end = times.partition_point(|at| day_of(*at) == day).min(MAX_ROWS);
        let ((these, later), (own, rest)) = (times.split_at(end), values.split_at(end.min(values.len())));
        let stretch = Stretch { part, metric: column.metric, times: these, values: own, before };
        visit(day, stretch);
        (times, values, before) = (later, rest, own.last().copied());
    }
}

impl Writer {
    /// Takes a reading that was just made.
    pub fn append(&mut self, names: &mut Names, batch: &SampleBatch) {
        let Some((device, parts)) = numbered(names, batch, &mut self.lost) else { return };
        let check = names.get(device).map(Device::check).unwrap_or_default();
        let at = batch.at.millis();
        if self.open.get(&device).is_some_and(|block| is_beyond(block, at)) {
            self.seal(device);
        }
        let (last_no, begun) = (&mut self.last_no, &mut self.begun);
        let block = self.open.entry(device).or_insert_with(|| {
            *last_no += 1;
            let is_first = begun.insert(device, day_of(at)) != Some(day_of(at));
            OpenBlock::new(device, *last_no, if is_first { first_rows(device) } else { ROWS })
        });
        block.names = check;
        let no = block.no;
        let row = block.push(at, parts.into_iter(), &mut self.scratch);
        self.wal.append(Entry { device, no, names: check, at, row });
        // Not the latest ever: a clock that was far ahead for a moment must not make everything look old.
        self.newest = at;
        if block.is_full() {
            self.seal(device);
        }
    }

    /// Takes a past.
    pub fn backfill(&mut self, names: &mut Names, batches: &[SampleBatch]) {
        let mut order: Vec<&SampleBatch> = batches.iter().collect();
        order.sort_by(|a, b| (&a.device, a.at).cmp(&(&b.device, b.at)));
        let mut block = OpenBlock::default();
        for batch in order {
            let Some((device, parts)) = numbered(names, batch, &mut self.lost) else { continue };
            let at = batch.at.millis();
            if block.device != device || is_beyond(&block, at) {
                self.put_away(&block, Origin::Backfill);
                block = OpenBlock::new(device, 0, ROWS);
            }
            block.names = names.get(device).map(Device::check).unwrap_or_default();
            block.push(at, parts.into_iter(), &mut self.scratch);
        }
        self.put_away(&block, Origin::Backfill);
    }

    /// Takes whole series.
    pub fn backfill_columns(&mut self, names: &mut Names, columns: &[SeriesColumn]) {
        let mut order: Vec<&SeriesColumn> = columns.iter().collect();
        order.sort_by(|a, b| a.entity.cmp(&b.entity));
        for of_device in order.chunk_by(|a, b| a.entity.device == b.entity.device) {
            let Some(first) = of_device.first() else { continue };
            match names.device_or_new(&first.entity.device) {
                Some(device) => self.backfill_device(names, device, of_device),
                None => self.lost += of_device.iter().map(|column| column.times.len() as u64).sum::<u64>(),
            }
        }
    }

    fn backfill_device(&mut self, names: &mut Names, device: u32, columns: &[&SeriesColumn]) {
        let mut days: BTreeMap<i64, Vec<Stretch<'_>>> = BTreeMap::new();
        let mut hint = 0;
        for column in columns {
            let cell = Cell { metric: column.metric, value: 0, broken: false };
            let part = names.part_or_new(device, column.entity.part.as_deref(), (hint, &[cell]));
            let usable = column.times.len() == column.values.len()
                && column.times.is_sorted_by(|a, b| a < b)
                && column.times.first().is_none_or(|at| is_kept(*at))
                && column.times.last().is_none_or(|at| is_kept(*at));
            let Some(part) = part.filter(|_| usable) else {
                self.lost += column.times.len() as u64;
                continue;
            };
            hint = part + 1;
            stretches(part, column, |day, stretch| days.entry(day).or_default().push(stretch));
        }
        let names = names.get(device).map(Device::check).unwrap_or_default();
        for (day, stretches) in days {
            for chunk in seal_stretches(&mut self.encoder, &stretches) {
                let head = Head { device, start: chunk.start, end: chunk.end, names, ..Head::default() };
                self.put_bodies(Lot { day, origin: Origin::Backfill }, head, &chunk.bodies);
            }
        }
    }

    /// Takes an entry of the log back, `max_part` being the highest part that the device has. Returns whether it fits.
    pub fn restore(&mut self, entry: Entry<'_>, max_part: u32) -> bool {
        let other = self.open.get(&entry.device).is_some_and(|block| block.no != entry.no);
        if other {
            self.seal(entry.device);
        }
        let block = self.open.entry(entry.device).or_insert_with(|| OpenBlock::new(entry.device, entry.no, ROWS));
        block.names = entry.names;
        let restored = block.restore(entry.at, entry.row, max_part).is_some();
        self.last_no = self.last_no.max(entry.no);
        self.newest = self.newest.max(entry.at);
        restored
    }

    /// Takes the log over that the entries of [`Self::restore`] came from. Blocks that were full go on to be written.
    pub fn take_log(&mut self, wal: Wal) {
        self.wal = wal;
        let full: Vec<u32> = self.open.values().filter(|block| block.is_full()).map(|block| block.device).collect();
        full.into_iter().for_each(|device| self.seal(device));
    }

    fn seal(&mut self, device: u32) {
        if let Some(block) = self.open.remove(&device) {
            self.put_away(&block, Origin::Live);
        }
    }

    fn put_away(&mut self, block: &OpenBlock, origin: Origin) {
        let (Some(start), Some(end)) = (block.start(), block.end()) else { return };
        let lot = Lot { day: day_of(start), origin };
        let bodies = block.seal(&mut self.encoder);
        if origin == Origin::Live {
            self.pieces_left.insert(block.no, bodies.len() as u32);
        }
        let head = Head { device: block.device, no: block.no, start, end, names: block.names, ..Head::default() };
        self.put_bodies(lot, head, &bodies);
    }

    fn put_bodies(&mut self, lot: Lot, head: Head, bodies: &[Body]) {
        // What was backfilled has no number, and so no pieces to be counted.
        let pieces = if head.no == 0 { 1 } else { bodies.len() as u32 };
        for (piece, body) in (0..).zip(bodies) {
            let builder = self.filling.entry(lot).or_default();
            if !builder.is_empty() && builder.len() + body.bytes.len() > SHARD_BYTES {
                let full = std::mem::take(builder);
                self.put_full(lot.day, full);
            }
            let piece = if head.no == 0 { 0 } else { piece };
            let head = Head { piece, pieces, samples: body.samples, parts: body.parts, ..head };
            self.filling.entry(lot).or_default().push(head, &body.bytes);
        }
    }

    fn put_full(&mut self, day: i64, shard: Builder) {
        self.full_bytes += shard.len();
        self.full.push_back(Arc::new(Full { day, shard }));
        while self.full_bytes > MAX_WAITING_BYTES {
            let Some(oldest) = self.full.pop_front() else { break };
            self.full_bytes -= oldest.shard.len();
            self.lost += oldest.shard.heads().iter().map(|head| head.samples).sum::<u64>();
        }
    }

    /// Tells what time it is, where no reading does.
    pub fn is_now(&mut self, at: i64) {
        self.newest = self.newest.max(at);
    }

    /// Closes what has been open for long, and every backfilled shard: called before a flush.
    pub fn tidy(&mut self) {
        let idle = self.newest - MAX_IDLE_MS;
        let silent = self.open.values().filter(|block| block.end().is_none_or(|end| end < idle));
        let silent: Vec<u32> = silent.map(|block| block.device).collect();
        silent.into_iter().for_each(|device| self.seal(device));
        let old = self.newest - MAX_FILLING_MS;
        let due = self.filling.iter().filter(|(lot, shard)| {
            lot.origin == Origin::Backfill || lot.day < day_of(self.newest) || shard.heads().iter().any(|head| head.start < old)
        });
        let due: Vec<Lot> = due.map(|(lot, _)| *lot).collect();
        for lot in due {
            if let Some(shard) = self.filling.remove(&lot) {
                self.put_full(lot.day, shard);
            }
        }
    }

    /// The next shards to be written, all of one day. They stay readable here until [`Self::written`].
    pub fn next_full(&self) -> Vec<Arc<Full>> {
        let day = self.full.front().map(|full| full.day);
        self.full.iter().take(SHARDS_AT_ONCE).take_while(|full| Some(full.day) == day).map(Arc::clone).collect()
    }

    /// These shards are durable.
    pub fn written(&mut self, shards: &[Arc<Full>]) {
        for full in shards {
            let Some(place) = self.full.iter().position(|waiting| Arc::ptr_eq(waiting, full)) else { continue };
            self.full.remove(place);
            self.full_bytes -= full.shard.len();
            for head in full.shard.heads() {
                let Some(left) = self.pieces_left.get_mut(&head.no) else { continue };
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.pieces_left.remove(&head.no);
                    self.wal.forget(head.no);
                }
            }
        }
    }

    /// Bytes of full shards.
    pub const fn waiting_bytes(&self) -> usize {
        self.full_bytes
    }

    /// Open blocks.
    pub fn open_blocks(&self) -> impl Iterator<Item = &OpenBlock> {
        self.open.values()
    }

    /// The open block of a device.
    pub fn open_block(&self, device: u32) -> Option<&OpenBlock> {
        self.open.get(&device)
    }

    /// Sealed blocks that are not in a day's database yet.
    pub fn sealed_blocks(&self) -> impl Iterator<Item = (&Head, &[u8])> {
        self.filling.values().chain(self.full.iter().map(|full| &full.shard)).flat_map(Builder::blocks)
    }
}
