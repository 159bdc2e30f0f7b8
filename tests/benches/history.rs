//! Figures of the disk store: `cargo bench --bench history [-- small|large|year]`.
//!
//! `small` is a day of 60 devices, polled every 30 s, and a week of their past; `large` is 75 minutes of 5,000 devices of
//! 24 ports; `year` is a year of 20 devices of 8 ports, every 5 minutes, summed up to minutes and hours. Traffic: a third of the ports idle, rare errors, rates spread over six powers of ten with noise.
#![allow(clippy::unwrap_used, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::history::{AtQuery, Checkpoint, Limits, SledStore, Store};
use noctop::model::rollup::Level;
use noctop::model::series::Cell;
use noctop::model::{DeviceId, EntityKey, Metric, SampleBatch, SampleRow, TimeRange, Timestamp};

const EPOCH: i64 = 1_699_920_000;

struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A network whose counters move.
struct Network {
    batches: Vec<SampleBatch>,
    rates: Vec<f64>,
    random: Random,
}

impl Network {
    fn new(devices: usize, ports: usize) -> Self {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut rates = Vec::new();
        let row = |port: usize| SampleRow {
            part: Some(format!("GigabitEthernet1/0/{port}")),
            cells: Metric::INTERFACE.iter().map(|metric| Cell { metric: *metric, value: 1, broken: false }).collect(),
        };
        let batches = (0..devices).map(|device| SampleBatch {
            device: DeviceId::new(&format!("chassis:00:1b:54:{:02x}:{:02x}:00", device / 256, device % 256)),
            at: Timestamp(0),
            rows: (1..=ports).map(row).collect(),
        });
        let batches: Vec<_> = batches.collect();
        for _ in 0..devices * ports {
            rates.push(if random.unit() < 0.33 { 0.0 } else { 10f64.powf(2.0 + 6.0 * random.unit()) });
        }
        Self { batches, rates, random }
    }

    fn cells(&self) -> u64 {
        self.batches.iter().flat_map(|batch| &batch.rows).map(|row| row.cells.len() as u64).sum()
    }

    /// A poll of all devices at about `secs`, `step` seconds after the one before.
    fn poll(&mut self, secs: i64, step: f64) {
        let random = &mut self.random;
        let mut rates = self.rates.iter();
        for (device, batch) in self.batches.iter_mut().enumerate() {
            let spread = (device % 300) as i64 * 100;
            batch.at = Timestamp(secs * 1000 + spread + (random.unit() * 40.0) as i64);
            for row in &mut batch.rows {
                let rate = rates.next().copied().unwrap_or(0.0) * step;
                let octets = rate * (0.7 + 0.6 * random.unit());
                let other = rate * (0.7 + 0.6 * random.unit()) / 3.0;
                let error = u64::from(rate > 0.0 && random.unit() < 0.01);
                let steps = [octets as u64, other as u64, (octets / 700.0) as u64, (other / 300.0) as u64, error];
                for (cell, step) in row.cells.iter_mut().zip(steps) {
                    cell.value += step;
                }
            }
        }
    }
}

fn secs(watch: Stopwatch) -> f64 {
    watch.elapsed().as_secs_f64()
}

/// Processor time of this process so far, milliseconds, in the kernel's steps of ten (proc(5), fields 14 and 15).
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10
}

fn live(store: &SledStore, network: &mut Network, polls: i64) {
    let (mut append, mut flush, mut worst) = (0.0, 0.0, 0.0f64);
    for poll in 0..polls {
        network.poll(EPOCH + poll * 30, 30.0);
        for some in network.batches.chunks(50) {
            let watch = Stopwatch::start();
            store.samples_append(some).unwrap();
            append += secs(watch);
        }
        let watch = Stopwatch::start();
        store.flush().unwrap();
        flush += secs(watch);
        worst = worst.max(secs(watch));
    }
    let cells = network.cells() as f64 * polls as f64;
    println!(
        "  live: {:.1} M cells, append {:.0} ns/cell, flush {:.0} ns/cell (worst {:.0} ms), {:.2} M cells/s",
        cells / 1e6,
        append * 1e9 / cells,
        flush * 1e9 / cells,
        worst * 1e3,
        cells / (append + flush) / 1e6
    );
}

