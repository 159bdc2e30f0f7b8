//! Reachability by ICMP echo, at a pace that loses no replies. Knows nothing of SNMP. The sockets are `net::icmp`'s.
//!
//! [`sweep`] asks whole networks, [`reach`] single addresses, [`rounds`] known ones all the time. `flight` is what a sweep waits for.

mod counts;
mod flight;
pub mod reach;
pub mod rounds;
pub mod sweep;

pub use counts::{Counters, Counts};
pub use reach::Reach;
pub use rounds::{Rounds, Windows};
pub use sweep::{Sweep, Swept};
