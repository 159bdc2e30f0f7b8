//! What capturing costs beside tcpdump and a reader that calls recv(): `NOCTOP_PEERS=FOLDER cargo bench --bench capture [-- SAMPLES]`, as root. The
//! folder holds `blast` (a sender of frames) and `capfloor`; `tcpdump` and `ip` are taken from PATH. Whoever is missing is named. Two network
//! namespaces of its own are joined by a veth pair; frames of 512 octets of a thousand flows are sent for three seconds, at 50,000 and 200,000 a
//! second, as far as the machine can; everybody's CPU is that of its own process. Ours is `noctop capture` with its table of flows. Programs
//! take turns, and medians are compared. `dissect`: the dissector alone. Prints a table for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]
#![allow(unsafe_code, reason = "wait4(2) tells what one child cost, and has no safe wrapper")]

use noctop::clock::Stopwatch;
use noctop::collect::capture::{FlowTable, Timeouts};
use noctop::model::Timestamp;
use noctop::model::flow::Direction;
use noctop::wire::packet::{LinkType, dissect};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Namespaces and ports of our own.
const SENDER: &str = "noctopbenchA";
const READER: &str = "noctopbenchB";
const PORTS: [&str; 2] = ["ncba0", "ncbb0"];

/// Everybody has this long to begin, and reads so long in all.
const BEGIN: Duration = Duration::from_secs(1);
const READS: &str = "4.5s";

/// Units: frames a second.
const RATES: [&str; 2] = ["50000", "200000"];

fn main() {
    dissector();
    let Some(peers) = std::env::var_os("NOCTOP_PEERS").map(PathBuf::from) else {
        println!("MISSING: NOCTOP_PEERS, the folder with blast and capfloor");
        return;
    };
    let samples = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5);
    let wire = Wire::new();
    for rate in RATES {
        println!(
            "\nG15: {rate} frames/s of 512 octets, 1,000 flows\n\n| program | CPU us / frame | read of sent % |\n|---|---|---|"
        );
        let contenders = contenders(&peers);
        let mut taken: Vec<Vec<(f64, f64)>> = contenders.iter().map(|_| Vec::new()).collect();
        for _ in 0..samples {
            for ((_, command), taken) in contenders.iter().zip(&mut taken) {
                taken.extend(wire.run(command, (&peers, rate)));
            }
        }
        let medians: Vec<Option<f64>> = contenders.iter().zip(&mut taken).map(|((name, _), taken)| tell(name, taken)).collect();
        let Some(Some(ours)) = medians.first() else { continue };
        println!();
        for ((name, _), median) in contenders.iter().zip(&medians).skip(1) {
            if let Some(theirs) = median {
                println!("noctop / {name}: CPU {:.2}", ours / theirs);
            }
        }
    }
}

fn tell(name: &str, taken: &mut [(f64, f64)]) -> Option<f64> {
    taken.sort_by(|a, b| a.0.total_cmp(&b.0));
    let Some((cpu, _)) = taken.get(taken.len() / 2) else {
        println!("MISSING: {name}");
        return None;
    };
    let least = taken.iter().map(|(_, read)| *read).fold(f64::MAX, f64::min);
    println!("| {name} | {cpu:.3} | {least:.1} |");
    Some(*cpu)
}

/// Names and commands.
fn contenders(peers: &Path) -> Vec<(&'static str, Vec<String>)> {
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let capfloor = peers.join("capfloor").display().to_string();
    let ours = env!("CARGO_BIN_EXE_noctop");
    vec![
        ("noctop capture", text(&[ours, "capture", "--interface", PORTS[1], "--for", READS, "--format", "csv"])),
        (
            "tcpdump -s 96 -w /dev/null",
            text(&["timeout", "-s", "INT", "4.5", "tcpdump", "-i", PORTS[1], "-n", "-s", "96", "-w", "/dev/null"]),
        ),
        ("recv()", text(&[&capfloor, "recv", PORTS[1], "4.5"])),
        ("bare ring", text(&[&capfloor, "ring", PORTS[1], "4.5"])),
    ]
}

/// Two namespaces and what joins them; gone when this is.
struct Wire;

fn ip(words: &str) {
    let _what_is_missing_shows_later = Command::new("ip").args(words.split(' ')).stderr(Stdio::null()).status();
}

