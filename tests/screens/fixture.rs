//! A small network written by hand, answered as an engine would: what the golden screens are drawn from.

use super::{flows, logs, map, wireless};
use noctop::engine::handle::{Backend, Sink};
use noctop::engine::{Answer, AskError, Command, DiffRow, Handle, Update, WatchId};
use noctop::event::{DiscoveryPhase, DiscoveryProgress};
use noctop::model::bands::Band;
use noctop::model::health::{Limits, SensorClass};
use noctop::model::inventory::{Problem, Reason};
use noctop::model::series::Point;
use noctop::model::{
    Acknowledgement, AdminStatus, Alarm, Confirmed, DeviceId, DeviceStatus, Disabled, Evidence, Function, GaugeKind,
    HealthStatus, IfIndex, MacAddr, OperStatus, Role, Severity, Silence, SnmpAccess, SnmpVersion, Started, Timestamp,
};
use noctop::query::{EventPart, Screen, Subject, ViewRequest};
use noctop::state::view::rows::GaugeRow;
use noctop::state::view::screens::DeviceView;
use noctop::state::view::switch::{PortFacts, SwitchView};
use noctop::state::view::{
    AlarmRow, Chrome, DeviceRow, DiscoveryView, EventRow, HealthView, InterfaceRow, InterfaceView, LinkRow, Name, NameKind,
    OverviewView, Table, View, ViewBody,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The moment of every golden screen.
pub fn now() -> Timestamp {
    Timestamp::parse_absolute("2026-11-22T12:00:05Z").unwrap()
}

pub fn ago(secs: u64) -> Timestamp {
    now().minus(Duration::from_secs(secs))
}

/// What the fixture pretends to know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// A dozen devices.
    Campus,
    /// Nothing yet.
    Empty,
}

/// What does not work on a host that nobody prepared.
fn notices() -> Vec<String> {
    let started = Started { program: "/usr/bin/noctop".to_owned(), unit: None };
    let lacking = |function, places: &[&str]| {
        let places = places.iter().map(|place| place.parse().unwrap()).collect();
        Disabled::lacking(function, places, &started).sentence()
    };
    vec![
        lacking(Function::Ping, &[]),
        lacking(Function::Neighbours, &[]),
        lacking(Function::Traps, &["0.0.0.0:162"]),
        "no credential is configured: the community \"public\" is tried; add [[credential]] to the configuration".to_owned(),
    ]
}

/// A handle on it.
pub fn handle(network: Network) -> Handle {
    Handle::new(Arc::new(Fixture { network, sink: Mutex::default() }))
}

/// A handle on it that answers watches, as a running engine does.
pub fn live(network: Network) -> Handle {
    handle(network)
}

struct Fixture {
    network: Network,
    sink: Mutex<Option<Sink>>,
}

impl Backend for Fixture {
    fn watch(&self, watch: WatchId, request: ViewRequest) {
        assert!(request.screen != Screen::Logs, "the fixture panics on Logs");
        if let (Ok(view), Some(sink)) = (self.ask(request), self.sink.lock().unwrap().as_ref()) {
            sink(Update::View(watch, Arc::new(view)));
        }
    }
    fn unwatch(&self, _: WatchId) {}
    fn ask(&self, request: ViewRequest) -> Result<View, AskError> {
        Ok(View { chrome: chrome(&request, self.network), body: body(&request, self.network) })
    }
    fn command(&self, command: Command) -> Result<Answer, AskError> {
        Ok(match command {
            Command::Names(text, _) => Answer::Names(names(&text)),
            Command::Diff(from, _) => Answer::Diff(diff(from)),
            _ => Answer::Accepted,
        })
    }
    fn subscribe(&self, sink: Sink) {
        *self.sink.lock().unwrap() = Some(sink);
    }
    fn close(&self) {}
}

fn name(kind: NameKind, text: String, place: &str) -> Name {
    Name { kind, text, place: place.to_owned(), device: None, device_name: String::new(), port: None, key: String::new() }
}

