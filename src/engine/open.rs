//! How a handle comes to be: attach to whoever serves, host the engine, or read the store alone.

use super::audit::{self, Announce, AuditAnswer, AuditQuestion};
use super::board::Ear;
use super::command::{Answer, Command};
use super::core::Core;
use super::handle::{AskError, Handle};
use super::local::{self, Setup};
use super::offline::Offline;
use super::paths::Places;
use super::session::Session;
use super::socket::Hosted;
use super::socket::attached::{AttachError, Attached};
use super::switch::{Caller, Opener, Switch};
use crate::clock::{self, Stopwatch};
use crate::config::Config;
use crate::event::Event;
use crate::history::sled::SledStore;
pub use crate::history::sled::{Replace, Restored};
use crate::history::{MemoryStore, Store, StoreError};
use crate::model::SampleBatch;
use crate::model::audit::{Act, Outcome};
use crate::model::flow::FlowTime;
use crate::model::log::LogDatagram;
use crate::net::privilege;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long somebody may hold the store without serving a socket: a read-only command, or an engine that starts or ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is said where no store was named and there is no place for one.
const NO_HOME: &str = "there is no home for a store: name a folder with --data";

/// A daemon that was attached is waited for so long before a console takes its store: service managers start one that failed after 5 s, and
/// one that finds its store taken can't run.
const DAEMON_RETURNS: Duration = Duration::from_secs(10);

/// What an operator is told meanwhile.
const AWAITED: &str = "the daemon ended; it is waited for";

/// Between two attempts.
const RETRY: Duration = Duration::from_millis(50);

/// Who runs the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosting {
    /// Not we: attach, else read the store alone. For commands.
    Never,
    /// Attach, else host, and take over when the one that was attached ends. For the console.
    Auto,
    /// We, or nobody. For the daemon.
    Always,
}

/// A past to begin with, for the demo: events in the order of their times, then samples chunk by chunk.
pub struct Seed {
    /// Observed or derived; what is derived is journalled as it is.
    pub events: Vec<Event>,
    /// Backfilled while the engine already runs.
    pub samples: Box<dyn Iterator<Item = Vec<SampleBatch>> + Send>,
    /// What was talked, backfilled likewise.
    pub flows: Box<dyn Iterator<Item = FlowTime> + Send>,
    /// What devices said by syslog and traps, in the order of their times.
    pub logs: Box<dyn Iterator<Item = LogDatagram> + Send>,
}

/// What is opened, and how.
pub struct OpenOptions {
    config: Config,
    hosting: Hosting,
    data: Option<PathBuf>,
    connect: Option<PathBuf>,
    memory: bool,
    unserved: bool,
    seed: Option<Seed>,
}

impl OpenOptions {
    /// By a configuration.
    pub const fn new(config: Config, hosting: Hosting) -> Self {
        Self { config, hosting, data: None, connect: None, memory: false, unserved: false, seed: None }
    }

    /// With the store in this folder, not where the configuration says.
    #[must_use]
    pub fn data(self, data: Option<PathBuf>) -> Self {
        Self { data, ..self }
    }

    /// With this socket alone.
    #[must_use]
    pub fn connect(self, connect: Option<PathBuf>) -> Self {
        Self { connect, ..self }
    }

    /// With a store in memory, which nobody else sees; a socket is served only where one is named. With
    /// [`Hosting::Never`] nothing runs at all: a still picture of the seed, the same each time.
    #[must_use]
    pub fn in_memory(self) -> Self {
        Self { memory: true, ..self }
    }

    /// Serving a socket only where one is named, whatever the store.
    #[must_use]
    pub fn unserved(self) -> Self {
        Self { unserved: true, ..self }
    }

    /// With a past, where the store is still empty.
    #[must_use]
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed: Some(seed), ..self }
    }
}

/// Why there is no engine; each sentence says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(String);

/// Opens an engine and waits until it is there. Errors: a sentence.
pub fn open(options: OpenOptions) -> Result<Handle, OpenError> {
    let switch = Switch::new(Box::new(Ways::new(options)));
    switch.open().map_err(OpenError)?;
    Ok(Handle::new(switch))
}

