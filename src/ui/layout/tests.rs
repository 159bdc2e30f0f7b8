//! Whether the drawing says what the network is: traced cell by cell.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

pub(crate) fn node(label: &str, layer: u8, width: u16) -> PlanNode {
    PlanNode { id: label.to_owned(), label: label.to_owned(), layer, width, height: 3 }
}

/// Two routers, two cores, four distribution switches with a fold each, as on the mock-up.
pub(crate) fn campus() -> Plan {
    let mut nodes =
        vec![node("internet", 0, 12), node("wan-1", 0, 11), node("wan-2", 0, 11), node("core-1", 1, 11), node("core-2", 1, 11)];
    for at in 1..=4 {
        nodes.push(node(&format!("dist-{at}"), 2, 12));
        nodes.push(node(&format!("+acc {at}"), 3, 12));
    }
    let mut edges = vec![(0, 1), (0, 2), (1, 3), (2, 4), (1, 4), (2, 3), (3, 4)];
    for at in 0..4 {
        edges.extend([(3, 5 + 2 * at), (4, 5 + 2 * at), (5 + 2 * at, 6 + 2 * at)]);
    }
    nodes[0].layer = 0;
    Plan { nodes, edges, width: 100 }
}

/// Up, right, down, left.
const STEPS: [(i32, i32); 4] = [(0, -1), (1, 0), (0, 1), (-1, 0)];

/// The arms of the cells of a segment.
fn arms(segment: &Segment) -> Vec<((i32, i32), usize)> {
    let upright = segment.from.0 == segment.to.0;
    let (back, forth) = if upright { (0, 2) } else { (3, 1) };
    let mut arms = Vec::new();
    for y in segment.from.1..=segment.to.1 {
        for x in segment.from.0..=segment.to.0 {
            let (at, from, to) = if upright { (y, segment.from.1, segment.to.1) } else { (x, segment.from.0, segment.to.0) };
            arms.extend((at > from).then_some(((x, y), back)));
            arms.extend((at < to).then_some(((x, y), forth)));
        }
    }
    arms
}

fn on(slab: &Slab, (x, y): (i32, i32)) -> bool {
    slab.overlaps(&Slab { x, y, width: 1, height: 1 })
}

/// Walks the cells of an edge from one of its boxes; whether the other is reached.
fn connects(layout: &Layout, edge: usize, (a, b): (usize, usize)) -> bool {
    let own: HashSet<_> = layout.segments.iter().filter(|segment| segment.edges.contains(&edge)).flat_map(arms).collect();
    let mut todo: Vec<(i32, i32)> = own.iter().map(|(cell, _)| *cell).filter(|cell| on(&layout.boxes[a], *cell)).collect();
    let mut seen: HashSet<(i32, i32)> = todo.iter().copied().collect();
    while let Some((x, y)) = todo.pop() {
        if on(&layout.boxes[b], (x, y)) {
            return true;
        }
        for (arm, (right, down)) in STEPS.iter().enumerate() {
            let there = (x + right, y + down);
            if own.contains(&((x, y), arm)) && own.contains(&(there, (arm + 2) % 4)) && seen.insert(there) {
                todo.push(there);
            }
        }
    }
    false
}

fn check(plan: &Plan, layout: &Layout) {
    assert_eq!(layout.boxes.len(), plan.nodes.len());
    for (at, slab) in layout.boxes.iter().enumerate() {
        assert!(slab.x >= 0 && slab.right() < layout.width && slab.y >= 0 && slab.bottom() < layout.height, "{slab:?}");
        for other in &layout.boxes[..at] {
            assert!(!slab.overlaps(other), "{slab:?} {other:?}");
        }
    }
    for (edge, pair) in plan.edges.iter().enumerate().filter(|(_, (a, b))| a != b) {
        assert!(connects(layout, edge, *pair), "edge {edge} {pair:?}\n{}", sketch(layout, plan));
    }
    let mut owner = HashMap::new();
    for segment in &layout.segments {
        for arm in arms(segment) {
            let net = owner.entry(arm).or_insert(segment.net);
            let theirs: Vec<_> = layout.segments.iter().filter(|other| other.net == *net || other.net == segment.net).collect();
            assert_eq!(*net, segment.net, "two nets run on top of each other at {arm:?}\n{}{theirs:#?}", sketch(layout, plan));
        }
    }
}

fn sketch(layout: &Layout, plan: &Plan) -> String {
    let (w, h) = (usize::try_from(layout.width).unwrap(), usize::try_from(layout.height).unwrap());
    let mut grid = vec![vec![' '; w]; h];
    let set = |grid: &mut Vec<Vec<char>>, x: i32, y: i32, c: char| {
        let cell = &mut grid[usize::try_from(y).unwrap()][usize::try_from(x).unwrap()];
        *cell = if *cell != ' ' && *cell != c { '+' } else { c };
    };
    for segment in &layout.segments {
        for y in segment.from.1..=segment.to.1 {
            for x in segment.from.0..=segment.to.0 {
                set(&mut grid, x, y, if segment.from.1 == segment.to.1 { '-' } else { '|' });
            }
        }
    }
    for (slab, node) in layout.boxes.iter().zip(&plan.nodes) {
        for x in slab.x..=slab.right() {
            for y in slab.y..=slab.bottom() {
                set(&mut grid, x, y, '.');
            }
        }
        for (x, c) in (slab.x + 1..layout.width).zip(node.label.chars()) {
            grid[usize::try_from(slab.y + (slab.height - 1).min(1)).unwrap()][usize::try_from(x).unwrap()] = c;
        }
    }
    grid.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned() + "\n").collect()
}

