//! The state under events: what is derived, and that a replay gives the same.

mod alarms;
mod bounds;
pub(super) mod endpoints;
mod forget;
mod health;
mod maintenance;
mod polling;
mod reach;
mod rules;
mod succession;
mod switching;
mod wireless;

use super::sample::{campus, discovered, event, feed, inventory, poll, run, silent};
use super::*;
use crate::event::{Body, Event};
use crate::model::{DeviceStatus, IfIndex, Metric, Severity};

fn id(name: &str, state: &State) -> DeviceId {
    state.find(name).unwrap().id.clone()
}

fn standing(state: &State) -> Vec<(String, Severity, u32)> {
    let standing = state.alarms().filter(|alarm| alarm.cleared_at.is_none());
    standing.map(|alarm| (format!("{}@{}", alarm.rule, alarm.object), alarm.severity, alarm.count)).collect()
}

/// A long story of one network: found, polled, down, flapping, back, changed.
fn story() -> Vec<Event> {
    let campus = campus();
    let mut events = discovered();
    for secs in [30, 60, 90] {
        events.extend(campus.iter().map(|device| poll(secs, device, secs as u64 * 10_000, &[])));
        events.push(event(secs, Body::Tick));
    }
    events.extend([silent(100, &campus[6]), silent(110, &campus[6])]);
    for round in 0..5 {
        events.push(poll(120 + round * 60, &campus[4], 5_000_000, &[1]));
        events.push(poll(150 + round * 60, &campus[4], 6_000_000, &[]));
        events.push(event(151 + round * 60, Body::Tick));
    }
    events.push(poll(500, &campus[6], 1000, &[]));
    let mut changed = campus[0].clone();
    changed.os_version = Some("17.9.4".to_owned());
    changed.neighbours.clear();
    events.push(inventory(600, &changed));
    let mut silent_port = campus[2].clone();
    silent_port.neighbours.retain(|row| row.local_if_index != Some(IfIndex(1)));
    events.push(inventory(601, &silent_port));
    events.push(event(602, Body::Tick));
    events.extend([endpoints::read(700, &campus[4], &[(1, 7), (2, 8)], &[("10.9.0.1", 1)]), event(701, Body::Tick)]);
    events.extend([endpoints::read(800, &campus[4], &[(1, 8)], &[("10.9.0.1", 1)]), event(801, Body::Tick)]);
    events.push(event(2000, Body::Tick));
    events
}

#[test]
fn a_network_is_found_with_all_its_links_once() {
    let (state, derived) = run(&discovered());
    assert_eq!((state.devices().len(), state.links().len(), state.neighbours().len()), (14, 17, 1));
    assert!(state.links().all(|link| link.a < link.b));
    assert_eq!(derived.iter().filter(|event| matches!(event.body, Body::LinkSeen(_))).count(), 17);
    assert_eq!(state.links_of(&id("core-1", &state)).len(), 5);
}

#[test]
fn an_inventory_that_says_the_same_derives_nothing() {
    let (mut state, _) = run(&discovered());
    for device in campus() {
        let mut again = device.clone();
        again.neighbours.reverse();
        assert_eq!(feed(&mut state, &inventory(3600, &again)).derived, []);
    }
    assert_eq!(feed(&mut state, &event(3601, Body::Tick)).derived, []);
}

#[test]
fn one_device_under_two_addresses_stays_one() {
    let (mut state, _) = run(&discovered());
    let mut other = campus()[2].clone();
    other.id = DeviceId::new("addr:192.0.2.1");
    other.chassis_id = None;
    other.addresses = vec!["192.0.2.1".parse().unwrap()];
    other.snmp.as_mut().unwrap().address = "192.0.2.1:161".parse().unwrap();
    feed(&mut state, &inventory(10, &other));
    assert_eq!(state.devices().len(), 14);
    let core = state.find("core-1").unwrap();
    assert_eq!(core.snmp.as_ref().unwrap().address.to_string(), "10.0.0.3:161", "it answers there still");
    assert_eq!(core.addresses.len(), 2);
    let read_again = |state: &mut State, other: &crate::model::Device| {
        let one = feed(state, &inventory(20, &campus()[2])).derived;
        let two = feed(state, &inventory(30, other)).derived;
        one.len() + two.len()
    };
    assert_eq!(read_again(&mut state, &other), 2, "its chassis id was read again, then not");
    other.chassis_id = campus()[2].chassis_id.clone();
    assert_eq!(read_again(&mut state, &other), 1);
    assert_eq!(read_again(&mut state, &other), 0, "read at one address or the other, it is the same");
}

