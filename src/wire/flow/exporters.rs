//! The exporters that are remembered: as many as the limits allow, and those that fell silent make room.

use super::Sink;
use super::decoder::Datagram;
use super::limits::Limits;
use super::refusal::Refusal;
use super::stream::Stream;
use crate::model::Timestamp;
use crate::model::flow::{ExporterKey, FlowVersion};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// Between two looks for an exporter that may be forgotten: a flood of new addresses must not make each of them cost a look at all.
/// Units: ms.
const LOOK_EVERY_MS: i64 = 1000;

/// All of them. Their numbers are dense and stay.
#[derive(Debug, Default)]
pub(super) struct Exporters {
    index: FxHashMap<ExporterKey, usize>,
    pub(super) streams: Vec<Stream>,
    looked: Option<Timestamp>,
    /// Found at the last look, not yet given away.
    silent: Vec<usize>,
    /// Fields of templates and octets of waiting sets of exporters that were forgotten.
    freed: (usize, usize),
    /// By address the number that the next IPFIX message of any of its domains has, if they count together (Open vSwitch).
    next_numbers: FxHashMap<IpAddr, u32>,
}

impl Exporters {
    /// The exporter of a datagram, which is counted.
    ///
    /// Errors: there is no room for another one.
    pub(super) fn enter<S: Sink>(
        &mut self,
        datagram: &Datagram<'_>,
        (version, domain): (FlowVersion, u32),
        (limits, sink): (&Limits, &mut S),
    ) -> Result<(usize, &mut Stream), Refusal> {
        let key = ExporterKey { address: datagram.source, version, domain };
        let (id, is_new) = self.find(&key, datagram.received, limits).ok_or(Refusal::TooManyExporters)?;
        if is_new {
            sink.exporter(id, &key);
        }
        let stream = self.streams.get_mut(id).ok_or(Refusal::TooManyExporters)?;
        stream.heard = datagram.received;
        stream.counts.datagrams += 1;
        Ok((id, stream))
    }

    /// Whether the number of a message is the next one if all domains of its address count together; and takes it as such.
    pub(super) fn shares(&mut self, address: IpAddr, (number, units, is_blind): (u32, u64, bool)) -> bool {
        if is_blind {
            self.next_numbers.remove(&address);
            return false;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a datagram has fewer records")]
        let next = number.wrapping_add(units as u32);
        // As many addresses as exporters: one that is forgotten is forgotten here by and by.
        if self.next_numbers.len() > self.streams.len() {
            self.next_numbers.clear();
        }
        self.next_numbers.insert(address, next) == Some(number)
    }

    /// What was forgotten since this was last asked.
    pub(super) fn freed(&mut self) -> (usize, usize) {
        std::mem::take(&mut self.freed)
    }

    /// The number of an exporter, and whether it is new. `None` where there is no room.
    pub(super) fn find(&mut self, key: &ExporterKey, now: Timestamp, limits: &Limits) -> Option<(usize, bool)> {
        if let Some(id) = self.index.get(key) {
            return Some((*id, false));
        }
        let id = if self.streams.len() < limits.exporters { self.streams.len() } else { self.silent(now, limits)? };
        let stream = Stream::new(*key, now);
        match self.streams.get_mut(id) {
            Some(place) => {
                self.index.remove(&place.key);
                self.freed.0 += place.templates.values().map(|kept| kept.template.shape.fields.len()).sum::<usize>();
                self.freed.1 += place.waiting.octets();
                *place = stream;
            }
            None => self.streams.push(stream),
        }
        self.index.insert(*key, id);
        Some((id, true))
    }

    /// One that may be forgotten: those that never sent a record first.
    fn silent(&mut self, now: Timestamp, limits: &Limits) -> Option<usize> {
        let is_silent = |stream: &Stream| {
            let unproven = stream.counts.flow_records == 0 && stream.counts.options_records == 0;
            now.since(stream.heard) >= if unproven { limits.idle_unproven } else { limits.idle }
        };
        let due = self.looked.is_none_or(|looked| (now.0 - looked.0).abs() >= LOOK_EVERY_MS);
        if self.silent.is_empty() && due {
            self.looked = Some(now);
            let mut silent: Vec<(bool, Timestamp, usize)> = (self.streams.iter().enumerate())
                .filter(|(_, stream)| is_silent(stream))
                .map(|(id, stream)| (stream.counts.flow_records == 0, stream.heard, id))
                .collect();
            // The one to forget first stands last.
            silent.sort_by_key(|(unproven, heard, _)| (*unproven, std::cmp::Reverse(*heard)));
            self.silent = silent.into_iter().map(|(_, _, id)| id).collect();
        }
        while let Some(id) = self.silent.pop() {
            // It may have spoken since.
            if self.streams.get(id).is_some_and(is_silent) {
                return Some(id);
            }
        }
        None
    }
}
