//! When each device is polled next: its place in the interval, and how rarely it is asked while it is silent.

use super::super::poll::PollPlan;
use crate::model::DeviceId;
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A new device is polled within this time, that its figures need not wait for a whole interval.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// A poll that would begin this part of an interval after the one before is left out: two so near would say little.
const NEAREST: f64 = 0.5;

/// Polls in a row without an answer after which a device is only probed: one may be lost, two say that it is down.
const BACKS_OFF_AFTER: u32 = 3;

/// Longest time between two probes, unless the interval itself is longer: who comes back is seen within it. Of 5,000 silent devices it is 42
/// small datagrams a second.
const RAREST_PROBE: Duration = Duration::from_secs(120);

/// Intervals between two probes at most of whoever answers echoes: the device is there, and its agent most often comes back soon.
const PROBES_OF_THE_LIVING: u32 = 4;

/// What a device's place is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A whole poll.
    Poll,
    /// sysUpTime alone, once; a whole poll if that is answered.
    Probe,
    /// Nothing is sent: the device is silent, and its next probe not due.
    Nothing,
}

/// Devices that answer and devices that don't have places of their own, so that waiting for the one does not hold up the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    Answering,
    Silent,
}

/// A device and when it is polled next.
pub(super) struct Scheduled {
    pub(super) plan: Arc<PollPlan>,
    due: Instant,
    /// Polls in a row that were not answered.
    missed: u32,
    /// When it is probed next, and how long after that again.
    probe: (Instant, Duration),
    /// Whether it answered ICMP when that was last known.
    answers_ping: bool,
}

impl Scheduled {
    fn queue(&self) -> Queue {
        if self.missed == 0 { Queue::Answering } else { Queue::Silent }
    }

    /// When its place is.
    pub(super) const fn due(&self) -> Instant {
        self.due
    }

    /// Whether it did not answer the last time.
    pub(super) const fn is_silent(&self) -> bool {
        self.missed > 0
    }

    pub(super) const fn is_backed_off(&self) -> bool {
        self.missed >= BACKS_OFF_AFTER
    }
}

/// All places.
pub(super) struct Places {
    devices: FxHashMap<DeviceId, Scheduled>,
    answering: BTreeSet<(Instant, DeviceId)>,
    silent: BTreeSet<(Instant, DeviceId)>,
    interval: Duration,
    /// Where the phases are counted from.
    epoch: Instant,
    backed_off: u64,
}

impl Places {
    pub(super) fn new(interval: Duration, epoch: Instant) -> Self {
        let devices = FxHashMap::default();
        Self { devices, answering: BTreeSet::new(), silent: BTreeSet::new(), interval, epoch, backed_off: 0 }
    }

    pub(super) fn get(&self, device: &DeviceId) -> Option<&Scheduled> {
        self.devices.get(device)
    }

    pub(super) fn len(&self) -> usize {
        self.devices.len()
    }

    /// Devices that are only probed.
    pub(super) const fn backed_off(&self) -> u64 {
        self.backed_off
    }

    /// Takes over new plans: what is new is polled soon, what is known keeps its place, what is gone is polled no more. A silent device
    /// that is described anew answered somebody: it is polled soon, too.
    pub(super) fn plan(&mut self, plans: &[PollPlan], at: Instant) {
        let wanted: FxHashMap<&DeviceId, &PollPlan> = plans.iter().map(|plan| (&plan.device.id, plan)).collect();
        let gone: Vec<DeviceId> = self.devices.keys().filter(|device| !wanted.contains_key(device)).cloned().collect();
        gone.iter().for_each(|device| drop(self.remove(device)));
        for plan in plans {
            let id = &plan.device.id;
            match self.devices.get(id) {
                Some(known) if *known.plan == *plan => {}
                Some(known) if known.missed == 0 && known.plan.interval == plan.interval => {
                    if let Some(known) = self.devices.get_mut(id) {
                        known.plan = Arc::new(plan.clone());
                    }
                }
                _ => {
                    self.remove(id);
                    let due = at + phase(id, FIRST_WITHIN.min(self.interval_of(plan)));
                    let (plan, probe) = (Arc::new(plan.clone()), (due, Duration::ZERO));
                    self.insert(id, Scheduled { plan, due, missed: 0, probe, answers_ping: false });
                }
            }
        }
    }

    /// When the first of a queue is due.
    pub(super) fn next(&self, queue: Queue) -> Option<Instant> {
        self.queue(queue).first().map(|(at, _)| *at)
    }

