//! Events: what happened, newest first.

use super::{Context, Listing, Pane, Place, Scene, Target, names_of};
use crate::model::Timestamp;
use crate::query::{Screen, Subject};
use crate::state::view::{EVENT_COLUMNS, EventRow, ViewBody};
use crate::ui::UiState;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The screen.
pub struct Events;

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
    Column { title: "TIME", sort: "", width: Width::Cells(8), align: Align::Left, drop: 0, cell: time },
    Column { title: "WHAT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: brief },
];

fn brief(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    let style = row.severity.map_or_else(|| ink.theme.style(Tone::Text), |severity| ink.theme.severity(severity));
    Line::from(vec![Span::styled(row.object.clone(), style), Span::styled(format!(" {}", row.text), ink.theme.style(Tone::Dim))])
}

fn time(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    let form = if ink.now.since(row.at).as_secs() < 86_400 { "%H:%M:%S" } else { "%m-%d" };
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

fn what(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(row.text.clone())
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

impl Pane for Events {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Events, Context::List, Context::Table]
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
            return waiting(scene, area, (buf, "Events"));
        };
        let words = summary(table.matched, table.total, &here, "newest first");
        let inner = Panel::new("Events").subtitle(&words).focus(Focus::Here).draw(scene, area, buf);
        let empty = if table.total > 0 { EN.nothing_matches } else { EN.no_events };
        let rows = Rows {
            columns: &COLUMNS,
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
}
