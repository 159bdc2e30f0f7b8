//! Maintenance windows, as `maintenance list` prints them.

use super::tabular::{Column, Row, Show, column};
use crate::model::{Timestamp, Window};
use schemars::JsonSchema;
use serde::Serialize;

/// One window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names say it")]
pub struct MaintenanceRow {
    pub name: String,
    /// active, planned
    pub state: &'static str,
    /// `device core-1`, `site Seoul`, …
    pub scope: String,
    pub from: String,
    pub until: String,
    /// Who said so; `configuration` where it is planned there.
    pub by: String,
    pub note: Option<String>,
}

impl MaintenanceRow {
    /// A window as it is at a time.
    pub fn new(window: &Window, now: Timestamp) -> Self {
        Self {
            name: window.name.clone(),
            state: if window.holds(now) { "active" } else { "planned" },
            scope: window.scope.words(),
            from: window.from.rfc3339(),
            until: window.until.rfc3339(),
            by: window.by.clone(),
            note: window.note.clone(),
        }
    }
}

impl Row for MaintenanceRow {
    const COLUMNS: &'static [Column] = &[
        column("name", "NAME", Show::Text),
        column("state", "STATE", Show::Text),
        column("scope", "SCOPE", Show::Text),
        column("from", "FROM", Show::Text),
        column("until", "UNTIL", Show::Text),
        column("by", "BY", Show::Text),
        column("note", "NOTE", Show::Text),
    ];
}
