//! The one table of actions: name, help, hint, context, function. Keymaps, the help screen, the hint bar, the palette and the
//! man page are made from it.

use super::effect::{Effect, Form, Picture};
use super::lang::tr;
use super::pane::{Context, Gesture};
use super::state::{Access, UiState};
use super::update::{alarms, device, diff, events, flows, global, graph, lists, logs, overlay, related, wireless, work};
use super::{mouse, notice, wallboard};
use crate::model::audit::Role;
use crate::query::Screen;
use crate::state::view::View;
use crate::trf;

/// What an action works on.
pub struct Turn<'a> {
    /// The console's own state.
    pub state: &'a mut UiState,
    /// The view on the screen.
    pub view: Option<&'a View>,
}

/// What an action does.
pub type Run = fn(&mut Turn<'_>) -> Vec<Effect>;

/// Something that the operator can have done by a key or by its name.
pub struct Action {
    /// `list.down`: what keymaps and the palette say.
    pub name: &'static str,
    /// One line for the help screen.
    pub help: &'static str,
    /// A word or two for the hint bar; empty stays out of it.
    pub hint: &'static str,
    /// Where its keys hold.
    pub context: Context,
    /// What it does.
    pub run: Run,
    /// Whether it changes anything: it exists with `--read-write` alone.
    pub writes: bool,
    /// Whether it orders the engine to do something: it is for operators.
    pub orders: bool,
}

impl Action {
    /// Whether it can be done by whoever is here, now.
    pub fn is_offered(&self, state: &UiState) -> bool {
        refusal(state, self).is_none()
    }
}

const fn action(name: &'static str, context: Context, (help, hint): (&'static str, &'static str), run: Run) -> Action {
    Action { name, help, hint, context, run, writes: false, orders: false }
}

const fn writing(name: &'static str, context: Context, (help, hint): (&'static str, &'static str), run: Run) -> Action {
    Action { name, help, hint, context, run, writes: true, orders: true }
}

const fn ordering(name: &'static str, context: Context, (help, hint): (&'static str, &'static str), run: Run) -> Action {
    Action { name, help, hint, context, run, writes: false, orders: true }
}

/// Why an action that changes something may not be done here and now.
pub fn refusal(state: &UiState, action: &Action) -> Option<String> {
    if action.orders && state.role == Some(Role::Viewer) {
        return Some(trf!("{}: this needs the role operator, and you are a viewer here", tr(action.help)));
    }
    if !action.writes || state.may_write() {
        return None;
    }
    Some(match state.access {
        Access::ReadOnly => trf!("{}: this console only reads; start it with --read-write", tr(action.help)),
        Access::ReadWrite => trf!("{}: not in the past; = and Enter is now", tr(action.help)),
    })
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All actions, in the order in which help shows them.
pub const ACTIONS: &[Action] = &[
    action("list.down", Context::List, ("next row", ""), |turn| lists::gesture(turn, Gesture::Down)),
    action("list.up", Context::List, ("previous row", ""), |turn| lists::gesture(turn, Gesture::Up)),
    action("list.first", Context::List, ("first row", ""), |turn| lists::gesture(turn, Gesture::First)),
    action("list.last", Context::List, ("last row", ""), |turn| lists::gesture(turn, Gesture::Last)),
    action("list.half-down", Context::List, ("half a page down", ""), |turn| lists::gesture(turn, Gesture::HalfDown)),
    action("list.half-up", Context::List, ("half a page up", ""), |turn| lists::gesture(turn, Gesture::HalfUp)),
    action("list.page-down", Context::List, ("a page down", ""), |turn| lists::gesture(turn, Gesture::PageDown)),
    action("list.page-up", Context::List, ("a page up", ""), |turn| lists::gesture(turn, Gesture::PageUp)),
    action("list.left", Context::List, ("to the left; on a graph the time cursor", ""), |turn| {
        lists::gesture(turn, Gesture::Left)
    }),
    action("list.right", Context::List, ("to the right; on a graph the time cursor", ""), |turn| {
        lists::gesture(turn, Gesture::Right)
    }),
    action("list.open", Context::List, ("open what is under the cursor; on a graph go to its time", "open"), lists::open),
    action("table.sort-left", Context::Table, ("sort by the column before", ""), |turn| lists::sort(turn, -1)),
    action("table.sort-right", Context::Table, ("sort by the next column", "sort"), |turn| lists::sort(turn, 1)),
    action("table.reverse", Context::Table, ("sort the other way round", ""), lists::reverse),
    action("table.columns", Context::Table, ("choose the columns", ""), overlay::columns),
    action("table.faults", Context::Table, ("only what has a fault, or everything", "faults"), lists::faults),
    action("table.mark", Context::Table, ("mark the row; y, e and charts take marked ones", ""), lists::mark),
    action("table.fold", Context::Table, ("fold the group, or unfold it", ""), |turn| lists::gesture(turn, Gesture::Fold)),
    writing("alarms.acknowledge", Context::Alarms, ("acknowledge, or take it back", "ack"), alarms::acknowledge),
    writing("alarms.note", Context::Alarms, ("acknowledge with a note", "note"), alarms::note),
    writing("alarms.silence", Context::Alarms, ("silence: then 1 4 d, or e to end it", "silence"), alarms::silence),
    writing("alarms.maintenance", Context::Alarms, ("maintenance of its object begins, or ends", "work"), work::menu),
    writing("alarms.undo", Context::Alarms, ("take back what was done last", "undo"), alarms::undo),
    action("alarms.group", Context::Alarms, ("by cause, site, device, rule, severity", "by"), alarms::group),
    action("alarms.whole", Context::Alarms, ("the alarm in full, or the list again", "in full"), alarms::whole),
    action("alarms.next", Context::Alarms, ("next one that nobody acknowledged", "next unacked"), alarms::next_unacknowledged),
    writing("silence.hour", Context::Silence, ("1 hour", "1 h"), |turn| alarms::silence_for(turn, 3_600)),
    writing("silence.four-hours", Context::Silence, ("4 hours", "4 h"), |turn| alarms::silence_for(turn, 4 * 3_600)),
    writing("silence.day", Context::Silence, ("24 hours", "24 h"), |turn| alarms::silence_for(turn, 86_400)),
    writing("silence.until", Context::Silence, ("until a time, or for so long", "until"), alarms::silence_until),
    writing("silence.end", Context::Silence, ("end it; nobody cares for it either", "end"), alarms::release),
    action("silence.cancel", Context::Silence, ("leave it", "leave"), overlay::cancel),
    action("events.diff", Context::Events, ("what differs between then and the time shown", "diff"), diff::since),
    action("events.each", Context::Events, ("every event by itself, or bursts as one row", "bursts"), events::each),
    action("events.narrow", Context::Events, ("narrow the list by what is under the cursor", "narrow"), events::menu),
    action("work.down", Context::Work, ("next", ""), |turn| work::step(turn, 1)),
    action("work.up", Context::Work, ("the one before", ""), |turn| work::step(turn, -1)),
    writing("work.hour", Context::Work, ("1 hour, or end it", "1 h"), |turn| work::begin(turn, 3_600)),
    writing("work.four-hours", Context::Work, ("4 hours", "4 h"), |turn| work::begin(turn, 4 * 3_600)),
    writing("work.day", Context::Work, ("24 hours", "24 h"), |turn| work::begin(turn, 86_400)),
    action("work.cancel", Context::Work, ("leave it", "leave"), overlay::cancel),
    action("graph.week", Context::Graph, ("last week's curve beside this week's, or not", "week"), graph::week),
    action("graph.zoom-in", Context::Graph, ("a shorter span", "zoom"), |turn| graph::zoom(turn, -1)),
    action("graph.zoom-out", Context::Graph, ("a longer span", ""), |turn| graph::zoom(turn, 1)),
    action("graph.far-left", Context::Graph, ("the time cursor far to the left", ""), |turn| graph::far(turn, -1)),
    action("graph.far-right", Context::Graph, ("the time cursor far to the right", ""), |turn| graph::far(turn, 1)),
    action("list.related", Context::List, ("related screens: then t d i f l a e h", "related"), overlay::related),
    action("map.left", Context::Map, ("along the links to the left", ""), |turn| lists::gesture(turn, Gesture::Left)),
    action("map.down", Context::Map, ("along the links downwards", ""), |turn| lists::gesture(turn, Gesture::Down)),
    action("map.up", Context::Map, ("along the links upwards", ""), |turn| lists::gesture(turn, Gesture::Up)),
    action("map.right", Context::Map, ("along the links to the right", ""), |turn| lists::gesture(turn, Gesture::Right)),
    action("map.first", Context::Map, ("first node", ""), |turn| lists::gesture(turn, Gesture::First)),
    action("map.last", Context::Map, ("last node", ""), |turn| lists::gesture(turn, Gesture::Last)),
    action("map.page-down", Context::Map, ("half a screen down", ""), |turn| lists::gesture(turn, Gesture::PageDown)),
    action("map.page-up", Context::Map, ("half a screen up", ""), |turn| lists::gesture(turn, Gesture::PageUp)),
    action("map.open", Context::Map, ("open the device, or unfold the fold", "open"), lists::open),
    action("map.more", Context::Map, ("unfold more", "unfold"), |turn| lists::gesture(turn, Gesture::More)),
    action("map.less", Context::Map, ("fold more", "fold"), |turn| lists::gesture(turn, Gesture::Less)),
    action("map.focus", Context::Map, ("only what is near the selected node, or everything", "focus"), |turn| {
        lists::gesture(turn, Gesture::Focus)
    }),
    action("map.hops", Context::Map, ("hops about the focus: 1 to 6", ""), |turn| lists::gesture(turn, Gesture::Hops)),
    action("map.tree", Context::Map, ("the tree instead of the map", "tree"), |turn| lists::gesture(turn, Gesture::Tree)),
    action("map.tree-sort", Context::Map, ("sort the tree: name, load, state", ""), |turn| {
        lists::gesture(turn, Gesture::TreeSort)
    }),
    action("map.far", Context::Map, ("everything from afar, or the map again", "far"), |turn| lists::gesture(turn, Gesture::Far)),
    action("map.layers", Context::Map, ("layer: links, a VLAN, routing", "layer"), |turn| lists::gesture(turn, Gesture::Layers)),
    action("map.vlan-next", Context::Map, ("the next VLAN's layer", ""), |turn| lists::gesture(turn, Gesture::NextVlan)),
    action("map.vlan-before", Context::Map, ("the layer of the VLAN before", ""), |turn| {
        lists::gesture(turn, Gesture::PreviousVlan)
    }),
    action("map.roles", Context::Map, ("lowest rows off, and on again", ""), |turn| lists::gesture(turn, Gesture::Roles)),
    action("map.colour-by", Context::Map, ("what colour says: load, errors, state", "colour"), |turn| {
        lists::gesture(turn, Gesture::ColourBy)
    }),
    action("map.related", Context::Map, ("related screens: then t d i f l a e h", "related"), overlay::related),
    action("vlans.map", Context::Vlans, ("the map of this VLAN", "map"), |turn| lists::gesture(turn, Gesture::Layers)),
    action("flows.group", Context::Flows, ("by what flows are summed up", "by"), flows::groups),
    action("sections.next", Context::Sections, ("the next section of the device", "section"), |turn| device::step(turn, 1)),
    action("sections.back", Context::Sections, ("the section before", ""), |turn| device::step(turn, -1)),
    action("sections.face", Context::Sections, ("what the ports show: state, speed, PoE ...", "face"), device::face),
    action("wireless.band", Context::Wireless, ("only one band, or all: 2.4, 5, 6 GHz", "band"), wireless::band),
    action("wireless.port", Context::Wireless, ("the switch port behind which it is", "port"), |turn| {
        lists::gesture(turn, Gesture::Port)
    }),
    action("wireless.uplink", Context::Wireless, ("that switch's port towards the core", "uplink"), |turn| {
        lists::gesture(turn, Gesture::Uplink)
    }),
    action("logs.follow", Context::Logs, ("keep the newest line in view, or not", "follow"), logs::follow),
    action("logs.fold", Context::Logs, ("lines that say the same once, with their count", "fold same"), logs::fold),
    action("logs.raw", Context::Logs, ("lines as they came, or as they were read", "raw"), logs::raw),
    action("logs.patterns", Context::Logs, ("by pattern, new and rising first, or lines again", "patterns"), logs::by_pattern),
    action("logs.narrow", Context::Logs, ("narrow the list by what is under the cursor", "narrow"), logs::menu),
    ordering("discovery.pause", Context::Discovery, ("pause discovery, or go on", "pause"), global::discovery_pause),
    ordering("discovery.run", Context::Discovery, ("discover the configured targets again", "run again"), global::discovery_run),
    ordering("discovery.cancel", Context::Discovery, ("end the running discovery", "cancel"), global::discovery_cancel),
    action("filter", Context::Global, ("filter this screen", "filter"), overlay::filter),
    action("next-match", Context::Global, ("next match", ""), |turn| lists::gesture(turn, Gesture::NextMatch)),
    action("previous-match", Context::Global, ("previous match", ""), |turn| lists::gesture(turn, Gesture::PreviousMatch)),
    action("jump", Context::Global, ("jump to anything by name or address", "jump"), overlay::jump),
    action("command", Context::Global, ("give a command (Tab completes)", "command"), overlay::palette),
    action("help", Context::Global, ("keys and commands", "help"), global::help),
    action("back", Context::Global, ("clear the filter, else back", ""), global::escape),
    action("quit", Context::Global, ("back; at the top: quit", ""), global::back_or_quit),
    action("quit-now", Context::Global, ("quit", ""), global::quit),
    action("part", Context::Global, ("next part of the screen", ""), lists::next_part),
    action("part-back", Context::Global, ("part of the screen before", ""), lists::previous_part),
    action("history-back", Context::Global, ("the screen before", ""), global::history_back),
    action("history-forward", Context::Global, ("forward again", ""), global::history_forward),
    action("last-screen", Context::Global, ("to and fro between two screens", ""), global::last_screen),
    action("pause", Context::Global, ("pause the display, or live again", "pause"), global::pause),
    action("time-back", Context::Global, ("a step back in time", "past"), |turn| global::step(turn, -1)),
    action("time-forward", Context::Global, ("a step forward in time", ""), |turn| global::step(turn, 1)),
    action("time-go", Context::Global, ("go to a time; an empty one is now", ""), overlay::go_to),
    action("span", Context::Global, ("span of graphs: 5m 1h 6h 24h 7d 30d 1y", "span"), global::span),
    action("copy", Context::Global, ("copy the name under the cursor (OSC 52)", ""), lists::copy_cell),
    action("copy-row", Context::Global, ("copy the row", ""), lists::copy_row),
    action("copy-place", Context::Global, ("copy where you are, for :go", ""), global::copy_place),
    action("show-faults", Context::Global, ("what does not work, and what to do about it", ""), overlay::faults),
    action("save-screen", Context::Global, ("the screen into a file: text, ansi, svg", ""), overlay::save),
    action("mouse", Context::Global, ("mouse on and off", ""), mouse::toggle),
    action("bell", Context::Global, ("bell on new critical alarms, +desktop, off", ""), notice::cycle),
    action("export-rows", Context::Global, ("the rows into a file: then c csv, j json", "export"), overlay::export),
    action("redraw", Context::Global, ("draw everything anew", ""), |_| vec![Effect::Redraw]),
    action("suspend", Context::Global, ("stop; the shell's fg comes back", ""), |_| vec![Effect::Suspend]),
    action("screen.overview", Context::Global, ("Overview", ""), |turn| global::screen(turn, Screen::Overview)),
    action("screen.topology", Context::Global, ("Topology", ""), |turn| global::screen(turn, Screen::Topology)),
    action("screen.devices", Context::Global, ("Devices", ""), |turn| global::screen(turn, Screen::Devices)),
    action("screen.interfaces", Context::Global, ("Interfaces", ""), |turn| global::screen(turn, Screen::Interfaces)),
    action("screen.flows", Context::Global, ("Flows", ""), |turn| global::screen(turn, Screen::Flows)),
    action("screen.wireless", Context::Global, ("Wireless", ""), |turn| global::screen(turn, Screen::Wireless)),
    action("screen.alarms", Context::Global, ("Alarms", ""), |turn| global::screen(turn, Screen::Alarms)),
    action("screen.logs", Context::Global, ("Logs", ""), |turn| global::screen(turn, Screen::Logs)),
    action("screen.events", Context::Global, ("Events", ""), |turn| global::screen(turn, Screen::Events)),
    action("screen.discovery", Context::Global, ("Discovery", ""), |turn| global::screen(turn, Screen::Discovery)),
    action("input.accept", Context::Input, ("accept", "accept"), overlay::accept),
    action("input.cancel", Context::Input, ("leave it", "leave"), overlay::cancel),
    action("input.complete", Context::Input, ("complete", "complete"), overlay::complete),
    action("input.next", Context::Input, ("next choice", ""), |turn| overlay::choose(turn, 1)),
    action("input.previous", Context::Input, ("choice before", ""), |turn| overlay::choose(turn, -1)),
    action("input.clear", Context::Input, ("clear the line", ""), overlay::clear),
    action("input.word-back", Context::Input, ("delete the word before", ""), overlay::delete_word),
    action("input.start", Context::Input, ("to the start of the line", ""), overlay::to_start),
    action("input.end", Context::Input, ("to the end of the line", ""), overlay::to_end),
    action("input.left", Context::Input, ("left", ""), overlay::left),
    action("input.right", Context::Input, ("right", ""), overlay::right),
    action("input.backspace", Context::Input, ("delete the letter before", ""), overlay::backspace),
    action("input.delete", Context::Input, ("delete the letter under the cursor", ""), overlay::delete),
    action("related.topology", Context::Related, ("Topology", "topology"), |turn| related::to(turn, Screen::Topology)),
    action("related.device", Context::Related, ("Device", "device"), |turn| related::to(turn, Screen::Device)),
    action("related.interfaces", Context::Related, ("Interfaces", "interfaces"), |turn| related::to(turn, Screen::Interfaces)),
    action("related.flows", Context::Related, ("Flows", "flows"), |turn| related::to(turn, Screen::Flows)),
    action("related.logs", Context::Related, ("Logs", "logs"), |turn| related::to(turn, Screen::Logs)),
    action("related.alarms", Context::Related, ("Alarms", "alarms"), |turn| related::to(turn, Screen::Alarms)),
    action("related.events", Context::Related, ("Events", "events"), |turn| related::to(turn, Screen::Events)),
    action("related.history", Context::Related, ("History of the port", "history"), |turn| related::to(turn, Screen::Interface)),
    action("related.moment", Context::Related, ("the time when it happened", "then"), related::moment),
    action("related.cancel", Context::Related, ("leave it", "leave"), overlay::cancel),
    action("columns.down", Context::Columns, ("next column", ""), |turn| overlay::column_step(turn, 1)),
    action("columns.up", Context::Columns, ("column before", ""), |turn| overlay::column_step(turn, -1)),
    action("columns.toggle", Context::Columns, ("show or hide it", "show or hide"), overlay::column_toggle),
    action("groups.down", Context::Groups, ("next", ""), |turn| flows::group_step(turn, 1)),
    action("groups.up", Context::Groups, ("the one before", ""), |turn| flows::group_step(turn, -1)),
    action("groups.choose", Context::Groups, ("sum up by it", "choose"), flows::group_choose),
    action("groups.cancel", Context::Groups, ("leave it", "leave"), overlay::cancel),
    action("narrow.down", Context::Narrow, ("next", ""), |turn| logs::menu_step(turn, 1)),
    action("narrow.up", Context::Narrow, ("the one before", ""), |turn| logs::menu_step(turn, -1)),
    action("narrow.choose", Context::Narrow, ("narrow by it", "choose"), logs::menu_choose),
    action("narrow.cancel", Context::Narrow, ("leave it", "leave"), overlay::cancel),
    action("export.csv", Context::Export, ("csv (RFC 4180)", "csv"), |turn| overlay::export_as(turn, Form::Csv)),
    action("export.json", Context::Export, ("json, a document", "json"), |turn| overlay::export_as(turn, Form::Json)),
    action("export.ndjson", Context::Export, ("ndjson, an object a line", "ndjson"), |turn| {
        overlay::export_as(turn, Form::Ndjson)
    }),
    action("export.text", Context::Export, ("text, as the screen stands", "text"), overlay::export_text),
    action("faults.down", Context::Faults, ("further down", ""), |turn| overlay::faults_step(turn, 1)),
    action("faults.up", Context::Faults, ("further up", ""), |turn| overlay::faults_step(turn, -1)),
    action("faults.close", Context::Faults, ("close the list", "close"), overlay::cancel),
    action("save.text", Context::Save, ("text", "text"), |turn| overlay::save_as(turn, Picture::Text)),
    action("save.ansi", Context::Save, ("text with colours (ANSI)", "ansi"), |turn| overlay::save_as(turn, Picture::Ansi)),
    action("save.svg", Context::Save, ("picture (SVG)", "svg"), |turn| overlay::save_as(turn, Picture::Svg)),
    action("save.cancel", Context::Save, ("leave it", "leave"), overlay::cancel),
    action("wallboard.next", Context::Wallboard, ("next board", "next board"), |turn| wallboard::step(turn, 1)),
    action("wallboard.previous", Context::Wallboard, ("board before", "board before"), |turn| wallboard::step(turn, -1)),
    action("wallboard.hold", Context::Wallboard, ("stay on this board, or go on", "hold"), wallboard::hold),
    action("wallboard.bell", Context::Wallboard, ("bell for new critical alarms", "bell"), notice::cycle),
    action("wallboard.redraw", Context::Wallboard, ("draw everything anew", ""), |_| vec![Effect::Redraw]),
    action("wallboard.quit", Context::Wallboard, ("quit", "quit"), global::quit),
    action("export.cancel", Context::Export, ("leave it", "leave"), overlay::cancel),
    action("columns.close", Context::Columns, ("done", "done"), overlay::cancel),
];

/// The action of a name.
pub fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_has_a_help_line_and_a_name_of_its_own() {
        let names: BTreeSet<_> = ACTIONS.iter().map(|action| action.name).collect();
        assert_eq!(names.len(), ACTIONS.len());
        for action in ACTIONS {
            assert!(!action.help.is_empty(), "{}", action.name);
            assert!(action.help.len() <= 60, "{} does not fit the help screen", action.name);
            assert!(action.name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '.' | '-')), "{}", action.name);
        }
    }
}
