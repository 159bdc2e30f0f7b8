//! `noctop demo`: a campus of simulated devices on loopback, with the ordinary console and engine on top of it.
//!
//! The first frame is drawn before anything here is done: the stage is set on the console's opening thread. What is on it
//! goes with it: the agents, the exporters of flows, and the folder of the store.

use super::{Failure, Outcome, console};
use crate::cli::{Common, ConsoleOptions, DemoArgs, EXIT_OK, ShotArgs};
use crate::clock;
use crate::config::{Config, Discovery, Polling};
use crate::engine::{self, Handle, Hosting, OpenOptions, Seed};
use crate::mib::Registry;
use crate::model::{Credential, Timestamp};
use crate::query::time;
use crate::sim::backfill::{FlowTimes, Order, Past};
use crate::sim::logs::Script;
use crate::sim::logs::live::Speakers;
use crate::sim::serve::{Campus, Server};
use crate::sim::traffic::{Exporters, Traffic, live};
use crate::sim::{Scale, Scenario};
use crate::ui::{self, Source};
use std::fs::DirBuilder;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// The credential's name, as devices show it.
const CREDENTIAL: &str = "demo";

/// Networks up to this size are polled more often, so that figures move while one looks.
const SMALL: usize = 500;

/// How often a small network is polled.
const LIVELY: Duration = Duration::from_secs(10);

/// Threads that answer as agents.
const AGENT_THREADS: usize = 1;

/// The moment of `shot --demo`: 2026-11-22T12:00:00Z.
const STILL_MOMENT: Timestamp = Timestamp::from_secs(1_795_348_800);

/// The seed of `shot --demo`.
const STILL_SEED: u64 = 1;

/// The port that agents have in a still picture, where none answers.
const STILL_PORT: u16 = 10161;

/// How much of the past a still picture holds: what its graphs show.
const STILL_PAST: Duration = Duration::from_secs(86_400);

/// How often another free port is asked for.
const MOST_OFFERS: usize = 8;

/// Runs the demo until the operator quits.
///
/// # Errors
/// Exit code 1 where there is no terminal, or the agents or the store can't be had.
pub fn run(args: &DemoArgs, common: &Common, options: &ConsoleOptions) -> Outcome {
    let options = console::options(options)?;
    let (send, set) = mpsc::channel();
    let (args, connect) = (args.clone(), common.connect.clone());
    let opening = move || {
        let stage = Stage::set(&args, connect).map_err(|failure| failure.message)?;
        let handle = stage.handle.clone();
        // Nobody waits for it any more only when the process ends.
        let _ended = send.send(stage);
        Ok(handle)
    };
    let ended = ui::run(Source::Opening(Box::new(opening)), &options, console::signals());
    // Whoever quits while the stage is still being set waits for it, so that it is cleared away.
    if let Ok(stage) = set.recv() {
        stage.clear();
    }
    ended.map(|()| EXIT_OK).map_err(Failure::failed)
}

/// The demo network at its fixed moment, without agents and without clock: the same each time.
///
/// # Errors
/// When there is no such scenario, or its file has a fault; those that are built in have none, as a test holds.
pub fn still(scenario: Option<&str>, seed: u64) -> Result<Handle, Failure> {
    let (campus, past) = cast(scenario, (Scale::at(STILL_MOMENT, seed), STILL_PORT))?;
    let flows = Box::new(FlowTimes::new(Arc::new(Traffic::new(Arc::clone(&campus))), STILL_MOMENT));
    let samples = Box::new(past.samples_of(Order::OldestFirst, STILL_PAST));
    let logs = Box::new(Script::new(Arc::clone(&campus.scenario)).past());
    let seed = Seed { events: past.events(), samples, flows, logs };
    let config = config(&campus.scenario, STILL_PORT);
    engine::open(OpenOptions::new(config, Hosting::Never).in_memory().seed(seed)).map_err(Failure::failed)
}

/// `shot --demo`: a screen of the still demo network, now or at the past time of `--at`.
///
/// # Errors
/// As [`still`], and as the picture itself.
pub fn shot(args: &ShotArgs, common: &Common, options: &ConsoleOptions) -> Outcome {
    let options = console::options(options)?;
    let at = common.at.as_deref().map(|text| {
        let parsed = time::parse(text, STILL_MOMENT);
        parsed.ok_or_else(|| Failure::usage(format!("--at {text:?} is no time: RFC 3339 (2026-11-22T11:00:00Z), -15m or @UNIX")))
    });
    let handle = still(args.demo.as_deref(), STILL_SEED)?;
    super::shot::run(args, &options, (&handle, at.transpose()?), &mut std::io::stdout())
}

