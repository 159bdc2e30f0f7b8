//! One port: its table, and what is said of it every second. It reads no socket and no clock.

use super::table::{FlowTable, MOST_FLOWS, Timeouts};
use crate::model::Timestamp;
use crate::model::flow::table::TalkTable;
use crate::model::flow::{
    Direction, ExporterCounts, ExporterKey, FlowBatch, FlowColumns, FlowName, FlowRecord, FlowVersion, Known, PortLoad, TalkKey,
    TalkSum,
};
use crate::net::capture::{Frame, Port};
use crate::wire::packet::{self, LinkType, Packet};
use std::net::{IpAddr, Ipv4Addr};

/// Conversations told of a second: more than a screen or a minute's sum keeps.
const MOST_TALKS: usize = 8192;

/// Octets of a VLAN tag.
const TAG: u32 = 4;

/// The name of the port is told again after so many seconds, for an engine that was busy when it was told before.
const NAMES_EVERY: u64 = 60;

/// Minutes are the grid of port loads. Units: ms.
const MINUTE_MS: i64 = 60_000;

/// What a second brought.
#[derive(Debug, Default)]
pub struct Second {
    /// Who talked with whom.
    pub batch: FlowBatch,
    /// Flows that ended or go on for long.
    pub records: FlowColumns,
    /// Frames.
    pub frames: u64,
    /// Frames whose heads could not all be read.
    pub cut: u64,
    /// Packets for whose flow there was no room.
    pub overflow: u64,
}

