//! Recorded agents: files of `OID|TAG|VALUE` lines (snmprec), each a device on an address of its own.
//!
//! TAG is the BER tag in decimal, with `x` behind it where the value is hexadecimal. Lines that can't be read are counted and
//! told, never guessed at.

use super::agent::MibView;
use crate::model::Oid;
use crate::wire::snmp::{Value, VarBind};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// A recording that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("reading recordings of {path} failed: {source}")]
pub struct RecordingError {
    /// What
    pub path: PathBuf,
    /// Why
    pub source: std::io::Error,
}

/// A recorded agent.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Name of its file without the ending
    pub name: String,
    /// Its instances, by OID
    binds: Vec<VarBind>,
    /// Lines that could not be used: number and why. At most [`MAX_FAULTS`].
    pub faults: Vec<(usize, &'static str)>,
    /// All lines that could not be used
    pub skipped: usize,
}

/// Lines that are told one by one; the rest is counted.
pub const MAX_FAULTS: usize = 5;

/// Ending of recordings
const ENDING: &str = "snmprec";

impl Recording {
    /// From the content of a file.
    pub fn parse(name: &str, content: &[u8]) -> Self {
        let mut recording = Self { name: name.to_owned(), ..Self::default() };
        for (line, number) in content.split(|&octet| octet == b'\n').zip(1..) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            match bind(line) {
                Ok(bind) => recording.binds.push(bind),
                Err(why) => {
                    recording.skipped += 1;
                    if recording.faults.len() < MAX_FAULTS {
                        recording.faults.push((number, why));
                    }
                }
            }
        }
        // Of lines for the same instance the last holds, as in the player these files come from.
        recording.binds.reverse();
        recording.binds.sort_by(|a, b| a.oid.cmp(&b.oid));
        recording.binds.dedup_by(|later, kept| later.oid == kept.oid);
        recording
    }

    /// All of a folder, by name.
    ///
    /// # Errors
    /// When the folder or a file of it can't be read.
    pub fn folder(path: &Path) -> Result<Vec<Self>, RecordingError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| RecordingError { path, source }
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed(path))? {
            let file = entry.map_err(failed(path))?.path();
            if file.extension().is_some_and(|ending| ending == ENDING) {
                files.push(file);
            }
        }
        files.sort();
        files
            .iter()
            .map(|file| {
                let name = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
                std::fs::read(file).map(|content| Self::parse(&name, &content)).map_err(failed(file))
            })
            .collect()
    }

    /// How many instances it has.
    pub fn len(&self) -> usize {
        self.binds.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.binds.is_empty()
    }
}

fn bind(line: &[u8]) -> Result<VarBind, &'static str> {
    let mut parts = line.splitn(3, |&octet| octet == b'|');
    let (Some(oid), Some(tag), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("not OID|TAG|VALUE");
    };
    let oid = ascii(oid).and_then(|text| text.trim().parse().ok()).ok_or("the OID is not dotted numbers")?;
    let tag = ascii(tag).ok_or("the tag is not a number")?;
    let (tag, value) = match tag.strip_suffix('x') {
        Some(tag) => (tag, Written::Raw(unhex(value).ok_or("the value is not hexadecimal")?)),
        None => (tag, Written::Plain(value)),
    };
    let tag = tag.parse().map_err(|_| "the tag is not a number: variation modules are not played")?;
    Ok(VarBind { oid, value: read(tag, &value)? })
}

/// How a value stands in the file.
enum Written<'a> {
    /// As text
    Plain(&'a [u8]),
    /// As its octets
    Raw(Vec<u8>),
}

impl Written<'_> {
    fn octets(&self) -> &[u8] {
        match self {
            Self::Plain(text) => text,
            Self::Raw(octets) => octets,
        }
    }

    fn number(&self) -> Result<i128, &'static str> {
        match self {
            Self::Plain(text) => ascii(text).and_then(|text| text.trim().parse().ok()).ok_or("the value is not a number"),
            Self::Raw(octets) if octets.len() <= 8 => Ok(octets.iter().fold(0, |sum, &octet| sum << 8 | i128::from(octet))),
            Self::Raw(_) => Err("the number is too large"),
        }
    }

    /// Some recorders wrote unsigned numbers as negative ones: counters are taken modulo their width.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
    fn unsigned(&self) -> Result<u32, &'static str> {
        self.number().map(|number| number as u32)
    }

    fn oid(&self) -> Result<Oid, &'static str> {
        ascii(self.octets()).and_then(|text| text.trim().trim_end_matches('.').parse().ok()).ok_or("the value is not an OID")
    }

    fn address(&self) -> Result<Ipv4Addr, &'static str> {
        match self {
            Self::Plain(text) => ascii(text).and_then(|text| text.trim().parse().ok()),
            Self::Raw(octets) => <[u8; 4]>::try_from(octets.as_slice()).ok().map(Ipv4Addr::from),
        }
        .ok_or("the value is not an address")
    }
}

