//! Columns of flows: the keys that the rows are summed up by come first, then rates, then what the largest conversation has beside.

use super::words;
use crate::model::flow::{KeyValue, TopKey};
use crate::state::view::flows::{FlowPlace, FlowRow};
use crate::ui::pane::{Scene, cells};
use crate::ui::text::{self, figure, percent};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::table::{Align, Column, Ink, Width};
use ratatui::text::{Line, Span};
use std::net::IpAddr;

/// What rows can be sorted by.
pub const SORTS: [&str; 6] = ["name", "octets", "packets", "flows", "as", "change"];

/// A row made ready for its columns.
pub struct Shown {
    /// Each key in words, and its name.
    keys: Vec<(String, Option<String>)>,
    /// Whom the largest conversation is with, where the keys do not say it.
    peer: Option<(IpAddr, Option<String>)>,
    row: FlowRow,
}

impl Shown {
    /// Of a row that is summed up by `by`.
    pub fn of(by: &[TopKey], row: &FlowRow) -> Self {
        let names = row.top.names.iter().cloned().chain(std::iter::repeat(None));
        let words = by.iter().zip(&row.top.keys).map(|(key, value)| words::value(*key, value));
        Self { keys: words.zip(names).collect(), peer: peer(by, row), row: row.clone() }
    }
}

/// The other side of the largest conversation.
fn peer(by: &[TopKey], row: &FlowRow) -> Option<(IpAddr, Option<String>)> {
    let has = |key: TopKey| by.contains(&key);
    match (has(TopKey::Src), has(TopKey::Dst)) {
        (true, true) => None,
        (true, false) => row.main.dst.clone(),
        (false, true) => row.main.src.clone(),
        (false, false) => {
            let own = row.top.keys.first().and_then(|key| match key {
                KeyValue::Address(address) => Some(*address),
                _ => None,
            });
            [&row.main.src, &row.main.dst].into_iter().flatten().find(|(address, _)| Some(*address) != own).cloned()
        }
    }
}

type Cell = fn(&Shown, &Ink<'_>) -> Line<'static>;

const fn column(
    (title, sort): (&'static str, &'static str),
    width: Width,
    (align, drop): (Align, u8),
    cell: Cell,
) -> Column<Shown> {
    Column { title, sort, width, align, drop, cell }
}

/// The columns after the keys.
fn rest() -> Vec<Column<Shown>> {
    use Align::{Left, Right};
    use Width::{Cells, Grow};
    vec![
        column(("PEER", ""), Grow(13), (Left, 9), peer_cell),
        column(("RATE", ""), Cells(6), (Right, 0), rate),
        column(("OCTETS", "octets"), Cells(7), (Right, 3), octets),
        column(("%", ""), Cells(12), (Right, 1), share),
        column(("PKTS", "packets"), Cells(5), (Right, 7), packets),
        column(("FLOWS", "flows"), Cells(5), (Right, 10), flows),
        column(("WEEK", "change"), Cells(6), (Right, 2), week),
        column(("IN IF", ""), Grow(9), (Left, 5), in_if),
        column(("OUT IF", ""), Grow(9), (Left, 6), out_if),
        column(("AS", "as"), Cells(7), (Right, 11), autonomous),
        column(("VLAN", ""), Cells(4), (Right, 12), vlan),
        column(("DSCP", ""), Cells(4), (Right, 13), dscp),
        column(("CURVE", ""), Cells(10), (Left, 4), curve),
    ]
}

/// Narrower screens are a list alone (the smallest of the three breakpoints).
const NARROW: u16 = 60;

/// The columns for keys; what the keys say already stands in no other column.
pub fn columns(by: &[TopKey], scene: &Scene<'_>) -> Vec<Column<Shown>> {
    const KEYS: [Cell; 3] =
        [|row, ink| key_cell(row, 0, ink), |row, ink| key_cell(row, 1, ink), |row, ink| key_cell(row, 2, ink)];
    // Where there is one list alone, who talks leaves room for how much.
    let is_narrow = scene.state.size.width < NARROW;
    let keyed = by.iter().zip(KEYS).enumerate().map(|(at, (key, cell))| {
        let width = match key {
            TopKey::App if is_narrow => Width::Grow(5),
            _ if is_narrow => Width::Grow(10),
            TopKey::App => Width::Grow(9),
            TopKey::Protocol | TopKey::Port | TopKey::Vlan | TopKey::Dscp => Width::Grow(8),
            _ => Width::Grow(15),
        };
        column((words::title(*key), if at == 0 { "name" } else { "" }), width, (Align::Left, 0), cell)
    });
    let said = |title: &str| match title {
        "PEER" => by.contains(&TopKey::Src) && by.contains(&TopKey::Dst),
        "VLAN" => by.contains(&TopKey::Vlan),
        "DSCP" => by.contains(&TopKey::Dscp),
        "AS" => by.contains(&TopKey::As),
        "IN IF" => by.contains(&TopKey::InIf) || by.contains(&TopKey::Interface),
        "OUT IF" => by.contains(&TopKey::OutIf) || by.contains(&TopKey::Interface),
        "WEEK" => !scene.state.graph.week,
        _ => false,
    };
    keyed.chain(rest().into_iter().filter(|column| !said(column.title))).collect()
}

/// Titles of the columns that can be hidden.
pub fn titles() -> Vec<&'static str> {
    rest().iter().map(|column| column.title).collect()
}

