//! The network from afar: a block for each site, a dot for each device, lines between the sites. No names of devices; what is
//! wrong stands out by colour and by the count beside the site's name.
//!
//! Blocks stand in reading order: the site nearest to the world first, then by name. Nothing in it depends on loads.

use super::{Drawing, mini};
use crate::model::{DeviceStatus, Severity};
use crate::state::view::{GraphNode, GraphView};
use crate::ui::layout::Slab;
use crate::ui::layout::order::natural;
use crate::ui::text::{fit, width};
use crate::ui::theme::Tone;
use crate::ui::widget::put_all;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, Widget};
use rustc_hash::FxHashMap;

/// Cells of a block with the gap beside it, least: a short name with a count.
const LEAST_SLOT: i32 = 22;
/// The same where there are too many sites for that.
const NARROW_SLOT: i32 = 12;
/// Cells of a block, most: more would only spread its dots.
const MOST_WIDTH: i32 = 26;
/// Rows of a block, most.
const MOST_HEIGHT: i32 = 6;
/// Rows of a slot from which a block has a frame: frame, a row of dots, a row for the lines.
const FRAMED_FROM: i32 = 4;
/// Cells between blocks across: lines pass there.
const GAP: i32 = 3;
/// How many cells wide a slot is for each row that it is high: cells are about twice as high as wide.
const SHAPE: f64 = 3.0;
/// Dots from one device to the next, across and down, and dots of a device; the roomiest first.
const PITCHES: [(usize, usize, usize, usize); 4] = [(4, 4, 3, 3), (2, 2, 1, 1), (2, 1, 1, 1), (1, 1, 1, 1)];
/// Where nothing says where it is.
const NOWHERE: &str = "-";

/// One place with the numbers of its nodes, by layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// As sysLocation says.
    pub name: String,
    /// Places in the graph, layer by layer.
    pub nodes: Vec<usize>,
    /// Where it is drawn, in cells of the area.
    pub slab: Slab,
    /// Whether it has a frame.
    pub framed: bool,
}

impl Site {
    /// Where its dots are.
    const fn inside(&self) -> Slab {
        let Slab { x, y, width, height } = self.slab;
        if self.framed {
            Slab { x: x + 2, y: y + 1, width: width - 4, height: height - 2 }
        } else {
            Slab { x, y: y + 1, width, height: height - 1 }
        }
    }
}

/// How a device is, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fare {
    Heard,
    Well,
    Alarm,
    Bad,
}

