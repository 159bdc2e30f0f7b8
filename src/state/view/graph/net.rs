//! Devices and neighbours as numbered nodes, links as edges, and who hangs under whom.

use super::super::lookup::Lookup;
use super::layer;
use super::plane::Plane;
use crate::model::{DeviceId, Link, Role};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// A device or a neighbour.
pub(super) struct Node<'a> {
    pub(super) id: &'a DeviceId,
    pub(super) role: Role,
    /// Whether it has no inventory of its own.
    pub(super) heard: bool,
}

/// The network by numbers, in the order of ids.
pub(super) struct Net<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    places: FxHashMap<&'a DeviceId, usize>,
    /// Neighbours of each node, sorted, each once.
    pub(super) near: Vec<Vec<usize>>,
    pub(super) edges: Vec<(usize, usize, &'a Link)>,
    pub(super) layers: Vec<u8>,
    /// Under whom a node hangs; always nearer to a root.
    pub(super) parents: Vec<Option<usize>>,
}

impl<'a> Net<'a> {
    /// Of what belongs to a plane of the network.
    pub(super) fn of(look: &Lookup<'a>, plane: &'a Plane) -> Self {
        let devices = look.state.devices.values().map(|device| Node { id: &device.id, role: device.role, heard: false });
        let heard = look.state.neighbours.values().map(|n| Node { id: &n.id, role: Role::told(&n.capabilities), heard: true });
        let subnets = plane.subnets.iter().map(|id| Node { id, role: Role::Unknown, heard: true });
        let mut nodes: Vec<Node<'a>> = devices.chain(heard).chain(subnets).filter(|node| plane.has(node.id)).collect();
        nodes.sort_by(|x, y| x.id.cmp(y.id));
        let places: FxHashMap<&DeviceId, usize> = nodes.iter().map(|node| node.id).zip(0..).collect();
        let ends = |link: &'a Link| Some((*places.get(&link.a.device)?, *places.get(&link.b.device)?, link));
        let edges: Vec<_> = match &plane.links {
            Some(routed) => routed.iter().filter_map(ends).filter(|(a, b, _)| a != b).collect(),
            None => {
                let all = look.state.links.values().map(AsRef::as_ref).filter(|link| plane.has_link(look.state, link));
                all.filter_map(ends).filter(|(a, b, _)| a != b).collect()
            }
        };
        let mut near = vec![Vec::new(); nodes.len()];
        for (a, b, _) in &edges {
            for (from, to) in [(*a, *b), (*b, *a)] {
                if let Some(list) = near.get_mut(from) {
                    list.push(to);
                }
            }
        }
        for list in &mut near {
            list.sort_unstable();
            list.dedup();
        }
        let layers = layer::layers(&nodes, &near);
        let parents = parents(&layers, &near);
        Self { nodes, places, near, edges, layers, parents }
    }

    pub(super) const fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn place(&self, id: &DeviceId) -> Option<usize> {
        self.places.get(id).copied()
    }

    pub(super) fn id(&self, at: usize) -> Option<&'a DeviceId> {
        self.nodes.get(at).map(|node| node.id)
    }

    pub(super) fn layer(&self, at: usize) -> u8 {
        self.layers.get(at).copied().unwrap_or(layer::LEAF)
    }

    /// Which nodes lie within `hops` of one.
    pub(super) fn within(&self, from: usize, hops: u8) -> Vec<bool> {
        let far = distances(&[from], &self.near, |_| true);
        far.into_iter().map(|distance| distance.is_some_and(|distance| distance <= u32::from(hops))).collect()
    }

    /// Tells a node and everything above it.
    pub(super) fn up_from(&self, at: usize, mut tell: impl FnMut(usize)) {
        let mut next = Some(at);
        while let Some(at) = next {
            tell(at);
            next = self.parents.get(at).copied().flatten();
        }
    }
}

/// Hops from the nearest of `sources`, over nodes that may be crossed.
pub(super) fn distances(sources: &[usize], near: &[Vec<usize>], may: impl Fn(usize) -> bool) -> Vec<Option<u32>> {
    let mut distance: Vec<Option<u32>> = vec![None; near.len()];
    let mut queue: VecDeque<(usize, u32)> = VecDeque::new();
    for source in sources {
        if let Some(slot) = distance.get_mut(*source) {
            *slot = Some(0);
            queue.push_back((*source, 0));
        }
    }
    while let Some((at, hops)) = queue.pop_front() {
        for next in near.get(at).into_iter().flatten().filter(|next| may(**next)) {
            if let Some(slot @ None) = distance.get_mut(*next) {
                *slot = Some(hops + 1);
                queue.push_back((*next, hops + 1));
            }
        }
    }
    distance
}

/// The nearest lower layer above a node; what has only equals about it hangs under whoever is nearer to a root.
fn parents(layers: &[u8], near: &[Vec<usize>]) -> Vec<Option<usize>> {
    let layer = |at: usize| layers.get(at).copied().unwrap_or(layer::LEAF);
    let above = |at: usize| {
        let lower = near.get(at).into_iter().flatten().copied().filter(|other| layer(*other) < layer(at));
        // The first of the highest layer below its own: ids decide between equals.
        lower.fold(
            None,
            |best: Option<usize>, other| if best.is_none_or(|best| layer(other) > layer(best)) { Some(other) } else { best },
        )
    };
    let mut parents: Vec<Option<usize>> = (0..near.len()).map(above).collect();
    // A parent alone is no way to a root: in an island of its own a leaf would hang on its switch and the switch on the leaf.
    let mut order: Vec<usize> = (0..near.len()).collect();
    order.sort_by_key(|at| layer(*at));
    let mut reached = vec![false; near.len()];
    for at in order {
        let above = parents.get(at).copied().flatten().and_then(|parent| reached.get(parent).copied());
        if let Some(slot) = reached.get_mut(at) {
            *slot = layer(at) <= layer::DISTRIBUTION || above == Some(true);
        }
    }
    let mut queue: VecDeque<usize> = (0..near.len()).filter(|at| reached.get(*at) == Some(&true)).collect();
    while let Some(at) = queue.pop_front() {
        for next in near.get(at).into_iter().flatten().copied() {
            if let (Some(reached @ false), Some(parent)) = (reached.get_mut(next), parents.get_mut(next)) {
                *reached = true;
                *parent = Some(at);
                queue.push_back(next);
            }
        }
    }
    parents
}
