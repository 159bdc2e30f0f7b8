//! The front of a switch: odd ports above, even ports below, as the housings have them, member by member, cages for transceivers apart.
//!
//! What the ports show is chosen by a key ([`FACES`]); without colour they are told apart by their glyphs. [`Plate`] is where each stands.

use crate::model::{AdminStatus, IfIndex, OperStatus, PoeStatus};
use crate::state::view::screens::DeviceView;
use crate::state::view::switch::FacePort;
use crate::ui::glyph::GlyphSet;
use crate::ui::lang::{tr, trf};
use crate::ui::mouse::{self, Hit};
use crate::ui::pane::Scene;
use crate::ui::text::{self, speed};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::Panel;
use crate::ui::widget::{put, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use std::collections::{BTreeMap, BTreeSet};

/// What the ports can show, in turn.
const FACE_WORDS: [&str; FACES] = ["state", "speed", "PoE", "VLAN", "load", "errors"];
/// How many that are.
pub const FACES: usize = 6;
const SPEED: usize = 1;
const POE: usize = 2;
const VLAN: usize = 3;
const LOAD: usize = 4;
const ERRORS: usize = 5;

/// Fewer ports are no panel.
const LEAST_PORTS: usize = 4;
/// Cells of a port, the roomiest first: its glyph, and a gap.
const CELLS: [usize; 3] = [3, 2, 1];
/// Columns of a block: real housings leave a gap after each twelve ports.
const BLOCK: usize = 6;
/// Ports of one shelf; a housing with more has several.
const SHELF: usize = 52;
/// Ports of a shelf that are no shelf.
const MANAGEMENT: usize = 2;
/// Cells before a shelf for the number of its member.
const LABEL: usize = 4;
/// Rows of the numbers: over the ports and under them.
const NUMBERS: u16 = 2;
/// Rows of the section from which the numbers have room.
const NUMBERED_ROWS: u16 = 20;

/// A port on the plate: cells from the left, whether in the lower row.
#[derive(Clone, Copy)]
pub(super) struct Spot<'v> {
    pub(super) port: &'v FacePort,
    x: usize,
    lower: bool,
}

/// Two rows of ports.
pub(super) struct Shelf<'v> {
    slot: u32,
    spots: Vec<Spot<'v>>,
}

/// All ports in their places.
pub(super) struct Plate<'v> {
    shelves: Vec<Shelf<'v>>,
    cells: usize,
}

impl<'v> Plate<'v> {
    /// The plate of a device in so many cells; `None` where it has no ports to speak of or they don't fit.
    pub(super) fn of(ports: &'v [FacePort], width: u16) -> Option<Self> {
        if ports.len() < LEAST_PORTS {
            return None;
        }
        CELLS.into_iter().find_map(|cells| {
            let shelves = shelves(ports, cells);
            let widest = shelves.iter().flat_map(|shelf| &shelf.spots).map(|spot| spot.x).max().unwrap_or(0);
            (LABEL + widest + cells <= usize::from(width)).then_some(Self { shelves, cells })
        })
    }

    /// The shelf of a port.
    fn shelf_of(&self, if_index: IfIndex) -> Option<usize> {
        self.shelves.iter().position(|shelf| shelf.spots.iter().any(|spot| spot.port.if_index == if_index))
    }

    /// The port beside another: in its row, else the first or last of the shelf after or before.
    pub(super) fn beside(&self, if_index: IfIndex, by: isize) -> Option<&'v FacePort> {
        let at = self.shelf_of(if_index)?;
        let shelf = self.shelves.get(at)?;
        let here = shelf.spots.iter().find(|spot| spot.port.if_index == if_index)?;
        let row = shelf.spots.iter().filter(|spot| spot.lower == here.lower);
        let next = if by > 0 {
            row.filter(|spot| spot.x > here.x).min_by_key(|spot| spot.x)
        } else {
            row.filter(|spot| spot.x < here.x).max_by_key(|spot| spot.x)
        };
        let over = || {
            let spots = &self.shelves.get(at.checked_add_signed(by)?)?.spots;
            let row = spots.iter().filter(|spot| spot.lower == here.lower);
            if by > 0 { row.min_by_key(|spot| spot.x) } else { row.max_by_key(|spot| spot.x) }
        };
        next.or_else(over).map(|spot| spot.port)
    }
}

