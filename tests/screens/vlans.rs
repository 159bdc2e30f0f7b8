//! The fixture's VLANs: one that is well, one that is lost on a trunk, one with several names; and the screen's cases.

use super::fixture::id;
use super::golden::{drawn, state};
use noctop::query::{MapLayer, Screen, ViewRequest};
use noctop::state::view::{Table, VlanDevice, VlanFault, VlanFaultKind, VlanPort, VlanRow, VlansView};
use noctop::ui::{GlyphSet, shot};

fn rows() -> Vec<VlanRow> {
    let row = |id: u16, name: &str| VlanRow {
        id,
        names: vec![(name.to_owned(), 31)],
        devices: 31,
        trunk_ports: 96,
        parts: 1,
        ..VlanRow::default()
    };
    let mut users = row(10, "users");
    (users.access_ports, users.access_up, users.endpoints) = (451, 285, 3200);
    (users.in_bps, users.out_bps) = (Some(5.48e8), Some(2.25e9));
    let mut voice = row(20, "voice");
    (voice.access_ports, voice.access_up, voice.parts, voice.broken) = (102, 65, 2, 1);
    let mut wlan = row(30, "wifi-corp");
    wlan.names.push(("서울-wlan\u{1b}[31m".to_owned(), 1));
    wlan.native = 1;
    let mut mgmt = row(99, "mgmt");
    mgmt.blocked_ports = 2;
    vec![users, voice, wlan, mgmt, VlanRow { id: 4000, devices: 1, parts: 1, ..VlanRow::default() }]
}

fn device(name: &str, ports: usize) -> VlanDevice {
    let kinds = [
        VlanPort::Access { up: true },
        VlanPort::Access { up: false },
        VlanPort::Outside,
        VlanPort::Tagged { up: true },
        VlanPort::Native { up: true },
        VlanPort::Blocked,
        VlanPort::Tagged { up: false },
    ];
    VlanDevice {
        id: id(name),
        name: name.to_owned(),
        vlan_name: Some("voice".to_owned()),
        ports: kinds.into_iter().cycle().take(ports).collect(),
        untagged: "Gi1/0/1-12 Gi1/0/17".to_owned(),
        tagged: "Te1/1/1".to_owned(),
        faults: Vec::new(),
    }
}

/// As an engine would answer `request`.
pub fn view(request: &ViewRequest) -> VlansView {
    let rows = rows();
    let total = rows.len();
    let rows: Vec<VlanRow> = rows.into_iter().filter(|row| !request.faults_only || row.is_fault()).collect();
    let first = rows.first().map(|row| row.id);
    let vlan = if let MapLayer::Vlan(vlan) = request.map.layer { Some(vlan) } else { first };
    let mut devices = vec![device("acc-b2-07", 28), device("dist-3", 52), device("core-1", 40), device("서울-acc", 4)];
    if vlan == Some(20) {
        let fault = |port: &str, peer: &str, kind| VlanFault {
            port: port.to_owned(),
            peer: peer.to_owned(),
            peer_port: "Te1/0/9".to_owned(),
            kind,
        };
        devices[0].faults.push(fault("Te1/1/1", "dist-3", VlanFaultKind::Lacks));
        devices[1].faults.push(fault("Te1/0/9", "acc-b2-07", VlanFaultKind::PeerLacks));
        devices[1].faults.push(fault("Te1/0/1", "core-1", VlanFaultKind::Native));
    }
    let devices_total = devices.len();
    VlansView { table: Table { matched: rows.len(), total, offset: 0, rows }, vlan, devices, devices_total }
}

#[test]
fn the_list_and_the_matrix() {
    for (name, size, glyphs, keys) in [
        ("broken-120x36", (120, 36), GlyphSet::Unicode, "j Tab j"),
        ("broken-80x24", (80, 24), GlyphSet::Unicode, "j Tab"),
        ("broken-80x24-ascii", (80, 24), GlyphSet::Ascii, "j Tab"),
        ("matrix-40x12", (40, 12), GlyphSet::Unicode, "j Enter"),
        ("faults-80x24", (80, 24), GlyphSet::Unicode, "!"),
    ] {
        let text = shot::text(&drawn(state(Screen::Vlans, size, glyphs), keys));
        insta::assert_snapshot!(format!("vlans-{name}"), text);
    }
}

#[test]
fn the_matrix_follows_the_cursor() {
    let text = shot::text(&drawn(state(Screen::Vlans, (120, 36), GlyphSet::Unicode), "j j j"));
    assert!(text.contains("VLAN 99 mgmt"), "{text}");
}

#[test]
fn enter_opens_the_device_and_the_map_shows_the_layer() {
    let text = shot::text(&drawn(state(Screen::Vlans, (120, 36), GlyphSet::Unicode), "j Tab Enter"));
    assert!(text.contains("acc-b2-07") && text.lines().next().is_some_and(|line| line.contains("acc-b2-07")), "{text}");
    let text = shot::text(&drawn(state(Screen::Vlans, (120, 36), GlyphSet::Unicode), "j T"));
    assert!(text.contains("VLAN 20") && text.contains("core-1"), "{text}");
}
