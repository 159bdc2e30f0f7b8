//! One task per collector. Each turns bytes and the time of their arrival into events; none knows the state or the screen.
//!
//! Start at [`emitter`] (how a collector speaks to the engine), then [`snmp`]: `inventory` reads one device, `crawl` a network, `poller`
//! goes on reading what was found. [`lldp`] hears who is plugged into this host, [`host`] tells of the host itself, [`icmp`] sweeps,
//! [`trap`] hears that something happened, [`syslog`] what devices say, [`flow`] who talks with whom.

pub mod capture;
pub mod emitter;
pub mod flow;
pub mod host;
pub mod icmp;
pub mod lldp;
pub mod pacing;
mod pulse;
pub mod snmp;
pub mod syslog;
pub mod trap;

pub use emitter::Emitter;
pub use pulse::Pulse;
