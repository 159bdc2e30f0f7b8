//! What a frame says of the packet in it: who sends what to whom, and how much.
//!
//! [`dissect`] reads the outermost IP packet: **that is the flow**, because it is what the port carried and what a router beside it
//! would export. What is inside of a tunnel (GRE, VXLAN, Geneve, IP in IP) is one step away: [`Packet::inner`]. Tags, labels and
//! PPPoE are no tunnels: what stands behind them is the packet.
//!
//! It knows no sockets, no clocks and no flows beyond one packet. It never fails: of a frame that is cut it tells what is there
//! ([`Packet::cut`]). Every loop is bounded. Start at [`dissect`]: `link` finds the packet in the frame, `network` reads IP's head,
//! `transport` the ports, `tunnel` what is inside.

mod link;
mod network;
#[cfg(test)]
mod tests;
mod transport;
mod tunnel;

use crate::model::flow::{FlowAddr, FlowRecord, Known};
use crate::model::{MacAddr, Timestamp};

/// What a frame begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkType {
    /// IEEE 802.3.
    #[default]
    Ethernet,
    /// IPv4 or IPv6 without anything before it.
    Ip,
    /// Linux cooked capture.
    Sll,
    /// Linux cooked capture, version 2.
    Sll2,
    /// BSD loopback: the address family as a number of 4 octets, of either order.
    Null,
    /// IEEE 802.11.
    Ieee80211,
    /// Radiotap, then IEEE 802.11.
    Radiotap,
    /// An MPLS label stack (RFC 3032).
    Mpls,
    /// PPP (RFC 1661), with or without RFC 1662's address and control.
    Ppp,
}

impl LinkType {
    /// By the number of a capture file (tcpdump.org's list of link types); `None` where frames of that kind can't be read.
    pub const fn from_pcap(number: u32) -> Option<Self> {
        Some(match number {
            0 | 108 => Self::Null,
            1 => Self::Ethernet,
            9 | 50 => Self::Ppp,
            12 | 14 | 101 | 228 | 229 => Self::Ip,
            105 => Self::Ieee80211,
            113 => Self::Sll,
            127 => Self::Radiotap,
            276 => Self::Sll2,
            _ => return None,
        })
    }

    /// By the header_protocol of a sampled header (sFlow version 5, `enum header_protocol`).
    pub const fn from_sflow(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Ethernet,
            7 | 14 => Self::Ppp,
            11 | 12 => Self::Ip,
            13 => Self::Mpls,
            15 => Self::Ieee80211,
            _ => return None,
        })
    }
}

/// Which piece of an IP packet it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fragment {
    /// It is whole.
    #[default]
    Whole,
    /// The piece that has the ports.
    First,
    /// A piece that has none.
    Later,
}

/// What a frame says. What [`Packet::known`] has no bit for is 0 and means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// Which fields were in the frame.
    pub known: Known,
    /// None where it is no IP packet.
    pub src: FlowAddr,
    /// None where it is no IP packet.
    pub dst: FlowAddr,
    /// From the frame's head.
    pub src_mac: MacAddr,
    /// From the frame's head.
    pub dst_mac: MacAddr,
    /// Octets of the frame on the wire, its head included and its check sequence not: as interface counters count.
    pub wire_octets: u32,
    /// Octets of the IP packet, by its own head.
    pub ip_octets: u32,
    /// What stands behind the frame's head, tags, labels and PPPoE; 0 where it has no EtherType.
    pub ether_type: u16,
    /// Of the outermost tag.
    pub vlan: u16,
    /// Of the second tag (IEEE 802.1ad); 0 where there is none.
    pub customer_vlan: u16,
    /// The topmost label; 0 where there is none.
    pub mpls_label: u32,
    /// TCP, UDP, SCTP, DCCP and UDP-Lite.
    pub src_port: u16,
    /// The same; of ICMP its type times 256 plus its code, as NetFlow writes it.
    pub dst_port: u16,
    /// RFC 9293 §3.1, without the offset.
    pub tcp_flags: u16,
    /// What IP carries (IANA protocol numbers), behind IPv6's extension headers.
    pub protocol: u8,
    /// The whole octet.
    pub tos: u8,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Whether it is whole.
    pub fragment: Fragment,
    /// Where in the frame that begins what IP carries; 0 where it is not there.
    pub transport_at: u32,
    /// Where in the frame the content of a UDP datagram begins; 0 where there is none.
    pub payload_at: u32,
    /// And where it ends by its own length, which may be behind what was captured.
    pub payload_end: u32,
    /// A head that should stand there was not, or not whole: fewer fields are known than the packet had.
    pub cut: bool,
}

/// Reads a frame of which `octets` were captured and `wire_octets` were on the wire.
#[inline]
pub fn dissect(link: LinkType, octets: &[u8], wire_octets: u32) -> Packet {
    let mut packet = Packet { wire_octets, ..Packet::default() };
    let read = link::read(link, octets, &mut packet).and_then(|(ether_type, at)| {
        packet.ether_type = ether_type;
        network::read(ether_type, (octets, at), &mut packet)
    });
    packet.cut = read.is_none();
    packet
}

impl Packet {
    /// Whether it is an IP packet whose head was read.
    pub const fn is_ip(&self) -> bool {
        self.known.has(Known::PROTOCOL)
    }

    /// The content of a UDP datagram, as far as it was captured; `None` where it is none, or is a fragment.
    pub fn udp_payload<'a>(&self, octets: &'a [u8]) -> Option<&'a [u8]> {
        let (at, end) = (at(self.payload_at), at(self.payload_end).min(octets.len()));
        (at > 0 && self.fragment == Fragment::Whole).then(|| octets.get(at..end)).flatten()
    }

    /// Whether the whole content of the datagram was captured.
    pub fn is_payload_whole(&self, octets: &[u8]) -> bool {
        self.payload_at > 0 && at(self.payload_end) <= octets.len()
    }

    /// The packet as a flow of its own that was seen at this moment. Octets are those of the frame.
    pub fn record(&self, at: Timestamp) -> FlowRecord {
        FlowRecord {
            known: self.known.with(Known::OCTETS).with(Known::PACKETS).with(Known::START).with(Known::END),
            src: self.src,
            dst: self.dst,
            octets: u64::from(self.wire_octets),
            packets: 1,
            start: at,
            end: at,
            sampling_interval: 1,
            src_port: self.src_port,
            dst_port: self.dst_port,
            vlan: self.vlan,
            tcp_flags: self.tcp_flags,
            protocol: self.protocol,
            tos: self.tos,
            src_mac: self.src_mac,
            dst_mac: self.dst_mac,
            ..FlowRecord::default()
        }
    }
}

/// A place in a frame.
#[inline]
fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// A place in a frame, as a packet keeps it. Frames are shorter than 4 GiB.
#[inline]
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// So many octets from a place on.
#[inline]
fn take<const N: usize>(octets: &[u8], at: usize) -> Option<&[u8; N]> {
    octets.get(at..)?.first_chunk()
}

/// The number of two octets at a place.
#[inline]
fn be16(octets: &[u8], at: usize) -> Option<u16> {
    take::<2>(octets, at).map(|two| u16::from_be_bytes(*two))
}
