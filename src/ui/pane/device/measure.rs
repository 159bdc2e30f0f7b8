//! What stands in the cells of a sensor: a glyph for how it is, its value with its unit, a bar within its limits, how it went.

use crate::mib::Registry;
use crate::model::health::{Limits, SensorClass};
use crate::model::{GaugeKind, HealthStatus};
use crate::state::view::rows::GaugeRow;
use crate::ui::glyph::GlyphSet;
use crate::ui::lang::tr;
use crate::ui::text::{self, percent};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::spark;
use crate::ui::widget::table::Ink;
use ratatui::text::{Line, Span};

pub fn tone_of(status: HealthStatus) -> Tone {
    match status {
        HealthStatus::Ok => Tone::Ok,
        HealthStatus::Warning => Tone::Minor,
        HealthStatus::Critical => Tone::Critical,
        HealthStatus::Off | HealthStatus::Unknown => Tone::Dim,
    }
}

/// One cell that says how it is without colour.
pub const fn glyph_of(status: HealthStatus, set: GlyphSet) -> &'static str {
    match (status, set) {
        (HealthStatus::Ok, GlyphSet::Unicode) => "●",
        (HealthStatus::Ok, GlyphSet::Cjk) => "⣿",
        (HealthStatus::Ok, GlyphSet::Ascii) => "+",
        (HealthStatus::Warning, _) => "!",
        (HealthStatus::Critical, GlyphSet::Unicode | GlyphSet::Cjk) => "✗",
        (HealthStatus::Critical, GlyphSet::Ascii) => "X",
        (HealthStatus::Off, _) => "-",
        (HealthStatus::Unknown, _) => " ",
    }
}

/// How it is, in one cell.
pub fn mark(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(glyph_of(row.status, ink.glyphs.set), tone_of(row.status))
}

/// Its name, with its age where it is stale.
pub fn name(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = if row.stale { Tone::Dim } else { Tone::Text };
    let mut spans = vec![Span::styled(row.name.clone(), ink.theme.style(tone))];
    if row.stale {
        spans.push(Span::styled(format!(" ~{}", text::age(row.sampled_at, ink.now)), ink.theme.style(Tone::Dim)));
    }
    Line::from(spans)
}

/// The share of 1 that a gauge shows; `None` where it is no share of anything.
pub fn share(row: &GaugeRow) -> Option<f64> {
    let is_share = matches!(
        row.kind,
        GaugeKind::Processor
            | GaugeKind::Memory
            | GaugeKind::Storage
            | GaugeKind::Supply
            | GaugeKind::Sensor(SensorClass::Load | SensorClass::Charge | SensorClass::Percent | SensorClass::Humidity)
    );
    row.value.filter(|_| is_share).map(|value| value / 100.0)
}

/// Whether a full one is a good one: what is left of toner and batteries.
pub const fn is_stock(row: &GaugeRow) -> bool {
    matches!(row.kind, GaugeKind::Supply | GaugeKind::Sensor(SensorClass::Charge))
}

/// Minutes from which hours are shown.
const LONG_MINUTES: f64 = 600.0;

/// A value with its unit, short: `31.0 C`, `5400 rpm`, `52%`, `121 W`; unknown is `-`.
pub fn words(row: &GaugeRow) -> String {
    if row.kind == GaugeKind::Sensor(SensorClass::State) {
        return state_word(row);
    }
    let Some(value) = row.value else { return "-".to_owned() };
    if let Some(share) = share(row) {
        return percent(Some(share)).trim().to_owned();
    }
    let digits = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 1 };
    let short = match row.unit.as_deref() {
        None => "",
        Some("celsius") => " C",
        Some("volt") => " V",
        Some("ampere") => " A",
        Some("watt") => " W",
        Some("hertz") => " Hz",
        Some("percent") => "%",
        Some("minute") if value >= LONG_MINUTES => return format!("{:.0} h", value / 60.0),
        Some("minute") => " min",
        Some("second") => " s",
        Some(other) => return format!("{value:.digits$} {other}"),
    };
    format!("{value:.digits$}{short}")
}

