//! The loop of a run: asks as many as may be asked at once, and takes what comes back.

use super::ear::Ear;
use super::frontier::{Frontier, Hops, Origin, Swept, Visit};
use super::known::{Key, Known, News};
use super::meter::{Meter, Waiting};
use super::rest::{KEEP, Rest};
use super::visit::{Outcome, Shared, Visited, visit};
use super::{Control, CrawlOptions, CrawlOutcome, DEVICE_DEADLINE, Ending, Ping, Progress};
use crate::clock;
use crate::collect::Emitter;
use crate::collect::icmp::{Sweep, Swept as Echoed};
use crate::collect::snmp::scope::Scope;
use crate::collect::snmp::targets::Target;
use crate::collect::snmp::{Client, Limits};
use crate::event::Body;
use crate::model::inventory::{Problem, Reason};
use crate::model::{Inventory, NeighbourRow};
use crate::net::dns;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// Agents asked at one time: silent ones hold a place for the whole wait, so that it has to be far more than are read at once.
pub(super) const VISITS: usize = 2048;

/// Agents read at one time: their answers, up to 16 KiB each, have to fit into the socket's buffer.
const READINGS: usize = 512;

/// Pinged addresses that may wait for SNMP before no more are pinged: a sweep outruns SNMP, and silent ones would pile up.
const PINGED_WAITING: usize = 65_536;

/// After the deadline, visits end by their own and hand over what they have; this is for the way back.
const GRACE: Duration = Duration::from_millis(300);

/// Progress is told this often at most.
const PROGRESS: Duration = Duration::from_millis(200);

/// How the loop is steered.
struct Steering {
    paused: watch::Receiver<bool>,
    cancel: CancellationToken,
    tell: Option<watch::Sender<Option<Rest>>>,
}

/// What a task comes back with.
enum Done {
    Resolved(usize, Result<Vec<IpAddr>, String>),
    Visited(Box<Visited>),
}

/// A run.
pub(super) struct Run<'a> {
    pub(super) options: &'a CrawlOptions,
    pub(super) targets: Vec<Target>,
    pub(super) shared: Arc<Shared>,
    pub(super) frontier: Frontier,
    pub(super) sweep: Option<Sweep>,
    pub(super) meter: Meter,
    tasks: JoinSet<Done>,
    /// Addresses whose echo is in flight.
    pub(super) pings: FxHashSet<IpAddr>,
    /// Visits in flight, by the address that is asked first.
    pub(super) visits: BTreeMap<SocketAddr, Visit>,
    /// What is left is told at this time again.
    pub(super) tell_rest_at: Instant,
    /// Named targets that are not settled.
    pub(super) unsettled: BTreeSet<usize>,
    pub(super) named_problems: usize,
    pub(super) notices: Vec<String>,
    /// When the run has to be over.
    pub(super) ends: Option<Instant>,
    /// Inventories to be sent.
    pub(super) outbox: Vec<Inventory>,
}

impl<'a> Run<'a> {
    pub(super) fn new(client: &Client, options: &'a CrawlOptions, targets: Vec<Target>) -> Self {
        let scope = Scope::new(&targets, &options.scope, &options.exclude);
        let swept_hops = Some(options.depth.unwrap_or(0));
        let shared = Shared {
            client: client.clone(),
            access: Arc::clone(&options.access),
            known: Mutex::default(),
            reading: AtomicU64::new(0),
            readings: Semaphore::new(READINGS),
        };
        Self {
            frontier: Frontier::new(scope, &targets, options.port, swept_hops).skipping(&options.skip),
            options,
            targets,
            shared: Arc::new(shared),
            sweep: None,
            meter: Meter::new(options.run, &options.targets, clock::now()),
            tasks: JoinSet::new(),
            pings: FxHashSet::default(),
            visits: BTreeMap::new(),
            tell_rest_at: sleep(KEEP).deadline(),
            unsettled: BTreeSet::new(),
            named_problems: 0,
            notices: Vec::new(),
            // tokio's own clock, read by way of a timer: the one door of now() is clock.rs.
            ends: options.deadline.map(|deadline| sleep(deadline).deadline()),
            outbox: Vec::new(),
        }
    }

