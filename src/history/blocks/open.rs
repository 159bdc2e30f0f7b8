//! The open block of a device: readings as they come in, one row of bytes each, which also are what the write-ahead log keeps.
//!
//! A row holds each value as its difference to the column's first value, so that any row is read alone: a screen a few
//! minutes back needs two rows of thousands of devices. Row:
//! `flags · columns before · [new columns by part] · [gaps] · [breaks] · differences · [first values of new columns]`.

use super::block::{Body, Rows, Series, seal};
use super::bytes::{Reader, put_varint, unzigzag, zigzag};
use super::column::Encoder;
use super::shard::NamesCheck;
use super::{BROKEN, PRESENT, Reading};
use crate::model::Metric;
use crate::model::series::Cell;

const NEW: u8 = 1;
const GAPS: u8 = 2;
const BREAKS: u8 = 4;

/// Columns of one device at most: 16,384 parts of 17 metrics. A log that claims more is damaged.
const MAX_COLUMNS: usize = 1 << 19;
const METRICS: usize = Metric::ALL.len();
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct ColumnKey {
    part: u32,
    metric: u8,
    base: u64,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    at: i64,
    end: usize,
}

/// Readings of one device since its last block was sealed.
#[derive(Debug, Default)]
pub struct OpenBlock {
    /// Number of the device.
    pub device: u32,
    /// Number of the block.
    pub no: u64,
    /// By what names its parts go.
    pub names: NamesCheck,
    limit: usize,
    columns: Vec<ColumnKey>,
    /// Column numbers by part and metric.
    slots: Vec<[u32; METRICS]>,
    rows: Vec<Row>,
    bytes: Vec<u8>,
    samples: u64,
}

/// Working space of [`OpenBlock::push`], kept between calls.
#[derive(Default)]
pub struct Scratch {
    values: Vec<u64>,
    flags: Vec<u8>,
    new: Vec<(u32, Cell)>,
}

/// A row while it is read: what is in front of the values.
struct RowHead<'a> {
    old: usize,
    new: Vec<(u32, u8)>,
    gaps: &'a [u8],
    breaks: &'a [u8],
    values: Reader<'a>,
}

fn bit(bitmap: &[u8], index: usize) -> bool {
    bitmap.get(index / 8).is_some_and(|byte| byte & (1 << (index % 8)) != 0)
}

fn put_bitmap(out: &mut Vec<u8>, bits: impl ExactSizeIterator<Item = bool>) {
    let start = out.len();
    out.resize(start + bits.len().div_ceil(8), 0);
    for (index, _) in bits.enumerate().filter(|(_, bit)| *bit) {
        if let Some(byte) = out.get_mut(start + index / 8) {
            *byte |= 1 << (index % 8);
        }
    }
}

impl<'a> RowHead<'a> {
    fn read(row: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(row);
        let flags = reader.byte()?;
        let old = reader.len().filter(|old| *old <= MAX_COLUMNS)?;
        let new = if flags & NEW == 0 { Vec::new() } else { read_new(&mut reader)? };
        let gaps = if flags & GAPS == 0 { &[] } else { reader.take(old.div_ceil(8))? };
        let breaks = if flags & BREAKS == 0 { &[] } else { reader.take((old + new.len()).div_ceil(8))? };
        Some(Self { old, new, gaps, breaks, values: reader })
    }
}

fn read_new(reader: &mut Reader<'_>) -> Option<Vec<(u32, u8)>> {
    let mut new = Vec::new();
    for _ in 0..reader.len()? {
        let (part, mut mask) = (reader.u32()?, reader.varint()?);
        while mask != 0 {
            new.push((part, mask.trailing_zeros() as u8));
            mask &= mask - 1;
        }
        if new.len() > MAX_COLUMNS {
            return None;
        }
    }
    Some(new)
}

impl OpenBlock {
    /// An empty one, which is full with `limit` readings.
    pub fn new(device: u32, no: u64, limit: usize) -> Self {
        Self { device, no, limit, ..Self::default() }
    }

    /// Whether it is to be sealed.
    pub const fn is_full(&self) -> bool {
        self.rows.len() >= self.limit
    }

    /// Readings so far.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no reading.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Time of the earliest reading, milliseconds.
    pub fn start(&self) -> Option<i64> {
        self.rows.iter().map(|row| row.at).min()
    }

