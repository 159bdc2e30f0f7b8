//! What is talked now: the running minute, to which every second is added, and from which answers are made at once.
//!
//! The engine's loop owns the adding; readers take a picture, which is made at most once a second and only when somebody asks. When a
//! minute is over it goes to the store. What flowed through ports in earlier minutes, as long flows tell late, goes there as parts
//! of those minutes.

use crate::model::Timestamp;
use crate::model::flow::{ExporterKey, FlowBatch, FlowLevel, FlowStretch, FlowTime, PortLoad};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Conversations of the running minute: up to four times as many are held between two cuts, 20 MB.
const RUNNING_ROWS: usize = 20_000;

/// Conversations of a minute as it is kept: with its single sides some 100 kB, 13 GB in 90 days where there are always as many.
const KEPT_ROWS: usize = 4_000;

/// Minutes back for which late loads are taken; what is older is an exporter's wrong clock.
const LATE_MINUTES: i64 = 60;

/// See the module.
#[derive(Default)]
pub(super) struct RunningFlows {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    minute: Option<FlowStretch>,
    late: BTreeMap<Timestamp, FlowStretch>,
    /// What was last asked for; `None` since something was added.
    picture: Option<Arc<FlowTime>>,
}

impl RunningFlows {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what was heard in a second; returns what is to be kept now: the minute that is over, and parts of earlier ones.
    pub(super) fn add(&self, at: Timestamp, batch: &FlowBatch) -> Vec<FlowTime> {
        let mut inner = self.lock();
        let over = inner.turn(FlowLevel::Minute.start_of(at));
        let start = FlowLevel::Minute.start_of(at);
        let minute = inner.minute.get_or_insert_with(|| FlowStretch::new(FlowLevel::Minute, start, RUNNING_ROWS));
        let others = minute.add_batch(batch);
        inner.picture = None;
        inner.add_late(&others);
        over
    }

    /// The minute that is over by a time, should there be one, and parts of earlier ones.
    pub(super) fn tick(&self, now: Timestamp) -> Vec<FlowTime> {
        self.lock().turn(FlowLevel::Minute.start_of(now))
    }

    /// All that was not handed out yet, as the engine ends.
    pub(super) fn finish(&self) -> Vec<FlowTime> {
        self.lock().turn(Timestamp(i64::MAX))
    }

    /// The running minute as it is; `None` where nothing was heard yet.
    pub(super) fn now(&self) -> Option<Arc<FlowTime>> {
        let mut inner = self.lock();
        if inner.picture.is_none() {
            inner.picture = inner.minute.as_mut().map(|minute| Arc::new(minute.time()));
        }
        inner.picture.clone()
    }
}

impl Inner {
    /// Hands out what is over when the minute is that of `start`. A clock that was set back begins a new one as well.
    fn turn(&mut self, start: Timestamp) -> Vec<FlowTime> {
        let Some(minute) = self.minute.as_mut().filter(|minute| minute.start() != start) else { return Vec::new() };
        let mut over = Vec::new();
        if !minute.is_empty() {
            let mut time = minute.time();
            time.talks.cut(KEPT_ROWS);
            over.push(time);
        }
        minute.begin(start);
        self.picture = None;
        let late = std::mem::take(&mut self.late);
        over.extend(late.into_values().map(|mut part| part.time()));
        over
    }

    fn add_late(&mut self, loads: &[(ExporterKey, PortLoad)]) {
        let Some(running) = self.minute.as_ref().map(FlowStretch::start) else { return };
        for (exporter, load) in loads {
            let start = FlowLevel::Minute.start_of(load.minute);
            let age = (running.0 - start.0) / FlowLevel::Minute.millis();
            // What is told of the future, or of long ago, is taken for now: it must not be missing from the sums.
            let start = if (0..=LATE_MINUTES).contains(&age) { start } else { running };
            if start == running {
                if let Some(minute) = &mut self.minute {
                    minute.add_load(exporter, load);
                }
                continue;
            }
            let part = self.late.entry(start).or_insert_with(|| FlowStretch::new(FlowLevel::Minute, start, 0));
            part.add_load(exporter, load);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::{FlowAddr, FlowVersion, TalkKey, TalkSum, Talks};

    fn batch(octets: u64, loads: &[i64]) -> FlowBatch {
        let key = ExporterKey { address: [192, 0, 2, 1].into(), version: FlowVersion::Ipfix, domain: 0 };
        let sum = TalkSum { octets, flows: 1, ..TalkSum::default() };
        let load = |minute: &i64| PortLoad {
            exporter: 0,
            if_index: 1,
            inward: true,
            minute: Timestamp(minute * 60_000),
            octets: 8,
            packets: 1,
        };
        FlowBatch {
            exporters: vec![key],
            talks: Talks { rows: vec![(TalkKey { src: FlowAddr::v4(1), ..TalkKey::default() }, sum)], ..Talks::default() },
            loads: loads.iter().map(load).collect(),
            ..FlowBatch::default()
        }
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn seconds_add_up_to_a_minute_that_is_handed_out_when_the_next_begins() {
        let flows = RunningFlows::default();
        assert_eq!(flows.now(), None);
        assert_eq!(flows.add(at(600), &batch(10, &[])), []);
        assert_eq!(flows.add(at(659), &batch(20, &[])), []);
        assert_eq!(flows.tick(at(659)), []);
        assert_eq!(flows.now().unwrap().talks.total().octets, 30);
        let over = flows.add(at(660), &batch(5, &[]));
        assert_eq!(over.iter().map(|time| (time.start, time.talks.total().octets)).collect::<Vec<_>>(), [(at(600), 30)]);
        assert_eq!(flows.now().unwrap().talks.total().octets, 5);
        assert_eq!(flows.tick(at(725)).len(), 1);
        assert_eq!(flows.tick(at(785)), [], "nothing was talked");
        assert_eq!(flows.finish(), []);
    }

    #[test]
    fn what_is_told_late_goes_to_its_own_minute_and_nothing_is_lost() {
        let flows = RunningFlows::default();
        flows.add(at(36_000), &batch(1, &[600, 599, 590, 601, 1]));
        flows.add(at(36_001), &batch(1, &[590]));
        let over = flows.finish();
        let told: Vec<(i64, u64)> =
            over.iter().map(|time| (time.start.secs() / 60, time.loads.iter().map(|load| load.octets).sum())).collect();
        assert_eq!(told, [(600, 24), (590, 16), (599, 8)]);
        assert!(over[1].talks.is_empty());
    }
}
