//! What a sweep costs beside its peers: `NOCTOP_PEERS=FOLDER cargo bench --bench ping [-- SAMPLES]`. The folder holds `icmpfloor`, a minimal
//! sweep in C; `fping` and `nmap` are taken from PATH. Whoever is missing is named. Needs root: two namespaces joined by a veth pair are
//! made here; the far one answers for all of 10.98.0.0/16 and drops all of 10.99.0.0/16. Every sample is a process of its own; ours and the
//! peers' take turns, and medians are compared. Prints a table for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]
#![allow(unsafe_code, reason = "wait4(2) tells what one child cost, and has no safe wrapper")]

use noctop::clock::Stopwatch;
use noctop::collect::icmp::{Counters, Sweep};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The far side answers here, and is silent there.
const ALIVE: &str = "10.98.0.0";
const DEAD: &str = "10.99.0.0";

/// How long each address is waited for, milliseconds.
const WAIT_MS: &str = "500";

/// More than any host sends: the sweep's own bounds decide.
const UNPACED: &str = "1000000";

/// One program and what it does.
struct Contender {
    name: &'static str,
    argv: Vec<String>,
    addresses: u32,
    /// Samples at most: nmap takes 17 seconds for one.
    samples: usize,
}

/// What one process cost.
#[derive(Clone, Debug, Default)]
struct Sample {
    seconds: f64,
    cpu_ms_per_1000: f64,
    rss_mb: f64,
    said: String,
}

/// A question of docs/BENCHMARKS.md: the first contender is ours.
struct Group {
    title: &'static str,
    contenders: Vec<Contender>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["own", first, count, wait, rate] => {
            own(first.parse().unwrap(), count.parse().unwrap(), (wait.parse().unwrap(), rate.parse().unwrap()));
        }
        [samples] => compare(samples.parse().unwrap()),
        _ => compare(7),
    }
}

/// Our sweep, on the runtime that the program has.
fn own(first: Ipv4Addr, count: u32, (wait_ms, rate): (u64, u32)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (answered, settled, counters) = runtime.block_on(async move {
        let counters = Arc::<Counters>::default();
        let mut sweep = Sweep::open(Duration::from_millis(wait_ms), Some(rate), Arc::clone(&counters)).unwrap();
        let mut addresses = (u32::from(first)..).take(count as usize).map(|address| IpAddr::V4(Ipv4Addr::from(address)));
        let (mut answered, mut settled) = (0, 0);
        loop {
            sweep.feed(|| addresses.next());
            let Some(portion) = sweep.settled_or_room().await else { break };
            settled += portion.len();
            answered += portion.iter().filter(|swept| swept.round_trip.is_some()).count();
        }
        (answered, settled, counters)
    });
    println!("up={answered} of {settled} {:?}", counters.counts());
}

fn compare(samples: usize) {
    let Some(network) = Network::up() else { return };
    for group in groups(samples) {
        println!("\n{}\n", group.title);
        println!("| program | wall s | addresses/s | CPU ms / 1,000 | RSS MB | found |\n|---|---|---|---|---|---|");
        let medians = measure(&network, &group, samples);
        for (contender, median) in group.contenders.iter().zip(&medians) {
            let Some(Sample { seconds, cpu_ms_per_1000, rss_mb, said }) = median else { continue };
            let rate = f64::from(contender.addresses) / seconds;
            let found = said.split_whitespace().find_map(|word| word.strip_prefix("up=")).unwrap_or("-");
            println!("| {} | {seconds:.3} | {rate:.0} | {cpu_ms_per_1000:.2} | {rss_mb:.1} | {found} |", contender.name);
        }
        ratios(&group, &medians);
    }
}

/// Ours over each of the others.
fn ratios(group: &Group, medians: &[Option<Sample>]) {
    let Some(Some(ours)) = medians.first() else { return };
    println!();
    for (contender, median) in group.contenders.iter().zip(medians).skip(1) {
        let Some(peer) = median else { continue };
        println!(
            "noctop / {}: wall {:.3}, CPU {:.2}, RSS {:.2}",
            contender.name,
            ours.seconds / peer.seconds,
            ours.cpu_ms_per_1000 / peer.cpu_ms_per_1000,
            ours.rss_mb / peer.rss_mb
        );
    }
    println!("noctop said: {}", ours.said);
}

