//! The filter language over flows and packets.

use crate::model::Timestamp;
use crate::model::flow::{FlowRecord, Known};
use crate::query::filter::{Column, Expr, FilterError, Habit, Kind, Matcher, Op, Row, Side, Term, Value, parse};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// What is asked of a flow, and how it is told.
type Field = (Column, fn(&Seen) -> Value<'_>);

/// IANA protocol numbers with the words that people use.
pub(super) const PROTOCOLS: &[(u8, &str)] = &[
    (1, "icmp"),
    (2, "igmp"),
    (4, "ipip"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (41, "ipv6"),
    (46, "rsvp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "icmp6"),
    (88, "eigrp"),
    (89, "ospf"),
    (103, "pim"),
    (112, "vrrp"),
    (115, "l2tp"),
    (132, "sctp"),
    (136, "udplite"),
];

const fn column(names: &'static [&'static str], kind: Kind) -> Column {
    Column { names, kind }
}

/// Fields of a flow (contract §4 and §6).
const FIELDS: &[Field] = &[
    (column(&["src"], Kind::Address), |seen| addresses(seen.src())),
    (column(&["dst"], Kind::Address), |seen| addresses(seen.dst())),
    (column(&["host", "address", "ip"], Kind::Address), |seen| addresses(&seen.ends)),
    (column(&["net"], Kind::Address), |seen| addresses(&seen.ends)),
    (column(&["srcPort"], Kind::Number), |seen| seen.number(Known::SRC_PORT, seen.record.src_port)),
    (column(&["dstPort"], Kind::Number), |seen| seen.number(Known::DST_PORT, seen.record.dst_port)),
    (column(&["port"], Kind::Number), |seen| Value::Numbers(&seen.ports)),
    (column(&["protocol", "proto"], Kind::Text), |seen| {
        if seen.record.known.has(Known::PROTOCOL) { protocol(seen.record.protocol) } else { Value::Unknown }
    }),
    (column(&["tos"], Kind::Number), |seen| seen.number(Known::TOS, seen.record.tos)),
    (column(&["dscp"], Kind::Number), |seen| seen.number(Known::TOS, seen.record.tos >> 2)),
    (column(&["vlan"], Kind::Number), |seen| seen.number(Known::VLAN, seen.record.vlan)),
    (column(&["srcMac"], Kind::Mac), |seen| {
        if seen.record.known.has(Known::SRC_MAC) { Value::Mac(seen.record.src_mac) } else { Value::Unknown }
    }),
    (column(&["dstMac"], Kind::Mac), |seen| {
        if seen.record.known.has(Known::DST_MAC) { Value::Mac(seen.record.dst_mac) } else { Value::Unknown }
    }),
    (column(&["inIf"], Kind::Number), |seen| number(seen.record.in_if)),
    (column(&["outIf"], Kind::Number), |seen| number(seen.record.out_if)),
    (column(&["direction"], Kind::Text), |seen| seen.record.direction.word().map_or(Value::Unknown, Value::word)),
    (column(&["octets", "bytes"], Kind::Number), |seen| large(seen.record.octets)),
    (column(&["packets"], Kind::Number), |seen| large(seen.record.packets)),
    (column(&["tcpFlags", "flags"], Kind::Number), |seen| seen.number(Known::TCP_FLAGS, seen.record.tcp_flags)),
];

/// Fields that a flow's packets have differently.
const OF_PACKETS: [&str; 5] = ["octets", "bytes", "packets", "tcpflags", "flags"];

/// A flow that is looked at.
struct Seen {
    record: FlowRecord,
    ends: [IpAddr; 2],
    ports: [u16; 2],
    is_ip: bool,
}

impl Seen {
    fn of(record: &FlowRecord) -> Self {
        let address = |ip: Option<IpAddr>| ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Self {
            record: *record,
            ends: [address(record.src.ip()), address(record.dst.ip())],
            ports: [record.src_port, record.dst_port],
            is_ip: record.known.has(Known::PROTOCOL),
        }
    }

    fn src(&self) -> &[IpAddr] {
        self.ends.get(..1).filter(|_| self.is_ip).unwrap_or_default()
    }

    fn dst(&self) -> &[IpAddr] {
        self.ends.get(1..).filter(|_| self.is_ip).unwrap_or_default()
    }

    fn number(&self, known: Known, value: impl Into<f64>) -> Value<'_> {
        if self.record.known.has(known) { Value::Number(value.into()) } else { Value::Unknown }
    }
}

fn addresses(addresses: &[IpAddr]) -> Value<'_> {
    if addresses.is_empty() { Value::Unknown } else { Value::Addresses(addresses) }
}

fn number(if_index: u32) -> Value<'static> {
    if if_index == 0 { Value::Unknown } else { Value::Number(f64::from(if_index)) }
}

#[allow(clippy::cast_precision_loss, reason = "2^53 octets are more than any capture")]
fn large(count: u64) -> Value<'static> {
    Value::Number(count as f64)
}

fn protocol(number: u8) -> Value<'static> {
    let text: Cow<'static, str> = Cow::Owned(number.to_string());
    let name = PROTOCOLS.iter().find(|(known, _)| *known == number);
    name.map_or(Value::Text(text.clone()), |(_, name)| Value::Either(Cow::Borrowed(*name), text))
}

impl Row for Seen {
    fn value(&self, column: usize) -> Value<'_> {
        FIELDS.get(column).map_or(Value::Unknown, |(_, value)| value(self))
    }
}

