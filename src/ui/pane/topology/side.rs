//! The node under the cursor: what it is, how it fares, and its links with peer, port and load. The accessible form of the map.

use crate::model::unit::{age, si};
use crate::model::{Confirmed, Timestamp};
use crate::state::view::screens::DeviceView;
use crate::state::view::{GraphEdge, GraphNode, LinkRow, ViewBody};
use crate::ui::lang::{sentence, tr, trf};
use crate::ui::layout::order::natural;
use crate::ui::pane::Scene;
use crate::ui::pane::devices::address_of;
use crate::ui::text::{age as ago, fit, percent, width as width_of};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::map::{Drawing, boxes};
use crate::ui::widget::panel::Panel;
use crate::ui::widget::spark;
use crate::ui::widget::{put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// One link as the list shows it.
struct Line {
    port: String,
    peer: String,
    peer_port: String,
    load: Option<f64>,
    /// In and out of this end, bit/s.
    rates: Option<(f64, f64)>,
    down: bool,
    bundle: usize,
    /// What speaks for it, and since when.
    proof: Option<Proof>,
    /// The last hour, the larger direction.
    spark: Vec<Option<f32>>,
    /// The device at the other end.
    peer_id: String,
}

/// Columns from which peer ports and bars have room.
const BROAD: u16 = 60;
/// Rows from which what speaks for the links has room below the alarms.
const PROOF_ROWS: u16 = 3;
/// The least confidence that is shown as 100%.
const CERTAIN: f32 = 0.995;
/// Cells of an age.
const AGE: usize = 5;
/// Cells of a load bar; of one in a narrow panel at most, and at least.
const BAR: u16 = 10;
const GAUGE: u16 = 8;
const LEAST_GAUGE: u16 = 3;
/// Rows that the link under the cursor takes, with a blank one above.
const LINK_ROWS: u16 = 5;
/// Cells of its curve.
const CURVE: u16 = 12;

/// Draws the panel of the node under the cursor.
pub fn draw(scene: &Scene<'_>, drawing: &Drawing<'_>, area: Rect, buf: &mut Buffer) {
    let node = drawing.graph.nodes.iter().find(|node| Some(node.id.as_str()) == drawing.selected);
    let Some(node) = node else {
        Panel::new("").draw(scene, area, buf);
        return;
    };
    let detail = scene.detail.and_then(|view| match &view.body {
        ViewBody::Device(view) if view.device.as_ref().is_some_and(|device| device.id.as_str() == node.id) => Some(view.as_ref()),
        _ => None,
    });
    let title = boxes::title(node);
    let about = facts(node, detail);
    let broad = area.width >= BROAD;
    let subtitle = if broad { about.join(&format!(" {} ", scene.glyphs.dot)) } else { tr(node.role.word()).to_owned() };
    let inner = Panel::new(&title).subtitle(&subtitle).draw(scene, area, buf);
    let mut y = inner.y;
    if !broad {
        for fact in &about {
            put(buf, Position::new(inner.x, y), inner.width, (fact, scene.theme.style(Tone::Text)));
            y += 1;
        }
        y += 1;
    }
    let lines = lines(drawing, (node, scene.state.shown_at()), detail);
    let rest = Rect { y, height: inner.bottom().saturating_sub(y), ..inner };
    let used = draw_links(scene, &lines, rest, buf);
    let rest = Rect { y: rest.y + used, height: rest.height.saturating_sub(used), ..rest };
    let used = if broad { 0 } else { draw_link(scene, (&lines, drawing), rest, buf) };
    let rest = Rect { y: rest.y + used, height: rest.height.saturating_sub(used), ..rest };
    let used = draw_alarms(scene, (node, detail), rest, buf);
    draw_proofs(scene, &lines, Rect { y: rest.y + used, height: rest.height.saturating_sub(used), ..rest }, buf);
}

/// What it is, in a few short lines.
fn facts(node: &GraphNode, detail: Option<&DeviceView>) -> Vec<String> {
    let Some(device) = detail.and_then(|view| view.device.as_ref()) else {
        return match (node.count > 1, node.neighbour) {
            (true, _) => vec![trf!("{} of {} up", node.count_up, node.count)],
            (false, true) => vec![tr("heard of, never asked").to_owned()],
            (false, false) => vec![tr(node.status.word()).to_owned()],
        };
    };
    let join = |parts: Vec<Option<String>>| parts.into_iter().flatten().collect::<Vec<_>>().join("  ");
    let figure = |name: &str, value: Option<f64>| value.map(|value| format!("{} {value:.0}%", tr(name)));
    let what = join(vec![device.model.clone().or_else(|| device.vendor.clone()), address_of(device)]);
    let how = join(vec![
        Some(match device.uptime_seconds {
            Some(seconds) => format!("{} {}", tr(device.status.word()), age(seconds)),
            None => tr(device.status.word()).to_owned(),
        }),
        figure("cpu", device.cpu_percent),
        figure("mem", device.memory_percent),
    ]);
    [what, how].into_iter().filter(|line| !line.is_empty()).collect()
}

/// Its links: each by itself where they are known, else as the map bundles them.
fn lines(drawing: &Drawing<'_>, (node, now): (&GraphNode, Timestamp), detail: Option<&DeviceView>) -> Vec<Line> {
    let mut lines: Vec<Line> = match detail.filter(|view| !view.links.is_empty()) {
        Some(view) => view.links.iter().map(|row| of_row(row, now)).collect(),
        None => {
            let own = drawing.graph.edges.iter().filter(|edge| edge.a == node.id || edge.b == node.id);
            own.map(|edge| of_edge(drawing, node, edge)).collect()
        }
    };
    lines.sort_by(|a, b| natural(&a.port, &b.port).then_with(|| natural(&a.peer, &b.peer)));
    lines
}

/// What speaks for a link: the evidence, the ends that say so, the confidence where there is doubt; since when it is known, and when it was seen last.
struct Proof {
    words: String,
    ages: [String; 2],
    confidence: f32,
}

fn proof(row: &LinkRow, now: Timestamp) -> Proof {
    let said: Vec<&str> = row.evidence.iter().map(|evidence| evidence.word()).collect();
    // What both ends say, and what is certain, need not say so.
    let ends = match row.confirmed_by {
        Confirmed::Both => "",
        Confirmed::One => tr(" 1 end"),
    };
    let doubtful = (row.confidence < CERTAIN).then(|| format!(" {}", percent(Some(f64::from(row.confidence))).trim()));
    Proof {
        words: format!("{}{ends}{}", said.join("+"), doubtful.unwrap_or_default()),
        ages: [row.first_seen, row.last_seen].map(|at| ago(at, now)),
        confidence: row.confidence,
    }
}

fn of_row(row: &LinkRow, now: Timestamp) -> Line {
    Line {
        port: row.a_port.clone().unwrap_or_else(|| "-".to_owned()),
        peer: row.b_name.clone(),
        peer_port: row.b_port.clone().unwrap_or_default(),
        load: row.utilisation,
        rates: row.backward_bps.zip(row.forward_bps),
        down: row.up == Some(false),
        bundle: 1,
        proof: Some(proof(row, now)),
        spark: row.spark.clone(),
        peer_id: row.b_device.as_str().to_owned(),
    }
}

fn of_edge(drawing: &Drawing<'_>, node: &GraphNode, edge: &GraphEdge) -> Line {
    let (peer, port, peer_port) =
        if edge.a == node.id { (&edge.b, &edge.a_port, &edge.b_port) } else { (&edge.a, &edge.b_port, &edge.a_port) };
    let name = drawing.graph.nodes.iter().find(|node| node.id == *peer).map_or_else(|| peer.clone(), boxes::title);
    Line {
        port: port.clone().unwrap_or_else(|| "-".to_owned()),
        peer: name,
        peer_port: peer_port.clone().unwrap_or_default(),
        load: edge.utilisation,
        rates: None,
        down: edge.count_up == Some(0),
        bundle: edge.count,
        proof: None,
        spark: Vec::new(),
        peer_id: peer.clone(),
    }
}

/// Draws the list of links. Returns the rows used.
fn draw_links(scene: &Scene<'_>, lines: &[Line], area: Rect, buf: &mut Buffer) -> u16 {
    if area.height == 0 {
        return 0;
    }
    let theme = scene.theme;
    let (header, dim) = (theme.style(Tone::Header), theme.style(Tone::Dim));
    let broad = area.width >= BROAD;
    let [port, peer, far] = columns(lines, area.width, broad);
    let title = |text: &str, cells: usize| {
        let text = fit(text, cells, "");
        let blanks = cells.saturating_sub(width_of(&text));
        text + &" ".repeat(blanks)
    };
    let third = if broad { title(tr("PORT"), far + 1) } else { String::new() };
    let heading = [title(tr("LINK"), port + 1), title(tr("PEER"), peer + 1), third];
    let heading: Vec<(&str, _)> = heading.iter().map(|text| (text.as_str(), header)).collect();
    put_all(buf, Position::new(area.x, area.y), area.width, &heading);
    let load = tr("LOAD");
    let cells = u16::try_from(width_of(load)).unwrap_or(4);
    put(buf, Position::new(area.right().saturating_sub(cells), area.y), cells, (load, header));
    let room = usize::from(area.height - 1);
    let shown = if lines.len() > room { room.saturating_sub(1) } else { lines.len() };
    for (line, y) in lines.iter().take(shown).zip(area.y + 1..) {
        let cells = |text: &str, cells: usize| {
            let text = fit(text, cells, scene.glyphs.ellipsis);
            let blanks = cells + 1 - crate::ui::text::width(&text).min(cells);
            text + &" ".repeat(blanks)
        };
        let strong = theme.style(if line.down { Tone::Critical } else { Tone::Strong });
        let bundle = if line.bundle > 1 { format!("{} x{}", line.peer, line.bundle) } else { line.peer.clone() };
        let texts =
            [cells(&line.port, port), cells(&bundle, peer), if broad { cells(&line.peer_port, far) } else { String::new() }];
        let [a, b, c] = &texts;
        let at = Position::new(area.x, y);
        let mut used = put_all(buf, at, area.width, &[(a, theme.style(Tone::Text)), (b, strong), (c, dim)]);
        let gauge = if broad { BAR } else { area.width.saturating_sub(used + 6).min(GAUGE) };
        if gauge >= LEAST_GAUGE && !line.down {
            for span in bar(line.load, gauge, theme, scene.glyphs) {
                used += put(buf, Position::new(area.x + used, y), BAR, (&span.content, span.style));
            }
            if let Some((inwards, outwards)) = line.rates.filter(|_| broad) {
                let [into, out_of] = scene.glyphs.in_out;
                let rates = format!("  {into} {:>5}  {out_of} {:>5}", si(inwards), si(outwards));
                put(buf, Position::new(area.x + used, y), area.width.saturating_sub(used + 6), (&rates, dim));
            }
        }
        let (load, style) = match line.down {
            true => (tr("DOWN").to_owned(), theme.style(Tone::Critical)),
            false => (percent(line.load), theme.utilisation(line.load)),
        };
        let cells = u16::try_from(width_of(&load)).unwrap_or(5);
        put(buf, Position::new(area.right().saturating_sub(cells), y), cells, (&load, style));
    }
    let mut used = 1 + u16::try_from(shown).unwrap_or(0);
    if shown < lines.len() {
        let more = trf!("{} more: Enter lists them", lines.len() - shown);
        put(buf, Position::new(area.x, area.y + used), area.width, (&more, dim));
        used += 1;
    }
    used
}

/// The link that was walked along, else the busiest: both ports, both directions, the last hour, what speaks for it. Returns the
/// rows used.
fn draw_link(scene: &Scene<'_>, (lines, drawing): (&[Line], &Drawing<'_>), area: Rect, buf: &mut Buffer) -> u16 {
    if area.height < LINK_ROWS + 2 {
        return 0;
    }
    let from = scene.state.map.walked_from.as_deref().filter(|from| Some(*from) != drawing.selected);
    let walked = lines.iter().find(|line| Some(line.peer_id.as_str()) == from);
    let busiest = || lines.iter().max_by(|a, b| a.load.unwrap_or(-1.0).total_cmp(&b.load.unwrap_or(-1.0)));
    let Some(line) = walked.or_else(busiest) else { return 0 };
    let theme = scene.theme;
    let (dim, strong) = (theme.style(Tone::Dim), theme.style(Tone::Strong));
    let at = |row: u16| Position::new(area.x, area.y + row);
    let ends = [line.port.as_str(), " ", scene.glyphs.arrow, " ", &line.peer, " ", &line.peer_port];
    let styles = [strong, dim, dim, dim, strong, dim, dim];
    let pieces: Vec<(&str, _)> = ends.into_iter().zip(styles).collect();
    put_all(buf, at(1), area.width, &pieces);
    let [into, out_of] = scene.glyphs.in_out;
    let rate = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), si);
    let (inwards, outwards) = line.rates.map_or((None, None), |(inwards, outwards)| (Some(inwards), Some(outwards)));
    let figures = [format!("{into} {:<6}", rate(inwards)), format!("{out_of} {:<6}", rate(outwards))];
    let [inward, outward] = &figures;
    let pieces = [(inward.as_str(), theme.style(Tone::In)), ("  ", dim), (outward.as_str(), theme.style(Tone::Out))];
    put_all(buf, at(2), area.width, &pieces);
    let curve = spark::row(&line.spark, CURVE, spark::top(&line.spark), scene.glyphs);
    let mut row = 3;
    if line.spark.iter().any(Option::is_some) {
        let hour = trf!("  1 h, peak {}", si(f64::from(spark::top(&line.spark))).trim());
        let shown = if scene.state.slow { "" } else { curve.as_str() };
        put_all(buf, at(row), area.width, &[(shown, theme.utilisation(line.load)), (&hour, dim)]);
        row += 1;
    }
    if let Some(proof) = &line.proof {
        put_all(buf, at(row), area.width, &[(tr("seen by "), dim), (&proof.words, dim)]);
    }
    LINK_ROWS
}

