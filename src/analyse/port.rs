//! One port's counters, reading after reading: the rates that are shown and the totals that are kept.
//!
//! A metric is the sum of some counters. Its total never goes back and starts anywhere; where a span says nothing (restart, discontinuity,
//! a counter that went back or grew by more than the port can carry) the total stands still and is marked, so that no rate is made of it.

use super::rate::{Ceiling, Growth, SPEED_TOLERANCE, Span, growth};
use super::timeline::{Keeping, KeptAt, LineTime};
use crate::model::poll::{Counter, IfCounter, IfReading, PollKind};
use crate::model::series::{Cell, Kept};
use crate::model::{Metric, Timestamp};

/// Metrics of a port that are rates: all but the operational state.
pub const RATES: usize = 9;

/// The counters whose sum is a metric (RFC 2863: packets are counted apart as unicast, multicast and broadcast).
pub const SUMS: [(Metric, &[IfCounter]); RATES] = [
    (Metric::InBps, &[IfCounter::InOctets]),
    (Metric::OutBps, &[IfCounter::OutOctets]),
    (Metric::InPps, &[IfCounter::InUcastPkts, IfCounter::InMulticastPkts, IfCounter::InBroadcastPkts]),
    (Metric::OutPps, &[IfCounter::OutUcastPkts, IfCounter::OutMulticastPkts, IfCounter::OutBroadcastPkts]),
    (Metric::InErrors, &[IfCounter::InErrors]),
    (Metric::OutErrors, &[IfCounter::OutErrors]),
    (Metric::InDiscards, &[IfCounter::InDiscards]),
    (Metric::OutDiscards, &[IfCounter::OutDiscards]),
    (Metric::InFcsErrors, &[IfCounter::InFcsErrors]),
];

/// Two readings nearer than this make no rate: an agent's counters and its answers are not of the same moment.
const NEAREST_MS: i64 = 500;

/// Agents refresh their counters so rarely at most (net-snmp and many switches every 1 to 15 s): what a reading tells may be so old. In a
/// burst, the rate before stands until then.
const REFRESH_MS: i64 = 15_000;

/// Before all times.
pub(super) const NEVER: Timestamp = Timestamp(i64::MIN);

/// Rates of one port, each in its metric's unit.
#[derive(Clone, Copy, Debug)]
pub struct PortRates {
    /// When the later of the two readings was received; [`NEVER`] before the first. An `Option` would take eight octets more, of each of
    /// hundreds of thousands of ports.
    at: Timestamp,
    /// By the place in [`SUMS`]; not a number where it is not known.
    rates: [f64; RATES],
}

impl Default for PortRates {
    fn default() -> Self {
        Self { at: NEVER, rates: [f64::NAN; RATES] }
    }
}

/// The place of a metric in [`SUMS`]; beyond it for what is no rate.
fn place(metric: Metric) -> usize {
    match metric {
        Metric::InFcsErrors => RATES - 1,
        other => usize::from(other.number()),
    }
}

impl PortRates {
    /// When the later of the two readings was received.
    pub fn at(&self) -> Option<Timestamp> {
        Some(self.at).filter(|at| *at != NEVER)
    }

    /// A reading of this time is among them.
    pub fn seen(&mut self, at: Timestamp) {
        self.at = self.at.max(at);
    }

    /// One of them.
    pub fn get(&self, metric: Metric) -> Option<f64> {
        let is_it = SUMS.get(place(metric)).is_some_and(|(known, _)| *known == metric);
        self.rates.get(place(metric)).copied().filter(|rate| is_it && !rate.is_nan())
    }

    /// Sets one of them.
    pub fn set(&mut self, metric: Metric, rate: Option<f64>) {
        if let Some(slot) = self.rates.get_mut(place(metric)) {
            *slot = rate.unwrap_or(f64::NAN);
        }
    }

    /// Whether errors are counted now.
    pub fn has_errors(&self) -> bool {
        [Metric::InErrors, Metric::OutErrors].into_iter().filter_map(|metric| self.get(metric)).any(|rate| rate > 0.0)
    }
}

/// A reading and what is known of its moment.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// What was read.
    pub port: &'a IfReading,
    /// When, by the wall clock.
    pub at: Timestamp,
    /// When, on the device's line.
    pub line: LineTime,
    /// Why it was read.
    pub kind: PollKind,
    /// What the port can carry.
    pub ceiling: Ceiling,
}

/// A counter that grew by more than its port can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// Which.
    pub counter: IfCounter,
    /// By how much.
    pub grown: u64,
    /// In how many milliseconds.
    pub millis: i64,
}

/// What follows from a reading.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// What is kept, and when; nothing of a burst.
    pub kept: Option<(Timestamp, Vec<Cell>)>,
    /// The first counter that grew by more than the port can carry.
    pub impossible: Option<Impossible>,
}

