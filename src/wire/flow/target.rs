//! The fields of a record that elements fill, by the words of `mibs/flow`.

use crate::model::flow::{ElementKind, Known};

/// What an element's octets become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Octets,
    Packets,
    Protocol,
    Tos,
    Dscp,
    TcpFlags,
    SrcPort,
    DstPort,
    SrcV4,
    SrcV6,
    DstV4,
    DstV6,
    NextHopV4,
    NextHopV6,
    InIf,
    OutIf,
    SrcAs,
    DstAs,
    SrcMask,
    DstMask,
    Vlan,
    SrcMac,
    DstMac,
    Direction,
    App,
    SamplingInterval,
    SamplerId,
    SamplingAlgorithm,
    PacketInterval,
    PacketSpace,
    Start(Unit),
    End(Unit),
    SystemInit,
    DurationMs,
    DurationUs,
    ReverseOctets,
    ReversePackets,
    ReverseTcpFlags,
    ReverseTos,
    /// A piece of the packet itself: of its frame, or of its IP header on.
    Frame,
    IpPacket,
}

/// How a time is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Milliseconds since the exporter's start.
    Uptime,
    /// Since 1970.
    Seconds,
    /// Since 1970.
    Milliseconds,
    /// Seconds since 1900 and a fraction of 2^32 (RFC 7011 §6.1.9, §6.1.10).
    Ntp,
    /// Microseconds before the export time (RFC 7012 §5.11.9).
    DeltaMicroseconds,
}

/// A word of `mibs/flow`: the group of which one element fills the record, and what makes it known.
struct Word {
    word: &'static str,
    group: Group,
    known: Known,
}

/// Of each group one element counts: that of the lowest rank which the template has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Octets,
    Packets,
    Protocol,
    Tos,
    Dscp,
    TcpFlags,
    SrcPort,
    DstPort,
    Src,
    Dst,
    NextHop,
    InIf,
    OutIf,
    SrcAs,
    DstAs,
    SrcMask,
    DstMask,
    Vlan,
    SrcMac,
    DstMac,
    Direction,
    App,
    SamplingInterval,
    SamplerId,
    SamplingAlgorithm,
    PacketInterval,
    PacketSpace,
    Start,
    End,
    SystemInit,
    DurationMs,
    DurationUs,
    ReverseOctets,
    ReversePackets,
    ReverseTcpFlags,
    ReverseTos,
    Frame,
    IpPacket,
}

const fn word(word: &'static str, group: Group, known: Known) -> Word {
    Word { word, group, known }
}

/// Of what no bit tells that it is known.
const NONE: Known = Known(0);

const WORDS: &[Word] = &[
    word("octets", Group::Octets, Known::OCTETS),
    word("packets", Group::Packets, Known::PACKETS),
    word("protocol", Group::Protocol, Known::PROTOCOL),
    word("tos", Group::Tos, Known::TOS),
    word("dscp", Group::Dscp, NONE),
    word("tcpFlags", Group::TcpFlags, Known::TCP_FLAGS),
    word("srcPort", Group::SrcPort, Known::SRC_PORT),
    word("dstPort", Group::DstPort, Known::DST_PORT),
    word("src", Group::Src, NONE),
    word("dst", Group::Dst, NONE),
    word("nextHop", Group::NextHop, NONE),
    word("inIf", Group::InIf, Known::IN_IF),
    word("outIf", Group::OutIf, Known::OUT_IF),
    word("srcAs", Group::SrcAs, Known::SRC_AS),
    word("dstAs", Group::DstAs, Known::DST_AS),
    word("srcMask", Group::SrcMask, Known::SRC_MASK),
    word("dstMask", Group::DstMask, Known::DST_MASK),
    word("vlan", Group::Vlan, Known::VLAN),
    word("srcMac", Group::SrcMac, Known::SRC_MAC),
    word("dstMac", Group::DstMac, Known::DST_MAC),
    word("direction", Group::Direction, NONE),
    word("app", Group::App, Known::APP),
    word("samplingInterval", Group::SamplingInterval, NONE),
    word("samplerId", Group::SamplerId, NONE),
    word("samplingAlgorithm", Group::SamplingAlgorithm, NONE),
    word("samplingPacketInterval", Group::PacketInterval, NONE),
    word("samplingPacketSpace", Group::PacketSpace, NONE),
    word("start", Group::Start, Known::START),
    word("startUptime", Group::Start, Known::START),
    word("startDelta", Group::Start, Known::START),
    word("end", Group::End, Known::END),
    word("endUptime", Group::End, Known::END),
    word("endDelta", Group::End, Known::END),
    word("systemInit", Group::SystemInit, NONE),
    word("durationMilliseconds", Group::DurationMs, NONE),
    word("durationMicroseconds", Group::DurationUs, NONE),
    word("reverseOctets", Group::ReverseOctets, NONE),
    word("reversePackets", Group::ReversePackets, NONE),
    word("reverseTcpFlags", Group::ReverseTcpFlags, NONE),
    word("reverseTos", Group::ReverseTos, NONE),
    word("frame", Group::Frame, NONE),
    word("ipPacket", Group::IpPacket, NONE),
];

