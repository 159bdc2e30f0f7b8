//! The mouse: what stands where, as it was drawn, and what a click there does.
//!
//! Whatever draws something that can be clicked says so with [`area`]; nothing is kept unless somebody listens ([`recording`]),
//! and no geometry is told twice. A click does what a key does: it ends in an action, or in the list's own functions. The mouse
//! is off until asked for (`M`), because it takes the terminal's own selection away.

use super::action::{self, Turn};
use super::effect::Effect;
use super::layer::Layer;
use super::pane::{self, Context, Gesture};
use super::update::{device, lists, overlay};
use ratatui::layout::{Position, Rect};
use std::cell::RefCell;

/// Rows that a notch of the wheel moves by.
const WHEEL_ROWS: usize = 3;

/// What a click can meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hit {
    /// What is done by an action of this name: a tab, a hint, an item of a menu.
    Action(&'static str),
    /// A part of the screen, by its number.
    Part(usize),
    /// A section of the Device screen, by its name.
    Section(&'static str),
    /// A row of the list of the part, by its index among all matching rows.
    Row(usize),
    /// A column that is sorted by this field.
    Sort(&'static str),
    /// A node of the map, by its id.
    Node(String),
    /// An item of the list over the line that is being written.
    Choice(usize),
    /// Nothing, and nothing that lies under it either.
    Cover,
}

/// What stands where; the last drawn lies on top.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits(Vec<(Rect, Hit)>);

thread_local! {
    static RECORD: RefCell<Option<Vec<(Rect, Hit)>>> = const { RefCell::new(None) };
}

/// Draws something and keeps what it says can be clicked.
pub fn recording<T>(draw: impl FnOnce() -> T) -> (T, Hits) {
    RECORD.with_borrow_mut(|record| *record = Some(Vec::new()));
    let drawn = draw();
    (drawn, Hits(RECORD.take().unwrap_or_default()))
}

/// Says what stands in an area.
pub fn area(area: Rect, hit: impl FnOnce() -> Hit) {
    RECORD.with_borrow_mut(|record| {
        if let Some(record) = record.as_mut().filter(|_| !area.is_empty()) {
            record.push((area, hit()));
        }
    });
}

impl Hits {
    /// What stands at a place, the topmost first, down to what covers the rest.
    pub fn at(&self, at: Position) -> impl Iterator<Item = &Hit> {
        let here = self.0.iter().rev().filter(move |(area, _)| area.contains(at)).map(|(_, hit)| hit);
        here.take_while(|hit| **hit != Hit::Cover)
    }

    fn part(&self, at: Position) -> Option<usize> {
        self.at(at).find_map(|hit| if let Hit::Part(part) = hit { Some(*part) } else { None })
    }
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    /// The left button went down.
    Click,
    /// The wheel turned, away from the operator or towards.
    WheelUp,
    /// See [`Did::WheelUp`].
    WheelDown,
}

/// What follows from it.
pub fn did(turn: &mut Turn<'_>, (did, at): (Did, Position), hits: &Hits) -> Vec<Effect> {
    match did {
        Did::Click => click(turn, at, hits),
        Did::WheelUp => wheel(turn, (at, hits), (Gesture::Up, Gesture::PageUp)),
        Did::WheelDown => wheel(turn, (at, hits), (Gesture::Down, Gesture::PageDown)),
    }
}

fn click(turn: &mut Turn<'_>, at: Position, hits: &Hits) -> Vec<Effect> {
    let Some(hit) = hits.at(at).next().cloned() else { return outside(turn) };
    match hit {
        Hit::Action(name) => action::find(name).map(|action| (action.run)(turn)).unwrap_or_default(),
        Hit::Part(part) => lists::focus(turn, part),
        Hit::Section(name) => device::named(turn, name),
        Hit::Row(row) => click_row(turn, (hits.part(at), row)),
        Hit::Sort(column) => {
            let mut effects = hits.part(at).map(|part| lists::focus(turn, part)).unwrap_or_default();
            effects.extend(lists::sort_by(turn, column));
            effects
        }
        Hit::Node(id) => click_node(turn, id),
        Hit::Choice(row) => overlay::choose_at(turn, row),
        Hit::Cover => Vec::new(),
    }
}

/// A click beside a menu closes it, as in every menu; what is being written stays.
fn outside(turn: &mut Turn<'_>) -> Vec<Effect> {
    if turn.state.layers.last_mut().is_some_and(|layer| layer.input().is_none()) {
        turn.state.layers.pop();
    }
    Vec::new()
}

/// The first click selects, the second opens.
fn click_row(turn: &mut Turn<'_>, (part, row): (Option<usize>, usize)) -> Vec<Effect> {
    if let Some(Layer::Columns(at) | Layer::Groups(at)) = turn.state.layers.last_mut() {
        *at = row;
        return Vec::new();
    }
    let here = turn.state.here();
    if part.is_none_or(|part| part == here.focus) && here.list().cursor == row {
        return lists::open(turn);
    }
    let mut effects = part.map(|part| lists::focus(turn, part)).unwrap_or_default();
    effects.extend(lists::select(turn, row));
    effects
}

fn click_node(turn: &mut Turn<'_>, id: String) -> Vec<Effect> {
    if turn.state.map.selected.as_ref() == Some(&id) {
        return lists::open(turn);
    }
    turn.state.map.walked_from = turn.state.map.selected.replace(id);
    Vec::new()
}

fn wheel(turn: &mut Turn<'_>, (at, hits): (Position, &Hits), (row, page): (Gesture, Gesture)) -> Vec<Effect> {
    if turn.state.layers.last_mut().is_some_and(|layer| layer.input().is_some()) {
        return overlay::choose(turn, if row == Gesture::Up { -1 } else { 1 });
    }
    if !turn.state.layers.is_empty() {
        return Vec::new();
    }
    if pane::of(turn.state.place.screen).contexts().contains(&Context::Map) {
        return lists::gesture(turn, page);
    }
    let mut effects = hits.part(at).map(|part| lists::focus(turn, part)).unwrap_or_default();
    for _ in 0..WHEEL_ROWS {
        effects.extend(lists::gesture(turn, row));
    }
    effects.dedup();
    effects
}

/// `M`
pub fn toggle(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.mouse = !turn.state.mouse;
    let words = if turn.state.mouse {
        super::lang::tr("mouse on: Shift selects text as before")
    } else {
        super::lang::tr("mouse off: the terminal selects text")
    };
    turn.state.say(words);
    vec![Effect::Mouse(turn.state.mouse)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_unless_somebody_listens() {
        area(Rect::new(0, 0, 4, 1), || unreachable!("nobody listens"));
        let ((), hits) = recording(|| area(Rect::new(0, 0, 4, 1), || Hit::Row(1)));
        assert_eq!(hits.at(Position::new(3, 0)).collect::<Vec<_>>(), [&Hit::Row(1)]);
        assert_eq!(hits.at(Position::new(4, 0)).next(), None);
    }

    #[test]
    fn the_topmost_is_met_and_a_cover_hides_what_lies_under_it() {
        let ((), hits) = recording(|| {
            area(Rect::new(0, 0, 9, 9), || Hit::Part(2));
            area(Rect::new(1, 1, 7, 1), || Hit::Row(5));
            area(Rect::new(0, 4, 9, 5), || Hit::Cover);
            area(Rect::new(0, 5, 9, 1), || Hit::Choice(0));
        });
        assert_eq!(hits.at(Position::new(1, 1)).collect::<Vec<_>>(), [&Hit::Row(5), &Hit::Part(2)]);
        assert_eq!(hits.part(Position::new(1, 1)), Some(2));
        assert_eq!(hits.at(Position::new(1, 5)).collect::<Vec<_>>(), [&Hit::Choice(0)]);
        assert_eq!(hits.at(Position::new(1, 6)).next(), None);
    }
}
