//! What a daemon may do, for real: an unprivileged user with each capability and without, and root, in a network namespace of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// An account that every host has and that owns nothing.
const NOBODY: u32 = 65_534;

/// Everything that needs a permission, on loopback.
const CONFIG: &str = "[traps]\nlisten = [\"127.0.0.1:162\"]\n[syslog]\nlisten = [\"udp:127.0.0.1:514\", \"tcp:127.0.0.1:514\"]\n\
                      [flows]\nlisten = [\"127.0.0.1:2055\"]\n[capture]\ninterfaces = [\"lo\"]\n[metrics]\nlisten = \"127.0.0.1:9464\"\n";

/// How long a daemon may take to serve, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why it can't be tried here; `None` where it can.
fn missing() -> Option<String> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"));
    if !root {
        return Some("taking capabilities away needs root".to_owned());
    }
    for program in ["ip", "setpriv"] {
        if Command::new(program).arg("--version").output().is_err() {
            return Some(format!("{program} is not installed"));
        }
    }
    let probe = format!("priv{}p", std::process::id());
    let made = run(&["ip", "netns", "add", &probe]);
    run(&["ip", "netns", "del", &probe]);
    (!made.status.success()).then(|| format!("ip netns add: {}", String::from_utf8_lossy(&made.stderr).trim()))
}

fn run(argv: &[&str]) -> Output {
    Command::new(argv[0]).args(&argv[1..]).stdin(Stdio::null()).output().expect("the program starts")
}

/// A namespace, and a folder that is nobody's; both gone with it.
struct Place {
    namespace: String,
    folder: tempfile::TempDir,
}

impl Place {
    fn new(name: &str) -> Self {
        let namespace = format!("priv{}{name}", std::process::id());
        assert!(run(&["ip", "netns", "add", &namespace]).status.success());
        assert!(run(&["ip", "-n", &namespace, "link", "set", "lo", "up"]).status.success());
        let folder = tempfile::tempdir().unwrap();
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.path().join("noctop.toml"), CONFIG).unwrap();
        // The program lies where nobody may be let at it.
        fs::copy(env!("CARGO_BIN_EXE_noctop"), folder.path().join("noctop")).unwrap();
        Self { namespace, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// noctop in the namespace, as `before` starts it, with the place's configuration and store.
    fn noctop(&self, before: &[&str], arguments: &[&str]) -> Command {
        let [program, config, data, socket] =
            ["noctop", "noctop.toml", "store", "s.sock"].map(|name| self.path(name).display().to_string());
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).args(before).arg(program).args(arguments);
        command.args(["--config", &config, "--data", &data, "--connect", &socket]);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn daemon(&self, before: &[&str], arguments: &[&str]) -> Daemon<'_> {
        let log = fs::File::create(self.path("log")).unwrap();
        let mut command = self.noctop(before, &[&["daemon"], arguments].concat());
        let child = command.stdout(Stdio::null()).stderr(log).spawn().expect("the daemon starts");
        let daemon = Daemon { place: self, child };
        daemon.wait_for("the engine runs");
        daemon
    }

    fn status(&self) -> Value {
        let output = self.noctop(&[], &["status", "--format", "json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        run(&["ip", "netns", "del", &self.namespace]);
    }
}

struct Daemon<'a> {
    place: &'a Place,
    child: Child,
}

impl Daemon<'_> {
    fn log(&self) -> String {
        fs::read_to_string(self.place.path("log")).unwrap_or_default()
    }

