//! Each table of the file (contract §2) into its type. A new section is a function here and a field of [`Config`].

use super::read::Section;
use super::{
    Config, Discovery, Listeners, LogClass, ManualLink, Mib, PollEvery, Polling, Retention, Set, Store, SyslogTls, access, alarm,
    credential, maintenance, notify, secret, value,
};
use crate::model::Credential;
use crate::model::secret::Secret;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The whole document. Faults are noted in the section's source; what is faulty keeps its default here.
pub(super) fn config(root: Section<'_, '_>) -> Config {
    // All that follows may be in the file that it names.
    let secrets = secret::section(&root);
    let (credentials, writing) = credentials(&root);
    let mut config = Config {
        site: root.get("site", value::text),
        credentials,
        secrets,
        set: set(&root, writing),
        discovery: root.table("discovery").map(discovery).unwrap_or_default(),
        polling: root.table("polling").map(polling).unwrap_or_default(),
        polls: root.tables("poll").into_iter().filter_map(poll_every).collect(),
        store: root.table("store").map(store).unwrap_or_default(),
        retention: root.table("retention").map(retention).unwrap_or_default(),
        log_classes: log_classes(&root),
        manual_links: root.tables("manual_link").into_iter().filter_map(manual_link).collect(),
        rules: alarm::rules(&root),
        maintenance: maintenance::read(&root),
        mib: root.table("mib").map(mib).unwrap_or_default(),
        listeners: listeners(&root),
        notifications: notify::read(&root),
        access: access::read(&root),
        origin: None,
    };
    config.secrets.written = root.written();
    root.finish();
    config
}

/// Between off and on: less restarts nothing, more is an outage.
const LONGEST_OFF: std::time::Duration = std::time::Duration::from_secs(120);
/// Whoever waits at a terminal for a port waits no longer.
const LONGEST_SETTLE: std::time::Duration = std::time::Duration::from_secs(300);

fn set(root: &Section<'_, '_>, credentials: Vec<Credential>) -> Set {
    let default = Set::default();
    let Some(section) = root.table("set") else { return Set { credentials, ..default } };
    let within = |key: &'static str, (default, longest): (std::time::Duration, std::time::Duration)| {
        let found = section.get(key, value::interval).unwrap_or(default);
        if let (true, Some(place)) = (found > longest, section.raw(key)) {
            section.fault(place.span().start, format!("set.{key} is at most {}s", longest.as_secs()));
        }
        found
    };
    let enabled = section.get("enabled", value::yes_or_no).unwrap_or_default();
    let (off_for, settle) =
        (within("off_for", (default.off_for, LONGEST_OFF)), within("settle", (default.settle, LONGEST_SETTLE)));
    if enabled && credentials.is_empty() {
        section.fault(section.start(), "[set] needs a [[credential]] of its own with write = true");
    }
    section.finish();
    Set { enabled, credentials, off_for, settle }
}

/// The credentials for reading and those for writing, and all names different.
fn credentials(root: &Section<'_, '_>) -> (Vec<Credential>, Vec<Credential>) {
    let mut credentials: Vec<(Credential, bool)> = Vec::new();
    for (number, section) in root.tables("credential").into_iter().enumerate() {
        let name_at = section.raw("name").map_or(section.start(), |name| name.span().start);
        let Some((credential, write)) = credential::read(section, number + 1) else { continue };
        if credentials.iter().any(|(known, _)| known.name == credential.name) {
            root.fault(name_at, format!("there are two credentials of the name {:?}", credential.name));
        }
        if let Some((read, _)) = credentials.iter().find(|(known, other)| *other != write && known.proof == credential.proof) {
            let what = format!("{:?} proves the same as {:?}: what writes has a secret of its own", credential.name, read.name);
            root.fault(name_at, what);
        }
        credentials.push((credential, write));
    }
    let (writing, reading): (Vec<_>, Vec<_>) = credentials.into_iter().partition(|(_, write)| *write);
    let plain = |credentials: Vec<(Credential, bool)>| credentials.into_iter().map(|(credential, _)| credential).collect();
    (plain(reading), plain(writing))
}

