//! What every store does, as tests: each function runs on each implementation.

use super::flows::Visit;
use super::{
    AtQuery, Checkpoint, EntityLast, FlowKept, FlowStore, JournalRecord, LOOKBACK_SECS, Limits, Maintained, MemoryStore,
    SledStore, Store, StoreError, StoreStats, keep_checkpoints,
};
use crate::model::flow::{FlowColumns, FlowFields, FlowLevel, FlowTime};
use crate::model::rollup::{Level, Rollup};
use crate::model::series::{Cell, SeriesColumn, named_part};
use crate::model::{DeviceId, EntityKey, Metric, Sample, SampleBatch, SampleRow, TimeRange, Timestamp};

mod flows;
mod reopening;
mod rollups;

use flows::{
    a_scan_ends_when_it_is_told_to, flow_records_come_back_by_the_time_when_they_were_received,
    flows_go_when_they_are_older_than_they_are_kept, minutes_are_summed_up_to_hours_and_days_and_nothing_is_missing,
    minutes_of_flows_come_back_by_their_starts_and_parts_add_up,
};
use rollups::{
    a_day_that_is_written_to_again_is_summed_up_again, rollups_are_the_same_before_and_after_a_day_was_summed_up,
    series_under_names_of_their_own_are_kept_and_summed_up, what_is_old_goes_and_its_rollups_stay_as_long_as_they_are_kept,
};

/// The test epoch: noon of a day, so that hours about it stay in one day.
const NOON: i64 = 1_700_049_600;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(NOON + secs)
}

fn range(from: i64, to: i64) -> TimeRange {
    TimeRange { from: at(from), to: at(to) }
}

fn cell(metric: Metric, value: u64) -> Cell {
    Cell { metric, value, broken: false }
}

fn port(device: &str, name: &str) -> EntityKey {
    EntityKey { device: DeviceId::new(device), part: Some(name.into()) }
}

fn batch(device: &str, secs: i64, rows: &[(&str, &[Cell])]) -> SampleBatch {
    let rows = rows
        .iter()
        .map(|(part, cells)| SampleRow { part: (!part.is_empty()).then(|| (*part).to_owned()), cells: cells.to_vec() });
    SampleBatch { device: DeviceId::new(device), at: at(secs), rows: rows.collect() }
}

fn values(samples: &[Sample]) -> Vec<(i64, Option<u64>)> {
    samples.iter().map(|sample| (sample.at.secs() - NOON, sample.value)).collect()
}

fn read(store: &dyn Store, entity: &EntityKey, metric: Metric, from: i64, to: i64) -> Vec<(i64, Option<u64>)> {
    values(&store.samples_read(entity, metric, range(from, to)).unwrap())
}

/// `count` polls of one port, 30 s apart from `from`, counting 100 a poll.
fn polls(store: &dyn Store, device: &str, from: i64, count: i64) {
    for step in 0..count {
        let value = u64::try_from(from + step * 100).unwrap();
        store.samples_append(&[batch(device, from + step * 30, &[("p1", &[cell(Metric::InBps, value)])])]).unwrap();
    }
}

fn last_of(store: &dyn Store, device: Option<&str>, secs: i64, within_secs: u32) -> Vec<(String, Metric, Option<u64>, u64)> {
    let device = device.map(DeviceId::new);
    let query = AtQuery { device: device.as_ref(), at: at(secs), within_secs, metrics: &Metric::ALL };
    let mut found: Vec<_> = Vec::new();
    for entity in store.samples_at(&query).unwrap() {
        for last in &entity.metrics {
            let name = format!("{}/{}", entity.entity.device, entity.entity.part.as_deref().unwrap_or("-"));
            found.push((name, last.metric, last.before.and_then(|sample| sample.value), last.last.value.unwrap()));
        }
    }
    found.sort();
    found
}

fn journal_numbers_are_consecutive_and_found_by_time(store: &dyn Store) {
    assert_eq!(store.journal_append(&[]).unwrap(), 0);
    let records: Vec<_> = (0..50i64).map(|n| (at(n * 10), vec![u8::try_from(n).unwrap(); 3])).collect();
    assert_eq!(store.journal_append(&records[..20]).unwrap(), 20);
    store.flush().unwrap();
    assert_eq!(store.journal_append(&records[20..]).unwrap(), 50);
    let found = store.journal_read(10, at(300), 1000).unwrap();
    assert_eq!(found.iter().map(|record| record.seq).collect::<Vec<_>>(), (11..=31).collect::<Vec<_>>());
    assert_eq!(found[0].bytes, vec![10; 3]);
    assert_eq!(store.journal_read(10, at(300), 2).unwrap().len(), 2);
    let found = store.journal_range(range(100, 399), 5).unwrap();
    assert_eq!(found.iter().map(|record| record.seq).collect::<Vec<_>>(), vec![36, 37, 38, 39, 40]);
    assert!(store.journal_range(range(1000, 2000), 5).unwrap().is_empty());
    assert_eq!(store.span().unwrap(), Some(range(0, 490)));
}

