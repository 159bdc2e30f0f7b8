//! The spanning tree from the middle of the network, with cross links as `~> dist-2`. Always complete, and greppable.

use super::graph::Graph;
use crate::model::text::visible;
use crate::model::topology::Topology;
use std::collections::VecDeque;
use std::io::{self, Write};

/// Writes one tree for each connected part, the largest first, and then what no link is known of.
///
/// Errors: those of `out`.
pub fn write(topology: &Topology, out: &mut dyn Write) -> io::Result<()> {
    let graph = Graph::new(topology);
    let forest = Forest::new(&graph);
    for root in &forest.roots {
        forest.write_from(*root, out)?;
    }
    Ok(())
}

/// Spanning trees of all connected parts, breadth first from the middle of each.
struct Forest<'a> {
    graph: &'a Graph,
    roots: Vec<usize>,
    /// Edge and node towards the root.
    parent: Vec<Option<(usize, usize)>>,
    depth: Vec<usize>,
    children: Vec<Vec<usize>>,
    /// Edges of each node that are not part of the tree, with the other end.
    cross: Vec<Vec<(usize, usize)>>,
}

impl<'a> Forest<'a> {
    fn new(graph: &'a Graph) -> Self {
        let near = graph.neighbours();
        let count = graph.nodes.len();
        let mut roots: Vec<(usize, usize)> = Vec::new();
        let mut seen = vec![false; count];
        for start in 0..count {
            if seen.get(start).copied().unwrap_or(true) {
                continue;
            }
            let part: Vec<usize> = distances(&near, start).into_iter().map(|(node, _)| node).collect();
            for node in &part {
                mark(&mut seen, *node);
            }
            roots.push((part.len(), middle(graph, &near, start)));
        }
        roots.sort_by_key(|(size, root)| (std::cmp::Reverse(*size), *root));
        let mut forest = Self {
            graph,
            roots: roots.into_iter().map(|(_, root)| root).collect(),
            parent: vec![None; count],
            depth: vec![0; count],
            children: vec![Vec::new(); count],
            cross: vec![Vec::new(); count],
        };
        forest.span(&near);
        forest
    }

    fn span(&mut self, near: &[Vec<(usize, usize)>]) {
        let mut placed = vec![false; self.graph.nodes.len()];
        let mut used = vec![false; self.graph.edges.len()];
        for root in self.roots.clone() {
            mark(&mut placed, root);
            let mut queue = VecDeque::from([root]);
            while let Some(node) = queue.pop_front() {
                let depth = self.depth.get(node).copied().unwrap_or(0);
                for &(edge, there) in near.get(node).into_iter().flatten() {
                    if placed.get(there).copied().unwrap_or(true) {
                        continue;
                    }
                    mark(&mut placed, there);
                    mark(&mut used, edge);
                    self.attach(there, (edge, node), depth + 1);
                    queue.push_back(there);
                }
            }
        }
        for (node, list) in near.iter().enumerate() {
            let free = list.iter().filter(|(edge, _)| !used.get(*edge).copied().unwrap_or(true)).copied();
            if let Some(cross) = self.cross.get_mut(node) {
                cross.extend(free);
            }
        }
    }

    fn attach(&mut self, node: usize, (edge, parent): (usize, usize), depth: usize) {
        if let Some(slot) = self.parent.get_mut(node) {
            *slot = Some((edge, parent));
        }
        if let Some(slot) = self.depth.get_mut(node) {
            *slot = depth;
        }
        if let Some(list) = self.children.get_mut(parent) {
            list.push(node);
        }
    }

    /// Depth first without recursion: a chain of ten thousand devices must not end the program.
    fn write_from(&self, root: usize, out: &mut dyn Write) -> io::Result<()> {
        let mut stack = vec![(root, String::new(), String::new())];
        while let Some((node, before, below)) = stack.pop() {
            writeln!(out, "{before}{}", self.described(node))?;
            let children: Vec<usize> = self.children.get(node).into_iter().flatten().copied().collect();
            let cross = self.cross.get(node).map_or(&[][..], Vec::as_slice);
            for (at, (edge, there)) in cross.iter().enumerate() {
                let last = children.is_empty() && at + 1 == cross.len();
                let branch = if last { "└" } else { "├" };
                let ports = self.ports(*edge, node);
                writeln!(out, "{below}{branch}─ {ports}~> {}", self.name(*there))?;
            }
            for (at, child) in children.iter().enumerate().rev() {
                let (branch, bar) = if at + 1 == children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
                stack.push((*child, format!("{below}{branch}"), format!("{below}{bar}")));
            }
        }
        Ok(())
    }

    fn described(&self, node: usize) -> String {
        let ports = match self.parent.get(node).copied().flatten() {
            Some((edge, parent)) => self.ports(edge, parent),
            None => String::new(),
        };
        let role = self.graph.nodes.get(node).map_or("", |node| node.role.map_or("neighbour", |role| role.word()));
        format!("{ports}{}  [{role}]", self.name(node))
    }

    fn name(&self, node: usize) -> String {
        self.graph.nodes.get(node).map_or_else(String::new, |node| visible(&node.name).into_owned())
    }

    /// `Te1/1/1 -> Te1/0/49 ` as seen from `near`.
    fn ports(&self, edge: usize, near: usize) -> String {
        let Some((a, _, link)) = self.graph.edges.get(edge) else { return String::new() };
        let (here, there) = if *a == near { (&link.a, &link.b) } else { (&link.b, &link.a) };
        let word = |port: &Option<String>| port.as_deref().map_or_else(|| "?".to_owned(), |port| visible(port).into_owned());
        format!("{} -> {} ", word(&here.port), word(&there.port))
    }
}

fn mark(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

/// Nodes reachable from `start` with their hop counts, nearest first.
fn distances(near: &[Vec<(usize, usize)>], start: usize) -> Vec<(usize, usize)> {
    let mut hops = vec![usize::MAX; near.len()];
    if let Some(slot) = hops.get_mut(start) {
        *slot = 0;
    }
    let mut order = vec![(start, 0)];
    let mut next = 0;
    while let Some(&(node, hop)) = order.get(next) {
        next += 1;
        for &(_, there) in near.get(node).into_iter().flatten() {
            if let Some(slot) = hops.get_mut(there).filter(|slot| **slot == usize::MAX) {
                *slot = hop + 1;
                order.push((there, hop + 1));
            }
        }
    }
    order
}

/// The core: of the nodes with the least largest distance to the two ends of a longest path, the one with most links.
fn middle(graph: &Graph, near: &[Vec<(usize, usize)>], start: usize) -> usize {
    let farthest = |from: usize| distances(near, from).last().map_or(from, |(node, _)| *node);
    let one = farthest(start);
    let other = farthest(one);
    let spread = |from: usize| {
        let mut hops = vec![0; near.len()];
        for (node, hop) in distances(near, from) {
            if let Some(slot) = hops.get_mut(node) {
                *slot = hop;
            }
        }
        hops
    };
    let (from_one, from_other) = (spread(one), spread(other));
    let key = |node: usize| {
        let reach = from_one.get(node).max(from_other.get(node)).copied().unwrap_or(usize::MAX);
        let links = near.get(node).map_or(0, Vec::len);
        let managed = graph.nodes.get(node).is_some_and(|node| node.role.is_some());
        (reach, std::cmp::Reverse(managed), std::cmp::Reverse(links), node)
    };
    distances(near, start).into_iter().map(|(node, _)| node).min_by_key(|node| key(*node)).unwrap_or(start)
}
