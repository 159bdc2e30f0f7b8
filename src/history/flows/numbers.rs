//! A column of whole numbers in few bytes: nothing for what is all the same, packed indexes for a few different small values, and
//! classes of magnitude for the rest. Why not pco or lz4: docs/decisions/0063-flow-store.md has what was measured.
//!
//! `tag · …` by [`Tag`]. A reader gives exactly as many numbers as it is asked for, or `None`.

use super::classes;
use crate::history::blocks::bytes::{Reader, put_block, put_varint};
use rustc_hash::FxHashMap;

/// Below so many numbers the widths of classes outweigh what they save.
const FEW: usize = 32;

/// So many different small values are told by packed indexes.
const MOST_WORDS: usize = 16;

/// Clocks that tick in whole seconds: their times are divided by this.
const SECOND_MS: u64 = 1000;

/// How a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Tag {
    /// One value for all.
    Same,
    /// Least value, number of words, each above the least; then indexes of as many bits as needed.
    Words,
    /// Least value, then each above it as a varint.
    Varints,
    /// Least value, divisor, then by classes of magnitude.
    Classes,
    /// Wide: all are IPv4 addresses, their 32 bits as a column.
    V4,
    /// Wide: upper and lower 64 bits as a column each.
    Halves,
    /// Wide: number of different values, their halves, then the index of each.
    Table,
}

const TAGS: [Tag; 7] = [Tag::Same, Tag::Words, Tag::Varints, Tag::Classes, Tag::V4, Tag::Halves, Tag::Table];

/// Appends numbers; how many is known to the reader.
pub fn put(out: &mut Vec<u8>, values: &[u64]) {
    let (low, high) = values.iter().fold((u64::MAX, 0), |(low, high), value| (low.min(*value), high.max(*value)));
    if low >= high {
        out.push(Tag::Same as u8);
        put_varint(out, high);
    } else if high - low > u64::from(u8::MAX) || !put_words(out, values, low) {
        if values.len() < FEW { put_varints(out, values, low) } else { put_classes(out, values, (low, high)) }
    }
}

/// Appends small values as packed indexes of words; false where there are too many different ones.
fn put_words(out: &mut Vec<u8>, values: &[u64], low: u64) -> bool {
    let mut seen = [false; 256];
    for value in values {
        if let Some(seen) = seen.get_mut((value - low) as usize) {
            *seen = true;
        }
    }
    let words: Vec<u8> = (0..=u8::MAX).filter(|word| seen.get(usize::from(*word)) == Some(&true)).collect();
    if words.len() > MOST_WORDS {
        return false;
    }
    let mut index = [0u8; 256];
    (0u8..).zip(&words).for_each(|(number, word)| {
        if let Some(index) = index.get_mut(usize::from(*word)) {
            *index = number;
        }
    });
    out.push(Tag::Words as u8);
    put_varint(out, low);
    put_block(out, &words);
    let (bits, mut waiting, mut held) = (width(words.len()), 0u64, 0);
    for value in values {
        waiting |= u64::from(index.get((value - low) as usize).copied().unwrap_or(0)) << held;
        held += bits;
        if held >= 32 {
            out.extend_from_slice(&(waiting as u32).to_le_bytes());
            (waiting, held) = (waiting >> 32, held - 32);
        }
    }
    out.extend_from_slice(waiting.to_le_bytes().get(..(held as usize).div_ceil(8)).unwrap_or_default());
    true
}

/// Bits that tell one of so many words.
const fn width(words: usize) -> u32 {
    usize::BITS - words.saturating_sub(1).leading_zeros()
}

fn put_varints(out: &mut Vec<u8>, values: &[u64], low: u64) {
    out.push(Tag::Varints as u8);
    put_varint(out, low);
    values.iter().for_each(|value| put_varint(out, value - low));
}

/// Numbers by classes of their magnitude; those that are all whole seconds apart as seconds.
fn put_classes(out: &mut Vec<u8>, values: &[u64], (low, high): (u64, u64)) {
    let whole = high - low > SECOND_MS && values.iter().all(|value| (value - low) % SECOND_MS == 0);
    out.push(Tag::Classes as u8);
    put_varint(out, low);
    put_varint(out, if whole { SECOND_MS } else { 1 });
    if whole {
        let seconds: Vec<u64> = values.iter().map(|value| (value - low) / SECOND_MS).collect();
        classes::put(out, &seconds, 0);
    } else {
        classes::put(out, values, low);
    }
}

