//! Every device polled on its own interval.
//!
//! Polls are spread over the interval by the device's id, so that they come evenly and at the same place each time. No device is
//! polled twice at once: what falls due while a poll still runs is skipped and counted. A poll's event waits for room in the engine's
//! channel, and its device with it.

use super::client::Client;
use super::error::SnmpError;
use super::poll::{PollPlan, poll};
use super::session::Limits;
use crate::clock;
use crate::collect::Emitter;
use crate::event::{Body, Silent};
use crate::model::DeviceId;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::collections::{BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// Devices polled at one time.
const IN_FLIGHT: usize = 512;

/// A new device is polled within this time, that its figures need not wait for a whole interval.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// A poll that would begin this part of an interval after the one before is left out: two so near would say little.
const NEAREST: f64 = 0.5;

/// Delays kept for their 95th percentile.
const KEPT: usize = 1024;

/// How polling goes, and for how long each device may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollerOptions {
    /// How often each device is polled.
    pub interval: Duration,
    /// First wait for a reply.
    pub timeout: Duration,
    /// Repetitions after the first request.
    pub retries: u32,
}

/// Counters of the poller; those of the datagrams are the client's.
#[derive(Debug, Default)]
pub struct PollerCounters {
    polls: AtomicU64,
    answered: AtomicU64,
    partial: AtomicU64,
    silent: AtomicU64,
    missed: AtomicU64,
    lags: Mutex<VecDeque<Duration>>,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PollerCounts {
    /// Polls begun.
    pub polls: u64,
    /// Polls answered.
    pub answered: u64,
    /// Of those, answered in part.
    pub partial: u64,
    /// Polls that were not answered.
    pub silent: u64,
    /// Polls left out because the one before still ran, or no place was free in time.
    pub missed: u64,
    /// 95th percentile of the time from when a poll fell due until it was handed over; `None` before the first.
    pub lag_p95: Option<Duration>,
}

impl PollerCounters {
    /// The counters as they are now.
    pub fn counts(&self) -> PollerCounts {
        let mut lags: Vec<Duration> = self.lags.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        lags.sort_unstable();
        let rank = (lags.len() * 95).div_ceil(100).checked_sub(1);
        PollerCounts {
            polls: self.polls.load(Relaxed),
            answered: self.answered.load(Relaxed),
            partial: self.partial.load(Relaxed),
            silent: self.silent.load(Relaxed),
            missed: self.missed.load(Relaxed),
            lag_p95: rank.and_then(|rank| lags.get(rank)).copied(),
        }
    }

    fn lag(&self, lag: Duration) {
        let mut lags = self.lags.lock().unwrap_or_else(PoisonError::into_inner);
        if lags.len() == KEPT {
            lags.pop_front();
        }
        lags.push_back(lag);
    }
}

/// A device and when it is polled next.
struct Scheduled {
    plan: Arc<PollPlan>,
    due: Instant,
}

/// Polls what the plans say until cancelled, or until nobody listens.
pub struct Poller {
    client: Client,
    options: PollerOptions,
    emitter: Emitter,
    counters: Arc<PollerCounters>,
    devices: FxHashMap<DeviceId, Scheduled>,
    due: BTreeSet<(Instant, DeviceId)>,
    /// Devices of which a poll runs, planned or no longer.
    busy: FxHashSet<DeviceId>,
    running: JoinSet<(DeviceId, bool)>,
    /// Where the interval's phases are counted from.
    epoch: Instant,
}

impl Poller {
    /// Nothing is polled before [`Self::run`]. Must be called inside a tokio runtime.
    pub fn new(client: Client, options: PollerOptions, emitter: Emitter) -> Self {
        Self {
            client,
            options,
            emitter,
            counters: Arc::default(),
            devices: FxHashMap::default(),
            due: BTreeSet::new(),
            busy: FxHashSet::default(),
            running: JoinSet::new(),
            epoch: now(),
        }
    }

    /// The counters, for `status`.
    pub fn counters(&self) -> Arc<PollerCounters> {
        Arc::clone(&self.counters)
    }

    /// Polls. Ends when cancelled, when the plans' sender is gone, or when nobody listens.
    pub async fn run(mut self, mut plans: watch::Receiver<Arc<Vec<PollPlan>>>, cancel: CancellationToken) {
        plans.mark_changed();
        loop {
            let next = self.due.first().map(|(at, _)| *at).filter(|_| self.running.len() < IN_FLIGHT);
            tokio::select! {
                () = cancel.cancelled() => return,
                changed = plans.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let new = Arc::clone(&plans.borrow_and_update());
                    self.plan(&new);
                }
                Some(done) = self.running.join_next() => match done {
                    Ok((device, true)) => drop(self.busy.remove(&device)),
                    Ok((_, false)) => return,
                    Err(error) => tracing::error!(%error, "a poll ended without a word"),
                },
                () = until(next) => self.start_due(),
            }
        }
    }

