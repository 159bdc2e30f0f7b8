//! The whole console without a terminal: keys and views in, effects and cells out. The live loop, `noctop shot` and every test
//! drive this same thing.

use super::action::{Action, Turn, refusal};
use super::effect::{Effect, Purpose};
use super::glyph::Glyphs;
use super::keymap::Key;
use super::lang::{speaking, tr};
use super::layer::Layer;
use super::mouse::{self, Did, Hits};
use super::notice;
use super::pane::{self, Context, Scene};
use super::state::UiState;
use super::theme::Theme;
use super::update::{LAST_PLACE, diff, lists, overlay};
use super::{chrome, command, overlay as layers, wallboard};
use crate::engine::{Answer, AskError, Update, WatchId};
use crate::query::ViewRequest;
use crate::state::view::{AlarmRow, View, ViewBody};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use std::cell::RefCell;
use std::sync::Arc;

/// The watch of what is under the cursor. Places have the others.
pub const DETAIL: WatchId = WatchId(0);

/// Marked rows that are watched beside, at most: more curves are not told apart.
pub const BESIDE: usize = 4;
/// The watch of the first of them; the others follow.
pub const FIRST_BESIDE: u8 = LAST_PLACE + 1;

/// Beats after a request during which its answers are drawn at once instead of at the next beat.
const FRESH_BEATS: u8 = 2;

/// Whether something is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dirty {
    /// Nothing changed.
    Clean,
    /// Data changed: the next beat is soon enough.
    Data,
    /// The operator waits for it.
    Now,
}

/// The console.
pub struct Console {
    /// What it remembers of itself.
    pub state: UiState,
    view: Option<Arc<View>>,
    viewed: WatchId,
    detail: Option<Arc<View>>,
    detail_request: Option<ViewRequest>,
    beside: Vec<ViewRequest>,
    beside_views: [Option<Arc<View>>; BESIDE],
    fresh: u8,
    dirty: Dirty,
    /// What stands where, as it was last drawn.
    hits: RefCell<Hits>,
}

impl Console {
    /// A console that has seen nothing yet.
    pub fn new(state: UiState) -> Self {
        let viewed = state.watch;
        Self {
            state,
            view: None,
            viewed,
            detail: None,
            detail_request: None,
            beside: Vec::new(),
            beside_views: Default::default(),
            fresh: FRESH_BEATS,
            dirty: Dirty::Now,
            hits: RefCell::default(),
        }
    }

    /// What it asks of the engine where it is.
    pub fn request(&self) -> ViewRequest {
        if self.state.wallboard.is_some() {
            return wallboard::request();
        }
        pane::of(self.state.place.screen).request(&self.state)
    }

    /// What it asks beside about the thing under the cursor.
    pub const fn detail_request(&self) -> Option<&ViewRequest> {
        self.detail_request.as_ref()
    }

    /// What it asks beside about rows that are marked, with the watch of each.
    pub fn beside(&self) -> impl Iterator<Item = (WatchId, Option<&ViewRequest>)> {
        (0u8..).take(BESIDE).map(|at| (WatchId(FIRST_BESIDE + at), self.beside.get(usize::from(at))))
    }

    /// Whether something is to be drawn.
    pub const fn dirty(&self) -> Dirty {
        self.dirty
    }

    /// Everything was drawn.
    pub const fn drawn(&mut self) {
        self.dirty = Dirty::Clean;
    }

    /// Everything is to be drawn.
    pub const fn redraw(&mut self) {
        self.dirty = Dirty::Now;
    }

    /// The view of the current place, if it came.
    pub fn view(&self) -> Option<&View> {
        (self.viewed == self.state.watch).then_some(self.view.as_deref()).flatten()
    }

