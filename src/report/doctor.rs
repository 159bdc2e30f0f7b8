//! What `doctor` found, for programs; for people it is laid out by the command.

use super::tabular::{Column, Row, Show, column, field};
use schemars::JsonSchema;
use serde::Serialize;

/// All checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Doctor {
    /// `noctop.doctor/1`
    pub schema: &'static str,
    /// How many checks have each verdict.
    pub summary: Summary,
    /// In the order in which they are shown.
    pub checks: Vec<CheckRow>,
}

/// How many checks have each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the verdicts")]
pub struct Summary {
    pub ok: usize,
    pub warning: usize,
    pub unknown: usize,
    pub missing: usize,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckRow {
    /// Privileges, Network, Host, Store, Configuration, Console
    pub group: String,
    /// What was looked at.
    pub check: String,
    /// ok, warning, unknown, missing
    pub verdict: String,
    /// What was found.
    pub text: String,
    /// The function that is off by it; null but for what is missing.
    pub disables: Option<String>,
    /// What to do.
    pub steps: Vec<StepRow>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepRow {
    /// `run`: a command; `or`: one that does as well as the one before; `do`: what no command does
    pub kind: String,
    /// The command, or the sentence.
    pub text: String,
}

impl Row for CheckRow {
    const COLUMNS: &'static [Column] = &[
        column("group", "GROUP", Show::Text),
        column("check", "CHECK", Show::Text),
        column("verdict", "VERDICT", Show::Text),
        column("text", "FOUND", Show::Text),
        column("disables", "OFF", Show::Text),
        field("steps"),
    ];
}
