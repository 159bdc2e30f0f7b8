//! The fixture's power, rooms and telephones: whole agents and such that tell only a part; and the cases of their sections.

use super::fixture::{self, ago, id};
use super::golden::{drawn, state};
use noctop::mib::Registry;
use noctop::model::health::SensorClass;
use noctop::model::{DeviceId, GaugeKind, HealthStatus, Role};
use noctop::query::{DevicePart, Screen, Subject, ViewRequest};
use noctop::state::view::Table;
use noctop::state::view::rows::GaugeRow;
use noctop::state::view::screens::{DeviceView, HealthView};
use noctop::ui::state::Place;
use noctop::ui::{GlyphSet, Lang, shot};

use HealthStatus::{Critical, Ok, Unknown, Warning};
use SensorClass::{Charge, Count, Current, Frequency, Humidity, Load, Power, Runtime, State, Temperature, Voltage};

/// Class, name, value, status, subject, object of the state, limits.
type Told = (SensorClass, String, f64, HealthStatus, &'static str, &'static str, [Option<f64>; 2]);

const NONE: [Option<f64>; 2] = [None, None];

fn told(class: SensorClass, name: &str, value: f64, status: HealthStatus, subject: &'static str) -> Told {
    (class, name.to_owned(), value, status, subject, "", NONE)
}

fn stated(name: &str, value: f64, status: HealthStatus, (subject, object): (&'static str, &'static str)) -> Told {
    (State, name.to_owned(), value, status, subject, object, NONE)
}

fn ups() -> Vec<Told> {
    vec![
        stated("Output source", 5.0, Critical, ("source", "upsOutputSource")),
        stated("Battery status", 2.0, Ok, ("battery", "upsBatteryStatus")),
        told(Charge, "Battery charge", 83.0, Unknown, "battery"),
        told(Runtime, "Battery runtime", 37.0, Unknown, "battery"),
        told(Runtime, "Time on battery", 4.0, Unknown, "battery"),
        told(Temperature, "Battery", 26.0, Unknown, "battery"),
        told(Voltage, "Input 1", 0.0, Unknown, "input"),
        told(Frequency, "Input", 0.0, Unknown, "input"),
        told(Voltage, "Output 1", 220.0, Unknown, "output"),
        told(Load, "Output load 1", 34.0, Unknown, "output"),
        told(Load, "Output load 2", 61.0, Unknown, "output"),
        told(Load, "Output load 3", 93.0, Unknown, "output"),
        told(Power, "Output 1", 1480.0, Unknown, "output"),
        told(Count, "Alarms present", 2.0, Unknown, "alarms"),
        told(Temperature, "서버실 프로브\u{1b}[2J", 24.5, Ok, ""),
    ]
}

fn pdu() -> Vec<Told> {
    let mut rows = vec![
        stated("Device load", 2.0, Ok, ("output", "rPDU2DeviceStatusLoadState")),
        told(Power, "Power, total", 2610.0, Unknown, "output"),
        stated("Phase load 1", 2.0, Ok, ("phase", "rPDU2PhaseStatusLoadState")),
        stated("Phase load 2", 3.0, Warning, ("phase", "rPDU2PhaseStatusLoadState")),
        (Current, "Phase 1".to_owned(), 4.1, Ok, "phase", "", [None, Some(16.0)]),
        (Current, "Phase 2".to_owned(), 13.1, Warning, "phase", "", [None, Some(16.0)]),
        (Current, "Bank 1".to_owned(), 4.1, Unknown, "bank", "", NONE),
    ];
    let outlet = |number: u32| {
        let (value, status) = if number.is_multiple_of(9) { (2.0, HealthStatus::Off) } else { (1.0, Ok) };
        stated(&format!("Outlet {number}"), value, status, ("outlet", "sPDUOutletCtl"))
    };
    rows.extend((1..=24).map(outlet));
    rows
}