/// A state in the word of its MIB, `dChannelEstablished` as `d channel established`; else how it is; else its number.
fn state_word(row: &GaugeRow) -> String {
    let number = row.value.filter(|value| value.fract() == 0.0);
    #[allow(clippy::cast_possible_truncation, reason = "the numbers of states are small")]
    let number = number.map(|value| value as i64);
    let of_mib = || {
        let object = Registry::global().name(row.state_oid.as_ref()?)?.0;
        object.word(number?).map(spelled)
    };
    if let Some(word) = of_mib() {
        return word;
    }
    match (row.status, number) {
        (HealthStatus::Unknown, Some(number)) => format!("= {number}"),
        (HealthStatus::Unknown, None) => "-".to_owned(),
        (status, _) => tr(status.word()).to_owned(),
    }
}

/// Words written as one, `batteryNormal`, apart.
fn spelled(word: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in word.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push(' ');
        }
        let small = c.is_ascii_uppercase() && before.is_ascii_lowercase() || out.is_empty();
        out.push(if small { c.to_ascii_lowercase() } else { c });
        before = c;
    }
    out
}

/// The value, dim where it is stale or not known.
pub fn value(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let ill = matches!(row.status, HealthStatus::Warning | HealthStatus::Critical);
    let tone = match (row.stale, ill) {
        (false, true) => tone_of(row.status),
        (false, false) if row.value.is_some() || row.status != HealthStatus::Unknown => Tone::Text,
        _ => Tone::Dim,
    };
    ink.tone(words(row), tone)
}

/// The least and the largest that is still bearable, where one is told.
const fn bounds(limits: &Limits) -> (Option<f64>, Option<f64>) {
    const fn first(a: Option<f64>, b: Option<f64>) -> Option<f64> {
        if a.is_some() { a } else { b }
    }
    (first(limits.low_critical, limits.low_warning), first(limits.high_critical, limits.high_warning))
}

/// Where the value stands between its limits, as a share of 1; of what is a share anyway, that. `None` where nothing says it.
pub fn position(row: &GaugeRow) -> Option<f64> {
    if let Some(share) = share(row) {
        return Some(share);
    }
    let value = row.value?;
    match bounds(&row.limits) {
        (low, Some(high)) => {
            let low = low.unwrap_or_else(|| 0f64.min(high));
            (high > low).then(|| ((value - low) / (high - low)).clamp(0.0, 1.0))
        }
        _ => None,
    }
}

/// A bar for [`position`].
pub fn within(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let Some(position) = position(row) else { return Line::default() };
    let mut spans = bar(Some(position), ink.width, ink.theme, ink.glyphs);
    let told = matches!(row.status, HealthStatus::Ok | HealthStatus::Warning | HealthStatus::Critical);
    if told || is_stock(row) || row.stale {
        let style = ink.theme.style(if row.stale { Tone::Dim } else { tone_of(row.status) });
        if let Some(first) = spans.first_mut() {
            first.style = style;
        }
    }
    Line::from(spans)
}

/// Its limits: `18..27`, `>5`, `<40`; a warning before what is critical.
pub fn limits(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let low = row.limits.low_warning.or(row.limits.low_critical);
    let high = row.limits.high_warning.or(row.limits.high_critical);
    let short =
        |value: f64| if value.abs() >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") };
    let words = match (low, high) {
        (Some(low), Some(high)) => format!("{}..{}", short(low), short(high)),
        (Some(low), None) => format!(">{}", short(low)),
        (None, Some(high)) => format!("<{}", short(high)),
        (None, None) => String::new(),
    };
    ink.tone(words, Tone::Dim)
}

/// How it went: a sparkline between its least and its largest.
pub fn trend(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    if ink.slow {
        return Line::default();
    }
    ink.tone(curve(&row.spark, ink), Tone::In)
}

