//! What is read of frames, whole, tagged, tunnelled and cut.

use super::*;
use crate::model::flow::Known;
use std::net::IpAddr;

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];

/// A frame with its type and what it carries.
pub(super) fn ethernet(kind: u16, content: &[u8]) -> Vec<u8> {
    [&MACS, &kind.to_be_bytes()[..], content].concat()
}

fn v4(protocol: u8, content: &[u8]) -> Vec<u8> {
    v4_piece(protocol, 0, content)
}

fn v4_piece(protocol: u8, offset: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + content.len()).unwrap().to_be_bytes();
    let [high, low] = offset.to_be_bytes();
    let head = [0x45, 0xb8, length[0], length[1], 0, 1, high, low, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    [&head, content].concat()
}

fn v6(next: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = [0x6b, 0x80, 0, 0, length[0], length[1], next, 64];
    let address = |last: u8| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    [&head, &address(1)[..], &address(2), content].concat()
}

fn tcp() -> Vec<u8> {
    let mut head = vec![0xd6, 0xd8, 1, 0xbb, 0, 0, 0, 1, 0, 0, 0, 2, 0x51, 0x12, 0, 0, 0, 0, 0, 0];
    head.extend([7; 4]);
    head
}

fn udp(to: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + content.len()).unwrap();
    [&40_000_u16.to_be_bytes()[..], &to.to_be_bytes(), &length.to_be_bytes(), &[0, 0], content].concat()
}

fn read(link: LinkType, octets: &[u8]) -> Packet {
    dissect(link, octets, u32::try_from(octets.len()).unwrap())
}

fn text(packet: &Packet) -> String {
    let Packet { src, dst, protocol, src_port, dst_port, vlan, tcp_flags, .. } = packet;
    format!("{src:?} {dst:?} {protocol} {src_port} {dst_port} {vlan} {tcp_flags:x}")
}

fn check(link: LinkType, octets: &[u8], want: &str) -> Packet {
    let packet = read(link, octets);
    assert_eq!(text(&packet), want, "{octets:02x?}");
    assert!(!packet.cut);
    packet
}

const V4: &str = "10.0.0.1 10.0.0.2 6 55000 443 0 112";
const V6: &str = "2001:db8::1 2001:db8::2 6 55000 443 0 112";

