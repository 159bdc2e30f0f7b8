//! What a filter may name of a flow, and what a request needs: which columns of records, and whether stretches can tell it.

use super::flow::Flow;
use crate::model::flow::talk::NO_PROTOCOL;
use crate::model::flow::{FlowFields, TopKey, TopRequest, services};
use crate::model::{MacAddr, Timestamp};
use crate::query::filter::{Column, Expr, FilterError, Kind, Matcher, Op, Row, Term, Value, parse};
use std::borrow::Cow;
use std::net::IpAddr;

/// How well a stretch knows a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Of everything.
    Always,
    /// Of conversations that are told apart.
    InRows,
    /// Only records know it.
    InRecords,
}

struct Field {
    column: Column,
    told: Told,
    needs: FlowFields,
}

macro_rules! fields {
    ($($id:ident: [$($names:literal),+] $kind:ident $told:ident $needs:expr;)+) => {
        /// Numbers of the columns.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Id { $($id),+ }

        const IDS: &[Id] = &[$(Id::$id),+];

        const FIELDS: &[Field] = &[$(Field {
            column: Column { names: &[$($names),+], kind: Kind::$kind },
            told: Told::$told,
            needs: $needs,
        }),+];

        /// Fields of flows that a filter may name (contract §6).
        pub const FLOW_COLUMNS: &[Column] = &[$(Column { names: &[$($names),+], kind: Kind::$kind }),+];
    };
}

const PORTS: FlowFields =
    FlowFields(FlowFields::SRC_PORT.0 | FlowFields::DST_PORT.0 | FlowFields::PROTOCOL.0 | FlowFields::KNOWN.0);
const ENDS: FlowFields = FlowFields(FlowFields::SRC.0 | FlowFields::DST.0);
const PROTOCOL: FlowFields = FlowFields(FlowFields::PROTOCOL.0 | FlowFields::KNOWN.0);
const MACS: FlowFields = FlowFields(FlowFields::SRC_MAC.0 | FlowFields::DST_MAC.0);
const TIMES: FlowFields = FlowFields(FlowFields::START.0 | FlowFields::END.0 | FlowFields::KNOWN.0);

fields! {
    Src: ["src"] Address InRows FlowFields::SRC;
    Dst: ["dst"] Address InRows FlowFields::DST;
    Host: ["host", "address", "ip"] Address InRows ENDS;
    Net: ["net"] Address InRows ENDS;
    NextHop: ["nextHop"] Address InRecords FlowFields::NEXT_HOP;
    Exporter: ["exporter"] Address Always FlowFields(0);
    SrcPort: ["srcPort"] Number InRecords PORTS;
    DstPort: ["dstPort"] Number InRecords PORTS;
    Port: ["port"] Number InRows PORTS;
    Protocol: ["protocol", "proto"] Text Always PROTOCOL;
    Tos: ["tos"] Number Always FlowFields::TOS;
    Dscp: ["dscp"] Number Always FlowFields::TOS;
    SrcAs: ["srcAs"] Number InRows FlowFields::SRC_AS;
    DstAs: ["dstAs"] Number InRows FlowFields::DST_AS;
    As: ["as"] Number InRows FlowFields(FlowFields::SRC_AS.0 | FlowFields::DST_AS.0);
    InIf: ["inIf"] Number Always FlowFields::IN_IF;
    OutIf: ["outIf"] Number Always FlowFields::OUT_IF;
    If: ["if", "interface"] Number Always FlowFields(FlowFields::IN_IF.0 | FlowFields::OUT_IF.0);
    Vlan: ["vlan"] Number Always FlowFields::VLAN;
    App: ["application", "app"] Text InRows PORTS;
    Octets: ["octets", "bytes"] Number InRecords FlowFields::SUMS;
    Packets: ["packets"] Number InRecords FlowFields::SUMS;
    Bps: ["bps"] Number InRecords TIMES;
    TcpFlags: ["tcpFlags", "flags"] Number InRecords FlowFields::TCP_FLAGS;
    Version: ["version"] Text Always FlowFields(0);
    Direction: ["direction"] Text Always FlowFields::DIRECTION;
    SrcMac: ["srcMac"] Mac InRows FlowFields::SRC_MAC;
    DstMac: ["dstMac"] Mac InRows FlowFields::DST_MAC;
    Mac: ["mac"] Mac InRows MACS;
}

