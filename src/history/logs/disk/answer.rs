//! An answer made of parts: of each index and each head what the filter lets through. Parts overlap in time where classes do, so places among
//! all are found by numbers: a number has so many matching lines below it, in all parts together.

use super::bits::Bits;
use super::chunk::Chunk;
use super::head::Entry;
use super::index::{Opened, guarded};
use super::number::Number;
use super::period::Period;
use super::schema::Meta;
use crate::history::StoreError;
use crate::history::logs::patterns::{Counted, Counting};
use crate::history::logs::{FoundLine, LogAnswer, LogOrder, LogQuestion, LogRate, RateSteps};
use crate::model::{LogLine, LogSeverity, Timestamp};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

/// Different lines that are folded at once, some 50 octets each. Older ones are left out, and that is told.
const MOST_FOLDS: usize = 2_000_000;

/// What a part is of.
#[derive(Clone)]
pub enum Of {
    /// An index.
    Chunk(Arc<Period>, Arc<Chunk>),
    /// A head, by number.
    Head(Arc<Vec<Arc<Entry>>>),
}

/// Lines of an index or a head.
pub struct Part {
    /// Of which.
    pub of: Of,
    /// The places that lie in the range of the question.
    pub range: Range<usize>,
    /// Those of them that match; `None` is all.
    pub found: Option<Arc<Bits>>,
    /// The least and the greatest number of the range.
    pub ends: (Number, Number),
}

/// A part, open.
pub enum Lookable {
    /// An index.
    Index(Arc<Opened>),
    /// A head.
    Head(Arc<Vec<Arc<Entry>>>),
}

/// What is done with each of so many lines.
type Put<'a> = &'a dyn Fn(&mut Counting, usize, &dyn Fn() -> Counted);

impl Of {
    /// Opens it.
    pub fn open(&self) -> Result<Lookable, StoreError> {
        Ok(match self {
            Self::Chunk(period, chunk) => Lookable::Index(period.opened(chunk)?),
            Self::Head(entries) => Lookable::Head(Arc::clone(entries)),
        })
    }

    /// Its least and its greatest number.
    pub fn ends(&self) -> Option<(Number, Number)> {
        match self {
            Self::Chunk(_, chunk) => Some((chunk.name.first, chunk.name.last)),
            Self::Head(entries) => Some((entries.first()?.number, entries.last()?.number)),
        }
    }

    /// How many lines it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Chunk(_, chunk) => usize::try_from(chunk.name.count).unwrap_or(usize::MAX),
            Self::Head(entries) => entries.len(),
        }
    }
}

impl Lookable {
    /// The first place whose number is not below one.
    pub fn first_not_below(&self, number: Number) -> usize {
        match self {
            Self::Index(index) => index.first_not_below(number),
            Self::Head(entries) => entries.partition_point(|entry| entry.number < number),
        }
    }

    fn number(&self, at: usize) -> Number {
        match self {
            Self::Index(index) => index.number(at),
            Self::Head(entries) => entries.get(at).map_or(Number::default(), |entry| entry.number),
        }
    }

    fn meta(&self, at: usize) -> Meta {
        match self {
            Self::Index(index) => index.meta(at),
            Self::Head(entries) => entries.get(at).map_or(Meta(0), |entry| entry.digest.meta),
        }
    }
}

impl Part {
    /// Matching lines.
    pub fn count(&self) -> usize {
        match &self.found {
            Some(found) => found.below(self.range.end) - found.below(self.range.start),
            None => self.range.len(),
        }
    }

    /// Matching lines whose place is below one.
    fn below_place(&self, place: usize) -> usize {
        let place = place.clamp(self.range.start, self.range.end);
        match &self.found {
            Some(found) => found.below(place) - found.below(self.range.start),
            None => place - self.range.start,
        }
    }

    /// Matching lines whose number is below one.
    fn below(&self, number: Number) -> Result<usize, StoreError> {
        if number <= self.ends.0 {
            return Ok(0);
        }
        if number > self.ends.1 {
            return Ok(self.count());
        }
        Ok(self.below_place(self.of.open()?.first_not_below(number)))
    }

    /// Places of matching lines in some places.
    fn places(&self, of: Range<usize>) -> Box<dyn DoubleEndedIterator<Item = usize> + '_> {
        let of = of.start.max(self.range.start)..of.end.min(self.range.end);
        match &self.found {
            Some(found) => Box::new(found.within(of)),
            None => Box::new(of),
        }
    }
}

/// All parts of an answer.
pub struct Parts(pub Vec<Part>);

