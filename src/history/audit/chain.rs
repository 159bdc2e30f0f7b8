//! One chain that is appended to: the file that is written, its head, and what is done after a crash.

use super::content;
use super::frame::{self, Hash, MAGIC};
use super::segment::{self, Contents, DAMAGED, End, OPENED, REMOVED, SET_ASIDE, Segment, TORN};
use super::{AuditError, Moment, failed};
use crate::model::audit::{Act, Actor, Class, Outcome, Receipt, Record};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Octets after which a file is left and the next begun within a month: each is read as a whole.
const FULL: u64 = 16 << 20;

/// The ending of a file that is being made.
const NEW: &str = "new";

/// Who may read: its user alone.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// What one writes, whoever it is.
pub struct Entry<'a> {
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: &'a Actor,
    /// What.
    pub act: Act,
    /// What became of it.
    pub outcome: Outcome,
}

/// See the module.
pub struct Chain {
    class: Class,
    /// Who writes what the chain says of itself.
    own: Actor,
    folder: PathBuf,
    segment: Option<Segment>,
    file: Option<File>,
    length: u64,
    head: Hash,
    number: u64,
    at: Moment,
}

impl Chain {
    /// Opens it, and makes it where there is none. What a crash left behind the last whole record is set aside and written down, and
    /// so is damage; `actor` is who writes that. Gives back what was found, in sentences.
    pub fn open(folder: &Path, class: Class, (now, actor): (Moment, &Actor)) -> Result<(Self, Vec<String>), AuditError> {
        let folder = folder.join(class.word());
        make(&folder)?;
        let mut chain = Self {
            class,
            own: actor.clone(),
            folder,
            segment: None,
            file: None,
            length: 0,
            head: frame::NOTHING,
            number: 0,
            at: Moment(0),
        };
        let told = chain.resume((now, actor))?;
        Ok((chain, told))
    }

    /// Where it stands: the number and the hash of its last record; `None` while it is empty.
    pub fn head(&self) -> Option<Receipt> {
        (self.number > 0).then(|| self.receipt())
    }

    /// The time of its last record.
    pub const fn at(&self) -> Moment {
        self.at
    }

    fn receipt(&self) -> Receipt {
        Receipt { class: self.class, number: self.number, hash: frame::hex(&self.head) }
    }

    /// Finds the end of what is there.
    fn resume(&mut self, (now, actor): (Moment, &Actor)) -> Result<Vec<String>, AuditError> {
        (self.segment, self.file, self.length) = (None, None, 0);
        let mut segments = segment::list(&self.folder)?;
        let Some(last) = segments.pop() else { return Ok(Vec::new()) };
        let octets = last.octets()?;
        let contents = segment::contents(&octets);
        self.head = contents.claimed;
        self.know_last(&contents);
        if contents.records.is_empty() {
            // Its numbers go on behind those of the last file that has some.
            while let Some(earlier) = segments.pop().filter(|_| self.number == 0) {
                self.know_last(&segment::contents(&earlier.octets()?));
            }
            return self.pass_over(last, (&octets, &contents), (now, actor));
        }
        match contents.end.clone() {
            End::Whole => self.go_on(last, octets.len()).map(|()| Vec::new()),
            End::Torn(offset) => self.set_aside(last, (&octets, offset), (now, actor)),
            End::Damaged(..) => self.pass_over(last, (&octets, &contents), (now, actor)),
        }
    }

    fn know_last(&mut self, contents: &Contents) {
        if let Some((_, record, _)) = contents.records.last() {
            self.number = self.number.max(record.number);
            self.at = self.at.max(Moment::parse(&record.at));
        }
    }

    fn go_on(&mut self, segment: Segment, length: usize) -> Result<(), AuditError> {
        let file = OpenOptions::new().append(true).open(&segment.path).map_err(failed("opening", &segment.path))?;
        self.length = u64::try_from(length).unwrap_or(u64::MAX);
        (self.segment, self.file) = (Some(segment), Some(file));
        Ok(())
    }

