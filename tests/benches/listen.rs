//! What listening costs: `cargo bench --bench listen [-- SECONDS [PEERS]]`. Prints what reading a line and a trap costs; with SECONDS, 20,000 lines
//! of syslog and 5,000 traps a second are sent over loopback for that long to the daemon as it is installed, and it is counted what got lost and where.
//! With PEERS the same is sent to rsyslogd and snmptrapd of PATH, each into a file.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::collect::trap::{self, OwnEngine, Receiver};
use noctop::mib::Registry;
use noctop::model::access::{AuthProtocol, Credential, PrivProtocol, Proof};
use noctop::model::secret::Secret;
use noctop::model::{SnmpVersion, Timestamp};
use noctop::wire::snmp::usm::{KeyExtension, Keys, Senders};
use noctop::wire::snmp::{Message, Pdu, PduKind, Value, VarBind};
use noctop::wire::syslog;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const LINES_A_SECOND: usize = 20_000;
const TRAPS_A_SECOND: usize = 5_000;
const SYSLOG: &str = "127.0.0.1:29961";
const TRAPS: &str = "127.0.0.1:29962";
/// Times that each thing is read for its cost.
const TIMES: usize = 200_000;

fn line(number: usize) -> Vec<u8> {
    let (device, port) = (number % 40, number % 48);
    match number % 4 {
        0 => format!("<189>{number}: core-{device}: Nov 22 11:45:33.102: %OSPF-5-ADJCHG: Process 1, Nbr 10.0.{port}.9 on Te1/1/{port} from FULL to DOWN, Neighbor Down: BFD node down"),
        1 => format!("<187>{number}: core-{device}: Nov 22 11:45:33.102: %LINK-3-UPDOWN: Interface TenGigabitEthernet1/1/{port}, changed state to down"),
        2 => format!("<38>Nov 22 11:45:33 srv-{device} sshd[{number}]: Failed password for root from 10.66.{port}.13 port 40022 ssh2"),
        _ => format!("<190>1 2026-11-22T11:45:33.102Z acc-{device} port-accessd 77 - - Event|10502|LOG_INFO|AMM|1/1|Client 3c22.fb{number:06x} authenticated on port 1/1/{port}"),
    }
    .into_bytes()
}

fn trap_pdu(number: usize) -> Pdu {
    let mib = Registry::builtin();
    let port = u32::try_from(number % 48).unwrap() + 1;
    let bind = |name: &str, value| VarBind { oid: mib.parse_object(name).unwrap(), value };
    let name = if number.is_multiple_of(2) { "linkDown" } else { "linkUp" };
    let varbinds = vec![
        bind("sysUpTime.0", Value::TimeTicks(u32::try_from(number).unwrap())),
        bind("snmpTrapOID.0", Value::Oid(mib.oid(name).unwrap())),
        bind(&format!("ifIndex.{port}"), Value::Integer(i64::from(port))),
        bind(&format!("ifAdminStatus.{port}"), Value::Integer(1)),
        bind(&format!("ifOperStatus.{port}"), Value::Integer(2)),
    ];
    Pdu { varbinds, ..Pdu::request(PduKind::Trap, i32::try_from(number).unwrap(), &[]) }
}

fn trap(number: usize) -> Vec<u8> {
    Message { version: SnmpVersion::V2c, community: b"public".to_vec(), pdu: trap_pdu(number) }.encode()
}

fn user() -> Credential {
    let proof = Proof::Usm {
        username: "noc".to_owned(),
        context: String::new(),
        auth: Some((AuthProtocol::Sha256, Secret::new("authentic"))),
        privacy: Some((PrivProtocol::Aes128, Secret::new("private!"))),
    };
    Credential { name: "noc".to_owned(), version: SnmpVersion::V3, proof, networks: Vec::new() }
}

fn cost(what: &str, times: usize, mut each: impl FnMut(usize)) {
    let stopwatch = Stopwatch::start();
    (0..times).for_each(&mut each);
    println!("{what:<34} {:>7.2} us", stopwatch.elapsed().as_secs_f64() * 1e6 / times as f64);
}

fn costs() {
    let source = [10, 0, 0, 1].into();
    let lines: Vec<Vec<u8>> = (0..1000).map(line).collect();
    cost("a line of syslog", TIMES, |at| drop(syslog::read(&lines[at % 1000], (Timestamp(0), source))));
    let traps: Vec<Vec<u8>> = (0..1000).map(trap).collect();
    cost("a trap of version 2c, in words", TIMES, |at| drop(trap::line(&traps[at % 1000], (Timestamp(0), source))));
    let own = OwnEngine { id: vec![0x80, 0, 0, 0, 5, 1], boots: 1, started: Timestamp(0) };
    let keys = Keys::localise(&user().proof, &[0x80, 0, 0, 0, 5, 2], KeyExtension::Blumenthal).unwrap();
    let sealed: Vec<Vec<u8>> = (0..20_000).map(|at| keys.seal(&trap_pdu(at), 5, 1000).unwrap()).collect();
    let mut receiver = Receiver::new(&[user()], own, Senders::default());
    cost("a trap of version 3, SHA-256 AES-128", sealed.len(), |at| {
        receiver.open(&sealed[at], (source, Timestamp(0)));
    });
    let forged: Vec<Vec<u8>> = sealed
        .iter()
        .take(20_000)
        .map(|octets| octets.iter().enumerate().map(|(at, octet)| octet ^ u8::from(at + 1 == octets.len())).collect())
        .collect();
    cost("a forged one", forged.len(), |at| {
        receiver.open(&forged[at], (source, Timestamp(0)));
    });
}

