//! When what is collected: discovery at the start, at each interval and when an operator asks; the poller all the time.

use super::addresses;
use super::capture::Capture;
use super::flows::Flows;
use super::hub::{Control as Order, Counts, Hub};
use super::look::Look;
use super::own::OwnHost;
use super::plans::Plans;
use super::polling::{self, PollingTask};
use super::reread::{Rereader, Wanted};
use super::run::AfterChange;
use super::syslog::Syslog;
use super::traps::Traps;
use crate::clock;
use crate::collect::icmp::rounds::Addresses;
use crate::collect::icmp::{Reach, Rounds, Windows};
use crate::collect::lldp::Neighbours;
use crate::collect::snmp::access::Access;
use crate::collect::snmp::crawl::{Control, CrawlOptions, CrawlOutcome, Heard, Keep, Rest, crawl};
use crate::collect::snmp::poller::{AtOnce, PollerOptions};
use crate::collect::snmp::{Client, Options};
use crate::collect::{Emitter, icmp};
use crate::config::{Config, Polling};
use crate::engine::command::CollectorStatus;
use crate::engine::notice::About;
use crate::engine::supervise::{Ran, Wards, keep_running};
use crate::engine::writer::Notes;
use crate::model::Function;
use crate::net::icmp::PingError;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

/// Echoes a second to what is polled: more than any network needs that is polled at the usual pace, and no flood.
const MOST_ECHOES: u32 = 5000;

/// The collectors, not started yet.
pub(super) struct Schedule {
    client: Client,
    access: Arc<Access>,
    config: Config,
    emitter: Emitter,
    control: UnboundedSender<Order>,
    orders: UnboundedReceiver<Order>,
    wards: Arc<Wards>,
    polling: Arc<polling::Polling>,
    icmp: Arc<icmp::Counters>,
    own: OwnHost,
    traps: Traps,
    syslog: Syslog,
    capture: Capture,
    flows: Flows,
}

/// How fast agents may be asked.
fn manners(config: &Config) -> Options {
    let discovery = &config.discovery;
    Options {
        rate: discovery.rate,
        rate_per_agent: discovery.per_device_rate,
        in_flight_per_agent: usize::try_from(discovery.per_device_requests).unwrap_or(1),
    }
}

impl Schedule {
    /// Opens the sockets. Errors: a sentence.
    pub(super) fn new(runtime: &Runtime, config: &Config, emitter: Emitter) -> Result<Self, String> {
        let _inside = runtime.enter();
        let client = Client::open(manners(config)).map_err(|error| format!("no UDP socket can be opened: {error}"))?;
        let access = Arc::new(Access::new(&config.credentials));
        let (control, orders) = unbounded_channel();
        Ok(Self {
            client,
            access,
            config: config.clone(),
            emitter,
            control,
            orders,
            wards: Arc::default(),
            polling: Arc::default(),
            icmp: Arc::default(),
            own: OwnHost::default(),
            traps: Traps::default(),
            syslog: Syslog::default(),
            capture: Capture::default(),
            flows: Flows::default(),
        })
    }

    /// Where operators' orders go.
    pub(super) fn control(&self) -> UnboundedSender<Order> {
        self.control.clone()
    }

    /// Who keeps the collectors running.
    pub(super) fn wards(&self) -> Arc<Wards> {
        Arc::clone(&self.wards)
    }

    /// How polling goes.
    pub(super) fn polling(&self) -> Arc<polling::Polling> {
        Arc::clone(&self.polling)
    }

