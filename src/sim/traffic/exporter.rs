//! A device that exports: its ports, who is behind each, and what may be talked from port to port.

use super::host::{Population, Zone};
use super::{Slot, UNMONITORED};
use crate::model::flow::FlowVersion;
use crate::sim::scenario::file::{Class, Export, ExportForm, Service};
use crate::sim::scenario::{DeviceNumber, Node, PortNumber, Scenario, Side};
use crate::sim::truth::Behind;
use std::net::Ipv4Addr;

/// A port, or an aggregate. The last one has ifIndex 0 and is the device itself: hosts that stand at it, else what it sends, drops
/// or replicates, so that what comes in and what goes out of a device agree although every link has a load of its own.
#[derive(Clone, Debug)]
pub struct Port {
    /// ifIndex.
    pub if_index: u32,
    /// ifName.
    pub name: String,
    /// Itself, or its members; none of the device itself.
    pub members: Vec<PortNumber>,
    /// The devices at the far ends.
    pub far: Vec<DeviceNumber>,
    /// Whether it leads towards the world.
    pub is_up: bool,
    /// Who is behind it.
    pub zone: Zone,
}

/// A service in one of its directions, between two classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// Place in the scenario's services.
    pub service: usize,
    /// From the server to the client.
    pub is_reply: bool,
    /// Who sends.
    pub from: Class,
    /// Who receives.
    pub to: Class,
    /// How much of the cell's octets, all before it included: 0 to 1.
    pub until: f64,
}

/// What goes in by a port and out by another.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Places in the exporter's ports.
    pub from: usize,
    /// As [`Self::from`].
    pub to: usize,
    /// What may be talked.
    pub uses: Vec<Use>,
    /// How much is talked, as a weight.
    pub weight: f64,
}

/// A device that exports.
#[derive(Clone, Debug)]
pub struct Exporter {
    /// Its number.
    pub device: DeviceNumber,
    /// Where its datagrams come from.
    pub address: Ipv4Addr,
    /// How.
    pub export: Export,
    /// Its ports.
    pub ports: Vec<Port>,
    /// Whether hosts stand at the device itself: they are behind its port 0. Else that stands for the device.
    pub has_hosts: bool,
    /// From which to which something is talked.
    pub cells: Vec<Cell>,
}

impl Exporter {
    /// A device of a scenario.
    pub fn new(scenario: &Scenario, people: &Population, (device, address, export): (DeviceNumber, Ipv4Addr, Export)) -> Self {
        let ports = scenario.node(device).map_or_else(Vec::new, |node| ports(scenario, people, (device, node)));
        let mut cells = Vec::new();
        for (from, source) in ports.iter().enumerate() {
            for (to, sink) in ports.iter().enumerate().filter(|&(to, _)| to != from) {
                let (uses, weight) = uses(&scenario.services, (&source.zone, &sink.zone));
                if weight > 0.0 {
                    cells.push(Cell { from, to, uses, weight });
                }
            }
        }
        let has_hosts = !people.at(device).is_empty() && ports.iter().all(|port| port.if_index == 0 || !port.far.is_empty());
        Self { device, address, export, ports, has_hosts, cells }
    }

    /// How it writes.
    pub const fn version(&self) -> FlowVersion {
        match self.export.how {
            ExportForm::Netflow5 => FlowVersion::NetFlow5,
            ExportForm::Netflow9 => FlowVersion::NetFlow9,
            ExportForm::Ipfix => FlowVersion::Ipfix,
            ExportForm::Sflow5 => FlowVersion::Sflow5,
        }
    }

    /// Octets that are monitored of what came in by each port and of what went out, in a stretch of time.
    pub fn moved(&self, scenario: &Scenario, slot: Slot) -> Vec<(f64, f64)> {
        let Some(node) = scenario.node(self.device) else { return Vec::new() };
        let of = |port: &Port| {
            let members = port.members.iter().map(|&member| scenario.moved(node, self.device, (member, slot.from, slot.to)));
            let (out, into) = members.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            (into * (1.0 - UNMONITORED), out * (1.0 - UNMONITORED))
        };
        let mut moved: Vec<(f64, f64)> = self.ports.iter().map(of).collect();
        let (into, out) = moved.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let own = match (self.has_hosts, self.export.how) {
            // What hosts at the device itself send and take is what its ports carry.
            (true, _) => (out, into),
            // sFlow samples packets of ports; what the device itself sends is none.
            (false, ExportForm::Sflow5) => (0.0, (into - out).max(0.0)),
            (false, _) => balance(&moved, (into, out)),
        };
        for (_, moved) in self.ports.iter().zip(&mut moved).filter(|(port, _)| port.if_index == 0) {
            *moved = own;
        }
        moved
    }
}

