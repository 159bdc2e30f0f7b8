//! LLDP frames: any octets as a frame, and as the data unit of one.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::wire::announcement::{Announcement, decode};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

/// Destination, source and type of LLDP.
const HEAD: [u8; 14] = [0x01, 0x80, 0xc2, 0, 0, 0x0e, 0, 0x1b, 0x54, 1, 2, 3, 0x88, 0xcc];

pub fn run(data: &[u8]) {
    bounded(data);
    bounded(&[&HEAD, data].concat());
}

/// No more is read out of a frame than it has octets for.
fn bounded(frame: &[u8]) {
    let Some(Ok(Announcement { row, passed_over, .. })) = decode(frame) else { return };
    let text: usize = [&row.port_descr, &row.sys_name, &row.sys_descr].into_iter().flatten().map(String::len).sum();
    assert!(text <= 2 * frame.len() && row.addresses.len() * 5 <= frame.len() && passed_over as usize * 2 <= frame.len());
    assert!(row.chassis_id.is_some() || row.port_id.is_some());
    assert_eq!((row.local_if_index, row.local_port), (None, None));
}
