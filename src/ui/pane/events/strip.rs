//! How much happened when: faults and all, step by step, with the stretch that the list shows.

use super::RATES;
use crate::model::Timestamp;
use crate::state::view::TimelineView;
use crate::state::view::timeline::EventStep;
use crate::ui::lang::{tr, trf};
use crate::ui::pane::Scene;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::{put, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Cells before the curves: a word and its highest value.
const LABEL: u16 = 11;
/// Cells that the chart has less than the screen: the borders, the labels, the blank at the right.
const AROUND: u16 = LABEL + 3;
/// Cells between times of the axis.
const TIME_EVERY: u16 = 16;

/// A curve: its word, its tone, and which events it counts.
type Curve = (&'static str, Tone, fn(&EventStep) -> u32);

const CURVES: [Curve; 3] = [
    ("major", Tone::Critical, |step| step.faults),
    ("minor", Tone::Minor, |step| step.warnings),
    ("all", Tone::In, |step| step.all),
];

/// Cells of the chart on a screen of this width.
pub const fn chart_cells(width: u16) -> u16 {
    width.saturating_sub(AROUND)
}

/// Draws it: the curves that find room, and the times under them.
pub fn draw(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &TimelineView)) {
    let Some(range) = view.range else { return };
    let step = trf!("per {}", words_of(view.step_secs));
    let span = words_of(u32::try_from(range.to.since(range.from).as_secs()).unwrap_or(u32::MAX));
    let focus = Focus::of(RATES, scene.state.here().focus);
    let inner = Panel::new(tr("How much")).subtitle(&step).note(&span).focus(focus).draw(scene, area, buf);
    if inner.height == 0 {
        return;
    }
    let chart = Rect::new(inner.x + LABEL.min(inner.width), inner.y, inner.width.saturating_sub(LABEL + 1), inner.height);
    let curves = usize::from(inner.height - 1).min(CURVES.len());
    // With one row all is shown, with two the faults above it.
    let shown: Vec<&Curve> = match curves {
        0 => Vec::new(),
        1 => CURVES.iter().skip(2).collect(),
        2 => CURVES.iter().step_by(2).collect(),
        _ => CURVES.iter().collect(),
    };
    let mut y = inner.y;
    for (word, tone, count) in shown {
        let counts: Vec<u32> = view.rates.iter().map(count).collect();
        let highest = counts.iter().copied().max().unwrap_or(0);
        let word = tr(word);
        let label = format!("{word}{:1$}{highest:>5}", "", 5usize.saturating_sub(text::width(word)));
        put(buf, Position::new(inner.x, y), LABEL, (&label, scene.theme.style(if highest > 0 { *tone } else { Tone::Dim })));
        // Nothing at all in a step is blank, so that quiet times can be seen.
        #[allow(clippy::cast_precision_loss, reason = "a height needs no more")]
        let values: Vec<Option<f32>> = counts.iter().map(|count| (*count > 0).then_some(*count as f32)).collect();
        let line = spark::row(&values, chart.width, spark::top(&values), scene.glyphs);
        put(buf, Position::new(chart.x, y), chart.width, (&line, scene.theme.style(*tone)));
        y += 1;
    }
    axis(scene, Rect::new(chart.x, y, chart.width, 1), (buf, view));
}

/// A stretch of time: `1m`, `30s`, `6h`.
fn words_of(secs: u32) -> String {
    if secs < 60 || !secs.is_multiple_of(60) { format!("{secs}s") } else { text::span(secs) }
}

/// The times, over them the stretch that the list shows, and the time cursor.
fn axis(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &TimelineView)) {
    let Some(range) = view.range.filter(|_| area.width > 0) else { return };
    let cell = |at: Timestamp| {
        let (whole, into) = (range.to.0 - range.from.0, at.0 - range.from.0);
        let cell = i64::from(area.width) * into.clamp(0, whole.max(1)) / whole.max(1);
        u16::try_from(cell).unwrap_or(0).min(area.width - 1)
    };
    for x in area.x..area.right() {
        put(buf, Position::new(x, area.y), 1, (scene.glyphs.rule, scene.theme.style(Tone::Faint)));
    }
    let window = shown_range(scene, view).filter(|(_, to)| *to >= range.from).map(|(from, to)| cell(from)..=cell(to));
    for x in window.clone().into_iter().flatten() {
        put(buf, Position::new(area.x + x, area.y), 1, (scene.glyphs.bar[0], scene.theme.style(Tone::Accent)));
    }
    let form = if range.to.since(range.from).as_secs() <= 2 * 86_400 { "%H:%M" } else { "%b %d" };
    let hides = |x: u16| window.as_ref().is_some_and(|window| (x..x + 6).any(|x| window.contains(&x)));
    for x in (0..area.width.saturating_sub(6)).step_by(usize::from(TIME_EVERY)).filter(|x| !hides(*x)) {
        let at = Timestamp(range.from.0 + (range.to.0 - range.from.0) * i64::from(x) / i64::from(area.width));
        let words = text::format_time(at, &scene.state.zone, form);
        put(buf, Position::new(area.x + x, area.y), area.width - x, (&words, scene.theme.style(Tone::Dim)));
    }
    if let Some(at) = scene.state.graph.cursor.filter(|at| range.contains(*at)) {
        let words = text::clock(at, &scene.state.zone);
        let x = cell(at).min(area.width.saturating_sub(8));
        put(buf, Position::new(area.x + x, area.y), 8, (&words, scene.theme.style(Tone::Past)));
    }
}

/// When the oldest and the newest event were that the list shows.
fn shown_range(scene: &Scene<'_>, view: &TimelineView) -> Option<(Timestamp, Timestamp)> {
    let list = &scene.state.here().lists[super::LIST];
    let page = super::Pane::page(&super::Events, scene.state);
    let rows = view.table.rows.iter().skip(list.top.saturating_sub(view.table.offset)).take(page);
    let times: Vec<(Timestamp, Timestamp)> = rows.map(|row| (row.first.min(row.at), row.at)).collect();
    Some((times.iter().map(|(from, _)| *from).min()?, times.iter().map(|(_, to)| *to).max()?))
}
