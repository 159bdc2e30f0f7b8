//! CDP, FDP and EDP frames: any octets as a frame, and as the parts of one whose head is right.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::model::Evidence;
use noctop::wire::announcement::{Announcement, decode};
use noctop::wire::{cdp, edp};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

pub fn run(data: &[u8]) {
    if let Some(Ok(said)) = decode(data) {
        bounded(&said, data.len());
    }
    let parts = data.get(..data.len().min(1400)).unwrap_or_default();
    let message = summed(parts);
    for protocol in [Evidence::Cdp, Evidence::Fdp] {
        if let Ok(said) = cdp::decode(protocol, &message) {
            bounded(&said, message.len());
        }
    }
    let head = [1, 0, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 4, 0x96, 1, 2, 3];
    let message = [&head, parts].concat();
    bounded(&edp::decode(&message).unwrap(), message.len());
}

/// Version, holding time and the right checksum before the parts.
fn summed(parts: &[u8]) -> Vec<u8> {
    let mut message = [&[2, 180, 0, 0], parts].concat();
    let sum: u64 = message.chunks(2).map(|pair| u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0))).sum();
    let once = (sum & 0xffff) + (sum >> 16);
    let folded = (once & 0xffff) + (once >> 16);
    let [high, low] = (!(folded as u16)).to_be_bytes();
    message[2] = high;
    message[3] = low;
    message
}

/// No more is read out of a message than it has octets for.
fn bounded(Announcement { row, passed_over, .. }: &Announcement, length: usize) {
    let text: usize = [&row.port_descr, &row.sys_name, &row.sys_descr].into_iter().flatten().map(String::len).sum();
    // A device id is a name as well.
    assert!(text <= 4 * length && row.addresses.len() * 4 <= length && *passed_over as usize * 2 <= length);
    assert!(row.chassis_id.is_some() || row.port_id.is_some());
}
