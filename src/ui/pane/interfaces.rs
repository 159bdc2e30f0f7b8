//! Interfaces: rates and load of every port, with a graph of the one under the cursor.

use super::{Context, Listing, Pane, Place, Scene, Target, cells, events, interface, names_of};
use crate::model::{AdminStatus, OperStatus};
use crate::query::{Screen, Sort, Subject, ViewRequest};
use crate::state::view::{INTERFACE_COLUMNS, InterfaceRow, InterfaceView, ViewBody};
use crate::trf;
use crate::ui::UiState;
use crate::ui::console::BESIDE;
use crate::ui::lang::tr;
use crate::ui::state::{Mark, Room, TINY_ROWS, WEEK_SECS};
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::graph::shared;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The screen.
pub struct Interfaces;

/// Its columns; the first two name the port. A device's own table leaves the first out.
pub const COLUMNS: [Column<InterfaceRow>; 15] = [
    Column { title: "DEVICE", sort: "device", width: Width::Grow(10), align: Align::Left, drop: 0, cell: device },
    Column { title: "PORT", sort: "if", width: Width::Grow(9), align: Align::Left, drop: 0, cell: port },
    Column { title: "ALIAS", sort: "", width: Width::Grow(12), align: Align::Left, drop: 6, cell: alias },
    Column { title: "PEER", sort: "", width: Width::Grow(12), align: Align::Left, drop: 8, cell: peer },
    Column { title: "ST", sort: "", width: Width::Cells(7), align: Align::Left, drop: 1, cell: cells::state },
    Column { title: "SPD", sort: "speed", width: Width::Cells(4), align: Align::Right, drop: 5, cell: speed },
    Column { title: "VLAN", sort: "", width: Width::Cells(5), align: Align::Right, drop: 11, cell: vlan },
    Column { title: "IN", sort: "inBps", width: Width::Cells(5), align: Align::Right, drop: 0, cell: in_rate },
    Column { title: "IN%", sort: "inUtilisation", width: Width::Cells(11), align: Align::Right, drop: 2, cell: in_load },
    Column { title: "OUT", sort: "outBps", width: Width::Cells(5), align: Align::Right, drop: 0, cell: out_rate },
    Column { title: "OUT%", sort: "outUtilisation", width: Width::Cells(11), align: Align::Right, drop: 3, cell: out_load },
    Column { title: "ERR/s", sort: "err", width: Width::Cells(5), align: Align::Right, drop: 4, cell: errors },
    Column { title: "DISC", sort: "discards", width: Width::Cells(5), align: Align::Right, drop: 10, cell: discards },
    Column { title: "P95", sort: "", width: Width::Cells(5), align: Align::Right, drop: 9, cell: p95 },
    Column { title: "60 MIN", sort: "", width: Width::Cells(10), align: Align::Left, drop: 7, cell: spark },
];

fn device(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(row.device_name.clone())
}

/// The port, with a sign where an alarm stands.
pub fn port(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    match row.alarm {
        Some(severity) => Line::from(vec![
            Span::styled(row.name.clone(), ink.theme.severity(severity)),
            Span::styled(" !", ink.theme.severity(severity)),
        ]),
        None => ink.tone(row.name.clone(), Tone::Strong),
    }
}

/// The alias.
pub fn alias(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.if_alias.clone().unwrap_or_default(), Tone::Dim)
}

/// The neighbour and its port.
pub fn peer(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    match (&row.peer, &row.peer_port) {
        (Some(peer), Some(port)) => {
            Line::from(vec![Span::raw(peer.clone()), Span::styled(format!(" {port}"), ink.theme.style(Tone::Dim))])
        }
        (Some(peer), None) => ink.text(peer.clone()),
        (None, _) => Line::default(),
    }
}

fn speed(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(text::speed(row.speed_bps), Tone::Dim)
}

fn vlan(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    match (row.vlans.len(), row.pvid) {
        (2.., _) => ink.tone(tr("trunk"), Tone::Dim),
        (_, Some(pvid)) => ink.tone(pvid.to_string(), Tone::Dim),
        (_, None) => ink.tone("-", Tone::Dim),
    }
}

fn in_rate(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.in_bps, row.stale, ink)
}

fn out_rate(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.out_bps, row.stale, ink)
}

fn in_load(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::load(row.in_utilisation, row.stale, ink)
}

fn out_load(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::load(row.out_utilisation, row.stale, ink)
}

/// Errors of both directions.
pub fn errors(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::errors(cells::sum(row.in_errors_per_second, row.out_errors_per_second), ink)
}

fn discards(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::errors(cells::sum(row.in_discards_per_second, row.out_discards_per_second), ink)
}

fn p95(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(cells::larger(row.p95_in_bps, row.p95_out_bps), row.stale, ink)
}

/// The last hour.
pub fn spark(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::sparkline(&row.spark, row.speed_bps, ink)
}

/// Whether a port that should be up is not.
pub fn is_faulty(row: &InterfaceRow) -> bool {
    row.admin_status != Some(AdminStatus::Down) && matches!(row.oper_status, Some(OperStatus::Down | OperStatus::LowerLayerDown))
}

/// The identity of a row.
pub fn key(row: &InterfaceRow) -> String {
    format!("{}/{}", row.device, row.name)
}

