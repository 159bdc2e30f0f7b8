//! What a filter lets through of an index: by its words and values where they tell, by the lines themselves where they don't.
//!
//! The answer is that of the filter on every line. A word lies within one word of the index mostly, and then the index tells; several words,
//! and regular expressions, are looked for in the lines that have their parts.

use super::bits::Bits;
use super::codec::Packed;
use super::index::{Opened, damaged};
use super::lines::Lines;
use super::literals::{Needs, needs};
use super::schema::{FIELDS, OWN_TIME, RECEIVED, SEVERITY, TEXT};
use crate::history::StoreError;
use crate::history::logs::Patience;
use crate::model::LogLine;
use crate::query::filter::{Leaf, Matcher, Plan, Row, Value, Want};
use crate::query::logs::{rank, seconds};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED};

/// Lines that are looked at by one thread: below, a second one costs more than it saves.
const ALONE: usize = 8192;

/// Threads that look at lines at once: a question must leave a core to the polls where there are more than two.
const THREADS: usize = 2;

/// Lines between two looks at the clock.
const LOOK: usize = 4096;

/// Why a search has no answer.
#[derive(Debug)]
pub enum Stop {
    /// The store refuses.
    Store(StoreError),
    /// It takes too long.
    Patience,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// See the module.
pub struct Search<'a> {
    /// The index.
    pub index: &'a Opened,
    /// The lines that it is of.
    pub lines: &'a dyn Fn() -> Result<Arc<Lines>, StoreError>,
    /// When to give up.
    pub patience: &'a Patience,
}

