//! The configuration: TOML read, checked whole, and turned into typed values (contract §2).
//!
//! Every fault is reported at once with file, line and column; unknown keys are refused. Nothing here opens a socket.
//! Start at `load`, then `sections` (a function for each table), then `read` (positions, unknown keys).

use crate::model::secret::Secret;
use crate::model::{Credential, Role};
use crate::query::filter::Expr;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub mod access;
mod alarm;
mod credential;
mod exposure;
mod load;
mod maintenance;
pub mod notify;
mod read;
mod schema;
pub mod secret;
mod sections;
mod value;

pub use access::{Access, Account};
pub use alarm::{Alarms, RuleLine, parse_rule, rule_fields};
pub use exposure::exposures;
pub use load::{ConfigError, find, load, parse, read_credentials, read_file, read_secrets};
pub use maintenance::{Moment, Planned, When};
pub use read::Fault;
pub use schema::schema;
pub use secret::{Secrets, facts as secret_facts, read_variables, resolve_secret};
pub use value::{parse_duration, parse_network};

/// The whole configuration, checked. `Config::default()` is what an empty file means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Shown in the chrome; the host's name where it is not set.
    pub site: Option<String>,
    /// `[[credential]]`, in the order in which they are tried.
    pub credentials: Vec<Credential>,
    /// `[secrets]`, and where every secret is written.
    pub secrets: Secrets,
    /// `[discovery]`
    pub discovery: Discovery,
    /// `[set]`, and the credentials that are for it alone.
    pub set: Set,
    /// `[polling]`
    pub polling: Polling,
    /// `[[poll]]`: networks that are polled more or less often than the others. The first that holds an address counts.
    pub polls: Vec<PollEvery>,
    /// `[store]`
    pub store: Store,
    /// `[retention]`
    pub retention: Retention,
    /// `[[log_class]]`, in the order in which they are tried.
    pub log_classes: Vec<LogClass>,
    /// `[[manual_link]]`
    pub manual_links: Vec<ManualLink>,
    /// `[[alarm]]`: what raises alarms, over the rules that are shipped.
    pub rules: Alarms,
    /// `[[maintenance]]`
    pub maintenance: Vec<Planned>,
    /// `[mib]`
    pub mib: Mib,
    /// Addresses for collectors that later work adds: `[flows] listen`, `[traps] listen`, `[syslog] listen`, `[metrics] listen`,
    /// `[capture] interfaces` are read and checked, and kept here.
    pub listeners: Listeners,
    /// `[[receiver]]` and `[[notify]]`: who is told about alarms.
    pub notifications: notify::Notifications,
    /// `[access]`: who may look and who may change things.
    pub access: Access,
    /// The file that it was read from; `None` of the default, and of a text.
    pub origin: Option<Origin>,
}

/// The file that a configuration was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Where it was.
    pub path: PathBuf,
    /// SHA-256 of what stood in it, lower-case hex.
    pub sha256: String,
}

/// `[discovery]`
#[derive(Clone, Debug, PartialEq)]
pub struct Discovery {
    /// Addresses, `ADDR:PORT`, names, CIDRs or ranges, as given.
    pub targets: Vec<String>,
    /// Networks that may be asked; empty follows from the targets (contract §1).
    pub scope: Vec<IpNet>,
    /// Networks never asked.
    pub exclude: Vec<IpNet>,
    /// Networks to which a community may go in the clear, beside those that this host is connected to.
    pub trusted: Vec<IpNet>,
    /// UDP port of the agents.
    pub port: u16,
    /// How often the network is discovered anew.
    pub interval: Duration,
    /// Roles of neighbours and swept devices that are left out.
    pub skip: Vec<Role>,
    /// Datagrams a second at most to all agents together, polls among them; `None` is as fast as they answer.
    pub rate: Option<u32>,
    /// Datagrams a second at most to one agent; `None` is at its own pace.
    pub per_device_rate: Option<u32>,
    /// Requests in flight to one agent at most.
    pub per_device_requests: u32,
    /// Whether the host that noctop runs on is a device, and its ports are listened to.
    pub own_host: bool,
}

/// `[set]`: whether ports may be switched, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Off by default.
    pub enabled: bool,
    /// `[[credential]]` with `write = true`, in the order in which they are tried; nothing else is ever written with.
    pub credentials: Vec<Credential>,
    /// How long a port is without power in a cycle.
    pub off_for: Duration,
    /// How long it is waited for a port to come up, or go down.
    pub settle: Duration,
}

/// `[polling]`
#[derive(Clone, Debug, PartialEq)]
pub struct Polling {
    /// How often each device is polled.
    pub interval: Duration,
    /// First wait for a reply.
    pub timeout: Duration,
    /// Repetitions after the first request.
    pub retries: u32,
    /// How often a device or interface is polled that somebody looks at; `None` is not more often than else.
    pub burst: Option<Duration>,
}

