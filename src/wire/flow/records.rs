//! Data sets: records by their templates.

use super::Sink;
use super::fields::{Fields, Templated};
use super::naming;
use super::octets::mask;
use super::options;
use super::plan::{Aside, Step, copy};
use super::refusal::Refusal;
use super::stream::{Stream, Told};
use super::template::{Template, TemplateField, VARIABLE};
use crate::model::Timestamp;
use crate::model::flow::{Direction, Elements, FlowAddr, FlowOrigin, FlowRecord, Known};
use crate::wire::packet::{self, LinkType};
use std::ops::Range;

/// A set of records of one template, in a datagram or kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct DataSet<'a> {
    /// At least eight octets stand before the set.
    pub(super) octets: &'a [u8],
    /// Where the records begin and end.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) id: u16,
    pub(super) told: Told,
    /// Whether it waited for its template.
    pub(super) is_replayed: bool,
}

/// Who tells them, and what the decoder knows.
pub(super) struct Teller<'s, S> {
    pub(super) id: usize,
    pub(super) elements: &'s Elements,
    /// Samplers and interfaces of one exporter that are remembered.
    pub(super) most_samplers: usize,
    pub(super) sink: &'s mut S,
    /// Where the fields of a record are that has some of variable length; kept for its room.
    pub(super) places: Vec<Range<usize>>,
}

/// Decodes a set.
///
/// Errors: a record is longer than the set.
pub(super) fn decode<S: Sink>(
    teller: &mut Teller<'_, S>,
    stream: &mut Stream,
    template: &Template,
    set: &DataSet<'_>,
) -> Result<(), Refusal> {
    if template.length == 0 {
        // Records of no length would have no end.
        return Err(Refusal::BadRecordLength);
    }
    let mut at = set.start;
    // What is shorter than the shortest record is padding (RFC 7011 §3.3.1).
    if template.shape.scope.is_some() {
        while at + template.length <= set.end {
            let end = record_end(template, set, at)?;
            options(teller, stream, template, (set, at..end));
            at = end;
        }
        return Ok(());
    }
    let blank = blank(stream, template, set);
    while at + template.length <= set.end {
        let mut flow = Flow { record: blank, aside: Aside::default(), start: at };
        at = if template.is_variable {
            variable(template, set, &mut flow, &mut teller.places)?
        } else {
            for step in &template.plan.steps {
                copy(step, (set.octets, at + step.place as usize), &set.told, (&mut flow.record, &mut flow.aside));
            }
            at + template.length
        };
        tell(teller, stream, template, (set, &mut flow));
    }
    Ok(())
}

/// A record in the making.
struct Flow {
    record: FlowRecord,
    aside: Aside,
    start: usize,
}

/// What all records of a set begin with.
fn blank(stream: &Stream, template: &Template, set: &DataSet<'_>) -> FlowRecord {
    let mut known = template.plan.known;
    if set.is_replayed {
        known = known.with(Known::REPLAYED);
    }
    if template.plan.has_uptime && set.told.uptime.is_none() && !template.plan.has_system_init {
        // IPFIX has no uptime in its header (RFC 7011 §3.1); without the time of its start these say nothing.
        known = Known(known.0 & !(Known::START.0 | Known::END.0));
    }
    FlowRecord { known, sampling_interval: stream.samplers.whole().unwrap_or(1), ..FlowRecord::default() }
}

/// Copies a record whose fields have lengths of their own; returns where it ends.
fn variable(template: &Template, set: &DataSet<'_>, flow: &mut Flow, places: &mut Vec<Range<usize>>) -> Result<usize, Refusal> {
    places.clear();
    let mut at = flow.start;
    for field in &template.shape.fields {
        let place = place(field, set, at)?;
        at = place.end;
        places.push(place);
    }
    for step in &template.plan.steps {
        let Some(place) = places.get(step.place as usize) else { continue };
        let is_fixed = template.shape.fields.get(step.place as usize).is_some_and(|field| field.length != VARIABLE);
        let step = if is_fixed {
            *step
        } else {
            Step { mask: mask(place.len()), length: u16::try_from(place.len()).unwrap_or(u16::MAX), ..*step }
        };
        copy(&step, (set.octets, place.end), &set.told, (&mut flow.record, &mut flow.aside));
    }
    Ok(at)
}

