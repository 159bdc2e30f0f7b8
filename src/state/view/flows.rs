//! The views of flows: who talks most, the row under the cursor in full, and how the collector and its exporters do.
//!
//! Made by the engine (`engine/core/flow_view.rs`) of what the store answers; the state itself holds no flows.

use super::Table;
use crate::model::flow::{ExporterKey, FlowVersion, KeyValue, TalkSum, TopKey, TopRow};
use crate::model::{DeviceId, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One group of flows, as a row of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowRow {
    /// Its keys, their names, its sums.
    pub top: TopRow,
    /// What is said of the largest conversation in it.
    pub main: FlowMain,
}

/// What the largest conversation of a group has beside the group's keys. Unknown is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowMain {
    /// Through which exporter it was seen.
    pub exporter: Option<FlowPlace>,
    /// The port that it came in by.
    pub in_if: Option<FlowPlace>,
    /// The port that it went out by.
    pub out_if: Option<FlowPlace>,
    /// Its VLAN.
    pub vlan: Option<u16>,
    /// The upper six bits of its type of service.
    pub dscp: Option<u8>,
    /// Its source, and what that is called.
    pub src: Option<(IpAddr, Option<String>)>,
    /// Its destination, and what that is called.
    pub dst: Option<(IpAddr, Option<String>)>,
}

/// An exporter or one of its ports, with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowPlace {
    /// The exporter.
    pub exporter: IpAddr,
    /// Of a port.
    pub if_index: Option<u32>,
    /// What it is called: the device, the port (`idx 7` where nobody knows).
    pub name: String,
    /// The device that it is.
    pub device: Option<DeviceId>,
    /// Whether SNMP and the exporter's own options call the port differently; then what the exporter says.
    pub also: Option<String>,
}

/// A curve of the stacked history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowBand {
    /// Keys of its row; empty is everything that is in none.
    pub keys: Vec<KeyValue>,
    /// Their names.
    pub names: Vec<Option<String>>,
    /// Bit/s by step.
    pub curve: Vec<f32>,
}

/// Who talks most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowsView {
    /// By what the rows are summed up.
    pub by: Vec<TopKey>,
    /// The range that was really looked at.
    pub range: Option<TimeRange>,
    /// Of what the answer is made: `records`, `1m`, `1h`, `1d`.
    pub resolution: String,
    /// The rows of the window.
    pub table: Table<FlowRow>,
    /// How many different keys there are, as far as they were kept apart.
    pub groups: u64,
    /// All that the filter lets through.
    pub total: TalkSum,
    /// Bit/s of all of it over the range.
    pub total_bps: Option<f64>,
    /// What is in no row.
    pub other: TalkSum,
    /// Of that, what can't be told apart any more.
    pub not_kept: TalkSum,
    /// Octets of everything the same time earlier, where that was asked for and is kept.
    pub earlier_octets: Option<u64>,
    /// Start of each step of the curves.
    pub steps: Vec<Timestamp>,
    /// The largest rows, and what is left, the lowest first.
    pub history: Vec<FlowBand>,
    /// The row that was asked about, in full.
    pub detail: Option<Box<FlowDetail>>,
    /// How the collector does.
    pub collector: FlowCollector,
    /// Who exports, the busiest first.
    pub exporters: Vec<ExporterRow>,
}

/// One group in full.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowDetail {
    /// The filter that it answers.
    pub filter: String,
    /// Its sums.
    pub sum: TalkSum,
    /// By which exporters, ports and marks it went, the largest first: a flow may cross several.
    pub ways: Vec<FlowMain>,
    /// All TCP flags that were seen.
    pub tcp_flags: Option<u16>,
    /// ASes of source and destination.
    pub ases: [Option<u32>; 2],
    /// First and last time that it was heard of in the range, by step.
    pub first: Option<Timestamp>,
    /// See [`Self::first`].
    pub last: Option<Timestamp>,
    /// Bit/s by step.
    pub curve: Vec<f32>,
    /// Where its hosts hang.
    pub hosts: Vec<FlowHost>,
    /// Relative 95 % error of the sums as a fraction, where they are an estimate.
    pub error: Option<f64>,
}

