//! What a store takes on disk: the cap, the trimmed journal, rollups.

use super::*;

pub(super) fn forever() -> Limits {
    let long = std::time::Duration::from_secs(86_400 * 36_500);
    Limits { now: time(0), raw: long, minute: long, hour: long, flow_records: long, logs: long, max_bytes: None }
}

/// A poll of one device of a few ports: busy, idle, and one with an error now and then.
fn year_batch(secs: i64) -> SampleBatch {
    let n = secs as u64 / 300;
    let noise = |port: u64| (n ^ port).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 100_000_000;
    let row = |port: u64| SampleRow {
        part: Some(format!("p{port}")),
        cells: vec![
            Cell { metric: Metric::InBps, value: if port == 2 { 5 } else { n * 1_000_000_000 + noise(port) }, broken: false },
            Cell { metric: Metric::InErrors, value: n / 500, broken: false },
        ],
    };
    SampleBatch { device: DeviceId::new("a"), at: Timestamp::from_secs(secs), rows: (0..4).map(row).collect() }
}

#[test]
fn the_cap_holds_over_a_year_and_the_space_is_given_back() {
    const DAY: i64 = 86_400;
    const CAP: u64 = 5 << 20;
    let start = Timestamp::parse_absolute("2026-01-01T00:00:00Z").unwrap().secs();
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    let (mut capped, mut largest, mut seq) = (Vec::new(), 0, 0);
    for day in 0..365 {
        let from = start + day * DAY;
        for step in 0..288 {
            store.samples_append(&[year_batch(from + step * 300)]).unwrap();
        }
        let records: Vec<_> = (0..50).map(|n| (Timestamp::from_secs(from + n), vec![day as u8; 200])).collect();
        seq = store.journal_append(&records).unwrap();
        let parts = vec![("state".to_owned(), (0..30_000u32).map(|n| (n * 31 % 251) as u8).collect())];
        store.checkpoint_write(&Checkpoint { seq, at: Timestamp::from_secs(from + DAY - 1), parts }).unwrap();
        store.flush().unwrap();
        let limits = Limits { now: Timestamp::from_secs(from + DAY + 3700), max_bytes: Some(CAP), ..forever() };
        let done = store.maintain(&limits).unwrap();
        assert_eq!(done.rolled_up, 1);
        capped.extend(done.capped);
        let bytes = crate::history::sled::folder::bytes_below(folder.path());
        assert!(bytes <= CAP, "day {day}: {bytes}");
        largest = largest.max(bytes);
    }
    println!("largest {largest} bytes; {} removed, first {:?}, last {:?}", capped.len(), capped.first(), capped.last());
    assert!(largest > CAP / 2 && capped.first().is_some_and(|first| first == "20260101"), "{largest} {capped:?}");
    // Where raw days went, their hours are still there.
    let entity = EntityKey { device: DeviceId::new("a"), part: Some("p1".into()) };
    let year = TimeRange { from: Timestamp::from_secs(start), to: Timestamp::from_secs(start + 365 * DAY) };
    assert!(store.samples_read(&entity, Metric::InBps, year).unwrap().len() < 200 * 288);
    let hours = store.rollups_read(&entity, Metric::InBps, (Level::Hour, year)).unwrap();
    assert!(hours.len() >= 365 * 24 - 1, "{}", hours.len());
    assert!(hours.iter().all(|hour| (hour.mean / (8e9 / 300.0) - 1.0).abs() < 0.05), "a spike");
    // The present can still be restored.
    let checkpoint = store.checkpoint_before(year.to).unwrap().unwrap();
    assert_eq!(checkpoint.seq, seq);
    assert_eq!(store.journal_append(&[]).unwrap(), seq);
    assert_eq!(store.verify().unwrap(), vec![]);
    drop(store);
    let store = SledStore::open(folder.path()).unwrap();
    assert_eq!(store.rollups_read(&entity, Metric::InBps, (Level::Hour, year)).unwrap(), hours);
    assert_eq!(store.journal_append(&[]).unwrap(), seq);
}

