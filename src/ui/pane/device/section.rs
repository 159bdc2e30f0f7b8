//! Sections of the Device screen: what stands under the facts, one at a time. Only those are offered that a device has something for.
//!
//! A new section is a file with a [`Section`] and a line in [`SECTIONS`]; nothing else names it.

use super::{inventory, ports, power, sensors, spanning, status, vlans, voice};
use crate::model::Role;
use crate::query::{DevicePart, Screen, ViewRequest};
use crate::state::view::screens::DeviceView;
use crate::state::view::{Table, ViewBody};
use crate::ui::UiState;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::mouse::{self, Hit};
use crate::ui::pane::{Gesture, Listing, Place, Scene, Target, devices};
use crate::ui::state::Room;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::put;
use crate::ui::widget::table::{Column, Header, Rows, summary};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// A section. Its lists are those of the screen's state: it is swapped when the section changes.
pub trait Section: Sync {
    /// The word of deep links: `:device NAME inventory`.
    fn name(&self) -> &'static str;

    /// What the tab says.
    fn title(&self) -> &'static str;

    /// Whether it is offered for a device. The facts, the health and the counts are in every view, whatever part was asked for.
    fn applies(&self, view: &DeviceView) -> bool;

    /// Whether it is what one looks at first of such a device; else the first one is that is offered.
    fn opens(&self, _role: Role) -> bool {
        false
    }

    /// What it asks of the engine.
    fn part(&self) -> DevicePart {
        DevicePart::Brief
    }

    /// How many parts Tab goes through.
    fn parts(&self) -> usize {
        1
    }

    /// How many rows of its list are visible.
    fn page(&self, state: &UiState) -> usize {
        usize::from(rows(state).saturating_sub(3)).max(1)
    }

    /// Columns it can be sorted by.
    fn sorts(&self) -> &'static [&'static str] {
        &[]
    }

    /// Titles of columns that can be hidden.
    fn columns(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Fields that its filter knows.
    fn fields(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// The list of the part that has the keys.
    fn listing(&self, _view: &DeviceView, _state: &UiState) -> Option<Listing> {
        None
    }

    /// What the cursor is on.
    fn target(&self, view: &DeviceView, _state: &UiState) -> Option<Target> {
        view.device.as_ref().map(devices::target_of)
    }

    /// Where Enter goes.
    fn open(&self, _view: &DeviceView, _state: &UiState) -> Option<Place> {
        None
    }

    /// What it asks beside, about the thing under the cursor.
    fn detail(&self, _view: &DeviceView, _state: &UiState) -> Option<ViewRequest> {
        None
    }

    /// A gesture that its list does not answer.
    fn gesture(&self, _state: &mut UiState, _view: &DeviceView, _gesture: Gesture) -> Vec<Effect> {
        Vec::new()
    }

    /// Draws it into what is left under the facts.
    fn draw(&self, scene: &Scene<'_>, area: Rect, drawing: (&mut Buffer, &DeviceView));
}

/// All sections, in the order of their tabs.
pub const SECTIONS: &[&dyn Section] = &[
    &ports::Ports,
    &vlans::Vlans,
    &spanning::SpanningTree,
    &inventory::Inventory,
    &voice::Voice,
    &power::Power,
    &sensors::Sensors,
    // What a device measures stands before how it is as a whole.
    &status::Status,
];

/// Those that a device has something for.
pub fn offered(view: &DeviceView) -> impl Iterator<Item = &'static dyn Section> {
    SECTIONS.iter().copied().filter(|section| section.applies(view))
}

/// The section of a name.
pub fn find(name: &str) -> Option<&'static dyn Section> {
    SECTIONS.iter().copied().find(|section| section.name() == name)
}

/// The section that the state names; before any is named the first.
pub fn named(state: &UiState) -> &'static dyn Section {
    state.device.section.and_then(find).unwrap_or(&ports::Ports)
}

