//! Reading the Basic Encoding Rules as SNMP restricts them (RFC 3417 §8), without copying. Held against snmp2's reader by `reader_tests`.

use super::Fault;
use super::ber::{
    COUNTER32, COUNTER64, END_OF_MIB_VIEW, GAUGE32, INTEGER, IP_ADDRESS, NO_SUCH_INSTANCE, NO_SUCH_OBJECT, NULL,
    OBJECT_IDENTIFIER, OCTETS, OPAQUE, SEQUENCE, TIME_TICKS,
};
use super::value::{Value, VarBind};
use crate::model::Oid;
use crate::model::oid::{INLINE_ARCS, MAX_OID_ARCS};
use std::net::Ipv4Addr;

/// Octets that a varbind takes on the wire in what agents really send, for reserving: fewer would be reserved for nothing.
const USUAL_VARBIND: usize = 20;

/// What is still to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn left(&self) -> usize {
        self.0.len()
    }

    /// The tag of what comes next.
    pub(super) fn peek(&self) -> Result<u8, Fault> {
        self.0.first().copied().ok_or(Fault::Malformed)
    }

    /// Whatever comes next: tag and content.
    #[inline]
    pub(super) fn any(&mut self) -> Result<(u8, &'a [u8]), Fault> {
        let [tag, length, rest @ ..] = self.0 else { return Err(Fault::Malformed) };
        let (length, rest) = if *length < 0x80 { (usize::from(*length), rest) } else { long_length(*length, rest)? };
        let (content, rest) = rest.split_at_checked(length).ok_or(Fault::Malformed)?;
        self.0 = rest;
        Ok((*tag, content))
    }

    /// The content of what comes next, which has to have this tag.
    #[inline]
    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Fault> {
        if self.peek()? != tag {
            return Err(Fault::Malformed);
        }
        self.any().map(|(_, content)| content)
    }

    /// The same, to be read on.
    pub(super) fn inside(&mut self, tag: u8) -> Result<Self, Fault> {
        self.expect(tag).map(Self)
    }

    pub(super) fn octets(&mut self) -> Result<&'a [u8], Fault> {
        self.expect(OCTETS)
    }

    pub(super) fn integer(&mut self) -> Result<i64, Fault> {
        self.expect(INTEGER).and_then(|content| signed(content).ok_or(Fault::Malformed))
    }
}

/// X.690 §8.1.3.5: the number of octets, and then the octets. The indefinite form (no octets) is not SNMP's (RFC 3417 §8).
#[cold]
fn long_length(first: u8, rest: &[u8]) -> Result<(usize, &[u8]), Fault> {
    let count = usize::from(first & 0x7f);
    if count == 0 || count > size_of::<usize>() {
        return Err(Fault::Malformed);
    }
    let (octets, rest) = rest.split_at_checked(count).ok_or(Fault::Malformed)?;
    Ok((octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest))
}

/// A number in two's complement, at most eight octets.
#[inline]
fn signed(content: &[u8]) -> Option<i64> {
    let first = *content.first().filter(|_| content.len() <= 8)?;
    let fill: i64 = if first & 0x80 == 0 { 0 } else { -1 };
    Some(content.iter().fold(fill, |number, octet| number << 8 | i64::from(*octet)))
}

/// A number of 32 bits. Many agents leave out the octet of zero that a set highest bit needs: it is read as meant.
#[inline]
fn unsigned_32(content: &[u8]) -> Option<u32> {
    let number = signed(content)?;
    let low = u32::try_from(number).ok();
    low.or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned))
}

