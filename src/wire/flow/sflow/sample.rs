//! A sampled packet.

use super::xdr::Xdr;
use crate::model::flow::{Direction, FlowAddr, FlowRecord, Known};
use crate::wire::packet::{self, LinkType};

/// How data source and interfaces are written: with their kind in the upper bits of one word, or in a word of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Compact,
    Expanded,
}

/// The largest value of an interface: "originated or received by the agent itself" (§5.3, `struct interface`).
const INTERNAL: u32 = 0x3fff_ffff;

/// VLAN numbers fit twelve bits; agents write all ones where there is none.
const LARGEST_VLAN: u32 = 4094;

/// Formats of records that fill a flow record.
mod format {
    pub(super) const HEADER: u32 = 1;
    pub(super) const ETHERNET: u32 = 2;
    pub(super) const IPV4: u32 = 3;
    pub(super) const IPV6: u32 = 4;
    pub(super) const SWITCH: u32 = 1001;
    pub(super) const ROUTER: u32 = 1002;
    pub(super) const GATEWAY: u32 = 1003;
}

/// Where a packet went in or out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Port {
    /// It is not said.
    #[default]
    Unknown,
    /// ifIndex.
    Interface(u32),
    /// The agent itself.
    Internal,
    /// It was dropped: the reason.
    Discarded(u32),
    /// Out of so many ports; 0: of more than one.
    Several(u32),
}

impl Port {
    const fn of(kind: u32, value: u32) -> Self {
        match (kind, value) {
            (0, 0) => Self::Unknown,
            (0, INTERNAL | 0xffff_ffff) => Self::Internal,
            (0, if_index) => Self::Interface(if_index),
            (1, reason) => Self::Discarded(reason),
            (2, count) => Self::Several(count),
            _ => Self::Unknown,
        }
    }

    const fn if_index(self) -> Option<u32> {
        match self {
            Self::Interface(if_index) => Some(if_index),
            _ => None,
        }
    }
}

/// What sampled: kind 0 is an ifIndex, 1 a VLAN, 2 an entPhysicalIndex.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataSource {
    /// Its kind.
    pub kind: u32,
    /// Its number.
    pub index: u32,
}

impl DataSource {
    pub(super) fn read(from: &mut Xdr<'_>, form: Form) -> Option<Self> {
        let word = from.u32()?;
        Some(match form {
            Form::Compact => Self { kind: word >> 24, index: word & 0x00ff_ffff },
            Form::Expanded => Self { kind: word, index: from.u32()? },
        })
    }
}

/// A sampled packet.
#[derive(Clone, Debug)]
pub struct FlowSample<'a> {
    /// The packet: one, of the frame's length, with the sampling rate beside it. Times are not told.
    pub record: FlowRecord,
    /// Counts the samples of the data source.
    pub sequence: u32,
    /// What sampled.
    pub source: DataSource,
    /// Packets that could have been sampled so far.
    pub pool: u32,
    /// Samples that the agent itself had to drop so far.
    pub drops: u32,
    /// Where the packet came in.
    pub input: Port,
    /// Where it went out.
    pub output: Port,
    /// Whether records of the sample are cut or lie about their length: what stood before them is in the record.
    pub is_damaged: bool,
    pub(super) records: Records<'a>,
}

impl<'a> FlowSample<'a> {
    pub(super) fn read(mut from: Xdr<'a>, form: Form) -> Option<Self> {
        let sequence = from.u32()?;
        let source = DataSource::read(&mut from, form)?;
        let [rate, pool, drops] = [from.u32()?, from.u32()?, from.u32()?];
        let mut port = || {
            let word = from.u32()?;
            Some(match form {
                Form::Compact => Port::of(word >> 30, word & INTERNAL),
                Form::Expanded => Port::of(word, from.u32()?),
            })
        };
        let (input, output) = (port()?, port()?);
        let records = Records { left: from.u32()?, rest: from };
        let record = FlowRecord { packets: 1, sampling_interval: rate, known: Known::PACKETS, ..FlowRecord::default() };
        let mut sample = Self { record, sequence, source, pool, drops, input, output, is_damaged: false, records };
        sample.ports();
        sample.fill();
        Some(sample)
    }

