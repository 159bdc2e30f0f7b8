//! The fixture's map: 412 devices of which 20 boxes are drawn, with everything that can be wrong with a link.

use super::fixture::{ago, id};
use noctop::model::{Confirmed, DeviceId, DeviceStatus, Evidence, Role, Severity};
use noctop::query::ViewRequest;
use noctop::state::view::{GraphEdge, GraphNode, GraphView, LinkRow};

fn node(name: &str, role: Role, layer: u8) -> GraphNode {
    GraphNode {
        id: id(name).as_str().to_owned(),
        label: name.to_owned(),
        role,
        layer,
        status: DeviceStatus::Up,
        alarm: None,
        count: 1,
        count_up: 1,
        neighbour: false,
        faults: Vec::new(),
        site: None,
        matches: 0,
    }
}

fn fold(parent: &str, (label, role, layer): (&str, Role, u8), (count, up): (usize, usize), faults: &[&str]) -> GraphNode {
    GraphNode {
        id: format!("fold:{}:{}", id(parent), role.word()),
        label: format!("+{label} {count}"),
        count,
        count_up: up,
        faults: faults.iter().map(|name| (*name).to_owned()).collect(),
        ..node(parent, role, layer)
    }
}

fn nodes() -> Vec<GraphNode> {
    let heard = |name: &str, role, layer| GraphNode { neighbour: true, status: DeviceStatus::Unknown, ..node(name, role, layer) };
    let alarmed = |name: &str, role, layer, worst| GraphNode { alarm: Some(worst), ..node(name, role, layer) };
    let acc = ("acc", Role::Switch, 3);
    vec![
        alarmed("wan-1", Role::Router, 0, Severity::Major),
        node("wan-2", Role::Router, 0),
        node("core-1", Role::Switch, 1),
        alarmed("core-2", Role::Switch, 1, Severity::Critical),
        node("dist-1", Role::Switch, 2),
        node("dist-2", Role::Switch, 2),
        alarmed("dist-3", Role::Switch, 2, Severity::Major),
        node("dist-4", Role::Switch, 2),
        fold("dist-1", acc, (34, 34), &[]),
        fold("dist-2", acc, (58, 57), &["acc-b2-07"]),
        fold("dist-4", acc, (41, 41), &[]),
        node("acc-b3-01", Role::Switch, 3),
        GraphNode { status: DeviceStatus::Down, ..node("acc-b3-02", Role::Switch, 3) },
        node("서울-acc", Role::Switch, 3),
        fold("acc-b3-01", ("ap", Role::AccessPoint, 4), (62, 60), &["ap-b3-f4-12", "ap-b3-f4-13"]),
        GraphNode { status: DeviceStatus::Maintenance, ..node("nas-1", Role::Storage, 4) },
        heard("isp-a", Role::Unknown, 4),
        heard("isp-b", Role::Unknown, 4),
        heard("evil\u{1b}]0;x\u{202e}", Role::Phone, 4),
    ]
}

fn edge(a: &str, b: &str, load: Option<f64>) -> GraphEdge {
    GraphEdge {
        a: a.to_owned(),
        b: b.to_owned(),
        a_port: Some("Te1/1/1".to_owned()),
        b_port: Some("Te1/0/49".to_owned()),
        count: 1,
        count_up: Some(1),
        speed_bps: Some(10_000_000_000),
        utilisation: load,
        errors_per_second: Some(0.0),
        stp_blocked: false,
        one_sided: false,
    }
}

