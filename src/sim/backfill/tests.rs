//! The past that is played back: what it holds and that it joins the present.

use super::*;
use crate::event::{Body, Event};
use crate::model::poll::IfCounter;
use crate::model::wireless::CLIENTS_PART;
use crate::model::{DeviceStatus, Metric};
use crate::sim::{Scale, Scenario};
use crate::state::{Settings, State, apply};

fn past() -> Past {
    let moment = Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap();
    let scenario = Scenario::campus(Scale::at(moment, 1)).unwrap();
    Past::new(Arc::new(Campus::new(Arc::new(scenario), Registry::builtin()).unwrap()), 161, "public")
}

fn lived(past: &Past) -> State {
    let mut state = State::new(Settings::default());
    for event in past.events() {
        apply(&mut state, &event);
    }
    state
}

#[test]
fn events_come_in_order_and_the_same_each_time() {
    let (first, second) = (past().events(), past().events());
    assert_eq!(first, second);
    assert!(first.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert_eq!(first.iter().filter(|event| matches!(event.body, Body::Inventory(_))).count(), 67);
}

#[test]
fn the_state_after_the_past_is_the_campus() {
    let past = past();
    let state = lived(&past);
    let status = |name: &str| {
        let device = state.devices().find(|device| device.sys_name.as_deref() == Some(name)).unwrap();
        state.condition(&device.id).unwrap().status
    };
    assert_eq!(state.devices().len(), 67);
    assert_eq!(status("core-1"), DeviceStatus::Up);
    assert_eq!(status("acc-b3-02"), DeviceStatus::Up, "it came back after its restart");
    assert!(matches!(status("acc-b2-07"), DeviceStatus::Down | DeviceStatus::Unreachable));
    let topology = state.links().count();
    let wires = past.campus.scenario.wires.iter().filter(|wire| {
        let kind = |end: crate::sim::scenario::End| {
            let scenario = &past.campus.scenario;
            scenario.kind(scenario.node(end.device).unwrap()).unwrap().clone()
        };
        // A link is known when an end that answers hears one that speaks.
        let (a, b) = (kind(wire.a), kind(wire.b));
        a.lldp && b.lldp && (a.sys_object_id.is_some() || b.sys_object_id.is_some())
    });
    assert_eq!(topology, wires.count());
}

#[test]
fn a_sample_of_the_past_is_what_a_poll_then_would_have_counted() {
    let past = past();
    let scenario = &past.campus.scenario;
    let known = past.devices.iter().find(|known| scenario.node(known.number).unwrap().name == "core-1").unwrap();
    let node = scenario.node(known.number).unwrap();
    let batches: Vec<_> = past.samples(Order::NewestFirst).find(|stretch| stretch[0].device == known.id).unwrap();
    assert_eq!(batches.last().unwrap().at, past.until.minus(INTERVAL * 2));
    assert_eq!(batches.len(), 118);
    let batch = &batches[50];
    let row = batch.rows.iter().find(|row| row.part.as_deref() == Some("Te1/0/1")).unwrap();
    let port = (0..scenario.port_count(node)).find(|&port| scenario.port_name(node, port) == "Te1/0/1").unwrap();
    let counters = scenario.counters(node, known.number, (port, seconds_of(batch.at)));
    let cell = |metric| row.cells.iter().find(|cell| cell.metric == metric).unwrap().value;
    assert_eq!(cell(Metric::InBps), counters[IfCounter::InOctets as usize]);
    assert!(cell(Metric::InBps) > 0 && cell(Metric::InPps) > 0);
}

#[test]
fn stretches_cover_the_week_once_in_either_order() {
    let mut past = past();
    past.devices.truncate(1);
    let id = &past.devices[0].id;
    let times = |order| -> Vec<Timestamp> {
        past.samples(order).flatten().filter(|batch| batch.device == *id).map(|batch| batch.at).collect()
    };
    let (newest, oldest) = (times(Order::NewestFirst), times(Order::OldestFirst));
    assert!(oldest.windows(2).all(|pair| pair[0] < pair[1]));
    let mut sorted = newest.clone();
    sorted.sort();
    assert_eq!(sorted, oldest);
    assert!(newest[0] > past.until.minus(Duration::from_secs(3700)) && oldest[0] < past.start().plus(Duration::from_secs(700)));
    let widest = oldest.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap();
    assert!(widest <= Duration::from_secs(600), "{widest:?}");
}

/// Prints what a past costs: `cargo test --release --lib cost_of_a_past -- --ignored --nocapture`.
#[test]
#[ignore = "measures; run by hand on a released build"]
fn cost_of_a_past() {
    let watch = crate::clock::Stopwatch::start();
    let past = past();
    println!("built in {:?}", watch.elapsed());
    let watch = crate::clock::Stopwatch::start();
    println!("{} events in {:?}", past.events().len(), watch.elapsed());
    let watch = crate::clock::Stopwatch::start();
    println!("{} devices lived in {:?}", lived(&past).devices().len(), watch.elapsed());
    for (name, length) in [("day", 86_400), ("week", 7 * 86_400)] {
        let watch = crate::clock::Stopwatch::start();
        let cells: usize = past
            .samples_of(Order::NewestFirst, Duration::from_secs(length))
            .flatten()
            .flat_map(|batch| batch.rows)
            .map(|row| row.cells.len())
            .sum();
        println!("{cells} cells of a {name} in {:?}", watch.elapsed());
    }
}

#[test]
fn the_latest_polls_go_on_where_the_samples_end() {
    let past = past();
    let mut state = State::new(Settings::default());
    let mut latest = Vec::new();
    for event in past.events() {
        latest.extend(apply(&mut state, &event).samples.into_iter().filter(|batch| batch.at >= past.until.minus(INTERVAL)));
    }
    let wireless = |batch: &crate::model::SampleBatch| batch.rows.iter().any(|row| row.part.as_deref() == Some(CLIENTS_PART));
    let of_radios = |batch: &crate::model::SampleBatch| {
        batch.rows.iter().any(|row| row.part.as_deref().is_some_and(|part| part.starts_with("ap:")))
    };
    let draws = |batch: &crate::model::SampleBatch| {
        batch.rows.iter().flat_map(|row| &row.cells).all(|cell| cell.metric == Metric::PoeWatts)
    };
    latest.retain(|batch| !wireless(batch) && !of_radios(batch) && !draws(batch));
    assert_eq!(latest.len(), 134, "each device twice, the silent ones too");
    // A counter of 32 bits that was not read for a week may have wrapped: that one is honest about it.
    let wide = [Metric::InBps, Metric::OutBps, Metric::InPps, Metric::OutPps];
    let is_broken = |cell: &crate::model::series::Cell| cell.broken && wide.contains(&cell.metric);
    let broken: Vec<_> = latest.iter().flat_map(|batch| &batch.rows).filter(|row| row.cells.iter().any(is_broken)).collect();
    assert!(broken.is_empty(), "{broken:?}");
    let last = past.samples(Order::NewestFirst).take(60).map(|stretch| stretch.last().unwrap().at).max();
    assert_eq!(last, Some(past.until.minus(INTERVAL * 2)));
}

#[test]
fn flows_of_the_past_lie_apart_by_level_and_loads_are_what_ports_count() {
    use crate::model::flow::FlowLevel;
    use crate::sim::traffic::{Traffic, UNMONITORED};
    let past = past();
    let traffic = Arc::new(Traffic::new(Arc::clone(&past.campus)));
    let times = || FlowTimes::new(Arc::clone(&traffic), past.until);
    let first: Vec<_> = times().take(2).collect();
    assert_eq!(first, times().take(2).collect::<Vec<_>>(), "the same each time");
    assert_eq!(first[0].end(), past.until, "the last minute is over");
    let stretches = FlowTimes::starts(past.until);
    assert!(stretches.windows(2).all(|pair| pair[0].1 > pair[1].1), "the newest first, each once");
    let day = Timestamp(stretches.last().unwrap().1.0 - FlowLevel::Day.millis());
    assert!(day < past.until.minus(LENGTH) && stretches.iter().all(|(level, start)| level.start_of(*start) == *start));
    let scenario = &past.campus.scenario;
    let core = scenario.named("core-1").unwrap();
    let place = traffic.exporters().iter().position(|exporter| exporter.device == core).unwrap();
    let node = scenario.node(core).unwrap();
    let (from, to) = (seconds_of(first[0].start), seconds_of(first[0].end()));
    let mut checked = 0;
    for load in first[0].loads.iter().filter(|load| usize::from(load.exporter) == place && load.inward) {
        let port = (0..scenario.port_count(node)).find(|&port| scenario.if_index(node, port) == load.if_index).unwrap();
        let octets = |at| scenario.counters(node, core, (port, at))[IfCounter::InOctets as usize];
        // NetFlow counts IP packets; the interface counts 18 octets of Ethernet around each as well.
        let counted = (octets(to) - octets(from)) as f64 * (1.0 - UNMONITORED) - load.packets as f64 * 18.0;
        assert!((load.octets as f64 / counted - 1.0).abs() < 0.01, "{load:?} {counted}");
        checked += 1;
    }
    assert!(checked >= 7, "{checked}");
}

/// As in the demo: devices are polled more often from now on than they were in the past.
fn lively() -> Settings {
    Settings { poll_interval: Duration::from_secs(10), ..Settings::default() }
}

/// Devices of which it is told that they are down.
fn raised(derived: Vec<Event>) -> impl Iterator<Item = String> {
    derived.into_iter().filter_map(|event| match event.body {
        Body::AlarmRaised(alarm) if alarm.rule == "device-down" => Some(alarm.object),
        _ => None,
    })
}

/// Devices that are down, and how many are unreachable.
fn lost(state: &State) -> (Vec<String>, usize) {
    let with = |status| state.devices().filter(move |device| state.status(&device.id) == status);
    (with(DeviceStatus::Down).map(|device| device.name()).collect(), with(DeviceStatus::Unreachable).count())
}

fn active(state: &State) -> Vec<String> {
    state.alarms().filter(|alarm| state.is_active(alarm)).map(|alarm| format!("{}@{}", alarm.rule, alarm.object)).collect()
}

#[test]
fn a_core_that_falls_is_one_alarm_with_99_devices_under_it_until_it_is_back() {
    let moment = Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap();
    let scenario = Scenario::built_in("core-cut", Scale::at(moment, 1)).unwrap().unwrap();
    assert_eq!((scenario.agents().count(), scenario.cuts[0].behind.len()), (101, 99));
    let back = Timestamp(moment.0 + 6 * 60_000 + 1000);
    let past = Past::new(Arc::new(Campus::new(Arc::new(scenario), Registry::builtin()).unwrap()), 161, "public");
    let mut state = State::new(lively());
    let told: Vec<String> = past.events().iter().flat_map(|event| raised(apply(&mut state, event).derived)).collect();
    assert_eq!(told, ["core-1"], "nothing else was ever told");
    assert_eq!((lost(&state), active(&state)), ((vec!["core-1".to_owned()], 99), vec!["device-down@core-1".to_owned()]));
    let explained = state.alarms().filter(|alarm| alarm.cleared_at.is_none() && state.cause(&alarm.id).is_some()).count();
    assert_eq!(explained, 99);
    for event in past.devices.iter().filter_map(|device| past.poll(device, (back, &past.all_ports(device)))) {
        apply(&mut state, &event);
    }
    apply(&mut state, &Event { at: back, body: Body::Tick });
    assert_eq!((lost(&state), active(&state)), ((vec![], 0), vec![]));
}

#[test]
fn a_campus_that_falls_silent_at_one_instant_is_one_alarm_though_of_some_no_link_is_known() {
    use crate::sim::scenario::trouble::{Cut, Outage};
    let moment = Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap();
    let mut scenario = Scenario::campus(Scale::at(moment, 1)).unwrap();
    let device = scenario.named("core-1").unwrap();
    let behind = scenario.agents().map(|(number, ..)| number).filter(|number| *number != device).collect();
    let from = seconds_of(moment) - 30.0 * 3600.0;
    scenario.cuts = vec![Cut { device, behind, outage: Outage { from, to: from + 1200.0 } }];
    let past = Past::new(Arc::new(Campus::new(Arc::new(scenario), Registry::builtin()).unwrap()), 161, "public");
    let mut state = State::new(lively());
    let (mut during, mut told) = ((Vec::new(), 0), Vec::new());
    for event in past.events() {
        let since = seconds_of(event.at) - from;
        let derived = apply(&mut state, &event).derived;
        if (0.0..1300.0).contains(&since) {
            told.extend(raised(derived));
        }
        if (0.0..1200.0).contains(&since) {
            during = lost(&state);
        }
    }
    assert_eq!((during, told), ((vec!["wan-1".to_owned()], 66), vec!["wan-1".to_owned()]));
}
