//! Frames as they look on a wire: Ethernet, VLAN, IP and transport headers of a flow's packet.

use super::{put, short};
use crate::model::MacAddr;
use crate::model::flow::FlowRecord;
use std::net::IpAddr;

/// Octets of a frame that sFlow agents show by default (sFlow version 5, §4.2.2: 128).
pub const SHOWN: usize = 128;

/// Octets of an Ethernet header (IEEE 802.3 §3.2).
const ETHERNET: usize = 14;

/// Octets of a VLAN tag (IEEE 802.1Q §9.3).
const TAG: usize = 4;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const VLAN: u16 = 0x8100;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Time to live of a packet some hops from its sender.
const HOPS: u8 = 61;

/// A packet of a flow as a frame of `length` octets without check sequence, of which at most `most` are made.
/// Empty where the flow has no addresses.
pub fn of(record: &FlowRecord, length: usize, most: usize) -> Vec<u8> {
    let (Some(src), Some(dst)) = (record.src.ip(), record.dst.ip()) else { return Vec::new() };
    let mut octets = Vec::with_capacity(most.min(length));
    let (MacAddr(src_mac), MacAddr(dst_mac)) = (record.src_mac, record.dst_mac);
    octets.extend_from_slice(&dst_mac);
    octets.extend_from_slice(&src_mac);
    if record.vlan != 0 {
        put(&mut octets, VLAN.to_be_bytes());
        // The upper three bits are the priority that goes with the DSCP's class (IEEE 802.1Q §6.9.3).
        put(&mut octets, (u16::from(record.tos >> 5) << 13 | record.vlan & 0x0fff).to_be_bytes());
    }
    let inner = length.saturating_sub(ETHERNET + if record.vlan == 0 { 0 } else { TAG });
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            put(&mut octets, IPV4.to_be_bytes());
            ipv4(record, (src.octets(), dst.octets()), inner, &mut octets);
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            put(&mut octets, IPV6.to_be_bytes());
            let payload = short(inner.saturating_sub(40)).to_be_bytes();
            put(&mut octets, (6 << 28 | u32::from(record.tos) << 20).to_be_bytes());
            octets.extend_from_slice(&[payload[0], payload[1], record.protocol, HOPS]);
            octets.extend_from_slice(&src.octets());
            octets.extend_from_slice(&dst.octets());
            transport(record, inner.saturating_sub(40), &mut octets);
        }
        _ => return Vec::new(),
    }
    octets.resize(length, 0);
    octets.truncate(most);
    octets
}

/// RFC 791 §3.1: no options, not fragmented.
fn ipv4(record: &FlowRecord, (src, dst): ([u8; 4], [u8; 4]), length: usize, octets: &mut Vec<u8>) {
    let [high, low] = short(length).to_be_bytes();
    let mut header = [0x45, record.tos, high, low, 0, 0, 0x40, 0, HOPS, record.protocol, 0, 0];
    let words = |part: &[u8]| {
        part.chunks_exact(2)
            .map(|pair| u32::from(u16::from_be_bytes([pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)])))
            .sum::<u32>()
    };
    let sum = words(&header) + words(&src) + words(&dst);
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = super::low16((folded & 0xffff) + (folded >> 16));
    [header[10], header[11]] = (!folded).to_be_bytes();
    octets.extend_from_slice(&header);
    octets.extend_from_slice(&src);
    octets.extend_from_slice(&dst);
    transport(record, length.saturating_sub(20), octets);
}

fn transport(record: &FlowRecord, length: usize, octets: &mut Vec<u8>) {
    match record.protocol {
        TCP => {
            put(octets, record.src_port.to_be_bytes());
            put(octets, record.dst_port.to_be_bytes());
            octets.extend_from_slice(&[0; 8]);
            // Five words of header, no options (RFC 9293 §3.1), then the flags, the window, no urgent data.
            let [_, flags] = record.tcp_flags.to_be_bytes();
            octets.extend_from_slice(&[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        }
        UDP => {
            put(octets, record.src_port.to_be_bytes());
            put(octets, record.dst_port.to_be_bytes());
            put(octets, short(length).to_be_bytes());
            put(octets, [0; 2]);
        }
        // Type and code stand in the destination port, as flow records have them.
        ICMP | ICMPV6 => {
            put(octets, record.dst_port.to_be_bytes());
            octets.extend_from_slice(&[0; 6]);
        }
        _ => {}
    }
}
