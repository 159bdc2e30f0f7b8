//! Builds a network: names and addresses, cables, and how much goes where.

use super::file::{GroupFile, PortUse, ScenarioFile, VlanFile, WireFile};
use super::kind::bit_rate;
use super::plan::{Fields, Planned, floor_of, number_of, plan};
use super::tree::DEFAULT_PRIORITY;
use super::{
    Cable, DeviceNumber, End, Group, Kind, Lag, NamedVlan, Node, OwnAddress, PortNumber, Scale, Scenario, Side, Wire, WireNumber,
    trouble,
};
use crate::model::MacAddr;
use crate::sim::hash::{between, mix};
use crate::sim::shape::{Load, Profile};
use ipnet::Ipv4Net;
use rustc_hash::FxHashMap;
use std::net::Ipv4Addr;

/// Share of a link's speed that ordinary load does not go beyond.
const ORDINARY: f64 = 0.62;

/// First address of the /30 networks of routed links (RFC 1918 space).
const TRANSIT: u32 = u32::from_be_bytes([10, 250, 0, 0]);

/// Builds the network, or says everything that is wrong with its file.
pub(super) fn build(file: &ScenarioFile, scale: Scale) -> Result<Scenario, Vec<String>> {
    let mut faults = Vec::new();
    let kinds: Vec<Kind> = file.kind.iter().map(|kind| Kind::new(kind, &mut faults)).collect();
    check_groups(file, &kinds, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut builder = Builder::new(file, kinds, scale, &mut faults);
    builder.cable(file, &mut faults);
    builder.load(file);
    let mut scenario = builder.scenario;
    scenario.plant();
    let unmet = trouble::apply(&mut scenario, &file.condition);
    // A network that was cut or grown may lack what the file's conditions and uplinks name.
    if scale.devices.is_none() {
        faults.extend(unmet);
        if !faults.is_empty() {
            return Err(faults);
        }
    }
    Ok(scenario)
}

fn kind_of<'a>(kinds: &'a [Kind], name: &str) -> Option<(u16, &'a Kind)> {
    (0..).zip(kinds).find(|(_, kind)| kind.name == name)
}

fn check_groups(file: &ScenarioFile, kinds: &[Kind], faults: &mut Vec<String>) {
    for group in &file.group {
        if group.kind.names().is_empty() {
            faults.push(format!("group {}: it has no kind", group.name));
        }
        for name in group.kind.names().iter().chain(group.instead.values()).filter(|name| kind_of(kinds, name).is_none()) {
            faults.push(format!("group {}: there is no kind {name}", group.name));
        }
        if group.load.as_ref().is_some_and(|load| bit_rate(load).is_none()) {
            faults.push(format!("group {}: load is not a bit rate such as 40M", group.name));
        }
    }
    for wire in file.wire.iter().filter(|wire| bit_rate(&wire.load).is_none()) {
        faults.push(format!("wire {} to {}: load is not a bit rate such as 2G", wire.a, wire.b));
    }
}

struct Builder {
    scenario: Scenario,
    planned: Vec<Planned>,
    names: Vec<(String, DeviceNumber)>,
    /// Which ports are taken, by device.
    taken: Vec<[u64; 4]>,
    /// Uplinks of each device: wire, share of what the device takes.
    uplinks: Vec<Vec<(WireNumber, f64)>>,
}

