//! What stands under the table of flows: the largest over time, the row under the cursor in full, the collector, the exporters.

use super::{EXPORTERS, under_cursor, words};
use crate::state::view::flows::{ExporterRow, FlowDetail, FlowHost, FlowMain, FlowPlace, FlowsView};
use crate::state::view::{FlowRow, ViewBody};
use crate::ui::lang::{tr, trf, trn};
use crate::ui::pane::{Scene, Target};
use crate::ui::state::Room;
use crate::ui::text::{self, EN, figure, fit};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::stack::{Layer, Stack};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use crate::ui::widget::{notice, put, put_all, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

type Piece = (String, Style);

/// Widest legend of the chart.
const LEGEND: u16 = 30;
/// Chart columns under which the legend has no room beside it.
const LEGEND_FROM: u16 = 56;

/// Columns of exporters.
const COLUMNS: [Column<ExporterRow>; 13] = [
    Column { title: "EXPORTER", sort: "", width: Width::Grow(14), align: Align::Left, drop: 0, cell: exporter },
    Column { title: "ADDRESS", sort: "", width: Width::Grow(15), align: Align::Left, drop: 6, cell: address },
    Column { title: "VERSION", sort: "", width: Width::Cells(8), align: Align::Left, drop: 3, cell: version },
    Column { title: "DOMAIN", sort: "", width: Width::Cells(7), align: Align::Right, drop: 10, cell: domain },
    Column { title: "FLOW/s", sort: "", width: Width::Cells(6), align: Align::Right, drop: 0, cell: rate },
    Column { title: "SAMPLED", sort: "", width: Width::Cells(7), align: Align::Right, drop: 4, cell: sampled },
    Column { title: "LOST", sort: "", width: Width::Cells(6), align: Align::Right, drop: 1, cell: lost },
    Column { title: "RESTART", sort: "", width: Width::Cells(7), align: Align::Right, drop: 11, cell: restarts },
    Column { title: "TEMPL", sort: "", width: Width::Cells(5), align: Align::Right, drop: 8, cell: templates },
    Column { title: "UNKNOWN", sort: "", width: Width::Cells(7), align: Align::Right, drop: 5, cell: unknown },
    Column { title: "WAIT", sort: "", width: Width::Cells(5), align: Align::Right, drop: 9, cell: waiting },
    Column { title: "REFUSED", sort: "", width: Width::Cells(7), align: Align::Right, drop: 7, cell: refused },
    Column { title: "HEARD", sort: "", width: Width::Cells(7), align: Align::Right, drop: 2, cell: heard },
];

fn exporter(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    let words = row.name.clone().unwrap_or_else(|| row.key.address.to_string());
    ink.tone(words, if row.stale { Tone::Dim } else { Tone::Strong })
}

fn address(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.key.address.to_string(), Tone::Dim)
}

fn version(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(row.key.version.word())
}

fn domain(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.key.domain.to_string(), Tone::Dim)
}

fn rate(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(figure(row.flows_per_second).trim().to_owned())
}

fn sampled(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    match row.sampling_interval {
        None => ink.tone("?", Tone::Unknown),
        Some(1) => ink.tone(tr("all"), Tone::Dim),
        Some(rate) => ink.text(format!("1:{rate}")),
    }
}

/// A count that should be nothing.
#[allow(clippy::cast_precision_loss, reason = "a figure of five cells")]
fn fault(count: u64, ink: &Ink<'_>) -> Line<'static> {
    let tone = if count == 0 { Tone::Dim } else { Tone::Minor };
    ink.tone(figure(Some(count as f64)).trim().to_owned(), tone)
}

fn lost(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    let mut line = fault(row.lost, ink);
    if row.loss_unknown {
        line.spans.push(Span::styled("?", ink.theme.style(Tone::Unknown)));
    }
    line
}

fn restarts(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    fault(row.restarts, ink)
}

fn templates(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.templates.to_string(), Tone::Dim)
}

fn unknown(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    fault(row.unknown_template_sets, ink)
}

fn waiting(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    fault(row.waiting, ink)
}

fn refused(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    fault(row.refused, ink)
}

