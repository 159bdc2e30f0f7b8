//! The command line (`:`): commands with arguments, beside every action by its name.

use super::action::{ACTIONS, Turn};
use super::effect::{Effect, Purpose};
use super::keymap::Keymap;
use super::layer::Picker;
use super::pane::Context;
use super::state::Place;
use super::theme::ThemeName;
use super::update::{flows, global, navigate, overlay};
use super::{GlyphSet, text};
use crate::engine::Command;
use crate::query::{Screen, Sort};
use crate::state::view::screens::Name;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// What a command wants after its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    None,
    /// Some text; it may be left out.
    Optional(&'static str),
    /// Some text; it may not be left out.
    Text(&'static str),
    /// A name that the engine knows.
    Name(&'static str),
}

impl Argument {
    /// How it is written in help.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Optional(word) | Self::Text(word) | Self::Name(word) => word,
        }
    }
}

/// A command with its argument.
pub struct CommandDef {
    /// What is typed.
    pub name: &'static str,
    /// What follows it.
    pub argument: Argument,
    /// One line for the help screen.
    pub help: &'static str,
    run: fn(&mut Turn<'_>, &str) -> Vec<Effect>,
}

/// All commands with arguments. Every action is a command by its own name too.
pub const COMMANDS: &[CommandDef] = &[
    CommandDef {
        name: "discover",
        argument: Argument::Optional("TARGET..."),
        help: "look for devices: addresses, names, networks, ranges",
        run: |turn, text| global::discover(turn.state, text.split_whitespace().map(str::to_owned).collect()),
    },
    CommandDef {
        name: "device",
        argument: Argument::Name("NAME"),
        help: "open a device",
        run: |_, text| open(text, Screen::Device),
    },
    CommandDef {
        name: "interface",
        argument: Argument::Name("DEVICE PORT"),
        help: "open an interface with its graph",
        run: |_, text| open(text, Screen::Interface),
    },
    CommandDef {
        name: "topology",
        argument: Argument::Name("[NAME]"),
        help: "the map, with this device under the cursor",
        run: |turn, text| {
            if text.is_empty() { global::screen(turn, Screen::Topology) } else { open(text, Screen::Topology) }
        },
    },
    CommandDef {
        name: "at",
        argument: Argument::Text("TIME"),
        help: "show a past time: 11:45, -15m, RFC 3339",
        run: overlay::go_to_text,
    },
    CommandDef { name: "live", argument: Argument::None, help: "show now", run: |turn, _| global::go(turn, None) },
    CommandDef {
        name: "filter",
        argument: Argument::Optional("EXPR"),
        help: "filter this screen",
        run: |turn, text| overlay::set_filter(turn.state, text),
    },
    CommandDef { name: "sort", argument: Argument::Text("COLUMN [asc|desc]"), help: "sort this screen", run: sort },
    CommandDef { name: "span", argument: Argument::Text("5m|1h|6h|24h|7d"), help: "span of graphs", run: span },
    CommandDef { name: "theme", argument: Argument::Text("dark|light|mono|deuteranopia"), help: "another theme", run: theme },
    CommandDef { name: "glyphs", argument: Argument::Text("unicode|cjk|ascii"), help: "another set of glyphs", run: glyphs },
    CommandDef {
        name: "capture",
        argument: Argument::None,
        help: "Capture",
        run: |turn, _| global::screen(turn, Screen::Capture),
    },
    CommandDef {
        name: "flows",
        argument: Argument::Optional("FILTER"),
        help: "Flows, those that a filter lets through",
        run: |turn, text| flows::command(turn, text),
    },
    CommandDef {
        name: "by",
        argument: Argument::Text("KEY[,KEY]"),
        help: "sum flows up by src dst host app as if exporter vlan ...",
        run: flows::by,
    },
    CommandDef {
        name: "layer",
        argument: Argument::Text("l2|vlan ID|l3"),
        help: "the map's layer: links, a VLAN, subnets",
        run: crate::ui::pane::topology::layer_command,
    },
    CommandDef { name: "vlans", argument: Argument::None, help: "VLANs", run: |turn, _| global::screen(turn, Screen::Vlans) },
    CommandDef { name: "q", argument: Argument::None, help: "quit", run: |_, _| vec![Effect::Quit] },
];

/// Short forms that fingers know.
const ALIASES: [(&str, &str); 11] = [
    ("dev", "device"),
    ("if", "interface"),
    ("port", "interface"),
    ("topo", "topology"),
    ("map", "topology"),
    ("alarms", "screen.alarms"),
    ("events", "screen.events"),
    ("devices", "screen.devices"),
    ("interfaces", "screen.interfaces"),
    ("overview", "screen.overview"),
    ("discovery", "screen.discovery"),
];

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
pub fn suggest(line: &str, keymap: &Keymap) -> Vec<Suggestion> {
    if line.contains(' ') {
        return Vec::new();
    }
    let commands = COMMANDS.iter().map(|command| Suggestion {
        line: format!("{} ", command.name).trim_end().to_owned() + if command.argument == Argument::None { "" } else { " " },
        help: format!("{}  {}", command.argument.word(), command.help).trim_start().to_owned(),
        keys: String::new(),
        whole: matches!(command.argument, Argument::None | Argument::Optional(_)),
    });
    let actions =
        ACTIONS.iter().filter(|action| matches!(action.context, Context::Global | Context::Discovery)).map(|action| Suggestion {
            line: action.name.to_owned(),
            help: action.help.to_owned(),
            keys: keymap.first_key(action.name).map(|key| key.to_string()).unwrap_or_default(),
            whole: true,
        });
    rank(line, commands.chain(actions).collect(), |suggestion| &suggestion.line)
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
    let interface = find(command).is_some_and(|command| command.name == "interface");
    names
        .iter()
        .filter(|name| name.port.is_some() == interface)
        .map(|name| Suggestion {
            line: format!("{command} {}", text::fit(&name.text, usize::MAX, "")),
            help: name.device.as_str().to_owned(),
            keys: String::new(),
            whole: true,
        })
        .collect()
}

fn find(name: &str) -> Option<&'static CommandDef> {
    let name = ALIASES.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
    COMMANDS.iter().find(|command| command.name == name)
}

