//! The command line (`:`): commands with arguments, beside every action by its name.

use super::action::Turn;
use super::effect::{Effect, Purpose};
use super::lang::tr;
use super::layer::Picker;
use super::pane::Context;
use super::pane::device::section;
use super::state::{Place, UiState};
use super::theme::ThemeName;
use super::update::{device, diff, flows, global, navigate, overlay};
use super::{GlyphSet, text};
use crate::engine::Command;
use crate::query::{Screen, Sort};
use crate::state::view::{Name, NameKind};
use crate::trf;

mod suggest;

pub use suggest::{Suggestion, complete_field, field_choices, fields_for, suggest, suggest_names, wanted_name};
use suggest::{columns, crumbs, glyph_sets, is_offered, sections, sort_words, spans, themes};

/// Commands that are remembered; older ones are forgotten.
pub const MAX_COMMANDS: usize = 200;

/// What a command wants after its name.
#[derive(Clone, Copy, Debug)]
pub enum Argument {
    /// Nothing.
    None,
    /// Some text; it may be left out.
    Optional(&'static str),
    /// Some text; it may not be left out.
    Text(&'static str),
    /// A name that the engine knows.
    Name(&'static str),
    /// One of what there is here; it may not be left out.
    One(&'static str, Choices),
    /// Fields and values of a filter; it may be left out.
    Filter(&'static str),
}

/// What there is to choose from, for each word of the argument.
pub type Choices = fn(&UiState, usize) -> Vec<String>;

impl Argument {
    /// How it is written in help.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Optional(word) | Self::Text(word) | Self::Name(word) | Self::One(word, _) | Self::Filter(word) => word,
        }
    }

    /// What has to be written, where nothing is.
    fn missing(self, argument: &str) -> Option<&'static str> {
        let wanted = match self {
            Self::Text(word) | Self::One(word, _) => word,
            Self::Name(word) if !word.starts_with('[') => word,
            Self::None | Self::Optional(_) | Self::Filter(_) | Self::Name(_) => return None,
        };
        argument.is_empty().then_some(wanted)
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
        argument: Argument::Name("NAME [SECTION]"),
        help: "open a device, with one of its sections",
        run: |turn, text| open(turn.state, (text, Screen::Device)),
    },
    CommandDef {
        name: "interface",
        argument: Argument::Name("DEVICE PORT"),
        help: "open an interface with its graph",
        run: |turn, text| open(turn.state, (text, Screen::Interface)),
    },
    CommandDef {
        name: "topology",
        argument: Argument::Name("[NAME]"),
        help: "the map, with this device under the cursor",
        run: |turn, text| {
            if text.is_empty() { global::screen(turn, Screen::Topology) } else { open(turn.state, (text, Screen::Topology)) }
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
        argument: Argument::Filter("EXPR"),
        help: "filter this screen",
        run: |turn, text| overlay::set_filter(turn.state, text),
    },
    CommandDef { name: "sort", argument: Argument::One("COLUMN [asc|desc]", sort_words), help: "sort this screen", run: sort },
    CommandDef { name: "span", argument: Argument::One("5m|1h|6h|24h|7d", spans), help: "span of graphs", run: span },
    CommandDef {
        name: "theme",
        argument: Argument::One("[NAME]", themes),
        help: "another theme; without a name: which there are",
        run: theme,
    },
    CommandDef {
        name: "glyphs",
        argument: Argument::One("unicode|cjk|ascii", glyph_sets),
        help: "another set of glyphs",
        run: glyphs,
    },
    CommandDef {
        name: "cols",
        argument: Argument::One("COLUMN", columns),
        help: "show a column of this table, or hide it",
        run: toggle_column,
    },
    CommandDef {
        name: "diff",
        argument: Argument::Optional("T1 [T2]"),
        help: "what differs between two times",
        run: diff::command,
    },
    CommandDef { name: "go", argument: Argument::One("CRUMB", crumbs), help: "where @ says: SCREEN NAME @TIME /FILTER", run: go },
    CommandDef {
        name: "section",
        argument: Argument::One("NAME", sections),
        help: "a section of this device",
        run: |turn, text| device::named(turn, text),
    },
    CommandDef { name: "vlan", argument: Argument::Name("ID"), help: "open a VLAN", run: vlan },
    CommandDef {
        name: "exporter",
        argument: Argument::Name("NAME"),
        help: "the flows that a device tells of",
        run: |turn, text| flows::open(turn.state, format!("exporter:\"{}\"", text.replace('"', ""))),
    },
    CommandDef {
        name: "capture",
        argument: Argument::None,
        help: "Capture",
        run: |turn, _| global::screen(turn, Screen::Capture),
    },
    CommandDef {
        name: "flows",
        argument: Argument::Filter("FILTER"),
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

/// Short forms that fingers know, and screens by their names.
const ALIASES: [(&str, &str); 15] = [
    ("dev", "device"),
    ("if", "interface"),
    ("port", "interface"),
    ("topo", "topology"),
    ("map", "topology"),
    ("columns", "cols"),
    ("alarms", "screen.alarms"),
    ("events", "screen.events"),
    ("devices", "screen.devices"),
    ("interfaces", "screen.interfaces"),
    ("overview", "screen.overview"),
    ("discovery", "screen.discovery"),
    ("wireless", "screen.wireless"),
    ("logs", "screen.logs"),
    ("find", "jump"),
];

/// Commands that an action does by a key as well.
const TWINS: [(&str, &str); 10] = [
    ("topology", "screen.topology"),
    ("at", "time-go"),
    ("live", "pause"),
    ("filter", "filter"),
    ("sort", "table.sort-right"),
    ("span", "span"),
    ("cols", "table.columns"),
    ("diff", "events.diff"),
    ("flows", "screen.flows"),
    ("q", "quit-now"),
];

fn find(name: &str) -> Option<&'static CommandDef> {
    let name = ALIASES.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
    COMMANDS.iter().find(|command| command.name == name)
}

/// Enter on the command line: the chosen suggestion, else the line as it stands.
pub fn accept(turn: &mut Turn<'_>, picker: Picker<Suggestion>) -> Vec<Effect> {
    if let Some(chosen) = picker.chosen() {
        if !chosen.whole {
            let mut again = Picker { input: tui_input::Input::new(chosen.line.clone()), ..Picker::default() };
            again.items = suggest(&chosen.line, turn.state);
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
    if turn.state.commands.last().is_none_or(|last| last != line) {
        turn.state.commands.push(line.to_owned());
        let beyond = turn.state.commands.len().saturating_sub(MAX_COMMANDS);
        turn.state.commands.drain(..beyond);
    }
    let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
    let argument = argument.trim();
    if let Some(command) = find(name) {
        if let Some(word) = command.argument.missing(argument) {
            turn.state.complain(trf!(":{} wants {}", name, word));
            return Vec::new();
        }
        return (command.run)(turn, argument);
    }
    let name = ALIASES.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
    let Some(action) = super::action::find(name).filter(|action| action.context != Context::Input) else {
        let near = suggest(name, turn.state).into_iter().next().map(|best| best.line.trim_end().to_owned());
        turn.state.complain(match near {
            Some(near) => trf!("no command `{}`; is :{} meant? ? lists them", name, near),
            None => trf!("no command `{}`: ? lists them", name),
        });
        return Vec::new();
    };
    if let Some(why) = super::action::refusal(turn.state, action) {
        turn.state.complain(why);
        return Vec::new();
    }
    if !is_offered(action, turn.state) {
        turn.state.complain(trf!("{} has no meaning on this screen", name));
        return Vec::new();
    }
    (action.run)(turn)
}

/// Looks a name up and opens what it is of on a screen.
pub fn open(state: &mut UiState, (text, screen): (&str, Screen)) -> Vec<Effect> {
    // A name may have blanks in it: only a last word that is a section's is none of its.
    let (name, section) = match text.rsplit_once(' ').map(|(name, word)| (name.trim(), section::find(word))) {
        Some((name, Some(section))) if screen == Screen::Device => (name, Some(section.name())),
        _ => (text, None),
    };
    name.clone_into(&mut state.wanted);
    state.wanted_section = section;
    let text = name;
    vec![Effect::Ask(Purpose::Open(screen), Command::Names(text.to_owned(), overlay::CANDIDATES))]
}

/// The names that were looked up to be opened.
pub fn opened(turn: &mut Turn<'_>, screen: Screen, names: &[Name]) -> Vec<Effect> {
    let wanted = std::mem::take(&mut turn.state.wanted);
    let fits = |name: &&Name| match screen {
        Screen::Interface => name.kind == NameKind::Port,
        Screen::Device | Screen::Topology => name.kind == NameKind::Device,
        _ => true,
    };
    let exact = names.iter().filter(fits).find(|name| name.text == wanted);
    let Some(name) = exact.or_else(|| names.iter().find(fits)) else {
        let kind = if screen == Screen::Interface { NameKind::Port } else { NameKind::Device };
        turn.state.complain(trf!("no {} is called {}", tr(kind.word()), wanted));
        return Vec::new();
    };
    if screen == Screen::Topology {
        turn.state.map.selected = name.device.as_ref().map(|device| device.as_str().to_owned());
        return navigate(turn.state, Place::screen(Screen::Topology));
    }
    let mut effects = overlay::open_name(turn.state, name);
    if let Some(section) = turn.state.wanted_section.take().filter(|_| turn.state.place.screen == Screen::Device) {
        effects.extend(device::to(turn.state, section));
    }
    effects
}

fn sort(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    let (column, order) = text.split_once(' ').unwrap_or((text, "desc"));
    let sorts = super::pane::of(turn.state.place.screen).sorts_of(turn.state);
    if !sorts.is_empty() && !sorts.contains(&column) && !super::pane::of(turn.state.place.screen).fields().contains(&column) {
        turn.state.complain(trf!("no column `{}`; there are: {}", column, sorts.join(" ")));
        return Vec::new();
    }
    turn.state.here_mut().sort = Some(Sort { column: column.to_owned(), descending: order.trim() != "asc" });
    vec![Effect::Watch]
}

fn span(turn: &mut Turn<'_>, written: &str) -> Vec<Effect> {
    match global::SPANS.iter().find(|(secs, _)| text::span(*secs) == written) {
        Some((secs, _)) => turn.state.span_secs = *secs,
        None => turn.state.complain(trf!("a span is one of {}", spans(turn.state, 0).join(" "))),
    }
    vec![Effect::Watch]
}

fn theme(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    let own = turn.state.own_themes.clone();
    match ThemeName::among(text, &own) {
        Some(theme) => {
            turn.state.theme = theme;
            turn.state.chosen.insert("theme", text.to_owned());
        }
        None if text.is_empty() => turn.state.say(trf!("themes: {}", themes(turn.state, 0).join(" "))),
        None => turn.state.complain(trf!("a theme is one of: {}", themes(turn.state, 0).join(" "))),
    }
    Vec::new()
}

fn glyphs(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    match GlyphSet::from_name(text) {
        Some(set) => {
            turn.state.glyphs = set;
            turn.state.chosen.insert("glyphs", text.to_owned());
        }
        None => turn.state.complain(trf!("glyphs are one of {}", glyph_sets(turn.state, 0).join(" "))),
    }
    vec![Effect::Redraw]
}

/// `:cols COLUMN`
fn toggle_column(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    let titles = super::pane::of(turn.state.place.screen).columns();
    let Some(title) = titles.iter().find(|title| title.eq_ignore_ascii_case(text)) else {
        turn.state.complain(trf!("no column `{}`; there are: {}", text, titles.join(" ")));
        return Vec::new();
    };
    let hidden = &mut turn.state.here_mut().hidden;
    if !hidden.remove(title) {
        hidden.insert(title);
    }
    Vec::new()
}

fn vlan(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    match text.parse::<u16>() {
        Ok(id) => overlay::filtered(turn.state, Screen::Vlans, format!("vlan={id}")),
        Err(_) => {
            turn.state.complain(trf!("a VLAN is a number from 1 to 4094, not {}", text));
            Vec::new()
        }
    }
}

/// Where we are, as `:go` takes it: screen, name, time, filter.
pub fn crumb(state: &UiState) -> String {
    let mut out = state.place.screen.name().to_owned();
    if !state.place.title.is_empty() {
        out.push(' ');
        out.push_str(&state.place.title);
    }
    if let Some(section) = state.device.section.filter(|_| state.place.screen == Screen::Device) {
        out.push(' ');
        out.push_str(section);
    }
    if let Some(at) = state.time.at {
        out.push_str(&format!(" @{}", at.secs()));
    }
    let here = state.here();
    if !here.filter.is_empty() {
        out.push_str(&format!(" /{}", here.filter));
    }
    out
}

/// `:go CRUMB`
fn go(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    let (text, filter) = text.split_once(" /").map_or((text, None), |(text, filter)| (text, Some(filter)));
    let (text, time) = text.split_once(" @").map_or((text, None), |(text, time)| (text, Some(time)));
    let (name, title) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let Some(screen) = Screen::from_name(name) else {
        turn.state.complain(trf!("no screen `{}`; there are: {}", name, crumbs(turn.state, 0).join(" ")));
        return Vec::new();
    };
    let at = time.map(|time| global::read_time(&format!("@{time}"), turn.state).or_else(|| global::read_time(time, turn.state)));
    if at == Some(None) {
        turn.state.complain(trf!("not a time: {}", time.unwrap_or_default()));
        return Vec::new();
    }
    let mut effects = match at.flatten() {
        Some(at) => global::go(turn, Some(at)),
        None => Vec::new(),
    };
    if matches!(screen, Screen::Device | Screen::Interface) {
        effects.extend(open(turn.state, (title, screen)));
        return effects;
    }
    effects.extend(navigate(turn.state, Place::screen(screen)));
    if let Some(filter) = filter {
        effects.extend(overlay::set_filter(turn.state, filter));
    }
    effects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(screen: Screen) -> UiState {
        let mut state = UiState::new(Place::screen(screen), ratatui::layout::Size::new(80, 24));
        state.keymap = std::sync::Arc::new(crate::ui::keymap::Keymap::load("default", None).0);
        state
    }

    #[test]
    fn the_best_suggestion_is_what_was_meant() {
        let state = state(Screen::Interfaces);
        let first = |line: &str| suggest(line, &state).first().map(|s| s.line.clone());
        assert_eq!(first("disc").as_deref(), Some("discover "));
        assert_eq!(first("dev").as_deref(), Some("device "));
        assert_eq!(first("qui").as_deref(), Some("quit"));
        assert_eq!(suggest("device core", &state), []);
        assert_eq!(first("theme d").as_deref(), Some("theme dark"));
        assert_eq!(first("sort inU").as_deref(), Some("sort inUtilisation"));
        assert_eq!(first("sort inUtilisation as").as_deref(), Some("sort inUtilisation asc"));
        assert_eq!(first("filter speed>1G ut").as_deref(), Some("filter speed>1G util"));
        assert_eq!(first("filter util").as_deref(), Some("filter util:"));
        assert_eq!(first("cols ali").as_deref(), Some("cols ALIAS"));
        assert_eq!((wanted_name("dev core"), wanted_name("theme d")), (Some("core"), None));
    }

    #[test]
    fn a_field_is_completed_in_its_place() {
        let fields = ["util", "utilisation", "name"];
        assert_eq!(complete_field("(na", &fields).as_deref(), Some("(name"));
        assert_eq!(complete_field("name:x and ut", &fields).as_deref(), Some("name:x and util"));
        assert_eq!(complete_field("x and util", &fields).as_deref(), Some("x and util:"));
        assert_eq!((complete_field("name:co", &fields), complete_field("", &fields)), (None, None));
    }

    #[test]
    fn a_crumb_leads_back_to_where_it_was_taken() {
        let mut state = state(Screen::Devices);
        state.time.now = crate::model::Timestamp::from_secs(1_000_000);
        state.time.at = Some(crate::model::Timestamp::from_secs(900_000));
        state.here_mut().filter = "role:switch".to_owned();
        let taken = crumb(&state);
        assert_eq!(taken, "devices @900000 /role:switch");
        let mut other = self::state(Screen::Overview);
        other.time.now = state.time.now;
        give(&mut Turn { state: &mut other, view: None }, &format!("go {taken}"));
        assert_eq!(crumb(&other), taken);
    }

    #[test]
    fn twins_name_what_exists() {
        for (command, action) in TWINS {
            assert!(find(command).is_some() && super::super::action::find(action).is_some(), "{command} {action}");
        }
    }

    #[test]
    fn aliases_name_what_exists() {
        for (short, long) in ALIASES {
            assert!(find(short).is_some() || super::super::action::find(long).is_some(), "{short}");
        }
    }
}
