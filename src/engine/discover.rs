//! One discovery from beginning to end, for the command: no store, no socket, nothing that stays.

use super::limits::Limits as Bounds;
use crate::clock;
use crate::collect::lldp::Listener;
use crate::collect::snmp::access::Access;
use crate::collect::snmp::crawl::{Control, CrawlOptions, CrawlOutcome, Heard, Keep, crawl};
use crate::collect::snmp::poll::PollPlan;
use crate::collect::snmp::{Agent, Client, Limits, Options, wireless};
use crate::collect::{Emitter, emitter, host};
use crate::event::{Body, Event};
use crate::model::topology::Topology;
use crate::model::{Credential, Role};
use crate::state::{self, Settings, State};
use ipnet::IpNet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use crate::collect::snmp::crawl::{Ending, Ping};
pub use crate::event::DiscoveryProgress as Progress;

/// Events that may wait to be applied.
const EVENTS: usize = 256;

/// Links are resolved and progress is told so often.
const TICK: Duration = Duration::from_secs(1);

/// How long wireless networks may be read for at the end, within the deadline of all.
const WIRELESS_DEADLINE: Duration = Duration::from_secs(60);

/// What is discovered, and how (contract §1 `discover`).
#[derive(Clone, Debug)]
pub struct DiscoverOptions {
    /// Addresses, `ADDR:PORT`, names, CIDRs, ranges.
    pub targets: Vec<String>,
    /// Tried in this order.
    pub credentials: Vec<Credential>,
    /// UDP port of the agents.
    pub port: u16,
    /// Neighbour hops followed; `None` by the contract's rule.
    pub depth: Option<u32>,
    /// Networks that may be asked; empty by the contract's rule.
    pub scope: Vec<IpNet>,
    /// Networks never asked.
    pub exclude: Vec<IpNet>,
    /// First wait for a reply.
    pub timeout: Duration,
    /// Repetitions after the first request.
    pub retries: u32,
    /// Time for all of it.
    pub deadline: Duration,
    /// Packets a second at most.
    pub rate: Option<u32>,
    /// Packets a second at most to one agent.
    pub per_device_rate: Option<u32>,
    /// Whether networks are pinged first.
    pub ping: Ping,
    /// Roles of neighbours and swept devices that are left out; `None` is telephones.
    pub skip: Option<Vec<Role>>,
    /// How long this host's own ports are listened to at least; `None` leaves the host out.
    pub listen: Option<Duration>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The network.
    pub topology: Topology,
    /// Whether a named target gave no answer or only part of one.
    pub incomplete: bool,
    /// Whether it was interrupted (SIGINT, SIGTERM).
    pub interrupted: bool,
    /// What did not work and what to do about it.
    pub notices: Vec<String>,
}

/// Where progress is told, about once a second.
pub type ProgressSink = Box<dyn Fn(&Progress) + Send>;

/// Discovers. Blocks until it is done; SIGINT and SIGTERM end it with what was found until then.
///
/// Errors: a sentence: targets that can't be used (nothing was asked then), no socket.
pub fn once(options: DiscoverOptions, sink: ProgressSink) -> Result<Found, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime did not start: {error}"))?;
    runtime.block_on(discover(options, sink))
}

async fn discover(options: DiscoverOptions, sink: ProgressSink) -> Result<Found, String> {
    let limits = Options { rate: options.rate, rate_per_agent: options.per_device_rate, ..Options::default() };
    let client = Client::open(limits).map_err(|error| format!("no UDP socket can be opened: {error}"))?;
    let listen = options.listen;
    let (deadline, started) = (options.deadline, clock::now());
    let bounds = Bounds::default();
    let mut options = crawl_options(options);
    let cancel = CancellationToken::new();
    let interrupted = tokio::spawn(interrupt(cancel.clone()));
    let (emitter, events) = emitter::channel(EVENTS);
    let follow = tokio::spawn(follow(events, sink));
    let (_never_paused, paused) = watch::channel(false);
    let own = listen.map(|at_least| OwnEars::open(at_least, &emitter));
    options.heard = own.as_ref().and_then(|own| own.heard.clone());
    let mut outcome = crawl(&client, &options, &emitter, Control { paused, cancel: cancel.clone(), keep: Keep::default() }).await;
    if let (Some(own), Ok(outcome)) = (own, &mut outcome) {
        outcome.notices.extend(own.tell().await);
    }
    drop(emitter);
    let mut state = follow.await.map_err(|error| format!("the discovery failed: {error}"))?;
    let left = deadline.saturating_sub(clock::now().since(started)).min(WIRELESS_DEADLINE);
    if !cancel.is_cancelled() {
        let limits = Limits { timeout: options.timeout, retries: options.retries, ..Limits::default() };
        read_wireless(&client, (&options.access, limits, left), &mut state).await;
    }
    let outcome = outcome.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let interrupted = cancel.is_cancelled() && outcome.ending == Ending::Cancelled && interrupted.is_finished();
    let mut found = found(&state, outcome, interrupted);
    found.notices.extend(bounds.told(clock::now()));
    Ok(found)
}

