//! Where addresses were seen: forwarding and neighbour-address tables as read, and the endpoints that follow from them.

use super::addr::MacAddr;
use super::device::DeviceId;
use super::interface::IfIndex;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A bridge forwards to this address by that port. Source: dot1qTpFdbTable (RFC 4363), dot1dTpFdbTable (RFC 4188); only rows that were learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FdbRow {
    /// The address that was learned.
    pub mac: MacAddr,
    /// The port, resolved from the bridge port number; `None` where the agent does not tell what interface it is.
    pub if_index: Option<IfIndex>,
    /// VLAN id; `None` where the table does not tell it.
    pub vlan: Option<u16>,
}

/// A host reaches this IP address by that hardware address. Source: ipNetToPhysicalTable (RFC 4293), ipNetToMediaTable (RFC 2011).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ArpRow {
    /// The IP address.
    pub address: IpAddr,
    /// Its hardware address.
    pub mac: MacAddr,
    /// The interface on which it is reached.
    pub if_index: Option<IfIndex>,
}

/// What one device says of where others are. `None` is a table that was not read to its end; a table that is empty is `Some`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sightings {
    /// Its forwarding table, sorted.
    pub fdb: Option<Vec<FdbRow>>,
    /// Its neighbour-address table (ARP, ND), sorted.
    pub arp: Option<Vec<ArpRow>>,
}

/// An address that is no device of ours, and where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its hardware address: an endpoint's identity.
    pub mac: MacAddr,
    /// Its IP addresses, sorted.
    pub addresses: Vec<IpAddr>,
    /// The device that it hangs on.
    pub device: DeviceId,
    /// The port there; `None` where it is not known.
    pub if_index: Option<IfIndex>,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// 0 to 1.
    pub confidence: f32,
    /// When it was first seen at this place.
    pub first_seen: Timestamp,
    /// When it was last seen there.
    pub last_seen: Timestamp,
}
