//! What a flow decoder makes of datagrams: templates and their scope, samplers, loss, biflows, names, and input that lies.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod flow;

use flow::*;
use noctop::model::flow::{Direction, FlowAddr, FlowName, FlowVersion, Known};
use noctop::model::{Timestamp, limit};
use noctop::wire::flow::{BiflowView, Limits};
use proptest::prelude::*;
use std::time::Duration;

fn bench() -> Bench {
    Bench::new(Limits::default())
}

#[test]
fn a_flow_of_v5_has_all_its_fields() {
    let mut bench = bench();
    bench.hear(1, &[v5(0, 1, 1 << 14 | 100)]);
    let (_, flow, more) = &bench.found.flows[0];
    assert_eq!(
        (flow.src, flow.dst, flow.next_hop),
        (FlowAddr::v4(0x0a00_0001), FlowAddr::v4(0x0a00_0002), FlowAddr::v4(0x0a00_00fe))
    );
    assert_eq!((flow.octets, flow.packets, flow.sampling_interval), (100, 2, 100));
    assert_eq!((flow.in_if, flow.out_if, flow.src_port, flow.dst_port), (3, 7, 443, 55_000));
    assert_eq!((flow.protocol, flow.tcp_flags, flow.tos), (6, 0x1b, 0));
    assert_eq!((flow.src_as, flow.dst_as, flow.src_mask, flow.dst_mask), (65_001, 65_002, 24, 16));
    let now = i64::from(NOW) * 1000;
    assert_eq!((flow.start, flow.end), (Timestamp(now - 5000), Timestamp(now - 1000)));
    assert!(!flow.known.has(Known::IMPLAUSIBLE_TIME) && more.is_empty());
    let key = bench.found.exporters[0];
    assert_eq!((key.version, key.domain), (FlowVersion::NetFlow5, 0x0102));
    assert_eq!((bench.counts(0).scaled_octets, bench.counts(0).octets), (10_000, 100));
}

#[test]
fn an_interval_of_0_in_v5_is_1_and_a_count_that_lies_is_refused() {
    let mut bench = bench();
    let mut lie = v5(0, 2, 0);
    lie[3] = 200;
    bench.hear(1, &[lie]);
    assert_eq!((bench.intervals(), bench.counts(0).refused["truncated"]), (vec![1, 1], 1));
}

/// All that a message of IPFIX may say, against what is told of it.
#[test]
fn a_flow_of_ipfix_has_all_its_fields_and_the_rest_by_name() {
    let fields = [
        (0, 27, 16),
        (0, 28, 16),
        (0, 7, 2),
        (0, 11, 2),
        (0, 4, 1),
        (0, 5, 1),
        (0, 6, 2),
        (0, 1, 8),
        (0, 2, 8),
        (0, 10, 4),
        (0, 14, 4),
        (0, 152, 8),
        (0, 153, 8),
        (0, 58, 2),
        (0, 56, 6),
        (0, 80, 6),
        (0, 61, 1),
        (0, 95, 4),
        (0, 70, 3),
        (0, 136, 1),
        (0, 225, 4),
        (10704, 4, 65_535),
        (99_999, 7, 2),
        (0, 291, 65_535),
        (0, 210, 3),
    ];
    let now = u64::from(NOW) * 1000;
    let mut record =
        [0x2001_0db8u32, 0, 0, 1, 0x2001_0db8, 0, 0, 2].iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    record.extend(halves(&[443, 55_000]));
    record.extend([6, 0xb8]);
    record.extend(halves(&[0x11b]));
    record.extend(1_000_000_000_000u64.to_be_bytes());
    record.extend(7u64.to_be_bytes());
    record.extend(words(&[3, 0]));
    record.extend((now - 9000).to_be_bytes());
    record.extend((now - 1).to_be_bytes());
    record.extend(halves(&[4094]));
    record.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 1]);
    record.extend([13, 0, 1, 0xc5]);
    record.extend([0x05, 0xdc, 0xa1, 3, 203, 0, 113, 9]);
    record.extend([4, b'r', b'u', b'l', b'e', 0x12, 0x34]);
    // A list of two octets each: dstPort.
    record.extend([255, 0, 9, 4, 0, 11, 0, 2, 0, 80, 0, 81]);
    record.extend([0; 3]);
    let mut bench = bench();
    bench.hear(1, &[ipfix(5, 0, &[set(2, &enterprise_template(300, &fields)), set(300, &record)])]);
    let (_, flow, more) = &bench.found.flows[0];
    assert_eq!(
        (flow.src.ip().unwrap().to_string(), flow.dst.ip().unwrap().to_string()),
        ("2001:db8::1".into(), "2001:db8::2".into())
    );
    assert_eq!((flow.octets, flow.packets, flow.tcp_flags, flow.tos), (1_000_000_000_000, 7, 0x11b, 0xb8));
    assert_eq!((flow.start.0, flow.end.0), (now as i64 - 9000, now as i64 - 1));
    assert_eq!((flow.in_if, flow.out_if, flow.vlan, flow.direction), (3, 0, 4094, Direction::Egress));
    assert_eq!((flow.src_mac.to_string(), flow.app), ("02:00:00:00:00:01".into(), 0x0d00_01c5));
    let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let want = [
        ("applicationId", "13:453"),
        ("mplsTopLabelStackSection", "24010/0/1"),
        ("flowEndReason", "3"),
        ("postNATSourceIPv4Address", "203.0.113.9"),
        ("FW_Rule", "rule"),
        ("99999.7", "4660"),
        ("basicList", "80,81"),
    ];
    assert_eq!(more, want);
}

