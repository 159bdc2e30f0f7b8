//! Captures of packets: pcap and pcapng files, read packet by packet. pcap-file frames their records; nothing else knows that crate.
//!
//! A file is hostile like a datagram: no length in it is believed, and no more is kept of it than one record. Start at [`open`].

pub mod writer;

use super::packet::{self, Fragment, LinkType};
use crate::model::Timestamp;
use crate::model::flow::FlowAddr;
use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::PcapNgParser;
use pcap_file::{Endianness, PcapError};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::ops::Range;

/// Longer records are none: the largest snapshot length of libpcap is 256 KiB, and a block of names may be some more.
const LONGEST_RECORD: usize = 16 << 20;

/// Read at once.
const PIECE: usize = 256 << 10;

/// More interfaces has no capture.
const MOST_INTERFACES: usize = 4096;

/// The payload of a UDP datagram is no longer (RFC 768).
pub const LONGEST_DATAGRAM: usize = 65_535;

/// Why a capture can't be read on. What was read of it before holds.
#[derive(Debug, thiserror::Error)]
pub enum PcapFault {
    /// The file can't be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It ends inside of a record.
    #[error("it is cut off inside of a packet")]
    CutOff,
    /// A record is not what the format allows.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// What a file is.
pub enum Input<R> {
    /// A capture.
    Capture(Box<Reader<R>>),
    /// Anything else that is no longer than a datagram: the payload of one.
    Payload(Vec<u8>),
}

/// A packet of a capture.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When it was captured.
    pub at: Timestamp,
    /// What it begins with: a number of tcpdump.org's list of link types.
    pub link: u32,
    /// As much of it as was captured.
    pub octets: &'a [u8],
    /// Its length on the wire.
    pub wire_octets: u32,
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Who sent it.
    pub source: SocketAddr,
    /// Whom it is for.
    pub destination: SocketAddr,
    /// As much of its content as was captured.
    pub payload: &'a [u8],
    /// Whether it is only the first piece of one (RFC 791 §3.2).
    pub is_fragment: bool,
}

/// What a packet is to who looks for datagrams.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// One.
    Datagram(Datagram<'a>),
    /// A later piece of one, or of something else.
    Fragment,
    /// Not UDP.
    Other,
    /// Of a link type that can't be read.
    UnknownLink,
}

impl<'a> Packet<'a> {
    /// The datagram in it.
    pub fn datagram(&self) -> Found<'a> {
        let Some(link) = LinkType::from_pcap(self.link) else { return Found::UnknownLink };
        let packet = packet::dissect(link, self.octets, self.wire_octets);
        let (start, end) = (packet.payload_at as usize, (packet.payload_end as usize).min(self.octets.len()));
        match (packet.fragment, self.octets.get(start..end)) {
            (Fragment::Later, _) => Found::Fragment,
            (fragment, Some(payload)) if start > 0 => Found::Datagram(Datagram {
                source: socket(packet.src, packet.src_port),
                destination: socket(packet.dst, packet.dst_port),
                payload,
                is_fragment: fragment == Fragment::First,
            }),
            _ => Found::Other,
        }
    }
}

fn socket(address: FlowAddr, port: u16) -> SocketAddr {
    SocketAddr::new(address.ip().unwrap_or(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)), port)
}

/// An interface of a pcapng section.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u32,
    /// Units of its times in a second.
    per_second: u64,
    offset_secs: i64,
}

enum Format {
    Pcap(PcapParser),
    PcapNg { parser: PcapNgParser, interfaces: Vec<Interface> },
}

/// Reads a capture.
pub struct Reader<R> {
    input: R,
    buffer: Vec<u8>,
    /// What of the buffer is not parsed yet.
    open: Range<usize>,
    format: Format,
    has_ended: bool,
}

/// Opens a file by its first octets.
///
/// # Errors
/// It can't be read, or is neither a capture nor as short as a datagram.
pub fn open<R: Read>(mut input: R) -> Result<Input<R>, PcapFault> {
    let mut buffer = Vec::new();
    fill(&mut input, &mut buffer, PIECE)?;
    let format = match buffer.first_chunk::<4>() {
        Some([0x0a, 0x0d, 0x0d, 0x0a]) => {
            PcapNgParser::new(&buffer).map(|(rest, parser)| (rest.len(), Format::PcapNg { parser, interfaces: Vec::new() }))
        }
        Some([0xd4, 0xc3, 0xb2, 0xa1] | [0xa1, 0xb2, 0xc3, 0xd4] | [0x4d, 0x3c, 0xb2, 0xa1] | [0xa1, 0xb2, 0x3c, 0x4d]) => {
            PcapParser::new(&buffer).map(|(rest, parser)| (rest.len(), Format::Pcap(parser)))
        }
        _ if buffer.len() <= LONGEST_DATAGRAM => return Ok(Input::Payload(buffer)),
        _ => return Err(PcapFault::Damaged("neither pcap nor pcapng, and longer than a datagram".to_owned())),
    };
    let (rest, format) = format.map_err(fault)?;
    let open = buffer.len() - rest..buffer.len();
    Ok(Input::Capture(Box::new(Reader { input, buffer, open, format, has_ended: false })))
}

