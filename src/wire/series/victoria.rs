//! JSON lines of VictoriaMetrics: `{"metric":{"__name__":"…",…},"values":[…],"timestamps":[…]}`, times in milliseconds.
//!
//! Source: docs.victoriametrics.com, "JSON line format". Values and times are most of the octets, so they are read by hand; the
//! labels, which come once a line, by serde_json.

use super::labels::spelled;
use super::{
    Labels, MALFORMED, MAX_NAMING, NO_TIMESTAMP, NOT_A_NUMBER, Naming, Number, Read, Refusal, Run, TOO_MANY_LABELS, UNEVEN,
    number,
};

/// Members of the object beside those that are known; each is passed over.
const MAX_MEMBERS: usize = 32;

/// How deep what is passed over may nest.
const MAX_DEPTH: usize = 16;

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn peek(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }

    /// Passes an octet over that has to be there.
    fn expect(&mut self, wanted: u8) -> Result<(), Refusal> {
        if self.peek() != Some(wanted) {
            return Err(MALFORMED);
        }
        self.rest = self.rest.get(1..).unwrap_or_default();
        Ok(())
    }

    /// Passes an octet over if it is there.
    fn eat(&mut self, wanted: u8) -> bool {
        self.expect(wanted).is_ok()
    }

    /// A string with its quotes, its escapes left alone.
    fn string(&mut self) -> Result<&'a [u8], Refusal> {
        if self.peek() != Some(b'"') {
            return Err(MALFORMED);
        }
        let mut escaped = false;
        for (index, byte) in self.rest.iter().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    let (string, rest) = self.rest.split_at(index + 1);
                    self.rest = rest;
                    return Ok(string);
                }
                _ => {}
            }
        }
        Err(MALFORMED)
    }

    /// Passes a value over, and returns its octets.
    fn value(&mut self) -> Result<&'a [u8], Refusal> {
        self.peek();
        let start = self.rest;
        let mut depth = 0usize;
        loop {
            match self.peek().ok_or(MALFORMED)? {
                b'{' | b'[' => {
                    depth += 1;
                    self.rest = self.rest.get(1..).unwrap_or_default();
                    if depth > MAX_DEPTH {
                        return Err(MALFORMED);
                    }
                    continue;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.rest = self.rest.get(1..).unwrap_or_default();
                }
                b'"' => drop(self.string()?),
                b',' | b':' if depth > 0 => {
                    self.rest = self.rest.get(1..).unwrap_or_default();
                    continue;
                }
                _ => drop(self.word()?),
            }
            if depth == 0 {
                return Ok(start.get(..start.len() - self.rest.len()).unwrap_or_default());
            }
        }
    }

    /// A number, `null`, `true`.
    fn word(&mut self) -> Result<&'a [u8], Refusal> {
        let end =
            self.rest.iter().position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b':')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if word.is_empty() { Err(MALFORMED) } else { Ok(word) }
    }

    /// The items of an array, each a number, a word or a string.
    fn array(&mut self, mut item: impl FnMut(&'a [u8]) -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.expect(b'[')?;
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            let text = if self.peek() == Some(b'"') {
                let string = self.string()?;
                string.get(1..string.len().saturating_sub(1)).unwrap_or_default()
            } else {
                self.word()?
            };
            item(text)?;
            if !self.eat(b',') {
                return self.expect(b']');
            }
        }
    }
}

/// Whether a line may be one of this format.
pub fn is_like(line: &[u8]) -> bool {
    let mut cursor = Cursor { rest: line };
    cursor.expect(b'{').is_ok() && cursor.string().is_ok() && cursor.expect(b':').is_ok()
}

/// Reads one line, with working space for its times and values.
pub fn line(
    line: &[u8],
    (times, values): (&mut Vec<i64>, &mut Vec<Number>),
    take: &mut dyn FnMut(Read<'_>),
) -> Result<(), Refusal> {
    times.clear();
    values.clear();
    let (mut metric, mut timed) = (None, false);
    // What was refused of the values: where, and why.
    let mut refused: Vec<(usize, Refusal)> = Vec::new();
    let mut cursor = Cursor { rest: line };
    cursor.expect(b'{')?;
    for member in 0.. {
        if member > MAX_MEMBERS {
            return Err(MALFORMED);
        }
        let name = cursor.string()?;
        cursor.expect(b':')?;
        match name {
            b"\"metric\"" => metric = Some(cursor.value()?),
            b"\"values\"" => {
                values.clear();
                refused.clear();
                cursor.array(|text| {
                    values.push(value(text).unwrap_or_else(|refusal| {
                        refused.push((values.len(), refusal));
                        Number::Whole(0)
                    }));
                    Ok(())
                })?;
            }
            b"\"timestamps\"" => {
                times.clear();
                timed = true;
                cursor.array(|text| {
                    times.push(number::time(text)?);
                    Ok(())
                })?;
            }
            _ => drop(cursor.value()?),
        }
        if !cursor.eat(b',') {
            break;
        }
    }
    cursor.expect(b'}')?;
    let series = metric.ok_or(MALFORMED)?;
    match cursor.peek() {
        Some(_) => Err(MALFORMED),
        None if !timed => Err(NO_TIMESTAMP),
        None if times.len() != values.len() => Err(UNEVEN),
        None if series.len() > MAX_NAMING => Err(TOO_MANY_LABELS),
        None => {
            hand_over(Run { naming: Naming { series, field: &[] }, times, values }, &refused, take);
            Ok(())
        }
    }
}

/// Hands runs between refused values over.
fn hand_over(run: Run<'_>, refused: &[(usize, Refusal)], take: &mut dyn FnMut(Read<'_>)) {
    let mut start = 0;
    let part = |start: usize, end: usize, take: &mut dyn FnMut(Read<'_>)| {
        if let (Some(times), Some(values)) = (run.times.get(start..end), run.values.get(start..end))
            && !times.is_empty()
        {
            take(Read::Run(Run { naming: run.naming, times, values }));
        }
    };
    for (index, refusal) in refused {
        part(start, *index, take);
        take(Read::Refused(*refusal, 1));
        start = index + 1;
    }
    part(start, run.times.len(), take);
}

fn value(text: &[u8]) -> Result<Number, Refusal> {
    if text == b"null" { Err(NOT_A_NUMBER) } else { number::value(text) }
}

/// The labels of a metric's object.
pub fn labels(series: &[u8]) -> Result<Labels, Refusal> {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&spelled(series)).map_err(|_| MALFORMED)?;
    let mut labels = Labels::default();
    for (label, value) in members {
        let serde_json::Value::String(value) = value else { return Err(MALFORMED) };
        if label == "__name__" { labels.name = value } else { labels.put(label, value)? }
    }
    if labels.name.is_empty() { Err(MALFORMED) } else { Ok(labels) }
}
