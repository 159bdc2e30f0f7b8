//! Conversations add up to what interfaces count, exporters tell them true, and the same each time.

use super::live::Feed;
use super::told::Told;
use super::*;
use crate::mib::{Registry, elements};
use crate::model::Timestamp;
use crate::model::flow::{FlowName, FlowRecord, FlowVersion};
use crate::sim::scenario::file::{Class, ExportForm};
use crate::sim::{Scale, Scenario};
use crate::wire::flow::{Decoder, Fields, Limits, Sink};
use std::collections::BTreeMap;
use std::net::IpAddr;

fn moment() -> Timestamp {
    Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap()
}

fn traffic() -> Traffic {
    let scenario = Scenario::campus(Scale::at(moment(), 1)).unwrap();
    Traffic::new(Arc::new(Campus::new(Arc::new(scenario), Registry::builtin()).unwrap()))
}

fn minute(before: i64) -> Slot {
    Slot::of(Timestamp(moment().0 - before * 60_000), 60)
}

fn name(traffic: &Traffic, exporter: &Exporter) -> String {
    traffic.campus().scenario.node(exporter.device).unwrap().name.clone()
}

fn named<'a>(traffic: &'a Traffic, wanted: &str) -> &'a Exporter {
    traffic.exporters().iter().find(|exporter| name(traffic, exporter) == wanted).unwrap()
}

#[test]
fn what_comes_in_by_a_port_is_divided_without_a_rest() {
    let traffic = traffic();
    for exporter in traffic.exporters() {
        let moved = exporter.moved(&traffic.campus().scenario, minute(1));
        let talks = traffic.talks(exporter, minute(1));
        for (place, (into, _)) in moved.iter().enumerate().filter(|_| !talks.is_empty()) {
            let sum: u64 = talks.iter().filter(|talk| talk.from == place).map(|talk| talk.octets).sum();
            let has_talks = exporter.cells.iter().any(|cell| cell.from == place);
            // Each of the parts of which it is made is cut to whole octets.
            let near = (sum as f64 - into).abs() <= 4.0;
            assert!(near || !has_talks, "{} {}: {sum} of {into}", name(&traffic, exporter), exporter.ports[place].name);
        }
    }
}