/// Reads up to so many octets more; fewer only at the end.
fn fill(input: &mut impl Read, buffer: &mut Vec<u8>, octets: usize) -> io::Result<usize> {
    input.take(octets as u64).read_to_end(buffer)
}

fn fault(error: PcapError) -> PcapFault {
    match error {
        PcapError::IncompleteBuffer => PcapFault::CutOff,
        PcapError::IoError(error) => PcapFault::Io(error),
        other => PcapFault::Damaged(other.to_string()),
    }
}

/// A record found in the buffer.
struct Record {
    at: Timestamp,
    link: u32,
    octets: Range<usize>,
    wire_octets: u32,
}

impl<R: Read> Reader<R> {
    /// The next packet. After a fault there are no more.
    pub fn next_packet(&mut self) -> Option<Result<Packet<'_>, PcapFault>> {
        let record = self.next_record()?;
        Some(record.map(|record| Packet {
            at: record.at,
            link: record.link,
            octets: self.buffer.get(record.octets).unwrap_or_default(),
            wire_octets: record.wire_octets,
        }))
    }

    fn next_record(&mut self) -> Option<Result<Record, PcapFault>> {
        while !self.has_ended {
            match self.parse() {
                Ok(Some(record)) => return Some(Ok(record)),
                Ok(None) => {}
                Err(PcapError::IncompleteBuffer) => match self.read_on() {
                    Ok(true) => {}
                    Ok(false) => {
                        self.has_ended = true;
                        // Between two records is the right place to end.
                        return (!self.open.is_empty()).then_some(Err(PcapFault::CutOff));
                    }
                    Err(error) => return Some(Err(self.end(error))),
                },
                Err(error) => return Some(Err(self.end(fault(error)))),
            }
        }
        None
    }

    fn end(&mut self, fault: PcapFault) -> PcapFault {
        self.has_ended = true;
        fault
    }

    /// Makes room and reads; `false` at the end of the file.
    fn read_on(&mut self) -> Result<bool, PcapFault> {
        self.buffer.drain(..self.open.start);
        self.open = 0..self.buffer.len();
        if self.buffer.len() >= LONGEST_RECORD {
            return Err(PcapFault::Damaged(format!("a record is longer than {LONGEST_RECORD} octets")));
        }
        let read = fill(&mut self.input, &mut self.buffer, PIECE)?;
        self.open.end = self.buffer.len();
        Ok(read > 0)
    }

    /// One record of the buffer; `None` is one without a packet.
    fn parse(&mut self) -> Result<Option<Record>, PcapError> {
        let source = self.buffer.get(self.open.clone()).unwrap_or_default();
        if source.is_empty() {
            return Err(PcapError::IncompleteBuffer);
        }
        let start = self.open.start;
        let (rest, record) = match &mut self.format {
            Format::Pcap(parser) => pcap(parser, source)?,
            Format::PcapNg { parser, interfaces } => pcapng(parser, interfaces, source)?,
        };
        self.open.start = self.open.end - rest;
        Ok(record.map(|record| Record { octets: start + record.octets.start..start + record.octets.end, ..record }))
    }
}

/// A record of a pcap file; returns how much is left behind it.
fn pcap(parser: &PcapParser, source: &[u8]) -> Result<(usize, Option<Record>), PcapError> {
    let header = parser.header();
    let (rest, raw) = match parser.next_raw_packet(source) {
        // Rather than to read a file to its end for a length that can't be.
        Err(PcapError::IncompleteBuffer) if captured_length(&header.endianness, source) > LONGEST_RECORD => {
            return Err(PcapError::InvalidField("a packet's length can't be"));
        }
        other => other?,
    };
    let per_second = if header.ts_resolution == pcap_file::TsResolution::NanoSecond { 1_000_000_000 } else { 1_000_000 };
    let end = source.len() - rest.len();
    Ok((
        rest.len(),
        Some(Record {
            at: Timestamp(i64::from(raw.ts_sec) * 1000 + i64::try_from(u64::from(raw.ts_frac) * 1000 / per_second).unwrap_or(0)),
            // The upper bits tell of the frame check sequence.
            link: u32::from(header.datalink) & 0xffff,
            octets: end - raw.data.len()..end,
            wire_octets: raw.orig_len,
        }),
    ))
}

fn captured_length(order: &Endianness, source: &[u8]) -> usize {
    word(source, 8, order).map_or(0, |length| length as usize)
}

