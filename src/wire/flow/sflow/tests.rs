//! Datagrams of every format of sample and record, and what is hostile in them.
#![allow(clippy::indexing_slicing, reason = "a test says what it expects")]

use super::sample::{DataSource, Port};
use super::*;
use crate::model::flow::{Direction, FlowAddr, FlowRecord, Known};
use crate::model::text::visible;

/// Words in network order.
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// A sample or record with its format and length.
fn framed(format: u32, content: &[u8]) -> Vec<u8> {
    [words(&[format, u32::try_from(content.len()).unwrap()]), content.to_vec()].concat()
}

/// Octets behind their length, padded.
fn opaque(octets: &[u8]) -> Vec<u8> {
    let mut all = [words(&[u32::try_from(octets.len()).unwrap()]), octets.to_vec()].concat();
    all.resize(all.len().next_multiple_of(4), 0);
    all
}

fn datagram(samples: &[Vec<u8>]) -> Vec<u8> {
    [words(&[5, 1, 0x0a00_0009, 7, 100, 60_000, u32::try_from(samples.len()).unwrap()]), samples.concat()].concat()
}

/// A compact flow sample of port 3, one in 512.
fn flow(ports: [u32; 2], records: &[Vec<u8>]) -> Vec<u8> {
    let head = [41, 3, 512, 99_999, 2, ports[0], ports[1], u32::try_from(records.len()).unwrap()];
    framed(1, &[words(&head), records.concat()].concat())
}

/// A sampled header: Ethernet, IPv4, UDP from 10.0.0.1:4000 to 10.0.0.2:53, frame of 1000 octets.
fn header() -> Vec<u8> {
    let frame = [
        &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..],
        &[0x45, 0, 3, 0xda, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2],
        &[0x0f, 0xa0, 0, 53, 3, 0xc6, 0, 0],
    ];
    framed(1, &[words(&[1, 1000, 4]), opaque(&frame.concat())].concat())
}

fn read(octets: &[u8]) -> (Head, Vec<Result<Sample<'_>, Fault>>) {
    let datagram = Datagram::read(octets).unwrap();
    (datagram.head, datagram.samples().collect())
}

fn one_flow(octets: &[u8]) -> FlowSample<'_> {
    let (_, samples) = read(octets);
    match <[_; 1]>::try_from(samples) {
        Ok([Ok(Sample::Flow(sample))]) => sample,
        other => panic!("{other:?}"),
    }
}

fn check(records: &[Vec<u8>], want: &dyn Fn(&mut FlowRecord)) {
    let octets = datagram(&[flow([3, 4], records)]);
    let sample = one_flow(&octets);
    let known = Known::PACKETS.with(Known::OCTETS).with(Known::IN_IF).with(Known::OUT_IF);
    let mut record = FlowRecord { known, packets: 1, sampling_interval: 512, ..FlowRecord::default() };
    (record.in_if, record.out_if, record.direction) = (3, 4, Direction::Ingress);
    want(&mut record);
    record.known = sample.record.known;
    assert_eq!(sample.record, record);
    assert!(!sample.is_damaged);
}

fn fields(records: &[Vec<u8>]) -> Vec<String> {
    let octets = datagram(&[flow([3, 4], records)]);
    let told = one_flow(&octets).fields();
    told.into_iter().skip(5).map(|(name, value)| format!("{name}={}", visible(&value.to_string()))).collect()
}

fn udp(record: &mut FlowRecord) {
    (record.src, record.dst) = (FlowAddr::v4(0x0a00_0001), FlowAddr::v4(0x0a00_0002));
    (record.src_port, record.dst_port, record.protocol, record.octets) = (4000, 53, 17, 1000);
    (record.src_mac, record.dst_mac) = ("02:00:00:00:00:01".parse().unwrap(), "02:00:00:00:00:02".parse().unwrap());
}

#[test]
fn the_head_names_the_agent() {
    let octets = datagram(&[]);
    let (head, samples) = read(&octets);
    assert_eq!((head.agent, head.sub_agent, head.sequence), ("10.0.0.9".parse().unwrap(), 7, 100));
    assert_eq!((head.uptime_ms, samples.len()), (60_000, 0));
    let six = [words(&[5, 2, 0x2001_0db8, 0, 0, 1, 0, 1, 2, 0])].concat();
    assert_eq!(Datagram::read(&six).unwrap().head.agent, "2001:db8::1".parse::<IpAddr>().unwrap());
    for (octets, fault) in [
        (words(&[4, 1, 1, 0, 0, 0, 0]), Fault::Version),
        (words(&[5, 3, 1, 0, 0, 0, 0]), Fault::Head),
        (words(&[5, 0, 1, 0, 0, 0, 0]), Fault::Head),
        (words(&[5, 1, 1, 0, 0, 0]), Fault::Head),
        (vec![0, 0], Fault::Head),
    ] {
        assert_eq!(Datagram::read(&octets).unwrap_err(), fault);
    }
}

