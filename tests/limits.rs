//! A hostile device and a hostile sender against a daemon: both find their bounds, and `status`, the metrics' source, says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use noctop::model::limit;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

/// Longer than anything here takes; reached only by a failure.
const PATIENCE: Duration = Duration::from_secs(240);

/// Ends a process when the test ends, however it does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// An agent that tells more interfaces than there is room for: names and states, nothing else.
fn hostile_agent(interfaces: usize) -> String {
    let mut text = String::from("1.3.6.1.2.1.1.1.0|4|a device without end\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10\n");
    text.push_str("1.3.6.1.2.1.1.3.0|67|100\n1.3.6.1.2.1.1.5.0|4|endless\n");
    for column in [2, 8] {
        for number in 1..=interfaces {
            let value = if column == 2 { format!("4|port {number}") } else { "2|1".to_owned() };
            writeln!(text, "1.3.6.1.2.1.2.2.1.{column}.{number}|{value}").unwrap();
        }
    }
    text
}

fn noctop(folder: &tempfile::TempDir, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn command(folder: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(NOCTOP);
    command.args(arguments).arg("--config").arg(folder.path().join("noctop.toml"));
    command.arg("--connect").arg(folder.path().join("socket")).stdin(Stdio::null());
    command
}

/// What `status` says of a limit: held at most, left out.
fn limit(folder: &tempfile::TempDir, name: &str) -> Option<(u64, u64)> {
    let status: Value = serde_json::from_str(&noctop(folder, &["status", "--format", "json"])).ok()?;
    let limits = status["limits"].as_array()?.clone();
    assert_eq!(limits.len(), limit::ALL.len());
    let one = limits.iter().find(|limit| limit["name"] == name).unwrap();
    let left_out = one["leftOut"].as_u64()?;
    assert_eq!((one["since"].is_string(), one["last"].is_string()), (left_out > 0, left_out > 0));
    Some((one["most"].as_u64()?, left_out))
}

#[test]
fn a_hostile_device_and_a_hostile_sender_are_told_of_by_status() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = folder.path().join("recordings");
    fs::create_dir(&recordings).unwrap();
    let most = limit::DEVICE_INTERFACES.most();
    fs::write(recordings.join("endless.snmprec"), hostile_agent(most + 600)).unwrap();
    let mut simulator = Command::new(NOCTOP);
    simulator.args(["sim", "--listen", "127.98.7.0/24:26161", "--recordings"]).arg(&recordings);
    let mut simulator = Running(simulator.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let line = BufReader::new(simulator.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address = line.split_once(' ').unwrap().0.to_owned();
    // Free a moment ago.
    let syslog = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = format!(
        "[[credential]]\nname = \"sim\"\nversion = \"2c\"\ncommunity = \"public\"\n[discovery]\ntargets = [\"{address}\"]\nown_host = false\n\
         [syslog]\nlisten = [\"tcp:{syslog}\"]\n[store]\npath = \"{}\"\n",
        folder.path().join("store").display()
    );
    fs::write(folder.path().join("noctop.toml"), text).unwrap();
    let _daemon = Running(command(&folder, &["daemon"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let started = Instant::now();
    let wait_for = |what: &str, wanted: &mut dyn FnMut() -> bool| {
        while !wanted() {
            assert!(started.elapsed() < PATIENCE, "{what}");
        }
    };
    wait_for("the daemon does not answer", &mut || limit(&folder, "devices").is_some());
    let mut held = Vec::new();
    wait_for("no syslog is heard", &mut || {
        held.extend(TcpStream::connect(syslog));
        held.len() > limit::SYSLOG_CONNECTIONS_OF_ONE.most() + 2
    });
    wait_for("status does not tell of the sender", &mut || {
        limit(&folder, "syslog-connections-of-sender").is_some_and(|(most, beyond)| most == 64 && beyond >= 2)
    });
    wait_for("status does not tell of the device", &mut || {
        limit(&folder, "interfaces-of-device").is_some_and(|(bound, beyond)| bound == most as u64 && beyond >= 600)
    });
    let devices: Value = serde_json::from_str(&noctop(&folder, &["interfaces", "--format", "json"])).unwrap();
    assert_eq!(devices.as_array().map_or_else(|| devices["interfaces"].as_array().unwrap().len(), Vec::len), most);
    let table = noctop(&folder, &["status"]);
    for name in ["interfaces-of-device 16384; ", "syslog-connections-of-sender 64; "] {
        assert!(table.contains(&format!("limit reached: {name}")), "{table}");
    }
    // Both are on the screens, and alarms.
    let screen = noctop(&folder, &["shot", "overview", "--size", "200x40"]);
    assert!(screen.contains("limits are reached"), "{screen}");
    wait_for("no alarm is raised", &mut || {
        let alarms = noctop(&folder, &["alarms", "--format", "ndjson"]);
        ["interfaces-of-device", "syslog-connections-of-sender"]
            .iter()
            .all(|name| alarms.contains(&format!("limit-reached@{name}")))
    });
}
