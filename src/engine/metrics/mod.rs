//! `/metrics` for Prometheus: noctop's own counters, and, where the operator asks for them, the polled ones.
//!
//! It reads what is published for consoles and nothing else: it must not know collectors or the store's files. A page is
//! written family by family straight to its reader; no copy of the state is made. Start at [`page`]; `own` are the counters of
//! noctop itself, `polled` those of the network, `text` the exposition format.

mod described;
mod own;
mod polled;
mod process;
mod text;

pub use described::{MetricFamily, metric_families};

use super::command::Status;
use super::core::Live;
use std::io::{self, Write};

/// The media type of the text exposition format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Where Prometheus looks by itself.
pub(super) const PATH: &str = "/metrics";

/// What a page is made of, as of one moment.
pub(super) struct Snapshot<'a> {
    pub(super) status: Option<Status>,
    pub(super) live: &'a Live,
    /// Events that wait for the engine.
    pub(super) queue: usize,
}

/// Which counters are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Noctop's own.
    Own,
    /// Those of the network as well.
    Polled,
}

/// Writes a page. Errors: those of `out`.
pub(super) fn page(snapshot: &Snapshot<'_>, wanted: Wanted, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(own::text(snapshot).as_bytes())?;
    match wanted {
        Wanted::Own => Ok(()),
        Wanted::Polled => polled::write(&snapshot.live.state, out),
    }
}

#[cfg(test)]
mod tests;
