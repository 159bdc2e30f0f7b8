//! Checkpoints: the first octet chooses the kind of a part, the rest is what is in it.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::state::Settings;
use noctop::state::checkpoint::{CHECKPOINT_VERSION, decode, encode};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

const KINDS: [&str; 18] = [
    "head",
    "device",
    "condition",
    "link",
    "neighbour",
    "alarm",
    "handling",
    "cause",
    "episode",
    "notice",
    "maintenance",
    "watch",
    "recent",
    "endpoint",
    "predecessor",
    "read",
    "unseen",
    "wireless",
];

pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let name = format!("{}/00000", KINDS[usize::from(*kind) % KINDS.len()]);
    let part = [&[CHECKPOINT_VERSION], rest].concat();
    let Ok(state) = decode(&[(name, part)], Settings::default()) else { return };
    // Whatever was read is written and read again as the same.
    let written = encode(&state);
    let again = decode(&written, Settings::default()).expect("what was written is read");
    assert_eq!(encode(&again), written);
}
