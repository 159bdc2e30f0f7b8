//! What flows are added to as they are gone through: sums by code, curves of the largest, octets of the same time earlier.

use super::keys::Code;
use crate::model::flow::TalkSum;
use crate::model::{TimeRange, Timestamp};
use rustc_hash::FxHashMap;

/// Different codes that are told apart: some 250 MB. What is more counts as not kept.
const MOST_GROUPS: usize = 2_000_000;

/// Takes what flows amount to, with the stretch in which they were received.
pub trait Sink {
    /// Something that the filter lets through, whatever it counts for.
    fn total(&mut self, sum: &TalkSum, stretch: TimeRange);
    /// What counts for a code.
    fn add(&mut self, code: Code, sum: &TalkSum, stretch: TimeRange);
    /// What is in the total and can't be told apart any more.
    fn not_kept(&mut self, sum: &TalkSum);
}

/// Sums by code.
#[derive(Default)]
pub struct Groups {
    sums: FxHashMap<Code, TalkSum>,
    pub total: TalkSum,
    pub not_kept: TalkSum,
}

impl Sink for Groups {
    #[inline]
    fn total(&mut self, sum: &TalkSum, _: TimeRange) {
        self.total.merge(sum);
    }

    #[inline]
    fn add(&mut self, code: Code, sum: &TalkSum, _: TimeRange) {
        if self.sums.len() >= MOST_GROUPS && !self.sums.contains_key(&code) {
            self.not_kept.merge(sum);
            return;
        }
        self.sums.entry(code).or_default().merge(sum);
    }

    fn not_kept(&mut self, sum: &TalkSum) {
        self.not_kept.merge(sum);
    }
}

impl Groups {
    /// Codes that are told apart.
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// The largest, the largest first; of those that are equally large the lower code.
    pub fn largest(&self, limit: usize) -> Vec<(Code, TalkSum)> {
        let mut all: Vec<(u64, u64, Code)> = self.sums.iter().map(|(code, sum)| (sum.octets, sum.packets, *code)).collect();
        let order = |a: &(u64, u64, Code), b: &(u64, u64, Code)| (b.0, b.1).cmp(&(a.0, a.1)).then(a.2.cmp(&b.2));
        if limit < all.len() {
            all.select_nth_unstable_by(limit, order);
            all.truncate(limit);
        }
        all.sort_unstable_by(order);
        all.iter().filter_map(|(_, _, code)| Some((*code, *self.sums.get(code)?))).collect()
    }

    /// What is in none of these rows. Where a flow counts for two rows each has half of it.
    pub fn other(&self, rows: &[(Code, TalkSum)], sides: u64) -> TalkSum {
        let mut shown = TalkSum::default();
        rows.iter().for_each(|(_, sum)| shown.merge(sum));
        if sides < 2 {
            return less(&self.total, &shown);
        }
        let mut all = TalkSum::default();
        self.sums.values().for_each(|sum| all.merge(sum));
        let mut other = less(&all, &shown);
        for figure in
            [&mut other.octets, &mut other.packets, &mut other.seen_packets, &mut other.flows, &mut other.unscaled_flows]
        {
            *figure /= sides;
        }
        other.merge(&self.not_kept);
        other
    }
}

/// A sum without another; no figure is below 0.
pub fn less(sum: &TalkSum, other: &TalkSum) -> TalkSum {
    TalkSum {
        octets: sum.octets.saturating_sub(other.octets),
        packets: sum.packets.saturating_sub(other.packets),
        seen_packets: sum.seen_packets.saturating_sub(other.seen_packets),
        flows: sum.flows.saturating_sub(other.flows),
        unscaled_flows: sum.unscaled_flows.saturating_sub(other.unscaled_flows),
        sampling_interval: sum.sampling_interval,
        ..TalkSum::default()
    }
}

fn places(rows: &[(Code, TalkSum)]) -> FxHashMap<Code, usize> {
    rows.iter().enumerate().map(|(place, (code, _))| (*code, place)).collect()
}