    /// What an agent samples where it comes in was observed ingress, and what it samples where it goes out egress (§3.1).
    fn ports(&mut self) {
        let (input, output) = (self.input.if_index(), self.output.if_index());
        let record = &mut self.record;
        if let Some(if_index) = input {
            (record.in_if, record.known) = (if_index, record.known.with(Known::IN_IF));
        }
        if let Some(if_index) = output {
            (record.out_if, record.known) = (if_index, record.known.with(Known::OUT_IF));
        }
        let source = (self.source.kind == 0).then_some(self.source.index);
        record.direction = match source {
            Some(_) if source == input => Direction::Ingress,
            Some(_) if source == output => Direction::Egress,
            _ => Direction::Unknown,
        };
    }

    fn fill(&mut self) {
        let mut octets = (0, None);
        for found in self.records.clone() {
            let read = found.and_then(|(format, from)| self.take(format, from, &mut octets));
            self.is_damaged |= read.is_none();
        }
        if let (_, Some(length)) = octets {
            (self.record.octets, self.record.known) = (u64::from(length), self.record.known.with(Known::OCTETS));
        }
    }

    /// Reads a record. `octets` is the length and how good the record is that told it: the sampled header's frame, then IP's, then Ethernet's.
    fn take(&mut self, format: u32, mut from: Xdr<'_>, octets: &mut (u8, Option<u32>)) -> Option<()> {
        let rank = match format {
            format::HEADER => 3,
            format::IPV4 | format::IPV6 => 2,
            format::ETHERNET => 1,
            format::SWITCH => return switch(&mut self.record, from),
            format::ROUTER => return router(&mut self.record, from),
            format::GATEWAY => return gateway(&mut self.record, from),
            _ => return Some(()),
        };
        let length = match format {
            format::HEADER => header(&mut self.record, from)?,
            format::ETHERNET => ethernet(&mut self.record, from)?,
            _ => ip(&mut self.record, (&mut from, format == format::IPV6))?,
        };
        if rank > octets.0 {
            *octets = (rank, Some(length));
        }
        Some(())
    }
}

/// Records of a sample; `None` stands for one that is cut, and is the last.
#[derive(Clone, Debug)]
pub(super) struct Records<'a> {
    pub(super) left: u32,
    pub(super) rest: Xdr<'a>,
}

impl<'a> Iterator for Records<'a> {
    type Item = Option<(u32, Xdr<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let record = self.rest.record().map(|(format, octets)| (format, Xdr(octets)));
        if record.is_none() {
            self.left = 0;
        }
        Some(record)
    }
}

/// A sampled header (format 1): protocol, length of the frame, octets that were stripped off its end, and its first octets.
fn header(record: &mut FlowRecord, mut from: Xdr<'_>) -> Option<u32> {
    let [protocol, length, _stripped] = [from.u32()?, from.u32()?, from.u32()?];
    let octets = from.opaque()?;
    if let Some(link) = LinkType::from_sflow(protocol) {
        let packet = packet::dissect(link, octets, length);
        record.known = record.known.with(packet.known);
        (record.src, record.dst) = (packet.src, packet.dst);
        (record.src_port, record.dst_port) = (packet.src_port, packet.dst_port);
        (record.protocol, record.tos, record.tcp_flags) = (packet.protocol, packet.tos, packet.tcp_flags);
        (record.src_mac, record.dst_mac) = (packet.src_mac, packet.dst_mac);
        if packet.known.has(Known::VLAN) {
            record.vlan = packet.vlan;
        }
    }
    Some(length)
}

