//! What collecting sFlow costs beside sfcapd: `cargo bench --bench flow_sflow [-- SAMPLES [DATAGRAMS_PER_SECOND]]`. `sfcapd` and `nfdump` (Debian:
//! nfdump-sflow, nfdump) are taken from PATH; whoever is missing is named. Both receive the same datagrams of seven sampled headers each, made
//! here; ours is the collector's worker with records kept, as `flow_collect` has it. Every sample is a process of its own, ours and the
//! peer's take turns, and medians are compared. The decoder alone is measured too. Prints a table for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]
#![allow(unsafe_code, reason = "wait4(2) tells what one child cost, and has no safe wrapper")]

use noctop::clock::Stopwatch;
use noctop::collect::flow::{Counters, Worker};
use noctop::collect::{Pulse, emitter};
use noctop::mib::elements;
use noctop::net::intake::Intake;
use noctop::wire::flow::Limits;
use noctop::wire::flow::sflow::{Datagram, Sample};
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Where both listen, one after the other.
const PORT: u16 = 29_963;

/// Sampled headers of a datagram: as many as an MTU has room for.
const PER_DATAGRAM: u32 = 7;

/// Datagrams of a sample.
const DATAGRAMS: u32 = 100_000;

/// Units: datagrams a second.
const PACE: u32 = 20_000;

/// Sent at once between two looks at the time.
const BURST: u32 = 20;

/// How long a collector may take to begin, and to catch up at the end.
const BEGIN: Duration = Duration::from_secs(20);
const CATCH_UP: Duration = Duration::from_millis(1500);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Contender {
    Ours,
    Sfcapd,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let number = |at: usize, otherwise: u32| arguments.get(at).map_or(otherwise, |text| text.parse().unwrap());
    match arguments.first().map(String::as_str) {
        Some("alone") => alone(),
        _ => compare(number(0, 5), number(1, PACE)),
    }
}

fn compare(samples: u32, pace: u32) {
    decoder_alone();
    println!("\nG21: sFlow with raw headers, {} samples at {pace} datagrams/s\n", DATAGRAMS * PER_DATAGRAM);
    println!("| program | CPU us / sample | lost % |\n|---|---|---|");
    let mut taken = [Vec::new(), Vec::new()];
    for _ in 0..samples {
        for (contender, taken) in [Contender::Ours, Contender::Sfcapd].into_iter().zip(&mut taken) {
            taken.extend(run(contender, pace));
        }
    }
    let medians = taken.map(|mut taken: Vec<(f64, f64)>| {
        taken.sort_by(|a, b| a.0.total_cmp(&b.0));
        let worst = taken.iter().map(|(_, lost)| *lost).fold(0.0, f64::max);
        taken.get(taken.len() / 2).map(|(cpu, _)| (*cpu, worst))
    });
    for (name, median) in ["noctop, records kept", "sfcapd raw"].iter().zip(&medians) {
        match median {
            Some((cpu, lost)) => println!("| {name} | {cpu:.3} | {lost:.2} |"),
            None => println!("MISSING: {name}"),
        }
    }
    if let [Some((ours, _)), Some((theirs, _))] = medians {
        println!("\nnoctop / sfcapd: CPU {:.2}", ours / theirs);
    }
}

/// The decoder without a socket.
fn decoder_alone() {
    let datagrams: Vec<Vec<u8>> = (0..1000).map(datagram).collect();
    let (clock, rounds) = (Stopwatch::start(), 200);
    let mut octets = 0;
    for _ in 0..rounds {
        for datagram in &datagrams {
            for sample in Datagram::read(std::hint::black_box(datagram)).unwrap().samples() {
                if let Ok(Sample::Flow(sample)) = sample {
                    octets += sample.record.octets;
                }
            }
        }
    }
    let ns = clock.elapsed().as_nanos() as f64 / f64::from(rounds * 1000 * PER_DATAGRAM);
    println!("decoder alone: {ns:.1} ns / sample, wall ({octets} octets)");
}

/// Sampled headers of TCP segments over Ethernet and IPv4, from a thousand hosts.
fn datagram(number: u32) -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let mut octets = words(&[5, 1, 0x7f00_0001, 0, number, number * 10, PER_DATAGRAM]);
    for sample in 0..PER_DATAGRAM {
        let host = (number * PER_DATAGRAM + sample) % 1000;
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 5, 0xdc, 0, 0, 0x40, 0, 64, 6, 0, 0];
        frame.extend(words(&[0x0a00_0000 + host, 0x0a01_0000 + host, (40_000 + host) << 16 | 443, 1, 2, 0x5010_ffff, 0]));
        frame.resize(128, 0);
        let header = [words(&[1, 144, 1, 1514, 4, 128]), frame].concat();
        let length = 32 + u32::try_from(header.len()).unwrap();
        octets.extend(words(&[1, length, number * PER_DATAGRAM + sample, 3, 512, number, 0, 3, 4, 1]));
        octets.extend(header);
    }
    octets
}

