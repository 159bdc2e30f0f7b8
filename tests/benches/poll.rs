//! What polling costs from the wire to the store: `NOCTOP_PEERS=FOLDER cargo bench --bench poll [-- SAMPLES]`. The folder holds `snmpresp`, which
//! plays the agents, `snmpfloor`, `snmp2bench`, and `snmp.yml` for prometheus-snmp-exporter, which is taken from PATH. Whoever is missing is
//! named. Every sample is a process of its own; ours and the peers' take turns, and medians are compared. Prints tables for docs/BENCHMARKS.md.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::collect::emitter;
use noctop::collect::snmp::poll::{Extent, PollPlan, poll};
use noctop::collect::snmp::poller::{AtOnce, Inputs, Looked, Poller, PollerOptions};
use noctop::collect::snmp::{Agent, Client, Limits, Options};
use noctop::event::{Body, Event};
use noctop::history::{MemoryStore, Store};
use noctop::model::{Credential, Device, DeviceId, IfIndex, Interface, Inventory, SnmpAccess, SnmpVersion, Timestamp};
use noctop::state::{Settings, State, apply};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Where the played agents listen, and how many ports each has.
const PORT: u16 = 11_620;
const PORTS: u32 = 48;

/// Devices, and how many of them are read at one time, as the peers do.
const DEVICES: u32 = 1000;
const AT_ONCE: usize = 128;

/// The first agent's address; the others follow. Nobody listens at the silent ones' port.
const FIRST: u32 = 0x7f01_0001;

/// Events that may wait for the engine.
const EVENTS: usize = 1024;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["own", keeps, devices, rounds] => own(*keeps == "store", devices.parse().unwrap(), rounds.parse().unwrap()),
        ["silent", silent] => println!("{}", wall_of_one_round(silent.parse().unwrap())),
        [samples] => compare(samples.parse().unwrap()),
        _ => compare(5),
    }
}

// ---- our side, in a process of its own

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A device as an inventory of the played agent describes it.
fn device(number: u32) -> Device {
    let address = SocketAddr::new(Ipv4Addr::from(FIRST + number).into(), PORT);
    let mut device = Device::new(DeviceId::new(&format!("addr:{}", address.ip())), Timestamp(0));
    device.sys_name = Some(format!("dev-{number}"));
    device.addresses = vec![address.ip()];
    device.snmp = Some(SnmpAccess { address, version: SnmpVersion::V2c, credential: "bench".to_owned(), partial: false });
    device.interfaces = (1..=PORTS).map(interface).collect();
    device
}

fn interface(number: u32) -> Interface {
    let mut interface = Interface::new(IfIndex(number));
    interface.if_name = Some(format!("GigabitEthernet0/{number}"));
    interface.if_type = Some(6);
    interface.speed_bps = Some(1_000_000_000);
    interface.high_capacity_counters = Some(true);
    interface
}

/// A state that knows the devices, and what is polled of them.
fn known(devices: u32, port: u16) -> (State, Vec<PollPlan>) {
    let mut state = State::new(Settings::default());
    let credential = Arc::new(Credential::community("bench", "public"));
    for number in 0..devices {
        let device = device(number);
        let address = device.snmp.as_ref().unwrap().address;
        let at = Timestamp(1);
        apply(&mut state, &Event { at, body: Body::Inventory(Box::new(Inventory::of(address, at, device))) });
    }
    let plan = |device: &Arc<Device>| {
        let address = SocketAddr::new(device.addresses[0], port);
        PollPlan::of(Arc::clone(device), Agent { address, credential: Arc::clone(&credential) })
    };
    let plans = state.devices().map(plan).collect();
    (state, plans)
}