fn names(text: &str) -> Vec<Name> {
    let ports = interfaces().into_iter().map(|row| Name {
        device: Some(row.device.clone()),
        device_name: row.device_name.clone(),
        port: Some(row.name.clone()),
        ..name(NameKind::Port, format!("{} {}", row.device_name, row.name), row.if_alias.as_deref().unwrap_or_default())
    });
    let devices = devices().into_iter().map(|row| Name {
        device: Some(row.id.clone()),
        device_name: row.name.clone(),
        ..name(NameKind::Device, row.name.clone(), &format!("{}  {}", row.addresses[0], row.model.unwrap_or_default()))
    });
    let alarms = alarms().into_iter().map(|alarm| Name {
        device: alarm.device.clone(),
        key: alarm.id.clone(),
        ..name(NameKind::Alarm, format!("{} {}", alarm.object, alarm.text), alarm.severity.word())
    });
    let endpoint = Name {
        device: Some(id("acc-b1-02")),
        device_name: "acc-b1-02".to_owned(),
        port: Some("Gi1/0/9".to_owned()),
        ..name(NameKind::Endpoint, "3c:22:fb:00:00:9f 10.20.4.17".to_owned(), "acc-b1-02 Gi1/0/9  VLAN 20")
    };
    let vlan = Name { key: "20".to_owned(), ..name(NameKind::Vlan, "VLAN 20 users".to_owned(), "on 3 devices") };
    let all = devices.chain(ports).chain([endpoint]).chain(alarms).chain([vlan]);
    all.filter(|name| name.text.contains(text)).collect()
}

fn diff(from: Timestamp) -> Vec<DiffRow> {
    let rows: [(&str, &str, Option<&str>, Option<&str>, Option<u64>); 6] = [
        ("changed", "device acc-b2-07", Some("up"), Some("down"), Some(131)),
        ("changed", "device core-1", Some("os version 17.9.3"), Some("os version 17.9.4"), None),
        ("changed", "interface core-1 Te1/1/1", Some("up"), Some("down"), Some(880)),
        ("added", "device acc-b4-02", None, Some("Cisco C9300-24P, 28 ports"), Some(1867)),
        ("added", "link acc-b4-02 Te1/0/49 - dist-4 Gi1/0/9", None, Some("lldp"), Some(2000)),
        ("removed", "neighbour phone-17", Some("heard"), None, None),
    ];
    let row = |(change, object, before, after, age): (&str, &str, Option<&str>, Option<&str>, Option<u64>)| DiffRow {
        change: change.to_owned(),
        object: object.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        at: age.map(ago).filter(|at| *at > from),
    };
    rows.into_iter().map(row).collect()
}

fn chrome(request: &ViewRequest, network: Network) -> Chrome {
    let campus = network == Network::Campus;
    Chrome {
        site: "seoul-hq".to_owned(),
        at: request.at.unwrap_or(now()),
        past: request.at.is_some(),
        critical: if campus { 2 } else { 0 },
        major: if campus { 2 } else { 0 },
        minor: usize::from(campus),
        unacknowledged: if campus { 4 } else { 0 },
        notices: if campus { Vec::new() } else { notices() },
        fault: request.filter.starts_with('(').then(|| "filter, column 1: ( is never closed".to_owned()),
        history_from: Some(ago(7 * 86_400)),
    }
}

