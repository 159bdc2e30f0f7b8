//! Numbers by classes of magnitude: a few bits say the class, then as many bits follow as the class needs.
//!
//! What flows are made of is spread like that: most are small, few are large, and within a magnitude there is no pattern left to find.
//! Where all are equally likely there is one class, and it is plain packing of bits.
//!
//! `number of classes · width of each (bits of its largest) · packed`, eight octets of nothing behind, so that a reader can always take
//! eight at once.

use crate::history::blocks::bytes::{Reader, put_block};

/// Numbers of classes that are tried: a class is told by 0 to 4 bits.
const COUNTS: [usize; 5] = [1, 2, 4, 8, 16];
const MOST: usize = 16;

/// Octets of nothing at the end.
const PADDING: usize = 8;

/// Bits that can be read at once wherever they begin.
const AT_ONCE: u32 = 57;

/// A class: numbers of up to `width` bits that are in no class before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Class {
    width: u32,
    /// The least number in it.
    base: u64,
    /// Bits that tell one of its numbers.
    bits: u32,
}

fn length(value: u64) -> usize {
    (u64::BITS - value.leading_zeros()) as usize
}

/// The classes of these widths, which rise.
fn classes(widths: &[u32]) -> Vec<Class> {
    let mut base = 0u64;
    let class = |width: &u32| {
        let most = if *width >= 64 { u64::MAX } else { (1 << width) - 1 };
        let class = Class { width: *width, base, bits: length(most.saturating_sub(base)) as u32 };
        base = most.saturating_add(1);
        class
    };
    widths.iter().map(class).collect()
}

/// The widths of at most `count` classes that take the fewest bits, and how many those are.
fn best(lengths: &[u64; 65], count: usize) -> (u64, Vec<u32>) {
    let top = lengths.iter().rposition(|held| *held > 0).unwrap_or(0);
    // What it costs to have the lengths `from..=to` in one class.
    let mut sums = [0u64; 66];
    for (place, held) in lengths.iter().enumerate() {
        sums[place + 1] = sums[place] + held;
    }
    let cost = |from: usize, to: usize| {
        let bits = if from > 0 && from == to { to - 1 } else { to };
        (sums[to + 1] - sums[from]) * bits as u64
    };
    // least[n][l]: the lengths up to and with `l` in n + 1 classes.
    let mut least = vec![[(u64::MAX, 0usize); 65]; count];
    for (to, least) in least[0].iter_mut().enumerate().take(top + 1) {
        *least = (cost(0, to), 0);
    }
    for number in 1..count {
        for to in 0..=top {
            let mut found = least[number - 1][to];
            for from in 1..=to {
                let (before, _) = least[number - 1][from - 1];
                let with = before.saturating_add(cost(from, to));
                if with < found.0 {
                    found = (with, from);
                }
            }
            least[number][to] = found;
        }
    }
    let (mut widths, mut to, mut number) = (Vec::new(), top, count - 1);
    loop {
        let (_, from) = least[number][to];
        widths.push(to as u32);
        // The same as with fewer classes: those tell where it begins.
        let unsplit = number > 0 && least[number - 1][to] == least[number][to];
        if unsplit {
            widths.pop();
            number -= 1;
            continue;
        }
        if from == 0 || number == 0 {
            break;
        }
        (to, number) = (from - 1, number - 1);
    }
    widths.reverse();
    (least[count - 1][top].0, widths)
}

/// Packs bits, the lowest first.
struct Packer<'a> {
    out: &'a mut Vec<u8>,
    waiting: u64,
    held: u32,
}

impl Packer<'_> {
    /// At most 32 bits.
    #[inline]
    fn put(&mut self, value: u64, bits: u32) {
        self.waiting |= value << self.held;
        self.held += bits;
        if self.held >= 32 {
            self.out.extend_from_slice(&(self.waiting as u32).to_le_bytes());
            self.waiting >>= 32;
            self.held -= 32;
        }
    }

    #[inline]
    fn put_long(&mut self, value: u64, bits: u32) {
        if bits > 32 {
            self.put(value & 0xffff_ffff, 32);
            self.put(value >> 32, bits - 32);
        } else {
            self.put(value, bits);
        }
    }
}

/// Appends numbers, given above their least.
pub fn put(out: &mut Vec<u8>, values: &[u64], low: u64) {
    let mut lengths = [0u64; 65];
    for value in values {
        lengths[length(value - low)] += 1;
    }
    let with_code = |(code, count): (usize, &usize)| {
        let (bits, widths) = best(&lengths, *count);
        (bits + (code * values.len()) as u64, widths)
    };
    let tried = COUNTS.iter().enumerate().map(with_code).min_by_key(|(bits, _)| *bits);
    let (bits, widths) = tried.unwrap_or_default();
    let classes = classes(&widths);
    let code_bits = code_bits(classes.len());
    let mut of_length = [0usize; 65];
    for (place, of) in of_length.iter_mut().enumerate() {
        *of = classes.iter().position(|class| place as u32 <= class.width).unwrap_or(0);
    }
    out.push(classes.len() as u8);
    widths.iter().for_each(|width| out.push(*width as u8));
    let mut packed = Vec::with_capacity((bits / 8) as usize + 2 * PADDING);
    let mut packer = Packer { out: &mut packed, waiting: 0, held: 0 };
    for value in values {
        let value = value - low;
        let number = of_length[length(value)];
        let class = classes.get(number).copied().unwrap_or_default();
        packer.put(number as u64, code_bits);
        packer.put_long(value - class.base, class.bits);
    }
    let (waiting, held) = (packer.waiting, packer.held);
    packed.extend_from_slice(waiting.to_le_bytes().get(..(held as usize).div_ceil(8)).unwrap_or_default());
    packed.extend_from_slice(&[0; PADDING]);
    put_block(out, &packed);
}

