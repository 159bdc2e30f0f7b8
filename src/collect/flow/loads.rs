//! What flowed through ports, minute by minute: a flow's octets are spread over its own duration, not put where it was told.

use crate::model::flow::sums::SumTable;
use crate::model::flow::{Direction, FlowRecord, Known, PortLoad};
use crate::model::{Timestamp, limit};
use std::collections::BTreeMap;

/// A minute. Units: ms.
const MINUTE_MS: i64 = 60_000;

/// So far back a flow is spread: what was earlier counts to the first of these minutes. Exporters tell a long flow at least every half
/// an hour (active timeout).
const MINUTES: usize = 60;

/// Those, the running one, and one that begins meanwhile.
const PLACES: usize = MINUTES + 2;

/// Loads in one event: some MB.
const MOST_LOADS: usize = 65_536;

/// Ports that are known to be observed outward.
const MOST_OUTWARD: usize = 65_536;

/// A port of which no flow was seen outward for so long is no longer held to be observed there.
const OUTWARD_MS: i64 = 3_600_000;

/// Which way, and where it was observed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    /// Out, observed where it came in.
    Out,
    /// Out, observed there.
    OutObserved,
}

/// By minute: octets and packets, scaled.
#[derive(Clone, Debug)]
struct Minutes([(u64, u64); PLACES]);