/// The worker alone, until its input ends. What it counted is its last line.
fn alone() {
    let (stop, counters) = (CancellationToken::new(), Arc::<Counters>::default());
    let (emitter, mut events) = emitter::channel(1024);
    let worker = Worker {
        number: 0,
        intakes: Intake::bind(([127, 0, 0, 1], PORT).into(), 1).unwrap().into(),
        elements: elements::builtin(),
        limits: Limits::default(),
        keeps_records: true,
        learned: Vec::new(),
        keep: Box::new(|_| {}),
        emitter,
        counters: Arc::clone(&counters),
        pulse: Pulse::default(),
    };
    let stopping = stop.clone();
    let thread = std::thread::spawn(move || worker.run(&stopping));
    let drain = std::thread::spawn(move || while events.blocking_recv().is_some() {});
    std::io::stdin().lines().for_each(drop);
    stop.cancel();
    thread.join().unwrap().unwrap();
    drain.join().unwrap();
    println!("{}", counters.counts().decoded);
}

/// CPU of a sample in microseconds, and lost samples in per cent. `None` where the program is missing.
fn run(contender: Contender, pace: u32) -> Option<(f64, f64)> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = match contender {
        Contender::Ours => {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.arg("alone").stdin(Stdio::piped());
            command
        }
        Contender::Sfcapd => {
            let mut command = Command::new("sfcapd");
            command.args(["-p", &PORT.to_string(), "-b", "127.0.0.1", "-t", "3600", "-B", "4000000", "-w"]).arg(folder.path());
            command
        }
    };
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let begun = Stopwatch::start();
    while !is_listening() && begun.elapsed() < BEGIN {
        std::thread::sleep(Duration::from_millis(20));
    }
    send(pace);
    std::thread::sleep(CATCH_UP);
    let lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
    let cpu_seconds = end(&mut child, contender);
    let got: u64 = match contender {
        Contender::Ours => lines?.last()?.ok()?.trim().parse().ok()?,
        Contender::Sfcapd => of_nfdump(folder.path())?,
    };
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let (got, sent) = (got as f64, f64::from(DATAGRAMS * PER_DATAGRAM));
    Some((cpu_seconds * 1e6 / got.max(1.0), 100.0 * (1.0 - got / sent)))
}

fn send(pace: u32) {
    let datagrams: Vec<Vec<u8>> = (0..1000).map(datagram).collect();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let clock = Stopwatch::start();
    for (number, datagram) in (0..DATAGRAMS).zip(datagrams.iter().cycle()) {
        let due = Duration::from_secs_f64(f64::from(number) / f64::from(pace));
        if number % BURST == 0 {
            std::thread::sleep(due.saturating_sub(clock.elapsed()));
        }
        socket.send_to(datagram, ("127.0.0.1", PORT)).unwrap();
    }
}

/// Whether somebody listens at the port.
fn is_listening() -> bool {
    let port = format!(":{PORT:04X} ");
    std::fs::read_to_string("/proc/net/udp").unwrap_or_default().lines().any(|line| line.contains(&port))
}

/// Ends a process; its processor time in seconds.
fn end(child: &mut Child, contender: Contender) -> f64 {
    let (pid, mut status) = (libc::pid_t::try_from(child.id()).unwrap(), 0);
    match contender {
        // The end of its input.
        Contender::Ours => drop(child.stdin.take()),
        Contender::Sfcapd => {
            // SAFETY: kill takes two numbers.
            unsafe { libc::kill(pid, libc::SIGINT) };
        }
    }
    // SAFETY: a plain C structure for which all zeros is a valid value; both pointers outlive the call.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(pid, &raw mut status, 0, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Flows that sfcapd stored.
fn of_nfdump(folder: &Path) -> Option<u64> {
    let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let file = files
        .map(|file| file.path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("capd.2")))?;
    let said = Command::new("nfdump").arg("-r").arg(file).arg("-I").output().ok()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.lines().find_map(|line| line.strip_prefix("Flows: "))?.trim().parse().ok()
}
