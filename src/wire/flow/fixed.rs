//! NetFlow v1, v5 and v7: records of a fixed shape.
//!
//! Source: Cisco, NetFlow Services Solutions Guide, "NetFlow Export Datagram Format". v8 (aggregates without addresses of hosts) is not read.

use super::Sink;
use super::decoder::{Datagram, Shared};
use super::exporters::Exporters;
use super::fields::Fields;
use super::octets::{u8_at, u16_at, u32_at};
use super::refusal::Refusal;
use super::stream::Told;
use crate::model::Timestamp;
use crate::model::flow::{FieldValue, FlowAddr, FlowOrigin, FlowRecord, FlowVersion, Known};
use std::net::{IpAddr, Ipv4Addr};

/// What the three have in common, by offset.
const COMMON: Known = Known::OCTETS
    .with(Known::PACKETS)
    .with(Known::START)
    .with(Known::END)
    .with(Known::IN_IF)
    .with(Known::OUT_IF)
    .with(Known::SRC_PORT)
    .with(Known::DST_PORT)
    .with(Known::TCP_FLAGS)
    .with(Known::PROTOCOL)
    .with(Known::TOS);

/// What v5 and v7 have more.
const ROUTING: Known = COMMON.with(Known::SRC_AS).with(Known::DST_AS).with(Known::SRC_MASK).with(Known::DST_MASK);

/// A version.
pub(super) trait Shape {
    const VERSION: FlowVersion;
    const HEADER: usize;
    const RECORD: usize;
    const KNOWN: Known;
    /// Whether the header has a sequence number of flows.
    const COUNTS_FLOWS: bool;
    /// Engine type and id.
    fn domain(header: &[u8]) -> u32 {
        let _ = header;
        0
    }
    /// By what the exporter samples.
    fn sampling_interval(header: &[u8]) -> u32 {
        let _ = header;
        1
    }
    /// What the version has beside [`common`].
    fn fill(octets: &[u8], record: &mut FlowRecord);
    /// What no field of a record is for.
    fn more(octets: &[u8]) -> Option<[(&'static str, FieldValue); 1]> {
        let _ = octets;
        None
    }
}

pub(super) struct V1;
pub(super) struct V5;
pub(super) struct V7;

impl Shape for V1 {
    const VERSION: FlowVersion = FlowVersion::NetFlow1;
    const HEADER: usize = 16;
    const RECORD: usize = 48;
    const KNOWN: Known = COMMON;
    const COUNTS_FLOWS: bool = false;

    fn fill(octets: &[u8], record: &mut FlowRecord) {
        record.tcp_flags = u16::from(u8_at(octets, 40));
    }
}

impl Shape for V5 {
    const VERSION: FlowVersion = FlowVersion::NetFlow5;
    const HEADER: usize = 24;
    const RECORD: usize = 48;
    const KNOWN: Known = ROUTING;
    const COUNTS_FLOWS: bool = true;

    fn domain(header: &[u8]) -> u32 {
        u32::from(u16_at(header, 20))
    }

    /// Two bits of mode, 14 of interval; 0 says that nothing is sampled, whatever the mode.
    fn sampling_interval(header: &[u8]) -> u32 {
        u32::from(u16_at(header, 22) & 0x3fff).max(1)
    }

    #[inline]
    fn fill(octets: &[u8], record: &mut FlowRecord) {
        routing(octets, record);
    }
}

impl Shape for V7 {
    const VERSION: FlowVersion = FlowVersion::NetFlow7;
    const HEADER: usize = 24;
    const RECORD: usize = 52;
    const KNOWN: Known = ROUTING;
    const COUNTS_FLOWS: bool = true;

    fn fill(octets: &[u8], record: &mut FlowRecord) {
        routing(octets, record);
    }

