//! Rows of tables: the fields of contract §5 with their meaning; unknown is `None`.

use super::switch::PortFacts;
use crate::model::health::Limits;
use crate::model::{
    Acknowledgement, AdminStatus, Alarm, Bridge, Cause, Confirmed, DeviceId, DeviceStatus, Episode, Evidence, GaugeKind,
    HealthStatus, IfIndex, LinkKey, MacAddr, Metric, Notice, Oid, OperStatus, Role, Severity, Silence, SnmpAccess, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One alarm, with what operators did about it and what explains it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmRow {
    /// The alarm.
    pub alarm: Alarm,
    /// Who cares for it.
    pub acknowledged: Option<Acknowledgement>,
    /// How long it is silent, where it still is.
    pub silenced: Option<Silence>,
    /// Id of the standing alarm that explains it.
    pub root: Option<String>,
    /// How that is known.
    pub cause: Option<Box<Cause>>,
    /// For which times it stood before, the oldest first.
    pub episodes: Vec<Episode>,
    /// Who was told about it, the oldest first.
    pub notices: Vec<(Timestamp, Notice)>,
    /// How many standing alarms it explains.
    pub children: usize,
    /// Whether these are folded away.
    pub folded: bool,
    /// The maintenance that goes on at its object: its name and its end.
    pub work: Option<(String, Timestamp)>,
    /// Name of its device.
    pub device_name: Option<String>,
    /// Where its device is, as it says.
    pub site: Option<String>,
    /// The link of its interface.
    pub link: Option<Box<LinkKey>>,
    /// The head of a group, for which this, the worst of the group, stands.
    pub head: Option<Box<AlarmHead>>,
}

/// The head of a group of alarms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmHead {
    /// By what it is folded.
    pub key: String,
    /// What all of the group share; `None` where it is not known.
    pub title: Option<String>,
    /// How many there are, without what they explain.
    pub count: usize,
}

impl AlarmRow {
    /// What the cursor stays on: its id, or the group's key.
    pub fn key(&self) -> &str {
        self.head.as_ref().map_or(&self.alarm.id, |head| &head.key)
    }

    /// An alarm that nobody did anything about, that nothing explains and that explains nothing.
    pub const fn of(alarm: Alarm) -> Self {
        Self {
            alarm,
            acknowledged: None,
            silenced: None,
            root: None,
            cause: None,
            episodes: Vec::new(),
            notices: Vec::new(),
            children: 0,
            folded: false,
            work: None,
            device_name: None,
            site: None,
            link: None,
            head: None,
        }
    }
}

impl std::ops::Deref for AlarmRow {
    type Target = Alarm;

    fn deref(&self) -> &Alarm {
        &self.alarm
    }
}

/// One device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct DeviceRow {
    pub id: DeviceId,
    pub name: String,
    pub status: DeviceStatus,
    /// Since when the status holds.
    pub status_since: Option<Timestamp>,
    pub role: Role,
    pub vendor: Option<String>,
    pub model: Option<String>,
    pub os: Option<String>,
    pub os_version: Option<String>,
    pub serial: Option<String>,
    pub sys_descr: Option<String>,
    pub sys_object_id: Option<String>,
    pub sys_location: Option<String>,
    pub sys_contact: Option<String>,
    pub addresses: Vec<IpAddr>,
    pub snmp: Option<SnmpAccess>,
    pub uptime_seconds: Option<u64>,
    pub interfaces: usize,
    pub interfaces_up: usize,
    pub rtt_ms: Option<f64>,
    pub loss_percent: Option<f64>,
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    pub temperature_celsius: Option<f64>,
    /// It as a bridge, with the names of its root and of the port that leads there.
    pub bridge: Option<Box<BridgeRow>>,
    /// How many parts it tells of.
    pub parts: usize,
    /// Sum of the rates of its links, bit/s.
    pub traffic_bps: Option<f64>,
    /// Of the range that is asked about, by metric: the figures above are its means then.
    pub over: Vec<(Metric, Extremes)>,
    pub alarms: usize,
    pub worst_alarm: Option<Severity>,
    pub last_polled_at: Option<Timestamp>,
    /// Older than three polls.
    pub stale: bool,
}

/// A device as a bridge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct BridgeRow {
    pub bridge: Bridge,
    pub root_port: Option<String>,
}

