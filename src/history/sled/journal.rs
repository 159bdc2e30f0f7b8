//! The journal: records by number, written at a flush. Times nearly rise with the numbers, so a time is found by halving.
//!
//! Tree 0: `number (8 bytes, big-endian)` → `CRC-32 · version · time (8) · bytes`. Tree 1 lists the numbers at which the
//! clock stepped back by more than [`SLACK_MS`]: between two of them a record is at most that much earlier than one before it.

use super::door::{ALL, Base, Changes, SEGMENT_BYTES, Spec};
use super::folder::Folder;
use crate::history::blocks::shard::{sealed, unsealed};
use crate::history::{JournalRecord, StoreError};
use crate::model::{TimeRange, Timestamp};
use std::collections::VecDeque;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

const RECORDS: usize = 0;
const RUNS: usize = 1;
const SPEC: Spec = Spec { trees: &["records", "runs"], cache_bytes: 16 << 20, segment_bytes: SEGMENT_BYTES };

/// How much earlier a record may be than one before it: replies are noted by when they were received, a little out of order.
pub const SLACK_MS: i64 = 60_000;
/// Records that wait for a flush, or for the disk while it is full.
const MAX_WAITING_BYTES: usize = 32 << 20;
/// Records in one batch.
const BATCH: usize = 512;

/// The journal of a store.
pub struct Journal {
    base: Option<Arc<Base>>,
    /// Not on disk yet.
    waiting: VecDeque<JournalRecord>,
    waiting_bytes: usize,
    /// First numbers of runs, rising.
    runs: Vec<u64>,
    new_runs: Vec<u64>,
    first: u64,
    last: u64,
    /// The latest time of the last run.
    high: i64,
    span: Option<TimeRange>,
    /// Records that could not be kept.
    pub lost: u64,
}

fn read(seq: u64, value: &[u8]) -> Option<JournalRecord> {
    let (at, bytes) = unsealed(value)?.split_first_chunk::<8>()?;
    Some(JournalRecord { seq, at: Timestamp(i64::from_le_bytes(*at)), bytes: bytes.to_vec() })
}

fn number(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(*key.first_chunk::<8>()?))
}

/// How much of what waits [`Journal::write_out`] wrote.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    records: usize,
    runs: usize,
}

impl Journal {
    /// Opens it. It goes on after `at_least`, the last record that a checkpoint includes, even where damage took records away:
    /// a number must not come twice.
    pub fn open(folder: &Folder, at_least: u64) -> Result<Self, StoreError> {
        let (base, mut journal) = folder.open_sound("journal", SPEC, Self::load)?;
        journal.base = base.map(Arc::new);
        if journal.last < at_least {
            journal.lost = at_least - journal.last;
            journal.last = at_least;
        }
        Ok(journal)
    }

    /// An empty one, whose records have numbers from 1.
    fn empty() -> Self {
        Self {
            base: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            runs: Vec::new(),
            new_runs: Vec::new(),
            first: 1,
            last: 0,
            high: i64::MIN,
            span: None,
            lost: 0,
        }
    }

    fn load(base: Option<&Base>) -> Result<Self, StoreError> {
        let mut journal = Self::empty();
        let Some(base) = base else { return Ok(journal) };
        let (mut first, mut last) = (None, None);
        base.scan(RECORDS, ALL, |key, value| {
            first = number(key).map(|seq| (seq, read(seq, value)));
            ControlFlow::Break(())
        })?;
        if let Some((key, _)) = base.last_upto(RECORDS, &u64::MAX.to_be_bytes())? {
            last = number(&key);
        }
        base.scan(RUNS, ALL, |key, _| {
            journal.runs.extend(number(key));
            ControlFlow::Continue(())
        })?;
        let (Some((first, oldest)), Some(last)) = (first, last) else { return Ok(journal) };
        (journal.first, journal.last) = (first, last);
        let mut times = (oldest.map_or(i64::MAX, |record| record.at.millis()), i64::MIN);
        // The latest time is among the last records of the last run, give or take the slack.
        let from = last.saturating_sub(BATCH as u64).max(journal.runs.last().copied().unwrap_or(0));
        base.scan(RECORDS, (Bound::Included(&from.to_be_bytes()), Bound::Unbounded), |key, value| {
            if let Some(record) = number(key).and_then(|seq| read(seq, value)) {
                times = (times.0.min(record.at.millis()), times.1.max(record.at.millis()));
            }
            ControlFlow::Continue(())
        })?;
        journal.high = times.1;
        if times.0 <= times.1 {
            journal.span = Some(TimeRange { from: Timestamp(times.0), to: Timestamp(times.1) });
        }
        Ok(journal)
    }