/// A request, checked: its filter bound, and what it needs.
#[derive(Clone, Debug)]
pub struct Question {
    matcher: Matcher,
    used: Vec<usize>,
    fields: FlowFields,
}

impl Question {
    pub(super) fn new(request: &TopRequest, now: Timestamp) -> Result<Self, FilterError> {
        let parsed = parse(&request.filter)?;
        // Bound first as it was typed, so that a fault is told where it stands.
        Matcher::bind(&parsed, FLOW_COLUMNS, now)?;
        let expr = both_sides(&parsed);
        let matcher = Matcher::bind(&expr, FLOW_COLUMNS, now)?;
        let mut used = Vec::new();
        columns_of(&expr, &mut used);
        used.sort_unstable();
        used.dedup();
        let of_filter = used.iter().filter_map(|column| FIELDS.get(*column)).map(|field| field.needs);
        let of_keys = request.by.iter().map(|key| needs(*key));
        let fields = of_filter.chain(of_keys).fold(FlowFields::SUMS, FlowFields::with);
        Ok(Self { matcher, used, fields })
    }

    /// The columns of records that it needs.
    pub const fn fields(&self) -> FlowFields {
        self.fields
    }

    /// Whether nothing is filtered out.
    pub fn takes_all(&self) -> bool {
        self.matcher.is_all()
    }

    /// Whether only records can tell what the filter asks.
    pub fn needs_records(&self) -> bool {
        self.told().any(|told| told == Told::InRecords)
    }

    /// Whether what was cut off stretches can tell what the filter asks.
    pub fn is_told_by_rest(&self) -> bool {
        self.told().all(|told| told == Told::Always)
    }

    /// The fields of the filter that what was cut can't tell.
    pub(super) fn beyond_rest(&self) -> Vec<&'static str> {
        let fields = self.used.iter().filter_map(|column| FIELDS.get(*column));
        fields.filter(|field| field.told != Told::Always).filter_map(|field| field.column.names.first().copied()).collect()
    }

    fn told(&self) -> impl Iterator<Item = Told> + '_ {
        self.used.iter().filter_map(|column| FIELDS.get(*column)).map(|field| field.told)
    }

    #[inline]
    pub(super) fn matches<F: Flow>(&self, flow: &F) -> bool {
        self.matcher.is_all() || self.matcher.matches(&Filtered::new(flow))
    }
}

/// What a key needs of records.
const fn needs(key: TopKey) -> FlowFields {
    match key {
        TopKey::Address => ENDS,
        TopKey::Src | TopKey::SrcCountry => FlowFields::SRC,
        TopKey::Dst | TopKey::DstCountry => FlowFields::DST,
        TopKey::Country => ENDS,
        TopKey::SrcNet => FlowFields::SRC.with(FlowFields::SRC_MASK).with(FlowFields::KNOWN),
        TopKey::DstNet => FlowFields::DST.with(FlowFields::DST_MASK).with(FlowFields::KNOWN),
        TopKey::Net => ENDS.with(FlowFields::SRC_MASK).with(FlowFields::DST_MASK).with(FlowFields::KNOWN),
        TopKey::App | TopKey::Port => PORTS,
        TopKey::Protocol => PROTOCOL,
        TopKey::As => FlowFields::SRC_AS.with(FlowFields::DST_AS),
        TopKey::SrcAs => FlowFields::SRC_AS,
        TopKey::DstAs => FlowFields::DST_AS,
        TopKey::Exporter | TopKey::Version => FlowFields(0),
        TopKey::Interface => FlowFields::IN_IF.with(FlowFields::OUT_IF).with(FlowFields::DIRECTION),
        TopKey::InIf => FlowFields::IN_IF.with(FlowFields::DIRECTION),
        TopKey::OutIf => FlowFields::OUT_IF.with(FlowFields::DIRECTION),
        TopKey::Vlan => FlowFields::VLAN,
        TopKey::Dscp => FlowFields::TOS,
        TopKey::Mac => MACS,
        TopKey::SrcMac => FlowFields::SRC_MAC,
        TopKey::DstMac => FlowFields::DST_MAC,
    }
}

