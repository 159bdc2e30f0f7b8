//! Link resolution on small hand-made networks: each test is one rule.

mod beside;
mod infer;
mod random;

use super::*;
use crate::model::{ChassisId, Confirmed, Device, DeviceId, Interface, MacAddr, PortId, Timestamp};

fn mac(device: u8, port: u8) -> MacAddr {
    MacAddr([0, 0x1b, 0x54, device, 0, port])
}

/// A device with ports `Gi1`…, descriptions written out, aliases that people chose.
fn device(number: u8, ports: u8) -> Device {
    let mut device = Device::new(DeviceId::new(&format!("chassis:{}", mac(number, 0))), Timestamp(0));
    device.sys_name = Some(format!("sw-{number}.example.org"));
    device.chassis_id = Some(ChassisId::Mac(mac(number, 0)));
    device.addresses = vec![std::net::IpAddr::from([10, 0, 0, number])];
    for port in 1..=ports {
        let mut interface = Interface::new(IfIndex(u32::from(port)));
        interface.if_name = Some(format!("Gi{port}"));
        interface.if_descr = Some(format!("GigabitEthernet{port}"));
        interface.if_alias = Some(format!("Gi{}", port + 1));
        interface.mac = Some(mac(number, port));
        interface.speed_bps = Some(1_000_000_000);
        device.interfaces.push(interface);
    }
    device
}

fn row(port: u32, change: impl FnOnce(&mut NeighbourRow)) -> NeighbourRow {
    let mut row = NeighbourRow::new(Evidence::Lldp);
    row.local_if_index = Some(IfIndex(port));
    change(&mut row);
    row
}

/// A row that hears `far` at its port by chassis id and ifName.
fn hears(port: u32, far: &Device, far_port: u32) -> NeighbourRow {
    row(port, |row| {
        row.chassis_id = far.chassis_id.clone();
        row.port_id = Some(PortId::Name(format!("Gi{far_port}")));
    })
}

fn known(devices: &[Device]) -> Vec<Known> {
    devices.iter().cloned().map(|device| Known::of(Arc::new(device))).collect()
}

/// The links in words: ends, evidence, who confirms, confidence.
fn links(devices: &[Device], manual: &[ManualLink]) -> Vec<String> {
    words(&known(devices), manual)
}

fn words(devices: &[Known], manual: &[ManualLink]) -> Vec<String> {
    let name = |id: &DeviceId| {
        let device = devices.iter().map(|known| &known.device).find(|device| device.id == *id);
        let known = device.and_then(|device| device.sys_name.as_deref());
        known.map_or(id.as_str(), |name| name.split('.').next().unwrap_or(name)).to_owned()
    };
    let found = resolve(devices, manual);
    let words = |link: &Arc<Link>| {
        let [a, b] = [&link.a, &link.b].map(|end| format!("{} {}", name(&end.device), end.port.as_deref().unwrap_or("-")));
        let said: Vec<&str> = link.evidence.iter().map(|evidence| evidence.word()).collect();
        let by = if link.confirmed_by == Confirmed::Both { "both" } else { "one" };
        format!("{a} = {b} {} {by} {:.2}", said.join("+"), link.confidence)
    };
    found.links.iter().map(words).collect()
}

#[test]
fn both_ends_make_one_link() {
    let (mut a, mut b) = (device(1, 2), device(2, 2));
    a.neighbours.push(hears(1, &b, 2));
    b.neighbours.push(hears(2, &a, 1));
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi2 lldp both 1.00"]);
}

#[test]
fn what_one_end_says_is_a_link_too() {
    let (mut a, b) = (device(1, 2), device(2, 2));
    a.neighbours.push(hears(1, &b, 2));
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi2 lldp one 0.90"]);
}

#[test]
fn parallel_links_stand_apart_even_where_the_far_ports_are_not_told() {
    let (mut a, mut b) = (device(1, 3), device(2, 3));
    for port in [1, 2] {
        a.neighbours.push(row(port, |row| row.chassis_id = b.chassis_id.clone()));
        b.neighbours.push(row(port + 1, |row| row.chassis_id = a.chassis_id.clone()));
    }
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi2 lldp both 0.60", "sw-1 Gi2 = sw-2 Gi3 lldp both 0.60"]);
}

