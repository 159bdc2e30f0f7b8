//! Alarms: what is wrong now, worst first.

use super::{Context, Listing, Pane, Place, Scene, Target, cells, events};
use crate::model::Severity;
use crate::query::{Screen, Subject};
use crate::state::view::{AlarmRow, ViewBody};
use crate::ui::UiState;
use crate::ui::state::Room;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use crate::ui::widget::{notice, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// The screen.
pub struct Alarms;

/// Its columns.
pub const COLUMNS: [Column<AlarmRow>; 7] = [
    Column { title: "SEV", sort: "severity", width: Width::Cells(3), align: Align::Left, drop: 0, cell: severity },
    Column { title: "AGE", sort: "raisedAt", width: Width::Cells(6), align: Align::Right, drop: 1, cell: age },
    Column { title: "OBJECT", sort: "object", width: Width::Grow(18), align: Align::Left, drop: 0, cell: object },
    Column { title: "WHAT", sort: "", width: Width::Grow(20), align: Align::Left, drop: 2, cell: what },
    Column { title: "SINCE", sort: "", width: Width::Cells(14), align: Align::Left, drop: 5, cell: since },
    Column { title: "RULE", sort: "rule", width: Width::Cells(16), align: Align::Left, drop: 6, cell: rule },
    Column { title: "CNT", sort: "count", width: Width::Cells(4), align: Align::Right, drop: 4, cell: count },
];

/// The columns where there is little room.
pub const BRIEF: [Column<AlarmRow>; 5] = [
    Column { title: "SEV", sort: "", width: Width::Cells(3), align: Align::Left, drop: 0, cell: severity },
    Column { title: "AGE", sort: "", width: Width::Cells(6), align: Align::Right, drop: 1, cell: age },
    Column { title: "OBJECT", sort: "", width: Width::Grow(18), align: Align::Left, drop: 0, cell: object },
    Column { title: "WHAT", sort: "", width: Width::Grow(24), align: Align::Left, drop: 2, cell: what },
    Column { title: "CNT", sort: "", width: Width::Cells(4), align: Align::Right, drop: 4, cell: count },
];

fn severity(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    cells::severity(alarm.severity, ink)
}

fn age(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    cells::ago(Some(alarm.raised_at), ink)
}

fn object(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = if alarm.severity >= Severity::Major { Tone::Strong } else { Tone::Text };
    ink.tone(alarm.object.clone(), tone)
}

fn what(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(alarm.text.clone())
}

fn since(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(text::format_time(alarm.raised_at, ink.zone, "%m-%d %H:%M:%S"), Tone::Dim)
}

fn rule(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(alarm.rule.clone(), Tone::Dim)
}

fn count(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = if alarm.count > 1 { Tone::Minor } else { Tone::Dim };
    ink.tone(alarm.count.to_string(), tone)
}

/// What the cursor is on when it is on an alarm.
pub fn target_of(alarm: &AlarmRow) -> Target {
    // An alarm on a port names it after the device: `core-2 Te1/1/4`.
    let (name, port) = match alarm.object.split_once(' ') {
        Some((name, port)) => (name.to_owned(), Some(port.to_owned())),
        None => (alarm.object.clone(), None),
    };
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

/// Rows of the detail under the list.
const DETAIL: u16 = 5;

fn under_cursor<'v>(body: &'v ViewBody, state: &UiState) -> Option<&'v AlarmRow> {
    let ViewBody::Alarms(table) = body else { return None };
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

impl Pane for Alarms {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Table]
    }

    fn page(&self, state: &UiState) -> usize {
        let detail = if state.room() == Room::Tiny { 0 } else { DETAIL };
        usize::from(state.size.height.saturating_sub(6 + detail)).max(1)
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 5] = sorts(&COLUMNS);
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let ViewBody::Alarms(table) = body else { return None };
        Some(Listing {
            offset: table.offset,
            matched: table.matched,
            keys: table.rows.iter().map(|alarm| alarm.id.clone()).collect(),
        })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        under_cursor(body, state).map(target_of)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        under_cursor(body, state).and_then(place_of)
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let here = scene.state.here();
        let Some(ViewBody::Alarms(table)) = scene.body() else {
            return events::waiting(scene, area, (buf, "Alarms"));
        };
        let detail = if scene.state.room() == Room::Tiny || area.height < DETAIL + 6 { 0 } else { DETAIL };
        let list = Rect { height: area.height - detail, ..area };
        let words = summary(table.matched, table.total, &here, "worst first");
        let inner = Panel::new("Alarms").subtitle(&words).focus(Focus::Here).draw(scene, list, buf);
        let empty = if table.total > 0 { EN.nothing_matches } else { EN.no_alarms };
        Rows {
            columns: &COLUMNS,
            rows: &table.rows,
            offset: table.offset,
            matched: table.matched,
            list: Some(here.list()),
            sort: here.sort.as_ref(),
            header: Header::Shown,
            empty: &[empty],
        }
        .draw(scene, inner, buf);
        if detail > 0 {
            let body = scene.body();
            let alarm = body.and_then(|body| under_cursor(body, scene.state));
            draw_detail(scene, Rect::new(area.x, list.bottom(), area.width, detail), (buf, alarm));
        }
    }
}

fn draw_detail(scene: &Scene<'_>, area: Rect, (buf, alarm): (&mut Buffer, Option<&AlarmRow>)) {
    let title = alarm.map_or(String::new(), |alarm| alarm.object.clone());
    let inner = Panel::new(&title).draw(scene, area, buf);
    let Some(alarm) = alarm else {
        notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
        return;
    };
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let zone = &scene.state.zone;
    let raised = text::date_clock(alarm.raised_at, zone);
    let age = text::age(Some(alarm.raised_at), scene.state.shown_at());
    let times = format!("{}", alarm.count);
    let lines: [&[(&str, ratatui::style::Style)]; 3] = [
        &[(alarm.severity.word(), scene.theme.severity(alarm.severity)), ("  ", dim), (&alarm.text, plain)],
        &[("raised ", dim), (&raised, plain), ("  for ", dim), (&age, plain), ("  times ", dim), (&times, plain)],
        &[("rule ", dim), (&alarm.rule, plain), ("  id ", dim), (&alarm.id, plain)],
    ];
    for (pieces, y) in lines.iter().zip(inner.y..inner.bottom()) {
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), pieces);
    }
}
