//! Spanning tree and Power over Ethernet of switches. The trees stand still (see [`tree`](crate::sim::scenario::tree)); what changes are the
//! states of ports, how often the topology changed, and what is drawn.

use super::{Behind, seconds_of};
use crate::model::{IfIndex, OperStatus, PoePort, PoeStatus, StpPort, StpRole};
use crate::sim::hash::{between, mix};
use crate::sim::scenario::file::{PortUse, Unfed};
use crate::sim::scenario::tree::path_cost;
use crate::sim::scenario::{Cable, DeviceNumber, End, Node, PortNumber, Scenario};
use rustc_hash::FxHashSet;

/// Priority of bridge ports (IEEE 802.1D-2004 table 17-2).
pub const PORT_PRIORITY: u16 = 128;

/// dot1dStpPortState disabled, blocking, forwarding (RFC 4188)
pub const DISABLED: u8 = 1;
/// See [`DISABLED`].
pub const BLOCKING: u8 = 2;
/// See [`DISABLED`].
pub const FORWARDING: u8 = 5;

/// When the topology changed last before anything that the scenario says, seconds before its moment: so many, and up to so many more.
const QUIET: (f64, f64) = (2.0 * 86_400.0, 6.0 * 86_400.0);

/// Watts of what access ports feed: access points, telephones, cameras; and the class that they tell (IEEE 802.3 §33).
const ACCESS_POINT: (f64, u8) = (9.5, 4);
const TELEPHONE: (f64, u8) = (4.3, 2);
const CAMERA: (f64, u8) = (6.8, 3);

/// Milliwatts that a port of a class may draw (IEEE 802.3 table 33-7).
const CLASS_MW: [u32; 9] = [15_400, 4_000, 7_000, 15_400, 30_000, 45_000, 60_000, 75_000, 90_000];

/// Of a hundred desks, how many have a telephone or a camera that is fed.
const FED_DESKS: u64 = 30;

/// Watts that one switch may give in all.
pub const BUDGET_WATTS: u32 = 370;

/// A port in the spanning tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StpState {
    /// dot1dStpPortState
    pub state: u8,
    /// The end that serves the segment
    pub designated: End,
    /// The rest
    pub port: StpPort,
}

impl Scenario {
    /// A port of a bridge in its tree.
    pub fn stp_port(&self, node: &Node, device: DeviceNumber, (port, at): (PortNumber, f64)) -> StpState {
        let is_up = self.port_state(node, device, (port, at)).oper == OperStatus::Up;
        let cable = self.cable(node, port);
        let far = cable.filter(|cable| self.far_bridge(cable).is_some());
        let own = End { device, port };
        let designated = match far.and_then(|cable| Some((cable, self.designated(cable.wire)?))) {
            Some((cable, side)) if side != cable.side => self.wires.get(cable.wire as usize).map_or(own, |wire| wire.end(side)),
            _ => own,
        };
        let is_blocked =
            designated != own && cable.is_some_and(|cable| self.wires.get(cable.wire as usize).is_some_and(|w| w.blocked));
        let state = match (is_up, is_blocked) {
            (false, _) => DISABLED,
            (true, true) => BLOCKING,
            (true, false) => FORWARDING,
        };
        let role = match state {
            DISABLED => Some(StpRole::Disabled),
            BLOCKING => Some(StpRole::Alternate),
            _ if self.is_root_port(node, device, port) => Some(StpRole::Root),
            _ if designated == own => Some(StpRole::Designated),
            _ => None,
        };
        let speed = self.speed_bps(node, port, at);
        let port = StpPort {
            role,
            priority: Some(PORT_PRIORITY),
            path_cost: Some(path_cost(speed)),
            designated_bridge: self.bridge_id(designated.device),
            designated_cost: self.trees.get(&designated.device).map(|branch| branch.cost),
            forward_transitions: Some(self.forward_transitions(device, (port, at), is_blocked)),
        };
        StpState { state, designated, port }
    }

    /// The device at the far end of a cable, where that is a bridge.
    fn far_bridge(&self, cable: &Cable) -> Option<End> {
        let far = self.wires.get(cable.wire as usize)?.end(cable.side.other());
        self.is_bridge(far.device).then_some(far)
    }

    /// Whether it leads to the root: the port itself, or a fellow of its aggregate.
    fn is_root_port(&self, node: &Node, device: DeviceNumber, port: PortNumber) -> bool {
        let Some(root) = self.trees.get(&device).and_then(|branch| branch.port) else { return false };
        let lag = |port: PortNumber| self.cable(node, port).and_then(|cable| cable.lag);
        root == port || (lag(port).is_some() && lag(port) == lag(root))
    }

    fn forward_transitions(&self, device: DeviceNumber, (port, at): (PortNumber, f64), is_blocked: bool) -> u32 {
        let node = self.node(device);
        let flap = node.and_then(|node| self.cable(node, port)).and_then(|cable| self.wire_troubles.get(&cable.wire)?.flap);
        let rises = flap.map_or(0, |flap| rises(flap.since, (flap.every, flap.down), at));
        u32::from(!is_blocked) + rises
    }

