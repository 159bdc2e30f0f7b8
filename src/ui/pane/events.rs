//! Events: what happened, newest first; how much of it when, and on which devices; bursts of one kind as one row.
//!
//! Left and right move a time cursor over the strip and the list with it, as in Logs. Start at [`Events`]; `columns` has the columns, `strip` is the
//! upper part, `detail` the event under the cursor, `menu` what narrows the list.

pub mod columns;
mod detail;
pub mod menu;
pub mod strip;

pub use columns::{BRIEF, COLUMNS, LINES, PRECISE};

use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, names_of};
use crate::model::Timestamp;
use crate::query::{EventPart, EventRequest, Screen, Subject, ViewRequest};
use crate::state::view::{EVENT_COLUMNS, EventLine, EventRow, TimelineView, View, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trn};
use crate::ui::state::Room;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::update::events as update;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Header, Rows, sorts, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The screen.
pub struct Events;

/// Parts that Tab goes through.
pub const LIST: usize = 0;
/// See [`LIST`].
pub const RATES: usize = 1;
/// See [`LIST`].
pub const DEVICES: usize = 2;
/// Rows of the strip, borders counted: on a narrow screen and on a wide one.
const STRIP: u16 = 4;
/// See [`STRIP`].
const WIDE_STRIP: u16 = 6;
/// Rows of the detail under the list, borders counted.
const DETAIL: u16 = 6;
/// Columns of the detail at the right; a third of what is wider.
const SIDE: u16 = 40;
/// Rows of a list that has a detail under it, at least.
const LEAST_LIST: u16 = 5;
/// Rows of the devices under the detail, at least.
const LEAST_DEVICES: u16 = 6;

/// Where the parts are.
struct Places {
    strip: Rect,
    list: Rect,
    detail: Rect,
    devices: Rect,
}

fn places(state: &UiState, area: Rect) -> Places {
    let nothing = Rect::new(area.x, area.bottom(), area.width, 0);
    let wide = state.room() == Room::Wide;
    let wanted = if wide { WIDE_STRIP } else { STRIP };
    let has_strip = state.room() != Room::Tiny && area.height >= LEAST_LIST + wanted;
    let strip = Rect { height: if has_strip { wanted } else { 0 }, ..area };
    let rest = Rect { y: strip.bottom(), height: area.height - strip.height, ..area };
    match state.room() {
        Room::Wide => {
            let side = SIDE.max(area.width / 3).min(rest.width);
            let list = Rect { width: rest.width - side, ..rest };
            let right = Rect { x: list.right(), width: side, ..rest };
            let devices = if right.height >= 3 * LEAST_DEVICES { (right.height * 2 / 5).max(LEAST_DEVICES) } else { 0 };
            let detail = Rect { height: right.height - devices, ..right };
            Places { strip, list, detail, devices: Rect { y: detail.bottom(), height: devices, ..right } }
        }
        Room::Middle if rest.height >= LEAST_LIST + DETAIL => {
            let list = Rect { height: rest.height - DETAIL, ..rest };
            Places { strip, list, detail: Rect { y: list.bottom(), height: DETAIL, ..rest }, devices: nothing }
        }
        Room::Middle | Room::Tiny => Places { strip, list: rest, detail: nothing, devices: nothing },
    }
}

/// The area under the chrome of a console of this size.
fn body_area(state: &UiState) -> Rect {
    let frame = if state.room() == Room::Tiny { 2 } else { 3 };
    Rect::new(0, 0, state.size.width, state.size.height.saturating_sub(frame))
}

/// A pane whose view did not come yet.
pub fn waiting(scene: &Scene<'_>, area: Rect, (buf, title): (&mut Buffer, &str)) {
    let inner = Panel::new(title).focus(Focus::Here).draw(scene, area, buf);
    notice(buf, inner, &[EN.waiting], scene.theme.style(Tone::Dim));
}

/// The identity of a row.
pub fn key(row: &EventRow) -> String {
    format!("{} {} {}", row.at.0, row.kind, row.object)
}

fn line_key(line: &EventLine) -> String {
    // A burst grows under the cursor: its first event names it.
    match &line.burst {
        Some(burst) if line.count > 1 => burst.clone(),
        _ => key(&line.event),
    }
}

/// The latest events as a part of another screen, its third list.
pub(super) fn recent(scene: &Scene<'_>, area: Rect, (buf, title): (&mut Buffer, &str), (part, rows): (usize, &[EventRow])) {
    let here = scene.state.here();
    let inner = Panel::new(title).focus(Focus::of(part, here.focus)).draw(scene, area, buf);
    let [_, _, list, _] = &here.lists;
    Rows {
        columns: &BRIEF,
        rows,
        offset: 0,
        matched: rows.len(),
        list: (here.focus == part).then_some(list),
        sort: None,
        header: Header::Hidden,
        empty: &[EN.no_events],
    }
    .draw(scene, inner, buf);
}

