//! The spanning tree: this bridge's place in it, its ports, and the whole tree with what is blocked.

use super::faceplate;
use super::port::Piece;
use super::section::{Section, rows};
use crate::model::{Role, StpRole};
use crate::query::{DevicePart, Screen, Subject};
use crate::state::view::screens::DeviceView;
use crate::state::view::switch::{BlockedLink, Branch, SpanningPort, SpanningView, is_blocked};
use crate::ui::UiState;
use crate::ui::lang::{tr, trf, trn};
use crate::ui::pane::{Listing, Place, Scene, Target, cells, devices};
use crate::ui::state::Room;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The section.
pub struct SpanningTree;

/// Parts that Tab goes through.
const PORTS: usize = 0;
const TREE: usize = 1;
const BLOCKED: usize = 2;

/// Rows of this bridge's own facts, borders counted.
const FACTS: u16 = 4;

/// What is said of an agent without one.
const NOTHING: &str = "this agent tells no spanning tree (BRIDGE-MIB dot1dStp)";

/// Columns of its ports.
const PORT_COLUMNS: [Column<SpanningPort>; 8] = [
    Column { title: "PORT", sort: "", width: Width::Grow(9), align: Align::Left, drop: 0, cell: port },
    Column { title: "ROLE", sort: "", width: Width::Cells(10), align: Align::Left, drop: 1, cell: role },
    Column { title: "STATE", sort: "", width: Width::Cells(10), align: Align::Left, drop: 0, cell: state },
    Column { title: "COST", sort: "", width: Width::Cells(8), align: Align::Right, drop: 3, cell: cost },
    Column { title: "PRI", sort: "", width: Width::Cells(4), align: Align::Right, drop: 6, cell: priority },
    Column { title: "DESIGNATED", sort: "", width: Width::Grow(12), align: Align::Left, drop: 2, cell: designated },
    Column { title: "PEER", sort: "", width: Width::Grow(12), align: Align::Left, drop: 4, cell: peer },
    Column { title: "FWD", sort: "", width: Width::Cells(5), align: Align::Right, drop: 5, cell: transitions },
];

/// Columns of the tree.
const TREE_COLUMNS: [Column<Branch>; 6] = [
    Column { title: "BRIDGE", sort: "", width: Width::Grow(26), align: Align::Left, drop: 0, cell: bridge },
    Column { title: "ROOT PORT", sort: "", width: Width::Cells(10), align: Align::Left, drop: 2, cell: root_port },
    Column { title: "COST", sort: "", width: Width::Cells(7), align: Align::Right, drop: 1, cell: root_cost },
    Column { title: "PRIO", sort: "", width: Width::Cells(5), align: Align::Right, drop: 4, cell: bridge_priority },
    Column { title: "BLK", sort: "", width: Width::Cells(3), align: Align::Right, drop: 3, cell: blocked_count },
    Column { title: "CHANGED", sort: "", width: Width::Cells(7), align: Align::Right, drop: 5, cell: changed },
];

/// Columns of the blocked links.
const BLOCKED_COLUMNS: [Column<BlockedLink>; 3] = [
    Column { title: "BLOCKED AT", sort: "", width: Width::Grow(16), align: Align::Left, drop: 0, cell: blocked_at },
    Column { title: "ROLE", sort: "", width: Width::Cells(10), align: Align::Left, drop: 2, cell: blocked_role },
    Column { title: "TO", sort: "", width: Width::Grow(14), align: Align::Left, drop: 1, cell: blocked_to },
];

fn number(value: Option<u32>, ink: &Ink<'_>) -> Line<'static> {
    value.map_or_else(|| ink.tone("-", Tone::Dim), |value| ink.tone(value.to_string(), Tone::Text))
}

fn port(row: &SpanningPort, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.name.clone(), if row.up { Tone::Strong } else { Tone::Dim })
}

