//! Whether an alarm is somebody's business now: the one place that says what is counted, notified and listed as active.

use super::State;
use crate::model::{Alarm, DeviceId, Scope, Silence, Window};
use std::sync::Arc;

/// The rule of alarms that only list what can't be reached under what is down: never anybody's business by itself.
pub const UNREACHABLE: &str = "unreachable";
/// The rule of alarms on devices that are down themselves: they are roots.
pub const DEVICE_DOWN: &str = "device-down";
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

    /// The maintenance that what an alarm is on is in now.
    pub fn maintenance_of(&self, alarm: &Alarm) -> Option<&Window> {
        if self.maintenance.is_empty() {
            return None;
        }
        self.maintenance_on(alarm.device.as_ref()?)
    }

    /// The maintenance that a device is in now.
    pub fn maintenance_on(&self, id: &DeviceId) -> Option<&Window> {
        let holds = |window: &&Arc<Window>| {
            window.holds(self.now)
                && match &window.scope {
                    Scope::All => true,
                    Scope::Device(device) => device == id,
                    _ => false,
                }
        };
        self.maintenance.values().find(holds).map(AsRef::as_ref)
    }
}
