//! Interface: one port with its graph, in rising and out hanging, its flows and how they fit its counters, its link and what happened to it.

mod under;

use super::device::port;
use super::{Context, Gesture, Listing, Pane, Place, Scene, Target, cells, events, interfaces};
use crate::model::{Point, Timestamp};
use crate::query::{Screen, Subject};
use crate::state::view::{InterfaceRow, InterfaceView, View, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trf};
use crate::ui::state::Room;
use crate::ui::text::{self, EN, figure, percent};
use crate::ui::theme::Tone;
use crate::ui::update::graph;
use crate::ui::widget::graph::{Chart, Side};
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Header, Rows};
use crate::ui::widget::{notice, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// The screen.
pub struct Interface;

/// Rows of the facts on top, borders counted.
const FACTS: u16 = 5;
/// Columns of what is known of it as a switch port, at the side of a wide screen.
const SIDE: u16 = 44;
/// Rows of the events at the bottom, borders counted.
const EVENTS: u16 = 8;
/// Rows of its flows, borders counted: some talkers and the line of reconciliation.
const FLOWS: u16 = 8;
/// Rows under which a graph is none.
const LEAST_GRAPH: u16 = 8;

fn view_of(body: &ViewBody) -> Option<&InterfaceView> {
    let ViewBody::Interface(view) = body else { return None };
    Some(view)
}

impl Pane for Interface {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Graph]
    }

    fn page(&self, _state: &UiState) -> usize {
        usize::from(EVENTS - 3)
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let view = view_of(body)?;
        Some(Listing { offset: 0, matched: view.recent.len(), keys: view.recent.iter().map(events::key).collect() })
    }

    fn target(&self, body: &ViewBody, _state: &UiState) -> Option<Target> {
        view_of(body)?.row.as_ref().map(interfaces::target_of)
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        // With a cursor on the graph Enter goes to its time.
        if state.graph.cursor.is_some() {
            return None;
        }
        let row = view_of(body)?.row.as_ref()?;
        let subject = Some(Subject::Device(row.device.clone()));
        Some(Place { screen: Screen::Device, subject, title: row.device_name.clone() })
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        match gesture {
            Gesture::Left => graph::move_cursor(state, view, -1),
            Gesture::Right => graph::move_cursor(state, view, 1),
            Gesture::Enter => return graph::rewind(state, view).unwrap_or_default(),
            _ => {}
        }
        Vec::new()
    }

    fn absorb(&self, state: &mut UiState, view: &View) -> Vec<Effect> {
        // A jump brings a name with the alias in it: the breadcrumb says what the port is called.
        if let Some(row) = view_of(&view.body).and_then(|view| view.row.as_ref()) {
            state.place.title = format!("{} {}", row.device_name, row.name);
        }
        Vec::new()
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Interface")));
        };
        let Some(row) = &view.row else {
            let inner = Panel::new(tr("Interface")).focus(Focus::Here).draw(scene, area, buf);
            notice(buf, inner, &[EN.unknown_interface], scene.theme.style(Tone::Dim));
            return;
        };
        if scene.state.room() == Room::Tiny {
            return draw_graph(scene, area, (buf, row, Some(view)));
        }
        let facts = FACTS.min(area.height);
        let flows = view.flows.as_deref().filter(|_| area.height >= FACTS + FLOWS + LEAST_GRAPH);
        let flow_rows = if flows.is_some() { FLOWS } else { 0 };
        let recent = if area.height >= FACTS + EVENTS + 9 + flow_rows { EVENTS } else { 0 };
        let graph = area.height.saturating_sub(facts + recent + flow_rows);
        draw_facts(scene, Rect { height: facts, ..area }, (buf, row, view));
        let mut area = area;
        if scene.state.room() == Room::Wide {
            let side = (area.width / 3).max(SIDE);
            draw_port(scene, Rect::new(area.right() - side, area.y + facts, side, area.height - facts), (buf, row, view));
            area.width -= side;
        }
        draw_graph(scene, Rect::new(area.x, area.y + facts, area.width, graph), (buf, row, Some(view)));
        if let Some(flows) = flows {
            under::draw(scene, Rect::new(area.x, area.y + facts + graph, area.width, flow_rows), (buf, flows));
        }
        if recent > 0 {
            draw_events(scene, Rect::new(area.x, area.bottom() - recent, area.width, recent), (buf, view));
        }
    }
}

