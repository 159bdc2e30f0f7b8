//! Voice: telephones that are registered, calls now and at most, trunks with their channels. What the agent doesn't tell is said.

use super::measure;
use super::section::Section;
use crate::model::health::subject;
use crate::model::{HealthStatus, Role};
use crate::state::view::rows::GaugeRow;
use crate::state::view::screens::{DeviceView, HealthView};
use crate::ui::UiState;
use crate::ui::lang::{tr, trf};
use crate::ui::pane::{Listing, Scene};
use crate::ui::state::Room;
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use crate::ui::widget::{put, put_all, spark};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The section.
pub struct Voice;

/// Rows of the head at least and with a graph.
const HEAD: u16 = 6;
const HEAD_WITH_GRAPH: u16 = 9;
/// Cells of the bar of telephones.
const BAR: u16 = 20;

fn is_voice(row: &GaugeRow) -> bool {
    row.subject.as_deref().is_some_and(|subject| subject::VOICE.contains(&subject))
}

fn of<'v>(view: &'v HealthView, subject: &'static str) -> impl Iterator<Item = &'v GaugeRow> {
    view.rows.iter().filter(move |row| row.subject.as_deref() == Some(subject))
}

/// The sum of what is told; `None` where nothing is.
fn sum(view: &HealthView, subject: &'static str) -> Option<f64> {
    of(view, subject).filter_map(|row| row.value).reduce(|a, b| a + b)
}

/// Telephones: registered, and how many there are.
fn phones(view: &HealthView) -> (Option<f64>, Option<f64>) {
    let registered = sum(view, "phones-registered");
    let others = [sum(view, "phones-unregistered"), sum(view, "phones-rejected")].into_iter().flatten().reduce(|a, b| a + b);
    let known = sum(view, "phones-known").or_else(|| Some(registered? + others?));
    (registered, known)
}

/// Calls now: what the agent says of the whole, else of its trunks.
fn calls(view: &HealthView) -> Option<f64> {
    sum(view, "calls-active").or_else(|| sum(view, "trunk-calls"))
}

/// Calls over the span: the curve of the whole where there is one.
fn curve(view: &HealthView) -> Vec<Option<f32>> {
    let mut rows: Vec<&GaugeRow> = of(view, "calls-active").collect();
    if rows.is_empty() {
        rows = of(view, "trunk-calls").collect();
    }
    let count = rows.iter().map(|row| row.spark.len()).max().unwrap_or(0);
    let at = |place: usize| rows.iter().filter_map(|row| *row.spark.get(place)?).reduce(|a, b| a + b);
    (0..count).map(at).collect()
}

/// A trunk, with what is told of it.
#[derive(Clone, Debug)]
struct Trunk {
    name: String,
    state: Option<GaugeRow>,
    calls: Option<f64>,
    channels: Option<f64>,
    errors: Option<f64>,
    stale: bool,
}

/// How many words two names begin or end in together.
fn common(a: &str, b: &str) -> usize {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split_whitespace().collect(), b.split_whitespace().collect());
    let front = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    front.max(back)
}

/// A figure of a trunk.
type Figure = fn(&mut Trunk) -> &mut Option<f64>;

