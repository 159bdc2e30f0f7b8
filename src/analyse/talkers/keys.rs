//! What a flow counts for: a value of each key, as a number while sums are made, and back as people see it.

use super::Country;
use super::flow::Flow;
use crate::model::MacAddr;
use crate::model::flow::talk::NO_PROTOCOL;
use crate::model::flow::{Direction, FlowAddr, FlowVersion, KeyValue, TopKey};
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::IpAddr;

/// The value of all keys of a request.
pub type Code = (u128, u128);

/// A value that the exporter did not tell.
const UNKNOWN: u128 = u128::MAX;

/// Prefix lengths of networks where the exporter tells none: what a site or a subnet mostly is.
const NET_V4: u8 = 24;
const NET_V6: u8 = 48;

/// Pairs of values that stand for one where there are more than two keys; beyond so many the flow counts as not told.
const MOST_PAIRS: usize = 4_000_000;

/// Countries that are remembered by address.
const MOST_COUNTRIES: usize = 200_000;

const VERSIONS: [FlowVersion; 7] = [
    FlowVersion::NetFlow1,
    FlowVersion::NetFlow5,
    FlowVersion::NetFlow7,
    FlowVersion::NetFlow9,
    FlowVersion::Ipfix,
    FlowVersion::Sflow5,
    FlowVersion::Capture,
];

/// Makes numbers of values and values of numbers.
pub struct Coder<'a> {
    by: Vec<TopKey>,
    country: Country<'a>,
    countries: FxHashMap<FlowAddr, u128>,
    exporters: Vec<IpAddr>,
    pairs: Vec<(u128, u128)>,
    numbers: FxHashMap<(u128, u128), usize>,
    /// Ports through which flows were observed as they left: those that came in elsewhere are not counted there again.
    egress: FxHashSet<(u128, u32)>,
}

/// The values of one key: two where it looks at both sides and they differ; none where the flow does not count for it.
#[derive(Clone, Copy, Default)]
struct Values {
    first: Option<u128>,
    second: Option<u128>,
}

impl Values {
    const fn one(value: u128) -> Self {
        Self { first: Some(value), second: None }
    }

    fn both(a: u128, b: u128) -> Self {
        Self { first: Some(a), second: (a != b).then_some(b) }
    }
}

impl<'a> Coder<'a> {
    /// For the keys of a request.
    pub fn new(by: &[TopKey], country: Country<'a>) -> Self {
        Self {
            by: by.to_vec(),
            country,
            countries: FxHashMap::default(),
            exporters: Vec::new(),
            pairs: Vec::new(),
            numbers: FxHashMap::default(),
            egress: FxHashSet::default(),
        }
    }

    /// The only key, where there is one.
    pub fn only(&self) -> Option<TopKey> {
        if let [only] = self.by.as_slice() { Some(*only) } else { None }
    }

    /// Whether a flow may count for two rows.
    pub fn is_two_sided(&self) -> bool {
        self.by.iter().any(|key| two_sided(*key))
    }

    /// Whether what was cut off a stretch still tells all keys.
    pub fn is_told_by_rest(&self) -> bool {
        self.by.iter().all(|key| told_by_rest(*key))
    }

    /// Whether ports matter, so that [`Self::look_at`] has to see all flows first.
    pub fn needs_ports(&self) -> bool {
        self.by.iter().any(|key| matches!(key, TopKey::Interface | TopKey::OutIf))
    }

    /// Sees where flows are observed as they leave.
    pub fn look_at(&mut self, flow: &impl Flow) {
        if flow.direction() == Direction::Egress {
            let exporter = self.exporter(flow);
            self.egress.insert((exporter, flow.out_if()));
        }
    }

    /// Visits each code for which a flow counts.
    #[inline]
    pub fn codes(&mut self, flow: &impl Flow, mut visit: impl FnMut(Code)) {
        match *self.by.as_slice() {
            [only] => {
                let values = self.values_of(only, flow);
                values.first.into_iter().chain(values.second).for_each(|value| visit((value, 0)));
            }
            [a, b] => {
                let (a, b) = (self.values_of(a, flow), self.values_of(b, flow));
                for one in a.first.into_iter().chain(a.second) {
                    b.first.into_iter().chain(b.second).for_each(|other| visit((one, other)));
                }
            }
            _ => self.many(flow, &mut visit),
        }
    }

