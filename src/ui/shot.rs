//! One screen without a terminal: the live console's own update and draw, fed by blocking questions to the engine.

mod glyphs;
mod svg;

use super::console::Console;
use super::effect::Effect;
use super::keymap::Key;
use super::run::UiOptions;
use super::state::{Place, UiState};
use super::terminal::parameters;
use crate::engine::{AskError, Handle, Update};
use crate::model::Timestamp;
use crate::query::{Screen, Sort, Subject, ViewRequest};
use crate::state::view::ViewBody;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier};
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

pub use svg::svg;

/// Which picture is wanted.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which screen.
    pub screen: Screen,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Keys pressed before.
    pub keys: Vec<Key>,
    /// The past time that is shown.
    pub at: Option<Timestamp>,
}

/// Draws a screen. One that is about a thing is about the first that is worth it: the largest switch, the busiest port.
///
/// Errors: what the engine says to a question that it refuses.
pub fn of_screen(handle: &Handle, options: &UiOptions, request: &Request) -> Result<Buffer, AskError> {
    let (width, height) = request.size;
    let (mut state, _) = options.state(Size::new(width, height));
    state.place = place(handle, request)?;
    state.time.at = request.at;
    if request.at.is_some() {
        state.time.now = handle.ask(ViewRequest::new(Screen::Help, 1))?.chrome.at;
    }
    render(handle, state, &request.keys)
}

fn place(handle: &Handle, request: &Request) -> Result<Place, AskError> {
    let of = |screen: Screen, sort: Option<&str>| {
        let mut wanted = ViewRequest::new(screen, usize::MAX);
        wanted.at = request.at;
        wanted.sort = sort.map(|column| Sort { column: column.to_owned(), descending: true });
        handle.ask(wanted).map(|view| view.body)
    };
    Ok(match request.screen {
        Screen::Device => match of(Screen::Devices, None)? {
            ViewBody::Devices(table) => table.rows.iter().max_by_key(|row| (row.interfaces, Reverse(&row.name))).map(|row| {
                Place { screen: Screen::Device, subject: Some(Subject::Device(row.id.clone())), title: row.name.clone() }
            }),
            _ => None,
        },
        Screen::Interface => match of(Screen::Interfaces, Some("inUtilisation"))? {
            ViewBody::Interfaces(table) => table.rows.first().map(super::pane::interfaces::place_of),
            _ => None,
        },
        _ => None,
    }
    .unwrap_or_else(|| Place::screen(request.screen)))
}

/// Questions asked for one key at most: a screen that asks on and on is a fault.
const MAX_ASKS: usize = 8;

/// What is done to a console.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// A key is pressed.
    Key(Key),
    /// The terminal gets another size, columns and rows.
    Size(u16, u16),
}

/// Draws a screen after some keys were pressed on it.
///
/// Errors: what the engine says to a question that it refuses.
pub fn render(handle: &Handle, state: UiState, keys: &[Key]) -> Result<Buffer, AskError> {
    render_steps(handle, state, &keys.iter().map(|key| Step::Key(*key)).collect::<Vec<_>>())
}

/// Draws a screen after keys and changes of size.
///
/// Errors: what the engine says to a question that it refuses.
pub fn render_steps(handle: &Handle, state: UiState, steps: &[Step]) -> Result<Buffer, AskError> {
    let mut console = Console::new(state);
    settle(&mut console, handle, vec![Effect::Watch])?;
    for step in steps {
        let effects = match *step {
            Step::Key(key) => console.key(key),
            Step::Size(width, height) => console.resize(Size::new(width, height)),
        };
        settle(&mut console, handle, effects)?;
    }
    let size = console.state.size;
    let mut buf = Buffer::empty(Rect::new(0, 0, size.width, size.height));
    console.draw(&mut buf);
    Ok(buf)
}

/// Carries out what can be carried out without a terminal until nothing is left.
///
/// Errors: what the engine says to a question that it refuses.
pub fn settle(console: &mut Console, handle: &Handle, effects: Vec<Effect>) -> Result<(), AskError> {
    let mut queue: std::collections::VecDeque<Effect> = effects.into();
    let mut asks = 0;
    while let Some(effect) = queue.pop_front() {
        match effect {
            Effect::Watch if asks < MAX_ASKS => {
                asks += 1;
                let view = handle.ask(console.request())?;
                let watch = console.state.watch;
                queue.extend(console.update(Update::View(watch, Arc::new(view))));
            }
            Effect::WatchDetail if asks < MAX_ASKS => {
                asks += 1;
                let Some(request) = console.detail_request().cloned() else { continue };
                // What is under the cursor may be gone at that time: the screen says so itself.
                if let Ok(view) = handle.ask(request) {
                    queue.extend(console.update(Update::View(super::console::DETAIL, Arc::new(view))));
                }
            }
            Effect::WatchBeside if asks < MAX_ASKS => {
                asks += 1;
                let wanted: Vec<_> = console.beside().filter_map(|(watch, request)| Some((watch, request?.clone()))).collect();
                for (watch, request) in wanted {
                    if let Ok(view) = handle.ask(request) {
                        queue.extend(console.update(Update::View(watch, Arc::new(view))));
                    }
                }
            }
            Effect::Ask(purpose, command) if asks < MAX_ASKS => {
                asks += 1;
                let answer = handle.command(command);
                queue.extend(console.answer(purpose, answer));
            }
            Effect::Watch
            | Effect::WatchDetail
            | Effect::WatchBeside
            | Effect::Ask(..)
            | Effect::Copy(_)
            | Effect::SaveScreen(_)
            | Effect::Export(_) => {}
            Effect::Mouse(_) | Effect::WatchAlarms | Effect::Ring(_) | Effect::Redraw | Effect::Suspend | Effect::Quit => {}
        }
    }
    Ok(())
}