/// A number of 64 bits, the same.
fn unsigned_64(content: &[u8]) -> Option<u64> {
    let content = match content {
        [0, rest @ ..] if rest.len() == 8 => rest,
        [] => return None,
        _ if content.len() <= 8 => content,
        _ => return None,
    };
    Some(content.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

/// Reads an object identifier's content. At most [`MAX_OID_ARCS`] arcs of 32 bits; an empty one is `0.0`, as some agents send it.
#[inline]
pub(super) fn oid_from(content: &[u8]) -> Result<Oid, Fault> {
    // One octet takes one arc at most, and the first takes two.
    if content.len() < INLINE_ARCS {
        return arcs_from::<INLINE_ARCS>(content);
    }
    // Long in octets may still be short in arcs.
    arcs_from::<MAX_OID_ARCS>(content)
}

fn arcs_from<const MOST: usize>(content: &[u8]) -> Result<Oid, Fault> {
    let mut arcs = [0u32; MOST];
    let [first, second, others @ ..] = arcs.as_mut_slice() else { return Err(Fault::Malformed) };
    let mut octets = content.iter();
    if !content.is_empty() {
        // RFC 3417 §8 and X.690 §8.19.4: the first number holds two arcs; the second may need all 32 bits under root 2.
        let number = sub_identifier(&mut octets)?;
        let root = (number / 40).min(2);
        *first = u32::try_from(root).map_err(|_| Fault::Malformed)?;
        *second = u32::try_from(number - root * 40).map_err(|_| Fault::Malformed)?;
    }
    let mut count = 2;
    for arc in others {
        if octets.as_slice().is_empty() {
            break;
        }
        *arc = u32::try_from(sub_identifier(&mut octets)?).map_err(|_| Fault::Malformed)?;
        count += 1;
    }
    if octets.as_slice().is_empty() { arcs.get(..count).map(Oid::new).ok_or(Fault::Malformed) } else { Err(Fault::Malformed) }
}

/// The next number in base 128, most significant group first.
#[inline]
pub(super) fn sub_identifier(octets: &mut std::slice::Iter<'_, u8>) -> Result<u64, Fault> {
    let mut number = 0u64;
    for octet in octets {
        if *octet & 0x80 == 0 {
            return Ok(number << 7 | u64::from(*octet));
        }
        number = number << 7 | u64::from(*octet & 0x7f);
        // One group more would exceed 32 bits and what the first number adds to them.
        if number > u64::from(u32::MAX) {
            return Err(Fault::Malformed);
        }
    }
    Err(Fault::Malformed)
}

/// A value by its tag; [`Value::Unreadable`] for what may not stand in a varbind.
#[inline]
pub(super) fn value_from(tag: u8, content: &[u8]) -> Value {
    let value = match tag {
        COUNTER32 => unsigned_32(content).map(Value::Counter32),
        COUNTER64 => unsigned_64(content).map(Value::Counter64),
        INTEGER => signed(content).map(Value::Integer),
        GAUGE32 => unsigned_32(content).map(Value::Gauge32),
        TIME_TICKS => unsigned_32(content).map(Value::TimeTicks),
        OCTETS => Some(Value::Octets(content.to_vec())),
        OBJECT_IDENTIFIER => oid_from(content).ok().map(Value::Oid),
        IP_ADDRESS => <[u8; 4]>::try_from(content).ok().map(|octets| Value::IpAddress(Ipv4Addr::from(octets))),
        OPAQUE => Some(Value::Opaque(content.to_vec())),
        NULL => content.is_empty().then_some(Value::Null),
        NO_SUCH_OBJECT => content.is_empty().then_some(Value::NoSuchObject),
        NO_SUCH_INSTANCE => content.is_empty().then_some(Value::NoSuchInstance),
        END_OF_MIB_VIEW => content.is_empty().then_some(Value::EndOfMibView),
        _ => None,
    };
    value.unwrap_or(Value::Unreadable(tag))
}

/// Reads the content of a VarBindList behind what `binds` holds, and says how many varbinds had no readable name. A value of unknown
/// type does not hide what follows it, as it does in snmp2's own iterator.
pub(super) fn var_binds_from(content: &[u8], binds: &mut Vec<VarBind>) -> Result<usize, Fault> {
    let mut unnamed = 0;
    let mut list = Reader(content);
    // Bounded by the datagram: a varbind takes at least four octets.
    binds.reserve(content.len() / USUAL_VARBIND + 1);
    while !list.0.is_empty() {
        let mut pair = list.inside(SEQUENCE)?;
        let Some(oid) = pair.expect(OBJECT_IDENTIFIER).ok().and_then(|name| oid_from(name).ok()) else {
            unnamed += 1;
            continue;
        };
        let value = match pair.any() {
            Ok((tag, content)) => value_from(tag, content),
            Err(_) => Value::Unreadable(pair.peek().unwrap_or(0)),
        };
        binds.push(VarBind { oid, value });
    }
    Ok(unnamed)
}
