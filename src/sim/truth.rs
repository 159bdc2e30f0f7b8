//! What is true at a time: states, counters, names. Pure functions of a scenario and of absolute time.
//!
//! What leaves one end of a wire arrives at the other: both ends' counters are made of the same two loads.

use super::hash::{between, mix, pick, unit};
use super::scenario::file::PortUse;
use super::scenario::plan::Fields;
use super::scenario::{Cable, DeviceNumber, Kind, Lag, Node, PortNumber, PortSpec, Scenario, Side, WireNumber};
use super::shape::{Load, Profile};
use crate::model::poll::IfCounter;
use crate::model::{AdminStatus, MacAddr, OperStatus, Timestamp};

/// Seconds since the epoch.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of this age fit into 53 bits")]
pub fn seconds_of(at: Timestamp) -> f64 {
    at.millis() as f64 / 1000.0
}

/// How far before the scenario's moment counting begins: before any agent started.
const LONG_AGO: f64 = 400.0 * 86_400.0;

/// How long a neighbour is still listed after its link fell: TTL of LLDP (IEEE 802.1AB §9.2.5.22: 4 × 30 s).
const NEIGHBOUR_TTL: f64 = 120.0;

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

/// State of an interface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PortState {
    /// ifAdminStatus
    pub admin: AdminStatus,
    /// ifOperStatus
    pub oper: OperStatus,
    /// Since when, seconds since the epoch
    pub since: f64,
}

