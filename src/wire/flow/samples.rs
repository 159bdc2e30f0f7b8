//! sFlow datagrams: their samples as records of their agent.

use super::Sink;
use super::decoder::{Datagram, Shared};
use super::exporters::Exporters;
use super::fields::Fields;
use super::refusal::Refusal;
use super::sflow::{self, Fault, FlowSample, Sample};
use super::stream::{Stream, Told};
use crate::model::flow::{FlowOrigin, FlowVersion};

/// Decodes a datagram. Its exporter is the agent that it names, not who sent it.
///
/// Errors: it is none that can be read, or there is no room for its agent.
pub(super) fn decode<S: Sink>(
    shared: &mut Shared,
    exporters: &mut Exporters,
    datagram: &Datagram<'_>,
    sink: &mut S,
) -> Result<(), Refusal> {
    let read = sflow::Datagram::read(datagram.octets).map_err(refusal)?;
    let head = read.head;
    let of_agent = Datagram { source: head.agent.to_canonical(), ..*datagram };
    let (id, stream) = exporters.enter(&of_agent, (FlowVersion::Sflow5, head.sub_agent), (&shared.limits, sink))?;
    let received = datagram.received;
    // It does not say when it was written.
    let told = Told { received, exported: received, uptime: Some(head.uptime_ms), sequence: head.sequence };
    stream.sequence(&told, 1, false);
    let origin = FlowOrigin { template_id: None, export_time: None, sequence: Some(head.sequence) };
    for sample in read.samples() {
        match sample {
            Ok(Sample::Flow(sample)) => flow((id, &mut *stream), (received, origin), &sample, sink),
            Ok(Sample::Counters(sample)) => sink.counters(id, &sample),
            Ok(Sample::Discarded | Sample::Other(_)) => {}
            Err(fault) => stream.counts.refused.count(refusal(fault)),
        }
    }
    Ok(())
}

fn flow<S: Sink>(
    (id, stream): (usize, &mut Stream),
    (received, origin): (crate::model::Timestamp, FlowOrigin),
    sample: &FlowSample<'_>,
    sink: &mut S,
) {
    if sample.is_damaged {
        stream.counts.refused.count(Refusal::BadSample);
    }
    let mut record = sample.record;
    stream.tell(id, &mut record, (received, Fields::sampled(origin, sample)), sink);
}

const fn refusal(fault: Fault) -> Refusal {
    match fault {
        Fault::Version => Refusal::UnknownVersion,
        Fault::Head => Refusal::Truncated,
        Fault::SampleLength | Fault::Sample => Refusal::BadSample,
    }
}
