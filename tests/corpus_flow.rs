//! Recorded exporters of the corpus, against what an independent decoder made of the same captures.
//!
//! Needs `NOCTOP_CORPUS`, the folder that holds `flow/`: without it the test says loudly that it did not run. The documented command is
//! `NOCTOP_CORPUS=DIR cargo test --test corpus_flow -- --nocapture`; it runs on any folder of that shape.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use noctop::model::flow::{Direction, ExporterCounts, FlowRecord, Known};
use noctop::wire::flow::{BiflowView, Decoder, Fields, Limits, Sink};
use noctop::wire::pcap::{Found, Input, open};
use serde_json::Value as Json;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The records of a capture, and how many each datagram had.
#[derive(Default)]
struct Records {
    flows: Vec<FlowRecord>,
    per_datagram: Vec<u64>,
}

impl Sink for Records {
    fn flow(&mut self, _: usize, record: &FlowRecord, _: Fields<'_>) {
        if !record.known.has(Known::REPLAYED) {
            self.flows.push(*record);
        }
    }
}

/// Decodes a capture.
fn decoded(path: &Path) -> (Decoder, Records) {
    let limits =
        Limits { template_lifetime: None, waiting_time: Duration::MAX, biflows: BiflowView::Records, ..Limits::default() };
    let mut decoder = Decoder::new(noctop::mib::elements::builtin(), limits);
    let mut records = Records::default();
    let Input::Capture(mut reader) = open(File::open(path).unwrap()).unwrap() else { panic!("{} is no capture", path.display()) };
    while let Some(packet) = reader.next_packet() {
        let packet = packet.unwrap();
        let Found::Datagram(datagram) = packet.datagram() else { continue };
        let before = records.flows.len();
        decoder.datagram(datagram.source.ip(), packet.at, datagram.payload, &mut records);
        records.per_datagram.push((records.flows.len() - before) as u64);
    }
    decoder.settle();
    (decoder, records)
}

/// What flow-verify.py compares, and the number of records of each datagram.
fn counts(expected: &Json, (decoder, records): (&Decoder, &Records), faults: &mut Vec<String>) {
    let of = |count: fn(&ExporterCounts) -> u64| -> u64 { decoder.streams().map(|(_, _, counts)| count(&counts)).sum() };
    let number = |json: &Json| json.as_u64().unwrap_or(0);
    let (counts, scaled) = (&expected["counts"], &expected["renormalised"]);
    let octets = if scaled["octets"].is_null() { &scaled["octets_l2"] } else { &scaled["octets"] };
    let templates = expected["templates"].as_object().map_or(0, |templates| templates.len() as u64);
    for (what, found, want) in [
        ("datagrams", decoder.totals().datagrams, number(&expected["datagrams"])),
        ("flowRecords", of(|counts| counts.flow_records), number(&counts["flow_records"])),
        ("optionsRecords", of(|counts| counts.options_records), number(&counts["options_records"])),
        ("templates", of(|counts| counts.templates), templates),
        ("unknownTemplateSets", of(|counts| counts.unknown_template_sets), number(&counts["data_sets_unknown_template"])),
        ("scaledOctets", of(|counts| counts.scaled_octets), number(octets)),
        ("scaledPackets", of(|counts| counts.scaled_packets), number(&scaled["packets"])),
    ] {
        if found != want {
            faults.push(format!("{what} is {found}, not {want}"));
        }
    }
    let per_datagram: Vec<u64> = expected["flow_records_per_datagram"].as_array().into_iter().flatten().map(number).collect();
    if records.per_datagram != per_datagram {
        faults.push(format!("records by datagram are {:?}, not {per_datagram:?}", records.per_datagram));
    }
}

