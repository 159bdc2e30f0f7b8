//! What the operating system must permit, which function is off where it does not, and what grants it.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A capability of Linux that a function needs; noctop uses no other.
///
/// Source: capabilities(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Capability {
    /// Raw and packet sockets.
    NetRaw,
    /// Ports below 1024.
    NetBindService,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::NetRaw, Self::NetBindService];

    /// As capabilities(7) has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NetRaw => "CAP_NET_RAW",
            Self::NetBindService => "CAP_NET_BIND_SERVICE",
        }
    }
}

/// A function that the system has to permit. The order is the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Function {
    /// Echoes: reachability, round trips, sweeps.
    Ping,
    /// LLDP and CDP on the host's own ports.
    Neighbours,
    /// `[capture] interfaces`
    Capture,
    /// `[traps] listen`
    Traps,
    /// `[syslog] listen`
    Syslog,
    /// `[flows] listen`
    Flows,
    /// `[metrics] listen`
    Metrics,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Ping, Self::Neighbours, Self::Capture, Self::Traps, Self::Syslog, Self::Flows, Self::Metrics];

    /// Its name, as `status` and `doctor` print it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Neighbours => "neighbours",
            Self::Capture => "capture",
            Self::Traps => "traps",
            Self::Syslog => "syslog",
            Self::Flows => "flows",
            Self::Metrics => "metrics",
        }
    }

    /// What it is good for.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Ping => "reachability by ping, round trips, sweeps",
            Self::Neighbours => "LLDP and CDP on this host's own ports",
            Self::Capture => "traffic of this host's own ports",
            Self::Traps => "SNMP traps and informs",
            Self::Syslog => "log lines of devices",
            Self::Flows => "flows of exporters",
            Self::Metrics => "metrics for Prometheus",
        }
    }

    /// That it does not work.
    const fn off(self) -> &'static str {
        match self {
            Self::Ping => "ping is off",
            Self::Neighbours => "LLDP and CDP are not heard on this host's ports",
            Self::Capture => "capture is off",
            Self::Traps => "traps are not heard",
            Self::Syslog => "syslog is not heard",
            Self::Flows => "flows are not heard",
            Self::Metrics => "metrics are not served",
        }
    }

    /// The capability with which it works in any case.
    pub const fn needs(self) -> Capability {
        match self {
            Self::Ping | Self::Neighbours | Self::Capture => Capability::NetRaw,
            Self::Traps | Self::Syslog | Self::Flows | Self::Metrics => Capability::NetBindService,
        }
    }
}

/// How the process was started: what a grant has to name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// The program's file.
    pub program: String,
    /// The unit of systemd that it runs in, without `.service`; none of a process that no service manager started.
    pub unit: Option<String>,
}

impl Default for Started {
    /// What a shell finds.
    fn default() -> Self {
        Self { program: "\"$(command -v noctop)\"".to_owned(), unit: None }
    }
}

/// Both capabilities, as setcap(8) takes them: it replaces what a file had, so both are always named.
const SETCAP: &str = "cap_net_raw,cap_net_bind_service+ep";

/// Commands of which each grants what a function needs, the one that fits the start first. `port` is the lowest that is to be bound.
pub fn grants(function: Function, port: Option<u16>, started: &Started) -> Vec<String> {
    let setcap = format!("sudo setcap {SETCAP} {}", started.program);
    let sysctl = match (function, port) {
        (Function::Ping, _) => Some("sudo sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"".to_owned()),
        (Function::Neighbours | Function::Capture, _) | (_, None) => None,
        (_, Some(port)) => Some(format!("sudo sysctl -w net.ipv4.ip_unprivileged_port_start={port}")),
    };
    let unit = started.unit.as_ref().map(|unit| {
        let (raw, bind) = (Capability::NetRaw.name(), Capability::NetBindService.name());
        format!(
            "sudo mkdir -p /etc/systemd/system/{unit}.service.d && \
             printf '[Service]\\nAmbientCapabilities={raw} {bind}\\nCapabilityBoundingSet={raw} {bind}\\n' | \
             sudo tee /etc/systemd/system/{unit}.service.d/capabilities.conf && \
             sudo systemctl daemon-reload && sudo systemctl restart {unit}"
        )
    });
    // A unit's process is not helped by its file's capabilities where the unit sets no_new_privs.
    match unit {
        Some(unit) => [Some(unit), sysctl].into_iter().flatten().collect(),
        None => [Some(setcap), sysctl].into_iter().flatten().collect(),
    }
}

/// The so-manieth command that grants what a function needs, to a program that a shell finds, in backquotes.
pub fn granted(function: Function, at: usize) -> String {
    grants(function, None, &Started::default()).get(at).map(|command| format!("`{command}`")).unwrap_or_default()
}

/// A function that is off, why, and what turns it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Which.
    pub function: Function,
    /// Why: a capability that is missing, an address that is taken.
    pub why: String,
    /// Where it is to listen; none of a function that does not.
    pub places: Vec<SocketAddr>,
    /// Commands of which any one turns it on; empty where no permission is missing.
    pub grants: Vec<String>,
}

