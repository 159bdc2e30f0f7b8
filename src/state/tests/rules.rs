//! Rules over the state: what polls, descriptions, traps and time alone lead to.

use super::*;
use crate::analyse::alarm::{RuleSpec, Rules};
use crate::model::heard::Heard;
use crate::model::poll::{Counter, IfCounter};
use crate::model::upkeep::{CollectorReading, ExporterReading, Upkeep};
use crate::model::{Device, GaugeKind, Health, HealthStatus, LinkKey, SensorClass};

/// The whole campus, with rules over the shipped ones.
fn under(rules: &str) -> State {
    #[derive(serde::Deserialize, Default)]
    #[serde(default)]
    struct File {
        alarm: Vec<RuleSpec>,
    }
    let specs = toml::from_str::<File>(rules).unwrap().alarm;
    let rules = Rules::over_shipped(&specs).unwrap();
    let mut state = State::new(Settings { rules, ..Settings::default() });
    discovered().iter().for_each(|event| drop(feed(&mut state, event)));
    state
}

/// Names and severities of the alarms that stand.
fn stands(state: &State) -> Vec<(String, Severity)> {
    standing(state).into_iter().map(|(name, severity, _)| (name, severity)).collect()
}

/// Polls in which the first port carries so much of its gigabit.
fn carry(state: &mut State, device: &Device, (from, to): (i64, i64), share: f64) {
    for secs in (from..=to).step_by(30) {
        let mut event = poll(secs, device, 0, &[]);
        if let Body::Poll(reading) = &mut event.body {
            let base = 10_000_000_000_000 + (secs as f64 * 125_000_000.0 * share) as u64;
            reading.interfaces[0].set(IfCounter::InOctets, Counter::Bits64(base));
        }
        feed(state, &event);
        feed(state, &super::event(secs + 1, Body::Tick));
    }
}

#[test]
fn a_busy_link_is_told_after_its_time_and_is_over_under_the_lower_line() {
    let mut state = under("");
    let core = campus()[2].clone();
    carry(&mut state, &core, (30, 570), 0.95);
    assert_eq!(standing(&state), [], "not yet");
    carry(&mut state, &core, (600, 720), 0.95);
    assert_eq!(stands(&state), [("interface-utilisation@core-1 Gi1".to_owned(), Severity::Minor)]);
    let alarm = state.alarms().next().unwrap().clone();
    assert_eq!((alarm.text.as_str(), alarm.if_index), ("95 % busy, link to wan-1", Some(IfIndex(1))));
}

#[test]
fn a_link_that_flaps_a_hundred_times_in_an_hour_is_one_alarm() {
    let mut state = under("");
    let core = campus()[2].clone();
    feed(&mut state, &poll(10, &core, 0, &[]));
    let mut journal = Vec::new();
    for flap in 0..100 {
        let secs = 30 + flap * 36;
        journal.extend(feed(&mut state, &poll(secs, &core, 0, &[1])).derived);
        journal.extend(feed(&mut state, &poll(secs + 18, &core, 0, &[])).derived);
        journal.extend(feed(&mut state, &event(secs + 19, Body::Tick)).derived);
        journal.extend(feed(&mut state, &event(secs + 35, Body::Tick)).derived);
    }
    let told: Vec<&str> = state.recent().map(|row| row.kind.as_str()).filter(|kind| kind.starts_with("alarm")).collect();
    assert_eq!(told, ["alarm-raised", "alarm-cleared", "alarm-raised", "alarm-cleared", "alarm-raised"]);
    let written = journal.iter().filter(|event| matches!(event.body, Body::AlarmRaised(_) | Body::AlarmCleared(_))).count();
    assert!(written <= 65, "{written} records of one alarm in an hour");
    for secs in (3_700..3_800).step_by(10) {
        feed(&mut state, &event(secs, Body::Tick));
    }
    let alarm = state.alarms().find(|alarm| alarm.cleared_at.is_none()).unwrap();
    assert_eq!((alarm.count, alarm.raised_at), (100, event(30, Body::Tick).at));
    assert!(alarm.text.ends_with(", flapping") && alarm.flap.is_some_and(|flap| flap.held), "{}", alarm.text);
    for secs in (3_800..5_600).step_by(60) {
        feed(&mut state, &poll(secs, &core, 0, &[]));
        feed(&mut state, &event(secs + 1, Body::Tick));
    }
    assert_eq!(standing(&state), []);
    let id = state.alarms().find(|alarm| alarm.rule == "interface-down").unwrap().id.clone();
    assert_eq!(state.episodes(&id).last().map(|episode| episode.count), Some(100));
}

