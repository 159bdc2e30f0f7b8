//! A log line: what a device said by syslog (RFC 5424, RFC 3164) or by a trap (RFC 3416 §4.2.6), as it is kept and shown.
//!
//! Everything in it came from outside: texts are bounded, control characters are kept and shown by [`super::text::visible`], and
//! secrets were masked before a line was made.

use super::{DeviceId, IfIndex, Oid, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// Octets of a message that are kept: what RFC 5425 §4.3.1 asks of receivers. What is beyond is cut and counted.
pub const MAX_LINE_OCTETS: usize = 8192;

/// Characters of a host, an application, a process or a message id (RFC 5424 §6: a host has at most 255, the others fewer).
pub const MAX_WORD_CHARS: usize = 255;

/// Varbinds of a trap that are kept: a linkDown has three, the largest that is known some thirty.
pub const MAX_VARBINDS: usize = 64;

/// Characters of a varbind's value.
pub const MAX_VALUE_CHARS: usize = 512;

/// How a line came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum LogKind {
    #[default]
    Syslog,
    Trap,
}

impl LogKind {
    /// Its word in rows and filters.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Syslog => "syslog",
            Self::Trap => "trap",
        }
    }
}

/// Severity of a message. Source: RFC 5424 §6.2.1, Table 2; a smaller number is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum LogSeverity {
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Informational,
    Debug,
}

impl LogSeverity {
    /// All, the worst first: by their numbers.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Informational,
        Self::Debug,
    ];

    /// Words that mean a severity: those of syslog(3) first, then what operators and vendors write.
    const WORDS: [(&'static str, Self); 20] = [
        ("emerg", Self::Emergency),
        ("alert", Self::Alert),
        ("crit", Self::Critical),
        ("err", Self::Error),
        ("warning", Self::Warning),
        ("notice", Self::Notice),
        ("info", Self::Informational),
        ("debug", Self::Debug),
        ("emergency", Self::Emergency),
        ("panic", Self::Emergency),
        ("critical", Self::Critical),
        ("error", Self::Error),
        ("warn", Self::Warning),
        ("note", Self::Notice),
        ("notification", Self::Notice),
        ("information", Self::Informational),
        ("informational", Self::Informational),
        ("major", Self::Error),
        ("minor", Self::Warning),
        ("debugging", Self::Debug),
    ];

    /// By its number, 0 to 7.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// By a word of syslog(3) or one that operators write, in any case.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, severity)| *severity)
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its word as syslog(3) has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Emergency => "emerg",
            Self::Alert => "alert",
            Self::Critical => "crit",
            Self::Error => "err",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Informational => "info",
            Self::Debug => "debug",
        }
    }

    /// Whether it is an error or worse.
    pub const fn is_error(self) -> bool {
        self.number() <= Self::Error.number()
    }
}

/// Facility of a message. Source: RFC 5424 §6.2.1, Table 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Facility(u8);

/// Words of the facilities by number, as syslog(3) has them; 12 to 15 as RFC 5424 describes them.
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit",
    "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

impl Facility {
    /// By its number, 0 to 23.
    pub fn from_number(number: u8) -> Option<Self> {
        (usize::from(number) < FACILITIES.len()).then_some(Self(number))
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        FACILITIES.get(usize::from(self.0)).copied().unwrap_or("user")
    }
}

/// The time that a message says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTime {
    /// The time; as if in UTC where the message names no zone, and of the year that is nearest where it names none.
    pub at: Timestamp,
    /// Whether the message says its zone.
    pub zoned: bool,
}

/// How it is known of which device a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinedBy {
    /// The sender's address is the device's own.
    Address,
    /// The line says so, and its sender is a host that passes on what others say.
    Host,
}

/// The device that a line is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogDevice {
    /// The device.
    pub id: DeviceId,
    /// Its name when the line came.
    pub name: Arc<str>,
    /// How it was found.
    pub by: JoinedBy,
    /// The interface that the line names.
    pub port: Option<String>,
}

