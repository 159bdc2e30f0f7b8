//! A question on the terminal whose answer is not shown: a secret that is typed or pasted.

use crate::model::secret::Secret;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use std::io::{self, Write as _};
use zeroize::{Zeroize as _, Zeroizing};

/// Octets of an answer at most; beyond that keys do nothing, so that the memory never moves.
const LONGEST: usize = 4096;

/// The terminal answers lines again, whatever happened.
struct Raw;

impl Drop for Raw {
    fn drop(&mut self) {
        let _the_terminal_may_be_gone = disable_raw_mode();
        let _stderr_may_be_gone = io::stderr().write_all(b"\r\n");
    }
}

/// Asks on stderr and reads keys up to Enter without showing them; `None` where it was broken off (Ctrl-C, Ctrl-D, Esc).
///
/// Errors: there is no terminal to read.
pub fn hidden(question: &str) -> io::Result<Option<Secret>> {
    let mut stderr = io::stderr();
    write!(stderr, "{question}: ")?;
    stderr.flush()?;
    enable_raw_mode()?;
    let _raw = Raw;
    let mut answer = Zeroizing::new(String::with_capacity(LONGEST));
    loop {
        match read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => match step(&mut answer, key) {
                Step::More => {}
                Step::Done => return Ok(Some(Secret::new(answer.as_str()))),
                Step::Left => return Ok(None),
            },
            Event::Paste(mut text) => {
                text.chars().filter(|c| !c.is_control()).for_each(|c| push(&mut answer, c));
                text.zeroize();
            }
            _ => {}
        }
    }
}

/// What a key leads to.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    More,
    Done,
    Left,
}

fn step(answer: &mut String, key: KeyEvent) -> Step {
    match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
        (KeyCode::Enter, _) => return Step::Done,
        (KeyCode::Esc, _) | (KeyCode::Char('c'), true) => return Step::Left,
        (KeyCode::Char('d'), true) if answer.is_empty() => return Step::Left,
        (KeyCode::Char('u'), true) => answer.zeroize(),
        (KeyCode::Backspace, _) => {
            answer.pop();
        }
        (KeyCode::Char(c), false) => push(answer, c),
        _ => {}
    }
    Step::More
}

fn push(answer: &mut String, c: char) {
    if answer.len() + c.len_utf8() <= LONGEST {
        answer.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[(KeyCode, KeyModifiers)]) -> (String, Step) {
        let mut answer = String::new();
        let last = keys.iter().map(|(code, with)| step(&mut answer, KeyEvent::new(*code, *with))).last().unwrap();
        (answer, last)
    }

    #[test]
    fn keys_make_an_answer_and_some_break_it_off() {
        let plain = |c: char| (KeyCode::Char(c), KeyModifiers::NONE);
        let with = |c: char| (KeyCode::Char(c), KeyModifiers::CONTROL);
        let key = |code: KeyCode| (code, KeyModifiers::NONE);
        assert_eq!(typed(&[plain('a'), plain('비'), key(KeyCode::Enter)]), ("a비".to_owned(), Step::Done));
        assert_eq!(typed(&[plain('a'), plain('b'), key(KeyCode::Backspace)]), ("a".to_owned(), Step::More));
        assert_eq!(typed(&[plain('a'), with('u'), plain('c')]), ("c".to_owned(), Step::More));
        assert_eq!(typed(&[plain('a'), with('c')]).1, Step::Left);
        assert_eq!(typed(&[with('d')]).1, Step::Left);
        assert_eq!(typed(&[plain('a'), with('d')]), ("a".to_owned(), Step::More));
    }
}
