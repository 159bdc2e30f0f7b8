//! How log lines find their device, and what the Logs screen is answered.

use super::super::flow_fixture::state;
use super::*;
use crate::history::MemoryStore;
use crate::model::log::{OwnTime, TrapDetail};
use crate::model::{LogKind, LogSeverity, Timestamp};
use crate::query::Screen;
use crate::state::Settings;

fn at(secs: i64) -> Timestamp {
    super::super::flow_fixture::at(secs)
}

fn line(source: [u8; 4], host: Option<&str>, text: &str) -> LogLine {
    let mut line = LogLine::new(at(0), source.into(), LogKind::Syslog);
    line.host = host.map(str::to_owned);
    line.text = text.to_owned();
    line
}

/// Who a line is of, how that is known, and the port.
fn joined(state: &State, mut line: LogLine) -> Option<(String, JoinedBy, Option<String>)> {
    let mut book = LogBook::default();
    book.look(state, at(0));
    book.join(&mut line);
    line.device.map(|device| (device.name.to_string(), device.by, device.port))
}

#[test]
fn a_line_is_of_the_device_that_sent_it_whatever_it_says() {
    let mut state = state();
    let wan = |by, port: Option<&str>| Some(("wan-1".to_owned(), by, port.map(str::to_owned)));
    let check = |state: &State, line, expected| assert_eq!(joined(state, line), expected);
    check(&state, line([10, 0, 0, 1], None, "Interface Gi0/2, changed state to down"), wan(JoinedBy::Address, Some("Gi0/2")));
    check(&state, line([10, 0, 0, 1], None, "on (gi0/1)."), wan(JoinedBy::Address, Some("Gi0/1")));
    check(&state, line([10, 0, 0, 1], None, "Gi0/22 is another"), wan(JoinedBy::Address, None));
    // Nobody that is known may pass on what others say, and may lie: the line shows who sent it.
    check(&state, line([192, 0, 2, 1], Some("WAN-1.example.net"), "x"), wan(JoinedBy::Host, None));
    check(&state, line([192, 0, 2, 1], Some("10.0.0.1"), "x"), wan(JoinedBy::Host, None));
    check(&state, line([192, 0, 2, 1], Some("core-9"), "x"), None);
    // A switch speaks for itself alone.
    let id = state.find("wan-1").unwrap().id.clone();
    let mut device = (**state.device(&id).unwrap()).clone();
    device.role = Role::Switch;
    let event = crate::event::Event { at: at(1), body: crate::event::Body::DeviceSeen(Box::new(device)) };
    crate::state::apply(&mut state, &event);
    check(&state, line([10, 0, 0, 1], Some("printer"), "x"), wan(JoinedBy::Address, None));
}

#[test]
fn a_trap_says_the_name_of_its_port() {
    let mut book = LogBook::default();
    book.look(&state(), at(0));
    let mut line = line([10, 0, 0, 1], None, "");
    line.kind = LogKind::Trap;
    line.trap = Some(Box::new(TrapDetail {
        oid: None,
        name: "linkDown".to_owned(),
        version: "v2c".to_owned(),
        inform: false,
        uptime_ticks: None,
        if_index: Some(IfIndex(2)),
        binds: Vec::new(),
        left_out: 0,
    }));
    book.join(&mut line);
    assert_eq!(line.text, "linkDown ifIndex 2 Gi0/2");
}

#[test]
fn the_screen_shows_the_last_lines_up_to_its_time_and_what_happened_near() {
    let store: Arc<dyn crate::history::Store> = Arc::new(MemoryStore::new());
    let reader = Reader::new(Arc::clone(&store), "site", Settings::default());
    let lines: Vec<LogLine> = (0..100)
        .map(|second| {
            let mut line = line([10, 0, 0, 1], None, &format!("line {second}"));
            line.received = at(second);
            line.own = Some(OwnTime { at: at(second), zoned: true });
            line.severity = Some(if second == 50 { LogSeverity::Error } else { LogSeverity::Notice });
            line.device = Some(LogDevice {
                id: state().find("wan-1").unwrap().id.clone(),
                name: "wan-1".into(),
                by: JoinedBy::Address,
                port: None,
            });
            line
        })
        .collect();
    store.logs().logs_append(lines).unwrap();
    let live = Live { state: state(), notices: Vec::new(), polling: None, listeners: Vec::new() };
    let ask = |request: &ViewRequest| match reader.ask(&live, request).unwrap() {
        View { body: ViewBody::Logs(view), chrome } => (*view, chrome.fault),
        other => panic!("{other:?}"),
    };
    let mut request = ViewRequest::new(Screen::Logs, 3);
    request.at = Some(at(60));
    request.window.offset = usize::MAX;
    let (view, fault) = ask(&request);
    let texts: Vec<&str> = view.table.rows.iter().map(|row| row.line.text.as_str()).collect();
    assert_eq!((texts, view.table.offset, fault), (vec!["line 58", "line 59", "line 60"], 58, None));
    assert_eq!(view.rates.iter().map(|step| step.errors).sum::<u32>(), 1);
    assert_eq!((view.step_secs, view.rates.len()), (60, 60));
    // The line of the very moment is of the next minute.
    assert!((view.per_second.unwrap() - 1.0).abs() < 1e-9, "{:?}", view.per_second);
    request.filter = "nonsense=1".to_owned();
    assert!(ask(&request).1.unwrap().contains("no field"));
    request.filter = "device:wan-1 sev>=err".to_owned();
    assert_eq!(ask(&request).0.table.rows[0].line.text, "line 50");
    let number = ask(&request).0.table.rows[0].number;
    let mut near = ViewRequest::new(Screen::Logs, 1);
    near.logs.part = LogPart::Near(number);
    let near = ask(&near).0.near.unwrap();
    assert_eq!((near.number, near.lines), (number, 99));
    let overview = reader.ask(&live, &ViewRequest { at: Some(at(60)), ..ViewRequest::new(Screen::Overview, 5) }).unwrap();
    let ViewBody::Overview(overview) = overview.body else { panic!("the overview") };
    assert_eq!((overview.syslog_per_second, overview.traps_per_second), (Some(1.0), Some(0.0)));
}
