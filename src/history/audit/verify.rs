//! Whether the chains are as they were written: every hash, every number, how the files hang together, and the heads that were noted.

use super::frame::{self, Hash};
use super::segment::{self, Contents, End, OPENED, REMOVED, SET_ASIDE, Segment};
use super::{AuditError, FOLDER};
use crate::model::audit::{ChainVerdict, Class, Fault, Receipt, Record, Verdict};
use std::collections::BTreeMap;
use std::path::Path;

/// A file that a chain says it removed.
struct Gone {
    last: u64,
    hash: Hash,
}

/// A chain as it is gone through.
struct Walk {
    class: Class,
    verdict: ChainVerdict,
    faults: Vec<Fault>,
    notes: Vec<String>,
    gone: BTreeMap<u64, Gone>,
    hashes: BTreeMap<u64, Hash>,
    /// Heads of other chains that records of this one name.
    anchors: Vec<(String, Class, u64, Hash)>,
}

/// Reads everything. `heads` are hashes, or `CLASS:NUMBER:HASH`, that were noted elsewhere: the journal must hold them.
///
/// Errors: there is no journal, or it can't be read.
pub fn verify(store: &Path, heads: &[String]) -> Result<Verdict, AuditError> {
    let folder = store.join(FOLDER);
    if !folder.is_dir() {
        return Err(AuditError::Absent(store.to_owned()));
    }
    let mut walks = Vec::new();
    for class in Class::ALL {
        walks.push(walk(&folder, class)?);
    }
    let mut verdict = Verdict::default();
    let mut missed = Vec::new();
    for walk in &walks {
        for (by, class, number, hash) in &walk.anchors {
            let chain = walks.iter().find(|walk| walk.class == *class);
            missed.extend(chain.and_then(|chain| chain.lacks(*number, hash)).map(|what| Fault {
                file: class_folder(*class),
                record: Some(*number),
                offset: None,
                what: format!("{what}; {by} names it"),
            }));
        }
    }
    missed.dedup_by(|a, b| a.record == b.record && a.file == b.file);
    missed.extend(heads.iter().filter_map(|head| noted(head, &walks)));
    for walk in walks {
        verdict.faults.extend(walk.faults);
        verdict.notes.extend(walk.notes);
        if walk.verdict.files > 0 {
            verdict.chains.push(walk.verdict);
        }
    }
    verdict.faults.extend(missed);
    Ok(verdict)
}

fn class_folder(class: Class) -> String {
    format!("{FOLDER}/{class}")
}

/// A head that was noted elsewhere and is not to be found.
fn noted(head: &str, walks: &[Walk]) -> Option<Fault> {
    let fault = |what: String| Some(Fault { file: FOLDER.to_owned(), record: None, offset: None, what });
    let hash = head.rsplit(':').next().unwrap_or_default();
    let Some(wanted) = frame::unhex(hash) else {
        return fault(format!("{hash:?} is no hash: 64 hexadecimal digits, or CLASS:NUMBER:HASH"));
    };
    if walks.iter().any(|walk| walk.hashes.values().any(|hash| *hash == wanted)) {
        return None;
    }
    fault(format!("no record has the hash {head}, which was noted as a head: records were cut off or written anew since then"))
}

fn walk(folder: &Path, class: Class) -> Result<Walk, AuditError> {
    let segments = segment::list(&folder.join(class.word()))?;
    let verdict = ChainVerdict { class, files: 0, records: 0, first: None, last: None, head: None, removed: 0 };
    let mut walk = Walk {
        class,
        verdict,
        faults: Vec::new(),
        notes: Vec::new(),
        gone: BTreeMap::new(),
        hashes: BTreeMap::new(),
        anchors: Vec::new(),
    };
    let mut before: Option<(u64, Contents)> = None;
    let mut first = None;
    for segment in &segments {
        let contents = segment::contents(&segment.octets()?);
        walk.take(segment, &contents);
        match &before {
            None => first = Some((segment.clone(), contents.clone())),
            Some((ordinal, before)) => walk.link((segment, &contents), (*ordinal, before)),
        }
        let records = contents.records.last().cloned().into_iter().collect();
        before = Some((segment.ordinal, Contents { records, ..contents }));
    }
    if let Some((segment, contents)) = first {
        walk.begin(&segment, &contents);
    }
    walk.verdict.removed = u64::try_from(walk.gone.len()).unwrap_or(u64::MAX);
    Ok(walk)
}

impl Walk {
    fn file(&self, segment: &Segment) -> String {
        format!("{}/{}", class_folder(self.class), segment.name())
    }

    fn fault(&mut self, segment: &Segment, (record, offset): (Option<u64>, Option<usize>), what: String) {
        let offset = offset.and_then(|offset| u64::try_from(offset).ok());
        self.faults.push(Fault { file: self.file(segment), record, offset, what });
    }