#[test]
fn a_packet_is_found_behind_every_kind_of_head() {
    let (four, six) = (v4(6, &tcp()), v6(6, &tcp()));
    let sll = |kind: u16| [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &kind.to_be_bytes()].concat();
    let sll2 = [&[8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &four].concat();
    check(LinkType::Ethernet, &ethernet(0x0800, &four), V4);
    check(LinkType::Ethernet, &ethernet(0x86dd, &six), V6);
    check(LinkType::Ip, &four, V4);
    check(LinkType::Ip, &six, V6);
    check(LinkType::Sll, &[sll(0x0800), four.clone()].concat(), V4);
    check(LinkType::Sll2, &sll2, V4);
    check(LinkType::Null, &[&[2, 0, 0, 0][..], &four].concat(), V4);
    check(LinkType::Null, &[&[0, 0, 0, 2][..], &four].concat(), V4);
    check(LinkType::Null, &[&[30, 0, 0, 0][..], &six].concat(), V6);
    check(LinkType::Ppp, &[&[0xff, 3, 0, 0x21][..], &four].concat(), V4);
    check(LinkType::Ppp, &[&[0x57][..], &six].concat(), V6);
    check(LinkType::Mpls, &[&[0, 1, 0x01, 64][..], &four].concat(), V4);
    let snap = [&MACS[..], &[0, 52, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &four].concat();
    check(LinkType::Ethernet, &snap, V4);
    let wireless = |kind: u8, flags: u8, rest: &[u8]| {
        let head = [&[kind, flags, 0, 0][..], &[2, 0, 0, 0, 0, 2], &[2, 0, 0, 0, 0, 9], &[2, 0, 0, 0, 0, 1], &[0, 0]].concat();
        [head.as_slice(), rest, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &four].concat()
    };
    check(LinkType::Ieee80211, &wireless(0x08, 2, &[]), V4);
    let packet = check(LinkType::Ieee80211, &wireless(0x88, 2, &[0, 0]), V4);
    assert_eq!((packet.dst_mac, packet.src_mac), (MacAddr([2, 0, 0, 0, 0, 2]), MacAddr([2, 0, 0, 0, 0, 1])));
    check(LinkType::Radiotap, &[&[0, 0, 8, 0, 0, 0, 0, 0][..], &wireless(0x08, 2, &[])].concat(), V4);
    // Beacons, frames without data and encrypted ones carry no packet that can be read.
    for (kind, flags) in [(0x80, 0), (0x48, 2), (0x08, 0x42)] {
        assert!(!read(LinkType::Ieee80211, &wireless(kind, flags, &[])).is_ip());
    }
}

#[test]
fn lengths_flags_and_hardware_addresses_are_told() {
    let mut frame = ethernet(0x0800, &v4(6, &tcp()));
    let whole = check(LinkType::Ethernet, &frame, V4);
    assert_eq!((whole.wire_octets, whole.ip_octets, whole.tos, whole.ttl), (58, 44, 0xb8, 64));
    assert_eq!((whole.src_mac, whole.dst_mac), (MacAddr([2, 0, 0, 0, 0, 1]), MacAddr([2, 0, 0, 0, 0, 2])));
    frame.resize(60, 0);
    assert_eq!(check(LinkType::Ethernet, &frame, V4).ip_octets, 44, "padding is no part of the packet");
    let record = whole.record(Timestamp(9));
    assert_eq!((record.octets, record.packets, record.sampling_interval, record.end), (58, 1, 1, Timestamp(9)));
    assert_eq!(read(LinkType::Ethernet, &ethernet(0x86dd, &v6(6, &tcp()))).tos, 0xb8);
}

#[test]
fn tags_labels_and_pppoe_are_looked_through() {
    let four = v4(6, &tcp());
    let tagged = |head: &[u8]| [&MACS[..], head, &four].concat();
    let vlan = "10.0.0.1 10.0.0.2 6 55000 443 100 112";
    check(LinkType::Ethernet, &tagged(&[0x81, 0, 0xe0, 100, 8, 0]), vlan);
    let double = check(LinkType::Ethernet, &tagged(&[0x88, 0xa8, 0, 100, 0x81, 0, 0, 20, 8, 0]), vlan);
    assert_eq!(double.customer_vlan, 20);
    check(LinkType::Ethernet, &tagged(&[&[0x91, 0, 0, 100][..], &[0x81, 0, 0, 7].repeat(6), &[8, 0]].concat()), vlan);
    let labels = check(LinkType::Ethernet, &tagged(&[0x88, 0x47, 0, 1, 0x20, 64, 0, 2, 0x31, 64]), V4);
    assert_eq!(labels.mpls_label, 18);
    check(LinkType::Ethernet, &tagged(&[0x88, 0x64, 0x11, 0, 0, 1, 0, 46, 0, 0x21]), V4);
    // Deeper than anything real: what is behind is not looked for.
    let deep = tagged(&[[0x81, 0, 0, 100].repeat(9), vec![8, 0]].concat());
    assert!(!read(LinkType::Ethernet, &deep).is_ip());
    let labels = tagged(&[vec![0x88, 0x47], [0, 1, 0, 64].repeat(40)].concat());
    assert!(!read(LinkType::Ethernet, &labels).is_ip());
}

#[test]
fn extension_headers_are_looked_through() {
    let hop = |next: u8| vec![next, 0, 1, 4, 0, 0, 0, 0];
    let authentication = |next: u8| vec![next, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9];
    let routed = [hop(43), hop(60), hop(51), authentication(6), tcp()].concat();
    check(LinkType::Ip, &v6(0, &routed), V6);
    let first = [vec![6, 0, 0, 1, 0, 0, 0, 9], tcp()].concat();
    assert_eq!(check(LinkType::Ip, &v6(44, &first), V6).fragment, Fragment::First);
    let later = [vec![6, 0, 1, 0, 0, 0, 0, 9], tcp()].concat();
    let packet = check(LinkType::Ip, &v6(44, &later), "2001:db8::1 2001:db8::2 6 0 0 0 0");
    assert_eq!((packet.fragment, packet.known.has(Known::SRC_PORT)), (Fragment::Later, false));
    let endless = hop(60).repeat(100);
    assert!(!read(LinkType::Ip, &v6(60, &endless)).known.has(Known::SRC_PORT));
}

#[test]
fn only_the_first_fragment_has_ports() {
    check(LinkType::Ip, &v4_piece(6, 0x2000, &tcp()), V4);
    let later = check(LinkType::Ip, &v4_piece(6, 0x2001, &tcp()), "10.0.0.1 10.0.0.2 6 0 0 0 0");
    assert!(!later.known.has(Known::SRC_PORT) && !later.known.has(Known::TCP_FLAGS));
}

#[test]
fn options_are_passed_over_and_icmp_is_a_port() {
    let mut with_options = v4(6, &[[1; 8].to_vec(), tcp()].concat());
    with_options[0] = 0x47;
    check(LinkType::Ip, &with_options, V4);
    check(LinkType::Ip, &v4(1, &[3, 1, 0, 0]), "10.0.0.1 10.0.0.2 1 0 769 0 0");
    check(LinkType::Ip, &v6(58, &[135, 0, 0, 0]), "2001:db8::1 2001:db8::2 58 0 34560 0 0");
    check(LinkType::Ip, &v4(132, &tcp()), "10.0.0.1 10.0.0.2 132 55000 443 0 0");
    check(LinkType::Ip, &v4(50, &tcp()), "10.0.0.1 10.0.0.2 50 0 0 0 0");
}

#[test]
fn what_a_udp_datagram_carries_is_found() {
    let mut frame = ethernet(0x0800, &v4(17, &udp(2055, b"netflow")));
    frame.extend([0; 11]);
    let packet = read(LinkType::Ethernet, &frame);
    assert_eq!((packet.udp_payload(&frame), packet.is_payload_whole(&frame)), (Some(&b"netflow"[..]), true));
    frame.truncate(45);
    let cut = read(LinkType::Ethernet, &frame);
    assert_eq!((cut.udp_payload(&frame), cut.is_payload_whole(&frame)), (Some(&b"net"[..]), false));
    let piece = ethernet(0x0800, &v4_piece(17, 0x2000, &udp(2055, b"netflow")));
    assert_eq!(read(LinkType::Ethernet, &piece).udp_payload(&piece), None);
}

#[test]
fn what_is_in_a_tunnel_is_one_step_away() {
    let (four, six) = (v4(6, &tcp()), v6(6, &tcp()));
    let gre = |head: &[u8], content: &[u8]| v4(47, &[head, content].concat());
    for (octets, want) in [
        (v4(4, &four), V4),
        (v4(41, &six), V6),
        (v6(4, &four), V4),
        (gre(&[0, 0, 8, 0], &four), V4),
        (gre(&[0xb0, 0, 8, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3], &four), V4),
        (gre(&[0x20, 0, 0x65, 0x58, 0, 0, 0, 9], &ethernet(0x0800, &four)), V4),
        (gre(&[0x30, 0x81, 0x88, 0x0b, 0, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0x21], &four), V4),
        (v4(97, &[&[0x30, 0][..], &ethernet(0x0800, &four)].concat()), V4),
        (v4(17, &udp(4789, &[&[8, 0, 0, 0, 0, 0, 9, 0][..], &ethernet(0x0800, &four)].concat())), V4),
        (v4(17, &udp(6081, &[&[1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 4][..], &ethernet(0x86dd, &six)].concat())), V6),
    ] {
        let outer = read(LinkType::Ip, &octets);
        assert_ne!(text(&outer), want, "the outer packet is the flow");
        let inner = outer.inner(&octets).unwrap_or_else(|| panic!("{want} in {octets:02x?}"));
        assert_eq!(text(&inner), want);
        assert_eq!(inner.inner(&octets), None);
    }
    for octets in [four.clone(), gre(&[0, 7, 8, 0], &four), gre(&[0x40, 0, 8, 0], &four), v4_piece(4, 0x2000, &four)] {
        assert_eq!(read(LinkType::Ip, &octets).inner(&octets), None);
    }
}

#[test]
fn a_frame_that_is_cut_tells_what_is_there() {
    let frame = ethernet(0x0800, &v4(6, &tcp()));
    for length in 0..frame.len() {
        let packet = dissect(LinkType::Ethernet, &frame[..length], 58);
        // The flags end 48 octets on.
        assert_eq!(packet.cut, length < 48, "{length}");
        assert_eq!(packet.known.has(Known::SRC_MAC), length >= 14);
        assert_eq!(packet.is_ip(), length >= 34);
        assert_eq!(packet.known.has(Known::SRC_PORT), length >= 38);
        assert_eq!(packet.wire_octets, 58);
    }
}

#[test]
fn what_is_no_ip_is_a_flow_of_its_hardware_addresses() {
    let arp = read(LinkType::Ethernet, &ethernet(0x0806, &[0; 28]));
    assert_eq!((arp.is_ip(), arp.cut, arp.ether_type, arp.src), (false, false, 0x0806, FlowAddr::NONE));
    let lying = read(LinkType::Ethernet, &ethernet(0x0800, &v6(6, &tcp())));
    assert!(!lying.is_ip() && lying.cut);
    assert_eq!(read(LinkType::Null, &[9, 0, 0, 0, 1]).src, "::".parse::<IpAddr>().unwrap().into());
}
