//! Hardware that is replaced, addresses that go from one device to another, and since when links are known.

use super::endpoints::{host, read};
use crate::event::{Body, Event};
use crate::model::{ChassisId, Device, DeviceId, IfIndex, MacAddr, OperStatus, Timestamp};
use crate::state::sample::{START, campus, discovered, event, feed, inventory, poll, run, silent};
use crate::state::{Settings, State, checkpoint};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START.secs() + secs)
}

/// Another box with the configuration of this one.
fn spare(device: &Device) -> Device {
    let mut spare = device.clone();
    let mac = |mac: MacAddr| MacAddr([0, 0xee, mac.0[2], mac.0[3], mac.0[4], mac.0[5]]);
    for port in &mut spare.interfaces {
        port.mac = port.mac.map(mac);
    }
    let chassis = MacAddr([0, 0xee, 1, 2, 3, 4]);
    spare.chassis_id = Some(ChassisId::Mac(chassis));
    spare.id = DeviceId::new(&format!("chassis:{chassis}"));
    spare.serial = Some("NEW2".to_owned());
    spare
}

fn kinds(derived: &[Event]) -> Vec<&'static str> {
    let kind = |event: &Event| match &event.body {
        Body::DeviceReplaced(_) => "replaced",
        Body::DeviceSeen(_) => "seen",
        Body::DeviceMerged(..) => "merged",
        Body::AlarmCleared(_) => "cleared",
        Body::DeviceStatus(_) => "status",
        _ => "other",
    };
    derived.iter().map(kind).collect()
}

#[test]
fn replaced_hardware_takes_the_place_and_the_old_one_is_gone() {
    let (mut state, mut all) = run(&discovered());
    let mut acc = campus()[6].clone();
    acc.serial = Some("OLD1".to_owned());
    let mut events = vec![inventory(5, &acc), read(6, &acc, &[(1, 5)], &[]), event(7, Body::Tick)];
    events.extend([silent(60, &acc), poll(70, &campus()[4], 0, &[]), silent(90, &acc)]);
    let new = spare(&acc);
    events.extend([read(100, &new, &[(1, 5)], &[]), event(101, Body::Tick)]);
    for event in &events {
        all.extend(feed(&mut state, event).derived);
    }
    let after: Vec<Event> = all.iter().filter(|event| event.at == at(100)).cloned().collect();
    assert_eq!(kinds(&after), ["replaced", "cleared", "other", "status"]);
    assert_eq!(state.devices().len(), 14);
    assert_eq!(state.find("acc-1").unwrap().id, new.id);
    assert_eq!(state.predecessors(&new.id), [&acc.id]);
    let standing: Vec<&str> =
        state.alarms().filter(|alarm| alarm.cleared_at.is_none()).map(|alarm| alarm.rule.as_str()).collect();
    assert_eq!(standing, ["device-replaced"], "what was the matter with the old one is over");
    let row = state.recent().find(|row| row.kind == "device-replaced").unwrap();
    assert!(row.text.contains("serial OLD1 > NEW2") && row.text.contains(acc.id.as_str()), "{}", row.text);
    assert_eq!(state.links_of(&acc.id).len(), 0);
    assert_eq!(state.links_of(&new.id).len(), 3, "its neighbours still name the old one, and it names its neighbours");
    assert_eq!(state.endpoint(host(1)).unwrap().device, new.id);
    assert!(!state.recent().any(|row| row.kind == "endpoint-moved"), "nobody moved");
    let (replayed, _) = run(&all);
    let restored = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    for other in [replayed, restored] {
        assert_eq!(other.predecessors(&new.id), [&acc.id]);
        assert_eq!(other.devices().cloned().collect::<Vec<_>>(), state.devices().cloned().collect::<Vec<_>>());
    }
}

#[test]
fn whoever_is_found_again_elsewhere_comes_back() {
    let (mut state, _) = run(&discovered());
    let acc = campus()[6].clone();
    let mut moved = acc.clone();
    moved.addresses = vec!["10.0.0.77".parse().unwrap()];
    moved.snmp.as_mut().unwrap().address = "10.0.0.77:161".parse().unwrap();
    feed(&mut state, &inventory(10, &spare(&acc)));
    assert_eq!(state.devices().len(), 14);
    assert_eq!(kinds(&feed(&mut state, &inventory(20, &moved)).derived), ["seen", "status"]);
    assert_eq!(state.devices().len(), 15);
}