/// Polls every device `rounds` times through the channel into the state and the store, and prints what that cost.
fn own(keeps: bool, devices: u32, rounds: u32) {
    let (mut state, plans) = known(devices, PORT);
    let before = (cpu_ms(), status_kb("VmRSS:"));
    let stopwatch = Stopwatch::start();
    let (polling, mut events) = emitter::channel(EVENTS);
    let store = MemoryStore::new();
    let (mut samples, mut rows) = (0, 0);
    let counts = runtime().block_on(async {
        let client = Client::open(Options::default()).unwrap();
        let (plans, next) = (Arc::new(plans), Arc::new(AtomicUsize::new(0)));
        let polls = plans.len() * usize::try_from(rounds).unwrap();
        for _ in 0..AT_ONCE {
            let (client, plans, next, polling) = (client.clone(), Arc::clone(&plans), Arc::clone(&next), polling.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= polls {
                        return;
                    }
                    let plan = &plans[number % plans.len()];
                    let reading = poll(&client, plan, Limits::default(), &Extent::Whole).await.unwrap();
                    assert!(!reading.partial && reading.renamed == 0);
                    polling.send(reading.at, Body::Poll(Box::new(reading))).await.unwrap();
                }
            });
        }
        drop(polling);
        while let Some(event) = events.recv().await {
            let applied = apply(&mut state, &event);
            samples += applied.samples.iter().flat_map(|batch| &batch.rows).map(|row| row.cells.len()).sum::<usize>();
            if let Body::Poll(reading) = &event.body {
                rows += reading.interfaces.len();
            }
            if keeps {
                store.samples_append(&applied.samples).unwrap();
            }
        }
        client.counts()
    });
    let seconds = stopwatch.elapsed().as_secs_f64();
    assert_eq!(rows, usize::try_from(devices * rounds * PORTS).unwrap(), "{counts:?}");
    // The name, two states, the discontinuity time and 12 counters a row, and in the first round what only Ethernet has; five of the device.
    let varbinds = f64::from(devices) * (f64::from(rounds) * f64::from(PORTS * 16 + 5) + f64::from(PORTS));
    println!(
        "noctop poll devices={devices} vb={varbinds} req={} retried={} vb/req={:.1} samples={samples} vb/s={:.0} \
         cpu_ms/1000vb={:.4} maxrss_MB={:.1} grown_MB={:.1}",
        counts.sent,
        counts.retried,
        varbinds / counts.sent as f64,
        varbinds / seconds,
        (cpu_ms() - before.0) / varbinds * 1000.0,
        status_kb("VmHWM:") / 1024.0,
        (status_kb("VmRSS:") - before.1) / 1024.0,
    );
}

/// Seconds until every device had one poll that came to something, with so many that never answer. By the real poller.
fn wall_of_one_round(silent: u32) -> f64 {
    let (_, mut plans) = known(DEVICES, PORT);
    for plan in plans.iter_mut().take(silent.try_into().unwrap()) {
        // An address that takes datagrams and says nothing: the sink's.
        plan.agent.address.set_port(PORT + 1);
    }
    let _sink = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT + 1)).unwrap();
    runtime().block_on(async {
        let (polling, mut events) = emitter::channel(EVENTS);
        // The shortest interval that a configuration may have: all fall due within its first second.
        let options =
            PollerOptions { interval: Duration::from_secs(1), timeout: Duration::from_secs(1), retries: 2, burst: None };
        let (_plans, planned) = watch::channel(Arc::new(plans));
        let (_looked, looked) = watch::channel(Arc::<Looked>::default());
        let poller = Poller::new(Client::open(Options::default()).unwrap(), options, polling);
        let stopwatch = Stopwatch::start();
        let cancel = CancellationToken::new();
        let running = tokio::spawn(poller.run(Inputs { plans: planned, looked, at_once: AtOnce::default() }, cancel.clone()));
        let mut told = std::collections::BTreeSet::new();
        while told.len() < usize::try_from(DEVICES).unwrap() {
            let device = match events.recv().await.unwrap().body {
                Body::Poll(reading) => Some(reading.device),
                Body::Silent(silent) => silent.device,
                _ => None,
            };
            told.extend(device);
        }
        let seconds = stopwatch.elapsed().as_secs_f64();
        cancel.cancel();
        running.await.unwrap();
        seconds
    })
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

fn status_kb(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

// ---- all sides, in turn

/// A process that ends with us.
struct Peer(Child);

impl Drop for Peer {
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
    let _responder = Peer(child);
    std::thread::sleep(Duration::from_millis(500));
    let devices = DEVICES.to_string();
    let mut sides: Vec<(String, Command)> = vec![
        ("noctop, wire to store".to_owned(), own_command(&["own", "store", &devices, "8"])),
        ("noctop, wire to rates".to_owned(), own_command(&["own", "rates", &devices, "8"])),
    ];
    for name in ["snmpfloor", "snmp2bench"] {
        match peer(name) {
            Some(path) => sides.push((format!("{name}, GET of 60"), peer_command(&path, name))),
            None => println!("MISSING: {name}"),
        }
    }
    let exporter = peer("snmp.yml").and_then(|config| exporter(&config));
    if exporter.is_none() {
        println!("MISSING: prometheus-snmp-exporter, or snmp.yml");
    }
    table(&mut sides, (samples, exporter.as_ref()));
    memory();
    silence(samples.min(3));
}

fn own_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments);
    command
}

