//! Flows of the campus of the fixture: who talks, who tells it, and what a port's flows come to.

use super::fixture::{ago, id, now};
use noctop::model::flow::{ExporterKey, FlowVersion, KeyValue, TalkSum, TopKey, TopRow};
use noctop::model::{TimeRange, Timestamp};
use noctop::query::{FlowPart, ViewRequest};
use noctop::state::view::Table;
use noctop::state::view::flows::{
    CapturePort, CaptureView, ExporterRow, FlowBand, FlowCollector, FlowDetail, FlowHost, FlowMain, FlowPlace, FlowRow,
    FlowsView, PortFlows, Reason, Reconciled,
};
use std::net::IpAddr;

const CONVERSATION: [TopKey; 3] = [TopKey::Src, TopKey::Dst, TopKey::App];
const STEPS: usize = 60;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn curve(seed: usize, top: f32) -> Vec<f32> {
    (0..STEPS).map(|at| top * (0.6 + 0.4 * ((at + seed * 9) as f32 / 7.0).sin())).collect()
}

fn port(name: &str, if_index: u32, also: Option<&str>) -> FlowPlace {
    FlowPlace {
        exporter: ip("10.0.0.3"),
        if_index: Some(if_index),
        name: name.to_owned(),
        device: Some(id("wan-1")),
        also: also.map(str::to_owned),
    }
}

fn exporter_place() -> FlowPlace {
    FlowPlace { if_index: None, ..port("wan-1", 0, None) }
}

fn sum(octets: u64, sampled: u32) -> TalkSum {
    TalkSum {
        octets,
        packets: octets / 900,
        seen_packets: octets / 900 / u64::from(sampled.max(1)),
        flows: octets / 4_000_000,
        unscaled_flows: u64::from(sampled == 0) * 12,
        sampling_interval: sampled,
        dst_as: 64_500,
        tcp_flags: 0x1b,
        ..TalkSum::default()
    }
}

