//! What became of telling somebody about an alarm.

use super::alarm::Alarm;
use super::device::Role;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum NoticeKind {
    Raised,
    /// Nobody cared for it in time: the next step of the escalation.
    Escalated,
    /// It still stands.
    Repeated,
    Cleared,
    /// A try of the receiver, by an operator.
    Test,
}

impl NoticeKind {
    /// Its word on screens, in rows and in what is sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Escalated => "escalated",
            Self::Repeated => "repeated",
            Self::Cleared => "cleared",
            Self::Test => "test",
        }
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeOutcome {
    /// The receiver took it.
    Sent,
    /// The receiver did not take it: why, and when it is tried again; `None` is never.
    Failed(String, Option<Timestamp>),
    /// It waits for the end of quiet hours.
    Held(Timestamp),
    /// The process ended while it was being sent; it is not sent again, because it may have arrived.
    Uncertain,
}

/// Somebody was told about an alarm, or was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Id of the alarm.
    pub alarm: String,
    /// Which raising of it.
    pub raised_at: Timestamp,
    /// Name of the receiver.
    pub receiver: String,
    /// Step of the escalation, from 0.
    pub step: u32,
    /// Why.
    pub kind: NoticeKind,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// What became of it.
    pub outcome: NoticeOutcome,
}

/// What is known of an alarm when somebody is told about it, and what filters of receivers look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmFacts {
    /// The alarm.
    pub alarm: Alarm,
    /// Name of its device.
    pub device_name: Option<String>,
    /// Where the device is, as it says itself (SNMPv2-MIB sysLocation).
    pub site: Option<String>,
    /// Addresses of the device.
    pub addresses: Vec<IpAddr>,
    /// What the device is.
    pub role: Option<Role>,
    /// Who made it.
    pub vendor: Option<String>,
    /// Who cares for it.
    pub acknowledged_by: Option<String>,
    /// What they noted.
    pub note: Option<String>,
    /// Standing alarms that it explains.
    pub children: u32,
}
