//! Who has a mark: from a key to device numbers. Nearly every key has one device, and that one costs no allocation.

use rustc_hash::FxHashMap;
use std::borrow::Borrow;
use std::hash::Hash;

/// Stands for the devices in `several`.
const SEVERAL: u32 = u32::MAX;

/// Sets of device numbers by key.
#[derive(Debug)]
pub(super) struct Posting<K> {
    one: FxHashMap<K, u32>,
    several: FxHashMap<K, Vec<u32>>,
}

impl<K> Default for Posting<K> {
    fn default() -> Self {
        Self { one: FxHashMap::default(), several: FxHashMap::default() }
    }
}

impl<K: Hash + Eq + Clone> Posting<K> {
    pub(super) fn reserve(&mut self, more: usize) {
        self.one.reserve(more);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.one.is_empty()
    }

    /// Adds a device; whether it was not there.
    pub(super) fn insert(&mut self, key: K, number: u32) -> bool {
        let slot = self.one.entry(key);
        match slot {
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(number);
                true
            }
            std::collections::hash_map::Entry::Occupied(taken) if *taken.get() == number => false,
            std::collections::hash_map::Entry::Occupied(mut taken) => {
                let several = self.several.entry(taken.key().clone()).or_insert_with(|| vec![*taken.get()]);
                taken.insert(SEVERAL);
                let at = several.binary_search(&number);
                at.map_err(|at| several.insert(at, number)).is_err()
            }
        }
    }

    /// Takes a device out; whether it was there.
    pub(super) fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q, number: u32) -> bool
    where
        K: Borrow<Q>,
    {
        match self.one.get_mut(key) {
            Some(one) if *one == SEVERAL => {
                let Some(several) = self.several.get_mut(key) else { return false };
                let Ok(at) = several.binary_search(&number) else { return false };
                several.remove(at);
                if let [last] = several.as_slice() {
                    *one = *last;
                    self.several.remove(key);
                }
                true
            }
            Some(one) if *one == number => {
                self.one.remove(key);
                true
            }
            _ => false,
        }
    }

    /// The device, where only one has the key.
    pub(super) fn only<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        self.one.get(key).copied().filter(|number| *number != SEVERAL)
    }

    /// All devices with the key, by number.
    pub(super) fn all<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> &[u32]
    where
        K: Borrow<Q>,
    {
        match self.one.get(key) {
            Some(&SEVERAL) => self.several.get(key).map_or(&[], Vec::as_slice),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_none_one_or_several_devices() {
        let mut posting: Posting<&str> = Posting::default();
        assert!(posting.only("x").is_none() && posting.all("x").is_empty());
        assert!(posting.insert("x", 7) && !posting.insert("x", 7));
        assert_eq!((posting.only("x"), posting.all("x")), (Some(7), [7].as_slice()));
        assert!(posting.insert("x", 3) && posting.insert("x", 5) && !posting.insert("x", 5));
        assert_eq!((posting.only("x"), posting.all("x")), (None, [3, 5, 7].as_slice()));
        assert!(posting.remove("x", 3) && posting.remove("x", 7) && !posting.remove("x", 7));
        assert_eq!((posting.only("x"), posting.all("x")), (Some(5), [5].as_slice()));
        assert!(posting.remove("x", 5) && !posting.remove("x", 5));
        assert!(posting.all("x").is_empty());
    }
}
