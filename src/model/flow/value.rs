//! Values of information elements, and where a record comes from: what a record tells beside the fields that every record has.

use crate::model::{MacAddr, Timestamp};
use serde::{Serialize, Serializer};
use std::fmt;
use std::net::IpAddr;

/// A value. As JSON a number, a truth value, a text or a list; as text what [`fmt::Display`] says.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// A count, an identifier, flags.
    Unsigned(u64),
    /// Signed.
    Signed(i64),
    /// A measurement.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A hardware address.
    Mac(MacAddr),
    /// An address.
    Ip(IpAddr),
    /// A point in time.
    Time(Timestamp),
    /// Text; it may hold control characters.
    Text(String),
    /// Octets of no known meaning: hexadecimal, `0x` in front.
    Octets(Vec<u8>),
    /// A list (RFC 6313).
    List(Vec<FieldValue>),
    /// A record inside a record (RFC 6313).
    Record(Vec<(String, FieldValue)>),
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(value) => value.fmt(f),
            Self::Signed(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Boolean(value) => value.fmt(f),
            Self::Mac(value) => value.fmt(f),
            Self::Ip(value) => value.fmt(f),
            Self::Time(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::Octets(octets) => {
                f.write_str("0x")?;
                octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
            Self::List(values) => values.iter().enumerate().try_for_each(|(at, value)| {
                f.write_str(if at == 0 { "" } else { "," })?;
                value.fmt(f)
            }),
            Self::Record(values) => values.iter().enumerate().try_for_each(|(at, (name, value))| {
                f.write_str(if at == 0 { "" } else { " " })?;
                write!(f, "{name}={value}")
            }),
        }
    }
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Float(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::List(values) => serializer.collect_seq(values),
            Self::Record(values) => serializer.collect_map(values.iter().map(|(name, value)| (name, value))),
            other => serializer.collect_str(other),
        }
    }
}

/// Where in what datagram a record stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowOrigin {
    /// Of v9 and IPFIX.
    pub template_id: Option<u16>,
    /// When the exporter wrote the datagram; sFlow does not say.
    pub export_time: Option<Timestamp>,
    /// Sequence number of the datagram; v1 has none.
    pub sequence: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_same_in_text_and_json() {
        let check = |value: FieldValue, text: &str, json: &str| {
            assert_eq!((value.to_string().as_str(), serde_json::to_string(&value).unwrap().as_str()), (text, json));
        };
        check(FieldValue::Unsigned(u64::MAX), "18446744073709551615", "18446744073709551615");
        check(FieldValue::Octets(vec![0, 0xab]), "0x00ab", "\"0x00ab\"");
        check(FieldValue::Float(f64::NAN), "NaN", "\"NaN\"");
        check(FieldValue::List(vec![FieldValue::Unsigned(1), FieldValue::Text("a".to_owned())]), "1,a", "[1,\"a\"]");
        check(FieldValue::Record(vec![("x".to_owned(), FieldValue::Boolean(true))]), "x=true", "{\"x\":true}");
    }
}