#[test]
fn an_address_that_two_share_replaces_none_and_is_no_ones_access() {
    let (mut state, _) = run(&discovered());
    let (one, mut two) = (campus()[0].clone(), campus()[1].clone());
    two.snmp.clone_from(&one.snmp);
    two.addresses.push(one.addresses[0]);
    assert!(!kinds(&feed(&mut state, &inventory(10, &two)).derived).contains(&"replaced"));
    let mut own = one.clone();
    own.addresses.push("10.0.1.1".parse().unwrap());
    own.snmp.as_mut().unwrap().address = "10.0.1.1:161".parse().unwrap();
    feed(&mut state, &inventory(20, &own));
    assert_eq!(state.device(&one.id).unwrap().snmp.as_ref().unwrap().address, "10.0.1.1:161".parse().unwrap());
}

#[test]
fn a_device_of_which_nothing_was_known_keeps_its_id_when_more_is() {
    let whole = campus()[6].clone();
    let mut bare = Device::new(DeviceId::new("addr:10.0.0.7"), START);
    bare.addresses.clone_from(&whole.addresses);
    bare.snmp.clone_from(&whole.snmp);
    let (state, _) = run(&[inventory(0, &bare), inventory(10, &whole)]);
    let ids: Vec<&str> = state.devices().map(|device| device.id.as_str()).collect();
    assert_eq!(ids, ["addr:10.0.0.7"]);
}

#[test]
fn another_name_and_another_address_make_no_other_device() {
    let (mut state, _) = run(&discovered());
    let mut acc = campus()[6].clone();
    acc.sys_name = Some("floor-3".to_owned());
    acc.addresses = vec!["10.7.0.9".parse().unwrap()];
    acc.snmp.as_mut().unwrap().address = "10.7.0.9:161".parse().unwrap();
    feed(&mut state, &inventory(10, &acc));
    assert_eq!((state.devices().len(), state.find("floor-3").unwrap().id.clone()), (14, acc.id));
}

fn uplink(state: &State) -> (Option<Timestamp>, Option<Timestamp>) {
    let acc = campus()[6].id.clone();
    let link = state.links_of(&acc)[0].clone();
    (link.first_seen, state.link_last_seen(&link))
}

#[test]
fn a_link_is_known_since_it_was_found_and_seen_when_it_was_last_said() {
    let (mut state, _) = run(&discovered());
    assert_eq!(uplink(&state), (Some(at(1)), Some(at(1))));
    let (mut acc, dist) = (campus()[6].clone(), campus()[4].clone());
    assert_eq!(feed(&mut state, &inventory(3600, &acc)).derived, []);
    assert_eq!(feed(&mut state, &event(3601, Body::Tick)).derived, []);
    assert_eq!(uplink(&state), (Some(at(1)), Some(at(3600))));
    acc.interfaces[0].speed_bps = Some(10_000_000);
    feed(&mut state, &inventory(7200, &acc));
    feed(&mut state, &event(7201, Body::Tick));
    assert_eq!(uplink(&state), (Some(at(1)), Some(at(7201))), "slower, and still the same cable");
    let restored = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    assert_eq!(uplink(&restored), uplink(&state));
    feed(&mut state, &poll(7300, &acc, 1, &[1]));
    let (mut quiet, mut silent) = (acc.clone(), dist);
    quiet.neighbours.clear();
    silent.neighbours.retain(|row| row.local_if_index != Some(IfIndex(3)));
    quiet.interfaces[0].oper_status = Some(OperStatus::Down);
    for device in [&quiet, &silent] {
        feed(&mut state, &inventory(9000, device));
    }
    feed(&mut state, &event(9001, Body::Tick));
    assert_eq!(uplink(&state), (Some(at(1)), Some(at(7300))), "nobody spoke for it after its port went down");
}

#[test]
fn a_link_whose_far_port_becomes_known_is_not_a_new_one() {
    let all = campus();
    let (mut acc, dist) = (all[6].clone(), all[4].clone());
    for row in &mut acc.neighbours {
        row.port_id = None;
    }
    let mut deaf = dist.clone();
    deaf.neighbours.clear();
    let (mut state, _) = run(&[inventory(0, &deaf), inventory(0, &acc), event(1, Body::Tick)]);
    feed(&mut state, &inventory(100, &all[6]));
    feed(&mut state, &event(101, Body::Tick));
    assert_eq!(uplink(&state).0, Some(at(1)));
}
