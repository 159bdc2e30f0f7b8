//! Lines: ports on the boxes, nets, and tracks in the channels between the rows.
//!
//! The lines of a channel are gathered into nets. Most nets are one line; a box with more lines than ports has a bus. Each net
//! that is not straight gets a track, by interval colouring in an order that saves crossings. Pins on the lower side avoid the
//! columns of other nets' pins on the upper side, so that two nets never share a vertical run.

use super::rows::{Peer, Rows, Wire};
use super::{Anchor, Lane, Layout, Plan, Segment, Slab};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Channels with more nets than this get as few tracks as there can be: comparing all pairs would cost too much.
const COMPARED_NETS: usize = 120;
/// Passes of neighbour swaps over the order of a channel.
const SWAP_PASSES: usize = 24;
/// Cells between two ports of a box, where there is room: a figure fits.
const PORT_STEP: i32 = 5;
/// How strongly a net that comes down in a column wants to be above the one that leaves downwards in it.
const SAME_COLUMN: i64 = 1000;

/// A pin: the item it is on, its column, and the edges that use it.
#[derive(Clone, Debug)]
struct Pin {
    item: usize,
    x: i32,
    edges: Vec<usize>,
}

/// Lines that are joined.
#[derive(Clone, Debug, Default)]
struct Net {
    top: Vec<Pin>,
    bottom: Vec<Pin>,
    edges: Vec<usize>,
    track: Option<i32>,
}

impl Net {
    fn columns(&self) -> impl Iterator<Item = i32> {
        self.top.iter().chain(&self.bottom).map(|pin| pin.x)
    }

    fn span(&self) -> (i32, i32) {
        let (least, most) = self.columns().fold((i32::MAX, i32::MIN), |(least, most), x| (least.min(x), most.max(x)));
        (least, most)
    }

    fn is_straight(&self) -> bool {
        let (least, most) = self.span();
        least == most && !self.bottom.is_empty()
    }
}

/// Routes everything.
pub fn route(plan: &Plan, rows: &Rows, width: i32) -> Layout {
    let mut router = Router {
        rows,
        column: rows.items.iter().map(super::rows::Item::centre).collect(),
        layout: Layout {
            width,
            anchors: vec![None; plan.edges.len()],
            boxes: vec![Slab::default(); plan.nodes.len()],
            ..Layout::default()
        },
        nets: 0,
    };
    let (direct, through) = router.split_peers();
    let mut y = 0;
    for row in 0..rows.rows.len() {
        y = router.row(row, y, &direct);
        let peers: Vec<Peer> = through.iter().filter(|peer| rows.items[peer.a].row == row).copied().collect();
        y = router.channel(row, y, &peers);
    }
    router.layout.height = y;
    router.layout
}

struct Router<'a> {
    rows: &'a Rows,
    /// Column of each passing line.
    column: Vec<i32>,
    layout: Layout,
    nets: usize,
}

