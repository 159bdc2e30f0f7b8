//! All days: opened when they are wanted, the least wanted closed, forgotten by removing their folders.

use super::day::{Day, Figures};
use super::folder::{DAY_MS, Folder, day_folder, day_of, io};
use crate::history::StoreError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Days open at once: a week and today. Each takes its cache and, for 120,000 interfaces, some 10 MB of index.
const MAX_OPEN: usize = 8;

/// All days of a store.
pub struct Days {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    open: BTreeMap<i64, (u64, Arc<Day>)>,
    /// What each day holds, open or not.
    figures: BTreeMap<i64, Figures>,
    uses: u64,
    lost: u64,
}

impl Days {
    /// Knows the days of a folder: `figures` are what was noted of them; days without are opened and looked at.
    pub fn find(folder: &Folder, noted: &BTreeMap<i64, Figures>) -> Result<Self, StoreError> {
        let days = Self { inner: Mutex::default() };
        let there = folder.days();
        for day in &there {
            if let Some(figures) = noted.get(day) {
                days.lock().figures.insert(*day, *figures);
            }
        }
        // The newest is wanted soon, and what was noted of it may be older than it is.
        for day in there.iter().filter(|day| !noted.contains_key(day)).chain(there.last()) {
            days.open(folder, *day)?;
        }
        Ok(days)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a day, or makes it.
    pub fn open(&self, folder: &Folder, number: i64) -> Result<Option<Arc<Day>>, StoreError> {
        let mut inner = self.lock();
        inner.uses += 1;
        let uses = inner.uses;
        if let Some((used, day)) = inner.open.get_mut(&number) {
            *used = uses;
            return Ok(Some(Arc::clone(day)));
        }
        // Only what nobody reads just now can be closed: its lock is let go with the last reader.
        while inner.open.len() >= MAX_OPEN {
            let idle = inner.open.iter().filter(|(_, (_, day))| Arc::strong_count(day) == 1);
            let Some(oldest) = idle.min_by_key(|(_, (used, _))| *used).map(|(number, _)| *number) else { break };
            inner.open.remove(&oldest);
        }
        let Some(day) = Day::open(folder, number)?.map(Arc::new) else { return Ok(None) };
        let held = day.figures();
        // sled passes over what it can't read and says nothing: less than was noted is damage.
        if let Some(noted) = inner.figures.insert(number, held) {
            inner.lost += noted.samples.saturating_sub(held.samples);
        }
        inner.open.insert(number, (uses, Arc::clone(&day)));
        Ok(Some(day))
    }

    /// The days that hold something of a time range (milliseconds), in order.
    pub fn between(&self, folder: &Folder, from: i64, to: i64) -> Result<Vec<Arc<Day>>, StoreError> {
        let wanted: Vec<i64> = {
            let inner = self.lock();
            let found = inner.figures.range(day_of(from)..=day_of(to).max(day_of(from)));
            found.filter(|(_, held)| held.samples > 0 && held.start <= to && from <= held.end).map(|(day, _)| *day).collect()
        };
        wanted.into_iter().filter_map(|day| self.open(folder, day).transpose()).collect()
    }

    /// Notes what a day holds now.
    pub fn note(&self, day: &Day) {
        self.lock().figures.insert(day.number, day.figures());
    }

    /// Values that days turned out to have no more.
    pub fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// What each day holds.
    pub fn figures(&self) -> BTreeMap<i64, Figures> {
        self.lock().figures.clone()
    }

    /// Removes the days that are wholly before a time. Returns their numbers. One that is being read stays until next time.
    pub fn forget_before(&self, folder: &Folder, at: i64) -> Result<Vec<i64>, StoreError> {
        let mut inner = self.lock();
        let old: Vec<i64> = inner.figures.range(..day_of(at)).map(|(day, _)| *day).collect();
        let mut gone = Vec::new();
        for day in old {
            if inner.open.get(&day).is_some_and(|(_, open)| Arc::strong_count(open) > 1) {
                continue;
            }
            inner.open.remove(&day);
            inner.figures.remove(&day);
            let path = folder.path().join(day_folder(day));
            std::fs::remove_dir_all(&path).map_err(|error| io("removing", &path, error))?;
            gone.push(day);
        }
        Ok(gone)
    }
}

/// Whether a time can be kept: days have folders named by four digits of year, and blocks by 32 bits of seconds.
pub const fn is_kept(at: i64) -> bool {
    at >= 0 && at < (u32::MAX as i64) * 1000 - DAY_MS
}