/// One varbind of a trap in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrapBind {
    /// `ifIndex.14`; the number where no module names it.
    pub name: String,
    /// `up(1)`, `14`, text, an address.
    pub value: String,
}

/// What a trap says beside what every line has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrapDetail {
    /// SNMPv2-MIB snmpTrapOID; `None` where the message does not tell it in the open.
    pub oid: Option<Oid>,
    /// Its name; the number where no module names it.
    pub name: String,
    /// `v1`, `v2c`, `v3`.
    pub version: String,
    /// Whether it waits for an answer (InformRequest).
    pub inform: bool,
    /// sysUpTime of the sender, hundredths of a second.
    pub uptime_ticks: Option<u32>,
    /// The interface that it is about.
    pub if_index: Option<IfIndex>,
    /// Its varbinds but for sysUpTime and snmpTrapOID, at most [`MAX_VARBINDS`].
    pub binds: Vec<TrapBind>,
    /// Varbinds that found no room or could not be read.
    pub left_out: u32,
}

impl TrapDetail {
    /// The trap in one line: its name, the port by name where it is known, and short words of its varbinds.
    pub fn sentence(&self, port: Option<&str>) -> String {
        let mut words = self.name.clone();
        if let Some(if_index) = self.if_index {
            words.push_str(&format!(" ifIndex {}", if_index.0));
        }
        if let Some(port) = port {
            words.push(' ');
            words.push_str(port);
        }
        for bind in &self.binds {
            // A number is shown whole.
            let named = bind.name.starts_with(|c: char| c.is_ascii_alphabetic());
            let name = if named { bind.name.split('.').next().unwrap_or_default() } else { &bind.name };
            match name {
                "ifIndex" => {}
                "ifName" | "ifDescr" if port.is_some() => {}
                "ifAdminStatus" => words.push_str(&format!(" admin {}", word_of(&bind.value))),
                "ifOperStatus" => words.push_str(&format!(" oper {}", word_of(&bind.value))),
                _ => words.push_str(&format!(" {name}={}", bind.value)),
            }
        }
        words
    }
}

/// `down` of `down(2)`.
fn word_of(value: &str) -> &str {
    value.split_once('(').map_or(value, |(word, _)| word)
}

/// A log line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it came.
    pub received: Timestamp,
    /// Who sent the datagram.
    pub source: IpAddr,
    /// How it came.
    pub kind: LogKind,
    /// How bad it is; `None` where nothing says it.
    pub severity: Option<LogSeverity>,
    /// What kind of program speaks.
    pub facility: Option<Facility>,
    /// The time that it says of itself.
    pub own: Option<OwnTime>,
    /// The host as the line says it.
    pub host: Option<String>,
    /// The device that it is of.
    pub device: Option<LogDevice>,
    /// APP-NAME, the tag of RFC 3164, or the facility of a vendor's own mnemonic (`BFD` of `%BFD-3-DOWN`).
    pub app: Option<String>,
    /// PROCID
    pub process: Option<String>,
    /// MSGID, or a vendor's own mnemonic.
    pub message_id: Option<String>,
    /// What it says.
    pub text: String,
    /// The message as it came, at most [`MAX_LINE_OCTETS`], secrets masked.
    pub raw: Vec<u8>,
    /// Of a trap.
    pub trap: Option<Box<TrapDetail>>,
    /// Octets that were cut off.
    pub cut_octets: u32,
    /// Secrets that were masked.
    pub masked: u32,
}

impl LogLine {
    /// A line of which nothing is known yet but who sent it, when and how.
    pub const fn new(received: Timestamp, source: IpAddr, kind: LogKind) -> Self {
        Self {
            received,
            source,
            kind,
            severity: None,
            facility: None,
            own: None,
            host: None,
            device: None,
            app: None,
            process: None,
            message_id: None,
            text: String::new(),
            raw: Vec::new(),
            trap: None,
            cut_octets: 0,
            masked: 0,
        }
    }

