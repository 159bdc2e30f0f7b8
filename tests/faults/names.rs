//! A resolver that says nothing.

use super::place::{Place, Sim, answered, campus, missing, says};
use std::fs;
use std::net::UdpSocket;
use std::time::Duration;

#[test]
fn a_resolver_that_is_silent_holds_up_nothing_but_the_names() {
    if let Some(why) = missing(&["unshare", "mount"]) {
        return eprintln!("SKIPPED a_resolver_that_is_silent: {why}");
    }
    // It takes questions and answers none.
    let _resolver = UdpSocket::bind("127.95.53.53:53").unwrap();
    let _sim = Sim::start("127.95.2.0/24:19512", &[]);
    let config = campus("127.95.2.1", 19_512).replace("targets = [", "targets = [\"no-such-switch.faults.invalid\", ");
    let mut place = Place::new(&config);
    fs::write(place.path("resolv.conf"), "nameserver 127.95.53.53\n").unwrap();
    let script = format!("mount --bind {} /etc/resolv.conf && exec \"$@\"", place.path("resolv.conf").display());
    place.before = ["unshare", "-m", "sh", "-c", &script, "sh"].map(str::to_owned).to_vec();
    let daemon = place.daemon();
    let status = place.until_status("polls", |status| answered(status) > 50);
    assert!(!says(&status, "nothing was discovered"), "{status:#}");
    let (code, out, err) = place.run(&["devices", "--format", "ndjson"]);
    assert!(code == Some(0) && out.lines().count() > 20, "{out}{err}");
    // Whoever still waits for an answer is not waited for.
    let (status, took) = daemon.end("-TERM");
    assert!(status.success() && took <= Duration::from_secs(5), "{took:?} {}", daemon.log());
}
