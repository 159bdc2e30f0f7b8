//! What collecting flows costs beside nfcapd: `NOCTOP_PEERS=FOLDER cargo bench --bench flow_collect [-- SAMPLES [DATAGRAMS_PER_SECOND]]`. The folder
//! holds `blast`, a paced sender of datagrams, and `fl_v5.bin`, `fl_v9.bin`, `fl_ipfix.bin`, a million flows each; `nfcapd` and `nfdump`
//! are taken from PATH. Whoever is missing is named. Ours is the daemon as it is installed: it receives, decodes, sums up, and keeps the
//! records compressed in a store; `collector alone` is its worker with nobody behind it. Every sample is a process of its own; ours and
//! the peers' take turns, and medians are compared. Prints a table for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]
#![allow(unsafe_code, reason = "wait4(2) tells what one child cost, and has no safe wrapper")]

use noctop::clock::Stopwatch;
use noctop::collect::flow::{Counters, Worker};
use noctop::collect::{Pulse, emitter};
use noctop::event::Body;
use noctop::mib::elements;
use noctop::net::intake::Intake;
use noctop::wire::flow::Limits;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Where all of them listen, one after the other.
const PORT: u16 = 29_956;

/// Times that the million flows are sent in a sample.
const REPEAT: u64 = 5;

/// Flows in each file.
const FLOWS: u64 = 1_000_000;

/// What nfcapd took without loss on the machine of the goal. Units: datagrams a second.
const PACE: &str = "40000";

/// How long a collector may take to begin to listen.
const BEGIN: Duration = Duration::from_secs(20);

