//! A notification as a log line: named by the MIBs that are known, its varbinds in words.

use crate::event::{Trap, TrapTold};
use crate::mib::object::{Object, Syntax};
use crate::mib::{Meaning, Registry, smi};
use crate::model::log::{LogKind, LogLine, LogSeverity, MAX_LINE_OCTETS, MAX_VALUE_CHARS, MAX_VARBINDS, TrapBind, TrapDetail};
use crate::model::text::{from_octets, is_control};
use crate::model::{IfIndex, MacAddr, Oid, Severity, SnmpVersion, Timestamp, unit};
use crate::wire::snmp::trap::ENTERPRISE_SPECIFIC;
use crate::wire::snmp::{Notification, TrapV1, Value, VarBind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// generic-trap of version 1 by number (RFC 1157 §4.1.6, RFC 3584 §3.1).
const GENERIC: [&str; 6] = ["coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss"];

/// The line that a datagram is; `None` where it is no notification.
pub fn line(octets: &[u8], from: (Timestamp, IpAddr)) -> Option<LogLine> {
    Notification::decode(octets).ok().map(|read| Words::new(Registry::global()).line(&read, from).0)
}

/// The line of a message of version 3 that is not believed: by whom, and why.
pub(super) fn distrusted(why: &str, user: Option<&str>, (received, source): (Timestamp, IpAddr)) -> LogLine {
    let mut line = LogLine::new(received, source, LogKind::Trap);
    let user = user.map(|user| format!(" of user {user:?}")).unwrap_or_default();
    let name = "SNMPv3 notification that is not believed".to_owned();
    line.text = format!("SNMPv3 message{user} is not believed: {why}");
    line.severity = Some(LogSeverity::Warning);
    line.message_id = Some(name.clone());
    line.trap = Some(Box::new(TrapDetail {
        oid: None,
        name: line.text.clone(),
        version: version_word(SnmpVersion::V3).to_owned(),
        inform: false,
        uptime_ticks: None,
        if_index: None,
        binds: Vec::new(),
        left_out: 0,
    }));
    line
}

/// What a complaint about noctop itself says beside what its agent said: a varbind, so that whoever reads the line or the event has it.
const OWN: (&str, &str) = ("noctop", "tried a credential itself");

/// Marks a complaint about a credential that noctop itself tried.
pub(super) fn mark_own(line: &mut LogLine, trap: &mut Trap) {
    let details = line.trap.iter_mut().map(AsMut::as_mut).chain(trap.told.iter_mut().map(|told| &mut told.detail));
    for detail in details {
        detail.binds.truncate(MAX_VARBINDS - 1);
        detail.binds.push(TrapBind { name: OWN.0.to_owned(), value: OWN.1.to_owned() });
    }
    if let Some(detail) = &line.trap {
        line.text = bounded(&detail.sentence(None), MAX_LINE_OCTETS);
    }
}

/// Puts notifications into words, and says what they mean. The objects that every one of them has are looked up once.
pub(super) struct Words<'a> {
    mib: &'a Registry,
    sys_up_time: Option<Oid>,
    trap_oid: Option<Oid>,
    trap_address: Option<Oid>,
    authentication_failure: Option<Oid>,
    head: Vec<Oid>,
}

impl<'a> Words<'a> {
    pub(super) fn new(mib: &'a Registry) -> Self {
        let [sys_up_time, trap_oid, trap_address, community, enterprise] =
            ["sysUpTime", "snmpTrapOID", "snmpTrapAddress", "snmpTrapCommunity", "snmpTrapEnterprise"]
                .map(|name| mib.scalar(name));
        // The community is a secret; the others are said elsewhere.
        let head = [&sys_up_time, &trap_oid, &community, &enterprise].into_iter().flatten().cloned().collect();
        Self { mib, sys_up_time, trap_oid, trap_address, authentication_failure: mib.oid("authenticationFailure"), head }
    }

