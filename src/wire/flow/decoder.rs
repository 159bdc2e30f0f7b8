//! Takes datagrams of any version and remembers what later ones need.

use super::exporters::Exporters;
use super::fixed;
use super::limits::Limits;
use super::octets::{u16_at, u32_at};
use super::refusal::{Refusal, Refused};
use super::{Sink, samples, sets};
use crate::model::Timestamp;
use crate::model::flow::{Elements, ExporterCounts, ExporterKey};
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

/// Counted of all datagrams; what is counted of an exporter is not counted here again, but for the datagrams.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Datagrams taken or refused.
    pub datagrams: u64,
    /// Datagrams that belong to no exporter that is remembered, by reason.
    pub refused: Refused,
}

/// Decodes flows of many exporters. One thread's: several workers have one each.
#[derive(Debug)]
pub struct Decoder {
    pub(super) shared: Shared,
    pub(super) exporters: Exporters,
    totals: Totals,
}

/// What all exporters share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) elements: Arc<Elements>,
    pub(super) limits: Limits,
    /// Fields of all templates.
    pub(super) fields: usize,
    /// Octets of all sets that wait.
    pub(super) waiting: usize,
    /// Room for the places of a record's fields.
    pub(super) places: Vec<Range<usize>>,
}

/// A datagram and when it came from whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    pub(super) source: IpAddr,
    pub(super) received: Timestamp,
    pub(super) octets: &'a [u8],
}

impl Decoder {
    /// A decoder that has heard nothing yet.
    pub fn new(elements: Arc<Elements>, limits: Limits) -> Self {
        let shared = Shared { elements, limits, fields: 0, waiting: 0, places: Vec::new() };
        Self { shared, exporters: Exporters::default(), totals: Totals::default() }
    }

    /// Decodes a datagram that came from `source`, and gives what it holds to `sink`.
    pub fn datagram(&mut self, source: IpAddr, received: Timestamp, octets: &[u8], sink: &mut impl Sink) {
        self.totals.datagrams += 1;
        // A socket for both families tells IPv4 sources as mapped ones.
        let datagram = Datagram { source: source.to_canonical(), received, octets };
        let Self { shared, exporters, .. } = self;
        let taken = match (u16_at(octets, 0), octets.len()) {
            (_, 0..2) => Err(Refusal::Truncated),
            (1, _) => fixed::decode::<fixed::V1>(shared, exporters, &datagram, sink),
            (5, _) => fixed::decode::<fixed::V5>(shared, exporters, &datagram, sink),
            (7, _) => fixed::decode::<fixed::V7>(shared, exporters, &datagram, sink),
            (9, _) => sets::v9(shared, exporters, &datagram, sink),
            (10, _) => sets::ipfix(shared, exporters, &datagram, sink),
            (0, _) => samples::decode(shared, exporters, &datagram, sink),
            _ => Err(Refusal::UnknownVersion),
        };
        // What exporters that were forgotten held is free again.
        let (fields, waiting) = exporters.freed();
        shared.fields = shared.fields.saturating_sub(fields);
        shared.waiting = shared.waiting.saturating_sub(waiting);
        if let Err(reason) = taken {
            self.totals.refused.count(reason);
        }
    }

    /// Every exporter that is remembered, by number: who it is and what was counted of it.
    pub fn streams(&self) -> impl Iterator<Item = (usize, ExporterKey, ExporterCounts)> {
        self.exporters.streams.iter().enumerate().map(|(id, stream)| (id, stream.key, stream.told()))
    }

    /// Who an exporter is.
    pub fn key(&self, stream: usize) -> Option<&ExporterKey> {
        self.exporters.streams.get(stream).map(|stream| &stream.key)
    }

    /// What was counted of all datagrams.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Nothing more comes, as at the end of a file: what is missing in sequence numbers is lost.
    pub fn settle(&mut self) {
        self.exporters.streams.iter_mut().for_each(|stream| stream.sequence.settle());
    }
}

/// When the exporter says that it wrote a datagram; `None` where the format does not say.
pub fn export_time(octets: &[u8]) -> Option<Timestamp> {
    match (u16_at(octets, 0), octets.len()) {
        (1 | 5 | 7 | 9, 12..) => Some(Timestamp::from_secs(i64::from(u32_at(octets, 8)))),
        (10, 8..) => Some(Timestamp::from_secs(i64::from(u32_at(octets, 4)))),
        _ => None,
    }
}