    /// Takes the first of a queue that is due at `at`, and gives it its next place. With when it was due.
    pub(super) fn take_due(&mut self, queue: Queue, at: Instant) -> Option<(DeviceId, Instant)> {
        let (due, device) = self.queue(queue).first().filter(|(due, _)| *due <= at)?.clone();
        let mut scheduled = self.remove(&device)?;
        scheduled.due = self.next_due(&device, (at, self.interval_of(&scheduled.plan)));
        self.insert(&device, scheduled);
        Some((device, due))
    }

    /// What the place that was just taken is used for. `answers_ping` is whether ICMP was answered since the place before.
    pub(super) fn use_of(&mut self, device: &DeviceId, (at, answers_ping): (Instant, Option<bool>)) -> Use {
        let Some(scheduled) = self.devices.get_mut(device) else { return Use::Nothing };
        let is_back = answers_ping == Some(true) && !scheduled.answers_ping;
        scheduled.answers_ping = answers_ping.unwrap_or(scheduled.answers_ping);
        if !scheduled.is_backed_off() {
            return Use::Poll;
        }
        // A probe is due at a place of its own, which may come a little early.
        let is_due = scheduled.probe.0 <= at + FIRST_WITHIN;
        if is_due || is_back { Use::Probe } else { Use::Nothing }
    }

    /// Intervals that fit between two times: places that were passed over.
    pub(super) fn passed(&self, device: &DeviceId, (due, at): (Instant, Instant)) -> u64 {
        let interval = self.devices.get(device).map_or(self.interval, |scheduled| self.interval_of(&scheduled.plan));
        u64::try_from(at.saturating_duration_since(due).as_nanos() / interval.as_nanos().max(1)).unwrap_or(0)
    }

    /// The device answered.
    pub(super) fn answered(&mut self, device: &DeviceId) {
        if self.devices.get(device).is_some_and(|known| known.missed > 0)
            && let Some(mut scheduled) = self.remove(device)
        {
            scheduled.missed = 0;
            self.insert(device, scheduled);
        }
    }

    /// The device was asked and did not answer.
    pub(super) fn silent(&mut self, device: &DeviceId, at: Instant) {
        let Some(mut scheduled) = self.remove(device) else { return };
        let interval = self.interval_of(&scheduled.plan);
        scheduled.missed = scheduled.missed.saturating_add(1);
        if scheduled.is_backed_off() {
            let rarest = if scheduled.answers_ping { interval * PROBES_OF_THE_LIVING } else { RAREST_PROBE };
            let gap = (scheduled.probe.1 * 2).clamp(interval, rarest.min(RAREST_PROBE).max(interval));
            scheduled.probe = (at + gap, gap);
        }
        self.insert(device, scheduled);
    }

    fn interval_of(&self, plan: &PollPlan) -> Duration {
        plan.interval.unwrap_or(self.interval).max(Duration::from_millis(1))
    }

    const fn queue(&self, queue: Queue) -> &BTreeSet<(Instant, DeviceId)> {
        match queue {
            Queue::Answering => &self.answering,
            Queue::Silent => &self.silent,
        }
    }

    const fn queue_mut(&mut self, queue: Queue) -> &mut BTreeSet<(Instant, DeviceId)> {
        match queue {
            Queue::Answering => &mut self.answering,
            Queue::Silent => &mut self.silent,
        }
    }

    fn insert(&mut self, device: &DeviceId, scheduled: Scheduled) {
        self.queue_mut(scheduled.queue()).insert((scheduled.due, device.clone()));
        self.backed_off += u64::from(scheduled.is_backed_off());
        self.devices.insert(device.clone(), scheduled);
    }

    fn remove(&mut self, device: &DeviceId) -> Option<Scheduled> {
        let scheduled = self.devices.remove(device)?;
        self.queue_mut(scheduled.queue()).remove(&(scheduled.due, device.clone()));
        self.backed_off -= u64::from(scheduled.is_backed_off());
        Some(scheduled)
    }

    /// The device's next place in an interval, far enough from `at`.
    fn next_due(&self, device: &DeviceId, (at, interval): (Instant, Duration)) -> Instant {
        let earliest = at + interval.mul_f64(NEAREST);
        let phase = phase(device, interval);
        let passed = earliest.saturating_duration_since(self.epoch);
        let into = Duration::from_nanos(u64::try_from(passed.as_nanos() % interval.as_nanos()).unwrap_or(0));
        earliest + if phase >= into { phase - into } else { interval + phase - into }
    }
}

/// The device's own place within `span`: the same in every run.
fn phase(device: &DeviceId, span: Duration) -> Duration {
    let mut hasher = FxHasher::default();
    device.as_str().hash(&mut hasher);
    // The upper half is the better mixed one.
    let share = f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or(0)) / f64::from(u32::MAX);
    span.mul_f64(share)
}