    /// The line of a notification, and what it tells the state.
    pub(super) fn line(&self, read: &Notification, (received, source): (Timestamp, IpAddr)) -> (LogLine, Trap) {
        let mib = self.mib;
        let told = |name: &Option<Oid>| read.varbinds.iter().find(|bind| Some(&bind.oid) == name.as_ref());
        let ticks = told(&self.sys_up_time).and_then(|bind| bind.value.as_u64()).and_then(|ticks| u32::try_from(ticks).ok());
        let rest = read.varbinds.iter().filter(|bind| !self.head.contains(&bind.oid));
        let count = rest.clone().count();
        let oid = self.name_of(read);
        let detail = TrapDetail {
            name: oid.as_ref().map_or_else(|| nameless(read), |oid| mib.text(oid)),
            oid,
            version: version_word(read.version).to_owned(),
            inform: read.inform,
            uptime_ticks: ticks.or(read.v1.as_ref().map(|v1| v1.uptime_ticks)),
            if_index: rest.clone().find_map(|bind| if_index(bind, mib)),
            binds: rest.take(MAX_VARBINDS).map(|bind| words(bind, mib)).collect(),
            left_out: u32::try_from(count.saturating_sub(MAX_VARBINDS) + read.unnamed).unwrap_or(u32::MAX),
        };
        let agent = self.agent(read).filter(|agent| *agent != source);
        let mut line = LogLine::new(received, source, LogKind::Trap);
        line.host = agent.map(|agent| agent.to_string());
        line.message_id = Some(detail.name.clone());
        line.text = bounded(&detail.sentence(None), MAX_LINE_OCTETS);
        let trap = self.trap(read, &detail, (source, agent));
        line.severity = trap.told.as_ref().and_then(|told| told.severity).and_then(syslog_severity);
        line.trap = Some(Box::new(detail));
        (line, trap)
    }

    /// Whether it is a complaint about a wrong credential that may be about whoever asks from `own`: the address that is told is theirs, or none is.
    pub(super) fn may_mean(&self, read: &Notification, trap: &Trap, own: impl FnOnce() -> Option<IpAddr>) -> bool {
        if trap.name.is_none() || trap.name != self.authentication_failure {
            return false;
        }
        let others = read.varbinds.iter().filter(|bind| Some(&bind.oid) != self.trap_address.as_ref());
        let mut told = others.filter_map(|bind| match bind.value {
            Value::IpAddress(address) => Some(IpAddr::V4(address)),
            _ => None,
        });
        told.next().is_none_or(|asker| own() == Some(asker))
    }

    fn trap(&self, read: &Notification, detail: &TrapDetail, (source, agent): (IpAddr, Option<IpAddr>)) -> Trap {
        let meaning = detail.oid.as_ref().and_then(|oid| self.mib.meaning(oid)).unwrap_or(&Meaning::UNKNOWN);
        let is_good = meaning.good_when.as_ref().is_some_and(|(object, numbers)| {
            let number =
                read.varbinds.iter().find(|bind| bind.oid.suffix_of(object).is_some()).and_then(|bind| bind.value.as_i64());
            number.is_some_and(|number| numbers.contains(&number))
        });
        let severity = if is_good { Some(Severity::Cleared) } else { meaning.severity };
        let told = || Box::new(TrapTold { detail: detail.clone(), severity, count: 1 });
        Trap {
            source,
            agent,
            name: detail.oid.clone(),
            if_index: detail.if_index,
            poll: meaning.poll,
            reread: meaning.reread,
            told: (!meaning.quiet).then(told),
        }
    }

    /// Whose it is: agent-addr of version 1 (RFC 1157 §4.1.6), or what a proxy made of it (RFC 3584 §3.1).
    fn agent(&self, read: &Notification) -> Option<IpAddr> {
        if let Some(v1) = &read.v1 {
            return v1.agent.map(IpAddr::V4);
        }
        let told = read.varbinds.iter().find(|bind| Some(&bind.oid) == self.trap_address.as_ref())?;
        match told.value {
            Value::IpAddress(address) if !address.is_unspecified() => Some(IpAddr::V4(address)),
            _ => None,
        }
    }

    /// snmpTrapOID as it was said, or as RFC 3584 §3.1 makes it of a trap of version 1.
    fn name_of(&self, read: &Notification) -> Option<Oid> {
        if let Some(TrapV1 { enterprise, generic, specific, .. }) = &read.v1 {
            return match usize::try_from(*generic).ok().and_then(|at| GENERIC.get(at)) {
                Some(name) => self.mib.oid(name),
                None if *generic == ENTERPRISE_SPECIFIC => self.specific(enterprise, u32::try_from(*specific).ok()?),
                None => None,
            };
        }
        let name = read.varbinds.iter().find(|bind| Some(&bind.oid) == self.trap_oid.as_ref())?;
        match &name.value {
            Value::Oid(oid) => Some(oid.clone()),
            _ => None,
        }
    }