/// Load of a port with a desk behind it: octets per second that leave it and that come in.
#[derive(Clone, Copy, Debug)]
struct Flow {
    forth: Load,
    back: Load,
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
                chance if chance < 0.58 => Behind::Desk,
                chance if chance < 0.66 => Behind::Disabled,
                _ => Behind::Empty,
            },
            PortUse::Up | PortUse::Down => Behind::Empty,
        }
    }

    /// A desk takes between almost nothing and a tenth of its port; most take little.
    #[allow(clippy::cast_precision_loss, reason = "speeds are far below 2^53")]
    fn desk(&self, node: &Node, device: DeviceNumber, port: PortNumber) -> Flow {
        let speed = self.spec(node, port).map_or(0, |spec| spec.speed_bps) as f64 / 8.0;
        let appetite = unit(self.chance(device, port, 2)).powi(4);
        let level = speed * (0.0004 + 0.09 * appetite);
        let load =
            |level: f64, salt: u64| Load { level, profile: Profile::Office, noise: 1.0, seed: self.chance(device, port, salt) };
        Flow { forth: load(level, 3), back: load(level * between(self.chance(device, port, 5), 0.06, 0.4), 4) }
    }

    /// Octets per second at the busiest hour that the desks of a device take and send.
    pub fn desks_total(&self, device: DeviceNumber) -> (f64, f64) {
        let Some(node) = self.node(device) else { return (0.0, 0.0) };
        let desks = (0..self.port_count(node)).filter(|&port| self.behind(node, device, port) == Behind::Desk);
        desks
            .map(|port| self.desk(node, device, port))
            .fold((0.0, 0.0), |(down, up), flow| (down + flow.forth.level, up + flow.back.level))
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

    /// Whether a device answers.
    pub fn answers(&self, device: DeviceNumber, at: f64) -> bool {
        !self.outages.get(&device).is_some_and(|outages| outages.iter().any(|outage| outage.covers(at)))
    }

    /// When the agent that answers at `at` started.
    pub fn booted_at(&self, device: DeviceNumber, at: f64) -> f64 {
        let first = seconds_of(self.moment) - 86_400.0 * between(self.chance(device, 0, 10), 9.0, 340.0);
        let restarts = self.outages.get(&device).into_iter().flatten().map(|outage| outage.to);
        restarts.filter(|&back| back <= at).fold(first, f64::max).floor()
    }

    /// sysUpTime, hundredths of a second, wrapping as the MIB does.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "TimeTicks wrap (RFC 2578 §7.1.8)")]
    pub fn sys_up_time(&self, device: DeviceNumber, at: f64) -> u32 {
        ((at - self.booted_at(device, at)).max(0.0) * 100.0) as u64 as u32
    }

    /// Whether a wire is up.
    pub fn wire_is_up(&self, wire: WireNumber, at: f64) -> bool {
        self.wire_troubles.get(&wire).is_none_or(|trouble| {
            !trouble.outages.iter().any(|outage| outage.covers(at)) && !trouble.flap.is_some_and(|flap| flap.covers(at))
        })
    }

    /// Whether the far end of a wire is heard: the link is up, or fell so lately that its neighbour has not aged out.
    pub fn is_heard(&self, wire: WireNumber, at: f64) -> bool {
        self.wire_is_up(wire, at) || at - self.wire_changed(wire, at) < NEIGHBOUR_TTL
    }

    /// When a wire last fell or rose; long ago where it never did.
    fn wire_changed(&self, wire: WireNumber, at: f64) -> f64 {
        let start = seconds_of(self.moment) - LONG_AGO;
        let Some(trouble) = self.wire_troubles.get(&wire) else { return start };
        let edges = trouble.outages.iter().flat_map(|outage| [outage.from, outage.to]).filter(|&edge| edge <= at);
        edges.chain(trouble.flap.and_then(|flap| flap.changed(at))).fold(start, f64::max)
    }

    /// State of an interface.
    pub fn port_state(&self, node: &Node, device: DeviceNumber, (port, at): (PortNumber, f64)) -> PortState {
        let (mut admin, mut oper, mut since) = (AdminStatus::Up, OperStatus::Up, f64::NEG_INFINITY);
        let word = |up: bool| if up { OperStatus::Up } else { OperStatus::Down };
        match self.behind(node, device, port) {
            Behind::Cable(cable) => {
                oper = word(self.wire_is_up(cable.wire, at));
                since = self.wire_changed(cable.wire, at);
            }
            Behind::Lag(lag, _) => {
                oper = word(self.members(node, lag).any(|cable| self.wire_is_up(cable.wire, at)));
            }
            Behind::Desk | Behind::Inside => {}
            Behind::Empty => oper = OperStatus::Down,
            Behind::Disabled => (admin, oper) = (AdminStatus::Down, OperStatus::Down),
        }
        PortState { admin, oper, since: since.max(self.booted_at(device, at)) }
    }

    /// Octets that a wire took in at one end, since long ago.
    fn carried(&self, wire: WireNumber, side: Side, at: f64) -> f64 {
        let Some(facts) = self.wires.get(wire as usize) else { return 0.0 };
        let start = seconds_of(self.moment) - LONG_AGO;
        let load = if side == Side::A { facts.forth } else { facts.back };
        let Some(trouble) = self.wire_troubles.get(&wire) else { return load.octets(start, at) };
        let ordinary = |until: f64| match trouble.hot {
            Some(hot) if until > hot.since => {
                let full = if side == Side::A { hot.forth } else { hot.back };
                load.octets(start, hot.since) + full.octets(hot.since, until)
            }
            _ => load.octets(start, until),
        };
        let until = trouble.flap.map_or(at, |flap| flap.warp(at));
        let lost = trouble.outages.iter().filter(|outage| outage.from < until);
        ordinary(until) - lost.map(|outage| ordinary(until.min(outage.to)) - ordinary(outage.from)).sum::<f64>()
    }

    /// Octets that left (`forth`) or entered (`back`) a port since its agent started.
    fn octets(&self, node: &Node, device: DeviceNumber, (port, at): (PortNumber, f64)) -> (f64, f64) {
        let boot = self.booted_at(device, at);
        let wired = |cable: &Cable| {
            let side = |side: Side| self.carried(cable.wire, side, at) - self.carried(cable.wire, side, boot);
            (side(cable.side), side(cable.side.other()))
        };
        match self.behind(node, device, port) {
            Behind::Cable(cable) => wired(cable),
            Behind::Lag(lag, _) => self.members(node, lag).map(wired).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1)),
            Behind::Desk => {
                let flow = self.desk(node, device, port);
                (flow.forth.octets(boot, at), flow.back.octets(boot, at))
            }
            Behind::Inside if self.spec(node, port).is_some_and(|spec| spec.usage == PortUse::Management) => {
                let load = Load { level: 2600.0, profile: Profile::Flat, noise: 1.0, seed: self.chance(device, port, 3) };
                (load.octets(boot, at), load.octets(boot, at) * 0.7)
            }
            Behind::Empty | Behind::Disabled | Behind::Inside => (0.0, 0.0),
        }
    }

    /// All counters of an interface, by [`IfCounter`], as 64 bits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are positive and far below 2^63")]
    pub fn counters(&self, node: &Node, device: DeviceNumber, (port, at): (PortNumber, f64)) -> [u64; IfCounter::COUNT] {
        let (forth, back) = self.octets(node, device, (port, at));
        let (forth, back) = (forth.max(0.0), back.max(0.0));
        let sizes = self.packet_sizes(node, device, port);
        let mut all = [0; IfCounter::COUNT];
        let mut set = |which: IfCounter, value: f64| all[which as usize] = value as u64;
        set(IfCounter::OutOctets, forth);
        set(IfCounter::InOctets, back);
        for (octets, size, [unicast, multicast, broadcast]) in [
            (forth, sizes.0, [IfCounter::OutUcastPkts, IfCounter::OutMulticastPkts, IfCounter::OutBroadcastPkts]),
            (back, sizes.1, [IfCounter::InUcastPkts, IfCounter::InMulticastPkts, IfCounter::InBroadcastPkts]),
        ] {
            set(unicast, octets / size * 0.962);
            set(multicast, octets / size * 0.029);
            set(broadcast, octets / size * 0.009);
        }
        if let Some(trouble) = self.port_troubles.get(&(device, port)) {
            let boot = self.booted_at(device, at);
            let count = |level: f64, salt: u64| {
                let seed = self.chance(device, port, salt);
                Load { level, profile: Profile::Office, noise: 1.0, seed }.octets(boot, at)
            };
            set(IfCounter::InErrors, count(trouble.errors, 13));
            set(IfCounter::OutDiscards, count(trouble.discards, 14));
        }
        all
    }

    /// Mean octets in a packet, leaving and coming in: the same at both ends of a wire.
    fn packet_sizes(&self, node: &Node, device: DeviceNumber, port: PortNumber) -> (f64, f64) {
        let size = |hash: u64| between(hash, 380.0, 940.0);
        match self.behind(node, device, port) {
            Behind::Cable(cable) => {
                let of = |side: Side| size(mix(self.seed ^ 0x0b0e, u64::from(cable.wire) * 2 + u64::from(side == Side::A)));
                (of(cable.side), of(cable.side.other()))
            }
            _ => (size(self.chance(device, port, 11)), size(self.chance(device, port, 12))),
        }
    }

    /// Round trip to a device, milliseconds: loopback quick, and a little alive.
    pub fn rtt_ms(&self, device: DeviceNumber, at: f64) -> f64 {
        let base = between(self.chance(device, 0, 15), 0.12, 0.55);
        let cell = (at / 30.0).floor();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
        let jitter = unit(mix(self.chance(device, 0, 16), cell as u64));
        base * (1.0 + 0.5 * jitter * jitter)
    }
}

