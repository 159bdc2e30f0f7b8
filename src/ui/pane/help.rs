//! Help: every key and command, made from the tables that dispatch them. `/` searches.

use super::{Context, Gesture, Pane, Scene};
use crate::model::audit::Role;
use crate::query::{Screen, ViewRequest};
use crate::state::view::View;
use crate::trf;
use crate::ui::UiState;
use crate::ui::action::{ACTIONS, Action};
use crate::ui::chrome::screen_name;
use crate::ui::command::COMMANDS;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::state::Access;
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

/// Global actions by what they are for; what stands in none belongs to the console itself.
const TOPICS: [(&str, &[&str]); 4] = [
    ("Find", &["filter", "next-match", "previous-match", "jump", "command"]),
    ("Go", &["back", "quit", "part", "part-back", "history-back", "history-forward", "last-screen"]),
    ("Time", &["pause", "time-back", "time-forward", "time-go", "span"]),
    ("Take", &["copy", "copy-row", "copy-place", "export-rows", "save-screen"]),
];

/// Key contexts with their headings, in the order of the screen.
const CONTEXTS: [(&str, Context); 15] = [
    ("Lists", Context::List),
    ("Tables", Context::Table),
    ("Graphs", Context::Graph),
    ("Map", Context::Map),
    ("Alarms", Context::Alarms),
    ("Events", Context::Events),
    ("Flows", Context::Flows),
    ("Sections of a device", Context::Sections),
    ("Discovery", Context::Discovery),
    ("After o", Context::Related),
    ("After e", Context::Export),
    ("After W", Context::Faults),
    ("While writing", Context::Input),
    ("List of columns", Context::Columns),
    ("By what flows are summed up", Context::Groups),
];

/// The help lines for a screen, those that hold `search` only: its own keys, then those that hold everywhere, then the others.
pub fn lines(state: &UiState, search: &str) -> Vec<HelpLine> {
    let about = state.help_about;
    let here = super::of(about).contexts();
    let own = here.iter().flat_map(|context| actions(state, |action| action.context == *context)).collect();
    let mut groups: Vec<(String, Vec<HelpLine>)> = vec![(trf!("Here: {}", tr(screen_name(about))), own)];
    for (title, names) in TOPICS {
        groups.push((tr(title).to_owned(), actions(state, |action| names.contains(&action.name))));
    }
    let topical = |action: &Action| TOPICS.iter().any(|(_, names)| names.contains(&action.name));
    let screen = |action: &Action| action.name.starts_with("screen.");
    let rest = |action: &Action| action.context == Context::Global && !topical(action) && !screen(action);
    groups.push((tr("Console").to_owned(), actions(state, rest)));
    groups.push((tr("Screens").to_owned(), actions(state, screen)));
    for (title, context) in CONTEXTS.into_iter().filter(|(_, context)| !here.contains(context)) {
        groups.push((tr(title).to_owned(), actions(state, |action| action.context == context)));
    }
    let commands = COMMANDS
        .iter()
        .map(|command| HelpLine::Entry(format!(":{} {}", command.name, command.argument.word()), tr(command.help).to_owned()))
        .collect();
    groups.push((tr("Commands").to_owned(), commands));
    joined(groups, &search.to_lowercase())
}

/// The groups one after the other, with what holds the text that is searched for alone.
fn joined(groups: Vec<(String, Vec<HelpLine>)>, wanted: &str) -> Vec<HelpLine> {
    let fits = |line: &HelpLine| match line {
        HelpLine::Entry(keys, help) => keys.to_lowercase().contains(wanted) || help.to_lowercase().contains(wanted),
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

/// The wanted actions; what changes anything is not told of where it can't be done.
fn actions(state: &UiState, wanted: impl Fn(&Action) -> bool) -> Vec<HelpLine> {
    let is_for = |action: &Action| !action.orders || state.role != Some(Role::Viewer);
    let offered = |action: &&Action| is_for(action) && (!action.writes || state.access == Access::ReadWrite);
    ACTIONS
        .iter()
        .filter(|action| wanted(action))
        .filter(offered)
        .map(|action| HelpLine::Entry(keys(state, action), tr(action.help).to_owned()))
        .collect()
}

/// The keys of an action; a star where the operator's own file says them.
fn keys(state: &UiState, action: &Action) -> String {
    let keys = state.keymap.keys(action.name).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    if state.keymap.is_own(action.name) { format!("{keys} *") } else { keys }
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
        let found = lines.iter().filter(|line| matches!(line, HelpLine::Entry(..))).count();
        let subtitle = match (here.filter.is_empty(), scene.state.keymap.own()) {
            (false, _) => trf!("/{}  {} found   Esc shows all", here.filter, found),
            (true, 0) => tr("/ searches   Esc closes").to_owned(),
            (true, own) => trf!("{} of your own *   / searches   Esc closes", own),
        };
        let inner = Panel::new(tr("Keys and commands")).subtitle(&subtitle).focus(Focus::Here).draw(scene, area, buf);
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
