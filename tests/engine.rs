//! The engine as its users see it: several consoles, whoever serves ending, stores in use, commands without a server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end at once")]

use noctop::config::Config;
use noctop::engine::{self, Answer, AskError, Command, Handle, Hosting, OpenOptions, Update, WatchId};
use noctop::model::{MaintenanceAct, Scope, Timestamp, Window};
use noctop::query::{Screen, ViewRequest};
use noctop::state::view::View;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// Longer than anything here takes; reached only by a failure.
const PATIENCE: Duration = Duration::from_secs(30);

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn socket(&self) -> PathBuf {
        self.0.path().join("noctop.sock")
    }

    fn options(&self, hosting: Hosting) -> OpenOptions {
        let mut config = Config { site: Some("HQ".to_owned()), ..Config::default() };
        // This machine is no part of what is tested.
        config.discovery.own_host = false;
        OpenOptions::new(config, hosting).data(Some(self.data())).connect(Some(self.socket()))
    }

    fn open(&self, hosting: Hosting) -> (Handle, mpsc::Receiver<Update>) {
        let handle = engine::open(self.options(hosting)).unwrap();
        let (send, receive) = mpsc::channel();
        let send = Mutex::new(send);
        handle.subscribe(Box::new(move |update| {
            let _the_test_ended = send.lock().unwrap().send(update);
        }));
        (handle, receive)
    }
}

/// The binary as a daemon on this folder, ready when it serves.
fn daemon(folder: &Folder) -> Child {
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_noctop"))
        .args(["daemon", "--config", "/dev/null", "--data"])
        .arg(folder.data())
        .arg("--connect")
        .arg(folder.socket())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = std::time::Instant::now();
    while !answers(&folder.socket()) {
        assert!(started.elapsed() < PATIENCE, "the daemon does not serve");
        std::thread::yield_now();
    }
    child
}

