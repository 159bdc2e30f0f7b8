//! Bytes to model and back, pure: no sockets, no clocks, no panics.
//!
//! A decoder returns what it decoded plus the faults it met; it never trusts a length. Start at [`snmp`], and for frames at
//! [`announcement`]: what a neighbour says of itself by [`lldp`], [`cdp`] (and FDP, which is its copy) or [`edp`].
//! What is in any other frame is read by [`packet`]. What other programs write of series is in [`series`]; what exporters write of flows
//! in [`flow`].

pub mod announcement;
pub mod bpf;
pub mod cdp;
pub mod edp;
pub mod ethernet;
pub mod flow;
pub mod lldp;
pub mod packet;
pub mod pcap;
pub mod series;
pub mod snmp;
pub mod syslog;
