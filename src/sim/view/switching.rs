//! The spanning tree (RFC 4188), Power over Ethernet (RFC 3621 and makers' tables) and duplex of ports; and how discovery describes them.

use super::rows::{Table, port_of};
use super::{Part, View, integer, octets};
use crate::model::neighbour::NeighbourRow;
use crate::model::{
    Bridge, BridgeId, BridgeReading, ChassisId, Device, DeviceId, Duplex, Evidence, IfIndex, Interface, OperStatus, PoePort,
    PoeStatus, PortId, PortMode, PortReading, Timestamp,
};
use crate::sim::scenario::file::PortUse;
use crate::sim::scenario::{End, PortNumber};
use crate::sim::truth::switching::{BLOCKING, FORWARDING, StpState};
use crate::wire::snmp::Value;
use std::time::Duration;

pub(super) const COLUMNS: Part = &[
    ("dot1dStpProtocolSpecification", Table::BridgeScalar, |_, _| integer(IEEE)),
    ("dot1dStpPriority", Table::BridgeScalar, |view, _| integer(view.node.priority)),
    ("dot1dStpTimeSinceTopologyChange", Table::BridgeScalar, |view, _| Some(Value::TimeTicks(view.since_change()))),
    ("dot1dStpTopChanges", Table::BridgeScalar, |view, _| Some(Value::Counter32(view.topology_changes()))),
    ("dot1dStpDesignatedRoot", Table::BridgeScalar, |view, _| view.root().map(|root| octets(&id_octets(root)))),
    ("dot1dStpRootCost", Table::BridgeScalar, |view, _| view.branch().and_then(|branch| integer(branch.cost))),
    ("dot1dStpRootPort", Table::BridgeScalar, |view, _| {
        integer(view.branch().and_then(|branch| branch.port).map_or(0, |port| view.bridge_port(port)))
    }),
    ("dot1dStpVersion", Table::BridgeScalar, |_, _| integer(RSTP)),
    ("stpxSpanningTreeType", Table::Maker(Maker::Cisco), |_, _| integer(RAPID_PVST)),
    ("dot1dStpPortPriority", Table::BridgePort, |view, row| view.stp(row).port.priority.and_then(integer)),
    ("dot1dStpPortState", Table::BridgePort, |view, row| integer(view.stp(row).state)),
    ("dot1dStpPortPathCost", Table::BridgePort, |view, row| {
        integer(view.stp(row).port.path_cost.map_or(SATURATED, |cost| cost.min(SATURATED)))
    }),
    ("dot1dStpPortPathCost32", Table::BridgePort, |view, row| view.stp(row).port.path_cost.and_then(integer)),
    ("dot1dStpPortDesignatedCost", Table::BridgePort, |view, row| view.stp(row).port.designated_cost.and_then(integer)),
    ("dot1dStpPortDesignatedBridge", Table::BridgePort, |view, row| {
        view.stp(row).port.designated_bridge.map(|bridge| octets(&id_octets(bridge)))
    }),
    ("dot1dStpPortDesignatedPort", Table::BridgePort, |view, row| Some(octets(&view.stp_port_id(view.stp(row).designated)))),
    ("dot1dStpPortForwardTransitions", Table::BridgePort, |view, row| {
        view.stp(row).port.forward_transitions.map(Value::Counter32)
    }),
    ("dot3StatsDuplexStatus", Table::Port, |view, row| view.duplex_told(row).and_then(integer)),
    ("pethPsePortAdminEnable", Table::PoePort, |view, row| {
        view.poe_at(row).and_then(|poe| integer(if poe.enabled? { 1 } else { 2 }))
    }),
    ("pethPsePortDetectionStatus", Table::PoePort, |view, row| {
        view.poe_at(row).and_then(|poe| integer(status_to_mib(poe.status?)))
    }),
    ("pethPsePortPowerClassifications", Table::PoePort, |view, row| {
        view.poe_at(row).and_then(|poe| integer(poe.class.map_or(1, |class| class + 1)))
    }),
    ("cpeExtPsePortPwrAllocated", Table::MakersPoe(Maker::Cisco), |view, row| milliwatts(view.poe_at(row)?.limit_mw)),
    ("cpeExtPsePortPwrConsumption", Table::MakersPoe(Maker::Cisco), |view, row| milliwatts(view.poe_at(row)?.draw_mw)),
    ("arubaWiredPoePethPsePortReservedPower", Table::MakersPoe(Maker::Aruba), |view, row| {
        integer(view.poe_at(row)?.limit_mw.unwrap_or(0))
    }),
    ("arubaWiredPoePethPsePortPowerDrawn", Table::MakersPoe(Maker::Aruba), |view, row| {
        integer(view.poe_at(row)?.draw_mw.unwrap_or(0))
    }),
];