fn groups(samples: usize) -> Vec<Group> {
    let bench = std::env::current_exe().unwrap().display().to_string();
    let floor = std::env::var_os("NOCTOP_PEERS").map(PathBuf::from).unwrap_or_default().join("icmpfloor").display().to_string();
    let contender = |name, addresses, argv: &[&str]| Contender {
        name,
        addresses,
        samples,
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
    };
    let fping = |pause, net| ["fping", "-q", "-a", "-i", pause, "-r0", "-t", WAIT_MS, "-g", net];
    let nmap = ["nmap", "-sn", "-n", "-PE", "-T5", "--min-parallelism", "256", "--max-retries", "0", "--min-hostgroup", "4096"];
    let mut slow = contender("nmap -T5", 16_384, &[nmap.as_slice(), &["10.99.0.0/18"]].concat());
    slow.samples = samples.min(2);
    vec![
        Group {
            title: "G5: a /16, all alive, as fast as it goes",
            contenders: vec![
                contender("noctop", 65_536, &[&bench, "own", ALIVE, "65536", WAIT_MS, UNPACED]),
                contender("fping -i 0", 65_534, &fping("0", "10.98.0.0/16")),
                contender("icmpfloor, window 256", 65_536, &[&floor, ALIVE, "65536", "256", WAIT_MS]),
            ],
        },
        Group {
            title: "G6: a /18, all alive, 10,000 addresses a second",
            contenders: vec![
                contender("noctop", 16_384, &[&bench, "own", ALIVE, "16384", WAIT_MS, "10000"]),
                contender("fping -i 0.01", 16_382, &fping("0.01", "10.98.0.0/18")),
                contender("fping -i 0.1", 16_382, &fping("0.1", "10.98.0.0/18")),
            ],
        },
        Group {
            title: "G7: a /18, all silent, 500 ms",
            contenders: vec![
                contender("noctop", 16_384, &[&bench, "own", DEAD, "16384", WAIT_MS, UNPACED]),
                contender("icmpfloor, window 16384", 16_384, &[&floor, DEAD, "16384", "16384", WAIT_MS]),
                slow,
            ],
        },
    ]
}

/// Medians, in the order of the contenders, who take turns; `None` where the program is missing.
fn measure(network: &Network, group: &Group, samples: usize) -> Vec<Option<Sample>> {
    let mut taken: Vec<Vec<Sample>> = group.contenders.iter().map(|_| Vec::new()).collect();
    for round in 0..samples {
        for (contender, taken) in group.contenders.iter().zip(&mut taken) {
            if round < contender.samples {
                taken.extend(network.run(contender));
            }
        }
    }
    let medians = group.contenders.iter().zip(taken).map(|(contender, taken)| {
        if taken.is_empty() {
            println!("MISSING: {} ({})", contender.name, contender.argv.first().map_or("", String::as_str));
        }
        median(taken)
    });
    medians.collect()
}

fn median(taken: Vec<Sample>) -> Option<Sample> {
    let middle = |of: fn(&Sample) -> f64| {
        let mut figures: Vec<f64> = taken.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    };
    Some(Sample {
        seconds: middle(|sample| sample.seconds)?,
        cpu_ms_per_1000: middle(|sample| sample.cpu_ms_per_1000)?,
        rss_mb: middle(|sample| sample.rss_mb)?,
        // The worst that was found in any sample.
        said: taken.into_iter().map(|sample| sample.said).min().unwrap_or_default(),
    })
}

/// Two namespaces, gone when it drops.
struct Network {
    near: String,
    far: String,
}

impl Network {
    fn up() -> Option<Self> {
        let of = |side: &str| format!("reach{}{side}", std::process::id());
        let network = Self { near: of("a"), far: of("b") };
        let Self { near, far } = &network;
        let commands = format!(
            "ip netns add {near} && ip netns add {far} && ip link add pa0 netns {near} type veth peer name pb0 netns {far} && \
             ip -n {near} link set lo up && ip -n {far} link set lo up && \
             ip -n {near} address add 10.97.0.1/24 dev pa0 && ip -n {far} address add 10.97.0.2/24 dev pb0 && \
             ip -n {near} link set pa0 up && ip -n {far} link set pb0 up && ip -n {near} route add default via 10.97.0.2 && \
             ip -n {far} route add local 10.98.0.0/16 dev lo && ip -n {far} route add blackhole 10.99.0.0/16 && \
             ip netns exec {near} ping -c1 -W2 10.98.3.4 >/dev/null"
        );
        let made = Command::new("sh").args(["-c", &commands]).output().expect("sh");
        if !made.status.success() {
            let why = String::from_utf8_lossy(&made.stderr).trim().to_owned();
            println!("SKIPPED: network namespaces (root, iproute2 and ping) are needed: {why}. Nothing was measured.");
            return None;
        }
        Some(network)
    }

    /// One process in the near namespace; `None` where the program is missing or failed.
    #[allow(clippy::zombie_processes, reason = "wait4 below waits")]
    fn run(&self, contender: &Contender) -> Option<Sample> {
        let clock = Stopwatch::start();
        // `ip netns exec` becomes the program: what the child cost is what the program cost, and a millisecond of ip.
        let mut child = Command::new("ip")
            .args(["netns", "exec", &self.near])
            .args(&contender.argv)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ip");
        let mut said = String::new();
        std::io::Read::read_to_string(child.stdout.as_mut().expect("a pipe"), &mut said).ok()?;
        // SAFETY: all-zero is a valid value of this plain C structure, and both pointers are to live locals.
        let (usage, status) = unsafe {
            let (mut usage, mut status) = (std::mem::zeroed::<libc::rusage>(), 0);
            libc::wait4(libc::pid_t::try_from(child.id()).expect("a pid"), &raw mut status, 0, &raw mut usage);
            (usage, status)
        };
        // fping ends with 1 where some were silent; 127 and 255 are a program that is not there.
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) > 2 {
            return None;
        }
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
        let cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
        Some(Sample {
            seconds: clock.elapsed().as_secs_f64(),
            cpu_ms_per_1000: cpu * 1e6 / f64::from(contender.addresses),
            rss_mb: usage.ru_maxrss as f64 / 1024.0,
            said: said.lines().last().unwrap_or_default().to_owned(),
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for namespace in [&self.near, &self.far] {
            let _gone = Command::new("ip").args(["netns", "del", namespace]).output();
        }
    }
}
