//! What decoding costs: `cargo bench --bench flow_decode [-- SAMPLES]`. Datagrams of 28 to 30 flows, each flow another one, are decoded over and over
//! by one thread into a sum; the versions take turns, and medians are told. Peers beside it: nfcapd's whole receive, decode and
//! store, and netflow_parser, as docs/decisions/0060-flow-decoders.md has them. Goals: v5 15 ns, v9 and IPFIX 60 ns a record.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a measurement that can't go on has to stop")]

#[path = "../flow/mod.rs"]
mod flow;

use flow::{NOW, UPTIME, enterprise_template, halves, ipfix, set, template, v5, v9, words};
use noctop::clock::Stopwatch;
use noctop::model::Timestamp;
use noctop::model::flow::FlowRecord;
use noctop::wire::flow::{Decoder, Fields, Limits, Sink};
use std::hint::black_box;
use std::net::IpAddr;

/// Datagrams of one round, and rounds of one sample.
const DATAGRAMS: u32 = 1000;
const ROUNDS: u32 = 20;

/// The least that somebody does with a record.
#[derive(Default)]
struct Sum {
    records: u64,
    octets: u64,
}

impl Sink for Sum {
    fn flow(&mut self, _: usize, record: &FlowRecord, more: Fields<'_>) {
        self.records += 1;
        self.octets = self.octets.wrapping_add(black_box(record).octets);
        black_box(more.is_empty());
    }
}

/// What routers export: 20 fields (v9) and 22 (IPFIX).
const V9_FIELDS: [(u16, u16); 20] = [
    (1, 4),
    (2, 4),
    (8, 4),
    (12, 4),
    (10, 4),
    (14, 4),
    (22, 4),
    (21, 4),
    (7, 2),
    (11, 2),
    (16, 4),
    (17, 4),
    (15, 4),
    (9, 1),
    (13, 1),
    (4, 1),
    (6, 1),
    (5, 1),
    (61, 1),
    (48, 1),
];

fn v9_record(number: u32) -> Vec<u8> {
    let mut octets = words(&[1500 + number, 3, 0x0a00_0000 | number, 0x0a01_0000 | number, 3, 7, UPTIME - 9000, UPTIME - 10]);
    octets.extend(halves(&[443, 55_000]));
    octets.extend(words(&[65_001, 65_002, 0x0a00_00fe]));
    octets.extend([24, 16, 6, 0x1b, 0, 0, 0]);
    octets
}

const IPFIX_FIELDS: [(u32, u16, u16); 22] = [
    (0, 1, 8),
    (0, 2, 8),
    (0, 8, 4),
    (0, 12, 4),
    (0, 10, 4),
    (0, 14, 4),
    (0, 152, 8),
    (0, 153, 8),
    (0, 7, 2),
    (0, 11, 2),
    (0, 16, 4),
    (0, 17, 4),
    (0, 15, 4),
    (0, 9, 1),
    (0, 13, 1),
    (0, 4, 1),
    (0, 6, 2),
    (0, 5, 1),
    (0, 61, 1),
    (0, 58, 2),
    (0, 56, 6),
    (0, 136, 1),
];

fn ipfix_record(number: u32) -> Vec<u8> {
    let mut octets = [words(&[0, 1500 + number, 0, 3, 0x0a00_0000 | number, 0x0a01_0000 | number, 3, 7])].concat();
    let now = u64::from(NOW) * 1000;
    octets.extend((now - 9000).to_be_bytes());
    octets.extend((now - 10).to_be_bytes());
    octets.extend(halves(&[443, 55_000]));
    octets.extend(words(&[65_001, 65_002, 0x0a00_00fe]));
    octets.extend([24, 16, 6, 0, 0x1b, 0, 0, 0, 10, 2, 0, 0, 0, 0, 1, 3]);
    octets
}

fn datagrams(version: &str) -> Vec<Vec<u8>> {
    let records =
        |at: u32, count: u32, record: fn(u32) -> Vec<u8>| (0..count).flat_map(|flow| record(at * 30 + flow)).collect::<Vec<u8>>();
    let data = (0..DATAGRAMS).map(|at| match version {
        "v5" => v5(at * 30, 30, 0),
        "v9" => v9(1, at + 1, &[set(256, &records(at, 28, v9_record))]),
        _ => ipfix(1, at * 16, &[set(256, &records(at, 16, ipfix_record))]),
    });
    let first = match version {
        "v5" => v5(0, 0, 0),
        "v9" => v9(1, 0, &[set(0, &template(256, &V9_FIELDS))]),
        _ => ipfix(1, 0, &[set(2, &enterprise_template(256, &IPFIX_FIELDS))]),
    };
    std::iter::once(first).chain(data).collect()
}

/// Nanoseconds a record.
fn sample(datagrams: &[Vec<u8>]) -> f64 {
    let source = IpAddr::from([192, 0, 2, 1]);
    let mut decoder = Decoder::new(noctop::mib::elements::builtin(), Limits::default());
    let mut sum = Sum::default();
    let watch = Stopwatch::start();
    for _ in 0..ROUNDS {
        for datagram in datagrams {
            decoder.datagram(source, Timestamp::from_secs(i64::from(NOW)), datagram, &mut sum);
        }
    }
    let elapsed = watch.elapsed();
    black_box(sum.octets);
    elapsed.as_nanos() as f64 / sum.records as f64
}

fn main() {
    let samples: usize = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(11);
    let versions = ["v5", "v9", "ipfix"];
    let inputs = versions.map(datagrams);
    let mut taken = versions.map(|_| Vec::new());
    for _ in 0..samples {
        for (input, taken) in inputs.iter().zip(&mut taken) {
            taken.push(sample(input));
        }
    }
    println!("| version | ns a record (median) | least | most |\n|---|---|---|---|");
    for (version, mut taken) in versions.into_iter().zip(taken) {
        taken.sort_by(f64::total_cmp);
        println!("| {version} | {:.1} | {:.1} | {:.1} |", taken[taken.len() / 2], taken[0], taken[taken.len() - 1]);
    }
}
