//! Words about the map: its title, the counts, and what shapes and colours mean.

use super::act::UNFOLDED;
use super::{is_tree, keys_are_far, selected};
use crate::model::DeviceStatus;
use crate::query::MapLayer;
use crate::state::view::GraphView;
use crate::ui::glyph::GlyphSet;
use crate::ui::lang::{tr, trf, trn};
use crate::ui::pane::Scene;
use crate::ui::state::{Room, UiState};
use crate::ui::text::EN;
use crate::ui::theme::{Depth, Tone, UTILISATION_BREAKS};
use crate::ui::widget::map::{ColourBy, Drawing, row_name};
use crate::ui::widget::put_all;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// What is shown, of which network, and by what it is coloured.
pub(super) fn title(scene: &Scene<'_>, graph: &GraphView) -> String {
    let map = &scene.state.map;
    let mut parts = vec![match &map.request.focus {
        Some(focus) => {
            let name = graph.nodes.iter().find(|node| node.id == focus.as_str()).map_or(focus.as_str(), |node| &node.label);
            trn!(map.request.hops, "1 hop of {}", "{} hops of {}", name)
        }
        None if keys_are_far(scene.state) => tr("places").to_owned(),
        None if map.request.level >= UNFOLDED => tr("everything").to_owned(),
        None => tr("folded").to_owned(),
    }];
    match map.request.layer {
        MapLayer::L2 => {}
        MapLayer::Vlan(vlan) => parts.push(format!("VLAN {vlan}")),
        MapLayer::L3 => parts.push(tr("L3 subnets").to_owned()),
    }
    if is_tree(scene.state) && scene.state.room() != Room::Tiny {
        parts.push(trf!("tree by {}", tr(super::tree::BY.get(map.tree_by).copied().unwrap_or("name"))));
    }
    parts.push(trf!("colour: {}", tr(ColourBy::numbered(map.colour_by).words())));
    if !map.hidden_layers.is_empty() {
        let names: Vec<&str> = map.hidden_layers.iter().map(|layer| row_name(*layer + 1)).collect();
        parts.push(trf!("without {}", names.join(" ")));
    }
    let filter = &scene.state.here().filter;
    if !filter.is_empty() {
        let found: usize = graph.nodes.iter().map(|node| node.matches).sum();
        parts.push(format!("/{filter} {}", found_words(scene.state, graph, found)));
    }
    parts.join(&format!(" {} ", scene.glyphs.dot))
}

/// Which match the cursor is on, of how many.
fn found_words(state: &UiState, graph: &GraphView, found: usize) -> String {
    let here = selected(graph, state).filter(|node| node.matches > 0).map(|node| node.id.as_str());
    let mut before = 0;
    for node in &graph.nodes {
        if Some(node.id.as_str()) == here {
            return trf!("{} of {}", before + 1, found);
        }
        before += node.matches;
    }
    match found {
        0 => tr("no match").to_owned(),
        found => trn!(found, "1 match", "{} matches"),
    }
}

/// How many nodes are drawn.
pub(super) fn note(scene: &Scene<'_>, graph: &GraphView) -> String {
    let shown: usize = graph.nodes.iter().filter(|node| node.count == 1).count();
    if scene.state.room() == Room::Tiny {
        return String::new();
    }
    trn!(graph.total_nodes, "{} of 1 node", "{1} of {0} nodes", shown)
}

/// What is said in place of an empty map.
pub(super) fn nothing(state: &UiState, graph: &GraphView) -> Vec<&'static str> {
    match state.map.request.layer {
        MapLayer::Vlan(_) if graph.total_nodes == 0 => vec![tr("Nothing carries this VLAN.")],
        MapLayer::L3 if graph.total_nodes == 0 => vec![tr("No two devices share a subnet.")],
        _ if graph.total_nodes == 0 => EN.first_run.to_vec(),
        _ => vec![EN.nothing_matches],
    }
}

/// Pieces of a legend, written until there is no more room.
struct Legend {
    pieces: Vec<(String, Style)>,
    dim: Style,
}

