//! Rows of `devices`.

use super::at;
use crate::model;
use crate::model::Metric;
use crate::report::equipment::Snmp;
use crate::report::switching::Bridge;
use crate::report::tabular::{Column, Row, Show, column, field};
use crate::report::thousandths;
use crate::state::view::rows as view;
use schemars::JsonSchema;
use serde::Serialize;

/// One device.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct DeviceRow {
    pub id: String,
    pub device: String,
    pub device_name: String,
    /// up, down, unreachable, unknown, maintenance
    pub status: &'static str,
    pub status_since: Option<String>,
    pub role: &'static str,
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub os: Option<String>,
    pub os_version: Option<String>,
    pub serial: Option<String>,
    pub sys_descr: Option<String>,
    pub sys_object_id: Option<String>,
    pub sys_location: Option<String>,
    pub sys_contact: Option<String>,
    pub addresses: Vec<String>,
    pub snmp: Option<Snmp>,
    pub uptime_seconds: Option<u64>,
    /// How many interfaces it has.
    pub interfaces: usize,
    pub interfaces_up: usize,
    pub rtt_ms: Option<f64>,
    pub loss_percent: Option<f64>,
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    pub temperature_celsius: Option<f64>,
    /// Null where it is no bridge, or does not tell.
    pub bridge: Option<Bridge>,
    /// How many parts it tells of (ENTITY-MIB).
    pub parts: usize,
    /// Sum of the rates of its links, bit/s.
    pub traffic_bps: Option<f64>,
    /// 95th percentile and largest over the range of `--from` and `--to`; the figures above are its means then.
    pub p95_rtt_ms: Option<f64>,
    pub max_rtt_ms: Option<f64>,
    pub max_loss_percent: Option<f64>,
    pub p95_cpu_percent: Option<f64>,
    pub max_cpu_percent: Option<f64>,
    pub p95_memory_percent: Option<f64>,
    pub max_memory_percent: Option<f64>,
    pub max_temperature_celsius: Option<f64>,
    /// Active alarms.
    pub alarms: usize,
    pub worst_alarm: Option<&'static str>,
    pub last_polled_at: Option<String>,
    /// Whether the figures are older than three polls.
    pub stale: bool,
}

impl From<&view::DeviceRow> for DeviceRow {
    fn from(row: &view::DeviceRow) -> Self {
        let over = |metric: Metric, pick: fn(&view::Extremes) -> f64| {
            row.over.iter().find(|(known, _)| *known == metric).map(|(_, extremes)| thousandths(pick(extremes)))
        };
        let p95 = |metric| over(metric, |extremes| extremes.p95);
        let max = |metric| over(metric, |extremes| extremes.max);
        Self {
            id: row.id.to_string(),
            device: row.id.to_string(),
            device_name: row.name.clone(),
            status: row.status.word(),
            status_since: at(row.status_since),
            role: row.role.word(),
            vendor: row.vendor.clone(),
            model: row.model.clone(),
            os: row.os.clone(),
            os_version: row.os_version.clone(),
            serial: row.serial.clone(),
            sys_descr: row.sys_descr.clone(),
            sys_object_id: row.sys_object_id.clone(),
            sys_location: row.sys_location.clone(),
            sys_contact: row.sys_contact.clone(),
            addresses: row.addresses.iter().map(ToString::to_string).collect(),
            snmp: row.snmp.as_ref().map(Snmp::new),
            uptime_seconds: row.uptime_seconds,
            interfaces: row.interfaces,
            interfaces_up: row.interfaces_up,
            rtt_ms: row.rtt_ms.map(thousandths),
            loss_percent: row.loss_percent.map(thousandths),
            cpu_percent: row.cpu_percent.map(thousandths),
            memory_percent: row.memory_percent.map(thousandths),
            temperature_celsius: row.temperature_celsius.map(thousandths),
            bridge: row.bridge.as_deref().map(|row| Bridge::new(&row.bridge, row.root_port.clone())),
            parts: row.parts,
            traffic_bps: row.traffic_bps.map(thousandths),
            p95_rtt_ms: p95(Metric::RttMs),
            max_rtt_ms: max(Metric::RttMs),
            max_loss_percent: max(Metric::LossPercent),
            p95_cpu_percent: p95(Metric::CpuPercent),
            max_cpu_percent: max(Metric::CpuPercent),
            p95_memory_percent: p95(Metric::MemoryPercent),
            max_memory_percent: max(Metric::MemoryPercent),
            max_temperature_celsius: max(Metric::TemperatureCelsius),
            alarms: row.alarms,
            worst_alarm: row.worst_alarm.map(model::Severity::word),
            last_polled_at: at(row.last_polled_at),
            stale: row.stale,
        }
    }
}

impl Row for DeviceRow {
    const COLUMNS: &'static [Column] = &[
        field("id"),
        field("device"),
        column("deviceName", "DEVICE", Show::Text),
        column("status", "STATUS", Show::Text),
        field("statusSince"),
        column("role", "ROLE", Show::Text),
        column("vendor", "VENDOR", Show::Text),
        column("model", "MODEL", Show::Text),
        field("os"),
        column("osVersion", "VERSION", Show::Text),
        field("serial"),
        field("sysDescr"),
        field("sysObjectId"),
        column("sysLocation", "SITE", Show::Text),
        field("sysContact"),
        field("addresses"),
        column("snmp.address", "ADDRESS", Show::Text),
        field("snmp.version"),
        field("snmp.credential"),
        field("snmp.partial"),
        column("uptimeSeconds", "UPTIME", Show::Age),
        column("interfaces", "PORTS", Show::Number),
        column("interfacesUp", "UP", Show::Number),
        column("rttMs", "RTT MS", Show::Number),
        column("lossPercent", "LOSS", Show::Percent),
        column("cpuPercent", "CPU", Show::Percent),
        column("memoryPercent", "MEM", Show::Percent),
        field("temperatureCelsius"),
        field("bridge"),
        field("parts"),
        column("trafficBps", "TRAFFIC", Show::Figure),
        field("p95RttMs"),
        field("maxRttMs"),
        field("maxLossPercent"),
        field("p95CpuPercent"),
        field("maxCpuPercent"),
        field("p95MemoryPercent"),
        field("maxMemoryPercent"),
        field("maxTemperatureCelsius"),
        column("alarms", "ALARMS", Show::Number),
        field("worstAlarm"),
        field("lastPolledAt"),
        field("stale"),
    ];
}