#[test]
fn a_template_is_scoped_by_its_exporter_its_version_and_its_domain() {
    let mut bench = bench();
    let swapped = [(12, 4), (8, 4), (1, 4), (2, 4)];
    bench.hear(1, &[v9(0, 0, &[set(0, &template(256, &SIMPLE))])]);
    bench.hear(2, &[v9(0, 0, &[set(0, &template(256, &swapped))])]);
    let data = || set(256, &simple(1, 10));
    bench.hear(1, &[v9(0, 1, &[data()]), v9(1, 0, &[data()]), ipfix(0, 0, &[data()])]).hear(2, &[v9(0, 1, &[data()])]);
    assert_eq!(bench.heard(), [(1, 10), (0xff, 10)]);
    let unknown: Vec<u64> = bench.decoder.streams().map(|(_, _, counts)| counts.unknown_template_sets).collect();
    assert_eq!(unknown, [0, 0, 1, 1]);
}

#[test]
fn a_template_that_is_defined_anew_holds_from_then_on() {
    let mut bench = bench();
    let narrow = [(8, 4), (1, 4)];
    let sets = [
        set(2, &template(256, &SIMPLE)),
        set(256, &simple(1, 10)),
        set(2, &template(256, &narrow)),
        set(256, &words(&[0x0a00_0002, 20, 0x0a00_0003, 30])),
        set(2, &template(256, &narrow)),
    ];
    bench.hear(1, &[ipfix(0, 0, &sets)]);
    assert_eq!(bench.heard(), [(1, 10), (2, 20), (3, 30)]);
    assert_eq!((bench.counts(0).templates, bench.counts(0).flow_records), (1, 3));
}

#[test]
fn what_is_withdrawn_holds_no_more() {
    let define = || set(2, &[template(256, &SIMPLE), template(257, &SIMPLE)].concat());
    let both = |host| [set(256, &simple(host, 1)), set(257, &simple(host, 1))].concat();
    // One: a template record without fields; all: one whose id is that of the set (RFC 7011 §8.1).
    for (withdrawal, left) in [(template(257, &[]), 1), (template(2, &[]), 0)] {
        let mut bench = bench();
        bench.hear(1, &[ipfix(0, 0, &[define(), both(1), set(2, &withdrawal), both(2)])]);
        assert_eq!(bench.heard().len(), 2 + left);
        assert_eq!((bench.counts(0).unknown_template_sets, bench.counts(0).templates), (2 - left as u64, 2));
    }
    // Options templates are withdrawn by themselves.
    let mut bench = bench();
    let options = set(3, &options_template(258, 1, &[(149, 4), (34, 4)]));
    bench.hear(1, &[ipfix(0, 0, &[define(), options, set(3, &template(3, &[])), both(1), set(258, &words(&[0, 5]))])]);
    assert_eq!((bench.heard().len(), bench.counts(0).options_records, bench.counts(0).unknown_template_sets), (2, 0, 1));
}

