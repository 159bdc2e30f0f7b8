//! What the history of flows costs beside nfdump: `NOCTOP_PEERS=FOLDER cargo bench --bench flow_store [-- ROUNDS]`. The folder holds
//! `mkflows.py`; `nfcapd` and `nfdump` are taken from PATH. Whoever is missing is named.
//!
//! Five million flows of NetFlow v9 are made once; nfcapd keeps them with lz4 (`-y`), we keep the same records by the receipt that
//! twenty thousand a second would have, and their minutes. Then both are asked for the ten largest, each time by a process of its own,
//! in turn; medians are compared. Prints the tables for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use noctop::analyse::talkers::{self, Chunk, Looked, Source};
use noctop::clock::Stopwatch;
use noctop::history::{FlowStore, SledStore, Store};
use noctop::model::flow::{
    ExporterKey, FlowAddr, FlowBatch, FlowColumns, FlowLevel, FlowRecord, FlowStretch, FlowVersion, Known, TalkTable, TopKey,
    TopRequest,
};
use noctop::model::{TimeRange, Timestamp};
use std::fs::{self, File};
use std::io::Read;
use std::net::UdpSocket;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Flows, unless `NOCTOP_FLOWS` says otherwise.
const FLOWS: u64 = 5_000_000;
/// The first flow's receipt: 2026-11-20 00:00 UTC.
const FIRST: i64 = 1_795_132_800;
/// Flows a second.
const RATE: u64 = 20_000;
/// Octets of a record of mkflows.py.
const RECORD: usize = 53;
/// Datagrams a second to nfcapd: it loses none at that.
const PACE: u64 = 15_000;
const PORT: u16 = 29_955;
/// Rows of a minute as the engine keeps it.
const KEPT_ROWS: usize = 4_000;

/// What both are asked, in their words: our keys, nfdump's arguments.
const QUESTIONS: [(&str, &str, &[&str]); 4] = [
    ("source", "src", &["-s", "srcip/bytes"]),
    ("address", "host", &["-s", "ip/bytes"]),
    ("service port", "port", &["-s", "dstport/bytes"]),
    ("pair", "src,dst", &["-A", "srcip,dstip", "-s", "record/bytes"]),
];

fn flows() -> u64 {
    std::env::var("NOCTOP_FLOWS").ok().and_then(|flows| flows.parse().ok()).unwrap_or(FLOWS)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["keep", file, data] => keep(Path::new(file), Path::new(data)),
        ["scan", data, by] => scan(Path::new(data), by),
        [rounds] => compare(rounds.parse().unwrap()),
        _ => compare(5),
    }
}

// ---- our side, in processes of its own

/// The records of a file of datagrams, some at a time.
fn records(file: &Path, mut take: impl FnMut(&FlowRecord)) {
    let mut bytes = Vec::new();
    File::open(file).unwrap().read_to_end(&mut bytes).unwrap();
    let mut rest = bytes.as_slice();
    while let Some((len, after)) = rest.split_first_chunk::<2>() {
        let (datagram, after) = after.split_at(usize::from(u16::from_be_bytes(*len)));
        rest = after;
        let set = &datagram[20..];
        if u16::from_be_bytes([set[0], set[1]]) == 256 {
            let len = usize::from(u16::from_be_bytes([set[2], set[3]]));
            set[4..len].chunks_exact(RECORD).for_each(|record| take(&read(record)));
        }
    }
}

fn read(octets: &[u8]) -> FlowRecord {
    let word = |at: usize| u32::from_be_bytes(octets[at..at + 4].try_into().unwrap());
    let half = |at: usize| u16::from_be_bytes(octets[at..at + 2].try_into().unwrap());
    let known = [
        Known::OCTETS,
        Known::PACKETS,
        Known::START,
        Known::END,
        Known::IN_IF,
        Known::OUT_IF,
        Known::SRC_AS,
        Known::DST_AS,
        Known::SRC_PORT,
        Known::DST_PORT,
        Known::TCP_FLAGS,
        Known::PROTOCOL,
        Known::TOS,
    ];
    let uptime = |at: usize| Timestamp(1_700_000_000_000 - 3_600_000 + i64::from(word(at)));
    FlowRecord {
        known: known.into_iter().fold(Known::SRC_MASK.with(Known::DST_MASK), Known::with),
        src: FlowAddr::v4(word(0)),
        dst: FlowAddr::v4(word(4)),
        next_hop: FlowAddr::v4(word(8)),
        in_if: word(12),
        out_if: word(16),
        packets: u64::from(word(20)),
        octets: u64::from(word(24)),
        start: uptime(28),
        end: uptime(32),
        src_port: half(36),
        dst_port: half(38),
        tcp_flags: u16::from(octets[40]),
        protocol: octets[41],
        tos: octets[42],
        src_as: word(43),
        dst_as: word(47),
        src_mask: octets[51],
        dst_mask: octets[52],
        sampling_interval: 1,
        ..FlowRecord::default()
    }
}

