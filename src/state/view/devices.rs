//! The devices' table.

use super::lookup::{Lookup, device_name, secs};
use super::over::{self, Figures, OverDevice};
use super::rows::{BridgeRow, DeviceRow, Extremes};
use super::table::{Choice, Picked, columns, pick};
use crate::model::{ChassisId, Device, DeviceStatus, LinkEnd, Metric, Timestamp};
use crate::query::ViewRequest;
use crate::query::filter::Value;
use crate::state::live::Live;
use crate::state::{Condition, PortCondition};
use std::borrow::Cow;
use std::time::Duration;

/// A device with what is known of it, by reference.
#[derive(Clone, Copy)]
pub(super) struct DeviceRef<'a> {
    look: &'a Lookup<'a>,
    device: &'a Device,
    condition: Option<&'a Condition>,
    live: Option<&'a Live>,
    over: Option<&'a OverDevice>,
}

impl<'a> DeviceRef<'a> {
    pub(super) fn of(look: &'a Lookup<'a>, device: &'a Device) -> Self {
        let state = look.state;
        let condition = state.conditions.get(&device.id).map(AsRef::as_ref);
        let over = look.over.and_then(|over| over.0.get(&device.id));
        Self { look, device, condition, live: state.live.get(&device.id).map(AsRef::as_ref), over }
    }

    fn status(&self) -> DeviceStatus {
        self.look.status(&self.device.id).unwrap_or_default()
    }

    fn ports_up(&self) -> usize {
        self.condition.map_or(0, |condition| condition.ports.iter().filter(|port| PortCondition::is_up(port)).count())
    }

    /// Since the agent started: as it last said, else as its inventory said, seconds.
    fn uptime(&self) -> Option<u64> {
        let now = self.look.state.now;
        let polled =
            self.live.and_then(|live| live.uptime).map(|(ticks, at)| at.minus(Duration::from_millis(u64::from(ticks) * 10)));
        let started = polled.or_else(|| self.device.started_at.max(self.condition.and_then(|condition| condition.restarted_at)));
        started.filter(|_| self.status() != DeviceStatus::Down).map(|started| now.since(started).as_secs())
    }

    fn gauge(&self, metric: Metric) -> Option<f64> {
        if self.look.over.is_some() {
            return self.figures(metric).map(|figures| figures.mean);
        }
        let live = self.live?;
        match metric {
            Metric::RttMs => live.rtt_ms,
            Metric::LossPercent => live.loss_percent,
            _ => live.gauge(metric),
        }
    }

    /// Both directions of all its links, bit/s.
    fn traffic(&self) -> Option<f64> {
        let rate = |end: &LinkEnd, metric: Metric| {
            let if_index = end.if_index?;
            match (self.look.over, self.over) {
                (None, _) => self.live?.rates(if_index)?.get(metric),
                (Some(_), over) => over::of(over?.port(if_index)?, metric).map(|figures| figures.mean),
            }
        };
        let links = self.look.state.links_of(&self.device.id).iter();
        let own = links.flat_map(|link| [&link.a, &link.b]).filter(|end| end.device == self.device.id);
        own.flat_map(|end| [rate(end, Metric::InBps), rate(end, Metric::OutBps)]).flatten().reduce(|sum, rate| sum + rate)
    }

    /// The figures of a range.
    fn figures(&self, metric: Metric) -> Option<Figures> {
        self.over.and_then(|over| over::of(&over.own, metric))
    }

    fn extremes(&self) -> Vec<(Metric, Extremes)> {
        let own = self.over.map_or(&[][..], |over| over.own.as_slice());
        own.iter().map(|(metric, Figures { max, p95, .. })| (*metric, Extremes { max: *max, p95: *p95 })).collect()
    }

    fn last_polled(&self) -> Option<Timestamp> {
        self.live.and_then(|live| live.last_polled)
    }

    fn status_age(&self) -> Option<f64> {
        self.condition.map(|condition| self.look.state.now.since(condition.since).as_secs_f64())
    }

    fn bridge(&self) -> Option<Box<BridgeRow>> {
        let bridge = self.device.bridge.as_deref()?.clone();
        let root_port = bridge.root_port.and_then(|index| self.device.interface(index)).map(crate::model::Interface::name);
        Some(Box::new(BridgeRow { bridge, root_port }))
    }

    fn worst_alarm(&self) -> Option<crate::model::Severity> {
        self.look.alarms(&self.device.id).iter().map(|alarm| alarm.severity).max()
    }

    pub(super) fn is_fault(&self) -> bool {
        matches!(self.status(), DeviceStatus::Down | DeviceStatus::Unreachable) || !self.look.alarms(&self.device.id).is_empty()
    }

