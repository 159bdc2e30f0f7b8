//! Alarms that follow from what is beside them without a device being down: sessions, hosts that moved, devices that answer elsewhere.

use super::super::super::sample::link;
use super::*;
use crate::event::Elsewhere;
use crate::model::Severity;
use crate::model::heard::Heard;

/// `a` and `b` are linked twice, each link in a network of its own.
fn routers() -> Vec<Device> {
    let mut devices = switches(&["x", "a", "b"], &[("x", "a"), ("a", "b"), ("a", "b")]);
    let ports = [(1, 2, "10.0.12.1/30"), (2, 1, "10.0.12.2/30"), (1, 3, "10.0.12.5/30"), (2, 2, "10.0.12.6/30")];
    for (number, port, network) in ports {
        let network: ipnet::IpNet = network.parse().unwrap();
        devices[number].addresses.push(network.addr());
        devices[number].interfaces[port - 1].addresses.push(network);
    }
    devices
}

fn ospf(world: &mut World, name: &str, neighbour: &str) {
    let device = &world.devices[world.number(name)];
    let heard = Heard {
        rule: "ospf-neighbour-down".to_owned(),
        device: Some(device.id.clone()),
        part: format!("{neighbour}.0"),
        object: format!("{name} {neighbour}"),
        times: 1,
        ends: false,
        text: "the OSPF neighbour is down".to_owned(),
        severity: Severity::Major,
        at: Timestamp::from_secs(world.now),
    };
    let event = event(world.now, Body::Heard(vec![heard]));
    world.take(&event);
}

#[test]
fn sessions_over_a_link_fold_under_its_port() {
    let mut world = World::of(routers());
    ospf(&mut world, "a", "10.0.12.2");
    world.now += 1;
    ospf(&mut world, "b", "10.0.12.1");
    assert_eq!(world.active(), ["ospf-neighbour-down@a 10.0.12.2"], "two ends of a session are one alarm");
    assert_eq!(world.under("ospf-neighbour-down@a 10.0.12.2"), ["ospf-neighbour-down@b 10.0.12.1"]);
    world.shut.insert(1, vec![2]);
    world.shut.insert(2, vec![1]);
    world.rounds(2);
    assert_eq!(world.active(), ["interface-down@a Gi2"]);
    assert_eq!(
        world.under("interface-down@a Gi2"),
        ["interface-down@b Gi1", "ospf-neighbour-down@a 10.0.12.2", "ospf-neighbour-down@b 10.0.12.1"]
    );
    world.is_sound();
}

#[test]
fn a_session_with_a_device_that_is_down_folds_under_it() {
    let mut world = World::of(routers());
    ospf(&mut world, "a", "10.0.12.2");
    world.kill(&["b"]);
    world.rounds(3);
    assert_eq!(world.active(), ["device-down@b"]);
    assert!(world.under("device-down@b").contains(&"ospf-neighbour-down@a 10.0.12.2".to_owned()));
}

#[test]
fn a_device_that_answers_elsewhere_is_up_and_polled_there() {
    let mut world = World::of(routers());
    let id = world.devices[2].id.clone();
    let (silent, answers) = (world.devices[2].snmp.as_ref().unwrap().address, "10.0.12.6:161".parse().unwrap());
    world.kill(&["b"]);
    world.round(&[2]);
    let elsewhere = |silent, answers| Body::Elsewhere(Box::new(Elsewhere { device: id.clone(), silent, answers }));
    let found = event(world.now, elsewhere(silent, answers));
    world.take(&found);
    let polled_at = |world: &World| world.state.device(&id).unwrap().snmp.as_ref().unwrap().address;
    assert_eq!((world.status("b"), polled_at(&world)), (DeviceStatus::Up, answers));
    assert!(world.ever_down().is_empty());
    // What was found out by a poll of before the change says nothing any more.
    let late = event(world.now, elsewhere(silent, "10.0.12.2:161".parse().unwrap()));
    world.take(&late);
    assert_eq!(polled_at(&world), answers);
}

/// `host` hangs on `a` at first, by `Gi1` of its own; its second port is free.
fn hosted(dual: bool) -> World {
    let mut devices = switches(&["x", "a", "b", "host"], &[("x", "a"), ("x", "b"), ("a", "host")]);
    devices[3].role = Role::Server;
    if dual {
        link(&mut devices, (2, 2), (3, 2));
    }
    World::of(devices)
}

#[test]
fn a_host_that_was_plugged_in_elsewhere_leaves_no_alarm_and_one_that_lost_a_port_does() {
    let mut world = hosted(false);
    world.shut.insert(1, vec![2]);
    world.rounds(1);
    assert_eq!(world.active(), ["interface-down@a Gi2"]);
    let mut moved = world.devices.clone();
    link(&mut moved, (2, 2), (3, 2));
    for number in [2, 3] {
        let read = inventory(world.now, &moved[number]);
        world.take(&read);
    }
    world.devices = moved;
    world.rounds(2);
    assert!(world.active().is_empty(), "{:?} {:?}", world.active(), world.state.links().collect::<Vec<_>>());
    let mut world = hosted(true);
    world.shut.insert(1, vec![2]);
    world.rounds(2);
    assert_eq!(world.active(), ["interface-down@a Gi2"]);
}
