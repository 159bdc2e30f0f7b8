//! Devices that are gone for good: which of them an operator wants forgotten.

use super::{DeviceId, DeviceStatus, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Which devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Leaving {
    /// By name or id.
    Named(Vec<String>),
    /// All that have been silent for at least so many seconds.
    SilentFor(u64),
}

/// What an operator orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetOrder {
    /// Which devices.
    pub leaving: Leaving,
    /// Those too that answer.
    pub answering: bool,
    /// Only say which they are.
    pub dry_run: bool,
    /// Who says so.
    pub by: String,
}

/// A device that is forgotten, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// Its id.
    pub id: DeviceId,
    /// As operators knew it.
    pub name: String,
    /// Where it was asked.
    pub address: Option<IpAddr>,
    /// How it is.
    pub status: DeviceStatus,
    /// Since when, where that is known.
    pub since: Option<Timestamp>,
}

/// The order as the state takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgetting {
    /// Whom.
    pub devices: Vec<DeviceId>,
    /// Who says so.
    pub by: String,
}