fn view_of(body: &ViewBody) -> Option<&TimelineView> {
    match body {
        ViewBody::Timeline(view) => Some(view),
        _ => None,
    }
}

/// The row under the cursor.
pub fn under_cursor<'v>(body: &'v ViewBody, state: &UiState) -> Option<&'v EventLine> {
    let view = view_of(body)?;
    view.table.rows.get(state.here().lists[LIST].cursor.checked_sub(view.table.offset)?)
}

/// What the cursor is on when it is on an event.
fn target_of(row: &EventRow) -> Target {
    // An event on a port names it after the device: `core-2 Te1/1/4`.
    let (name, port) = match row.object.split_once(' ') {
        Some((name, port)) if !port.contains(' ') => (name.to_owned(), Some(port.to_owned())),
        Some((name, _)) => (name.to_owned(), None),
        None => (row.object.clone(), None),
    };
    Target {
        device: row.device.clone().map(|id| (id, name)),
        port,
        cell: row.object.clone(),
        row: format!("{} {} {} {}", row.at, row.kind, row.object, row.text),
        flows: None,
    }
}

impl Pane for Events {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Events, Context::List, Context::Table]
    }

    fn page(&self, state: &UiState) -> usize {
        let places = places(state, body_area(state));
        let area = if state.here().focus == DEVICES { places.devices } else { places.list };
        usize::from(area.height.saturating_sub(if state.here().focus == DEVICES { 2 } else { 3 })).max(1)
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        let page = usize::from(places(state, body_area(state)).list.height.saturating_sub(3)).max(1);
        let mut request = state.request(page);
        request.window.offset = state.here().lists[LIST].top.saturating_sub(page);
        let EventStateOf { each, within, seek } = EventStateOf::of(state);
        request.events = EventRequest { part: EventPart::Timeline, fold: !each, within, seek };
        request
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        let line = under_cursor(body, state).filter(|_| places(state, body_area(state)).detail.height > 0)?;
        let mut request = ViewRequest::new(Screen::Events, 1);
        request.events.part = EventPart::Near(line.device.clone()?, line.at);
        request.at = state.time.at;
        Some(request)
    }

    fn parts(&self) -> usize {
        3
    }

    fn parts_of(&self, state: &UiState) -> usize {
        if places(state, body_area(state)).devices.height > 0 { 3 } else { 2 }
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 5] = sorts(&LINES);
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        LINES.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(EVENT_COLUMNS)
    }

    fn can_mark(&self) -> bool {
        true
    }

    fn listing(&self, body: &ViewBody, state: &UiState) -> Option<Listing> {
        let view = view_of(body)?;
        match state.here().focus {
            LIST => {
                let table = &view.table;
                Some(Listing { offset: table.offset, matched: table.matched, keys: table.rows.iter().map(line_key).collect() })
            }
            DEVICES => {
                let keys = view.devices.iter().map(|(name, _)| name.clone()).collect();
                Some(Listing { offset: 0, matched: view.devices.len(), keys })
            }
            // The strip has no rows: its gestures reach the pane.
            _ => None,
        }
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        under_cursor(body, state).map(|line| target_of(&line.event))
    }

    fn moment(&self, body: &ViewBody, state: &UiState) -> Option<Timestamp> {
        under_cursor(body, state).map(|line| line.at)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let line = under_cursor(body, state).filter(|line| line.count < 2 && state.here().focus == LIST)?;
        let target = target_of(&line.event);
        let (id, name) = target.device?;
        Some(match target.port {
            Some(port) => {
                let title = format!("{name} {port}");
                Place { screen: Screen::Interface, subject: Some(Subject::Interface(id, port)), title }
            }
            None => Place { screen: Screen::Device, subject: Some(Subject::Device(id)), title: name },
        })
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let Some(body) = view.map(|view| &view.body) else { return Vec::new() };
        let Some(view) = view_of(body) else { return Vec::new() };
        let on_strip = state.here().focus == RATES;
        match gesture {
            Gesture::Left => update::move_cursor(state, view, -1),
            Gesture::Right => update::move_cursor(state, view, 1),
            Gesture::HalfUp | Gesture::PageUp | Gesture::First if on_strip => update::move_cursor(state, view, -update::FAR),
            Gesture::HalfDown | Gesture::PageDown | Gesture::Last if on_strip => update::move_cursor(state, view, update::FAR),
            Gesture::Enter if on_strip => update::zoom(state, view),
            Gesture::Enter if state.here().focus == DEVICES => update::only_device(state, view),
            Gesture::Enter | Gesture::Fold => {
                let line = under_cursor(body, state);
                line.map_or_else(Vec::new, |line| update::fold(state, line))
            }
            _ => Vec::new(),
        }
    }

    fn moved(&self, state: &mut UiState, _: Gesture) -> Vec<Effect> {
        state.graph.cursor = None;
        Vec::new()
    }

    fn absorb(&self, state: &mut UiState, view: &View) -> Vec<Effect> {
        if let Some(view) = view_of(&view.body) {
            let page = self.page(state);
            update::absorb(state, view, page);
        }
        Vec::new()
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return waiting(scene, area, (buf, tr("Events")));
        };
        let places = places(scene.state, area);
        if places.strip.height > 0 {
            strip::draw(scene, places.strip, (buf, view));
        }
        list(scene, places.list, (buf, view));
        if places.detail.height > 0 {
            let line = scene.body().and_then(|body| under_cursor(body, scene.state));
            detail::draw(scene, places.detail, (buf, line));
        }
        if places.devices.height > 0 {
            devices(scene, places.devices, (buf, view));
        }
    }
}

