//! Indexes: made of lines in one go, joined, opened to be read, never changed.

use super::number::Number;
use super::schema::{AT, DEVICE, Digest, FIELDS, META, Meta, PATTERN, PATTERN_NAME, PLACE, SAME, SEQ, document, tokenizers};
use crate::history::StoreError;
use crate::model::LogLine;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tantivy::columnar::{ColumnValues, StrColumn};
use tantivy::directory::{Directory, MmapDirectory, RamDirectory};
use tantivy::index::SegmentReader;
use tantivy::indexer::{SingleSegmentIndexWriter, merge_filtered_segments};
use tantivy::store::Compressor;
use tantivy::{Index, IndexSettings, TantivyDocument, TantivyError};

/// Octets of the table of words with which an index begins; it grows with its lines.
const MEMORY: usize = 8 << 20;

/// A line to be indexed: its number, itself, what is counted, where it lies.
pub type Indexed<'a> = (Number, &'a LogLine, &'a Digest, u64);

fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compression: Compressor::None,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}

/// Runs what works on octets of a file that may be damaged. An index that makes the engine panic is damaged.
pub fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged(path, "its index can't be read".to_owned())))
}

pub fn damaged(path: &Path, detail: String) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), detail }
}

pub fn refused(path: &Path, error: TantivyError) -> StoreError {
    match error {
        TantivyError::IoError(error) => StoreError::Io {
            what: "indexing",
            path: path.to_owned(),
            source: std::io::Error::new(error.kind(), error.to_string()),
        },
        other => damaged(path, other.to_string()),
    }
}

/// Makes an index of lines, which come in the order of their numbers, in a folder that is made.
pub fn build<'a>(path: &Path, lines: impl Iterator<Item = Indexed<'a>>) -> Result<(), StoreError> {
    std::fs::create_dir_all(path).map_err(|source| StoreError::Io { what: "making", path: path.to_owned(), source })?;
    let folder = MmapDirectory::open(path).map_err(|error| damaged(path, error.to_string()))?;
    write(Box::new(folder), lines).map(drop).map_err(|error| refused(path, error))
}

/// The same in memory, where nothing may be written.
pub fn build_in_memory<'a>(path: &Path, lines: impl Iterator<Item = Indexed<'a>>) -> Result<Opened, StoreError> {
    let index = write(Box::new(RamDirectory::create()), lines).map_err(|error| refused(path, error))?;
    Opened::of(path, &index)
}

fn write<'a>(folder: Box<dyn Directory>, lines: impl Iterator<Item = Indexed<'a>>) -> Result<Index, TantivyError> {
    let builder = Index::builder().schema(FIELDS.schema.clone()).settings(settings()).tokenizers(tokenizers());
    let mut writer: SingleSegmentIndexWriter<TantivyDocument> = builder.single_segment_index_writer(folder, MEMORY)?;
    for (number, line, digest, place) in lines {
        writer.add_document(document(number, (line, digest), place))?;
    }
    writer.finalize()
}

/// Makes one index of several, whose lines follow on each other.
pub fn join(parts: &[Arc<Opened>], path: &Path) -> Result<(), StoreError> {
    guarded(path, || {
        std::fs::create_dir_all(path).map_err(|source| StoreError::Io { what: "making", path: path.to_owned(), source })?;
        let folder: Box<dyn Directory> = Box::new(MmapDirectory::open(path).map_err(|error| damaged(path, error.to_string()))?);
        let segments = parts.iter().map(|part| part.index.searchable_segments()).collect::<Result<Vec<_>, _>>();
        let segments: Vec<_> = segments.map_err(|error| refused(path, error))?.into_iter().flatten().collect();
        let filters = segments.iter().map(|_| None).collect();
        merge_filtered_segments(&segments, settings(), filters, folder).map(drop).map_err(|error| refused(path, error))
    })
}

/// An index that is open to be read.
pub struct Opened {
    index: Index,
    /// Its words and values.
    pub reader: SegmentReader,
    at: Arc<dyn ColumnValues<u64>>,
    seq: Arc<dyn ColumnValues<u64>>,
    meta: Arc<dyn ColumnValues<u64>>,
    place: Arc<dyn ColumnValues<u64>>,
    same: Arc<dyn ColumnValues<u64>>,
    sames: OnceLock<Vec<u64>>,
    pattern: Option<Strings>,
    device: Option<Strings>,
    len: usize,
    path: PathBuf,
}

/// A column of strings: for each line the place of its string in a dictionary.
struct Strings {
    column: StrColumn,
    places: Arc<dyn ColumnValues<u64>>,
}

/// Where a line has no string.
const NO_STRING: u64 = u64::MAX;

