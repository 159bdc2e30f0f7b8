//! Maintenance: what it covers, and that what happens there is nobody's alarm until it is over.

use super::reach::{World, switches};
use super::*;
use crate::model::{Alarm, AlarmAct, AlarmOrder, LinkEnd, MaintenanceAct, Scope, Severity, Window};
use crate::query::{Screen, ViewRequest};
use crate::state::view::{AlarmRow, ViewBody, answer};

/// x – core – a – leaf-a, core – b – leaf-b, and b – x besides.
fn world() -> World {
    let links = [("x", "core"), ("core", "a"), ("a", "leaf-a"), ("core", "b"), ("b", "leaf-b"), ("b", "x")];
    let mut devices = switches(&["x", "core", "a", "b", "leaf-a", "leaf-b"], &links);
    devices[4].sys_location = Some("Seoul/B2".to_owned());
    World::of(devices)
}

fn begin(world: &mut World, scope: Scope, secs: u64) {
    let from = event(world.now, Body::Tick).at;
    let until = from.plus(Duration::from_secs(secs));
    let window = Window { name: "work".to_owned(), scope, from, until, by: "kim".to_owned(), note: None };
    let begin = event(world.now, Body::Maintenance(Box::new(MaintenanceAct::Begin(Box::new(window)))));
    world.take(&begin);
}

fn id_of(name: &str) -> DeviceId {
    DeviceId::new(name)
}

fn end(device: &str, port: &str) -> LinkEnd {
    LinkEnd { device: id_of(device), if_index: None, port: Some(port.to_owned()) }
}

