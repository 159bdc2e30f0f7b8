//! Each shipped rule: an object that is ill by it, and one that is well.

use super::super::object::{
    AirObject, DeviceObject, EventObject, GaugeObject, Importance, LinkObject, LinkSide, PortObject, Surroundings,
};
use super::super::{On, Origin, Rule, Rules, compile, rules};
use super::at;
use crate::analyse::alarm::object::{CollectorObject, ExporterObject, LimitObject};
use crate::analyse::port::PortRates;
use crate::model::health::Limits;
use crate::model::limit::{AtLimit, LimitReading};
use crate::model::log::{LogKind, LogLine, TrapBind, TrapDetail};
use crate::model::upkeep::{CollectorReading, ExporterReading};
use crate::model::{
    AccessPoint, AdminStatus, ApStatus, Device, DeviceId, DeviceStatus, Duplex, Gauge, GaugeKind, HealthStatus, IfIndex,
    Interface, Link, LinkEnd, Measured, Metric, OperStatus, Radio, Role, SensorClass, Severity,
};
use std::collections::BTreeSet;

fn rule(name: &str) -> Rule {
    Rule::clone(Rules::shipped().named(name).unwrap_or_else(|| panic!("no rule {name}")))
}

/// Names of rules that a test here is about.
const DEVICE: [&str; 7] = ["device-down", "snmp-silent", "missing-polls", "cpu", "memory", "poe-budget", "packet-loss"];
const PORT: [&str; 6] = [
    "interface-down",
    "aggregate-degraded",
    "interface-utilisation",
    "interface-errors",
    "interface-discards",
    "duplex-mismatch",
];
const PORT_OTHER: [&str; 2] = ["impossible-rate", "speed-changed"];
const SENSOR: [&str; 3] = ["sensor", "temperature", "storage"];
const AIR: [&str; 3] = ["ap-down", "ap-busy", "ap-crowded"];
const EVENT: [&str; 4] = ["restarted", "device-replaced", "stp-root-changed", "stp-unstable"];
const LINK: [&str; 1] = ["neighbour-lost"];
const OWN: [&str; 8] = [
    "flow-exporter-silent",
    "flow-exporter-losing",
    "collector-dropping",
    "collector-refusing",
    "collector-behind",
    "collector-failing",
    "store-failing",
    "limit-reached",
];
const TRAP: [&str; 3] = ["authentication-failure", "bgp-down", "ospf-neighbour-down"];

#[test]
fn every_shipped_rule_is_tried_here_and_can_be_read() {
    let tried = [&DEVICE[..], &PORT, &PORT_OTHER, &SENSOR, &AIR, &EVENT, &LINK, &OWN, &TRAP].concat();
    let shipped = rules::shipped_specs().unwrap();
    for spec in &shipped {
        let rule = compile(spec, Origin::Shipped).unwrap_or_else(|fault| panic!("{}: {fault:?}", spec.name)).unwrap();
        let over = rule.clear_for.is_zero() && rule.is_of_moments() && spec.clear.is_none();
        assert!(!over, "{} never ends", spec.name);
    }
    let names: BTreeSet<&str> = shipped.iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names.len(), shipped.len(), "no name twice");
    assert_eq!(tried.iter().copied().collect::<BTreeSet<_>>(), names);
}

fn check(name: &str, told: [(Option<bool>, Option<Severity>); 2], expected: Severity) {
    let [ill, well] = told;
    assert_eq!((ill.0, ill.1), (Some(true), Some(expected)), "{name} is raised");
    assert_eq!(well.0, Some(false), "{name} clears");
}

