//! What the console remembers of itself: where it is, what is selected, filtered and sorted, which time it shows.
//!
//! No I/O and no view in it: views are kept beside it (`console`).

use super::glyph::GlyphSet;
use super::keymap::Keymap;
use super::lang::Lang;
use super::layer::Layer;
use super::notice::Notices;
use super::pane::Target;
use super::pane::diff::DiffState;
use super::theme::{Depth, OwnTheme, ThemeName};
use super::wallboard::Wallboard;
use crate::engine::{Command, WatchId};
use crate::model::audit;
use crate::model::flow::TopKey;
use crate::model::{Role, TimeRange, Timestamp, WifiBand};
use crate::query::{AlarmGroup, MapRequest, Screen, Sort, Subject, ViewRequest, Window};
use crate::ui::layout::worker::LayoutWorker;
use crate::ui::pane::topology::TreeRows;
use crate::ui::widget::map::Arrangement;
use ratatui::layout::Size;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Where the console is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which screen.
    pub screen: Screen,
    /// What it is about.
    pub subject: Option<Subject>,
    /// Its name for the breadcrumb.
    pub title: String,
}

impl Place {
    /// A screen about nothing in particular.
    pub const fn screen(screen: Screen) -> Self {
        Self { screen, subject: None, title: String::new() }
    }
}

/// A list's cursor. The selection follows the object, not the row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListState {
    /// Row under the cursor, counted from the first of all matching rows.
    pub cursor: usize,
    /// The object under the cursor.
    pub key: Option<String>,
    /// First row shown.
    pub top: usize,
}

impl ListState {
    /// Moves `top` as little as needed for the cursor to be among `rows` visible rows.
    pub fn reveal(&mut self, rows: usize) {
        let rows = rows.max(1);
        self.top = self.top.clamp((self.cursor + 1).saturating_sub(rows), self.cursor);
    }
}

/// What each screen remembers while the console is elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenState {
    /// Filter expression (contract §6).
    pub filter: String,
    /// Chosen sort column.
    pub sort: Option<Sort>,
    /// Only rows with a fault.
    pub faults_only: bool,
    /// Which of its parts has the keys.
    pub focus: usize,
    /// A list for each part.
    pub lists: [ListState; 4],
    /// Titles of columns that are hidden.
    pub hidden: BTreeSet<&'static str>,
    /// Rows that are marked, in the order in which they were.
    pub marks: Vec<Mark>,
    /// Groups that are folded, by what stands at their head; on a screen that folds all by itself, those that are not.
    pub folded: BTreeSet<String>,
}

/// A marked row, as it was when it was marked: it may have left the window since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The object.
    pub key: String,
    /// What the cursor was on.
    pub target: Target,
}

/// Whether the console may change anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// It looks only.
    #[default]
    ReadOnly,
    /// `--read-write`: alarms can be acknowledged and silenced.
    ReadWrite,
}

impl ScreenState {
    /// The list that has the keys.
    pub fn list(&self) -> &ListState {
        let [first, second, third, fourth] = &self.lists;
        match self.focus {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        }
    }

    /// The list that has the keys.
    pub fn list_mut(&mut self) -> &mut ListState {
        let [first, second, third, fourth] = &mut self.lists;
        match self.focus {
            0 => first,
            1 => second,
            2 => third,
            _ => fourth,
        }
    }
}

/// Which time is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeState {
    /// The engine's time, as last heard.
    pub now: Timestamp,
    /// The past time that is shown; `None` is now.
    pub at: Option<Timestamp>,
    /// Since when the display stands still.
    pub paused: Option<Timestamp>,
}

/// A passing sentence on the last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What is said.
    pub text: String,
    /// Whether it is bad news.
    pub fault: bool,
    /// Seconds for which it stays.
    pub seconds: u8,
}

/// The map's own memory.
#[derive(Clone, Debug, Default)]
pub struct MapState {
    /// The node under the cursor, by its id in the graph.
    pub selected: Option<String>,
    /// The folding that is asked for.
    pub request: MapRequest,
    /// The spanning tree instead of the map.
    pub tree: bool,
    /// What the links' colour says: index into the pane's own list.
    pub colour_by: usize,
    /// Layers that are hidden.
    pub hidden_layers: BTreeSet<u8>,
    /// Everything from afar in place of the map; `None` as it fits.
    pub far: Option<bool>,
    /// The VLAN whose layer was looked at last.
    pub vlan: Option<u16>,
    /// By what the tree sorts siblings: index into the pane's own list.
    pub tree_by: usize,
    /// The tree's rows, made when a view came.
    pub tree_rows: Option<Arc<TreeRows>>,
    /// First column and row shown of what is larger than the pane.
    pub pan: (i32, i32),
    /// The node that was walked from to the selected one: the link between them is the one under the cursor.
    pub walked_from: Option<String>,
    /// The layout that is shown; the next one starts from it, so that nothing jumps.
    pub arrangement: Option<Arc<Arrangement>>,
    /// Lays large maps out beside the console; started by the first of them.
    pub worker: Option<Arc<LayoutWorker>>,
}

