//! What log lines cost: reading them, keeping them in memory and on disk, and finding them, beside plain text and grep:
//! `cargo bench --bench logs [-- LINES]` (200,000 in memory; as many on disk, at best 1,000,000).
#![allow(clippy::unwrap_used, reason = "a measurement that can't go on has to stop")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use noctop::clock::Stopwatch;
use noctop::history::logs::{Bounds, LogOrder, LogQuestion, LogStore, MemoryLogs, Patience, PatternQuestion, RateSteps};
use noctop::history::{SledStore, Store};
use noctop::model::log::{JoinedBy, LogDevice};
use noctop::model::{DeviceId, LogLine, TimeRange, Timestamp};
use noctop::query::{Window, filter};
use noctop::wire::syslog;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const START: i64 = 1_795_348_800_000;

/// Milliseconds that the lines are spread over: a day, so that they are one period on disk.
const SPAN: i64 = 86_000_000;

/// Lines that come at once: what a listener hands over at 20,000 lines a second.
const BATCH: usize = 1000;

/// Filters from the cheapest to the dearest, and what grep is asked beside them.
const FILTERS: [(&str, &str); 14] = [
    ("", ""),
    ("sev>=err", ""),
    ("host=core-7", " core-7 "),
    ("/link.down/ device:core-1 sev>=warning", ""),
    ("ospf", "ospf"),
    ("fb0003e7", "fb0003e7"),
    ("enGigabitEthernet1/1/3", "enGigabitEthernet1/1/3"),
    ("\"state to down\"", "state to down"),
    ("/BFD|OSPF/", "BFD|OSPF"),
    ("/nbr 10\\.0\\.[0-9]+\\.9 .* down/", "nbr 10\\.0\\.[0-9]+\\.9 .* down"),
    ("/Nbr 10\\.0\\.4[0-9]\\.9 .* DOWN/", "Nbr 10\\.0\\.4[0-9]\\.9 .* DOWN"),
    ("/[0-9]{2}:[0-9]{2}[a-f]/", "[0-9]{2}:[0-9]{2}[a-f]"),
    ("not ospf not login sev<=5", ""),
    ("nothing-says-this", "nothing-says-this"),
];

fn message(number: usize) -> String {
    let (device, port) = (number % 40, number % 48);
    match number % 4 {
        0 => format!(
            "<189>{number}: core-{device}: Nov 22 11:45:33.102: %OSPF-5-ADJCHG: Process 1, Nbr 10.0.{port}.9 on Te1/1/{port} from FULL to DOWN, Neighbor Down: BFD node down"
        ),
        1 => format!(
            "<187>{number}: core-{device}: Nov 22 11:45:33.102: %LINK-3-UPDOWN: Interface TenGigabitEthernet1/1/{port}, changed state to down"
        ),
        2 => format!(
            "<38>Nov 22 11:45:33 srv-{device} sshd[{number}]: Failed password for root from 10.66.{port}.13 port 40022 ssh2"
        ),
        _ => format!(
            "<190>1 2026-11-22T11:45:33.102Z acc-{device} port-accessd 77 - - Event|10502|LOG_INFO|AMM|1/1|Client 3c22.fb{number:06x} authenticated on port 1/1/{port}"
        ),
    }
}

fn at(number: usize, count: usize) -> Timestamp {
    Timestamp(START + i64::try_from(number).unwrap() * SPAN / i64::try_from(count).unwrap())
}

fn line(number: usize, count: usize) -> Option<LogLine> {
    let source = [10, 0, (number % 40) as u8, 1].into();
    let mut line = syslog::read(message(number).as_bytes(), (at(number, count), source)).ok()?;
    let name = format!("core-{}", number % 40);
    let id = DeviceId::new(&format!("chassis:00:1b:54:00:00:{:02x}", number % 40));
    line.device = Some(LogDevice { id, name: name.as_str().into(), by: JoinedBy::Address, port: None });
    Some(line)
}

fn question(text: &str, fold: bool, range: TimeRange) -> LogQuestion {
    LogQuestion {
        filter: filter::parse(text).unwrap(),
        range,
        now: range.to,
        window: Window { offset: usize::MAX, rows: 100 },
        seek: None,
        order: LogOrder::OldestFirst,
        fold,
        faults_only: false,
        rates: Some(RateSteps { from: range.from, step: Duration::from_secs(600), count: 144 }),
        patience: Patience::default(),
    }
}

fn timed(logs: &dyn LogStore, question: &LogQuestion) -> (f64, u64) {
    let stopwatch = Stopwatch::start();
    let answer = logs.logs_ask(question).unwrap();
    (stopwatch.elapsed().as_secs_f64() * 1000.0, answer.lines)
}

fn main() {
    let count: usize = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(200_000);
    let messages: Vec<String> = (0..count).map(message).collect();
    let stopwatch = Stopwatch::start();
    let read = messages.iter().filter(|text| syslog::read(text.as_bytes(), (at(0, 1), [10, 0, 0, 1].into())).is_ok()).count();
    println!("reading      {:>8.2} us a line, {read} lines", per_line(&stopwatch, count));
    drop(messages);
    let range = TimeRange { from: at(0, count), to: at(count, count) };
    memory(count.min(200_000));
    on_disk(count, range);
}

fn per_line(stopwatch: &Stopwatch, count: usize) -> f64 {
    stopwatch.elapsed().as_secs_f64() * 1e6 / count as f64
}