    /// The records of a file, and how it ends.
    fn take(&mut self, segment: &Segment, contents: &Contents) {
        self.verdict.files += 1;
        for (offset, record, hash) in &contents.records {
            self.record(segment, (*offset, record, hash));
        }
        let next = contents.last_number().map(|last| last + 1);
        match &contents.end {
            End::Whole => {}
            End::Damaged(offset, what) => self.fault(segment, (next, Some(*offset)), what.clone()),
            End::Torn(offset) => {
                let what = "the last record is not whole: a crash while it was being written, or something was cut off";
                self.fault(segment, (next, Some(*offset)), what.to_owned());
            }
        }
    }

    fn record(&mut self, segment: &Segment, (offset, record, hash): (usize, &Record, &Hash)) {
        let number = record.number;
        if record.act.class != self.class {
            self.fault(segment, (Some(number), Some(offset)), format!("it belongs to the chain {}", record.act.class));
        }
        if self.verdict.last.as_ref().is_some_and(|(_, at)| record.at < *at) {
            self.fault(segment, (Some(number), Some(offset)), "it is older than the one before".to_owned());
        }
        self.verdict.records += 1;
        let here = Some((number, record.at.clone()));
        self.verdict.first = self.verdict.first.take().or_else(|| here.clone());
        self.verdict.last = here;
        self.verdict.head = Some(Receipt { class: self.class, number, hash: frame::hex(hash) });
        self.hashes.insert(number, *hash);
        self.own(segment, record);
        self.anchored(record);
    }

    /// What the chain says of itself.
    fn own(&mut self, segment: &Segment, record: &Record) {
        let detail = |name: &str| record.act.detail.get(name).cloned().unwrap_or_default();
        match record.act.kind.as_str() {
            OPENED if detail("segment") != segment.ordinal.to_string() => {
                let what = format!("it was written as file {} of the chain", detail("segment"));
                self.fault(segment, (Some(record.number), None), what);
            }
            REMOVED => {
                let gone = (detail("segment").parse(), detail("last").parse(), frame::unhex(&detail("hash")));
                if let (Ok(ordinal), Ok(last), Some(hash)) = gone {
                    self.gone.insert(ordinal, Gone { last, hash });
                }
                self.notes.push(format!("{} was removed at {}: {}", record.act.object, record.at, record.act.words));
            }
            SET_ASIDE => self.notes.push(format!("{} at {}: {}", record.act.object, record.at, record.act.words)),
            _ => {}
        }
    }

    fn anchored(&mut self, record: &Record) {
        for class in Class::ALL.into_iter().filter(|class| *class != self.class) {
            let Some((number, hash)) = record.act.detail.get(class.word()).and_then(|text| text.split_once(':')) else {
                continue;
            };
            if let (Class::Security, Ok(number), Some(hash)) = (self.class, number.parse(), frame::unhex(hash)) {
                self.anchors.push((format!("record {} of {}", record.number, self.class), class, number, hash));
            }
        }
    }

    /// Why a record that was named elsewhere is not there; `None` where it is, or went with its time.
    fn lacks(&self, number: u64, hash: &Hash) -> Option<String> {
        if self.gone.values().any(|gone| number <= gone.last) {
            return None;
        }
        match self.hashes.get(&number) {
            Some(found) if found == hash => None,
            Some(_) => Some("it was written anew: its hash is another than was noted".to_owned()),
            None => Some("it is missing: the chain was cut off or removed".to_owned()),
        }
    }

    /// How a file hangs on the one before.
    fn link(&mut self, (segment, contents): (&Segment, &Contents), (ordinal, before): (u64, &Contents)) {
        if segment.ordinal != ordinal + 1 {
            let what = format!("the file before it is missing: {ordinal} is followed by {}", segment.ordinal);
            return self.fault(segment, (None, None), what);
        }
        let (Some((offset, first, _)), Some(last)) = (contents.records.first(), before.last_number()) else { return };
        if before.end == End::Whole && first.number != last + 1 {
            let what = format!("it has the number {} and the one before, in another file, {last}", first.number);
            self.fault(segment, (Some(first.number), Some(*offset)), what);
        }
        if contents.previous != before.claimed {
            let what = "it does not go on from the end of the file before".to_owned();
            self.fault(segment, (Some(first.number), Some(*offset)), what);
        }
    }

    /// How the first file that is there begins: the chain itself, or behind files that it says it removed.
    fn begin(&mut self, segment: &Segment, contents: &Contents) {
        let Some((offset, first, _)) = contents.records.first() else { return };
        let at = (Some(first.number), Some(*offset));
        if segment.ordinal == 1 {
            if contents.previous != frame::NOTHING || first.number != 1 {
                self.fault(segment, at, "it does not begin the chain".to_owned());
            }
            return;
        }
        match self.gone.get(&(segment.ordinal - 1)) {
            None => self.fault(
                segment,
                at,
                "the files before it are missing, and nothing in the chain says that they were removed".to_owned(),
            ),
            Some(gone) if gone.hash != contents.previous || gone.last + 1 != first.number => {
                self.fault(segment, at, "it does not go on from the end of the file that was removed before it".to_owned());
            }
            Some(_) => {}
        }
    }
}
