//! The columns of channels.

use super::cells;
use crate::state::view::ChannelRow;
use crate::ui::theme::Tone;
use crate::ui::widget::table::{Align, Column, Ink, Width, sorts};
use ratatui::text::{Line, Span};

/// All of them.
pub const COLUMNS: [Column<ChannelRow>; 10] = [
    Column { title: "BAND", sort: "band", width: Width::Cells(4), align: Align::Left, drop: 0, cell: band },
    Column { title: "CH", sort: "channel", width: Width::Cells(4), align: Align::Right, drop: 0, cell: channel },
    Column { title: "APS", sort: "radios", width: Width::Cells(4), align: Align::Right, drop: 0, cell: radios },
    Column { title: "CLI", sort: "clients", width: Width::Cells(5), align: Align::Right, drop: 1, cell: clients },
    Column { title: "MAX%", sort: "util", width: Width::Grow(10), align: Align::Right, drop: 0, cell: busiest },
    Column { title: "MEAN%", sort: "mean", width: Width::Grow(9), align: Align::Right, drop: 3, cell: mean },
    Column { title: "NOISE", sort: "", width: Width::Cells(5), align: Align::Right, drop: 5, cell: noise },
    Column { title: "RETRY", sort: "", width: Width::Cells(5), align: Align::Right, drop: 4, cell: retry },
    Column { title: "MOST IN", sort: "site", width: Width::Grow(10), align: Align::Left, drop: 2, cell: crowded },
    Column { title: "SITES", sort: "", width: Width::Cells(5), align: Align::Right, drop: 6, cell: sites },
];

/// What it can be sorted by.
pub const SORTS: [&str; 7] = sorts(&COLUMNS);

fn band(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    cells::band(Some(row.band), ink)
}

fn channel(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.channel.to_string(), Tone::Strong)
}

fn radios(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(row.radios.to_string())
}

fn clients(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.clients.to_string(), if row.clients == 0 { Tone::Dim } else { Tone::Text })
}

fn busiest(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    cells::busy(row.utilisation_max, false, ink)
}

fn mean(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    cells::busy(row.utilisation_mean, false, ink)
}

fn noise(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    cells::noise(row.noise_max, ink)
}

fn retry(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    cells::retry(row.retry_mean, ink)
}

/// Where two or more share it.
fn crowded(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    match &row.crowded {
        None => ink.tone("-", Tone::Dim),
        Some((site, radios)) => {
            let count = Span::styled(format!("{radios} "), ink.theme.style(if *radios > 2 { Tone::Major } else { Tone::Minor }));
            Line::from(vec![count, Span::raw(site.clone())])
        }
    }
}

fn sites(row: &ChannelRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.sites.to_string(), Tone::Dim)
}
