//! The ports of a device: as they stand on its housing, as a table, and the one under the cursor in full.

use super::columns::{COLUMNS, SORTS};
use super::faceplate::Plate;
use super::section::{self, Section, rows};
use super::{faceplate, port};
use crate::query::{DevicePart, Screen, Subject, ViewRequest};
use crate::state::view::screens::DeviceView;
use crate::state::view::{INTERFACE_COLUMNS, InterfaceRow, InterfaceView, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::pane::{Gesture, Listing, Place, Scene, Target, interface, interfaces, names_of};
use crate::ui::state::Room;
use crate::ui::widget::panel::Panel;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The section.
pub struct Ports;

/// Columns of the side pane.
const SIDE: u16 = 44;
/// Lines under a table without a side pane.
const UNDER: u16 = 3;
/// Rows under which a graph is none.
const GRAPH: u16 = 8;

/// Columns that the ports can be sorted by.
pub(super) fn sorts() -> &'static [&'static str] {
    &SORTS
}

/// The port under the cursor.
pub(super) fn port_under_cursor<'v>(view: &'v DeviceView, state: &UiState) -> Option<&'v InterfaceRow> {
    let here = state.here();
    let [list, ..] = &here.lists;
    view.interfaces.rows.get(list.cursor.checked_sub(view.interfaces.offset)?)
}

impl Section for Ports {
    fn name(&self) -> &'static str {
        "ports"
    }

    fn title(&self) -> &'static str {
        "Ports"
    }

    fn applies(&self, view: &DeviceView) -> bool {
        view.device.as_ref().is_some_and(|row| row.interfaces > 0) || view.interfaces.total > 0
    }

    fn part(&self) -> DevicePart {
        DevicePart::Ports
    }

    fn page(&self, state: &UiState) -> usize {
        let faceplate = match state.room() {
            Room::Tiny => 0,
            Room::Middle => 4 + UNDER,
            Room::Wide => 7,
        };
        usize::from(rows(state).saturating_sub(3 + faceplate)).max(3)
    }

    fn sorts(&self) -> &'static [&'static str] {
        sorts()
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(INTERFACE_COLUMNS)
    }

    fn listing(&self, view: &DeviceView, _state: &UiState) -> Option<Listing> {
        let table = &view.interfaces;
        Some(Listing { offset: table.offset, matched: table.matched, keys: table.rows.iter().map(interfaces::key).collect() })
    }

    fn target(&self, view: &DeviceView, state: &UiState) -> Option<Target> {
        port_under_cursor(view, state).map(interfaces::target_of)
    }

    fn open(&self, view: &DeviceView, state: &UiState) -> Option<Place> {
        port_under_cursor(view, state).map(interfaces::place_of)
    }

    fn detail(&self, view: &DeviceView, state: &UiState) -> Option<ViewRequest> {
        let row = port_under_cursor(view, state).filter(|_| state.room() != Room::Tiny)?;
        let mut request = ViewRequest::new(Screen::Interface, 1);
        request.subject = Some(Subject::Interface(row.device.clone(), row.name.clone()));
        (request.at, request.span_secs) = (state.time.at, state.span_secs);
        Some(request)
    }

    fn gesture(&self, state: &mut UiState, view: &DeviceView, gesture: Gesture) -> Vec<Effect> {
        match gesture {
            Gesture::Left => beside(state, view, -1),
            Gesture::Right => beside(state, view, 1),
            _ => Vec::new(),
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        let room = scene.state.room();
        let words = if room == Room::Wide { 0 } else { UNDER };
        let port = port_under_cursor(view, scene.state);
        let more = port.and_then(|row| more(scene, row));
        let mut rest = area;
        if room != Room::Tiny
            && let Some(height) = faceplate::wanted(view, area, words)
        {
            let under = faceplate::draw(scene, Rect { height, ..area }, (buf, view, words));
            rest = Rect { y: area.y + height, height: area.height.saturating_sub(height), ..area };
            if let Some(row) = port.filter(|_| words > 0) {
                port::draw_joined(scene, under, (buf, &port::lines(scene, row, more)));
            }
        }
        if room != Room::Wide {
            return table(scene, rest, (buf, view));
        }
        let side = SIDE.max(area.width * 3 / 10).min(area.width / 2);
        let main = Rect { width: rest.width - side, ..rest };
        table(scene, main, (buf, view));
        draw_side(scene, Rect { x: main.right(), width: side, ..rest }, (buf, port, more));
    }
}

/// What the engine told of the port under the cursor, if it came.
fn more<'s>(scene: &Scene<'s>, row: &InterfaceRow) -> Option<&'s InterfaceView> {
    let ViewBody::Interface(view) = &scene.detail?.body else { return None };
    let is_its = view.row.as_ref().is_some_and(|other| interfaces::key(other) == interfaces::key(row));
    is_its.then_some(view.as_ref())
}

/// The port under the cursor in full, and its graph where there is room for both.
fn draw_side(scene: &Scene<'_>, area: Rect, (buf, row, more): (&mut Buffer, Option<&InterfaceRow>, Option<&InterfaceView>)) {
    let Some(row) = row else {
        Panel::new(tr("Port")).draw(scene, area, buf);
        return;
    };
    let lines = port::lines(scene, row, more);
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    // Words come first; what is left is the graph's where it is enough for one.
    let left = area.height.saturating_sub(wanted);
    let graph = if left >= GRAPH { left } else { 0 };
    let upper = Rect { height: area.height - graph, ..area };
    let inner = Panel::new(&row.name).subtitle(row.if_alias.as_deref().unwrap_or_default()).draw(scene, upper, buf);
    port::draw(scene, inner, (buf, &lines));
    if graph > 0 {
        interface::draw_graph(scene, Rect { y: upper.bottom(), height: graph, ..area }, (buf, row, more));
    }
}

/// The port beside the one under the cursor, as they stand on the housing.
fn beside(state: &mut UiState, view: &DeviceView, by: isize) -> Vec<Effect> {
    let here = port_under_cursor(view, state).map(|row| row.if_index);
    let plate = Plate::of(&view.switch.face, state.size.width.saturating_sub(5));
    let Some(to) = here.zip(plate).and_then(|(here, plate)| plate.beside(here, by)) else { return Vec::new() };
    let screen = state.here();
    let is_plain = screen.filter.is_empty() && screen.sort.is_none() && !screen.faults_only;
    let table = &view.interfaces;
    let found = table.rows.iter().position(|row| row.if_index == to.if_index).map(|at| at + table.offset);
    let Some(row) = found.or(Some(to.place).filter(|_| is_plain)) else { return Vec::new() };
    let key = row.checked_sub(table.offset).and_then(|at| table.rows.get(at)).map(interfaces::key);
    let page = Ports.page(state);
    let list = state.here_mut().list_mut();
    (list.cursor, list.key) = (row, key);
    list.reveal(page);
    vec![Effect::Watch]
}

fn table(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    section::windowed(scene, area, (buf, tr("Interfaces")), (&COLUMNS, &view.interfaces));
}