fn heard(row: &ExporterRow, ink: &Ink<'_>) -> Line<'static> {
    let words = text::age(row.heard, ink.now);
    if row.stale { ink.tone(format!("~{words}"), Tone::Minor) } else { ink.tone(words, Tone::Dim) }
}

/// What the cursor is on when it is on an exporter.
pub fn target_of(row: &ExporterRow) -> Target {
    let name = row.name.clone().unwrap_or_else(|| row.key.address.to_string());
    Target {
        device: row.device.clone().map(|device| (device, name.clone())),
        port: None,
        cell: row.key.address.to_string(),
        row: format!("{name} {} {} {} flows, {} lost", row.key.address, row.key.version.word(), row.flow_records, row.lost),
        flows: Some(format!("exporter={}", row.key.address)),
    }
}

/// The table of exporters.
pub fn exporters(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &FlowsView)) {
    let here = scene.state.here();
    let words = trf!("{}  lost and refused since they were first heard", view.exporters.len());
    let inner = Panel::new(tr("Exporters")).subtitle(&words).focus(Focus::of(EXPORTERS, here.focus)).draw(scene, area, buf);
    let [_, list, ..] = &here.lists;
    Rows {
        columns: &COLUMNS,
        rows: &view.exporters,
        offset: 0,
        matched: view.exporters.len(),
        list: Some(list),
        sort: None,
        header: Header::Shown,
        empty: &EN.no_flows,
    }
    .draw(scene, inner, buf);
}

/// The chart of the largest, and beside it the row under the cursor; on a narrow screen the row alone.
pub fn middle(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &FlowsView)) {
    if area.height < 3 {
        return;
    }
    let chart = if scene.state.room() == Room::Wide { area.width * 3 / 5 } else { 0 };
    if chart > 0 {
        history(scene, Rect { width: chart, ..area }, (buf, view));
    }
    detail(scene, Rect::new(area.x + chart, area.y, area.width - chart, area.height), (buf, view));
}

/// The largest rows on one another over time, with their legend.
pub fn history(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &FlowsView)) {
    let inner = Panel::new(tr("Over time")).note("bit/s").draw(scene, area, buf);
    let Some(range) = view.range.filter(|_| view.history.iter().any(|band| band.curve.iter().any(|value| *value > 0.0))) else {
        notice(buf, inner, &[EN.no_curve], scene.theme.style(Tone::Dim));
        return;
    };
    let layer = |(rank, keys): (usize, bool)| if keys { Layer::Other } else { Layer::Row(rank) };
    let layers: Vec<Layer> = view.history.iter().enumerate().map(|(rank, band)| layer((rank, band.keys.is_empty()))).collect();
    let curves: Vec<(Layer, &[f32])> =
        layers.iter().copied().zip(view.history.iter().map(|band| band.curve.as_slice())).collect();
    let legend = if inner.width >= LEGEND_FROM { LEGEND.min(inner.width / 2) } else { 0 };
    let plot = Rect { width: inner.width - legend, ..inner };
    Stack { curves: &curves, from: range.from, to: range.to }.draw(scene, plot, buf);
    for ((layer, band), y) in layers.iter().zip(&view.history).rev().zip(inner.y..inner.bottom()) {
        let words = match layer {
            Layer::Other => tr("everything else").to_owned(),
            Layer::Row(_) => words::label(&view.by, (&band.keys, &band.names), scene.glyphs.arrow),
        };
        let words = fit(&words, usize::from(legend.saturating_sub(3)), scene.glyphs.ellipsis);
        let pieces =
            [(layer.sign(scene), layer.style(scene)), (" ", Style::new()), (words.as_str(), scene.theme.style(Tone::Text))];
        put_all(buf, Position::new(plot.right() + 1, y), legend.saturating_sub(1), &pieces);
    }
}

/// The row under the cursor in full.
pub fn detail(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &FlowsView)) {
    let Some(row) = under_cursor(view, scene.state) else {
        Panel::new(tr("Selected")).draw(scene, area, buf);
        return;
    };
    let title = words::label(&view.by, (&row.top.keys, &row.top.names), scene.glyphs.arrow);
    let inner = Panel::new(&title).draw(scene, area, buf);
    let wanted = words::drilled(&scene.state.here().filter, (&view.by, &row.top.keys));
    let detail = scene.detail.and_then(|view| match &view.body {
        ViewBody::Flows(view) => view.detail.as_deref().filter(|detail| detail.filter == wanted),
        _ => None,
    });
    let Some(detail) = detail else {
        notice(buf, inner, &[EN.waiting], scene.theme.style(Tone::Dim));
        return;
    };
    for (pieces, y) in lines(scene, (row, detail), inner).iter().zip(inner.y..inner.bottom()) {
        put_pieces(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), pieces);
    }
}

