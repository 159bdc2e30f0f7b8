//! What was talked in a stretch of time: sums by conversation, bounded, with nothing lost from the totals.

use super::record::{Direction, FlowAddr};
use crate::model::MacAddr;
use serde::{Deserialize, Serialize};

/// Protocol of what is no IP packet: IANA reserves 255.
pub const NO_PROTOCOL: u8 = 255;

/// One direction of a conversation through an exporter. Of two ports only the service's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as the fields of a flow record")]
pub struct TalkKey {
    pub src: FlowAddr,
    pub dst: FlowAddr,
    /// Index into the exporters beside it.
    pub exporter: u16,
    /// 0 where it is not told.
    pub in_if: u32,
    /// 0 where it is not told.
    pub out_if: u32,
    /// The service's: the lower of both; 0 where there is none.
    pub port: u16,
    /// Whether [`Self::port`] is the source's.
    pub port_is_src: bool,
    /// 0 where there is none.
    pub vlan: u16,
    /// [`NO_PROTOCOL`] where there is none.
    pub protocol: u8,
    pub tos: u8,
    pub direction: Direction,
}

/// What it amounts to. Flow counts are never scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TalkSum {
    /// Scaled by the sampling rate of each flow.
    pub octets: u64,
    /// Scaled by the sampling rate of each flow.
    pub packets: u64,
    /// As exported: how many packets were really seen, which is what an estimate rests on.
    pub seen_packets: u64,
    /// Flow records.
    pub flows: u64,
    /// Of those, records whose sampling rate is not known: they stand in the sums as exported.
    pub unscaled_flows: u64,
    /// The largest sampling rate among them.
    pub sampling_interval: u32,
    /// Of the largest flow, as the following.
    pub src_as: u32,
    /// 0 where it is not told.
    pub dst_as: u32,
    /// All zero where it is not told.
    pub src_mac: MacAddr,
    /// All zero where it is not told.
    pub dst_mac: MacAddr,
    /// applicationId; 0 where it is not told.
    pub app: u64,
    /// All flags that were seen.
    pub tcp_flags: u16,
}

/// Sums of a stretch of time. Total = `rows` + `rest`. Of what was cut from `rows` the other lists tell single sides, each for itself
/// and each bounded: the sum by source is `rows` by source + `cut_src`, and what is missing of the total is of sources not named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Talks {
    /// The largest conversations.
    pub rows: Vec<(TalkKey, TalkSum)>,
    /// The others, without addresses and ports: exporter, interfaces, protocol, VLAN, DSCP and direction stay true.
    pub rest: Vec<(TalkKey, TalkSum)>,
    /// The others by source address.
    pub cut_src: Vec<(FlowAddr, TalkSum)>,
    /// The others by destination address.
    pub cut_dst: Vec<(FlowAddr, TalkSum)>,
    /// The others by protocol and service port.
    pub cut_port: Vec<((u8, u16), TalkSum)>,
    /// The others by source AS.
    pub cut_src_as: Vec<(u32, TalkSum)>,
    /// The others by destination AS.
    pub cut_dst_as: Vec<(u32, TalkSum)>,
}