/// The graph as an engine would answer `request`.
pub fn graph(request: &ViewRequest) -> GraphView {
    let mut nodes = nodes();
    let find = |name: &str| {
        let named = |node: &&GraphNode| node.label == name || (node.count > 1 && format!("under {}", node_parent(node)) == name);
        nodes.iter().find(named).map(|node| node.id.clone()).unwrap_or_else(|| panic!("{name}"))
    };
    let edges: Vec<GraphEdge> = LINKS
        .iter()
        .map(|(a, b, percent, kind)| {
            let mut edge = edge(&find(a), &find(b), Some(f64::from(*percent) / 100.0));
            match *kind {
                "down" => (edge.count_up, edge.utilisation) = (Some(0), None),
                "bundle" => (edge.count, edge.count_up, edge.a_port) = (2, Some(2), Some("Po1".to_owned())),
                "half" => (edge.count, edge.count_up, edge.a_port) = (2, Some(1), Some("Po12".to_owned())),
                "stp" => edge.stp_blocked = true,
                "one" => edge.one_sided = true,
                _ => {}
            }
            edge
        })
        .collect();
    if let Some(focus) = &request.map.focus {
        nodes.retain(|node| {
            let near = |edge: &&GraphEdge| {
                [&edge.a, &edge.b].contains(&&node.id) && [&edge.a, &edge.b].contains(&&focus.as_str().to_owned())
            };
            node.id == focus.as_str() || edges.iter().any(|edge| near(&edge))
        });
    }
    for (node, at) in nodes.iter_mut().zip(0..) {
        node.matches = usize::from(!request.filter.is_empty() && node.label.contains(&request.filter));
        node.site = (!node.neighbour).then(|| format!("HQ, {}", ["B1 MDF", "building 1", "building 2", "서관"][at % 4]));
    }
    nodes.sort_by(|a, b| a.id.cmp(&b.id));
    let vlans = vec![10, 20, 99];
    GraphView { nodes, edges, total_nodes: 412, total_links: 903, folded_nodes: 393, vlans, ..GraphView::default() }
}

fn node_parent(node: &GraphNode) -> &'static str {
    ["dist-1", "dist-2", "dist-4", "acc-b3-01"].into_iter().find(|name| node.id.contains(id(name).as_str())).unwrap_or("")
}

const LINKS: [(&str, &str, u8, &str); 26] = [
    ("isp-a", "wan-1", 92, ""),
    ("isp-b", "wan-2", 14, ""),
    ("wan-1", "core-1", 61, ""),
    ("wan-1", "core-2", 3, ""),
    ("wan-2", "core-1", 2, ""),
    ("wan-2", "core-2", 12, ""),
    ("core-1", "core-2", 22, "bundle"),
    ("core-1", "dist-1", 22, ""),
    ("core-1", "dist-2", 44, ""),
    ("core-1", "dist-3", 78, "half"),
    ("core-1", "dist-4", 12, ""),
    ("core-2", "dist-1", 19, ""),
    ("core-2", "dist-2", 31, ""),
    ("core-2", "dist-3", 5, ""),
    ("core-2", "dist-4", 0, "down"),
    ("dist-1", "under dist-1", 20, ""),
    ("dist-2", "under dist-2", 40, ""),
    ("dist-4", "under dist-4", 10, ""),
    ("dist-3", "acc-b3-01", 88, ""),
    ("dist-3", "acc-b3-02", 0, "down"),
    ("dist-3", "서울-acc", 33, "one"),
    ("acc-b3-01", "acc-b3-02", 0, "stp"),
    ("acc-b3-01", "under acc-b3-01", 5, ""),
    ("core-2", "nas-1", 71, ""),
    ("서울-acc", "evil\u{1b}]0;x\u{202e}", 1, ""),
    ("dist-4", "isp-b", 1, ""),
];

/// The links of a device, its own end first; empty for those that the map does not have.
pub fn links_of(device: &DeviceId) -> Vec<LinkRow> {
    const PORTS: [&str; 8] = ["Te1/0/1", "Te1/0/2", "Po1", "Te1/1/1", "Te1/1/2", "Po12", "Te1/1/7", "Te1/1/8"];
    let mut ports = PORTS.iter();
    LINKS
        .iter()
        .filter(|(a, b, _, _)| id(a) == *device || id(b) == *device)
        .map(|(a, b, percent, kind)| {
            let (near, far) = if id(a) == *device { (a, b) } else { (b, a) };
            let load = f64::from(*percent) / 100.0;
            LinkRow {
                a_device: id(near),
                a_name: (*near).to_owned(),
                a_if_index: None,
                a_port: ports.next().map(|port| (*port).to_owned()),
                b_device: id(far),
                b_name: (*far).to_owned(),
                b_if_index: None,
                b_port: Some("Te1/0/49".to_owned()),
                evidence: vec![Evidence::Lldp],
                confirmed_by: Confirmed::Both,
                confidence: 1.0,
                aggregate: None,
                stp_blocked: Some(false),
                speed_bps: Some(10_000_000_000),
                up: Some(*kind != "down"),
                forward_bps: Some(load * 1e10),
                backward_bps: Some(load * 4e9),
                utilisation: Some(load),
                errors_per_second: Some(0.0),
                first_seen: Some(ago(30 * 86_400)),
                last_seen: Some(ago(720)),
                spark: Vec::new(),
            }
        })
        .collect()
}
