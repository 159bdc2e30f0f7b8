//! `noctop daemon`: the engine without a screen, until a signal ends it.

use super::{Failure, Outcome, attach, config_check};
use crate::cli::{Common, DaemonArgs, EXIT_OK};
use crate::clock::Stopwatch;
use crate::config::{self, Config};
use crate::engine::{self, Hosting, Update};
use crate::net::privilege::{self, Account};
use crate::net::supervisor::{self, Say, Supervisor};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Hosts the engine and serves consoles. SIGTERM, SIGINT and SIGHUP end it; its history is flushed first.
///
/// The configuration and the secrets that it names are read with the rights that the process was started with; everything else is done
/// with those that [`privilege::reduce`] leaves, and after the sockets are open with none.
pub fn run(common: &Common, args: &DaemonArgs) -> Outcome {
    let options = attach::options(common, Hosting::Always)?;
    let group = warn(common);
    reduce(args, group)?;
    let (send, ended) = mpsc::channel();
    signals(send.clone()).map_err(|error| Failure::failed(format!("signals can't be listened for: {error}")))?;
    let handle = engine::open(options).map_err(attach::refused)?;
    privilege::keep(&[]);
    eprintln!("noctop: the engine runs, pid {}; consoles attach with: noctop", std::process::id());
    let supervisor = Supervisor::of_environment().map(Arc::new);
    let alive = Alive::new(supervisor.clone(), supervisor::watchdog());
    handle.subscribe(Box::new(move |update| match update {
        Update::Lost(why) => {
            let _ending_already = send.send(End::Failed(why));
        }
        Update::Clock(_) => alive.turned(),
        Update::View(..) | Update::Serving(_) | Update::Role(_) => {}
    }));
    let say = |what| supervisor.iter().for_each(|supervisor| supervisor.say(what));
    say(Say::Ready("the engine runs; consoles attach with: noctop"));
    let end = ended.recv();
    say(Say::Stopping);
    if let Ok(End::Signal(name)) = &end {
        eprintln!("noctop: {name}: ending");
    }
    handle.close();
    match end {
        Ok(End::Failed(why)) => Err(Failure::failed(why)),
        Ok(End::Signal(_)) | Err(_) => Ok(EXIT_OK),
    }
}

/// Says once what of the configuration works and should be otherwise; the socket's group is told. Errors: none; what is wrong with it was
/// told before.
fn warn(common: &Common) -> Option<u32> {
    let path = config::find(common.config.as_deref());
    let read = path.as_ref().and_then(|path| Some((path, config::read_file(path).ok()?)));
    let Some((path, config)) = read else { return engine::socket_group(&Config::default().access) };
    config::secret_facts(Some(path), &config).iter().for_each(|fact| eprintln!("{}", config_check::warning(path, fact)));
    engine::exposures(&config).iter().for_each(|sentence| eprintln!("noctop: warning: {sentence}"));
    engine::socket_group(&config.access)
}

/// Gives up what is not needed, and says so where it was root that started it.
fn reduce(args: &DaemonArgs, group: Option<u32>) -> Result<(), Failure> {
    let account = args.user.as_deref().map(Account::named).transpose().map_err(Failure::usage)?;
    let was_root = privilege::is_root();
    if !was_root && account.as_ref().is_some_and(|account| account.uid != privilege::uid()) {
        return Err(Failure::usage("--user: only root can become another user; start it as that user, or leave --user out"));
    }
    privilege::reduce(account.as_ref().filter(|_| was_root), group).map_err(Failure::failed)?;
    match (was_root, &account) {
        (false, _) => {}
        (true, Some(account)) => eprintln!("noctop: started as root; runs as {} from here on", account.name),
        (true, None) => eprintln!(
            "noctop: started as root; it keeps CAP_NET_RAW and CAP_NET_BIND_SERVICE alone and reads no other user's files: \
             --user NAME makes it run as an account of its own"
        ),
    }
    Ok(())
}

/// Tells the service manager that the engine turns, as often as it wants to hear it: an engine that hangs says nothing, and is started again.
struct Alive {
    supervisor: Option<Arc<Supervisor>>,
    every: Option<Duration>,
    last: Mutex<Option<Stopwatch>>,
}

impl Alive {
    const fn new(supervisor: Option<Arc<Supervisor>>, every: Option<Duration>) -> Self {
        Self { supervisor, every, last: Mutex::new(None) }
    }

    fn turned(&self) {
        let (Some(supervisor), Some(every)) = (&self.supervisor, self.every) else { return };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= every) {
            *last = Some(Stopwatch::start());
            supervisor.say(Say::Alive);
        }
    }
}

/// Why a daemon ends.
enum End {
    Signal(&'static str),
    /// The engine failed; whoever supervises the daemon starts it again.
    Failed(String),
}

/// Sends the name of the first signal that ends a daemon.
fn signals(send: mpsc::Sender<End>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminate, mut interrupt, mut hangup) = {
        let _inside = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?)
    };
    std::thread::Builder::new().name("noctop-signals".to_owned()).spawn(move || {
        privilege::keep(&[]);
        let name = runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
                _ = hangup.recv() => "SIGHUP",
            }
        });
        let _ended_already = send.send(End::Signal(name));
    })?;
    Ok(())
}