/// Whose tables beside the standards' a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// CISCO-STP-EXTENSIONS-MIB, CISCO-POWER-ETHERNET-EXT-MIB
    Cisco,
    /// ARUBAWIRED-POE-MIB
    Aruba,
}

impl Maker {
    /// Its enterprise number.
    pub(super) const fn enterprise(self) -> u32 {
        match self {
            Self::Cisco => 9,
            Self::Aruba => 47_196,
        }
    }
}

/// dot1dStpProtocolSpecification ieee8021d (RFC 4188), dot1dStpVersion rstp (RFC 4318)
const IEEE: u8 = 3;
const RSTP: u8 = 2;
/// stpxSpanningTreeType rapidPvstPlus
const RAPID_PVST: u8 = 5;
/// dot1dStpPortPathCost holds no more (RFC 4318)
const SATURATED: u32 = 65_535;

const fn status_to_mib(status: PoeStatus) -> u8 {
    match status {
        PoeStatus::Disabled => 1,
        PoeStatus::Searching => 2,
        PoeStatus::Delivering => 3,
        PoeStatus::Fault => 4,
        PoeStatus::Test => 5,
        PoeStatus::OtherFault => 6,
    }
}

/// BridgeId (RFC 4188)
fn id_octets(bridge: BridgeId) -> Vec<u8> {
    [&bridge.priority.to_be_bytes()[..], &bridge.mac.0].concat()
}

fn milliwatts(told: Option<u32>) -> Option<Value> {
    Some(Value::Gauge32(told.unwrap_or(0)))
}

/// A state as inventories keep it.
const fn word(state: u8) -> &'static str {
    match state {
        FORWARDING => "forwarding",
        BLOCKING => "blocking",
        _ => "disabled",
    }
}

