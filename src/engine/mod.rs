//! Wiring: the tasks, the channels, the schedule, the journal, and the [`Handle`] by which everything else sees it.
//!
//! The engine is the only owner of the state. The console and every headless command see only [`Handle`]; they can't tell a
//! local engine from one behind a Unix socket. Start at [`handle`], then [`core`] (one synchronous turn), `local`
//! (the threads around it), `socket` (for other processes), `switch` and `open` (which of them stands behind a handle).

pub mod audit;
mod board;
pub mod capture;
pub mod command;
pub mod core;
mod country;
pub mod discover;
pub mod doctor;
mod exposure;

mod flows;
mod forget;
pub mod handle;
pub mod import;
mod limits;
mod local;
mod maintenance;
mod metrics;
mod notice;
pub mod notify_tools;
mod offline;
mod open;
mod paths;
mod permissions;
mod port;
mod record;
mod session;
pub mod snmp_tools;
mod socket;
mod supervise;
mod switch;
mod tending;
mod writer;

pub use audit::socket_group;
pub use command::{Answer, Command, DiffRow, Status};
pub use core::Core;
pub use exposure::exposures;
pub use handle::{AskError, Backend, Handle, Update, WatchId};
pub use metrics::{MetricFamily, metric_families};
pub use open::{Hosting, OpenError, OpenOptions, Replace, Restored, Seed, ask_audit, open, open_in_background, record, restore};
pub use socket::untrusted;
