//! The exporters that are remembered: as many as the limits allow, and those that fell silent make room.

use super::limits::Limits;
use super::stream::Stream;
use crate::model::Timestamp;
use crate::model::flow::ExporterKey;
use rustc_hash::FxHashMap;

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
}

impl Exporters {
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
