//! Views of flows, out of an answer written by hand.

use super::*;
use crate::engine::core::flow_fixture as fixture;
use crate::model::flow::TalkSum;
use crate::query::filter::Kind;
use crate::query::{FlowRequest, Screen};
use std::cell::RefCell;

const FILTERED: [Column; 2] =
    [Column { names: &["exporter"], kind: Kind::Address }, Column { names: &["version"], kind: Kind::Text }];

fn row(keys: Vec<KeyValue>, octets: u64) -> TopRow {
    TopRow {
        names: vec![None; keys.len()],
        keys,
        device: None,
        sum: TalkSum { octets, packets: octets / 1000, seen_packets: 400, sampling_interval: 100, ..TalkSum::default() },
        bps: 0.0,
        share: 0.0,
        curve: vec![10.0, 0.0],
        earlier_octets: Some(octets * 2),
    }
}

fn host(last: u8) -> KeyValue {
    KeyValue::Address([10, 0, 9, last].into())
}

fn answer(asked: &TopRequest) -> TopAnswer {
    let conversation = vec![host(9), host(8), KeyValue::Service(6, 443)];
    let way = vec![
        KeyValue::Interface([10, 0, 0, 1].into(), 1),
        KeyValue::Interface([10, 0, 0, 1].into(), 5),
        KeyValue::Number(0),
        KeyValue::Number(46),
        host(9),
        host(8),
    ];
    let rows = match asked.by.len() {
        3 => vec![row(conversation, 9000), row(vec![host(8), host(9), KeyValue::Service(17, 53)], 4000)],
        6 => vec![row(way, 9000)],
        _ => vec![row([conversation, way].concat(), 8000)],
    };
    TopAnswer {
        rows,
        groups: 7,
        total: TalkSum { octets: 16_000, seen_packets: 400, sampling_interval: 100, ..TalkSum::default() },
        total_curve: vec![25.0, 5.0],
        range: Some(asked.range),
        resolution: "1m".to_owned(),
        steps: vec![fixture::at(-3600), fixture::at(-1800)],
        ..TopAnswer::default()
    }
}

