//! What the SNMP engine costs beside its peers: `NOCTOP_PEERS=FOLDER cargo bench --bench snmp [-- SAMPLES]`. The folder holds `snmpresp`,
//! which plays the agents, and the peers `snmpfloor` and `snmp2bench`; `snmpbulkwalk` is taken from PATH. Whoever is missing is named.
//! Every sample is a process of its own; ours and the peers' take turns, and medians are compared. Prints a table for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::collect::snmp::{Agent, Client, Limits, Options};
use noctop::model::{Credential, Oid};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Where the played agents listen, and how many ports each has.
const PORT: u16 = 11_610;
const PORTS: u32 = 48;

/// Devices, and how many of them are read at one time, as the peers do.
const DEVICES: u32 = 1000;
const AT_ONCE: usize = 128;

/// The first agent's address; the others follow.
const FIRST: u32 = 0x7f01_0001;

/// Four columns of ifXTable and six of ifTable, as the peers read them.
const COLUMNS: [&[u32]; 10] = [
    &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6],
    &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 10],
    &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 7],
    &[1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 11],
    &[1, 3, 6, 1, 2, 1, 2, 2, 1, 13],
    &[1, 3, 6, 1, 2, 1, 2, 2, 1, 14],
    &[1, 3, 6, 1, 2, 1, 2, 2, 1, 19],
    &[1, 3, 6, 1, 2, 1, 2, 2, 1, 20],
    &[1, 3, 6, 1, 2, 1, 2, 2, 1, 8],
    &[1, 3, 6, 1, 2, 1, 2, 2, 1, 7],
];

/// What one process measured.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    cpu_ms_per_1000: f64,
    per_second: f64,
    rss_mb: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["own", work, devices, rounds] => own(work, devices.parse().unwrap(), rounds.parse().unwrap()),
        ["idle", devices] => idle(devices.parse().unwrap()),
        [samples] => compare(samples.parse().unwrap()),
        _ => compare(7),
    }
}

// ---- our side, in a process of its own

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn agent(number: u32) -> Agent {
    let address = SocketAddr::new(Ipv4Addr::from(FIRST + number).into(), PORT);
    Agent { address, credential: Arc::new(Credential::community("bench", "public")) }
}

/// Reads every device `rounds` times and prints what that cost.
fn own(work: &str, devices: u32, rounds: u32) {
    let columns: Arc<[Oid]> = COLUMNS.iter().map(|arcs| Oid::new(arcs)).collect();
    let names: Arc<[Oid]> =
        (1..=PORTS).flat_map(|row| columns.iter().map(move |column| column.child(&[row])).collect::<Vec<_>>()).collect();
    let (walks, varbinds) = (work == "walk", Arc::new(AtomicU64::new(0)));
    let stopwatch = Stopwatch::start();
    let counts = runtime().block_on(async {
        let client = Client::open(Options::default()).unwrap();
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..devices {
            let (client, columns, names) = (client.clone(), Arc::clone(&columns), Arc::clone(&names));
            let (varbinds, places) = (Arc::clone(&varbinds), Arc::clone(&places));
            tasks.spawn(async move {
                let _place = places.acquire().await.unwrap();
                let agent = agent(number);
                for _ in 0..rounds {
                    let session = client.session(&agent, Limits::default());
                    let read = if walks {
                        let read = session.walk_columns(&columns).await;
                        assert!(
                            read.iter().all(|walk| walk.fault.is_none()),
                            "{:?}",
                            read.iter().find_map(|walk| walk.fault.clone())
                        );
                        read.iter().map(|walk| walk.rows.len()).sum::<usize>()
                    } else {
                        session.get(&names).await.unwrap().iter().filter(|bind| bind.value.as_u64().is_some()).count()
                    };
                    varbinds.fetch_add(read as u64, Relaxed);
                }
            });
        }
        while tasks.join_next().await.is_some_and(|done| done.is_ok()) {}
        client.counts()
    });
    let seconds = stopwatch.elapsed().as_secs_f64();
    let read = varbinds.load(Relaxed);
    assert_eq!(read, u64::from(devices) * u64::from(rounds) * u64::from(PORTS) * 10, "{counts:?}");
    let per_request = read as f64 / counts.sent as f64;
    println!(
        "noctop {work} devices={devices} vb={read} req={} retried={} vb/req={per_request:.1} vb/s={:.0} cpu_ms/1000vb={:.4} maxrss_MB={:.1}",
        counts.sent,
        counts.retried,
        read as f64 / seconds,
        cpu_ms() / read as f64 * 1000.0,
        peak_rss_mb()
    );
}

/// Gets to know so many agents and prints what each of them takes while nothing is asked.
fn idle(devices: u32) {
    let name = [Oid::new(&[1, 3, 6, 1, 2, 1, 1, 3, 0])];
    let know = async |client: &Client, numbers: std::ops::Range<u32>| {
        for number in numbers {
            client.get(&agent(number), &name).await.unwrap();
        }
    };
    runtime().block_on(async {
        let client = Client::open(Options::default()).unwrap();
        know(&client, 0..100).await;
        let before = status_kb("VmRSS:");
        know(&client, 100..devices).await;
        let after = status_kb("VmRSS:");
        let octets = (after - before) * 1024.0 / f64::from(devices - 100);
        println!("noctop idle agents={} octets/agent={octets:.0}", client.known_agents());
    });
}

/// CPU time of the process, user and system: the scheduler's own count of its threads.
fn cpu_ms() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e6
}

fn peak_rss_mb() -> f64 {
    status_kb("VmHWM:") / 1024.0
}

