//! All periods: opened when they are wanted, the least wanted closed, forgotten by removing their folders.

use super::calendar::{Kind, PeriodKey};
use super::folder::{Folder, io};
use super::period::{Figures, Period};
use crate::history::StoreError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Periods open at once: a week and today, and the month and the year. A day of 120,000 interfaces has some 10 MB of index.
const MAX_OPEN: usize = 12;

/// All periods of a store.
pub struct Periods {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    open: BTreeMap<PeriodKey, (u64, Arc<Period>)>,
    /// What each period holds, open or not.
    figures: BTreeMap<PeriodKey, Figures>,
    uses: u64,
    lost: u64,
}

impl Inner {
    fn put(&mut self, key: PeriodKey, held: Figures) -> Option<Figures> {
        let before = self.figures.get(&key).copied();
        self.figures.insert(key, Figures { rolled: before.map_or(0, |before| before.rolled), ..held });
        before
    }
}

impl Periods {
    /// Knows the periods of a folder: `figures` are what was noted of them; periods without are opened and looked at.
    pub fn find(folder: &Folder, noted: &BTreeMap<PeriodKey, Figures>) -> Result<Self, StoreError> {
        let periods = Self { inner: Mutex::default() };
        let there = folder.periods();
        for key in &there {
            if let Some(figures) = noted.get(key) {
                periods.lock().figures.insert(*key, *figures);
            }
        }
        // The newest of a kind is wanted soon, and what was noted of it may be older than it is.
        let newest = Kind::ALL.into_iter().filter_map(|kind| there.iter().rfind(|key| key.kind == kind));
        for key in there.iter().filter(|key| !noted.contains_key(key)).chain(newest) {
            periods.open(folder, *key)?;
        }
        Ok(periods)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a period, or makes it.
    pub fn open(&self, folder: &Folder, key: PeriodKey) -> Result<Option<Arc<Period>>, StoreError> {
        let mut inner = self.lock();
        inner.uses += 1;
        let uses = inner.uses;
        if let Some((used, period)) = inner.open.get_mut(&key) {
            *used = uses;
            return Ok(Some(Arc::clone(period)));
        }
        // Only what nobody reads just now can be closed: its lock is let go with the last reader.
        while inner.open.len() >= MAX_OPEN {
            let idle = inner.open.iter().filter(|(_, (_, period))| Arc::strong_count(period) == 1);
            let Some(oldest) = idle.min_by_key(|(_, (used, _))| *used).map(|(key, _)| *key) else { break };
            inner.open.remove(&oldest);
        }
        let Some(period) = Period::open(folder, key)?.map(Arc::new) else { return Ok(None) };
        let held = period.figures();
        // sled passes over what it can't read and says nothing: less than was noted is damage.
        if let Some(noted) = inner.put(key, held) {
            inner.lost += noted.samples.saturating_sub(held.samples);
        }
        inner.open.insert(key, (uses, Arc::clone(&period)));
        Ok(Some(period))
    }

    /// Closes a period when nobody reads it.
    pub fn close(&self, key: PeriodKey) {
        let mut inner = self.lock();
        if inner.open.get(&key).is_some_and(|(_, open)| Arc::strong_count(open) == 1) {
            inner.open.remove(&key);
        }
    }

    /// The periods of a kind that hold something of a time range (milliseconds), in order.
    pub fn between(&self, folder: &Folder, kind: Kind, (from, to): (i64, i64)) -> Result<Vec<Arc<Period>>, StoreError> {
        let wanted: Vec<PeriodKey> = {
            let inner = self.lock();
            let first = PeriodKey { kind, number: i64::MIN };
            let last = PeriodKey { kind, number: i64::MAX };
            let found = inner.figures.range(first..=last);
            found.filter(|(_, held)| held.samples > 0 && held.start <= to && from <= held.end).map(|(key, _)| *key).collect()
        };
        wanted.into_iter().filter_map(|key| self.open(folder, key).transpose()).collect()
    }

    /// Notes what a period holds now.
    pub fn note(&self, period: &Period) {
        self.lock().put(period.key, period.figures());
    }

    /// Notes that a day was summed up when it had so many values.
    pub fn note_rolled(&self, key: PeriodKey, samples: u64) {
        if let Some(held) = self.lock().figures.get_mut(&key) {
            held.rolled = samples;
        }
    }

    /// What a period holds.
    pub fn figures_of(&self, key: PeriodKey) -> Figures {
        self.lock().figures.get(&key).copied().unwrap_or_default()
    }

    /// Values that periods turned out to have no more.
    pub fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// What each period holds.
    pub fn figures(&self) -> BTreeMap<PeriodKey, Figures> {
        self.lock().figures.clone()
    }

    /// Removes a period with all its files. False when somebody reads it just now: it stays until next time.
    pub fn remove(&self, folder: &Folder, key: PeriodKey) -> Result<bool, StoreError> {
        let mut inner = self.lock();
        if inner.open.get(&key).is_some_and(|(_, open)| Arc::strong_count(open) > 1) {
            return Ok(false);
        }
        inner.open.remove(&key);
        inner.figures.remove(&key);
        let path = folder.path().join(key.folder());
        std::fs::remove_dir_all(&path).map_err(|error| io("removing", &path, error))?;
        Ok(true)
    }
}
