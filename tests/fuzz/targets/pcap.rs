//! Captures: pcap and pcapng files, and the frames in them.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::wire::pcap::writer::Writer;
use noctop::wire::pcap::{Input, LONGEST_DATAGRAM, open};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

pub fn run(data: &[u8]) {
    match open(data) {
        Ok(Input::Capture(mut reader)) => {
            let mut packets = 0;
            while let Some(Ok(packet)) = reader.next_packet() {
                assert!(packet.octets.len() <= data.len());
                let _found_or_not = packet.datagram();
                packets += 1;
            }
            assert!(reader.next_packet().is_none() && packets <= data.len(), "a file ends");
        }
        Ok(Input::Payload(octets)) => assert!(octets == data && octets.len() <= LONGEST_DATAGRAM),
        Err(_) => {}
    }
    written(data);
}

/// What is written is read back.
fn written(frame: &[u8]) {
    let mut writer = Writer::new(Vec::new(), 1).unwrap();
    writer.frame((frame, 0), 1_700_000_000_000_000_000, Some((0x8100, 1))).unwrap();
    let file = writer.into_inner();
    let Ok(Input::Capture(mut reader)) = open(file.as_slice()) else { panic!("no capture was written") };
    let put_back = if frame.len() >= 12 { 4 } else { 0 };
    let packet = reader.next_packet().unwrap().unwrap();
    assert_eq!((packet.octets.len(), packet.link), (frame.len() + put_back, 1));
}
