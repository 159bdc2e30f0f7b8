//! What a device is made of: stack, members, modules, supplies, fans, ports, as its ENTITY-MIB holds them in one another.

use super::port::Piece;
use super::section::{Section, rows};
use super::{faceplate, measure};
use crate::model::{HealthStatus, PhysicalClass, Role};
use crate::query::{DevicePart, Screen, Subject};
use crate::state::view::screens::DeviceView;
use crate::state::view::switch::{PART_COLUMNS, PartRow, part_key};
use crate::trf;
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::glyph::GlyphSet;
use crate::ui::lang::tr;
use crate::ui::pane::{Gesture, Listing, Place, Scene, Target, devices, names_of};
use crate::ui::state::Room;
use crate::ui::text::EN;
use crate::ui::theme::Tone;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The section.
pub struct Inventory;

/// Lines of the part under the cursor.
const DETAIL: u16 = 4;

/// Columns of the parts.
const COLUMNS: [Column<PartRow>; 8] = [
    Column { title: "PART", sort: "", width: Width::Grow(24), align: Align::Left, drop: 0, cell: name },
    Column { title: "KIND", sort: "", width: Width::Cells(12), align: Align::Left, drop: 8, cell: class },
    Column { title: "MODEL", sort: "", width: Width::Grow(14), align: Align::Left, drop: 2, cell: model },
    Column { title: "SERIAL", sort: "", width: Width::Cells(14), align: Align::Left, drop: 1, cell: serial },
    Column { title: "HW", sort: "", width: Width::Cells(6), align: Align::Left, drop: 7, cell: hardware },
    Column { title: "SW", sort: "", width: Width::Cells(12), align: Align::Left, drop: 6, cell: software },
    Column { title: "FRU", sort: "", width: Width::Cells(3), align: Align::Left, drop: 4, cell: replaceable },
    Column { title: "STATE", sort: "", width: Width::Cells(10), align: Align::Left, drop: 0, cell: state },
];

/// One cell for what kind of part it is.
const fn glyph(class: PhysicalClass, set: GlyphSet) -> &'static str {
    match (class, set) {
        (PhysicalClass::Stack, _) => "S",
        (PhysicalClass::Chassis, GlyphSet::Unicode) => "▣",
        (PhysicalClass::Chassis, _) => "C",
        (PhysicalClass::Module, GlyphSet::Unicode) => "▤",
        (PhysicalClass::Module, _) => "M",
        (PhysicalClass::Container | PhysicalClass::Backplane, GlyphSet::Unicode) => "▫",
        (PhysicalClass::Container | PhysicalClass::Backplane, _) => "_",
        (PhysicalClass::PowerSupply | PhysicalClass::Battery, _) => "P",
        (PhysicalClass::Fan, _) => "F",
        (PhysicalClass::Sensor, _) => "~",
        (PhysicalClass::Port, GlyphSet::Unicode) => "□",
        (PhysicalClass::Port, _) => "o",
        (PhysicalClass::Cpu, _) => "U",
        (PhysicalClass::StorageDrive, _) => "D",
        (PhysicalClass::Other | PhysicalClass::Unknown | PhysicalClass::EnergyObject, _) => "?",
    }
}

