//! How an agent is spoken to: SNMP versions and credentials.

use super::secret::Secret;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// SNMP message versions (RFC 1157, RFC 1901, RFC 3412).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SnmpVersion {
    /// SNMPv1
    #[serde(rename = "1")]
    V1,
    /// SNMPv2c
    #[serde(rename = "2c")]
    V2c,
    /// SNMPv3 with the user-based security model
    #[serde(rename = "3")]
    V3,
}

impl fmt::Display for SnmpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1",
            Self::V2c => "2c",
            Self::V3 => "3",
        })
    }
}

/// Authentication protocols (RFC 3414 §6, §7; RFC 7860).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum AuthProtocol {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Privacy protocols (RFC 3414 §8, RFC 3826, and the AES-192/256 forms in common use).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum PrivProtocol {
    Des,
    Aes128,
    Aes192,
    Aes256,
}

/// What proves who we are to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// SNMPv1 and v2c.
    Community(Secret),
    /// SNMPv3, user-based security model (RFC 3414).
    Usm {
        /// msgUserName
        username: String,
        /// contextName; empty is the default context
        context: String,
        /// Authentication and its password; `None` is noAuth.
        auth: Option<(AuthProtocol, Secret)>,
        /// Privacy and its password; needs `auth`.
        privacy: Option<(PrivProtocol, Secret)>,
    },
}

/// One credential of the list that is tried, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The name by which it is shown; never the secret.
    pub name: String,
    /// The message version it is used with.
    pub version: SnmpVersion,
    /// Community or user.
    pub proof: Proof,
    /// Tried only at addresses in these networks; empty is everywhere in scope.
    pub networks: Vec<IpNet>,
}

impl Credential {
    /// A v2c community.
    pub fn community(name: &str, community: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: SnmpVersion::V2c,
            proof: Proof::Community(Secret::new(community)),
            networks: Vec::new(),
        }
    }

    /// Whether it may be shown to the agent at `address`.
    pub fn is_for(&self, address: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|net| net.contains(&address))
    }
}

/// How a device was last reached by SNMP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnmpAccess {
    /// Address and port that answered.
    pub address: SocketAddr,
    /// Message version.
    pub version: SnmpVersion,
    /// Name of the credential, never the secret.
    pub credential: String,
    /// Whether some table could not be read to its end.
    pub partial: bool,
}