impl View<'_> {
    fn branch(&self) -> Option<crate::sim::scenario::tree::Branch> {
        self.scenario.trees.get(&self.device).copied()
    }

    fn root(&self) -> Option<BridgeId> {
        self.scenario.bridge_id(self.branch()?.root)
    }

    /// dot1dBasePort of a port; 0 where it is none.
    fn bridge_port(&self, port: PortNumber) -> u16 {
        let place = self.kind.bridge_ports.iter().position(|own| *own == port);
        place.and_then(|place| u16::try_from(place + 1).ok()).unwrap_or(0)
    }

    fn stp(&self, row: usize) -> StpState {
        self.scenario.stp_port(self.node, self.device, (self.socket(row), self.at))
    }

    /// Hundredths of a second since the topology changed.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "TimeTicks of some weeks")]
    fn since_change(&self) -> u32 {
        let (_, last) = self.scenario.topology_changes(self.device, self.at);
        ((self.at - last).max(0.0) * 100.0) as u32
    }

    fn topology_changes(&self) -> u32 {
        self.scenario.topology_changes(self.device, self.at).0
    }

    /// Four bits of priority, twelve of the port's number (IEEE 802.1D-2004 §9.2.7).
    fn stp_port_id(&self, end: End) -> [u8; 2] {
        let node = self.scenario.node(end.device);
        let kind = node.and_then(|node| self.scenario.kind(node));
        let place =
            kind.and_then(|kind| kind.bridge_ports.iter().position(|port| *port == end.port)).map_or(0, |place| place + 1);
        (0x8000 | u16::try_from(place).unwrap_or(0) & 0x0fff).to_be_bytes()
    }

    /// dot3StatsDuplexStatus of Ethernet ports: a port with errors fell back to half duplex.
    fn duplex_told(&self, row: usize) -> Option<u8> {
        const ETHERNET: u32 = 6;
        let port = port_of(row);
        if self.scenario.if_type(self.node, port) != ETHERNET {
            return None;
        }
        let trouble = self.scenario.port_troubles.get(&(self.device, port));
        Some(match self.state(row).oper {
            OperStatus::Up if trouble.is_some_and(|trouble| trouble.errors > 0.0) => 2,
            OperStatus::Up => 3,
            _ => 1,
        })
    }

    /// Ports that can feed, in the order of their places.
    pub(super) fn poe_ports(&self) -> impl Iterator<Item = PortNumber> + '_ {
        let is_access =
            |port: &&PortNumber| self.kind.ports.get(usize::from(**port)).is_some_and(|spec| spec.usage == PortUse::Access);
        self.kind.bridge_ports.iter().filter(move |port| self.kind.feeds && is_access(port)).copied()
    }

    /// Power over Ethernet of a port.
    pub(super) fn poe_port(&self, port: PortNumber) -> Option<PoePort> {
        self.scenario.poe_port((self.node, self.device), (port, self.at), &self.tree.fed)
    }

    pub(super) fn poe_at(&self, row: usize) -> Option<PoePort> {
        self.poe_port(self.poe_ports().nth(row)?)
    }

    /// Group and port of a row of pethPsePortTable.
    pub(super) fn poe_place(&self, row: usize) -> (u32, u32) {
        self.poe_at(row).and_then(|poe| poe.place).unwrap_or((0, 0))
    }

    /// Whether its enterprise number is that of a maker.
    pub(super) fn is_of(kind: &crate::sim::scenario::Kind, maker: Maker) -> bool {
        const AT: usize = 6;
        kind.sys_object_id.as_ref().and_then(|oid| oid.arcs().get(AT)) == Some(&maker.enterprise())
    }

    /// What an inventory says of a port beyond IF-MIB.
    pub(super) fn switch_port(&self, interface: &mut Interface, port: PortNumber) {
        let duplex = self.duplex_told(usize::from(port));
        interface.duplex = match duplex {
            Some(2) => Some(Duplex::Half),
            Some(3) => Some(Duplex::Full),
            _ => None,
        };
        let tells_draw = self.tells_draw();
        interface.poe = self.poe_port(port).map(|poe| {
            let told = |figure: Option<u32>| figure.filter(|_| tells_draw);
            Box::new(PoePort { draw_mw: told(poe.draw_mw), limit_mw: told(poe.limit_mw), ..poe })
        });
        let Some(row) = self.kind.bridge_ports.iter().position(|own| *own == port).filter(|_| self.kind.bridge) else { return };
        let stp = self.stp(row);
        interface.stp_state = Some(word(stp.state).to_owned());
        interface.stp = Some(Box::new(stp.port));
        interface.untagged = vec![self.pvid(row)];
        interface.mode = Some(if self.is_trunk(row) { PortMode::Trunk } else { PortMode::Access });
    }

    /// What an inventory says of it as a bridge, and the bridges that its ports lead to.
    pub(super) fn add_bridge(&self, device: &mut Device, at: Timestamp) {
        if !self.kind.bridge {
            return;
        }
        let is_cisco = Self::is_of(self.kind, Maker::Cisco);
        device.bridge = Some(Box::new(Bridge {
            address: Some(self.node.mac),
            protocol: Some(if is_cisco { "rapid-pvst" } else { "rstp" }.to_owned()),
            priority: Some(self.node.priority),
            root: self.root(),
            root_cost: self.branch().map(|branch| branch.cost),
            root_port: self.scenario.root_port(self.node, self.device),
            topology_changes: Some(self.topology_changes()),
            changed_at: Some(at.minus(Duration::from_millis(u64::from(self.since_change()) * 10))),
        }));
        let rows = (0..self.kind.bridge_ports.len()).filter_map(|row| self.designated(row));
        device.neighbours.extend(rows);
    }

    /// What a reading beside the polls tells of it; `None` where it is no bridge.
    pub fn bridge_reading(&self, id: DeviceId, at: Timestamp) -> Option<BridgeReading> {
        let mut told = Device::new(id.clone(), at);
        self.add_bridge(&mut told, at);
        let bridge = told.bridge.take()?;
        let port = |port: &PortNumber| {
            let mut interface = Interface::new(IfIndex(self.if_index(*port)));
            self.switch_port(&mut interface, *port);
            let (stp, poe) = (interface.stp.map(|stp| *stp), interface.poe.map(|poe| *poe));
            PortReading { if_index: interface.if_index, stp_state: interface.stp_state, stp, poe }
        };
        Some(BridgeReading { device: id, at, bridge: Some(*bridge), ports: self.kind.bridge_ports.iter().map(port).collect() })
    }

    /// Ports that draw something, with what they draw, where that is told.
    pub fn drawn_watts(&self) -> Vec<(String, f64)> {
        if !self.tells_draw() {
            return Vec::new();
        }
        let drawn = |port: PortNumber| {
            let draw = self.poe_port(port)?.draw_mw.filter(|draw| *draw > 0)?;
            Some((self.scenario.port_name(self.node, port), f64::from(draw) / 1000.0))
        };
        self.poe_ports().filter_map(drawn).collect()
    }

    /// Whether its maker tells what ports draw.
    fn tells_draw(&self) -> bool {
        [Maker::Cisco, Maker::Aruba].into_iter().any(|maker| Self::is_of(self.kind, maker))
    }

    fn designated(&self, row: usize) -> Option<NeighbourRow> {
        let stp = self.stp(row);
        let own = stp.designated.device == self.device;
        if own || ![FORWARDING, BLOCKING].contains(&stp.state) {
            return None;
        }
        let mut heard = NeighbourRow::new(Evidence::Stp);
        heard.local_if_index = Some(IfIndex(self.if_index(self.socket(row))));
        heard.local_port = Some(self.scenario.port_name(self.node, self.socket(row)));
        heard.chassis_id = stp.port.designated_bridge.map(|bridge| ChassisId::Mac(bridge.mac));
        let number = u32::from(u16::from_be_bytes(self.stp_port_id(stp.designated)) & 0x0fff);
        heard.port_id = Some(number).filter(|number| *number != 0).map(PortId::BridgePort);
        Some(heard)
    }
}
