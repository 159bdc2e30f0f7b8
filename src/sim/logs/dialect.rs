//! How each vendor writes a message.

use super::Saying;
use crate::model::Role;
use crate::model::Timestamp;
use crate::sim::hash::mix;
use crate::sim::scenario::{DeviceNumber, Kind};
use jiff::tz::TimeZone;

/// A form of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Sequence number, origin, time with milliseconds, mnemonic.
    Cisco,
    /// RFC 5424 with structured data.
    Junos,
    /// RFC 5424 without it.
    ArubaCx,
    /// RFC 3164 with the year behind the time.
    ArubaOs,
    /// key=value.
    Fortinet,
    /// RFC 3164.
    Linux,
    /// RFC 3339 time in place of that of RFC 3164.
    Esxi,
    /// RFC 3164 from a management card.
    Apc,
}

/// local7: what network equipment uses unless it is told otherwise.
const LOCAL7: u8 = 23;
/// daemon
const DAEMON: u8 = 3;
/// auth
const AUTH: u8 = 4;
/// user
const USER: u8 = 1;

impl Dialect {
    /// That of a kind of device; `None` where it says nothing.
    pub(super) fn of(kind: &Kind) -> Option<Self> {
        match (kind.vendor.as_deref()?, kind.role) {
            ("Cisco", _) => Some(Self::Cisco),
            ("Juniper", _) => Some(Self::Junos),
            ("Aruba", Role::Switch) => Some(Self::ArubaCx),
            ("Aruba", Role::WlanController) => Some(Self::ArubaOs),
            ("Fortinet", _) => Some(Self::Fortinet),
            ("Net-SNMP", _) => Some(Self::Linux),
            ("VMware", _) => Some(Self::Esxi),
            ("APC", _) => Some(Self::Apc),
            _ => None,
        }
    }

    /// The octets of a message of a device at a time.
    pub(super) fn write(self, (name, device): (&str, DeviceNumber), at: Timestamp, saying: &Saying) -> Vec<u8> {
        let Saying { severity, app, id, text } = saying;
        let time = |form: &str| format_time(at, form);
        let process = 1000 + mix(u64::from(device), 5) % 30_000;
        let pri = |facility: u8| facility * 8 + severity;
        let written = match self {
            Self::Cisco => {
                let sequence =
                    mix(u64::from(device), 7) % 90_000 + u64::try_from(at.secs().rem_euclid(1_000_000)).unwrap_or(0) / 3;
                let stamp = time("%b %e %H:%M:%S%.3f UTC");
                format!("<{}>{sequence:06}: {name}: {stamp}: %{app}-{severity}-{id}: {text}", pri(LOCAL7))
            }
            Self::Junos => {
                let stamp = time("%Y-%m-%dT%H:%M:%S%.3fZ");
                format!("<{}>1 {stamp} {name} {app} {process} {id} [junos@2636.1.1.1.2.131 host=\"{name}\"] {text}", pri(DAEMON))
            }
            Self::ArubaCx => {
                let stamp = time("%Y-%m-%dT%H:%M:%S%.6f+00:00");
                format!("<{}>1 {stamp} {name} {app} {process} - - Event|{id}|{}|AMM|1/1|{text}", pri(LOCAL7), level(*severity))
            }
            Self::ArubaOs => {
                let stamp = time("%b %e %H:%M:%S %Y");
                format!("<{}>{stamp} {name} {app}[{process}]: <{id}> |{app}| {text}", pri(LOCAL7))
            }
            Self::Fortinet => {
                let (date, clock) = (time("%Y-%m-%d"), time("%H:%M:%S"));
                format!(
                    "<{}>date={date} time={clock} devname=\"{name}\" devid=\"FG6H0E{device:05}\" tz=\"+0000\" logid=\"{id}\" type=\"{app}\" level=\"{}\" {text}",
                    pri(LOCAL7),
                    word(*severity)
                )
            }
            Self::Linux => {
                let facility = if *app == "sshd" || *app == "sudo" { AUTH } else { DAEMON };
                format!("<{}>{} {name} {app}[{process}]: {text}", pri(facility), time("%b %e %H:%M:%S"))
            }
            Self::Esxi => format!("<{}>{} {name} {app}[{process}]: {text}", pri(LOCAL7), time("%Y-%m-%dT%H:%M:%S%.3fZ")),
            Self::Apc => format!("<{}>{} {name} {app}: {text} {id}", pri(USER), time("%b %e %H:%M:%S")),
        };
        written.into_bytes()
    }
}

fn format_time(at: Timestamp, form: &str) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| String::new(), |at| at.to_zoned(TimeZone::UTC).strftime(form).to_string())
}

/// As ArubaOS-CX names severities.
const fn level(severity: u8) -> &'static str {
    match severity {
        0..=2 => "LOG_CRIT",
        3 => "LOG_ERR",
        4 => "LOG_WARN",
        5 => "LOG_NOTICE",
        _ => "LOG_INFO",
    }
}

/// As FortiOS names them.
const fn word(severity: u8) -> &'static str {
    match severity {
        0..=2 => "critical",
        3 => "error",
        4 => "warning",
        5 => "notice",
        _ => "information",
    }
}
