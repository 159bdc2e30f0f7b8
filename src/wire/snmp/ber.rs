//! The Basic Encoding Rules as SNMP restricts them (RFC 3417 §8): a writer, and the reading of names and values.

use super::Fault;
use super::value::{Value, VarBind};
use crate::model::Oid;
use crate::model::oid::MAX_OID_ARCS;
use snmp2::AsnReader;
use std::net::Ipv4Addr;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const IP_ADDRESS: u8 = 0x40;
const COUNTER32: u8 = 0x41;
const GAUGE32: u8 = 0x42;
const TIME_TICKS: u8 = 0x43;
const OPAQUE: u8 = 0x44;
const COUNTER64: u8 = 0x46;
const NO_SUCH_OBJECT: u8 = 0x80;
const NO_SUCH_INSTANCE: u8 = 0x81;
const END_OF_MIB_VIEW: u8 = 0x82;

/// Octets of a message that fits a datagram without fragments, and then some: spares growing the buffer.
const USUAL_MESSAGE: usize = 512;

/// Builds one message from front to back; lengths are put in when a constructed value closes.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(USUAL_MESSAGE))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A primitive value.
    pub(super) fn tlv(&mut self, tag: u8, content: &[u8]) {
        self.0.push(tag);
        self.0.extend(length_octets(content.len()));
        self.0.extend_from_slice(content);
    }

    /// A value whose content `fill` writes.
    pub(super) fn constructed(&mut self, tag: u8, fill: impl FnOnce(&mut Self)) {
        self.0.push(tag);
        let at = self.0.len();
        self.0.push(0);
        fill(self);
        let length = self.0.len() - at - 1;
        match (u8::try_from(length), self.0.get_mut(at)) {
            (Ok(short @ 0..=0x7f), Some(octet)) => *octet = short,
            _ => {
                self.0.splice(at..=at, length_octets(length));
            }
        }
    }

    /// A signed number in the fewest octets (X.690 §8.3.2).
    pub(super) fn signed(&mut self, tag: u8, number: i64) {
        let octets = number.to_be_bytes();
        let fill: u8 = if number < 0 { 0xff } else { 0 };
        let mut content = octets.as_slice();
        while let [first, rest @ ..] = content {
            let sign_kept = rest.first().is_some_and(|next| (next ^ fill) & 0x80 == 0);
            if *first != fill || !sign_kept {
                break;
            }
            content = rest;
        }
        self.tlv(tag, content);
    }

    /// An unsigned number: one octet of zero in front where its highest bit is set.
    pub(super) fn unsigned(&mut self, tag: u8, number: u64) {
        match i64::try_from(number) {
            Ok(number) => self.signed(tag, number),
            Err(_) => {
                let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
                self.tlv(tag, &[0, a, b, c, d, e, f, g, h]);
            }
        }
    }

    /// An object identifier.
    pub(super) fn oid(&mut self, oid: &Oid) {
        let (first, rest) = match oid.arcs() {
            [] => (0, [].as_slice()),
            [root] => (u64::from(*root) * 40, [].as_slice()),
            [root, second, rest @ ..] => (u64::from(*root) * 40 + u64::from(*second), rest),
        };
        self.constructed(OBJECT_IDENTIFIER, |writer| {
            writer.base_128(first);
            for arc in rest {
                writer.base_128(u64::from(*arc));
            }
        });
    }

    fn base_128(&mut self, number: u64) {
        let groups = (64 - number.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let seven = u8::try_from((number >> (group * 7)) & 0x7f).unwrap_or(0);
            self.0.push(if group > 0 { seven | 0x80 } else { seven });
        }
    }

    pub(super) fn var_binds(&mut self, binds: &[VarBind]) {
        self.constructed(SEQUENCE, |list| list.pairs(binds));
    }

    /// The content of a VarBindList.
    pub(super) fn pairs(&mut self, binds: &[VarBind]) {
        for bind in binds {
            self.constructed(SEQUENCE, |pair| {
                pair.oid(&bind.oid);
                pair.value(&bind.value);
            });
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Integer(number) => self.signed(INTEGER, *number),
            Value::Octets(octets) => self.tlv(OCTETS, octets),
            Value::Oid(oid) => self.oid(oid),
            Value::IpAddress(address) => self.tlv(IP_ADDRESS, &address.octets()),
            Value::Counter32(number) => self.unsigned(COUNTER32, u64::from(*number)),
            Value::Gauge32(number) => self.unsigned(GAUGE32, u64::from(*number)),
            Value::TimeTicks(number) => self.unsigned(TIME_TICKS, u64::from(*number)),
            Value::Opaque(octets) => self.tlv(OPAQUE, octets),
            Value::Counter64(number) => self.unsigned(COUNTER64, *number),
            Value::NoSuchObject => self.tlv(NO_SUCH_OBJECT, &[]),
            Value::NoSuchInstance => self.tlv(NO_SUCH_INSTANCE, &[]),
            Value::EndOfMibView => self.tlv(END_OF_MIB_VIEW, &[]),
            Value::Null | Value::Unreadable(_) => self.tlv(NULL, &[]),
        }
    }
}

