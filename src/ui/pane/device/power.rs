//! Power: a UPS as input, battery and output, a PDU as phases, banks and outlets; whatever else such a device measures beside them.
//! What its agent leaves out is said.

use super::measure;
use super::section::Section;
use crate::model::{HealthStatus, Role};
use crate::state::view::rows::GaugeRow;
use crate::state::view::screens::DeviceView;
use crate::ui::UiState;
use crate::ui::lang::{tr, trf};
use crate::ui::pane::{Listing, Scene};
use crate::ui::state::{ListState, Room};
use crate::ui::theme::Tone;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::table::{Align, Column, Header, Ink, Rows, Width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// The section.
pub struct Power;

/// Columns of a block.
const COLUMNS: [Column<GaugeRow>; 6] = [
    Column { title: "", sort: "", width: Width::Cells(1), align: Align::Left, drop: 0, cell: measure::mark },
    Column { title: "NAME", sort: "", width: Width::Grow(14), align: Align::Left, drop: 0, cell: measure::name },
    Column { title: "VALUE", sort: "", width: Width::Cells(14), align: Align::Right, drop: 0, cell: measure::value },
    Column { title: "RANGE", sort: "", width: Width::Cells(10), align: Align::Left, drop: 1, cell: measure::within },
    Column { title: "LIMITS", sort: "", width: Width::Cells(9), align: Align::Right, drop: 3, cell: measure::limits },
    Column { title: "SPAN", sort: "", width: Width::Cells(10), align: Align::Left, drop: 2, cell: measure::trend },
];

/// In one list, where blocks find no room, the block is a column.
const LIST: [Column<GaugeRow>; 6] = [
    Column { title: "", sort: "", width: Width::Cells(1), align: Align::Left, drop: 0, cell: measure::mark },
    Column { title: "OF", sort: "", width: Width::Cells(8), align: Align::Left, drop: 1, cell: of },
    Column { title: "NAME", sort: "", width: Width::Grow(14), align: Align::Left, drop: 0, cell: measure::name },
    Column { title: "VALUE", sort: "", width: Width::Cells(14), align: Align::Right, drop: 0, cell: measure::value },
    Column { title: "RANGE", sort: "", width: Width::Cells(10), align: Align::Left, drop: 2, cell: measure::within },
    Column { title: "SPAN", sort: "", width: Width::Cells(14), align: Align::Left, drop: 3, cell: measure::trend },
];

/// What stands together: title, subjects, which device has to have it, what is said where it has not.
struct Block {
    title: &'static str,
    subjects: &'static [&'static str],
    role: Role,
    missing: &'static str,
}

const BLOCKS: [Block; 5] = [
    Block { title: "Input", subjects: &["input", "bypass"], role: Role::Ups, missing: "this agent tells nothing of the input" },
    Block { title: "Battery", subjects: &["battery"], role: Role::Ups, missing: "this agent tells nothing of the battery" },
    Block {
        title: "Output",
        subjects: &["source", "output", "alarms"],
        role: Role::Ups,
        missing: "this agent tells nothing of the output",
    },
    Block {
        title: "Phases and banks",
        subjects: &["phase", "bank"],
        role: Role::Pdu,
        missing: "this agent tells nothing of phases and banks",
    },
    Block { title: "Outlets", subjects: &["outlet"], role: Role::Pdu, missing: "this agent tells nothing of the outlets" },
];

/// What stands under no subject of power.
const REST: &str = "Other";

fn is_power(row: &GaugeRow) -> bool {
    row.subject.as_deref().is_some_and(|subject| BLOCKS.iter().any(|block| block.subjects.contains(&subject)))
}

fn role_of(view: &DeviceView) -> Role {
    view.device.as_ref().map(|row| row.role).unwrap_or_default()
}

