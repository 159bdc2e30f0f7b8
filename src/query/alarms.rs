//! What is asked of alarms and of what happened, beside what every view request has.

use crate::model::{DeviceId, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

/// Under what alarms stand together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AlarmGroup {
    /// What explains them alone.
    #[default]
    Cause,
    /// Where their device is: sysLocation.
    Site,
    /// Their device.
    Device,
    /// Their rule.
    Rule,
    /// Their severity.
    Severity,
}

impl AlarmGroup {
    /// All, in the order in which a key goes through them.
    pub const ALL: [Self; 5] = [Self::Cause, Self::Site, Self::Device, Self::Rule, Self::Severity];

    /// Its word on screens.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cause => "cause",
            Self::Site => "site",
            Self::Device => "device",
            Self::Rule => "rule",
            Self::Severity => "severity",
        }
    }

    /// The next one, round the end.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|known| *known == self).map_or(0, |at| at + 1);
        Self::ALL.get(at).copied().unwrap_or_default()
    }
}

/// What is asked of alarms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmRequest {
    /// Under what they stand together.
    pub group: AlarmGroup,
    /// What is explained is folded under what explains it, unless the request's `folded` names it; else the other way round.
    pub fold: bool,
    /// One alarm in full, by its id, in place of the list.
    pub detail: Option<String>,
}

/// What is asked of what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRequest {
    /// What of it.
    pub part: EventPart,
    /// Bursts stand as one row each, unless the request's `folded` names them.
    pub fold: bool,
    /// Only what happened in this range; the time of the view bounds it.
    pub within: Option<TimeRange>,
    /// The window begins a page before the first row that is not newer than this time, wherever that is.
    pub seek: Option<Timestamp>,
}

/// What of it is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventPart {
    /// Rows alone.
    #[default]
    Table,
    /// Rows with how many of them there were when, and on which devices.
    Timeline,
    /// What happened on a device about a time.
    Near(DeviceId, Timestamp),
}
