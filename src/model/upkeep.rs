//! How noctop's own collectors, its store and those who send it flows do: told to the state, so that rules can look at it.

use super::device::DeviceId;
use super::limit::LimitReading;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What is told at a time. Counters only grow; rates are made by whoever is told twice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Upkeep {
    /// Collectors, and the store under the name `store`.
    pub collectors: Vec<CollectorReading>,
    /// Who sends flows, by address: all its streams together.
    pub exporters: Vec<ExporterReading>,
    /// Bounds, and what found no room.
    pub limits: Vec<LimitReading>,
}

/// One collector, or the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CollectorReading {
    /// As in `noctop status`.
    pub name: String,
    /// Datagrams, frames or replies that came.
    pub received: u64,
    /// Those that could not be read.
    pub refused: u64,
    /// Those that were lost on the way in, by the kernel or a full queue; of the store what was not written.
    pub dropped: u64,
    /// How far it is behind, seconds.
    pub lag_seconds: Option<f64>,
    /// What fails, in words.
    pub failure: Option<String>,
}

/// Who sends flows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExporterReading {
    /// Its address.
    pub address: IpAddr,
    /// The device that has the address, where one has.
    pub device: Option<DeviceId>,
    /// Datagrams that came.
    pub datagrams: u64,
    /// What its sequence numbers say was lost; `None` where that can't be told.
    pub lost: Option<u64>,
    /// When it was last heard.
    pub heard: Timestamp,
}
