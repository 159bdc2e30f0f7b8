//! Rows of `events` and `alarms`.

use super::at;
use crate::model;
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::state::view::rows as view;
use schemars::JsonSchema;
use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct EventRow {
    pub at: String,
    pub kind: String,
    pub object: String,
    pub device: Option<String>,
    pub text: String,
    pub source: String,
    pub severity: Option<&'static str>,
}

impl From<&view::EventRow> for EventRow {
    fn from(row: &view::EventRow) -> Self {
        Self {
            at: row.at.rfc3339(),
            kind: row.kind.clone(),
            object: row.object.clone(),
            device: row.device.as_ref().map(ToString::to_string),
            text: row.text.clone(),
            source: row.source.clone(),
            severity: row.severity.map(model::Severity::word),
        }
    }
}

impl Row for EventRow {
    const COLUMNS: &'static [Column] = &[
        column("at", "AT", Show::Text),
        column("kind", "KIND", Show::Text),
        column("object", "OBJECT", Show::Text),
        field("device"),
        column("text", "TEXT", Show::Text),
        column("source", "SOURCE", Show::Text),
        field("severity"),
    ];
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct AlarmRow {
    pub id: String,
    pub rule: String,
    /// critical, major, minor, warning, indeterminate, cleared
    pub severity: &'static str,
    pub object: String,
    pub device: Option<String>,
    pub device_name: Option<String>,
    pub raised_at: String,
    pub cleared_at: Option<String>,
    pub acknowledged_by: Option<String>,
    pub note: Option<String>,
    /// Id of the alarm that explains it.
    pub root: Option<String>,
    /// How many alarms it explains.
    pub children: Option<usize>,
    pub count: u32,
    pub text: String,
}

impl AlarmRow {
    /// Of an alarm; `device_name` is that of its device, where it is known.
    pub fn new(row: &view::AlarmRow, device_name: Option<String>) -> Self {
        let (alarm, acknowledged) = (&row.alarm, row.acknowledged.as_ref());
        Self {
            id: alarm.id.clone(),
            rule: alarm.rule.clone(),
            severity: alarm.severity.word(),
            object: alarm.object.clone(),
            device: alarm.device.as_ref().map(ToString::to_string),
            device_name,
            raised_at: alarm.raised_at.rfc3339(),
            cleared_at: at(alarm.cleared_at),
            acknowledged_by: acknowledged.map(|ack| ack.by.clone()),
            note: acknowledged.and_then(|ack| ack.note.clone()),
            root: row.root.clone(),
            children: Some(row.children),
            count: alarm.count,
            text: alarm.text.clone(),
        }
    }
}

impl Row for AlarmRow {
    const COLUMNS: &'static [Column] = &[
        field("id"),
        field("rule"),
        column("severity", "SEVERITY", Show::Text),
        column("object", "OBJECT", Show::Text),
        field("device"),
        field("deviceName"),
        column("raisedAt", "RAISED", Show::Text),
        column("clearedAt", "CLEARED", Show::Text),
        field("acknowledgedBy"),
        field("note"),
        field("root"),
        field("children"),
        column("count", "COUNT", Show::Number),
        column("text", "TEXT", Show::Text),
    ];
}
