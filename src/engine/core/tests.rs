//! Replay gives the same state, past times give what was, and graphs come from the store.

use super::{Core, Reader};
use crate::engine::command::{Answer, Command, HistoryRequest};
use crate::event::{Body, Event};
use crate::history::{MemoryStore, Store};
use crate::model::poll::{Counter, IfCounter, IfReading, PollReading};
use crate::model::series::Cell;
use crate::model::{
    AdminStatus, Device, DeviceId, DeviceStatus, EntityKey, FdbRow, IfIndex, Interface, Inventory, MacAddr, Metric, OperStatus,
    SampleBatch, SampleRow, SnmpAccess, SnmpVersion, TimeRange, Timestamp,
};
use crate::query::{Screen, Subject, ViewRequest};
use crate::state::Settings;
use crate::state::view::{View, ViewBody};
use std::sync::Arc;

const START: i64 = 1_700_000_000;

pub(super) fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START + secs)
}

pub(super) fn device(number: u8, ports: u32) -> Device {
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

pub(super) fn inventory(number: u8, secs: i64) -> Event {
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
        sys_up_time: Some(u32::try_from(secs).unwrap() * 100 + 5000),
        rtt_ms: Some(1.0),
        sent: 1,
        interfaces: vec![port],
        ..PollReading::new(device(number, 0).id, at(secs))
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
    assert_eq!(again.unread(), None);
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
fn a_record_of_another_version_is_passed_over_and_told() {
    let (_core, store) = lived();
    store.journal_append(&[(at(601), vec![0xff, 0xff, 1, 2, 3])]).unwrap();
    let again = Core::restore(store as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    let told = again.unread().unwrap();
    assert!(told.starts_with("1 event and 0 checkpoints of another noctop (format 65535, "), "{told}");
    assert_eq!(again.state().devices().len(), 2);
}

/// The store of [`lived`] as another noctop would have written it: journal and checkpoint in a format that is not ours.
fn foreign() -> Arc<MemoryStore> {
    let (core, ours) = lived();
    core.write_checkpoint().unwrap();
    let store = Arc::new(MemoryStore::new());
    let mut records = ours.journal_read(0, Timestamp(i64::MAX), usize::MAX).unwrap();
    let mut checkpoint = ours.checkpoint_before(Timestamp(i64::MAX)).unwrap().unwrap();
    let last = records.len();
    records.iter_mut().for_each(|record| record.bytes[..2].copy_from_slice(&4u16.to_be_bytes()));
    checkpoint.parts.iter_mut().for_each(|(_, bytes)| bytes[0] = 4);
    store.journal_append(&records.into_iter().map(|record| (record.at, record.bytes)).collect::<Vec<_>>()).unwrap();
    store.checkpoint_write(&checkpoint).unwrap();
    for entity in ours.entities().unwrap() {
        for metric in Metric::ALL {
            let samples = ours.samples_read(&entity, metric, TimeRange { from: at(0), to: at(600) }).unwrap();
            for sample in samples {
                let cells = sample.value.map(|value| Cell { metric, value, broken: false }).into_iter().collect();
                let row = SampleRow { part: entity.part.clone(), cells };
                store.samples_append(&[SampleBatch { device: entity.device.clone(), at: sample.at, rows: vec![row] }]).unwrap();
            }
        }
    }
    assert!(last >= 3, "{last} records");
    store
}

#[test]
fn history_is_read_though_events_are_of_another_format_and_what_is_missing_is_told() {
    let store = foreign();
    let mut core = Core::restore(Arc::clone(&store) as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    let told = core.unread().unwrap();
    assert!(told.contains("1 checkpoint of another noctop (format 4, "), "{told}");
    assert_eq!(core.state().devices().len(), 0);
    let curve = |core: &Core, device: &str| {
        let entity = EntityKey { device: DeviceId::new(device), part: Some("Gi1".to_owned()) };
        let request =
            HistoryRequest { entity, metric: Metric::InBps, range: TimeRange { from: at(0), to: at(600) }, step_secs: Some(60) };
        let answer = core.reader().command(&core.live(Vec::new(), None), Command::History(request));
        let Ok(Answer::History(history)) = answer else { panic!("a history: {answer:?}") };
        history.points.iter().filter(|point| point.value.is_some_and(|bps| (bps - 8000.0).abs() < 1.0)).count()
    };
    assert!(curve(&core, "chassis:00:00:00:00:00:01") >= 8, "by its id, while nothing is known of the device");
    core.turn(&inventory(1, 700)).unwrap();
    assert!(curve(&core, "sw-1") >= 8, "by its name, when it is discovered again");
    // A checkpoint of ours hides nothing of what can't be shown at a time before.
    core.write_checkpoint().unwrap();
    let again = Core::restore(store as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    assert_eq!((again.unread(), again.state().devices().len()), (None, 1));
    assert!(again.answer(&request(Screen::Devices, Some(750))).chrome.notices.is_empty());
    let then = again.answer(&request(Screen::Devices, Some(500)));
    assert!(then.chrome.notices.iter().any(|notice| notice.contains("of another noctop (format 4")), "{:?}", then.chrome.notices);
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

/// The history of the first switch's first port.
fn history(
    core: &Core,
    name: &str,
    (from, to): (i64, i64),
    step_secs: Option<u32>,
) -> Result<crate::engine::command::History, String> {
    let name = crate::query::series_name::parse(name).unwrap();
    let entity = EntityKey { device: DeviceId::new(&name.device), part: name.part };
    let range = TimeRange { from: at(from), to: at(to) };
    let request = HistoryRequest { entity, metric: name.metric, range, step_secs };
    match core.reader().command(&core.live(Vec::new(), None), Command::History(request)) {
        Ok(Answer::History(history)) => Ok(history),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn the_range_or_the_step_chooses_samples_minutes_or_hours() {
    let (core, _store) = lived();
    let day = 86_400;
    for (from, step, resolution, band) in [
        (600 - 2 * day, None, "sample", false),
        (600 - 3 * day, None, "1m", true),
        (600 - 15 * day, None, "1h", true),
        (0, Some(10), "sample", false),
        (0, Some(300), "1m", true),
        (0, Some(3600), "1h", true),
    ] {
        let found = history(&core, "sw-1/Gi1/in_bps", (from, 600), step).unwrap();
        assert_eq!(found.resolution, resolution, "{from} {step:?}");
        let known: Vec<_> = found.points.iter().filter(|point| point.value.is_some()).collect();
        assert!(!known.is_empty() && known.iter().all(|point| point.min.is_some() == band && point.max.is_some() == band));
        assert!(known.iter().all(|point| (point.value.unwrap() - 8000.0).abs() < 1.0));
        assert!((found.summary.mean.unwrap() - 8000.0).abs() < 1.0 && (found.summary.p95.unwrap() - 8000.0).abs() < 1.0);
    }
    assert!(history(&core, "sw-1/Gi1/in_bps", (600 - 400 * day, 600), Some(1)).unwrap_err().contains("wider step"));
}

#[test]
fn a_bill_is_made_of_five_minute_averages_and_says_how_many_are_missing() {
    let (core, _store) = lived();
    let summary = history(&core, "sw-1/Gi1/in_bps", (0, 1200), None).unwrap().summary;
    assert!((summary.billing_p95.unwrap() - 8000.0).abs() < 1.0);
    assert_eq!((summary.billing_steps, summary.billing_of), (Some(3), Some(5)), "{summary:?}");
    assert_eq!(history(&core, "sw-1/rtt_ms", (0, 1200), None).unwrap().summary.billing_p95, None);
    let quarter = history(&core, "sw-1/Gi1/in_bps", (600 - 90 * 86_400, 600), None).unwrap();
    assert_eq!(quarter.summary.billing_p95, None);
}

#[test]
fn sensors_and_imported_series_are_read_by_name_in_whatever_kind_they_are_kept() {
    use crate::model::series::{SeriesColumn, named_part};
    let (core, store) = lived();
    let column = |part: String, metric: Metric, values: Vec<(i64, f64)>| SeriesColumn {
        entity: EntityKey { device: device(1, 0).id, part: Some(part) },
        metric,
        times: values.iter().map(|(secs, _)| at(*secs).millis()).collect(),
        values: values.iter().map(|(_, value)| metric.encode_gauge(*value)).collect(),
    };
    let inlet = named_part(None, "sensor:Inlet");
    store
        .columns_backfill(&[
            column(inlet.clone(), Metric::NamedWhole, vec![(30, 40.0), (60, 41.0)]),
            column(inlet, Metric::NamedFloat, vec![(90, 41.123_456)]),
            column(named_part(Some("Gi1"), "ifHCInOctets"), Metric::NamedWhole, vec![(30, 5.0)]),
        ])
        .unwrap();
    let values = |name: &str| {
        history(&core, name, (0, 600), None).unwrap().points.iter().filter_map(|point| point.value).collect::<Vec<_>>()
    };
    assert_eq!(values("sw-1/sensor:Inlet"), [40.0, 41.0, 41.123_456]);
    assert_eq!(values("sw-1/Gi1/ifHCInOctets"), [5.0]);
    assert_eq!(history(&core, "sw-1/sensor:Inlet", (0, 600), None).unwrap().series, "chassis:00:00:00:00:00:01/sensor:Inlet");
    // Known, but not then.
    assert!(history(&core, "sw-1/sensor:Inlet", (300, 600), None).unwrap().points.is_empty());
    let unknown = history(&core, "sw-1/Gi1/in_bbs", (0, 600), None).unwrap_err();
    assert!(unknown.contains("`in_bbs`") && unknown.contains("in_bps"), "{unknown}");
}

/// Two ports of two switches over ten minutes: the second switch's port carries a burst.
fn over(column: &str, filter: &str, limit: usize) -> Vec<(String, f64, f64, f64)> {
    let (mut core, _store) = lived();
    core.turn(&poll(2, 601, OperStatus::Up)).unwrap();
    let sort = Some(crate::query::Sort { column: column.to_owned(), descending: true });
    let range = Some(TimeRange { from: at(0), to: at(600) });
    let window = crate::query::Window { offset: 0, rows: limit };
    let request = ViewRequest { sort, range, window, filter: filter.to_owned(), ..request(Screen::Interfaces, Some(600)) };
    let view = core.answer(&request);
    assert_eq!(view.chrome.fault, None);
    let ViewBody::Interfaces(table) = view.body else { panic!("interfaces") };
    let known = table.rows.iter().filter(|row| row.in_bps.is_some());
    known.map(|row| (row.device_name.clone(), row.in_bps.unwrap(), row.p95_in_bps.unwrap(), row.max_in_bps.unwrap())).collect()
}

#[test]
fn rows_over_a_range_have_its_means_and_are_filtered_and_sorted_by_them() {
    let near = |rows: Vec<(String, f64, f64, f64)>| {
        rows.into_iter()
            .map(|(name, mean, p95, max)| {
                assert!([mean, p95, max].iter().all(|bps| (bps - 8000.0).abs() < 10.0), "{name}: {mean} {p95} {max}");
                name
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(near(over("p95", "", 2)), ["sw-1", "sw-2"]);
    assert_eq!(near(over("util", "device:sw-2 and in>=7k", 9)), ["sw-2"]);
    assert_eq!(near(over("maxBps", "in>=9k", 9)), Vec::<String>::new());
}

#[test]
fn devices_over_a_range_have_means_and_extremes() {
    let (core, _store) = lived();
    let range = Some(TimeRange { from: at(0), to: at(600) });
    let sort = Some(crate::query::Sort { column: "p95RttMs".to_owned(), descending: true });
    let view = core.answer(&ViewRequest { range, sort, ..request(Screen::Devices, Some(600)) });
    let ViewBody::Devices(table) = view.body else { panic!("devices") };
    assert_eq!(table.rows.len(), 2);
    for row in &table.rows {
        assert!((row.rtt_ms.unwrap() - 1.0).abs() < 1e-9, "{row:?}");
        assert!(row.over.iter().any(|(metric, extremes)| *metric == Metric::RttMs && (extremes.max - 1.0).abs() < 1e-9));
    }
}

#[test]
fn last_weeks_curve_lies_over_this_weeks() {
    let (core, store) = lived();
    let week = 7 * 86_400;
    let id = device(1, 0).id;
    let past = |secs: i64| crate::model::SampleBatch {
        device: id.clone(),
        at: at(secs - week),
        rows: vec![crate::model::SampleRow {
            part: Some("Gi1".to_owned()),
            cells: vec![crate::model::series::Cell {
                metric: Metric::InBps,
                value: u64::try_from(secs).unwrap() * 500,
                broken: false,
            }],
        }],
    };
    store.samples_backfill(&(30..=600).step_by(30).map(past).collect::<Vec<_>>()).unwrap();
    let subject = Some(Subject::Interface(id.clone(), "Gi1".to_owned()));
    let compare_secs = Some(u32::try_from(week).unwrap());
    let view = core.answer(&ViewRequest { subject, compare_secs, ..request(Screen::Interface, Some(600)) });
    let ViewBody::Interface(graph) = view.body else { panic!("interface") };
    let known: Vec<f64> = graph.earlier_in_bps.iter().filter_map(|point| point.value).collect();
    assert!(!known.is_empty() && known.iter().all(|bps| (bps - 4000.0).abs() < 1.0), "{known:?}");
    assert!(graph.earlier_in_bps.iter().all(|point| point.at > at(600 - 3600) && point.at <= at(615)));
    assert!(graph.in_bps.iter().filter_map(|band| band.value).all(|bps| (bps - 8000.0).abs() < 1.0));
}

#[test]
fn a_past_brings_its_own_counters() {
    let store = Arc::new(MemoryStore::new());
    let mut core = Core::restore(Arc::clone(&store) as Arc<dyn Store>, "HQ", Settings::default()).unwrap();
    let port = EntityKey { device: device(1, 0).id, part: Some("Gi1".to_owned()) };
    let kept = || store.samples_read(&port, Metric::InBps, TimeRange { from: at(0), to: at(600) }).unwrap().len();
    core.sow([vec![inventory(1, 0)], [30, 60].map(|secs| poll(1, secs, OperStatus::Up)).to_vec()].concat()).unwrap();
    assert_eq!(kept(), 0);
    core.turn(&poll(1, 90, OperStatus::Up)).unwrap();
    assert_eq!(kept(), 1);
}