fn crawl_options(options: DiscoverOptions) -> CrawlOptions {
    let DiscoverOptions {
        targets, credentials, port, depth, scope, exclude, timeout, retries, deadline, rate, ping, skip, ..
    } = options;
    let access = Arc::new(Access::new(&credentials));
    let defaults = CrawlOptions::new(targets, access);
    let skip = skip.unwrap_or_else(|| defaults.skip.clone());
    CrawlOptions { port, depth, scope, exclude, timeout, retries, deadline: Some(deadline), rate, ping, skip, ..defaults }
}

/// This host as a device, and the ears of its ports.
struct OwnEars {
    collector: host::Collector,
    heard: Option<Heard>,
    notice: Option<String>,
    stop: DropGuard,
}

impl OwnEars {
    /// Listens from now on, where the process may.
    fn open(at_least: Duration, emitter: &Emitter) -> Self {
        let stop = CancellationToken::new();
        let (publish, rows) = watch::channel(Arc::default());
        let notice = match Listener::open(Arc::default(), publish) {
            Ok(listener) => {
                tokio::spawn(listener.run(stop.clone()));
                None
            }
            Err(error) => Some(format!("{error}; until then this host is shown without its neighbours")),
        };
        let heard = notice.is_none().then(|| Heard { rows: rows.clone(), at_least });
        let collector = host::Collector::new(emitter.clone(), Some(rows), Arc::default());
        Self { collector, heard, notice, stop: stop.drop_guard() }
    }

    /// Tells of the host, last of all: what is known of it by SNMP comes first, so that it has the same id each time.
    async fn tell(mut self) -> Option<String> {
        self.collector.tell().await;
        drop(self.stop);
        self.notice
    }
}

/// Ends the run at the first signal that asks for it.
async fn interrupt(cancel: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    cancel.cancel();
}

/// Applies events until there are no more.
async fn follow(mut events: mpsc::Receiver<Event>, sink: ProgressSink) -> State {
    let mut state = State::new(Settings::default());
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => {
                    state::apply(&mut state, &event);
                }
                None => break,
            },
            _ = tick.tick() => {
                state::apply(&mut state, &Event { at: clock::now(), body: Body::Tick });
                if let Some(progress) = state.progress() {
                    let links = state.links().len() as u64;
                    sink(&Progress { links, ..progress.clone() });
                }
            }
        }
    }
    state::apply(&mut state, &Event { at: clock::now(), body: Body::Tick });
    state
}

/// Reads what wireless controllers and access points that stand alone tell, side by side.
async fn read_wireless(client: &Client, (access, limits, left): (&Access, Limits, Duration), state: &mut State) {
    let mut reads = JoinSet::new();
    for device in state.devices().filter(|device| wireless::is_asked(device)) {
        let Some(snmp) = &device.snmp else { continue };
        let known = access.candidates(snmp.address).into_iter().find(|credential| credential.name == snmp.credential);
        let Some(credential) = known else { continue };
        let plan = PollPlan::of(Arc::clone(device), Agent { address: snmp.address, credential });
        let client = client.clone();
        reads.spawn(async move { wireless::read(&client, &plan, limits).await });
    }
    let all = async {
        while let Some(read) = reads.join_next().await {
            if let Ok(Some(reading)) = read {
                state::apply(state, &Event { at: reading.at, body: Body::Wireless(Box::new(reading)) });
            }
        }
    };
    // Who has not told by then is not told of.
    let _cut_off = tokio::time::timeout(left, all).await;
}

fn found(state: &State, outcome: CrawlOutcome, interrupted: bool) -> Found {
    let topology = Topology { problems: outcome.problems, summary: outcome.summary, ..state.topology() };
    Found { topology, incomplete: outcome.named_problems > 0, interrupted, notices: outcome.notices }
}