/// The rows of a block: what is ill first, then states, then as the device has them.
fn of_subjects(view: &DeviceView, belongs: impl Fn(&GaugeRow) -> bool) -> Vec<GaugeRow> {
    let mut rows: Vec<GaugeRow> = view.health.rows.iter().filter(|row| belongs(row)).cloned().collect();
    let rank = |row: &GaugeRow| match row.status {
        HealthStatus::Critical => 0,
        HealthStatus::Warning => 1,
        _ if row.class == "state" => 2,
        _ => 3,
    };
    rows.sort_by_key(rank);
    rows
}

/// A block with its rows; without rows what is said instead.
struct Filled {
    title: &'static str,
    rows: Vec<GaugeRow>,
    missing: &'static str,
}

/// The blocks that a device has or ought to have.
fn blocks(view: &DeviceView) -> Vec<Filled> {
    let role = role_of(view);
    let mut out = Vec::new();
    for block in &BLOCKS {
        let belongs = |row: &GaugeRow| row.subject.as_deref().is_some_and(|subject| block.subjects.contains(&subject));
        let rows = of_subjects(view, belongs);
        if !rows.is_empty() || block.role == role {
            // The output of a PDU is what it is as a whole.
            let title = if block.title == "Output" && role == Role::Pdu { "In all" } else { block.title };
            out.push(Filled { title, rows, missing: block.missing });
        }
    }
    let rest = of_subjects(view, |row| !is_power(row) && matches!(row.kind, crate::model::GaugeKind::Sensor(_)));
    if !rest.is_empty() {
        out.push(Filled { title: REST, rows: rest, missing: "" });
    }
    out
}

fn of(row: &GaugeRow, ink: &Ink<'_>) -> Line<'static> {
    let subject = row.subject.as_deref();
    let block = BLOCKS.iter().find(|block| subject.is_some_and(|subject| block.subjects.contains(&subject)));
    let word = match (block, subject) {
        (Some(block), _) if block.title != "Phases and banks" => tr(block.title),
        (Some(_), Some("phase")) => tr("Phase"),
        (Some(_), _) => tr("Bank"),
        (None, _) => tr(REST),
    };
    ink.tone(word, Tone::Dim)
}

impl Section for Power {
    fn name(&self) -> &'static str {
        "power"
    }

    fn title(&self) -> &'static str {
        "Power"
    }

    fn applies(&self, view: &DeviceView) -> bool {
        matches!(role_of(view), Role::Ups | Role::Pdu) || view.health.rows.iter().any(is_power)
    }

    fn opens(&self, role: Role) -> bool {
        matches!(role, Role::Ups | Role::Pdu)
    }

    fn listing(&self, view: &DeviceView, _state: &UiState) -> Option<Listing> {
        let keys: Vec<String> = blocks(view).iter().flat_map(|block| block.rows.iter().map(measure::key)).collect();
        Some(Listing { offset: 0, matched: keys.len(), keys })
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
        let blocks = blocks(view);
        if scene.state.room() == Room::Wide && area.height >= 8 {
            return panels(scene, area, (buf, &blocks));
        }
        list(scene, area, (buf, &blocks));
    }
}

/// All blocks in one list, and what is missing under it.
fn list(scene: &Scene<'_>, area: Rect, (buf, blocks): (&mut Buffer, &[Filled])) {
    let here = scene.state.here();
    let inner = Panel::new(tr("Power")).focus(Focus::of(0, here.focus)).draw(scene, area, buf);
    let missing: Vec<&str> = blocks.iter().filter(|block| block.rows.is_empty()).map(|block| tr(block.missing)).collect();
    let foot = u16::try_from(missing.len()).unwrap_or(0).min(inner.height.saturating_sub(1));
    let rows: Vec<GaugeRow> = blocks.iter().flat_map(|block| block.rows.clone()).collect();
    let [cursor, ..] = &here.lists;
    let body = Rect { height: inner.height - foot, ..inner };
    Rows {
        columns: &LIST,
        rows: &rows,
        offset: 0,
        matched: rows.len(),
        list: Some(cursor),
        sort: None,
        header: Header::Hidden,
        empty: &[tr("this agent tells nothing of the power")],
    }
    .draw(scene, body, buf);
    if rows.is_empty() {
        return;
    }
    for (words, y) in missing.iter().zip(body.bottom()..inner.bottom()) {
        let at = ratatui::layout::Position::new(inner.x + 2, y);
        crate::ui::widget::put(buf, at, inner.width.saturating_sub(2), (words, scene.theme.style(Tone::Dim)));
    }
}