impl Router<'_> {
    /// Peers that stand side by side, and those whose line must go round.
    fn split_peers(&self) -> (Vec<Peer>, Vec<Peer>) {
        let mut rank = FxHashMap::default();
        for row in &self.rows.rows {
            let boxes = row.iter().filter(|item| self.rows.items[**item].node.is_some());
            rank.extend(boxes.enumerate().map(|(rank, item)| (*item, rank)));
        }
        let near = |peer: &Peer| match (rank.get(&peer.a), rank.get(&peer.b)) {
            (Some(a), Some(b)) => a.abs_diff(*b) == 1,
            _ => false,
        };
        self.rows.peers.iter().partition(|peer| near(peer))
    }

    /// Puts the boxes of a row down and joins neighbours. Returns the row below it.
    fn row(&mut self, row: usize, y: i32, direct: &[Peer]) -> i32 {
        let height = self.rows.rows[row].iter().map(|item| self.rows.items[*item].height).max().unwrap_or(1);
        self.layout.lanes.push(Lane { layer: self.rows.layers[row], y, height });
        for item in &self.rows.rows[row] {
            let item = &self.rows.items[*item];
            if let Some(node) = item.node {
                self.layout.boxes[node] = Slab { x: item.x, y, width: item.width, height: item.height };
            }
        }
        let first = self.layout.segments.len();
        for peer in direct.iter().filter(|peer| self.rows.items[peer.a].row == row) {
            let (a, b) = (self.layout.boxes[peer.a], self.layout.boxes[peer.b]);
            let (left, right) = if a.x < b.x { (a, b) } else { (b, a) };
            let line = y + left.height.min(right.height) / 2;
            let (from, to) = ((left.right(), line), (right.x, line));
            match self.layout.segments[first..].iter_mut().find(|segment| (segment.from, segment.to) == (from, to)) {
                Some(parallel) => parallel.edges.push(peer.edge),
                None => {
                    let net = self.next_net();
                    self.layout.segments.push(Segment { net, edges: vec![peer.edge], from, to });
                }
            }
            self.layout.anchors[peer.edge] = Some(Anchor::Along(left.right() + 1, right.x - 1, line));
        }
        y + height
    }

    fn next_net(&mut self) -> usize {
        self.nets += 1;
        self.nets - 1
    }

    /// Routes the channel below a row. Returns the row below it.
    fn channel(&mut self, row: usize, y: i32, peers: &[Peer]) -> i32 {
        let last = row + 1 == self.rows.rows.len();
        let wires = self.rows.wires.get(row).map_or(&[][..], Vec::as_slice);
        let mut nets = self.gather(wires, peers);
        self.top_pins(&mut nets);
        self.bottom_pins(&mut nets);
        let tracks = assign_tracks(&mut nets);
        self.layout.tracks = self.layout.tracks.max(usize::try_from(tracks).unwrap_or(0));
        if last && nets.is_empty() {
            return y;
        }
        // One row more than the tracks need, for the figures above the lower boxes.
        let below = y + tracks + i32::from(!last);
        for net in &nets {
            self.draw(net, row, (y, below));
        }
        self.pass_lines(row, y);
        below
    }

    /// Wires into nets: each its own, but a bus where an item has more of them than ports.
    fn gather(&mut self, wires: &[Wire], peers: &[Peer]) -> Vec<Net> {
        let mut lines: Vec<(Vec<usize>, Vec<usize>, Vec<usize>)> = Vec::new();
        for wire in wires {
            lines.push((vec![wire.upper], vec![wire.lower], wire.edges.clone()));
        }
        for peer in peers {
            lines.push((vec![peer.a, peer.b], Vec::new(), vec![peer.edge]));
        }
        let mut group: Vec<usize> = (0..lines.len()).collect();
        let mut at_item: FxHashMap<(usize, bool), Vec<usize>> = FxHashMap::default();
        for (line, (tops, bottoms, _)) in lines.iter().enumerate() {
            for item in tops {
                at_item.entry((*item, true)).or_default().push(line);
            }
            for item in bottoms {
                at_item.entry((*item, false)).or_default().push(line);
            }
        }
        let mut crowded: Vec<_> = at_item
            .into_iter()
            .filter(|((item, _), lines)| lines.len() > self.ports(*item))
            .map(|((item, top), lines)| (item, top, lines))
            .collect();
        crowded.sort_unstable();
        for (_, top, lines) in crowded {
            self.layout.tangled |= !top;
            let root = lines.iter().map(|line| find(&mut group, *line)).min().unwrap_or(0);
            for line in lines {
                let old = find(&mut group, line);
                group[old] = root;
            }
        }
        let mut nets: Vec<Net> = Vec::new();
        let mut number: FxHashMap<usize, usize> = FxHashMap::default();
        let mut known: FxHashMap<(usize, usize, bool), usize> = FxHashMap::default();
        for (line, (tops, bottoms, edges)) in lines.into_iter().enumerate() {
            let root = find(&mut group, line);
            let at = *number.entry(root).or_insert_with(|| {
                nets.push(Net::default());
                nets.len() - 1
            });
            let net = &mut nets[at];
            for (pins, items, top) in [(&mut net.top, tops, true), (&mut net.bottom, bottoms, false)] {
                for item in items {
                    let place = *known.entry((at, item, top)).or_insert_with(|| {
                        pins.push(Pin { item, x: 0, edges: Vec::new() });
                        pins.len() - 1
                    });
                    pins[place].edges.extend(&edges);
                }
            }
            net.edges.extend(edges);
        }
        for net in &mut nets {
            net.edges.sort_unstable();
            net.edges.dedup();
        }
        nets
    }

    /// How many ports an item has on one side: every second inner column.
    fn ports(&self, item: usize) -> usize {
        let item = &self.rows.items[item];
        if item.node.is_some() { usize::try_from((item.width - 1) / 2).unwrap_or(1).max(1) } else { 1 }
    }

    /// Columns on an item that a line may use.
    fn inner(&self, item: usize) -> (i32, i32) {
        let item = &self.rows.items[item];
        let border = i32::from(item.node.is_some() && item.width > 2);
        (item.x + border, item.x + item.width - 1 - border)
    }

    /// Pins on the lower borders of the upper row: in the order of where they lead, above their target where that is possible.
    fn top_pins(&self, nets: &mut [Net]) {
        let mut at_item: FxHashMap<usize, Vec<(i32, usize, usize)>> = FxHashMap::default();
        for (number, net) in nets.iter().enumerate() {
            for (place, pin) in net.top.iter().enumerate() {
                let others = net.bottom.iter().chain(net.top.iter().filter(|other| other.item != pin.item));
                let centres: Vec<i32> = others.map(|other| self.rows.items[other.item].centre()).collect();
                let target = centres.iter().sum::<i32>() / i32::try_from(centres.len().max(1)).unwrap_or(1);
                at_item.entry(pin.item).or_default().push((target, number, place));
            }
        }
        for (item, mut pins) in at_item {
            pins.sort_unstable();
            let columns = if self.rows.items[item].node.is_some() {
                let targets: Vec<i32> = pins.iter().map(|(target, _, _)| *target).collect();
                spread(&targets, self.inner(item))
            } else {
                vec![self.column[item]; pins.len()]
            };
            for ((_, net, place), x) in pins.into_iter().zip(columns) {
                nets[net].top[place].x = x;
            }
        }
    }

    /// Pins on the upper borders of the lower row: below their origin where that is possible, never below another net's.
    fn bottom_pins(&mut self, nets: &mut [Net]) {
        let taken: FxHashMap<i32, usize> =
            nets.iter().enumerate().flat_map(|(number, net)| net.top.iter().map(move |pin| (pin.x, number))).collect();
        let mut at_item: FxHashMap<usize, Vec<(i32, usize, usize)>> = FxHashMap::default();
        for (number, net) in nets.iter().enumerate() {
            for (place, pin) in net.bottom.iter().enumerate() {
                let origin = net.top.iter().map(|top| top.x).sum::<i32>() / i32::try_from(net.top.len().max(1)).unwrap_or(1);
                at_item.entry(pin.item).or_default().push((origin, number, place));
            }
        }
        for (item, mut pins) in at_item {
            pins.sort_unstable();
            let (first, last) = self.inner(item);
            let origins: Vec<i32> = pins.iter().map(|(origin, _, _)| *origin).collect();
            let (mut free, mut used) = (first, Vec::new());
            let wishes = spread(&origins, (first, last));
            for (left, ((_, net, place), wish)) in pins.iter().zip(wishes).enumerate() {
                let after = i32::try_from(pins.len() - 1 - left).unwrap_or(0) * 2;
                let fits = |x: &i32| taken.get(x).is_none_or(|other| other == net);
                let best = (free..=last - after).filter(|x| fits(x) && !used.contains(x)).min_by_key(|x| (x.abs_diff(wish), *x));
                let unused = |x: &i32| !used.contains(x);
                let any = || (first..=last).filter(unused).min_by_key(|x| (!fits(x), x.abs_diff(wish)));
                let x = best.or_else(any).unwrap_or_else(|| wish.clamp(first, last));
                used.push(x);
                nets[*net].bottom[*place].x = x;
                free = x + 2;
                if self.rows.items[item].node.is_none() {
                    self.column[item] = x;
                }
            }
        }
    }

    /// The runs of a net in the channel whose first row is `top`; `below` is the first row under it.
    fn draw(&mut self, net: &Net, row: usize, (top, below): (i32, i32)) {
        let number = self.next_net();
        let floor = |pin: &Pin| {
            let item = &self.rows.items[pin.item];
            self.layout.lanes[row].y + if item.node.is_some() { item.height } else { self.layout.lanes[row].height } - 1
        };
        let mut segments = Vec::new();
        let mut anchors = Vec::new();
        if net.is_straight() {
            if let (Some(from), Some(to)) = (net.top.first(), net.bottom.first()) {
                segments.push(Segment { net: number, edges: net.edges.clone(), from: (from.x, floor(from)), to: (to.x, below) });
            }
        } else {
            let line = top + net.track.unwrap_or(0);
            let (left, right) = net.span();
            segments.push(Segment { net: number, edges: net.edges.clone(), from: (left, line), to: (right, line) });
            for pin in &net.top {
                segments.push(Segment { net: number, edges: pin.edges.clone(), from: (pin.x, floor(pin)), to: (pin.x, line) });
            }
            for pin in &net.bottom {
                segments.push(Segment { net: number, edges: pin.edges.clone(), from: (pin.x, line), to: (pin.x, below) });
            }
            if net.bottom.is_empty() {
                anchors.extend(net.edges.iter().map(|edge| (*edge, Anchor::Along(left + 1, right - 1, line))));
            }
        }
        for pin in net.bottom.iter().filter(|pin| self.rows.items[pin.item].node.is_some()) {
            anchors.extend(pin.edges.iter().map(|edge| (*edge, Anchor::Beside(pin.x, below - 1))));
        }
        self.layout.segments.extend(segments);
        for (edge, anchor) in anchors {
            self.layout.anchors[edge] = Some(anchor);
        }
    }

    /// The runs of passing lines through the row above this channel.
    fn pass_lines(&mut self, row: usize, y: i32) {
        let lane = self.layout.lanes[row];
        let wires = self.rows.wires.get(row).into_iter().flatten();
        let mut edges: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for wire in wires.filter(|wire| self.rows.items[wire.upper].node.is_none()) {
            edges.entry(wire.upper).or_default().extend(&wire.edges);
        }
        for (item, edges) in edges {
            let (net, x) = (self.next_net(), self.column[item]);
            self.layout.segments.push(Segment { net, edges, from: (x, lane.y), to: (x, y - 1) });
        }
    }
}

