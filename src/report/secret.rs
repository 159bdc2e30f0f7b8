//! Secrets of the encrypted file, as `secrets list` prints them: their names, and nothing of what they are.

use super::tabular::{Column, Row, Show, column};
use schemars::JsonSchema;
use serde::Serialize;

/// A secret's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct SecretRow {
    pub name: String,
    /// Whether the configuration refers to it
    pub used: bool,
}

impl Row for SecretRow {
    const COLUMNS: &'static [Column] = &[column("name", "NAME", Show::Text), column("used", "USED", Show::Text)];
}
