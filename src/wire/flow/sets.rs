//! NetFlow v9 (RFC 3954) and IPFIX (RFC 7011): a header and sets of templates and data.
//!
//! What can't be right ends the datagram: what follows a wrong length can't be found (RFC 7011 §10.3). What was read before counts.

use super::Sink;
use super::decoder::{Datagram, Shared};
use super::exporters::Exporters;
use super::octets::{u16_at, u32_at};
use super::records::{self, DataSet, Teller};
use super::refusal::Refusal;
use super::stream::{Stream, Told};
use super::template::{FIRST_ID, Kept, Kind, Reader, Record, Shape, Template};
use crate::model::flow::FlowVersion;
use crate::model::{Timestamp, limit};
use std::sync::Arc;

const V9_HEADER: usize = 20;
const IPFIX_HEADER: usize = 16;
const SET_HEADER: usize = 4;

/// Ids of one exporter that are remembered as counted: more make the count of templates a lower bound.
const MOST_COUNTED_IDS: usize = 16_384;

/// Decodes a datagram of NetFlow v9.
///
/// Errors: it is shorter than its header, or there is no room for its exporter.
pub(super) fn v9<S: Sink>(
    shared: &mut Shared,
    exporters: &mut Exporters,
    datagram: &Datagram<'_>,
    sink: &mut S,
) -> Result<(), Refusal> {
    let octets = datagram.octets;
    if octets.len() < V9_HEADER {
        return Err(Refusal::Truncated);
    }
    let told = Told {
        received: datagram.received,
        exported: Timestamp::from_secs(i64::from(u32_at(octets, 8))),
        uptime: Some(u32_at(octets, 4)),
        sequence: u32_at(octets, 12),
    };
    let (id, stream) = exporters.enter(datagram, (FlowVersion::NetFlow9, u32_at(octets, 16)), (&shared.limits, sink))?;
    stream.sequence(&told, 1, false);
    let mut walk = Walk { shared, stream, id, told, octets, sink };
    if let Err(reason) = walk.sets(V9_HEADER, octets.len()) {
        walk.stream.counts.refused.count(reason);
    }
    Ok(())
}

/// Decodes an IPFIX message.
///
/// Errors: it is shorter than its header, or there is no room for its exporter.
pub(super) fn ipfix<S: Sink>(
    shared: &mut Shared,
    exporters: &mut Exporters,
    datagram: &Datagram<'_>,
    sink: &mut S,
) -> Result<(), Refusal> {
    let octets = datagram.octets;
    if octets.len() < IPFIX_HEADER {
        return Err(Refusal::Truncated);
    }
    let length = usize::from(u16_at(octets, 2));
    let exported = Timestamp::from_secs(i64::from(u32_at(octets, 4)));
    let (id, stream) = exporters.enter(datagram, (FlowVersion::Ipfix, u32_at(octets, 12)), (&shared.limits, sink))?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "modulo 2^32, as such times are told")]
    let uptime = stream.system_init.map(|init| exported.0.wrapping_sub(init) as u32);
    let told = Told { received: datagram.received, exported, uptime, sequence: u32_at(octets, 8) };
    let (unknown, records) = (stream.counts.unknown_template_sets, stream.records());
    let mut walk = Walk { shared, stream, id, told, octets, sink };
    let read = walk.sets(IPFIX_HEADER, length.clamp(IPFIX_HEADER, octets.len()));
    let read = read.and(if length > octets.len() || length < IPFIX_HEADER { Err(Refusal::BadMessageLength) } else { Ok(()) });
    if let Err(reason) = read {
        walk.stream.counts.refused.count(reason);
    }
    let units = stream.records() - records;
    stream.is_blind = stream.counts.unknown_template_sets > unknown || read.is_err();
    let is_blind = stream.is_blind;
    let address = stream.key.address;
    let is_shared = exporters.shares(address, (told.sequence, units, is_blind));
    if let Some(stream) = exporters.streams.get_mut(id) {
        // Records that could not be counted move the number on by what nobody knows.
        let told = Told { uptime: None, ..told };
        stream.sequence(&told, units, is_shared);
        if is_blind {
            stream.sequence.forget();
        }
    }
    Ok(())
}

/// On the way through a datagram.
struct Walk<'d, 's, S> {
    shared: &'s mut Shared,
    stream: &'s mut Stream,
    id: usize,
    told: Told,
    octets: &'d [u8],
    sink: &'s mut S,
}

impl<S: Sink> Walk<'_, '_, S> {
    fn is_ipfix(&self) -> bool {
        self.stream.key.version == FlowVersion::Ipfix
    }

    /// Goes through the sets between two places.
    fn sets(&mut self, start: usize, end: usize) -> Result<(), Refusal> {
        let mut at = start;
        while at + SET_HEADER <= end {
            let (id, length) = (u16_at(self.octets, at), usize::from(u16_at(self.octets, at + 2)));
            if id == 0 && length == 0 && !self.is_ipfix() {
                // Noughts up to the end of the datagram (PAN-OS).
                return Ok(());
            }
            // Some write a message length that leaves out its last sets (IPFIX of OpenBSD); what is there is read.
            if length < SET_HEADER || at + length > self.octets.len() {
                return Err(Refusal::BadSetLength);
            }
            self.set(id, at + SET_HEADER, at + length)?;
            at += length;
        }
        Ok(())
    }

