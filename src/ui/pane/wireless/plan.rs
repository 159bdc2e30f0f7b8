//! Who uses which channel: bars for one site, a grid of all sites at the side of a wide screen.

use super::way;
use crate::state::view::wireless::BUSY_PERCENT;
use crate::state::view::wireless::rows::{PlanCell, RadioDetail, SitePlan};
use crate::state::view::{RadioRow, WirelessView};
use crate::trf;
use crate::ui::lang::tr;
use crate::ui::pane::Scene;
use crate::ui::text::{fit, width};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::{notice, put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use std::collections::BTreeSet;

/// Columns of the grid's panel, borders counted.
pub const WIDTH: u16 = 46;
/// Cells of a site's name in the grid.
const NAME: u16 = 8;
/// Cells of a channel in the grid: a count and what is the matter.
const CELL: u16 = 2;
/// Rows above the grid: a channel's number stands upright.
const HEAD: u16 = 3;
/// Cells of a channel among the bars: number, bar, per cent, radios, gap.
const ENTRY: u16 = 19;
/// Cells of its bar.
const BAR: u16 = 7;

fn fraction(cell: &PlanCell) -> Option<f64> {
    cell.utilisation_max.map(|percent| percent / 100.0)
}

/// The channels of the site of a radio, in its band, each with a bar; its own stands out.
pub fn bars(scene: &Scene<'_>, area: Rect, (buf, row, detail): (&mut Buffer, &RadioRow, Option<&RadioDetail>)) {
    if area.height < 3 {
        return;
    }
    let site = row.site.as_deref().unwrap_or("-");
    let band = row.band.map_or("", |band| band.word());
    let title = trf!("Channels in {}", site);
    let note = if row.co_channel > 1 { trf!("same channel: {} APs", row.co_channel) } else { String::new() };
    let inner = Panel::new(&title).subtitle(band).note(&note).focus(Focus::Away).draw(scene, area, buf);
    let channels = detail.map_or(&[][..], |detail| &detail.channels[..]);
    // The way from here to the core stands above them: on a narrow screen there is no other place.
    let way = detail.map(|detail| way::line(scene, &detail.chain)).unwrap_or_default();
    let label = (!way.is_empty()).then(|| (tr("way"), scene.theme.style(Tone::Dim)));
    let pieces: Vec<(&str, Style)> = label.into_iter().chain(way.iter().map(|(words, style)| (words.as_str(), *style))).collect();
    put_all(buf, Position::new(inner.x + 1, inner.y), inner.width.saturating_sub(2), &pieces);
    let below = u16::from(!pieces.is_empty()).min(inner.height);
    let rest = Rect { y: inner.y + below, height: inner.height - below, ..inner };
    if detail.is_some() && channels.is_empty() {
        return notice(buf, rest, &[tr("no radio of it is told")], scene.theme.style(Tone::Dim));
    }
    entries(scene, rest, (buf, channels, row.channel));
}

/// As many channels as there is room for, row by row.
pub fn entries(scene: &Scene<'_>, area: Rect, (buf, channels, own): (&mut Buffer, &[PlanCell], Option<u16>)) {
    let across = (area.width.saturating_sub(1) / ENTRY).max(1);
    for (cell, at) in channels.iter().zip(0u16..across.saturating_mul(area.height)) {
        let place = Position::new(area.x + 1 + at % across * ENTRY, area.y + at / across);
        entry(scene, place, (buf, cell, own == Some(cell.channel)));
    }
}

fn entry(scene: &Scene<'_>, at: Position, (buf, cell, is_own): (&mut Buffer, &PlanCell, bool)) {
    let tone = if is_own { Tone::Accent } else { Tone::Text };
    let mut x = at.x;
    x += put(buf, at, 4, (&format!("{:>3} ", cell.channel), scene.theme.style(tone)));
    for span in bar(fraction(cell), BAR, scene.theme, scene.glyphs) {
        x += put(buf, Position::new(x, at.y), BAR, (&span.content, span.style));
    }
    let percent = cell.utilisation_max.map_or_else(|| "  -".to_owned(), |percent| format!("{percent:>3.0}"));
    x += put(buf, Position::new(x, at.y), 5, (&format!("{percent}%"), scene.theme.utilisation(fraction(cell))));
    if cell.radios > 1 {
        let tone = if cell.radios > 2 { Tone::Major } else { Tone::Minor };
        put(buf, Position::new(x, at.y), 3, (&format!(" {}", cell.radios), scene.theme.style(tone)));
    }
}

/// All sites and their channels: how many radios are on each, coloured by how busy it is.
pub fn grid(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &WirelessView)) {
    if area.height < HEAD + 3 || area.width < NAME + CELL * 4 {
        return;
    }
    let band = view.plan_band.map_or("", |band| band.word());
    let inner = Panel::new(tr("Channel plan")).subtitle(band).note(tr("radios on it")).focus(Focus::Away).draw(scene, area, buf);
    let all: BTreeSet<u16> = view.plan.iter().flat_map(|site| &site.channels).map(|cell| cell.channel).collect();
    let room = usize::from(inner.width.saturating_sub(NAME + 1) / CELL);
    let channels: Vec<u16> = all.into_iter().take(room).collect();
    head(scene, inner, (buf, &channels));
    let rows = inner.y + HEAD..inner.bottom();
    let shown = usize::from(inner.height.saturating_sub(HEAD));
    let hidden = view.plan.len().saturating_sub(shown);
    for (site, y) in view.plan.iter().take(if hidden > 0 { shown.saturating_sub(1) } else { shown }).zip(rows) {
        site_row(scene, Rect::new(inner.x, y, inner.width, 1), (buf, site, &channels));
    }
    if hidden > 0 {
        let words = trf!("{} more", hidden + 1);
        put(buf, Position::new(inner.x + 1, inner.bottom() - 1), inner.width, (&words, scene.theme.style(Tone::Dim)));
    }
}

