//! How a device and its ports are, and since when: what derived events say, nothing that only lives in memory.

use crate::model::{
    AdminStatus, Device, DeviceStatus, Gauge, GaugeKind, HealthStatus, IfIndex, Interface, OperStatus, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A port that changed this often within [`FLAP_WINDOW`] is flapping: three times down and up.
pub const FLAP_CHANGES: usize = 6;
/// The window in which changes are counted, and for which a port must be steady to count as settled.
pub const FLAP_WINDOW: Duration = Duration::from_secs(600);
/// Changes remembered of a port: more than make it flap are not needed.
const MAX_CHANGES: usize = 16;

/// How a device is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Whether it is reached.
    pub status: DeviceStatus,
    /// Since when.
    pub since: Timestamp,
    /// Why, in words.
    pub reason: String,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When its agent was last seen to have restarted.
    pub restarted_at: Option<Timestamp>,
    /// Its ports, by ifIndex.
    pub ports: Vec<PortCondition>,
    /// Its gauges, in their order.
    pub gauges: Vec<GaugeCondition>,
}

/// How a gauge is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GaugeCondition {
    /// What it measures.
    pub kind: GaugeKind,
    /// Its name.
    pub name: String,
    /// How it is.
    pub status: HealthStatus,
    /// Since when; `None` where it was never seen to change.
    pub since: Option<Timestamp>,
}

/// How a port is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortCondition {
    /// ifIndex
    pub if_index: IfIndex,
    /// ifAdminStatus
    pub admin: Option<AdminStatus>,
    /// ifOperStatus
    pub oper: Option<OperStatus>,
    /// Since when the operational state holds; `None` where it was never seen to change.
    pub since: Option<Timestamp>,
    /// When the operational state changed lately, oldest first.
    pub changes: Vec<Timestamp>,
    /// Whether it was ever seen to be up.
    pub was_up: bool,
}

impl Condition {
    /// Of a device that was just seen for the first time.
    pub fn first(device: &Device, at: Timestamp) -> Self {
        Self {
            status: DeviceStatus::Unknown,
            since: at,
            reason: String::new(),
            first_seen: at,
            restarted_at: None,
            ports: device.interfaces.iter().map(PortCondition::first).collect(),
            gauges: device.health.gauges.iter().map(GaugeCondition::first).collect(),
        }
    }

    /// One port.
    pub fn port(&self, if_index: IfIndex) -> Option<&PortCondition> {
        self.ports.binary_search_by_key(&if_index, |port| port.if_index).ok().and_then(|at| self.ports.get(at))
    }

    /// One port, which probably stands at `place`: for walks over all ports.
    pub(super) fn port_near(&self, place: usize, if_index: IfIndex) -> Option<&PortCondition> {
        self.ports.get(place).filter(|port| port.if_index == if_index).or_else(|| self.port(if_index))
    }

    pub(super) fn port_mut(&mut self, if_index: IfIndex) -> Option<&mut PortCondition> {
        self.ports.binary_search_by_key(&if_index, |port| port.if_index).ok().and_then(|at| self.ports.get_mut(at))
    }

    /// Follows a new description: new ports come in as described, known ones stay as they are, others go.
    pub(super) fn follow(&mut self, device: &Device) {
        let ports = device
            .interfaces
            .iter()
            .map(|described| self.port(described.if_index).cloned().unwrap_or_else(|| PortCondition::first(described)));
        self.ports = ports.collect();
        let known = |(place, gauge): (usize, &Gauge)| self.gauge_near(place, gauge).cloned();
        let gauges = device.health.gauges.iter().enumerate();
        self.gauges =
            gauges.map(|(place, gauge)| known((place, gauge)).unwrap_or_else(|| GaugeCondition::first(gauge))).collect();
    }

    /// A gauge, which probably stands at `place`.
    pub(super) fn gauge_near(&self, place: usize, gauge: &Gauge) -> Option<&GaugeCondition> {
        let is_it = |known: &&GaugeCondition| known.kind == gauge.kind && known.name == gauge.name;
        self.gauges.get(place).filter(is_it).or_else(|| self.gauges.iter().find(is_it))
    }

    pub(super) fn gauge_mut(&mut self, kind: GaugeKind, name: &str) -> Option<&mut GaugeCondition> {
        self.gauges.iter_mut().find(|known| known.kind == kind && known.name == name)
    }
}

impl GaugeCondition {
    fn first(gauge: &Gauge) -> Self {
        Self { kind: gauge.kind, name: gauge.name.clone(), status: gauge.measured.status, since: None }
    }
}

impl PortCondition {
    const fn first(port: &Interface) -> Self {
        Self {
            if_index: port.if_index,
            admin: port.admin_status,
            oper: port.oper_status,
            since: None,
            changes: Vec::new(),
            was_up: matches!(port.oper_status, Some(OperStatus::Up)),
        }
    }

    pub(super) fn change(&mut self, oper: Option<OperStatus>, at: Timestamp) {
        if self.oper != oper {
            self.oper = oper;
            self.was_up |= oper == Some(OperStatus::Up);
            self.since = Some(at);
            if self.changes.len() >= MAX_CHANGES {
                self.changes.remove(0);
            }
            self.changes.push(at);
        }
    }

    /// How often it changed in the window before `at`.
    pub fn changes_before(&self, at: Timestamp) -> usize {
        self.changes.iter().filter(|change| at.since(**change) <= FLAP_WINDOW).count()
    }

    /// Whether it changed too often of late.
    pub fn is_flapping(&self, at: Timestamp) -> bool {
        self.changes_before(at) >= FLAP_CHANGES
    }

    /// Down although it is meant to be up.
    pub fn is_down(&self) -> bool {
        self.admin != Some(AdminStatus::Down)
            && matches!(self.oper, Some(OperStatus::Down | OperStatus::LowerLayerDown | OperStatus::NotPresent))
    }

    /// Up.
    pub fn is_up(&self) -> bool {
        self.oper == Some(OperStatus::Up)
    }
}
