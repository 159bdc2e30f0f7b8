//! Actions on what happened: going to a time, bursts, narrowing.

use crate::model::{TimeRange, Timestamp};
use crate::query::Screen;
use crate::state::view::{EventLine, TimelineView, ViewBody};
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::layer::Layer;
use crate::ui::pane::events::{DEVICES, LIST, menu, strip, under_cursor};
use crate::ui::pane::{self, logs::menu as narrowing};
use crate::ui::state::UiState;
use std::time::Duration;

/// Cells by which a page moves the time cursor.
pub const FAR: i64 = 10;

/// By how much Enter on the strip looks closer.
const ZOOM: u32 = 8;

/// The shortest range that is looked into.
const LEAST_RANGE: Duration = Duration::from_secs(60);

/// When the event under the cursor was.
fn at_cursor(state: &UiState, view: &TimelineView) -> Option<Timestamp> {
    let list = &state.here().lists[LIST];
    view.table.rows.get(list.cursor.checked_sub(view.table.offset)?).map(|line| line.at)
}

/// Left and right: the time cursor moves over the strip, and the list goes to its time.
pub fn move_cursor(state: &mut UiState, view: &TimelineView, cells: i64) -> Vec<Effect> {
    let Some(range) = view.range else { return Vec::new() };
    let width = i64::from(strip::chart_cells(state.size.width).max(1));
    let cell = ((range.to.0 - range.from.0) / width).max(1);
    let start = state.graph.cursor.or_else(|| at_cursor(state, view)).unwrap_or(range.to);
    let to = Timestamp(start.0.saturating_add(cell.saturating_mul(cells))).clamp(range.from, range.to);
    state.graph.cursor = Some(to);
    state.events.seek = Some(to);
    vec![Effect::Watch]
}

/// Enter on the strip: only what happened about the time cursor, in finer steps.
pub fn zoom(state: &mut UiState, view: &TimelineView) -> Vec<Effect> {
    let Some(range) = view.range else { return Vec::new() };
    let Some(about) = state.graph.cursor.take().or_else(|| at_cursor(state, view)) else { return Vec::new() };
    let half = (range.to.since(range.from) / ZOOM / 2).max(LEAST_RANGE / 2);
    state.events.within = Some(TimeRange { from: about.minus(half), to: about.plus(half) });
    state.events.seek = Some(about);
    vec![Effect::Watch]
}

/// Esc: back from the range that was looked into; `None` where there is nothing to come back from.
pub fn widen(state: &mut UiState) -> Option<Vec<Effect>> {
    if state.place.screen != Screen::Events {
        return None;
    }
    let within = state.events.within.take()?;
    state.events.seek = Some(Timestamp(i64::midpoint(within.from.0, within.to.0)));
    Some(vec![Effect::Watch])
}

/// A view came: the list goes to the time that was sought.
pub fn absorb(state: &mut UiState, view: &TimelineView, page: usize) {
    let Some(seek) = state.events.seek else { return };
    let (first, last) = (view.table.offset, view.table.offset + view.table.rows.len());
    let to = match view.table.rows.iter().position(|line| line.first.min(line.at) <= seek) {
        // It may stand before what an older answer holds.
        Some(0) if first > 0 => return,
        Some(at) => first + at,
        None if last >= view.table.matched => last.saturating_sub(1),
        None => return,
    };
    state.events.seek = None;
    let line = to.checked_sub(first).and_then(|at| view.table.rows.get(at));
    let key = line.map(|line| pane::events::key(&line.event));
    let Some(list) = state.here_mut().lists.get_mut(LIST) else { return };
    (list.cursor, list.key) = (to, key);
    list.top = to.saturating_sub(page / 2).min(view.table.matched.saturating_sub(page));
    list.reveal(page);
}

/// `z` and Enter on a burst: its events one by one, or it as one row again.
pub fn fold(state: &mut UiState, line: &EventLine) -> Vec<Effect> {
    let Some(burst) = line.burst.clone() else { return Vec::new() };
    let here = state.here_mut();
    let key = match here.folded.remove(&burst) {
        true => burst,
        false => {
            here.folded.insert(burst);
            pane::events::key(&line.event)
        }
    };
    if let Some(list) = here.lists.get_mut(LIST) {
        list.key = Some(key);
    }
    vec![Effect::Watch]
}

/// `Z`: bursts as one row each, or every event by itself.
pub fn each(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.events.each = !turn.state.events.each;
    turn.state.say(if turn.state.events.each { tr("every event by itself") } else { tr("bursts as one row each") });
    vec![Effect::Watch]
}

/// Enter on a device: only what happened there.
pub fn only_device(state: &mut UiState, view: &TimelineView) -> Vec<Effect> {
    let Some((name, _)) = view.devices.get(state.here().lists[DEVICES].cursor) else { return Vec::new() };
    let Some(way) = narrowing::both(name, "device").into_iter().next() else { return Vec::new() };
    let here = state.here_mut();
    here.filter = narrowing::with(&here.filter, &way);
    here.focus = LIST;
    here.lists = Default::default();
    vec![Effect::Watch]
}

/// `m`: what of the event under the cursor narrows the list.
pub fn menu(turn: &mut Turn<'_>) -> Vec<Effect> {
    let ways = turn.view.and_then(|view| under_cursor(&view.body, turn.state)).map(|line| {
        let name = line.device.as_ref().and_then(|_| line.object.split(' ').next());
        menu::of(line, name)
    });
    match ways {
        Some(ways) => turn.state.layers.push(Layer::Narrow(ways, 0)),
        None => turn.state.complain(crate::ui::text::EN.nothing_here),
    }
    Vec::new()
}

/// Narrows by what was chosen. The list stays at its time.
pub fn narrowed(turn: &mut Turn<'_>, way: &narrowing::Narrowing) -> Vec<Effect> {
    let time = match turn.view.map(|view| &view.body) {
        Some(ViewBody::Timeline(view)) => at_cursor(turn.state, view),
        _ => None,
    };
    let here = turn.state.here_mut();
    here.filter = narrowing::with(&here.filter, way);
    turn.state.events.seek = time;
    vec![Effect::Watch]
}
