//! The collector of flows against real exporters: softflowd, pmacctd and nfreplay, with the totals of nfcapd on the same datagrams. Skipped,
//! loudly, where they are not installed (`tests/install-peers.sh`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test")]

use noctop::collect::flow::{Counters, Worker};
use noctop::collect::{Pulse, emitter};
use noctop::event::Body;
use noctop::mib::elements;
use noctop::net::intake::Intake;
use noctop::wire::flow::Limits;
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// An exporter that has ended is heard for so long.
const SILENCE: Duration = Duration::from_millis(500);

/// Flows, packets, octets.
type Totals = (u64, u64, u64);

fn is_installed(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        eprintln!("SKIPPED: {program} is not installed; see tests/install-peers.sh");
    }
    found
}

/// A capture of some conversations: UDP over Ethernet and IPv4, each packet with its own length.
fn capture(folder: &Path) -> PathBuf {
    let mut octets = [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65_535, 1].map(u32::to_le_bytes).concat();
    for number in 0..400u32 {
        let payload = usize::try_from(number % 90 + 10).unwrap();
        let length = u16::try_from(20 + 8 + payload).unwrap();
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
        frame.extend(length.to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 1, u8::try_from(number % 40).unwrap()]);
        let sum = frame[14..34].chunks(2).map(|word| u32::from(u16::from_be_bytes([word[0], word[1]]))).sum::<u32>();
        let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
        frame[24..26].copy_from_slice(&sum.to_be_bytes());
        [40_000, 53, length - 20, 0].iter().for_each(|word: &u16| frame.extend(word.to_be_bytes()));
        frame.resize(frame.len() + payload, 0);
        let whole = u32::try_from(frame.len()).unwrap();
        [1_790_000_000 + number / 100, number % 100 * 10_000, whole, whole]
            .iter()
            .for_each(|word| octets.extend(word.to_le_bytes()));
        octets.extend(frame);
    }
    let path = folder.join("flows.pcap");
    std::fs::write(&path, octets).unwrap();
    path
}

/// Everything that a program sends to the port in its arguments.
fn sent_by(make: impl Fn(u16) -> Command) -> Vec<Vec<u8>> {
    let ear = UdpSocket::bind("127.0.0.1:0").unwrap();
    ear.set_read_timeout(Some(SILENCE)).unwrap();
    let mut command = make(ear.local_addr().unwrap().port());
    // A group of its own: some have children that outlast them.
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    let (mut datagrams, mut buffer, begun) = (Vec::new(), vec![0; 65_535], Instant::now());
    loop {
        match ear.recv(&mut buffer) {
            Ok(length) => datagrams.push(buffer[..length].to_vec()),
            Err(_) if child.try_wait().unwrap().is_some() => return datagrams,
            // Some go on for ever after a file.
            Err(_) if !datagrams.is_empty() || begun.elapsed() > PATIENCE => {
                Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status().unwrap();
                child.wait().unwrap();
                return datagrams;
            }
            Err(_) => {}
        }
    }
}

/// What noctop makes of datagrams.
fn of_noctop(datagrams: &[Vec<u8>]) -> Totals {
    let intakes = Intake::bind("127.0.0.1:0".parse().unwrap(), 1).unwrap();
    let (to, stop, counters) = (intakes[0].address().unwrap(), CancellationToken::new(), Arc::<Counters>::default());
    let (emitter, mut events) = emitter::channel(64);
    let worker = Worker {
        number: 0,
        intakes: intakes.into(),
        elements: elements::builtin(),
        limits: Limits::default(),
        keeps_records: false,
        learned: Vec::new(),
        keep: Box::new(|_| {}),
        emitter,
        counters: Arc::clone(&counters),
        pulse: Pulse::default(),
    };
    send(datagrams, to);
    // What has come is told to the last flow before a worker ends.
    stop.cancel();
    worker.run(&stop).unwrap();
    let mut totals = (0, 0, 0);
    while let Ok(event) = events.try_recv() {
        if let Body::Flows(batch) = event.body {
            let total = batch.talks.total();
            totals = (totals.0 + total.flows, totals.1 + total.packets, totals.2 + total.octets);
        }
    }
    assert_eq!((counters.counts().received, counters.counts().dropped_kernel), (datagrams.len() as u64, 0));
    totals
}

