//! The map of a campus like the mock-up's, drawn; and whether any size and any graph can be drawn.

use super::*;
use crate::model::{DeviceStatus, Role, Severity};
use crate::state::view::GraphNode;
use crate::ui::glyph::GlyphSet;
use crate::ui::theme::{Depth, ThemeName};
use proptest::prelude::*;

pub(crate) fn node(id: &str, role: Role, layer: u8) -> GraphNode {
    GraphNode {
        id: id.to_owned(),
        label: id.to_owned(),
        role,
        layer,
        status: DeviceStatus::Up,
        alarm: None,
        count: 1,
        count_up: 1,
        neighbour: false,
        faults: vec![],
        site: None,
        matches: 0,
    }
}

fn fold(id: &str, (count, up): (usize, usize), faults: &[&str]) -> GraphNode {
    let faults = faults.iter().map(|name| (*name).to_owned()).collect();
    GraphNode { label: "acc".to_owned(), count, count_up: up, faults, ..node(id, Role::Switch, 3) }
}

pub(crate) fn edge(a: &str, b: &str, utilisation: f64) -> GraphEdge {
    GraphEdge {
        a: a.to_owned(),
        b: b.to_owned(),
        a_port: None,
        b_port: None,
        count: 1,
        count_up: Some(1),
        speed_bps: Some(10_000_000_000),
        utilisation: Some(utilisation),
        errors_per_second: Some(0.0),
        stp_blocked: false,
        one_sided: false,
    }
}

/// 412 devices as 21 boxes: an uplink, two routers, two cores, four distribution switches, folds and some leaves.
pub(crate) fn campus() -> GraphView {
    let mut nodes = vec![
        GraphNode { neighbour: true, status: DeviceStatus::Unknown, ..node("internet", Role::Unknown, 0) },
        GraphNode { alarm: Some(Severity::Major), ..node("wan-1", Role::Router, 0) },
        node("wan-2", Role::Router, 0),
        node("core-1", Role::Switch, 1),
        GraphNode { alarm: Some(Severity::Critical), ..node("core-2", Role::Switch, 1) },
        node("dist-1", Role::Switch, 2),
        node("dist-2", Role::Switch, 2),
        GraphNode { alarm: Some(Severity::Major), ..node("dist-3", Role::Switch, 2) },
        node("dist-4", Role::Switch, 2),
        fold("fold:dist-1", (34, 34), &[]),
        fold("fold:dist-2", (58, 56), &["acc-b2-07", "acc-b2-08"]),
        fold("fold:dist-4", (41, 41), &[]),
        node("acc-b3-01", Role::Switch, 3),
        GraphNode { status: DeviceStatus::Down, ..node("acc-b3-02", Role::Switch, 3) },
        node("acc-b3-회의", Role::Switch, 3),
        GraphNode {
            label: "AP".to_owned(),
            count: 62,
            count_up: 61,
            faults: vec!["ap-b3-f4-12".to_owned()],
            ..node("fold:ap", Role::AccessPoint, 4)
        },
        GraphNode { status: DeviceStatus::Maintenance, ..node("srv-1", Role::Server, 4) },
        GraphNode { neighbour: true, status: DeviceStatus::Unknown, ..node("nas-1", Role::Storage, 4) },
    ];
    nodes.sort_by(|a, b| a.id.cmp(&b.id));
    let down = |edge: GraphEdge| GraphEdge { count_up: Some(0), utilisation: None, ..edge };
    let edges = vec![
        edge("internet", "wan-1", 0.92),
        edge("internet", "wan-2", 0.14),
        edge("wan-1", "core-1", 0.61),
        edge("wan-1", "core-2", 0.03),
        edge("wan-2", "core-1", 0.02),
        edge("wan-2", "core-2", 0.12),
        GraphEdge { count: 2, count_up: Some(2), ..edge("core-1", "core-2", 0.22) },
        edge("core-1", "dist-1", 0.22),
        edge("core-1", "dist-2", 0.44),
        GraphEdge { count: 2, count_up: Some(1), ..edge("core-1", "dist-3", 0.78) },
        edge("core-1", "dist-4", 0.12),
        edge("core-2", "dist-1", 0.19),
        edge("core-2", "dist-2", 0.31),
        edge("core-2", "dist-3", 0.05),
        down(edge("core-2", "dist-4", 0.0)),
        edge("dist-1", "fold:dist-1", 0.2),
        edge("dist-2", "fold:dist-2", 0.4),
        edge("dist-4", "fold:dist-4", 0.1),
        edge("dist-3", "acc-b3-01", 0.88),
        down(edge("dist-3", "acc-b3-02", 0.0)),
        GraphEdge { one_sided: true, ..edge("dist-3", "acc-b3-회의", 0.33) },
        GraphEdge { stp_blocked: true, ..edge("acc-b3-01", "acc-b3-02", 0.0) },
        edge("acc-b3-01", "fold:ap", 0.05),
        edge("core-2", "srv-1", 0.5),
        edge("srv-1", "nas-1", 0.71),
    ];
    GraphView { nodes, edges, total_nodes: 412, total_links: 903, folded_nodes: 384, ..GraphView::default() }
}

