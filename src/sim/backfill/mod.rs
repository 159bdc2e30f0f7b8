//! A past for a scenario: what discovery and polling would have said for a week, as events and samples.
//!
//! The same truth as the agents' answers, so that what was backfilled and what is polled from now on are one curve. Nothing
//! here knows a store or the state: [`Past::events`] are observations in the order of their times, for whoever applies events;
//! [`Past::samples`] are made lazily, stretch by stretch, for whoever stores them while a console is already in use.

mod bridges;
mod events;
pub mod flows;
mod samples;
mod story;
mod wireless;

use super::serve::Campus;
use super::truth::seconds_of;
use crate::mib::Registry;
use crate::model::{DeviceId, SnmpAccess, SnmpVersion, Timestamp};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

pub use flows::FlowTimes;
pub use samples::{Order, Samples};

/// How far the past reaches back.
pub const LENGTH: Duration = Duration::from_secs(7 * 86_400);

/// How often the devices were polled in the last hour, and live.
pub const INTERVAL: Duration = Duration::from_secs(30);

/// A device of the past.
#[derive(Clone, Debug)]
struct Known {
    number: super::scenario::DeviceNumber,
    address: Ipv4Addr,
    id: DeviceId,
}

/// The past of a scenario until a moment.
#[derive(Clone, Debug)]
pub struct Past {
    campus: Arc<Campus>,
    until: Timestamp,
    access: (u16, String),
    devices: Vec<Known>,
}

impl Past {
    /// Of `campus`, until its scenario's moment; its agents answered at `port` and to the credential of this name.
    pub fn new(campus: Arc<Campus>, port: u16, credential: &str) -> Self {
        let until = campus.scenario.moment;
        let mut past = Self { campus, until, access: (port, credential.to_owned()), devices: Vec::new() };
        let start = past.start();
        let agents: Vec<_> = past.campus.scenario.agents().map(|(number, address, _)| (number, address)).collect();
        for (number, address) in agents {
            if let Some(id) = past.describe(address, start).map(|(device, _)| device.id) {
                past.devices.push(Known { number, address, id });
            }
        }
        past
    }

    /// When it begins.
    pub fn start(&self) -> Timestamp {
        self.until.minus(LENGTH)
    }

    fn target(&self, address: Ipv4Addr) -> SocketAddr {
        SocketAddr::from((address, self.access.0))
    }

    fn describe(&self, address: Ipv4Addr, at: Timestamp) -> Option<(crate::model::Device, crate::model::Sightings)> {
        let access = SnmpAccess {
            address: self.target(address),
            version: SnmpVersion::V2c,
            credential: self.access.1.clone(),
            partial: false,
        };
        let view = self.campus.view(address, at)?;
        Some((view.describe(Registry::builtin(), access, at), view.sightings()))
    }

    fn seconds(&self) -> (f64, f64) {
        (seconds_of(self.start()), seconds_of(self.until))
    }
}

#[cfg(test)]
mod tests;
