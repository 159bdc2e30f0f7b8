//! What is inside of a tunnel.

use super::link::{self, Carried, IPV4, IPV6, MPLS};
use super::transport::UDP;
use super::{Fragment, Packet, at, be16, network, take};

/// IANA protocol numbers.
const IPV4_IN_IP: u8 = 4;
const IPV6_IN_IP: u8 = 41;
const GRE: u8 = 47;
const ETHERNET_IN_IP: u8 = 97;
const ETHER_IN_IP: u8 = 143;
const MPLS_IN_IP: u8 = 137;

/// IANA ports.
const VXLAN: u16 = 4789;
const GENEVE: u16 = 6081;

/// Transparent Ethernet bridging.
const ETHERNET: u16 = 0x6558;
const PPP: u16 = 0x880b;

impl Packet {
    /// The packet that this one carries through a tunnel; `None` where it carries none, or it is cut. It may carry another: who goes
    /// on must bound the depth. Its [`Packet::wire_octets`] are those from its first octet on to the frame's end.
    pub fn inner(&self, octets: &[u8]) -> Option<Self> {
        if self.transport_at == 0 || self.fragment != Fragment::Whole {
            return None;
        }
        let (kind, begins) = self.carried(octets)?;
        let wire_octets = self.wire_octets.saturating_sub(super::place(begins));
        let mut inner = Self { wire_octets, ..Self::default() };
        let found = match kind {
            ETHERNET => link::ethernet((octets, begins), &mut inner),
            kind => link::typed(kind, (octets, begins), &mut inner),
        };
        let read = found.and_then(|(kind, at)| {
            inner.ether_type = kind;
            network::read(kind, (octets, at), &mut inner)
        });
        inner.cut = read.is_none();
        (found.is_some()).then_some(inner)
    }

    fn carried(&self, octets: &[u8]) -> Carried {
        let begins = at(self.transport_at);
        match self.protocol {
            IPV4_IN_IP => Some((IPV4, begins)),
            IPV6_IN_IP => Some((IPV6, begins)),
            MPLS_IN_IP => Some((MPLS[0], begins)),
            // RFC 3378 §3: four bits of version, which is 3.
            ETHERNET_IN_IP => (take::<2>(octets, begins)?[0] == 0x30).then_some((ETHERNET, begins + 2)),
            ETHER_IN_IP => Some((ETHERNET, begins)),
            GRE => gre(octets, begins),
            UDP => udp(self.dst_port, octets, at(self.payload_at)),
            _ => None,
        }
    }
}

/// RFC 2784 §2, RFC 2890 §2: flags, then checksum, key and sequence number where their flags are set. Version 1 is PPTP's (RFC 2637 §4.1).
fn gre(octets: &[u8], begins: usize) -> Carried {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGEMENT: u16 = 0x80;
    let (flags, kind) = (be16(octets, begins)?, be16(octets, begins + 2)?);
    let version = flags & 7;
    if version > 1 || version == 0 && flags & ROUTING != 0 || version == 1 && kind != PPP {
        return None;
    }
    let mut at = begins + 4;
    let optional = [(CHECKSUM, version == 0), (KEY, true), (SEQUENCE, true), (ACKNOWLEDGEMENT, version == 1)];
    at += 4 * optional.iter().filter(|(flag, counts)| *counts && flags & flag != 0).count();
    if version == 1 { ppp(octets, at) } else { Some((kind, at)) }
}

/// PPTP carries PPP, mostly without the two octets of address and control.
fn ppp(octets: &[u8], begins: usize) -> Carried {
    let at = if take::<2>(octets, begins)? == &[0xff, 0x03] { begins + 2 } else { begins };
    let (protocol, at) = match *take::<2>(octets, at)? {
        [one, _] if one & 1 == 1 => (u16::from(one), at + 1),
        two => (u16::from_be_bytes(two), at + 2),
    };
    match protocol {
        0x21 => Some((IPV4, at)),
        0x57 => Some((IPV6, at)),
        _ => None,
    }
}

fn udp(port: u16, octets: &[u8], begins: usize) -> Carried {
    match port {
        // RFC 7348 §5: the flag says that the network identifier is valid.
        VXLAN => (take::<8>(octets, begins)?[0] & 0x08 != 0).then_some((ETHERNET, begins + 8)),
        // RFC 8926 §3.4: version 0, options in units of 4 octets, then the type of what is carried.
        GENEVE => {
            let [first, _, high, low, ..] = *take::<8>(octets, begins)?;
            (first >> 6 == 0).then(|| (u16::from_be_bytes([high, low]), begins + 8 + 4 * usize::from(first & 0x3f)))
        }
        _ => None,
    }
}