/// Ports in their places. A kind of port begins a block of its own, cages stand apart.
fn shelves(ports: &[FacePort], cells: usize) -> Vec<Shelf<'_>> {
    let mut out: Vec<Shelf<'_>> = Vec::new();
    let (mut start, mut first, mut count) = (0usize, 0usize, 0usize);
    let mut before: Option<&FacePort> = None;
    for port in ports {
        let is_new = before.is_none_or(|last| last.slot != port.slot) || count >= SHELF;
        if is_new {
            out.push(Shelf { slot: port.slot, spots: Vec::new() });
            (start, first, count) = (0, 0, 0);
        } else if before.is_some_and(|last| last.cage != port.cage || kind(last) != kind(port)) {
            let right = out.last().and_then(|shelf| shelf.spots.iter().map(|spot| spot.x).max()).unwrap_or(0);
            (start, first) = (right + cells + 1, count);
        }
        let column = (count - first) / 2;
        let x = start + column * cells + if cells > 1 { column / BLOCK * (cells - 1) } else { column / BLOCK };
        if let Some(shelf) = out.last_mut() {
            shelf.spots.push(Spot { port, x, lower: (count - first) % 2 == 1 });
        }
        (count, before) = (count + 1, Some(port));
    }
    with_management(out, cells)
}

/// Ports that few devices have, beside members or cards of their own numbers (`Gi0/0` of a stack): at the end of the first shelf.
fn with_management(mut shelves: Vec<Shelf<'_>>, cells: usize) -> Vec<Shelf<'_>> {
    let is_lone = shelves.len() > 1 && shelves.first().is_some_and(|shelf| shelf.slot == 0 && shelf.spots.len() <= MANAGEMENT);
    if is_lone {
        let lone = shelves.remove(0);
        if let Some(first) = shelves.first_mut() {
            let from = first.spots.iter().map(|spot| spot.x).max().unwrap_or(0) + cells + 1;
            first.spots.extend(lone.spots.into_iter().map(|spot| Spot { x: from + spot.x, ..spot }));
        }
    }
    shelves
}

/// The name without its last number.
fn kind(port: &FacePort) -> &str {
    port.name.trim_end_matches(|c: char| c.is_ascii_digit())
}

/// What is the matter with a port, worst first. Told apart without colour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Broken,
    Flapping,
    Blocked,
    Faulty,
    Up,
    Down,
    Off,
    Unknown,
}

/// Each with its word.
const STATES: [(State, &str); 7] = [
    (State::Up, "up"),
    (State::Down, "no link"),
    (State::Off, "off"),
    (State::Blocked, "blocked"),
    (State::Flapping, "flapping"),
    (State::Broken, "failed"),
    (State::Faulty, "errors"),
];

fn state(port: &FacePort) -> State {
    let is_up = matches!(port.oper, Some(OperStatus::Up | OperStatus::Dormant));
    match (port.admin, port.oper) {
        (Some(AdminStatus::Down), _) => State::Off,
        (_, Some(OperStatus::Unknown | OperStatus::Testing) | None) => State::Unknown,
        // What its bridge found broken, a fault of its feed, and a link that somebody misses.
        _ if port.stp_broken || matches!(port.poe, Some(PoeStatus::Fault | PoeStatus::OtherFault)) => State::Broken,
        _ if port.flapping => State::Flapping,
        _ if !is_up && port.alarm.is_some() => State::Broken,
        _ if !is_up => State::Down,
        _ if port.stp_blocked => State::Blocked,
        _ if port.errors_per_second.is_some_and(|rate| rate > 0.0) => State::Faulty,
        _ => State::Up,
    }
}

const fn glyph(state: State, set: GlyphSet) -> &'static str {
    match (state, set) {
        (State::Up, GlyphSet::Unicode) => "■",
        (State::Up, GlyphSet::Cjk) => "⣿",
        (State::Up, GlyphSet::Ascii) => "#",
        (State::Down, GlyphSet::Unicode) => "□",
        (State::Down, _) => "-",
        (State::Off, GlyphSet::Unicode) => "·",
        (State::Off, _) => ".",
        (State::Blocked, GlyphSet::Unicode) => "⊘",
        (State::Blocked, _) => "B",
        (State::Flapping, _) => "~",
        (State::Broken, GlyphSet::Ascii) => "X",
        (State::Broken, _) => "✗",
        (State::Faulty, _) => "!",
        (State::Unknown, _) => "?",
    }
}