    /// The collectors' counters.
    pub(super) fn counts(&self) -> Counts {
        let (client, wards, polling) = (self.client.clone(), Arc::clone(&self.wards), Arc::clone(&self.polling));
        let (icmp, own, traps) = (Arc::clone(&self.icmp), self.own.clone(), self.traps.clone());
        let (flows, capture, syslog) = (self.flows.clone(), self.capture.clone(), self.syslog.clone());
        // Not the emitter itself: it would hold the channel open.
        let dropped = self.emitter.dropped_counter();
        Box::new(move || {
            let counts = client.counts();
            let refused = counts.refused.iter().map(|(reason, count)| ((*reason).to_owned(), *count));
            let snmp = CollectorStatus {
                name: "snmp".to_owned(),
                received: counts.received,
                decoded: counts.decoded,
                refused: refused.collect(),
                dropped_queue: dropped.load(Ordering::Relaxed),
                retried: counts.retried,
                lag_seconds: polling.counts().lag_p95.map(|lag| lag.as_secs_f64()),
                polling: Some(polling.status()),
                ..CollectorStatus::default()
            };
            let first = [snmp, icmp_status(icmp.counts())].into_iter().chain(own.statuses());
            let all = first.chain(traps.status()).chain(syslog.status()).chain(flows.status()).chain(capture.status());
            let restarts = wards.restarts();
            let restarted = |status: CollectorStatus| {
                let restarts = restarts.get(status.name.as_str()).copied().unwrap_or(0);
                CollectorStatus { restarts, ..status }
            };
            all.map(restarted).collect()
        })
    }

    /// Starts everything; it ends with `stop`. What comes back is to be told of every change of the state.
    pub(super) fn start(self, (runtime, hub, notes): (&Runtime, &Arc<Hub>, Notes), stop: CancellationToken) -> AfterChange {
        let Self { client, access, config, emitter, orders, wards, polling, icmp, own, traps, syslog, flows, capture, .. } = self;
        let (mut plans, planned, addresses) = Plans::new(&config);
        let (mut look, looked) = Look::new(Arc::clone(hub));
        let windows = pings((runtime, &icmp, &wards), (config.polling.timeout, addresses), (hub, &stop));
        let Polling { interval, timeout, retries, burst } = config.polling;
        let options = PollerOptions { interval, timeout, retries, burst };
        let at_once = AtOnce::default();
        let poller = PollingTask {
            client: client.clone(),
            options,
            emitter: emitter.clone(),
            planned,
            looked,
            at_once: at_once.clone(),
            windows,
            polling,
        };
        let poll_stop = stop.clone();
        let make = move || done(poller.run(poll_stop.clone()));
        runtime.spawn(keep_running(wards.enter("snmp", "poller"), stop.clone(), make));
        let wanted = Wanted::default();
        let rereader = Arc::new(Rereader {
            client: client.clone(),
            emitter: emitter.clone(),
            hub: Arc::clone(hub),
            wanted: wanted.clone(),
            options: options_of(&config, Arc::clone(&access)),
        });
        let reread_stop = stop.clone();
        let make = move || done(Arc::clone(&rereader).run(reread_stop.clone()));
        runtime.spawn(keep_running(wards.enter("snmp", "changes"), stop.clone(), make));
        traps.start((runtime, hub, &emitter), (&config, &notes, access.tries()), &stop);
        syslog.start((runtime, hub, &emitter), (&config.listeners, &stop));
        flows.start((runtime, hub, &emitter), (&config.listeners, &notes), &stop);
        capture.start((runtime, hub, &emitter), (&config.listeners, &stop));
        runtime.spawn(addresses::watch(Arc::clone(hub), config.listeners.clone(), stop.clone()));
        let neighbours = config.discovery.own_host.then(|| own.start((runtime, hub, &emitter), &stop));
        let discovery = Arc::new(Discovery {
            client,
            access,
            config,
            emitter,
            hub: Arc::clone(hub),
            notes,
            stop: stop.clone(),
            icmp,
            neighbours,
        });
        let orders = Arc::new(Mutex::new(Orders { receive: orders, run: 0, rest: left_over(hub, &discovery.config) }));
        let make = move || done(Arc::clone(&discovery).run(Arc::clone(&orders)));
        runtime.spawn(keep_running(wards.enter("snmp", "discovery"), stop, make));
        Box::new(move |core, (event, turned)| {
            plans.follow(core, (event, &turned.derived));
            look.follow(core, event);
            wanted.add(core, &turned.reread);
            at_once.want(&turned.poll_now);
        })
    }
}

