//! What a switch tells beyond IF-MIB: its bridge and spanning tree, how its ports take VLANs, Power over Ethernet, and the parts that it is
//! made of.
//!
//! Whatever an agent leaves out is `None` or empty. Start at [`Bridge`] (the whole), [`StpPort`] and [`PoePort`] (a port), [`Physical`] (a part).

use super::DeviceId;
use super::addr::MacAddr;
use super::interface::IfIndex;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How often the spanning tree and Power over Ethernet of a switch are read: a topology change is over in seconds, its count stays.
pub const BRIDGE_INTERVAL: Duration = Duration::from_secs(60);

/// Parts of one device that are kept: a full chassis with optics tells some thousand.
pub const MAX_PARTS: usize = 4096;

/// The id of a bridge: priority, then address; the lowest of all is the root. Source: RFC 4188 BridgeId, IEEE 802.1D-2004 §9.2.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BridgeId {
    /// Priority; with the extended system id (IEEE 802.1t) its lower twelve bits hold the VLAN or instance.
    pub priority: u16,
    /// Address
    pub mac: MacAddr,
}

impl fmt::Display for BridgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.priority, self.mac)
    }
}

/// A device as a bridge. Source: RFC 4188 dot1dBase, dot1dStp.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// dot1dBaseBridgeAddress
    pub address: Option<MacAddr>,
    /// Which spanning tree it speaks, in a word: `stp`, `rstp`, `mstp`, `pvst`, or what its agent calls it.
    pub protocol: Option<String>,
    /// dot1dStpPriority
    pub priority: Option<u16>,
    /// dot1dStpDesignatedRoot: whom it takes for the root.
    pub root: Option<BridgeId>,
    /// dot1dStpRootCost; 0 at the root.
    pub root_cost: Option<u32>,
    /// dot1dStpRootPort as an interface; `None` at the root.
    pub root_port: Option<IfIndex>,
    /// dot1dStpTopChanges
    pub topology_changes: Option<u32>,
    /// When the topology changed last: the reading less dot1dStpTimeSinceTopologyChange.
    pub changed_at: Option<Timestamp>,
}

impl Bridge {
    /// Whether it is the root itself; `None` where it doesn't say.
    pub fn is_root(&self) -> Option<bool> {
        Some(self.root?.mac == self.address?)
    }
}

/// What a port is in the spanning tree. Source: IEEE 802.1D-2004 §17.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum StpRole {
    Root,
    Designated,
    Alternate,
    Backup,
    Disabled,
}

impl StpRole {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Designated => "designated",
            Self::Alternate => "alternate",
            Self::Backup => "backup",
            Self::Disabled => "disabled",
        }
    }
}

/// A port of the spanning tree; its state is the interface's `stp_state`. Source: RFC 4188 dot1dStpPortTable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StpPort {
    /// Told, or reckoned out of the ids.
    pub role: Option<StpRole>,
    /// dot1dStpPortPriority
    pub priority: Option<u16>,
    /// dot1dStpPortPathCost32, else dot1dStpPortPathCost
    pub path_cost: Option<u32>,
    /// dot1dStpPortDesignatedBridge
    pub designated_bridge: Option<BridgeId>,
    /// dot1dStpPortDesignatedCost
    pub designated_cost: Option<u32>,
    /// dot1dStpPortForwardTransitions: how often it went to forwarding.
    pub forward_transitions: Option<u32>,
}

/// How a port takes VLANs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PortMode {
    /// One VLAN, untagged (beside it at most a voice VLAN).
    Access,
    /// Tagged VLANs, and at most one native.
    Trunk,
}

impl PortMode {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Trunk => "trunk",
        }
    }
}

/// dot3StatsDuplexStatus (RFC 3635).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Duplex {
    Half,
    Full,
}

impl Duplex {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Half => "half",
            Self::Full => "full",
        }
    }
}

/// pethPsePortDetectionStatus (RFC 3621).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are RFC 3621's")]
pub enum PoeStatus {
    Disabled,
    Searching,
    Delivering,
    Fault,
    Test,
    OtherFault,
}

impl PoeStatus {
    /// From the MIB's number.
    pub const fn from_mib(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::Disabled,
            2 => Self::Searching,
            3 => Self::Delivering,
            4 => Self::Fault,
            5 => Self::Test,
            6 => Self::OtherFault,
            _ => return None,
        })
    }

    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Searching => "searching",
            Self::Delivering => "delivering",
            Self::Fault => "fault",
            Self::Test => "test",
            Self::OtherFault => "other fault",
        }
    }
}

