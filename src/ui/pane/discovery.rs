//! Discovery: how far the run is, what it found, what failed.

use super::{Context, Listing, Pane, Place, Scene, Target, events};
use crate::model::unit;
use crate::query::{Screen, Subject};
use crate::state::view::{DiscoveryView, EventRow, ViewBody};
use crate::ui::UiState;
use crate::ui::lang::{tr, trf, trn};
use crate::ui::state::Room;
use crate::ui::text::{self, EN, fit, pad, pad_left};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Header, Rows};
use crate::ui::widget::{notice, put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The screen.
pub struct Discovery;

/// Rows for each part, borders counted.
const NOW: u16 = 10;
const FAILURES: u16 = 7;

fn view_of(body: &ViewBody) -> Option<&DiscoveryView> {
    let ViewBody::Discovery(view) = body else { return None };
    Some(view)
}

fn changed<'v>(body: &'v ViewBody, state: &UiState) -> Option<&'v EventRow> {
    let table = &view_of(body)?.changes;
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

impl Pane for Discovery {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Discovery, Context::List]
    }

    fn page(&self, state: &UiState) -> usize {
        usize::from(state.size.height.saturating_sub(5 + NOW + FAILURES)).max(3)
    }

    fn listing(&self, body: &ViewBody, _state: &UiState) -> Option<Listing> {
        let table = &view_of(body)?.changes;
        Some(Listing { offset: table.offset, matched: table.matched, keys: table.rows.iter().map(events::key).collect() })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let row = changed(body, state)?;
        Some(Target {
            device: row.device.clone().map(|id| (id, row.object.clone())),
            port: None,
            cell: row.object.clone(),
            row: format!("{} {} {}", row.at, row.object, row.text),
            flows: None,
        })
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let (id, title) = self.target(body, state)?.device?;
        Some(Place { screen: Screen::Device, subject: Some(Subject::Device(id)), title })
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(view_of) else {
            return events::waiting(scene, area, (buf, tr("Discovery")));
        };
        if view.progress.is_none() {
            let inner = Panel::new(tr("Discovery")).focus(Focus::Here).draw(scene, area, buf);
            notice(buf, inner, &EN.no_discovery, scene.theme.style(Tone::Dim));
            return;
        }
        if scene.state.room() == Room::Tiny {
            return draw_now(scene, area, (buf, view));
        }
        let now = NOW.min(area.height);
        let failures = if area.height >= NOW + FAILURES + 5 { FAILURES } else { 0 };
        let changes = area.height - now - failures;
        draw_now(scene, Rect { height: now, ..area }, (buf, view));
        draw_changes(scene, Rect::new(area.x, area.y + now, area.width, changes), (buf, view));
        draw_failures(scene, Rect::new(area.x, area.y + now + changes, area.width, failures), (buf, view));
    }
}

fn draw_now(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DiscoveryView)) {
    let Some(run) = &view.progress else { return };
    let (dim, plain, strong) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text), scene.theme.style(Tone::Strong));
    let title = trf!("Discovery run {}", run.run);
    let word = match (run.running, run.paused) {
        (true, true) => tr("paused"),
        (true, false) => tr("running"),
        (false, _) => tr("done"),
    };
    let inner = Panel::new(&title).subtitle(word).note(&run.targets.join(" ")).draw(scene, area, buf);
    let age = unit::age(scene.state.shown_at().since(run.started_at).as_secs());
    let counts = [run.asked, run.answered, run.silent, run.in_flight, run.devices, run.links].map(|count| count.to_string());
    let [asked, answered, silent, in_flight, devices, links] = &counts;
    let scope = run.scope.join(" ");
    let figures = [
        (tr("asked "), dim),
        (asked, plain),
        (tr("  answered "), dim),
        (answered, strong),
        (tr("  silent "), dim),
        (silent, plain),
        (tr("  in flight "), dim),
        (in_flight, plain),
        (tr("  devices "), dim),
        (devices, strong),
        (tr("  links "), dim),
        (links, strong),
        (tr("  started "), dim),
        (&age, plain),
        (tr(" ago  scope "), dim),
        (&scope, plain),
    ];
    let x = inner.x + 1;
    let width = inner.width.saturating_sub(2);
    let mut y = inner.y;
    if inner.height >= 2 {
        progress(scene, Rect::new(x, y, width, 1), (buf, view));
        y += 1;
    }
    put_all(buf, Position::new(x, y), width, &figures);
    y += 1;
    if y + 1 < inner.bottom() {
        let heads = [(tr("DONE"), 9), (tr("QUEUED"), 9), (tr("FAILED"), 9), ("P95", 10)];
        let words = pad(tr("PHASE"), 12) + &heads.map(|(word, cells)| pad_left(word, cells)).concat();
        put(buf, Position::new(x, y), width, (&words, scene.theme.style(Tone::Header)));
        y += 1;
    }
    for (phase, y) in run.phases.iter().zip(y..inner.bottom()) {
        let p95 = phase.p95_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0} ms"));
        let failed = if phase.failed > 0 { Tone::Minor } else { Tone::Dim };
        let (name, done) = (pad(tr(&phase.name), 12), format!("{:>9}{:>9}", phase.done, phase.queued));
        let pieces = [
            (name.as_str(), strong),
            (done.as_str(), plain),
            (&format!("{:>9}", phase.failed), scene.theme.style(failed)),
            (&format!("{p95:>10}  "), dim),
        ];
        let used = put_all(buf, Position::new(x, y), width, &pieces);
        let bar_cells = width.saturating_sub(used).min(40);
        spans(scene, Rect::new(x + used, y, bar_cells, 1), (buf, share(phase.done, phase.queued), Tone::Accent));
    }
}

