//! `noctop store import|backup|restore|verify` as scripts use them: exit codes, what is said where, with and without a daemon.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn noctop(&self, data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_noctop"));
        command.args(["--config", "/dev/null", "--data"]).arg(data).arg("--connect").arg(self.at("noctop.sock"));
        command
    }

    fn store(&self, data: &str, arguments: &[&str]) -> Output {
        self.noctop(&self.at(data)).arg("store").args(arguments).output().unwrap()
    }

    /// Imports a text from standard input.
    fn import(&self, text: &str, more: &[&str]) -> Output {
        let mut child = self
            .noctop(&self.at("store"))
            .args(["store", "import", "-"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses its arguments reads nothing.
        let _closed_already = child.stdin.take().unwrap().write_all(text.as_bytes());
        child.wait_with_output().unwrap()
    }
}

fn check(output: &Output, code: i32, said: &[&str]) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{text}");
    for part in said {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

/// A running daemon, ended with the test.
struct Daemon(Child);

impl Daemon {
    fn start(folder: &Folder) -> Self {
        let child = folder.noctop(&folder.at("store")).arg("daemon").stderr(Stdio::null()).spawn().unwrap();
        let mut daemon = Self(child);
        while UnixStream::connect(folder.at("noctop.sock")).is_err() {
            assert!(daemon.0.try_wait().unwrap().is_none(), "the daemon ended");
            std::thread::yield_now();
        }
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

const TWO: &str = "a{device=\"sw0\",ifIndex=\"1\"} 1 1795132800\na{device=\"sw0\",ifIndex=\"1\"} 2 1795132860\n";

#[test]
fn an_import_says_what_it_took_and_what_not() {
    let folder = Folder::new();
    check(&folder.import(TWO, &[]), 0, &["2 samples of 1 series taken, 0 refused"]);
    check(
        &folder.import("a{host=\"x\"} 1 5\na 2 5\na{host=\"x\"} NaN 6\n", &[]),
        3,
        &[
            "1 samples of 1 series taken, 2 refused",
            "1 refused: no device: none of the labels device, instance, host and sysName (line 2)",
            "1 refused: not a number (NaN or null) (line 3)",
        ],
    );
    check(&folder.import("a 2 5\n", &[]), 1, &["0 samples of 0 series taken, 1 refused"]);
    check(
        &folder.import("<html>\n", &[]),
        1,
        &["neither OpenMetrics text, InfluxDB line protocol nor VictoriaMetrics JSON lines"],
    );
    check(&folder.import("\u{1f}\u{8b}", &[]), 1, &["neither"]);
    check(&folder.import(TWO, &["--map", "a"]), 2, &["NAME=METRIC"]);
    check(&folder.import(TWO, &["--map", "a=b"]), 2, &["there is no metric \"b\"", "in_bps"]);
    check(&folder.import(TWO, &["--map", "a=in_bps"]), 0, &["2 samples"]);
    check(&folder.store("store", &["import", "/nowhere/x"]), 1, &["/nowhere/x can't be read"]);
    check(&folder.store("store", &["stats", "--format", "json"]), 0, &["\"samples\": 5", "\"series\": 3"]);
    check(&folder.store("store", &["verify"]), 0, &["is sound", "5 samples"]);
}

#[test]
fn a_daemon_is_backed_up_as_it_runs_and_its_store_is_in_use_for_others() {
    let folder = Folder::new();
    check(&folder.import(TWO, &[]), 0, &[]);
    let daemon = Daemon::start(&folder);
    check(&folder.import(TWO, &[]), 1, &["is in use: end the noctop that serves it"]);
    check(&folder.store("store", &["restore", folder.at("x").to_str().unwrap()]), 1, &["there is no store at"]);
    let copy = folder.at("copy");
    let copy = copy.to_str().unwrap();
    check(&folder.store("store", &["backup", copy]), 0, &["the copy is sound"]);
    check(&folder.store("store", &["backup", copy]), 1, &["the folder is not empty"]);
    check(&folder.store("store", &["restore", copy, "--replace"]), 1, &["in use"]);
    drop(daemon);
    check(&folder.store("copy", &["verify"]), 0, &["is sound"]);
    check(&folder.store("store", &["restore", copy]), 1, &["there is a store already"]);
    check(&folder.store("store", &["restore", copy, "--replace"]), 0, &["the restored store is sound", "store.replaced-1"]);
    check(&folder.store("new", &["restore", copy]), 0, &["the restored store is sound"]);
    check(&folder.store("new", &["stats"]), 0, &["samples"]);
}

#[test]
fn a_damaged_file_is_named_with_what_can_be_read() {
    let folder = Folder::new();
    let lines: String = (0..200)
        .map(|n| format!("a{{host=\"h\"}} {} {}\nb{{host=\"h\"}} 1 {}\n", n * n, 1_795_132_800 + n * 60, 1_795_219_200 + n * 60))
        .collect();
    check(&folder.import(&lines, &[]), 0, &[]);
    let file = folder.at("store/raw/20261120/shards.dat");
    let mut bytes = fs::read(&file).unwrap();
    let last = bytes.len() - 5;
    bytes[last] ^= 4;
    fs::write(&file, bytes).unwrap();
    check(&folder.store("store", &["verify"]), 1, &["raw/20261120/shards.dat", "can't be read", "1 damaged"]);
}
