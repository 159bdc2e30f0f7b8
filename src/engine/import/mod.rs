//! Taking over a past that another program wrote down (`noctop store import`).
//!
//! Lines are read by [`wire::series`](crate::wire::series), named by [`naming`], gathered by series in [`gather`] and handed to the
//! store as whole series. What is refused is counted by its reason. Memory is bounded: see the limits of both.

mod gather;
mod naming;
#[cfg(test)]
mod tests;

use super::core::Core;
use super::local::{settings, site};
use super::open::{self, OpenError, OpenOptions};
use crate::history::{Store, StoreError};
use crate::model::Metric;
use crate::wire::series::{Format, LINE_TOO_LONG, LineReader, MAX_LINE, Read as Found, Refusal};
use gather::Gather;
use naming::Namer;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _};
use std::sync::Arc;

/// Lines that are looked at to find the format out.
const PEEKED_LINES: usize = 1000;
/// And octets of them.
const PEEKED_BYTES: usize = 8 << 20;

/// First lines named for each reason of refusal.
const NAMED_LINES: usize = 3;

/// Lines between two calls that show how far it is.
const TOLD_EVERY: u64 = 512;

/// What is imported, and how.
pub struct Import<'a> {
    /// The text.
    pub input: &'a mut dyn BufRead,
    /// Metrics that are taken as ones of ours.
    pub maps: BTreeMap<String, Metric>,
    /// Is told now and then how far it is.
    pub progress: &'a mut dyn FnMut(&Imported),
}

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Lines read.
    pub lines: u64,
    /// Octets read.
    pub bytes: u64,
    /// Samples taken.
    pub samples: u64,
    /// Series that they are of.
    pub series: u64,
    /// What was refused, by reason.
    pub refused: BTreeMap<Refusal, Refused>,
}

/// Things that were refused for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub count: u64,
    /// The first lines with one.
    pub lines: Vec<u64>,
}

impl Imported {
    fn refuse(&mut self, refusal: Refusal, count: u64) {
        let refused = self.refused.entry(refusal).or_default();
        refused.count += count;
        if refused.lines.len() < NAMED_LINES && refused.lines.last() != Some(&self.lines) {
            refused.lines.push(self.lines);
        }
    }

    /// Everything that was refused.
    pub fn refused_in_all(&self) -> u64 {
        self.refused.values().map(|refused| refused.count).sum()
    }
}

/// Why an import ended early.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no store to import to.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The text can't be read.
    #[error("the input can't be read: {0}")]
    Input(#[from] io::Error),
    /// It is packed.
    #[error("the input is gzip: unpack it first (zcat FILE | noctop store import -)")]
    Packed,
    /// It is none of the formats.
    #[error("the input is neither OpenMetrics text, InfluxDB line protocol nor VictoriaMetrics JSON lines")]
    Unknown,
}

/// Imports into the store that the options name; somebody else must not hold it.
///
/// Errors: the store is in use or refuses, the text can't be read, or is of no known format. What was taken before stays.
pub fn import(options: OpenOptions, wanted: Import<'_>) -> Result<Imported, ImportError> {
    let (config, store) = open::alone(options)?;
    let core = Core::restore(Arc::clone(&store), &site(&config), settings(&config))?;
    import_to(&*store, Namer::new(core.state(), &*store, wanted.maps)?, (wanted.input, wanted.progress))
}

type Source<'a> = (&'a mut dyn BufRead, &'a mut dyn FnMut(&Imported));

fn import_to(store: &dyn Store, namer: Namer, (input, progress): Source<'_>) -> Result<Imported, ImportError> {
    let mut imported = Imported::default();
    let peeked = peek(input)?;
    let mut reader = LineReader::new(detect(&peeked)?);
    let mut gather = Gather::new(namer, reader.format());
    for line in &peeked {
        take_line((&mut reader, &mut gather), line, &mut imported);
        gather.make_room(store, &mut imported)?;
    }
    drop(peeked);
    let mut line = Line::default();
    while next_line(input, &mut line)? {
        take_line((&mut reader, &mut gather), &line, &mut imported);
        gather.make_room(store, &mut imported)?;
        if imported.lines.is_multiple_of(TOLD_EVERY) {
            progress(&imported);
        }
    }
    gather.finish(store, &mut imported)?;
    store.flush()?;
    progress(&imported);
    Ok(imported)
}

fn take_line((reader, gather): (&mut LineReader, &mut Gather), line: &Line, imported: &mut Imported) {
    imported.lines += 1;
    imported.bytes += line.length;
    if line.length > line.text.len() as u64 {
        imported.refuse(LINE_TOO_LONG, 1);
        return;
    }
    reader.line(&line.text, &mut |found| match found {
        Found::Refused(refusal, count) => imported.refuse(refusal, count),
        Found::Run(run) => gather.take(run, imported),
    });
}

/// A line; of one that is too long, its beginning.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    length: u64,
}

/// Reads the next line; false at the end.
fn next_line(input: &mut dyn BufRead, line: &mut Line) -> io::Result<bool> {
    line.text.clear();
    let limit = MAX_LINE as u64;
    line.length = input.take(limit).read_until(b'\n', &mut line.text)? as u64;
    while line.length >= limit && line.text.last() != Some(&b'\n') {
        let more = input.fill_buf()?;
        let end = more.iter().position(|byte| *byte == b'\n');
        let passed = end.map_or(more.len(), |end| end + 1);
        line.length += passed as u64;
        input.consume(passed);
        if end.is_some() || passed == 0 {
            break;
        }
    }
    Ok(line.length > 0)
}

/// The first lines, up to one that says something.
fn peek(input: &mut dyn BufRead) -> Result<Vec<Line>, ImportError> {
    let (mut peeked, mut bytes) = (Vec::new(), 0);
    while peeked.len() < PEEKED_LINES && bytes < PEEKED_BYTES {
        let mut line = Line::default();
        if !next_line(input, &mut line)? {
            break;
        }
        bytes += line.text.len();
        let says = Format::detect(&line.text).is_some();
        peeked.push(line);
        if says {
            break;
        }
    }
    Ok(peeked)
}

fn detect(peeked: &[Line]) -> Result<Format, ImportError> {
    if peeked.first().is_some_and(|line| line.text.starts_with(&[0x1f, 0x8b])) {
        return Err(ImportError::Packed);
    }
    peeked.iter().find_map(|line| Format::detect(&line.text)).ok_or(ImportError::Unknown)
}
