//! What numbers of instances mean, names, and what is added up.

use super::class::CLASSES;
use super::*;

fn probe(part: Part, factor: f64) -> Probe {
    let words = vec![(1, HealthStatus::Ok), (2, HealthStatus::Warning), (3, HealthStatus::Off)];
    Probe { part, oid: Oid::new(&[1, 3]), factor, reckoning: Reckoning::Linear, absent: vec![-1], words, texts: Vec::new() }
}

fn gauge(kind: GaugeKind, parts: &[Part]) -> Gauge {
    Gauge {
        kind,
        name: "x".to_owned(),
        class: None,
        if_index: None,
        main: false,
        probes: parts.iter().map(|part| probe(*part, 1.0)).collect(),
        limits: Limits::default(),
        measured: Measured::default(),
    }
}

#[test]
fn words_and_units_of_classes_are_those_of_the_contract() {
    for (class, word, _) in CLASSES {
        assert_eq!((class.word(), SensorClass::from_word(word)), (word, Some(class)));
    }
    assert_eq!(SensorClass::Temperature.unit(), Some("celsius"));
}

#[test]
fn numbers_that_stand_for_nothing_are_no_values() {
    for (raw, want) in [
        (5.0, Some(0.5)),
        (0.0, Some(0.0)),
        (-1.0, None),
        (2_147_483_647.0, None),
        (-2_147_483_648.0, None),
        (4_294_967_295.0, None),
        (f64::NAN, None),
    ] {
        assert_eq!(probe(Part::Value, 0.1).value(raw), want, "{raw}");
    }
}

#[test]
fn each_reckoning_does_what_its_name_says() {
    for (reckoning, factor, raw, want) in [
        (Reckoning::Rest, 1.0, 30.0, Some(70.0)),
        (Reckoning::Decibels, 0.001, 1000.0, Some(0.0)),
        (Reckoning::Decibels, 0.001, 0.0, None),
        (Reckoning::Fahrenheit, 0.1, 2120.0, Some(100.0)),
        (Reckoning::Kelvin, 1.0, 273.15, Some(0.0)),
    ] {
        let probe = Probe { reckoning, ..probe(Part::Value, factor) };
        assert_eq!(probe.value(raw).map(|value| (value * 1e6).round() / 1e6), want, "{reckoning:?}");
    }
}

#[test]
fn a_pool_is_made_of_whatever_is_told() {
    use Part::{Free, Percent, Reclaimable, Total, Used};
    for (parts, raws, want) in [
        (&[Used, Total][..], &[Some(25.0), Some(100.0)][..], (Some(25.0), Some(25), Some(100))),
        (&[Used, Free], &[Some(25.0), Some(75.0)], (Some(25.0), Some(25), Some(100))),
        (&[Free, Total], &[Some(75.0), Some(100.0)], (Some(25.0), Some(25), Some(100))),
        (&[Free, Total, Reclaimable], &[Some(30.0), Some(100.0), Some(20.0)], (Some(50.0), Some(50), Some(100))),
        (&[Percent, Total], &[Some(40.0), Some(200.0)], (Some(40.0), Some(80), Some(200))),
        (&[Percent], &[Some(40.0)], (Some(40.0), None, None)),
        (&[Used, Total], &[Some(25.0), Some(0.0)], (None, Some(25), None)),
        (&[Used, Total], &[None, Some(100.0)], (None, None, Some(100))),
        // Wrapped at 32 bits.
        (&[Used, Total], &[Some(500.0), Some(100.0)], (None, None, Some(100))),
        (&[Free, Total], &[Some(500.0), Some(100.0)], (None, None, Some(100))),
    ] {
        let measured = gauge(GaugeKind::Memory, parts).measure(raws);
        assert_eq!((measured.value, measured.used, measured.total), want, "{parts:?} {raws:?}");
    }
}

#[test]
fn the_worse_of_what_is_told_and_what_the_limits_say_counts() {
    let limits = Limits { high_warning: Some(50.0), high_critical: Some(60.0), low_warning: Some(5.0), low_critical: None };
    for (value, told, want) in [
        (Some(20.0), Some(1.0), HealthStatus::Ok),
        (Some(55.0), Some(1.0), HealthStatus::Warning),
        (Some(20.0), Some(2.0), HealthStatus::Warning),
        (Some(60.0), Some(2.0), HealthStatus::Critical),
        (Some(5.0), Some(1.0), HealthStatus::Warning),
        (Some(99.0), Some(3.0), HealthStatus::Off),
        (Some(99.0), Some(9.0), HealthStatus::Critical),
        (None, Some(1.0), HealthStatus::Ok),
        (None, None, HealthStatus::Unknown),
    ] {
        let gauge = Gauge { limits, ..gauge(GaugeKind::Sensor(SensorClass::Temperature), &[Part::Value, Part::Status]) };
        assert_eq!(gauge.measure(&[value, told]).status, want, "{value:?} {told:?}");
    }
    let bare = gauge(GaugeKind::Sensor(SensorClass::Temperature), &[Part::Value]);
    assert_eq!(bare.measure(&[Some(20.0)]).status, HealthStatus::Unknown, "nobody says how it is");
}

#[test]
fn names_are_told_apart_by_class_and_then_by_number() {
    let of = |class: SensorClass| gauge(GaugeKind::Sensor(class), &[Part::Value]);
    let health = Health::new(vec![
        of(SensorClass::Voltage),
        of(SensorClass::Temperature),
        of(SensorClass::Temperature),
        gauge(GaugeKind::Storage, &[Part::Percent]),
    ]);
    let names: Vec<&str> = health.gauges.iter().map(|gauge| gauge.name.as_str()).collect();
    assert_eq!(names, ["x", "x temperature", "x temperature #2", "x voltage"]);
    assert_ne!(health.outline, Health::new(vec![of(SensorClass::Voltage)]).outline);
    assert_eq!(Health::new(Vec::new()), Health::default());
}

#[test]
fn figures_of_the_device_are_those_of_what_stands_for_it() {
    let main = |kind: GaugeKind, main: bool| Gauge { main, ..gauge(kind, &[Part::Value]) };
    let health =
        Health::new(vec![main(GaugeKind::Memory, false), main(GaugeKind::Memory, true), main(GaugeKind::Processor, false)]);
    let measured = [10.0, 20.0, 30.0].map(|value| Measured { value: Some(value), ..Measured::default() });
    assert_eq!((health.cpu_percent(&measured), health.memory_percent(&measured)), (Some(10.0), Some(30.0)));
    assert_eq!((health.temperature_celsius(&measured), health.poe_watts(&measured)), (None, None));
}