    /// A key was pressed.
    pub fn key(&mut self, key: Key) -> Vec<Effect> {
        self.dirty = Dirty::Now;
        let action = self.state.keymap.action(&contexts(&self.state), key);
        let effects = match (action, key.character()) {
            (Some(action), _) => self.allowed(action),
            (None, Some(c)) if self.writing() => overlay::write(&mut self.state, c.encode_utf8(&mut [0; 4])),
            // A letter that no related screen has closes the menu, as in every menu.
            (None, _)
                if matches!(
                    self.state.layers.last(),
                    Some(Layer::Related | Layer::Export | Layer::Save | Layer::Silence | Layer::Work(..))
                ) =>
            {
                self.state.layers.pop();
                Vec::new()
            }
            (None, _) if self.state.wallboard.is_some() => {
                wallboard::show_hints(&mut self.state);
                Vec::new()
            }
            (None, _) => Vec::new(),
        };
        self.after(effects)
    }

    /// The mouse did something at a place, while it is ours.
    pub fn mouse(&mut self, did: Did, at: Position) -> Vec<Effect> {
        if !self.state.mouse {
            return Vec::new();
        }
        self.dirty = Dirty::Now;
        let hits = self.hits.borrow().clone();
        let effects = self.turn(|turn| mouse::did(turn, (did, at), &hits));
        self.after(effects)
    }

    /// A command line is given, as `:` takes it.
    pub fn command(&mut self, line: &str) -> Vec<Effect> {
        self.dirty = Dirty::Now;
        let effects = self.turn(|turn| command::give(turn, line));
        self.after(effects)
    }

