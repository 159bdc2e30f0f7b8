//! Log lines on disk: filed by class and day, found by an index.
//!
//! `logs/CLASS/YYYYMMDD/`: a period goes as a whole, by its age or by the cap. New lines are in memory and, within a second, in a small file;
//! some ten thousand of them together are packed into the file of the period's lines, and an index is made of them; indexes are joined later.
//! The lines are what is kept, the index can be made again of them.
//!
//! It must not know who asks nor what a listener is. Start at [`DiskLogs`], then `period` (what lies where, and what a crash leaves), `asking` and `search` (a
//! filter on an index), `answer` (windows, counts and folds over all parts), `schema` (what the index has).
//! Locks are taken in this order: tending, state, lines, an index; `marks` and `cache` stand alone.

mod answer;
mod asking;
mod bits;
mod chunk;
mod classes;
mod codec;
mod head;
mod index;
mod joining;
mod lines;
mod literals;
mod number;
mod period;
mod schema;
mod search;
#[cfg(test)]
mod tests;

pub use classes::{REST, is_name};

use super::patterns::{Counting, PatternAnswer, PatternQuestion};
use super::{LogAnswer, LogClass, LogQuestion, LogStore, LogsKept};
use crate::history::StoreError;
use crate::history::flows::Access;
use crate::model::{LogLine, TimeRange, Timestamp};
use asking::{Asked, Cache, Marks};
use classes::Classes;
use number::Number;
use period::{All, IsOver, Key, Period};
use schema::Digest;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// The folder of log lines, below that of the store.
pub const FOLDER: &str = "logs";

/// Lines that wait to be indexed: then whoever brings more does it first, and where the disk refuses they are let go and counted.
const MOST_WAITING: usize = 4 * head::MOST_LINES;

/// A day's lines may come for so long after its end: clocks are set, queues are emptied.
const LATE: Duration = Duration::from_secs(600);

/// Refuses where the disk has no room for so many octets.
pub type Room = Box<dyn Fn(usize) -> Result<(), StoreError> + Send + Sync>;

/// See the module.
pub struct DiskLogs {
    folder: PathBuf,
    access: Access,
    room: Room,
    periods: RwLock<BTreeMap<Key, Arc<Period>>>,
    classes: RwLock<Arc<Classes>>,
    cache: Mutex<Cache>,
    marks: Mutex<Marks>,
    lost: AtomicU64,
    /// The latest time of a line: what the present is, where no line comes from the future.
    newest: AtomicU64,
}

/// What is kept of lines, by folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Lines.
    pub lines: u64,
    /// Octets on disk.
    pub octets: u64,
    /// Each period: its name below the store's folder, its octets, its lines.
    pub periods: Vec<(String, u64, u64)>,
    /// Lines that could not be kept.
    pub lost: u64,
}