    /// Takes over new plans: what is new is polled soon, what is known keeps its place, what is gone is polled no more.
    fn plan(&mut self, plans: &[PollPlan]) {
        let wanted: FxHashMap<&DeviceId, &PollPlan> = plans.iter().map(|plan| (&plan.device, plan)).collect();
        self.devices.retain(|device, scheduled| {
            let stays = wanted.contains_key(device);
            if !stays {
                self.due.remove(&(scheduled.due, device.clone()));
            }
            stays
        });
        let at = now();
        for plan in plans {
            match self.devices.get_mut(&plan.device) {
                Some(scheduled) => {
                    if *scheduled.plan != *plan {
                        scheduled.plan = Arc::new(plan.clone());
                    }
                }
                None => {
                    let due = at + self.phase(&plan.device, FIRST_WITHIN.min(self.options.interval));
                    self.due.insert((due, plan.device.clone()));
                    self.devices.insert(plan.device.clone(), Scheduled { plan: Arc::new(plan.clone()), due });
                }
            }
        }
    }

    fn start_due(&mut self) {
        let at = now();
        while self.running.len() < IN_FLIGHT {
            let Some((due, device)) = self.due.first().filter(|(due, _)| *due <= at).cloned() else { return };
            self.due.pop_first();
            let next = self.next_due(&device, at);
            let Some(scheduled) = self.devices.get_mut(&device) else { continue };
            scheduled.due = next;
            self.due.insert((next, device.clone()));
            let plan = Arc::clone(&scheduled.plan);
            let begins = self.busy.insert(device);
            let late = u64::try_from(at.duration_since(due).as_nanos() / self.options.interval.as_nanos().max(1)).unwrap_or(0);
            self.counters.missed.fetch_add(late + u64::from(!begins), Relaxed);
            if begins {
                self.start(plan, due);
            }
        }
    }

    fn start(&mut self, plan: Arc<PollPlan>, due: Instant) {
        let (client, emitter, counters) = (self.client.clone(), self.emitter.clone(), Arc::clone(&self.counters));
        let PollerOptions { interval, timeout, retries } = self.options;
        // A device that takes longer than its interval is cut off and read in part; small intervals still leave time for the repetitions.
        let patience = timeout * (retries + 2);
        let limits = Limits { timeout, retries, deadline: Some(interval.max(patience)), ..Limits::default() };
        self.running.spawn(async move {
            counters.polls.fetch_add(1, Relaxed);
            let result = poll(&client, &plan, limits).await;
            let listened = tell(&emitter, &plan, &counters, result).await;
            counters.lag(now().duration_since(due));
            (plan.device.clone(), listened)
        });
    }

    /// The device's next place in an interval, far enough from `at`.
    fn next_due(&self, device: &DeviceId, at: Instant) -> Instant {
        let interval = self.options.interval.max(Duration::from_millis(1));
        let earliest = at + interval.mul_f64(NEAREST);
        let phase = self.phase(device, interval);
        let passed = earliest.duration_since(self.epoch);
        let into = Duration::from_nanos(u64::try_from(passed.as_nanos() % interval.as_nanos()).unwrap_or(0));
        earliest + if phase >= into { phase - into } else { interval + phase - into }
    }

    /// The device's own place within `span`: the same in every run.
    fn phase(&self, device: &DeviceId, span: Duration) -> Duration {
        let mut hasher = FxHasher::default();
        device.as_str().hash(&mut hasher);
        // The upper half is the better mixed one.
        let share = f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or(0)) / f64::from(u32::MAX);
        span.mul_f64(share)
    }
}

/// Hands a poll over. Whether anyone listens.
async fn tell(
    emitter: &Emitter,
    plan: &PollPlan,
    counters: &PollerCounters,
    result: Result<crate::model::poll::PollReading, SnmpError>,
) -> bool {
    let (at, body) = match result {
        Ok(reading) => {
            counters.answered.fetch_add(1, Relaxed);
            counters.partial.fetch_add(u64::from(reading.partial), Relaxed);
            (reading.at, Body::Poll(Box::new(reading)))
        }
        Err(error) => {
            counters.silent.fetch_add(1, Relaxed);
            (clock::now(), Body::Silent(silent(plan, &error)))
        }
    };
    emitter.send(at, body).await.is_ok()
}

fn silent(plan: &PollPlan, error: &SnmpError) -> Silent {
    use super::error::Failure;
    let sent = match &error.failure {
        Failure::Timeout { requests, .. } => *requests,
        _ => 1,
    };
    Silent {
        device: Some(plan.device.clone()),
        target: plan.agent.address,
        reason: error.reason(),
        detail: error.failure.to_string(),
        sent,
    }
}

