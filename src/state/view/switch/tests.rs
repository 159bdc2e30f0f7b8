//! Tests of the switch views: names of ports, trees that agents tell wrongly, shares of aggregates, the spanning tree of a campus.

use super::face::numbers;
use super::port::spread;
use super::*;
use crate::model::{Bridge, BridgeId, Device, Interface, Physical};
use crate::query::{DevicePart, Screen, Subject, ViewRequest};
use crate::state::sample::{campus, event, feed, inventory};
use crate::state::view::{ViewBody, answer};
use crate::state::{Settings, State};

#[test]
fn a_ports_name_tells_its_member_and_its_number() {
    for (name, wanted) in [
        ("Gi2/0/17", (2, 17)),
        ("Te1/1/4", (1, 4)),
        ("Ethernet1/3", (1, 3)),
        ("ge-0/0/11", (0, 11)),
        ("1/1/24", (1, 24)),
        ("2:7", (2, 7)),
        ("100GE1/0/2", (1, 2)),
        ("swp5", (0, 5)),
        ("Port 12", (0, 12)),
        ("lan", (0, 0)),
        ("", (0, 0)),
        ("99999999999999999999", (0, 0)),
    ] {
        assert_eq!(numbers(name), wanted, "{name}");
    }
}

#[test]
fn a_member_with_far_more_than_its_share_is_named() {
    let member = |name: &str, bps: f64| (name.to_owned(), true, Some(bps), Some(1e9));
    let over = |members: &[(&str, f64)]| {
        spread("Po1".to_owned(), members.iter().map(|(name, bps)| member(name, *bps)).collect()).overloaded
    };
    assert_eq!(over(&[("a", 9e8), ("b", 1e8)]).as_deref(), Some("a"));
    assert_eq!(over(&[("a", 6e8), ("b", 4e8)]), None);
    assert_eq!(over(&[("a", 5e8), ("b", 1e8), ("c", 1e8), ("d", 1e8)]).as_deref(), Some("a"));
    // Nobody cares how next to nothing is spread.
    assert_eq!(over(&[("a", 9e5), ("b", 1e5)]), None);
    assert_eq!(over(&[]), None);
    let unknown = spread("Po1".to_owned(), vec![("a".to_owned(), false, None, None)]);
    assert_eq!((unknown.members.first().and_then(|member| member.share), unknown.overloaded), (None, None));
}

fn physical(index: u32, within: u32, class: PhysicalClass, name: &str) -> Physical {
    Physical { index, within, class, name: Some(name.to_owned()), ..Physical::default() }
}

fn parts(device: &Device, change: impl Fn(&mut ViewRequest)) -> Vec<(String, usize)> {
    let mut request = ViewRequest::new(Screen::Device, usize::MAX);
    change(&mut request);
    let (table, fault) = inventory::inventory(device, (&request, device.taken_at));
    assert_eq!(fault, None);
    table.rows.into_iter().map(|row| (row.name, row.depth)).collect()
}

fn chassis() -> Device {
    let mut device = crate::state::sample::device(1, "x", crate::model::Role::Switch, 2);
    device.parts = vec![
        physical(1, 0, PhysicalClass::Chassis, "chassis"),
        physical(2, 1, PhysicalClass::Module, "card"),
        physical(3, 2, PhysicalClass::Port, "cage"),
        physical(4, 2, PhysicalClass::Sensor, "heat"),
        physical(5, 6, PhysicalClass::Module, "ring a"),
        physical(6, 5, PhysicalClass::Module, "ring b"),
        physical(7, 7, PhysicalClass::Fan, "in itself"),
        physical(8, 99, PhysicalClass::Fan, "in nothing known"),
    ];
    device
}

#[test]
fn no_part_is_lost_whatever_holds_what() {
    let own = |rows: Vec<(String, usize)>| rows.into_iter().map(|(name, depth)| format!("{depth} {name}")).collect::<Vec<_>>();
    let device = chassis();
    let all = own(parts(&device, |_| {}));
    assert_eq!(all, ["0 chassis", "1 card", "2 cage", "0 in itself", "0 in nothing known", "0 ring a", "1 ring b"]);
    assert_eq!(own(parts(&device, |request| request.filter = "heat".to_owned())), ["0 chassis", "1 card", "2 heat"]);
    assert_eq!(own(parts(&device, |request| request.filter = "class:fan".to_owned())).len(), 2);
    let folded = own(parts(&device, |request| request.folded = vec![part_key(1)]));
    assert_eq!(folded, ["0 chassis", "0 in itself", "0 in nothing known", "0 ring a", "1 ring b"]);
}

