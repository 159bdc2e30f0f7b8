//! Random networks and random changes: resolved step by step they give what resolving everything at once gives.
//!
//! The pools of names and addresses are small, so that marks are shared, rows are ambiguous and devices take each other's marks.

use super::*;
use crate::model::{ArpRow, FdbRow, LinkKey, Neighbour, Sightings};
use std::collections::BTreeMap;

/// xorshift64*: the same seed gives the same network everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, end: u64) -> u8 {
        u8::try_from(self.next() % end).unwrap()
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::from(self.below(of.len() as u64))].clone()
    }

    fn maybe<T>(&mut self, percent: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(percent).then(|| make(self))
    }
}

const DEVICES: u64 = 7;

fn a_mac(r: &mut Random) -> MacAddr {
    mac(r.below(DEVICES + 3), r.below(5))
}

fn an_address(r: &mut Random) -> std::net::IpAddr {
    [10, r.below(2), r.below(3), 1 + r.below(DEVICES)].into()
}

fn a_name(r: &mut Random) -> String {
    format!("sw-{}{}", r.below(DEVICES), r.pick(&["", ".example.org", ".example.net"]))
}

fn a_port(r: &mut Random, device: u8, number: u32) -> Interface {
    let mut port = Interface::new(IfIndex(number));
    port.if_name = r.maybe(90, |r| format!("Gi{}{}", 1 + r.below(4), r.pick(&["", "", "", ".10"])));
    port.if_descr = r.maybe(60, |_| format!("GigabitEthernet{number}"));
    port.if_alias = r.maybe(20, |r| format!("Gi{}", r.below(5)));
    port.mac = r.maybe(80, |r| if r.chance(85) { mac(device, number as u8) } else { a_mac(r) });
    port.if_type = r.maybe(90, |r| r.pick(&[6, 6, 6, 6, 117, 161, 136, 23, 24]));
    port.bridge_port = r.maybe(40, |r| u32::from(r.below(4)));
    port.aggregate = r.maybe(15, |r| IfIndex(u32::from(1 + r.below(4))));
    port.stp_state = r.maybe(30, |r| r.pick(&["forwarding", "blocking"]).to_owned());
    if r.chance(50) {
        port.addresses.push(ipnet::IpNet::new(an_address(r), r.pick(&[24, 30, 30, 31])).unwrap());
    }
    port
}

fn a_row(r: &mut Random) -> NeighbourRow {
    use Evidence::{Bgp, Cdp, Fdp, Isis, Lacp, Lldp, Ospf, Stp};
    let mut row = NeighbourRow::new(r.pick(&[Lldp, Lldp, Lldp, Cdp, Fdp, Stp, Stp, Lacp, Ospf, Ospf, Bgp, Isis]));
    row.local_if_index = r.maybe(85, |r| IfIndex(u32::from(1 + r.below(5))));
    row.local_port = r.maybe(30, |r| format!("Gi{}", 1 + r.below(4)));
    row.chassis_id = r.maybe(85, |r| match r.below(4) {
        0 => ChassisId::Text(a_name(r)),
        1 => ChassisId::Address(an_address(r)),
        _ => ChassisId::Mac(a_mac(r)),
    });
    row.port_id = r.maybe(80, |r| match r.below(5) {
        0 => PortId::Mac(a_mac(r)),
        1 => PortId::BridgePort(u32::from(r.below(4))),
        2 => PortId::Address(an_address(r)),
        _ => PortId::Name(format!("Gi{}", 1 + r.below(4))),
    });
    row.sys_name = r.maybe(40, a_name);
    row.addresses = r.maybe(40, |r| vec![an_address(r)]).unwrap_or_default();
    row
}

fn a_device(r: &mut Random, number: u8) -> Known {
    let mut device = Device::new(DeviceId::new(&format!("device:{number}")), Timestamp(0));
    device.sys_name = r.maybe(80, |r| if r.chance(70) { format!("sw-{number}.example.org") } else { a_name(r) });
    device.chassis_id = r.maybe(80, |r| ChassisId::Mac(if r.chance(80) { mac(number, 0) } else { a_mac(r) }));
    device.addresses = (0..r.below(3)).map(|_| an_address(r)).collect();
    device.addresses.sort_unstable();
    device.interfaces = (1..=u32::from(r.below(5))).map(|port| a_port(r, number, port)).collect();
    let silent = r.chance(40);
    device.neighbours = (0..r.below(6)).map(|_| a_row(r)).filter(|row| !silent || !is_primary(row.protocol)).collect();
    let sightings = r.maybe(60, |r| {
        let fdb =
            |r: &mut Random| FdbRow { mac: a_mac(r), if_index: r.maybe(95, |r| IfIndex(u32::from(1 + r.below(5)))), vlan: None };
        let mut fdb: Vec<FdbRow> = (0..r.below(7)).map(|_| fdb(r)).collect();
        fdb.sort_unstable();
        let arp =
            |r: &mut Random| ArpRow { address: an_address(r), mac: a_mac(r), if_index: Some(IfIndex(u32::from(1 + r.below(4)))) };
        let mut arp: Vec<ArpRow> = (0..r.below(3)).map(|_| arp(r)).collect();
        arp.sort_unstable();
        Arc::new(Sightings { fdb: r.maybe(90, |_| fdb), arp: Some(arp) })
    });
    Known { device: Arc::new(device), sightings }
}

