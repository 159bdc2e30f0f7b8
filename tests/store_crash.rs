//! A store whose writer is killed at any moment, and one whose files are damaged at any place.
//!
//! `cargo test --test store_crash` kills a few times and damages each file a few times; `NOCTOP_KILLS=200` and `NOCTOP_DAMAGES=50` do more,
//! `NOCTOP_SEED=N` does it elsewhere. Add `-- --nocapture` for the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

use noctop::clock::Stopwatch;
use noctop::history::{Checkpoint, SledStore, Store, StoreError};
use noctop::model::series::{Cell, SeriesColumn, named_part};
use noctop::model::{DeviceId, EntityKey, Metric, SampleBatch, SampleRow, TimeRange, Timestamp};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Some minutes before midnight: what is written crosses into a second day.
const EPOCH: i64 = 1_700_005_500;
const STEP: i64 = 10;
const DEVICES: u64 = 24;
const PORTS: u64 = 8;
/// Steps from one flush to the next.
const FLUSH: u64 = 4;
/// From one imported series to the next, and from one checkpoint to the next: in steps that are flushed.
const IMPORT: u64 = 8;
const CHECKPOINT: u64 = 40;
/// Kills of one store, before a new one is begun: reading it whole takes longer each time.
const KILLS_OF_A_STORE: u64 = 20;
const CHILD: &str = "NOCTOP_TEST_STORE";

const ALL: TimeRange = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }
}

fn time(n: u64) -> Timestamp {
    Timestamp::from_secs(EPOCH + n as i64 * STEP)
}

/// What a port counts in step `n`: hard to pack, easy to check.
fn value(n: u64, device: u64, port: u64) -> u64 {
    (n * 1_000_003 + (n ^ port ^ device << 8).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000_003) * (port + 1)
}

fn batch(device: u64, n: u64) -> SampleBatch {
    let row = |port| SampleRow {
        part: Some(format!("p{port}")),
        cells: vec![
            Cell { metric: Metric::InBps, value: value(n, device, port), broken: false },
            Cell { metric: Metric::OperStatus, value: 1, broken: false },
        ],
    };
    SampleBatch { device: DeviceId::new(&format!("device {device}")), at: time(n), rows: (0..PORTS).map(row).collect() }
}

fn port(device: u64, port: u64) -> EntityKey {
    EntityKey { device: DeviceId::new(&format!("device {device}")), part: Some(format!("p{port}")) }
}

/// An imported day, with times of its own.
fn imported(n: u64) -> SeriesColumn {
    let times = (0..600).map(|k| (EPOCH - 3 * 86_400 + k * 60) * 1000 + (k * k + n as i64) % 171).collect();
    let values = (0..600).map(|k| value(k, n, 3)).collect();
    SeriesColumn { entity: import_entity(n), metric: Metric::NamedWhole, times, values }
}

fn import_entity(n: u64) -> EntityKey {
    EntityKey { device: DeviceId::new("imported"), part: Some(named_part(Some("p"), &format!("metric {n}"))) }
}

fn write_step(store: &SledStore, n: u64) {
    assert_eq!(store.journal_append(&[(time(n), n.to_string().into_bytes())]).unwrap(), n + 1);
    let batches: Vec<SampleBatch> = (0..DEVICES).map(|device| batch(device, n)).collect();
    store.samples_append(&batches).unwrap();
    if n % IMPORT == FLUSH - 1 {
        store.columns_backfill(&[imported(n)]).unwrap();
    }
    if n % CHECKPOINT == CHECKPOINT - 1 {
        // A checkpoint makes the journal durable: the samples go first, so that none is behind its record.
        store.flush().unwrap();
        let parts = vec![("state".to_owned(), vec![n as u8; 70_000])];
        store.checkpoint_write(&Checkpoint { seq: n + 1, at: time(n), parts }).unwrap();
    }
}

