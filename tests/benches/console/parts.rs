//! The measurements, each with its bar.

use super::pty::{Program, Pty, filled};
use super::stage::{Stage, is_there, noctop};
use std::time::{Duration, Instant};

/// A part: its name, what it does.
type Part = (&'static str, fn());

pub const PARTS: [Part; 7] = [
    ("start", start),
    ("idle", idle),
    ("screens", screens),
    ("keys", keys),
    ("memory", memory),
    ("bytes", bytes),
    ("large", large),
];

/// Turns that each program takes.
const TURNS: usize = 3;
/// A program has drawn itself by then.
const SETTLED: Duration = Duration::from_secs(3);
/// How long an idle program is watched.
const WATCHED: Duration = Duration::from_secs(6);
/// Keys of a measurement, and how long one is waited for.
const KEYS: usize = 40;
const KEY_WAIT: Duration = Duration::from_millis(150);
/// A screen this full is a first frame (screens.md §1 counts so).
const FIRST_FRAME_CELLS: usize = 40;

const SIM_PORT: u16 = 29_161;

const DOWN: &str = "\x1b[B";
const UP: &str = "\x1b[A";

fn ours(name: &'static str, arguments: &[&str]) -> Program {
    let binary = noctop().display().to_string();
    let command: Vec<&str> = std::iter::once(binary.as_str()).chain(arguments.iter().copied()).collect();
    Program::new(name, &command, [DOWN, UP])
}

fn attached(name: &'static str, stage: &Stage, arguments: &[&str]) -> Program {
    let socket = stage.socket().display().to_string();
    let mut all = vec!["--connect", socket.as_str(), "--fresh"];
    all.extend(arguments);
    ours(name, &all)
}

fn peers(size: (u16, u16)) -> Vec<Program> {
    let all = [
        Program::new("btop", &["btop"], [DOWN, UP]),
        Program::new("htop", &["htop"], [DOWN, UP]),
        Program::new("bmon", &["bmon"], [DOWN, UP]),
        Program::new("trippy", &["trip", "127.0.0.1"], ["h", "\x1b"]),
    ];
    let (there, missing): (Vec<_>, Vec<_>) = all.into_iter().partition(|program| is_there(&program.command[0]));
    for program in missing {
        println!("{} is not in PATH", program.name);
    }
    there.into_iter().map(|program| program.sized(size)).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index")]
    let at = ((values.len() as f64 * share) as usize).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or(f64::NAN)
}

/// Programs take turns; of each the medians of what `measure` says.
fn in_turns<const N: usize>(programs: &[Program], measure: impl Fn(&Program) -> [f64; N]) -> Vec<[f64; N]> {
    let mut all: Vec<Vec<[f64; N]>> = vec![Vec::new(); programs.len()];
    for _ in 0..TURNS {
        for (program, figures) in programs.iter().zip(&mut all) {
            figures.push(measure(program));
        }
    }
    all.iter().map(|figures| std::array::from_fn(|at| median(figures.iter().map(|turn| turn[at]).collect()))).collect()
}

fn table<const N: usize>(heads: [&str; N], programs: &[Program], figures: &[[f64; N]]) {
    println!("| program | size | {} |", heads.join(" | "));
    println!("|---|---|{}", "---|".repeat(N));
    for (program, row) in programs.iter().zip(figures) {
        let cells = row.map(|value| if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }).join(" | ");
        println!("| {} | {}x{} | {cells} |", program.name, program.size.0, program.size.1);
    }
    println!();
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// First byte, first frame, 90 % of what is there in the end, CPU and octets until then.
fn starting(program: &Program) -> [f64; 5] {
    let mut pty = Pty::start(program);
    pty.pump(SETTLED);
    let (cpu, octets) = (pty.cpu_ns(), pty.octets_since(0));
    let started = pty.started;
    let mut fills: Vec<(f64, usize)> = Vec::new();
    pty.replay(|chunk, screen| fills.push((ms(chunk.at - started), filled(screen))));
    let most = fills.last().map_or(0, |(_, cells)| *cells);
    let when = |cells: usize| fills.iter().find(|(_, filled)| *filled >= cells).map_or(f64::NAN, |(at, _)| *at);
    let first = fills.first().map_or(f64::NAN, |(at, _)| *at);
    let figures = [first, when(FIRST_FRAME_CELLS), when(most * 9 / 10), cpu as f64 / 1e6, octets as f64];
    pty.end();
    figures
}

const START: [&str; 5] = ["first octet ms", "first frame ms", "90 % ms", "CPU ms in 3 s", "octets in 3 s"];

/// G11: at most twice btop with an empty store, five times with 1,000 devices stored; the first frame within 50 ms.
fn start() {
    let empty = std::env::temp_dir().join(format!("noctop-console-bench-empty-{}", std::process::id()));
    let mut stage = Stage::of(1000, SIM_PORT);
    stage.wait();
    let running = attached("noctop, attached to 1,000 devices", &stage, &[]);
    let mut programs = peers((120, 36));
    programs.push(running);
    table(START, &programs, &in_turns(&programs, starting));
    stage.stop_daemon();
    let at = |folder: &std::path::Path, name, socket: &str| {
        let (folder, socket) = (folder.display().to_string(), stage.store().with_file_name(socket).display().to_string());
        ours(name, &["--data", &folder, "--connect", &socket, "--fresh"])
    };
    let mut programs = peers((120, 36));
    programs.push(at(&empty, "noctop, empty store", "empty.sock"));
    programs.push(at(&stage.store(), "noctop, 1,000 devices stored", "stored.sock"));
    table(START, &programs, &in_turns(&programs, starting));
    let _gone = std::fs::remove_dir_all(empty);
}

/// Octets and writes a second, CPU, full clears, resident memory.
fn idling(program: &Program) -> [f64; 5] {
    idling_after(program, &[])
}

fn idling_after(program: &Program, keys: &[&str]) -> [f64; 5] {
    let mut pty = Pty::start(program);
    pty.pump(SETTLED);
    for key in keys {
        pty.press(key);
        pty.pump(Duration::from_millis(400));
    }
    pty.pump(Duration::from_secs(2));
    let (from, cpu, began) = (pty.chunks.len(), pty.cpu_ns(), Instant::now());
    pty.pump(WATCHED);
    let seconds = began.elapsed().as_secs_f64();
    let octets: Vec<u8> = pty.chunks[from..].iter().flat_map(|chunk| chunk.octets.iter().copied()).collect();
    let clears = octets.windows(4).filter(|part| part == b"\x1b[2J").count();
    let writes = pty.chunks.len() - from;
    let figures = [
        octets.len() as f64 / seconds,
        writes as f64 / seconds,
        (pty.cpu_ns() - cpu) as f64 / 1e6 / seconds,
        clears as f64,
        pty.resident_mb(),
    ];
    pty.end();
    figures
}

const IDLE: [&str; 5] = ["octets/s", "writes/s", "CPU ms/s", "full clears", "RSS MB"];

/// G12: at 1 Hz at most btop's CPU and a fifth of its octets; with nothing changing at most half of htop's CPU.
fn idle() {
    let stage = Stage::of(60, SIM_PORT + 1);
    stage.wait();
    let mut programs = peers((120, 36));
    programs.push(attached("noctop, Overview live", &stage, &[]));
    programs.push(attached("noctop --slow", &stage, &["--slow"]));
    programs.extend(peers((80, 24)).into_iter().filter(|program| program.name == "btop"));
    programs.push(attached("noctop, Overview live", &stage, &[]).sized((80, 24)));
    table(IDLE, &programs, &in_turns(&programs, idling));
    let quiet = [attached("noctop, paused", &stage, &[])];
    let paused = in_turns(&quiet, |program| idling_after(program, &["p"]));
    table(IDLE, &quiet, &paused);
}

/// Octets a second of every screen; with `--slow` at most 150.
fn screens() {
    let stage = Stage::of(60, SIM_PORT + 5);
    stage.wait();
    println!("| screen | octets/s | slow octets/s |\n|---|---|---|");
    for (name, key) in [
        ("Overview", "1"),
        ("Topology", "2"),
        ("Devices", "3"),
        ("Interfaces", "4"),
        ("Flows", "5"),
        ("Wireless", "6"),
        ("Alarms", "7"),
        ("Logs", "8"),
        ("Events", "9"),
        ("Discovery", "0"),
    ] {
        let [live, slow] = [&[][..], &["--slow"][..]].map(|options| {
            let [octets, ..] = idling_after(&attached("noctop", &stage, options), &[key]);
            octets
        });
        println!("| {name} | {live:.0} | {slow:.0} |");
    }
    println!();
}

/// Median, 90th and 99th percentile of key to changed screen, keys without an effect, octets a key, CPU a key. Ours on the list of
/// devices, where every key moves something.
fn answering(program: &Program) -> [f64; 6] {
    answering_after(program, if program.name.starts_with("noctop") { &["3"] } else { &[] })
}

fn answering_after(program: &Program, before: &[&str]) -> [f64; 6] {
    let mut pty = Pty::start(program);
    pty.pump(SETTLED);
    for key in before {
        pty.press(key);
        pty.pump(Duration::from_millis(500));
    }
    let (from, cpu) = (pty.chunks.len(), pty.cpu_ns());
    let mut pressed = Vec::with_capacity(KEYS);
    for turn in 0..KEYS {
        pty.until_quiet(Duration::from_millis(20), KEY_WAIT);
        pressed.push(pty.press(program.keys[turn % 2]));
        pty.pump(KEY_WAIT);
    }
    let (octets, cpu) = (pty.octets_since(from), pty.cpu_ns() - cpu);
    let mut hits = times(&pty, &pressed);
    let missed = pressed.len() - hits.len();
    let [middle, high, highest] = [0.5, 0.9, 0.99].map(|share| percentile(&mut hits, share));
    pty.end();
    [middle, high, highest, missed as f64, octets as f64 / KEYS as f64, cpu as f64 / 1e6 / KEYS as f64]
}

/// For each key that changed the screen before the next one: milliseconds until the chunk that did.
fn times(pty: &Pty, pressed: &[Instant]) -> Vec<f64> {
    let mut found: Vec<Option<f64>> = vec![None; pressed.len()];
    let mut before = String::new();
    pty.replay(|chunk, screen| {
        let now = screen.contents_formatted();
        let key = pressed.iter().rposition(|at| *at <= chunk.at);
        if let Some(key) = key.filter(|key| found[*key].is_none() && now != before) {
            found[key] = Some(ms(chunk.at - pressed[key]));
        }
        before = now;
    });
    found.into_iter().flatten().collect()
}

const ANSWER: [&str; 6] = ["p50 ms", "p90 ms", "p99 ms", "missed", "octets/key", "CPU ms/key"];

/// G13: while 1,000 devices are polled, p50 at most 1.5 times trippy's, p90 at most btop's, none missed.
fn keys() {
    let stage = Stage::of(1000, SIM_PORT + 2);
    stage.wait();
    let mut programs = peers((120, 36));
    programs.push(attached("noctop, Devices, 1,000 devices", &stage, &[]));
    table(ANSWER, &programs, &in_turns(&programs, answering));
}

/// G14: resident memory with nothing in it, at most twice trippy's.
fn memory() {
    let folder = std::env::temp_dir().join(format!("noctop-console-bench-memory-{}", std::process::id()));
    let (data, socket) = (folder.display().to_string(), folder.join("noctop.sock").display().to_string());
    std::fs::create_dir_all(&folder).unwrap();
    let mut programs = peers((120, 36));
    programs.push(ours("noctop, empty", &["--data", &data, "--connect", &socket, "--fresh"]));
    table(IDLE, &programs, &in_turns(&programs, idling));
    let _gone = std::fs::remove_dir_all(folder);
}

/// What a screen change and a step of the map cost the line: at most 8 KB each, 22 KB in the far view.
fn bytes() {
    let stage = Stage::of(300, SIM_PORT + 3);
    stage.wait();
    let mut pty = Pty::start(&attached("noctop", &stage, &[]));
    pty.pump(SETTLED);
    println!("| what | octets |\n|---|---|\n| first frame and what follows in 3 s | {} |", pty.octets_since(0));
    for (name, key) in [
        ("to Topology", "2"),
        ("map: a step along a link", "l"),
        ("map: half a screen", "\x04"),
        ("map: colour by", "U"),
        ("map: the tree", "v"),
        ("to Devices", "3"),
        ("Devices: a row down", DOWN),
        ("Devices: a page down", "\x1b[6~"),
        ("to Interfaces", "4"),
        ("to Flows", "5"),
        ("to Wireless", "6"),
        ("to Alarms", "7"),
        ("to Logs", "8"),
        ("to Events", "9"),
        ("to Discovery", "0"),
        ("to Overview", "1"),
        ("help", "?"),
        ("help closed", "\x1b"),
    ] {
        let from = pty.chunks.len();
        pty.press(key);
        pty.pump(Duration::from_millis(600));
        println!("| {name} | {} |", pty.octets_since(from));
    }
    println!();
    pty.end();
}

/// 10,000 devices: first frame at most 50 ms, key to frame p99 at most 16 ms, memory of the console at most 60 MB.
fn large() {
    let stage = Stage::of(10_000, SIM_PORT + 4);
    stage.wait();
    let programs = [attached("noctop, attached to 10,000 devices", &stage, &[])];
    table(START, &programs, &in_turns(&programs, starting));
    table(IDLE, &programs, &in_turns(&programs, idling));
    for (name, before) in [("Devices", "3"), ("Interfaces", "4"), ("Topology", "2"), ("Alarms", "7")] {
        println!("{name}:\n");
        table(ANSWER, &programs, &in_turns(&programs, |program| answering_after(program, &[before])));
    }
}
