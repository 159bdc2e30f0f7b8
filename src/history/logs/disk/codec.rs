//! Lines as octets, and blocks of them.
//!
//! A block is some lines, packed together. What a line says stands in its raw octets mostly: then only where is written, and a search
//! reads the text without the rest.

use super::number::Number;
use crate::history::blocks::bytes::{Reader, put_varint};
use crate::model::log::{LogDevice, OwnTime, TrapDetail};
use crate::model::{Facility, LogKind, LogLine, LogSeverity};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::IpAddr;

/// No block unpacks to more: what claims to is damaged. Lines have at most some 20 KB.
const MOST_OCTETS: usize = 64 << 20;

/// What of a line is neither its raw octets nor its text.
#[derive(Serialize)]
struct RestOf<'a> {
    source: &'a IpAddr,
    kind: LogKind,
    severity: Option<LogSeverity>,
    facility: Option<Facility>,
    own: &'a Option<OwnTime>,
    host: &'a Option<String>,
    device: &'a Option<LogDevice>,
    app: &'a Option<String>,
    process: &'a Option<String>,
    message_id: &'a Option<String>,
    trap: &'a Option<Box<TrapDetail>>,
    cut_octets: u32,
    masked: u32,
}

/// The same, read.
#[derive(Deserialize)]
struct Rest {
    source: IpAddr,
    kind: LogKind,
    severity: Option<LogSeverity>,
    facility: Option<Facility>,
    own: Option<OwnTime>,
    host: Option<String>,
    device: Option<LogDevice>,
    app: Option<String>,
    process: Option<String>,
    message_id: Option<String>,
    trap: Option<Box<TrapDetail>>,
    cut_octets: u32,
    masked: u32,
}

/// Where the text is.
enum Place<'a> {
    /// From here on in the raw octets.
    In(usize),
    /// By itself.
    Own(&'a str),
}

fn place<'a>(line: &'a LogLine) -> Place<'a> {
    let (raw, text) = (line.raw.as_slice(), line.text.as_bytes());
    // It is the end of what came, but for a newline.
    let at_end = raw.len().checked_sub(text.len()).filter(|at| raw.get(*at..) == Some(text));
    let found = at_end.or_else(|| {
        let first = text.first()?;
        let mut from = 0;
        while let Some(at) = raw.get(from..)?.iter().position(|octet| octet == first) {
            if raw.get(from + at..from + at + text.len()) == Some(text) {
                return Some(from + at);
            }
            from += at + 1;
            // A text that begins nowhere is not looked for for long.
            if from > text.len().max(FAR) {
                return None;
            }
        }
        None
    });
    found.filter(|_| !text.is_empty()).map_or(Place::Own(&line.text), Place::In)
}

/// How far into a message a text begins at most: behind its head.
const FAR: usize = 600;

/// A block of lines, in their order.
pub fn pack<'a>(lines: impl Iterator<Item = (Number, &'a LogLine)>) -> Vec<u8> {
    let (mut out, mut count, mut rest) = (Vec::with_capacity(32 << 10), 0u64, Vec::new());
    for (number, line) in lines {
        count += 1;
        put_varint(&mut out, number.0);
        put_varint(&mut out, line.raw.len() as u64);
        out.extend_from_slice(&line.raw);
        match place(line) {
            Place::In(at) => put_varint(&mut out, at as u64 + 1),
            Place::Own(_) => put_varint(&mut out, 0),
        }
        put_varint(&mut out, line.text.len() as u64);
        if let Place::Own(text) = place(line) {
            out.extend_from_slice(text.as_bytes());
        }
        rest.clear();
        let LogLine {
            source,
            kind,
            severity,
            facility,
            own,
            host,
            device,
            app,
            process,
            message_id,
            trap,
            cut_octets,
            masked,
            ..
        } = line;
        let (kind, severity, facility, cut_octets, masked) = (*kind, *severity, *facility, *cut_octets, *masked);
        let of =
            RestOf { source, kind, severity, facility, own, host, device, app, process, message_id, trap, cut_octets, masked };
        rest = postcard::to_extend(&of, std::mem::take(&mut rest)).unwrap_or_default();
        put_varint(&mut out, rest.len() as u64);
        out.extend_from_slice(&rest);
    }
    let mut block = Vec::with_capacity(out.len() / 2 + 16);
    put_varint(&mut block, count);
    put_varint(&mut block, out.len() as u64);
    block.extend_from_slice(&lz4_flex::block::compress(&out));
    block
}

