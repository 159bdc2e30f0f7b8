//! No secret is seen: not in what is printed, not in logs, not on a screen, not in the store, not in the list of processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use noctop::model::{Oid, SnmpVersion};
use noctop::wire::snmp::{Message, Pdu, PduKind, Value, VarBind};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

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

/// What every planted secret begins with: it stands nowhere else.
const NEEDLE: &str = "qz7-";

/// Longer than anything here takes; reached only by a failure.
const PATIENCE: Duration = Duration::from_secs(60);

fn holds_one(octets: &[u8]) -> Option<String> {
    let at = octets.windows(NEEDLE.len()).position(|part| part == NEEDLE.as_bytes())?;
    Some(String::from_utf8_lossy(&octets[at.saturating_sub(60)..(at + 60).min(octets.len())]).into_owned())
}

/// A folder with a configuration in which secrets stand in every way there is, and where everything else of the test lies.
struct Plant {
    folder: tempfile::TempDir,
    syslog: SocketAddr,
    traps: SocketAddr,
    metrics: SocketAddr,
}

/// A port that is free now.
fn free(tcp: bool) -> SocketAddr {
    let any = "127.0.0.1:0";
    if tcp { TcpListener::bind(any).unwrap().local_addr().unwrap() } else { UdpSocket::bind(any).unwrap().local_addr().unwrap() }
}

impl Plant {
    fn new(device: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let plant = Self { folder, syslog: free(false), traps: free(false), metrics: free(true) };
        fs::write(plant.path("community"), "qz7-in-a-file\n").unwrap();
        let (data, path) = (plant.path("store"), |name: &str| plant.path(name).display().to_string());
        let text = format!(
            r#"[secrets]
file = "{}"
identity = "{}"
[[credential]]
name = "core"
version = "3"
username = "noc"
auth = "sha256"
auth_password = "secret:auth"
priv = "aes128"
priv_password = "secret:priv"
[[credential]]
name = "plain"
version = "2c"
community = "qz7-in-the-configuration"
[[credential]]
name = "variable"
version = "2c"
community = "env:NOCTOP_TEST_PLANTED"
[[credential]]
name = "file"
version = "1"
community = "file:{}"
[[credential]]
name = "sim"
version = "2c"
community = "public"
[[credential]]
name = "writer"
version = "2c"
community = "qz7-that-may-write"
write = true
[set]
enabled = true
[discovery]
targets = ["{device}"]
own_host = false
[store]
path = "{}"
[polling]
interval = "1s"
timeout = "200ms"
[traps]
listen = ["{}"]
[syslog]
listen = ["udp:{}"]
[metrics]
listen = "{}"
polled = true
[[receiver]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/qz7-token-in-an-address"
headers = {{ Authorization = "Bearer qz7-token-in-a-header" }}
[[receiver]]
name = "mail"
kind = "mail"
server = "127.0.0.1"
port = 9
username = "noc"
password = "qz7-password-of-mail"
from = "noc@example.net"
to = ["noc@example.net"]
[[receiver]]
name = "page"
kind = "webhook"
body = "pagerduty"
url = "http://127.0.0.1:9/"
key = "secret:pager"
[[receiver]]
name = "program"
kind = "command"
command = ["/bin/sh", "-c", "cat > {}; tr '\\0' '\\n' < /proc/self/environ > {}; tr '\\0' '\\n' < /proc/$PPID/environ >> {}"]
[[notify]]
name = "all"
filter = "sev>=warning"
to = ["hook", "mail", "page", "program"]
"#,
            path("secrets.age"),
            path("identity.txt"),
            path("community"),
            data.display(),
            plant.traps,
            plant.syslog,
            plant.metrics,
            path("told"),
            path("environment"),
            path("environment"),
        );
        fs::write(plant.path("noctop.toml"), text).unwrap();
        plant
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(NOCTOP);
        command.args(arguments).arg("--config").arg(self.path("noctop.toml")).arg("--connect").arg(self.path("socket"));
        command.env("NOCTOP_TEST_PLANTED", "qz7-in-the-environment").env("RUST_LOG", "trace").env("TERM", "xterm-256color");
        command
    }

    /// What a command prints holds none; its exit code and its output.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(arguments).output().unwrap();
        let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        if let Some(found) = holds_one(&all) {
            panic!("{arguments:?} printed {found:?}");
        }
        (output.status.code(), String::from_utf8_lossy(&all).into_owned())
    }