fn body(request: &ViewRequest, network: Network) -> ViewBody {
    if network == Network::Empty {
        return match request.screen {
            Screen::Overview => ViewBody::Overview(Box::default()),
            Screen::Devices => ViewBody::Devices(Table::default()),
            Screen::Interfaces => ViewBody::Interfaces(Table::default()),
            Screen::Alarms => ViewBody::Alarms(Table::default()),
            Screen::Events if request.events.part == EventPart::Timeline => ViewBody::Timeline(Box::default()),
            Screen::Events => ViewBody::Events(Table::default()),
            Screen::Discovery => ViewBody::Discovery(Box::default()),
            Screen::Topology => ViewBody::Topology(Box::default()),
            Screen::Logs => ViewBody::Logs(Box::new(logs::silent())),
            Screen::Flows => ViewBody::Flows(Box::new(flows::silent(&[]))),
            Screen::Capture => ViewBody::Capture(Box::default()),
            Screen::Wireless => ViewBody::Wireless(Box::default()),
            Screen::Vlans => ViewBody::Vlans(Box::default()),
            Screen::Device => ViewBody::Device(Box::new(DeviceView {
                device: None,
                interfaces: Table::default(),
                links: Vec::new(),
                alarms: Vec::new(),
                recent: Vec::new(),
                health: HealthView::default(),
                switch: SwitchView::default(),
                work: None,
            })),
            _ => ViewBody::Empty,
        };
    }
    match request.screen {
        Screen::Overview => ViewBody::Overview(Box::new(overview())),
        Screen::Topology => ViewBody::Topology(Box::new(map::graph(request))),
        Screen::Devices => ViewBody::Devices(window(devices(), request, |row| row.name.clone())),
        Screen::Interfaces => {
            ViewBody::Interfaces(window(interfaces(), request, |row| format!("{} {}", row.device_name, row.name)))
        }
        Screen::Alarms => super::alarms::answer(alarms(), request),
        Screen::Events => super::alarms::happened(events(), request),
        Screen::Discovery => ViewBody::Discovery(Box::new(discovery())),
        Screen::Device => ViewBody::Device(Box::new(device(request))),
        Screen::Interface => ViewBody::Interface(Box::new(interface(request))),
        Screen::Logs => ViewBody::Logs(Box::new(logs::view(request))),
        Screen::Flows => ViewBody::Flows(Box::new(flows::view(request))),
        Screen::Capture => ViewBody::Capture(Box::new(flows::capture(request))),
        Screen::Wireless => ViewBody::Wireless(Box::new(wireless::view(request))),
        Screen::Vlans => ViewBody::Vlans(Box::new(super::vlans::view(request))),
        _ => ViewBody::Empty,
    }
}

pub fn window<R>(rows: Vec<R>, request: &ViewRequest, name: impl Fn(&R) -> String) -> Table<R> {
    let total = rows.len();
    let mut rows: Vec<R> = rows.into_iter().filter(|row| name(row).contains(&request.filter)).collect();
    // The rows stand busiest first as they are written.
    if request.sort.as_ref().is_some_and(|sort| sort.descending && sort.column != "util") {
        rows.reverse();
    }
    let matched = rows.len();
    let offset = request.window.offset.min(matched);
    let rows = rows.into_iter().skip(offset).take(request.window.rows).collect();
    Table { matched, total, offset, rows }
}

pub fn id(name: &str) -> DeviceId {
    let mac = name.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let [a, b, c, d] = mac.to_be_bytes();
    DeviceId::new(&format!("chassis:00:1b:{a:02x}:{b:02x}:{c:02x}:{d:02x}"))
}

pub fn devices() -> Vec<DeviceRow> {
    let rows: [(&str, DeviceStatus, Role, &str, &str, f64); 9] = [
        ("acc-b2-07", DeviceStatus::Down, Role::Switch, "Cisco", "C9300-48P", 0.0),
        ("ap-b2-f1-01", DeviceStatus::Unreachable, Role::AccessPoint, "Cisco", "C9120AXI", 0.0),
        ("wan-1", DeviceStatus::Up, Role::Router, "Cisco", "C8300", 22.0),
        ("core-1", DeviceStatus::Up, Role::Switch, "Cisco", "C9500-40X", 12.0),
        ("core-2", DeviceStatus::Up, Role::Switch, "Cisco", "C9500-40X", 71.0),
        ("dist-1", DeviceStatus::Up, Role::Switch, "Juniper", "EX4650", 9.0),
        ("acc-b1-02", DeviceStatus::Up, Role::Switch, "Cisco", "C9300-48P", 9.0),
        ("서울-서버실-ups", DeviceStatus::Up, Role::Ups, "APC", "Smart-UPS 3000", 3.0),
        ("evil\u{1b}]0;owned\u{7}", DeviceStatus::Unknown, Role::Unknown, "?", "x\u{202e}y", 0.0),
    ];
    rows.iter()
        .zip(1u8..)
        .map(|((name, status, role, vendor, model, cpu), host)| {
            let up = *status == DeviceStatus::Up;
            let address: std::net::IpAddr = [10, 0, 0, host].into();
            DeviceRow {
                id: id(name),
                name: (*name).to_owned(),
                status: *status,
                status_since: Some(ago(if up { 8_467_200 } else { 131 })),
                role: *role,
                vendor: Some((*vendor).to_owned()),
                model: Some((*model).to_owned()),
                os: up.then(|| "IOS-XE".to_owned()),
                os_version: up.then(|| "17.9.4".to_owned()),
                serial: Some(format!("FOC{host:04}X")),
                sys_descr: None,
                sys_object_id: None,
                sys_location: Some("b1 f2 IDF-2".to_owned()),
                sys_contact: Some("noc@example.net".to_owned()),
                addresses: vec![address],
                snmp: Some(SnmpAccess {
                    address: (address, 161).into(),
                    version: SnmpVersion::V2c,
                    credential: "campus".to_owned(),
                    partial: false,
                }),
                uptime_seconds: up.then_some(8_467_200),
                interfaces: 52,
                interfaces_up: if up { 41 } else { 0 },
                rtt_ms: up.then_some(0.6 + f64::from(host)),
                loss_percent: Some(if up { 0.0 } else { 100.0 }),
                cpu_percent: up.then_some(*cpu),
                memory_percent: up.then_some(41.0 + cpu / 2.0),
                temperature_celsius: up.then_some(41.0),
                bridge: None,
                parts: 0,
                traffic_bps: up.then_some(cpu * 1e8),
                over: Vec::new(),
                alarms: usize::from(!up),
                worst_alarm: (!up).then_some(Severity::Critical),
                last_polled_at: Some(ago(if up { 12 } else { 161 })),
                stale: !up,
            }
        })
        .collect()
}