#[test]
fn devices() {
    let mut device = Device::new(DeviceId::new("x"), at(0));
    device.role = Role::Switch;
    let well = DeviceObject {
        device: &device,
        status: DeviceStatus::Up,
        reason: "answers polls",
        is_silent: false,
        since: (at(0), at(0)),
        uptime_seconds: None,
        rtt_ms: None,
        loss_percent: Some(0.0),
        cpu_percent: Some(10.0),
        memory_percent: Some(40.0),
        temperature_celsius: None,
        poe_percent: Some(10.0),
        missed: 0,
    };
    for name in DEVICE {
        let (rule, mut ill, mut seen) = (rule(name), well, at(1_000));
        let severity = match name {
            "device-down" => {
                ill.status = DeviceStatus::Down;
                Severity::Critical
            }
            "snmp-silent" => {
                ill.is_silent = true;
                Severity::Major
            }
            "missing-polls" => {
                seen = at(0);
                Severity::Minor
            }
            "cpu" => {
                ill.cpu_percent = Some(97.0);
                Severity::Minor
            }
            "memory" => {
                ill.memory_percent = Some(97.0);
                Severity::Minor
            }
            "poe-budget" => {
                ill.poe_percent = Some(99.0);
                Severity::Warning
            }
            _ => {
                ill.loss_percent = Some(30.0);
                Severity::Minor
            }
        };
        let told = |row: &DeviceObject<'_>, seen| (rule.ill(row, (at(1_000), Some(seen))), rule.severity(row));
        check(name, [told(&ill, seen), told(&well, at(1_000))], severity);
    }
}

struct Around {
    importance: Importance,
    members: (usize, usize),
    peer: Option<Duplex>,
    odd: Option<&'static str>,
}

impl Surroundings for Around {
    fn peer(&self, _: IfIndex) -> Option<String> {
        Some("core-1".to_owned())
    }
    fn peer_status(&self, _: IfIndex) -> Option<DeviceStatus> {
        Some(DeviceStatus::Up)
    }
    fn peer_duplex(&self, _: IfIndex) -> Option<Duplex> {
        self.peer
    }
    fn importance(&self, _: &Interface) -> Importance {
        self.importance
    }
    fn members(&self, _: IfIndex) -> (usize, usize) {
        self.members
    }
    fn odd(&self, _: IfIndex) -> Option<&str> {
        self.odd
    }
}

fn rates(of: &[(Metric, f64)]) -> PortRates {
    let mut rates = PortRates::default();
    let quiet = [
        Metric::InBps,
        Metric::OutBps,
        Metric::InPps,
        Metric::OutPps,
        Metric::InErrors,
        Metric::OutErrors,
        Metric::InDiscards,
        Metric::OutDiscards,
    ];
    quiet.into_iter().for_each(|metric| rates.set(metric, Some(0.0)));
    of.iter().for_each(|(metric, rate)| rates.set(*metric, Some(*rate)));
    rates
}

/// How a port differs, what is around it, and what it counts.
type PortCase = (OperStatus, Around, PortRates, Severity);

fn port_case(name: &str, importance: Importance) -> PortCase {
    let around = Around { importance, members: (0, 0), peer: Some(Duplex::Full), odd: None };
    let traffic = (Metric::InPps, 1_000.0);
    match name {
        "interface-down" => (OperStatus::Down, around, rates(&[]), Severity::Major),
        "aggregate-degraded" => (OperStatus::Up, Around { members: (2, 1), ..around }, rates(&[]), Severity::Minor),
        "interface-utilisation" => (OperStatus::Up, around, rates(&[(Metric::InBps, 0.95e9)]), Severity::Minor),
        "interface-errors" => (OperStatus::Up, around, rates(&[traffic, (Metric::InErrors, 20.0)]), Severity::Minor),
        "interface-discards" => (OperStatus::Up, around, rates(&[traffic, (Metric::OutDiscards, 20.0)]), Severity::Warning),
        "impossible-rate" => (OperStatus::Up, Around { odd: Some("too much"), ..around }, rates(&[]), Severity::Minor),
        _ => (OperStatus::Up, around, rates(&[]), Severity::Minor),
    }
}

#[test]
fn interfaces() {
    let device = Device::new(DeviceId::new("x"), at(0));
    let mut port = Interface::new(IfIndex(1));
    port.speed_bps = Some(1_000_000_000);
    port.duplex = Some(Duplex::Full);
    let half = Interface { duplex: Some(Duplex::Half), ..port.clone() };
    for name in PORT.into_iter().chain(["impossible-rate"]) {
        let rule = rule(name);
        let told = |(oper, around, rates, _): &PortCase, port: &Interface| {
            let row = PortObject {
                device: &device,
                device_status: DeviceStatus::Up,
                port,
                admin: Some(AdminStatus::Up),
                oper: Some(*oper),
                was_up: true,
                rates: Some(rates),
                around,
            };
            (rule.ill(&row, (at(0), None)), rule.severity(&row))
        };
        let is_duplex = name == "duplex-mismatch";
        let case = port_case(name, Importance::Link);
        let ill = told(&case, if is_duplex { &half } else { &port });
        let well = told(&port_case("well", Importance::Link), &port);
        check(name, [ill, well], case.3);
        let users = told(&port_case(name, Importance::Edge), &port);
        let is_about_ports_of_all = ["aggregate-degraded", "impossible-rate", "duplex-mismatch"].contains(&name);
        assert!(is_about_ports_of_all || users.0 != Some(true) || users.1.is_none(), "{name}: a user's port");
    }
    let changed = rule("speed-changed");
    let (_, around, rates, _) = port_case("well", Importance::Link);
    let row = PortObject {
        device: &device,
        device_status: DeviceStatus::Up,
        port: &port,
        admin: None,
        oper: None,
        was_up: true,
        rates: Some(&rates),
        around: &around,
    };
    assert!(changed.is_it(&row, at(0)) && changed.severity(&row) == Some(Severity::Warning));
    assert!(!changed.clear_for.is_zero());
}

