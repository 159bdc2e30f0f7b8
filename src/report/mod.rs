//! The contract's shapes and formats: what headless commands print and what the console exports.
//!
//! A shape is a plain struct with serde and schemars derived, made from `model` and `state` types; a format writes shapes. It
//! knows no engine, no store and no terminal. Device text is shown with its control and bidi characters visible in everything
//! but JSON, and as `\uXXXX` there. Start at [`topology`] (the document of `discover`), then [`rows`], then [`tabular`] (how a
//! row becomes csv or a table).

pub mod audit;
pub mod diff;
pub mod doctor;
pub mod dot;
pub mod equipment;
pub mod flow;
pub mod forget;
pub mod graph;
pub mod graphml;
pub mod history;
pub mod json;
pub mod maintenance;
pub mod mermaid;
pub mod object;
pub mod port;
pub mod receiver;
pub mod rows;
pub mod schema;
pub mod secret;
pub mod status;
pub mod switching;
pub mod tabular;
pub mod top;
pub mod topology;
pub mod tree;
pub mod wireless;

pub use audit::AuditRow;
pub use forget::ForgottenRow;
pub use maintenance::MaintenanceRow;
pub use object::ObjectRow;
pub use rows::{
    AccessPointRow, AlarmRow, ChannelRow, ClientRow, DeviceRow, EventRow, InterfaceRow, LinkRow, LogPatternRow, LogRow, RadioRow,
    RuleRow, SensorRow, SsidRow, WhereRow,
};
pub use secret::SecretRow;
pub use tabular::{Format, write_rows};
pub use topology::{TopologyFormat, TopologyRows, write_topology};

/// A figure without the noise of its last bits: three decimals.
pub(crate) fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// The same for fractions of 1: six decimals.
pub(crate) fn millionths(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests;
