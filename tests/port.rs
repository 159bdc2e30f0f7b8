//! `noctop port` from the command line to a simulated switch and back: what is shown, what is set, what is refused, what is written down.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

/// Longer than anything here takes; reached only by a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends a process when the test ends, however it does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A simulated device that takes SET, and a daemon that has found it.
struct Rig {
    folder: tempfile::TempDir,
    _simulator: Running,
    _daemon: Running,
}

impl Rig {
    /// `network` is its own for each test; `set` is the `[set]` of the configuration.
    fn new((network, fault): (&str, &str), set: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut simulator = Command::new(NOCTOP);
        simulator.args(["sim", "--devices", "1", "--write-community", "writing", "--set-fault", fault, "--listen", network]);
        let mut simulator = Running(simulator.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        let line = BufReader::new(simulator.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        let address = line.split_once(' ').unwrap().0.to_owned();
        let text = format!(
            "[[credential]]\nname = \"sim\"\nversion = \"2c\"\ncommunity = \"public\"\n[discovery]\ntargets = [\"{address}\"]\nown_host = false\n\
             [store]\npath = \"{}\"\n{set}",
            folder.path().join("store").display()
        );
        fs::write(folder.path().join("noctop.toml"), text).unwrap();
        let mut daemon = Self::command(&folder, &["daemon"]);
        let daemon = Running(daemon.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let rig = Self { folder, _simulator: simulator, _daemon: daemon };
        let started = Instant::now();
        while rig.port().is_none() {
            assert!(started.elapsed() < PATIENCE, "the device was never found");
        }
        rig
    }

    fn command(folder: &tempfile::TempDir, arguments: &[&str]) -> Command {
        let mut command = Command::new(NOCTOP);
        command.args(arguments).arg("--config").arg(folder.path().join("noctop.toml"));
        command.arg("--connect").arg(folder.path().join("socket")).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = Self::command(&self.folder, arguments).output().unwrap();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// Device and name of a port that is up.
    fn port(&self) -> Option<(String, String)> {
        let (_, out, _) = self.run(&["interfaces", "--format", "json", "--filter", "state:up"]);
        let rows: Value = serde_json::from_str(&out).ok()?;
        let row = rows.as_array()?.iter().find(|row| row["ifType"] == 6)?;
        Some((row["device"].as_str()?.to_owned(), row["ifName"].as_str()?.to_owned()))
    }

    /// An order and what came of it.
    fn order(&self, act: &str, rest: &[&str]) -> (Option<i32>, Value, String) {
        let (device, port) = self.port().unwrap();
        let (code, out, err) = self.run(&[&["port", &device, &port, act, "--format", "json"], rest].concat());
        (code, serde_json::from_str(&out).unwrap_or(Value::Null), err)
    }
}

const ON: &str = "[set]\nenabled = true\nsettle = \"3s\"\n[[credential]]\nname = \"writer\"\nversion = \"2c\"\ncommunity = \"writing\"\nwrite = true\n";

#[test]
fn nothing_is_switched_unless_the_configuration_says_so() {
    let rig = Rig::new(("127.105.0.0/16:0", "none"), "");
    let (code, _, err) = rig.order("down", &["--yes"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("[set] with enabled = true"), "{err}");
}

#[test]
fn a_dry_run_shows_and_sets_nothing_and_an_order_is_done_and_written_down() {
    let rig = Rig::new(("127.106.0.0/16:0", "none"), ON);
    let (code, plan, err) = rig.order("down", &["--dry-run"]);
    assert_eq!((code, plan["outcome"].as_str()), (Some(0), Some("planned")), "{err}");
    assert_eq!((plan["steps"][0]["old"].as_str(), plan["steps"][0]["new"].as_str()), (Some("up"), Some("down")));
    assert!(plan["steps"][0]["oid"].as_str().unwrap().starts_with("1.3.6.1.2.1.2.2.1.7."));
    let (code, _, err) = rig.order("down", &[]);
    assert_eq!(code, Some(2));
    assert!(err.contains("there is nobody to ask"), "{err}");
    let (code, again, _) = rig.order("up", &["--yes"]);
    assert_eq!((code, again["outcome"].as_str()), (Some(0), Some("already")), "nothing was set until now");
    let (device, port) = rig.port().unwrap();
    let (code, out, err) = rig.run(&["port", &device, &port, "down", "--yes"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(
        out.contains("up -> down")
            && out.contains("done: ifAdminStatus is down, ifOperStatus down")
            && out.contains("audit: change:"),
        "{out}"
    );
    let (code, out, _) = rig.run(&["port", &device, &port, "up", "--yes"]);
    assert_eq!(code, Some(0), "{out}");
    let (code, _, err) = rig.run(&["port", &device, "no such port", "up", "--yes"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("has no port"), "{err}");
}

#[test]
fn what_an_agent_does_wrong_is_said_clearly() {
    for (network, fault, (code, outcome), word) in [
        ("127.107.0.0/16:0", "not-writable", (1, "failed"), "notWritable"),
        ("127.108.0.0/16:0", "lost", (0, "done"), "the answer was lost"),
        ("127.109.0.0/16:0", "slow", (0, "done"), "set, and read back"),
        ("127.110.0.0/16:0", "reverts", (1, "failed"), "went back"),
    ] {
        let rig = Rig::new((network, fault), ON);
        let (ended, report, err) = rig.order("down", &["--yes"]);
        let told = format!("{fault}: {report} {err}");
        assert_eq!((ended, report["outcome"].as_str()), (Some(code), Some(outcome)), "{told}");
        assert!(told.contains(word), "{told}");
    }
}
