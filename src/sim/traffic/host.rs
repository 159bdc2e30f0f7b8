//! Who there is: desks, wireless clients, servers and the world outside, with their addresses.

use crate::model::flow::FlowAddr;
use crate::model::{MacAddr, Role, Timestamp};
use crate::sim::hash::mix;
use crate::sim::scenario::file::Class;
use crate::sim::scenario::{DeviceNumber, PortNumber, Scenario, Side};
use crate::sim::serve::Campus;
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// Wireless clients of an access point.
pub(in crate::sim) const CLIENTS: u8 = 24;

/// Virtual machines of a server that bridges.
const MACHINES: u8 = 10;

/// Hosts of each network of the world that are talked with.
const WORLD_HOSTS: u32 = 12;

/// Hosts of a class that are told apart behind one port: a large network has more than anybody looks at.
const MOST_HOSTS: usize = 400;

/// How long before the scenario's moment everything was still well: its desks are read then.
const BEFORE: Duration = Duration::from_secs(30 * 86_400);

/// First octets of the addresses of wireless clients and of virtual machines (RFC 1918 space).
const WIFI_NET: [u8; 2] = [10, 30];
const MACHINE_NET: [u8; 2] = [10, 40];

/// The campus's prefix of IPv6 (RFC 3849: for documentation).
const OWN_NET6: u128 = 0x2001_0db8_0001 << 80;

/// LldpSystemCapabilitiesMap: bridge
const BRIDGES: u8 = 0x20;

/// Place of a host in [`Population::hosts`].
pub type HostNumber = u32;

/// Somebody who talks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Host {
    /// What it is.
    pub class: Class,
    /// Its address.
    pub v4: Ipv4Addr,
    /// Its address of IPv6; `None` has none.
    pub v6: Option<Ipv6Addr>,
    /// Its hardware address; of the world that of nobody.
    pub mac: MacAddr,
    /// Its VLAN; 0 is none.
    pub vlan: u16,
    /// The AS it is in; 0 is the campus's own.
    pub asn: u32,
    /// The switch, access point or server by which it is reached; of the world the provider's.
    pub device: DeviceNumber,
}

impl Host {
    /// Its address of one of the two sorts.
    pub fn address(&self, six: bool) -> FlowAddr {
        match self.v6.filter(|_| six) {
            Some(v6) => FlowAddr::from(IpAddr::V6(v6)),
            None => FlowAddr::from(IpAddr::V4(self.v4)),
        }
    }
}

/// Who is behind a port, by class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone([Vec<HostNumber>; 4]);

impl Zone {
    /// The hosts of a class.
    pub fn hosts(&self, class: Class) -> &[HostNumber] {
        self.0.get(class as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    fn add(&mut self, class: Class, host: HostNumber) {
        if let Some(list) = self.0.get_mut(class as usize) {
            list.push(host);
        }
    }

    /// With those of another that has nobody of these.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        for (list, more) in self.0.iter_mut().zip(&other.0) {
            list.extend_from_slice(more);
        }
        self
    }

    /// At most [`MOST_HOSTS`] of each class, spread evenly.
    fn thinned(mut self) -> Self {
        for list in &mut self.0 {
            let step = list.len().div_ceil(MOST_HOSTS).max(1);
            *list = list.iter().copied().step_by(step).collect();
        }
        self
    }
}

/// Everybody.
#[derive(Clone, Debug, Default)]
pub struct Population {
    hosts: Vec<Host>,
    /// By the device that they are reached by.
    at: FxHashMap<DeviceNumber, Vec<HostNumber>>,
    /// By the port of their switch.
    desk_at: FxHashMap<(DeviceNumber, PortNumber), HostNumber>,
}

impl Population {
    /// Everybody of a network.
    pub fn of(campus: &Campus) -> Self {
        let scenario = &campus.scenario;
        let mut people = Self::default();
        let before = scenario.moment.minus(BEFORE);
        for (device, address, node) in scenario.agents() {
            people.desks(campus, address, before);
            let Some(kind) = scenario.kind(node) else { continue };
            match kind.role {
                Role::AccessPoint | Role::WlanController => people.clients(scenario, device),
                Role::Server => people.servers(scenario, (device, address, node.mac), kind.capabilities & BRIDGES != 0),
                _ => {}
            }
        }
        people.world(scenario);
        people
    }

    /// A host.
    pub fn host(&self, number: HostNumber) -> Option<&Host> {
        self.hosts.get(number as usize)
    }