    /// The router that the switch passed by.
    fn more(octets: &[u8]) -> Option<[(&'static str, FieldValue); 1]> {
        let router = Ipv4Addr::from_bits(u32_at(octets, 48));
        (!router.is_unspecified()).then_some([("ipv4RouterSc", FieldValue::Ip(IpAddr::V4(router)))])
    }
}

#[inline]
fn common(octets: &[u8], told: &Told, record: &mut FlowRecord) {
    record.src = FlowAddr::v4(u32_at(octets, 0));
    record.dst = FlowAddr::v4(u32_at(octets, 4));
    record.next_hop = FlowAddr::v4(u32_at(octets, 8));
    record.in_if = u32::from(u16_at(octets, 12));
    record.out_if = u32::from(u16_at(octets, 14));
    record.packets = u64::from(u32_at(octets, 16));
    record.octets = u64::from(u32_at(octets, 20));
    record.start = told.at_uptime(u32_at(octets, 24));
    record.end = told.at_uptime(u32_at(octets, 28));
    record.src_port = u16_at(octets, 32);
    record.dst_port = u16_at(octets, 34);
    record.protocol = u8_at(octets, 38);
    record.tos = u8_at(octets, 39);
}

#[inline]
fn routing(octets: &[u8], record: &mut FlowRecord) {
    record.tcp_flags = u16::from(u8_at(octets, 37));
    record.src_as = u32::from(u16_at(octets, 40));
    record.dst_as = u32::from(u16_at(octets, 42));
    record.src_mask = u8_at(octets, 44);
    record.dst_mask = u8_at(octets, 45);
}

/// Decodes a datagram of a version.
///
/// Errors: it is shorter than its header, or there is no room for its exporter.
pub(super) fn decode<S: Shape>(
    shared: &Shared,
    exporters: &mut Exporters,
    datagram: &Datagram<'_>,
    sink: &mut impl Sink,
) -> Result<(), Refusal> {
    let (header, body) = datagram.octets.split_at_checked(S::HEADER).ok_or(Refusal::Truncated)?;
    let (id, stream) = exporters.enter(datagram, (S::VERSION, S::domain(header)), (&shared.limits, sink))?;
    let nanoseconds = i64::from(u32_at(header, 12).min(999_999_999));
    let told = Told {
        received: datagram.received,
        exported: Timestamp(i64::from(u32_at(header, 8)) * 1000 + nanoseconds / 1_000_000),
        uptime: Some(u32_at(header, 4)),
        sequence: if S::COUNTS_FLOWS { u32_at(header, 16) } else { 0 },
    };
    let count = usize::from(u16_at(header, 2));
    let size = record_size::<S>(count, body.len());
    if count * size > body.len() {
        stream.counts.refused.count(Refusal::Truncated);
    }
    let records = count.min(body.len() / size);
    if S::COUNTS_FLOWS {
        // Flows that were cut off are not lost on the way: the exporter counted them here.
        stream.sequence(&told, count as u64, false);
    }
    let origin =
        FlowOrigin { template_id: None, export_time: Some(told.exported), sequence: S::COUNTS_FLOWS.then_some(told.sequence) };
    let blank = FlowRecord { known: S::KNOWN, sampling_interval: S::sampling_interval(header), ..FlowRecord::default() };
    for octets in body.chunks_exact(size).take(records) {
        let mut record = blank;
        common(octets, &told, &mut record);
        S::fill(octets, &mut record);
        let more = S::more(octets);
        let fields = more.as_ref().map_or(Fields::none(origin), |more| Fields::listed(origin, more));
        stream.tell(id, &mut record, (told.received, fields), sink);
    }
    Ok(())
}

/// v1 is written with four octets of reserve at the end of each record by some: 52 as Cisco's table has it, 48 as softflowd does.
fn record_size<S: Shape>(count: usize, octets: usize) -> usize {
    if S::VERSION == FlowVersion::NetFlow1 && count > 0 && octets == count * (S::RECORD + 4) { S::RECORD + 4 } else { S::RECORD }
}
