//! Events: what happened, newest first.

use super::{Context, Listing, Pane, Place, Scene, Target, names_of};
use crate::model::Timestamp;
use crate::query::{Screen, Subject};
use crate::state::view::{EVENT_COLUMNS, EventRow, ViewBody};
use crate::ui::UiState;
use crate::ui::lang::{sentence, tr};
use crate::ui::state::Room;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use crate::ui::widget::{notice, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// The screen.
pub struct Events;

/// What stands between the old and the new.
const CHANGED: &str = " > ";
/// Rows of the detail under the list, borders counted.
const DETAIL: u16 = 5;
/// Columns of the detail at the right; a third of what is wider.
const SIDE: u16 = 40;
/// Rows of a list that has a detail under it, at least.
const LEAST_LIST: u16 = 6;

/// Where the list is, and the detail.
fn places(state: &UiState, area: Rect) -> (Rect, Rect) {
    match state.room() {
        Room::Wide => {
            let side = SIDE.max(area.width / 3).min(area.width);
            let list = Rect { width: area.width - side, ..area };
            (list, Rect::new(list.right(), area.y, side, area.height))
        }
        Room::Middle if area.height >= LEAST_LIST + DETAIL => {
            let list = Rect { height: area.height - DETAIL, ..area };
            (list, Rect::new(area.x, list.bottom(), area.width, DETAIL))
        }
        Room::Middle | Room::Tiny => (area, Rect::new(area.x, area.bottom(), area.width, 0)),
    }
}

/// Its columns.
pub const COLUMNS: [Column<EventRow>; 5] = [
    Column { title: "TIME", sort: "at", width: Width::Cells(8), align: Align::Left, drop: 0, cell: time },
    Column { title: "KIND", sort: "kind", width: Width::Cells(16), align: Align::Left, drop: 3, cell: kind },
    Column { title: "OBJECT", sort: "object", width: Width::Grow(16), align: Align::Left, drop: 0, cell: object },
    Column { title: "WHAT", sort: "", width: Width::Grow(20), align: Align::Left, drop: 1, cell: what },
    Column { title: "SOURCE", sort: "source", width: Width::Cells(8), align: Align::Left, drop: 4, cell: source },
];

/// The columns where there is little room.
pub const BRIEF: [Column<EventRow>; 2] = [
    Column { title: "TIME", sort: "", width: Width::Cells(5), align: Align::Left, drop: 0, cell: minute },
    Column { title: "WHAT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: brief },
];

fn brief(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    let style = row.severity.map_or_else(|| ink.theme.style(Tone::Text), |severity| ink.theme.severity(severity));
    Line::from(vec![
        Span::styled(row.object.clone(), style),
        Span::styled(format!(" {}", sentence(&row.text)), ink.theme.style(Tone::Dim)),
    ])
}

fn time(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    moment(row, ink, "%H:%M:%S")
}

/// Where there is little room a minute is close enough.
fn minute(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    moment(row, ink, "%H:%M")
}

fn moment(row: &EventRow, ink: &Ink<'_>, of_day: &str) -> Line<'static> {
    let form = if ink.now.since(row.at).as_secs() < 86_400 { of_day } else { "%m-%d" };
    ink.tone(text::format_time(row.at, ink.zone, form), Tone::Dim)
}

fn kind(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    match row.severity {
        Some(severity) => Line::styled(row.kind.clone(), ink.theme.severity(severity)),
        None => ink.tone(row.kind.clone(), Tone::Header),
    }
}

fn object(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(row.object.clone())
}

/// What changed: the old quiet, the new strong, where the text says both.
fn what(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    let text = sentence(&row.text).into_owned();
    let Some((before, after)) = text.split_once(CHANGED) else { return ink.text(text) };
    // Words before the old one and behind the new one stand as they are.
    let old_at = before.rfind(' ').map_or(0, |at| at + 1);
    let new_end = after.find(' ').unwrap_or(after.len());
    let ((lead, old), (new, rest)) = (before.split_at(old_at), after.split_at(new_end));
    let style = row.severity.map_or_else(|| ink.theme.style(Tone::Strong), |severity| ink.theme.severity(severity));
    Line::from(vec![
        Span::raw(lead.to_owned()),
        Span::styled(old.to_owned(), ink.theme.style(Tone::Dim)),
        Span::styled(format!(" {} ", ink.glyphs.arrow), ink.theme.style(Tone::Dim)),
        Span::styled(new.to_owned(), style),
        Span::raw(rest.to_owned()),
    ])
}

fn source(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.source.clone(), Tone::Dim)
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

impl Pane for Events {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Events, Context::List, Context::Table]
    }

    fn page(&self, state: &UiState) -> usize {
        let area = Rect::new(0, 0, state.size.width, state.size.height.saturating_sub(3));
        usize::from(places(state, area).0.height.saturating_sub(3)).max(1)
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 4] = sorts(&COLUMNS);
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(EVENT_COLUMNS)
    }

    fn can_mark(&self) -> bool {
        true
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let ViewBody::Events(table) = body else { return None };
        Some(Listing { offset: table.offset, matched: table.matched, keys: table.rows.iter().map(key).collect() })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let ViewBody::Events(table) = body else { return None };
        let row = table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)?;
        // An event on a port names it after the device: `core-2 Te1/1/4`.
        let (name, port) = match row.object.split_once(' ') {
            Some((name, port)) if !port.contains(' ') => (name.to_owned(), Some(port.to_owned())),
            _ => (row.object.clone(), None),
        };
        Some(Target {
            device: row.device.clone().map(|id| (id, name)),
            port,
            cell: row.object.clone(),
            row: format!("{} {} {} {}", row.at, row.kind, row.object, row.text),
            flows: None,
        })
    }

    fn moment(&self, body: &ViewBody, state: &UiState) -> Option<Timestamp> {
        let ViewBody::Events(table) = body else { return None };
        table.rows.get(state.here().list().cursor.checked_sub(table.offset)?).map(|row| row.at)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let target = self.target(body, state)?;
        let (id, name) = target.device?;
        Some(match target.port {
            Some(port) => {
                let title = format!("{name} {port}");
                Place { screen: Screen::Interface, subject: Some(Subject::Interface(id, port)), title }
            }
            None => Place { screen: Screen::Device, subject: Some(Subject::Device(id)), title: name },
        })
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let here = scene.state.here();
        let Some(ViewBody::Events(table)) = scene.body() else {
            return waiting(scene, area, (buf, tr("Events")));
        };
        let (list, detail) = places(scene.state, area);
        let words = summary(table.matched, table.total, &here, tr("newest first"));
        let inner = Panel::new(tr("Events")).subtitle(&words).focus(Focus::Here).draw(scene, list, buf);
        let empty = if table.total > 0 { EN.nothing_matches } else { EN.no_events };
        let rows = Rows {
            columns: if scene.state.room() == Room::Tiny { &BRIEF } else { &COLUMNS },
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
        if detail.height > 0 {
            let row = here.list().cursor.checked_sub(table.offset).and_then(|at| table.rows.get(at));
            draw_detail(scene, detail, (buf, row));
        }
    }
}