#[test]
fn a_neighbour_that_is_asked_becomes_a_device_without_alarm() {
    let all = campus();
    let (mut state, _) = run(&[inventory(0, &all[0]), event(1, Body::Tick)]);
    assert_eq!((state.devices().len(), state.neighbours().len(), state.links().len()), (1, 1, 1));
    feed(&mut state, &inventory(2, &all[2]));
    feed(&mut state, &event(3, Body::Tick));
    assert!(!state.neighbours().any(|neighbour| neighbour.name.as_deref() == Some("core-1")));
    assert!(!state.recent().any(|row| row.kind == "neighbour-gone" || row.kind == "link-gone"));
}

#[test]
fn derived_events_alone_make_the_same_state() {
    let (state, derived) = run(&story());
    let (replayed, nothing) = run(&derived);
    assert_eq!(nothing, []);
    let parts = |state: &State| {
        let mut parts = checkpoint::encode(state);
        // When things were last seen is not journalled.
        parts.retain(|(name, _)| !["head", "read", "unseen", "watch"].iter().any(|kind| name.starts_with(kind)));
        parts
    };
    assert_eq!(parts(&replayed), parts(&state));
    assert!(derived.iter().all(Event::is_derived));
}

#[test]
fn a_checkpoint_in_the_middle_changes_nothing() {
    let events = story();
    let (whole, _) = run(&events);
    let (mut state, _) = run(&events[..40]);
    let parts = checkpoint::encode(&state);
    let (_, derived) = run(&events);
    let (_, before) = run(&events[..40]);
    state = checkpoint::decode(&parts, Settings::default()).unwrap();
    for event in derived.get(before.len()..).unwrap() {
        feed(&mut state, event);
    }
    let journalled = |state: &State| {
        let mut parts = checkpoint::encode(state);
        parts.retain(|(name, _)| !["head", "read", "unseen", "watch"].iter().any(|kind| name.starts_with(kind)));
        parts
    };
    assert_eq!(journalled(&state), journalled(&whole));
    assert_eq!(state.links_of(&id("core-1", &state)), whole.links_of(&id("core-1", &whole)));
}

#[test]
fn a_damaged_checkpoint_is_refused_whole() {
    let (state, _) = run(&discovered());
    for cut in 0..40 {
        let mut parts = checkpoint::encode(&state);
        let part = parts.iter_mut().find(|(name, _)| name.starts_with("device")).unwrap();
        part.1.truncate(cut);
        assert!(checkpoint::decode(&parts, Settings::default()).is_err() || cut == 1, "{cut}");
        part_version(&mut parts);
        assert!(checkpoint::decode(&parts, Settings::default()).is_err());
    }
}

fn part_version(parts: &mut [(String, Vec<u8>)]) {
    for (_, bytes) in parts {
        if let Some(version) = bytes.first_mut() {
            *version = 99;
        }
    }
}

#[test]
fn two_missed_polls_are_down_and_one_answer_is_up() {
    let (mut state, _) = run(&discovered());
    let acc = campus()[6].clone();
    feed(&mut state, &poll(30, &acc, 0, &[]));
    feed(&mut state, &silent(60, &acc));
    assert_eq!(state.condition(&acc.id).unwrap().status, DeviceStatus::Up, "one may be lost");
    feed(&mut state, &poll(70, &campus()[4], 0, &[]));
    let samples = feed(&mut state, &silent(90, &acc)).samples.remove(0);
    assert_eq!(samples.rows[0].cells[0].metric, Metric::LossPercent);
    assert_eq!(state.condition(&acc.id).unwrap().status, DeviceStatus::Down);
    assert_eq!(standing(&state), [("device-down@acc-1".to_owned(), Severity::Critical, 1)]);
    feed(&mut state, &poll(120, &acc, 0, &[]));
    assert_eq!(state.condition(&acc.id).unwrap().status, DeviceStatus::Up);
    assert_eq!(standing(&state), []);
}

