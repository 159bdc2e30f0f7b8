//! SNMP: the shared-socket engine, discovery, polling.
//!
//! The engine: [`Client`] owns one socket, the numbers of the requests in flight (`inbox`) and what was learned of each agent
//! (`learned`); a [`Session`] is one piece of work on one agent (an inventory, a poll) with its limits and its tally, and
//! offers [`Session::get`] and [`Session::walk_columns`]. It does not know what an
//! object means. Start at [`client`], then `exchange`.
//!
//! The knowledge: [`tables`] makes a device of what was read. The work: [`access`] finds the credential, [`inventory`] reads one device,
//! [`crawl`] a network within its [`scope`], [`poller`] goes on reading counters ([`poll`]).

pub mod access;
pub mod bridge;
pub mod client;
mod columns;
pub mod counts;
pub mod crawl;
#[cfg(test)]
mod engine_tests;
pub mod error;
mod exchange;
mod fill;
#[cfg(test)]
pub mod fixture;
mod get;
pub mod health;
#[cfg(test)]
mod hostile_tests;
mod inbox;
pub mod inventory;
mod learned;
mod next;
#[cfg(test)]
mod played;
pub mod poll;
pub mod poller;
pub mod scope;
pub mod session;
pub mod set;
pub mod tables;
pub mod targets;
mod train;
pub mod tries;
mod v3;
#[cfg(test)]
mod v3_tests;
pub mod walk;
pub mod wireless;

pub use client::{Agent, Client, Options};
pub use counts::Counts;
pub use error::{Failure, SnmpError};
pub use session::{Context, Limits, Session, Tally};
pub use walk::Walk;
