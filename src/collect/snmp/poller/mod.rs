//! Every device polled on its own interval.
//!
//! Polls are spread over the interval by the device's id, so that they come evenly and at the same place each time. No device is
//! polled twice at once: what falls due while a poll still runs is skipped and counted. A poll's event waits for room in the engine's
//! channel, and its device with it. A device that does not answer is asked ever more rarely (`places`); one that somebody looks at is
//! polled each second beside its own place (`burst`), one of which something was said is polled once (`at_once`).

mod at_once;
mod burst;
mod counts;
mod elsewhere;
mod places;
mod tell;
#[cfg(test)]
mod tests;

pub use at_once::AtOnce;
pub use burst::{Looked, MOST_LOOKED_AT};
pub use counts::{PollerCounters, PollerCounts};

use super::bridge;
use super::client::Client;
use super::error::SnmpError;
use super::poll::{Extent, PollPlan, poll, probe};
use super::session::Limits;
use super::wireless;
use crate::collect::Emitter;
use crate::collect::icmp::Windows;
use crate::model::DeviceId;
use crate::model::poll::{Echoes, PollReading};
use at_once::{MOST_AT_ONCE, Turns};
use burst::Bursts;
use counts::count;
use places::{Places, Queue, Use};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tell::Teller;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// Devices that answer polled at one time: more, and their answers meet in the socket's buffer.
const IN_FLIGHT: usize = 512;

/// Silent devices waited for at one time. They send nothing; each costs some kilobytes.
const SILENT_IN_FLIGHT: usize = 1024;

/// A burst is left out this long before the device's own place.
const CLEAR_OF_PLACE: Duration = Duration::from_millis(200);

/// How polling goes, and for how long each device may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollerOptions {
    /// How often each device is polled.
    pub interval: Duration,
    /// First wait for a reply.
    pub timeout: Duration,
    /// Repetitions after the first request.
    pub retries: u32,
    /// How often what somebody looks at is polled; `None` is not more often than else.
    pub burst: Option<Duration>,
}

/// What a poller is told while it runs.
pub struct Inputs {
    /// What is to be polled.
    pub plans: watch::Receiver<Arc<Vec<PollPlan>>>,
    /// What operators look at.
    pub looked: watch::Receiver<Arc<Looked>>,
    /// What is to be polled at once.
    pub at_once: AtOnce,
}

/// Why a task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Place(Queue),
    Burst,
    AtOnce,
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Answered,
    Silent,
    /// It was not asked.
    Unasked,
}

/// A task that ended.
struct Done {
    device: DeviceId,
    work: Work,
    outcome: Outcome,
    /// Whether anyone still listens.
    listened: bool,
}

/// Polls what the plans say until cancelled, or until nobody listens.
pub struct Poller {
    client: Client,
    options: PollerOptions,
    teller: Teller,
    windows: Option<Arc<Windows>>,
    places: Places,
    bursts: Bursts,
    turns: Turns,
    /// Devices of which a poll runs, planned or no longer, and why.
    busy: FxHashMap<DeviceId, Work>,
    /// Devices whose place came while a burst ran.
    waiting: FxHashSet<DeviceId>,
    in_flight: [usize; 3],
    running: JoinSet<Done>,
}

impl Poller {
    /// Nothing is polled before [`Self::run`]. Must be called inside a tokio runtime.
    pub fn new(client: Client, options: PollerOptions, emitter: Emitter) -> Self {
        Self {
            client,
            options,
            teller: Teller { emitter, counters: Arc::default() },
            windows: None,
            places: Places::new(options.interval, now()),
            bursts: Bursts::new(options.burst),
            turns: Turns::default(),
            busy: FxHashMap::default(),
            waiting: FxHashSet::default(),
            in_flight: [0; 3],
            running: JoinSet::new(),
        }
    }

    /// The same, telling also what ICMP echoes came to.
    #[must_use]
    pub fn with_echoes(mut self, windows: Option<Arc<Windows>>) -> Self {
        self.windows = windows;
        self
    }

    /// The counters, for `status`.
    pub fn counters(&self) -> Arc<PollerCounters> {
        Arc::clone(&self.teller.counters)
    }

    /// Polls. Ends when cancelled, when the plans' sender is gone, or when nobody listens.
    pub async fn run(mut self, mut inputs: Inputs, cancel: CancellationToken) {
        inputs.plans.mark_changed();
        inputs.looked.mark_changed();
        loop {
            let next = self.next();
            tokio::select! {
                () = cancel.cancelled() => return,
                changed = inputs.plans.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let plans = Arc::clone(&inputs.plans.borrow_and_update());
                    self.places.plan(&plans, now());
                }
                Ok(()) = inputs.looked.changed() => {
                    let looked = Arc::clone(&inputs.looked.borrow_and_update());
                    self.bursts.look(&looked, now());
                }
                () = inputs.at_once.some() => {
                    let at = now();
                    inputs.at_once.take().into_iter().for_each(|device| self.turns.want(device, at));
                    self.start_at_once();
                }
                Some(done) = self.running.join_next() => match done {
                    Ok(done) if done.listened => self.done(&done),
                    Ok(_) => return,
                    // Whose poll failed is not known, and its device would stay busy: whoever keeps this running starts it anew.
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                () = until(next) => self.start_due(),
            }
            self.gauge();
        }
    }

