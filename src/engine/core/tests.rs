//! Replay gives the same state, past times give what was, and graphs come from the store.

use super::{Core, Reader};
use crate::engine::command::{Answer, Command, HistoryRequest};
use crate::event::{Body, Event};
use crate::history::{MemoryStore, Store};
use crate::model::poll::{Counter, IfCounter, IfReading, LastChanges, PollReading};
use crate::model::{
    AdminStatus, Device, DeviceId, DeviceStatus, EntityKey, FdbRow, IfIndex, Interface, Inventory, MacAddr, Metric, OperStatus,
    SnmpAccess, SnmpVersion, TimeRange, Timestamp,
};
use crate::query::{Screen, Subject, ViewRequest};
use crate::state::Settings;
use crate::state::view::{View, ViewBody};
use std::sync::Arc;

const START: i64 = 1_700_000_000;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START + secs)
}

fn device(number: u8, ports: u32) -> Device {
    let mut device = Device::new(DeviceId::new(&format!("chassis:00:00:00:00:00:{number:02x}")), at(0));
    device.sys_name = Some(format!("sw-{number}"));
    device.chassis_id = Some(crate::model::ChassisId::Mac(MacAddr([0, 0, 0, 0, 0, number])));
    device.addresses = vec![[10, 0, 0, number].into()];
    device.interfaces = (1..=ports)
        .map(|index| {
            let mut port = Interface::new(IfIndex(index));
            port.if_name = Some(format!("Gi{index}"));
            port.speed_bps = Some(1_000_000_000);
            port.admin_status = Some(AdminStatus::Up);
            port.oper_status = Some(OperStatus::Up);
            port
        })
        .collect();
    device
}

fn inventory(number: u8, secs: i64) -> Event {
    let address = ([10, 0, 0, number], 161).into();
    let body = Inventory::of(address, at(secs), device(number, 2));
    Event { at: at(secs), body: Body::Inventory(Box::new(body)) }
}

fn poll(number: u8, secs: i64, oper: OperStatus) -> Event {
    let mut port = IfReading::new(IfIndex(1));
    port.oper_status = Some(oper);
    port.admin_status = Some(AdminStatus::Up);
    port.set(IfCounter::InOctets, Counter::Bits64(1000 * u64::try_from(secs).unwrap()));
    port.set(IfCounter::OutOctets, Counter::Bits64(500 * u64::try_from(secs).unwrap()));
    let reading = PollReading {
        changes: LastChanges::default(),
        device: device(number, 0).id,
        at: at(secs),
        sys_up_time: Some(u32::try_from(secs).unwrap() * 100 + 5000),
        rtt_ms: Some(1.0),
        lost: 0,
        sent: 1,
        interfaces: vec![port],
        health: None,
        partial: false,
    };
    Event { at: at(secs), body: Body::Poll(Box::new(reading)) }
}