    /// Takes records over; see `Store::journal_append`.
    pub fn append(&mut self, folder: &Folder, records: &[(Timestamp, Vec<u8>)]) -> Result<u64, StoreError> {
        folder.writable()?;
        let bytes: usize = records.iter().map(|(_, bytes)| bytes.len()).sum();
        if self.waiting_bytes + bytes > MAX_WAITING_BYTES
            && let Err(error) = folder.room_for(self.waiting_bytes).and_then(|()| self.flush())
        {
            self.lost += records.len() as u64;
            return Err(error);
        }
        for (at, bytes) in records {
            self.last += 1;
            let at_ms = at.millis();
            if self.high.saturating_sub(SLACK_MS) > at_ms {
                self.runs.push(self.last);
                self.new_runs.push(self.last);
                self.high = at_ms;
            }
            self.high = self.high.max(at_ms);
            let span = self.span.get_or_insert(TimeRange { from: *at, to: *at });
            *span = TimeRange { from: span.from.min(*at), to: span.to.max(*at) };
            self.waiting_bytes += bytes.len();
            self.waiting.push_back(JournalRecord { seq: self.last, at: *at, bytes: bytes.clone() });
        }
        Ok(self.last)
    }

    /// Writes what waits and makes it durable. On an error it waits on.
    fn flush(&mut self) -> Result<(), StoreError> {
        let written = self.write_out()?;
        self.written(written);
        Ok(())
    }

    /// The same, which changes nothing: what was written is to be told to [`Self::written`].
    pub fn write_out(&self) -> Result<Written, StoreError> {
        let written = Written { records: self.waiting.len(), runs: self.new_runs.len() };
        let Some(base) = self.base.as_ref().filter(|_| !self.waiting.is_empty()) else { return Ok(Written::default()) };
        // Runs first: without its mark a step of the clock would hide records.
        let runs: Changes = self.new_runs.iter().map(|run| (run.to_be_bytes().to_vec(), Some(Vec::new()))).collect();
        if !runs.is_empty() {
            base.write(RUNS, &runs)?;
        }
        let mut batch: Changes = Vec::new();
        for record in &self.waiting {
            let value = sealed(|out| {
                out.extend_from_slice(&record.at.millis().to_le_bytes());
                out.extend_from_slice(&record.bytes);
            });
            batch.push((record.seq.to_be_bytes().to_vec(), Some(value)));
            if batch.len() >= BATCH {
                base.write(RECORDS, &std::mem::take(&mut batch))?;
            }
        }
        base.write(RECORDS, &batch)?;
        base.flush()?;
        Ok(written)
    }

