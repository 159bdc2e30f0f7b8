//! What a filter lets through of what is on disk and in heads, and what is remembered of it: the same questions come again and again.

use super::super::memory::is_relative;
use super::answer::{Of, Part, Parts};
use super::bits::Bits;
use super::head::Entry;
use super::number::Number;
use super::search::{Search, Stop};
use super::{DiskLogs, index};
use crate::history::StoreError;
use crate::history::logs::Patience;
use crate::model::{TimeRange, Timestamp};
use crate::query::LOG_COLUMNS;
use crate::query::filter::{Expr, Matcher};
use rustc_hash::FxHashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Octets of answers that are remembered.
const CACHE_OCTETS: usize = 32 << 20;

/// Indexes that are open at once; each is some files that are mapped.
const MOST_OPEN: usize = 128;

/// Filters whose answers heads remember: two bits for each in a word of 64.
const MARKS: usize = 32;

/// Answers of indexes that were given before.
#[derive(Default)]
pub(super) struct Cache {
    found: FxHashMap<(u64, String), (u64, Arc<Bits>)>,
    octets: usize,
    tick: u64,
}

impl Cache {
    pub(super) fn get(&mut self, key: &(u64, String)) -> Option<Arc<Bits>> {
        self.tick += 1;
        let (used, found) = self.found.get_mut(key)?;
        *used = self.tick;
        Some(Arc::clone(found))
    }

    pub(super) fn put(&mut self, key: (u64, String), found: Arc<Bits>) {
        self.tick += 1;
        self.octets += found.octets();
        if let Some((_, before)) = self.found.insert(key, (self.tick, found)) {
            self.octets = self.octets.saturating_sub(before.octets());
        }
        while self.octets > CACHE_OCTETS {
            let oldest = self.found.iter().min_by_key(|(_, (used, _))| *used).map(|(key, _)| key.clone());
            let Some((_, gone)) = oldest.and_then(|oldest| self.found.remove(&oldest)) else { break };
            self.octets = self.octets.saturating_sub(gone.octets());
        }
    }
}

/// Filters that heads were asked before, each with its place among the marks.
#[derive(Default)]
pub(super) struct Marks {
    names: [Option<String>; MARKS],
    next: usize,
}

/// A filter, as all parts are asked it.
pub(super) struct Asked<'a> {
    matcher: Matcher,
    faults_only: bool,
    patience: &'a Patience,
    /// What its answers are remembered by; none where it is another one each time.
    name: Option<String>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(filter: &Expr, (now, faults_only): (Timestamp, bool), patience: &'a Patience) -> Result<Self, String> {
        let matcher = Matcher::bind(filter, LOG_COLUMNS, now).map_err(|fault| fault.to_string())?;
        let name = (!is_relative(filter)).then(|| format!("{} {filter}", u8::from(faults_only)));
        Ok(Self { matcher, faults_only, patience, name })
    }
}

impl DiskLogs {
    /// All that holds lines of a range, in the order of the days.
    pub(super) fn sources(&self, range: TimeRange) -> Vec<Of> {
        let (first, last) = (Number::new(range.from, 0), Number::behind(range.to));
        let mut sources = Vec::new();
        for period in self.periods() {
            let state = period.read();
            let chunks = state.chunks.iter().map(|chunk| Of::Chunk(Arc::clone(&period), Arc::clone(chunk)));
            let heads = state.heads.iter().filter(|head| !head.entries.is_empty());
            sources.extend(chunks.chain(heads.map(|head| Of::Head(Arc::clone(&head.entries)))));
        }
        sources.retain(|of| of.ends().is_some_and(|ends| ends.0 < last && first <= ends.1));
        sources
    }

    /// Lines of a range.
    pub(super) fn total(&self, range: TimeRange) -> Result<u64, StoreError> {
        let (first, behind) = (Number::new(range.from, 0), Number::behind(range.to));
        self.sources(range).iter().try_fold(0, |total, of| Ok(total + places(of, (first, behind))?.len() as u64))
    }

    /// The parts of an answer, how many lines lie in the range, and from when on was looked where there was no time for all.
    pub(super) fn parts(&self, asked: &Asked<'_>, range: TimeRange) -> Result<(Parts, u64, Option<Timestamp>), StoreError> {
        let (first, behind) = (Number::new(range.from, 0), Number::behind(range.to));
        let mut sources = self.sources(range);
        // The newest are looked at first.
        sources.sort_by_key(|of| std::cmp::Reverse(of.ends().map(|ends| ends.1)));
        let (mut parts, mut total, mut looked_from) = (Vec::new(), 0, None);
        for of in sources {
            let Some((least, greatest)) = of.ends() else { continue };
            let places = places(&of, (first, behind))?;
            total += places.len() as u64;
            if places.is_empty() || looked_from.is_some() {
                continue;
            }
            match self.found(asked, &of) {
                Ok(found) => {
                    parts.push(Part { of, range: places, found, ends: (least.max(first), greatest) });
                }
                Err(Stop::Patience) => looked_from = Some(Number(greatest.0.saturating_add(1)).at()),
                Err(Stop::Store(error)) => return Err(error),
            }
        }
        self.close_some();
        Ok((Parts(parts), total, looked_from))
    }

