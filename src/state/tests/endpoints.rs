//! Endpoints under events: where they are, where they were, and what is told of it.

use crate::event::{Body, DiscoveryProgress, Event};
use crate::model::{ArpRow, Device, FdbRow, IfIndex, MacAddr, Sightings, Timestamp};
use crate::state::sample::{START, campus, discovered, event, feed, inventory, run};
use crate::state::whereabouts::whereabouts;
use crate::state::{Settings, State, checkpoint};

const HOUR: i64 = 3600;

pub(in crate::state) fn host(number: u8) -> MacAddr {
    MacAddr([0xaa, 0xaa, 0xaa, 0, 0, number])
}

/// A reading of a device whose forwarding table has these hosts on these ports, and whose address table these.
pub(in crate::state) fn read(secs: i64, device: &Device, fdb: &[(u8, u32)], arp: &[(&str, u8)]) -> Event {
    let mut event = inventory(secs, device);
    if let Body::Inventory(inventory) = &mut event.body {
        let learned = |(number, port): &(u8, u32)| FdbRow { mac: host(*number), if_index: Some(IfIndex(*port)), vlan: Some(10) };
        let known = |(address, number): &(&str, u8)| ArpRow {
            address: address.parse().unwrap(),
            mac: host(*number),
            if_index: Some(IfIndex(1)),
        };
        inventory.sightings =
            Sightings { fdb: Some(fdb.iter().map(learned).collect()), arp: Some(arp.iter().map(known).collect()) };
    }
    event
}

/// The campus, with two hosts on acc-1 and one on acc-2, as the bridges on the way and a router see them.
pub(in crate::state) fn story() -> Vec<Event> {
    let all = campus();
    let mut events = discovered();
    events.extend([
        read(10, &all[4], &[(1, 3), (2, 3), (3, 4)], &[]),
        read(10, &all[6], &[(1, 5), (2, 6), (3, 1)], &[]),
        read(10, &all[7], &[(3, 7), (1, 1)], &[]),
        read(10, &all[0], &[], &[("10.9.0.1", 1), ("10.9.0.3", 3)]),
        event(11, Body::Tick),
    ]);
    events
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START.secs() + secs)
}

/// Where a host is: `acc-1 Gi5, seen 10`.
fn place(state: &State, number: u8) -> Option<String> {
    let endpoint = state.endpoint(host(number))?;
    let device = state.device(&endpoint.device).unwrap();
    let port = device.interface(endpoint.if_index.unwrap()).unwrap().name();
    Some(format!("{} {port}, seen {}", device.name(), endpoint.last_seen.since(START).as_secs()))
}

fn endpoint_events(derived: &[Event]) -> usize {
    derived.iter().filter(|event| matches!(event.body, Body::Endpoints(_))).count()
}

#[test]
fn all_that_appear_in_a_second_are_one_event() {
    let (state, derived) = run(&story());
    let places: Vec<_> = (1..=3).map(|number| place(&state, number).unwrap()).collect();
    assert_eq!(places, ["acc-1 Gi5, seen 10", "acc-1 Gi6, seen 10", "acc-2 Gi7, seen 10"]);
    assert_eq!(endpoint_events(&derived), 1);
    assert_eq!(state.endpoint(host(1)).unwrap().addresses, ["10.9.0.1".parse::<std::net::IpAddr>().unwrap()]);
    assert!(!state.recent().any(|row| row.kind.starts_with("endpoint")), "who appears is not told");
}

#[test]
fn to_be_still_there_is_no_event_and_a_checkpoint_keeps_it() {
    let (mut state, _) = run(&story());
    let again = feed(&mut state, &read(HOUR, &campus()[6], &[(3, 1), (2, 6), (1, 5)], &[])).derived;
    assert_eq!((again, feed(&mut state, &event(HOUR + 1, Body::Tick)).derived), (vec![], vec![]));
    assert_eq!(place(&state, 1).unwrap(), "acc-1 Gi5, seen 3600");
    assert_eq!(state.endpoint(host(1)).unwrap().first_seen, at(10));
    let restored = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    assert_eq!(restored.endpoints().collect::<Vec<_>>(), state.endpoints().collect::<Vec<_>>());
}

#[test]
fn who_falls_silent_is_kept_a_day_with_its_last_time() {
    let (mut state, _) = run(&story());
    let acc = campus()[6].clone();
    feed(&mut state, &read(HOUR, &acc, &[(1, 5)], &[]));
    assert_eq!(feed(&mut state, &event(HOUR + 1, Body::Tick)).derived, [], "a bridge forgets in minutes");
    feed(&mut state, &read(2 * HOUR, &acc, &[(1, 5), (3, 1)], &[]));
    feed(&mut state, &event(2 * HOUR + 1, Body::Tick));
    assert_eq!(
        (place(&state, 1).unwrap(), place(&state, 2).unwrap()),
        ("acc-1 Gi5, seen 7200".into(), "acc-1 Gi6, seen 10".into())
    );
    feed(&mut state, &event(24 * HOUR + 9, Body::Tick));
    assert!(place(&state, 2).is_some());
    let gone = feed(&mut state, &event(25 * HOUR, Body::Tick)).derived;
    assert_eq!((endpoint_events(&gone), place(&state, 2)), (1, None));
    assert!(place(&state, 1).is_some(), "its device is up and says that it is there");
}

