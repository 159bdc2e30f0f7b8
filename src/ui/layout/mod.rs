//! Where the boxes and lines of the map go: a layered layout on a grid of cells.
//!
//! Pure: no view, no colours, no glyphs. A layer is a role, not a path length; the order in a layer is that of the layout
//! before, so that nothing jumps when a poll brings news; utilisation is no part of it at all. Lines are orthogonal. Between
//! two rows of boxes lies a channel whose horizontal tracks are shared by lines that do not overlap; lines of different nets
//! only ever cross, they never run on top of each other.
//!
//! Start at [`compute`]: [`order`] → [`rows`] → [`place`] → [`route`]. [`worker`] does it on a thread of its own. A single new box
//! of a large map is put in by [`Layout::insert`].

mod insert;
pub mod order;
pub mod place;
pub mod route;
pub mod rows;
pub mod worker;

#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

/// A box that is to be placed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlanNode {
    /// By which it is known again in the next layout.
    pub id: String,
    /// By which a layer is sorted at first: `dist-2` before `dist-10`.
    pub label: String,
    /// The layer, from the top.
    pub layer: u8,
    /// Cells.
    pub width: u16,
    /// Cells.
    pub height: u16,
}

/// What is to be laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The boxes.
    pub nodes: Vec<PlanNode>,
    /// Pairs of numbers of boxes.
    pub edges: Vec<(usize, usize)>,
    /// Cells across which layers should not grow: they wrap.
    pub width: u16,
}

/// A rectangle of cells; coordinates start at the upper left of the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Slab {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Slab {
    /// Last column.
    pub const fn right(&self) -> i32 {
        self.x + self.width - 1
    }

    /// Last row.
    pub const fn bottom(&self) -> i32 {
        self.y + self.height - 1
    }

    /// The middle cell.
    pub const fn centre(&self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }

    /// Whether two rectangles share a cell.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.x <= other.right() && other.x <= self.right() && self.y <= other.bottom() && other.y <= self.bottom()
    }
}

/// A straight run of line cells, both ends included; ends on borders belong to the boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Lines of one net are joined where they meet; lines of two nets cross.
    pub net: usize,
    /// The edges that run here.
    pub edges: Vec<usize>,
    /// Upper or left end.
    pub from: (i32, i32),
    /// Lower or right end.
    pub to: (i32, i32),
}

/// Where an edge's figure is best written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Beside a vertical line, at this cell of it.
    Beside(i32, i32),
    /// On a horizontal line: first and last column, row.
    Along(i32, i32, i32),
}

/// One row of boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Lane {
    pub layer: u8,
    pub y: i32,
    pub height: i32,
}

/// A finished layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Cells across.
    pub width: i32,
    /// Cells down.
    pub height: i32,
    /// Where each box of the plan is.
    pub boxes: Vec<Slab>,
    /// The rows of boxes, from the top. A layer that wrapped has several.
    pub lanes: Vec<Lane>,
    /// The lines.
    pub segments: Vec<Segment>,
    /// Where each edge's figure goes; `None` where it has no place.
    pub anchors: Vec<Option<Anchor>>,
    /// Tracks of the fullest channel. Past [`CROWDED`] the lines can't be followed any more.
    pub tracks: usize,
    /// Whether lines of several upper boxes had to be joined into one net, because a lower box has too few ports for them.
    pub tangled: bool,
    /// Rank of each box in its layer, for the next layout.
    ranks: FxHashMap<String, (u8, usize)>,
}

/// Tracks of one channel past which a tree says more than the map.
pub const CROWDED: usize = 40;

impl Layout {
    /// Whether the lines can't be followed any more.
    pub const fn is_crowded(&self) -> bool {
        self.tangled || self.tracks > CROWDED
    }
}

/// Lays a plan out. The boxes that `before` knows keep their order among themselves.
pub fn compute(plan: &Plan, before: Option<&Layout>) -> Layout {
    let layers = order::order(plan, before.map(|layout| &layout.ranks));
    let mut rows = rows::Rows::new(plan, &layers);
    let width = place::place(&mut rows, i32::from(plan.width));
    let mut layout = route::route(plan, &rows, width);
    layout.ranks = layers
        .iter()
        .flat_map(|(layer, list)| {
            list.iter().enumerate().filter_map(|(rank, node)| Some((plan.nodes.get(*node)?.id.clone(), (*layer, rank))))
        })
        .collect();
    layout
}
