//! A small append-only file beside a store: records that must not be lost by a kill, each with its length and checksum.
//!
//! Opaque bytes: whoever keeps a ledger knows what they mean, and rewrites it when most of it is over. A record that was being
//! written when the process ended is cut off; a damaged one is passed over, and the next is looked for.

use super::StoreError;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The first octets of the file.
const MAGIC: &[u8; 8] = b"NOCLEDG\x01";
/// Octets of a record before its text: length, CRC-32.
const HEAD: usize = 8;
/// The largest record: a digest of some hundred tellings fits many times.
pub const LARGEST_RECORD: usize = 1 << 20;
/// The largest file that is read: it is rewritten long before.
const LARGEST_FILE: u64 = 256 << 20;

/// What is remembered of what was done, and outlasts a kill.
pub trait Ledger: Send {
    /// All records, in order. Errors: those of the file system.
    fn read(&mut self) -> Result<Vec<Vec<u8>>, StoreError>;
    /// Adds records: they outlast the process from then on. Errors: as above; none was added then.
    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StoreError>;
    /// Has them outlast the host as well.
    fn sync(&mut self) -> Result<(), StoreError>;
    /// Puts these in the place of all records, at once and durably.
    fn rewrite(&mut self, records: &[Vec<u8>]) -> Result<(), StoreError>;
    /// Octets of it.
    fn size(&self) -> u64;
}

/// One that is gone with the process: of a store in memory.
#[derive(Debug, Default)]
pub struct MemoryLedger(Vec<Vec<u8>>);

impl Ledger for MemoryLedger {
    fn read(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        Ok(self.0.clone())
    }

    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        self.0.extend_from_slice(records);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn rewrite(&mut self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        self.0 = records.to_vec();
        Ok(())
    }

    fn size(&self) -> u64 {
        self.0.iter().map(|record| (HEAD + record.len()) as u64).sum()
    }
}

/// One in a file.
#[derive(Debug)]
pub struct FileLedger {
    path: PathBuf,
    file: File,
    /// Where the next record goes.
    end: u64,
}

impl FileLedger {
    /// Opens it, or makes it where it is missing; readable for its owner alone. What is no ledger is set aside beside it.
    /// Errors: those of the file system.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut file = open(path)?;
        let mut head = Vec::new();
        (&mut file).take(MAGIC.len() as u64).read_to_end(&mut head).map_err(|error| io("reading", path, error))?;
        if !head.is_empty() && head != MAGIC {
            let aside = path.with_extension("damaged");
            std::fs::rename(path, &aside).map_err(|error| io("setting aside", path, error))?;
            tracing::error!(path = %path.display(), aside = %aside.display(), "the ledger of notices is damaged and was set aside");
            file = open(path)?;
            head.clear();
        }
        if head.is_empty() {
            file.write_all(MAGIC).and_then(|()| file.sync_all()).map_err(|error| io("writing", path, error))?;
        }
        let mut ledger = Self { path: path.to_owned(), file, end: MAGIC.len() as u64 };
        ledger.read()?;
        Ok(ledger)
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(std::io::Error) -> StoreError {
        let path = self.path.clone();
        move |error| io(what, &path, error)
    }
}

fn io(what: &'static str, path: &Path, source: std::io::Error) -> StoreError {
    StoreError::Io { what, path: path.to_owned(), source }
}

fn open(path: &Path) -> Result<File, StoreError> {
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    opened.map_err(|error| io("opening", path, error))
}

fn framed(records: &[Vec<u8>]) -> Result<Vec<u8>, std::io::Error> {
    let mut out = Vec::new();
    for record in records {
        let length = u32::try_from(record.len()).ok().filter(|_| record.len() <= LARGEST_RECORD);
        let length = length.ok_or_else(|| std::io::Error::new(ErrorKind::InvalidInput, "a record is too large"))?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&crc32fast::hash(record).to_le_bytes());
        out.extend_from_slice(record);
    }
    Ok(out)
}

/// The record at a place, where a sound one is there.
fn record_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let head = bytes.get(at..at.checked_add(HEAD)?)?;
    let (length, sum) = head.split_at(4);
    let length = usize::try_from(u32::from_le_bytes(length.try_into().ok()?)).ok().filter(|length| *length <= LARGEST_RECORD)?;
    let record = bytes.get(at + HEAD..at + HEAD + length)?;
    (length > 0 && crc32fast::hash(record) == u32::from_le_bytes(sum.try_into().ok()?)).then_some(record)
}