const fn tone(state: State) -> Tone {
    match state {
        State::Broken => Tone::Critical,
        State::Flapping => Tone::Major,
        State::Blocked => Tone::Maintenance,
        State::Faulty => Tone::Minor,
        State::Up => Tone::Ok,
        State::Down | State::Off => Tone::Dim,
        State::Unknown => Tone::Unknown,
    }
}

/// One letter for a speed.
const SPEEDS: [(u64, &str); 11] = [
    (10_000_000, "m"),
    (100_000_000, "c"),
    (1_000_000_000, "1"),
    (2_500_000_000, "2"),
    (5_000_000_000, "5"),
    (10_000_000_000, "X"),
    (25_000_000_000, "Q"),
    (40_000_000_000, "F"),
    (50_000_000_000, "L"),
    (100_000_000_000, "C"),
    (400_000_000_000, "D"),
];

/// Colours that VLANs have in turn; their letters tell them apart as well.
const VLAN_TONES: [Tone; 6] = [Tone::In, Tone::Out, Tone::Accent, Tone::Ok, Tone::Minor, Tone::Strong];
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

/// What the ports show just now.
struct Face<'s, 'v> {
    scene: &'s Scene<'s>,
    what: usize,
    /// The place of each VLAN among those that the ports have.
    vlans: BTreeMap<u16, usize>,
    ports: &'v [FacePort],
}

impl<'s, 'v> Face<'s, 'v> {
    fn of(scene: &'s Scene<'s>, ports: &'v [FacePort]) -> Self {
        let ids: BTreeSet<u16> = ports.iter().filter(|port| !port.trunk).filter_map(|port| port.vlan).collect();
        Self { scene, what: scene.state.device.face % FACES, vlans: ids.into_iter().zip(0..).collect(), ports }
    }

    /// The cell of a port.
    fn cell(&self, port: &FacePort) -> (&'static str, Style) {
        let theme = self.scene.theme;
        let of_state = state(port);
        let plain = (glyph(of_state, self.scene.glyphs.set), theme.style(tone(of_state)));
        let is_up = port.oper == Some(OperStatus::Up);
        match self.what {
            SPEED if is_up => speed_letter(port.speed_bps).map_or(plain, |letter| (letter, theme.style(Tone::Strong))),
            POE => self.poe(port),
            VLAN => self.vlan(port),
            LOAD if is_up => {
                port.utilisation.map_or(("?", theme.style(Tone::Unknown)), |load| (tenth(load), theme.utilisation(Some(load))))
            }
            ERRORS if is_up => match port.errors_per_second {
                None => ("?", theme.style(Tone::Unknown)),
                Some(rate) if rate > 0.0 => ("!", theme.style(Tone::Minor)),
                Some(_) => (glyph(State::Up, self.scene.glyphs.set), theme.style(Tone::Dim)),
            },
            _ => plain,
        }
    }

    fn poe(&self, port: &FacePort) -> (&'static str, Style) {
        let (set, theme) = (self.scene.glyphs.set, self.scene.theme);
        match port.poe {
            Some(PoeStatus::Delivering) => (glyph(State::Up, set), theme.style(Tone::Ok)),
            Some(PoeStatus::Searching | PoeStatus::Test) => (glyph(State::Down, set), theme.style(Tone::Dim)),
            Some(PoeStatus::Disabled) => (glyph(State::Off, set), theme.style(Tone::Dim)),
            Some(PoeStatus::Fault | PoeStatus::OtherFault) => (glyph(State::Broken, set), theme.style(Tone::Critical)),
            None => (" ", Style::new()),
        }
    }

