//! Takes datagrams of any version and remembers what later ones need.

use super::Sink;
use super::exporters::Exporters;
use super::fixed;
use super::limits::Limits;
use super::octets::{u16_at, u32_at};
use super::refusal::{Refusal, Refused};
use super::stream::Stream;
use crate::model::Timestamp;
use crate::model::flow::{Elements, ExporterCounts, ExporterKey, FlowVersion};
use std::net::IpAddr;
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
    pub(super) elements: Arc<Elements>,
    pub(super) limits: Limits,
    pub(super) exporters: Exporters,
    totals: Totals,
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
        Self { elements, limits, exporters: Exporters::default(), totals: Totals::default() }
    }

    /// Decodes a datagram that came from `source`, and gives what it holds to `sink`.
    pub fn datagram(&mut self, source: IpAddr, received: Timestamp, octets: &[u8], sink: &mut impl Sink) {
        self.totals.datagrams += 1;
        // A socket for both families tells IPv4 sources as mapped ones.
        let datagram = Datagram { source: source.to_canonical(), received, octets };
        let taken = match (u16_at(octets, 0), octets.len()) {
            (_, 0..2) => Err(Refusal::Truncated),
            (1, _) => fixed::decode::<fixed::V1>(self, &datagram, sink),
            (5, _) => fixed::decode::<fixed::V5>(self, &datagram, sink),
            (7, _) => fixed::decode::<fixed::V7>(self, &datagram, sink),
            _ => Err(Refusal::UnknownVersion),
        };
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

    /// The exporter of a datagram.
    ///
    /// Errors: there is no room for another one.
    pub(super) fn stream(
        &mut self,
        datagram: &Datagram<'_>,
        (version, domain): (FlowVersion, u32),
        sink: &mut impl Sink,
    ) -> Result<(usize, &mut Stream), Refusal> {
        let key = ExporterKey { address: datagram.source, version, domain };
        let found = self.exporters.find(&key, datagram.received, &self.limits);
        let (id, is_new) = found.ok_or(Refusal::TooManyExporters)?;
        if is_new {
            sink.exporter(id, &key);
        }
        let stream = self.exporters.streams.get_mut(id).ok_or(Refusal::TooManyExporters)?;
        stream.heard = datagram.received;
        stream.counts.datagrams += 1;
        Ok((id, stream))
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