/// What graphs show beside their curves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GraphState {
    /// The time under the cursor; `None` is no cursor.
    pub cursor: Option<Timestamp>,
    /// Last week's curve beside this week's.
    pub week: bool,
}

/// What the screens of flows remember.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowState {
    /// By what flows are summed up; empty are conversations.
    pub by: Vec<TopKey>,
    /// Filters and keys of before each drill, the last one last.
    pub trail: Vec<(String, Vec<TopKey>)>,
}

/// What the Wireless screen remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WirelessState {
    /// Only this band; `None` is all.
    pub band: Option<WifiBand>,
    /// Filters and parts of before each drill, the last one last.
    pub trail: Vec<(String, usize)>,
}

/// What the Device screen remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceState {
    /// The section that is shown, by its name; `None` before the first view of a device says of what kind it is.
    pub section: Option<&'static str>,
    /// The section that was looked at last, for each kind of device.
    pub by_role: BTreeMap<Role, &'static str>,
    /// What the other sections of this device remember.
    pub kept: BTreeMap<&'static str, ScreenState>,
    /// What the faceplate shows: index into its own list.
    pub face: usize,
}

/// What the Logs screen remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogState {
    /// The end is not kept in view.
    pub stopped: bool,
    /// Lines that say the same stand once.
    pub fold: bool,
    /// Lines are shown as they came.
    pub raw: bool,
    /// The line under the cursor has the whole screen.
    pub whole: bool,
    /// What lines have in common is shown in place of the lines.
    pub patterns: bool,
    /// Only lines of this range are shown.
    pub within: Option<TimeRange>,
    /// The list is to go to this time with the next answer.
    pub seek: Option<Timestamp>,
}

/// What the Alarms screen remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlarmState {
    /// Under what alarms stand together.
    pub group: AlarmGroup,
    /// The alarm under the cursor has the whole screen.
    pub whole: bool,
    /// What takes back what was done last.
    pub undo: Vec<Command>,
}

/// What the Events screen remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventState {
    /// Every event stands for itself, bursts too.
    pub each: bool,
    /// Only events of this range are shown.
    pub within: Option<TimeRange>,
    /// The list is to go to this time with the next answer.
    pub seek: Option<Timestamp>,
}

/// A week, seconds: what a curve is held against.
pub const WEEK_SECS: u32 = 7 * 86_400;

/// The console's own state.
#[derive(Clone, Debug)]
pub struct UiState {
    /// The terminal's size.
    pub size: Size,
    /// Where the console is.
    pub place: Place,
    /// Where `[` and Esc go back to.
    pub back: Vec<Place>,
    /// Where `]` goes forward to.
    pub forward: Vec<Place>,
    /// What each screen remembers.
    pub screens: BTreeMap<Screen, ScreenState>,
    /// The map's memory.
    pub map: MapState,
    /// What lies over the screen, the topmost last.
    pub layers: Vec<Layer>,
    /// Which time is shown.
    pub time: TimeState,
    /// Span of graphs, seconds.
    pub span_secs: u32,
    /// What graphs show beside.
    pub graph: GraphState,
    /// By what flows are summed up.
    pub flows: FlowState,
    /// What the Wireless screen remembers.
    pub wireless: WirelessState,
    /// What the Device screen remembers.
    pub device: DeviceState,
    /// What differs between two times.
    pub diff: DiffState,
    /// What a name that is being looked up was called.
    pub wanted: String,
    /// The section that is to be shown of it.
    pub wanted_section: Option<&'static str>,
    /// Whether anything may be changed.
    pub access: Access,
    /// What whoever is here may do at the engine; `None` until it says so.
    pub role: Option<audit::Role>,
    /// Who is at the console, for what he changes.
    pub user: String,
    /// What the Logs screen remembers.
    pub logs: LogState,
    /// What the Alarms screen remembers.
    pub alarms: AlarmState,
    /// What the Events screen remembers.
    pub events: EventState,
    /// The times that were shown before another one was gone to with a screen: with how many places behind, and which.
    pub returns: Vec<(usize, Option<Timestamp>)>,
    /// A passing sentence.
    pub toast: Option<Toast>,
    /// The connection that was lost, and why.
    pub lost: Option<String>,
    /// The watch of the current place; a new place has a new one, so that late answers are known.
    pub watch: WatchId,
    /// The theme.
    pub theme: ThemeName,
    /// Colours of the terminal.
    pub depth: Depth,
    /// The glyphs.
    pub glyphs: GlyphSet,
    /// The language of what is shown.
    pub lang: Lang,
    /// Slow line: no sparklines.
    pub slow: bool,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// What is told to who looks elsewhere.
    pub notices: Notices,
    /// The wallboard instead of the screens.
    pub wallboard: Option<Wallboard>,
    /// The operator's own themes.
    pub own_themes: Arc<[OwnTheme]>,
    /// The screen that help is about.
    pub help_about: Screen,
    /// Looks that were chosen by a command, by what they are: `theme`, `glyphs`, `lang`.
    pub chosen: BTreeMap<&'static str, String>,
    /// Commands given, oldest first.
    pub commands: Vec<String>,
    /// Time zone of what is shown.
    pub zone: jiff::tz::TimeZone,
    /// Which key is which action.
    pub keymap: Arc<Keymap>,
}

