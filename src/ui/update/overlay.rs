//! Actions that open, feed and close what lies over a screen: filter, command line, jump list, time, columns, related menu.

use super::{flows, global, navigate, wireless};
use crate::engine::Command;
use crate::query::{Screen, Subject, ViewRequest};
use crate::state::view::{Name, NameKind};
use crate::ui::action::Turn;
use crate::ui::command;
use crate::ui::effect::{Effect, Form, Picture, Purpose};
use crate::ui::layer::{Layer, Picker};
use crate::ui::pane;
use crate::ui::state::{ListState, Place, UiState};
use tui_input::{Input, InputRequest};

/// Lines that the list of what does not work is scrolled by at most: a kind of fault has one sentence.
const MOST_FAULT_LINES: usize = 200;

/// Names looked up at once when one is opened by its text.
pub const CANDIDATES: usize = 20;
/// Names asked for a list.
const NAMES: usize = 50;
/// Rows of tables in a preview.
const PREVIEW_ROWS: usize = 20;
/// Characters that an input takes; nobody types more.
const MAX_INPUT: usize = 1_000;

/// `/`
pub fn filter(turn: &mut Turn<'_>) -> Vec<Effect> {
    let written = turn.state.here().filter;
    turn.state.layers.push(Layer::Filter(Input::new(written)));
    Vec::new()
}

/// `:`
pub fn palette(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.push(Layer::Palette(Picker::default()));
    changed(turn.state)
}

/// `J`
pub fn jump(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.push(Layer::Jump(Picker::default()));
    changed(turn.state)
}

/// `=`
pub fn go_to(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.push(Layer::GoTo(Input::default()));
    Vec::new()
}

/// `o`
pub fn related(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.push(Layer::Related);
    Vec::new()
}

/// `c`
pub fn columns(turn: &mut Turn<'_>) -> Vec<Effect> {
    if !pane::of(turn.state.place.screen).columns().is_empty() {
        turn.state.layers.push(Layer::Columns(0));
    }
    Vec::new()
}

/// `e`
pub fn export(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.push(Layer::Export);
    Vec::new()
}

/// The rows into a file, in a form.
pub fn export_as(turn: &mut Turn<'_>, form: Form) -> Vec<Effect> {
    turn.state.layers.pop();
    vec![Effect::Export(form)]
}

/// The screen as it stands into a file.
pub fn export_text(turn: &mut Turn<'_>) -> Vec<Effect> {
    save_as(turn, Picture::Text)
}

/// `X`
pub fn save(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.push(Layer::Save);
    Vec::new()
}

/// `W`
pub fn faults(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.push(Layer::Faults(0));
    Vec::new()
}

/// Up and down in what does not work.
pub fn faults_step(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    if let Some(Layer::Faults(from)) = turn.state.layers.last_mut() {
        *from = from.saturating_add_signed(by).min(MOST_FAULT_LINES);
    }
    Vec::new()
}

/// The screen as it stands under the menu into a file.
pub fn save_as(turn: &mut Turn<'_>, picture: Picture) -> Vec<Effect> {
    turn.state.layers.pop();
    vec![Effect::SaveScreen(picture)]
}

/// An item of the list was clicked: it is chosen and accepted.
pub fn choose_at(turn: &mut Turn<'_>, row: usize) -> Vec<Effect> {
    match turn.state.layers.last_mut() {
        Some(Layer::Palette(picker)) => picker.cursor = Some(row),
        Some(Layer::Jump(picker)) => picker.cursor = Some(row),
        _ => return Vec::new(),
    }
    accept(turn)
}

/// Up and down in the list of columns.
pub fn column_step(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    let count = pane::of(turn.state.place.screen).columns().len().max(1);
    if let Some(Layer::Columns(at)) = turn.state.layers.last_mut() {
        *at = (*at + count).saturating_add_signed(by) % count;
    }
    Vec::new()
}

/// Shows or hides the column under the cursor.
pub fn column_toggle(turn: &mut Turn<'_>) -> Vec<Effect> {
    let Some(Layer::Columns(at)) = turn.state.layers.last() else { return Vec::new() };
    if let Some(title) = pane::of(turn.state.place.screen).columns().get(*at).copied() {
        let hidden = &mut turn.state.here_mut().hidden;
        if !hidden.remove(title) {
            hidden.insert(title);
        }
    }
    Vec::new()
}

/// Closes the topmost layer.
pub fn cancel(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.pop();
    Vec::new()
}

