//! The files of a chain: how they are called, in which order they stand, and how one is read from its beginning.

use super::frame::{self, Hash, MAGIC, Next};
use super::{AuditError, content, failed};
use crate::model::audit::Record;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What the name of a file ends with.
const ENDING: &str = ".audit";

/// What is put in place of the ending for octets that were set aside.
pub const TORN: &str = "torn";

/// The kinds of the chain's own records.
pub const OPENED: &str = "chain.opened";
/// A file was removed because its time was over.
pub const REMOVED: &str = "chain.removed";
/// Octets behind the last whole record were set aside.
pub const SET_ASIDE: &str = "chain.torn";
/// A damaged file was left as it is, and a new one begun.
pub const DAMAGED: &str = "chain.damaged";

/// A file of a chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// Its place in the chain: from 1.
    pub ordinal: u64,
    /// `2026-11`
    pub month: String,
    /// Where it is.
    pub path: PathBuf,
}

impl Segment {
    /// One that is to be.
    pub fn new(folder: &Path, ordinal: u64, month: &str) -> Self {
        let path = folder.join(format!("{ordinal:08}-{month}{ENDING}"));
        Self { ordinal, month: month.to_owned(), path }
    }

    fn named(path: PathBuf) -> Option<Self> {
        let (ordinal, month) = path.file_name()?.to_str()?.strip_suffix(ENDING)?.split_once('-')?;
        Some(Self { ordinal: ordinal.parse().ok()?, month: month.to_owned(), path: path.clone() })
    }

    /// Its name, as records tell it.
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Its octets.
    pub fn octets(&self) -> Result<Vec<u8>, AuditError> {
        fs::read(&self.path).map_err(failed("reading", &self.path))
    }
}

/// The files of a chain in order; none where there is no folder.
pub fn list(folder: &Path) -> Result<Vec<Segment>, AuditError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("reading", folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(Segment::named(entry.map_err(failed("reading", folder))?.path()));
    }
    found.sort();
    Ok(found)
}

/// How reading a file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With its last record.
    Whole,
    /// With a part of a record, at this offset.
    Torn(usize),
    /// With something that no writer of the chain wrote, at this offset; a sentence.
    Damaged(usize, String),
}

/// What a file holds, as far as it can be relied on.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The hash before its first record, as that one tells it.
    pub previous: Hash,
    /// The hash of its last record that is sound.
    pub last: Hash,
    /// The hash that the last whole frame claims, sound or not.
    pub claimed: Hash,
    /// Its sound records with their offsets and hashes.
    pub records: Vec<(usize, Record, Hash)>,
    /// How it ended.
    pub end: End,
}

impl Contents {
    /// The number of its last record.
    pub fn last_number(&self) -> Option<u64> {
        self.records.last().map(|(_, record, _)| record.number)
    }
}

/// Reads a file and checks its own chain: each hash, each number, and that its first record opens it.
pub fn contents(octets: &[u8]) -> Contents {
    let mut out = Contents {
        previous: frame::NOTHING,
        last: frame::NOTHING,
        claimed: frame::NOTHING,
        records: Vec::new(),
        end: End::Whole,
    };
    let Some(mut rest) = octets.strip_prefix(MAGIC) else {
        out.end = if MAGIC.starts_with(octets) {
            End::Torn(0)
        } else {
            End::Damaged(0, "it does not begin as an audit file".to_owned())
        };
        return out;
    };
    let mut at = MAGIC.len();
    loop {
        match frame::next(rest) {
            // Every file is made with its first record in it.
            Next::End if out.records.is_empty() => {
                out.end = End::Torn(at);
                return out;
            }
            Next::End => return out,
            Next::Torn => {
                out.end = End::Torn(at);
                return out;
            }
            Next::Impossible(length) => {
                out.end = End::Damaged(at, format!("no record is {length} octets long"));
                return out;
            }
            Next::Frame(content, claimed, length) => {
                out.claimed = claimed;
                if let Err(what) = out.take(at, content, claimed) {
                    out.end = End::Damaged(at, what);
                    return out;
                }
                (at, rest) = (at + length, rest.get(length..).unwrap_or_default());
            }
        }
    }
}

impl Contents {
    fn take(&mut self, at: usize, content: &[u8], claimed: Hash) -> Result<(), String> {
        let record = content::read(content).ok_or("its content can't be read")?;
        if self.records.is_empty() {
            let previous = record.act.detail.get("previous").and_then(|text| frame::unhex(text));
            self.previous = previous.filter(|_| record.act.kind == OPENED).ok_or("the first record of the file opens none")?;
            self.last = self.previous;
        } else if record.act.kind == OPENED {
            return Err("a file is opened within a file".to_owned());
        }
        if frame::chained(&self.last, content) != claimed {
            return Err("its hash is not that of the record before and its content".to_owned());
        }
        if let Some(before) = self.last_number().filter(|before| before + 1 != record.number) {
            return Err(format!("it has the number {} and the one before {before}", record.number));
        }
        self.last = claimed;
        self.records.push((at, record, claimed));
        Ok(())
    }
}