/// Blocks beside each other, in two columns: each as high as its share of the rows.
fn panels(scene: &Scene<'_>, area: Rect, (buf, blocks): (&mut Buffer, &[Filled])) {
    let mut starts = Vec::new();
    let mut start = 0;
    for block in blocks {
        starts.push(start);
        start += block.rows.len();
    }
    let numbered: Vec<(usize, &Filled)> = starts.into_iter().zip(blocks).collect();
    // The longest block has a column of its own if it is longer than half of all.
    let half = start.div_ceil(2) + 1;
    let mut left = 0;
    let mut split = 0;
    for (at, (_, block)) in numbered.iter().enumerate() {
        if at > 0 && left + block.rows.len() > half {
            break;
        }
        left += block.rows.len();
        split = at + 1;
    }
    let (first, second) = numbered.split_at(split.min(numbered.len()));
    let width = if second.is_empty() { area.width } else { area.width / 2 };
    column(scene, Rect { width, ..area }, (buf, first));
    column(scene, Rect { x: area.x + width, width: area.width - width, ..area }, (buf, second));
}

/// Blocks under each other.
fn column(scene: &Scene<'_>, area: Rect, (buf, blocks): (&mut Buffer, &[(usize, &Filled)])) {
    let mut rest = area;
    for (at, (start, block)) in blocks.iter().enumerate() {
        let wanted = u16::try_from(block.rows.len().max(1)).unwrap_or(u16::MAX).saturating_add(2);
        let behind = u16::try_from(blocks.len() - at - 1).unwrap_or(0).saturating_mul(3);
        let last = at + 1 == blocks.len();
        let height = if last { rest.height } else { wanted.min(rest.height.saturating_sub(behind)) };
        self::block(scene, Rect { height, ..rest }, (buf, *start, block));
        rest = Rect { y: rest.y + height, height: rest.height - height, ..rest };
    }
}

fn block(scene: &Scene<'_>, area: Rect, (buf, start, block): (&mut Buffer, usize, &Filled)) {
    let here = scene.state.here();
    let [all, ..] = &here.lists;
    let inside = all.cursor.checked_sub(start).filter(|at| *at < block.rows.len());
    let words = subtitle(block);
    let focus = if inside.is_some() { Focus::Here } else { Focus::Away };
    let inner = Panel::new(tr(block.title)).subtitle(&words).focus(focus).draw(scene, area, buf);
    if block.rows.is_empty() {
        return notice(buf, inner, &[tr(block.missing)], scene.theme.style(Tone::Dim));
    }
    let list = inside.map(|cursor| ListState { cursor, key: None, top: 0 });
    Rows {
        columns: &COLUMNS,
        rows: &block.rows,
        offset: 0,
        matched: block.rows.len(),
        list: list.as_ref(),
        sort: None,
        header: Header::Hidden,
        empty: &[],
    }
    .draw(scene, inner, buf);
}

/// How many are ill, or off.
fn subtitle(block: &Filled) -> String {
    let count = |status| block.rows.iter().filter(|row| row.status == status).count();
    let (critical, warning, off) = (count(HealthStatus::Critical), count(HealthStatus::Warning), count(HealthStatus::Off));
    match (critical, warning, off) {
        (0, 0, 0) => block.rows.len().to_string(),
        (0, 0, off) => trf!("{} of {} off", off, block.rows.len()),
        (0, warning, _) => trf!("{} warning", warning),
        (critical, _, _) => trf!("{} critical", critical),
    }
}