/// A name, and what it is the name of where there is room.
fn named(words: &str, name: Option<&str>, ink: &Ink<'_>) -> Line<'static> {
    let Some(name) = name else {
        let tone = if words == "-" { Tone::Dim } else { Tone::Text };
        return ink.tone(words.to_owned(), tone);
    };
    let mut spans = vec![Span::styled(name.to_owned(), ink.theme.style(Tone::Strong))];
    if text::width(name) + text::width(words) < usize::from(ink.width) {
        spans.push(Span::styled(format!(" {words}"), ink.theme.style(Tone::Dim)));
    }
    Line::from(spans)
}

fn key_cell(row: &Shown, at: usize, ink: &Ink<'_>) -> Line<'static> {
    let Some((words, name)) = row.keys.get(at) else { return ink.tone("-", Tone::Dim) };
    named(words, name.as_deref(), ink)
}

fn peer_cell(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    match &row.peer {
        Some((address, name)) => named(&address.to_string(), name.as_deref(), ink),
        None => ink.tone("-", Tone::Dim),
    }
}

/// Bit/s. A sum with flows whose sampling rate nobody knows is marked: it may be far too small.
fn rate(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    let words = figure(Some(row.row.top.bps)).trim().to_owned();
    if row.row.top.sum.unscaled_flows == 0 {
        return ink.tone(words, Tone::In);
    }
    Line::from(vec![Span::styled(words, ink.theme.style(Tone::In)), Span::styled("?", ink.theme.style(Tone::Unknown))])
}

#[allow(clippy::cast_precision_loss, reason = "a figure of five cells")]
fn count(value: u64, ink: &Ink<'_>) -> Line<'static> {
    ink.text(figure(Some(value as f64)).trim().to_owned())
}

fn octets(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    count(row.row.top.sum.octets, ink)
}

fn packets(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    count(row.row.top.sum.packets, ink)
}

fn flows(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    count(row.row.top.sum.flows, ink)
}

fn share(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    let share = Some(row.row.top.share);
    let mut spans = bar(share, ink.width.saturating_sub(5), ink.theme, ink.glyphs);
    spans.push(Span::raw(" "));
    spans.push(Span::styled(percent(share), ink.theme.style(Tone::Text)));
    Line::from(spans)
}

fn week(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(super::parts::change(row.row.top.sum.octets, row.row.top.earlier_octets), Tone::Dim)
}

fn place(place: Option<&FlowPlace>, ink: &Ink<'_>) -> Line<'static> {
    let Some(place) = place else { return ink.tone("-", Tone::Dim) };
    let mut spans = vec![Span::styled(place.name.clone(), ink.theme.style(Tone::Text))];
    if place.also.is_some() {
        spans.push(Span::styled("!", ink.theme.style(Tone::Minor)));
    }
    Line::from(spans)
}

fn in_if(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    place(row.row.main.in_if.as_ref(), ink)
}

fn out_if(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    place(row.row.main.out_if.as_ref(), ink)
}

/// The AS at the far side; of both the one that is not known as our own.
fn autonomous(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    let sum = &row.row.top.sum;
    let known = [sum.dst_as, sum.src_as].into_iter().find(|number| *number != 0);
    ink.known(known.map(|number| number.to_string()).as_deref())
}

fn vlan(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    ink.known(row.row.main.vlan.map(|vlan| vlan.to_string()).as_deref())
}

fn dscp(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    ink.known(row.row.main.dscp.map(|dscp| dscp.to_string()).as_deref())
}

fn curve(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    let values: Vec<Option<f32>> = row.row.top.curve.iter().copied().map(Some).collect();
    cells::sparkline(&values, None, ink)
}