impl Legend {
    fn say(&mut self, glyph: impl Into<String>, style: Style, word: &str) {
        self.pieces.push((format!(" {}", glyph.into()), style));
        self.pieces.push((word.to_owned(), self.dim));
    }

    fn draw(&self, area: Rect, buf: &mut Buffer) {
        let mut room = usize::from(area.width);
        let mut fitting: Vec<(&str, Style)> = Vec::new();
        for pair in self.pieces.chunks(2) {
            let cells: usize = pair.iter().map(|(text, _)| crate::ui::text::width(text)).sum();
            if cells > room {
                break;
            }
            room -= cells;
            fitting.extend(pair.iter().map(|(text, style)| (text.as_str(), *style)));
        }
        put_all(buf, Position::new(area.x, area.y), area.width, &fitting);
    }
}

/// The scale of the colour, and what the shapes mean.
pub(super) fn draw(drawing: &Drawing<'_>, area: Rect, buf: &mut Buffer) {
    let theme = drawing.theme;
    let dim = theme.style(Tone::Dim);
    let [light, heavy, double, down, blocked, join] = match drawing.glyphs.set {
        GlyphSet::Unicode => ["─", "━", "═", "╌", "┈", "●"],
        GlyphSet::Cjk | GlyphSet::Ascii => ["-", "#", "=", ".", ":", "+"],
    };
    let mut legend = Legend { pieces: Vec::new(), dim };
    match drawing.colour_by {
        ColourBy::Utilisation if theme.depth() == Depth::Mono => {
            legend.say(light, dim, "<70%");
            legend.say(heavy, dim, ">70%");
        }
        ColourBy::Utilisation => {
            let bounds = UTILISATION_BREAKS.iter().map(|bound| format!("{bound:.0}")).chain(["%".to_owned()]);
            for (step, bound) in bounds.enumerate() {
                let line = if step >= 6 { heavy } else { light };
                legend.pieces.push((if step == 0 { format!(" {line}") } else { line.to_owned() }, theme.utilisation_step(step)));
                legend.pieces.push((bound, dim));
            }
        }
        ColourBy::Errors => {
            legend.say(light, theme.style(Tone::Ok), tr("no errors"));
            legend.say(light, theme.style(Tone::Minor), "<1/s");
            legend.say(light, theme.style(Tone::Major), "1/s+");
        }
        ColourBy::State => {
            legend.say(light, theme.style(Tone::Ok), tr("up"));
            legend.say(light, theme.style(Tone::Major), tr("part down"));
            legend.say(light, theme.style(Tone::Unknown), tr("unknown"));
        }
    }
    let cross = drawing.glyphs.status(DeviceStatus::Down);
    legend.say(double, theme.style(Tone::Text), tr("bundle"));
    legend.say("*", theme.style(Tone::Text), tr("part down"));
    legend.say(format!("{down}{cross}"), theme.style(Tone::Critical), tr("down"));
    legend.say(blocked, dim, "STP");
    legend.say("?", theme.style(Tone::Text), tr("one end"));
    legend.say("!", theme.style(Tone::Major), tr("alarm"));
    legend.say(join, theme.style(Tone::Text), tr("joined"));
    legend.draw(area, buf);
}

/// What the dots of the far view mean.
pub(super) fn far(drawing: &Drawing<'_>, area: Rect, buf: &mut Buffer) {
    let theme = drawing.theme;
    let [well, alarm, bad, heard] = if drawing.glyphs.braille() { ["⣿"; 4] } else { ["o", "!", "X", "?"] };
    let mut legend = Legend { pieces: Vec::new(), dim: theme.style(Tone::Dim) };
    legend.say(well, theme.style(Tone::Ok), tr("well"));
    legend.say(alarm, theme.style(Tone::Major), tr("alarm"));
    legend.say(bad, theme.style(Tone::Critical), tr("down"));
    legend.say(heard, theme.style(Tone::Dim), tr("heard of"));
    legend.say("", theme.style(Tone::Text), tr("a dot is a device"));
    legend.draw(area, buf);
}
