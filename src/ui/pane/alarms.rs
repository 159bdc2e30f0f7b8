//! Alarms: what is wrong now, worst first, and under each what it explains, folded until it is asked for.
//!
//! Start at [`Alarms`]; `columns` has the columns, `detail` one alarm in full, `history` how often it stood.

pub mod columns;
mod detail;
mod history;

pub use columns::{BRIEF, COLUMNS};

use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, events, logs, names_of};
use crate::model::Timestamp;
use crate::query::{AlarmGroup, AlarmRequest, Screen, Subject, ViewRequest};
use crate::state::view::{ALARM_COLUMNS, AlarmRow, AlarmView, EventLine, View, ViewBody};
use crate::trf;
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::state::Room;
use crate::ui::text::EN;
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Header, Rows, sorts, summary};
use crate::ui::widget::{notice, put_all};
use detail::Paper;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// The screen.
pub struct Alarms;

/// Rows of the detail under the list, borders counted, and of the events under that.
const DETAIL: u16 = 7;
const EVENTS: u16 = 5;
/// Rows of a list that has a detail under it, at least.
const LEAST_LIST: u16 = 5;
/// Cells of the detail at the side, of 120; more on wider screens.
const SIDE: u16 = 46;
/// Rows of the panels under the detail at the side, at least.
const LEAST_UNDER: u16 = 4;

/// What the cursor is on when it is on an alarm.
pub fn target_of(alarm: &AlarmRow) -> Target {
    // An alarm on a port names it after the device: `core-2 Te1/1/4`.
    let (name, port) = match alarm.object.split_once(' ') {
        Some((name, port)) => (name.to_owned(), Some(port.to_owned())),
        None => (alarm.object.clone(), None),
    };
    let name = alarm.device_name.clone().unwrap_or(name);
    Target {
        device: alarm.device.clone().map(|id| (id, name)),
        port,
        cell: alarm.object.clone(),
        row: format!("{} {} {} {}", alarm.severity.word(), alarm.raised_at, alarm.object, alarm.text),
        flows: None,
    }
}

/// Where Enter on an alarm goes: to the port, else to the device.
pub fn place_of(alarm: &AlarmRow) -> Option<Place> {
    let target = target_of(alarm);
    let (id, name) = target.device?;
    Some(match target.port {
        Some(port) => {
            let title = format!("{name} {port}");
            Place { screen: Screen::Interface, subject: Some(Subject::Interface(id, port)), title }
        }
        None => Place { screen: Screen::Device, subject: Some(Subject::Device(id)), title: name },
    })
}

fn key(alarm: &AlarmRow) -> String {
    alarm.key().to_owned()
}

/// The row under the cursor: an alarm, or the head of a group.
pub fn under_cursor<'v>(body: &'v ViewBody, state: &UiState) -> Option<&'v AlarmRow> {
    let ViewBody::Alarms(table) = body else { return None };
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

/// The alarm under the cursor.
fn alarm_under<'v>(body: &'v ViewBody, state: &UiState) -> Option<&'v AlarmRow> {
    under_cursor(body, state).filter(|row| row.head.is_none())
}

/// The area under the chrome of a console of this size.
fn body_area(state: &UiState) -> Rect {
    let frame = if state.room() == Room::Tiny { 2 } else { 3 };
    Rect::new(0, 0, state.size.width, state.size.height.saturating_sub(frame))
}

