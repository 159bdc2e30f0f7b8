//! The boards, each in the area that it is given: what is wrong, the traffic to the world, busy links, who talks.

use super::figure;
use crate::model::flow::TopKey;
use crate::model::{Alarm, Band, Severity};
use crate::state::view::{FlowRow, LinkRow, OverviewView};
use crate::ui::lang::{sentence, tr, trf};
use crate::ui::pane::Scene;
use crate::ui::pane::flows::words;
use crate::ui::text::{self, EN, figure as rate, fit, percent};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::graph::{Chart, Side};
use crate::ui::widget::{notice, put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use std::time::Duration;

/// A board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// Devices, alarms.
    State,
    /// Traffic to the world.
    Traffic,
    /// Busy links.
    Links,
    /// Who talks most.
    Talkers,
    /// Access points.
    Wireless,
}

/// The boards that have something to show; the first always has.
pub fn of(view: &OverviewView) -> Vec<Board> {
    let has_traffic = view.wan_in.iter().chain(&view.wan_out).any(|point| point.value.is_some());
    let rest = [
        (Board::Traffic, has_traffic),
        (Board::Links, !view.busiest.is_empty()),
        (Board::Talkers, !view.talkers.is_empty()),
        (Board::Wireless, view.access_points_up + view.access_points_down > 0),
    ];
    let mut all = vec![Board::State];
    all.extend(rest.into_iter().filter(|(_, shown)| *shown).map(|(board, _)| board));
    all
}

impl Board {
    /// What the first line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::State => tr("State"),
            Self::Traffic => tr("Traffic"),
            Self::Links => tr("Links"),
            Self::Talkers => tr("Talkers"),
            Self::Wireless => tr("Wireless"),
        }
    }

    /// Draws it.
    pub fn draw(self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
        let area = Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(1), ..area };
        match self {
            Self::State => state(scene, area, (buf, view)),
            Self::Traffic => traffic(scene, area, (buf, view)),
            Self::Links => links(scene, area, (buf, &view.busiest)),
            Self::Talkers => talkers(scene, area, (buf, &view.talkers)),
            Self::Wireless => wireless(scene, area, (buf, view)),
        }
    }
}

/// A large figure with its word under it.
struct Large<'a> {
    figure: String,
    word: &'a str,
    tone: Tone,
}

impl<'a> Large<'a> {
    /// A count: in its colour where there is any, quiet at none.
    fn count(count: usize, word: &'a str, tone: Tone) -> Self {
        Self { figure: count.to_string(), word, tone: if count > 0 { tone } else { Tone::Dim } }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, scale): (&mut Buffer, Option<u16>)) {
        let style = scene.theme.style(self.tone);
        let width = area.width.saturating_sub(2);
        let rows = match scale {
            Some(scale) => {
                figure::draw(scene, (&self.figure, Rect { width, ..area }), (buf, style, scale));
                figure::rows(scale, scene.glyphs.set)
            }
            None => {
                let style = style.patch(scene.theme.style(Tone::Strong).fg(style.fg.unwrap_or_default()));
                put(buf, Position::new(area.x, area.y), width, (&self.figure, style));
                1
            }
        };
        if rows < area.height {
            let y = area.y + rows;
            put(buf, Position::new(area.x, y), width, (self.word, scene.theme.style(Tone::Strong)));
        }
    }
}

/// Figures side by side at one scale, with what they are under them. Returns the rows that they took.
fn figures(scene: &Scene<'_>, area: Rect, (buf, all): (&mut Buffer, &[Large<'_>])) -> u16 {
    let count = u16::try_from(all.len()).unwrap_or(1).max(1);
    let each = (area.width.saturating_sub(2)) / count;
    let set = scene.glyphs.set;
    let most = area.height.saturating_sub(1);
    let scales = all.iter().map(|large| figure::scale(&large.figure, (each.saturating_sub(1), figure::LARGEST), (most, set)));
    let scale = scales.min().flatten();
    for (at, large) in (0u16..).zip(all) {
        let place = Rect::new(area.x + 2 + at * each, area.y, each, area.height);
        large.draw(scene, place, (buf, scale));
    }
    scale.map_or(1, |scale| figure::rows(scale, set)) + 1
}

