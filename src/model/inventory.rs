//! What a collector read of one device in one go: the device without an identity, and how complete it is.

use super::device::Device;
use super::sighting::Sightings;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A problem with a target or with one part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Address and port, or the name as given.
    pub target: String,
    /// Why.
    pub reason: Reason,
    /// A sentence for people.
    pub detail: String,
}

/// The closed list of reasons (contract §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub enum Reason {
    Timeout,
    Auth,
    Unreachable,
    Refused,
    Partial,
    NonIncreasing,
    Malformed,
    TooBig,
    Deadline,
    Unresolved,
    OutOfScope,
}

impl Reason {
    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Auth => "auth",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::Partial => "partial",
            Self::NonIncreasing => "non-increasing",
            Self::Malformed => "malformed",
            Self::TooBig => "too-big",
            Self::Deadline => "deadline",
            Self::Unresolved => "unresolved",
            Self::OutOfScope => "out-of-scope",
        }
    }
}

/// One reading of a whole device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// Where it was read.
    pub address: SocketAddr,
    /// When the reading ended.
    pub at: Timestamp,
    /// What was read. Its `id` is a proposal by `analyse::identity::propose`; the state may know the device under another one.
    pub device: Device,
    /// Its forwarding and neighbour-address tables.
    pub sightings: Sightings,
    /// Neighbour rows that were blank or malformed and were passed over.
    pub skipped_rows: u64,
    /// What went wrong on the way; empty where nothing did.
    pub problems: Vec<Problem>,
}

impl Inventory {
    /// A reading of this device and nothing beside it.
    pub fn of(address: SocketAddr, at: Timestamp, device: Device) -> Self {
        Self { address, at, device, sightings: Sightings::default(), skipped_rows: 0, problems: Vec::new() }
    }
}
