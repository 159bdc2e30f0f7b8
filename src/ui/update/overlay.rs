//! Actions that open, feed and close what lies over a screen: filter, command line, jump list, time, columns, related menu.

use super::{global, navigate};
use crate::engine::Command;
use crate::query::{Screen, Subject};
use crate::state::view::screens::Name;
use crate::ui::action::Turn;
use crate::ui::command;
use crate::ui::effect::{Effect, Form, Purpose};
use crate::ui::layer::{Layer, Picker};
use crate::ui::pane;
use crate::ui::state::{Place, UiState};
use tui_input::{Input, InputRequest};

/// Names asked for a list.
const NAMES: usize = 50;
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
    turn.state.layers.pop();
    vec![Effect::SaveScreen]
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
        Some(Layer::GoTo(input)) => go_to_text(turn, input.value()),
        Some(Layer::Palette(picker)) => command::accept(turn, picker),
        Some(Layer::Jump(picker)) => picker.chosen().map(|name| open_name(turn.state, name)).unwrap_or_default(),
        Some(Layer::Related | Layer::Columns(_) | Layer::Groups(_) | Layer::Narrow(..) | Layer::Export) | None => Vec::new(),
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

/// Opens a device or one of its ports.
pub fn open_name(state: &mut UiState, name: &Name) -> Vec<Effect> {
    let place = match &name.port {
        Some(port) => Place {
            screen: Screen::Interface,
            subject: Some(Subject::Interface(name.device.clone(), port.clone())),
            title: name.text.clone(),
        },
        None => Place { screen: Screen::Device, subject: Some(Subject::Device(name.device.clone())), title: name.text.clone() },
    };
    navigate(state, place)
}

/// Tab: takes the chosen suggestion, or the best.
pub fn complete(turn: &mut Turn<'_>) -> Vec<Effect> {
    let Some(Layer::Palette(picker)) = turn.state.layers.last_mut() else { return choose(turn, 1) };
    let Some(line) = picker.chosen().or_else(|| picker.items.first()).map(|suggestion| suggestion.line.clone()) else {
        return Vec::new();
    };
    picker.input = Input::new(line);
    picker.cursor = None;
    changed(turn.state)
}

/// Another item of the list.
pub fn choose(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    match turn.state.layers.last_mut() {
        Some(Layer::Palette(picker)) if picker.input.value().is_empty() && by < 0 => return recall(turn.state),
        Some(Layer::Palette(picker)) => picker.step(by),
        Some(Layer::Jump(picker)) => picker.step(by),
        _ => {}
    }
    Vec::new()
}

/// Up on an empty command line: the last command.
fn recall(state: &mut UiState) -> Vec<Effect> {
    let Some(last) = state.commands.last().cloned() else { return Vec::new() };
    if let Some(Layer::Palette(picker)) = state.layers.last_mut() {
        picker.input = Input::new(last);
    }
    changed(state)
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
    let keymap = state.keymap.clone();
    match state.layers.last_mut() {
        Some(Layer::Palette(picker)) => {
            picker.items = command::suggest(picker.input.value(), &keymap);
            picker.cursor = None;
            let wanted = command::wanted_name(picker.input.value()).map(str::to_owned);
            wanted.map(|text| vec![Effect::Ask(Purpose::Names, Command::Names(text, NAMES))]).unwrap_or_default()
        }
        Some(Layer::Jump(picker)) => {
            vec![Effect::Ask(Purpose::Names, Command::Names(picker.input.value().to_owned(), NAMES))]
        }
        _ => Vec::new(),
    }
}

/// Names came from the engine.
pub fn names(state: &mut UiState, mut names: Vec<Name>) {
    match state.layers.last_mut() {
        Some(Layer::Jump(picker)) => {
            // What is called just that comes before what only mentions it; otherwise the engine's order holds.
            let written = picker.input.value().trim();
            names.sort_by_key(|name| (name.text != written, !name.text.starts_with(written)));
            picker.cursor = (!names.is_empty()).then_some(0);
            picker.items = names;
        }
        Some(Layer::Palette(picker)) => {
            picker.items = command::suggest_names(picker.input.value(), &names);
            picker.cursor = None;
        }
        _ => {}
    }
}