/// The words of a location: `busan, building 2, 3F`.
fn words(node: &GraphNode) -> impl Iterator<Item = &str> {
    node.site.iter().flat_map(|site| site.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

/// The places of a graph with where they are drawn: sites, or the parts of the only one.
pub fn sites(graph: &GraphView, (columns, rows): (u16, u16)) -> Vec<Site> {
    let first = graph.nodes.iter().find_map(|node| words(node).next());
    let several = graph.nodes.iter().filter_map(|node| words(node).next()).any(|word| Some(word) != first);
    let mut by_name: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (at, node) in graph.nodes.iter().enumerate() {
        let mut words = words(node);
        let whole = words.next();
        let name = if several { whole } else { words.next().or(whole) };
        by_name.entry(name.unwrap_or(NOWHERE)).or_default().push(at);
    }
    let layer = |at: &usize| graph.nodes.get(*at).map_or(u8::MAX, |node| node.layer);
    let mut sites: Vec<Site> = by_name
        .into_iter()
        .map(|(name, mut nodes)| {
            nodes.sort_by_key(layer);
            Site { name: name.to_owned(), nodes, slab: Slab::default(), framed: false }
        })
        .collect();
    let top = |site: &Site| site.nodes.first().map_or(u8::MAX, layer);
    sites.sort_by(|a, b| (a.name == NOWHERE).cmp(&(b.name == NOWHERE)).then_with(|| natural(&a.name, &b.name)));
    // The one with the way out stands first; the others are not shuffled by roles.
    if let Some(head) = sites.iter().enumerate().min_by_key(|(at, site)| (top(site), *at)).map(|(at, _)| at) {
        let site = sites.remove(head);
        sites.insert(0, site);
    }
    place(&mut sites, (i32::from(columns), i32::from(rows)));
    sites
}

/// Puts the blocks onto a grid, each in the middle of its slot.
fn place(sites: &mut [Site], (columns, rows): (i32, i32)) {
    let count = i32::try_from(sites.len()).unwrap_or(i32::MAX).max(1);
    let roomy = columns / LEAST_SLOT;
    let most = if roomy * rows >= count { roomy } else { columns / NARROW_SLOT }.clamp(1, count);
    let slots = |across: i32| (columns / across, rows / ((count + across - 1) / across));
    let unshapely = |across: &i32| {
        let (width, height) = slots(*across);
        // What would not all be in view comes last.
        if height < 1 { f64::from(count - across) + 1e6 } else { (f64::from(width) / f64::from(height) / SHAPE).ln().abs() }
    };
    let across = (1..=most).min_by(|a, b| unshapely(a).total_cmp(&unshapely(b))).unwrap_or(1);
    let (width, height) = (slots(across).0, slots(across).1.max(1));
    let framed = height >= FRAMED_FROM;
    let block = ((width - GAP).clamp(1, MOST_WIDTH), (height - i32::from(height > 1)).clamp(1, MOST_HEIGHT));
    for (site, number) in sites.iter_mut().zip(0..) {
        let (column, row) = (number % across, number / across);
        let margin = if framed { ((width - block.0) / 2, (height - block.1) / 2) } else { (1, 0) };
        site.slab = Slab { x: column * width + margin.0, y: row * height + margin.1, width: block.0, height: block.1 };
        site.framed = framed;
    }
}

/// How the devices of a node are: how many of each.
fn fares(node: &GraphNode) -> [(Fare, usize); 2] {
    if node.count > 1 {
        let ill = if node.faults.is_empty() { 0 } else { node.count.saturating_sub(node.count_up).max(1) };
        let rest = if node.neighbour { Fare::Heard } else { Fare::Well };
        let worst = if matches!(node.status, DeviceStatus::Down | DeviceStatus::Unreachable) { Fare::Bad } else { Fare::Alarm };
        return [(worst, ill.min(node.count)), (rest, node.count.saturating_sub(ill))];
    }
    let fare = match node.status {
        DeviceStatus::Down | DeviceStatus::Unreachable => Fare::Bad,
        _ if node.alarm.is_some_and(|worst| worst >= Severity::Minor) => Fare::Alarm,
        DeviceStatus::Unknown => Fare::Heard,
        DeviceStatus::Up | DeviceStatus::Maintenance => Fare::Well,
    };
    [(fare, 1), (fare, 0)]
}

/// How many devices of a site fare badly, have an alarm, and are there at all.
pub fn counts(graph: &GraphView, site: &Site) -> [usize; 3] {
    let mut sums = [0; 3];
    for (fare, count) in site.nodes.iter().filter_map(|at| graph.nodes.get(*at)).flat_map(fares) {
        let [bad, alarm, all] = &mut sums;
        *all += count;
        match fare {
            Fare::Bad => *bad += count,
            Fare::Alarm => *alarm += count,
            Fare::Well | Fare::Heard => {}
        }
    }
    sums
}

/// The site of a node.
pub fn site_of(sites: &[Site], graph: &GraphView, id: &str) -> Option<usize> {
    sites.iter().position(|site| site.nodes.iter().any(|at| graph.nodes.get(*at).is_some_and(|node| node.id == id)))
}

/// Draws it. `selected` is the site under the cursor.
pub fn render(drawing: &Drawing<'_>, (sites, selected): (&[Site], Option<usize>), area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let mut canvas = mini::Dots::new(area);
    lines(drawing, sites, &mut canvas);
    for site in sites {
        dots(drawing, site, &mut canvas);
    }
    canvas.paint(drawing.glyphs, buf);
    for (at, site) in sites.iter().enumerate() {
        title(drawing, (site, selected == Some(at)), area, buf);
    }
}

/// A line for each pair of sites that is linked, in the colour of its worst link.
fn lines(drawing: &Drawing<'_>, sites: &[Site], canvas: &mut mini::Dots) {
    let graph = drawing.graph;
    let mut home: FxHashMap<&str, usize> = FxHashMap::default();
    for (number, site) in sites.iter().enumerate() {
        home.extend(site.nodes.iter().filter_map(|at| Some((graph.nodes.get(*at)?.id.as_str(), number))));
    }
    let mut pairs: FxHashMap<(usize, usize), (u8, Style)> = FxHashMap::default();
    for edge in &graph.edges {
        let (Some(a), Some(b)) = (home.get(edge.a.as_str()), home.get(edge.b.as_str())) else { continue };
        if a == b {
            continue;
        }
        let (_, style, _) = super::lines::look(drawing, edge);
        let badness = super::lines::badness(edge);
        let slot = pairs.entry((*a.min(b), *a.max(b))).or_insert((badness, style));
        if badness > slot.0 {
            *slot = (badness, style);
        }
    }
    let mut sorted: Vec<_> = pairs.into_iter().collect();
    sorted.sort_unstable_by_key(|(pair, (badness, _))| (*badness, *pair));
    for ((a, b), (_, style)) in sorted {
        let (Some(a), Some(b)) = (sites.get(a), sites.get(b)) else { continue };
        canvas.stroke((a.slab.centre(), b.slab.centre()), (1, style));
    }
    for site in sites {
        canvas.clear(&site.slab);
    }
}

/// A dot for each device, layer by layer; where they do not fit, one for several.
fn dots(drawing: &Drawing<'_>, site: &Site, canvas: &mut mini::Dots) {
    let graph = drawing.graph;
    let nodes = || site.nodes.iter().filter_map(|at| graph.nodes.get(*at));
    let counts: Vec<(u8, usize)> = nodes().map(|node| (node.layer, node.count.max(1))).collect();
    let inside = site.inside();
    let room = |length: i32, dots: i32| usize::try_from(length.max(0) * dots).unwrap_or(0);
    let (across, down) = (room(inside.width, 2), room(inside.height, 4));
    let lines = |per_line: usize, share: usize| -> usize {
        let layers = counts.chunk_by(|a, b| a.0 == b.0);
        layers.map(|layer| layer.iter().map(|(_, count)| count.div_ceil(share)).sum::<usize>().div_ceil(per_line.max(1))).sum()
    };
    let fitting = PITCHES.into_iter().find(|(x, y, ..)| lines(across / x, 1) <= down / y);
    let (pitch_x, pitch_y, wide, high) = fitting.unwrap_or((1, 1, 1, 1));
    let per_line = (across / pitch_x).max(1);
    let mut share = 1;
    while lines(per_line, share) > (down / pitch_y).max(1) && share < 1 << 20 {
        share *= 2;
    }
    let (mut line, mut column, mut layer) = (0, 0, None);
    for node in nodes() {
        if layer.is_some_and(|before| before != node.layer) && column > 0 {
            (line, column) = (line + 1, 0);
        }
        layer = Some(node.layer);
        for (fare, count) in fares(node).into_iter().filter(|(_, count)| *count > 0) {
            let mark = fare_style(drawing, fare);
            for _ in 0..count.div_ceil(share) {
                if column >= per_line {
                    (line, column) = (line + 1, 0);
                }
                let at = (column * pitch_x, line * pitch_y);
                let whole = (0..high).flat_map(|y| (0..wide).map(move |x| (at.0 + x, at.1 + y)));
                for at in whole.filter(|at| at.1 < down) {
                    canvas.set((&inside, at), mark);
                }
                column += 1;
            }
        }
    }
}

fn fare_style(drawing: &Drawing<'_>, fare: Fare) -> (u8, Style) {
    let theme = drawing.theme;
    match fare {
        Fare::Heard => (2, theme.style(Tone::Dim)),
        Fare::Well => (3, theme.style(Tone::Ok)),
        Fare::Alarm => (4, theme.style(Tone::Major)),
        Fare::Bad => (5, theme.style(Tone::Critical)),
    }
}

/// The frame of a block and its name, with what is wrong in it.
fn title(drawing: &Drawing<'_>, (site, selected): (&Site, bool), area: Rect, buf: &mut Buffer) {
    let theme = drawing.theme;
    let [bad, alarm, all] = counts(drawing.graph, site);
    let Some(block) = on_screen(&site.slab, area) else { return };
    let border = theme.style(match (selected, bad > 0) {
        (true, _) => Tone::BorderFocus,
        (false, true) => Tone::Critical,
        (false, false) => Tone::Border,
    });
    if site.framed {
        Block::bordered().border_set(drawing.glyphs.border).border_style(border).render(block, buf);
    }
    let indent = u16::from(site.framed);
    let at = Position::new(block.x + indent, block.y);
    let room = block.width.saturating_sub(2 * indent);
    let cross = drawing.glyphs.status(DeviceStatus::Down);
    let mut figures = vec![(format!(" {all}"), theme.style(Tone::Dim))];
    if bad > 0 {
        figures.push((format!(" {cross}{bad}"), theme.style(Tone::Critical)));
    }
    if alarm > 0 {
        figures.push((format!(" !{alarm}"), theme.style(Tone::Major)));
    }
    figures.push((" ".to_owned(), Style::new()));
    let taken: usize = figures.iter().map(|(text, _)| width(text)).sum();
    let name = fit(&site.name, usize::from(room).saturating_sub(taken + 1).max(1), drawing.glyphs.ellipsis);
    let style = if selected { theme.selected().patch(theme.style(Tone::Strong)) } else { theme.style(Tone::Strong) };
    let blank = if site.framed { " " } else { "" };
    let mut pieces: Vec<(&str, Style)> = vec![(blank, Style::new()), (&name, style)];
    pieces.extend(figures.iter().map(|(text, style)| (text.as_str(), *style)));
    put_all(buf, at, room, &pieces);
}

fn on_screen(slab: &Slab, area: Rect) -> Option<Rect> {
    let cells = |length: i32| u16::try_from(length).ok();
    let block = Rect::new(area.x + cells(slab.x)?, area.y + cells(slab.y)?, cells(slab.width)?, cells(slab.height)?);
    Some(block.intersection(area)).filter(|block| !block.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{campus, text};
    use super::super::{Arrangement, ColourBy};
    use super::*;
    use crate::ui::glyph::{GlyphSet, Glyphs};
    use crate::ui::theme::{Depth, Theme, ThemeName};
    use proptest::prelude::*;

    fn places(count: usize, each: usize) -> GraphView {
        let mut graph = GraphView::default();
        for at in 0..count * each {
            let mut node =
                super::super::tests::node(&format!("n{at}"), crate::model::Role::Switch, u8::try_from(at % each % 5).unwrap());
            node.site = Some(format!("site {}, building {}", at / each, at % 3));
            graph.nodes.push(node);
        }
        graph
    }

    fn drawn(graph: &GraphView, (width, height): (u16, u16), set: GlyphSet) -> String {
        let area = Rect::new(0, 0, width, height);
        let (theme, glyphs) = (Theme::new(ThemeName::Dark, Depth::True), Glyphs::new(set));
        let arrangement = Arrangement::default();
        let (selected, colour_by) = (None, ColourBy::Utilisation);
        let drawing = Drawing { arrangement: &arrangement, graph, selected, colour_by, theme: &theme, glyphs: &glyphs };
        let mut buf = Buffer::empty(area);
        render(&drawing, (&sites(graph, (width, height)), Some(0)), area, &mut buf);
        text(&buf)
    }

    #[test]
    fn the_parts_of_a_lone_site_and_all_sites_of_many_have_a_block_each() {
        for (graph, count) in [(places(1, 30), 3), (places(12, 40), 12), (campus(), 1)] {
            assert_eq!(sites(&graph, (84, 28)).len(), count);
        }
        let shown = drawn(&places(12, 40), (84, 28), GlyphSet::Ascii);
        for at in 0..12 {
            assert!(shown.contains(&format!("site {at} 40")), "{shown}");
        }
    }

    #[test]
    fn blocks_do_not_overlap_and_stay_in_view_while_there_is_a_row_for_each() {
        for count in 1..150 {
            let sites = sites(&places(count, 2), (84, 28));
            for (at, site) in sites.iter().enumerate() {
                assert!(site.slab.right() < 84 && site.slab.bottom() < 28, "{count} {:?}", site.slab);
                assert!(sites[..at].iter().all(|other| !other.slab.overlaps(&site.slab)), "{count}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_number_of_places_can_be_drawn_at_any_size(
            count in 0usize..60, each in 1usize..300, width in 1u16..200, height in 1u16..60, ascii in any::<bool>(),
        ) {
            let set = if ascii { GlyphSet::Ascii } else { GlyphSet::Unicode };
            let shown = drawn(&places(count, each), (width, height), set);
            prop_assert!(!ascii || shown.is_ascii());
        }
    }
}
