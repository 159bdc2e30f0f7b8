//! The host itself as a device: otherwise what its ports hear has no local end. Knows nothing of SNMP.
//!
//! [`collector`] tells the engine of it; `describe` puts it together from [`places`] of the kernel: `interfaces`, `arp`.

mod arp;
pub mod collector;
mod describe;
mod interfaces;
pub mod places;

pub use collector::{Collector, Counters};
pub use describe::describe;
pub use places::Places;