fn wave(seed: usize, top: f32) -> Vec<Option<f32>> {
    (0..60)
        .map(|at| {
            let x = (at + seed * 7) as f32 / 9.0;
            if seed == 3 && (20..26).contains(&at) { None } else { Some(top * (0.55 + 0.4 * x.sin() * (x / 3.0).cos())) }
        })
        .collect()
}

fn interfaces() -> Vec<InterfaceRow> {
    let rows: [(&str, &str, &str, u64, f64, f64, OperStatus); 10] = [
        ("wan-1", "Gi0/0", "to isp-a", 1_000_000_000, 0.921, 0.31, OperStatus::Up),
        ("dist-3", "Po12", "to core-1", 10_000_000_000, 0.78, 0.16, OperStatus::Up),
        ("core-1", "Te1/1/1", "to dist-1", 10_000_000_000, 0.61, 0.22, OperStatus::Up),
        ("core-2", "Te1/1/2", "to dist-2", 10_000_000_000, 0.444, 0.19, OperStatus::Up),
        ("wan-2", "Gi0/0", "to isp-b", 1_000_000_000, 0.14, 0.09, OperStatus::Up),
        ("acc-b1-02", "Gi1/0/17", "회의실-3 AP 무선랜 (3층 동쪽 복도)", 1_000_000_000, 0.0412, 0.012, OperStatus::Up),
        ("acc-b1-02", "Gi1/0/24", "desk 2-114", 1_000_000_000, 0.0, 0.0, OperStatus::Down),
        ("acc-b1-02", "Gi1/0/40", "printer\u{1b}[2J", 100_000_000, 0.0, 0.0, OperStatus::Dormant),
        ("acc-b1-02", "Te1/0/49", "", 10_000_000_000, 0.221, 0.061, OperStatus::Up),
        ("acc-b1-02", "Gi1/0/1", "desk 2-101", 1_000_000_000, 0.0012, 0.0002, OperStatus::Up),
    ];
    rows.iter()
        .zip(1u32..)
        .map(|((device, name, alias, speed, load_in, load_out, oper), index)| {
            let known = *oper == OperStatus::Up;
            let rate = |load: f64| known.then_some(load * *speed as f64);
            let seed = index as usize;
            InterfaceRow {
                device: id(device),
                device_name: (*device).to_owned(),
                if_index: IfIndex(index),
                name: (*name).to_owned(),
                if_name: Some((*name).to_owned()),
                if_descr: None,
                if_alias: Some((*alias).to_owned()).filter(|alias| !alias.is_empty()),
                if_type: Some(6),
                mac: Some(MacAddr([0, 0x1b, 0x54, 0xaa, 0xbb, index as u8])),
                mtu: Some(1500),
                speed_bps: Some(*speed),
                admin_status: Some(if *oper == OperStatus::Dormant { AdminStatus::Down } else { AdminStatus::Up }),
                oper_status: Some(*oper),
                status_since: Some(ago(192)),
                addresses: if index == 1 { vec!["203.0.113.2/30".to_owned()] } else { Vec::new() },
                pvid: Some(120),
                vlans: if *speed > 1_000_000_000 { vec![10, 20, 120] } else { Vec::new() },
                switch: PortFacts::default(),
                peer: alias.strip_prefix("to ").map(str::to_owned),
                peer_port: alias.strip_prefix("to ").map(|_| "Te1/0/49".to_owned()),
                in_bps: rate(*load_in),
                out_bps: rate(*load_out),
                in_utilisation: known.then_some(*load_in),
                out_utilisation: known.then_some(*load_out),
                in_pps: rate(*load_in / 8000.0),
                out_pps: rate(*load_out / 8000.0),
                in_errors_per_second: known.then_some(if index == 6 { 3.1e-5 } else { 0.0 }),
                out_errors_per_second: known.then_some(0.0),
                in_discards_per_second: known.then_some(0.0),
                out_discards_per_second: known.then_some(if index == 1 { 14.0 } else { 0.0 }),
                max_in_bps: None,
                max_out_bps: None,
                p95_in_bps: rate(*load_in * 1.04),
                p95_out_bps: rate(*load_out * 1.1),
                sampled_at: Some(ago(if index == 5 { 400 } else { 12 })),
                stale: index == 5,
                alarm: (index == 1).then_some(Severity::Major),
                spark: if known { wave(seed, (*load_in * *speed as f64) as f32) } else { Vec::new() },
            }
        })
        .collect()
}

