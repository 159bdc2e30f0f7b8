//! The engine in this process: its threads, how it starts and how it ends.
//!
//! Five threads beside the runtime: the engine's own (the only writer of the state), one that answers live watches, one that
//! answers past ones, the history writer, and one that sums history up. Start at [`host`], then `run` (the loop), `hub` (what is shared), `schedule`.

mod addresses;
mod begin;
mod capture;
mod flows;
mod hub;
mod look;
mod metrics;
mod notify;
mod ordered;
mod own;
mod planned;
mod plans;
mod polling;
mod refused;
mod reread;
mod run;
mod schedule;
mod syslog;
mod traps;

use super::audit::{self, Announce, Auditor};
use super::board::{Ear, Kind, Told};
use super::command::{Answer, Command};
use super::core::{Core, Sockets};
use super::handle::{AskError, WatchId};
use super::maintenance::{Ending, Maintenance};
use super::notice::About;
use super::open::Seed;
use super::port::Ports;
use super::session::Session;
use super::socket::Hosted;
use super::socket::server::Desk as _;
use super::supervise::again_and_again;
use super::tending::{self, Tending};
use super::writer::Writer;
use crate::analyse::topology::ManualLink;
use crate::clock::Stopwatch;
use crate::collect::emitter;
use crate::config::Config;
use crate::history::Store;
use crate::history::logs::LogClass;
use crate::model::Capability;
use crate::model::audit::{Actor, Role, Way};
use crate::net::{privilege, process};
use crate::query::{ViewRequest, series_name};
use crate::state::Settings;
use crate::state::view::View;
use hub::Hub;
use run::{Engine, Pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Events that may wait for the engine: polls wait beyond that, so a slow engine slows polling and loses nothing.
const EVENTS: usize = 1024;

/// Orders of operators that may wait: nobody presses keys faster.
const ORDERS: usize = 64;

/// Threads of the runtime: the collectors wait for the network, they don't compute.
const WORKERS: usize = 2;

/// How long collectors may take to end.
const COLLECTORS_END: Duration = Duration::from_secs(2);

/// How long closing may take in all: then the disk is given up on. Whoever ends a daemon waits 5 s for it.
const CLOSE: Duration = Duration::from_millis(4500);

/// What is to be hosted.
pub(super) struct Setup {
    pub(super) store: Arc<dyn Store>,
    /// The store's folder as consoles compare it; empty for a store in memory.
    pub(super) data: PathBuf,
    pub(super) config: Config,
    /// Where the socket may be; none serves nobody.
    pub(super) sockets: Vec<PathBuf>,
    /// A past for a fresh store.
    pub(super) seed: Option<Seed>,
    /// Whether the host's log is told where the audit journal stands.
    pub(super) announce: Announce,
}

/// Starts an engine. Errors: a sentence; nothing runs then.
pub(super) fn host(setup: Setup, ear: Ear) -> Result<LocalSession, String> {
    let Setup { store, data, config, sockets, seed, announce } = setup;
    let restored = privilege::without(|| {
        store.logs().logs_classes(classes(&config))?;
        Core::restore(Arc::clone(&store), &site(&config), settings(&config)).map_err(|error| error.to_string())
    });
    let mut core = restored?;
    let countries = core.know_countries(config.listeners.country_file.as_deref());
    let backfill = seed.map(|seed| seed.sow(&mut core)).transpose().map_err(|error| error.to_string())?;
    let runtime = runtime()?;
    let stop = CancellationToken::new();
    let (emitter, events) = emitter::channel(EVENTS);
    let writer = Writer::start(Arc::clone(&store)).map_err(|error| format!("the history thread did not start: {error}"))?;
    let teller = emitter.clone();
    let schedule = schedule::Schedule::new(&runtime, &config, emitter)?;
    let (orders, ordered) = tokio::sync::mpsc::channel(ORDERS);
    let (own, (audit, found)) = audited(&data, announce);
    let hub = Arc::new(Hub::new(hub::Parts {
        reader: core.reader(),
        live: core.live(Vec::new(), None),
        losses: Arc::clone(writer.losses()),
        control: schedule.control(),
        orders,
        counts: schedule.counts(),
        wards: schedule.wards(),
        access: config.access.clone(),
        own,
        audit,
        ports: Ports::new(config.set.clone(), stop.clone()),
        planned: config.maintenance.clone(),
    }));
    begin::tell(&hub, (&config, found));
    first_notices(&hub, &config, &core, &*store);
    if let Err(why) = countries {
        hub.notices.set(About::Countries, why);
    }
    hub.publish(core.live(hub.notices.sentences(), None));
    let hosted = if announce == Announce::Heads { Hosted::Daemon } else { Hosted::Console };
    begin::listen(&runtime, (&hub, (data, hosted)), (&sockets, stop.clone()))?;
    metrics::serve(&runtime, &hub, (&config.listeners, stop.clone()));
    let polling = schedule.polling();
    let after_change = schedule.start((&runtime, &hub, writer.notes()), stop.clone());
    let desk = notify::Desk::open((&config, &*store), (&runtime, &hub, teller))?;
    let feeder = desk.as_ref().map(notify::Desk::feeder);
    let manual_links = config.manual_links.iter().map(|link| format!("{} - {}", link.a, link.b)).collect();
    let listened = sockets_of(&config);
    let engine = Engine {
        core,
        events,
        ordered,
        writer,
        hub: Arc::clone(&hub),
        after_change,
        polling,
        pending: Pending::default(),
        manual_links,
        sockets: listened,
        log_sockets: log_sockets_of(&config),
        feeder,
        plan: planned::Plan::new(config.maintenance.clone()),
    };
    let (maintenance, ending) = Maintenance::new(Arc::clone(&store), (&config, hub.audit.clone()));
    let (tending, tending_ends) = Tending::new(Arc::clone(&store));
    let endings = (ending, tending_ends);
    let (alive, gone) = mpsc::channel();
    let mut running = Running { stop: stop.clone(), alive, gone, done: None, endings };
    if let Some(desk) = desk {
        tell_people(&mut running, &hub, desk.run(&runtime, stop.clone()))?;
    }
    running.engine(engine, runtime)?;
    readers_and_keepers(&mut running, &hub, (tending, maintenance))?;
    if let Some(backfill) = backfill {
        running.thread("noctop-backfill", move || backfill.run(&*store, &stop))?;
    }
    let session = hub.board.join(ear);
    Ok(LocalSession { hub, session, running: Mutex::new(Some(running)) })
}

/// The thread that tells people about alarms. Errors: a sentence.
fn tell_people(running: &mut Running, hub: &Arc<Hub>, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let told = Arc::clone(hub);
    running.thread("noctop-notify", move || {
        // Without it nobody is told of any alarm: better an engine that is started again, whose ledger knows who was told what.
        if catch_unwind(AssertUnwindSafe(work)).is_err() {
            told.board.tell_all(&Told::Ending("telling people about alarms failed: the engine is started again".to_owned()));
        }
    })
}

/// Threads that answer views, index log lines and sum up history; each is started again where it panics. Errors: a sentence.
fn readers_and_keepers(
    running: &mut Running,
    hub: &Arc<Hub>,
    (tending, maintenance): (Tending, Maintenance),
) -> Result<(), String> {
    for (name, part, kind) in [("noctop-live", "views", Kind::Live), ("noctop-past", "past views", Kind::Past)] {
        let hub = Arc::clone(hub);
        running.thread(name, move || again_and_again((part, &hub.wards), || hub.work(kind)))?;
    }
    let theirs = Arc::clone(hub);
    running.thread("noctop-logs", move || {
        again_and_again(("log index", &theirs.wards), || tending.run(|| theirs.reader.look_up_history()))
    })?;
    let theirs = Arc::clone(hub);
    let sums_up = move || again_and_again(("summing up", &theirs.wards), || maintenance.run(&theirs.notices));
    running.thread("noctop-maintain", sums_up)
}

/// The runtime of the collectors. Errors: a sentence.
fn runtime() -> Result<Runtime, String> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("noctop-net")
        // They open sockets for pings and for LLDP, again and again; what has a port below 1024 is bound before, by the thread that is here.
        .on_thread_start(|| privilege::keep(&[Capability::NetRaw]))
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime did not start: {error}"))
}

