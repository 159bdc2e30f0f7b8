//! One flow as it was exported.

use crate::model::{MacAddr, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who writes flows how. Words: those of contract §4, and `capture` for flows that this host sees on its own ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FlowVersion {
    NetFlow1,
    NetFlow5,
    NetFlow7,
    NetFlow9,
    Ipfix,
    Sflow5,
    Capture,
}

impl FlowVersion {
    /// The word of the contract.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NetFlow1 => "netflow1",
            Self::NetFlow5 => "netflow5",
            Self::NetFlow7 => "netflow7",
            Self::NetFlow9 => "netflow9",
            Self::Ipfix => "ipfix",
            Self::Sflow5 => "sflow5",
            Self::Capture => "capture",
        }
    }
}

/// An address of a flow in one word: IPv6 as it is, IPv4 as `::ffff:0:0/96` (RFC 4291 §2.5.5.2), none as `::`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FlowAddr(pub u128);

/// The upper 96 bits of a mapped IPv4 address.
const MAPPED: u128 = 0xffff << 32;

impl FlowAddr {
    /// No address: not told, or the flow is none of IP.
    pub const NONE: Self = Self(0);

    /// An IPv4 address in host order.
    pub const fn v4(address: u32) -> Self {
        Self(MAPPED | address as u128)
    }

    /// The address; `None` where there is none.
    pub fn ip(self) -> Option<IpAddr> {
        match self.0 {
            0 => None,
            bits if bits >> 32 == 0xffff => Some(IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits & 0xffff_ffff).unwrap_or(0)))),
            bits => Some(IpAddr::V6(Ipv6Addr::from_bits(bits))),
        }
    }

    /// Whether it is an IPv4 address.
    pub const fn is_v4(self) -> bool {
        self.0 >> 32 == 0xffff
    }
}

impl From<IpAddr> for FlowAddr {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::v4(v4.to_bits()),
            IpAddr::V6(v6) => Self(v6.to_bits()),
        }
    }
}

impl fmt::Debug for FlowAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip() {
            Some(ip) => fmt::Display::fmt(&ip, f),
            None => f.write_str("-"),
        }
    }
}

/// Where a flow was observed (IANA IPFIX flowDirection, 61).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
#[repr(u8)]
pub enum Direction {
    #[default]
    Unknown,
    Ingress,
    Egress,
}

impl Direction {
    /// The word of the contract; `None` where it is not told.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::Ingress => Some("ingress"),
            Self::Egress => Some("egress"),
        }
    }
}

/// Which fields of a [`FlowRecord`] the exporter told: a bit for each. What is not known is never shown as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Known(pub u32);

impl Known {
    #![allow(missing_docs, reason = "named as the fields of a record")]
    pub const OCTETS: Self = Self(1);
    pub const PACKETS: Self = Self(1 << 1);
    pub const START: Self = Self(1 << 2);
    pub const END: Self = Self(1 << 3);
    pub const IN_IF: Self = Self(1 << 4);
    pub const OUT_IF: Self = Self(1 << 5);
    pub const SRC_AS: Self = Self(1 << 6);
    pub const DST_AS: Self = Self(1 << 7);
    pub const SRC_PORT: Self = Self(1 << 8);
    pub const DST_PORT: Self = Self(1 << 9);
    pub const VLAN: Self = Self(1 << 10);
    pub const TCP_FLAGS: Self = Self(1 << 11);
    pub const PROTOCOL: Self = Self(1 << 12);
    pub const TOS: Self = Self(1 << 13);
    pub const SRC_MASK: Self = Self(1 << 14);
    pub const DST_MASK: Self = Self(1 << 15);
    pub const SRC_MAC: Self = Self(1 << 16);
    pub const DST_MAC: Self = Self(1 << 17);
    pub const APP: Self = Self(1 << 18);
    /// Not a field: the way back of a biflow (RFC 5103), made a record of its own.
    pub const REVERSE: Self = Self(1 << 29);
    /// Not a field: the record waited for its template.
    pub const REPLAYED: Self = Self(1 << 30);
    /// Not a field: its times are more than a day old or in the future.
    pub const IMPLAUSIBLE_TIME: Self = Self(1 << 31);

    /// Whether all bits of `other` are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// With the bits of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One flow. Fields whose [`Known`] bit is not set are 0 and mean nothing. Names: RFC 7012, shortened as in contract §4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct FlowRecord {
    pub known: Known,
    pub src: FlowAddr,
    pub dst: FlowAddr,
    pub next_hop: FlowAddr,
    /// As exported: the delta counter, or the total where the template has no delta. Not scaled.
    pub octets: u64,
    /// See [`Self::octets`].
    pub packets: u64,
    pub start: Timestamp,
    pub end: Timestamp,
    /// ifIndex of the exporter; 0 is "none of its own" to many.
    pub in_if: u32,
    pub out_if: u32,
    pub src_as: u32,
    pub dst_as: u32,
    /// By what octets and packets are to be multiplied; 0 where it is not known, 1 where nothing is sampled.
    pub sampling_interval: u32,
    pub src_port: u16,
    pub dst_port: u16,
    pub vlan: u16,
    pub tcp_flags: u16,
    pub protocol: u8,
    /// The whole octet: DSCP is its upper six bits.
    pub tos: u8,
    pub src_mask: u8,
    pub dst_mask: u8,
    pub direction: Direction,
    pub src_mac: MacAddr,
    pub dst_mac: MacAddr,
    /// applicationId (IANA IPFIX 95) as a number, the classification engine in the highest of its octets.
    pub app: u64,
}

impl FlowRecord {
    /// Octets times the sampling rate, once; as exported where the rate is not known.
    pub fn scaled_octets(&self) -> u64 {
        self.octets.saturating_mul(u64::from(self.sampling_interval.max(1)))
    }

    /// Packets times the sampling rate, once; as exported where the rate is not known.
    pub fn scaled_packets(&self) -> u64 {
        self.packets.saturating_mul(u64::from(self.sampling_interval.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_word_and_back() {
        for text in ["10.0.0.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "ff02::1"] {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(FlowAddr::from(ip).ip(), Some(ip));
            assert_eq!(FlowAddr::from(ip).is_v4(), ip.is_ipv4());
        }
        assert_eq!(FlowAddr::NONE.ip(), None);
    }

    #[test]
    fn what_is_scaled_is_scaled_once_and_never_overflows() {
        let record = FlowRecord { octets: 1500, packets: 1, sampling_interval: 1000, ..FlowRecord::default() };
        assert_eq!((record.scaled_octets(), record.scaled_packets()), (1_500_000, 1000));
        let unknown = FlowRecord { sampling_interval: 0, ..record };
        assert_eq!((unknown.scaled_octets(), unknown.scaled_packets()), (1500, 1));
        let huge = FlowRecord { octets: u64::MAX, ..record };
        assert_eq!(huge.scaled_octets(), u64::MAX);
    }
}