/// Exactly `count` numbers. The caller bounds `count`: so much memory is taken.
pub fn read(reader: &mut Reader<'_>, count: usize) -> Option<Vec<u64>> {
    read_as(reader, count, |value| value)
}

/// The same, made narrower on the way; what does not fit is cut off.
pub fn read_as<T: Clone>(reader: &mut Reader<'_>, count: usize, narrow: impl Fn(u64) -> T + Copy) -> Option<Vec<T>> {
    let tag = tag_of(reader)?;
    let low = reader.varint()?;
    let above = |value: u64| narrow(low.wrapping_add(value));
    match tag {
        Tag::Same => Some(vec![narrow(low); count]),
        Tag::Words => read_words(reader, count, above),
        Tag::Varints => {
            // A varint takes a byte at least: no more is allocated than there are bytes.
            (reader.rest().len() >= count).then_some(())?;
            (0..count).map(|_| reader.varint().map(above)).collect()
        }
        Tag::Classes => {
            let by = reader.varint()?;
            classes::read(reader, count, |value| above(value.wrapping_mul(by)))
        }
        Tag::V4 | Tag::Halves | Tag::Table => None,
    }
}

fn tag_of(reader: &mut Reader<'_>) -> Option<Tag> {
    TAGS.get(usize::from(reader.byte()?)).copied()
}

fn read_words<T>(reader: &mut Reader<'_>, count: usize, above: impl Fn(u64) -> T) -> Option<Vec<T>> {
    let words = reader.block()?;
    (words.len() <= MOST_WORDS).then_some(())?;
    let bits = width(words.len());
    let packed = reader.take((count * bits as usize).div_ceil(8))?;
    let (mut octets, mut waiting, mut held) = (packed.iter(), 0u64, 0);
    let mask = (1u64 << bits) - 1;
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        while held < bits {
            waiting |= u64::from(*octets.next()?) << held;
            held += 8;
        }
        values.push(above(u64::from(*words.get((waiting & mask) as usize)?)));
        (waiting, held) = (waiting >> bits, held - bits);
    }
    Some(values)
}

/// Addresses that take no more bits as they are need no table of them: to find each costs as much as all the rest.
const PLAIN_BITS: u64 = 14;

/// The upper 96 bits of a mapped IPv4 address.
const MAPPED: u128 = 0xffff;

/// Appends wide values: addresses, mostly of one family, or hardware addresses and other numbers that come again and again.
pub fn put_wide(out: &mut Vec<u8>, values: &[u128]) {
    let first = values.first().copied().unwrap_or(0);
    if values.iter().all(|value| *value == first) {
        out.push(Tag::Table as u8);
        put_varint(out, 1);
        put_halves(out, &[first]);
        return put(out, &[0]);
    }
    let is_v4 = values.iter().all(|value| value >> 32 == MAPPED);
    let low: Vec<u64> = if is_v4 { values.iter().map(|value| *value as u64 & 0xffff_ffff).collect() } else { Vec::new() };
    let plain = if is_v4 { estimate(&low) } else { u64::MAX };
    match if plain > PLAIN_BITS { table(values) } else { None } {
        Some((different, indexes)) => {
            out.push(Tag::Table as u8);
            put_varint(out, different.len() as u64);
            put_halves(out, &different);
            put(out, &indexes);
        }
        None if is_v4 => {
            out.push(Tag::V4 as u8);
            put(out, &low);
        }
        None => {
            out.push(Tag::Halves as u8);
            put_halves(out, values);
        }
    }
}

fn estimate(values: &[u64]) -> u64 {
    let low = values.iter().copied().min().unwrap_or(0);
    classes::estimate(values, low)
}

fn put_halves(out: &mut Vec<u8>, values: &[u128]) {
    put(out, &values.iter().map(|value| (value >> 64) as u64).collect::<Vec<_>>());
    put(out, &values.iter().map(|value| *value as u64).collect::<Vec<_>>());
}

/// The different values and which of them each is; `None` where they hardly come again.
fn table(values: &[u128]) -> Option<(Vec<u128>, Vec<u64>)> {
    let most = values.len() / 4 + 1;
    let (mut numbers, mut different) = (FxHashMap::default(), Vec::new());
    let mut indexes = Vec::with_capacity(values.len());
    for value in values {
        let next = different.len() as u64;
        let number = *numbers.entry(*value).or_insert(next);
        if number == next {
            if different.len() >= most {
                return None;
            }
            different.push(*value);
        }
        indexes.push(number);
    }
    Some((different, indexes))
}