/// The section that is shown of a device: the one that is named where it is offered.
pub fn shown(state: &UiState, view: &DeviceView) -> &'static dyn Section {
    let wanted = named(state);
    if wanted.applies(view) { wanted } else { offered(view).next().unwrap_or(&status::Status) }
}

/// The section that a device opens with: what was looked at last of its kind, else what is made for it.
pub fn first(state: &UiState, view: &DeviceView) -> &'static dyn Section {
    let role = view.device.as_ref().map(|row| row.role).unwrap_or_default();
    let last = state.device.by_role.get(&role).and_then(|name| find(name)).filter(|section| section.applies(view));
    let made = || offered(view).find(|section| section.opens(role)).or_else(|| offered(view).next());
    last.or_else(made).unwrap_or(&status::Status)
}

/// The section for the breadcrumb, where a device is shown.
pub fn crumb(scene: &Scene<'_>) -> Option<&'static str> {
    let ViewBody::Device(view) = scene.body()? else { return None };
    let is_here = scene.state.place.screen == Screen::Device && view.device.is_some();
    is_here.then(|| shown(scene.state, view).title())
}

/// Rows of the facts, borders counted.
pub const FACTS: u16 = 5;
/// Rows of the tabs.
pub const TABS: u16 = 1;

/// Rows that a section has on the whole screen.
pub fn rows(state: &UiState) -> u16 {
    let frame = if state.room() == Room::Tiny { 2 + TABS } else { 3 + FACTS + TABS };
    state.size.height.saturating_sub(frame)
}

/// A window on a table with its title, its filter and its order: the list of the section's first part.
pub fn windowed<R>(
    scene: &Scene<'_>,
    area: Rect,
    (buf, title): (&mut Buffer, &str),
    (columns, table): (&'static [Column<R>], &Table<R>),
) {
    let here = scene.state.here();
    let words = summary(table.matched, table.total, &here, "");
    let inner = Panel::new(title).subtitle(&words).focus(Focus::of(0, here.focus)).draw(scene, area, buf);
    let [list, ..] = &here.lists;
    Rows {
        columns,
        rows: &table.rows,
        offset: table.offset,
        matched: table.matched,
        list: Some(list),
        sort: here.sort.as_ref(),
        header: Header::Shown,
        empty: &[if here.faults_only { EN.no_faults } else { EN.nothing_matches }],
    }
    .draw(scene, inner, buf);
}

/// The tabs, the one that is shown lit. Where they don't fit, the shown one alone with its number.
pub fn tabs(scene: &Scene<'_>, line: Rect, (buf, view): (&mut Buffer, &DeviceView)) {
    let all: Vec<&dyn Section> = offered(view).collect();
    let here = shown(scene.state, view).name();
    let key = |action: &str| scene.state.keymap.first_key(action).map(|key| key.to_string()).unwrap_or_default();
    let (back, next) = (key("sections.back"), key("sections.next"));
    let (key_style, dim, lit) = (scene.theme.style(Tone::Key), scene.theme.style(Tone::Dim), scene.theme.style(Tone::Tab));
    let cells: usize = all.iter().map(|section| text::width(tr(section.title())) + 3).sum();
    let fits = cells + text::width(&back) + text::width(&next) + 2 <= usize::from(line.width);
    let mut x = line.x + 1;
    let room = |x: u16| line.right().saturating_sub(x);
    x += put(buf, Position::new(x, line.y), room(x), (&back, key_style)) + 1;
    for (at, section) in all.iter().enumerate().filter(|(_, section)| fits || section.name() == here) {
        let words = if fits {
            format!(" {} ", tr(section.title()))
        } else {
            format!(" {} {}/{} ", tr(section.title()), at + 1, all.len())
        };
        let start = x;
        let style = if section.name() == here { lit } else { dim };
        x += put(buf, Position::new(x, line.y), room(x), (&words, style)) + 1;
        let name = section.name();
        mouse::area(Rect::new(start, line.y, x - start - 1, 1), || Hit::Section(name));
    }
    put(buf, Position::new(x, line.y), room(x), (&next, key_style));
}
