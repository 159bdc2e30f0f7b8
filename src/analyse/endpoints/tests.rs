//! Places out of tables: where an address is said to be, given what bridges and routers know.

use super::*;
use crate::model::{Evidence, LinkEnd};

/// `aa:aa:aa:00:00:NN`, the addresses of hosts.
fn host(number: u8) -> MacAddr {
    MacAddr([0xaa, 0xaa, 0xaa, 0, 0, number])
}

/// Port `port` of bridge `bridge`.
fn own(bridge: u8, port: u8) -> MacAddr {
    MacAddr([0, 0x1b, 0x54, bridge, 0, port])
}

fn bridge(number: u8, role: Role) -> Device {
    let mut device = Device::new(DeviceId::new(&format!("d{number}")), Timestamp(0));
    device.role = role;
    device.interfaces = (1..=8)
        .map(|port| {
            let mut interface = Interface::new(IfIndex(u32::from(port)));
            interface.mac = Some(own(number, port));
            interface.pvid = Some(10);
            interface
        })
        .collect();
    device
}

fn fdb(rows: &[(MacAddr, u32, u16)]) -> Vec<FdbRow> {
    let mut rows: Vec<FdbRow> = rows
        .iter()
        .map(|(mac, port, vlan)| FdbRow {
            mac: *mac,
            if_index: (*port > 0).then_some(IfIndex(*port)),
            vlan: (*vlan > 0).then_some(*vlan),
        })
        .collect();
    rows.sort();
    rows
}

fn arp(rows: &[(&str, MacAddr, u32)]) -> Vec<ArpRow> {
    let row = |(address, mac, port): &(&str, MacAddr, u32)| ArpRow {
        address: address.parse().unwrap(),
        mac: *mac,
        if_index: Some(IfIndex(*port)),
    };
    rows.iter().map(row).collect()
}

fn link((a, port): (u8, u32), (b, far): (u8, u32)) -> Link {
    let end =
        |device: u8, port| LinkEnd { device: DeviceId::new(&format!("d{device}")), if_index: Some(IfIndex(port)), port: None };
    Link::between(end(a, port), end(b, far), vec![Evidence::Lldp])
}

/// A network of devices with their tables.
#[derive(Default)]
struct Network {
    devices: Vec<Device>,
    tables: Vec<(Option<Vec<FdbRow>>, Vec<ArpRow>, i64)>,
    links: Vec<Link>,
    neighbours: Vec<Neighbour>,
}

impl Network {
    fn add(&mut self, device: Device, fdb: Option<Vec<FdbRow>>, arp: Vec<ArpRow>) {
        self.devices.push(device);
        self.tables.push((fdb, arp, 0));
    }

    fn found(&self) -> Found {
        let seen: Vec<Seen<'_>> = self
            .devices
            .iter()
            .zip(&self.tables)
            .map(|(device, (fdb, arp, at))| Seen { device, fdb: fdb.as_deref(), arp, arp_at: Timestamp::from_secs(*at) })
            .collect();
        resolve(&seen, self.links.iter(), self.neighbours.iter())
    }

    /// Each endpoint in short: `01 d2/5 v10 95% 10.0.0.1`.
    fn check(&self, want: &[&str]) {
        let found = self.found();
        let say = |placed: &Placed| {
            let port = placed.if_index.map_or_else(|| "-".to_owned(), |port| port.to_string());
            let vlan = placed.vlan.map_or_else(String::new, |vlan| format!(" v{vlan}"));
            let addresses: String = placed.addresses.iter().map(|address| format!(" {address}")).collect();
            format!("{:02} {}/{port}{vlan} {:.0}%{addresses}", placed.mac.0[5], placed.device, placed.confidence * 100.0)
        };
        assert_eq!(found.endpoints.iter().map(say).collect::<Vec<_>>(), want);
    }
}