fn status_kb(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

// ---- all sides, in turn

struct Responder(Child);

impl Drop for Responder {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn compare(samples: usize) {
    let folder = std::env::var_os("NOCTOP_PEERS").map(PathBuf::from).unwrap_or_default();
    let peer = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
    let Some(responder) = peer("snmpresp") else {
        println!("MISSING: snmpresp (looked in NOCTOP_PEERS={}). Nothing was measured.", folder.display());
        return;
    };
    let child = Command::new(responder).args([PORT.to_string(), PORTS.to_string()]).stdout(Stdio::null()).spawn().unwrap();
    let _responder = Responder(child);
    wait_for_responder();
    for (title, peer_mode, own_mode, rounds) in [("10 columns side by side", "bulk", "walk", 20), ("GET of 60", "get", "get", 8)]
    {
        let mut sides: Vec<(String, Command)> =
            vec![("noctop".to_owned(), own_command(&["own", own_mode, &DEVICES.to_string(), &rounds.to_string()]))];
        for name in ["snmpfloor", "snmp2bench"] {
            match peer(name) {
                Some(path) => sides.push((name.to_owned(), peer_command(&path, name, peer_mode, rounds))),
                None => println!("MISSING: {name}"),
            }
        }
        table(&format!("{title}, {DEVICES} devices, {rounds} rounds, {AT_ONCE} at once"), &mut sides, samples);
    }
    let mut more = own_command(&["own", "walk", &(DEVICES * 4).to_string(), "4"]);
    let mut less = own_command(&["own", "walk", &DEVICES.to_string(), "4"]);
    let grown = run(&mut more).rss_mb - run(&mut less).rss_mb;
    println!("each further device in flight or waiting: {:.1} kB", grown * 1024.0 / f64::from(DEVICES * 3));
    print!("{}", String::from_utf8_lossy(&own_command(&["idle", "20000"]).output().unwrap().stdout));
    bulkwalk(samples.min(3));
}

fn wait_for_responder() {
    let limits = Limits { timeout: Duration::from_millis(100), retries: 0, ..Limits::default() };
    runtime().block_on(async {
        let client = Client::open(Options::default()).unwrap();
        for _ in 0..100 {
            if client.session(&agent(0), limits).get(&[Oid::new(&[1, 3, 6, 1, 2, 1, 1, 3, 0])]).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("snmpresp does not answer");
    });
}

fn own_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments);
    command
}

fn peer_command(path: &Path, name: &str, mode: &str, rounds: u32) -> Command {
    let mut command = Command::new(path);
    command.args([PORT.to_string(), DEVICES.to_string(), PORTS.to_string(), mode.to_owned(), rounds.to_string()]);
    if name == "snmpfloor" {
        command.arg(AT_ONCE.to_string());
    }
    command
}

fn run(command: &mut Command) -> Sample {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let figure = |key: &str| {
        let found = text.split_whitespace().find_map(|word| word.strip_prefix(key));
        found.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("no {key} in {text}"))
    };
    Sample { cpu_ms_per_1000: figure("cpu_ms/1000vb="), per_second: figure("vb/s="), rss_mb: figure("maxrss_MB=") }
}

fn table(title: &str, sides: &mut [(String, Command)], samples: usize) {
    let mut taken: BTreeMap<usize, Vec<Sample>> = BTreeMap::new();
    for _ in 0..samples {
        for (at, (_, command)) in sides.iter_mut().enumerate() {
            taken.entry(at).or_default().push(run(command));
        }
    }
    let of = |at: usize, figure: fn(&Sample) -> f64| median(taken[&at].iter().map(figure).collect());
    println!("\n{title}; medians of {samples}\n");
    println!("| client | CPU ms / 1,000 varbinds | noctop's CPU beside it | varbinds/s | RSS MB | noctop's RSS beside it |");
    println!("|---|---|---|---|---|---|");
    for (at, (name, _)) in sides.iter().enumerate() {
        let (cpu, rss) = (of(at, |sample| sample.cpu_ms_per_1000), of(at, |sample| sample.rss_mb));
        let (own_cpu, own_rss) = (of(0, |sample| sample.cpu_ms_per_1000), of(0, |sample| sample.rss_mb));
        let rate = of(at, |sample| sample.per_second);
        println!("| {name} | {cpu:.4} | {:.2}x | {rate:.0} | {rss:.1} | {:.2}x |", own_cpu / cpu, own_rss / rss);
    }
    println!();
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// snmpbulkwalk, a process per device, over ifTable and ifXTable.
fn bulkwalk(samples: usize) {
    const WALKS: u32 = 20;
    let script = format!(
        "i=0; while [ $i -lt {WALKS} ]; do i=$((i+1)); for t in 1.3.6.1.2.1.2.2 1.3.6.1.2.1.31.1.1; do \
         snmpbulkwalk -v2c -c public -On -Cr25 127.1.0.$i:{PORT} $t || exit 1; done; done"
    );
    let mut figures = Vec::new();
    for _ in 0..samples {
        let before = children_ms();
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        if !output.status.success() {
            println!("MISSING: snmpbulkwalk (not in PATH, or it failed)");
            return;
        }
        let rows = output.stdout.iter().filter(|octet| **octet == b'\n').count();
        figures.push((children_ms() - before) / rows as f64 * 1000.0);
    }
    println!("snmpbulkwalk, a process per device and table: {:.2} CPU ms / 1,000 varbinds", median(figures));
}

/// CPU time of the children that have ended, in clock ticks of 10 ms (proc(5), fields 16 and 17).
fn children_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap()) * 10.0
}
