//! The Wireless screen's rows: which come first, which are let through, where they are plugged in.

use super::*;
use crate::event::Body;
use crate::model::wireless::RadioName;
use crate::model::wireless::{Extent, Phy, WirelessClient};
use crate::model::{AccessPoint, MacAddr, Radio, Role, WirelessReading};
use crate::query::{Screen, Sort, WirelessRequest};
use crate::state::Settings;
use crate::state::sample::{START, campus, device, event, feed, inventory};
use crate::state::view::{ViewBody, answer};
use std::time::Duration;

fn key(number: u8) -> MacAddr {
    MacAddr([0x70, 0x0f, 0x6a, 0, 0, number])
}

fn radio(slot: u16, (band, channel): (WifiBand, u16), busy: f32) -> Radio {
    Radio { slot, band: Some(band), channel: Some(channel), utilisation_percent: Some(busy), ..Radio::default() }
}

fn ap(number: u8, site: &str, radios: Vec<Radio>) -> AccessPoint {
    let status = if radios.is_empty() { ApStatus::Down } else { ApStatus::Up };
    let (name, location) = (format!("ap-{number}"), Some(site.to_owned()));
    AccessPoint { key: key(number), name, location, status, radios, ..AccessPoint::default() }
}

fn client(number: u8, snr: Option<i16>, ssid: &str) -> WirelessClient {
    WirelessClient {
        mac: MacAddr([2, 0, 0, 0, 0, number]),
        ap: Some(key(1)),
        slot: Some(1),
        snr_db: snr,
        ssid: Some(ssid.to_owned()),
        phy: Some(Phy::Ax),
        ..WirelessClient::default()
    }
}

const G5: WifiBand = WifiBand::Ghz5;

fn state() -> State {
    let mut state = State::new(Settings::default());
    let controller = device(9, "wlc", Role::WlanController, 2);
    feed(&mut state, &inventory(0, &controller));
    let mut reading = WirelessReading::new(controller.id, START.plus(Duration::from_secs(60)));
    reading.extent = Extent { access_points: true, clients: true };
    reading.access_points = vec![
        ap(1, "b1 f1", vec![radio(0, (WifiBand::Ghz2, 6), 30.0), radio(1, (G5, 149), 88.0)]),
        ap(2, "b1 f1", vec![radio(1, (G5, 149), 12.0)]),
        ap(3, "b2 f1", Vec::new()),
    ];
    reading.clients = vec![client(1, Some(31), "corp"), client(2, Some(9), "guest\u{1b}[2J"), client(3, None, "corp")];
    feed(&mut state, &event(60, Body::Wireless(Box::new(reading))));
    state
}

fn asked(state: &State, change: impl FnOnce(&mut ViewRequest)) -> (WirelessView, Option<String>) {
    let mut request = ViewRequest::new(Screen::Wireless, 100);
    change(&mut request);
    let view = answer(state, &request);
    match view.body {
        ViewBody::Wireless(body) => (*body, view.chrome.fault),
        other => panic!("{other:?}"),
    }
}

fn names(view: &WirelessView) -> Vec<String> {
    let slot = |row: &RadioRow| row.name.slot.map_or_else(|| "-".to_owned(), |slot| slot.to_string());
    view.radios.rows.iter().map(|row| format!("{}/{}", row.ap, slot(row))).collect()
}

#[test]
fn what_is_down_comes_first_then_what_is_busiest() {
    let state = state();
    let (view, fault) = asked(&state, |_| {});
    assert_eq!((names(&view), fault), (vec!["ap-3/-".into(), "ap-1/1".into(), "ap-1/0".into(), "ap-2/1".into()], None));
    let summary = &view.summary;
    assert_eq!((summary.access_points_up, summary.access_points, summary.clients), (2, 3, 3));
    assert_eq!((summary.clients_by_band, summary.utilisation_p95), ([0, 3, 0, 0], Some(88.0)));
    assert_eq!(summary.ssids[0], ("corp".to_owned(), 2));
}

