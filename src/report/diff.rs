//! What changed between two times, as `diff` prints it (contract §5).

use super::tabular::{Column, Row, Show, column};
use schemars::JsonSchema;
use serde::Serialize;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct DiffRow {
    /// added, removed, changed
    pub change: String,
    /// `device core-1`, `link core-1 Te1/1 - dist-1 49`, `interface core-1 Te1/1`
    pub object: String,
    /// Null when added.
    pub before: Option<String>,
    /// Null when removed.
    pub after: Option<String>,
    /// When it changed, where the journal says it.
    pub at: Option<String>,
}

impl Row for DiffRow {
    const COLUMNS: &'static [Column] = &[
        column("change", "CHANGE", Show::Text),
        column("object", "OBJECT", Show::Text),
        column("before", "BEFORE", Show::Text),
        column("after", "AFTER", Show::Text),
        column("at", "AT", Show::Text),
    ];
}