/// A block that was unpacked.
pub struct Unpacked {
    octets: Vec<u8>,
}

/// A line of a block, not read yet.
#[derive(Clone, Copy)]
pub struct Packed<'a> {
    /// Its number.
    pub number: Number,
    raw: &'a [u8],
    text: &'a [u8],
    rest: &'a [u8],
}

impl Unpacked {
    /// Unpacks a block; `None` where it can't be right.
    pub fn of(block: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(block);
        let (_count, len) = (reader.varint()?, usize::try_from(reader.varint()?).ok()?);
        if len > MOST_OCTETS {
            return None;
        }
        let octets = lz4_flex::block::decompress(reader.rest(), len).ok()?;
        Some(Self { octets })
    }

    /// Its lines.
    pub fn lines(&self) -> impl Iterator<Item = Packed<'_>> {
        let mut reader = Reader::new(&self.octets);
        std::iter::from_fn(move || next(&mut reader))
    }
}

fn next<'a>(reader: &mut Reader<'a>) -> Option<Packed<'a>> {
    let size = |reader: &mut Reader<'a>| usize::try_from(reader.varint()?).ok();
    let number = Number(reader.varint()?);
    let raw_len = size(reader)?;
    let raw = reader.take(raw_len)?;
    let (place, text_len) = (size(reader)?, size(reader)?);
    let text = match place.checked_sub(1) {
        Some(at) => raw.get(at..at.checked_add(text_len)?)?,
        None => reader.take(text_len)?,
    };
    let rest_len = size(reader)?;
    Some(Packed { number, raw, text, rest: reader.take(rest_len)? })
}

impl<'a> Packed<'a> {
    /// What it says.
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.text)
    }

    /// All of it; `None` where it can't be right.
    pub fn line(&self) -> Option<LogLine> {
        let rest: Rest = postcard::from_bytes(self.rest).ok()?;
        Some(LogLine {
            received: self.number.at(),
            source: rest.source,
            kind: rest.kind,
            severity: rest.severity,
            facility: rest.facility,
            own: rest.own,
            host: rest.host,
            device: rest.device,
            app: rest.app,
            process: rest.process,
            message_id: rest.message_id,
            text: self.text().into_owned(),
            raw: self.raw.to_vec(),
            trap: rest.trap,
            cut_octets: rest.cut_octets,
            masked: rest.masked,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn line(at: i64, raw: &[u8], text: &str) -> LogLine {
        let mut line = LogLine::new(Timestamp(at), [10, 0, 0, 1].into(), LogKind::Syslog);
        (line.raw, line.text) = (raw.to_vec(), text.to_owned());
        line
    }

    #[test]
    fn lines_come_back_whatever_is_in_them() {
        let mut lines = vec![
            line(1, b"<13>host app: link down\n", "link down"),
            line(2, b"<13>x", "another text"),
            line(3, b"", ""),
            line(4, b"aaaaab", "aab"),
            line(5, &[0xff; 8192], &"\u{fffd}".repeat(2700)),
            line(-6, b"\x1b[31m", "\x1b[31m"),
        ];
        lines[0].severity = Some(LogSeverity::Error);
        lines[1].host = Some("h".repeat(255));
        let block = pack((0..).zip(&lines).map(|(seq, line)| (Number::new(line.received, seq), line)));
        let unpacked = Unpacked::of(&block).unwrap();
        let read: Vec<LogLine> = unpacked.lines().map(|packed| packed.line().unwrap()).collect();
        assert_eq!(read, lines);
        assert!(unpacked.lines().zip(&lines).all(|(packed, line)| packed.text() == line.text));
        assert!((0..).zip(unpacked.lines()).all(|(seq, packed)| packed.number.seq() == seq));
    }

    #[test]
    fn octets_that_are_no_block_are_none() {
        let block = pack([(Number(7), &line(1, b"abc", "abc"))].into_iter());
        for len in 0..block.len() {
            let lines =
                Unpacked::of(&block[..len]).map_or(0, |unpacked| unpacked.lines().filter_map(|packed| packed.line()).count());
            assert_eq!(lines, 0, "{len}");
        }
        assert!(Unpacked::of(&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).is_none());
    }
}