proptest! {
    #[test]
    fn a_box_is_put_in_without_moving_others_sideways(
        came in prop::collection::vec((0u8..5, prop::collection::vec(0usize..13, 0..4)), 1..8),
    ) {
        let mut plan = campus();
        let mut layout = compute(&plan, None);
        for (number, (layer, mut near)) in came.into_iter().enumerate() {
            near.sort_unstable();
            near.dedup();
            let before = layout.clone();
            let new = PlanNode { height: 1, ..node(&format!("new-{number}"), layer, 12) };
            if !layout.insert(&new, &near) {
                prop_assert_eq!(&layout, &before);
                continue;
            }
            let at = plan.nodes.len();
            plan.nodes.push(new);
            plan.edges.extend(near.iter().map(|other| (*other, at)));
            for (old, new) in before.boxes.iter().zip(&layout.boxes) {
                prop_assert_eq!((old.x, old.width, old.height), (new.x, new.width, new.height));
            }
            check(&plan, &layout);
        }
    }
}

#[test]
fn the_campus_is_drawn_as_it_is() {
    let plan = campus();
    check(&plan, &compute(&plan, None));
}

#[test]
fn an_empty_plan_is_an_empty_layout() {
    assert_eq!(compute(&Plan::default(), None).boxes, []);
}

#[test]
fn figures_in_names_sort_by_value() {
    let mut names = ["dist-10", "dist-2", "core-1", "dist-02", "회의-3"];
    names.sort_by(|a, b| order::natural(a, b));
    assert_eq!(names, ["core-1", "dist-2", "dist-02", "dist-10", "회의-3"]);
}

#[test]
fn a_wide_layer_wraps_and_then_grows_to_the_right() {
    let mut plan = Plan { width: 80, ..Plan::default() };
    plan.nodes.push(node("dist-1", 0, 12));
    for at in 1..=12 {
        plan.nodes.push(node(&format!("acc-{at}"), 1, 12));
        plan.edges.push((0, at));
    }
    let layout = compute(&plan, None);
    assert!(layout.width <= 80 && layout.lanes.len() > 2, "{}", sketch(&layout, &plan));
    check(&plan, &layout);
}

#[test]
fn a_net_too_dense_to_follow_is_said_to_be_crowded() {
    let mut plan = Plan { width: 200, ..Plan::default() };
    plan.nodes = (0..60).map(|at| node(&format!("n{at}"), u8::from(at >= 30), 40)).collect();
    plan.edges = (0..30).flat_map(|a| (30..60).map(move |b| (a, b))).collect();
    assert!(compute(&plan, None).is_crowded());
    assert!(!compute(&campus(), None).is_crowded());
}

/// Boxes of each lane from the left, by id.
fn lanes(plan: &Plan, layout: &Layout) -> Vec<Vec<String>> {
    let mut lanes: BTreeMap<i32, Vec<(i32, String)>> = BTreeMap::new();
    for (slab, node) in layout.boxes.iter().zip(&plan.nodes) {
        lanes.entry(slab.y).or_default().push((slab.x, node.id.clone()));
    }
    lanes
        .into_values()
        .map(|mut lane| {
            lane.sort();
            lane.into_iter().map(|(_, id)| id).collect()
        })
        .collect()
}

fn plans() -> impl Strategy<Value = Plan> {
    let nodes = prop::collection::vec((0u8..5, 6u16..20, prop::sample::select(vec![1u16, 2, 3, 4])), 1..24);
    (nodes, prop::collection::vec((0usize..24, 0usize..24), 0..40), 1u16..200).prop_map(|(nodes, edges, width)| {
        let count = nodes.len();
        let nodes = nodes.into_iter().enumerate().map(|(at, (layer, width, height))| PlanNode {
            id: format!("n{at}"),
            label: format!("n{at}"),
            layer,
            width,
            height,
        });
        let mut edges: Vec<_> = edges.into_iter().map(|(a, b)| (a % count, b % count)).collect();
        edges.sort_unstable();
        edges.dedup();
        Plan { nodes: nodes.collect(), edges, width }
    })
}

proptest! {
    #[test]
    fn every_line_connects_its_boxes_and_runs_on_no_other(plan in plans()) {
        let layout = compute(&plan, None);
        check(&plan, &layout);
        prop_assert_eq!(&layout, &compute(&plan, None), "the same plan gives the same layout");
        prop_assert_eq!(&layout, &compute(&plan, Some(&layout)), "and stays as it is");
    }

    #[test]
    fn a_new_box_moves_no_old_one_past_another(plan in plans(), layer in 0u8..5, to in 0usize..24) {
        let plan = Plan { width: 1000, ..plan };
        let before = compute(&plan, None);
        let mut grown = plan.clone();
        grown.nodes.push(node("new", layer, 9));
        grown.edges.push((to % plan.nodes.len(), plan.nodes.len()));
        let after = compute(&grown, Some(&before));
        check(&grown, &after);
        let old: Vec<Vec<String>> = lanes(&grown, &after)
            .into_iter()
            .map(|lane| lane.into_iter().filter(|id| id != "new").collect::<Vec<_>>())
            .filter(|lane| !lane.is_empty())
            .collect();
        prop_assert_eq!(old, lanes(&plan, &before));
    }
}
