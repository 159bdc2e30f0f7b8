//! One box more in a finished layout, without laying everything out again.
//!
//! The box stands at the end of its row, right of everything, so that its lines come down (or go up) where no box is. Each line
//! gets a track of its own right under or above its neighbour's row: what lies below moves down by a cell, nothing moves
//! sideways. The next full layout finds the box a better place; until then nothing jumps.

use super::rows::GAP;
use super::{Anchor, Layout, PlanNode, Segment, Slab};

/// A track that is put into a channel: what lies at this row or below moves down.
struct Track {
    /// The row as the layout was before any track was put in.
    at: i32,
    /// The column of the pin at the neighbour, and of the pin at the new box.
    columns: (i32, i32),
    /// Whether the neighbour lies above its track.
    under: bool,
    /// The net that is joined, where the neighbour has no column left.
    joined: Option<usize>,
}

impl Layout {
    /// Puts one box in that hangs on others, by their numbers; its own number and those of its edges are the next ones.
    /// Returns whether it could: otherwise nothing changed, and everything is to be laid out anew.
    pub fn insert(&mut self, node: &PlanNode, near: &[usize]) -> bool {
        let Some(lane) = self.lanes.iter().rposition(|lane| lane.layer == node.layer) else { return false };
        let height = i32::from(node.height.max(1));
        let row = self.lanes.get(lane).copied();
        let Some(row) = row.filter(|row| height <= row.height) else { return false };
        let slab = Slab { x: self.width.max(0) + GAP, y: row.y, width: i32::from(node.width.max(1)), height };
        let Some(tracks) = self.tracks_for(&slab, near) else { return false };
        let rank = self.ranks.len();
        self.ranks.insert(node.id.clone(), (node.layer, rank));
        self.width = slab.right() + 1;
        self.shift(&tracks);
        self.boxes.push(slab);
        let slab = self.boxes.last_mut().map(|slab| {
            slab.y = moved(slab.y, &tracks);
            *slab
        });
        self.height += i32::try_from(tracks.len()).unwrap_or(0);
        self.tracks += tracks.len();
        for (number, track) in tracks.iter().enumerate() {
            self.draw_track(slab.unwrap_or_default(), (number, &tracks), track);
        }
        true
    }

    /// A track for each neighbour; `None` where the box has too few columns or a neighbour stands in no row.
    fn tracks_for(&self, slab: &Slab, near: &[usize]) -> Option<Vec<Track>> {
        let (first, last) = inner(slab);
        let mut own = (first..=last).step_by(2);
        let mut tracks: Vec<Track> = Vec::with_capacity(near.len());
        for other in near {
            let other = self.boxes.get(*other)?;
            let lane = self.lanes.iter().find(|lane| lane.y == other.y)?;
            // A neighbour below is reached from above, all others from below.
            let under = lane.y <= slab.y;
            let at = if under { lane.y + lane.height } else { lane.y };
            let touch = if under { other.bottom() } else { other.y };
            let used: Vec<(i32, usize)> = self.touching(touch, inner(other)).collect();
            let taken =
                |x: &i32| used.iter().any(|(column, _)| column == x) || tracks.iter().any(|t| t.at == at && t.columns.0 == *x);
            let (from, to) = inner(other);
            let free = (from..=to).rev().find(|x| !taken(x));
            let (column, joined) = match (free, used.last()) {
                (Some(x), _) => (x, None),
                (None, Some((x, net))) => (*x, Some(*net)),
                (None, None) => return None,
            };
            tracks.push(Track { at, columns: (column, own.next()?), under, joined });
        }
        Some(tracks)
    }

    /// The upright runs that end at a row within some columns.
    fn touching(&self, row: i32, (from, to): (i32, i32)) -> impl Iterator<Item = (i32, usize)> {
        let ends = move |segment: &&Segment| {
            segment.from.0 == segment.to.0
                && (segment.from.1 == row || segment.to.1 == row)
                && (from..=to).contains(&segment.from.0)
        };
        self.segments.iter().filter(ends).map(|segment| (segment.from.0, segment.net))
    }

    /// Makes room for tracks: everything at or below a track moves down.
    fn shift(&mut self, tracks: &[Track]) {
        if tracks.is_empty() {
            return;
        }
        for slab in &mut self.boxes {
            slab.y = moved(slab.y, tracks);
        }
        for lane in &mut self.lanes {
            lane.y = moved(lane.y, tracks);
        }
        for segment in &mut self.segments {
            segment.from.1 = moved(segment.from.1, tracks);
            segment.to.1 = moved(segment.to.1, tracks);
        }
        for anchor in self.anchors.iter_mut().flatten() {
            match anchor {
                Anchor::Beside(_, y) | Anchor::Along(_, _, y) => *y = moved(*y, tracks),
            }
        }
    }

    /// The runs of the edge that has this track.
    fn draw_track(&mut self, slab: Slab, (number, tracks): (usize, &[Track]), track: &Track) {
        let edge = self.anchors.len();
        // Tracks at one row lie one under the other, in their order.
        let before = tracks.iter().enumerate().filter(|(at, other)| (other.at, *at) < (track.at, number)).count();
        let line = track.at + i32::try_from(before).unwrap_or(0);
        let net = track.joined.unwrap_or_else(|| self.segments.iter().map(|segment| segment.net + 1).max().unwrap_or(0));
        let (there, here) = track.columns;
        let edges = vec![edge];
        self.segments.push(Segment { net, edges: edges.clone(), from: (there, line), to: (here, line) });
        let stub = self.stub(there, line, track);
        if track.joined.is_none() {
            self.segments.push(Segment { net, edges: edges.clone(), from: stub.0, to: stub.1 });
        } else {
            for segment in self.segments.iter_mut().filter(|segment| {
                segment.net == net && segment.from.0 == there && segment.to.0 == there && !segment.edges.contains(&edge)
            }) {
                segment.edges.push(edge);
            }
        }
        let own = if line < slab.y { ((here, line), (here, slab.y)) } else { ((here, slab.bottom()), (here, line)) };
        self.segments.push(Segment { net, edges, from: own.0, to: own.1 });
        let beside = if line < slab.y { slab.y - 1 } else { slab.bottom() + 1 };
        self.anchors.push(Some(Anchor::Beside(here, beside)));
    }

    /// From a neighbour's border to the track.
    fn stub(&self, x: i32, line: i32, track: &Track) -> ((i32, i32), (i32, i32)) {
        let over = |slab: &&Slab| (slab.x..=slab.right()).contains(&x);
        let reach = if track.under {
            self.boxes.iter().filter(over).map(Slab::bottom).filter(|y| *y < line).max()
        } else {
            self.boxes.iter().filter(over).map(|slab| slab.y).filter(|y| *y > line).min()
        };
        let reach = reach.unwrap_or(line);
        if track.under { ((x, reach), (x, line)) } else { ((x, line), (x, reach)) }
    }
}

/// Where a row is after the tracks were put in.
fn moved(y: i32, tracks: &[Track]) -> i32 {
    y + i32::try_from(tracks.iter().filter(|track| track.at <= y).count()).unwrap_or(0)
}

/// Columns of a box that a line may use.
const fn inner(slab: &Slab) -> (i32, i32) {
    if slab.width > 2 { (slab.x + 1, slab.x + slab.width - 2) } else { (slab.x, slab.x + slab.width - 1) }
}