/// Cells of port, peer and peer port.
fn columns(lines: &[Line], width: u16, broad: bool) -> [usize; 3] {
    let widest = |text: fn(&Line) -> &str, least: usize, most: usize| {
        lines.iter().map(|line| crate::ui::text::width(text(line))).max().unwrap_or(0).clamp(least, most)
    };
    let port = widest(|line| &line.port, 5, if broad { 16 } else { 11 });
    if broad {
        return [port, widest(|line| &line.peer, 6, 20), widest(|line| &line.peer_port, 4, 16)];
    }
    // What the names leave free is for the gauge.
    let room = usize::from(width).saturating_sub(port + 7);
    [port, widest(|line| &line.peer, 4, room.max(4)), 0]
}

/// What is wrong with it. Returns the rows used.
fn draw_alarms(scene: &Scene<'_>, (node, detail): (&GraphNode, Option<&DeviceView>), area: Rect, buf: &mut Buffer) -> u16 {
    if area.height < 3 {
        return 0;
    }
    let theme = scene.theme;
    let mut y = area.y + 1;
    let alarms = detail.map_or(&[][..], |view| &view.alarms);
    let words = match (node.count > 1, detail.is_some()) {
        (true, _) => trf!("FAULTS {}", node.faults.len()),
        (false, true) => trf!("ALARMS {}", alarms.len()),
        (false, false) => return 0,
    };
    put(buf, Position::new(area.x, y), area.width, (&words, theme.style(Tone::Header)));
    y += 1;
    for name in &node.faults {
        if y < area.bottom() {
            put(buf, Position::new(area.x, y), area.width, (name, theme.style(Tone::Critical)));
            y += 1;
        }
    }
    for alarm in alarms {
        if y < area.bottom() {
            let pieces = [(scene.glyphs.severity(alarm.severity), theme.severity(alarm.severity)), (" ", theme.style(Tone::Dim))];
            let used = put_all(buf, Position::new(area.x, y), area.width, &pieces);
            let text = fit(&sentence(&alarm.text), usize::from(area.width.saturating_sub(used)), scene.glyphs.ellipsis);
            put(buf, Position::new(area.x + used, y), area.width.saturating_sub(used), (&text, theme.style(Tone::Text)));
            y += 1;
        }
    }
    y.saturating_sub(area.y)
}