/// Keeps the records and their minutes; says how many nanoseconds of this thread a record took: to keep it, and to sum it up.
fn keep(file: &Path, data: &Path) {
    let store = SledStore::open(data).unwrap();
    let exporter = ExporterKey { address: [127, 0, 0, 1].into(), version: FlowVersion::NetFlow9, domain: 1 };
    let (mut seconds, mut number) = (Vec::new(), 0u64);
    let empty = |second: u64| FlowColumns {
        received: Timestamp::from_secs(FIRST + second as i64),
        exporters: vec![exporter],
        ..FlowColumns::default()
    };
    records(file, |record| {
        let second = number / RATE;
        if seconds.len() as u64 <= second {
            seconds.push(empty(second));
        }
        seconds[second as usize].push(0, record);
        number += 1;
    });
    let watch = Stopwatch::start();
    seconds.iter().for_each(|columns| store.flow_records_append(columns).unwrap());
    store.flows_flush().unwrap();
    let kept = watch.elapsed();
    let watch = Stopwatch::start();
    let mut minute = FlowStretch::new(FlowLevel::Minute, Timestamp::from_secs(FIRST), 20_000);
    let write = |minute: &mut FlowStretch| {
        let mut time = minute.time();
        time.talks.cut(KEPT_ROWS);
        store.flow_talks_append(&time).unwrap();
    };
    for columns in &seconds {
        let start = FlowLevel::Minute.start_of(columns.received);
        if start != minute.start() {
            write(&mut minute);
            minute.begin(start);
        }
        let mut table = TalkTable::new(20_000);
        (0..columns.len()).filter_map(|row| columns.get(row)).for_each(|(exporter, record)| table.add(exporter, &record));
        minute.add_batch(&FlowBatch { exporters: columns.exporters.clone(), talks: table.take(), ..FlowBatch::default() });
    }
    write(&mut minute);
    store.flush().unwrap();
    let each = |elapsed: Duration| elapsed.as_nanos() as f64 / number as f64;
    println!("{number} {:.1} {:.1}", each(kept), each(watch.elapsed()));
}

/// All records of a store, whatever is asked.
struct Records<'a>(&'a SledStore, &'a talkers::Question);

impl Source for Records<'_> {
    fn scan(&self, range: TimeRange, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<Option<Looked>, String> {
        self.0
            .flow_records_scan(range, self.1.fields(), &mut |columns| {
                visit(Chunk::Records(columns));
                ControlFlow::Continue(())
            })
            .map_err(|error| error.to_string())?;
        Ok(Some(Looked { range, resolution: "records" }))
    }
}

/// Ten largest out of the records themselves.
fn scan(data: &Path, by: &str) {
    let store = SledStore::open_read_only(data).unwrap();
    let range = TimeRange { from: Timestamp::from_secs(FIRST), to: Timestamp::from_secs(FIRST + 86_400) };
    let by = TopKey::list(by).unwrap();
    let request = TopRequest { by, filter: String::new(), range, limit: 10, steps: 0, compare_secs: None };
    let question = talkers::question(&request, range.to).unwrap();
    let answer = talkers::top(&request, (&question, &Records(&store, &question)), &|_| None).unwrap();
    assert_eq!(answer.total.flows, flows());
    answer.rows.iter().for_each(|row| println!("{:?} {}", row.keys, row.sum.octets));
}

// ---- the comparison

fn peer(name: &str) -> Option<PathBuf> {
    let found = PathBuf::from(std::env::var_os("NOCTOP_PEERS")?).join(name);
    found.is_file().then_some(found)
}

