//! The state of the network, changed only by [`apply`](apply::apply). Single writer; no tokio, no clock, no I/O.
//!
//! Everything journalled is in persistent maps of `Arc`s, so that a clone for a view or a checkpoint costs little.
//! Start at [`State`], then `apply`, then `view`.

pub mod apply;
pub mod checkpoint;
pub mod view;
