//! A table of sums by key: the hot part of adding flows up. Keys come from the network, so the hash is seeded.

use super::record::FlowAddr;
use super::talk::{TalkKey, TalkSum};
use std::hash::{BuildHasher, RandomState};

/// Bits of a slot that are an index into the entries, plus one; those above are a tag of the hash, which spares most comparisons.
const INDEX_BITS: u32 = 20;

/// Entries at most: what an index can say.
pub const MOST_ENTRIES: usize = (1 << INDEX_BITS) - 1;

/// The index's part of a slot.
const INDEX: u32 = (1 << INDEX_BITS) - 1;

/// Slots of an empty table; there are always at least twice as many as entries.
const FIRST_SLOTS: usize = 64;

/// An odd number without a pattern: the fraction of the golden ratio, as multiplicative hashes use it.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// What sums are kept by.
pub trait SumKey: Copy + Eq {
    /// A hash that nobody can foretell who does not know `seed`.
    fn hash(&self, seed: u64) -> u64;
}

/// Keys that are hashed together: so many reads of the memory go on at the same time.
pub const TOGETHER: usize = 32;

/// Both halves of the product: each bit of the result depends on all of both.
#[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

#[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
const fn halves(address: FlowAddr) -> (u64, u64) {
    (address.0 as u64, (address.0 >> 64) as u64)
}

impl SumKey for TalkKey {
    fn hash(&self, seed: u64) -> u64 {
        let ((src, src_upper), (dst, dst_upper)) = (halves(self.src), halves(self.dst));
        let kind = self.direction as u64 * 2 + u64::from(self.port_is_src);
        let ports = u64::from(self.in_if) << 32 | u64::from(self.out_if);
        let service = u64::from(self.port) | u64::from(self.vlan) << 16 | u64::from(self.protocol) << 32;
        let service = service | u64::from(self.tos) << 40 | u64::from(self.exporter) << 48;
        let lower = fold(src ^ seed, dst ^ MIX);
        let upper = fold(src_upper ^ seed.rotate_left(16), dst_upper ^ seed.rotate_left(48));
        let rest = fold(ports ^ seed.rotate_left(32), service ^ kind << 56 ^ MIX);
        fold(lower ^ upper.rotate_left(23) ^ rest.rotate_left(41), seed | 1)
    }
}

impl SumKey for FlowAddr {
    fn hash(&self, seed: u64) -> u64 {
        let (lower, upper) = halves(*self);
        fold(fold(lower ^ seed, MIX) ^ upper, seed | 1)
    }
}

impl SumKey for u32 {
    fn hash(&self, seed: u64) -> u64 {
        fold(u64::from(*self) ^ seed, MIX)
    }
}

impl SumKey for u64 {
    fn hash(&self, seed: u64) -> u64 {
        fold(fold(*self ^ seed, MIX), seed | 1)
    }
}

impl SumKey for (u8, u16) {
    fn hash(&self, seed: u64) -> u64 {
        (u32::from(self.0) << 16 | u32::from(self.1)).hash(seed)
    }
}

/// See the module. Entries stay in the order in which their keys first came.
#[derive(Clone, Debug)]
pub struct SumTable<K, V = TalkSum> {
    seed: u64,
    slots: Vec<u32>,
    entries: Vec<(K, V)>,
    /// The most entries since it was emptied.
    peak: usize,
}

impl<K, V> Default for SumTable<K, V> {
    fn default() -> Self {
        Self { seed: RandomState::new().hash_one(0u8), slots: vec![0; FIRST_SLOTS], entries: Vec::new(), peak: 0 }
    }
}