fn a_clock_that_stepped_back_hides_no_record(store: &dyn Store) {
    let times = [0, 10, 9, 20, 5000, 5010, 100, 110, 105, 120, 5000, 5020];
    let records: Vec<_> = times.iter().map(|secs| (at(*secs), Vec::new())).collect();
    for record in records {
        store.journal_append(&[record]).unwrap();
        store.flush().unwrap();
    }
    let seqs = |found: Vec<super::JournalRecord>| found.into_iter().map(|record| record.seq).collect::<Vec<_>>();
    assert_eq!(seqs(store.journal_read(0, at(115), 100).unwrap()), vec![1, 2, 3, 4, 7, 8, 9]);
    assert_eq!(seqs(store.journal_range(range(9, 110), 100).unwrap()), vec![2, 3, 4, 7, 8, 9]);
    assert_eq!(seqs(store.journal_range(range(5000, 6000), 3).unwrap()), vec![6, 11, 12]);
}

fn the_last_checkpoint_before_a_time_comes_back_whole(store: &dyn Store) {
    let big: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    let make = |seq, secs| Checkpoint {
        seq,
        at: at(secs),
        parts: vec![("devices".into(), big.clone()), ("empty".into(), Vec::new()), ("n".into(), vec![seq as u8])],
    };
    assert_eq!(store.checkpoint_before(at(1000)).unwrap(), None);
    for (seq, secs) in [(1, 100), (2, 200), (3, 300)] {
        store.checkpoint_write(&make(seq, secs)).unwrap();
    }
    assert_eq!(store.checkpoint_before(at(99)).unwrap(), None);
    assert_eq!(store.checkpoint_before(at(100)).unwrap(), Some(make(1, 100)));
    assert_eq!(store.checkpoint_before(at(299)).unwrap(), Some(make(2, 200)));
    assert_eq!(store.checkpoint_before(at(9999)).unwrap(), Some(make(3, 300)));
    assert_eq!(store.stats().unwrap().checkpoints, 3);
}

fn samples_read_back_as_written_with_the_one_before(store: &dyn Store) {
    polls(store, "a", 0, 200);
    store.flush().unwrap();
    let found = read(store, &port("a", "p1"), Metric::InBps, 60, 120);
    assert_eq!(found, vec![(30, Some(100)), (60, Some(200)), (90, Some(300)), (120, Some(400))]);
    let all = read(store, &port("a", "p1"), Metric::InBps, 0, 100_000);
    assert_eq!(all, (0..200).map(|n| (n * 30, Some(u64::try_from(n * 100).unwrap()))).collect::<Vec<_>>());
    let late = 199 * 30 + i64::from(LOOKBACK_SECS);
    assert_eq!(read(store, &port("a", "p1"), Metric::InBps, late, late + 60).len(), 1);
    assert_eq!(read(store, &port("a", "p1"), Metric::InBps, late + 1, late + 60), vec![]);
    assert_eq!(read(store, &port("a", "p1"), Metric::OutBps, 0, 100_000), vec![]);
    assert_eq!(read(store, &port("a", "p2"), Metric::InBps, 0, 100_000), vec![]);
    assert_eq!(read(store, &port("b", "p1"), Metric::InBps, 0, 100_000), vec![]);
}

fn a_metric_that_is_missing_is_a_gap_and_never_zero(store: &dyn Store) {
    let both = [cell(Metric::InBps, 7), cell(Metric::OutBps, 0)];
    store.samples_append(&[batch("a", 0, &[("p1", &both), ("p2", &both)])]).unwrap();
    store.samples_append(&[batch("a", 30, &[("p1", &both[1..]), ("p2", &both)])]).unwrap();
    store.samples_append(&[batch("a", 60, &[("p2", &both)])]).unwrap();
    store.samples_append(&[batch("a", 90, &[("p1", &both), ("p2", &[])])]).unwrap();
    assert_eq!(read(store, &port("a", "p1"), Metric::InBps, 0, 90), vec![(0, Some(7)), (30, None), (90, Some(7))]);
    assert_eq!(read(store, &port("a", "p1"), Metric::OutBps, 0, 90), vec![(0, Some(0)), (30, Some(0)), (90, Some(0))]);
    assert_eq!(read(store, &port("a", "p2"), Metric::InBps, 0, 90), vec![(0, Some(7)), (30, Some(7)), (60, Some(7))]);
    assert_eq!(
        last_of(store, None, 30, 100),
        vec![
            ("a/p1".into(), Metric::InBps, None, 7),
            ("a/p1".into(), Metric::OutBps, Some(0), 0),
            ("a/p2".into(), Metric::InBps, Some(7), 7),
            ("a/p2".into(), Metric::OutBps, Some(0), 0),
        ]
    );
}