fn rows(state: &State) -> Vec<AlarmRow> {
    match answer(state, &ViewRequest::new(Screen::Alarms, 100)).body {
        ViewBody::Alarms(table) => table.rows,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_hangs_on_it_alone_is_in_maintenance_too() {
    let check = |scope: Scope, expected: &[&str]| {
        let mut world = world();
        begin(&mut world, scope.clone(), 3_600);
        let is_in = |device: &&crate::model::Device| world.state.maintenance_on(&device.id).is_some();
        let mut names: Vec<String> = world.devices.iter().filter(is_in).map(crate::model::Device::name).collect();
        names.sort();
        assert_eq!(names, expected, "{scope:?}");
    };
    check(Scope::All, &["a", "b", "core", "leaf-a", "leaf-b", "x"]);
    check(Scope::Site("Seoul".to_owned()), &["leaf-a"]);
    check(Scope::Site("Busan".to_owned()), &[]);
    check(Scope::Device(id_of("a")), &["a", "leaf-a"]);
    check(Scope::Device(id_of("b")), &["b", "leaf-b"]);
    check(Scope::Device(id_of("leaf-a")), &["leaf-a"]);
    check(Scope::Interface(id_of("core"), "Gi2".to_owned()), &["a", "leaf-a"]);
    check(Scope::Interface(id_of("core"), "Gi3".to_owned()), &[]);
    check(Scope::Link(Box::new((end("core", "Gi2"), end("a", "Gi1")))), &["a", "leaf-a"]);
    check(Scope::Path(id_of("core"), id_of("leaf-a")), &["a", "core", "leaf-a"]);
    check(Scope::Path(id_of("a"), id_of("x")), &["a", "core", "leaf-a", "x"]);
    check(Scope::Device(id_of("nobody")), &[]);
}

#[test]
fn an_alarm_in_maintenance_is_kept_and_counts_when_it_is_over() {
    let mut world = world();
    begin(&mut world, Scope::Device(id_of("a")), 600);
    world.kill(&["a", "leaf-a"]);
    world.shut.insert(1, vec![2]);
    world.rounds(3);
    assert_eq!(world.active(), Vec::<String>::new(), "the port that leads there is explained by it");
    let id = world.devices[2].id.clone();
    assert_eq!(world.state.status(&id), DeviceStatus::Maintenance);
    let told: Vec<(String, Option<String>)> =
        rows(&world.state).into_iter().map(|row| (row.alarm.object.clone(), row.work.map(|(name, _)| name))).collect();
    assert_eq!(told[0], ("a".to_owned(), Some("work".to_owned())));
    assert_eq!(told.len(), 3, "{told:?}");
    let request = |filter: &str| ViewRequest { filter: filter.to_owned(), ..ViewRequest::new(Screen::Devices, 100) };
    let ViewBody::Devices(table) = answer(&world.state, &request("state:maintenance")).body else { panic!() };
    assert_eq!(table.matched, 2, "with what hangs on it");
    world.rounds(20);
    assert_eq!(world.active(), ["device-down@a"]);
    assert_eq!(world.state.status(&id), DeviceStatus::Down);
}

#[test]
fn ports_of_others_that_lead_there_are_in_maintenance_too() {
    let mut world = world();
    begin(&mut world, Scope::Device(id_of("a")), 600);
    world.shut.insert(1, vec![2]);
    world.rounds(3);
    assert_eq!(world.active(), Vec::<String>::new(), "core's port to a is shut, and a answers");
    world.rounds(20);
    assert_eq!(world.active(), ["interface-down@core Gi2"]);
}

#[test]
fn an_access_point_is_in_maintenance_with_itself_and_with_what_it_is_plugged_in_at() {
    let check = |scope: Scope, expected: bool| {
        let links = [("x", "core"), ("core", "a"), ("a", "ap"), ("core", "b")];
        let mut devices = switches(&["x", "core", "a", "b", "ap"], &links);
        devices[4].role = crate::model::Role::AccessPoint;
        let mut world = World::of(devices);
        begin(&mut world, scope.clone(), 600);
        let lost = Alarm {
            id: "ap-down@x/02:00:00:00:00:99".to_owned(),
            rule: "ap-down".to_owned(),
            severity: Severity::Major,
            object: "ap".to_owned(),
            device: Some(world.devices[0].id.clone()),
            text: "down: x has lost it".to_owned(),
            raised_at: world.state.now(),
            cleared_at: None,
            count: 1,
            if_index: None,
            runbook: None,
            flap: None,
        };
        assert_eq!(world.state.maintenance_of(&lost).is_some(), expected, "{scope:?}");
    };
    check(Scope::Device(id_of("ap")), true);
    check(Scope::Device(id_of("a")), true);
    check(Scope::Interface(id_of("a"), "Gi2".to_owned()), true);
    check(Scope::Interface(id_of("core"), "Gi3".to_owned()), false);
    check(Scope::Device(id_of("b")), false);
    check(Scope::Device(id_of("x")), true);
}

#[test]
fn what_answers_in_maintenance_is_up() {
    let mut world = world();
    begin(&mut world, Scope::All, 600);
    assert_eq!(world.state.status(&world.devices[2].id), DeviceStatus::Up);
}

#[test]
fn an_operator_ends_it_and_replay_knows() {
    let mut world = world();
    begin(&mut world, Scope::All, 6_000);
    world.kill(&["a"]);
    world.rounds(3);
    assert_eq!(world.active(), Vec::<String>::new());
    let (then, _) = run(&world.derived);
    assert_eq!(then.alarms().filter(|alarm| then.is_active(alarm)).count(), 0);
    let stop = event(world.now, Body::Maintenance(Box::new(MaintenanceAct::End("work".to_owned(), "lee".to_owned()))));
    world.take(&stop);
    assert_eq!(world.active(), ["device-down@a"]);
    let restored = checkpoint::decode(&checkpoint::encode(&world.state), Settings::default()).unwrap();
    assert_eq!(restored.maintenance().len(), 0);
    assert!(world.state.recent().any(|row| row.kind == "maintenance-over" && row.text == "maintenance ended by lee"));
}

#[test]
fn an_acknowledgement_stays_while_the_alarm_flaps_and_falls_when_it_clears() {
    let mut world = world();
    world.kill(&["leaf-a"]);
    world.rounds(3);
    let alarm = world.state.alarms().find(|alarm| alarm.rule == "device-down").unwrap().id.clone();
    let acknowledge = AlarmOrder { alarms: vec![alarm.clone()], by: "kim".to_owned(), act: AlarmAct::Acknowledge(None) };
    let acknowledge = event(world.now, Body::AlarmOrder(Box::new(acknowledge)));
    world.take(&acknowledge);
    world.rounds(2);
    assert!(world.state.handling(&alarm).is_some());
    world.revive(&["leaf-a"]);
    world.rounds(1);
    assert_eq!(world.state.handling(&alarm), None);
    world.kill(&["leaf-a"]);
    world.rounds(3);
    assert_eq!((world.active().len(), world.state.handling(&alarm)), (1, None));
}

#[test]
fn it_is_kept_for_which_times_an_alarm_stood_and_only_so_many() {
    let mut world = world();
    let rise = |world: &mut World| {
        world.kill(&["leaf-a"]);
        world.rounds(3);
        world.revive(&["leaf-a"]);
        world.rounds(1);
        world.now += 2_000;
        world.tick();
    };
    (0..3).for_each(|_| rise(&mut world));
    let alarm = format!("device-down@{}", world.devices[4].id);
    let stood: Vec<(u64, u32)> = world
        .state
        .episodes(&alarm)
        .iter()
        .map(|known| (known.cleared_at.since(known.raised_at).as_secs() / 30, known.count))
        .collect();
    assert_eq!(stood.len(), 3, "{stood:?}");
    assert!(stood.iter().all(|(rounds, count)| (1..=3).contains(rounds) && *count == 1), "{stood:?}");
    let (replayed, _) = run(&world.derived);
    assert_eq!(replayed.episodes(&alarm), world.state.episodes(&alarm));
    (0..MAX_EPISODES).for_each(|_| rise(&mut world));
    assert_eq!(world.state.episodes(&alarm).len(), MAX_EPISODES);
}
