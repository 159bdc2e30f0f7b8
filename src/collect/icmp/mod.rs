//! Reachability by ICMP echo, at a pace that loses no replies. Knows nothing of SNMP. The sockets are `net::icmp`'s.
//!
//! [`sweep`] asks whole networks, [`reach`] single addresses. `flight` is what a sweep waits for.

mod counts;
mod flight;
pub mod reach;
pub mod sweep;

pub use counts::{Counters, Counts};
pub use reach::Reach;
pub use sweep::{Sweep, Swept};