#[test]
fn what_is_ill_when_it_is_first_seen_is_told_at_once() {
    let mut state = under("");
    let mut acc = campus()[6].clone();
    let kind = GaugeKind::Sensor(SensorClass::Temperature);
    acc.health = Health::new(vec![health::gauge(kind, "Inlet", health::measured(61.0, HealthStatus::Critical))]);
    feed(&mut state, &inventory(100, &acc));
    assert_eq!(stands(&state), [("sensor@acc-1 Inlet".to_owned(), Severity::Major)]);
    acc.health = Health::default();
    feed(&mut state, &inventory(200, &acc));
    assert_eq!(standing(&state), [], "it has no such sensor any more");
}

#[test]
fn devices_that_are_not_polled_any_more_are_told() {
    let mut state = under("");
    let campus = campus();
    for device in &campus {
        feed(&mut state, &poll(30, device, 0, &[]));
    }
    let mut go_on = |from: i64, to: i64, which: usize| {
        for secs in (from..to).step_by(30) {
            for device in campus.iter().skip(which) {
                feed(&mut state, &poll(secs, device, 0, &[]));
            }
            feed(&mut state, &event(secs, Body::Tick));
            feed(&mut state, &event(secs + 15, Body::Tick));
        }
        stands(&state)
    };
    assert_eq!(go_on(60, 900, 1), []);
    assert_eq!(go_on(900, 1_200, 1), [("missing-polls@wan-1".to_owned(), Severity::Minor)]);
    assert_eq!(go_on(1_200, 1_300, 0), []);
}

#[test]
fn a_host_that_slept_makes_no_alarm_of_it() {
    let mut state = under("");
    let campus = campus();
    campus.iter().for_each(|device| drop(feed(&mut state, &poll(30, device, 0, &[]))));
    feed(&mut state, &event(50_000, Body::Tick));
    feed(&mut state, &event(50_011, Body::Tick));
    campus.iter().for_each(|device| drop(feed(&mut state, &poll(50_020, device, 0, &[]))));
    for secs in (50_021..50_400).step_by(30) {
        feed(&mut state, &event(secs, Body::Tick));
    }
    assert_eq!(standing(&state), []);
}

#[test]
fn a_value_that_changed_is_told_with_both() {
    let rule = "[[alarm]]\nname = \"os-changed\"\non = \"device\"\nchange = \"osVersion\"\nclear_for = \"1h\"\n\
                severity = \"warning\"\ntext = \"{before} > {after}\"\nrunbook = \"https://wiki/os\"";
    let mut state = under(rule);
    let mut acc = campus()[6].clone();
    for (secs, version) in [(10, "15.2"), (20, "15.3")] {
        acc.os_version = Some(version.to_owned());
        feed(&mut state, &inventory(secs, &acc));
    }
    let alarm = state.alarms().next().unwrap();
    assert_eq!((alarm.rule.as_str(), alarm.text.as_str()), ("os-changed", "15.2 > 15.3"), "that it was told first is no change");
    assert_eq!(alarm.runbook.as_deref(), Some("https://wiki/os"));
    acc.interfaces[0].speed_bps = Some(100_000_000);
    feed(&mut state, &inventory(30, &acc));
    let slow = state.alarms().find(|alarm| alarm.rule == "speed-changed").unwrap();
    assert_eq!((slow.object.as_str(), slow.text.as_str()), ("acc-1 Gi1", "speed 1.00G > 100M, link to dist-1"));
    feed(&mut state, &event(3_700, Body::Tick));
    assert_eq!(stands(&state).len(), 1, "one is over");
}

fn heard(rule: &str, device: &Device, (times, ends): (u32, bool)) -> Heard {
    Heard {
        rule: rule.to_owned(),
        device: Some(device.id.clone()),
        part: "10.0.0.9".to_owned(),
        object: "core-1 10.0.0.9".to_owned(),
        times,
        ends,
        text: "the BGP session is down".to_owned(),
        severity: Severity::Major,
        at: device.taken_at,
    }
}

#[test]
fn one_trap_raises_an_alarm_and_another_clears_it() {
    let mut state = under("");
    let core = campus()[2].clone();
    let told = |secs: i64, times: (u32, bool)| event(secs, Body::Heard(vec![heard("bgp-down", &core, times)]));
    feed(&mut state, &told(10, (1, false)));
    assert_eq!(standing(&state), [("bgp-down@core-1 10.0.0.9".to_owned(), Severity::Major, 1)]);
    feed(&mut state, &event(90_000, Body::Tick));
    assert_eq!(standing(&state).len(), 1, "until the session is there again");
    feed(&mut state, &told(90_010, (1, true)));
    assert_eq!(standing(&state), []);
    let often = |secs, times| event(secs, Body::Heard(vec![heard("authentication-failure", &core, (times, false))]));
    feed(&mut state, &often(90_020, 4));
    assert_eq!(standing(&state), [], "too seldom");
    feed(&mut state, &often(90_050, 1));
    assert_eq!(standing(&state).len(), 1);
    feed(&mut state, &event(90_940, Body::Tick));
    assert_eq!(standing(&state).len(), 1);
    feed(&mut state, &event(90_951, Body::Tick));
    assert_eq!(standing(&state), [], "a quarter of an hour after the last");
}

