//! `noctop top` as scripts use it: out of a store that nobody serves and out of a daemon, exit codes, what is said where.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

use noctop::history::{FlowStore, SledStore, Store};
use noctop::model::flow::{
    ExporterKey, FlowAddr, FlowBatch, FlowColumns, FlowLevel, FlowRecord, FlowStretch, FlowVersion, Known, TalkTable,
};
use noctop::model::{TimeRange, Timestamp};
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// 2026-11-20 00:00 UTC.
const FIRST: i64 = 1_795_132_800;

struct Folder(tempfile::TempDir);

impl Folder {
    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn noctop(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_noctop"));
        command.args(["--config", "/dev/null", "--data"]).arg(self.at("store")).arg("--connect").arg(self.at("noctop.sock"));
        command
    }

    fn top(&self, arguments: &[&str]) -> Output {
        let range = [format!("@{FIRST}"), format!("@{}", FIRST + 180)];
        let mut command = self.noctop();
        command.args(["top", "--from", &range[0], "--to", &range[1]]).args(arguments).output().unwrap()
    }
}

/// Three minutes of records and their sums.
fn filled() -> Folder {
    let folder = Folder(tempfile::tempdir().unwrap());
    let store = SledStore::open(&folder.at("store")).unwrap();
    let exporters = vec![ExporterKey { address: [192, 0, 2, 1].into(), version: FlowVersion::NetFlow9, domain: 1 }];
    for minute in 0..3 {
        let start = Timestamp::from_secs(FIRST + minute * 60);
        let mut columns = FlowColumns { received: start, exporters: exporters.clone(), ..FlowColumns::default() };
        let mut table = TalkTable::new(100);
        for n in 1..=20u32 {
            let known = Known::PROTOCOL.with(Known::SRC_PORT).with(Known::DST_PORT);
            let record = FlowRecord {
                known,
                src: FlowAddr::v4(0x0a00_0000 + n % 4),
                dst: FlowAddr::v4(0xc633_6400 + n % 2),
                octets: u64::from(n) * 100,
                packets: u64::from(n),
                sampling_interval: 10,
                protocol: 6,
                src_port: 50_000 + (n % 2) as u16,
                dst_port: 443,
                in_if: 3,
                out_if: 4,
                ..FlowRecord::default()
            };
            columns.push(0, &record);
            table.add(0, &record);
        }
        store.flow_records_append(&columns).unwrap();
        let mut stretch = FlowStretch::new(FlowLevel::Minute, start, 100);
        stretch.add_batch(&FlowBatch { exporters: exporters.clone(), talks: table.take(), ..FlowBatch::default() });
        store.flow_talks_append(&stretch.time()).unwrap();
    }
    store.flow_records_append(&FlowColumns::default()).unwrap();
    store.flows_flush().unwrap();
    store.flush().unwrap();
    folder
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
        let child = folder.noctop().arg("daemon").stderr(Stdio::null()).spawn().unwrap();
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

/// Everything that a store that was opened has to say of itself is the same in both ways.
fn answers(folder: &Folder) {
    let first = r#""octets":180000,"packets":1800,"flows":15,"inBps":8000.0,"share":0.285714"#;
    check(&folder.top(&["--by", "src", "--format", "json"]), 0, &[first, "\"src\":\"10.0.0.0\"", "\"resolution\":\"1m\""]);
    check(&folder.top(&[]), 0, &["SOURCE", "DESTINATION", "198.51.100.0", "total   630k octets", "by minutes"]);
    check(
        &folder.top(&["--by", "app", "--format", "csv"]),
        0,
        &["app,appName,device,octets", "tcp/443,https,,630000,6300,60,28000"],
    );
    let filtered = folder.top(&["--by", "proto", "--filter", "src port 50001", "--format", "ndjson"]);
    check(&filtered, 0, &["\"octets\":300000,", "\"resolution\":\"records\""]);
    check(
        &folder.top(&["--by", "if", "--filter", "dst host 198.51.100.1", "--format", "ndjson"]),
        0,
        &["\"if\":3,", "\"if\":4,", "300000"],
    );
    check(&folder.top(&["--by", "colour"]), 2, &["\"colour\" is no key", "srcas"]);
    check(&folder.top(&["--filter", "colour=red"]), 2, &["filter, column 1", "there is no field `colour`"]);
    check(&folder.top(&["--filter", "src host 10.9.9.9"]), 4, &["no flow that matches"]);
    check(&folder.noctop().args(["top", "--from", "@1", "--to", "@2"]).output().unwrap(), 4, &["no flow"]);
    check(&folder.top(&["--compare", "fortnight"]), 2, &["hour, day or week"]);
}

#[test]
fn a_store_that_nobody_serves_answers_and_so_does_a_daemon() {
    let folder = filled();
    answers(&folder);
    let stats = |folder: &Folder| folder.noctop().args(["store", "stats", "--format", "json"]).output().unwrap();
    check(&stats(&folder), 0, &["\"flows\": 60"]);
    let _daemon = Daemon::start(&folder);
    answers(&folder);
    check(&stats(&folder), 0, &["\"flows\": 60"]);
}

#[test]
fn a_damaged_file_of_flows_is_named_and_the_others_are_read() {
    let folder = filled();
    let file = first_file(&folder.at("store/flows/records"));
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&file, bytes).unwrap();
    let verified = folder.noctop().args(["store", "verify"]).output().unwrap();
    check(&verified, 1, &[&file.display().to_string(), "the other 2 can"]);
    check(&folder.top(&["--by", "src", "--filter", "packets>0"]), 0, &["total   420k octets"]);
    let store = SledStore::open_read_only(&folder.at("store")).unwrap();
    let all = TimeRange { from: Timestamp(0), to: Timestamp(i64::MAX / 2) };
    assert_eq!(store.flow_records_kept(all).unwrap().rows, 60);
}

fn first_file(folder: &Path) -> PathBuf {
    fs::read_dir(folder).unwrap().next().unwrap().unwrap().path()
}

#[test]
fn the_shape_of_a_row_has_a_schema() {
    let folder = Folder(tempfile::tempdir().unwrap());
    check(&folder.noctop().args(["schema", "top"]).output().unwrap(), 0, &["inBps", "earlierOctets", "share"]);
}
