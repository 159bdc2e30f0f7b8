//! Alarms: one cause, one alarm.

use super::device::DeviceId;
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