fn memory(count: usize) {
    let lines: Vec<LogLine> = (0..count).filter_map(|number| line(number, count)).collect();
    let logs = MemoryLogs::bounded(Bounds { lines: count, octets: usize::MAX });
    let stopwatch = Stopwatch::start();
    logs.logs_append(lines).unwrap();
    println!("in memory    {:>8.2} us a line", per_line(&stopwatch, count));
    let kept = logs.logs_kept().unwrap();
    println!("             {:>8.0} octets a line", kept.octets as f64 / kept.lines as f64);
    let range = TimeRange { from: at(0, count), to: at(count, count) };
    for (text, _) in FILTERS {
        for fold in [false, true] {
            let question = question(text, fold, range);
            let ((first, lines), (again, _)) = (timed(&logs, &question), timed(&logs, &question));
            let fold = if fold { "folded" } else { "" };
            println!("{text:<40} {fold:<7} first {first:>7.2} ms  again {again:>7.2} ms  {lines} lines");
        }
    }
}

fn on_disk(count: usize, range: TimeRange) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = SledStore::open(&path).unwrap();
    let mut spent = [0.0f64; 3];
    for first in (0..count).step_by(BATCH) {
        let lines = (first..(first + BATCH).min(count)).filter_map(|number| line(number, count)).collect();
        let mut measure = |part: usize, work: &dyn Fn()| {
            let stopwatch = Stopwatch::start();
            work();
            spent[part] += stopwatch.elapsed().as_secs_f64();
        };
        let lines = std::cell::Cell::new(lines);
        measure(0, &|| store.logs().logs_append(lines.take()).unwrap());
        if (first / BATCH).is_multiple_of(20) {
            measure(1, &|| store.logs().logs_flush().unwrap());
            measure(2, &|| while store.logs().logs_tend().unwrap() {});
        }
    }
    store.flush().unwrap();
    let [append, flush, tend] = spent.map(|secs| secs * 1e6 / count as f64);
    println!("\non disk      {append:>8.2} us a line to take in, {flush:.2} to make durable, {tend:.2} to index and join");
    println!("             {:>8.0} lines a second on one thread", 1e6 / (append + flush + tend));
    drop(store);
    let plain = plain(folder.path(), count);
    let store = SledStore::open(&path).unwrap();
    let figures = store.stats().unwrap();
    println!("             {:>8.1} octets a line", figures.log_bytes as f64 / figures.logs as f64);
    drop(store);
    ask(&path, range, &plain);
}

/// The same lines as rsyslog's traditional format has them.
fn plain(folder: &Path, count: usize) -> std::path::PathBuf {
    let path = folder.join("plain.log");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    for number in 0..count {
        let message = message(number);
        let said = message.split_once('>').map_or("", |(_, said)| said);
        writeln!(file, "{} core-{} {said}", at(number, count).rfc3339(), number % 40).unwrap();
    }
    file.into_inner().unwrap().sync_all().unwrap();
    let octets = std::fs::metadata(&path).unwrap().len() as f64 / count as f64;
    let packed = Command::new("gzip").args(["-k", "-6"]).arg(&path).status();
    let packed = packed.ok().and_then(|_| std::fs::metadata(path.with_extension("log.gz")).ok());
    let packed = packed.map_or(f64::NAN, |data| data.len() as f64 / count as f64);
    println!("plain text   {octets:>8.1} octets a line, {packed:.1} with gzip");
    path
}

fn grep(pattern: &str, plain: &Path) -> String {
    if pattern.is_empty() {
        return "-".to_owned();
    }
    let stopwatch = Stopwatch::start();
    let insensitive = if pattern.contains(['[', '|', '\\']) { "-cE" } else { "-ciE" };
    let _count = Command::new("grep").env("LC_ALL", "C").args([insensitive, "--", pattern]).arg(plain).output();
    format!("{:.1}", stopwatch.elapsed().as_secs_f64() * 1000.0)
}

fn ask(path: &Path, range: TimeRange, plain: &Path) {
    let last_hour = TimeRange { from: range.to.minus(Duration::from_secs(3600)), to: range.to };
    println!("{:<40} {:>10} {:>10} {:>10} {:>10} {:>10}", "", "opened ms", "first ms", "again ms", "folded ms", "grep ms");
    for (text, pattern) in FILTERS {
        let stopwatch = Stopwatch::start();
        let store = SledStore::open_read_only(path).unwrap();
        let (opened, logs) = (stopwatch.elapsed().as_secs_f64() * 1000.0, store.logs());
        let (first, lines) = timed(logs, &question(text, false, range));
        let (again, _) = timed(logs, &question(text, false, range));
        let (folded, _) = timed(logs, &question(text, true, range));
        let grep = grep(pattern, plain);
        println!("{text:<40} {opened:>10.1} {first:>10.1} {again:>10.1} {folded:>10.1} {grep:>10}  {lines} lines");
    }
    let store = SledStore::open_read_only(path).unwrap();
    for (name, text, range) in
        [("last hour", "ospf", last_hour), ("last hour, no literal", "/[0-9]{2}:[0-9]{2}[a-f]/", last_hour)]
    {
        let (first, lines) = timed(store.logs(), &question(text, false, range));
        println!("{name:<40} first {first:>7.1} ms  {lines} lines");
    }
    let patterns = |range| PatternQuestion {
        filter: filter::parse("").unwrap(),
        range,
        now: range.to,
        faults_only: false,
        window: Window { offset: 0, rows: 50 },
        patience: Patience::default(),
    };
    for (name, range) in [("patterns of the last hour", last_hour), ("patterns of all lines", range)] {
        let stopwatch = Stopwatch::start();
        let answer = store.logs().logs_patterns(&patterns(range)).unwrap();
        println!("{name:<40} {:>7.1} ms  {} patterns", stopwatch.elapsed().as_secs_f64() * 1000.0, answer.matched);
    }
}
