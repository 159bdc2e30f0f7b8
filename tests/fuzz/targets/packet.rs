//! Frames: the first octet chooses what the rest begins with.
#![cfg_attr(fuzzing, no_main)]
#![allow(missing_docs, reason = "a fuzz target")]

use noctop::model::flow::Known;
use noctop::wire::packet::{Fragment, LinkType, Packet, dissect};

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| run(data));

const LINKS: [LinkType; 9] = [
    LinkType::Ethernet,
    LinkType::Ip,
    LinkType::Sll,
    LinkType::Sll2,
    LinkType::Null,
    LinkType::Ieee80211,
    LinkType::Radiotap,
    LinkType::Mpls,
    LinkType::Ppp,
];

/// Tunnels in tunnels that are followed.
const DEEPEST: usize = 64;

pub fn run(data: &[u8]) {
    let Some((kind, frame)) = data.split_first() else { return };
    let link = LINKS[usize::from(*kind) % LINKS.len()];
    let mut packet = dissect(link, frame, u32::try_from(frame.len()).unwrap());
    for _ in 0..DEEPEST {
        sound(&packet, frame);
        match packet.inner(frame) {
            // Each tunnel takes octets, so that this ends.
            Some(inner) => {
                assert!(inner.wire_octets < packet.wire_octets || packet.wire_octets == 0);
                packet = inner;
            }
            None => return,
        }
    }
}

/// What is told lies in the frame, and what is not told is 0.
fn sound(packet: &Packet, frame: &[u8]) {
    let has = |known| packet.known.has(known);
    assert!(has(Known::PROTOCOL) || packet.src.ip().is_none() && packet.dst_port == 0 && packet.tcp_flags == 0);
    assert!(has(Known::SRC_PORT) || packet.src_port == 0);
    assert!(has(Known::VLAN) || packet.vlan == 0);
    assert!(packet.vlan < 4096 && packet.customer_vlan < 4096 && packet.mpls_label < 1 << 20);
    assert!(packet.fragment != Fragment::Later || !has(Known::SRC_PORT));
    if let Some(payload) = packet.udp_payload(frame) {
        assert!(payload.len() <= frame.len());
    }
    assert!(!packet.is_payload_whole(frame) || packet.payload_end as usize <= frame.len());
}