fn wall(command: &mut Command) -> f64 {
    let watch = Stopwatch::start();
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let elapsed = watch.elapsed().as_secs_f64();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stdout));
    elapsed
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    entries.map(|entry| if entry.path().is_dir() { bytes_below(&entry.path()) } else { entry.metadata().unwrap().len() }).sum()
}

/// Has nfcapd keep the same flows with lz4; its file.
fn nfcapd(file: &Path, folder: &Path) -> Option<PathBuf> {
    fs::create_dir_all(folder).unwrap();
    let arguments = ["-y", "-p", &PORT.to_string(), "-b", "127.0.0.1", "-B", "4194304", "-t", "86400", "-l"].map(str::to_owned);
    let started = Command::new("nfcapd").args(arguments).arg(folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = started else {
        println!("nfcapd is missing: no comparison");
        return None;
    };
    std::thread::sleep(Duration::from_secs(1));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let bytes = fs::read(file).unwrap();
    let (mut rest, watch, mut sent) = (bytes.as_slice(), Stopwatch::start(), 0u64);
    while let Some((len, after)) = rest.split_first_chunk::<2>() {
        let (datagram, after) = after.split_at(usize::from(u16::from_be_bytes(*len)));
        rest = after;
        socket.send_to(datagram, ("127.0.0.1", PORT)).unwrap();
        sent += 1;
        if sent % 50 == 0 {
            let due = Duration::from_micros(sent * 1_000_000 / PACE);
            std::thread::sleep(due.saturating_sub(watch.elapsed()));
        }
    }
    std::thread::sleep(Duration::from_secs(2));
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    child.wait().unwrap();
    let kept = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    kept.max_by_key(|path| fs::metadata(path).unwrap().len())
}

fn compare(rounds: usize) {
    let folder = std::env::temp_dir().join(format!("noctop-flow-store-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (file, data) = (folder.join("v9.bin"), folder.join("data"));
    let Some(maker) = peer("mkflows.py") else {
        println!("mkflows.py is missing: name its folder in NOCTOP_PEERS");
        return;
    };
    wall(Command::new("python3").arg(maker).args(["v9", &flows().to_string()]).arg(&file));
    let own = std::env::current_exe().unwrap();
    let kept = Command::new(&own).arg("keep").arg(&file).arg(&data).output().unwrap();
    let kept = String::from_utf8(kept.stdout).unwrap();
    let figures: Vec<f64> = kept.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
    let records = bytes_below(&data.join("flows/records")) as f64 / flows() as f64;
    let minutes = bytes_below(&data.join("flows/1m"));
    println!("| | noctop | nfdump lz4 | ratio |\n|---|---|---|---|");
    let peer = nfcapd(&file, &folder.join("nf"));
    let theirs = peer.as_ref().map(|path| fs::metadata(path).unwrap().len() as f64 / flows() as f64);
    let theirs_text = theirs.map_or("not measured".into(), |theirs| format!("{theirs:.2} | {:.3}", records / theirs));
    println!("| octets a record | {records:.2} | {theirs_text} |");
    println!("| keeping, ns a record | {:.0} | | |\n| summing up, ns a record | {:.0} | | |", figures[1], figures[2]);
    println!("| octets of 5 minutes of sums | {minutes} | | |");
    for (name, by, arguments) in QUESTIONS {
        let (mut sums, mut scans, mut peers) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let range = [format!("@{FIRST}"), format!("@{}", FIRST + 300)];
            let mut top = Command::new(env!("CARGO_BIN_EXE_noctop"));
            top.args(["top", "--by", by, "--from", &range[0], "--to", &range[1], "--format", "json", "--data"]).arg(&data);
            sums.push(wall(&mut top));
            scans.push(wall(Command::new(&own).arg("scan").arg(&data).arg(by)));
            if let Some(peer) = &peer {
                peers.push(wall(Command::new("nfdump").arg("-r").arg(peer).args(["-q", "-n", "10"]).args(arguments)));
            }
        }
        let (sums, scans) = (median(&mut sums), median(&mut scans));
        let theirs = if peers.is_empty() { f64::NAN } else { median(&mut peers) };
        println!("| top 10 by {name}, out of sums, s | {sums:.3} | {theirs:.3} | {:.3} |", sums / theirs);
        println!("| top 10 by {name}, all records, s | {scans:.3} | {theirs:.3} | {:.3} |", scans / theirs);
    }
    fs::remove_dir_all(&folder).unwrap();
}
