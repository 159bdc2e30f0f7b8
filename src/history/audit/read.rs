//! Records out of the chains, class by class in the order in which they were written.

use super::segment::{self, Segment};
use super::{AuditError, FOLDER, Moment};
use crate::model::audit::{Class, Record};
use std::path::Path;

/// Which records are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// From this time.
    pub from: Moment,
    /// Up to this time.
    pub to: Moment,
}

/// Tells every sound record of a range, of one class after the other. Files whose months lie outside of it are not read.
///
/// Errors: there is no journal, or it can't be read.
pub fn read(store: &Path, wanted: Wanted, tell: &mut dyn FnMut(Record)) -> Result<(), AuditError> {
    let folder = store.join(FOLDER);
    if !folder.is_dir() {
        return Err(AuditError::Absent(store.to_owned()));
    }
    for class in Class::ALL {
        for segment in overlapping(segment::list(&folder.join(class.word()))?, wanted) {
            for (_, record, _) in segment::contents(&segment.octets()?).records {
                let at = Moment::parse(&record.at);
                if wanted.from <= at && at <= wanted.to {
                    tell(record);
                }
            }
        }
    }
    Ok(())
}

/// The last sound record of a kind.
///
/// Errors: there is no journal, or it can't be read.
pub fn last(store: &Path, (class, kind): (Class, &str)) -> Result<Option<Record>, AuditError> {
    let mut segments = segment::list(&store.join(FOLDER).join(class.word()))?;
    while let Some(segment) = segments.pop() {
        let mut records = segment::contents(&segment.octets()?).records;
        while let Some((_, record, _)) = records.pop() {
            if record.act.kind == kind {
                return Ok(Some(record));
            }
        }
    }
    Ok(None)
}

/// A file holds what happened from its month on, until the next begins.
fn overlapping(segments: Vec<Segment>, wanted: Wanted) -> Vec<Segment> {
    let months: Vec<String> = segments.iter().map(|segment| segment.month.clone()).collect();
    let (from, to) = (wanted.from.month(), wanted.to.month());
    let is_in = |(at, segment): (usize, Segment)| {
        let ends = months.get(at + 1);
        let over = ends.is_some_and(|ends| *ends < from);
        (segment.month <= to && !over).then_some(segment)
    };
    segments.into_iter().enumerate().filter_map(is_in).collect()
}