#[test]
fn data_that_came_before_its_template_is_told_when_it_comes_and_counted_apart() {
    let mut bench = bench();
    bench.hear(1, &[v9(0, 0, &[set(256, &[simple(1, 10), simple(2, 20)].concat())]), v9(0, 1, &[set(257, &simple(9, 9))])]);
    assert_eq!((bench.heard().len(), bench.counts(0).waiting), (0, 2));
    bench.hear(1, &[v9(0, 2, &[set(0, &template(256, &SIMPLE)), set(256, &simple(3, 30))])]);
    let replayed: Vec<bool> = bench.found.flows.iter().map(|(_, record, _)| record.known.has(Known::REPLAYED)).collect();
    assert_eq!((bench.heard(), replayed), (vec![(1, 10), (2, 20), (3, 30)], vec![true, true, false]));
    let counts = bench.counts(0);
    assert_eq!((counts.replayed_records, counts.flow_records, counts.octets), (2, 1, 30));
    assert_eq!((counts.unknown_template_sets, counts.waiting, counts.loss_unknown), (2, 1, false));
}

#[test]
fn what_waits_is_bounded_and_given_up_in_time() {
    let mut bench = Bench::new(Limits { waiting_sets: 2, waiting_time: Duration::from_secs(60), ..Limits::default() });
    let data = |host| v9(0, host, &[set(256, &simple(host, 1))]);
    bench.hear(1, &[data(1), data(2), data(3)]);
    assert_eq!((bench.counts(0).waiting, bench.counts(0).refused["too-many-waiting"]), (2, 1));
    bench.now += 61;
    bench.hear(1, &[data(4), v9(0, 5, &[set(0, &template(256, &SIMPLE))])]);
    assert_eq!((bench.heard(), bench.counts(0).refused["waited-too-long"]), (vec![(4, 1)], 1));
}

#[test]
fn a_template_that_is_not_sent_again_expires() {
    let mut bench = Bench::new(Limits { template_lifetime: Some(Duration::from_secs(100)), ..Limits::default() });
    let define = || set(0, &template(256, &SIMPLE));
    bench.hear(1, &[v9(0, 0, &[define()])]);
    bench.now += 90;
    bench.hear(1, &[v9(0, 1, &[define()])]);
    bench.now += 90;
    bench.hear(1, &[v9(0, 2, &[set(256, &simple(1, 1))])]);
    bench.now += 90;
    bench.hear(1, &[v9(0, 3, &[set(256, &simple(2, 1))])]);
    assert_eq!((bench.heard(), bench.counts(0).unknown_template_sets), (vec![(1, 1)], 1));
}

#[test]
fn the_sampler_that_a_record_names_sets_its_rate_and_new_options_replace_old_ones() {
    let mut bench = bench();
    let samplers = |rates: [u32; 2]| set(257, &words(&[0, 1, rates[0], 0, 2, rates[1]]));
    let fields = [(8, 4), (12, 4), (1, 4), (2, 4), (48, 4)];
    let own = [(8, 4), (12, 4), (1, 4), (2, 4), (34, 4), (48, 4)];
    let flow = |sampler: u32| [simple(1, 100), words(&[sampler])].concat();
    let flows = || set(256, &[flow(1), flow(2), flow(3)].concat());
    let sets = [
        set(1, &v9_options_template(257, &[(1, 4)], &[(48, 4), (50, 4)])),
        set(0, &[template(256, &fields), template(258, &own), template(259, &SIMPLE)].concat()),
        samplers([2000, 4000]),
        flows(),
        set(258, &[simple(1, 100), words(&[7, 2])].concat()),
        set(259, &simple(1, 100)),
        samplers([10, 20]),
        flows(),
    ];
    bench.hear(1, &[v9(0, 0, &sets)]);
    // A sampler that nobody told of, and a record that names none of an exporter that samples: not known.
    assert_eq!(bench.intervals(), [2000, 4000, 0, 7, 0, 10, 20, 0]);
    assert_eq!(bench.counts(0).scaled_octets, 100 * (2000 + 4000 + 1 + 7 + 1 + 10 + 20 + 1));
}

