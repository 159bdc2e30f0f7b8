//! A large map to which a few nodes came: they are put in where it stands, so that neither time nor places are lost.

use super::Arrangement;
use crate::ui::layout::{Plan, PlanNode};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::hash::{Hash, Hasher};

/// New nodes up to which a map is added to; with more it is laid out anew.
const FEW: usize = 16;

/// A number by which a plan is known again.
pub fn fingerprint(plan: &Plan) -> u64 {
    let mut hasher = FxHasher::default();
    plan.hash(&mut hasher);
    hasher.finish()
}

/// Adds what a plan has more than the map. Returns whether the map now shows the plan: not where anything went away, where old
/// nodes were linked anew, or where too much came.
pub fn grow(map: &mut Arrangement, wanted: &Plan) -> bool {
    let more = wanted.nodes.len().saturating_sub(map.plan.nodes.len());
    if more == 0 || more > FEW || map.plan.width != wanted.width {
        return false;
    }
    let Some(additions) = additions(&map.plan, wanted) else { return false };
    for (node, near) in additions {
        let number = map.plan.nodes.len();
        if !map.layout.insert(&node, &near) {
            return false;
        }
        map.plan.edges.extend(near.into_iter().map(|other| (other, number)));
        map.plan.nodes.push(node);
    }
    map.of = fingerprint(wanted);
    true
}

/// The new nodes with the numbers of those that they hang on; `None` where something else changed too.
fn additions(old: &Plan, wanted: &Plan) -> Option<Vec<(PlanNode, Vec<usize>)>> {
    let mut number: FxHashMap<&str, usize> = old.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let mut new = Vec::new();
    for node in &wanted.nodes {
        match number.get(node.id.as_str()) {
            Some(at) if old.nodes.get(*at).is_some_and(|known| known.layer == node.layer) => {}
            Some(_) => return None,
            None => new.push(node),
        }
    }
    if old.nodes.len() + new.len() != wanted.nodes.len() {
        return None;
    }
    let first = old.nodes.len();
    number.extend(new.iter().map(|node| node.id.as_str()).zip(first..));
    let place = |at: usize| wanted.nodes.get(at).and_then(|node| number.get(node.id.as_str())).copied();
    let mut known: FxHashSet<(usize, usize)> = old.edges.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect();
    let mut near = vec![Vec::new(); new.len()];
    for &(a, b) in &wanted.edges {
        let (a, b) = (place(a)?, place(b)?);
        let (low, high) = (a.min(b), a.max(b));
        if known.remove(&(low, high)) || low == high {
            continue;
        }
        near.get_mut(high.checked_sub(first)?)?.push(low);
    }
    // What is left went away.
    known.is_empty().then(|| new.into_iter().cloned().zip(near).collect())
}