#[test]
fn a_flapping_link_is_one_alarm_that_counts() {
    let (mut state, _) = run(&discovered());
    let dist = campus()[4].clone();
    feed(&mut state, &poll(0, &dist, 0, &[]));
    let mut cleared = 0;
    for round in 0..5 {
        feed(&mut state, &poll(30 + round * 60, &dist, 0, &[1]));
        assert_eq!(standing(&state), [("interface-down@dist-1 Gi1".to_owned(), Severity::Major, round as u32 + 1)]);
        let up = feed(&mut state, &poll(60 + round * 60, &dist, 0, &[]));
        cleared += up.derived.iter().filter(|event| matches!(event.body, Body::AlarmCleared(_))).count();
    }
    assert_eq!(cleared, 2, "only before it was known to flap");
    assert_eq!(standing(&state).len(), 1, "a flapping port is not well because it is up just now");
    assert_eq!(feed(&mut state, &event(400, Body::Tick)).derived, []);
    feed(&mut state, &event(1000, Body::Tick));
    assert_eq!(standing(&state).len(), 1, "the penalty has not decayed");
    feed(&mut state, &poll(1600, &dist, 0, &[]));
    feed(&mut state, &event(1601, Body::Tick));
    assert_eq!(standing(&state), []);
    let alarms = state.recent().filter(|row| row.kind == "alarm-raised").count();
    assert_eq!(alarms, 3, "told when raised, not each time it counts");
}

#[test]
fn a_port_without_a_link_may_come_and_go() {
    let (mut state, _) = run(&discovered());
    let acc = campus()[6].clone();
    feed(&mut state, &poll(0, &acc, 0, &[]));
    feed(&mut state, &poll(30, &acc, 0, &[8]));
    assert_eq!(standing(&state), []);
    assert_eq!(state.condition(&acc.id).unwrap().port(IfIndex(8)).unwrap().changes.len(), 1);
}

#[test]
fn a_link_whose_port_is_down_is_still_a_link() {
    let (mut state, _) = run(&discovered());
    let (mut core, mut wan) = (campus()[2].clone(), campus()[0].clone());
    feed(&mut state, &poll(10, &core, 0, &[1]));
    core.neighbours.retain(|row| row.local_if_index != Some(IfIndex(1)));
    wan.neighbours.clear();
    core.interfaces[0].oper_status = Some(crate::model::OperStatus::Down);
    feed(&mut state, &inventory(20, &core));
    feed(&mut state, &inventory(20, &wan));
    feed(&mut state, &event(21, Body::Tick));
    assert_eq!(state.links().len(), 17, "the cable is still there");
    feed(&mut state, &poll(30, &core, 0, &[]));
    core.sys_contact = Some("noc".to_owned());
    feed(
        &mut state,
        &inventory(40, &{
            core.interfaces[0].oper_status = Some(crate::model::OperStatus::Up);
            core.clone()
        }),
    );
    feed(&mut state, &event(41, Body::Tick));
    assert_eq!(state.links().len(), 16, "up, and nobody there");
}

#[test]
fn rates_follow_from_two_polls_and_a_restart_is_a_gap() {
    let (mut state, _) = run(&discovered());
    let core = campus()[2].clone();
    let first = feed(&mut state, &poll(30, &core, 1_000_000, &[])).samples.remove(0);
    assert!(first.rows.iter().skip(1).flat_map(|row| &row.cells).all(|cell| cell.broken || cell.metric == Metric::OperStatus));
    feed(&mut state, &poll(60, &core, 4_000_000, &[]));
    let rates = *state.rates(&core.id, IfIndex(1)).unwrap();
    assert_eq!((rates.get(Metric::InBps), rates.get(Metric::OutBps)), (Some(800_000.0), Some(400_000.0)));
    assert_eq!((rates.get(Metric::InErrors), rates.get(Metric::OutErrors)), (Some(0.0), None));
    assert!(feed(&mut state, &poll(60, &core, 9_000_000, &[])).samples.is_empty(), "a duplicate");
    let Body::Poll(mut reading) = poll(90, &core, 100, &[]).body else { panic!() };
    reading.sys_up_time = Some(500);
    let applied = feed(&mut state, &event(90, Body::Poll(reading)));
    assert!(matches!(applied.derived.first().map(|event| &event.body), Some(Body::Restarted(_))));
    assert_eq!(state.rates(&core.id, IfIndex(1)).unwrap().get(Metric::InBps), None);
}

