//! NetFlow and sFlow: any octets as a datagram, cut into several, so that templates meet data.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::model::Timestamp;
use noctop::model::flow::FlowRecord;
use noctop::wire::flow::{BiflowView, Decoder, Fields, Limits, Sink};
use std::net::IpAddr;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

/// Counts what is told, and reads all of it.
#[derive(Default)]
struct Count {
    flows: u64,
    octets: usize,
}

impl Sink for Count {
    fn flow(&mut self, _: usize, _: &FlowRecord, more: Fields<'_>) {
        self.flows += 1;
        self.octets += more.iter().map(|(name, value)| name.len() + value.to_string().len()).sum::<usize>();
    }

    fn options(&mut self, _: usize, fields: Fields<'_>) {
        self.octets += fields.iter().map(|(name, value)| name.len() + value.to_string().len()).sum::<usize>();
    }
}

pub fn run(data: &[u8]) {
    check(data, BiflowView::Uniflows);
    check(data, BiflowView::Records);
}

/// The input is datagrams, each with its length in front; what is left is one more.
fn check(data: &[u8], biflows: BiflowView) {
    let limits = Limits { exporters: 8, templates: 16, all_fields: 256, waiting_sets: 4, biflows, ..Limits::default() };
    let mut decoder = Decoder::new(noctop::mib::elements::builtin(), limits);
    let mut count = Count::default();
    let (mut rest, mut datagrams) = (data, 0);
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (datagram, next) = behind.split_at(usize::from(u16::from_be_bytes(*length)).min(behind.len()));
        decoder.datagram(IpAddr::from([192, 0, 2, 1]), Timestamp(1_700_000_000_000), datagram, &mut count);
        (rest, datagrams) = (next, datagrams + 1);
    }
    decoder.settle();
    let told: u64 = decoder.streams().map(|(_, _, counts)| counts.flow_records + counts.replayed_records + counts.reverse_flows).sum();
    assert_eq!((told, decoder.totals().datagrams), (count.flows, datagrams));
    // A record has at least an octet, and is told twice at most; what waited was in the input as well.
    assert!(count.flows <= 4 * data.len() as u64 + 4);
    assert!(decoder.streams().count() <= 8);
    let saved = decoder.save();
    let mut other = Decoder::new(noctop::mib::elements::builtin(), Limits::default());
    assert!(other.restore(&saved, &mut Count::default()).is_ok());
    let _ = other.restore(data, &mut Count::default());
}
