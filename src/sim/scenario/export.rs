//! What a scenario file says of conversations and of the export of flows.

use serde::Deserialize;

/// Who takes part in conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// What stands at access ports
    Desk,
    /// What is associated with access points
    Wifi,
    /// Servers, and the virtual machines on them
    Server,
    /// The world outside
    World,
}

/// A service: who uses it, how much, and what its packets look like.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name, also that of the application that exporters tell
    pub name: String,
    /// IP protocol
    pub protocol: u8,
    /// The server's port; of ICMP type and code; 0 is none
    #[serde(default)]
    pub port: u16,
    /// Who asks
    pub clients: Vec<Class>,
    /// Who answers
    pub servers: Vec<Class>,
    /// How much of all octets, as a weight
    pub load: f64,
    /// How much of its octets goes from servers to clients, 0 to 1
    pub reply: f64,
    /// Mean octets of a packet in the direction that carries the data
    pub packet: u16,
    /// Differentiated services code point
    #[serde(default)]
    pub dscp: u8,
}

/// A network of the world outside.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldFile {
    /// Number of its autonomous system
    pub r#as: u32,
    /// Its addresses
    pub net: ipnet::Ipv4Net,
    /// Its addresses of IPv6
    pub net6: Option<ipnet::Ipv6Net>,
}

/// How devices of a group export flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// In which form
    pub how: ExportForm,
    /// One in so many packets
    #[serde(default = "one_wide")]
    pub sampling: u32,
    /// Conversations that a device tells of in a minute, about
    #[serde(default = "hundred")]
    pub talks: u16,
}

const fn hundred() -> u16 {
    100
}

/// Forms of flow export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum ExportForm {
    Netflow5,
    Netflow9,
    Ipfix,
    Sflow5,
}

const fn one_wide() -> u32 {
    1
}
