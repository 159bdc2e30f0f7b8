//! ICMP echo: one address at a time by the crate surge-ping ([`ping`]), whole networks in batches of our own ([`batch`]).
//!
//! An unprivileged process may ping where `net.ipv4.ping_group_range` holds its group (a datagram socket), else it needs CAP_NET_RAW.
//! Nothing here knows a pace, a repetition or who is asked; that is `collect::icmp`. Start at [`batch`].

pub mod batch;
mod packet;
pub mod ping;
mod socket;

use crate::model::permission::{Function, granted};
use std::io;

pub use batch::{Echo, Echoes, Reply};
pub use ping::Pinger;

/// Pings can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum PingError {
    /// The process may not.
    #[error("no permission for ICMP: {} grants it, or {}", granted(Function::Ping, 0), granted(Function::Ping, 1))]
    NotPermitted,
    /// Something else.
    #[error("no ICMP socket: {0}")]
    Socket(#[from] io::Error),
}

impl PingError {
    /// Why a socket could not be opened.
    fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::NotPermitted,
            _ => Self::Socket(error),
        }
    }
}