/// Sends so many a second for so long, evenly; how many could be sent.
fn send(to: &str, (a_second, seconds): (usize, u64), make: fn(usize) -> Vec<u8>) -> u64 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(to).unwrap();
    let messages: Vec<Vec<u8>> = (0..4096).map(make).collect();
    let (clock, mut sent) = (Stopwatch::start(), 0);
    while clock.elapsed() < Duration::from_secs(seconds) {
        let due = (clock.elapsed().as_secs_f64() * a_second as f64) as u64;
        while sent < due {
            // An error is about an earlier datagram (ICMP unreachable): it counts as lost.
            socket.send(&messages[usize::try_from(sent % 4096).unwrap()]).ok();
            sent += 1;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    sent
}

/// Both at the same time.
fn send_both(seconds: u64) -> (u64, u64) {
    let traps = std::thread::spawn(move || send(TRAPS, (TRAPS_A_SECOND, seconds), trap));
    (send(SYSLOG, (LINES_A_SECOND, seconds), line), traps.join().unwrap())
}

/// Processor time that a process took. Units: seconds.
fn processor(child: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    // proc(5): utime and stime, in hundredths of a second.
    (ticks(11) + ticks(12)) / 100.0
}

fn ours(folder: &Path, seconds: u64) {
    let config = folder.join("noctop.toml");
    let data = folder.join("data");
    let text = format!(
        "[discovery]\nown_host = false\n[store]\npath = {data:?}\n[syslog]\nlisten = [\"udp:{SYSLOG}\"]\n[traps]\nlisten = [\"{TRAPS}\"]\n"
    );
    std::fs::write(&config, text).unwrap();
    let noctop = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_noctop"));
        command.args(arguments).arg("--config").arg(&config).env("XDG_RUNTIME_DIR", folder);
        command
    };
    let mut daemon = noctop(&["daemon"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    let before = processor(&daemon);
    let (lines, traps) = send_both(seconds);
    std::thread::sleep(Duration::from_secs(3));
    let took = processor(&daemon) - before;
    let status = noctop(&["status", "--format", "json"]).output().unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap_or_default();
    for (name, sent) in [("syslog", lines), ("trap", traps)] {
        let collectors = status["collectors"].as_array().cloned().unwrap_or_default();
        let of = collectors.into_iter().find(|collector| collector["name"] == name).unwrap_or_default();
        println!(
            "noctop {name:<7} sent {sent}, received {}, decoded {}, dropped by kernel {} and queue {}, refused {}",
            of["received"], of["decoded"], of["dropped"]["kernel"], of["dropped"]["queue"], of["refused"]
        );
    }
    let messages = (lines + traps) as f64;
    println!("noctop {:.1} s of processor for {messages} messages: {:.2} us each", took, took * 1e6 / messages);
    Command::new("kill").arg(daemon.id().to_string()).status().ok();
    daemon.wait().ok();
}

fn peer(name: &str, (mut child, file): (Child, &Path), sent: impl FnOnce() -> u64) {
    std::thread::sleep(Duration::from_secs(2));
    let before = processor(&child);
    let sent = sent();
    std::thread::sleep(Duration::from_secs(3));
    let took = processor(&child) - before;
    let kept = std::fs::read(file).map(|octets| octets.iter().filter(|octet| **octet == b'\n').count()).unwrap_or(0);
    println!(
        "{name:<9} sent {sent}, lines in its file {kept}; {took:.1} s of processor: {:.2} us each",
        took * 1e6 / sent as f64
    );
    Command::new("kill").arg(child.id().to_string()).status().ok();
    child.wait().ok();
}

fn peers(folder: &Path, seconds: u64) {
    let (config, file) = (folder.join("rsyslog.conf"), folder.join("rsyslog.log"));
    let port = SYSLOG.rsplit(':').next().unwrap();
    std::fs::write(&config, format!("module(load=\"imudp\")\ninput(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\" rcvbufSize=\"64m\")\n*.* action(type=\"omfile\" file={file:?})\n")).unwrap();
    match Command::new("rsyslogd").args(["-n", "-i"]).arg(folder.join("pid")).arg("-f").arg(&config).stderr(Stdio::null()).spawn()
    {
        Ok(child) => peer("rsyslogd", (child, &file), || send(SYSLOG, (LINES_A_SECOND, seconds), line)),
        Err(error) => println!("rsyslogd: {error}"),
    }
    let (config, file) = (folder.join("snmptrapd.conf"), folder.join("snmptrapd.log"));
    std::fs::write(&config, "disableAuthorization yes\nformat2 %b %N %v\\n\n").unwrap();
    let child = Command::new("snmptrapd")
        .args(["-n", "-f", "-C", "-c"])
        .arg(&config)
        .arg("-Lf")
        .arg(&file)
        .arg(format!("udp:{TRAPS}"))
        .stderr(Stdio::null())
        .spawn();
    match child {
        Ok(child) => peer("snmptrapd", (child, &file), || send(TRAPS, (TRAPS_A_SECOND, seconds), trap)),
        Err(error) => println!("snmptrapd: {error}"),
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    costs();
    let Some(seconds) = arguments.first().and_then(|seconds| seconds.parse().ok()) else { return };
    let folder = tempfile::tempdir().unwrap();
    ours(folder.path(), seconds);
    if arguments.len() > 1 {
        peers(folder.path(), seconds);
    }
}
