//! The order of the boxes in each layer: barycentres, eight sweeps, then swaps of neighbours while they save crossings.

use super::Plan;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Boxes by layer, each layer in order.
pub type Layers = BTreeMap<u8, Vec<usize>>;

/// Sweeps down and up, alternating: measured to settle campus networks.
const SWEEPS: usize = 8;
/// Graphs up to this size are improved by swaps too; larger ones are folded or only skimmed.
const SWAPPED_NODES: usize = 400;
/// Rounds of swaps: each round may undo the need of the next.
const SWAP_ROUNDS: usize = 6;

/// Orders every layer. What `before` ranked keeps its order; new boxes join it where their neighbours are.
pub fn order(plan: &Plan, before: Option<&FxHashMap<String, (u8, usize)>>) -> Layers {
    let mut layers = first_order(plan);
    let near = neighbours(plan);
    let rank = |node: usize| {
        let node = &plan.nodes[node];
        before.and_then(|before| before.get(&node.id)).filter(|(layer, _)| *layer == node.layer).map(|(_, rank)| *rank)
    };
    let known = (0..plan.nodes.len()).filter(|node| rank(*node).is_some()).count();
    if known * 2 >= plan.nodes.len() && known > 0 {
        for list in layers.values_mut() {
            list.sort_by_key(|node| rank(*node).unwrap_or(usize::MAX));
        }
        let mut spots = spots(plan, &layers);
        for list in layers.values_mut() {
            let first_new = list.iter().position(|node| rank(*node).is_none()).unwrap_or(list.len());
            join(list, first_new, (&near, &mut spots));
        }
        return layers;
    }
    sweep(plan, &mut layers, &near);
    if plan.nodes.len() <= SWAPPED_NODES {
        swap(plan, &mut layers, &near);
    }
    layers
}

/// By label, figures in it by value.
fn first_order(plan: &Plan) -> Layers {
    let mut layers = Layers::new();
    for (at, node) in plan.nodes.iter().enumerate() {
        layers.entry(node.layer).or_default().push(at);
    }
    for list in layers.values_mut() {
        list.sort_by(|a, b| {
            let (a, b) = (&plan.nodes[*a], &plan.nodes[*b]);
            natural(&a.label, &b.label).then_with(|| a.id.cmp(&b.id))
        });
    }
    layers
}

/// `dist-2` before `dist-10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let figures = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (x, y) = (figures(a), figures(b));
        if x > 0 && y > 0 {
            let value = |text: &str| text.trim_start_matches('0').to_owned();
            let (one, other) = (value(&a[..x]), value(&b[..y]));
            let order = one.len().cmp(&other.len()).then(one.cmp(&other));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[x..], &b[y..]);
            continue;
        }
        match (a.chars().next(), b.chars().next()) {
            (None, None) => return Ordering::Equal,
            (one, other) if one != other => return one.cmp(&other),
            (Some(c), _) => (a, b) = (&a[c.len_utf8()..], &b[c.len_utf8()..]),
            (None, Some(_)) => return Ordering::Less,
        }
    }
}

fn neighbours(plan: &Plan) -> Vec<Vec<usize>> {
    let mut near = vec![Vec::new(); plan.nodes.len()];
    for &(a, b) in plan.edges.iter().filter(|(a, b)| a != b) {
        near[a].push(b);
        near[b].push(a);
    }
    near
}

/// Where each box is in its layer, 0 to 1.
#[allow(clippy::cast_precision_loss, reason = "ranks are small")]
fn spots(plan: &Plan, layers: &Layers) -> Vec<f64> {
    let mut spots = vec![0.5; plan.nodes.len()];
    for list in layers.values() {
        for (rank, node) in list.iter().enumerate() {
            spots[*node] = (rank as f64 + 0.5) / list.len() as f64;
        }
    }
    spots
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then_some(sum / count)
}