#[test]
fn a_sampled_header_is_dissected() {
    check(&[header()], &udp);
    // Whatever else tells a length, the frame's counts.
    let ip = framed(3, &words(&[974, 6, 1, 2, 3, 4, 0x12, 0xb8]));
    check(&[ip.clone(), header()], &udp);
    check(&[header(), ip], &udp);
}

#[test]
fn without_a_header_the_other_records_tell_the_packet() {
    let four = framed(3, &words(&[974, 6, 0x0a00_0001, 0x0a00_0002, 443, 50000, 0x12, 0xb8]));
    let tcp = |record: &mut FlowRecord| {
        (record.src, record.dst) = (FlowAddr::v4(0x0a00_0001), FlowAddr::v4(0x0a00_0002));
        (record.src_port, record.dst_port, record.protocol) = (443, 50000, 6);
        (record.tcp_flags, record.tos, record.octets) = (0x12, 0xb8, 974);
    };
    check(std::slice::from_ref(&four), &tcp);
    let ethernet = framed(2, &[words(&[988]), vec![2, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0], words(&[0x0800])].concat());
    let with_macs = |record: &mut FlowRecord| {
        tcp(record);
        (record.src_mac, record.dst_mac) = ("02:00:00:00:00:01".parse().unwrap(), "02:00:00:00:00:02".parse().unwrap());
    };
    check(&[ethernet.clone(), four], &with_macs);
    check(&[ethernet], &|record| {
        with_macs(record);
        *record = FlowRecord { octets: 988, src_mac: record.src_mac, dst_mac: record.dst_mac, ..*record };
        (record.src, record.dst, record.src_port, record.dst_port) = (FlowAddr::NONE, FlowAddr::NONE, 0, 0);
        (record.protocol, record.tcp_flags, record.tos) = (0, 0, 0);
    });
    let six = framed(4, &words(&[500, 58, 0x2001_0db8, 0, 0, 1, 0x2001_0db8, 0, 0, 2, 0, 0, 0, 0]));
    check(&[six], &|record| {
        (record.src, record.dst) = (FlowAddr(0x2001_0db8 << 96 | 1), FlowAddr(0x2001_0db8 << 96 | 2));
        (record.protocol, record.octets) = (58, 500);
    });
}

#[test]
fn where_it_was_switched_and_routed_is_told() {
    let switch = framed(1001, &words(&[100, 5, 200, 6]));
    let router = framed(1002, &words(&[1, 0x0a00_00fe, 24, 16]));
    let gateway = framed(1003, &words(&[1, 0x0a00_00fd, 65000, 65001, 65002, 1, 2, 2, 65003, 65004, 1, 0x00fd_0001, 90]));
    check(&[header(), switch.clone(), router, gateway.clone()], &|record| {
        udp(record);
        (record.vlan, record.next_hop) = (100, FlowAddr::v4(0x0a00_00fe));
        (record.src_mask, record.dst_mask, record.src_as, record.dst_as) = (24, 16, 65001, 65004);
    });
    // An empty path ends where it is told; a tag of all ones is none.
    let local = framed(1003, &words(&[1, 0x0a00_00fd, 65000, 0, 0, 0, 0, 0]));
    let none = framed(1001, &words(&[u32::MAX, 0, 0, 0]));
    check(&[header(), none, local], &|record| {
        udp(record);
        (record.next_hop, record.dst_as) = (FlowAddr::v4(0x0a00_00fd), 65000);
    });
    assert_eq!(
        fields(&[switch, gateway]),
        [
            "dot1qPriority=5",
            "postVlanId=200",
            "postDot1qPriority=6",
            "bgpNextHopAddress=10.0.0.253",
            "bgpRouterAs=65000",
            "bgpPrevAdjacentAsNumber=65002",
            "bgpDestinationAsPath=65003,65004",
            "bgpCommunities=16580609",
            "bgpLocalPreference=90",
        ]
    );
}

#[test]
fn what_else_is_told_has_names() {
    let nat = framed(1007, &words(&[1, 0xc000_0201, 1, 0xc000_0202]));
    let acl = framed(1027, &[words(&[9]), opaque(b"deny\x1b"), words(&[2])].concat());
    let function = framed(1028, &opaque(b"nf_hook"));
    let user = framed(1004, &[words(&[106]), opaque(b"alice"), words(&[106]), opaque(b"bob")].concat());
    let mpls = framed(1006, &words(&[1, 0x0a00_0001, 2, 16, 17, 0]));
    let cut = framed(1028, &words(&[99]));
    assert_eq!(
        fields(&[nat, acl, function, user, mpls, cut]),
        [
            "postNATSourceIPv4Address=192.0.2.1",
            "postNATDestinationIPv4Address=192.0.2.2",
            "aclNumber=9",
            "aclName=deny\\x1b",
            "aclDirection=2",
            "functionSymbol=nf_hook",
            "sourceUserName=alice",
            "destinationUserName=bob",
            "mplsTopLabelIPAddress=10.0.0.1",
            "mplsInLabelStack=16,17",
            "mplsOutLabelStack=",
        ]
    );
}

