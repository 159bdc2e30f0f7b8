//! What must hold when processes are killed, files are damaged and disks are full.

use super::{Replace, SledStore};
use crate::history::{AtQuery, Checkpoint, Limits, OLDEST_STORE_VERSION, STORE_VERSION, Store, StoreError};
use crate::model::rollup::Level;
use crate::model::series::Cell;
use crate::model::{DeviceId, EntityKey, Metric, SampleBatch, SampleRow, TimeRange, Timestamp};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

mod flows;
mod full;
mod logs;
mod space;

use space::forever;

/// An hour before midnight: what is written crosses into a second day.
const EPOCH: i64 = 1_700_002_800;
const STEP: i64 = 10;
const PORTS: u64 = 40;
const CHILD: &str = "NOCTOP_TEST_STORE";

fn time(n: u64) -> Timestamp {
    Timestamp::from_secs(EPOCH + n as i64 * STEP)
}

/// What port `port` counts in reading `n`: hard to pack, easy to check.
fn value(n: u64, port: u64) -> u64 {
    (n * 1_000_003 + (n ^ port).wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000_003) * (port + 1)
}

fn batch(device: &str, n: u64) -> SampleBatch {
    let row = |port| SampleRow {
        part: Some(format!("p{port}")),
        cells: vec![
            Cell { metric: Metric::InBps, value: value(n, port), broken: false },
            Cell { metric: Metric::OperStatus, value: 1, broken: false },
        ],
    };
    SampleBatch { device: DeviceId::new(device), at: time(n), rows: (0..PORTS).map(row).collect() }
}

const DEVICES: [&str; 3] = ["a", "b", "c"];

fn write_one(store: &SledStore, n: u64) {
    assert_eq!(store.journal_append(&[(time(n), n.to_string().into_bytes())]).unwrap(), n + 1);
    let batches: Vec<SampleBatch> = DEVICES.iter().map(|device| batch(device, n)).collect();
    store.samples_append(&batches).unwrap();
    if n % 100 == 99 {
        // A checkpoint makes the journal durable: the samples go first, so that none is behind its record.
        store.flush().unwrap();
        let parts = vec![("state".to_owned(), vec![n as u8; 70_000])];
        store.checkpoint_write(&Checkpoint { seq: n + 1, at: time(n), parts }).unwrap();
    }
}

/// All that can be read is right; returns how many records and how many readings of each port there are.
fn check(store: &SledStore) -> (u64, Vec<u64>) {
    let all = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };
    let records = store.journal_read(0, all.to, usize::MAX).unwrap();
    for (record, seq) in records.iter().zip(1..) {
        let expected = (seq, time(seq - 1), (seq - 1).to_string().into_bytes());
        assert_eq!((record.seq, record.at, record.bytes.clone()), expected);
    }
    let mut counts = Vec::new();
    for device in DEVICES {
        for port in [0, 17, PORTS - 1] {
            let entity = EntityKey { device: DeviceId::new(device), part: Some(format!("p{port}")) };
            let samples = store.samples_read(&entity, Metric::InBps, all).unwrap();
            for sample in &samples {
                let n = (sample.at.secs() - EPOCH) / STEP;
                assert_eq!(sample.value, Some(value(n as u64, port)), "{device} p{port} reading {n}");
            }
            assert!(samples.windows(2).all(|pair| pair[0].at < pair[1].at));
            counts.push(samples.len() as u64);
        }
    }
    if let Some(checkpoint) = store.checkpoint_before(all.to).unwrap() {
        let n = checkpoint.seq - 1;
        assert_eq!((checkpoint.at, &checkpoint.parts[0].1), (time(n), &vec![n as u8; 70_000]));
    }
    (records.len() as u64, counts)
}

fn child(test: &str, path: &Path, shell: Option<&str>) -> Command {
    let exe = std::env::current_exe().unwrap();
    let mut command = match shell {
        Some(script) => Command::new("sh").arg("-c").arg(script).arg(exe).take_self(),
        None => Command::new(exe),
    };
    let name = format!("history::sled::tests::{test}");
    command.args(["--exact", &name, "--ignored", "--nocapture"]).env(CHILD, path).stdout(Stdio::piped());
    command
}

/// `Command`'s builder hands out references only.
trait TakeSelf {
    fn take_self(&mut self) -> Command;
}

impl TakeSelf for Command {
    fn take_self(&mut self) -> Command {
        std::mem::replace(self, Command::new(""))
    }
}