/// Octets of some codes.
pub struct Earlier {
    places: FxHashMap<Code, usize>,
    octets: Vec<u64>,
}

impl Earlier {
    /// Of these rows.
    pub fn new(rows: &[(Code, TalkSum)]) -> Self {
        Self { places: places(rows), octets: vec![0; rows.len()] }
    }

    /// Of the row at a place.
    pub fn of(&self, place: usize) -> u64 {
        self.octets.get(place).copied().unwrap_or(0)
    }
}

impl Sink for Earlier {
    fn total(&mut self, _: &TalkSum, _: TimeRange) {}

    fn add(&mut self, code: Code, sum: &TalkSum, _: TimeRange) {
        if let Some(octets) = self.places.get(&code).and_then(|place| self.octets.get_mut(*place)) {
            *octets = octets.saturating_add(sum.octets);
        }
    }

    fn not_kept(&mut self, _: &TalkSum) {}
}

/// Bit/s by step of some codes and of everything.
pub struct Curves {
    places: FxHashMap<Code, usize>,
    range: TimeRange,
    steps: usize,
    width_ms: i64,
    /// Octets; the first curve is that of everything.
    octets: Vec<Vec<f64>>,
}

impl Curves {
    /// Of these rows, over a range in so many steps.
    pub fn new(rows: &[(Code, TalkSum)], (range, steps): (TimeRange, usize)) -> Self {
        let span = range.to.0.saturating_sub(range.from.0).max(1);
        let width_ms = span.div_euclid(steps as i64) + i64::from(span.rem_euclid(steps as i64) > 0);
        Self { places: places(rows), range, steps, width_ms: width_ms.max(1), octets: vec![vec![0.0; steps]; rows.len() + 1] }
    }

    /// Adds to a curve, spread evenly over the steps that a stretch covers.
    fn spread(&mut self, curve: usize, octets: u64, stretch: TimeRange) {
        let step =
            |at: i64| at.saturating_sub(self.range.from.0).div_euclid(self.width_ms).clamp(0, self.steps as i64 - 1) as usize;
        // A stretch ends before the moment at which the next begins.
        let (first, last) = (step(stretch.from.0), step(stretch.to.0.saturating_sub(1).max(stretch.from.0)));
        let Some(curve) = self.octets.get_mut(curve) else { return };
        #[allow(clippy::cast_precision_loss, reason = "a curve for people")]
        let each = octets as f64 / (last - first + 1) as f64;
        curve.iter_mut().skip(first).take(last - first + 1).for_each(|point| *point += each);
    }

    fn bps(&self, curve: usize) -> Vec<f32> {
        #[allow(clippy::cast_precision_loss, reason = "milliseconds of a step")]
        let secs = self.width_ms as f64 / 1000.0;
        #[allow(clippy::cast_possible_truncation, reason = "a curve for people")]
        let bps = |octets: &f64| (octets * 8.0 / secs) as f32;
        self.octets.get(curve).map(|octets| octets.iter().map(bps).collect()).unwrap_or_default()
    }

    /// Of everything.
    pub fn total(&self) -> Vec<f32> {
        self.bps(0)
    }

    /// Of the row at a place.
    pub fn of(&self, place: usize) -> Vec<f32> {
        self.bps(place + 1)
    }

    /// The start of each step.
    pub fn steps(&self) -> Vec<Timestamp> {
        (0..self.steps as i64).map(|step| Timestamp(self.range.from.0.saturating_add(step * self.width_ms))).collect()
    }
}

impl Sink for Curves {
    fn total(&mut self, sum: &TalkSum, stretch: TimeRange) {
        self.spread(0, sum.octets, stretch);
    }

    fn add(&mut self, code: Code, sum: &TalkSum, stretch: TimeRange) {
        if let Some(place) = self.places.get(&code).copied() {
            self.spread(place + 1, sum.octets, stretch);
        }
    }

    fn not_kept(&mut self, _: &TalkSum) {}
}