#[test]
fn random_n_out_of_n_is_population_by_size_and_an_exporter_that_says_nothing_does_not_sample() {
    let mut bench = bench();
    let fields = [(302, 4), (304, 2), (305, 4), (309, 4), (310, 4)];
    let record = [words(&[0]), halves(&[3]), words(&[1, 1, 256])].concat();
    bench.hear(1, &[ipfix(0, 0, &[set(2, &template(256, &SIMPLE)), set(256, &simple(1, 1))])]);
    let sets = [set(3, &options_template(257, 1, &fields)), set(257, &record), set(256, &simple(1, 1))];
    bench.hear(1, &[ipfix(0, 1, &sets)]);
    assert_eq!(bench.intervals(), [1, 256]);
}

#[test]
fn names_of_interfaces_applications_samplers_and_vrfs_are_told() {
    let mut bench = bench();
    let text = |text: &str, length: usize| {
        let mut octets = text.as_bytes().to_vec();
        octets.resize(length, 0);
        octets
    };
    let sets = [
        set(
            1,
            &[
                v9_options_template(257, &[(2, 4)], &[(82, 8), (83, 8)]),
                v9_options_template(258, &[(1, 4)], &[(95, 4), (96, 8)]),
                v9_options_template(259, &[(1, 4)], &[(48, 1), (84, 8), (34, 4)]),
                v9_options_template(260, &[(1, 4)], &[(234, 4), (236, 8)]),
            ]
            .concat(),
        ),
        set(257, &[words(&[7]), text("Gi0/7", 8), text("uplink", 8), words(&[8]), text("", 8), text("Gi0/8", 8)].concat()),
        set(258, &[words(&[0, 0x0d00_01c5]), text("https", 8)].concat()),
        set(259, &[words(&[0]), vec![3], text("one", 8), words(&[100])].concat()),
        set(260, &[words(&[0, 11]), text("red", 8)].concat()),
    ];
    bench.hear(1, &[v9(0, 0, &sets)]);
    let want = [
        FlowName::Interface(7, "Gi0/7".into()),
        FlowName::Interface(8, "Gi0/8".into()),
        FlowName::Application(0x0d00_01c5, "https".into()),
        FlowName::Sampler(3, "one".into()),
        FlowName::Vrf(11, "red".into()),
    ];
    assert_eq!(bench.found.names, want);
    assert_eq!(bench.found.options[0][0], ("scopeInterface".to_owned(), "7".to_owned()));
    assert_eq!(bench.counts(0).options_records, 5);
}

#[test]
fn loss_is_counted_in_the_units_of_each_version_and_apart_from_restarts() {
    let mut bench = bench();
    bench.hear(1, &[v5(0, 30, 0), v5(30, 30, 0), v5(90, 5, 0), v5(95, 5, 0), v5(0, 1, 0)]);
    let flows = |count: u32| set(256, &(0..count).flat_map(|host| simple(host, 1)).collect::<Vec<u8>>());
    let define = || set(2, &template(256, &SIMPLE));
    bench.hear(
        2,
        &[ipfix(0, 0, &[define(), flows(3)]), ipfix(0, 3, &[flows(2)]), ipfix(0, 9, &[flows(1)]), ipfix(0, 10, &[flows(1)])],
    );
    let define = || set(0, &template(256, &SIMPLE));
    bench.hear(3, &[v9(0, 0, &[define(), flows(3)]), v9(0, 1, &[flows(2)]), v9(0, 3, &[flows(1)]), v9(0, 4, &[])]);
    bench.decoder.settle();
    let counted: Vec<(u64, u64)> = bench.decoder.streams().map(|(_, _, counts)| (counts.lost, counts.restarts)).collect();
    // v5 began anew with the same uptime in its header: that is a late datagram.
    assert_eq!(counted, [(30, 0), (4, 0), (1, 0)]);
}

