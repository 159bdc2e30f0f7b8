//! What is known about the host, as it was found. What could not be found out is `None`.

use crate::model::{Disabled, Function, Rights, Started, Timestamp};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The engine that serves, where one does.
    pub engine: Option<Engine>,
    /// This process, which a daemon would be started like.
    pub own: Own,
    /// Where a configuration names ports to capture, LLDP to hear.
    pub wanted: Vec<Function>,
    /// Every address that is to be listened at.
    pub listeners: Vec<Listener>,
    /// Receive buffers.
    pub buffers: Buffers,
    /// Names that the configuration has resolved.
    pub resolver: Resolver,
    /// Limits of the engine's process, else of this one.
    pub limits: Limits,
    /// The clock.
    pub clock: Clock,
    /// The time zone.
    pub zone: Zone,
    /// The disk below the store.
    pub disk: Disk,
    /// The store.
    pub store: StoreFacts,
    /// The configuration.
    pub config: ConfigFacts,
    /// Where consoles attach.
    pub socket: SocketFacts,
    /// The terminal.
    pub terminal: Terminal,
}

/// An engine in another process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Engine {
    /// Its process.
    pub pid: u32,
    /// The account that it runs as; its number where it has no name.
    pub user: String,
    /// What it may do.
    pub rights: Rights,
    /// What it can't do.
    pub disabled: Vec<Disabled>,
    /// Of each collector: its name, what the kernel dropped, what found its queue full, what it received.
    pub drops: Vec<(String, u64, u64, u64)>,
}

/// This process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    /// Its account; its number where it has no name.
    pub user: String,
    /// Effective user id.
    pub uid: u32,
    /// Its group, and those that it is a member of.
    pub groups: Vec<u32>,
    /// How it was started.
    pub started: Started,
    /// How it may ping.
    pub ping: Ping,
    /// Whether it may open packet sockets.
    pub packets: bool,
    /// net.ipv4.ping_group_range
    pub ping_groups: Option<String>,
}

/// How pings can be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ping {
    /// By raw sockets.
    Raw,
    /// By datagram sockets.
    Datagram,
    /// Not at all.
    #[default]
    No,
}

/// An address that is to be listened at.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// For what.
    pub function: Function,
    /// `udp` or `tcp`
    pub transport: &'static str,
    /// Where.
    pub address: SocketAddr,
    /// Whether it can be had.
    pub state: Port,
}

/// Whether an address can be had.
#[derive(Clone, Debug, PartialEq)]
pub enum Port {
    /// The engine that serves has it.
    Heard,
    /// Nobody has it.
    Free,
    /// The process may not have it.
    Denied,
    /// Somebody has it.
    Taken(Holder),
    /// It is no address of this host.
    NotOurs,
    /// Something else.
    Refused(String),
}

/// Who has an address, as far as proc tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// The process.
    pub pid: Option<u32>,
    /// What it calls itself.
    pub name: Option<String>,
    /// The unit that it runs in.
    pub unit: Option<String>,
}

/// Receive buffers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buffers {
    /// net.core.rmem_max, octets.
    pub most: Option<u64>,
    /// What a listener of datagrams asks for, octets.
    pub wanted: u64,
    /// Whether any is configured.
    pub listening: bool,
}

/// Names to addresses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolver {
    /// Name servers of resolv.conf; none where there is no such file.
    pub servers: Option<usize>,
    /// Names of the configuration that were asked about, with why each has no address.
    pub asked: Vec<(String, Option<String>)>,
}

/// Limits of a process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Open files at most; `None` is unknown.
    pub files: Option<u64>,
    /// What it could raise that to.
    pub files_hard: Option<u64>,
}

/// The clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clock {
    /// Whether the kernel says that it is synchronised.
    pub synchronised: Option<bool>,
    /// How far it may be off at most, as the kernel says.
    pub error: Option<Duration>,
    /// What it shows.
    pub now: Timestamp,
    /// The newest that the store remembers.
    pub newest: Option<Timestamp>,
}

