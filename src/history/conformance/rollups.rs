//! What every store does with what is summed up, and with series under names of their own.

use super::*;

/// Kept for so many days, seen from the end of hour `hours` after the epoch of the tests.
fn limits(hours: i64, (raw, minute, hour): (u64, u64, u64)) -> Limits {
    let days = |days: u64| std::time::Duration::from_secs(days * 86_400);
    Limits {
        now: at(hours * 3600),
        raw: days(raw),
        minute: days(minute),
        hour: days(hour),
        flow_records: days(raw),
        logs: days(raw),
        max_bytes: None,
    }
}

fn rollups(store: &dyn Store, entity: &EntityKey, metric: Metric, (level, from, to): (Level, i64, i64)) -> Vec<Rollup> {
    store.rollups_read(entity, metric, (level, range(from, to))).unwrap()
}

/// Alike to what a rollup keeps.
fn same(kept: &[Rollup], made: &[Rollup]) {
    assert_eq!(kept.iter().map(|rollup| rollup.at).collect::<Vec<_>>(), made.iter().map(|rollup| rollup.at).collect::<Vec<_>>());
    for (kept, made) in kept.iter().zip(made) {
        for (a, b) in
            [(kept.min, made.min), (kept.mean, made.mean), (kept.max, made.max), (kept.last, made.last), (kept.p95, made.p95)]
        {
            assert!((a - b).abs() <= (b.abs() / 125.0).max(1e-3), "{kept:?} {made:?}");
        }
    }
}

/// From noon of a day to the evening of the next, a poll every 30 s, of a counter, a gauge and a status; a reboot, and an hour without polls.
fn two_days(store: &dyn Store) {
    let mut octets = 0u64;
    for step in 0..3900i64 {
        octets += 1_000_000 + (step as u64).wrapping_mul(0x9e37_79b9) % 500_000;
        let is_reboot = step == 1000;
        if is_reboot {
            octets = 17;
        }
        if (500..620).contains(&step) {
            continue;
        }
        let cells = [
            Cell { metric: Metric::InBps, value: octets, broken: is_reboot },
            cell(Metric::OperStatus, 1 + u64::from(step % 100 == 0)),
        ];
        let own = [cell(Metric::RttMs, Metric::RttMs.encode_gauge(1.5 + (step % 7) as f64))];
        store.samples_append(&[batch("a", step * 30, &[("p1", &cells), ("", &own)])]).unwrap();
    }
    store.flush().unwrap();
}

pub(super) fn rollups_are_the_same_before_and_after_a_day_was_summed_up(store: &dyn Store) {
    two_days(store);
    let device = EntityKey { device: DeviceId::new("a"), part: None };
    let asked: Vec<(EntityKey, Metric, Level)> =
        [(port("a", "p1"), Metric::InBps), (port("a", "p1"), Metric::OperStatus), (device, Metric::RttMs)]
            .into_iter()
            .flat_map(|(entity, metric)| Level::ALL.map(|level| (entity.clone(), metric, level)))
            .collect();
    let ask = || -> Vec<Vec<Rollup>> {
        asked.iter().map(|(entity, metric, level)| rollups(store, entity, *metric, (*level, 0, 2 * DAY))).collect()
    };
    let before = ask();
    // Noon to midnight, a whole day, and a day that still runs.
    assert_eq!(store.maintain(&limits(12, (9, 9, 9))).unwrap().rolled_up, 0, "an hour must pass");
    assert_eq!(store.maintain(&limits(37, (9, 9, 9))).unwrap().rolled_up, 2);
    assert_eq!(store.maintain(&limits(37, (9, 9, 9))).unwrap(), Maintained::default());
    for (before, after) in before.iter().zip(ask()) {
        assert!(before.len() > 30);
        same(&after, before);
    }
    let minutes = rollups(store, &port("a", "p1"), Metric::InBps, (Level::Minute, 0, 2 * DAY));
    // The silent hour and the rate across the reboot have none.
    assert!(minutes.iter().all(|minute| !(251 * 60..309 * 60).contains(&(minute.at.secs() - NOON))));
    assert!(minutes.iter().all(|minute| minute.mean > 260_000.0 && minute.max < 420_000.0), "a spike");
    assert!(minutes.iter().all(|minute| minute.min <= minute.mean && minute.mean <= minute.max));
    let hours = rollups(store, &port("a", "p1"), Metric::InBps, (Level::Hour, 3600, 3 * 3600));
    assert_eq!(hours.iter().map(|hour| hour.at.secs() - NOON).collect::<Vec<_>>(), [3600, 7200, 10_800]);
    assert!(hours.iter().all(|hour| hour.p95 > hour.mean && hour.p95 <= hour.max));
    // The hour in which a range ends is there as far as it had come, and of a time before anything was measured there is none.
    let running = rollups(store, &port("a", "p1"), Metric::InBps, (Level::Hour, 3600, 3720));
    assert_eq!(running.iter().map(|hour| hour.at.secs() - NOON).collect::<Vec<_>>(), [3600, 7200]);
    assert!(running[1].last != hours[1].last);
    assert_eq!(rollups(store, &port("a", "p1"), Metric::InBps, (Level::Hour, -7200, 0)), []);
    assert_eq!(rollups(store, &port("a", "p1"), Metric::InBps, (Level::Hour, -7200, -60)), []);
}