/// Who talks with whom, the largest first: names, application, octets of an hour, sampling.
fn talks() -> Vec<FlowRow> {
    /// Source, destination, a name, service, octets, sampling.
    type Talk = (&'static str, &'static str, Option<&'static str>, (u8, u16), u64, u32);
    let rows: [Talk; 7] = [
        ("10.20.4.17", "203.0.113.9", Some("kim-pc"), (6, 443), 71_800_000_000, 1024),
        ("10.20.8.31", "198.51.100.4", None, (17, 443), 33_100_000_000, 1024),
        ("10.20.0.5", "10.1.0.20", Some("서울-서버실-ups"), (6, 445), 22_800_000_000, 1),
        ("10.33.2.90", "192.0.2.77", None, (6, 22), 15_000_000_000, 0),
        ("2001:db8::7", "2001:db8:9::1", Some("evil\u{1b}]0;owned\u{7}"), (6, 8081), 14_100_000_000, 1024),
        ("10.20.4.17", "10.0.0.1", None, (1, 0), 900_000, 1),
        ("10.20.9.9", "10.0.0.1", None, (17, 161), 120_000, 1),
    ];
    let total: u64 = rows.iter().map(|row| row.4).sum();
    let service = |protocol: u8, port: u16| match (protocol, port) {
        (6, 443) => Some("https"),
        (17, 443) => Some("quic"),
        (6, 445) => Some("smb"),
        (6, 22) => Some("ssh"),
        (17, 161) => Some("snmp"),
        _ => None,
    };
    rows.iter()
        .enumerate()
        .map(|(seed, (src, dst, name, (protocol, number), octets, sampled))| {
            let bps = *octets as f64 * 8.0 / 3600.0;
            FlowRow {
                top: TopRow {
                    keys: vec![KeyValue::Address(ip(src)), KeyValue::Address(ip(dst)), KeyValue::Service(*protocol, *number)],
                    names: vec![name.map(str::to_owned), None, service(*protocol, *number).map(str::to_owned)],
                    device: (seed == 2).then(|| id("서울-서버실-ups")),
                    sum: sum(*octets, *sampled),
                    bps,
                    share: *octets as f64 / total as f64,
                    curve: curve(seed, bps as f32),
                    earlier_octets: (seed != 3).then_some(octets / 10 * 9 * u64::from(seed != 1)),
                },
                main: FlowMain {
                    exporter: Some(exporter_place()),
                    in_if: Some(port("Te0/0/1", 3, (seed == 1).then_some("uplink"))),
                    out_if: Some(if seed == 4 { port("idx 7", 7, None) } else { port("Gi0/0", 1, None) }),
                    vlan: (seed < 3).then_some(120),
                    dscp: Some(if seed == 2 { 46 } else { 0 }),
                    src: Some((ip(src), name.map(str::to_owned))),
                    dst: Some((ip(dst), None)),
                },
            }
        })
        .collect()
}

/// The same by other keys: each group is the first of its kind.
fn grouped(by: &[TopKey]) -> Vec<FlowRow> {
    let mut rows: Vec<FlowRow> = Vec::new();
    for mut row in talks() {
        let pick = |key: &TopKey| match key {
            TopKey::Src | TopKey::Address => (row.top.keys[0].clone(), row.top.names[0].clone()),
            TopKey::Dst => (row.top.keys[1].clone(), None),
            TopKey::App => (row.top.keys[2].clone(), row.top.names[2].clone()),
            TopKey::Vlan => (row.main.vlan.map_or(KeyValue::Unknown, |vlan| KeyValue::Number(vlan.into())), None),
            TopKey::Interface | TopKey::InIf => (KeyValue::Interface(ip("10.0.0.3"), 3), Some("wan-1 Te0/0/1".to_owned())),
            TopKey::Exporter => (KeyValue::Exporter(ip("10.0.0.3")), Some("wan-1".to_owned())),
            _ => (KeyValue::Unknown, None),
        };
        let (keys, names): (Vec<_>, Vec<_>) = by.iter().map(pick).unzip();
        (row.top.keys, row.top.names) = (keys, names);
        if !rows.iter().any(|known| known.top.keys == row.top.keys) {
            rows.push(row);
        }
    }
    rows
}

fn collector() -> FlowCollector {
    FlowCollector {
        listen: vec!["0.0.0.0:2055".to_owned(), "0.0.0.0:6343".to_owned()],
        exporters: 3,
        stale: 1,
        flows_per_second: Some(18_400.0),
        lost: 12,
        loss_unknown: true,
        unknown_template_sets: 0,
        waiting: 0,
        refused: 0,
        dropped_kernel: 0,
        dropped_queue: 0,
        versions: vec![FlowVersion::NetFlow5, FlowVersion::Ipfix, FlowVersion::Sflow5],
    }
}

fn exporters() -> Vec<ExporterRow> {
    let rows = [
        ("10.0.0.3", Some("wan-1"), FlowVersion::Ipfix, 12_000.0, Some(1024), 12, 4),
        ("10.0.0.4", Some("core-1"), FlowVersion::Sflow5, 6_400.0, Some(4096), 0, 9),
        ("192.0.2.200", None, FlowVersion::NetFlow5, 0.0, None, 0, 1_900),
    ];
    rows.into_iter()
        .map(|(address, name, version, rate, sampled, lost, silent)| ExporterRow {
            key: ExporterKey { address: ip(address), version, domain: 0 },
            name: name.map(str::to_owned),
            device: name.map(id),
            flows_per_second: Some(rate),
            datagrams: 100_000,
            flow_records: 2_000_000,
            templates: 4,
            unknown_template_sets: 0,
            waiting: 0,
            lost,
            restarts: 1,
            loss_unknown: version == FlowVersion::Ipfix,
            refused: 0,
            implausible_times: 0,
            sampling_interval: sampled,
            heard: Some(ago(silent)),
            stale: silent > 300,
        })
        .collect()
}

/// Nothing was heard; it is listened for, or not.
pub fn silent(listen: &[&str]) -> FlowsView {
    let collector = FlowCollector { listen: listen.iter().map(|text| (*text).to_owned()).collect(), ..FlowCollector::default() };
    FlowsView { by: CONVERSATION.to_vec(), collector, ..FlowsView::default() }
}

pub fn view(request: &ViewRequest) -> FlowsView {
    if request.flows.part == FlowPart::Detail {
        return FlowsView { detail: Some(Box::new(detail(&request.filter))), ..FlowsView::default() };
    }
    let by = if request.flows.by.is_empty() { CONVERSATION.to_vec() } else { request.flows.by.clone() };
    let mut rows = grouped(&by);
    let wanted = request.filter.split_whitespace().find_map(|term| term.strip_prefix("src=")).map(ip);
    rows.retain(|row| wanted.is_none_or(|wanted| row.main.src.as_ref().is_some_and(|(src, _)| *src == wanted)));
    if request.sort.as_ref().is_some_and(|sort| !sort.descending) {
        rows.reverse();
    }
    let history = rows.iter().take(5).map(|row| FlowBand {
        keys: row.top.keys.clone(),
        names: row.top.names.clone(),
        curve: row.top.curve.clone(),
    });
    let other = FlowBand { keys: Vec::new(), names: Vec::new(), curve: curve(9, 2.0e7) };
    let history = history.chain([other]).collect();
    let span = i64::from(request.span_secs);
    let to = request.at.unwrap_or(now());
    let from = Timestamp(to.0 - span * 1000);
    let total = sum(rows.iter().map(|row| row.top.sum.octets).sum(), 1024);
    FlowsView {
        by,
        range: Some(TimeRange { from, to }),
        resolution: "1m".to_owned(),
        groups: 18_412,
        total,
        total_bps: Some(total.octets as f64 * 8.0 / 3600.0),
        earlier_octets: Some(total.octets / 2),
        steps: (0..STEPS as i64).map(|at| Timestamp(from.0 + at * span * 1000 / STEPS as i64)).collect(),
        table: Table { matched: rows.len(), total: rows.len(), offset: 0, rows },
        history,
        collector: collector(),
        exporters: exporters(),
        ..FlowsView::default()
    }
}

fn detail(filter: &str) -> FlowDetail {
    let row = talks().remove(0);
    let way = |in_name: &str| FlowMain { in_if: Some(port(in_name, 3, Some("uplink"))), ..row.main.clone() };
    let host = |address: &str, on: Option<&str>| FlowHost {
        address: ip(address),
        name: on.map(|_| "kim-pc".to_owned()),
        device: on.map(id),
        device_name: on.map(str::to_owned),
        port: on.map(|_| "Gi1/0/9".to_owned()),
        vlan: on.map(|_| 120),
        country: on.is_none().then(|| "KR".to_owned()),
    };
    FlowDetail {
        filter: filter.to_owned(),
        sum: row.top.sum,
        ways: vec![way("Te0/0/1"), way("Te0/0/2")],
        tcp_flags: Some(0x1b),
        ases: [None, Some(64_500)],
        first: Some(ago(475)),
        last: Some(ago(60)),
        curve: curve(0, 1e9),
        hosts: vec![host("10.20.4.17", Some("acc-b1-02")), host("203.0.113.9", None)],
        error: Some(0.041),
    }
}

pub fn capture(request: &ViewRequest) -> CaptureView {
    let port = |name: &str, fault: Option<&str>| CapturePort {
        if_index: 2,
        name: name.to_owned(),
        packets: 4_200_000,
        octets: 3_900_000_000,
        packets_per_second: Some(51_200.0),
        bps: Some(4.1e8),
        dropped: 17,
        fault: fault.map(str::to_owned),
    };
    let fault = "packets can't be captured without CAP_NET_RAW: sudo setcap cap_net_raw+ep noctop";
    CaptureView { ports: vec![port("eth0", None), port("eth1", Some(fault))], flows: view(request) }
}

/// The talkers of the Overview.
pub fn talkers() -> (Vec<FlowRow>, FlowCollector) {
    let rows = grouped(&[TopKey::Src, TopKey::Dst]).into_iter().map(|row| FlowRow { main: FlowMain::default(), ..row });
    (rows.take(5).collect(), collector())
}

/// What flows through wan-1 Gi0/0.
pub fn of_port() -> PortFlows {
    let reconciled = |flow: u64, counter: u64| Reconciled {
        range: Some(TimeRange { from: ago(3600), to: ago(120) }),
        flow_octets: flow,
        counter_octets: counter,
        difference: flow as f64 / counter as f64 - 1.0,
        reasons: vec![Reason::Sampling(1024), Reason::Loss(12), Reason::LossUnknown, Reason::Headers(0.021)],
    };
    PortFlows {
        exporter: Some(port("Gi0/0", 1, Some("GigabitEthernet0/0"))),
        inward: talks().into_iter().take(5).collect(),
        outward: talks().into_iter().rev().take(2).collect(),
        reconciled: [Some(reconciled(391_000_000_000, 402_000_000_000)), None],
    }
}