fn gauge(kind: GaugeKind, limits: Limits) -> Gauge {
    Gauge {
        kind,
        name: "Inlet".to_owned(),
        class: None,
        if_index: None,
        main: false,
        probes: Vec::new(),
        limits,
        measured: Measured::default(),
    }
}

#[test]
fn sensors() {
    let mut device = Device::new(DeviceId::new("x"), at(0));
    device.role = Role::Server;
    let temperature = GaugeKind::Sensor(SensorClass::Temperature);
    let limits = Limits { high_warning: Some(40.0), ..Limits::default() };
    let cases = [
        ("sensor", gauge(temperature, limits), (HealthStatus::Warning, 45.0), (HealthStatus::Ok, 30.0)),
        ("temperature", gauge(temperature, Limits::default()), (HealthStatus::Unknown, 90.0), (HealthStatus::Unknown, 60.0)),
        ("storage", gauge(GaugeKind::Storage, Limits::default()), (HealthStatus::Unknown, 97.0), (HealthStatus::Unknown, 60.0)),
    ];
    assert_eq!(cases.len(), SENSOR.len());
    for (name, gauge, ill, well) in cases {
        let rule = rule(name);
        let told = |(status, value)| {
            let row = GaugeObject { device: &device, device_status: DeviceStatus::Up, gauge: &gauge, status, value: Some(value) };
            (rule.ill(&row, (at(0), None)), rule.severity(&row))
        };
        check(name, [told(ill), told(well)], Severity::Minor);
    }
    let mains = Gauge { class: Some("source".to_owned()), ..gauge(GaugeKind::Sensor(SensorClass::State), Limits::default()) };
    let row = GaugeObject {
        device: &device,
        device_status: DeviceStatus::Up,
        gauge: &mains,
        status: HealthStatus::Critical,
        value: None,
    };
    assert_eq!(rule("sensor").severity(&row), Some(Severity::Critical));
    assert_eq!(rule("sensor").text(&row, super::Said::default()), "on battery: the mains are gone");
}

#[test]
fn access_points() {
    let well = AccessPoint {
        status: ApStatus::Up,
        since: Some(at(0)),
        radios: vec![Radio { utilisation_percent: Some(20.0), clients: Some(10), ..Radio::default() }],
        ..AccessPoint::default()
    };
    for (name, severity) in AIR.into_iter().zip([Severity::Major, Severity::Warning, Severity::Warning]) {
        let (rule, mut ill) = (rule(name), well.clone());
        match name {
            "ap-down" => ill.status = ApStatus::Down,
            "ap-busy" => ill.radios[0].utilisation_percent = Some(92.0),
            _ => ill.radios[0].clients = Some(200),
        }
        let told = |ap: &AccessPoint| {
            let row = AirObject { ap, controller: "wlc-1", device_status: None };
            (rule.ill(&row, (at(0), None)), rule.severity(&row))
        };
        check(name, [told(&ill), told(&well)], severity);
    }
    let taken_away = AccessPoint { status: ApStatus::Down, since: None, ..AccessPoint::default() };
    let row = AirObject { ap: &taken_away, controller: "wlc-1", device_status: None };
    assert_eq!(rule("ap-down").ill(&row, (at(0), None)), None, "it was down before noctop came");
}

