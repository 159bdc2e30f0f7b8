//! One file of blocks, one after the other, which only grows. Its heads are read once, from one to the next.

use super::frame::{HEAD, Head, MARK};
use crate::history::StoreError;
use crate::model::unit;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// Octets that are searched at once for the next mark behind damage.
const WINDOW: usize = 1 << 20;

/// Where a block's body lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its head.
    pub head: Head,
    /// Of the body.
    pub offset: u64,
}

/// See the module.
pub struct FlowFile {
    path: PathBuf,
    file: File,
    held: RwLock<Held>,
}

#[derive(Default)]
struct Held {
    places: Vec<Place>,
    /// Where the next block goes.
    end: u64,
    /// Octets that belong to no block.
    damaged: u64,
    /// Octets of a block that was not whole when the file was opened.
    torn: u64,
    dirty: bool,
}

fn io(what: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { what, path: path.to_owned(), source }
}

impl FlowFile {
    /// Opens a file, or makes it; `None` when there is none and none may be made. A block that is not whole at its end, as a crash
    /// leaves it, is cut off.
    pub fn open(path: &Path, is_read_only: bool) -> Result<Option<Self>, StoreError> {
        let is_new = !path.exists();
        if is_new && is_read_only {
            return Ok(None);
        }
        if let (true, Some(folder)) = (is_new, path.parent()) {
            std::fs::create_dir_all(folder).map_err(|error| io("making", folder, error))?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(!is_read_only).create(!is_read_only).truncate(false);
        let file = options.open(path).map_err(|error| io("opening", path, error))?;
        if let (true, Some(folder)) = (is_new, path.parent()) {
            // A new file is found after a crash when its folders are durable. Where a system can't do that, it does so by itself.
            for folder in folder.ancestors().take(2) {
                let _not_everywhere = File::open(folder).and_then(|folder| folder.sync_all());
            }
        }
        let len = file.metadata().map_err(|error| io("reading", path, error))?.len();
        let held = scan(&file, len).map_err(|error| io("reading", path, error))?;
        if held.torn > 0 && !is_read_only {
            tracing::warn!(path = %path.display(), octets = held.torn, "a block was not whole and was cut off");
            let _overwritten_later = file.set_len(held.end);
        }
        Ok(Some(Self { path: path.to_owned(), file, held: RwLock::new(held) }))
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its blocks in the order of writing.
    pub fn places(&self) -> Vec<Place> {
        self.held().places.clone()
    }

    /// Visits its blocks.
    pub fn for_each(&self, mut visit: impl FnMut(&Place)) {
        self.held().places.iter().for_each(&mut visit);
    }

    /// The first of its blocks for which `is_before` does not hold; it holds for none behind that.
    pub fn first_not(&self, is_before: impl Fn(&Place) -> bool) -> Option<Place> {
        let held = self.held();
        held.places.get(held.places.partition_point(is_before)).copied()
    }

    /// Rows of all blocks.
    pub fn rows(&self) -> u64 {
        self.held().places.iter().map(|place| u64::from(place.head.rows)).sum()
    }

    /// Octets up to the end of the last block.
    pub fn len(&self) -> u64 {
        self.held().end
    }

    /// Appends a block. What was written in part is taken back.
    pub fn append(&self, head: Head, body: &[u8]) -> Result<(), StoreError> {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let head = head.of(body);
        let offset = held.end + HEAD as u64;
        let mut bytes = Vec::with_capacity(HEAD + body.len());
        bytes.extend_from_slice(&head.encode());
        bytes.extend_from_slice(body);
        if let Err(error) = self.file.write_all_at(&bytes, held.end) {
            let _overwritten_later = self.file.set_len(held.end);
            return Err(io("writing", &self.path, error));
        }
        held.end = offset + u64::from(head.len);
        held.places.push(Place { head, offset });
        held.dirty = true;
        Ok(())
    }

    /// Makes durable what was appended.
    pub fn sync(&self) -> Result<(), StoreError> {
        let dirty = {
            let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut held.dirty)
        };
        if !dirty {
            return Ok(());
        }
        self.file.sync_data().map_err(|error| {
            self.held.write().unwrap_or_else(PoisonError::into_inner).dirty = true;
            io("writing", &self.path, error)
        })
    }

    /// A block's body; `None` where it is damaged.
    pub fn body(&self, place: &Place) -> Result<Option<Vec<u8>>, StoreError> {
        let mut body = vec![0; place.head.len as usize];
        match self.file.read_exact_at(&mut body, place.offset) {
            Ok(()) => Ok((crc32fast::hash(&body) == place.head.crc).then_some(body)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(io("reading", &self.path, error)),
        }
    }

    /// What is the matter with it, all of it read; `None` where nothing is.
    pub fn fault(&self) -> Result<Option<String>, StoreError> {
        let (places, damaged) = (self.places(), self.held().damaged);
        let (mut blocks, mut rows) = (0, 0);
        for place in &places {
            if self.body(place)?.is_none() {
                blocks += 1;
                rows += u64::from(place.head.rows);
            }
        }
        if blocks == 0 && damaged == 0 {
            return Ok(None);
        }
        let sound = places.len() - blocks;
        let octets = match damaged {
            0 => String::new(),
            _ => format!(", and {} no block", unit::counted(damaged, "octet is", "octets are")),
        };
        let (blocks, rows) = (unit::counted(blocks, "block", "blocks"), unit::counted(rows, "row", "rows"));
        Ok(Some(format!("{blocks} of {rows} can't be read{octets}; the other {sound} can")))
    }
}

/// Finds the blocks of a file. Damage is passed over up to the next mark; what is left at the end is torn.
fn scan(file: &File, len: u64) -> std::io::Result<Held> {
    let (mut held, mut at) = (Held::default(), 0u64);
    while at + HEAD as u64 <= len {
        let mut bytes = [0; HEAD];
        file.read_exact_at(&mut bytes, at)?;
        let head = Head::decode(&bytes).filter(|head| at + HEAD as u64 + u64::from(head.len) <= len);
        if let Some(head) = head {
            held.damaged += at - held.end;
            held.places.push(Place { head, offset: at + HEAD as u64 });
            at += HEAD as u64 + u64::from(head.len);
            held.end = at;
        } else {
            at = next_mark(file, at + 1, len)?;
        }
    }
    held.torn = len - held.end;
    Ok(held)
}

/// The next place from `at` on where a head may begin; the end where there is none.
fn next_mark(file: &File, mut at: u64, len: u64) -> std::io::Result<u64> {
    let mut window = vec![0; WINDOW];
    while at + HEAD as u64 <= len {
        let size = usize::try_from(len - at).unwrap_or(WINDOW).min(WINDOW);
        let Some(window) = window.get_mut(..size) else { break };
        file.read_exact_at(window, at)?;
        if let Some(found) = window.windows(MARK.len()).position(|octets| octets == MARK) {
            return Ok(at + found as u64);
        }
        // A mark may lie across the border.
        at += (size - (MARK.len() - 1).min(size - 1)) as u64;
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(at: i64) -> Head {
        Head { from: at, to: at, rows: 3, ..Head::default() }
    }

    fn bodies(path: &Path) -> Vec<Option<Vec<u8>>> {
        let file = FlowFile::open(path, true).unwrap().unwrap();
        file.places().iter().map(|place| file.body(place).unwrap()).collect()
    }

    fn written(folder: &Path, count: u8) -> (PathBuf, Vec<u8>) {
        let path = folder.join("1m/20261122.dat");
        let file = FlowFile::open(&path, false).unwrap().unwrap();
        (0..count).for_each(|n| file.append(head(i64::from(n)), &[n; 20]).unwrap());
        file.sync().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    }

    #[test]
    fn whatever_a_crash_cuts_off_the_whole_blocks_stay_and_new_ones_follow() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes) = written(folder.path(), 3);
        let block = bytes.len() / 3;
        for len in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..len]).unwrap();
            assert_eq!(bodies(&path).len(), len / block, "{len}");
            let file = FlowFile::open(&path, false).unwrap().unwrap();
            file.append(head(9), b"new").unwrap();
            assert_eq!(file.fault().unwrap(), None);
            drop(file);
            let read = bodies(&path);
            assert_eq!((read.len(), read.last().unwrap().as_deref()), (len / block + 1, Some(&b"new"[..])));
        }
    }

    #[test]
    fn damage_costs_the_block_in_which_it_is_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes) = written(folder.path(), 5);
        let block = bytes.len() / 5;
        for at in block..2 * block {
            let mut wrong = bytes.clone();
            wrong[at] ^= 0x40;
            std::fs::write(&path, &wrong).unwrap();
            let sound = bodies(&path).into_iter().flatten().count();
            assert_eq!(sound, 4, "{at}");
            let fault = FlowFile::open(&path, true).unwrap().unwrap().fault().unwrap().unwrap();
            assert!(fault.ends_with("the other 4 can"), "{fault}");
        }
    }

    #[test]
    fn a_file_of_anything_is_no_blocks_and_none_is_made_to_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.dat");
        assert!(FlowFile::open(&path, true).unwrap().is_none());
        let mut anything: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        anything.extend_from_slice(&MARK);
        anything.extend_from_slice(&[0xff; 100]);
        std::fs::write(&path, &anything).unwrap();
        assert_eq!(bodies(&path), []);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), anything.len() as u64, "nothing is cut where it is only read");
    }
}
