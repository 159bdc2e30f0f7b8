//! What a store held when it was closed, noted in a plain file while nobody has it open.
//!
//! sled opens a database whose end is missing as if it had never been written, and says nothing. With the note, less than was there is
//! damage that is named. After a crash there is no note: then what was not flushed is rightly missing.

use super::door::{ALL, Base};
use super::folder::Folder;
use super::{SledStore, VALUES, read_lock};
use crate::history::StoreError;
use crate::history::blocks::bytes::{Reader, put_varint};
use crate::history::blocks::shard::{sealed, unsealed};
use std::fs::{self, File};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

const FILE: &str = "CLOSED";

/// Each database that is counted, and what it has rows of.
const COUNTED: [(&str, &str); 4] =
    [("wal", "rows of the log of samples"), ("journal", "records"), ("checkpoints", "checkpoints"), ("meta", "named values")];

/// Rows of each of [`COUNTED`].
type Counts = [u64; COUNTED.len()];

fn rows(base: Option<&Base>, tree: usize) -> Result<u64, StoreError> {
    let mut count = 0;
    if let Some(base) = base {
        base.scan(tree, ALL, |_, _| {
            count += 1;
            ControlFlow::Continue(())
        })?;
    }
    Ok(count)
}

impl SledStore {
    fn counts(&self) -> Result<Counts, StoreError> {
        let (journal, checkpoints) = (read_lock(&self.journal).kept(), read_lock(&self.checkpoints).count());
        Ok([rows(self.wal.as_ref(), 0)?, journal, checkpoints, rows(self.meta.as_ref(), VALUES)?])
    }

    /// Compares with what was noted when it was closed. From here on it counts as open.
    pub(super) fn look_for_missing(&mut self) -> Result<(), StoreError> {
        let Some(noted) = take_note(&self.folder) else { return Ok(()) };
        let counts = self.counts()?;
        for (((name, what), noted), count) in COUNTED.iter().zip(noted).zip(counts) {
            if count < noted {
                let path = self.folder.path().join(name);
                self.missing.push((path, format!("{} of {noted} {what} are missing; the others can be read", noted - count)));
                self.missing_rows += noted - count;
            }
        }
        Ok(())
    }

    fn note_counts(&self) -> Result<(), StoreError> {
        let counts = self.counts()?;
        let path = self.folder.path().join(FILE);
        let bytes = sealed(|out| counts.iter().for_each(|count| put_varint(out, *count)));
        let written = File::create(&path).and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()));
        written.map_err(|error| super::folder::io("writing", &path, error))
    }
}

/// Reads the note, and takes it away where the store is opened to be written.
fn take_note(folder: &Folder) -> Option<Counts> {
    let path: PathBuf = folder.path().join(FILE);
    let bytes = fs::read(&path).ok()?;
    if !folder.is_read_only() {
        let _else_it_is_stale = fs::remove_file(&path);
    }
    let mut reader = Reader::new(unsealed(&bytes)?);
    let mut counts = Counts::default();
    for count in &mut counts {
        *count = reader.varint()?;
    }
    Some(counts)
}

impl Drop for SledStore {
    fn drop(&mut self) {
        if !self.folder.is_read_only() {
            let _without_a_note_nothing_is_compared = self.note_counts();
        }
    }
}
