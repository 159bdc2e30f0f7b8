//! The front panel of a switch: odd ports above, even ports below, as the housings have them, with their numbers where there is
//! room, and the port under the cursor in words.

use super::ports::port_under_cursor;
use crate::model::{AdminStatus, OperStatus};
use crate::state::view::InterfaceRow;
use crate::state::view::screens::DeviceView;
use crate::ui::glyph::GlyphSet;
use crate::ui::lang::{tr, trf};
use crate::ui::pane::{Scene, cells};
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widget::panel::Panel;
use crate::ui::widget::{put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// How many things the ports can show in turn.
pub const FACES: usize = 6;

/// ifType ethernetCsmacd (IANAifType-MIB).
const ETHERNET: u32 = 6;
/// Fewer ports are no panel.
const LEAST_PORTS: usize = 8;
/// Cells of a port: its glyph or its number, and a gap.
const CELLS: usize = 3;
/// Columns of a block: real panels leave a gap after each twelve ports.
const BLOCK: usize = 6;
/// Rows of the screen from which the numbers have room.
const NUMBERED_ROWS: u16 = 26;

/// Rows that it takes in what is left of the screen; `None` where it is left out.
pub(super) fn wanted(view: &DeviceView, area: Rect) -> Option<u16> {
    let ports = front_panel(view);
    let fits = usize::from(area.width) >= places(&ports).last().map_or(0, |place| place.0) + CELLS + 3;
    let height = if area.height >= NUMBERED_ROWS { 7 } else { 5 };
    (ports.len() >= LEAST_PORTS && area.height >= 20 && fits).then_some(height)
}

/// Ethernet ports by kind and number, as they stand on the housing; empty while not all of them are at hand.
fn front_panel(view: &DeviceView) -> Vec<&InterfaceRow> {
    if view.interfaces.rows.len() < view.interfaces.total {
        return Vec::new();
    }
    let mut ports: Vec<&InterfaceRow> = view.interfaces.rows.iter().filter(|row| row.if_type == Some(ETHERNET)).collect();
    ports.sort_by_cached_key(|row| (kind(row).to_owned(), number(row).parse::<u32>().unwrap_or(u32::MAX), row.if_index));
    ports
}

/// Where each port stands: cells from the left, and whether in the lower row. A kind of port begins a block of its own.
fn places(ports: &[&InterfaceRow]) -> Vec<(usize, bool)> {
    let (mut start, mut first) = (0, 0);
    let mut all = Vec::with_capacity(ports.len());
    for (at, row) in ports.iter().enumerate() {
        if at > first && ports.get(at - 1).is_some_and(|before| kind(before) != kind(row)) {
            start = all.iter().map(|(x, _)| x + CELLS).max().unwrap_or(0) + 2;
            first = at;
        }
        let column = (at - first) / 2;
        all.push((start + column * CELLS + column / BLOCK * 2, (at - first) % 2 == 1));
    }
    all
}

/// What a port looks like, told apart without colour.
fn glyph(row: &InterfaceRow, scene: &Scene<'_>) -> (&'static str, Style) {
    let faulty = cells::sum(row.in_errors_per_second, row.out_errors_per_second).is_some_and(|rate| rate > 0.0);
    let [up, down, off, other] = glyphs(scene);
    let style = |tone: Tone| scene.theme.style(tone);
    match (row.admin_status, row.oper_status) {
        (Some(AdminStatus::Down), _) => (off, style(Tone::Dim)),
        (_, Some(OperStatus::Up)) if faulty => ("!", style(Tone::Minor)),
        (_, Some(OperStatus::Up)) => {
            (up, scene.theme.utilisation(Some(cells::larger(row.in_utilisation, row.out_utilisation).unwrap_or(0.3).max(0.3))))
        }
        (_, Some(OperStatus::Down | OperStatus::LowerLayerDown | OperStatus::NotPresent | OperStatus::Dormant)) => {
            (down, style(Tone::Dim))
        }
        (_, Some(OperStatus::Testing | OperStatus::Unknown) | None) => (other, style(Tone::Unknown)),
    }
}

/// Up, without a link, switched off, unknown.
const fn glyphs(scene: &Scene<'_>) -> [&'static str; 4] {
    match scene.glyphs.set {
        GlyphSet::Unicode => ["■", "□", "·", "?"],
        GlyphSet::Cjk => ["⣿", "-", ".", "?"],
        GlyphSet::Ascii => ["#", "-", ".", "?"],
    }
}

/// The number that stands on the housing: the last one of the name.
fn number(row: &InterfaceRow) -> String {
    let digits: Vec<char> = row.name.chars().rev().take_while(char::is_ascii_digit).collect();
    digits.into_iter().rev().collect()
}

/// The name without that number: `Gi1/0/`.
fn kind(row: &InterfaceRow) -> &str {
    row.name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Draws the panel.
pub(super) fn draw(scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let ports = front_panel(view);
    let up = ports.iter().filter(|row| row.oper_status == Some(OperStatus::Up)).count();
    let words = trf!("{} of {} up", up, ports.len());
    let legend = legend(scene);
    let inner = Panel::new(tr("Ports")).subtitle(&words).note(&legend).draw(scene, area, buf);
    let numbered = inner.height >= 5;
    if inner.height < 3 {
        return;
    }
    let rows = if numbered { [inner.y + 1, inner.y + 2] } else { [inner.y, inner.y + 1] };
    let chosen = port_under_cursor(view, scene.state).map(|row| row.if_index);
    for (row, (cells, lower)) in ports.iter().zip(places(&ports)) {
        let x = inner.x + 1 + u16::try_from(cells).unwrap_or(u16::MAX);
        let [odd, even] = rows;
        let y = if lower { even } else { odd };
        let here = chosen == Some(row.if_index);
        let (shape, style) = glyph(row, scene);
        let (shape, style) = if here { (cursor(scene), scene.theme.style(Tone::Key)) } else { (shape, style) };
        put(buf, Position::new(x, y), 1, (shape, style));
        if numbered {
            let y = if lower { even + 1 } else { odd - 1 };
            let tone = if here { Tone::Key } else { Tone::Faint };
            put(buf, Position::new(x, y), 2, (&number(row), scene.theme.style(tone)));
        }
    }
    let line = Rect::new(inner.x + 1, inner.bottom() - 1, inner.width.saturating_sub(2), 1);
    if let Some(row) = port_under_cursor(view, scene.state) {
        in_words(scene, line, (buf, row));
    }
}

fn cursor(scene: &Scene<'_>) -> &'static str {
    if scene.glyphs.set == GlyphSet::Unicode { "▣" } else { "@" }
}

fn legend(scene: &Scene<'_>) -> String {
    let [up, down, off, _] = glyphs(scene);
    format!("{up} {}  {down} {}  {off} {}  ! {}", tr("up"), tr("no link"), tr("off"), tr("errors"))
}

fn in_words(scene: &Scene<'_>, line: Rect, (buf, row): (&mut Buffer, &InterfaceRow)) {
    let (state, tone) = cells::state_of(row);
    let (speed, alias) = (text::speed(row.speed_bps), row.if_alias.clone().unwrap_or_default());
    let dim = scene.theme.style(Tone::Dim);
    let pieces = [
        (row.name.as_str(), scene.theme.style(Tone::Strong)),
        ("  ", dim),
        (tr(state), scene.theme.style(tone)),
        ("  ", dim),
        (speed.as_str(), dim),
        ("  ", dim),
        (alias.as_str(), dim),
    ];
    put_all(buf, Position::new(line.x, line.y), line.width, &pieces);
}
