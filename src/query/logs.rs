//! Log lines as rows of the filter language, and what is asked of them.

use super::filter::{Column, Kind, Row, Value};
use super::log_pattern::pattern_of;
use crate::model::LogLine;
use crate::model::{TimeRange, Timestamp};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const fn column(names: &'static [&'static str], kind: Kind) -> Column {
    Column { names, kind }
}

/// The columns of log lines: the contract's field names first, then short ones. The order is that of [`Row::value`].
pub const LOG_COLUMNS: &[Column] = &[
    column(&["text", "msg"], Kind::Text),
    column(&["deviceName", "device_name", "device"], Kind::Text),
    column(&["host"], Kind::Text),
    column(&["app", "tag"], Kind::Text),
    column(&["ifName", "port", "if"], Kind::Text),
    column(&["source", "ip"], Kind::Address),
    column(&["severity", "sev"], Kind::LogSeverity),
    column(&["facility", "fac"], Kind::Word),
    column(&["kind"], Kind::Word),
    column(&["messageId", "id"], Kind::Word),
    column(&["trap", "oid"], Kind::Word),
    column(&["receivedAt", "received"], Kind::Time),
    column(&["at", "time"], Kind::Time),
    column(&["process", "pid"], Kind::Word),
    column(&["pattern"], Kind::Word),
];

/// The rank of a severity as rows hold it: a worse one is greater, as for alarms.
pub fn rank(severity: crate::model::LogSeverity) -> f64 {
    f64::from(7 - severity.number())
}

/// A time as rows hold it.
#[allow(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit 53 bits for 285,000 years")]
pub fn seconds(at: Timestamp) -> Value<'static> {
    Value::Number(at.millis() as f64 / 1000.0)
}

impl Row for LogLine {
    fn value(&self, column: usize) -> Value<'_> {
        let device = self.device.as_ref();
        match column {
            0 => Value::Text(Cow::Borrowed(&self.text)),
            1 => device
                .map_or(Value::Unknown, |device| Value::Either(Cow::Borrowed(&*device.name), Cow::Borrowed(device.id.as_str()))),
            // The name that stands in the row, or the one that the line itself says.
            2 => match (device, &self.host) {
                (Some(device), Some(host)) => Value::Either(Cow::Borrowed(&*device.name), Cow::Borrowed(host)),
                (Some(device), None) => Value::Text(Cow::Borrowed(&*device.name)),
                (None, host) => Value::text(host.as_deref()),
            },
            3 => Value::text(self.app.as_deref()),
            4 => Value::text(device.and_then(|device| device.port.as_deref())),
            5 => Value::Addresses(std::slice::from_ref(&self.source)),
            6 => Value::number(self.severity.map(rank)),
            7 => self.facility.map_or(Value::Unknown, |facility| Value::word(facility.word())),
            8 => Value::word(self.kind.word()),
            9 => Value::text(self.message_id.as_deref()),
            10 => self.trap.as_ref().map_or(Value::Unknown, |trap| {
                let oid = trap.oid.as_ref().map(ToString::to_string).unwrap_or_default();
                Value::Either(Cow::Borrowed(&trap.name), Cow::Owned(oid))
            }),
            11 => seconds(self.received),
            12 => seconds(self.own.map_or(self.received, |own| own.at)),
            13 => Value::text(self.process.as_deref()),
            14 => Value::Text(Cow::Owned(pattern_of(self))),
            _ => Value::Unknown,
        }
    }
}

/// What is asked of log lines beside what every view request has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRequest {
    /// What of them.
    pub part: LogPart,
    /// Lines that say the same stand once, with their count.
    pub fold: bool,
    /// Only lines that were received in this range; the time of the view bounds it.
    pub within: Option<TimeRange>,
    /// The window begins a page before the first line that was not received before this time, wherever that is.
    pub seek: Option<Timestamp>,
}

/// What of the lines is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogPart {
    /// Rows and rates.
    #[default]
    Table,
    /// What happened near to the line with this number.
    Near(u64),
    /// The patterns of the lines that match, in [`LogRequest::within`] or else the span of the view; the window is of patterns.
    Patterns,
}
