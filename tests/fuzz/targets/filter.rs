//! The filter language: any text as a filter, printed and read back, bound and matched.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::model::{MacAddr, Timestamp};
use noctop::query::LOG_COLUMNS;
use noctop::query::filter::{Expr, Matcher, Row, Value, parse};
use std::net::IpAddr;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

/// A row that has something of every kind, by the number of its column.
struct Everything([IpAddr; 1]);

impl Row for Everything {
    fn value(&self, column: usize) -> Value<'_> {
        match column % 7 {
            0 => Value::Text("Link down on Gi1/0/1: \u{1b}[2J 가나".into()),
            1 => Value::Either("core-1".into(), "mac:00:1b:54:00:00:01".into()),
            2 => Value::Number(4.0),
            3 => Value::Numbers(&[1, 10, 4094]),
            4 => Value::Addresses(&self.0),
            5 => Value::Mac(MacAddr([0, 0x1b, 0x54, 1, 2, 3])),
            _ => Value::Unknown,
        }
    }
}

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(expr) = parse(&text) else { return };
    let printed = expr.to_string();
    let again: Expr = parse(&printed).unwrap_or_else(|error| panic!("{printed:?} of {text:?}: {error}"));
    assert_eq!(again.to_string(), printed);
    let Ok(matcher) = Matcher::bind(&expr, LOG_COLUMNS, Timestamp(1_795_348_800_000)) else { return };
    let row = Everything([[192, 0, 2, 1].into()]);
    let matches = matcher.matches(&row);
    // What is told out of what is known holds.
    assert!(matcher.tells(&row).is_none_or(|told| told == matches));
    assert!(matcher.columns().iter().all(|column| *column < LOG_COLUMNS.len()));
}
