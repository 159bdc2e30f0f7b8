//! A file of `mibs/` read so that every fault is found at once, each with its place.
//!
//! serde stops at the first fault. So the part that it complains of is taken out of the parsed document, and the rest is read again.

use super::file::MibFile;
use serde::Deserialize;
use std::ops::Range;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

/// Faults that are looked for in one file: after so many nobody reads on, and each costs a reading of the file.
const MOST_FAULTS: usize = 100;

/// A file as far as it can be read, and where it stands.
pub(super) struct Document<'a> {
    text: &'a str,
    table: DeTable<'a>,
    /// What could be read.
    pub(super) file: Option<MibFile>,
    /// Byte and complaint of what could not.
    pub(super) faults: Vec<(usize, String)>,
}

impl<'a> Document<'a> {
    /// Reads as much as can be read.
    pub(super) fn read(text: &'a str) -> Self {
        let (document, syntax) = DeTable::parse_recoverable(text);
        let mut faults: Vec<(usize, String)> =
            syntax.iter().map(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned())).collect();
        // One slip makes several complaints of the parser; the first on a line is the telling one.
        faults.dedup_by_key(|(at, _)| position(text, *at).0);
        let mut table = document.clone();
        let file = loop {
            let error = match MibFile::deserialize(Deserializer::from(table.clone())) {
                Ok(file) => break Some(file),
                Err(error) => error,
            };
            let span = error.span().unwrap_or(0..0);
            // What the parser could not read would be called missing a second time.
            if syntax.is_empty() {
                faults.push((span.start, error.message().to_owned()));
            }
            if faults.len() >= MOST_FAULTS || !take_out(table.get_mut(), &span) {
                break None;
            }
        };
        Self { text, table: document.into_inner(), file, faults }
    }

    /// Line and column, from 1, of a byte.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        position(self.text, at)
    }

    /// The byte at which a part begins: keys, and numbers of the elements of lists. Of what is not there, the nearest part around it.
    pub(super) fn place(&self, path: &[&str]) -> usize {
        let (mut at, mut table, mut list) = (0, Some(&self.table), None::<&DeArray<'_>>);
        for step in path {
            let value = match (table, list) {
                (Some(table), _) => table.iter().find(|(key, _)| key.get_ref() == step).map(|(_, value)| value),
                (None, Some(list)) => step.parse().ok().and_then(|number: usize| list.get(number)),
                (None, None) => None,
            };
            let Some(value) = value else { break };
            at = value.span().start;
            (table, list) = match value.get_ref() {
                DeValue::Table(table) => (Some(table), None),
                DeValue::Array(list) => (None, Some(list)),
                _ => (None, None),
            };
        }
        at
    }

    /// The byte at which a word first stands by itself.
    pub(super) fn word(&self, word: &str) -> Option<usize> {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        self.text.match_indices(word).map(|(at, _)| at).find(|at| {
            let (before, after) = self.text.split_at(*at);
            let after = after.get(word.len()..).unwrap_or("");
            !before.ends_with(is_part) && !after.starts_with(is_part)
        })
    }
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or("");
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Takes the key, or the value, that begins and ends there out of the table. `false` where nothing does.
fn take_out(table: &mut DeTable<'_>, span: &Range<usize>) -> bool {
    let is_it = table.iter().find(|(key, value)| key.span() == *span || value.span() == *span).map(|(key, _)| key.clone());
    if let Some(key) = is_it {
        return table.remove(&key).is_some();
    }
    table.iter_mut().any(|(_, value)| take_out_of(value.get_mut(), span))
}

fn take_out_of(value: &mut DeValue<'_>, span: &Range<usize>) -> bool {
    match value {
        DeValue::Table(table) => take_out(table, span),
        DeValue::Array(list) if list.iter().any(|element| element.span() == *span) => {
            *list = std::mem::replace(list, DeArray::new()).into_iter().filter(|element| element.span() != *span).collect();
            true
        }
        DeValue::Array(list) => list.iter_mut().any(|element| take_out_of(element.get_mut(), span)),
        _ => false,
    }
}