fn name(row: &PartRow, ink: &Ink<'_>) -> Line<'static> {
    let [folded, open, _] = ink.glyphs.group;
    let sign = match (row.inside, row.folded) {
        (0, _) => " ",
        (_, true) => folded,
        (_, false) => open,
    };
    let tone = if row.depth == 0 || row.folded { Tone::Strong } else { Tone::Text };
    // Deep trees stay readable: what is deeper than the column is wide is not pushed out of it.
    let indent = " ".repeat((row.depth * 2).min(usize::from(ink.width) / 2));
    let mut spans = vec![
        Span::styled(format!("{indent}{sign} "), ink.theme.style(Tone::Dim)),
        Span::styled(format!("{} ", glyph(row.class, ink.glyphs.set)), ink.theme.style(Tone::Accent)),
        Span::styled(row.name.clone(), ink.theme.style(tone)),
    ];
    if row.folded {
        spans.push(Span::styled(format!(" +{}", row.inside), ink.theme.style(Tone::Dim)));
    }
    Line::from(spans)
}

fn class(row: &PartRow, ink: &Ink<'_>) -> Line<'static> {
    ink.tone(tr(row.class.word()), Tone::Dim)
}

fn model(row: &PartRow, ink: &Ink<'_>) -> Line<'static> {
    known(row.model.as_deref(), ink)
}

fn serial(row: &PartRow, ink: &Ink<'_>) -> Line<'static> {
    known(row.serial.as_deref(), ink)
}

fn hardware(row: &PartRow, ink: &Ink<'_>) -> Line<'static> {
    known(row.hardware.as_deref(), ink)
}

fn software(row: &PartRow, ink: &Ink<'_>) -> Line<'static> {
    known(row.software.as_deref().or(row.firmware.as_deref()), ink)
}

/// What is told; agents tell empty texts of parts that have none.
fn known(text: Option<&str>, ink: &Ink<'_>) -> Line<'static> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => ink.text(text.to_owned()),
        None => ink.tone("-", Tone::Faint),
    }
}

fn replaceable(row: &PartRow, ink: &Ink<'_>) -> Line<'static> {
    match row.replaceable {
        Some(true) => ink.text(tr("yes")),
        Some(false) => ink.tone(tr("no"), Tone::Faint),
        None => ink.tone("-", Tone::Faint),
    }
}

fn state(row: &PartRow, ink: &Ink<'_>) -> Line<'static> {
    match row.status {
        HealthStatus::Unknown => ink.tone("-", Tone::Faint),
        status => Line::from(vec![
            Span::styled(measure::glyph_of(status, ink.glyphs.set), ink.theme.style(measure::tone_of(status))),
            Span::styled(format!(" {}", tr(status.word())), ink.theme.style(measure::tone_of(status))),
        ]),
    }
}

fn at<'v>(view: &'v DeviceView, state: &UiState) -> Option<&'v PartRow> {
    let table = &view.switch.inventory;
    table.rows.get(state.here().list().cursor.checked_sub(table.offset)?)
}

impl Section for Inventory {
    fn name(&self) -> &'static str {
        "inventory"
    }

    fn title(&self) -> &'static str {
        "Inventory"
    }

    fn applies(&self, view: &DeviceView) -> bool {
        view.device.as_ref().is_some_and(|row| row.parts > 0 || (row.role == Role::Switch && row.snmp.is_some()))
    }

    fn part(&self) -> DevicePart {
        DevicePart::Inventory
    }

    fn page(&self, state: &UiState) -> usize {
        let detail = if state.room() == Room::Tiny { 0 } else { DETAIL + 2 };
        usize::from(rows(state).saturating_sub(3 + detail)).max(1)
    }

    fn columns(&self) -> Vec<&'static str> {
        COLUMNS.iter().map(|column| column.title).collect()
    }

    fn fields(&self) -> Vec<&'static str> {
        names_of(PART_COLUMNS)
    }

    fn listing(&self, view: &DeviceView, _state: &UiState) -> Option<Listing> {
        let table = &view.switch.inventory;
        Some(Listing {
            offset: table.offset,
            matched: table.matched,
            keys: table.rows.iter().map(|row| part_key(row.index)).collect(),
        })
    }

    fn target(&self, view: &DeviceView, state: &UiState) -> Option<Target> {
        let target = view.device.as_ref().map(devices::target_of)?;
        let Some(row) = at(view, state) else { return Some(target) };
        let words = [Some(row.name.as_str()), row.model.as_deref(), row.serial.as_deref()];
        let cell = row.serial.clone().filter(|serial| !serial.is_empty()).unwrap_or_else(|| row.name.clone());
        let row_text = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Some(Target { port: row.port.clone(), cell, row: row_text, ..target })
    }

    fn open(&self, view: &DeviceView, state: &UiState) -> Option<Place> {
        let device = view.device.as_ref()?;
        let port = at(view, state)?.port.clone()?;
        let title = format!("{} {port}", device.name);
        Some(Place { screen: Screen::Interface, subject: Some(Subject::Interface(device.id.clone(), port)), title })
    }

    fn gesture(&self, state: &mut UiState, view: &DeviceView, gesture: Gesture) -> Vec<Effect> {
        let Some(row) = at(view, state).filter(|row| row.inside > 0) else { return Vec::new() };
        let key = part_key(row.index);
        let folded = &mut state.here_mut().folded;
        match gesture {
            Gesture::Fold | Gesture::Enter => {
                if !folded.remove(&key) {
                    folded.insert(key);
                }
            }
            Gesture::Left => {
                folded.insert(key);
            }
            Gesture::Right => {
                folded.remove(&key);
            }
            _ => return Vec::new(),
        }
        vec![Effect::Watch]
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        let here = scene.state.here();
        let table = &view.switch.inventory;
        let detail = if scene.state.room() == Room::Tiny || area.height < DETAIL + 8 { 0 } else { DETAIL + 2 };
        let list = Rect { height: area.height - detail, ..area };
        let words = summary(table.matched, table.total, &here, "");
        let inner = Panel::new(tr("Inventory")).subtitle(&words).note(tr("z folds")).focus(Focus::Here).draw(scene, list, buf);
        if view.switch.part != DevicePart::Inventory {
            return notice(buf, inner, &[EN.waiting], scene.theme.style(Tone::Dim));
        }
        let empty = if table.total == 0 { NOTHING } else { EN.nothing_matches };
        Rows {
            columns: &COLUMNS,
            rows: &table.rows,
            offset: table.offset,
            matched: table.matched,
            list: Some(here.list()),
            sort: None,
            header: Header::Shown,
            empty: &[empty],
        }
        .draw(scene, inner, buf);
        if detail > 0 {
            let area = Rect { y: list.bottom(), height: detail, ..area };
            draw_part(scene, area, (buf, at(view, scene.state)));
        }
    }
}

/// What is said of an agent without ENTITY-MIB.
const NOTHING: &str = "this agent tells nothing of what the device is made of (ENTITY-MIB)";

/// The part under the cursor in full.
fn draw_part(scene: &Scene<'_>, area: Rect, (buf, row): (&mut Buffer, Option<&PartRow>)) {
    let title = row.map_or_else(String::new, |row| row.name.clone());
    let inner = Panel::new(&title).note(row.map_or("", |row| tr(row.class.word()))).draw(scene, area, buf);
    let Some(row) = row else { return };
    let pair = |label: &str, text: Option<&str>| -> Vec<Piece> {
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        text.map(|text| vec![(format!("{} ", tr(label)), Tone::Dim), (format!("{text}   "), Tone::Text)]).unwrap_or_default()
    };
    let sensors = (row.sensors > 0).then(|| trf!("sensors in it: {}", row.sensors));
    let inside = (row.inside > 0).then(|| trf!("parts in it: {}", row.inside));
    let lines = [
        pair("what", row.descr.as_deref()),
        [pair("maker", row.maker.as_deref()), pair("model", row.model.as_deref()), pair("serial", row.serial.as_deref())]
            .concat(),
        [
            pair("hardware", row.hardware.as_deref()),
            pair("firmware", row.firmware.as_deref()),
            pair("software", row.software.as_deref()),
        ]
        .concat(),
        [
            pair("port", row.port.as_deref()),
            inside.map(|words| vec![(format!("{words}   "), Tone::Text)]).unwrap_or_default(),
            sensors.map(|words| vec![(words, measure::tone_of(row.status))]).unwrap_or_default(),
        ]
        .concat(),
    ];
    for (line, y) in lines.iter().filter(|line| !line.is_empty()).zip(inner.y..inner.bottom()) {
        faceplate::line(scene, Rect { y, height: 1, ..inner }, (buf, line));
    }
}
