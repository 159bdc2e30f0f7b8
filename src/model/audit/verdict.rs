//! What reading the whole audit journal brings.

use super::{Class, Receipt};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its file, below the store's folder; the chain's folder where a whole file is missing.
    pub file: String,
    /// The record at which it shows: the first that can't be relied on.
    pub record: Option<u64>,
    /// Where in the file that begins, octets.
    pub offset: Option<u64>,
    /// A sentence.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(record) = self.record {
            write!(f, ", record {record}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, ", octet {offset}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What one chain holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainVerdict {
    /// Whose.
    pub class: Class,
    /// Files.
    pub files: u64,
    /// Sound records.
    pub records: u64,
    /// The number of its first record that is there, and when that was.
    pub first: Option<(u64, String)>,
    /// The same of its last.
    pub last: Option<(u64, String)>,
    /// Its head: what is to be noted elsewhere.
    pub head: Option<Receipt>,
    /// Files that were removed because their time was over, as the chain itself says.
    pub removed: u64,
}

/// What reading the whole journal brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The chains that there are.
    pub chains: Vec<ChainVerdict>,
    /// What is not as it was written; nothing where all is well.
    pub faults: Vec<Fault>,
    /// What happened to the files and is explained by the chain: a crash, a time that was over.
    pub notes: Vec<String>,
}