/// Opens an engine in a thread of its own. What is watched is answered when it is there; where it can't be opened, the
/// subscriber is told [`Update::Lost`](super::Update::Lost) with the reason and every question is answered with it.
pub fn open_in_background(options: OpenOptions) -> Handle {
    let switch = Switch::new(Box::new(Ways::new(options)));
    let opening = Arc::clone(&switch);
    let thread = std::thread::Builder::new().name("noctop-open".to_owned()).spawn(move || {
        // The reason is told by the switch itself.
        let _told = opening.open();
    });
    if thread.is_err() {
        let _told = switch.open();
    }
    Handle::new(switch)
}

/// Asks the audit journal: whoever serves the store, else its files. Errors: a sentence.
pub fn ask_audit(options: OpenOptions, question: AuditQuestion) -> Result<AuditAnswer, AskError> {
    let ways = Ways::new(options);
    let ear: Ear = Arc::new(|_| {});
    if let Some(attached) = ways.attach(&ear).map_err(AskError::Failed)? {
        return match attached.command(Command::Audit(Box::new(question)))? {
            Answer::Audit(answer) => Ok(*answer),
            _ => Err(AskError::Failed("the engine answered another question".to_owned())),
        };
    }
    let folder = ways.places.store().ok_or_else(|| AskError::Failed(NO_HOME.to_owned()))?;
    audit::answer(&folder, &question, (clock::now(), ways.config.access.office_hours.as_ref()))
}

/// Writes down what a command does by itself: by whoever serves the store, else into its files. Errors: a sentence.
pub fn record(options: OpenOptions, (act, outcome): (Act, Outcome)) -> Result<(), OpenError> {
    let ways = Ways::new(options);
    let ear: Ear = Arc::new(|_| {});
    if let Some(attached) = ways.attach(&ear).map_err(OpenError)? {
        return attached.command(Command::Record(Box::new(act), outcome)).map(drop).map_err(|error| OpenError(error.to_string()));
    }
    let folder = ways.places.store().ok_or_else(|| OpenError(NO_HOME.to_owned()))?;
    audit::by_itself(&folder, (act, outcome)).map(drop).map_err(|error| OpenError(error.to_string()))
}

/// The store by itself, to be written by a command: nothing else of an engine. Errors: somebody else holds it.
pub(super) fn alone(options: OpenOptions) -> Result<(Config, Arc<dyn Store>), OpenError> {
    let ways = Ways::new(options);
    let opened = ways.store().map_err(|error| match error {
        StoreError::InUse(folder) => {
            format!("the store {} is in use: end the noctop that serves it, and start it again afterwards", folder.display())
        }
        other => other.to_string(),
    });
    let (_, store) = opened.map_err(OpenError)?;
    Ok((ways.config, store))
}

/// Attaches to the engine that serves the store that is meant. Errors: one that serves but can't be talked to.
pub(super) fn attached(options: OpenOptions) -> Result<Option<Attached>, String> {
    let deaf: Ear = Arc::new(|_| {});
    Ways::new(options).attach(&deaf)
}

/// Puts a backup where the store is to be, which nobody may hold. Errors: a sentence.
pub fn restore(options: OpenOptions, from: &Path, replace: Replace) -> Result<Restored, OpenError> {
    let ways = Ways::new(options);
    let folder = ways.places.store().ok_or_else(|| OpenError(NO_HOME.to_owned()))?;
    SledStore::restore(from, &folder, replace).map_err(|error| OpenError(error.to_string()))
}

/// The ways to an engine.
struct Ways {
    config: Config,
    hosting: Hosting,
    places: Places,
    named_socket: bool,
    memory: bool,
    unserved: bool,
    seed: Mutex<Option<Seed>>,
    /// Whether it was a daemon that was attached last.
    of_daemon: AtomicBool,
}

impl Ways {
    fn new(options: OpenOptions) -> Self {
        let OpenOptions { config, hosting, data, connect, memory, unserved, seed } = options;
        let named_socket = connect.is_some();
        let places = Places::of(data.or_else(|| config.store.path.clone()), connect);
        Self {
            config,
            hosting,
            places,
            named_socket,
            memory,
            unserved,
            seed: Mutex::new(seed),
            of_daemon: AtomicBool::new(false),
        }
    }

