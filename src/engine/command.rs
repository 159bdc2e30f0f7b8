//! What can be asked of the engine beside views.

pub use super::audit::{AuditAnswer, AuditQuestion, AuditRequest};
use crate::model::audit::{Act, Outcome, Role};
use crate::model::bands::{Band, Summary};
use crate::model::flow::{TopAnswer, TopRequest};
use crate::model::port::{PortOrder, PortPlan, PortResult, PortSet};
use crate::model::{
    Alarm, AlarmOrder, Disabled, EntityKey, ForgetOrder, Forgotten, LimitReading, MaintenanceAct, Metric, Rights, TimeRange,
    Timestamp, Window,
};
pub use crate::state::diff::DiffRow;
use crate::state::view::screens::Name;
pub use crate::state::whereabouts::Whereabouts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

/// A command. New ones are added at the end: postcard numbers them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Discover these targets (or the configured ones, when empty) now.
    Discover(Vec<String>),
    /// Pause or go on with the running discovery.
    PauseDiscovery,
    /// End the running discovery.
    CancelDiscovery,
    /// A series out of the store.
    History(HistoryRequest),
    /// What changed between two times.
    Diff(Timestamp, Timestamp),
    /// Names that match a text, best first, for `J` and completion.
    Names(String, usize),
    /// Counters of every collector.
    Status,
    /// What the store holds.
    StoreStats,
    /// Read all that the store holds.
    StoreVerify,
    /// Where an address is, or what is called so; now or at a time.
    Where(String, Option<Timestamp>),
    /// Copy the store to a folder, and read the copy.
    StoreBackup(PathBuf),
    /// Who talked most.
    Top(TopRequest),
    /// Do something about alarms that stand.
    Alarms(AlarmOrder),
    /// Begin or end maintenance.
    Maintenance(MaintenanceAct),
    /// Go through a past with a rule.
    AlarmTest(Box<AlarmTest>),
    /// Maintenance that goes on or is planned, now or at a time.
    MaintenanceList(Option<Timestamp>),
    /// Write down what a command did by itself, beside the engine.
    Record(Box<Act>, Outcome),
    /// Ask the audit journal.
    Audit(Box<AuditQuestion>),
    /// What switching a port would do; its device is asked.
    PortPlan(Box<PortOrder>),
    /// Switch a port.
    PortSet(Box<PortSet>),
    /// Forget devices that are gone for good.
    Forget(ForgetOrder),
}

impl Command {
    /// What whoever asks must be allowed to. What only reads is for viewers; a new command is put down here on purpose.
    pub const fn needs(&self) -> Role {
        match self {
            Self::History(_)
            | Self::Diff(..)
            | Self::Names(..)
            | Self::Status
            | Self::StoreStats
            | Self::StoreVerify
            | Self::Where(..)
            | Self::Top(_)
            | Self::AlarmTest(_)
            | Self::MaintenanceList(_) => Role::Viewer,
            Self::Discover(_)
            | Self::PauseDiscovery
            | Self::CancelDiscovery
            | Self::StoreBackup(_)
            | Self::Alarms(_)
            | Self::Maintenance(_)
            | Self::Record(..)
            | Self::Audit(_)
            | Self::PortPlan(_)
            | Self::PortSet(_)
            | Self::Forget(_) => Role::Operator,
        }
    }

    /// What it is called in the audit journal where it is refused.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Record(..) => "record",
            Self::Audit(_) => "audit",
            Self::Discover(_) | Self::PauseDiscovery | Self::CancelDiscovery => "discovery",
            Self::StoreBackup(_) => "store backup",
            Self::Alarms(_) => "alarms",
            Self::Maintenance(_) => "maintenance",
            Self::PortPlan(_) | Self::PortSet(_) => "port",
            Self::Forget(_) => "forget",
            Self::History(_)
            | Self::Diff(..)
            | Self::Names(..)
            | Self::Status
            | Self::StoreStats
            | Self::StoreVerify
            | Self::Where(..)
            | Self::Top(_)
            | Self::AlarmTest(_)
            | Self::MaintenanceList(_) => "question",
        }
    }

    /// Whether it may take longer than a question does: it reads or copies all that there is, or waits for a port.
    pub const fn is_long(&self) -> bool {
        matches!(self, Self::StoreVerify | Self::StoreBackup(_) | Self::AlarmTest(_) | Self::Audit(_) | Self::PortSet(_))
    }
}

