//! What a varbind can hold (RFC 2578 §7.1, RFC 3416 §3).

use crate::model::Oid;
use crate::model::oid::INLINE_ARCS;
use std::net::Ipv4Addr;

/// A value, or one of the three exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the SMI's")]
pub enum Value {
    Integer(i64),
    Octets(Vec<u8>),
    Oid(Oid),
    Null,
    IpAddress(Ipv4Addr),
    Counter32(u32),
    Gauge32(u32),
    TimeTicks(u32),
    Opaque(Vec<u8>),
    Counter64(u64),
    NoSuchObject,
    NoSuchInstance,
    EndOfMibView,
    /// Not of the SMI, or badly encoded; the number is its BER tag. Only ever made by decoding.
    Unreadable(u8),
}

impl Value {
    /// Whether it is one of the three exceptions (RFC 3416 §4.2), or null.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::NoSuchObject | Self::NoSuchInstance | Self::EndOfMibView | Self::Null)
    }

    /// Any of the numeric types as a signed number.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Integer(number) => Some(number),
            Self::Counter32(number) | Self::Gauge32(number) | Self::TimeTicks(number) => Some(i64::from(number)),
            Self::Counter64(number) => i64::try_from(number).ok(),
            _ => None,
        }
    }

    /// Any of the numeric types, or net-snmp's float and double inside an Opaque, as a floating-point number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Opaque(octets) => opaque_float(octets),
            Self::Counter64(number) => Some(*number as f64),
            _ => self.as_i64().map(|number| number as f64),
        }
    }

    /// Any of the numeric types as an unsigned number; negative numbers are `None`.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Counter64(number) => Some(number),
            _ => self.as_i64().and_then(|number| u64::try_from(number).ok()),
        }
    }

    /// The octets of a string type.
    pub fn as_octets(&self) -> Option<&[u8]> {
        match self {
            Self::Octets(octets) | Self::Opaque(octets) => Some(octets),
            _ => None,
        }
    }

    /// The octets as text (UTF-8, else Latin-1, NFC); `None` where empty or not a string.
    pub fn as_text(&self) -> Option<String> {
        self.as_octets().and_then(crate::model::text::known)
    }
}

/// draft-perkins-opaque-01, as net-snmp sends it: `9f 78 04` and a float, `9f 79 08` and a double.
fn opaque_float(octets: &[u8]) -> Option<f64> {
    match octets {
        [0x9f, 0x78, 4, float @ ..] => <[u8; 4]>::try_from(float).ok().map(|octets| f64::from(f32::from_be_bytes(octets))),
        [0x9f, 0x79, 8, double @ ..] => <[u8; 8]>::try_from(double).ok().map(f64::from_be_bytes),
        _ => None,
    }
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarBind {
    /// The instance.
    pub oid: Oid,
    /// What the agent says of it.
    pub value: Value,
}

impl VarBind {
    /// Octets that it takes in memory, about.
    pub fn octets(&self) -> usize {
        Self::octets_of(self.oid.arcs().len(), &self.value)
    }

    /// The same of one that is still to be made, with a name of so many arcs.
    #[inline]
    pub fn octets_of(arcs: usize, value: &Value) -> usize {
        let name = if arcs > INLINE_ARCS { arcs * size_of::<u32>() } else { 0 };
        size_of::<Self>() + name + value.as_octets().map_or(0, <[u8]>::len)
    }
}
