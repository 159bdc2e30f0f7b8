//! What an operator does about alarms: acknowledge, with a note, silence, release. All of it is asked of the engine.

use super::lists;
use crate::engine::Command;
use crate::model::{AlarmAct, AlarmOrder, Timestamp};
use crate::query::{Screen, time};
use crate::state::view::{AlarmRow, View, ViewBody};
use crate::trf;
use crate::ui::action::Turn;
use crate::ui::effect::{Effect, Purpose};
use crate::ui::lang::tr;
use crate::ui::layer::Layer;
use crate::ui::pane;
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

/// The alarm under the cursor.
pub fn under_cursor<'v>(turn: &Turn<'v>) -> Option<&'v AlarmRow> {
    pane::alarms::under_cursor(&turn.view?.body, turn.state).filter(|row| row.head.is_none())
}

/// Who is at the console.
pub fn by(state: &UiState) -> String {
    if state.user.is_empty() { NOBODY.to_owned() } else { state.user.clone() }
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
    let by = by(turn.state);
    turn.state.alarms.undo = undoing((rows(turn.view), turn.state.time.now), (&alarms, &by));
    turn.state.here_mut().marks.clear();
    vec![Effect::Ask(Purpose::Acknowledge(said), Command::Alarms(AlarmOrder { alarms, by, act }))]
}

/// What brings alarms back to where they are now: as if nobody had done anything, then what had been done.
fn undoing((rows, now): (&[AlarmRow], Timestamp), (alarms, by): (&[String], &str)) -> Vec<Command> {
    let order = |alarms: Vec<String>, by: &str, act| Command::Alarms(AlarmOrder { alarms, by: by.to_owned(), act });
    let mut undo = vec![order(alarms.to_vec(), by, AlarmAct::Release)];
    for row in rows.iter().filter(|row| alarms.contains(&row.id)) {
        if let Some(ack) = &row.acknowledged {
            undo.push(order(vec![row.id.clone()], &ack.by, AlarmAct::Acknowledge(ack.note.clone())));
        }
        if let Some(silence) = &row.silenced {
            let left = u32::try_from(silence.until.since(now).as_secs()).unwrap_or(u32::MAX);
            undo.push(order(vec![row.id.clone()], &silence.by, AlarmAct::Silence(left)));
        }
    }
    undo
}

/// `U`: takes back what was done last.
pub fn undo(turn: &mut Turn<'_>) -> Vec<Effect> {
    let undo = std::mem::take(&mut turn.state.alarms.undo);
    if undo.is_empty() {
        turn.state.complain(tr("nothing was done that could be taken back"));
    }
    undo.into_iter().map(|command| Effect::Ask(Purpose::Acknowledge("taken back"), command)).collect()
}

/// `b`: under what alarms stand together.
pub fn group(turn: &mut Turn<'_>) -> Vec<Effect> {
    let state = &mut *turn.state;
    state.alarms.group = state.alarms.group.next();
    *state.here_mut().list_mut() = Default::default();
    vec![Effect::Watch]
}

/// `v`: the alarm under the cursor on the whole screen, or the list again.
pub fn whole(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.alarms.whole = !turn.state.alarms.whole && under_cursor(turn).is_some();
    Vec::new()
}

/// Esc: back from the whole alarm to the list; `None` where the list is shown.
pub fn narrow(state: &mut UiState) -> Option<Vec<Effect>> {
    let is_whole = state.place.screen == Screen::Alarms && std::mem::take(&mut state.alarms.whole);
    is_whole.then(Vec::new)
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

/// How long is being written.
pub fn silence_until(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.pop();
    turn.state.layers.push(Layer::Until(Input::default()));
    Vec::new()
}

/// So long, or until then: `30m`, `2d`, `18:00`, RFC 3339.
pub fn silenced(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    match seconds_of(turn.state, text.trim()) {
        Some(secs) => order(turn, AlarmAct::Silence(secs), "silenced"),
        None => {
            turn.state.complain(trf!("not a time to come: {}. Write 30m, 2d, 18:00 or 2026-11-22T18:00:00Z", text));
            Vec::new()
        }
    }
}

/// Seconds from now to what is written.
fn seconds_of(state: &UiState, text: &str) -> Option<u32> {
    let now = state.time.now;
    let left = match time::duration(text) {
        Some(duration) => duration,
        None => Timestamp::parse_absolute(text).or_else(|| next(state, text))?.since(now),
    };
    u32::try_from(left.as_secs()).ok().filter(|secs| *secs > 0)
}

/// The next time that a clock shows this.
fn next(state: &UiState, text: &str) -> Option<Timestamp> {
    let time: jiff::civil::Time = text.parse().ok()?;
    let now = jiff::Timestamp::from_millisecond(state.time.now.0).ok()?.to_zoned(state.zone.clone());
    let today = now.date().to_datetime(time).to_zoned(state.zone.clone()).ok()?;
    let at = if today <= now { today.checked_add(jiff::Span::new().days(1)).ok()? } else { today };
    Some(Timestamp(at.timestamp().as_millisecond()))
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
    let open = |row: &AlarmRow| {
        let stands = row.cleared_at.is_none() && row.head.is_none();
        let counts = row.silenced.is_none() && row.work.is_none() && row.root.is_none();
        stands && counts && row.acknowledged.is_none()
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::Place;
    use ratatui::layout::Size;

    #[test]
    fn a_silence_is_written_as_a_time_or_as_how_long() {
        let mut state = UiState::new(Place::screen(Screen::Alarms), Size::new(80, 24));
        state.time.now = Timestamp::parse_absolute("2026-11-22T12:00:05Z").unwrap();
        let cases = [
            ("30m", Some(1_800)),
            ("1d12h", Some(129_600)),
            ("12:30", Some(1_795)),
            ("11:00", Some(82_795)),
            ("2026-11-22T12:01:05Z", Some(60)),
            ("2026-11-22T11:00:00Z", None),
            ("soon", None),
            ("", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(seconds_of(&state, text), wanted, "{text}");
        }
    }
}
