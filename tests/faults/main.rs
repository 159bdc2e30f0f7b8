//! Faults of the host around a daemon, injected one by one: what is lost is counted, what does not work is said, and everything else goes on.
//!
//! `docs/FAULTS.md` is the table of all of them; `table.rs` holds that every test it names exists. Each test has a daemon, a folder and ports of its
//! own. What needs root (mounts, namespaces) says that it was skipped where it may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it expects")]

mod clock;
mod collectors;
mod console;
mod disk;
mod ending;
mod names;
mod overflow;
mod place;
mod ports;
mod table;
#[path = "../support/terminal.rs"]
mod terminal;
mod version;
