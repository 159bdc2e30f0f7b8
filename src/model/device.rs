//! A device: one piece of equipment under any number of addresses and names.

use super::access::SnmpAccess;
use super::health::Health;
use super::interface::{IfIndex, Interface};
use super::neighbour::{ChassisId, NeighbourRow};
use super::oid::Oid;
use super::switching::{Bridge, Physical};
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A device's identity: `chassis:MAC`, `engine:HEX`, `serial:VENDOR:TEXT`, `mac:LOWEST` or `addr:ADDRESS`, the first that
/// is known; `neighbour:…` for what was only heard of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub Arc<str>);

impl DeviceId {
    /// From its text.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a device is for. The order is that of the map's layers: what is nearer to the world comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Role {
    Router,
    Firewall,
    Switch,
    WlanController,
    AccessPoint,
    Server,
    Storage,
    Host,
    Voip,
    Phone,
    Printer,
    Ups,
    Pdu,
    Sensor,
    #[default]
    Unknown,
}

impl Role {
    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Router => "router",
            Self::Firewall => "firewall",
            Self::Switch => "switch",
            Self::WlanController => "wlan-controller",
            Self::AccessPoint => "access-point",
            Self::Server => "server",
            Self::Storage => "storage",
            Self::Host => "host",
            Self::Voip => "voip",
            Self::Phone => "phone",
            Self::Printer => "printer",
            Self::Ups => "ups",
            Self::Pdu => "pdu",
            Self::Sensor => "sensor",
            Self::Unknown => "unknown",
        }
    }
}

impl Role {
    /// All, in their order.
    pub const ALL: [Self; 15] = [
        Self::Router,
        Self::Firewall,
        Self::Switch,
        Self::WlanController,
        Self::AccessPoint,
        Self::Server,
        Self::Storage,
        Self::Host,
        Self::Voip,
        Self::Phone,
        Self::Printer,
        Self::Ups,
        Self::Pdu,
        Self::Sensor,
        Self::Unknown,
    ];

    /// The role of this word of the contract.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What a neighbour is for, by the capabilities that it tells (IEEE 802.1AB §8.5.8). A telephone bridges too; a router with
    /// telephone ports is a router.
    pub fn told(capabilities: &[String]) -> Self {
        const TOLD: [(&str, Role); 5] = [
            ("telephone", Role::Phone),
            ("wlanAccessPoint", Role::AccessPoint),
            ("router", Role::Router),
            ("bridge", Role::Switch),
            ("stationOnly", Role::Host),
        ];
        let has = |word: &str| capabilities.iter().any(|capability| capability == word);
        let is_it = |(word, role): &(&str, Self)| has(word) && !(*role == Self::Phone && has("router"));
        TOLD.into_iter().find(is_it).map_or(Self::Unknown, |(_, role)| role)
    }
}

/// Whether a device is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceStatus {
    /// It answered its last poll.
    Up,
    /// It did not answer and nothing on the way explains it.
    Down,
    /// It did not answer, and something between it and us is down.
    Unreachable,
    /// It was never polled.
    #[default]
    Unknown,
    /// It is in a maintenance window.
    Maintenance,
}

impl DeviceStatus {
    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unreachable => "unreachable",
            Self::Unknown => "unknown",
            Self::Maintenance => "maintenance",
        }
    }
}

/// A VLAN that a device knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vlan {
    /// VLAN id, 1 to 4094.
    pub id: u16,
    /// dot1qVlanStaticName
    pub name: Option<String>,
}

/// A device as its last inventory describes it. What is not known is `None` or empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Its identity; it stays while the device stays the same one.
    pub id: DeviceId,
    /// sysName
    pub sys_name: Option<String>,
    /// sysDescr
    pub sys_descr: Option<String>,
    /// sysObjectID
    pub sys_object_id: Option<Oid>,
    /// sysLocation
    pub sys_location: Option<String>,
    /// sysContact
    pub sys_contact: Option<String>,
    /// sysServices
    pub sys_services: Option<u8>,
    /// When the agent started, from sysUpTime: time of the reading less the uptime.
    pub started_at: Option<Timestamp>,
    /// Vendor's name
    pub vendor: Option<String>,
    /// Model name
    pub model: Option<String>,
    /// Operating system's name
    pub os: Option<String>,
    /// Operating system's version
    pub os_version: Option<String>,
    /// Chassis serial number
    pub serial: Option<String>,
    /// What it is for
    pub role: Role,
    /// lldpLocChassisId
    pub chassis_id: Option<ChassisId>,
    /// snmpEngineID as lower-case hex
    pub engine_id: Option<String>,
    /// Addresses that it owns, and the one it was reached at; sorted
    pub addresses: Vec<IpAddr>,
    /// How it was reached by SNMP
    pub snmp: Option<SnmpAccess>,
    /// Interfaces, by ifIndex
    pub interfaces: Vec<Interface>,
    /// VLANs, by id
    pub vlans: Vec<Vlan>,
    /// What it hears from its neighbours; the links are made of these rows.
    pub neighbours: Vec<NeighbourRow>,
    /// Its sensors, processors, memory, storage, supplies and PoE
    pub health: Health,
    /// It as a bridge; `None` where it is none, or doesn't tell
    pub bridge: Option<Box<Bridge>>,
    /// What it is made of, by entPhysicalIndex
    pub parts: Vec<Physical>,
    /// When the inventory was taken
    pub taken_at: Timestamp,
}

impl Device {
    /// A device of which nothing but its identity is known.
    pub const fn new(id: DeviceId, taken_at: Timestamp) -> Self {
        Self {
            id,
            sys_name: None,
            sys_descr: None,
            sys_object_id: None,
            sys_location: None,
            sys_contact: None,
            sys_services: None,
            started_at: None,
            vendor: None,
            model: None,
            os: None,
            os_version: None,
            serial: None,
            role: Role::Unknown,
            chassis_id: None,
            engine_id: None,
            addresses: Vec::new(),
            snmp: None,
            interfaces: Vec::new(),
            vlans: Vec::new(),
            neighbours: Vec::new(),
            health: Health { gauges: Vec::new(), outline: 0 },
            bridge: None,
            parts: Vec::new(),
            taken_at,
        }
    }

    /// The name by which operators know it: sysName, else an address, else the id.
    pub fn name(&self) -> String {
        self.sys_name
            .clone()
            .or_else(|| self.snmp.as_ref().map(|snmp| snmp.address.ip().to_string()))
            .or_else(|| self.addresses.first().map(ToString::to_string))
            .unwrap_or_else(|| self.id.to_string())
    }

    /// The interface with this ifIndex. Interfaces are kept sorted.
    pub fn interface(&self, if_index: IfIndex) -> Option<&Interface> {
        self.interfaces
            .binary_search_by_key(&if_index, |interface| interface.if_index)
            .ok()
            .and_then(|at| self.interfaces.get(at))
    }
}