    /// Everybody.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    fn add(&mut self, host: Host) -> HostNumber {
        let number = HostNumber::try_from(self.hosts.len()).unwrap_or(HostNumber::MAX);
        self.at.entry(host.device).or_default().push(number);
        self.hosts.push(host);
        number
    }

    fn desks(&mut self, campus: &Campus, router: Ipv4Addr, at: Timestamp) {
        for desk in campus.view(router, at).map_or_else(Vec::new, |view| view.desks()) {
            let v6 = Some(own_v6(desk.vlan, u32::from(desk.address)));
            let (mac, vlan, device) = (desk.mac, desk.vlan, desk.device);
            let number = self.add(Host { class: Class::Desk, v4: desk.address, v6, mac, vlan, asn: 0, device });
            self.desk_at.insert((device, desk.port), number);
        }
    }

    fn clients(&mut self, scenario: &Scenario, device: DeviceNumber) {
        let vlan = scenario.vlans.get(2).map_or(0, |vlan| vlan.id);
        for client in 0..CLIENTS {
            let (v4, mac) = wifi(scenario.seed, device, client);
            self.add(Host { class: Class::Wifi, v4, v6: Some(own_v6(vlan, u32::from(v4))), mac, vlan, asn: 0, device });
        }
    }

    fn servers(&mut self, scenario: &Scenario, (device, address, mac): (DeviceNumber, Ipv4Addr, MacAddr), has_machines: bool) {
        let vlan = scenario.vlans.get(3).map_or(0, |vlan| vlan.id);
        let host = |v4: Ipv4Addr, mac: MacAddr| {
            let v6 = Some(own_v6(vlan, u32::from(v4)));
            Host { class: Class::Server, v4, v6, mac, vlan, asn: 0, device }
        };
        self.add(host(address, mac));
        let MacAddr([.., high, low, _]) = mac;
        for machine in 0..if has_machines { MACHINES } else { 0 } {
            // First octets of virtual machines of the vendor of the campus's hypervisors.
            self.add(host(within(MACHINE_NET, device, 10 + machine), MacAddr([0x00, 0x50, 0x56, high, low, machine])));
        }
    }

    fn world(&mut self, scenario: &Scenario) {
        let providers = scenario.nodes.iter().zip(0..).filter(|(node, _)| {
            scenario.kind(node).is_some_and(|kind| kind.role == Role::Router && kind.sys_object_id.is_none())
        });
        for (node, device) in providers.collect::<Vec<_>>() {
            for net in &scenario.world {
                for host in 0..WORLD_HOSTS {
                    let offset = 1 + host * 5 % (1 << (32 - net.net.prefix_len())).max(2);
                    let v4 = Ipv4Addr::from(u32::from(net.net.network()).saturating_add(offset));
                    let v6 = net.net6.map(|net| Ipv6Addr::from(u128::from(net.network()) + u128::from(offset)));
                    self.add(Host { class: Class::World, v4, v6, mac: node.mac, vlan: 0, asn: net.r#as, device });
                }
            }
        }
    }

    /// Who is at a port of a switch.
    pub fn desk(&self, device: DeviceNumber, port: PortNumber) -> Zone {
        let mut zone = Zone::default();
        if let Some(&number) = self.desk_at.get(&(device, port)) {
            zone.add(Class::Desk, number);
        }
        zone
    }

    /// Those at a device itself.
    pub fn at(&self, device: DeviceNumber) -> Zone {
        self.zone(std::iter::once(device))
    }

    /// Those that hang off a device, and those at it.
    pub fn under(&self, scenario: &Scenario, device: DeviceNumber) -> Zone {
        self.zone(subtree(scenario, device).into_iter())
    }

    /// All others.
    pub fn beyond(&self, scenario: &Scenario, device: DeviceNumber) -> Zone {
        let under = subtree(scenario, device);
        let mut others: Vec<DeviceNumber> = self.at.keys().copied().filter(|device| !under.contains(device)).collect();
        others.sort_unstable();
        self.zone(others.into_iter())
    }

    fn zone(&self, devices: impl Iterator<Item = DeviceNumber>) -> Zone {
        let mut zone = Zone::default();
        let mut devices: Vec<DeviceNumber> = devices.collect();
        devices.sort_unstable();
        for &number in devices.iter().filter_map(|device| self.at.get(device)).flatten() {
            if let Some(host) = self.host(number) {
                zone.add(host.class, number);
            }
        }
        zone.thinned()
    }
}

/// A wireless client of an access point. They change their hardware addresses: bit 1 of the first octet says so (IEEE 802-2014 §8.2).
pub(in crate::sim) fn wifi(seed: u64, device: DeviceNumber, client: u8) -> (Ipv4Addr, MacAddr) {
    let v4 = within(WIFI_NET, device, 20 + client);
    let [.., a, b, c, d] = mix(seed ^ 0xc11e, u64::from(u32::from(v4))).to_be_bytes();
    (v4, MacAddr([0x02 | (d & 0xf0), a, b, c, d, client]))
}

fn own_v6(vlan: u16, v4: u32) -> Ipv6Addr {
    Ipv6Addr::from(OWN_NET6 | u128::from(vlan) << 64 | u128::from(v4))
}

fn within([a, b]: [u8; 2], device: DeviceNumber, host: u8) -> Ipv4Addr {
    let [.., high, low] = device.to_be_bytes();
    Ipv4Addr::new(a, b.saturating_add(high), low, host)
}

/// A device and everything that is further from the world.
fn subtree(scenario: &Scenario, device: DeviceNumber) -> FxHashSet<DeviceNumber> {
    let mut seen = FxHashSet::default();
    let mut open = vec![device];
    while let Some(next) = open.pop() {
        if !seen.insert(next) {
            continue;
        }
        let cables = scenario.node(next).map_or(&[][..], |node| &node.cables);
        let below = cables.iter().filter(|cable| cable.side == Side::B);
        open.extend(below.filter_map(|cable| scenario.wires.get(cable.wire as usize)).map(|wire| wire.a.device));
    }
    seen
}