#[test]
fn loss_can_not_be_told_of_ipfix_while_a_template_is_missing() {
    let mut bench = bench();
    bench.hear(1, &[ipfix(0, 0, &[set(256, &simple(1, 1))]), ipfix(0, 40, &[set(256, &simple(1, 1))])]);
    assert_eq!((bench.counts(0).lost, bench.counts(0).loss_unknown), (0, true));
    bench.hear(1, &[ipfix(0, 41, &[set(2, &template(256, &SIMPLE))]), ipfix(0, 41, &[set(256, &simple(1, 1))])]);
    bench.decoder.settle();
    assert_eq!((bench.counts(0).lost, bench.counts(0).loss_unknown), (0, false));
}

/// Forward and reverse octets of a biflow as records (RFC 5103), and as one record.
#[test]
fn the_way_back_of_a_biflow_is_a_record_of_its_own_where_it_has_counted() {
    let fields = [
        (0, 8, 4),
        (0, 12, 4),
        (0, 7, 2),
        (0, 11, 2),
        (0, 10, 4),
        (0, 14, 4),
        (0, 1, 4),
        (0, 2, 4),
        (29305, 1, 4),
        (29305, 2, 4),
    ];
    let record =
        |back: u32| [words(&[0x0a00_0001, 0x0a00_0002]), halves(&[1000, 443]), words(&[3, 7, 100, 1, back, back / 100])].concat();
    let message = ipfix(0, 0, &[set(2, &enterprise_template(256, &fields)), set(256, &[record(5000), record(0)].concat())]);
    let mut bench = bench();
    bench.hear(1, std::slice::from_ref(&message));
    let told: Vec<_> =
        bench.found.flows.iter().map(|(_, flow, _)| (flow.src.0 & 0xff, flow.src_port, flow.in_if, flow.octets)).collect();
    assert_eq!(told, [(1, 1000, 3, 100), (2, 443, 7, 5000), (1, 1000, 3, 100)]);
    let counts = bench.counts(0);
    assert_eq!((counts.flow_records, counts.octets, counts.reverse_flows, counts.reverse_octets), (2, 200, 1, 5000));
    let mut bench = Bench::new(Limits { biflows: BiflowView::Records, ..Limits::default() });
    bench.hear(1, &[message]);
    assert_eq!(bench.found.flows.len(), 2);
    assert!(bench.found.flows[0].2.contains(&("reverseOctetDeltaCount".to_owned(), "5000".to_owned())));
}

#[test]
fn an_event_of_a_firewall_counts_what_initiator_and_responder_sent() {
    let fields = [(8, 4), (12, 4), (231, 4), (232, 4), (298, 4), (299, 4), (233, 1), (33_002, 2), (323, 8)];
    let record = [
        words(&[0x0a00_0001, 0x0a00_0002, 700, 9000, 7, 9]),
        vec![2],
        halves(&[2030]),
        (u64::from(NOW) * 1000).to_be_bytes().to_vec(),
    ];
    let datagram = v9(0, 0, &[set(0, &template(263, &fields)), set(263, &record.concat())]);
    let check = |biflows, want: &[(u128, u64)]| {
        let mut bench = Bench::new(Limits { biflows, ..Limits::default() });
        bench.hear(1, std::slice::from_ref(&datagram));
        assert_eq!(bench.heard(), want);
        assert!(bench.found.flows[0].2.contains(&("firewallExtendedEvent".to_owned(), "2030".to_owned())));
        assert_eq!(bench.found.flows[0].1.end.0, i64::from(NOW) * 1000);
    };
    check(BiflowView::Uniflows, &[(1, 700), (2, 9000)]);
    check(BiflowView::Records, &[(1, 0)]);
}

