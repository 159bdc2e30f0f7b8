//! Gauges out of tables as agents send them.

use super::super::columns::fixture::{columns, varbinds};
use super::*;
use serde::Deserialize;

/// A device of `tests/vendor/health.toml`.
#[derive(Deserialize)]
struct Case {
    id: String,
    says: Vec<String>,
    rows: Vec<String>,
}

#[derive(Deserialize)]
struct Cases {
    device: Vec<Case>,
}

fn read(id: &str, lines: &str) -> Health {
    let lines = format!("sysObjectID.0 = @1.3.6.1.4.1.{id}\n{lines}");
    let read = columns(&["sysObjectID"], &lines);
    let names: Vec<&'static str> = objects(&read).into_iter().chain(["sysObjectID"]).collect();
    health(&Columns::select(Registry::global(), &names, &varbinds(&lines)))
}

/// `class|name|value|status`
fn row(gauge: &Gauge) -> String {
    let measured = gauge.measured;
    let rounded = |value: f64| ((value * 1e6).round() / 1e6).to_string();
    let value = match (measured.used, measured.total) {
        (Some(used), Some(total)) => format!("{used} of {total}"),
        _ => measured.value.map_or("?".to_owned(), |value| {
            let text = rounded(value);
            if gauge.kind.word() == "dbm" {
                format!("{:.4}", value).trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        }),
    };
    let kind_of_supply = gauge.class.as_deref().filter(|_| gauge.kind == GaugeKind::Supply);
    let class = kind_of_supply.unwrap_or_else(|| gauge.kind.word());
    format!("{class}|{}|{value}|{}", gauge.name, measured.status.word())
}

#[test]
fn what_vendors_say_becomes_the_rows_that_are_meant() {
    let cases: Cases = toml::from_str(include_str!("../../../../../tests/vendor/health.toml")).unwrap();
    for case in cases.device {
        let mut found: Vec<String> = read(&case.id, &case.says.join("\n")).gauges.iter().map(row).collect();
        let mut want = case.rows;
        found.sort();
        want.sort();
        assert_eq!(found, want, "{}", case.id);
    }
}

#[test]
fn names_of_agents_can_do_no_harm() {
    let value = |id: u32, descr: &str| format!("lmTempSensorsValue.{id} = #1000\nlmTempSensorsDevice.{id} = {descr}\n");
    let long = "x".repeat(300);
    let health = read("8072.1", &[value(1, "a\u{1}b\u{1b}[2J"), value(2, ""), value(3, &long), value(4, &long)].concat());
    let names: Vec<&str> = health.gauges.iter().map(|gauge| gauge.name.as_str()).collect();
    assert!(names.iter().all(|name| !name.chars().any(char::is_control)), "{names:?}");
    assert_eq!(names[..2], ["a b [2J", "Temperature 2"]);
    // Of the same name both get their class behind it, and the second a number.
    assert!(names[2] != names[3] && names.iter().all(|name| name.len() <= MAX_NAME + 16), "{names:?}");
}

#[test]
fn a_table_without_end_is_cut_and_odd_scales_say_nothing() {
    let many: String = (0..MAX_GAUGES + 500).map(|row| format!("lmTempSensorsValue.{row} = #1000\n")).collect();
    let (health, beyond) = limit::DEVICE_GAUGES.during(|| read("8072.1", &many));
    assert!(health.gauges.len() == MAX_GAUGES && beyond >= 500);
    let lines = "entPhySensorType.1 = #8\nentPhySensorScale.1 = #99999\nentPhySensorPrecision.1 = #0\nentPhySensorValue.1 = #1\nentPhySensorOperStatus.1 = #1
        entPhySensorType.2 = #8\nentPhySensorValue.2 = #1\nentPhySensorOperStatus.2 = #1";
    assert_eq!(read("99999.1", lines).gauges, []);
}

#[test]
fn a_number_is_found_in_a_text() {
    for (text, want) in [("29.972", Some(29.972)), ("-3.5 dBm", Some(-3.5)), ("12 %", Some(12.0)), ("ok", None), ("1.2.3", None)]
    {
        assert_eq!(first_number(text), want, "{text}");
    }
}

#[test]
fn only_what_is_there_is_read() {
    let rules = Registry::builtin().gauges(Some(&"1.3.6.1.4.1.9.1.1208".parse().unwrap()));
    let all = leads(&rules);
    assert!(all.contains(&"entSensorValueTable") && all.contains(&"upsBattery") != all.contains(&"upsBatteryStatus"));
    let found = wanted(&rules, &BTreeSet::from(["ciscoMemoryPoolTable", "avgBusy5"]));
    assert_eq!((found.scalars, found.columns.contains(&"ciscoMemoryPoolUsed")), (vec!["avgBusy5"], true));
    assert!(!found.columns.contains(&"entSensorValue"));
}
