//! The health of a device: processors, memory, storage, PoE, supplies and sensors with their bars, what is ill first.

use super::measure::{glyph_of, is_stock, mark, share, tone_of, words};
use super::status::HEALTH;
use crate::model::{GaugeKind, HealthStatus, SensorClass};
use crate::state::view::rows::GaugeRow;
use crate::state::view::screens::{DeviceView, HealthView};
use crate::ui::lang::{tr, trf};
use crate::ui::pane::Scene;
use crate::ui::text::{self, EN, percent};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::spark;
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use crate::ui::widget::{put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Rows that the head takes: processor, memory and temperature over the last hour.
const HEAD: u16 = 3;
/// Cells of a sparkline in the head.
const SPARK: u16 = 16;

/// Columns of the gauges.
const COLUMNS: [Column<GaugeRow>; 5] = [
    Column { title: "", sort: "", width: Width::Cells(1), align: Align::Left, drop: 0, cell: mark },
    Column { title: "NAME", sort: "", width: Width::Grow(12), align: Align::Left, drop: 0, cell: name },
    Column { title: "KIND", sort: "", width: Width::Cells(11), align: Align::Left, drop: 4, cell: kind },
    Column { title: "LOAD", sort: "", width: Width::Cells(8), align: Align::Left, drop: 2, cell: load },
    Column { title: "VALUE", sort: "", width: Width::Cells(10), align: Align::Right, drop: 0, cell: value },
];

fn name(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let tone = if row.stale { Tone::Dim } else { Tone::Text };
    let mut spans = vec![Span::styled(row.name.clone(), ink.theme.style(tone))];
    if matches!(row.status, HealthStatus::Warning | HealthStatus::Critical | HealthStatus::Off) {
        spans.push(Span::styled(format!(" {}", tr(row.status.word())), ink.theme.style(tone_of(row.status))));
    }
    if row.stale {
        spans.push(Span::styled(format!(" ~{}", text::age(row.sampled_at, ink.now)), ink.theme.style(Tone::Dim)));
    }
    Line::from(spans)
}

fn kind(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.class.clone(), Tone::Dim)
}

fn load(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let Some(share) = share(row) else { return Line::default() };
    let mut spans = bar(Some(share), ink.width, ink.theme, ink.glyphs);
    if is_stock(row) || row.stale {
        let style = ink.theme.style(if row.stale { Tone::Dim } else { tone_of(row.status) });
        spans = spans.into_iter().map(|span| Span::styled(span.content, style)).collect();
    }
    Line::from(spans)
}

fn value(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let words = words(row);
    match (row.value.is_some(), row.stale) {
        (true, false) => ink.tone(words, if row.status == HealthStatus::Critical { Tone::Critical } else { Tone::Text }),
        _ => ink.tone(words, Tone::Dim),
    }
}

/// What is ill first; then as the device has them.
fn in_order(view: &HealthView) -> Vec<GaugeRow> {
    let rank = |row: &GaugeRow| match row.status {
        HealthStatus::Critical => 0,
        HealthStatus::Warning => 1,
        HealthStatus::Ok | HealthStatus::Off | HealthStatus::Unknown => 2,
    };
    let mut rows = view.rows.clone();
    rows.sort_by_key(rank);
    rows
}

/// The names of the gauges in the order in which they stand.
pub(super) fn keys(view: &HealthView) -> Vec<String> {
    in_order(view).iter().map(|row| format!("{} {}", row.class, row.name)).collect()
}