/// The event under the cursor in full, and the ways on.
fn draw_detail(scene: &Scene<'_>, area: Rect, (buf, row): (&mut Buffer, Option<&EventRow>)) {
    let title = row.map_or_else(|| tr("Event").to_owned(), |row| row.object.clone());
    let inner = Panel::new(&title).draw(scene, area, buf);
    let Some(row) = row else {
        return notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
    };
    let [dim, plain, key] = [Tone::Dim, Tone::Text, Tone::Key].map(|tone| scene.theme.style(tone));
    let (cells, side) = (usize::from(inner.width.saturating_sub(2)), scene.state.room() == Room::Wide);
    let at = text::date_clock(row.at, &scene.state.zone);
    let age = text::age(Some(row.at), scene.state.shown_at());
    let severity = row.severity.map_or(("", dim), |severity| (severity.word(), scene.theme.severity(severity)));
    let what: Vec<String> = text::lines(&sentence(&row.text), cells);
    let mut lines: Vec<Vec<(&str, ratatui::style::Style)>> = what.iter().map(|line| vec![(line.as_str(), plain)]).collect();
    if !side {
        lines.truncate(1);
    }
    let facts = [(tr("at"), at.as_str()), (tr("kind"), row.kind.as_str()), (tr("source"), row.source.as_str())];
    if side {
        lines.push(Vec::new());
        lines.extend(facts.iter().map(|(name, value)| vec![(*name, dim), ("  ", dim), (*value, plain)]));
        lines.push(vec![severity, (if severity.0.is_empty() { "" } else { "  " }, dim), (age.as_str(), dim)]);
        lines.push(Vec::new());
    } else {
        let mut one: Vec<(&str, ratatui::style::Style)> = vec![severity, (if severity.0.is_empty() { "" } else { "  " }, dim)];
        one.extend(facts.iter().flat_map(|(name, value)| [(*name, dim), (" ", dim), (*value, plain), ("  ", dim)]));
        one.push((age.as_str(), dim));
        lines.push(one);
    }
    lines.push(vec![(tr("o l logs at that time   o a alarms   o h history"), key)]);
    for (pieces, y) in lines.iter().zip(inner.y..inner.bottom()) {
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), pieces);
    }
}
