//! What can go wrong between us and an agent.

use crate::model::Oid;
use crate::model::inventory::Reason;
use crate::wire::snmp::{ErrorStatus, Fault};
use std::net::SocketAddr;
use std::time::Duration;

/// An operation on an agent that failed, or was only done in part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} {peer}: {failure}")]
pub struct SnmpError {
    /// `get`, `walk`, …
    pub operation: &'static str,
    /// Who was asked.
    pub peer: SocketAddr,
    /// Why it failed; its text is a sentence for people without operation and peer.
    pub failure: Failure,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing came back.
    #[error("no answer to {requests} request{} in {:.1} s", if *.requests == 1 { "" } else { "s" }, .waited.as_secs_f64())]
    Timeout {
        /// Requests sent.
        requests: u32,
        /// How long was waited for all of them together.
        waited: Duration,
    },
    /// The agent does not accept the credential (RFC 3414 §3.2, or authorizationError), or it can't be used.
    #[error("{0}")]
    Auth(String),
    /// The agent has no such context (RFC 3413 §3.2, snmpUnknownContexts).
    #[error("the agent does not know the context")]
    Context,
    /// Port unreachable: nothing listens there.
    #[error("nothing listens on this port")]
    Refused,
    /// Host or network unreachable.
    #[error("{0}")]
    Unreachable(String),
    /// Even a single value does not fit the agent's messages.
    #[error("the agent can't fit the answer into a message")]
    TooBig,
    /// The agent answered with this error-status.
    #[error("the agent answered {}", .0.name())]
    Status(ErrorStatus),
    /// The agent's messages can't be read.
    #[error("answers could not be read: {0}")]
    Malformed(Fault),
    /// An answer without any of the objects asked for.
    #[error("answers hold nothing that was asked for")]
    Unrelated,
    /// A table goes backwards or in circles; the object at which it did.
    #[error("the agent's objects do not increase at {0}")]
    NonIncreasing(Oid),
    /// A table did not end before the limit of rows or octets.
    #[error("not at its end after {rows} rows, {octets} octets")]
    Endless {
        /// Rows kept, of all columns that were read together.
        rows: usize,
        /// Their octets.
        octets: usize,
    },
    /// The time allowed for the whole device is over.
    #[error("not done within {:.1} s", .0.as_secs_f64())]
    Deadline(Duration),
    /// Whoever asked does not want it any more.
    #[error("interrupted")]
    Stopped,
}

impl SnmpError {
    /// The word of the contract for it.
    pub fn reason(&self) -> Reason {
        match &self.failure {
            Failure::Timeout { .. } => Reason::Timeout,
            Failure::Auth(_) | Failure::Status(ErrorStatus::NO_ACCESS | ErrorStatus::AUTHORIZATION_ERROR) => Reason::Auth,
            Failure::Refused => Reason::Refused,
            Failure::Unreachable(_) => Reason::Unreachable,
            Failure::TooBig => Reason::TooBig,
            Failure::Status(_) | Failure::Endless { .. } | Failure::Stopped | Failure::Context => Reason::Partial,
            Failure::Malformed(_) | Failure::Unrelated => Reason::Malformed,
            Failure::NonIncreasing(_) => Reason::NonIncreasing,
            Failure::Deadline(_) => Reason::Deadline,
        }
    }

    /// Whether nothing at all can be expected of the agent after this: it is silent, gone or does not know us.
    pub const fn is_final(&self) -> bool {
        matches!(
            self.failure,
            Failure::Timeout { .. }
                | Failure::Auth(_)
                | Failure::Context
                | Failure::Refused
                | Failure::Unreachable(_)
                | Failure::Deadline(_)
                | Failure::Stopped
        )
    }
}
