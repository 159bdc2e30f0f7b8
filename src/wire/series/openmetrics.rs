//! OpenMetrics text and the Prometheus text format: `name{label="value",…} value timestamp`.
//!
//! Source: OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec), exposition_formats of Prometheus. OpenMetrics has seconds,
//! Prometheus milliseconds: they are told apart by size.

use super::labels::spelled;
use super::{Labels, MALFORMED, MAX_NAMING, NO_TIMESTAMP, Naming, Number, Read, Refusal, Run, TOO_MANY_LABELS, number};

/// Where the labels end, if there are any: the first `}` outside quotes.
fn end_of_labels(line: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, byte) in line.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'}' if !quoted => return Some(index),
            _ => {}
        }
    }
    None
}

/// The naming part and what follows it.
fn split(line: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    let first = line.iter().position(|byte| matches!(byte, b'{' | b' ' | b'\t')).ok_or(MALFORMED)?;
    let end = if line.get(first) == Some(&b'{') { end_of_labels(line).ok_or(MALFORMED)? + 1 } else { first };
    Ok(line.split_at(end))
}

/// Whether a line may be one of this format.
pub fn is_like(line: &[u8]) -> bool {
    let Ok((series, rest)) = split(line) else { return false };
    labels(series).is_ok() && words(rest).next().is_some_and(|value| number::value(value) != Err(MALFORMED))
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// Reads one line.
pub fn line(line: &[u8], take: &mut dyn FnMut(Read<'_>)) -> Result<(), Refusal> {
    if line.first() == Some(&b'#') {
        return Ok(());
    }
    let (series, rest) = split(line)?;
    if series.len() > MAX_NAMING {
        return Err(TOO_MANY_LABELS);
    }
    let mut words = words(rest);
    let value: Number = number::value(words.next().ok_or(MALFORMED)?)?;
    // An exemplar follows a hash; it belongs to another system.
    let at = number::time(words.next().filter(|word| !word.starts_with(b"#")).ok_or(NO_TIMESTAMP)?)?;
    if words.next().is_some_and(|word| !word.starts_with(b"#")) {
        return Err(MALFORMED);
    }
    take(Read::Run(Run { naming: Naming { series, field: &[] }, times: &[at], values: &[value] }));
    Ok(())
}

/// A quoted text with its escapes undone, and what follows it.
fn quoted(quoted: &[u8]) -> Option<(String, &[u8])> {
    let mut rest = quoted.strip_prefix(b"\"")?;
    let mut octets = Vec::new();
    loop {
        let (first, more) = rest.split_first()?;
        rest = more;
        match first {
            b'"' => return Some((spelled(&octets), rest)),
            b'\\' => {
                let (escaped, more) = rest.split_first()?;
                rest = more;
                match escaped {
                    b'n' => octets.push(b'\n'),
                    b'"' | b'\\' => octets.push(*escaped),
                    // An escape that means nothing stands for itself.
                    _ => octets.extend([b'\\', *escaped]),
                }
            }
            byte => octets.push(*byte),
        }
    }
}

/// The labels of a naming part.
pub fn labels(series: &[u8]) -> Result<Labels, Refusal> {
    let mut labels = Labels::default();
    let open = series.iter().position(|byte| *byte == b'{').unwrap_or(series.len());
    let (name, rest) = series.split_at(open);
    labels.name = spelled(name.trim_ascii());
    let mut rest = rest.get(1..).unwrap_or_default().strip_suffix(b"}").unwrap_or_default().trim_ascii();
    while !rest.is_empty() {
        rest = pair(rest, &mut labels)?;
    }
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'{' | b'}' | b',' | b'=');
    if labels.name.is_empty() || !name.trim_ascii().iter().all(|byte| is_plain(*byte)) {
        return Err(MALFORMED);
    }
    Ok(labels)
}

/// Reads `label="value"` or, as Prometheus 3 writes names that are no words, `"name"`. Returns what follows the comma.
fn pair<'a>(pair: &'a [u8], labels: &mut Labels) -> Result<&'a [u8], Refusal> {
    let (label, rest) = if pair.first() == Some(&b'"') {
        quoted(pair).ok_or(MALFORMED)?
    } else {
        let equals = pair.iter().position(|byte| *byte == b'=').ok_or(MALFORMED)?;
        let (label, rest) = pair.split_at(equals);
        (spelled(label.trim_ascii()), rest)
    };
    let rest = rest.trim_ascii_start();
    let rest = match rest.strip_prefix(b"=") {
        Some(value) => {
            let (value, rest) = quoted(value.trim_ascii_start()).ok_or(MALFORMED)?;
            if label == "__name__" {
                labels.name = value
            } else {
                labels.put(label, value)?
            }
            rest
        }
        None => {
            labels.name = label;
            rest
        }
    };
    let rest = rest.trim_ascii_start();
    match rest.strip_prefix(b",") {
        Some(more) => Ok(more.trim_ascii_start()),
        None if rest.is_empty() => Ok(rest),
        None => Err(MALFORMED),
    }
}