/// Bits that tell one of so many classes.
const fn code_bits(classes: usize) -> u32 {
    usize::BITS - classes.saturating_sub(1).leading_zeros()
}

/// Eight octets from a place of bits on.
#[inline]
fn window(packed: &[u8], at: usize) -> Option<u64> {
    let octets = packed.get(at / 8..)?.first_chunk::<8>()?;
    Some(u64::from_le_bytes(*octets) >> (at % 8))
}

#[inline]
const fn mask(bits: u32) -> u64 {
    if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
}

/// Exactly `count` numbers, each made of what it is above the least.
pub fn read<T>(reader: &mut Reader<'_>, count: usize, of: impl Fn(u64) -> T) -> Option<Vec<T>> {
    let number = usize::from(reader.byte()?);
    (1..=MOST).contains(&number).then_some(())?;
    let widths: Vec<u32> = reader.take(number)?.iter().map(|width| u32::from(*width)).collect();
    if widths.iter().any(|width| *width > 64) || !widths.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let packed = reader.block()?;
    let code_bits = code_bits(number);
    let mut table = [Class { width: u32::MAX, ..Class::default() }; MOST];
    for (place, class) in table.iter_mut().zip(classes(&widths)) {
        *place = class;
    }
    // Each number takes so many bits at least: no more is allocated than there are bytes.
    let fewest = code_bits + table.iter().take(number).map(|class| class.bits).min().unwrap_or(0);
    (packed.len() >= PADDING && (packed.len() - PADDING) * 8 >= count * fewest as usize).then_some(())?;
    let (mut at, mut values) = (0usize, Vec::with_capacity(count));
    for _ in 0..count {
        let seen = window(packed, at)?;
        let class = table.get((seen & mask(code_bits)) as usize).filter(|class| class.width != u32::MAX)?;
        at += code_bits as usize;
        let value = if class.bits + code_bits <= AT_ONCE {
            seen >> code_bits & mask(class.bits)
        } else {
            let low = window(packed, at)? & mask(32);
            window(packed, at + 32)?.wrapping_shl(32) & mask(class.bits) | low
        };
        at += class.bits as usize;
        values.push(of(class.base.wrapping_add(value)));
    }
    (at.div_ceil(8) + PADDING == packed.len()).then_some(values)
}

/// About how many bits a number of these takes.
pub fn estimate(values: &[u64], low: u64) -> u64 {
    let mut lengths = [0u64; 65];
    values.iter().for_each(|value| lengths[length(value - low)] += 1);
    let (bits, _) = best(&lengths, 8);
    3 + bits / (values.len() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(values: &[u64]) -> usize {
        let low = values.iter().copied().min().unwrap_or(0);
        let mut out = Vec::new();
        put(&mut out, values, low);
        let mut reader = Reader::new(&out);
        assert_eq!(read(&mut reader, values.len(), |value| value + low).as_deref(), Some(values));
        assert!(reader.is_empty());
        out.len()
    }

    #[test]
    fn few_large_ones_among_small_ones_take_few_bits() {
        let values: Vec<u64> = (0..10_000u64).map(|n| if n % 100 == 0 { n << 30 } else { n % 4 }).collect();
        assert!(check(&values) < 10_000 * 5 / 8, "{}", check(&values));
        let even: Vec<u64> = (0..10_000u64).map(|n| n * 7919 % 65_536).collect();
        assert!(check(&even) < 10_000 * 2 + 64);
        assert!((15..=19).contains(&estimate(&even, 0)));
    }

    #[test]
    fn classes_follow_each_other_without_a_gap() {
        let made = classes(&[0, 1, 2, 5, 64]);
        let ends: Vec<(u64, u32)> = made.iter().map(|class| (class.base, class.bits)).collect();
        assert_eq!(ends, [(0, 0), (1, 0), (2, 1), (4, 5), (32, 64)]);
    }

    #[test]
    fn bytes_that_lie_are_refused() {
        let mut out = Vec::new();
        put(&mut out, &(0..300).map(|n| n * n).collect::<Vec<_>>(), 0);
        for count in [0, 200, 400, 1 << 17] {
            assert_eq!(read(&mut Reader::new(&out), count, |value| value), None, "{count}");
        }
        let nothing = [1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(read(&mut Reader::new(&nothing), 3, |value| value).map(|zeros| zeros.len()), Some(3));
        assert_eq!(read(&mut Reader::new(&[2, 5, 5, 8, 0, 0, 0, 0, 0, 0, 0, 0]), 3, |value| value), None);
    }

    proptest! {
        #[test]
        fn any_numbers_come_back(values in proptest::collection::vec(
            prop_oneof![Just(0), Just(u64::MAX), 0u64..9, any::<u32>().prop_map(u64::from), any::<u64>()], 0..500)) {
            check(&values);
        }
    }
}
