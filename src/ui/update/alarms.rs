//! What an operator does about alarms: acknowledge, with a note, silence, release. All of it is asked of the engine.

use super::lists;
use crate::engine::Command;
use crate::model::{AlarmAct, AlarmOrder};
use crate::state::view::{AlarmRow, View, ViewBody};
use crate::ui::action::Turn;
use crate::ui::effect::{Effect, Purpose};
use crate::ui::lang::tr;
use crate::ui::layer::Layer;
use crate::ui::state::UiState;
use tui_input::Input;

/// The name of somebody whom the environment does not name.
const NOBODY: &str = "operator";

fn rows(view: Option<&View>) -> &[AlarmRow] {
    match view.map(|view| &view.body) {
        Some(ViewBody::Alarms(table)) => &table.rows,
        _ => &[],
    }
}

fn under_cursor<'v>(turn: &Turn<'v>) -> Option<&'v AlarmRow> {
    let ViewBody::Alarms(table) = &turn.view?.body else { return None };
    table.rows.get(turn.state.here().list().cursor.checked_sub(table.offset)?)
}

/// The alarms that are meant: those that are marked, else the one under the cursor, as far as they stand.
fn meant(turn: &Turn<'_>) -> Vec<String> {
    let marks = turn.state.here().marks;
    if !marks.is_empty() {
        return marks.into_iter().map(|mark| mark.key).collect();
    }
    let standing = under_cursor(turn).filter(|alarm| alarm.cleared_at.is_none());
    standing.map(|alarm| alarm.id.clone()).into_iter().collect()
}

fn order(turn: &mut Turn<'_>, act: AlarmAct, said: &'static str) -> Vec<Effect> {
    let alarms = meant(turn);
    if alarms.is_empty() {
        turn.state.complain(tr("no alarm that stands is under the cursor"));
        return Vec::new();
    }
    let state = &mut *turn.state;
    state.here_mut().marks.clear();
    let by = if state.user.is_empty() { NOBODY.to_owned() } else { state.user.clone() };
    vec![Effect::Ask(Purpose::Acknowledge(said), Command::Alarms(AlarmOrder { alarms, by, act }))]
}

/// `a`: acknowledges; one that is acknowledged is released.
pub fn acknowledge(turn: &mut Turn<'_>) -> Vec<Effect> {
    let done = turn.state.here().marks.is_empty() && under_cursor(turn).is_some_and(|alarm| alarm.acknowledged.is_some());
    if done { release(turn) } else { order(turn, AlarmAct::Acknowledge(None), "acknowledged") }
}

/// `A`: a note is written first.
pub fn note(turn: &mut Turn<'_>) -> Vec<Effect> {
    if meant(turn).is_empty() {
        turn.state.complain(tr("no alarm that stands is under the cursor"));
        return Vec::new();
    }
    let known = under_cursor(turn).and_then(|alarm| alarm.acknowledged.as_ref()?.note.clone());
    turn.state.layers.push(Layer::Note(Input::new(known.unwrap_or_default())));
    Vec::new()
}

/// The note is written.
pub fn noted(turn: &mut Turn<'_>, note: &str) -> Vec<Effect> {
    let note = Some(note.trim().to_owned()).filter(|note| !note.is_empty());
    order(turn, AlarmAct::Acknowledge(note), "acknowledged")
}

/// `S`: how long?
pub fn silence(turn: &mut Turn<'_>) -> Vec<Effect> {
    if meant(turn).is_empty() {
        turn.state.complain(tr("no alarm that stands is under the cursor"));
    } else {
        turn.state.layers.push(Layer::Silence);
    }
    Vec::new()
}

/// So long.
pub fn silence_for(turn: &mut Turn<'_>, secs: u32) -> Vec<Effect> {
    turn.state.layers.pop();
    order(turn, AlarmAct::Silence(secs), "silenced")
}

/// As if nobody had done anything.
pub fn release(turn: &mut Turn<'_>) -> Vec<Effect> {
    if matches!(turn.state.layers.last(), Some(Layer::Silence)) {
        turn.state.layers.pop();
    }
    order(turn, AlarmAct::Release, "released")
}

/// `u`: to the next alarm below that stands and nobody cares for, from the top again after the last.
pub fn next_unacknowledged(turn: &mut Turn<'_>) -> Vec<Effect> {
    let Some(ViewBody::Alarms(table)) = turn.view.map(|view| &view.body) else { return Vec::new() };
    let open = |row: &AlarmRow| row.cleared_at.is_none() && row.acknowledged.is_none() && row.silenced.is_none();
    let at = turn.state.here().list().cursor;
    let mut rows = rows(turn.view).iter().zip(table.offset..).filter(|(row, _)| open(row)).map(|(_, row)| row);
    let first = rows.clone().next();
    match rows.find(|row| *row > at).or(first) {
        Some(row) => lists::go_to_row(turn, row),
        None => {
            turn.state.say(tr("every alarm here is acknowledged"));
            Vec::new()
        }
    }
}

/// Whether the row of a state's cursor can be acted on; for the hints of the detail.
pub fn hint(state: &UiState) -> Option<&'static str> {
    match (state.access, state.time.at) {
        (crate::ui::state::Access::ReadOnly, _) => None,
        (_, Some(_)) => Some(tr("in the past nothing can be acknowledged")),
        (_, None) => None,
    }
}