/// A field of a sampled record, and how ours has it; `None` where it is not known.
type Column = (&'static str, fn(&FlowRecord) -> Option<Json>);

fn known(record: &FlowRecord, bit: Known, value: u64) -> Option<Json> {
    record.known.has(bit).then(|| value.into())
}

/// Fields of the first records of each capture that fill ours.
const COLUMNS: &[Column] = &[
    ("srcPort", |record| known(record, Known::SRC_PORT, record.src_port.into())),
    ("dstPort", |record| known(record, Known::DST_PORT, record.dst_port.into())),
    ("proto", |record| known(record, Known::PROTOCOL, record.protocol.into())),
    ("tcpFlags", |record| known(record, Known::TCP_FLAGS, record.tcp_flags.into())),
    ("tos", |record| known(record, Known::TOS, record.tos.into())),
    ("inIf", |record| known(record, Known::IN_IF, record.in_if.into())),
    ("outIf", |record| known(record, Known::OUT_IF, record.out_if.into())),
    ("srcAS", |record| known(record, Known::SRC_AS, record.src_as.into())),
    ("dstAS", |record| known(record, Known::DST_AS, record.dst_as.into())),
    ("srcMask", |record| known(record, Known::SRC_MASK, record.src_mask.into())),
    ("vlanId", |record| known(record, Known::VLAN, record.vlan.into())),
    ("octets", |record| known(record, Known::OCTETS, record.octets)),
    ("packets", |record| known(record, Known::PACKETS, record.packets)),
    ("octetDeltaCount", |record| known(record, Known::OCTETS, record.octets)),
    ("packetDeltaCount", |record| known(record, Known::PACKETS, record.packets)),
    ("frame_length", |record| known(record, Known::OCTETS, record.octets)),
    ("rate", |record| Some(record.sampling_interval.into())),
    ("direction", |record| match record.direction {
        Direction::Unknown => None,
        other => Some((other as u64 - 1).into()),
    }),
];

/// Names of elements that a template of packets in packets may have twice. Of these ours are the first, which are the outer packet's (RFC 7011 §8:
/// in the order in which they are metered); the expected records have the last.
const DOUBLED: &[(&str, &str)] = &[
    ("srcPort", "7"),
    ("dstPort", "11"),
    ("proto", "4"),
    ("tos", "5"),
    ("srcAddr", "8"),
    ("dstAddr", "12"),
    ("srcAddr", "27"),
    ("dstAddr", "28"),
];

/// Those that a template of the capture has twice.
fn doubled(expected: &Json) -> Vec<&'static str> {
    let templates = expected["templates"].as_object().into_iter().flat_map(|templates| templates.values());
    let numbers: Vec<Vec<&str>> = templates
        .map(|template| template["fields"].as_array().into_iter().flatten().filter_map(|field| field[0].as_str()).collect())
        .collect();
    let is_twice = |number: &str| numbers.iter().any(|fields| fields.iter().filter(|field| **field == number).count() > 1);
    DOUBLED.iter().filter(|(_, number)| is_twice(number)).map(|(name, _)| *name).collect()
}

/// What the first records say, field by field; a field of no octets is 0 there and not known here.
fn samples(expected: &Json, records: &Records, faults: &mut Vec<String>) {
    let doubled = doubled(expected);
    for (at, (want, found)) in expected["sample_records"].as_array().into_iter().flatten().zip(&records.flows).enumerate() {
        let is_sflow = !want["agent"].is_null();
        for (name, read) in
            COLUMNS.iter().filter(|(name, _)| !(doubled.contains(name) || (is_sflow && matches!(*name, "inIf" | "outIf"))))
        {
            let (want, found) = (&want[*name], read(found));
            let is_none = want.as_u64() == Some(0) && found.is_none();
            if !want.is_null() && !is_none && want.is_u64() && found.as_ref() != Some(want) {
                faults.push(format!("{name} of record {at} is {found:?}, not {want}"));
            }
        }
        for (names, found) in [(["srcAddr", "srcAddr6"], found.src), (["dstAddr", "dstAddr6"], found.dst)] {
            let addresses: Vec<&str> = names.iter().filter_map(|name| want[*name].as_str()).collect();
            let found = found.ip().map(|address| address.to_string());
            if !doubled.contains(&names[0]) && !addresses.is_empty() && !addresses.contains(&found.as_deref().unwrap_or("")) {
                faults.push(format!("{} of record {at} is {found:?}, not {addresses:?}", names[0]));
            }
        }
    }
}

fn cases() -> Option<Vec<PathBuf>> {
    let folder =
        std::env::var_os("NOCTOP_CORPUS").map(|corpus| PathBuf::from(corpus).join("flow")).filter(|folder| folder.is_dir());
    let Some(folder) = folder else {
        eprintln!("SKIPPED: NOCTOP_CORPUS is not set or holds no flow/: the recorded exporters were not read");
        return None;
    };
    let cases = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = cases.filter(|path| path.join("EXPECTED.json").is_file()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "NOCTOP_CORPUS/flow holds no capture");
    Some(cases)
}

#[test]
fn every_capture_is_decoded_as_expected() {
    let Some(cases) = cases() else { return };
    let mut wrong = 0;
    for case in &cases {
        let expected: Json = serde_json::from_str(&fs::read_to_string(case.join("EXPECTED.json")).unwrap()).unwrap();
        let (decoder, records) = decoded(&case.join("capture.pcap"));
        let mut faults = Vec::new();
        counts(&expected["expected"], (&decoder, &records), &mut faults);
        samples(&expected["expected"], &records, &mut faults);
        if !faults.is_empty() {
            wrong += 1;
            println!("{}: {}", case.file_name().unwrap().to_string_lossy(), faults.join("; "));
        }
    }
    println!("{} of {} captures agree", cases.len() - wrong, cases.len());
    assert_eq!(wrong, 0);
}

/// Open vSwitch numbers its datagrams by rules of its own: none of these captures lost anything.
#[test]
fn exporters_that_count_otherwise_are_not_said_to_lose() {
    let Some(cases) = cases() else { return };
    for case in cases.iter().filter(|case| case.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lab-"))) {
        let (decoder, _) = decoded(&case.join("capture.pcap"));
        let lost: u64 = decoder.streams().map(|(_, _, counts)| counts.lost).sum();
        assert_eq!(lost, 0, "{}", case.display());
    }
}
