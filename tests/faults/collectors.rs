//! A collector that hangs: it is noticed, said, and another takes its place.

use super::place::{Place, collector, free_port, missing, says, until};
use std::fs;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};

/// Whoever opens the file waits until this one lets go (fcntl(2), F_SETLEASE), as for a file on a server that is gone. It must not end by
/// the signal that asks it to.
const LEASE: &str = "$SIG{IO} = 'IGNORE'; open(my $file, '<', $ARGV[0]) or die; \
                     open(my $rw, '+<', $ARGV[0]) or die; close($file); fcntl($rw, 1024, 1) or die \"$!\"; $| = 1; print \"held\\n\"; sleep 600;";

struct Lease(Child);

impl Lease {
    fn of(path: &std::path::Path) -> Self {
        let mut child = Command::new("perl").args(["-e", LEASE]).arg(path).stdout(Stdio::piped()).spawn().expect("perl starts");
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut line).unwrap();
        assert_eq!(line, "held\n");
        Self(child)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

const MODULE: &str = "FAULTS-MIB DEFINITIONS ::= BEGIN\nfaults OBJECT IDENTIFIER ::= { 1 3 6 1 4 1 99999 }\nEND\n";

#[test]
fn a_collector_that_hangs_is_noticed_and_another_takes_its_place() {
    if let Some(why) = missing(&["perl"]) {
        return eprintln!("SKIPPED a_collector_that_hangs: {why}");
    }
    let (port, lines) = (free_port(), free_port());
    let place = Place::new("");
    fs::create_dir(place.path("mibs")).unwrap();
    let module = place.path("mibs/FAULTS-MIB");
    fs::write(&module, MODULE).unwrap();
    let config = format!(
        "[discovery]\nown_host = false\n[traps]\nlisten = [\"127.0.0.1:{port}\"]\n[syslog]\nlisten = [\"udp:127.0.0.1:{lines}\"]\n\
         [mib]\nfolders = [\"{}\"]\nmodules = [\"FAULTS-MIB\"]\n",
        place.path("mibs").display()
    );
    fs::write(place.path("noctop.toml"), config).unwrap();
    let lease = Lease::of(&module);
    let daemon = place.daemon();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let send = || assert_eq!(sender.send_to(b"no trap", ("127.0.0.1", port)).unwrap(), 7);
    send();
    // The thread waits for the file; nothing else does.
    let status = place.until_status("the hung collector", |status| says(status, "the collector traps failed: it hangs"));
    assert_eq!((collector(&status, "trap")["received"].as_u64(), status["pid"].as_u64()), (Some(0), Some(daemon.pid().into())));
    sender.send_to(b"<13>a line", ("127.0.0.1", lines)).unwrap();
    place.until_status("a line", |status| collector(status, "syslog")["decoded"] == 1);
    until("the alarm", || place.run(&["alarms", "--format", "ndjson"]).1.contains("collector-failing").then_some(()));
    // What was sent meanwhile waits in the socket, which all of them share.
    drop(lease);
    let status = place.until_status("the trap", |status| collector(status, "trap")["received"] == 1);
    assert!(collector(&status, "trap")["restarts"].as_u64() >= Some(1), "{status:#}");
    let (ended, took) = daemon.end("-TERM");
    assert!(ended.success() && took.as_secs() < 5, "{took:?} {}", daemon.log());
}
