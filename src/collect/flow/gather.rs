//! What happens to each record: it is added to its conversation and its ports, and kept whole where that is wanted.

use super::loads::Loads;
use super::numbers::Numbers;
use crate::model::flow::{ExporterKey, FlowBatch, FlowColumns, FlowName, FlowRecord, TalkTable};
use crate::model::{Timestamp, limit};
use crate::wire::flow::{Decoder, Fields, KEPT, Sink};
use std::collections::BTreeMap;

/// Records that are handed over together where there are as many: some MB, which the processor's cache still holds.
pub(super) const PIECE_ROWS: usize = 16_384;

/// Records that are held while the engine has no room; those beyond are dropped and counted.
pub(super) const MOST_HELD_ROWS: usize = 65_536;

/// Records of a piece that may have more fields than columns hold: NAT and MPLS are the few that anybody asks for later.
const MOST_MORE: usize = 4096;

/// Records that are worked on together, while the processor's nearest cache holds them.
const TOGETHER: usize = 128;

/// What had to be left out, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Flows of more exporters than one event can name.
    pub(super) exporters: u64,
    /// Flows whose ports had no place: they are in the conversations, not in the ports' loads.
    pub(super) loads: u64,
    /// Records that were dropped because the engine had no room.
    pub(super) held: u64,
    /// Records kept without their further fields.
    pub(super) fields: u64,
    /// Names that options data told.
    pub(super) names: u64,
}

/// See the module.
#[derive(Debug)]
pub(in crate::collect) struct Gather {
    /// Whether records are kept whole.
    keeps: bool,
    /// The time of the datagram that is decoded.
    pub(in crate::collect) received: Timestamp,
    /// Records so far.
    pub(in crate::collect) decoded: u64,
    pub(super) left_out: LeftOut,
    keys: Vec<Option<ExporterKey>>,
    /// Datagrams of each exporter at the last event.
    datagrams: Vec<u64>,
    numbers: Numbers,
    talks: TalkTable,
    loads: Loads,
    names: BTreeMap<usize, Vec<FlowName>>,
    named: usize,
    /// Records that are yet to be added, with the number of each one's exporter.
    pending: Vec<(u16, FlowRecord)>,
    /// The exporters' numbers of the same records in the piece.
    pending_numbers: Vec<u16>,
    piece_numbers: Numbers,
    piece: FlowColumns,
}

impl Gather {
    pub(in crate::collect) fn new(keeps: bool) -> Self {
        Self {
            keeps,
            received: Timestamp::default(),
            decoded: 0,
            left_out: LeftOut::default(),
            keys: Vec::new(),
            datagrams: Vec::new(),
            numbers: Numbers::default(),
            talks: TalkTable::new(limit::FLOW_TALKS.most()),
            loads: Loads::default(),
            names: BTreeMap::new(),
            named: 0,
            pending: Vec::with_capacity(TOGETHER),
            pending_numbers: Vec::with_capacity(TOGETHER),
            piece_numbers: Numbers::default(),
            piece: FlowColumns::default(),
        }
    }

    /// Records that wait to be handed over.
    pub(in crate::collect) fn held(&self) -> usize {
        self.piece.len()
    }

    /// The records that wait.
    pub(in crate::collect) fn take_records(&mut self) -> FlowColumns {
        self.settle();
        let room = self.piece.len().min(PIECE_ROWS);
        let mut piece = std::mem::take(&mut self.piece);
        self.piece.reserve(room);
        piece.received = self.received;
        piece.exporters = self.piece_numbers.take();
        piece
    }

    /// What was heard since the last time; `None` where nothing was.
    pub(in crate::collect) fn take_batch(&mut self, decoder: &Decoder, now: Timestamp) -> Option<FlowBatch> {
        self.settle();
        let mut heard = Vec::new();
        for (stream, key, counts) in decoder.streams() {
            let changed =
                self.datagrams.get_mut(stream).is_none_or(|last| std::mem::replace(last, counts.datagrams) != counts.datagrams);
            if changed && let Some(number) = self.numbers.of(stream, || Some(key)) {
                heard.push((number, stream, counts));
            }
        }
        if heard.is_empty() && self.talks.is_empty() {
            return None;
        }
        let names = std::mem::take(&mut self.names);
        self.named = 0;
        let names = names.into_iter().filter_map(|(stream, names)| Some((self.numbers.known(stream)?, names)));
        let names: Vec<_> = names.flat_map(|(number, names)| names.into_iter().map(move |name| (number, name))).collect();
        let exporters = self.numbers.take();
        let (mut counts, mut streams) = (vec![Default::default(); exporters.len()], vec![None; exporters.len()]);
        for (number, stream, of) in heard {
            if let (Some(counts), Some(place)) = (counts.get_mut(usize::from(number)), streams.get_mut(usize::from(number))) {
                (*counts, *place) = (of, Some(stream));
            }
        }
        let loads = self.loads.take(now, |number| streams.get(usize::from(number)).copied().flatten());
        self.tell_limits();
        Some(FlowBatch { exporters, counts, talks: self.talks.take(), loads, names })
    }