impl Pane for Alarms {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Alarms, Context::List, Context::Table]
    }

    fn page(&self, state: &UiState) -> usize {
        usize::from(areas(state, body_area(state)).list.height.saturating_sub(3)).max(1)
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        let mut request = state.request(self.page(state));
        request.alarms = AlarmRequest { group: state.alarms.group, fold: true, detail: None };
        request
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        let alarm = alarm_under(body, state).filter(|_| state.room() != Room::Tiny || state.alarms.whole)?;
        let mut request = ViewRequest::new(Screen::Alarms, 1);
        request.alarms.detail = Some(alarm.id.clone());
        request.at = state.time.at;
        Some(request)
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 6] = sorts(&COLUMNS);
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(ALARM_COLUMNS)
    }

    fn can_mark(&self) -> bool {
        true
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let ViewBody::Alarms(table) = body else { return None };
        let keys = table.rows.iter().map(key).collect();
        Some(Listing { offset: table.offset, matched: table.matched, keys })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        alarm_under(body, state).map(target_of)
    }

    fn moment(&self, body: &ViewBody, state: &UiState) -> Option<Timestamp> {
        alarm_under(body, state).map(|alarm| alarm.raised_at)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        // Where there is no room for the detail it comes first.
        let shown = state.room() != Room::Tiny || state.alarms.whole;
        alarm_under(body, state).filter(|_| shown).and_then(place_of)
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let row = view.and_then(|view| under_cursor(&view.body, state));
        if gesture == Gesture::Enter {
            match row {
                Some(row) if row.head.is_some() => return fold(state, row),
                Some(_) => state.alarms.whole = true,
                None => {}
            }
            return Vec::new();
        }
        row.filter(|_| gesture == Gesture::Fold).map_or_else(Vec::new, |row| fold(state, row))
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        if !matches!(scene.body(), Some(ViewBody::Alarms(_))) {
            return events::waiting(scene, area, (buf, tr("Alarms")));
        }
        let row = scene.body().and_then(|body| under_cursor(body, scene.state));
        let view = row.and_then(|row| view_of(scene, row));
        if scene.state.alarms.whole && row.is_some() {
            return whole(scene, area, (buf, row, view));
        }
        let areas = areas(scene.state, area);
        draw_list(scene, areas.list, buf);
        if scene.state.room() == Room::Wide {
            whole(scene, areas.detail, (buf, row, view));
        } else {
            let paper = Paper { scene, cells: usize::from(areas.detail.width.saturating_sub(4)) };
            draw_detail(scene, areas.detail, (buf, row, row.map(|row| rows_of(&paper, row, (view, true))).unwrap_or_default()));
            draw_after(scene, areas.after, (buf, view));
        }
    }
}

/// Folds what stands under a row, or unfolds it.
fn fold(state: &mut UiState, row: &AlarmRow) -> Vec<Effect> {
    let head = match (&row.head, &row.root) {
        (Some(head), _) => head.key.clone(),
        (None, _) if row.children > 0 => row.id.clone(),
        (None, Some(root)) => root.clone(),
        (None, None) => return Vec::new(),
    };
    let here = state.here_mut();
    if !here.folded.remove(&head) {
        here.folded.insert(head.clone());
    }
    here.list_mut().key = Some(head);
    vec![Effect::Watch]
}

/// What the engine told of a row; it may still be about another one.
fn view_of<'a>(scene: &Scene<'a>, row: &AlarmRow) -> Option<&'a AlarmView> {
    match &scene.detail?.body {
        ViewBody::Alarm(view) if view.row.as_ref().is_some_and(|known| known.id == row.id) => Some(view),
        _ => None,
    }
}

struct Areas {
    list: Rect,
    detail: Rect,
    after: Rect,
}

/// Where the list, the detail and the events stand; what finds no room is empty.
fn areas(state: &UiState, area: Rect) -> Areas {
    let nothing = Rect::new(area.x, area.bottom(), 0, 0);
    match state.room() {
        Room::Tiny => Areas { list: area, detail: nothing, after: nothing },
        Room::Middle if area.height < LEAST_LIST + DETAIL + EVENTS => {
            let height = if area.height < LEAST_LIST + DETAIL { 0 } else { DETAIL };
            let list = Rect { height: area.height - height, ..area };
            Areas { list, detail: Rect { y: list.bottom(), height, ..area }, after: nothing }
        }
        Room::Middle => {
            let list = Rect { height: area.height - DETAIL - EVENTS, ..area };
            let detail = Rect { y: list.bottom(), height: DETAIL, ..area };
            Areas { list, detail, after: Rect { y: detail.bottom(), height: EVENTS, ..area } }
        }
        Room::Wide => {
            let side = SIDE.max(area.width * 3 / 8);
            let list = Rect { width: area.width - side, ..area };
            Areas { list, detail: Rect { x: list.right(), width: side, ..area }, after: nothing }
        }
    }
}

fn draw_list(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let here = scene.state.here();
    let Some(ViewBody::Alarms(table)) = scene.body() else { return };
    let group = scene.state.alarms.group;
    let order = if group == AlarmGroup::Cause { tr("worst first").to_owned() } else { trf!("by {} (b)", tr(group.word())) };
    let words = summary(table.matched, table.total, &here, &order);
    let inner = Panel::new(tr("Alarms")).subtitle(&words).focus(Focus::Here).draw(scene, area, buf);
    let empty = if table.total > 0 { EN.nothing_matches } else { EN.no_alarms };
    let rows = Rows {
        columns: if scene.state.room() == Room::Tiny { &columns::TINY[..] } else { &COLUMNS[..] },
        rows: &table.rows,
        offset: table.offset,
        matched: table.matched,
        list: Some(here.list()),
        sort: here.sort.as_ref(),
        header: Header::Shown,
        empty: &[empty],
    };
    rows.draw(scene, inner, buf);
    rows.draw_marks(scene, inner, (key, buf));
}

