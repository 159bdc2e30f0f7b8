//! GraphML, as yEd, Gephi and networkx read it.

use super::graph::Graph;
use super::topology::confirmed;
use crate::model::text::visible;
use crate::model::topology::Topology;
use std::io::{self, Write};

/// Data keys: id, what they are for, name, type.
const KEYS: [(&str, &str, &str, &str); 8] = [
    ("n0", "node", "name", "string"),
    ("n1", "node", "role", "string"),
    ("e0", "edge", "aPort", "string"),
    ("e1", "edge", "bPort", "string"),
    ("e2", "edge", "speedBps", "long"),
    ("e3", "edge", "evidence", "string"),
    ("e4", "edge", "confirmedBy", "string"),
    ("e5", "edge", "stpBlocked", "boolean"),
];

/// Writes an undirected graph; what is not known has no data element.
///
/// Errors: those of `out`.
pub fn write(topology: &Topology, out: &mut dyn Write) -> io::Result<()> {
    let graph = Graph::new(topology);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">")?;
    for (id, of, name, kind) in KEYS {
        writeln!(out, "  <key id=\"{id}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>")?;
    }
    writeln!(out, "  <graph id=\"noctop\" edgedefault=\"undirected\">")?;
    for node in &graph.nodes {
        writeln!(out, "    <node id=\"{}\">", escaped(&node.id))?;
        data(out, "n0", &node.name)?;
        data(out, "n1", node.role.map_or("neighbour", |role| role.word()))?;
        writeln!(out, "    </node>")?;
    }
    for (at, (a, b, link)) in graph.edges.iter().enumerate() {
        let (Some(a), Some(b)) = (graph.nodes.get(*a), graph.nodes.get(*b)) else { continue };
        writeln!(out, "    <edge id=\"e{at}\" source=\"{}\" target=\"{}\">", escaped(&a.id), escaped(&b.id))?;
        let evidence: Vec<&str> = link.evidence.iter().map(|evidence| evidence.word()).collect();
        let known = [
            ("e0", link.a.port.clone()),
            ("e1", link.b.port.clone()),
            ("e2", link.speed_bps.map(|bps| bps.to_string())),
            ("e3", Some(evidence.join(" "))),
            ("e4", Some(confirmed(link.confirmed_by).to_owned())),
            ("e5", link.stp_blocked.map(|blocked| blocked.to_string())),
        ];
        for (key, value) in known.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            data(out, key, &value)?;
        }
        writeln!(out, "    </edge>")?;
    }
    writeln!(out, "  </graph>\n</graphml>")
}

fn data(out: &mut dyn Write, key: &str, value: &str) -> io::Result<()> {
    writeln!(out, "      <data key=\"{key}\">{}</data>", escaped(value))
}

/// Text of XML 1.0: control characters, most of which it can't hold at all, are visible; so are the two code points that are none.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
