//! A block: what one device said in up to [`ROWS`] readings, column by column; sealed, it never changes.
//!
//! `2 · rows + whether separate · time column · number of parts · (part − part before · mask of metrics · length · columns)*`. One
//! time column serves all parts. A part is a device's interface by its number in the store; a part's length lets a reader pass it
//! over. In a separate block, as an import makes it, a metric that is missing was asked at other times: no gap.

use super::bytes::{Reader, put_block, put_varint};
use super::column::{Column, Encoder, Numbers};
use super::{BROKEN, PRESENT, Reading};
use crate::model::Metric;
use crate::model::series::Kept;

/// Readings in a block. More pack a little better, and take longer to find one in, and more memory while they are open.
pub const ROWS: usize = 60;

/// More rows than any block has: a block that claims more is damaged. Chunks of an import have as many.
pub const MAX_ROWS: usize = 4096;

/// A body is cut between parts when it grows past this, so that a shard of whole bodies stays near its size.
const BODY_BYTES: usize = 24 << 10;

/// What the rows of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Polls of the device: what is missing in one is a gap.
    Polls,
    /// Times of some series; others have their own.
    Separate,
}

/// One series to be sealed: a value and flags for each row.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Part of the device.
    pub part: u32,
    /// Which metric.
    pub metric: u8,
    /// Values by row; anything where there is none.
    pub values: Vec<u64>,
    /// Flags by row.
    pub flags: Vec<u8>,
}

fn numbers(metric: u8) -> Numbers {
    match Metric::from_number(metric).map(Metric::kept) {
        Some(Kept::Float) => Numbers::Float,
        _ => Numbers::Whole,
    }
}

/// A sealed body, and the values that it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Values, gaps not counted.
    pub samples: u64,
    /// The lowest and the highest number of its parts.
    pub parts: (u32, u32),
}

/// Seals series of one device, ordered by part and metric, into one body or, when they are many, several.
pub fn seal(encoder: &mut Encoder, (times, rows): (&[i64], Rows), series: &[Series]) -> Vec<Body> {
    let mut head = Vec::new();
    put_varint(&mut head, (times.len() as u64) << 1 | u64::from(rows == Rows::Separate));
    let values: Vec<u64> = times.iter().map(|at| *at as u64).collect();
    encoder.put(&mut head, (&values, &vec![PRESENT; times.len()]), Numbers::Times);
    let (mut bodies, mut parts, mut count, mut before, mut samples) = (Vec::new(), Vec::new(), 0u64, 0, 0);
    let mut first = 0;
    let finish = |columns: &mut Vec<u8>, count: u64, (samples, parts): (u64, (u32, u32))| {
        let mut bytes = head.clone();
        put_varint(&mut bytes, count);
        bytes.append(columns);
        Body { bytes, samples, parts }
    };
    for part in series.chunk_by(|a, b| a.part == b.part) {
        let number = part.first().map_or(0, |series| series.part);
        let mask = part.iter().fold(0u64, |mask, series| mask | 1 << series.metric);
        if count == 0 {
            first = number;
        }
        put_varint(&mut parts, u64::from(number - before));
        put_varint(&mut parts, mask);
        let mut columns = Vec::new();
        for series in part {
            samples += encoder.put(&mut columns, (&series.values, &series.flags), numbers(series.metric)) as u64;
        }
        put_block(&mut parts, &columns);
        (count, before) = (count + 1, number);
        if parts.len() > BODY_BYTES {
            bodies.push(finish(&mut parts, count, (samples, (first, before))));
            (count, before, samples) = (0, 0, 0);
        }
    }
    if count > 0 {
        bodies.push(finish(&mut parts, count, (samples, (first, before))));
    }
    bodies
}

/// A body read back.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    rows: usize,
    separate: bool,
    times: Column<'a>,
    count: usize,
    parts: Reader<'a>,
}

/// The columns of one part.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its number.
    pub number: u32,
    mask: u64,
    rows: usize,
    columns: Reader<'a>,
}

