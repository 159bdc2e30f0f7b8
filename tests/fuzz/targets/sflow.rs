//! sFlow datagrams: samples, their fields, counters.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::model::flow::Known;
use noctop::wire::flow::sflow::{Datagram, Fault, Sample};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

pub fn run(data: &[u8]) {
    let Ok(datagram) = Datagram::read(data) else { return };
    let (mut samples, mut is_over) = (0_usize, false);
    for sample in datagram.samples() {
        assert!(!is_over, "behind a length that lies nothing is read");
        samples += 1;
        match sample {
            Ok(Sample::Flow(sample)) => {
                assert_eq!(sample.record.packets, 1);
                assert!(sample.record.known.has(Known::OCTETS) || sample.record.octets == 0);
                // A value takes at least a word of the datagram, but for those that each sample has.
                assert!(sample.fields().len() <= 7 + data.len() / 4);
            }
            Ok(Sample::Counters(sample)) => {
                let mut told = 0;
                sample.each(|_, _, _| told += 1);
                assert!(told <= data.len() / 4);
            }
            Ok(Sample::Discarded | Sample::Other(_)) => {}
            Err(fault) => is_over = fault == Fault::SampleLength,
        }
    }
    // Each has a format and a length.
    assert!(samples <= data.len() / 8 + 1);
}
