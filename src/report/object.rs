//! An SNMP object and its value, a row of `get` and `walk`.

use super::tabular::{Column, Row, Show, column, field};
use schemars::JsonSchema;
use serde::Serialize;

/// An object of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRow {
    /// Numeric OID of the instance.
    pub oid: String,
    /// The name as far as it is known, with the index: `ifDescr.3`; else the number.
    pub name: String,
    /// integer, octets, oid, null, ipAddress, counter32, gauge32, timeTicks, opaque, counter64, noSuchObject, noSuchInstance,
    /// endOfMibView, unreadable
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Numbers as numbers; octets that are text as text, others as pairs of hexadecimal digits; null where there is none.
    pub value: serde_json::Value,
    /// The value as people read it: `up(1)`, `3d4h`, `00:1b:54:aa:bb:cc`.
    pub text: String,
}

impl Row for ObjectRow {
    const COLUMNS: &'static [Column] = &[
        field("oid"),
        column("name", "NAME", Show::Text),
        column("type", "TYPE", Show::Text),
        field("value"),
        column("text", "VALUE", Show::Text),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tabular::tests::check_columns;

    #[test]
    fn every_field_is_a_column() {
        check_columns(&ObjectRow {
            oid: "1.3".to_owned(),
            name: "x.0".to_owned(),
            kind: "integer",
            value: 1.into(),
            text: "up(1)".to_owned(),
        });
    }
}