impl Builder {
    fn new(file: &ScenarioFile, kinds: Vec<Kind>, scale: Scale, faults: &mut Vec<String>) -> Self {
        let is_agent = |group: &GroupFile| {
            let name = group.kind.names().first().map_or("", String::as_str);
            kind_of(&kinds, name).is_some_and(|(_, kind)| kind.sys_object_id.is_some())
        };
        let planned = plan(file, scale.devices, &is_agent);
        let mut scenario = empty(file, kinds, scale);
        let mut hosts = 0u32;
        for one in &planned {
            let node = node(file, &scenario, one, &mut hosts);
            let number = DeviceNumber::try_from(scenario.nodes.len()).unwrap_or(DeviceNumber::MAX);
            if let Some(address) = node.address {
                scenario.by_address.insert(address, number);
            }
            scenario.nodes.push(node);
        }
        if scenario.agents().any(|(_, address, _)| !scale.network.contains(&address)) {
            faults.push(format!("{} has too few addresses for {hosts} devices", scale.network));
        }
        let mut names: Vec<_> = scenario.nodes.iter().map(|node| node.name.clone()).zip(0..).collect();
        names.sort();
        let count = scenario.nodes.len();
        Self { scenario, planned, names, taken: vec![[0; 4]; count], uplinks: vec![Vec::new(); count] }
    }

    fn starting_with(&self, prefix: &str) -> &[(String, DeviceNumber)] {
        let from = self.names.partition_point(|(name, _)| name.as_str() < prefix);
        let rest = self.names.get(from..).unwrap_or(&[]);
        rest.get(..rest.partition_point(|(name, _)| name.starts_with(prefix))).unwrap_or(&[])
    }

    fn named(&self, name: &str) -> Option<DeviceNumber> {
        let at = self.names.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        self.names.get(at).map(|(_, number)| *number)
    }

    /// The devices that an uplink may go to, the best first. `@` stands for the site that this one hangs off.
    fn targets(&self, to: &str, one: &Planned) -> Vec<DeviceNumber> {
        let (site, to) = match to.strip_prefix('@') {
            Some(_) if one.site == 0 => return Vec::new(),
            Some(to) => ((one.site - 1) / 4, to),
            None => (one.site, to),
        };
        let fields = Fields { site: "", building: one.building, floor: 0, number: one.nth + 1 };
        let name = prefixed(&self.scenario.sites, site, &fields.fill(to));
        let Some(prefix) = name.strip_suffix('*') else { return self.named(&name).into_iter().collect() };
        let found = self.starting_with(prefix);
        let turn = usize::from(one.nth) % found.len().max(1);
        found.iter().rev().cycle().skip(turn).take(found.len()).map(|(_, number)| *number).collect()
    }

    fn cable(&mut self, file: &ScenarioFile, faults: &mut Vec<String>) {
        for number in 0..self.planned.len() {
            let Some(one) = self.planned.get(number).cloned() else { continue };
            let Some(group) = file.group.get(usize::from(one.group)) else { continue };
            let device = DeviceNumber::try_from(number).unwrap_or(DeviceNumber::MAX);
            let ways: Vec<_> = group.uplinks.iter().map(|uplink| (uplink, self.targets(&uplink.to, &one))).collect();
            // What a spanning tree blocks carries nothing.
            let open = ways.iter().filter(|(uplink, targets)| !targets.is_empty() && !uplink.blocked).count().max(1);
            for (uplink, targets) in ways {
                let uses = (PortUse::Up, uplink.at);
                let wires = targets.iter().map(|&to| self.connect((device, to), uses, uplink.count)).find(|w| !w.is_empty());
                let wires = wires.unwrap_or_default();
                if wires.is_empty() && !uplink.to.starts_with('@') {
                    faults.push(format!("group {}: no free port at {}", group.name, uplink.to));
                }
                #[allow(clippy::cast_precision_loss, reason = "a handful")]
                let share = if uplink.blocked { 0.0 } else { uplink.share / (open * wires.len().max(1)) as f64 };
                for wire in wires.iter().filter(|_| uplink.blocked) {
                    self.scenario.wires.get_mut(*wire as usize).iter_mut().for_each(|wire| wire.blocked = true);
                }
                if let Some(list) = self.uplinks.get_mut(number) {
                    list.extend(wires.iter().map(|&wire| (wire, share)));
                }
            }
        }
        for wire in &file.wire {
            self.cross(wire, faults);
        }
        for node in &mut self.scenario.nodes {
            finish(node);
        }
        self.address_links();
    }