/// Where a field is that begins, with its length where that varies, at `at`.
#[inline]
fn place(field: &TemplateField, set: &DataSet<'_>, at: usize) -> Result<Range<usize>, Refusal> {
    let (start, length) = match field.length {
        VARIABLE => naming::variable(set.octets, at).ok_or(Refusal::BadRecordLength)?,
        length => (at, usize::from(length)),
    };
    if start + length > set.end { Err(Refusal::BadRecordLength) } else { Ok(start..start + length) }
}

fn record_end(template: &Template, set: &DataSet<'_>, at: usize) -> Result<usize, Refusal> {
    if !template.is_variable {
        return Ok(at + template.length);
    }
    template.shape.fields.iter().try_fold(at, |at, field| place(field, set, at).map(|place| place.end))
}

fn origin(set: &DataSet<'_>) -> FlowOrigin {
    FlowOrigin { template_id: Some(set.id), export_time: Some(set.told.exported), sequence: Some(set.told.sequence) }
}

/// Finishes a record and tells it, and its way back where it has one.
#[inline]
fn tell<S: Sink>(teller: &mut Teller<'_, S>, stream: &mut Stream, template: &Template, (set, flow): (&DataSet<'_>, &mut Flow)) {
    let Flow { record, aside, start } = flow;
    let plan = &template.plan;
    if plan.has_sampling {
        record.sampling_interval = stream.samplers.of_record(aside, plan.has_sampler_id, record.in_if);
    } else if stream.samplers.whole().is_none() {
        record.sampling_interval = stream.samplers.of_interface(record.in_if);
    }
    if plan.has_system_init || plan.has_duration {
        times(record, aside, (template, &set.told));
    }
    if plan.has_packet {
        sampled_packet(record, aside, (set.octets, plan.counts_packets));
    }
    let octets = set.octets.get(*start..set.end).unwrap_or_default();
    let more = Templated { elements: teller.elements, template, octets, is_rest: true };
    let more = Fields::templated(origin(set), more);
    stream.tell(teller.id, record, (set.told.received, more), teller.sink);
    if plan.has_reverse && (aside.reverse_octets > 0 || aside.reverse_packets > 0) {
        let mut back = reverse(record, aside);
        stream.tell(teller.id, &mut back, (set.told.received, more), teller.sink);
    }
}

/// Where an exporter sends the packet's first octets in place of its fields (Cisco and Juniper inline monitoring): what the record does
/// not tell by itself is read out of them; where nothing is counted it is one packet.
fn sampled_packet(record: &mut FlowRecord, aside: &Aside, (octets, counts): (&[u8], bool)) {
    let piece = |(end, length): (usize, usize)| octets.get(end.saturating_sub(length)..end).filter(|piece| !piece.is_empty());
    let read = |link, piece: &[u8]| packet::dissect(link, piece, u32::try_from(piece.len()).unwrap_or(u32::MAX));
    let frame = piece(aside.frame).map(|piece| read(LinkType::Ethernet, piece));
    let Some(found) = frame.or_else(|| piece(aside.ip_packet).map(|piece| read(LinkType::Ip, piece))) else { return };
    let missing = |known: Known| found.known.has(known) && !record.known.has(known);
    let mut added = Known(0);
    macro_rules! take {
        ($($known:ident $field:ident),*) => {
            $(if missing(Known::$known) {
                record.$field = found.$field;
                added = added.with(Known::$known);
            })*
        };
    }
    take!(PROTOCOL protocol, TOS tos, TCP_FLAGS tcp_flags, SRC_PORT src_port, DST_PORT dst_port, VLAN vlan, SRC_MAC src_mac, DST_MAC dst_mac);
    record.known = record.known.with(added);
    if record.src == FlowAddr::NONE && record.dst == FlowAddr::NONE {
        (record.src, record.dst) = (found.src, found.dst);
    }
    if counts && !record.known.has(Known::OCTETS) && !record.known.has(Known::PACKETS) && found.is_ip() {
        (record.octets, record.packets) = (u64::from(found.ip_octets), 1);
        record.known = record.known.with(Known::OCTETS).with(Known::PACKETS);
    }
}

