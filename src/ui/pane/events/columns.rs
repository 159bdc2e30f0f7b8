//! The columns of what happened, for the screen itself and for others.

use crate::model::{Timestamp, unit};
use crate::state::view::{EventLine, EventRow};
use crate::ui::lang::{sentence, tr, trf};
use crate::ui::pane::cells;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widget::table::{Align, Column, Ink, Width};
use ratatui::text::{Line, Span};

/// What stands between the old and the new.
const CHANGED: &str = " > ";

/// Its columns.
pub const LINES: [Column<EventLine>; 6] = [
    Column { title: "TIME", sort: "at", width: Width::Cells(9), align: Align::Left, drop: 0, cell: line_time },
    Column { title: "SEV", sort: "severity", width: Width::Cells(3), align: Align::Left, drop: 2, cell: line_severity },
    Column { title: "KIND", sort: "kind", width: Width::Cells(18), align: Align::Left, drop: 3, cell: line_kind },
    Column { title: "OBJECT", sort: "object", width: Width::Grow(16), align: Align::Left, drop: 0, cell: line_object },
    Column { title: "WHAT", sort: "", width: Width::Grow(22), align: Align::Left, drop: 1, cell: line_what },
    Column { title: "SOURCE", sort: "source", width: Width::Cells(8), align: Align::Left, drop: 4, cell: line_source },
];

/// The columns of events on other screens.
pub const COLUMNS: [Column<EventRow>; 5] = [
    Column { title: "TIME", sort: "at", width: Width::Cells(8), align: Align::Left, drop: 0, cell: time },
    Column { title: "KIND", sort: "kind", width: Width::Cells(16), align: Align::Left, drop: 3, cell: kind },
    Column { title: "OBJECT", sort: "object", width: Width::Grow(16), align: Align::Left, drop: 0, cell: object },
    Column { title: "WHAT", sort: "", width: Width::Grow(20), align: Align::Left, drop: 1, cell: what },
    Column { title: "SOURCE", sort: "source", width: Width::Cells(8), align: Align::Left, drop: 4, cell: source },
];

