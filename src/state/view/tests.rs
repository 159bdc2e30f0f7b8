//! Views: filters, windows, sorts and the folded map.

use super::*;
use crate::model::{DeviceId, DeviceStatus, EntityKey, Metric, Sample, Severity, Timestamp};
use crate::query::{MapRequest, Screen, Sort, Subject, ViewRequest, Window};
use crate::state::sample::{START, campus, discovered, event, feed, poll, run, silent};
use crate::state::{LiveSample, Settings, State, checkpoint};
use std::sync::Arc;

fn polled() -> State {
    let (mut state, _) = run(&discovered());
    for secs in [30, 60] {
        for (number, device) in (1u64..).zip(campus()) {
            feed(&mut state, &poll(secs, &device, number * 1_000_000 * secs as u64, &[]));
        }
    }
    feed(&mut state, &event(61, crate::event::Body::Tick));
    state
}

fn request(screen: Screen) -> ViewRequest {
    ViewRequest::new(screen, usize::MAX)
}

fn ports(state: &State, change: impl FnOnce(&mut ViewRequest)) -> (Table<InterfaceRow>, Option<String>) {
    let mut request = request(Screen::Interfaces);
    change(&mut request);
    let view = answer(state, &request);
    let ViewBody::Interfaces(table) = view.body else { panic!("not interfaces") };
    (table, view.chrome.fault)
}

fn graph(state: &State, change: impl FnOnce(&mut ViewRequest)) -> GraphView {
    let mut request = request(Screen::Topology);
    change(&mut request);
    let ViewBody::Topology(view) = answer(state, &request).body else { panic!("not a map") };
    *view
}

/// The map in lines: nodes by layer, then edges.
fn lines(view: &GraphView) -> Vec<String> {
    let label = |id: &str| view.nodes.iter().find(|node| node.id == id).map(|node| node.label.clone()).unwrap();
    let mut nodes: Vec<&GraphNode> = view.nodes.iter().collect();
    nodes.sort_by_key(|node| node.layer);
    let nodes = nodes.into_iter().map(|node| {
        let faults = if node.faults.is_empty() { String::new() } else { format!(" !{}", node.faults.join(" !")) };
        format!("{} {} {}/{} {}{faults}", node.layer, node.label, node.count_up, node.count, node.status.word())
    });
    let edges = view.edges.iter().map(|edge| {
        let ports = [&edge.a_port, &edge.b_port].map(|port| port.as_deref().unwrap_or("*"));
        format!("{} {} = {} {} x{}", label(&edge.a), ports[0], label(&edge.b), ports[1], edge.count)
    });
    nodes.chain(edges).collect()
}

#[test]
fn the_map_is_folded_to_what_fits() {
    let (mut state, _) = run(&discovered());
    for (number, device) in campus().iter().enumerate() {
        feed(&mut state, &poll(30, device, number as u64, &[]));
    }
    feed(&mut state, &silent(40, &campus()[8]));
    feed(&mut state, &silent(50, &campus()[8]));
    feed(&mut state, &poll(51, &campus()[4], 4, &[]));
    let folded = graph(&state, |request| request.map.level = 1);
    assert_eq!(
        lines(&folded),
        [
            "0 wan-1 1/1 up",
            "0 wan-2 1/1 up",
            "1 core-1 1/1 up",
            "1 core-2 1/1 up",
            "2 dist-1 1/1 up",
            "2 dist-2 1/1 up",
            "3 acc-1 1/1 up",
            "3 acc-2 1/1 up",
            "3 acc-3 0/1 down",
            "3 acc-4 1/1 up",
            "3 acc-5 1/1 up",
            "3 acc-6 1/1 up",
            "4 +server 2 2/2 up",
            "4 ap-1 0/1 unknown",
            "wan-1 Gi1 = core-1 Gi1 x1",
            "wan-2 Gi1 = core-2 Gi1 x1",
            "core-1 * = core-2 * x2",
            "core-1 Gi4 = dist-1 Gi1 x1",
            "core-1 Gi5 = dist-2 Gi1 x1",
            "core-2 Gi4 = dist-1 Gi2 x1",
            "core-2 Gi5 = dist-2 Gi2 x1",
            "dist-1 Gi3 = acc-1 Gi1 x1",
            "dist-1 Gi4 = acc-2 Gi1 x1",
            "dist-1 Gi5 = acc-3 Gi1 x1",
            "dist-2 Gi3 = acc-4 Gi1 x1",
            "dist-2 Gi4 = acc-5 Gi1 x1",
            "dist-2 Gi5 = acc-6 Gi1 x1",
            "acc-1 * = +server 2 * x2",
            "acc-2 Gi5 = ap-1 eth0 x1",
        ]
    );
    assert_eq!((folded.total_nodes, folded.total_links, folded.folded_nodes), (15, 17, 2));
}