    /// Counts what found no room in this second: once, not flow by flow.
    fn tell_limits(&mut self) {
        let smaller = self.talks.len().saturating_sub(limit::FLOW_TALKS.most());
        let homeless = self.loads.beyond.saturating_sub(std::mem::replace(&mut self.left_out.loads, self.loads.beyond));
        for (limit, count) in
            [(&limit::FLOW_TALKS, smaller), (&limit::FLOW_SECOND_PORTS, usize::try_from(homeless).unwrap_or(usize::MAX))]
        {
            if count > 0 {
                limit.beyond(count);
            }
        }
    }

    /// Adds the records that wait for it.
    pub(super) fn settle(&mut self) {
        self.talks.add_all(&self.pending);
        for (exporter, record) in &self.pending {
            self.loads.add(*exporter, record, self.received);
        }
        if self.keeps {
            let row = self.piece.len();
            if row + self.pending.len() <= MOST_HELD_ROWS {
                self.piece.extend(&self.pending_numbers, &self.pending);
            } else {
                self.left_out.held += self.pending.len() as u64;
                self.piece.more.retain(|(of, _)| usize::try_from(*of).is_ok_and(|of| of < row));
            }
            self.pending_numbers.clear();
        }
        self.pending.clear();
    }

    fn keep_more(&mut self, more: Fields<'_>) {
        if self.piece.more.len() >= MOST_MORE {
            self.left_out.fields += 1;
            return;
        }
        let wanted = more.iter().filter(|(name, _)| KEPT.contains(&name.as_ref()));
        let fields: Vec<(String, String)> = wanted.map(|(name, value)| (name.into_owned(), value.to_string())).collect();
        if let (false, Ok(row)) = (fields.is_empty(), u32::try_from(self.piece.len() + self.pending.len() - 1)) {
            self.piece.more.push((row, fields));
        }
    }
}

impl Sink for Gather {
    #[inline]
    fn flow(&mut self, stream: usize, record: &FlowRecord, more: Fields<'_>) {
        self.decoded += 1;
        let keys = &self.keys;
        let Some(exporter) = self.numbers.of(stream, || keys.get(stream).copied().flatten()) else {
            self.left_out.exporters += 1;
            return;
        };
        if self.keeps {
            let Some(number) = self.piece_numbers.of(stream, || keys.get(stream).copied().flatten()) else {
                self.left_out.exporters += 1;
                return;
            };
            self.pending_numbers.push(number);
        }
        self.pending.push((exporter, *record));
        if self.keeps && more.has_kept() {
            self.keep_more(more);
        }
        if self.pending.len() >= TOGETHER {
            self.settle();
        }
    }

    fn exporter(&mut self, stream: usize, key: &ExporterKey) {
        self.settle();
        if self.keys.len() <= stream {
            self.keys.resize(stream + 1, None);
            self.datagrams.resize(stream + 1, 0);
        }
        if let (Some(place), Some(datagrams)) = (self.keys.get_mut(stream), self.datagrams.get_mut(stream)) {
            (*place, *datagrams) = (Some(*key), 0);
        }
        self.numbers.forget(stream);
        self.piece_numbers.forget(stream);
        self.loads.forget(stream);
        if let Some(names) = self.names.remove(&stream) {
            self.named -= names.len();
        }
    }

    fn name(&mut self, stream: usize, name: FlowName) {
        if !limit::FLOW_SECOND_NAMES.has_room(self.named) {
            self.left_out.names += 1;
            return;
        }
        let names = self.names.entry(stream).or_default();
        if !names.contains(&name) {
            names.push(name);
            self.named += 1;
        }
    }
}