/// The largest and the 95th percentile of a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Extremes {
    pub max: f64,
    pub p95: f64,
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct InterfaceRow {
    pub device: DeviceId,
    pub device_name: String,
    pub if_index: IfIndex,
    /// The name by which the port is known ([`crate::model::Interface::name`]).
    pub name: String,
    pub if_name: Option<String>,
    pub if_descr: Option<String>,
    pub if_alias: Option<String>,
    pub if_type: Option<u32>,
    pub mac: Option<MacAddr>,
    pub mtu: Option<u32>,
    pub speed_bps: Option<u64>,
    pub admin_status: Option<AdminStatus>,
    pub oper_status: Option<OperStatus>,
    /// Since when the operational state holds, as far as noctop saw it change.
    pub status_since: Option<Timestamp>,
    pub addresses: Vec<String>,
    pub pvid: Option<u16>,
    pub vlans: Vec<u16>,
    /// What it tells as a switch port.
    pub switch: PortFacts,
    /// Name of the device at the other end of its link, and that port.
    pub peer: Option<String>,
    pub peer_port: Option<String>,
    pub in_bps: Option<f64>,
    pub out_bps: Option<f64>,
    /// Fractions of 1.
    pub in_utilisation: Option<f64>,
    pub out_utilisation: Option<f64>,
    pub in_pps: Option<f64>,
    pub out_pps: Option<f64>,
    pub in_errors_per_second: Option<f64>,
    pub out_errors_per_second: Option<f64>,
    pub in_discards_per_second: Option<f64>,
    pub out_discards_per_second: Option<f64>,
    pub p95_in_bps: Option<f64>,
    pub p95_out_bps: Option<f64>,
    /// Largest of the range that is asked about; the rates are its means then.
    pub max_in_bps: Option<f64>,
    pub max_out_bps: Option<f64>,
    pub sampled_at: Option<Timestamp>,
    pub stale: bool,
    pub alarm: Option<Severity>,
    /// Max of in and out per step over the last hour, bit/s; filled by the engine for the rows of the window.
    pub spark: Vec<Option<f32>>,
}

/// One link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct LinkRow {
    pub a_device: DeviceId,
    pub a_name: String,
    pub a_if_index: Option<IfIndex>,
    pub a_port: Option<String>,
    pub b_device: DeviceId,
    pub b_name: String,
    pub b_if_index: Option<IfIndex>,
    pub b_port: Option<String>,
    pub evidence: Vec<Evidence>,
    pub confirmed_by: Confirmed,
    pub confidence: f32,
    pub aggregate: Option<String>,
    pub stp_blocked: Option<bool>,
    pub speed_bps: Option<u64>,
    /// Whether both ends are up; `None` where neither end is known.
    pub up: Option<bool>,
    /// From a to b, as a's out counter (else b's in counter) says.
    pub forward_bps: Option<f64>,
    /// From b to a.
    pub backward_bps: Option<f64>,
    /// The larger of both directions, fraction of 1.
    pub utilisation: Option<f64>,
    pub errors_per_second: Option<f64>,
    pub first_seen: Option<Timestamp>,
    /// When something last spoke for it.
    pub last_seen: Option<Timestamp>,
    /// As in [`InterfaceRow::spark`].
    pub spark: Vec<Option<f32>>,
}

/// One gauge of a device: a sensor, a processor, a memory pool, a storage, a supply, PoE.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct GaugeRow {
    pub device: DeviceId,
    pub device_name: String,
    pub kind: GaugeKind,
    /// Of a sensor its class, of a supply what it holds, else `processor`, `memory`, `storage`, `poe`.
    pub class: String,
    pub name: String,
    /// In `unit`; of memory and storage, percent used.
    pub value: Option<f64>,
    pub unit: Option<String>,
    /// Of memory and storage.
    pub used_bytes: Option<u64>,
    pub total_bytes: Option<u64>,
    pub status: HealthStatus,
    /// Since when the status holds, as far as noctop saw it change.
    pub status_since: Option<Timestamp>,
    pub limits: Limits,
    /// Of a sensor what it is about: one of `model::health::subject`.
    pub subject: Option<String>,
    /// The interface that it is about, and its name.
    pub if_index: Option<IfIndex>,
    pub port: Option<String>,
    /// The instance that says its status, whose object knows the words.
    pub state_oid: Option<Oid>,
    /// Over the last hour, or over the span of the screen where it has a subject; filled by the engine from the series store.
    pub spark: Vec<Option<f32>>,
    pub sampled_at: Option<Timestamp>,
    /// Older than three readings.
    pub stale: bool,
}

/// One thing that happened (contract `events`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct EventRow {
    pub at: Timestamp,
    /// `device-seen`, `device-status`, `interface-status`, `link-seen`, `link-gone`, `alarm-raised`, …
    pub kind: String,
    pub object: String,
    pub device: Option<DeviceId>,
    pub text: String,
    /// `snmp`, `lldp`, `alarm`, …
    pub source: String,
    pub severity: Option<Severity>,
}