/// Enter on the command line: the chosen suggestion, else the line as it stands.
pub fn accept(turn: &mut Turn<'_>, picker: Picker<Suggestion>) -> Vec<Effect> {
    if let Some(chosen) = picker.chosen() {
        if !chosen.whole {
            let mut again = Picker { input: tui_input::Input::new(chosen.line.clone()), ..Picker::default() };
            again.items = suggest(&chosen.line, &turn.state.keymap);
            turn.state.layers.push(super::layer::Layer::Palette(again));
            return Vec::new();
        }
        return give(turn, &chosen.line.clone());
    }
    let line = picker.input.value().to_owned();
    give(turn, &line)
}

/// Carries a command line out.
pub fn give(turn: &mut Turn<'_>, line: &str) -> Vec<Effect> {
    let line = line.trim();
    if line.is_empty() {
        return Vec::new();
    }
    turn.state.commands.push(line.to_owned());
    let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
    let argument = argument.trim();
    if let Some(command) = find(name) {
        let missing = match command.argument {
            Argument::Text(word) => argument.is_empty().then_some(word),
            Argument::Name(word) => (argument.is_empty() && !word.starts_with('[')).then_some(word),
            Argument::None | Argument::Optional(_) => None,
        };
        if let Some(word) = missing {
            turn.state.complain(format!(":{name} wants {word}"));
            return Vec::new();
        }
        return (command.run)(turn, argument);
    }
    let name = ALIASES.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
    let action = super::action::find(name).filter(|action| matches!(action.context, Context::Global | Context::Discovery));
    match action {
        Some(action) => (action.run)(turn),
        None => {
            turn.state.complain(format!("no command `{name}`: ? lists them"));
            Vec::new()
        }
    }
}

/// Names looked up at once when one is opened by its text.
const CANDIDATES: usize = 20;

fn open(text: &str, screen: Screen) -> Vec<Effect> {
    vec![Effect::Ask(Purpose::Open(screen), Command::Names(text.to_owned(), CANDIDATES))]
}

/// The names that were looked up to be opened.
pub fn opened(turn: &mut Turn<'_>, screen: Screen, names: &[Name]) -> Vec<Effect> {
    let wanted = turn.state.commands.last().and_then(|line| line.split_once(' ')).map(|(_, text)| text.trim().to_owned());
    let fits = |name: &&Name| name.port.is_some() == (screen == Screen::Interface);
    let exact = names.iter().filter(fits).find(|name| Some(&name.text) == wanted.as_ref());
    let Some(name) = exact.or_else(|| names.iter().find(fits)) else {
        turn.state.complain(format!("nothing is called {}", wanted.unwrap_or_default()));
        return Vec::new();
    };
    if screen == Screen::Topology {
        turn.state.map.selected = Some(name.device.as_str().to_owned());
        return navigate(turn.state, Place::screen(Screen::Topology));
    }
    overlay::open_name(turn.state, name)
}

fn sort(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    let (column, order) = text.split_once(' ').unwrap_or((text, "desc"));
    turn.state.here_mut().sort = Some(Sort { column: column.to_owned(), descending: order.trim() != "asc" });
    vec![Effect::Watch]
}

fn span(turn: &mut Turn<'_>, written: &str) -> Vec<Effect> {
    match global::SPANS.iter().find(|(secs, _)| text::span(*secs) == written) {
        Some((secs, _)) => turn.state.span_secs = *secs,
        None => turn.state.complain("a span is one of 5m 1h 6h 24h 7d"),
    }
    vec![Effect::Watch]
}

fn theme(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    match ThemeName::from_name(text) {
        Some(theme) => turn.state.theme = theme,
        None => turn.state.complain("a theme is one of dark light mono deuteranopia"),
    }
    Vec::new()
}

fn glyphs(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    match GlyphSet::from_name(text) {
        Some(set) => turn.state.glyphs = set,
        None => turn.state.complain("glyphs are one of unicode cjk ascii"),
    }
    vec![Effect::Redraw]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_suggestion_is_what_was_meant() {
        let (keymap, _) = Keymap::load("default", None);
        let first = |line: &str| suggest(line, &keymap).first().map(|s| s.line.clone());
        assert_eq!(first("disc").as_deref(), Some("discover "));
        assert_eq!(first("dev").as_deref(), Some("device "));
        assert_eq!(first("qui").as_deref(), Some("quit"));
        assert_eq!(suggest("device core", &keymap), []);
        assert_eq!((wanted_name("dev core"), wanted_name("theme d")), (Some("core"), None));
    }

    #[test]
    fn aliases_name_what_exists() {
        for (short, long) in ALIASES {
            assert!(find(short).is_some() || super::super::action::find(long).is_some(), "{short}");
        }
    }
}