/// A few words for the facts: PoE, and how many gauges are ill.
pub(super) fn summary(view: &HealthView) -> Vec<(String, Tone)> {
    let mut out = Vec::new();
    if let Some(used) = view.poe_used_watts {
        let budget = view.poe_budget_watts.map_or_else(|| "-".to_owned(), |watts| format!("{watts:.0}"));
        out.push((format!("PoE {used:.0}/{budget} W"), Tone::Text));
    }
    let count = |status| view.rows.iter().filter(|row| row.status == status).count();
    let (critical, warning) = (count(HealthStatus::Critical), count(HealthStatus::Warning));
    match (critical, warning, view.worst) {
        (0, 0, HealthStatus::Ok) => out.push((tr("health ok").to_owned(), Tone::Ok)),
        (0, 0, _) => {}
        (0, warning, _) => out.push((trf!("health {} warning", warning), Tone::Minor)),
        (critical, 0, _) => out.push((trf!("health {} critical", critical), Tone::Critical)),
        (critical, warning, _) => out.push((trf!("health {} critical, {} warning", critical, warning), Tone::Critical)),
    }
    out
}

/// Fans and supplies that failed, by name: they are what somebody has to go for.
pub(super) fn failed(view: &HealthView) -> Option<(String, Tone)> {
    let failed = view.rows.iter().filter(|row| row.status == HealthStatus::Critical);
    let failed: Vec<&str> =
        failed.filter(|row| MODULES.iter().any(|(_, words)| is_module(row, words))).map(|row| row.name.as_str()).collect();
    (!failed.is_empty()).then(|| (trf!("failed: {}", failed.join(", ")), Tone::Critical))
}

/// Draws the panel.
pub(super) fn draw(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let here = scene.state.here();
    let health = &view.health;
    let count = health.rows.len().to_string();
    let inner = Panel::new(tr("Health")).subtitle(&count).focus(Focus::of(HEALTH, here.focus)).draw(scene, area, buf);
    let rows = in_order(health);
    let modules: Vec<(&str, Vec<&GaugeRow>)> = MODULES
        .iter()
        .map(|(title, words)| (*title, health.rows.iter().filter(|row| is_module(row, words)).collect::<Vec<_>>()))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let wanted = HEAD + u16::try_from(modules.len()).unwrap_or(0);
    let head = if inner.height > wanted + 1 && !rows.is_empty() { wanted } else { 0 };
    if head > 0 {
        draw_head(scene, Rect { height: HEAD, ..inner }, (buf, health));
        for ((title, rows), y) in modules.iter().zip(inner.y + HEAD..inner.y + head) {
            draw_modules(scene, Rect { y, height: 1, ..inner }, (buf, title, rows));
        }
    }
    let [list, ..] = &here.lists;
    Rows {
        columns: &COLUMNS,
        rows: &rows,
        offset: 0,
        matched: rows.len(),
        list: (here.focus == HEALTH).then_some(list),
        sort: None,
        header: Header::Hidden,
        empty: &[EN.no_health],
    }
    .draw(scene, Rect { y: inner.y + head, height: inner.height - head, ..inner }, buf);
}

/// What a device can lose and go on without, by words in the names of its sensors.
const MODULES: [(&str, &[&str]); 2] = [("fans", &["fan"]), ("PSU", &["psu", "power supply", "powersupply", "pwr"])];

/// Whether a gauge tells of such a part: a sensor that says how it is.
fn is_module(row: &GaugeRow, words: &[&str]) -> bool {
    let name = row.name.to_lowercase();
    let is_sensor = matches!(row.kind, GaugeKind::Sensor(SensorClass::State | SensorClass::Fanspeed | SensorClass::Power));
    is_sensor && words.iter().any(|word| name.contains(word))
}

