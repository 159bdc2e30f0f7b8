//! What the palette offers for the line that is being written: commands, actions, and what fits an argument.

use super::{ALIASES, Argument, COMMANDS, CommandDef, TWINS, find};
use crate::query::Screen;
use crate::state::view::{Name, NameKind};
use crate::ui::action::{ACTIONS, Action};
use crate::ui::lang::tr;
use crate::ui::pane::device::section::SECTIONS;
use crate::ui::pane::{self, Context};
use crate::ui::state::UiState;
use crate::ui::theme::ThemeName;
use crate::ui::update::global;
use crate::ui::{GlyphSet, text};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Columns that the screen can be sorted by, then the order.
pub(super) fn sort_words(state: &UiState, word: usize) -> Vec<String> {
    match word {
        0 => pane::of(state.place.screen).sorts_of(state).iter().map(|column| (*column).to_owned()).collect(),
        _ => ["asc", "desc"].map(str::to_owned).to_vec(),
    }
}

/// Spans of graphs.
pub(super) fn spans(_: &UiState, word: usize) -> Vec<String> {
    if word > 0 { Vec::new() } else { global::SPANS.iter().map(|(secs, _)| text::span(*secs)).collect() }
}

/// Themes, the operator's own first.
pub(super) fn themes(state: &UiState, word: usize) -> Vec<String> {
    if word > 0 {
        return Vec::new();
    }
    let own = state.own_themes.iter().map(|theme| theme.name.clone());
    own.chain(ThemeName::NAMES.map(|(name, _)| name.to_owned())).collect()
}

/// Sets of glyphs.
pub(super) fn glyph_sets(_: &UiState, word: usize) -> Vec<String> {
    if word > 0 { Vec::new() } else { GlyphSet::NAMES.map(|(name, _)| name.to_owned()).to_vec() }
}

/// Columns of the table.
pub(super) fn columns(state: &UiState, word: usize) -> Vec<String> {
    if word > 0 {
        return Vec::new();
    }
    pane::of(state.place.screen).columns().iter().map(|title| (*title).to_owned()).collect()
}

/// Sections of the Device screen.
pub(super) fn sections(state: &UiState, word: usize) -> Vec<String> {
    if word > 0 || state.place.screen != Screen::Device {
        return Vec::new();
    }
    SECTIONS.iter().map(|section| section.name().to_owned()).collect()
}

/// Screens, for `:go`.
pub(super) fn crumbs(_: &UiState, word: usize) -> Vec<String> {
    if word > 0 { Vec::new() } else { Screen::NAMES.map(|(name, _)| name.to_owned()).to_vec() }
}

/// A line that the palette offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What is put into the line.
    pub line: String,
    /// What it does.
    pub help: String,
    /// The keys that do the same.
    pub keys: String,
    /// Whether it is a whole command.
    pub whole: bool,
}

/// What fits the line written so far, best first.
pub fn suggest(line: &str, state: &UiState) -> Vec<Suggestion> {
    if let Some((name, argument)) = line.split_once(' ') {
        return find(name).map(|command| suggest_words(line, (command, argument), state)).unwrap_or_default();
    }
    let keys = |action: &str| state.keymap.first_key(action).map(|key| key.to_string()).unwrap_or_default();
    let twin = |command: &str| TWINS.iter().find(|(name, _)| *name == command).map(|(_, action)| keys(action));
    let commands = COMMANDS.iter().map(|command| Suggestion {
        line: format!("{}{}", command.name, if matches!(command.argument, Argument::None) { "" } else { " " }),
        help: format!("{}  {}", command.argument.word(), tr(command.help)).trim_start().to_owned(),
        keys: twin(command.name).unwrap_or_default(),
        whole: command.argument.missing("").is_none(),
    });
    let actions =
        ACTIONS.iter().filter(|action| is_offered(action, state) && find(short_name(action.name)).is_none()).map(|action| {
            Suggestion {
                line: short_name(action.name).to_owned(),
                help: tr(action.help).to_owned(),
                keys: keys(action.name),
                whole: true,
            }
        });
    rank(line, commands.chain(actions).collect(), |suggestion| &suggestion.line)
}

