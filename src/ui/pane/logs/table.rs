//! The columns of log lines. Rows are made ready for them: only those that are seen.

use super::mark::Marker;
use crate::model::text::visible;
use crate::model::{LogKind, LogLine, LogSeverity, Timestamp};
use crate::state::view::logs::LogRow;
use crate::ui::UiState;
use crate::ui::lang::tr;
use crate::ui::pane::Scene;
use crate::ui::state::Room;
use crate::ui::text;
use crate::ui::theme::{Theme, Tone};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// Cells of text that are made ready: more than any screen shows of a line.
const MOST_CELLS: usize = 512;

/// A row ready to be drawn.
pub struct Shown {
    received: Timestamp,
    who: String,
    joined: bool,
    severity: Option<LogSeverity>,
    kind: LogKind,
    count: u32,
    text: Vec<Span<'static>>,
}

/// All columns.
pub const COLUMNS: [Column<Shown>; 6] = [
    Column { title: "TIME", sort: "", width: Width::Cells(12), align: Align::Left, drop: 0, cell: time },
    Column { title: "HOST", sort: "", width: Width::Cells(10), align: Align::Left, drop: 1, cell: who },
    Column { title: "SEV", sort: "", width: Width::Cells(5), align: Align::Left, drop: 0, cell: severity },
    Column { title: "KIND", sort: "", width: Width::Cells(4), align: Align::Left, drop: 3, cell: kind },
    Column { title: "COUNT", sort: "", width: Width::Cells(5), align: Align::Right, drop: 2, cell: count },
    Column { title: "TEXT", sort: "", width: Width::Grow(20), align: Align::Left, drop: 0, cell: said },
];

/// Without the count: every line stands for itself.
const EACH: [Column<Shown>; 5] = [
    Column { title: "TIME", sort: "", width: Width::Cells(12), align: Align::Left, drop: 0, cell: time },
    Column { title: "HOST", sort: "", width: Width::Cells(10), align: Align::Left, drop: 1, cell: who },
    Column { title: "SEV", sort: "", width: Width::Cells(5), align: Align::Left, drop: 0, cell: severity },
    Column { title: "KIND", sort: "", width: Width::Cells(4), align: Align::Left, drop: 3, cell: kind },
    Column { title: "TEXT", sort: "", width: Width::Grow(20), align: Align::Left, drop: 0, cell: said },
];

/// Where there is little room.
const BRIEF: [Column<Shown>; 3] = [
    Column { title: "TIME", sort: "", width: Width::Cells(5), align: Align::Left, drop: 1, cell: short_time },
    Column { title: "SEV", sort: "", width: Width::Cells(2), align: Align::Left, drop: 0, cell: letter },
    Column { title: "TEXT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: brief },
];

/// The columns for a console.
pub const fn columns(state: &UiState) -> &'static [Column<Shown>] {
    match state.room() {
        Room::Tiny => &BRIEF,
        _ if state.logs.fold => &COLUMNS,
        _ => &EACH,
    }
}

/// The tone of a severity.
pub const fn tone(severity: Option<LogSeverity>) -> Tone {
    match severity {
        Some(LogSeverity::Emergency | LogSeverity::Alert | LogSeverity::Critical) => Tone::Critical,
        Some(LogSeverity::Error) => Tone::Major,
        Some(LogSeverity::Warning) => Tone::Minor,
        Some(LogSeverity::Notice | LogSeverity::Informational) => Tone::Text,
        Some(LogSeverity::Debug) | None => Tone::Dim,
    }
}

/// A severity's word in five cells.
pub const fn word(severity: Option<LogSeverity>) -> &'static str {
    match severity {
        Some(LogSeverity::Warning) => "warn",
        Some(LogSeverity::Notice) => "note",
        Some(severity) => severity.word(),
        None => "-",
    }
}