/// What a word of `mibs/flow` says: `octets.2` is the second choice for octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    pub(super) group: Group,
    pub(super) rank: u8,
    pub(super) known: Known,
}

/// Reads such a word.
pub(super) fn filled(text: &str) -> Option<Filled> {
    let (name, rank) = match text.split_once('.') {
        Some((name, rank)) => (name, rank.parse().ok()?),
        None => (text, 1),
    };
    let word = WORDS.iter().find(|word| word.word == name)?;
    Some(Filled { group: word.group, rank, known: word.known })
}

/// The word of the way back (RFC 5103), where it counts.
pub(super) fn reversed(group: Group) -> Option<Group> {
    match group {
        Group::Octets => Some(Group::ReverseOctets),
        Group::Packets => Some(Group::ReversePackets),
        Group::TcpFlags => Some(Group::ReverseTcpFlags),
        Group::Tos => Some(Group::ReverseTos),
        _ => None,
    }
}

/// What a field of some length fills; `None` where octets of that length can't be it.
pub(super) fn target(text: &str, group: Group, kind: ElementKind, length: u16) -> Option<Target> {
    let is_variable = length == u16::MAX;
    let is_number = is_variable || (1..=8).contains(&length);
    let number = |target| is_number.then_some(target);
    let address = |v4, v6| match length {
        4 => Some(v4),
        16 => Some(v6),
        _ => None,
    };
    let time = || match kind {
        _ if text.contains("Uptime") => Unit::Uptime,
        _ if text.contains("Delta") => Unit::DeltaMicroseconds,
        ElementKind::DateTimeSeconds => Unit::Seconds,
        ElementKind::DateTimeMicroseconds | ElementKind::DateTimeNanoseconds => Unit::Ntp,
        _ => Unit::Milliseconds,
    };
    match group {
        Group::Src => address(Target::SrcV4, Target::SrcV6),
        Group::Dst => address(Target::DstV4, Target::DstV6),
        Group::NextHop => address(Target::NextHopV4, Target::NextHopV6),
        Group::SrcMac => (length == 6).then_some(Target::SrcMac),
        Group::DstMac => (length == 6).then_some(Target::DstMac),
        Group::Start => number(Target::Start(time())),
        Group::End => number(Target::End(time())),
        Group::Octets => number(Target::Octets),
        Group::Packets => number(Target::Packets),
        Group::Protocol => number(Target::Protocol),
        Group::Tos => number(Target::Tos),
        Group::Dscp => number(Target::Dscp),
        Group::TcpFlags => number(Target::TcpFlags),
        Group::SrcPort => number(Target::SrcPort),
        Group::DstPort => number(Target::DstPort),
        Group::InIf => number(Target::InIf),
        Group::OutIf => number(Target::OutIf),
        Group::SrcAs => number(Target::SrcAs),
        Group::DstAs => number(Target::DstAs),
        Group::SrcMask => number(Target::SrcMask),
        Group::DstMask => number(Target::DstMask),
        Group::Vlan => number(Target::Vlan),
        Group::Direction => number(Target::Direction),
        Group::App => number(Target::App),
        Group::SamplingInterval => number(Target::SamplingInterval),
        Group::SamplerId => number(Target::SamplerId),
        Group::SamplingAlgorithm => number(Target::SamplingAlgorithm),
        Group::PacketInterval => number(Target::PacketInterval),
        Group::PacketSpace => number(Target::PacketSpace),
        Group::SystemInit => number(Target::SystemInit),
        Group::DurationMs => number(Target::DurationMs),
        Group::DurationUs => number(Target::DurationUs),
        Group::ReverseOctets => number(Target::ReverseOctets),
        Group::ReversePackets => number(Target::ReversePackets),
        Group::ReverseTcpFlags => number(Target::ReverseTcpFlags),
        Group::ReverseTos => number(Target::ReverseTos),
        Group::Frame => (length > 0).then_some(Target::Frame),
        Group::IpPacket => (length > 0).then_some(Target::IpPacket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mib::elements;

    #[test]
    fn every_field_that_an_element_names_is_one() {
        let elements = elements::builtin();
        let named: Vec<_> = elements.0.values().filter_map(|element| element.field.as_deref()).collect();
        let unknown: Vec<_> = named.iter().filter(|field| filled(field).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        // And every word is some element's, but for those of the way back, which RFC 5103 makes of others.
        let idle = WORDS.iter().filter(|word| !named.iter().any(|field| field.split('.').next() == Some(word.word)));
        let idle: Vec<_> = idle.map(|word| word.word).collect();
        assert_eq!(idle, ["reverseTcpFlags", "reverseTos"]);
    }
}