/// tokio's own clock, which tests pause; a timer of no length is due now.
fn now() -> Instant {
    sleep(Duration::ZERO).deadline()
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::Agent;
    use super::super::fixture::{Network, client};
    use super::*;
    use crate::collect::emitter;
    use crate::event::Event;
    use crate::model::{Credential, Device, Timestamp};
    use std::collections::BTreeMap;
    use tokio::sync::mpsc;

    const OPTIONS: PollerOptions =
        PollerOptions { interval: Duration::from_secs(30), timeout: Duration::from_secs(1), retries: 2 };

    fn plan(number: u8) -> PollPlan {
        let device = Device::new(DeviceId::new(&format!("addr:10.0.0.{number}")), Timestamp(0));
        let credential = Arc::new(Credential::community("public", "public"));
        PollPlan::of(&device, Agent { address: format!("10.0.0.{number}:161").parse().unwrap(), credential })
    }

    struct Running {
        plans: watch::Sender<Arc<Vec<PollPlan>>>,
        events: mpsc::Receiver<Event>,
        counters: Arc<PollerCounters>,
        cancel: CancellationToken,
    }

    fn start(network: Network, numbers: &[u8], room: usize) -> Running {
        let (emitter, events) = emitter::channel(room);
        let (plans, receiver) = watch::channel(Arc::new(numbers.iter().map(|number| plan(*number)).collect::<Vec<_>>()));
        let poller = Poller::new(client(network), OPTIONS, emitter);
        let (counters, cancel) = (poller.counters(), CancellationToken::new());
        tokio::spawn(poller.run(receiver, cancel.clone()));
        Running { plans, events, counters, cancel }
    }

    fn network(numbers: std::ops::RangeInclusive<u8>) -> Network {
        numbers.fold(Network::default(), |network, number| network.agent(&format!("10.0.0.{number}:161"), "sysUpTime.0 = #5"))
    }

    /// Events by device, and how many were silent.
    fn drain(events: &mut mpsc::Receiver<Event>) -> (BTreeMap<DeviceId, u32>, u32) {
        let (mut polls, mut silent) = (BTreeMap::new(), 0);
        while let Ok(event) = events.try_recv() {
            match event.body {
                Body::Poll(reading) => *polls.entry(reading.device).or_default() += 1,
                Body::Silent(_) => silent += 1,
                _ => {}
            }
        }
        (polls, silent)
    }

    #[tokio::test(start_paused = true)]
    async fn every_device_is_polled_once_an_interval() {
        let mut running = start(network(1..=40), &(1..=40).collect::<Vec<u8>>(), 4096);
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(drain(&mut running.events).0.len(), 40, "new devices are polled at once");
        tokio::time::sleep(Duration::from_secs(45)).await;
        drain(&mut running.events);
        tokio::time::sleep(Duration::from_secs(300)).await;
        let (polls, silent) = drain(&mut running.events);
        assert_eq!(polls.values().copied().collect::<BTreeSet<u32>>(), BTreeSet::from([10]));
        assert_eq!((silent, running.counters.counts().missed), (0, 0));
        running.cancel.cancel();
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_told_and_delays_nobody() {
        let mut running = start(network(1..=2), &[1, 2, 9], 4096);
        tokio::time::sleep(Duration::from_secs(165)).await;
        let (polls, silent) = drain(&mut running.events);
        assert!(polls.values().all(|count| (5..=7).contains(count)), "{polls:?}");
        assert!((5..=7).contains(&silent), "{silent}");
        assert_eq!(running.counters.counts().silent, u64::from(silent));
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_does_not_listen_costs_polls_and_no_memory() {
        let mut running = start(network(1..=4), &[1, 2, 3, 4], 1);
        tokio::time::sleep(Duration::from_secs(300)).await;
        let counts = running.counters.counts();
        assert_eq!(
            counts.polls,
            4 + 1,
            "one reading has room in the channel; no other device is polled again before its own is taken"
        );
        assert!(counts.missed >= 4 * 8, "{counts:?}");
        drain(&mut running.events);
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_is_gone_is_polled_no_more() {
        let mut running = start(network(1..=2), &[1, 2], 4096);
        tokio::time::sleep(Duration::from_secs(40)).await;
        running.plans.send(Arc::new(vec![plan(2)])).unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        drain(&mut running.events);
        tokio::time::sleep(Duration::from_secs(120)).await;
        let polled: Vec<DeviceId> = drain(&mut running.events).0.into_keys().collect();
        assert_eq!(polled, [plan(2).device]);
    }
}