fn discovery(section: Section<'_, '_>) -> Discovery {
    let default = Discovery::default();
    let discovery = Discovery {
        targets: section.list("targets", value::target),
        scope: section.list("scope", value::network),
        exclude: section.list("exclude", value::network),
        trusted: section.list("trusted", value::network),
        port: section.get("port", value::port).unwrap_or(default.port),
        interval: section.get("interval", value::interval).unwrap_or(default.interval),
        skip: section.raw("skip").map_or(default.skip, |_| section.list("skip", value::role)),
        rate: section.get("rate", value::rate),
        per_device_rate: section.get("per_device_rate", value::rate),
        per_device_requests: section.get("per_device_requests", value::requests).unwrap_or(default.per_device_requests),
        own_host: section.get("own_host", value::yes_or_no).unwrap_or(default.own_host),
    };
    section.finish();
    discovery
}

fn polling(section: Section<'_, '_>) -> Polling {
    let default = Polling::default();
    let polling = Polling {
        interval: section.get("interval", value::interval).unwrap_or(default.interval),
        timeout: section.get("timeout", value::duration).unwrap_or(default.timeout),
        retries: section.get("retries", value::retries).unwrap_or(default.retries),
        burst: section.get("burst", value::burst).unwrap_or(default.burst),
    };
    section.finish();
    polling
}

fn poll_every(section: Section<'_, '_>) -> Option<PollEvery> {
    for key in ["networks", "interval"] {
        if section.raw(key).is_none() {
            section.fault(section.start(), format!("[[poll]] needs {key}"));
        }
    }
    let (networks, interval) = (section.list("networks", value::network), section.get("interval", value::interval));
    section.finish();
    Some(PollEvery { networks, interval: interval? })
}

fn store(section: Section<'_, '_>) -> Store {
    let store = Store { path: section.get("path", value::path), max_size: section.get("max_size", value::size) };
    section.finish();
    store
}

fn retention(section: Section<'_, '_>) -> Retention {
    let default = Retention::default();
    let retention = Retention {
        raw: section.get("raw", value::duration).unwrap_or(default.raw),
        minute: section.get("minute", value::duration).unwrap_or(default.minute),
        hour: section.get("hour", value::duration).unwrap_or(default.hour),
        logs: section.get("logs", value::duration).unwrap_or(default.logs),
        audit: section.get("audit", value::duration).unwrap_or(default.audit),
        audit_changes: section.get("audit_changes", value::duration).unwrap_or(default.audit_changes),
        audit_access: section.get("audit_access", value::duration).unwrap_or(default.audit_access),
    };
    section.finish();
    retention
}

/// The classes of log lines, and all names different.
fn log_classes(root: &Section<'_, '_>) -> Vec<LogClass> {
    let mut classes: Vec<LogClass> = Vec::new();
    for section in root.tables("log_class") {
        let name_at = section.raw("name").map_or(section.start(), |name| name.span().start);
        let Some(class) = log_class(section) else { continue };
        if classes.iter().any(|known| known.name == class.name) {
            root.fault(name_at, format!("there are two log classes of the name {:?}", class.name));
        }
        classes.push(class);
    }
    classes
}

fn log_class(section: Section<'_, '_>) -> Option<LogClass> {
    for key in ["name", "filter", "keep"] {
        if section.raw(key).is_none() {
            section.fault(section.start(), format!("[[log_class]] needs {key}"));
        }
    }
    let (name, filter) = (section.get("name", value::class_name), section.get("filter", value::log_filter));
    let keep = section.get("keep", value::duration);
    section.finish();
    Some(LogClass { name: name?, filter: filter?, keep: keep? })
}

fn manual_link(section: Section<'_, '_>) -> Option<ManualLink> {
    for key in ["a", "b"] {
        if section.raw(key).is_none() {
            section.fault(section.start(), format!("a manual link needs {key} = \"DEVICE/INTERFACE\""));
        }
    }
    let (a, b) = (section.get("a", value::port_name), section.get("b", value::port_name));
    section.finish();
    Some(ManualLink { a: a?, b: b? })
}