fn send(datagrams: &[Vec<u8>], to: SocketAddr) {
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    datagrams.iter().for_each(|datagram| assert_eq!(sender.send_to(datagram, to).unwrap(), datagram.len()));
}

/// What waits in the kernel at a port, as a hexadecimal number; `None` where nobody listens.
fn waiting(port: u16) -> Option<u64> {
    let table = std::fs::read_to_string("/proc/net/udp").unwrap();
    let line = table
        .lines()
        .find(|line| line.split_whitespace().nth(1).is_some_and(|local| local.ends_with(&format!(":{port:04X}"))))?;
    u64::from_str_radix(line.split_whitespace().nth(4)?.split(':').nth(1)?, 16).ok()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What nfcapd makes of them, and its file.
fn of_nfcapd(datagrams: &[Vec<u8>], folder: &Path) -> (Totals, PathBuf) {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut nfcapd = Command::new("nfcapd")
        .args(["-p", &port.to_string(), "-b", "127.0.0.1", "-t", "3600", "-w"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("nfcapd listens", || waiting(port).is_some());
    send(datagrams, ([127, 0, 0, 1], port).into());
    wait_until("nfcapd reads", || waiting(port) == Some(0));
    Command::new("kill").args(["-INT", &nfcapd.id().to_string()]).status().unwrap();
    nfcapd.wait().unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let file = files.into_iter().find(|file| file.file_name().unwrap().to_string_lossy().starts_with("nfcapd.2")).unwrap();
    let said = Command::new("nfdump").arg("-r").arg(&file).arg("-I").output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let figure = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().parse().unwrap();
    ((figure("Flows:"), figure("Packets:"), figure("Bytes:")), file)
}

/// Both make the same of what a program sends, and it is not nothing; nfcapd's file comes back.
fn check(name: &str, folder: &Path, make: impl Fn(u16) -> Command) -> PathBuf {
    let datagrams = sent_by(make);
    let folder = folder.join(name);
    std::fs::create_dir(&folder).unwrap();
    let (theirs, file) = of_nfcapd(&datagrams, &folder);
    let ours = of_noctop(&datagrams);
    eprintln!("{name}: {} datagrams, flows, packets, octets {ours:?}", datagrams.len());
    assert_eq!(ours, theirs, "{name}");
    assert!(ours.0 > 0 && ours.1 > 0, "{name}");
    file
}

#[test]
fn totals_are_those_of_nfcapd_on_the_same_datagrams() {
    if !is_installed("nfcapd") || !is_installed("nfdump") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pcap = capture(folder.path());
    let mut file = None;
    if is_installed("softflowd") {
        for version in ["5", "9", "10"] {
            file = Some(check(&format!("softflowd-{version}"), folder.path(), |port| {
                let mut command = Command::new("softflowd");
                command.args(["-d", "-v", version, "-n", &format!("127.0.0.1:{port}"), "-r"]).arg(&pcap);
                command
            }));
        }
    }
    if is_installed("pmacctd") {
        for version in ["5", "9", "10"] {
            check(&format!("pmacctd-{version}"), folder.path(), |port| {
                let config = folder.path().join("pmacctd.conf");
                let text = format!(
                    "daemonize: false\npcap_savefile: {}\nplugins: nfprobe\nnfprobe_receiver: 127.0.0.1:{port}\nnfprobe_version: {version}\n\
                     nfprobe_timeouts: expint=1:maxlife=1\naggregate: src_host, dst_host, src_port, dst_port, proto, tos\n",
                    pcap.display()
                );
                std::fs::write(&config, text).unwrap();
                let mut command = Command::new("pmacctd");
                command.arg("-f").arg(config);
                command
            });
        }
    }
    if let (Some(file), true) = (file, is_installed("nfreplay")) {
        for version in ["5", "9"] {
            check(&format!("nfreplay-{version}"), folder.path(), |port| {
                let mut command = Command::new("nfreplay");
                command.args(["-H", "127.0.0.1", "-p", &port.to_string(), "-v", version, "-r"]).arg(&file);
                command
            });
        }
    }
}
