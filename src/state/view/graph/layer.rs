//! The layer of each node: 0 the edge to the world, 1 core, 2 distribution, 3 access, 4 leaves.
//!
//! Routers and firewalls are the edge; the core are the switches next to them, or, where there are none, those nearest to
//! all others; what has switches behind it is distribution, what has none is access.

use super::net::{Node, distances};
use crate::model::Role;

pub(super) const WAN: u8 = 0;
pub(super) const CORE: u8 = 1;
pub(super) const DISTRIBUTION: u8 = 2;
pub(super) const ACCESS: u8 = 3;
pub(super) const LEAF: u8 = 4;

/// From how many switches on a network without routers has a core.
const LEAST_WITH_CORE: usize = 3;
/// Nodes whose distances to all others stand for everybody's when the middle is looked for.
const SAMPLES: usize = 64;
/// How far from the very middle a switch may be to be core, per cent of its sum of distances: pairs are never quite equal.
const CORE_SLACK_PERCENT: u64 = 5;

/// The layers of all nodes.
pub(super) fn layers(nodes: &[Node<'_>], near: &[Vec<usize>]) -> Vec<u8> {
    let mut layers: Vec<u8> = nodes.iter().map(first_guess).collect();
    let is_edge = |at: usize| layers_of(nodes, at, WAN);
    let is_switch = |at: usize| layers_of(nodes, at, ACCESS);
    let infrastructure: Vec<usize> = (0..nodes.len()).filter(|at| is_edge(*at) || is_switch(*at)).collect();
    for part in parts(&infrastructure, near, |at| is_edge(at) || is_switch(at)) {
        let switches: Vec<usize> = part.iter().copied().filter(|at| is_switch(*at)).collect();
        // A network of routers alone has its layers among them.
        let routed = switches.is_empty() && part.len() >= LEAST_WITH_CORE;
        let members = if routed { part } else { switches };
        lay(&mut layers, &members, near, if routed { &|_| false } else { &is_edge });
    }
    for at in 0..nodes.len() {
        if let Some(layer) = hung(nodes, near, &layers, at)
            && let Some(slot) = layers.get_mut(at)
        {
            *slot = layer;
        }
    }
    layers
}

const fn first_guess(node: &Node<'_>) -> u8 {
    match (node.role, node.heard) {
        (Role::Router | Role::Firewall, false) => WAN,
        (Role::Switch, false) => ACCESS,
        _ => LEAF,
    }
}

fn layers_of(nodes: &[Node<'_>], at: usize, layer: u8) -> bool {
    nodes.get(at).is_some_and(|node| first_guess(node) == layer)
}

/// The connected parts of some nodes, each sorted.
fn parts(members: &[usize], near: &[Vec<usize>], may: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let mut seen = vec![false; near.len()];
    let mut parts = Vec::new();
    for member in members {
        if seen.get(*member).copied().unwrap_or(true) {
            continue;
        }
        let mut part = vec![*member];
        let mut next = 0;
        mark(&mut seen, *member);
        while let Some(at) = part.get(next).copied() {
            next += 1;
            for other in near.get(at).into_iter().flatten().copied().filter(|other| may(*other)) {
                if !seen.get(other).copied().unwrap_or(true) {
                    mark(&mut seen, other);
                    part.push(other);
                }
            }
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

fn mark(seen: &mut [bool], at: usize) {
    if let Some(slot) = seen.get_mut(at) {
        *slot = true;
    }
}

/// Gives the members of one connected part their layers.
fn lay(layers: &mut [u8], members: &[usize], near: &[Vec<usize>], is_edge: &dyn Fn(usize) -> bool) {
    let is_member = |at: usize| members.binary_search(&at).is_ok();
    let core = core(members, near, is_edge);
    let distance = distances(&core, near, is_member);
    let hops = |at: usize| distance.get(at).copied().flatten();
    for at in members.iter().copied() {
        let behind = near.get(at).into_iter().flatten().any(|other| is_member(*other) && hops(*other) > hops(at));
        let layer = match hops(at) {
            Some(0) => CORE,
            Some(1) if behind => DISTRIBUTION,
            _ => ACCESS,
        };
        if let Some(slot) = layers.get_mut(at) {
            *slot = layer;
        }
    }
}

fn core(members: &[usize], near: &[Vec<usize>], is_edge: &dyn Fn(usize) -> bool) -> Vec<usize> {
    let is_member = |at: usize| members.binary_search(&at).is_ok();
    let degree = |at: usize| near.get(at).into_iter().flatten().filter(|other| is_member(**other)).count();
    let beside = |at: &usize| near.get(*at).into_iter().flatten().any(|other| is_edge(*other));
    let candidates: Vec<usize> = members.iter().copied().filter(beside).collect();
    // A router at the end of the network does not make its access switch a core.
    let most = candidates.iter().map(|at| degree(*at)).max();
    if let Some(most) = most {
        return candidates.into_iter().filter(|at| degree(*at) * 2 >= most).collect();
    }
    if members.len() < LEAST_WITH_CORE {
        return Vec::new();
    }
    middle(members, near)
}

/// Those nearest to all others, by the distances to some of them.
fn middle(members: &[usize], near: &[Vec<usize>]) -> Vec<usize> {
    let is_member = |at: usize| members.binary_search(&at).is_ok();
    let step = members.len().div_ceil(SAMPLES).max(1);
    let mut sums = vec![0u64; near.len()];
    for sample in members.iter().step_by(step) {
        for (sum, distance) in sums.iter_mut().zip(distances(&[*sample], near, is_member)) {
            *sum += u64::from(distance.unwrap_or(0));
        }
    }
    let sum = |at: usize| sums.get(at).copied().unwrap_or(u64::MAX);
    let least = members.iter().map(|at| sum(*at)).min().unwrap_or(0);
    members.iter().copied().filter(|at| sum(*at) * 100 <= least * (100 + CORE_SLACK_PERCENT)).collect()
}

/// Nodes whose layer follows from what they hang on: controllers stand a layer under their switch, neighbours that
/// route beside the edge are the world, those that bridge are access.
fn hung(nodes: &[Node<'_>], near: &[Vec<usize>], layers: &[u8], at: usize) -> Option<u8> {
    let node = nodes.get(at)?;
    let above = near.get(at)?.iter().filter_map(|other| layers.get(*other)).copied().min()?;
    match (node.role, node.heard) {
        (Role::WlanController, false) => Some((above + 1).clamp(DISTRIBUTION, LEAF)),
        (Role::Router | Role::Firewall, true) if above == WAN => Some(WAN),
        (Role::Switch, true) if above < ACCESS => Some(ACCESS),
        _ => None,
    }
}
