//! A day of a class of lines: a file of lines, indexes of it, and what is in no index yet.
//!
//! `lines.dat` (blocks), `FIRST-BEHIND-….` (an index of some of them each), `tail-N.dat` (lines of a head). A line is in a tail first; when the
//! head is full its lines are written to `lines.dat`, durably, the tail goes, and an index is made of them. So what is in no index is at the
//! end of `lines.dat`, or in a tail, or both, and all of that is found when the period is opened.

use super::chunk::{Chunk, Name};
use super::head::{Entry, Head};
use super::index::{self, Opened};
use super::lines::{FILE, Lines};
use super::number::{LAST_SEQ, Number, day_start};
use super::schema::Digest;
use crate::history::StoreError;
use crate::history::flows::Access;
use crate::model::{LogLine, Timestamp};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Lines of an index that is made again at once, and of one in memory: some 180 MB while it is made.
const MOST_AGAIN: usize = 262_144;

/// The beginning and the end of the name of a head's file.
const TAIL: (&str, &str) = ("tail-", ".dat");

/// What is behind the name of a folder in which an index is being made.
const NEW: &str = "new";

/// Which period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The day, from 1970-01-01.
    pub day: i64,
    /// The class.
    pub class: Arc<str>,
}

impl Key {
    /// The first moment after it.
    pub fn end(&self) -> Timestamp {
        day_start(self.day + 1)
    }

    /// `CLASS/YYYYMMDD`
    pub fn path(&self) -> String {
        let digits: String = day_start(self.day).rfc3339().chars().filter(char::is_ascii_digit).take(8).collect();
        format!("{}/{digits}", self.class)
    }

    /// From the name of a folder below that of a class; `None` for any other.
    pub fn of(class: &str, folder: &str) -> Option<Self> {
        let (year, rest) = folder.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        let at = Timestamp::parse_absolute(&format!("{year}-{month}-{day}T00:00:00Z"))?;
        let key = Self { day: Number::new(at, 0).day(), class: class.into() };
        (key.path() == format!("{class}/{folder}")).then_some(key)
    }
}

/// See the module.
pub struct Period {
    /// Which.
    pub key: Key,
    folder: PathBuf,
    access: Access,
    state: RwLock<State>,
    lines: Mutex<Option<Arc<Lines>>>,
    /// One at a time indexes and joins.
    tending: Mutex<()>,
}

/// What it has.
#[derive(Default)]
pub struct State {
    /// Indexes, in the order of their blocks.
    pub chunks: Vec<Arc<Chunk>>,
    /// What is in none; the last is the one that grows.
    pub heads: Vec<Head>,
    next_tail: u64,
}

fn io(what: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { what, path: path.to_owned(), source }
}

/// What lies in a period's folder.
#[derive(Default)]
struct Listing {
    chunks: Vec<(PathBuf, Name)>,
    tails: Vec<(PathBuf, u64)>,
    unfinished: Vec<PathBuf>,
}

fn list(folder: &Path) -> Listing {
    let mut listing = Listing::default();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else { continue };
        if let Some(known) = Name::of(name) {
            listing.chunks.push((path, known));
        } else if let Some(number) = name.strip_prefix(TAIL.0).and_then(|name| name.strip_suffix(TAIL.1)) {
            listing.tails.extend(number.parse().ok().map(|number| (path, number)));
        } else if name == NEW {
            listing.unfinished.push(path);
        }
    }
    // Of those that begin alike the one that reaches farthest, which was made of the others.
    listing.chunks.sort_by_key(|(_, name)| (name.blocks.0, std::cmp::Reverse(name.blocks.1)));
    listing.tails.sort_by_key(|(_, number)| *number);
    listing
}

impl Period {
    /// Opens it. What a crash left between two steps is finished.
    pub fn open(folder: PathBuf, key: Key, access: Access) -> Result<Self, StoreError> {
        let listing = list(&folder);
        let is_read_only = access == Access::Read;
        let period = Self { key, access, state: RwLock::default(), lines: Mutex::default(), tending: Mutex::default(), folder };
        let mut chunks: Vec<Arc<Chunk>> = Vec::new();
        let mut gone = listing.unfinished;
        for (path, name) in listing.chunks {
            if chunks.last().is_some_and(|last| name.blocks.1 <= last.name.blocks.1) {
                gone.push(path);
            } else {
                chunks.push(Arc::new(Chunk::new(path, name)));
            }
        }
        if !is_read_only {
            gone.iter().for_each(|path| {
                let _next_time = std::fs::remove_dir_all(path);
            });
        }
        let elsewhere = period.index_rest(&mut chunks)?;
        let (mut heads, mut elsewhere): (Vec<Head>, _) = (Vec::new(), elsewhere);
        for (path, _) in &listing.tails {
            let head = Head::load(path.clone(), is_read_only, |number| elsewhere.contains(&number))?;
            // What was on its way from one head to the next is in the files of both.
            if listing.tails.len() > 1 {
                elsewhere.extend(head.entries.iter().map(|entry| entry.number));
            }
            if !head.entries.is_empty() {
                heads.push(head);
            } else if !is_read_only {
                let _next_time = std::fs::remove_file(path);
            }
        }
        let next_tail = listing.tails.last().map_or(0, |(_, number)| number + 1);
        *period.write() = State { chunks, heads, next_tail };
        Ok(period)
    }