impl Opened {
    /// Opens the index of a folder, and reads it whole once: what is damaged must not answer.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        guarded(path, || {
            let folder = MmapDirectory::open(path).map_err(|error| damaged(path, error.to_string()))?;
            let mut index = Index::open(folder).map_err(|error| refused(path, error))?;
            index.set_tokenizers(tokenizers());
            if let Some(file) = index.validate_checksum().map_err(|error| refused(path, error))?.into_iter().next() {
                return Err(damaged(&path.join(file), "it was changed since it was written".to_owned()));
            }
            Self::of(path, &index)
        })
    }

    fn of(path: &Path, index: &Index) -> Result<Self, StoreError> {
        if index.schema() != FIELDS.schema {
            return Err(damaged(path, "it is of another version".to_owned()));
        }
        let segments = index.searchable_segments().map_err(|error| refused(path, error))?;
        let [segment] = segments.as_slice() else { return Err(damaged(path, "it has not one part".to_owned())) };
        let reader = SegmentReader::open(segment).map_err(|error| refused(path, error))?;
        let fast = reader.fast_fields();
        let number = |name: &str| fast.column_first_or_default::<u64>(name).map_err(|error| refused(path, error));
        let strings = |name: &str| {
            let column = fast.str(name).map_err(|error| refused(path, error))?;
            Ok::<_, StoreError>(column.map(|column| {
                let places = column.ords().clone().first_or_default_col(NO_STRING);
                Strings { column, places }
            }))
        };
        let same = fast.bytes(SAME).map_err(|error| refused(path, error))?;
        let same = same.ok_or_else(|| damaged(path, "a column is missing".to_owned()))?;
        let sames = OnceLock::new();
        let _once = sames.set(hashes(&same).map_err(|error| damaged(path, error.to_string()))?);
        Ok(Self {
            index: index.clone(),
            at: number(AT)?,
            seq: number(SEQ)?,
            meta: number(META)?,
            place: number(PLACE)?,
            same: same.ords().clone().first_or_default_col(0),
            sames,
            pattern: strings(PATTERN_NAME)?,
            device: strings(DEVICE)?,
            len: reader.max_doc() as usize,
            path: path.to_owned(),
            reader,
        })
    }

    /// Lines.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of a line by its place, which is below [`Self::len`]. This holds for all that follow.
    pub fn number(&self, at: usize) -> Number {
        Number::of_parts(self.at.get_val(at as u32), self.seq.get_val(at as u32))
    }

    /// The first place whose number is not below one.
    pub fn first_not_below(&self, number: Number) -> usize {
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.number(middle) < number { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Severity and kind.
    pub fn meta(&self, at: usize) -> Meta {
        Meta(self.meta.get_val(at as u32))
    }

    /// Where the line lies.
    pub fn place(&self, at: usize) -> u64 {
        self.place.get_val(at as u32)
    }

    /// The place of what lines have in common that say the same, below [`Self::sames`].
    pub fn same(&self, at: usize) -> usize {
        self.same.get_val(at as u32) as usize
    }

    /// What lines have in common.
    pub fn sames(&self) -> &[u64] {
        self.sames.get().map_or(&[], Vec::as_slice)
    }

    /// The place of a line's pattern in its dictionary.
    pub fn pattern(&self, at: usize) -> Option<usize> {
        let place = self.pattern.as_ref()?.places.get_val(at as u32);
        (place != NO_STRING).then_some(place as usize)
    }

    /// The pattern at a place of the dictionary.
    pub fn pattern_text(&self, place: usize) -> Option<String> {
        text_of(self.pattern.as_ref()?, place)
    }

    /// How many patterns there are.
    pub fn patterns(&self) -> usize {
        self.pattern.as_ref().map_or(0, |pattern| pattern.column.num_terms())
    }

    /// The place of the first line of a pattern.
    pub fn first_of_pattern(&self, pattern: &str) -> Result<Option<usize>, StoreError> {
        let Some(field) = FIELDS.columns.get(PATTERN).copied().flatten() else { return Ok(None) };
        let inverted = self.reader.inverted_index(field).map_err(|error| refused(&self.path, error))?;
        let term = tantivy::Term::from_field_text(field, pattern);
        let postings = inverted.read_postings(&term, tantivy::schema::IndexRecordOption::Basic);
        let postings = postings.map_err(|error| damaged(&self.path, error.to_string()))?;
        Ok(postings.map(|postings| tantivy::DocSet::doc(&postings) as usize).filter(|at| *at < self.len))
    }

    /// The place of a line's device in its dictionary.
    pub fn device(&self, at: usize) -> Option<usize> {
        let place = self.device.as_ref()?.places.get_val(at as u32);
        (place != NO_STRING).then_some(place as usize)
    }

    /// The id of the device at a place of the dictionary.
    pub fn device_text(&self, place: usize) -> Option<String> {
        text_of(self.device.as_ref()?, place)
    }

    /// How many devices there are.
    pub fn devices(&self) -> usize {
        self.device.as_ref().map_or(0, |device| device.column.num_terms())
    }
}

fn text_of(strings: &Strings, place: usize) -> Option<String> {
    let mut text = String::new();
    strings.column.ord_to_str(place as u64, &mut text).ok().filter(|found| *found).map(|_| text)
}

/// The hashes of a dictionary, in its order.
fn hashes(column: &tantivy::columnar::BytesColumn) -> std::io::Result<Vec<u64>> {
    let mut hashes = Vec::with_capacity(column.num_terms());
    let mut stream = column.dictionary().stream()?;
    while stream.advance() {
        hashes.push(stream.key().first_chunk::<8>().map_or(0, |octets| u64::from_be_bytes(*octets)));
    }
    Ok(hashes)
}
