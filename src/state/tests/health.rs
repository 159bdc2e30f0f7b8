//! Gauges under inventories, polls and replay.

use crate::event::{Body, Event};
use crate::model::health::{HealthReading, Limits};
use crate::model::series::{named_part, split_named_part};
use crate::model::{
    Device, DeviceId, EntityKey, Gauge, GaugeKind, Health, HealthStatus, Measured, Metric, Sample, SensorClass, Timestamp,
};
use crate::query::{Screen, Subject, ViewRequest};
use crate::state::sample::{START, campus, event, feed, inventory, poll};
use crate::state::view::rows::GaugeRow;
use crate::state::view::{ViewBody, answer};
use crate::state::{Applied, LiveSample, Settings, State, apply, checkpoint};
use std::sync::Arc;

const TEMPERATURE: GaugeKind = GaugeKind::Sensor(SensorClass::Temperature);

pub(super) fn gauge(kind: GaugeKind, name: &str, measured: Measured) -> Gauge {
    Gauge {
        kind,
        name: name.to_owned(),
        class: None,
        if_index: None,
        main: false,
        probes: Vec::new(),
        limits: Limits::default(),
        measured,
    }
}

pub(super) const fn measured(value: f64, status: HealthStatus) -> Measured {
    Measured { value: Some(value), used: None, total: None, status }
}

/// A switch with two processors, a memory, a flash and two temperatures.
fn device() -> Device {
    let unknown = HealthStatus::Unknown;
    let mut device = campus()[2].clone();
    device.health = Health::new(vec![
        gauge(GaugeKind::Processor, "CPU 1", measured(10.0, unknown)),
        gauge(GaugeKind::Processor, "CPU 2", measured(20.0, unknown)),
        gauge(GaugeKind::Memory, "Main", measured(40.0, unknown)),
        gauge(GaugeKind::Storage, "flash", Measured { used: Some(50), total: Some(100), ..measured(50.0, unknown) }),
        gauge(TEMPERATURE, "Inlet", measured(25.0, HealthStatus::Ok)),
        gauge(TEMPERATURE, "Outlet", measured(35.0, HealthStatus::Ok)),
    ]);
    device
}

/// A poll that read these places.
fn polled(secs: i64, device: &Device, places: &[(u16, Measured)]) -> Event {
    let mut event = poll(secs, device, 1000, &[]);
    if let Body::Poll(reading) = &mut event.body {
        reading.health = Some(HealthReading { outline: device.health.outline, measured: places.to_vec() });
    }
    event
}

fn known() -> (State, Device) {
    let mut state = State::new(Settings::default());
    let device = device();
    feed(&mut state, &inventory(0, &device));
    (state, device)
}

fn rows(state: &State, device: &Device) -> Vec<GaugeRow> {
    let request = ViewRequest { subject: Some(Subject::Device(device.id.clone())), ..ViewRequest::new(Screen::Device, 100) };
    match answer(state, &request).body {
        ViewBody::Device(view) => view.health.rows,
        other => panic!("{other:?}"),
    }
}

fn cells(applied: &Applied, part: Option<&str>) -> Vec<(Metric, f64)> {
    let rows = &applied.samples[0].rows;
    let row = rows.iter().find(|row| row.part.as_deref() == part);
    row.iter().flat_map(|row| &row.cells).map(|cell| (cell.metric, cell.metric.decode_gauge(cell.value))).collect()
}

