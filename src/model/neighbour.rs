//! What a device says of its neighbours: one row of an LLDP or CDP table, already decoded by subtype.

use super::addr::MacAddr;
use super::interface::IfIndex;
use super::link::Evidence;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// LldpChassisIdSubtype and its value, decoded (IEEE 802.1AB §8.5.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ChassisId {
    /// subtype 4, or a value of another subtype that is a MAC address
    Mac(MacAddr),
    /// subtype 5
    Address(IpAddr),
    /// subtypes 1, 2, 3, 6, 7 as text, and CDP device ids
    Text(String),
}

impl fmt::Display for ChassisId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mac(mac) => mac.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// LldpPortIdSubtype and its value, decoded (IEEE 802.1AB §8.5.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PortId {
    /// subtype 3
    Mac(MacAddr),
    /// subtype 4
    Address(IpAddr),
    /// subtype 5: ifName
    Name(String),
    /// subtype 1: ifAlias
    Alias(String),
    /// subtypes 2, 6, 7: any text or number the device chose
    Text(String),
    /// The number of the port in its bridge, as a spanning tree tells it (dot1dStpPortDesignatedPort)
    BridgePort(u32),
}

impl fmt::Display for PortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mac(mac) => mac.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Name(text) | Self::Alias(text) | Self::Text(text) => f.write_str(text),
            Self::BridgePort(number) => write!(f, "bridge port {number}"),
        }
    }
}

/// One neighbour heard on one port. Every field is of this row alone: nothing is carried over from the row before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeighbourRow {
    /// The protocol that said it.
    pub protocol: Evidence,
    /// The local port, resolved to ifIndex (`collect::snmp::tables::ports`); `None` where it could not be.
    pub local_if_index: Option<IfIndex>,
    /// The local port's name as the protocol's own tables give it (lldpLocPortId or Desc).
    pub local_port: Option<String>,
    /// Remote chassis id.
    pub chassis_id: Option<ChassisId>,
    /// Remote port id.
    pub port_id: Option<PortId>,
    /// Remote port description.
    pub port_descr: Option<String>,
    /// Remote sysName.
    pub sys_name: Option<String>,
    /// Remote sysDescr or CDP platform and version.
    pub sys_descr: Option<String>,
    /// Remote management addresses.
    pub addresses: Vec<IpAddr>,
    /// Enabled capabilities as words: bridge, router, wlanAccessPoint, telephone, …
    pub capabilities: Vec<String>,
}

impl NeighbourRow {
    /// An empty row of `protocol`.
    pub const fn new(protocol: Evidence) -> Self {
        Self {
            protocol,
            local_if_index: None,
            local_port: None,
            chassis_id: None,
            port_id: None,
            port_descr: None,
            sys_name: None,
            sys_descr: None,
            addresses: Vec::new(),
            capabilities: Vec::new(),
        }
    }
}
