//! RFC 5424: header, structured data, message.

use super::{digits, word};
use crate::model::Timestamp;
use crate::model::log::{LogLine, OwnTime};

/// Reads what follows the priority; whether it is of this form. Where it is not, the line is as it was.
pub(super) fn read(text: &str, line: &mut LogLine) -> bool {
    // RFC 5424 §6.2.2: VERSION is a number without a leading zero; 1 is the only one that was ever given.
    let Some((version, rest)) = text.split_once(' ') else { return false };
    if digits::<u16>(version, 3).is_none_or(|version| version == 0) || version.starts_with('0') {
        return false;
    }
    let mut fields = rest.splitn(6, ' ');
    let mut next = || fields.next();
    let (Some(time), Some(host), Some(app), Some(process), Some(id), rest) = (next(), next(), next(), next(), next(), next())
    else {
        return false;
    };
    // A time of any other form is a fault of the sender, and no reason to doubt the rest; a word that is no time at all is.
    let own = Timestamp::parse_absolute(time).map(|at| OwnTime { at, zoned: true });
    if own.is_none() && time != "-" && !time.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    line.own = own;
    line.host = word(host);
    line.app = word(app);
    line.process = word(process);
    line.message_id = word(id);
    let (data, message) = structured(rest.unwrap_or_default());
    let message = message.trim_start_matches('\u{feff}').trim_start();
    // Vendors with structured data leave the message out: the data is what they say.
    message_or_data(message, data).clone_into(&mut line.text);
    true
}

fn message_or_data<'a>(message: &'a str, data: &'a str) -> &'a str {
    if message.is_empty() && data != "-" { data } else { message }
}

/// STRUCTURED-DATA and MSG (RFC 5424 §6.3). Data that does not end is part of the message.
fn structured(text: &str) -> (&str, &str) {
    if let Some(rest) = text.strip_prefix('-') {
        return ("-", rest.strip_prefix(' ').unwrap_or(rest));
    }
    let mut at = 0;
    while text.get(at..).is_some_and(|rest| rest.starts_with('[')) {
        match element_end(text, at) {
            Some(end) => at = end,
            None => return ("-", text),
        }
    }
    (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default())
}

/// Where the element that begins at `from` ends. A `]` within quotes does not end it (RFC 5424 §6.3.3).
fn element_end(text: &str, from: usize) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}
