//! Layers become rows of items: boxes, and the places where a line passes a row on its way further down.

use super::Plan;
use super::order::Layers;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Rows that one layer may wrap into. A layer that needs more stays one row and the map grows to the right: the lines past so
/// many rows could not be followed.
const MAX_WRAP: usize = 4;
/// Lines of one box to one far row that share their way there.
const SHARED_FROM: usize = 3;
/// Cells between boxes.
pub const GAP: i32 = 2;
/// Cells between peers, the widest that fits: room for a figure on their line, and a little more of it.
pub const PEER_GAPS: [i32; 3] = [8, 6, 5];
/// Cells of a passing line: the line and a choice of columns.
pub const PASS: i32 = 3;

/// A box of the plan, or a passing line.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Item {
    /// The box; `None` is a passing line.
    pub node: Option<usize>,
    pub row: usize,
    pub width: i32,
    pub height: i32,
    /// Left column, set by [`super::place`].
    pub x: i32,
}

impl Item {
    /// Its middle column.
    pub const fn centre(&self) -> i32 {
        self.x + self.width / 2
    }
}

/// A connection of two items in neighbouring rows.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Wire {
    pub upper: usize,
    pub lower: usize,
    pub edges: Vec<usize>,
}

/// A connection within a row.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Peer {
    pub a: usize,
    pub b: usize,
    pub edge: usize,
}

/// The rows with what connects them. The first items are the boxes, by number.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// All items.
    pub items: Vec<Item>,
    /// Items of each row, from the left.
    pub rows: Vec<Vec<usize>>,
    /// The layer of each row.
    pub layers: Vec<u8>,
    /// Connections downwards, by the upper item's row.
    pub wires: Vec<Vec<Wire>>,
    /// Connections within rows.
    pub peers: Vec<Peer>,
    /// Cells between peers that stand side by side.
    pub peer_gap: i32,
    /// The same as pairs, both ways round.
    pairs: FxHashSet<(usize, usize)>,
}

impl Rows {
    /// Of ordered layers. Passing lines stand at the end of their rows until [`super::place`] has put them among the boxes.
    pub fn new(plan: &Plan, layers: &Layers) -> Self {
        let mut this = Self {
            items: plan
                .nodes
                .iter()
                .map(|node| Item {
                    node: None,
                    row: 0,
                    width: i32::from(node.width.max(1)),
                    height: i32::from(node.height.max(1)),
                    x: 0,
                })
                .collect(),
            peer_gap: PEER_GAPS[0],
            ..Self::default()
        };
        for (at, item) in this.items.iter_mut().enumerate() {
            item.node = Some(at);
        }
        let parents = parents(plan);
        let passing = passing(plan, layers);
        for (layer, list) in layers {
            let lines = passing.get(layer).copied().unwrap_or(0);
            for row in wrapped(plan, list, (&parents, lines)) {
                for node in &row {
                    this.items[*node].row = this.rows.len();
                }
                this.rows.push(row);
                this.layers.push(*layer);
            }
        }
        this.wires = vec![Vec::new(); this.rows.len()];
        this.connect(plan);
        this
    }