/// What the cursor is on when it is on a port.
pub fn target_of(row: &InterfaceRow) -> Target {
    let rates = format!("in {} out {}", text::figure(row.in_bps).trim(), text::figure(row.out_bps).trim());
    Target {
        device: Some((row.device.clone(), row.device_name.clone())),
        port: Some(row.name.clone()),
        cell: format!("{} {}", row.device_name, row.name),
        row: format!("{} {} {} {rates}", row.device_name, row.name, row.if_alias.as_deref().unwrap_or("-")),
        flows: None,
    }
}

/// Where Enter on a port goes.
pub fn place_of(row: &InterfaceRow) -> Place {
    Place {
        screen: Screen::Interface,
        subject: Some(Subject::Interface(row.device.clone(), row.name.clone())),
        title: format!("{} {}", row.device_name, row.name),
    }
}

fn under_cursor<'v>(body: &'v ViewBody, state: &UiState) -> Option<&'v InterfaceRow> {
    let ViewBody::Interfaces(table) = body else { return None };
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

/// Rows of the graph under the list: a third of the screen, none where there is only room for the list.
fn graph_rows(state: &UiState) -> u16 {
    if state.room() == Room::Tiny || state.size.height < TINY_ROWS + 4 { 0 } else { (state.size.height / 3).clamp(8, 14) }
}

/// The graph of a port, as it is shown here.
fn port_request(state: &UiState, port: Subject) -> ViewRequest {
    let mut request = ViewRequest::new(Screen::Interface, 1);
    request.subject = Some(port);
    request.at = state.time.at;
    request.span_secs = state.span_secs;
    request.compare_secs = state.graph.week.then_some(WEEK_SECS);
    request
}

/// The marked ports in one chart.
fn draw_shared(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
    let views: Vec<&InterfaceView> = scene
        .beside
        .iter()
        .filter_map(|view| match view.as_deref().map(|view| &view.body) {
            Some(ViewBody::Interface(view)) => Some(view.as_ref()),
            _ => None,
        })
        .collect();
    let marks = scene.state.here().marks.len();
    let words = if marks > BESIDE { trf!("the first {} of {} marked", BESIDE, marks) } else { trf!("{} marked", marks) };
    let title = format!("{}  {}", tr("Marked"), text::span(scene.state.span_secs));
    let inner = Panel::new(&title).subtitle(&words).note(tr("Space marks")).draw(scene, area, buf);
    let lines: Vec<shared::Line<'_>> = views
        .iter()
        .filter_map(|view| {
            let row = view.row.as_ref()?;
            let name = format!("{} {}", row.device_name, row.name);
            Some(shared::Line { name, now: [row.in_bps, row.out_bps], bands: [&view.in_bps, &view.out_bps] })
        })
        .collect();
    match views.first() {
        Some(first) => shared::Shared { lines: &lines, from: first.from, to: first.to }.draw(scene, inner, buf),
        None => notice(buf, inner, &[EN.waiting], scene.theme.style(Tone::Dim)),
    }
}

impl Pane for Interfaces {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Table, Context::Graph]
    }

    fn page(&self, state: &UiState) -> usize {
        usize::from(state.size.height.saturating_sub(6 + graph_rows(state))).max(1)
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        let mut request = state.request(self.page(state));
        // The busiest first: that is what one looks for here.
        request.sort.get_or_insert_with(|| Sort { column: "util".to_owned(), descending: true });
        request
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        let row = under_cursor(body, state).filter(|_| graph_rows(state) > 0)?;
        Some(port_request(state, Subject::Interface(row.device.clone(), row.name.clone())))
    }

    fn beside(&self, state: &UiState) -> Vec<ViewRequest> {
        if graph_rows(state) == 0 {
            return Vec::new();
        }
        let of_mark = |mark: &Mark| {
            let ((device, _), port) = (mark.target.device.clone()?, mark.target.port.clone()?);
            Some(port_request(state, Subject::Interface(device, port)))
        };
        state.here().marks.iter().filter_map(of_mark).take(BESIDE).collect()
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 9] = sorts(&COLUMNS);
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(INTERFACE_COLUMNS)
    }

    fn can_mark(&self) -> bool {
        true
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let ViewBody::Interfaces(table) = body else { return None };
        Some(Listing { offset: table.offset, matched: table.matched, keys: table.rows.iter().map(key).collect() })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        under_cursor(body, state).map(target_of)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        under_cursor(body, state).map(place_of)
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let here = scene.state.here();
        let Some(ViewBody::Interfaces(table)) = scene.body() else {
            return events::waiting(scene, area, (buf, tr("Interfaces")));
        };
        let graph = graph_rows(scene.state).min(area.height.saturating_sub(5));
        let list = Rect { height: area.height - graph, ..area };
        let words = summary(table.matched, table.total, &here, "busiest first");
        let inner = Panel::new(tr("Interfaces")).subtitle(&words).focus(Focus::Here).draw(scene, list, buf);
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
        rows.draw_marks(scene, inner, (key, buf));
        if graph > 0 && !here.marks.is_empty() {
            return draw_shared(scene, Rect::new(area.x, list.bottom(), area.width, graph), buf);
        }
        let Some(row) = scene.body().and_then(|body| under_cursor(body, scene.state)).filter(|_| graph > 0) else { return };
        let view = scene.detail.and_then(|view| match &view.body {
            ViewBody::Interface(view) if view.row.as_ref().is_some_and(|other| key(other) == key(row)) => Some(view.as_ref()),
            _ => None,
        });
        interface::draw_graph(scene, Rect::new(area.x, list.bottom(), area.width, graph), (buf, row, view));
    }
}
