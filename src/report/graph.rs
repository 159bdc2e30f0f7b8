//! A topology as nodes and edges by number: what dot, mermaid, graphml and the tree are written from.

use crate::model::topology::Topology;
use crate::model::{Link, Role};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A device, a neighbour, or an end of which nothing but the id is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id, as it came.
    pub id: String,
    /// Its name, as it came; the id where there is none.
    pub name: String,
    /// `None` for what has no inventory.
    pub role: Option<Role>,
}

/// The graph; nodes by id, edges by their ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// Its edges with the numbers of their nodes.
    pub edges: Vec<(usize, usize, Arc<Link>)>,
}

impl Graph {
    /// Of a topology.
    pub fn new(topology: &Topology) -> Self {
        let mut nodes: BTreeMap<&str, Node> = BTreeMap::new();
        for link in &topology.links {
            for id in [link.a.device.as_str(), link.b.device.as_str()] {
                nodes.insert(id, Node { id: id.to_owned(), name: id.to_owned(), role: None });
            }
        }
        for heard in &topology.neighbours {
            let id = heard.id.as_str();
            nodes.insert(id, Node { id: id.to_owned(), name: heard.name.clone().unwrap_or_else(|| id.to_owned()), role: None });
        }
        for device in &topology.devices {
            let id = device.id.as_str();
            nodes.insert(id, Node { id: id.to_owned(), name: device.name(), role: Some(device.role) });
        }
        let number: BTreeMap<&str, usize> = nodes.keys().enumerate().map(|(at, id)| (*id, at)).collect();
        let mut links: Vec<_> = topology.links.iter().collect();
        links.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
        let edges = links
            .into_iter()
            .filter_map(|link| {
                Some((*number.get(link.a.device.as_str())?, *number.get(link.b.device.as_str())?, Arc::clone(link)))
            })
            .collect();
        Self { nodes: nodes.into_values().collect(), edges }
    }

    /// For each node: its edges, and the node at the other end of each. A link of a node to itself is left out.
    pub fn neighbours(&self) -> Vec<Vec<(usize, usize)>> {
        let mut lists = vec![Vec::new(); self.nodes.len()];
        for (edge, &(a, b, _)) in self.edges.iter().enumerate().filter(|(_, (a, b, _))| a != b) {
            for (here, there) in [(a, b), (b, a)] {
                if let Some(list) = lists.get_mut(here) {
                    list.push((edge, there));
                }
            }
        }
        lists
    }
}
