//! Actions on the log: following its end, folding, going to a time, narrowing by a line.

use crate::model::{TimeRange, Timestamp};
use crate::query::Screen;
use crate::state::view::ViewBody;
use crate::state::view::logs::LogsView;
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::layer::Layer;
use crate::ui::pane::Gesture;
use crate::ui::pane::logs::{self, MESSAGES, menu, rate};
use crate::ui::state::UiState;
use std::time::Duration;

/// Cells by which a page moves the time cursor.
pub const FAR: i64 = 10;

/// By how much Enter on the rates looks closer.
const ZOOM: u32 = 8;

/// The shortest range that is looked into.
const LEAST_RANGE: Duration = Duration::from_secs(60);

fn view_of<'a>(turn: &Turn<'a>) -> Option<&'a LogsView> {
    match &turn.view?.body {
        ViewBody::Logs(view) => Some(view),
        _ => None,
    }
}

/// `F`: the end is kept in view, or no longer.
pub fn follow(turn: &mut Turn<'_>) -> Vec<Effect> {
    let follows = logs::follows(turn.state);
    turn.state.logs.stopped = follows;
    turn.state.logs.seek = None;
    turn.state.graph.cursor = None;
    turn.state.say(if follows { tr("stopped: F follows again") } else { tr("following: moving up stops it") });
    vec![Effect::Watch]
}

/// `z`: lines that say the same once.
pub fn fold(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.logs.fold = !turn.state.logs.fold;
    // Rows are others now: the cursor goes to the time where it was.
    if !logs::follows(turn.state) {
        turn.state.logs.seek = at_cursor(turn.state, view_of(turn));
    }
    vec![Effect::Watch]
}

/// `b`: what lines have in common in place of the lines, or the lines again.
pub fn by_pattern(turn: &mut Turn<'_>) -> Vec<Effect> {
    let state = &mut *turn.state;
    state.logs.patterns = !state.logs.patterns;
    (state.logs.whole, state.graph.cursor) = (false, None);
    let here = state.here_mut();
    (here.focus, here.lists[MESSAGES]) = (MESSAGES, Default::default());
    vec![Effect::Watch]
}

/// Enter on a pattern: its lines.
pub fn only_pattern(state: &mut UiState, view: &LogsView) -> Vec<Effect> {
    let Some(row) = logs::patterns::under_cursor(view, state) else { return Vec::new() };
    let Some(way) = menu::both(&row.pattern, "pattern").into_iter().next() else { return Vec::new() };
    let last = row.last;
    state.logs.patterns = false;
    // The last of them is what is looked for.
    (state.logs.seek, state.logs.stopped) = (Some(last), true);
    let here = state.here_mut();
    here.filter = menu::with(&here.filter, &way);
    here.lists[MESSAGES] = Default::default();
    vec![Effect::Watch]
}

/// `x`: as they came.
pub fn raw(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.logs.raw = !turn.state.logs.raw;
    Vec::new()
}

/// When the line under the cursor came.
fn at_cursor(state: &UiState, view: Option<&LogsView>) -> Option<Timestamp> {
    logs::under_cursor(view?, state).map(|row| row.line.received)
}

/// The list was moved by its own gestures.
pub fn moved(state: &mut UiState, gesture: Gesture) -> Vec<Effect> {
    let before = logs::follows(state);
    state.graph.cursor = None;
    match gesture {
        Gesture::Last => state.logs.stopped = false,
        Gesture::Up | Gesture::First | Gesture::HalfUp | Gesture::PageUp | Gesture::PreviousMatch => state.logs.stopped = true,
        _ => {}
    }
    // What is asked for changes: the last window, or the one about the cursor.
    if before == logs::follows(state) { Vec::new() } else { vec![Effect::Watch] }
}

/// Left and right: the time cursor moves over the rates, and the list goes to its time.
pub fn move_cursor(state: &mut UiState, view: &LogsView, cells: i64) -> Vec<Effect> {
    let Some(range) = view.range else { return Vec::new() };
    let width = i64::from(rate::chart_cells(state.size.width).max(1));
    let cell = ((range.to.0 - range.from.0) / width).max(1);
    let start = state.graph.cursor.or_else(|| at_cursor(state, Some(view))).unwrap_or(range.to);
    let to = Timestamp(start.0.saturating_add(cell.saturating_mul(cells))).clamp(range.from, range.to);
    state.graph.cursor = Some(to);
    state.logs.stopped = true;
    state.logs.seek = Some(to);
    vec![Effect::Watch]
}