    fn set(&mut self, id: u16, start: usize, end: usize) -> Result<(), Refusal> {
        match (id, self.is_ipfix()) {
            (0, false) | (2, true) => self.templates(Kind::Flows, start, end),
            (1, false) | (3, true) => self.templates(Kind::Options, start, end),
            (FIRST_ID.., _) => self.data(id, start, end),
            _ => {
                self.stream.counts.refused.count(Refusal::ReservedSet);
                Ok(())
            }
        }
    }

    fn templates(&mut self, kind: Kind, start: usize, end: usize) -> Result<(), Refusal> {
        let body = self.octets.get(start..end).unwrap_or_default();
        let limits = &self.shared.limits;
        let mut reader = if self.is_ipfix() { Reader::ipfix(body, kind, limits) } else { Reader::v9(body, kind, limits) };
        while let Some(record) = reader.next()? {
            match record {
                Record::Define(id, shape) => self.define(id, shape),
                Record::TooLarge(id) => {
                    self.withdraw(id);
                    self.stream.counts.refused.count(Refusal::TemplateTooLarge);
                }
                Record::Withdraw(id) => self.withdraw(id),
                Record::WithdrawAll(kind) => {
                    let is_of = |kept: &Kept| kept.template.shape.scope.is_some() == (kind == Kind::Options);
                    let ids: Vec<u16> = self.stream.templates.iter().filter(|(_, kept)| is_of(kept)).map(|(id, _)| *id).collect();
                    ids.into_iter().for_each(|id| self.withdraw(id));
                }
            }
        }
        Ok(())
    }

    fn withdraw(&mut self, id: u16) {
        if let Some(kept) = self.stream.templates.remove(&id) {
            self.shared.fields = self.shared.fields.saturating_sub(kept.template.shape.fields.len());
        }
    }

    /// Puts a template in force, in the place of what had its id, and decodes what waited for it.
    fn define(&mut self, id: u16, shape: Shape) {
        let seen = self.told.received;
        if let Some(kept) = self.stream.templates.get_mut(&id)
            && kept.template.shape == shape
        {
            kept.seen = seen;
            return;
        }
        self.withdraw(id);
        let limits = &self.shared.limits;
        let fields = self.shared.fields + shape.fields.len();
        if self.stream.templates.len() >= limits.templates || fields > limits.all_fields {
            if fields > limits.all_fields {
                limit::FLOW_FIELDS.beyond(1);
            }
            self.stream.counts.refused.count(Refusal::TooManyTemplates);
            return;
        }
        self.shared.fields = fields;
        if self.stream.template_ids.len() < MOST_COUNTED_IDS && self.stream.template_ids.insert(id) {
            self.stream.counts.templates += 1;
        }
        let template = Arc::new(Template::new(shape, &self.shared.elements, limits));
        self.stream.templates.insert(id, Kept { template: Arc::clone(&template), seen });
        self.replay(id, &template);
    }

    fn replay(&mut self, id: u16, template: &Template) {
        for set in self.stream.waiting.take(id, &mut self.shared.waiting) {
            if self.told.received.since(set.told.received) > self.shared.limits.waiting_time {
                self.stream.counts.refused.count(Refusal::WaitedTooLong);
                continue;
            }
            let end = set.octets.len();
            let set = DataSet { octets: &set.octets, start: super::waiting::LEAD, end, id, told: set.told, is_replayed: true };
            if let Err(reason) = self.decode(template, &set) {
                self.stream.counts.refused.count(reason);
            }
        }
    }

    fn data(&mut self, id: u16, start: usize, end: usize) -> Result<(), Refusal> {
        let Some(template) = self.template(id) else {
            self.stream.counts.unknown_template_sets += 1;
            let body = self.octets.get(start..end).unwrap_or_default();
            let (limits, all) = (&self.shared.limits, &mut self.shared.waiting);
            let given_up = self.stream.waiting.keep(id, (self.told, body), limits, all);
            (0..given_up).for_each(|_| self.stream.counts.refused.count(Refusal::TooManyWaiting));
            return Ok(());
        };
        self.decode(&template, &DataSet { octets: self.octets, start, end, id, told: self.told, is_replayed: false })
    }

    /// The template of an id, if it holds still.
    fn template(&mut self, id: u16) -> Option<Arc<Template>> {
        let kept = self.stream.templates.get(&id)?;
        let age = self.told.received.since(kept.seen);
        if self.shared.limits.template_lifetime.is_some_and(|lifetime| age > lifetime) {
            self.withdraw(id);
            return None;
        }
        Some(Arc::clone(&kept.template))
    }

    fn decode(&mut self, template: &Template, set: &DataSet<'_>) -> Result<(), Refusal> {
        let mut teller = Teller {
            id: self.id,
            elements: &self.shared.elements,
            most_samplers: self.shared.limits.samplers,
            sink: &mut *self.sink,
            places: std::mem::take(&mut self.shared.places),
        };
        let decoded = records::decode(&mut teller, self.stream, template, set);
        self.shared.places = teller.places;
        decoded
    }
}