/// What is known of it as a switch port, and who is behind it.
fn draw_port(scene: &Scene<'_>, area: Rect, (buf, row, view): (&mut Buffer, &InterfaceRow, &InterfaceView)) {
    let inner = Panel::new(tr("Port")).draw(scene, area, buf);
    port::draw(scene, inner, (buf, &port::lines(scene, row, Some(view))));
}

type Piece<'a> = (&'a str, Style);

fn draw_facts(scene: &Scene<'_>, area: Rect, (buf, row, view): (&mut Buffer, &InterfaceRow, &InterfaceView)) {
    let (dim, plain, strong) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text), scene.theme.style(Tone::Strong));
    let title = format!("{} {}", row.device_name, row.name);
    let inner = Panel::new(&title).subtitle(row.if_alias.as_deref().unwrap_or_default()).draw(scene, area, buf);
    let (state, tone) = cells::state_of(row);
    let state = tr(state);
    let since = row.status_since.map(|since| trf!(" for {}", text::age(Some(since), scene.state.shown_at()))).unwrap_or_default();
    let stale = if row.stale { format!("  ~{}", text::age(row.sampled_at, scene.state.shown_at())) } else { String::new() };
    let speed = text::speed(row.speed_bps);
    let mtu = row.mtu.map_or_else(|| "-".to_owned(), |mtu| mtu.to_string());
    let mac = row.mac.map_or_else(|| "-".to_owned(), |mac| mac.to_string());
    let vlan = vlans(row);
    let addresses = if row.addresses.is_empty() { "-".to_owned() } else { row.addresses.join(" ") };
    let peer = peer(scene, row, view);
    let index = row.if_index.to_string();
    let errors = figure(cells::sum(row.in_errors_per_second, row.out_errors_per_second));
    let discards = figure(cells::sum(row.in_discards_per_second, row.out_discards_per_second));
    let packets = [figure(row.in_pps), figure(row.out_pps)];
    let state_style = scene.theme.style(tone);
    let lines: [Vec<Piece<'_>>; 3] = [
        vec![
            (state, state_style),
            (&since, dim),
            (&stale, scene.theme.style(Tone::Minor)),
            (tr("   speed "), dim),
            (&speed, plain),
            (tr("   link "), dim),
            (&peer, strong),
        ],
        vec![
            (tr("addresses "), dim),
            (&addresses, plain),
            ("   vlan ", dim),
            (&vlan, plain),
            ("   mac ", dim),
            (&mac, plain),
            ("   mtu ", dim),
            (&mtu, plain),
            ("   ifIndex ", dim),
            (&index, plain),
        ],
        vec![
            (tr("packets/s in "), dim),
            (packets[0].trim(), plain),
            (tr(" out "), dim),
            (packets[1].trim(), plain),
            (tr("   errors/s "), dim),
            (errors.trim(), plain),
            (tr("   discards/s "), dim),
            (discards.trim(), plain),
        ],
    ];
    for (pieces, y) in lines.iter().zip(inner.y..inner.bottom()) {
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), pieces);
    }
}

/// VLANs in few words: the untagged one, and how many it carries.
fn vlans(row: &InterfaceRow) -> String {
    match (row.pvid, row.vlans.len()) {
        (Some(pvid), 2..) => trf!("{} +{} tagged", pvid, row.vlans.len() - 1),
        (Some(pvid), _) => pvid.to_string(),
        (None, 0) => "-".to_owned(),
        (None, count) => trf!("{} tagged", count),
    }
}

