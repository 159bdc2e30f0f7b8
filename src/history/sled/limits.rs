//! What is kept: periods go when they are older than they are kept, and the oldest when all files together are over the cap.

use super::calendar::{Kind, PeriodKey, day_of};
use super::folder::{bytes_below, io};
use super::{SledStore, write_lock};
use crate::history::{Limits, Maintained, Store, StoreError};
use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// The first error of several steps, each of which is tried.
#[derive(Default)]
pub(super) struct First(Option<StoreError>);

impl First {
    /// The value, or the default where there is an error.
    pub(super) fn of<T: Default>(&mut self, result: Result<T, StoreError>) -> T {
        result.unwrap_or_else(|error| {
            self.0.get_or_insert(error);
            T::default()
        })
    }
}

/// This part of the cap is kept free.
const HEADROOM: u64 = 32;

impl SledStore {
    /// See `Store::maintain`.
    pub(super) fn keep_within(&self, limits: &Limits) -> Result<Maintained, StoreError> {
        self.folder.writable()?;
        let _one_at_a_time = self.maintaining.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut done, mut first) = (Maintained::default(), First::default());
        write_lock(&self.writer).is_now(limits.now.millis());
        // Rollups name devices by number: the names are on disk before them.
        first.of(self.flush());
        for day in self.due(limits.now) {
            done.rolled_up += u64::from(first.of(self.roll_up(day)));
        }
        if !self.is_stopping() {
            self.keep_flows(limits, (&mut done, &mut first));
            self.keep_logs(limits, (&mut done, &mut first));
            first.of(self.forget_old(limits, &mut done));
            first.of(self.cap(limits, &mut done));
        }
        first.0.map_or(Ok(done), Err)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Removes what is older than it is kept. A day goes only when it was summed up.
    fn forget_old(&self, limits: &Limits, done: &mut Maintained) -> Result<(), StoreError> {
        for (key, held) in self.periods.figures() {
            let kept = match key.kind {
                Kind::Raw => limits.raw,
                Kind::Minute => limits.minute,
                Kind::Hour => limits.hour,
            };
            let is_old = key.end() <= limits.now.minus(kept).millis();
            let is_summed_up = key.kind != Kind::Raw || held.samples <= held.rolled;
            if is_old && is_summed_up && self.forget(key)? {
                done.forgotten += 1;
            }
        }
        Ok(())
    }

    /// Removes the oldest until all files take no more than the cap.
    fn cap(&self, limits: &Limits, done: &mut Maintained) -> Result<(), StoreError> {
        let Some(max_bytes) = limits.max_bytes else { return Ok(()) };
        // Room for what is written until the next pass, and by sled in its own time.
        let max_bytes = max_bytes - max_bytes / HEADROOM;
        let mut in_use = BTreeSet::new();
        while bytes_below(self.folder.path()) > max_bytes && !self.is_stopping() {
            if let Some(aside) = self.folder.oldest_aside() {
                std::fs::remove_dir_all(&aside).map_err(|error| io("removing", &aside, error))?;
                done.capped.push(self.folder.name_of(&aside));
                continue;
            }
            let key = self.oldest(limits, &in_use);
            // Flow records are the most by far, and what they amount to is kept in minutes.
            if let Some(name) = self.cap_flows(limits.now, key.map(PeriodKey::end))? {
                done.capped.push(name);
                continue;
            }
            if let Some(name) = self.cap_logs(limits.now, key.map(PeriodKey::end))? {
                done.capped.push(name);
                continue;
            }
            let Some(key) = key else { break };
            if key.kind == Kind::Raw && self.is_due(key) {
                // Where there is no room for that either, the day goes as it is.
                let _summed_up_if_possible = self.roll_up(key.number);
            }
            if self.forget(key)? {
                done.capped.push(key.label());
            } else {
                in_use.insert(key);
            }
        }
        if bytes_below(self.folder.path()) > max_bytes && !self.is_stopping() {
            self.trim_past(max_bytes, done)?;
        }
        Ok(())
    }

    fn is_due(&self, key: PeriodKey) -> bool {
        let held = self.periods.figures_of(key);
        held.samples > held.rolled
    }

    /// What goes first: days, then months, then years, never one that still runs.
    fn oldest(&self, limits: &Limits, in_use: &BTreeSet<PeriodKey>) -> Option<PeriodKey> {
        let now = limits.now.millis();
        let figures = self.periods.figures();
        let mut keys = figures.into_keys().filter(|key| !in_use.contains(key));
        keys.find(|key| if key.kind == Kind::Raw { key.number < day_of(now) } else { key.end() <= now })
    }

    /// Trims what serves past states: the older half of the checkpoints, and the records before the first one that is left.
    fn trim_past(&self, max_bytes: u64, done: &mut Maintained) -> Result<(), StoreError> {
        let mut kept = write_lock(&self.checkpoints).count() as usize;
        while kept > 1 && bytes_below(self.folder.path()) > max_bytes {
            kept /= 2;
            let first_seq = write_lock(&self.checkpoints).keep_newest(&self.folder, kept)?;
            write_lock(&self.journal).keep_after(&self.folder, first_seq)?;
            let name = "the oldest checkpoints and journal records".to_owned();
            if !done.capped.contains(&name) {
                done.capped.push(name);
            }
        }
        Ok(())
    }
}
