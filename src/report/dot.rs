//! Graphviz (the DOT language).

use super::graph::Graph;
use super::tabular::speed_text;
use crate::model::text::visible;
use crate::model::topology::Topology;
use std::io::{self, Write};

/// Writes an undirected graph; parallel links are parallel edges.
///
/// Errors: those of `out`.
pub fn write(topology: &Topology, out: &mut dyn Write) -> io::Result<()> {
    let graph = Graph::new(topology);
    writeln!(out, "graph noctop {{")?;
    writeln!(out, "  node [shape=box, style=rounded];")?;
    writeln!(out, "  edge [fontsize=9];")?;
    for node in &graph.nodes {
        let style = if node.role.is_none() { ", style=\"rounded,dashed\"" } else { "" };
        let role = node.role.map_or("neighbour", |role| role.word());
        writeln!(out, "  {} [label={}, class=\"{role}\"{style}];", quoted(&node.id), quoted(&node.name))?;
    }
    for (a, b, link) in &graph.edges {
        let (Some(a), Some(b)) = (graph.nodes.get(*a), graph.nodes.get(*b)) else { continue };
        let mut attributes = Vec::new();
        attributes.extend(link.a.port.as_ref().map(|port| format!("taillabel={}", quoted(port))));
        attributes.extend(link.b.port.as_ref().map(|port| format!("headlabel={}", quoted(port))));
        #[allow(clippy::cast_precision_loss, reason = "speeds are round figures")]
        attributes.extend(link.speed_bps.map(|bps| format!("label={}", quoted(&speed_text(bps as f64)))));
        if link.stp_blocked == Some(true) {
            attributes.push("style=dashed".to_owned());
        }
        writeln!(out, "  {} -- {} [{}];", quoted(&a.id), quoted(&b.id), attributes.join(", "))?;
    }
    writeln!(out, "}}")
}

/// A double-quoted string. In labels a backslash starts an escape, so it is doubled; in ids it then stands twice, in both places alike.
fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text).replace('\\', "\\\\").replace('"', "\\\""))
}
