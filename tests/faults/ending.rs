//! A daemon that is to end while everything comes in at once, and two of them on one store.

use super::place::{Place, Sim, answered, campus, collector, free_port, until};
use serde_json::Value;
use std::time::Duration;

/// What the contract promises: whoever ends a daemon waits so long for it.
const WITHIN: Duration = Duration::from_secs(5);

fn listening(target: &str, sim: u16, [flows, syslog, traps]: [u16; 3]) -> String {
    format!(
        "{}[flows]\nlisten = [\"127.0.0.1:{flows}\"]\n[traps]\nlisten = [\"127.0.0.1:{traps}\"]\n\
         [syslog]\nlisten = [\"udp:127.0.0.1:{syslog}\"]\n",
        campus(target, sim)
    )
}

/// Numbers of the store: samples, flows, lines.
fn held(place: &Place) -> [u64; 3] {
    let (code, out, err) = place.run(&["store", "stats", "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let stats: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(stats["lost"], 0, "{stats:#}");
    ["samples", "flows", "logs"].map(|what| stats[what].as_u64().unwrap())
}

#[test]
fn sigterm_under_load_ends_within_five_seconds_and_everything_that_was_read_is_kept() {
    let ports = [free_port(), free_port(), free_port()];
    let [flows, syslog, traps] = ports.map(|port| format!("127.0.0.1:{port}"));
    let place = Place::new(&listening("127.95.1.1", 19_511, ports));
    let _sim = Sim::start("127.95.1.0/24:19511", &["--flows", &flows, "--syslog", &syslog, "--traps", &traps]);
    let daemon = place.daemon();
    // A burst of lines on top: the last of them must be there afterwards.
    let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    place.until_status("load", |status| {
        answered(status) > 200 && ["flow", "syslog"].iter().all(|name| collector(status, name)["decoded"].as_u64() > Some(0))
    });
    for number in 0..2000 {
        let line = format!("<13>1 2026-11-22T12:00:00Z core-1 app - - - the line before the end {number}");
        sender.send_to(line.as_bytes(), &syslog).unwrap();
    }
    let before = place.until_status("the lines", |status| {
        let syslog = collector(status, "syslog");
        syslog["received"].as_u64().unwrap_or(0) + syslog["dropped"]["kernel"].as_u64().unwrap_or(0) >= 2000
    });
    let (status, took) = daemon.end("-TERM");
    assert_eq!(status.code(), Some(0), "{}", daemon.log());
    assert!(took <= WITHIN, "it took {took:?}");
    let [samples, flows, lines] = held(&place);
    assert!(samples > 0 && flows >= collector(&before, "flow")["decoded"].as_u64().unwrap(), "{samples} samples, {flows} flows");
    let decoded = collector(&before, "syslog")["decoded"].as_u64().unwrap();
    assert!(lines >= decoded, "{lines} of {decoded} lines");
    let (code, out, err) = place.run(&["store", "verify"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, out, err) = place.run(&["audit", "verify"]);
    assert_eq!(code, Some(0), "{out}{err}");
}

#[test]
fn a_second_daemon_on_one_store_ends_with_a_sentence_and_the_first_does_not_notice() {
    let place = Place::new("[discovery]\nown_host = false\n");
    let first = place.daemon();
    let second = place.start();
    let ended = second.ended();
    assert_eq!(ended.code(), Some(1), "{}", second.log());
    let said = second.log();
    let store = place.store().display();
    assert!(
        said.contains(&format!("the store {store} is in use by another noctop: end that one, or name another --data folder")),
        "{said}"
    );
    let status = until("the first", || Some(place.status()));
    assert_eq!(status["pid"], first.pid());
    assert!(first.end("-TERM").0.success(), "{}", first.log());
}