#[test]
#[ignore = "a process that another test starts and kills"]
fn writes_until_it_is_killed() {
    let store = SledStore::open(&PathBuf::from(std::env::var(CHILD).unwrap())).unwrap();
    let (records, _) = check(&store);
    for n in records.. {
        write_one(&store, n);
        if n % 5 == 4 {
            store.flush().unwrap();
            println!("flushed {n}");
        }
    }
}

#[test]
fn a_killed_writer_loses_nothing_that_was_flushed() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let mut writer = child("writes_until_it_is_killed", folder.path(), None).spawn().unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut flushed = 0;
        for (count, line) in lines.map_while(Result::ok).filter(|line| line.starts_with("flushed")).enumerate() {
            flushed = line.trim_start_matches("flushed ").parse::<u64>().unwrap();
            if count == 25 + round * 7 {
                writer.kill().unwrap();
            }
        }
        writer.wait().unwrap();
        assert!(flushed > 0, "the child wrote nothing");
        let store = SledStore::open(folder.path()).unwrap();
        let (records, readings) = check(&store);
        assert!(records > flushed, "{records} records, {flushed} flushed");
        for count in readings {
            assert!(count > flushed, "{count} readings, {flushed} flushed");
            // The next round goes on at the record that is missing; a reading without its record would come twice.
            assert!(count <= records + 5);
        }
        assert_eq!(store.stats().unwrap().set_aside, Vec::<PathBuf>::new());
    }
}

/// A store with two days, a log, a journal and a checkpoint.
fn sample_store(path: &Path) {
    let store = SledStore::open(path).unwrap();
    for n in 0..520 {
        write_one(&store, n);
        if n % 50 == 49 {
            store.flush().unwrap();
        }
    }
    store.flush().unwrap();
}

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

/// A way to damage a file.
type Damage = fn(&mut Vec<u8>);

const DAMAGES: [(&str, Damage); 6] = [
    ("cut to half", |bytes| bytes.truncate(bytes.len() / 2)),
    ("cut by a byte", |bytes| bytes.truncate(bytes.len().saturating_sub(1))),
    ("emptied", Vec::clear),
    ("zeroed", |bytes| bytes.fill(0)),
    ("a bit in every 512 bytes flipped", |bytes| bytes.iter_mut().skip(100).step_by(512).for_each(|byte| *byte ^= 16)),
    ("a byte in the middle changed", |bytes| {
        let middle = bytes.len() / 2;
        bytes.iter_mut().skip(middle).take(1).for_each(|byte| *byte = !*byte);
    }),
];

#[test]
fn a_damaged_file_costs_what_it_held_and_no_value_is_ever_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound");
    sample_store(&sound);
    let mut all = Vec::new();
    files(&sound, &mut all);
    // Of a folder's many blobs one stands for all.
    all.sort();
    all.dedup_by_key(|file| {
        if file.parent().is_some_and(|folder| folder.ends_with("blobs")) { file.with_file_name("") } else { file.clone() }
    });
    let mut noticed = 0;
    for (number, file) in all.iter().filter(|file| !file.ends_with("VERSION")).enumerate() {
        for (kind, damage) in DAMAGES {
            let path = folder.path().join(format!("{number}"));
            copy(&sound, &path);
            let victim = path.join(file.strip_prefix(&sound).unwrap());
            let mut bytes = fs::read(&victim).unwrap();
            damage(&mut bytes);
            fs::write(&victim, bytes).unwrap();
            noticed += u32::from(check_damaged(&path, &format!("{} {kind}", victim.display())));
            fs::remove_dir_all(&path).unwrap();
        }
    }
    assert!(noticed > 10, "{noticed} damages were noticed");
}

/// Opens a damaged store three times; returns whether the damage was seen.
fn check_damaged(path: &Path, what: &str) -> bool {
    match SledStore::open_read_only(path) {
        Ok(store) => drop(store.span()),
        Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{what}: {error}"),
    }
    let store = SledStore::open(path).unwrap_or_else(|error| panic!("{what}: {error}"));
    let (records, readings) = read_leniently(&store);
    let stats = store.stats().unwrap();
    let faults = store.verify().unwrap_or_default();
    let seen = !stats.set_aside.is_empty() || !faults.is_empty() || stats.lost > 0;
    assert!(stats.set_aside.iter().all(|aside| aside.exists()), "{what}");
    // It goes on with what it has.
    store.samples_append(&[batch("new", 10_000)]).unwrap();
    store.journal_append(&[(time(10_000), b"new".to_vec())]).unwrap();
    if store.flush().is_err() {
        store.flush().unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    drop(store);
    let store = SledStore::open(path).unwrap_or_else(|error| panic!("{what}, again: {error}"));
    let entity = EntityKey { device: DeviceId::new("new"), part: Some("p3".into()) };
    let all = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };
    let found = store.samples_read(&entity, Metric::InBps, all).unwrap();
    assert_eq!(found.iter().map(|sample| sample.value).collect::<Vec<_>>(), vec![Some(value(10_000, 3))], "{what}");
    seen || records < 520 || readings.iter().any(|count| *count < 520)
}

