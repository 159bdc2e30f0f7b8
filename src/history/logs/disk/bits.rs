//! A set of places among so many, and how many of them are below one.

/// Bits of a word.
const WORD: usize = 64;
/// Words whose bits are counted together.
const GROUP: usize = 64;

/// Places that can be counted below any of them at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    len: usize,
    /// Bits before each group of words; empty until it is [sealed](Self::sealed).
    before: Vec<u32>,
}

impl Bits {
    /// None of so many.
    pub fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(WORD)], len, before: Vec::new() }
    }

    /// All of so many.
    pub fn all(len: usize) -> Self {
        let mut bits = Self { words: vec![u64::MAX; len.div_ceil(WORD)], len, before: Vec::new() };
        bits.trim();
        bits
    }

    fn trim(&mut self) {
        if let (used, Some(last)) = (self.len % WORD, self.words.last_mut())
            && used > 0
        {
            *last &= (1 << used) - 1;
        }
    }

    /// Puts a place in; one beyond the end is none.
    pub fn insert(&mut self, place: usize) {
        if place < self.len
            && let Some(word) = self.words.get_mut(place / WORD)
        {
            *word |= 1 << (place % WORD);
        }
    }

    /// Leaves those that are in both.
    pub fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }

    /// Adds the others.
    pub fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Takes the others out.
    pub fn minus(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
    }

    /// Whether none is in.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Made ready to be counted; it is not changed any more.
    pub fn sealed(mut self) -> Self {
        let mut sum = 0u32;
        self.before = self
            .words
            .chunks(GROUP)
            .map(|group| {
                let before = sum;
                sum += group.iter().map(|word| word.count_ones()).sum::<u32>();
                before
            })
            .collect();
        self
    }

    /// How many are below a place.
    pub fn below(&self, place: usize) -> usize {
        let place = place.min(self.len);
        let (word, bit) = (place / WORD, place % WORD);
        let group = word / GROUP;
        let before = self.before.get(group).copied();
        let from = if before.is_some() { group * GROUP } else { 0 };
        let whole: u32 = self.words.iter().take(word).skip(from).map(|word| word.count_ones()).sum();
        let part = self.words.get(word).map_or(0, |word| (word & ((1 << bit) - 1)).count_ones());
        let before = before.unwrap_or_else(|| if from == 0 { 0 } else { self.before.last().copied().unwrap_or(0) });
        (before + whole + part) as usize
    }

    /// Those of a range, rising.
    pub fn within(&self, range: std::ops::Range<usize>) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let (from, to) = (range.start, range.end.min(self.len));
        let words = if from >= to { 0..0 } else { from / WORD..to.div_ceil(WORD) };
        words.flat_map(move |at| {
            let word = self.words.get(at).copied().unwrap_or(0);
            OfWord { word, base: at * WORD }.filter(move |place| (from..to).contains(place))
        })
    }

    /// Octets that it takes.
    pub fn octets(&self) -> usize {
        (self.words.len() * WORD + self.before.len() * 32) / 8 + size_of::<Self>()
    }
}

struct OfWord {
    word: u64,
    base: usize,
}

impl Iterator for OfWord {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.word == 0 {
            return None;
        }
        let bit = self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(self.base + bit as usize)
    }
}

impl DoubleEndedIterator for OfWord {
    fn next_back(&mut self) -> Option<usize> {
        if self.word == 0 {
            return None;
        }
        let bit = WORD - 1 - self.word.leading_zeros() as usize;
        self.word &= !(1 << bit);
        Some(self.base + bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_counted_and_listed() {
        for len in [0usize, 1, 63, 64, 65, 4096, 4097, 10_000] {
            let mut bits = Bits::none(len);
            (0..len + 70).step_by(3).for_each(|place| bits.insert(place));
            for bits in [bits.clone(), bits.clone().sealed()] {
                for place in [0, 1, len / 2, len.saturating_sub(1), len, len + 99] {
                    assert_eq!(bits.below(place), (0..len.min(place)).step_by(3).count(), "{len} {place}");
                }
                let range = len / 3..len.saturating_sub(1);
                let expected: Vec<usize> = (0..len).step_by(3).filter(|place| range.contains(place)).collect();
                assert_eq!(bits.within(range.clone()).collect::<Vec<_>>(), expected);
                assert_eq!(bits.within(range).rev().collect::<Vec<_>>(), expected.into_iter().rev().collect::<Vec<_>>());
            }
            let mut rest = Bits::all(len);
            assert_eq!(rest.below(len), len);
            rest.minus(&bits);
            assert_eq!(rest.below(len) + bits.below(len), len);
            rest.and(&bits);
            assert!(rest.is_empty());
            rest.or(&bits);
            assert_eq!(rest, bits);
        }
    }
}