    fn vlan(&self, port: &FacePort) -> (&'static str, Style) {
        let theme = self.scene.theme;
        if port.trunk {
            return ("T", theme.style(Tone::Strong));
        }
        match port.vlan.and_then(|id| self.vlans.get(&id)) {
            Some(place) => {
                let letter = LETTERS.get(place % 26..=place % 26).unwrap_or("?");
                (letter, theme.style(VLAN_TONES.get(place % VLAN_TONES.len()).copied().unwrap_or(Tone::Text)))
            }
            None => ("-", theme.style(Tone::Faint)),
        }
    }

    /// What the glyphs mean, those that are there alone.
    fn legend(&self) -> String {
        let set = self.scene.glyphs.set;
        let words: Vec<String> = match self.what {
            SPEED => {
                let there =
                    |bps: u64| self.ports.iter().any(|port| port.oper == Some(OperStatus::Up) && port.speed_bps == Some(bps));
                SPEEDS
                    .iter()
                    .filter(|(bps, _)| there(*bps))
                    .map(|(bps, letter)| format!("{letter} {}", speed(Some(*bps)).trim()))
                    .collect()
            }
            POE => {
                let entry = |state: State, word: &str| format!("{} {}", glyph(state, set), tr(word));
                [(State::Up, "delivering"), (State::Down, "searching"), (State::Off, "off"), (State::Broken, "fault")]
                    .map(|(state, word)| entry(state, word))
                    .to_vec()
            }
            VLAN => {
                let named = self
                    .vlans
                    .iter()
                    .take(6)
                    .map(|(id, place)| format!("{} {id}", LETTERS.get(place % 26..=place % 26).unwrap_or("?")));
                named.chain([trf!("T {}", tr("trunk"))]).collect()
            }
            LOAD => vec![tr("tenths of its speed").to_owned()],
            ERRORS => vec![format!("! {}", tr("errors")), format!("{} {}", glyph(State::Up, set), tr("none"))],
            _ => {
                let there = |wanted: State| self.ports.iter().any(|port| state(port) == wanted);
                let shown = |wanted: State| matches!(wanted, State::Up | State::Down | State::Off) || there(wanted);
                STATES
                    .iter()
                    .filter(|(state, _)| shown(*state))
                    .map(|(state, word)| format!("{} {}", glyph(*state, set), tr(word)))
                    .collect()
            }
        };
        words.join("  ")
    }
}

fn speed_letter(bps: Option<u64>) -> Option<&'static str> {
    let bps = bps?;
    SPEEDS.iter().rev().find(|(least, _)| bps >= *least).map(|(_, letter)| *letter)
}

/// Tenths of a load.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to ten digits")]
fn tenth(load: f64) -> &'static str {
    let digit = (load.clamp(0.0, 0.999) * 10.0) as usize;
    "0123456789".get(digit..=digit).unwrap_or("?")
}

/// Rows that a plate takes: as many shelves as find room, a line of words, the border.
pub(super) fn wanted(view: &DeviceView, area: Rect, words: u16) -> Option<u16> {
    let plate = Plate::of(&view.switch.face, area.width.saturating_sub(3))?;
    let room = (area.height * 9 / 20).max(7);
    let shelves = u16::try_from(plate.shelves.len()).unwrap_or(u16::MAX);
    let rows = shelves.saturating_mul(2) + if is_numbered(&plate, area.height) { NUMBERS } else { 0 };
    let least = 2 + 2 + words;
    (area.height >= least + 7).then(|| rows.saturating_add(2 + words).min(room.max(least)))
}

/// Numbers stand over the first shelf and under the last.
fn is_numbered(plate: &Plate<'_>, height: u16) -> bool {
    plate.cells >= 3 && height >= NUMBERED_ROWS
}

