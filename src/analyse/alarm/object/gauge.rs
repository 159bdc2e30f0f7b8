//! A sensor, a processor, memory, storage, a supply, PoE.

use super::{columns, owned, yes};
use crate::model::health::Limits;
use crate::model::{Device, DeviceStatus, Gauge, GaugeKind, HealthStatus, SensorClass, Severity};
use crate::query::filter::Value;
use std::borrow::Cow;

/// What a status means of what a sensor is about, and how an event tells it; what stands in no row is told by its class.
const MEANS: [(&str, HealthStatus, &str, Severity); 8] = [
    ("source", HealthStatus::Critical, "on battery: the mains are gone", Severity::Critical),
    ("source", HealthStatus::Warning, "not on mains as usual: battery, bypass or voltage correction", Severity::Major),
    ("source", HealthStatus::Ok, "on mains", Severity::Cleared),
    ("battery", HealthStatus::Critical, "the battery fails", Severity::Critical),
    ("battery", HealthStatus::Warning, "the battery is low or has to be replaced", Severity::Major),
    ("trunk", HealthStatus::Critical, "the trunk is down", Severity::Major),
    ("trunk", HealthStatus::Ok, "the trunk is up", Severity::Cleared),
    ("outlet", HealthStatus::Off, "the outlet is off", Severity::Warning),
];

/// What a status of a sensor means where the sensor says what it is about, and only where it is a state.
pub fn means(gauge: &Gauge, status: HealthStatus) -> Option<(&'static str, Severity)> {
    let subject = gauge.class.as_deref().filter(|_| gauge.kind == GaugeKind::Sensor(SensorClass::State))?;
    MEANS.iter().find(|(of, when, ..)| *of == subject && *when == status).map(|(.., text, severity)| (*text, *severity))
}

/// One gauge with how it is.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are those of the columns")]
pub struct GaugeObject<'a> {
    pub device: &'a Device,
    pub device_status: DeviceStatus,
    pub gauge: &'a Gauge,
    pub status: HealthStatus,
    pub value: Option<f64>,
}

impl GaugeObject<'_> {
    const fn is_sensor(&self) -> bool {
        matches!(self.gauge.kind, GaugeKind::Sensor(_))
    }

    fn class(&self) -> &str {
        let kind = self.gauge.kind.word();
        if self.is_sensor() { kind } else { self.gauge.class.as_deref().unwrap_or(kind) }
    }

    fn kind(&self) -> &'static str {
        if self.is_sensor() { "sensor" } else { self.gauge.kind.word() }
    }

    fn port(&self) -> Option<String> {
        let if_index = self.gauge.if_index?;
        self.device.interface(if_index).map(crate::model::Interface::name)
    }

    /// It in a sentence: `temperature critical, well between 18 and 27`.
    fn words(&self) -> String {
        if let Some((text, _)) = means(self.gauge, self.status) {
            return text.to_owned();
        }
        // What was scaled has a tail of binary digits: a limit of -11.1 dBm is said as it is set.
        let said = |limit: Option<f64>| limit.map(|limit| (limit * 1_000.0).round() / 1_000.0);
        let Limits { low_critical, low_warning, high_warning, high_critical } = self.gauge.limits;
        let (class, status) = (self.gauge.kind.word(), self.status.word());
        match (said(low_warning.or(low_critical)), said(high_warning.or(high_critical))) {
            (Some(low), Some(high)) => format!("{class} {status}, well between {low} and {high}"),
            (None, Some(high)) => format!("{class} {status}, well below {high}"),
            (Some(low), None) => format!("{class} {status}, well above {low}"),
            (None, None) => format!("{class} {status}"),
        }
    }
}

columns! {
    COLUMNS, row: GaugeObject<'_> {
        ["deviceName", "device"] Text => Value::Either(Cow::Owned(row.device.name()), Cow::Borrowed(row.device.id.as_str()));
        ["name", "sensor"] Text => Value::text(Some(row.gauge.name.as_str()));
        ["kind"] Text => Value::word(row.kind());
        ["class"] Text => Value::text(Some(row.class()));
        ["subject"] Text => Value::text(Some(row.gauge.class.as_deref().filter(|_| row.is_sensor()).unwrap_or("none")));
        ["value"] Number => Value::number(row.value);
        ["unit"] Text => Value::text(row.gauge.kind.unit());
        ["status", "state"] Text => match row.status {
            HealthStatus::Unknown => Value::Unknown,
            known => Value::word(known.word()),
        };
        ["limits"] Text => yes(row.gauge.limits != Limits::default());
        ["means"] Text => Value::Text(row.words().into());
        ["port"] Text => owned(row.port());
        ["role"] Text => Value::word(row.device.role.word());
        ["vendor"] Text => Value::text(row.device.vendor.as_deref());
        ["site"] Text => Value::text(row.device.sys_location.as_deref());
        ["deviceStatus"] Text => Value::word(row.device_status.word());
    }
}