/// One program.
#[derive(Clone, Copy)]
enum Contender {
    /// The daemon; how long it keeps records.
    Daemon(&'static str),
    /// The worker, its events thrown away; whether it keeps records.
    Alone(&'static str),
    /// nfcapd with an option.
    Nfcapd(&'static str),
}

/// What one process cost.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    us_per_flow: f64,
    lost_percent: f64,
    bytes_per_flow: f64,
    rss_mb: f64,
    flows_per_second: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["alone", keeps] => alone(*keeps == "keep"),
        [] => compare(5, PACE),
        [samples] => compare(samples.parse().unwrap(), PACE),
        [samples, pace, ..] => compare(samples.parse().unwrap(), pace),
    }
}

fn compare(samples: usize, pace: &str) {
    let Some(peers) = std::env::var_os("NOCTOP_PEERS").map(PathBuf::from) else {
        println!("MISSING: NOCTOP_PEERS, the folder with blast and fl_*.bin");
        return;
    };
    use Contender::{Alone, Daemon, Nfcapd};
    let kept = [Daemon("1h"), Alone("keep"), Nfcapd("-y"), Nfcapd("-z"), Nfcapd("")];
    let groups = [
        ("v5, no records kept", "fl_v5.bin", vec![Daemon("0s"), Alone("sum"), Nfcapd("")]),
        ("v9, records kept", "fl_v9.bin", kept.to_vec()),
        ("IPFIX, records kept", "fl_ipfix.bin", kept.to_vec()),
    ];
    for (title, file, contenders) in groups {
        println!("\nG18: {title}, {} flows at {pace} datagrams/s\n", FLOWS * REPEAT);
        println!("| program | CPU us / flow | lost % | bytes / flow | RSS MB | flows/s sent |\n|---|---|---|---|---|---|");
        let mut taken: Vec<Vec<Sample>> = contenders.iter().map(|_| Vec::new()).collect();
        for _ in 0..samples {
            for (contender, taken) in contenders.iter().zip(&mut taken) {
                taken.extend(run(*contender, (&peers, file), pace));
            }
        }
        let medians: Vec<Option<Sample>> = taken.iter().map(|taken| median(taken)).collect();
        for (contender, median) in contenders.iter().zip(&medians) {
            let Some(Sample { us_per_flow, lost_percent, bytes_per_flow, rss_mb, flows_per_second }) = median else {
                println!("MISSING: {}", name(*contender));
                continue;
            };
            let name = name(*contender);
            println!(
                "| {name} | {us_per_flow:.3} | {lost_percent:.2} | {bytes_per_flow:.1} | {rss_mb:.0} | {flows_per_second:.0} |"
            );
        }
        let Some(Some(ours)) = medians.first() else { continue };
        println!();
        for (contender, median) in contenders.iter().zip(&medians).skip(1) {
            let Some(peer) = median else { continue };
            println!("noctop / {}: CPU {:.2}", name(*contender), ours.us_per_flow / peer.us_per_flow);
        }
    }
}

fn name(contender: Contender) -> String {
    match contender {
        Contender::Daemon("0s") => "noctop".to_owned(),
        Contender::Daemon(_) => "noctop, records kept".to_owned(),
        Contender::Alone(what) => format!("collector alone, {what}"),
        Contender::Nfcapd("") => "nfcapd raw".to_owned(),
        Contender::Nfcapd(option) => format!("nfcapd {option}"),
    }
}

/// The worker alone, until its input ends. What it counted is its last line.
fn alone(keeps_records: bool) {
    let intakes = Intake::bind(([127, 0, 0, 1], PORT).into(), 1).unwrap();
    let (stop, counters) = (CancellationToken::new(), Arc::<Counters>::default());
    let (emitter, mut events) = emitter::channel(1024);
    let worker = Worker {
        number: 0,
        intakes: intakes.into(),
        elements: elements::builtin(),
        limits: Limits::default(),
        keeps_records,
        learned: Vec::new(),
        keep: Box::new(|_| {}),
        emitter,
        counters: Arc::clone(&counters),
        pulse: Pulse::default(),
    };
    let stopping = stop.clone();
    let thread = std::thread::spawn(move || worker.run(&stopping));
    let drain = std::thread::spawn(move || {
        let mut octets = 0;
        while let Some(event) = events.blocking_recv() {
            if let Body::Flows(batch) = event.body {
                octets += batch.talks.total().octets;
            }
        }
        octets
    });
    println!("listening");
    std::io::stdin().lines().for_each(drop);
    stop.cancel();
    thread.join().unwrap().unwrap();
    let counts = counters.counts();
    println!("{} {} {}", counts.decoded, counts.dropped_kernel, drain.join().unwrap());
}

/// Starts a contender, sends to it, ends it. `None` where it is missing.
fn run(contender: Contender, (peers, file): (&Path, &str), pace: &str) -> Option<Sample> {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(contender, folder.path())?;
    let blast = Command::new(peers.join("blast"))
        .args([peers.join(file).as_os_str(), PORT.to_string().as_ref(), pace.as_ref(), REPEAT.to_string().as_ref()])
        .output();
    let Ok(blast) = blast else {
        println!("MISSING: {}", peers.join("blast").display());
        end(&mut child, contender);
        return None;
    };
    let said = String::from_utf8_lossy(&blast.stdout).into_owned();
    let seconds: f64 = said.split("\"seconds\":").nth(1)?.split(',').next()?.parse().ok()?;
    // A collector that was behind has this long to catch up, as nfcapd_rate.sh gives it.
    std::thread::sleep(Duration::from_millis(1500));
    let decoded = matches!(contender, Contender::Daemon(_)).then(|| of_status(folder.path())).flatten();
    let mut lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
    let (cpu_seconds, rss_mb) = end(&mut child, contender);
    let flows = FLOWS * REPEAT;
    let got = match contender {
        Contender::Daemon(_) => decoded?,
        Contender::Alone(_) => lines.as_mut()?.last()?.ok()?.split(' ').next()?.parse().ok()?,
        Contender::Nfcapd(_) => of_nfdump(folder.path())?,
    };
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let figure = |number: u64| number as f64;
    Some(Sample {
        us_per_flow: cpu_seconds * 1e6 / figure(got.max(1)),
        lost_percent: 100.0 * (1.0 - figure(got) / figure(flows)),
        bytes_per_flow: figure(size(&folder.path().join(if matches!(contender, Contender::Nfcapd(_)) {
            "nf"
        } else {
            "data/flows"
        }))) / figure(got.max(1)),
        rss_mb,
        flows_per_second: figure(flows) / seconds,
    })
}

fn start(contender: Contender, folder: &Path) -> Option<Child> {
    let mut command = match contender {
        Contender::Daemon(keep) => {
            let config =
                format!("[discovery]\nown_host = false\n[flows]\nlisten = [\"127.0.0.1:{PORT}\"]\nkeep_records = \"{keep}\"\n");
            std::fs::write(folder.join("noctop.toml"), config).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_noctop"));
            command.arg("daemon").arg("--config").arg(folder.join("noctop.toml")).arg("--data").arg(folder.join("data"));
            command.env("XDG_RUNTIME_DIR", folder);
            command
        }
        Contender::Alone(keeps) => {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["alone", keeps]).stdin(Stdio::piped());
            command
        }
        Contender::Nfcapd(option) => {
            let data = folder.join("nf");
            std::fs::create_dir(&data).unwrap();
            let mut command = Command::new("nfcapd");
            command.args(["-p", &PORT.to_string(), "-b", "127.0.0.1", "-t", "3600", "-B", "4000000", "-w"]).arg(data);
            command.args(Some(option).filter(|option| !option.is_empty()));
            command
        }
    };
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let begun = Stopwatch::start();
    while !is_listening() && begun.elapsed() < BEGIN {
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(child)
}

/// Whether somebody listens at the port.
fn is_listening() -> bool {
    let port = format!(":{PORT:04X} ");
    std::fs::read_to_string("/proc/net/udp").unwrap_or_default().lines().any(|line| line.contains(&port))
}

/// Ends a process; its processor time in seconds and largest memory in MB.
fn end(child: &mut Child, contender: Contender) -> (f64, f64) {
    match contender {
        // The end of its input.
        Contender::Alone(_) => drop(child.stdin.take()),
        _ => {
            let pid = libc::pid_t::try_from(child.id()).unwrap();
            // SAFETY: kill takes two numbers.
            unsafe { libc::kill(pid, libc::SIGINT) };
        }
    }
    let (pid, mut status) = (libc::pid_t::try_from(child.id()).unwrap(), 0);
    // SAFETY: a plain C structure for which all zeros is a valid value; both pointers outlive the call.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(pid, &raw mut status, 0, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    (seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss as f64 / 1024.0)
}

/// Flow records that the daemon says it decoded.
fn of_status(folder: &Path) -> Option<u64> {
    let status = Command::new(env!("CARGO_BIN_EXE_noctop"))
        .args(["status", "--format", "json", "--config"])
        .arg(folder.join("noctop.toml"))
        .arg("--data")
        .arg(folder.join("data"))
        .env("XDG_RUNTIME_DIR", folder)
        .output()
        .ok()?;
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).ok()?;
    let flow = status["collectors"].as_array()?.iter().find(|collector| collector["name"] == "flow")?;
    flow["decoded"].as_u64()
}

