//! The screens, a file each, over one trait.
//!
//! A pane reads a view and the console's state and draws into its area; it does no I/O and keeps nothing. Gestures that only a
//! pane understands reach it through [`Pane::gesture`]. Start at [`Pane`], then [`events`], the simplest.

pub mod absent;
pub mod alarms;
pub mod capture;
pub mod cells;
pub mod device;
pub mod devices;
pub mod diff;
pub mod discovery;
pub mod events;
pub mod flows;
pub mod help;
pub mod interface;
pub mod interfaces;
pub mod logs;
pub mod overview;
pub mod topology;
pub mod vlans;
pub mod wireless;

use super::effect::Effect;
use super::glyph::Glyphs;
use super::state::{Place, UiState};
use super::theme::Theme;
use crate::model::{DeviceId, Timestamp};
use crate::query::filter::Column;
use crate::query::{Screen, ViewRequest};
use crate::state::view::{View, ViewBody};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// All that drawing may depend on.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The engine's answer for the current place; `None` before the first.
    pub view: Option<&'a View>,
    /// The engine's answers for rows that are marked, in their order.
    pub beside: &'a [Option<std::sync::Arc<View>>],
    /// The engine's answer for what is under the cursor, where the pane asked for one. It may still be about another thing.
    pub detail: Option<&'a View>,
    /// The console's own state.
    pub state: &'a UiState,
    /// Colours by meaning.
    pub theme: &'a Theme,
    /// Glyphs.
    pub glyphs: &'a Glyphs,
}

impl<'a> Scene<'a> {
    /// The body of the view.
    pub fn body(&self) -> Option<&'a ViewBody> {
        self.view.map(|view| &view.body)
    }
}

/// A set of keys that belong together. Which are active depends on the screen and on the topmost layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Everywhere; never shadowed by a screen.
    Global,
    /// Screens with lists.
    List,
    /// Screens whose list can be sorted and filtered by faults, and has columns to choose.
    Table,
    /// Screens with a graph.
    Graph,
    /// The topology map.
    Map,
    /// The VLANs screen.
    Vlans,
    /// The Discovery screen.
    Discovery,
    /// While something is being written.
    Input,
    /// Screens of flows.
    Flows,
    /// The Wireless screen.
    Wireless,
    /// After `o`.
    Related,
    /// In the list of columns.
    Columns,
    /// In the list of what flows are summed up by.
    Groups,
    /// After `e`.
    Export,
    /// After `X`.
    Save,
    /// After `W`.
    Faults,
    /// The wallboard.
    Wallboard,
    /// The list of alarms.
    Alarms,
    /// Screens of what happened.
    Events,
    /// In the list of how long alarms are silent.
    Silence,
    /// The Logs screen.
    Logs,
    /// The Device screen.
    Sections,
    /// In the list of what narrows the log.
    Narrow,
    /// In the list of what is worked on.
    Work,
}

impl Context {
    /// Where its keys hold, in words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Global => "everywhere",
            Self::List => "lists",
            Self::Table => "tables",
            Self::Graph => "graphs",
            Self::Map => "map",
            Self::Vlans => "VLANs",
            Self::Discovery => "discovery",
            Self::Input => "writing",
            Self::Related => "after o",
            Self::Columns => "columns",
            Self::Flows => "flows",
            Self::Wireless => "wireless",
            Self::Groups => "grouping",
            Self::Export => "after e",
            Self::Save => "after X",
            Self::Faults => "after W",
            Self::Wallboard => "wallboard",
            Self::Alarms => "alarms",
            Self::Events => "events",
            Self::Silence => "silence",
            Self::Logs => "logs",
            Self::Sections => "sections of a device",
            Self::Narrow => "narrowing",
            Self::Work => "maintenance",
        }
    }
}

/// What the operator wants of the pane under the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Gesture {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    Enter,
    NextMatch,
    PreviousMatch,
    /// Map: only what is near the selected node, or everything again.
    Focus,
    /// Map: unfold, fold.
    More,
    Less,
    /// Map: spanning tree instead of the map.
    Tree,
    /// Map: the next of L2, VLAN, L3. VLANs: the map of the VLAN.
    Layers,
    /// Map: the next VLAN's layer, the one before.
    NextVlan,
    PreviousVlan,
    /// Map: role layers on and off.
    Roles,
    /// Map: the far view and back.
    Far,
    /// Map: the next number of hops about the focus.
    Hops,
    /// Map: what the tree sorts siblings by.
    TreeSort,
    /// Map: what the links' colour says.
    ColourBy,
    /// Wireless: the switch port behind which it is; that switch's port towards the core.
    Port,
    Uplink,
    /// A table with groups: fold the group under the cursor, or unfold it.
    Fold,
}

/// A list as the cursor needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Index of the first key among all matching rows.
    pub offset: usize,
    /// Matching rows in all.
    pub matched: usize,
    /// The objects of the rows at hand, in order.
    pub keys: Vec<String>,
}