fn state(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let chrome = scene.view.map(|view| &view.chrome);
    let (critical, major) = chrome.map_or((0, 0), |chrome| (chrome.critical, chrome.major));
    let mut all = vec![
        Large::count(view.devices_up, tr("devices up"), Tone::Ok),
        Large::count(view.devices_down + view.devices_unreachable, tr("DOWN or unreachable"), Tone::Critical),
        Large::count(critical, tr("critical alarms"), Tone::Critical),
        Large::count(major, tr("major alarms"), Tone::Major),
    ];
    if area.width < 60 {
        all.truncate(3);
    }
    let used = figures(scene, Rect { height: area.height * 2 / 5, ..area }, (buf, &all)) + 1;
    let rest = Rect::new(area.x, area.y + used.min(area.height), area.width, area.height.saturating_sub(used));
    let mut worst: Vec<&Alarm> =
        view.alarms.rows.iter().map(|row| &row.alarm).filter(|alarm| alarm.severity >= Severity::Major).collect();
    worst.sort_by_key(|alarm| std::cmp::Reverse((alarm.severity, alarm.raised_at)));
    if worst.is_empty() {
        notice(buf, rest, &[EN.no_alarms], scene.theme.style(Tone::Ok));
        return;
    }
    alarms(scene, rest, (buf, &worst));
}

/// Alarms that are to be large together.
const LARGE_ALARMS: u16 = 3;

/// The worst and newest alarms, the object in large letters, what happened under it; those without room in a line each.
fn alarms(scene: &Scene<'_>, area: Rect, (buf, all): (&mut Buffer, &[&Alarm])) {
    let mut y = area.y;
    let set = scene.glyphs.set;
    let (width, x) = (area.width.saturating_sub(4), area.x + 2);
    // The scale at which the first ones fit.
    let count = u16::try_from(all.len()).unwrap_or(u16::MAX).clamp(1, LARGE_ALARMS);
    let room = (area.height / count).saturating_sub(2);
    let scales = all.iter().take(LARGE_ALARMS.into()).map(|alarm| figure::scale(&alarm.object, (width, 2), (room, set)));
    let scale = scales.flatten().min().unwrap_or(1);
    let large = figure::rows(scale, set);
    for (at, alarm) in all.iter().enumerate() {
        let style = scene.theme.severity(alarm.severity);
        let left = area.bottom().saturating_sub(y);
        let others = u16::try_from(all.len() - at - 1).unwrap_or(u16::MAX).min(2);
        let age = text::age(Some(alarm.raised_at), scene.state.shown_at());
        let what = format!("{}  {}  {age}", scene.glyphs.severity(alarm.severity).trim(), sentence(&alarm.text));
        if left >= large + 1 + others && figure::scale(&alarm.object, (width, scale), (large, set)) == Some(scale) {
            figure::draw(scene, (&alarm.object, Rect::new(x, y, width, large)), (buf, style, scale));
            put(buf, Position::new(x, y + large), width, (&what, scene.theme.style(Tone::Strong)));
            y += large + 2;
        } else if left > 0 {
            let words = fit(&what, usize::from(width), scene.glyphs.ellipsis);
            put_all(
                buf,
                Position::new(x, y),
                width,
                &[(&alarm.object, style), ("  ", style), (&words, scene.theme.style(Tone::Text))],
            );
            y += 1;
        }
    }
}

fn traffic(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let [in_sign, out_sign] = scene.glyphs.in_out;
    let large = |bps: Option<f64>, word, tone| Large { figure: rate(bps).trim().to_owned(), word, tone };
    let p95 = |sign: &str, bps: Option<f64>| trf!("{} bit/s, p95 {}", sign, rate(bps).trim());
    let words = [p95(in_sign, view.wan_p95_in_bps), p95(out_sign, view.wan_p95_out_bps)];
    let all = [large(view.wan_in_bps, words[0].as_str(), Tone::In), large(view.wan_out_bps, words[1].as_str(), Tone::Out)];
    let used = figures(scene, Rect { height: area.height / 3, ..area }, (buf, &all)) + 1;
    let rest = Rect::new(area.x + 1, area.y + used, area.width.saturating_sub(2), area.height.saturating_sub(used));
    let to = view.wan_in.last().or(view.wan_out.last()).map_or_else(|| scene.state.shown_at(), |point| point.at);
    let from = to.minus(Duration::from_secs(u64::from(scene.state.span_secs)));
    let [above, below] = [&view.wan_in, &view.wan_out].map(|points| points.iter().copied().map(Band::from).collect::<Vec<_>>());
    let side = |bands, mark| Side { bands, earlier: &[], mark };
    let (above, below) = (side(&above, view.wan_p95_in_bps), side(&below, view.wan_p95_out_bps));
    Chart { above, below, from, to, faults: None, cursor: None }.draw(scene, rest, buf);
}