#[test]
fn polls_of_unknown_devices_are_not_taken() {
    let mut state = State::default();
    assert_eq!(feed(&mut state, &poll(5, &campus()[0], 1, &[])), Applied::default());
    assert_eq!(state.devices().len(), 0);
}

#[test]
fn what_changed_between_two_times_is_told() {
    let (before, _) = run(&discovered());
    let (after, _) = run(&story());
    let rows = diff::diff(&before, &after);
    let told: Vec<String> = rows.iter().map(|row| format!("{} {}", row.change, row.object)).collect();
    assert_eq!(told, ["changed device wan-1", "removed link wan-1 Gi1 - core-1 Gi1"]);
    assert_eq!(diff::diff(&after, &after), []);
    let all = diff::diff(&State::default(), &before);
    assert_eq!(all.iter().filter(|row| row.change == "added").count(), 14 + 17 + 1);
}

#[test]
fn names_are_found_as_they_are_typed() {
    use crate::state::view::NameKind;
    let (state, _) = run(&discovered());
    let first = |text: &str| names(&state, text, 3).first().map(|name| (name.text.clone(), name.port.clone()));
    assert_eq!(first("core-1").map(|name| name.1), Some(None));
    assert!(first("cor1 gi3").unwrap().0.starts_with("core-1 Gi3"));
    assert_eq!(first("ap-1").unwrap().0, "ap-1");
    assert_eq!(names(&state, "0009.0909", 3).first().map(|name| name.text.clone()).as_deref(), Some("ap-1"));
    let host = names(&state, "203.0.113.9", 3);
    assert_eq!(host.iter().map(|name| name.kind).collect::<Vec<_>>(), [NameKind::Host]);
    assert!(names(&state, "zzzz", 3).is_empty());
    assert_eq!(names(&state, "a", 5).len(), 5);
}

/// A poll that also tells when the table of neighbours changed last.
fn poll_telling(secs: i64, device: &crate::model::Device, neighbours: Option<u32>, down: &[u32]) -> Event {
    let mut event = poll(secs, device, 1000, down);
    if let Body::Poll(reading) = &mut event.body {
        reading.changes.neighbours = neighbours;
    }
    event
}

#[test]
fn a_device_is_read_anew_when_its_wiring_may_have_changed_and_not_else() {
    let campus = campus();
    let (mut state, _) = run(&discovered());
    let core = &campus[0];
    let linked = state.links_of(&core.id)[0].clone();
    let port = [&linked.a, &linked.b].into_iter().find(|end| end.device == core.id).and_then(|end| end.if_index).unwrap();
    let mut check = |what: &str, event: Event, expected: bool| {
        let reread = feed(&mut state, &event).reread;
        assert_eq!(reread.contains(&core.id), expected, "{what}");
    };
    check("the first poll says nothing", poll_telling(30, core, Some(100), &[]), false);
    check("nothing changed", poll_telling(60, core, Some(100), &[]), false);
    check("a neighbour came or went", poll_telling(90, core, Some(8000), &[]), true);
    check("not told this time", poll_telling(120, core, None, &[]), false);
    check("told again", poll_telling(150, core, Some(8000), &[]), false);
    check("a port with a link went down", poll_telling(180, core, Some(8000), &[port.0]), true);
    check("still down", poll_telling(210, core, Some(8000), &[port.0]), false);
    check("one poll missed", silent(240, core), false);
    check("down", silent(270, core), false);
    check("back", poll_telling(300, core, Some(8000), &[port.0]), true);
    let trap = |source: std::net::IpAddr| {
        let hint = crate::event::Trap { source, agent: None, name: None, if_index: None, poll: true, reread: true, told: None };
        event(310, Body::Trap(Box::new(hint)))
    };
    check("its trap", trap(core.snmp.as_ref().unwrap().address.ip()), true);
    check("a stranger's trap", trap("203.0.113.77".parse().unwrap()), false);
}