/// Enter in an input.
pub fn accept(turn: &mut Turn<'_>) -> Vec<Effect> {
    match turn.state.layers.pop() {
        Some(Layer::Filter(input)) => set_filter(turn.state, input.value()),
        Some(Layer::Note(input)) => super::alarms::noted(turn, input.value()),
        Some(Layer::Until(input)) => super::alarms::silenced(turn, input.value()),
        Some(Layer::GoTo(input)) => go_to_text(turn, input.value()),
        Some(Layer::Palette(picker)) => command::accept(turn, picker),
        Some(Layer::Jump(picker)) => picker.chosen().map(|name| open_name(turn.state, name)).unwrap_or_default(),
        Some(
            Layer::Related
            | Layer::Columns(_)
            | Layer::Groups(_)
            | Layer::Narrow(..)
            | Layer::Export
            | Layer::Save
            | Layer::Faults(_)
            | Layer::Work(..)
            | Layer::Silence,
        )
        | None => Vec::new(),
    }
}

/// Sets the filter of the screen where we are.
pub fn set_filter(state: &mut UiState, text: &str) -> Vec<Effect> {
    let here = state.here_mut();
    text.trim().clone_into(&mut here.filter);
    *here.list_mut() = Default::default();
    vec![Effect::Watch]
}

/// Goes to a written time; an empty one, or `now`, is live.
pub fn go_to_text(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    if matches!(text.trim(), "" | "now" | "live") {
        return global::go(turn, None);
    }
    match global::read_time(text, turn.state) {
        Some(at) => global::go(turn, Some(at)),
        None => {
            turn.state.complain(format!("not a time: {text}. Write 11:45, -15m, @UNIX or 2026-11-22T12:00:00Z"));
            Vec::new()
        }
    }
}

/// Opens what a name is of: the device, the port that it is or hangs on, the alarm, the flows of an address.
pub fn open_name(state: &mut UiState, name: &Name) -> Vec<Effect> {
    match (name.kind, &name.device, &name.port) {
        (NameKind::Alarm, ..) => listed(state, Screen::Alarms, &name.key),
        (NameKind::Vlan, ..) => filtered(state, Screen::Vlans, format!("vlan={}", name.key)),
        (NameKind::Host, ..) => flows::open(state, format!("host={}", name.key)),
        (NameKind::Ap, ..) => wireless::access_point(state, &name.key),
        (NameKind::Client, ..) => wireless::clients(state, &name.key),
        (_, Some(device), Some(port)) => {
            let title = format!("{} {port}", name.device_name);
            let subject = Some(Subject::Interface(device.clone(), port.clone()));
            navigate(state, Place { screen: Screen::Interface, subject, title })
        }
        (_, Some(device), None) => {
            let subject = Some(Subject::Device(device.clone()));
            navigate(state, Place { screen: Screen::Device, subject, title: name.device_name.clone() })
        }
        (_, None, _) => Vec::new(),
    }
}

/// To a screen with the cursor on one of its objects; nothing is filtered, so that it is there.
pub fn listed(state: &mut UiState, screen: Screen, key: &str) -> Vec<Effect> {
    let effects = navigate(state, Place::screen(screen));
    let here = state.here_mut();
    here.filter.clear();
    here.faults_only = false;
    *here.list_mut() = ListState { key: Some(key.to_owned()), ..ListState::default() };
    effects
}

/// To a screen with a filter of its own.
pub fn filtered(state: &mut UiState, screen: Screen, filter: String) -> Vec<Effect> {
    let effects = navigate(state, Place::screen(screen));
    let here = state.here_mut();
    here.filter = filter;
    *here.list_mut() = ListState::default();
    if effects.is_empty() { vec![Effect::Watch] } else { effects }
}

/// Tab: takes the chosen suggestion, or the best; in a filter the first field that fits.
pub fn complete(turn: &mut Turn<'_>) -> Vec<Effect> {
    let fields = pane::of(turn.state.place.screen).fields();
    match turn.state.layers.last_mut() {
        Some(Layer::Filter(input)) => {
            if let Some(line) = command::complete_field(input.value(), &fields) {
                *input = Input::new(line);
            }
            Vec::new()
        }
        Some(Layer::Palette(picker)) => {
            let best = picker.chosen().or_else(|| picker.items.first()).map(|suggestion| suggestion.line.clone());
            let Some(line) = best else { return Vec::new() };
            picker.input = Input::new(line);
            changed(turn.state)
        }
        _ => choose(turn, 1),
    }
}

