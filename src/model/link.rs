//! Links between ports, and neighbours that were heard of but never asked.

use super::addr::MacAddr;
use super::device::DeviceId;
use super::interface::IfIndex;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What speaks for a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the protocols'")]
pub enum Evidence {
    Lldp,
    Cdp,
    Fdp,
    Edp,
    Fdb,
    Arp,
    Stp,
    Lacp,
    Ospf,
    Bgp,
    Isis,
    Manual,
}

impl Evidence {
    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lldp => "lldp",
            Self::Cdp => "cdp",
            Self::Fdp => "fdp",
            Self::Edp => "edp",
            Self::Fdb => "fdb",
            Self::Arp => "arp",
            Self::Stp => "stp",
            Self::Lacp => "lacp",
            Self::Ospf => "ospf",
            Self::Bgp => "bgp",
            Self::Isis => "isis",
            Self::Manual => "manual",
        }
    }
}

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkEnd {
    /// A device's id, or a neighbour's.
    pub device: DeviceId,
    /// `None` where the port could not be resolved or the end has no SNMP.
    pub if_index: Option<IfIndex>,
    /// The port's name as operators know it.
    pub port: Option<String>,
}

/// How many ends say that the link exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Confirmed {
    Both,
    One,
}

/// The identity of a link: its two ends, the smaller first.
pub type LinkKey = (LinkEnd, LinkEnd);

/// An undirected link; it stands once, `a` sorting before `b`. Parallel links stand apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The end that sorts first.
    pub a: LinkEnd,
    /// The other end.
    pub b: LinkEnd,
    /// What speaks for it, sorted, each once.
    pub evidence: Vec<Evidence>,
    /// Whether both ends say so.
    pub confirmed_by: Confirmed,
    /// 0 to 1.
    pub confidence: f32,
    /// Name of the aggregate at the `a` end of which this is a member.
    pub aggregate: Option<String>,
    /// Whether a spanning tree blocks it at either end; `None` where it is not known.
    pub stp_blocked: Option<bool>,
    /// The slower end's speed, bit/s.
    pub speed_bps: Option<u64>,
    /// When it was first found; the state sets it.
    pub first_seen: Option<Timestamp>,
    /// When something last spoke for it; the state sets it.
    pub last_seen: Option<Timestamp>,
}

impl Link {
    /// A link of which nothing is known but its ends and what speaks for it. `a` sorts before `b`.
    pub const fn between(a: LinkEnd, b: LinkEnd, evidence: Vec<Evidence>) -> Self {
        Self {
            a,
            b,
            evidence,
            confirmed_by: Confirmed::One,
            confidence: 0.0,
            aggregate: None,
            stp_blocked: None,
            speed_bps: None,
            first_seen: None,
            last_seen: None,
        }
    }

    /// The link's identity.
    pub fn key(&self) -> LinkKey {
        (self.a.clone(), self.b.clone())
    }
}

/// A neighbour that was heard of and has no inventory of its own: unmanaged, or not yet asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// `neighbour:` and the strongest identity that was heard.
    pub id: DeviceId,
    /// sysName or device id as heard.
    pub name: Option<String>,
    /// Management addresses as heard.
    pub addresses: Vec<IpAddr>,
    /// MAC address where the chassis or port id is one.
    pub mac: Option<MacAddr>,
    /// sysDescr or platform as heard.
    pub description: Option<String>,
    /// Capability words.
    pub capabilities: Vec<String>,
}
