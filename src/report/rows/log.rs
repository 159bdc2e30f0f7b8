//! Rows of `logs`.

use super::at;
use crate::model::LogSeverity;
use crate::model::log::LogPattern;
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::state::view::logs as view;
use schemars::JsonSchema;
use serde::Serialize;

/// One log line, or several that say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct LogRow {
    /// The time that the line says of itself; null where it says none.
    pub at: Option<String>,
    pub received_at: String,
    pub device: Option<String>,
    pub device_name: Option<String>,
    /// emerg, alert, crit, err, warning, notice, info, debug
    pub severity: Option<&'static str>,
    pub facility: Option<&'static str>,
    pub app: Option<String>,
    pub text: String,
    /// syslog, trap
    pub kind: &'static str,
    /// As the line says it.
    pub host: Option<String>,
    /// Who sent the datagram.
    pub source: String,
    pub if_name: Option<String>,
    pub message_id: Option<String>,
    /// snmpTrapOID
    pub trap: Option<String>,
    /// How many lines say the same.
    pub count: u32,
}

impl From<&view::LogRow> for LogRow {
    fn from(row: &view::LogRow) -> Self {
        let line = &row.line;
        let device = line.device.as_ref();
        Self {
            at: at(line.own.map(|own| own.at)),
            received_at: line.received.rfc3339(),
            device: device.map(|device| device.id.to_string()),
            device_name: device.map(|device| device.name.to_string()),
            severity: line.severity.map(LogSeverity::word),
            facility: line.facility.map(crate::model::Facility::word),
            app: line.app.clone(),
            text: line.text.clone(),
            kind: line.kind.word(),
            host: line.host.clone(),
            source: line.source.to_string(),
            if_name: device.and_then(|device| device.port.clone()),
            message_id: line.message_id.clone(),
            trap: line.trap.as_ref().and_then(|trap| trap.oid.as_ref()).map(ToString::to_string),
            count: row.count,
        }
    }
}

impl Row for LogRow {
    const COLUMNS: &'static [Column] = &[
        field("at"),
        column("receivedAt", "RECEIVED", Show::Text),
        field("device"),
        column("deviceName", "DEVICE", Show::Text),
        column("severity", "SEVERITY", Show::Text),
        field("facility"),
        column("app", "APP", Show::Text),
        column("text", "TEXT", Show::Text),
        field("kind"),
        field("host"),
        field("source"),
        field("ifName"),
        field("messageId"),
        field("trap"),
        field("count"),
    ];
}

/// What lines say, with `*` for what differs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct LogPatternRow {
    pub pattern: String,
    /// Lines in the range.
    pub count: u64,
    /// Lines in the range of the same length before.
    pub before: u64,
    /// How many times as many as before.
    pub rise: f64,
    /// Whether it was never there before.
    pub new: bool,
    /// How many devices say it.
    pub devices: u32,
    /// The worst of its lines: emerg, alert, crit, err, warning, notice, info, debug
    pub severity: Option<&'static str>,
    pub first_at: String,
    pub last_at: String,
}

impl From<&LogPattern> for LogPatternRow {
    fn from(of: &LogPattern) -> Self {
        Self {
            pattern: of.pattern.clone(),
            count: of.count,
            before: of.before,
            rise: (of.rise() * 1000.0).round() / 1000.0,
            new: of.new,
            devices: of.devices,
            severity: of.severity.map(LogSeverity::word),
            first_at: of.first.rfc3339(),
            last_at: of.last.rfc3339(),
        }
    }
}

impl Row for LogPatternRow {
    const COLUMNS: &'static [Column] = &[
        column("pattern", "PATTERN", Show::Text),
        column("count", "COUNT", Show::Number),
        column("before", "BEFORE", Show::Number),
        column("rise", "RISE", Show::Number),
        column("new", "NEW", Show::Text),
        column("devices", "DEVICES", Show::Number),
        column("severity", "SEVERITY", Show::Text),
        field("firstAt"),
        column("lastAt", "LAST", Show::Text),
    ];
}
