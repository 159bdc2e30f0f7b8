//! Patterns of lines, counted: which are new, which rise.

use super::StoreError;
use crate::model::log::LogPattern;
use crate::model::{LogSeverity, TimeRange, Timestamp, limit};
use crate::query::Window;
use crate::query::filter::Expr;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::sync::Arc;

/// Devices of a pattern that are told apart.
const MOST_DEVICES: usize = 10_000;

/// Which patterns are asked for.
#[derive(Clone, Debug)]
pub struct PatternQuestion {
    /// Of which lines.
    pub filter: Expr,
    /// Received within; they are compared with the range of the same length before.
    pub range: TimeRange,
    /// What relative times in the filter are relative to.
    pub now: Timestamp,
    /// Only errors and worse.
    pub faults_only: bool,
    /// Which of the patterns are returned.
    pub window: Window,
    /// Says when to give up: see [`super::LogQuestion::patience`].
    pub patience: super::Patience,
}

impl PatternQuestion {
    /// The range before, of the same length.
    pub fn before(&self) -> TimeRange {
        let (from, to) = (self.range.from.0, self.range.to.0);
        let length = to.saturating_sub(from).saturating_add(1);
        TimeRange { from: Timestamp(from.saturating_sub(length)), to: Timestamp(from.saturating_sub(1)) }
    }
}

/// The patterns, new ones first, then those that rise most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatternAnswer {
    /// The patterns of the window.
    pub rows: Vec<LogPattern>,
    /// Patterns in the range.
    pub matched: usize,
    /// Place of the first returned one.
    pub offset: usize,
    /// Lines in the range that the filter lets through.
    pub lines: u64,
    /// Lines in the range.
    pub total: u64,
    /// What is wrong with the filter.
    pub fault: Option<String>,
    /// Only lines since this time were looked at.
    pub looked_from: Option<Timestamp>,
}

/// A line as it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) severity: Option<LogSeverity>,
    /// What tells its device from others: a hash of it.
    pub(super) device: Option<u64>,
}

/// What is counted of a pattern.
#[derive(Debug, Default)]
struct Sum {
    count: u64,
    before: u64,
    last: Option<(u64, Timestamp)>,
    severity: Option<LogSeverity>,
    devices: FxHashSet<u64>,
}

/// Counts lines by their patterns.
#[derive(Debug, Default)]
pub(super) struct Counting {
    places: FxHashMap<Arc<str>, usize>,
    sums: Vec<(Arc<str>, Sum)>,
}

impl Counting {
    /// The place of a pattern; `None` where there are too many.
    pub(super) fn place(&mut self, pattern: &str) -> Option<usize> {
        if let Some(place) = self.places.get(pattern) {
            return Some(*place);
        }
        if !limit::LOG_PATTERNS.has_room(self.sums.len()) {
            return None;
        }
        let pattern: Arc<str> = pattern.into();
        self.places.insert(Arc::clone(&pattern), self.sums.len());
        self.sums.push((pattern, Sum::default()));
        Some(self.sums.len() - 1)
    }

    /// A line of the range.
    pub(super) fn count(&mut self, place: usize, line: Counted) {
        let Some((_, sum)) = self.sums.get_mut(place) else { return };
        sum.count += 1;
        sum.last = sum.last.max(Some((line.number, line.at)));
        // The worst is the least; a line without a severity says nothing of it.
        sum.severity = sum.severity.into_iter().chain(line.severity).min();
        if let Some(device) = line.device.filter(|_| sum.devices.len() < MOST_DEVICES) {
            sum.devices.insert(device);
        }
    }

    /// A line of the range before.
    pub(super) fn count_before(&mut self, place: usize) {
        if let Some((_, sum)) = self.sums.get_mut(place) {
            sum.before += 1;
        }
    }

    /// The answer; `first_of` says when the first line of a pattern came, of all that are kept.
    pub(super) fn answer(
        self,
        question: &PatternQuestion,
        first_of: &mut dyn FnMut(&str) -> Result<Option<Timestamp>, StoreError>,
    ) -> Result<PatternAnswer, StoreError> {
        let mut rows = Vec::new();
        for (pattern, sum) in self.sums.into_iter().filter(|(_, sum)| sum.count > 0) {
            let Some((example, last)) = sum.last else { continue };
            // One that came before is known to be old: when exactly is asked for what is shown alone.
            let first = if sum.before > 0 { None } else { Some(first_of(&pattern)?.unwrap_or(last)) };
            rows.push(LogPattern {
                pattern: pattern.to_string(),
                count: sum.count,
                before: sum.before,
                first: first.unwrap_or(question.range.from),
                last,
                new: first.is_some_and(|first| first >= question.range.from),
                devices: u32::try_from(sum.devices.len()).unwrap_or(u32::MAX),
                severity: sum.severity,
                example,
            });
        }
        rows.sort_by(|a, b| {
            let key = |row: &LogPattern| {
                (Reverse(row.new), Reverse(row.severity.map(|severity| 7 - severity.number()).filter(|_| row.new)))
            };
            key(a)
                .cmp(&key(b))
                .then_with(|| b.rise().total_cmp(&a.rise()))
                .then_with(|| b.count.cmp(&a.count))
                .then_with(|| a.pattern.cmp(&b.pattern))
        });
        let (matched, lines) = (rows.len(), rows.iter().map(|row| row.count).sum());
        let wanted = question.window.rows.min(matched);
        let offset = question.window.offset.min(matched - wanted);
        let mut rows: Vec<LogPattern> = rows.into_iter().skip(offset).take(wanted).collect();
        for row in rows.iter_mut().filter(|row| row.before > 0) {
            row.first = first_of(&row.pattern)?.unwrap_or(row.first);
        }
        Ok(PatternAnswer { rows, matched, offset, lines, ..PatternAnswer::default() })
    }
}

#[cfg(test)]
mod room_tests {
    use super::*;

    #[test]
    fn lines_of_random_words_make_patterns_only_as_far_as_there_is_room() {
        let (mut counting, most) = (Counting::default(), limit::LOG_PATTERNS.most());
        let (placed, beyond) =
            limit::LOG_PATTERNS.during(|| (0..most + 9).filter(|number| counting.place(&number.to_string()).is_some()).count());
        assert!(placed == most && counting.sums.len() == most && beyond >= 9);
        assert_eq!(counting.place("7"), Some(7), "known ones go on being counted");
    }
}