/// Reads everything: what is there is right. Returns how many records, and the fewest readings of any port that was looked at.
fn read(store: &SledStore) -> (u64, u64) {
    let records = store.journal_read(0, ALL.to, usize::MAX).unwrap_or_default();
    for record in &records {
        let n = record.seq - 1;
        assert_eq!((record.at, record.bytes.clone()), (time(n), n.to_string().into_bytes()));
    }
    let mut fewest = u64::MAX;
    for device in 0..DEVICES {
        let number = device % PORTS;
        let samples = store.samples_read(&port(device, number), Metric::InBps, ALL).unwrap_or_default();
        for sample in &samples {
            let n = (sample.at.secs() - EPOCH) / STEP;
            assert_eq!(sample.value, Some(value(n as u64, device, number)), "device {device} step {n}");
        }
        fewest = fewest.min(samples.len() as u64);
    }
    if let Some(checkpoint) = store.checkpoint_before(ALL.to).unwrap_or_default() {
        let n = checkpoint.seq - 1;
        assert_eq!((checkpoint.at, &checkpoint.parts[0].1), (time(n), &vec![n as u8; 70_000]));
    }
    (records.len() as u64, fewest)
}

/// How many samples an imported series has; all of them are right.
fn read_import(store: &SledStore, n: u64) -> usize {
    let expected = imported(n);
    let samples = store.samples_read(&import_entity(n), Metric::NamedWhole, ALL).unwrap_or_default();
    for sample in &samples {
        let at = expected.times.binary_search(&sample.at.millis()).unwrap();
        assert_eq!(sample.value, Some(expected.values[at]));
    }
    samples.len()
}

#[test]
#[ignore = "a process that another test starts and kills"]
fn writes_until_it_is_killed() {
    let store = SledStore::open(&PathBuf::from(std::env::var(CHILD).unwrap())).unwrap();
    let (records, _) = read(&store);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Ticks let the other side kill at any moment, in the middle of a flush as well.
        scope.spawn(|| {
            let mut work = 1u64;
            while !ended.load(Ordering::Relaxed) {
                (0..200_000u64).for_each(|n| work = std::hint::black_box(work.wrapping_mul(n | 1)));
                println!("tick");
            }
        });
        for n in records.. {
            write_step(&store, n);
            if n % FLUSH == FLUSH - 1 {
                store.flush().unwrap();
                println!("flushed {n}");
            }
        }
    });
}

/// Starts a writer and kills it after so many ticks behind its first flush. Returns the last step that it said is flushed.
fn killed(path: &Path, ticks: u64) -> u64 {
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writes_until_it_is_killed", "--ignored", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let (mut flushed, mut left) = (None, ticks);
    for line in lines.map_while(Result::ok) {
        if let Some(n) = line.strip_prefix("flushed ") {
            flushed = n.parse().ok();
        } else if line == "tick" && flushed.is_some() {
            if left == 0 {
                writer.kill().unwrap();
            }
            left = left.saturating_sub(1);
        }
    }
    writer.wait().unwrap();
    flushed.expect("the child wrote nothing")
}

#[test]
fn a_writer_killed_at_any_moment_loses_nothing_that_was_flushed() {
    let (kills, seed) = (setting("NOCTOP_KILLS", 3), setting("NOCTOP_SEED", 1));
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut folder = tempfile::tempdir().unwrap();
    let (mut longest, mut total) = (Duration::ZERO, Duration::ZERO);
    for kill in 0..kills {
        if kill % KILLS_OF_A_STORE == 0 {
            folder = tempfile::tempdir().unwrap();
        }
        let flushed = killed(folder.path(), random.below(400));
        let watch = Stopwatch::start();
        let store = SledStore::open(folder.path()).unwrap();
        let opened = watch.elapsed();
        longest = longest.max(opened);
        total += opened;
        let (records, readings) = read(&store);
        assert!(records > flushed, "kill {kill}: {records} records, {flushed} flushed");
        assert!(readings > flushed, "kill {kill}: {readings} readings, {flushed} flushed");
        for n in (0..=flushed).filter(|n| n % IMPORT == FLUSH - 1) {
            assert_eq!(read_import(&store, n), 600, "kill {kill}: imported series {n}");
        }
        assert_eq!(store.verify().unwrap(), Vec::new(), "kill {kill}");
        let stats = store.stats().unwrap();
        assert_eq!((stats.set_aside, stats.lost), (Vec::new(), 0), "kill {kill}");
    }
    println!(
        "{kills} kills, nothing lost; opened again in {} ms at most, {} ms on average",
        longest.as_millis(),
        total.as_millis() / u128::from(kills.max(1))
    );
}