    /// What the filter lets through of a source; `None` is all.
    pub(super) fn found(&self, asked: &Asked<'_>, of: &Of) -> Result<Option<Arc<Bits>>, Stop> {
        if asked.matcher.is_all() && !asked.faults_only {
            return Ok(None);
        }
        match of {
            Of::Head(entries) => Ok(Some(Arc::new(self.of_head(asked, entries)))),
            Of::Chunk(period, chunk) => {
                if let Some(found) = asked.name.as_ref().and_then(|name| self.cache().get(&(chunk.id, name.clone()))) {
                    return Ok(Some(found));
                }
                let index = period.opened(chunk)?;
                let lines = || period.known_lines();
                let search = Search { index: &index, lines: &lines, patience: asked.patience };
                let found =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| search.matching(&asked.matcher, asked.faults_only)));
                let broken = |_| Err(Stop::Store(index::damaged(chunk.path(), "its index can't be read".to_owned())));
                let found = Arc::new(found.unwrap_or_else(broken)?);
                if let Some(name) = &asked.name {
                    self.cache().put((chunk.id, name.clone()), Arc::clone(&found));
                }
                Ok(Some(found))
            }
        }
    }

    pub(super) fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lines of a head are looked at once for each filter.
    pub(super) fn of_head(&self, asked: &Asked<'_>, entries: &[Arc<Entry>]) -> Bits {
        let matches = |entry: &Entry| (!asked.faults_only || entry.digest.meta.is_fault()) && asked.matcher.matches(&*entry.line);
        let mut found = Bits::none(entries.len());
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = asked.name.as_ref().map(|name| self.slot(&mut marks, name, entries));
        for (at, entry) in entries.iter().enumerate() {
            let is_in = match slot {
                None => matches(entry),
                Some(slot) => {
                    let marks = entry.marks.load(Ordering::Relaxed) >> (2 * slot) & 0b11;
                    if marks & 0b10 != 0 {
                        marks & 1 == 1
                    } else {
                        let is_in = matches(entry);
                        entry.marks.fetch_or((0b10 | u64::from(is_in)) << (2 * slot), Ordering::Relaxed);
                        is_in
                    }
                }
            };
            if is_in {
                found.insert(at);
            }
        }
        found.sealed()
    }

    /// The place of a filter among the marks; the one that had it before is forgotten by all heads.
    pub(super) fn slot(&self, marks: &mut Marks, name: &str, asked: &[Arc<Entry>]) -> usize {
        if let Some(slot) = marks.names.iter().position(|known| known.as_deref() == Some(name)) {
            return slot;
        }
        let slot = marks.next;
        marks.next = (slot + 1) % MARKS;
        if let Some(place) = marks.names.get_mut(slot) {
            *place = Some(name.to_owned());
        }
        let forget = |entry: &Arc<Entry>| {
            entry.marks.fetch_and(!(0b11 << (2 * slot)), Ordering::Relaxed);
        };
        // Those that are asked may be of a head that was indexed meanwhile.
        asked.iter().for_each(forget);
        for period in self.periods() {
            period.read().heads.iter().flat_map(|head| head.entries.iter()).for_each(forget);
        }
        slot
    }

    /// Closes indexes that were not used for longest where too many are open.
    pub(super) fn close_some(&self) {
        let periods = self.periods();
        let chunks: Vec<_> = periods.iter().flat_map(|period| period.read().chunks.clone()).collect();
        let mut open: Vec<_> = chunks.iter().filter_map(|chunk| Some((chunk.last_used()?, chunk))).collect();
        if open.len() > MOST_OPEN {
            open.sort_by_key(|(used, _)| *used);
            open.iter().take(open.len() - MOST_OPEN).for_each(|(_, chunk)| chunk.close());
            periods.iter().for_each(|period| period.close_unused());
        }
    }
}

/// The places of a source whose numbers lie in a range.
fn places(of: &Of, (first, behind): (Number, Number)) -> Result<std::ops::Range<usize>, StoreError> {
    let is_whole = of.ends().is_some_and(|(least, greatest)| first <= least && greatest < behind);
    if is_whole {
        return Ok(0..of.len());
    }
    let open = of.open()?;
    Ok(open.first_not_below(first)..open.first_not_below(behind))
}
