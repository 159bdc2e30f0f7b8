//! How a device is: its health, its links, what is wrong with it and what happened.

use super::health;
use super::section::{Section, rows};
use crate::query::{Screen, Subject};
use crate::state::view::LinkRow;
use crate::state::view::screens::DeviceView;
use crate::ui::UiState;
use crate::ui::lang::tr;
use crate::ui::pane::{Listing, Place, Scene, Target, alarms, devices, events};
use crate::ui::state::Room;
use crate::ui::text::{self, EN, percent};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The section.
pub struct Status;

/// Parts that Tab goes through.
pub(super) const HEALTH: usize = 0;
const LINKS: usize = 1;
const EVENTS: usize = 2;

/// Columns of the links.
pub const LINK_COLUMNS: [Column<LinkRow>; 4] = [
    Column { title: "PORT", sort: "", width: Width::Grow(9), align: Align::Left, drop: 0, cell: link_port },
    Column { title: "PEER", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: link_peer },
    Column { title: "SPD", sort: "", width: Width::Cells(4), align: Align::Right, drop: 2, cell: link_speed },
    Column { title: "LOAD", sort: "", width: Width::Cells(4), align: Align::Right, drop: 1, cell: link_load },
];

fn link_port(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = if row.up == Some(false) { Tone::Critical } else { Tone::Text };
    ink.tone(row.a_port.clone().unwrap_or_else(|| "-".to_owned()), tone)
}

fn link_peer(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    let port = row.b_port.as_deref().map(|port| format!(" {port}")).unwrap_or_default();
    Line::from(vec![
        Span::styled(row.b_name.clone(), ink.theme.style(Tone::Strong)),
        Span::styled(port, ink.theme.style(Tone::Dim)),
    ])
}

fn link_speed(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(text::speed(row.speed_bps), Tone::Dim)
}

fn link_load(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    match row.up {
        Some(false) => ink.tone(tr("DOWN"), Tone::Critical),
        _ => Line::styled(percent(row.utilisation), ink.theme.utilisation(row.utilisation)),
    }
}

fn link_key(row: &LinkRow) -> String {
    format!("{} {} {}", row.a_port.as_deref().unwrap_or("-"), row.b_device, row.b_port.as_deref().unwrap_or("-"))
}

impl Section for Status {
    fn name(&self) -> &'static str {
        "status"
    }

    fn title(&self) -> &'static str {
        "Status"
    }

    fn applies(&self, _: &DeviceView) -> bool {
        true
    }

    fn parts(&self) -> usize {
        3
    }

    fn page(&self, state: &UiState) -> usize {
        let rows = rows(state);
        // On a wide screen links and events share the right side.
        let share = if state.room() == Room::Wide && state.here().focus != HEALTH { rows / 2 } else { rows };
        usize::from(share.saturating_sub(3)).max(1)
    }

    fn listing(&self, view: &DeviceView, state: &UiState) -> Option<Listing> {
        Some(match state.here().focus {
            HEALTH => Listing { offset: 0, matched: view.health.rows.len(), keys: health::keys(&view.health) },
            LINKS => Listing { offset: 0, matched: view.links.len(), keys: view.links.iter().map(link_key).collect() },
            _ => Listing { offset: 0, matched: view.recent.len(), keys: view.recent.iter().map(events::key).collect() },
        })
    }

    fn target(&self, view: &DeviceView, state: &UiState) -> Option<Target> {
        match state.here().focus {
            LINKS => view.links.get(state.here().list().cursor).map(|row| Target {
                device: Some((row.b_device.clone(), row.b_name.clone())),
                port: row.b_port.clone(),
                cell: row.b_name.clone(),
                row: format!("{} {}", link_key(row), row.b_name),
                flows: None,
            }),
            _ => view.device.as_ref().map(devices::target_of),
        }
    }

    fn open(&self, view: &DeviceView, state: &UiState) -> Option<Place> {
        let row = view.links.get(state.here().list().cursor).filter(|_| state.here().focus == LINKS)?;
        Some(Place { screen: Screen::Device, subject: Some(Subject::Device(row.b_device.clone())), title: row.b_name.clone() })
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        if scene.state.room() != Room::Wide {
            return match scene.state.here().focus {
                HEALTH => health::draw(scene, area, (buf, view)),
                LINKS => draw_links(scene, area, (buf, view)),
                _ => draw_events(scene, area, (buf, view)),
            };
        }
        let left = Rect { width: area.width / 2, ..area };
        let right = Rect { x: left.right(), width: area.width - left.width, ..area };
        health::draw(scene, left, (buf, view));
        let links = u16::try_from(view.links.len().max(1)).unwrap_or(u16::MAX).saturating_add(3).min(right.height / 2);
        let alarm_rows = u16::try_from(view.alarms.len().max(1)).unwrap_or(u16::MAX).saturating_add(2).min(7);
        let links = Rect { height: links, ..right };
        draw_links(scene, links, (buf, view));
        let left = right.height - links.height;
        // Where no event would find room the alarms have it all: a border of two rows alone is a broken one.
        let alarm_rows = if left.saturating_sub(alarm_rows) < 3 { left } else { alarm_rows };
        let alarms_area = Rect { y: links.bottom(), height: alarm_rows.min(left), ..right };
        draw_alarms(scene, alarms_area, (buf, view));
        draw_events(scene, Rect { y: alarms_area.bottom(), height: left - alarms_area.height, ..right }, (buf, view));
    }
}

fn draw_links(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let here = scene.state.here();
    let count = view.links.len().to_string();
    let inner = Panel::new(tr("Links")).subtitle(&count).focus(Focus::of(LINKS, here.focus)).draw(scene, area, buf);
    let [_, list, ..] = &here.lists;
    Rows {
        columns: &LINK_COLUMNS,
        rows: &view.links,
        offset: 0,
        matched: view.links.len(),
        list: (here.focus == LINKS).then_some(list),
        sort: None,
        header: Header::Shown,
        empty: &[EN.no_links],
    }
    .draw(scene, inner, buf);
}

pub(super) fn draw_alarms(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let count = view.alarms.len().to_string();
    let inner = Panel::new(tr("Alarms")).subtitle(&count).draw(scene, area, buf);
    Rows {
        columns: &alarms::BRIEF,
        rows: &view.alarms,
        offset: 0,
        matched: view.alarms.len(),
        list: None,
        sort: None,
        header: Header::Hidden,
        empty: &[EN.no_alarms],
    }
    .draw(scene, inner, buf);
}

fn draw_events(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    events::recent(scene, area, (buf, tr("Events")), (EVENTS, &view.recent));
}
