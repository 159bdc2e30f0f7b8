//! The engine behind a Unix socket: whoever holds the store serves it, consoles of other processes attach to it.
//!
//! Start at [`protocol`] (greeting and messages), then `parts` (views as differences), `server` and `attached`.

pub(super) mod attached;
mod parts;
mod protocol;
pub(super) mod server;

#[cfg(test)]
mod tests;