fn mib(section: Section<'_, '_>) -> Mib {
    let mib = Mib {
        profiles: section.list("profiles", value::path),
        folders: section.list("folders", value::path),
        modules: section.list("modules", value::text),
    };
    section.finish();
    mib
}

/// Where metrics are served where `[metrics]` names no address: on loopback, at the port that Prometheus' registry gives to
/// exporters of this kind.
const METRICS_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

/// Certificate and key go together.
fn syslog_tls(section: &Section<'_, '_>) -> Option<SyslogTls> {
    let (certificate, key) = (section.get("certificate", value::file), section.get("key", value::file));
    let client_ca = section.get("client_ca", value::file);
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some(SyslogTls { certificate, key, client_ca }),
        (None, None) => None,
        _ => {
            section.fault(section.start(), "a certificate needs its key, and a key its certificate".to_owned());
            None
        }
    }
}

/// Octets of a token at least: nobody guesses it.
const SHORTEST_TOKEN: usize = 16;

/// How metrics are guarded. Who listens where others than this host's own users can ask must guard them.
fn guard(section: &Section<'_, '_>, listeners: &mut Listeners) {
    let (certificate, key) = (section.get("certificate", value::file), section.get("key", value::file));
    if section.raw("certificate").is_some() != section.raw("key").is_some() {
        section.fault(section.start(), "a certificate needs its key, and a key its certificate");
    }
    listeners.metrics_tls = certificate.zip(key);
    listeners.metrics_token = token(section);
    let is_open = listeners.metrics.is_some_and(|listen| !listen.ip().is_loopback());
    let is_guarded = ["certificate", "key", "token"].iter().all(|key| section.raw(key).is_some());
    if is_open && !is_guarded {
        let place = section.raw("listen").map_or(section.start(), |listen| listen.span().start);
        section.fault(
            place,
            "metrics that others than this host can ask for need certificate and key (files in PEM) and a token (env:NAME or file:PATH); without them listen on 127.0.0.1 or [::1]",
        );
    }
}

fn token(section: &Section<'_, '_>) -> Option<Secret> {
    let token = section.secret("token")?;
    let is_sign = |octet: u8| octet.is_ascii_graphic();
    if token.expose().len() < SHORTEST_TOKEN || !token.expose().bytes().all(is_sign) {
        let place = section.raw("token").map_or(section.start(), |token| token.span().start);
        section.fault(
            place,
            format!("token: it has at least {SHORTEST_TOKEN} characters, all of them printable ASCII without blanks"),
        );
        return None;
    }
    Some(token)
}

fn listeners(root: &Section<'_, '_>) -> Listeners {
    let mut listeners = Listeners::default();
    if let Some(section) = root.table("flows") {
        listeners.flows = section.list("listen", value::listen);
        listeners.keep_flow_records = section.get("keep_records", value::duration_or_none);
        listeners.country_file = section.get("country_file", value::path);
        section.finish();
    }
    if let Some(section) = root.table("capture") {
        listeners.capture = section.list("interfaces", value::text);
        listeners.capture_promiscuous = section.get("promiscuous", value::yes_or_no).unwrap_or_default();
        section.finish();
    }
    if let Some(section) = root.table("traps") {
        listeners.traps = section.list("listen", value::listen);
        section.finish();
    }
    if let Some(section) = root.table("syslog") {
        listeners.syslog = section.list("listen", value::syslog_listen);
        listeners.syslog_tls = syslog_tls(&section);
        let needs_it = listeners.syslog.iter().any(|place| place.starts_with("tls:"));
        if needs_it && listeners.syslog_tls.is_none() {
            section.fault(section.start(), "tls: in syslog.listen needs certificate and key: files in PEM".to_owned());
        }
        section.finish();
    }
    if let Some(section) = root.table("metrics") {
        listeners.metrics = section.get("listen", value::listen).or(Some(METRICS_LISTEN));
        listeners.metrics_polled = section.get("polled", value::yes_or_no).unwrap_or_default();
        guard(&section, &mut listeners);
        section.finish();
    }
    listeners
}