fn extremes_and_breaks_come_back_exactly(store: &dyn Store) {
    let samples = [0, u64::MAX, 1, u64::MAX - 1, 1 << 63, 0, 0, 5];
    for (step, value) in samples.iter().enumerate() {
        let cell = Cell { metric: Metric::InBps, value: *value, broken: step % 3 == 0 };
        store.samples_append(&[batch("a", step as i64, &[("", &[cell])])]).unwrap();
    }
    let entity = EntityKey { device: DeviceId::new("a"), part: None };
    let found = store.samples_read(&entity, Metric::InBps, range(0, 100)).unwrap();
    assert_eq!(found.iter().map(|sample| sample.value.unwrap()).collect::<Vec<_>>(), samples);
    assert!(found.iter().enumerate().all(|(step, sample)| sample.broken == (step % 3 == 0)));
}

fn the_last_two_at_a_time_are_found_wherever_they_lie(store: &dyn Store) {
    polls(store, "a", 0, 150);
    polls(store, "b", 0, 10);
    for step in 0..150i64 {
        let value = u64::try_from(step * 100).unwrap();
        let before = (step > 0).then(|| value - 100);
        assert_eq!(last_of(store, Some("a"), step * 30 + 5, 90), vec![("a/p1".into(), Metric::InBps, before, value)]);
    }
    assert_eq!(last_of(store, None, 270, 90).len(), 2);
    assert_eq!(last_of(store, None, 270 + 91, 90).len(), 1);
    assert_eq!(last_of(store, Some("b"), 270 + 90, 90), vec![("b/p1".into(), Metric::InBps, None, 900)]);
    assert!(last_of(store, None, -1, 90).is_empty());
    assert!(last_of(store, Some("c"), 100, 90).is_empty());
    let query = AtQuery { device: None, at: at(100), within_secs: 90, metrics: &[Metric::OutBps] };
    assert!(store.samples_at(&query).unwrap().is_empty());
}

fn ports_that_come_and_go_keep_their_own_values(store: &dyn Store) {
    for step in 0..100i64 {
        let mut rows: Vec<(&str, Vec<Cell>)> = Vec::new();
        for (n, name) in ["p1", "p2", "p3", "p4"].into_iter().enumerate() {
            if (step / 7 + n as i64) % 3 != 0 {
                rows.push((name, vec![cell(Metric::InBps, (step * 10) as u64 + n as u64), cell(Metric::OperStatus, n as u64)]));
            }
        }
        rows.rotate_left((step % 2) as usize);
        let rows: Vec<(&str, &[Cell])> = rows.iter().map(|(name, cells)| (*name, cells.as_slice())).collect();
        store.samples_append(&[batch("a", step * 60, &rows)]).unwrap();
    }
    for (n, name) in ["p1", "p2", "p3", "p4"].into_iter().enumerate() {
        let present = (0..100i64).filter(|step| (step / 7 + n as i64) % 3 != 0);
        let expected: Vec<_> = present.map(|step| (step * 60, Some((step * 10) as u64 + n as u64))).collect();
        assert_eq!(read(store, &port("a", name), Metric::InBps, 0, 10_000), expected, "{name}");
        assert!(read(store, &port("a", name), Metric::OperStatus, 0, 10_000).iter().all(|(_, v)| *v == Some(n as u64)));
    }
}

fn a_past_is_backfilled_in_any_order_of_days(store: &dyn Store) {
    const DAY: i64 = 86_400;
    let day = |from: i64| -> Vec<SampleBatch> {
        let value = |secs: i64| u64::try_from(secs + 10 * DAY).unwrap();
        (0..288).map(|n| from + n * 300).map(|secs| batch("a", secs, &[("p1", &[cell(Metric::InBps, value(secs))])])).collect()
    };
    polls(store, "a", 0, 10);
    for days_ago in 1..=3 {
        store.samples_backfill(&day(-days_ago * DAY)).unwrap();
    }
    store.flush().unwrap();
    let found = read(store, &port("a", "p1"), Metric::InBps, -3 * DAY, -1);
    let expected: Vec<_> = (0..3 * 288).map(|n| -3 * DAY + n * 300).map(|s| (s, Some((s + 10 * DAY) as u64))).collect();
    assert_eq!(found, expected);
    assert_eq!(read(store, &port("a", "p1"), Metric::InBps, 0, 300).len(), 11, "ten polls and the one before");
    assert_eq!(last_of(store, None, -DAY + 10, 900).len(), 1);
    assert_eq!(last_of(store, None, -DAY + 10, 900)[0].2, Some((9 * DAY - 300) as u64));
    assert_eq!(store.span().unwrap(), Some(range(-3 * DAY, 270)));
}

