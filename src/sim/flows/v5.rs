//! NetFlow v5: one fixed record, IPv4 alone.

use super::{Head, low16, low32, put, short};
use crate::model::flow::{FlowAddr, FlowRecord};
use std::net::IpAddr;

/// Records that a datagram holds at most.
///
/// Source: Cisco, NetFlow export datagram format, table B-3: count is 1 to 30.
pub const MOST: usize = 30;

/// Octets of the header.
pub const HEADER: usize = 24;

/// Octets of a record.
pub const RECORD: usize = 48;

/// Where the two bits of the sampling mode stand; the interval has the lower 14.
const MODE_SHIFT: u16 = 14;

/// Mode of packets that are taken at regular intervals.
const DETERMINISTIC: u16 = 1;

/// A datagram of up to [`MOST`] records, those of IPv6 left out as a v5 exporter does. `sampling` is the interval: 0 or 1 is none.
pub fn datagram(head: &Head, sampling: u16, records: &[FlowRecord]) -> Vec<u8> {
    let records: Vec<&FlowRecord> = records.iter().filter(|record| v4(record.src).is_some()).take(MOST).collect();
    let mut octets = Vec::with_capacity(HEADER + records.len() * RECORD);
    put(&mut octets, 5u16.to_be_bytes());
    put(&mut octets, short(records.len()).to_be_bytes());
    put(&mut octets, head.up_time_ms.to_be_bytes());
    put(&mut octets, head.unix_secs().to_be_bytes());
    let nanoseconds = u32::try_from(head.at.millis().rem_euclid(1000)).unwrap_or(0) * 1_000_000;
    put(&mut octets, nanoseconds.to_be_bytes());
    put(&mut octets, head.sequence.to_be_bytes());
    put(&mut octets, low16(head.domain).to_be_bytes());
    let mode = if sampling > 1 { DETERMINISTIC << MODE_SHIFT } else { 0 };
    put(&mut octets, (mode | sampling & ((1 << MODE_SHIFT) - 1)).to_be_bytes());
    for one in records {
        record(head, one, &mut octets);
    }
    octets
}

/// The address in host order; `None` where it is not of IPv4.
fn v4(address: FlowAddr) -> Option<u32> {
    match address.ip() {
        Some(IpAddr::V4(address)) => Some(address.to_bits()),
        _ => None,
    }
}

fn record(head: &Head, record: &FlowRecord, octets: &mut Vec<u8>) {
    for address in [record.src, record.dst, record.next_hop] {
        put(octets, v4(address).unwrap_or(0).to_be_bytes());
    }
    put(octets, low16(record.in_if).to_be_bytes());
    put(octets, low16(record.out_if).to_be_bytes());
    put(octets, low32(record.packets).to_be_bytes());
    put(octets, low32(record.octets).to_be_bytes());
    put(octets, head.up_time_of(record.start).to_be_bytes());
    put(octets, head.up_time_of(record.end).to_be_bytes());
    put(octets, record.src_port.to_be_bytes());
    put(octets, record.dst_port.to_be_bytes());
    let [_, flags] = record.tcp_flags.to_be_bytes();
    put(octets, [0, flags, record.protocol, record.tos]);
    put(octets, low16(record.src_as).to_be_bytes());
    put(octets, low16(record.dst_as).to_be_bytes());
    put(octets, [record.src_mask, record.dst_mask, 0, 0]);
}
