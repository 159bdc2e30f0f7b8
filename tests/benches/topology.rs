//! Figures of link resolution: `cargo bench --bench topology [-- DEVICES]`, 10,000 devices unless told.
//!
//! A campus of core ring, distribution and access as an operator has it: every link told by LLDP at both ends, a twentieth of
//! the leaves servers that are silent and stand in forwarding tables alone, a good thousand links in aggregates, hosts behind
//! every access port. Each figure is checked: the links are the ones that were laid, each once, and none else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a measurement that can't go on has to stop")]

use noctop::analyse::topology::{Known, Resolver};
use noctop::clock::Stopwatch;
use noctop::model::{
    ChassisId, Device, DeviceId, Evidence, FdbRow, IfIndex, Interface, MacAddr, NeighbourRow, PortId, Sightings, Timestamp,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Ports of an access switch.
const PORTS: u32 = 24;
/// Hosts behind an access switch's ports.
const HOSTS: u32 = 18;
/// Addresses that an access switch sees on its uplink.
const BEYOND: u32 = 40;
/// How often everything is resolved.
const ROUNDS: u32 = 25;
/// First port of an access switch that leads to another switch.
const UPLINK: u32 = 21;

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % end
    }
}

/// One cable: two devices and their ports.
type Cable = [(usize, u32); 2];

/// A network before anybody resolved it.
struct Laid {
    devices: Vec<Device>,
    fdb: Vec<Vec<FdbRow>>,
    cables: Vec<Cable>,
    next_port: Vec<u32>,
    servers: BTreeSet<usize>,
}

fn mac(kind: u8, number: usize, port: u32) -> MacAddr {
    MacAddr([kind, (number >> 16) as u8, (number >> 8) as u8, number as u8, (port >> 8) as u8, port as u8])
}

fn interface(number: usize, port: u32) -> Interface {
    let mut interface = Interface::new(IfIndex(10_000 + port));
    interface.if_name = Some(format!("Gi1/0/{port}"));
    interface.if_descr = Some(format!("GigabitEthernet1/0/{port}"));
    interface.if_type = Some(6);
    interface.mac = Some(mac(2, number, port));
    interface.speed_bps = Some(1_000_000_000);
    interface.bridge_port = Some(port);
    interface.stp_state = Some("forwarding".to_owned());
    interface
}

impl Laid {
    fn empty(devices: usize) -> Self {
        let device = |number: usize| {
            let mut device = Device::new(DeviceId::new(&format!("chassis:{}", mac(2, number, 0))), Timestamp(0));
            device.sys_name = Some(format!("node-{number}.example.org"));
            device.chassis_id = Some(ChassisId::Mac(mac(2, number, 0)));
            device.addresses = vec![[10, (number >> 16) as u8, (number >> 8) as u8, number as u8].into()];
            device
        };
        Self {
            devices: (0..devices).map(device).collect(),
            fdb: vec![Vec::new(); devices],
            cables: Vec::new(),
            next_port: vec![1; devices],
            servers: BTreeSet::new(),
        }
    }

    fn lay(&mut self, a: usize, b: usize) {
        let ends = [a, b].map(|device| {
            let port = self.next_port[device];
            self.next_port[device] += 1;
            (device, port)
        });
        self.cables.push(ends);
    }

    /// The campus of core, distribution and access: about 1.2 cables a device.
    fn campus(count: usize) -> Self {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut laid = Self::empty(count);
        let (core, dist) = ((count / 500).max(4), (count / 25).max(8));
        for number in core + dist..count {
            laid.next_port[number] = UPLINK;
        }
        for number in 0..core {
            laid.lay(number, (number + 1) % core);
        }
        for number in core..core + dist {
            laid.lay(number, random.below(core));
            laid.lay(number, random.below(core));
        }
        let mut above = Vec::new();
        for number in core + dist..count {
            above.push(core + random.below(dist));
            laid.lay(number, above[number - core - dist]);
            if number % 20 == 0 {
                laid.servers.insert(number);
                laid.next_port[number] = PORTS;
            }
        }
        // A sixth more: mostly a second cable to the same switch, else to another one.
        for extra in 0..count / 6 {
            let leaf = core + dist + random.below(count - core - dist);
            if laid.servers.contains(&leaf) || laid.next_port[leaf] > PORTS {
                continue;
            }
            let other = if extra % 3 == 0 { core + random.below(dist) } else { above[leaf - core - dist] };
            laid.lay(leaf, other);
        }
        laid.describe();
        laid
    }