/// A core switch and router, and an access switch on its port 1 by its port 8.
fn two() -> Network {
    let mut network = Network::default();
    let core = fdb(&[(host(1), 1, 10), (host(2), 1, 10), (host(3), 4, 20), (own(2, 8), 1, 10)]);
    let access = fdb(&[(host(1), 5, 10), (host(2), 6, 20), (host(3), 8, 20), (own(1, 1), 8, 10)]);
    network.add(bridge(1, Role::Router), Some(core), arp(&[("10.0.0.1", host(1), 10), ("10.0.0.9", host(9), 10)]));
    network.add(bridge(2, Role::Switch), Some(access), Vec::new());
    network.links.push(link((1, 1), (2, 8)));
    network
}

#[test]
fn an_address_is_at_the_edge_and_not_on_the_way_there() {
    two().check(&["01 d2/5 v10 95% 10.0.0.1", "02 d2/6 v20 95%", "03 d1/4 v20 95%", "09 d1/10 30% 10.0.0.9"]);
}

#[test]
fn a_link_that_leads_to_no_bridge_is_an_edge() {
    let mut network = two();
    network.add(bridge(3, Role::Server), Some(Vec::new()), Vec::new());
    network.links.push(link((2, 5), (3, 1)));
    network.check(&["01 d2/5 v10 95% 10.0.0.1", "02 d2/6 v20 95%", "03 d1/4 v20 95%", "09 d1/10 30% 10.0.0.9"]);
}

#[test]
fn the_aggregate_of_an_uplink_is_an_uplink_and_so_are_its_members() {
    for (heard, learned) in [(7, 100), (100, 7)] {
        let mut network = two();
        let mut aggregate = Interface::new(IfIndex(100));
        aggregate.if_type = Some(161);
        network.devices[1].interfaces.push(aggregate);
        network.devices[1].interfaces[6].aggregate = Some(IfIndex(100));
        network.tables[1].0 = Some(fdb(&[(host(3), learned, 20), (host(1), 5, 10)]));
        network.links = vec![link((1, 1), (2, heard))];
        network.check(&["01 d2/5 v10 95% 10.0.0.1", "03 d1/4 v20 95%", "09 d1/10 30% 10.0.0.9"]);
    }
}

#[test]
fn a_switch_that_was_not_read_yet_keeps_what_hangs_on_it() {
    let mut network = two();
    network.tables[1].0 = None;
    network.check(&["01 d1/10 30% 10.0.0.1", "03 d1/4 v20 95%", "09 d1/10 30% 10.0.0.9"]);
    network.tables[1].0 = Some(Vec::new());
    network.check(&["01 d1/1 v10 80% 10.0.0.1", "02 d1/1 v10 80%", "03 d1/4 v20 95%", "09 d1/10 30% 10.0.0.9"]);
}

#[test]
fn without_a_link_the_port_with_the_fewest_addresses_is_the_edge() {
    let mut network = two();
    network.links.clear();
    network.tables[0].0 = Some(fdb(&[(host(1), 1, 10), (host(2), 1, 10), (host(3), 1, 20)]));
    network.check(&["01 d2/5 v10 95% 10.0.0.1", "02 d2/6 v20 95%", "03 d2/8 v20 95%", "09 d1/10 30% 10.0.0.9"]);
}

#[test]
fn the_more_share_a_port_the_less_is_certain() {
    let rows = |count: u8| (1..=count).map(|number| (host(number), 5, 10)).collect::<Vec<_>>();
    for (count, confidence) in [(1, ALONE), (2, FEW), (3, FEW), (4, SHARED)] {
        let mut network = Network::default();
        network.add(bridge(1, Role::Switch), Some(fdb(&rows(count))), Vec::new());
        assert!(network.found().endpoints.iter().all(|placed| placed.confidence == confidence), "{count}");
    }
    let mut network = Network::default();
    network.add(bridge(1, Role::Switch), Some(fdb(&[(host(1), 0, 10)])), Vec::new());
    network.check(&["01 d1/- v10 40%"]);
}

#[test]
fn the_ports_own_vlan_is_told_and_one_address_in_two_vlans_counts_once() {
    let mut network = Network::default();
    network.add(bridge(1, Role::Switch), Some(fdb(&[(host(1), 5, 5), (host(1), 5, 10), (host(2), 6, 0)])), Vec::new());
    network.check(&["01 d1/5 v10 95%", "02 d1/6 v10 95%"]);
}

