//! What is counted of one exporter.

use super::refusal::Refused;
use crate::model::flow::{ExporterCounts, FlowRecord, Known};

/// Counters that only grow.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) datagrams: u64,
    pub(super) flow_records: u64,
    pub(super) options_records: u64,
    pub(super) templates: u64,
    pub(super) unknown_template_sets: u64,
    pub(super) replayed_records: u64,
    pub(super) octets: u64,
    pub(super) packets: u64,
    pub(super) scaled_octets: u64,
    pub(super) scaled_packets: u64,
    pub(super) reverse_flows: u64,
    pub(super) reverse_octets: u64,
    pub(super) reverse_packets: u64,
    pub(super) implausible_times: u64,
    pub(super) sampling_interval: u32,
    pub(super) refused: Refused,
}

impl Counts {
    /// A record that is told. Sums wrap no sooner than 2^64 and then stay there.
    #[inline]
    pub(super) fn record(&mut self, record: &FlowRecord) {
        self.implausible_times += u64::from(record.known.has(Known::IMPLAUSIBLE_TIME));
        if record.known.has(Known::REVERSE) {
            self.reverse_flows += 1;
            self.reverse_octets = self.reverse_octets.saturating_add(record.octets);
            self.reverse_packets = self.reverse_packets.saturating_add(record.packets);
        } else if record.known.has(Known::REPLAYED) {
            self.replayed_records += 1;
        } else {
            self.flow_records += 1;
            self.octets = self.octets.saturating_add(record.octets);
            self.packets = self.packets.saturating_add(record.packets);
            self.scaled_octets = self.scaled_octets.saturating_add(record.scaled_octets());
            self.scaled_packets = self.scaled_packets.saturating_add(record.scaled_packets());
            self.sampling_interval = record.sampling_interval;
        }
    }

    /// As the rest of the program sees them; what is not counted here is left for the caller to fill in.
    pub(super) fn told(&self) -> ExporterCounts {
        ExporterCounts {
            datagrams: self.datagrams,
            flow_records: self.flow_records,
            options_records: self.options_records,
            templates: self.templates,
            unknown_template_sets: self.unknown_template_sets,
            replayed_records: self.replayed_records,
            octets: self.octets,
            packets: self.packets,
            scaled_octets: self.scaled_octets,
            scaled_packets: self.scaled_packets,
            reverse_flows: self.reverse_flows,
            reverse_octets: self.reverse_octets,
            reverse_packets: self.reverse_packets,
            implausible_times: self.implausible_times,
            sampling_interval: self.sampling_interval,
            refused: self.refused.by_word().map(|(word, count)| (word.to_owned(), count)).collect(),
            ..ExporterCounts::default()
        }
    }
}
