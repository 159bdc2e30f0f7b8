//! Flows that exporters send: received, decoded, summed up once a second, and kept whole where that is wanted.
//!
//! Threads of their own read the sockets (`net::intake`), each with its own decoder (`wire::flow`): a datagram is never handed from one thread
//! to another. They say [`Body::Flows`](crate::event::Body::Flows) once a second and [`Body::FlowRecords`](crate::event::Body::FlowRecords) whenever
//! there are enough, and never wait for the engine. Nothing here knows the store or what a device is. Start at [`worker`]; `gather` is what
//! happens to each record, `loads` what flowed through ports.

pub mod counters;
mod gather;
mod loads;
mod numbers;
pub mod worker;

#[cfg(test)]
mod tests;

pub use counters::{Counters, Counts, ExporterHealth};
pub(in crate::collect) use gather::Gather;
pub use worker::{Keep, Worker};

use std::num::NonZero;

/// Workers at most: one takes more than a million flows a second.
pub const MOST_WORKERS: usize = 4;

/// Workers for this host: every other processor, so that the decoding never takes them all.
pub fn workers() -> usize {
    (std::thread::available_parallelism().map_or(1, NonZero::get) / 2).clamp(1, MOST_WORKERS)
}