    fn cross(&mut self, wire: &WireFile, faults: &mut Vec<String>) {
        #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
        let level = bit_rate(&wire.load).unwrap_or(0) as f64 / 8.0 / f64::from(wire.count.max(1));
        for site in 0..u16::try_from(self.scenario.sites.len()).unwrap_or(0) {
            let [a, b] = [&wire.a, &wire.b].map(|name| self.named(&prefixed(&self.scenario.sites, site, name)));
            let wires = match (a, b) {
                (Some(a), Some(b)) => self.connect((a, b), (wire.at, wire.at), wire.count),
                _ if site > 0 => continue,
                _ => Vec::new(),
            };
            if wires.is_empty() {
                faults.push(format!("wire {} to {}: no such devices, or no free ports", wire.a, wire.b));
            }
            for number in wires {
                self.set_load(number, (level, level), Profile::Office);
                if let Some(built) = self.scenario.wires.get_mut(number as usize) {
                    built.blocked = wire.blocked;
                }
            }
        }
    }

    /// Plugs `count` cables in; none where either end lacks a free port.
    fn connect(&mut self, (a, b): (DeviceNumber, DeviceNumber), uses: (PortUse, PortUse), count: u16) -> Vec<WireNumber> {
        let ends = |builder: &mut Self, device, usage| -> Vec<PortNumber> {
            (0..count).filter_map(|_| builder.take_port(device, usage)).collect()
        };
        let (from, to) = (ends(self, a, uses.0), ends(self, b, uses.1));
        let bundled = count > 1 && [a, b].iter().all(|&device| self.kind(device).is_some_and(|kind| kind.lag.is_some()));
        let lags = bundled.then(|| [a, b].map(|device| self.new_lag(device)));
        let mut wires = Vec::new();
        for (&port_a, &port_b) in from.iter().zip(&to) {
            let number = WireNumber::try_from(self.scenario.wires.len()).unwrap_or(WireNumber::MAX);
            let (end_a, end_b) = (End { device: a, port: port_a }, End { device: b, port: port_b });
            let speed_bps = self.speed(end_a).min(self.speed(end_b));
            let idle = Load { level: 0.0, profile: Profile::Flat, noise: 0.0, seed: 0 };
            self.scenario.wires.push(Wire { a: end_a, b: end_b, speed_bps, forth: idle, back: idle, blocked: false });
            for (end, side) in [(end_a, Side::A), (end_b, Side::B)] {
                let lag = lags.and_then(|[lag_a, lag_b]| if side == Side::A { lag_a } else { lag_b });
                if let Some(node) = self.scenario.nodes.get_mut(end.device as usize) {
                    node.cables.push(Cable { port: end.port, wire: number, side, lag });
                }
            }
            wires.push(number);
        }
        wires
    }

    fn kind(&self, device: DeviceNumber) -> Option<&Kind> {
        self.scenario.node(device).and_then(|node| self.scenario.kind(node))
    }

    fn speed(&self, end: End) -> u64 {
        self.kind(end.device).and_then(|kind| kind.ports.get(usize::from(end.port))).map_or(0, |port| port.speed_bps)
    }

    fn new_lag(&mut self, device: DeviceNumber) -> Option<u8> {
        let node = self.scenario.nodes.get_mut(device as usize)?;
        node.lags.push(Lag::default());
        u8::try_from(node.lags.len() - 1).ok()
    }

    /// The next free port for `usage`; access points get the last of the access ports.
    fn take_port(&mut self, device: DeviceNumber, usage: PortUse) -> Option<PortNumber> {
        let kind = usize::from(self.scenario.node(device)?.kind);
        let ports = &self.scenario.kinds.get(kind)?.ports;
        let taken = self.taken.get_mut(device as usize)?;
        let is_free = |place: usize| taken.get(place / 64).is_some_and(|bits| bits & (1 << (place % 64)) == 0);
        let mut fitting = (0..ports.len()).filter(|&place| ports[place].usage == usage && is_free(place));
        let place = if usage == PortUse::Access { fitting.next_back() } else { fitting.next() }?;
        *taken.get_mut(place / 64)? |= 1 << (place % 64);
        PortNumber::try_from(place).ok()
    }