/// Enter on the rates: only what came about the time cursor, in finer steps; without one about the line under the cursor.
pub fn zoom(state: &mut UiState, view: &LogsView) -> Vec<Effect> {
    let Some(range) = view.range else { return Vec::new() };
    let Some(about) = state.graph.cursor.take().or_else(|| at_cursor(state, Some(view))) else { return Vec::new() };
    let half = (range.to.since(range.from) / ZOOM / 2).max(LEAST_RANGE / 2);
    state.logs.within = Some(TimeRange { from: about.minus(half), to: about.plus(half) });
    state.logs.seek = Some(about);
    state.logs.stopped = true;
    vec![Effect::Watch]
}

/// Esc: back from the whole line, then from the range that was looked into; `None` where there is nothing to come back from.
pub fn widen(state: &mut UiState) -> Option<Vec<Effect>> {
    if state.place.screen != Screen::Logs {
        return None;
    }
    if std::mem::take(&mut state.logs.whole) {
        return Some(Vec::new());
    }
    let within = state.logs.within.take()?;
    state.logs.seek = Some(Timestamp(i64::midpoint(within.from.0, within.to.0)));
    Some(vec![Effect::Watch])
}

/// A view came: the list goes where it is to be.
pub fn absorb(state: &mut UiState, view: &LogsView, page: usize) {
    let (first, last) = (view.table.offset, view.table.offset + view.table.rows.len());
    let to = match state.logs.seek {
        Some(seek) => {
            let found = view.table.rows.iter().position(|row| row.line.received >= seek);
            match found {
                // It may stand before what an older answer holds.
                Some(0) if first > 0 => return,
                Some(at) => first + at,
                None if last >= view.table.matched => last.saturating_sub(1),
                None => return,
            }
        }
        None if !state.logs.stopped => view.table.matched.saturating_sub(1),
        None => return,
    };
    let sought = state.logs.seek.take().is_some();
    let Some(list) = state.here_mut().lists.get_mut(MESSAGES) else { return };
    list.cursor = to;
    list.key = to.checked_sub(first).and_then(|at| view.table.rows.get(at)).map(logs::key);
    // What was sought stands where it and what followed can be read.
    list.top = if sought { to.saturating_sub(page / 4) } else { to.saturating_sub(page.saturating_sub(1)) };
    list.top = list.top.min(view.table.matched.saturating_sub(page));
    list.reveal(page);
}

/// `m`: what of the line under the cursor narrows the list.
pub fn menu(turn: &mut Turn<'_>) -> Vec<Effect> {
    let ways = view_of(turn).and_then(|view| logs::under_cursor(view, turn.state)).map(menu::of);
    match ways {
        Some(ways) => turn.state.layers.push(Layer::Narrow(ways, 0)),
        None => turn.state.complain(crate::ui::text::EN.nothing_here),
    }
    Vec::new()
}

/// Up and down in it.
pub fn menu_step(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    if let Some(Layer::Narrow(ways, at)) = turn.state.layers.last_mut()
        && !ways.is_empty()
    {
        *at = (*at + ways.len()).saturating_add_signed(by) % ways.len();
    }
    Vec::new()
}

/// Narrows by what is under the cursor. The list stays at its time.
pub fn menu_choose(turn: &mut Turn<'_>) -> Vec<Effect> {
    let Some(Layer::Narrow(ways, at)) = turn.state.layers.pop() else { return Vec::new() };
    let Some(way) = ways.get(at) else { return Vec::new() };
    if turn.state.place.screen == Screen::Events {
        return super::events::narrowed(turn, way);
    }
    let time = at_cursor(turn.state, view_of(turn));
    let here = turn.state.here_mut();
    here.filter = menu::with(&here.filter, way);
    if way.alone || !logs::follows(turn.state) {
        turn.state.logs.stopped = true;
        turn.state.logs.seek = time;
    }
    vec![Effect::Watch]
}
