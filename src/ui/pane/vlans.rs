//! VLANs: all of the network, and where the one under the cursor goes: its devices with their ports, and where it is broken.

use super::{Context, Listing, Pane, Place, Scene, Target, cells, events};
use crate::query::{MapLayer, MapRequest, Screen, Subject, ViewRequest, Window};
use crate::state::view::{View, ViewBody, VlanDevice, VlanFault, VlanFaultKind, VlanPort, VlanRow, VlansView};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trf, trn};
use crate::ui::pane::Gesture;
use crate::ui::state::Room;
use crate::ui::text::{EN, fit, width};
use crate::ui::theme::Tone;
use crate::ui::update::navigate;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use crate::ui::widget::{notice, put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The screen.
pub struct Vlans;

/// Columns of the list.
pub const COLUMNS: [Column<VlanRow>; 12] = [
    Column { title: "VLAN", sort: "vlan", width: Width::Cells(5), align: Align::Right, drop: 0, cell: id },
    Column { title: "NAME", sort: "name", width: Width::Grow(12), align: Align::Left, drop: 0, cell: name },
    Column { title: "DEVICES", sort: "devices", width: Width::Cells(7), align: Align::Right, drop: 2, cell: devices },
    Column { title: "ACCESS", sort: "access", width: Width::Cells(11), align: Align::Right, drop: 3, cell: access },
    Column { title: "TRUNK", sort: "trunk", width: Width::Cells(6), align: Align::Right, drop: 4, cell: trunk },
    Column { title: "BLOCKED", sort: "blocked", width: Width::Cells(7), align: Align::Right, drop: 6, cell: blocked },
    Column { title: "ROOT", sort: "root", width: Width::Cells(14), align: Align::Left, drop: 10, cell: root },
    Column { title: "PARTS", sort: "parts", width: Width::Cells(5), align: Align::Right, drop: 7, cell: parts },
    Column { title: "STATIONS", sort: "endpoints", width: Width::Cells(8), align: Align::Right, drop: 5, cell: endpoints },
    Column { title: "IN", sort: "in", width: Width::Cells(6), align: Align::Right, drop: 8, cell: inward },
    Column { title: "OUT", sort: "out", width: Width::Cells(6), align: Align::Right, drop: 9, cell: outward },
    Column { title: "FAULTS", sort: "broken", width: Width::Grow(14), align: Align::Left, drop: 1, cell: row_faults },
];

/// Columns of the matrix.
pub const MATRIX: [Column<VlanDevice>; 7] = [
    Column { title: "DEVICE", sort: "", width: Width::Cells(16), align: Align::Left, drop: 0, cell: device },
    Column { title: "NAME HERE", sort: "", width: Width::Cells(11), align: Align::Left, drop: 5, cell: name_here },
    Column { title: "UNTAG", sort: "", width: Width::Cells(6), align: Align::Right, drop: 4, cell: untagged },
    Column { title: "TAG", sort: "", width: Width::Cells(4), align: Align::Right, drop: 4, cell: tagged },
    Column { title: "BLK", sort: "", width: Width::Cells(4), align: Align::Right, drop: 6, cell: blocks },
    Column { title: "PORTS", sort: "", width: Width::Grow(14), align: Align::Left, drop: 1, cell: strip },
    Column { title: "BROKEN AT", sort: "", width: Width::Cells(28), align: Align::Left, drop: 2, cell: broken_at },
];

/// Rows of the detail under the matrix.
const DETAIL: u16 = 5;
/// Rows of the screen from which there is room for it.
const DETAIL_FROM: u16 = 26;
/// Ports that stand together in the strip, as on the front of a switch.
const GROUP: usize = 4;

/// The root of its spanning tree; that its switches do not agree on one is loud.
fn root(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    match (&row.root, row.roots) {
        (None, _) => ink.tone("-", Tone::Dim),
        (Some(root), 0 | 1) => ink.text(root.clone()),
        (Some(root), more) => ink.tone(format!("{root} +{}", more - 1), Tone::Minor),
    }
}

fn count(number: usize, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(number.to_string(), if number == 0 { Tone::Dim } else { Tone::Text })
}

fn id(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.id.to_string(), Tone::Strong)
}

