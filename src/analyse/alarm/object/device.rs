//! A device.

use super::{columns, count, word, yes};
use crate::model::{Device, DeviceStatus, Timestamp};
use crate::query::filter::Value;
use std::borrow::Cow;

/// A device with how it is.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct DeviceObject<'a> {
    pub device: &'a Device,
    pub status: DeviceStatus,
    /// Why, in words.
    pub reason: &'a str,
    /// Whether it answers echoes and its agent says nothing.
    pub is_silent: bool,
    /// Since when the status holds, and now.
    pub since: (Timestamp, Timestamp),
    pub uptime_seconds: Option<f64>,
    pub rtt_ms: Option<f64>,
    pub loss_percent: Option<f64>,
    pub cpu_percent: Option<f64>,
    pub memory_percent: Option<f64>,
    pub temperature_celsius: Option<f64>,
    /// Of what may be given over Ethernet, how much is.
    pub poe_percent: Option<f64>,
    /// Polls in a row that were not answered.
    pub missed: u32,
}

columns! {
    COLUMNS, row: DeviceObject<'_> {
        ["name", "deviceName", "device"] Text => Value::Either(Cow::Owned(row.device.name()), Cow::Borrowed(row.device.id.as_str()));
        ["status", "state"] Text => Value::word(row.status.word());
        ["reason"] Text => Value::text(Some(row.reason).filter(|reason| !reason.is_empty()));
        ["agent"] Text => Value::word(if row.is_silent { "silent" } else { "answers" });
        ["role"] Text => Value::word(row.device.role.word());
        ["vendor"] Text => Value::text(row.device.vendor.as_deref());
        ["model"] Text => Value::text(row.device.model.as_deref());
        ["os"] Text => Value::text(row.device.os.as_deref());
        ["osVersion", "version"] Text => Value::text(row.device.os_version.as_deref());
        ["serial"] Text => Value::text(row.device.serial.as_deref());
        ["sysDescr"] Text => Value::text(row.device.sys_descr.as_deref());
        ["sysLocation", "site"] Text => Value::text(row.device.sys_location.as_deref());
        ["sysContact"] Text => Value::text(row.device.sys_contact.as_deref());
        ["addresses", "ip"] Address => Value::Addresses(&row.device.addresses);
        ["interfaces"] Number => count(row.device.interfaces.len());
        ["age"] Duration => Value::Number(row.since.1.since(row.since.0).as_secs_f64());
        ["uptimeSeconds", "uptime"] Duration => Value::number(row.uptime_seconds);
        ["rttMs", "rtt"] Number => Value::number(row.rtt_ms);
        ["lossPercent", "loss"] Percent => Value::number(row.loss_percent);
        ["cpuPercent", "cpu"] Percent => Value::number(row.cpu_percent);
        ["memoryPercent", "memory"] Percent => Value::number(row.memory_percent);
        ["temperatureCelsius", "temperature"] Number => Value::number(row.temperature_celsius);
        ["poePercent", "poe"] Percent => Value::number(row.poe_percent);
        ["missedPolls", "missed"] Number => Value::Number(f64::from(row.missed));
        ["stp", "stpProtocol"] Text => Value::text(row.device.bridge.as_ref().and_then(|bridge| bridge.protocol.as_deref()));
        ["stpRoot", "root"] Mac => row.device.bridge.as_ref().and_then(|bridge| bridge.root).map_or(Value::Unknown, |root| Value::Mac(root.mac));
        ["isRoot"] Text => row.device.bridge.as_ref().and_then(|bridge| bridge.is_root()).map_or(Value::Unknown, yes);
        ["snmpVersion"] Text => word(row.device.snmp.as_ref().map(|snmp| match snmp.version {
            crate::model::SnmpVersion::V1 => "1",
            crate::model::SnmpVersion::V2c => "2c",
            crate::model::SnmpVersion::V3 => "3",
        }));
    }
}