/// A port's counters. About 250 octets: there are hundreds of thousands of them.
#[derive(Clone, Debug, Default)]
pub struct PortCounters {
    raw: [u64; IfCounter::COUNT],
    totals: [u64; RATES],
    line: LineTime,
    /// Milliseconds of the line at which octets in and out were last seen to move.
    moved: [i64; 2],
    /// Milliseconds of the port's speed that octets in and out have not used lately, at most [`REFRESH_MS`].
    credit: [i32; 2],
    keeping: Keeping,
    discontinuity: Option<u32>,
    /// Bits by counter: read the last time; 64 bits wide.
    seen: u16,
    wide: u16,
    /// Bits by place in [`SUMS`]: no rate may be made since the last kept sample.
    broken: u16,
    /// Whether there was a reading before.
    has_begun: bool,
}

/// The span between two readings of a port.
#[derive(Clone, Copy)]
struct Passed {
    millis: i64,
    /// Nothing before may be compared with.
    is_broken: bool,
    /// [`PortCounters::credit`] before it.
    credit: [i32; 2],
}

/// How a metric's counters grew together.
#[derive(Clone, Copy)]
struct Sum {
    grown: u64,
    /// Milliseconds in which they did.
    millis: i64,
    /// It can be said.
    is_whole: bool,
    /// The span alone can't hold it.
    is_late: bool,
}

impl PortCounters {
    /// Takes a reading and shows its rates. One that is not later than the last adds nothing.
    pub fn advance(&mut self, reading: &Reading<'_>, rates: &mut PortRates) -> Step {
        let millis = reading.line.millis.saturating_sub(self.line.millis);
        if self.has_begun && millis <= 0 && reading.line.epoch == self.line.epoch {
            return Step::default();
        }
        let told = reading.port.discontinuity;
        let is_discontinued = self.discontinuity.is_some() && told.is_some() && self.discontinuity != told;
        self.discontinuity = told.or(self.discontinuity);
        let is_broken = !self.has_begun || is_discontinued || reading.line.epoch != self.line.epoch;
        let passed = Passed { millis, is_broken, credit: self.credit };
        let mut step = Step::default();
        let sums = SUMS.map(|(metric, counters)| self.sum(metric, counters, (reading, passed, &mut step.impossible)));
        self.follow(reading, passed);
        self.show(&sums, (reading, rates));
        if reading.kind == PollKind::Regular {
            let kept = self.keeping.keep(reading.at, reading.line);
            step.kept = kept.map(|kept| (kept.at, self.cells(&sums, (kept, reading.port))));
        }
        step
    }