/// Runs with views over the fixture; what was asked stands in the list after.
fn with<T>(run: impl FnOnce(&FlowViews<'_>) -> T) -> (T, Vec<TopRequest>) {
    let (state, mut ledger) = (fixture::state(), fixture::ledger());
    let asked = RefCell::new(Vec::new());
    let ask = |request: &TopRequest| {
        asked.borrow_mut().push(request.clone());
        answer(request)
    };
    ledger.sockets = Sockets {
        listen: vec!["0.0.0.0:2055".to_owned()],
        capture: vec![("eth9".to_owned(), 4, Some("wants CAP_NET_RAW".to_owned()))],
        ..Sockets::default()
    };
    let views = FlowViews { ask: &ask, state: &state, ledger: &ledger, columns: &FILTERED, countries: None, to: fixture::at(60) };
    let made = run(&views);
    (made, asked.into_inner())
}

fn request(filter: &str) -> ViewRequest {
    ViewRequest { filter: filter.to_owned(), ..ViewRequest::new(Screen::Flows, 10) }
}

#[test]
fn rows_have_names_and_what_their_largest_conversation_has_beside() {
    let ((view, fault), asked) = with(|views| views.table(&request("device:wan")));
    assert_eq!(fault, None);
    assert!(asked.iter().all(|asked| asked.filter == "exporter=10.0.0.1"), "{asked:?}");
    let first = &view.table.rows[0];
    assert_eq!(first.top.names, [Some("printer".to_owned()), None, Some("https".to_owned())]);
    assert_eq!(first.top.device.as_ref().map(ToString::to_string).as_deref(), Some("chassis:00:00:00:00:00:02"));
    let names = |place: &Option<crate::state::view::flows::FlowPlace>| {
        place.as_ref().map(|place| (place.name.clone(), place.also.clone()))
    };
    assert_eq!(names(&first.main.exporter), Some(("wan-1".to_owned(), None)));
    assert_eq!(names(&first.main.in_if), Some(("Gi0/1".to_owned(), Some("Port One".to_owned()))));
    assert_eq!(names(&first.main.out_if), Some(("idx 5".to_owned(), None)));
    assert_eq!((first.main.vlan, first.main.dscp), (None, Some(46)));
    assert_eq!(view.table.rows[1].main, FlowMain::default());
    assert_eq!(
        view.history.iter().map(|band| (band.keys.len(), band.curve[0])).collect::<Vec<_>>(),
        [(3, 10.0), (3, 10.0), (0, 5.0)]
    );
}

#[test]
fn the_collectors_line_and_exporters_say_how_they_do() {
    let ((view, _), _) = with(|views| views.table(&request("")));
    let line = &view.collector;
    assert_eq!((line.exporters, line.stale, line.lost, line.unknown_template_sets), (1, 0, 3, 2));
    assert!(line.flows_per_second.is_some_and(|rate| (rate - 100.0).abs() < 1.0), "{line:?}");
    assert_eq!(line.listen, ["0.0.0.0:2055"]);
    let exporter = &view.exporters[0];
    assert_eq!((exporter.name.as_deref(), exporter.sampling_interval), (Some("wan-1"), Some(100)));
}

#[test]
fn rows_are_sorted_among_the_largest_by_any_column() {
    let sorted = |column: &str, descending: bool| {
        let mut request = request("");
        request.sort = Some(Sort { column: column.to_owned(), descending });
        let ((view, fault), _) = with(|views| views.table(&request));
        (view.table.rows.iter().map(|row| row.top.sum.octets).collect::<Vec<_>>(), fault)
    };
    assert_eq!(sorted("octets", false), (vec![4000, 9000], None));
    assert_eq!(sorted("packets", true), (vec![9000, 4000], None));
    assert_eq!(sorted("nothing", true).1.as_deref(), Some("there is no column `nothing` to sort by"));
}

#[test]
fn a_faulty_filter_asks_nothing_and_says_where_it_is_faulty() {
    for screen in [Screen::Flows, Screen::Capture] {
        let ((), asked) = with(|views| {
            let asked = ViewRequest { screen, ..request("device:wan nope=1") };
            let fault = if screen == Screen::Flows { views.table(&asked).1 } else { views.capture(&asked).1 };
            assert!(fault.is_some_and(|fault| fault.starts_with("filter, column 12: ")));
        });
        assert_eq!(asked.len(), 0);
    }
}

#[test]
fn a_row_in_full_says_its_ways_hosts_times_and_error() {
    let ((view, _), _) = with(|views| views.detail(&ViewRequest { flows: FlowRequest::default(), ..request("version=ipfix") }));
    let detail = view.detail.unwrap();
    assert_eq!(detail.ways.len(), 1);
    assert_eq!((detail.first, detail.last), (Some(fixture::at(-3600)), Some(fixture::at(-1800))));
    assert!(detail.error.is_some_and(|error| (error - 0.098).abs() < 1e-9), "1.96 over the root of 400");
    assert_eq!(detail.hosts.iter().map(|host| host.name.as_deref()).collect::<Vec<_>>(), [Some("printer"), None]);
    assert_eq!(error_of(400, 1), None);
}

#[test]
fn a_port_that_can_not_be_captured_says_why() {
    let ((view, _), asked) = with(|views| views.capture(&request("exporter=10.0.0.1 or exporter=10.0.0.2")));
    assert!(asked[0].filter.starts_with("(exporter=10.0.0.1 or exporter=10.0.0.2) version=capture"), "{}", asked[0].filter);
    assert_eq!((view.ports[0].name.as_str(), view.ports[0].dropped), ("eth9", 4));
    assert_eq!(view.ports[0].fault.as_deref(), Some("wants CAP_NET_RAW"));
}