/// How much room there is (screens.md §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Under 60 columns or 16 rows: the list only.
    Tiny,
    /// A main list with a detail under it.
    Middle,
    /// 120 columns and more: panes at the side.
    Wide,
}

/// Columns from which panes stand at the side.
pub const WIDE_COLUMNS: u16 = 120;
/// Columns under which there is only a list.
pub const TINY_COLUMNS: u16 = 60;
/// Rows under which there is only a list.
pub const TINY_ROWS: u16 = 16;

impl UiState {
    /// A console at a place, of a size.
    pub fn new(place: Place, size: Size) -> Self {
        Self {
            size,
            place,
            back: Vec::new(),
            forward: Vec::new(),
            screens: BTreeMap::new(),
            map: MapState::default(),
            layers: Vec::new(),
            time: TimeState::default(),
            span_secs: crate::query::view_request::DEFAULT_SPAN_SECS,
            graph: GraphState::default(),
            flows: FlowState::default(),
            wireless: WirelessState::default(),
            device: DeviceState::default(),
            diff: DiffState::default(),
            wanted: String::new(),
            wanted_section: None,
            access: Access::default(),
            role: None,
            user: String::new(),
            logs: LogState::default(),
            alarms: AlarmState::default(),
            events: EventState::default(),
            returns: Vec::new(),
            toast: None,
            lost: None,
            watch: WatchId(1),
            theme: ThemeName::Dark,
            depth: Depth::True,
            glyphs: GlyphSet::Unicode,
            lang: Lang::En,
            slow: false,
            mouse: false,
            notices: Notices::default(),
            wallboard: None,
            own_themes: Arc::new([]),
            help_about: Screen::Overview,
            chosen: BTreeMap::new(),
            commands: Vec::new(),
            zone: jiff::tz::TimeZone::UTC,
            keymap: Arc::default(),
        }
    }

    /// How much room there is.
    pub const fn room(&self) -> Room {
        if self.size.width < TINY_COLUMNS || self.size.height < TINY_ROWS {
            Room::Tiny
        } else if self.size.width < WIDE_COLUMNS {
            Room::Middle
        } else {
            Room::Wide
        }
    }

    /// What the current screen remembers; nothing yet is the default.
    pub fn here(&self) -> ScreenState {
        self.screens.get(&self.place.screen).cloned().unwrap_or_default()
    }

    /// What the current screen remembers.
    pub fn here_mut(&mut self) -> &mut ScreenState {
        self.screens.entry(self.place.screen).or_default()
    }

    /// Whether alarms can be acted on: the console may write, and it shows now.
    pub fn may_write(&self) -> bool {
        self.access == Access::ReadWrite && self.role != Some(audit::Role::Viewer) && self.time.at.is_none()
    }

    /// The time that is shown.
    pub fn shown_at(&self) -> Timestamp {
        self.time.at.or(self.time.paused).unwrap_or(self.time.now)
    }

    /// The request of the current place for `page` visible rows, with a page more before and after.
    pub fn request(&self, page: usize) -> ViewRequest {
        let here = self.here();
        let mut request = ViewRequest::new(self.place.screen, page.max(1).saturating_mul(3));
        request.subject = self.place.subject.clone();
        request.window = Window { offset: here.list().top.saturating_sub(page), rows: page.max(1).saturating_mul(3) };
        request.filter = here.filter;
        request.sort = here.sort;
        request.faults_only = here.faults_only;
        request.at = self.time.at;
        request.span_secs = self.span_secs;
        request.compare_secs = self.graph.week.then_some(WEEK_SECS);
        request.map = self.map.request.clone();
        request.folded = here.folded.into_iter().collect();
        request
    }

    /// Says something on the last line for a few seconds.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), fault: false, seconds: 4 });
    }

    /// Complains on the last line for a few seconds.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), fault: true, seconds: 8 });
    }
}