    fn describe(&mut self) {
        for (number, device) in self.devices.iter_mut().enumerate() {
            let ports = PORTS.max(self.next_port[number]);
            device.interfaces = (1..=ports).map(|port| interface(number, port)).collect();
        }
        for [a, b] in self.cables.clone() {
            for (near, far) in [(a, b), (b, a)] {
                if self.servers.contains(&near.0) {
                    continue;
                }
                if self.servers.contains(&far.0) {
                    let if_index = Some(IfIndex(10_000 + near.1));
                    self.fdb[near.0].push(FdbRow { mac: mac(2, far.0, far.1), if_index, vlan: Some(1) });
                    continue;
                }
                let row = self.row(near, far);
                self.devices[near.0].neighbours.push(row);
            }
        }
        self.bundle();
        self.learn();
    }

    fn row(&self, near: (usize, u32), far: (usize, u32)) -> NeighbourRow {
        let mut row = NeighbourRow::new(Evidence::Lldp);
        row.local_if_index = Some(IfIndex(10_000 + near.1));
        row.local_port = Some(format!("Gi1/0/{}", near.1));
        row.chassis_id = Some(ChassisId::Mac(mac(2, far.0, 0)));
        row.port_id = Some(PortId::Name(format!("Gi1/0/{}", far.1)));
        row.port_descr = Some(format!("GigabitEthernet1/0/{}", far.1));
        row.sys_name.clone_from(&self.devices[far.0].sys_name);
        row.addresses.clone_from(&self.devices[far.0].addresses);
        row
    }

    /// Two cables between the same two switches are one aggregate at the leaf.
    fn bundle(&mut self) {
        let mut cables: Vec<Cable> = self.cables.clone();
        cables.sort_by_key(|[a, b]| (a.0, b.0));
        for pair in cables.windows(2).filter(|pair| (pair[0][0].0, pair[0][1].0) == (pair[1][0].0, pair[1][1].0)) {
            let leaf = &mut self.devices[pair[0][0].0];
            let mut aggregate = Interface::new(IfIndex(20_000));
            aggregate.if_name = Some("Po1".to_owned());
            aggregate.if_type = Some(161);
            leaf.interfaces.push(aggregate);
            for port in
                leaf.interfaces.iter_mut().filter(|port| [pair[0][0].1, pair[1][0].1].contains(&(port.if_index.0 - 10_000)))
            {
                port.aggregate = Some(IfIndex(20_000));
            }
        }
    }

    /// Hosts on the ports of switches, and what is seen on their uplinks.
    fn learn(&mut self) {
        let core = (self.devices.len() / 500).max(4) + (self.devices.len() / 25).max(8);
        for number in core..self.devices.len() {
            if self.servers.contains(&number) {
                continue;
            }
            let row = |mac, port| FdbRow { mac, if_index: Some(IfIndex(10_000 + port)), vlan: Some(1) };
            self.fdb[number].extend((1..=HOSTS).map(|port| row(mac(6, number, port), port)));
            self.fdb[number].extend((0..BEYOND).map(|far| row(mac(6, number + 1 + far as usize * 7, 1), UPLINK)));
            self.fdb[number].sort_unstable();
        }
        for fdb in &mut self.fdb[..core] {
            fdb.sort_unstable();
        }
    }

    fn known(&self) -> Vec<Known> {
        let sightings = |fdb: &Vec<FdbRow>| Arc::new(Sightings { fdb: Some(fdb.clone()), arp: None });
        let both = self.devices.iter().zip(&self.fdb);
        both.map(|(device, fdb)| Known { device: Arc::new(device.clone()), sightings: Some(sightings(fdb)) }).collect()
    }
}

fn put(known: &Known) -> (DeviceId, Option<Known>) {
    (known.device.id.clone(), Some(known.clone()))
}

/// Processor time of this process so far, milliseconds, in the kernel's steps of ten (proc(5), fields 14 and 15).
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() * 10.0
}

/// Median, 95th percentile and maximum.
fn figures(mut times: Vec<f64>) -> [f64; 3] {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    [at(0.5), at(0.95), at(1.0)]
}

fn check(laid: &Laid, resolver: &Resolver) {
    let end = |(device, port): (usize, u32)| (laid.devices[device].id.clone(), IfIndex(10_000 + port));
    let sorted = |mut ends: [(DeviceId, IfIndex); 2]| {
        ends.sort();
        ends
    };
    let wanted: BTreeSet<_> = laid.cables.iter().map(|[a, b]| sorted([end(*a), end(*b)])).collect();
    let found = resolver.resolution();
    let ends = |end: &noctop::model::LinkEnd| (end.device.clone(), end.if_index.unwrap());
    let links: BTreeSet<_> = found.links.iter().map(|link| sorted([ends(&link.a), ends(&link.b)])).collect();
    assert_eq!(found.links.len(), laid.cables.len(), "as many links as cables");
    assert_eq!(links, wanted, "the links are the cables");
    assert_eq!(found.neighbours, [], "nobody is unknown");
    let bundled = found.links.iter().filter(|link| link.aggregate.is_some()).count();
    let inferred = found.links.iter().filter(|link| link.evidence == [Evidence::Fdb]).count();
    let rows: usize = laid.fdb.iter().map(Vec::len).sum();
    println!(
        "{} devices, {} links ({bundled} in aggregates, {inferred} by forwarding tables alone), {rows} FDB rows",
        laid.devices.len(),
        links.len()
    );
}

