//! Who exports flows, what is counted of each, and what a flow collector says every second.

use super::record::FlowVersion;
use super::talk::Talks;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One stream of flows. Templates, samplers and sequence numbers hold within it and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExporterKey {
    /// Source address of its datagrams; of sFlow the agent's address, which the datagram names.
    pub address: IpAddr,
    /// How it writes.
    pub version: FlowVersion,
    /// observationDomainId (IPFIX), source id (v9), engine type and id (v5, v7), sub-agent (sFlow), ifIndex of the port (capture).
    pub domain: u32,
}

/// Counters of one exporter since it was first heard. They only grow. Names: contract §4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the contract's")]
pub struct ExporterCounts {
    pub datagrams: u64,
    pub flow_records: u64,
    pub options_records: u64,
    /// Distinct template ids, options templates included.
    pub templates: u64,
    pub unknown_template_sets: u64,
    pub replayed_records: u64,
    /// As exported, records that waited for their template left out.
    pub octets: u64,
    pub packets: u64,
    /// Each record multiplied once by the rate known when it came.
    pub scaled_octets: u64,
    pub scaled_packets: u64,
    /// Ways back of biflows that were told as records of their own; they are in no other count.
    pub reverse_flows: u64,
    pub reverse_octets: u64,
    pub reverse_packets: u64,
    /// Units that its sequence numbers say were lost: flows (v5, v7), datagrams (v9, sFlow), data records (IPFIX).
    pub lost: u64,
    /// Times that its sequence numbers began anew.
    pub restarts: u64,
    /// Data sets that wait for their template now.
    pub waiting: u64,
    /// Whether loss can't be told: templates are missing, or its sequence numbers follow no rule.
    pub loss_unknown: bool,
    /// Records with times more than a day old or in the future.
    pub implausible_times: u64,
    /// The sampling rate of its last record; 0 where it is not known.
    pub sampling_interval: u32,
    /// By reason.
    pub refused: BTreeMap<String, u64>,
}

/// What an exporter's options data say something is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FlowName {
    /// interfaceName (82) of an ingressInterface or egressInterface.
    Interface(u32, String),
    /// applicationName (96) of an applicationId (95).
    Application(u64, String),
    /// samplerName (84) of a samplerId (48).
    Sampler(u64, String),
    /// VRFname (236) of an ingressVRFID (234).
    Vrf(u32, String),
}

/// What flowed through a port in a minute, spread over the flows' own durations (not over the time when they were told).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PortLoad {
    /// Index into the exporters beside it.
    pub exporter: u16,
    pub if_index: u32,
    /// Into the port, else out of it.
    pub inward: bool,
    /// The minute's start.
    pub minute: Timestamp,
    /// Scaled.
    pub octets: u64,
    /// Scaled.
    pub packets: u64,
}

/// What a flow collector heard in a second, summed up and bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowBatch {
    /// Exporters heard in it; keys and loads refer to them by index.
    pub exporters: Vec<ExporterKey>,
    /// Their counters, in the same order.
    pub counts: Vec<ExporterCounts>,
    /// Who talked with whom.
    pub talks: Talks,
    /// What flowed through ports.
    pub loads: Vec<PortLoad>,
    /// Names that are new or changed, by exporter.
    pub names: Vec<(u16, FlowName)>,
}