    /// How often the topology changed, and when last, seconds since the epoch: once before all, and whenever a link between two bridges rose.
    pub fn topology_changes(&self, device: DeviceNumber, at: f64) -> (u32, f64) {
        let root = self.trees.get(&device).map(|branch| branch.root);
        let chance = mix(self.seed ^ 0x70b0, u64::from(root.unwrap_or(device)));
        let mut found = (2 + u32::try_from(chance % 9).unwrap_or(0), seconds_of(self.moment) - between(chance, QUIET.0, QUIET.1));
        for (wire, trouble) in &self.wire_troubles {
            let Some(wire) = self.wires.get(*wire as usize).filter(|wire| !wire.blocked) else { continue };
            let is_here =
                [wire.a, wire.b].into_iter().all(|end| self.trees.get(&end.device).is_some_and(|at| Some(at.root) == root));
            if !is_here {
                continue;
            }
            let mut note = |count: u32, last: f64| found = (found.0 + count, found.1.max(last));
            for outage in trouble.outages.iter().filter(|outage| outage.from <= at) {
                note(1, outage.from);
                if outage.to <= at {
                    note(1, outage.to);
                }
            }
            if let Some(flap) = trouble.flap {
                let count = rises(flap.since, (flap.every, flap.down), at);
                if count > 0 {
                    note(count, flap.since + flap.down + f64::from(count - 1) * flap.every);
                }
            }
        }
        found
    }

    /// Power over Ethernet of a port; `fed` are desks at which access points stand. `None` where it can't feed anything.
    pub fn poe_port(
        &self,
        (node, device): (&Node, DeviceNumber),
        (port, at): (PortNumber, f64),
        fed: &FxHashSet<(DeviceNumber, PortNumber)>,
    ) -> Option<PoePort> {
        let kind = self.kind(node).filter(|kind| kind.feeds)?;
        let spec = kind.ports.get(usize::from(port)).filter(|spec| spec.usage == PortUse::Access)?;
        let group = kind.group_of(spec);
        let before = kind.ports.iter().take(usize::from(port));
        let place = before.filter(|other| other.usage == PortUse::Access && kind.group_of(other) == group).count() + 1;
        let mut poe = PoePort {
            place: Some((group, u32::try_from(place).unwrap_or(0))),
            enabled: Some(true),
            status: Some(PoeStatus::Searching),
            draw_mw: Some(0),
            ..PoePort::default()
        };
        let behind = self.behind(node, device, port);
        match self.port_troubles.get(&(device, port)).and_then(|trouble| trouble.unfed) {
            Some(Unfed::Overload) => poe.status = Some(PoeStatus::Fault),
            Some(Unfed::Denied) => poe.status = Some(PoeStatus::OtherFault),
            None if matches!(behind, Behind::Disabled) => poe.status = Some(PoeStatus::Disabled),
            None => {
                if let Some((watts, class)) = self.fed(behind, (node, device), (port, at, fed)) {
                    let draw = watts
                        * 1000.0
                        * (0.8 + 0.4 * self.bustle(device, at))
                        * between(self.own_chance(device, 20 + u64::from(port)), 0.85, 1.15);
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousand")]
                    let tenths = (draw / 100.0).round() as u32 * 100;
                    poe.status = Some(PoeStatus::Delivering);
                    (poe.class, poe.draw_mw) = (Some(class), Some(tenths));
                    poe.limit_mw = CLASS_MW.get(usize::from(class)).copied();
                }
            }
        }
        Some(poe)
    }

    /// What is fed at a port: watts and class.
    fn fed(
        &self,
        behind: Behind<'_>,
        (node, device): (&Node, DeviceNumber),
        (port, at, fed): (PortNumber, f64, &FxHashSet<(DeviceNumber, PortNumber)>),
    ) -> Option<(f64, u8)> {
        match behind {
            Behind::Cable(cable) => {
                let far = self.wires.get(cable.wire as usize)?.end(cable.side.other());
                let kind = self.node(far.device).and_then(|node| self.kind(node)).filter(|kind| kind.poe)?;
                self.wire_is_up(cable.wire, at).then_some(if kind.role == crate::model::Role::AccessPoint {
                    ACCESS_POINT
                } else {
                    TELEPHONE
                })
            }
            Behind::Desk if fed.contains(&(device, port)) => Some(ACCESS_POINT),
            Behind::Desk => {
                let alias = self.alias(node, device, port);
                let chance = self.own_chance(device, 200 + u64::from(port));
                match () {
                    () if alias.contains("phone") => Some(TELEPHONE),
                    () if alias.contains("CCTV") => Some(CAMERA),
                    // Whoever named the port named something else.
                    () if !alias.is_empty() => None,
                    () => (chance % 100 < FED_DESKS).then_some(if chance.is_multiple_of(3) { CAMERA } else { TELEPHONE }),
                }
            }
            _ => None,
        }
    }

    /// dot1dStpRootPort as an interface.
    pub fn root_port(&self, node: &Node, device: DeviceNumber) -> Option<IfIndex> {
        let port = self.trees.get(&device)?.port?;
        Some(IfIndex(self.if_index(node, port)))
    }
}

/// How often a flapping link rose until `at`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred")]
fn rises(since: f64, (every, down): (f64, f64), at: f64) -> u32 {
    ((at - since - down) / every + 1.0).floor().max(0.0) as u32
}