fn midnight_parts_no_series(store: &dyn Store) {
    let midnight = 43_200;
    polls(store, "a", midnight - 3000, 200);
    store.flush().unwrap();
    assert_eq!(read(store, &port("a", "p1"), Metric::InBps, midnight - 3000, midnight + 3000).len(), 200);
    let found = last_of(store, None, midnight + 10, 90);
    assert_eq!((found[0].2, found[0].3), (Some(u64::try_from(midnight - 3000 + 9900).unwrap()), 50_200));
}

fn a_clock_that_stepped_back_loses_no_sample(store: &dyn Store) {
    polls(store, "a", 3600, 20);
    polls(store, "a", 15, 20);
    polls(store, "a", 10_000, 100);
    store.flush().unwrap();
    let found = read(store, &port("a", "p1"), Metric::InBps, 0, 20_000);
    assert_eq!(found.len(), 140);
    assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert_eq!(found[0], (15, Some(15)));
    assert_eq!(found[20], (3600, Some(3600)));
}

fn readings_that_overtook_each_other_are_in_order(store: &dyn Store) {
    for step in 0..150i64 {
        let secs = step * 30 - (step % 3) * 40;
        let value = u64::try_from(secs + 1000).unwrap();
        store.samples_append(&[batch("a", secs, &[("p1", &[cell(Metric::InBps, value)])])]).unwrap();
    }
    store.flush().unwrap();
    let found = read(store, &port("a", "p1"), Metric::InBps, -1000, 100_000);
    assert_eq!(found.len(), 150);
    assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(found.iter().all(|(secs, value)| *value == u64::try_from(secs + 1000).ok()));
    for (index, (secs, value)) in found.iter().enumerate().skip(3) {
        let last = last_of(store, None, *secs, 300);
        assert_eq!((last[0].2, Some(last[0].3)), (found[index - 1].1, *value));
    }
}

fn figures_count_what_was_written(store: &dyn Store) {
    let before = store.stats().unwrap();
    assert_eq!((before.samples, before.series, before.events, before.bytes_per_sample), (0, 0, 0, None));
    polls(store, "a", 0, 130);
    store.journal_append(&[(at(0), vec![1, 2, 3])]).unwrap();
    store.flush().unwrap();
    let stats = store.stats().unwrap();
    assert_eq!((stats.samples, stats.series, stats.events, stats.lost), (130, 1, 1, 0));
    assert!(stats.bytes > 0 && stats.bytes_per_sample.unwrap() > 0.0);
    assert_eq!(stats.periods.iter().map(|period| period.samples).sum::<u64>(), 130);
    assert_eq!((stats.oldest, stats.newest), (Some(at(0)), Some(at(129 * 30))));
    assert_eq!(store.entities().unwrap(), vec![port("a", "p1")]);
}

fn whole_series_read_back_as_given(store: &dyn Store) {
    let times = |jitter: i64| -> Vec<i64> { (0..2000).map(|n| at(n * 60).millis() + (n * n * jitter) % 171).collect() };
    let wide = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let columns = [
        (port("a", "p1"), Metric::InBps, times(3), (0..2000).map(|n| n * 1_000_003 % (1 << 20)).collect::<Vec<u64>>()),
        (port("a", "p1"), Metric::OutBps, times(5), (0..2000).collect()),
        (port("a", "p2"), Metric::NamedFloat, times(3), (0..2000).map(wide).collect()),
        (port("b", "p"), Metric::NamedWhole, times(7), vec![u64::MAX; 2000]),
    ];
    let columns = columns.map(|(entity, metric, times, values)| SeriesColumn { entity, metric, times, values });
    store.columns_backfill(&columns).unwrap();
    store.flush().unwrap();
    for column in &columns {
        let found = store.samples_read(&column.entity, column.metric, range(0, 3 * 86_400)).unwrap();
        let found: Vec<&Sample> = found.iter().filter(|sample| sample.value.is_some()).collect();
        assert_eq!(found.iter().map(|sample| sample.at.millis()).collect::<Vec<_>>(), column.times);
        assert_eq!(found.iter().filter_map(|sample| sample.value).collect::<Vec<_>>(), column.values);
        let falls = found.windows(2).filter(|pair| pair[1].value < pair[0].value).count();
        let broken = found.iter().filter(|sample| sample.broken).count();
        assert_eq!(broken, if column.metric == Metric::InBps { falls } else { 0 });
    }
    let end = last_of(store, Some("a"), 1999 * 60 + 1, 90);
    assert!(end.contains(&("a/p1".to_owned(), Metric::OutBps, Some(1998), 1999)), "{end:?}");
}