    /// What it is called where it stands: its device, else the host that it says, else its sender.
    pub fn who(&self) -> std::borrow::Cow<'_, str> {
        match (&self.device, &self.host) {
            (Some(device), _) => (&*device.name).into(),
            (None, Some(host)) => host.as_str().into(),
            (None, None) => self.source.to_string().into(),
        }
    }

    /// Octets that it takes in memory, about.
    pub fn octets(&self) -> usize {
        let words = [&self.host, &self.app, &self.process, &self.message_id];
        let words: usize = words.into_iter().flatten().map(String::capacity).sum();
        let trap = self.trap.as_ref().map_or(0, |trap| {
            let binds: usize =
                trap.binds.iter().map(|bind| size_of::<TrapBind>() + bind.name.capacity() + bind.value.capacity()).sum();
            size_of::<TrapDetail>() + trap.name.capacity() + binds
        });
        let port = self.device.as_ref().and_then(|device| device.port.as_ref()).map_or(0, String::capacity);
        size_of::<Self>() + words + trap + port + self.text.capacity() + self.raw.capacity()
    }
}

/// Lines that differ only in what changes from one to the next: numbers, addresses, names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPattern {
    /// The words that all have, with `*` for what differs.
    pub pattern: String,
    /// Its lines in the range that is asked about.
    pub count: u64,
    /// Its lines in the range of the same length before that.
    pub before: u64,
    /// When its first line came, of all that are kept.
    pub first: Timestamp,
    /// When its last line in the range came.
    pub last: Timestamp,
    /// Whether its first line lies in the range.
    pub new: bool,
    /// Devices that say it in the range.
    pub devices: u32,
    /// The worst of its lines.
    pub severity: Option<LogSeverity>,
    /// Number of its last line.
    pub example: u64,
}

impl LogPattern {
    /// How many times as often it came as in the range before; of one that did not come then, its count.
    #[allow(clippy::cast_precision_loss, reason = "counts of lines fit 53 bits")]
    pub fn rise(&self) -> f64 {
        self.count as f64 / self.before.max(1) as f64
    }
}

/// What a listener heard in a second, or until a batch was full.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogBatch {
    /// The lines in the order in which they came.
    pub lines: Vec<LogLine>,
}

/// A datagram of a past that is still to be read: what a device sent, and when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDatagram {
    /// When it came.
    pub at: Timestamp,
    /// From whom.
    pub source: IpAddr,
    /// Of which kind.
    pub kind: LogKind,
    /// Its octets.
    pub octets: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_and_facilities_are_those_of_the_standard() {
        for (number, severity) in (0u8..).zip(LogSeverity::ALL) {
            assert_eq!((severity.number(), LogSeverity::from_word(severity.word())), (number, Some(severity)));
        }
        assert_eq!(LogSeverity::from_word("WARN"), Some(LogSeverity::Warning));
        assert_eq!((LogSeverity::from_number(8), LogSeverity::from_word("loud")), (None, None));
        assert_eq!(Facility::from_number(23).map(Facility::word), Some("local7"));
        assert_eq!(Facility::from_number(24), None);
        assert!(LogSeverity::Error.is_error() && !LogSeverity::Warning.is_error());
    }

    #[test]
    fn a_trap_is_said_in_one_line() {
        let bind = |name: &str, value: &str| TrapBind { name: name.to_owned(), value: value.to_owned() };
        let trap = TrapDetail {
            oid: None,
            name: "linkDown".to_owned(),
            version: "v2c".to_owned(),
            inform: false,
            uptime_ticks: None,
            if_index: Some(IfIndex(14)),
            binds: vec![
                bind("ifIndex.14", "14"),
                bind("ifAdminStatus.14", "up(1)"),
                bind("ifOperStatus.14", "down(2)"),
                bind("locIfReason.14", "Lost Carrier"),
            ],
            left_out: 0,
        };
        assert_eq!(trap.sentence(Some("Te1/1/4")), "linkDown ifIndex 14 Te1/1/4 admin up oper down locIfReason=Lost Carrier");
        assert_eq!(trap.sentence(None), "linkDown ifIndex 14 admin up oper down locIfReason=Lost Carrier");
    }
}