/// Two devices polled each 30 s for ten minutes; the port of the second goes down after five.
fn lived() -> (Core, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let mut core = Core::restore(Arc::clone(&store) as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    for number in [1, 2] {
        core.turn(&inventory(number, 0)).unwrap();
    }
    for secs in (30..=600).step_by(30) {
        core.turn(&poll(1, secs, OperStatus::Up)).unwrap();
        core.turn(&poll(2, secs, if secs > 300 { OperStatus::Down } else { OperStatus::Up })).unwrap();
        core.turn(&Event { at: at(secs), body: Body::Tick }).unwrap();
    }
    (core, store)
}

fn request(screen: Screen, secs: Option<i64>) -> ViewRequest {
    ViewRequest { at: secs.map(at), ..ViewRequest::new(screen, 100) }
}

fn statuses(view: &View) -> Vec<(String, Option<OperStatus>, Option<f64>)> {
    match &view.body {
        ViewBody::Interfaces(table) => {
            let rows = table.rows.iter().filter(|row| row.name == "Gi1");
            rows.map(|row| (row.device_name.clone(), row.oper_status, row.in_bps)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_restored_engine_shows_what_the_one_before_showed() {
    let (core, store) = lived();
    let again = Core::restore(store as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    for screen in [Screen::Devices, Screen::Links, Screen::Events, Screen::Alarms] {
        let (before, after) = (core.answer(&request(screen, Some(600))), again.answer(&request(screen, Some(600))));
        assert_eq!(before, after, "{screen:?}");
    }
    assert_eq!(again.skipped(), 0);
}

#[test]
fn a_past_time_shows_the_states_and_rates_of_then() {
    let (core, _store) = lived();
    let then = core.answer(&request(Screen::Interfaces, Some(300)));
    let up = |name: &str| (name.to_owned(), Some(OperStatus::Up), Some(8000.0));
    assert_eq!(statuses(&then), [up("sw-1"), up("sw-2")]);
    assert!(then.chrome.past && then.chrome.at == at(300));
    let now = core.answer(&request(Screen::Interfaces, None));
    assert_eq!(statuses(&now), [up("sw-1"), ("sw-2".to_owned(), Some(OperStatus::Down), Some(8000.0))]);
}

#[test]
fn the_past_is_the_same_with_and_without_checkpoints() {
    let (core, store) = lived();
    let without = core.answer(&request(Screen::Interfaces, Some(450)));
    core.write_checkpoint().unwrap();
    let again = Core::restore(Arc::clone(&store) as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    assert_eq!(again.answer(&request(Screen::Interfaces, Some(450))), without);
    assert_eq!(again.state().devices().len(), 2);
    assert!(store.checkpoint_before(Timestamp(i64::MAX)).unwrap().is_some());
}

#[test]
fn before_anything_was_known_there_is_nothing() {
    let (core, _store) = lived();
    match core.answer(&request(Screen::Devices, Some(-10))).body {
        ViewBody::Devices(table) => assert_eq!((table.total, table.rows.len()), (0, 0)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn sparklines_and_graphs_are_filled_from_the_store() {
    let (core, _store) = lived();
    let ViewBody::Interfaces(table) = core.answer(&request(Screen::Interfaces, None)).body else { panic!("interfaces") };
    let row = table.rows.iter().find(|row| row.device_name == "sw-1" && row.name == "Gi1").unwrap();
    assert!(row.spark.iter().flatten().all(|bps| (bps - 8000.0).abs() < 1.0) && row.spark.iter().any(Option::is_some));
    assert!((row.p95_in_bps.unwrap() - 8000.0).abs() < 1.0);
    let subject = Some(Subject::Interface(row.device.clone(), row.name.clone()));
    let ViewBody::Interface(graph) = core.answer(&ViewRequest { subject, ..request(Screen::Interface, None) }).body else {
        panic!("interface")
    };
    assert!(graph.out_bps.iter().filter_map(|point| point.value).all(|bps| (bps - 4000.0).abs() < 1.0));
    assert!((graph.in_max_bps.unwrap() - 8000.0).abs() < 1.0);
}

#[test]
fn a_record_of_another_version_is_passed_over_and_counted() {
    let (_core, store) = lived();
    store.journal_append(&[(at(601), vec![0xff, 0xff, 1, 2, 3])]).unwrap();
    let again = Core::restore(store as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    assert_eq!((again.skipped(), again.state().devices().len()), (1, 2));
}

#[test]
fn a_history_names_its_series_by_the_devices_id_and_refuses_an_unknown_one() {
    use crate::engine::command::{Answer, Command, HistoryRequest};
    use crate::engine::handle::AskError;
    use crate::model::{EntityKey, Metric, TimeRange};
    let (core, _store) = lived();
    let (reader, live): (Reader, _) = (core.reader(), core.live(Vec::new(), None));
    let ask = |name: &str| {
        let entity = EntityKey { device: DeviceId::new(name), part: Some("Gi1".to_owned()) };
        let range = TimeRange { from: at(0), to: at(600) };
        reader.command(&live, Command::History(HistoryRequest { entity, metric: Metric::InBps, range, step_secs: Some(60) }))
    };
    let Ok(Answer::History(history)) = ask("sw-1") else { panic!("a history") };
    assert!(history.series.starts_with("chassis:00:00:00:00:00:01/Gi1/in_bps"));
    assert!(history.points.iter().filter_map(|point| point.value).any(|bps| (bps - 8000.0).abs() < 1.0));
    assert!(matches!(ask("nobody"), Err(AskError::Refused(_))));
}

#[test]
fn devices_that_answer_are_up() {
    let (core, _store) = lived();
    let ViewBody::Devices(table) = core.answer(&request(Screen::Devices, None)).body else { panic!("devices") };
    assert!(table.rows.iter().all(|row| row.status == DeviceStatus::Up));
}

/// A reading of a switch that has a host on a port.
fn with_host(number: u8, secs: i64, port: Option<u32>) -> Event {
    let mut event = inventory(number, secs);
    if let Body::Inventory(inventory) = &mut event.body {
        let row = |port| FdbRow { mac: MacAddr([0xaa, 0, 0, 0, 0, 1]), if_index: Some(IfIndex(port)), vlan: Some(10) };
        inventory.sightings.fdb = Some(port.map(row).into_iter().collect());
    }
    event
}

#[test]
fn where_says_where_an_address_is_and_was() {
    let (mut core, store) = lived();
    let tick = |secs| Event { at: at(secs), body: Body::Tick };
    for event in [with_host(1, 700, Some(2)), tick(701), with_host(1, 800, None), with_host(2, 800, Some(1)), tick(811)] {
        core.turn(&event).unwrap();
    }
    let again = Core::restore(store as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    for core in [&core, &again] {
        let ask = |secs: Option<i64>| {
            let command = Command::Where("aa00.0000.0001".to_owned(), secs.map(at));
            let Ok(Answer::Where(found)) = core.reader().command(&core.live(Vec::new(), None), command) else { panic!() };
            found.rows.into_iter().map(|row| format!("{} {}", row.device_name.unwrap(), row.port.unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(
            (ask(None), ask(Some(705)), ask(Some(690))),
            (vec!["sw-2 Gi1".to_owned()], vec!["sw-1 Gi2".to_owned()], vec![])
        );
    }
}

#[test]
fn a_name_has_the_history_of_the_hardware_that_stood_there_before() {
    let (mut core, _store) = lived();
    let mut other = device(9, 2);
    other.sys_name = Some("sw-1".to_owned());
    other.addresses = device(1, 0).addresses;
    let access = |secs: i64, mut device: Device| {
        device.snmp = Some(SnmpAccess {
            address: ([10, 0, 0, 1], 161).into(),
            version: SnmpVersion::V2c,
            credential: "public".to_owned(),
            partial: false,
        });
        let inventory = Inventory::of(([10, 0, 0, 1], 161).into(), at(secs), device);
        Event { at: at(secs), body: Body::Inventory(Box::new(inventory)) }
    };
    core.turn(&access(650, device(1, 2))).unwrap();
    core.turn(&access(700, other)).unwrap();
    for secs in [730, 760, 790] {
        core.turn(&poll(9, secs, OperStatus::Up)).unwrap();
    }
    let range = TimeRange { from: at(0), to: at(800) };
    let points = |device: &str| {
        let entity = EntityKey { device: DeviceId::new(device), part: Some("Gi1".to_owned()) };
        let request = HistoryRequest { entity, metric: Metric::InBps, range, step_secs: None };
        let answer = core.reader().command(&core.live(Vec::new(), None), Command::History(request));
        let Ok(Answer::History(history)) = answer else { panic!("{answer:?}") };
        (history.points.first().map(|point| point.at < at(600)), history.points.last().map(|point| point.at > at(700)))
    };
    assert_eq!(points("sw-1"), (Some(true), Some(true)));
    assert_eq!(points("chassis:00:00:00:00:00:09"), (Some(false), Some(true)));
    assert_eq!(points("chassis:00:00:00:00:00:01"), (Some(true), Some(false)));
}