impl<K: SumKey, V: Clone + Default> SumTable<K, V> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys and their sums.
    pub fn entries(&self) -> &[(K, V)] {
        &self.entries
    }

    /// The sum of a key that is there, or for which there are fewer than `most`.
    #[inline]
    pub fn place(&mut self, key: &K, most: usize) -> Option<&mut V> {
        self.place_of((key, key.hash(self.seed)), most)
    }

    #[inline]
    fn place_of(&mut self, (key, hash): (&K, u64), most: usize) -> Option<&mut V> {
        let tag = tag(hash);
        let mut at = start(hash, self.slots.len());
        loop {
            let slot = self.slots.get_mut(at)?;
            if *slot == 0 {
                break;
            }
            let index = (*slot & INDEX) as usize - 1;
            if *slot & !INDEX == tag && self.entries.get(index).is_some_and(|(known, _)| known == key) {
                return self.entries.get_mut(index).map(|(_, sum)| sum);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.new_place((key, hash), at, most)
    }

    /// A place for a key that is not there; `at` is the free slot.
    fn new_place(&mut self, (key, hash): (&K, u64), at: usize, most: usize) -> Option<&mut V> {
        let tag = tag(hash);
        let entries = self.entries.len();
        if entries >= most.min(MOST_ENTRIES) {
            return None;
        }
        self.entries.push((*key, V::default()));
        if self.entries.len() * 2 > self.slots.len() {
            self.index(self.slots.len() * 2);
        } else if let (Some(slot), Ok(number)) = (self.slots.get_mut(at), u32::try_from(entries + 1)) {
            *slot = tag | number;
        }
        self.entries.last_mut().map(|(_, sum)| sum)
    }

    /// Builds the slots anew.
    fn index(&mut self, slots: usize) {
        self.slots.clear();
        self.slots.resize(slots, 0);
        for ((key, _), number) in self.entries.iter().zip(1..) {
            let hash = key.hash(self.seed);
            let mut at = start(hash, slots);
            while let Some(slot) = self.slots.get_mut(at) {
                if *slot == 0 {
                    *slot = tag(hash) | number;
                    break;
                }
                at = (at + 1) & (slots - 1);
            }
        }
    }

    /// Takes what is in it. The room stays, for the next.
    pub fn take(&mut self) -> Vec<(K, V)> {
        let taken = self.entries.as_slice().to_vec();
        self.clear();
        taken
    }

    /// Empties it. The room stays, but where a quarter of it would have done.
    pub fn clear(&mut self) {
        let wanted = (std::mem::take(&mut self.peak).max(self.entries.len()) * 4).next_power_of_two().max(FIRST_SLOTS);
        self.entries.clear();
        if wanted < self.slots.len() {
            self.entries.shrink_to(wanted / 2);
            self.slots = vec![0; wanted];
        } else {
            self.slots.fill(0);
        }
    }
}

impl<K: SumKey> SumTable<K> {
    /// Adds to the sum of a key. Whether there was room: not beyond [`MOST_ENTRIES`].
    pub fn add(&mut self, key: &K, sum: &TalkSum) -> bool {
        self.place(key, MOST_ENTRIES).is_some_and(|found| {
            found.merge(sum);
            true
        })
    }

    /// Adds many, in their order: as [`Self::add`], with fewer waits for the memory.
    pub fn add_all<T>(&mut self, items: &[T], of: impl Fn(&T) -> (K, TalkSum)) {
        for items in items.chunks(TOGETHER) {
            let (mut hashes, mut slots) = ([0; TOGETHER], [0; TOGETHER]);
            for (hash, item) in hashes.iter_mut().zip(items) {
                *hash = of(item).0.hash(self.seed);
            }
            // Short loops in which no step waits for the one before: all reads are on their way when the first is needed.
            for (slot, hash) in slots.iter_mut().zip(&hashes).take(items.len()) {
                *slot = self.slots.get(start(*hash, self.slots.len())).copied().unwrap_or(0);
            }
            let mut read = 0;
            for slot in slots.iter().filter(|slot| **slot != 0) {
                let entry = self.entries.get((slot & INDEX) as usize - 1);
                read |= entry.map_or(0, |(_, sum)| sum.octets ^ u64::from(sum.tcp_flags));
            }
            std::hint::black_box(read);
            for (hash, item) in hashes.iter().zip(items) {
                let (key, sum) = of(item);
                if let Some(found) = self.place_of((&key, *hash), MOST_ENTRIES) {
                    found.merge(&sum);
                }
            }
        }
    }

    /// Adds to the sum of a key that is there, or for which there are fewer than `most`. Whether it did.
    pub fn add_within(&mut self, key: &K, (sum, most): (&TalkSum, usize)) -> bool {
        self.place(key, most).is_some_and(|found| {
            found.merge(sum);
            true
        })
    }

    /// Keeps the `limit` entries with the most octets; the others are given to `cut`.
    pub fn keep_largest(&mut self, limit: usize, cut: impl FnMut(&(K, TalkSum))) {
        if self.entries.len() <= limit {
            return;
        }
        if limit > 0 {
            self.entries.select_nth_unstable_by_key(limit - 1, |(_, sum)| std::cmp::Reverse(sum.octets));
        }
        self.peak = self.peak.max(self.entries.len());
        self.entries.iter().skip(limit).for_each(cut);
        self.entries.truncate(limit);
        self.index(self.slots.len());
    }
}

/// Where a hash is looked for first.
#[allow(clippy::cast_possible_truncation, reason = "only the lower bits are wanted")]
const fn start(hash: u64, slots: usize) -> usize {
    hash as usize & (slots - 1)
}

/// The upper bits of a hash, where a slot has its tag.
#[allow(clippy::cast_possible_truncation, reason = "the upper half is taken")]
const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 & !INDEX
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn octets(octets: u64) -> TalkSum {
        TalkSum { octets, flows: 1, ..TalkSum::default() }
    }

    #[test]
    fn every_key_has_its_sum() {
        let (mut table, mut expected) = (SumTable::<u32>::default(), BTreeMap::<u32, u64>::new());
        for number in 0u32..10_000 {
            let key = number.wrapping_mul(2_654_435_761) % 3000;
            assert!(table.add(&key, &octets(u64::from(number))));
            *expected.entry(key).or_default() += u64::from(number);
        }
        let found: BTreeMap<u32, u64> = table.take().into_iter().map(|(key, sum)| (key, sum.octets)).collect();
        assert_eq!(found, expected);
        assert!(table.is_empty());
    }

    #[test]
    fn the_largest_are_kept_and_found_again() {
        let mut table = SumTable::<u32>::default();
        (0u32..100).for_each(|key| assert!(table.add(&key, &octets(u64::from(key)))));
        let mut cut = 0;
        table.keep_largest(10, |(_, sum)| cut += sum.octets);
        assert_eq!((table.len(), cut), (10, (0..90).sum()));
        assert!(table.add_within(&95, (&octets(5), 10)) && !table.add_within(&3, (&octets(5), 10)));
        let total: u64 = table.entries().iter().map(|(_, sum)| sum.octets).sum();
        assert_eq!(total, (90..100).sum::<u64>() + 5);
    }

    #[test]
    fn room_that_is_no_longer_needed_is_given_back() {
        let mut table = SumTable::<u32>::default();
        (0u32..100_000).for_each(|key| assert!(table.add(&key, &octets(1))));
        table.clear();
        let full = table.slots.len();
        table.add(&1, &octets(1));
        table.clear();
        assert!(table.slots.len() < full && table.entries.capacity() < 1000);
    }
}