/// `[[poll]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollEvery {
    /// Of which devices, by the address at which they are asked.
    pub networks: Vec<IpNet>,
    /// How often.
    pub interval: Duration,
}

impl Config {
    /// How often the device at an address is polled, where that is another interval than `[polling]`'s.
    pub fn poll_interval(&self, address: IpAddr) -> Option<Duration> {
        let of = self.polls.iter().find(|poll| poll.networks.iter().any(|network| network.contains(&address)));
        of.map(|poll| poll.interval).filter(|interval| *interval != self.polling.interval)
    }
}

/// `[store]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Store {
    /// The store's folder.
    pub path: Option<PathBuf>,
    /// Hard cap, octets.
    pub max_size: Option<u64>,
}

/// `[retention]`: how long each kind of history is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Samples as they were polled.
    pub raw: Duration,
    /// One point a minute.
    pub minute: Duration,
    /// One point an hour.
    pub hour: Duration,
    /// Log lines.
    pub logs: Duration,
    /// The audit chain: what was refused, starts and ends, its own affairs.
    pub audit: Duration,
    /// Of the audit chain what was changed.
    pub audit_changes: Duration,
    /// Of the audit chain who attached.
    pub audit_access: Duration,
}

/// `[[log_class]]`: log lines that are kept for a time of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct LogClass {
    /// Its name: letters, figures, `-` and `_`.
    pub name: String,
    /// Which lines: a filter, as on the Logs screen.
    pub filter: Expr,
    /// For how long.
    pub keep: Duration,
}

/// `[[manual_link]]`: series-like names `DEVICE/INTERFACE`, percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualLink {
    /// One end.
    pub a: String,
    /// The other.
    pub b: String,
}

/// `[mib]`: what the user knows of MIBs besides what is built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mib {
    /// Vendor profiles, files or folders of them, laid over those that are built in.
    pub profiles: Vec<PathBuf>,
    /// Folders of SMI modules, searched before those that net-snmp uses.
    pub folders: Vec<PathBuf>,
    /// SMI modules that are always loaded, for names in what is read; others only when one of their names is asked for.
    pub modules: Vec<String>,
}

/// What syslog over TLS (RFC 5425) is secured with: files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogTls {
    /// The certificate, with those above it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Who has to have signed the certificates of senders; `None` lets every sender connect.
    pub client_ca: Option<PathBuf>,
}

/// Listening addresses of collectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listeners {
    /// `[flows] listen`
    pub flows: Vec<SocketAddr>,
    /// `[flows] keep_records`: how long full records are kept; zero is not at all
    pub keep_flow_records: Option<Duration>,
    /// `[flows] country_file`: the user's MaxMind database, which says in which country an address is
    pub country_file: Option<PathBuf>,
    /// `[traps] listen`
    pub traps: Vec<SocketAddr>,
    /// `[syslog] listen`, with `udp:`, `tcp:` or `tls:` in front
    pub syslog: Vec<String>,
    /// `[syslog] certificate`, `key` and `client_ca`
    pub syslog_tls: Option<SyslogTls>,
    /// `[metrics] listen`
    pub metrics: Option<SocketAddr>,
    /// `[metrics] certificate` and `key`: files in PEM
    pub metrics_tls: Option<(PathBuf, PathBuf)>,
    /// `[metrics] token`: what whoever asks must know
    pub metrics_token: Option<Secret>,
    /// `[metrics] polled`: the counters of interfaces as well, under their IF-MIB names
    pub metrics_polled: bool,
    /// `[capture] interfaces`
    pub capture: Vec<String>,
    /// `[capture] promiscuous`: frames that are for other hosts as well, as on a mirror port
    pub capture_promiscuous: bool,
}

impl Default for Discovery {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            scope: Vec::new(),
            exclude: Vec::new(),
            trusted: Vec::new(),
            // RFC 3417 §3.1
            port: 161,
            interval: Duration::from_secs(3600),
            skip: vec![Role::Phone],
            rate: None,
            per_device_rate: None,
            // Agents are single-threaded and drop what their buffer can't hold.
            per_device_requests: 1,
            own_host: true,
        }
    }
}

impl Default for Set {
    fn default() -> Self {
        // Phones and access points need some seconds without power to start anew; a port with spanning tree is up within half a minute.
        let (off_for, settle) = (Duration::from_secs(5), Duration::from_secs(30));
        Self { enabled: false, credentials: Vec::new(), off_for, settle }
    }
}

impl Default for Polling {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(1),
            retries: 2,
            burst: Some(Duration::from_secs(1)),
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        let days = |days: u64| Duration::from_secs(days * DAY);
        Self {
            raw: days(14),
            minute: days(90),
            hour: days(5 * 365),
            logs: days(365),
            audit: days(5 * 365),
            audit_changes: days(3 * 365),
            audit_access: days(365),
        }
    }
}
