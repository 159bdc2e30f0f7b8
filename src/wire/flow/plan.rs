//! A template compiled: what of a record's octets goes where. This is the hot path.

use super::fields::KEPT;
use super::limits::BiflowView;
use super::naming::{self, IPFIX_REVERSE};
use super::octets::{mask, wide_to, word_to};
use super::stream::Told;
use super::target::{self, Group, Target, Unit};
use super::template::{Shape, TemplateField, VARIABLE};
use crate::model::flow::{Direction, Elements, FlowAddr, FlowRecord, Known};
use crate::model::{MacAddr, Timestamp};

/// From this rank on an element stands in for octets or packets only where flows are summed up, see [`BiflowView`].
const FIRST_SUBSTITUTE: u8 = 5;

/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// One copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) target: Target,
    /// Where the field ends, from the record's start; of a template with variable lengths the number of the field.
    pub(super) place: u32,
    /// Its octets.
    pub(super) length: u16,
    /// Which of the eight octets before are the field's.
    pub(super) mask: u64,
}

/// All copies of a template.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) steps: Box<[Step]>,
    /// What a record of it tells.
    pub(super) known: Known,
    /// By field: whether a step copies it, so that it is not told a second time.
    pub(super) is_filled: Box<[bool]>,
    /// Whether there are fields that no step copies.
    pub(super) has_more: bool,
    /// Whether any of those is worth keeping ([`KEPT`]).
    pub(super) has_kept: bool,
    /// Whether a record says by itself how it was sampled, or by which sampler.
    pub(super) has_sampling: bool,
    pub(super) has_sampler_id: bool,
    /// Whether a time is told in the exporter's uptime.
    pub(super) has_uptime: bool,
    pub(super) has_system_init: bool,
    pub(super) has_duration: bool,
    pub(super) has_reverse: bool,
    pub(super) has_packet: bool,
    /// Whether such a packet counts where the template has no counters, see [`BiflowView`].
    pub(super) counts_packets: bool,
}

/// What a record tells beside itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aside {
    pub(super) sampling_interval: u64,
    pub(super) sampler_id: u64,
    pub(super) sampling_algorithm: u64,
    pub(super) packet_interval: u64,
    pub(super) packet_space: u64,
    pub(super) system_init: i64,
    pub(super) duration_us: u64,
    pub(super) reverse_octets: u64,
    pub(super) reverse_packets: u64,
    pub(super) reverse_tcp_flags: u16,
    pub(super) reverse_tos: u8,
    /// Where the piece of the packet ends, from the octets' start, and its length; 0 where there is none.
    pub(super) frame: (usize, usize),
    pub(super) ip_packet: (usize, usize),
}

/// A field that could fill something.
struct Candidate {
    field: usize,
    group: Group,
    rank: u8,
    known: Known,
    target: Target,
}

impl Plan {
    pub(super) fn new(shape: &Shape, elements: &Elements, view: BiflowView) -> Self {
        let candidates: Vec<Candidate> =
            (0..shape.fields.len()).filter_map(|field| candidate(shape, field, elements, view)).collect();
        let is_variable = shape.fields.iter().any(|field| field.length == VARIABLE);
        let mut ends = Vec::with_capacity(shape.fields.len());
        let mut end = 0u32;
        for field in &shape.fields {
            end += u32::from(field.length);
            ends.push(end);
        }
        let mut plan = Self { is_filled: vec![false; shape.fields.len()].into(), ..Self::default() };
        let mut steps: Vec<Step> = Vec::with_capacity(candidates.len());
        for candidate in &candidates {
            let is_bettered = candidates.iter().any(|other| other.group == candidate.group && other.rank < candidate.rank);
            // Of a field that stands there twice the first counts; of an address both families may.
            if is_bettered || steps.iter().any(|step| step.target == candidate.target) {
                continue;
            }
            let length = shape.fields.get(candidate.field).map_or(0, |field| field.length);
            let place = match is_variable {
                true => u32::try_from(candidate.field).unwrap_or(u32::MAX),
                false => ends.get(candidate.field).copied().unwrap_or(0),
            };
            steps.push(Step { target: candidate.target, place, length, mask: mask(usize::from(length)) });
            plan.known = plan.known.with(candidate.known);
            if let Some(is_filled) = plan.is_filled.get_mut(candidate.field) {
                *is_filled = !is_told_beside(candidate.group);
            }
        }
        plan.counts_packets = view == BiflowView::Uniflows;
        plan.steps = steps.into();
        plan.note(shape);
        let is_kept = |(field, is_filled): (&TemplateField, &bool)| {
            !is_filled && elements.get(field.enterprise, field.number).is_some_and(|known| KEPT.contains(&known.name.as_str()))
        };
        plan.has_kept = shape.fields.iter().zip(&plan.is_filled).any(is_kept);
        plan
    }