/// A row of the answer: its part, its place there, how many lines it is and when the first came.
struct Row {
    number: Number,
    part: usize,
    at: usize,
    count: u32,
    first: Timestamp,
}

/// Lines that say the same.
#[derive(Clone, Copy)]
struct Fold {
    first: Number,
    last: Number,
    part: usize,
    at: usize,
    count: u32,
}

impl Parts {
    fn count(&self) -> usize {
        self.0.iter().map(Part::count).sum()
    }

    fn below(&self, number: Number) -> Result<usize, StoreError> {
        self.0.iter().map(|part| part.below(number)).sum()
    }

    /// The answer to a question; `total` and what could not be looked at are the caller's.
    pub fn answer(&self, question: &LogQuestion) -> Result<LogAnswer, StoreError> {
        let lines = self.count();
        let mut answer = LogAnswer { lines: lines as u64, ..LogAnswer::default() };
        if let Some(steps) = question.rates {
            answer.rates = self.rates(steps)?;
        }
        if question.fold {
            let (folds, looked_from) = self.folds()?;
            answer.looked_from = looked_from;
            self.window_of_folds(&folds, (question, &mut answer))?;
        } else {
            self.window(lines, (question, &mut answer))?;
        }
        Ok(answer)
    }

    fn window(&self, matched: usize, (question, answer): (&LogQuestion, &mut LogAnswer)) -> Result<(), StoreError> {
        let rows = question.window.rows.min(matched);
        let wanted = match (question.seek, question.order) {
            (None, _) => question.window.offset,
            (Some(seek), LogOrder::OldestFirst) => self.below(Number::new(seek, 0))?.saturating_sub(rows / 3),
            (Some(seek), LogOrder::NewestFirst) => (matched - self.below(Number::behind(seek))?).saturating_sub(rows / 3),
        };
        (answer.matched, answer.offset) = (matched, wanted.min(matched - rows));
        if rows == 0 {
            return Ok(());
        }
        let from = if question.order == LogOrder::NewestFirst { matched - answer.offset - rows } else { answer.offset };
        let mut found = self.slice(from, (rows, matched))?;
        if question.order == LogOrder::NewestFirst {
            found.reverse();
        }
        answer.rows = self.rows(found)?;
        Ok(())
    }

    /// So many matching lines from a place among all of them.
    fn slice(&self, from: usize, (rows, matched): (usize, usize)) -> Result<Vec<Row>, StoreError> {
        let is_end = from + rows >= matched;
        let start = if is_end || from == 0 { Number::default() } else { self.number_at(from)? };
        let mut all: Vec<Row> = Vec::new();
        for (number, part) in self.0.iter().enumerate() {
            if part.ends.1 < start || part.count() == 0 {
                continue;
            }
            let open = part.of.open()?;
            let row = |at: usize| {
                let line = open.number(at);
                Row { number: line, part: number, at, count: 1, first: line.at() }
            };
            if is_end {
                all.extend(part.places(part.range.clone()).rev().take(rows).map(row));
            } else {
                let place = open.first_not_below(start);
                all.extend(part.places(place..part.range.end).take(rows).map(row));
            }
        }
        all.sort_by_key(|row| row.number);
        if is_end {
            all.drain(..all.len().saturating_sub(rows));
        }
        all.truncate(rows);
        Ok(all)
    }