fn role_of(role: Option<StpRole>, ink: &Ink<'_>) -> Line<'static> {
    match role {
        Some(StpRole::Root) => ink.tone(tr("root"), Tone::Accent),
        Some(role) => ink.tone(tr(role.word()), Tone::Text),
        None => ink.tone("-", Tone::Dim),
    }
}

fn role(row: &SpanningPort, ink: &Ink<'_>) -> Line<'static> {
    role_of(row.role, ink)
}

fn state(row: &SpanningPort, ink: &Ink<'_>) -> Line<'static> {
    let tone = match row.state.as_deref() {
        Some("broken") => Tone::Critical,
        state if is_blocked(state) => Tone::Maintenance,
        Some("forwarding") => Tone::Ok,
        Some("listening" | "learning") => Tone::Minor,
        _ => Tone::Dim,
    };
    ink.tone(row.state.as_deref().map_or("-", tr_state), tone)
}

fn tr_state(state: &str) -> &str {
    const KNOWN: [&str; 7] = ["disabled", "blocking", "discarding", "listening", "learning", "forwarding", "broken"];
    KNOWN.into_iter().find(|known| *known == state).map_or(state, tr)
}

fn cost(row: &SpanningPort, ink: &Ink<'_>) -> Line<'static> {
    number(row.cost, ink)
}

fn priority(row: &SpanningPort, ink: &Ink<'_>) -> Line<'static> {
    number(row.priority.map(u32::from), ink)
}

fn designated(row: &SpanningPort, ink: &Ink<'_>) -> Line<'static> {
    match (&row.designated_name, row.designated) {
        (Some(name), _) => ink.text(name.clone()),
        (None, Some(id)) => ink.tone(id.mac.to_string(), Tone::Dim),
        (None, None) => ink.tone("-", Tone::Dim),
    }
}

fn far(peer: Option<&String>, port: Option<&String>, ink: &Ink<'_>) -> Line<'static> {
    let Some(peer) = peer else { return ink.tone("-", Tone::Dim) };
    let port = port.map(|port| format!(" {port}")).unwrap_or_default();
    Line::from(vec![Span::raw(peer.clone()), Span::styled(port, ink.theme.style(Tone::Dim))])
}

fn peer(row: &SpanningPort, ink: &Ink<'_>) -> Line<'static> {
    far(row.peer.as_ref(), row.peer_port.as_ref(), ink)
}

fn transitions(row: &SpanningPort, ink: &Ink<'_>) -> Line<'static> {
    number(row.transitions, ink)
}

fn bridge(row: &Branch, ink: &Ink<'_>) -> Line<'static> {
    let [.., branch] = ink.glyphs.group;
    let indent = " ".repeat((row.depth * 2).min(usize::from(ink.width) / 2).saturating_sub(2));
    let sign = if row.depth == 0 { String::new() } else { format!("{indent}{branch} ") };
    let tone = match (row.is_here, row.device.is_some()) {
        (true, _) => Tone::Accent,
        (_, true) => Tone::Strong,
        (_, false) => Tone::Dim,
    };
    let mut spans = vec![Span::styled(sign, ink.theme.style(Tone::Faint)), Span::styled(row.name.clone(), ink.theme.style(tone))];
    if row.depth == 0 {
        spans.push(Span::styled(format!(" {}", tr("root")), ink.theme.style(Tone::Ok)));
    }
    if row.is_here {
        spans.push(Span::styled(format!(" < {}", tr("here")), ink.theme.style(Tone::Accent)));
    }
    Line::from(spans)
}

fn root_port(row: &Branch, ink: &Ink<'_>) -> Line<'static> {
    ink.known(row.root_port.as_deref())
}

fn root_cost(row: &Branch, ink: &Ink<'_>) -> Line<'static> {
    number(row.cost, ink)
}

fn bridge_priority(row: &Branch, ink: &Ink<'_>) -> Line<'static> {
    number(row.priority.map(u32::from), ink)
}

fn blocked_count(row: &Branch, ink: &Ink<'_>) -> Line<'static> {
    match row.blocked {
        0 => ink.tone("0", Tone::Dim),
        count => ink.tone(count.to_string(), Tone::Maintenance),
    }
}

fn changed(row: &Branch, ink: &Ink<'_>) -> Line<'static> {
    match row.changed_at {
        Some(_) => cells::ago(row.changed_at, ink),
        None => ink.tone("-", Tone::Dim),
    }
}

fn blocked_at(row: &BlockedLink, ink: &Ink<'_>) -> Line<'static> {
    far(Some(&row.name), Some(&row.port), ink)
}

fn blocked_role(row: &BlockedLink, ink: &Ink<'_>) -> Line<'static> {
    role_of(row.role, ink)
}

fn blocked_to(row: &BlockedLink, ink: &Ink<'_>) -> Line<'static> {
    far(row.peer.as_ref(), row.peer_port.as_ref(), ink)
}

fn tree_of(view: &DeviceView) -> Option<&SpanningView> {
    view.switch.spanning.as_deref()
}

impl Section for SpanningTree {
    fn name(&self) -> &'static str {
        "spanning-tree"
    }

    fn title(&self) -> &'static str {
        "Spanning tree"
    }

    fn applies(&self, view: &DeviceView) -> bool {
        let is_bridge =
            |row: &crate::state::view::DeviceRow| row.bridge.is_some() || (row.role == Role::Switch && row.snmp.is_some());
        view.device.as_ref().is_some_and(is_bridge)
    }

    fn part(&self) -> DevicePart {
        DevicePart::SpanningTree
    }

    fn parts(&self) -> usize {
        3
    }

    fn page(&self, state: &UiState) -> usize {
        let own = if state.room() == Room::Tiny { 0 } else { FACTS };
        let rows = rows(state).saturating_sub(own);
        let rows = if state.here().focus == BLOCKED && state.room() == Room::Wide { rows / 3 } else { rows };
        usize::from(rows.saturating_sub(3)).max(1)
    }

    fn listing(&self, view: &DeviceView, state: &UiState) -> Option<Listing> {
        let tree = tree_of(view)?;
        let keys: Vec<String> = match state.here().focus {
            PORTS => tree.ports.iter().map(|row| row.name.clone()).collect(),
            TREE => tree.tree.iter().map(|row| row.name.clone()).collect(),
            _ => tree.blocked.iter().map(|row| format!("{} {}", row.device, row.port)).collect(),
        };
        Some(Listing { offset: 0, matched: keys.len(), keys })
    }

    fn target(&self, view: &DeviceView, state: &UiState) -> Option<Target> {
        let own = view.device.as_ref().map(devices::target_of)?;
        let Some(tree) = tree_of(view) else { return Some(own) };
        let at = state.here().list().cursor;
        let of_device = |id: &crate::model::DeviceId, name: &str| Target {
            device: Some((id.clone(), name.to_owned())),
            cell: name.to_owned(),
            row: name.to_owned(),
            ..Target::default()
        };
        Some(match state.here().focus {
            PORTS => match tree.ports.get(at) {
                Some(row) => Target { port: Some(row.name.clone()), cell: row.name.clone(), row: row.name.clone(), ..own },
                None => own,
            },
            TREE => tree.tree.get(at).and_then(|row| Some(of_device(row.device.as_ref()?, &row.name))).unwrap_or(own),
            _ => match tree.blocked.get(at) {
                Some(row) => Target { port: Some(row.port.clone()), ..of_device(&row.device, &row.name) },
                None => own,
            },
        })
    }

    fn open(&self, view: &DeviceView, state: &UiState) -> Option<Place> {
        let target = self.target(view, state)?;
        let (device, name) = target.device?;
        match target.port {
            Some(port) => {
                let title = format!("{name} {port}");
                Some(Place { screen: Screen::Interface, subject: Some(Subject::Interface(device, port)), title })
            }
            None => Some(Place { screen: Screen::Device, subject: Some(Subject::Device(device)), title: name }),
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        let focus = scene.state.here().focus;
        let Some(tree) = tree_of(view) else {
            let inner = Panel::new(tr("Spanning tree")).focus(Focus::Here).draw(scene, area, buf);
            let words = if view.switch.part == DevicePart::SpanningTree { NOTHING } else { EN.waiting };
            return notice(buf, inner, &[words], scene.theme.style(Tone::Dim));
        };
        let room = scene.state.room();
        let own = if room == Room::Tiny || area.height < FACTS + 6 { 0 } else { FACTS };
        draw_own(scene, Rect { height: own, ..area }, (buf, tree));
        let rest = Rect { y: area.y + own, height: area.height - own, ..area };
        if room != Room::Wide {
            return match focus {
                PORTS => draw_ports(scene, rest, (buf, tree)),
                TREE => draw_tree(scene, rest, (buf, tree)),
                _ => draw_blocked(scene, rest, (buf, tree)),
            };
        }
        let left = Rect { width: rest.width / 2, ..rest };
        let right = Rect { x: left.right(), width: rest.width - left.width, ..rest };
        draw_ports(scene, left, (buf, tree));
        let wanted = u16::try_from(tree.blocked.len().max(1)).unwrap_or(u16::MAX).saturating_add(3);
        let below = wanted.min(right.height / 3).max(4).min(right.height);
        draw_tree(scene, Rect { height: right.height - below, ..right }, (buf, tree));
        draw_blocked(scene, Rect { y: right.bottom() - below, height: below, ..right }, (buf, tree));
    }
}

/// Its own place in two lines.
fn draw_own(scene: &Scene<'_>, area: Rect, (buf, tree): (&mut Buffer, &SpanningView)) {
    let bridge = &tree.bridge;
    let protocol = bridge.protocol.as_deref().unwrap_or_default().to_uppercase();
    let inner = Panel::new(tr("Spanning tree")).subtitle(&protocol).draw(scene, area, buf);
    let dim = |words: String| (words, Tone::Dim);
    let plain = |words: String| (words, Tone::Text);
    let or_dash = |value: Option<u32>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let root = match (bridge.is_root(), &tree.root_name, bridge.root) {
        (Some(true), ..) => vec![(tr("this bridge is the root").to_owned(), Tone::Ok)],
        (_, Some(name), id) => vec![
            dim(format!("{} ", tr("root"))),
            (name.clone(), Tone::Strong),
            dim(id.map(|id| format!(" {}", id.priority)).unwrap_or_default()),
        ],
        (_, None, Some(id)) => vec![dim(format!("{} ", tr("root"))), plain(id.to_string())],
        (_, None, None) => vec![dim(tr("tells no root").to_owned())],
    };
    let mut first: Vec<Piece> = root;
    if let Some(port) = &tree.root_port {
        first.extend([dim(trf!("   by {}", port)), dim(trf!("   cost {}", or_dash(bridge.root_cost)))]);
    }
    let mut second: Vec<Piece> = vec![dim(tr("own priority ").to_owned()), plain(or_dash(bridge.priority.map(u32::from)))];
    let blocked = tree.ports.iter().filter(|port| is_blocked(port.state.as_deref())).count();
    second.push((
        trn!(blocked, "   1 port blocked", "   {} ports blocked"),
        if blocked > 0 { Tone::Maintenance } else { Tone::Dim },
    ));
    second.push(dim(tr("   topology changes ").to_owned()));
    second.push(plain(or_dash(bridge.topology_changes)));
    if bridge.changed_at.is_some() {
        second.push(dim(trf!(", the last {} ago", text::age(bridge.changed_at, scene.state.shown_at()))));
    }
    second.extend(bridge.address.map(|mac| dim(format!("   {mac}"))));
    for (line, y) in [first, second].iter().zip(inner.y..inner.bottom()) {
        faceplate::line(scene, Rect { y, height: 1, ..inner }, (buf, line));
    }
}

fn draw_ports(scene: &Scene<'_>, area: Rect, (buf, tree): (&mut Buffer, &SpanningView)) {
    let here = scene.state.here();
    let count = tree.ports.len().to_string();
    let inner = Panel::new(tr("Ports")).subtitle(&count).focus(Focus::of(PORTS, here.focus)).draw(scene, area, buf);
    let [list, ..] = &here.lists;
    Rows {
        columns: &PORT_COLUMNS,
        rows: &tree.ports,
        offset: 0,
        matched: tree.ports.len(),
        list: (here.focus == PORTS).then_some(list),
        sort: None,
        header: Header::Shown,
        empty: &["this agent tells no ports of the spanning tree"],
    }
    .draw(scene, inner, buf);
}

fn draw_tree(scene: &Scene<'_>, area: Rect, (buf, tree): (&mut Buffer, &SpanningView)) {
    let here = scene.state.here();
    let words = trn!(tree.tree_total, "1 bridge", "{} bridges");
    let inner = Panel::new(tr("Tree")).subtitle(&words).focus(Focus::of(TREE, here.focus)).draw(scene, area, buf);
    let [_, list, ..] = &here.lists;
    // Without the cursor the bridge that the screen is about is kept in view.
    let own = tree.tree.iter().position(|row| row.is_here).unwrap_or(0);
    let rows = Rows {
        columns: &TREE_COLUMNS,
        rows: &tree.tree,
        offset: 0,
        matched: tree.tree.len(),
        list: (here.focus == TREE).then_some(list),
        sort: None,
        header: Header::Shown,
        empty: &["this agent tells no root"],
    };
    let from = if here.focus == TREE { 0 } else { own.saturating_sub(usize::from(inner.height.saturating_sub(2))) };
    let kept = tree.tree.get(from..).unwrap_or_default();
    Rows { rows: kept, matched: kept.len(), ..rows }.draw(scene, inner, buf);
}

fn draw_blocked(scene: &Scene<'_>, area: Rect, (buf, tree): (&mut Buffer, &SpanningView)) {
    let here = scene.state.here();
    let count = tree.blocked_total.to_string();
    let inner = Panel::new(tr("Blocked links")).subtitle(&count).focus(Focus::of(BLOCKED, here.focus)).draw(scene, area, buf);
    let [_, _, list, _] = &here.lists;
    Rows {
        columns: &BLOCKED_COLUMNS,
        rows: &tree.blocked,
        offset: 0,
        matched: tree.blocked.len(),
        list: (here.focus == BLOCKED).then_some(list),
        sort: None,
        header: Header::Shown,
        empty: &["no link is blocked in this tree"],
    }
    .draw(scene, inner, buf);
}
