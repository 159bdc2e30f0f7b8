//! Something that happened, as the events' table has it.

use super::{columns, word};
use crate::model::{DeviceStatus, Role, Severity};
use crate::query::filter::Value;
use std::borrow::Cow;

/// An event.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct EventObject<'a> {
    pub kind: &'a str,
    pub object: &'a str,
    pub device: Option<&'a str>,
    pub text: &'a str,
    pub source: &'a str,
    pub severity: Option<Severity>,
    /// How often it happened since it was told last.
    pub times: u32,
    pub role: Option<Role>,
    pub device_status: Option<DeviceStatus>,
}

columns! {
    COLUMNS, row: EventObject<'_> {
        ["kind"] Text => Value::Text(Cow::Borrowed(row.kind));
        ["object"] Text => Value::Text(Cow::Borrowed(row.object));
        ["deviceName", "device"] Text => Value::text(row.device);
        ["text"] Text => Value::Text(Cow::Borrowed(row.text));
        ["source"] Text => Value::Text(Cow::Borrowed(row.source));
        ["severity", "sev"] Severity => Value::Number(f64::from(row.severity.unwrap_or(Severity::Cleared) as u8));
        ["times"] Number => Value::Number(f64::from(row.times));
        ["role"] Text => word(row.role.map(Role::word));
        ["deviceStatus"] Text => word(row.device_status.map(DeviceStatus::word));
    }
}