/// The words of a row: of an alarm all or few, of a group's head what it is.
fn rows_of(paper: &Paper<'_>, row: &AlarmRow, (view, brief): (Option<&AlarmView>, bool)) -> Vec<detail::Row> {
    match (&row.head, brief) {
        (Some(_), _) => paper.head(row),
        (None, true) => paper.brief(row, view),
        (None, false) => paper.full(row, view),
    }
}

/// An alarm in full with what happened after it and what was said about then, one under the other.
fn whole(scene: &Scene<'_>, area: Rect, (buf, row, view): (&mut Buffer, Option<&AlarmRow>, Option<&AlarmView>)) {
    let paper = Paper { scene, cells: usize::from(area.width.saturating_sub(4)) };
    let rows = row.map(|row| rows_of(&paper, row, (view, false))).unwrap_or_default();
    let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2).max(4);
    let events = view.map_or(0, |view| view.events.len());
    let lines = view.map_or(0, |view| view.lines.len());
    let under = area.height.saturating_sub(wanted);
    let has_room = under >= LEAST_UNDER && row.is_some_and(|row| row.head.is_none());
    let detail = Rect { height: if has_room { wanted } else { area.height }, ..area };
    draw_detail(scene, detail, (buf, row, rows));
    if !has_room {
        return;
    }
    let rest = Rect { y: detail.bottom(), height: area.height - detail.height, ..area };
    // Both are shown where there is room for both; each takes what the other leaves.
    let lines_rows = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2).max(3);
    let lines_height = if rest.height >= 2 * LEAST_UNDER { lines_rows.min(rest.height - LEAST_UNDER) } else { 0 };
    let wish = u16::try_from(events).unwrap_or(u16::MAX).saturating_add(2).max(LEAST_UNDER);
    let events_height = if lines_height > 0 { wish.min(rest.height / 2).max(rest.height - lines_height) } else { rest.height };
    let after = Rect { height: events_height, ..rest };
    draw_after(scene, after, (buf, view));
    draw_lines(scene, Rect { y: after.bottom(), height: rest.height - after.height, ..rest }, (buf, view));
}

fn draw_detail(scene: &Scene<'_>, area: Rect, (buf, row, rows): (&mut Buffer, Option<&AlarmRow>, Vec<detail::Row>)) {
    if area.is_empty() {
        return;
    }
    let title = row.map_or(String::new(), |row| match &row.head {
        Some(head) => columns::title_of(head),
        None => row.object.clone(),
    });
    let whole = scene.state.alarms.whole;
    let note = if whole { tr("Esc back  Enter open") } else { "" };
    let focus = if whole { Focus::Here } else { Focus::Away };
    let inner = Panel::new(&title).note(note).focus(focus).draw(scene, area, buf);
    if row.is_none() {
        notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
    }
    for (pieces, y) in rows.iter().zip(inner.y..inner.bottom()) {
        let pieces: Vec<(&str, Style)> = pieces.iter().map(|(words, style)| (words.as_str(), *style)).collect();
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), &pieces);
    }
}

/// What happened on its device, from what led to it on.
fn draw_after(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, Option<&AlarmView>)) {
    if area.is_empty() {
        return;
    }
    let rows: &[EventLine] = view.map_or(&[], |view| &view.events);
    let events: usize = rows.iter().map(|line| line.count as usize).sum();
    let count = if events == 0 { String::new() } else { events.to_string() };
    let inner = Panel::new(tr("Events about it")).subtitle(&count).draw(scene, area, buf);
    Rows {
        columns: &events::PRECISE,
        rows,
        offset: 0,
        matched: rows.len(),
        list: None,
        sort: None,
        header: Header::Hidden,
        empty: &[tr("nothing is told of it since")],
    }
    .draw(scene, inner, buf);
}

/// What the device said about then.
fn draw_lines(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, Option<&AlarmView>)) {
    if area.height < 3 {
        return;
    }
    let (lines, count) = view.map_or((&[][..], 0), |view| (view.lines.as_slice(), view.line_count));
    let words = if count == 0 { String::new() } else { trf!("{} within 2 min of it (o l)", count) };
    let inner = Panel::new(tr("Log lines about it")).subtitle(&words).draw(scene, area, buf);
    logs::table::few(scene, inner, (buf, lines));
}