/// Where a host of a flow hangs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct FlowHost {
    pub address: IpAddr,
    pub name: Option<String>,
    pub device: Option<DeviceId>,
    pub device_name: Option<String>,
    pub port: Option<String>,
    pub vlan: Option<u16>,
    /// ISO 3166-1 code, where the user gave a file.
    pub country: Option<String>,
}

/// How the flow collector does, in one line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowCollector {
    /// Where it listens; empty where it does not.
    pub listen: Vec<String>,
    /// Exporters that were heard of.
    pub exporters: usize,
    /// Of those, silent for long.
    pub stale: usize,
    /// Flow records a second; `None` where that is not known (in the past).
    pub flows_per_second: Option<f64>,
    /// Units that sequence numbers say were lost.
    pub lost: u64,
    /// Whether there may be loss that nobody can tell.
    pub loss_unknown: bool,
    /// Data sets without their template.
    pub unknown_template_sets: u64,
    /// Data sets that wait for their template now.
    pub waiting: u64,
    /// Datagrams that were refused.
    pub refused: u64,
    /// Datagrams that the kernel dropped.
    pub dropped_kernel: u64,
    /// Records that the engine had no time for.
    pub dropped_queue: u64,
    /// Versions that are spoken.
    pub versions: Vec<FlowVersion>,
}

/// How one exporter does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of ExporterCounts")]
pub struct ExporterRow {
    pub key: ExporterKey,
    /// The device's name.
    pub name: Option<String>,
    pub device: Option<DeviceId>,
    pub flows_per_second: Option<f64>,
    pub datagrams: u64,
    pub flow_records: u64,
    pub templates: u64,
    pub unknown_template_sets: u64,
    pub waiting: u64,
    pub lost: u64,
    pub restarts: u64,
    pub loss_unknown: bool,
    pub refused: u64,
    pub implausible_times: u64,
    /// The rate of its last record; `None` where it is not known.
    pub sampling_interval: Option<u32>,
    /// When it was last heard.
    pub heard: Option<Timestamp>,
    /// Silent for long.
    pub stale: bool,
}

/// Live flows of this host's own ports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaptureView {
    /// Ports that are captured, or that should be.
    pub ports: Vec<CapturePort>,
    /// Who talks there.
    pub flows: FlowsView,
}

/// A port of this host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct CapturePort {
    pub if_index: u32,
    pub name: String,
    pub packets: u64,
    pub octets: u64,
    pub packets_per_second: Option<f64>,
    pub bps: Option<f64>,
    /// Frames that the kernel dropped.
    pub dropped: u64,
    /// Why it is not captured, and what to do about it.
    pub fault: Option<String>,
}

/// Flows of one port, under its graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PortFlows {
    /// Who exports flows of it; `None` where nobody does.
    pub exporter: Option<FlowPlace>,
    /// Who talks into it.
    pub inward: Vec<FlowRow>,
    /// Who talks out of it.
    pub outward: Vec<FlowRow>,
    /// Flow octets held against the port's counters, in and out.
    pub reconciled: [Option<Reconciled>; 2],
}

/// Flow octets of one direction of a port, held against its interface counters over the same minutes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reconciled {
    /// The minutes that are compared: those of which both are known.
    pub range: Option<TimeRange>,
    /// Scaled, spread over the flows' own durations.
    pub flow_octets: u64,
    /// What the counters say.
    pub counter_octets: u64,
    /// Flows over counters less 1, as a fraction: -0.04 is 4 % that no flow tells.
    pub difference: f64,
    /// What explains a difference, as far as is known.
    pub reasons: Vec<Reason>,
}

/// Why flows and counters differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reason {
    /// One packet of so many is seen.
    Sampling(u32),
    /// Its sampling rate is not known: octets stand as exported.
    RateUnknown,
    /// Units lost on the way, by sequence numbers.
    Loss(u64),
    /// Loss can't be told.
    LossUnknown,
    /// Counters count layer 2 framing, flows from layer 3 on: the fraction of the counters that this makes of the packets told.
    Headers(f64),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_crosses_the_socket_whole() {
        let view = CaptureView { ports: vec![CapturePort::default()], flows: FlowsView::default() };
        let bytes = postcard::to_allocvec(&view).unwrap();
        assert_eq!(postcard::from_bytes::<CaptureView>(&bytes).unwrap(), view);
    }
}