#[test]
fn rows_are_filtered_sorted_and_cut_as_in_any_table() {
    let state = state();
    let with = |filter: &str| names(&asked(&state, |request| request.filter = filter.to_owned()).0);
    assert_eq!(with("band=5G util>50%"), ["ap-1/1"]);
    assert_eq!(with("site:b2 or channel=6"), ["ap-3/-", "ap-1/0"]);
    let (view, fault) = asked(&state, |request| request.filter = "nothing=1".to_owned());
    assert!(fault.is_some() && view.radios.matched == 4);
    let (view, _) = asked(&state, |request| request.faults_only = true);
    assert_eq!(names(&view), ["ap-3/-", "ap-1/1"]);
    let (view, _) = asked(&state, |request| {
        request.sort = Some(Sort { column: "util".to_owned(), descending: false });
        request.window.rows = 2;
    });
    assert_eq!((names(&view), view.radios.matched), (vec!["ap-2/1".to_owned(), "ap-1/0".to_owned()], 4));
    let (view, _) = asked(&state, |request| request.wireless.band = Some(WifiBand::Ghz2));
    assert_eq!(names(&view), ["ap-3/-", "ap-1/0"], "what is down has no band and stays");
}

#[test]
fn clients_that_are_heard_worst_come_first_and_who_tells_nothing_last() {
    let state = state();
    let clients = |filter: &str| {
        let (view, _) = asked(&state, |request| {
            request.wireless.part = WirelessPart::Clients;
            request.filter = filter.to_owned();
        });
        view.clients.rows
    };
    let snrs = |filter: &str| clients(filter).iter().map(|row| row.snr_db).collect::<Vec<_>>();
    assert_eq!(snrs(""), [Some(9), Some(31), None]);
    assert_eq!((snrs("snr<15"), snrs("ssid=corp")), (vec![Some(9)], vec![Some(31), None]));
    assert_eq!(clients("snr<15")[0].ssid.as_deref(), Some("guest\u{1b}[2J"), "escaped where it is shown, not before");
    assert_eq!((clients("")[0].ap.as_deref(), clients("")[0].channel), (Some("ap-1"), Some(149)));
}

#[test]
fn channels_tell_where_they_are_crowded() {
    let (view, _) = asked(&state(), |request| request.wireless.part = WirelessPart::Channels);
    let crowded = &view.channels.rows[1];
    assert_eq!((crowded.band, crowded.channel, crowded.radios, crowded.clients), (G5, 149, 2, 3));
    assert_eq!((crowded.utilisation_max, crowded.utilisation_mean), (Some(88.0), Some(50.0)));
    assert_eq!(crowded.crowded, Some(("b1 f1".to_owned(), 2)));
    let sites: Vec<(&str, usize, usize)> =
        view.plan.iter().map(|site| (site.site.as_str(), site.access_points_down, site.channels.len())).collect();
    assert_eq!(sites, [("b1 f1", 0, 1), ("b2 f1", 1, 0)]);
}

#[test]
fn a_detail_has_the_clients_of_its_radio_alone() {
    let state = state();
    let detail = |slot: u16| {
        let controller = state.wireless().next().unwrap().controller.clone();
        let radio = Some(RadioName { controller, key: key(1), slot: Some(slot) });
        asked(&state, |request| request.wireless = WirelessRequest { part: WirelessPart::Detail, band: None, radio }).0
    };
    assert_eq!((detail(0).clients.matched, detail(1).clients.matched), (0, 3));
    let shown = detail(1).detail.unwrap();
    assert_eq!((shown.radios.len(), shown.row.co_channel), (2, 2));
    assert_eq!((shown.channels.len(), shown.channels[0].radios), (1, 2));
    assert_eq!(shown.ssids[0], ("corp".to_owned(), 2));
}