/// What speaks for its links, the most doubtful first.
fn draw_proofs(scene: &Scene<'_>, lines: &[Line], area: Rect, buf: &mut Buffer) {
    let mut proofs: Vec<(&Line, &Proof)> = lines.iter().filter_map(|line| Some((line, line.proof.as_ref()?))).collect();
    if area.height < PROOF_ROWS || proofs.is_empty() {
        return;
    }
    proofs.sort_by(|(_, a), (_, b)| a.confidence.total_cmp(&b.confidence));
    let theme = scene.theme;
    let words = usize::from(area.width).saturating_sub(2 * (AGE + 1));
    let row = |text: &str, [first, seen]: [&str; 2]| {
        let text = fit(text, words, scene.glyphs.ellipsis);
        let blanks = " ".repeat(words.saturating_sub(crate::ui::text::width(&text)));
        let right = |text: &str| format!("{}{text}", " ".repeat(AGE.saturating_sub(width_of(text))));
        format!("{text}{blanks} {} {}", right(first), right(seen))
    };
    let mut put_row = |y: u16, text: &str, tone: Tone| put(buf, Position::new(area.x, y), area.width, (text, theme.style(tone)));
    put_row(area.y + 1, &row(tr("EVIDENCE"), [tr("FIRST"), tr("SEEN")]), Tone::Header);
    for ((line, proof), y) in proofs.iter().zip(area.y + 2..area.bottom()) {
        let [first, seen] = &proof.ages;
        put_row(y, &row(&format!("{} {}", line.port, proof.words), [first, seen]), Tone::Dim);
    }
}
