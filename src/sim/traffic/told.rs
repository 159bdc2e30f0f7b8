//! What an exporter tells of a conversation: sampled or not, and only what its form has a field for.

use super::exporter::Exporter;
use super::host::Host;
use super::spread::drawn;
use super::talk::Talk;
use super::{Slot, Traffic};
use crate::model::Timestamp;
use crate::model::flow::{Direction, FlowRecord, Known};
use crate::sim::flows::sflow::FRAME_CHECK;
use crate::sim::hash::{mix, unit};
use crate::sim::scenario::file::ExportForm;

/// Octets of a frame that are not of its IP packet: Ethernet's header and check sequence.
const FRAMING: u64 = 14 + FRAME_CHECK as u64;

/// Octets of the smallest frame (IEEE 802.3 §3.2), and of one with a VLAN tag and the headers of IPv6 and TCP.
const LEAST_FRAME: u64 = 64;
const LEAST_FRAME_6: u64 = 14 + 4 + 40 + 20 + FRAME_CHECK as u64;

/// Octets of the smallest IP packet.
const SMALLEST: u64 = 28;

/// An AS number that stands for those that don't fit 16 bits (RFC 6793 §9).
const AS_TRANS: u32 = 23_456;

/// Prefix lengths of the networks that hosts are in.
const MASKS: (u8, u8) = (24, 64);

/// applicationId: the classification engine PANA-L7 in the highest octet (RFC 6759 §4.1).
const APPLICATION_ENGINE: u64 = 13 << 24;

/// Number of the application that is no service of the scenario: what surges.
const MIRROR_APPLICATION: u64 = 0xff;

/// ACK and PSH, as long flows have; with SYN and FIN, as whole ones have (RFC 9293 §3.1).
const LONG_FLAGS: u16 = 0x18;
const WHOLE_FLAGS: u16 = 0x1b;

/// Packets above which a conversation goes on all through its minute.
const LONG: u64 = 300;

/// What fields each form has beside those that all have.
fn fields(form: ExportForm) -> Known {
    let common = [
        Known::OCTETS,
        Known::PACKETS,
        Known::START,
        Known::END,
        Known::IN_IF,
        Known::OUT_IF,
        Known::SRC_PORT,
        Known::DST_PORT,
        Known::TCP_FLAGS,
        Known::PROTOCOL,
        Known::TOS,
    ];
    let more: &[Known] = match form {
        ExportForm::Netflow5 => &[Known::SRC_AS, Known::DST_AS, Known::SRC_MASK, Known::DST_MASK],
        ExportForm::Netflow9 => &[Known::SRC_AS, Known::DST_AS, Known::SRC_MASK, Known::DST_MASK, Known::APP],
        ExportForm::Ipfix => &[Known::SRC_MASK, Known::DST_MASK, Known::VLAN],
        ExportForm::Sflow5 => &[Known::VLAN, Known::SRC_MAC, Known::DST_MAC],
    };
    common.iter().chain(more).fold(Known::default(), |all, one| all.with(*one))
}

/// applicationId of a place in the scenario's services; `None` is what surges.
pub fn application(service: Option<usize>) -> u64 {
    APPLICATION_ENGINE | service.map_or(MIRROR_APPLICATION, |place| place as u64 + 1)
}

/// A record, and of how many the exporter tells: sFlow tells each sampled packet by itself, and this is their sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Told {
    /// What it says.
    pub record: FlowRecord,
    /// Octets of each frame, for who shows frames.
    pub frame: u64,
    /// See [`Talk::key`].
    pub key: u64,
    /// The port by which it came in: place in the exporter's ports.
    pub from: usize,
}

impl Traffic {
    /// What an exporter tells of a slot, as `FlowRecord`s: octets of NetFlow and IPFIX are those of IP packets, of sFlow those of
    /// frames; both as sampled, not scaled. v5 knows no IPv6.
    pub fn told(&self, exporter: &Exporter, slot: Slot) -> Vec<Told> {
        let told = |talk: &Talk| self.told_of(exporter, talk, slot);
        let all = self.talks(exporter, slot);
        match exporter.export.how {
            ExportForm::Netflow5 => all.iter().filter_map(told).flat_map(parts).collect(),
            _ => all.iter().filter_map(told).collect(),
        }
    }

