//! Captures written and read back, and files that are none.

use super::*;
use proptest::prelude::*;

/// Time, link type and octets.
type Read = (i64, u32, Vec<u8>);

fn packets(file: &[u8]) -> (Vec<Read>, Option<String>) {
    let Input::Capture(mut reader) = open(file).unwrap() else { panic!("no capture") };
    let mut found = Vec::new();
    while let Some(packet) = reader.next_packet() {
        match packet {
            Ok(packet) => found.push((packet.at.0, packet.link, packet.octets.to_vec())),
            Err(fault) => return (found, Some(fault.to_string())),
        }
    }
    (found, None)
}

fn words(big: bool, words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| if big { word.to_be_bytes() } else { word.to_le_bytes() }).collect()
}

fn pcap_file(big: bool, magic: u32, packets: &[&[u8]]) -> Vec<u8> {
    let version = if big { 2 << 16 | 4 } else { 4 << 16 | 2 };
    let mut file = words(big, &[magic, version, 0, 0, 65_535, 1]);
    for octets in packets {
        file.extend(words(big, &[10, 500_000, octets.len() as u32, octets.len() as u32]));
        file.extend(*octets);
    }
    file
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = body.len() as u32 + 12;
    [words(false, &[kind, length]), body.to_vec(), words(false, &[length])].concat()
}

fn pcapng_file() -> Vec<u8> {
    // Link type 101, microseconds by default; and link type 1, nanoseconds.
    let interfaces = [words(false, &[101, 0]), words(false, &[1, 0, 1 << 16 | 9, 9, 0])];
    let units = 1_700_000_000_123_456_789u64;
    let packet = words(false, &[1, (units >> 32) as u32, units as u32, 3, 60]);
    [
        block(SECTION, &words(false, &[0x1a2b_3c4d, 1, u32::MAX, u32::MAX])),
        block(INTERFACE, &interfaces[0]),
        block(INTERFACE, &interfaces[1]),
        block(ENHANCED_PACKET, &[packet, vec![7, 8, 9, 0]].concat()),
        block(0x99, &[0; 8]),
        block(SIMPLE_PACKET, &words(false, &[4, 0x0403_0201])),
    ]
    .concat()
}

#[test]
fn every_kind_of_capture_is_read() {
    for (big, magic) in [(false, 0xa1b2_c3d4), (true, 0xa1b2_c3d4)] {
        let file = pcap_file(big, magic, &[&[1, 2, 3], &[]]);
        assert_eq!(packets(&file), (vec![(10_500, 1, vec![1, 2, 3]), (10_500, 1, vec![])], None));
    }
    let nanoseconds = pcap_file(false, 0xa1b2_3c4d, &[&[1]]);
    assert_eq!(packets(&nanoseconds).0, [(10_000, 1, vec![1])]);
    let (found, fault) = packets(&pcapng_file());
    assert_eq!((found, fault), (vec![(1_700_000_000_123, 1, vec![7, 8, 9]), (0, 101, vec![1, 2, 3, 4])], None));
}

#[test]
fn what_is_no_capture_is_a_payload_unless_it_is_too_long() {
    assert!(matches!(open(&[0, 5, 0][..]), Ok(Input::Payload(octets)) if octets == [0, 5, 0]));
    assert!(matches!(open(&[][..]), Ok(Input::Payload(octets)) if octets.is_empty()));
    assert!(open(&vec![0; LONGEST_DATAGRAM + 1][..]).is_err());
}

#[test]
fn lengths_that_lie_end_the_file_and_what_was_read_holds() {
    let mut cut = pcap_file(false, 0xa1b2_c3d4, &[&[1, 2, 3], &[4; 40]]);
    cut.truncate(cut.len() - 1);
    let (found, fault) = packets(&cut);
    assert_eq!((found.len(), fault.as_deref()), (1, Some("it is cut off inside of a packet")));
    let mut lie = pcap_file(false, 0xa1b2_c3d4, &[&[1, 2, 3], &[4; 4]]);
    let at = lie.len() - 12;
    lie[at..at + 4].copy_from_slice(&[0xff; 4]);
    let (found, fault) = packets(&lie);
    assert!(found.len() == 1 && fault.is_some_and(|fault| fault.contains("can't be")));
}

#[test]
fn the_datagram_of_a_packet_is_found() {
    let udp = [0x12, 0x34, 0x08, 0x07, 0, 11, 0, 0, 0xaa, 0xbb, 0xcc, 0xdd];
    let ip = [&[0x45, 0, 0, 31, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2][..], &udp].concat();
    let packet = Packet { at: Timestamp(0), link: 101, octets: &ip, wire_octets: 32 };
    let Found::Datagram(datagram) = packet.datagram() else { panic!("none") };
    // What stands behind the datagram's own length is padding.
    assert_eq!((datagram.payload, datagram.source.to_string().as_str()), (&[0xaa, 0xbb, 0xcc][..], "10.0.0.1:4660"));
    let mut later = ip.clone();
    later[7] = 9;
    assert!(matches!(Packet { octets: &later, ..packet }.datagram(), Found::Fragment));
    let mut tcp = ip.clone();
    tcp[9] = 6;
    assert!(matches!(Packet { octets: &tcp, ..packet }.datagram(), Found::Other));
    assert!(matches!(Packet { link: 9999, ..packet }.datagram(), Found::UnknownLink));
}

proptest! {
    #[test]
    fn any_octets_end(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), ng in any::<bool>()) {
        let mut file = if ng { pcapng_file() } else { pcap_file(true, 0xa1b2_c3d4, &[&[1; 20], &[2; 30]]) };
        for (at, octet) in damage {
            let at = at.index(file.len());
            file[at] = octet;
        }
        if let Ok(Input::Capture(mut reader)) = open(&file[..]) {
            let mut count = 0;
            while let Some(packet) = reader.next_packet() {
                count += 1;
                if let Ok(packet) = packet {
                    packet.datagram();
                }
            }
            prop_assert!(count <= file.len());
        }
    }
}