/// Who runs this, and the audit journal of its store; what was found amiss in it, in sentences.
fn audited(data: &Path, announce: Announce) -> (Actor, (Auditor, Vec<String>)) {
    let own = audit::own(Way::Process);
    let opened = if data.as_os_str().is_empty() { Default::default() } else { Auditor::open(data, (own.clone(), announce)) };
    (own, opened)
}

/// The classes by which log lines are filed.
fn classes(config: &Config) -> Vec<LogClass> {
    let class =
        |class: &crate::config::LogClass| LogClass { name: class.name.clone(), filter: class.filter.clone(), keep: class.keep };
    config.log_classes.iter().map(class).collect()
}

pub(super) fn settings(config: &Config) -> Settings {
    let end = |text: &str| series_name::parse_port(text).ok();
    let links = config.manual_links.iter();
    let manual_links = links.filter_map(|link| Some(ManualLink { a: end(&link.a)?, b: end(&link.b)? })).collect();
    Settings { poll_interval: config.polling.interval, manual_links, rules: Arc::clone(&config.rules.0) }
}

/// Where flows are listened for and captured.
fn sockets_of(config: &Config) -> Sockets {
    let capture = config.listeners.capture.iter().map(|name| (name.clone(), 0, None)).collect();
    let listen = config.listeners.flows.iter().map(ToString::to_string).collect();
    Sockets { listen, capture, ..Sockets::default() }
}

