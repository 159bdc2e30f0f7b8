//! Shapes of networks: what is dead, and what is then told.

use super::*;
use crate::model::{AlarmAct, AlarmOrder};

/// Devices that are dead, and after three rounds the devices that are down, those that are unreachable, and the alarms that count.
fn check(devices: Vec<Device>, dead: &[&str], (down, behind): (&[&str], &[&str])) -> World {
    let mut world = World::of(devices);
    world.kill(dead);
    world.rounds(3);
    assert_eq!((world.with(DeviceStatus::Down), world.with(DeviceStatus::Unreachable)), (owned(down), owned(behind)), "{dead:?}");
    let alarms: Vec<String> = down.iter().map(|name| format!("device-down@{name}")).collect();
    assert_eq!(world.active(), alarms);
    world.is_sound();
    world
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn one_of_two_ways_is_enough_to_be_down_itself() {
    let dual = || switches(&["x", "a", "b", "leaf"], &[("x", "a"), ("x", "b"), ("a", "leaf"), ("b", "leaf")]);
    check(dual(), &["leaf"], (&["leaf"], &[]));
    check(dual(), &["a", "leaf"], (&["a", "leaf"], &[]));
    let world = check(dual(), &["a", "b", "leaf"], (&["a", "b"], &["leaf"]));
    assert_eq!(world.reason("leaf"), "behind a and b");
    let cause = world.cause("unreachable@leaf");
    let told: Vec<&str> = cause.chain.iter().map(|step| step.object.as_str()).collect();
    assert_eq!((told, cause.remains), (vec!["a", "b", "leaf"], false), "either of them alone would do");
}

#[test]
fn a_ring_is_cut_off_by_two() {
    let ring = || switches(&["x", "a", "b", "c", "d"], &[("x", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "x")]);
    check(ring(), &["b"], (&["b"], &[]));
    check(ring(), &["a", "c", "b"], (&["a", "c"], &["b"]));
    check(ring(), &["a", "d", "b", "c"], (&["a", "d"], &["b", "c"]));
}

#[test]
fn parallel_links_are_one_way_while_one_lives() {
    let pair = || switches(&["x", "a", "leaf"], &[("x", "a"), ("x", "a"), ("a", "leaf")]);
    let mut world = World::of(pair());
    world.shut.insert(0, vec![1]);
    world.shut.insert(1, vec![1]);
    world.rounds(3);
    assert_eq!(world.with(DeviceStatus::Up).len(), 3);
    assert_eq!(world.active().len(), 1, "two ends of a link are one alarm: {:?}", world.active());
    world.kill(&["leaf"]);
    world.rounds(3);
    assert_eq!((world.with(DeviceStatus::Down), world.with(DeviceStatus::Unreachable)), (owned(&["leaf"]), vec![]));
}

#[test]
fn a_link_that_is_cut_between_two_that_live_is_one_alarm() {
    let mut world = World::of(switches(&["x", "a", "b"], &[("x", "a"), ("x", "b"), ("a", "b")]));
    world.shut.insert(2, vec![2]);
    world.rounds(1);
    world.shut.insert(1, vec![2]);
    world.rounds(2);
    assert_eq!(world.active(), ["interface-down@b Gi2"], "the end that was seen first");
    assert_eq!(world.under("interface-down@b Gi2"), ["interface-down@a Gi2"]);
    world.is_sound();
    world.shut.clear();
    world.rounds(1);
    assert_eq!((world.active(), world.state.causes.len()), (vec![], 0));
}

#[test]
fn whose_links_are_cut_is_told_with_the_port_and_the_port_s_alarm_folds() {
    let mut world = World::of(switches(&["x", "a", "b", "leaf"], &[("x", "a"), ("x", "b"), ("a", "leaf")]));
    world.kill(&["a", "leaf"]);
    world.shut.insert(0, vec![1]);
    world.rounds(3);
    assert_eq!((world.with(DeviceStatus::Down), world.with(DeviceStatus::Unreachable)), (owned(&["a"]), owned(&["leaf"])));
    assert_eq!(world.reason("a"), "2 polls not answered: no answer to 3 requests; x Gi1 is down");
    assert_eq!(world.active(), ["device-down@a"]);
    assert_eq!(world.under("device-down@a"), ["interface-down@x Gi1", "unreachable@leaf"]);
    assert_eq!(world.cause("interface-down@x Gi1").rule, crate::model::CauseRule::FarEnd);
}

/// `leaf` hangs on `a`, and on `b` by a link that a spanning tree blocks.
fn blocked() -> World {
    let mut devices = switches(&["x", "a", "b", "leaf"], &[("x", "a"), ("x", "b"), ("a", "leaf"), ("b", "leaf")]);
    devices[3].interfaces[1].stp_state = Some("blocking".to_owned());
    World::of(devices)
}

#[test]
fn a_blocked_way_counts_when_the_tree_has_changed() {
    let mut world = blocked();
    assert!(world.state.links().any(|link| link.stp_blocked == Some(true)));
    world.kill(&["a", "leaf"]);
    world.rounds(2);
    world.tick();
    assert_eq!(
        (world.status("a"), world.status("leaf")),
        (DeviceStatus::Down, DeviceStatus::Unreachable),
        "the tree may open it"
    );
    world.rounds(5);
    assert_eq!((world.status("a"), world.status("leaf")), (DeviceStatus::Down, DeviceStatus::Down), "it had time enough");
    let mut world = blocked();
    world.kill(&["a", "leaf"]);
    world.rounds(2);
    world.revive(&["leaf"]);
    world.rounds(1);
    assert_eq!((world.status("leaf"), world.ever_down().len()), (DeviceStatus::Up, 1));
}

#[test]
fn members_of_an_aggregate_fold_under_it_and_a_dead_member_cuts_nothing() {
    let mut devices = switches(&["x", "a", "leaf"], &[("x", "a"), ("x", "a"), ("a", "leaf")]);
    for device in devices.iter_mut().take(2) {
        let mut aggregate = device.interfaces[0].clone();
        (aggregate.if_index, aggregate.if_name, aggregate.mac) = (IfIndex(100), Some("Po1".to_owned()), None);
        device.interfaces.push(aggregate);
        device.interfaces.iter_mut().take(2).for_each(|port| port.aggregate = Some(IfIndex(100)));
    }
    let mut world = World::of(devices.clone());
    world.shut.insert(0, vec![1]);
    world.shut.insert(1, vec![1]);
    world.rounds(2);
    assert_eq!((world.with(DeviceStatus::Up).len(), world.active().len()), (3, 1));
    let mut world = World::of(devices);
    world.shut.insert(0, vec![1, 2, 100]);
    world.shut.insert(1, vec![1, 2, 100]);
    world.kill(&["leaf"]);
    world.rounds(3);
    // Both ends answer still: they are asked in another way than this one.
    let aggregate: Vec<String> = world.active().into_iter().filter(|alarm| alarm.starts_with("interface-down")).collect();
    assert_eq!(aggregate.len(), 1, "{:?}", world.active());
    assert!(aggregate[0].ends_with("Po1"));
    world.is_sound();
}

#[test]
fn what_was_down_before_remains() {
    let mut world = World::of(switches(&["x", "core", "dist", "acc"], &[("x", "core"), ("core", "dist"), ("dist", "acc")]));
    world.kill(&["dist", "acc"]);
    world.rounds(3);
    assert_eq!((world.active(), world.reason("acc")), (owned(&["device-down@dist"]), "behind dist".to_owned()));
    world.kill(&["core"]);
    world.rounds(3);
    assert_eq!(world.with(DeviceStatus::Down), ["core", "dist"], "it had a fault of its own before");
    assert_eq!(world.active(), ["device-down@core"]);
    assert_eq!(world.under("device-down@core"), ["device-down@dist", "unreachable@acc"]);
    assert!(world.cause("device-down@dist").remains && world.cause("unreachable@acc").remains);
    assert_eq!(world.reason("acc"), "behind core");
    world.revive(&["core"]);
    world.rounds(3);
    assert_eq!((world.active(), world.reason("acc")), (owned(&["device-down@dist"]), "behind dist".to_owned()));
    world.is_sound();
}

#[test]
fn who_answered_while_another_was_down_is_not_behind_it() {
    // The only link that is known of leaf leads to a, and yet it answers without a.
    let mut world = World::of(switches(&["x", "a", "leaf"], &[("x", "a"), ("a", "leaf")]));
    world.kill(&["a"]);
    world.rounds(4);
    assert_eq!((world.status("a"), world.status("leaf")), (DeviceStatus::Down, DeviceStatus::Up));
    world.kill(&["leaf"]);
    world.rounds(4);
    assert_eq!(world.active(), ["device-down@a", "device-down@leaf"], "a wrong link hides no fault");
}

#[test]
fn a_printer_or_a_server_is_no_way_for_a_switch() {
    let mut devices = switches(&["x", "a", "leaf", "server"], &[("x", "a"), ("a", "leaf"), ("leaf", "server"), ("x", "server")]);
    devices[3].role = Role::Server;
    let world = check(devices, &["a", "leaf"], (&["a"], &["leaf"]));
    assert_eq!(world.status("server"), DeviceStatus::Up);
    let mut devices = switches(&["x", "server", "guest"], &[("x", "server"), ("server", "guest")]);
    (devices[1].role, devices[2].role) = (Role::Server, Role::Server);
    check(devices.clone(), &["guest"], (&["guest"], &[]));
    check(devices, &["server", "guest"], (&["server"], &["guest"]));
}

#[test]
fn where_nothing_answers_any_more_the_nearest_to_the_world_stands_for_all() {
    let mut devices = switches(&["sw", "gw", "acc-1", "acc-2"], &[("gw", "sw"), ("sw", "acc-1"), ("sw", "acc-2")]);
    devices[1].role = Role::Router;
    let world = check(devices, &["sw", "gw", "acc-1", "acc-2"], (&["gw"], &["acc-1", "acc-2", "sw"]));
    assert!(world.reason("gw").ends_with("; nothing around it answers"), "{}", world.reason("gw"));
}

#[test]
fn devices_without_links_are_down_each_by_itself() {
    check(switches(&["a", "b", "c"], &[]), &["a", "b"], (&["a", "b"], &[]));
}

/// A core with a switch, and a power supply that tells nobody where it hangs.
fn unlinked() -> Vec<Device> {
    let mut devices = switches(&["x", "core", "acc", "ups"], &[("x", "core"), ("core", "acc")]);
    devices[3].role = Role::Ups;
    devices
}

#[test]
fn what_has_no_link_fell_with_all_the_rest_where_nothing_answers_any_more() {
    let mut world = World::of(unlinked());
    world.asks = false;
    world.kill(&["x", "core", "acc", "ups"]);
    // The one without links is polled first each time.
    (0..3).for_each(|_| world.batch(&[3, 2, 1, 0]));
    assert_eq!((world.active(), world.ever_down().len()), (owned(&["device-down@core"]), 1));
    assert_eq!(world.reason("ups"), "behind core");
    let told: Vec<String> = world.cause("unreachable@ups").chain.iter().map(|step| step.evidence.clone()).collect();
    let because = "2 polls not answered: no answer to 3 requests; nothing around it answers";
    assert_eq!(told, [because, "fell silent with it, and nothing answers any more"]);
    world.revive(&["x", "core", "acc"]);
    world.rounds(4);
    assert_eq!(world.active(), ["device-down@ups"], "it was not the same fault");
}

#[test]
fn what_has_no_link_is_down_by_itself_where_anything_answers() {
    check(unlinked(), &["ups"], (&["ups"], &[]));
    check(unlinked(), &["core", "acc", "ups"], (&["core", "ups"], &["acc"]));
}

#[test]
fn what_was_down_before_everything_fell_does_not_explain_it() {
    let mut world = World::of(unlinked());
    world.kill(&["ups"]);
    world.rounds(3);
    world.kill(&["x", "core", "acc"]);
    world.rounds(3);
    assert_eq!(world.active(), ["device-down@core", "device-down@ups"]);
}

#[test]
fn alarms_on_parts_of_what_is_not_reached_are_explained_and_remain_if_they_stood_before() {
    let mut world = World::of(switches(&["x", "a", "b", "c"], &[("x", "a"), ("a", "b"), ("b", "c"), ("x", "c")]));
    world.shut.insert(2, vec![2]);
    world.shut.insert(3, vec![1]);
    world.rounds(1);
    assert_eq!(world.active(), ["interface-down@b Gi2"]);
    world.kill(&["a", "b"]);
    world.rounds(3);
    assert_eq!(world.active(), ["device-down@a"]);
    let cause = world.cause("interface-down@b Gi2");
    assert!(cause.remains);
    let told: Vec<&str> = cause.chain.iter().map(|step| step.object.as_str()).collect();
    assert_eq!((told, cause.rule), (vec!["a", "b", "b Gi2"], crate::model::CauseRule::Behind));
    world.is_sound();
}

#[test]
fn a_device_that_comes_back_without_its_child_is_followed_by_the_child_s_own_alarm() {
    let mut world = World::of(switches(&["x", "a", "leaf", "beyond"], &[("x", "a"), ("a", "leaf"), ("leaf", "beyond")]));
    world.kill(&["a", "leaf", "beyond"]);
    world.rounds(3);
    assert_eq!(world.active(), ["device-down@a"]);
    world.revive(&["a"]);
    world.poll(1);
    world.tick();
    assert_eq!(world.active(), Vec::<String>::new(), "it is not known yet whether they are well");
    assert_eq!(world.state.causes.len(), 0);
    world.rounds(3);
    assert_eq!(world.active(), ["device-down@leaf"]);
    assert_eq!(world.reason("beyond"), "behind leaf");
    assert_eq!(world.under("device-down@leaf"), ["unreachable@beyond"], "{:?}", standing(&world.state));
    world.is_sound();
}

#[test]
fn a_silenced_root_leaves_nothing_to_count() {
    let mut world = World::of(switches(&["x", "a", "leaf"], &[("x", "a"), ("a", "leaf")]));
    world.kill(&["a", "leaf"]);
    world.rounds(3);
    let alarms = world.state.alarms().filter(|alarm| alarm.rule == "device-down").map(|alarm| alarm.id.clone()).collect();
    let order = AlarmOrder { alarms, by: "kim".to_owned(), act: AlarmAct::Silence(600) };
    let order = event(world.now, Body::AlarmOrder(Box::new(order)));
    world.feed(&order);
    assert_eq!(world.active(), Vec::<String>::new());
}
