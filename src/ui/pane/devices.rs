//! Devices: one row each, what is not well first.

use super::{Context, Listing, Pane, Place, Scene, Target, cells, events, names_of};
use crate::model::{DeviceStatus, Role, unit};
use crate::query::{Screen, Subject};
use crate::state::view::{DEVICE_COLUMNS, DeviceRow, ViewBody};
use crate::ui::UiState;
use crate::ui::lang::tr;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The screen.
pub struct Devices;

/// Its columns.
pub const COLUMNS: [Column<DeviceRow>; 15] = [
    Column { title: "DEVICE", sort: "name", width: Width::Grow(16), align: Align::Left, drop: 0, cell: name },
    Column { title: "STATUS", sort: "status", width: Width::Cells(12), align: Align::Left, drop: 0, cell: status },
    Column { title: "ROLE", sort: "role", width: Width::Cells(8), align: Align::Left, drop: 4, cell: role },
    Column { title: "ADDRESS", sort: "ip", width: Width::Cells(15), align: Align::Left, drop: 3, cell: address },
    Column { title: "MODEL", sort: "model", width: Width::Grow(16), align: Align::Left, drop: 7, cell: model },
    Column { title: "OS", sort: "os", width: Width::Grow(8), align: Align::Left, drop: 10, cell: os },
    Column { title: "PORTS", sort: "interfacesUp", width: Width::Cells(7), align: Align::Right, drop: 6, cell: ports },
    Column { title: "CPU", sort: "cpuPercent", width: Width::Cells(4), align: Align::Right, drop: 5, cell: cpu },
    Column { title: "MEM", sort: "memoryPercent", width: Width::Cells(4), align: Align::Right, drop: 8, cell: memory },
    Column { title: "TEMP", sort: "temperatureCelsius", width: Width::Cells(4), align: Align::Right, drop: 9, cell: temperature },
    Column { title: "RTT", sort: "rttMs", width: Width::Cells(6), align: Align::Right, drop: 4, cell: rtt },
    Column { title: "LOSS", sort: "lossPercent", width: Width::Cells(5), align: Align::Right, drop: 8, cell: loss },
    Column { title: "TRAFFIC", sort: "traffic", width: Width::Cells(7), align: Align::Right, drop: 5, cell: traffic },
    Column { title: "AL", sort: "alarms", width: Width::Cells(3), align: Align::Right, drop: 2, cell: alarms },
    Column { title: "UPTIME", sort: "uptime", width: Width::Cells(6), align: Align::Right, drop: 7, cell: uptime },
];

fn name(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    Line::from(vec![
        Span::styled(ink.glyphs.status(row.status), ink.theme.status(row.status)),
        Span::raw(" "),
        Span::styled(row.name.clone(), ink.theme.style(if row.status == DeviceStatus::Up { Tone::Text } else { Tone::Strong })),
    ])
}

fn status(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    let word = tr(if row.status == DeviceStatus::Down { "DOWN" } else { row.status.word() });
    let mut spans = vec![Span::styled(word, ink.theme.status(row.status))];
    if row.stale {
        spans.push(Span::styled(format!(" ~{}", text::age(row.last_polled_at, ink.now)), ink.theme.style(Tone::Dim)));
    }
    Line::from(spans)
}

/// The role in at most eight cells, as operators say it.
const fn short(role: Role) -> &'static str {
    match role {
        Role::AccessPoint => "AP",
        Role::WlanController => "WLC",
        other => other.word(),
    }
}

fn role(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(tr(short(row.role)), Tone::Dim)
}

/// The address it is polled at, else the first it has.
pub fn address_of(row: &DeviceRow) -> Option<String> {
    row.snmp.as_ref().map(|snmp| snmp.address.ip()).or_else(|| row.addresses.first().copied()).map(|address| address.to_string())
}

fn address(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    ink.known(address_of(row).as_deref())
}

fn model(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    match (&row.vendor, &row.model) {
        (Some(vendor), Some(model)) => ink.text(format!("{vendor} {model}")),
        (vendor, model) => ink.known(model.as_deref().or(vendor.as_deref())),
    }
}

fn os(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    match (&row.os, &row.os_version) {
        (Some(os), Some(version)) => ink.tone(format!("{os} {version}"), Tone::Dim),
        (os, version) => ink.known(os.as_deref().or(version.as_deref())),
    }
}

