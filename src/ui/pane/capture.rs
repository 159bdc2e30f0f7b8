//! Capture: flows that this host sees on its own ports as they pass, and how well it sees them.

use super::flows::{self, parts, words};
use super::{Context, Gesture, Listing, Pane, Scene, Target, events};
use crate::query::ViewRequest;
use crate::state::view::flows::{CapturePort, CaptureView};
use crate::state::view::{View, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trf};
use crate::ui::state::Room;
use crate::ui::text::{EN, figure};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::Panel;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// The screen.
pub struct Capture;

/// Ports that are told, at most: a host has few.
const MOST_PORTS: u16 = 4;
/// Rows of the chart and the row under the cursor on a wide screen, borders counted.
const CHART: u16 = 10;

fn view_of(body: &ViewBody) -> Option<&CaptureView> {
    let ViewBody::Capture(view) = body else { return None };
    Some(view)
}

/// Rows of the ports' panel, and of the chart.
fn rows(state: &UiState, ports: u16) -> (u16, u16) {
    match state.room() {
        Room::Tiny => (0, 0),
        Room::Middle => (ports + 2, 0),
        Room::Wide if state.size.height < 28 => (ports + 2, 0),
        Room::Wide => (ports + 2, CHART),
    }
}

impl Pane for Capture {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Flows, Context::Table, Context::Graph]
    }

    fn page(&self, state: &UiState) -> usize {
        let (ports, chart) = rows(state, 1);
        usize::from(state.size.height.saturating_sub(6 + ports + chart)).max(1)
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        flows::request(state, self.page(state))
    }

    fn detail(&self, body: &ViewBody, state: &UiState) -> Option<ViewRequest> {
        (rows(state, 1).1 > 0).then(|| flows::detail(&view_of(body)?.flows, state)).flatten()
    }

    fn sorts(&self) -> &'static [&'static str] {
        &flows::table::SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        flows::table::titles()
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let table = &view_of(body)?.flows.table;
        Some(Listing { offset: table.offset, matched: table.matched, keys: table.rows.iter().map(flows::key).collect() })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let view = &view_of(body)?.flows;
        flows::under_cursor(view, state).map(|row| flows::target_of(view, row, ">"))
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        match (gesture, view.and_then(|view| view_of(&view.body))) {
            (Gesture::Enter, Some(view)) => flows::drill(state, &view.flows),
            _ => Vec::new(),
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Capture")));
        };
        let told = u16::try_from(view.ports.len()).unwrap_or(MOST_PORTS).clamp(1, MOST_PORTS);
        let (ports, chart) = rows(scene.state, told);
        let ports = ports.min(area.height.saturating_sub(4));
        let chart = chart.min(area.height.saturating_sub(ports + 4));
        draw_ports(scene, Rect { height: ports, ..area }, (buf, view));
        let list = Rect::new(area.x, area.y + ports, area.width, area.height - ports - chart);
        flows::talkers(scene, list, (buf, &view.flows, &nothing(view)));
        parts::middle(scene, Rect::new(area.x, list.bottom(), area.width, chart), (buf, &view.flows));
    }
}

/// What is said where no flow is seen: what is missing, and how to give it.
fn nothing(view: &CaptureView) -> Vec<String> {
    let faults: Vec<String> =
        view.ports.iter().filter_map(|port| Some(format!("{}: {}", port.name, port.fault.as_ref()?))).collect();
    match (view.ports.is_empty(), faults.is_empty()) {
        (true, _) => EN.no_capture.iter().map(|sentence| (*sentence).to_owned()).collect(),
        (false, false) => faults,
        (false, true) => EN.no_such_flows.iter().map(|sentence| (*sentence).to_owned()).collect(),
    }
}

/// A line for each port: its rates, what it saw, what the kernel dropped.
fn draw_ports(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &CaptureView)) {
    if area.height < 3 {
        return;
    }
    let words = words::by_words(&flows::by(scene.state));
    let inner = Panel::new(tr("Ports of this host")).subtitle(&trf!("flows by {}", words)).draw(scene, area, buf);
    for (port, y) in view.ports.iter().zip(inner.y..inner.bottom()) {
        parts::put_pieces(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), &line(scene, port));
    }
    if view.ports.is_empty() {
        let dim = scene.theme.style(Tone::Dim);
        parts::put_pieces(
            buf,
            Position::new(inner.x + 1, inner.y),
            inner.width.saturating_sub(2),
            &[(tr("none").to_owned(), dim)],
        );
    }
}

fn line(scene: &Scene<'_>, port: &CapturePort) -> Vec<(String, Style)> {
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let mut pieces = vec![(format!("{:<12}", port.name), scene.theme.style(Tone::Strong))];
    if let Some(fault) = &port.fault {
        pieces.push((fault.clone(), scene.theme.style(Tone::Fault)));
        return pieces;
    }
    #[allow(clippy::cast_precision_loss, reason = "a figure of five cells")]
    let count = |value: u64| figure(Some(value as f64)).trim().to_owned();
    let dropped = if port.dropped == 0 { dim } else { scene.theme.style(Tone::Minor) };
    pieces.extend([
        (figure(port.bps), scene.theme.style(Tone::In)),
        (" bit/s ".to_owned(), dim),
        (figure(port.packets_per_second), plain),
        (tr(" packets/s  seen ").to_owned(), dim),
        (count(port.packets), plain),
        (tr(" packets ").to_owned(), dim),
        (count(port.octets), plain),
        (tr(" octets  dropped ").to_owned(), dim),
        (count(port.dropped), dropped),
    ]);
    pieces
}