fn find(group: &mut [usize], mut at: usize) -> usize {
    while group[at] != at {
        group[at] = group[group[at]];
        at = group[at];
    }
    at
}

/// Columns for pins in order: at their targets where those lie on the item, else evenly; apart by a figure where there is room.
fn spread(targets: &[i32], (first, last): (i32, i32)) -> Vec<i32> {
    let count = i32::try_from(targets.len()).unwrap_or(i32::MAX);
    if count == 1 {
        let middle = first + (last - first + 1) / 2;
        return targets.iter().map(|target| if (first..=last).contains(target) { *target } else { middle }).collect();
    }
    let step = ((last - first) / (count - 1).max(1)).clamp(1, PORT_STEP);
    let used = step * (count - 1);
    let even = |at: i32| first + (last - first - used) / 2 + at * step;
    let mut columns: Vec<i32> = Vec::new();
    for (at, target) in (0..count).zip(targets) {
        let least = columns.last().map_or(first, |x| x + step.min(2));
        let most = last - (count - 1 - at) * step.min(2);
        let wish = if (first..=last).contains(target) { *target } else { even(at) };
        columns.push(wish.clamp(least.min(most), most));
    }
    columns
}

/// Gives every net that is not straight a track. Returns how many there are.
fn assign_tracks(nets: &mut [Net]) -> i32 {
    let mut order: Vec<usize> = (0..nets.len()).filter(|net| !nets[*net].is_straight()).collect();
    let spans: Vec<(i32, i32)> = nets.iter().map(Net::span).collect();
    if order.len() > COMPARED_NETS {
        return pack(nets, &spans, order);
    }
    order.sort_by_key(|net| thumb(&nets[*net]));
    improve(nets, &spans, &mut order);
    let mut tracks = 0;
    let mut placed: Vec<(usize, i32)> = Vec::new();
    for net in constrained(nets, order) {
        let touching = placed.iter().filter(|(other, _)| touch(spans[*other], spans[net]));
        let track = touching.map(|(_, track)| track + 1).max().unwrap_or(0);
        nets[net].track = Some(track);
        placed.push((net, track));
        tracks = tracks.max(track + 1);
    }
    tracks
}