    fn told_of(&self, exporter: &Exporter, talk: &Talk, slot: Slot) -> Option<Told> {
        let form = exporter.export.how;
        if form == ExportForm::Netflow5 && !talk.src.is_v4() {
            return None;
        }
        let least = if talk.src.is_v4() { LEAST_FRAME } else { LEAST_FRAME_6 };
        let frame = (talk.octets / talk.packets.max(1)).clamp(least, 1518);
        let (octets, packets) = sampled(talk, exporter.export.sampling)?;
        let inner = octets.saturating_sub(packets * FRAMING).max(packets * SMALLEST);
        let (octets, frame) = if form == ExportForm::Sflow5 { (packets * frame, frame) } else { (inner, frame) };
        let [src, dst] = [talk.hosts.0, talk.hosts.1].map(|number| self.people().host(number));
        let (start, end) = times(talk, slot);
        let if_index = |place: usize| exporter.ports.get(place).map_or(0, |port| port.if_index);
        let (long, short) = MASKS;
        let mask = if talk.src.is_v4() { long } else { short };
        let record = FlowRecord {
            src: talk.src,
            dst: talk.dst,
            octets,
            packets,
            start,
            end,
            in_if: if_index(talk.from),
            out_if: if_index(talk.to),
            src_as: number_of_as(form, src),
            dst_as: number_of_as(form, dst),
            sampling_interval: exporter.export.sampling.max(1),
            src_port: talk.src_port,
            dst_port: talk.dst_port,
            vlan: src.into_iter().chain(dst).map(|host| host.vlan).find(|vlan| *vlan != 0).unwrap_or(0),
            tcp_flags: if talk.protocol != 6 {
                0
            } else if talk.packets > LONG {
                LONG_FLAGS
            } else {
                WHOLE_FLAGS
            },
            protocol: talk.protocol,
            tos: talk.dscp << 2,
            src_mask: mask,
            dst_mask: mask,
            direction: direction(form, if_index(talk.from)),
            src_mac: src.map(|host| host.mac).unwrap_or_default(),
            dst_mac: dst.map(|host| host.mac).unwrap_or_default(),
            app: application(talk.service),
            ..FlowRecord::default()
        };
        Some(Told { record: only(record, fields(form)), frame, key: talk.key, from: talk.from })
    }
}

/// v5 counts octets in 32 bits: what is more is told in several records.
fn parts(told: Told) -> Vec<Told> {
    let record = &told.record;
    let count = record.octets.div_ceil(u64::from(u32::MAX)).max(1);
    let part = |whole: u64, nth: u64| whole * (nth + 1) / count - whole * nth / count;
    let nth = |nth: u64| {
        let record = FlowRecord { octets: part(record.octets, nth), packets: part(record.packets, nth), ..*record };
        Told { record, key: if nth == 0 { told.key } else { mix(told.key, nth) }, ..told }
    };
    (0..count).map(nth).collect()
}

/// Octets and packets as they were sampled; `None` where none was.
fn sampled(talk: &Talk, sampling: u32) -> Option<(u64, u64)> {
    if sampling <= 1 {
        return Some((talk.octets, talk.packets));
    }
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let packets = drawn(talk.packets as f64 / f64::from(sampling), mix(talk.key, 77)).min(talk.packets);
    // As large as they are on average: the rest of the division is not lost, or all would be a little too small.
    let octets = u128::from(talk.octets) * u128::from(packets) / u128::from(talk.packets.max(1));
    (packets > 0).then(|| (u64::try_from(octets).unwrap_or(u64::MAX), packets))
}

fn number_of_as(form: ExportForm, host: Option<&Host>) -> u32 {
    let number = host.map_or(0, |host| host.asn);
    if form == ExportForm::Netflow5 && number > u32::from(u16::MAX) { AS_TRANS } else { number }
}

/// v5 does not tell. sFlow samples where a packet comes in, and what hosts at the device itself send where it leaves.
const fn direction(form: ExportForm, in_if: u32) -> Direction {
    match (form, in_if) {
        (ExportForm::Netflow5, _) => Direction::Unknown,
        (ExportForm::Sflow5, 0) => Direction::Egress,
        _ => Direction::Ingress,
    }
}

/// When it was talked: large ones all through, small ones for some seconds.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "times of this age fit")]
fn times(talk: &Talk, slot: Slot) -> (Timestamp, Timestamp) {
    let width = slot.to - slot.from;
    let lasts = if talk.packets > LONG { width } else { (talk.packets as f64 / LONG as f64 * width).max(0.001) };
    let start = slot.from + (width - lasts) * unit(mix(talk.key, 78));
    let millis = |seconds: f64| Timestamp((seconds * 1000.0) as i64);
    // The last moment of a slot is no more in it.
    (millis(start), Timestamp(millis(start + lasts).0.min(millis(slot.to).0 - 1)))
}

/// A record with only those fields.
fn only(record: FlowRecord, known: Known) -> FlowRecord {
    let mut only = FlowRecord { known, next_hop: record.next_hop, direction: record.direction, ..record };
    for (field, clear) in CLEARS {
        if !known.has(*field) {
            clear(&mut only);
        }
    }
    only
}

type Clear = fn(&mut FlowRecord);

const CLEARS: &[(Known, Clear)] = &[
    (Known::SRC_AS, |record| record.src_as = 0),
    (Known::DST_AS, |record| record.dst_as = 0),
    (Known::SRC_MASK, |record| record.src_mask = 0),
    (Known::DST_MASK, |record| record.dst_mask = 0),
    (Known::VLAN, |record| record.vlan = 0),
    (Known::SRC_MAC, |record| record.src_mac = crate::model::MacAddr::default()),
    (Known::DST_MAC, |record| record.dst_mac = crate::model::MacAddr::default()),
    (Known::APP, |record| record.app = 0),
];