/// The columns of the screen itself where there is little room.
pub const TINY: [Column<EventLine>; 2] = [
    Column { title: "TIME", sort: "", width: Width::Cells(5), align: Align::Left, drop: 0, cell: line_minute },
    Column { title: "WHAT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: line_brief },
];

/// The columns where there is little room.
pub const BRIEF: [Column<EventRow>; 2] = [
    Column { title: "TIME", sort: "", width: Width::Cells(5), align: Align::Left, drop: 0, cell: minute },
    Column { title: "WHAT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: brief },
];

/// With seconds, the oldest first: what goes together stands where it began, with how long it went on.
pub const PRECISE: [Column<EventLine>; 2] = [
    Column { title: "TIME", sort: "", width: Width::Cells(8), align: Align::Left, drop: 0, cell: line_begun },
    Column { title: "WHAT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: line_lasted },
];

fn brief(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    let style = row.severity.map_or_else(|| ink.theme.style(Tone::Text), |severity| ink.theme.severity(severity));
    Line::from(vec![
        Span::styled(row.object.clone(), style),
        Span::styled(format!(" {}", sentence(&row.text)), ink.theme.style(Tone::Dim)),
    ])
}

fn time(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    moment((row.at, ink), "%H:%M:%S")
}

/// Where there is little room a minute is close enough.
fn minute(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    moment((row.at, ink), "%H:%M")
}

fn moment((at, ink): (Timestamp, &Ink<'_>), of_day: &str) -> Line<'static> {
    let form = if ink.now.since(at).as_secs() < 86_400 { of_day } else { "%m-%d" };
    ink.tone(text::format_time(at, ink.zone, form), Tone::Dim)
}

fn line_time(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    let form = if ink.now.since(line.at).as_secs() < 86_400 { "%H:%M:%S" } else { "%m-%d %Hh" };
    ink.tone(text::format_time(line.at, ink.zone, form), Tone::Dim)
}

fn line_minute(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    minute(&line.event, ink)
}

fn line_begun(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    moment((line.first, ink), "%H:%M:%S")
}

fn line_severity(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    line.severity.map_or_else(Line::default, |severity| cells::severity(severity, ink))
}

/// How many of a burst, before the object of a row.
fn times(line: &EventLine, ink: &Ink<'_>) -> Span<'static> {
    let [folded, _, inside] = ink.glyphs.group;
    match (line.count, &line.burst) {
        (2.., _) => Span::styled(format!("{folded}{}x ", line.count), ink.theme.style(Tone::Accent)),
        (_, Some(_)) => Span::styled(format!("{inside} "), ink.theme.style(Tone::Faint)),
        (_, None) => Span::raw(""),
    }
}

fn line_brief(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    let mut out = counted_brief(line, ink);
    out.spans.insert(0, times(line, ink));
    out
}

fn counted_brief(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    let mut out = brief(&line.event, ink);
    if line.objects > 1
        && let Some(first) = out.spans.first_mut()
    {
        first.content = trf!("{} objects", line.objects).into();
    }
    out
}

/// What goes together, and how long it went on.
fn line_lasted(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    let mut out = counted_brief(line, ink);
    let lasted = line.at.since(line.first).as_secs();
    if lasted > 0 {
        out.spans.insert(0, Span::styled(format!("{}  ", trf!("within {}", unit::age(lasted))), ink.theme.style(Tone::Dim)));
    }
    if line.count > 1 {
        out.spans.insert(0, Span::styled(format!("{}x ", line.count), ink.theme.style(Tone::Accent)));
    }
    out
}

fn kind(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    match row.severity {
        Some(severity) => Line::styled(row.kind.clone(), ink.theme.severity(severity)),
        None => ink.tone(row.kind.clone(), Tone::Header),
    }
}

fn line_kind(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    kind(&line.event, ink)
}

fn object(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    ink.text(row.object.clone())
}

fn line_object(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    let object = if line.objects > 1 { trf!("{} objects", line.objects) } else { line.object.clone() };
    Line::from(vec![times(line, ink), Span::raw(object)])
}

fn line_what(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    if line.count < 2 {
        return what(&line.event, ink);
    }
    let lasted = line.at.since(line.first).as_secs();
    let within = if lasted == 0 { tr("at once").to_owned() } else { trf!("within {}", unit::age(lasted)) };
    let last =
        if line.objects > 1 { format!("{}: {}", line.object, sentence(&line.text)) } else { sentence(&line.text).into_owned() };
    Line::from(vec![
        Span::styled(format!("{within}  "), ink.theme.style(Tone::Dim)),
        Span::styled(last, ink.theme.style(Tone::Dim)),
    ])
}

/// What changed: the old quiet, the new strong, where the text says both.
fn what(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    let text = sentence(&row.text).into_owned();
    let Some((before, after)) = text.split_once(CHANGED) else { return ink.text(text) };
    // Words before the old one and behind the new one stand as they are.
    let old_at = before.rfind(' ').map_or(0, |at| at + 1);
    let new_end = after.find(' ').unwrap_or(after.len());
    let ((lead, old), (new, rest)) = (before.split_at(old_at), after.split_at(new_end));
    let style = row.severity.map_or_else(|| ink.theme.style(Tone::Strong), |severity| ink.theme.severity(severity));
    Line::from(vec![
        Span::raw(lead.to_owned()),
        Span::styled(old.to_owned(), ink.theme.style(Tone::Dim)),
        Span::styled(format!(" {} ", ink.glyphs.arrow), ink.theme.style(Tone::Dim)),
        Span::styled(new.to_owned(), style),
        Span::raw(rest.to_owned()),
    ])
}

fn source(row: &EventRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.source.clone(), Tone::Dim)
}

fn line_source(line: &EventLine, ink: &Ink<'_>) -> Line<'static> {
    source(&line.event, ink)
}
