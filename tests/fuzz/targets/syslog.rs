//! Syslog: any octets as a datagram.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::model::Timestamp;
use noctop::model::log::{MAX_LINE_OCTETS, MAX_WORD_CHARS};
use noctop::wire::syslog::read;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

pub fn run(data: &[u8]) {
    bounded(data);
    bounded(&[b"<189>", data].concat());
    bounded(&[b"<165>1 ", data].concat());
}

/// A line is no larger than its datagram allows, and what is cut is counted.
fn bounded(data: &[u8]) {
    let Ok(line) = read(data, (Timestamp(1_795_348_800_000), [192, 0, 2, 1].into())) else { return };
    // An octet that is no UTF-8 takes two, and a mask is longer than the secret of one letter that it hides.
    let most = 2 * MAX_LINE_OCTETS.min(data.len()) + 3 * line.masked as usize;
    assert!(line.text.len() <= most && line.raw.len() <= most);
    assert_eq!(line.cut_octets as usize, data.len().saturating_sub(MAX_LINE_OCTETS));
    for word in [&line.host, &line.app, &line.process, &line.message_id].into_iter().flatten() {
        assert!(!word.is_empty() && word.chars().count() <= MAX_WORD_CHARS);
    }
}
