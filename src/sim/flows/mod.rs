//! Flow exporters: datagrams of NetFlow v5 and v9, IPFIX and sFlow v5, written out of records.
//!
//! Pure functions, written from the documents of the formats alone: they share nothing with the decoders of `wire/flow`, so
//! that what one writes and the other reads is a test of both. The simulated devices use them, and so do tests and benches.
//! Nothing here knows who talks with whom (see [`truth`](super::truth)) nor sockets. Start at [`Head`], then [`v5`], [`message`]
//! (NetFlow v9 and IPFIX) and [`sflow`]; [`template`] says what a field is, [`frame`] makes the frames that sFlow shows.

pub mod frame;
pub mod message;
pub mod sflow;
pub mod template;
#[cfg(test)]
mod tests;
pub mod v5;

use crate::model::Timestamp;

pub use message::{Form, Message};
pub use template::{Field, Template, VARIABLE, Value};

/// What the header of a datagram says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// When it was exported.
    pub at: Timestamp,
    /// sysUpTime at that moment, milliseconds; IPFIX has none.
    pub up_time_ms: u32,
    /// v5: flows before it. v9: datagrams before it. IPFIX: data records before it. Options records count as data records.
    pub sequence: u32,
    /// observationDomainId (IPFIX), source id (v9), engine type and id (v5, the type in the upper of two octets).
    pub domain: u32,
}

impl Head {
    /// What sysUpTime was at a time. Times before the agent started wrap, as they do in real exporters.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sysUpTime wraps every 49.7 days")]
    pub const fn up_time_of(&self, at: Timestamp) -> u32 {
        self.up_time_ms.wrapping_add(at.millis().wrapping_sub(self.at.millis()) as u32)
    }

    /// Seconds since the epoch, as headers have them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "unsigned and of 32 bits until 2106")]
    pub const fn unix_secs(&self) -> u32 {
        self.at.secs() as u32
    }
}

/// Appends a number in network order.
fn put<const N: usize>(octets: &mut Vec<u8>, number: [u8; N]) {
    octets.extend_from_slice(&number);
}

/// The low bits of a number for a field that is too narrow for it.
#[allow(clippy::cast_possible_truncation, reason = "what does not fit is cut, as exporters do")]
const fn low16(number: u32) -> u16 {
    number as u16
}

/// As [`low16`].
#[allow(clippy::cast_possible_truncation, reason = "what does not fit is cut, as exporters do")]
const fn low32(number: u64) -> u32 {
    number as u32
}

/// A length or count that is known to be small.
fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
