//! What lines have in common: patterns with how often they came, new and rising ones first. Enter shows the lines of one.

use super::table::{tone, word};
use crate::model::log::LogPattern;
use crate::model::text::visible;
use crate::state::view::logs::LogsView;
use crate::ui::UiState;
use crate::ui::lang::{tr, trf, trn};
use crate::ui::pane::Scene;
use crate::ui::state::Room;
use crate::ui::text::{self, EN, figure};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use crate::ui::widget::{notice, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// From this on it is said by how much a pattern rises.
const RISES: f64 = 2.0;
/// A pattern that came so seldom does not rise.
const LEAST_RISEN: u64 = 5;

/// All columns.
pub const COLUMNS: [Column<LogPattern>; 7] = [
    Column { title: "TREND", sort: "", width: Width::Cells(5), align: Align::Left, drop: 0, cell: trend },
    Column { title: "COUNT", sort: "", width: Width::Cells(5), align: Align::Right, drop: 0, cell: count },
    Column { title: "BEFORE", sort: "", width: Width::Cells(6), align: Align::Right, drop: 3, cell: before },
    Column { title: "DEV", sort: "", width: Width::Cells(4), align: Align::Right, drop: 4, cell: devices },
    Column { title: "SEV", sort: "", width: Width::Cells(5), align: Align::Left, drop: 2, cell: severity },
    Column { title: "LAST", sort: "", width: Width::Cells(8), align: Align::Left, drop: 5, cell: last },
    Column { title: "PATTERN", sort: "", width: Width::Grow(20), align: Align::Left, drop: 0, cell: pattern },
];

#[allow(clippy::cast_precision_loss, reason = "counts of lines fit 53 bits")]
fn figure_of(count: u64) -> String {
    figure(Some(count as f64))
}

/// Whether it came far more often than before.
fn rises(row: &LogPattern) -> bool {
    row.count >= LEAST_RISEN && row.rise() >= RISES
}

fn trend(row: &LogPattern, ink: &Ink<'_>) -> Line<'static> {
    if row.new {
        return Line::styled(tr("new"), ink.theme.style(Tone::Accent).add_modifier(Modifier::BOLD));
    }
    if rises(row) {
        return ink.tone(format!("x{:.0}", row.rise().min(999.0)), Tone::Minor);
    }
    ink.tone("", Tone::Dim)
}

fn count(row: &LogPattern, ink: &Ink<'_>) -> Line<'static> {
    let tone = if row.new || rises(row) { Tone::Strong } else { Tone::Text };
    ink.tone(figure_of(row.count), tone)
}

fn before(row: &LogPattern, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(figure_of(row.before), Tone::Dim)
}

fn devices(row: &LogPattern, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.devices.to_string(), Tone::Dim)
}

fn severity(row: &LogPattern, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(word(row.severity), tone(row.severity))
}

fn last(row: &LogPattern, ink: &Ink<'_>) -> Line<'static> {
    let form = if ink.now.since(row.last).as_secs() < 86_400 { "%H:%M:%S" } else { "%m-%d %Hh" };
    ink.tone(text::format_time(row.last, ink.zone, form), Tone::Dim)
}

/// The words that all have stand out from what differs.
fn pattern(row: &LogPattern, ink: &Ink<'_>) -> Line<'static> {
    Line::from(spans(&row.pattern, (ink.theme.style(Tone::Text), ink.theme.style(Tone::Faint))))
}

fn spans(pattern: &str, (fixed, hole): (Style, Style)) -> Vec<Span<'static>> {
    let text = visible(pattern).into_owned();
    let mut out = Vec::new();
    for (at, part) in text.split('*').enumerate() {
        if at > 0 {
            out.push(Span::styled("*", hole));
        }
        if !part.is_empty() {
            out.push(Span::styled(part.to_owned(), fixed));
        }
    }
    out
}

/// The pattern under the cursor.
pub fn under_cursor<'v>(view: &'v LogsView, state: &UiState) -> Option<&'v LogPattern> {
    let list = &state.here().lists[super::MESSAGES];
    view.patterns.rows.get(list.cursor.checked_sub(view.patterns.offset)?)
}

/// Draws the list, and the pattern under the cursor in full where there is room.
pub fn draw(scene: &Scene<'_>, (list, detail): (Rect, Rect), (buf, view): (&mut Buffer, &LogsView)) {
    let here = scene.state.here();
    let table = &view.patterns;
    let new = table.rows.iter().filter(|row| row.new).count();
    let mut words =
        trn!(view.lines, "{} of 1 line, new and rising first", "{1} of {0} lines, new and rising first", table.matched);
    if new > 0 {
        words.push_str(&format!("  {}", trf!("{} new", new)));
    }
    if !here.filter.is_empty() {
        words.push_str(&format!("  /{}", here.filter));
    }
    let span = view.range.map(|range| text::span(u32::try_from(range.to.since(range.from).as_secs()).unwrap_or(u32::MAX)));
    let inner =
        Panel::new(tr("Patterns")).subtitle(&words).note(&span.unwrap_or_default()).focus(Focus::Here).draw(scene, list, buf);
    Rows {
        columns: &COLUMNS,
        rows: &table.rows,
        offset: table.offset,
        matched: table.matched,
        list: Some(&here.lists[super::MESSAGES]),
        sort: None,
        header: if scene.state.room() == Room::Tiny { Header::Hidden } else { Header::Shown },
        empty: &[tr("No line came in this time: t widens it.")],
    }
    .draw(scene, inner, buf);
    if detail.height > 2 {
        one(scene, detail, (buf, under_cursor(view, scene.state)));
    }
}

/// One in full.
fn one(scene: &Scene<'_>, area: Rect, (buf, row): (&mut Buffer, Option<&LogPattern>)) {
    let inner = Panel::new(tr("Pattern")).draw(scene, area, buf);
    let Some(row) = row else {
        return notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
    };
    let style = |tone| scene.theme.style(tone);
    let cells = usize::from(inner.width.saturating_sub(2));
    let styles = (style(Tone::Text), style(Tone::Accent));
    let wrapped = text::lines(&row.pattern, cells);
    let most = usize::from(inner.height).saturating_sub(5).max(1);
    let mut rows: Vec<Vec<Span<'static>>> = wrapped.iter().take(most).map(|line| spans(line, styles)).collect();
    let piece = |words: String, tone| Span::styled(words, style(tone));
    let times =
        trf!("{} on {}, {} before", trn!(row.count, "once", "{} times"), trn!(row.devices, "1 device", "{} devices"), row.before);
    rows.push(vec![piece(times, Tone::Text)]);
    let said = match (row.new, rises(row)) {
        (true, _) => (tr("new: it never came before this time").to_owned(), Tone::Accent),
        (false, true) => (trf!("{} times as often as before", format!("{:.1}", row.rise())), Tone::Minor),
        (false, false) => (tr("about as often as before, or seldom").to_owned(), Tone::Dim),
    };
    rows.push(vec![piece(said.0, said.1)]);
    let zone = &scene.state.zone;
    let first = trf!("first {}, last {}", text::date_clock(row.first, zone), text::clock(row.last, zone));
    rows.push(vec![piece(first, Tone::Dim)]);
    rows.push(vec![piece(tr("Enter shows its lines").to_owned(), Tone::Key)]);
    for (row, y) in rows.iter().zip(inner.y..inner.bottom()) {
        let pieces: Vec<(&str, Style)> = row.iter().map(|span| (&*span.content, span.style)).collect();
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), &pieces);
    }
}
