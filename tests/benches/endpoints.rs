//! What inventories and endpoints cost: `cargo bench --bench endpoints [-- DEVICES [HOSTS]]`. A campus of access switches under
//! distribution and core, every host in the tables of all bridges on its way, and in the address table of a router.
#![allow(clippy::unwrap_used, reason = "a measurement that can't go on has to stop")]

use noctop::clock::Stopwatch;
use noctop::event::{Body, Event};
use noctop::model::{
    ArpRow, ChassisId, Device, DeviceId, Evidence, FdbRow, IfIndex, Interface, Inventory, MacAddr, NeighbourRow, PortId, Role,
    SnmpAccess, SnmpVersion, Timestamp,
};
use noctop::state::whereabouts::whereabouts;
use noctop::state::{Settings, State, apply, checkpoint, names};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Access switches under one distribution switch.
const FAN: u32 = 40;
/// Ports of a switch.
const PORTS: u32 = 52;

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (stopwatch, before) = (Stopwatch::start(), cpu_ms());
    let done = work();
    let wall = stopwatch.elapsed().as_secs_f64() * 1000.0;
    println!("{what:<44} {:>9.1} ms of CPU {wall:>9.1} ms", cpu_ms() - before);
    done
}

/// Milliseconds that this thread was on a processor. Source: sched-stats.rst of Linux, /proc/PID/schedstat.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

/// Octets of this process's memory that are resident. Source: proc(5), statm.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0
}

fn mac(kind: u8, number: u32, port: u32) -> MacAddr {
    let [_, a, b, c] = number.to_be_bytes();
    MacAddr([kind, a, b, c, 0, port.to_be_bytes()[3]])
}

fn host(number: u32) -> MacAddr {
    let [a, b, c, d] = number.to_be_bytes();
    MacAddr([0xac, 0xde, a, b, c, d])
}

fn device(number: u32, role: Role) -> Device {
    let chassis = mac(0, number, 0);
    let mut device = Device::new(DeviceId::new(&format!("chassis:{chassis}")), Timestamp(0));
    device.sys_name = Some(format!("sw-{number}"));
    device.chassis_id = Some(ChassisId::Mac(chassis));
    device.role = role;
    let address = IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number));
    device.addresses = vec![address];
    let address = SocketAddr::new(address, 161);
    device.snmp = Some(SnmpAccess { address, version: SnmpVersion::V2c, credential: "public".to_owned(), partial: false });
    let port = |port: u32| {
        let mut interface = Interface::new(IfIndex(port));
        interface.if_name = Some(format!("Gi1/0/{port}"));
        interface.mac = Some(mac(0, number, port));
        interface.pvid = Some(10);
        interface
    };
    device.interfaces = (1..=PORTS).map(port).collect();
    device
}

fn hears(near: &mut Device, port: u32, (far, far_port): (u32, u32)) {
    let mut row = NeighbourRow::new(Evidence::Lldp);
    row.local_if_index = Some(IfIndex(port));
    row.chassis_id = Some(ChassisId::Mac(mac(0, far, 0)));
    row.port_id = Some(PortId::Name(format!("Gi1/0/{far_port}")));
    near.neighbours.push(row);
}

/// Who is above a switch, and the ports of the cable: 0 is the core, then distribution, then access.
fn above(number: u32, distributions: u32) -> Option<(u32, u32, u32)> {
    match number {
        0 => None,
        // The core has as many ports as it needs; their numbers are those of the distribution switches.
        n if n <= distributions => Some((0, PORTS, n)),
        n => Some((1 + (n - 1 - distributions) / FAN, PORTS, 1 + (n - 1 - distributions) % FAN)),
    }
}