#[test]
fn a_poll_becomes_figures_of_the_device_and_series_of_its_sensors() {
    let (mut state, device) = known();
    let ok = HealthStatus::Ok;
    let unknown = HealthStatus::Unknown;
    let places = [
        (0, measured(30.0, unknown)),
        (1, measured(50.0, unknown)),
        (2, measured(42.0, unknown)),
        (3, measured(51.0, unknown)),
        (4, measured(26.5, ok)),
        (5, Measured { value: None, ..measured(0.0, unknown) }),
    ];
    let applied = feed(&mut state, &polled(30, &device, &places));
    let own = cells(&applied, None);
    for wanted in [(Metric::CpuPercent, 40.0), (Metric::MemoryPercent, 42.0), (Metric::TemperatureCelsius, 26.5)] {
        assert!(own.contains(&wanted), "{wanted:?} {own:?}");
    }
    assert!(!own.iter().any(|(metric, _)| *metric == Metric::PoeWatts), "what is not known is no zero");
    let part = |name: &str| named_part(None, name);
    assert_eq!(cells(&applied, Some(&part("sensor:Inlet"))), [(Metric::NamedGauge, 26.5)]);
    assert_eq!(cells(&applied, Some(&part("storage:flash"))), [(Metric::NamedGauge, 51.0)]);
    assert_eq!(cells(&applied, Some(&part("sensor:Outlet"))), [], "a sensor without a value is a gap");
    let shown = rows(&state, &device);
    assert_eq!((shown[0].value, shown[4].value, shown[5].value), (Some(30.0), Some(26.5), None));
    assert_eq!(shown[0].sampled_at, Some(Timestamp::from_secs(START.secs() + 30)));
}

