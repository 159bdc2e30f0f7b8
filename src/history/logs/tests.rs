//! What the store of log lines keeps, finds and forgets.

use super::*;
use crate::model::{LogKind, LogSeverity};
use crate::query::filter;

const EVERYTHING: TimeRange = TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };

fn line(at: i64, severity: LogSeverity, text: &str) -> LogLine {
    let mut line = LogLine::new(Timestamp(at), "10.0.0.1".parse().unwrap(), LogKind::Syslog);
    line.severity = Some(severity);
    line.text = text.to_owned();
    line
}

fn store(texts: &[&str]) -> MemoryLogs {
    let logs = MemoryLogs::default();
    let lines = (0..).zip(texts).map(|(at, text)| line(at * 1000, LogSeverity::Notice, text)).collect();
    logs.logs_append(lines).unwrap();
    logs
}

fn question(text: &str) -> LogQuestion {
    LogQuestion {
        filter: filter::parse(text).unwrap(),
        range: EVERYTHING,
        now: Timestamp(1_000_000),
        window: Window::ALL,
        seek: None,
        order: LogOrder::OldestFirst,
        fold: false,
        faults_only: false,
        rates: None,
        patience: Patience::default(),
    }
}

fn texts(answer: &LogAnswer) -> Vec<&str> {
    answer.rows.iter().map(|row| row.line.text.as_str()).collect()
}

#[test]
fn lines_are_found_by_the_filter_within_a_range_in_either_order() {
    let logs = store(&["link down", "link up", "login ok", "link down again"]);
    let check = |question: LogQuestion, expected: &[&str]| {
        let answer = logs.logs_ask(&question).unwrap();
        assert_eq!(texts(&answer), expected);
        // What was remembered of the filter answers the same.
        assert_eq!(logs.logs_ask(&question).unwrap(), answer);
    };
    check(question("link"), &["link down", "link up", "link down again"]);
    check(question("/l.n[ky] down/"), &["link down", "link down again"]);
    check(question("not link sev<=5"), &["login ok"]);
    check(question("sev>=err"), &[]);
    check(LogQuestion { order: LogOrder::NewestFirst, ..question("down") }, &["link down again", "link down"]);
    let range = TimeRange { from: Timestamp(1000), to: Timestamp(2000) };
    check(LogQuestion { range, ..question("") }, &["link up", "login ok"]);
    check(LogQuestion { range, ..question("link") }, &["link up"]);
    let answer = logs.logs_ask(&LogQuestion { range, ..question("link") }).unwrap();
    assert_eq!((answer.lines, answer.matched, answer.total), (1, 1, 2));
}

#[test]
fn a_filter_sees_new_lines_and_lines_that_come_late() {
    let logs = store(&["a 0", "a 1"]);
    assert_eq!(logs.logs_ask(&question("a")).unwrap().lines, 2);
    logs.logs_append(vec![
        line(2500, LogSeverity::Notice, "a 3"),
        line(500, LogSeverity::Notice, "a late"),
        line(3000, LogSeverity::Notice, "b"),
    ])
    .unwrap();
    assert_eq!(texts(&logs.logs_ask(&question("a")).unwrap()), ["a 0", "a late", "a 1", "a 3"]);
    assert_eq!(texts(&logs.logs_ask(&question("")).unwrap()), ["a 0", "a late", "a 1", "a 3", "b"]);
}

#[test]
fn the_oldest_go_when_there_is_no_room_and_are_counted() {
    let logs = MemoryLogs::bounded(Bounds { lines: 3, octets: usize::MAX });
    for at in 0..5 {
        logs.logs_append(vec![line(at * 1000, LogSeverity::Notice, "x")]).unwrap();
        assert!(logs.logs_ask(&question("x")).unwrap().lines <= 3);
    }
    let kept = logs.logs_kept().unwrap();
    let span = TimeRange { from: Timestamp(2000), to: Timestamp(4000) };
    assert_eq!((kept.lines, kept.dropped, kept.span), (3, 2, Some(span)));
    assert_eq!(logs.logs_ask(&question("x")).unwrap().rows[0].number, 2);
    assert_eq!((logs.logs_line(1).unwrap(), logs.logs_line(2).unwrap().is_some()), (None, true));
    let small = MemoryLogs::bounded(Bounds { lines: 1000, octets: 10_000 });
    small.logs_append((0..100).map(|at| line(at, LogSeverity::Notice, &"x".repeat(200))).collect()).unwrap();
    let kept = small.logs_kept().unwrap();
    assert!(kept.octets <= 10_000 && kept.lines + kept.dropped == 100, "{kept:?}");
}

#[test]
fn a_window_beyond_the_end_is_the_last_and_a_sought_time_is_in_its_window() {
    let logs = store(&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let window = |offset| LogQuestion { window: Window { offset, rows: 3 }, ..question("") };
    let answer = logs.logs_ask(&window(usize::MAX)).unwrap();
    assert_eq!((answer.offset, texts(&answer)), (7, vec!["7", "8", "9"]));
    let sought = |seek, order| {
        let question = LogQuestion { seek: Some(Timestamp(seek)), order, ..window(0) };
        let answer = logs.logs_ask(&question).unwrap();
        (answer.offset, texts(&answer).join(""))
    };
    assert_eq!(sought(4500, LogOrder::OldestFirst), (4, "456".to_owned()));
    assert_eq!(sought(4500, LogOrder::NewestFirst), (4, "543".to_owned()));
    assert_eq!(sought(99_000, LogOrder::OldestFirst), (7, "789".to_owned()));
}

#[test]
fn lines_that_differ_in_figures_alone_are_folded() {
    let logs = store(&["port 1 down", "port 22 down", "login ok", "port 3 down", "port x down"]);
    let answer = logs.logs_ask(&LogQuestion { fold: true, ..question("") }).unwrap();
    let rows: Vec<_> = answer.rows.iter().map(|row| (row.line.text.as_str(), row.count, row.first.0)).collect();
    assert_eq!(rows, [("login ok", 1, 2000), ("port 3 down", 3, 0), ("port x down", 1, 4000)]);
    assert_eq!((answer.lines, answer.matched), (5, 3));
}

#[test]
fn rates_count_what_matches_by_step_and_kind() {
    let logs = MemoryLogs::default();
    let mut trap = line(1500, LogSeverity::Notice, "t");
    (trap.kind, trap.severity) = (LogKind::Trap, None);
    let lines = vec![
        line(-1, LogSeverity::Error, "before"),
        line(0, LogSeverity::Error, "e"),
        line(999, LogSeverity::Warning, "w"),
        trap,
        line(5000, LogSeverity::Error, "after"),
    ];
    logs.logs_append(lines).unwrap();
    let rates = Some(RateSteps { from: Timestamp(0), step: Duration::from_secs(1), count: 3 });
    let answer = logs.logs_ask(&LogQuestion { rates, ..question("") }).unwrap();
    let rate = |all, errors, warnings, traps| LogRate { all, errors, warnings, traps };
    assert_eq!(answer.rates, [rate(2, 1, 1, 0), rate(1, 0, 0, 1), LogRate::default()]);
    let faults = logs.logs_ask(&LogQuestion { faults_only: true, ..question("") }).unwrap();
    assert_eq!(texts(&faults), ["before", "e", "after"]);
}

#[test]
fn a_filter_that_can_not_be_bound_is_a_fault_and_matches_nothing() {
    let logs = store(&["x"]);
    let answer = logs.logs_ask(&question("nonsense=1")).unwrap();
    assert!(answer.fault.unwrap().contains("no field `nonsense`"));
    assert_eq!((answer.lines, answer.total), (0, 1));
}
