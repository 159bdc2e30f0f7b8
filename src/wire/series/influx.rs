//! InfluxDB line protocol: `measurement,tag=value,… field=value,… timestamp`.
//!
//! Source: docs.influxdata.com, "Line protocol reference". A series here is a measurement with its tags and one field; its name is the
//! measurement's, with the field's behind an underscore unless that is `value`. Times are nanoseconds, or of any other precision by
//! their size.

use super::labels::spelled;
use super::{Labels, MALFORMED, MAX_NAMING, NO_TIMESTAMP, Naming, Number, Read, Refusal, Run, TEXT, TOO_MANY_LABELS, number};

/// Fields of a line at most: some more than any collector writes.
const MAX_FIELDS: usize = 4096;

/// The first of these octets that no backslash precedes and that is not within quotes, where quotes count.
fn find(text: &[u8], wanted: &[u8], quotes: Quotes) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, byte) in text.iter().enumerate() {
        if escaped {
            escaped = false;
        } else if *byte == b'\\' {
            escaped = true;
        } else if *byte == b'"' && quotes == Quotes::Count {
            quoted = !quoted;
        } else if !quoted && wanted.contains(byte) {
            return Some(index);
        }
    }
    None
}

/// Whether quotes hide what is between them: they do in field values only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Count,
    Plain,
}

/// Series, fields, and the rest of a line.
fn split(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (series, rest) = line.split_at(find(line, b" ", Quotes::Plain)?);
    let rest = rest.trim_ascii_start();
    let (fields, rest) = rest.split_at(find(rest, b" ", Quotes::Count).unwrap_or(rest.len()));
    Some((series, fields, rest.trim_ascii()))
}

/// Whether a line may be one of this format.
pub fn is_like(line: &[u8]) -> bool {
    let Some((series, fields, rest)) = split(line) else { return false };
    let is_field = find(fields, b"=", Quotes::Count).is_some_and(|equals| equals > 0);
    is_field && labels(Naming { series, field: b"value" }).is_ok() && (rest.is_empty() || number::digits(rest).is_some())
}

/// Reads one line.
pub fn line(line: &[u8], take: &mut dyn FnMut(Read<'_>)) -> Result<(), Refusal> {
    if line.first() == Some(&b'#') {
        return Ok(());
    }
    let (series, mut fields, rest) = split(line).ok_or(MALFORMED)?;
    if series.len() > MAX_NAMING {
        return Err(TOO_MANY_LABELS);
    }
    if rest.is_empty() {
        return Err(NO_TIMESTAMP);
    }
    let at = number::time(rest)?;
    for _ in 0..MAX_FIELDS {
        let (field, more) = fields.split_at(find(fields, b",", Quotes::Count).unwrap_or(fields.len()));
        let (name, text) = field.split_at(find(field, b"=", Quotes::Plain).filter(|equals| *equals > 0).ok_or(MALFORMED)?);
        if name.len() > MAX_NAMING {
            return Err(TOO_MANY_LABELS);
        }
        match value(text.get(1..).unwrap_or_default()) {
            Ok(value) => take(Read::Run(Run { naming: Naming { series, field: name }, times: &[at], values: &[value] })),
            Err(refusal) => take(Read::Refused(refusal, 1)),
        }
        match more.get(1..) {
            Some(next) => fields = next,
            None => return Ok(()),
        }
    }
    Err(TOO_MANY_LABELS)
}

/// A field's value: `5i` and `5u` are whole, `5` is floating-point, `t` and `f` are one and nought.
fn value(text: &[u8]) -> Result<Number, Refusal> {
    match text {
        b"t" | b"T" | b"true" | b"True" | b"TRUE" => return Ok(Number::Whole(1)),
        b"f" | b"F" | b"false" | b"False" | b"FALSE" => return Ok(Number::Whole(0)),
        [b'"', ..] => return Err(TEXT),
        _ => {}
    }
    let Some(whole) = text.strip_suffix(b"i").or_else(|| text.strip_suffix(b"u")) else { return number::value(text) };
    if let Some(number) = number::digits(whole) {
        return Ok(Number::Whole(number));
    }
    let below = whole.strip_prefix(b"-").and_then(number::digits).ok_or(MALFORMED)?;
    negative(below)
}

/// A negative whole number, where floating point holds it exactly.
#[allow(clippy::cast_precision_loss, reason = "its size was checked")]
fn negative(size: u64) -> Result<Number, Refusal> {
    match size {
        0 => Ok(Number::Whole(0)),
        1..=EXACT => Ok(Number::Real(-(size as f64))),
        _ => Err(super::BEYOND),
    }
}

/// All whole numbers up to here have a floating-point number of their own.
const EXACT: u64 = 1 << 53;

/// The labels of a measurement with its tags, and a field.
pub fn labels(naming: Naming<'_>) -> Result<Labels, Refusal> {
    let mut labels = Labels::default();
    let mut rest = naming.series;
    let mut is_measurement = true;
    loop {
        let (item, more) = rest.split_at(find(rest, b",", Quotes::Plain).unwrap_or(rest.len()));
        if is_measurement {
            labels.name = unescaped(item);
            is_measurement = false;
        } else {
            let (tag, value) = item.split_at(find(item, b"=", Quotes::Plain).filter(|equals| *equals > 0).ok_or(MALFORMED)?);
            labels.put(unescaped(tag), unescaped(value.get(1..).unwrap_or_default()))?;
        }
        match more.get(1..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    let field = unescaped(naming.field);
    if labels.name.is_empty() || field.is_empty() {
        return Err(MALFORMED);
    }
    if field != "value" {
        labels.name = format!("{}_{field}", labels.name);
    }
    Ok(labels)
}

/// Text without the backslashes in front of what they protect.
fn unescaped(text: &[u8]) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut bytes = text.iter().peekable();
    while let Some(byte) = bytes.next() {
        let protects = *byte == b'\\' && bytes.peek().is_some_and(|next| matches!(next, b',' | b'=' | b' ' | b'\\' | b'"'));
        octets.push(if protects { bytes.next().copied().unwrap_or(*byte) } else { *byte });
    }
    spelled(&octets)
}