    pub(super) async fn crawl(mut self, emitter: &Emitter, control: Control) -> CrawlOutcome {
        self.open_sweep();
        let Control { paused, cancel, keep } = control;
        self.go_on(keep.rest);
        self.enter_targets();
        self.frontier.know(&self.options.known);
        let ending = self.work(emitter, Steering { paused, cancel, tell: keep.tell }).await;
        if ending == Ending::Deadline {
            self.take_the_last(emitter).await;
        }
        self.tasks.abort_all();
        self.account_for_the_rest(ending);
        let mut last = self.meter.progress(self.frontier.scope.words(), Waiting::default());
        last.running = false;
        last.seconds_left = None;
        if self.options.progress == Progress::Told {
            // Nobody listens any more: then nobody misses it.
            emitter.send(clock::now(), Body::Discovery(last)).await.ok();
        }
        CrawlOutcome {
            summary: self.meter.summary(),
            problems: self.meter.problems(),
            named_problems: self.named_problems,
            ending,
            notices: self.notices,
        }
    }

    fn open_sweep(&mut self) {
        if self.options.ping == Ping::Never || !self.frontier.sweeps() {
            return;
        }
        match Sweep::open(self.options.timeout, self.options.rate, Arc::clone(&self.options.icmp)) {
            Ok(sweep) => self.sweep = Some(sweep),
            Err(error) => self.notices.push(format!("{error}; until then reachability is by SNMP alone")),
        }
    }

    fn enter_targets(&mut self) {
        for (number, target) in self.targets.clone().into_iter().enumerate() {
            match target {
                Target::Address(address) => self.enter(number, &[address]),
                Target::Name(name, _) => {
                    self.unsettled.insert(number);
                    self.tasks.spawn(async move {
                        Done::Resolved(number, dns::resolve(&name).await.map_err(|error| error.to_string()))
                    });
                }
                Target::Sweep(_) => {}
            }
        }
    }

    fn enter(&mut self, number: usize, addresses: &[SocketAddr]) {
        self.unsettled.insert(number);
        if !self.frontier.name(number, addresses, self.options.depth) {
            self.named_problem(
                number,
                Reason::OutOfScope,
                "it lies outside the scope, or is excluded: it was not asked".to_owned(),
            );
        }
    }

