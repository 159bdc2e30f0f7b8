//! What the Logs screen is drawn from. The engine fills it: lines are no state.

use super::Table;
use super::rows::EventRow;
use crate::model::log::LogPattern;
use crate::model::{Alarm, LogLine, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

/// Log lines and how many of them came when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogsView {
    /// The lines of the window, the oldest first.
    pub table: Table<LogRow>,
    /// Lines that the rows are: more where those that say the same are folded.
    pub lines: u64,
    /// The range that the rates are of; `None` before the first answer.
    pub range: Option<TimeRange>,
    /// How many lines of those that match came in each step of the range.
    pub rates: Vec<LogStep>,
    /// How long a step is, seconds.
    pub step_secs: u32,
    /// Lines a second in the last minute.
    pub per_second: Option<f64>,
    /// When the oldest line came that is kept.
    pub kept_from: Option<Timestamp>,
    /// Lines that were dropped to make room.
    pub dropped: u64,
    /// How the listeners do.
    pub listeners: Vec<LogListener>,
    /// Patterns of the lines that match, new and rising ones first; empty where they were not asked for.
    pub patterns: Table<LogPattern>,
    /// Only lines that came since this time were looked at: to look at all of them takes too long. `None` where all were.
    pub looked_from: Option<Timestamp>,
    /// What happened near to one line.
    pub near: Option<Box<LogNear>>,
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    /// Its number.
    pub number: u64,
    /// The line; of several that say the same the last.
    pub line: LogLine,
    /// How many say the same.
    pub count: u32,
    /// When the first of them came.
    pub first: Timestamp,
}

/// Lines that came in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogStep {
    /// All.
    pub all: u32,
    /// Errors and worse.
    pub errors: u32,
    /// Warnings.
    pub warnings: u32,
    /// Traps.
    pub traps: u32,
}

/// A listener's counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogListener {
    /// `syslog` or `trap`.
    pub name: String,
    /// Where it listens.
    pub listen: Vec<String>,
    /// Datagrams.
    pub received: u64,
    /// Lines.
    pub decoded: u64,
    /// Datagrams that were no lines.
    pub refused: u64,
    /// Dropped by the kernel or because the engine had no room.
    pub dropped: u64,
}

/// What happened near to a line, on its device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogNear {
    /// The line's number.
    pub number: u64,
    /// Events within two minutes, the oldest first.
    pub events: Vec<EventRow>,
    /// Alarms that stood then.
    pub alarms: Vec<Alarm>,
    /// Other lines of the device within two minutes.
    pub lines: u64,
}