impl Ledger for FileLedger {
    fn read(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0)).map_err(self.failed("reading"))?;
        (&mut self.file).take(LARGEST_FILE).read_to_end(&mut bytes).map_err(self.failed("reading"))?;
        let (mut records, mut at, mut end) = (Vec::new(), MAGIC.len(), MAGIC.len());
        while at < bytes.len() {
            match record_at(&bytes, at) {
                Some(record) => {
                    at += HEAD + record.len();
                    end = at;
                    records.push(record.to_vec());
                }
                None => at += 1,
            }
        }
        self.end = end as u64;
        Ok(records)
    }

    fn append(&mut self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        let framed = framed(records).map_err(self.failed("writing"))?;
        let written = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(&framed));
        if let Err(error) = written {
            // What was written in part is written over by the next.
            let _still_too_long_and_passed_over = self.file.set_len(self.end);
            return Err(io("writing", &self.path, error));
        }
        self.end += framed.len() as u64;
        // A longer rest of a record that was cut off is no record.
        self.file.set_len(self.end).map_err(self.failed("writing"))
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(self.failed("writing"))
    }

    fn rewrite(&mut self, records: &[Vec<u8>]) -> Result<(), StoreError> {
        let fresh = self.path.with_extension("new");
        let _none_is_left_of_before = std::fs::remove_file(&fresh);
        let mut file = open(&fresh)?;
        let framed = framed(records).map_err(self.failed("writing"))?;
        let written = file.write_all(MAGIC).and_then(|()| file.write_all(&framed)).and_then(|()| file.sync_all());
        written.map_err(|error| io("writing", &fresh, error))?;
        std::fs::rename(&fresh, &self.path).map_err(self.failed("renaming"))?;
        if let Some(folder) = self.path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(self.failed("writing"))?;
        }
        self.end = (MAGIC.len() + framed.len()) as u64;
        self.file = file;
        Ok(())
    }

    fn size(&self) -> u64 {
        self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(texts: &[&str]) -> Vec<Vec<u8>> {
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    #[test]
    fn what_was_added_is_there_after_it_was_opened_again_and_rewritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notices");
        let mut ledger = FileLedger::open(&path).unwrap();
        ledger.append(&records(&["one", "two"])).unwrap();
        ledger.append(&records(&["three"])).unwrap();
        drop(ledger);
        let mut ledger = FileLedger::open(&path).unwrap();
        assert_eq!(ledger.read().unwrap(), records(&["one", "two", "three"]));
        ledger.rewrite(&records(&["three"])).unwrap();
        ledger.append(&records(&["four"])).unwrap();
        assert_eq!(FileLedger::open(&path).unwrap().read().unwrap(), records(&["three", "four"]));
        assert_eq!(ledger.size(), std::fs::metadata(&path).unwrap().len());
    }

    #[test]
    fn a_record_that_was_cut_off_is_no_record_wherever_it_was_cut_and_the_next_is_added_behind_the_last_sound_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notices");
        let mut ledger = FileLedger::open(&path).unwrap();
        ledger.append(&records(&["one"])).unwrap();
        let sound = ledger.size();
        ledger.append(&records(&["second"])).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in sound..whole.len() as u64 {
            std::fs::write(&path, &whole[..length as usize]).unwrap();
            let mut ledger = FileLedger::open(&path).unwrap();
            assert_eq!(ledger.read().unwrap(), records(&["one"]), "{length}");
            ledger.append(&records(&["2"])).unwrap();
            assert_eq!(FileLedger::open(&path).unwrap().read().unwrap(), records(&["one", "2"]), "{length}");
        }
    }

    #[test]
    fn a_damaged_record_costs_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notices");
        FileLedger::open(&path).unwrap().append(&records(&["one", "two", "three"])).unwrap();
        let sound = std::fs::read(&path).unwrap();
        for at in MAGIC.len()..sound.len() {
            let mut bytes = sound.clone();
            bytes[at] ^= 0x40;
            std::fs::write(&path, bytes).unwrap();
            let found = FileLedger::open(&path).unwrap().read().unwrap();
            assert_eq!(found.len(), 2, "{at}: {found:?}");
        }
        std::fs::write(&path, b"something else").unwrap();
        assert_eq!(FileLedger::open(&path).unwrap().read().unwrap(), Vec::<Vec<u8>>::new());
        assert!(path.with_extension("damaged").exists());
    }
}