/// As [`check`], but a part that can't be read is an error in words, not the end.
fn read_leniently(store: &SledStore) -> (u64, Vec<u64>) {
    let all = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };
    let records = store.journal_read(0, all.to, usize::MAX).unwrap_or_default();
    for record in &records {
        assert_eq!(record.bytes, (record.seq - 1).to_string().into_bytes());
        assert_eq!(record.at, time(record.seq - 1));
    }
    let mut counts = Vec::new();
    for device in DEVICES {
        let entity = EntityKey { device: DeviceId::new(device), part: Some("p7".into()) };
        let samples = store.samples_read(&entity, Metric::InBps, all).unwrap_or_default();
        for sample in &samples {
            assert_eq!(sample.value, Some(value(((sample.at.secs() - EPOCH) / STEP) as u64, 7)));
        }
        counts.push(samples.len() as u64);
    }
    let query = AtQuery { device: None, at: time(200), within_secs: 90, metrics: &[Metric::InBps] };
    for entity in store.samples_at(&query).unwrap_or_default() {
        let port = entity.entity.part.as_deref().unwrap().trim_start_matches('p').parse().unwrap();
        let n = (entity.metrics[0].last.at.secs() - EPOCH) / STEP;
        assert_eq!(entity.metrics[0].last.value, Some(value(n as u64, port)));
    }
    (records.len() as u64, counts)
}

#[test]
fn two_writers_of_one_store_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = SledStore::open(folder.path()).unwrap();
    let second = SledStore::open(folder.path()).err().unwrap();
    assert!(matches!(&second, StoreError::InUse(path) if path == folder.path()), "{second}");
    assert!(matches!(SledStore::open_read_only(folder.path()), Err(StoreError::InUse(_))));
    drop(first);
    assert!(SledStore::open(folder.path()).is_ok());
}

/// Every file below a folder, and its octets.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    sample_store(folder.path());
    // A copy of the journal that was broken off: whoever may not write ends none.
    fs::create_dir(folder.path().join("journal.new")).unwrap();
    fs::write(folder.path().join("journal.new/db"), "half").unwrap();
    const NEWER: u32 = STORE_VERSION + 1;
    for (writer, by) in [("noctop 9.8.7\n", "noctop 9.8.7"), ("", "a newer noctop"), ("\x1b[2J", "\\x1b[2J")] {
        fs::write(folder.path().join("VERSION"), format!("{NEWER}\n{writer}")).unwrap();
        let before = everything(folder.path());
        assert!(before.len() > 5);
        let to = tempfile::tempdir().unwrap();
        let refusals = [
            SledStore::open(folder.path()).err(),
            SledStore::open_read_only(folder.path()).err(),
            SledStore::restore(folder.path(), to.path(), Replace::Never).err(),
        ];
        for error in refusals.map(Option::unwrap) {
            assert!(
                matches!(&error, StoreError::Newer { found: NEWER, known: STORE_VERSION, by: them, .. } if them == by),
                "{error}"
            );
        }
        assert_eq!(everything(folder.path()), before);
        assert!(everything(to.path()).is_empty());
    }
}

#[test]
fn a_format_that_nothing_reads_any_more_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    sample_store(folder.path());
    fs::write(folder.path().join("VERSION"), format!("{}\n", OLDEST_STORE_VERSION - 1)).unwrap();
    let before = everything(folder.path());
    assert!(matches!(SledStore::open(folder.path()), Err(StoreError::Older { .. })));
    fs::write(folder.path().join("VERSION"), "nonsense").unwrap();
    assert!(matches!(SledStore::open(folder.path()), Err(StoreError::Damaged { .. })));
    fs::write(folder.path().join("VERSION"), &before[&folder.path().join("VERSION")]).unwrap();
    assert_eq!(everything(folder.path()), before);
}

