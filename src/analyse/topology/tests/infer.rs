//! Forwarding tables speak where neighbour protocols are silent, and are not believed where they could be wrong.

use super::*;
use crate::model::{ArpRow, FdbRow, Sightings};

/// A switch's table: which device's port (`(0, x)`: a stranger) is seen on which of its ports.
fn switch(number: u8, seen: &[(u32, (u8, u8))]) -> Known {
    let mut device = device(number, 4);
    for port in &mut device.interfaces {
        port.if_type = Some(6);
    }
    let row =
        |(port, (device, of)): &(u32, (u8, u8))| FdbRow { mac: mac(*device, *of), if_index: Some(IfIndex(*port)), vlan: None };
    let mut fdb: Vec<FdbRow> = seen.iter().map(row).collect();
    fdb.sort_unstable();
    Known { device: Arc::new(device), sightings: Some(Arc::new(Sightings { fdb: Some(fdb), arp: None })) }
}

fn host(number: u8) -> Known {
    let mut device = device(number, 1);
    device.interfaces[0].if_type = Some(6);
    Known::of(Arc::new(device))
}

fn with_arp(mut known: Known, port: u32, of: &[u8]) -> Known {
    let row = |number: &u8| ArpRow { address: [10, 0, 0, *number].into(), mac: mac(*number, 1), if_index: Some(IfIndex(port)) };
    let fdb = known.sightings.as_ref().and_then(|sightings| sightings.fdb.clone());
    known.sightings = Some(Arc::new(Sightings { fdb, arp: Some(of.iter().map(row).collect()) }));
    known
}

fn changed(known: Known, change: impl FnOnce(&mut Device)) -> Known {
    let mut device = (*known.device).clone();
    change(&mut device);
    Known { device: Arc::new(device), sightings: known.sightings }
}

fn check(devices: &[Known], wanted: &[&str]) {
    assert_eq!(words(devices, &[]), wanted);
}

#[test]
fn bridges_that_see_each_other_are_joined() {
    check(
        &[switch(1, &[(1, (2, 1)), (2, (0, 1))]), switch(2, &[(3, (1, 1)), (3, (0, 1))])],
        &["sw-1 Gi1 = sw-2 Gi3 fdb both 0.60"],
    );
    // What one alone sees could be anywhere beyond.
    check(&[switch(1, &[(1, (2, 1))]), switch(2, &[(3, (0, 1))])], &[]);
    // What both see on these ports is between them.
    check(&[switch(1, &[(1, (2, 1)), (1, (0, 1))]), switch(2, &[(3, (1, 1)), (3, (0, 1))])], &[]);
    // One of several ports: nobody knows which.
    check(&[switch(1, &[(1, (2, 1)), (2, (2, 2))]), switch(2, &[(3, (1, 1))])], &[]);
}

#[test]
fn a_chain_of_bridges_is_joined_link_by_link() {
    let chain =
        [switch(1, &[(2, (2, 1)), (2, (3, 1))]), switch(2, &[(1, (1, 1)), (2, (3, 1))]), switch(3, &[(1, (1, 1)), (1, (2, 1))])];
    check(&chain, &["sw-1 Gi2 = sw-2 Gi1 fdb both 0.60", "sw-2 Gi2 = sw-3 Gi1 fdb both 0.60"]);
    // The one in the middle was not seen by the others, but sees them on two ports.
    let chain = [switch(1, &[(2, (3, 1))]), switch(2, &[(1, (1, 1)), (2, (3, 1))]), switch(3, &[(1, (1, 1))])];
    check(&chain, &[]);
}

#[test]
fn three_bridges_on_one_segment_are_no_pairs() {
    let hub =
        [switch(1, &[(1, (2, 1)), (1, (3, 1))]), switch(2, &[(1, (1, 1)), (1, (3, 1))]), switch(3, &[(1, (1, 1)), (1, (2, 1))])];
    check(&hub, &[]);
}

#[test]
fn a_known_device_that_the_other_bridge_does_not_see_is_between_the_two() {
    check(&[switch(1, &[(1, (2, 1)), (1, (3, 1))]), switch(2, &[(3, (1, 1))]), host(3)], &[]);
    let links = ["sw-1 Gi1 = sw-2 Gi3 fdb both 0.60", "sw-2 Gi4 = sw-3 Gi1 fdb one 0.50"];
    check(&[switch(1, &[(1, (2, 1)), (1, (3, 1))]), switch(2, &[(3, (1, 1)), (4, (3, 1))]), host(3)], &links);
}