    /// The growth of one metric; `None` where none of its counters was read.
    fn sum(
        &mut self,
        metric: Metric,
        counters: &[IfCounter],
        (reading, passed, impossible): (&Reading<'_>, Passed, &mut Option<Impossible>),
    ) -> Option<Sum> {
        let octets = matches!(metric, Metric::InBps | Metric::OutBps);
        let per_second = if octets { reading.ceiling.octets } else { reading.ceiling.packets };
        let credit = seconds(passed.credit.get(direction(metric)).copied().map_or(0, i64::from));
        let span = Span { seconds: seconds(passed.millis), credit, per_second };
        let mut sum = Sum { grown: 0, millis: passed.millis, is_whole: !passed.is_broken, is_late: false };
        let mut some = false;
        for counter in counters {
            let (before, now) = (self.counter(*counter), reading.port.counter(*counter));
            some |= now.is_some();
            match (before, now) {
                (None, None) => {}
                (Some(before), Some(now)) if !passed.is_broken => match growth(before, now, span) {
                    Growth::By(grown) => sum.grown = sum.grown.saturating_add(grown),
                    Growth::Late(grown) => {
                        sum.grown = sum.grown.saturating_add(grown);
                        sum.is_late = true;
                    }
                    Growth::Impossible(grown) => {
                        sum.is_whole = false;
                        impossible.get_or_insert(Impossible { counter: *counter, grown, millis: passed.millis });
                    }
                    Growth::Unknown => sum.is_whole = false,
                },
                // A sum of other counters than before is another counter.
                _ => sum.is_whole = false,
            }
        }
        // Several counters together, each within what the port can carry, may still be too many.
        sum.is_whole &= counters.len() == 1 || !is_too_much(sum.grown, seconds(passed.millis) + credit, per_second);
        sum.is_late |= is_too_much(sum.grown, seconds(passed.millis), per_second);
        if octets {
            self.spend(direction(metric), &sum, per_second);
        }
        self.add(metric, &sum);
        some.then_some(sum)
    }

    /// What the span allowed and was not used may still come.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "milliseconds of some polls")]
    fn spend(&mut self, direction: usize, sum: &Sum, per_second: Option<f64>) {
        let Some(credit) = self.credit.get_mut(direction) else { return };
        let used = per_second.map_or(0, |most| (sum.grown as f64 * 1000.0 / most) as i64);
        let left = if sum.is_whole { i64::from(*credit).saturating_add(sum.millis).saturating_sub(used) } else { REFRESH_MS };
        *credit = left.clamp(0, REFRESH_MS) as i32;
    }

    fn add(&mut self, metric: Metric, sum: &Sum) {
        let at = place(metric);
        if let Some(total) = self.totals.get_mut(at) {
            let grown = if sum.is_whole { total.checked_add(sum.grown) } else { None };
            *total = grown.unwrap_or(*total);
            if grown.is_none() || sum.is_late {
                self.broken |= 1 << at;
            }
        }
    }

    /// A counter as it was read last; `None` where the last reading did not have it.
    pub fn counter(&self, which: IfCounter) -> Option<Counter> {
        let bit = 1 << (which as u16);
        let raw = *self.raw.get(which as usize)?;
        let narrow = || u32::try_from(raw).ok().map(Counter::Bits32);
        if self.seen & bit == 0 {
            None
        } else if self.wide & bit == 0 {
            narrow()
        } else {
            Some(Counter::Bits64(raw))
        }
    }

    /// Takes the raw counters over.
    fn follow(&mut self, reading: &Reading<'_>, passed: Passed) {
        for (octets, moved) in [IfCounter::InOctets, IfCounter::OutOctets].into_iter().zip(0usize..) {
            if (passed.is_broken || self.counter(octets) != reading.port.counter(octets))
                && let Some(slot) = self.moved.get_mut(moved)
            {
                *slot = reading.line.millis;
            }
        }
        for (which, slot) in IfCounter::ALL.into_iter().zip(&mut self.raw) {
            let bit = 1 << (which as u16);
            self.seen &= !bit;
            self.wide &= !bit;
            if let Some(counter) = reading.port.counter(which) {
                self.seen |= bit;
                (*slot, self.wide) = match counter {
                    Counter::Bits32(raw) => (u64::from(raw), self.wide),
                    Counter::Bits64(raw) => (raw, self.wide | bit),
                };
            }
        }
        (self.line, self.has_begun) = (reading.line, true);
    }

    /// Makes the rates that are shown.
    fn show(&self, sums: &[Option<Sum>; RATES], (reading, rates): (&Reading<'_>, &mut PortRates)) {
        let before = *rates;
        let mut shown = PortRates { at: reading.at, ..PortRates::default() };
        for ((metric, _), sum) in SUMS.iter().zip(sums) {
            let Some(sum) = sum else { continue };
            let shows = if sum.is_whole { self.rate(*metric, sum, (reading, &before)) } else { None };
            shown.set(*metric, shows);
        }
        *rates = shown;
    }

    #[allow(clippy::cast_precision_loss, reason = "differences of one polling interval stay far below 2^53")]
    fn rate(&self, metric: Metric, sum: &Sum, (reading, before): (&Reading<'_>, &PortRates)) -> Option<f64> {
        let waits = reading.kind == PollKind::Burst && sum.grown == 0 && self.waited(metric, reading.line) < REFRESH_MS;
        if sum.millis < NEAREST_MS || waits {
            return before.get(metric);
        }
        let factor = if let Kept::Counter { factor } = metric.kept() { factor } else { 1.0 };
        let rate = sum.grown as f64 * factor * 1000.0 / sum.millis as f64;
        let most = match metric {
            Metric::InBps | Metric::OutBps => reading.ceiling.octets,
            _ => reading.ceiling.packets,
        };
        // What the tolerance let through is still no more than the port carries.
        Some(most.map_or(rate, |most| rate.min(most * factor)))
    }

    /// Milliseconds since octets of the metric's direction last moved.
    fn waited(&self, metric: Metric, line: LineTime) -> i64 {
        let moved = self.moved.get(direction(metric)).copied().unwrap_or(line.millis);
        line.millis.saturating_sub(moved)
    }

    /// What is kept: totals, each with its mark, and the operational state.
    fn cells(&mut self, sums: &[Option<Sum>; RATES], (kept, port): (KeptAt, &IfReading)) -> Vec<Cell> {
        let mut cells = Vec::with_capacity(RATES + 1);
        for (at, ((metric, _), sum)) in SUMS.iter().zip(sums).enumerate() {
            if sum.is_some()
                && let Some(total) = self.totals.get(at)
            {
                let bit = 1 << at;
                cells.push(Cell { metric: *metric, value: *total, broken: kept.broken || self.broken & bit != 0 });
                self.broken &= !bit;
            }
        }
        if let Some(oper) = port.oper_status {
            cells.push(Cell { metric: Metric::OperStatus, value: u64::from(oper.to_mib()), broken: false });
        }
        cells
    }
}

/// 0 for what comes in, 1 for what goes out.
const fn direction(metric: Metric) -> usize {
    match metric {
        Metric::OutBps | Metric::OutPps | Metric::OutErrors | Metric::OutDiscards => 1,
        _ => 0,
    }
}

#[allow(clippy::cast_precision_loss, reason = "compared with a tolerance")]
fn is_too_much(grown: u64, seconds: f64, per_second: Option<f64>) -> bool {
    per_second.is_some_and(|most| grown as f64 > most * seconds * SPEED_TOLERANCE)
}

#[allow(clippy::cast_precision_loss, reason = "polling intervals are short")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

#[cfg(test)]
mod tests;