#[test]
fn a_name_stands_before_an_alias_that_somebody_wrote() {
    let (mut a, b) = (device(1, 2), device(2, 3));
    for (port, id) in [(1, PortId::Alias("Gi2".to_owned())), (2, PortId::Text("Gi3".to_owned()))] {
        a.neighbours.push(row(port, |row| {
            row.chassis_id = b.chassis_id.clone();
            row.port_id = Some(id);
        }));
    }
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi2 lldp one 0.90", "sw-1 Gi2 = sw-2 Gi3 lldp one 0.90"]);
}

#[test]
fn far_ports_are_found_by_every_way_of_saying_them() {
    let b = device(2, 3);
    for (id, descr) in [
        (Some(PortId::Name("Gi3".to_owned())), None),
        (Some(PortId::Text("3".to_owned())), None),
        (Some(PortId::Text("gigabitethernet3".to_owned())), None),
        (Some(PortId::Name("Gig3".to_owned())), None),
        (Some(PortId::Mac(mac(2, 3))), None),
        (Some(PortId::Mac(mac(9, 9))), Some("GigabitEthernet3")),
        (None, Some("Gi3")),
    ] {
        let mut a = device(1, 1);
        a.neighbours.push(row(1, |row| {
            row.chassis_id = b.chassis_id.clone();
            row.port_id = id.clone();
            row.port_descr = descr.map(str::to_owned);
        }));
        assert_eq!(links(&[a, b.clone()], &[]), ["sw-1 Gi1 = sw-2 Gi3 lldp one 0.90"], "{id:?} {descr:?}");
    }
}

#[test]
fn devices_are_recognised_from_strong_marks_to_weak() {
    let b = device(2, 1);
    let check = |change: &dyn Fn(&mut NeighbourRow), confidence: &str| {
        let mut a = device(1, 1);
        a.neighbours.push(row(1, |row| {
            row.port_id = Some(PortId::Name("Gi1".to_owned()));
            change(row);
        }));
        assert_eq!(links(&[a, b.clone()], &[]), [format!("sw-1 Gi1 = sw-2 Gi1 lldp one {confidence}")]);
    };
    check(&|row| row.chassis_id = Some(ChassisId::Mac(mac(2, 0))), "0.90");
    check(&|row| row.chassis_id = Some(ChassisId::Mac(mac(2, 1))), "0.90");
    check(&|row| row.chassis_id = Some(ChassisId::Address([10, 0, 0, 2].into())), "0.90");
    check(&|row| row.sys_name = Some("SW-2".to_owned()), "0.81");
    check(&|row| row.chassis_id = Some(ChassisId::Text("sw-2.example.org(FOC123)".to_owned())), "0.81");
    check(&|row| row.addresses = vec![[10, 0, 0, 2].into()], "0.81");
}

#[test]
fn a_name_that_two_devices_share_recognises_none() {
    let (mut a, mut b, mut c) = (device(1, 1), device(2, 1), device(3, 1));
    b.sys_name = Some("switch".to_owned());
    c.sys_name = Some("switch".to_owned());
    a.neighbours.push(row(1, |row| row.sys_name = Some("switch".to_owned())));
    let found = links(&[a, b, c], &[]);
    assert_eq!(found, ["sw-1 Gi1 = neighbour:switch - lldp one 0.90"]);
}

#[test]
fn a_device_that_hears_itself_has_no_link() {
    let mut a = device(1, 2);
    a.neighbours.push(hears(1, &a.clone(), 2));
    assert!(links(&[a], &[]).is_empty());
}

#[test]
fn lldp_and_cdp_on_one_port_are_one_link() {
    let (mut a, b) = (device(1, 1), device(2, 1));
    a.neighbours.push(hears(1, &b, 1));
    a.neighbours.push(row(1, |row| {
        row.protocol = Evidence::Cdp;
        row.chassis_id = Some(ChassisId::Text("sw-2".to_owned()));
        row.port_id = Some(PortId::Name("GigabitEthernet1".to_owned()));
    }));
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi1 lldp+cdp one 0.90"]);
}