/// Flows that nfcapd stored.
fn of_nfdump(folder: &Path) -> Option<u64> {
    let file = std::fs::read_dir(folder.join("nf"))
        .ok()?
        .filter_map(Result::ok)
        .find(|file| file.file_name().to_string_lossy().starts_with("nfcapd.2"))?;
    let said = Command::new("nfdump").arg("-r").arg(file.path()).arg("-I").output().ok()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.lines().find_map(|line| line.strip_prefix("Flows: "))?.trim().parse().ok()
}

/// Octets of all files under a folder.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.filter_map(Result::ok).map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size(&entry.path()),
        _ => entry.metadata().map_or(0, |metadata| metadata.len()),
    });
    sizes.sum()
}

fn median(taken: &[Sample]) -> Option<Sample> {
    let middle = |of: fn(&Sample) -> f64| {
        let mut figures: Vec<f64> = taken.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    };
    Some(Sample {
        us_per_flow: middle(|sample| sample.us_per_flow)?,
        // The worst of all.
        lost_percent: taken.iter().map(|sample| sample.lost_percent).fold(f64::MIN, f64::max),
        bytes_per_flow: middle(|sample| sample.bytes_per_flow)?,
        rss_mb: middle(|sample| sample.rss_mb)?,
        flows_per_second: middle(|sample| sample.flows_per_second)?,
    })
}
