//! A daemon that is killed at any moment while alarms come and go: nobody is told twice, no alarm is lost, and the steps go on.
//!
//! `NOCTOP_NOTIFY_ROUNDS=100` does more rounds, `NOCTOP_SEED=N` others; `-- --nocapture` shows the figures.

use noctop::model::Oid;
use noctop::sim::agent::{self, MibView};
use noctop::wire::snmp::{Message, Value, VarBind};
use std::collections::{BTreeMap, BTreeSet};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

const DEVICES: u8 = 6;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(90);

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end.max(1)
    }
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

/// The system group of one device.
struct Small(BTreeMap<Oid, Value>);

impl Small {
    fn new(number: u8) -> Self {
        let system = |leaf: u32| Oid::new(&[1, 3, 6, 1, 2, 1, 1, leaf, 0]);
        Self(BTreeMap::from([
            (system(1), Value::Octets(b"a test".to_vec())),
            (system(2), Value::Oid(Oid::new(&[1, 3, 6, 1, 4, 1, 8072, 3, 2, 10]))),
            (system(3), Value::TimeTicks(100_000)),
            (system(5), Value::Octets(format!("dev-{number}").into_bytes())),
        ]))
    }
}

impl MibView for Small {
    fn get(&self, oid: &Oid) -> Value {
        self.0.get(oid).cloned().unwrap_or(Value::NoSuchObject)
    }

    fn next(&self, oid: &Oid) -> Option<VarBind> {
        let after = (std::ops::Bound::Excluded(oid), std::ops::Bound::Unbounded);
        self.0.range::<Oid, _>(after).next().map(|(oid, value)| VarBind { oid: oid.clone(), value: value.clone() })
    }
}

/// An agent at an address of its own until the test ends.
struct Device {
    address: String,
    silent: Arc<AtomicBool>,
}

impl Device {
    fn start(number: u8) -> Self {
        let socket = UdpSocket::bind((std::net::Ipv4Addr::new(127, 77, 0, number + 1), 0)).unwrap();
        let address = socket.local_addr().unwrap().to_string();
        let silent = Arc::<AtomicBool>::default();
        let muted = Arc::clone(&silent);
        std::thread::spawn(move || {
            let (view, mut buffer) = (Small::new(number), [0; 2048]);
            while let Ok((length, to)) = socket.recv_from(&mut buffer) {
                let Ok(request) = Message::decode(&buffer[..length]) else { continue };
                if let Some(reply) = agent::answer(&request, &view).filter(|_| !muted.load(Relaxed)) {
                    let _gone = socket.send_to(&reply.encode(), to);
                }
            }
        });
        Self { address, silent }
    }
}

/// Killed when it is let go, whatever became of the test.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _gone_already = self.0.kill().and_then(|()| self.0.wait());
    }
}