    /// The first that serves the store that is meant. Errors: one that serves but can't be talked to.
    fn attach(&self, ear: &Ear) -> Result<Option<Attached>, String> {
        for path in self.places.sockets() {
            match Attached::connect(&path, Arc::clone(ear)) {
                Ok(attached) if self.places.means(attached.data()) => return Ok(Some(attached)),
                Ok(other) if self.named_socket => {
                    let theirs = other.data().display().to_string();
                    return Err(format!("{} serves the store {theirs}, not the one that was named", path.display()));
                }
                Ok(_) | Err(AttachError::Nobody(_)) => {}
                // Another user's engine at a place where it was only looked for.
                Err(AttachError::Shut(..)) if !self.named_socket => {}
                Err(refused) => return Err(refused.to_string()),
            }
        }
        Ok(None)
    }

    fn store(&self) -> Result<(PathBuf, Arc<dyn Store>), StoreError> {
        let folder = self.places.store().ok_or_else(|| StoreError::Absent(PathBuf::from("$XDG_STATE_HOME/noctop")))?;
        let store = privilege::without(|| SledStore::open(&folder))?;
        Ok((folder, Arc::new(store)))
    }

    /// The seed, for a store that is still empty.
    fn seed_for(&self, store: &dyn Store) -> Result<Option<Seed>, StoreError> {
        let empty = store.span()?.is_none();
        Ok(if empty { self.seed.lock().unwrap_or_else(PoisonError::into_inner).take() } else { None })
    }

    fn host(&self, ear: Ear, (data, store): (PathBuf, Arc<dyn Store>)) -> Result<Arc<dyn Session>, String> {
        let seed = self.seed_for(&*store).map_err(|error| error.to_string())?;
        let private = (self.memory || self.unserved) && !self.named_socket;
        let sockets = if private { Vec::new() } else { self.places.sockets() };
        let announce = if self.hosting == Hosting::Always { Announce::Heads } else { Announce::Nothing };
        let setup = Setup { store, data, config: self.config.clone(), sockets, seed, announce };
        local::host(setup, ear).map(|session| Arc::new(session) as Arc<dyn Session>)
    }

