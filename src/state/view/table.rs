//! Choosing the rows of a window: filter and sort run over cheap references, whole rows are made for the window alone.

use crate::model::Timestamp;
use crate::query::filter::{self, Column, Matcher, Row, Value, natural};
use crate::query::{Sort, ViewRequest};
use std::borrow::Cow;
use std::cmp::Ordering;

/// Declares the columns of a table and how its rows answer, beside each other: names, kind, value.
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident, $row:ident: $ty:ty { $( [$($names:literal),+] $kind:ident => $value:expr; )+ }) => {
        $(#[$doc])*
        pub const $name: &[$crate::query::filter::Column] = &[
            $( $crate::query::filter::Column { names: &[$($names),+], kind: $crate::query::filter::Kind::$kind } ),+
        ];
        impl $crate::query::filter::Row for $ty {
            fn value(&self, column: usize) -> $crate::query::filter::Value<'_> {
                let $row = self;
                let mut number = 0usize;
                $( if column == number { return $value; } number += 1; )+
                debug_assert!(column < number, "no column {column}");
                $crate::query::filter::Value::Unknown
            }
        }
    };
}
pub(super) use columns;

/// The rows of a window, before they are made whole.
pub(super) struct Picked<R> {
    pub(super) matched: usize,
    pub(super) total: usize,
    pub(super) offset: usize,
    pub(super) rows: Vec<R>,
    /// What was wrong with the request.
    pub(super) fault: Option<String>,
}

impl<R> Picked<R> {
    /// The table of whole rows.
    pub(super) fn table<W>(self, whole: impl FnMut(R) -> W) -> super::Table<W> {
        super::Table {
            matched: self.matched,
            total: self.total,
            offset: self.offset,
            rows: self.rows.into_iter().map(whole).collect(),
        }
    }
}

/// What a table needs beside its rows.
pub(super) struct Choice<'a, R> {
    pub(super) request: &'a ViewRequest,
    pub(super) columns: &'static [Column],
    pub(super) now: Timestamp,
    /// Whether a row shows a fault.
    pub(super) is_fault: fn(&R) -> bool,
}

/// Filters, sorts and cuts the window. Rows come in the screen's own order, which also breaks ties.
pub(super) fn pick<R: Row + Copy>(mut rows: Vec<R>, choice: &Choice<'_, R>) -> Picked<R> {
    let total = rows.len();
    let mut fault = None;
    match filter::matcher(&choice.request.filter, choice.columns, choice.now) {
        Ok(matcher) => keep(&mut rows, &matcher),
        Err(error) => fault = Some(error.to_string()),
    }
    if choice.request.faults_only {
        rows.retain(choice.is_fault);
    }
    let matched = rows.len();
    let window = choice.request.window;
    let offset = window.offset.min(matched);
    let end = offset.saturating_add(window.rows).min(matched);
    if let Some(sort) = &choice.request.sort {
        match Column::find(choice.columns, &sort.column) {
            Some(column) => rows = sorted(&rows, column, sort, end),
            None => {
                fault.get_or_insert_with(|| format!("there is no column `{}` to sort by", sort.column));
            }
        }
    }
    let rows = rows.get(offset..end).map(<[R]>::to_vec).unwrap_or_default();
    Picked { matched, total, offset, rows, fault }
}

fn keep<R: Row>(rows: &mut Vec<R>, matcher: &Matcher) {
    if !matcher.is_all() {
        rows.retain(|row| matcher.matches(row));
    }
}

/// The first `end` rows by a column; what is unknown comes last in either direction.
pub(super) fn sorted<R: Row + Copy>(rows: &[R], column: usize, sort: &Sort, end: usize) -> Vec<R> {
    let mut keys: Vec<(Key<'_>, usize)> = rows.iter().map(|row| key(row.value(column))).zip(0..).collect();
    let by = |x: &(Key<'_>, usize), y: &(Key<'_>, usize)| compare(&x.0, &y.0, sort).then(x.1.cmp(&y.1));
    if end < keys.len() {
        keys.select_nth_unstable_by(end, by);
        keys.truncate(end);
    }
    keys.sort_unstable_by(by);
    keys.into_iter().filter_map(|(_, at)| rows.get(at).copied()).collect()
}

/// What a row is sorted by.
enum Key<'a> {
    Number(f64),
    Text(Cow<'a, str>),
    Unknown,
}

fn key(value: Value<'_>) -> Key<'_> {
    match value {
        Value::Unknown => Key::Unknown,
        Value::Text(text) | Value::Either(text, _) => Key::Text(text),
        Value::Number(number) => Key::Number(number),
        Value::Numbers(numbers) => numbers.first().map_or(Key::Unknown, |first| Key::Number(f64::from(*first))),
        Value::Addresses(addresses) => addresses.first().map_or(Key::Unknown, |first| Key::Text(first.to_string().into())),
        Value::Nets(nets) => nets.first().map_or(Key::Unknown, |first| Key::Text(first.to_string().into())),
        Value::Mac(mac) => Key::Text(mac.to_string().into()),
    }
}

fn compare(x: &Key<'_>, y: &Key<'_>, sort: &Sort) -> Ordering {
    let known = match (x, y) {
        (Key::Number(x), Key::Number(y)) => x.total_cmp(y),
        (Key::Text(x), Key::Text(y)) => natural(x, y),
        (Key::Number(_), Key::Text(_)) => Ordering::Less,
        (Key::Text(_), Key::Number(_)) => Ordering::Greater,
        (Key::Unknown, Key::Unknown) => return Ordering::Equal,
        (Key::Unknown, _) => return Ordering::Greater,
        (_, Key::Unknown) => return Ordering::Less,
    };
    if sort.descending { known.reverse() } else { known }
}
