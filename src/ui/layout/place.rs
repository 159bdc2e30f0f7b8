//! Columns: every item as near to the middle of its neighbours as its row allows.
//!
//! In a row of fixed order with fixed gaps that is isotonic regression, which the pool-adjacent-violators algorithm solves in
//! one pass (Barlow et al. 1972). Sweeps down and up settle the whole.

use super::rows::{Item, PEER_GAPS, Rows};

/// Sweeps down and up. An even number ends with an upward one, so that parents stand over their children.
const SWEEPS: usize = 8;
/// How much straighter a passing line wants to be than a box.
const PASS_WEIGHT: f64 = 4.0;

/// Places all items. Returns the width of the whole.
pub fn place(rows: &mut Rows, width: i32) -> i32 {
    let passes: Vec<Vec<usize>> =
        rows.rows.iter().map(|row| row.iter().copied().filter(|item| rows.items[*item].node.is_none()).collect()).collect();
    // First the boxes alone, to see where the passing lines belong among them.
    for row in &mut rows.rows {
        row.retain(|item| rows.items[*item].node.is_some());
    }
    for gap in PEER_GAPS {
        rows.peer_gap = gap;
        if rows.rows.iter().all(|row| span(rows, row) <= width) {
            break;
        }
    }
    let links = links(rows);
    settle(rows, &links, width);
    if passes.iter().all(Vec::is_empty) {
        return finish(rows);
    }
    spread_passes(rows, &passes, &links);
    for (row, passes) in passes.into_iter().enumerate() {
        let mut list = std::mem::take(&mut rows.rows[row]);
        list.extend(passes);
        list.sort_by_key(|item| rows.items[*item].centre());
        rows.rows[row] = list;
    }
    settle(rows, &links, width);
    finish(rows)
}

/// Neighbours of each item in the row above and in the row below.
struct Links {
    up: Vec<Vec<usize>>,
    down: Vec<Vec<usize>>,
}

fn links(rows: &Rows) -> Links {
    let mut links = Links { up: vec![Vec::new(); rows.items.len()], down: vec![Vec::new(); rows.items.len()] };
    for wire in rows.wires.iter().flatten() {
        links.down[wire.upper].push(wire.lower);
        links.up[wire.lower].push(wire.upper);
    }
    links
}

/// Passing lines go straight from where they come from to where they go to.
fn spread_passes(rows: &mut Rows, passes: &[Vec<usize>], links: &Links) {
    for item in passes.iter().flatten() {
        let from = links.up[*item].first().map_or(0, |above| rows.items[*above].centre());
        let (mut last, mut steps) = (*item, 1);
        while let [next] = links.down[last][..]
            && rows.items[next].node.is_none()
        {
            last = next;
            steps += 1;
        }
        let ends = &links.down[last];
        let sum: i32 = ends.iter().map(|end| rows.items[*end].centre()).sum();
        let to = sum / i32::try_from(ends.len().max(1)).unwrap_or(1);
        let item = &mut rows.items[*item];
        item.x = from + (to - from) / (steps + 1) - item.width / 2;
    }
}

fn settle(rows: &mut Rows, links: &Links, width: i32) {
    let widest = rows.rows.iter().map(|row| span(rows, row)).max().unwrap_or(0);
    let room = width.max(widest);
    for at in 0..rows.rows.len() {
        centre_row(rows, at, room);
    }
    let count = rows.rows.len();
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        for step in 0..count {
            let at = if down { step } else { count - 1 - step };
            let near = if down { &links.up } else { &links.down };
            pull_row(rows, at, (near, room));
        }
    }
}

/// Cells that a row needs.
fn span(rows: &Rows, row: &[usize]) -> i32 {
    let boxes: i32 = row.iter().map(|item| rows.items[*item].width).sum();
    boxes + row.windows(2).map(|pair| rows.gap(pair[0], pair[1])).sum::<i32>()
}

fn centre_row(rows: &mut Rows, at: usize, room: i32) {
    let row = rows.rows[at].clone();
    let mut x = (room - span(rows, &row)) / 2;
    for (place, item) in row.iter().enumerate() {
        rows.items[*item].x = x;
        x += rows.items[*item].width + row.get(place + 1).map_or(0, |next| rows.gap(*item, *next));
    }
}

fn pull_row(rows: &mut Rows, at: usize, (near, room): (&[Vec<usize>], i32)) {
    let row = rows.rows[at].clone();
    let mut offset = 0;
    let mut wishes = Vec::with_capacity(row.len());
    let mut offsets = Vec::with_capacity(row.len());
    for (place, item) in row.iter().enumerate() {
        let this = &rows.items[*item];
        let (middle, weight) = wish(rows, this, &near[*item]);
        wishes.push((middle - f64::from(this.width) / 2.0 - f64::from(offset), weight));
        offsets.push(offset);
        offset += this.width + row.get(place + 1).map_or(0, |next| rows.gap(*item, *next));
    }
    let most = f64::from((room - offset).max(0));
    for ((item, offset), base) in row.iter().zip(offsets).zip(isotonic(&wishes)) {
        #[allow(clippy::cast_possible_truncation, reason = "clamped to the width of the map")]
        let base = base.clamp(0.0, most).round() as i32;
        rows.items[*item].x = base + offset;
    }
}

/// Where an item's middle wants to be, and how much.
fn wish(rows: &Rows, item: &Item, near: &[usize]) -> (f64, f64) {
    let here = f64::from(item.x) + f64::from(item.width) / 2.0;
    if near.is_empty() {
        return (here, 0.2);
    }
    let (sum, weights) = near.iter().fold((0.0, 0.0), |(sum, weights), other| {
        let other = &rows.items[*other];
        let weight = if other.node.is_none() { PASS_WEIGHT } else { 1.0 };
        (sum + weight * (f64::from(other.x) + f64::from(other.width) / 2.0), weights + weight)
    });
    (sum / weights, if item.node.is_none() { PASS_WEIGHT } else { 1.0 })
}

/// The non-decreasing sequence nearest to the wishes, by weighted squares.
fn isotonic(wishes: &[(f64, f64)]) -> Vec<f64> {
    // Value, weight and length of each block of equal values.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::with_capacity(wishes.len());
    for &(value, weight) in wishes {
        let mut block = (value, weight, 1);
        while let Some(last) = blocks.last().filter(|last| last.0 > block.0) {
            let weight = last.1 + block.1;
            block = ((last.0 * last.1 + block.0 * block.1) / weight, weight, last.2 + block.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count)).collect()
}

/// Moves everything to the left edge. Returns the width that is used.
fn finish(rows: &mut Rows) -> i32 {
    let placed = || rows.rows.iter().flatten();
    let left = placed().map(|item| rows.items[*item].x).min().unwrap_or(0);
    let right = placed().map(|item| rows.items[*item].x + rows.items[*item].width).max().unwrap_or(0);
    for item in &mut rows.items {
        item.x -= left;
    }
    right - left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_isotonic_sequence_pools_what_is_out_of_order() {
        let wishes = [(1.0, 1.0), (3.0, 1.0), (2.0, 1.0), (9.0, 1.0)];
        assert_eq!(isotonic(&wishes), [1.0, 2.5, 2.5, 9.0]);
    }
}