/// A rule and the time that it is tried on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmTest {
    /// Which rule.
    pub rule: RuleSource,
    /// When.
    pub range: TimeRange,
}

/// A rule that is to be tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RuleSource {
    /// By its name: shipped, or of the engine's configuration.
    Name(String),
    /// The text of a file with `[[alarm]]`, and what the file is called.
    Text(String, String),
}

/// What a rule would have raised.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlarmTested {
    /// Alarms with their devices' names, by the time at which they were raised; without an end those that stand at the end of the range.
    pub alarms: Vec<(Alarm, Option<String>)>,
    /// What could not be looked at, in sentences.
    pub gaps: Vec<String>,
}

/// A series and how it is wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryRequest {
    /// Whose. The device part may be a name where it is unique; the part of a series under a name of its own is made by
    /// [`crate::model::series::named_part`].
    pub entity: EntityKey,
    /// Which; any of [`Metric::NAMED`] stands for all of them.
    pub metric: Metric,
    /// When.
    pub range: TimeRange,
    /// Width of a point, seconds; `None` is as wide as the range asks for: a sample, a minute, an hour.
    pub step_secs: Option<u32>,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// It is being done.
    Accepted,
    /// To `History`.
    History(History),
    /// To `Diff`.
    Diff(Vec<DiffRow>),
    /// To `Names`.
    Names(Vec<Name>),
    /// To `Status`.
    Status(Box<Status>),
    /// To `StoreStats`.
    StoreStats(Box<StoreSummary>),
    /// To `StoreVerify` and `StoreBackup`.
    StoreVerified(Verified),
    /// To `Where`.
    Where(Box<Whereabouts>),
    /// To `Top`.
    Top(Box<TopAnswer>),
    /// To `AlarmTest`.
    AlarmTested(Box<AlarmTested>),
    /// To `MaintenanceList`.
    Maintenance(Vec<Window>),
    /// To `Audit`.
    Audit(Box<AuditAnswer>),
    /// To `PortPlan`.
    PortPlan(Box<PortPlan>),
    /// To `PortSet`.
    PortDone(Box<PortResult>),
    /// To `Forget`: whom, by name.
    Forgotten(Vec<Forgotten>),
}

/// A series as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// `DEVICE/INTERFACE/METRIC`, percent-encoded, the device by id.
    pub series: String,
    /// Which.
    pub metric: Metric,
    /// `sample`, `1m` or `1h`
    pub resolution: String,
    /// Its points.
    pub points: Vec<Band>,
    /// The range in a few figures.
    pub summary: Summary,
    /// Stretches without a value.
    pub gaps: Vec<Gap>,
}

/// A stretch of a series without a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The last point before it that has one; its own first point where there is none.
    pub from: Timestamp,
    /// Its last point.
    pub to: Timestamp,
    /// Why, as far as the journal says: a restart, silence.
    pub reason: Option<String>,
}

/// Counters of one collector (contract §5 `status`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct CollectorStatus {
    pub name: String,
    pub received: u64,
    pub decoded: u64,
    pub refused: BTreeMap<String, u64>,
    pub dropped_kernel: u64,
    pub dropped_queue: u64,
    pub retried: u64,
    /// Times that it failed or hung and was started again.
    pub restarts: u64,
    pub lag_seconds: Option<f64>,
    /// Of the collector that polls.
    pub polling: Option<PollingStatus>,
    /// Of the collector of flows: exporters, the busiest first.
    pub flows: Option<Vec<FlowExporter>>,
    /// Of the collector of syslog.
    pub lines: Option<LineCounts>,
    /// Of the collector of traps.
    pub traps: Option<TrapCounts>,
}