impl<'a> Block<'a> {
    /// Reads a body's frame.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let head = reader.varint()?;
        let rows = usize::try_from(head >> 1).ok().filter(|rows| *rows <= MAX_ROWS)?;
        let times = Column::read(&mut reader, rows)?;
        let count = reader.len()?;
        Some(Self { rows, separate: head & 1 == 1, times, count, parts: reader })
    }

    /// Whether a row without a value says nothing of the series: others were asked then.
    pub const fn is_separate(&self) -> bool {
        self.separate
    }

    /// The times of the rows, milliseconds, never decreasing.
    pub fn times(&self) -> Option<Vec<i64>> {
        Some(self.times.values()?.into_iter().map(|at| at as i64).collect())
    }

    /// All parts; ends with a `None` item at damage.
    pub fn parts(&self) -> impl Iterator<Item = Option<Part<'a>>> + use<'a> {
        let (mut reader, rows, mut left, mut before) = (self.parts, self.rows, self.count, 0u32);
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let part = read_part(&mut reader, rows, before);
            match &part {
                Some(part) => before = part.number,
                None => left = 0,
            }
            Some(part)
        })
    }

    /// One series: a reading for each row in which the part said anything. Empty when the block lacks the part.
    pub fn series(&self, part: u32, metric: Metric) -> Option<Vec<Reading>> {
        for found in self.parts() {
            let found = found?;
            if found.number == part {
                if self.separate && !found.has(metric) {
                    break;
                }
                return found.readings(&self.times()?, metric);
            }
        }
        Some(Vec::new())
    }
}

fn read_part<'a>(reader: &mut Reader<'a>, rows: usize, before: u32) -> Option<Part<'a>> {
    let number = before.checked_add(reader.u32()?)?;
    let mask = reader.varint()?;
    Some(Part { number, mask, rows, columns: Reader::new(reader.block()?) })
}