#[test]
fn a_move_is_told_and_the_place_before_is_found_again() {
    let mut events = story();
    let all = campus();
    events.extend([
        read(HOUR, &all[6], &[(2, 6)], &[]),
        read(HOUR, &all[7], &[(1, 2), (3, 7)], &[]),
        event(HOUR + 1, Body::Tick),
    ]);
    let (state, derived) = run(&events);
    assert_eq!(place(&state, 1).unwrap(), "acc-2 Gi2, seen 3600");
    assert_eq!(state.endpoint(host(1)).unwrap().first_seen, at(HOUR));
    let told: Vec<_> =
        state.recent().filter(|row| row.kind == "endpoint-moved").map(|row| (row.object.as_str(), row.text.as_str())).collect();
    assert_eq!(told, [("10.9.0.1 aa:aa:aa:00:00:01", "acc-1 Gi5 > acc-2 Gi2")]);
    let (then, _) = run(&derived.into_iter().filter(|event| event.at < at(HOUR)).collect::<Vec<_>>());
    assert_eq!(whereabouts(&then, "10.9.0.1").rows[0].port.as_deref(), Some("Gi5"));
}

#[test]
fn a_storm_of_moves_is_counted() {
    let all = campus();
    let many = |port: u32| (1..=40u8).map(|number| (number, port)).collect::<Vec<_>>();
    let mut events = discovered();
    for (round, secs) in [20, 40, 60].into_iter().enumerate() {
        let (here, there) = if round % 2 == 0 { (&all[6], &all[7]) } else { (&all[7], &all[6]) };
        events.extend([read(secs, here, &many(5), &[]), read(secs, there, &[(99, 6)], &[]), event(secs, Body::Tick)]);
    }
    let (state, _) = run(&events);
    let told: Vec<&str> = state.recent().filter(|row| row.kind.starts_with("endpoint")).map(|row| row.text.as_str()).collect();
    assert_eq!(told.len(), 22);
    assert_eq!((told[0], told[10]), ("acc-1 Gi5 > acc-2 Gi5", "31 more endpoints moved"));
    let pieces = |count: &str| super::super::derive::moves::joined(&row(0, count), &row(59, "5 more endpoints moved"));
    assert_eq!(pieces("30 more endpoints moved").unwrap().text, "35 more endpoints moved");
    assert_eq!(super::super::derive::moves::joined(&row(0, "1 more"), &row(61, "5 more")), None);
}

fn row(secs: i64, text: &str) -> crate::state::view::EventRow {
    crate::state::view::EventRow {
        at: at(secs),
        kind: "endpoints-moved".to_owned(),
        object: "endpoints".to_owned(),
        device: None,
        text: text.to_owned(),
        source: "fdb".to_owned(),
        severity: None,
    }
}

#[test]
fn what_turns_out_to_be_a_device_is_no_endpoint_any_more() {
    let (mut state, _) = run(&story());
    let mut found = crate::state::sample::device(40, "cam-1", crate::model::Role::Host, 1);
    found.interfaces[0].mac = Some(host(2));
    feed(&mut state, &inventory(20, &found));
    feed(&mut state, &event(21, Body::Tick));
    assert_eq!((place(&state, 2), place(&state, 1).is_some()), (None, true));
}

#[test]
fn nothing_is_placed_by_half_of_the_tables() {
    let mut state = State::default();
    let progress = |running| Body::Discovery(DiscoveryProgress { running, started_at: at(0), ..DiscoveryProgress::default() });
    feed(&mut state, &event(0, progress(true)));
    for event in story() {
        assert_eq!(endpoint_events(&feed(&mut state, &event).derived), 0);
    }
    feed(&mut state, &event(12, progress(false)));
    assert_eq!(endpoint_events(&feed(&mut state, &event(13, Body::Tick)).derived), 1);
}

#[test]
fn a_table_that_breaks_off_after_a_restart_says_nothing() {
    let (state, _) = run(&story());
    let mut state = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    let before: Vec<_> = state.endpoints().collect();
    for number in [4, 6, 7] {
        let mut event = read(HOUR, &campus()[number], &[(1, 3), (2, 3), (3, 4)], &[]);
        if let (Body::Inventory(inventory), true) = (&mut event.body, number != 4) {
            inventory.sightings = Sightings::default();
        }
        feed(&mut state, &event);
    }
    feed(&mut state, &event(HOUR + 1, Body::Tick));
    assert_eq!(state.endpoints().collect::<Vec<_>>(), before);
}

#[test]
fn a_restart_forgets_and_moves_nothing() {
    let (state, _) = run(&story());
    let mut state = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    let before: Vec<_> = state.endpoints().collect();
    assert_eq!(endpoint_events(&feed(&mut state, &event(100, Body::Tick)).derived), 0);
    feed(&mut state, &read(110, &campus()[4], &[(1, 3), (2, 3), (3, 4)], &[]));
    assert_eq!(endpoint_events(&feed(&mut state, &event(111, Body::Tick)).derived), 0, "acc-1 and acc-2 were not read yet");
    assert_eq!(state.endpoints().collect::<Vec<_>>(), before);
}

#[test]
fn who_is_only_in_a_routers_table_stays_where_a_bridge_had_it() {
    let (mut state, _) = run(&story());
    for device in [4, 6, 7] {
        feed(&mut state, &read(HOUR, &campus()[device], &[(2, if device == 6 { 6 } else { 1 })], &[]));
    }
    feed(&mut state, &event(HOUR + 1, Body::Tick));
    assert_eq!(place(&state, 1).unwrap(), "acc-1 Gi5, seen 10");
    feed(&mut state, &event(25 * HOUR, Body::Tick));
    feed(&mut state, &read(25 * HOUR, &campus()[0], &[], &[("10.9.0.1", 1)]));
    feed(&mut state, &event(25 * HOUR + 1, Body::Tick));
    assert_eq!(place(&state, 1).unwrap(), "wan-1 Gi1, seen 90000");
}
