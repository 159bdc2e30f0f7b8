//! The audit journal and roles with the real program: who may what, what is written of it, and what a kill leaves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end at once")]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes; reached only by a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Users and groups that every Debian has: daemon, bin, sys, and the group adm.
const OPERATOR: u32 = 1;
const VIEWER: u32 = 2;
const STRANGER: u32 = 3;
const GROUP: u32 = 4;

/// What `env:NOCTOP_TEST_TOKEN` says.
const TOKEN: &str = "0123456789abcdef";

struct Rig {
    folder: tempfile::TempDir,
}

impl Rig {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::write(folder.path().join("noctop.toml"), format!("[discovery]\nown_host = false\n{config}")).unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn arguments(&self) -> Vec<String> {
        let named = |option: &str, name: &str| [option.to_owned(), self.at(name).display().to_string()];
        [named("--config", "noctop.toml"), named("--data", "store"), named("--connect", "s")].concat()
    }

    fn daemon(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_noctop"));
        let command = command.arg("daemon").args(self.arguments()).env("NOCTOP_TEST_TOKEN", TOKEN);
        let child = command.stderr(Stdio::null()).spawn().unwrap();
        let started = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.at("s")).is_err() {
            assert!(started.elapsed() < PATIENCE, "the daemon does not serve");
            std::thread::yield_now();
        }
        child
    }

    /// Runs the program, as another user where one is named.
    fn run(&self, (uid, groups): (u32, &[u32]), arguments: &[&str]) -> (i32, String, String) {
        let program = env!("CARGO_BIN_EXE_noctop");
        let mut command = Command::new(if uid == 0 { program } else { "setpriv" });
        if uid != 0 {
            let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
            let groups = if groups.is_empty() { "--clear-groups".to_owned() } else { format!("--groups={}", groups.join(",")) };
            command.args([format!("--reuid={uid}"), format!("--regid={uid}"), groups, program.to_owned()]);
        }
        command.args(arguments).args(self.arguments()).env("NOCTOP_TEST_TOKEN", TOKEN);
        let output = command.env("SSH_CONNECTION", "192.0.2.7 5 192.0.2.1 22").output();
        let output = output.unwrap();
        let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    fn own(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run((0, &[]), arguments)
    }

    fn records(&self, filter: &str) -> Vec<serde_json::Value> {
        let (code, out, err) = self.own(&["audit", "list", "--format", "ndjson", "--limit", "1000", "--filter", filter]);
        assert_eq!(code, 0, "{err}");
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn begin(&self, who: (u32, &[u32]), name: &str) -> (i32, String, String) {
        self.run(who, &["--read-write", "maintenance", "begin", name, "--all", "--for", "1h"])
    }
}

/// Asks a daemon to end, and waits for it.
fn end(mut daemon: Child, signal: &str) {
    let pid = daemon.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    daemon.wait().unwrap();
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

#[test]
fn what_an_operator_does_is_in_the_journal_and_the_report_and_a_changed_octet_is_named() {
    let rig = Rig::new("[access]\noffice_hours = \"00:00-24:00\"\n");
    let daemon = rig.daemon();
    assert_eq!(rig.begin((0, &[]), "swap").0, 0);
    let began = rig.records("kind:maintenance");
    assert_eq!(began.len(), 1, "{began:?}");
    assert_eq!(
        (&began[0]["object"], &began[0]["outcome"], &began[0]["from"]),
        (&"swap".into(), &"accepted".into(), &"192.0.2.7".into())
    );
    assert!(began[0]["new"].as_str().unwrap().starts_with("all, "), "{}", began[0]);
    let (code, head, _) = rig.own(&["audit", "head"]);
    assert_eq!((code, head.lines().count()), (0, 3), "{head}");
    let (code, report, err) = rig.own(&["audit", "report"]);
    assert_eq!(code, 0, "{err}");
    assert!(report.contains("maintenance.begin swap") && report.contains("It is as it was written."), "{report}");
    end(daemon, "-TERM");

    let stopped = rig.records("kind:engine.stopped");
    assert_eq!(stopped.len(), 1, "the end is written, and read without anybody serving");
    let heads: Vec<String> = head.lines().flat_map(|head| ["--head".to_owned(), head.to_owned()]).collect();
    let heads: Vec<&str> = ["audit", "verify"].into_iter().chain(heads.iter().map(String::as_str)).collect();
    let (code, _, err) = rig.own(&heads);
    assert_eq!(code, 0, "{err}");
    let file = change_an_octet(&rig.at("store/audit/change"));
    let (code, _, err) = rig.own(&["audit", "verify"]);
    assert_eq!(code, 1);
    assert!(err.contains(&file) && err.contains("record ") && err.contains("octet "), "{err}");
}

/// In the middle of the only file of a chain; gives its name.
fn change_an_octet(chain: &Path) -> String {
    let file = std::fs::read_dir(chain).unwrap().next().unwrap().unwrap().path();
    let mut octets = std::fs::read(&file).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 4;
    std::fs::write(&file, octets).unwrap();
    file.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn users_do_what_their_role_allows_and_are_told_why_not() {
    if !is_root() || Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("SKIPPED: only root can try other users (setpriv)");
        return;
    }
    let rig = Rig::new(&format!("[access]\noperators = [\"{OPERATOR}\"]\ngroup = \"{GROUP}\"\n"));
    let daemon = rig.daemon();
    let about = std::fs::metadata(rig.at("s")).unwrap();
    assert_eq!(about.permissions().mode() & 0o777, 0o660);
    let member: &[u32] = &[GROUP];

    assert_eq!(rig.run((VIEWER, member), &["status"]).0, 0, "a member of the socket's group looks");
    let (code, _, why) = rig.begin((VIEWER, member), "sabotage");
    assert_eq!(code, 2);
    assert!(why.contains("needs the role operator") && why.contains("[access]"), "{why}");
    for question in [&["audit", "list"][..], &["audit", "verify"], &["store", "backup", "/tmp/x"]] {
        assert_eq!(rig.run((VIEWER, member), question).0, 2, "{question:?}");
    }
    assert_eq!(rig.begin((OPERATOR, member), "work").0, 0);
    let (code, _, why) = rig.run((STRANGER, &[]), &["status"]);
    assert_eq!(code, 1);
    assert!(
        why.contains("it is for members of the group adm: sudo usermod -aG adm"),
        "the kernel keeps out who is not of the group: {why}"
    );

    let refused = rig.records("outcome:refused");
    let refused: BTreeSet<(&str, &str, &str)> = refused
        .iter()
        .map(|row| (row["user"].as_str().unwrap(), row["kind"].as_str().unwrap(), row["role"].as_str().unwrap()))
        .collect();
    let wanted = [("bin", "command", "viewer"), ("bin", "maintenance.begin", "viewer"), ("bin", "store.backup", "viewer")];
    assert_eq!(refused, BTreeSet::from(wanted));
    let done = rig.records("kind:maintenance outcome:accepted");
    assert_eq!((done.len(), &done[0]["user"]), (1, &"daemon".into()));
    let list = rig.own(&["maintenance", "list", "--format", "ndjson"]).1;
    assert!(list.contains("\"by\":\"daemon\"") && !list.contains("sabotage"), "by whom the kernel says it was: {list}");
    end(daemon, "-TERM");
}

#[test]
fn a_member_of_the_sockets_group_without_a_role_is_told_what_to_do() {
    if !is_root() || Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("SKIPPED: only root can try other users (setpriv)");
        return;
    }
    let rig = Rig::new(&format!("[access]\nviewers = [\"{VIEWER}\"]\ngroup = \"{GROUP}\"\n"));
    let daemon = rig.daemon();
    let (code, _, why) = rig.run((STRANGER, &[GROUP]), &["status"]);
    assert_eq!(code, 1);
    assert!(why.contains("sys has no role at this engine; name sys in viewers or operators of [access]"), "{why}");
    assert_eq!(rig.run((VIEWER, &[GROUP]), &["status"]).0, 0);
    let refused = rig.records("outcome:refused");
    assert_eq!((&refused[0]["user"], &refused[0]["kind"]), (&"sys".into(), &"console.attached".into()));
    end(daemon, "-TERM");
}

#[test]
fn whatever_was_told_to_be_done_before_a_kill_is_in_a_sound_journal_after_it() {
    let rig = Rig::new("");
    let mut told = BTreeSet::new();
    for round in 0..3 {
        let daemon = rig.daemon();
        let (send, began) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let rig = &rig;
            scope.spawn(move || {
                for number in 0..5 {
                    let name = format!("work-{round}-{number}");
                    let code = rig.begin((0, &[]), &name).0;
                    let _the_test_ended = send.send((name, code));
                }
            });
            // The kill comes while the one after the first is on its way.
            let first = began.recv_timeout(PATIENCE).unwrap();
            end(daemon, "-KILL");
            let all = std::iter::once(first).chain(began);
            told.extend(all.filter(|(_, code)| *code == 0).map(|(name, _)| name));
        });
        // One that was killed with a lock or a half-written record behind it starts again.
        let daemon = rig.daemon();
        let name = format!("after-{round}");
        assert_eq!(rig.begin((0, &[]), &name).0, 0);
        told.insert(name);
        end(daemon, "-KILL");
        let (code, _, err) = rig.own(&["audit", "verify"]);
        assert_eq!(code, 0, "{err}");
    }
    let written: BTreeSet<String> =
        rig.records("kind:maintenance").iter().map(|row| row["object"].as_str().unwrap().to_owned()).collect();
    assert!(told.is_subset(&written), "{told:?} {written:?}");
    assert_eq!(rig.records("kind:engine.started").len(), 6);
}