fn campus(devices: u32, hosts: u32, shift: u32) -> Vec<Inventory> {
    let distributions = (devices / FAN).max(1);
    let access = devices - distributions - 1;
    let mut all: Vec<Inventory> = (0..devices)
        .map(|number| {
            let mut device = device(number, if number == 0 { Role::Router } else { Role::Switch });
            if number == 0 {
                let ports = (PORTS + 1..=distributions).map(|port| {
                    let mut interface = Interface::new(IfIndex(port));
                    interface.if_name = Some(format!("Gi1/0/{port}"));
                    interface
                });
                device.interfaces.extend(ports);
            }
            let address = device.snmp.as_ref().unwrap().address;
            let mut inventory = Inventory::of(address, Timestamp(0), device);
            inventory.sightings.fdb = Some(Vec::new());
            inventory.sightings.arp = Some(Vec::new());
            inventory
        })
        .collect();
    for number in 1..devices {
        if let Some((up, near, far)) = above(number, distributions) {
            hears(&mut all[number as usize].device, near, (up, far));
            hears(&mut all[up as usize].device, far, (number, near));
        }
    }
    for number in 0..hosts {
        let switch = 1 + distributions + (number + shift) % access;
        let port = 1 + (number / access) % (PORTS - 1);
        let (mut at, mut by) = (switch, port);
        loop {
            let row = FdbRow { mac: host(number), if_index: Some(IfIndex(by)), vlan: Some(10) };
            all[at as usize].sightings.fdb.as_mut().unwrap().push(row);
            let Some((up, _, far)) = above(at, distributions) else { break };
            (at, by) = (up, far);
        }
        let address = IpAddr::V4(Ipv4Addr::from(0x0b00_0000 + number));
        let row = ArpRow { address, mac: host(number), if_index: Some(IfIndex(1)) };
        all[0].sightings.arp.as_mut().unwrap().push(row);
    }
    for inventory in &mut all {
        inventory.sightings.fdb.as_mut().unwrap().sort_unstable();
        inventory.sightings.arp.as_mut().unwrap().sort_unstable();
    }
    all
}

fn feed(state: &mut State, inventories: &[Inventory], at: i64) {
    for inventory in inventories {
        let mut inventory = inventory.clone();
        inventory.at = Timestamp::from_secs(at);
        apply(state, &Event { at: inventory.at, body: Body::Inventory(Box::new(inventory)) });
    }
}

fn tick(state: &mut State, at: i64) -> usize {
    apply(state, &Event { at: Timestamp::from_secs(at), body: Body::Tick }).derived.len()
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u32>().ok());
    let (devices, hosts) = (numbers.next().unwrap_or(5000), numbers.next().unwrap_or(200_000));
    let first = campus(devices, hosts, 0);
    let rows: usize = first.iter().filter_map(|inventory| inventory.sightings.fdb.as_ref()).map(Vec::len).sum();
    println!("{devices} devices, {hosts} hosts, {rows} rows of forwarding tables");
    let mut state = State::new(Settings::default());
    timed("first inventories of all", || feed(&mut state, &first, 0));
    timed("the tick after: links alone", || tick(&mut state, 1));
    timed("a tick later: every endpoint appears", || tick(&mut state, 20));
    println!("{} links, {} endpoints", state.links().len(), state.endpoints().len());
    timed("the same inventories again", || feed(&mut state, &first, 3600));
    timed("the tick after: a look, nothing new", || tick(&mut state, 3601));
    let moved = campus(devices, hosts, 1);
    timed("inventories with all hosts elsewhere", || feed(&mut state, &moved, 7200));
    let events = timed("the tick after: every host moved", || tick(&mut state, 7201));
    println!("{events} events");
    timed("a look ten minutes later", || tick(&mut state, 7900));
    let parts = timed("a checkpoint", || checkpoint::encode(&state));
    let octets = |kind: &str| parts.iter().filter(|(name, _)| name.starts_with(kind)).map(|(_, part)| part.len()).sum::<usize>();
    println!("{} KiB of endpoints in it", octets("endpoint") / 1024);
    let before = resident();
    let restored = timed("reading it", || checkpoint::decode(&parts, Settings::default()).unwrap());
    println!("{:.1} MiB resident for the whole state read back", (resident() - before) / f64::from(1 << 20));
    println!("{} endpoints", restored.endpoints().len());
    timed("where MAC", || whereabouts(&state, &host(7).to_string()));
    timed("where IP", || whereabouts(&state, "11.0.0.7"));
    timed("jump to a part of a MAC", || names(&state, "acde.0000", 20));
    timed("jump to a part of an IP", || names(&state, "11.0.0.7", 20));
    timed("jump to a name, fuzzy", || names(&state, "sw12 gi3", 50));
    timed("jump to anything", || names(&state, "", 50));
    let without: Vec<(String, Vec<u8>)> = parts.iter().filter(|(name, _)| !name.starts_with("endpoint")).cloned().collect();
    let bare = resident();
    let other = checkpoint::decode(&without, Settings::default()).unwrap();
    println!("{:.1} MiB without endpoints ({} devices)", (resident() - bare) / f64::from(1 << 20), other.devices().len());
}