/// The campus with more access switches, so that it is not drawn whole.
fn large() -> State {
    let mut devices = campus();
    for n in 0..10u8 {
        devices.push(crate::state::sample::device(100 + n, &format!("acc-{}", 10 + n), crate::model::Role::Switch, 8));
        let at = devices.len() - 1;
        let mut port = devices[5].interfaces[0].clone();
        port.if_index.0 = 20 + u32::from(n);
        port.if_name = Some(format!("Gi{}", 20 + n));
        port.if_descr = None;
        port.mac = None;
        devices[5].interfaces.push(port);
        crate::state::sample::link(&mut devices, (5, 20 + u32::from(n)), (at, 1));
    }
    let mut state = State::new(Settings::default());
    for device in &devices {
        feed(&mut state, &crate::state::sample::inventory(0, device));
    }
    feed(&mut state, &event(1, crate::event::Body::Tick));
    state
}

#[test]
fn a_large_map_folds_whole_subtrees_and_shows_their_faults() {
    let mut state = large();
    for secs in [40, 50] {
        feed(&mut state, &silent(secs, &campus()[13]));
    }
    feed(&mut state, &poll(51, &campus()[6], 6, &[]));
    let folded = graph(&state, |_| {});
    assert_eq!(
        lines(&folded)[4..],
        [
            "2 dist-1 1/1 up",
            "2 dist-2 1/1 up",
            "3 +acc 3 3/3 down !srv-2",
            "3 +acc 13 13/13 up",
            "wan-1 Gi1 = core-1 Gi1 x1",
            "wan-2 Gi1 = core-2 Gi1 x1",
            "core-1 * = core-2 * x2",
            "core-1 Gi4 = dist-1 Gi1 x1",
            "core-1 Gi5 = dist-2 Gi1 x1",
            "core-2 Gi4 = dist-1 Gi2 x1",
            "core-2 Gi5 = dist-2 Gi2 x1",
            "dist-1 * = +acc 3 * x3",
            "dist-2 * = +acc 13 * x13",
        ]
    );
    assert_eq!(folded.nodes.len() - 2 + folded.folded_nodes, folded.total_nodes);
    let dist = state.find("dist-1").unwrap().id.clone();
    let opened = graph(&state, |request| request.map.opened = vec![format!("fold:{dist}:switch")]);
    assert!(opened.nodes.iter().any(|node| node.label == "acc-1") && opened.nodes.iter().any(|node| node.label == "+server 2"));
}

#[test]
fn focus_shows_what_lies_within_its_hops_and_selected_is_never_folded() {
    let state = large();
    let acc = state.find("acc-4").unwrap().id.clone();
    let near = graph(&state, |request| request.map = MapRequest { focus: Some(acc.clone()), hops: 1, ..MapRequest::default() });
    assert_eq!(near.nodes.iter().map(|node| node.label.as_str()).collect::<Vec<_>>(), ["dist-2", "acc-4"]);
    let selected = graph(&state, |request| request.subject = Some(Subject::Device(acc.clone())));
    assert!(selected.nodes.iter().any(|node| node.label == "acc-4") && selected.nodes.iter().any(|node| node.label == "+acc 12"));
    assert_eq!(selected.selected.as_ref().map(|row| row.name.as_str()), Some("acc-4"));
    assert_eq!((selected.selected_links.len(), selected.selected_links[0].a_name.as_str()), (1, "acc-4"));
}

#[test]
fn a_filter_on_the_map_draws_what_it_names() {
    let state = large();
    let named = graph(&state, |request| "name:acc-15".clone_into(&mut request.filter));
    assert!(named.nodes.iter().any(|node| node.label == "acc-15"));
    let ViewBody::Topology(_) = answer(&state, &request(Screen::Topology)).body else { panic!() };
    let mut bad = request(Screen::Topology);
    "nosuch=1".clone_into(&mut bad.filter);
    assert!(answer(&state, &bad).chrome.fault.unwrap().contains("column 1"));
}

#[test]
fn faults_only_shows_what_is_down_and_the_way_to_it() {
    let mut state = large();
    for secs in [40, 50] {
        feed(&mut state, &silent(secs, &campus()[13]));
    }
    feed(&mut state, &poll(51, &campus()[6], 6, &[]));
    let faults = graph(&state, |request| request.faults_only = true);
    let labels: Vec<&str> = faults.nodes.iter().map(|node| node.label.as_str()).collect();
    assert_eq!(labels, ["wan-1", "core-1", "dist-1", "acc-1", "srv-2"]);
}