impl DiskLogs {
    /// Opens the lines of a store. Errors: those of the file system.
    pub fn open(folder: &Path, access: Access, room: Room) -> Result<Self, StoreError> {
        let mut periods = BTreeMap::new();
        for class in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let class_name = class.file_name();
            let Some(class_name) = class_name.to_str() else { continue };
            for day in std::fs::read_dir(class.path()).into_iter().flatten().flatten() {
                let Some(key) = day.file_name().to_str().and_then(|day| Key::of(class_name, day)) else { continue };
                let period = Period::open(day.path(), key.clone(), access)?;
                periods.insert(key, Arc::new(period));
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            access,
            room,
            periods: RwLock::new(periods),
            classes: RwLock::default(),
            cache: Mutex::default(),
            marks: Mutex::default(),
            lost: AtomicU64::new(0),
            newest: AtomicU64::new(0),
        })
    }

    fn periods(&self) -> Vec<Arc<Period>> {
        self.periods.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn period(&self, key: Key) -> Result<Arc<Period>, StoreError> {
        if let Some(period) = self.periods.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(period));
        }
        let mut periods = self.periods.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(period) = periods.get(&key) {
            return Ok(Arc::clone(period));
        }
        let folder = self.folder.join(key.path());
        std::fs::create_dir_all(&folder).map_err(|source| StoreError::Io { what: "making", path: folder.clone(), source })?;
        let period = Arc::new(Period::open(folder, key.clone(), self.access)?);
        periods.insert(key, Arc::clone(&period));
        Ok(period)
    }

    fn writable(&self) -> Result<(), StoreError> {
        let refused = || std::io::Error::new(std::io::ErrorKind::PermissionDenied, "it was opened to be read only");
        let error = || StoreError::Io { what: "writing", path: self.folder.clone(), source: refused() };
        if self.access == Access::Read { Err(error()) } else { Ok(()) }
    }

    /// The present, as far as lines tell it.
    fn newest(&self) -> Timestamp {
        Number(self.newest.load(Ordering::Relaxed)).at()
    }

    /// Indexes a head of one period; false where there is nothing to do.
    fn index_next(&self, all: All) -> Result<bool, StoreError> {
        let newest = self.newest();
        for period in self.periods() {
            let over = period.key.end().plus(LATE) <= newest;
            let all = if over { All::Heads } else { all };
            let waiting: usize = {
                let state = period.read();
                if state.heads.iter().all(|head| head.entries.is_empty()) {
                    continue;
                }
                state.heads.iter().map(|head| head.octets).sum()
            };
            (self.room)(waiting)?;
            if period.index_one(all)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Indexes everything, as tests want it.
    #[cfg(test)]
    #[allow(clippy::unwrap_used, reason = "of tests alone")]
    pub fn index_all(&self) {
        while self.index_next(All::Heads).unwrap() {}
    }

    /// Removes the periods of which everything is older than it is kept; returns how many.
    pub fn forget(&self, now: Timestamp, keep: Duration) -> Result<u64, StoreError> {
        let classes = Arc::clone(&self.classes.read().unwrap_or_else(PoisonError::into_inner));
        let mut gone = 0;
        for period in self.periods() {
            let keep = classes.keep(&period.key.class).unwrap_or(keep);
            if period.key.end() <= now.minus(keep) {
                self.remove(&period.key)?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    /// The oldest period that is over, and when it ended.
    pub fn oldest(&self, now: Timestamp) -> Option<(Key, Timestamp)> {
        let periods = self.periods.read().unwrap_or_else(PoisonError::into_inner);
        periods.keys().map(|key| (key.clone(), key.end())).find(|(_, end)| *end <= now)
    }

    /// Removes a period. Who reads it reads on.
    pub fn remove(&self, key: &Key) -> Result<(), StoreError> {
        let period = self.periods.write().unwrap_or_else(PoisonError::into_inner).remove(key);
        let Some(period) = period else { return Ok(()) };
        let _nobody_writes = period.hold();
        period.close();
        let folder = period.folder().to_owned();
        std::fs::remove_dir_all(&folder).map_err(|source| StoreError::Io { what: "removing", path: folder.clone(), source })?;
        // The folder of the class, where it is empty now.
        let _others_are_there = folder.parent().map(std::fs::remove_dir);
        Ok(())
    }

    /// What is kept.
    pub fn figures(&self) -> Figures {
        let mut figures = Figures { lost: self.lost.load(Ordering::Relaxed), ..Figures::default() };
        for period in self.periods() {
            let lines = lines_of(&period);
            let octets = octets_below(period.folder());
            figures.lines += lines;
            figures.octets += octets;
            figures.periods.push((format!("{FOLDER}/{}", period.key.path()), octets, lines));
        }
        figures
    }

    /// Files in which something is damaged, all of them read, and what can still be read.
    pub fn faults(&self) -> Result<Vec<(PathBuf, String)>, StoreError> {
        self.periods().iter().try_fold(Vec::new(), |mut faults, period| {
            faults.extend(period.faults()?);
            Ok(faults)
        })
    }

    /// Copies all files to another folder, as far as they are whole. The caller flushes first.
    pub fn copy_to(
        &self,
        to: &Path,
        copy: &mut dyn FnMut(&Path, &Path, u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for period in self.periods() {
            let _nobody_indexes = period.hold();
            copy_folder(period.folder(), &to.join(period.key.path()), copy)?;
        }
        Ok(())
    }
}

fn copy_folder(
    from: &Path,
    to: &Path,
    copy: &mut dyn FnMut(&Path, &Path, u64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    std::fs::create_dir_all(to).map_err(|source| StoreError::Io { what: "making", path: to.to_owned(), source })?;
    let found = std::fs::read_dir(from).map_err(|source| StoreError::Io { what: "reading", path: from.to_owned(), source })?;
    for entry in found.flatten() {
        let Ok(data) = entry.metadata() else { continue };
        let to = to.join(entry.file_name());
        if data.is_dir() {
            copy_folder(&entry.path(), &to, copy)?;
        } else {
            copy(&entry.path(), &to, data.len())?;
        }
    }
    Ok(())
}

fn lines_of(period: &Period) -> u64 {
    let state = period.read();
    let chunks: u64 = state.chunks.iter().map(|chunk| chunk.name.count).sum();
    chunks + state.heads.iter().map(|head| head.entries.len() as u64).sum::<u64>()
}

fn octets_below(folder: &Path) -> u64 {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    found
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => octets_below(&entry.path()),
            Ok(data) => data.len(),
            Err(_) => 0,
        })
        .sum()
}

impl LogStore for DiskLogs {
    fn logs_append(&self, lines: Vec<LogLine>) -> Result<(), StoreError> {
        self.writable()?;
        let classes = Arc::clone(&self.classes.read().unwrap_or_else(PoisonError::into_inner));
        let mut by_key: BTreeMap<Key, Vec<(LogLine, Digest)>> = BTreeMap::new();
        for mut line in lines {
            let number = Number::new(line.received, 0);
            line.received = number.at();
            self.newest.fetch_max(number.0, Ordering::Relaxed);
            let key = Key { day: number.day(), class: classes.class(&line) };
            let digest = Digest::of(&line);
            by_key.entry(key).or_default().push((line, digest));
        }
        let mut result = Ok(());
        for (key, mut lines) in by_key {
            lines.sort_by_key(|(line, _)| line.received);
            let count = lines.len() as u64;
            let taken = self.period(key).and_then(|period| {
                let state: usize = period.read().heads.iter().map(|head| head.entries.len()).sum();
                if state >= MOST_WAITING {
                    (self.room)(lines.len() * size_of::<LogLine>())?;
                    period.index_one(All::FullHeads)?;
                }
                period.append(lines)
            });
            if let Err(error) = taken {
                self.lost.fetch_add(count, Ordering::Relaxed);
                result = Err(error);
            }
        }
        result
    }

    fn logs_ask(&self, question: &LogQuestion) -> Result<LogAnswer, StoreError> {
        let asked = match Asked::of(&question.filter, (question.now, question.faults_only), &question.patience) {
            Ok(asked) => asked,
            Err(fault) => {
                let total = self.total(question.range)?;
                return Ok(LogAnswer { total, fault: Some(fault), ..LogAnswer::default() });
            }
        };
        let (parts, total, looked_from) = self.parts(&asked, question.range)?;
        let answer = parts.answer(question)?;
        Ok(LogAnswer { total, looked_from: looked_from.max(answer.looked_from), ..answer })
    }

    fn logs_patterns(&self, question: &PatternQuestion) -> Result<PatternAnswer, StoreError> {
        let asked = match Asked::of(&question.filter, (question.now, question.faults_only), &question.patience) {
            Ok(asked) => asked,
            Err(fault) => {
                let total = self.total(question.range)?;
                return Ok(PatternAnswer { total, fault: Some(fault), ..PatternAnswer::default() });
            }
        };
        let mut counting = Counting::default();
        let (parts, total, looked_from) = self.parts(&asked, question.range)?;
        let ends = |range: TimeRange| (Number::new(range.from, 0), Number::behind(range.to));
        parts.count_patterns(ends(question.range), &mut counting, &|counting, place, line| counting.count(place, line()))?;
        let before = question.before();
        let (parts, _, before_from) = self.parts(&asked, before)?;
        parts.count_patterns(ends(before), &mut counting, &|counting, place, _| counting.count_before(place))?;
        let everything = TimeRange { from: Timestamp(i64::MIN), to: question.range.to };
        let mut sources = self.sources(everything);
        sources.sort_by_key(|of| of.ends().map(|ends| ends.0));
        let mut first_of = |pattern: &str| {
            let mut first: Option<Timestamp> = None;
            for of in &sources {
                // What begins later has none that is earlier.
                if first.is_some_and(|first| of.ends().is_some_and(|ends| ends.0.at() >= first)) {
                    break;
                }
                first = first.into_iter().chain(answer::first_of(of, pattern)?).min();
            }
            Ok(first)
        };
        let answer = counting.answer(question, &mut first_of)?;
        Ok(PatternAnswer { total, looked_from: looked_from.max(before_from), ..answer })
    }

    fn logs_line(&self, number: u64) -> Result<Option<Arc<LogLine>>, StoreError> {
        let at = Number(number).at();
        for of in self.sources(TimeRange { from: at, to: at }) {
            if let Some(line) = answer::line_of(&of, Number(number))? {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn logs_kept(&self) -> Result<LogsKept, StoreError> {
        let mut kept = LogsKept { dropped: self.lost.load(Ordering::Relaxed), ..LogsKept::default() };
        for of in self.sources(TimeRange { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) }) {
            let Some((first, last)) = of.ends().map(|(first, last)| (first.at(), last.at())) else { continue };
            kept.lines += of.len() as u64;
            let span = kept.span.unwrap_or(TimeRange { from: first, to: last });
            kept.span = Some(TimeRange { from: span.from.min(first), to: span.to.max(last) });
        }
        Ok(kept)
    }

    fn logs_classes(&self, classes: Vec<LogClass>) -> Result<(), String> {
        let classes = Classes::of(classes)?;
        *self.classes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(classes);
        Ok(())
    }

    fn logs_flush(&self) -> Result<(), StoreError> {
        if self.access == Access::Read {
            return Ok(());
        }
        let mut result = Ok(());
        for period in self.periods() {
            let octets = period.unsaved_octets();
            if octets > 0 {
                result = (self.room)(octets).and_then(|()| period.flush()).and(result);
            }
        }
        result
    }

    fn logs_tend(&self) -> Result<bool, StoreError> {
        if self.access == Access::Read {
            return Ok(false);
        }
        if self.index_next(All::FullHeads)? {
            return Ok(true);
        }
        let newest = self.newest();
        for period in self.periods() {
            let is_over = if period.key.end().plus(LATE) <= newest { IsOver::Yes } else { IsOver::No };
            let octets: u64 = period.read().chunks.len() as u64;
            if octets < 2 {
                continue;
            }
            (self.room)(0)?;
            if period.join_some(is_over)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
