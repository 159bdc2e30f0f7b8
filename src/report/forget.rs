//! Devices that were forgotten, or would be, as `forget` prints them.

use super::tabular::{Column, Row, Show, column};
use crate::model::{Forgotten, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// One device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names say it")]
pub struct ForgottenRow {
    pub id: String,
    pub name: String,
    pub address: Option<String>,
    /// up, down, unreachable, unknown
    pub status: &'static str,
    pub since: Option<String>,
}

impl From<&Forgotten> for ForgottenRow {
    fn from(device: &Forgotten) -> Self {
        Self {
            id: device.id.as_str().to_owned(),
            name: device.name.clone(),
            address: device.address.map(|address| address.to_string()),
            status: device.status.word(),
            since: device.since.map(Timestamp::rfc3339),
        }
    }
}

impl Row for ForgottenRow {
    const COLUMNS: &'static [Column] = &[
        column("name", "NAME", Show::Text),
        column("address", "ADDRESS", Show::Text),
        column("status", "STATUS", Show::Text),
        column("since", "SINCE", Show::Text),
        column("id", "ID", Show::Text),
    ];
}