    /// Time of the latest reading.
    pub fn end(&self) -> Option<i64> {
        self.rows.iter().map(|row| row.at).max()
    }

    /// Values, gaps not counted.
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// Bytes of memory that its rows take.
    pub const fn memory(&self) -> usize {
        self.bytes.len()
    }

    fn slot(&self, part: u32, metric: u8) -> Option<usize> {
        let slot = *self.slots.get(part as usize)?.get(usize::from(metric))?;
        (slot != NONE).then_some(slot as usize)
    }

    /// Takes a reading; they may come a little out of order. Each item is a part and its cells; a metric given twice counts
    /// as given last. Returns the row's bytes.
    pub fn push<'c>(&mut self, at: i64, parts: impl Iterator<Item = (u32, &'c [Cell])>, scratch: &mut Scratch) -> &[u8] {
        scratch.values.clear();
        scratch.values.resize(self.columns.len(), 0);
        scratch.flags.clear();
        scratch.flags.resize(self.columns.len(), 0);
        scratch.new.clear();
        for (part, cells) in parts {
            for cell in cells {
                match self.slot(part, cell.metric.number()) {
                    Some(slot) => {
                        scratch.values[slot] = cell.value;
                        scratch.flags[slot] = PRESENT | if cell.broken { BROKEN } else { 0 };
                    }
                    None => scratch.new.push((part, *cell)),
                }
            }
        }
        scratch.new.sort_by_key(|(part, cell)| (*part, cell.metric));
        scratch.new.dedup_by(|after, before| {
            let same = (after.0, after.1.metric) == (before.0, before.1.metric);
            if same {
                *before = *after;
            }
            same
        });
        let start = self.bytes.len();
        self.put_row(scratch);
        for (part, cell) in &scratch.new {
            self.add_column(*part, cell.metric.number(), cell.value);
        }
        self.rows.push(Row { at, end: self.bytes.len() });
        let present = scratch.flags.iter().filter(|flags| **flags != 0).count() + scratch.new.len();
        self.samples += present as u64;
        self.bytes.get(start..).unwrap_or_default()
    }

    fn put_row(&mut self, scratch: &Scratch) {
        let gaps = scratch.flags.contains(&0);
        let breaks = scratch.flags.iter().any(|flags| flags & BROKEN != 0) || scratch.new.iter().any(|(_, cell)| cell.broken);
        let out = &mut self.bytes;
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        out.push(flag(!scratch.new.is_empty(), NEW) | flag(gaps, GAPS) | flag(breaks, BREAKS));
        put_varint(out, self.columns.len() as u64);
        if !scratch.new.is_empty() {
            let groups = || scratch.new.chunk_by(|a, b| a.0 == b.0);
            put_varint(out, groups().count() as u64);
            for group in groups() {
                put_varint(out, u64::from(group.first().map_or(0, |(part, _)| *part)));
                put_varint(out, group.iter().fold(0, |mask, (_, cell)| mask | 1 << cell.metric.number()));
            }
        }
        if gaps {
            put_bitmap(out, scratch.flags.iter().map(|flags| *flags == 0));
        }
        if breaks {
            let new = scratch.new.iter().map(|(_, cell)| cell.broken);
            let all: Vec<bool> = scratch.flags.iter().map(|flags| flags & BROKEN != 0).chain(new).collect();
            put_bitmap(out, all.into_iter());
        }
        for ((value, flags), column) in scratch.values.iter().zip(&scratch.flags).zip(&self.columns) {
            if *flags != 0 {
                put_varint(out, zigzag(value.wrapping_sub(column.base) as i64));
            }
        }
        for (_, cell) in &scratch.new {
            put_varint(out, cell.value);
        }
    }

    fn add_column(&mut self, part: u32, metric: u8, base: u64) {
        if self.slots.len() <= part as usize {
            self.slots.resize(part as usize + 1, [NONE; METRICS]);
        }
        if let Some(slot) = self.slots.get_mut(part as usize).and_then(|slots| slots.get_mut(usize::from(metric))) {
            *slot = self.columns.len() as u32;
        }
        self.columns.push(ColumnKey { part, metric, base });
    }

    /// Takes a row back that [`Self::push`] made, `max_part` being the highest part that is known. `None` when it can't
    /// follow the rows before it.
    pub fn restore(&mut self, at: i64, row: &[u8], max_part: u32) -> Option<()> {
        let mut head = RowHead::read(row)?;
        let known = |(part, metric): &(u32, u8)| *part <= max_part && Metric::from_number(*metric).is_some();
        if head.old != self.columns.len() || !head.new.iter().all(known) {
            return None;
        }
        let mut present = 0;
        for _ in (0..head.old).filter(|index| !bit(head.gaps, *index)) {
            head.values.varint()?;
            present += 1;
        }
        let mut first = Vec::with_capacity(head.new.len());
        for _ in &head.new {
            first.push(head.values.varint()?);
        }
        for ((part, metric), value) in head.new.iter().zip(first) {
            self.add_column(*part, *metric, value);
        }
        self.bytes.extend_from_slice(row);
        self.rows.push(Row { at, end: self.bytes.len() });
        self.samples += present + head.new.len() as u64;
        Some(())
    }

    fn row(&self, index: usize) -> Option<(i64, &[u8])> {
        let row = self.rows.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.rows.get(before)).map_or(0, |before| before.end);
        Some((row.at, self.bytes.get(start..row.end)?))
    }

    /// Visits the values of one row: column number, value, whether broken.
    fn visit(&self, row: &[u8], mut visit: impl FnMut(usize, u64, bool)) -> Option<()> {
        let mut head = RowHead::read(row)?;
        for (index, column) in self.columns.iter().enumerate().take(head.old) {
            if head.gaps.is_empty() || !bit(head.gaps, index) {
                let value = column.base.wrapping_add(unzigzag(head.values.varint()?) as u64);
                visit(index, value, bit(head.breaks, index));
            }
        }
        for index in head.old..head.old + head.new.len() {
            visit(index, head.values.varint()?, bit(head.breaks, index));
        }
        Some(())
    }

    /// The block as sealed bodies.
    pub fn seal(&self, encoder: &mut Encoder) -> Vec<Body> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|index| self.rows.get(*index).map(|row| row.at));
        let empty = || (vec![0; order.len()], vec![0; order.len()]);
        let mut series: Vec<Series> = self
            .columns
            .iter()
            .map(|key| (key, empty()))
            .map(|(key, (values, flags))| Series { part: key.part, metric: key.metric, values, flags })
            .collect();
        let mut times = Vec::with_capacity(order.len());
        for (place, index) in order.into_iter().enumerate() {
            let Some((at, row)) = self.row(index) else { continue };
            times.push(at);
            self.visit(row, |column, value, broken| {
                if let Some(series) = series.get_mut(column) {
                    series.values[place] = value;
                    series.flags[place] = PRESENT | if broken { BROKEN } else { 0 };
                }
            });
        }
        series.sort_by_key(|series| (series.part, series.metric));
        seal(encoder, (&times, Rows::Polls), &series)
    }

    /// One series: a reading for each row in which the part said anything.
    pub fn series(&self, part: u32, metric: Metric) -> Vec<Reading> {
        let wanted = self.slot(part, metric.number());
        if self.slots.get(part as usize).is_none_or(|slots| slots.iter().all(|slot| *slot == NONE)) {
            return Vec::new();
        }
        let mut readings = Vec::with_capacity(self.rows.len());
        for index in 0..self.rows.len() {
            let Some((at, row)) = self.row(index) else { continue };
            let (mut said, mut reading) = (false, Reading { at, value: None, broken: false });
            self.visit(row, |column, value, broken| {
                said |= self.columns.get(column).is_some_and(|key| key.part == part);
                if Some(column) == wanted {
                    reading = Reading { at, value: Some(value), broken };
                }
            });
            if said {
                readings.push(reading);
            }
        }
        readings
    }

    /// Visits the values of all rows of a time range: part, metric, reading.
    pub fn visit_range(&self, from: i64, to: i64, mut visit: impl FnMut(u32, u8, Reading)) {
        for index in 0..self.rows.len() {
            let Some((at, row)) = self.row(index).filter(|(at, _)| from <= *at && *at <= to) else { continue };
            self.visit(row, |column, value, broken| {
                if let Some(key) = self.columns.get(column) {
                    visit(key.part, key.metric, Reading { at, value: Some(value), broken });
                }
            });
        }
    }
}
