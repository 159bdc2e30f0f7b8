//! SNMP messages (RFC 3416, RFC 3412, RFC 3414): snmp2's codec behind our own types. The one door of the crate snmp2.
//!
//! Nothing here knows a socket, a clock or a retry. snmp2 does the user-based security model ([`usm`]). The BER of v1 and v2c is our
//! own: written by `ber`, because snmp2 zeroes 64 KiB for every message that it builds and keeps the version of a message private; read by
//! `reader`, because snmp2's iterator ends at what it does not know and takes twice the time. Both are held against snmp2's by tests. `defects.rs` shows each defect of snmp2 0.5.3 that is worked around, so that an
//! upgrade which mends it is noticed. Start at [`message`], then [`usm`].

pub mod asked;
mod ber;
#[cfg(test)]
mod defects;
mod digest;
pub mod list;
pub mod message;
pub mod pdu;
mod privacy;
mod reader;
#[cfg(test)]
mod reader_tests;
pub mod trap;
pub mod usm;
pub mod value;

pub use asked::Asked;
pub use list::List;
pub use message::{Message, peek};
pub use pdu::{ErrorStatus, Names, Pdu, PduKind, Question};
pub use trap::{Notification, TrapV1};
pub use value::{Value, VarBind};

/// Why a datagram was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Fault {
    /// A length, tag or number does not fit what SNMP allows.
    #[error("malformed message")]
    Malformed,
    /// The message version is not 1, 2c or 3, or not the one expected.
    #[error("unexpected message version")]
    Version,
    /// The PDU is of a kind that is not read here.
    #[error("unexpected kind of PDU")]
    Kind,
    /// The message claims another engine or user, or its digest is wrong (RFC 3414 §3.2).
    #[error("not authentic")]
    NotAuthentic,
    /// It could not be decrypted, or came unencrypted although privacy was asked for.
    #[error("not decipherable")]
    NotDecipherable,
    /// Its security model is not the user-based one (RFC 3411 §5).
    #[error("unknown security model")]
    SecurityModel,
}

impl Fault {
    /// The word under which it is counted.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Version => "version",
            Self::Kind => "kind",
            Self::NotAuthentic => "not-authentic",
            Self::NotDecipherable => "not-decipherable",
            Self::SecurityModel => "security-model",
        }
    }
}