    /// Makes indexes of the blocks of lines that have none; returns the numbers of their lines.
    fn index_rest(&self, chunks: &mut Vec<Arc<Chunk>>) -> Result<HashSet<Number>, StoreError> {
        let len = std::fs::metadata(self.folder.join(FILE)).map_or(0, |data| data.len());
        let is_whole = chunks.first().is_none_or(|first| first.name.blocks.0 == 0)
            && chunks.is_sorted_by(|a, b| a.name.blocks.1 == b.name.blocks.0)
            && chunks.iter().map(|chunk| chunk.name.end).max().unwrap_or(0) == len;
        if is_whole {
            return Ok(HashSet::new());
        }
        let Some(lines) = self.lines()? else { return Ok(HashSet::new()) };
        let is_indexed = |order: u64| chunks.iter().any(|chunk| (chunk.name.blocks.0..chunk.name.blocks.1).contains(&order));
        let mut runs: Vec<(u64, u64, usize)> = Vec::new();
        for (order, rows) in lines.blocks().into_iter().filter(|(order, _)| !is_indexed(*order)) {
            match runs.last_mut().filter(|run| run.1 == order && run.2 + rows as usize <= MOST_AGAIN) {
                Some(run) => (run.1, run.2) = (order + 1, run.2 + rows as usize),
                None => runs.push((order, order + 1, rows as usize)),
            }
        }
        let mut numbers = HashSet::new();
        for (from, to, _) in runs {
            tracing::warn!(folder = %self.folder.display(), from, to, "log lines without an index are indexed");
            let read = lines.read(from..to)?;
            numbers.extend(read.iter().map(|(number, ..)| *number));
            chunks.extend(self.index_again(&lines, (from, to), read)?.map(Arc::new));
        }
        chunks.sort_by_key(|chunk| chunk.name.blocks.0);
        Ok(numbers)
    }

    /// Makes an index of lines that were read from their blocks; `None` where there are none.
    fn index_again(
        &self,
        lines: &Lines,
        blocks: (u64, u64),
        mut read: Vec<(Number, Arc<LogLine>, u64)>,
    ) -> Result<Option<Chunk>, StoreError> {
        read.sort_by_key(|(number, ..)| *number);
        let (Some((first, ..)), Some((last, ..))) = (read.first(), read.last()) else { return Ok(None) };
        let name = Name { blocks, end: lines.end_of(blocks.1), first: *first, last: *last, count: read.len() as u64 };
        let digests: Vec<Digest> = read.iter().map(|(_, line, _)| Digest::of(line)).collect();
        let indexed = read.iter().zip(&digests).map(|((number, line, place), digest)| (*number, &**line, digest, *place));
        self.put_index(name, indexed).map(Some)
    }

