//! Templates, and how a record is written by one.

use super::{Head, put, short};
use crate::model::MacAddr;
use crate::model::flow::{Direction, FlowAddr, FlowRecord};
use std::net::IpAddr;

/// The length of a field that says its own length in each record (RFC 7011 §7).
pub const VARIABLE: u16 = u16::MAX;

/// Lengths from here on take three octets (RFC 7011 §7).
const LONG: usize = 255;

/// Numbers of the elements that the simulated exporters write (IANA IPFIX; NetFlow v9 has the same up to 127).
#[allow(missing_docs, reason = "named as in the registry")]
pub mod element {
    pub const OCTET_DELTA_COUNT: u16 = 1;
    pub const PACKET_DELTA_COUNT: u16 = 2;
    pub const PROTOCOL_IDENTIFIER: u16 = 4;
    pub const IP_CLASS_OF_SERVICE: u16 = 5;
    pub const TCP_CONTROL_BITS: u16 = 6;
    pub const SOURCE_TRANSPORT_PORT: u16 = 7;
    pub const SOURCE_IPV4_ADDRESS: u16 = 8;
    pub const SOURCE_IPV4_PREFIX_LENGTH: u16 = 9;
    pub const INGRESS_INTERFACE: u16 = 10;
    pub const DESTINATION_TRANSPORT_PORT: u16 = 11;
    pub const DESTINATION_IPV4_ADDRESS: u16 = 12;
    pub const DESTINATION_IPV4_PREFIX_LENGTH: u16 = 13;
    pub const EGRESS_INTERFACE: u16 = 14;
    pub const IP_NEXT_HOP_IPV4_ADDRESS: u16 = 15;
    pub const BGP_SOURCE_AS_NUMBER: u16 = 16;
    pub const BGP_DESTINATION_AS_NUMBER: u16 = 17;
    pub const FLOW_END_SYS_UP_TIME: u16 = 21;
    pub const FLOW_START_SYS_UP_TIME: u16 = 22;
    pub const SOURCE_IPV6_ADDRESS: u16 = 27;
    pub const DESTINATION_IPV6_ADDRESS: u16 = 28;
    pub const SOURCE_IPV6_PREFIX_LENGTH: u16 = 29;
    pub const DESTINATION_IPV6_PREFIX_LENGTH: u16 = 30;
    pub const SAMPLING_INTERVAL: u16 = 34;
    pub const SAMPLER_ID: u16 = 48;
    pub const SAMPLER_MODE: u16 = 49;
    pub const SAMPLER_RANDOM_INTERVAL: u16 = 50;
    pub const SOURCE_MAC_ADDRESS: u16 = 56;
    pub const VLAN_ID: u16 = 58;
    pub const FLOW_DIRECTION: u16 = 61;
    pub const IP_NEXT_HOP_IPV6_ADDRESS: u16 = 62;
    pub const DESTINATION_MAC_ADDRESS: u16 = 80;
    pub const INTERFACE_NAME: u16 = 82;
    pub const INTERFACE_DESCRIPTION: u16 = 83;
    pub const SAMPLER_NAME: u16 = 84;
    pub const OCTET_TOTAL_COUNT: u16 = 85;
    pub const PACKET_TOTAL_COUNT: u16 = 86;
    pub const APPLICATION_DESCRIPTION: u16 = 94;
    pub const APPLICATION_ID: u16 = 95;
    pub const APPLICATION_NAME: u16 = 96;
    pub const FLOW_START_SECONDS: u16 = 150;
    pub const FLOW_END_SECONDS: u16 = 151;
    pub const FLOW_START_MILLISECONDS: u16 = 152;
    pub const FLOW_END_MILLISECONDS: u16 = 153;
    pub const SELECTOR_ID: u16 = 302;
    pub const SELECTOR_ALGORITHM: u16 = 304;
    pub const SAMPLING_PACKET_INTERVAL: u16 = 305;
    pub const SAMPLING_PACKET_SPACE: u16 = 306;
    pub const SAMPLING_SIZE: u16 = 309;
    pub const SAMPLING_POPULATION: u16 = 310;
}

/// Scopes of NetFlow v9 options, which are numbers of their own (RFC 3954 §6.1).
#[allow(missing_docs, reason = "named as in the document")]
pub mod scope {
    pub const SYSTEM: u16 = 1;
    pub const INTERFACE: u16 = 2;
    pub const LINE_CARD: u16 = 3;
    pub const CACHE: u16 = 4;
    pub const TEMPLATE: u16 = 5;
}

/// A field of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// Private enterprise number; 0 is IANA. NetFlow v9 has none.
    pub enterprise: u32,
    /// Which element.
    pub number: u16,
    /// Octets, or [`VARIABLE`].
    pub length: u16,
}

impl Field {
    /// A field of IANA's registry.
    pub const fn of(number: u16, length: u16) -> Self {
        Self { enterprise: 0, number, length }
    }

    /// A field of an enterprise.
    pub const fn private(enterprise: u32, number: u16, length: u16) -> Self {
        Self { enterprise, number, length }
    }
}

/// What a field is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number: its low octets, as many as the field has (RFC 7011 §6.2).
    Number(u64),
    /// Octets from the left: cut, or filled up with zeros.
    Octets(Vec<u8>),
}

impl Value {
    /// Text.
    pub fn text(text: &str) -> Self {
        Self::Octets(text.as_bytes().to_vec())
    }
}

/// A template, or an options template where it has scope fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// 256 and above.
    pub id: u16,
    /// How many of the fields are the scope; 0 is a template of flows.
    pub scopes: usize,
    /// All fields in their order.
    pub fields: Vec<Field>,
}