/// What the device itself must send and take so that all fits, where nothing leaves by the port by which it came: what goes out by a
/// port beyond what came in by all others, and what came in beyond what goes out by all others.
fn balance(moved: &[(f64, f64)], (into, out): (f64, f64)) -> (f64, f64) {
    let lacks = moved.iter().map(|one| (one.1 - (into - one.0)).max(0.0)).sum::<f64>();
    let spare = moved.iter().map(|one| (one.0 - (out - one.1)).max(0.0)).sum::<f64>();
    let sends = lacks.max(out - into + spare).max(out - into).max(0.0);
    (sends, (into + sends - out).max(0.0))
}

fn ports(scenario: &Scenario, people: &Population, (device, node): (DeviceNumber, &Node)) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    let beyond = people.beyond(scenario, device);
    for number in 0..scenario.port_count(node) {
        let name = || scenario.port_name(node, number);
        let if_index = scenario.if_index(node, number);
        match scenario.behind(node, device, number) {
            Behind::Cable(cable) if cable.lag.is_none() => {
                let (far, is_up) = (far(scenario, cable.wire, cable.side), cable.side == Side::A);
                let zone = if is_up { beyond.clone() } else { under(scenario, people, &far) };
                ports.push(Port { if_index, name: name(), members: vec![number], far, is_up, zone });
            }
            Behind::Lag(lag, _) => {
                let cables: Vec<_> = scenario.members(node, lag).collect();
                let far: Vec<_> = cables.iter().flat_map(|cable| far(scenario, cable.wire, cable.side)).collect();
                let is_up = cables.iter().any(|cable| cable.side == Side::A);
                let zone = if is_up { beyond.clone() } else { under(scenario, people, &far) };
                let members = cables.iter().map(|cable| cable.port).collect();
                ports.push(Port { if_index, name: name(), members, far, is_up, zone });
            }
            Behind::Desk => {
                let zone = people.desk(device, number);
                ports.push(Port { if_index, name: name(), members: vec![number], far: Vec::new(), is_up: false, zone });
            }
            Behind::Cable(_) | Behind::Empty | Behind::Disabled | Behind::Inside => {}
        }
    }
    let own = people.at(device);
    let has_hosts = !own.is_empty() && ports.iter().all(|port| !port.far.is_empty());
    let zone = if has_hosts { own } else { beyond.with(&people.under(scenario, device)) };
    ports.push(Port { if_index: 0, name: String::new(), members: Vec::new(), far: Vec::new(), is_up: false, zone });
    ports
}

fn far(scenario: &Scenario, wire: u32, side: Side) -> Vec<DeviceNumber> {
    scenario.wires.get(wire as usize).map(|wire| wire.end(side.other()).device).into_iter().collect()
}

fn under(scenario: &Scenario, people: &Population, far: &[DeviceNumber]) -> Zone {
    far.first().map_or_else(Zone::default, |&device| people.under(scenario, device))
}

/// What may be talked between two zones, and how much.
fn uses(services: &[Service], (source, sink): (&Zone, &Zone)) -> (Vec<Use>, f64) {
    const CLASSES: [Class; 4] = [Class::Desk, Class::Wifi, Class::Server, Class::World];
    let mut uses = Vec::new();
    let mut sum = 0.0;
    for (place, service) in services.iter().enumerate() {
        for (from, to) in CLASSES.into_iter().flat_map(|from| CLASSES.map(|to| (from, to))) {
            if source.hosts(from).is_empty() || sink.hosts(to).is_empty() {
                continue;
            }
            for (is_reply, share) in [(false, 1.0 - service.reply), (true, service.reply)] {
                let (client, server) = if is_reply { (to, from) } else { (from, to) };
                let fits = service.clients.contains(&client) && service.servers.contains(&server);
                if fits && share > 0.0 {
                    sum += service.load * share;
                    uses.push(Use { service: place, is_reply, from, to, until: sum });
                }
            }
        }
    }
    uses.iter_mut().for_each(|one| one.until /= sum);
    (uses, sum)
}
