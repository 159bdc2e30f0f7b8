//! The subject and text of a mail.

use super::{LISTED, shown};
use crate::notify::letter::Letter;
use std::fmt::Write as _;

/// `[HQ] CRITICAL core-1: 2 polls not answered`
pub fn subject(letter: &Letter) -> String {
    format!("[{}] {}", letter.site, letter.line())
}

/// A line for each fact; of a digest a line for each alarm.
pub fn text(letter: &Letter) -> String {
    let mut out = format!("{}\n\n", letter.line());
    match letter.items.as_slice() {
        [only] => {
            for (name, value) in shown(only) {
                let written = writeln!(out, "{name:<16}{value}");
                debug_assert!(written.is_ok(), "writing to a String does not fail");
            }
        }
        several => {
            for item in several.iter().take(LISTED * 5) {
                out.push_str(&item.line());
                out.push('\n');
            }
            let more = several.len().saturating_sub(LISTED * 5);
            if more > 0 {
                let written = writeln!(out, "and {more} more");
                debug_assert!(written.is_ok(), "writing to a String does not fail");
            }
        }
    }
    let written = writeln!(out, "\n-- \nnoctop at {}", crate::model::text::visible(&letter.site));
    debug_assert!(written.is_ok(), "writing to a String does not fail");
    out
}