    /// A zero stands between enterprise and number, but where the notification was defined without one and its agent speaks version 1.
    fn specific(&self, enterprise: &Oid, specific: u32) -> Option<Oid> {
        let (usual, bare) = (enterprise.child(&[0, specific]), enterprise.child(&[specific]));
        let is_known = self.mib.meaning(&usual).is_none() && self.mib.meaning(&bare).is_some();
        Some(if is_known { bare } else { usual })
    }
}

/// How bad, in the words of log lines; a fault that is over is news.
const fn syslog_severity(severity: Severity) -> Option<LogSeverity> {
    match severity {
        Severity::Critical => Some(LogSeverity::Critical),
        Severity::Major => Some(LogSeverity::Error),
        Severity::Minor | Severity::Warning => Some(LogSeverity::Warning),
        Severity::Cleared => Some(LogSeverity::Notice),
        Severity::Indeterminate => None,
    }
}

/// What is said where there is no name.
fn nameless(read: &Notification) -> String {
    let why = if read.readable { "without a name" } else { "whose content is not told in the open" };
    format!("SNMP{} notification {why}", version_word(read.version))
}

const fn version_word(version: SnmpVersion) -> &'static str {
    match version {
        SnmpVersion::V1 => "v1",
        SnmpVersion::V2c => "v2c",
        SnmpVersion::V3 => "v3",
    }
}

/// The interface that a varbind names: ifIndex itself, or the instance of a column whose rows are interfaces.
fn if_index(bind: &VarBind, mib: &Registry) -> Option<IfIndex> {
    let (object, suffix) = mib.name(&bind.oid)?;
    if object.name == "ifIndex" {
        return bind.value.as_u64().and_then(|number| u32::try_from(number).ok()).map(IfIndex);
    }
    match (mib.table_of(&object.name)?.index.as_slice(), suffix) {
        ([only], [index]) if only == "ifIndex" => Some(IfIndex(*index)),
        _ => None,
    }
}

fn words(bind: &VarBind, mib: &Registry) -> TrapBind {
    let object = mib.name(&bind.oid).map(|(object, _)| object).filter(|object| object.syntax.is_some());
    TrapBind { name: mib.text(&bind.oid), value: bounded(&value(&bind.value, object, mib), MAX_VALUE_CHARS) }
}

/// A value as people read it.
fn value(value: &Value, object: Option<&Object>, mib: &Registry) -> String {
    match value {
        Value::Integer(number) => number_words(*number, object),
        Value::Gauge32(number) | Value::Counter32(number) => number_words(i64::from(*number), object),
        Value::Counter64(number) => number.to_string(),
        Value::TimeTicks(ticks) => unit::age(u64::from(*ticks) / 100),
        Value::Oid(oid) => mib.text(oid),
        Value::IpAddress(address) => address.to_string(),
        Value::Octets(octets) => octets_words(octets, object),
        Value::Opaque(octets) => value.as_f64().map_or_else(|| hexadecimal(octets), |number| number.to_string()),
        Value::Null | Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView => "-".to_owned(),
        Value::Unreadable(tag) => format!("of unknown type 0x{tag:02x}"),
    }
}

fn number_words(number: i64, object: Option<&Object>) -> String {
    let Some(object) = object else { return number.to_string() };
    let hinted =
        || object.hint.as_deref().and_then(|hint| smi::hinted_number(hint, number)).unwrap_or_else(|| number.to_string());
    match (object.word(number), &object.units) {
        (Some(word), _) => format!("{word}({number})"),
        (None, Some(units)) => format!("{} {units}", hinted()),
        (None, None) => hinted(),
    }
}