    fn wait_for(&self, words: &str) {
        let begun = Instant::now();
        while !self.log().contains(words) {
            assert!(begun.elapsed() < PATIENCE, "no {words:?} in {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The process that is noctop itself: `ip` and `setpriv` become it.
    fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A field of each thread's status, with the thread's name.
    fn threads(&self, field: &str) -> Vec<(String, String)> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap().flatten();
        let read = |path: &Path| {
            let status = fs::read_to_string(path.join("status")).ok()?;
            let value = |field: &str| {
                status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).map(|text| text.trim().to_owned())
            };
            Some((value("Name")?, value(field)?))
        };
        tasks.filter_map(|task| read(&task.path())).collect()
    }

    /// Ends it; how it ended.
    fn end(&mut self, signal: &str) -> std::process::ExitStatus {
        run(&["kill", signal, &self.pid().to_string()]);
        self.child.wait().unwrap()
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// nobody, with these capabilities and no other.
fn nobody(capabilities: &[&str]) -> Vec<String> {
    let list = |sign: &str| {
        let all = capabilities.iter().map(|name| format!("{sign}{name}"));
        std::iter::once("-all".to_owned()).chain(all).collect::<Vec<_>>().join(",")
    };
    let all = list("+");
    // A bounding set without the rest, as a unit has it.
    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("--bounding-set={all}"), format!("--inh-caps={all}"), format!("--ambient-caps={all}")])
        .collect()
}

/// Functions that are off, by their names.
fn off(status: &Value) -> BTreeSet<String> {
    let all = status["disabled"].as_array().expect("a list");
    for each in all {
        let grants = each["grants"].as_array().expect("a list");
        assert!(!grants.is_empty() && grants.iter().all(|grant| grant.as_str().unwrap().starts_with("sudo ")), "{each}");
    }
    all.iter().map(|each| each["function"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_capability_that_is_missing_turns_off_what_needs_it_and_nothing_else() {
    if let Some(why) = missing() {
        return eprintln!("SKIPPED: a daemon without capabilities: {why}");
    }
    let (raw, bind) = ("net_raw", "net_bind_service");
    for (name, held, wanted) in [
        ("a", [raw, bind].as_slice(), [].as_slice()),
        ("b", &[bind], &["capture", "neighbours", "ping"]),
        ("c", &[raw], &["syslog", "traps"]),
        ("d", &[], &["capture", "neighbours", "ping", "syslog", "traps"]),
    ] {
        let place = Place::new(name);
        let before = nobody(held);
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let mut daemon = place.daemon(&before, &[]);
        // What is heard on ports is found out by a thread of its own.
        if wanted.contains(&"neighbours") {
            daemon.wait_for("LLDP and CDP are not heard");
        }
        let status = place.status();
        assert_eq!(off(&status), wanted.iter().map(|name| (*name).to_owned()).collect(), "with {held:?}");
        let log = daemon.log();
        for each in status["disabled"].as_array().unwrap() {
            assert!(log.contains(each["text"].as_str().unwrap()), "the log has {each}: {log}");
        }
        let rights = &status["rights"];
        assert_eq!((&rights["uid"], &rights["noNewPrivs"], &rights["dumpsCore"]), (&NOBODY.into(), &true.into(), &false.into()));
        let kept: &[&str] = if held.contains(&raw) { &["CAP_NET_RAW"] } else { &[] };
        assert_eq!(rights["capabilities"], serde_json::json!(kept), "ports below 1024 are open: nothing needs another");
        let doctor = place.noctop(&[], &["doctor", "--format", "json"]).output().unwrap();
        let code = if wanted.is_empty() { 0 } else { 3 };
        assert_eq!(doctor.status.code(), Some(code), "{}", String::from_utf8_lossy(&doctor.stdout));
        assert!(daemon.end("-TERM").success(), "{}", daemon.log());
    }
}

#[test]
fn what_root_starts_holds_one_capability_in_the_threads_that_ping_and_leaves_no_core_dump() {
    if let Some(why) = missing() {
        return eprintln!("SKIPPED: a daemon that root starts: {why}");
    }
    let place = Place::new("r");
    // Whoever wants core dumps gets none.
    let before = ["prlimit", "--core=unlimited:unlimited"];
    let mut daemon = place.daemon(&before, &["--user", "nobody"]);
    assert!(daemon.log().contains("started as root; runs as nobody from here on"), "{}", daemon.log());
    assert_eq!(off(&place.status()), BTreeSet::new());
    for (name, permitted) in daemon.threads("CapPrm") {
        // CAP_NET_RAW is bit 13.
        let may = if name == "noctop-net" || name == "tokio-rt-worker" { "0000000000002000" } else { "0000000000000000" };
        assert_eq!(permitted, may, "{name}");
    }
    for (field, wanted) in
        [("CapInh", "0000000000000000"), ("CapAmb", "0000000000000000"), ("CapBnd", "0000000000002400"), ("NoNewPrivs", "1")]
    {
        assert!(daemon.threads(field).iter().all(|(_, value)| value == wanted), "{field}: {:?}", daemon.threads(field));
    }
    assert!(daemon.threads("Uid").iter().all(|(_, uids)| uids.split_whitespace().all(|uid| uid == "65534")));
    assert_eq!(fs::metadata(place.path("s.sock")).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(place.path("store/VERSION")).unwrap().mode() & 0o077, 0, "nobody else reads the store");
    // Another process of the same user does not read its memory.
    let pid = daemon.pid();
    let spy = nobody(&[]);
    let spied = Command::new(&spy[0]).args(&spy[1..]).args(["cat", &format!("/proc/{pid}/environ")]).output().unwrap();
    assert!(!spied.status.success() && spied.stdout.is_empty());
    let ended = daemon.end("-SEGV");
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(11), false), "a fault ends it, and leaves nothing");
}

#[test]
fn root_without_an_account_says_so_and_a_user_can_not_become_another() {
    if let Some(why) = missing() {
        return eprintln!("SKIPPED: a daemon that stays root: {why}");
    }
    let place = Place::new("s");
    // Without its capabilities root writes into its own folders alone.
    let refused = place.noctop(&[], &["daemon"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && said.contains("Permission denied"), "{said}");
    chown(place.folder.path(), Some(0), Some(0)).unwrap();
    let daemon = place.daemon(&[], &[]);
    assert!(daemon.log().contains("started as root; it keeps CAP_NET_RAW and CAP_NET_BIND_SERVICE alone"), "{}", daemon.log());
    let held: BTreeSet<String> = daemon.threads("CapPrm").into_iter().map(|(_, mask)| mask).collect();
    assert!(held.iter().all(|mask| mask == "0000000000000000" || mask == "0000000000002000"), "{held:?}");
    drop(daemon);
    let before = nobody(&[]);
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    for (user, code, words) in
        [("root", 2, "only root can become another user"), ("no-such-user", 2, "there is no user no-such-user")]
    {
        let output = place.noctop(&before, &["daemon", "--user", user]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn the_service_manager_is_told_that_it_is_ready_that_it_turns_and_that_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let hear = || {
        let mut words = [0; 256];
        let length = manager.recv(&mut words).expect("it says something in time");
        String::from_utf8_lossy(&words[..length]).into_owned()
    };
    let [data, socket] = ["store", "s.sock"].map(|name| folder.path().join(name));
    fs::write(folder.path().join("noctop.toml"), "").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_noctop"))
        .arg("daemon")
        .arg("--config")
        .arg(folder.path().join("noctop.toml"))
        .arg("--data")
        .arg(&data)
        .arg("--connect")
        .arg(&socket)
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "1000000")
        .env_remove("WATCHDOG_PID")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(hear().starts_with("READY=1\nSTATUS=the engine runs"));
    assert_eq!([hear(), hear()], ["WATCHDOG=1", "WATCHDOG=1"]);
    run(&["kill", "-TERM", &child.id().to_string()]);
    let mut last = hear();
    while last == "WATCHDOG=1" {
        last = hear();
    }
    assert_eq!(last, "STOPPING=1");
    assert!(child.wait().unwrap().success());
}
