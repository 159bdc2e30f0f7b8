//! Polls, answered and not.

use super::Deriver;
use crate::analyse::identity::Index;
use crate::event::{Body, Silent, Trap};
use crate::model::identity::Mark;
use crate::model::inventory::Problem;
use crate::model::poll::PollReading;
use crate::model::{DeviceStatus, SampleBatch};
use crate::state::MAX_PROBLEMS;
use std::sync::Arc;

/// Polls in a row without an answer after which a device counts as down: one may be lost on the way.
const MISSED_IS_DOWN: u32 = 2;

impl Deriver<'_> {
    /// A poll was answered. Of a device that is not known, or that came late, nothing is taken.
    pub(in crate::state) fn poll(&mut self, reading: &PollReading) -> Option<SampleBatch> {
        let device = Arc::clone(self.state.devices.get(&reading.device)?);
        let live = Arc::make_mut(Arc::make_mut(&mut self.state.live).entry(device.id.clone()).or_default());
        if live.is_late(reading.at) {
            return None;
        }
        let (restarted, mut samples) = live.advance(reading, &device);
        if let Some(health) = &reading.health {
            live.take_health(&device, (reading.at, health), &mut samples.rows);
        }
        let changed = reading.changes.differs_from(std::mem::replace(&mut live.changes, reading.changes));
        if restarted {
            self.emit(Body::Restarted(device.id.clone()));
        }
        if restarted || changed {
            self.reread.insert(device.id.clone());
        }
        self.status(&device, DeviceStatus::Up, "answers polls".to_owned());
        for port in &reading.interfaces {
            self.port(&device, port.if_index, (port.admin_status, port.oper_status));
        }
        if let Some(health) = reading.health.as_ref().filter(|health| health.outline == device.health.outline) {
            self.gauges(&device, health.measured.iter().map(|(place, measured)| (usize::from(*place), *measured)));
        }
        Some(samples).filter(|samples| !samples.rows.is_empty())
    }

    /// A trap came: whatever it says, its sender is to be read anew. Of who is not known nothing is taken.
    pub(in crate::state) fn trap(&mut self, trap: &Trap) {
        let devices = &self.state.devices;
        let marks = self.state.marks.get_or_insert_with(|| Arc::new(Index::of(devices.values().map(AsRef::as_ref))));
        // An address that several devices have says of none that it was this one.
        if let [only] = marks.owners(&Mark::Address(trap.source)) {
            self.reread.insert(only.clone());
        }
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
        let live = Arc::make_mut(Arc::make_mut(&mut self.state.live).entry(device.id.clone()).or_default());
        let samples = live.miss(&device.id, self.at);
        let missed = live.missed;
        if missed >= MISSED_IS_DOWN && !self.state.is_own_host(&device.id) {
            self.status(&device, DeviceStatus::Down, format!("{missed} polls not answered: {}", silent.detail));
        }
        Some(samples)
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
        } else if known || all.len() < MAX_PROBLEMS {
            all.insert(target.to_owned(), problems);
        }
    }
}