    /// Carries out a part of an update that no key has.
    pub fn work(&mut self, work: impl FnOnce(&mut Turn<'_>) -> Vec<Effect>) -> Vec<Effect> {
        self.dirty = Dirty::Now;
        let effects = self.turn(work);
        self.after(effects)
    }

    /// The title of the window.
    pub fn title(&self) -> String {
        let chrome = self.view.as_ref().map(|view| &view.chrome);
        let (site, critical) = chrome.map_or(("", 0), |chrome| (chrome.site.as_str(), chrome.critical));
        speaking(self.state.lang, || notice::title(site, critical, self.state.lost.is_some()))
    }

    /// Text was pasted: into an input, or nowhere.
    pub fn paste(&mut self, text: &str) -> Vec<Effect> {
        self.dirty = Dirty::Now;
        let effects = if self.writing() { overlay::write(&mut self.state, text) } else { Vec::new() };
        self.after(effects)
    }

    /// The terminal has another size.
    pub fn resize(&mut self, size: Size) -> Vec<Effect> {
        self.dirty = Dirty::Now;
        self.state.size = size;
        let page = pane::of(self.state.place.screen).page(&self.state);
        self.state.here_mut().list_mut().reveal(page);
        self.after(vec![Effect::Watch])
    }

    /// The engine says something.
    pub fn update(&mut self, update: Update) -> Vec<Effect> {
        match update {
            Update::View(watch, view) => self.receive(watch, view),
            Update::Clock(now) => {
                self.state.time.now = now;
                self.dirty = self.dirty.max(Dirty::Data);
                Vec::new()
            }
            Update::Lost(why) => {
                self.state.lost = Some(why);
                self.dirty = Dirty::Now;
                Vec::new()
            }
            Update::Role(role) => {
                self.dirty = if self.state.role.replace(role) == Some(role) { self.dirty } else { Dirty::Now };
                Vec::new()
            }
            Update::Serving(pid) => {
                self.state.lost = None;
                self.state.say(pid.map_or("this console serves now".to_owned(), |pid| format!("attached to process {pid}")));
                self.dirty = Dirty::Now;
                self.after(vec![Effect::Watch])
            }
        }
    }

    fn receive(&mut self, watch: WatchId, view: Arc<View>) -> Vec<Effect> {
        if watch == notice::ALARMS {
            if let ViewBody::Alarms(table) = &view.body {
                let counts = |row: &&AlarmRow| row.silenced.is_none() && row.work.is_none() && row.root.is_none();
                self.state.notices.heard(table.rows.iter().filter(counts).map(|row| &row.alarm));
            }
            return self.ring();
        }
        if watch == DETAIL {
            self.detail = Some(view);
            self.dirty = if self.fresh > 0 { Dirty::Now } else { self.dirty.max(Dirty::Data) };
            return Vec::new();
        }
        if let Some(slot) = watch.0.checked_sub(FIRST_BESIDE).and_then(|at| self.beside_views.get_mut(usize::from(at))) {
            *slot = Some(view);
            self.dirty = if self.fresh > 0 { Dirty::Now } else { self.dirty.max(Dirty::Data) };
            return Vec::new();
        }
        if watch != self.state.watch || (self.state.time.paused.is_some() && self.fresh == 0) {
            return Vec::new();
        }
        if !view.chrome.past {
            self.state.time.now = self.state.time.now.max(view.chrome.at);
        }
        let first = self.view().is_none();
        let mut effects = lists::follow(&mut self.state, &view);
        effects.extend(pane::of(self.state.place.screen).absorb(&mut self.state, &view));
        self.view = Some(view);
        self.viewed = watch;
        self.dirty = if first || self.fresh > 0 { Dirty::Now } else { self.dirty.max(Dirty::Data) };
        self.after(effects)
    }

    /// A command was answered.
    pub fn answer(&mut self, purpose: Purpose, answer: Result<Answer, AskError>) -> Vec<Effect> {
        self.dirty = Dirty::Now;
        let effects = speaking(self.state.lang, || self.answered(purpose, answer));
        self.after(effects)
    }

    fn answered(&mut self, purpose: Purpose, answer: Result<Answer, AskError>) -> Vec<Effect> {
        match (purpose, answer) {
            (Purpose::Names, Ok(Answer::Names(names))) => {
                overlay::names(&mut self.state, names);
                Vec::new()
            }
            (Purpose::Open(screen), Ok(Answer::Names(names))) => {
                let view = self.view.clone();
                command::opened(&mut Turn { state: &mut self.state, view: view.as_deref() }, screen, &names)
            }
            (Purpose::Diff, answer) => diff::answered(&mut self.state, answer),
            (Purpose::Acknowledge(sentence), Ok(_)) => {
                self.state.say(tr(sentence));
                Vec::new()
            }
            // Suggestions that can't be had are no news while somebody writes.
            (Purpose::Names, Err(_)) => Vec::new(),
            (Purpose::Names | Purpose::Open(_), Ok(_)) => Vec::new(),
            (_, Err(error)) => {
                self.state.complain(error.to_string());
                Vec::new()
            }
        }
    }

    /// `seconds` passed.
    pub fn beat(&mut self, seconds: u8) -> Vec<Effect> {
        self.fresh = self.fresh.saturating_sub(1);
        if wallboard::beat(&mut self.state, seconds) {
            self.dirty = self.dirty.max(Dirty::Data);
        }
        if let Some(toast) = &mut self.state.toast {
            toast.seconds = toast.seconds.saturating_sub(seconds);
            if toast.seconds == 0 {
                self.state.toast = None;
                self.dirty = self.dirty.max(Dirty::Data);
            }
        }
        self.ring()
    }

    fn ring(&mut self) -> Vec<Effect> {
        let (now, live) = (self.state.time.now, self.state.time.paused.is_none());
        speaking(self.state.lang, || self.state.notices.due(now, live)).into_iter().collect()
    }

    /// Says something on the last line.
    pub fn say(&mut self, text: String) {
        self.state.say(text);
        self.dirty = Dirty::Now;
    }

    /// Complains on the last line.
    pub fn complain(&mut self, text: String) {
        self.state.complain(text);
        self.dirty = Dirty::Now;
    }

    /// Draws everything; returns where the caret is, when something is being written.
    pub fn draw(&self, buf: &mut Buffer) -> Option<Position> {
        let (caret, hits) = mouse::recording(|| speaking(self.state.lang, || self.draw_spoken(buf)));
        self.hits.replace(hits);
        caret
    }

    fn draw_spoken(&self, buf: &mut Buffer) -> Option<Position> {
        let area = buf.area;
        if area.is_empty() {
            return None;
        }
        let theme = Theme::among(self.state.theme, self.state.depth, &self.state.own_themes);
        let glyphs = Glyphs::new(self.state.glyphs);
        let scene = Scene {
            view: self.view(),
            detail: self.detail.as_deref(),
            beside: &self.beside_views,
            state: &self.state,
            theme: &theme,
            glyphs: &glyphs,
        };
        if let Some(board) = &self.state.wallboard {
            wallboard::draw(&scene, (board, area), buf);
            return None;
        }
        let body = chrome::draw(&scene, area, buf);
        if !body.is_empty() {
            pane::of(self.state.place.screen).draw(&scene, body, buf);
        }
        layers::draw(&scene, area, buf)
    }

    /// The screen as it stands, for a file.
    pub fn picture(&self) -> Buffer {
        let mut buf = Buffer::empty(Rect::new(0, 0, self.state.size.width, self.state.size.height));
        self.draw(&mut buf);
        buf
    }

    fn writing(&mut self) -> bool {
        self.state.layers.last_mut().is_some_and(|layer| layer.input().is_some())
    }

    /// Does what an action does, unless it may not be done here.
    fn allowed(&mut self, action: &Action) -> Vec<Effect> {
        match speaking(self.state.lang, || refusal(&self.state, action)) {
            Some(why) => {
                self.state.complain(why);
                Vec::new()
            }
            None => self.act(action.run),
        }
    }

    fn act(&mut self, run: super::action::Run) -> Vec<Effect> {
        self.turn(run)
    }

    fn turn(&mut self, work: impl FnOnce(&mut Turn<'_>) -> Vec<Effect>) -> Vec<Effect> {
        let view = if self.viewed == self.state.watch { self.view.clone() } else { None };
        speaking(self.state.lang, || work(&mut Turn { state: &mut self.state, view: view.as_deref() }))
    }

    fn after(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        if effects.contains(&Effect::Watch) {
            self.fresh = FRESH_BEATS;
        }
        let pane = pane::of(self.state.place.screen);
        let wanted = match self.state.layers.last() {
            Some(Layer::Jump(_)) => overlay::preview(&self.state),
            _ => self.view().and_then(|view| pane.detail(&view.body, &self.state)),
        };
        if wanted != self.detail_request {
            self.detail_request = wanted;
            self.fresh = FRESH_BEATS;
            effects.push(Effect::WatchDetail);
        }
        let beside = pane.beside(&self.state);
        if beside != self.beside {
            // A curve keeps its place while its row stays marked; the others are asked for anew.
            for (at, slot) in self.beside_views.iter_mut().enumerate() {
                if beside.get(at) != self.beside.get(at) {
                    *slot = None;
                }
            }
            self.beside = beside;
            self.fresh = FRESH_BEATS;
            effects.push(Effect::WatchBeside);
        }
        effects
    }
}

/// The contexts whose keys hold, the topmost layer first.
pub fn contexts(state: &UiState) -> Vec<Context> {
    if state.wallboard.is_some() {
        return vec![Context::Wallboard];
    }
    match state.layers.last() {
        Some(Layer::Filter(_) | Layer::GoTo(_) | Layer::Note(_) | Layer::Until(_) | Layer::Palette(_) | Layer::Jump(_)) => {
            vec![Context::Input]
        }
        Some(Layer::Work(..)) => vec![Context::Work],
        Some(Layer::Silence) => vec![Context::Silence],
        Some(Layer::Related) => vec![Context::Related],
        Some(Layer::Columns(_)) => vec![Context::Columns],
        Some(Layer::Groups(_)) => vec![Context::Groups],
        Some(Layer::Narrow(..)) => vec![Context::Narrow],
        Some(Layer::Export) => vec![Context::Export],
        Some(Layer::Save) => vec![Context::Save],
        Some(Layer::Faults(_)) => vec![Context::Faults],
        None => {
            let mut contexts = vec![Context::Global];
            contexts.extend(pane::of(state.place.screen).contexts());
            contexts
        }
    }
}