impl Template {
    /// A template of flows.
    pub fn new(id: u16, fields: &[Field]) -> Self {
        Self { id, scopes: 0, fields: fields.to_vec() }
    }

    /// An options template whose first `scopes` fields are its scope.
    pub fn options(id: u16, scopes: usize, fields: &[Field]) -> Self {
        Self { id, scopes, fields: fields.to_vec() }
    }

    /// A data record whose fields are filled with what `value` says.
    pub fn row(&self, value: impl Fn(&Field) -> Value) -> Vec<u8> {
        let mut octets = Vec::new();
        for field in &self.fields {
            write(field, &value(field), &mut octets);
        }
        octets
    }

    /// A data record out of values in the order of the fields; what is missing is zero.
    pub fn values(&self, values: &[Value]) -> Vec<u8> {
        let mut octets = Vec::new();
        for (field, place) in self.fields.iter().zip(0..) {
            write(field, values.get(place).unwrap_or(&Value::Number(0)), &mut octets);
        }
        octets
    }

    /// A data record of a flow; elements that a record does not have are zero.
    pub fn flow(&self, head: &Head, record: &FlowRecord) -> Vec<u8> {
        self.row(|field| value_of(field, head, record))
    }
}

fn write(field: &Field, value: &Value, octets: &mut Vec<u8>) {
    let own = match value {
        Value::Number(number) => number.to_be_bytes().to_vec(),
        Value::Octets(octets) => octets.clone(),
    };
    if field.length == VARIABLE {
        if own.len() < LONG {
            octets.push(u8::try_from(own.len()).unwrap_or(0));
        } else {
            octets.push(u8::MAX);
            put(octets, short(own.len()).to_be_bytes());
        }
        octets.extend_from_slice(&own);
        return;
    }
    let length = usize::from(field.length);
    match value {
        Value::Number(_) => {
            octets.extend(std::iter::repeat_n(0, length.saturating_sub(own.len())));
            octets.extend_from_slice(own.get(own.len().saturating_sub(length)..).unwrap_or_default());
        }
        Value::Octets(_) => {
            octets.extend_from_slice(own.get(..length.min(own.len())).unwrap_or_default());
            octets.extend(std::iter::repeat_n(0, length.saturating_sub(own.len())));
        }
    }
}

/// What a record says of an element; zero where it says nothing.
pub fn value_of(field: &Field, head: &Head, record: &FlowRecord) -> Value {
    if field.enterprise != 0 {
        return Value::Number(0);
    }
    match field.number {
        element::SOURCE_IPV4_ADDRESS | element::SOURCE_IPV6_ADDRESS => address(record.src),
        element::DESTINATION_IPV4_ADDRESS | element::DESTINATION_IPV6_ADDRESS => address(record.dst),
        element::IP_NEXT_HOP_IPV4_ADDRESS | element::IP_NEXT_HOP_IPV6_ADDRESS => address(record.next_hop),
        element::SOURCE_MAC_ADDRESS => mac(record.src_mac),
        element::DESTINATION_MAC_ADDRESS => mac(record.dst_mac),
        _ => Value::Number(number_of(field.number, head, record)),
    }
}

fn number_of(number: u16, head: &Head, record: &FlowRecord) -> u64 {
    let millis = |at: crate::model::Timestamp| u64::try_from(at.millis()).unwrap_or(0);
    match number {
        element::OCTET_DELTA_COUNT | element::OCTET_TOTAL_COUNT => record.octets,
        element::PACKET_DELTA_COUNT | element::PACKET_TOTAL_COUNT => record.packets,
        element::PROTOCOL_IDENTIFIER => record.protocol.into(),
        element::IP_CLASS_OF_SERVICE => record.tos.into(),
        element::TCP_CONTROL_BITS => record.tcp_flags.into(),
        element::SOURCE_TRANSPORT_PORT => record.src_port.into(),
        element::DESTINATION_TRANSPORT_PORT => record.dst_port.into(),
        element::SOURCE_IPV4_PREFIX_LENGTH | element::SOURCE_IPV6_PREFIX_LENGTH => record.src_mask.into(),
        element::DESTINATION_IPV4_PREFIX_LENGTH | element::DESTINATION_IPV6_PREFIX_LENGTH => record.dst_mask.into(),
        element::INGRESS_INTERFACE => record.in_if.into(),
        element::EGRESS_INTERFACE => record.out_if.into(),
        element::BGP_SOURCE_AS_NUMBER => record.src_as.into(),
        element::BGP_DESTINATION_AS_NUMBER => record.dst_as.into(),
        element::FLOW_START_SYS_UP_TIME => head.up_time_of(record.start).into(),
        element::FLOW_END_SYS_UP_TIME => head.up_time_of(record.end).into(),
        element::FLOW_START_SECONDS => millis(record.start) / 1000,
        element::FLOW_END_SECONDS => millis(record.end) / 1000,
        element::FLOW_START_MILLISECONDS => millis(record.start),
        element::FLOW_END_MILLISECONDS => millis(record.end),
        element::SAMPLING_INTERVAL => record.sampling_interval.into(),
        element::VLAN_ID => record.vlan.into(),
        element::APPLICATION_ID => record.app,
        // 0 is ingress, 1 is egress.
        element::FLOW_DIRECTION => u64::from(record.direction == Direction::Egress),
        _ => 0,
    }
}

fn address(address: FlowAddr) -> Value {
    match address.ip() {
        Some(IpAddr::V4(address)) => Value::Octets(address.octets().to_vec()),
        Some(IpAddr::V6(address)) => Value::Octets(address.octets().to_vec()),
        None => Value::Number(0),
    }
}

fn mac(MacAddr(octets): MacAddr) -> Value {
    Value::Octets(octets.to_vec())
}