    /// Addresses for links between routers.
    fn address_links(&mut self) {
        let mut transit = TRANSIT;
        for wire in &self.scenario.wires {
            let routed = |end: End| {
                let node = self.scenario.nodes.get(end.device as usize)?;
                self.scenario.kinds.get(usize::from(node.kind)).map(|kind| kind.routed && kind.sys_object_id.is_some())
            };
            if routed(wire.a) != Some(true) || routed(wire.b) != Some(true) {
                continue;
            }
            for (end, host) in [(wire.a, 1), (wire.b, 2)] {
                let net = Ipv4Net::new(Ipv4Addr::from(transit + host), 30).unwrap_or_default();
                if let Some(node) = self.scenario.nodes.get_mut(end.device as usize) {
                    node.addresses.push(OwnAddress { net, port: end.port });
                }
            }
            transit += 4;
        }
        for node in &mut self.scenario.nodes {
            node.addresses.sort();
        }
    }

    fn set_load(&mut self, number: WireNumber, (forth, back): (f64, f64), profile: Profile) {
        let seed = mix(self.scenario.seed, u64::from(number));
        if let Some(wire) = self.scenario.wires.get_mut(number as usize) {
            #[allow(clippy::cast_precision_loss, reason = "speeds are far below 2^53")]
            let most = wire.speed_bps as f64 / 8.0 * ORDINARY * between(mix(seed, 3), 0.85, 1.0);
            let load = |level: f64, salt: u64| Load { level: level.min(most), profile, noise: 0.9, seed: mix(seed, salt) };
            (wire.forth, wire.back) = (load(forth, 1), load(back, 2));
        }
    }

    /// What each device takes goes up its uplinks and is taken there too: edges come after what they hang off.
    fn load(&mut self, file: &ScenarioFile) {
        let mut takes = vec![(0.0f64, 0.0f64); self.scenario.nodes.len()];
        for number in (0..self.scenario.nodes.len()).rev() {
            let device = DeviceNumber::try_from(number).unwrap_or(DeviceNumber::MAX);
            let Some(group) = self.planned.get(number).and_then(|one| file.group.get(usize::from(one.group))) else { continue };
            #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
            let own = group.load.as_deref().and_then(bit_rate).unwrap_or(0) as f64 / 8.0;
            let own = own * between(mix(self.scenario.seed, 0x6000_0000 | number as u64), 0.6, 1.4);
            let (in_desks, out_desks) = self.scenario.desks_total(device);
            let (mut down, mut up) = takes.get(number).copied().unwrap_or_default();
            down += own + in_desks;
            up += own * group.sends + out_desks;
            for (wire, share) in self.uplinks.get(number).cloned().unwrap_or_default() {
                self.set_load(wire, (up * share, down * share), group.profile);
                let Some(wire) = self.scenario.wires.get(wire as usize) else { continue };
                if let Some(parent) = takes.get_mut(wire.b.device as usize) {
                    parent.0 += wire.back.level;
                    parent.1 += wire.forth.level;
                }
            }
        }
    }
}

fn prefixed(sites: &[String], site: u16, name: &str) -> String {
    match (site, sites.get(usize::from(site))) {
        (0, _) => name.to_owned(),
        (_, Some(prefix)) => format!("{prefix}-{name}"),
        (_, None) => format!("site{site}-{name}"),
    }
}