fn word(octets: &[u8], at: usize, order: &Endianness) -> Option<u32> {
    let word = *octets.get(at..)?.first_chunk::<4>()?;
    Some(if order.is_big() { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
}

/// Blocks of pcapng (draft-ietf-opsawg-pcapng §4).
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
const SECTION: u32 = 0x0a0d_0d0a;

/// Octets of type and length before a block's body.
const BLOCK_HEAD: usize = 8;

/// A block of a pcapng file; returns how much is left behind it.
fn pcapng(
    parser: &mut PcapNgParser,
    interfaces: &mut Vec<Interface>,
    source: &[u8],
) -> Result<(usize, Option<Record>), PcapError> {
    let (rest, block) = parser.next_raw_block(source)?;
    let (rest, kind, body) = (rest.len(), block.type_, block.body);
    let order = parser.section().endianness;
    let record = match kind {
        SECTION => {
            interfaces.clear();
            None
        }
        INTERFACE if interfaces.len() >= MOST_INTERFACES => return Err(PcapError::InvalidField("too many interfaces")),
        INTERFACE => {
            interfaces.push(interface(&body, &order));
            None
        }
        ENHANCED_PACKET => enhanced(&body, &order, interfaces),
        OLD_PACKET => old(&body, &order, interfaces),
        SIMPLE_PACKET => simple(&body, &order, interfaces),
        _ => None,
    };
    let shifted =
        record.map(|record| Record { octets: BLOCK_HEAD + record.octets.start..BLOCK_HEAD + record.octets.end, ..record });
    Ok((rest, shifted))
}

/// Options of an interface: if_tsresol and if_tsoffset.
const TIME_RESOLUTION: u16 = 9;
const TIME_OFFSET: u16 = 14;

fn half(octets: &[u8], at: usize, order: &Endianness) -> Option<u16> {
    let word = *octets.get(at..)?.first_chunk::<2>()?;
    Some(if order.is_big() { u16::from_be_bytes(word) } else { u16::from_le_bytes(word) })
}

fn interface(body: &[u8], order: &Endianness) -> Interface {
    let mut interface = Interface { link: half(body, 0, order).map_or(0, u32::from), per_second: 1_000_000, offset_secs: 0 };
    let mut at = 8;
    while let (Some(code), Some(length)) = (half(body, at, order), half(body, at + 2, order)) {
        let (start, length) = (at + 4, usize::from(length));
        match (code, body.get(start..start + length)) {
            (0, _) => break,
            // A power of ten, or with the highest bit of two.
            (TIME_RESOLUTION, Some([power @ 0..=19])) => interface.per_second = 10u64.pow(u32::from(*power)),
            (TIME_RESOLUTION, Some([power @ 0x80..=0xbf])) => interface.per_second = 1 << (power & 0x3f),
            (TIME_OFFSET, Some(octets)) if length == 8 => {
                let [high, low] = [0, 4].map(|at| u64::from(word(octets, at, order).unwrap_or(0)));
                let bits = if order.is_big() { high << 32 | low } else { low << 32 | high };
                #[allow(clippy::cast_possible_wrap, reason = "two's complement")]
                let offset = bits as i64;
                interface.offset_secs = offset;
            }
            _ => {}
        }
        at = start + length.next_multiple_of(4);
    }
    interface
}

fn enhanced(body: &[u8], order: &Endianness, interfaces: &[Interface]) -> Option<Record> {
    let interface = interfaces.get(word(body, 0, order)? as usize)?;
    timed(body, order, interface)
}

fn old(body: &[u8], order: &Endianness, interfaces: &[Interface]) -> Option<Record> {
    let interface = interfaces.get(usize::from(half(body, 0, order)?))?;
    timed(body, order, interface)
}

/// What an enhanced packet and the packet that it replaced have in common from the fourth octet on.
fn timed(body: &[u8], order: &Endianness, interface: &Interface) -> Option<Record> {
    let [high, low, captured, wire_octets] = [4, 8, 12, 16].map(|at| word(body, at, order));
    let units = u64::from(high?) << 32 | u64::from(low?);
    let millis = u128::from(units) * 1000 / u128::from(interface.per_second);
    let millis = i64::try_from(millis).unwrap_or(i64::MAX).saturating_add(interface.offset_secs.saturating_mul(1000));
    let end = (20 + captured? as usize).min(body.len());
    Some(Record { at: Timestamp(millis), link: interface.link, octets: 20..end, wire_octets: wire_octets? })
}

/// A packet without a time, of the first interface.
fn simple(body: &[u8], order: &Endianness, interfaces: &[Interface]) -> Option<Record> {
    let wire_octets = word(body, 0, order)?;
    let end = (4 + wire_octets as usize).min(body.len());
    Some(Record { at: Timestamp(0), link: interfaces.first()?.link, octets: 4..end, wire_octets })
}

#[cfg(test)]
mod tests;
