//! Readings of wireless controllers.

use super::{Deriver, alarms::objects};
use crate::event::{ApEvent, Body};
use crate::model::{SampleBatch, WirelessReading};

impl Deriver<'_> {
    /// A controller told what it controls. Of one that is not known, or that came late, nothing is taken.
    pub(in crate::state) fn wireless(&mut self, reading: &WirelessReading) -> Vec<SampleBatch> {
        let Some(followed) = self.state.follow_wireless(reading) else { return Vec::new() };
        let is_news = || followed.changes.iter().any(|change| change.change == ApEvent::New);
        let parts = self.state.wireless_parts(&reading.controller, is_news);
        for change in followed.changes {
            self.emit(Body::AccessPoint(Box::new(change)));
        }
        for part in parts {
            self.emit(Body::WirelessSeen(Box::new(part)));
        }
        let verdicts = objects::air(self.state, self.at, &reading.controller, None);
        self.act(verdicts);
        followed.samples
    }
}
