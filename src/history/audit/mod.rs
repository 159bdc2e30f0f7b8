//! The audit journal on the disk: three chains of records, one for each class, so that each can be kept for its own time.
//!
//! `audit/CLASS/NNNNNNNN-YYYY-MM.audit` in the store's folder: a magic line, then frames of length, content (a line of JSON) and
//! SHA-256 of the hash before and the content ([`frame`]). Files are only appended to, a new one begins each month, and its first
//! record names the hash of the file before. Old files go as a whole, and a record in the chain says what they were.
//! It knows no engine and no clock: whoever writes says what time it is. Start at [`Journal`], then `chain` (appending),
//! `verify` (what a change shows as), `read`.
//!
//! What a chain can't: keep out whoever may write these files as the daemon does. He can make a new chain from any record on.
//! What he can't is make one that ends in a hash that was noted elsewhere: the system's log has one after every change.

mod chain;
mod content;
mod frame;
mod journal;
mod read;
mod seal;
mod segment;
mod verify;

#[cfg(test)]
mod tests;

pub use journal::{Journal, Moment};
pub use read::{Wanted, last, read};
pub use seal::{KEY, sealed};
pub use verify::verify;

use std::io;
use std::path::{Path, PathBuf};

/// The journal's folder in the store's.
pub const FOLDER: &str = "audit";

/// Why the journal could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Another process writes it.
    #[error("the audit journal {0} is being written by another noctop")]
    InUse(PathBuf),
    /// There is none.
    #[error("there is no audit journal in {0}")]
    Absent(PathBuf),
    /// The system refused.
    #[error("{what} {path} failed: {source}")]
    Io {
        /// The operation.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record that is too long to be one.
    #[error("a record of {0} octets is longer than a record may be")]
    TooLong(usize),
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AuditError {
    move |source| AuditError::Io { what, path: path.to_owned(), source }
}