    fn set(&self, name: &str, secret: &str) {
        let mut child = self.command(&["secrets", "set", name]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{secret}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && holds_one(&output.stderr).is_none(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs a command again until its output holds a word.
    fn until(&self, arguments: &[&str], word: &str) {
        let started = Instant::now();
        while !self.run(arguments).1.contains(word) {
            assert!(started.elapsed() < PATIENCE, "{arguments:?} never said {word:?}: {}", self.run(arguments).1);
        }
    }
}

/// No file under this folder holds one.
fn scan(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files += scan(&path);
        } else if path.is_file() {
            files += 1;
            if let Some(found) = holds_one(&fs::read(&path).unwrap()) {
                panic!("{} holds {found:?}", path.display());
            }
        }
    }
    files
}

/// A trap of version 2c whose community is a secret, and lines that tell some.
fn tell(plant: &Plant) {
    let oid = |arcs: &[u32]| Oid::new(arcs);
    let binds = vec![
        VarBind { oid: oid(&[1, 3, 6, 1, 2, 1, 1, 3, 0]), value: Value::TimeTicks(1) },
        VarBind { oid: oid(&[1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0]), value: Value::Oid(oid(&[1, 3, 6, 1, 6, 3, 1, 1, 5, 5])) },
    ];
    let pdu = Pdu { varbinds: binds, ..Pdu::request(PduKind::Trap, 1, &[]) };
    let trap = Message { version: SnmpVersion::V2c, community: b"qz7-community-of-a-trap".to_vec(), pdu };
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(&trap.encode(), plant.traps).unwrap();
    for line in [
        "<189>1: %SYS-5-CONFIG_I: snmp-server community qz7-community-in-a-line RO",
        "<189>2: %PARSER-5-CFGLOG_LOGGEDCMD: User:noc  logged command:username noc password 0 qz7-password-in-a-line",
        "<189>3: planted lines were told",
    ] {
        socket.send_to(line.as_bytes(), plant.syslog).unwrap();
    }
}

const ROWS: [&str; 8] = ["devices", "interfaces", "links", "sensors", "wireless", "alarms", "events", "logs"];
const SCREENS: [&str; 14] = [
    "overview",
    "topology",
    "devices",
    "device",
    "interfaces",
    "interface",
    "flows",
    "capture",
    "wireless",
    "alarms",
    "events",
    "logs",
    "vlans",
    "discovery",
];

#[test]
fn what_is_planted_everywhere_is_found_nowhere() {
    let (_device, address) = device();
    let plant = Plant::new(&address);
    assert_eq!(plant.run(&["secrets", "init"]).0, Some(0));
    for (name, secret) in
        [("auth", "qz7-auth-password"), ("priv", "qz7-priv-password"), ("pager", "qz7-key-of-a-pager"), ("idle", "qz7-idle")]
    {
        plant.set(name, secret);
    }
    assert!(plant.run(&["secrets", "list"]).1.contains("pager"));
    assert_eq!(plant.run(&["secrets", "remove", "idle"]).0, Some(0));
    assert!(plant.run(&["secrets", "check"]).1.contains("3 secrets, 3 referred to"));
    let (code, checked) = plant.run(&["config", "check"]);
    assert_eq!(code, Some(0), "{checked}");
    assert!(checked.contains("credential.community is written here in the clear") && checked.contains("chmod o= "), "{checked}");

    let log = fs::File::create(plant.path("log")).unwrap();
    let mut daemon = Running(plant.command(&["daemon", "-vv"]).stdout(Stdio::null()).stderr(log).spawn().unwrap());
    plant.until(&["devices", "--format", "csv"], &address);
    tell(&plant);
    plant.until(&["logs"], "planted lines were told");

    for rows in ROWS {
        for format in ["json", "ndjson", "csv", "table"] {
            plant.run(&[rows, "--format", format]);
        }
    }
    for screen in SCREENS {
        for format in ["text", "ansi", "svg"] {
            plant.run(&["shot", screen, "--size", "120x36", "--format", format]);
        }
    }
    for name in plant.run(&["schema"]).1.lines() {
        plant.run(&["schema", name]);
    }
    let backup = plant.path("backup").display().to_string();
    let others: [&[&str]; 17] = [
        &["status"],
        &["status", "--format", "json"],
        &["keys"],
        &["notify", "list"],
        &["notify", "test", "hook"],
        &["notify", "test", "mail"],
        &["notify", "test", "page"],
        &["notify", "test", "program"],
        &["store", "stats"],
        &["store", "verify"],
        &["store", "backup", &backup],
        &["maintenance", "list"],
        &["diff", "-1m", "-0s"],
        &["where", "127.0.0.1"],
        &["get", &address, "sysName.0"],
        &["man"],
        &["port", "nothing", "nothing", "down", "--dry-run"],
    ];
    for arguments in others {
        plant.run(arguments);
    }
    let mut page = String::new();
    let mut stream = TcpStream::connect(plant.metrics).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.contains("noctop_") && holds_one(page.as_bytes()).is_none());

