//! Log lines in memory: a bounded queue, and what the last filters let through of it.
//!
//! Lines have numbers in the order of their receipt. A filter is gone through once; after that only new lines are, so that a screen that
//! follows the log costs what is new.

use super::fold::sameness;
use super::patterns::{Counted, Counting};
use super::{
    FoundLine, LogAnswer, LogOrder, LogQuestion, LogRate, LogStore, LogsKept, PatternAnswer, PatternQuestion, RateSteps,
};
use crate::history::StoreError;
use crate::model::{LogKind, LogLine, LogSeverity, TimeRange, Timestamp};
use crate::query::filter::{Expr, FilterError, Matcher};
use crate::query::{LOG_COLUMNS, pattern_of};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Filters whose lines are remembered: those of some screens.
const MOST_FILTERS: usize = 8;

/// Patterns that are remembered before those that no line has any more are looked for.
const MOST_PATTERNS: usize = 10_000;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Lines.
    pub lines: usize,
    /// Octets.
    pub octets: usize,
}

impl Default for Bounds {
    /// 200,000 lines of some 500 octets, raw octets counted, are 100 MB.
    fn default() -> Self {
        Self { lines: 200_000, octets: 128 * 1024 * 1024 }
    }
}

/// Lines that are forgotten when it is dropped.
#[derive(Default)]
pub struct MemoryLogs {
    inner: Mutex<Inner>,
    bounds: Bounds,
}

struct Stored {
    line: Arc<LogLine>,
    same: u64,
    pattern: Arc<str>,
}

#[derive(Default)]
struct Inner {
    /// By the time of receipt.
    lines: VecDeque<Stored>,
    /// The number of the first of them.
    first: u64,
    octets: usize,
    dropped: u64,
    searched: VecDeque<Searched>,
    /// Patterns that lines have in common.
    patterns: FxHashSet<Arc<str>>,
}

/// What a filter lets through.
struct Searched {
    filter: Expr,
    faults_only: bool,
    /// Numbers of lines, rising.
    found: VecDeque<u64>,
    /// The number of the first line that was not looked at.
    next: u64,
}

