//! Ports and flags.

use super::{Fragment, Packet, place, take};
use crate::model::flow::Known;

/// IANA protocol numbers.
pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
const DCCP: u8 = 33;
const ICMPV6: u8 = 58;
const SCTP: u8 = 132;
const UDP_LITE: u8 = 136;

/// Octets of UDP's head (RFC 768).
const UDP_HEAD: usize = 8;

const PORTS: Known = Known::SRC_PORT.with(Known::DST_PORT);

/// Reads what IP carries, which ends at `end`; `None` where it is cut before the ports or flags.
#[inline]
pub(super) fn read((octets, at): (&[u8], usize), end: u32, packet: &mut Packet) -> Option<()> {
    packet.transport_at = place(at);
    if packet.fragment == Fragment::Later {
        return Some(());
    }
    match packet.protocol {
        TCP => tcp(octets.get(at..)?, packet),
        UDP => udp((octets, at), end, packet),
        SCTP | DCCP | UDP_LITE => ports(take(octets, at)?, packet),
        ICMP | ICMPV6 => {
            // The exporters' habit (NetFlow version 9, IN field 32): type times 256 plus code.
            packet.dst_port = u16::from_be_bytes(*take(octets, at)?);
            packet.known = packet.known.with(Known::DST_PORT);
        }
        _ => {}
    }
    let cut =
        packet.protocol == TCP && !packet.known.has(Known::TCP_FLAGS) || is_ported(packet.protocol) && !packet.known.has(PORTS);
    (!cut).then_some(())
}

const fn is_ported(protocol: u8) -> bool {
    matches!(protocol, TCP | UDP | SCTP | DCCP | UDP_LITE)
}

#[inline]
fn ports([s0, s1, d0, d1]: &[u8; 4], packet: &mut Packet) {
    packet.src_port = u16::from_be_bytes([*s0, *s1]);
    packet.dst_port = u16::from_be_bytes([*d0, *d1]);
    packet.known = packet.known.with(PORTS);
}

/// RFC 9293 §3.1.
#[inline]
fn tcp(head: &[u8], packet: &mut Packet) {
    if let Some(first) = head.first_chunk::<4>() {
        ports(first, packet);
    }
    if let Some([.., high, low]) = head.first_chunk::<14>() {
        packet.tcp_flags = u16::from_be_bytes([*high, *low]) & 0x0fff;
        packet.known = packet.known.with(Known::TCP_FLAGS);
    }
}

#[inline]
fn udp((octets, at): (&[u8], usize), end: u32, packet: &mut Packet) {
    let Some(head) = octets.get(at..) else { return };
    if let Some(first) = head.first_chunk::<4>() {
        ports(first, packet);
    }
    if let Some([_, _, _, _, high, low, _, _]) = head.first_chunk::<UDP_HEAD>() {
        let told = u32::from(u16::from_be_bytes([*high, *low]));
        packet.payload_at = place(at + UDP_HEAD);
        // RFC 2675 §4: 0 is a jumbogram, which goes on to the packet's end.
        let told_end = if told == 0 { end } else { place(at).saturating_add(told) };
        packet.payload_end = told_end.min(end);
    }
}