/// The definite form of a length (X.690 §8.1.3): short below 128, else the number of octets and then the octets.
fn length_octets(length: usize) -> impl Iterator<Item = u8> {
    let octets = length.to_be_bytes();
    let zeros = octets.iter().take_while(|octet| **octet == 0).count().min(octets.len() - 1);
    let long = length > 0x7f;
    let count = u8::try_from(octets.len() - zeros).unwrap_or(0);
    long.then_some(0x80 | count).into_iter().chain(octets.into_iter().skip(zeros))
}

/// Reads an object identifier's content. At most [`MAX_OID_ARCS`] arcs of 32 bits; an empty one is `0.0`, as some agents send it.
pub(super) fn oid_from(content: &[u8]) -> Result<Oid, Fault> {
    let mut arcs = [0u32; MAX_OID_ARCS];
    let mut count = 2;
    let mut number = 0u64;
    let mut first = true;
    for octet in content {
        number = number << 7 | u64::from(octet & 0x7f);
        if number > u64::from(u32::MAX) + 80 {
            return Err(Fault::Malformed);
        }
        if octet & 0x80 != 0 {
            continue;
        }
        if first {
            let root = (number / 40).min(2);
            arcs = [0; MAX_OID_ARCS];
            put(&mut arcs, 0, root)?;
            put(&mut arcs, 1, number - root * 40)?;
        } else {
            put(&mut arcs, count, number)?;
            count += 1;
        }
        (first, number) = (false, 0);
    }
    if content.last().is_some_and(|octet| octet & 0x80 != 0) {
        return Err(Fault::Malformed);
    }
    arcs.get(..count).map(Oid::new).ok_or(Fault::Malformed)
}

fn put(arcs: &mut [u32], at: usize, number: u64) -> Result<(), Fault> {
    let slot = arcs.get_mut(at).ok_or(Fault::Malformed)?;
    *slot = u32::try_from(number).map_err(|_| Fault::Malformed)?;
    Ok(())
}

/// What a list of varbinds holds: those that have a readable name, and how many had not.
pub(super) struct ReadBinds {
    pub(super) binds: Vec<VarBind>,
    pub(super) unnamed: usize,
}

/// Reads the content of a VarBindList. A value of unknown type does not hide what follows it, as it does in snmp2's own iterator.
pub(super) fn var_binds_from(content: &[u8]) -> Result<ReadBinds, Fault> {
    // A varbind takes at least seven octets on the wire, so the reservation is bounded by the datagram.
    let mut read = ReadBinds { binds: Vec::with_capacity(content.len() / 16), unnamed: 0 };
    let mut list = AsnReader::from_bytes(content);
    while list.bytes_left() > 0 {
        let mut pair = AsnReader::from_bytes(list.read_raw(SEQUENCE).map_err(|_| Fault::Malformed)?);
        let Some(oid) = pair.read_raw(OBJECT_IDENTIFIER).ok().and_then(|name| oid_from(name).ok()) else {
            read.unnamed += 1;
            continue;
        };
        let tag = pair.peek_byte().unwrap_or(0);
        let value = pair.next().and_then(|value| value_from(&value)).unwrap_or(Value::Unreadable(tag));
        read.binds.push(VarBind { oid, value });
    }
    Ok(read)
}

/// snmp2's value as ours; `None` for what may not stand in a varbind.
pub(super) fn value_from(value: &snmp2::Value<'_>) -> Option<Value> {
    Some(match value {
        snmp2::Value::Null => Value::Null,
        snmp2::Value::Integer(number) => Value::Integer(*number),
        snmp2::Value::OctetString(octets) => Value::Octets(octets.to_vec()),
        snmp2::Value::ObjectIdentifier(oid) => Value::Oid(oid_from(oid.as_bytes()).ok()?),
        snmp2::Value::IpAddress(octets) => Value::IpAddress(Ipv4Addr::from(*octets)),
        snmp2::Value::Counter32(number) => Value::Counter32(*number),
        snmp2::Value::Unsigned32(number) => Value::Gauge32(*number),
        snmp2::Value::Timeticks(number) => Value::TimeTicks(*number),
        snmp2::Value::Opaque(octets) => Value::Opaque(octets.to_vec()),
        snmp2::Value::Counter64(number) => Value::Counter64(*number),
        snmp2::Value::EndOfMibView => Value::EndOfMibView,
        snmp2::Value::NoSuchObject => Value::NoSuchObject,
        snmp2::Value::NoSuchInstance => Value::NoSuchInstance,
        _ => return None,
    })
}
