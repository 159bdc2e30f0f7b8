//! Bounds of what a decoder remembers. They hold under a flood of spoofed exporters and templates.

use crate::model::limit;
use std::time::Duration;

/// How the two ways of a flow come out of one record (RFC 5103; initiator and responder of NSEL).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BiflowView {
    /// A record each way, as traffic is summed up: what the responder sent is told as a record of its own. Counters of the initiator and
    /// those behind a middlebox stand in for octets and packets where the template has no others.
    #[default]
    Uniflows,
    /// A record as it was exported: octets and packets are the delta counters, or the totals, and nothing else (contract §4).
    Records,
}

/// Bounds and choices of a [`super::Decoder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Exporters remembered at once.
    pub exporters: usize,
    /// An exporter that sent records is forgotten for another one only when it was silent for so long.
    pub idle: Duration,
    /// One that never sent a record, likewise: the mark of a spoofed address.
    pub idle_unproven: Duration,
    /// Templates of one exporter.
    pub templates: usize,
    /// Fields of one template.
    pub template_fields: usize,
    /// Fields of all templates of all exporters.
    pub all_fields: usize,
    /// A template that was not sent again for so long holds no more; `None`: for ever.
    pub template_lifetime: Option<Duration>,
    /// Data sets of one exporter that wait for their template.
    pub waiting_sets: usize,
    /// Octets of all sets that wait, of one exporter.
    pub waiting_octets: usize,
    /// Octets of all sets that wait, of all exporters.
    pub all_waiting_octets: usize,
    /// A set that waited for so long is given up.
    pub waiting_time: Duration,
    /// Samplers, interfaces or names of one exporter that are remembered.
    pub samplers: usize,
    /// How biflows come out.
    pub biflows: BiflowView,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            exporters: limit::FLOW_EXPORTERS.most(),
            idle: Duration::from_secs(3600),
            idle_unproven: Duration::from_secs(30),
            templates: limit::FLOW_TEMPLATES.most(),
            // YAF and NetScaler come to about a hundred.
            template_fields: 512,
            all_fields: limit::FLOW_FIELDS.most(),
            // RFC 7011 §8.4: at least three times the exporter's refresh; the longest default met is 30 minutes.
            template_lifetime: Some(Duration::from_secs(3 * 30 * 60)),
            waiting_sets: limit::FLOW_WAITING.most(),
            waiting_octets: 96 * 1024,
            all_waiting_octets: 8 << 20,
            // As long as a template may be waited for at all.
            waiting_time: Duration::from_secs(30 * 60),
            samplers: limit::FLOW_SAMPLERS.most(),
            biflows: BiflowView::Uniflows,
        }
    }
}