fn peer(scene: &Scene<'_>, row: &InterfaceRow, view: &InterfaceView) -> String {
    let evidence =
        view.link.as_ref().map(|link| link.evidence.iter().map(|e| e.word()).collect::<Vec<_>>().join("+")).unwrap_or_default();
    match (&row.peer, &row.peer_port) {
        (Some(peer), Some(port)) => format!("{} {peer} {port}  {evidence}", scene.glyphs.arrow),
        (Some(peer), None) => format!("{} {peer}  {evidence}", scene.glyphs.arrow),
        (None, _) => "-".to_owned(),
    }
}

/// The graph of a port: used by this screen and by the list of interfaces.
pub fn draw_graph(scene: &Scene<'_>, area: Rect, (buf, row, view): (&mut Buffer, &InterfaceRow, Option<&InterfaceView>)) {
    let title = format!("{} {}", row.device_name, row.name);
    let inner = Panel::new(&title).subtitle(&subtitle(scene, view)).note("bit/s").draw(scene, area, buf);
    let Some(view) = view else {
        notice(buf, inner, &[EN.waiting], scene.theme.style(Tone::Dim));
        return;
    };
    legend(scene, inner, (buf, row, view));
    if inner.height < 4 {
        return;
    }
    if view.in_bps.iter().chain(&view.out_bps).all(|band| band.value.is_none()) {
        notice(buf, inner, &[EN.no_samples], scene.theme.style(Tone::Dim));
        return;
    }
    let faults = sum_of(&view.errors, &view.discards);
    Chart {
        above: Side { bands: &view.in_bps, earlier: &view.earlier_in_bps, mark: view.in_p95_bps },
        below: Side { bands: &view.out_bps, earlier: &view.earlier_out_bps, mark: view.out_p95_bps },
        from: view.from,
        to: view.to,
        faults: Some((fault_word(&view.errors, &view.discards), &faults)),
        cursor: scene.state.graph.cursor,
    }
    .draw(scene, Rect { height: inner.height - 1, y: inner.y + 1, ..inner }, buf);
}

/// The span, of what the curve is made, and what is drawn beside it.
fn subtitle(scene: &Scene<'_>, view: Option<&InterfaceView>) -> String {
    let mut words = text::span(scene.state.span_secs);
    match view.map(|view| view.resolution.as_str()) {
        None | Some("" | "sample") => {}
        Some(resolution) => words.push_str(&trf!("  {} mean, min to max behind", resolution)),
    }
    if scene.state.graph.week {
        let sign = if scene.glyphs.braille() { tr("dots") } else { "o" };
        words.push_str(&trf!("  {}: a week ago", sign));
    }
    words
}

/// What the strip of faults shows: errors, discards, or both.
fn fault_word(errors: &[Point], discards: &[Point]) -> &'static str {
    let any = |points: &[Point]| points.iter().any(|point| point.value.is_some_and(|value| value > 0.0));
    match (any(errors), any(discards)) {
        (true, true) => "err+d",
        (false, true) => "disc",
        (_, false) => "err",
    }
}

/// Errors and discards together, over the same steps; one that is empty says nothing.
fn sum_of(errors: &[Point], discards: &[Point]) -> Vec<Point> {
    if errors.is_empty() || discards.is_empty() {
        return [errors, discards].concat();
    }
    let pairs = errors.iter().zip(discards);
    pairs.map(|(error, discard)| Point { at: error.at, value: cells::sum(error.value, discard.value) }).collect()
}

