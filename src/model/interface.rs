//! Interfaces of a device (RFC 2863 IF-MIB).

use super::addr::MacAddr;
use super::switching::{Duplex, PoePort, PortMode, StpPort};
use super::time::Timestamp;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::fmt;

/// ifIndex. Not a bridge port number and not an LLDP port number. Source: IF-MIB InterfaceIndex; values above 2^31 occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IfIndex(pub u32);

impl fmt::Display for IfIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// ifAdminStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are IF-MIB's")]
pub enum AdminStatus {
    Up,
    Down,
    Testing,
}

/// ifOperStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are IF-MIB's")]
pub enum OperStatus {
    Up,
    Down,
    Testing,
    Unknown,
    Dormant,
    NotPresent,
    LowerLayerDown,
}

impl AdminStatus {
    /// From the MIB's number.
    pub const fn from_mib(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Up),
            2 => Some(Self::Down),
            3 => Some(Self::Testing),
            _ => None,
        }
    }

    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Testing => "testing",
        }
    }
}

impl OperStatus {
    /// From the MIB's number (RFC 2863 ifOperStatus).
    pub const fn from_mib(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::Up,
            2 => Self::Down,
            3 => Self::Testing,
            4 => Self::Unknown,
            5 => Self::Dormant,
            6 => Self::NotPresent,
            7 => Self::LowerLayerDown,
            _ => return None,
        })
    }

    /// The MIB's number.
    pub const fn to_mib(self) -> u8 {
        match self {
            Self::Up => 1,
            Self::Down => 2,
            Self::Testing => 3,
            Self::Unknown => 4,
            Self::Dormant => 5,
            Self::NotPresent => 6,
            Self::LowerLayerDown => 7,
        }
    }

    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Testing => "testing",
            Self::Unknown => "unknown",
            Self::Dormant => "dormant",
            Self::NotPresent => "notPresent",
            Self::LowerLayerDown => "lowerLayerDown",
        }
    }
}

/// One interface as its device describes it. What is not known is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// ifIndex
    pub if_index: IfIndex,
    /// ifName
    pub if_name: Option<String>,
    /// ifDescr
    pub if_descr: Option<String>,
    /// ifAlias
    pub if_alias: Option<String>,
    /// ifType (IANAifType number)
    pub if_type: Option<u32>,
    /// ifPhysAddress where it is a MAC address
    pub mac: Option<MacAddr>,
    /// ifMtu, octets
    pub mtu: Option<u32>,
    /// Nominal speed, bit/s: ifHighSpeed where ifSpeed is absent, 0 or saturated.
    pub speed_bps: Option<u64>,
    /// ifAdminStatus when the inventory was taken
    pub admin_status: Option<AdminStatus>,
    /// ifOperStatus when the inventory was taken
    pub oper_status: Option<OperStatus>,
    /// Addresses with prefix length, as the IP-MIB says
    pub addresses: Vec<IpNet>,
    /// dot1dBasePort: the number of the port in its bridge, which is not the ifIndex
    pub bridge_port: Option<u32>,
    /// dot1qPvid
    pub pvid: Option<u16>,
    /// VLAN ids that the port carries
    pub vlans: Vec<u16>,
    /// ifIndex of the aggregate of which this is a member
    pub aggregate: Option<IfIndex>,
    /// dot1dStpPortState as a word
    pub stp_state: Option<String>,
    /// Whether 64-bit octet counters exist (ifHCInOctets)
    pub high_capacity_counters: Option<bool>,
    /// VLAN ids among `vlans` that leave the port without a tag
    pub untagged: Vec<u16>,
    /// How the port takes VLANs
    pub mode: Option<PortMode>,
    /// dot3StatsDuplexStatus
    pub duplex: Option<Duplex>,
    /// When ifOperStatus changed last, from ifLastChange; never later than the reading
    pub last_change: Option<Timestamp>,
    /// Its place in the spanning tree
    pub stp: Option<Box<StpPort>>,
    /// Its Power over Ethernet; `None` where it has none
    pub poe: Option<Box<PoePort>>,
}

impl Interface {
    /// An interface of which nothing but its number is known.
    pub const fn new(if_index: IfIndex) -> Self {
        Self {
            if_index,
            if_name: None,
            if_descr: None,
            if_alias: None,
            if_type: None,
            mac: None,
            mtu: None,
            speed_bps: None,
            admin_status: None,
            oper_status: None,
            addresses: Vec::new(),
            bridge_port: None,
            pvid: None,
            vlans: Vec::new(),
            aggregate: None,
            stp_state: None,
            high_capacity_counters: None,
            untagged: Vec::new(),
            mode: None,
            duplex: None,
            last_change: None,
            stp: None,
            poe: None,
        }
    }

    /// The name by which operators know the port: ifName, else ifDescr, else `if` and the ifIndex.
    pub fn name(&self) -> String {
        self.if_name.clone().or_else(|| self.if_descr.clone()).unwrap_or_else(|| format!("if{}", self.if_index))
    }
}