fn at_once(known: &[Known]) -> Resolver {
    let (mut times, mut cpu) = (Vec::new(), 0.0);
    let mut last = Resolver::new(&[]);
    for _ in 0..ROUNDS {
        let (watch, before) = (Stopwatch::start(), cpu_ms());
        let mut resolver = Resolver::new(&[]);
        let changes = resolver.update(known.iter().map(put));
        times.push(watch.elapsed().as_secs_f64() * 1e3);
        cpu += cpu_ms() - before;
        assert!(!changes.seen.is_empty());
        last = resolver;
    }
    let best = times.iter().copied().fold(f64::INFINITY, f64::min);
    let [median, p95, max] = figures(times);
    println!("everything at once             median {median:8.2} ms   p95 {p95:8.2} ms   max {max:8.2} ms");
    println!("  the best round                        {best:8.2} ms");
    println!("  processor time of all threads  mean {:8.2} ms", cpu / f64::from(ROUNDS));
    last
}

/// A change of one device, and how many links it changes in all.
type Change = fn(&Known) -> Known;

const CHANGES: [(&str, Change); 5] = [
    ("a neighbour falls silent", |known| {
        let mut device = (*known.device).clone();
        device.neighbours.pop();
        Known { device: Arc::new(device), sightings: known.sightings.clone() }
    }),
    ("a port is described anew", |known| {
        let mut device = (*known.device).clone();
        device.interfaces[0].if_alias = Some("to the printer".to_owned());
        Known { device: Arc::new(device), sightings: known.sightings.clone() }
    }),
    ("the device is renamed", |known| {
        let mut device = (*known.device).clone();
        device.sys_name = Some("other".to_owned());
        Known { device: Arc::new(device), sightings: known.sightings.clone() }
    }),
    ("a host moves", |known| {
        let mut sightings = known.sightings.as_deref().cloned().unwrap_or_default();
        if let Some(first) = sightings.fdb.as_mut().and_then(|fdb| fdb.first_mut()) {
            first.if_index = Some(IfIndex(10_003));
        }
        Known { device: Arc::clone(&known.device), sightings: Some(Arc::new(sightings)) }
    }),
    ("every MAC address changes", |known| {
        let mut device = (*known.device).clone();
        for mac in device.interfaces.iter_mut().filter_map(|port| port.mac.as_mut()) {
            mac.0[0] = 10;
        }
        Known { device: Arc::new(device), sightings: known.sightings.clone() }
    }),
];

/// Each change there and back, at devices all over the network; back is another change of the same size.
fn one_by_one(resolver: &mut Resolver, known: &[Known]) {
    for (what, change) in CHANGES {
        let mut times = Vec::new();
        let step = (known.len() / 1500).max(1);
        for device in known.iter().step_by(step).chain(&known[..known.len() / 500]) {
            let changed = change(device);
            for known in [&changed, device] {
                let changes = [put(known)];
                let watch = Stopwatch::start();
                resolver.update(changes);
                times.push(watch.elapsed().as_secs_f64() * 1e3);
            }
        }
        let [median, p95, max] = figures(times);
        println!("{what:30} median {median:8.4} ms   p95 {p95:8.4} ms   max {max:8.4} ms");
    }
}

/// A device that goes and comes again: its neighbours become strangers and friends.
fn come_and_go(resolver: &mut Resolver, known: &[Known]) {
    let mut times = Vec::new();
    for device in known.iter().step_by((known.len() / 700).max(1)) {
        for change in [(device.device.id.clone(), None), put(device)] {
            let watch = Stopwatch::start();
            resolver.update([change]);
            times.push(watch.elapsed().as_secs_f64() * 1e3);
        }
    }
    let [median, p95, max] = figures(times);
    println!("{:30} median {median:8.4} ms   p95 {p95:8.4} ms   max {max:8.4} ms", "a device goes or comes");
}

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(10_000);
    let laid = Laid::campus(count);
    let known = laid.known();
    let mut resolver = at_once(&known);
    check(&laid, &resolver);
    one_by_one(&mut resolver, &known);
    come_and_go(&mut resolver, &known);
    check(&laid, &resolver);
}