/// The trunks, what is down first. What is told of a trunk elsewhere is joined by the words in which its name begins or ends.
fn trunks(view: &HealthView) -> Vec<Trunk> {
    let mut all: Vec<Trunk> = of(view, "trunk")
        .map(|row| Trunk {
            name: row.name.clone(),
            state: Some(row.clone()),
            calls: None,
            channels: None,
            errors: None,
            stale: row.stale,
        })
        .collect();
    let told: [(&'static str, Figure); 3] = [
        ("trunk-calls", |trunk| &mut trunk.calls),
        ("channels", |trunk| &mut trunk.channels),
        ("trunk-errors", |trunk| &mut trunk.errors),
    ];
    for (subject, slot) in told {
        for row in of(view, subject) {
            let free =
                (0..).zip(&mut all).filter_map(|(at, trunk)| slot(trunk).is_none().then(|| (common(&trunk.name, &row.name), at)));
            let best = free.max_by_key(|(words, _)| *words);
            let at = match best.filter(|(words, _)| *words > 0) {
                Some((_, at)) => at,
                None => {
                    let name = row.name.clone();
                    all.push(Trunk { name, state: None, calls: None, channels: None, errors: None, stale: row.stale });
                    all.len() - 1
                }
            };
            if let Some(trunk) = all.get_mut(at) {
                *slot(trunk) = row.value;
            }
        }
    }
    let rank = |trunk: &Trunk| match trunk.state.as_ref().map(|row| row.status) {
        Some(HealthStatus::Critical) => 0,
        Some(HealthStatus::Warning) => 1,
        Some(HealthStatus::Off) => 3,
        _ => 2,
    };
    all.sort_by_key(rank);
    all
}

/// Columns of the trunks.
const COLUMNS: [Column<Trunk>; 7] = [
    Column { title: "", sort: "", width: Width::Cells(1), align: Align::Left, drop: 0, cell: mark },
    Column { title: "TRUNK", sort: "", width: Width::Grow(14), align: Align::Left, drop: 0, cell: name },
    Column { title: "STATE", sort: "", width: Width::Cells(16), align: Align::Left, drop: 0, cell: state },
    Column { title: "CALLS", sort: "", width: Width::Cells(7), align: Align::Right, drop: 1, cell: used },
    Column { title: "USE", sort: "", width: Width::Cells(10), align: Align::Left, drop: 3, cell: share },
    Column { title: "ERRORED S", sort: "", width: Width::Cells(9), align: Align::Right, drop: 4, cell: errors },
    Column { title: "SINCE", sort: "", width: Width::Cells(6), align: Align::Right, drop: 2, cell: since },
];

fn mark(trunk: &Trunk, ink: &Ink<'_>) -> Line<'static> {
    trunk.state.as_ref().map_or_else(Line::default, |row| measure::mark(row, ink))
}

fn name(trunk: &Trunk, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(trunk.name.clone(), if trunk.stale { Tone::Dim } else { Tone::Text })
}

fn state(trunk: &Trunk, ink: &Ink<'_>) -> Line<'static> {
    let Some(row) = &trunk.state else { return ink.tone("-", Tone::Dim) };
    let words = match row.status {
        HealthStatus::Ok => tr("up").to_owned(),
        HealthStatus::Critical => tr("DOWN").to_owned(),
        _ => measure::words(row),
    };
    ink.tone(words, if row.stale { Tone::Dim } else { measure::tone_of(row.status) })
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
}

fn used(trunk: &Trunk, ink: &Ink<'_>) -> Line<'static> {
    let of = trunk.channels.map(|channels| format!("/{channels:.0}")).unwrap_or_default();
    Line::from(vec![Span::raw(figure(trunk.calls)), Span::styled(of, ink.theme.style(Tone::Dim))])
}

fn share(trunk: &Trunk, ink: &Ink<'_>) -> Line<'static> {
    let share = trunk.calls.zip(trunk.channels).filter(|(_, channels)| *channels > 0.0).map(|(calls, channels)| calls / channels);
    share.map_or_else(Line::default, |share| Line::from(bar(Some(share), ink.width, ink.theme, ink.glyphs)))
}

fn errors(trunk: &Trunk, ink: &Ink<'_>) -> Line<'static> {
    let tone = if trunk.errors.is_some_and(|errors| errors > 0.0) { Tone::Minor } else { Tone::Dim };
    ink.tone(figure(trunk.errors), tone)
}

fn since(trunk: &Trunk, ink: &Ink<'_>) -> Line<'static> {
    trunk.state.as_ref().map_or_else(Line::default, |row| measure::since(row, ink))
}

impl Section for Voice {
    fn name(&self) -> &'static str {
        "voice"
    }

    fn title(&self) -> &'static str {
        "Voice"
    }

    fn applies(&self, view: &DeviceView) -> bool {
        view.device.as_ref().is_some_and(|row| row.role == Role::Voip) || view.health.rows.iter().any(is_voice)
    }

    fn opens(&self, role: Role) -> bool {
        role == Role::Voip
    }

    fn listing(&self, view: &DeviceView, _state: &UiState) -> Option<Listing> {
        let keys: Vec<String> = trunks(&view.health).into_iter().map(|trunk| trunk.name).collect();
        Some(Listing { offset: 0, matched: keys.len(), keys })
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        let mut rest = area;
        if scene.state.room() != Room::Tiny {
            let height = if area.height >= 18 { HEAD_WITH_GRAPH } else { HEAD.min(area.height) };
            head(scene, Rect { height, ..area }, (buf, &view.health));
            rest = Rect { y: area.y + height, height: area.height - height, ..area };
        }
        table(scene, rest, (buf, &view.health));
    }
}

/// Telephones and calls: figures, a bar, and how the calls went.
fn head(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &HealthView)) {
    let inner = Panel::new(tr("Telephones and calls")).focus(Focus::Away).draw(scene, area, buf);
    if inner.is_empty() {
        return;
    }
    let dim = scene.theme.style(Tone::Dim);
    let line = |y: u16| Position::new(inner.x + 2, inner.y + y);
    let width = inner.width.saturating_sub(3);
    let strong = scene.theme.style(Tone::Strong);
    phones_line(scene, (line(0), width), (buf, view));
    let curve = curve(view);
    let most = curve.iter().flatten().copied().reduce(f32::max).map(f64::from);
    match calls(view) {
        None => drop(put(buf, line(1), width, (tr("this agent tells nothing of calls"), dim))),
        Some(calls) => {
            let now = format!("{calls:.0}");
            let peak = most.map(|most| trf!("at most {} in {}", format!("{most:.0}"), text::span(scene.state.span_secs)));
            let licensed = sum(view, "calls-most").map(|most| trf!("of {}", format!("{most:.0}")));
            let rest: Vec<String> = [licensed, peak].into_iter().flatten().collect();
            let rest = rest.join("  ");
            put_all(buf, line(1), width, &[(tr("calls   "), dim), (&now, strong), ("  ", Style::new()), (&rest, dim)]);
        }
    }
    let counts = [("calls-failed", "failed {}"), ("calls-total", "since start {}"), ("channels-used", "channels in use {}")];
    let told = counts.into_iter().filter_map(|(subject, words)| Some((sum(view, subject)?, words)));
    let mut told: Vec<String> = told.map(|(value, words)| tr(words).replace("{}", &format!("{value:.0}"))).collect();
    let channels: Vec<&GaugeRow> = of(view, "channel").collect();
    if !channels.is_empty() {
        let busy = channels.iter().filter(|row| row.value.is_some_and(|value| value > 0.0)).count();
        told.push(trf!("{} of {} channels busy", busy, channels.len()));
    }
    put(buf, line(2), width, (&told.join("  "), dim));
    let used = if told.is_empty() { 2 } else { 3 };
    let rows = inner.height.saturating_sub(used);
    let top = spark::top(&curve) * 1.1;
    if rows > 0 && !scene.state.slow && curve.iter().any(Option::is_some) {
        let cells = width;
        let points = spark::resample(&curve, usize::from(cells) * if scene.glyphs.braille() { 2 } else { 1 });
        for (row, y) in spark::rows(&points, (cells, rows), top, scene.glyphs).into_iter().zip(used..) {
            put(buf, line(y), cells, (&row, scene.theme.style(Tone::In)));
        }
    }
}

fn phones_line(scene: &Scene<'_>, (at, width): (Position, u16), (buf, view): (&mut Buffer, &HealthView)) {
    let dim = scene.theme.style(Tone::Dim);
    let (registered, known) = phones(view);
    let Some(registered) = registered else {
        put(buf, at, width, (tr("this agent tells nothing of telephones"), dim));
        return;
    };
    let now = format!("{registered:.0}");
    let of = known.map_or_else(
        || tr("registered; how many there are is not told").to_owned(),
        |known| trf!("of {} registered", format!("{known:.0}")),
    );
    let mut x = put_all(
        buf,
        at,
        width,
        &[(tr("phones  "), dim), (&now, scene.theme.style(Tone::Strong)), (" ", Style::new()), (&of, dim), ("  ", Style::new())],
    );
    if let Some(known) = known.filter(|known| *known > 0.0) {
        let share = registered / known;
        let tone = if share >= 0.95 {
            Tone::Ok
        } else if share >= 0.8 {
            Tone::Minor
        } else {
            Tone::Critical
        };
        for (place, span) in bar(Some(share), BAR, scene.theme, scene.glyphs).into_iter().enumerate() {
            let style = if place == 0 { scene.theme.style(tone) } else { span.style };
            let at = Position::new(at.x + x, at.y);
            x += put(buf, at, width.saturating_sub(x), (&span.content, style));
        }
    }
    let trend = of_first_spark(view);
    let cells = width.saturating_sub(x + 2).min(24);
    if cells > 4 && !scene.state.slow {
        let words = spark::row(&trend, cells, spark::top(&trend) * 1.1, scene.glyphs);
        put(buf, Position::new(at.x + x + 2, at.y), cells, (&words, scene.theme.style(Tone::In)));
    }
}

/// How the registered telephones went.
fn of_first_spark(view: &HealthView) -> Vec<Option<f32>> {
    of(view, "phones-registered").next().map(|row| row.spark.clone()).unwrap_or_default()
}

fn table(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &HealthView)) {
    let here = scene.state.here();
    let trunks = trunks(view);
    let down = trunks.iter().filter(|trunk| trunk.state.as_ref().is_some_and(|row| row.status == HealthStatus::Critical)).count();
    let words = if down > 0 { trf!("{} of {} down", down, trunks.len()) } else { trunks.len().to_string() };
    let inner = Panel::new(tr("Trunks")).subtitle(&words).focus(Focus::of(0, here.focus)).draw(scene, area, buf);
    let [list, ..] = &here.lists;
    Rows {
        columns: &COLUMNS,
        rows: &trunks,
        offset: 0,
        matched: trunks.len(),
        list: Some(list),
        sort: None,
        header: Header::Shown,
        empty: &[tr("this agent tells nothing of trunks")],
    }
    .draw(scene, inner, buf);
}

#[cfg(test)]
mod tests {
    use super::super::measure::tests::row;
    use super::*;
    use crate::model::{GaugeKind, SensorClass};

    fn view(rows: &[(&str, &str, f64, HealthStatus)]) -> HealthView {
        let made = |(subject, name, value, status): &(&str, &str, f64, HealthStatus)| {
            let class = if *subject == "trunk" { SensorClass::State } else { SensorClass::Count };
            let mut made = row(GaugeKind::Sensor(class), Some(*value), *status);
            (made.subject, made.name) = (Some((*subject).to_owned()), (*name).to_owned());
            made
        };
        HealthView { rows: rows.iter().map(made).collect(), ..HealthView::default() }
    }

    #[test]
    fn what_is_told_of_a_trunk_in_several_places_stands_in_one_row_and_the_one_that_is_down_first() {
        let view = view(&[
            ("trunk", "Trunk E1 0/1/0", 1.0, HealthStatus::Ok),
            ("trunk", "Trunk E1 0/1/1", 64.0, HealthStatus::Critical),
            ("trunk-calls", "Calls active E1 0/1/0", 7.0, HealthStatus::Unknown),
            ("channels", "Channels PRI1", 31.0, HealthStatus::Unknown),
        ]);
        let rows: Vec<(String, Option<f64>, Option<f64>)> =
            trunks(&view).into_iter().map(|trunk| (trunk.name, trunk.calls, trunk.channels)).collect();
        let want = [
            ("Trunk E1 0/1/1".to_owned(), None, None),
            ("Trunk E1 0/1/0".to_owned(), Some(7.0), None),
            ("Channels PRI1".to_owned(), None, Some(31.0)),
        ];
        assert_eq!(rows, want);
    }

    #[test]
    fn telephones_that_nobody_counts_are_not_none() {
        assert_eq!(phones(&view(&[])), (None, None));
        let some = view(&[("phones-registered", "Phones registered", 38.0, HealthStatus::Unknown)]);
        assert_eq!(phones(&some), (Some(38.0), None));
        let all = view(&[
            ("phones-registered", "Phones registered", 38.0, HealthStatus::Unknown),
            ("phones-unregistered", "Phones unregistered", 2.0, HealthStatus::Unknown),
        ]);
        assert_eq!(phones(&all), (Some(38.0), Some(40.0)));
    }
}
