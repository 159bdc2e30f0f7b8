//! Wiring: the tasks, the channels, the schedule, the journal, and the [`Handle`] by which everything else sees it.
//!
//! The engine is the only owner of the state. The console and every headless command see only [`Handle`]; they can't tell a
//! local engine from one behind a Unix socket. Start at [`handle`], then `core` (one synchronous turn), then `run`.

pub mod command;
pub mod handle;
pub mod snmp_tools;

pub use command::{Answer, Command, Status};
pub use handle::{AskError, Backend, Handle, Update, WatchId};