/// What ends by itself only when it is to.
async fn done(task: impl Future<Output = ()>) -> Ran {
    task.await;
    Ok(())
}

/// Pings what is polled, where that is permitted; what comes of it.
fn pings(
    (runtime, counters, wards): (&Runtime, &Arc<icmp::Counters>, &Arc<Wards>),
    (timeout, addresses): (Duration, watch::Receiver<Arc<Addresses>>),
    (hub, stop): (&Hub, &CancellationToken),
) -> Option<Arc<Windows>> {
    let _inside = runtime.enter();
    match Reach::open(None) {
        Ok(_) => hub.works(Function::Ping),
        Err(PingError::NotPermitted) => {
            hub.refuse(Function::Ping, (Vec::new(), &[]));
            return None;
        }
        Err(error) => {
            hub.refuse(Function::Ping, (Vec::new(), &[error.to_string()]));
            return None;
        }
    }
    let windows = Arc::<Windows>::default();
    let (theirs, counters, stopped) = (Arc::clone(&windows), Arc::clone(counters), stop.clone());
    let make = move || {
        let reach = Reach::open(Some(MOST_ECHOES)).map(|reach| reach.counting(Arc::clone(&counters)));
        let (windows, addresses, stop) = (Arc::clone(&theirs), addresses.clone(), stopped.clone());
        async move {
            Rounds::new(reach.map_err(|error| error.to_string())?, timeout, windows).run(addresses, stop).await;
            Ok(())
        }
    };
    runtime.spawn(keep_running(wards.enter("icmp", "pings"), stop.clone(), make));
    Some(windows)
}

/// The sweeps' counters in the shape of a collector's.
fn icmp_status(counts: icmp::Counts) -> CollectorStatus {
    let icmp::Counts { sent: _, again, answered, late, strangers, held, no_way, complaints } = counts;
    let reasons = [("late", late), ("stranger", strangers), ("no-room", held), ("no-way", no_way), ("unreachable", complaints)];
    let refused = reasons.into_iter().filter(|(_, count)| *count > 0).map(|(reason, count)| (reason.to_owned(), count));
    CollectorStatus {
        name: "icmp".to_owned(),
        received: answered + late + strangers,
        decoded: answered,
        refused: refused.collect(),
        retried: again,
        ..CollectorStatus::default()
    }
}

/// What outlives a failed run.
struct Orders {
    receive: UnboundedReceiver<Order>,
    run: u32,
    /// What an earlier process left of its run.
    rest: Option<Rest>,
}

/// The name of an interrupted run in the store.
const REST: &str = "discovery";

/// What an earlier process left of its run, where that is not older than an interval: then it is better begun anew.
fn left_over(hub: &Hub, config: &Config) -> Option<Rest> {
    let octets = hub.reader.store().meta_get(REST).ok().flatten()?;
    Rest::decode(&octets).filter(|rest| clock::now().since(rest.at()) < config.discovery.interval)
}

/// How the configuration has a network discovered; the targets are left to be set.
fn options_of(config: &Config, access: Arc<Access>) -> CrawlOptions {
    let (discovery, polling) = (&config.discovery, &config.polling);
    CrawlOptions {
        port: discovery.port,
        scope: discovery.scope.clone(),
        exclude: discovery.exclude.clone(),
        skip: discovery.skip.clone(),
        timeout: polling.timeout,
        retries: polling.retries,
        rate: discovery.rate,
        // A network of any size ends some time; an operator can end it sooner.
        deadline: None,
        ..CrawlOptions::new(Vec::new(), access)
    }
}

struct Discovery {
    client: Client,
    access: Arc<Access>,
    config: Config,
    emitter: Emitter,
    hub: Arc<Hub>,
    notes: Notes,
    stop: CancellationToken,
    icmp: Arc<icmp::Counters>,
    /// Whom this host hears, where it is shown.
    neighbours: Option<Neighbours>,
}