    /// Three keys and more: the first two stand for one, and so do the others.
    fn many(&mut self, flow: &impl Flow, visit: &mut dyn FnMut(Code)) {
        let keys = self.by.clone();
        let mut halves: [Vec<u128>; 2] = [vec![], vec![]];
        for (half, keys) in halves.iter_mut().zip([keys.get(..2), keys.get(2..)]) {
            let mut found: Option<Vec<u128>> = None;
            for key in keys.unwrap_or_default() {
                let values = self.values_of(*key, flow);
                let values: Vec<u128> = values.first.into_iter().chain(values.second).collect();
                found = Some(match found {
                    None => values,
                    Some(before) => {
                        before.iter().flat_map(|a| values.iter().map(move |b| (*a, *b))).map(|pair| self.pair(pair)).collect()
                    }
                });
            }
            *half = found.unwrap_or_default();
        }
        let [first, second] = halves;
        first.iter().flat_map(|a| second.iter().map(move |b| (*a, *b))).for_each(visit);
    }

    fn pair(&mut self, pair: (u128, u128)) -> u128 {
        if let Some(number) = self.numbers.get(&pair) {
            return *number as u128;
        }
        if self.pairs.len() >= MOST_PAIRS {
            return UNKNOWN;
        }
        self.numbers.insert(pair, self.pairs.len());
        self.pairs.push(pair);
        (self.pairs.len() - 1) as u128
    }

    fn values_of(&mut self, key: TopKey, flow: &impl Flow) -> Values {
        let number = |number: u64| if number == 0 { UNKNOWN } else { u128::from(number) };
        match key {
            TopKey::Src => Values::one(address(flow.src())),
            TopKey::Dst => Values::one(address(flow.dst())),
            TopKey::Address => Values::both(address(flow.src()), address(flow.dst())),
            TopKey::SrcNet => Values::one(net(flow.src(), flow.masks().0)),
            TopKey::DstNet => Values::one(net(flow.dst(), flow.masks().1)),
            TopKey::Net => Values::both(net(flow.src(), flow.masks().0), net(flow.dst(), flow.masks().1)),
            TopKey::App => Values::one(service(flow.protocol(), flow.port())),
            TopKey::Port => Values::one(number(u64::from(flow.port()))),
            TopKey::Protocol => Values::one(protocol(flow.protocol())),
            TopKey::SrcAs => Values::one(number(u64::from(flow.ases().0))),
            TopKey::DstAs => Values::one(number(u64::from(flow.ases().1))),
            TopKey::As => Values::both(number(u64::from(flow.ases().0)), number(u64::from(flow.ases().1))),
            TopKey::Exporter => Values::one(self.exporter(flow)),
            TopKey::InIf => self.in_if(flow).map_or_else(Values::default, Values::one),
            TopKey::OutIf => self.out_if(flow).map_or_else(Values::default, Values::one),
            TopKey::Interface => match (self.in_if(flow), self.out_if(flow)) {
                (Some(inward), Some(outward)) => Values::both(inward, outward),
                (one, other) => Values { first: one.or(other), second: None },
            },
            TopKey::Vlan => Values::one(number(u64::from(flow.vlan()))),
            TopKey::Dscp => Values::one(flow.tos().map_or(UNKNOWN, |tos| u128::from(tos >> 2))),
            TopKey::SrcMac => Values::one(mac(flow.macs().0)),
            TopKey::DstMac => Values::one(mac(flow.macs().1)),
            TopKey::Mac => Values::both(mac(flow.macs().0), mac(flow.macs().1)),
            TopKey::SrcCountry => Values::one(self.country(flow.src())),
            TopKey::DstCountry => Values::one(self.country(flow.dst())),
            TopKey::Country => Values::both(self.country(flow.src()), self.country(flow.dst())),
            TopKey::Version => Values::one(flow.exporter().map_or(UNKNOWN, |exporter| exporter.version as u128)),
        }
    }

