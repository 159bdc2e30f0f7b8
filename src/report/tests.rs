//! Every format of one small network whose names attack the terminal, the shell's quoting and the markup.

use super::topology::{TopologyFormat, TopologyRows, write_topology};
use crate::model::inventory::{Problem, Reason};
use crate::model::text::is_control;
use crate::model::topology::{Summary, Topology};
use crate::model::wireless::key_of;
use crate::model::{
    AccessPoint, AdminStatus, ApStatus, Confirmed, Device, DeviceId, Endpoint, Evidence, IfIndex, Interface, Link, LinkEnd,
    Neighbour, OperStatus, Radio, Role, SnmpAccess, SnmpVersion, Ssid, Timestamp, WifiBand, WirelessReading,
};
use serde_json::Value;
use std::sync::Arc;

const HOSTILE: &str = "dist\u{1b}]0;x\u{7} \"q\" <b>&|`#\\ \u{202e}b\n\u{9b}31m";

fn device(number: u8, name: Option<&str>, role: Role) -> Device {
    let mut device =
        Device::new(DeviceId::new(&format!("chassis:00:1b:54:aa:bb:{number:02x}")), Timestamp::from_secs(1_795_348_800));
    device.sys_name = name.map(str::to_owned);
    device.role = role;
    device.addresses = vec![format!("10.0.0.{number}").parse().unwrap()];
    device.snmp = Some(SnmpAccess {
        address: format!("10.0.0.{number}:161").parse().unwrap(),
        version: SnmpVersion::V2c,
        credential: "campus".to_owned(),
        partial: false,
    });
    for port in 1..=2 {
        let mut interface = Interface::new(IfIndex(port));
        interface.if_name = Some(format!("Te1/0/{port}"));
        interface.speed_bps = Some(10_000_000_000);
        interface.admin_status = Some(AdminStatus::Up);
        interface.oper_status = Some(OperStatus::LowerLayerDown);
        device.interfaces.push(interface);
    }
    device
}

fn end(id: &str, port: Option<(u32, &str)>) -> LinkEnd {
    LinkEnd {
        device: DeviceId::new(id),
        if_index: port.map(|(index, _)| IfIndex(index)),
        port: port.map(|(_, name)| name.to_owned()),
    }
}

fn link(a: LinkEnd, b: LinkEnd) -> Arc<Link> {
    Arc::new(Link {
        confirmed_by: Confirmed::Both,
        confidence: 0.9,
        speed_bps: Some(10_000_000_000),
        ..Link::between(a, b, vec![Evidence::Lldp, Evidence::Cdp])
    })
}

/// Two access points: one that is a device, and one that its controller names by a text and of which no radio is told.
fn wireless() -> WirelessReading {
    let radio = Radio {
        slot: 1,
        band: Some(WifiBand::Ghz5),
        channel: Some(36),
        clients: Some(9),
        utilisation_percent: Some(31.0),
        noise_dbm: Some(-95.0),
        ..Radio::default()
    };
    let known = AccessPoint {
        key: "02:00:00:00:00:10".parse().unwrap(),
        name: "ap-1".to_owned(),
        address: Some("10.0.0.9".parse().unwrap()),
        status: ApStatus::Up,
        radios: vec![radio],
        ..AccessPoint::default()
    };
    let named = AccessPoint { key: key_of("FP1"), name: HOSTILE.to_owned(), ..AccessPoint::default() };
    let mut reading = WirelessReading::new(DeviceId::new("x"), Timestamp::from_secs(1_795_348_800));
    reading.access_points = vec![known, named];
    reading.ssids = vec![Ssid { name: "corp".to_owned(), clients: Some(12), ..Ssid::default() }];
    reading
}