    /// The number of the matching line that has so many below it.
    fn number_at(&self, place: usize) -> Result<Number, StoreError> {
        let mut low = self.0.iter().map(|part| part.ends.0.0).min().unwrap_or(0);
        let mut high = self.0.iter().map(|part| part.ends.1.0).max().unwrap_or(0);
        // The greatest number with at most so many below it.
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.below(Number(middle))? <= place { low = middle } else { high = middle - 1 }
        }
        Ok(Number(low))
    }

    fn rates(&self, steps: RateSteps) -> Result<Vec<LogRate>, StoreError> {
        let mut rates = vec![LogRate::default(); steps.count];
        let step = i64::try_from(steps.step.as_millis()).unwrap_or(i64::MAX).max(1);
        let end = steps.from.0.saturating_add(step.saturating_mul(i64::try_from(steps.count).unwrap_or(i64::MAX)));
        let (from, to) = (Number::new(steps.from, 0), Number::new(Timestamp(end), 0));
        for part in &self.0 {
            if part.ends.1 < from || part.ends.0 >= to || part.count() == 0 {
                continue;
            }
            let open = part.of.open()?;
            for at in part.places(open.first_not_below(from)..open.first_not_below(to)) {
                let into = open.number(at).at().0 - steps.from.0;
                let Some(rate) = usize::try_from(into.div_euclid(step)).ok().and_then(|at| rates.get_mut(at)) else { continue };
                let meta = open.meta(at);
                rate.all += 1;
                rate.errors += u32::from(meta.is_fault());
                rate.warnings += u32::from(meta.severity() == Some(LogSeverity::Warning));
                rate.traps += u32::from(meta.is_trap());
            }
        }
        Ok(rates)
    }

    /// Lines that say the same, in the order of the last of each; and from when on, where there are too many.
    fn folds(&self) -> Result<(Vec<Fold>, Option<Timestamp>), StoreError> {
        let mut folds: Vec<Fold> = Vec::new();
        let mut known: FxHashMap<u64, usize> = FxHashMap::default();
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|number| std::cmp::Reverse(self.0.get(*number).map(|part| part.ends.1)));
        for number in order {
            let Some(part) = self.0.get(number).filter(|part| part.count() > 0) else { continue };
            if folds.len() >= MOST_FOLDS {
                return Ok((by_last(folds), Some(part.ends.1.at())));
            }
            let open = part.of.open()?;
            let sames: &[u64] = match &open {
                Lookable::Index(index) => index.sames(),
                Lookable::Head(_) => &[],
            };
            let mut local: Vec<usize> = vec![usize::MAX; sames.len()];
            for at in part.places(part.range.clone()) {
                let (same, slot) = match &open {
                    Lookable::Index(index) => {
                        let place = index.same(at);
                        (sames.get(place).copied().unwrap_or(0), local.get_mut(place))
                    }
                    Lookable::Head(entries) => (entries.get(at).map_or(0, |entry| entry.digest.same), None),
                };
                let place = slot.as_ref().map_or(usize::MAX, |slot| **slot);
                let place = if place == usize::MAX { known.get(&same).copied().unwrap_or(folds.len()) } else { place };
                let line = open.number(at);
                match folds.get_mut(place) {
                    Some(fold) => {
                        fold.count = fold.count.saturating_add(1);
                        fold.first = fold.first.min(line);
                        if fold.last < line {
                            (fold.last, fold.part, fold.at) = (line, number, at);
                        }
                    }
                    None => {
                        known.insert(same, place);
                        folds.push(Fold { first: line, last: line, part: number, at, count: 1 });
                    }
                }
                if let Some(slot) = slot {
                    *slot = place;
                }
            }
        }
        Ok((by_last(folds), None))
    }

    fn window_of_folds(&self, folds: &[Fold], (question, answer): (&LogQuestion, &mut LogAnswer)) -> Result<(), StoreError> {
        let matched = folds.len();
        let rows = question.window.rows.min(matched);
        let wanted = match (question.seek, question.order) {
            (None, _) => question.window.offset,
            (Some(seek), LogOrder::OldestFirst) => {
                folds.partition_point(|fold| fold.last < Number::new(seek, 0)).saturating_sub(rows / 3)
            }
            (Some(seek), LogOrder::NewestFirst) => {
                (matched - folds.partition_point(|fold| fold.last < Number::behind(seek))).saturating_sub(rows / 3)
            }
        };
        (answer.matched, answer.offset) = (matched, wanted.min(matched - rows));
        let row =
            |fold: &Fold| Row { number: fold.last, part: fold.part, at: fold.at, count: fold.count, first: fold.first.at() };
        let place = |at: usize| if question.order == LogOrder::NewestFirst { matched - 1 - at } else { at };
        let wanted = (answer.offset..answer.offset + rows).filter_map(|at| folds.get(place(at)).map(row));
        answer.rows = self.rows(wanted.collect())?;
        Ok(())
    }

    /// The lines of rows. One that can't be read is left out.
    fn rows(&self, rows: Vec<Row>) -> Result<Vec<FoundLine>, StoreError> {
        let mut lines: Vec<Option<Arc<LogLine>>> = vec![None; rows.len()];
        for (number, part) in self.0.iter().enumerate() {
            let mut of: Vec<(usize, usize)> =
                rows.iter().enumerate().filter(|(_, row)| row.part == number).map(|(at, row)| (at, row.at)).collect();
            if of.is_empty() {
                continue;
            }
            of.sort_by_key(|(_, at)| *at);
            read_lines(&part.of, &of, &mut lines)?;
        }
        let found = rows.into_iter().zip(lines).filter_map(|(row, line)| {
            let Row { number, count, first, .. } = row;
            Some(FoundLine { number: number.0, line: line?, count, first })
        });
        Ok(found.collect())
    }

    /// Counts the matching lines of numbers by their patterns; what is done with each is `put`'s.
    pub fn count_patterns(
        &self,
        (from, behind): (Number, Number),
        counting: &mut Counting,
        put: Put<'_>,
    ) -> Result<(), StoreError> {
        for part in &self.0 {
            if part.ends.1 < from || part.ends.0 >= behind || part.count() == 0 {
                continue;
            }
            let open = part.of.open()?;
            let mut tables = Tables::of(&open);
            for at in part.places(open.first_not_below(from)..open.first_not_below(behind)) {
                let Some(place) = tables.pattern(&open, at, counting) else { continue };
                let device = tables.device(&open, at);
                put(counting, place, &|| {
                    let number = open.number(at);
                    Counted { number: number.0, at: number.at(), severity: open.meta(at).severity(), device }
                });
            }
        }
        Ok(())
    }
}