pub(super) fn a_day_that_is_written_to_again_is_summed_up_again(store: &dyn Store) {
    polls(store, "a", 0, 100);
    polls(store, "a", 2 * DAY, 100);
    store.flush().unwrap();
    assert_eq!(store.maintain(&limits(24, (9, 9, 9))).unwrap().rolled_up, 1);
    let asked = (Level::Minute, 0, 3 * 3600);
    let before = rollups(store, &port("a", "p1"), Metric::InBps, asked);
    let late: Vec<SampleBatch> =
        (100..200).map(|step| batch("a", step * 30, &[("p1", &[cell(Metric::InBps, step as u64 * 100)])])).collect();
    store.samples_backfill(&late).unwrap();
    store.flush().unwrap();
    let with = rollups(store, &port("a", "p1"), Metric::InBps, asked);
    assert!(with.len() >= before.len() + 49, "{} {}", with.len(), before.len());
    assert_eq!(store.maintain(&limits(24, (9, 9, 9))).unwrap().rolled_up, 1);
    same(&rollups(store, &port("a", "p1"), Metric::InBps, asked), &with);
}

pub(super) fn what_is_old_goes_and_its_rollups_stay_as_long_as_they_are_kept(store: &dyn Store) {
    for day in 0..3 {
        polls(store, "a", day * DAY, 100);
    }
    store.flush().unwrap();
    let now = 24 * 40;
    let ask = |level| rollups(store, &port("a", "p1"), Metric::InBps, (level, 0, 40 * DAY)).len();
    let (minutes, hours) = (ask(Level::Minute), ask(Level::Hour));
    assert!(minutes >= 3 * 49 && hours >= 3);
    let done = store.maintain(&limits(now, (7, 400, 4000))).unwrap();
    assert_eq!((done.rolled_up, done.forgotten), (3, 3));
    assert_eq!(read(store, &port("a", "p1"), Metric::InBps, 0, 3 * DAY), vec![]);
    assert_eq!((ask(Level::Minute), ask(Level::Hour)), (minutes, hours));
    store.maintain(&limits(24 * 90, (7, 30, 4000))).unwrap();
    assert_eq!((ask(Level::Minute), ask(Level::Hour)), (0, hours));
    assert_eq!(store.stats().unwrap().samples, 0);
}

pub(super) fn series_under_names_of_their_own_are_kept_and_summed_up(store: &dyn Store) {
    let part = |name: &str| EntityKey { device: DeviceId::new("a"), part: Some(named_part(None, name)) };
    type Value = fn(u64) -> f64;
    let values: [(Metric, Value); 3] = [
        (Metric::NamedGauge, |n| 20.0 + n as f64 / 8.0),
        (Metric::NamedWhole, |n| 18_000_000_000_000_000_000.0 + n as f64 * 1e12),
        (Metric::NamedFloat, |n| 1e-9 * (n as f64 + 1.0)),
    ];
    let name = |metric: Metric| format!("sensor:{}", metric.name());
    let columns: Vec<SeriesColumn> = values
        .iter()
        .map(|(metric, value)| SeriesColumn {
            entity: part(&name(*metric)),
            metric: *metric,
            times: (0..200).map(|n| at(n * 30 + n % 5).millis()).collect(),
            values: (0..200).map(|n| metric.encode_gauge(value(n))).collect(),
        })
        .collect();
    store.columns_backfill(&columns).unwrap();
    store.flush().unwrap();
    for ((metric, _), column) in values.iter().zip(&columns) {
        let found = store.samples_read(&part(&name(*metric)), *metric, range(0, DAY)).unwrap();
        assert_eq!(found.iter().map(|sample| sample.value.unwrap()).collect::<Vec<_>>(), column.values);
        assert_eq!(store.samples_read(&part("sensor:other"), *metric, range(0, DAY)).unwrap(), vec![]);
    }
    let ask = |metric| rollups(store, &part(&name(metric)), metric, (Level::Minute, 0, DAY));
    let before = Metric::NAMED.map(ask);
    assert_eq!(store.maintain(&limits(24, (9, 9, 9))).unwrap().rolled_up, 1);
    for (metric, before) in Metric::NAMED.into_iter().zip(before) {
        let after = ask(metric);
        assert!(after.len() >= 100);
        if metric == Metric::NamedFloat {
            assert!(after.iter().zip(&before).all(|(a, b)| (a.mean / b.mean - 1.0).abs() < 1.0 / 1000.0));
        }
        same(&after, &before);
    }
}
