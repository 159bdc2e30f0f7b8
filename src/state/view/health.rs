//! The health of devices: the rows of one, and the table of all sensors.

use super::Table;
use super::lookup::{Lookup, device_name, secs};
use super::rows::GaugeRow;
use super::screens::HealthView;
use super::table::{Choice, Picked, columns, pick};
use crate::model::health::{Part, SLOW_INTERVAL};
use crate::model::{Device, Gauge, GaugeKind, HealthStatus, IfIndex, Interface, Measured, Timestamp};
use crate::query::ViewRequest;
use crate::query::filter::Value;
use crate::state::condition::GaugeCondition;
use std::borrow::Cow;

/// Readings after which a value is stale.
const STALE_READINGS: u32 = 3;

/// A gauge with what is known of it, by reference.
#[derive(Clone, Copy)]
pub(super) struct GaugeRef<'a> {
    look: &'a Lookup<'a>,
    device: &'a Device,
    gauge: &'a Gauge,
    condition: Option<&'a GaugeCondition>,
    at: Timestamp,
    measured: Measured,
}

/// All gauges of a device, in their order.
fn of_device<'a>(look: &'a Lookup<'a>, device: &'a Device) -> impl Iterator<Item = GaugeRef<'a>> {
    let condition = look.state.conditions.get(&device.id);
    device.health.gauges.iter().enumerate().map(move |(place, gauge)| {
        let (at, measured) = look.state.gauge_value(device, place);
        let condition = condition.and_then(|condition| condition.gauge_near(place, gauge));
        GaugeRef { look, device, gauge, condition, at, measured }
    })
}

impl GaugeRef<'_> {
    fn status(&self) -> HealthStatus {
        self.condition.map_or(self.measured.status, |condition| condition.status)
    }

    /// What it measures, by the contract's words; of a supply what it holds. What a sensor is about is its subject.
    fn class(&self) -> &str {
        let kind = self.gauge.kind.word();
        if self.is_sensor() { kind } else { self.gauge.class.as_deref().unwrap_or(kind) }
    }

    const fn is_sensor(&self) -> bool {
        matches!(self.gauge.kind, GaugeKind::Sensor(_))
    }

    fn subject(&self) -> Option<&str> {
        self.gauge.class.as_deref().filter(|_| self.is_sensor())
    }

    /// The name of the interface that it is about.
    fn port(&self) -> Option<String> {
        let if_index = self.gauge.if_index?;
        self.device.interfaces.iter().find(|port| port.if_index == if_index).map(Interface::name)
    }

    /// What is ill first; classes stay together.
    fn rank(&self) -> (u8, &'static str) {
        let ill = match self.status() {
            HealthStatus::Critical => 0,
            HealthStatus::Warning => 1,
            HealthStatus::Ok | HealthStatus::Off | HealthStatus::Unknown => 2,
        };
        (ill, self.gauge.kind.word())
    }

    fn is_fault(&self) -> bool {
        matches!(self.status(), HealthStatus::Warning | HealthStatus::Critical)
    }

    fn is_stale(&self) -> bool {
        let interval = self.look.state.settings.poll_interval.max(SLOW_INTERVAL);
        self.look.state.now.since(self.at) > interval.saturating_mul(STALE_READINGS)
    }

    pub(super) fn whole(self) -> GaugeRow {
        GaugeRow {
            device: self.device.id.clone(),
            device_name: self.device.name(),
            kind: self.gauge.kind,
            class: self.class().to_owned(),
            name: self.gauge.name.clone(),
            value: self.measured.value,
            unit: self.gauge.kind.unit().map(str::to_owned),
            used_bytes: self.measured.used,
            total_bytes: self.measured.total,
            status: self.status(),
            status_since: self.condition.and_then(|condition| condition.since),
            limits: self.gauge.limits,
            subject: self.subject().map(str::to_owned),
            if_index: self.gauge.if_index,
            port: self.port(),
            state_oid: self.gauge.probes.iter().find(|probe| probe.part == Part::Status).map(|probe| probe.oid.clone()),
            spark: Vec::new(),
            sampled_at: Some(self.at),
            stale: self.is_stale(),
        }
    }
}