/// What the dictionaries of an index are in the whole.
struct Tables {
    /// Place of a pattern among those that are counted; one of none is `None` within.
    patterns: Vec<Option<Option<usize>>>,
    devices: Vec<Option<u64>>,
}

impl Tables {
    fn of(open: &Lookable) -> Self {
        match open {
            Lookable::Index(index) => Self { patterns: vec![None; index.patterns()], devices: vec![None; index.devices()] },
            Lookable::Head(_) => Self { patterns: Vec::new(), devices: Vec::new() },
        }
    }

    fn pattern(&mut self, open: &Lookable, at: usize, counting: &mut Counting) -> Option<usize> {
        match open {
            Lookable::Head(entries) => counting.place(&entries.get(at)?.digest.pattern),
            Lookable::Index(index) => {
                let place = index.pattern(at)?;
                let slot = self.patterns.get_mut(place)?;
                *slot.get_or_insert_with(|| index.pattern_text(place).and_then(|text| counting.place(&text)))
            }
        }
    }

    fn device(&mut self, open: &Lookable, at: usize) -> Option<u64> {
        match open {
            Lookable::Head(entries) => {
                entries.get(at)?.line.device.as_ref().map(|device| FxBuildHasher.hash_one(device.id.as_str()))
            }
            Lookable::Index(index) => {
                let place = index.device(at)?;
                let slot = self.devices.get_mut(place)?;
                Some(*slot.get_or_insert_with(|| FxBuildHasher.hash_one(index.device_text(place).unwrap_or_default().as_str())))
            }
        }
    }
}

fn by_last(mut folds: Vec<Fold>) -> Vec<Fold> {
    folds.sort_unstable_by_key(|fold| fold.last);
    folds
}

/// Reads lines by their places, which rise, each into its slot.
fn read_lines(of: &Of, places: &[(usize, usize)], into: &mut [Option<Arc<LogLine>>]) -> Result<(), StoreError> {
    match of {
        Of::Head(entries) => {
            for (slot, at) in places {
                if let (Some(slot), Some(entry)) = (into.get_mut(*slot), entries.get(*at)) {
                    *slot = Some(Arc::clone(&entry.line));
                }
            }
            Ok(())
        }
        Of::Chunk(period, chunk) => {
            let index = period.opened(chunk)?;
            let lines = period.known_lines()?;
            let of = places.iter().map(|(slot, at)| (*slot, index.place(*at)));
            // Lines that overlap were indexed in another order than they lie in.
            let mut of: Vec<(usize, u64)> = of.collect();
            of.sort_by_key(|(_, place)| *place);
            guarded(index.path(), || {
                lines.visit(of.into_iter(), &mut |slot, packed| {
                    if let Some(slot) = into.get_mut(slot) {
                        *slot = packed.line().map(Arc::new);
                    }
                    true
                })
            })
        }
    }
}

/// The line with a number, should it be here.
pub fn line_of(of: &Of, number: Number) -> Result<Option<Arc<LogLine>>, StoreError> {
    if of.ends().is_none_or(|(first, last)| number < first || last < number) {
        return Ok(None);
    }
    let open = of.open()?;
    let at = open.first_not_below(number);
    if at >= of.len() || open.number(at) != number {
        return Ok(None);
    }
    let mut line = [None];
    read_lines(of, &[(0, at)], &mut line)?;
    let [line] = line;
    Ok(line)
}

/// When the first line of a pattern came, should any be here.
pub fn first_of(of: &Of, pattern: &str) -> Result<Option<Timestamp>, StoreError> {
    match of.open()? {
        Lookable::Head(entries) => {
            Ok(entries.iter().find(|entry| &*entry.digest.pattern == pattern).map(|entry| entry.number.at()))
        }
        Lookable::Index(index) => guarded(index.path(), || Ok(index.first_of_pattern(pattern)?.map(|at| index.number(at).at()))),
    }
}
