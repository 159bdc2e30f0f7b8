//! Who talks most, of records and of stretches that were made of them.

use super::*;
use crate::model::flow::TopKey;
use crate::model::flow::{
    ExporterKey, FlowAddr, FlowLevel, FlowRecord, FlowStretch, FlowVersion, KeyValue, Known, TalkTable, Talks,
};

/// Flows of two minutes, as records and as stretches.
struct Flows {
    columns: Vec<FlowColumns>,
    times: Vec<FlowTime>,
    by_records: bool,
}

impl Source for Flows {
    fn scan(&self, range: TimeRange, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<Option<Looked>, String> {
        if self.by_records {
            self.columns
                .iter()
                .filter(|columns| range.contains(columns.received))
                .for_each(|columns| visit(Chunk::Records(columns)));
        } else {
            self.times.iter().filter(|time| range.contains(time.start)).for_each(|time| visit(Chunk::Time(time)));
        }
        Ok(Some(Looked { range, resolution: if self.by_records { "records" } else { "1m" } }))
    }
}

fn exporter() -> ExporterKey {
    ExporterKey { address: [192, 0, 2, 9].into(), version: FlowVersion::Ipfix, domain: 0 }
}

fn record(n: u32) -> FlowRecord {
    let known = Known::PROTOCOL.with(Known::SRC_PORT).with(Known::DST_PORT).with(Known::OCTETS);
    FlowRecord {
        known,
        src: FlowAddr::v4(0x0a00_0000 + n % 7),
        dst: FlowAddr::v4(0xc000_0200 + n % 5),
        octets: u64::from(n % 11 + 1) * 100,
        packets: u64::from(n % 11 + 1),
        sampling_interval: 10,
        protocol: if n.is_multiple_of(4) { 17 } else { 6 },
        src_port: 40_000,
        dst_port: if n.is_multiple_of(4) { 53 } else { 443 },
        in_if: n % 3,
        out_if: 9,
        src_as: 65_000 + n % 7 % 2,
        dst_as: 15_169,
        vlan: 10,
        tos: 0xb8,
        ..FlowRecord::default()
    }
}

fn flows(limit: usize, by_records: bool) -> Flows {
    let (mut columns, mut times) = (Vec::new(), Vec::new());
    for minute in 0..2u32 {
        let received = Timestamp(i64::from(minute) * 60_000);
        let mut records = FlowColumns { received, exporters: vec![exporter()], ..FlowColumns::default() };
        let mut table = TalkTable::new(limit);
        for n in 0..500 {
            records.push(0, &record(n + minute));
            table.add(0, &record(n + minute));
        }
        columns.push(records);
        let talks = table.take();
        times.push(FlowTime { start: received, exporters: vec![exporter()], talks, ..FlowTime::default() });
    }
    Flows { columns, times, by_records }
}

fn request(by: &str, filter: &str) -> TopRequest {
    TopRequest {
        by: TopKey::list(by).unwrap(),
        filter: filter.to_owned(),
        range: TimeRange { from: Timestamp(0), to: Timestamp(120_000) },
        limit: 3,
        steps: 0,
        compare_secs: None,
    }
}

fn ask(flows: &Flows, request: &TopRequest) -> TopAnswer {
    let question = question(request, Timestamp(0)).unwrap();
    let country = |address: IpAddr| Some(if address.to_string().ends_with('3') { "KR" } else { "DE" }.to_owned());
    top(request, (&question, flows), &country).unwrap()
}

fn figures(answer: &TopAnswer) -> Vec<(Vec<KeyValue>, u64, u64, u64)> {
    answer.rows.iter().map(|row| (row.keys.clone(), row.sum.octets, row.sum.packets, row.sum.flows)).collect()
}

#[test]
fn stretches_tell_what_their_records_tell_where_nothing_was_cut() {
    let (records, times) = (flows(1000, true), flows(1000, false));
    let keys = [
        "host",
        "src",
        "dst",
        "srcnet",
        "dstnet",
        "net",
        "app",
        "port",
        "proto",
        "as",
        "srcas",
        "dstas",
        "exporter",
        "if",
        "inif",
        "outif",
        "vlan",
        "dscp",
        "country",
        "srccountry",
        "dstcountry",
        "version",
        "src,dst",
        "src,app",
        "src,dst,app",
        "src,dst,proto,if",
    ];
    for by in keys {
        for filter in
            ["", "proto tcp", "src host 10.0.0.3", "not dst net 192.0.2.0/31 or vlan=10 and as 65001", "app:https", "dscp=46"]
        {
            let wanted = request(by, filter);
            let (a, b) = (ask(&records, &wanted), ask(&times, &wanted));
            assert_eq!(figures(&a), figures(&b), "{by} {filter}");
            assert_eq!((a.total.octets, a.other.octets, a.groups), (b.total.octets, b.other.octets, b.groups), "{by} {filter}");
            assert!(!a.rows.is_empty() && b.not_kept.flows == 0 && b.fault.is_none(), "{by} {filter}");
        }
    }
}

#[test]
fn many_keys_together_are_each_what_they_are_alone() {
    let by = "src,proto,dst,app,exporter,dscp,vlan,port,inif";
    let answer = ask(&flows(1000, false), &TopRequest { limit: 5000, ..request(by, "") });
    assert!(answer.rows.len() > 10);
    for row in &answer.rows {
        let [src, proto, dst, app, exporter, _, _, port, in_if] = row.keys.as_slice() else { panic!("{:?}", row.keys) };
        assert!(matches!((src, dst), (KeyValue::Address(_), KeyValue::Address(_))), "{:?}", row.keys);
        let KeyValue::Service(protocol, number) = app else { panic!("{:?}", row.keys) };
        assert_eq!(*proto, KeyValue::Number(u64::from(*protocol)));
        assert!(*number == 0 || *port == KeyValue::Number(u64::from(*number)), "{:?}", row.keys);
        let KeyValue::Exporter(address) = exporter else { panic!("{:?}", row.keys) };
        assert!(matches!(in_if, KeyValue::Interface(of, _) if of == address), "{:?}", row.keys);
    }
    for (number, key) in by.split(',').enumerate() {
        let alone = ask(&flows(1000, false), &TopRequest { limit: 5000, ..request(key, "") });
        let told: std::collections::BTreeSet<_> = answer.rows.iter().map(|row| row.keys[number].clone()).collect();
        assert_eq!(told, alone.rows.iter().map(|row| row.keys[0].clone()).collect(), "{key}");
    }
}

#[test]
fn sums_are_scaled_once_and_rows_and_other_are_the_total() {
    let answer = ask(&flows(1000, true), &request("src", ""));
    let all: u64 = (0..2).flat_map(|minute| (0..500).map(move |n| record(n + minute).octets * 10)).sum();
    assert_eq!(answer.total.octets, all);
    assert_eq!(answer.rows.iter().map(|row| row.sum.octets).sum::<u64>() + answer.other.octets, all);
    assert_eq!(answer.total.flows, 1000);
    let share: f64 = answer.rows.iter().map(|row| row.share).sum();
    assert!(share < 1.0 && share > 0.3, "{share}");
    assert!((answer.rows[0].bps - answer.rows[0].sum.octets as f64 * 8.0 / 120.0).abs() < 1e-6);
}

#[test]
fn what_was_cut_is_in_the_total_and_told_as_not_kept() {
    let cut = flows(5, false);
    let whole = ask(&flows(1000, true), &request("src,dst", ""));
    let pairs = ask(&cut, &request("src,dst", ""));
    assert_eq!(pairs.total.octets, whole.total.octets);
    assert!(pairs.not_kept.octets > 0 && pairs.other.octets >= pairs.not_kept.octets);
    // Single sides are told by lists of their own.
    for by in ["src", "dst", "host", "srcnet", "app", "port", "srcas", "dstas", "proto", "if", "srccountry"] {
        let (answer, whole) = (ask(&cut, &request(by, "")), ask(&flows(1000, true), &request(by, "")));
        assert_eq!(figures(&answer), figures(&whole), "{by}");
        assert_eq!(answer.not_kept.octets, 0, "{by}");
    }
    let both = ask(&cut, &request("country", ""));
    assert!(both.not_kept.octets > 0 && both.rows.iter().all(|row| row.sum.octets <= both.total.octets));
    // A filter that what was cut can't tell.
    let filtered = ask(&cut, &request("dst", "src host 10.0.0.3"));
    assert!(filtered.fault.as_deref().is_some_and(|fault| fault.contains("(src)")), "{:?}", filtered.fault);
    // One that it can.
    let told = ask(&cut, &request("proto", "proto udp"));
    assert_eq!(figures(&told), figures(&ask(&flows(1000, true), &request("proto", "proto udp"))));
}

#[test]
fn curves_add_up_to_their_rows() {
    for by_records in [true, false] {
        let wanted = TopRequest { steps: 4, compare_secs: Some(60), ..request("src", "") };
        let answer = ask(&flows(1000, by_records), &wanted);
        assert_eq!(answer.steps, [0, 30_000, 60_000, 90_000].map(Timestamp));
        let sum = |curve: &[f32]| curve.iter().map(|bps| f64::from(*bps) * 30.0 / 8.0).sum::<f64>();
        for row in &answer.rows {
            assert!((sum(&row.curve) - row.sum.octets as f64).abs() < 1.0, "{by_records}");
        }
        assert!((sum(&answer.total_curve) - answer.total.octets as f64).abs() < 8.0);
        let earlier = ask(
            &flows(1000, by_records),
            &TopRequest { range: TimeRange { from: Timestamp(-60_000), to: Timestamp(60_000) }, limit: 99, ..request("src", "") },
        );
        let of = |row: &TopRow| earlier.rows.iter().find(|other| other.keys == row.keys).map(|other| other.sum.octets);
        assert!(answer.rows.iter().all(|row| row.earlier_octets == of(row)));
    }
}

#[test]
fn a_flow_counts_once_in_and_once_out_whatever_is_observed_where() {
    let mut columns = FlowColumns { exporters: vec![exporter()], ..FlowColumns::default() };
    let crossing =
        |direction| FlowRecord { in_if: 1, out_if: 2, octets: 100, sampling_interval: 1, direction, ..FlowRecord::default() };
    columns.push(0, &crossing(crate::model::flow::Direction::Ingress));
    columns.push(0, &crossing(crate::model::flow::Direction::Egress));
    columns.push(0, &FlowRecord { out_if: 3, ..crossing(crate::model::flow::Direction::Ingress) });
    let flows = Flows { columns: vec![columns], times: vec![], by_records: true };
    let octets = |by: &str| -> Vec<(u32, u64)> {
        let mut found: Vec<(u32, u64)> = ask(&flows, &TopRequest { limit: 9, ..request(by, "") })
            .rows
            .iter()
            .filter_map(|row| match row.keys[0] {
                KeyValue::Interface(_, port) => Some((port, row.sum.octets)),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        found
    };
    assert_eq!(octets("inif"), [(1, 200)]);
    assert_eq!(octets("outif"), [(2, 100), (3, 100)]);
    assert_eq!(octets("if"), [(1, 200), (2, 100), (3, 100)]);
}

#[test]
fn networks_have_the_length_that_is_exported() {
    let mut columns = FlowColumns { exporters: vec![exporter()], ..FlowColumns::default() };
    let known = Known::SRC_MASK;
    let from = |src: &str, src_mask| FlowRecord {
        known,
        src: src.parse::<IpAddr>().unwrap().into(),
        src_mask,
        octets: 1,
        ..FlowRecord::default()
    };
    for (src, mask) in
        [("10.1.2.3", 16), ("10.1.9.9", 16), ("10.1.2.3", 0), ("2001:db8:1:2::3", 64), ("255.255.255.255", 32), ("::1", 128)]
    {
        columns.push(0, &from(src, mask));
    }
    columns.push(0, &FlowRecord { known: Known::default(), ..from("10.1.2.3", 9) });
    let flows = Flows { columns: vec![columns], times: vec![], by_records: true };
    let mut nets: Vec<String> = ask(&flows, &TopRequest { limit: 99, ..request("srcnet", "") })
        .rows
        .iter()
        .map(|row| match &row.keys[0] {
            KeyValue::Net(address, len) => format!("{address}/{len}"),
            other => format!("{other:?}"),
        })
        .collect();
    nets.sort();
    assert_eq!(nets, ["0.0.0.0/0", "10.1.0.0/16", "10.1.2.0/24", "2001:db8:1:2::/64", "255.255.255.255/32", "::/120"]);
}

#[test]
fn faults_of_a_request_are_told_with_their_column() {
    let wrong = |by: &str, filter: &str| question(&request(by, filter), Timestamp(0)).unwrap_err().to_string();
    assert!(wrong("src", "proto tcp and colour=red").starts_with("filter, column 15: there is no field `colour`"));
    assert!(wrong("src", "src=10.0.0.300").starts_with("filter, column 5"), "{}", wrong("src", "src=10.0.0.300"));
    assert!(wrong("src,dst,app,if,vlan,proto,dscp,exporter,port,as,net,mac,version", "").contains("one to 12 keys"));
    assert_eq!(TopKey::list("src,colour"), Err("colour".to_owned()));
    assert_eq!(TopKey::list("conversation"), Ok(vec![TopKey::Src, TopKey::Dst]));
    let backwards = TopRequest { range: TimeRange { from: Timestamp(2), to: Timestamp(1) }, ..request("src", "") };
    assert!(question(&backwards, Timestamp(0)).is_err());
}

#[test]
fn an_hour_tells_what_its_minutes_tell() {
    let minutes = flows(1000, false);
    let mut hour = FlowStretch::new(FlowLevel::Hour, Timestamp(0), 1000);
    minutes.times.iter().for_each(|time| hour.add_time(time));
    let hour = Flows { columns: vec![], times: vec![hour.time()], by_records: false };
    for by in ["src,dst", "app", "if"] {
        assert_eq!(figures(&ask(&hour, &request(by, ""))), figures(&ask(&minutes, &request(by, ""))), "{by}");
    }
    assert_eq!(
        hour.times[0].talks.total().octets,
        minutes.times.iter().map(|time| Talks::total(&time.talks).octets).sum::<u64>()
    );
}