    /// A part of a record at the end: it is kept beside, cut off here, and both are written down.
    fn set_aside(
        &mut self,
        segment: Segment,
        (octets, offset): (&[u8], usize),
        (now, actor): (Moment, &Actor),
    ) -> Result<Vec<String>, AuditError> {
        let torn = octets.get(offset..).unwrap_or_default();
        let beside = segment.path.with_extension(format!("{TORN}-{offset}"));
        write_whole(&beside, torn)?;
        let file = OpenOptions::new().write(true).open(&segment.path).map_err(failed("opening", &segment.path))?;
        file.set_len(u64::try_from(offset).unwrap_or(0)).map_err(failed("cutting", &segment.path))?;
        file.sync_all().map_err(failed("flushing", &segment.path))?;
        let (name, kept) = (segment.name(), beside.file_name().map(|name| name.to_string_lossy().into_owned()));
        self.go_on(segment, offset)?;
        let words =
            format!("{} octets behind the last whole record were set aside: a crash while it was being written", torn.len());
        let act = Act::new(self.class, SET_ASIDE, &name)
            .words(&words)
            .with("offset", &offset.to_string())
            .with("octets", &torn.len().to_string())
            .with("sha256", &frame::hex(&frame::digest(torn)))
            .with("kept", &kept.unwrap_or_default());
        self.append(Entry { at: now, actor, act, outcome: Outcome::Done })?;
        Ok(vec![format!("{} of the audit journal: {words}", name)])
    }

    /// A file that is damaged stays as it is; the next begins with the hash that it ends with.
    fn pass_over(
        &mut self,
        segment: Segment,
        (octets, contents): (&[u8], &Contents),
        (now, actor): (Moment, &Actor),
    ) -> Result<Vec<String>, AuditError> {
        let (offset, what) = match &contents.end {
            End::Damaged(offset, what) => (*offset, what.clone()),
            End::Torn(offset) => (*offset, "it was never finished".to_owned()),
            End::Whole => (octets.len(), String::new()),
        };
        let name = segment.name();
        self.begin(segment.ordinal + 1, (now, actor))?;
        let words = format!("damaged at octet {offset}: {what}; it was left as it is");
        let act = Act::new(self.class, DAMAGED, &name).words(&words).with("sha256", &frame::hex(&frame::digest(octets)));
        self.append(Entry { at: now, actor, act, outcome: Outcome::Done })?;
        Ok(vec![format!("{name} of the audit journal is {words}; noctop audit verify says more")])
    }

    /// Begins a file.
    fn begin(&mut self, ordinal: u64, (now, actor): (Moment, &Actor)) -> Result<(), AuditError> {
        let at = now.max(self.at);
        let segment = Segment::new(&self.folder, ordinal, &at.month());
        let act = Act::new(self.class, OPENED, &segment.name())
            .words("a file of the audit journal begins")
            .with("previous", &frame::hex(&self.head))
            .with("segment", &ordinal.to_string());
        let record = self.record(Entry { at, actor, act, outcome: Outcome::Done });
        let (octets, hash) = framed(&self.head, &record)?;
        let mut whole = MAGIC.to_vec();
        whole.extend_from_slice(&octets);
        write_whole(&segment.path, &whole)?;
        self.go_on(segment, whole.len())?;
        (self.head, self.number, self.at) = (hash, record.number, at);
        Ok(())
    }

    fn record(&self, entry: Entry<'_>) -> Record {
        let at = entry.at.max(self.at);
        Record { number: self.number + 1, at: at.text(), act: entry.act, actor: entry.actor.clone(), outcome: entry.outcome }
    }