#[test]
fn the_same_network_gives_the_same_bytes_however_it_was_found() {
    let forward = large();
    let parts: Vec<_> = checkpoint::encode(&forward);
    let copy = checkpoint::decode(&parts, Settings::default()).unwrap();
    let mut backward = State::new(Settings::default());
    for device in forward.devices().rev_by_id() {
        feed(&mut backward, &crate::state::sample::inventory(0, &device));
    }
    feed(&mut backward, &event(1, crate::event::Body::Tick));
    for screen in [Screen::Topology, Screen::Devices, Screen::Interfaces, Screen::Links] {
        let bytes = |state: &State| postcard::to_allocvec(&answer(state, &request(screen)).body).unwrap();
        assert_eq!(bytes(&forward), bytes(&backward), "{screen:?}");
        assert_eq!(bytes(&forward), bytes(&copy), "{screen:?}");
    }
}

/// Devices from the last id to the first.
trait Backwards {
    fn rev_by_id(self) -> Vec<crate::model::Device>;
}

impl<'a, I: Iterator<Item = &'a std::sync::Arc<crate::model::Device>>> Backwards for I {
    fn rev_by_id(self) -> Vec<crate::model::Device> {
        let mut devices: Vec<_> = self.map(|device| (**device).clone()).collect();
        devices.reverse();
        devices
    }
}

#[test]
fn windows_cut_what_filter_and_sort_leave() {
    let state = polled();
    let (all, _) = ports(&state, |_| {});
    assert_eq!((all.total, all.matched, all.rows.len()), (90, 90, 90));
    assert_eq!((all.rows[0].device_name.as_str(), all.rows[0].name.as_str()), ("acc-1", "Gi1"));
    let (busy, fault) = ports(&state, |request| {
        "device:core util>1% and not if=Gi1".clone_into(&mut request.filter);
        request.sort = Some(Sort { column: "inBps".to_owned(), descending: true });
        request.window = Window { offset: 2, rows: 3 };
    });
    assert_eq!((fault, busy.total, busy.matched, busy.offset), (None, 90, 14, 2));
    let names: Vec<String> = busy.rows.iter().map(|row| format!("{} {}", row.device_name, row.name)).collect();
    assert_eq!(names, ["core-2 Gi4", "core-2 Gi5", "core-2 Gi6"], "equal rates keep the screen's order");
}

#[test]
fn every_column_sorts_and_a_window_is_a_part_of_the_whole() {
    let state = polled();
    for column in INTERFACE_COLUMNS.iter().map(|column| column.names[0]) {
        for descending in [false, true] {
            let sort = Some(Sort { column: column.to_owned(), descending });
            let (whole, fault) = ports(&state, |request| request.sort.clone_from(&sort));
            assert_eq!(fault, None, "{column}");
            let (part, _) = ports(&state, |request| {
                request.sort.clone_from(&sort);
                request.window = Window { offset: 10, rows: 7 };
            });
            assert_eq!(part.rows, whole.rows[10..17], "{column}");
        }
    }
}

#[test]
fn a_fault_of_the_request_is_said_and_the_rows_stay() {
    let state = polled();
    let (rows, fault) = ports(&state, |request| "nosuch>1".clone_into(&mut request.filter));
    assert!(fault.unwrap().starts_with("filter, column 1: there is no field `nosuch`"));
    assert_eq!(rows.rows.len(), 90);
    let (_, fault) = ports(&state, |request| request.sort = Some(Sort { column: "x".to_owned(), descending: false }));
    assert!(fault.unwrap().contains("no column `x`"));
    let (rows, fault) = ports(&state, |request| request.subject = Some(Subject::Device(DeviceId::new("gone"))));
    assert!(rows.rows.is_empty() && fault.unwrap().contains("no device `gone`"));
}

#[test]
fn an_interface_knows_its_peer_and_its_rates() {
    let state = polled();
    let core = state.find("core-1").unwrap().id.clone();
    let mut wanted = request(Screen::Interface);
    wanted.subject = Some(Subject::Interface(core, "Gi4".to_owned()));
    let ViewBody::Interface(view) = answer(&state, &wanted).body else { panic!() };
    let row = view.row.unwrap();
    assert_eq!((row.peer.as_deref(), row.peer_port.as_deref()), (Some("dist-1"), Some("Gi1")));
    assert_eq!((row.in_bps, row.in_utilisation), (Some(24_000_000.0), Some(0.024)));
    assert_eq!(view.link.unwrap().a_name, "core-1");
    assert_eq!((view.to.secs() - view.from.secs(), view.from < view.to), (3600, true));
}