/// What the cursor is on, for `o`, `y` and deep links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// A device, and its name.
    pub device: Option<(DeviceId, String)>,
    /// One of its interfaces.
    pub port: Option<String>,
    /// The text that `y` copies: the object's name.
    pub cell: String,
    /// The text that `Y` copies: the whole row.
    pub row: String,
    /// The filter that shows its flows, where it is something else than the device or the port says.
    pub flows: Option<String>,
}

/// A screen.
pub trait Pane: Sync {
    /// The key contexts of the screen beside [`Context::Global`].
    fn contexts(&self) -> &'static [Context] {
        &[Context::List]
    }

    /// How many rows of its list are visible; decides the window that is asked for.
    fn page(&self, state: &UiState) -> usize {
        usize::from(state.size.height).saturating_sub(6).max(1)
    }

    /// What it asks of the engine.
    fn request(&self, state: &UiState) -> ViewRequest {
        state.request(self.page(state))
    }

    /// What it asks beside, about the thing under the cursor.
    fn detail(&self, _body: &ViewBody, _state: &UiState) -> Option<ViewRequest> {
        None
    }

    /// How many parts of it Tab goes through.
    fn parts(&self) -> usize {
        1
    }

    /// How many parts what is shown of it just now has.
    fn parts_of(&self, _state: &UiState) -> usize {
        self.parts()
    }

    /// Columns it can be sorted by, in order; empty where it has an order of its own.
    fn sorts(&self) -> &'static [&'static str] {
        &[]
    }

    /// The same of the part that has the keys, where parts have columns of their own.
    fn sorts_of(&self, _state: &UiState) -> &'static [&'static str] {
        self.sorts()
    }

    /// Titles of the columns that can be hidden.
    fn columns(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Fields that its filter knows, for completion; the contract's names first.
    fn fields(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// What it asks beside, about rows that are marked; at most [`super::console::BESIDE`].
    fn beside(&self, _state: &UiState) -> Vec<ViewRequest> {
        Vec::new()
    }

    /// When what the cursor is on happened.
    fn moment(&self, _body: &ViewBody, _state: &UiState) -> Option<Timestamp> {
        None
    }

    /// Whether its rows can be marked: it shows which are.
    fn can_mark(&self) -> bool {
        false
    }

    /// The list of the part that has the keys.
    fn listing(&self, _body: &ViewBody, _state: &UiState) -> Option<Listing> {
        None
    }

    /// Whether its view depends on what is under the cursor: then it is asked for anew when that moves.
    fn asks_of_cursor(&self, _state: &UiState) -> bool {
        false
    }

    /// What the cursor is on.
    fn target(&self, _body: &ViewBody, _state: &UiState) -> Option<Target> {
        None
    }

    /// Where Enter goes.
    fn open(&self, _body: &ViewBody, _state: &UiState) -> Option<Place> {
        None
    }

    /// A gesture that the list does not answer, or all of them for a pane without a list.
    fn gesture(&self, _state: &mut UiState, _view: Option<&View>, _gesture: Gesture) -> Vec<Effect> {
        Vec::new()
    }

    /// The cursor of its list moved by a gesture.
    fn moved(&self, _state: &mut UiState, _gesture: Gesture) -> Vec<Effect> {
        Vec::new()
    }

    /// A new view came: what is remembered of it is brought up to date (a layout, a selection). The lists are done already.
    fn absorb(&self, _state: &mut UiState, _view: &View) -> Vec<Effect> {
        Vec::new()
    }

    /// Draws it.
    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer);
}

/// The first names of columns, then their other names.
pub fn names_of(columns: &'static [Column]) -> Vec<&'static str> {
    let first = columns.iter().filter_map(|column| column.names.first());
    let others = columns.iter().flat_map(|column| column.names.iter().skip(1));
    first.chain(others).copied().collect()
}

/// The pane of a screen.
pub fn of(screen: Screen) -> &'static dyn Pane {
    match screen {
        Screen::Overview => &overview::Overview,
        Screen::Devices => &devices::Devices,
        Screen::Device => &device::Device,
        Screen::Interfaces => &interfaces::Interfaces,
        Screen::Interface => &interface::Interface,
        Screen::Alarms => &alarms::Alarms,
        Screen::Events => &events::Events,
        Screen::Discovery => &discovery::Discovery,
        Screen::Help => &help::Help,
        Screen::Topology => &topology::Topology,
        Screen::Links | Screen::Sensors => &absent::Absent,
        Screen::Diff => &diff::Diff,
        Screen::Flows => &flows::Flows,
        Screen::Capture => &capture::Capture,
        Screen::Vlans => &vlans::Vlans,
        Screen::Wireless => &wireless::Wireless,
        Screen::Logs => &logs::Logs,
    }
}
