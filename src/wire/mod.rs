//! Bytes to model and back, pure: no sockets, no clocks, no panics.
//!
//! A decoder returns what it decoded plus the faults it met; it never trusts a length. Start at [`snmp`].

pub mod snmp;