/// Where log lines are listened for.
fn log_sockets_of(config: &Config) -> [(&'static str, Vec<String>); 2] {
    let traps = config.listeners.traps.iter().map(ToString::to_string).collect();
    [("syslog", config.listeners.syslog.clone()), ("trap", traps)]
}

/// The site's name, else the host's.
pub(super) fn site(config: &Config) -> String {
    let host = || Some(process::host_name());
    config.site.clone().or_else(host).filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

fn first_notices(hub: &Hub, config: &Config, core: &Core, store: &dyn Store) {
    if config.discovery.targets.is_empty() && core.state().devices().len() == 0 {
        let what = "nothing is to be discovered yet: name targets in [discovery] of the configuration, or press D to give some";
        hub.notices.set(About::Targets, what.to_owned());
    }
    if config.credentials.is_empty() {
        let what = "no credential is configured: the community \"public\" is tried; add [[credential]] to the configuration";
        hub.notices.set(About::Credentials, what.to_owned());
    }
    let set_aside = store.stats().map(|stats| stats.set_aside).unwrap_or_default();
    if let Some(first) = set_aside.first() {
        let (count, first) = (set_aside.len(), first.display());
        let what =
            format!("{count} damaged part(s) of the store were set aside ({first}); what they held is missing from history");
        hub.notices.set(About::Store, what);
    } else if let Some(what) = core.unread() {
        hub.notices.set(About::Store, what);
    }
}

struct Running {
    stop: CancellationToken,
    /// Every thread has one of it until it ends.
    alive: mpsc::Sender<()>,
    gone: mpsc::Receiver<()>,
    done: Option<mpsc::Receiver<()>>,
    /// What ends the threads that care for the store.
    endings: (Ending, tending::Ending),
}

impl Running {
    fn thread(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
        let alive = self.alive.clone();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _until_it_ends = alive;
            privilege::keep(&[]);
            work();
        });
        thread.map(drop).map_err(|error| format!("the thread {name} did not start: {error}"))
    }

    fn engine(&mut self, engine: Engine, runtime: Runtime) -> Result<(), String> {
        let (send, receive) = mpsc::channel();
        let stop = self.stop.clone();
        self.done = Some(receive);
        let hub = Arc::clone(&engine.hub);
        self.thread("noctop-engine", move || {
            let ran = catch_unwind(AssertUnwindSafe(|| runtime.block_on(engine.run(stop, COLLECTORS_END))));
            if ran.is_err() {
                tracing::error!("the engine failed");
                hub.board.tell_all(&Told::Ending("the engine failed and is started again".to_owned()));
            }
            runtime.shutdown_timeout(Duration::from_secs(1));
            let _closed_without_waiting = send.send(());
        })
    }

    /// Ends all threads: collectors, what they handed over, the history; then those who answer.
    fn end(self, hub: &Hub) {
        let watch = Stopwatch::start();
        let left = || CLOSE.saturating_sub(watch.elapsed());
        self.stop.cancel();
        hub.ports.finish();
        drop((self.endings, self.alive));
        let ended = self.done.is_none_or(|done| done.recv_timeout(left()).is_ok());
        hub.board.stop();
        if !ended {
            tracing::error!("the history could not be flushed in {} ms", CLOSE.as_millis());
        }
        // Disconnected is what it is when the last of them has gone. Those that are amid something long are not waited for.
        if self.gone.recv_timeout(left()) == Err(mpsc::RecvTimeoutError::Timeout) {
            tracing::warn!("a thread of the engine was not waited for");
        }
    }
}

/// The console in the engine's own process.
pub(super) struct LocalSession {
    hub: Arc<Hub>,
    session: u64,
    running: Mutex<Option<Running>>,
}

impl Session for LocalSession {
    fn watch(&self, watch: WatchId, generation: u64, request: ViewRequest) {
        self.hub.board.watch(self.session, watch, (generation, request));
    }

    fn unwatch(&self, watch: WatchId) {
        self.hub.board.unwatch(self.session, watch);
    }

    fn ask(&self, request: ViewRequest) -> Result<View, AskError> {
        self.hub.ask(&request)
    }

    fn command(&self, command: Command) -> Result<Answer, AskError> {
        self.hub.command(&self.hub.own, command)
    }

    fn close(&self) {
        self.hub.board.leave(self.session);
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            self.hub.board.tell_all(&Told::Ending("the engine ended".to_owned()));
            // Before the store is let go: whoever takes it next writes the journal from then on.
            begin::tell_end(&self.hub);
            running.end(&self.hub);
        }
    }

    fn pid(&self) -> Option<u32> {
        None
    }

    fn role(&self) -> Role {
        Role::Operator
    }
}

impl Drop for LocalSession {
    fn drop(&mut self) {
        self.close();
    }
}