/// Format 2: length, hardware addresses, EtherType.
fn ethernet(record: &mut FlowRecord, mut from: Xdr<'_>) -> Option<u32> {
    let length = from.u32()?;
    let (src_mac, dst_mac) = (from.mac()?, from.mac()?);
    if !record.known.has(Known::SRC_MAC) {
        (record.src_mac, record.dst_mac) = (src_mac, dst_mac);
        record.known = record.known.with(Known::SRC_MAC).with(Known::DST_MAC);
    }
    Some(length)
}

/// Formats 3 and 4: length, protocol, addresses, ports, flags, type of service. The sampled header, where there is one, says it better.
fn ip(record: &mut FlowRecord, (from, is_v6): (&mut Xdr<'_>, bool)) -> Option<u32> {
    let [length, protocol] = [from.u32()?, from.u32()?];
    let mut address = || Some(if is_v6 { FlowAddr(u128::from_be_bytes(*from.array()?)) } else { FlowAddr::v4(from.u32()?) });
    let (src, dst) = (address()?, address()?);
    let [src_port, dst_port, flags, tos] =
        [from.u32()?, from.u32()?, from.u32()?, from.u32()?].map(|word| u16::try_from(word).unwrap_or(0));
    if record.known.has(Known::PROTOCOL) {
        return Some(length);
    }
    let (tos, protocol) = (tos & 0xff, protocol & 0xff);
    (record.src, record.dst) = (src, dst);
    (record.protocol, record.tos) = (u8::try_from(protocol).unwrap_or(0), u8::try_from(tos).unwrap_or(0));
    record.known = record.known.with(Known::PROTOCOL).with(Known::TOS);
    if matches!(record.protocol, 6 | 17 | 33 | 132 | 136) {
        (record.src_port, record.dst_port) = (src_port, dst_port);
        record.known = record.known.with(Known::SRC_PORT).with(Known::DST_PORT);
    }
    if record.protocol == 6 {
        (record.tcp_flags, record.known) = (flags, record.known.with(Known::TCP_FLAGS));
    }
    Some(length)
}

/// Format 1001. A tag in the sampled header is the packet's own; most agents sample behind the place where it is taken off.
fn switch(record: &mut FlowRecord, mut from: Xdr<'_>) -> Option<()> {
    let vlan = from.u32()?;
    if (1..=LARGEST_VLAN).contains(&vlan) && !record.known.has(Known::VLAN) {
        record.vlan = u16::try_from(vlan).unwrap_or(0);
        record.known = record.known.with(Known::VLAN);
    }
    Some(())
}

/// Format 1002.
fn router(record: &mut FlowRecord, mut from: Xdr<'_>) -> Option<()> {
    let hop = from.address()?;
    let masks = [from.u32()?, from.u32()?].map(|mask| u8::try_from(mask).ok().filter(|mask| *mask <= 128));
    if let Some(hop) = hop {
        record.next_hop = hop.into();
    }
    if let [Some(src), Some(dst)] = masks {
        (record.src_mask, record.dst_mask) = (src, dst);
        record.known = record.known.with(Known::SRC_MASK).with(Known::DST_MASK);
    }
    Some(())
}

/// Format 1003: the source's AS is told, the destination's is the last of the path; where the path is empty it is the router's own.
fn gateway(record: &mut FlowRecord, mut from: Xdr<'_>) -> Option<()> {
    let hop = from.address()?;
    let [own, src_as, _peer] = [from.u32()?, from.u32()?, from.u32()?];
    if let Some(hop) = hop.filter(|_| record.next_hop == FlowAddr::NONE) {
        record.next_hop = hop.into();
    }
    if src_as != 0 {
        (record.src_as, record.known) = (src_as, record.known.with(Known::SRC_AS));
    }
    let mut dst_as = own;
    for _ in 0..from.u32()? {
        let _is_sequence = from.u32()?;
        for _ in 0..from.u32()? {
            dst_as = from.u32()?;
        }
    }
    if dst_as != 0 {
        (record.dst_as, record.known) = (dst_as, record.known.with(Known::DST_AS));
    }
    Some(())
}
