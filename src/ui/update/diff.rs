//! What differs between two times: asked of the engine, then filtered and sorted here, as it is one short list.

use super::{global, navigate, overlay};
use crate::engine::{Answer, AskError, Command, DiffRow};
use crate::model::Timestamp;
use crate::query::Screen;
use crate::trf;
use crate::ui::action::Turn;
use crate::ui::command;
use crate::ui::effect::{Effect, Purpose};
use crate::ui::lang::tr;
use crate::ui::pane;
use crate::ui::pane::diff::{self, DiffState};
use crate::ui::state::{Place, UiState};

/// `:diff T1 [T2]`; without the second up to the time that is shown.
pub fn command(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    let mut times = text.split_whitespace();
    let read = |text: Option<&str>, state: &UiState| text.map(|text| global::read_time(text, state).ok_or(text.to_owned()));
    let from = read(times.next(), turn.state);
    let to = read(times.next(), turn.state);
    match (from, to) {
        (None, _) => navigate(turn.state, Place::screen(Screen::Diff)),
        (Some(Ok(from)), None) => between(turn.state, (from, turn.state.shown_at())),
        (Some(Ok(from)), Some(Ok(to))) => between(turn.state, (from, to)),
        (Some(Err(text)), _) | (_, Some(Err(text))) => {
            turn.state.complain(trf!("not a time: {}. Write 11:45, -15m, @UNIX or 2026-11-22T12:00:00Z", text));
            Vec::new()
        }
    }
}

/// `d` on an event: from just before it to the time that is shown.
pub fn since(turn: &mut Turn<'_>) -> Vec<Effect> {
    let moment = turn.view.and_then(|view| pane::of(turn.state.place.screen).moment(&view.body, turn.state));
    match moment {
        Some(at) => between(turn.state, (Timestamp(at.0.saturating_sub(1)), turn.state.shown_at())),
        None => {
            turn.state.complain(tr("nothing is selected"));
            Vec::new()
        }
    }
}

/// Asks for what differs and goes to its screen.
fn between(state: &mut UiState, (a, b): (Timestamp, Timestamp)) -> Vec<Effect> {
    let (from, to) = (a.min(b), a.max(b));
    state.diff = DiffState { span: Some((from, to)), ..DiffState::default() };
    let mut effects = navigate(state, Place::screen(Screen::Diff));
    *state.here_mut().list_mut() = Default::default();
    effects.push(Effect::Ask(Purpose::Diff, Command::Diff(from, to)));
    effects
}

/// The engine answered.
pub fn answered(state: &mut UiState, answer: Result<Answer, AskError>) -> Vec<Effect> {
    match answer {
        Ok(Answer::Diff(rows)) => state.diff.rows = Some(rows),
        Ok(_) => {}
        Err(error) => {
            state.diff.rows = Some(Vec::new());
            state.complain(error.to_string());
        }
    }
    diff::choose(state);
    if state.place.screen == Screen::Diff { vec![Effect::Watch] } else { Vec::new() }
}

/// Enter on a row: the device, or the port, that it is about.
pub fn open(state: &mut UiState, row: &DiffRow) -> Vec<Effect> {
    let (kind, name) = row.object.split_once(' ').unwrap_or(("", &row.object));
    let near = name.split_once(" - ").map_or(name, |(near, _)| near);
    match kind {
        "interface" | "link" => command::open(state, (near, Screen::Interface)),
        "device" => command::open(state, (near, Screen::Device)),
        _ => vec![Effect::Ask(Purpose::Open(Screen::Devices), Command::Names(near.to_owned(), overlay::CANDIDATES))],
    }
}

/// Enter on the screen.
pub fn enter(state: &mut UiState) -> Vec<Effect> {
    let row = diff::Diff.selected(state).cloned();
    row.map(|row| open(state, &row)).unwrap_or_default()
}
