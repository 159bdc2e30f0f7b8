//! All sensors of a device: what is ill first, by class, with their value within its limits and how it went.

use super::measure;
use super::section::{self, Section, rows};
use crate::model::Role;
use crate::state::view::SENSOR_COLUMNS;
use crate::state::view::rows::GaugeRow;
use crate::state::view::screens::DeviceView;
use crate::ui::UiState;
use crate::ui::lang::tr;
use crate::ui::pane::{Listing, Scene, names_of};
use crate::ui::theme::Tone;
use crate::ui::widget::table::{Align, Column, Ink, Width, sorts as sorts_in};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// The section.
pub struct Sensors;

/// Columns of the sensors.
const COLUMNS: [Column<GaugeRow>; 10] = [
    Column { title: "", sort: "", width: Width::Cells(1), align: Align::Left, drop: 0, cell: measure::mark },
    Column { title: "NAME", sort: "name", width: Width::Grow(14), align: Align::Left, drop: 0, cell: measure::name },
    Column { title: "CLASS", sort: "class", width: Width::Cells(11), align: Align::Left, drop: 3, cell: class },
    Column { title: "PORT", sort: "port", width: Width::Cells(10), align: Align::Left, drop: 8, cell: port },
    Column { title: "STATUS", sort: "status", width: Width::Cells(8), align: Align::Left, drop: 4, cell: status },
    Column { title: "VALUE", sort: "value", width: Width::Cells(16), align: Align::Right, drop: 0, cell: measure::value },
    Column { title: "RANGE", sort: "", width: Width::Cells(10), align: Align::Left, drop: 2, cell: measure::within },
    Column { title: "LIMITS", sort: "", width: Width::Cells(9), align: Align::Right, drop: 5, cell: measure::limits },
    Column { title: "HOUR", sort: "", width: Width::Cells(10), align: Align::Left, drop: 6, cell: measure::trend },
    Column { title: "SINCE", sort: "", width: Width::Cells(6), align: Align::Right, drop: 7, cell: measure::since },
];

const SORTS: [&str; 5] = sorts_in(&COLUMNS);

fn class(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.class.clone(), Tone::Dim)
}

fn port(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.port.clone().unwrap_or_default(), Tone::Dim)
}

fn status(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(tr(row.status.word()), measure::tone_of(row.status))
}

impl Section for Sensors {
    fn name(&self) -> &'static str {
        "sensors"
    }

    fn title(&self) -> &'static str {
        "Sensors"
    }

    fn applies(&self, view: &DeviceView) -> bool {
        view.health.rows.iter().any(|row| matches!(row.kind, crate::model::GaugeKind::Sensor(_)))
    }

    fn opens(&self, role: Role) -> bool {
        role == Role::Sensor
    }

    fn page(&self, state: &UiState) -> usize {
        usize::from(rows(state).saturating_sub(3)).max(3)
    }

    fn sorts(&self) -> &'static [&'static str] {
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).filter(|title| !title.is_empty()).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(SENSOR_COLUMNS)
    }

    fn listing(&self, view: &DeviceView, _state: &UiState) -> Option<Listing> {
        let table = &view.health.sensors;
        Some(Listing { offset: table.offset, matched: table.matched, keys: table.rows.iter().map(measure::key).collect() })
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        section::windowed(scene, area, (buf, tr("Sensors")), (&COLUMNS, &view.health.sensors));
    }
}