/// What of the console's memory decides which events are asked for.
struct EventStateOf {
    each: bool,
    within: Option<crate::model::TimeRange>,
    seek: Option<Timestamp>,
}

impl EventStateOf {
    const fn of(state: &UiState) -> Self {
        let events = &state.events;
        Self { each: events.each, within: events.within, seek: events.seek }
    }
}

fn list(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &TimelineView)) {
    let here = scene.state.here();
    let table = &view.table;
    let mut words = summary(view.events, table.total, &here, tr("newest first"));
    if table.matched < view.events {
        words.push_str(&trn!(table.matched, "  as 1 row (z)", "  as {} rows (z)"));
    }
    if let Some(range) = scene.state.events.within {
        let zone = &scene.state.zone;
        let (from, to) = (text::format_time(range.from, zone, "%m-%d %H:%M"), text::format_time(range.to, zone, "%H:%M:%S"));
        words.push_str(&format!("  {from}-{to}"));
    }
    let focus = Focus::of(LIST, here.focus);
    let inner = Panel::new(tr("Events")).subtitle(&words).focus(focus).draw(scene, area, buf);
    let empty = if table.total > 0 { EN.nothing_matches } else { EN.no_events };
    let rows = Rows {
        columns: if scene.state.room() == Room::Tiny { &columns::TINY[..] } else { &LINES[..] },
        rows: &table.rows,
        offset: table.offset,
        matched: table.matched,
        list: Some(&here.lists[LIST]),
        sort: here.sort.as_ref(),
        header: Header::Shown,
        empty: &[empty],
    };
    rows.draw(scene, inner, buf);
    rows.draw_marks(scene, inner, (line_key, buf));
}

/// On which devices it happened, the most first: Enter shows one alone.
fn devices(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &TimelineView)) {
    let here = scene.state.here();
    let count = view.devices.len().to_string();
    let inner = Panel::new(tr("Devices")).subtitle(&count).focus(Focus::of(DEVICES, here.focus)).draw(scene, area, buf);
    let list = &here.lists[DEVICES];
    let top = if here.focus == DEVICES { list.top } else { 0 };
    let most = view.devices.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    for ((at, (name, count)), y) in view.devices.iter().enumerate().skip(top).zip(inner.y..inner.bottom()) {
        device_row(scene, Rect::new(inner.x, y, inner.width, 1), (buf, name, (*count, most)));
        if here.focus == DEVICES && list.cursor == at {
            buf.set_style(Rect::new(inner.x, y, inner.width, 1), scene.theme.selected());
            crate::ui::widget::put(buf, Position::new(inner.x, y), 1, (scene.glyphs.cursor, scene.theme.style(Tone::Accent)));
        }
    }
}

fn device_row(scene: &Scene<'_>, row: Rect, (buf, name, (count, most)): (&mut Buffer, &str, (u32, u32))) {
    let bar_cells = (row.width / 3).min(16);
    let name_cells = row.width.saturating_sub(bar_cells + 9);
    let name = text::fit(name, usize::from(name_cells), scene.glyphs.ellipsis);
    let put = crate::ui::widget::put;
    put(buf, Position::new(row.x + 2, row.y), name_cells, (&name, scene.theme.style(Tone::Text)));
    let x = row.x + 2 + name_cells;
    put(buf, Position::new(x, row.y), 6, (&format!("{count:>5}"), scene.theme.style(Tone::Dim)));
    let full = u32::from(bar_cells) * count / most;
    let bar = scene.glyphs.bar[0].repeat(usize::try_from(full.max(1)).unwrap_or(1));
    put(buf, Position::new(x + 6, row.y), bar_cells, (&bar, scene.theme.style(Tone::In)));
}
