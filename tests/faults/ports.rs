//! A port of the host that is not there, comes, goes and comes back with another address, in a network namespace of its own.

use super::place::{Place, collector, missing, must, run, says, until};
use serde_json::Value;
use std::fs;

/// Two namespaces that a cable can join: `a`, where the daemon runs, and `b` at the other end.
struct Wire {
    a: String,
    b: String,
}

impl Wire {
    fn new(name: &str) -> Self {
        let [a, b] = ["a", "b"].map(|end| format!("flt{}{name}{end}", std::process::id()));
        for namespace in [&a, &b] {
            must(&["ip", "netns", "add", namespace]);
            must(&["ip", "-n", namespace, "link", "set", "lo", "up"]);
        }
        Self { a, b }
    }

    /// Plugs a cable in; the daemon's end is `flt0` with this address.
    fn plug(&self, address: &str) {
        must(&["ip", "link", "add", "flt0", "netns", &self.a, "type", "veth", "peer", "name", "flt1", "netns", &self.b]);
        for (namespace, port, address) in [(&self.a, "flt0", address), (&self.b, "flt1", "10.95.0.9/24")] {
            must(&["ip", "-n", namespace, "address", "add", address, "dev", port]);
            must(&["ip", "-n", namespace, "link", "set", port, "up"]);
        }
    }

    fn unplug(&self) {
        must(&["ip", "-n", &self.a, "link", "del", "flt0"]);
    }

    /// A datagram from the other end.
    fn send(&self, to: &str) {
        run(&["ip", "netns", "exec", &self.b, "bash", "-c", &format!("echo x > /dev/udp/{to}")]);
    }

    fn before(&self) -> Vec<String> {
        ["ip", "netns", "exec", &self.a].map(str::to_owned).to_vec()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        for namespace in [&self.a, &self.b] {
            let _gone = run(&["ip", "netns", "del", namespace]);
        }
    }
}

const CONFIG: &str = "[capture]\ninterfaces = [\"flt0\"]\n[flows]\nlisten = [\"10.95.0.1:2055\"]\n";

fn captured(status: &Value) -> u64 {
    collector(status, "capture")["received"].as_u64().unwrap_or(0)
}

fn cannot() -> Option<String> {
    let why = missing(&["ip", "bash", "prlimit"]);
    let probe = format!("flt{}probe", std::process::id());
    why.or_else(|| {
        let made = run(&["ip", "netns", "add", &probe]);
        run(&["ip", "netns", "del", &probe]);
        (!made.status.success()).then(|| "network namespaces can't be made".to_owned())
    })
}

#[test]
fn a_port_that_goes_away_is_said_and_read_again_when_it_is_back_with_whatever_address() {
    if let Some(why) = cannot() {
        return eprintln!("SKIPPED a_port_that_goes_away: {why}");
    }
    let wire = Wire::new("p");
    let mut place = Place::new(CONFIG);
    place.before = wire.before();
    let daemon = place.daemon();
    // Neither port nor address is there yet.
    place.until_status("both", |status| {
        says(status, "flt0: there is no interface flt0") && says(status, "this host has no address 10.95.0.1:2055")
    });
    wire.plug("10.95.0.1/24");
    let there = place.until_status("frames", |status| {
        wire.send("10.95.0.1/2055");
        captured(status) > 0 && collector(status, "flow")["received"].as_u64() > Some(0)
    });
    assert!(!says(&there, "flt0"), "{there:#}");
    place.until_status("the address", |status| !says(status, "has no address"));
    wire.unplug();
    let gone = place.until_status("its going", |status| says(status, "flt0: there is no interface flt0"));
    assert_eq!((gone["disabled"][0]["function"].as_str(), gone["pid"].as_u64()), (Some("capture"), Some(daemon.pid().into())));
    wire.plug("10.95.0.2/24");
    let back = place.until_status("frames", |status| {
        wire.send("10.95.0.2/9");
        captured(status) > captured(&gone)
    });
    assert!(collector(&back, "capture")["restarts"].as_u64() >= Some(1) && !says(&back, "flt0: "), "{back:#}");
    // It has another address now: that is said, and the host itself is known by it.
    place.until_status("the address", |status| says(status, "this host has no address 10.95.0.1:2055"));
    until("the host's own address", || {
        let devices = place.run(&["devices", "--format", "json"]).1;
        (devices.contains("10.95.0.2") && !devices.contains("10.95.0.1\"")).then_some(())
    });
    for thread in fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap().flatten() {
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        let may = status.lines().find_map(|line| line.strip_prefix("CapPrm:")).unwrap_or("0").trim();
        assert!(
            !status.starts_with("Name:\tnoctop-flt0") || may.trim_matches('0').is_empty(),
            "its thread still holds nothing: {may}"
        );
    }
    assert!(daemon.end("-TERM").0.success(), "{}", daemon.log());
}

/// Less than the ring of a port takes, and more than a daemon that answers needs. Units: octets.
const LITTLE: u64 = 5 << 20;

#[test]
fn where_there_is_no_memory_for_a_ports_ring_that_is_said_and_all_else_goes_on() {
    if let Some(why) = cannot() {
        return eprintln!("SKIPPED where_there_is_no_memory: {why}");
    }
    let wire = Wire::new("m");
    let mut place = Place::new(CONFIG);
    place.before = wire.before();
    let daemon = place.daemon();
    place.until_status("its want", |status| says(status, "flt0: there is no interface flt0"));
    let pid = daemon.pid().to_string();
    let about = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let size = about.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap().trim().trim_end_matches(" kB");
    let size: u64 = size.trim().parse::<u64>().unwrap() * 1024;
    must(&["prlimit", "--pid", &pid, &format!("--as={}:", size + LITTLE)]);
    wire.plug("10.95.0.1/24");
    let status = place.until_status("the refusal", |status| says(status, "Cannot allocate memory"));
    assert_eq!(status["pid"].as_u64(), Some(daemon.pid().into()));
    wire.send("10.95.0.1/2055");
    place.until_status("a datagram", |status| collector(status, "flow")["received"].as_u64() > Some(0));
    must(&["prlimit", "--pid", &pid, "--as=unlimited:"]);
    place.until_status("frames", |status| {
        wire.send("10.95.0.1/9");
        captured(status) > 0
    });
    assert!(daemon.end("-TERM").0.success(), "{}", daemon.log());
}