    fn gauge(&self) {
        let counters = &self.teller.counters;
        counters.devices.store(self.places.len() as u64, Relaxed);
        counters.backed_off.store(self.places.backed_off(), Relaxed);
        counters.looked_at.store(self.bursts.len() as u64, Relaxed);
    }

    fn next(&self) -> Option<Instant> {
        let queues = [Queue::Answering, Queue::Silent].into_iter();
        let places = queues.filter(|queue| self.has_room(*queue)).filter_map(|queue| self.places.next(queue));
        let at_once = self.turns.next().filter(|_| self.has_room_at_once());
        places.chain(self.bursts.next()).chain(at_once).min()
    }

    fn has_room(&self, queue: Queue) -> bool {
        let [answering, silent, _] = self.in_flight;
        match queue {
            Queue::Answering => answering < IN_FLIGHT,
            Queue::Silent => silent < SILENT_IN_FLIGHT,
        }
    }

    const fn has_room_at_once(&self) -> bool {
        let [.., at_once] = self.in_flight;
        at_once < MOST_AT_ONCE
    }

    fn start_due(&mut self) {
        let at = now();
        for queue in [Queue::Answering, Queue::Silent] {
            while self.has_room(queue) {
                let Some((device, due)) = self.places.take_due(queue, at) else { break };
                count(&self.teller.counters.missed, self.places.passed(&device, (due, at)));
                match self.busy.get(&device) {
                    None => self.start(&device, (queue, due)),
                    Some(Work::Burst | Work::AtOnce) => drop(self.waiting.insert(device)),
                    Some(Work::Place(_)) => count(&self.teller.counters.missed, 1),
                }
            }
        }
        for device in self.bursts.take_due(at) {
            self.burst(&device, at);
        }
        self.start_at_once();
    }

    /// Polls those of which something was said; of a silent one only whether it is there.
    fn start_at_once(&mut self) {
        let [.., running] = self.in_flight;
        for device in self.turns.take_due(now(), MOST_AT_ONCE.saturating_sub(running)) {
            let Some(scheduled) = self.places.get(&device) else { continue };
            if self.busy.contains_key(&device) {
                self.turns.put_off(device, now());
                continue;
            }
            let what = if scheduled.is_backed_off() { Use::Probe } else { Use::Poll };
            let asking = self.asking(&Arc::clone(&scheduled.plan), Work::AtOnce);
            count(&self.teller.counters.at_once, 1);
            self.begin(&device, Work::AtOnce);
            self.running.spawn(async move {
                let (outcome, listened) = asking.run(what).await;
                Done { device: asking.plan.device.id.clone(), work: Work::AtOnce, outcome, listened }
            });
        }
    }

    fn asking(&self, plan: &Arc<PollPlan>, work: Work) -> Asking {
        let echoes = self.windows.as_ref().and_then(|windows| windows.take(plan.agent.address.ip()));
        let (client, options, teller) = (self.client.clone(), self.options, self.teller.clone());
        Asking { client, options, teller, plan: Arc::clone(plan), echoes, work }
    }

    /// Uses a device's place.
    fn start(&mut self, device: &DeviceId, (queue, due): (Queue, Instant)) {
        let Some(plan) = self.places.get(device).map(|scheduled| Arc::clone(&scheduled.plan)) else { return };
        let work = Work::Place(queue);
        let asking = self.asking(&plan, work);
        let pinged = asking.echoes.filter(|echoes| echoes.sent > 0).map(|echoes| echoes.answered > 0);
        let what = self.places.use_of(device, (now(), pinged));
        self.begin(device, work);
        self.running.spawn(async move {
            let (outcome, listened) = asking.run(what).await;
            if outcome == Outcome::Answered {
                asking.teller.counters.lag(now().duration_since(due));
            }
            Done { device: asking.plan.device.id.clone(), work, outcome, listened }
        });
    }

    /// Polls what somebody looks at, unless the device is silent or its own place is near.
    fn burst(&mut self, device: &DeviceId, at: Instant) {
        let Some(scheduled) = self.places.get(device) else { return };
        if self.busy.contains_key(device) || scheduled.is_silent() || scheduled.due() < at + CLEAR_OF_PLACE {
            return;
        }
        let plan = Arc::clone(&scheduled.plan);
        let extent = self.bursts.extent(&plan);
        let (client, teller, timeout) = (self.client.clone(), self.teller.clone(), self.options.timeout);
        self.begin(device, Work::Burst);
        self.running.spawn(async move {
            count(&teller.counters.bursts, 1);
            let limits = Limits { timeout, retries: 0, deadline: Some(timeout), ..Limits::default() };
            let (outcome, listened) = match poll(&client, &plan, limits, &extent).await {
                Ok(reading) => (Outcome::Answered, teller.burst(reading).await),
                // Its own place will tell.
                Err(_) => (Outcome::Unasked, true),
            };
            Done { device: plan.device.id.clone(), work: Work::Burst, outcome, listened }
        });
    }

