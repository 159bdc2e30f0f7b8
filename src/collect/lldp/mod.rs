//! What neighbours announce on the host's own ports (LLDP, CDP, FDP, EDP). Knows nothing of SNMP, nor of what the host is.
//!
//! [`listener`] hears frames and publishes who is there; `table` keeps them until their time to live is over. Sockets are
//! `net::capture`'s, frames are read by `wire::announcement`.

pub mod listener;
mod table;

pub use listener::{Counters, Counts, Listener, Neighbours};