pub(crate) fn text(buf: &Buffer) -> String {
    let line = |y| {
        let mut line = String::new();
        let mut skip = 0;
        for x in buf.area.left()..buf.area.right() {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buf.cell((x, y)).map_or(" ", |cell| cell.symbol());
            skip = crate::ui::text::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        line.trim_end().to_owned() + "\n"
    };
    (buf.area.top()..buf.area.bottom()).map(line).collect()
}

fn drawn(graph: &GraphView, set: GlyphSet, (width, height): (u16, u16)) -> String {
    let area = Rect::new(0, 0, width, height);
    let arrangement = arrange(graph, (&BTreeSet::new(), area), None);
    let (theme, glyphs) = (Theme::new(ThemeName::Dark, Depth::True), Glyphs::new(set));
    let drawing = Drawing {
        arrangement: &arrangement,
        graph,
        selected: Some("core-1"),
        colour_by: ColourBy::Utilisation,
        theme: &theme,
        glyphs: &glyphs,
    };
    let mut buf = Buffer::empty(area);
    drawing.render(&Viewport::new(&arrangement.layout, area, (0, 0)), &mut buf);
    text(&buf)
}

#[test]
fn the_campus_reads_well() {
    let graph = campus();
    insta::assert_snapshot!(drawn(&graph, GlyphSet::Unicode, (110, 42)));
    insta::assert_snapshot!(drawn(&graph, GlyphSet::Unicode, (86, 30)));
    insta::assert_snapshot!(drawn(&graph, GlyphSet::Ascii, (110, 42)));
    insta::assert_snapshot!(drawn(&graph, GlyphSet::Unicode, (78, 14)));
    insta::assert_snapshot!(drawn(&graph, GlyphSet::Ascii, (78, 14)));
}

fn graphs() -> impl Strategy<Value = GraphView> {
    let status =
        prop::sample::select(vec![DeviceStatus::Up, DeviceStatus::Down, DeviceStatus::Unknown, DeviceStatus::Maintenance]);
    let nodes = prop::collection::vec(("[a-z회\u{1b}\u{202e}]{0,30}", 0u8..5, status, 1usize..90), 0..16);
    let edges = prop::collection::vec((0usize..18, 0usize..18, 0.0..1.4f64, 0usize..3), 0..24);
    (nodes, edges).prop_map(|(nodes, edges)| {
        let nodes = nodes.into_iter().enumerate().map(|(at, (label, layer, status, count))| GraphNode {
            label,
            status,
            count,
            ..node(&format!("n{at}"), Role::Switch, layer)
        });
        let edges = edges.into_iter().map(|(a, b, load, up)| GraphEdge {
            count: 2,
            count_up: Some(up),
            ..edge(&format!("n{a}"), &format!("n{b}"), load)
        });
        GraphView { nodes: nodes.collect(), edges: edges.collect(), ..GraphView::default() }
    })
}

proptest! {
    #[test]
    fn any_graph_can_be_drawn_at_any_size_and_place(
        graph in graphs(), width in 1u16..200, height in 1u16..60, pan in (-9i32..400, 0i32..400), ascii in any::<bool>(),
    ) {
        let area = Rect::new(0, 0, width, height);
        let arrangement = arrange(&graph, (&BTreeSet::from([2]), area), None);
        let glyphs = Glyphs::new(if ascii { GlyphSet::Ascii } else { GlyphSet::Unicode });
        let theme = Theme::new(ThemeName::Light, Depth::Sixteen);
        let drawing = Drawing {
            arrangement: &arrangement,
            graph: &graph,
            selected: Some("n3"),
            colour_by: ColourBy::numbered(usize::from(width)),
            theme: &theme,
            glyphs: &glyphs,
        };
        let mut buf = Buffer::empty(area);
        let view = Viewport::new(&arrangement.layout, area, pan);
        drawing.render(&view, &mut buf);
        mini::render(&drawing, &view, area, &mut buf);
        let shown = text(&buf);
        prop_assert!(!shown.chars().any(|c| c != '\n' && crate::model::text::is_control(c)));
        prop_assert!(!ascii || shown.replace('회', "").is_ascii());
    }
}

#[test]
fn a_layout_older_than_its_graph_draws_what_both_know() {
    let area = Rect::new(0, 0, 110, 42);
    let arrangement = arrange(&campus(), (&BTreeSet::new(), area), None);
    let mut graph = campus();
    graph.nodes.retain(|node| node.id != "dist-1");
    graph.edges.retain(|edge| edge.a != "dist-1" && edge.b != "dist-1");
    let (theme, glyphs) = (Theme::new(ThemeName::Dark, Depth::True), Glyphs::new(GlyphSet::Unicode));
    let drawing = Drawing {
        arrangement: &arrangement,
        graph: &graph,
        selected: None,
        colour_by: ColourBy::State,
        theme: &theme,
        glyphs: &glyphs,
    };
    let mut buf = Buffer::empty(area);
    drawing.render(&Viewport::new(&arrangement.layout, area, (0, 0)), &mut buf);
    let shown = text(&buf);
    assert!(shown.contains("dist-2") && !shown.contains("dist-1"));
}

#[test]
fn a_fault_moves_no_box() {
    let area = Rect::new(0, 0, 110, 42);
    let before = arrange(&campus(), (&BTreeSet::new(), area), None);
    let mut graph = campus();
    for node in &mut graph.nodes {
        node.status = DeviceStatus::Down;
        node.faults = vec!["a-rather-long-name".to_owned()];
    }
    for edge in &mut graph.edges {
        edge.utilisation = None;
        edge.count_up = Some(0);
    }
    assert!(Arc::ptr_eq(&before, &arrange(&graph, (&BTreeSet::new(), area), Some(&before))));
}

#[test]
fn what_did_not_fit_is_not_laid_out_again_each_frame() {
    // Too small for any box with a border: only the smallest boxes are left.
    let area = Rect::new(0, 0, 30, 6);
    let before = arrange(&campus(), (&BTreeSet::new(), area), None);
    assert_eq!(before.density, Density::Compact);
    assert!(Arc::ptr_eq(&before, &arrange(&campus(), (&BTreeSet::new(), area), Some(&before))));
    let wider = arrange(&campus(), (&BTreeSet::new(), Rect::new(0, 0, 300, 100)), Some(&before));
    assert_eq!(wider.density, Density::Full, "another room is another question");
}
