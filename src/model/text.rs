//! Text from outside, made safe and normal.
//!
//! Device text is hostile: sysName, ifAlias or a syslog line may carry escape sequences that would attack the operator's
//! terminal. It is kept as it came and shown through [`visible`].

use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Octets from an agent as text: UTF-8 where it is valid, else Latin-1; NFC; trailing NULs and blanks dropped.
pub fn from_octets(octets: &[u8]) -> String {
    let trimmed = octets.iter().rposition(|b| !matches!(b, 0 | b' ')).map_or(&[][..], |last| &octets[..=last]);
    let text = match std::str::from_utf8(trimmed) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(trimmed.iter().map(|&b| char::from(b)).collect()),
    };
    if is_nfc(&text) { text.into_owned() } else { text.nfc().collect() }
}

/// The same, `None` where nothing is left: unknown is never an empty string.
pub fn known(octets: &[u8]) -> Option<String> {
    Some(from_octets(octets)).filter(|text| !text.is_empty())
}

/// Whether a character could act on a terminal or reorder what is read: C0, DEL, C1, bidi controls and line separators.
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `text` with every control and bidi character shown as `\x1b` or `\u202e`. Safe on a terminal and in one line.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        let code = u32::from(c);
        let written = match c {
            c if !is_control(c) => {
                out.push(c);
                Ok(())
            }
            _ if code < 0x100 => write!(out, "\\x{code:02x}"),
            _ => write!(out, "\\u{code:04x}"),
        };
        debug_assert!(written.is_ok(), "writing to a String does not fail");
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_not_sent() {
        assert_eq!(visible("core\x1b]0;x\x07"), "core\\x1b]0;x\\x07");
        assert_eq!(visible("a\u{202e}b\u{9b}"), "a\\u202eb\\x9b");
        assert_eq!(visible("회의실-3 AP"), "회의실-3 AP");
    }

    #[test]
    fn octets_that_are_not_utf8_are_latin1_and_hangul_is_composed() {
        assert_eq!(from_octets(b"Z\xfcrich\0"), "Zürich");
        assert_eq!(from_octets("\u{1112}\u{1161}\u{11ab}".as_bytes()), "한");
        assert_eq!(known(b"  "), None);
    }
}
