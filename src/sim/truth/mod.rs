//! What is true at a time: states, counters, names. Pure functions of a scenario and of absolute time.
//!
//! What leaves one end of a wire arrives at the other: both ends' counters are made of the same two loads.
//! Start here (names and what stands behind a port), then `state`, then `load`.

pub mod health;
mod load;
mod state;
pub mod switching;
#[cfg(test)]
mod tests;

use super::hash::{mix, pick, unit};
use super::scenario::file::PortUse;
use super::scenario::plan::Fields;
use super::scenario::{Cable, DeviceNumber, Kind, Lag, Node, PortNumber, PortSpec, Scenario};
use crate::model::{MacAddr, Timestamp};

pub use state::PortState;

/// Seconds since the epoch.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of this age fit into 53 bits")]
pub fn seconds_of(at: Timestamp) -> f64 {
    at.millis() as f64 / 1000.0
}

/// How far before the scenario's moment counting begins: before any agent started.
const LONG_AGO: f64 = 400.0 * 86_400.0;

/// ifType of ieee8023adLag (IANAifType).
const IF_TYPE_LAG: u32 = 161;

/// What stands behind a port.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behind<'a> {
    /// A cable to another device
    Cable(&'a Cable),
    /// Members of an aggregate
    Lag(&'a Lag, u16),
    /// A desk that uses it
    Desk,
    /// Nothing is plugged in
    Empty,
    /// Switched off by its operator
    Disabled,
    /// A virtual interface that is always up
    Inside,
}

impl Scenario {
    /// How many interfaces a device has.
    pub fn port_count(&self, node: &Node) -> PortNumber {
        let own = self.kind(node).map_or(0, |kind| kind.ports.len());
        PortNumber::try_from(own + node.lags.len()).unwrap_or(PortNumber::MAX)
    }

    fn spec<'a>(&'a self, node: &Node, port: PortNumber) -> Option<&'a PortSpec> {
        self.kind(node)?.ports.get(usize::from(port))
    }

    fn lag_number(&self, node: &Node, port: PortNumber) -> Option<u16> {
        let own = u16::try_from(self.kind(node)?.ports.len()).ok()?;
        port.checked_sub(own).map(|at| at + 1)
    }

    fn lag_text(&self, node: &Node, port: PortNumber, template: fn(&Kind) -> Option<&str>) -> String {
        let number = self.lag_number(node, port).unwrap_or(0);
        self.kind(node).and_then(template).map_or_else(String::new, |text| text.replace("{n}", &number.to_string()))
    }

    /// ifName
    pub fn port_name(&self, node: &Node, port: PortNumber) -> String {
        let lag = || self.lag_text(node, port, |kind| kind.lag.as_ref().map(|lag| lag.name.as_str()));
        self.spec(node, port).map_or_else(lag, |spec| spec.name.clone())
    }

    /// ifDescr
    pub fn port_descr(&self, node: &Node, port: PortNumber) -> String {
        let lag = || self.lag_text(node, port, |kind| kind.lag.as_ref().map(|lag| lag.descr.as_str()));
        self.spec(node, port).map_or_else(lag, |spec| spec.descr.clone())
    }

    /// ifIndex
    pub fn if_index(&self, node: &Node, port: PortNumber) -> u32 {
        let lag = || {
            let base = self.kind(node).and_then(|kind| kind.lag.as_ref()).map_or(0, |lag| lag.if_index);
            base + u32::from(self.lag_number(node, port).unwrap_or(1)) - 1
        };
        self.spec(node, port).map_or_else(lag, |spec| spec.if_index)
    }

    /// ifType
    pub fn if_type(&self, node: &Node, port: PortNumber) -> u32 {
        self.spec(node, port).map_or(IF_TYPE_LAG, |spec| spec.if_type)
    }

    /// The port's MAC address: those after the chassis's.
    pub fn port_mac(&self, node: &Node, port: PortNumber) -> Option<MacAddr> {
        let MacAddr([a, b, c, d, e, _]) = node.mac;
        let last = u8::try_from(port + 1).ok()?;
        let has = self.spec(node, port).is_none_or(|spec| spec.usage != PortUse::Loopback);
        has.then_some(MacAddr([a, b, c, d, e, last]))
    }

    /// Nominal speed, bit/s; of an aggregate that of its members that are up.
    pub fn speed_bps(&self, node: &Node, port: PortNumber, at: f64) -> u64 {
        match self.behind(node, 0, port) {
            Behind::Lag(lag, _) => self
                .members(node, lag)
                .filter(|cable| self.wire_is_up(cable.wire, at))
                .filter_map(|cable| self.wires.get(cable.wire as usize))
                .map(|wire| wire.speed_bps)
                .sum(),
            Behind::Cable(cable) => self.wires.get(cable.wire as usize).map_or(0, |wire| wire.speed_bps),
            _ => self.spec(node, port).map_or(0, |spec| spec.speed_bps),
        }
    }

    /// The cabled ports of an aggregate.
    pub fn members<'a>(&self, node: &'a Node, lag: &'a Lag) -> impl Iterator<Item = &'a Cable> {
        lag.members.iter().filter_map(|&place| node.cables.get(usize::from(place)))
    }

    /// The cable in a port.
    pub fn cable<'a>(&self, node: &'a Node, port: PortNumber) -> Option<&'a Cable> {
        node.cables.binary_search_by_key(&port, |cable| cable.port).ok().and_then(|at| node.cables.get(at))
    }

    /// ifIndex of the aggregate of which a port is a member.
    pub fn aggregate(&self, node: &Node, cable: &Cable) -> Option<u32> {
        let own = PortNumber::try_from(self.kind(node)?.ports.len()).ok()?;
        cable.lag.map(|lag| self.if_index(node, own + u16::from(lag)))
    }

    fn chance(&self, device: DeviceNumber, port: PortNumber, salt: u64) -> u64 {
        mix(mix(self.seed ^ 0x5eed, u64::from(device) << 16 | u64::from(port)), salt)
    }

    /// What stands behind a port.
    pub fn behind<'a>(&self, node: &'a Node, device: DeviceNumber, port: PortNumber) -> Behind<'a> {
        let Some(spec) = self.spec(node, port) else {
            let place = self.lag_number(node, port).unwrap_or(1) - 1;
            return node.lags.get(usize::from(place)).map_or(Behind::Empty, |lag| Behind::Lag(lag, place));
        };
        if let Some(cable) = self.cable(node, port) {
            return Behind::Cable(cable);
        }
        match spec.usage {
            PortUse::Management | PortUse::Loopback => Behind::Inside,
            PortUse::Access if self.port_troubles.contains_key(&(device, port)) => Behind::Desk,
            PortUse::Access => match unit(self.chance(device, port, 1)) {
                chance if chance < 0.62 => Behind::Desk,
                chance if chance < 0.86 => Behind::Disabled,
                _ => Behind::Empty,
            },
            // Spare ports of the infrastructure are shut, as they should be.
            PortUse::Up | PortUse::Down => Behind::Disabled,
        }
    }

    /// ifAlias
    pub fn alias(&self, node: &Node, device: DeviceNumber, port: PortNumber) -> String {
        if let Some(alias) = self.port_troubles.get(&(device, port)).and_then(|trouble| trouble.alias.clone()) {
            return alias;
        }
        let far = |cable: &Cable| {
            let end = self.wires.get(cable.wire as usize)?.end(cable.side.other());
            self.node(end.device).map(|node| (end.device, node))
        };
        match self.behind(node, device, port) {
            Behind::Cable(cable) => far(cable).map_or_else(String::new, |(number, peer)| self.alias_of_peer(number, peer)),
            Behind::Lag(lag, _) => {
                let member = self.members(node, lag).next();
                member.and_then(far).map_or_else(String::new, |(_, peer)| format!("to {}", peer.name))
            }
            Behind::Desk => self.desk_alias(node, device, port),
            Behind::Empty | Behind::Disabled | Behind::Inside => String::new(),
        }
    }

    fn alias_of_peer(&self, number: DeviceNumber, peer: &Node) -> String {
        let aliases = self.groups.get(usize::from(peer.group)).map_or(&[][..], |group| &group.alias);
        let fields = Fields { site: "", building: peer.building, floor: peer.floor, number: number_in_name(&peer.name) };
        let template = aliases.get(pick(self.chance(number, 0, 6), aliases.len()));
        template.map_or_else(|| format!("to {}", peer.name), |template| fields.fill(template))
    }

    fn desk_alias(&self, node: &Node, device: DeviceNumber, port: PortNumber) -> String {
        let desks = self.groups.get(usize::from(node.group)).map_or(&[][..], |group| &group.desks);
        // Operators name about a third of such ports.
        if unit(self.chance(device, port, 7)) > 0.35 {
            return String::new();
        }
        let number = u16::try_from(self.chance(device, port, 8) % 12).unwrap_or(0) + 1;
        let fields = Fields { site: "", building: node.building, floor: node.floor, number };
        desks.get(pick(self.chance(device, port, 9), desks.len())).map_or_else(String::new, |template| fields.fill(template))
    }
}

fn number_in_name(name: &str) -> u16 {
    let digits: String = name.chars().rev().take_while(char::is_ascii_digit).collect();
    digits.chars().rev().collect::<String>().parse().unwrap_or(0)
}
