//! The VLANs of a device, port by port: what leaves tagged, untagged, as native VLAN, and what a spanning tree blocks.

use super::section::{Section, rows};
use crate::model::Role;
use crate::query::{DevicePart, Screen};
use crate::state::view::DeviceRow;
use crate::state::view::screens::DeviceView;
use crate::state::view::switch::{DEVICE_VLAN_COLUMNS, DeviceVlan};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::{tr, trn};
use crate::ui::pane::{Gesture, Listing, Scene, Target, devices, names_of, vlans as network};
use crate::ui::state::Room;
use crate::ui::text::{EN, fit};
use crate::ui::theme::Tone;
use crate::ui::update::overlay;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, sorts, summary};
use crate::ui::widget::{notice, put};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// The section.
pub struct Vlans;

/// Cells of the names before the matrix; the matrix takes what is left.
const NAMES: u16 = 44;
const NARROW_NAMES: u16 = 28;
/// Ports between two gaps of the matrix.
const BLOCK: usize = 12;
/// Rows over the matrix that say which port is which.
const HEAD: u16 = 2;

/// What is said of an agent without VLANs.
const NOTHING: &str = "this agent tells no VLANs (Q-BRIDGE-MIB, or its vendor's own)";

/// Columns of the VLANs beside the matrix.
const COLUMNS: [Column<DeviceVlan>; 5] = [
    Column { title: "VLAN", sort: "vlan", width: Width::Cells(4), align: Align::Right, drop: 0, cell: id },
    Column { title: "NAME", sort: "name", width: Width::Grow(10), align: Align::Left, drop: 0, cell: name },
    Column { title: "UNTAG", sort: "untagged", width: Width::Cells(6), align: Align::Right, drop: 1, cell: untagged },
    Column { title: "TAG", sort: "tagged", width: Width::Cells(6), align: Align::Right, drop: 2, cell: tagged },
    Column { title: "BLK", sort: "blocked", width: Width::Cells(5), align: Align::Right, drop: 3, cell: blocked },
];
const SORTS: [&str; 5] = sorts(&COLUMNS);

fn id(row: &DeviceVlan, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.id.to_string(), Tone::Strong)
}

fn name(row: &DeviceVlan, ink: &Ink<'_>) -> Line<'static> {
    ink.known(row.name.as_deref())
}

fn count(number: usize, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(number.to_string(), if number == 0 { Tone::Dim } else { Tone::Text })
}

fn untagged(row: &DeviceVlan, ink: &Ink<'_>) -> Line<'static> {
    count(row.untagged, ink)
}

fn tagged(row: &DeviceVlan, ink: &Ink<'_>) -> Line<'static> {
    count(row.tagged, ink)
}

fn blocked(row: &DeviceVlan, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(row.blocked.to_string(), if row.blocked == 0 { Tone::Dim } else { Tone::Maintenance })
}

fn at<'v>(view: &'v DeviceView, state: &UiState) -> Option<&'v DeviceVlan> {
    let table = &view.switch.matrix.rows;
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

/// First port of the matrix: it is kept as the top of a list that nothing else uses.
fn first_port(state: &UiState) -> usize {
    state.here().lists[1].top
}

impl Section for Vlans {
    fn name(&self) -> &'static str {
        "vlans"
    }

    fn title(&self) -> &'static str {
        "VLANs"
    }

    fn applies(&self, view: &DeviceView) -> bool {
        let is_switch = |row: &DeviceRow| row.role == Role::Switch && row.snmp.is_some();
        view.switch.vlan_count > 0 || view.device.as_ref().is_some_and(is_switch)
    }

    fn part(&self) -> DevicePart {
        DevicePart::Vlans
    }

    fn page(&self, state: &UiState) -> usize {
        let head = if state.room() == Room::Tiny { 3 } else { 2 + HEAD + 1 };
        usize::from(rows(state).saturating_sub(head)).max(1)
    }

    fn sorts(&self) -> &'static [&'static str] {
        &SORTS
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(DEVICE_VLAN_COLUMNS)
    }

    fn listing(&self, view: &DeviceView, _state: &UiState) -> Option<Listing> {
        let table = &view.switch.matrix.rows;
        Some(Listing {
            offset: table.offset,
            matched: table.matched,
            keys: table.rows.iter().map(|row| row.id.to_string()).collect(),
        })
    }

    fn target(&self, view: &DeviceView, state: &UiState) -> Option<Target> {
        let own = view.device.as_ref().map(devices::target_of)?;
        let Some(row) = at(view, state) else { return Some(own) };
        let words = format!("{} {}", row.id, row.name.as_deref().unwrap_or("-"));
        Some(Target { cell: row.id.to_string(), row: words, ..own })
    }

    fn gesture(&self, state: &mut UiState, view: &DeviceView, gesture: Gesture) -> Vec<Effect> {
        let ports = view.switch.matrix.ports.len();
        match gesture {
            Gesture::Left | Gesture::Right => {
                let from = &mut state.here_mut().lists[1].top;
                *from = if gesture == Gesture::Left {
                    from.saturating_sub(BLOCK)
                } else {
                    (*from + BLOCK).min(ports.saturating_sub(1) / BLOCK * BLOCK)
                };
                Vec::new()
            }
            // The VLAN across the whole network.
            Gesture::Enter => at(view, state)
                .map(|row| row.id)
                .map_or_else(Vec::new, |id| overlay::filtered(state, Screen::Vlans, format!("vlan={id}"))),
            _ => Vec::new(),
        }
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        let here = scene.state.here();
        let matrix = &view.switch.matrix;
        let words = format!(
            "{}  {}",
            summary(matrix.rows.matched, matrix.rows.total, &here, ""),
            trn!(matrix.ports.len(), "1 port", "{} ports")
        );
        let legend = tr("U untagged  T tagged  N native  B blocked  small: down");
        let inner = Panel::new(tr("VLANs")).subtitle(&words).note(legend).focus(Focus::Here).draw(scene, area, buf);
        if view.switch.part != DevicePart::Vlans {
            return notice(buf, inner, &[EN.waiting], scene.theme.style(Tone::Dim));
        }
        let tiny = scene.state.room() == Room::Tiny;
        let names = match scene.state.room() {
            Room::Tiny => inner.width,
            Room::Middle => NARROW_NAMES,
            Room::Wide => NAMES,
        };
        let names = if matrix.ports.is_empty() { inner.width } else { names.min(inner.width) };
        let head = if tiny || matrix.rows.matched == 0 { 0 } else { HEAD - 1 };
        let table = Rect { y: inner.y + head, width: names, height: inner.height.saturating_sub(head), ..inner };
        Rows {
            columns: &COLUMNS,
            rows: &matrix.rows.rows,
            offset: matrix.rows.offset,
            matched: matrix.rows.matched,
            list: Some(here.list()),
            sort: here.sort.as_ref(),
            header: Header::Shown,
            empty: &[if matrix.rows.total == 0 { NOTHING } else { EN.nothing_matches }],
        }
        .draw(scene, table, buf);
        if names < inner.width && matrix.rows.matched > 0 {
            draw_matrix(scene, Rect { x: inner.x + names, width: inner.width - names, ..inner }, (buf, view));
        }
    }
}

