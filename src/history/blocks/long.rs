//! Long columns: a day of a series, as an import brings it. Differences of the order that leaves least, coded by pco.
//!
//! Why pco here and not for short columns: docs/decisions/0051-long-columns.md. pco's own choice of an order costs five times
//! as much as [`order`] and is worse on rare steps (errors, status), so it is handed residuals and told to leave them alone.
//!
//! `order and width · first value · [first difference] · length · pco (header, chunk, one page)`.

use super::bytes::{Reader, put_block, put_varint, unzigzag, zigzag};
use pco::data_types::Number;
use pco::metadata::{DeltaEncoding, Mode};
use pco::wrapped::{FileCompressor, FileDecompressor};
use pco::{ChunkConfig, DeltaSpec, ModeSpec};

/// From so many values a column is long: below, the tables of pco outweigh what it saves (docs/decisions/0010-history-columns.md).
pub const LONG: usize = 128;

/// pco's level: 4 takes half the time and 1 to 3 % more space, 12 eight times the time for nothing.
const LEVEL: usize = 8;

const ORDER: u8 = 3;
const WIDE: u8 = 4;
const MIDDLE: u8 = 8;

/// Working space, kept between columns.
#[derive(Default)]
pub struct Packer {
    residuals: Vec<i64>,
    narrow: Vec<i16>,
    middle: Vec<i32>,
    bytes: Vec<u8>,
}

/// A long column of whole numbers read back.
#[derive(Clone, Copy, Debug)]
pub struct Long<'a> {
    head: u8,
    first: u64,
    second: u64,
    bytes: &'a [u8],
}

impl Packer {
    /// Appends whole numbers, at least [`LONG`] of them. False when pco refuses: then nothing is appended.
    pub fn put(&mut self, out: &mut Vec<u8>, values: &[u64]) -> bool {
        let order = order(values);
        let (first, second) = (values.first().copied().unwrap_or(0), values.get(1).copied().unwrap_or(0));
        self.residuals.clear();
        let difference = |pair: &[u64]| pair.get(1).zip(pair.first()).map_or(0, |(b, a)| b.wrapping_sub(*a));
        match order {
            0 => self.residuals.extend(values.iter().skip(1).map(|value| value.wrapping_sub(first) as i64)),
            1 => self.residuals.extend(values.windows(2).map(|pair| difference(pair) as i64)),
            _ => {
                let mut before = second.wrapping_sub(first);
                self.residuals.extend(values.windows(2).skip(1).map(|pair| {
                    let next = difference(pair);
                    let residual = next.wrapping_sub(before) as i64;
                    before = next;
                    residual
                }));
            }
        }
        let width = self.pack();
        let Some(width) = width else { return false };
        out.push(order | width);
        put_varint(out, first);
        if order == 2 {
            put_varint(out, zigzag(second.wrapping_sub(first) as i64));
        }
        put_block(out, &self.bytes);
        true
    }

    /// Packs signed residuals in the narrowest type that holds them: its tables are the smallest.
    fn pack(&mut self) -> Option<u8> {
        let (low, high) = self.residuals.iter().fold((0, 0), |(low, high): (i64, i64), r| (low.min(*r), high.max(*r)));
        self.bytes.clear();
        if let (Ok(_), Ok(_)) = (i16::try_from(low), i16::try_from(high)) {
            self.narrow.clear();
            self.narrow.extend(self.residuals.iter().map(|residual| *residual as i16));
            put_page(&mut self.bytes, &self.narrow, &whole()).map(|()| 0)
        } else if let (Ok(_), Ok(_)) = (i32::try_from(low), i32::try_from(high)) {
            self.middle.clear();
            self.middle.extend(self.residuals.iter().map(|residual| *residual as i32));
            put_page(&mut self.bytes, &self.middle, &whole()).map(|()| MIDDLE)
        } else {
            put_page(&mut self.bytes, &self.residuals, &whole()).map(|()| WIDE)
        }
    }

    /// Appends residuals alone, as a grid of times has them. False when pco refuses: then nothing is appended.
    pub fn put_residuals(&mut self, out: &mut Vec<u8>, residuals: impl Iterator<Item = i64>) -> bool {
        self.residuals.clear();
        self.residuals.extend(residuals);
        let Some(width) = self.pack() else { return false };
        out.push(width);
        put_block(out, &self.bytes);
        true
    }

    /// Appends the bits of floating-point numbers. False when pco refuses: then nothing is appended.
    pub fn put_floats(&mut self, out: &mut Vec<u8>, values: &[u64]) -> bool {
        let floats: Vec<f64> = values.iter().map(|bits| f64::from_bits(*bits)).collect();
        self.bytes.clear();
        let packed = put_page(&mut self.bytes, &floats, &ChunkConfig::default().with_compression_level(LEVEL)).is_some();
        if packed {
            put_block(out, &self.bytes);
        }
        packed
    }
}