/// Two cores, two switches in a ring with them, a phone that only LLDP speaks of, and a device on its own; out of order.
fn network() -> Topology {
    let id = |number: u8| format!("chassis:00:1b:54:aa:bb:{number:02x}");
    let phone = "neighbour:phone";
    let mut blocked = Arc::unwrap_or_clone(link(end(&id(2), Some((2, "Te1/0/2"))), end(&id(4), Some((2, "Te1/0/2")))));
    blocked.stp_blocked = Some(true);
    let mut devices = vec![
        device(4, Some("acc-회의실"), Role::Switch),
        device(1, Some("core-1"), Role::Switch),
        device(3, Some(HOSTILE), Role::Switch),
        device(2, Some("core-2"), Role::Switch),
        device(9, None, Role::Unknown),
    ];
    devices[1].started_at = Some(Timestamp::from_secs(1_795_348_800 - 3600));
    Topology {
        taken_at: Timestamp::from_secs(1_795_348_800),
        devices: devices.into_iter().map(Arc::new).collect(),
        neighbours: vec![Arc::new(Neighbour {
            id: DeviceId::new(phone),
            name: Some("phone-17".to_owned()),
            addresses: vec![],
            mac: None,
            description: None,
            capabilities: vec!["telephone".to_owned()],
        })],
        links: vec![
            link(end(&id(4), Some((1, "Te1/0/1"))), end(phone, None)),
            link(end(&id(1), Some((1, "Te1/0/1"))), end(&id(2), Some((1, "Te1/0/1")))),
            link(end(&id(1), Some((2, "Te1/0/2"))), end(&id(3), Some((1, "a|b\"")))),
            link(end(&id(2), Some((1, "Te1/0/1"))), end(&id(3), Some((2, "Te1/0/2")))),
            Arc::new(blocked),
        ],
        endpoints: vec![Endpoint {
            mac: "aa:aa:aa:00:00:01".parse().unwrap(),
            addresses: vec!["10.0.9.40".parse().unwrap(), "10.0.9.4".parse().unwrap()],
            device: DeviceId::new(&id(4)),
            if_index: Some(IfIndex(2)),
            vlan: Some(10),
            confidence: 0.95,
            first_seen: Timestamp::from_secs(0),
            last_seen: Timestamp::from_secs(0),
        }],
        wireless: [(DeviceId::new(&id(1)), Arc::new(wireless()))].into(),
        problems: vec![Problem { target: "10.0.0.9:161".to_owned(), reason: Reason::Partial, detail: "no ifTable".to_owned() }],
        summary: Summary { asked: 8, answered: 5, silent: 3, seconds: 1.234_567 },
    }
}

fn written(format: TopologyFormat, rows: TopologyRows) -> String {
    let mut out = Vec::new();
    write_topology(format, &network(), rows, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn json_follows_the_contract() {
    let text = written(TopologyFormat::Json, TopologyRows::Devices);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema"], "noctop.topology/1");
    assert_eq!(document["devices"][2]["sysName"], HOSTILE, "json carries the text as it is");
    assert_eq!(document["devices"][1]["uptimeSeconds"], Value::Null);
    assert_eq!(document["problems"][0]["device"], document["devices"][4]["id"]);
    let wireless = &document["devices"][0]["wireless"];
    assert_eq!((&wireless["clients"], &wireless["ssids"][0]["name"]), (&12.into(), &"corp".into()));
    let [known, named] = [0, 1].map(|at| &wireless["accessPoints"][at]);
    assert_eq!((&known["device"], &known["clients"]), (&document["devices"][4]["id"], &9.into()));
    assert_eq!((&named["mac"], &named["clients"], &named["status"]), (&Value::Null, &Value::Null, &"unknown".into()));
    assert_eq!(document["links"][4]["b"]["ifIndex"], Value::Null);
    insta::assert_snapshot!(text);
}

#[test]
fn the_order_does_not_depend_on_the_order_of_arrival() {
    let mut shuffled = network();
    shuffled.devices.reverse();
    shuffled.links.rotate_left(2);
    for format in
        [TopologyFormat::Json, TopologyFormat::Tree, TopologyFormat::Dot, TopologyFormat::Mermaid, TopologyFormat::Graphml]
    {
        let mut out = Vec::new();
        write_topology(format, &shuffled, TopologyRows::Devices, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), written(format, TopologyRows::Devices), "{format:?}");
    }
}

#[test]
fn ndjson_says_the_type_of_each_line() {
    let text = written(TopologyFormat::Ndjson, TopologyRows::Devices);
    let kinds: Vec<String> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds.join(" "), "device device device device device neighbour link link link link link endpoint problem summary");
}

