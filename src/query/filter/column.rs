//! What a table tells the filter and the sort about its columns and rows.

use crate::model::MacAddr;
use ipnet::IpNet;
use std::borrow::Cow;
use std::net::IpAddr;

/// How the values of a column are compared and how an operand is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text; compared without case. A word alone looks into it.
    Text,
    /// The same of a closed list or of numbers: a word alone does not look into it.
    Word,
    /// Addresses or networks. A word alone looks into it.
    Address,
    /// MAC addresses, in any spelling. A word alone looks into it.
    Mac,
    /// A figure; operands may carry an SI suffix (`1.5G`).
    Number,
    /// A fraction of 1; operands are best written `90%`.
    Fraction,
    /// Per cent; `5` and `5%` are the same.
    Percent,
    /// Seconds; operands are durations (`15m`).
    Duration,
    /// A point in time, seconds since the epoch; operands as in `query::time`.
    Time,
    /// An alarm severity, by rank.
    Severity,
    /// A severity of RFC 5424: by rank where the operand is a word (`sev>=warning` is a warning or worse), by its number where it is one
    /// (`sev<=4` is the same).
    LogSeverity,
}

impl Kind {
    /// Whether a word alone looks into columns of this kind.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Address | Self::Mac)
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its names: the contract's field name first, then short names.
    pub names: &'static [&'static str],
    /// How it compares.
    pub kind: Kind,
}

impl Column {
    /// The number of the column with this name.
    pub fn find(columns: &[Self], name: &str) -> Option<usize> {
        columns.iter().position(|column| column.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known: no comparison holds but `!=`.
    Unknown,
    /// Text.
    Text(Cow<'a, str>),
    /// Two texts for one thing (a name and an id): either may match; the first sorts.
    Either(Cow<'a, str>, Cow<'a, str>),
    /// A figure, of any of the numeric kinds; of [`Kind::Severity`] its rank.
    Number(f64),
    /// Several small figures (VLANs): any may match.
    Numbers(&'a [u16]),
    /// Addresses: any may match.
    Addresses(&'a [IpAddr]),
    /// Addresses with their prefix: any may match.
    Nets(&'a [IpNet]),
    /// A MAC address.
    Mac(MacAddr),
}

impl<'a> Value<'a> {
    /// Text that may be unknown.
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Value::Unknown, |text| Value::Text(Cow::Borrowed(text)))
    }

    /// A figure that may be unknown.
    pub fn number(number: Option<f64>) -> Self {
        number.map_or(Value::Unknown, Value::Number)
    }

    /// A word of a closed list.
    pub const fn word(word: &'static str) -> Self {
        Value::Text(Cow::Borrowed(word))
    }
}

/// A row of a table.
pub trait Row {
    /// The value in the column of this number, as its table numbers them.
    fn value(&self, column: usize) -> Value<'_>;
}