/// Keys as `--keys` takes them, apart by blanks: `j j Enter`, `/ core Enter`. What names no key is typed letter by letter.
pub fn keys(text: &str) -> Vec<Key> {
    let typed = |word: &str| word.chars().map(|c| Key::plain(crossterm::event::KeyCode::Char(c))).collect::<Vec<_>>();
    text.split_whitespace()
        .flat_map(|word| {
            let named = if word.chars().count() > 1 { word.to_lowercase() } else { word.to_owned() };
            Key::parse(&named).map_or_else(|| typed(word), |key| vec![key])
        })
        .collect()
}

/// Exactly one line a row, trailing blanks trimmed.
pub fn text(buf: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buf) {
        let line: String = row.iter().map(|(cell, _)| cell.symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The same with SGR colours (ECMA-48 §8.3.117).
pub fn ansi(buf: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buf) {
        let mut last = String::new();
        for (cell, _) in row {
            let style = sgr(cell);
            if style != last {
                let _infallible = write!(out, "\x1b[0{style}m");
                last = style;
            }
            out.push_str(cell.symbol());
        }
        out.push_str("\x1b[0m\n");
    }
    out
}

/// A second picture of a screen that says how it is styled: a letter for each different style, and what the letters mean.
pub fn styles(buf: &Buffer) -> String {
    let mut known: Vec<String> = Vec::new();
    let mut out = String::new();
    for row in rows(buf) {
        let mut line = String::new();
        for (cell, _) in row {
            let style = sgr(cell);
            let letter = if style.is_empty() {
                '.'
            } else {
                let at = known.iter().position(|other| *other == style).unwrap_or_else(|| {
                    known.push(style);
                    known.len() - 1
                });
                LETTERS.chars().nth(at).unwrap_or('*')
            };
            line.push_str(&letter.to_string().repeat(cell.symbol().width().max(1)));
        }
        out.push_str(line.trim_end_matches('.'));
        out.push('\n');
    }
    for (letter, style) in LETTERS.chars().zip(&known) {
        let _infallible = writeln!(out, "{letter} = {}", style.trim_start_matches(';'));
    }
    out
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Cells of each row with their column; the second cell of a wide glyph is left out.
fn rows(buf: &Buffer) -> impl Iterator<Item = Vec<(&Cell, u16)>> {
    let area = buf.area;
    (area.top()..area.bottom()).map(move |y| {
        let mut cells = Vec::new();
        let mut x = area.left();
        while x < area.right() {
            let Some(cell) = buf.cell((x, y)) else { break };
            cells.push((cell, x));
            x += u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
        }
        cells
    })
}

fn sgr(cell: &Cell) -> String {
    const MODIFIERS: [(Modifier, &str); 5] = [
        (Modifier::BOLD, ";1"),
        (Modifier::DIM, ";2"),
        (Modifier::ITALIC, ";3"),
        (Modifier::UNDERLINED, ";4"),
        (Modifier::REVERSED, ";7"),
    ];
    let mut out: String = MODIFIERS.iter().filter(|(bit, _)| cell.modifier.contains(*bit)).map(|(_, code)| *code).collect();
    out.push_str(&colour(cell.fg, 30));
    out.push_str(&colour(cell.bg, 40));
    out
}

/// SGR parameters of a colour; nothing for the terminal's own.
fn colour(colour: Color, base: u8) -> String {
    if colour == Color::Reset { String::new() } else { format!(";{}", parameters(colour, base)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_names_or_typed_letters() {
        let shown: Vec<String> = keys("j / core Enter ctrl-d G").iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["j", "/", "c", "o", "r", "e", "Enter", "Ctrl-d", "G"]);
    }

    #[test]
    fn text_has_a_line_for_each_row_and_wide_glyphs_once() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 6, 2));
        buf.set_string(0, 0, "회의x", ratatui::style::Style::new().fg(Color::Red));
        assert_eq!(text(&buf), "회의x\n\n");
        assert_eq!(ansi(&buf), "\x1b[0;31m회의x\x1b[0m \x1b[0m\n      \x1b[0m\n");
        assert_eq!(styles(&buf), "aaaaa\n\na = 31\n");
    }
}