/// Draws the panel; returns the lines that are left in it for words about the port under the cursor.
pub(super) fn draw(scene: &Scene<'_>, area: Rect, (buf, view, words): (&mut Buffer, &DeviceView, u16)) -> Rect {
    let none = Rect { height: 0, ..area };
    let ports = view.switch.face.as_slice();
    let Some(plate) = Plate::of(ports, area.width.saturating_sub(3)) else { return none };
    let face = Face::of(scene, ports);
    let chosen = super::ports::port_under_cursor(view, scene.state).map(|row| row.if_index);
    let room = usize::from(area.height.saturating_sub(2 + words));
    let numbered = room >= plate.shelves.len() * 2 + usize::from(NUMBERS) && is_numbered(&plate, NUMBERED_ROWS);
    let fit = if numbered { plate.shelves.len() } else { (room / 2).max(1) };
    let here = chosen.and_then(|index| plate.shelf_of(index)).unwrap_or(0);
    let first = here.saturating_sub(fit - 1).min(plate.shelves.len().saturating_sub(fit));
    let inner =
        Panel::new(tr("Ports")).subtitle(&subtitle(&face, &plate, (first, fit))).note(&face.legend()).draw(scene, area, buf);
    if inner.height < 3 {
        return none;
    }
    let mut y = inner.y + u16::from(numbered);
    let last = fit.saturating_sub(1);
    for (at, shelf) in plate.shelves.iter().skip(first).take(fit).enumerate() {
        let numbers = [numbered && at == 0, numbered && at == last];
        if plate.shelves.len() > 1 {
            let label = shelf.slot.to_string();
            put(buf, Position::new(inner.x + 1, y), 3, (&label, scene.theme.style(Tone::Title)));
        }
        draw_shelf(&face, (inner, y), (plate.cells, numbers), (buf, shelf, chosen));
        y += 2;
    }
    y += u16::from(numbered);
    Rect { y: y.min(inner.bottom()), height: inner.bottom().saturating_sub(y), ..inner }
}

fn subtitle(face: &Face<'_, '_>, plate: &Plate<'_>, (first, fit): (usize, usize)) -> String {
    let up = face.ports.iter().filter(|port| port.oper == Some(OperStatus::Up)).count();
    let mut words = trf!("{} of {} up", up, face.ports.len());
    let all = plate.shelves.len();
    if fit < all {
        words.push_str(&format!("  {}-{}/{all}", first + 1, first + fit));
    }
    words.push_str("  ");
    words.push_str(tr(FACE_WORDS.get(face.what).copied().unwrap_or_default()));
    words
}

fn draw_shelf(
    face: &Face<'_, '_>,
    (inner, top): (Rect, u16),
    (cells, [over, under]): (usize, [bool; 2]),
    (buf, shelf, chosen): (&mut Buffer, &Shelf<'_>, Option<IfIndex>),
) {
    let scene = face.scene;
    let key = scene.theme.style(Tone::Key);
    // A filter or an order makes other rows of the places that ports have on the device.
    let here = scene.state.here();
    let is_plain = here.filter.is_empty() && here.sort.is_none() && !here.faults_only;
    for spot in &shelf.spots {
        let x = inner.x + u16::try_from(LABEL + spot.x).unwrap_or(u16::MAX);
        let y = top + u16::from(spot.lower);
        if x >= inner.right() || y >= inner.bottom() {
            continue;
        }
        let (shape, style) = face.cell(spot.port);
        let is_here = chosen == Some(spot.port.if_index);
        let style = if is_here { style.patch(scene.theme.selected()) } else { style };
        put(buf, Position::new(x, y), 1, (shape, style));
        if is_here && cells > 1 {
            put(buf, Position::new(x - 1, y), 1, ("[", key));
            put(buf, Position::new(x + 1, y), 1, ("]", key));
        }
        let place = spot.port.place;
        if is_plain {
            mouse::area(Rect::new(x, y, 1, 1), || Hit::Row(place));
        }
        if (spot.lower && under) || (!spot.lower && over) {
            let y = if spot.lower { y + 1 } else { y - 1 };
            let tone = if is_here { Tone::Key } else { Tone::Faint };
            put(buf, Position::new(x, y), 2, (&spot.port.number.to_string(), scene.theme.style(tone)));
        }
    }
}

/// Pieces of text on one line.
pub(super) fn line(scene: &Scene<'_>, line: Rect, (buf, pieces): (&mut Buffer, &[(String, Tone)])) {
    let pieces: Vec<(&str, Style)> = pieces.iter().map(|(words, tone)| (words.as_str(), scene.theme.style(*tone))).collect();
    put_all(buf, Position::new(line.x + 1, line.y), line.width.saturating_sub(2), &pieces);
}

/// Cells of some pieces.
pub(super) fn cells(pieces: &[(String, Tone)]) -> usize {
    pieces.iter().map(|(words, _)| text::width(words)).sum()
}
