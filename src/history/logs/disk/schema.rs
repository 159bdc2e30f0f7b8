//! How lines stand in an index: their words, the values of their columns as they are, and what is counted of them.
//!
//! Nothing of a line is stored here: the index says where it lies. Documents stand in the order of their numbers.

use super::super::fold::sameness;
use super::number::Number;
use crate::model::{LogKind, LogLine, LogSeverity};
use crate::query::filter::{Row, Value};
use crate::query::{LOG_COLUMNS, pattern_of};
use std::sync::{Arc, LazyLock};
use tantivy::TantivyDocument;
use tantivy::schema::{BytesOptions, FAST, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};

/// The column of what a line says, as [`LOG_COLUMNS`] number it.
pub const TEXT: usize = 0;
/// The column of the pattern.
pub const PATTERN: usize = 14;
/// The column of the severity.
pub const SEVERITY: usize = 6;
/// The columns of times: they are read from the lines, but for the receipt.
pub const RECEIVED: usize = 11;
/// See [`RECEIVED`].
pub const OWN_TIME: usize = 12;

/// Octets of a word or a value at most: a line with a longer one is found by looking at it. An index takes 65,530.
pub const MOST_OCTETS: usize = 1000;

/// The name of the tokenizer in the schema.
const WORDS: &str = "words";

/// Bits of the severity in what is counted.
const SEVERITY_BITS: u64 = 0xf;
/// No severity.
const NONE: u64 = 0xf;
/// A trap.
const TRAP: u64 = 0x10;

/// The fields of the index.
pub struct Fields {
    /// Of the schema.
    pub schema: Schema,
    /// Words of the text, and the values of the other columns; `None` for those that are numbers.
    pub columns: Vec<Option<Field>>,
    /// Lines with a longer word than an index takes.
    pub odd: Field,
    at: Field,
    seq: Field,
    meta: Field,
    same: Field,
    place: Field,
    device: Field,
}

/// Names of the columns that are counted.
pub const AT: &str = "at";
/// The order within a millisecond.
pub const SEQ: &str = "seq";
/// Severity and kind.
pub const META: &str = "meta";
/// What lines have in common that say the same.
pub const SAME: &str = "same";
/// Where the line lies.
pub const PLACE: &str = "place";
/// The id of the device.
pub const DEVICE: &str = "device_id";
/// The pattern.
pub const PATTERN_NAME: &str = "pattern";

/// The fields.
pub static FIELDS: LazyLock<Fields> = LazyLock::new(fields);

fn fields() -> Fields {
    let mut schema = Schema::builder();
    let indexed = |tokenizer: &str| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic);
        TextOptions::default().set_indexing_options(indexing)
    };
    let columns = LOG_COLUMNS.iter().enumerate().map(|(number, column)| {
        let name = column.names.first().copied().unwrap_or_default();
        match number {
            TEXT => Some(schema.add_text_field(name, indexed(WORDS))),
            PATTERN => Some(schema.add_text_field(name, indexed("raw").set_fast("raw"))),
            SEVERITY | RECEIVED | OWN_TIME => None,
            _ => Some(schema.add_text_field(name, indexed("raw"))),
        }
    });
    let columns = columns.collect();
    let odd = schema.add_text_field("odd", indexed("raw"));
    let fast = |schema: &mut tantivy::schema::SchemaBuilder, name: &str| schema.add_u64_field(name, NumericOptions::from(FAST));
    let (at, seq, meta) = (fast(&mut schema, AT), fast(&mut schema, SEQ), fast(&mut schema, META));
    let place = fast(&mut schema, PLACE);
    let same = schema.add_bytes_field(SAME, BytesOptions::default().set_fast());
    let device = schema.add_text_field(DEVICE, TextOptions::default().set_fast("raw"));
    Fields { schema: schema.build(), columns, odd, at, seq, meta, same, place, device }
}

/// A line as the store counts it.
#[derive(Clone, Debug)]
pub struct Digest {
    /// Severity and kind.
    pub meta: Meta,
    /// See [`sameness`].
    pub same: u64,
    /// See [`pattern_of`].
    pub pattern: Arc<str>,
}

impl Digest {
    /// Of a line.
    pub fn of(line: &LogLine) -> Self {
        Self { meta: Meta::of(line), same: sameness(line), pattern: pattern_of(line).into() }
    }
}

/// Severity and kind of a line in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta(pub u64);

impl Meta {
    fn of(line: &LogLine) -> Self {
        let severity = line.severity.map_or(NONE, |severity| u64::from(severity.number()));
        Self(severity | if line.kind == LogKind::Trap { TRAP } else { 0 })
    }

    /// How bad it is.
    pub fn severity(self) -> Option<LogSeverity> {
        u8::try_from(self.0 & SEVERITY_BITS).ok().and_then(LogSeverity::from_number)
    }

    /// Whether it is an error or worse.
    pub fn is_fault(self) -> bool {
        self.severity().is_some_and(LogSeverity::is_error)
    }

    /// Whether it came as a trap.
    pub const fn is_trap(self) -> bool {
        self.0 & TRAP != 0
    }
}

/// A line as a document that says where it lies.
pub fn document(number: Number, (line, digest): (&LogLine, &Digest), place: u64) -> TantivyDocument {
    let fields = &*FIELDS;
    let mut document = TantivyDocument::new();
    document.add_u64(fields.at, number.biased());
    document.add_u64(fields.seq, u64::from(number.seq()));
    document.add_u64(fields.meta, digest.meta.0);
    document.add_u64(fields.place, place);
    document.add_bytes(fields.same, &digest.same.to_be_bytes());
    let mut odd = line.text.split_whitespace().any(|word| word.len() * GROWS > MOST_OCTETS);
    if let Some(device) = &line.device {
        document.add_text(fields.device, cut(device.id.as_str()));
    }
    for (column, field) in fields.columns.iter().enumerate() {
        let Some(field) = *field else { continue };
        let mut put = |text: &str| {
            if column == TEXT || text.len() <= MOST_OCTETS {
                document.add_text(field, text);
            } else {
                odd = true;
            }
        };
        if column == PATTERN {
            put(&digest.pattern);
            continue;
        }
        match line.value(column) {
            Value::Text(text) => put(&text),
            Value::Either(one, other) => {
                put(&one);
                if one != other {
                    put(&other);
                }
            }
            Value::Addresses(addresses) => addresses.iter().for_each(|address| put(&address.to_string())),
            _ => {}
        }
    }
    if odd {
        document.add_text(fields.odd, "odd");
    }
    document
}

/// Lower case takes at most so many times the octets.
const GROWS: usize = 3;

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MOST_OCTETS)).unwrap_or(text)
}

/// What the index makes of the text: what stands between blanks, in lower case.
#[derive(Clone, Default)]
struct Words {
    token: Token,
}

struct WordStream<'a> {
    rest: std::str::SplitWhitespace<'a>,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream { rest: text.split_whitespace(), token: &mut self.token }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(word) = self.rest.by_ref().find(|word| word.len() * GROWS <= MOST_OCTETS) else { return false };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.text.clear();
        if word.is_ascii() {
            self.token.text.push_str(word);
            self.token.text.make_ascii_lowercase();
        } else {
            self.token.text.push_str(&word.to_lowercase());
        }
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// The tokenizers of the schema.
pub fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(WORDS, Words::default());
    tokenizers
}