#[test]
fn a_change_of_status_is_told_once_and_replayed() {
    let (mut state, device) = known();
    let mut derived = Vec::new();
    for (secs, status) in
        [(30, HealthStatus::Ok), (60, HealthStatus::Critical), (90, HealthStatus::Critical), (120, HealthStatus::Ok)]
    {
        derived.extend(feed(&mut state, &polled(secs, &device, &[(4, measured(70.0, status))])).derived);
    }
    let told: Vec<_> = derived
        .iter()
        .filter_map(|event| match &event.body {
            Body::GaugeStatus(change) => Some((change.name.as_str(), change.from, change.to)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [("Inlet", HealthStatus::Ok, HealthStatus::Critical), ("Inlet", HealthStatus::Critical, HealthStatus::Ok)]);
    let told: Vec<String> = state.recent().filter(|row| row.kind == "sensor-status").map(|row| row.text.clone()).collect();
    assert_eq!(told, ["temperature ok > critical", "temperature critical > ok"]);
    // What is journalled alone makes the same conditions, and so do the parts of a checkpoint.
    let mut replayed = State::new(Settings::default());
    apply(&mut replayed, &event(0, Body::DeviceSeen(Box::new(device.clone()))));
    derived.iter().for_each(|event| drop(apply(&mut replayed, event)));
    assert_eq!(replayed.condition(&device.id).unwrap().gauges, state.condition(&device.id).unwrap().gauges);
    let read = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    assert_eq!(read.condition(&device.id), state.condition(&device.id));
}

#[test]
fn another_value_is_no_other_description_and_another_gauge_is_one() {
    let (mut state, device) = known();
    let mut again = device.clone();
    again.health.gauges[4].measured = measured(29.0, HealthStatus::Warning);
    let applied = feed(&mut state, &inventory(3600, &again));
    assert!(matches!(
        applied.derived.iter().map(|event| &event.body).collect::<Vec<_>>()[..],
        [Body::GaugeStatus(_), Body::AlarmRaised(_)]
    ));
    let shown = rows(&state, &device);
    assert_eq!((shown[4].value, shown[4].status), (Some(29.0), HealthStatus::Warning));
    again.health = Health::new(again.health.gauges.into_iter().filter(|gauge| gauge.name != "Outlet").collect());
    let applied = feed(&mut state, &inventory(7200, &again));
    assert!(applied.derived.iter().any(|event| matches!(event.body, Body::DeviceSeen(_))));
    assert_eq!(rows(&state, &device).len(), 5);
    // A poll that was asked by the old description says nothing of the new one.
    let applied = feed(&mut state, &polled(7230, &device, &[(5, measured(99.0, HealthStatus::Critical))]));
    assert!(applied.derived.is_empty() && cells(&applied, Some(&named_part(None, "sensor:Outlet"))).is_empty());
}

#[test]
fn a_value_is_stale_after_three_readings() {
    let (mut state, device) = known();
    feed(&mut state, &polled(30, &device, &[(4, measured(26.0, HealthStatus::Ok))]));
    let stale = |state: &State, secs: i64| {
        let mut state = state.clone();
        state.set_now(Timestamp::from_secs(START.secs() + secs));
        rows(&state, &device)[4].stale
    };
    assert_eq!([30, 200, 240].map(|secs| stale(&state, secs)), [false, false, true]);
}

#[test]
fn a_past_time_shows_what_the_series_kept() {
    let (mut state, device) = known();
    let at = Timestamp::from_secs(START.secs() + 600);
    let sample = |part: Option<String>, metric: Metric, value: f64| LiveSample {
        entity: Arc::new(EntityKey { device: device.id.clone(), part }),
        metric,
        before: None,
        last: Sample { at, value: Some(metric.encode_gauge(value)), broken: false },
    };
    state.set_now(at);
    state.set_live([
        sample(None, Metric::CpuPercent, 77.0),
        sample(None, Metric::MemoryPercent, 55.0),
        sample(Some(named_part(None, "sensor:Outlet")), Metric::NamedGauge, 41.5),
        sample(Some(named_part(None, "storage:flash")), Metric::NamedGauge, 60.0),
        sample(Some(named_part(None, "sensor:Nothing")), Metric::NamedGauge, 1.0),
    ]);
    let shown = rows(&state, &device);
    assert_eq!((shown[5].value, shown[5].stale, shown[5].status), (Some(41.5), false, HealthStatus::Ok));
    assert_eq!((shown[3].used_bytes, shown[3].total_bytes), (Some(60), Some(100)));
    assert_eq!((shown[2].value, shown[2].stale), (Some(55.0), false), "the one memory is what the figure is of");
    assert!(shown[0].stale && shown[1].stale, "of two processors nobody knows which had how much");
    assert!(shown[4].stale, "of the inlet the store has nothing: the inventory's value shows its age");
    let request = ViewRequest::new(Screen::Devices, 10);
    let ViewBody::Devices(table) = answer(&state, &request).body else { panic!() };
    assert_eq!(table.rows[0].cpu_percent, Some(77.0));
}

#[test]
fn sensors_are_filtered_and_sorted_like_any_table() {
    let (state, _) = known();
    let request = ViewRequest { filter: "class:temperature value>30".to_owned(), ..ViewRequest::new(Screen::Sensors, 10) };
    let view = answer(&state, &request);
    let ViewBody::Sensors(table) = view.body else { panic!() };
    assert_eq!(view.chrome.fault, None);
    assert_eq!((table.total, table.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>()), (2, vec!["Outlet"]));
    assert_eq!(split_named_part(&named_part(None, "sensor:Inlet")), Some((None, "sensor:Inlet")));
    assert_eq!(table.rows[0].device, DeviceId::new(campus()[2].id.as_str()));
}

#[test]
fn a_sensor_that_is_ill_raises_an_alarm_in_the_words_of_what_it_is_about() {
    for (from, to, subject, class, want) in [
        (HealthStatus::Ok, HealthStatus::Critical, Some("source"), SensorClass::State, "on battery: the mains are gone"),
        (HealthStatus::Ok, HealthStatus::Critical, Some("trunk"), SensorClass::State, "the trunk is down"),
        (HealthStatus::Ok, HealthStatus::Warning, None, SensorClass::Temperature, "temperature warning, well below 40"),
    ] {
        let (mut state, mut device) = known();
        let gauge = &mut device.health.gauges[4];
        gauge.kind = GaugeKind::Sensor(class);
        gauge.class = subject.map(str::to_owned);
        gauge.limits.high_warning = Some(40.0);
        gauge.measured = measured(1.0, from);
        let name = gauge.name.clone();
        device.health = Health::new(device.health.gauges.clone());
        let place = u16::try_from(device.health.gauges.iter().position(|gauge| gauge.name == name).unwrap()).unwrap();
        let sensors = |state: &State| -> Vec<Arc<crate::model::Alarm>> {
            state.alarms().filter(|alarm| alarm.rule == "sensor").cloned().collect()
        };
        feed(&mut state, &inventory(1, &device));
        feed(&mut state, &polled(30, &device, &[(place, measured(70.0, to))]));
        let texts: Vec<String> = sensors(&state).iter().map(|alarm| alarm.text.clone()).collect();
        assert_eq!(texts, [want], "{subject:?}");
        feed(&mut state, &polled(60, &device, &[(place, measured(1.0, HealthStatus::Ok))]));
        assert!(sensors(&state).iter().all(|alarm| alarm.cleared_at.is_some()), "{subject:?}");
    }
}