/// What is measured at a port.
pub(super) fn of_port(look: &Lookup<'_>, device: &Device, if_index: IfIndex) -> Vec<GaugeRow> {
    of_device(look, device).filter(|row| row.gauge.if_index == Some(if_index)).map(GaugeRef::whole).collect()
}

/// The health of one device.
pub(super) fn health(look: &Lookup<'_>, device: &Device) -> HealthView {
    let gauges: Vec<GaugeRef<'_>> = of_device(look, device).collect();
    let measured: Vec<Measured> = gauges.iter().map(|gauge| gauge.measured).collect();
    let told = gauges.iter().map(GaugeRef::status).filter(|status| *status <= HealthStatus::Critical);
    HealthView {
        cpu_percent: device.health.cpu_percent(&measured),
        memory_percent: device.health.memory_percent(&measured),
        temperature_celsius: device.health.temperature_celsius(&measured),
        poe_used_watts: device.health.poe_watts(&measured),
        poe_budget_watts: device.health.poe_budget_watts(&measured),
        worst: told.max().unwrap_or_default(),
        rows: gauges.into_iter().map(GaugeRef::whole).collect(),
        ..HealthView::default()
    }
}

columns! {
    /// The columns of the sensors' table.
    SENSOR_COLUMNS, row: GaugeRef<'_> {
        ["device"] Text => Value::Either(device_name(row.device), Cow::Borrowed(row.device.id.as_str()));
        ["deviceName"] Text => Value::Text(device_name(row.device));
        ["class", "kind"] Text => Value::text(Some(row.class()));
        ["name", "sensor"] Text => Value::text(Some(row.gauge.name.as_str()));
        ["value"] Number => Value::number(row.measured.value);
        ["unit"] Text => Value::text(row.gauge.kind.unit());
        ["subject"] Text => Value::text(row.subject());
        ["ifIndex"] Number => Value::number(row.gauge.if_index.map(|index| f64::from(index.0)));
        ["port"] Text => row.port().map_or(Value::Unknown, |port| Value::Text(Cow::Owned(port)));
        ["status", "state"] Text => Value::word(row.status().word());
        ["vendor"] Text => Value::text(row.device.vendor.as_deref());
        ["role"] Text => Value::word(row.device.role.word());
        ["site"] Text => Value::text(row.device.sys_location.as_deref());
        ["sampledAt"] Time => Value::number(Some(secs(row.at)));
    }
}

/// The sensors of one device that the request wants: what is ill first unless sorted otherwise, then by class. And what was wrong with it.
pub(super) fn of_request(look: &Lookup<'_>, device: &Device, request: &ViewRequest) -> (Table<GaugeRow>, Option<String>) {
    let mut rows: Vec<GaugeRef<'_>> = of_device(look, device).filter(GaugeRef::is_sensor).collect();
    rows.sort_by_key(GaugeRef::rank);
    let mut picked = pick(rows, &Choice { request, columns: SENSOR_COLUMNS, now: look.state.now, is_fault: GaugeRef::is_fault });
    let fault = picked.fault.take();
    (picked.table(GaugeRef::whole), fault)
}

/// The wanted sensors, by device unless sorted otherwise.
pub(super) fn sensors<'a>(look: &'a Lookup<'a>, request: &ViewRequest) -> Picked<GaugeRef<'a>> {
    let rows =
        look.devices_by_name().into_iter().flat_map(|device| of_device(look, device)).filter(GaugeRef::is_sensor).collect();
    pick(rows, &Choice { request, columns: SENSOR_COLUMNS, now: look.state.now, is_fault: GaugeRef::is_fault })
}