    /// The code of what was cut of one side, by address. `side` is the source's, or the destination's. Keys that both sides may share (a
    /// network, a country) are not told: such a flow counts once, and single sides don't know of each other.
    pub fn of_address(&mut self, address_: FlowAddr, side: Side) -> Option<Code> {
        let value = match (self.only()?, side) {
            (TopKey::Src, Side::Src) | (TopKey::Dst, Side::Dst) | (TopKey::Address, _) => address(address_),
            (TopKey::SrcNet, Side::Src) | (TopKey::DstNet, Side::Dst) => net(address_, None),
            (TopKey::SrcCountry, Side::Src) | (TopKey::DstCountry, Side::Dst) => self.country(address_),
            _ => return None,
        };
        Some((value, 0))
    }

    /// The code of what was cut, by protocol and service port.
    pub fn of_service(&self, (protocol, port): (u8, u16)) -> Option<Code> {
        match self.only()? {
            TopKey::App => Some((service(protocol, port), 0)),
            TopKey::Port => Some((if port == 0 { UNKNOWN } else { u128::from(port) }, 0)),
            _ => None,
        }
    }

    /// The code of what was cut of one side, by AS.
    pub fn of_as(&self, number: u32, side: Side) -> Option<Code> {
        let value = if number == 0 { UNKNOWN } else { u128::from(number) };
        match (self.only()?, side) {
            (TopKey::SrcAs, Side::Src) | (TopKey::DstAs, Side::Dst) => Some((value, 0)),
            _ => None,
        }
    }

    fn exporter(&mut self, flow: &impl Flow) -> u128 {
        let Some(exporter) = flow.exporter() else { return UNKNOWN };
        let place = self.exporters.iter().position(|known| *known == exporter.address).unwrap_or_else(|| {
            self.exporters.push(exporter.address);
            self.exporters.len() - 1
        });
        place as u128
    }

    fn in_if(&mut self, flow: &impl Flow) -> Option<u128> {
        (flow.direction() != Direction::Egress).then(|| self.port(flow, flow.in_if()))
    }

    fn out_if(&mut self, flow: &impl Flow) -> Option<u128> {
        let port = flow.out_if();
        let exporter = self.exporter(flow);
        let seen_leaving = flow.direction() == Direction::Egress;
        (seen_leaving || !self.egress.contains(&(exporter, port))).then(|| self.port(flow, port))
    }

    fn port(&mut self, flow: &impl Flow, if_index: u32) -> u128 {
        self.exporter(flow) << 32 | u128::from(if_index)
    }

    fn country(&mut self, address: FlowAddr) -> u128 {
        if let Some(known) = self.countries.get(&address) {
            return *known;
        }
        let code = address.ip().and_then(self.country).and_then(|code| Some(u16::from_be_bytes(*code.as_bytes().first_chunk()?)));
        let code = code.map_or(UNKNOWN, u128::from);
        if self.countries.len() < MOST_COUNTRIES {
            self.countries.insert(address, code);
        }
        code
    }

    /// The values of a code, in the order of the keys.
    pub fn values(&self, (first, second): Code) -> Vec<KeyValue> {
        let split = |value: u128| {
            let pair = usize::try_from(value).ok().and_then(|number| self.pairs.get(number));
            pair.copied().unwrap_or((UNKNOWN, UNKNOWN))
        };
        let codes = match self.by.len() {
            0 | 1 => vec![first],
            2 => vec![first, second],
            count => {
                // Each pair of the second half is what came before and one key more.
                let (mut before, mut others) = (second, Vec::new());
                for _ in 3..count {
                    let (pair, last) = split(before);
                    others.push(last);
                    before = pair;
                }
                let (a, b) = split(first);
                [a, b, before].into_iter().chain(others.into_iter().rev()).collect()
            }
        };
        self.by.iter().zip(codes).map(|(key, code)| self.value(*key, code)).collect()
    }