    fn connect(&mut self, plan: &Plan) {
        // Upper box and target row → edges that go there.
        let mut far: BTreeMap<(usize, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for (edge, &(a, b)) in plan.edges.iter().enumerate().filter(|(_, (a, b))| a != b) {
            let (upper, lower) = if self.items[a].row <= self.items[b].row { (a, b) } else { (b, a) };
            match self.items[lower].row - self.items[upper].row {
                0 => {
                    self.peers.push(Peer { a, b, edge });
                    self.pairs.extend([(a, b), (b, a)]);
                }
                1 => self.wires[self.items[upper].row].push(Wire { upper, lower, edges: vec![edge] }),
                _ => far.entry((upper, self.items[lower].row)).or_default().push((edge, lower)),
            }
        }
        for ((upper, row), edges) in far {
            if edges.len() >= SHARED_FROM {
                self.chain(upper, row, &edges);
            } else {
                for edge in edges {
                    self.chain(upper, row, &[edge]);
                }
            }
        }
    }

    /// A line from `upper` through the rows above `row`, and from there to each of its boxes.
    fn chain(&mut self, upper: usize, row: usize, targets: &[(usize, usize)]) {
        let edges: Vec<usize> = targets.iter().map(|(edge, _)| *edge).collect();
        let mut above = upper;
        for between in self.items[upper].row + 1..row {
            let pass = self.items.len();
            self.items.push(Item { node: None, row: between, width: PASS, height: 1, x: 0 });
            self.rows[between].push(pass);
            self.wires[between - 1].push(Wire { upper: above, lower: pass, edges: edges.clone() });
            above = pass;
        }
        for &(edge, lower) in targets {
            self.wires[row - 1].push(Wire { upper: above, lower, edges: vec![edge] });
        }
    }

    /// Cells that must lie between two neighbours of a row.
    pub fn gap(&self, left: usize, right: usize) -> i32 {
        let boxes = self.items[left].node.is_some() && self.items[right].node.is_some();
        match boxes {
            true if self.pairs.contains(&(left, right)) => self.peer_gap,
            true => GAP,
            false => 1,
        }
    }
}

/// The first neighbour of each box in a higher layer: whose child it is, when a layer wraps.
fn parents(plan: &Plan) -> Vec<Option<usize>> {
    let mut parents = vec![None; plan.nodes.len()];
    for &(a, b) in &plan.edges {
        let (upper, lower) = if plan.nodes[a].layer <= plan.nodes[b].layer { (a, b) } else { (b, a) };
        if plan.nodes[upper].layer < plan.nodes[lower].layer && parents[lower].is_none() {
            parents[lower] = Some(upper);
        }
    }
    parents
}

/// Lines that pass each layer on their way from a higher to a lower one.
fn passing(plan: &Plan, layers: &Layers) -> BTreeMap<u8, i32> {
    let mut chains: BTreeMap<(usize, u8), i32> = BTreeMap::new();
    for &(a, b) in &plan.edges {
        let (upper, lower) = if plan.nodes[a].layer <= plan.nodes[b].layer { (a, b) } else { (b, a) };
        *chains.entry((upper, plan.nodes[lower].layer)).or_default() += 1;
    }
    let mut passing = BTreeMap::new();
    for ((upper, below), lines) in chains {
        let lines = if usize::try_from(lines).unwrap_or(0) >= SHARED_FROM { 1 } else { lines };
        for (layer, _) in
            layers.range(plan.nodes[upper].layer.saturating_add(1)..below.max(plan.nodes[upper].layer.saturating_add(1)))
        {
            *passing.entry(*layer).or_default() += lines;
        }
    }
    passing
}

/// A layer as rows that fit the width: the children of one parent are shared out among the rows, so that all stay below it.
fn wrapped(plan: &Plan, list: &[usize], (parents, lines): (&[Option<usize>], i32)) -> Vec<Vec<usize>> {
    let total: i32 = list.iter().map(|node| i32::from(plan.nodes[*node].width) + GAP).sum();
    let room = (i32::from(plan.width) - lines * (PASS + 1)).max(1);
    if total - GAP <= room {
        return vec![list.to_vec()];
    }
    let runs: Vec<&[usize]> = list.chunk_by(|a, b| parents[*a] == parents[*b]).collect();
    // Lines to the lower rows pass the upper ones.
    let passing = i32::try_from(runs.len()).unwrap_or(0) * (PASS + 1);
    let wanted = (total + room - 1) / (room - passing).max(room / 2).max(1);
    let count = usize::try_from(wanted).unwrap_or(1).max(2);
    if count > MAX_WRAP {
        return vec![list.to_vec()];
    }
    let mut rows: Vec<(i32, Vec<usize>)> = vec![(0, Vec::new()); count];
    for run in runs {
        let share = run.len().div_ceil(count);
        for part in run.chunks(share) {
            let width: i32 = part.iter().map(|node| i32::from(plan.nodes[*node].width) + GAP).sum();
            if let Some((used, row)) = rows.iter_mut().min_by_key(|(used, _)| *used) {
                *used += width;
                row.extend_from_slice(part);
            }
        }
    }
    rows.into_iter().map(|(_, row)| row).filter(|row| !row.is_empty()).collect()
}