fn octets_words(octets: &[u8], object: Option<&Object>) -> String {
    let address = || {
        let v4 = <[u8; 4]>::try_from(octets).map(|octets| Ipv4Addr::from(octets).to_string());
        v4.or_else(|_| <[u8; 16]>::try_from(octets).map(|octets| Ipv6Addr::from(octets).to_string())).ok()
    };
    let meant = object.and_then(|object| match object.syntax? {
        Syntax::Text => Some(from_octets(octets)),
        Syntax::Bits => Some(object.words_of_bits(octets).join(" ")),
        Syntax::Mac => MacAddr::from_octets_or_text(octets).map(|mac| mac.to_string()),
        Syntax::InetAddress | Syntax::IpAddress => address(),
        Syntax::Octets => smi::hinted_octets(object.hint.as_deref()?, octets),
        _ => None,
    });
    let looks = || std::str::from_utf8(octets).is_ok_and(|text| !text.chars().any(|c| is_control(c) && !c.is_whitespace()));
    meant.unwrap_or_else(|| if looks() { from_octets(octets) } else { hexadecimal(octets) })
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().take(MAX_VALUE_CHARS).map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":")
}

fn bounded(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::snmp::{Message, Pdu, PduKind, trap};

    fn at() -> (Timestamp, IpAddr) {
        (Timestamp(5), "10.0.0.2".parse().unwrap())
    }

    fn bind(name: &str, value: Value) -> VarBind {
        VarBind { oid: Registry::builtin().parse_object(name).unwrap(), value }
    }

    fn link_down() -> Vec<VarBind> {
        vec![
            bind("ifIndex.14", Value::Integer(14)),
            bind("ifAdminStatus.14", Value::Integer(1)),
            bind("ifOperStatus.14", Value::Integer(2)),
        ]
    }

    #[test]
    fn a_trap_is_named_and_its_varbinds_are_words() {
        let mut pdu = Pdu::request(PduKind::Trap, 1, &[]);
        pdu.varbinds = vec![
            bind("sysUpTime.0", Value::TimeTicks(4200)),
            bind("snmpTrapOID.0", Value::Oid(Registry::builtin().oid("linkDown").unwrap())),
        ];
        pdu.varbinds.extend(link_down());
        let message = Message { version: SnmpVersion::V2c, community: b"s3cret".to_vec(), pdu };
        let line = line(&message.encode(), at()).unwrap();
        assert_eq!(line.text, "linkDown ifIndex 14 admin up oper down");
        assert!(!format!("{line:?}").contains("s3cret"));
        let trap = line.trap.unwrap();
        let binds: Vec<String> = trap.binds.iter().map(|bind| format!("{} = {}", bind.name, bind.value)).collect();
        assert_eq!(binds, ["ifIndex.14 = 14", "ifAdminStatus.14 = up(1)", "ifOperStatus.14 = down(2)"]);
        assert_eq!((trap.if_index, trap.uptime_ticks, trap.version.as_str()), (Some(IfIndex(14)), Some(4200), "v2c"));
    }

    #[test]
    fn a_v1_trap_has_the_name_that_rfc_3584_gives_it() {
        let named = |generic, specific| {
            let enterprise = Registry::builtin().parse_object("sysDescr").unwrap();
            let agent = Some("10.9.9.9".parse().unwrap());
            let trap = TrapV1 { enterprise, agent, generic, specific, uptime_ticks: 1 };
            line(&trap::encode_v1(b"public", &trap, &link_down()), at()).unwrap()
        };
        let line = named(2, 0);
        assert_eq!((line.text.as_str(), line.host.as_deref()), ("linkDown ifIndex 14 admin up oper down", Some("10.9.9.9")));
        assert_eq!(named(6, 7).trap.unwrap().oid.unwrap().to_string(), "1.3.6.1.2.1.1.1.0.7");
        assert_eq!(named(-3, 7).trap.unwrap().oid, None);
        assert_eq!(super::line(b"noise", at()), None);
    }

    #[test]
    fn varbinds_and_values_are_bounded() {
        let mut pdu = Pdu::request(PduKind::Trap, 1, &[]);
        pdu.varbinds = (0..100).map(|_| bind("sysDescr.0", Value::Octets(vec![b'x'; 600]))).collect();
        let message = Message { version: SnmpVersion::V2c, community: Vec::new(), pdu };
        let line = line(&message.encode(), at()).unwrap();
        let trap = line.trap.unwrap();
        assert_eq!((trap.binds.len(), trap.left_out, trap.binds[0].value.len()), (MAX_VARBINDS, 36, MAX_VALUE_CHARS));
        assert!(line.text.len() <= MAX_LINE_OCTETS);
    }
}