#[test]
fn no_format_lets_a_control_character_out() {
    use TopologyFormat::{Csv, Dot, Graphml, Json, Mermaid, Ndjson, Table, Tree};
    for format in [Table, Json, Ndjson, Csv, Tree, Dot, Mermaid, Graphml] {
        let text = written(format, TopologyRows::Devices);
        let escaped = text.chars().find(|c| is_control(*c) && !matches!(c, '\n' | '\r'));
        assert_eq!(escaped, None, "{format:?}");
    }
}

#[test]
fn csv_has_as_many_fields_in_every_row_as_in_its_header() {
    use TopologyRows::{Devices, Endpoints, Interfaces, Links, Neighbours, Problems};
    for (rows, count) in [(Devices, 5), (Links, 5), (Interfaces, 10), (Neighbours, 1), (Endpoints, 1), (Problems, 1)] {
        let text = written(TopologyFormat::Csv, rows);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.records().map(Result::unwrap).count(), count, "{rows:?}");
        assert!(text.ends_with("\r\n"));
    }
    insta::assert_snapshot!(written(TopologyFormat::Csv, Links).replace('\r', ""));
}

#[test]
fn tables_and_the_tree_read_well() {
    insta::assert_snapshot!(written(TopologyFormat::Table, TopologyRows::Devices));
    insta::assert_snapshot!(written(TopologyFormat::Table, TopologyRows::Links));
    insta::assert_snapshot!(written(TopologyFormat::Tree, TopologyRows::Devices));
    insta::assert_snapshot!(written(TopologyFormat::Table, TopologyRows::Endpoints));
}

#[test]
fn every_device_stands_in_the_tree_once() {
    let tree = written(TopologyFormat::Tree, TopologyRows::Devices);
    for name in ["core-1", "core-2", "acc-회의실", "phone-17", "10.0.0.9"] {
        assert_eq!(tree.lines().filter(|line| line.contains(name) && !line.contains("~>")).count(), 1, "{name}");
    }
    assert_eq!(tree.matches("~>").count(), 2, "one link that is not in the tree, seen from both its ends");
}

/// Quotes are balanced, with escapes, and what is between statements is DOT's own.
#[test]
fn dot_quotes_what_it_is_given() {
    let text = written(TopologyFormat::Dot, TopologyRows::Devices);
    for line in text.lines() {
        let mut outside = String::new();
        let (mut quoted, mut chars) = (false, line.chars());
        while let Some(c) = chars.next() {
            match c {
                '\\' if quoted => assert!(chars.next().is_some(), "{line}"),
                '"' => quoted = !quoted,
                c if !quoted => outside.push(c),
                _ => {}
            }
        }
        assert!(!quoted, "{line}");
        assert!(outside.chars().all(|c| c.is_ascii_alphanumeric() || " {}[];=,-".contains(c)), "{line}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn mermaid_labels_hold_nothing_that_it_acts_upon() {
    let text = written(TopologyFormat::Mermaid, TopologyRows::Devices);
    for line in text.lines().skip(1) {
        let quotes = line.matches('"').count();
        assert!(quotes == 0 || quotes == 2, "{line}");
        let label = line.split('"').nth(1).unwrap_or("");
        assert!(!label.contains(['<', '>', '&', '`', '|']), "{line}");
    }
    insta::assert_snapshot!(text);
}

/// Tags open and close in order, and no text holds a bare `<` or `&`.
#[test]
fn graphml_is_well_formed() {
    let text = written(TopologyFormat::Graphml, TopologyRows::Devices);
    let mut open = Vec::new();
    for piece in text.split('<').skip(1) {
        let (tag, content) = piece.split_once('>').unwrap();
        assert!(content.split('&').skip(1).all(|entity| {
            entity.split_once(';').is_some_and(|(name, _)| ["amp", "lt", "gt", "quot", "apos"].contains(&name))
        }));
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.starts_with('?') || tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty());
    insta::assert_snapshot!(text);
}
