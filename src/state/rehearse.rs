//! A past gone through again with rules: what they would have raised and cleared. Nothing of it is journalled.
//!
//! The alarms that stood then are left out, and so is everything else that is told of alarms: only what devices did counts.

use super::derive::Deriver;
use super::{LiveSample, State};
use crate::event::{Body, Event};
use crate::model::heard::Heard;
use crate::model::{DeviceId, Timestamp};
use std::sync::Arc;

impl State {
    /// As if no alarm had ever been.
    pub fn forget_alarms(&mut self) {
        self.alarms = Arc::default();
        self.alarmed = Arc::default();
        self.handlings = Arc::default();
        self.causes = Arc::default();
        self.episodes = Arc::default();
        self.notices = Arc::default();
        self.watches = Arc::default();
        (self.missed_at, self.swept_at) = (self.now, self.now);
    }

    /// Something happened; returns the alarms that were raised and cleared.
    pub fn rehearse(&mut self, event: &Event) -> Vec<Event> {
        let is_of_alarms = matches!(
            event.body,
            Body::AlarmRaised(_)
                | Body::AlarmCleared(_)
                | Body::AlarmHandled(_)
                | Body::Explained(_)
                | Body::NoticeSeen(_)
                | Body::MaintenanceSet(_)
                | Body::MaintenanceOver(..)
        );
        if is_of_alarms || !event.is_derived() {
            return Vec::new();
        }
        self.rehearsed(event.at, |deriver| {
            deriver.emit(event.body.clone());
            if let Body::WirelessSeen(part) = &event.body {
                deriver.look_at_air(&part.reading.controller);
            }
        })
    }

    /// A poll of a device was answered so.
    pub fn rehearse_samples(&mut self, at: Timestamp, device: &DeviceId, samples: &[LiveSample]) -> Vec<Event> {
        let Some(known) = self.devices.get(device).map(Arc::clone) else { return Vec::new() };
        self.live.of(device).follow(&known, samples);
        self.rehearsed(at, |deriver| deriver.look_at_all(device))
    }

    /// Listeners found something.
    pub fn rehearse_heard(&mut self, at: Timestamp, heard: &[Heard]) -> Vec<Event> {
        self.rehearsed(at, |deriver| deriver.found_in_lines(heard))
    }

    /// Time passed.
    pub fn rehearse_tick(&mut self, at: Timestamp) -> Vec<Event> {
        self.rehearsed(at, |deriver| deriver.settle())
    }

    fn rehearsed(&mut self, at: Timestamp, what: impl FnOnce(&mut Deriver<'_>)) -> Vec<Event> {
        self.now = self.now.max(at);
        let mut deriver = Deriver::new(self, at);
        what(&mut deriver);
        let mut derived = deriver.derived;
        derived.retain(|event| matches!(event.body, Body::AlarmRaised(_) | Body::AlarmCleared(_)));
        derived
    }
}
