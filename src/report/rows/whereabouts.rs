//! Rows of `where`.

use super::at;
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::report::thousandths;
use crate::state::whereabouts as found;
use schemars::JsonSchema;
use serde::Serialize;

/// One place of an address or of something that is called so.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct WhereRow {
    pub mac: Option<String>,
    pub addresses: Vec<String>,
    /// The device that it hangs on.
    pub device: Option<String>,
    pub device_name: Option<String>,
    pub if_index: Option<u32>,
    pub port: Option<String>,
    pub vlan: Option<u16>,
    pub first_seen: Option<String>,
    pub last_seen: Option<String>,
    /// What is there: endpoint, neighbour (without an inventory), device (its own port), link (a device, at the far end of its link)
    pub kind: &'static str,
    /// Of a device or neighbour.
    pub name: Option<String>,
    /// 0 to 1
    pub confidence: Option<f64>,
}

impl From<&found::WhereRow> for WhereRow {
    fn from(row: &found::WhereRow) -> Self {
        Self {
            mac: row.mac.map(|mac| mac.to_string()),
            addresses: row.addresses.iter().map(ToString::to_string).collect(),
            device: row.device.as_ref().map(ToString::to_string),
            device_name: row.device_name.clone(),
            if_index: row.if_index.map(|index| index.0),
            port: row.port.clone(),
            vlan: row.vlan,
            first_seen: at(row.first_seen),
            last_seen: at(row.last_seen),
            kind: row.kind.word(),
            name: row.name.clone(),
            confidence: row.confidence.map(|confidence| thousandths(f64::from(confidence))),
        }
    }
}

impl Row for WhereRow {
    const COLUMNS: &'static [Column] = &[
        column("mac", "MAC", Show::Text),
        column("addresses", "ADDRESSES", Show::Text),
        field("device"),
        column("deviceName", "DEVICE", Show::Text),
        field("ifIndex"),
        column("port", "PORT", Show::Text),
        column("vlan", "VLAN", Show::Number),
        column("firstSeen", "FIRST SEEN", Show::Text),
        column("lastSeen", "LAST SEEN", Show::Text),
        column("kind", "KIND", Show::Text),
        column("name", "NAME", Show::Text),
        column("confidence", "CONF", Show::Fraction),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeviceId, IfIndex, MacAddr, Timestamp};
    use crate::report::Format;
    use crate::report::tabular::tests::{check_columns, written};

    #[test]
    fn where_has_the_fields_of_the_contract_in_every_format() {
        let row = WhereRow::from(&found::WhereRow {
            kind: found::Kind::Endpoint,
            mac: Some(MacAddr([0, 0x1b, 0x54, 1, 2, 3])),
            addresses: vec!["10.0.9.4".parse().unwrap()],
            name: None,
            device: Some(DeviceId::new("chassis:1")),
            device_name: Some("acc\u{1b}[2J".to_owned()),
            if_index: Some(IfIndex(7)),
            port: Some("Gi7".to_owned()),
            vlan: Some(10),
            confidence: Some(0.95),
            first_seen: Some(Timestamp::from_secs(1_795_348_800)),
            last_seen: Some(Timestamp::from_secs(1_795_348_860)),
        });
        check_columns(&row);
        insta::assert_snapshot!(written(Format::Table, vec![row.clone()]));
        insta::assert_snapshot!(written(Format::Csv, vec![row.clone()]).replace('\r', ""));
        insta::assert_snapshot!(written(Format::Ndjson, vec![row]));
    }
}
