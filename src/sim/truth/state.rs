//! Who answers, which links are up, since when.

use super::{Behind, LONG_AGO, seconds_of};
use crate::model::{AdminStatus, OperStatus};
use crate::sim::hash::between;
use crate::sim::scenario::{DeviceNumber, Node, PortNumber, Scenario, WireNumber};

/// How long a neighbour is still listed after its link fell: TTL of LLDP (IEEE 802.1AB §9.2.5.22: 4 × 30 s).
const NEIGHBOUR_TTL: f64 = 120.0;

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

impl Scenario {
    /// Whether a device answers.
    pub fn answers(&self, device: DeviceNumber, at: f64) -> bool {
        let is_cut = self.cuts.iter().any(|cut| cut.takes(device) && cut.outage.covers(at));
        !is_cut && !self.outages.get(&device).is_some_and(|outages| outages.iter().any(|outage| outage.covers(at)))
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

    /// When a port fell that should be up.
    pub(super) fn fallen_at(&self, device: DeviceNumber, port: PortNumber) -> Option<f64> {
        self.port_troubles.get(&(device, port)).and_then(|trouble| trouble.fallen)
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
        if let Some(fallen) = self.fallen_at(device, port).filter(|fallen| *fallen <= at) {
            (oper, since) = (OperStatus::Down, since.max(fallen));
        }
        PortState { admin, oper, since: since.max(self.booted_at(device, at)) }
    }
}
