//! Where in a frame the packet begins, and of what kind it is.

use super::{LinkType, Packet, be16, take};
use crate::model::MacAddr;
use crate::model::flow::Known;

/// EtherTypes (IEEE registration authority).
pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
const CUSTOMER_TAG: u16 = 0x8100;
/// IEEE 802.1ad's, and those that switches used before it.
const PROVIDER_TAGS: [u16; 3] = [0x88a8, 0x9100, 0x9200];
pub(super) const MPLS: [u16; 2] = [0x8847, 0x8848];
const PPPOE_SESSION: u16 = 0x8864;
/// The largest value of the type field that is a length (IEEE 802.3 §3.2.6).
const LONGEST: u16 = 1500;

/// Tags that are looked through: a provider's, a customer's, and what carriers stack on them.
const MAX_TAGS: usize = 8;

/// Labels that are looked through: deeper stacks than segment routing builds.
const MAX_LABELS: usize = 16;

/// EtherType (0: none) and place of what the frame carries; `None` where it is cut before.
pub(super) type Carried = Option<(u16, usize)>;

#[inline]
pub(super) fn read(link: LinkType, octets: &[u8], packet: &mut Packet) -> Carried {
    match link {
        LinkType::Ethernet => ethernet((octets, 0), packet),
        LinkType::Ip => ip(octets, 0),
        // tcpdump.org LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address, protocol.
        LinkType::Sll => {
            let head = take::<16>(octets, 0)?;
            let [_, _, _, _, _, 6, a, b, c, d, e, f, _, _, high, low] = *head else {
                return typed(be16(octets, 14)?, (octets, 16), packet);
            };
            packet.src_mac = MacAddr([a, b, c, d, e, f]);
            packet.known = packet.known.with(Known::SRC_MAC);
            typed(u16::from_be_bytes([high, low]), (octets, 16), packet)
        }
        // LINKTYPE_LINUX_SLL2: protocol, reserved, ifIndex, ARPHRD, packet type, address length, address.
        LinkType::Sll2 => {
            take::<20>(octets, 0)?;
            typed(be16(octets, 0)?, (octets, 20), packet)
        }
        LinkType::Null => {
            let family = take::<4>(octets, 0)?;
            // A family fits one octet, which stands first or last.
            let kind = match u32::from_be_bytes(*family).min(u32::from_le_bytes(*family)) {
                2 => IPV4,
                10 | 24 | 28 | 30 => IPV6,
                _ => 0,
            };
            Some((kind, 4))
        }
        LinkType::Ieee80211 => ieee80211((octets, 0), packet),
        LinkType::Radiotap => {
            let length = take::<4>(octets, 0).map(|head| u16::from_le_bytes([head[2], head[3]]))?;
            ieee80211((octets, usize::from(length)), packet)
        }
        LinkType::Mpls => mpls((octets, 0), packet),
        LinkType::Ppp => {
            let at = if take::<2>(octets, 0)? == &[0xff, 0x03] { 2 } else { 0 };
            ppp((octets, at), packet)
        }
    }
}

/// IP without a head before it: its version says which.
fn ip(octets: &[u8], at: usize) -> Carried {
    match octets.get(at)? >> 4 {
        4 => Some((IPV4, at)),
        6 => Some((IPV6, at)),
        _ => Some((0, at)),
    }
}

#[inline]
pub(super) fn ethernet((octets, at): (&[u8], usize), packet: &mut Packet) -> Carried {
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, high, low] = *take::<14>(octets, at)?;
    packet.dst_mac = MacAddr([d0, d1, d2, d3, d4, d5]);
    packet.src_mac = MacAddr([s0, s1, s2, s3, s4, s5]);
    packet.known = packet.known.with(Known::SRC_MAC).with(Known::DST_MAC);
    let kind = u16::from_be_bytes([high, low]);
    if kind == IPV4 {
        return Some((IPV4, at + 14));
    }
    typed(kind, (octets, at + 14), packet)
}

