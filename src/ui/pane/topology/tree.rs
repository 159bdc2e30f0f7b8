//! The same network as a tree from its core: always complete, greppable, and the form for small screens. Links that are not
//! part of it stand as `~> dist-2` under both their ends.

use crate::model::DeviceStatus;
use crate::state::view::{GraphEdge, GraphNode, GraphView};
use crate::ui::glyph::GlyphSet;
use crate::ui::lang::tr;
use crate::ui::layout::order::natural;
use crate::ui::mouse::{self, Hit};
use crate::ui::pane::Gesture;
use crate::ui::state::UiState;
use crate::ui::text::{fit, width};
use crate::ui::theme::Tone;
use crate::ui::widget::gauge::bar;
use crate::ui::widget::map::{Drawing, boxes, lines};
use crate::ui::widget::put;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::Arc;

/// One line of the tree.
#[derive(Debug)]
struct Row {
    /// Whether each level above has more to come, and this one too.
    more: Vec<bool>,
    node: usize,
    /// The link that leads here.
    edge: Option<usize>,
    /// Whether it is a cross link.
    cross: bool,
    parent: Option<usize>,
}

/// What siblings can be sorted by. Only on request by what changes: by name nothing jumps.
pub(super) const BY: [&str; 3] = ["name", "load", "state"];

/// The rows of a graph.
#[derive(Debug)]
pub struct TreeRows {
    rows: Vec<Row>,
    /// Nodes and edges of the graph, and the order.
    of: (usize, usize, usize),
}

impl TreeRows {
    /// Of a graph, in an order of [`BY`].
    pub fn new(graph: &GraphView, by: usize) -> Self {
        Self { rows: rows(graph, by), of: (graph.nodes.len(), graph.edges.len(), by) }
    }

    /// Whether they can be of this graph. Who keeps them forgets them when another graph comes.
    pub fn are_of(&self, graph: &GraphView, by: usize) -> bool {
        self.of == (graph.nodes.len(), graph.edges.len(), by)
    }
}

/// The remembered rows, else new ones.
pub(super) fn of(state: &UiState, graph: &GraphView) -> Arc<TreeRows> {
    let kept = state.map.tree_rows.as_ref().filter(|rows| rows.are_of(graph, state.map.tree_by));
    kept.map_or_else(|| Arc::new(TreeRows::new(graph, state.map.tree_by)), Arc::clone)
}

/// The rows from the top.
fn rows(graph: &GraphView, by: usize) -> Vec<Row> {
    let number: FxHashMap<&str, usize> = graph.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let mut near: Vec<Vec<(usize, usize)>> = vec![Vec::new(); graph.nodes.len()];
    for (edge, link) in graph.edges.iter().enumerate() {
        let (Some(a), Some(b)) = (number.get(link.a.as_str()), number.get(link.b.as_str())) else { continue };
        for (here, there) in [(*a, *b), (*b, *a)] {
            if let Some(list) = near.get_mut(here) {
                list.push((edge, there));
            }
        }
    }
    let label = |at: usize| graph.nodes.get(at).map_or("", |node| node.label.as_str());
    let rank = |(edge, at): &(usize, usize)| match BY.get(by) {
        Some(&"load") => graph.edges.get(*edge).and_then(|edge| edge.utilisation).map_or(-1.0, |load| load),
        Some(&"state") => graph.nodes.get(*at).map_or(0.0, badness),
        _ => 0.0,
    };
    for list in &mut near {
        list.sort_by(|x, y| {
            let layer = |at: usize| graph.nodes.get(at).map_or(0, |node| node.layer);
            let worse = rank(y).total_cmp(&rank(x));
            worse.then_with(|| layer(x.1).cmp(&layer(y.1))).then_with(|| natural(label(x.1), label(y.1)))
        });
    }
    let parents = span(graph, &near);
    write(graph, &near, &parents)
}

/// What is not well comes first when sorted by state.
fn badness(node: &GraphNode) -> f64 {
    let status = match node.status {
        DeviceStatus::Down => 4.0,
        DeviceStatus::Unreachable => 3.0,
        DeviceStatus::Maintenance => 0.5,
        DeviceStatus::Unknown | DeviceStatus::Up => 0.0,
    };
    let alarm = node.alarm.map_or(0.0, |worst| f64::from(worst as u8) / 10.0);
    status + alarm + if node.faults.is_empty() { 0.0 } else { 1.0 }
}