/// One way through the port in the running second.
#[derive(Clone, Copy, Debug, Default)]
struct Load {
    octets: u64,
    packets: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Meter {
    key: ExporterKey,
    name: String,
    link: LinkType,
    table: FlowTable,
    talks: TalkTable,
    counts: ExporterCounts,
    /// In and out.
    loads: [Load; 2],
    seconds: u64,
    frames: u64,
    cut: u64,
    overflow: u64,
}

/// The address by which the host is known on a port: the first that is no link-local one, IPv4 before IPv6.
pub fn address_of(port: &Port) -> IpAddr {
    let usable = |ip: &IpAddr| match ip {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    };
    let addresses = || port.addresses.iter().map(ipnet::IpNet::addr);
    let of = |is_v4: bool| addresses().find(|ip| ip.is_ipv4() == is_v4 && usable(ip));
    of(true).or_else(|| of(false)).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Finds the packet in a frame, with the tag that the kernel took off.
#[inline]
pub fn dissect(link: LinkType, frame: &Frame<'_>) -> Packet {
    let mut packet = packet::dissect(link, frame.octets, frame.wire_octets);
    if let Some((_, tci)) = frame.tag {
        packet.customer_vlan = packet.vlan;
        // IEEE 802.1Q §9.6: the lower twelve bits; 0 is a tag of priority only.
        packet.vlan = tci & 0x0fff;
        packet.known = packet.known.with(Known::VLAN);
        packet.wire_octets += TAG;
    }
    packet
}

/// Milliseconds of the clock of frames.
#[inline]
pub fn timestamp(at_ns: u64) -> Timestamp {
    Timestamp(i64::try_from(at_ns / 1_000_000).unwrap_or(i64::MAX))
}

impl Meter {
    /// Of a port whose frames begin so.
    pub fn new(port: &Port, link: LinkType) -> Self {
        let key = ExporterKey { address: address_of(port), version: FlowVersion::Capture, domain: port.if_index.0 };
        Self {
            key,
            name: port.name.clone(),
            link,
            table: FlowTable::new(port.if_index.0, MOST_FLOWS, Timeouts::default()),
            talks: TalkTable::new(MOST_TALKS),
            counts: ExporterCounts { sampling_interval: 1, ..ExporterCounts::default() },
            loads: [Load::default(); 2],
            seconds: 0,
            frames: 0,
            cut: 0,
            overflow: 0,
        }
    }

    /// Adds a frame; the packet in it.
    #[inline]
    pub fn add(&mut self, frame: &Frame<'_>) -> Packet {
        let packet = dissect(self.link, frame);
        let at = timestamp(frame.at_ns);
        self.frames += 1;
        self.cut += u64::from(packet.cut);
        let load = match frame.direction {
            Direction::Egress => &mut self.loads[1],
            _ => &mut self.loads[0],
        };
        load.octets += u64::from(packet.wire_octets);
        load.packets += 1;
        if self.table.add((&packet, frame.direction), at, |_| true).is_none() {
            self.crowded((&packet, frame.direction), at);
        }
        packet
    }

    /// No room for its flow: it counts in the talks, and in no record.
    #[cold]
    fn crowded(&mut self, (packet, direction): (&Packet, Direction), at: Timestamp) {
        self.overflow += 1;
        let (in_if, out_if) = if direction == Direction::Egress { (0, self.key.domain) } else { (self.key.domain, 0) };
        self.talks.add(0, &FlowRecord { in_if, out_if, direction, ..packet.record(at) });
    }

    /// What moved in the second that ends `now`; `dropped` is what the kernel dropped so far.
    pub fn second(&mut self, now: Timestamp, dropped: u64) -> Second {
        let Self { table, talks, counts, .. } = self;
        table.moved(|record, is_new| {
            talks.add_sum(&TalkKey::of(0, record), &TalkSum { flows: u64::from(is_new), ..TalkSum::of(record) });
        });
        let mut records = FlowColumns { received: now, exporters: vec![self.key], ..FlowColumns::default() };
        table.told(now, |record| records.push(0, record));
        for load in &self.loads {
            counts.octets += load.octets;
            counts.packets += load.packets;
        }
        (counts.scaled_octets, counts.scaled_packets) = (counts.octets, counts.packets);
        counts.datagrams += self.frames;
        counts.flow_records += u64::try_from(records.len()).unwrap_or(0);
        counts.lost = dropped;
        let batch = FlowBatch {
            exporters: vec![self.key],
            counts: vec![counts.clone()],
            talks: talks.take(),
            loads: self.loads(now),
            names: self.names(),
        };
        self.seconds += 1;
        let take = std::mem::take::<u64>;
        Second { batch, records, frames: take(&mut self.frames), cut: take(&mut self.cut), overflow: take(&mut self.overflow) }
    }

    /// What the kernel had dropped when it was told last.
    pub fn dropped(&self) -> u64 {
        self.counts.lost
    }

    /// What is still in the table, when the port is read no more.
    pub fn end(&mut self, now: Timestamp) -> FlowColumns {
        let mut records = FlowColumns { received: now, exporters: vec![self.key], ..FlowColumns::default() };
        self.table.end(|record| records.push(0, record));
        records
    }

    fn loads(&mut self, now: Timestamp) -> Vec<PortLoad> {
        let minute = Timestamp(now.0 - now.0.rem_euclid(MINUTE_MS));
        let ways = std::mem::take(&mut self.loads).into_iter().zip([true, false]);
        let if_index = self.key.domain;
        ways.filter(|(load, _)| load.packets > 0)
            .map(|(Load { octets, packets }, inward)| PortLoad { exporter: 0, if_index, inward, minute, octets, packets })
            .collect()
    }

    fn names(&self) -> Vec<(u16, FlowName)> {
        let is_due = self.seconds.is_multiple_of(NAMES_EVERY);
        is_due.then(|| (0, FlowName::Interface(self.key.domain, self.name.clone()))).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IfIndex;

    fn port(addresses: &[&str]) -> Port {
        Port {
            if_index: IfIndex(3),
            name: "eth0".to_owned(),
            mac: None,
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            is_loopback: false,
            is_up: true,
            is_running: true,
        }
    }

    /// Ethernet, IPv4, UDP from 10.0.0.`from`:4000 to 10.0.0.2:53.
    fn datagram(from: u8) -> Vec<u8> {
        let mut frame =
            vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 36, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, 2];
        frame.extend([0x0f, 0xa0, 0, 53, 0, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        frame
    }

    fn frame(octets: &[u8], direction: Direction) -> Frame<'_> {
        Frame { octets, wire_octets: 1000, at_ns: 60_500_000_000, tag: None, direction }
    }

    #[test]
    fn the_address_of_a_port_is_one_that_others_know() {
        assert_eq!(
            address_of(&port(&["fe80::1/64", "2001:db8::1/64", "169.254.1.1/16", "10.0.0.1/8"])),
            IpAddr::from([10, 0, 0, 1])
        );
        assert_eq!(address_of(&port(&["fe80::1/64", "2001:db8::1/64"])), "2001:db8::1".parse::<IpAddr>().unwrap());
        assert_eq!(address_of(&port(&["fe80::1/64"])), IpAddr::V4(Ipv4Addr::LOCALHOST));
    }

    #[test]
    fn a_second_tells_what_moved_in_it_both_ways() {
        let mut meter = Meter::new(&port(&["10.0.0.9/24"]), LinkType::Ethernet);
        let (one, other) = (datagram(1), datagram(3));
        meter.add(&frame(&one, Direction::Ingress));
        meter.add(&frame(&one, Direction::Ingress));
        meter.add(&frame(&other, Direction::Egress));
        let Second { batch, records, frames, cut, overflow } = meter.second(Timestamp(61_000), 5);
        assert_eq!((frames, cut, overflow, records.len()), (3, 0, 0, 0));
        let mut rows = batch.talks.rows.clone();
        rows.sort_by_key(|(key, _)| key.src);
        let seen: Vec<_> =
            rows.iter().map(|(key, sum)| (key.in_if, key.out_if, key.port, sum.octets, sum.packets, sum.flows)).collect();
        assert_eq!(seen, [(3, 0, 53, 2000, 2, 1), (0, 3, 53, 1000, 1, 1)]);
        let loads: Vec<_> = batch.loads.iter().map(|load| (load.inward, load.minute.0, load.octets)).collect();
        assert_eq!(loads, [(true, 60_000, 2000), (false, 60_000, 1000)]);
        assert_eq!(batch.names, [(0, FlowName::Interface(3, "eth0".to_owned()))]);
        let key = batch.exporters[0];
        assert_eq!((key.version, key.domain, key.address), (FlowVersion::Capture, 3, IpAddr::from([10, 0, 0, 9])));
        assert_eq!((batch.counts[0].octets, batch.counts[0].datagrams, batch.counts[0].lost), (3000, 3, 5));
        // Nothing new: nothing told; later the flows whole.
        assert!(meter.second(Timestamp(62_000), 5).batch.talks.is_empty());
        assert_eq!(meter.second(Timestamp(80_000), 5).records.len(), 2);
        assert_eq!(meter.end(Timestamp(81_000)).len(), 0);
    }

    #[test]
    fn a_tag_that_the_kernel_took_off_is_put_back_before_the_others() {
        let octets = datagram(1);
        let tagged = Frame { tag: Some((0x88a8, 0xe064)), ..frame(&octets, Direction::Ingress) };
        let packet = dissect(LinkType::Ethernet, &tagged);
        assert_eq!((packet.vlan, packet.customer_vlan, packet.wire_octets), (100, 0, 1004));
        let inner = [&octets[..12], &[0x81, 0, 0, 7], &octets[12..]].concat();
        let packet = dissect(LinkType::Ethernet, &Frame { octets: &inner, ..tagged });
        assert_eq!((packet.vlan, packet.customer_vlan), (100, 7));
    }

    #[test]
    fn what_finds_no_room_is_in_the_talks() {
        let mut meter = Meter::new(&port(&[]), LinkType::Ethernet);
        meter.table = FlowTable::new(3, 1, Timeouts::default());
        for from in 1..=3 {
            meter.add(&frame(&datagram(from), Direction::Ingress));
        }
        let second = meter.second(Timestamp(61_000), 0);
        assert_eq!((second.overflow, second.batch.talks.total().octets), (2, 3000));
    }
}