/// Another item of the list; on an empty command line, or one out of the history, another command of the history.
pub fn choose(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    match turn.state.layers.last_mut() {
        Some(Layer::Palette(picker)) if picker.recalled > 0 || (picker.input.value().is_empty() && by < 0) => {
            recall(turn.state, by)
        }
        Some(Layer::Palette(picker)) => {
            picker.step(by);
            Vec::new()
        }
        Some(Layer::Jump(picker)) => {
            picker.step(by);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Up and down in the history of commands; below the last is the empty line.
fn recall(state: &mut UiState, by: isize) -> Vec<Effect> {
    let all = state.commands.len();
    let Some(Layer::Palette(picker)) = state.layers.last_mut() else { return Vec::new() };
    let back = picker.recalled.saturating_add_signed(-by).min(all);
    let line = back.checked_sub(1).and_then(|back| state.commands.iter().rev().nth(back)).cloned().unwrap_or_default();
    picker.input = Input::new(line);
    let effects = changed(state);
    if let Some(Layer::Palette(picker)) = state.layers.last_mut() {
        picker.recalled = back;
    }
    effects
}

/// A letter was written.
pub fn write(state: &mut UiState, text: &str) -> Vec<Effect> {
    let Some(input) = state.layers.last_mut().and_then(Layer::input) else { return Vec::new() };
    for c in text.chars().filter(|c| !c.is_control()) {
        if input.value().len() < MAX_INPUT {
            input.handle(InputRequest::InsertChar(c));
        }
    }
    changed(state)
}

fn edit(turn: &mut Turn<'_>, request: InputRequest) -> Vec<Effect> {
    if let Some(input) = turn.state.layers.last_mut().and_then(Layer::input) {
        input.handle(request);
    }
    changed(turn.state)
}

/// Clears the line.
pub fn clear(turn: &mut Turn<'_>) -> Vec<Effect> {
    edit(turn, InputRequest::DeleteLine)
}

/// Deletes the word before the caret.
pub fn delete_word(turn: &mut Turn<'_>) -> Vec<Effect> {
    edit(turn, InputRequest::DeletePrevWord)
}

/// To the start of the line.
pub fn to_start(turn: &mut Turn<'_>) -> Vec<Effect> {
    edit(turn, InputRequest::GoToStart)
}

/// To the end of the line.
pub fn to_end(turn: &mut Turn<'_>) -> Vec<Effect> {
    edit(turn, InputRequest::GoToEnd)
}

/// One letter to the left.
pub fn left(turn: &mut Turn<'_>) -> Vec<Effect> {
    edit(turn, InputRequest::GoToPrevChar)
}

/// One letter to the right.
pub fn right(turn: &mut Turn<'_>) -> Vec<Effect> {
    edit(turn, InputRequest::GoToNextChar)
}

/// Deletes the letter before the caret; on an empty line leaves it.
pub fn backspace(turn: &mut Turn<'_>) -> Vec<Effect> {
    let empty = turn.state.layers.last_mut().and_then(Layer::input).is_some_and(|input| input.value().is_empty());
    if empty { cancel(turn) } else { edit(turn, InputRequest::DeletePrevChar) }
}

/// Deletes the letter under the caret.
pub fn delete(turn: &mut Turn<'_>) -> Vec<Effect> {
    edit(turn, InputRequest::DeleteNextChar)
}

/// What follows from a changed line: suggestions, names asked for.
fn changed(state: &mut UiState) -> Vec<Effect> {
    let line = match state.layers.last() {
        Some(Layer::Palette(picker)) => picker.input.value().to_owned(),
        Some(Layer::Jump(picker)) => {
            return vec![Effect::Ask(Purpose::Names, Command::Names(picker.input.value().to_owned(), NAMES))];
        }
        _ => return Vec::new(),
    };
    let items = command::suggest(&line, state);
    if let Some(Layer::Palette(picker)) = state.layers.last_mut() {
        picker.items = items;
        picker.cursor = None;
        picker.recalled = 0;
    }
    let wanted = command::wanted_name(&line).map(str::to_owned);
    wanted.map(|text| vec![Effect::Ask(Purpose::Names, Command::Names(text, NAMES))]).unwrap_or_default()
}

/// What is asked beside of the name that is chosen, for its preview.
pub fn preview(state: &UiState) -> Option<ViewRequest> {
    let Some(Layer::Jump(picker)) = state.layers.last() else { return None };
    let name = picker.chosen()?;
    let device = name.device.clone()?;
    let (screen, subject) = match (name.kind, &name.port) {
        (NameKind::Alarm | NameKind::Ap | NameKind::Client, _) | (_, None) => (Screen::Device, Subject::Device(device)),
        (_, Some(port)) => (Screen::Interface, Subject::Interface(device, port.clone())),
    };
    let mut request = ViewRequest::new(screen, PREVIEW_ROWS);
    request.subject = Some(subject);
    request.at = state.time.at;
    Some(request)
}

/// Names came from the engine.
pub fn names(state: &mut UiState, names: Vec<Name>) {
    match state.layers.last_mut() {
        Some(Layer::Jump(picker)) => {
            picker.cursor = (!names.is_empty()).then_some(0);
            picker.items = names;
        }
        Some(Layer::Palette(picker)) if command::wanted_name(picker.input.value()).is_some() => {
            picker.items = command::suggest_names(picker.input.value(), &names);
            picker.cursor = None;
        }
        _ => {}
    }
}