fn room() -> Vec<Told> {
    let mut rows = Vec::new();
    for (name, value, status) in [("Cold aisle A", 22.4, Ok), ("Cold aisle B", 30.1, Warning), ("Hot aisle", 34.0, Ok)] {
        rows.push((
            Temperature,
            name.to_owned(),
            value,
            status,
            "",
            "",
            [Some(18.0), Some(if status == Ok { 40.0 } else { 27.0 })],
        ));
        rows.push((Humidity, format!("{name} humidity"), 44.0, Ok, "", "", [Some(25.0), Some(60.0)]));
    }
    rows
}

fn exchange() -> Vec<Told> {
    vec![
        told(Count, "Phones registered", 38.0, Unknown, "phones-registered"),
        told(Count, "Phones unregistered", 4.0, Unknown, "phones-unregistered"),
        told(Count, "Phones rejected", 1.0, Unknown, "phones-rejected"),
        told(Count, "Calls active", 17.0, Unknown, "calls-active"),
        told(Count, "Calls licensed", 60.0, Unknown, "calls-most"),
        stated("Trunk SIP-PSTN-A", 2.0, Ok, ("trunk", "ccmGatewayStatus")),
        stated("Trunk E1-PSTN-B", 3.0, Critical, ("trunk", "ccmGatewayStatus")),
        told(Count, "Calls active SIP-PSTN-A", 17.0, Unknown, "trunk-calls"),
        told(Count, "Channels SIP-PSTN-A", 30.0, Unknown, "channels"),
        told(Count, "Errored seconds E1-PSTN-B", 211.0, Unknown, "trunk-errors"),
    ]
}

/// A server with all the sensors that a management board tells.
fn server() -> Vec<Told> {
    let mut rows: Vec<Told> = Vec::new();
    for number in 1..=40 {
        let status = if number == 17 { Critical } else { Ok };
        rows.push(told(Voltage, &format!("DIMM {number} VDD"), 1.2, status, ""));
        rows.push((Temperature, format!("Core {number}"), 40.0 + f64::from(number), Ok, "", "", [Some(3.0), Some(95.0)]));
        rows.push(stated(&format!("Drive {number}"), 1.0, Ok, ("", "")));
    }
    rows
}