fn backfill(store: &SledStore, network: &mut Network, days: i64) {
    let (mut wall, mut cells) = (0.0, 0);
    for day in 1..=days {
        let mut past = Vec::new();
        for step in 0..288 {
            network.poll(EPOCH - day * 86_400 + step * 300, 300.0);
            past.extend(network.batches.iter().cloned());
        }
        cells += network.cells() * 288;
        let watch = Stopwatch::start();
        store.samples_backfill(&past).unwrap();
        wall += secs(watch);
    }
    let watch = Stopwatch::start();
    store.flush().unwrap();
    wall += secs(watch);
    println!("  backfill: {:.1} M cells in {:.2} s, {:.2} M cells/s", cells as f64 / 1e6, wall, cells as f64 / wall / 1e6);
}

fn figures(store: &SledStore) {
    let watch = Stopwatch::start();
    let stats = store.stats().unwrap();
    let took = secs(watch) * 1e3;
    println!(
        "  stats ({took:.1} ms): {:.1} MB, {} samples, {:?} B/sample",
        stats.bytes as f64 / 1e6,
        stats.samples,
        stats.bytes_per_sample
    );
    for period in &stats.periods {
        println!(
            "    {}: {:.2} MB, {:.3} B/sample",
            period.name,
            period.bytes as f64 / 1e6,
            period.bytes as f64 / period.samples.max(1) as f64
        );
    }
}

fn last(store: &SledStore, name: &str, at: i64, metrics: &[Metric]) {
    for round in ["first", "again"] {
        let (watch, cpu) = (Stopwatch::start(), cpu_ms());
        let found = store.samples_at(&AtQuery { device: None, at: Timestamp::from_secs(at), within_secs: 90, metrics }).unwrap();
        let (took, cpu) = (secs(watch) * 1e3, cpu_ms() - cpu);
        let values: usize = found.iter().map(|entity| entity.metrics.len()).sum();
        println!("  samples_at {name}, {} metrics, {round}: {took:.0} ms ({cpu} ms CPU), {values} values", metrics.len());
    }
}

fn day(store: &SledStore, entity: &EntityKey, from: i64) {
    for round in ["first", "again"] {
        let range = TimeRange { from: Timestamp::from_secs(from), to: Timestamp::from_secs(from + 86_399) };
        let watch = Stopwatch::start();
        let samples = store.samples_read(entity, Metric::InBps, range).unwrap();
        println!("  samples_read of a day, {round}: {:.2} ms, {} samples", secs(watch) * 1e3, samples.len());
    }
}

/// Sums up what is over by the end of a day of the past, and says what that took.
fn sum_up(store: &SledStore, now: i64) {
    let long = std::time::Duration::from_secs(86_400 * 36_500);
    let limits = Limits {
        now: Timestamp::from_secs(now),
        raw: long,
        minute: long,
        hour: long,
        flow_records: long,
        logs: long,
        max_bytes: None,
    };
    let samples = store.stats().unwrap().samples;
    let (watch, cpu) = (Stopwatch::start(), cpu_ms());
    let done = store.maintain(&limits).unwrap();
    let (took, cpu) = (secs(watch), cpu_ms() - cpu);
    let each = cpu as f64 * 1e6 / samples as f64;
    println!("  {} days summed up in {took:.1} s, {each:.0} ns CPU a sample", done.rolled_up);
}

/// Rollups of one series.
fn rollups(store: &SledStore, entity: &EntityKey, (level, from, to): (Level, i64, i64)) {
    for round in ["first", "again", "again"] {
        let range = TimeRange { from: Timestamp::from_secs(from), to: Timestamp::from_secs(to) };
        let watch = Stopwatch::start();
        let found = store.rollups_read(entity, Metric::InBps, (level, range)).unwrap();
        println!("  rollups_read {}, {round}: {:.2} ms, {} rollups", level.word(), secs(watch) * 1e3, found.len());
    }
}

fn year() {
    println!("a year of 4 devices of 8 ports, every 5 minutes");
    const DAY: i64 = 86_400;
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(4, 8);
    let store = SledStore::open(folder.path()).unwrap();
    backfill(&store, &mut network, 365);
    sum_up(&store, EPOCH + DAY);
    let stats = store.stats().unwrap();
    for kind in ["1m/", "1h/", "2"] {
        let periods = || stats.periods.iter().filter(|period| period.name.starts_with(kind));
        let (bytes, samples) =
            (periods().map(|period| period.bytes).sum::<u64>(), periods().map(|period| period.samples).sum::<u64>());
        let each = bytes as f64 / samples.max(1) as f64;
        println!("  {kind}: {} periods, {:.1} MB, {samples} values, {each:.2} B each", periods().count(), bytes as f64 / 1e6);
    }
    drop(store);
    let store = reopen(folder.path());
    let entity = EntityKey { device: network.batches[2].device.clone(), part: Some("GigabitEthernet1/0/5".into()) };
    rollups(&store, &entity, (Level::Hour, EPOCH - 365 * DAY, EPOCH));
    rollups(&store, &entity, (Level::Minute, EPOCH - 30 * DAY, EPOCH - 23 * DAY));
}

