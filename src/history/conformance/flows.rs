//! What every store does with flows.

use crate::history::{Limits, Store};
use crate::model::flow::{
    ExporterKey, FlowAddr, FlowColumns, FlowFields, FlowLevel, FlowRecord, FlowTime, FlowVersion, TalkKey, TalkSum, Talks,
};
use crate::model::{TimeRange, Timestamp};
use std::ops::ControlFlow;
use std::time::Duration;

/// Midnight of a day.
const START: i64 = 1_700_006_400;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(START + secs)
}

fn range(from: i64, to: i64) -> TimeRange {
    TimeRange { from: at(from), to: at(to) }
}

const ALL: TimeRange = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };

fn exporter(domain: u32) -> ExporterKey {
    ExporterKey { address: [192, 0, 2, 1].into(), version: FlowVersion::NetFlow9, domain }
}

fn records(secs: i64, domain: u32, numbers: std::ops::Range<u32>) -> FlowColumns {
    let mut columns = FlowColumns { received: at(secs), exporters: vec![exporter(domain)], ..FlowColumns::default() };
    for n in numbers {
        let record = FlowRecord {
            src: FlowAddr::v4(n),
            octets: u64::from(n),
            start: at(secs - 30),
            end: at(secs),
            ..FlowRecord::default()
        };
        columns.push(0, &record);
    }
    columns
}

/// Every record that a scan finds, as its exporter's domain and its source, in order.
fn found(store: &dyn Store, range: TimeRange) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    store
        .flow_records_scan(range, FlowFields::SRC, &mut |columns| {
            for row in 0..columns.len() {
                let exporter = columns.exporters[usize::from(columns.exporter[row])];
                found.push((exporter.domain, columns.src[row].0 as u32));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

fn minute(secs: i64, octets: u64) -> FlowTime {
    let sum = TalkSum { octets, packets: 1, seen_packets: 1, flows: 1, ..TalkSum::default() };
    let key = TalkKey { src: FlowAddr::v4(octets as u32 % 3), protocol: 6, ..TalkKey::default() };
    FlowTime {
        start: at(secs),
        level: FlowLevel::Minute,
        exporters: vec![exporter(1)],
        talks: Talks { rows: vec![(key, sum)], rest: vec![(TalkKey::default(), sum)], ..Talks::default() },
        ..FlowTime::default()
    }
}

/// Start in seconds, and total octets of each stretch.
fn stretches(store: &dyn Store, level: FlowLevel, range: TimeRange) -> Vec<(i64, u64)> {
    let mut found = Vec::new();
    store
        .flow_talks_scan(level, range, &mut |time| {
            assert_eq!(time.level, level);
            found.push((time.start.secs() - START, time.talks.total().octets));
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

fn limits(now: i64) -> Limits {
    let days = |days: u64| Duration::from_secs(days * 86_400);
    Limits { now: at(now), raw: days(9), minute: days(2), hour: days(9), flow_records: days(1), logs: days(9), max_bytes: None }
}

pub fn flow_records_come_back_by_the_time_when_they_were_received(store: &dyn Store) {
    assert_eq!(found(store, ALL), []);
    store.flow_records_append(&records(10, 1, 0..300)).unwrap();
    store.flow_records_append(&records(11, 2, 300..305)).unwrap();
    store.flows_flush().unwrap();
    store.flow_records_append(&records(70, 1, 305..310)).unwrap();
    let numbers = |range: std::ops::Range<u32>, domain: u32| range.map(move |n| (domain, n)).collect::<Vec<_>>();
    assert_eq!(found(store, range(0, 10)), numbers(0..300, 1));
    assert_eq!(found(store, range(11, 11)), numbers(300..305, 2));
    assert_eq!(found(store, range(12, 100)), numbers(305..310, 1));
    assert_eq!(found(store, ALL).len(), 310);
    assert_eq!(found(store, range(100, 0)), []);
    let kept = store.flow_records_kept(range(60, 80)).unwrap();
    assert_eq!((kept.rows, kept.span), (5, Some(range(10, 70))));
    assert_eq!(store.stats().unwrap().flows, 310);
}

pub fn a_scan_ends_when_it_is_told_to(store: &dyn Store) {
    (0..5).for_each(|n| store.flow_records_append(&records(n * 60, 1, 0..3)).unwrap());
    (0..5).for_each(|n| store.flow_talks_append(&minute(n * 60, 1)).unwrap());
    let (mut blocks, mut times) = (0, 0);
    store
        .flow_records_scan(ALL, FlowFields::ALL, &mut |_| {
            blocks += 1;
            ControlFlow::Break(())
        })
        .unwrap();
    store
        .flow_talks_scan(FlowLevel::Minute, ALL, &mut |_| {
            times += 1;
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!((blocks, times), (1, 1));
}

pub fn minutes_of_flows_come_back_by_their_starts_and_parts_add_up(store: &dyn Store) {
    for (secs, octets) in [(60, 10), (120, 20), (0, 5), (60, 1), (86_400, 7)] {
        store.flow_talks_append(&minute(secs, octets)).unwrap();
    }
    store.flush().unwrap();
    assert_eq!(stretches(store, FlowLevel::Minute, range(0, 120)), [(0, 10), (60, 20), (60, 2), (120, 40)]);
    assert_eq!(stretches(store, FlowLevel::Minute, range(61, 90_000)), [(120, 40), (86_400, 14)]);
    assert_eq!(stretches(store, FlowLevel::Hour, ALL), []);
    let starts = store.flow_talks_starts(FlowLevel::Minute, range(1, 90_000)).unwrap();
    assert_eq!(starts, [60, 120, 86_400].map(at));
}

pub fn minutes_are_summed_up_to_hours_and_days_and_nothing_is_missing(store: &dyn Store) {
    for hour in 0..24 {
        (0..60).step_by(7).for_each(|n| store.flow_talks_append(&minute(hour * 3600 + n * 60, 10)).unwrap());
    }
    // The last hour has not settled.
    store.maintain(&limits(24 * 3600 + 60)).unwrap();
    assert_eq!(stretches(store, FlowLevel::Hour, ALL).len(), 23);
    assert_eq!(stretches(store, FlowLevel::Day, ALL), []);
    store.maintain(&limits(27 * 3600)).unwrap();
    store.maintain(&limits(27 * 3600)).unwrap();
    let hours = stretches(store, FlowLevel::Hour, ALL);
    assert_eq!(hours, (0..24).map(|hour| (hour * 3600, 9 * 20)).collect::<Vec<_>>());
    assert_eq!(stretches(store, FlowLevel::Day, ALL), [(0, 24 * 9 * 20)]);
    let minutes: u64 = stretches(store, FlowLevel::Minute, ALL).iter().map(|(_, octets)| octets).sum();
    assert_eq!(minutes, 24 * 9 * 20);
}

pub fn flows_go_when_they_are_older_than_they_are_kept(store: &dyn Store) {
    for day in 0..4 {
        store.flow_records_append(&records(day * 86_400, 1, 0..10)).unwrap();
        store.flow_talks_append(&minute(day * 86_400, 10)).unwrap();
    }
    store.flows_flush().unwrap();
    store.maintain(&limits(4 * 86_400)).unwrap();
    assert_eq!(found(store, ALL).len(), 10, "one day of records");
    assert_eq!(stretches(store, FlowLevel::Minute, ALL), [(2 * 86_400, 20), (3 * 86_400, 20)]);
    assert_eq!(stretches(store, FlowLevel::Day, ALL).len(), 3, "the last has not settled");
    assert_eq!(store.stats().unwrap().flows, 10);
}
