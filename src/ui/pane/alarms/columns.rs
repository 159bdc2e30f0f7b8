//! The columns of alarms, for the screen itself, for narrow ones and for other screens.

use crate::model::Severity;
use crate::query::AlarmGroup;
use crate::state::view::{AlarmHead, AlarmRow};
use crate::ui::lang::{sentence, tr, trn};
use crate::ui::pane::cells;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widget::table::{Align, Column, Ink, Width};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Its columns.
pub const COLUMNS: [Column<AlarmRow>; 8] = [
    Column { title: "SEV", sort: "severity", width: Width::Cells(4), align: Align::Left, drop: 0, cell: grouped },
    Column { title: "SINCE", sort: "raisedAt", width: Width::Cells(9), align: Align::Left, drop: 1, cell: since },
    Column { title: "AGE", sort: "", width: Width::Cells(5), align: Align::Right, drop: 5, cell: age },
    Column { title: "OBJECT", sort: "object", width: Width::Grow(14), align: Align::Left, drop: 0, cell: object },
    Column { title: "WHAT", sort: "", width: Width::Grow(20), align: Align::Left, drop: 2, cell: what },
    Column { title: "RULE", sort: "rule", width: Width::Cells(16), align: Align::Left, drop: 6, cell: rule },
    Column { title: "CNT", sort: "count", width: Width::Cells(4), align: Align::Right, drop: 4, cell: count },
    Column { title: "ACK", sort: "ack", width: Width::Cells(10), align: Align::Left, drop: 3, cell: ack },
];

/// The columns where there is little room.
pub const BRIEF: [Column<AlarmRow>; 6] = [
    Column { title: "SEV", sort: "", width: Width::Cells(4), align: Align::Left, drop: 0, cell: grouped },
    Column { title: "AGE", sort: "", width: Width::Cells(5), align: Align::Right, drop: 1, cell: age },
    Column { title: "OBJECT", sort: "", width: Width::Grow(18), align: Align::Left, drop: 0, cell: object },
    Column { title: "WHAT", sort: "", width: Width::Grow(24), align: Align::Left, drop: 2, cell: what },
    Column { title: "CNT", sort: "", width: Width::Cells(4), align: Align::Right, drop: 4, cell: count },
    Column { title: "ACK", sort: "", width: Width::Cells(6), align: Align::Left, drop: 3, cell: ack },
];

/// Where there is room for one thing: the object and what is the matter with it.
pub const TINY: [Column<AlarmRow>; 3] = [
    Column { title: "SEV", sort: "", width: Width::Cells(4), align: Align::Left, drop: 0, cell: grouped },
    Column { title: "AGE", sort: "", width: Width::Cells(5), align: Align::Right, drop: 1, cell: age },
    Column { title: "OBJECT", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: both },
];

/// What stands back: it cleared, it is silent or worked on, or another explains it.
pub fn is_quiet(alarm: &AlarmRow) -> bool {
    alarm.cleared_at.is_some() || alarm.silenced.is_some() || alarm.work.is_some() || alarm.root.is_some()
}

fn severity(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let shown = if alarm.cleared_at.is_some() { Severity::Cleared } else { alarm.severity };
    match is_quiet(alarm) && alarm.head.is_none() {
        true => ink.tone(ink.glyphs.severity(shown), Tone::Dim),
        false => cells::severity(shown, ink),
    }
}

/// The severity, after a sign for where it stands in its group.
fn grouped(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let [folded, open, inside] = ink.glyphs.group;
    let sign = match (alarm.children, &alarm.root) {
        _ if alarm.head.is_some() => [open, folded][usize::from(alarm.folded)],
        (1.., _) if alarm.folded => folded,
        (1.., _) => open,
        (0, Some(_)) => inside,
        (0, None) => " ",
    };
    let mut line = severity(alarm, ink);
    let style = line.style;
    line.spans.iter_mut().for_each(|span| span.style = style.patch(span.style));
    line.style = Style::new();
    line.spans.insert(0, Span::styled(sign, ink.theme.style(Tone::Accent)));
    line
}

fn age(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    if alarm.head.is_some() { Line::default() } else { cells::ago(Some(alarm.raised_at), ink) }
}

/// What all of a group share, as it is said.
pub fn title_of(head: &AlarmHead) -> String {
    let of_severity = head.key.starts_with(AlarmGroup::Severity.word());
    match &head.title {
        Some(title) if of_severity => tr(title).to_owned(),
        Some(title) => title.clone(),
        None => tr("not known").to_owned(),
    }
}

/// How many a group has.
pub fn count_of(head: &AlarmHead) -> String {
    trn!(head.count, "1 alarm", "{} alarms")
}

fn object(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    if let Some(head) = &alarm.head {
        return ink.tone(title_of(head), Tone::Header);
    }
    let tone = match alarm.severity >= Severity::Major {
        _ if is_quiet(alarm) => Tone::Dim,
        true => Tone::Strong,
        false => Tone::Text,
    };
    ink.tone(alarm.object.clone(), tone)
}

fn what(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    if let Some(head) = &alarm.head {
        return ink.tone(count_of(head), Tone::Dim);
    }
    let tone = if is_quiet(alarm) { Tone::Dim } else { Tone::Text };
    let mut line = ink.tone(sentence(&alarm.text).into_owned(), tone);
    if alarm.children > 0 {
        line.spans.insert(0, Span::styled(format!("+{} ", alarm.children), ink.theme.style(Tone::Accent)));
    }
    if alarm.flap.is_some_and(|flap| flap.held) {
        line.spans.insert(0, Span::styled(format!("{} ", tr("flaps")), ink.theme.style(Tone::Minor)));
    }
    line
}

fn both(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let mut line = object(alarm, ink);
    line.spans.push(Span::raw(" "));
    line.spans.extend(what(alarm, ink).spans);
    line
}

fn since(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    if alarm.head.is_some() {
        return Line::default();
    }
    let form = if ink.now.since(alarm.raised_at).as_secs() < 86_400 { "%H:%M:%S" } else { "%m-%d %Hh" };
    ink.tone(text::format_time(alarm.raised_at, ink.zone, form), Tone::Dim)
}

fn rule(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    if alarm.head.is_some() { Line::default() } else { ink.tone(alarm.rule.clone(), Tone::Dim) }
}

fn count(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    if alarm.head.is_some() {
        return Line::default();
    }
    let tone = if alarm.count > 1 && !is_quiet(alarm) { Tone::Minor } else { Tone::Dim };
    ink.tone(alarm.count.to_string(), tone)
}

fn ack(alarm: &AlarmRow, ink: &Ink<'_>) -> Line<'static> {
    let left = |until: crate::model::Timestamp| crate::model::unit::age(until.since(ink.now).as_secs());
    match (&alarm.acknowledged, &alarm.silenced, &alarm.work) {
        _ if alarm.head.is_some() => Line::default(),
        (_, Some(silence), _) => ink.tone(format!("{}{}", tr("mute "), left(silence.until)), Tone::Dim),
        (_, None, Some((_, until))) => ink.tone(format!("{}{}", tr("work "), left(*until)), Tone::Maintenance),
        (Some(ack), None, None) => ink.tone(ack.by.clone(), Tone::Ok),
        (None, None, None) if alarm.root.is_some() => ink.tone(tr("auto"), Tone::Dim),
        (None, None, None) => ink.tone("-", Tone::Dim),
    }
}