    /// Writes a record; when this returns it is on the disk.
    ///
    /// Errors: it is not, and the chain is as it was.
    pub fn append(&mut self, entry: Entry<'_>) -> Result<Receipt, AuditError> {
        let (now, own) = (entry.at, self.own.clone());
        if self.file.is_none() {
            // An attempt before failed: what it left is looked at first.
            self.resume((now, &own))?;
        }
        let month = now.max(self.at).month();
        match &self.segment {
            Some(segment) if segment.month >= month && self.length < FULL => {}
            Some(segment) => self.begin(segment.ordinal + 1, (now, &own))?,
            None => self.begin(1, (now, &own))?,
        }
        let at = now.max(self.at);
        let record = self.record(entry);
        let (octets, hash) = framed(&self.head, &record)?;
        self.write(&octets)?;
        (self.head, self.number, self.at) = (hash, record.number, at);
        Ok(self.receipt())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), AuditError> {
        let path = self.segment.as_ref().map(|segment| segment.path.clone()).unwrap_or_default();
        let Some(mut file) = self.file.take() else { return Err(AuditError::Absent(path)) };
        let written = file.write_all(octets).and_then(|()| file.sync_data());
        match written {
            Ok(()) => {
                self.length += u64::try_from(octets.len()).unwrap_or(0);
                self.file = Some(file);
                Ok(())
            }
            Err(error) => {
                // Nobody was told that it is written: what there is of it goes again. Where that fails too, the next attempt finds it.
                let _found_by_the_next = file.set_len(self.length).and_then(|()| file.sync_all());
                Err(failed("writing", &path)(error))
            }
        }
    }

    /// Removes files all of whose records are older, the one that is written never. What they were is written down first: killed
    /// between the two, they go the next time.
    pub fn forget(&mut self, before: Moment, (now, actor): (Moment, &Actor)) -> Result<usize, AuditError> {
        let mut segments = segment::list(&self.folder)?;
        let _the_one_that_is_written = segments.pop();
        let mut removed = 0;
        // By its name alone where that says enough: files of years are not read each time.
        for segment in segments.into_iter().take_while(|segment| segment.month <= before.month()) {
            let octets = segment.octets()?;
            let contents = segment::contents(&octets);
            let last = contents.records.last().map(|(_, record, _)| Moment::parse(&record.at));
            // One that is damaged is evidence: it stays until somebody looked at it.
            if contents.end != End::Whole || last.is_none_or(|last| last >= before) {
                break;
            }
            self.append(Entry { at: now, actor, act: gone(self.class, &segment, (&octets, &contents)), outcome: Outcome::Done })?;
            fs::remove_file(&segment.path).map_err(failed("removing", &segment.path))?;
            removed += 1;
        }
        if removed > 0 {
            sync_folder(&self.folder)?;
        }
        Ok(removed)
    }
}

/// What is written down of a file that goes.
fn gone(class: Class, segment: &Segment, (octets, contents): (&[u8], &Contents)) -> Act {
    let edge = |record: Option<&(usize, Record, Hash)>| record.map(|(_, record, _)| (record.number, record.at.clone()));
    let (first, first_at) = edge(contents.records.first()).unwrap_or_default();
    let (last, last_at) = edge(contents.records.last()).unwrap_or_default();
    Act::new(class, REMOVED, &segment.name())
        .words(&format!("records {first} to {last} ({first_at} to {last_at}) are older than they are to be kept"))
        .with("segment", &segment.ordinal.to_string())
        .with("first", &first.to_string())
        .with("last", &last.to_string())
        .with("previous", &frame::hex(&contents.previous))
        .with("hash", &frame::hex(&contents.last))
        .with("sha256", &frame::hex(&frame::digest(octets)))
}

fn framed(before: &Hash, record: &Record) -> Result<(Vec<u8>, Hash), AuditError> {
    let content = content::write(record).ok_or(AuditError::TooLong(frame::LARGEST))?;
    frame::frame(before, &content).ok_or(AuditError::TooLong(content.len()))
}

/// Makes a folder that its user alone can look into.
pub fn make(folder: &Path) -> Result<(), AuditError> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(failed("making", folder))
}

/// A file that is there as a whole or not at all, whenever the power goes; on the disk when this returns.
fn write_whole(path: &Path, octets: &[u8]) -> Result<(), AuditError> {
    let new = path.with_extension(NEW);
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&new);
    let mut file = file.map_err(failed("making", &new))?;
    file.write_all(octets).and_then(|()| file.sync_all()).map_err(failed("writing", &new))?;
    fs::rename(&new, path).map_err(failed("naming", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> Result<(), AuditError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("flushing", folder))
}