fn links() -> Vec<LinkRow> {
    interfaces()
        .into_iter()
        .filter(|row| row.peer.is_some())
        .map(|row| LinkRow {
            a_device: row.device,
            a_name: row.device_name,
            a_if_index: Some(row.if_index),
            a_port: Some(row.name),
            b_device: id(row.peer.as_deref().unwrap()),
            b_name: row.peer.unwrap(),
            b_if_index: None,
            b_port: row.peer_port,
            evidence: vec![Evidence::Lldp],
            confirmed_by: Confirmed::Both,
            confidence: 1.0,
            aggregate: None,
            stp_blocked: Some(false),
            speed_bps: row.speed_bps,
            up: Some(true),
            forward_bps: row.out_bps,
            backward_bps: row.in_bps,
            utilisation: row.in_utilisation,
            errors_per_second: Some(0.0),
            first_seen: Some(ago(30 * 86_400)),
            last_seen: Some(ago(720)),
            spark: row.spark,
        })
        .collect()
}

pub fn alarms() -> Vec<AlarmRow> {
    let rows: [(&str, Severity, &str, &str, u64, u32); 7] = [
        ("device-down", Severity::Critical, "acc-b2-07", "down: no SNMP, no ICMP; 14 objects behind it", 131, 1),
        ("interface-down", Severity::Major, "dist-2 Te1/0/12", "down, link to acc-b2-07", 133, 1),
        ("link-down", Severity::Critical, "core-2 Te1/1/4", "down, 2 neighbours lost", 880, 1),
        ("bundle-degraded", Severity::Major, "dist-3 Po12", "1 of 2 members down", 1862, 1),
        ("utilisation", Severity::Major, "wan-1 Gi0/0", "in 92 % > 90 % for 15 min", 3720, 4),
        ("errors", Severity::Minor, "acc-b1-02 Gi1/0/17", "CRC 3.1e-5/s", 20_451, 211),
        ("interface-down", Severity::Minor, "acc-b1-02 Gi1/0/24", "down", 90_000, 3),
    ];
    let row = |(rule, severity, object, text, age, count): (&str, Severity, &str, &str, u64, u32)| AlarmRow {
        acknowledged: (object == "core-2 Te1/1/4").then(|| Acknowledgement {
            by: "kim".to_owned(),
            at: ago(600),
            note: Some("회선사 확인 중, ticket 4711".to_owned()),
        }),
        silenced: (object == "acc-b1-02 Gi1/0/24")
            .then(|| Silence { by: "lee".to_owned(), until: now().plus(Duration::from_secs(9_000)) }),
        root: (object == "dist-2 Te1/0/12").then(|| "device-down@acc-b2-07".to_owned()),
        children: usize::from(object == "acc-b2-07"),
        device_name: object.split(' ').next().map(str::to_owned),
        site: Some("b2 f1 IDF-1".to_owned()),
        ..AlarmRow::of(Alarm {
            id: format!("{rule}@{object}"),
            rule: rule.to_owned(),
            severity,
            object: object.to_owned(),
            device: object.split(' ').next().map(id),
            text: text.to_owned(),
            raised_at: ago(age),
            cleared_at: None,
            count,
            if_index: None,
            runbook: (rule == "device-down").then(|| "site/b2.md".to_owned()),
            flap: None,
        })
    };
    rows.into_iter().map(row).map(super::alarms::told).collect()
}