    fn put_index<'a>(&self, name: Name, lines: impl Iterator<Item = index::Indexed<'a>>) -> Result<Chunk, StoreError> {
        let place = self.folder.join(name.folder());
        if self.access == Access::Read {
            let opened = index::build_in_memory(&place, lines)?;
            return Ok(Chunk::in_memory(place, name, opened));
        }
        let made = self.folder.join(NEW);
        let _not_there = std::fs::remove_dir_all(&made);
        index::build(&made, lines)?;
        self.put_in_place(&made, name)
    }

    fn put_in_place(&self, made: &Path, name: Name) -> Result<Chunk, StoreError> {
        let place = self.folder.join(name.folder());
        let _not_there = std::fs::remove_dir_all(&place);
        std::fs::rename(made, &place).map_err(|error| io("renaming", made, error))?;
        // Where a system can't do that, it does so by itself.
        let _not_everywhere = std::fs::File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(Chunk::new(place, name))
    }

    /// What it has, to be read.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps others from indexing and joining as long as it is held.
    pub fn hold(&self) -> MutexGuard<'_, ()> {
        self.tending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its lines; `None` where there are none.
    pub fn lines(&self) -> Result<Option<Arc<Lines>>, StoreError> {
        let mut open = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() && self.folder.join(FILE).exists() {
            *open = Lines::open(&self.folder, self.access == Access::Read)?.map(Arc::new);
        }
        Ok(open.clone())
    }

    /// The same, of which there must be some.
    pub fn known_lines(&self) -> Result<Arc<Lines>, StoreError> {
        self.lines()?.ok_or_else(|| index::damaged(&self.folder.join(FILE), "it is missing".to_owned()))
    }

    fn lines_to_write(&self) -> Result<Arc<Lines>, StoreError> {
        let mut open = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Lines::open(&self.folder, false)?.map(Arc::new);
        }
        open.clone().ok_or_else(|| io("writing", &self.folder, std::io::ErrorKind::NotFound.into()))
    }

    /// Closes its files; who reads them reads on.
    pub fn close(&self) {
        *self.lines.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.read().chunks.iter().for_each(|chunk| chunk.close());
    }

    /// Opens an index. One that is damaged is made again of the lines.
    pub fn opened(&self, chunk: &Arc<Chunk>) -> Result<Arc<Opened>, StoreError> {
        let error = match chunk.open() {
            Err(error @ StoreError::Damaged { .. }) => error,
            other => return other,
        };
        let _one_at_a_time = self.hold();
        let now = self.read().chunks.iter().find(|now| now.name.blocks == chunk.name.blocks).cloned();
        if let Some(now) = now.filter(|now| now.id != chunk.id) {
            return now.open();
        }
        tracing::warn!(%error, "a damaged index of log lines is made again");
        let lines = self.known_lines()?;
        let read = lines.read(chunk.name.blocks.0..chunk.name.blocks.1)?;
        let Some(made) = self.index_again(&lines, chunk.name.blocks, read)? else { return Err(error) };
        if made.path() != chunk.path() && self.access == Access::Write {
            let _next_time = std::fs::remove_dir_all(chunk.path());
        }
        let (made, opened) = (Arc::new(made), chunk.name.blocks);
        let mut state = self.write();
        if let Some(place) = state.chunks.iter_mut().find(|known| known.name.blocks == opened) {
            *place = Arc::clone(&made);
        }
        drop(state);
        made.open()
    }

    /// Takes lines in, and says how many are in no index.
    pub fn append(&self, lines: Vec<(LogLine, Digest)>) -> Result<usize, StoreError> {
        let mut state = self.write();
        let sealed = state.chunks.iter().map(|chunk| chunk.name.last).max();
        for (line, digest) in lines {
            let at = line.received;
            let mut seq = state.heads.iter().map(|head| head.next_seq(at)).max().unwrap_or(0);
            if sealed.is_some_and(|sealed| Number::new(at, 0) <= sealed) {
                seq = seq.max(self.seq_behind(&state.chunks, at).unwrap_or(LAST_SEQ / 2));
            }
            if state.heads.last().is_none_or(Head::is_full) {
                self.begin_head(&mut state);
            }
            if let Some(head) = state.heads.last_mut() {
                let number = Number::new(at, seq);
                head.insert(Entry { number, line: Arc::new(line), digest, marks: AtomicU64::new(0) });
            }
        }
        Ok(state.heads.iter().map(|head| head.entries.len()).sum())
    }

    /// Has a head of its own for what is to come.
    fn begin_head(&self, state: &mut State) {
        let file = self.folder.join(format!("{}{}{}", TAIL.0, state.next_tail, TAIL.1));
        state.next_tail += 1;
        let young = state.heads.last_mut().map(|full| full.split(file.clone()));
        state.heads.push(young.unwrap_or_else(|| Head::new(file)));
    }

    /// The order that follows on those of a time in indexes.
    fn seq_behind(&self, chunks: &[Arc<Chunk>], at: Timestamp) -> Result<u32, StoreError> {
        let (first, behind) = (Number::new(at, 0), Number::behind(at));
        let mut seq = 0;
        for chunk in chunks.iter().filter(|chunk| chunk.name.first < behind && first <= chunk.name.last) {
            let index = chunk.open()?;
            let last = index.first_not_below(behind).checked_sub(1).map(|last| index.number(last));
            if let Some(last) = last.filter(|last| *last >= first) {
                seq = seq.max(last.seq().saturating_add(1).min(LAST_SEQ));
            }
        }
        Ok(seq)
    }

    /// Makes durable what was taken in.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.write().heads.iter_mut().try_for_each(Head::save)
    }

    /// Octets that [`Self::flush`] writes at most.
    pub fn unsaved_octets(&self) -> usize {
        self.read().heads.iter().map(Head::unsaved_octets).sum()
    }

    /// Indexes the oldest head, where it is full or `all` are wanted; false where there is none.
    pub fn index_one(&self, all: All) -> Result<bool, StoreError> {
        let _one_at_a_time = self.hold();
        let (entries, written) = {
            let mut state = self.write();
            let is_alone = state.heads.len() == 1;
            let is_next = |head: &&Head| !is_alone || all == All::Heads || head.is_full();
            if state.heads.first().filter(is_next).is_none() {
                return Ok(false);
            }
            if is_alone {
                self.begin_head(&mut state);
            }
            let Some(head) = state.heads.first() else { return Ok(false) };
            (Arc::clone(&head.entries), head.written)
        };
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            self.write().heads.remove(0);
            return Ok(false);
        };
        let lines = self.lines_to_write()?;
        let blocks = match written {
            Some(blocks) => blocks,
            None => self.write_lines(&lines, entries.len())?,
        };
        let count = entries.len() as u64;
        let name = Name { blocks, end: lines.end_of(blocks.1), first: first.number, last: last.number, count };
        let from = blocks.0 * super::lines::ROWS;
        let indexed = (from..).zip(entries.iter()).map(|(place, entry)| (entry.number, &*entry.line, &entry.digest, place));
        let chunk = self.put_index(name, indexed)?;
        let mut state = self.write();
        state.chunks.push(Arc::new(chunk));
        state.heads.remove(0);
        Ok(true)
    }

    /// Writes the lines of the oldest head, durably; then its own file goes. It takes no lines any more.
    fn write_lines(&self, lines: &Lines, count: usize) -> Result<(u64, u64), StoreError> {
        let mut state = self.write();
        // What was taken out of it to a younger head must be in that one's file before.
        state.heads.iter_mut().skip(1).try_for_each(Head::save)?;
        let Some(head) = state.heads.first_mut() else { return Ok((0, 0)) };
        let numbered: Vec<(Number, Arc<LogLine>)> =
            head.entries.iter().take(count).map(|entry| (entry.number, Arc::clone(&entry.line))).collect();
        let blocks = lines.append(&numbered)?;
        head.written = Some(blocks);
        let _next_time = std::fs::remove_file(head.file());
        Ok(blocks)
    }

    /// Joins some indexes that follow on each other, where there are enough; false where there are not.
    pub fn join_some(&self, is_over: IsOver) -> Result<bool, StoreError> {
        let _one_at_a_time = self.hold();
        let chunks = self.read().chunks.clone();
        let Some(range) = super::joining::pick(&chunks, is_over) else { return Ok(false) };
        let parts = chunks.get(range).unwrap_or_default();
        let (Some(front), Some(back)) = (parts.first(), parts.last()) else { return Ok(false) };
        let name = Name {
            blocks: (front.name.blocks.0, back.name.blocks.1),
            end: back.name.end,
            first: parts.iter().map(|part| part.name.first).min().unwrap_or_default(),
            last: parts.iter().map(|part| part.name.last).max().unwrap_or_default(),
            count: parts.iter().map(|part| part.name.count).sum(),
        };
        let mut in_time: Vec<&Arc<Chunk>> = parts.iter().collect();
        in_time.sort_by_key(|part| part.name.first);
        let made = if super::joining::follow(&in_time) {
            let opened = in_time.iter().map(|part| part.open()).collect::<Result<Vec<_>, _>>()?;
            let made = self.folder.join(NEW);
            let _not_there = std::fs::remove_dir_all(&made);
            index::join(&opened, &made)?;
            Some(self.put_in_place(&made, name)?)
        } else {
            let lines = self.known_lines()?;
            let read = lines.read(name.blocks.0..name.blocks.1)?;
            self.index_again(&lines, name.blocks, read)?
        };
        let Some(made) = made else { return Ok(false) };
        let mut state = self.write();
        state.chunks.retain(|chunk| !parts.iter().any(|part| part.id == chunk.id));
        let at = state.chunks.partition_point(|chunk| chunk.name.blocks.0 < name.blocks.0);
        state.chunks.insert(at, Arc::new(made));
        drop(state);
        for part in parts {
            part.close();
            let _next_time = std::fs::remove_dir_all(part.path());
        }
        Ok(true)
    }

    /// Its files in which something is damaged, all of them read.
    pub fn faults(&self) -> Result<Vec<(PathBuf, String)>, StoreError> {
        let mut faults = Vec::new();
        let chunks = self.read().chunks.clone();
        for chunk in &chunks {
            if let Err(StoreError::Damaged { path, detail }) = Opened::open(chunk.path()).map(drop)
                && chunk.path().exists()
            {
                faults.push((path, format!("{detail}; it is made again of the lines")));
            }
        }
        if let Some(lines) = self.lines()?
            && let Some(fault) = lines.fault()?
        {
            faults.push((lines.path(), fault));
        }
        Ok(faults)
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Which heads are indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum All {
    /// All of them.
    Heads,
    /// Full ones.
    FullHeads,
}

/// Whether a period is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsOver {
    /// No lines are to come.
    Yes,
    /// Some are.
    No,
}