fn columns_of(expr: &Expr, used: &mut Vec<usize>) {
    match expr {
        Expr::Or(parts) | Expr::And(parts) => parts.iter().for_each(|part| columns_of(part, used)),
        Expr::Not(inner) => columns_of(inner, used),
        Expr::Term(term, _) => match term {
            Term::Compare(field, ..) => used.extend(Column::find(FLOW_COLUMNS, field)),
            Term::Habit(side, habit, ..) => used.extend(Column::find(FLOW_COLUMNS, habit.field(*side))),
            Term::Word(_) | Term::Regex(_) => {
                used.extend(FIELDS.iter().enumerate().filter(|(_, field)| field.column.kind.is_text()).map(|(number, _)| number));
            }
        },
    }
}

/// The expression with what looks at both sides written out, and protocols by their one name.
fn both_sides(expr: &Expr) -> Expr {
    let all = |parts: &[Expr]| parts.iter().map(both_sides).collect();
    match expr {
        Expr::Or(parts) => Expr::Or(all(parts)),
        Expr::And(parts) => Expr::And(all(parts)),
        Expr::Not(inner) => Expr::Not(Box::new(both_sides(inner))),
        Expr::Term(term, at) => {
            let (field, op, value, value_at) = match term {
                Term::Compare(field, op, value, value_at) => (field.as_str(), *op, value, value_at),
                Term::Habit(side, habit, value, value_at) => (habit.field(*side), Op::Has, value, value_at),
                Term::Word(_) | Term::Regex(_) => return expr.clone(),
            };
            let compare = |field: &str, op: Op, value: &str| {
                Expr::Term(Term::Compare(field.to_owned(), op, value.to_owned(), *value_at), *at)
            };
            let id = Column::find(FLOW_COLUMNS, field).and_then(|column| IDS.get(column));
            let sides = match id {
                Some(Id::As) => ["srcAs", "dstAs"],
                Some(Id::If) => ["inIf", "outIf"],
                Some(Id::Protocol) if matches!(op, Op::Has | Op::Equal | Op::NotEqual) => {
                    let op = if op == Op::Has { Op::Equal } else { op };
                    return compare(field, op, &protocol_word(value));
                }
                _ => return expr.clone(),
            };
            let (op, negated) = if op == Op::NotEqual { (Op::Equal, true) } else { (op, false) };
            let either = Expr::Or(sides.iter().map(|side| compare(side, op, value)).collect());
            if negated { Expr::Not(Box::new(either)) } else { either }
        }
    }
}

/// A protocol by the one name that rows have.
fn protocol_word(text: &str) -> String {
    services::protocol_number(text).map_or_else(|| text.to_owned(), |number| protocol_name(number).into_owned())
}

fn protocol_name(protocol: u8) -> Cow<'static, str> {
    services::protocol_name(protocol).map_or_else(|| Cow::Owned(protocol.to_string()), Cow::Borrowed)
}

/// A flow as a filter looks at it.
struct Filtered<'a, F> {
    flow: &'a F,
    src: Option<IpAddr>,
    dst: Option<IpAddr>,
    ends: [IpAddr; 2],
    ends_len: usize,
    next_hop: Option<IpAddr>,
    exporter: Option<IpAddr>,
    ports: [u16; 2],
    ports_len: usize,
}

