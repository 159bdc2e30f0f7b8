//! No secret is seen: not in what is printed, not in logs, not in the list of processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

const NOCTOP: &str = env!("CARGO_BIN_EXE_noctop");

/// Words that stand nowhere else.
const COMMUNITY: &str = "qz7-community-of-the-test";
const AUTH_PASSWORD: &str = "qz7-auth-password-of-the-test";
const PRIV_PASSWORD: &str = "qz7-priv-password-of-the-test";

/// Ends a process when the test ends, however it does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A simulated device, and where it answers.
fn device() -> (Running, String) {
    let mut simulator = Command::new(NOCTOP);
    simulator.args(["sim", "--devices", "1", "--listen", "127.104.0.0/16:0"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = Running(simulator.spawn().unwrap());
    let line = BufReader::new(running.0.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let address = line.split_once(' ').unwrap().0.to_owned();
    (running, address)
}

/// A file of credentials that only its owner reads.
fn credentials(folder: &tempfile::TempDir) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.path().join("credentials.toml");
    let text = format!(
        "[[credential]]\nname = \"core\"\nversion = \"3\"\nusername = \"noc\"\nauth = \"sha256\"\nauth_password = \"{AUTH_PASSWORD}\"
priv = \"aes128\"\npriv_password = \"{PRIV_PASSWORD}\"\n[[credential]]\nname = \"edge\"\nversion = \"2c\"\ncommunity = \"{COMMUNITY}\"
[[credential]]\nname = \"sim\"\nversion = \"2c\"\ncommunity = \"public\"\n"
    );
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn tells_no_secret(output: &Output) {
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let all = String::from_utf8_lossy(&all);
    assert!(!all.is_empty(), "something was printed");
    for secret in [COMMUNITY, AUTH_PASSWORD, PRIV_PASSWORD] {
        assert!(!all.contains(secret), "{secret} was printed");
    }
}

#[test]
fn no_format_and_no_log_holds_a_secret() {
    let (_running, address) = device();
    let folder = tempfile::tempdir().unwrap();
    let file = credentials(&folder);
    for format in ["json", "ndjson", "csv", "table", "tree", "dot", "mermaid", "graphml"] {
        let discover = Command::new(NOCTOP)
            .args(["discover", "-v", "--depth", "0", "--timeout", "200ms", "--format", format, "--credentials"])
            .arg(&file)
            .arg(&address)
            .env("RUST_LOG", "trace")
            .output()
            .unwrap();
        assert!(discover.status.success(), "{format}: {}", String::from_utf8_lossy(&discover.stderr));
        tells_no_secret(&discover);
    }
    let silent = ["discover", "-v", "-c", COMMUNITY, "--timeout", "50ms", "--retries", "0", "127.104.255.254:9"];
    tells_no_secret(&Command::new(NOCTOP).args(silent).env("RUST_LOG", "trace").output().unwrap());
}

#[test]
fn the_list_of_processes_holds_no_literal_community() {
    // Who listens and never answers keeps it at work until it is ended.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut discover = Command::new(NOCTOP);
    discover.args(["discover", "-c", COMMUNITY, "--timeout", "60s"]).arg(silent.local_addr().unwrap().to_string());
    let running = Running(discover.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let command_line = format!("/proc/{}/cmdline", running.0.id());
    let shows = |word: &str| fs::read(&command_line).is_ok_and(|line| String::from_utf8_lossy(&line).contains(word));
    // Between its start and its first lines any program shows its arguments.
    let wiped = (0..2_000_000).any(|_| shows("--timeout") && !shows(COMMUNITY));
    assert!(wiped, "the community still stands in {command_line}");
}