fn cast(scenario: Option<&str>, (scale, port): (Scale, u16)) -> Result<(Arc<Campus>, Past), Failure> {
    let campus = campus(scenario, scale)?;
    Ok((Arc::clone(&campus), Past::new(campus, port, CREDENTIAL)))
}

fn campus(scenario: Option<&str>, scale: Scale) -> Result<Arc<Campus>, Failure> {
    let scenario = Arc::new(super::sim::named(scenario, scale)?);
    let campus = Campus::new(scenario, Registry::builtin()).map_err(|unknown| Failure::failed(unknown.join("; ")))?;
    Ok(Arc::new(campus))
}

/// What an operator of this network would have configured.
fn config(scenario: &Scenario, port: u16) -> Config {
    let addresses: Vec<_> = scenario.agents().map(|(_, address, _)| address).collect();
    let targets = match addresses.as_slice() {
        [first, .., last] => vec![format!("{first}-{last}")],
        one => one.iter().map(ToString::to_string).collect(),
    };
    let polling = Polling::default();
    Config {
        site: Some(scenario.name.clone()),
        credentials: vec![Credential::community(CREDENTIAL, &scenario.community)],
        discovery: Discovery { targets, scope: vec![scenario.network.into()], port, own_host: false, ..Discovery::default() },
        polling: Polling { interval: if addresses.len() <= SMALL { LIVELY } else { polling.interval }, ..polling },
        ..Config::default()
    }
}

/// Everything that runs under the console.
struct Stage {
    handle: Handle,
    exporters: Exporters,
    speakers: Speakers,
    server: Server,
    store: Scratch,
}

impl Stage {
    fn set(args: &DemoArgs, connect: Option<PathBuf>) -> Result<Self, Failure> {
        let scale = Scale { devices: args.devices, ..Scale::at(clock::now(), args.seed) };
        let campus = campus(args.scenario.as_deref(), scale)?;
        let network = campus.scenario.network;
        let server = Server::start(Arc::clone(&campus) as _, network, 0, AGENT_THREADS).map_err(no_port)?;
        let store = Scratch::new()?;
        let past = Past::new(Arc::clone(&campus), server.port(), CREDENTIAL);
        let traffic = Arc::new(Traffic::new(Arc::clone(&campus)));
        let seed = Seed {
            events: past.events(),
            samples: Box::new(past.samples(Order::NewestFirst)),
            flows: Box::new(FlowTimes::new(Arc::clone(&traffic), campus.scenario.moment)),
            logs: Box::new(Script::new(Arc::clone(&campus.scenario)).past()),
        };
        let [collector, syslog, traps] = free_places().map_err(no_port)?;
        let mut config = config(&campus.scenario, server.port());
        config.listeners.flows = vec![collector.into()];
        config.listeners.syslog = vec![format!("udp:{syslog}")];
        config.listeners.traps = vec![traps.into()];
        let options =
            OpenOptions::new(config, Hosting::Always).data(Some(store.0.clone())).connect(connect).unserved().seed(seed);
        let handle = engine::open(options).map_err(Failure::failed)?;
        let exporters = Exporters::start(traffic, collector).map_err(no_port)?;
        let speakers = Speakers::start(Script::new(Arc::clone(&campus.scenario)), (syslog, traps)).map_err(no_port)?;
        Ok(Self { handle, exporters, speakers, server, store })
    }

    /// Ends the exporters and speakers, the engine, then the agents, then removes the store.
    fn clear(self) {
        drop(self.exporters);
        drop(self.speakers);
        self.handle.close();
        drop(self.server);
        drop(self.store);
    }
}

/// Addresses of loopback at which the engine is about to listen: for flows, syslog and traps.
fn free_places() -> io::Result<[SocketAddrV4; 3]> {
    let mut ports = Vec::new();
    // A port that nobody holds yet may be offered again.
    for _ in 0..MOST_OFFERS {
        let port = live::free_port()?;
        if !ports.contains(&port) {
            ports.push(port);
        }
        if let [flows, syslog, traps] = ports.as_slice() {
            return Ok([*flows, *syslog, *traps].map(|port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)));
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

fn no_port(error: io::Error) -> Failure {
    Failure::failed(format!("the simulated devices can't open a port: {error}"))
}

/// A folder of its own that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let name = format!("noctop-demo-{}-{}", std::process::id(), clock::now().millis());
        let path = std::env::temp_dir().join(name);
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| Failure::failed(format!("{}: {error}; name another folder with TMPDIR", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!("{} could not be removed: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_goes_with_its_owner() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.0.clone();
        std::fs::write(path.join("x"), b"x").unwrap();
        drop(scratch);
        assert!(!path.exists());
    }
}
