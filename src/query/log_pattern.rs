//! What lines have in common that say the same: their words, with `*` for what differs from one to the next.
//!
//! Made of one line alone, so that it is the same in every process and at every time: figures, addresses, names of ports and hosts, quoted
//! strings and long codes become `*`. Words that vary and look like words (the name of a user) stay.

use crate::model::LogLine;

/// Words of a text that count: what is behind says more of the case than of the kind.
const MOST_WORDS: usize = 24;

/// Characters of a pattern at most.
const MOST_CHARS: usize = 160;

/// Longer pieces without a figure are codes or paths, no words.
const LONGEST_WORD: usize = 32;

/// Shorter pieces of hexadecimal letters are words (`dead`, `face`, `added`).
const SHORTEST_HEX: usize = 8;

/// What parts the pieces of a word beside blanks.
const fn parts(c: char) -> bool {
    matches!(c, '|' | ',' | ';' | '=' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>')
}

/// The pattern of a line: the program that speaks, and its words.
pub fn pattern_of(line: &LogLine) -> String {
    let device = line.device.as_ref();
    let names = [device.map(|device| &*device.name), device.and_then(|device| device.port.as_deref()), line.host.as_deref()];
    let mut pattern = Pattern { out: String::with_capacity(MOST_CHARS), chars: 0, names };
    if let Some(app) = &line.app {
        pattern.piece(app);
        pattern.push(':');
    }
    let mut rest = line.text.as_str();
    for _ in 0..MOST_WORDS {
        rest = rest.trim_start();
        if rest.is_empty() || pattern.is_full() {
            break;
        }
        rest = pattern.word(rest);
    }
    pattern.out
}

struct Pattern<'a> {
    out: String,
    chars: usize,
    /// What the line itself names: its device, its port, its host.
    names: [Option<&'a str>; 3],
}

impl Pattern<'_> {
    fn is_full(&self) -> bool {
        self.chars >= MOST_CHARS
    }

    fn push(&mut self, c: char) {
        if !self.is_full() {
            self.out.push(c);
            self.chars += 1;
        }
    }

    /// Takes the first word of a text; what is behind it.
    fn word<'t>(&mut self, text: &'t str) -> &'t str {
        if !self.out.is_empty() {
            self.push(' ');
        }
        if let Some((quote, inner)) =
            text.chars().next().filter(|c| matches!(c, '"' | '\'')).map(|c| (c, text.get(1..).unwrap_or_default()))
            && let Some(end) = inner.find(quote)
        {
            self.star();
            return inner.get(end + 1..).unwrap_or_default();
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        // A vendor's own mnemonic: `%LINK-3-UPDOWN:`.
        if word.starts_with('%') && word.contains('-') {
            word.chars().for_each(|c| self.push(c));
            return rest;
        }
        let mut from = 0;
        for (at, c) in word.char_indices().filter(|(_, c)| parts(*c)) {
            self.piece(word.get(from..at).unwrap_or_default());
            self.push(c);
            from = at + c.len_utf8();
        }
        self.piece(word.get(from..).unwrap_or_default());
        rest
    }

    /// What stands between two signs.
    fn piece(&mut self, piece: &str) {
        let core = piece.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '"' | '\'' | '`'));
        if core.is_empty() || !self.varies(core) {
            piece.chars().for_each(|c| self.push(c));
            return;
        }
        let start = piece.find(core).unwrap_or(0);
        piece.get(..start).unwrap_or_default().chars().for_each(|c| self.push(c));
        self.star();
        piece.get(start + core.len()..).unwrap_or_default().chars().for_each(|c| self.push(c));
    }

    /// One of them for several in a row.
    fn star(&mut self) {
        if self.out.ends_with("* ") {
            self.out.pop();
            self.chars -= 1;
        } else {
            self.push('*');
        }
    }

    fn varies(&self, core: &str) -> bool {
        core.bytes().any(|byte| byte.is_ascii_digit())
            || core.len() > LONGEST_WORD
            || is_hex(core)
            || self.names.iter().flatten().any(|name| name.eq_ignore_ascii_case(core))
    }
}

/// Whether it is a number or an address of hexadecimal digits that happen to be letters.
fn is_hex(core: &str) -> bool {
    let signs = |byte: u8| matches!(byte, b':' | b'-' | b'.');
    let letters = core.bytes().filter(|byte| !signs(*byte)).count();
    letters >= SHORTEST_HEX && core.bytes().all(|byte| byte.is_ascii_hexdigit() || signs(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::{JoinedBy, LogDevice};
    use crate::model::{DeviceId, LogKind, Timestamp};

    fn line(text: &str) -> LogLine {
        let mut line = LogLine::new(Timestamp(0), [10, 0, 0, 1].into(), LogKind::Syslog);
        line.text = text.to_owned();
        line
    }

    #[test]
    fn what_differs_from_line_to_line_is_a_star() {
        for (text, expected) in [
            ("Failed password for root from 10.66.1.13 port 40022 ssh2", "Failed password for root from * port *"),
            ("%LINK-3-UPDOWN: Interface Te1/1/4, changed state to down", "%LINK-3-UPDOWN: Interface *, changed state to down"),
            ("Event|10502|LOG_INFO|AMM|1/1|Client 3c22.fb00 on 1/1/7", "Event|*|LOG_INFO|AMM|*|Client * on *"),
            ("user=admin src=10.0.0.1 action=\"deny all\"", "user=admin src=* action=\"deny all\""),
            ("said \"what you like\" to aa:bb:cc:dd:ee:ff.", "said * to *."),
            ("가입자 3명이 접속", "가입자 * 접속"),
            ("numbers 1 2 3 4 end", "numbers * end"),
            ("", ""),
            ("\u{1b}[31m evil \u{202e}", "\u{1b}[*m evil \u{202e}"),
        ] {
            let pattern = pattern_of(&line(text));
            if text.starts_with('\u{1b}') {
                assert!(pattern.ends_with(" evil \u{202e}"), "{pattern:?}");
                continue;
            }
            assert_eq!(pattern, expected);
        }
    }

    #[test]
    fn names_that_the_line_itself_has_are_stars_and_its_program_stands_in_front() {
        let mut line = line("core is down: uplink lost");
        line.app = Some("chassisd".to_owned());
        line.host = Some("CORE".to_owned());
        let device =
            LogDevice { id: DeviceId::new("a"), name: "core".into(), by: JoinedBy::Host, port: Some("uplink".to_owned()) };
        line.device = Some(device);
        assert_eq!(pattern_of(&line), "chassisd: * is down: * lost");
    }

    #[test]
    fn a_pattern_is_bounded_whatever_the_line_is() {
        for text in ["word ".repeat(5000), "x".repeat(9000), "|".repeat(9000), "\u{fffd}".repeat(3000), "1 a ".repeat(3000)] {
            assert!(pattern_of(&line(&text)).chars().count() <= MOST_CHARS);
        }
    }
}
