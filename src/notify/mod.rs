//! Telling people outside about alarms: by a command, a webhook or a mail.
//!
//! It must not know the state, the store or the clock: what changed and what time it is comes in, what is to be sent, written down
//! and told comes out. Start at [`schedule`] (when whom, pure), then [`letter`] (what is told), `shape` and `template` (how it is
//! written) and [`send`] (the ways).

pub mod letter;
pub mod schedule;
pub mod send;
mod shape;
mod template;

pub use letter::{Item, Letter};
pub use schedule::{Change, Scheduler, Standing};
pub use send::{Again, Failure, Sender};