#[test]
fn what_belongs_to_a_device_is_no_endpoint() {
    let mut network = two();
    network.devices[0].chassis_id = Some(ChassisId::Mac(host(1)));
    network.devices[1].engine_id = Some("8000000003aaaaaa000002".to_owned());
    network.devices[1].addresses = vec!["10.0.0.9".parse().unwrap()];
    network.check(&["03 d1/4 v20 95%"]);
    let mut heard = crate::model::Neighbour {
        id: DeviceId::new("neighbour:x"),
        name: None,
        addresses: Vec::new(),
        mac: None,
        description: None,
        capabilities: Vec::new(),
    };
    heard.mac = Some(host(3));
    network.neighbours.push(heard);
    network.check(&[]);
}

#[test]
fn group_addresses_and_virtual_routers_are_no_endpoints() {
    let mut network = Network::default();
    let virtual_router = MacAddr([0, 0, 0x5e, 0, 1, 10]);
    let group = MacAddr([1, 0, 0x5e, 0, 0, 1]);
    let rows = fdb(&[(virtual_router, 5, 10), (group, 5, 10), (MacAddr([0; 6]), 5, 10), (host(1), 5, 10)]);
    network.add(bridge(1, Role::Switch), Some(rows), arp(&[("10.0.0.254", virtual_router, 1)]));
    network.check(&["01 d1/5 v10 95%"]);
}

#[test]
fn an_address_that_went_to_another_host_is_the_newer_ones() {
    let mut network = two();
    network.tables[1].1 = arp(&[("10.0.0.1", host(2), 1)]);
    network.check(&["01 d2/5 v10 95% 10.0.0.1", "02 d2/6 v20 95%", "03 d1/4 v20 95%", "09 d1/10 30% 10.0.0.9"]);
    network.tables[1].2 = 601;
    network.check(&["01 d2/5 v10 95%", "02 d2/6 v20 95% 10.0.0.1", "03 d1/4 v20 95%", "09 d1/10 30% 10.0.0.9"]);
}

#[test]
fn a_host_is_believed_less_than_a_router() {
    let mut network = Network::default();
    network.add(bridge(1, Role::Server), None, arp(&[("10.0.0.1", host(1), 2), ("10.0.0.2", host(2), 2)]));
    network.add(
        bridge(2, Role::Router),
        None,
        arp(&[("10.0.0.1", host(1), 3), ("224.0.0.5", host(3), 3), ("127.0.0.1", host(4), 3)]),
    );
    network.check(&["01 d2/3 30% 10.0.0.1", "02 d1/2 20% 10.0.0.2"]);
}

#[test]
fn one_that_answers_for_a_whole_network_keeps_a_few_addresses() {
    let mut network = Network::default();
    let texts: Vec<String> = (0..200).map(|number| format!("10.0.1.{number}")).collect();
    let rows: Vec<(&str, MacAddr, u32)> = texts.iter().map(|text| (text.as_str(), host(1), 1)).collect();
    network.add(bridge(1, Role::Router), None, arp(&rows));
    let (found, beyond) = limit::ENDPOINT_ADDRESSES.during(|| network.found());
    assert_eq!(found.endpoints[0].addresses.len(), limit::ENDPOINT_ADDRESSES.most());
    assert!(beyond >= 200 - 32);
}

#[test]
fn what_finds_no_room_is_counted() {
    let mac = |number: u32| {
        let [a, b, c, d] = number.to_be_bytes();
        MacAddr([0xaa, 0, a, b, c, d])
    };
    let more = limit::ENDPOINTS.most() as u32 + 7;
    let rows = (0..more).map(|number| FdbRow { mac: mac(number), if_index: Some(IfIndex(1)), vlan: None }).collect();
    let mut network = Network::default();
    network.add(bridge(1, Role::Switch), Some(rows), Vec::new());
    let found = network.found();
    assert_eq!((found.endpoints.len(), found.beyond), (limit::ENDPOINTS.most(), 7));
}
