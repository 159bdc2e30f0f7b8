//! Syslog over a stream: any octets, in pieces of a size that the first octet says.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::wire::syslog::frame::{Framer, MAX_FRAME};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

pub fn run(data: &[u8]) {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = frames(stream, stream.len().max(1));
    // However a stream is cut, it says the same.
    assert_eq!(frames(stream, usize::from(*size).max(1)), whole);
    assert!(whole.iter().map(|(octets, over)| octets.len() + over).sum::<usize>() <= stream.len());
}

fn frames(stream: &[u8], size: usize) -> Vec<(Vec<u8>, usize)> {
    let (mut framer, mut found) = (Framer::default(), Vec::new());
    let mut each = |frame: noctop::wire::syslog::frame::Frame<'_>| {
        assert!(frame.octets.len() <= MAX_FRAME);
        found.push((frame.octets.to_vec(), frame.over));
    };
    stream.chunks(size).for_each(|piece| framer.feed(piece, &mut each));
    framer.finish(&mut each);
    assert!(!framer.is_amid());
    found
}