/// Behind an EtherType or a length: through tags, labels and PPPoE.
pub(super) fn typed(mut kind: u16, (octets, mut at): (&[u8], usize), packet: &mut Packet) -> Carried {
    for depth in 0..MAX_TAGS {
        if kind != CUSTOMER_TAG && !PROVIDER_TAGS.contains(&kind) {
            break;
        }
        let [t0, t1, high, low] = *take::<4>(octets, at)?;
        // IEEE 802.1Q §9.6: three bits of priority, one that says eligible to be dropped, twelve of VLAN.
        let vlan = u16::from_be_bytes([t0, t1]) & 0x0fff;
        match depth {
            0 => {
                packet.vlan = vlan;
                packet.known = packet.known.with(Known::VLAN);
            }
            1 => packet.customer_vlan = vlan,
            _ => {}
        }
        kind = u16::from_be_bytes([high, low]);
        at += 4;
    }
    match kind {
        IPV4 | IPV6 => Some((kind, at)),
        _ if MPLS.contains(&kind) => mpls((octets, at), packet),
        // RFC 2516 §4: version and type, code, session, length; then PPP.
        PPPOE_SESSION => ppp((octets, at + 6), packet),
        length if length <= LONGEST => llc((octets, at)),
        _ => Some((kind, at)),
    }
}

/// Behind a length stands LLC; of those only SNAP has an EtherType (IEEE 802-2014 clause 9).
fn llc((octets, at): (&[u8], usize)) -> Carried {
    match take::<8>(octets, at) {
        Some([0xaa, 0xaa, 0x03, 0, 0, 0, high, low]) => Some((u16::from_be_bytes([*high, *low]), at + 8)),
        _ => Some((0, at)),
    }
}

/// RFC 3032 §2.1: label, traffic class, bottom of stack, time to live. What is behind it nobody says: it is IP by its version, or not.
fn mpls((octets, mut at): (&[u8], usize), packet: &mut Packet) -> Carried {
    for depth in 0..MAX_LABELS {
        let entry = u32::from_be_bytes(*take::<4>(octets, at)?);
        if depth == 0 {
            packet.mpls_label = entry >> 12;
        }
        at += 4;
        if entry & 0x100 != 0 {
            return ip(octets, at);
        }
    }
    Some((0, at))
}

/// RFC 1661 §2: the protocol is one octet where its lowest bit is set and it was compressed.
fn ppp((octets, at): (&[u8], usize), packet: &mut Packet) -> Carried {
    let [first, second] = *take::<2>(octets, at)?;
    let (protocol, at) = if first & 1 == 1 { (u16::from(first), at + 1) } else { (u16::from_be_bytes([first, second]), at + 2) };
    match protocol {
        0x21 => Some((IPV4, at)),
        0x57 => Some((IPV6, at)),
        0x281 | 0x283 => mpls((octets, at), packet),
        _ => Some((0, at)),
    }
}

/// IEEE 802.11-2020 §9.2.4: only data frames carry packets, behind LLC and SNAP; encrypted ones show nothing.
fn ieee80211((octets, at): (&[u8], usize), packet: &mut Packet) -> Carried {
    let [kind, flags] = *take::<2>(octets, at)?;
    let (is_data, has_no_data, is_encrypted) = (kind & 0x0c == 0x08, kind & 0x40 != 0, flags & 0x40 != 0);
    if !is_data || has_no_data || is_encrypted {
        return Some((0, at));
    }
    let (to_ds, from_ds) = (flags & 1 != 0, flags & 2 != 0);
    let mac = |number: usize| take::<6>(octets, at + 4 + 6 * number).map(|mac| MacAddr(*mac));
    // Table 9-30: which of the addresses are the destination and the source.
    let (destination, source) = match (to_ds, from_ds) {
        (false, false) => (mac(0)?, mac(1)?),
        (false, true) => (mac(0)?, mac(2)?),
        (true, false) => (mac(2)?, mac(1)?),
        (true, true) => (mac(2)?, take::<6>(octets, at + 24).map(|mac| MacAddr(*mac))?),
    };
    (packet.dst_mac, packet.src_mac) = (destination, source);
    packet.known = packet.known.with(Known::SRC_MAC).with(Known::DST_MAC);
    let has_qos = kind & 0x80 != 0;
    // With quality of service, the order bit says that four octets of high throughput control follow.
    let qos = if has_qos { 2 + if flags & 0x80 != 0 { 4 } else { 0 } } else { 0 };
    let head = 24 + if to_ds && from_ds { 6 } else { 0 } + qos;
    let (kind, at) = llc((octets, at + head))?;
    typed(kind.max(LONGEST + 1), (octets, at), packet).map(|(found, at)| (if kind == 0 { 0 } else { found }, at))
}