/// As few tracks as there can be, whatever the crossings: the left-edge algorithm (Hashimoto and Stevens 1971).
fn pack(nets: &mut [Net], spans: &[(i32, i32)], mut order: Vec<usize>) -> i32 {
    order.sort_by_key(|net| (spans[*net], *net));
    let mut ends: BinaryHeap<Reverse<(i32, i32)>> = BinaryHeap::new();
    let mut tracks = 0;
    for net in order {
        let (left, right) = spans[net];
        let track = match ends.peek() {
            Some(Reverse((end, track))) if end + 1 < left => {
                let track = *track;
                ends.pop();
                track
            }
            _ => {
                tracks += 1;
                tracks - 1
            }
        };
        ends.push(Reverse((right, track)));
        nets[net].track = Some(track);
    }
    tracks
}

/// The order with every net that comes down in a column before the net that leaves downwards in it.
fn constrained(nets: &[Net], order: Vec<usize>) -> Vec<usize> {
    let from_above: FxHashMap<i32, usize> = order.iter().flat_map(|net| nets[*net].top.iter().map(|pin| (pin.x, *net))).collect();
    let after =
        |net: usize| nets[net].bottom.iter().filter_map(|pin| from_above.get(&pin.x)).copied().filter(move |above| *above != net);
    let mut done = vec![false; nets.len()];
    let mut waiting = order;
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        // Where columns go round in a circle nothing helps; the first goes first then.
        let next = waiting.iter().position(|net| after(*net).all(|above| done[above])).unwrap_or(0);
        let net = waiting.remove(next);
        done[net] = true;
        sorted.push(net);
    }
    sorted
}

