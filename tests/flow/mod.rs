//! Datagrams of NetFlow and IPFIX, built field by field from the RFCs, and a sink that keeps what a decoder finds.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests, each of which uses a part")]

use noctop::model::Timestamp;
use noctop::model::flow::{ExporterCounts, ExporterKey, FlowName, FlowRecord};
use noctop::wire::flow::{Decoder, Fields, Limits, Sink};
use std::net::IpAddr;

/// When everything is sent and received. Units: s.
pub const NOW: u32 = 1_700_000_000;

/// Milliseconds since the exporter's start in every v5 and v9 header.
pub const UPTIME: u32 = 1_000_000;

pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

pub fn halves(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_be_bytes()).collect()
}

/// A v5 datagram of `count` flows of 10.0.0.1 to 10.0.0.2, of 100 octets and 2 packets each.
pub fn v5(sequence: u32, count: u16, sampling: u16) -> Vec<u8> {
    let mut octets = halves(&[5, count]);
    octets.extend(words(&[UPTIME, NOW, 0, sequence]));
    octets.extend(halves(&[0x0102, sampling]));
    for _ in 0..count {
        octets.extend(words(&[0x0a00_0001, 0x0a00_0002, 0x0a00_00fe, 3 << 16 | 7, 2, 100, UPTIME - 5000, UPTIME - 1000]));
        octets.extend(halves(&[443, 55_000, 0x001b, 6 << 8, 65_001, 65_002, 24 << 8 | 16, 0]));
    }
    octets
}

/// A v9 datagram.
pub fn v9(source_id: u32, sequence: u32, sets: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = halves(&[9, u16::try_from(sets.len()).unwrap()]);
    octets.extend(words(&[UPTIME, NOW, sequence, source_id]));
    octets.extend(sets.concat());
    octets
}

/// An IPFIX message.
pub fn ipfix(domain: u32, sequence: u32, sets: &[Vec<u8>]) -> Vec<u8> {
    let body = sets.concat();
    let mut octets = halves(&[10, u16::try_from(16 + body.len()).unwrap()]);
    octets.extend(words(&[NOW, sequence, domain]));
    octets.extend(body);
    octets
}

/// A set, padded to four octets.
pub fn set(id: u16, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let mut octets = halves(&[id, u16::try_from(4 + body.len()).unwrap()]);
    octets.extend(body);
    octets
}

/// A template record: number and length of each field.
pub fn template(id: u16, fields: &[(u16, u16)]) -> Vec<u8> {
    let mut octets = halves(&[id, u16::try_from(fields.len()).unwrap()]);
    fields.iter().for_each(|(number, length)| octets.extend(halves(&[*number, *length])));
    octets
}

/// The same of IPFIX with enterprise numbers.
pub fn enterprise_template(id: u16, fields: &[(u32, u16, u16)]) -> Vec<u8> {
    let mut octets = halves(&[id, u16::try_from(fields.len()).unwrap()]);
    for (enterprise, number, length) in fields {
        let bit = if *enterprise == 0 { 0 } else { 0x8000 };
        octets.extend(halves(&[number | bit, *length]));
        octets.extend(if bit == 0 { Vec::new() } else { enterprise.to_be_bytes().to_vec() });
    }
    octets
}

/// An options template of IPFIX, with so many fields of scope.
pub fn options_template(id: u16, scope: u16, fields: &[(u16, u16)]) -> Vec<u8> {
    let mut octets = halves(&[id, u16::try_from(fields.len()).unwrap(), scope]);
    fields.iter().for_each(|(number, length)| octets.extend(halves(&[*number, *length])));
    octets
}

/// An options template of v9.
pub fn v9_options_template(id: u16, scope: &[(u16, u16)], fields: &[(u16, u16)]) -> Vec<u8> {
    let octets = |fields: &[(u16, u16)]| u16::try_from(4 * fields.len()).unwrap();
    let mut found = halves(&[id, octets(scope), octets(fields)]);
    scope.iter().chain(fields).for_each(|(number, length)| found.extend(halves(&[*number, *length])));
    found
}

/// The fields of the simplest flow: addresses, octets, packets.
pub const SIMPLE: [(u16, u16); 4] = [(8, 4), (12, 4), (1, 4), (2, 4)];

/// A record of [`SIMPLE`].
pub fn simple(host: u32, octets: u32) -> Vec<u8> {
    words(&[0x0a00_0000 | host, 0x0a00_00ff, octets, 1])
}

/// A stream, its record, and what else was told.
pub type Told = (usize, FlowRecord, Vec<(String, String)>);

/// What was found.
#[derive(Default)]
pub struct Found {
    pub exporters: Vec<ExporterKey>,
    pub flows: Vec<Told>,
    pub options: Vec<Vec<(String, String)>>,
    pub names: Vec<FlowName>,
}

fn texts(fields: Fields<'_>) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| (name.into_owned(), value.to_string())).collect()
}

impl Sink for Found {
    fn exporter(&mut self, stream: usize, key: &ExporterKey) {
        if stream < self.exporters.len() {
            self.exporters[stream] = *key;
        } else {
            self.exporters.push(*key);
        }
    }

    fn flow(&mut self, stream: usize, record: &FlowRecord, more: Fields<'_>) {
        assert!(!more.is_empty() || more.iter().next().is_none());
        self.flows.push((stream, *record, texts(more)));
    }

    fn options(&mut self, _: usize, fields: Fields<'_>) {
        self.options.push(texts(fields));
    }

    fn name(&mut self, _: usize, name: FlowName) {
        self.names.push(name);
    }
}

/// A decoder and what it found.
pub struct Bench {
    pub decoder: Decoder,
    pub found: Found,
    /// Received. Units: s.
    pub now: u32,
}

impl Bench {
    pub fn new(limits: Limits) -> Self {
        Self { decoder: Decoder::new(noctop::mib::elements::builtin(), limits), found: Found::default(), now: NOW }
    }

    /// From 192.0.2.`host`.
    pub fn hear(&mut self, host: u8, datagrams: &[Vec<u8>]) -> &mut Self {
        let source = IpAddr::from([192, 0, 2, host]);
        for datagram in datagrams {
            self.decoder.datagram(source, Timestamp::from_secs(i64::from(self.now)), datagram, &mut self.found);
        }
        self
    }

    pub fn counts(&self, stream: usize) -> ExporterCounts {
        self.decoder.streams().nth(stream).unwrap().2
    }

    /// Source host and octets of each flow.
    pub fn heard(&self) -> Vec<(u128, u64)> {
        self.found.flows.iter().map(|(_, record, _)| (record.src.0 & 0xff, record.octets)).collect()
    }

    pub fn intervals(&self) -> Vec<u32> {
        self.found.flows.iter().map(|(_, record, _)| record.sampling_interval).collect()
    }
}