impl Default for Minutes {
    fn default() -> Self {
        Self([(0, 0); PLACES])
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Loads {
    /// Start of the first minute.
    first_ms: i64,
    ports: SumTable<u64, Minutes>,
    /// Ports by the decoder's number of the exporter and ifIndex: when a flow was last observed outward. It outlasts the second.
    outward: BTreeMap<(usize, u32), i64>,
    /// Flows that found no room.
    pub(super) beyond: u64,
}

impl Loads {
    /// Adds a flow.
    #[inline]
    pub(super) fn add(&mut self, exporter: u16, record: &FlowRecord, received: Timestamp) {
        if self.ports.is_empty() {
            self.first_ms = minute(received.0) - MINUTES as i64 * MINUTE_MS;
        }
        let span = Span::of(record, received.0, self.first_ms);
        if record.in_if != 0 && record.direction != Direction::Egress {
            self.spread((exporter, record.in_if, Way::In), record, &span);
        }
        if record.out_if != 0 {
            let way = if record.direction == Direction::Egress { Way::OutObserved } else { Way::Out };
            self.spread((exporter, record.out_if, way), record, &span);
        }
    }

    /// Remembers which ports are observed outward.
    fn observe(&mut self, now: Timestamp, stream_of: &impl Fn(u16) -> Option<usize>) {
        self.outward.retain(|_, at| now.0.saturating_sub(*at) < OUTWARD_MS);
        let observed =
            self.ports.entries().iter().map(|(key, _)| parts(*key)).filter(|(_, way, _)| *way == Way::OutObserved as u64);
        for (exporter, _, if_index) in observed {
            let Some(stream) = stream_of(exporter) else { continue };
            let room = self.outward.len() < MOST_OUTWARD;
            match self.outward.get_mut(&(stream, if_index)) {
                Some(at) => *at = now.0,
                None if room => drop(self.outward.insert((stream, if_index), now.0)),
                None => self.beyond += 1,
            }
        }
    }

    /// The decoder's number stands for another exporter.
    pub(super) fn forget(&mut self, stream: usize) {
        self.outward.retain(|(of, _), _| *of != stream);
    }

    #[inline]
    fn spread(&mut self, (exporter, if_index, way): (u16, u32, Way), record: &FlowRecord, span: &Span) {
        let key = u64::from(exporter) << 48 | (way as u64) << 32 | u64::from(if_index);
        match self.ports.place(&key, limit::FLOW_SECOND_PORTS.most()) {
            Some(minutes) => span.spread(minutes, (record.scaled_octets(), record.scaled_packets())),
            None => self.beyond += 1,
        }
    }

    /// What was added. Of a port that is observed outward those flows count alone; of another all that were observed where they came in:
    /// no flow counts twice.
    pub(super) fn take(&mut self, now: Timestamp, stream_of: impl Fn(u16) -> Option<usize>) -> Vec<PortLoad> {
        self.observe(now, &stream_of);
        let mut loads = Vec::new();
        for (key, minutes) in self.ports.entries() {
            let (exporter, way, if_index) = parts(*key);
            let observed = || stream_of(exporter).is_some_and(|stream| self.outward.contains_key(&(stream, if_index)));
            if way == Way::Out as u64 && observed() {
                continue;
            }
            for ((octets, packets), at) in minutes.0.iter().zip(0i64..).filter(|((octets, packets), _)| octets | packets != 0) {
                if loads.len() >= MOST_LOADS {
                    self.beyond += 1;
                    continue;
                }
                let minute = Timestamp(self.first_ms + at * MINUTE_MS);
                let inward = way == Way::In as u64;
                loads.push(PortLoad { exporter, if_index, inward, minute, octets: *octets, packets: *packets });
            }
        }
        self.ports.clear();
        loads
    }
}

impl Minutes {
    #[inline]
    fn add(&mut self, at: usize, octets: u64, packets: u64) {
        if let Some(minute) = self.0.get_mut(at) {
            minute.0 = minute.0.saturating_add(octets);
            minute.1 = minute.1.saturating_add(packets);
        }
    }
}

/// Exporter, way and ifIndex of a key.
#[allow(clippy::cast_possible_truncation, reason = "the parts that were put together")]
const fn parts(key: u64) -> (u16, u64, u32) {
    ((key >> 48) as u16, key >> 32 & 0xffff, key as u32)
}

/// The start of a minute.
const fn minute(ms: i64) -> i64 {
    ms - ms.rem_euclid(MINUTE_MS)
}

/// When a flow was, from the start of the first minute, and the minutes in which it began and ended.
#[derive(Clone, Copy, Debug)]
struct Span {
    start_ms: u64,
    end_ms: u64,
    from: usize,
    to: usize,
}

impl Span {
    /// As far as it is told and can be: else when the flow was received.
    #[inline]
    fn of(record: &FlowRecord, received: i64, first: i64) -> Self {
        let told = record.known.has(Known::START.with(Known::END)) && !record.known.has(Known::IMPLAUSIBLE_TIME);
        let (start, end) = if told && record.start <= record.end { (record.start.0, record.end.0) } else { (received, received) };
        let last = received.saturating_sub(first);
        let since = |ms: i64| u64::try_from(ms.saturating_sub(first).min(last)).unwrap_or(0);
        let (start_ms, end_ms) = (since(start), since(end));
        Self { start_ms, end_ms, from: place(start_ms), to: place(end_ms) }
    }

    /// Gives each minute its part; the parts are the whole.
    #[inline]
    fn spread(&self, minutes: &mut Minutes, (octets, packets): (u64, u64)) {
        let (mut told_octets, mut told_packets) = (0, 0);
        let all = self.end_ms - self.start_ms;
        for at in self.from..self.to {
            let until = (at as u64 + 1) * MINUTE_MS.unsigned_abs() - self.start_ms;
            let (octets, packets) = (part(octets, until, all), part(packets, until, all));
            minutes.add(at, octets - told_octets, packets - told_packets);
            (told_octets, told_packets) = (octets, packets);
        }
        minutes.add(self.to, octets - told_octets, packets - told_packets);
    }
}

#[inline]
fn place(since_first_ms: u64) -> usize {
    usize::try_from(since_first_ms / MINUTE_MS.unsigned_abs()).unwrap_or(0).min(PLACES - 1)
}

/// The part of an amount that belongs to the first `of` of `all` milliseconds.
#[inline]
fn part(amount: u64, of: u64, all: u64) -> u64 {
    match amount.checked_mul(of) {
        Some(product) => product / all.max(1),
        None => u64::try_from(u128::from(amount) * u128::from(of) / u128::from(all.max(1))).unwrap_or(amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000 + 30_000);

    fn flow(octets: u64, seconds: (i64, i64)) -> FlowRecord {
        FlowRecord {
            known: Known::START.with(Known::END),
            octets,
            packets: 1,
            in_if: 3,
            out_if: 7,
            start: Timestamp(NOW.0 - seconds.0 * 1000),
            end: Timestamp(NOW.0 - seconds.1 * 1000),
            ..FlowRecord::default()
        }
    }

    /// The loads as (ifIndex, inward, minutes ago, octets).
    fn loads(flows: &[FlowRecord]) -> Vec<(u32, bool, i64, u64)> {
        let mut loads = Loads::default();
        flows.iter().for_each(|flow| loads.add(0, flow, NOW));
        let told = loads.take(NOW, |_| Some(5));
        assert_eq!(loads.beyond, 0);
        told.iter().map(|load| (load.if_index, load.inward, (minute(NOW.0) - load.minute.0) / MINUTE_MS, load.octets)).collect()
    }

    fn check(flows: &[FlowRecord], expected: &[(u32, bool, i64, u64)]) {
        let mut found = loads(flows);
        found.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_flow_is_spread_over_the_minutes_that_it_lasted() {
        // From 120 s ago to now, half past a minute: 30 s of the first minute, 60 s of the second, 30 s of the third.
        let flow = FlowRecord { out_if: 0, ..flow(1201, (120, 0)) };
        check(&[flow], &[(3, true, 2, 300), (3, true, 1, 600), (3, true, 0, 301)]);
    }

    #[test]
    fn a_long_flow_makes_no_spike_and_loses_nothing() {
        let found = loads(&[flow(1_000_003, (1800, 0))]);
        let inward: Vec<u64> = found.iter().filter(|load| load.1).map(|load| load.3).collect();
        assert_eq!((inward.len(), inward.iter().sum::<u64>()), (31, 1_000_003));
        assert!(inward.iter().all(|octets| *octets <= 33_334));
    }

    #[test]
    fn times_that_cannot_be_count_when_they_are_told() {
        let future = flow(10, (-600, -900));
        let backward = flow(20, (10, 900));
        let odd = flow(30, (100_000, 90_000));
        let odd = FlowRecord { known: odd.known.with(Known::IMPLAUSIBLE_TIME), ..odd };
        let untold = FlowRecord { known: Known::default(), ..flow(40, (900, 600)) };
        check(&[future, backward, odd, untold], &[(3, true, 0, 100), (7, false, 0, 100)]);
    }

    #[test]
    fn what_began_more_than_an_hour_ago_counts_to_the_last_hour() {
        let found = loads(&[FlowRecord { out_if: 0, ..flow(6000, (9000, 0)) }]);
        assert_eq!((found.len(), found.iter().map(|load| load.3).sum::<u64>()), (61, 6000));
        check(&[FlowRecord { out_if: 0, ..flow(60, (9000, 7200)) }], &[(3, true, 60, 60)]);
    }

    #[test]
    fn a_port_that_is_observed_outward_counts_those_flows_alone() {
        let of = |direction, in_if, out_if, octets| FlowRecord { direction, in_if, out_if, ..flow(octets, (1, 0)) };
        let flows = [
            of(Direction::Ingress, 3, 7, 100),
            of(Direction::Ingress, 3, 8, 200),
            of(Direction::Egress, 3, 7, 90),
            of(Direction::Unknown, 4, 8, 1),
        ];
        check(&flows, &[(3, true, 0, 300), (4, true, 0, 1), (7, false, 0, 90), (8, false, 0, 201)]);
    }

    #[test]
    fn invented_ports_take_no_more_than_their_room() {
        let mut loads = Loads::default();
        for if_index in 1..=20_000 {
            loads.add(0, &FlowRecord { in_if: if_index, out_if: 0, ..flow(1, (1, 0)) }, NOW);
        }
        let most = limit::FLOW_SECOND_PORTS.most();
        assert_eq!((loads.take(NOW, |_| None).len(), loads.beyond), (most, 20_000 - most as u64));
        loads.add(0, &flow(1, (1, 0)), NOW);
        assert_eq!(loads.take(NOW, |_| None).len(), 2);
    }
}