/// Whether two runs can't share a track: a blank cell keeps them apart.
const fn touch(a: (i32, i32), b: (i32, i32)) -> bool {
    a.0 <= b.1 + 1 && b.0 <= a.1 + 1
}

/// Lines to the right go above those left of them, lines to the left above those right of them.
fn thumb(net: &Net) -> (i32, i32) {
    let top = net.top.iter().map(|pin| pin.x).min().unwrap_or(0);
    let bottom = net.bottom.iter().map(|pin| pin.x).min().unwrap_or(top);
    if bottom >= top { (0, -top) } else { (1, top) }
}

/// Crossings of two nets when `a` lies above `b`.
fn crossings(nets: &[Net], spans: &[(i32, i32)], (a, b): (usize, usize)) -> i64 {
    let within = |pins: &[Pin], (least, most): (i32, i32)| pins.iter().filter(|pin| least < pin.x && pin.x < most).count();
    let mut cost = within(&nets[b].top, spans[a]) + within(&nets[a].bottom, spans[b]);
    // Two nets in one column share a run unless the one that comes from above stays above.
    let shared = nets[b].top.iter().any(|top| nets[a].bottom.iter().any(|bottom| bottom.x == top.x));
    cost *= 2;
    i64::try_from(cost).unwrap_or(i64::MAX / 2) + if shared { SAME_COLUMN } else { 0 }
}

/// Swaps neighbours in the order from the top while that saves crossings.
fn improve(nets: &[Net], spans: &[(i32, i32)], order: &mut [usize]) {
    for _ in 0..SWAP_PASSES {
        let mut better = false;
        for at in 1..order.len() {
            let (above, below) = (order[at - 1], order[at]);
            if touch(spans[above], spans[below])
                && crossings(nets, spans, (below, above)) < crossings(nets, spans, (above, below))
            {
                order.swap(at - 1, at);
                better = true;
            }
        }
        if !better {
            break;
        }
    }
}