impl Discovery {
    async fn run(self: Arc<Self>, orders: Arc<Mutex<Orders>>) {
        let mut orders = orders.lock().await;
        let configured = Some(self.config.discovery.targets.clone()).filter(|targets| !targets.is_empty());
        let mut next = configured.clone();
        if let Some(rest) = orders.rest.take() {
            let targets = rest.targets().to_vec();
            let is_configured = configured.as_ref() == Some(&targets);
            orders.run += 1;
            let given = self.once((targets, Some(rest)), &mut orders).await;
            next = given.or(configured.filter(|_| !is_configured));
        }
        while !self.stop.is_cancelled() {
            let targets = match next.take() {
                Some(targets) => targets,
                None => match self.wait(&mut orders).await {
                    Some(targets) => targets,
                    None => return,
                },
            };
            orders.run += 1;
            next = self.once((targets, None), &mut orders).await;
        }
    }

    /// Targets of the next run: when an operator gives some, or the interval is over. `None` when it ends.
    async fn wait(&self, orders: &mut Orders) -> Option<Vec<String>> {
        let configured = &self.config.discovery.targets;
        let interval = tokio::time::sleep(self.config.discovery.interval);
        tokio::pin!(interval);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = &mut interval, if !configured.is_empty() => return Some(configured.clone()),
                order = orders.receive.recv() => match order? {
                    Order::Discover(targets) if targets.is_empty() && configured.is_empty() => {}
                    Order::Discover(targets) => return Some(if targets.is_empty() { configured.clone() } else { targets }),
                    Order::Pause | Order::Cancel => {}
                },
            }
        }
    }

    /// One run. Targets that an operator gave meanwhile come back, for the next.
    async fn once(&self, (targets, rest): (Vec<String>, Option<Rest>), orders: &mut Orders) -> Option<Vec<String>> {
        let options = self.options(orders.run, targets);
        let (pause, paused) = watch::channel(false);
        let (tell, mut left) = watch::channel(None);
        let cancel = self.stop.child_token();
        let keep = Keep { rest, tell: Some(tell) };
        let crawl = crawl(&self.client, &options, &self.emitter, Control { paused, cancel: cancel.clone(), keep });
        tokio::pin!(crawl);
        let mut next = None;
        let outcome = loop {
            tokio::select! {
                outcome = &mut crawl => break outcome,
                Ok(()) = left.changed() => self.keep(left.borrow_and_update().as_ref()),
                Some(order) = orders.receive.recv() => match order {
                    Order::Pause => pause.send_modify(|paused| *paused = !*paused),
                    Order::Cancel => cancel.cancel(),
                    Order::Discover(targets) => next = Some(targets).filter(|targets| !targets.is_empty()).or(next),
                },
            }
        };
        // A run that the operator ended is not gone on with; one that ends with the process is.
        self.keep(left.borrow_and_update().as_ref().filter(|_| self.stop.is_cancelled()));
        match outcome {
            Ok(outcome) => self.tell(&outcome),
            Err(faults) => {
                let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
                self.hub.notices.set(About::Targets, format!("nothing was discovered: {}", faults.join("; ")));
            }
        }
        next
    }

    /// Keeps what is left of the run for a later process; nothing when it is done.
    fn keep(&self, rest: Option<&Rest>) {
        self.notes.set(REST, rest.and_then(Rest::encode).unwrap_or_default());
    }

    fn options(&self, run: u32, targets: Vec<String>) -> CrawlOptions {
        // Who is heard is followed from the start; the run waits for nobody else.
        let heard = self.neighbours.clone().map(|rows| Heard { rows, at_least: Duration::ZERO });
        let icmp = Arc::clone(&self.icmp);
        CrawlOptions { run, targets, heard, icmp, ..options_of(&self.config, Arc::clone(&self.access)) }
    }

    fn tell(&self, outcome: &CrawlOutcome) {
        if outcome.summary.answered > 0 {
            self.hub.notices.clear(About::Targets);
        }
        // That pings are off was said when the engine started.
        if self.hub.permissions.is_off(Function::Ping) {
            return;
        }
        match outcome.notices.as_slice() {
            [] => self.hub.notices.clear(About::Ping),
            sentences => self.hub.notices.set(About::Ping, sentences.join(" ")),
        };
    }
}
