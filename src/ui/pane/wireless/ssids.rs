//! The columns of network names.

use super::cells;
use crate::model::WifiBand;
use crate::state::view::wireless::rows::SsidRow;
use crate::ui::pane::cells as shared;
use crate::ui::theme::Tone;
use crate::ui::widget::table::{Align, Column, Ink, Width, sorts};
use ratatui::text::Line;

/// All of them.
pub const COLUMNS: [Column<SsidRow>; 10] = [
    Column { title: "SSID", sort: "ssid", width: Width::Grow(14), align: Align::Left, drop: 0, cell: name },
    Column { title: "CLI", sort: "clients", width: Width::Cells(6), align: Align::Right, drop: 0, cell: clients },
    Column { title: "2.4G", sort: "", width: Width::Cells(5), align: Align::Right, drop: 3, cell: ghz2 },
    Column { title: "5G", sort: "", width: Width::Cells(5), align: Align::Right, drop: 2, cell: ghz5 },
    Column { title: "6G", sort: "", width: Width::Cells(5), align: Align::Right, drop: 4, cell: ghz6 },
    Column { title: "APS", sort: "radios", width: Width::Cells(5), align: Align::Right, drop: 5, cell: access_points },
    Column { title: "IN", sort: "inBps", width: Width::Cells(5), align: Align::Right, drop: 1, cell: inward },
    Column { title: "OUT", sort: "outBps", width: Width::Cells(5), align: Align::Right, drop: 1, cell: outward },
    Column { title: "WEAK", sort: "weak", width: Width::Cells(5), align: Align::Right, drop: 1, cell: weak },
    Column { title: "CTRLS", sort: "", width: Width::Cells(5), align: Align::Right, drop: 6, cell: controllers },
];

/// What it can be sorted by.
pub const SORTS: [&str; 6] = sorts(&COLUMNS);

fn count(value: Option<usize>, ink: &Ink<'_>) -> Line<'static> {
    cells::count(value.map(|count| u32::try_from(count).unwrap_or(u32::MAX)), ink)
}

fn in_band(row: &SsidRow, band: WifiBand, ink: &Ink<'_>) -> Line<'static> {
    count(row.by_band.get(band as usize).copied().flatten(), ink)
}

fn name(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.name.clone(), Tone::Strong)
}

fn clients(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    count(row.clients, ink)
}

fn ghz2(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    in_band(row, WifiBand::Ghz2, ink)
}

fn ghz5(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    in_band(row, WifiBand::Ghz5, ink)
}

fn ghz6(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    in_band(row, WifiBand::Ghz6, ink)
}

/// Where nobody is told one by one it is not known on how many somebody is.
fn access_points(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    count(Some(row.access_points).filter(|aps| *aps > 0 || row.clients == Some(0)), ink)
}

fn inward(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    shared::rate(row.in_bps, false, ink)
}

fn outward(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    shared::rate(row.out_bps, false, ink)
}

/// Clients that are heard badly.
fn weak(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    match row.weak {
        _ if row.heard == 0 => ink.tone("-", Tone::Dim),
        0 => ink.tone("0", Tone::Dim),
        weak => ink.tone(weak.to_string(), Tone::Minor),
    }
}

fn controllers(row: &SsidRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.controllers.to_string(), Tone::Dim)
}
