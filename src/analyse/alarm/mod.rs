//! Alarm rules: what they say, what they look at, and what follows from them.
//!
//! Pure: a rule is compiled once, is given an object as it is at a moment, and says what that means. It must not know where objects come
//! from, nor keep anything: what has to be remembered between two moments is a [`Watch`], which the state keeps. Start at [`RuleSpec`]
//! (what stands in a file), then `compile` ([`Rule`]), `object` (the columns of what rules look at), [`phase`] (duration, hysteresis),
//! [`damping`] (flapping), `heard` (log lines and traps), `defaults.toml` (what is shipped).

mod compile;
pub mod damping;
mod heard;
pub mod object;
pub mod phase;
mod rule;
mod rules;
mod schedule;
mod spec;
#[cfg(test)]
mod tests;
mod text;

pub use compile::{RuleFault, compile};
pub use heard::Ear;
pub use object::On;
pub use phase::{Step, Watch, step};
pub use rule::{By, Rule, alarm_id};
pub use rules::{Origin, Rules};
pub use spec::{Choice, RuleSpec};
pub use text::Said;
