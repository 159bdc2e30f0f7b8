//! Blocks of samples: any octets as a block's body, and as a shard whose sum is right.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::history::blocks::block::{Block, MAX_ROWS};
use noctop::history::blocks::shard::{Shard, read_index_row, sealed};
use noctop::model::Metric;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

pub fn run(data: &[u8]) {
    bounded(data);
    // Behind its CRC a shard is as hostile as anything.
    let sealed = sealed(|out| out.extend_from_slice(data));
    if let Some(shard) = Shard::read(&sealed) {
        shard.blocks().for_each(|(_, body)| bounded(body));
    }
    if let Some(heads) = read_index_row(&sealed) {
        assert!(heads.len() <= data.len());
    }
}

fn bounded(body: &[u8]) {
    let Some(block) = Block::read(body) else { return };
    assert!(block.times().is_none_or(|times| times.len() <= MAX_ROWS));
    let mut parts = 0;
    for part in block.parts() {
        let Some(part) = part else { break };
        parts += 1;
        for column in part.columns() {
            let Some((_, column)) = column else { break };
            assert!(column.values().is_none_or(|values| values.len() <= MAX_ROWS));
            assert!(column.flags().is_none_or(|flags| flags.len() <= MAX_ROWS));
        }
        if parts <= 4 {
            for metric in Metric::ALL {
                assert!(block.series(part.number, metric).is_none_or(|readings| readings.len() <= MAX_ROWS));
            }
        }
    }
    assert!(parts <= body.len());
}