#[test]
fn the_journal_that_is_trimmed_goes_on_where_it_was_and_gives_space_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    for n in 0..40u64 {
        let records: Vec<_> = (0..100).map(|_| (time(n), (0..500u64).map(|byte| (byte * n * 37) as u8).collect())).collect();
        let seq = store.journal_append(&records).unwrap();
        let parts = vec![("state".to_owned(), (0..100_000u64).map(|byte| (byte * n % 251) as u8).collect())];
        store.checkpoint_write(&Checkpoint { seq, at: time(n), parts }).unwrap();
    }
    let before = crate::history::sled::folder::bytes_below(folder.path());
    let limits = Limits { now: time(40), max_bytes: Some(before / 2), ..forever() };
    assert_eq!(store.maintain(&limits).unwrap().capped, ["the oldest checkpoints and journal records"]);
    assert!(crate::history::sled::folder::bytes_below(folder.path()) <= before / 2);
    let look = |store: &SledStore| {
        let left = store.stats().unwrap().checkpoints;
        let checkpoint = store.checkpoint_before(time(100)).unwrap().unwrap();
        assert_eq!((checkpoint.seq, checkpoint.at), (4000, time(39)));
        let records = store.journal_read(0, time(100), usize::MAX).unwrap();
        let oldest = store.checkpoint_before(time(40 - left)).unwrap().unwrap();
        assert_eq!(records.first().map(|record| record.seq), Some(oldest.seq + 1), "what replaying it needs");
        (left, records.len())
    };
    let found = look(&store);
    assert!(found.0 < 40 && found.1 > 0);
    assert_eq!(store.journal_append(&[(time(41), vec![1])]).unwrap(), 4001);
    store.flush().unwrap();
    drop(store);
    // A crash after the copy was whole, and one before it was.
    fs::rename(folder.path().join("journal"), folder.path().join("journal.new")).unwrap();
    fs::create_dir(folder.path().join("checkpoints.new")).unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    assert_eq!(look(&store), (found.0, found.1 + 1));
    assert!(!folder.path().join("checkpoints.new").exists());
}

/// Bytes of a minute and of an hour of a busy series whose rate varies by a part from poll to poll, as its files hold them: as many
/// idle series with a rare error are counted as nothing.
fn bytes_of_rollups(spread: f64) -> [f64; 2] {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    let start = Timestamp::parse_absolute("2026-05-05T00:00:00Z").unwrap().secs();
    let mut counters = [[0u64; 2]; 8];
    let mut state = 0x1234_5678_9abc_def1u64;
    let mut unit = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let day: Vec<SampleBatch> = (0..2880)
        .map(|step| {
            let mut row = |port: usize| {
                let busy = 10f64.powi(2 + port as i32) * (1.0 - spread + 2.0 * spread * unit()) * 30.0;
                counters[port][0] += busy as u64;
                counters[port][1] += u64::from(unit() < 0.001);
                let cells = [Metric::InBps, Metric::InErrors].into_iter().zip(counters[port]);
                let cells = cells.map(|(metric, value)| Cell { metric, value, broken: false }).collect();
                SampleRow { part: Some(format!("p{port}")), cells }
            };
            let rows = (0..8).map(&mut row).collect();
            SampleBatch { device: DeviceId::new("a"), at: Timestamp(start * 1000 + step * 30_000 + step % 40), rows }
        })
        .collect();
    store.samples_backfill(&day).unwrap();
    let limits = Limits { now: Timestamp::from_secs(start + 2 * 86_400), ..forever() };
    assert_eq!(store.maintain(&limits).unwrap().rolled_up, 1);
    [("1m/202605", 1440.0), ("1h/2026", 24.0)].map(|(name, count)| {
        let file = fs::metadata(folder.path().join(name).join("shards.dat")).unwrap().len();
        file as f64 / (count * 8.0)
    })
}

#[test]
fn a_busy_series_takes_few_bytes_a_minute_and_an_idle_one_next_to_none() {
    for (spread, most) in [(0.1, [3.0, 7.0]), (0.3, [3.5, 8.0])] {
        let [minute, hour] = bytes_of_rollups(spread);
        println!("rates that vary by {spread}: {minute:.2} bytes a minute, {hour:.2} an hour");
        assert!(minute < most[0] && hour < most[1]);
    }
}
