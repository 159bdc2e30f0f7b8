//! Polls, answered and not.

use super::{Deriver, alarms::objects};
use crate::analyse::port::Impossible;
use crate::event::{Body, Elsewhere, Silent};
use crate::model::inventory::Problem;
use crate::model::poll::PollReading;
use crate::model::{Device, DeviceStatus, IfIndex, SampleBatch, SnmpAccess, limit};
use rustc_hash::FxHashSet;
use std::sync::Arc;
use std::time::Duration;

/// Reasons to be up.
const ANSWERS_POLLS: &str = "answers polls";
/// What the reason begins with where only ICMP says so.
pub(super) const ANSWERS_PING: &str = "answers ping";

/// A port whose counters grew by more than it can carry is odd for so long after the last time.
pub(in crate::state) const ODD_PACE: Duration = Duration::from_secs(600);

/// Polls in a row without an answer after which an agent counts as silent: one may be lost on the way.
const MISSED_IS_SILENT: u32 = 2;

/// What a counter did that can't be.
fn impossible_words(device: &Device, if_index: IfIndex, impossible: Impossible) -> String {
    let Impossible { counter, grown, millis } = impossible;
    let speed = device.interface(if_index).and_then(|port| port.speed_bps);
    let speed = speed.map_or_else(|| "its speed".to_owned(), |speed| format!("{} Mb/s", speed / 1_000_000));
    format!("{} rose by {grown} in {} s, more than {speed} allows: no rate is drawn", counter.object(), millis / 1000)
}

impl Deriver<'_> {
    /// A poll was answered. Of a device that is not known, or that came late, nothing is taken.
    pub(in crate::state) fn poll(&mut self, reading: &PollReading) -> Vec<SampleBatch> {
        let Some(device) = self.state.devices.get(&reading.device).map(Arc::clone) else { return Vec::new() };
        let live = self.state.live.of(&device.id);
        let Some(mut polled) = live.advance(reading, &device) else { return Vec::new() };
        if let Some(health) = &reading.health {
            let mut rows = polled.device_rows(reading.at);
            live.take_health(&device, (reading.at, health), &mut rows);
            polled.put_device_rows((&device.id, reading.at), rows);
        }
        let changed = reading.changes.differs_from(std::mem::replace(&mut live.changes, reading.changes));
        let at = self.at;
        for (if_index, impossible) in &polled.impossible {
            live.note_odd(*if_index, at, impossible_words(&device, *if_index, *impossible));
        }
        if polled.restarted {
            self.emit(Body::Restarted(device.id.clone()));
        }
        if polled.restarted || changed || reading.renamed > 0 {
            self.reread.insert(device.id.clone());
        }
        self.answered(&device.id);
        self.status(&device, DeviceStatus::Up, ANSWERS_POLLS.to_owned());
        self.ports(&device, reading);
        if let Some(health) = reading.health.as_ref().filter(|health| health.outline == device.health.outline) {
            self.gauges(&device, health.measured.iter().map(|(place, measured)| (usize::from(*place), *measured)));
        }
        self.rules(&device, reading);
        polled.samples
    }

    /// Holds what was polled against the rules.
    fn rules(&mut self, device: &Device, reading: &PollReading) {
        let ports: Vec<IfIndex> = reading.interfaces.iter().map(|port| port.if_index).collect();
        let mut verdicts = objects::device(self.state, self.at, &device.id);
        verdicts.extend(objects::ports(self.state, self.at, &device.id, &ports));
        if let Some(health) = reading.health.as_ref().filter(|health| health.outline == device.health.outline) {
            let read: FxHashSet<usize> = health.measured.iter().map(|(place, _)| usize::from(*place)).collect();
            verdicts.extend(objects::gauges(self.state, self.at, &device.id, |place, _| read.contains(&place)));
        }
        self.act(verdicts);
    }

    /// Compares what was read of the ports with what is known of them.
    fn ports(&mut self, device: &Device, reading: &PollReading) {
        let Some(condition) = self.state.conditions.get(&device.id).map(Arc::clone) else { return };
        for port in &reading.interfaces {
            let is_news = condition.port(port.if_index).is_some_and(|known| {
                port.admin_status.is_some_and(|admin| known.admin != Some(admin))
                    || port.oper_status.is_some_and(|oper| known.oper != Some(oper))
            });
            if is_news {
                self.port(device, port.if_index, (port.admin_status, port.oper_status));
            }
        }
    }

    /// A device that was silent answers at another of its addresses: it is polled there from now on.
    pub(in crate::state) fn elsewhere(&mut self, found: &Elsewhere) {
        let Some(known) = self.state.devices.get(&found.device).map(Arc::clone) else { return };
        let Some(access) = known.snmp.as_ref().filter(|access| access.address == found.silent) else { return };
        let mut device = Device::clone(&known);
        device.snmp = Some(SnmpAccess { address: found.answers, ..access.clone() });
        self.emit(Body::DeviceSeen(Box::new(device)));
        self.answered(&found.device);
        self.status(&known, DeviceStatus::Up, format!("answers at {}", found.answers.ip()));
    }

    /// Nobody answered.
    pub(in crate::state) fn silent(&mut self, silent: &Silent) -> Option<SampleBatch> {
        let Some(device) = silent.device.as_ref().and_then(|id| self.state.devices.get(id)).cloned() else {
            self.problems(
                &silent.target.to_string(),
                vec![Problem { target: silent.target.to_string(), reason: silent.reason, detail: silent.detail.clone() }],
            );
            return None;
        };
        let live = self.state.live.of(&device.id);
        let samples = live.miss(&device.id, self.at, silent.echoes);
        let missed = live.missed;
        // Whoever answers an echo is there, and so is the way to it.
        match silent.echoes.filter(|echoes| echoes.answered > 0) {
            _ if self.state.is_own_host(&device.id) => {}
            Some(_) => {
                self.answered(&device.id);
                if missed >= MISSED_IS_SILENT {
                    self.status(&device, DeviceStatus::Up, format!("{ANSWERS_PING}, SNMP silent: {}", silent.detail));
                }
            }
            None => self.unanswered(&device, (missed, &silent.detail)),
        }
        samples
    }

    /// Replaces what is known to be wrong with a target.
    pub(super) fn problems(&mut self, target: &str, problems: Vec<Problem>) {
        let known = self.state.problems.contains_key(target);
        if problems.is_empty() && !known {
            return;
        }
        let all = Arc::make_mut(&mut self.state.problems);
        if problems.is_empty() {
            all.remove(target);
        } else if known || limit::PROBLEMS.has_room(all.len()) {
            all.insert(target.to_owned(), problems);
        }
    }
}
