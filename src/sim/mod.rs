//! The simulator: plays SNMP agents and flow exporters on loopback, from TOML scenarios or recordings. The same code serves `noctop demo`,
//! `noctop sim`, the pictures and the tests.
//!
//! What it says is a pure function of a [`Scenario`] and of the time ([`truth`]): nothing is stepped and nothing is kept, so
//! that the past ([`backfill`]) and a live poll are one curve, and ten thousand devices cost little memory.
//! It must not know collectors, the state or the store. Start at [`scenario`], then [`truth`], then [`view`] and [`agent`].

pub mod agent;
pub mod backfill;
pub mod flows;
pub mod hash;
pub mod logs;
pub mod recording;
pub mod scenario;
pub mod serve;
pub mod shape;
pub mod traffic;
pub mod truth;
pub mod view;
pub mod wlan;
pub mod writable;

pub use scenario::{Scale, Scenario, ScenarioError};
