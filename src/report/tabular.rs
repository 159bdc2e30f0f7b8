//! Rows as json, ndjson, csv (RFC 4180) and aligned columns. The first three carry the same fields; the table is for people.

use super::json;
use crate::model::text::visible;
use crate::model::unit;
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for people.
    Table,
    /// One document.
    Json,
    /// One object a line.
    Ndjson,
    /// RFC 4180 with a header.
    Csv,
}

/// How a table shows a field. Csv always shows it as JSON has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Only in the other formats.
    Hidden,
    /// As it is.
    Text,
    /// As it is, to the right.
    Number,
    /// With a decimal prefix, to the right: `921M`.
    Figure,
    /// The same for a nominal speed: `10G`.
    Speed,
    /// A fraction of 1 as per cent, to the right.
    Fraction,
    /// A figure that is per cent already.
    Percent,
    /// A number of seconds in its two largest units.
    Age,
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The field, with dots where it is inside another: `snmp.address`. The csv header.
    pub path: &'static str,
    /// The table's header.
    pub header: &'static str,
    /// How a table shows it.
    pub show: Show,
}

/// A column that only csv has.
pub const fn field(path: &'static str) -> Column {
    Column { path, header: "", show: Show::Hidden }
}

/// A column that the table has too.
pub const fn column(path: &'static str, header: &'static str, show: Show) -> Column {
    Column { path, header, show }
}

/// A shape that makes rows.
pub trait Row: Serialize {
    /// Every field, in order. A test holds it against what is serialised.
    const COLUMNS: &'static [Column];
}

/// Writes rows.
///
/// Errors: those of `out`.
pub fn write_rows<R: Row>(format: Format, rows: impl IntoIterator<Item = R>, out: &mut dyn Write) -> io::Result<()> {
    write_rows_by((format, R::COLUMNS), rows, out)
}

/// Writes rows whose columns depend on what was asked for.
///
/// Errors: those of `out`.
pub fn write_rows_by<R: Serialize>(
    (format, columns): (Format, &[Column]),
    rows: impl IntoIterator<Item = R>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Json => write_array(rows, out),
        Format::Ndjson => rows.into_iter().try_for_each(|row| {
            json::write_compact(&row, out)?;
            out.write_all(b"\n")
        }),
        Format::Csv => write_csv(columns, rows, out),
        Format::Table => write_table(columns, rows, out),
    }
}

/// One array, an element a line: a document for programs in which people can still search.
fn write_array<R: Serialize>(rows: impl IntoIterator<Item = R>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (at, row) in rows.into_iter().enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        json::write_compact(&row, out)?;
    }
    out.write_all(b"\n]\n")
}

fn write_csv<R: Serialize>(columns: &[Column], rows: impl IntoIterator<Item = R>, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    csv.write_record(columns.iter().map(|column| column.path))?;
    for row in rows {
        let row = serde_json::to_value(&row)?;
        csv.write_record(columns.iter().map(|column| csv_cell(at_path(&row, column.path))))?;
    }
    csv.flush()
}

