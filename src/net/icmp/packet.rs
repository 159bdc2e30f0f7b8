//! Echo requests and replies as octets (RFC 792, RFC 4443 §4), and the mark by which a reply is known as ours.
//!
//! A request carries its number and a keyed hash of number and address. A reply is taken only where the hash fits the address that
//! it comes from: what is forged, or comes from another address than was asked, is refused without a table of what is in flight.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;

/// Octets of an echo: 8 of header, 4 of number, 1 of attempt, 3 unused, 8 of mark. Short, so that a sweep loads a thin line little.
pub(super) const LENGTH: usize = 24;

/// Type of a request and of its reply.
const TYPES_V4: (u8, u8) = (8, 0);
const TYPES_V6: (u8, u8) = (128, 129);

/// Which echo of which address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    /// Number of the address in its sweep.
    pub number: u32,
    /// 0 is the first echo to it.
    pub attempt: u8,
}

/// What makes our requests ours; another in each process and sweep.
#[derive(Debug)]
pub(super) struct Marker {
    key: RandomState,
    identifier: u16,
}

impl Marker {
    pub(super) fn new() -> Self {
        let key = RandomState::new();
        let [low, high, ..] = key.hash_one("identifier").to_le_bytes();
        Self { key, identifier: u16::from_le_bytes([low, high]) }
    }

    /// The identifier of the requests; a datagram socket's kernel puts its own instead.
    pub(super) const fn identifier(&self) -> u16 {
        self.identifier
    }

    fn mark(&self, address: IpAddr, tag: Tag) -> [u8; 8] {
        self.key.hash_one((address, tag)).to_be_bytes()
    }

    /// The request.
    pub(super) fn request(&self, address: IpAddr, tag: Tag) -> [u8; LENGTH] {
        let (kind, _) = types(address);
        let [i1, i2] = self.identifier.to_be_bytes();
        let [n1, n2, n3, n4] = tag.number.to_be_bytes();
        let [m1, m2, m3, m4, m5, m6, m7, m8] = self.mark(address, tag);
        // The sequence number is the number's lower half: nothing reads it, but traces are easier to follow.
        let mut octets = [kind, 0, 0, 0, i1, i2, n3, n4, n1, n2, n3, n4, tag.attempt, 0, 0, 0, m1, m2, m3, m4, m5, m6, m7, m8];
        let [c1, c2] = checksum(&octets).to_be_bytes();
        octets[2] = c1;
        octets[3] = c2;
        octets
    }

    /// Which request a message from this address replies to; `None` where it is none of ours.
    pub(super) fn reply(&self, from: IpAddr, message: &[u8]) -> Option<Tag> {
        let [kind, 0, _, _, _, _, _, _, n1, n2, n3, n4, attempt, _, _, _, mark @ ..] = message else { return None };
        let tag = Tag { number: u32::from_be_bytes([*n1, *n2, *n3, *n4]), attempt: *attempt };
        (*kind == types(from).1 && mark.get(..8)? == self.mark(from, tag)).then_some(tag)
    }
}

const fn types(address: IpAddr) -> (u8, u8) {
    match address {
        IpAddr::V4(_) => TYPES_V4,
        IpAddr::V6(_) => TYPES_V6,
    }
}

/// Behind an IPv4 header, which a raw socket hands over too.
pub(super) fn without_header(datagram: &[u8]) -> Option<&[u8]> {
    let length = usize::from(datagram.first()? & 0x0f) * 4;
    datagram.get(length..)
}

/// RFC 1071. For ICMPv6 the kernel computes it anew, with the pseudo header.
fn checksum(octets: &[u8]) -> u16 {
    let mut words = octets.chunks_exact(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.by_ref().sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(mut request: [u8; LENGTH]) -> [u8; LENGTH] {
        request[0] = if request[0] == 8 { 0 } else { 129 };
        request
    }

    #[test]
    fn a_reply_is_ours_only_from_who_was_asked() {
        let marker = Marker::new();
        for (text, other) in [("10.1.2.3", "10.1.2.4"), ("2001:db8::1", "2001:db8::2")] {
            let (address, other): (IpAddr, IpAddr) = (text.parse().unwrap(), other.parse().unwrap());
            let tag = Tag { number: 70_000, attempt: 1 };
            let reply = answer(marker.request(address, tag));
            assert_eq!(marker.reply(address, &reply), Some(tag));
            assert_eq!(marker.reply(other, &reply), None, "from another address");
            assert_eq!(Marker::new().reply(address, &reply), None, "of another process");
            assert_eq!(marker.reply(address, &marker.request(address, tag)), None, "a request");
            for at in 8..13 {
                let mut forged = reply;
                forged[at] ^= 1;
                assert_eq!(marker.reply(address, &forged), None, "octet {at} changed");
            }
            for length in 0..LENGTH {
                assert_eq!(marker.reply(address, &reply[..length]), None, "cut to {length}");
            }
        }
    }

    #[test]
    fn the_checksum_of_a_whole_message_comes_out_as_nought() {
        let marker = Marker::new();
        for number in [0, 1, 65_535, 65_536, u32::MAX] {
            let request = marker.request("192.0.2.1".parse().unwrap(), Tag { number, attempt: 0 });
            assert_eq!(checksum(&request), 0, "{number}");
        }
    }

    #[test]
    fn the_header_before_a_message_may_have_options() {
        assert_eq!(without_header(&[0x45; 21]), Some([0x45].as_slice()));
        assert_eq!(without_header(&[0x46; 26]), Some([0x46; 2].as_slice()));
        assert_eq!(without_header(&[0x4f; 20]), None);
        assert_eq!(without_header(&[]), None);
    }
}