/// Those that count: neither silent nor explained by another.
fn overview_alarms() -> Vec<AlarmRow> {
    alarms().into_iter().filter(|row| row.root.is_none() && row.silenced.is_none()).collect()
}

pub fn events() -> Vec<EventRow> {
    type Told<'a> = (u64, &'a str, &'a str, &'a str, &'a str, Option<Severity>);
    let rows: [Told<'_>; 8] = [
        (30, "alarm-acknowledged", "core-2 Te1/1/4", "acknowledged by kim", "operator", None),
        (118, "interface-status", "acc-b2-07 Gi1/0/1", "up > down", "snmp", None),
        (123, "device-status", "acc-b2-07", "stopped answering", "snmp", Some(Severity::Critical)),
        (875, "interface-status", "core-2 Te1/1/4", "up > down", "snmp", Some(Severity::Critical)),
        (1855, "interface-status", "dist-3 Po12", "2 > 1 members", "snmp", Some(Severity::Major)),
        (1867, "device-seen", "acc-b4-02", "new on dist-4 Gi1/0/9", "lldp", None),
        (2000, "link-seen", "acc-b4-02 - dist-4", "Te1/0/49 - Gi1/0/9", "lldp", None),
        (90_000, "interface-status", "acc-b1-02 Gi1/0/24", "주의\u{1b}[31m down > up", "snmp", None),
    ];
    rows.iter()
        .map(|(age, kind, object, text, source, severity)| EventRow {
            at: ago(*age),
            kind: (*kind).to_owned(),
            object: (*object).to_owned(),
            device: object.split(' ').next().map(id),
            text: (*text).to_owned(),
            source: (*source).to_owned(),
            severity: *severity,
        })
        .collect()
}

fn points(seed: usize, top: f64, span: u32) -> Vec<Point> {
    let count = 120u32;
    (0..count)
        .map(|at| {
            let x = f64::from(at) / 11.0 + seed as f64;
            let gap = seed == 1 && (50..58).contains(&at);
            let value = top * (0.5 + 0.32 * x.sin() + 0.14 * (2.7 * x).cos());
            Point { at: ago(u64::from(span) * u64::from(count - 1 - at) / u64::from(count)), value: (!gap).then_some(value) }
        })
        .collect()
}

fn overview() -> OverviewView {
    OverviewView {
        devices_up: 412,
        devices_down: 3,
        devices_unreachable: 2,
        devices_maintenance: 1,
        interfaces_up: 9_218,
        interfaces_down: 41,
        interfaces_with_errors: 6,
        interfaces_flapping: 4,
        access_points_up: 286,
        access_points_down: 2,
        links: 881,
        neighbours: 35,
        missed_percent: Some(0.02),
        lag_p95_ms: Some(812.0),
        polls_per_second: Some(13.9),
        wan_in: points(1, 8.9e9, 3600),
        wan_out: points(4, 3.1e9, 3600),
        wan_in_bps: Some(8.92e9),
        wan_out_bps: Some(3.1e9),
        wan_p95_in_bps: Some(7.4e9),
        wan_p95_out_bps: Some(2.9e9),
        alarms: Table { matched: 5, total: 5, offset: 0, rows: overview_alarms() },
        busiest: links(),
        recent: events(),
        talkers: flows::talkers().0,
        flows: Some(flows::talkers().1),
        ..OverviewView::default()
    }
}

