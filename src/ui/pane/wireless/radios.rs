//! The columns of access points and their radios.

use super::cells;
use crate::model::ApStatus;
use crate::state::view::RadioRow;
use crate::ui::lang::tr;
use crate::ui::pane::cells as shared;
use crate::ui::theme::Tone;
use crate::ui::widget::table::{Align, Column, Ink, Width, sorts};
use ratatui::text::{Line, Span};

/// A row for each radio.
pub const COLUMNS: [Column<RadioRow>; 15] = [
    Column { title: "AP", sort: "ap", width: Width::Grow(12), align: Align::Left, drop: 0, cell: name },
    Column { title: "SITE", sort: "site", width: Width::Grow(5), align: Align::Left, drop: 4, cell: site },
    Column { title: "BAND", sort: "band", width: Width::Cells(4), align: Align::Left, drop: 2, cell: band },
    Column { title: "CH/W", sort: "channel", width: Width::Cells(6), align: Align::Right, drop: 2, cell: channel },
    Column { title: "CH%", sort: "util", width: Width::Cells(9), align: Align::Right, drop: 0, cell: busy },
    Column { title: "CLI", sort: "clients", width: Width::Cells(4), align: Align::Right, drop: 1, cell: clients },
    Column { title: "RETRY", sort: "retry", width: Width::Cells(5), align: Align::Right, drop: 3, cell: retry },
    Column { title: "NOISE", sort: "noise", width: Width::Cells(5), align: Align::Right, drop: 6, cell: noise },
    Column { title: "TX", sort: "tx", width: Width::Cells(3), align: Align::Right, drop: 9, cell: power },
    Column { title: "IN", sort: "inBps", width: Width::Cells(5), align: Align::Right, drop: 5, cell: inward },
    Column { title: "OUT", sort: "outBps", width: Width::Cells(5), align: Align::Right, drop: 5, cell: outward },
    Column { title: "ST", sort: "status", width: Width::Cells(5), align: Align::Left, drop: 0, cell: cells::state },
    Column { title: "60 MIN", sort: "", width: Width::Cells(10), align: Align::Left, drop: 7, cell: spark },
    Column { title: "SWITCH PORT", sort: "", width: Width::Grow(18), align: Align::Left, drop: 8, cell: uplink },
    Column { title: "CTRL", sort: "", width: Width::Cells(7), align: Align::Left, drop: 10, cell: controller },
];

/// What it can be sorted by.
pub const SORTS: [&str; 12] = sorts(&COLUMNS);

fn name(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = match (row.status, cells::trouble(row)) {
        (ApStatus::Down, _) => Tone::Critical,
        (_, Some((_, tone))) => tone,
        _ if row.stale => Tone::Dim,
        _ => Tone::Strong,
    };
    ink.tone(row.ap.clone(), tone)
}

fn site(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.site.clone().unwrap_or_else(|| "-".to_owned()), Tone::Dim)
}

fn band(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    cells::band(row.band, ink)
}

/// Channel and width; what shares its channel with others of its floor says with how many.
fn channel(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    let Some(channel) = row.channel else { return ink.tone("-", Tone::Dim) };
    let width = row.width_mhz.map(|width| format!("/{width}")).unwrap_or_default();
    let tone = if row.co_channel > 1 { Tone::Minor } else { Tone::Text };
    Line::from(vec![Span::styled(channel.to_string(), ink.theme.style(tone)), Span::styled(width, ink.theme.style(Tone::Dim))])
}

fn busy(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    cells::busy(row.utilisation_percent, row.stale, ink)
}

fn clients(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    cells::count(row.clients, ink)
}

fn retry(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    cells::retry(row.retry_percent, ink)
}

fn noise(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    cells::noise(row.noise_dbm, ink)
}

fn power(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    cells::whole(row.tx_power_dbm, ("", Tone::Dim), ink)
}

fn inward(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    shared::rate(row.in_bps, row.stale, ink)
}

fn outward(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    shared::rate(row.out_bps, row.stale, ink)
}

fn spark(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    // Per cent of the channel's time: coloured as a load is.
    shared::sparkline(&row.spark, Some(100), ink)
}

fn uplink(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    match &row.uplink {
        None => ink.tone("-", Tone::Dim),
        Some(uplink) => Line::from(vec![
            Span::raw(uplink.device_name.clone()),
            Span::styled(uplink.port.as_ref().map(|port| format!(" {port}")).unwrap_or_default(), ink.theme.style(Tone::Dim)),
        ]),
    }
}

fn controller(row: &RadioRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(if row.alone { tr("alone").to_owned() } else { row.controller_name.clone() }, Tone::Dim)
}
