//! The parts of the Overview, each in the area that it is given.

use super::{ALARMS, BUSIEST, PAIR, RECENT, TALKERS, devices};
use crate::model::Band;
use crate::state::view::{AlarmRow, FlowRow, LinkRow, OverviewView};
use crate::ui::lang::{tr, trf, trn};
use crate::ui::pane::flows::words;
use crate::ui::pane::{Scene, alarms as alarm_pane, cells, events, logs};
use crate::ui::text::{self, EN, figure, fit, percent};
use crate::ui::theme::Tone;
use crate::ui::widget::graph::{Chart, Side};
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use crate::ui::widget::{notice, put, put_all, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Sentences about what does not work, at most.
const NOTICES: usize = 2;

/// Columns of the busiest links.
pub const COLUMNS: [Column<LinkRow>; 9] = [
    Column { title: "LINK", sort: "", width: Width::Grow(14), align: Align::Left, drop: 0, cell: near },
    Column { title: "TO", sort: "", width: Width::Grow(18), align: Align::Left, drop: 1, cell: far },
    Column { title: "SPD", sort: "", width: Width::Cells(4), align: Align::Right, drop: 4, cell: speed },
    Column { title: "OUT", sort: "", width: Width::Cells(5), align: Align::Right, drop: 3, cell: forward },
    Column { title: "OUT%", sort: "", width: Width::Cells(12), align: Align::Right, drop: 2, cell: forward_load },
    Column { title: "IN", sort: "", width: Width::Cells(5), align: Align::Right, drop: 3, cell: backward },
    Column { title: "IN%", sort: "", width: Width::Cells(12), align: Align::Right, drop: 2, cell: backward_load },
    Column { title: "ERR/s", sort: "", width: Width::Cells(5), align: Align::Right, drop: 5, cell: errors },
    Column { title: "60 MIN", sort: "", width: Width::Cells(15), align: Align::Left, drop: 6, cell: sparkline },
];

fn end(name: &str, port: Option<&str>, ink: &Ink<'_>) -> Line<'static> {
    Line::from(vec![
        Span::styled(name.to_owned(), ink.theme.style(Tone::Strong)),
        Span::styled(port.map(|port| format!(" {port}")).unwrap_or_default(), ink.theme.style(Tone::Dim)),
    ])
}

fn near(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    end(&row.a_name, row.a_port.as_deref(), ink)
}

fn far(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    let mut line = end(&row.b_name, row.b_port.as_deref(), ink);
    line.spans.insert(0, Span::styled(format!("{} ", ink.glyphs.arrow), ink.theme.style(Tone::Dim)));
    line
}

fn speed(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(text::speed(row.speed_bps), Tone::Dim)
}

fn forward(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.forward_bps, false, ink)
}

fn backward(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.backward_bps, false, ink)
}

#[allow(clippy::cast_precision_loss, reason = "a share needs no more")]
fn share(bps: Option<f64>, speed: Option<u64>) -> Option<f64> {
    Some(bps? / speed.filter(|speed| *speed > 0)? as f64)
}

fn forward_load(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    if row.up == Some(false) {
        return ink.tone(tr("DOWN"), Tone::Critical);
    }
    cells::load(share(row.forward_bps, row.speed_bps), false, ink)
}

fn backward_load(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    cells::load(share(row.backward_bps, row.speed_bps), false, ink)
}

fn errors(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    cells::errors(row.errors_per_second, ink)
}