fn device(request: &ViewRequest) -> DeviceView {
    let wanted = match &request.subject {
        Some(Subject::Device(id)) => id.clone(),
        _ => id("acc-b1-02"),
    };
    let rows: Vec<InterfaceRow> = interfaces().into_iter().filter(|row| row.device == wanted).collect();
    let named: Vec<InterfaceRow> = (1..=24u32)
        .map(|port| {
            let mut row = interfaces().remove(9);
            row.if_index = IfIndex(100 + port);
            row.name = format!("Gi1/0/{port}");
            row.if_alias = Some(format!("desk 2-1{port:02}"));
            if port % 5 == 0 {
                row.oper_status = Some(OperStatus::Down);
            }
            if port % 7 == 0 {
                row.admin_status = Some(AdminStatus::Down);
            }
            row
        })
        .filter(|_| !rows.is_empty())
        .collect();
    let all: Vec<InterfaceRow> = rows.into_iter().chain(named).collect();
    let mut view = DeviceView {
        device: devices().into_iter().find(|row| row.id == wanted),
        interfaces: Table { matched: all.len(), total: all.len(), offset: 0, rows: all },
        links: Some(map::links_of(&wanted))
            .filter(|own| !own.is_empty())
            .unwrap_or_else(|| links().into_iter().take(3).collect()),
        alarms: alarms().into_iter().filter(|alarm| alarm.device.as_ref() == Some(&wanted)).collect(),
        recent: events(),
        health: health(&wanted),
        switch: SwitchView::default(),
        work: None,
    };
    super::facility::fill(&mut view, &wanted, request);
    view
}

fn health(device: &DeviceId) -> HealthView {
    type Told<'a> = (GaugeKind, &'a str, Option<f64>, HealthStatus, bool);
    let rows: [Told<'_>; 10] = [
        (GaugeKind::Processor, "CPU 1", Some(9.0), HealthStatus::Unknown, false),
        (GaugeKind::Memory, "Processor", Some(52.0), HealthStatus::Unknown, false),
        (GaugeKind::Storage, "flash:", Some(88.0), HealthStatus::Unknown, false),
        (GaugeKind::PoeBudget, "PSE 1", Some(715.0), HealthStatus::Unknown, false),
        (GaugeKind::PoeUsed, "PSE 1", Some(212.4), HealthStatus::Ok, false),
        (GaugeKind::Sensor(SensorClass::Temperature), "Inlet", Some(41.0), HealthStatus::Ok, false),
        (GaugeKind::Sensor(SensorClass::Fanspeed), "Fan 1", Some(5_400.0), HealthStatus::Ok, true),
        (GaugeKind::Sensor(SensorClass::State), "PSU A", Some(1.0), HealthStatus::Ok, false),
        (GaugeKind::Sensor(SensorClass::State), "PSU B", None, HealthStatus::Critical, false),
        (GaugeKind::Sensor(SensorClass::Dbm), "Te1/0/49 Rx\u{1b}[2J", Some(-9.4), HealthStatus::Warning, false),
    ];
    let row = |(kind, name, value, status, stale): &Told<'_>| GaugeRow {
        device: device.clone(),
        device_name: "acc-b1-02".to_owned(),
        kind: *kind,
        class: kind.word().to_owned(),
        name: (*name).to_owned(),
        value: *value,
        unit: kind.unit().map(str::to_owned),
        used_bytes: None,
        total_bytes: None,
        status: *status,
        status_since: None,
        limits: Limits::default(),
        subject: None,
        if_index: None,
        port: None,
        state_oid: None,
        spark: Vec::new(),
        sampled_at: Some(ago(if *stale { 600 } else { 20 })),
        stale: *stale,
    };
    let hour = |top: f64| points(4, top, 3600).iter().step_by(12).map(|point| point.value.map(|value| value as f32)).collect();
    HealthView {
        cpu_percent: Some(9.0),
        memory_percent: Some(52.0),
        temperature_celsius: Some(41.0),
        poe_used_watts: Some(212.4),
        poe_budget_watts: Some(715.0),
        worst: HealthStatus::Critical,
        cpu_spark: hour(30.0),
        memory_spark: hour(60.0),
        temperature_spark: hour(41.0),
        rows: rows.iter().map(row).collect(),
        ..HealthView::default()
    }
}

