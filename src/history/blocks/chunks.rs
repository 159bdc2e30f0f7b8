//! Whole series sealed as they are imported: each with times of its own, or one time column for those that share theirs.

use super::block::{Body, Rows, Series, seal};
use super::column::Encoder;
use super::{BROKEN, PRESENT};
use crate::model::Metric;
use crate::model::series::Kept;

/// A stretch of one series: at most [`MAX_ROWS`](super::block::MAX_ROWS) samples, times rising.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// Part of the device.
    pub part: u32,
    /// Which metric.
    pub metric: Metric,
    /// Times, milliseconds.
    pub times: &'a [i64],
    /// Kept values.
    pub values: &'a [u64],
    /// The value before the first one, where the series has an earlier stretch.
    pub before: Option<u64>,
}

/// Sealed bodies with their first and last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// First reading, milliseconds.
    pub start: i64,
    /// Last reading.
    pub end: i64,
    /// In pieces, where it is large.
    pub bodies: Vec<Body>,
}

/// Seals stretches of one device. Where a series is there twice at the same times, the last one counts.
pub fn seal_stretches(encoder: &mut Encoder, stretches: &[Stretch<'_>]) -> Vec<Chunk> {
    let mut order: Vec<&Stretch<'_>> = stretches.iter().filter(|stretch| !stretch.times.is_empty()).collect();
    order.sort_by(|a, b| a.times.cmp(b.times).then((a.part, a.metric).cmp(&(b.part, b.metric))));
    let mut chunks = Vec::new();
    for group in order.chunk_by(|a, b| a.times == b.times) {
        let Some(times) = group.first().map(|stretch| stretch.times) else { continue };
        let last_of_each = group.chunk_by(|a, b| (a.part, a.metric) == (b.part, b.metric)).filter_map(|same| same.last());
        let series: Vec<Series> = last_of_each.map(|stretch| series_of(stretch)).collect();
        let bodies = seal(encoder, (times, Rows::Separate), &series);
        let (start, end) = (times.first().copied().unwrap_or(0), times.last().copied().unwrap_or(0));
        chunks.push(Chunk { start, end, bodies });
    }
    chunks.sort_by_key(|chunk| (chunk.bodies.first().map(|body| body.parts), chunk.start));
    chunks
}

fn series_of(stretch: &Stretch<'_>) -> Series {
    let mut flags = vec![PRESENT; stretch.values.len()];
    if matches!(stretch.metric.kept(), Kept::Counter { .. }) {
        // A counter that is less than before began anew: nobody knows how far it had come.
        let mut before = stretch.before;
        for (flags, value) in flags.iter_mut().zip(stretch.values) {
            if before.is_some_and(|before| *value < before) {
                *flags |= BROKEN;
            }
            before = Some(*value);
        }
    }
    Series { part: stretch.part, metric: stretch.metric.number(), values: stretch.values.to_vec(), flags }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::blocks::Reading;
    use crate::history::blocks::block::Block;

    fn read(chunks: &[Chunk], part: u32, metric: Metric) -> Vec<Reading> {
        let bodies = chunks.iter().flat_map(|chunk| &chunk.bodies);
        bodies.flat_map(|body| Block::read(&body.bytes).unwrap().series(part, metric).unwrap()).collect()
    }

    #[test]
    fn series_with_the_same_times_share_them_and_others_make_no_gaps() {
        let (shared, own): (Vec<i64>, Vec<i64>) =
            ((0..300).map(|n| n * 60_000 + n % 7).collect(), (0..200).map(|n| n * 61_111).collect());
        let values: Vec<u64> = (0..300).map(|n| n * n * 31).collect();
        let stretch = |part, metric, times| Stretch { part, metric, times, values: &values, before: None };
        let short = Stretch { values: &values[..200], ..stretch(2, Metric::OutBps, own.as_slice()) };
        let chunks = seal_stretches(
            &mut Encoder::default(),
            &[stretch(2, Metric::InBps, &shared), short, stretch(1, Metric::NamedFloat, &shared)],
        );
        assert_eq!(chunks.len(), 2);
        for (part, metric, times) in [(2, Metric::InBps, &shared), (2, Metric::OutBps, &own), (1, Metric::NamedFloat, &shared)] {
            let found = read(&chunks, part, metric);
            let expected = times.iter().zip(&values).map(|(at, value)| Reading { at: *at, value: Some(*value), broken: false });
            assert_eq!(found, expected.collect::<Vec<_>>());
        }
        assert_eq!(read(&chunks, 1, Metric::InBps), []);
    }

    #[test]
    fn a_counter_that_falls_is_broken_there() {
        let stretch = Stretch { part: 0, metric: Metric::InBps, times: &[1, 2, 3, 4], values: &[5, 9, 2, 2], before: None };
        let broken = |stretch| -> Vec<bool> {
            let chunks = seal_stretches(&mut Encoder::default(), &[stretch]);
            read(&chunks, 0, stretch.metric).iter().map(|reading| reading.broken).collect()
        };
        assert_eq!(broken(stretch), [false, false, true, false]);
        assert_eq!(broken(Stretch { before: Some(6), ..stretch }), [true, false, true, false]);
        assert_eq!(broken(Stretch { metric: Metric::NamedWhole, ..stretch }), [false; 4]);
    }
}
