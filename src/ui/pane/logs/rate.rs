//! How many lines came when: errors and all, minute by minute, with the stretch that the list shows.

use super::{RATES, under_cursor};
use crate::model::Timestamp;
use crate::state::view::logs::{LogStep, LogsView};
use crate::ui::lang::{tr, trf};
use crate::ui::pane::Scene;
use crate::ui::state::Room;
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

/// A curve: its word, its tone, its rows on a narrow and on a wide screen, and which lines it counts.
type Curve = (&'static str, Tone, [u16; 2], fn(&LogStep) -> u32);

const CURVES: [Curve; 3] = [
    ("err", Tone::Critical, [1, 1], |step| step.errors),
    ("warn", Tone::Minor, [0, 1], |step| step.warnings),
    ("all", Tone::In, [1, 2], |step| step.all),
];

/// Cells of the chart on a screen of this width.
pub const fn chart_cells(width: u16) -> u16 {
    width.saturating_sub(AROUND)
}

/// Draws the rates.
pub fn draw(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &LogsView)) {
    let here = scene.state.here();
    let Some(range) = view.range else { return };
    let span = step_words(u32::try_from(range.to.since(range.from).as_secs()).unwrap_or(u32::MAX));
    let step = trf!("per {}", step_words(view.step_secs));
    let inner = Panel::new(tr("Rate")).subtitle(&step).note(&span).focus(Focus::of(RATES, here.focus)).draw(scene, area, buf);
    let wide = usize::from(scene.state.room() == Room::Wide);
    let chart = Rect::new(inner.x + LABEL.min(inner.width), inner.y, inner.width.saturating_sub(LABEL + 1), inner.height);
    let mut y = inner.y;
    for (word, tone, rows, count) in CURVES {
        let rows = rows.get(wide).copied().unwrap_or(0);
        if rows == 0 || y + rows >= inner.bottom() {
            continue;
        }
        let counts: Vec<u32> = view.rates.iter().map(count).collect();
        let highest = counts.iter().copied().max().unwrap_or(0);
        let word = tr(word);
        let label = format!("{word}{:1$}{highest:>5}", "", 5usize.saturating_sub(text::width(word)));
        put(buf, Position::new(inner.x, y), LABEL, (&label, scene.theme.style(if highest > 0 { tone } else { Tone::Dim })));
        // Nothing at all in a step is blank, so that silence can be seen.
        #[allow(clippy::cast_precision_loss, reason = "a height needs no more")]
        let values: Vec<Option<f32>> = counts.iter().map(|count| (*count > 0).then_some(*count as f32)).collect();
        for (line, y) in spark::rows(&values, (chart.width, rows), spark::top(&values), scene.glyphs).iter().zip(y..) {
            put(buf, Position::new(chart.x, y), chart.width, (line, scene.theme.style(tone)));
        }
        y += rows;
    }
    axis(scene, Rect::new(chart.x, y, chart.width, 1), (buf, view));
}

/// A stretch of time: `1m`, `30s`, `6h`.
fn step_words(secs: u32) -> String {
    if secs < 60 || !secs.is_multiple_of(60) { format!("{secs}s") } else { text::span(secs) }
}

/// The times, and over them the stretch that the list shows and the time cursor.
fn axis(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &LogsView)) {
    let Some(range) = view.range.filter(|_| area.width > 0) else { return };
    let cell = |at: Timestamp| {
        let (whole, into) = (range.to.0 - range.from.0, at.0 - range.from.0);
        let cell = i64::from(area.width) * into.clamp(0, whole.max(1)) / whole.max(1);
        u16::try_from(cell).unwrap_or(0).min(area.width - 1)
    };
    let faint = scene.theme.style(Tone::Faint);
    for x in area.x..area.right() {
        put(buf, Position::new(x, area.y), 1, (scene.glyphs.rule, faint));
    }
    let form = if range.to.since(range.from).as_secs() <= 2 * 86_400 { "%H:%M" } else { "%b %d" };
    let dim = scene.theme.style(Tone::Dim);
    let window = shown_range(scene, view).filter(|(_, to)| *to >= range.from).map(|(from, to)| cell(from)..=cell(to));
    if let Some(window) = window.clone() {
        for x in window {
            put(buf, Position::new(area.x + x, area.y), 1, (scene.glyphs.bar[0], scene.theme.style(Tone::Accent)));
        }
    }
    let mut x = 0;
    while x + 6 < area.width {
        let hides = window.as_ref().is_some_and(|window| (x..x + 6).any(|x| window.contains(&x)));
        if hides {
            x += TIME_EVERY;
            continue;
        }
        let at = Timestamp(range.from.0 + (range.to.0 - range.from.0) * i64::from(x) / i64::from(area.width));
        put(buf, Position::new(area.x + x, area.y), area.width - x, (&text::format_time(at, &scene.state.zone, form), dim));
        x += TIME_EVERY;
    }
    let cursor = scene.state.graph.cursor.filter(|at| range.contains(*at));
    if let Some(at) = cursor {
        let words = text::clock(at, &scene.state.zone);
        let x = cell(at).min(area.width.saturating_sub(8));
        put(buf, Position::new(area.x + x, area.y), 8, (&words, scene.theme.style(Tone::Past)));
    }
}

/// When the first and the last line came that the list shows.
fn shown_range(scene: &Scene<'_>, view: &LogsView) -> Option<(Timestamp, Timestamp)> {
    let list = &scene.state.here().lists[super::MESSAGES];
    let page = super::Pane::page(&super::Logs, scene.state);
    let rows = view.table.rows.iter().skip(list.top.saturating_sub(view.table.offset)).take(page);
    let times: Vec<Timestamp> = rows.map(|row| row.line.received).collect();
    let only = under_cursor(view, scene.state).map(|row| row.line.received);
    Some((times.iter().min().copied().or(only)?, times.iter().max().copied().or(only)?))
}