/// Lines of the detail, the most telling first.
fn lines(scene: &Scene<'_>, (row, detail): (&FlowRow, &FlowDetail), area: Rect) -> Vec<Vec<Piece>> {
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let mut lines: Vec<Vec<Piece>> = detail.ways.iter().take(1).map(|way| way_line(scene, way)).collect();
    lines.push(sampling(scene, detail));
    lines.extend(detail.hosts.iter().filter_map(|host| host_line(scene, host)));
    let flags = detail.tcp_flags.map_or_else(|| "-".to_owned(), words::flags);
    let ases = detail.ases.map(|number| number.map_or_else(|| "-".to_owned(), |number| number.to_string()));
    lines.push(vec![
        (tr("flags ").to_owned(), dim),
        (flags, plain),
        ("  AS ".to_owned(), dim),
        (format!("{} {} {}", ases[0], scene.glyphs.arrow, ases[1]), plain),
        (tr("  packets ").to_owned(), dim),
        (figures(detail.sum.packets), plain),
        (tr("  flows ").to_owned(), dim),
        (figures(detail.sum.flows), plain),
    ]);
    if scene.state.graph.week {
        lines.push(vec![
            (tr("a week ago ").to_owned(), dim),
            (row.top.earlier_octets.map_or_else(|| "-".to_owned(), figures), plain),
            (trf!(" octets, now {}", change(row.top.sum.octets, row.top.earlier_octets)), dim),
        ]);
    }
    lines.push(curve_line(scene, detail, area.width));
    // Further ways that the same flows took.
    lines.extend(detail.ways.iter().skip(1).map(|way| way_line(scene, way)));
    lines
}

#[allow(clippy::cast_precision_loss, reason = "a figure of five cells")]
fn figures(count: u64) -> String {
    figure(Some(count as f64)).trim().to_owned()
}

fn place_words(place: Option<&FlowPlace>) -> String {
    let Some(place) = place else { return "-".to_owned() };
    match &place.also {
        Some(also) => trf!("{} (it says {})", place.name, also),
        None => place.name.clone(),
    }
}

fn way_line(scene: &Scene<'_>, way: &FlowMain) -> Vec<Piece> {
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let mut pieces = vec![
        (tr("by ").to_owned(), dim),
        (place_words(way.exporter.as_ref()), scene.theme.style(Tone::Strong)),
        (tr("  in ").to_owned(), dim),
        (place_words(way.in_if.as_ref()), plain),
        (tr("  out ").to_owned(), dim),
        (place_words(way.out_if.as_ref()), plain),
    ];
    let facts = [("  vlan ", way.vlan.map(u32::from)), ("  dscp ", way.dscp.map(u32::from))];
    for (label, fact) in facts {
        if let Some(fact) = fact {
            pieces.extend([(label.to_owned(), dim), (fact.to_string(), plain)]);
        }
    }
    pieces
}

/// Of what the sums are made, how sure they are, and when they were heard of.
fn sampling(scene: &Scene<'_>, detail: &FlowDetail) -> Vec<Piece> {
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let sum = &detail.sum;
    let words = match (sum.sampling_interval, detail.error) {
        (_, _) if sum.unscaled_flows > 0 && sum.sampling_interval <= 1 => tr("rate unknown, as exported").to_owned(),
        (rate, Some(error)) => trf!("1:{} scaled, 95% within {}%", rate, format!("{:.1}", (error * 100.0).min(999.0))),
        (_, None) => tr("every packet").to_owned(),
    };
    let clock = |at| text::clock(at, &scene.state.zone);
    let mut pieces = vec![(tr("sampled ").to_owned(), dim), (words, plain)];
    if sum.unscaled_flows > 0 && sum.sampling_interval > 1 {
        pieces.push((
            trn!(sum.unscaled_flows, "  1 flow of unknown rate", "  {} flows of unknown rate"),
            scene.theme.style(Tone::Unknown),
        ));
    }
    if let (Some(first), Some(last)) = (detail.first, detail.last) {
        pieces.push((trf!("  {} to {}", clock(first), clock(last)), dim));
    }
    pieces
}

