//! What alarm rules found in log lines and traps.

use super::alarm::Severity;
use super::device::DeviceId;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a rule found in lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// Name of the rule.
    pub rule: String,
    /// The device that the lines are of.
    pub device: Option<DeviceId>,
    /// What of the device: the interface, the instance; of an unknown device, its sender.
    pub part: String,
    /// What it is about in words, as alarms say it.
    pub object: String,
    /// Lines of which it was found.
    pub times: u32,
    /// Whether they end what the rule told.
    pub ends: bool,
    /// What the last of them says.
    pub text: String,
    /// How bad that is.
    pub severity: Severity,
    /// When the last of them came.
    pub at: Timestamp,
}
