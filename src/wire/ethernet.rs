//! The head of a frame (IEEE 802.3 clause 3, IEEE 802.1Q clause 9, IEEE 802-2014 clause 9 for SNAP).

use crate::model::MacAddr;
use pnet::packet::Packet as _;
use pnet::packet::ethernet::EthernetPacket;

/// Tags of a VLAN and of a provider's VLAN.
const TAGS: [u16; 2] = [0x8100, 0x88a8];

/// Tags that are looked through: more is no frame of a network.
const MAX_TAGS: usize = 4;

/// The largest value of the type field that is a length.
const LONGEST: u16 = 1500;

/// Destination and source service access point of SNAP, and the control octet of unnumbered information.
const SNAP: [u8; 3] = [0xaa, 0xaa, 0x03];

/// Whose protocol the content is, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// By EtherType.
    EtherType(u16),
    /// By organization and number (SNAP).
    Snap([u8; 3], u16),
}

/// A frame without its head and tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Who sent it.
    pub source: MacAddr,
    /// What it carries.
    pub protocol: Protocol,
    /// The content; with a length field, without the padding behind it.
    pub content: &'a [u8],
}

/// Reads a frame from its destination address on; `None` where it is too short, or carries something else than EtherType or SNAP.
pub fn decode(octets: &[u8]) -> Option<Frame<'_>> {
    let packet = EthernetPacket::new(octets)?;
    let source = packet.get_source();
    let mut kind = packet.get_ethertype().0;
    let mut content = octets.get(octets.len() - packet.payload().len()..)?;
    for _ in 0..MAX_TAGS {
        let [_, _, high, low, rest @ ..] = content else { break };
        if !TAGS.contains(&kind) {
            break;
        }
        kind = u16::from_be_bytes([*high, *low]);
        content = rest;
    }
    let source = MacAddr([source.0, source.1, source.2, source.3, source.4, source.5]);
    let (protocol, content) =
        if kind > LONGEST { (Protocol::EtherType(kind), content) } else { snap(content.get(..usize::from(kind))?)? };
    Some(Frame { source, protocol, content })
}

fn snap(content: &[u8]) -> Option<(Protocol, &[u8])> {
    let [o1, o2, o3, high, low, rest @ ..] = content.strip_prefix(&SNAP)? else { return None };
    let number = u16::from_be_bytes([*high, *low]);
    // RFC 1042: without an organization the number is an EtherType.
    let protocol = if [*o1, *o2, *o3] == [0; 3] { Protocol::EtherType(number) } else { Protocol::Snap([*o1, *o2, *o3], number) };
    Some((protocol, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(rest: &[u8]) -> Vec<u8> {
        [&[1, 0x80, 0xc2, 0, 0, 0x0e, 0, 0x1b, 0x54, 1, 2, 3], rest].concat()
    }

    fn check(rest: &[u8], want: Option<(Protocol, &[u8])>) {
        let octets = frame(rest);
        let found = decode(&octets);
        assert_eq!(found.map(|frame| (frame.protocol, frame.content)), want, "{rest:02x?}");
    }

    #[test]
    fn tags_lengths_and_snap_are_read() {
        check(&[0x88, 0xcc, 7, 8], Some((Protocol::EtherType(0x88cc), &[7, 8])));
        check(&[0x81, 0, 0, 100, 0x88, 0xcc, 7], Some((Protocol::EtherType(0x88cc), &[7])));
        check(&[0x88, 0xa8, 0, 1, 0x81, 0, 0, 2, 0x88, 0xcc, 7], Some((Protocol::EtherType(0x88cc), &[7])));
        let cdp = [0, 10, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0, 2, 180, 0, 0, 0];
        check(&cdp, Some((Protocol::Snap([0, 0, 0x0c], 0x2000), &[2, 180])));
        check(&[0, 9, 0xaa, 0xaa, 3, 0, 0, 0, 0x88, 0xcc, 7], Some((Protocol::EtherType(0x88cc), &[7])));
    }

    #[test]
    fn what_is_cut_or_no_snap_is_no_frame() {
        check(&[0, 10, 0xaa, 0xaa, 3], None);
        check(&[0, 3, 0x42, 0x42, 3], None);
        assert_eq!(decode(&[0; 13]), None);
        check(&[0x81, 0, 0, 1], Some((Protocol::EtherType(0x8100), &[0, 1])));
    }
}
