//! Rows of `alarms rules`.

use crate::report::tabular::{Column, Row, Show, column, field};
use schemars::JsonSchema;
use serde::Serialize;

/// One rule that raises alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are those of [[alarm]]")]
pub struct RuleRow {
    pub name: String,
    pub on: String,
    /// shipped, configured
    pub origin: String,
    /// The severities that it may have, the worst first.
    pub severity: String,
    pub when: String,
    pub clear: Option<String>,
    /// How long an object has to be ill.
    #[serde(rename = "for")]
    pub lasts: Option<String>,
    pub text: String,
    pub runbook: Option<String>,
}

impl Row for RuleRow {
    const COLUMNS: &'static [Column] = &[
        column("name", "RULE", Show::Text),
        column("on", "ON", Show::Text),
        column("origin", "FROM", Show::Text),
        column("severity", "SEVERITY", Show::Text),
        column("for", "FOR", Show::Text),
        column("when", "WHEN", Show::Text),
        field("clear"),
        field("text"),
        field("runbook"),
    ];
}
