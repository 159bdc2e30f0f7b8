//! Facts, where they are: the engine that serves, this process, the host's files, the store.
//!
//! Nothing here is changed but for one small file beside the store, which is written to measure the disk and removed again.

mod config;
mod holder;
mod host;
mod network;
mod store;

use super::facts::{Engine, Facts, Own, Ping, SocketFacts, Terminal};
use crate::config::{Config, ConfigError};
use crate::engine::Hosting;
use crate::engine::command::{Answer, Command, Status, StoreSummary};
use crate::engine::open::{OpenOptions, attached};
use crate::engine::paths::Places;
use crate::engine::session::Session;
use crate::model::Function;
use crate::net::privilege::{self, Account};
use crate::net::probe;
use crate::net::unix::Client;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// What doctor is asked about.
pub struct Asked {
    /// The configuration that would be used.
    pub config: Result<Config, ConfigError>,
    /// Its file; none where the defaults are in force.
    pub file: Option<PathBuf>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--connect`
    pub connect: Option<PathBuf>,
    /// The terminal, as the console knows it.
    pub terminal: Terminal,
}

/// The facts. It takes some seconds where names are not answered.
pub fn gather(asked: Asked) -> Facts {
    let Asked { config, file, data, connect, terminal } = asked;
    let config_facts = config::facts(file, &config);
    let config = config.unwrap_or_default();
    let options = OpenOptions::new(config.clone(), Hosting::Never).data(data.clone()).connect(connect.clone());
    let places = Places::of(data.or_else(|| config.store.path.clone()), connect);
    let session = attached(options);
    let (status, refused) = match &session {
        Ok(session) => (session.as_ref().and_then(|session| status(session)), None),
        Err(why) => (None, Some(why.clone())),
    };
    let engine = status.as_ref().map(engine);
    let summary = status.as_ref().map(|status| status.store.clone());
    let socket = socket(&places, refused);
    let (disk, store) = store::facts(&places, (&config, summary.as_ref()), engine.is_some());
    if let Ok(Some(session)) = session {
        session.close();
    }
    let newest = store.health.as_ref().and_then(|health| health.as_ref().ok()?.newest);
    Facts {
        own: own(),
        wanted: wanted(&config),
        listeners: network::listeners(&config, engine.as_ref()),
        buffers: network::buffers(&config),
        resolver: network::resolver(&config),
        limits: host::limits(engine.as_ref().map(|engine| engine.pid)),
        clock: host::clock(newest),
        zone: host::zone(),
        engine,
        disk,
        store,
        config: config_facts,
        socket,
        terminal,
    }
}

fn status(session: &dyn Session) -> Option<Status> {
    match session.command(Command::Status) {
        Ok(Answer::Status(status)) => Some(*status),
        _ => None,
    }
}

fn engine(status: &Status) -> Engine {
    let drops = status.collectors.iter();
    let user = Account::name_of(status.rights.uid).unwrap_or_else(|| status.rights.uid.to_string());
    Engine {
        pid: status.pid,
        user,
        rights: status.rights.clone(),
        disabled: status.disabled.clone(),
        drops: drops.map(|of| (of.name.clone(), of.dropped_kernel, of.dropped_queue, of.received)).collect(),
    }
}

fn own() -> Own {
    let uid = privilege::uid();
    let (raw, datagram) = probe::icmp();
    let ping = match (raw, datagram) {
        (true, _) => Ping::Raw,
        (false, true) => Ping::Datagram,
        (false, false) => Ping::No,
    };
    Own {
        user: Account::name_of(uid).unwrap_or_else(|| uid.to_string()),
        uid,
        groups: privilege::groups(),
        started: privilege::started(),
        ping,
        packets: probe::packets(),
        ping_groups: setting("net/ipv4/ping_group_range"),
    }
}

/// A setting of the kernel (sysctl(8)), its blanks made one.
fn setting(name: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/sys/{name}")).ok()?;
    Some(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
}

/// Functions that need a capability and no address.
fn wanted(config: &Config) -> Vec<Function> {
    let all = [
        Some(Function::Ping),
        config.discovery.own_host.then_some(Function::Neighbours),
        (!config.listeners.capture.is_empty()).then_some(Function::Capture),
    ];
    all.into_iter().flatten().collect()
}

/// The socket that is there, or would be: why it can't be used was found out by attaching, or is by connecting.
fn socket(places: &Places, refused: Option<String>) -> SocketFacts {
    let sockets = places.sockets();
    let there = sockets.iter().find(|path| path.exists());
    let path = there.or(sockets.first()).cloned();
    let mode = there.and_then(|path| fs::metadata(path).ok());
    let mode =
        mode.map(|about| (about.mode() & 0o7777, Account::group_of(about.gid()).unwrap_or_else(|| about.gid().to_string())));
    let connected = there.map(|path| Client::connect(path).map(drop));
    let denied = matches!(&connected, Some(Err(error)) if error.kind() == ErrorKind::PermissionDenied);
    let why = if denied { Some("permission denied".to_owned()) } else { refused };
    SocketFacts { path, mode, refused: why, denied }
}

/// What an engine says of its store, where one serves.
pub(super) type Summary<'a> = Option<&'a StoreSummary>;