fn sparkline(row: &LinkRow, ink: &Ink<'_>) -> Line<'static> {
    cells::sparkline(&row.spark, row.speed_bps, ink)
}

type Piece<'a> = (String, Style);

/// A count with its word: quiet at nothing, in its colour otherwise.
fn count(scene: &Scene<'_>, number: usize, (word, tone): (&str, Tone)) -> Vec<Piece<'static>> {
    let style = scene.theme.style(if number > 0 { tone } else { Tone::Dim });
    vec![(number.to_string(), style), (format!(" {word}  "), scene.theme.style(Tone::Dim))]
}

fn counts(scene: &Scene<'_>, all: &[(usize, &str, Tone)]) -> Vec<Piece<'static>> {
    all.iter().flat_map(|(number, word, tone)| count(scene, *number, (word, *tone))).collect()
}

fn device_counts(scene: &Scene<'_>, view: &OverviewView) -> Vec<Piece<'static>> {
    let mut pieces = counts(scene, &[(view.devices_up, tr("up"), Tone::Ok), (view.devices_down, tr("DOWN"), Tone::Critical)]);
    for (number, word, tone) in [
        (view.devices_unreachable, tr("unreach"), Tone::Major),
        (view.devices_unknown, tr("unknown"), Tone::Unknown),
        (view.devices_maintenance, tr("maint"), Tone::Maintenance),
    ] {
        if number > 0 {
            pieces.extend(count(scene, number, (word, tone)));
        }
    }
    pieces
}

fn put_pieces(buf: &mut Buffer, at: Position, width: u16, pieces: &[Piece<'_>]) -> u16 {
    let pieces: Vec<(&str, Style)> = pieces.iter().map(|(words, style)| (words.as_str(), *style)).collect();
    put_all(buf, at, width, &pieces)
}

/// Sentences about what does not work, above everything; returns what is left.
pub fn notices(scene: &Scene<'_>, area: Rect, buf: &mut Buffer) -> Rect {
    let all = scene.view.map(|view| view.chrome.notices.as_slice()).unwrap_or_default();
    let most = if area.height > 14 { NOTICES } else { 0 };
    let mut area = area;
    for sentence in scene.state.lost.iter().chain(all).take(most) {
        let words = fit(&crate::ui::lang::sentence(sentence), usize::from(area.width.saturating_sub(4)), scene.glyphs.ellipsis);
        let style = scene.theme.style(Tone::Minor);
        put_all(buf, Position::new(area.x + 1, area.y), area.width, &[("! ", style), (&words, style)]);
        area.y += 1;
        area.height -= 1;
    }
    area
}

/// Counts of everything.
pub fn health(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let all = trn!(devices(view), "1 device", "{} devices");
    let inner = Panel::new(tr("Health")).subtitle(&all).draw(scene, area, buf);
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let missed = view.missed_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.2}%"));
    let lag = view.lag_p95_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0} ms"));
    let polls = figure(view.polls_per_second).trim().to_owned();
    let polling = if view.polls_per_second.is_none() && view.missed_percent.is_none() {
        vec![(tr(EN.not_polling).to_owned(), dim)]
    } else {
        vec![
            (polls, plain),
            (tr("/s  lag p95 ").to_owned(), dim),
            (lag, plain),
            (tr("  missed ").to_owned(), dim),
            (missed, plain),
        ]
    };
    let rows: [(&str, Vec<Piece<'_>>); 8] = [
        (tr("devices"), device_counts(scene, view)),
        (tr("ports"), counts(scene, &[(view.interfaces_up, tr("up"), Tone::Ok), (view.interfaces_down, tr("down"), Tone::Text)])),
        (
            "",
            counts(
                scene,
                &[
                    (view.interfaces_with_errors, tr("with errors"), Tone::Minor),
                    (view.interfaces_flapping, tr("flapping"), Tone::Minor),
                ],
            ),
        ),
        (tr("APs"), access_points(scene, view)),
        (
            tr("links"),
            counts(scene, &[(view.links, tr("links"), Tone::Text), (view.neighbours, tr("unmanaged neighbours"), Tone::Text)]),
        ),
        (tr("polls"), polling),
        (tr("flows"), flow_counts(scene, view)),
        (tr("logs"), log_counts(scene, view)),
    ];
    for ((label, pieces), y) in rows.iter().zip(inner.y..inner.bottom()) {
        put(buf, Position::new(inner.x + 1, y), 9, (label, scene.theme.style(Tone::Header)));
        put_pieces(buf, Position::new(inner.x + 10, y), inner.width.saturating_sub(11), pieces);
    }
}

/// Access points, and who is on them where a controller tells.
fn access_points(scene: &Scene<'_>, view: &OverviewView) -> Vec<Piece<'static>> {
    let mut all = vec![(view.access_points_up, tr("up"), Tone::Ok), (view.access_points_down, tr("DOWN"), Tone::Critical)];
    all.extend(view.wireless_clients.map(|clients| (clients, tr("clients"), Tone::Text)));
    counts(scene, &all)
}

/// Flows a second, exporters, and what is lost of them.
fn flow_counts(scene: &Scene<'_>, view: &OverviewView) -> Vec<Piece<'static>> {
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let Some(line) = &view.flows else { return vec![("-".to_owned(), dim)] };
    let lost = line.lost + line.dropped_kernel + line.dropped_queue;
    let mut pieces = vec![
        (figure(line.flows_per_second).trim().to_owned(), plain),
        ("/s  ".to_owned(), dim),
        (line.exporters.to_string(), plain),
        (tr(" exporters  lost ").to_owned(), dim),
        (lost.to_string(), if lost == 0 { dim } else { scene.theme.style(Tone::Minor) }),
    ];
    if line.stale > 0 {
        pieces.push((trf!("  {} silent", line.stale), scene.theme.style(Tone::Minor)));
    }
    pieces
}

/// Lines of syslog and traps, a second or a minute.
fn log_counts(scene: &Scene<'_>, view: &OverviewView) -> Vec<Piece<'static>> {
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), logs::rate_words);
    let (syslog, traps) = (rate(view.syslog_per_second), rate(view.traps_per_second));
    vec![(tr("syslog ").to_owned(), dim), (syslog, plain), (tr("  traps ").to_owned(), dim), (traps, plain)]
}

/// Who talks most, of the last minutes.
pub fn talkers(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let here = scene.state.here();
    let inner = Panel::new(tr("Top talkers"))
        .subtitle(tr("5 min"))
        .note(tr("Enter flows"))
        .focus(Focus::of(TALKERS, here.focus))
        .draw(scene, area, buf);
    let [_, _, _, list] = &here.lists;
    Rows {
        columns: &TALKER_COLUMNS,
        rows: &view.talkers,
        offset: 0,
        matched: view.talkers.len(),
        list: (here.focus == TALKERS).then_some(list),
        sort: None,
        header: Header::Hidden,
        empty: &[EN.no_talkers],
    }
    .draw(scene, inner, buf);
}

/// Columns of the talkers.
const TALKER_COLUMNS: [Column<FlowRow>; 3] = [
    Column { title: "WHO", sort: "", width: Width::Grow(16), align: Align::Left, drop: 0, cell: who },
    Column { title: "RATE", sort: "", width: Width::Cells(5), align: Align::Right, drop: 0, cell: talker_rate },
    Column { title: "%", sort: "", width: Width::Cells(4), align: Align::Right, drop: 1, cell: talker_share },
];

fn who(row: &FlowRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(words::label(&PAIR, (&row.top.keys, &row.top.names), ink.glyphs.arrow))
}

fn talker_rate(row: &FlowRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(figure(Some(row.top.bps)), Tone::In)
}

fn talker_share(row: &FlowRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(percent(Some(row.top.share)), Tone::Dim)
}

/// Traffic to the world as a graph.
pub fn traffic(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let [in_sign, out_sign] = scene.glyphs.in_out;
    let words = format!(
        "{in_sign} {} p95 {}   {out_sign} {} p95 {}",
        figure(view.wan_in_bps).trim(),
        figure(view.wan_p95_in_bps).trim(),
        figure(view.wan_out_bps).trim(),
        figure(view.wan_p95_out_bps).trim()
    );
    let span = text::span(scene.state.span_secs);
    let inner = Panel::new(tr("Traffic to the world")).subtitle(&words).note(&span).draw(scene, area, buf);
    if view.wan_in.iter().chain(&view.wan_out).all(|point| point.value.is_none()) {
        notice(buf, inner, &[EN.no_samples], scene.theme.style(Tone::Dim));
        return;
    }
    // Graphs end on whole steps: one that moved with the clock would be drawn anew each second.
    let to = view.wan_in.last().or(view.wan_out.last()).map_or_else(|| scene.state.shown_at(), |point| point.at);
    let from = to.minus(Duration::from_secs(u64::from(scene.state.span_secs)));
    let [above, below] = [&view.wan_in, &view.wan_out].map(|points| points.iter().copied().map(Band::from).collect::<Vec<_>>());
    let side = |bands, mark| Side { bands, earlier: &[], mark };
    let (above, below) = (side(&above, view.wan_p95_in_bps), side(&below, view.wan_p95_out_bps));
    Chart { above, below, from, to, faults: None, cursor: None }.draw(scene, inner, buf);
}

/// What of these fits, group by group, and the first in any case: a number that is cut off is another number.
fn whole(groups: Vec<Vec<Piece<'static>>>, width: u16) -> Vec<Piece<'static>> {
    let mut fitting: Vec<Piece<'static>> = Vec::new();
    for group in groups {
        let words: String = fitting.iter().chain(&group).map(|(words, _)| words.as_str()).collect();
        if !fitting.is_empty() && text::width(words.trim_end()) > usize::from(width) {
            break;
        }
        fitting.extend(group);
    }
    fitting
}

/// Health and traffic in two lines, for 80 columns.
pub fn in_two_lines(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let dim = scene.theme.style(Tone::Dim);
    let width = area.width.saturating_sub(2);
    let mut devices = vec![(tr("dev ").to_owned(), dim)];
    devices.extend(device_counts(scene, view));
    let mut ports = vec![(tr("ports ").to_owned(), dim)];
    ports.extend(counts(scene, &[(view.interfaces_up, tr("up"), Tone::Ok), (view.interfaces_down, tr("down"), Tone::Text)]));
    let mut groups = vec![devices, ports];
    if view.access_points_up + view.access_points_down > 0 {
        let all = view.access_points_up + view.access_points_down;
        groups.push(vec![(format!("AP {}/{all}", view.access_points_up), dim)]);
    }
    groups.extend(view.wireless_clients.map(|clients| vec![(trf!("  cli {}", clients), dim)]));
    put_pieces(buf, Position::new(area.x + 1, area.y), width, &whole(groups, width));
    if area.height < 2 {
        return;
    }
    let [in_sign, out_sign] = scene.glyphs.in_out;
    let cells = (width.saturating_sub(26) / 2).min(24);
    let mut x = area.x + 1;
    for (sign, tone, now, points) in
        [(in_sign, Tone::In, view.wan_in_bps, &view.wan_in), (out_sign, Tone::Out, view.wan_out_bps, &view.wan_out)]
    {
        #[allow(clippy::cast_possible_truncation, reason = "a sparkline needs no more")]
        let values: Vec<Option<f32>> = points.iter().map(|point| point.value.map(|value| value as f32)).collect();
        let line = if scene.state.slow { String::new() } else { spark::row(&values, cells, spark::top(&values), scene.glyphs) };
        let style = scene.theme.style(tone);
        let words = format!("WAN {sign} {} ", figure(now));
        x += put_all(
            buf,
            Position::new(x, area.y + 1),
            area.right().saturating_sub(x),
            &[(&words, style), (&line, style), ("  ", dim)],
        );
    }
}

/// What is wrong.
pub fn alarms(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let here = scene.state.here();
    let shown = view.alarms.rows.len();
    let words = if shown < view.alarms.total { trf!("{} of {}", shown, view.alarms.total) } else { shown.to_string() };
    let hiding: Vec<&AlarmRow> = view.alarms.rows.iter().filter(|row| row.children > 0).collect();
    let hidden: usize = hiding.iter().map(|row| row.children).sum();
    let note = match hiding.as_slice() {
        [] => String::new(),
        [one] if hidden == 1 => trf!("behind {}: one cause hides another alarm", one.object),
        [one] => trf!("behind {}: one cause hides {} alarms", one.object, hidden),
        several => trf!("{} causes hide {} alarms", several.len(), hidden),
    };
    let inner = Panel::new(tr("Alarms")).subtitle(&words).note(&note).focus(Focus::of(ALARMS, here.focus)).draw(scene, area, buf);
    let [list, ..] = &here.lists;
    Rows {
        columns: &alarm_pane::BRIEF,
        rows: &view.alarms.rows,
        offset: view.alarms.offset,
        matched: shown,
        list: (here.focus == ALARMS).then_some(list),
        sort: None,
        header: if inner.height > 4 { Header::Shown } else { Header::Hidden },
        empty: &[EN.no_alarms],
    }
    .draw(scene, inner, buf);
}

/// What is busy.
pub fn busiest(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let here = scene.state.here();
    let inner = Panel::new(tr("Busiest links")).focus(Focus::of(BUSIEST, here.focus)).draw(scene, area, buf);
    let [_, list, ..] = &here.lists;
    Rows {
        columns: &COLUMNS,
        rows: &view.busiest,
        offset: 0,
        matched: view.busiest.len(),
        list: (here.focus == BUSIEST).then_some(list),
        sort: None,
        header: if inner.height > 4 { Header::Shown } else { Header::Hidden },
        empty: &[if view.links == 0 { EN.no_links } else { EN.no_rates }],
    }
    .draw(scene, inner, buf);
}

/// What changed.
pub fn recent(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    events::recent(scene, area, (buf, tr("What changed")), (RECENT, &view.recent));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_does_not_fit_whole_is_left_out_with_all_after_it() {
        let group = |words: &str| vec![(words.to_owned(), Style::default())];
        let fitting = |width| {
            let groups = vec![group("dev 65 up  "), group("ports 674 up  "), group("AP 3/4")];
            whole(groups, width).into_iter().map(|(words, _)| words).collect::<String>()
        };
        assert_eq!(fitting(40), "dev 65 up  ports 674 up  AP 3/4");
        assert_eq!(fitting(30), "dev 65 up  ports 674 up  ");
        assert_eq!(fitting(23), "dev 65 up  ports 674 up  ", "blanks at the end need no room");
        assert_eq!(fitting(22), "dev 65 up  ");
        assert_eq!(fitting(3), "dev 65 up  ");
    }
}
