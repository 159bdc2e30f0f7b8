//! A TOML document with positions, read table by table; every fault is noted and the reading goes on.

use super::secret::{Held, Origin, Written, is_open, resolve};
use crate::model::secret::Secret;
use crate::model::text::visible;
use std::cell::RefCell;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One fault of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1; 0 where the fault has no line.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, visible(&self.what)),
            line => write!(f, "{}:{line}:{}: {}", self.file, self.column, visible(&self.what)),
        }
    }
}

/// Reads one value: what it is, or what is wrong with it.
pub(super) type Reader<T> = fn(&DeValue<'_>) -> Result<T, String>;

/// The file that is being read, and the faults found so far.
pub(super) struct Source<'a> {
    name: &'a str,
    text: &'a str,
    faults: RefCell<Vec<Fault>>,
    held: RefCell<Held>,
    written: RefCell<Vec<Written>>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(name: &'a str, text: &'a str) -> Self {
        let written = RefCell::new(Vec::new());
        Self { name, text, faults: RefCell::new(Vec::new()), held: RefCell::new(Held::None), written }
    }

    /// Notes a fault at a byte of the file.
    pub(super) fn fault(&self, offset: usize, what: impl Into<String>) {
        let (line, column) = self.position(offset);
        self.faults.borrow_mut().push(Fault { file: self.name.to_owned(), line, column, what: what.into() });
    }

    /// All faults, in the order of the file, each once.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort();
        faults.dedup();
        faults
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        (before.matches('\n').count() + 1, column + 1)
    }
}

/// One table of the file. Keys that nobody asked for are faults when it is [finished](Section::finish).
pub(super) struct Section<'a, 'i> {
    source: &'a Source<'a>,
    path: &'static str,
    start: usize,
    table: &'a DeTable<'i>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a, 'i> Section<'a, 'i> {
    /// The document itself.
    pub(super) const fn root(source: &'a Source<'a>, table: &'a DeTable<'i>) -> Self {
        Self { source, path: "", start: 0, table, asked: RefCell::new(Vec::new()) }
    }

    /// Where the table begins: what a missing key points at.
    pub(super) const fn start(&self) -> usize {
        self.start
    }

    /// Line and column of a byte of the file, for faults that are found later.
    pub(super) fn place(&self, offset: usize) -> (usize, usize) {
        self.source.position(offset)
    }

    /// Notes a fault of this table.
    pub(super) fn fault(&self, offset: usize, what: impl Into<String>) {
        self.source.fault(offset, what);
    }

    /// Where a character of a string stands in the file; `None` where the string is written with escapes.
    pub(super) fn inside(&self, value: &Spanned<DeValue<'i>>, at: usize) -> Option<usize> {
        let text = value.get_ref().as_str()?;
        let written = self.source.text.get(value.span())?;
        let offset = text.char_indices().nth(at).map_or(text.len(), |(offset, _)| offset);
        written.find(text).map(|start| value.span().start + start + offset)
    }

