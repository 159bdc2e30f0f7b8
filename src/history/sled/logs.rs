//! Log lines of a store on disk: their place in its folder, and what is kept of them.

use super::SledStore;
use super::limits::First;
use crate::history::logs::{DiskLogs, FOLDER, Figures};
use crate::history::{Limits, Maintained, PeriodStats, StoreError};
use crate::model::Timestamp;
use std::collections::BTreeMap;

impl SledStore {
    /// Removes what is older than it is kept.
    pub(super) fn keep_logs(&self, limits: &Limits, (done, first): (&mut Maintained, &mut First)) {
        done.forgotten += first.of(self.logs.forget(limits.now, limits.logs));
    }

    /// Removes the oldest period of lines, where it is older than anything else; its name.
    pub(super) fn cap_logs(&self, now: Timestamp, older_than: Option<i64>) -> Result<Option<String>, StoreError> {
        let is_old = |end: Timestamp| older_than.is_none_or(|other| end.millis() <= other);
        let Some((key, _)) = self.logs.oldest(now).filter(|(_, end)| is_old(*end)) else { return Ok(None) };
        self.logs.remove(&key)?;
        Ok(Some(format!("{FOLDER}/{}", key.path())))
    }
}

/// The lines of a store's folder.
pub(super) fn logs_of(folder: &super::Folder) -> Result<DiskLogs, StoreError> {
    let path = folder.path().to_owned();
    let access = if folder.is_read_only() { super::Access::Read } else { super::Access::Write };
    let room = move |octets| super::folder::room_for(&path, octets);
    DiskLogs::open(&folder.path().join(FOLDER), access, Box::new(room))
}

/// Each class of lines as a period: there is a folder for each day of it.
pub(super) fn by_class(figures: &Figures) -> Vec<PeriodStats> {
    let mut classes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (path, octets, lines) in &figures.periods {
        let class = classes.entry(path.rsplit_once('/').map_or(path.as_str(), |(class, _)| class)).or_default();
        *class = (class.0 + octets, class.1 + lines);
    }
    let period = |(name, (bytes, samples)): (&str, (u64, u64))| PeriodStats { name: name.to_owned(), bytes, samples };
    classes.into_iter().map(period).collect()
}