/// Fans or supplies by name, those that failed or are absent first.
fn draw_modules(scene: &Scene<'_>, line: Rect, (buf, title, rows): (&mut Buffer, &str, &[&GaugeRow])) {
    let rank = |row: &&&GaugeRow| match row.status {
        HealthStatus::Critical => 0,
        HealthStatus::Warning => 1,
        HealthStatus::Off => 2,
        HealthStatus::Ok | HealthStatus::Unknown => 3,
    };
    let mut sorted: Vec<&&GaugeRow> = rows.iter().collect();
    sorted.sort_by_key(rank);
    let dim = scene.theme.style(Tone::Dim);
    let well = rows.iter().filter(|row| row.status == HealthStatus::Ok).count();
    let count = format!(" {well}/{}  ", rows.len());
    let mut x = line.x
        + 2
        + put_all(buf, Position::new(line.x + 2, line.y), line.width.saturating_sub(3), &[(tr(title), dim), (&count, dim)]);
    for row in sorted {
        let style = scene.theme.style(tone_of(row.status));
        let sign = glyph_of(row.status, scene.glyphs.set);
        let word = match row.status {
            HealthStatus::Ok | HealthStatus::Unknown => String::new(),
            status => format!(" {}", tr(status.word())),
        };
        let words = format!("{sign} {}{word}  ", row.name);
        if usize::from(line.right().saturating_sub(x + 1)) < text::width(&words) {
            break;
        }
        x += put(buf, Position::new(x, line.y), line.right().saturating_sub(x + 1), (&words, style));
    }
}

/// Processor, memory and temperature: now, and over the last hour.
fn draw_head(scene: &Scene<'_>, area: Rect, (buf, health): (&mut Buffer, &HealthView)) {
    let share = |percent: Option<f64>| percent.map(|percent| percent / 100.0);
    let degrees = health.temperature_celsius.map_or_else(|| "-".to_owned(), |value| format!("{value:.0} C"));
    let lines = [
        (tr("cpu "), percent(share(health.cpu_percent)), share(health.cpu_percent), &health.cpu_spark),
        (tr("mem "), percent(share(health.memory_percent)), share(health.memory_percent), &health.memory_spark),
        (tr("temp"), format!("{degrees:>4}"), None, &health.temperature_spark),
    ];
    for ((name, words, load, values), y) in lines.into_iter().zip(area.y..area.bottom()) {
        let style = if load.is_some() { scene.theme.utilisation(load) } else { Style::new() };
        let pieces = [(name, scene.theme.style(Tone::Dim)), (" ", Style::new()), (words.as_str(), style)];
        let x = area.x + 2 + put_all(buf, Position::new(area.x + 2, y), area.width.saturating_sub(3), &pieces) + 2;
        let known: Vec<f32> = values.iter().flatten().copied().collect();
        let (Some(least), Some(most)) = (known.iter().copied().reduce(f32::min), known.iter().copied().reduce(f32::max)) else {
            continue;
        };
        let cells = SPARK.min(area.right().saturating_sub(x + 1));
        let top = if load.is_some() { 100.0 } else { most * 1.25 };
        let row = if scene.state.slow { String::new() } else { spark::row(values, cells, top, scene.glyphs) };
        put(buf, Position::new(x, y), cells, (&row, scene.theme.style(Tone::In)));
        let range = trf!("{} to {}", format!("{least:.0}"), format!("{most:.0}"));
        let at = x + cells + 1;
        put(buf, Position::new(at, y), area.right().saturating_sub(at + 1), (&range, scene.theme.style(Tone::Dim)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::tests::row;
    use super::*;
    use crate::model::GaugeKind;
    use crate::model::health::SensorClass;

    #[test]
    fn what_is_ill_stands_first_and_is_counted() {
        let fan = GaugeKind::Sensor(SensorClass::Fanspeed);
        let rows = vec![
            row(GaugeKind::Processor, Some(1.0), HealthStatus::Ok),
            row(fan, Some(0.0), HealthStatus::Warning),
            row(fan, None, HealthStatus::Critical),
        ];
        let view = HealthView { rows, worst: HealthStatus::Critical, ..HealthView::default() };
        let order: Vec<HealthStatus> = in_order(&view).iter().map(|row| row.status).collect();
        assert_eq!(order, [HealthStatus::Critical, HealthStatus::Warning, HealthStatus::Ok]);
        assert_eq!(summary(&view), [("health 1 critical, 1 warning".to_owned(), Tone::Critical)]);
    }
}
