//! What the switch pane shows beyond rows of interfaces: the faceplate, one port in full, VLANs port by port, the spanning tree, the parts.
//!
//! Pure over one state. Start at [`SwitchView`]; each part is made in a file of its own.

mod face;
mod inventory;
mod matrix;
mod port;
mod spanning;
#[cfg(test)]
mod tests;

pub(super) use face::face;
pub(super) use inventory::inventory;
pub use inventory::{PART_COLUMNS, key as part_key};
pub use matrix::DEVICE_VLAN_COLUMNS;
pub(super) use matrix::{ids, matrix};
pub(super) use port::detail;
pub(super) use spanning::{Bridges, spanning};

use super::Table;
use super::rows::GaugeRow;
use super::screens::VlanPort;
use crate::model::{
    AdminStatus, Bridge, BridgeId, DeviceId, Duplex, HealthStatus, IfIndex, MacAddr, OperStatus, PhysicalClass, PoePort,
    PoeStatus, PortMode, Severity, StpPort, StpRole, Timestamp,
};
use crate::query::DevicePart;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What a port tells as a switch port. What is not told is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct PortFacts {
    /// VLANs that leave it without a tag.
    pub untagged_vlans: Vec<u16>,
    pub mode: Option<PortMode>,
    pub duplex: Option<Duplex>,
    /// When its state changed last: as its agent says, or as noctop saw it later.
    pub last_change_at: Option<Timestamp>,
    /// It went up and down again and again lately.
    pub flapping: bool,
    /// Name of the aggregate of which it is a member.
    pub aggregate: Option<String>,
    /// disabled, blocking, listening, learning, forwarding, broken
    pub stp_state: Option<String>,
    pub stp: Option<Box<StpPort>>,
    pub poe: Option<Box<PoePort>>,
    /// Addresses behind it that are no device; `None` where its device tells no forwarding table.
    pub macs: Option<usize>,
}

/// Whether a state of a spanning tree lets no traffic through.
pub fn is_blocked(stp_state: Option<&str>) -> bool {
    matches!(stp_state, Some("blocking" | "discarding" | "broken"))
}

/// A device as a switch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SwitchView {
    /// Which of the parts below the engine was asked for; the faceplate and the counts are always there.
    pub part: DevicePart,
    /// Its physical ports by member, kind and number.
    pub face: Vec<FacePort>,
    /// VLANs that it knows or carries.
    pub vlan_count: usize,
    /// Which port carries what.
    pub matrix: Matrix,
    /// Its spanning tree.
    pub spanning: Option<Box<SpanningView>>,
    /// What it is made of.
    pub inventory: Table<PartRow>,
}

/// A port as it stands on the housing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct FacePort {
    pub if_index: IfIndex,
    pub name: String,
    /// Its place among all interfaces of the device.
    pub place: usize,
    /// Stack member or line card; 0 where there is only one housing.
    pub slot: u32,
    /// The number that stands beside it.
    pub number: u32,
    /// A cage for a transceiver.
    pub cage: bool,
    pub admin: Option<AdminStatus>,
    pub oper: Option<OperStatus>,
    pub flapping: bool,
    pub stp_blocked: bool,
    pub stp_broken: bool,
    pub alarm: Option<Severity>,
    pub speed_bps: Option<u64>,
    pub poe: Option<PoeStatus>,
    pub poe_draw_mw: Option<u32>,
    /// The VLAN without a tag.
    pub vlan: Option<u16>,
    pub trunk: bool,
    /// The larger direction, fraction of 1.
    pub utilisation: Option<f64>,
    pub errors_per_second: Option<f64>,
}

/// VLANs of a device, port by port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// Names of the ports, in their order.
    pub ports: Vec<String>,
    /// The VLANs.
    pub rows: Table<DeviceVlan>,
}

/// A VLAN on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct DeviceVlan {
    pub id: u16,
    pub name: Option<String>,
    /// Ports that carry it without a tag, with a tag, and those that a spanning tree blocks.
    pub untagged: usize,
    pub tagged: usize,
    pub blocked: usize,
    /// What each of [`Matrix::ports`] is to it.
    pub ports: Vec<VlanPort>,
}