impl<'a, F: Flow> Filtered<'a, F> {
    fn new(flow: &'a F) -> Self {
        let (src, dst) = (flow.src().ip(), flow.dst().ip());
        let (mut ends, mut ends_len) = ([IpAddr::from([0; 4]); 2], 0);
        for (place, end) in ends.iter_mut().zip(src.into_iter().chain(dst)) {
            *place = end;
            ends_len += 1;
        }
        let (src_port, dst_port) = flow.ports();
        let (mut ports, mut ports_len) = ([0; 2], 0);
        for (place, port) in ports.iter_mut().zip(src_port.into_iter().chain(dst_port)) {
            *place = port;
            ports_len += 1;
        }
        let exporter = flow.exporter().map(|exporter| exporter.address);
        Self { flow, src, dst, ends, ends_len, next_hop: flow.next_hop().ip(), exporter, ports, ports_len }
    }

    fn app(&self) -> Value<'_> {
        let (protocol, port) = (self.flow.protocol(), self.flow.port());
        if protocol == NO_PROTOCOL {
            return Value::Unknown;
        }
        let number = Cow::Owned(format!("{}/{port}", protocol_name(protocol)));
        match services::service_name(protocol, port) {
            Some(name) => Value::Either(Cow::Borrowed(name), number),
            None => Value::Text(number),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "filters compare figures")]
fn number(number: u64) -> Value<'static> {
    Value::Number(number as f64)
}

/// 0 is "not told" where the standard says so.
fn told(value: u64) -> Value<'static> {
    if value == 0 { Value::Unknown } else { number(value) }
}

fn addresses(addresses: &[IpAddr]) -> Value<'_> {
    if addresses.is_empty() { Value::Unknown } else { Value::Addresses(addresses) }
}

fn mac(mac: MacAddr) -> Value<'static> {
    if mac == MacAddr::default() { Value::Unknown } else { Value::Mac(mac) }
}

impl<F: Flow> Row for Filtered<'_, F> {
    fn value(&self, column: usize) -> Value<'_> {
        let Some(id) = IDS.get(column) else { return Value::Unknown };
        let flow = self.flow;
        match id {
            Id::Src => addresses(self.src.as_slice()),
            Id::Dst => addresses(self.dst.as_slice()),
            Id::Host | Id::Net => addresses(self.ends.get(..self.ends_len).unwrap_or_default()),
            Id::NextHop => addresses(self.next_hop.as_slice()),
            Id::Exporter => addresses(self.exporter.as_slice()),
            Id::SrcPort => Value::number(flow.ports().0.map(f64::from)),
            Id::DstPort => Value::number(flow.ports().1.map(f64::from)),
            Id::Port => match self.ports.get(..self.ports_len) {
                Some(ports) if !ports.is_empty() => Value::Numbers(ports),
                _ => Value::Unknown,
            },
            Id::Protocol if flow.protocol() == NO_PROTOCOL => Value::Unknown,
            Id::Protocol => Value::Text(protocol_name(flow.protocol())),
            Id::Tos => Value::number(flow.tos().map(f64::from)),
            Id::Dscp => Value::number(flow.tos().map(|tos| f64::from(tos >> 2))),
            Id::SrcAs => told(u64::from(flow.ases().0)),
            Id::DstAs => told(u64::from(flow.ases().1)),
            // Written out as both sides before.
            Id::As | Id::If => Value::Unknown,
            Id::InIf => told(u64::from(flow.in_if())),
            Id::OutIf => told(u64::from(flow.out_if())),
            Id::Vlan => told(u64::from(flow.vlan())),
            Id::App => self.app(),
            Id::Octets => number(flow.sum().octets),
            Id::Packets => number(flow.sum().packets),
            Id::Bps => Value::number(flow.bps()),
            Id::TcpFlags => number(u64::from(flow.sum().tcp_flags)),
            Id::Version => flow.exporter().map_or(Value::Unknown, |exporter| Value::word(exporter.version.word())),
            Id::Direction => flow.direction().word().map_or(Value::Unknown, Value::word),
            Id::SrcMac => mac(flow.macs().0),
            Id::DstMac => mac(flow.macs().1),
            Id::Mac => {
                let (src, dst) = flow.macs();
                Value::Either(Cow::Owned(src.to_string()), Cow::Owned(dst.to_string()))
            }
        }
    }
}