fn empty(file: &ScenarioFile, kinds: Vec<Kind>, scale: Scale) -> Scenario {
    let more = scale.devices.map_or(0, |devices| devices / file.grow.site_devices.max(1) + 1);
    let named = file.sites.iter().cloned();
    let sites =
        std::iter::once(file.name.clone()).chain(named.chain((1..).map(|site| format!("site{site}")))).take(more.max(1) + 1);
    let groups = file.group.iter().map(|group| Group {
        location: group.location.clone(),
        desks: group.desks.clone(),
        alias: group.alias.clone(),
        export: group.flows,
    });
    Scenario {
        name: file.name.clone(),
        contact: file.contact.clone(),
        community: file.community.clone(),
        seed: scale.seed,
        moment: scale.moment,
        network: scale.network,
        vlans: file.vlan.iter().map(named_vlan).collect(),
        kinds,
        groups: groups.collect(),
        sites: sites.collect(),
        nodes: Vec::new(),
        wires: Vec::new(),
        wire_troubles: FxHashMap::default(),
        port_troubles: FxHashMap::default(),
        part_troubles: FxHashMap::default(),
        trees: FxHashMap::default(),
        outages: FxHashMap::default(),
        cuts: Vec::new(),
        sayings: Vec::new(),
        notifications: Vec::new(),
        surges: Vec::new(),
        wlans: file.wlan.clone(),
        services: file.service.clone(),
        world: file.world.clone(),
        by_address: FxHashMap::default(),
    }
}

fn named_vlan(vlan: &VlanFile) -> NamedVlan {
    NamedVlan { id: vlan.id, name: vlan.name.clone(), named: vlan.named.clone(), pruned: vlan.pruned.clone() }
}

fn node(file: &ScenarioFile, scenario: &Scenario, one: &Planned, hosts: &mut u32) -> Node {
    let group = file.group.get(usize::from(one.group));
    let number = group.map_or(0, |group| number_of(group, one.nth));
    let floor = floor_of(number);
    let fields = Fields { site: "", building: one.building, floor, number };
    let name = prefixed(&scenario.sites, one.site, &fields.fill(group.map_or("", |group| &group.name)));
    let usual = group.and_then(|group| group.kind.names().get(usize::from(one.variant)));
    let kind_name = group.and_then(|group| group.instead.get(&name)).or(usual).map_or("", String::as_str);
    let priority = group.and_then(|group| group.priority.get(usize::from(one.nth))).copied().unwrap_or(DEFAULT_PRIORITY);
    let (place, kind) = kind_of(&scenario.kinds, kind_name).map_or((0, scenario.kinds.first()), |(at, kind)| (at, Some(kind)));
    let serial = u32::try_from(scenario.nodes.len()).unwrap_or(0) + 1;
    let [_, _, high, low] = serial.to_be_bytes();
    let [x, y, z] = kind.map_or([2, 0, 0], |kind| kind.oui);
    let address = kind.filter(|kind| kind.sys_object_id.is_some()).map(|_| {
        *hosts += 1;
        nth_address(scenario.network, *hosts - 1)
    });
    let addresses = address.map(|address| OwnAddress {
        net: Ipv4Net::new(address, scenario.network.prefix_len()).unwrap_or_else(|_| Ipv4Net::from(address)),
        port: kind.and_then(|kind| kind.first(PortUse::Management).or(kind.first(PortUse::Up))).unwrap_or(0),
    });
    Node {
        name,
        kind: place,
        group: one.group,
        site: one.site,
        building: one.building,
        floor,
        mac: MacAddr([x, y, z, high, low, 0]),
        priority,
        address,
        addresses: addresses.into_iter().collect(),
        cables: Vec::new(),
        lags: Vec::new(),
    }
}

/// The `nth` address of a network, leaving out those that end in 0 or 255 where it is wider than a /24.
fn nth_address(network: Ipv4Net, nth: u32) -> Ipv4Addr {
    let offset = if network.prefix_len() < 24 { nth / 254 * 256 + nth % 254 + 1 } else { nth + 1 };
    Ipv4Addr::from(u32::from(network.network()).saturating_add(offset))
}

fn finish(node: &mut Node) {
    node.cables.sort_by_key(|cable| cable.port);
    for (cable, place) in node.cables.iter().zip(0u16..) {
        if let Some(lag) = cable.lag.and_then(|lag| node.lags.get_mut(usize::from(lag))) {
            lag.members.push(place);
        }
    }
}
