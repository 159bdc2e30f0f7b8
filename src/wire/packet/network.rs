//! The head of an IP packet (RFC 791 §3.1, RFC 8200 §3 and §4).

use super::link::{IPV4, IPV6};
use super::{Fragment, Packet, place, take, transport};
use crate::model::flow::{FlowAddr, Known};

/// Extension headers that are looked through. RFC 8200 §4.1 names seven, one of them twice.
const MAX_EXTENSIONS: usize = 8;

/// What every IP packet tells.
const IP_FIELDS: Known = Known::PROTOCOL.with(Known::TOS);

/// Reads what the frame carries, as far as it is IP; `None` where it is cut.
#[inline]
pub(super) fn read(kind: u16, (octets, at): (&[u8], usize), packet: &mut Packet) -> Option<()> {
    match kind {
        IPV4 => v4((octets, at), packet),
        IPV6 => v6((octets, at), packet),
        _ => Some(()),
    }
}

/// IP's version that does not fit the EtherType, or a length below the head's own: it is none.
#[inline]
fn v4((octets, at): (&[u8], usize), packet: &mut Packet) -> Option<()> {
    let head = take::<20>(octets, at)?;
    let [first, tos, l0, l1, _, _, f0, f1, ttl, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = *head;
    let length = usize::from(first & 15) * 4;
    if first >> 4 != 4 || length < 20 {
        return None;
    }
    packet.src = FlowAddr::v4(u32::from_be_bytes([s0, s1, s2, s3]));
    packet.dst = FlowAddr::v4(u32::from_be_bytes([d0, d1, d2, d3]));
    (packet.tos, packet.ttl, packet.protocol) = (tos, ttl, protocol);
    packet.known = packet.known.with(IP_FIELDS);
    let told = u16::from_be_bytes([l0, l1]);
    // A network card that cuts packets itself is handed some that are longer than the field can say, with 0 in it.
    packet.ip_octets = if told == 0 { packet.wire_octets.saturating_sub(place(at)) } else { u32::from(told) };
    let offset = u16::from_be_bytes([f0, f1]);
    packet.fragment = fragment(offset & 0x1fff, offset & 0x2000 != 0);
    let end = place(at).saturating_add(packet.ip_octets);
    transport::read((octets, at + length), end, packet)
}

const fn fragment(offset: u16, more: bool) -> Fragment {
    match (offset, more) {
        (0, false) => Fragment::Whole,
        (0, true) => Fragment::First,
        _ => Fragment::Later,
    }
}

fn v6((octets, at): (&[u8], usize), packet: &mut Packet) -> Option<()> {
    let head = take::<40>(octets, at)?;
    let (fixed, addresses) = head.split_first_chunk::<8>()?;
    let [c0, c1, _, _, l0, l1, next, hops] = *fixed;
    if c0 >> 4 != 6 {
        return None;
    }
    let (src, dst) = addresses.split_first_chunk::<16>()?;
    packet.src = FlowAddr(u128::from_be_bytes(*src));
    packet.dst = FlowAddr(u128::from_be_bytes(*dst.first_chunk()?));
    (packet.tos, packet.ttl, packet.protocol) = (c0 << 4 | c1 >> 4, hops, next);
    packet.known = packet.known.with(IP_FIELDS);
    let told = u16::from_be_bytes([l0, l1]);
    // RFC 2675 §3: 0 says that the length stands in a jumbo option; the frame's own length says it as well.
    packet.ip_octets = if told == 0 { packet.wire_octets.saturating_sub(place(at)) } else { 40 + u32::from(told) };
    let end = place(at).saturating_add(packet.ip_octets);
    let after = extensions((octets, at + 40), packet)?;
    transport::read((octets, after), end, packet)
}

/// Looks through extension headers; where what they precede begins.
fn extensions((octets, mut at): (&[u8], usize), packet: &mut Packet) -> Option<usize> {
    for _ in 0..MAX_EXTENSIONS {
        let length = match packet.protocol {
            // Hop-by-hop options, routing, destination options, mobility, host identity, shim6: in units of 8 octets, the first not counted.
            0 | 43 | 60 | 135 | 139 | 140 => 8 + 8 * usize::from(take::<2>(octets, at)?[1]),
            44 => {
                let [_, _, high, low, ..] = *take::<8>(octets, at)?;
                let offset = u16::from_be_bytes([high, low]);
                packet.fragment = fragment(offset >> 3, offset & 1 != 0);
                8
            }
            // RFC 4302 §2.2: authentication, in units of 4 octets less 2.
            51 => 8 + 4 * usize::from(take::<2>(octets, at)?[1]),
            _ => break,
        };
        packet.protocol = *octets.get(at)?;
        at += length;
        if packet.fragment == Fragment::Later {
            break;
        }
    }
    Some(at)
}