/// Power over Ethernet of a port. Source: RFC 3621 pethPsePortTable, and its vendor's own table for what it draws.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoePort {
    /// pethPsePortGroupIndex and pethPsePortIndex; `None` where its maker's table goes by ifIndex.
    pub place: Option<(u32, u32)>,
    /// pethPsePortAdminEnable
    pub enabled: Option<bool>,
    /// pethPsePortDetectionStatus
    pub status: Option<PoeStatus>,
    /// The class of what is fed, 0 to 8 (IEEE 802.3 §33, §145); pethPsePortPowerClassifications counts from 1.
    pub class: Option<u8>,
    /// What it draws, milliwatts.
    pub draw_mw: Option<u32>,
    /// What it may draw, milliwatts.
    pub limit_mw: Option<u32>,
}

/// entPhysicalClass (RFC 6933 IANAPhysicalClass).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum PhysicalClass {
    Other,
    #[default]
    Unknown,
    Chassis,
    Backplane,
    Container,
    PowerSupply,
    Fan,
    Sensor,
    Module,
    Port,
    Stack,
    Cpu,
    EnergyObject,
    Battery,
    StorageDrive,
}

/// In the order of the MIB, from 1.
const PHYSICAL_CLASSES: [(PhysicalClass, &str); 15] = [
    (PhysicalClass::Other, "other"),
    (PhysicalClass::Unknown, "unknown"),
    (PhysicalClass::Chassis, "chassis"),
    (PhysicalClass::Backplane, "backplane"),
    (PhysicalClass::Container, "container"),
    (PhysicalClass::PowerSupply, "power supply"),
    (PhysicalClass::Fan, "fan"),
    (PhysicalClass::Sensor, "sensor"),
    (PhysicalClass::Module, "module"),
    (PhysicalClass::Port, "port"),
    (PhysicalClass::Stack, "stack"),
    (PhysicalClass::Cpu, "cpu"),
    (PhysicalClass::EnergyObject, "energy object"),
    (PhysicalClass::Battery, "battery"),
    (PhysicalClass::StorageDrive, "storage drive"),
];

impl PhysicalClass {
    /// From the MIB's number; unknown for others.
    pub fn from_mib(number: i64) -> Self {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        at.and_then(|at| PHYSICAL_CLASSES.get(at)).map_or(Self::Unknown, |(class, _)| *class)
    }

    /// In words.
    pub fn word(self) -> &'static str {
        PHYSICAL_CLASSES.iter().find(|(class, _)| *class == self).map_or("unknown", |(_, word)| word)
    }
}

/// A part of a device. Source: RFC 6933 entPhysicalTable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Physical {
    /// entPhysicalIndex
    pub index: u32,
    /// entPhysicalContainedIn; 0 is in nothing.
    pub within: u32,
    /// entPhysicalParentRelPos: its place among its siblings.
    pub position: Option<i32>,
    /// entPhysicalClass
    pub class: PhysicalClass,
    /// entPhysicalName
    pub name: Option<String>,
    /// entPhysicalDescr
    pub descr: Option<String>,
    /// entPhysicalModelName
    pub model: Option<String>,
    /// entPhysicalSerialNum
    pub serial: Option<String>,
    /// entPhysicalHardwareRev
    pub hardware: Option<String>,
    /// entPhysicalFirmwareRev
    pub firmware: Option<String>,
    /// entPhysicalSoftwareRev
    pub software: Option<String>,
    /// entPhysicalMfgName
    pub maker: Option<String>,
    /// entPhysicalIsFRU: whether it can be replaced in the field.
    pub replaceable: Option<bool>,
    /// The interface that it is (entAliasMappingIdentifier).
    pub if_index: Option<IfIndex>,
}

/// What one reading told of a device's bridge and ports, beside its polls. A port that was not told is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeReading {
    /// The device.
    pub device: DeviceId,
    /// When the reading ended.
    pub at: Timestamp,
    /// The device as a bridge; `None` where it told nothing of it.
    pub bridge: Option<Bridge>,
    /// Its ports, by ifIndex.
    pub ports: Vec<PortReading>,
}

/// What one reading told of a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortReading {
    /// The interface.
    pub if_index: IfIndex,
    /// dot1dStpPortState as a word
    pub stp_state: Option<String>,
    /// Its place in the spanning tree.
    pub stp: Option<StpPort>,
    /// Its Power over Ethernet.
    pub poe: Option<PoePort>,
}
