//! The last two values of every series of one device, gathered out of its blocks in any order.

use super::block::Block;
use super::open::OpenBlock;
use super::{BROKEN, PRESENT, Reading};
use crate::model::Metric;

/// The two latest readings of one series so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// The last.
    pub last: Option<Reading>,
    /// The one before.
    pub before: Option<Reading>,
}

impl Pair {
    /// Takes a reading that has a value.
    fn offer(&mut self, reading: Reading) {
        match self.last {
            Some(last) if reading.at < last.at => {
                if self.before.is_none_or(|before| before.at < reading.at) {
                    self.before = Some(reading);
                }
            }
            Some(last) if reading.at == last.at => {}
            before => *self = Self { last: Some(reading), before },
        }
    }
}

/// What is wanted: the metrics, and from when to when, both included.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Place of each metric in a row of pairs, by its number.
    places: [Option<u8>; Metric::ALL.len()],
    count: usize,
    /// Not earlier.
    pub from: i64,
    /// Not later.
    pub to: i64,
}

impl Wanted {
    /// These metrics, in the order of their numbers, between these times (milliseconds).
    pub fn new(metrics: &[Metric], from: i64, to: i64) -> Self {
        let mut places = [None; Metric::ALL.len()];
        let mut count = 0;
        for metric in Metric::ALL.into_iter().filter(|metric| metrics.contains(metric)) {
            if let Some(place) = places.get_mut(usize::from(metric.number())) {
                *place = Some(count);
                count += 1;
            }
        }
        Self { places, count: usize::from(count), from, to }
    }

    fn place(&self, metric: u8) -> Option<usize> {
        self.places.get(usize::from(metric)).copied().flatten().map(usize::from)
    }

    /// Whether a block of these times may hold something.
    pub const fn overlaps(&self, start: i64, end: i64) -> bool {
        start <= self.to && self.from <= end
    }

    /// Times, and which of them are wanted.
    fn rows(&self, times: Vec<i64>) -> (Vec<i64>, std::ops::Range<usize>) {
        let rows = times.partition_point(|at| *at < self.from)..times.partition_point(|at| *at <= self.to);
        (times, rows)
    }

    /// The wanted metrics, in order.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> + '_ {
        Metric::ALL.into_iter().filter(|metric| self.place(metric.number()).is_some())
    }
}

/// Gathers pairs by part and metric; used for one device after another.
pub struct Gather<'w> {
    wanted: &'w Wanted,
    pairs: Vec<Pair>,
}

impl<'w> Gather<'w> {
    /// An empty one.
    pub const fn new(wanted: &'w Wanted) -> Self {
        Self { wanted, pairs: Vec::new() }
    }

    /// Forgets what was gathered.
    pub fn clear(&mut self) {
        self.pairs.clear();
    }

    fn row(&mut self, part: u32) -> &mut [Pair] {
        let start = part as usize * self.wanted.count;
        let end = start + self.wanted.count;
        if self.pairs.len() < end {
            self.pairs.resize(end, Pair::default());
        }
        self.pairs.get_mut(start..end).unwrap_or_default()
    }

    /// Takes the rows of an open block.
    pub fn open(&mut self, block: &OpenBlock) {
        let wanted = self.wanted;
        block.visit_range(wanted.from, wanted.to, |part, metric, reading| {
            if let Some(place) = wanted.place(metric)
                && let Some(pair) = self.row(part).get_mut(place)
            {
                pair.offer(reading);
            }
        });
    }

    /// Takes a sealed block whose parts do not exceed `max_part`. `None` when it is damaged: what was read stays.
    pub fn sealed(&mut self, body: &[u8], max_part: u32) -> Option<()> {
        let wanted = self.wanted;
        let block = Block::read(body)?;
        // Times are unpacked for the first column that is wanted: an imported block seldom has one.
        let mut times: Option<(Vec<i64>, std::ops::Range<usize>)> = None;
        for part in block.parts() {
            let part = part.filter(|part| part.number <= max_part)?;
            let mut left = wanted.count;
            for column in part.columns() {
                let (metric, column) = column?;
                let Some(place) = wanted.place(metric) else { continue };
                let (times, rows) = match &mut times {
                    Some(known) => known,
                    None => times.insert(wanted.rows(block.times()?)),
                };
                if rows.start >= rows.end {
                    return Some(());
                }
                if let Some(pair) = self.row(part.number).get_mut(place) {
                    offer_column(pair, &column, times, rows.clone())?;
                }
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        Some(())
    }

    /// What was gathered: part and pairs in the order of the wanted metrics, parts without any left out.
    pub fn parts(&self) -> impl Iterator<Item = (u32, &[Pair])> {
        let rows = self.pairs.chunks(self.wanted.count.max(1)).enumerate();
        rows.filter(|(_, pairs)| pairs.iter().any(|pair| pair.last.is_some())).map(|(part, pairs)| (part as u32, pairs))
    }
}

fn offer_column(pair: &mut Pair, column: &super::column::Column<'_>, times: &[i64], rows: std::ops::Range<usize>) -> Option<()> {
    if column.is_whole() && !column.has_breaks() {
        let (value, before) = column.pair(rows.end - 1)?;
        pair.offer(Reading { at: *times.get(rows.end - 1)?, value: Some(value), broken: false });
        if rows.len() > 1 {
            pair.offer(Reading { at: *times.get(rows.end - 2)?, value: Some(before), broken: false });
        }
        return Some(());
    }
    let flags = column.flags()?;
    let mut latest = rows.rev().filter(|row| flags.get(*row).is_some_and(|flags| flags & PRESENT != 0));
    let Some(last) = latest.next() else { return Some(()) };
    let before = latest.next();
    let index = flags.iter().take(last).filter(|flags| **flags & PRESENT != 0).count();
    let (value, value_before) = column.pair(index)?;
    let broken = |row: usize| flags.get(row).is_some_and(|flags| flags & BROKEN != 0);
    pair.offer(Reading { at: *times.get(last)?, value: Some(value), broken: broken(last) });
    if let Some(before) = before {
        pair.offer(Reading { at: *times.get(before)?, value: Some(value_before), broken: broken(before) });
    }
    Some(())
}
