//! A column: the values of one series in one block, packed so that any of them is had without unpacking the others twice.
//!
//! Counters grow by amounts of one size, so their differences are packed in as many bits as most of them need (frame of
//! reference), the few others listed beside; gauges are packed as they are. Why not pco: see
//! docs/decisions/0010-history-columns.md. Long columns are in `long`, their times in `grid`.

use super::bytes::{Reader, put_runs, put_varint, read_runs, unzigzag, varint_len, zigzag};
use super::grid::{self, Grid};
use super::long::{self, LONG, Long, Packer};
use super::{BROKEN, PRESENT};

const CONSTANT: u8 = 0;
const PLAIN: u8 = 1;
const DIFFERENCES: u8 = 2;
const LONG_WHOLE: u8 = 3;
const LONG_FLOAT: u8 = 4;
const GRID: u8 = 5;
const KIND: u8 = 7;
const HAS_GAPS: u8 = 8;
const HAS_BREAKS: u8 = 16;

/// Listed exceptions of one column at most; each takes about as much as four packed values.
const MAX_EXCEPTIONS: usize = 8;
/// How values are packed: those within `2^width` of the reference fit, the others are exceptions.
#[derive(Clone, Copy, Debug)]
struct Fit {
    reference: u64,
    width: u32,
    bytes: usize,
}

const fn bits(range: u64) -> u32 {
    64 - range.leading_zeros()
}

const fn mask(width: u32) -> u64 {
    if width == 0 { 0 } else { u64::MAX >> (64 - width) }
}

/// What of `over` does not fit into `width` bits.
const fn excess(over: u64, width: u32) -> u64 {
    if width >= 64 { 0 } else { over >> width }
}

/// The cheapest reference and width when so many values, lowest and highest, are exceptions. `sorted` is not empty.
fn fit(sorted: &[u64]) -> Fit {
    let count = sorted.len();
    let highest = sorted[count - 1];
    let try_with = |below: usize, above: usize| {
        let reference = sorted[below];
        let width = bits(sorted[count - 1 - above] - reference);
        // A value below the reference wraps round and takes its whole width.
        let listed =
            below * (1 + varint_len(excess(u64::MAX, width))) + above * (1 + varint_len(excess(highest - reference, width)));
        Fit { reference, width, bytes: (count * width as usize).div_ceil(8) + listed }
    };
    let mut best = try_with(0, 0);
    for outside in 1..=MAX_EXCEPTIONS.min(count / 4) {
        for below in 0..=outside {
            let fit = try_with(below, outside - below);
            if fit.bytes < best.bytes {
                best = fit;
            }
        }
    }
    best
}

/// Working space of the encoder, kept between columns.
#[derive(Default)]
pub struct Encoder {
    values: Vec<u64>,
    differences: Vec<u64>,
    sorted: Vec<u64>,
    exceptions: Vec<u8>,
    packer: Packer,
}

/// What kind of numbers a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Whole ones.
    Whole,
    /// Bits of floating-point ones.
    Float,
    /// Times.
    Times,
}

/// Signed differences in the order of unsigned numbers.
const SIGN: u64 = 1 << 63;

/// The difference that [`SIGN`] was folded into.
const fn unsign(folded: u64) -> i64 {
    (folded ^ SIGN) as i64
}

impl Encoder {
    /// Appends a column: `values` where `flags` say that there is one. Returns how many there are.
    pub fn put(&mut self, out: &mut Vec<u8>, (values, flags): (&[u64], &[u8]), numbers: Numbers) -> usize {
        self.values.clear();
        self.values.extend(values.iter().zip(flags).filter(|(_, flags)| **flags & PRESENT != 0).map(|(value, _)| *value));
        let gaps = self.values.len() < flags.len();
        let breaks = flags.iter().any(|flags| flags & BROKEN != 0);
        let head = out.len();
        out.push(if gaps { HAS_GAPS } else { 0 } | if breaks { HAS_BREAKS } else { 0 });
        if gaps {
            put_runs(out, flags.iter().map(|flags| flags & PRESENT == 0));
        }
        if breaks {
            put_runs(out, flags.iter().map(|flags| flags & BROKEN != 0));
        }
        let kind = self.put_values(out, numbers);
        if let Some(byte) = out.get_mut(head) {
            *byte |= kind;
        }
        self.values.len()
    }