fn peer_command(path: &Path, name: &str) -> Command {
    let mut command = Command::new(path);
    command.args([&PORT.to_string(), &DEVICES.to_string(), &PORTS.to_string(), "get", "8"]);
    if name == "snmpfloor" {
        command.arg(AT_ONCE.to_string());
    }
    command
}

/// CPU ms of 1,000 varbinds, and the resident set.
type Sample = (f64, f64);

fn run(command: &mut Command) -> (Sample, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    ((figure(&text, "cpu_ms/1000vb="), figure(&text, "maxrss_MB=")), text)
}

fn figure(text: &str, key: &str) -> f64 {
    let found = text.split_whitespace().find_map(|word| word.strip_prefix(key));
    found.and_then(|figure| figure.parse().ok()).unwrap_or_else(|| panic!("no {key} in {text}"))
}

fn exporter(config: &Path) -> Option<Peer> {
    let mut command = Command::new("prometheus-snmp-exporter");
    command.args([&format!("--config.file={}", config.display()), "--web.listen-address=127.0.0.1:19117", "--log.level=error"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    std::thread::sleep(Duration::from_millis(1500));
    Some(Peer(child))
}

/// 100 scrapes of ifTable and ifXTable, 8 at once.
fn scrape(peer: &Peer) -> Sample {
    const SCRAPES: u32 = 100;
    const VARBINDS: f64 = 1921.0;
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", peer.0.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
    };
    let before = ticks();
    let script = format!(
        "seq 1 {SCRAPES} | xargs -P8 -I@ curl -s -o /dev/null 'http://127.0.0.1:19117/snmp?target=127.1.0.@:{PORT}&module=if_mib'"
    );
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    let status = std::fs::read_to_string(format!("/proc/{}/status", peer.0.id())).unwrap();
    let rss = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB").to_owned();
    ((ticks() - before) * 10.0 / (f64::from(SCRAPES) * VARBINDS) * 1000.0, rss.parse::<f64>().unwrap() / 1024.0)
}

fn table(sides: &mut [(String, Command)], (samples, exporter): (usize, Option<&Peer>)) {
    let mut taken: BTreeMap<usize, Vec<Sample>> = BTreeMap::new();
    let mut names: Vec<String> = sides.iter().map(|(name, _)| name.clone()).collect();
    for _ in 0..samples {
        for (at, (_, command)) in sides.iter_mut().enumerate() {
            taken.entry(at).or_default().push(run(command).0);
        }
        if let Some(exporter) = exporter {
            taken.entry(sides.len()).or_default().push(scrape(exporter));
        }
    }
    names.extend(exporter.map(|_| "prometheus-snmp-exporter".to_owned()));
    println!("\n{DEVICES} devices of {PORTS} ports, {AT_ONCE} at once; medians of {samples}\n");
    println!("| client | CPU ms / 1,000 varbinds | noctop's CPU beside it | RSS MB | noctop's RSS beside it |");
    println!("|---|---|---|---|---|");
    let of = |at: usize, figure: fn(&Sample) -> f64| median(taken[&at].iter().map(figure).collect());
    for (at, name) in names.iter().enumerate() {
        let (cpu, rss) = (of(at, |sample| sample.0), of(at, |sample| sample.1));
        println!(
            "| {name} | {cpu:.4} | {:.3}x | {rss:.1} | {:.2}x |",
            of(0, |sample| sample.0) / cpu,
            of(0, |sample| sample.1) / rss
        );
    }
    println!();
}

/// What a further device takes.
fn memory() {
    for (keeps, what) in [("rates", "in flight, its counters and rates"), ("store", "and four polls of it in the store")] {
        let grown = |devices: u32| figure(&run(&mut own_command(&["own", keeps, &devices.to_string(), "4"])).1, "grown_MB=");
        let octets = (grown(DEVICES * 4) - grown(DEVICES)) * 1024.0 / f64::from(DEVICES * 3);
        println!("each further device, {what}: {octets:.1} kB");
    }
}

/// The first round of all devices, with and without silent ones.
fn silence(samples: usize) {
    let seconds = |silent: &str| {
        let output = own_command(&["silent", silent]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().parse::<f64>().unwrap_or_else(|_| panic!("{output:?}"))
    };
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        without.push(seconds("0"));
        with.push(seconds("100"));
    }
    let (without, with) = (median(without), median(with));
    println!(
        "one round of {DEVICES} devices: {without:.2} s; with 100 silent: {with:.2} s (3 tries of 1 s): {:.2}x",
        with / (without + 3.0)
    );
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