fn whole() -> ChunkConfig {
    ChunkConfig::default().with_compression_level(LEVEL).with_mode_spec(ModeSpec::Classic).with_delta_spec(DeltaSpec::NoOp)
}

fn put_page<T: Number>(out: &mut Vec<u8>, numbers: &[T], config: &ChunkConfig) -> Option<()> {
    let file = FileCompressor::default();
    let mut chunk = file.chunk_compressor(numbers, config).ok()?;
    file.write_header(&mut *out).ok()?;
    chunk.write_meta(&mut *out).ok()?;
    chunk.write_page(0, &mut *out).ok()?;
    Some(())
}

/// Exactly `count` numbers of a page. Codings that we don't write are refused: some of them take memory as the bytes please.
fn read_page<T: Number + Default>(bytes: &[u8], count: usize) -> Option<Vec<T>> {
    if count == 0 {
        return Some(Vec::new());
    }
    let (file, rest) = FileDecompressor::new(bytes).ok()?;
    let (mut chunk, rest) = file.chunk_decompressor::<T, &[u8]>(rest).ok()?;
    let meta = chunk.meta();
    if matches!(meta.mode, Mode::Dict(_))
        || !matches!(meta.delta_encoding, DeltaEncoding::NoOp | DeltaEncoding::Consecutive { .. })
    {
        return None;
    }
    let mut page = chunk.page_decompressor(rest, count).ok()?;
    let mut numbers = vec![T::default(); count];
    let progress = page.read(&mut numbers).ok()?;
    (progress.n_processed == count && progress.finished).then_some(numbers)
}

fn residuals(head: u8, bytes: &[u8], count: usize) -> Option<Vec<i64>> {
    match head & (WIDE | MIDDLE) {
        0 => Some(read_page::<i16>(bytes, count)?.into_iter().map(i64::from).collect()),
        MIDDLE => Some(read_page::<i32>(bytes, count)?.into_iter().map(i64::from).collect()),
        WIDE => read_page::<i64>(bytes, count),
        _ => None,
    }
}

/// Residuals that [`Packer::put_residuals`] wrote, still packed.
#[derive(Clone, Copy, Debug)]
pub struct Residuals<'a> {
    head: u8,
    bytes: &'a [u8],
}

impl<'a> Residuals<'a> {
    /// Reads their frame.
    pub fn read(reader: &mut Reader<'a>) -> Option<Self> {
        Some(Self { head: reader.byte()?, bytes: reader.block()? })
    }

    /// All of them.
    pub fn values(&self, count: usize) -> Option<Vec<i64>> {
        residuals(self.head, self.bytes, count)
    }
}

/// The bits of floating-point numbers that [`Packer::put_floats`] wrote.
pub fn floats(bytes: &[u8], count: usize) -> Option<Vec<u64>> {
    Some(read_page::<f64>(bytes, count)?.into_iter().map(f64::to_bits).collect())
}

impl<'a> Long<'a> {
    /// Reads its frame.
    pub fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let head = reader.byte()?;
        let first = reader.varint()?;
        let second = if head & ORDER == 2 { unzigzag(reader.varint()?) as u64 } else { 0 };
        Some(Self { head, first, second, bytes: reader.block()? })
    }

    /// All values.
    pub fn values(&self, count: usize) -> Option<Vec<u64>> {
        let order = self.head & ORDER;
        let given = if order == 2 { 2 } else { 1 };
        let residuals = residuals(self.head, self.bytes, count.checked_sub(given)?)?;
        let mut values = Vec::with_capacity(count);
        values.push(self.first);
        let mut value = self.first;
        match order {
            0 => values.extend(residuals.iter().map(|residual| self.first.wrapping_add(*residual as u64))),
            1 => values.extend(residuals.iter().map(|residual| {
                value = value.wrapping_add(*residual as u64);
                value
            })),
            2 => {
                let mut step = self.second;
                value = value.wrapping_add(step);
                values.push(value);
                values.extend(residuals.iter().map(|residual| {
                    step = step.wrapping_add(*residual as u64);
                    value = value.wrapping_add(step);
                    value
                }));
            }
            _ => return None,
        }
        Some(values)
    }
}

/// Residuals that are looked at to find the middle of all.
const SAMPLED: usize = 64;