/// Exactly `count` wide values.
pub fn read_wide<T: Clone>(reader: &mut Reader<'_>, count: usize, of: impl Fn(u128) -> T + Copy) -> Option<Vec<T>> {
    match tag_of(reader)? {
        Tag::V4 => read_as(reader, count, |low| of(MAPPED << 32 | u128::from(low & 0xffff_ffff))),
        Tag::Halves => read_halves(reader, count, of),
        Tag::Table => {
            let different = reader.len().filter(|different| (1..=count.max(1)).contains(different))?;
            let different = read_halves(reader, different, of)?;
            if let [only] = different.as_slice() {
                read(reader, 1)?;
                return Some(vec![only.clone(); count]);
            }
            let indexes: Vec<u64> = read(reader, count)?;
            indexes.into_iter().map(|index| different.get(usize::try_from(index).ok()?).cloned()).collect()
        }
        _ => None,
    }
}

fn read_halves<T>(reader: &mut Reader<'_>, count: usize, of: impl Fn(u128) -> T) -> Option<Vec<T>> {
    let (high, low) = (read(reader, count)?, read(reader, count)?);
    Some(high.into_iter().zip(low).map(|(high, low)| of(u128::from(high) << 64 | u128::from(low))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[u64]) -> usize {
        let mut out = Vec::new();
        put(&mut out, values);
        let mut reader = Reader::new(&out);
        assert_eq!(read(&mut reader, values.len()).as_deref(), Some(values));
        assert!(reader.is_empty());
        out.len()
    }

    fn check_wide(values: &[u128]) {
        let mut out = Vec::new();
        put_wide(&mut out, values);
        let mut reader = Reader::new(&out);
        assert_eq!(read_wide(&mut reader, values.len(), |value| value).as_deref(), Some(values));
        assert!(reader.is_empty());
    }

    #[test]
    fn what_is_all_the_same_takes_two_bytes_and_a_few_words_some_bits() {
        assert_eq!(check(&[7; 10_000]), 2);
        let flags: Vec<u64> = (0..10_000).map(|n| if n % 3 == 0 { 0x1b } else { 2 }).collect();
        assert!(check(&flags) < 10_000 / 8 + 16);
        let seconds: Vec<u64> = (0..10_000u64).map(|n| 5 + (n * 7919 % 60) * 1000).collect();
        assert!(check(&seconds) < 10_000 * 7 / 8);
        check(&[]);
    }

    #[test]
    fn addresses_of_both_families_come_back() {
        let v4 = |n: u128| MAPPED << 32 | n;
        check_wide(&[]);
        check_wide(&[0; 500]);
        check_wide(&(0..500).map(|n| v4(n % 50)).collect::<Vec<_>>());
        check_wide(&(0..500).map(|n| if n % 2 == 0 { v4(n) } else { 0x2001_0db8u128 << 96 | n }).collect::<Vec<_>>());
        check_wide(&(0..500).map(|n| (n % 7) << 100).collect::<Vec<_>>());
    }

    #[test]
    fn bytes_that_lie_are_refused() {
        let mut out = Vec::new();
        put(&mut out, &(0..300).map(|n| n * n * 31).collect::<Vec<_>>());
        for count in [0, 1, 299, 301, 1 << 17] {
            assert_eq!(read(&mut Reader::new(&out), count), None, "{count}");
        }
        assert_eq!(read(&mut Reader::new(&[Tag::Varints as u8, 0, 1]), 1 << 17), None);
        assert_eq!(read(&mut Reader::new(&[99]), 1), None);
        assert_eq!(read_wide(&mut Reader::new(&[Tag::Table as u8, 0xff, 0xff, 3]), 5, |value| value), None);
    }

    proptest! {
        #[test]
        fn any_numbers_come_back(values in prop_oneof![
            proptest::collection::vec(any::<u64>(), 0..400),
            proptest::collection::vec(0u64..20, 0..400),
            proptest::collection::vec(prop_oneof![Just(0), Just(u64::MAX), 0u64..70_000], 0..400),
        ]) {
            check(&values);
            check_wide(&values.iter().map(|value| u128::from(*value) << (value % 64)).collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300), count in 0usize..5000) {
            let _refused_or_not = read(&mut Reader::new(&bytes), count);
            let _refused_or_not = read_wide(&mut Reader::new(&bytes), count, |value| value);
        }
    }
}