    fn put_values(&mut self, out: &mut Vec<u8>, numbers: Numbers) -> u8 {
        let first = self.values.first().copied().unwrap_or(0);
        if self.values.iter().all(|value| *value == first) {
            put_varint(out, first);
            return CONSTANT;
        }
        if self.values.len() >= LONG
            && let Some(kind) = self.put_long(out, numbers)
        {
            return kind;
        }
        self.differences.clear();
        self.differences.extend(self.values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]) ^ SIGN));
        let differences = sorted_fit(&mut self.sorted, &self.differences);
        let plain = sorted_fit(&mut self.sorted, &self.values);
        let step = unsign(differences.reference);
        let by_difference =
            differences.bytes + varint_len(zigzag(step)) + varint_len(first) < plain.bytes + varint_len(plain.reference);
        let best = if by_difference { differences } else { plain };
        if by_difference {
            put_varint(out, first);
            put_varint(out, zigzag(step));
            let values = std::mem::take(&mut self.differences);
            self.put_packed(out, &values, best);
            self.differences = values;
            DIFFERENCES
        } else {
            put_varint(out, best.reference);
            let values = std::mem::take(&mut self.values);
            self.put_packed(out, &values, best);
            self.values = values;
            PLAIN
        }
    }

    fn put_long(&mut self, out: &mut Vec<u8>, numbers: Numbers) -> Option<u8> {
        if numbers == Numbers::Float {
            return self.packer.put_floats(out, &self.values).then_some(LONG_FLOAT);
        }
        if numbers == Numbers::Times {
            let times: Vec<i64> = self.values.iter().map(|at| *at as i64).collect();
            if grid::put(&mut self.packer, out, &times) {
                return Some(GRID);
            }
        }
        self.packer.put(out, &self.values).then_some(LONG_WHOLE)
    }

    fn put_packed(&mut self, out: &mut Vec<u8>, values: &[u64], fit: Fit) {
        self.exceptions.clear();
        for (index, value) in values.iter().enumerate() {
            let excess = excess(value.wrapping_sub(fit.reference), fit.width);
            if excess != 0 {
                put_varint(&mut self.exceptions, index as u64);
                put_varint(&mut self.exceptions, excess);
            }
        }
        out.push(fit.width as u8);
        put_varint(out, self.exceptions.len() as u64);
        let (mut pending, mut filled) = (0u128, 0u32);
        for value in values {
            pending |= u128::from(value.wrapping_sub(fit.reference) & mask(fit.width)) << filled;
            filled += fit.width;
            while filled >= 8 {
                out.push(pending as u8);
                pending >>= 8;
                filled -= 8;
            }
        }
        if filled > 0 {
            out.push(pending as u8);
        }
        out.extend_from_slice(&self.exceptions);
    }
}

fn sorted_fit(sorted: &mut Vec<u64>, values: &[u64]) -> Fit {
    sorted.clear();
    sorted.extend_from_slice(values);
    sorted.sort_unstable();
    fit(sorted)
}

