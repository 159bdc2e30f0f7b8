//! One row of a table of neighbours, decoded by what the table's columns are said to hold.

use super::super::addresses::{inet_address, ipv4, ipv6};
use super::super::columns::text_to_nul;
use super::super::lldp_id;
use super::{add_address, is_routing};
use crate::mib::neighbours::{Field, IndexPart, NeighbourTable, Protocol};
use crate::mib::{Registry, Syntax};
use crate::model::{ChassisId, MacAddr, NeighbourRow, PortId};
use crate::wire::cdp;
use crate::wire::snmp::Value;
use std::net::{IpAddr, Ipv4Addr};

/// LldpManAddrSubtype is an IANA address family.
const FAMILY_IPV4: u32 = 1;
const FAMILY_IPV6: u32 = 2;

/// How agents that write capabilities as text begin them, and the LLDP word for each.
const CAPABILITIES_IN_WORDS: [(&str, &str); 9] = [
    ("router", "router"),
    ("switch", "bridge"),
    ("bridge", "bridge"),
    ("repeater", "repeater"),
    ("wlan", "wlanAccessPoint"),
    ("telephone", "telephone"),
    ("phone", "telephone"),
    ("docsis", "docsisCableDevice"),
    ("station", "stationOnly"),
];

/// LldpChassisIdSubtype and LldpPortIdSubtype as agents write them in words.
const SUBTYPES_IN_WORDS: [(&str, i64, i64); 7] =
    [("alias", 2, 1), ("component", 1, 2), ("mac", 4, 3), ("network", 5, 4), ("name", 6, 5), ("circuit", 7, 6), ("local", 7, 7)];

/// The cells of a row.
#[derive(Debug, Default)]
pub(super) struct Raw<'a>(Vec<(Field, &'a str, &'a Value)>);

/// What a row is.
#[derive(Debug)]
pub(super) enum Decoded {
    Row(Box<NeighbourRow>),
    /// It says nothing, or that it is nothing (subtype 0).
    Blank,
    /// An adjacency in another state.
    NoNeighbour,
}

impl<'a> Raw<'a> {
    pub(super) fn add(&mut self, field: Field, column: &'a str, value: &'a Value) {
        self.0.push((field, column, value));
    }

    fn all(&self, field: Field) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |(known, ..)| *known == field).map(|(.., value)| *value)
    }

    pub(super) fn first(&self, field: Field) -> Option<&'a Value> {
        self.all(field).next()
    }

    pub(super) fn text(&self, field: Field) -> Option<String> {
        self.all(field).find_map(text_to_nul)
    }

    fn number(&self, field: Field) -> Option<i64> {
        self.first(field).and_then(Value::as_i64)
    }

    /// The neighbour.
    pub(super) fn decoded(&self, table: &NeighbourTable, index: &[u32]) -> Decoded {
        if !table.is_neighbour(self.number(Field::State)) {
            return Decoded::NoNeighbour;
        }
        let mut row = NeighbourRow::new(table.protocol.into());
        let parts = table.split(index).unwrap_or_default();
        let addresses =
            parts.iter().filter_map(|(part, arcs)| part_address(*part, arcs)).chain(self.all(Field::Address).filter_map(address));
        addresses.for_each(|address| add_address(&mut row, address));
        if is_routing(table.protocol) {
            row.chassis_id =
                self.router(table.protocol).or_else(|| parts.iter().find_map(|(part, arcs)| part_chassis(*part, arcs)));
        } else {
            let subtype = self.first(Field::ChassisIdSubtype).and_then(|value| subtype(value, false));
            if subtype == Some(0) {
                return Decoded::Blank;
            }
            let said =
                self.all(Field::ChassisId).filter_map(Value::as_octets).find_map(|octets| lldp_id::chassis_id(subtype, octets));
            row.chassis_id = said.or_else(|| parts.iter().find_map(|(part, arcs)| part_chassis(*part, arcs)));
            row.port_id = self.port_id(table);
        }
        // A router may have no id yet, and is known by its address.
        let has_address = is_routing(table.protocol) && !row.addresses.is_empty();
        if row.chassis_id.is_none() && row.port_id.is_none() && !has_address {
            return Decoded::Blank;
        }
        self.describe(&mut row, table.protocol);
        Decoded::Row(Box::new(row))
    }

    fn describe(&self, row: &mut NeighbourRow, protocol: Protocol) {
        let name = self.text(Field::SysName);
        row.sys_name = match protocol {
            Protocol::Lldp => name,
            _ => name.map(|name| cdp::without_serial(&name).to_owned()),
        };
        row.port_descr = self.text(Field::PortDescr);
        row.sys_descr = self.all(Field::SysDescr).filter_map(text_to_nul).reduce(|said, more| format!("{said}\n{more}"));
        let capabilities = self.0.iter().find(|(field, ..)| *field == Field::Capabilities);
        row.capabilities = capabilities.map(|(_, column, value)| capabilities_of(column, value)).unwrap_or_default();
    }

    /// Without a subtype a port id is a name, as CDP's is.
    fn port_id(&self, table: &NeighbourTable) -> Option<PortId> {
        let value = self.first(Field::PortId)?;
        if let Some(slot) = self.number(Field::PortSlot) {
            return Some(PortId::Name(format!("{slot}:{}", value.as_i64()?)));
        }
        if table.columns(Field::PortIdSubtype).next().is_none() {
            return text_to_nul(value).or_else(|| value.as_i64().map(|number| number.to_string())).map(PortId::Name);
        }
        let subtype = self.first(Field::PortIdSubtype).and_then(|value| subtype(value, true));
        lldp_id::port_id(subtype, value.as_octets()?)
    }

    /// A router id (RFC 2328 §C.1), or the system id of IS-IS as people write it: `1921.6800.1001`.
    fn router(&self, protocol: Protocol) -> Option<ChassisId> {
        let value = self.first(Field::ChassisId)?;
        if protocol != Protocol::Isis {
            return router_id(address(value)?);
        }
        let hex: Vec<String> =
            value.as_octets()?.chunks(2).map(|pair| pair.iter().map(|octet| format!("{octet:02x}")).collect()).collect();
        Some(ChassisId::Text(hex.join("."))).filter(|_| !hex.is_empty())
    }
}

