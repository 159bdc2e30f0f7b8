//! Blocks of flows as a store reads them back: records, and sums of a minute.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::history::flows::{records, times};
use noctop::model::flow::{FlowFields, FlowLevel};
use noctop::model::{TimeRange, Timestamp};

const ALL: TimeRange = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };

/// Reads the octets as either.
pub fn run(octets: &[u8]) {
    let at = Timestamp(1_700_000_000_000);
    if let Some(block) = records::Block::open(octets, at) {
        for (field, _) in FlowFields::NAMES {
            let _refused_or_not = block.read(ALL, *field);
        }
        if let Some(columns) = block.read(ALL, FlowFields::ALL) {
            assert!(columns.is_sound(), "what is read can be relied on");
        }
    }
    if let Some(time) = times::decode(octets, at, FlowLevel::Minute) {
        assert_eq!(times::decode(&times::encode(&time), at, FlowLevel::Minute).as_ref(), Some(&time));
    }
}

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|octets: &[u8]| run(octets));