#[test]
fn deltas_count_and_totals_only_where_there_are_none() {
    let mut bench = bench();
    let both = [(8, 4), (85, 8), (1, 4)];
    let totals = [(8, 4), (85, 8)];
    let total = |host: u32| [words(&[host]), 5000u64.to_be_bytes().to_vec()].concat();
    let sets = [
        set(2, &[template(256, &both), template(257, &totals)].concat()),
        set(256, &[total(1), words(&[10])].concat()),
        set(257, &total(2)),
    ];
    bench.hear(1, &[ipfix(0, 0, &sets)]);
    assert_eq!(bench.heard(), [(1, 10), (2, 5000)]);
}

#[test]
fn times_are_read_in_every_unit_and_odd_ones_are_marked() {
    let now = i64::from(NOW) * 1000;
    let check = |fields: [(u16, u16); 2], values: Vec<u8>, want: (i64, i64), odd: bool| {
        let mut bench = bench();
        let fields = [&[(8, 4)][..], &fields].concat();
        let datagram = v9(0, 0, &[set(0, &template(256, &fields)), set(256, &[words(&[1]), values].concat())]);
        bench.hear(1, &[datagram]);
        let flow = bench.found.flows[0].1;
        assert_eq!(
            (flow.start.0 - now, flow.end.0 - now, flow.known.has(Known::IMPLAUSIBLE_TIME)),
            (want.0, want.1, odd),
            "{fields:?}"
        );
        assert_eq!(bench.counts(0).implausible_times, u64::from(odd));
    };
    let ntp = |secs: u32| [words(&[secs.wrapping_add(2_208_988_800u32)]), words(&[1 << 31])].concat();
    check([(22, 4), (21, 4)], words(&[UPTIME - 5, UPTIME]), (-5, 0), false);
    // The uptime has wrapped between start and now.
    check([(22, 4), (21, 4)], words(&[u32::MAX - 999, UPTIME]), (-1_001_000, 0), false);
    check([(150, 4), (151, 4)], words(&[NOW - 9, NOW]), (-9000, 0), false);
    check([(154, 8), (155, 8)], [ntp(NOW - 3), ntp(NOW - 2)].concat(), (-2500, -1500), false);
    check([(158, 4), (159, 4)], words(&[5_000_000, 1_000]), (-5000, -1), false);
    check([(150, 4), (161, 4)], words(&[NOW - 9, 4000]), (-9000, -5000), false);
    check([(150, 4), (151, 4)], words(&[NOW - 90_000, NOW]), (-90_000_000, 0), true);
    check([(150, 4), (151, 4)], words(&[NOW, NOW + 3600]), (0, 3_600_000), true);
}

#[test]
fn ipfix_tells_uptimes_only_with_the_time_of_its_start() {
    let fields = [(8, 4), (22, 4), (21, 4)];
    let data = || set(256, &words(&[1, 5000, 6000]));
    let mut bench = bench();
    bench.hear(1, &[ipfix(0, 0, &[set(2, &template(256, &fields)), data()])]);
    assert!(!bench.found.flows[0].1.known.has(Known::START));
    let init = (u64::from(NOW) - 100) * 1000;
    let options = [words(&[0]), init.to_be_bytes().to_vec()].concat();
    bench.hear(
        1,
        &[ipfix(0, 1, &[set(3, &options_template(257, 1, &[(149, 4), (160, 8)])), set(257, &options)]), ipfix(0, 2, &[data()])],
    );
    let flow = bench.found.flows[1].1;
    assert!(flow.known.has(Known::START));
    assert_eq!((flow.start.0, flow.end.0), (init as i64 + 5000, init as i64 + 6000));
}

