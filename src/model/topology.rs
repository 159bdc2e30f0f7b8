//! A whole network at one moment: what `discover` finds and what `diff` compares.

use super::device::{Device, DeviceId};
use super::inventory::Problem;
use super::link::{Link, Neighbour};
use super::sighting::Endpoint;
use super::time::Timestamp;
use super::wireless::WirelessReading;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Counts of a discovery run (contract §3 `summary`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Addresses asked.
    pub asked: u64,
    /// Addresses that answered.
    pub answered: u64,
    /// Addresses that were silent.
    pub silent: u64,
    /// How long it took, seconds.
    pub seconds: f64,
}

/// Devices by id, links by key, neighbours by id, endpoints by hardware address, problems by target: the same network gives the same order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Devices, by id.
    pub devices: Vec<Arc<Device>>,
    /// Neighbours without an inventory, by id.
    pub neighbours: Vec<Arc<Neighbour>>,
    /// Links, by their two ends.
    pub links: Vec<Arc<Link>>,
    /// Addresses that are no device, by hardware address.
    pub endpoints: Vec<Endpoint>,
    /// Wireless networks, by who told them.
    pub wireless: BTreeMap<DeviceId, Arc<WirelessReading>>,
    /// What went wrong, by target.
    pub problems: Vec<Problem>,
    /// Counts.
    pub summary: Summary,
}