fn answers(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

/// The next view that is told; what else is told before is passed over.
fn next_view(updates: &mpsc::Receiver<Update>) -> Arc<View> {
    loop {
        if let Update::View(_, view) = updates.recv_timeout(PATIENCE).unwrap() {
            return view;
        }
    }
}

fn wait_for(updates: &mpsc::Receiver<Update>, wanted: impl Fn(&Update) -> bool) {
    while !wanted(&updates.recv_timeout(PATIENCE).unwrap()) {}
}

fn overview() -> ViewRequest {
    ViewRequest::new(Screen::Overview, 20)
}

fn run(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_noctop"))
        .args(arguments)
        .args(["--config", "/dev/null", "--data"])
        .arg(folder.data())
        .arg("--connect")
        .arg(folder.socket())
        .output()
        .unwrap();
    let text = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn two_consoles_see_the_same_view_and_one_serves_the_other() {
    let folder = Folder::new();
    let (first, first_told) = folder.open(Hosting::Auto);
    let (second, second_told) = folder.open(Hosting::Auto);
    first.watch(WatchId(1), overview());
    second.watch(WatchId(1), overview());
    let (ours, theirs) = (next_view(&first_told), next_view(&second_told));
    assert_eq!((&ours.chrome.site, &ours.body), (&theirs.chrome.site, &theirs.body));
    assert_eq!(ours.chrome.notices, theirs.chrome.notices);
    assert!(matches!(second.command(Command::Status), Ok(Answer::Status(status)) if status.pid == std::process::id()));
    second.close();
    first.close();
}

#[test]
fn when_the_console_that_served_ends_the_other_takes_over() {
    let folder = Folder::new();
    let (first, _) = folder.open(Hosting::Auto);
    let (second, told) = folder.open(Hosting::Auto);
    second.watch(WatchId(1), overview());
    next_view(&told);
    first.close();
    wait_for(&told, |update| matches!(update, Update::Lost(_)));
    wait_for(&told, |update| matches!(update, Update::Serving(None)));
    assert_eq!(next_view(&told).chrome.site, "HQ");
    assert_eq!(second.ask(overview()).unwrap().chrome.site, "HQ");
    second.close();
}

#[test]
fn a_console_takes_over_from_a_daemon_that_was_killed_and_the_next_attaches_to_it() {
    let folder = Folder::new();
    let mut served = daemon(&folder);
    let (console, told) = folder.open(Hosting::Auto);
    assert!(matches!(console.command(Command::Status), Ok(Answer::Status(status)) if status.pid == served.id()));
    served.kill().unwrap();
    served.wait().unwrap();
    wait_for(&told, |update| matches!(update, Update::Serving(None)));
    let (code, out, err) = run(&folder, &["status", "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains(&format!("\"pid\": {}", std::process::id())), "{out}");
    console.close();
}

#[test]
fn a_daemon_says_that_the_store_is_in_use() {
    let folder = Folder::new();
    let (console, _) = folder.open(Hosting::Auto);
    let refused = engine::open(folder.options(Hosting::Always)).err().unwrap().to_string();
    assert!(refused.contains("is in use by another noctop: end that one"), "{refused}");
    console.close();
}

#[test]
fn commands_read_the_store_without_a_server_and_with_one() {
    let folder = Folder::new();
    let (code, _, err) = run(&folder, &["devices"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("there is no store at"), "{err}");
    folder.open(Hosting::Auto).0.close();
    for served in [None, Some(folder.open(Hosting::Auto))] {
        for command in ["devices", "interfaces", "links", "events", "alarms"] {
            let (code, out, err) = run(&folder, &[command, "--format", "json"]);
            assert_eq!((code, out.split_whitespace().collect::<String>().as_str()), (Some(0), "[]"), "{command} {err}");
        }
        assert_eq!(run(&folder, &["store", "stats", "--format", "json"]).0, Some(0));
        assert_eq!(run(&folder, &["store", "verify"]).0, Some(0));
        for at in [&[][..], &["--at", "-1h"]] {
            let (code, out, err) = run(&folder, &[&["where", "10.0.0.1", "--format", "json"], at].concat());
            assert_eq!((code, out.split_whitespace().collect::<String>().as_str()), (Some(4), "[]"), "{err}");
            assert!(err.contains("10.0.0.1 is not known"), "{err}");
        }
        assert_eq!(run(&folder, &["diff", "-1h", "now", "--format", "json"]).0, Some(0));
        assert_eq!(run(&folder, &["devices", "--filter", "nonsense>"]).0, Some(2));
        for range in [&["--from", "-1h", "--to", "now"][..], &["--from", "-1h"]] {
            let (code, _, err) = run(&folder, &[&["history", "nobody/in_bps"], range].concat());
            assert!(code == Some(2) && err.contains("nobody"), "{range:?}: {err}");
            assert_eq!(run(&folder, &[&["interfaces"], range].concat()).0, Some(0), "until now is what no end means");
        }
        for senseless in [&["--to", "now"][..], &["--from", "now", "--to", "-1h"]] {
            assert_eq!(run(&folder, &[&["interfaces"], senseless].concat()).0, Some(2), "{senseless:?}");
        }
        if let Some((handle, _)) = served {
            handle.close();
        }
    }
    assert_eq!(run(&folder, &["status"]).0, Some(1), "nothing serves");
}

#[test]
fn what_an_operator_begins_is_there_for_the_next_command() {
    let folder = Folder::new();
    let (console, _) = folder.open(Hosting::Auto);
    let names = || match console.command(Command::MaintenanceList(None)).unwrap() {
        Answer::Maintenance(windows) => windows.into_iter().map(|window| window.name).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let work = |act: &str, name: &str| {
        let act: &[&str] = if act == "begin" { &["begin", name, "--all", "--for", "1h"] } else { &["end", name] };
        run(&folder, &[&["--read-write", "maintenance"], act].concat())
    };
    for round in 0..3 {
        let name = format!("swap {round}");
        assert_eq!(work("begin", &name).0, Some(0));
        assert_eq!(names(), std::slice::from_ref(&name), "of another process");
        let (code, _, err) = work("end", &name);
        assert_eq!((code, names()), (Some(0), Vec::new()), "{err}");
        // And without the time that a process takes to start.
        let window = Window {
            name: name.clone(),
            scope: Scope::All,
            from: Timestamp(0),
            until: Timestamp(i64::MAX),
            by: String::new(),
            note: None,
        };
        console.command(Command::Maintenance(MaintenanceAct::Begin(Box::new(window)))).unwrap();
        console.command(Command::Maintenance(MaintenanceAct::End(name, String::new()))).unwrap();
        assert_eq!(names(), Vec::<String>::new());
    }
    let (code, _, err) = work("end", "swap 0");
    assert!(code == Some(2) && err.contains("there is no maintenance"), "{code:?} {err}");
    console.close();
}

#[test]
fn a_file_that_is_no_socket_is_named_and_left_alone() {
    let folder = Folder::new();
    std::fs::write(folder.socket(), "mine").unwrap();
    let refused = engine::open(folder.options(Hosting::Always)).err().unwrap().to_string();
    assert!(refused.contains("not a socket"), "{refused}");
    assert_eq!(std::fs::read_to_string(folder.socket()).unwrap(), "mine");
}

#[test]
fn a_handle_takes_watches_before_there_is_an_engine_and_questions_wait() {
    let folder = Folder::new();
    let handle = engine::open_in_background(folder.options(Hosting::Auto));
    handle.watch(WatchId(1), overview());
    assert_eq!(handle.ask(overview()).unwrap().chrome.site, "HQ");
    handle.close();
    assert_eq!(handle.ask(overview()).unwrap_err(), AskError::Gone);
}

/// `noctop sim` on addresses of its own, ended with the test.
struct Sim(Child);

impl Sim {
    /// Answers once its first line is out: then all its agents listen.
    fn start(network: &str) -> Self {
        use std::io::BufRead as _;
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_noctop"))
            .args(["sim", "--listen", network])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains(':'), "{line}");
        Self(child)
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[test]
fn a_network_is_discovered_polled_remembered_and_shown() {
    let _sim = Sim::start("127.101.0.0/16:11161");
    let folder = Folder::new();
    let text = "[discovery]\nown_host = false\ntargets = [\"127.101.0.1\"]\nport = 11161\n[polling]\ninterval = \"1s\"\n\
                [[credential]]\nname = \"sim\"\nversion = \"2c\"\ncommunity = \"public\"\n";
    let config = noctop::config::parse("test", text).unwrap();
    let options = OpenOptions::new(config, Hosting::Auto).data(Some(folder.data())).connect(Some(folder.socket()));
    let handle = engine::open(options).unwrap();
    let (send, told) = mpsc::channel();
    let send = Mutex::new(send);
    handle.subscribe(Box::new(move |update| {
        let _the_test_ended = send.lock().unwrap().send(update);
    }));
    let request = ViewRequest { filter: "in>0".to_owned(), ..ViewRequest::new(Screen::Interfaces, 20) };
    handle.watch(WatchId(1), request);
    let rates = |view: &View| match &view.body {
        noctop::state::view::ViewBody::Interfaces(table) => {
            table.rows.iter().filter(|row| row.in_bps.is_some_and(|bps| bps > 0.0)).count()
        }
        _ => 0,
    };
    while rates(&next_view(&told)) < 20 {}
    let (code, out, _) = run(&folder, &["devices", "--format", "ndjson"]);
    assert!(code == Some(0) && out.lines().count() > 50, "{out}");
    handle.close();
    let (code, out, _) = run(&folder, &["links", "--format", "ndjson"]);
    assert!(code == Some(0) && out.lines().count() > 50, "{out}");
    let (code, out, err) = run(&folder, &["store", "stats", "--format", "json"]);
    assert!(code == Some(0) && !out.contains("\"samples\": 0,"), "{out}{err}");
}

#[test]
fn a_device_that_is_gone_for_good_is_forgotten_by_order_and_stays_in_the_past() {
    let folder = Folder::new();
    let text = "[discovery]\nown_host = false\ntargets = [\"127.102.0.1\"]\nscope = [\"127.102.0.1/32\"]\nport = 11162\n\
                [polling]\ninterval = \"1s\"\ntimeout = \"200ms\"\nretries = 0\n\
                [[credential]]\nname = \"sim\"\nversion = \"2c\"\ncommunity = \"public\"\n";
    let config = noctop::config::parse("test", text).unwrap();
    let options = OpenOptions::new(config, Hosting::Auto).data(Some(folder.data())).connect(Some(folder.socket()));
    let sim = Sim::start("127.102.0.0/16:11162");
    let handle = engine::open(options).unwrap();
    let rows = |arguments: &[&str]| {
        let (code, out, err) = run(&folder, &[arguments, &["--format", "ndjson"]].concat());
        assert!(matches!(code, Some(0 | 4)), "{arguments:?}: {err}");
        out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let until = |what: &str, filter: &str| {
        let started = std::time::Instant::now();
        loop {
            if let [only] = rows(&["devices", "--filter", filter]).as_slice() {
                return only["deviceName"].as_str().unwrap().to_owned();
            }
            assert!(started.elapsed() < PATIENCE, "it is never {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let name = until("up", "status:up");
    assert_eq!(run(&folder, &["--read-write", "forget", &name]).0, Some(2), "it answers");
    drop(sim);
    assert_eq!(until("down", "status:down"), name);
    assert_eq!(run(&folder, &["forget", &name]).0, Some(2), "without --read-write");
    assert_eq!(rows(&["forget", &name, "--dry-run"]).len(), 1);
    assert_eq!(rows(&["forget", "--silent-for", "1h", "--dry-run"]).len(), 0);
    assert_eq!(rows(&["devices"]).len(), 1);
    std::thread::sleep(Duration::from_millis(1500));
    let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let forgotten = rows(&["--read-write", "forget", "--silent-for", "1s"]);
    assert_eq!((forgotten.len(), &forgotten[0]["name"], &forgotten[0]["status"]), (1, &name.clone().into(), &"down".into()));
    assert_eq!(rows(&["devices"]).len(), 0);
    assert_eq!(rows(&["alarms", "--filter", "state:active"]).len(), 0);
    assert_eq!(rows(&["events", "--filter", "kind:device-forgotten"]).len(), 1);
    assert_eq!(rows(&["devices", "--at", &format!("@{before}")]).len(), 1, "the past still has it");
    let audited = rows(&["audit", "list", "--filter", "kind:device.forget object:silent"]);
    assert!(audited.len() == 1 && audited[0]["old"].to_string().contains(&name), "{audited:?}");
    handle.close();
    assert_eq!(rows(&["devices"]).len(), 0, "what the journal says after a restart");
}