impl Disabled {
    /// A function that lacks its capability.
    pub fn lacking(function: Function, mut places: Vec<SocketAddr>, started: &Started) -> Self {
        places.sort_unstable();
        places.dedup();
        let lowest = places.iter().map(SocketAddr::port).min();
        let why = format!("no {}", function.needs().name());
        Self { function, why, grants: grants(function, lowest, started), places }
    }

    /// One sentence: what is off, why, and the command that turns it on.
    pub fn sentence(&self) -> String {
        let Self { function, why, places, grants } = self;
        let at = places.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let off = if at.is_empty() { function.off().to_owned() } else { format!("{} at {at}", function.off()) };
        match grants.first() {
            Some(grant) => format!("{off}: {why}; {grant}"),
            None => format!("{off}: {why}"),
        }
    }
}

/// What a process may do, and what it forbade itself; of all its threads, because on Linux each has capabilities of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Effective user id.
    pub uid: u32,
    /// Capabilities that any thread has or could take, by their names.
    pub capabilities: Vec<String>,
    /// Threads.
    pub threads: u32,
    /// Of those, that have any capability.
    pub privileged_threads: u32,
    /// Whether no thread can get more by running a program (no_new_privs).
    pub no_new_privs: bool,
    /// Whether it would leave a core dump; not told of another process.
    pub dumps_core: Option<bool>,
}

impl Rights {
    /// Capabilities that noctop has no use for.
    pub fn unneeded(&self) -> impl Iterator<Item = &str> {
        self.capabilities.iter().map(String::as_str).filter(|name| Capability::ALL.iter().all(|known| known.name() != *name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_capability_is_said_with_the_command_that_grants_it() {
        let started = Started { program: "/usr/bin/noctop".to_owned(), unit: None };
        let setcap = "sudo setcap cap_net_raw,cap_net_bind_service+ep /usr/bin/noctop";
        let check = |function, places: &[&str], wanted: &str, ways: usize| {
            let places = places.iter().map(|place| place.parse().unwrap()).collect();
            let disabled = Disabled::lacking(function, places, &started);
            assert_eq!((disabled.sentence().as_str(), disabled.grants.len()), (wanted, ways));
        };
        check(Function::Ping, &[], &format!("ping is off: no CAP_NET_RAW; {setcap}"), 2);
        let heard = "LLDP and CDP are not heard on this host's ports";
        check(Function::Neighbours, &[], &format!("{heard}: no CAP_NET_RAW; {setcap}"), 1);
        check(Function::Capture, &[], &format!("capture is off: no CAP_NET_RAW; {setcap}"), 1);
        let at = "[::]:514";
        check(Function::Syslog, &[at], &format!("syslog is not heard at {at}: no CAP_NET_BIND_SERVICE; {setcap}"), 2);
        for function in Function::ALL {
            assert!(!function.name().is_empty() && !function.what().is_empty());
        }
    }

    #[test]
    fn what_a_unit_started_is_granted_by_its_unit() {
        let started = Started { program: "/usr/bin/noctop".to_owned(), unit: Some("noctop".to_owned()) };
        let ways = grants(Function::Traps, Some(162), &started);
        assert!(ways[0].contains("AmbientCapabilities=CAP_NET_RAW CAP_NET_BIND_SERVICE"), "{ways:?}");
        assert!(ways[0].ends_with("sudo systemctl restart noctop"), "{ways:?}");
        assert_eq!(ways[1..], ["sudo sysctl -w net.ipv4.ip_unprivileged_port_start=162"]);
    }

    #[test]
    fn an_address_that_is_taken_is_granted_by_nobody() {
        let taken = Disabled {
            function: Function::Flows,
            why: "0.0.0.0:2055 is taken by nfcapd (pid 7)".to_owned(),
            places: Vec::new(),
            grants: Vec::new(),
        };
        assert_eq!(taken.sentence(), "flows are not heard: 0.0.0.0:2055 is taken by nfcapd (pid 7)");
    }
}