impl MemoryLogs {
    /// With other bounds than the usual.
    pub fn bounded(bounds: Bounds) -> Self {
        Self { inner: Mutex::default(), bounds }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogStore for MemoryLogs {
    fn logs_append(&self, mut lines: Vec<LogLine>) -> Result<(), StoreError> {
        lines.sort_by_key(|line| line.received);
        let mut inner = self.lock();
        for line in lines {
            inner.put(line);
        }
        while inner.lines.len() > self.bounds.lines || (inner.octets > self.bounds.octets && inner.lines.len() > 1) {
            inner.drop_oldest();
        }
        Ok(())
    }

    fn logs_ask(&self, question: &LogQuestion) -> Result<LogAnswer, StoreError> {
        let mut inner = self.lock();
        let total = inner.within(question.range);
        let total = total.end - total.start;
        Ok(match inner.search(question) {
            Ok(numbers) => inner.answer(&numbers, (question, total)),
            Err(fault) => LogAnswer { total, fault: Some(fault.to_string()), ..LogAnswer::default() },
        })
    }

    fn logs_patterns(&self, question: &PatternQuestion) -> Result<PatternAnswer, StoreError> {
        let inner = self.lock();
        let within = inner.within(question.range);
        let total = within.end - within.start;
        let matcher = match Matcher::bind(&question.filter, LOG_COLUMNS, question.now) {
            Ok(matcher) => matcher,
            Err(fault) => return Ok(PatternAnswer { total, fault: Some(fault.to_string()), ..PatternAnswer::default() }),
        };
        let wanted = |stored: &&Stored| (!question.faults_only || is_fault(&stored.line)) && matcher.matches(&*stored.line);
        let mut counting = Counting::default();
        for number in within {
            let Some(stored) = inner.stored(number).filter(wanted) else { continue };
            let line = &stored.line;
            let device = line.device.as_ref().map(|device| FxBuildHasher.hash_one(&device.id));
            let counted = Counted { number, at: line.received, severity: line.severity, device };
            if let Some(place) = counting.place(&stored.pattern) {
                counting.count(place, counted);
            }
        }
        for stored in inner.within(question.before()).filter_map(|number| inner.stored(number)).filter(wanted) {
            if let Some(place) = counting.place(&stored.pattern) {
                counting.count_before(place);
            }
        }
        let mut firsts: FxHashMap<&str, Timestamp> = FxHashMap::default();
        inner.lines.iter().for_each(|stored| {
            firsts.entry(&stored.pattern).or_insert(stored.line.received);
        });
        let answer = counting.answer(question, &mut |pattern| Ok(firsts.get(pattern).copied()))?;
        Ok(PatternAnswer { total, ..answer })
    }

    fn logs_line(&self, number: u64) -> Result<Option<Arc<LogLine>>, StoreError> {
        Ok(self.lock().stored(number).map(|stored| Arc::clone(&stored.line)))
    }

    fn logs_kept(&self) -> Result<LogsKept, StoreError> {
        let inner = self.lock();
        let ends = inner.lines.front().zip(inner.lines.back());
        let span = ends.map(|(first, last)| TimeRange { from: first.line.received, to: last.line.received });
        Ok(LogsKept { lines: inner.lines.len() as u64, octets: inner.octets as u64, span, dropped: inner.dropped })
    }
}

impl Inner {
    fn stored(&self, number: u64) -> Option<&Stored> {
        self.lines.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    fn next(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// Puts a line where its time is, mostly at the end.
    fn put(&mut self, line: LogLine) {
        let after = self.lines.iter().rev().take_while(|stored| stored.line.received > line.received).count();
        let at = self.lines.len() - after;
        self.octets += line.octets();
        let pattern = self.pattern(&line);
        let stored = Stored { same: sameness(&line), pattern, line: Arc::new(line) };
        self.lines.insert(at, stored);
        // Lines behind it have other numbers now.
        let number = self.first + at as u64;
        for searched in self.searched.iter_mut().filter(|searched| searched.next > number) {
            searched.next = number;
            searched.found.truncate(searched.found.partition_point(|found| *found < number));
        }
    }

    fn pattern(&mut self, line: &LogLine) -> Arc<str> {
        let pattern = pattern_of(line);
        if let Some(known) = self.patterns.get(pattern.as_str()) {
            return Arc::clone(known);
        }
        // Those that no line has any more.
        if self.patterns.len() >= MOST_PATTERNS {
            self.patterns.retain(|pattern| Arc::strong_count(pattern) > 1);
        }
        let pattern: Arc<str> = pattern.into();
        self.patterns.insert(Arc::clone(&pattern));
        pattern
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.lines.pop_front() else { return };
        self.octets = self.octets.saturating_sub(oldest.line.octets());
        self.first += 1;
        self.dropped += 1;
        for searched in &mut self.searched {
            while searched.found.front().is_some_and(|found| *found < self.first) {
                searched.found.pop_front();
            }
            searched.next = searched.next.max(self.first);
        }
    }

    /// Numbers of the lines that were received in a range.
    fn within(&self, range: TimeRange) -> std::ops::Range<u64> {
        let from = self.lines.partition_point(|stored| stored.line.received < range.from) as u64;
        let to = self.lines.partition_point(|stored| stored.line.received <= range.to) as u64;
        self.first + from..self.first + to.max(from)
    }

    /// Has what the filter lets through, up to the newest line, remembered as the last search.
    fn search(&mut self, question: &LogQuestion) -> Result<Numbers, FilterError> {
        let matcher = Matcher::bind(&question.filter, LOG_COLUMNS, question.now)?;
        if matcher.is_all() && !question.faults_only {
            return Ok(Numbers::All);
        }
        let known = self
            .searched
            .iter()
            .position(|known| known.filter == question.filter && known.faults_only == question.faults_only)
            // What is relative to now is another filter each time.
            .filter(|_| !is_relative(&question.filter));
        let mut searched = known.and_then(|at| self.searched.remove(at)).unwrap_or_else(|| Searched {
            filter: question.filter.clone(),
            faults_only: question.faults_only,
            found: VecDeque::new(),
            next: self.first,
        });
        for number in searched.next.max(self.first)..self.next() {
            let Some(stored) = self.stored(number) else { continue };
            if (!question.faults_only || is_fault(&stored.line)) && matcher.matches(&*stored.line) {
                searched.found.push_back(number);
            }
        }
        searched.next = self.next();
        if self.searched.len() >= MOST_FILTERS {
            self.searched.pop_front();
        }
        self.searched.push_back(searched);
        Ok(Numbers::Last)
    }

    fn answer(&self, found: &Numbers, (question, total): (&LogQuestion, u64)) -> LogAnswer {
        let within = self.within(question.range);
        let nothing = VecDeque::new();
        let last = self.searched.back().map_or(&nothing, |searched| &searched.found);
        let picked = match found {
            Numbers::All => Picked::Run(within),
            Numbers::Last => {
                let from = last.partition_point(|number| *number < within.start);
                let to = last.partition_point(|number| *number < within.end);
                Picked::Listed(last, from..to.max(from))
            }
        };
        let mut answer = LogAnswer { lines: picked.len() as u64, total, ..LogAnswer::default() };
        if let Some(steps) = question.rates {
            answer.rates = self.rates(&picked, steps);
        }
        let folded = question.fold.then(|| self.folded(&picked));
        let matched = folded.as_ref().map_or(picked.len(), Vec::len);
        let place = |at: usize| if question.order == LogOrder::NewestFirst { matched - 1 - at } else { at };
        let row = |at: usize| match &folded {
            Some(folded) => folded.get(place(at)).and_then(|fold| self.row(fold.last, (fold.count, fold.first))),
            None => picked.get(place(at)).and_then(|number| self.row(number, (1, number))),
        };
        let rows = question.window.rows.min(matched);
        let wanted = question.seek.map_or(question.window.offset, |seek| {
            let before = |at: usize| {
                row(at).is_some_and(|found| match question.order {
                    LogOrder::OldestFirst => found.line.received < seek,
                    LogOrder::NewestFirst => found.line.received > seek,
                })
            };
            first_not(matched, before).saturating_sub(rows / 3)
        });
        answer.matched = matched;
        answer.offset = wanted.min(matched - rows);
        answer.rows = (answer.offset..answer.offset + rows).filter_map(row).collect();
        answer
    }

    fn row(&self, number: u64, (count, first): (u32, u64)) -> Option<FoundLine> {
        let line = Arc::clone(&self.stored(number)?.line);
        let first = self.stored(first).map_or(line.received, |stored| stored.line.received);
        Some(FoundLine { number, line, count, first })
    }

    /// Lines that say the same as one, in the order of the last of each.
    fn folded(&self, picked: &Picked<'_>) -> Vec<Fold> {
        let mut folds: FxHashMap<u64, Fold> = FxHashMap::default();
        for number in picked.iter() {
            let Some(stored) = self.stored(number) else { continue };
            let fold = folds.entry(stored.same).or_insert(Fold { first: number, last: number, count: 0 });
            fold.last = number;
            fold.count = fold.count.saturating_add(1);
        }
        let mut folds: Vec<Fold> = folds.into_values().collect();
        folds.sort_unstable_by_key(|fold| fold.last);
        folds
    }

    fn rates(&self, picked: &Picked<'_>, steps: RateSteps) -> Vec<LogRate> {
        let mut rates = vec![LogRate::default(); steps.count];
        let step = i64::try_from(steps.step.as_millis()).unwrap_or(i64::MAX).max(1);
        for stored in picked.iter().filter_map(|number| self.stored(number)) {
            let into = stored.line.received.0 - steps.from.0;
            let Some(rate) = usize::try_from(into.div_euclid(step)).ok().and_then(|at| rates.get_mut(at)) else { continue };
            rate.all += 1;
            rate.errors += u32::from(stored.line.severity.is_some_and(LogSeverity::is_error));
            rate.warnings += u32::from(stored.line.severity == Some(LogSeverity::Warning));
            rate.traps += u32::from(stored.line.kind == LogKind::Trap);
        }
        rates
    }
}

/// Where the numbers of a search are.
enum Numbers {
    /// All lines.
    All,
    /// Those of the search that was remembered last.
    Last,
}

/// Lines that say the same.
struct Fold {
    first: u64,
    last: u64,
    count: u32,
}

/// Numbers of lines that matched and were received in the range.
enum Picked<'a> {
    Run(std::ops::Range<u64>),
    Listed(&'a VecDeque<u64>, std::ops::Range<usize>),
}

impl Picked<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Run(run) => usize::try_from(run.end - run.start).unwrap_or(usize::MAX),
            Self::Listed(_, places) => places.len(),
        }
    }

    fn get(&self, at: usize) -> Option<u64> {
        match self {
            Self::Run(run) => Some(run.start + at as u64).filter(|number| *number < run.end),
            Self::Listed(numbers, places) => numbers.get(places.start + at).copied().filter(|_| at < places.len()),
        }
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

/// Whether a line is a fault: an error, or worse. Traps say no severity.
fn is_fault(line: &LogLine) -> bool {
    line.severity.is_some_and(LogSeverity::is_error)
}

/// Whether an expression speaks of time, which may be relative to now.
pub(super) fn is_relative(filter: &Expr) -> bool {
    match filter {
        Expr::Or(parts) | Expr::And(parts) => parts.iter().any(is_relative),
        Expr::Not(inner) => is_relative(inner),
        Expr::Term(crate::query::filter::Term::Compare(field, ..), _) => {
            ["at", "time", "receivedAt", "received"].iter().any(|name| name.eq_ignore_ascii_case(field))
        }
        Expr::Term(..) => false,
    }
}

/// The first of `count` places for which `before` does not hold; it holds for none behind one for which it does not.
fn first_not(count: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