/// Times that lean on others of the same record.
fn times(record: &mut FlowRecord, aside: &Aside, (template, told): (&Template, &Told)) {
    if template.plan.has_uptime && template.plan.has_system_init && told.uptime.is_none() {
        // The copies stand at the export time then, less nothing: they are told anew.
        let shift = |at: Timestamp| Timestamp(at.0.saturating_sub(told.exported.0).saturating_add(aside.system_init));
        record.start = shift(record.start);
        record.end = shift(record.end);
    }
    let duration_ms = i64::try_from(aside.duration_us / 1000).unwrap_or(i64::MAX);
    if template.plan.has_duration && record.known.has(Known::END) && !record.known.has(Known::START) {
        record.start = Timestamp(record.end.0.saturating_sub(duration_ms));
        record.known = record.known.with(Known::START);
    } else if template.plan.has_duration && record.known.has(Known::START) && !record.known.has(Known::END) {
        record.end = Timestamp(record.start.0.saturating_add(duration_ms));
        record.known = record.known.with(Known::END);
    }
}

/// The way back of a biflow as a record of its own (RFC 5103 §5): ends are exchanged, and what only holds for the way there is left out.
fn reverse(record: &FlowRecord, aside: &Aside) -> FlowRecord {
    let swapped = |known: Known, a: Known, b: Known| {
        let without = known.0 & !(a.0 | b.0);
        let a_is_known = if known.has(a) { b.0 } else { 0 };
        let b_is_known = if known.has(b) { a.0 } else { 0 };
        Known(without | a_is_known | b_is_known)
    };
    let pairs = [
        (Known::IN_IF, Known::OUT_IF),
        (Known::SRC_AS, Known::DST_AS),
        (Known::SRC_PORT, Known::DST_PORT),
        (Known::SRC_MASK, Known::DST_MASK),
        (Known::SRC_MAC, Known::DST_MAC),
    ];
    let known = pairs.iter().fold(record.known, |known, (a, b)| swapped(known, *a, *b));
    FlowRecord {
        known: known.with(Known::REVERSE),
        src: record.dst,
        dst: record.src,
        next_hop: FlowAddr::NONE,
        octets: aside.reverse_octets,
        packets: aside.reverse_packets,
        in_if: record.out_if,
        out_if: record.in_if,
        src_as: record.dst_as,
        dst_as: record.src_as,
        src_port: record.dst_port,
        dst_port: record.src_port,
        src_mask: record.dst_mask,
        dst_mask: record.src_mask,
        src_mac: record.dst_mac,
        dst_mac: record.src_mac,
        tcp_flags: aside.reverse_tcp_flags,
        tos: if aside.reverse_tos != 0 { aside.reverse_tos } else { record.tos },
        direction: Direction::Unknown,
        ..*record
    }
}

/// A record of options data.
fn options<S: Sink>(
    teller: &mut Teller<'_, S>,
    stream: &mut Stream,
    template: &Template,
    (set, place): (&DataSet<'_>, Range<usize>),
) {
    let octets = set.octets.get(place).unwrap_or_default();
    if !set.is_replayed {
        stream.counts.options_records += 1;
    }
    let said = options::read(template, octets);
    if !said.learn(stream, teller.most_samplers) {
        stream.counts.refused.count(Refusal::TooManySamplers);
    }
    for name in said.names() {
        teller.sink.name(teller.id, name);
    }
    let fields = Templated { elements: teller.elements, template, octets, is_rest: false };
    teller.sink.options(teller.id, Fields::templated(origin(set), fields));
}