#[test]
fn an_access_point_that_is_a_device_is_plugged_in_where_its_links_say() {
    let mut state = State::new(Settings::default());
    let mut devices = campus();
    let own = devices.last_mut().map(|device| {
        device.role = Role::AccessPoint;
        device.clone()
    });
    let own = own.unwrap();
    for device in &devices {
        feed(&mut state, &inventory(0, device));
    }
    feed(&mut state, &event(1, Body::Tick));
    let controller = device(99, "wlc", Role::WlanController, 1);
    feed(&mut state, &inventory(2, &controller));
    let mut reading = WirelessReading::new(controller.id, START.plus(Duration::from_secs(60)));
    let radios = vec![radio(1, (G5, 36), 10.0)];
    reading.access_points = vec![AccessPoint { name: own.name(), ..ap(7, "b1", radios) }];
    feed(&mut state, &event(60, Body::Wireless(Box::new(reading))));
    let (view, _) = asked(&state, |_| {});
    let uplink = view.radios.rows[0].uplink.clone();
    let uplink = uplink.expect("the sample network links its access points");
    assert_eq!(uplink.by, "lldp");
    assert!(uplink.port.is_some() && state.device(&uplink.device).is_some());
}

#[test]
fn what_was_not_read_for_long_is_stale() {
    let mut state = state();
    assert!(!asked(&state, |_| {}).0.radios.rows[0].stale);
    feed(&mut state, &event(60 + 181, Body::Tick));
    let (view, _) = asked(&state, |_| {});
    assert_eq!((view.radios.rows[0].stale, view.summary.stale), (true, 1));
}

#[test]
fn without_a_controller_there_is_nothing() {
    let (view, fault) = asked(&State::new(Settings::default()), |_| {});
    assert_eq!((view.summary, view.radios.total, fault), (WirelessSummary::default(), 0, None));
}

#[test]
fn the_way_ends_at_the_root_of_the_spanning_tree_or_at_what_leads_out_of_it() {
    use super::place::{Places, chain};
    use crate::model::{Bridge, BridgeId, DeviceId, Evidence, IfIndex, Link, LinkEnd};
    let mac = |number: u8| MacAddr([2, 0, 0, 0, 1, number]);
    let bridge = |number: u8, root_port: Option<u32>| {
        let root = Some(BridgeId { priority: 0, mac: mac(3) });
        Some(Box::new(Bridge { address: Some(mac(number)), root, root_port: root_port.map(IfIndex), ..Bridge::default() }))
    };
    let mut access_point = device(1, "ap-1", Role::AccessPoint, 1);
    access_point.interfaces[0].mac = Some(key(1));
    let mut all = vec![access_point];
    for (number, name, root_port) in [(2, "acc", Some(2)), (3, "core", None), (4, "other", Some(1))] {
        let mut switch = device(number, name, Role::Switch, 4);
        switch.bridge = bridge(number, root_port);
        all.push(switch);
    }
    all.push(device(5, "fw", Role::Firewall, 2));
    let mut state = State::new(Settings::default());
    for device in &all {
        feed(&mut state, &inventory(0, device));
    }
    let ids: Vec<DeviceId> = all.iter().map(|device| device.id.clone()).collect();
    let end = |number: usize, port: u32| LinkEnd {
        device: ids[number - 1].clone(),
        if_index: Some(IfIndex(port)),
        port: Some(format!("p{port}")),
    };
    let ways = |state: &State| {
        let look = crate::state::view::lookup::Lookup::over(state, None);
        let steps = chain(&look, &Places::of(state), &ap(1, "b1", Vec::new()));
        steps.into_iter().map(|step| step.device_name).collect::<Vec<_>>()
    };
    let join = |state: &mut State, a: LinkEnd, b: LinkEnd| {
        feed(state, &event(1, Body::LinkSeen(Box::new(Link::between(a, b, vec![Evidence::Lldp])))));
    };
    join(&mut state, end(1, 1), end(2, 1));
    join(&mut state, end(2, 2), end(3, 1));
    join(&mut state, end(3, 2), end(4, 1));
    assert_eq!(ways(&state), ["acc", "acc"], "what hangs on the root is no way on");
    join(&mut state, end(3, 3), end(5, 1));
    assert_eq!(ways(&state), ["acc", "acc", "core"]);
}