/// A filter that is bound.
pub(super) struct Filter {
    expr: Expr,
    matcher: Matcher,
    is_of_packets: bool,
}

impl Filter {
    /// Errors: a fault of the expression with its column.
    pub(super) fn new(text: &str, now: Timestamp) -> Result<Self, FilterError> {
        let expr = parse(text)?;
        let columns: Vec<Column> = FIELDS.iter().map(|(column, _)| *column).collect();
        let matcher = Matcher::bind(&exact(&expr), &columns, now)?;
        Ok(Self { is_of_packets: is_of_packets(&expr), expr, matcher })
    }

    /// As it was written.
    pub(super) fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Whether it asks what packets of one flow have differently.
    pub(super) fn is_of_packets(&self) -> bool {
        self.is_of_packets
    }

    /// Whether it lets through a flow, or a packet as one.
    pub(super) fn lets(&self, record: &FlowRecord) -> bool {
        self.matcher.is_all() || self.matcher.matches(&Seen::of(record))
    }

    /// Whether it lets through a flow that begins; one of packets lets through all at first.
    pub(super) fn lets_flow(&self, record: impl FnOnce() -> FlowRecord) -> bool {
        self.is_of_packets || self.matcher.is_all() || self.lets(&record())
    }
}

/// tcpdump's words mean the whole: `proto 6` is not 16, and `tcp` alone is a protocol.
fn exact(expr: &Expr) -> Expr {
    let all = |parts: &[Expr]| parts.iter().map(exact).collect();
    let is_protocol = |word: &str| PROTOCOLS.iter().any(|(_, known)| known.eq_ignore_ascii_case(word));
    match expr {
        Expr::Or(parts) => Expr::Or(all(parts)),
        Expr::And(parts) => Expr::And(all(parts)),
        Expr::Not(inner) => Expr::Not(Box::new(exact(inner))),
        Expr::Term(Term::Habit(_, Habit::Proto, value, value_at), at) => {
            Expr::Term(Term::Compare("proto".to_owned(), Op::Equal, value.clone(), *value_at), *at)
        }
        Expr::Term(Term::Compare(field, Op::Has, value, value_at), at) if is_protocol_field(field) => {
            Expr::Term(Term::Compare(field.clone(), Op::Equal, value.clone(), *value_at), *at)
        }
        Expr::Term(Term::Word(word), at) if is_protocol(word) => {
            Expr::Term(Term::Compare("proto".to_owned(), Op::Equal, word.clone(), *at), *at)
        }
        Expr::Term(..) => expr.clone(),
    }
}

pub(super) fn is_protocol_field(field: &str) -> bool {
    ["proto", "protocol"].iter().any(|known| known.eq_ignore_ascii_case(field))
}

fn is_of_packets(expr: &Expr) -> bool {
    match expr {
        Expr::Or(parts) | Expr::And(parts) => parts.iter().any(is_of_packets),
        Expr::Not(inner) => is_of_packets(inner),
        Expr::Term(Term::Compare(field, ..), _) => OF_PACKETS.iter().any(|known| known.eq_ignore_ascii_case(field)),
        Expr::Term(..) => false,
    }
}

/// Which ends a field or habit means.
pub(super) const fn end_of(side: Option<Side>) -> crate::wire::bpf::End {
    use crate::wire::bpf::End;
    match side {
        Some(Side::Src) => End::Src,
        Some(Side::Dst) => End::Dst,
        None => End::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::flow::{Direction, FlowAddr};

    fn check(text: &str, wanted: bool) {
        let known = Known::PROTOCOL.with(Known::SRC_PORT).with(Known::DST_PORT).with(Known::VLAN).with(Known::TCP_FLAGS);
        let record = FlowRecord {
            known,
            src: FlowAddr::v4(0x0a00_0001),
            dst: FlowAddr::v4(0x0a00_0002),
            src_port: 50_000,
            dst_port: 443,
            protocol: 6,
            vlan: 7,
            octets: 1500,
            in_if: 3,
            direction: Direction::Ingress,
            ..FlowRecord::default()
        };
        let filter = Filter::new(text, Timestamp(0)).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.lets(&record), wanted, "{text}");
    }

    #[test]
    fn habits_of_tcpdump_and_fields_of_flows_both_hold() {
        for text in [
            "",
            "tcp",
            "proto tcp",
            "proto 6",
            "src host 10.0.0.1",
            "host 10.0.0.2",
            "net 10.0.0.0/8",
            "port 443",
            "dst port 443 and src net 10.0.0.0/24",
            "srcport>49999",
            "vlan=7",
            "octets>1k",
            "direction=ingress",
            "inif=3",
            "not udp",
            "(udp or tcp) and not port 22",
        ] {
            check(text, true);
        }
        for text in [
            "udp",
            "proto 16",
            "src host 10.0.0.2",
            "dst port 50000",
            "net 192.168.0.0/16",
            "port 44",
            "vlan=8",
            "tos=1",
            "src:2001:db8::/32",
        ] {
            check(text, false);
        }
    }

    #[test]
    fn faults_have_their_column_and_sizes_are_of_packets() {
        assert_eq!(Filter::new("port 443 nosuch=1", Timestamp(0)).err().map(|error| error.column), Some(10));
        assert!(Filter::new("port 1 or octets>100", Timestamp(0)).is_ok_and(|filter| filter.is_of_packets()));
        assert!(Filter::new("port 1 or tcp", Timestamp(0)).is_ok_and(|filter| !filter.is_of_packets()));
    }
}
