//! Golden screens: every pane at three sizes in two glyph sets, and how the main ones are styled; and what no screen may do,
//! whatever the size and the keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may end at once")]
#![allow(clippy::type_complexity, reason = "tables of a fixture, read once")]

mod access;
mod alarms;
mod behaviour;
mod care;
mod facility;
mod finding;
mod fixture;
mod flows;
mod golden;
mod korean;
mod logs;
mod map;
mod privilege;
mod pty;
mod switch;
#[path = "../support/terminal.rs"]
mod terminal;
mod vlans;
mod wireless;
