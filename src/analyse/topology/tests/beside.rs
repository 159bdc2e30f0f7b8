//! Spanning tree, LACP and routing protocols: evidence for links that stand, and links of their own where all else is silent.

use super::*;
use ipnet::IpNet;

/// A router: two ethernet ports, each in a network of its own with the other router's port of that number.
fn router(number: u8, prefix: u8) -> Device {
    let mut device = device(number, 3);
    for port in &mut device.interfaces {
        port.if_type = Some(6);
        let address = [10, 1, port.if_index.0 as u8, number];
        port.addresses = vec![IpNet::new(address.into(), prefix).unwrap()];
        device.addresses.push(address.into());
    }
    device
}

/// A routing adjacency at `port` with router `far`, which is known by its address there.
fn adjacency(protocol: Evidence, port: u32, far: u8) -> NeighbourRow {
    row(port, |row| {
        let address = [10, 1, port as u8, far].into();
        row.protocol = protocol;
        row.chassis_id = Some(ChassisId::Address([9, 9, 9, far].into()));
        row.port_id = Some(PortId::Address(address));
        row.addresses = vec![address];
    })
}

fn designated(port: u32, bridge: &Device, bridge_port: u32) -> NeighbourRow {
    row(port, |row| {
        row.protocol = Evidence::Stp;
        row.chassis_id = bridge.chassis_id.clone();
        row.port_id = Some(PortId::BridgePort(bridge_port));
    })
}

#[test]
fn a_routing_adjacency_adds_evidence_to_the_link_on_its_port() {
    let (mut a, mut b) = (router(1, 29), router(2, 29));
    for port in [1, 2] {
        a.neighbours.push(hears(port, &b, port));
        b.neighbours.push(hears(port, &a, port));
    }
    a.neighbours.push(adjacency(Evidence::Ospf, 1, 2));
    b.neighbours.push(adjacency(Evidence::Bgp, 2, 1));
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi1 lldp+ospf both 1.00", "sw-1 Gi2 = sw-2 Gi2 lldp+bgp both 1.00"]);
}

#[test]
fn a_peering_over_several_hops_is_of_the_two_devices_and_makes_no_link() {
    let (mut a, b) = (router(1, 30), router(2, 30));
    a.neighbours.push(row(1, |row| {
        row.protocol = Evidence::Bgp;
        row.local_if_index = None;
        row.addresses = vec![[10, 0, 0, 2].into()];
    }));
    assert!(links(&[a.clone(), b.clone()], &[]).is_empty());
    a.neighbours.push(hears(1, &b, 1));
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi1 lldp+bgp one 0.90"]);
}

#[test]
fn what_the_silent_end_says_besides_confirms_the_link() {
    let (mut a, mut b) = (device(1, 2), device(2, 2));
    a.interfaces[0].bridge_port = Some(7);
    a.neighbours.push(hears(1, &b, 2));
    b.neighbours.push(designated(2, &a, 7));
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi2 lldp+stp both 0.90"]);
}

#[test]
fn evidence_on_an_aggregate_or_a_subinterface_is_of_the_ports_below() {
    let (mut a, b) = (device(1, 4), device(2, 2));
    a.interfaces[2].if_name = Some("Po1".to_owned());
    a.interfaces[3].if_name = Some("Gi2.10".to_owned());
    a.interfaces[0].aggregate = Some(IfIndex(3));
    a.neighbours.extend([hears(1, &b, 1), hears(2, &b, 2)]);
    for (port, protocol) in [(3, Evidence::Lacp), (4, Evidence::Ospf)] {
        a.neighbours.push(row(port, |row| {
            row.protocol = protocol;
            row.chassis_id = b.chassis_id.clone();
            row.addresses = vec![[10, 0, 0, 2].into()];
        }));
    }
    assert_eq!(links(&[a, b], &[]), ["sw-1 Gi1 = sw-2 Gi1 lldp+lacp one 0.90", "sw-1 Gi2 = sw-2 Gi2 lldp+ospf one 0.90"]);
}

/// Two routers that are adjacent on port 1, changed, and the links.
fn check_adjacency(prefix: u8, change: impl FnOnce(&mut Device, &mut Device), wanted: &[&str]) {
    let (mut a, mut b) = (router(1, prefix), router(2, prefix));
    a.neighbours.push(adjacency(Evidence::Ospf, 1, 2));
    b.neighbours.push(adjacency(Evidence::Ospf, 1, 1));
    change(&mut a, &mut b);
    assert_eq!(links(&[a, b], &[]), wanted);
}

#[test]
fn a_routing_adjacency_makes_a_link_only_on_a_silent_wire_between_two() {
    const LINK: &[&str] = &["sw-1 Gi1 = sw-2 Gi1 ospf both 0.60"];
    check_adjacency(30, |_, _| {}, LINK);
    check_adjacency(31, |_, _| {}, &[]); // 10.1.1.1/31 and 10.1.1.2/31 are two networks.
    check_adjacency(24, |_, _| {}, LINK);
    check_adjacency(30, |_, b| b.neighbours.clear(), &["sw-1 Gi1 = sw-2 Gi1 ospf one 0.60"]);
    // A VLAN interface, a loopback, a tunnel, a port of unknown kind, a port of a bridge.
    for if_type in [Some(136), Some(53), Some(24), Some(131), None] {
        check_adjacency(30, |_, b| b.interfaces[0].if_type = if_type, &[]);
    }
    check_adjacency(30, |a, _| a.interfaces[0].bridge_port = Some(1), &[]);
    // Another peer on the same port: a shared network.
    check_adjacency(24, |a, _| a.neighbours.push(adjacency(Evidence::Ospf, 1, 3)), &[]);
}

