//! noctop: a network and traffic management console in a terminal, in one binary.
//!
//! See `docs/ARCHITECTURE.md` for the picture, the layers and who may import whom (held by `tests/architecture.rs`).
//! Follow one sample: `collect/snmp/poll.rs` → `event.rs` → `state/apply.rs` → `analyse/port.rs` → `model/points.rs` →
//! `ui/pane/interfaces.rs` → `ui/widget/graph.rs`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod analyse;
pub mod cli;
pub mod clock;
pub mod cmd;
pub mod collect;
pub mod config;
pub mod engine;
pub mod event;
pub mod history;
pub mod mib;
pub mod model;
pub mod net;
pub mod notify;
pub mod query;
pub mod report;
pub mod sim;
pub mod state;
pub mod ui;
pub mod wire;
