//! What follows from an observation: the events that are journalled.
//!
//! A file for each thing that derives: `inventory` (who is it, what changed), `own` (the host itself), `poll` (status and samples), `links`
//! with their `dates`, `maintenance`, `endpoints` with their `moves`, `bridge` (spanning tree, what ports feed), `alarms`, those of `sensors`, `reach` (who is down, who only
//! behind it), `causes` (which alarm explains which), `traps`; `tell` puts
//! events into words. Every derived event is taken over at once,
//! before the next is derived.

mod alarms;
mod bridge;
mod causes;
mod dates;
mod endpoints;
mod forget;
mod inventory;
mod links;
mod maintenance;
pub(super) mod moves;
mod own;
mod poll;
mod reach;
mod sensors;
pub(super) mod tell;
mod traps;
mod wireless;

pub(super) use causes::plugged::Plugged;
pub(super) use causes::port_of;
pub(super) use links::LinkWork;
pub(super) use own::Own;
pub(super) use poll::ODD_PACE;
pub(super) use reach::net::chart;

use super::State;
use crate::event::{Body, DeviceStatusChange, Event, GaugeStatusChange, InterfaceStatusChange};
use crate::model::{AdminStatus, AlarmOrder, Device, DeviceId, DeviceStatus, IfIndex, Measured, Notice, OperStatus, Timestamp};
use std::collections::BTreeSet;

/// Derives events from one observation.
pub(super) struct Deriver<'a> {
    pub(super) state: &'a mut State,
    pub(super) at: Timestamp,
    pub(super) derived: Vec<Event>,
    /// Devices whose inventory is out of date.
    pub(super) reread: BTreeSet<DeviceId>,
    /// Devices that are to be polled at once.
    pub(super) poll_now: BTreeSet<DeviceId>,
}

impl<'a> Deriver<'a> {
    pub(super) const fn new(state: &'a mut State, at: Timestamp) -> Self {
        Self { state, at, derived: Vec::new(), reread: BTreeSet::new(), poll_now: BTreeSet::new() }
    }

    /// Takes a derived event over, and what alarms follow from it.
    pub(super) fn emit(&mut self, body: Body) {
        let event = Event { at: self.at, body };
        let before = alarms::before(self.state, &event.body);
        let changes = alarms::changed(self.state, &event.body);
        let (after, times) = (alarms::After::of(self.state, &event.body), alarms::times(&event.body));
        let rows = self.state.take(&event);
        self.derived.push(event);
        for body in before {
            self.put(body);
        }
        self.look_after(&after);
        self.tell_changes(changes);
        self.happened(&rows, times);
    }

    /// Takes a derived event over from which no alarm follows.
    fn put(&mut self, body: Body) {
        if let Body::AlarmCleared(id) = &body {
            self.state.room_for_episode(id);
        }
        let event = Event { at: self.at, body };
        self.state.take(&event);
        self.derived.push(event);
    }

    /// A second passed: links are resolved and endpoints placed where inventories changed, and what rules wait for may be over.
    pub(super) fn tick(&mut self) {
        if self.state.link_work.is_due() {
            self.links();
        }
        self.endpoints();
        self.end_maintenance();
        self.settle();
    }

    /// An operator does something about alarms: of those that stand it is remembered.
    pub(super) fn handle(&mut self, order: &AlarmOrder) {
        for body in alarms::handled(self.state, order) {
            self.emit(body);
        }
    }

    /// Somebody was told about an alarm, or was not: of those that are known it is remembered.
    pub(super) fn noticed(&mut self, notice: &Notice) {
        if self.state.alarms.contains_key(&notice.alarm) {
            self.emit(Body::NoticeSeen(Box::new(notice.clone())));
        }
    }

    fn status(&mut self, device: &Device, to: DeviceStatus, reason: String) {
        let known = self.state.conditions.get(&device.id);
        let from = known.map_or(DeviceStatus::Unknown, |condition| condition.status);
        // Up by ping alone is another way to be up.
        let by_ping = |reason: &str| reason.starts_with(poll::ANSWERS_PING);
        let differs = known.is_some_and(|condition| by_ping(&condition.reason) != by_ping(&reason));
        if from != to || (differs && to == DeviceStatus::Up) {
            // Whatever happened while it did not answer was not seen.
            if from == DeviceStatus::Down && to == DeviceStatus::Up {
                self.reread.insert(device.id.clone());
            }
            self.emit(Body::DeviceStatus(DeviceStatusChange { device: device.id.clone(), from, to, reason }));
            if from == DeviceStatus::Unreachable {
                self.clear(&reach::unreachable_alarm(&device.id));
            }
        }
    }

    /// Compares what was read of a port with what is known. What was not read changes nothing.
    fn port(&mut self, device: &Device, if_index: IfIndex, (admin, oper): (Option<AdminStatus>, Option<OperStatus>)) {
        let known = self.state.conditions.get(&device.id).and_then(|condition| condition.port(if_index));
        let (Some(known), Some(port)) = (known, device.interface(if_index)) else { return };
        let (admin, to, from) = (admin.or(known.admin), oper.or(known.oper), known.oper);
        if admin != known.admin || to != known.oper {
            if to != from && self.is_wiring(&device.id, if_index) {
                self.reread.insert(device.id.clone());
            }
            let change = InterfaceStatusChange { device: device.id.clone(), if_index, name: port.name(), admin, from, to };
            self.emit(Body::InterfaceStatus(change));
            self.beyond((&device.id, if_index), from == Some(OperStatus::Up) && to != from);
        }
    }

    /// Compares how gauges were read to be with how they are known to be.
    fn gauges(&mut self, device: &Device, measured: impl IntoIterator<Item = (usize, Measured)>) {
        let Some(condition) = self.state.conditions.get(&device.id).cloned() else { return };
        for (place, measured) in measured {
            let Some(gauge) = device.health.gauges.get(place) else { continue };
            let Some(from) = condition.gauge_near(place, gauge).map(|known| known.status) else { continue };
            if from != measured.status {
                self.emit(Body::GaugeStatus(GaugeStatusChange {
                    device: device.id.clone(),
                    kind: gauge.kind,
                    name: gauge.name.clone(),
                    from,
                    to: measured.status,
                }));
            }
        }
    }

    /// Whether what happens to a port may change links: one hangs on it, or the device does not tell when its neighbours change.
    fn is_wiring(&self, device: &DeviceId, if_index: IfIndex) -> bool {
        let has_link = |link: &std::sync::Arc<crate::model::Link>| {
            [&link.a, &link.b].into_iter().any(|end| end.device == *device && end.if_index == Some(if_index))
        };
        let tells = self.state.live.get(device).is_some_and(|live| live.changes.neighbours.is_some());
        !tells || self.state.links_of(device).iter().any(has_link)
    }
}