/// A port of this test's own.
const METRICS: &str = "127.0.0.1:29763";

/// What is answered to a request for the metrics with this line among its headers.
fn metrics(header: &str) -> String {
    use std::io::{Read as _, Write as _};
    let started = Instant::now();
    let mut stream = loop {
        match std::net::TcpStream::connect(METRICS) {
            Ok(stream) => break stream,
            Err(error) => assert!(started.elapsed() < PATIENCE, "{error}"),
        }
    };
    stream.write_all(format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{header}\r\n").as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn whoever_asks_for_the_metrics_without_the_token_is_written_down_once_and_then_counted() {
    let rig = Rig::new(&format!("[metrics]\nlisten = \"{METRICS}\"\ntoken = \"env:NOCTOP_TEST_TOKEN\"\n"));
    let daemon = rig.daemon();
    assert!(metrics(&format!("Authorization: Bearer {TOKEN}\r\n")).starts_with("HTTP/1.1 200"));
    for header in ["", "Authorization: Bearer 0123456789abcdeX\r\n", "Authorization: Basic x\r\n"] {
        assert!(metrics(header).starts_with("HTTP/1.1 401"), "{header}");
    }
    end(daemon, "-TERM");
    let told = rig.records("kind:page.refused");
    let said: BTreeSet<_> = told
        .iter()
        .map(|record| [&record["user"], &record["outcome"], &record["text"]].map(|value| value.as_str().unwrap().to_owned()))
        .collect();
    let expected = |text: &str| ["127.0.0.1", "refused", text].map(str::to_owned);
    assert_eq!(said, BTreeSet::from([expected("ask for the metrics"), expected("ask for the metrics 2 times")]), "{told:?}");
    assert!(!format!("{told:?}").contains("0123456789abcdeX"), "what was sent is nowhere");
}

#[test]
fn a_configuration_is_told_by_a_digest_against_which_nobody_can_try_guesses() {
    let rig = Rig::new("");
    let config = |community: &str| {
        let text = format!(
            "[discovery]\nown_host = false\n[[credential]]\nname = \"x\"\nversion = \"2c\"\ncommunity = \"{community}\"\n"
        );
        std::fs::write(rig.at("noctop.toml"), text).unwrap();
    };
    let loaded = || {
        end(rig.daemon(), "-TERM");
        rig.records("kind:config.loaded").iter().map(|record| record["new"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    config("public");
    let first = loaded();
    assert!(first.len() == 1 && first[0].starts_with("hmac-sha256:"), "{first:?}");
    assert_eq!(loaded(), first, "the same is told once");
    config("private");
    assert_eq!(loaded().len(), 2);
    let (code, out, err) = rig.own(&["audit", "verify"]);
    assert_eq!(code, 0, "{out}{err}");
    std::fs::remove_file(rig.at("store").join("audit.key")).unwrap();
    assert_eq!(loaded().len(), 3, "with another key everything is another");
    assert_eq!(rig.own(&["audit", "verify"]).0, 0, "and the journal is what it was");
}
