//! Cells that several tables share: figures, utilisation bars, states, sparklines. What is stale is dim and says its age.

use crate::model::{AdminStatus, OperStatus, Severity, Timestamp};
use crate::state::view::InterfaceRow;
use crate::ui::lang::tr;
use crate::ui::text::{self, figure, percent};
use crate::ui::theme::{Tone, utilisation_step};
use crate::ui::widget::gauge::bar;
use crate::ui::widget::spark;
use crate::ui::widget::table::Ink;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// A rate in five cells; dim when stale or unknown, and a stale one with `~` before it where a cell is free.
pub fn rate(value: Option<f64>, stale: bool, ink: &Ink<'_>) -> Line<'static> {
    let tone = if stale || value.is_none() || value == Some(0.0) { Tone::Dim } else { Tone::Text };
    let words = figure(value);
    match words.trim_start() {
        known if stale && value.is_some() && known.len() < words.len() => ink.tone(format!("~{known}"), tone),
        _ => ink.tone(words, tone),
    }
}

/// A bar and per cent, filling the column.
pub fn load(fraction: Option<f64>, stale: bool, ink: &Ink<'_>) -> Line<'static> {
    let mut spans = Vec::new();
    if ink.width >= 9 {
        spans = bar(fraction, ink.width - 5, ink.theme, ink.glyphs);
        spans.push(Span::raw(" "));
    }
    let quiet = fraction.is_none_or(|fraction| utilisation_step(fraction) == 0);
    let style = if quiet { ink.theme.style(Tone::Dim) } else { ink.theme.utilisation(fraction) };
    spans.push(Span::styled(percent(fraction), style));
    let style = if stale { ink.theme.style(Tone::Dim) } else { Style::new() };
    if stale {
        spans = spans.into_iter().map(|span| Span::styled(span.content, style)).collect();
    }
    Line::from(spans)
}

/// Events per second: nothing is quiet, anything stands out.
pub fn errors(value: Option<f64>, ink: &Ink<'_>) -> Line<'static> {
    let tone = match value {
        None => Tone::Dim,
        Some(rate) if rate <= 0.0 => Tone::Dim,
        Some(_) => Tone::Minor,
    };
    ink.tone(figure(value), tone)
}

/// The sum of what is known of two; unknown where neither is.
pub fn sum(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
    }
}

/// The larger of what is known of two.
pub fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

/// Room above the peak, so that sparklines of neighbouring rows do not run into each other.
const HEADROOM: f32 = 1.25;

/// A sparkline that fills the column, coloured by load where the speed is known.
pub fn sparkline(values: &[Option<f32>], speed_bps: Option<u64>, ink: &Ink<'_>) -> Line<'static> {
    if ink.slow {
        return Line::default();
    }
    let top = spark::top(values);
    #[allow(clippy::cast_precision_loss, reason = "a colour needs no more")]
    let load = speed_bps.filter(|speed| *speed > 0).map(|speed| f64::from(top) / speed as f64);
    let style = load.map_or_else(|| ink.theme.style(Tone::In), |load| ink.theme.utilisation(Some(load)));
    Line::styled(spark::row(values, ink.width, top * HEADROOM, ink.glyphs), style)
}

/// An interface's state in a word, with a tone.
pub const fn state_word(admin: Option<AdminStatus>, oper: Option<OperStatus>) -> (&'static str, Tone) {
    match (admin, oper) {
        (Some(AdminStatus::Down), _) => ("off", Tone::Dim),
        (Some(AdminStatus::Testing), _) | (_, Some(OperStatus::Testing)) => ("test", Tone::Maintenance),
        (_, Some(OperStatus::Up)) => ("up", Tone::Ok),
        (_, Some(OperStatus::Down)) => ("DOWN", Tone::Critical),
        (_, Some(OperStatus::LowerLayerDown)) => ("LOWER", Tone::Major),
        (_, Some(OperStatus::Dormant)) => ("dorm", Tone::Dim),
        (_, Some(OperStatus::NotPresent)) => ("none", Tone::Dim),
        (_, Some(OperStatus::Unknown)) => ("?", Tone::Unknown),
        (_, None) => ("-", Tone::Dim),
    }
}

/// The same for a row: a port that should be up and is not is loud only where somebody misses it (a link, an alarm); the others
/// are sockets with nothing plugged in.
pub fn state_of(row: &InterfaceRow) -> (&'static str, Tone) {
    match state_word(row.admin_status, row.oper_status) {
        ("DOWN", _) if row.alarm.is_none() && row.peer.is_none() => ("down", Tone::Dim),
        other => other,
    }
}

/// An interface's state; when the values are stale their age stands after it.
pub fn state(row: &InterfaceRow, ink: &Ink<'_>) -> Line<'static> {
    let (word, tone) = state_of(row);
    let mut spans = vec![Span::styled(tr(word), ink.theme.style(tone))];
    if row.stale {
        spans.push(Span::styled(format!(" ~{}", text::age(row.sampled_at, ink.now)), ink.theme.style(Tone::Dim)));
    }
    Line::from(spans)
}

/// A severity: three cells of glyphs and letters, told apart without colour.
pub fn severity(severity: Severity, ink: &Ink<'_>) -> Line<'static> {
    Line::styled(ink.glyphs.severity(severity), ink.theme.severity(severity))
}

/// How long ago something was, right for a column of five cells.
pub fn ago(then: Option<Timestamp>, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(text::age(then, ink.now), Tone::Dim)
}
