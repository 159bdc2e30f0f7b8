//! RFC 3164 as it is really sent: Cisco with sequence numbers and mnemonics, Juniper, key=value of firewalls, no header at all.

use super::{digits, makers, times, word};
use crate::model::log::{LogLine, LogSeverity, OwnTime};

/// Heads that are taken off one behind the other: a relay puts its own before that of a Cisco device.
const MOST_HEADS: usize = 3;

/// Longest tag (RFC 3164 §4.1.3 says 32; programs have longer names).
const MOST_TAG: usize = 48;

/// Reads what follows the priority. Everything is optional but the text.
pub(super) fn read(text: &str, line: &mut LogLine) {
    if key_values(text, line) {
        return;
    }
    let mut rest = text;
    for _ in 0..MOST_HEADS {
        match head(rest, line) {
            Some(after) => rest = after,
            None => break,
        }
    }
    let known = mnemonic(rest, line).or_else(|| makers::read(rest, line));
    let rest = known.unwrap_or_else(|| {
        let rest = tag(rest, line);
        // IOS XR: the process before the mnemonic.
        mnemonic(rest, line).unwrap_or(rest)
    });
    rest.clone_into(&mut line.text);
}

/// A sequence number, an origin, a time and a host, as far as they stand there.
fn head<'a>(text: &'a str, line: &mut LogLine) -> Option<&'a str> {
    // NX-OS begins with a colon where it has no number.
    let rest = text.strip_prefix(": ").unwrap_or(text).trim_start_matches(' ');
    let numbered = sequence(rest);
    let rest = numbered.unwrap_or(rest);
    if let Some((own, after)) = times::take(rest, line.received) {
        // The last is that of the device itself.
        line.own = own.or(line.own);
        let colon = rest.get(..rest.len() - after.len()).is_some_and(|head| head.trim_end().ends_with(':'));
        return Some(if colon { after } else { host(after, line) });
    }
    // Cisco, "logging origin-id": a name and a colon before the time.
    if let Some((origin, after)) = rest.split_once(": ")
        && is_host(origin)
        && (times::take(after, line.received).is_some() || sequence(after).is_some())
    {
        line.host = line.host.take().or_else(|| word(origin));
        return Some(after);
    }
    // IOS XR: the node, and its time right behind the colon.
    if let Some((node, after)) = rest.split_once(':')
        && node.contains('/')
        && is_host(node)
        && times::take(after, line.received).is_some()
    {
        return Some(after);
    }
    numbered
}

/// `123: ` of Cisco's "service sequence-numbers", which also is there with zeros before it.
fn sequence(text: &str) -> Option<&str> {
    let (number, rest) = text.split_once(':')?;
    digits::<u64>(number, 12)?;
    rest.strip_prefix(' ')
}

/// The host behind a time, where the next word looks like one.
fn host<'a>(text: &'a str, line: &mut LogLine) -> &'a str {
    let Some((first, rest)) = text.split_once(' ') else { return text };
    if !is_host(first) || line.host.is_some() {
        return text;
    }
    line.host = word(first);
    rest.trim_start_matches(' ')
}

/// Letters, digits and what stands in names and addresses; no tag and no mnemonic.
fn is_host(word: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/');
    !word.is_empty() && word.len() <= 255 && word.chars().all(name) && !word.ends_with(':') && word.parse::<u64>().is_err()
}

/// `%BFD-3-DOWN: text`: a facility, a severity and a mnemonic (Cisco; others took it over). The text keeps it: operators read it.
fn mnemonic<'a>(text: &'a str, line: &mut LogLine) -> Option<&'a str> {
    let name = text.strip_prefix('%')?;
    let (name, _) = name.split_once(':')?;
    let name = name.trim_end();
    let mut parts = name.rsplitn(3, '-');
    let (last, severity, facility) = (parts.next()?, parts.next()?, parts.next()?);
    let severity = digits::<u8>(severity, 1).and_then(LogSeverity::from_number)?;
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !plain(last) || !plain(facility) {
        return None;
    }
    line.severity = line.severity.or(Some(severity));
    line.app = word(facility);
    line.message_id = word(name);
    Some(text)
}

/// `sshd[1234]: text`, `mib2d: text` (RFC 3164 §4.1.3).
fn tag<'a>(text: &'a str, line: &mut LogLine) -> &'a str {
    let Some((tag, rest)) = text.split_once(": ").or_else(|| text.strip_suffix(':').map(|tag| (tag, ""))) else { return text };
    let (name, process) = match tag.split_once('[') {
        Some((name, process)) => (name, process.strip_suffix(']')),
        None => (tag, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '(' | ')' | '%');
    if name.is_empty() || tag.len() > MOST_TAG || !name.chars().all(plain) || (tag.contains('[') && process.is_none()) {
        return text;
    }
    line.app = word(name);
    line.process = process.and_then(word);
    rest.trim_start_matches(' ')
}

/// Keys of lines that consist of `key=value` (FortiOS, SonicWall and others): the line's own time, host, program, severity.
const FORTI_START: [&str; 2] = ["date=", "logver="];

/// A line that is `key=value` throughout; the text stays as it is.
fn key_values(text: &str, line: &mut LogLine) -> bool {
    let text = text.trim_start();
    if !FORTI_START.iter().any(|start| text.starts_with(start)) {
        return false;
    }
    let value = |key: &str| value_of(text, key);
    line.host = value("devname").and_then(word);
    line.app = value("type").and_then(word);
    line.message_id = value("logid").and_then(word);
    line.severity = line.severity.or_else(|| value("level").and_then(LogSeverity::from_word));
    if let (Some(date), Some(time)) = (value("date"), value("time")) {
        let zone = value("tz").unwrap_or_default();
        let written = format!("{date} {time} {zone}");
        line.own = times::take(written.trim_end(), line.received).and_then(|(own, _): (Option<OwnTime>, _)| own);
    }
    text.clone_into(&mut line.text);
    true
}

/// The value behind `key=`, without its quotes.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let starts = text.match_indices(key).filter(|(at, _)| *at == 0 || text.as_bytes().get(at - 1) == Some(&b' '));
    let value = starts.filter_map(|(at, _)| text.get(at + key.len()..)?.strip_prefix('=')).next()?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split(' ').next(),
    }
}
