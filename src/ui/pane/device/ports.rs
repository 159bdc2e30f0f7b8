//! The ports of a device: as they stand on its housing, as a table, and the one under the cursor in full.

use super::section::{Section, rows};
use super::{faceplate, status};
use crate::query::DevicePart;
use crate::state::view::screens::DeviceView;
use crate::state::view::{INTERFACE_COLUMNS, InterfaceRow};
use crate::ui::UiState;
use crate::ui::lang::tr;
use crate::ui::pane::{Listing, Place, Scene, Target, interfaces, names_of};
use crate::ui::state::Room;
use crate::ui::text::EN;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Column, Header, Rows, sorts as sorts_in, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The section.
pub struct Ports;

/// Columns of the side pane.
const SIDE: u16 = 44;

fn port_columns() -> &'static [Column<InterfaceRow>] {
    interfaces::COLUMNS.get(1..).unwrap_or_default()
}

/// Columns that the ports can be sorted by.
pub(super) fn sorts() -> &'static [&'static str] {
    const SORTS: [&str; 9] = sorts_in(&interfaces::COLUMNS);
    SORTS.get(1..).unwrap_or_default()
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
        let faceplate = if state.room() == Room::Tiny { 0 } else { 7 };
        usize::from(rows(state).saturating_sub(3 + faceplate)).max(3)
    }

    fn sorts(&self) -> &'static [&'static str] {
        sorts()
    }

    fn columns(&self) -> Vec<&'static str> {
        port_columns().iter().map(|column| column.title).collect()
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

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        let mut area = area;
        if scene.state.room() != Room::Tiny
            && let Some(height) = faceplate::wanted(view, area)
        {
            faceplate::draw(scene, Rect { height, ..area }, (buf, view));
            area = Rect { y: area.y + height, height: area.height.saturating_sub(height), ..area };
        }
        if scene.state.room() != Room::Wide {
            return table(scene, area, (buf, view));
        }
        let main = Rect { width: area.width - SIDE, ..area };
        table(scene, main, (buf, view));
        status::draw_alarms(scene, Rect { x: main.right(), width: SIDE, ..area }, (buf, view));
    }
}

fn table(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let here = scene.state.here();
    let table = &view.interfaces;
    let words = summary(table.matched, table.total, &here, "");
    let inner = Panel::new(tr("Interfaces")).subtitle(&words).focus(Focus::of(0, here.focus)).draw(scene, area, buf);
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