    /// So much of what waited is durable.
    pub fn written(&mut self, Written { records, runs }: Written) {
        let bytes: usize = self.waiting.drain(..records.min(self.waiting.len())).map(|record| record.bytes.len()).sum();
        self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes);
        self.new_runs.drain(..runs.min(self.new_runs.len()));
    }

    /// Lets go of the records up to a number: the others move to a new database, because sled's files only grow.
    pub fn keep_after(&mut self, folder: &Folder, seq: u64) -> Result<(), StoreError> {
        if seq < self.first {
            return Ok(());
        }
        self.flush()?;
        folder.rewrite(
            "journal",
            SPEC,
            (&mut self.base, &mut |old, new| {
                let from = (seq + 1).to_be_bytes();
                let range = (Bound::Included(&from[..]), Bound::Unbounded);
                new.copy(old, RECORDS, range)?;
                new.copy(old, RUNS, range)
            }),
        )?;
        self.first = seq.saturating_add(1);
        self.runs.retain(|run| *run > seq);
        let mut oldest = None;
        self.visit(self.first, self.last, |record| {
            oldest = Some(record.at);
            ControlFlow::Break(())
        })?;
        self.span = self.span.zip(oldest).map(|(span, from)| TimeRange { from: from.min(span.to), to: span.to });
        Ok(())
    }

    /// Visits records by number, from the disk and from memory.
    fn visit(&self, from: u64, to: u64, mut visit: impl FnMut(JournalRecord) -> ControlFlow<()>) -> Result<(), StoreError> {
        let in_memory = self.waiting.front().map_or(u64::MAX, |record| record.seq);
        let mut stopped = false;
        if let Some(base) = self.base.as_ref().filter(|_| from < in_memory && from <= to) {
            let (low, high) = (from.to_be_bytes(), to.min(in_memory - 1).to_be_bytes());
            base.scan(RECORDS, (Bound::Included(&low), Bound::Included(&high)), |key, value| {
                let flow = number(key).and_then(|seq| read(seq, value)).map_or(ControlFlow::Continue(()), &mut visit);
                stopped = flow.is_break();
                flow
            })?;
        }
        let skipped = usize::try_from(from.saturating_sub(in_memory)).unwrap_or(usize::MAX);
        for record in self.waiting.iter().skip(skipped).take_while(|record| record.seq <= to) {
            if stopped || visit(record.clone()).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The first number of `first..=last` whose time is after `at`, by halving; `last + 1` when there is none.
    fn first_after(&self, first: u64, last: u64, at: i64) -> Result<u64, StoreError> {
        let (mut low, mut high) = (first, last + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut time = None;
            self.visit(middle, last, |record| {
                time = Some(record.at.millis());
                ControlFlow::Break(())
            })?;
            if time.is_none_or(|time| time > at) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(low)
    }

    /// The runs: first and last number of each.
    fn runs(&self) -> Vec<(u64, u64)> {
        let starts = std::iter::once(self.first).chain(self.runs.iter().copied().filter(|run| *run > self.first));
        let ends = self.runs.iter().copied().filter(|run| *run > self.first).map(|run| run - 1).chain([self.last]);
        starts.zip(ends).collect()
    }

    /// See `Store::journal_read`.
    pub fn read(&self, after: u64, until: Timestamp, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        let mut found = Vec::new();
        let beyond = until.millis().saturating_add(SLACK_MS);
        for (first, last) in self.runs() {
            let from = first.max(after.saturating_add(1));
            if from > last || found.len() >= limit {
                continue;
            }
            self.visit(from, last, |record| {
                let at = record.at.millis();
                if record.at <= until {
                    found.push(record);
                }
                if at > beyond || found.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
        }
        Ok(found)
    }

    /// See `Store::journal_range`.
    pub fn range(&self, range: TimeRange, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        let mut parts: Vec<Vec<JournalRecord>> = Vec::new();
        let mut left = limit;
        for (first, last) in self.runs().into_iter().rev() {
            if left == 0 || self.last == 0 {
                break;
            }
            let from = self.first_after(first, last, range.from.millis().saturating_sub(SLACK_MS + 1))?;
            let to = self.first_after(first, last, range.to.millis().saturating_add(SLACK_MS))?.saturating_sub(1);
            let mut found = self.last_between(from, to, range, left)?;
            left -= found.len();
            found.reverse();
            parts.push(found);
        }
        Ok(parts.into_iter().flatten().rev().collect())
    }

    /// The last `limit` records between two numbers that are of a time range: read in steps from the end.
    fn last_between(&self, from: u64, to: u64, range: TimeRange, limit: usize) -> Result<Vec<JournalRecord>, StoreError> {
        let mut found: VecDeque<JournalRecord> = VecDeque::new();
        let mut end = to;
        while found.len() < limit && end >= from && end > 0 {
            let start = end.saturating_sub(BATCH as u64 - 1).max(from);
            let mut step = Vec::new();
            self.visit(start, end, |record| {
                if range.contains(record.at) {
                    step.push(record);
                }
                ControlFlow::Continue(())
            })?;
            step.into_iter().rev().for_each(|record| found.push_front(record));
            end = start - 1;
        }
        while found.len() > limit {
            found.pop_front();
        }
        Ok(found.into())
    }

    /// Its database, for a copy of it.
    pub fn handle(&self) -> Option<(Arc<Base>, Spec)> {
        self.base.clone().map(|base| (base, SPEC))
    }

    /// Records on disk, by their numbers.
    pub fn kept(&self) -> u64 {
        self.count().saturating_sub(self.waiting.len() as u64)
    }

    /// Reads everything; returns how many records can't be read.
    pub fn verify(&self) -> Result<u64, StoreError> {
        let mut sound = 0;
        self.visit(self.first, self.last, |_| {
            sound += 1;
            ControlFlow::Continue(())
        })?;
        Ok(self.count().saturating_sub(sound))
    }

    /// The times of its records.
    pub const fn span(&self) -> Option<TimeRange> {
        self.span
    }

    /// How many records there are.
    pub const fn count(&self) -> u64 {
        (self.last + 1).saturating_sub(self.first)
    }
}