#[test]
fn noctop_tells_of_itself() {
    let mut state = under("");
    let tell = |secs: i64, (dropped, failure, heard): (u64, Option<&str>, i64)| {
        let syslog = CollectorReading { name: "syslog".to_owned(), received: 1_000, dropped, ..CollectorReading::default() };
        let failure = failure.map(str::to_owned);
        let store = CollectorReading { name: "store".to_owned(), failure, ..CollectorReading::default() };
        let exporter = ExporterReading {
            address: "10.0.0.3".parse().unwrap(),
            device: Some(campus()[2].id.clone()),
            datagrams: 5,
            lost: Some(0),
            heard: event(heard, Body::Tick).at,
        };
        event(
            secs,
            Body::Upkeep(Box::new(Upkeep { collectors: vec![syslog, store], exporters: vec![exporter], limits: Vec::new() })),
        )
    };
    feed(&mut state, &tell(10, (0, None, 10)));
    feed(&mut state, &tell(20, (0, None, 10)));
    assert_eq!(standing(&state), []);
    for (step, secs) in (30..=700).step_by(10).enumerate() {
        feed(&mut state, &tell(secs, (step as u64 * 500, Some("no space left"), 10)));
    }
    let names: Vec<String> = state.alarms().map(|alarm| alarm.id.clone()).collect();
    assert_eq!(names, ["collector-dropping@syslog", "flow-exporter-silent@10.0.0.3", "store-failing@store"]);
    let exporter = state.alarms().find(|alarm| alarm.rule == "flow-exporter-silent").unwrap();
    assert_eq!(exporter.object, "core-1");
    for secs in (710..=900).step_by(10) {
        feed(&mut state, &tell(secs, (34_000, None, secs)));
        feed(&mut state, &event(secs, Body::Tick));
    }
    assert_eq!(standing(&state), []);
}

#[test]
fn what_rules_wait_for_goes_with_checkpoints() {
    let mut state = under("");
    let core = campus()[2].clone();
    carry(&mut state, &core, (30, 300), 0.95);
    let mut state = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    carry(&mut state, &core, (330, 690), 0.95);
    assert_eq!(standing(&state).len(), 1, "eleven minutes in all");
    let mut late = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    carry(&mut late, &core, (700, 1_300), 0.1);
    assert_eq!(standing(&late), []);
}

#[test]
fn an_alarm_whose_rule_is_gone_clears() {
    let mut state = under("");
    let campus = campus();
    for secs in [30, 60] {
        campus.iter().for_each(|device| drop(feed(&mut state, &poll(secs, device, 1_000, &[]))));
    }
    for secs in [100, 110, 120] {
        feed(&mut state, &silent(secs, &campus[6]));
    }
    // Whether it is down itself is judged when its neighbours have been heard after it fell silent.
    campus
        .iter()
        .filter(|device| device.id != campus[6].id)
        .for_each(|device| drop(feed(&mut state, &poll(130, device, 1_000, &[]))));
    feed(&mut state, &event(131, Body::Tick));
    assert_eq!(standing(&state).len(), 1);
    let off: RuleSpec = toml::from_str("name = \"device-down\"\nenabled = false").unwrap();
    state.configure(Settings { rules: Rules::over_shipped(&[off]).unwrap(), ..Settings::default() });
    feed(&mut state, &event(200, Body::Tick));
    assert_eq!(standing(&state), []);
}

#[test]
fn a_neighbour_that_falls_silent_on_a_port_that_is_up_is_told() {
    let mut state = under("");
    let (mut core, mut wan) = (campus()[2].clone(), campus()[0].clone());
    for device in [&core, &wan] {
        feed(&mut state, &poll(10, device, 0, &[]));
    }
    core.neighbours.retain(|row| row.local_if_index != Some(IfIndex(1)));
    wan.neighbours.clear();
    feed(&mut state, &inventory(20, &core));
    feed(&mut state, &inventory(20, &wan));
    feed(&mut state, &event(21, Body::Tick));
    assert_eq!(stands(&state), [("neighbour-lost@wan-1 Gi1".to_owned(), Severity::Warning)]);
    let links: Vec<LinkKey> = state.links().map(|link| link.key()).collect();
    assert_eq!(links.len(), 16);
    feed(&mut state, &inventory(30, &campus()[2]));
    feed(&mut state, &inventory(30, &campus()[0]));
    feed(&mut state, &event(31, Body::Tick));
    assert_eq!(standing(&state), [], "they hear one another again");
}
