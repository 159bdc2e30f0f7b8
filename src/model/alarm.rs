//! Alarms: one cause, one alarm.

use super::device::DeviceId;
use super::interface::IfIndex;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Perceived severity (ITU-T X.733 §8.1.2.3), the worst last so that it compares by rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are X.733's")]
pub enum Severity {
    Cleared,
    Indeterminate,
    Warning,
    Minor,
    Major,
    Critical,
}

impl Severity {
    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::Indeterminate => "indeterminate",
            Self::Warning => "warning",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// An alarm that stands, or stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// `RULE@OBJECT`: the same cause on the same object is the same alarm.
    pub id: String,
    /// The rule that raised it: `device-down`, `interface-down`, …
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// What it is about, as operators say it: `acc-b2-07`, `core-2 Te1/1/4`.
    pub object: String,
    /// The device that it is on.
    pub device: Option<DeviceId>,
    /// What happened, in words.
    pub text: String,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it cleared; `None` while it stands.
    pub cleared_at: Option<Timestamp>,
    /// How often it was raised since `raised_at` without standing clear for long (flapping).
    pub count: u32,
    /// The interface that it is on.
    pub if_index: Option<IfIndex>,
    /// What to do about it, as the rule says: a path or an address.
    pub runbook: Option<String>,
    /// How much it flaps; `None` while it never did.
    pub flap: Option<Flap>,
}

/// Flap damping as routes know it (RFC 2439 §4.2): each flap adds to a penalty that decays by half in a fixed time; above a limit the
/// alarm is held and only counted until the penalty has decayed below another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flap {
    /// The penalty when it was last raised or cleared: a flap is worth 1000.
    pub penalty: u32,
    /// When that was.
    pub at: Timestamp,
    /// Whether it is held: it stands although its cause comes and goes.
    pub held: bool,
}

/// Why an alarm is explained by another: the chain from its root to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Id of the alarm that explains it. It is explained by none itself.
    pub root: String,
    /// By which rule it is known.
    pub rule: CauseRule,
    /// The chain, from the root to what the alarm is on.
    pub chain: Vec<CauseStep>,
    /// Whether it would stand without its root as well, as far as can be told.
    pub remains: bool,
}

/// By which rule one alarm explains another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CauseRule {
    /// It is on a part of what the root is on.
    Part,
    /// It is the other end of the root's link.
    FarEnd,
    /// It is a member of the aggregate that the root is on, or the aggregate that lost the root's member.
    Aggregate,
    /// Every way from here to it goes through what the root is on.
    Behind,
    /// Its controller or what feeds it is what the root is on.
    Served,
}

impl CauseRule {
    /// Its word on screens and in rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Part => "part of it",
            Self::FarEnd => "other end of the link",
            Self::Aggregate => "same aggregate",
            Self::Behind => "behind it",
            Self::Served => "served by it",
        }
    }
}

/// A step of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseStep {
    /// What it is on: `dist-2 Te1/0/12`.
    pub object: String,
    /// The device of it.
    pub device: Option<DeviceId>,
    /// Since when it is so; `None` where that is not known.
    pub since: Option<Timestamp>,
    /// What is known of it, and how: `link down`, `2 polls not answered`.
    pub evidence: String,
}

/// A time for which an alarm stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Episode {
    pub raised_at: Timestamp,
    pub cleared_at: Timestamp,
    pub severity: Severity,
    pub count: u32,
}

/// Which alarm is explained by which other, told where it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Id of the alarm.
    pub alarm: String,
    /// What explains it; `None` is nothing any more.
    pub cause: Option<Cause>,
}

/// What an operator does about an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlarmAct {
    /// Somebody has seen it and cares for it; with a note for the others.
    Acknowledge(Option<String>),
    /// It is neither counted nor shown among the others for so many seconds.
    Silence(u32),
    /// As if nobody had done anything.
    Release,
}

/// Alarms that an operator does something about, and who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmOrder {
    /// Ids of the alarms.
    pub alarms: Vec<String>,
    /// Who says so.
    pub by: String,
    /// What.
    pub act: AlarmAct,
}

/// Somebody cares for an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Acknowledgement {
    pub by: String,
    pub at: Timestamp,
    pub note: Option<String>,
}

/// An alarm is silent for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Silence {
    pub by: String,
    pub until: Timestamp,
}

/// What operators did about one alarm while it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handling {
    /// Who cares for it.
    pub acknowledged: Option<Acknowledgement>,
    /// How long it is silent; over when its time is past.
    pub silenced: Option<Silence>,
}

impl Handling {
    /// The silence that holds at a time.
    pub fn silence(&self, now: Timestamp) -> Option<&Silence> {
        self.silenced.as_ref().filter(|silence| silence.until > now)
    }
}
