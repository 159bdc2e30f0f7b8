//! What exporters write of flows: NetFlow v1, v5, v7 and v9 (RFC 3954), IPFIX (RFC 7011) and sFlow v5.
//!
//! A [`Decoder`] takes datagrams, one at a time, and gives their records to a [`Sink`]. It remembers templates, samplers and sequence
//! numbers of each exporter ([`crate::model::flow::ExporterKey`]), each in bounds that [`Limits`] sets, and counts everything that it
//! takes and refuses. A template is compiled once into a plan of copies; a record costs no look-up by name. Nothing here knows sockets,
//! clocks or files, and no input makes it panic, hang or grow without bound. Start at [`decoder`], then `plan`.
#![deny(clippy::indexing_slicing)]

mod counts;
pub mod decoder;
mod exporters;
pub mod fields;
mod fixed;
pub mod limits;
mod naming;
mod octets;
mod options;
mod plan;
mod records;
pub mod refusal;
mod samples;
mod sampling;
mod saved;
pub mod sequence;
mod sets;
pub mod sflow;
mod stream;
mod target;
mod template;
mod waiting;

pub use decoder::{Decoder, Totals, export_time};
pub use fields::{Fields, KEPT};
pub use limits::{BiflowView, Limits};
pub use refusal::Refusal;
pub use saved::NotSaved;

use crate::model::flow::{ExporterKey, FlowName, FlowRecord};

/// Takes what a [`Decoder`] finds. `stream` is a small number that stands for an exporter until [`Sink::exporter`] says otherwise.
pub trait Sink {
    /// A flow record. What else its template carried is in `more`, read only when asked.
    fn flow(&mut self, stream: usize, record: &FlowRecord, more: Fields<'_>);

    /// From now on `stream` is this exporter: a new one, or one in the place of another that fell silent.
    fn exporter(&mut self, stream: usize, key: &ExporterKey) {
        let _ = (stream, key);
    }

    /// A record of options data, with its scope.
    fn options(&mut self, stream: usize, fields: Fields<'_>) {
        let _ = (stream, fields);
    }

    /// Counters that an sFlow agent sends at each interval.
    fn counters(&mut self, stream: usize, sample: &sflow::CounterSample<'_>) {
        let _ = (stream, sample);
    }

    /// A name that options data gave to something, new or again.
    fn name(&mut self, stream: usize, name: FlowName) {
        let _ = (stream, name);
    }
}