    /// What has to be done after the copies.
    fn note(&mut self, shape: &Shape) {
        let has = |is_it: fn(Target) -> bool| self.steps.iter().any(|step| is_it(step.target));
        self.has_sampler_id = has(|target| target == Target::SamplerId);
        self.has_sampling = self.has_sampler_id
            || has(|target| {
                matches!(
                    target,
                    Target::SamplingInterval | Target::SamplingAlgorithm | Target::PacketInterval | Target::PacketSpace
                )
            });
        self.has_uptime = has(|target| matches!(target, Target::Start(Unit::Uptime) | Target::End(Unit::Uptime)));
        self.has_system_init = has(|target| target == Target::SystemInit);
        self.has_duration = has(|target| matches!(target, Target::DurationMs | Target::DurationUs));
        self.has_reverse = has(|target| matches!(target, Target::ReverseOctets | Target::ReversePackets));
        self.has_packet = has(|target| matches!(target, Target::Frame | Target::IpPacket));
        let told = |(at, is_filled): (usize, &bool)| {
            !is_filled && shape.fields.get(at).is_some_and(|field| field.length > 0 && !naming::is_padding(field))
        };
        self.has_more = self.is_filled.iter().enumerate().any(told);
    }
}

/// What fills a field of the record and is shown by its own name as well, because the record's field says less or something else.
fn is_told_beside(group: Group) -> bool {
    matches!(
        group,
        Group::App
            | Group::SamplerId
            | Group::SamplingAlgorithm
            | Group::PacketInterval
            | Group::PacketSpace
            | Group::SystemInit
            | Group::DurationMs
            | Group::DurationUs
            | Group::Dscp
            | Group::ReverseOctets
            | Group::ReversePackets
            | Group::ReverseTcpFlags
            | Group::ReverseTos
            | Group::Frame
            | Group::IpPacket
    )
}

fn candidate(shape: &Shape, at: usize, elements: &Elements, view: BiflowView) -> Option<Candidate> {
    let field = shape.fields.get(at)?;
    if field.length == 0 {
        return None;
    }
    let is_reverse = field.enterprise == IPFIX_REVERSE;
    let element = if is_reverse { elements.get(0, field.number)? } else { elements.get(field.enterprise, field.number)? };
    let text = element.field.as_deref()?;
    let filled = target::filled(text)?;
    let is_way_back = is_reverse || is_of_way_back(filled.group);
    if is_way_back && view == BiflowView::Records {
        return None;
    }
    let (group, known) = if is_reverse { (target::reversed(filled.group)?, Known(0)) } else { (filled.group, filled.known) };
    if filled.rank >= FIRST_SUBSTITUTE && view == BiflowView::Records && counts(group) {
        return None;
    }
    let target = target::target(text, group, element.kind, field.length)?;
    Some(Candidate { field: at, group, rank: filled.rank, known, target })
}

fn is_of_way_back(group: Group) -> bool {
    matches!(group, Group::ReverseOctets | Group::ReversePackets)
}

/// Whether it is a count, of which a view may leave out the substitutes.
fn counts(group: Group) -> bool {
    matches!(group, Group::Octets | Group::Packets | Group::ReverseOctets | Group::ReversePackets)
}

