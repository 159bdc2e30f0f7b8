//! Who talks with whom: conversations through the devices that export flows, as functions of a scenario and of time.
//!
//! What a device tells of a stretch of time adds up to what its interfaces count in it ([`truth`](super::truth)): all that comes
//! in by a port is divided among conversations, less [`UNMONITORED`]; by which port they leave follows what those ports
//! count, as far as what comes in and what goes out of a device agree. Each device is told by itself: two on the way of one
//! conversation need not say the same octets of it, but for a surge, which is one conversation all along its path.
//!
//! Nothing is kept and nothing is stepped. It must not know sockets nor the store. Start at [`Traffic`]; [`host`] says who there
//! is, [`exporter`] by which ports they are reached, [`talk`] makes the conversations of a [`Slot`], [`told`] what of them an
//! exporter tells, and [`live`] the datagrams.

pub mod exporter;
pub mod host;
pub mod live;
pub mod spread;
pub mod talk;
#[cfg(test)]
mod tests;
pub mod told;

use super::serve::Campus;
use crate::model::Timestamp;
use exporter::Exporter;
use host::Population;
use std::sync::Arc;

pub use live::Exporters;
pub use talk::Talk;

/// Share of a port's octets that is in no flow: what is no IP (ARP, LLDP, spanning tree) and what exporters miss.
pub const UNMONITORED: f64 = 0.02;

/// Devices that export at most: enough for every role of the campus, and cheap in a network of ten thousand.
const MOST_EXPORTERS: usize = 64;

/// A stretch of time, seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// Its first moment.
    pub from: f64,
    /// The first moment after it.
    pub to: f64,
}

impl Slot {
    /// A stretch of so many seconds.
    pub fn of(start: Timestamp, seconds: u32) -> Self {
        let from = super::truth::seconds_of(start);
        Self { from, to: from + f64::from(seconds) }
    }
}

/// The conversations of a network.
#[derive(Debug)]
pub struct Traffic {
    campus: Arc<Campus>,
    people: Population,
    exporters: Vec<Exporter>,
}

impl Traffic {
    /// Of a network; without any exporter where its scenario says none.
    pub fn new(campus: Arc<Campus>) -> Self {
        let people = Population::of(&campus);
        let scenario = &campus.scenario;
        let exports = |group: u16| scenario.groups.get(usize::from(group)).and_then(|group| group.export);
        let exporters = scenario
            .agents()
            .filter_map(|(device, address, node)| exports(node.group).map(|export| (device, address, export)))
            .take(MOST_EXPORTERS)
            .map(|about| Exporter::new(scenario, &people, about))
            .collect();
        Self { campus, people, exporters }
    }

    /// Those that export, in the order of their addresses.
    pub fn exporters(&self) -> &[Exporter] {
        &self.exporters
    }

    /// The network.
    pub const fn campus(&self) -> &Arc<Campus> {
        &self.campus
    }

    /// Everybody.
    pub const fn people(&self) -> &Population {
        &self.people
    }
}