#[test]
fn a_chain_of_parts_as_deep_as_there_are_parts_is_walked() {
    let mut device = chassis();
    let most = u32::try_from(crate::model::switching::MAX_PARTS).unwrap();
    device.parts = (1..=most).map(|index| physical(index, index - 1, PhysicalClass::Module, &format!("m{index}"))).collect();
    let rows = parts(&device, |_| {});
    assert_eq!((rows.len(), rows.last().map(|(_, depth)| *depth)), (device.parts.len(), Some(device.parts.len() - 1)));
}

/// The campus with a spanning tree: core-1 is the root, everybody's port 1 or what leads up is the root port.
fn network() -> State {
    let mut state = State::new(Settings::default());
    let devices = campus();
    let address = |device: &Device| device.interfaces.first().and_then(|port| port.mac).unwrap();
    let root = devices.iter().find(|device| device.name() == "core-1").map(address).unwrap();
    for mut device in devices {
        let name = device.name();
        let up = match name.as_str() {
            "core-1" => None,
            "core-2" => Some(2),
            name if name.starts_with("dist") || name.starts_with("acc") => Some(1),
            _ => continue,
        };
        device.bridge = Some(Box::new(Bridge {
            address: Some(address(&device)),
            priority: Some(32_768),
            root: Some(BridgeId { priority: 4_096, mac: root }),
            root_cost: Some(u32::from(up.is_some()) * 4),
            root_port: up.map(IfIndex),
            ..Bridge::default()
        }));
        for port in &mut device.interfaces {
            port.stp_state = Some("forwarding".to_owned());
        }
        let blocked = |port: &mut Interface| port.stp_state = Some("blocking".to_owned());
        if name == "dist-1" {
            device.interfaces.get_mut(1).map(blocked);
        }
        feed(&mut state, &inventory(0, &device));
    }
    feed(&mut state, &event(1, crate::event::Body::Tick));
    state
}

fn spanning_of(state: &State, name: &str) -> Box<SpanningView> {
    let mut request = ViewRequest::new(Screen::Device, 10);
    request.subject = Some(Subject::Device(state.find(name).unwrap().id.clone()));
    request.device = DevicePart::SpanningTree;
    let ViewBody::Device(view) = answer(state, &request).body else { panic!("no device") };
    view.switch.spanning.unwrap()
}

#[test]
fn the_tree_hangs_from_the_root_by_root_ports_and_names_what_is_blocked() {
    let state = network();
    let view = spanning_of(&state, "acc-1");
    let told: Vec<String> = view.tree.iter().map(|row| format!("{}{}", "  ".repeat(row.depth), row.name)).collect();
    assert_eq!(
        told,
        [
            "core-1",
            "  core-2",
            "  dist-1",
            "    acc-1",
            "    acc-2",
            "    acc-3",
            "  dist-2",
            "    acc-4",
            "    acc-5",
            "    acc-6"
        ]
    );
    assert_eq!(view.tree.iter().filter(|row| row.is_here).map(|row| row.name.as_str()).collect::<Vec<_>>(), ["acc-1"]);
    assert_eq!((view.root_name.as_deref(), view.root_port.as_deref()), (Some("core-1"), Some("Gi1")));
    let blocked: Vec<_> =
        view.blocked.iter().map(|link| (link.name.as_str(), link.port.as_str(), link.peer.as_deref())).collect();
    assert_eq!(blocked, [("dist-1", "Gi2", Some("core-2"))]);
}

#[test]
fn a_ring_of_root_ports_ends() {
    let mut state = network();
    let mut device = state.find("dist-1").map(|device| (**device).clone()).unwrap();
    // dist-1 says that its way to the root is by an access switch below it.
    if let Some(bridge) = &mut device.bridge {
        bridge.root_port = Some(IfIndex(3));
    }
    feed(&mut state, &inventory(60, &device));
    let view = spanning_of(&state, "acc-1");
    assert_eq!(view.tree.len(), 10, "each bridge stands once");
}