/// Where a port of the matrix stands: a gap after each block.
fn place(at: usize) -> u16 {
    u16::try_from(at + at / BLOCK).unwrap_or(u16::MAX)
}

/// The ports over the matrix by the last digits of their names, a block named in full, and what each is to each VLAN.
fn draw_matrix(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let here = scene.state.here();
    let matrix = &view.switch.matrix;
    let first = first_port(scene.state).min(matrix.ports.len().saturating_sub(1));
    let shown = matrix.ports.iter().skip(first).enumerate().take_while(|(at, _)| place(*at) + 1 < area.width);
    let header = scene.theme.style(Tone::Header);
    let faint = scene.theme.style(Tone::Faint);
    let mut count = 0;
    for (at, name) in shown {
        let x = area.x + place(at);
        if at % BLOCK == 0 {
            let room = u16::try_from(BLOCK).unwrap_or(u16::MAX).min(area.right().saturating_sub(x));
            let words = fit(name, usize::from(room), scene.glyphs.ellipsis);
            put(buf, Position::new(x, area.y), room, (&words, header));
        }
        let digit = name.chars().next_back().filter(char::is_ascii_digit).map_or_else(|| ".".to_owned(), String::from);
        put(buf, Position::new(x, area.y + 1), 1, (&digit, faint));
        count = at + 1;
    }
    let top = area.y + HEAD;
    let mut list = here.list().clone();
    list.reveal(usize::from(area.bottom().saturating_sub(top)));
    let rows = matrix.rows.rows.iter().skip(list.top.saturating_sub(matrix.rows.offset));
    for (row, y) in rows.zip(top..area.bottom()) {
        let is_here =
            matrix.rows.rows.get(here.list().cursor.wrapping_sub(matrix.rows.offset)).is_some_and(|under| under.id == row.id);
        for (at, port) in row.ports.iter().skip(first).take(count).enumerate() {
            let (glyph, tone) = network::letter(*port);
            put(buf, Position::new(area.x + place(at), y), 1, (glyph, scene.theme.style(tone)));
        }
        if is_here {
            buf.set_style(Rect { y, height: 1, ..area }, scene.theme.selected());
        }
    }
    if first > 0 || first + count < matrix.ports.len() {
        let words = format!("{}-{}/{} h l", first + 1, first + count, matrix.ports.len());
        let cells = u16::try_from(words.len()).unwrap_or(0);
        put(buf, Position::new(area.right().saturating_sub(cells + 1), area.bottom().saturating_sub(1)), cells, (&words, faint));
    }
}