impl Search<'_> {
    /// The places of the lines that a filter lets through.
    pub fn matching(&self, matcher: &Matcher, faults_only: bool) -> Result<Bits, Stop> {
        let mut within = Bits::all(self.index.len());
        if faults_only {
            within = self.by_place(&within, |at| self.index.meta(at).is_fault());
        }
        let found = if matcher.is_all() { within } else { self.plan(&matcher.plan(), &within)? };
        Ok(found.sealed())
    }

    fn by_place(&self, within: &Bits, wanted: impl Fn(usize) -> bool) -> Bits {
        let mut found = Bits::none(self.index.len());
        within.within(0..self.index.len()).filter(|at| wanted(*at)).for_each(|at| found.insert(at));
        found
    }

    fn plan(&self, plan: &Plan<'_>, within: &Bits) -> Result<Bits, Stop> {
        if self.patience.is_over() {
            return Err(Stop::Patience);
        }
        Ok(match plan {
            Plan::Or(parts) => {
                let mut found = Bits::none(self.index.len());
                for part in parts {
                    found.or(&self.plan(part, within)?);
                }
                found
            }
            Plan::And(parts) => {
                let mut left = within.clone();
                let mut parts: Vec<&Plan<'_>> = parts.iter().collect();
                // What the index tells alone comes first: the fewer lines are left to be looked at.
                parts.sort_by_key(|part| looks_at_lines(part));
                for part in parts {
                    left = self.plan(part, &left)?;
                    if left.is_empty() {
                        break;
                    }
                }
                left
            }
            Plan::Not(inner) => {
                let mut left = within.clone();
                left.minus(&self.plan(inner, within)?);
                left
            }
            Plan::Leaf(leaf) => self.leaf(*leaf, within)?,
        })
    }

    fn leaf(&self, leaf: Leaf<'_>, within: &Bits) -> Result<Bits, Stop> {
        let mut found = Bits::none(self.index.len());
        for column in leaf.columns() {
            let of_column = match *column {
                TEXT => self.text(leaf, within)?,
                SEVERITY => self.by_place(within, |at| leaf.holds(&Value::number(self.index.meta(at).severity().map(rank)))),
                RECEIVED => self.by_place(within, |at| leaf.holds(&seconds(self.index.number(at).at()))),
                OWN_TIME => {
                    self.looked_at(within, &|packed| packed.line().is_some_and(|line| leaf.holds(&line.value(*column))))?
                }
                other => self.values(leaf, other)?,
            };
            found.or(&of_column);
        }
        found.and(within);
        self.odd(leaf, (within, &mut found))?;
        Ok(found)
    }

    /// Lines with words or values that an index does not take are looked at.
    fn odd(&self, leaf: Leaf<'_>, (within, found): (&Bits, &mut Bits)) -> Result<(), Stop> {
        let mut odd = self.terms(FIELDS.odd, &mut |_| true)?;
        odd.and(within);
        if odd.is_empty() {
            return Ok(());
        }
        let holds = |line: &LogLine| leaf.columns().iter().any(|column| leaf.holds(&line.value(*column)));
        let looked = self.looked_at(&odd, &|packed| packed.line().is_some_and(|line| holds(&line)))?;
        found.minus(&odd);
        found.or(&looked);
        Ok(())
    }

    /// By the values of a column, each of which stands once in the index as it is.
    fn values(&self, leaf: Leaf<'_>, column: usize) -> Result<Bits, Stop> {
        let Some(field) = FIELDS.columns.get(column).copied().flatten() else { return Ok(Bits::none(self.index.len())) };
        let is_address =
            crate::query::LOG_COLUMNS.get(column).is_some_and(|column| column.kind == crate::query::filter::Kind::Address);
        self.terms(field, &mut |term| {
            let Ok(text) = std::str::from_utf8(term) else { return false };
            match text.parse::<IpAddr>().ok().filter(|_| is_address) {
                Some(address) => leaf.holds(&Value::Addresses(&[address])),
                None => leaf.holds(&Value::Text(text.into())),
            }
        })
    }

    fn text(&self, leaf: Leaf<'_>, within: &Bits) -> Result<Bits, Stop> {
        let looked_at = |among: &Bits| self.looked_at(among, &|packed| leaf.holds(&Value::Text(packed.text())));
        match leaf.wants() {
            Want::Has("") => Ok(within.clone()),
            Want::Has(needle) if !needle.contains(char::is_whitespace) => self.part(needle),
            Want::Has(needle) => {
                let mut among = self.part_or_parts(needle)?;
                among.and(within);
                looked_at(&among)
            }
            Want::Is(needle) => {
                let mut among = within.clone();
                for word in needle.split_whitespace() {
                    among.and(&self.word(word)?);
                }
                looked_at(&among)
            }
            Want::Pattern(pattern) => match self.needed(&needs(pattern))? {
                Some(mut among) => {
                    among.and(within);
                    looked_at(&among)
                }
                None => looked_at(within),
            },
            Want::Other => looked_at(within),
        }
    }

    /// Lines that have what a pattern needs; `None` where it needs nothing that is known.
    fn needed(&self, needs: &Needs) -> Result<Option<Bits>, Stop> {
        Ok(match needs {
            Needs::Nothing => None,
            Needs::Part(part) => Some(self.part_or_parts(part)?),
            Needs::All(all) => {
                let mut found: Option<Bits> = None;
                for part in all {
                    match (&mut found, self.needed(part)?) {
                        (Some(found), Some(part)) => found.and(&part),
                        (none @ None, part) => *none = part,
                        (Some(_), None) => {}
                    }
                }
                found
            }
            Needs::One(one) => {
                let mut found = Bits::none(self.index.len());
                for part in one {
                    match self.needed(part)? {
                        Some(part) => found.or(&part),
                        None => return Ok(None),
                    }
                }
                Some(found)
            }
        })
    }

    /// Lines that have a text in them, as far as their words tell: blanks part it.
    fn part_or_parts(&self, text: &str) -> Result<Bits, Stop> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (begins, ends) = (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace));
        let mut found = Bits::all(self.index.len());
        for (at, word) in words.iter().enumerate() {
            let (is_whole_left, is_whole_right) = (at > 0 || begins, at + 1 < words.len() || ends);
            let word = word.as_bytes();
            let of_word = match (is_whole_left, is_whole_right) {
                (true, true) => self.terms(text_field(), &mut |term| term == word)?,
                (true, false) => self.terms(text_field(), &mut |term| term.starts_with(word))?,
                (false, true) => self.terms(text_field(), &mut |term| term.ends_with(word))?,
                (false, false) => self.terms(text_field(), &mut |term| contains(term, word))?,
            };
            found.and(&of_word);
        }
        Ok(found)
    }

    /// Lines of which a word has this in it.
    fn part(&self, needle: &str) -> Result<Bits, Stop> {
        self.terms(text_field(), &mut |term| contains(term, needle.as_bytes()))
    }

    fn word(&self, word: &str) -> Result<Bits, Stop> {
        self.terms(text_field(), &mut |term| term == word.as_bytes())
    }

    /// Lines that have any of the terms of a field that are wanted.
    fn terms(&self, field: Field, wanted: &mut dyn FnMut(&[u8]) -> bool) -> Result<Bits, Stop> {
        let broken = |error: std::io::Error| damaged(self.index.path(), error.to_string());
        let mut found = Bits::none(self.index.len());
        let inverted = self.index.reader.inverted_index(field).map_err(|error| damaged(self.index.path(), error.to_string()))?;
        let mut stream = inverted.terms().stream().map_err(broken)?;
        let mut seen = 0usize;
        while stream.advance() {
            seen += 1;
            if seen.is_multiple_of(LOOK) && self.patience.is_over() {
                return Err(Stop::Patience);
            }
            if !wanted(stream.key()) {
                continue;
            }
            let info: &TermInfo = stream.value();
            let mut postings = inverted.read_postings_from_terminfo(info, IndexRecordOption::Basic).map_err(broken)?;
            let mut doc = postings.doc();
            while doc != TERMINATED {
                found.insert(doc as usize);
                doc = postings.advance();
            }
        }
        Ok(found)
    }

    /// Those of some lines that a look at them lets through.
    fn looked_at(&self, among: &Bits, wanted: &(dyn Fn(&Packed<'_>) -> bool + Sync)) -> Result<Bits, Stop> {
        let mut places: Vec<(usize, u64)> = among.within(0..self.index.len()).map(|at| (at, self.index.place(at))).collect();
        // Lines that overlap were indexed in another order than they lie in.
        places.sort_by_key(|(_, place)| *place);
        let mut found = Bits::none(self.index.len());
        if places.is_empty() {
            return Ok(found);
        }
        let lines = (self.lines)()?;
        let over = AtomicBool::new(false);
        let look = |places: &[(usize, u64)]| -> Result<Vec<usize>, StoreError> {
            let (mut found, mut seen) = (Vec::new(), 0usize);
            lines.visit(places.iter().copied(), &mut |at, packed| {
                seen += 1;
                if seen.is_multiple_of(LOOK) && self.patience.is_over() {
                    over.store(true, Ordering::Relaxed);
                }
                if wanted(packed) {
                    found.push(at);
                }
                !over.load(Ordering::Relaxed)
            })?;
            Ok(found)
        };
        let parts = if places.len() < ALONE { 1 } else { THREADS };
        let results: Vec<Result<Vec<usize>, StoreError>> = std::thread::scope(|scope| {
            let mut parts = places.chunks(places.len().div_ceil(parts).max(1));
            let mine = parts.next().unwrap_or_default();
            let others: Vec<_> = parts.map(|part| scope.spawn(|| look(part))).collect();
            let mut results = vec![look(mine)];
            results.extend(others.into_iter().map(|other| {
                other.join().unwrap_or_else(|_| Err(damaged(self.index.path(), "its lines can't be read".to_owned())))
            }));
            results
        });
        for result in results {
            result?.into_iter().for_each(|at| found.insert(at));
        }
        if over.load(Ordering::Relaxed) { Err(Stop::Patience) } else { Ok(found) }
    }
}

fn text_field() -> Field {
    FIELDS.columns.first().copied().flatten().unwrap_or(FIELDS.odd)
}

/// Whether lines are looked at to answer a part.
fn looks_at_lines(plan: &Plan<'_>) -> bool {
    match plan {
        Plan::Or(parts) | Plan::And(parts) => parts.iter().any(looks_at_lines),
        Plan::Not(inner) => looks_at_lines(inner),
        Plan::Leaf(leaf) => leaf.columns().iter().any(|column| match *column {
            TEXT => !matches!(leaf.wants(), Want::Has(needle) if !needle.contains(char::is_whitespace)),
            OWN_TIME => true,
            _ => false,
        }),
    }
}

/// Whether a word of the index, which is short, has a part in it.
fn contains(term: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else { return true };
    let mut rest = term;
    while rest.len() >= part.len() {
        let Some(at) = rest.get(..=rest.len() - part.len()).and_then(|starts| starts.iter().position(|octet| octet == first))
        else {
            return false;
        };
        if rest.get(at..at + part.len()) == Some(part) {
            return true;
        }
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    false
}
