//! Pages of a small network, held against the format and against promtool.

use super::{Snapshot, Wanted, page};
use crate::engine::command::{CollectorStatus, Status, StoreSummary};
use crate::engine::core::{Live, PollFigures};
use crate::model::{LimitReading, Role, Timestamp};
use crate::state::State;
use crate::state::sample::{device, inventory, poll, run};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// A switch whose port has an alias that would break out of its label, and one of the same name; the second was not polled.
fn state() -> State {
    let mut first = device(1, "sw-1", Role::Switch, 2);
    first.interfaces[0].if_alias = Some("a\"} 1\n# EOF \\ \u{1b}[2J 회의실".to_owned());
    let second = device(2, "twin", Role::Switch, 1);
    let third = device(3, "twin", Role::Switch, 1);
    let (state, _) = run(&[
        inventory(0, &first),
        inventory(0, &second),
        inventory(0, &third),
        poll(30, &first, 1_000, &[2]),
        poll(60, &first, 4_000, &[2]),
        poll(60, &second, 7, &[]),
    ]);
    state
}

fn live() -> Live {
    let polling = PollFigures { missed_percent: 0.5, lag_p95_ms: Some(12.0), polls_per_second: None };
    Live { state: state(), notices: Vec::new(), polling: Some(polling), listeners: Vec::new() }
}

fn status() -> Status {
    let refused = BTreeMap::from([("wrong \"community\"".to_owned(), 3)]);
    let snmp =
        CollectorStatus { name: "snmp".to_owned(), received: 10, refused, lag_seconds: Some(0.25), ..CollectorStatus::default() };
    Status {
        pid: 1,
        version: "0.1.0".to_owned(),
        started_at: Timestamp::from_secs(1_000_000),
        collectors: vec![snmp, CollectorStatus { name: "icmp".to_owned(), ..CollectorStatus::default() }],
        store: StoreSummary { bytes: 4096, lost: 2, ..StoreSummary::default() },
        limits: vec![LimitReading {
            name: "devices".to_owned(),
            most: 25_000,
            held: Some(7),
            beyond: 3,
            ..LimitReading::default()
        }],
        ..Status::default()
    }
}

fn written(wanted: Wanted) -> String {
    let live = live();
    let mut out = Vec::new();
    page(&Snapshot { status: Some(status()), live: &live, queue: 5 }, wanted, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn has(page: &str, line: &str) {
    assert!(page.lines().any(|known| known == line), "no line {line:?} in\n{page}");
}

#[test]
fn own_counters_have_their_collector_and_reason() {
    let page = written(Wanted::Own);
    has(&page, "noctop_collector_received_total{collector=\"snmp\"} 10.0");
    has(&page, "noctop_collector_refused_total{collector=\"snmp\",reason=\"wrong \\\"community\\\"\"} 3.0");
    has(&page, "noctop_collector_lag_seconds{collector=\"snmp\"} 0.25");
    has(&page, "noctop_store_lost_total 2.0");
    has(&page, "noctop_limit_most{limit=\"devices\"} 25000.0");
    has(&page, "noctop_limit_held{limit=\"devices\"} 7.0");
    has(&page, "noctop_limit_beyond_total{limit=\"devices\"} 3.0");
    has(&page, "noctop_event_queue_length 5.0");
    has(&page, "noctop_polls_missed_ratio 0.005");
    has(&page, "noctop_devices{status=\"up\"} 3.0");
    assert!(!page.contains("ifHCInOctets"));
}

#[test]
fn polled_counters_have_the_names_of_if_mib_and_hostile_labels_stay_labels() {
    let page = written(Wanted::Polled);
    let alias = "a\\\"} 1\\\\x0a# EOF \\\\ \\\\x1b[2J 회의실";
    has(&page, &format!("ifHCInOctets{{device=\"sw-1\",ifName=\"Gi1\",ifIndex=\"1\",ifAlias=\"{alias}\"}} 4000"));
    has(&page, "ifOperStatus{device=\"sw-1\",ifName=\"Gi2\",ifIndex=\"2\",ifAlias=\"\"} 2");
    has(&page, "noctop_device_up{device=\"sw-1\"} 1");
    // Two devices of one name are told apart by their ids; one that was never polled has no counters.
    has(&page, "ifHCInOctets{device=\"chassis:00:1b:54:02:00:00\",ifName=\"Gi1\",ifIndex=\"1\",ifAlias=\"\"} 7");
    assert!(!page.contains("ifHCInOctets{device=\"chassis:00:1b:54:03:00:00\""));
    // A family without samples has no head.
    assert!(!page.contains("# TYPE ifInOctets "));
}

#[test]
fn a_port_that_is_not_read_any_more_is_left_out() {
    let mut late = state();
    crate::state::apply(&mut late, &crate::state::sample::event(600, crate::event::Body::Tick));
    let live = Live { state: late, notices: Vec::new(), polling: None, listeners: Vec::new() };
    let mut out = Vec::new();
    page(&Snapshot { status: None, live: &live, queue: 0 }, Wanted::Polled, &mut out).unwrap();
    assert!(!String::from_utf8(out).unwrap().contains("ifHCInOctets"));
}

/// What promtool says of a page; `None` where there is no promtool.
fn promtool(page: &str) -> Option<(bool, String)> {
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        eprintln!("SKIPPED: promtool is not here (Debian: prometheus), so the pages are held against no judge but our own");
        return None;
    };
    child.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    Some((done.status.success(), said))
}

#[test]
fn promtool_finds_nothing_in_noctops_own_counters() {
    let Some((sound, said)) = promtool(&written(Wanted::Own)) else { return };
    assert!(sound && said.trim().is_empty(), "{said}");
}

#[test]
fn promtool_reads_the_polled_ones_and_only_dislikes_the_names_of_if_mib() {
    let Some((_, said)) = promtool(&written(Wanted::Polled)) else { return };
    let about_names = |line: &str| {
        line.starts_with("if")
            && (line.contains("\"_total\" suffix") || line.contains("snake_case") || line.contains("camelCase"))
    };
    let others: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty() && !about_names(line)).collect();
    assert!(others.is_empty(), "{others:?}");
    // It does judge: what is no metric is refused.
    assert!(promtool("a{b=\"c\"d} 1\n").is_some_and(|(sound, _)| !sound));
}
