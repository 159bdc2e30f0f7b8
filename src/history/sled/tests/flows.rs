//! Flows on disk: the cap, crashes, damage, copies, stores that are only read.

use super::*;
use crate::history::FlowStore;
use crate::history::sled::Replace;
use crate::history::sled::folder::bytes_below;
use crate::model::flow::{
    ExporterKey, FlowAddr, FlowColumns, FlowFields, FlowLevel, FlowRecord, FlowTime, FlowVersion, TalkKey, TalkSum, Talks,
};
use std::ops::ControlFlow;

const ALL: TimeRange = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };

fn records(secs: i64, count: u64) -> FlowColumns {
    let exporter = ExporterKey { address: [192, 0, 2, 1].into(), version: FlowVersion::Ipfix, domain: 0 };
    let mut columns =
        FlowColumns { received: Timestamp::from_secs(EPOCH + secs), exporters: vec![exporter], ..FlowColumns::default() };
    for n in 0..count {
        let octets = value(n, secs as u64);
        columns.push(0, &FlowRecord { src: FlowAddr::v4(octets as u32), octets, ..FlowRecord::default() });
    }
    columns
}

fn minute(secs: i64) -> FlowTime {
    let key = TalkKey { src: FlowAddr::v4(secs as u32), ..TalkKey::default() };
    let sum = TalkSum { octets: 100, flows: 1, ..TalkSum::default() };
    FlowTime {
        start: FlowLevel::Minute.start_of(Timestamp::from_secs(EPOCH + secs)),
        exporters: records(0, 0).exporters,
        talks: Talks { rows: vec![(key, sum)], ..Talks::default() },
        ..FlowTime::default()
    }
}

fn count(store: &SledStore) -> (usize, usize) {
    let (mut rows, mut minutes) = (0, 0);
    store
        .flow_records_scan(ALL, FlowFields::ALL, &mut |columns| {
            assert!(columns.is_sound());
            rows += columns.len();
            ControlFlow::Continue(())
        })
        .unwrap();
    store
        .flow_talks_scan(FlowLevel::Minute, ALL, &mut |_| {
            minutes += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
    (rows, minutes)
}

fn filled(path: &Path) -> SledStore {
    let store = SledStore::open(path).unwrap();
    for n in 0..30 {
        store.flow_records_append(&records(n * 60, 1000)).unwrap();
        store.flow_talks_append(&minute(n * 60)).unwrap();
    }
    store.flush().unwrap();
    store.flows_flush().unwrap();
    store
}

#[test]
fn records_go_first_when_the_cap_is_reached_and_minutes_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let before = bytes_below(folder.path());
    let limits = Limits { now: Timestamp::from_secs(EPOCH + 1800), max_bytes: Some(before - 60_000), ..forever() };
    let done = store.maintain(&limits).unwrap();
    assert!(done.capped.iter().all(|name| name.starts_with("flows/records/2023")), "{:?}", done.capped);
    let (rows, minutes) = count(&store);
    assert!(rows > 0 && rows < 30_000 && minutes == 30, "{rows} {minutes}");
    // The running file as well, where nothing else is left of records.
    let limits = Limits { max_bytes: Some(1), ..limits };
    store.maintain(&limits).unwrap();
    assert_eq!(count(&store), (0, 30));
    store.flow_records_append(&records(1900, 5)).unwrap();
    assert_eq!(count(&store).0, 5, "it goes on");
}

#[test]
fn what_was_flushed_is_there_whatever_is_cut_off_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let newest = |kind: &str| {
        let mut files: Vec<_> =
            fs::read_dir(folder.path().join("flows").join(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.pop().unwrap()
    };
    let (path, minutes) = (newest("records"), newest("1m"));
    let whole = (fs::read(&path).unwrap(), fs::read(&minutes).unwrap());
    for cut in [1, 47, 48, 49, 3000] {
        fs::write(&path, &whole.0[..whole.0.len() - cut]).unwrap();
        fs::write(&minutes, &whole.1[..whole.1.len() - cut.min(60)]).unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        assert_eq!(count(&store), (29_000, 29), "{cut}");
        assert_eq!(store.verify().unwrap(), [], "what a crash left is no damage");
        store.flow_records_append(&records(1750, 7)).unwrap();
        store.flows_flush().unwrap();
        assert_eq!(count(&store).0, 29_007);
    }
}

#[test]
fn a_damaged_block_is_named_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let records = folder.path().join("flows/records");
    let path = fs::read_dir(&records).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let store = SledStore::open_read_only(folder.path()).unwrap();
    let faults = store.verify().unwrap();
    assert!(faults.len() == 1 && faults[0].0 == path && faults[0].1.contains("1 block of 1000 rows"), "{faults:?}");
    assert_eq!(count(&store), (29_000, 30));
    assert_eq!(store.stats().unwrap().flows, 30_000);
}

#[test]
fn a_copy_has_all_flows_and_a_store_that_is_only_read_takes_none() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let store = filled(&at("own"));
    store.flow_records_append(&records(1810, 3)).unwrap();
    store.backup(&at("copy")).unwrap();
    let copy = SledStore::open_read_only(&at("copy")).unwrap();
    assert_eq!(count(&copy), (30_003, 30));
    assert!(copy.flow_records_append(&records(0, 1)).is_err() && copy.flow_talks_append(&minute(0)).is_err());
    drop(copy);
    SledStore::restore(&at("copy"), &at("new"), Replace::Never).unwrap();
    assert_eq!(count(&SledStore::open(&at("new")).unwrap()), (30_003, 30));
}

#[test]
fn a_full_block_is_written_at_once_and_records_that_make_no_sense_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    store.flow_records_append(&records(0, 140_000)).unwrap();
    let wrong = FlowColumns { exporter: vec![7], ..records(0, 1) };
    store.flow_records_append(&wrong).unwrap();
    store.flow_records_append(&FlowColumns { received: Timestamp(-5), ..records(0, 2) }).unwrap();
    assert_eq!((count(&store).0, store.stats().unwrap().lost), (140_000, 3));
    // Without a flush, as if it had been killed.
    std::mem::forget(store);
    let copied = folder.path().join("copied");
    for entry in ["flows/records"] {
        fs::create_dir_all(copied.join(entry)).unwrap();
        for file in fs::read_dir(folder.path().join(entry)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copied.join(entry).join(file.file_name())).unwrap();
        }
    }
    assert_eq!(count(&SledStore::open(&copied).unwrap()).0, 2 * crate::history::flows::records::ROWS);
}

#[test]
fn an_hour_to_which_something_comes_late_is_made_again_and_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    let now = |secs: i64| Limits { now: Timestamp::from_secs(EPOCH + secs), ..forever() };
    let hours = || {
        let mut found = Vec::new();
        store
            .flow_talks_scan(FlowLevel::Hour, ALL, &mut |time| {
                found.push(time.talks.total().octets);
                ControlFlow::Continue(())
            })
            .unwrap();
        found
    };
    store.flow_talks_append(&minute(0)).unwrap();
    store.maintain(&now(3 * 3600)).unwrap();
    assert_eq!(hours(), [100]);
    store.maintain(&now(3 * 3600)).unwrap();
    store.flow_talks_append(&minute(1)).unwrap();
    store.maintain(&now(4 * 3600)).unwrap();
    assert_eq!(hours(), [200]);
}