#[test]
fn a_neighbour_without_an_inventory_is_kept_under_its_strongest_mark() {
    let mut a = device(1, 2);
    a.neighbours.push(row(1, |row| {
        row.chassis_id = Some(ChassisId::Mac(mac(7, 7)));
        row.sys_name = Some("phone-17".to_owned());
        row.port_id = Some(PortId::Text("port 1".to_owned()));
        row.capabilities = vec!["telephone".to_owned(), "bridge".to_owned()];
    }));
    a.neighbours.push(row(1, |row| {
        row.protocol = Evidence::Cdp;
        row.chassis_id = Some(ChassisId::Text("Phone-17".to_owned()));
        row.addresses = vec![[10, 0, 0, 77].into()];
    }));
    a.neighbours.push(row(2, |_| {}));
    let found = resolve(&known(&[a.clone()]), &[]);
    let [only] = found.neighbours.as_slice() else { panic!("{:?}", found.neighbours) };
    assert_eq!(
        (only.id.as_str(), only.name.as_deref(), only.addresses.len()),
        ("neighbour:00:1b:54:07:00:07", Some("phone-17"), 1)
    );
    assert_eq!(links(&[a], &[]), ["sw-1 Gi1 = neighbour:00:1b:54:07:00:07 port 1 lldp+cdp one 0.90"]);
}

#[test]
fn members_name_their_aggregate_and_a_port_id_that_names_it_says_nothing() {
    let (mut a, mut b) = (device(1, 3), device(2, 3));
    for device in [&mut a, &mut b] {
        device.interfaces[2].if_name = Some("Po1".to_owned());
        for member in 0..2 {
            device.interfaces[member].aggregate = Some(IfIndex(3));
            device.interfaces[member].stp_state = Some("forwarding".to_owned());
        }
    }
    for port in [1, 2] {
        for (near, far) in [(&mut a, b.chassis_id.clone()), (&mut b, Some(ChassisId::Mac(mac(1, 0))))] {
            near.neighbours.push(row(port, |row| {
                row.chassis_id = far;
                row.port_id = Some(PortId::Name("Po1".to_owned()));
            }));
        }
    }
    b.interfaces[1].stp_state = Some("blocking".to_owned());
    b.interfaces[1].speed_bps = Some(100_000_000);
    let found = resolve(&known(&[a.clone(), b.clone()]), &[]);
    let told: Vec<_> = found.links.iter().map(|link| (link.aggregate.as_deref(), link.stp_blocked, link.speed_bps)).collect();
    assert_eq!(told, [(Some("Po1"), Some(false), Some(1_000_000_000)), (Some("Po1"), Some(true), Some(100_000_000))]);
    assert_eq!(links(&[a, b], &[]).len(), 2);
}

#[test]
fn what_the_operator_wrote_overrules_what_was_heard() {
    let (mut a, b, c) = (device(1, 2), device(2, 2), device(3, 2));
    a.neighbours.push(hears(1, &b, 1));
    a.neighbours.push(hears(2, &b, 2));
    let end = |device: &str, port: &str| (device.to_owned(), port.to_owned());
    let manual = [
        ManualLink { a: end("sw-3", "Gi2"), b: end("sw-1.example.org", "Gi1") },
        ManualLink { a: end("sw-3", "Gi9"), b: end("sw-1", "Gi2") },
    ];
    let all = [a, b, c];
    assert_eq!(links(&all, &manual), ["sw-1 Gi1 = sw-3 Gi2 manual one 1.00", "sw-1 Gi2 = sw-2 Gi2 lldp one 0.90"]);
    assert_eq!(resolve(&known(&all), &manual).unknown_manual, [1]);
}

#[test]
fn a_wrong_far_port_gives_way_to_what_the_far_device_says_of_itself() {
    let (mut a, mut b) = (device(1, 2), device(2, 3));
    a.neighbours.push(hears(1, &b, 3));
    b.neighbours.push(hears(2, &a, 1));
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi2 lldp both 0.80"]);
}

#[test]
fn a_neighbour_is_called_by_its_best_name() {
    let mut a = device(1, 2);
    for (port, id, name) in [(1, "\u{ac}\u{16}\u{bf}", None), (1, "switch2", None), (2, "switch2", Some("switch2.example.org"))] {
        a.neighbours.push(row(port, |row| {
            row.protocol = Evidence::Cdp;
            row.chassis_id = Some(ChassisId::Text(id.to_owned()));
            row.sys_name = name.map(str::to_owned);
            row.addresses = vec![[10, 9, 9, 9].into()];
        }));
    }
    a.neighbours.push(row(2, |row| {
        row.chassis_id = Some(ChassisId::Mac(mac(9, 9)));
        row.addresses = vec![[10, 9, 9, 9].into()];
    }));
    let name = |a: &Device| resolve(&known(std::slice::from_ref(a)), &[]).neighbours.first().and_then(|found| found.name.clone());
    assert_eq!(name(&a).as_deref(), Some("switch2.example.org"));
    a.neighbours.remove(2);
    assert_eq!(name(&a).as_deref(), Some("switch2"));
}