/// Puts the boxes from `first_new` on beside the boxes that are known, without moving those among themselves.
#[allow(clippy::cast_precision_loss, reason = "ranks are small")]
fn join(list: &mut Vec<usize>, first_new: usize, (near, spots): (&[Vec<usize>], &mut Vec<f64>)) {
    let new = list.split_off(first_new);
    let fixed = list.len();
    let mut keyed: Vec<(f64, usize)> =
        list.iter().enumerate().map(|(rank, node)| ((rank as f64 + 0.5) / fixed.max(1) as f64, *node)).collect();
    for node in new {
        let wish = mean(near[node].iter().map(|other| spots[*other])).unwrap_or(1.0);
        let at = keyed.iter().position(|(spot, _)| *spot > wish).unwrap_or(keyed.len());
        keyed.insert(at, (wish, node));
    }
    *list = keyed.into_iter().map(|(_, node)| node).collect();
    for (rank, node) in list.iter().enumerate() {
        spots[*node] = (rank as f64 + 0.5) / list.len() as f64;
    }
}

fn sweep(plan: &Plan, layers: &mut Layers, near: &[Vec<usize>]) {
    let names: Vec<u8> = layers.keys().copied().collect();
    let mut spots = spots(plan, layers);
    for round in 0..SWEEPS {
        let down = round % 2 == 0;
        let mut turn = names.clone();
        if !down {
            turn.reverse();
        }
        for layer in turn {
            let Some(list) = layers.get_mut(&layer) else { continue };
            let wish = |node: usize| {
                // Neighbours in the same layer pull too, so that peers come to stand side by side.
                let before = near[node].iter().filter(|other| {
                    let there = plan.nodes[**other].layer;
                    if down { there <= layer } else { there >= layer }
                });
                mean(before.map(|other| spots[*other])).unwrap_or(spots[node])
            };
            let mut keyed: Vec<(f64, usize)> = list.iter().map(|node| (wish(*node), *node)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            #[allow(clippy::cast_precision_loss, reason = "ranks are small")]
            for (rank, (_, node)) in keyed.iter().enumerate() {
                spots[*node] = (rank as f64 + 0.5) / keyed.len() as f64;
            }
            *list = keyed.into_iter().map(|(_, node)| node).collect();
        }
    }
}

/// Swaps neighbours while that saves crossings, or brings peers nearer without costing any.
fn swap(plan: &Plan, layers: &mut Layers, near: &[Vec<usize>]) {
    let mut rank = vec![0usize; plan.nodes.len()];
    for list in layers.values() {
        for (at, node) in list.iter().enumerate() {
            rank[*node] = at;
        }
    }
    for _ in 0..SWAP_ROUNDS {
        let mut better = false;
        for list in layers.values_mut() {
            for at in 1..list.len() {
                let (left, right) = (list[at - 1], list[at]);
                if cost(plan, near, &rank, (right, left)) < cost(plan, near, &rank, (left, right)) {
                    list.swap(at - 1, at);
                    rank.swap(left, right);
                    better = true;
                }
            }
        }
        if !better {
            break;
        }
    }
}

/// Crossings of the lines of two neighbours to other layers if `left` stands left of `right`, and the length of lines to peers.
fn cost(plan: &Plan, near: &[Vec<usize>], rank: &[usize], (left, right): (usize, usize)) -> usize {
    let layer = plan.nodes[left].layer;
    let first = rank[left].min(rank[right]);
    let mut cost = 0;
    for &a in &near[left] {
        let there = plan.nodes[a].layer;
        if there == layer {
            let away = if a == right { 1 } else { rank[a].abs_diff(first) };
            cost += 2 * away;
            continue;
        }
        // Only lines to the same layer are compared: between different ones a crossing depends on the routing.
        cost += 3 * near[right].iter().filter(|b| plan.nodes[**b].layer == there && rank[**b] < rank[a]).count();
    }
    for &b in near[right].iter().filter(|b| plan.nodes[**b].layer == layer && **b != left) {
        cost += 2 * rank[b].abs_diff(first + 1);
    }
    cost
}