#[test]
fn a_port_on_which_a_neighbour_protocol_speaks_gets_no_link_by_routing() {
    check_adjacency(
        30,
        |a, _| a.neighbours.push(row(1, |row| row.chassis_id = Some(ChassisId::Mac(mac(7, 7))))),
        &["sw-1 Gi1 = neighbour:00:1b:54:07:00:07 - lldp one 0.90"],
    );
}

#[test]
fn a_third_device_in_the_network_makes_it_a_shared_one() {
    let (mut a, mut b, c) = (router(1, 24), router(2, 24), router(3, 24));
    a.neighbours.push(adjacency(Evidence::Ospf, 1, 2));
    b.neighbours.push(adjacency(Evidence::Ospf, 1, 1));
    assert!(links(&[a, b, c], &[]).is_empty());
}

#[test]
fn an_unknown_routing_peer_is_a_neighbour_unless_somebody_named_it() {
    let check = |change: &dyn Fn(&mut Device), wanted: &[&str], neighbours: &[&str]| {
        let mut a = router(1, 30);
        a.neighbours.push(adjacency(Evidence::Ospf, 1, 9));
        change(&mut a);
        let found = resolve(&known(&[a.clone()]), &[]);
        let ids: Vec<&str> = found.neighbours.iter().map(|neighbour| neighbour.id.as_str()).collect();
        assert_eq!(
            (links(&[a], &[]).as_slice(), ids.as_slice()),
            (wanted.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>().as_slice(), neighbours)
        );
    };
    check(&|_| {}, &["sw-1 Gi1 = neighbour:10.1.1.9 - ospf one 0.50"], &["neighbour:10.1.1.9"]);
    // Two protocols, one peer.
    check(
        &|a| a.neighbours.push(adjacency(Evidence::Bgp, 1, 9)),
        &["sw-1 Gi1 = neighbour:10.1.1.9 - ospf+bgp one 0.50"],
        &["neighbour:10.1.1.9"],
    );
    // On a VLAN interface it hangs on no port that could be told.
    check(&|a| a.interfaces[0].if_type = Some(136), &[], &["neighbour:10.1.1.9"]);
    // Somebody is named on the port: the same one, most likely.
    let mute = |row: &mut NeighbourRow| row.chassis_id = Some(ChassisId::Mac(mac(7, 7)));
    let link = "sw-1 Gi1 = neighbour:00:1b:54:07:00:07 - lldp one 0.90";
    check(&|a| a.neighbours.push(row(1, mute)), &[link], &["neighbour:00:1b:54:07:00:07"]);
    // The neighbour that said this address: its link has one more evidence.
    let telling = |row: &mut NeighbourRow| {
        mute(row);
        row.addresses = vec![[10, 1, 1, 9].into()];
    };
    let link = "sw-1 Gi1 = neighbour:00:1b:54:07:00:07 - lldp+ospf one 0.90";
    check(&|a| a.neighbours.push(row(1, telling)), &[link], &["neighbour:00:1b:54:07:00:07"]);
}

#[test]
fn a_spanning_tree_makes_a_link_between_two_silent_ports() {
    let (mut a, mut b, mut c) = (device(1, 2), device(2, 2), device(3, 2));
    b.interfaces[1].bridge_port = Some(5);
    a.neighbours.push(designated(1, &b, 5));
    let link = ["sw-1 Gi1 = sw-2 Gi2 stp one 0.70"];
    assert_eq!(links(&[a.clone(), b.clone()], &[]), link);
    // Two bridges at one designated port: a hub.
    c.neighbours.push(designated(1, &b, 5));
    assert!(links(&[a.clone(), b.clone(), c], &[]).is_empty());
    // The port is not known.
    b.interfaces[1].bridge_port = None;
    assert!(links(&[a, b], &[]).is_empty());
}

#[test]
fn a_system_id_is_recognised_by_the_address_it_is_made_of() {
    let (mut a, mut b) = (router(1, 30), router(2, 30));
    a.neighbours.push(hears(1, &b, 1));
    b.addresses.push([192, 168, 0, 2].into());
    for id in ["1921.6800.0002", "001b.5402.0000", "sw-2"] {
        let mut a = a.clone();
        a.neighbours.push(row(1, |row| {
            row.protocol = Evidence::Isis;
            row.chassis_id = Some(ChassisId::Text(id.to_owned()));
        }));
        assert_eq!(links(&[a, b.clone()], &[]), ["sw-1 Gi1 = sw-2 Gi1 lldp+isis one 0.90"], "{id}");
    }
}