fn ascii(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets).ok()
}

fn unhex(value: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = value.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(ascii(pair).filter(|text| text.len() == 2)?, 16).ok();
    digits.chunks(2).map(pair).collect()
}

fn read(tag: u8, value: &Written<'_>) -> Result<Value, &'static str> {
    Ok(match tag {
        2 => Value::Integer(i64::try_from(value.number()?).map_err(|_| "the number is too large")?),
        4 => Value::Octets(value.octets().to_vec()),
        5 => Value::Null,
        6 => Value::Oid(value.oid()?),
        64 => Value::IpAddress(value.address()?),
        65 => Value::Counter32(value.unsigned()?),
        66 => Value::Gauge32(value.unsigned()?),
        67 => Value::TimeTicks(value.unsigned()?),
        68 => Value::Opaque(value.octets().to_vec()),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counters are taken modulo their width")]
        70 => Value::Counter64(value.number()? as u64),
        _ => return Err("no SNMP value has this tag"),
    })
}

impl MibView for Recording {
    fn get(&self, oid: &Oid) -> Value {
        match self.binds.binary_search_by(|bind| bind.oid.cmp(oid)) {
            Ok(at) => self.binds.get(at).map_or(Value::NoSuchInstance, |bind| bind.value.clone()),
            Err(at) => {
                let parent = oid.arcs().split_last().map_or(&[][..], |(_, parent)| parent);
                let near = [at.checked_sub(1), Some(at)].into_iter().flatten().filter_map(|at| self.binds.get(at));
                let known = near.into_iter().any(|bind| !parent.is_empty() && bind.oid.arcs().starts_with(parent));
                if known { Value::NoSuchInstance } else { Value::NoSuchObject }
            }
        }
    }

    fn next(&self, oid: &Oid) -> Option<VarBind> {
        self.binds.get(self.binds.partition_point(|bind| bind.oid <= *oid)).cloned()
    }
}

/// Address of the recording at a place of the folder, in a network.
pub fn address_of(network: ipnet::Ipv4Net, place: usize) -> Option<Ipv4Addr> {
    let host = u32::from(network.network()).checked_add(u32::try_from(place).ok()?.checked_add(1)?)?;
    Some(Ipv4Addr::from(host)).filter(|address| network.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_read_and_the_last_of_two_lines_holds() {
        let recording = Recording::parse(
            "x",
            b"1.3.2|4x|00fF\r\n1.3.10|65|-1\n1.3.1|2|-5\n1.3.3|6|1.3.6\n1.3.4|64|10.0.0.1\n1.3.5|64x|0a000002\n\
              1.3.6|70|18446744073709551615\n1.3.7|67|12\n1.3.8|5|\n1.3.9|4|a|b\n1.3.1|2|7\n",
        );
        assert_eq!((recording.skipped, recording.len()), (0, 10));
        let all: Vec<Value> = recording.binds.iter().map(|bind| bind.value.clone()).collect();
        assert_eq!(
            all,
            [
                Value::Integer(7),
                Value::Octets(vec![0, 255]),
                Value::Oid("1.3.6".parse().unwrap()),
                Value::IpAddress([10, 0, 0, 1].into()),
                Value::IpAddress([10, 0, 0, 2].into()),
                Value::Counter64(u64::MAX),
                Value::TimeTicks(12),
                Value::Null,
                Value::Octets(b"a|b".to_vec()),
                Value::Counter32(u32::MAX),
            ]
        );
    }

    #[test]
    fn what_cannot_be_played_is_told_with_its_line() {
        let recording =
            Recording::parse("x", b"# a remark\n1.3.1|2:numeric|rate=5\n\n1.3.2|4x|0\nhello\n1.3.3|99|1\n1.3.4|2|1\n");
        assert_eq!((recording.len(), recording.skipped), (1, 4));
        assert_eq!(recording.faults.iter().map(|fault| fault.0).collect::<Vec<_>>(), [2, 4, 5, 6]);
    }

    #[test]
    fn a_missing_instance_is_told_from_a_missing_object() {
        let recording = Recording::parse("x", b"1.3.6.1.2.1.1.5.0|4|a\n1.3.6.1.2.1.2.2.1.1.7|2|7\n");
        let get = |text: &str| recording.get(&text.parse().unwrap());
        assert_eq!(get("1.3.6.1.2.1.2.2.1.1.9"), Value::NoSuchInstance);
        assert_eq!(get("1.3.6.1.9.9"), Value::NoSuchObject);
        assert_eq!(recording.next(&"1.3.6.1.2.1.1.5.0".parse().unwrap()).unwrap().oid.to_string(), "1.3.6.1.2.1.2.2.1.1.7");
        assert!(recording.next(&"1.3.6.1.2.1.2.2.1.1.7".parse().unwrap()).is_none());
    }
}
