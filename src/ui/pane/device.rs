//! Device: one device with its ports as they stand in the rack, its interfaces, links, alarms, events and health.

mod health;
mod ports;

use super::{Context, Listing, Pane, Place, Scene, Target, alarms, devices, events, interfaces, names_of};
use crate::model::unit;
use crate::query::{Screen, Subject};
use crate::state::view::screens::DeviceView;
use crate::state::view::{INTERFACE_COLUMNS, InterfaceRow, LinkRow, View, ViewBody};
use crate::ui::UiState;
use crate::ui::lang::{tr, trf};
use crate::ui::state::Room;
use crate::ui::text::{self, EN, percent};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use crate::ui::widget::{notice, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The screen.
pub struct Device;

/// Parts that Tab goes through.
const INTERFACES: usize = 0;
const LINKS: usize = 1;
const EVENTS: usize = 2;
const HEALTH: usize = 3;

/// Columns of the side panes.
const SIDE: u16 = 44;

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

fn view_of(body: &ViewBody) -> Option<&DeviceView> {
    let ViewBody::Device(view) = body else { return None };
    Some(view)
}

fn port_columns() -> &'static [Column<InterfaceRow>] {
    interfaces::COLUMNS.get(1..).unwrap_or_default()
}

fn port_under_cursor<'v>(view: &'v DeviceView, state: &UiState) -> Option<&'v InterfaceRow> {
    let here = state.here();
    let [list, ..] = &here.lists;
    view.interfaces.rows.get(list.cursor.checked_sub(view.interfaces.offset)?)
}

fn link_key(row: &LinkRow) -> String {
    format!("{} {} {}", row.a_port.as_deref().unwrap_or("-"), row.b_device, row.b_port.as_deref().unwrap_or("-"))
}

impl Pane for Device {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Table]
    }

    fn page(&self, state: &UiState) -> usize {
        let head = if state.room() == Room::Tiny { 5 } else { 14 };
        usize::from(state.size.height.saturating_sub(head)).max(3)
    }

    fn parts(&self) -> usize {
        4
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 9] = sorts(&interfaces::COLUMNS);
        SORTS.get(1..).unwrap_or_default()
    }

    fn columns(&self) -> Vec<&'static str> {
        port_columns().iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(INTERFACE_COLUMNS)
    }

    fn listing(&self, body: &ViewBody, state: &UiState) -> Option<Listing> {
        let view = view_of(body)?;
        Some(match state.here().focus {
            INTERFACES => {
                let table = &view.interfaces;
                Listing { offset: table.offset, matched: table.matched, keys: table.rows.iter().map(interfaces::key).collect() }
            }
            LINKS => Listing { offset: 0, matched: view.links.len(), keys: view.links.iter().map(link_key).collect() },
            HEALTH => Listing { offset: 0, matched: view.health.rows.len(), keys: health::keys(&view.health) },
            _ => Listing { offset: 0, matched: view.recent.len(), keys: view.recent.iter().map(events::key).collect() },
        })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let view = view_of(body)?;
        match state.here().focus {
            INTERFACES => port_under_cursor(view, state).map(interfaces::target_of),
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

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let view = view_of(body)?;
        match state.here().focus {
            INTERFACES => port_under_cursor(view, state).map(interfaces::place_of),
            LINKS => view.links.get(state.here().list().cursor).map(|row| Place {
                screen: Screen::Device,
                subject: Some(Subject::Device(row.b_device.clone())),
                title: row.b_name.clone(),
            }),
            _ => None,
        }
    }

    fn absorb(&self, state: &mut UiState, view: &View) {
        if let Some(row) = view_of(&view.body).and_then(|view| view.device.as_ref()) {
            state.place.title.clone_from(&row.name);
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Device")));
        };
        if view.device.is_none() {
            let inner = Panel::new(tr("Device")).focus(Focus::Here).draw(scene, area, buf);
            notice(buf, inner, &[EN.unknown_device], scene.theme.style(Tone::Dim));
            return;
        }
        match scene.state.room() {
            Room::Tiny => draw_part(scene, area, (buf, view)),
            Room::Middle => {
                let rest = draw_head(scene, area, (buf, view));
                draw_part(scene, rest, (buf, view));
            }
            Room::Wide => {
                let rest = draw_head(scene, area, (buf, view));
                let main = Rect { width: rest.width - SIDE, ..rest };
                draw_interfaces(scene, main, (buf, view));
                draw_side(scene, Rect::new(main.right(), rest.y, SIDE, rest.height), (buf, view));
            }
        }
    }
}

/// Facts and the front panel; returns what is left.
fn draw_head(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) -> Rect {
    let facts = 5.min(area.height);
    draw_facts(scene, Rect { height: facts, ..area }, (buf, view));
    let mut y = area.y + facts;
    if let Some(height) = ports::wanted(view, area) {
        ports::draw(scene, Rect::new(area.x, y, area.width, height), (buf, view));
        y += height;
    }
    Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y))
}

/// The part that has the keys, alone.
fn draw_part(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    match scene.state.here().focus {
        INTERFACES => draw_interfaces(scene, area, (buf, view)),
        LINKS => draw_links(scene, area, (buf, view)),
        HEALTH => health::draw(scene, area, (buf, view)),
        _ => draw_events(scene, area, (buf, view)),
    }
}

