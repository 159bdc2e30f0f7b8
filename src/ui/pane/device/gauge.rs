//! A value between its thresholds: a bar with the limits at its ends and a sign where the value stands, readable without colour.

use super::measure::{tone_of, words};
use super::port::Piece;
use crate::state::view::rows::GaugeRow;
use crate::ui::glyph::GlyphSet;
use crate::ui::lang::tr;
use crate::ui::pane::Scene;
use crate::ui::theme::Tone;

/// Cells of the bar.
const CELLS: usize = 12;

/// Name, value, the bar, and what is wrong.
/// The port's own name at its front is left out.
pub(super) fn pieces(scene: &Scene<'_>, row: &GaugeRow, port: &str) -> Vec<Piece> {
    let tone = if row.stale { Tone::Dim } else { tone_of(row.status) };
    let mut pieces = vec![(format!("{} ", name_at(&row.name, port)), Tone::Dim), (words(row), tone)];
    if let Some(bar) = bar(scene, row) {
        pieces.push((format!(" {bar}"), tone));
    }
    if matches!(row.status, crate::model::HealthStatus::Warning | crate::model::HealthStatus::Critical) {
        pieces.push((format!(" {}", tr(row.status.word())), tone));
    }
    pieces
}

fn name_at<'n>(name: &'n str, port: &str) -> &'n str {
    let rest = name.strip_prefix(port).filter(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
    rest.map(|rest| rest.trim_start_matches([' ', '-', ':'])).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// Where a value stands between its lowest and its highest limit; `None` without both.
fn bar(scene: &Scene<'_>, row: &GaugeRow) -> Option<String> {
    let limits = row.limits;
    let low = limits.low_critical.or(limits.low_warning)?;
    let high = limits.high_critical.or(limits.high_warning)?;
    let value = row.value.filter(|_| high > low)?;
    let place = |value: f64| cell((value - low) / (high - low));
    let (here, track, tick) = match scene.glyphs.set {
        GlyphSet::Unicode => ('◆', '─', '┆'),
        GlyphSet::Cjk => ('*', '-', '|'),
        GlyphSet::Ascii => ('*', '-', '|'),
    };
    let mut cells = vec![track; CELLS];
    for warning in [limits.low_warning, limits.high_warning].into_iter().flatten() {
        if let Some(cell) = cells.get_mut(place(warning)) {
            *cell = tick;
        }
    }
    if let Some(cell) = cells.get_mut(place(value)) {
        *cell = here;
    }
    Some(format!("{low:.0}[{}]{high:.0}", cells.into_iter().collect::<String>()))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the bar's width"
)]
fn cell(fraction: f64) -> usize {
    (fraction.clamp(0.0, 1.0) * (CELLS - 1) as f64).round() as usize
}