/// What traps and informs came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrapCounts {
    /// snmpEngineID of this host, to which informs of version 3 are sent, as lower-case hex.
    pub engine_id: String,
    /// Informs that were acknowledged.
    pub acknowledged: u64,
    /// Of those, sent again although they were.
    pub repeated: u64,
    /// Questions for the engine id or time of this host.
    pub discoveries: u64,
    /// Traps that are told by number only.
    pub folded: u64,
}

/// What was done to lines before they were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCounts {
    /// Longer than is kept.
    pub cut: u64,
    /// With a secret that was masked.
    pub masked: u64,
    /// Of senders whose clock is wrong.
    pub misdated: u64,
    /// Connections over TCP and TLS that there are now.
    pub connections: u64,
}

/// How an exporter of flows does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct FlowExporter {
    pub exporter: IpAddr,
    pub version: String,
    pub observation_domain_id: u32,
    pub flows_per_second: f64,
    pub flow_records: u64,
    /// Units that its sequence numbers say were lost; `None` where that can't be told.
    pub lost: Option<u64>,
    pub restarts: u64,
    pub templates: u64,
    /// Data sets that wait for their template.
    pub waiting: u64,
    pub sampling_interval: Option<u32>,
    /// When it last sent flows; `None` of one that is remembered from an earlier process.
    pub heard: Option<Timestamp>,
}

/// How polling goes, since the engine started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollingStatus {
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
    /// Rows that had another name than the inventory says.
    pub renamed: u64,
    /// Devices that somebody looks at now.
    pub looked_at: u64,
    /// Polls of what somebody looks at.
    pub bursts: u64,
    /// Polls at once, of what a trap or an alarm is about.
    pub at_once: u64,
}

/// The engine's counters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct Status {
    pub pid: u32,
    pub version: String,
    pub started_at: Timestamp,
    pub collectors: Vec<CollectorStatus>,
    pub store: StoreSummary,
    /// Those who are told about alarms, in the order of the configuration.
    pub receivers: Vec<ReceiverStatus>,
    /// Functions that are off, and what turns them on.
    pub disabled: Vec<Disabled>,
    /// What does not work at present and what to do about it, a sentence each.
    pub notices: Vec<String>,
    /// What the engine's process may do.
    pub rights: Rights,
    /// Bounds on what comes from outside, and what found no room.
    pub limits: Vec<LimitReading>,
}

/// How one receiver does, since the engine started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiverStatus {
    /// Its name.
    pub name: String,
    /// `command`, `webhook`, `mail`
    pub kind: String,
    /// Letters that it took.
    pub sent: u64,
    /// Letters that it did not take.
    pub failed: u64,
    /// Tellings that were given up.
    pub given_up: u64,
    /// Tellings of which it is not known whether they arrived: the process ended meanwhile.
    pub uncertain: u64,
    /// What waits to be told to it.
    pub waiting: u64,
    /// When it last took a letter.
    pub last_sent: Option<Timestamp>,
    /// Why it takes none at present.
    pub failing: Option<String>,
    /// Since when.
    pub failing_since: Option<Timestamp>,
    /// When it is tried again.
    pub retry_at: Option<Timestamp>,
}

/// The store's figures, as `store stats` prints them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct StoreSummary {
    pub bytes: u64,
    pub series: u64,
    pub samples: u64,
    pub bytes_per_sample: Option<f64>,
    pub events: u64,
    pub periods: Vec<(String, u64, u64)>,
    pub journal_bytes: u64,
    pub checkpoints: u64,
    pub flows: u64,
    pub flow_bytes: u64,
    pub logs: u64,
    pub log_bytes: u64,
    pub lost: u64,
    pub set_aside: Vec<String>,
    /// The newest that it remembers.
    pub newest: Option<Timestamp>,
}

/// What reading a whole store brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Journal records that could be read.
    pub records: u64,
    /// Samples that could be read.
    pub samples: u64,
    /// Each damaged file and what is the matter with it.
    pub damaged: Vec<String>,
}
