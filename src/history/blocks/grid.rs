//! Times of a series that is read at a fixed interval, a little early or late each time.
//!
//! Jitter about a grid says half a bit less than jitter from one reading to the next: the differences of two readings have both
//! their jitters in them. `first · interval · length · slots passed over (index − index before · how many) · residuals`.

use super::bytes::{Reader, put_block, put_varint, unzigzag, zigzag};
use super::long::{Packer, Residuals};

/// A column of times read back.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    first: i64,
    interval: i64,
    passed: &'a [u8],
    residuals: Residuals<'a>,
}

/// The interval that fits best: the middle of the differences, to the second where it is near one. `None` where there is none.
fn interval(times: &[i64]) -> Option<i64> {
    let mut steps: Vec<i64> = times.windows(2).map(|pair| pair.get(1).zip(pair.first()).map_or(0, |(b, a)| b - a)).collect();
    let middle = steps.len() / 2;
    if steps.is_empty() {
        return None;
    }
    let middle = *steps.select_nth_unstable(middle).1;
    let second = (middle + 500).div_euclid(1000) * 1000;
    let interval = if second > 0 && (middle - second).abs() * 20 <= middle { second } else { middle };
    (interval > 1).then_some(interval)
}

/// Readings before which slots are empty, and how many.
type Passed = Vec<(usize, i64)>;

/// Slots from the first time on, and how far each reading is from its own; `None` where readings fall into one slot too often
/// for slots to mean anything.
fn slots(times: &[i64], interval: i64) -> Option<(Passed, Vec<i64>)> {
    let first = *times.first()?;
    let (mut passed, mut residuals, mut expected) = (Vec::new(), Vec::with_capacity(times.len()), 0);
    for (index, at) in times.iter().enumerate() {
        let off = at.checked_sub(first)?;
        let slot = off.checked_add(interval / 2)?.div_euclid(interval);
        if slot != expected {
            passed.push((index, slot - expected));
        }
        residuals.push(off - slot * interval);
        expected = slot + 1;
    }
    (passed.len() * 4 <= times.len()).then_some((passed, residuals))
}

/// Appends times. False when they have no grid: then nothing is appended.
pub fn put(packer: &mut Packer, out: &mut Vec<u8>, times: &[i64]) -> bool {
    let Some(interval) = interval(times) else { return false };
    let Some((passed, residuals)) = slots(times, interval) else { return false };
    // Where most readings are far from their slots the times drift: differences say it shorter.
    let far = residuals.iter().filter(|residual| residual.abs() * 8 > interval).count();
    if far * 4 > residuals.len() {
        return false;
    }
    let start = out.len();
    put_varint(out, zigzag(times.first().copied().unwrap_or(0)));
    put_varint(out, zigzag(interval));
    let (mut list, mut before) = (Vec::new(), 0);
    for (index, slots) in passed {
        put_varint(&mut list, (index - before) as u64);
        put_varint(&mut list, zigzag(slots));
        before = index;
    }
    put_block(out, &list);
    let packed = packer.put_residuals(out, residuals.into_iter());
    if !packed {
        out.truncate(start);
    }
    packed
}

impl<'a> Grid<'a> {
    /// Reads its frame.
    pub fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let (first, interval) = (unzigzag(reader.varint()?), unzigzag(reader.varint()?));
        Some(Self { first, interval, passed: reader.block()?, residuals: Residuals::read(reader)? })
    }

    /// All times.
    pub fn values(&self, count: usize) -> Option<Vec<u64>> {
        let residuals = self.residuals.values(count)?;
        let mut passed = Reader::new(self.passed);
        let mut next = read_passed(&mut passed, 0)?;
        let mut slot = 0i64;
        let mut times = Vec::with_capacity(count);
        for (index, residual) in residuals.into_iter().enumerate() {
            if let Some((at, slots)) = next.filter(|(at, _)| *at == index) {
                slot = slot.wrapping_add(slots);
                next = read_passed(&mut passed, at)?;
            }
            let at = self.first.wrapping_add(slot.wrapping_mul(self.interval)).wrapping_add(residual);
            times.push(at as u64);
            slot = slot.wrapping_add(1);
        }
        Some(times)
    }
}

/// The next entry of the list; `Some(None)` at its end.
#[allow(clippy::option_option, reason = "damaged, at the end, or there")]
fn read_passed(reader: &mut Reader<'_>, before: usize) -> Option<Option<(usize, i64)>> {
    if reader.is_empty() {
        return Some(None);
    }
    let index = before.checked_add(usize::try_from(reader.varint()?).ok()?)?;
    Some(Some((index, unzigzag(reader.varint()?))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(times: &[i64]) -> Option<usize> {
        let mut out = Vec::new();
        if !put(&mut Packer::default(), &mut out, times) {
            assert!(out.is_empty());
            return None;
        }
        let mut reader = Reader::new(&out);
        let grid = Grid::read(&mut reader).unwrap();
        assert!(reader.is_empty());
        let back: Vec<i64> = grid.values(times.len()).unwrap().into_iter().map(|at| at as i64).collect();
        assert_eq!(back, times);
        Some(out.len())
    }

    #[test]
    fn exact_times_take_nothing_and_missing_polls_little() {
        let exact: Vec<i64> = (0..1440).map(|n| 1_795_132_800_123 + n * 60_000).collect();
        assert!(check(&exact).unwrap() < 30);
        let holed: Vec<i64> = exact.iter().copied().enumerate().filter(|(n, _)| n % 97 > 2).map(|(_, at)| at).collect();
        assert!(check(&holed).unwrap() < 120);
    }

    #[test]
    fn times_without_an_interval_have_no_grid() {
        assert_eq!(check(&(0..300).map(|n| n * n * 777).collect::<Vec<_>>()), None);
        assert_eq!(check(&[5; 300]), None);
    }

    proptest! {
        #[test]
        fn any_times_come_back(steps in prop::collection::vec(prop_oneof![59_000..61_000i64, 59_900..60_100i64, 0..400_000i64], 128..400)) {
            let times: Vec<i64> = steps.iter().scan(1_795_132_800_000, |at, step| { *at += step; Some(*at) }).collect();
            check(&times);
        }

        #[test]
        fn bytes_of_anything_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), count in 0..300usize) {
            let _ = Grid::read(&mut Reader::new(&bytes)).map(|grid| grid.values(count));
        }
    }
}