/// A small store with everything in it: two days, a log, a journal, checkpoints, imported series.
fn sample_store(path: &Path) {
    let store = SledStore::open(path).unwrap();
    for n in 0..STEPS {
        write_step(&store, n);
        if n % FLUSH == FLUSH - 1 {
            store.flush().unwrap();
        }
    }
    store.flush().unwrap();
}

const STEPS: u64 = 200;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(path).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() { files(&entry.path(), found) } else { found.push(entry.path()) }
    }
}

/// Cuts a file off, or flips bits of it. Returns what was done.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) -> String {
    let len = bytes.len() as u64;
    if random.below(2) == 0 {
        let end = random.below(len);
        bytes.truncate(end as usize);
        return format!("cut to {end} of {len}");
    }
    let count = 1 + random.below(3);
    let places: Vec<u64> = (0..count).map(|_| random.below(len * 8)).collect();
    for bit in &places {
        if let Some(byte) = bytes.get_mut((bit / 8) as usize) {
            *byte ^= 1 << (bit % 8);
        }
    }
    format!("bits {places:?} of {len} octets flipped")
}

#[test]
fn damage_at_any_place_costs_what_lies_there_and_no_value_is_ever_wrong() {
    let (times, seed) = (setting("NOCTOP_DAMAGES", 2), setting("NOCTOP_SEED", 1));
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    sample_store(&sound);
    let mut all = Vec::new();
    files(&sound, &mut all);
    all.sort();
    let (mut tried, mut seen) = (0, 0);
    for file in all.iter().filter(|file| !file.ends_with("VERSION")) {
        for _ in 0..times {
            let path = folder.path().join("damaged");
            copy(&sound, &path);
            let victim = path.join(file.strip_prefix(&sound).unwrap());
            let mut bytes = fs::read(&victim).unwrap();
            let done = damage(&mut bytes, &mut random);
            fs::write(&victim, bytes).unwrap();
            tried += 1;
            seen += u64::from(open_damaged(&path, &format!("{}: {done}", file.display())));
            fs::remove_dir_all(&path).unwrap();
        }
    }
    println!("{tried} damages in {} files, {seen} of them in something that was held", all.len());
    assert!(seen > 0);
}

/// Opens a damaged store, reads it, and goes on with it. Returns whether the damage was noticed.
fn open_damaged(path: &Path, what: &str) -> bool {
    match SledStore::open_read_only(path) {
        Ok(store) => drop(read(&store)),
        Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{what}: {error}"),
    }
    let store = SledStore::open(path).unwrap_or_else(|error| panic!("{what}: {error}"));
    let (records, readings) = read(&store);
    let imports: usize = (0..STEPS).filter(|n| n % IMPORT == FLUSH - 1).map(|n| read_import(&store, n)).sum();
    let stats = store.stats().unwrap();
    assert!(stats.set_aside.iter().all(|aside| aside.exists()), "{what}");
    let faults = store.verify().unwrap_or_default();
    let missing = records < STEPS || readings < STEPS || imports < 600 * (STEPS / IMPORT) as usize;
    let named = !stats.set_aside.is_empty() || !faults.is_empty() || stats.lost > 0;
    store.samples_append(&[batch(99, 10_000)]).unwrap();
    store.journal_append(&[(time(10_000), b"new".to_vec())]).unwrap();
    if store.flush().is_err() {
        store.flush().unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    drop(store);
    let store = SledStore::open(path).unwrap_or_else(|error| panic!("{what}, again: {error}"));
    let found = store.samples_read(&port(99, 3), Metric::InBps, ALL).unwrap();
    let found: Vec<Option<u64>> = found.iter().map(|sample| sample.value).collect();
    assert_eq!(found, [Some(value(10_000, 99, 3))], "{what}");
    assert!(
        named || !missing,
        "{what}: something is missing and nothing says so: {records} records, {readings} readings, {imports} imported"
    );
    named || missing
}