#[test]
fn events() {
    let event = |kind, text, severity, role| EventObject {
        kind,
        object: "core-1",
        device: Some("core-1"),
        text,
        source: "snmp",
        severity,
        times: 1,
        role: Some(role),
        device_status: Some(DeviceStatus::Up),
    };
    let cases = [
        ("restarted", event("restarted", "the agent restarted", None, Role::Switch), Severity::Warning),
        ("device-replaced", event("device-replaced", "other hardware", Some(Severity::Warning), Role::Switch), Severity::Warning),
        ("stp-root-changed", event("spanning-tree", "root a > b", Some(Severity::Warning), Role::Switch), Severity::Minor),
        ("stp-unstable", event("spanning-tree", "the topology changed 5 times", None, Role::Switch), Severity::Minor),
    ];
    assert_eq!(cases.len(), EVENT.len());
    for (name, row, severity) in cases {
        let rule = rule(name);
        assert_eq!((rule.is_it(&row, at(0)), rule.severity(&row)), (true, Some(severity)), "{name}");
        assert!(!rule.clear_for.is_zero(), "{name} ends");
        let other = event("device-seen", "x", None, Role::Printer);
        assert!(!rule.is_it(&other, at(0)), "{name}");
    }
    assert!(!rule("restarted").is_it(&event("restarted", "x", None, Role::Printer), at(0)), "printers are switched off");
    assert!(!rule("stp-unstable").is_it(&event("spanning-tree", "root a > b", Some(Severity::Warning), Role::Switch), at(0)));
}

#[test]
fn links() {
    let end = |name: &str| LinkEnd { device: DeviceId::new(name), if_index: Some(IfIndex(1)), port: Some("Gi1".to_owned()) };
    let link = Link::between(end("a"), end("b"), Vec::new());
    let side = |name: &str, oper| LinkSide {
        device: name.to_owned(),
        port: Some("Gi1".to_owned()),
        status: Some(DeviceStatus::Up),
        oper: Some(oper),
        uptime_seconds: Some(3600.0),
    };
    let rule = rule(LINK[0]);
    let row = |oper, is_gone| LinkObject { link: &link, a: side("a", oper), b: side("b", OperStatus::Up), is_gone };
    for (uptime_seconds, expected) in [(Some(30.0), false), (Some(130.0), true), (None, true)] {
        let gone = LinkObject { b: LinkSide { uptime_seconds, ..side("b", OperStatus::Up) }, ..row(OperStatus::Up, true) };
        assert_eq!(rule.is_it(&gone, at(0)), expected, "a device that starts again says goodbye: {uptime_seconds:?}");
    }
    assert!(rule.is_it(&row(OperStatus::Up, true), at(0)));
    assert!(!rule.is_it(&row(OperStatus::Down, true), at(0)), "the port is down, which is told");
    assert!(!rule.is_it(&row(OperStatus::Up, false), at(0)));
    assert!(!rule.clear_for.is_zero());
}

#[test]
fn noctop_itself() {
    let well = CollectorReading { name: "syslog".to_owned(), received: 1_000, ..CollectorReading::default() };
    let before = CollectorReading { name: "syslog".to_owned(), ..CollectorReading::default() };
    let exporter =
        ExporterReading { address: "192.0.2.1".parse().unwrap(), device: None, datagrams: 1_000, lost: Some(0), heard: at(995) };
    for (name, severity) in OWN[..7].iter().copied().zip([
        Severity::Minor,
        Severity::Warning,
        Severity::Minor,
        Severity::Warning,
        Severity::Minor,
        Severity::Major,
        Severity::Critical,
    ]) {
        let (rule, mut ill, mut well, mut sends) = (rule(name), well.clone(), well.clone(), exporter.clone());
        (ill.lag_seconds, well.lag_seconds) = (Some(0.0), Some(0.0));
        match name {
            "flow-exporter-silent" => sends.heard = at(0),
            "flow-exporter-losing" => sends.lost = Some(200),
            "collector-dropping" => ill.dropped = 100,
            "collector-refusing" => ill.refused = 500,
            "collector-behind" => ill.lag_seconds = Some(120.0),
            "collector-failing" => ill.failure = Some("it hangs".to_owned()),
            _ => {
                (ill.name, well.name) = ("store".to_owned(), "store".to_owned());
                ill.failure = Some("no space".to_owned());
            }
        }
        let collector = |now: &CollectorReading| {
            let row = CollectorObject { now, before: Some(&before), seconds: 10.0 };
            (rule.ill(&row, (at(1_000), None)), rule.severity(&row))
        };
        let gone = ExporterReading { datagrams: 0, lost: Some(0), ..exporter.clone() };
        let sender = |now: &ExporterReading| {
            let row = ExporterObject { now, before: Some(&gone), seconds: 10.0, device: None, at: at(1_000) };
            (rule.ill(&row, (at(1_000), None)), rule.severity(&row))
        };
        let told = match rule.on {
            On::Collector => [collector(&ill), collector(&well)],
            _ => [sender(&sends), sender(&exporter)],
        };
        check(name, told, severity);
    }
}

