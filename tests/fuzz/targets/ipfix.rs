//! IPFIX: any octets as the sets of a message whose head is right, after a message of templates of every kind.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::model::Timestamp;
use noctop::model::flow::FlowRecord;
use noctop::wire::flow::{Decoder, Fields, Limits, Sink};
use std::net::IpAddr;

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn flow(&mut self, _: usize, _: &FlowRecord, more: Fields<'_>) {
        self.0 += 1;
        assert!(more.iter().all(|(name, _)| !name.is_empty()));
    }
}

/// Templates that data can be of: fixed, variable, options, of the way back, with lists and packets.
const TEMPLATES: &[u8] = &[
    0, 2, 0, 76, // a set of templates
    1, 0, 0, 3, 0, 8, 0, 4, 0, 12, 0, 4, 0, 1, 0, 4, // 256
    1, 1, 0, 3, 0, 82, 0xff, 0xff, 1, 35, 0xff, 0xff, 1, 59, 0xff, 0xff, // 257: interfaceName, basicList, dataLinkFrameSection
    1, 2, 0, 3, 0, 1, 0, 4, 0x80, 1, 0, 4, 0, 0, 0x72, 0x79, 0x80, 2, 0, 4, 0, 0, 0x72, 0x79, // 258: both ways
    1, 3, 0, 3, 0, 22, 0, 4, 0, 48, 0, 1, 0, 95, 0, 3, // 259: uptime, sampler, application
    0, 3, 0, 26, // a set of options templates
    1, 4, 0, 4, 0, 1, 0, 10, 0, 4, 0, 48, 0, 1, 0, 34, 0, 4, 0, 160, 0, 8, // 260
];

pub fn run(data: &[u8]) {
    let mut decoder = Decoder::new(noctop::mib::elements::builtin(), Limits { templates: 16, ..Limits::default() });
    let mut count = Count::default();
    for body in [TEMPLATES, data.get(..data.len().min(1400)).unwrap_or_default()] {
        decoder.datagram(IpAddr::from([192, 0, 2, 1]), Timestamp(1_700_000_000_000), &message(body), &mut count);
    }
    let (_, key, counts) = decoder.streams().next().expect("both have one head");
    assert_eq!((key.domain, counts.datagrams), (1, 2));
    assert!(counts.templates >= 5);
    assert_eq!(count.0, counts.flow_records + counts.replayed_records + counts.reverse_flows);
    assert!(count.0 <= 4 * data.len() as u64);
}

fn message(body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(16 + body.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[0, 10, high, low, 0x65, 0x53, 0xf1, 0, 0, 0, 0, 0, 0, 0, 0, 1], body].concat()
}