/// One thing of a list: a large figure at the left, its name and a line under it at the right.
struct Entry {
    figure: String,
    style: Style,
    name: String,
    share: Option<f64>,
    words: String,
}

/// Cells of the figures of a list: five letters and a gap.
const FIGURE_CELLS: u16 = 32;

fn list(scene: &Scene<'_>, area: Rect, (buf, entries): (&mut Buffer, &[Entry])) {
    let set = scene.glyphs.set;
    let most = entries.iter().map(|entry| entry.figure.chars().count()).max().unwrap_or(0);
    let widest = "0".repeat(most);
    let cells = FIGURE_CELLS.min(area.width / 2);
    let scale = figure::scale(&widest, (cells.saturating_sub(2), 1), (area.height, set));
    let figure_cells = scale.map_or(6, |scale| figure::width(&widest, scale)) + 3;
    let tall = scale.map_or(2, |scale| figure::rows(scale, set));
    let step = tall + u16::from(area.height / (tall + 1) >= 3);
    for (at, entry) in (0u16..).zip(entries) {
        let y = area.y + at * step;
        if y + tall > area.bottom() {
            break;
        }
        let left = Rect::new(area.x + 2, y, figure_cells, tall);
        match scale {
            Some(scale) => figure::draw(scene, (&entry.figure, left), (buf, entry.style, scale)),
            None => {
                put(buf, Position::new(left.x, y), left.width, (&entry.figure, entry.style));
            }
        }
        let x = left.right();
        let width = area.right().saturating_sub(x + 2);
        let name = fit(&entry.name, usize::from(width), scene.glyphs.ellipsis);
        put(buf, Position::new(x, y), width, (&name, scene.theme.style(Tone::Strong)));
        let mut below = y + 1;
        if tall > 2 {
            let mut at = x;
            for span in bar(entry.share, width, scene.theme, scene.glyphs) {
                at += put(buf, Position::new(at, below), width, (&span.content, span.style));
            }
            below += 1;
        }
        put(buf, Position::new(x, below), width, (&entry.words, scene.theme.style(Tone::Dim)));
    }
}

fn links(scene: &Scene<'_>, area: Rect, (buf, rows): (&mut Buffer, &[LinkRow])) {
    let end = |name: &str, port: &Option<String>| port.as_ref().map_or_else(|| name.to_owned(), |port| format!("{name} {port}"));
    let [in_sign, out_sign] = scene.glyphs.in_out;
    let entry = |row: &LinkRow| {
        let down = row.up == Some(false);
        Entry {
            figure: if down { "DOWN".to_owned() } else { percent(row.utilisation).trim().to_owned() },
            style: if down { scene.theme.style(Tone::Critical) } else { scene.theme.utilisation(row.utilisation) },
            name: format!("{} {} {}", end(&row.a_name, &row.a_port), scene.glyphs.arrow, end(&row.b_name, &row.b_port)),
            share: row.utilisation,
            words: format!(
                "{}   {out_sign} {}   {in_sign} {}",
                text::speed(row.speed_bps),
                rate(row.forward_bps).trim(),
                rate(row.backward_bps).trim()
            ),
        }
    };
    list(scene, area, (buf, &rows.iter().map(entry).collect::<Vec<_>>()));
}

fn talkers(scene: &Scene<'_>, area: Rect, (buf, rows): (&mut Buffer, &[FlowRow])) {
    const PAIR: [TopKey; 2] = [TopKey::Src, TopKey::Dst];
    let entry = |row: &FlowRow| Entry {
        figure: rate(Some(row.top.bps)).trim().to_owned(),
        style: scene.theme.style(Tone::In),
        name: words::label(&PAIR, (&row.top.keys, &row.top.names), scene.glyphs.arrow),
        share: Some(row.top.share),
        words: trf!("bit/s, {} of all in 5 min", percent(Some(row.top.share)).trim()),
    };
    list(scene, area, (buf, &rows.iter().map(entry).collect::<Vec<_>>()));
}

fn wireless(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &OverviewView)) {
    let all = [
        Large::count(view.access_points_up, tr("access points up"), Tone::Ok),
        Large::count(view.access_points_down, tr("access points DOWN"), Tone::Critical),
    ];
    figures(scene, area, (buf, &all));
}
