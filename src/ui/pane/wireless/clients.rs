//! The columns of clients.

use super::cells;
use crate::state::view::ClientRow;
use crate::ui::pane::cells as shared;
use crate::ui::theme::Tone;
use crate::ui::widget::table::{Align, Column, Ink, Width, sorts};
use ratatui::text::{Line, Span};

/// All of them.
pub const COLUMNS: [Column<ClientRow>; 16] = [
    Column { title: "CLIENT", sort: "user", width: Width::Grow(12), align: Align::Left, drop: 0, cell: who },
    Column { title: "MAC", sort: "mac", width: Width::Cells(17), align: Align::Left, drop: 9, cell: mac },
    Column { title: "ADDRESS", sort: "ip", width: Width::Grow(12), align: Align::Left, drop: 8, cell: address },
    Column { title: "SSID", sort: "ssid", width: Width::Grow(7), align: Align::Left, drop: 5, cell: ssid },
    Column { title: "AP", sort: "ap", width: Width::Grow(12), align: Align::Left, drop: 2, cell: ap },
    Column { title: "BAND", sort: "band", width: Width::Cells(4), align: Align::Left, drop: 3, cell: band },
    Column { title: "RSSI", sort: "rssi", width: Width::Cells(8), align: Align::Right, drop: 0, cell: rssi },
    Column { title: "SNR", sort: "snr", width: Width::Cells(3), align: Align::Right, drop: 0, cell: snr },
    Column { title: "PHY", sort: "phy", width: Width::Cells(3), align: Align::Left, drop: 10, cell: phy },
    Column { title: "RATE", sort: "rate", width: Width::Cells(5), align: Align::Right, drop: 4, cell: rate },
    Column { title: "RETRY", sort: "retry", width: Width::Cells(5), align: Align::Right, drop: 6, cell: retry },
    Column { title: "IN", sort: "inBps", width: Width::Cells(5), align: Align::Right, drop: 7, cell: inward },
    Column { title: "OUT", sort: "outBps", width: Width::Cells(5), align: Align::Right, drop: 7, cell: outward },
    Column { title: "ON", sort: "since", width: Width::Cells(5), align: Align::Right, drop: 6, cell: since },
    Column { title: "KIND", sort: "name", width: Width::Grow(9), align: Align::Left, drop: 11, cell: device },
    Column { title: "SITE", sort: "site", width: Width::Grow(5), align: Align::Left, drop: 12, cell: site },
];

/// Those of one radio: where they are is known.
pub const OF_RADIO: [Column<ClientRow>; 12] = [
    Column { title: "CLIENT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: who },
    Column { title: "MAC", sort: "", width: Width::Cells(17), align: Align::Left, drop: 8, cell: mac },
    Column { title: "ADDRESS", sort: "", width: Width::Grow(11), align: Align::Left, drop: 9, cell: address },
    Column { title: "SSID", sort: "", width: Width::Grow(7), align: Align::Left, drop: 5, cell: ssid },
    Column { title: "RSSI", sort: "", width: Width::Cells(8), align: Align::Right, drop: 0, cell: rssi },
    Column { title: "SNR", sort: "", width: Width::Cells(3), align: Align::Right, drop: 0, cell: snr },
    Column { title: "PHY", sort: "", width: Width::Cells(3), align: Align::Left, drop: 7, cell: phy },
    Column { title: "RATE", sort: "", width: Width::Cells(5), align: Align::Right, drop: 2, cell: rate },
    Column { title: "RETRY", sort: "", width: Width::Cells(5), align: Align::Right, drop: 6, cell: retry },
    Column { title: "IN", sort: "", width: Width::Cells(5), align: Align::Right, drop: 3, cell: inward },
    Column { title: "OUT", sort: "", width: Width::Cells(5), align: Align::Right, drop: 3, cell: outward },
    Column { title: "ON", sort: "", width: Width::Cells(5), align: Align::Right, drop: 4, cell: since },
];

/// What it can be sorted by.
pub const SORTS: [&str; 16] = sorts(&COLUMNS);

/// Who it is: the login, else the kind of device, else its hardware address.
pub fn who(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    match (&row.user, &row.name) {
        (Some(user), _) => ink.tone(user.clone(), if row.stale { Tone::Dim } else { Tone::Strong }),
        (None, Some(name)) => ink.text(name.clone()),
        (None, None) => ink.text(row.mac.to_string()),
    }
}

fn mac(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.mac.to_string(), Tone::Dim)
}

fn address(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    match row.address {
        Some(address) => ink.text(address.to_string()),
        None => ink.tone("-", Tone::Dim),
    }
}

fn ssid(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    ink.known(row.ssid.as_deref())
}

fn ap(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    ink.known(row.ap.as_deref())
}

fn band(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    cells::band(row.band, ink)
}

fn rssi(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rssi(row.rssi_dbm, row.snr_db, ink)
}

fn snr(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    cells::snr(row.snr_db, ink)
}

fn phy(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    cells::phy(row.phy, ink)
}

fn rate(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    match row.rate_mbps {
        Some(rate) => Line::from(vec![Span::raw(rate.to_string()), Span::styled("M", ink.theme.style(Tone::Dim))]),
        None => ink.tone("-", Tone::Dim),
    }
}

fn retry(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    cells::retry(row.retry_percent, ink)
}

fn inward(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    shared::rate(row.in_bps, row.stale, ink)
}

fn outward(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    shared::rate(row.out_bps, row.stale, ink)
}

fn since(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    shared::ago(row.since, ink)
}

fn device(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.name.clone().unwrap_or_else(|| "-".to_owned()), Tone::Dim)
}

fn site(row: &ClientRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.site.clone().unwrap_or_else(|| "-".to_owned()), Tone::Dim)
}