#[allow(clippy::cast_precision_loss, reason = "a bar needs no more")]
fn share(done: u64, queued: u64) -> Option<f64> {
    let all = done.saturating_add(queued);
    (all > 0).then(|| done as f64 / all as f64)
}

/// A bar in one colour: progress is not load.
fn spans(scene: &Scene<'_>, area: Rect, (buf, fraction, tone): (&mut Buffer, Option<f64>, Tone)) {
    let mut x = area.x;
    let parts = bar(fraction, area.width, scene.theme, scene.glyphs);
    let track = parts.len().saturating_sub(1);
    for (at, span) in parts.iter().enumerate() {
        let style = if at == track { span.style } else { scene.theme.style(tone) };
        x += put(buf, Position::new(x, area.y), area.right().saturating_sub(x), (&span.content, style));
    }
}

/// The whole run as one bar with per cent and the time left.
fn progress(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DiscoveryView)) {
    let Some(run) = &view.progress else { return };
    let (done, queued) = run.phases.iter().fold((0u64, 0u64), |(done, queued), phase| {
        (done.saturating_add(phase.done).saturating_add(phase.failed), queued.saturating_add(phase.queued))
    });
    let fraction = if run.running { share(done, queued) } else { Some(1.0) };
    let left = match run.seconds_left {
        Some(seconds) if run.running => trf!("  ~{} s left", format!("{:.0}", seconds.clamp(0.0, 1e6))),
        _ => String::new(),
    };
    let words = format!(" {}{left}", text::percent(fraction));
    let cells = u16::try_from(text::width(&words)).unwrap_or(0);
    let bar_cells = area.width.saturating_sub(cells);
    let tone = if run.running { Tone::Accent } else { Tone::Ok };
    spans(scene, Rect { width: bar_cells, ..area }, (buf, fraction, tone));
    put(buf, Position::new(area.x + bar_cells, area.y), cells, (&words, scene.theme.style(Tone::Strong)));
}

fn draw_changes(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DiscoveryView)) {
    let here = scene.state.here();
    let known = (
        trn!(view.devices, "1 device", "{} devices"),
        trn!(view.links, "1 link", "{} links"),
        trn!(view.neighbours, "1 neighbour", "{} neighbours"),
    );
    let words = trf!("{}   known: {} {} {}", view.changes.matched, known.0, known.1, known.2);
    let inner = Panel::new(tr("New or changed")).subtitle(&words).focus(Focus::Here).draw(scene, area, buf);
    Rows {
        columns: &events::COLUMNS,
        rows: &view.changes.rows,
        offset: view.changes.offset,
        matched: view.changes.matched,
        list: Some(here.list()),
        sort: None,
        header: Header::Hidden,
        empty: &[EN.no_changes],
    }
    .draw(scene, inner, buf);
}

fn draw_failures(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DiscoveryView)) {
    let Some(run) = &view.progress else { return };
    if area.height == 0 {
        return;
    }
    let title = trf!("Failures {}", run.failed);
    let inner = Panel::new(&title).draw(scene, area, buf);
    if run.failures.is_empty() {
        notice(buf, inner, &[EN.no_failures], scene.theme.style(Tone::Dim));
    }
    for (problem, y) in run.failures.iter().rev().zip(inner.y..inner.bottom()) {
        let target = pad(&fit(&problem.target, 21, scene.glyphs.ellipsis), 22);
        let reason = pad(tr(problem.reason.word()), 12);
        let pieces = [
            (target.as_str(), scene.theme.style(Tone::Text)),
            (reason.as_str(), scene.theme.style(Tone::Minor)),
            (problem.detail.as_str(), scene.theme.style(Tone::Dim)),
        ];
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), &pieces);
    }
}