/// What somebody knows who hears of changes only.
#[derive(Default)]
struct Follower {
    links: BTreeMap<LinkKey, Arc<Link>>,
    neighbours: BTreeMap<DeviceId, Neighbour>,
}

impl Follower {
    fn follow(&mut self, changes: Changes) {
        for key in changes.gone {
            assert!(self.links.remove(&key).is_some(), "{key:?} is gone and was never there");
        }
        self.links.extend(changes.seen.into_iter().map(|link| (link.key(), link)));
        for id in changes.lost {
            assert!(self.neighbours.remove(&id).is_some(), "{id} is lost and was never there");
        }
        self.neighbours.extend(changes.neighbours.into_iter().map(|neighbour| (neighbour.id.clone(), neighbour)));
    }
}

fn one_change(r: &mut Random, all: &BTreeMap<DeviceId, Known>) -> (DeviceId, Option<Known>) {
    let number = r.below(DEVICES);
    let id = DeviceId::new(&format!("device:{number}"));
    if r.chance(20) {
        return (id, None);
    }
    let mut known = a_device(r, number);
    if let Some(old) = all.get(&id) {
        // Mostly one thing changes and the others stay.
        let mut device = (*old.device).clone();
        match r.below(6) {
            0 => device.neighbours.clone_from(&known.device.neighbours),
            1 => device.interfaces.clone_from(&known.device.interfaces),
            2 => device.sys_name.clone_from(&known.device.sys_name),
            3 => return (id, Some(Known { device: Arc::clone(&old.device), sightings: known.sightings })),
            4 => device.chassis_id.clone_from(&known.device.chassis_id),
            _ => return (id, Some(known)),
        }
        known = Known { device: Arc::new(device), sightings: old.sightings.clone() };
    }
    (id, Some(known))
}

fn written(r: &mut Random) -> Vec<ManualLink> {
    let end = |r: &mut Random| {
        (r.pick(&["device:1", "sw-2", "sw-3.example.org", "device:4"]).to_owned(), format!("Gi{}", 1 + r.below(4)))
    };
    (0..r.below(3)).map(|_| ManualLink { a: end(r), b: end(r) }).collect()
}

fn check(seed: u64) -> Vec<Evidence> {
    let mut r = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let manual = written(&mut r);
    let mut all: BTreeMap<DeviceId, Known> = BTreeMap::new();
    let mut resolver = Resolver::new(&manual);
    let mut follower = Follower::default();
    let mut evidence = Vec::new();
    for step in 0..12 {
        let several = 1 + r.below(3);
        let changes: BTreeMap<DeviceId, Option<Known>> = (0..several).map(|_| one_change(&mut r, &all)).collect();
        for (id, known) in &changes {
            match known {
                Some(known) => drop(all.insert(id.clone(), known.clone())),
                None => drop(all.remove(id)),
            }
        }
        follower.follow(resolver.update(changes));
        // Given in another order than that of the ids.
        let mut known: Vec<Known> = all.values().cloned().collect();
        let by = usize::from(several) % known.len().max(1);
        known.rotate_left(by);
        let whole = resolve(&known, &manual);
        assert_eq!(resolver.resolution(), whole, "seed {seed}, step {step}");
        assert_eq!(follower.links.into_values().collect::<Vec<_>>(), whole.links, "seed {seed}, step {step}: what was told");
        assert_eq!(
            follower.neighbours.into_values().collect::<Vec<_>>(),
            whole.neighbours,
            "seed {seed}, step {step}: neighbours"
        );
        follower = Follower {
            links: whole.links.iter().map(|link| (link.key(), Arc::clone(link))).collect(),
            neighbours: whole.neighbours.into_iter().map(|neighbour| (neighbour.id.clone(), neighbour)).collect(),
        };
        for link in whole.links {
            let used = |end: &crate::model::LinkEnd| end.if_index.is_none_or(|port| resolver.is_used(&end.device, port));
            assert!(resolver.is_found(&link.key()), "seed {seed}: {link:?}");
            let known = |end: &crate::model::LinkEnd| all.contains_key(&end.device);
            assert!([&link.a, &link.b].into_iter().filter(|end| known(end)).all(used), "seed {seed}: {link:?}");
            evidence.extend_from_slice(&link.evidence);
        }
    }
    evidence
}

#[test]
fn step_by_step_gives_what_all_at_once_gives() {
    let mut seen: Vec<Evidence> = (1..=400).flat_map(check).collect();
    seen.sort_unstable();
    seen.dedup();
    // A test that never makes links of some kind shows nothing of them.
    for wanted in PROTOCOLS.into_iter().filter(|protocol| ![Evidence::Edp, Evidence::Arp].contains(protocol)) {
        assert!(seen.contains(&wanted), "no link by {}", wanted.word());
    }
}