#[test]
fn an_older_store_is_read_as_it_is_and_marked_when_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    sample_store(folder.path());
    let file = folder.path().join("VERSION");
    fs::write(&file, format!("{OLDEST_STORE_VERSION}\n")).unwrap();
    check(&SledStore::open_read_only(folder.path()).unwrap());
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{OLDEST_STORE_VERSION}\n"));
    check(&SledStore::open(folder.path()).unwrap());
    let ours = format!("{STORE_VERSION}\nnoctop {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(fs::read_to_string(&file).unwrap(), ours);
}

#[test]
fn who_finds_a_store_in_use_ends_nothing_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = SledStore::open(folder.path()).unwrap();
    // What the first is making just now.
    fs::create_dir(folder.path().join("journal.new")).unwrap();
    fs::write(folder.path().join("VERSION"), format!("{OLDEST_STORE_VERSION}\n")).unwrap();
    assert!(matches!(SledStore::open(folder.path()), Err(StoreError::InUse(_))));
    assert!(folder.path().join("journal.new").exists());
    assert_eq!(fs::read_to_string(folder.path().join("VERSION")).unwrap(), format!("{OLDEST_STORE_VERSION}\n"));
    drop(first);
    drop(SledStore::open(folder.path()).unwrap());
    assert!(!folder.path().join("journal.new").exists());
}

#[test]
fn reading_makes_no_store_and_changes_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none");
    assert!(matches!(SledStore::open_read_only(&path), Err(StoreError::Absent(_))));
    assert!(!path.exists());
    sample_store(&path);
    let store = SledStore::open_read_only(&path).unwrap();
    let (records, readings) = check(&store);
    assert_eq!((records, readings), (520, vec![520; 9]));
    assert!(matches!(store.samples_append(&[batch("a", 1000)]), Err(StoreError::Io { .. })));
    assert!(matches!(store.journal_append(&[(time(1000), Vec::new())]), Err(StoreError::Io { .. })));
    assert!(store.meta_set("x", b"y").is_err());
    store.flush().unwrap();
    drop(store);
    assert_eq!(check(&SledStore::open(&path).unwrap()), (520, vec![520; 9]));
}

/// The first day of [`sample_store`].
const FIRST_DAY: &str = "raw/20231114";

#[test]
fn an_index_that_is_gone_is_made_again_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    sample_store(folder.path());
    for (round, is_damaged) in [false, true, false].into_iter().enumerate() {
        let index = folder.path().join(FIRST_DAY).join("index");
        if is_damaged {
            fs::write(index.join("db"), vec![0x5a; 200_000]).unwrap();
        } else {
            fs::remove_dir_all(&index).unwrap();
        }
        // Read only, it is made in memory, where sled does not say that it is damaged; nothing changes on disk.
        if !is_damaged {
            assert_eq!(check(&SledStore::open_read_only(folder.path()).unwrap()), (520, vec![520; 9]));
            assert!(!index.exists());
        }
        let store = SledStore::open(folder.path()).unwrap();
        assert_eq!(check(&store), (520, vec![520; 9]), "round {round}");
        assert_eq!(store.stats().unwrap().lost, 0);
    }
}

#[test]
fn a_torn_tail_of_a_shard_file_is_cut_off_and_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    sample_store(folder.path());
    let file = folder.path().join(FIRST_DAY).join("shards.dat");
    let whole = fs::read(&file).unwrap();
    for tail in [&b"\xd1shd\xff\xff\xff\xff tail"[..], &whole[..whole.len() / 3], &[0; 5000], b"\xd1"] {
        let mut torn = whole.clone();
        torn.extend_from_slice(tail);
        fs::write(&file, &torn).unwrap();
        assert_eq!(check(&SledStore::open_read_only(folder.path()).unwrap()), (520, vec![520; 9]));
        let store = SledStore::open(folder.path()).unwrap();
        assert_eq!(check(&store), (520, vec![520; 9]));
        assert_eq!(store.verify().unwrap(), vec![]);
        assert_eq!(fs::read(&file).unwrap(), whole);
    }
}

#[test]
fn an_almost_empty_period_takes_little_space() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    store.samples_backfill(&[batch("a", 0), batch("a", 1)]).unwrap();
    store.flush().unwrap();
    let day = store.stats().unwrap().periods.into_iter().find(|period| period.name == "20231114").unwrap();
    println!("an almost empty day takes {} bytes", day.bytes);
    assert!(day.bytes < 200_000, "{}", day.bytes);
}