#[test]
fn what_was_saved_is_known_after_a_restart() {
    let mut first = bench();
    let sets =
        [set(1, &v9_options_template(257, &[(1, 4)], &[(34, 4)])), set(257, &words(&[0, 50])), set(0, &template(256, &SIMPLE))];
    first.hear(1, &[v9(4, 0, &sets)]);
    let saved = first.decoder.save();
    let mut second = bench();
    assert_eq!(second.decoder.restore(&saved, &mut second.found), Ok(2));
    second.hear(1, &[v9(4, 9, &[set(256, &simple(1, 10))])]);
    assert_eq!((second.heard(), second.intervals()), (vec![(1, 10)], vec![50]));
    let mut third = Bench::new(Limits { all_fields: 3, ..Limits::default() });
    assert_eq!(third.decoder.restore(&saved, &mut third.found), Ok(1));
    for at in 0..saved.len() {
        let _ = bench().decoder.restore(&saved[..at], &mut third.found);
    }
}

#[test]
fn what_lies_is_refused_by_reason() {
    let simple_template = || set(2, &template(256, &SIMPLE));
    let check = |message: Vec<u8>, reason: &str| {
        let mut bench = bench();
        bench.hear(1, &[message]);
        let total: Vec<&str> = bench.decoder.totals().refused.by_word().map(|(word, _)| word).collect();
        let of_exporter: Vec<String> = bench.decoder.streams().flat_map(|(_, _, counts)| counts.refused.into_keys()).collect();
        assert!(total.contains(&reason) || of_exporter.iter().any(|word| word == reason), "{reason}: {total:?} {of_exporter:?}");
    };
    check(vec![], "truncated");
    check(vec![0, 9, 0, 0], "truncated");
    check(halves(&[11, 0, 0, 0]), "unknown-version");
    check(words(&[2, 1, 0, 0]), "unknown-version");
    check(ipfix(0, 0, &[halves(&[256, 3])]), "bad-set-length");
    check(ipfix(0, 0, &[halves(&[256, 400])]), "bad-set-length");
    check(ipfix(0, 0, &[set(2, &halves(&[256, 900, 8, 4]))]), "bad-template");
    check(ipfix(0, 0, &[set(2, &template(256, &vec![(8, 4); 600]))]), "template-too-large");
    check(ipfix(0, 0, &[set(2, &template(256, &[(8, 0), (12, 0)])), set(256, &[0; 8])]), "bad-record-length");
    check(ipfix(0, 0, &[set(2, &template(256, &[(82, 65_535)])), set(256, &[200, 1, 2, 3])]), "bad-record-length");
    check(ipfix(0, 0, &[simple_template(), set(9, &[0; 4])]), "reserved-set");
    let mut longer = ipfix(0, 0, &[simple_template()]);
    longer[3] += 4;
    check(longer, "bad-message-length");
}

#[test]
fn a_flood_of_exporters_and_templates_is_bounded_and_counted() {
    let limits = Limits { exporters: 50, templates: 10, all_fields: 100, ..Limits::default() };
    let bounds = [&limit::FLOW_EXPORTERS, &limit::FLOW_TEMPLATES];
    let before = bounds.map(|limit| limit.left_out());
    let mut bench = Bench::new(limits);
    bench.hear(1, &[v5(0, 1, 0)]);
    for domain in 0..1000 {
        bench.hear(1, &[v9(domain, 0, &[set(0, &template(256, &SIMPLE))])]);
    }
    assert_eq!(bench.decoder.streams().count(), 50);
    let refused: Vec<_> = bench.decoder.totals().refused.by_word().collect();
    assert_eq!(refused, [("too-many-exporters", 951)]);
    let kept: u64 = bench.decoder.streams().map(|(_, _, counts)| counts.templates).sum();
    assert_eq!(kept, 25);
    // Those that never sent a record make room after a while, the one that did does not.
    bench.now += 60;
    for domain in 0..1000 {
        bench.hear(2, &[v9(domain, 0, &[])]);
    }
    let keys: Vec<_> = bench.decoder.streams().map(|(_, key, _)| key.version).collect();
    assert_eq!((keys.len(), keys[0]), (50, FlowVersion::NetFlow5));
    assert_eq!(bench.found.exporters.iter().filter(|key| key.address.to_string() == "192.0.2.2").count(), 49);
    // And what they held is free again.
    bench.hear(2, &[v9(7, 1, &(0..20).map(|id| set(0, &template(256 + id, &SIMPLE))).collect::<Vec<_>>())]);
    let (_, _, counts) =
        bench.decoder.streams().find(|(_, key, _)| key.domain == 7 && key.address.to_string() == "192.0.2.2").unwrap();
    assert_eq!((counts.templates, counts.refused["too-many-templates"]), (10, 10));
    let beyond: Vec<u64> = bounds.iter().zip(before).map(|(limit, before)| limit.left_out() - before).collect();
    assert!(beyond[0] >= 951 && beyond[1] >= 10, "{beyond:?}");
}