/// The order of differences that leaves the least to say: the entropy of the residuals' sizes about their middle.
fn order(values: &[u64]) -> u8 {
    let mut guesses = [Guess::default(), Guess::default(), Guess::default()];
    let middles = middles(values);
    let mut before: Option<(u64, u64)> = None;
    for value in values {
        if let Some((last, step)) = before {
            let next = value.wrapping_sub(last);
            let seen = [*value, next, next.wrapping_sub(step)];
            for ((guess, seen), middle) in guesses.iter_mut().zip(seen).zip(middles) {
                guess.see((seen as i64).wrapping_sub(middle));
            }
            before = Some((*value, next));
        } else {
            before = Some((*value, 0));
        }
    }
    let costs = guesses.map(|guess| guess.bits());
    let best = (0u8..).zip(costs).min_by(|a, b| a.1.total_cmp(&b.1));
    best.map_or(1, |(order, _)| order)
}

/// Middles of a sample of the values, their differences, and the differences of those.
fn middles(values: &[u64]) -> [i64; 3] {
    let stride = (values.len() / SAMPLED).max(1);
    let mut sampled: [Vec<i64>; 3] = Default::default();
    for three in values.windows(3).step_by(stride) {
        let [a, b, c] = *three else { continue };
        let step = c.wrapping_sub(b);
        for (list, seen) in sampled.iter_mut().zip([c, step, step.wrapping_sub(b.wrapping_sub(a))]) {
            list.push(seen as i64);
        }
    }
    sampled.map(|mut list| {
        let middle = list.len() / 2;
        if list.is_empty() { 0 } else { *list.select_nth_unstable(middle).1 }
    })
}

/// How often residuals of each size and sign were seen.
#[derive(Clone, Copy)]
struct Guess {
    counts: [u32; 130],
    below: u64,
}

impl Default for Guess {
    fn default() -> Self {
        Self { counts: [0; 130], below: 0 }
    }
}

impl Guess {
    fn see(&mut self, residual: i64) {
        let size = 64 - residual.unsigned_abs().leading_zeros();
        let bucket = (size as usize) * 2 + usize::from(residual < 0);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        // The bits below the highest one say themselves.
        self.below += u64::from(size.saturating_sub(1));
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of one column")]
    fn bits(&self) -> f64 {
        let all: f64 = self.counts.iter().map(|count| f64::from(*count)).sum();
        let entropy = |count: &u32| f64::from(*count) * (all / f64::from(*count)).log2();
        self.counts.iter().filter(|count| **count > 0).map(entropy).sum::<f64>() + self.below as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[u64]) -> usize {
        let mut out = Vec::new();
        assert!(Packer::default().put(&mut out, values));
        let mut reader = Reader::new(&out);
        let long = Long::read(&mut reader).unwrap();
        assert!(reader.is_empty());
        assert_eq!(long.values(values.len()).unwrap(), values);
        out.len()
    }

    fn counter(steps: &[u64]) -> Vec<u64> {
        steps.iter().scan(1u64 << 40, |sum, step| Some(std::mem::replace(sum, sum.wrapping_add(*step)))).collect()
    }

    #[test]
    fn rare_steps_of_a_counter_take_next_to_nothing() {
        let steps: Vec<u64> = (0..1440).map(|n| if n % 200 == 7 { 1 + n % 13 } else { 0 }).collect();
        assert!(check(&counter(&steps)) < 60);
    }

    #[test]
    fn a_counter_of_even_rate_is_taken_by_its_differences() {
        let mixed = |n: u64| (n ^ n << 17).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let steps: Vec<u64> = (0..1440).map(|n| 6000 + (mixed(mixed(n) >> 13) >> 60)).collect();
        assert_eq!(order(&counter(&steps)), 1);
        assert!(check(&counter(&steps)) < 1440 * 5 / 8);
    }

    proptest! {
        #[test]
        fn any_values_come_back(values in prop::collection::vec(prop_oneof![any::<u64>(), 0..9u64, Just(u64::MAX)], LONG..400)) {
            check(&values);
        }

        #[test]
        fn any_counter_comes_back(steps in prop::collection::vec(0..1u64 << 35, LONG..400)) {
            check(&counter(&steps));
        }

        #[test]
        fn bits_of_any_floats_come_back(values in prop::collection::vec(any::<u64>(), LONG..400)) {
            let mut out = Vec::new();
            prop_assert!(Packer::default().put_floats(&mut out, &values));
            prop_assert_eq!(floats(Reader::new(&out).block().unwrap(), values.len()).unwrap(), values);
        }

        #[test]
        fn bytes_of_anything_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), count in 0..700usize) {
            let _ = Long::read(&mut Reader::new(&bytes)).map(|long| long.values(count));
            let _ = (floats(&bytes, count), read_page::<i16>(&bytes, count));
        }

        #[test]
        fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), to: u8, steps in prop::collection::vec(0..1u64 << 20, LONG..300)) {
            let (values, mut out) = (counter(&steps), Vec::new());
            prop_assert!(Packer::default().put(&mut out, &values));
            let at = at.index(out.len());
            out[at] = to;
            let _ = Long::read(&mut Reader::new(&out)).map(|long| long.values(values.len()));
        }
    }
}