/// The short form of an action, where it has one.
fn short_name(action: &'static str) -> &'static str {
    ALIASES.iter().find(|(_, long)| *long == action && action.starts_with("screen.")).map_or(action, |(short, _)| short)
}

/// Actions that can be done here by their names.
pub(super) fn is_offered(action: &Action, state: &UiState) -> bool {
    let here = pane::of(state.place.screen).contexts();
    let by_name = action.context == Context::Global || action.context == Context::Discovery;
    let of_screen = action.context != Context::List && action.context != Context::Map && here.contains(&action.context);
    (by_name || of_screen) && action.is_offered(state)
}

/// What fits the word that is being written of a command's argument.
fn suggest_words(line: &str, (command, argument): (&CommandDef, &str), state: &UiState) -> Vec<Suggestion> {
    let word_at = argument.rfind(' ').map_or(0, |at| at + 1);
    let (before, word) = argument.split_at_checked(word_at).unwrap_or((argument, ""));
    let head = line.strip_suffix(word).unwrap_or(line).to_owned();
    let choices: Vec<String> = match command.argument {
        Argument::One(_, choices) => choices(state, before.split_whitespace().count()),
        Argument::Filter(_) => {
            let screen = if command.name == "flows" { Screen::Flows } else { state.place.screen };
            let fields = pane::of(screen).fields();
            return field_choices(word, &fields).into_iter().map(|word| suggestion(format!("{head}{word}"))).collect();
        }
        _ => return Vec::new(),
    };
    rank(word, choices, String::as_str).into_iter().map(|word| suggestion(format!("{head}{word}"))).collect()
}

const fn suggestion(line: String) -> Suggestion {
    Suggestion { line, help: String::new(), keys: String::new(), whole: true }
}

/// Operators of a filter, as they are offered after a field.
const OPERATORS: [&str; 6] = [":", "=", "!=", ">=", "<=", "~"];

/// Where the word begins that is being written of a filter.
fn last_word(filter: &str) -> usize {
    filter.rfind([' ', '(']).map_or(0, |at| at + 1)
}

/// What a word of a filter can become: a field that begins so; a whole field with its operators.
pub fn field_choices(word: &str, fields: &[&'static str]) -> Vec<String> {
    if word.is_empty() || word.contains(|c: char| !c.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    if fields.iter().any(|field| field.eq_ignore_ascii_case(word)) {
        return OPERATORS.map(|operator| format!("{word}{operator}")).to_vec();
    }
    let begins = |field: &&&str| field.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    let mut found: Vec<String> = fields.iter().filter(begins).map(|field| (*field).to_owned()).collect();
    // The short names are what is typed.
    found.sort_by_key(String::len);
    found
}

/// A filter with its last word made the first field that begins so.
pub fn complete_field(filter: &str, fields: &[&'static str]) -> Option<String> {
    let (before, word) = filter.split_at_checked(last_word(filter))?;
    field_choices(word, fields).first().map(|field| format!("{before}{field}"))
}

/// The fields that fit the last word of a filter, for the line over it.
pub fn fields_for(filter: &str, fields: &[&'static str]) -> Vec<String> {
    filter.get(last_word(filter)..).map(|word| field_choices(word, fields)).unwrap_or_default()
}

/// Items that fit a pattern, best first; all of them, in their order, for an empty one.
fn rank<T>(pattern: &str, items: Vec<T>, text: impl Fn(&T) -> &str) -> Vec<T> {
    if pattern.is_empty() {
        return items;
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::new(pattern, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, T)> = items
        .into_iter()
        .filter_map(|item| {
            buffer.clear();
            pattern.score(Utf32Str::new(text(&item), &mut buffer), &mut matcher).map(|score| (score, item))
        })
        .collect();
    scored.sort_by_key(|(score, item)| (std::cmp::Reverse(*score), text(item).len()));
    scored.into_iter().map(|(_, item)| item).collect()
}

/// The part of the line that names something the engine knows.
pub fn wanted_name(line: &str) -> Option<&str> {
    let (name, argument) = line.split_once(' ')?;
    let command = find(name)?;
    matches!(command.argument, Argument::Name(_)).then(|| argument.trim_start())
}

/// Names as whole command lines.
pub fn suggest_names(line: &str, names: &[Name]) -> Vec<Suggestion> {
    let Some((command, _)) = line.split_once(' ') else { return Vec::new() };
    let kind = match find(command).map(|command| command.name) {
        Some("interface") => NameKind::Port,
        Some("vlan") => NameKind::Vlan,
        _ => NameKind::Device,
    };
    let of_kind = names.iter().filter(|name| name.kind == kind);
    of_kind
        .map(|name| {
            let text = if kind == NameKind::Vlan { &name.key } else { &name.text };
            let help = if kind == NameKind::Vlan { format!("{}  {}", name.text, name.place) } else { name.place.clone() };
            Suggestion { help, ..suggestion(format!("{command} {}", text::fit(text, usize::MAX, ""))) }
        })
        .collect()
}