impl<'a> Part<'a> {
    /// Its columns with their metrics, in the order of their numbers; ends with a `None` item at damage.
    pub fn columns(&self) -> impl Iterator<Item = Option<(u8, Column<'a>)>> + use<'a> {
        let (mut mask, mut reader, rows) = (self.mask, self.columns, self.rows);
        std::iter::from_fn(move || {
            if mask == 0 {
                return None;
            }
            let metric = mask.trailing_zeros() as u8;
            mask &= mask - 1;
            let column = Column::read(&mut reader, rows);
            if column.is_none() {
                mask = 0;
            }
            Some(column.map(|column| (metric, column)))
        })
    }

    const fn has(&self, metric: Metric) -> bool {
        self.mask >> metric.number() & 1 == 1
    }

    fn readings(&self, times: &[i64], metric: Metric) -> Option<Vec<Reading>> {
        let mut wanted = None;
        let mut said = vec![false; self.rows];
        for found in self.columns() {
            let (number, column) = found?;
            if number == metric.number() {
                wanted = Some(column);
            }
            if column.is_whole() {
                said.fill(true);
            } else {
                said.iter_mut().zip(column.flags()?).for_each(|(said, flags)| *said |= flags & PRESENT != 0);
            }
        }
        let (flags, values) = match wanted {
            Some(column) => (column.flags()?, column.values()?),
            None => (vec![0; self.rows], Vec::new()),
        };
        let mut values = values.into_iter();
        let mut readings = Vec::with_capacity(times.len());
        for ((at, flags), said) in times.iter().zip(flags).zip(said) {
            let value = if flags & PRESENT == 0 { None } else { Some(values.next()?) };
            if said {
                readings.push(Reading { at: *at, value, broken: flags & BROKEN != 0 });
            }
        }
        Some(readings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::blocks::last::{Gather, Pair, Wanted};
    use crate::history::blocks::open::{OpenBlock, Scratch};
    use crate::model::series::Cell;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const PARTS: u32 = 4;
    const METRICS: [Metric; 3] = [Metric::InBps, Metric::OperStatus, Metric::RttMs];

    /// A reading: milliseconds since the one before, and cells by part and metric, some of them missing.
    type Step = (i64, Vec<(u32, usize, u64, bool)>);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let value = prop_oneof![any::<u64>(), 0..3u64, Just(u64::MAX), 1_000_000..1_000_050u64];
        let cells = prop::collection::vec((0..PARTS, 0..METRICS.len(), value, any::<bool>()), 1..9);
        prop::collection::vec((-9_000..40_000i64, cells), 1..70)
    }

    type Expected = BTreeMap<(u32, u8), Vec<Reading>>;

    /// What each series should read as: a reading wherever its part said anything.
    fn expected(steps: &[Step]) -> Expected {
        let (mut all, mut at) = (Expected::new(), 0);
        for (step, cells) in steps {
            at += step;
            let given: BTreeMap<(u32, usize), (u64, bool)> =
                cells.iter().map(|(part, metric, value, broken)| ((*part, *metric), (*value, *broken))).collect();
            for part in (0..PARTS).filter(|part| given.keys().any(|(given, _)| given == part)) {
                for (index, metric) in METRICS.iter().enumerate() {
                    let cell = given.get(&(part, index));
                    let (value, broken) = (cell.map(|cell| cell.0), cell.is_some_and(|cell| cell.1));
                    all.entry((part, metric.number())).or_default().push(Reading { at, value, broken });
                }
            }
        }
        all.values_mut().for_each(|readings| readings.sort_by_key(|reading| reading.at));
        all
    }

    fn open(steps: &[Step], rows: &mut Vec<(i64, Vec<u8>)>) -> OpenBlock {
        let (mut block, mut scratch, mut at) = (OpenBlock::new(1, 1, ROWS), Scratch::default(), 0);
        for (step, cells) in steps {
            at += step;
            let cells: Vec<(u32, [Cell; 1])> = cells
                .iter()
                .map(|(part, metric, value, broken)| (*part, [Cell { metric: METRICS[*metric], value: *value, broken: *broken }]))
                .collect();
            let row = block.push(at, cells.iter().map(|(part, cells)| (*part, cells.as_slice())), &mut scratch);
            rows.push((at, row.to_vec()));
        }
        block
    }

    /// The last two readings with a value in a range, as they should be found.
    fn pair(readings: &[Reading], wanted: &Wanted) -> Pair {
        let mut latest: Vec<Reading> = Vec::new();
        for reading in readings.iter().rev().filter(|reading| reading.value.is_some() && wanted.overlaps(reading.at, reading.at))
        {
            if latest.last().is_none_or(|later| later.at != reading.at) {
                latest.push(*reading);
            }
        }
        Pair { last: latest.first().copied(), before: latest.get(1).copied() }
    }

    proptest! {
        #[test]
        fn what_comes_in_comes_out_open_restored_and_sealed(steps in steps(), from in 0..1_000_000i64, span in 0..300_000i64) {
            let mut rows = Vec::new();
            let block = open(&steps, &mut rows);
            let mut restored = OpenBlock::new(1, 1, ROWS);
            for (at, row) in &rows {
                prop_assert_eq!(restored.restore(*at, row, PARTS), Some(()));
            }
            let bodies = block.seal(&mut Encoder::default());
            prop_assert_eq!(&bodies, &restored.seal(&mut Encoder::default()));
            prop_assert_eq!(bodies.iter().map(|body| body.samples).sum::<u64>(), block.samples());
            let wanted = Wanted::new(&METRICS, from, from + span);
            let (mut live, mut sealed) = (Gather::new(&wanted), Gather::new(&wanted));
            live.open(&block);
            for body in &bodies {
                prop_assert_eq!(sealed.sealed(&body.bytes, PARTS), Some(()));
            }
            let times: std::collections::BTreeSet<i64> = rows.iter().map(|(at, _)| *at).collect();
            let times_are_distinct = times.len() == rows.len();
            for ((part, metric), readings) in expected(&steps) {
                let named = Metric::from_number(metric).unwrap();
                let mut live_readings = block.series(part, named);
                live_readings.sort_by_key(|reading| reading.at);
                prop_assert_eq!(&live_readings, &readings);
                let found = bodies.iter().flat_map(|body| Block::read(&body.bytes).unwrap().series(part, named).unwrap());
                prop_assert_eq!(&found.collect::<Vec<_>>(), &readings);
                let place = wanted.metrics().position(|metric| metric == named).unwrap();
                let of = |gather: &Gather<'_>| {
                    gather.parts().find(|(number, _)| *number == part).map_or(Pair::default(), |(_, pairs)| pairs[place])
                };
                if times_are_distinct {
                    prop_assert_eq!(of(&live), pair(&readings, &wanted));
                    prop_assert_eq!(of(&sealed), pair(&readings, &wanted));
                }
            }
        }

        #[test]
        fn bodies_and_rows_of_anything_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(block) = Block::read(&bytes) {
                for metric in METRICS {
                    let _ = block.series(1, metric);
                }
            }
            let wanted = Wanted::new(&METRICS, 0, i64::MAX);
            let _ = Gather::new(&wanted).sealed(&bytes, PARTS);
            let _ = OpenBlock::new(1, 1, ROWS).restore(0, &bytes, PARTS);
        }
    }
}