impl Shown {
    /// Of a row; what the filter matched is marked.
    pub fn of(row: &LogRow, (marker, scene): (&Marker, &Scene<'_>)) -> Self {
        let line = &row.line;
        Self {
            received: line.received,
            who: line.who().into_owned(),
            joined: line.device.is_some(),
            severity: line.severity,
            kind: line.kind,
            count: row.count,
            text: spans(line, (marker, scene)),
        }
    }
}

/// The text of a line in pieces: the program, the words, what was matched.
fn spans(line: &LogLine, (marker, scene): (&Marker, &Scene<'_>)) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let plain = style(line, theme);
    let mut spans = Vec::new();
    let text = if scene.state.logs.raw && !line.raw.is_empty() {
        String::from_utf8_lossy(&line.raw).trim_end().to_owned()
    } else {
        // A mnemonic says its facility itself.
        if let Some(app) = line.app.as_deref().filter(|_| !line.text.starts_with('%') && line.kind == LogKind::Syslog) {
            spans.push(Span::styled(format!("{}: ", visible(app)), theme.style(Tone::Dim)));
        }
        line.text.clone()
    };
    let text: String = text.chars().take(MOST_CELLS).collect();
    let text = visible(&text).into_owned();
    spans.extend(marker.spans(&text, (plain, theme.style(Tone::Match))));
    spans
}

/// Errors are read first; what says nothing new is quiet.
fn style(line: &LogLine, theme: &Theme) -> Style {
    match tone(line.severity) {
        Tone::Critical => theme.style(Tone::Critical),
        Tone::Dim if line.kind == LogKind::Trap => theme.style(Tone::Text),
        Tone::Dim => theme.style(Tone::Dim),
        _ => theme.style(Tone::Text),
    }
}

fn time(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    let age = ink.now.since(row.received).as_secs();
    let form = if age < 86_400 { "%H:%M:%S%.3f" } else { "%b %d %H:%M" };
    ink.tone(text::format_time(row.received, ink.zone, form), Tone::Dim)
}

fn short_time(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(text::format_time(row.received, ink.zone, "%H:%M"), Tone::Dim)
}

fn who(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.who.clone(), if row.joined { Tone::Text } else { Tone::Dim })
}

fn severity(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    let style = ink.theme.style(tone(row.severity));
    let bad = row.severity.is_some_and(LogSeverity::is_error);
    Line::styled(word(row.severity), if bad { style.add_modifier(Modifier::BOLD) } else { style })
}

/// `!!` an error or worse, `!` a warning.
fn letter(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    let sign = match row.severity {
        Some(severity) if severity < LogSeverity::Error => "!!",
        Some(LogSeverity::Error) => " !",
        Some(LogSeverity::Warning) => " w",
        _ if row.kind == LogKind::Trap => " t",
        _ => "",
    };
    ink.tone(sign, tone(row.severity))
}

fn kind(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    match row.kind {
        LogKind::Syslog => ink.tone("sys", Tone::Dim),
        LogKind::Trap => ink.tone("trap", Tone::Accent),
    }
}

fn count(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(if row.count > 1 { row.count.to_string() } else { String::new() }, Tone::Minor)
}

fn said(row: &Shown, _: &Ink<'_>) -> Line<'static> {
    Line::from(row.text.clone())
}

fn brief(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    let times = if row.count > 1 { format!("{}x ", row.count) } else { String::new() };
    let mut spans = vec![Span::styled(format!("{times}{} ", row.who), ink.theme.style(Tone::Header))];
    spans.extend(row.text.iter().cloned());
    Line::from(spans)
}

/// A few columns of a few lines, for other screens.
const FEW: [Column<Shown>; 3] = [
    Column { title: "TIME", sort: "", width: Width::Cells(8), align: Align::Left, drop: 1, cell: second },
    Column { title: "SEV", sort: "", width: Width::Cells(2), align: Align::Left, drop: 0, cell: letter },
    Column { title: "TEXT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: said },
];

/// The same of several devices.
const FEW_OF_SEVERAL: [Column<Shown>; 3] = [
    Column { title: "TIME", sort: "", width: Width::Cells(8), align: Align::Left, drop: 1, cell: second },
    Column { title: "SEV", sort: "", width: Width::Cells(2), align: Align::Left, drop: 0, cell: letter },
    Column { title: "TEXT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: brief },
];

fn second(row: &Shown, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(text::format_time(row.received, ink.zone, "%H:%M:%S"), Tone::Dim)
}

/// Draws a few lines on another screen. Of several devices each line says whose it is.
pub fn few(scene: &Scene<'_>, area: Rect, (buf, lines): (&mut Buffer, &[LogRow])) {
    let marker = Marker::of("");
    let several = lines.windows(2).any(|pair| matches!(pair, [one, other] if one.line.who() != other.line.who()));
    let shown: Vec<Shown> = lines.iter().take(usize::from(area.height)).map(|row| Shown::of(row, (&marker, scene))).collect();
    Rows {
        columns: if several { &FEW_OF_SEVERAL } else { &FEW },
        rows: &shown,
        offset: 0,
        matched: shown.len(),
        list: None,
        sort: None,
        header: Header::Hidden,
        empty: &[tr("it said nothing then")],
    }
    .draw(scene, area, buf);
}