fn host_line(scene: &Scene<'_>, host: &FlowHost) -> Option<Vec<Piece>> {
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let at = match (&host.device_name, &host.port) {
        (Some(device), Some(port)) => trf!("on {} {}", device, port),
        (Some(device), None) => trf!("on {}", device),
        (None, _) => {
            host.name.clone().map(|name| trf!("is {}", name)).or_else(|| host.country.as_ref().map(|_| String::new()))?
        }
    };
    let mut pieces = vec![(host.address.to_string(), dim), (" ".to_owned(), dim), (at, plain)];
    if let Some(name) = host.name.as_ref().filter(|_| host.device_name.is_some()) {
        pieces.push((format!(" ({name})"), plain));
    }
    pieces.extend(host.country.as_ref().map(|country| (format!("  {country}"), dim)));
    pieces.extend(host.vlan.map(|vlan| (format!("  vlan {vlan}"), dim)));
    Some(pieces)
}

fn curve_line(scene: &Scene<'_>, detail: &FlowDetail, width: u16) -> Vec<Piece> {
    let values: Vec<Option<f32>> = detail.curve.iter().copied().map(Some).collect();
    let cells = width.saturating_sub(12).min(60);
    let curve = if scene.state.slow { String::new() } else { spark::row(&values, cells, spark::top(&values), scene.glyphs) };
    vec![(tr("by time ").to_owned(), scene.theme.style(Tone::Dim)), (curve, scene.theme.style(Tone::In))]
}

/// How the collector does, in one line.
pub fn collector(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &FlowsView)) {
    if area.height < 3 {
        return;
    }
    let line = &view.collector;
    let inner = Panel::new(tr("Collector")).note(tr("Tab exporters")).draw(scene, area, buf);
    let (dim, plain, minor) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text), scene.theme.style(Tone::Minor));
    if line.exporters == 0 && view.table.total > 0 {
        put(buf, Position::new(inner.x + 1, inner.y), inner.width.saturating_sub(2), (tr(EN.no_exporter_yet), dim));
        return;
    }
    let exporters = if line.exporters == 1 { tr("exporter") } else { tr("exporters") };
    let mut pieces: Vec<Piece> = vec![(line.exporters.to_string(), plain), (format!(" {exporters}"), dim)];
    if line.stale > 0 {
        pieces.push((trf!(", {} silent", line.stale), minor));
    }
    pieces.extend([
        ("  ".to_owned(), dim),
        (figure(line.flows_per_second).trim().to_owned(), plain),
        (tr(" flow/s").to_owned(), dim),
    ]);
    let counts = [
        ("  lost ", line.lost),
        ("  unknown templates ", line.unknown_template_sets),
        ("  waiting ", line.waiting),
        ("  dropped ", line.dropped_kernel + line.dropped_queue),
        ("  refused ", line.refused),
    ];
    for (label, count) in counts {
        pieces.extend([(tr(label).to_owned(), dim), (figures(count), if count == 0 { dim } else { minor })]);
        if label == "  lost " && line.loss_unknown {
            pieces.push(("?".to_owned(), scene.theme.style(Tone::Unknown)));
        }
    }
    pieces.push(("  ".to_owned(), dim));
    pieces.push((line.versions.iter().map(|version| version.word()).collect::<Vec<_>>().join(" "), dim));
    put_pieces(buf, Position::new(inner.x + 1, inner.y), inner.width.saturating_sub(2), &pieces);
}

/// Octets now against octets then: `+12%`; `new` where there was nothing, `-` where it is not known.
#[allow(clippy::cast_precision_loss, reason = "a figure of four cells")]
pub fn change(now: u64, earlier: Option<u64>) -> String {
    match earlier {
        None => "-".to_owned(),
        Some(0) => if now == 0 { "=" } else { tr("new") }.to_owned(),
        Some(earlier) => {
            let percent = (now as f64 / earlier as f64 - 1.0) * 100.0;
            if percent > 999.0 {
                format!("x{}", figure(Some(now as f64 / earlier as f64)).trim())
            } else {
                format!("{percent:+.0}%")
            }
        }
    }
}

/// Writes pieces one after the other.
pub fn put_pieces(buf: &mut Buffer, at: Position, width: u16, pieces: &[Piece]) {
    let mut x = at.x;
    let end = at.x.saturating_add(width);
    for (words, style) in pieces {
        x += put(buf, Position::new(x, at.y), end.saturating_sub(x), (words, *style));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_against_what_was_and_unknown_is_a_dash() {
        let made = [(110, Some(100)), (50, Some(100)), (5, Some(0)), (0, Some(0)), (5, None), (50_000, Some(10))];
        assert_eq!(made.map(|(now, then)| change(now, then)), ["+10%", "-50%", "new", "=", "-", "x5.00k"]);
    }
}