fn number_in_name(name: &str) -> u16 {
    let digits: String = name.chars().rev().take_while(char::is_ascii_digit).collect();
    digits.chars().rev().collect::<String>().parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Scale;

    fn moment() -> Timestamp {
        Timestamp::parse_absolute("2026-11-22T12:00:00Z").unwrap()
    }

    fn campus(devices: Option<usize>) -> Scenario {
        Scenario::campus(Scale { devices, ..Scale::at(moment(), 1) }).unwrap()
    }

    fn port(scenario: &Scenario, device: &str, name: &str) -> (DeviceNumber, PortNumber) {
        let number = scenario.named(device).unwrap();
        let node = scenario.node(number).unwrap();
        (number, (0..scenario.port_count(node)).find(|&port| scenario.port_name(node, port) == name).unwrap())
    }

    #[test]
    fn the_campus_has_its_sixty_devices_and_every_name_once() {
        let campus = campus(None);
        assert_eq!(campus.agents().count(), 60);
        let mut names: Vec<_> = campus.nodes.iter().map(|node| &node.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), campus.nodes.len());
        assert!(campus.named("acc-b2-07").is_some() && campus.named("ap-b3-f4-11").is_some(), "{names:?}");
        assert!(campus.nodes.iter().all(|node| !node.cables.is_empty()));
    }

    #[test]
    fn any_size_is_met_exactly_and_every_device_hangs_together() {
        for wanted in [1, 7, 60, 61, 200, 1000, 3001] {
            let campus = campus(Some(wanted));
            assert_eq!(campus.agents().count(), wanted);
            if wanted >= 60 {
                assert!(campus.nodes.iter().all(|node| !node.cables.is_empty()), "{wanted}");
            }
        }
    }

    #[test]
    fn both_ends_of_a_link_count_the_same() {
        let campus = campus(None);
        let at = seconds_of(moment());
        for wire in &campus.wires {
            let rates = |end: crate::sim::scenario::End| {
                let node = campus.node(end.device).unwrap();
                let counters = |at| campus.counters(node, end.device, (end.port, at));
                let (before, after) = (counters(at - 300.0), counters(at));
                [IfCounter::InOctets, IfCounter::OutOctets]
                    .map(|which| after[which as usize] as i64 - before[which as usize] as i64)
            };
            let ([in_a, out_a], [in_b, out_b]) = (rates(wire.a), rates(wire.b));
            // Whole octets are cut off at both ends, and agents that started at other times count other totals.
            assert!((in_a - out_b).abs() <= 64 && (out_a - in_b).abs() <= 64, "{wire:?}: {in_a} {out_b} {out_a} {in_b}");
        }
    }

    #[test]
    fn load_stays_below_the_speed_and_hot_links_are_hot() {
        let campus = campus(None);
        let at = seconds_of(moment());
        let mut use_of = Vec::new();
        for (device, _, node) in campus.agents() {
            for port in 0..campus.port_count(node) {
                let octets = |at| campus.counters(node, device, (port, at))[IfCounter::OutOctets as usize] as f64;
                let speed = campus.speed_bps(node, port, at) as f64;
                let rate = (octets(at) - octets(at - 30.0)) * 8.0 / 30.0;
                let state = campus.port_state(node, device, (port, at));
                assert!(state.oper == OperStatus::Up || rate < 1.0, "{} {port} carries {rate} while down", node.name);
                assert!(speed < 1.0 || rate < speed * 1.0, "{} {}: {rate} of {speed}", node.name, campus.port_name(node, port));
                use_of.push((rate / speed.max(1.0), format!("{} {}", node.name, campus.port_name(node, port))));
            }
        }
        use_of.sort_by(|a, b| b.0.total_cmp(&a.0));
        let over = |share: f64| use_of.iter().filter(|(used, _)| *used > share).count();
        assert!(over(0.74) >= 2, "{:?}", &use_of[..8]);
        assert!(over(0.5) <= 12, "{:?}", &use_of[..20]);
    }

    #[test]
    fn a_dead_device_is_silent_and_so_is_what_it_feeds() {
        let campus = campus(None);
        let dead = campus.named("acc-b2-07").unwrap();
        let at = seconds_of(moment());
        assert!(!campus.answers(dead, at) && campus.answers(dead, at - 3.0 * 3600.0));
        let silent: Vec<_> = campus.agents().filter(|(number, ..)| !campus.answers(*number, at)).collect();
        assert!(silent.len() >= 2 && silent.len() <= 4);
        let node = campus.node(dead).unwrap();
        assert!(node.cables.iter().all(|cable| !campus.wire_is_up(cable.wire, at) && !campus.is_heard(cable.wire, at)));
    }

    #[test]
    fn a_restart_begins_counting_anew() {
        let campus = campus(None);
        let back = seconds_of(moment()) - crate::sim::scenario::trouble::duration("3d4h21m").unwrap();
        let (device, port) = port(&campus, "acc-b3-02", "xe-0/2/0");
        let node = campus.node(device).unwrap();
        let octets = |at| campus.counters(node, device, (port, at))[0];
        assert!(octets(back - 400.0) > octets(back + 400.0) && octets(back + 400.0) > 0);
        assert_eq!(campus.sys_up_time(device, back + 5.0), 500);
        assert!(!campus.answers(device, back - 1.0) && campus.answers(device, back));
    }

    #[test]
    fn a_flapping_link_counts_only_while_it_is_up() {
        let campus = campus(None);
        let (device, port) = port(&campus, "acc-b4-03", "Gi1/0/25");
        let node = campus.node(device).unwrap();
        let from = seconds_of(moment()) - 3600.0;
        let (mut falls, mut last) = (0, true);
        for second in 0..3600 {
            let at = from + f64::from(second);
            let up = campus.port_state(node, device, (port, at)).oper == OperStatus::Up;
            let [before, after] = [at, at + 0.5].map(|at| campus.counters(node, device, (port, at))[1]);
            assert!(up || before == after);
            assert!(after >= before);
            falls += u32::from(last && !up);
            last = up;
        }
        assert!((8..=9).contains(&falls), "{falls}");
    }

    #[test]
    fn faults_are_all_told_at_once() {
        let text =
            crate::sim::scenario::CAMPUS.replace("kind = \"asr1001x\"", "kind = \"nokia\"").replace("\"900M\"", "\"fast\"");
        let fault = Scenario::parse("x.toml", &text, Scale::at(moment(), 1)).unwrap_err().to_string();
        assert!(fault.contains("there is no kind nokia") && fault.contains("load is not a bit rate"), "{fault}");
        let fault = Scenario::parse("x.toml", "name = 5", Scale::at(moment(), 1)).unwrap_err().to_string();
        assert!(fault.starts_with("x.toml: TOML parse error at line 1"), "{fault}");
    }

    #[test]
    fn ten_thousand_devices_stay_lean() {
        let watch = crate::clock::Stopwatch::start();
        let campus = campus(Some(10_000));
        let size: usize = campus.nodes.iter().map(|n| size_of::<Node>() + n.cables.len() * 12 + n.name.len()).sum();
        assert!(size < 8_000_000, "{size}");
        // An unoptimised build on a busy machine; a released one takes a tenth of it.
        assert!(watch.elapsed().as_secs() < 10, "{:?}", watch.elapsed());
    }
}