/// A sparkline that shows changes: its foot stands a little under the least value.
fn curve(values: &[Option<f32>], ink: &Ink<'_>) -> String {
    let known = || values.iter().flatten().copied().filter(|value| value.is_finite());
    let (Some(least), Some(most)) = (known().reduce(f32::min), known().reduce(f32::max)) else { return String::new() };
    // Small changes of a large value are no mountains.
    let room = (most - least).max(most.abs() * 0.1).max(0.1);
    let foot = if least >= 0.0 && least < room { 0.0 } else { least - room * 0.25 };
    let above: Vec<Option<f32>> = values.iter().map(|value| value.map(|value| value - foot)).collect();
    let points = spark::resample(&above, usize::from(ink.width) * if ink.glyphs.braille() { 2 } else { 1 });
    let points = if above.len() < points.len() { above } else { points };
    spark::row(&points, ink.width, (foot + room * 1.25).max(most) - foot, ink.glyphs)
}

/// Since when its status holds.
pub fn since(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let known = row.status_since.map(|since| text::age(Some(since), ink.now));
    ink.tone(known.unwrap_or_default(), Tone::Dim)
}

/// What tells it apart in its device.
pub fn key(row: &GaugeRow) -> String {
    format!("{} {}", row.class, row.name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::DeviceId;

    /// A gauge of which only this is known.
    pub fn row(kind: GaugeKind, value: Option<f64>, status: HealthStatus) -> GaugeRow {
        GaugeRow {
            device: DeviceId::new("x"),
            device_name: "x".to_owned(),
            kind,
            class: kind.word().to_owned(),
            name: "n".to_owned(),
            value,
            unit: kind.unit().map(str::to_owned),
            used_bytes: None,
            total_bytes: None,
            status,
            status_since: None,
            limits: Limits::default(),
            subject: None,
            if_index: None,
            port: None,
            state_oid: None,
            spark: Vec::new(),
            sampled_at: None,
            stale: false,
        }
    }

    #[test]
    fn values_are_short_and_unknown_is_a_dash() {
        let said = |kind, value| words(&row(kind, value, HealthStatus::Ok));
        assert_eq!(said(GaugeKind::Sensor(SensorClass::Temperature), Some(31.04)), "31.0 C");
        assert_eq!(said(GaugeKind::Sensor(SensorClass::Fanspeed), Some(5400.0)), "5400 rpm");
        assert_eq!(said(GaugeKind::Storage, Some(52.4)), "52%");
        assert_eq!(said(GaugeKind::PoeUsed, Some(121.4)), "121 W");
        assert_eq!(said(GaugeKind::Sensor(SensorClass::Temperature), None), "-");
    }

    #[test]
    fn a_bar_stands_between_the_limits_and_only_there() {
        let with = |low: Option<f64>, high: Option<f64>, value: f64| {
            let mut row = row(GaugeKind::Sensor(SensorClass::Temperature), Some(value), HealthStatus::Ok);
            (row.limits.low_warning, row.limits.high_warning) = (low, high);
            position(&row)
        };
        assert_eq!(with(Some(10.0), Some(30.0), 20.0), Some(0.5));
        assert_eq!(with(None, Some(40.0), 20.0), Some(0.5));
        assert_eq!(with(Some(10.0), Some(30.0), 99.0), Some(1.0));
        assert_eq!(with(Some(10.0), None, 20.0), None);
        assert_eq!(with(None, None, 20.0), None);
    }

    #[test]
    fn a_state_is_said_in_the_words_of_its_mib() {
        let said = |object: &str, number: f64, status: HealthStatus| {
            let mut row = row(GaugeKind::Sensor(SensorClass::State), Some(number), status);
            row.state_oid = Registry::global().oid(object).map(|oid| oid.child(&[0]));
            words(&row)
        };
        assert_eq!(said("upsOutputSource", 5.0, HealthStatus::Critical), "battery");
        assert_eq!(said("upsBatteryStatus", 2.0, HealthStatus::Ok), "battery normal");
        assert_eq!(said("nothing", 7.0, HealthStatus::Ok), "ok");
        assert_eq!(said("nothing", 7.0, HealthStatus::Unknown), "= 7");
    }
}
