//! Syslog messages, and what is read out of them: a folder a case under `tests/wire/syslog/`, with `message` (the datagram; `\xHH`, `\r` and `\n`
//! stand for octets, a line break at the end is no part of it) and `expected.json`. All are received at 2026-11-22T12:00:00Z.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

use noctop::model::text::visible;
use noctop::model::{Facility, LogSeverity, Timestamp};
use noctop::wire::syslog;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/syslog");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).expect("cases").map(|entry| entry.expect("a case").path()).collect();
    cases.sort();
    cases
}

/// The octets that a text with escapes stands for.
fn octets(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.trim_end_matches('\n');
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let taken = match rest.as_bytes().first() {
            Some(b'x') => {
                out.push(u8::from_str_radix(&rest[1..3], 16).expect("two digits"));
                3
            }
            Some(b'r') => {
                out.push(b'\r');
                1
            }
            Some(b'n') => {
                out.push(b'\n');
                1
            }
            _ => {
                out.push(b'\\');
                usize::from(rest.starts_with('\\'))
            }
        };
        rest = &rest[taken..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

fn said(octets: &[u8]) -> Value {
    let received = Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap();
    match syslog::read(octets, (received, "192.0.2.1".parse().unwrap())) {
        Err(refusal) => json!({"refused": refusal.word()}),
        Ok(line) => {
            let all = json!({
                "severity": line.severity.map(LogSeverity::word),
                "facility": line.facility.map(Facility::word),
                "own": line.own.map(|own| own.at.rfc3339()),
                "zoned": line.own.map(|own| own.zoned),
                "host": line.host,
                "app": line.app,
                "process": line.process,
                "id": line.message_id,
                "text": visible(&line.text),
                "masked": Some(line.masked).filter(|masked| *masked > 0),
            });
            let known = all.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(known.collect())
        }
    }
}

#[test]
fn messages_of_every_form_are_read() {
    let cases = cases();
    assert!(cases.len() >= 20);
    for case in cases {
        let message = octets(&fs::read_to_string(case.join("message")).expect("message"));
        let found = said(&message);
        let expected = case.join("expected.json");
        let expected: Value = serde_json::from_str(&fs::read_to_string(expected).expect("expected.json")).expect("JSON");
        assert_eq!(found, expected, "{}: {found:#}", case.display());
    }
}