/// The time zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zone {
    /// `$TZ`
    pub asked: Option<String>,
    /// Its name, and how far it is from UTC now, as `+09:00`.
    pub found: Option<(String, String)>,
}

/// The disk below the store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disk {
    /// The folder that was looked at: the store's, or the first above it that is there.
    pub folder: PathBuf,
    /// Octets free to this user, and of all.
    pub room: Option<(u64, u64)>,
    /// What `[store] max_size` allows the store, and what it takes now; octets.
    pub store: (Option<u64>, Option<u64>),
    /// Files that can still be made; `None` where the file system has no such bound.
    pub files: Option<u64>,
    /// Whether it is mounted read-only.
    pub read_only: bool,
    /// The kind of file system where it matters: `tmpfs`, `nfs`.
    pub kind: Option<&'static str>,
    /// How long it takes until a write is on disk, the middle of some; `None` where this user may not write there.
    pub sync: Option<Duration>,
}

/// The store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoreFacts {
    /// Where it is to be; none where no home is known.
    pub folder: Option<PathBuf>,
    /// What its VERSION file says; `None` where there is no store yet.
    pub version: Option<Result<u32, String>>,
    /// The format that this program reads.
    pub known: u32,
    /// Whether this user may write there, or make it.
    pub writable: bool,
    /// The user that it belongs to, where that is another.
    pub owner: Option<String>,
    /// What it holds, or why it can't be read; `None` where it was not opened.
    pub health: Option<Result<Health, String>>,
    /// Who has it locked.
    pub holder: Option<Holder>,
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Octets.
    pub bytes: u64,
    /// Parts that were set aside as damaged.
    pub set_aside: Vec<String>,
    /// What could not be written since it was opened.
    pub lost: u64,
    /// The newest that it remembers.
    pub newest: Option<Timestamp>,
}

/// The configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConfigFacts {
    /// The file; none where there is none.
    pub file: Option<PathBuf>,
    /// What is wrong with it, a line each.
    pub faults: Vec<String>,
    /// Why it can't be read.
    pub unreadable: Option<String>,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Whether it holds secrets itself, not `env:` or `file:`.
    pub holds_secrets: bool,
    /// Files of secrets that it names.
    pub secrets: Vec<SecretFile>,
    /// Secrets that stand in it in the clear: the key and the line of each.
    pub literals: Vec<String>,
    /// Targets to which a community goes in the clear over networks that are not trusted, a sentence each.
    pub exposures: Vec<String>,
    /// Credentials that it has.
    pub credentials: usize,
    /// Targets that it has.
    pub targets: usize,
}

/// A file that a secret is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretFile {
    /// Where.
    pub path: PathBuf,
    /// Permission bits, or why it can't be read.
    pub mode: Option<Result<u32, String>>,
}

/// Where consoles attach.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SocketFacts {
    /// The first that is there; else the first that would be served.
    pub path: Option<PathBuf>,
    /// Its permission bits, and the group that it belongs to.
    pub mode: Option<(u32, String)>,
    /// Why this user can't attach, where somebody serves.
    pub refused: Option<String>,
    /// Whether the refusal is one of permissions.
    pub denied: bool,
}

/// The terminal that this runs in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terminal {
    /// Whether there is one.
    pub is_terminal: bool,
    /// Columns and rows.
    pub size: Option<(u16, u16)>,
    /// `$TERM`
    pub term: String,
    /// Colours: 0, 16, 256, or 16,777,216.
    pub colours: u32,
    /// Whether colours are unwanted (`NO_COLOR`).
    pub no_color: bool,
    /// The locale, as `LC_ALL`, `LC_CTYPE` or `LANG` say.
    pub locale: Option<String>,
    /// Whether the locale and the terminal are of seven bits.
    pub is_ascii: bool,
    /// Columns that it gives a glyph of ambiguous width; none where it was not asked or says nothing.
    pub ambiguous: Option<u16>,
}