    fn in_memory(&self, ear: Ear) -> Result<Arc<dyn Session>, String> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        if self.hosting != Hosting::Never {
            return self.host(ear, (PathBuf::new(), store));
        }
        let still = || {
            if let Some(seed) = self.seed_for(&*store)? {
                let mut core = Core::restore(Arc::clone(&store), "", local::settings(&self.config))?;
                seed.sow(&mut core)?.run(&*store, &CancellationToken::new());
            }
            Offline::new(Arc::clone(&store), &self.config, ear)
        };
        still().map(|still| Arc::new(still) as Arc<dyn Session>).map_err(|error: StoreError| error.to_string())
    }

    /// The store alone, or hosted; `None` while somebody else holds it.
    fn take_store(&self, ear: &Ear) -> Result<Option<Arc<dyn Session>>, String> {
        let read_only = self.hosting == Hosting::Never;
        let opened = if read_only { self.existing_store() } else { self.store() };
        match opened {
            Ok((_, store)) if read_only => {
                let offline = Offline::new(store, &self.config, Arc::clone(ear)).map_err(|error| error.to_string())?;
                Ok(Some(Arc::new(offline)))
            }
            Ok(found) => self.host(Arc::clone(ear), found).map(Some),
            Err(StoreError::InUse(_)) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A store that is there; a command that reads makes none.
    fn existing_store(&self) -> Result<(PathBuf, Arc<dyn Store>), StoreError> {
        let folder = self.places.store().ok_or_else(|| StoreError::Absent(PathBuf::from("$XDG_STATE_HOME/noctop")))?;
        let store = SledStore::open_read_only(&folder)?;
        Ok((folder, Arc::new(store)))
    }

    /// Attaches, or takes the store.
    fn either(&self, ear: &Ear) -> Result<Option<Arc<dyn Session>>, String> {
        if self.hosting != Hosting::Always
            && let Some(attached) = self.attached(ear)?
        {
            return Ok(Some(attached));
        }
        self.take_store(ear)
    }

    fn attached(&self, ear: &Ear) -> Result<Option<Arc<dyn Session>>, String> {
        let attached = self.attach(ear)?;
        self.of_daemon.fetch_or(attached.as_ref().is_some_and(|attached| attached.hosted() == Hosted::Daemon), Relaxed);
        Ok(attached.map(|attached| Arc::new(attached) as Arc<dyn Session>))
    }

    fn in_use(&self) -> String {
        let folder = self.places.store().unwrap_or_default();
        let folder = folder.display();
        match self.hosting {
            Hosting::Always => {
                format!("the store {folder} is in use by another noctop: end that one, or name another --data folder")
            }
            Hosting::Never | Hosting::Auto => {
                let sockets: Vec<String> = self.places.sockets().iter().map(|path| path.display().to_string()).collect();
                let sockets = sockets.join(", ");
                format!(
                    "the store {folder} is in use by another noctop that serves none of {sockets}: name its socket with --connect, or end it"
                )
            }
        }
    }
}

impl Opener for Ways {
    fn open(&self, ear: Ear) -> Result<Arc<dyn Session>, String> {
        if self.memory {
            return self.in_memory(ear);
        }
        let waited = Stopwatch::start();
        loop {
            if let Some(session) = self.either(&ear)? {
                return Ok(session);
            }
            if waited.elapsed() >= PATIENCE {
                return Err(self.in_use());
            }
            std::thread::sleep(RETRY);
        }
    }

    fn again(&self, ear: Ear, caller: &dyn Caller) -> Option<Arc<dyn Session>> {
        if self.hosting != Hosting::Auto || self.memory {
            return None;
        }
        let is_awaited = self.of_daemon.swap(false, Relaxed);
        let (waited, mut said) = (Stopwatch::start(), None);
        if is_awaited {
            caller.hears(AWAITED.to_owned());
        }
        // Those who lost the same engine must not try in step: the smaller part of each one's number tells them apart.
        let wait = RETRY + Duration::from_millis(u64::from(std::process::id() % 50));
        while caller.wants() {
            let is_awaited = is_awaited && waited.elapsed() < DAEMON_RETURNS;
            match if is_awaited { self.attached(&ear) } else { self.either(&ear) } {
                Ok(Some(session)) => return Some(session),
                // What stood in the way for a moment (a daemon that was still ending) does no more.
                Ok(None) if is_awaited && said.take().is_some() => caller.hears(AWAITED.to_owned()),
                Ok(None) => {}
                Err(why) if said.as_ref() == Some(&why) => {}
                Err(why) => {
                    tracing::warn!("{why}");
                    caller.hears(why.clone());
                    said = Some(why);
                }
            }
            std::thread::sleep(wait);
        }
        None
    }
}

impl Seed {
    /// Applies the events; what is left is the backfill of samples.
    pub(super) fn sow(self, core: &mut Core) -> Result<Backfill, StoreError> {
        core.sow(self.events)?;
        core.sow_logs(self.logs)?;
        Ok(Backfill { samples: self.samples, flows: self.flows })
    }
}

/// What of a past is yet to be stored.
pub(super) struct Backfill {
    samples: Box<dyn Iterator<Item = Vec<SampleBatch>> + Send>,
    flows: Box<dyn Iterator<Item = FlowTime> + Send>,
}

impl Backfill {
    /// Stores samples and flows in turn, chunk by chunk, until there are none or `stop`.
    pub(super) fn run(mut self, store: &dyn Store, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let (samples, flows) = (self.samples.next(), self.flows.next());
            if samples.is_none() && flows.is_none() {
                return;
            }
            let stored = samples.map_or(Ok(()), |chunk| store.samples_backfill(&chunk));
            let stored = stored.and_then(|()| flows.map_or(Ok(()), |time| store.flow_talks_append(&time)));
            if let Err(error) = stored {
                tracing::warn!(%error, "a part of the past could not be stored");
            }
        }
    }
}