fn ports(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    Line::from(vec![
        Span::raw(row.interfaces_up.to_string()),
        Span::styled(format!("/{}", row.interfaces), ink.theme.style(Tone::Dim)),
    ])
}

fn per_cent(value: Option<f64>, ink: &Ink<'_>) -> Line<'static> {
    match value {
        Some(value) => Line::styled(format!("{value:.0}%"), ink.theme.utilisation(Some(value / 100.0))),
        None => ink.tone("-", Tone::Dim),
    }
}

fn cpu(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    per_cent(row.cpu_percent, ink)
}

fn memory(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    per_cent(row.memory_percent, ink)
}

fn temperature(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    row.temperature_celsius.map_or_else(|| ink.tone("-", Tone::Dim), |value| ink.text(format!("{value:.0}C")))
}

/// A round trip in milliseconds, at most five cells.
pub fn rtt_words(rtt_ms: Option<f64>) -> String {
    rtt_ms.map_or_else(|| "-".to_owned(), |ms| if ms < 10.0 { format!("{ms:.1}ms") } else { format!("{ms:.0}ms") })
}

fn rtt(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(rtt_words(row.rtt_ms), if row.rtt_ms.is_none() || row.stale { Tone::Dim } else { Tone::Text })
}

fn loss(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    match row.loss_percent {
        None => ink.tone("-", Tone::Dim),
        Some(loss) if loss <= 0.0 => ink.tone("0%", Tone::Dim),
        Some(loss) => ink.tone(format!("{loss:.0}%"), if loss >= 50.0 { Tone::Critical } else { Tone::Minor }),
    }
}

fn traffic(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.traffic_bps, row.stale, ink)
}

fn alarms(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    match row.worst_alarm {
        Some(worst) if row.alarms > 0 => Line::styled(row.alarms.to_string(), ink.theme.severity(worst)),
        _ => ink.tone(row.alarms.to_string(), Tone::Dim),
    }
}

fn uptime(row: &DeviceRow, ink: &Ink<'_>) -> Line<'static> {
    row.uptime_seconds.map_or_else(|| ink.tone("-", Tone::Dim), |seconds| ink.tone(unit::age(seconds), Tone::Dim))
}

/// What the cursor is on when it is on a device.
pub fn target_of(row: &DeviceRow) -> Target {
    let address = address_of(row).unwrap_or_default();
    Target {
        device: Some((row.id.clone(), row.name.clone())),
        port: None,
        cell: row.name.clone(),
        row: format!("{} {} {} {}", row.name, row.status.word(), address, row.role.word()),
        flows: None,
    }
}

fn under_cursor<'v>(body: &'v ViewBody, state: &UiState) -> Option<&'v DeviceRow> {
    let ViewBody::Devices(table) = body else { return None };
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

impl Pane for Devices {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Table]
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 15] = sorts(&COLUMNS);
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(DEVICE_COLUMNS)
    }

    fn can_mark(&self) -> bool {
        true
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let ViewBody::Devices(table) = body else { return None };
        let keys = table.rows.iter().map(|row| row.id.as_str().to_owned()).collect();
        Some(Listing { offset: table.offset, matched: table.matched, keys })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        under_cursor(body, state).map(target_of)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let row = under_cursor(body, state)?;
        Some(Place { screen: Screen::Device, subject: Some(Subject::Device(row.id.clone())), title: row.name.clone() })
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let here = scene.state.here();
        let Some(ViewBody::Devices(table)) = scene.body() else {
            return events::waiting(scene, area, (buf, tr("Devices")));
        };
        let words = summary(table.matched, table.total, &here, "");
        let inner = Panel::new(tr("Devices")).subtitle(&words).focus(Focus::Here).draw(scene, area, buf);
        let empty: &[&str] = match (table.total, here.faults_only) {
            (0, _) => &EN.first_run,
            (_, true) => &[EN.no_faults],
            (_, false) => &[EN.nothing_matches],
        };
        let rows = Rows {
            columns: &COLUMNS,
            rows: &table.rows,
            offset: table.offset,
            matched: table.matched,
            list: Some(here.list()),
            sort: here.sort.as_ref(),
            header: Header::Shown,
            empty,
        };
        rows.draw(scene, inner, buf);
        rows.draw_marks(scene, inner, (|row| row.id.as_str().to_owned(), buf));
    }
}