fn named_values_are_kept(store: &dyn Store) {
    assert_eq!(store.meta_get("run").unwrap(), None);
    store.meta_set("run", b"1").unwrap();
    store.meta_set("run", b"22").unwrap();
    assert_eq!(store.meta_get("run").unwrap().as_deref(), Some(&b"22"[..]));
}

fn days_are_forgotten_whole(store: &dyn Store) {
    const DAY: i64 = 86_400;
    for day in 0..4 {
        let past: Vec<_> = (0..10).map(|n| batch("a", day * DAY + n * 300, &[("p1", &[cell(Metric::InBps, 7)])])).collect();
        store.samples_backfill(&past).unwrap();
    }
    store.flush().unwrap();
    assert_eq!(store.forget_before(at(2 * DAY)).unwrap(), 2);
    assert_eq!(store.forget_before(at(2 * DAY)).unwrap(), 0);
    assert_eq!(store.span().unwrap(), Some(range(2 * DAY, 3 * DAY + 2700)));
    assert_eq!(read(store, &port("a", "p1"), Metric::InBps, 0, 4 * DAY).len(), 20);
    assert_eq!(store.stats().unwrap().samples, 20);
}

const DAY: i64 = 86_400;

macro_rules! conform {
    ($($test:ident)*) => {
        mod memory {
            $(#[test] fn $test() { super::$test(&super::MemoryStore::new()); })*
        }

        mod sled {
            $(#[test] fn $test() {
                let folder = tempfile::tempdir().unwrap();
                super::$test(&super::SledStore::open(folder.path()).unwrap());
            })*
        }

        mod sled_opened_again_after_every_write {
            $(#[test] fn $test() {
                let folder = tempfile::tempdir().unwrap();
                super::$test(&super::reopening::Reopening::new(folder.path()));
            })*
        }
    };
}

conform! {
    journal_numbers_are_consecutive_and_found_by_time
    a_clock_that_stepped_back_hides_no_record
    the_last_checkpoint_before_a_time_comes_back_whole
    samples_read_back_as_written_with_the_one_before
    a_metric_that_is_missing_is_a_gap_and_never_zero
    extremes_and_breaks_come_back_exactly
    the_last_two_at_a_time_are_found_wherever_they_lie
    ports_that_come_and_go_keep_their_own_values
    a_past_is_backfilled_in_any_order_of_days
    midnight_parts_no_series
    a_clock_that_stepped_back_loses_no_sample
    days_are_forgotten_whole
    readings_that_overtook_each_other_are_in_order
    figures_count_what_was_written
    named_values_are_kept
    rollups_are_the_same_before_and_after_a_day_was_summed_up
    a_day_that_is_written_to_again_is_summed_up_again
    what_is_old_goes_and_its_rollups_stay_as_long_as_they_are_kept
    series_under_names_of_their_own_are_kept_and_summed_up
    whole_series_read_back_as_given
    flow_records_come_back_by_the_time_when_they_were_received
    a_scan_ends_when_it_is_told_to
    minutes_of_flows_come_back_by_their_starts_and_parts_add_up
    minutes_are_summed_up_to_hours_and_days_and_nothing_is_missing
    flows_go_when_they_are_older_than_they_are_kept
}

#[test]
fn checkpoints_thin_out_with_age() {
    let newest_first: Vec<Timestamp> = (0..5 * 24 * 4).map(|quarter| at(-quarter * 900)).collect();
    let keep = keep_checkpoints(&newest_first);
    assert!(keep[..9].iter().all(|kept| *kept), "two hours whole");
    let kept = keep.iter().filter(|kept| **kept).count();
    assert!((9 + 40..9 + 55).contains(&kept), "{kept}");
    let many: Vec<Timestamp> = (0..1000).map(|second| at(-second)).collect();
    assert_eq!(keep_checkpoints(&many).iter().filter(|kept| **kept).count(), super::MAX_CHECKPOINTS);
}