fn router_id(address: IpAddr) -> Option<ChassisId> {
    Some(ChassisId::Address(address)).filter(|_| !address.is_unspecified())
}

/// An id that stands in the index.
fn part_chassis(part: IndexPart, arcs: &[u32]) -> Option<ChassisId> {
    match (part, arcs) {
        (IndexPart::RouterId, [number]) => router_id(IpAddr::V4(Ipv4Addr::from(*number))),
        (IndexPart::DeviceId, [_, _, mac @ ..]) => {
            let octets: Option<Vec<u8>> = mac.iter().map(|arc| u8::try_from(*arc).ok()).collect();
            <[u8; 6]>::try_from(octets?).ok().map(|mac| ChassisId::Mac(MacAddr(mac)))
        }
        _ => None,
    }
}

/// An address of the neighbour that stands in the index.
fn part_address(part: IndexPart, arcs: &[u32]) -> Option<IpAddr> {
    match part {
        IndexPart::Ipv4Address => ipv4(arcs).map(IpAddr::V4),
        IndexPart::InetAddress => inet_address(arcs),
        _ => None,
    }
}

/// Address family, length and octets; some agents leave the length out.
pub(super) fn indexed_address(index: &[u32]) -> Option<IpAddr> {
    match index {
        [FAMILY_IPV4, 4, octets @ ..] if octets.len() == 4 => ipv4(octets).map(IpAddr::V4),
        [FAMILY_IPV4, octets @ ..] => ipv4(octets).map(IpAddr::V4),
        [FAMILY_IPV6, 16, octets @ ..] if octets.len() == 16 => ipv6(octets).map(IpAddr::V6),
        [FAMILY_IPV6, octets @ ..] => ipv6(octets).map(IpAddr::V6),
        _ => None,
    }
}

/// An address, as SMI has it, as octets, or as text.
pub(super) fn address(value: &Value) -> Option<IpAddr> {
    match value {
        Value::IpAddress(address) => Some(IpAddr::V4(*address)),
        value => lldp_id::network_address(value.as_octets()?),
    }
}

/// A subtype by its number, or by the words that an agent has for it.
fn subtype(value: &Value, of_port: bool) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let said = text_to_nul(value)?.to_lowercase();
    let known = SUBTYPES_IN_WORDS.iter().find(|(word, ..)| said.contains(word));
    known.map(|(_, chassis, port)| if of_port { *port } else { *chassis })
}

fn capabilities_of(column: &str, value: &Value) -> Vec<String> {
    let Some((object, octets)) = Registry::global().object(column).zip(value.as_octets()) else { return Vec::new() };
    match object.syntax {
        Some(Syntax::Bits) => object.words_of_bits(octets),
        Some(Syntax::Text) => {
            let said = String::from_utf8_lossy(octets).to_lowercase();
            let words = said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
            distinct(
                words
                    .filter_map(|word| CAPABILITIES_IN_WORDS.iter().find(|(begin, _)| word.starts_with(begin)))
                    .map(|(_, word)| *word),
            )
        }
        // Four octets, the last of which holds the capabilities.
        _ => {
            let bits = octets.iter().fold(0_u32, |bits, octet| (bits << 8) | u32::from(*octet));
            cdp::capability_words(bits)
        }
    }
}

fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        if !kept.iter().any(|known| known == word) {
            kept.push(word.to_owned());
        }
    }
    kept
}