/// Now, largest and 95th percentile of both directions; with a cursor what was at its time.
fn legend(scene: &Scene<'_>, area: Rect, (buf, row, view): (&mut Buffer, &InterfaceRow, &InterfaceView)) {
    if let Some(at) = scene.state.graph.cursor.filter(|at| *at >= view.from && *at <= view.to) {
        return at_cursor(scene, area, (buf, view, at));
    }
    let dim = scene.theme.style(Tone::Dim);
    let [in_sign, out_sign] = scene.glyphs.in_out;
    let wide = area.width >= 76;
    let sides = [
        (in_sign, Tone::In, row.in_bps, row.in_utilisation, view.in_max_bps, view.in_p95_bps),
        (out_sign, Tone::Out, row.out_bps, row.out_utilisation, view.out_max_bps, view.out_p95_bps),
    ];
    let mut x = area.x + 1;
    for (sign, tone, now, load, most, p95) in sides {
        let (now_words, load_words) = (figure(now), percent(load));
        // A figure of five cells would touch the word before it.
        let apart = |value: Option<f64>| format!("{:>5}", format!(" {}", figure(value).trim()));
        let (most, p95) = (apart(most), apart(p95));
        let style = if row.stale { dim } else { scene.theme.style(tone) };
        let mut pieces: Vec<Piece<'_>> =
            vec![(sign, style), (" ", dim), (&now_words, style), (&load_words, scene.theme.utilisation(load))];
        if wide {
            pieces.extend([(tr("  max"), dim), (most.as_str(), dim), ("  p95", dim), (p95.as_str(), dim)]);
        }
        let room = area.right().saturating_sub(x);
        x += put_all(buf, Position::new(x, area.y), room, &pieces) + if wide { 4 } else { 2 };
    }
}

/// What was at a time: the mean of its step, the band, a week before, errors. Unknown is `-`.
fn at_cursor(scene: &Scene<'_>, area: Rect, (buf, view, at): (&mut Buffer, &InterfaceView, Timestamp)) {
    let dim = scene.theme.style(Tone::Dim);
    let [in_sign, out_sign] = scene.glyphs.in_out;
    let form = if view.to.since(view.from).as_secs() > 86_400 { "%Y-%m-%d %H:%M" } else { "%H:%M:%S" };
    let time = text::format_time(at, &scene.state.zone, form);
    let mut pieces: Vec<(String, Style)> = vec![(time, scene.theme.style(Tone::Key))];
    let sides =
        [(in_sign, Tone::In, &view.in_bps, &view.earlier_in_bps), (out_sign, Tone::Out, &view.out_bps, &view.earlier_out_bps)];
    let trimmed = |value: Option<f64>| figure(value).trim().to_owned();
    for (sign, tone, bands, earlier) in sides {
        let band = step_at(bands, at, |band| band.at);
        pieces.push((format!("  {sign} {}", trimmed(band.and_then(|band| band.value))), scene.theme.style(tone)));
        if let Some((min, max)) = band.and_then(|band| band.min.zip(band.max)) {
            pieces.push((trf!(" {} to {}", trimmed(Some(min)), trimmed(Some(max))), dim));
        }
        if scene.state.graph.week {
            let before = step_at(earlier, at, |point| point.at).and_then(|point| point.value);
            pieces.push((trf!(" week ago {}", trimmed(before)), dim));
        }
    }
    let errors = step_at(&view.errors, at, |point| point.at).and_then(|point| point.value);
    let discards = step_at(&view.discards, at, |point| point.at).and_then(|point| point.value);
    pieces.push((trf!("  err {} disc {}", trimmed(errors), trimmed(discards)), dim));
    pieces.push((tr("  Enter goes there").to_owned(), scene.theme.style(Tone::Faint)));
    let pieces: Vec<Piece<'_>> = pieces.iter().map(|(words, style)| (words.as_str(), *style)).collect();
    put_all(buf, Position::new(area.x + 1, area.y), area.width.saturating_sub(2), &pieces);
}

/// The step that a time lies in: each describes what ends at it.
fn step_at<T>(steps: &[T], at: Timestamp, end: fn(&T) -> Timestamp) -> Option<&T> {
    steps.get(steps.partition_point(|step| end(step) < at))
}

fn draw_events(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &InterfaceView)) {
    let here = scene.state.here();
    let inner = Panel::new(tr("Events")).note(tr("Enter device")).focus(Focus::Here).draw(scene, area, buf);
    Rows {
        columns: &events::COLUMNS,
        rows: &view.recent,
        offset: 0,
        matched: view.recent.len(),
        list: Some(here.list()),
        sort: None,
        header: Header::Hidden,
        empty: &[EN.no_events],
    }
    .draw(scene, inner, buf);
}
