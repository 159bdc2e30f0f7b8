//! The way from an access point towards the core, in a line or a line for each port: what is plugged in where, and how each port is.

use crate::model::switching::{Duplex, PoePort, PoeStatus};
use crate::state::view::wireless::BUSY_PERCENT;
use crate::state::view::wireless::rows::ChainStep;
use crate::ui::lang::tr;
use crate::ui::pane::Scene;
use crate::ui::text;
use crate::ui::theme::Tone;
use ratatui::style::Style;

type Piece = (String, Style);

/// What is the matter with a port, in a word.
fn trouble(step: &ChainStep) -> Option<(&'static str, Tone)> {
    if step.up == Some(false) {
        return Some((tr("down"), Tone::Critical));
    }
    if step.errors_per_second.is_some_and(|errors| errors > 0.0) {
        return Some((tr("errors"), Tone::Major));
    }
    if step.duplex == Some(Duplex::Half) {
        return Some((tr("half duplex"), Tone::Major));
    }
    step.utilisation.is_some_and(|busy| busy * 100.0 >= BUSY_PERCENT).then_some((tr("busy"), Tone::Critical))
}

/// Port, speed, how full, and what is wrong.
pub fn port(scene: &Scene<'_>, step: &ChainStep) -> Vec<Piece> {
    let [dim, plain] = [Tone::Dim, Tone::Text].map(|tone| scene.theme.style(tone));
    let mut pieces =
        vec![(format!("{} ", step.device_name), plain), (step.port.clone().unwrap_or_else(|| "-".to_owned()), plain)];
    if let Some(speed) = step.speed_bps {
        pieces.push((format!(" {}", text::speed(Some(speed)).trim()), dim));
    }
    let busy = step.utilisation.map_or_else(|| " -".to_owned(), |busy| format!(" {:.0}%", busy * 100.0));
    pieces.push((busy, scene.theme.utilisation(step.utilisation)));
    if let Some((word, tone)) = trouble(step) {
        pieces.push((format!(" {word}"), scene.theme.style(tone)));
    }
    pieces
}

/// What a port feeds, `9.8 W / 30.0 W  class 4`; its state where it draws nothing.
pub fn power(scene: &Scene<'_>, poe: &PoePort) -> Vec<Piece> {
    let [dim, plain] = [Tone::Dim, Tone::Text].map(|tone| scene.theme.style(tone));
    let watts = |mw: u32| format!("{:.1} W", f64::from(mw) / 1000.0);
    let mut pieces = Vec::new();
    if let Some(status) = poe.status.filter(|status| *status != PoeStatus::Delivering || poe.draw_mw.is_none()) {
        pieces.push((format!("{} ", tr(status.word())), plain));
    }
    pieces.extend(poe.draw_mw.map(|mw| (watts(mw), plain)));
    pieces.extend(poe.limit_mw.map(|mw| (format!(" / {}", watts(mw)), dim)));
    pieces.extend(poe.class.map(|class| (format!("  {} {class}", tr("class")), dim)));
    pieces
}

/// The whole way in a line.
pub fn line(scene: &Scene<'_>, chain: &[ChainStep]) -> Vec<Piece> {
    let dim = scene.theme.style(Tone::Dim);
    let mut pieces = Vec::new();
    for step in chain {
        pieces.push((" > ".to_owned(), dim));
        pieces.extend(port(scene, step));
        if let Some(draw) = step.poe.as_ref().and_then(|poe| poe.draw_mw) {
            pieces.push((format!(" PoE {:.1} W", f64::from(draw) / 1000.0), dim));
        }
    }
    if let Some(peer) = chain.last().and_then(|step| step.peer.as_ref()) {
        pieces.push((format!(" > {peer}"), dim));
    }
    pieces
}