fn write_table<R: Serialize>(columns: &[Column], rows: impl IntoIterator<Item = R>, out: &mut dyn Write) -> io::Result<()> {
    let columns: Vec<&Column> = columns.iter().filter(|column| column.show != Show::Hidden).collect();
    let mut cells: Vec<Vec<String>> = vec![columns.iter().map(|column| column.header.to_owned()).collect()];
    for row in rows {
        let row = serde_json::to_value(&row)?;
        cells.push(columns.iter().map(|column| table_cell(at_path(&row, column.path), column.show)).collect());
    }
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| cells.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    for row in &cells {
        let mut line = String::new();
        for ((cell, width), column) in row.iter().zip(&widths).zip(&columns) {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            let (before, after) = if matches!(column.show, Show::Text) { ("", &*blanks) } else { (&*blanks, "") };
            line.extend([before, cell, after, "  "]);
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn at_path<'a>(row: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(row, |value, part| value.get(part).unwrap_or(&Value::Null))
}

/// A value as text; a list of objects is their number. Unknown is empty.
fn scalar(value: &Value, separator: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => visible(text).into_owned(),
        Value::Array(list) if list.iter().any(Value::is_object) => list.len().to_string(),
        Value::Array(list) => list.iter().map(|value| scalar(value, separator)).collect::<Vec<_>>().join(separator),
        Value::Object(_) => visible(&value.to_string()).into_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn csv_cell(value: &Value) -> String {
    scalar(value, ";")
}

/// A speed without the zeros that [`unit::si`] keeps for its width.
pub(crate) fn speed_text(bps: f64) -> String {
    let text = unit::si(bps);
    let figure = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let prefix = text.get(figure.len()..).unwrap_or_default();
    if figure.contains('.') { format!("{}{prefix}", figure.trim_end_matches('0').trim_end_matches('.')) } else { text }
}

fn table_cell(value: &Value, show: Show) -> String {
    let shown = match (show, value.as_f64()) {
        (Show::Figure, Some(figure)) => unit::si(figure),
        (Show::Speed, Some(speed)) => speed_text(speed),
        (Show::Fraction, Some(fraction)) => format!("{:.0}%", fraction * 100.0),
        (Show::Percent, Some(percent)) => format!("{percent:.0}%"),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates; ages are not negative")]
        (Show::Age, Some(seconds)) => unit::age(seconds as u64),
        _ => scalar(value, ","),
    };
    if shown.is_empty() { "-".to_owned() } else { shown }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// All fields of a serialised row as dotted paths.
    fn paths(value: &Value, prefix: &str, found: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            match value {
                Value::Object(_) => paths(value, &format!("{prefix}{key}."), found),
                _ => found.push(format!("{prefix}{key}")),
            }
        }
    }

    /// A row in which every part is known has exactly the columns that csv writes.
    pub(crate) fn check_columns<R: Row>(full: &R) {
        let mut found = Vec::new();
        paths(&serde_json::to_value(full).unwrap(), "", &mut found);
        assert_eq!(found, R::COLUMNS.iter().map(|column| column.path).collect::<Vec<_>>());
    }

    pub(crate) fn written<R: Row>(format: Format, rows: Vec<R>) -> String {
        let mut out = Vec::new();
        write_rows(format, rows, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[derive(Serialize)]
    struct Pair {
        name: &'static str,
        rate: Option<f64>,
        list: Vec<u16>,
    }

    impl Row for Pair {
        const COLUMNS: &'static [Column] =
            &[column("name", "NAME", Show::Text), column("rate", "RATE", Show::Figure), field("list")];
    }

    fn pairs() -> Vec<Pair> {
        vec![
            Pair { name: "회의실, \"3\"", rate: Some(921e6), list: vec![1, 2] },
            Pair { name: "a\u{1b}\n", rate: None, list: vec![] },
        ]
    }

    #[test]
    fn csv_quotes_lists_and_leaves_the_unknown_empty() {
        assert_eq!(written(Format::Csv, pairs()), "name,rate,list\r\n\"회의실, \"\"3\"\"\",921000000.0,1;2\r\na\\x1b\\x0a,,\r\n");
    }

    #[test]
    fn a_table_is_aligned_by_display_width() {
        assert_eq!(written(Format::Table, pairs()), "NAME         RATE\n회의실, \"3\"  921M\na\\x1b\\x0a       -\n");
    }

    #[test]
    fn json_is_one_document_and_ndjson_one_object_a_line() {
        let document: Value = serde_json::from_str(&written(Format::Json, pairs())).unwrap();
        assert_eq!(document.as_array().map(Vec::len), Some(2));
        assert_eq!(written(Format::Ndjson, pairs()).lines().count(), 2);
        assert_eq!(serde_json::from_str::<Value>(&written::<Pair>(Format::Json, vec![])).unwrap(), Value::Array(vec![]));
    }
}
