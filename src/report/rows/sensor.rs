//! Rows of `sensors`.

use super::at;
use crate::report::millionths;
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::state::view::rows as view;
use schemars::JsonSchema;
use serde::Serialize;

/// One sensor of one device.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct SensorRow {
    pub device: String,
    pub device_name: String,
    /// temperature, humidity, voltage, current, power, fanspeed, … (contract §3)
    pub class: String,
    pub name: String,
    /// What it is about, where that is told: input, output, battery, outlet, trunk, phones-registered, calls-active, …
    pub subject: Option<String>,
    /// The interface that it is about
    pub if_index: Option<u32>,
    pub port: Option<String>,
    pub value: Option<f64>,
    pub unit: Option<String>,
    /// ok, warning, critical, unknown, off
    pub status: &'static str,
    pub status_since: Option<String>,
    pub low_critical: Option<f64>,
    pub low_warning: Option<f64>,
    pub high_warning: Option<f64>,
    pub high_critical: Option<f64>,
    pub sampled_at: Option<String>,
    /// Whether the value is older than three readings.
    pub stale: bool,
}

impl From<&view::GaugeRow> for SensorRow {
    fn from(row: &view::GaugeRow) -> Self {
        Self {
            device: row.device.to_string(),
            device_name: row.device_name.clone(),
            class: row.class.clone(),
            name: row.name.clone(),
            subject: row.subject.clone(),
            if_index: row.if_index.map(|index| index.0),
            port: row.port.clone(),
            value: row.value.map(millionths),
            unit: row.unit.clone(),
            status: row.status.word(),
            status_since: at(row.status_since),
            low_critical: row.limits.low_critical.map(millionths),
            low_warning: row.limits.low_warning.map(millionths),
            high_warning: row.limits.high_warning.map(millionths),
            high_critical: row.limits.high_critical.map(millionths),
            sampled_at: at(row.sampled_at),
            stale: row.stale,
        }
    }
}

impl Row for SensorRow {
    const COLUMNS: &'static [Column] = &[
        field("device"),
        column("deviceName", "DEVICE", Show::Text),
        column("class", "CLASS", Show::Text),
        column("name", "NAME", Show::Text),
        field("subject"),
        field("ifIndex"),
        field("port"),
        column("value", "VALUE", Show::Number),
        column("unit", "UNIT", Show::Text),
        column("status", "STATUS", Show::Text),
        field("statusSince"),
        field("lowCritical"),
        field("lowWarning"),
        field("highWarning"),
        field("highCritical"),
        field("sampledAt"),
        field("stale"),
    ];
}