impl Wire {
    fn new() -> Self {
        let [a, b] = PORTS;
        ip(&format!("netns add {SENDER}"));
        ip(&format!("netns add {READER}"));
        ip(&format!(
            "link add {a} netns {SENDER} address 02:00:00:00:00:01 type veth peer name {b} netns {READER} address 02:00:00:00:00:02"
        ));
        for (space, port) in [(SENDER, a), (READER, b)] {
            let _less_noise =
                Command::new("ip").args(["netns", "exec", space, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"]).status();
            ip(&format!("-n {space} link set {port} up"));
        }
        ip(&format!("-n {READER} addr add 10.97.0.2/24 dev {b}"));
        ip(&format!("-n {READER} route add blackhole 10.99.0.0/16"));
        Self
    }

    /// CPU of a frame in microseconds, and frames that were read in per cent of those sent.
    fn run(&self, command: &[String], (peers, rate): (&Path, &str)) -> Option<(f64, f64)> {
        let inside = ["netns", "exec", READER];
        let child = Command::new("ip").args(inside).args(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()?;
        std::thread::sleep(BEGIN);
        let blast = peers.join("blast").display().to_string();
        let sent =
            Command::new("ip").args(["netns", "exec", SENDER, &blast, PORTS[0], "512", rate, "3", "1000"]).output().ok()?;
        let sent = figure(&String::from_utf8_lossy(&sent.stdout), "frames=")?;
        let (cpu, said) = end(child);
        let read = ["captured", "frames", "packets="].iter().find_map(|word| match *word {
            "packets=" => figure(&said, word),
            word => before(&said, word),
        })?;
        Some((cpu * 1e6 / read.max(1.0), 100.0 * read / sent.max(1.0)))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        ip(&format!("netns del {SENDER}"));
        ip(&format!("netns del {READER}"));
    }
}

/// The number behind a word.
fn figure(text: &str, word: &str) -> Option<f64> {
    let digits: String = text.split(word).nth(1)?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The number before ` packets captured` or ` frames`.
fn before(text: &str, word: &str) -> Option<f64> {
    let head = text
        .split(&format!(" {}", if word == "captured" { "packets captured" } else { word }))
        .next()
        .filter(|head| head.len() < text.len())?;
    head.rsplit([' ', '\n', ':']).find_map(|part| part.trim().parse().ok())
}

/// Waits for a process; its processor time in seconds (with that of what it started and waited for), and what it said.
fn end(mut child: Child) -> (f64, String) {
    use std::io::Read as _;
    let mut said = String::new();
    let (mut out, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        errors.read_to_end(&mut text).map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
    });
    let mut text = Vec::new();
    let _what_came_counts = out.read_to_end(&mut text);
    said.push_str(&reader.join().unwrap());
    said.push_str(&String::from_utf8_lossy(&text));
    let (pid, mut status) = (libc::pid_t::try_from(child.id()).unwrap(), 0);
    // SAFETY: a plain C structure for which all zeros is a valid value; both pointers outlive the call.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(pid, &raw mut status, 0, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    (seconds(usage.ru_utime) + seconds(usage.ru_stime), said)
}

/// Dissector and table, by the wall: on a quiet machine.
fn dissector() {
    let frames: Vec<Vec<u8>> = (0..1000_u32).map(frame).collect();
    let rounds = 5000_u32;
    let each = |clock: Stopwatch| clock.elapsed().as_nanos() as f64 / f64::from(rounds) / 1000.0;
    let clock = Stopwatch::start();
    for _ in 0..rounds {
        for frame in &frames {
            std::hint::black_box(dissect(LinkType::Ethernet, std::hint::black_box(frame), 512));
        }
    }
    let alone = each(clock);
    let mut table = FlowTable::new(1, 65_536, Timeouts::default());
    let clock = Stopwatch::start();
    for _ in 0..rounds {
        for frame in &frames {
            let packet = dissect(LinkType::Ethernet, std::hint::black_box(frame), 512);
            table.add((&packet, Direction::Ingress), Timestamp(1), |_| true);
        }
    }
    println!("dissect (eth+ipv4+tcp): {alone:.1} ns, with its flow found among 1,000: {:.1} ns", each(clock));
}

/// Ethernet, IPv4, TCP.
fn frame(number: u32) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 1, 0xf2, 0, 0, 0x40, 0, 64, 6, 0, 0];
    for word in [0x0a63_0000 + number, 0x0a61_0002, (40_000 + number) << 16 | 443, 1, 2, 0x5010_ffff, 0] {
        frame.extend(word.to_be_bytes());
    }
    frame.resize(128, 0);
    frame
}