#[test]
fn a_link_shows_what_each_end_sends() {
    let state = polled();
    let ViewBody::Links(links) = answer(&state, &request(Screen::Links)).body else { panic!() };
    let link = links.rows.iter().find(|row| row.a_name == "core-1" && row.b_name == "dist-1").unwrap();
    assert_eq!((link.forward_bps, link.backward_bps), (Some(12_000_000.0), Some(20_000_000.0)));
    assert_eq!((link.utilisation, link.up), (Some(0.02), Some(true)));
}

#[test]
fn the_overview_counts_what_there_is() {
    let mut state = polled();
    for secs in [70, 80] {
        feed(&mut state, &silent(secs, &campus()[6]));
    }
    feed(&mut state, &poll(81, &campus()[4], 6_000, &[]));
    let view = answer(&state, &request(Screen::Overview));
    let ViewBody::Overview(body) = view.body else { panic!() };
    assert_eq!((body.devices_up, body.devices_down, body.interfaces_up), (13, 1, 90));
    assert_eq!((view.chrome.critical, view.chrome.major, body.alarms.matched), (1, 0, 1));
    assert_eq!(body.alarms.rows[0].severity, Severity::Critical);
    assert!(body.busiest.windows(2).all(|pair| pair[0].utilisation >= pair[1].utilisation));
    assert_eq!(body.wan_in_bps, Some(3.0 * 8e6 + 3.0 * 16e6), "three free ports of each router");
    assert_eq!(wan_ports(&state).len(), 6);
}

#[test]
fn what_is_older_than_three_polls_is_stale() {
    let mut state = polled();
    let stale = |state: &State| ports(state, |_| {}).0.rows.iter().filter(|row| row.stale).count();
    assert_eq!(stale(&state), 0);
    state.set_now(Timestamp::from_secs(START.secs() + 151));
    assert_eq!(stale(&state), 90);
}

#[test]
fn a_past_time_shows_the_rates_of_the_store() {
    let state = polled();
    let core = state.find("core-1").unwrap().id.clone();
    let mut past = checkpoint::decode(&checkpoint::encode(&state), Settings::default()).unwrap();
    let sample = |secs, value| Sample { at: Timestamp::from_secs(secs), value: Some(value), broken: false };
    let entity = |part: Option<&str>| Arc::new(EntityKey { device: core.clone(), part: part.map(str::to_owned) });
    past.set_live([
        LiveSample { entity: entity(Some("Gi2")), metric: Metric::InBps, before: Some(sample(0, 0)), last: sample(10, 1000) },
        LiveSample { entity: entity(Some("gone")), metric: Metric::InBps, before: None, last: sample(10, 1000) },
        LiveSample {
            entity: entity(None),
            metric: Metric::RttMs,
            before: None,
            last: sample(10, Metric::RttMs.encode_gauge(2.5)),
        },
    ]);
    past.set_now(Timestamp::from_secs(20));
    let (rows, _) = ports(&past, |request| "in>0".clone_into(&mut request.filter));
    assert_eq!(rows.rows.iter().map(|row| (row.name.as_str(), row.in_bps)).collect::<Vec<_>>(), [("Gi2", Some(800.0))]);
    let ViewBody::Devices(devices) = answer(&past, &request(Screen::Devices)).body else { panic!() };
    let row = devices.rows.iter().find(|row| row.name == "core-1").unwrap();
    assert_eq!((row.rtt_ms, row.status), (Some(2.5), DeviceStatus::Up));
}

#[test]
fn ports_with_one_name_are_told_apart() {
    let mut state = State::default();
    let mut device = campus()[0].clone();
    for port in &mut device.interfaces {
        port.if_name = Some("eth".to_owned());
    }
    feed(&mut state, &crate::state::sample::inventory(0, &device));
    let samples = feed(&mut state, &poll(1, &device, 5, &[])).samples.remove(0);
    let kept: Vec<_> = samples.rows.iter().filter_map(|row| row.part.clone()).collect();
    let (rows, _) = ports(&state, |_| {});
    assert_eq!(kept, ["eth", "eth#2", "eth#3", "eth#4"]);
    assert_eq!(rows.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>(), kept);
}

#[test]
fn discovery_and_device_screens_tell_what_happened() {
    let state = polled();
    let ViewBody::Discovery(view) = answer(&state, &request(Screen::Discovery)).body else { panic!() };
    assert_eq!((view.devices, view.links, view.neighbours, view.changes.matched), (14, 17, 1, 14 + 17 + 1));
    let mut wanted = request(Screen::Device);
    wanted.subject = Some(Subject::Device(DeviceId::new("core-1")));
    let ViewBody::Device(view) = answer(&state, &wanted).body else { panic!() };
    assert_eq!((view.links.len(), view.interfaces.rows.len()), (5, 8));
    assert!(view.links.iter().all(|link| link.a_name == "core-1"));
    assert!(view.recent.iter().any(|event| event.kind == "device-seen"));
}
