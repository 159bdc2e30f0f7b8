//! One exporter: what it said before that later datagrams lean on, and its counters.

use super::Sink;
use super::counts::Counts;
use super::fields::Fields;
use super::sampling::Samplers;
use super::sequence::{Heard, Sequence};
use super::template::Kept;
use super::waiting::Waiting;
use crate::model::Timestamp;
use crate::model::flow::{ExporterCounts, ExporterKey, FlowRecord, Known};
use rustc_hash::{FxHashMap, FxHashSet};

/// Times further back than this are marked (contract §4). Units: ms.
const OLDEST_MS: i64 = 24 * 3600 * 1000;

/// Clocks of exporters that are ahead by less than this are no fault. Units: ms.
const CLOCK_SLACK_MS: i64 = 60_000;

/// What all records of a datagram share.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// When it was received.
    pub(super) received: Timestamp,
    /// When the exporter wrote it.
    pub(super) exported: Timestamp,
    /// Milliseconds since the exporter's start; `None` where it does not say.
    pub(super) uptime: Option<u32>,
    /// Sequence number of the datagram.
    pub(super) sequence: u32,
}

impl Told {
    /// A time of a flow that is told in milliseconds since the exporter's start, which wrap after 49.7 days: the nearest to now counts.
    #[inline]
    pub(super) fn at_uptime(&self, uptime: u32) -> Timestamp {
        #[allow(clippy::cast_possible_wrap, reason = "modulo 2^32 on purpose: half of the circle is the past")]
        let ago = self.uptime.unwrap_or(uptime).wrapping_sub(uptime) as i32;
        Timestamp(self.exported.0.saturating_sub(i64::from(ago)))
    }

    /// When the exporter started, modulo 2^32. Units: ms.
    pub(super) fn started_ms(&self) -> Option<u32> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "modulo 2^32 on purpose")]
        self.uptime.map(|uptime| (self.exported.0 as u32).wrapping_sub(uptime))
    }
}

/// An exporter.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) key: ExporterKey,
    pub(super) counts: Counts,
    /// When it was last heard.
    pub(super) heard: Timestamp,
    pub(super) templates: FxHashMap<u16, Kept>,
    /// Ids that were ever defined: each counts once.
    pub(super) template_ids: FxHashSet<u16>,
    pub(super) samplers: Samplers,
    pub(super) sequence: Sequence,
    pub(super) waiting: Waiting,
    /// systemInitTimeMilliseconds (160) of its options data. Units: ms.
    pub(super) system_init: Option<i64>,
    /// Whether the last datagram held data of which the template is missing, so that its records could not be counted.
    pub(super) is_blind: bool,
}

impl Stream {
    pub(super) fn new(key: ExporterKey, heard: Timestamp) -> Self {
        Self {
            key,
            counts: Counts::default(),
            heard,
            templates: FxHashMap::default(),
            template_ids: FxHashSet::default(),
            samplers: Samplers::default(),
            sequence: Sequence::default(),
            waiting: Waiting::default(),
            system_init: None,
            is_blind: false,
        }
    }

    /// Marks, counts and tells a record.
    #[inline]
    pub(super) fn tell(
        &mut self,
        id: usize,
        record: &mut FlowRecord,
        (received, more): (Timestamp, Fields<'_>),
        sink: &mut impl Sink,
    ) {
        let (oldest, newest) = (received.0.saturating_sub(OLDEST_MS), received.0.saturating_add(CLOCK_SLACK_MS));
        let is_odd = |known, at: Timestamp| record.known.has(known) && (at.0 < oldest || at.0 > newest);
        if is_odd(Known::START, record.start) || is_odd(Known::END, record.end) {
            record.known = record.known.with(Known::IMPLAUSIBLE_TIME);
        }
        self.counts.record(record);
        sink.flow(id, record, more);
    }

    /// Takes the sequence number of a datagram with so many units.
    pub(super) fn sequence(&mut self, told: &Told, units: u64, is_shared: bool) {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        self.sequence.heard(Heard { number: told.sequence, units, started_ms: told.started_ms(), is_shared });
    }

    /// Data records of every kind that it sent, those left out that waited.
    pub(super) fn records(&self) -> u64 {
        self.counts.flow_records + self.counts.options_records
    }

    /// Its counters as the rest of the program sees them.
    pub(super) fn told(&self) -> ExporterCounts {
        ExporterCounts {
            lost: self.sequence.lost(),
            restarts: self.sequence.restarts(),
            waiting: self.waiting.len() as u64,
            loss_unknown: self.is_blind || self.sequence.is_unknown(),
            ..self.counts.told()
        }
    }
}
