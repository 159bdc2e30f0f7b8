//! What `noctop discover` costs beside one `snmpbulkwalk` a device: `NOCTOP_PEERS=FOLDER cargo bench --bench discover [-- DEVICES [SAMPLES]]`.
//! FOLDER holds `simnet`, which plays the agents; without it `noctop sim` does. `snmpbulkwalk`, eight at one time, reads the whole of
//! each agent; what noctop reads of it is what contract §3 shows. Both take turns; medians are compared. Prints a table for
//! docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

/// Where the agents listen, and the first of them.
const PORT: u16 = 11_620;
const FIRST: u32 = 0x7f50_0001;

/// Walks at one time.
const WALKERS: usize = 8;

/// Clock ticks a second of /proc (Linux on all architectures that Rust knows).
const TICKS: f64 = 100.0;

/// What one sample cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    wall: f64,
    cpu: f64,
}

struct Agents(Child);

impl Drop for Agents {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn main() {
    let given: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let (devices, samples) = (given.first().copied().unwrap_or(1000), given.get(1).copied().unwrap_or(5));
    let _agents = agents(devices);
    wait_for_the_first();
    let walks = Command::new("snmpbulkwalk").arg("-V").output().is_ok();
    if !walks {
        println!("missing: snmpbulkwalk (package snmp)");
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        ours.push(cost(|| discover(devices)));
        if walks {
            theirs.push(cost(|| walk_all(devices)));
        }
    }
    println!(
        "{devices} devices, {samples} samples each, medians\n\n| what | wall s | devices/s | CPU s | wall beside | CPU beside |\n|---|---|---|---|---|---|"
    );
    let ours = median(&ours);
    #[allow(clippy::cast_precision_loss, reason = "thousands of devices")]
    let row = |name: &str, it: Cost, base: Cost| {
        let rate = devices as f64 / it.wall;
        println!(
            "| {name} | {:.2} | {rate:.0} | {:.2} | {:.3} | {:.3} |",
            it.wall,
            it.cpu,
            it.wall / base.wall,
            it.cpu / base.cpu
        );
    };
    let base = if theirs.is_empty() { ours } else { median(&theirs) };
    row("noctop discover", ours, base);
    if walks {
        row("snmpbulkwalk -Cr25 .1, 8 at once", base, base);
    }
}

/// Starts whoever plays the agents.
fn agents(devices: usize) -> Agents {
    let simnet = std::env::var_os("NOCTOP_PEERS").map(|folder| PathBuf::from(folder).join("simnet")).filter(|path| path.exists());
    let mut command = match simnet {
        Some(path) => {
            let mut command = Command::new(path);
            let (bind, control) = (format!("0.0.0.0:{PORT}"), format!("127.0.0.1:{}", PORT + 1));
            command.args(["--bind", &bind, "--base", &Ipv4Addr::from(FIRST - 1).to_string(), "--control", &control, "--devices"]);
            command
        }
        None => {
            println!("missing: simnet in NOCTOP_PEERS; `noctop sim` plays the agents");
            let mut command = Command::new(NOCTOP);
            command.args(["sim", "--listen", &format!("{}/12:{PORT}", Ipv4Addr::from(FIRST - 1)), "--devices"]);
            command
        }
    };
    Agents(command.arg(devices.to_string()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

fn address(number: usize) -> String {
    let octets = Ipv4Addr::from(FIRST + u32::try_from(number).unwrap());
    format!("{octets}:{PORT}")
}

/// Until the agents answer; they take a moment to be made.
fn wait_for_the_first() {
    let asks = || Command::new(NOCTOP).args(["get", &address(0), "-c", "public", "sysName"]).output().unwrap();
    assert!((0..60).any(|_| asks().status.success()), "the agents do not answer");
}

fn discover(devices: usize) {
    let mut command = Command::new(NOCTOP);
    command.args(["discover", "-c", "public", &address(0), "--port", &PORT.to_string(), "--format", "json"]);
    let output = command.output().unwrap();
    let topology: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = topology["devices"].as_array().map_or(0, Vec::len);
    println!("found {found} of {devices} devices, {} links", topology["links"].as_array().map_or(0, Vec::len));
}

/// All agents walked, as many at one time as there are walkers.
fn walk_all(devices: usize) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WALKERS {
            scope.spawn(|| {
                while let Some(number) = Some(next.fetch_add(1, Relaxed)).filter(|number| *number < devices) {
                    let mut walk = Command::new("snmpbulkwalk");
                    walk.args(["-v2c", "-c", "public", "-Cr25", "-On", "-t2", "-r2", &address(number), ".1"]).env("MIBS", "");
                    walk.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
                }
            });
        }
    });
}

fn cost(work: impl FnOnce()) -> Cost {
    let (clock, before) = (Stopwatch::start(), children_cpu());
    work();
    Cost { wall: clock.elapsed().as_secs_f64(), cpu: children_cpu() - before }
}

/// Processor time of children that ended, seconds. Source: proc(5), stat fields cutime and cstime.
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[13..15].iter().map(|ticks| ticks.parse::<f64>().unwrap() / TICKS).sum()
}

fn median(costs: &[Cost]) -> Cost {
    let middle = |of: fn(&Cost) -> f64| {
        let mut sorted: Vec<f64> = costs.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    Cost { wall: middle(|cost| cost.wall), cpu: middle(|cost| cost.cpu) }
}
