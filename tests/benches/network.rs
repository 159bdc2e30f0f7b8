//! A large network polled every 30 s for minutes: `NOCTOP_PEERS=FOLDER cargo bench --bench network [-- DEVICES SECONDS]`, 6,700 devices
//! (a little over 120,000 interfaces) and 600 seconds unless told otherwise. FOLDER holds `simnet`, which plays the agents on
//! loopback and writes down what each counter does; the daemon discovers them from one seed, polls and keeps everything on
//! disk. Every rate that it shows at the end is held against the truth. Prints a table for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

/// Where the agents listen.
const PORT: u16 = 31_161;

/// Until everything is discovered and polled twice: what is measured begins then.
const SETTLE: Duration = Duration::from_secs(90);

/// Clock ticks a second of /proc (Linux on all architectures that Rust knows).
const TICKS: f64 = 100.0;

/// A child that ends with the measurement.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn main() {
    let given: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (devices, seconds) = (given.first().copied().unwrap_or(6700), given.get(1).copied().unwrap_or(600));
    let simnet = std::env::var_os("NOCTOP_PEERS").map(|folder| PathBuf::from(folder).join("simnet")).filter(|path| path.exists());
    let Some(simnet) = simnet else {
        println!("missing: simnet in NOCTOP_PEERS; nothing is measured");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let _agents = agents(&simnet, (devices, &at("truth.json")));
    fs::write(at("noctop.toml"), config()).unwrap();
    let daemon = daemon(folder.path());
    std::thread::sleep(SETTLE);
    let (before, cpu_before) = (polling(folder.path()), cpu_seconds(daemon.0.id()));
    std::thread::sleep(Duration::from_secs(seconds));
    let (after, cpu_after) = (polling(folder.path()), cpu_seconds(daemon.0.id()));
    let during = |name: &str| after[name].as_f64().unwrap() - before[name].as_f64().unwrap();
    let truth: Value = serde_json::from_slice(&fs::read(at("truth.json")).unwrap()).unwrap();
    let rates = Rates::compare(&truth, &ask(folder.path(), &["interfaces"]));
    let cpu = cpu_after - cpu_before;
    // What a poll reads: 16 objects a port and five of the device, as tests/benches/poll.rs counts them.
    let varbinds = during("polls") * (rates.interfaces as f64 / devices as f64 * 16.0 + 5.0);
    println!(
        "| devices | interfaces | seconds | polls | missed | skipped | lag p95 ms | CPU of one core | CPU ms / 1,000 varbinds | peak RSS MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    println!(
        "| {devices} | {} | {seconds} | {} | {} | {} | {:.0} | {:.1} % | {:.2} | {:.0} |",
        rates.interfaces,
        during("polls"),
        during("missed"),
        during("skipped"),
        after["lagSeconds"].as_f64().unwrap_or(f64::NAN) * 1000.0,
        cpu / seconds as f64 * 100.0,
        cpu * 1e6 / varbinds,
        status_mb(daemon.0.id(), "VmHWM:"),
    );
    println!(
        "rates: {} within 1 % of the truth, {} not, {} unknown; the worst {:.3} % off",
        rates.right,
        rates.wrong,
        rates.unknown,
        rates.worst * 100.0
    );
}

fn config() -> String {
    format!(
        "[[credential]]\nname = \"sim\"\nversion = \"2c\"\ncommunity = \"public\"\n\n[discovery]\ntargets = [\"127.64.0.1\"]\n\
         scope = [\"127.64.0.0/16\"]\nport = {PORT}\nown_host = false\ninterval = \"6h\"\n\n[polling]\ninterval = \"30s\"\n"
    )
}

fn agents(simnet: &Path, (devices, truth): (u64, &Path)) -> Running {
    let mut command = Command::new(simnet);
    command.args(["--devices", &devices.to_string(), "--bind", &format!("0.0.0.0:{PORT}"), "--base", "127.64.0.0"]);
    command.args(["--control", &format!("127.0.0.1:{}", PORT + 1), "--truth"]).arg(truth);
    let running = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let asks = || Command::new(NOCTOP).args(["get", &format!("127.64.0.1:{PORT}"), "-c", "public", "sysName"]).output().unwrap();
    assert!((0..60).any(|_| asks().status.success()), "the agents do not answer");
    running
}

fn common(folder: &Path) -> [PathBuf; 6] {
    let at = |name: &str| folder.join(name);
    ["--config".into(), at("noctop.toml"), "--data".into(), at("data"), "--connect".into(), at("noctop.sock")]
}

fn daemon(folder: &Path) -> Running {
    let mut command = Command::new(NOCTOP);
    command.arg("daemon").args(common(folder));
    Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

fn ask(folder: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(NOCTOP).args(arguments).args(common(folder)).args(["--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The poller's counters, and its lag.
fn polling(folder: &Path) -> Value {
    let status = ask(folder, &["status"]);
    let snmp = status["collectors"].as_array().unwrap().iter().find(|collector| collector["name"] == "snmp").unwrap();
    let mut polling = snmp["polling"].clone();
    polling["lagSeconds"] = snmp["lagSeconds"].clone();
    polling
}

/// Rates beside the truth.
#[derive(Default)]
struct Rates {
    interfaces: u64,
    right: u64,
    wrong: u64,
    unknown: u64,
    worst: f64,
}

impl Rates {
    fn compare(truth: &Value, rows: &Value) -> Self {
        let mut known: BTreeMap<(&str, &str), &Value> = BTreeMap::new();
        for node in truth["nodes"].as_array().unwrap() {
            for port in node["interfaces"].as_array().unwrap() {
                known.insert((node["name"].as_str().unwrap(), port["name"].as_str().unwrap()), port);
            }
        }
        let mut rates = Self { interfaces: known.len() as u64, ..Self::default() };
        for row in rows.as_array().unwrap() {
            let name = (row["deviceName"].as_str().unwrap_or(""), row["ifName"].as_str().unwrap_or(""));
            let Some(port) = known.remove(&name) else { continue };
            for direction in ["in", "out"] {
                let octets = port[format!("{direction}_rate")].as_f64().unwrap();
                rates.add(row[format!("{direction}Bps")].as_f64(), octets * 8.0);
            }
        }
        // Ports that are not among the rows.
        rates.unknown += 2 * known.len() as u64;
        rates
    }

    fn add(&mut self, shown: Option<f64>, truth: f64) {
        let Some(shown) = shown else {
            self.unknown += 1;
            return;
        };
        let off = if truth == 0.0 { shown.abs() } else { (shown - truth).abs() / truth };
        self.worst = self.worst.max(off);
        *(if off <= 0.01 { &mut self.right } else { &mut self.wrong }) += 1;
    }
}

fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / TICKS
}

fn status_mb(pid: u32, name: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