/// The channels' numbers, upright.
fn head(scene: &Scene<'_>, inner: Rect, (buf, channels): (&mut Buffer, &[u16])) {
    for (channel, x) in channels.iter().zip((inner.x + NAME + 1..inner.right()).step_by(usize::from(CELL))) {
        for (digit, y) in format!("{channel:>3}").chars().zip(inner.y..inner.y + HEAD) {
            put(buf, Position::new(x, y), 1, (&digit.to_string(), scene.theme.style(Tone::Header)));
        }
    }
}

fn site_row(scene: &Scene<'_>, line: Rect, (buf, site, channels): (&mut Buffer, &SitePlan, &[u16])) {
    let tone = if site.access_points_down > 0 { Tone::Critical } else { Tone::Text };
    let name = fit(&site.site, usize::from(NAME) - 1, scene.glyphs.ellipsis);
    let used = width(&name);
    put(buf, Position::new(line.x + 1, line.y), NAME, (&name, scene.theme.style(tone)));
    if site.access_points_down > 0 && used + 2 < usize::from(NAME) {
        let at = Position::new(line.x + 2 + u16::try_from(used).unwrap_or(0), line.y);
        put(buf, at, 1, (scene.glyphs.status(crate::model::DeviceStatus::Down), scene.theme.style(Tone::Critical)));
    }
    for (channel, x) in channels.iter().zip((line.x + NAME + 1..line.right()).step_by(usize::from(CELL))) {
        let at = Position::new(x, line.y);
        match site.channels.iter().find(|cell| cell.channel == *channel) {
            None => drop(put(buf, at, 1, (scene.glyphs.dot, scene.theme.style(Tone::Faint)))),
            Some(cell) => {
                let style = scene.theme.utilisation(fraction(cell));
                put(buf, at, 1, (&cell.radios.min(9).to_string(), style));
                if cell.utilisation_max.is_some_and(|busy| busy >= BUSY_PERCENT) {
                    put(buf, Position::new(x + 1, line.y), 1, ("!", style));
                }
            }
        }
    }
}
