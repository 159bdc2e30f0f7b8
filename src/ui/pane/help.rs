//! Help: every key and command, made from the tables that dispatch them. `/` searches.

use super::{Context, Gesture, Pane, Scene};
use crate::query::{Screen, ViewRequest};
use crate::state::view::View;
use crate::ui::UiState;
use crate::ui::action::{ACTIONS, Action};
use crate::ui::chrome::screen_name;
use crate::ui::command::COMMANDS;
use crate::ui::effect::Effect;
use crate::ui::text::{EN, fit};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::{notice, put};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The screen.
pub struct Help;

/// Cells of a column of help: keys, and a line about them.
const COLUMN: u16 = 58;
/// Cells for keys.
const KEYS: u16 = 14;

/// A line of help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpLine {
    /// A heading.
    Heading(String),
    /// Keys and what they do.
    Entry(String, String),
    /// Space between groups.
    Blank,
}

/// The help lines for a screen, those that hold `search` only.
pub fn lines(state: &UiState, search: &str) -> Vec<HelpLine> {
    let about = state.help_about;
    let mut groups: Vec<(String, Vec<HelpLine>)> = Vec::new();
    for context in super::of(about).contexts() {
        groups.push((format!("Here: {}", screen_name(about)), actions(state, *context)));
    }
    for (title, context) in [
        ("Everywhere", Context::Global),
        ("After o", Context::Related),
        ("While writing", Context::Input),
        ("Lists", Context::List),
        ("Tables", Context::Table),
        ("Graphs", Context::Graph),
        ("Map", Context::Map),
        ("Discovery", Context::Discovery),
        ("Flows", Context::Flows),
        ("List of columns", Context::Columns),
        ("By what flows are summed up", Context::Groups),
        ("After e", Context::Export),
    ] {
        if !super::of(about).contexts().contains(&context) {
            groups.push((title.to_owned(), actions(state, context)));
        }
    }
    let commands = COMMANDS
        .iter()
        .map(|command| HelpLine::Entry(format!(":{} {}", command.name, command.argument.word()), command.help.to_owned()))
        .collect();
    groups.push(("Commands".to_owned(), commands));
    let wanted = search.to_lowercase();
    let fits = |line: &HelpLine| match line {
        HelpLine::Entry(keys, help) => keys.to_lowercase().contains(&wanted) || help.to_lowercase().contains(&wanted),
        HelpLine::Heading(_) | HelpLine::Blank => false,
    };
    let mut out = Vec::new();
    for (title, entries) in groups {
        let entries: Vec<HelpLine> = entries.into_iter().filter(fits).collect();
        if entries.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(HelpLine::Blank);
        }
        out.push(HelpLine::Heading(title));
        out.extend(entries);
    }
    out
}

fn actions(state: &UiState, context: Context) -> Vec<HelpLine> {
    ACTIONS
        .iter()
        .filter(|action| action.context == context)
        .map(|action| HelpLine::Entry(keys(state, action), action.help.to_owned()))
        .collect()
}

fn keys(state: &UiState, action: &Action) -> String {
    state.keymap.keys(action.name).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn columns(width: u16) -> u16 {
    (width / COLUMN).max(1)
}

/// Lines of help that fit on the screen.
fn capacity(state: &UiState) -> usize {
    usize::from(state.size.height.saturating_sub(5).max(1)) * usize::from(columns(state.size.width.saturating_sub(2)))
}

impl Pane for Help {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List]
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        // What is searched here are keys, not the engine's rows.
        ViewRequest { at: state.time.at, ..ViewRequest::new(Screen::Help, 1) }
    }

    fn gesture(&self, state: &mut UiState, _view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let search = state.here().filter;
        let most = lines(state, &search).len().saturating_sub(capacity(state));
        let page = usize::from(state.size.height.saturating_sub(5)).max(1);
        let list = state.here_mut().list_mut();
        list.top = match gesture {
            Gesture::Up | Gesture::PreviousMatch => list.top.saturating_sub(1),
            Gesture::Down | Gesture::NextMatch => list.top + 1,
            Gesture::First => 0,
            Gesture::Last => most,
            Gesture::HalfUp => list.top.saturating_sub(page / 2),
            Gesture::HalfDown => list.top + page / 2,
            Gesture::PageUp => list.top.saturating_sub(page),
            Gesture::PageDown => list.top + page,
            _ => list.top,
        }
        .min(most);
        Vec::new()
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let here = scene.state.here();
        let lines = lines(scene.state, &here.filter);
        let subtitle = if here.filter.is_empty() {
            "/ searches   Esc closes".to_owned()
        } else {
            format!("/{}   Esc shows all", here.filter)
        };
        let inner = Panel::new("Keys and commands").subtitle(&subtitle).focus(Focus::Here).draw(scene, area, buf);
        if inner.is_empty() {
            return;
        }
        if lines.is_empty() {
            notice(buf, inner, &[EN.nothing_matches], scene.theme.style(Tone::Dim));
            return;
        }
        let count = columns(inner.width);
        let width = inner.width / count;
        let rows = usize::from(inner.height);
        let top = here.list().top.min(lines.len().saturating_sub(rows * usize::from(count)));
        for (at, line) in lines.iter().skip(top).take(rows * usize::from(count)).enumerate() {
            let column = u16::try_from(at / rows).unwrap_or(0);
            let y = inner.y + u16::try_from(at % rows).unwrap_or(0);
            draw_line(scene, Rect::new(inner.x + 1 + column * width, y, width.saturating_sub(2), 1), (buf, line));
        }
    }
}

fn draw_line(scene: &Scene<'_>, area: Rect, (buf, line): (&mut Buffer, &HelpLine)) {
    let at = Position::new(area.x, area.y);
    match line {
        HelpLine::Heading(title) => {
            put(buf, at, area.width, (title, scene.theme.style(Tone::Header)));
        }
        HelpLine::Blank => {}
        HelpLine::Entry(keys, help) => {
            let keys = fit(keys, usize::from(area.width), scene.glyphs.ellipsis);
            let used = put(buf, at, area.width, (&keys, scene.theme.style(Tone::Key)));
            let column = (used + 2).max(KEYS.min(area.width));
            let room = area.width.saturating_sub(column);
            let help = fit(help, usize::from(room), scene.glyphs.ellipsis);
            put(buf, Position::new(area.x + column, area.y), room, (&help, scene.theme.style(Tone::Text)));
        }
    }
}