/// The link and the node towards the root for each node; roots have none.
fn span(graph: &GraphView, near: &[Vec<(usize, usize)>]) -> Vec<Option<Option<(usize, usize)>>> {
    let links = |at: usize| near.get(at).map_or(0, Vec::len);
    let mut starts: Vec<usize> = (0..graph.nodes.len()).collect();
    // Core first, and of those the one with most links.
    starts.sort_by_key(|at| (graph.nodes.get(*at).map_or(9, |node| (node.layer + 4) % 5), std::cmp::Reverse(links(*at)), *at));
    let mut parents: Vec<Option<Option<(usize, usize)>>> = vec![None; graph.nodes.len()];
    for start in starts {
        let Some(slot @ None) = parents.get_mut(start) else { continue };
        *slot = Some(None);
        let mut queue = VecDeque::from([start]);
        while let Some(here) = queue.pop_front() {
            for &(edge, there) in near.get(here).into_iter().flatten() {
                if let Some(slot @ None) = parents.get_mut(there) {
                    *slot = Some(Some((edge, here)));
                    queue.push_back(there);
                }
            }
        }
    }
    parents
}

fn write(graph: &GraphView, near: &[Vec<(usize, usize)>], parents: &[Option<Option<(usize, usize)>>]) -> Vec<Row> {
    let parent = |at: usize| parents.get(at).copied().flatten().flatten();
    let mut rows = Vec::new();
    let mut roots: Vec<usize> = (0..graph.nodes.len()).filter(|at| parent(*at).is_none()).collect();
    roots.sort_by_key(|at| {
        let alone = near.get(*at).is_none_or(Vec::is_empty);
        (alone, graph.nodes.get(*at).map_or(9, |node| (node.layer + 4) % 5))
    });
    let mut stack: Vec<Row> =
        roots.into_iter().rev().map(|node| Row { more: Vec::new(), node, edge: None, cross: false, parent: None }).collect();
    while let Some(row) = stack.pop() {
        if !row.cross {
            let node = row.node;
            let mut below: Vec<Row> = Vec::new();
            for cross in [true, false] {
                for &(edge, there) in near.get(node).into_iter().flatten() {
                    let is_child = parent(there) == Some((edge, node));
                    let is_parent = parent(node) == Some((edge, there));
                    if (cross && !is_child && !is_parent) || (!cross && is_child) {
                        below.push(Row { more: row.more.clone(), node: there, edge: Some(edge), cross, parent: Some(node) });
                    }
                }
            }
            let last = below.len().saturating_sub(1);
            for (at, row) in below.iter_mut().enumerate() {
                row.more.push(at < last);
            }
            stack.extend(below.into_iter().rev());
        }
        rows.push(row);
    }
    rows
}

/// The row of a node.
pub(super) fn row_of(state: &UiState, graph: &GraphView, id: &str) -> Option<usize> {
    of(state, graph).rows.iter().position(|row| !row.cross && graph.nodes.get(row.node).is_some_and(|node| node.id == id))
}

/// Where a key leads from a node: up and down in the tree, left to the parent, right to the first child.
pub(super) fn step(state: &UiState, graph: &GraphView, (here, gesture): (&str, Gesture)) -> Option<String> {
    let kept = of(state, graph);
    let rows: Vec<&Row> = kept.rows.iter().filter(|row| !row.cross).collect();
    let id = |row: &&Row| graph.nodes.get(row.node).map(|node| node.id.clone());
    let at = rows.iter().position(|row| graph.nodes.get(row.node).is_some_and(|node| node.id == here))?;
    let row = rows.get(at)?;
    let to = match gesture {
        Gesture::Up => rows.get(at.saturating_sub(1)),
        Gesture::Down => rows.get(at + 1),
        Gesture::First => rows.first(),
        Gesture::Last => rows.last(),
        Gesture::Left => rows.iter().find(|other| Some(other.node) == row.parent),
        Gesture::Right => rows.iter().find(|other| other.parent == Some(row.node)),
        _ => None,
    };
    to.and_then(id)
}

/// Columns from which loads have a bar.
const BAR_FROM: u16 = 64;
/// Cells of that bar.
const BAR: u16 = 10;

