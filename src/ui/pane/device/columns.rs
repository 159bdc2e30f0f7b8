//! Columns of a switch's ports.

use super::port::{mode, native};
use crate::model::{Duplex, PoeStatus, PortMode, StpRole};
use crate::state::view::InterfaceRow;
use crate::state::view::switch::is_blocked;
use crate::ui::lang::tr;
use crate::ui::pane::{cells, interfaces};
use crate::ui::text::speed as speed_words;
use crate::ui::theme::Tone;
use crate::ui::widget::table::{Align, Column, Ink, Width, sorts};
use ratatui::text::{Line, Span};

/// The columns.
pub(super) const COLUMNS: [Column<InterfaceRow>; 15] = [
    Column { title: "PORT", sort: "if", width: Width::Grow(12), align: Align::Left, drop: 0, cell: interfaces::port },
    Column { title: "ST", sort: "oper", width: Width::Cells(5), align: Align::Left, drop: 0, cell: state },
    Column { title: "SPD", sort: "speed", width: Width::Cells(5), align: Align::Right, drop: 2, cell: speed },
    Column { title: "VLAN", sort: "vlan", width: Width::Cells(5), align: Align::Left, drop: 1, cell: vlan },
    Column { title: "STP", sort: "stp", width: Width::Cells(4), align: Align::Left, drop: 3, cell: stp },
    Column { title: "POE", sort: "watts", width: Width::Cells(5), align: Align::Right, drop: 4, cell: poe },
    Column { title: "MACS", sort: "macs", width: Width::Cells(4), align: Align::Right, drop: 6, cell: macs },
    Column { title: "PEER", sort: "peer", width: Width::Grow(10), align: Align::Left, drop: 3, cell: interfaces::peer },
    Column { title: "IN", sort: "inBps", width: Width::Cells(5), align: Align::Right, drop: 1, cell: in_rate },
    Column { title: "OUT", sort: "outBps", width: Width::Cells(5), align: Align::Right, drop: 1, cell: out_rate },
    Column { title: "UTIL", sort: "util", width: Width::Cells(4), align: Align::Right, drop: 7, cell: load },
    Column { title: "ERR/s", sort: "err", width: Width::Cells(5), align: Align::Right, drop: 2, cell: interfaces::errors },
    Column { title: "CHANGED", sort: "changed", width: Width::Cells(7), align: Align::Right, drop: 8, cell: changed },
    Column { title: "ALIAS", sort: "alias", width: Width::Grow(10), align: Align::Left, drop: 9, cell: interfaces::alias },
    Column { title: "60 MIN", sort: "", width: Width::Cells(10), align: Align::Left, drop: 10, cell: interfaces::spark },
];

/// What they can be sorted by.
pub(super) const SORTS: [&str; 14] = sorts(&COLUMNS);

/// The state, and beside it that it flaps.
fn state(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    if row.switch.flapping {
        return ink.tone(format!("~{}", tr("flap")), Tone::Major);
    }
    if row.stale {
        let (word, _) = cells::state_of(row);
        return ink.tone(format!("~{}", tr(word)), Tone::Dim);
    }
    cells::state(row, ink)
}

fn speed(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    let words = Span::styled(speed_words(row.speed_bps), ink.theme.style(Tone::Dim));
    match row.switch.duplex {
        Some(Duplex::Half) => Line::from(vec![words, Span::styled("h", ink.theme.style(Tone::Minor))]),
        // Full is what is expected; what is not told is not said to be full anywhere else either.
        Some(Duplex::Full) | None => Line::from(vec![words, Span::raw(" ")]),
    }
}

/// The VLAN without a tag; of a trunk how many it carries.
fn vlan(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    match (mode(row), native(row)) {
        (Some(PortMode::Trunk), _) => ink.text(format!("T {}", row.vlans.len())),
        (_, Some(id)) => ink.tone(id.to_string(), Tone::Dim),
        (_, None) => ink.tone("-", Tone::Dim),
    }
}

/// Blocked is loud, the root port is named, forwarding is quiet.
fn stp(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    let state = row.switch.stp_state.as_deref();
    let role = row.switch.stp.as_ref().and_then(|stp| stp.role);
    match (state, role) {
        (Some("broken"), _) => ink.tone("BRK", Tone::Critical),
        (state, _) if is_blocked(state) => ink.tone("BLK", Tone::Maintenance),
        (Some("forwarding") | None, Some(StpRole::Root)) => ink.tone("ROOT", Tone::Strong),
        (Some("forwarding"), _) => ink.tone("fwd", Tone::Dim),
        (Some("listening"), _) => ink.tone("lis", Tone::Minor),
        (Some("learning"), _) => ink.tone("lrn", Tone::Minor),
        (Some("disabled"), _) => ink.tone("dis", Tone::Dim),
        (Some(other), _) => ink.tone(other.to_owned(), Tone::Dim),
        (None, _) => ink.tone("-", Tone::Dim),
    }
}

fn poe(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    let Some(poe) = row.switch.poe.as_deref() else { return ink.tone("-", Tone::Dim) };
    match (poe.status, poe.draw_mw) {
        (Some(PoeStatus::Fault | PoeStatus::OtherFault), _) => ink.tone(tr("FAULT"), Tone::Critical),
        (Some(PoeStatus::Delivering), Some(draw)) => ink.text(format!("{:.1}W", f64::from(draw) / 1000.0)),
        (Some(PoeStatus::Delivering), None) => ink.tone(tr("on"), Tone::Ok),
        (Some(PoeStatus::Searching), _) => ink.tone(tr("wait"), Tone::Dim),
        (Some(PoeStatus::Disabled), _) => ink.tone(tr("off"), Tone::Dim),
        (Some(PoeStatus::Test), _) => ink.tone(tr("test"), Tone::Dim),
        (None, _) => ink.tone("?", Tone::Unknown),
    }
}

fn macs(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    match row.switch.macs {
        None => ink.tone("-", Tone::Dim),
        Some(0) => ink.tone("0", Tone::Dim),
        Some(count) => ink.text(count.to_string()),
    }
}

fn in_rate(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.in_bps, row.stale, ink)
}

fn out_rate(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.out_bps, row.stale, ink)
}

fn load(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    cells::load(cells::larger(row.in_utilisation, row.out_utilisation), row.stale, ink)
}

fn changed(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    match row.switch.last_change_at {
        Some(_) => cells::ago(row.switch.last_change_at, ink),
        None => ink.tone("-", Tone::Dim),
    }
}