#[test]
fn a_device_alone_on_a_port_is_attached_there() {
    check(&[switch(1, &[(1, (2, 1)), (2, (0, 1))]), host(2)], &["sw-1 Gi1 = sw-2 Gi1 fdb one 0.50"]);
    check(&[with_arp(switch(1, &[(1, (2, 1))]), 1, &[2]), host(2)], &["sw-1 Gi1 = sw-2 Gi1 fdb+arp one 0.60"]);
    // Not alone: a shared segment.
    check(&[switch(1, &[(1, (2, 1)), (1, (0, 1))]), host(2)], &[]);
    // Seen by two that are silent: nobody knows whose.
    check(&[switch(1, &[(1, (2, 1))]), switch(3, &[(1, (2, 1))]), host(2)], &[]);
}

#[test]
fn a_gateway_that_reaches_devices_elsewhere_is_not_attached_where_it_is_seen() {
    check(&[switch(1, &[(1, (2, 1))]), with_arp(host(2), 1, &[1]), host(3)], &["sw-1 Gi1 = sw-2 Gi1 fdb+arp one 0.60"]);
    check(&[switch(1, &[(1, (2, 1))]), with_arp(host(2), 1, &[1, 3]), host(3)], &[]);
}

#[test]
fn a_neighbour_protocol_is_never_contradicted() {
    let hears = |port: u32, far: u8| {
        move |device: &mut Device| {
            device.neighbours.push(row(port, |row| row.chassis_id = Some(ChassisId::Mac(mac(far, 0)))));
        }
    };
    let stranger = "neighbour:00:1b:54:08:00:00";
    // On the switch's port, on the device's port.
    check(&[changed(switch(1, &[(1, (2, 1))]), hears(1, 8)), host(2)], &[&format!("sw-1 Gi1 = {stranger} - lldp one 0.90")]);
    check(&[switch(1, &[(1, (2, 1))]), changed(host(2), hears(1, 8))], &[&format!("sw-2 Gi1 = {stranger} - lldp one 0.90")]);
    // The same two devices are linked already, though nobody said by what port.
    check(&[switch(1, &[(1, (2, 1))]), changed(host(2), hears(9, 1))], &["sw-1 - = sw-2 - lldp one 0.70"]);
}

#[test]
fn an_uplink_that_has_a_link_says_nothing_of_what_is_beyond() {
    let up = |device: &mut Device| device.neighbours.push(row(4, |row| row.chassis_id = Some(ChassisId::Mac(mac(9, 0)))));
    let links = ["sw-1 Gi1 = sw-2 Gi1 fdb one 0.50", "sw-3 Gi4 = neighbour:00:1b:54:09:00:00 - lldp one 0.90"];
    check(&[switch(1, &[(1, (2, 1))]), changed(switch(3, &[(4, (2, 1))]), up), host(2)], &links);
}

#[test]
fn members_count_as_their_aggregate() {
    let bundle = |device: &mut Device| {
        device.interfaces[3].if_name = Some("Po1".to_owned());
        device.interfaces[3].if_type = Some(161);
        device.interfaces[0].aggregate = Some(IfIndex(4));
        device.interfaces[1].aggregate = Some(IfIndex(4));
    };
    let one = changed(switch(1, &[(1, (2, 1)), (2, (2, 2))]), bundle);
    check(&[one.clone(), switch(2, &[(3, (1, 1))])], &["sw-1 Po1 = sw-2 Gi3 fdb both 0.60"]);
    // A link of one member makes a link of the aggregate.
    let told = changed(one, |device| device.neighbours.push(row(1, |row| row.chassis_id = Some(ChassisId::Mac(mac(8, 0))))));
    check(&[told, switch(2, &[(3, (1, 1))])], &["sw-1 Gi1 = neighbour:00:1b:54:08:00:00 - lldp one 0.90"]);
}

#[test]
fn virtual_router_addresses_are_nobodys() {
    let vrrp = MacAddr([0, 0, 0x5e, 0, 1, 10]);
    let router = changed(host(2), |device| device.interfaces[0].mac = Some(vrrp));
    let row = FdbRow { mac: vrrp, if_index: Some(IfIndex(1)), vlan: None };
    let mut one = switch(1, &[]);
    one.sightings = Some(Arc::new(Sightings { fdb: Some(vec![row]), arp: None }));
    check(&[one, router], &[]);
}

#[test]
fn a_device_whose_port_is_not_told_is_attached_only_if_nothing_else_is_known_of_it() {
    let bonded = |device: &mut Device| {
        device.interfaces.push(Interface { if_index: IfIndex(2), ..device.interfaces[0].clone() });
    };
    check(&[switch(1, &[(1, (2, 1))]), changed(host(2), bonded)], &["sw-1 Gi1 = sw-2 - fdb one 0.50"]);
    let hearing = changed(changed(host(2), bonded), |device| {
        device.neighbours.push(row(2, |row| row.chassis_id = Some(ChassisId::Mac(mac(8, 0)))));
    });
    check(&[switch(1, &[(1, (2, 1))]), hearing], &["sw-2 Gi1 = neighbour:00:1b:54:08:00:00 - lldp one 0.90"]);
}