    fn begin(&mut self, device: &DeviceId, work: Work) {
        self.busy.insert(device.clone(), work);
        if let Some(places) = in_flight(&mut self.in_flight, work) {
            *places += 1;
        }
    }

    fn done(&mut self, done: &Done) {
        self.busy.remove(&done.device);
        if let Some(places) = in_flight(&mut self.in_flight, done.work) {
            *places -= 1;
        }
        match (done.work, done.outcome) {
            (Work::Place(_) | Work::AtOnce, Outcome::Answered) => self.places.answered(&done.device),
            (Work::Place(_) | Work::AtOnce, Outcome::Silent) => self.places.silent(&done.device, now()),
            (Work::Place(_) | Work::AtOnce, Outcome::Unasked) | (Work::Burst, _) => {}
        }
        if self.waiting.remove(&done.device) {
            self.start(&done.device, (Queue::Answering, now()));
        }
    }
}

fn in_flight(places: &mut [usize; 3], work: Work) -> Option<&mut usize> {
    let [answering, silent, at_once] = places;
    match work {
        Work::Place(Queue::Answering) => Some(answering),
        Work::Place(Queue::Silent) => Some(silent),
        Work::Burst => None,
        Work::AtOnce => Some(at_once),
    }
}

/// One device that is asked.
struct Asking {
    client: Client,
    options: PollerOptions,
    teller: Teller,
    plan: Arc<PollPlan>,
    echoes: Option<Echoes>,
    work: Work,
}

impl Asking {
    /// What came of it, and whether anyone listens.
    async fn run(&self, what: Use) -> (Outcome, bool) {
        let counters = &self.teller.counters;
        let result = match what {
            Use::Poll => self.poll().await,
            Use::Probe => {
                count(&counters.probes, 1);
                match probe(&self.client, &self.plan, self.options.timeout).await {
                    Ok(()) => match self.poll().await {
                        // It is there and does not answer: something that is asked for hangs.
                        Err(_) => {
                            self.plan.extras.leave_out();
                            self.poll().await
                        }
                        answered => answered,
                    },
                    Err(error) => Err(error),
                }
            }
            Use::Nothing => {
                count(&counters.unasked, 1);
                return (Outcome::Unasked, self.teller.unasked(&self.plan, self.echoes).await);
            }
        };
        // Of who is pinged, silence says nothing where no echo was sent since its last place: the next one tells.
        if result.is_err() && self.work == Work::AtOnce && self.echoes.is_some_and(|echoes| echoes.sent == 0) {
            return (Outcome::Unasked, true);
        }
        let outcome = if result.is_ok() { Outcome::Answered } else { Outcome::Silent };
        let listened = self.teller.tell(&self.plan, result, self.echoes).await;
        match outcome {
            Outcome::Answered => (outcome, listened && self.wireless().await && self.bridge().await),
            Outcome::Silent => (outcome, listened && self.elsewhere().await),
            Outcome::Unasked => (outcome, listened),
        }
    }

    /// Looks for a silent device at its other addresses. Whether anyone listens.
    async fn elsewhere(&self) -> bool {
        match elsewhere::find((&self.client, self.options.timeout), &self.plan).await {
            Some(address) => self.teller.elsewhere(&self.plan, address).await,
            None => true,
        }
    }

    /// What it controls, where it is a wireless controller that is due. Whether anyone listens.
    async fn wireless(&self) -> bool {
        let limits = Limits { timeout: self.options.timeout, retries: self.options.retries, ..Limits::default() };
        match wireless::read(&self.client, &self.plan, limits).await {
            Some(reading) => self.teller.wireless(reading).await,
            None => true,
        }
    }

    /// Its spanning tree and Power over Ethernet, where it is a switch that is due. Whether anyone listens.
    async fn bridge(&self) -> bool {
        let limits = Limits { timeout: self.options.timeout, retries: self.options.retries, ..Limits::default() };
        match bridge::read(&self.client, &self.plan, limits).await {
            Some(reading) => self.teller.bridge(reading).await,
            None => true,
        }
    }

    async fn poll(&self) -> Result<PollReading, SnmpError> {
        count(&self.teller.counters.polls, 1);
        let PollerOptions { interval, timeout, retries, burst: _ } = self.options;
        // A device that takes longer than its interval is cut off and read in part; small intervals still leave time for the repetitions.
        let patience = timeout * (retries + 2);
        let interval = self.plan.interval.unwrap_or(interval);
        let limits = Limits { timeout, retries, deadline: Some(interval.max(patience)), ..Limits::default() };
        poll(&self.client, &self.plan, limits, &Extent::Whole).await
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