#[test]
fn what_goes_out_by_a_port_is_what_it_counts_nearly() {
    let traffic = traffic();
    let mut checked = 0;
    for exporter in traffic.exporters().iter().filter(|exporter| exporter.export.how != ExportForm::Sflow5) {
        let moved = exporter.moved(&traffic.campus().scenario, minute(1));
        let talks = traffic.talks(exporter, minute(1));
        let all: f64 = moved.iter().map(|moved| moved.0).sum();
        for (place, (_, out)) in moved.iter().enumerate().filter(|(_, (_, out))| *out > all * 0.02) {
            let sum: u64 = talks.iter().filter(|talk| talk.to == place).map(|talk| talk.octets).sum();
            let near = (sum as f64 / out - 1.0).abs() < 0.1;
            assert!(near, "{} {}: {sum} of {out}", name(&traffic, exporter), exporter.ports[place].name);
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn ports_count_what_is_talked_as_snmp_tells_it() {
    use crate::model::poll::IfCounter;
    let traffic = traffic();
    let exporter = named(&traffic, "dist-b1");
    let scenario = &traffic.campus().scenario;
    let node = scenario.node(exporter.device).unwrap();
    let talks = traffic.talks(exporter, minute(1));
    for (place, port) in exporter.ports.iter().enumerate().filter(|(_, port)| port.if_index != 0) {
        let number = (0..scenario.port_count(node)).find(|&number| scenario.if_index(node, number) == port.if_index).unwrap();
        let octets = |at| scenario.counters(node, exporter.device, (number, at))[IfCounter::InOctets as usize];
        let counted = (octets(minute(1).to) - octets(minute(1).from)) as f64 * (1.0 - UNMONITORED);
        let talked: u64 = talks.iter().filter(|talk| talk.from == place).map(|talk| talk.octets).sum();
        assert!((talked as f64 - counted).abs() < 8.0, "{}: {talked} of {counted}", port.name);
    }
}

#[test]
fn a_sampled_sum_is_true_within_its_error() {
    let traffic = traffic();
    let mut told_of = 0;
    for exporter in traffic.exporters().iter().filter(|exporter| exporter.export.sampling > 1) {
        let slot = Slot { from: minute(30).from, to: minute(1).to };
        let talks = traffic.talks(exporter, slot);
        let told = traffic.told(exporter, slot);
        let true_packets: u64 = talks.iter().map(|talk| talk.packets).sum();
        let samples: u64 = told.iter().map(|told| told.record.packets).sum();
        let scaled: u64 = told.iter().map(|told| told.record.scaled_packets()).sum();
        if samples == 0 {
            continue;
        }
        told_of += 1;
        // Four standard deviations of a count (sFlow, Packet Sampling Basics: the error falls with its root).
        let error = 4.0 / (samples as f64).sqrt();
        let off = scaled as f64 / true_packets as f64 - 1.0;
        assert!(off.abs() < error, "{}: {off} over {error}", name(&traffic, exporter));
    }
    assert!(told_of > 30, "{told_of}");
}

#[test]
fn a_surge_is_one_conversation_all_along_its_path() {
    let traffic = traffic();
    let surge = |device: &str| {
        let talks = traffic.talks(named(&traffic, device), minute(1));
        talks.into_iter().find(|talk| talk.service.is_none() && talk.src_port == 873).unwrap()
    };
    let [first, others @ ..] = ["wan-1", "core-1", "dist-dc-1"].map(surge);
    for other in others {
        assert_eq!((first.src, first.dst, first.octets), (other.src, other.dst, other.octets));
    }
    assert!(first.octets * 8 / 60 > 500_000_000);
    let before = traffic.talks(named(&traffic, "wan-1"), minute(90));
    assert!(before.iter().all(|talk| talk.service.is_some()), "it has begun 47 minutes ago");
}

#[test]
fn there_are_few_elephants_and_many_mice() {
    let traffic = traffic();
    for device in ["core-1", "wan-2", "dist-b2"] {
        let mut octets: Vec<u64> = traffic.talks(named(&traffic, device), minute(1)).iter().map(|talk| talk.octets).collect();
        octets.sort_unstable_by(|a, b| b.cmp(a));
        let all: u64 = octets.iter().sum();
        let first: u64 = octets.iter().take(octets.len() / 10).sum();
        assert!(
            octets.len() > 100 && first * 100 > all * 40,
            "{device}: {} talks, the first tenth has {first} of {all}",
            octets.len()
        );
    }
}

#[test]
fn everybody_talks_and_in_both_families() {
    let traffic = traffic();
    for class in [Class::Desk, Class::Wifi, Class::Server, Class::World] {
        assert!(traffic.people().hosts().iter().filter(|host| host.class == class).count() > 20, "{class:?}");
    }
    let talks = traffic.talks(named(&traffic, "core-1"), minute(1));
    let six = talks.iter().filter(|talk| !talk.src.is_v4()).count();
    assert!(six > 20 && six < talks.len() / 3, "{six}");
    let told = traffic.told(named(&traffic, "dist-dc-1"), minute(1));
    assert!(told.iter().all(|told| told.record.src.is_v4()), "v5 has no IPv6");
}

#[test]
fn a_silent_device_tells_nothing() {
    let traffic = traffic();
    let dead = named(&traffic, "acc-b2-07");
    assert!(traffic.talks(dead, minute(1)).is_empty());
    assert!(!traffic.talks(dead, minute(180)).is_empty());
}

#[test]
fn it_is_the_same_each_time() {
    let datagrams = || {
        let mut feed = Feed::new(Arc::new(traffic()), moment());
        feed.until(Timestamp(moment().0 + 3000))
    };
    let first = datagrams();
    assert!(first.len() > 50, "{}", first.len());
    assert_eq!(first, datagrams());
}

/// What was decoded, by exporter.
#[derive(Default)]
struct Heard(BTreeMap<usize, Vec<FlowRecord>>, Vec<FlowName>);

impl Sink for Heard {
    fn flow(&mut self, stream: usize, record: &FlowRecord, _: Fields<'_>) {
        self.0.entry(stream).or_default().push(*record);
    }

    fn name(&mut self, _: usize, name: FlowName) {
        self.1.push(name);
    }
}

/// What is compared of a record: what the exporter was to tell, without times, which v5 and v9 round to sysUpTime.
fn essence(record: &FlowRecord) -> impl Ord + std::fmt::Debug + use<> {
    (
        (record.src, record.dst, record.src_port, record.dst_port, record.protocol, record.tos),
        (record.octets, record.packets, record.sampling_interval, record.in_if, record.out_if),
        (record.src_as, record.dst_as, record.src_mask, record.dst_mask, record.vlan, record.app, record.tcp_flags),
        record.direction as u8,
    )
}

#[test]
fn what_is_exported_is_decoded_to_what_was_told() {
    let all = Arc::new(traffic());
    let start = Timestamp(moment().0 - 120_000);
    let mut feed = Feed::new(Arc::clone(&all), start);
    let mut decoder = Decoder::new(elements::builtin(), Limits::default());
    let mut heard = Heard::default();
    for second in 1..=60 {
        let now = Timestamp(start.0 + second * 1000);
        for (source, datagram) in feed.until(now) {
            decoder.datagram(IpAddr::V4(source), now, &datagram, &mut heard);
        }
    }
    let streams: Vec<_> = decoder.streams().collect();
    assert!(streams.len() > 45, "{}", streams.len());
    for (stream, key, counts) in streams {
        let exporter = all.exporters().iter().find(|exporter| IpAddr::V4(exporter.address) == key.address).unwrap();
        let label = format!("{} {counts:?}", name(&all, exporter));
        assert_eq!((key.version, counts.lost, counts.restarts, counts.refused.len()), (exporter.version(), 0, 0, 0), "{label}");
        assert_eq!((counts.unknown_template_sets, counts.implausible_times), (0, 0), "{label}");
        let is_sflow = key.version == FlowVersion::Sflow5;
        let mut told: Vec<_> = all.told(exporter, minute(if is_sflow { 2 } else { 3 })).iter().flat_map(each_packet).collect();
        let mut decoded: Vec<_> = heard.0.remove(&stream).unwrap_or_default();
        told.sort_by_key(essence);
        decoded.sort_by_key(essence);
        assert_eq!(decoded.len(), told.len(), "{label}");
        for (decoded, told) in decoded.iter().zip(&told) {
            assert_eq!(essence(decoded), essence(told), "{label}");
            let apart = decoded.start.0.abs_diff(told.start.0).max(decoded.end.0.abs_diff(told.end.0));
            assert!(is_sflow || apart < 20, "{label}: {decoded:?} {told:?}");
        }
    }
    let is_named = |wanted: &str| {
        heard.1.iter().any(|name| matches!(name, FlowName::Interface(_, text) | FlowName::Application(_, text) if text == wanted))
    };
    assert!(is_named("Gi0/0/0") && is_named("Po1") && is_named("https") && is_named("rsync"));
}

/// sFlow tells each sampled packet by itself.
fn each_packet(told: &Told) -> Vec<FlowRecord> {
    if told.record.known.has(crate::model::flow::Known::SRC_MAC) {
        let one = FlowRecord { octets: told.frame, packets: 1, ..told.record };
        vec![one; usize::try_from(told.record.packets).unwrap()]
    } else {
        vec![told.record]
    }
}
