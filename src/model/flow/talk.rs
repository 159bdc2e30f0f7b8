//! What was talked in a stretch of time: sums by conversation, bounded, with nothing lost from the totals.

use super::record::{Direction, FlowAddr, FlowRecord, Known};
use super::table::TalkTable;
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
    /// Of the larger part whenever two parts were added, as the following.
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

/// Protocols that have ports: TCP, UDP, DCCP, SCTP, UDP-Lite (IANA protocol numbers).
const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];

/// The service's port, and whether it is the source's: the lower of both, or the only one that is told. (0, false) where there is none.
pub fn service_port(protocol: u8, src_port: u16, dst_port: u16) -> (u16, bool) {
    match (src_port, dst_port) {
        // NetFlow v5 has ICMP's type and code where the destination's port is.
        _ if !WITH_PORTS.contains(&protocol) => (0, false),
        (src, dst) if src != 0 && (dst == 0 || src < dst) => (src, true),
        (_, dst) => (dst, false),
    }
}

impl TalkKey {
    /// Of a record of the exporter with this index.
    pub fn of(exporter: u16, record: &FlowRecord) -> Self {
        let protocol = if record.known.has(Known::PROTOCOL) { record.protocol } else { NO_PROTOCOL };
        let (port, port_is_src) = service_port(protocol, record.src_port, record.dst_port);
        Self {
            src: record.src,
            dst: record.dst,
            exporter,
            in_if: record.in_if,
            out_if: record.out_if,
            port,
            port_is_src,
            vlan: record.vlan,
            protocol,
            tos: record.tos,
            direction: record.direction,
        }
    }

    /// What stays of it when its conversation is cut: no addresses, no ports.
    #[must_use]
    pub fn without_ends(self) -> Self {
        Self { src: FlowAddr::NONE, dst: FlowAddr::NONE, port: 0, port_is_src: false, ..self }
    }

    /// What stays of it when there is no room even for that: the exporter.
    #[must_use]
    pub fn exporter_only(self) -> Self {
        Self { exporter: self.exporter, protocol: NO_PROTOCOL, ..Self::default() }
    }
}

impl TalkSum {
    /// Of one record.
    pub fn of(record: &FlowRecord) -> Self {
        Self {
            octets: record.scaled_octets(),
            packets: record.scaled_packets(),
            seen_packets: record.packets,
            flows: 1,
            unscaled_flows: u64::from(record.sampling_interval == 0),
            sampling_interval: record.sampling_interval,
            src_as: record.src_as,
            dst_as: record.dst_as,
            src_mac: record.src_mac,
            dst_mac: record.dst_mac,
            app: record.app,
            tcp_flags: record.tcp_flags,
        }
    }

    /// Adds a record.
    pub fn add(&mut self, record: &FlowRecord) {
        self.merge(&Self::of(record));
    }

    /// Adds another sum. Sums stay at their largest value where they would overflow.
    pub fn merge(&mut self, other: &Self) {
        if other.octets > self.octets {
            self.src_as = other.src_as;
            self.dst_as = other.dst_as;
            self.src_mac = other.src_mac;
            self.dst_mac = other.dst_mac;
            self.app = other.app;
        }
        self.octets = self.octets.saturating_add(other.octets);
        self.packets = self.packets.saturating_add(other.packets);
        self.seen_packets = self.seen_packets.saturating_add(other.seen_packets);
        self.flows = self.flows.saturating_add(other.flows);
        self.unscaled_flows = self.unscaled_flows.saturating_add(other.unscaled_flows);
        self.sampling_interval = self.sampling_interval.max(other.sampling_interval);
        self.tcp_flags |= other.tcp_flags;
    }
}

impl Talks {
    /// Everything: the rows and the rest.
    pub fn total(&self) -> TalkSum {
        let mut total = TalkSum::default();
        self.rows.iter().chain(&self.rest).for_each(|(_, sum)| total.merge(sum));
        total
    }

    /// Whether nothing was talked.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.rest.is_empty()
    }

    /// Keeps the `limit` largest rows and cuts the others: see [`TalkTable`].
    pub fn cut(&mut self, limit: usize) {
        let mut table = TalkTable::new(limit);
        table.merge(self, &[]);
        *self = table.take();
    }

    /// Adds other talks, whose exporter `n` is `exporters[n]` here, and cuts to `limit` rows. Who adds many has a [`TalkTable`].
    pub fn merge(&mut self, other: &Self, (exporters, limit): (&[u16], usize)) {
        let mut table = TalkTable::new(limit);
        table.merge(self, &[]);
        table.merge(other, exporters);
        *self = table.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_at_the_lower_port() {
        for (protocol, src, dst, expected) in [
            (6, 50000, 443, (443, false)),
            (6, 443, 50000, (443, true)),
            (17, 53, 53, (53, false)),
            (17, 0, 4500, (4500, false)),
            (17, 4500, 0, (4500, true)),
            (6, 0, 0, (0, false)),
            (1, 0, 0x0800, (0, false)),
            (NO_PROTOCOL, 1, 2, (0, false)),
        ] {
            assert_eq!(service_port(protocol, src, dst), expected, "{protocol} {src} {dst}");
        }
    }

    #[test]
    fn what_is_not_told_has_no_protocol() {
        let record = FlowRecord { src_port: 443, dst_port: 50000, ..FlowRecord::default() };
        assert_eq!(TalkKey::of(3, &record), TalkKey { exporter: 3, protocol: NO_PROTOCOL, ..TalkKey::default() });
        let told = FlowRecord { known: Known::PROTOCOL, protocol: 6, ..record };
        assert_eq!(
            TalkKey::of(3, &told),
            TalkKey { exporter: 3, protocol: 6, port: 443, port_is_src: true, ..TalkKey::default() }
        );
    }

    #[test]
    fn flows_of_unknown_rate_are_counted_and_not_scaled() {
        let sampled = FlowRecord { octets: 100, packets: 1, sampling_interval: 10, src_as: 7, ..FlowRecord::default() };
        let unknown = FlowRecord { octets: 60, packets: 2, src_as: 8, tcp_flags: 2, ..FlowRecord::default() };
        let mut sum = TalkSum::of(&sampled);
        sum.add(&unknown);
        assert_eq!((sum.octets, sum.packets, sum.seen_packets), (1060, 12, 3));
        assert_eq!((sum.flows, sum.unscaled_flows, sum.sampling_interval), (2, 1, 10));
        assert_eq!((sum.src_as, sum.tcp_flags), (7, 2), "the larger one tells the AS");
    }
}
