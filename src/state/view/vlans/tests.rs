//! VLANs as the screen has them: who carries which, and where one is broken.

use super::*;

use crate::model::device::Vlan;
use crate::query::{MapRequest, Screen, Subject};
use crate::state::Settings;
use crate::state::sample::{campus, event, feed, inventory};
use crate::state::view::{GraphView, answer};

/// The campus with VLANs 10 and 20 on every switch port, tagged beside 99; acc-1 forgot 20 and has its own name for 10.
fn network() -> State {
    let mut state = State::new(Settings::default());
    for mut device in campus() {
        let name = device.name();
        if ["core", "dist", "acc"].iter().any(|role| name.starts_with(role)) {
            let odd = name == "acc-1";
            let named = |id: u16, name: &str| Vlan { id, name: Some(name.to_owned()) };
            device.vlans = vec![named(10, if odd { "USERS" } else { "users" }), named(20, "voice")];
            for port in &mut device.interfaces {
                port.pvid = Some(99);
                port.vlans = if odd { vec![10, 99] } else { vec![10, 20, 99] };
            }
        }
        for (owner, port, net) in [
            ("wan-1", 0, "10.255.0.1/30"),
            ("core-1", 0, "10.255.0.2/30"),
            ("core-1", 1, "10.9.0.1/24"),
            ("core-2", 1, "10.9.0.2/24"),
            ("dist-1", 1, "10.9.0.3/24"),
        ] {
            if name == owner {
                device.interfaces[port].addresses = vec![net.parse().unwrap()];
            }
        }
        feed(&mut state, &inventory(0, &device));
    }
    feed(&mut state, &event(1, crate::event::Body::Tick));
    state
}

fn map(state: &State, layer: MapLayer, subject: Option<&str>) -> GraphView {
    let mut request = ViewRequest::new(Screen::Topology, usize::MAX);
    request.map = MapRequest { layer, level: 2, ..MapRequest::default() };
    request.subject = subject.map(|name| Subject::Device(state.find(name).unwrap().id.clone()));
    let ViewBody::Topology(view) = answer(state, &request).body else { panic!("not a map") };
    *view
}

#[test]
fn a_trunk_that_forgot_a_vlan_and_a_name_of_its_own_are_found() {
    let state = network();
    let mut request = ViewRequest::new(Screen::Vlans, usize::MAX);
    request.map.layer = MapLayer::Vlan(20);
    let ViewBody::Vlans(view) = answer(&state, &request).body else { panic!("no VLANs") };
    let told: Vec<_> = view.table.rows.iter().map(|row| (row.id, row.names.len(), row.broken, row.parts)).collect();
    assert_eq!(told, [(10, 2, 0, 1), (20, 1, 1, 2), (99, 0, 0, 1)]);
    let faulty: Vec<_> = view.devices.iter().take(2).map(|device| (device.name.as_str(), device.faults.len())).collect();
    assert_eq!(faulty, [("acc-1", 1), ("dist-1", 1)]);
    assert_eq!((view.vlan, view.devices_total), (Some(20), view.devices.len()));
    request.faults_only = true;
    "voice".clone_into(&mut request.filter);
    let ViewBody::Vlans(view) = answer(&state, &request).body else { panic!("no VLANs") };
    assert_eq!(view.table.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [20]);
}

#[test]
fn a_layer_of_a_vlan_has_what_carries_it_and_shows_where_it_is_lost() {
    let state = network();
    let view = map(&state, MapLayer::Vlan(20), Some("acc-1"));
    let id = |name: &str| state.find(name).unwrap().id.as_str().to_owned();
    let lost: Vec<_> =
        view.edges.iter().filter(|edge| edge.one_sided).flat_map(|edge| [edge.a.clone(), edge.b.clone()]).collect();
    assert!(lost.contains(&id("acc-1")) && lost.contains(&id("dist-1")), "{lost:?}");
    assert_eq!(view.vlans, [10, 20]);
    assert!(view.nodes.iter().all(|node| !node.label.starts_with("isp")));
    let none = map(&state, MapLayer::Vlan(77), None);
    assert_eq!((none.nodes.len(), none.total_links), (0, 0));
}

#[test]
fn the_routed_layer_joins_two_by_a_line_and_more_by_their_subnet() {
    let state = network();
    let view = map(&state, MapLayer::L3, None);
    let mut labels: Vec<&str> = view.nodes.iter().map(|node| node.label.as_str()).collect();
    labels.sort_unstable();
    assert_eq!(labels, ["10.9.0.0/24", "core-1", "core-2", "dist-1", "wan-1"]);
    assert_eq!(view.edges.len(), 4);
}

#[test]
fn runs_of_ports_are_shortened() {
    for (names, short) in [
        (&["Gi1/0/2", "Gi1/0/1", "Gi1/0/3", "Te1/1/1"][..], "Gi1/0/1-3 Te1/1/1"),
        (&["9", "10", "12"], "9-10 12"),
        (&["lan"], "lan"),
        (&[], ""),
    ] {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(shortened(&names), short);
    }
}

#[test]
fn trunks_that_disagree_are_faults_and_access_ports_are_not() {
    let trunk = Membership { ids: &[10, 20, 99], untagged: &[], pvid: Some(99), mode: None };
    let pruned = Membership { ids: &[10, 99], untagged: &[], pvid: Some(99), mode: None };
    let native = Membership { ids: &[10, 20, 99], untagged: &[], pvid: Some(10), mode: None };
    let access = Membership { ids: &[99], untagged: &[], pvid: Some(99), mode: None };
    assert_eq!(faults_of((&trunk, &pruned)), [(20, VlanFaultKind::PeerLacks)]);
    assert_eq!(faults_of((&pruned, &trunk)), [(20, VlanFaultKind::Lacks)]);
    assert_eq!(faults_of((&trunk, &native)), [(99, VlanFaultKind::Native), (10, VlanFaultKind::Native)]);
    assert_eq!(faults_of((&trunk, &access)), []);
    assert_eq!(faults_of((&trunk, &trunk)), []);
}

#[test]
fn a_port_is_what_it_carries_the_vlan_as() {
    let trunk = Membership { ids: &[10, 20], untagged: &[], pvid: Some(10), mode: None };
    let silent = Membership { ids: &[], untagged: &[], pvid: Some(10), mode: None };
    for (membership, vlan, is) in [
        (&trunk, 10, VlanPort::Native { up: true }),
        (&trunk, 20, VlanPort::Tagged { up: true }),
        (&trunk, 30, VlanPort::Outside),
        (&silent, 10, VlanPort::Access { up: true }),
    ] {
        assert_eq!(port_is(membership, (vlan, true, false)), is);
    }
    assert_eq!(port_is(&trunk, (20, true, true)), VlanPort::Blocked);
}