fn interface(request: &ViewRequest) -> InterfaceView {
    let row = match &request.subject {
        Some(Subject::Interface(device, port)) => interfaces().into_iter().find(|row| row.device == *device && row.name == *port),
        _ => interfaces().into_iter().next(),
    };
    let speed = row.as_ref().and_then(|row| row.speed_bps).unwrap_or(1) as f64;
    let up = row.as_ref().is_some_and(|row| row.oper_status == Some(OperStatus::Up));
    let series = |seed: usize, share: f64| if up { points(seed, speed * share, request.span_secs) } else { Vec::new() };
    InterfaceView {
        row,
        from: request.at.unwrap_or(now()).minus(Duration::from_secs(u64::from(request.span_secs))),
        to: request.at.unwrap_or(now()),
        resolution: match request.span_secs {
            ..=3_600 => "sample".to_owned(),
            3_601..=604_800 => "1m".to_owned(),
            _ => "1h".to_owned(),
        },
        in_bps: bands(series(1, 0.9), request.span_secs),
        out_bps: bands(series(4, 0.4), request.span_secs),
        earlier_in_bps: if request.compare_secs.is_some() { series(2, 0.7) } else { Vec::new() },
        earlier_out_bps: if request.compare_secs.is_some() { series(3, 0.3) } else { Vec::new() },
        errors: faults(series(4, 1.0)),
        discards: faults(series(4, 0.0)),
        in_max_bps: up.then_some(speed * 0.86),
        out_max_bps: up.then_some(speed * 0.37),
        in_p95_bps: up.then_some(speed * 0.8),
        out_p95_bps: up.then_some(speed * 0.33),
        link: links().into_iter().next(),
        recent: events(),
        detail: None,
        flows: (request.span_secs == 3_600 && request.compare_secs.is_none()).then(|| Box::new(flows::of_port())),
    }
}

/// Rollups where the span is longer than an hour.
fn bands(points: Vec<Point>, span: u32) -> Vec<Band> {
    let rollup = |point: Point| Band {
        min: point.value.map(|value| value * 0.6).filter(|_| span > 3_600),
        max: point.value.map(|value| value * 1.2).filter(|_| span > 3_600),
        ..Band::from(point)
    };
    points.into_iter().map(rollup).collect()
}

/// A burst of errors in an otherwise clean hour.
fn faults(points: Vec<Point>) -> Vec<Point> {
    let fault = |(at, point): (usize, Point)| {
        let burst = (70..78).contains(&at) && point.value.is_some_and(|value| value > 0.0);
        Point { value: point.value.map(|_| if burst { (at - 69) as f64 } else { 0.0 }), ..point }
    };
    points.into_iter().enumerate().map(fault).collect()
}

fn discovery() -> DiscoveryView {
    let phase = |name: &str, done: u64, queued: u64, failed: u64, p95: f64| DiscoveryPhase {
        name: name.to_owned(),
        done,
        queued,
        failed,
        p95_ms: Some(p95),
    };
    let failure =
        |target: &str, reason: Reason, detail: &str| Problem { target: target.to_owned(), reason, detail: detail.to_owned() };
    DiscoveryView {
        progress: Some(DiscoveryProgress {
            run: 7,
            targets: vec!["10.0.0.0/16".to_owned()],
            scope: vec!["10.0.0.0/12".to_owned()],
            started_at: ago(74),
            running: true,
            paused: false,
            phases: vec![
                phase("reach", 3_911, 120, 0, 9.0),
                phase("snmp", 402, 11, 9, 310.0),
                phase("inventory", 390, 12, 0, 420.0),
                phase("neighbours", 377, 13, 2, 1_900.0),
            ],
            asked: 4_031,
            answered: 3_911,
            silent: 0,
            devices: 412,
            links: 881,
            in_flight: 200,
            seconds_left: Some(21.0),
            failures: vec![
                failure("10.9.3.9:161", Reason::Timeout, "no answer to 3 requests in 3.0 s"),
                failure("10.9.3.7:161", Reason::Auth, "authentication failure (credential site-v3)"),
            ],
            failed: 9,
        }),
        changes: Table { matched: 6, total: 6, offset: 0, rows: events() },
        devices: 412,
        links: 881,
        neighbours: 35,
    }
}
