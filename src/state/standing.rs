//! Whether an alarm is somebody's business now: the one place that says what is counted, notified and listed as active.

use super::State;
use super::coverage::Coverage;
use super::derive::port_of;
use super::reach::is_lost;
use crate::model::{Alarm, DeviceId, DeviceStatus, Silence, Window};

/// The rule of alarms that only list what can't be reached under what is down: never anybody's business by itself.
pub const UNREACHABLE: &str = "unreachable";
/// The rule of alarms on devices that are down themselves: they are roots.
pub const DEVICE_DOWN: &str = "device-down";
/// The rule of access points that their controller lost.
pub const AP_DOWN: &str = "ap-down";
/// The rule of alarms on devices whose agent says nothing: nothing of them is measured.
pub const SNMP_SILENT: &str = "snmp-silent";

impl State {
    /// Whether an alarm is to be counted and notified: it stands, nothing explains it, it is neither silenced nor in maintenance.
    pub fn is_active(&self, alarm: &Alarm) -> bool {
        alarm.cleared_at.is_none()
            && alarm.rule != UNREACHABLE
            && !self.causes.contains_key(&alarm.id)
            && self.silence_of(alarm).is_none()
            && self.maintenance_of(alarm).is_none()
    }

    /// The silence that holds for an alarm now.
    pub fn silence_of(&self, alarm: &Alarm) -> Option<&Silence> {
        self.handling(&alarm.id)?.silence(self.now)
    }

    /// The maintenance that what an alarm is on is in now: its device, its port, or where the access point is that it is on.
    pub fn maintenance_of(&self, alarm: &Alarm) -> Option<&Window> {
        if self.maintenance.is_empty() {
            return None;
        }
        let Some(device) = &alarm.device else { return self.holding(self.coverage().everywhere()) };
        let port = || port_of(self, alarm).and_then(|(_, if_index)| self.holding(self.coverage().on_port(device, if_index)));
        let access_point = || match alarm.rule.as_str() {
            AP_DOWN => self.holding(&self.coverage().on_access_point(self, alarm)),
            _ => None,
        };
        self.maintenance_on(device).or_else(port).or_else(access_point)
    }

    /// The maintenance that a device is in now: of itself, of its site, or of all ways to it.
    pub fn maintenance_on(&self, id: &DeviceId) -> Option<&Window> {
        if self.maintenance.is_empty() {
            return None;
        }
        let coverage = self.coverage();
        self.holding(coverage.on_device(id)).or_else(|| self.holding(coverage.everywhere()))
    }

    /// Whether a device is reached, as it is shown: what does not answer in maintenance is in maintenance.
    pub fn status(&self, id: &DeviceId) -> DeviceStatus {
        let status = self.conditions.get(id).map_or(DeviceStatus::Unknown, |condition| condition.status);
        if is_lost(status) && self.maintenance_on(id).is_some() { DeviceStatus::Maintenance } else { status }
    }

    fn coverage(&self) -> &Coverage {
        self.coverage.get_or_init(|| Coverage::of(self))
    }

    /// The first of these windows that goes on now.
    fn holding(&self, names: &[String]) -> Option<&Window> {
        let windows = names.iter().filter_map(|name| self.maintenance.get(name));
        windows.map(AsRef::as_ref).find(|window| window.holds(self.now))
    }
}
