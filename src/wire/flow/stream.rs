//! One exporter: what it said before that later datagrams lean on, and its counters.

use super::Sink;
use super::counts::Counts;
use super::fields::Fields;
use crate::model::Timestamp;
use crate::model::flow::{ExporterCounts, ExporterKey, FlowRecord, Known};

/// Times further back than this are marked (contract §4). Units: ms.
const OLDEST_MS: i64 = 24 * 3600 * 1000;

/// Clocks of exporters that are ahead by less than this are no fault. Units: ms.
const CLOCK_SLACK_MS: i64 = 60_000;

/// What all records of a datagram share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// When it was received.
    pub(super) received: Timestamp,
    /// When the exporter wrote it.
    pub(super) exported: Timestamp,
    /// Milliseconds since the exporter's start, where it says so.
    pub(super) uptime: u32,
    /// Sequence number of the datagram.
    pub(super) sequence: u32,
}

impl Told {
    /// A time of a flow that is told in milliseconds since the exporter's start, which wrap after 49.7 days: the nearest to now counts.
    #[inline]
    pub(super) fn at_uptime(&self, uptime: u32) -> Timestamp {
        #[allow(clippy::cast_possible_wrap, reason = "modulo 2^32 on purpose: half of the circle is the past")]
        let ago = self.uptime.wrapping_sub(uptime) as i32;
        Timestamp(self.exported.0.saturating_sub(i64::from(ago)))
    }
}

/// An exporter.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) key: ExporterKey,
    pub(super) counts: Counts,
    /// When it was last heard.
    pub(super) heard: Timestamp,
}

impl Stream {
    pub(super) fn new(key: ExporterKey, heard: Timestamp) -> Self {
        Self { key, counts: Counts::default(), heard }
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
        let (oldest, newest) = (received.0 - OLDEST_MS, received.0 + CLOCK_SLACK_MS);
        let is_odd = |known, at: Timestamp| record.known.has(known) && (at.0 < oldest || at.0 > newest);
        if is_odd(Known::START, record.start) || is_odd(Known::END, record.end) {
            record.known = record.known.with(Known::IMPLAUSIBLE_TIME);
        }
        self.counts.record(record);
        sink.flow(id, record, more);
    }

    /// Its counters as the rest of the program sees them.
    pub(super) fn told(&self) -> ExporterCounts {
        self.counts.told()
    }
}