/// Draws the rows that are in view.
pub(super) fn draw(drawing: &Drawing<'_>, state: &UiState, area: Rect, buf: &mut Buffer) {
    let top = usize::try_from(state.map.pan.1).unwrap_or(0);
    for (row, y) in of(state, drawing.graph).rows.iter().skip(top).zip(area.top()..area.bottom()) {
        let Some(node) = drawing.graph.nodes.get(row.node) else { continue };
        let line = Rect { y, height: 1, ..area };
        mouse::area(line, || Hit::Node(node.id.clone()));
        draw_row(drawing, (row, node), line, buf);
    }
}

fn draw_row(drawing: &Drawing<'_>, (row, node): (&Row, &GraphNode), line: Rect, buf: &mut Buffer) {
    let theme = drawing.theme;
    let edge = row.edge.and_then(|edge| drawing.graph.edges.get(edge));
    let figures = line.width.min(6 + if line.width >= BAR_FROM { BAR + 1 } else { 0 });
    let room = line.width.saturating_sub(figures + 1);
    let mut x = line.x;
    let selected = drawing.selected == Some(node.id.as_str()) && !row.cross;
    if selected {
        buf.set_style(line, theme.selected());
    }
    let end = line.x + room;
    let mut write = |buf: &mut Buffer, text: &str, style: Style| {
        let style = if selected { theme.selected().patch(style) } else { style };
        x += put(buf, Position::new(x, line.y), end.saturating_sub(x), (text, style));
    };
    write(buf, if selected { drawing.glyphs.cursor } else { " " }, theme.style(Tone::Accent));
    write(buf, &branches(&row.more, drawing.glyphs.set), theme.style(Tone::Border));
    if row.cross {
        write(buf, &format!("~> {}", node.label), theme.style(Tone::Dim));
    } else {
        let (glyph, style) = boxes::mark(node, drawing).unwrap_or((" ", Style::new()));
        let strong = theme.style(match () {
            () if node.matches > 0 => Tone::Match,
            () if node.neighbour => Tone::Dim,
            () => Tone::Strong,
        });
        write(buf, &boxes::title(node), strong);
        write(buf, " ", Style::new());
        write(buf, glyph, style);
        if node.count > 1 {
            let cross = drawing.glyphs.status(DeviceStatus::Down);
            let tone = if node.faults.is_empty() { Tone::Dim } else { Tone::Critical };
            write(buf, &boxes::fold_line(node, cross), theme.style(tone));
        }
    }
    if let Some(edge) = edge {
        if !row.cross && node.count == 1 {
            let from = if edge.a == node.id { (&edge.b_port, &edge.a_port) } else { (&edge.a_port, &edge.b_port) };
            if let (Some(near), Some(far)) = from {
                write(buf, &format!(" {near} {} {far}", drawing.glyphs.arrow), theme.style(Tone::Dim));
            }
        }
        draw_load(drawing, edge, Rect { x: line.right() - figures, width: figures, ..line }, buf);
    }
}

fn draw_load(drawing: &Drawing<'_>, edge: &GraphEdge, area: Rect, buf: &mut Buffer) {
    let theme = drawing.theme;
    let down = edge.count_up == Some(0);
    let (text, style) = match down {
        true => (tr("DOWN").to_owned(), theme.style(Tone::Critical)),
        false => (lines::figure(edge, drawing.colour_by), theme.utilisation(edge.utilisation)),
    };
    let mut x = area.x;
    if area.width > BAR && !down {
        for span in bar(edge.utilisation, BAR, theme, drawing.glyphs) {
            x += put(buf, Position::new(x, area.y), BAR, (&span.content, span.style));
        }
    }
    let text = fit(&text, 6, "");
    let cells = u16::try_from(width(&text)).unwrap_or(0);
    put(buf, Position::new(area.right().saturating_sub(cells + 1), area.y), cells, (&text, style));
}

/// The lines that lead to a row.
fn branches(more: &[bool], set: GlyphSet) -> String {
    let [on, off, tee, end] = match set {
        GlyphSet::Unicode => ["│ ", "  ", "├─", "╰─"],
        GlyphSet::Cjk | GlyphSet::Ascii => ["| ", "  ", "+-", "`-"],
    };
    let Some((own, above)) = more.split_last() else { return String::new() };
    let mut text: String = above.iter().map(|more| if *more { on } else { off }).collect();
    text.push_str(if *own { tee } else { end });
    text
}
