//! A daemon in a folder of its own, and what is asked of it.

use noctop::config::Config;
use noctop::engine::{self, Handle, Hosting, OpenOptions, Update};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

/// Longer than anything here takes; reached only by a failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at something that another process does.
const LOOK: Duration = Duration::from_millis(50);

/// Looks until it holds.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not come in {PATIENCE:?}");
        std::thread::sleep(LOOK);
    }
}

pub fn run(argv: &[&str]) -> Output {
    Command::new(argv[0]).args(&argv[1..]).stdin(Stdio::null()).output().expect("the program starts")
}

pub fn must(argv: &[&str]) {
    let output = run(argv);
    assert!(output.status.success(), "{}: {}", argv.join(" "), String::from_utf8_lossy(&output.stderr));
}

/// Why a test that needs root and these programs can't run here; `None` where it can.
pub fn missing(programs: &[&str]) -> Option<String> {
    if !run(&["id", "-u"]).stdout.starts_with(b"0\n") {
        return Some("it needs root".to_owned());
    }
    let is_there = |program: &&&str| !run(&["sh", "-c", &format!("command -v {program}")]).status.success();
    programs.iter().find(is_there).map(|program| format!("{program} is not installed"))
}

/// A port of loopback that nobody has just now.
pub fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder with a configuration, a store and a socket.
pub struct Place {
    pub folder: tempfile::TempDir,
    /// What stands before the program: `ip netns exec` and the like.
    pub before: Vec<String>,
    store: PathBuf,
    environment: Vec<(String, String)>,
}

impl Place {
    pub fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("noctop.toml"), config).unwrap();
        let store = folder.path().join("store");
        Self { folder, before: Vec::new(), store, environment: Vec::new() }
    }

    /// With the store elsewhere.
    pub fn with_store(self, store: PathBuf) -> Self {
        Self { store, ..self }
    }

    pub fn with_environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.path("s.sock")
    }

    pub fn store(&self) -> &Path {
        &self.store
    }

    fn command(&self, before: &[String], arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_noctop").to_owned();
        let whole: Vec<String> = before.iter().cloned().chain([program]).collect();
        let mut command = Command::new(&whole[0]);
        command.args(&whole[1..]).args(arguments).arg("--config").arg(self.path("noctop.toml"));
        command.arg("--data").arg(&self.store).arg("--connect").arg(self.socket());
        command.stdin(Stdio::null());
        command
    }

    /// A command that reads: its exit code, stdout and stderr.
    pub fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(&[], arguments).output().unwrap();
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// A daemon, ready when it serves.
    pub fn daemon(&self) -> Daemon<'_> {
        let daemon = self.start();
        until("the daemon", || {
            assert!(daemon.is_running(), "it ended: {}", daemon.log());
            daemon.log().contains("the engine runs").then_some(())
        });
        daemon
    }

    /// A daemon, ready or not.
    pub fn start(&self) -> Daemon<'_> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let begins = log.metadata().unwrap().len();
        let mut command = self.command(&self.before, &["daemon"]);
        command.envs(self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let child = command.stdout(Stdio::null()).stderr(log).spawn().expect("the daemon starts");
        Daemon { place: self, child: Mutex::new(child), begins: usize::try_from(begins).unwrap() }
    }

    pub fn status(&self) -> Value {
        let (_, out, err) = self.run(&["status", "--format", "json"]);
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("no status: {err}"))
    }

    /// The status as soon as it is as wanted.
    pub fn until_status(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = self.status();
        let begun = Instant::now();
        while !wanted(&last) {
            let said = (&last["notices"], &last["store"]["lost"]);
            assert!(begun.elapsed() < PATIENCE, "no {what}: {said:?} {}", self.run(&["status"]).1);
            std::thread::sleep(LOOK);
            last = self.status();
        }
        last
    }

    /// A console's handle on the daemon, and what it is told.
    pub fn attach(&self, hosting: Hosting) -> (Handle, mpsc::Receiver<Update>) {
        let options = OpenOptions::new(Config::default(), hosting).data(Some(self.store.clone())).connect(Some(self.socket()));
        let handle = engine::open(options).unwrap();
        let (send, told) = mpsc::channel();
        let send = Mutex::new(send);
        handle.subscribe(Box::new(move |update| {
            let _the_test_ended = send.lock().unwrap().send(update);
        }));
        (handle, told)
    }
}

/// Whether something is said at present.
pub fn says(status: &Value, words: &str) -> bool {
    status["notices"].as_array().is_some_and(|notices| notices.iter().any(|notice| notice.as_str().unwrap().contains(words)))
}

/// One collector of a status.
pub fn collector<'v>(status: &'v Value, name: &str) -> &'v Value {
    let all = status["collectors"].as_array();
    all.and_then(|all| all.iter().find(|one| one["name"] == name)).unwrap_or(&Value::Null)
}

pub struct Daemon<'a> {
    place: &'a Place,
    child: Mutex<Child>,
    /// Where its part of the log begins.
    begins: usize,
}

impl Daemon<'_> {
    pub fn log(&self) -> String {
        let log = fs::read(self.place.path("log")).unwrap_or_default();
        String::from_utf8_lossy(log.get(self.begins..).unwrap_or_default()).into_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    pub fn is_running(&self) -> bool {
        self.child.lock().unwrap().try_wait().unwrap().is_none()
    }

    pub fn signal(&self, signal: &str) {
        must(&["kill", signal, &self.pid().to_string()]);
    }

    /// Sends a signal and waits for the end; how it ended, and how long that took.
    pub fn end(&self, signal: &str) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        self.signal(signal);
        let status = self.child.lock().unwrap().wait().unwrap();
        (status, begun.elapsed())
    }

    /// Waits until it ends by itself.
    pub fn ended(&self) -> ExitStatus {
        until("its end", || self.child.lock().unwrap().try_wait().unwrap())
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        let _gone_already = child.kill();
        let _reaped = child.wait();
    }
}

/// `noctop sim` on addresses of its own.
pub struct Sim(Child);

impl Sim {
    /// Answers once its first line is out: then all its agents listen.
    pub fn start(network: &str, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_noctop"))
            .args(["sim", "--listen", network])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
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

/// A configuration that discovers a simulated network and polls it each second.
pub fn campus(target: &str, port: u16) -> String {
    format!(
        "[discovery]\nown_host = false\ntargets = [\"{target}\"]\nport = {port}\n[polling]\ninterval = \"1s\"\n\
         [[credential]]\nname = \"sim\"\nversion = \"2c\"\ncommunity = \"public\"\n"
    )
}

/// Polls that were answered so far.
pub fn answered(status: &Value) -> u64 {
    collector(status, "snmp")["polling"]["answered"].as_u64().unwrap_or(0)
}
