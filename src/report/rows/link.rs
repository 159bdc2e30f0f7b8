//! Rows of `links`.

use super::at;
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::report::{millionths, thousandths};
use crate::state::view::rows as view;
use schemars::JsonSchema;
use serde::Serialize;

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct LinkEnd {
    pub device: String,
    pub device_name: String,
    pub if_index: Option<u32>,
    pub port: Option<String>,
}

/// One link.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct LinkRow {
    pub a: LinkEnd,
    pub b: LinkEnd,
    /// lldp, cdp, fdp, edp, fdb, arp, stp, lacp, ospf, bgp, isis, manual
    pub evidence: Vec<&'static str>,
    /// both, one
    pub confirmed_by: &'static str,
    /// 0 to 1
    pub confidence: f64,
    pub aggregate: Option<String>,
    pub stp_blocked: Option<bool>,
    pub speed_bps: Option<u64>,
    /// Whether both ends are up.
    pub up: Option<bool>,
    /// From a to b.
    pub forward_bps: Option<f64>,
    /// From b to a.
    pub backward_bps: Option<f64>,
    /// The larger direction's fraction of 1.
    pub utilisation: Option<f64>,
    pub errors_per_second: Option<f64>,
    pub first_seen: Option<String>,
    /// When something last spoke for it.
    pub last_seen: Option<String>,
}

impl From<&view::LinkRow> for LinkRow {
    fn from(row: &view::LinkRow) -> Self {
        Self {
            a: LinkEnd {
                device: row.a_device.to_string(),
                device_name: row.a_name.clone(),
                if_index: row.a_if_index.map(|index| index.0),
                port: row.a_port.clone(),
            },
            b: LinkEnd {
                device: row.b_device.to_string(),
                device_name: row.b_name.clone(),
                if_index: row.b_if_index.map(|index| index.0),
                port: row.b_port.clone(),
            },
            evidence: row.evidence.iter().map(|evidence| evidence.word()).collect(),
            confirmed_by: crate::report::topology::confirmed(row.confirmed_by),
            confidence: thousandths(f64::from(row.confidence)),
            aggregate: row.aggregate.clone(),
            stp_blocked: row.stp_blocked,
            speed_bps: row.speed_bps,
            up: row.up,
            forward_bps: row.forward_bps.map(thousandths),
            backward_bps: row.backward_bps.map(thousandths),
            utilisation: row.utilisation.map(millionths),
            errors_per_second: row.errors_per_second.map(millionths),
            first_seen: at(row.first_seen),
            last_seen: at(row.last_seen),
        }
    }
}

impl Row for LinkRow {
    const COLUMNS: &'static [Column] = &[
        field("a.device"),
        column("a.deviceName", "A", Show::Text),
        field("a.ifIndex"),
        column("a.port", "PORT", Show::Text),
        field("b.device"),
        column("b.deviceName", "B", Show::Text),
        field("b.ifIndex"),
        column("b.port", "PORT", Show::Text),
        column("evidence", "EVIDENCE", Show::Text),
        column("confirmedBy", "ENDS", Show::Text),
        field("confidence"),
        column("aggregate", "AGGREGATE", Show::Text),
        field("stpBlocked"),
        column("speedBps", "SPEED", Show::Speed),
        column("up", "UP", Show::Text),
        column("forwardBps", "A>B", Show::Figure),
        column("backwardBps", "B>A", Show::Figure),
        column("utilisation", "UTIL", Show::Fraction),
        column("errorsPerSecond", "ERR/S", Show::Figure),
        field("firstSeen"),
        field("lastSeen"),
    ];
}