/// A column read back.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    rows: usize,
    present: usize,
    gaps: Option<&'a [u8]>,
    breaks: Option<&'a [u8]>,
    data: Data<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Data<'a> {
    Constant(u64),
    Plain(Packed<'a>),
    Differences(u64, Packed<'a>),
    Long(Long<'a>),
    Float(&'a [u8]),
    Grid(Grid<'a>),
}

#[derive(Clone, Copy, Debug)]
struct Packed<'a> {
    reference: u64,
    width: u32,
    /// The packed values, and whatever follows them: reading past a value's end is cheaper than minding it.
    packed: &'a [u8],
    exceptions: &'a [u8],
}

impl<'a> Packed<'a> {
    fn read(reader: &mut Reader<'a>, reference: u64, count: usize) -> Option<Self> {
        let width = u32::from(reader.byte()?);
        let listed = reader.len()?;
        if width > 64 {
            return None;
        }
        let packed = reader.rest();
        reader.take(count.checked_mul(width as usize)?.div_ceil(8))?;
        Some(Self { reference, width, packed, exceptions: reader.take(listed)? })
    }

    /// The packed bits of one value.
    #[inline]
    fn bits(&self, index: usize) -> u64 {
        let bit = index * self.width as usize;
        let tail = self.packed.get(bit / 8..).unwrap_or_default();
        let word = match tail.first_chunk::<16>() {
            Some(chunk) => u128::from_le_bytes(*chunk),
            None => {
                let mut chunk = [0; 16];
                chunk.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
                u128::from_le_bytes(chunk)
            }
        };
        (word >> (bit % 8)) as u64 & mask(self.width)
    }

    /// The exceptions with a lower number than `end`: number and what to add.
    fn listed(&self, end: usize) -> impl Iterator<Item = (usize, u64)> + use<'a> {
        let (mut reader, width) = (Reader::new(self.exceptions), self.width);
        std::iter::from_fn(move || {
            let index = reader.len()?;
            Some((index, reader.varint()?.checked_shl(width).unwrap_or(0)))
        })
        .take_while(move |(index, _)| *index < end)
    }

    fn value(&self, index: usize) -> u64 {
        let more = if self.exceptions.is_empty() {
            0
        } else {
            self.listed(index + 1).find(|(listed, _)| *listed == index).map_or(0, |(_, more)| more)
        };
        self.reference.wrapping_add(self.bits(index)).wrapping_add(more)
    }

    /// The sum of the first `count` values.
    fn sum(&self, count: usize) -> u64 {
        let mut sum = self.reference.wrapping_mul(count as u64);
        if self.width > 0 {
            sum = (0..count).fold(sum, |sum, index| sum.wrapping_add(self.bits(index)));
        }
        self.listed(count).fold(sum, |sum, (_, more)| sum.wrapping_add(more))
    }

    fn all(&self, count: usize) -> Vec<u64> {
        let mut values: Vec<u64> = (0..count).map(|index| self.reference.wrapping_add(self.bits(index))).collect();
        for (index, more) in self.listed(count) {
            if let Some(value) = values.get_mut(index) {
                *value = value.wrapping_add(more);
            }
        }
        values
    }
}

impl<'a> Column<'a> {
    /// Reads a column of a block that has `rows` rows.
    pub fn read(reader: &mut Reader<'a>, rows: usize) -> Option<Self> {
        let head = reader.byte()?;
        let gaps = if head & HAS_GAPS == 0 { None } else { Some(reader.block()?) };
        let breaks = if head & HAS_BREAKS == 0 { None } else { Some(reader.block()?) };
        let present = match gaps {
            Some(runs) => read_runs(runs, rows)?.iter().filter(|gap| !**gap).count(),
            None => rows,
        };
        let data = match head & KIND {
            CONSTANT => Data::Constant(reader.varint()?),
            PLAIN => {
                let reference = reader.varint()?;
                Data::Plain(Packed::read(reader, reference, present)?)
            }
            DIFFERENCES => {
                let first = reader.varint()?;
                let step = unzigzag(reader.varint()?) as u64;
                Data::Differences(first, Packed::read(reader, step, present.checked_sub(1)?)?)
            }
            LONG_WHOLE => Data::Long(Long::read(reader)?),
            LONG_FLOAT => Data::Float(reader.block()?),
            GRID => Data::Grid(Grid::read(reader)?),
            _ => return None,
        };
        Some(Self { rows, present, gaps, breaks, data })
    }

    /// How many values there are.
    pub const fn present(&self) -> usize {
        self.present
    }

    /// Whether every row has a value.
    pub const fn is_whole(&self) -> bool {
        self.gaps.is_none()
    }

    /// Which rows have a value and where a rate is broken, as flags.
    pub fn flags(&self) -> Option<Vec<u8>> {
        let mut flags = vec![PRESENT; self.rows];
        if let Some(runs) = self.gaps {
            for (flag, gap) in flags.iter_mut().zip(read_runs(runs, self.rows)?) {
                *flag = if gap { 0 } else { PRESENT };
            }
        }
        if let Some(runs) = self.breaks {
            for (flag, broken) in flags.iter_mut().zip(read_runs(runs, self.rows)?) {
                *flag |= if broken { BROKEN } else { 0 };
            }
        }
        Some(flags)
    }

    /// Whether any rate is broken.
    pub const fn has_breaks(&self) -> bool {
        self.breaks.is_some()
    }

    /// All values, gaps left out.
    pub fn values(&self) -> Option<Vec<u64>> {
        let values = match self.data {
            Data::Constant(value) => vec![value; self.present],
            Data::Plain(packed) => packed.all(self.present),
            Data::Differences(first, packed) => {
                let mut values = packed.all(self.present.checked_sub(1)?);
                let mut value = first;
                for next in &mut values {
                    value = value.wrapping_add(*next);
                    *next = value;
                }
                values.insert(0, first);
                values
            }
            Data::Long(long) => long.values(self.present)?,
            Data::Float(bytes) => long::floats(bytes, self.present)?,
            Data::Grid(grid) => grid.values(self.present)?,
        };
        (values.len() == self.present).then_some(values)
    }

    /// The values `index` and the one before it (0 when there is none), counted without gaps.
    pub fn pair(&self, index: usize) -> Option<(u64, u64)> {
        if index >= self.present {
            return None;
        }
        Some(match self.data {
            Data::Constant(value) => (value, value),
            Data::Plain(packed) => (packed.value(index), index.checked_sub(1).map_or(0, |before| packed.value(before))),
            Data::Differences(first, packed) => {
                let Some(before) = index.checked_sub(1) else { return Some((first, 0)) };
                let value = first.wrapping_add(packed.sum(before));
                (value.wrapping_add(packed.value(before)), value)
            }
            Data::Long(_) | Data::Float(_) | Data::Grid(_) => {
                let values = self.values()?;
                (*values.get(index)?, index.checked_sub(1).and_then(|before| values.get(before)).copied().unwrap_or(0))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flags_of(cells: &[(u64, u8)]) -> (Vec<u64>, Vec<u8>) {
        cells.iter().map(|(value, flags)| (*value, if flags & PRESENT == 0 { 0 } else { *flags & 3 })).unzip()
    }

    fn check(cells: &[(u64, u8)]) {
        let (values, flags) = flags_of(cells);
        let mut out = Vec::new();
        let count = Encoder::default().put(&mut out, (&values, &flags), Numbers::Whole);
        let mut reader = Reader::new(&out);
        let column = Column::read(&mut reader, flags.len()).unwrap();
        assert!(reader.is_empty());
        let present: Vec<u64> = values.iter().zip(&flags).filter(|(_, flags)| **flags != 0).map(|(value, _)| *value).collect();
        assert_eq!((column.present(), count), (present.len(), present.len()));
        assert_eq!(column.values().unwrap(), present);
        assert_eq!(column.flags().unwrap(), flags);
        for (index, value) in present.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| present[before]);
            let pair = column.pair(index).unwrap();
            assert_eq!(pair.0, *value);
            assert!(before.is_none_or(|before| before == pair.1));
        }
        assert_eq!(column.pair(present.len()), None);
    }

    /// A value of one of the kinds that series have.
    fn value() -> impl Strategy<Value = u64> {
        prop_oneof![0..5u64, any::<u64>(), Just(0), Just(u64::MAX), 1_000_000..1_000_100u64, Just(1 << 63)]
    }

    proptest! {
        #[test]
        fn any_column_comes_back(cells in prop::collection::vec((value(), any::<u8>()), 0..300)) {
            check(&cells);
        }

        #[test]
        fn any_counter_comes_back(first: u64, steps in prop::collection::vec((0..1u64 << 34, 0..40u8), 1..300)) {
            let mut counter = first;
            let cells = steps.iter().map(|(step, flags)| {
                counter = counter.wrapping_add(*step);
                (counter, if *flags == 0 { 0 } else if *flags == 1 { 3 } else { 1 })
            });
            check(&cells.collect::<Vec<_>>());
        }

        #[test]
        fn bytes_of_anything_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), rows in 0..130usize) {
            if let Some(column) = Column::read(&mut Reader::new(&bytes), rows) {
                let _ = (column.values(), column.flags(), column.pair(rows / 2));
            }
        }
    }

    #[test]
    fn a_burst_is_listed_instead_of_widening_every_value() {
        let mut counter = 0;
        let cells: Vec<(u64, u8)> = (0..60u64)
            .map(|n| {
                counter += if n == 30 { 1 << 40 } else { 1000 + n % 4 };
                (counter, PRESENT)
            })
            .collect();
        let (values, flags) = flags_of(&cells);
        let mut out = Vec::new();
        Encoder::default().put(&mut out, (&values, &flags), Numbers::Whole);
        assert!(out.len() < 30, "{} bytes for 60 values of two bits and a burst", out.len());
        check(&cells);
    }
}