    async fn work(&mut self, emitter: &Emitter, mut control: Steering) -> Ending {
        let mut ticks = interval(PROGRESS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let ends = self.ends;
        let over = async move {
            match ends {
                Some(ends) => sleep_until(ends).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(over);
        let mut ear = Ear::new(self.options.heard.as_ref());
        loop {
            let paused = *control.paused.borrow_and_update();
            if !paused {
                self.start_tasks();
            }
            if self.tasks.is_empty() && self.pings.is_empty() && ear.is_over() && !paused {
                if let Some(tell) = &control.tell {
                    tell.send_replace(None);
                }
                return Ending::Done;
            }
            tokio::select! {
                () = control.cancel.cancelled() => {
                    self.tell_rest_at = sleep(Duration::ZERO).deadline();
                    self.tell_rest(control.tell.as_ref());
                    return Ending::Cancelled;
                }
                () = &mut over => return Ending::Deadline,
                changed = control.paused.changed(), if paused => if changed.is_err() { return Ending::Cancelled },
                Some(done) = self.tasks.join_next() => self.take(done.ok()),
                heard = ear.next() => self.hear(&heard.unwrap_or_default()),
                echoed = settled(self.sweep.as_mut(), self.frontier.waiting()), if !self.pings.is_empty() => self.pinged(echoed),
                _ = ticks.tick() => {
                    self.tell(emitter, paused);
                    self.tell_rest(control.tell.as_ref());
                }
            }
            if !self.send(emitter).await {
                return Ending::Cancelled;
            }
        }
    }

    /// Sends what is to be sent. Whether anyone listens.
    async fn send(&mut self, emitter: &Emitter) -> bool {
        for inventory in std::mem::take(&mut self.outbox) {
            if emitter.send(inventory.at, Body::Inventory(Box::new(inventory))).await.is_err() {
                return false;
            }
        }
        true
    }

    /// What the visits in flight have read until the deadline.
    async fn take_the_last(&mut self, emitter: &Emitter) {
        let grace = sleep(GRACE);
        tokio::pin!(grace);
        loop {
            tokio::select! {
                () = &mut grace => break,
                done = self.tasks.join_next() => match done {
                    Some(done) => self.take(done.ok()),
                    None => break,
                },
            }
        }
        self.send(emitter).await;
    }

    /// What is left for a device, at most [`DEVICE_DEADLINE`].
    fn limits(&self) -> Limits {
        let left = self.ends.map_or(DEVICE_DEADLINE, |ends| ends.saturating_duration_since(sleep(Duration::ZERO).deadline()));
        Limits {
            timeout: self.options.timeout,
            retries: self.options.retries,
            deadline: Some(left.min(DEVICE_DEADLINE)),
            ..Limits::default()
        }
    }

    fn start_tasks(&mut self) {
        if let Some(sweep) = &mut self.sweep
            && self.frontier.waiting() < PINGED_WAITING
        {
            sweep.feed(|| {
                let address = self.frontier.next_swept()?.ip();
                self.pings.insert(address);
                Some(address)
            });
        }
        let swept = if self.sweep.is_some() { Swept::PingedFirst } else { Swept::AskedAtOnce };
        while self.visits.len() < VISITS
            && let Some(next) = self.frontier.next_visit(swept)
        {
            let (shared, limits) = (Arc::clone(&self.shared), self.limits());
            self.visits.insert(next.address, next.clone());
            self.meter.asked += 1;
            self.tasks.spawn(async move { Done::Visited(Box::new(visit(shared, next, limits).await)) });
        }
    }

    /// Takes what a task came back with; `None` is one that ended without a word.
    fn take(&mut self, done: Option<Done>) {
        match done {
            Some(Done::Resolved(number, Ok(addresses))) => {
                let Some(Target::Name(_, port)) = self.targets.get(number) else { return };
                let addresses: Vec<SocketAddr> = addresses.into_iter().map(|address| SocketAddr::new(address, *port)).collect();
                addresses.iter().for_each(|address| self.frontier.scope.name(address.ip()));
                self.enter(number, &addresses);
            }
            Some(Done::Resolved(number, Err(detail))) => self.named_problem(number, Reason::Unresolved, detail),
            Some(Done::Visited(visited)) => {
                self.visits.remove(&visited.visit.address);
                self.visited(*visited);
            }
            None => tracing::error!("a visit ended without a word"),
        }
    }

    /// Takes what a sweep has settled; `None` is one that ended before its time: who it was asked for goes to SNMP unpinged.
    fn pinged(&mut self, echoed: Option<Vec<Echoed>>) {
        let Some(echoed) = echoed else {
            tracing::error!(addresses = self.pings.len(), "a sweep ended without a word: they are asked without an echo");
            for address in std::mem::take(&mut self.pings) {
                self.frontier.pinged(SocketAddr::new(address, self.options.port), false);
            }
            self.sweep = None;
            return;
        };
        for Echoed { address, round_trip } in echoed {
            self.pings.remove(&address);
            match round_trip {
                Some(took) => self.meter.reach.done(took),
                None => self.meter.reach.failed += 1,
            }
            self.frontier.pinged(SocketAddr::new(address, self.options.port), round_trip.is_some());
        }
    }

    fn visited(&mut self, Visited { visit, outcome, open_took }: Visited) {
        let from = (visit.origin, self.frontier.hops(&visit));
        match outcome {
            Outcome::Refused(refusal) => return self.refused(&visit, refusal.reason, refusal.detail),
            Outcome::Met { key, address } => {
                let news = self.shared.known().met(&key, address, from);
                self.told(news, Some(&key));
            }
            Outcome::Read { claimed, inventory, took } => {
                self.meter.inventory.done(took);
                self.note_problems(&visit, &inventory);
                let answered_at = inventory.address.ip();
                self.frontier.scope.learn(&inventory.device, answered_at);
                self.frontier.reconsider();
                self.frontier.learn(inventory.sightings.arp.as_deref().unwrap_or_default(), answered_at);
                let key = claimed.clone().or_else(|| Key::of_device(&inventory.device));
                let news = self.shared.known().read(claimed, *inventory, from);
                self.told(news, key.as_ref());
            }
        }
        self.meter.answered += 1;
        self.meter.snmp.done(open_took);
        self.meter.devices = self.shared.known().len();
        match visit.origin {
            Origin::Named(number) => drop(self.unsettled.remove(&number)),
            Origin::Heard => self.meter.neighbours.done += 1,
            Origin::Swept => {}
        }
    }

    /// Whether a device is of a role that is left out.
    fn is_skipped(&self, inventory: &Inventory, named: bool) -> bool {
        !named && self.options.skip.contains(&inventory.device.role)
    }

    /// Sends a device on, and follows its neighbours.
    fn told(&mut self, News { inventory, hops, named }: News, key: Option<&Key>) {
        if inventory.as_ref().is_some_and(|inventory| self.is_skipped(inventory, named)) {
            return;
        }
        if let Some(hops) = hops {
            match (&inventory, key) {
                (Some(inventory), _) => follow(&mut self.frontier, inventory, hops),
                (None, Some(key)) => {
                    if let Some(inventory) = self.shared.known().inventory(key) {
                        follow(&mut self.frontier, inventory, hops);
                    }
                }
                (None, None) => {}
            }
        }
        self.outbox.extend(inventory);
        self.follow_nearer();
    }

    /// Follows farther from devices that turned out to be nearer; that can bring others nearer in turn.
    fn follow_nearer(&mut self) {
        loop {
            let nearer = self.frontier.take_nearer();
            if nearer.is_empty() {
                return;
            }
            for (address, hops) in nearer {
                if let Some(inventory) = self.shared.known().nearer(address, hops) {
                    follow(&mut self.frontier, inventory, hops);
                }
            }
        }
    }

    /// Follows whom this host itself hears, as far as from a device that was named.
    fn hear(&mut self, rows: &[NeighbourRow]) {
        let is_named = self.targets.iter().any(|target| !matches!(target, Target::Sweep(_)));
        let hops = self.options.depth.or(if is_named { None } else { Some(0) });
        self.frontier.follow(rows, IpAddr::from([0; 4]), hops);
    }

    fn refused(&mut self, visit: &Visit, reason: Reason, detail: String) {
        self.meter.silent += 1;
        self.meter.snmp.failed += 1;
        match visit.origin {
            Origin::Named(number) => self.named_problem(number, reason, detail),
            Origin::Heard | Origin::Swept if reason == Reason::Auth => {
                // Somebody is there and does not let us in: that is more than silence.
                self.meter.problem(Problem { target: visit.address.to_string(), reason, detail });
                self.meter.neighbours.failed += u64::from(visit.origin == Origin::Heard);
            }
            Origin::Heard => self.meter.neighbours.failed += 1,
            Origin::Swept => {}
        }
    }

    fn tell(&self, emitter: &Emitter, paused: bool) {
        if self.options.progress == Progress::Untold {
            return;
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let reading = self.shared.reading.load(Relaxed);
        let unswept = self.frontier.unswept();
        let (reach, unasked) = if self.sweep.is_some() { (unswept + count(self.pings.len()), 0) } else { (0, unswept) };
        let waiting = Waiting {
            reach,
            snmp: unasked + count(self.frontier.waiting() + self.visits.len()).saturating_sub(reading),
            inventory: reading,
            heard: count(self.frontier.heard_waiting()),
            in_flight: count(self.tasks.len() + self.pings.len()),
        };
        let mut progress = self.meter.progress(self.frontier.scope.words(), waiting);
        progress.paused = paused;
        emitter.offer(clock::now(), Body::Discovery(progress));
    }
}

fn follow(frontier: &mut Frontier, inventory: &Inventory, hops: Hops) {
    let (rows, answered_at) = Known::neighbours(inventory);
    frontier.follow(rows, answered_at, hops);
}

/// What a sweep settles next, or nothing when it takes more addresses and not too many wait for SNMP. Without one, nothing ever comes.
async fn settled(sweep: Option<&mut Sweep>, waiting: usize) -> Option<Vec<Echoed>> {
    match sweep {
        Some(sweep) if waiting < PINGED_WAITING => sweep.settled_or_room().await,
        Some(sweep) => sweep.settled().await,
        None => std::future::pending().await,
    }
}