fn name(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    let Some((first, _)) = row.names.first() else { return ink.tone("-", Tone::Dim) };
    let mut spans = vec![Span::raw(first.clone())];
    for (other, _) in row.names.iter().skip(1) {
        spans.push(Span::styled(format!(" / {other}"), ink.theme.style(Tone::Minor)));
    }
    Line::from(spans)
}

fn devices(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    count(row.devices, ink)
}

fn access(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    if row.access_ports == 0 {
        return ink.tone("-", Tone::Dim);
    }
    Line::from(vec![
        Span::raw(row.access_up.to_string()),
        Span::styled(format!("/{}", row.access_ports), ink.theme.style(Tone::Dim)),
    ])
}

fn trunk(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    count(row.trunk_ports, ink)
}

fn blocked(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    count(row.blocked_ports, ink)
}

fn parts(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.parts.to_string(), if row.parts > 1 { Tone::Text } else { Tone::Dim })
}

fn endpoints(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    count(row.endpoints, ink)
}

fn inward(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.in_bps, false, ink)
}

fn outward(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    cells::rate(row.out_bps, false, ink)
}

fn row_faults(row: &VlanRow, ink: &Ink<'_>) -> Line<'static> {
    let mut words = Vec::new();
    if row.broken > 0 {
        words.push((trf!("{} broken", row.broken), Tone::Major));
    }
    if row.native > 0 {
        words.push((trf!("{} native", row.native), Tone::Major));
    }
    if row.names.len() > 1 {
        words.push((trf!("{} names", row.names.len()), Tone::Minor));
    }
    if words.is_empty() {
        return ink.tone("-", Tone::Dim);
    }
    let blank = |at: usize| if at == 0 { "! " } else { "  " };
    let spans = words
        .into_iter()
        .enumerate()
        .map(|(at, (word, tone))| Span::styled(format!("{}{word}", blank(at)), ink.theme.style(tone)));
    Line::from(spans.collect::<Vec<_>>())
}

fn device(row: &VlanDevice, ink: &Ink<'_>) -> Line<'static> {
    let mark = if row.faults.is_empty() { Span::raw("  ") } else { Span::styled("! ", ink.theme.style(Tone::Major)) };
    Line::from(vec![mark, Span::raw(row.name.clone())])
}

fn name_here(row: &VlanDevice, ink: &Ink<'_>) -> Line<'static> {
    row.vlan_name.clone().map_or_else(|| ink.tone("-", Tone::Dim), |name| ink.tone(name, Tone::Dim))
}

fn number(row: &VlanDevice, wanted: fn(VlanPort) -> bool) -> usize {
    row.ports.iter().filter(|port| wanted(**port)).count()
}

const fn is_untagged(port: VlanPort) -> bool {
    matches!(port, VlanPort::Access { .. } | VlanPort::Native { .. })
}

fn untagged(row: &VlanDevice, ink: &Ink<'_>) -> Line<'static> {
    count(number(row, is_untagged), ink)
}

fn tagged(row: &VlanDevice, ink: &Ink<'_>) -> Line<'static> {
    count(number(row, |port| matches!(port, VlanPort::Tagged { .. })), ink)
}

fn blocks(row: &VlanDevice, ink: &Ink<'_>) -> Line<'static> {
    let blocked = number(row, |port| port == VlanPort::Blocked);
    ink.tone(blocked.to_string(), if blocked == 0 { Tone::Dim } else { Tone::Minor })
}

/// The letter of a port, as switches themselves print it; small where the port is down.
pub const fn letter(port: VlanPort) -> (&'static str, Tone) {
    match port {
        VlanPort::Outside => (".", Tone::Faint),
        VlanPort::Access { up: true } => ("U", Tone::Ok),
        VlanPort::Access { up: false } => ("u", Tone::Dim),
        VlanPort::Tagged { up: true } => ("T", Tone::Accent),
        VlanPort::Tagged { up: false } => ("t", Tone::Dim),
        VlanPort::Native { up: true } => ("N", Tone::Strong),
        VlanPort::Native { up: false } => ("n", Tone::Dim),
        VlanPort::Blocked => ("B", Tone::Minor),
    }
}

/// A letter for each port; in groups where there is room for the blanks.
fn strip(row: &VlanDevice, ink: &Ink<'_>) -> Line<'static> {
    let room = usize::from(ink.width);
    let grouped = row.ports.len() + row.ports.len().saturating_sub(1) / GROUP <= room;
    let fits = if grouped || row.ports.len() <= room { row.ports.len() } else { room.saturating_sub(1) };
    let mut spans = Vec::with_capacity(fits);
    for (at, port) in row.ports.iter().take(fits).enumerate() {
        if grouped && at > 0 && at % GROUP == 0 {
            spans.push(Span::raw(" "));
        }
        let (letter, tone) = letter(*port);
        spans.push(Span::styled(letter, ink.theme.style(tone)));
    }
    if fits < row.ports.len() {
        spans.push(Span::styled(ink.glyphs.ellipsis, ink.theme.style(Tone::Dim)));
    }
    Line::from(spans)
}

fn fault_words(fault: &VlanFault, arrow: &str) -> String {
    let place = format!("{} {arrow} {} {}", fault.port, fault.peer, fault.peer_port);
    match fault.kind {
        VlanFaultKind::PeerLacks => trf!("{}: not there", place),
        VlanFaultKind::Lacks => trf!("{}: not here", place),
        VlanFaultKind::Native => trf!("{}: other native", place),
    }
}

fn broken_at(row: &VlanDevice, ink: &Ink<'_>) -> Line<'static> {
    let Some(first) = row.faults.first() else { return ink.tone("-", Tone::Dim) };
    let more = if row.faults.len() > 1 { format!(" +{}", row.faults.len() - 1) } else { String::new() };
    let kind = match first.kind {
        VlanFaultKind::PeerLacks => tr("not at"),
        VlanFaultKind::Lacks => tr("not from"),
        VlanFaultKind::Native => tr("native, to"),
    };
    ink.tone(format!("{} {kind} {}{more}", first.port, first.peer), Tone::Major)
}

/// Where the parts of the screen are: the list, the matrix, the device under the cursor.
struct Places {
    list: Option<Rect>,
    matrix: Option<Rect>,
    detail: Option<Rect>,
}

impl Places {
    fn new(state: &UiState, area: Rect, rows: usize) -> Self {
        if state.room() == Room::Tiny {
            let matrix = state.here().focus == 1;
            return Self { list: (!matrix).then_some(area), matrix: matrix.then_some(area), detail: None };
        }
        let rows = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(3);
        let height = rows.clamp(6, (area.height * 2 / 5).max(6)).min(area.height);
        let detail = if state.size.height >= DETAIL_FROM { DETAIL } else { 0 };
        let matrix = Rect { y: area.y + height, height: area.height.saturating_sub(height + detail), ..area };
        Self {
            list: Some(Rect { height, ..area }),
            matrix: (matrix.height > 2).then_some(matrix),
            detail: (detail > 0).then(|| Rect { y: matrix.bottom(), height: detail, ..area }),
        }
    }
}

fn of(body: &ViewBody) -> Option<&VlansView> {
    let ViewBody::Vlans(view) = body else { return None };
    Some(view)
}

fn vlan_under<'v>(view: &'v VlansView, state: &UiState) -> Option<&'v VlanRow> {
    let [list, ..] = &state.here().lists;
    view.table.rows.get(list.cursor.checked_sub(view.table.offset)?)
}

fn device_under<'v>(view: &'v VlansView, state: &UiState) -> Option<&'v VlanDevice> {
    let [_, list, ..] = &state.here().lists;
    view.devices.get(list.cursor)
}

impl Pane for Vlans {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List, Context::Table, Context::Vlans]
    }

    fn page(&self, state: &UiState) -> usize {
        let area = Rect::new(0, 2, state.size.width, state.size.height.saturating_sub(3));
        let places = Places::new(state, area, usize::from(area.height));
        let place = if state.here().focus == 1 { places.matrix } else { places.list };
        place.map_or(1, |place| usize::from(place.height.saturating_sub(3)).max(1))
    }

    fn request(&self, state: &UiState) -> ViewRequest {
        let page = usize::from(state.size.height).max(1);
        let here = state.here();
        let [list, ..] = &here.lists;
        let mut request = state.request(page);
        request.window = Window { offset: list.top.saturating_sub(page), rows: page * 3 };
        let vlan = list.key.as_ref().and_then(|key| key.parse().ok());
        request.map = MapRequest { layer: vlan.map_or(MapLayer::L2, MapLayer::Vlan), ..MapRequest::default() };
        request
    }

    fn asks_of_cursor(&self, state: &UiState) -> bool {
        state.here().focus == 0
    }

    fn parts(&self) -> usize {
        2
    }

    fn sorts(&self) -> &'static [&'static str] {
        const SORTS: [&str; 12] = sorts(&COLUMNS);
        &SORTS
    }

    fn fields(&self) -> Vec<&'static str> {
        super::names_of(crate::state::view::VLAN_COLUMNS)
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn listing(&self, body: &ViewBody, state: &UiState) -> Option<Listing> {
        let view = of(body)?;
        if state.here().focus == 1 {
            let keys: Vec<String> = view.devices.iter().map(|device| device.id.as_str().to_owned()).collect();
            return Some(Listing { offset: 0, matched: keys.len(), keys });
        }
        let keys = view.table.rows.iter().map(|row| row.id.to_string()).collect();
        Some(Listing { offset: view.table.offset, matched: view.table.matched, keys })
    }

    fn target(&self, body: &ViewBody, state: &UiState) -> Option<Target> {
        let view = of(body)?;
        if state.here().focus == 1 {
            let device = device_under(view, state)?;
            return Some(Target {
                device: Some((device.id.clone(), device.name.clone())),
                cell: device.name.clone(),
                row: format!("{} {} {}", device.name, device.untagged, device.tagged),
                ..Target::default()
            });
        }
        let row = vlan_under(view, state)?;
        let name = row.names.first().map_or("", |(name, _)| name);
        Some(Target {
            cell: row.id.to_string(),
            row: format!("{} {name}", row.id),
            flows: Some(format!("vlan={}", row.id)),
            ..Target::default()
        })
    }

    fn open(&self, body: &ViewBody, state: &UiState) -> Option<Place> {
        let device = device_under(of(body)?, state).filter(|_| state.here().focus == 1)?;
        Some(Place { screen: Screen::Device, subject: Some(Subject::Device(device.id.clone())), title: device.name.clone() })
    }

    fn gesture(&self, state: &mut UiState, view: Option<&View>, gesture: Gesture) -> Vec<Effect> {
        let Some(view) = view.and_then(|view| of(&view.body)) else { return Vec::new() };
        match gesture {
            Gesture::Enter => {
                state.here_mut().focus = 1;
                Vec::new()
            }
            Gesture::Layers => {
                let Some(row) = vlan_under(view, state) else { return Vec::new() };
                state.map.request = MapRequest { layer: MapLayer::Vlan(row.id), ..MapRequest::default() };
                if state.here().focus == 1 {
                    state.map.selected = device_under(view, state).map(|device| device.id.as_str().to_owned());
                }
                navigate(state, Place::screen(Screen::Topology))
            }
            _ => Vec::new(),
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let Some(view) = scene.body().and_then(of) else {
            return events::waiting(scene, area, (buf, tr("VLANs")));
        };
        let places = Places::new(scene.state, area, view.table.matched);
        if let Some(area) = places.list {
            draw_list(scene, view, area, buf);
        }
        if let Some(area) = places.matrix {
            draw_matrix(scene, view, area, buf);
        }
        if let Some(area) = places.detail {
            draw_device(scene, device_under(view, scene.state), area, buf);
        }
    }
}

fn draw_list(scene: &Scene<'_>, view: &VlansView, area: Rect, buf: &mut Buffer) {
    let here = scene.state.here();
    let [list, ..] = &here.lists;
    let words = summary(view.table.matched, view.table.total, &here, "");
    let inner = Panel::new(tr("VLANs")).subtitle(&words).focus(Focus::of(0, here.focus)).draw(scene, area, buf);
    let nothing = [tr("No switch has told of a VLAN."), tr("They are read by SNMP (Q-BRIDGE-MIB) with the inventory.")];
    let empty: &[&str] = match (view.table.total, here.faults_only) {
        (0, _) => &nothing,
        (_, true) => &[EN.no_faults],
        (_, false) => &[EN.nothing_matches],
    };
    Rows {
        columns: &COLUMNS,
        rows: &view.table.rows,
        offset: view.table.offset,
        matched: view.table.matched,
        list: Some(list),
        sort: here.sort.as_ref(),
        header: Header::Shown,
        empty,
    }
    .draw(scene, inner, buf);
}

fn draw_matrix(scene: &Scene<'_>, view: &VlansView, area: Rect, buf: &mut Buffer) {
    let here = scene.state.here();
    let [_, list, ..] = &here.lists;
    let row = view.vlan.and_then(|vlan| view.table.rows.iter().find(|row| row.id == vlan));
    let name = row.and_then(|row| row.names.first()).map_or("", |(name, _)| name.as_str());
    let title = view.vlan.map_or_else(|| "VLAN".to_owned(), |vlan| format!("VLAN {vlan} {name}"));
    let broken = view.devices.iter().filter(|device| !device.faults.is_empty()).count();
    let mut words = trn!(view.devices_total, "1 device", "{} devices");
    if broken > 0 {
        words.push_str(&trf!(", {} with faults first", broken));
    }
    let legend = tr("U untagged  T tagged  N native  B blocked  small: down");
    let note = if width(&title) + width(&words) + width(legend) + 10 < usize::from(area.width) { legend } else { "" };
    let focus = Focus::of(1, here.focus);
    let inner = Panel::new(title.trim_end()).subtitle(&words).note(note).focus(focus).draw(scene, area, buf);
    Rows {
        columns: &MATRIX,
        rows: &view.devices,
        offset: 0,
        matched: view.devices.len(),
        list: (focus == Focus::Here).then_some(list),
        sort: None,
        header: Header::Shown,
        empty: &[EN.nothing_here],
    }
    .draw(scene, inner, buf);
}

fn draw_device(scene: &Scene<'_>, device: Option<&VlanDevice>, area: Rect, buf: &mut Buffer) {
    let Some(device) = device else {
        let inner = Panel::new("").draw(scene, area, buf);
        return notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
    };
    let inner = Panel::new(&device.name).subtitle(device.vlan_name.as_deref().unwrap_or("-")).draw(scene, area, buf);
    let (dim, plain) = (scene.theme.style(Tone::Dim), scene.theme.style(Tone::Text));
    let known = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let mut lines: Vec<(&str, String, Style)> = device
        .faults
        .iter()
        .take(1)
        .map(|fault| (tr("broken"), fault_words(fault, scene.glyphs.arrow), scene.theme.style(Tone::Major)))
        .collect();
    lines.push((tr("untagged"), known(&device.untagged), plain));
    lines.push((tr("tagged"), known(&device.tagged), plain));
    let names = lines.iter().map(|(name, ..)| width(name)).max().unwrap_or(0);
    for ((name, text, style), y) in lines.iter().zip(inner.y..inner.bottom()) {
        let indent = u16::try_from(names + 2).unwrap_or(0);
        put_all(buf, Position::new(inner.x + 1, y), inner.width, &[(name, dim)]);
        let room = inner.width.saturating_sub(indent + 2);
        let text = fit(text, usize::from(room), scene.glyphs.ellipsis);
        put(buf, Position::new(inner.x + 1 + indent, y), room, (&text, *style));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_port_has_a_letter_of_its_own() {
        let mut ports = vec![VlanPort::Outside, VlanPort::Blocked];
        for up in [true, false] {
            ports.extend([VlanPort::Access { up }, VlanPort::Tagged { up }, VlanPort::Native { up }]);
        }
        let letters: std::collections::BTreeSet<&str> = ports.iter().map(|port| letter(*port).0).collect();
        assert_eq!(letters.len(), ports.len());
    }
}
