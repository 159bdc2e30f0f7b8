//! JSON in which no control character of any kind survives: C0, DEL, C1 and bidi controls are `\uXXXX` (RFC 8259 §7).

use crate::model::text::is_control;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// Writes one indented document and a line feed.
///
/// Errors: those of `out`.
pub fn write_document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = out;
    value.serialize(&mut Serializer::with_formatter(&mut out, Safe(PrettyFormatter::new()))).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes one object on a line of its own, without the line feed.
///
/// Errors: those of `out`.
pub fn write_compact(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = out;
    value.serialize(&mut Serializer::with_formatter(&mut out, Safe(CompactFormatter))).map_err(io::Error::from)
}

/// A formatter that escapes what serde_json lets through: it escapes C0 alone.
struct Safe<F>(F);

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut clean = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_control(*c)) {
            writer.write_all(fragment.get(clean..at).unwrap_or_default().as_bytes())?;
            write!(writer, "\\u{:04x}", u32::from(c))?;
            clean = at + c.len_utf8();
        }
        writer.write_all(fragment.get(clean..).unwrap_or_default().as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_survives_and_the_text_comes_back() {
        let hostile = "a\u{1b}]0;\u{9b}31m\u{202e}\u{7f}\u{feff}\"\\\n회의실";
        let (mut line, mut document) = (Vec::new(), Vec::new());
        write_compact(&hostile, &mut line).unwrap();
        write_document(&hostile, &mut document).unwrap();
        for out in [line, document] {
            let text = String::from_utf8(out).unwrap();
            assert!(!text.trim_end().chars().any(is_control), "{text:?}");
            assert!(text.contains("\\u202e") && text.contains("\\u009b") && text.contains("회의실"));
            assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
        }
    }
}
