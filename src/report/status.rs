//! The engine's counters as `status` prints them, and the store's as `store stats` does (contract §5).

use super::receiver::ReceiverStatus;
use super::tabular::{Column, Row, Show, column};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The engine.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Status {
    pub pid: u32,
    pub version: String,
    /// RFC 3339
    pub started_at: String,
    pub collectors: Vec<Collector>,
    pub store: Store,
    /// Those who are told about alarms.
    pub receivers: Vec<ReceiverStatus>,
    /// Functions that are off.
    pub disabled: Vec<Disabled>,
    /// What does not work at present and what to do about it, as on the screen.
    pub notices: Vec<String>,
    pub rights: Rights,
    /// Bounds on what comes from outside.
    pub limits: Vec<Limit>,
}

/// A bound on what comes from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limit {
    /// Its name, as in docs/LIMITS.md.
    pub name: String,
    /// So many are held at most.
    pub most: u64,
    /// So many are held now; null where it is a bound on each of many, or not told.
    pub held: Option<u64>,
    /// refuses, forgets, sums, shortens: what is new finds no room, takes the place of what is old, is told in a sum, or is left out of a list.
    pub when_full: String,
    /// So many were left out, forgotten or summed up since the engine started.
    pub left_out: u64,
    /// When it was first reached (RFC 3339).
    pub since: Option<String>,
    /// When it was last reached (RFC 3339).
    pub last: Option<String>,
}

/// A function that is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Disabled {
    /// ping, neighbours, capture, traps, syslog, flows, metrics
    pub function: String,
    /// Why.
    pub why: String,
    /// All of it in one sentence.
    pub text: String,
    /// Commands of which any one turns it on.
    pub grants: Vec<String>,
}

/// What the engine's process may do; of all its threads together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rights {
    /// Effective user id.
    pub uid: u32,
    /// By their names in capabilities(7).
    pub capabilities: Vec<String>,
    /// Threads.
    pub threads: u32,
    /// Of those, that have any capability.
    pub privileged_threads: u32,
    /// Whether programs that it runs can get more (no_new_privs).
    pub no_new_privs: bool,
    /// Whether a fault would leave a core dump.
    pub dumps_core: Option<bool>,
}

/// What got lost, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Dropped {
    pub kernel: u64,
    pub queue: u64,
}

/// One collector.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Collector {
    /// snmp, icmp, flow, capture, lldp, trap, syslog, host
    pub name: String,
    /// Datagrams, frames or replies.
    pub received: u64,
    /// Records.
    pub decoded: u64,
    /// By reason.
    pub refused: BTreeMap<String, u64>,
    pub dropped: Dropped,
    pub retried: u64,
    /// Times that it failed or hung and was started again.
    pub restarts: u64,
    pub lag_seconds: Option<f64>,
    /// Of the collector that polls; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polling: Option<Polling>,
    /// Of the collector of flows: exporters, the busiest first; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flows: Option<Vec<FlowExporter>>,
    /// Of the collector of syslog; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    /// Of the collector of traps; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traps: Option<Traps>,
}

/// What was done to log lines before they were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lines {
    /// Longer than is kept.
    pub cut: u64,
    /// With a secret that was masked.
    pub masked: u64,
    /// Of senders whose clock is wrong.
    pub misdated: u64,
    /// Connections over TCP and TLS that there are now.
    pub connections: u64,
}

/// What traps and informs came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Traps {
    /// snmpEngineID of this host, to which informs of version 3 are sent, as lower-case hex
    pub engine_id: String,
    /// Informs that were acknowledged.
    pub acknowledged: u64,
    /// Of those, sent again although they were.
    pub repeated: u64,
    /// Questions for the engine id or time of this host.
    pub discoveries: u64,
    /// Traps that say what was told a moment ago: log lines, and a number among the events.
    pub folded: u64,
}

/// How an exporter of flows does.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct FlowExporter {
    pub exporter: String,
    pub version: String,
    pub observation_domain_id: u32,
    pub flows_per_second: f64,
    pub flow_records: u64,
    /// null where it can't be told
    pub lost: Option<u64>,
    pub restarts: u64,
    pub templates: u64,
    /// Data sets that wait for their template.
    pub waiting: u64,
    /// null where it is not known
    pub sampling_interval: Option<u32>,
    /// RFC 3339; null of one that is remembered from an earlier process
    pub last_heard: Option<String>,
}

/// How polling goes, since the engine started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Polling {
    /// Devices that are polled.
    pub devices: u64,
    /// Polls begun.
    pub polls: u64,
    /// Polls answered.
    pub answered: u64,
    /// Of those, in part.
    pub partial: u64,
    /// Polls and probes that were not answered.
    pub missed: u64,
    /// Polls left out because the one before still ran or no place was free.
    pub skipped: u64,
    /// Silent devices that are only probed now.
    pub backed_off: u64,
    /// Probes of silent devices.
    pub probes: u64,
    /// Rows that had another name than the inventory says, and were not taken.
    pub renamed: u64,
    /// Devices that somebody looks at now.
    pub looked_at: u64,
    /// Polls of what somebody looks at.
    pub bursts: u64,
    /// Polls at once, of what a trap or an alarm is about.
    pub at_once: u64,
}

impl Row for Collector {
    const COLUMNS: &'static [Column] = &[
        column("name", "COLLECTOR", Show::Text),
        column("received", "RECEIVED", Show::Number),
        column("decoded", "DECODED", Show::Number),
        column("refused", "REFUSED", Show::Text),
        column("dropped.kernel", "DROPPED KERNEL", Show::Number),
        column("dropped.queue", "DROPPED QUEUE", Show::Number),
        column("retried", "RETRIED", Show::Number),
        column("restarts", "RESTARTS", Show::Number),
        column("lagSeconds", "LAG S", Show::Number),
    ];
}

/// The store.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Store {
    pub bytes: u64,
    pub series: u64,
    pub samples: u64,
    pub bytes_per_sample: Option<f64>,
    pub events: u64,
    pub flows: u64,
    pub logs: u64,
    pub log_bytes: u64,
    pub bytes_per_line: Option<f64>,
    pub periods: Vec<Period>,
    pub journal: Journal,
    /// What could not be written (full disk) since the store was opened.
    pub lost: u64,
    /// Files that were set aside as damaged.
    pub set_aside: Vec<String>,
}

/// One period's database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Period {
    pub name: String,
    pub bytes: u64,
    pub samples: u64,
}

/// The journal and its checkpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Journal {
    pub bytes: u64,
    pub checkpoints: u64,
}
