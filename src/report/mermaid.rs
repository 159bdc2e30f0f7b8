//! Mermaid flowcharts, as Markdown renderers draw them.

use super::graph::Graph;
use crate::model::text::visible;
use crate::model::topology::Topology;
use std::io::{self, Write};

/// Writes a flowchart. Nodes are numbered: mermaid's ids can't hold colons.
///
/// Errors: those of `out`.
pub fn write(topology: &Topology, out: &mut dyn Write) -> io::Result<()> {
    let graph = Graph::new(topology);
    writeln!(out, "flowchart TD")?;
    for (at, node) in graph.nodes.iter().enumerate() {
        let (open, close) = if node.role.is_some() { ("[", "]") } else { ("([", "])") };
        writeln!(out, "  n{at}{open}\"{}\"{close}", label(&node.name))?;
    }
    for (a, b, link) in &graph.edges {
        let line = if link.stp_blocked == Some(true) { "-.-" } else { "---" };
        let ports: Vec<String> = [&link.a.port, &link.b.port].into_iter().flatten().map(|port| label(port)).collect();
        match ports.is_empty() {
            true => writeln!(out, "  n{a} {line} n{b}")?,
            false => writeln!(out, "  n{a} {line}|\"{}\"| n{b}", ports.join(" - "))?,
        }
    }
    Ok(())
}

/// Text of a label: what mermaid or the HTML around it would act upon is an entity. `#` starts one, so it comes first.
fn label(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        match c {
            '#' => out.push_str("#35;"),
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '`' => out.push_str("#96;"),
            '|' => out.push_str("#124;"),
            c => out.push(c),
        }
    }
    out
}
