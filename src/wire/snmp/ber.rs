//! Writing the Basic Encoding Rules as SNMP restricts them (RFC 3417 §8). Reading is `reader`'s.

use super::value::{Value, VarBind};
use crate::model::Oid;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const IP_ADDRESS: u8 = 0x40;
pub(super) const COUNTER32: u8 = 0x41;
pub(super) const GAUGE32: u8 = 0x42;
pub(super) const TIME_TICKS: u8 = 0x43;
pub(super) const OPAQUE: u8 = 0x44;
pub(super) const COUNTER64: u8 = 0x46;
pub(super) const NO_SUCH_OBJECT: u8 = 0x80;
pub(super) const NO_SUCH_INSTANCE: u8 = 0x81;
pub(super) const END_OF_MIB_VIEW: u8 = 0x82;

/// Octets of a message that fits a datagram without fragments, and then some: spares growing the buffer.
const USUAL_MESSAGE: usize = 512;

/// Builds one message from front to back; lengths are put in when a constructed value closes.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(USUAL_MESSAGE))
    }

    /// Behind what a buffer holds, so that one serves for many messages.
    pub(super) const fn over(buffer: Vec<u8>) -> Self {
        Self(buffer)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A primitive value.
    pub(super) fn tlv(&mut self, tag: u8, content: &[u8]) {
        self.0.push(tag);
        match u8::try_from(content.len()) {
            Ok(short @ 0..=0x7f) => self.0.push(short),
            _ => self.0.extend(length_octets(content.len())),
        }
        self.0.extend_from_slice(content);
    }

    /// Octets as they are.
    pub(super) fn raw(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
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
        self.constructed(OBJECT_IDENTIFIER, |writer| writer.oid_content(oid));
    }

    /// Its content.
    pub(super) fn oid_content(&mut self, oid: &Oid) {
        let (first, rest) = match oid.arcs() {
            [] => (0, [].as_slice()),
            [root] => (u64::from(*root) * 40, [].as_slice()),
            [root, second, rest @ ..] => (u64::from(*root) * 40 + u64::from(*second), rest),
        };
        self.base_128(first);
        self.arcs(rest);
    }

    /// Sub-identifiers behind the first two.
    pub(super) fn arcs(&mut self, arcs: &[u32]) {
        for arc in arcs {
            self.base_128(u64::from(*arc));
        }
    }

    fn base_128(&mut self, number: u64) {
        if let Ok(small @ 0..=0x7f) = u8::try_from(number) {
            self.0.push(small);
            return;
        }
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

    /// The names of a question, each with a null.
    pub(super) fn names(&mut self, names: &[Oid]) {
        self.constructed(SEQUENCE, |list| {
            for name in names {
                list.constructed(SEQUENCE, |pair| {
                    pair.oid(name);
                    pair.tlv(NULL, &[]);
                });
            }
        });
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