    fn value(&self, key: TopKey, code: u128) -> KeyValue {
        if code == UNKNOWN {
            return KeyValue::Unknown;
        }
        let exporter = |number: u128| usize::try_from(number).ok().and_then(|number| self.exporters.get(number)).copied();
        let known = match key {
            TopKey::Src | TopKey::Dst | TopKey::Address => FlowAddr(code).ip().map(KeyValue::Address),
            TopKey::SrcNet | TopKey::DstNet | TopKey::Net => net_of(code),
            TopKey::App => Some(KeyValue::Service((code >> 16) as u8, code as u16)),
            TopKey::Exporter => exporter(code).map(KeyValue::Exporter),
            TopKey::Interface | TopKey::InIf | TopKey::OutIf => {
                exporter(code >> 32).map(|exporter| KeyValue::Interface(exporter, code as u32))
            }
            TopKey::SrcMac | TopKey::DstMac | TopKey::Mac => {
                let [.., a, b, c, d, e, f] = code.to_be_bytes();
                Some(KeyValue::Mac(MacAddr([a, b, c, d, e, f])))
            }
            TopKey::SrcCountry | TopKey::DstCountry | TopKey::Country => {
                let letters = (code as u16).to_be_bytes();
                std::str::from_utf8(&letters).ok().map(|code| KeyValue::Word(code.to_owned()))
            }
            TopKey::Version => {
                let version = VERSIONS.iter().find(|version| **version as u128 == code);
                version.map(|version| KeyValue::Word(version.word().to_owned()))
            }
            TopKey::Port | TopKey::Protocol | TopKey::SrcAs | TopKey::DstAs | TopKey::As | TopKey::Vlan | TopKey::Dscp => {
                Some(KeyValue::Number(code as u64))
            }
        };
        known.unwrap_or(KeyValue::Unknown)
    }
}

/// Which side of what was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Src,
    Dst,
}

/// Whether a key looks at both sides of a flow.
pub const fn two_sided(key: TopKey) -> bool {
    matches!(key, TopKey::Address | TopKey::Net | TopKey::As | TopKey::Interface | TopKey::Mac | TopKey::Country)
}

/// Whether what was cut off a stretch still tells it.
const fn told_by_rest(key: TopKey) -> bool {
    matches!(
        key,
        TopKey::Protocol
            | TopKey::Exporter
            | TopKey::Interface
            | TopKey::InIf
            | TopKey::OutIf
            | TopKey::Vlan
            | TopKey::Dscp
            | TopKey::Version
    )
}

fn address(address: FlowAddr) -> u128 {
    if address == FlowAddr::NONE { UNKNOWN } else { address.0 }
}

fn protocol(protocol: u8) -> u128 {
    if protocol == NO_PROTOCOL { UNKNOWN } else { u128::from(protocol) }
}

/// Protocol and port in one number; a protocol without ports is one as well.
fn service(protocol: u8, port: u16) -> u128 {
    if protocol == NO_PROTOCOL { UNKNOWN } else { u128::from(protocol) << 16 | u128::from(port) }
}

fn mac(mac: MacAddr) -> u128 {
    if mac == MacAddr::default() {
        return UNKNOWN;
    }
    mac.0.iter().fold(0, |number, octet| number << 8 | u128::from(*octet))
}

/// Marks a network of IPv4: no address of IPv6 that anybody has begins so (RFC 4291 §2.4: reserved).
const V4_NET: u128 = 1 << 120;

/// A network as its address, with the prefix length in the last octet; IPv4 stands below a mark.
fn net(address: FlowAddr, mask: Option<u8>) -> u128 {
    let Some(ip) = address.ip() else { return UNKNOWN };
    match ip {
        IpAddr::V4(v4) => {
            let len = mask.unwrap_or(NET_V4).min(32);
            let bits = u128::from(v4.to_bits() & u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0));
            V4_NET | bits << 8 | u128::from(len)
        }
        IpAddr::V6(v6) => {
            // Longer ones are no networks: the last octet is the length's.
            let len = mask.unwrap_or(NET_V6).min(120);
            let bits = v6.to_bits() & u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
            bits | u128::from(len)
        }
    }
}

fn net_of(code: u128) -> Option<KeyValue> {
    let len = code as u8;
    if len <= 32 && code >> 40 == V4_NET >> 40 {
        return Some(KeyValue::Net(FlowAddr::v4((code >> 8) as u32).ip()?, len));
    }
    Some(KeyValue::Net(IpAddr::V6((code & !0xff).into()), len))
}