fn draw_side(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    // Half the side at most, more while it has the keys.
    let most = if scene.state.here().focus == HEALTH { area.height.saturating_sub(8) } else { area.height * 2 / 5 };
    let inside = Rect { height: health::wanted(&view.health).min(most), ..area };
    if inside.height > 0 {
        health::draw(scene, inside, (buf, view));
    }
    let area = Rect::new(area.x, inside.bottom(), area.width, area.height - inside.height);
    let links = u16::try_from(view.links.len().max(1)).unwrap_or(u16::MAX).saturating_add(3).min(area.height / 2).max(4);
    let alarm_rows = u16::try_from(view.alarms.len().max(1)).unwrap_or(u16::MAX).saturating_add(2).min(7);
    let links_area = Rect { height: links.min(area.height), ..area };
    draw_links(scene, links_area, (buf, view));
    let left = area.height - links_area.height;
    // Where no event would find room the alarms have it all: a border of two rows alone is a broken one.
    let alarm_rows = if left.saturating_sub(alarm_rows) < 3 { left } else { alarm_rows };
    let alarms_area = Rect::new(area.x, links_area.bottom(), area.width, alarm_rows.min(left));
    draw_alarms(scene, alarms_area, (buf, view));
    let rest = Rect::new(area.x, alarms_area.bottom(), area.width, left - alarms_area.height);
    draw_events(scene, rest, (buf, view));
}

fn draw_facts(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let Some(row) = &view.device else { return };
    let (dim, plain, strong) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text), scene.theme.style(Tone::Strong));
    let now = scene.state.shown_at();
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let make = [row.vendor.as_deref(), row.model.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let system = [row.os.as_deref(), row.os_version.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let inner = Panel::new(&row.name).subtitle(&format!("{make}  {system}")).note(tr(row.role.word())).draw(scene, area, buf);
    let status = format!("{} {}", scene.glyphs.status(row.status), tr(row.status.word()));
    let since = row.status_since.map(|since| trf!(" for {}", text::age(Some(since), now))).unwrap_or_default();
    let address = devices::address_of(row).unwrap_or_else(|| "-".to_owned());
    let access =
        row.snmp.as_ref().map_or_else(|| tr("no SNMP").to_owned(), |snmp| format!("SNMPv{} {}", snmp.version, snmp.credential));
    let uptime = row.uptime_seconds.map_or_else(|| "-".to_owned(), unit::age);
    let polled = row.last_polled_at.map_or_else(|| "-".to_owned(), |at| trf!("{} ago", text::age(Some(at), now)));
    let polled_style = if row.stale { scene.theme.style(Tone::Minor) } else { plain };
    let (rtt, loss) = (devices::rtt_words(row.rtt_ms), percent(row.loss_percent.map(|loss| loss / 100.0)));
    let (cpu, memory) = (row.cpu_percent.map(|p| p / 100.0), row.memory_percent.map(|p| p / 100.0));
    let (cpu_words, memory_words) = (percent(cpu), percent(memory));
    let temperature = row.temperature_celsius.map_or_else(|| "-".to_owned(), |value| format!("{value:.0} C"));
    let (location, serial) = (or_dash(row.sys_location.as_deref()), or_dash(row.serial.as_deref()));
    let contact = or_dash(row.sys_contact.as_deref());
    let health = health::summary(&view.health);
    let lines: [Vec<(&str, Style)>; 3] = [
        vec![
            (&status, scene.theme.status(row.status)),
            (&since, dim),
            (tr("   address "), dim),
            (&address, strong),
            ("   ", dim),
            (&access, plain),
            (tr("   uptime "), dim),
            (&uptime, plain),
            (tr("   polled "), dim),
            (&polled, polled_style),
        ],
        vec![
            (tr("cpu"), dim),
            (&cpu_words, scene.theme.utilisation(cpu)),
            (tr("   mem"), dim),
            (&memory_words, scene.theme.utilisation(memory)),
            (tr("   temp "), dim),
            (&temperature, plain),
        ]
        .into_iter()
        .chain(health.iter().flat_map(|(words, tone)| [("   ", dim), (words.as_str(), scene.theme.style(*tone))]))
        .chain([("   rtt ", dim), (rtt.as_str(), plain), (tr("   loss"), dim), (loss.as_str(), plain)])
        .collect(),
        vec![
            (tr("at "), dim),
            (&location, plain),
            (tr("   contact "), dim),
            (&contact, plain),
            (tr("   serial "), dim),
            (&serial, plain),
        ],
    ];
    for (pieces, y) in lines.iter().zip(inner.y..inner.bottom()) {
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), pieces);
    }
}

fn draw_interfaces(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let here = scene.state.here();
    let table = &view.interfaces;
    let words = summary(table.matched, table.total, &here, "");
    let inner = Panel::new(tr("Interfaces")).subtitle(&words).focus(Focus::of(INTERFACES, here.focus)).draw(scene, area, buf);
    let [list, ..] = &here.lists;
    Rows {
        columns: port_columns(),
        rows: &table.rows,
        offset: table.offset,
        matched: table.matched,
        list: Some(list),
        sort: here.sort.as_ref(),
        header: Header::Shown,
        empty: &[if here.faults_only { EN.no_faults } else { EN.nothing_matches }],
    }
    .draw(scene, inner, buf);
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

fn draw_alarms(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
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
    let here = scene.state.here();
    let inner = Panel::new(tr("Events")).focus(Focus::of(EVENTS, here.focus)).draw(scene, area, buf);
    let [_, _, list, _] = &here.lists;
    Rows {
        columns: &events::BRIEF,
        rows: &view.recent,
        offset: 0,
        matched: view.recent.len(),
        list: (here.focus == EVENTS).then_some(list),
        sort: None,
        header: Header::Hidden,
        empty: &[EN.no_events],
    }
    .draw(scene, inner, buf);
}