    for file in ["cmdline", "environ"] {
        let text = fs::read(format!("/proc/{}/{file}", daemon.0.id())).unwrap();
        assert_eq!(holds_one(&text), None, "/proc/PID/{file}");
    }
    for told in ["told", "environment"] {
        assert_eq!(holds_one(&fs::read(plant.path(told)).unwrap()), None, "what a program was given: {told}");
    }
    let end = Command::new("kill").arg(daemon.0.id().to_string()).status().unwrap();
    assert!(end.success() && daemon.0.wait().unwrap().success());
    let log = fs::read(plant.path("log")).unwrap();
    assert!(log.len() > 1000, "the log says something");
    assert_eq!(holds_one(&log), None, "the daemon's log");
    assert!(scan(&plant.path("store")) > 5 && scan(&plant.path("backup")) > 5, "the store has files");
    assert!(fs::read(plant.path("secrets.age")).is_ok_and(|octets| holds_one(&octets).is_none()));
}

#[test]
fn an_identity_that_everybody_may_read_opens_nothing_and_a_lost_secret_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let plant = Plant::new("127.0.0.1");
    assert_eq!(plant.run(&["secrets", "init"]).0, Some(0));
    let (code, told) = plant.run(&["secrets", "check"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("holds no \"auth\": noctop secrets set auth"), "{told}");
    fs::set_permissions(plant.path("identity.txt"), fs::Permissions::from_mode(0o644)).unwrap();
    let (code, told) = plant.run(&["config", "check"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("read by everybody (mode 644): chmod o= "), "{told}");
}

#[test]
fn faults_of_a_configuration_do_not_quote_what_may_be_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noctop.toml");
    let credential = |line: &str| format!("[[credential]]\nversion = \"3\"\nusername = \"noc\"\n{line}\n");
    for text in [
        credential("auth = \"qz7-in-the-wrong-place\""),
        credential("auth_password = qz7-without-quotes"),
        credential("auth_password = \"qz7-without-an-end"),
        credential("auth = \"md5\"\nauth_password = \"qz7-\""),
        "[[credential]]\nversion = \"qz7-version\"\ncommunity = \"x\"\n".to_owned(),
        "[secrets]\nfile = \"/nowhere\"\npassphrase = \"qz7-in-the-open\"\n".to_owned(),
        "[[receiver]]\nname = \"x\"\nkind = \"mail\"\nserver = \"noc:qz7-with-it@mail\"\nfrom = \"a@b\"\nto = [\"a@b\"]\n"
            .to_owned(),
        "[[receiver]]\nname = \"x\"\nkind = \"webhook\"\nurl = \"ftp://x/qz7-token\"\n".to_owned(),
    ] {
        fs::write(&path, &text).unwrap();
        let output = Command::new(NOCTOP).args(["config", "check", "--config"]).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert_eq!(holds_one(&[output.stdout, output.stderr].concat()), None, "{text}");
    }
}
