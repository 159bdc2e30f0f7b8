//! Objects out of the groups and tables of a file.

use super::file::{Leaf, MibFile, Words};
use super::object::{Kind, Object, Syntax};
use crate::model::Oid;
use std::collections::BTreeMap;

/// A group or a table of a file.
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) oid: &'a str,
    pub(super) module: Option<&'a String>,
    pub(super) index: &'a [String],
    pub(super) leaves: &'a BTreeMap<String, Leaf>,
    pub(super) file: &'a MibFile,
}

impl Part<'_> {
    pub(super) fn object(&self, name: &str, oid: Oid, kind: Kind) -> Object {
        Object {
            name: name.to_owned(),
            module: self.module.cloned().unwrap_or_default(),
            oid,
            kind,
            syntax: None,
            enums: Vec::new(),
            units: None,
            index: Vec::new(),
            hint: None,
        }
    }

    /// The words of a leaf by number; `None` where it names a list that is not there.
    pub(super) fn words(&self, leaf: &Leaf) -> Option<Vec<(i64, String)>> {
        let truth = [("true".to_owned(), 1), ("false".to_owned(), 2)];
        let mut words: Vec<(i64, String)> = match &leaf.enums {
            None if leaf.syntax == Syntax::Truth => truth.into_iter().map(|(word, number)| (number, word)).collect(),
            None => Vec::new(),
            Some(Words::List(list)) => list.iter().map(|(word, number)| (*number, word.clone())).collect(),
            Some(Words::Named(name)) => self.file.enums.get(name)?.iter().map(|(word, number)| (*number, word.clone())).collect(),
        };
        words.sort();
        Some(words)
    }
}