    pub(super) fn whole(self) -> DeviceRow {
        let device = self.device;
        DeviceRow {
            id: device.id.clone(),
            name: device.name(),
            status: self.status(),
            status_since: self.condition.map(|condition| condition.since),
            role: device.role,
            vendor: device.vendor.clone(),
            model: device.model.clone(),
            os: device.os.clone(),
            os_version: device.os_version.clone(),
            serial: device.serial.clone(),
            sys_descr: device.sys_descr.clone(),
            sys_object_id: device.sys_object_id.as_ref().map(ToString::to_string),
            sys_location: device.sys_location.clone(),
            sys_contact: device.sys_contact.clone(),
            addresses: device.addresses.clone(),
            snmp: device.snmp.clone(),
            uptime_seconds: self.uptime(),
            interfaces: device.interfaces.len(),
            interfaces_up: self.ports_up(),
            rtt_ms: self.gauge(Metric::RttMs),
            loss_percent: self.gauge(Metric::LossPercent),
            cpu_percent: self.gauge(Metric::CpuPercent),
            memory_percent: self.gauge(Metric::MemoryPercent),
            temperature_celsius: self.gauge(Metric::TemperatureCelsius),
            bridge: self.bridge(),
            parts: device.parts.len(),
            traffic_bps: self.traffic(),
            over: self.extremes(),
            alarms: self.look.alarms(&device.id).len(),
            worst_alarm: self.worst_alarm(),
            last_polled_at: self.last_polled(),
            stale: self.look.is_stale_of(&self.device.id, self.last_polled()),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of ports and alarms")]
fn count(number: usize) -> Value<'static> {
    Value::Number(number as f64)
}

columns! {
    /// The columns of the devices' table.
    DEVICE_COLUMNS, row: DeviceRef<'_> {
        ["id"] Text => Value::Text(Cow::Borrowed(row.device.id.as_str()));
        ["name", "deviceName", "device", "sysName"] Text => Value::Either(device_name(row.device), Cow::Borrowed(row.device.id.as_str()));
        ["status", "state"] Text => Value::word(row.status().word());
        ["role"] Text => Value::word(row.device.role.word());
        ["vendor"] Text => Value::text(row.device.vendor.as_deref());
        ["model"] Text => Value::text(row.device.model.as_deref());
        ["os"] Text => Value::text(row.device.os.as_deref());
        ["osVersion"] Text => Value::text(row.device.os_version.as_deref());
        ["serial"] Text => Value::text(row.device.serial.as_deref());
        ["sysDescr"] Text => Value::text(row.device.sys_descr.as_deref());
        ["sysObjectId"] Text => row.device.sys_object_id.as_ref().map_or(Value::Unknown, |oid| Value::Text(oid.to_string().into()));
        ["sysLocation", "site"] Text => Value::text(row.device.sys_location.as_deref());
        ["sysContact"] Text => Value::text(row.device.sys_contact.as_deref());
        ["addresses", "ip"] Address => Value::Addresses(&row.device.addresses);
        ["chassisId", "mac"] Mac => match &row.device.chassis_id {
            Some(ChassisId::Mac(mac)) => Value::Mac(*mac),
            Some(other) => Value::Text(other.to_string().into()),
            None => Value::Unknown,
        };
        ["uptimeSeconds", "uptime"] Duration => {
            #[allow(clippy::cast_precision_loss, reason = "seconds of uptime")]
            Value::number(row.uptime().map(|uptime| uptime as f64))
        };
        ["statusSince"] Time => Value::number(row.condition.map(|condition| secs(condition.since)));
        ["age"] Duration => Value::number(row.status_age());
        ["interfaces"] Number => count(row.device.interfaces.len());
        ["interfacesUp"] Number => count(row.ports_up());
        ["rttMs", "rtt"] Number => Value::number(row.gauge(Metric::RttMs));
        ["lossPercent", "loss"] Percent => Value::number(row.gauge(Metric::LossPercent));
        ["cpuPercent", "cpu"] Percent => Value::number(row.gauge(Metric::CpuPercent));
        ["memoryPercent", "memory"] Percent => Value::number(row.gauge(Metric::MemoryPercent));
        ["temperatureCelsius", "temperature"] Number => Value::number(row.gauge(Metric::TemperatureCelsius));
        ["trafficBps", "traffic"] Number => Value::number(row.traffic());
        ["p95RttMs"] Number => Value::number(row.figures(Metric::RttMs).map(|figures| figures.p95));
        ["maxRttMs"] Number => Value::number(row.figures(Metric::RttMs).map(|figures| figures.max));
        ["maxLossPercent"] Percent => Value::number(row.figures(Metric::LossPercent).map(|figures| figures.max));
        ["p95CpuPercent"] Percent => Value::number(row.figures(Metric::CpuPercent).map(|figures| figures.p95));
        ["maxCpuPercent"] Percent => Value::number(row.figures(Metric::CpuPercent).map(|figures| figures.max));
        ["p95MemoryPercent"] Percent => Value::number(row.figures(Metric::MemoryPercent).map(|figures| figures.p95));
        ["maxMemoryPercent"] Percent => Value::number(row.figures(Metric::MemoryPercent).map(|figures| figures.max));
        ["maxTemperatureCelsius"] Number => Value::number(row.figures(Metric::TemperatureCelsius).map(|figures| figures.max));
        ["parts"] Number => count(row.device.parts.len());
        ["stp", "stpProtocol"] Text => Value::text(row.device.bridge.as_ref().and_then(|bridge| bridge.protocol.as_deref()));
        ["stpRoot", "root"] Mac => row.device.bridge.as_ref().and_then(|bridge| bridge.root).map_or(Value::Unknown, |root| Value::Mac(root.mac));
        ["topologyChanges"] Number => Value::number(row.device.bridge.as_ref().and_then(|bridge| bridge.topology_changes).map(f64::from));
        ["alarms"] Number => count(row.look.alarms(&row.device.id).len());
        ["worstAlarm", "severity", "sev"] Severity => Value::number(row.worst_alarm().map(|severity| f64::from(severity as u8)));
        ["lastPolledAt"] Time => Value::number(row.last_polled().map(secs));
    }
}

/// The wanted devices, by name unless sorted otherwise.
pub(super) fn devices<'a>(look: &'a Lookup<'a>, request: &ViewRequest) -> Picked<DeviceRef<'a>> {
    let rows = look.devices_by_name().into_iter().map(|device| DeviceRef::of(look, device)).collect();
    pick(rows, &Choice { request, columns: DEVICE_COLUMNS, now: look.state.now, is_fault: DeviceRef::is_fault })
}