/// The spanning tree about a device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SpanningView {
    pub bridge: Bridge,
    /// The root, by the name of the device that it is.
    pub root_name: Option<String>,
    pub root_port: Option<String>,
    /// Its ports in the tree: root port first, then those that are blocked, then the others.
    pub ports: Vec<SpanningPort>,
    /// The tree of all bridges that have the same root, from the root down; at most 500.
    pub tree: Vec<Branch>,
    pub tree_total: usize,
    /// Links that no traffic goes over; at most 500.
    pub blocked: Vec<BlockedLink>,
    pub blocked_total: usize,
}

/// A port in the spanning tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct SpanningPort {
    pub if_index: IfIndex,
    pub name: String,
    pub up: bool,
    pub state: Option<String>,
    pub role: Option<StpRole>,
    pub priority: Option<u16>,
    pub cost: Option<u32>,
    pub designated: Option<BridgeId>,
    /// Its name, where it is a device that is known.
    pub designated_name: Option<String>,
    pub transitions: Option<u32>,
    pub peer: Option<String>,
    pub peer_port: Option<String>,
}

/// A bridge in the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Branch {
    pub depth: usize,
    /// `None` is a bridge that others tell of and that has no inventory.
    pub device: Option<DeviceId>,
    pub name: String,
    /// The device that the view is about.
    pub is_here: bool,
    pub root_port: Option<String>,
    /// The port of the bridge above that it hangs on.
    pub above_port: Option<String>,
    pub cost: Option<u32>,
    pub priority: Option<u16>,
    /// Ports of it that are blocked.
    pub blocked: usize,
    pub changes: Option<u32>,
    pub changed_at: Option<Timestamp>,
}

/// A link that the spanning tree keeps free of traffic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct BlockedLink {
    pub device: DeviceId,
    pub name: String,
    pub port: String,
    pub role: Option<StpRole>,
    pub peer: Option<String>,
    pub peer_port: Option<String>,
}

/// A part of a device, in the tree of its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the MIB's")]
pub struct PartRow {
    pub index: u32,
    pub depth: usize,
    pub class: PhysicalClass,
    pub name: String,
    pub descr: Option<String>,
    pub model: Option<String>,
    pub serial: Option<String>,
    pub hardware: Option<String>,
    pub firmware: Option<String>,
    pub software: Option<String>,
    pub maker: Option<String>,
    pub replaceable: Option<bool>,
    /// The interface that it is.
    pub port: Option<String>,
    /// The worst that its sensors say; unknown where none says how it is.
    pub status: HealthStatus,
    /// Sensors in it that are not rows of their own.
    pub sensors: usize,
    /// Parts in it, at any depth.
    pub inside: usize,
    pub folded: bool,
}

/// One port in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PortDetail {
    /// Who is behind it, at most 100; what was seen last first.
    pub stations: Vec<Station>,
    pub stations_total: usize,
    /// Names of the VLANs that it carries.
    pub vlan_names: Vec<(u16, String)>,
    /// The designated bridge of its segment, by name.
    pub designated_name: Option<String>,
    /// Whether its device speaks a spanning tree, feeds power, tells forwarding tables: what is missing is not told then.
    pub device_tells: Told,
    pub lag: Option<Lag>,
    /// Optics and whatever else is measured at the port.
    pub gauges: Vec<GaugeRow>,
}

/// What a device tells at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, clippy::struct_excessive_bools, reason = "the names say it; one for each table")]
pub struct Told {
    pub stp: bool,
    pub poe: bool,
    pub vlans: bool,
    pub fdb: bool,
}

/// An address behind a port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Station {
    pub mac: MacAddr,
    pub addresses: Vec<IpAddr>,
    pub name: Option<String>,
    pub vlan: Option<u16>,
    pub last_seen: Timestamp,
}

/// An aggregate and its members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Lag {
    pub name: String,
    pub members: Vec<Member>,
    /// The member that carries far more than its share.
    pub overloaded: Option<String>,
}

/// A member of an aggregate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Member {
    pub name: String,
    pub up: bool,
    /// Both directions, bit/s.
    pub bps: Option<f64>,
    /// Of what all members carry, fraction of 1.
    pub share: Option<f64>,
    /// Of what they could carry.
    pub fair_share: Option<f64>,
}
