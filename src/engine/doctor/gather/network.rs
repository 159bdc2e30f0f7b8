//! Addresses that are to be listened at, receive buffers, names.

use super::super::facts::{Buffers, Engine, Listener, Port, Resolver};
use super::{holder, setting};
use crate::config::Config;
use crate::model::Function;
use crate::net::intake::RECEIVE_BUFFER;
use crate::net::{dns, probe};
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long a name may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Names that are asked about.
const MOST_NAMES: usize = 4;

/// Every address of the configuration, and whether it can be had.
pub(super) fn listeners(config: &Config, engine: Option<&Engine>) -> Vec<Listener> {
    let at = |function, transport| move |address: &SocketAddr| (function, transport, *address);
    let listeners = &config.listeners;
    let traps = listeners.traps.iter().map(at(Function::Traps, "udp"));
    let syslog = listeners.syslog.iter().filter_map(|place| {
        let (transport, address) = place.split_once(':')?;
        Some((Function::Syslog, if transport == "udp" { "udp" } else { "tcp" }, address.parse().ok()?))
    });
    let flows = listeners.flows.iter().map(at(Function::Flows, "udp"));
    let metrics = listeners.metrics.iter().map(at(Function::Metrics, "tcp"));
    let all = traps.chain(syslog).chain(flows).chain(metrics);
    all.map(|(function, transport, address)| {
        let state = told(engine, (function, address)).unwrap_or_else(|| tried(transport, address));
        Listener { function, transport, address, state }
    })
    .collect()
}

/// What the engine that serves says of an address; none where it has to be tried.
fn told(engine: Option<&Engine>, (function, address): (Function, SocketAddr)) -> Option<Port> {
    let engine = engine?;
    match engine.disabled.iter().find(|off| off.function == function) {
        None => Some(Port::Heard),
        Some(off) if off.places.contains(&address) => Some(Port::Denied),
        Some(off) if !off.why.contains(&address.to_string()) => Some(Port::Heard),
        Some(_) => None,
    }
}

fn tried(transport: &'static str, address: SocketAddr) -> Port {
    let bound = if transport == "tcp" { probe::tcp(address) } else { probe::udp(address) };
    match bound.map_err(|error| (error.kind(), error)) {
        Ok(()) => Port::Free,
        Err((ErrorKind::PermissionDenied, _)) => Port::Denied,
        Err((ErrorKind::AddrInUse, _)) => Port::Taken(holder::of_port(transport, address)),
        Err((ErrorKind::AddrNotAvailable, _)) => Port::NotOurs,
        Err((_, error)) => Port::Refused(error.to_string()),
    }
}

/// What listeners ask for, and what the kernel gives.
pub(super) fn buffers(config: &Config) -> Buffers {
    let listeners = &config.listeners;
    let datagrams = listeners.syslog.iter().any(|place| place.starts_with("udp:"));
    Buffers {
        most: setting("net/core/rmem_max").and_then(|text| text.parse().ok()),
        wanted: RECEIVE_BUFFER as u64,
        listening: datagrams || !listeners.traps.is_empty() || !listeners.flows.is_empty(),
    }
}

/// Whether names are answered.
pub(super) fn resolver(config: &Config) -> Resolver {
    let servers = std::fs::read_to_string("/etc/resolv.conf").ok().map(|text| servers(&text));
    let names: Vec<String> = config.discovery.targets.iter().filter_map(|target| name(target)).take(MOST_NAMES).collect();
    Resolver { servers, asked: if names.is_empty() { Vec::new() } else { answers(names) } }
}

fn servers(resolv_conf: &str) -> usize {
    resolv_conf.lines().filter(|line| line.split_ascii_whitespace().next() == Some("nameserver")).count()
}

/// The name in a target, where it is none of an address, a range or a network.
fn name(target: &str) -> Option<String> {
    let host = target.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(target, |(host, _)| host);
    let is_name =
        host.contains(|c: char| c.is_ascii_alphabetic()) && !host.contains([':', '/', '[']) && host.parse::<IpAddr>().is_err();
    is_name.then(|| host.to_owned())
}

/// Asks about all names at one time.
fn answers(names: Vec<String>) -> Vec<(String, Option<String>)> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Vec::new() };
    let mut answers = runtime.block_on(async {
        let mut asked = JoinSet::new();
        for name in names {
            asked.spawn(async move {
                let answer = timeout(PATIENCE, dns::resolve(&name)).await;
                let answer = answer.unwrap_or_else(|_| Err(Error::from(ErrorKind::TimedOut)));
                (name, answer.err().map(|error| error.to_string()))
            });
        }
        asked.join_all().await
    });
    // A resolver that hangs is not waited for.
    runtime.shutdown_background();
    answers.sort();
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Disabled, Started};

    #[test]
    fn names_are_told_from_addresses() {
        for (target, wanted) in [
            ("core-1.example", Some("core-1.example")),
            ("core-1:1161", Some("core-1")),
            ("10.0.0.1", None),
            ("10.0.0.1:161", None),
            ("10.0.0.0/8", None),
            ("10.0.0.1-10.0.0.9", None),
            ("fe80::1", None),
            ("[fe80::1]:161", None),
            ("fe80::1-fe80::9", None),
        ] {
            assert_eq!(name(target).as_deref(), wanted, "{target}");
        }
        assert_eq!(servers("# nameserver 9.9.9.9\nnameserver 10.0.0.53\nsearch example\nnameserver fd00::53\n"), 2);
    }

    #[test]
    fn what_the_engine_says_of_an_address_is_not_tried() {
        let (low, other): (SocketAddr, SocketAddr) = ("0.0.0.0:162".parse().unwrap(), "0.0.0.0:1162".parse().unwrap());
        let lacking = Disabled::lacking(Function::Traps, vec![low], &Started::default());
        let engine = Engine { disabled: vec![lacking.clone()], ..Engine::default() };
        assert_eq!(told(Some(&engine), (Function::Traps, low)), Some(Port::Denied));
        assert_eq!(told(Some(&engine), (Function::Traps, other)), Some(Port::Heard));
        assert_eq!(told(Some(&engine), (Function::Flows, low)), Some(Port::Heard));
        let taken = Disabled { why: format!("{low}: in use"), places: Vec::new(), ..lacking };
        let engine = Engine { disabled: vec![taken], ..Engine::default() };
        assert_eq!((told(Some(&engine), (Function::Traps, low)), told(None, (Function::Traps, low))), (None, None));
    }

    #[test]
    fn an_address_is_tried_where_nobody_serves() {
        let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let config = Config {
            listeners: crate::config::Listeners {
                flows: vec![taken.local_addr().unwrap()],
                traps: vec!["203.0.113.9:1162".parse().unwrap()],
                syslog: vec!["tcp:127.0.0.1:0".to_owned()],
                ..Default::default()
            },
            ..Config::default()
        };
        let states: Vec<Port> = listeners(&config, None).into_iter().map(|listener| listener.state).collect();
        assert!(
            matches!(states.as_slice(), [Port::NotOurs, Port::Free, Port::Taken(holder)] if holder.pid == Some(std::process::id())),
            "{states:?}"
        );
        assert!(buffers(&config).listening && !buffers(&Config::default()).listening);
    }
}