/// Copies one field that ends at `end` of `octets`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a field longer than its element means its low octets"
)]
#[inline]
pub(super) fn copy(step: &Step, (octets, end): (&[u8], usize), told: &Told, (record, aside): (&mut FlowRecord, &mut Aside)) {
    let value = word_to(octets, end) & step.mask;
    match step.target {
        Target::Octets => record.octets = value,
        Target::Packets => record.packets = value,
        Target::Protocol => record.protocol = value as u8,
        Target::Tos => record.tos = value as u8,
        Target::Dscp => {
            if !record.known.has(Known::TOS) {
                record.tos = (value as u8) << 2;
            }
        }
        Target::TcpFlags => record.tcp_flags = value as u16,
        Target::SrcPort => record.src_port = value as u16,
        Target::DstPort => record.dst_port = value as u16,
        Target::SrcV4 => v4(&mut record.src, value as u32),
        Target::DstV4 => v4(&mut record.dst, value as u32),
        Target::NextHopV4 => v4(&mut record.next_hop, value as u32),
        Target::SrcV6 => v6(&mut record.src, wide_to(octets, end)),
        Target::DstV6 => v6(&mut record.dst, wide_to(octets, end)),
        Target::NextHopV6 => v6(&mut record.next_hop, wide_to(octets, end)),
        Target::InIf => record.in_if = value as u32,
        Target::OutIf => record.out_if = value as u32,
        Target::SrcAs => record.src_as = value as u32,
        Target::DstAs => record.dst_as = value as u32,
        Target::SrcMask => record.src_mask = value as u8,
        Target::DstMask => record.dst_mask = value as u8,
        Target::Vlan => record.vlan = value as u16,
        Target::SrcMac => record.src_mac = mac(value),
        Target::DstMac => record.dst_mac = mac(value),
        Target::Direction => {
            record.direction = match value {
                0 => Direction::Ingress,
                1 => Direction::Egress,
                _ => Direction::Unknown,
            }
        }
        Target::App => record.app = value,
        Target::Start(unit) => record.start = time(unit, value, told),
        Target::End(unit) => record.end = time(unit, value, told),
        Target::SamplingInterval => aside.sampling_interval = value,
        Target::SamplerId => aside.sampler_id = value,
        Target::SamplingAlgorithm => aside.sampling_algorithm = value,
        Target::PacketInterval => aside.packet_interval = value,
        Target::PacketSpace => aside.packet_space = value,
        Target::SystemInit => aside.system_init = value as i64,
        Target::DurationMs => aside.duration_us = value.saturating_mul(1000),
        Target::DurationUs => aside.duration_us = value,
        Target::ReverseOctets => aside.reverse_octets = value,
        Target::ReversePackets => aside.reverse_packets = value,
        Target::ReverseTcpFlags => aside.reverse_tcp_flags = value as u16,
        Target::ReverseTos => aside.reverse_tos = value as u8,
        Target::Frame => aside.frame = (end, step.length as usize),
        Target::IpPacket => aside.ip_packet = (end, step.length as usize),
    }
}

/// A template may have both families, of which the other is all zero.
#[inline]
fn v4(address: &mut FlowAddr, value: u32) {
    if value != 0 || *address == FlowAddr::NONE {
        *address = FlowAddr::v4(value);
    }
}

#[inline]
fn v6(address: &mut FlowAddr, value: u128) {
    if value != 0 {
        *address = FlowAddr(value);
    }
}

#[inline]
fn mac(value: u64) -> MacAddr {
    let [_, _, octets @ ..] = value.to_be_bytes();
    MacAddr(octets)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "times that no clock shows are marked as implausible"
)]
fn time(unit: Unit, value: u64, told: &Told) -> Timestamp {
    match unit {
        Unit::Uptime => told.at_uptime(value as u32),
        Unit::Seconds => Timestamp::from_secs(value as i64),
        Unit::Milliseconds => Timestamp(value as i64),
        Unit::Ntp => {
            let (seconds, fraction) = ((value >> 32) as i64, value & 0xffff_ffff);
            Timestamp((seconds - NTP_TO_UNIX) * 1000 + ((fraction * 1000) >> 32) as i64)
        }
        Unit::DeltaMicroseconds => Timestamp(told.exported.0.saturating_sub((value / 1000) as i64)),
    }
}

/// A point in time of an element that is told by itself; `None` for units that lean on the datagram.
pub(super) fn told_time(kind: crate::model::flow::ElementKind, octets: &[u8]) -> Timestamp {
    use crate::model::flow::ElementKind as Kind;
    let unit = match kind {
        Kind::DateTimeSeconds => Unit::Seconds,
        Kind::DateTimeMicroseconds | Kind::DateTimeNanoseconds => Unit::Ntp,
        _ => Unit::Milliseconds,
    };
    time(unit, super::octets::unsigned(octets), &Told::default())
}
