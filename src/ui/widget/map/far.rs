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
use crate::ui::widget::{put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use rustc_hash::FxHashMap;

/// Cells of a block, least: a short name with a count.
const LEAST_WIDTH: i32 = 16;
/// Cells of a block, most: more would only spread its dots.
const MOST_WIDTH: i32 = 40;
/// Rows of a block, least: its name and a row of dots.
const LEAST_HEIGHT: i32 = 2;
/// Cells between blocks across: lines pass there.
const GAP: i32 = 3;
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
            Site { name: name.to_owned(), nodes, slab: Slab::default() }
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

/// Puts the blocks onto a grid.
fn place(sites: &mut [Site], (columns, rows): (i32, i32)) {
    let count = i32::try_from(sites.len()).unwrap_or(i32::MAX).max(1);
    let most = ((columns + GAP) / (LEAST_WIDTH + GAP)).max(1);
    // As square as letters are: a cell is about twice as high as wide.
    let wished = (1..=most).find(|across| (columns / across) <= 2 * (rows / ((count + across - 1) / across)).max(1) * 2);
    let across = wished.unwrap_or(most).min(count).max(1);
    let down = (count + across - 1) / across;
    let width = ((columns - GAP * (across - 1)) / across).clamp(1, MOST_WIDTH);
    let height = (rows / down).max(LEAST_HEIGHT);
    let margin = ((columns - across * width - (across - 1) * GAP) / 2).max(0);
    for (site, number) in sites.iter_mut().zip(0..) {
        let (column, row) = (number % across, number / across);
        let body = (height - 1).max(LEAST_HEIGHT);
        site.slab = Slab { x: margin + column * (width + GAP), y: row * height, width, height: body };
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
    let all: usize = nodes().map(|node| node.count.max(1)).sum();
    let room = |length: i32, dots: i32| usize::try_from(length * dots).unwrap_or(0);
    let (across, down) = (room(site.slab.width, 2), room(site.slab.height - 1, 4));
    // The widest spacing that fits, then as many devices to a dot as must be.
    let fitting = [(2, 2), (2, 1), (1, 1)].into_iter().find(|(x, y)| (across / x) * (down / y).max(1) >= all + across / x * 2);
    let (pitch_x, pitch_y) = fitting.unwrap_or((1, 1));
    let per_line = (across / pitch_x).max(1);
    let share = all.div_ceil(((down / pitch_y).saturating_sub(2) * per_line).max(1)).max(1);
    let (mut line, mut column, mut layer) = (0, 0, None);
    for node in nodes() {
        if layer.is_some_and(|before| before != node.layer) && column > 0 {
            (line, column) = (line + 1, 0);
        }
        layer = Some(node.layer);
        for (fare, count) in fares(node).into_iter().filter(|(_, count)| *count > 0) {
            let (rank, style) = fare_style(drawing, fare);
            for _ in 0..count.div_ceil(share) {
                if column >= per_line {
                    (line, column) = (line + 1, 0);
                }
                let at = (column * pitch_x, line * pitch_y);
                if at.1 < down {
                    canvas.set((&site.slab, at), (rank, style));
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

/// The name of a block, with what is wrong in it.
fn title(drawing: &Drawing<'_>, (site, selected): (&Site, bool), area: Rect, buf: &mut Buffer) {
    let at = |x: i32, y: i32| Some(Position::new(area.x + u16::try_from(x).ok()?, area.y + u16::try_from(y).ok()?));
    let Some(at) = at(site.slab.x, site.slab.y).filter(|at| area.contains(*at)) else { return };
    let room = u16::try_from(site.slab.width).unwrap_or(0).min(area.right().saturating_sub(at.x));
    let theme = drawing.theme;
    let [bad, alarm, all] = counts(drawing.graph, site);
    let cross = drawing.glyphs.status(DeviceStatus::Down);
    let mut figures = vec![(format!(" {all}"), theme.style(Tone::Dim))];
    if bad > 0 {
        figures.push((format!(" {cross}{bad}"), theme.style(Tone::Critical)));
    }
    if alarm > 0 {
        figures.push((format!(" !{alarm}"), theme.style(Tone::Major)));
    }
    let taken: usize = figures.iter().map(|(text, _)| width(text)).sum();
    let name = fit(&site.name, usize::from(room).saturating_sub(taken).max(1), drawing.glyphs.ellipsis);
    let style = if selected { theme.selected().patch(theme.style(Tone::Strong)) } else { theme.style(Tone::Strong) };
    buf.set_style(Rect::new(at.x, at.y, room, 1), Style::reset());
    let used = put(buf, at, room, (&name, style));
    let pieces: Vec<(&str, Style)> = figures.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    put_all(buf, Position::new(at.x + used, at.y), room.saturating_sub(used), &pieces);
}