    /// The value of a key with its place in the file.
    pub(super) fn raw(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        if !self.asked.borrow().contains(&key) {
            self.asked.borrow_mut().push(key);
        }
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// A key that may be missing.
    pub(super) fn get<T>(&self, key: &'static str, reader: Reader<T>) -> Option<T> {
        self.read(key, self.raw(key)?, reader)
    }

    /// The encrypted file out of which `secret:NAME` is read from now on.
    pub(super) fn hold(&self, held: Held) {
        *self.source.held.borrow_mut() = held;
    }

    /// Where the secrets stand that were read until now.
    pub(super) fn written(&self) -> Vec<Written> {
        std::mem::take(&mut *self.source.written.borrow_mut())
    }

    /// A key whose value is a secret, or says where one is; it may be missing. The secret stands in no fault.
    pub(super) fn secret(&self, key: &'static str) -> Option<Secret> {
        self.secret_at(&self.full(key), self.raw(key)?).map(|(secret, _)| secret)
    }

    /// The same of a value, and whether it is written here as it is.
    pub(super) fn secret_at(&self, key: &str, value: &Spanned<DeValue<'i>>) -> Option<(Secret, Origin)> {
        let place = value.span().start;
        let text = match value.get_ref().as_str() {
            Some("") => {
                self.fault(place, format!("{key}: it is empty"));
                return None;
            }
            Some(text) => text,
            None => {
                self.fault(place, format!("{key}: this is {}, and a string is wanted", kind(value.get_ref())));
                return None;
            }
        };
        match resolve(text, &self.source.held.borrow()) {
            Ok((secret, origin)) => {
                let origin = if origin == Origin::Literal && is_open(key, text) { Origin::Open } else { origin };
                let written = Written { key: key.to_owned(), place: self.place(place), origin: origin.clone() };
                self.source.written.borrow_mut().push(written);
                Some((secret, origin))
            }
            Err(why) => {
                why.into_iter().for_each(|why| self.fault(place, format!("{key}: {why}")));
                None
            }
        }
    }

    /// A key whose value is a list; a faulty element is left out and noted.
    pub(super) fn list<T>(&self, key: &'static str, reader: Reader<T>) -> Vec<T> {
        let Some(value) = self.raw(key) else { return Vec::new() };
        let Some(elements) = value.get_ref().as_array() else {
            self.fault(value.span().start, format!("{} is {}, and a list is wanted", self.full(key), kind(value.get_ref())));
            return Vec::new();
        };
        elements.iter().filter_map(|element| self.read(key, element, reader)).collect()
    }

    /// A table below this one; an empty one where it is missing.
    pub(super) fn table(&self, key: &'static str) -> Option<Section<'a, 'i>> {
        let value = self.raw(key)?;
        self.below(key, value)
    }

    /// The tables of `[[key]]`.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Section<'a, 'i>> {
        let Some(value) = self.raw(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(elements) => elements.iter().filter_map(|element| self.below(key, element)).collect(),
            None => {
                self.fault(value.span().start, format!("{key} is written [[{key}]], once for each"));
                Vec::new()
            }
        }
    }

    /// Notes every key that was not asked for, with the nearest known name.
    pub(super) fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter().filter(|(key, _)| !asked.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().as_ref();
            let advice = match nearest(name, &asked) {
                Some(known) => format!("did you mean {known}?"),
                None => format!("known here: {}", asked.join(", ")),
            };
            let place = if self.path.is_empty() { String::new() } else { format!(" in {}", self.path) };
            self.fault(key.span().start, format!("unknown key {name}{place}; {advice}"));
        }
    }

    fn below(&self, key: &'static str, value: &'a Spanned<DeValue<'i>>) -> Option<Section<'a, 'i>> {
        let start = value.span().start;
        let Some(table) = value.get_ref().as_table() else {
            self.fault(start, format!("{key} is {}, and a table is wanted", kind(value.get_ref())));
            return None;
        };
        Some(Section { source: self.source, path: key, start, table, asked: RefCell::new(Vec::new()) })
    }

    fn read<T>(&self, key: &'static str, value: &Spanned<DeValue<'i>>, reader: Reader<T>) -> Option<T> {
        reader(value.get_ref()).map_err(|what| self.fault(value.span().start, format!("{}: {what}", self.full(key)))).ok()
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// A value's kind as people say it.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known name that a wrong one was probably meant to be: at most a third of its letters differ.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let (distance, best) = known.iter().map(|known| (distance(name, known), *known)).min()?;
    (distance <= name.chars().count().max(best.len()).div_ceil(3)).then_some(best)
}

/// Levenshtein's distance: single letters inserted, dropped or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (to, &above) in b.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(from != *to);
            left = changed.min(above + 1).min(left + 1);
            diagonal = above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_a_letter_or_two_finds_the_known_name() {
        assert_eq!(nearest("comunity", &["community", "context"]), Some("community"));
        assert_eq!(nearest("intervall", &["interval", "port"]), Some("interval"));
        assert_eq!(nearest("zebra", &["interval", "port"]), None);
    }

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let source = Source::new("f", "a = 1\nä = \"ö\" x");
        source.fault(6, "start of the second line");
        source.fault(15, "after two umlauts");
        let faults = source.into_faults();
        assert_eq!((faults[0].line, faults[0].column), (2, 1));
        assert_eq!((faults[1].line, faults[1].column), (2, 8));
    }
}