struct Scene {
    folder: tempfile::TempDir,
    devices: Vec<Device>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let devices: Vec<Device> = (0..DEVICES).map(Device::start).collect();
        let targets: Vec<String> = devices.iter().map(|device| format!("{:?}", device.address)).collect();
        let append = |name: &str| format!("read -r line && printf '%s\\n' \"$line\" >> {}", folder.path().join(name).display());
        let text = format!(
            r#"site = "HQ"
[discovery]
targets = [{}]
own_host = false
[polling]
interval = "1s"
timeout = "200ms"
retries = 0
[[receiver]]
name = "noc"
kind = "command"
command = ["/bin/sh", "-c", '''{}''']
rate = "1000/1m"
[[receiver]]
name = "lead"
kind = "command"
command = ["/bin/sh", "-c", '''{}''']
rate = "1000/1m"
[[notify]]
delay = "0s"
steps = [{{ to = ["noc"] }}, {{ to = ["lead"], after = "4s" }}]
repeat = "6s"
"#,
            targets.join(", "),
            append("noc"),
            append("lead")
        );
        std::fs::write(folder.path().join("noctop.toml"), text).unwrap();
        Self { folder, devices }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_noctop"));
        command.args(arguments).arg("--config").arg(self.path("noctop.toml")).arg("--data").arg(self.path("store"));
        command.arg("--connect").arg(self.path("noctop.sock"));
        command
    }

    fn daemon(&self) -> Daemon {
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(self.path("errors")).unwrap();
        let child = self.command(&["daemon"]).stdout(Stdio::null()).stderr(Stdio::from(errors)).spawn().unwrap();
        let started = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.path("noctop.sock")).is_err() {
            assert!(started.elapsed() < PATIENCE, "the daemon does not serve: {}", self.errors());
            std::thread::sleep(Duration::from_millis(20));
        }
        Daemon(child)
    }

    fn errors(&self) -> String {
        std::fs::read_to_string(self.path("errors")).unwrap_or_default()
    }

    fn rows(&self, what: &str) -> Vec<serde_json::Value> {
        let output = self.command(&[what, "--format", "ndjson"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Everything that a receiver was told: kind, alarm, trouble and step, repetition.
    /// A command whose noctop was killed before it was given anything says nothing.
    fn told(&self, receiver: &str) -> Vec<(String, String, String, u64)> {
        let text = std::fs::read_to_string(self.path(receiver)).unwrap_or_default();
        let mut told = Vec::new();
        for line in text.lines() {
            let document: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            for item in document["alarms"].as_array().unwrap() {
                let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
                told.push((
                    text(&item["kind"]),
                    text(&item["alarm"]["id"]),
                    format!("{} {}", text(&item["thread"]), item["step"]),
                    item["turn"].as_u64().unwrap(),
                ));
            }
        }
        told
    }
}

fn wait_for(what: &str, scene: &Scene, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        if started.elapsed() > PATIENCE {
            let told = (scene.told("noc"), scene.told("lead"));
            panic!("{what}\nalarms {:#?}\ntold {told:#?}\n{}", scene.rows("alarms"), scene.errors());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_daemon_killed_at_any_moment_tells_nobody_twice_and_loses_no_alarm() {
    let (rounds, seed) = (setting("NOCTOP_NOTIFY_ROUNDS", 8), setting("NOCTOP_SEED", 1));
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let scene = Scene::new();
    let mut daemon = scene.daemon();
    wait_for("all devices are found", &scene, || scene.rows("devices").len() == usize::from(DEVICES));
    let watch = Instant::now();
    for _ in 0..rounds {
        for device in &scene.devices {
            if random.below(2) == 0 {
                device.silent.fetch_xor(true, Relaxed);
            }
        }
        // Most of it happens between a second and five after a change: polls, flushes, letters, steps.
        std::thread::sleep(Duration::from_millis(500 + random.below(5500)));
        drop(daemon);
        daemon = scene.daemon();
    }
    let killed = watch.elapsed();
    // In the end half of them stand, and half are over.
    for (number, device) in scene.devices.iter().enumerate() {
        device.silent.store(number % 2 == 0, Relaxed);
    }
    let standing = || -> BTreeSet<String> {
        let alarms = scene.rows("alarms");
        let stands = alarms.iter().filter(|alarm| alarm["clearedAt"].is_null());
        stands.map(|alarm| alarm["id"].as_str().unwrap().to_owned()).collect()
    };
    wait_for("half of the alarms stand", &scene, || standing().len() == usize::from(DEVICES) / 2);
    let about = |told: &[(String, String, String, u64)], alarm: &str| -> Vec<String> {
        told.iter().filter(|(_, id, ..)| id == alarm).map(|(kind, ..)| kind.clone()).collect()
    };
    for receiver in ["noc", "lead"] {
        wait_for("every alarm that stands was told, and that every other is over", &scene, || {
            let (told, stands) = (scene.told(receiver), standing());
            let last_is = |alarm: &String, over: bool| about(&told, alarm).last().is_some_and(|kind| (kind == "cleared") == over);
            let known: BTreeSet<String> = told.iter().map(|(_, alarm, ..)| alarm.clone()).collect();
            let mut ended = known.iter().filter(|alarm| !stands.contains(*alarm));
            // A letter that was on its way at a kill may be lost: of an end that is said on the screen.
            let uncertain = |alarm: &String| {
                scene.rows("events").iter().any(|event| {
                    let text = event["text"].as_str().unwrap_or_default();
                    text.contains(&format!("{receiver} may have been told"))
                        && alarm.contains(event["device"].as_str().unwrap_or("?"))
                })
            };
            stands.iter().all(|alarm| last_is(alarm, false)) && ended.all(|alarm| last_is(alarm, true) || uncertain(alarm))
        });
    }
    let mut letters = 0;
    for receiver in ["noc", "lead"] {
        let told = scene.told(receiver);
        letters += told.len();
        let once: BTreeSet<&(String, String, String, u64)> = told.iter().collect();
        if once.len() != told.len() {
            let twice: Vec<_> = once.iter().filter(|one| told.iter().filter(|other| *other == **one).count() > 1).collect();
            panic!("{receiver} was told twice: {twice:#?}\n{}", scene.errors());
        }
    }
    let uncertain = scene
        .rows("events")
        .iter()
        .filter(|event| event["text"].as_str().unwrap_or_default().contains("may have been told"))
        .count();
    println!("{rounds} kills in {} s, {letters} tellings, none twice, {uncertain} uncertain", killed.as_secs());
    drop(daemon);
}