#[test]
fn what_is_no_port_is_no_if_index() {
    for (ports, input, output, direction) in [
        ([3, 4], Port::Interface(3), Port::Interface(4), Direction::Ingress),
        ([4, 3], Port::Interface(4), Port::Interface(3), Direction::Egress),
        ([0, 1 << 30 | 2], Port::Unknown, Port::Discarded(2), Direction::Unknown),
        ([0x3fff_ffff, 2 << 30 | 5], Port::Internal, Port::Several(5), Direction::Unknown),
    ] {
        let octets = datagram(&[flow(ports, &[header()])]);
        let sample = one_flow(&octets);
        assert_eq!((sample.input, sample.output, sample.record.direction), (input, output, direction));
        let has = [Known::IN_IF, Known::OUT_IF].map(|known| sample.record.known.has(known));
        assert_eq!(has, [input, output].map(|port| matches!(port, Port::Interface(_))));
    }
    let expanded = framed(3, &words(&[41, 0, 70_000, 512, 99, 2, 0, 70_000, 1, 256, 0]));
    let octets = datagram(&[expanded]);
    let sample = one_flow(&octets);
    assert_eq!((sample.source, sample.record.in_if), (DataSource { kind: 0, index: 70_000 }, 70_000));
    assert_eq!((sample.output, sample.record.out_if), (Port::Discarded(256), 0));
    assert!(!sample.record.known.has(Known::OCTETS), "no record told a length");
}

#[test]
fn counters_are_read_by_name() {
    let interface = framed(1, &words(&[3, 6, 0, 1_000_000_000, 1, 3, 1, 0, 5, 6, 7, 8, 9, 10, 0, 77, 11, 12, 13, 14, 15, 0]));
    let processor = framed(1001, &words(&[10, 20, 30, 0, 1000, 0, 500]));
    let unknown = framed(2 << 12 | 1, &words(&[1]));
    let octets = datagram(&[framed(2, &[words(&[8, 3, 3]), interface, unknown, processor].concat())]);
    let (_, samples) = read(&octets);
    let [Ok(Sample::Counters(sample))] = samples.as_slice() else { panic!("{samples:?}") };
    let mut told = Vec::new();
    sample.each(|format, name, value| told.push((format, name, value)));
    assert_eq!(told.len(), 19 + 5);
    for expected in
        [(1, "ifSpeed", 1_000_000_000), (1, "ifInOctets", 1 << 32), (1, "ifOutOctets", 77), (1001, "free_memory", 500)]
    {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
}

#[test]
fn what_is_not_known_is_passed_over_and_counted() {
    let octets =
        datagram(&[framed(5, &words(&[1])), framed(4300 << 12 | 1, &[]), flow([3, 4], &[framed(7777, &[1, 2, 3, 4]), header()])]);
    let (_, samples) = read(&octets);
    let [Ok(Sample::Discarded), Ok(Sample::Other(format)), Ok(Sample::Flow(sample))] = samples.as_slice() else {
        panic!("{samples:?}")
    };
    assert_eq!((*format >> 12, sample.record.octets), (4300, 1000));
}

#[test]
fn lies_about_lengths_end_where_they_must() {
    let mut long = datagram(&[flow([3, 4], &[header()])]);
    long[28 + 7] = 0xff;
    assert!(matches!(read(&long).1.as_slice(), [Err(Fault::SampleLength)]));
    let mut many = datagram(&[flow([3, 4], &[header()])]);
    many[24..28].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(matches!(read(&many).1.as_slice(), [Ok(Sample::Flow(_)), Err(Fault::SampleLength)]));
    let short = datagram(&[framed(1, &words(&[1, 2])), flow([3, 4], &[header()])]);
    assert!(matches!(read(&short).1.as_slice(), [Err(Fault::Sample), Ok(Sample::Flow(_))]));
    // Records that lie: what is before them counts.
    let lying = [header(), words(&[1003, 99])].concat();
    let octets = datagram(&[flow([3, 4], &[lying, header()])]);
    let sample = one_flow(&octets);
    assert_eq!((sample.is_damaged, sample.record.octets), (true, 1000));
    let endless = framed(1003, &words(&[1, 1, 2, 3, 4, u32::MAX, 2, u32::MAX, 1]));
    let octets = datagram(&[flow([3, 4], &[endless])]);
    assert!(one_flow(&octets).is_damaged);
    assert_eq!(one_flow(&octets).fields().len(), 5 + 3);
}
