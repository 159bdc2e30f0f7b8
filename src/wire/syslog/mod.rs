//! Syslog messages: RFC 5424, RFC 3164, and what vendors send in their place.
//!
//! A message is never refused for its form: what can't be read as the standards say is text, and whoever said it is known by the
//! datagram. Nothing here knows a socket, a clock or a device. Secrets are masked before anything else is done ([`secrets`]).
//! Start at [`read`]; `standard` is RFC 5424, `legacy` everything else with the forms of single `makers`, `times` the times of day that are written there,
//! `frame` the messages in a stream.

pub mod frame;
mod legacy;
mod makers;
pub mod secrets;
mod standard;
#[cfg(test)]
mod tests;
mod times;

use crate::model::Timestamp;
use crate::model::log::{Facility, LogKind, LogLine, LogSeverity, MAX_LINE_OCTETS, MAX_WORD_CHARS};
use crate::model::text::from_octets;
use std::net::IpAddr;

/// Why a datagram is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// It has no octet, or only blanks.
    #[error("empty message")]
    Empty,
    /// More than half of it are octets that no text has: another protocol.
    #[error("no text")]
    Binary,
}

impl Refusal {
    /// The word under which it is counted.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Binary => "binary",
        }
    }
}

/// Reads a message that was received at a time from an address.
///
/// Errors: [`Refusal`]. A message that is too long is cut, and the line says by how much.
pub fn read(octets: &[u8], (received, source): (Timestamp, IpAddr)) -> Result<LogLine, Refusal> {
    let kept = octets.get(..MAX_LINE_OCTETS).unwrap_or(octets);
    if looks_binary(kept) {
        return Err(Refusal::Binary);
    }
    let text = from_octets(kept);
    // RFC 5424 §6.4 has the mark before MSG; some have it before everything.
    let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n', '\0', ' ']);
    if text.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    let mut line = LogLine::new(received, source, LogKind::Syslog);
    line.cut_octets = u32::try_from(octets.len() - kept.len()).unwrap_or(u32::MAX);
    let (text, masked) = secrets::mask(text);
    line.masked = masked;
    line.raw = if masked > 0 { text.as_bytes().to_vec() } else { kept.to_vec() };
    let (pri, rest) = priority(&text);
    if rest.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if let Some(pri) = pri {
        line.facility = Facility::from_number(pri / 8);
        line.severity = LogSeverity::from_number(pri % 8);
    }
    if !standard::read(rest, &mut line) {
        legacy::read(rest, &mut line);
    }
    Ok(line)
}

/// The number of `<PRI>` and what follows it (RFC 5424 §6.2.1: 0 to 191).
fn priority(text: &str) -> (Option<u8>, &str) {
    let number = text.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    match number.and_then(|(number, rest)| Some((digits::<u8>(number, 3)?, rest))) {
        Some((number, rest)) if number <= 191 => (Some(number), rest),
        _ => (None, text),
    }
}

/// A number of at most `most` digits and nothing else.
fn digits<T: std::str::FromStr>(text: &str, most: usize) -> Option<T> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// Whether more than half of the octets are controls that no text has.
fn looks_binary(octets: &[u8]) -> bool {
    let odd = |byte: &&u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    // Trailing NULs are the terminators of C strings.
    let end = octets.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let text = octets.get(..end).unwrap_or_default();
    text.iter().filter(odd).count() * 2 > text.len()
}

/// A bounded word; `None` where it is empty or the nil value `-`.
fn word(text: &str) -> Option<String> {
    let known = !text.is_empty() && text != "-";
    known.then(|| text.chars().take(MAX_WORD_CHARS).collect())
}