#[test]
fn fields_of_all_templates_together_are_bounded_and_counted() {
    let mut bench = Bench::new(Limits { all_fields: 9, ..Limits::default() });
    let before = limit::FLOW_FIELDS.left_out();
    let many: Vec<_> = (0..20).map(|id| set(0, &template(256 + id, &SIMPLE))).collect();
    bench.hear(1, &[v9(0, 0, &many)]);
    let kept = bench.counts(0).templates;
    assert!((1..=9).contains(&kept), "{kept}");
    assert!(limit::FLOW_FIELDS.left_out() - before >= 20 - kept);
    bench.hear(1, &[v9(0, 1, &[set(256, &simple(4, 1))])]);
    assert_eq!(bench.heard(), vec![(4, 1)], "what is known is decoded");
}

/// Sets with ids, lengths and bodies that are right, nearly right, and not.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let field = (
        prop_oneof![Just(1u16), Just(8), Just(27), Just(34), Just(48), Just(82), Just(291), Just(313), any::<u16>()],
        prop_oneof![Just(4u16), Just(16), Just(0), Just(65_535), 0u16..40],
    );
    let template = (2u16..4, 256u16..260, proptest::collection::vec(field, 0..6)).prop_map(|(kind, id, fields)| {
        set(kind, &if kind == 3 { options_template(id, 1, &fields) } else { template(id, &fields) })
    });
    let data = (256u16..260, proptest::collection::vec(any::<u8>(), 0..80)).prop_map(|(id, body)| set(id, &body));
    let junk = proptest::collection::vec(any::<u8>(), 0..12);
    let sets = proptest::collection::vec(prop_oneof![3 => template, 3 => data, 1 => junk], 0..6);
    (any::<bool>(), 0u32..3, any::<u32>(), sets).prop_map(|(is_v9, domain, sequence, sets)| {
        if is_v9 { v9(domain, sequence, &sets) } else { ipfix(domain, sequence, &sets) }
    })
}

proptest! {
    #[test]
    fn decoding_is_total_and_everything_is_counted(messages in proptest::collection::vec(message(), 1..12)) {
        let limits = Limits { exporters: 4, templates: 3, all_fields: 20, waiting_sets: 3, waiting_octets: 200, ..Limits::default() };
        let mut bench = Bench::new(limits);
        bench.hear(1, &messages);
        bench.decoder.settle();
        let sum = |of: fn(&noctop::model::flow::ExporterCounts) -> u64| -> u64 { bench.decoder.streams().map(|(_, _, counts)| of(&counts)).sum() };
        let refused: u64 = bench.decoder.totals().refused.by_word().map(|(_, count)| count).sum();
        prop_assert_eq!(bench.decoder.totals().datagrams, messages.len() as u64);
        prop_assert_eq!(sum(|counts| counts.datagrams) + refused, messages.len() as u64);
        prop_assert_eq!(sum(|counts| counts.flow_records + counts.replayed_records + counts.reverse_flows), bench.found.flows.len() as u64);
        prop_assert!(sum(|counts| counts.options_records) <= bench.found.options.len() as u64);
        prop_assert!(sum(|counts| counts.waiting) <= 12);
        let restored = bench.decoder.save();
        let mut again = Bench::new(Limits::default());
        prop_assert!(again.decoder.restore(&restored, &mut again.found).is_ok());
    }
}