#[test]
fn bounds() {
    let before = crate::model::limit::DEVICES.reading();
    let rule = rule(OWN[7]);
    let told = |now: &LimitReading| {
        let row = LimitObject { now, before: Some(&before) };
        (rule.ill(&row, (at(1_000), None)), rule.severity(&row))
    };
    let ill = |name: &str| LimitReading { name: name.to_owned(), beyond: before.beyond + 1, ..before.clone() };
    for (name, severity) in [("alarms", Severity::Critical), ("devices", Severity::Major), ("problems", Severity::Warning)] {
        check(OWN[7], [told(&ill(name)), told(&before)], severity);
    }
    let forgets = LimitReading { at: AtLimit::Forgets, ..ill("snmp-agents") };
    assert_ne!(told(&forgets).0, Some(true), "what is learned again is no fault");
}

fn trap(name: &str, binds: &[(&str, &str)]) -> LogLine {
    let mut line = LogLine::new(at(0), "192.0.2.9".parse().unwrap(), LogKind::Trap);
    let binds = binds.iter().map(|(name, value)| TrapBind { name: (*name).to_owned(), value: (*value).to_owned() });
    let detail = TrapDetail {
        oid: None,
        name: name.to_owned(),
        version: "v2c".to_owned(),
        inform: false,
        uptime_ticks: None,
        if_index: None,
        binds: binds.collect(),
        left_out: 0,
    };
    line.text = detail.sentence(None);
    line.trap = Some(Box::new(detail));
    line
}

#[test]
fn traps() {
    let peer = "bgpPeerState.10.0.0.9";
    let neighbour = "ospfNbrState.10.0.0.9.0";
    let cases = [
        ("authentication-failure", trap("authenticationFailure", &[]), None, Severity::Warning),
        (
            "bgp-down",
            trap("bgpBackwardTransition", &[(peer, "idle(1)")]),
            Some(trap("bgpEstablished", &[(peer, "established(6)")])),
            Severity::Major,
        ),
        (
            "ospf-neighbour-down",
            trap("ospfNbrStateChange", &[(neighbour, "down(1)")]),
            Some(trap("ospfNbrStateChange", &[(neighbour, "full(8)")])),
            Severity::Major,
        ),
    ];
    assert_eq!(cases.len(), TRAP.len());
    for (name, begins, ends, severity) in cases {
        let rule = rule(name);
        assert_eq!((rule.is_it(&begins, at(0)), rule.severity(&begins)), (true, Some(severity)), "{name}");
        assert!(rule.by.part(&begins).is_some(), "{name}");
        match ends {
            Some(ends) => {
                assert!(rule.ends(&ends) && !rule.is_it(&ends, at(0)) && !rule.ends(&begins), "{name}");
                assert_eq!(rule.by.part(&ends), rule.by.part(&begins), "{name}");
            }
            None => assert!(!rule.clear_for.is_zero(), "{name}"),
        }
    }
    let own = trap("authenticationFailure", &[("noctop", "tried a credential itself")]);
    assert!(!rule("authentication-failure").is_it(&own, at(0)), "{}", own.text);
    let ear = super::Ear::new(&Rules::shipped());
    let lines = [trap("bgpBackwardTransition", &[(peer, "idle(1)")]), trap("bgpEstablished", &[(peer, "established(6)")])];
    let heard = ear.hear(&[&lines[0], &lines[0], &lines[1]].map(Clone::clone));
    let told: Vec<(&str, &str, u32, bool)> =
        heard.iter().map(|heard| (heard.rule.as_str(), heard.part.as_str(), heard.times, heard.ends)).collect();
    assert_eq!(told, [("bgp-down", "192.0.2.9/10.0.0.9", 2, false), ("bgp-down", "192.0.2.9/10.0.0.9", 1, true)]);
}