fn journal(store: &SledStore) {
    let records: Vec<_> = (0..200_000).map(|n| (Timestamp::from_secs(EPOCH + n / 10), vec![n as u8; 120])).collect();
    let watch = Stopwatch::start();
    for some in records.chunks(1000) {
        store.journal_append(some).unwrap();
    }
    store.flush().unwrap();
    println!("  journal: {} records in {:.0} ms", records.len(), secs(watch) * 1e3);
    let parts = (0..5000).map(|part| (format!("device {part}"), vec![part as u8; 4000])).collect();
    let checkpoint = Checkpoint { seq: 100_000, at: Timestamp::from_secs(EPOCH + 10_000), parts };
    let watch = Stopwatch::start();
    store.checkpoint_write(&checkpoint).unwrap();
    println!("  checkpoint of 20 MB in 5,000 parts: written in {:.0} ms", secs(watch) * 1e3);
    let watch = Stopwatch::start();
    let found = store.checkpoint_before(Timestamp::from_secs(EPOCH + 11_000)).unwrap();
    println!("  checkpoint_before: {:.0} ms ({})", secs(watch) * 1e3, found.is_some());
    let watch = Stopwatch::start();
    let found = store.journal_read(100_000, Timestamp::from_secs(EPOCH + 10_900), usize::MAX).unwrap();
    println!("  journal_read: {} records in {:.1} ms", found.len(), secs(watch) * 1e3);
    let range = TimeRange { from: Timestamp::from_secs(EPOCH), to: Timestamp::from_secs(EPOCH + 5000) };
    let watch = Stopwatch::start();
    let found = store.journal_range(range, 200).unwrap();
    println!("  journal_range: {} records in {:.1} ms", found.len(), secs(watch) * 1e3);
}

fn reopen(path: &std::path::Path) -> SledStore {
    let watch = Stopwatch::start();
    let store = SledStore::open(path).unwrap();
    println!("  open: {:.0} ms", secs(watch) * 1e3);
    store
}

fn small() {
    println!("60 devices of 17 ports");
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(60, 17);
    let store = SledStore::open(folder.path()).unwrap();
    backfill(&store, &mut network, 7);
    live(&store, &mut network, 2880);
    figures(&store);
    drop(store);
    let entity = EntityKey { device: network.batches[30].device.clone(), part: Some("GigabitEthernet1/0/9".into()) };
    for _ in 0..5 {
        let store = reopen(folder.path());
        day(&store, &entity, EPOCH);
        day(&store, &entity, EPOCH - 3 * 86_400);
    }
    let store = reopen(folder.path());
    last(&store, "noon", EPOCH + 43_200, &Metric::INTERFACE);
    sum_up(&store, EPOCH + 2 * 86_400);
    rollups(&store, &entity, (Level::Minute, EPOCH, EPOCH + 86_400));
    rollups(&store, &entity, (Level::Hour, EPOCH, EPOCH + 86_400));
    journal(&store);
    figures(&store);
}

fn large() {
    println!("5,000 devices of 24 ports");
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(5000, 24);
    let store = SledStore::open(folder.path()).unwrap();
    live(&store, &mut network, 150);
    figures(&store);
    let shown = [Metric::InBps, Metric::OutBps, Metric::OperStatus];
    for (name, at) in [("in a block", 1000), ("where blocks meet", 60 * 30 + 15), ("in the open block", 140 * 30)] {
        last(&store, name, EPOCH + at, &Metric::INTERFACE);
        last(&store, name, EPOCH + at, &shown);
    }
    drop(store);
    let store = reopen(folder.path());
    last(&store, "in a block, just opened", EPOCH + 1300, &Metric::INTERFACE);
    let entity = EntityKey { device: network.batches[3000].device.clone(), part: Some("GigabitEthernet1/0/9".into()) };
    day(&store, &entity, EPOCH);
}

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    match wanted.as_str() {
        "large" => large(),
        "year" => year(),
        _ => small(),
    }
}