type Case = (&'static str, Role, fn() -> Vec<Told>);

const DEVICES: [Case; 8] = [
    ("ups-1", Role::Ups, ups),
    ("ups-old", Role::Ups, || vec![stated("Battery status", 3.0, Warning, ("battery", "upsBatteryStatus"))]),
    ("pdu-1", Role::Pdu, pdu),
    ("pdu-old", Role::Pdu, || pdu().into_iter().filter(|row| row.4 == "output").collect()),
    ("room-1", Role::Sensor, room),
    ("pbx-1", Role::Voip, exchange),
    ("pbx-old", Role::Voip, || vec![told(Count, "Calls active", 3.0, Unknown, "calls-active")]),
    ("srv-9", Role::Server, server),
];

fn row(device: &DeviceId, (class, name, value, status, subject, object, [low, high]): Told) -> GaugeRow {
    let kind = GaugeKind::Sensor(class);
    #[allow(clippy::cast_possible_truncation, reason = "a curve for show")]
    let curve = |at: u32| Some((value * (0.7 + 0.3 * (f64::from(at) / 5.0).sin())) as f32);
    let mut row = GaugeRow {
        device: device.clone(),
        device_name: device.as_str().to_owned(),
        kind,
        class: kind.word().to_owned(),
        name,
        value: Some(value),
        unit: kind.unit().map(str::to_owned),
        used_bytes: None,
        total_bytes: None,
        status,
        status_since: matches!(status, Warning | Critical).then(|| ago(2520)),
        limits: <_>::default(),
        subject: (!subject.is_empty()).then(|| subject.to_owned()),
        if_index: None,
        port: None,
        state_oid: Registry::global().oid(object).map(|oid| oid.child(&[0])),
        spark: if class == State { Vec::new() } else { (0..60).map(curve).collect() },
        sampled_at: Some(ago(20)),
        stale: false,
    };
    (row.limits.low_warning, row.limits.high_warning) = (low, high);
    row
}

/// Makes of the fixture's device one of these, where one of these is wanted.
pub fn fill(view: &mut DeviceView, wanted: &DeviceId, request: &ViewRequest) {
    let Some((name, role, rows)) = DEVICES.into_iter().find(|(name, ..)| id(name) == *wanted) else { return };
    let mut device = fixture::devices().swap_remove(6);
    (device.id, device.name, device.role, device.interfaces) = (id(name), name.to_owned(), role, 0);
    let rows: Vec<GaugeRow> = rows().into_iter().map(|told| row(wanted, told)).collect();
    let is_ill = |row: &GaugeRow| matches!(row.status, Warning | Critical);
    let mut sensors: Vec<GaugeRow> = rows.iter().filter(|row| !request.faults_only || is_ill(row)).cloned().collect();
    sensors.sort_by_key(|row| (!is_ill(row), row.class.clone()));
    let total = if request.device == DevicePart::Brief { rows.len() } else { 0 };
    let sensors = Table { matched: sensors.len(), total, offset: 0, rows: sensors };
    (view.device, view.interfaces) = (Some(device), Table::default());
    view.health = HealthView { rows, sensors, worst: Critical, ..HealthView::default() };
}

fn shown(name: &str, (size, glyphs): ((u16, u16), GlyphSet), keys: &str) -> String {
    let mut state = state(Screen::Device, size, glyphs);
    state.place = Place { screen: Screen::Device, subject: Some(Subject::Device(id(name))), title: name.to_owned() };
    shot::text(&drawn(state, keys))
}

#[test]
fn power_rooms_and_telephones_open_with_what_they_are_about() {
    for name in ["ups-1", "pdu-1", "room-1", "pbx-1"] {
        for size in [(120, 36), (80, 24), (40, 12)] {
            let text = shown(name, (size, GlyphSet::Unicode), "");
            insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), text);
        }
        let ascii = shown(name, ((80, 24), GlyphSet::Ascii), "");
        let own = ascii.replace(|c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c), "");
        assert!(own.is_ascii(), "{name} is not ASCII:\n{ascii}");
        insta::assert_snapshot!(format!("{name}-80x24-ascii"), ascii);
    }
}

#[test]
fn what_an_agent_leaves_out_is_said() {
    for (name, want) in [
        ("ups-old", "this agent tells nothing of the input"),
        ("ups-old", "this agent tells nothing of the output"),
        ("pdu-old", "this agent tells nothing of the outlets"),
        ("pbx-old", "this agent tells nothing of telephones"),
        ("pbx-old", "this agent tells nothing of trunks"),
    ] {
        for size in [(120, 36), (80, 24)] {
            let text = shown(name, (size, GlyphSet::Unicode), "");
            assert!(text.contains(want), "{name} {size:?}: {want}\n{text}");
        }
        insta::assert_snapshot!(format!("{name}-80x24"), shown(name, ((80, 24), GlyphSet::Unicode), ""));
    }
}

#[test]
fn the_many_sensors_of_a_server_stand_worst_first_and_faults_alone() {
    let text = shown("srv-9", ((120, 36), GlyphSet::Unicode), "");
    insta::assert_snapshot!("srv-9-sensors-120x36", text);
    let text = shown("srv-9", ((120, 36), GlyphSet::Unicode), "!");
    assert!(text.contains("DIMM 17 VDD") && !text.contains("DIMM 18 VDD"), "{text}");
}

#[test]
fn sections_in_korean() {
    for name in ["ups-1", "pdu-1", "pbx-1", "pbx-old"] {
        let mut state = state(Screen::Device, (80, 24), GlyphSet::Unicode);
        state.place = Place { screen: Screen::Device, subject: Some(Subject::Device(id(name))), title: name.to_owned() };
        state.lang = Lang::Ko;
        insta::assert_snapshot!(format!("{name}-80x24-ko"), shot::text(&drawn(state, "")));
    }
}
