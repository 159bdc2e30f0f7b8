//! Actions on the list that has the keys: moving, opening, sorting, copying. The selection follows the object, not the row.

use super::navigate;
use crate::query::Sort;
use crate::state::view::View;
use crate::trf;
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::pane::{self, Gesture, Listing, Target};
use crate::ui::state::{ListState, Mark, UiState};
use crate::ui::text::EN;

/// The longest text that terminals take by OSC 52 (xterm's default limit, as k9s keeps it).
const MAX_COPY: usize = 74_994;
/// Rows that can be marked: what one looks through by hand.
const MAX_MARKS: usize = 200;

/// A gesture: the list answers those that move, the pane the others.
pub fn gesture(turn: &mut Turn<'_>, gesture: Gesture) -> Vec<Effect> {
    let pane = pane::of(turn.state.place.screen);
    let listing = turn.view.and_then(|view| pane.listing(&view.body, turn.state));
    let page = pane.page(turn.state);
    let Some(listing) = listing else { return pane.gesture(turn.state, turn.view, gesture) };
    let Some(to) = target_row(turn.state.here().list(), (gesture, page), listing.matched) else {
        return pane.gesture(turn.state, turn.view, gesture);
    };
    let list = turn.state.here_mut().list_mut();
    list.cursor = to;
    list.key = key_at(&listing, to);
    list.reveal(page);
    let covered = is_covered(list, &listing, page);
    let mut effects = pane.moved(turn.state, gesture);
    let asks = !covered || pane.asks_of_cursor(turn.state);
    if asks && !effects.contains(&Effect::Watch) {
        effects.push(Effect::Watch);
    }
    effects
}

/// Puts the cursor on a row.
pub fn go_to_row(turn: &mut Turn<'_>, row: usize) -> Vec<Effect> {
    let pane = pane::of(turn.state.place.screen);
    let page = pane.page(turn.state);
    let Some(listing) = turn.view.and_then(|view| pane.listing(&view.body, turn.state)) else { return Vec::new() };
    let list = turn.state.here_mut().list_mut();
    list.cursor = row;
    list.key = key_at(&listing, row);
    list.reveal(page);
    if is_covered(list, &listing, page) { Vec::new() } else { vec![Effect::Watch] }
}

/// Space: marks the row under the cursor, or takes its mark away, and goes on to the next.
pub fn mark(turn: &mut Turn<'_>) -> Vec<Effect> {
    if !pane::of(turn.state.place.screen).can_mark() {
        turn.state.complain(tr("rows of this screen can't be marked"));
        return Vec::new();
    }
    let (key, target) = match (turn.state.here().list().key.clone(), target(turn)) {
        (Some(key), Some(target)) => (key, target),
        _ => return Vec::new(),
    };
    let marks = &mut turn.state.here_mut().marks;
    match marks.iter().position(|mark| mark.key == key) {
        Some(at) => {
            marks.remove(at);
        }
        None if marks.len() < MAX_MARKS => marks.push(Mark { key, target }),
        None => turn.state.complain(trf!("no more than {} rows can be marked", MAX_MARKS)),
    }
    gesture(turn, Gesture::Down)
}

/// The row that a gesture moves to; `None` where it is not a move.
fn target_row(list: &ListState, (gesture, page): (Gesture, usize), matched: usize) -> Option<usize> {
    let last = matched.saturating_sub(1);
    let half = (page / 2).max(1);
    let at = list.cursor.min(last);
    Some(match gesture {
        Gesture::Up | Gesture::PreviousMatch => at.saturating_sub(1),
        Gesture::Down | Gesture::NextMatch => (at + 1).min(last),
        Gesture::First => 0,
        Gesture::Last => last,
        Gesture::HalfUp => at.saturating_sub(half),
        Gesture::HalfDown => (at + half).min(last),
        Gesture::PageUp => at.saturating_sub(page),
        Gesture::PageDown => (at + page).min(last),
        Gesture::Left | Gesture::Right | Gesture::Enter | Gesture::Focus => return None,
        Gesture::More
        | Gesture::Less
        | Gesture::Tree
        | Gesture::Layers
        | Gesture::ColourBy
        | Gesture::Port
        | Gesture::Uplink
        | Gesture::Fold => return None,
        Gesture::NextVlan | Gesture::PreviousVlan | Gesture::Roles | Gesture::Far | Gesture::Hops | Gesture::TreeSort => {
            return None;
        }
    })
}

fn key_at(listing: &Listing, row: usize) -> Option<String> {
    row.checked_sub(listing.offset).and_then(|at| listing.keys.get(at)).cloned()
}

/// Whether the rows at hand fill the page, with half a page to spare on each side where there is more.
fn is_covered(list: &ListState, listing: &Listing, page: usize) -> bool {
    let (first, last) = (listing.offset, listing.offset + listing.keys.len());
    let above = list.top.saturating_sub(page / 2);
    let below = (list.top + page + page / 2).min(listing.matched);
    first <= above && below <= last
}

/// Brings the lists up to date with a view that came: the cursor stays on its object.
pub fn follow(state: &mut UiState, view: &View) -> Vec<Effect> {
    let pane = pane::of(state.place.screen);
    let page = pane.page(state);
    let Some(listing) = pane.listing(&view.body, state) else { return Vec::new() };
    let list = state.here_mut().list_mut();
    let found = list.key.as_ref().and_then(|key| listing.keys.iter().position(|other| other == key));
    match found {
        // A reordered list moves under the cursor, not the cursor on the screen's edge.
        Some(at) => {
            let row = listing.offset + at;
            let shift = row as isize - list.cursor as isize;
            list.top = list.top.saturating_add_signed(shift);
            list.cursor = row;
        }
        None => {
            list.cursor = list.cursor.min(listing.matched.saturating_sub(1));
            list.key = key_at(&listing, list.cursor);
        }
    }
    list.top = list.top.min(listing.matched.saturating_sub(page));
    list.reveal(page);
    if listing.keys.is_empty() && listing.matched > 0 { vec![Effect::Watch] } else { Vec::new() }
}

/// Enter.
pub fn open(turn: &mut Turn<'_>) -> Vec<Effect> {
    let pane = pane::of(turn.state.place.screen);
    let place = turn.view.and_then(|view| pane.open(&view.body, turn.state));
    match place {
        Some(place) => navigate(turn.state, place),
        None => pane.gesture(turn.state, turn.view, Gesture::Enter),
    }
}

/// To the next or the previous column that can be sorted by, then to the screen's own order.
pub fn sort(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    let sorts = pane::of(turn.state.place.screen).sorts_of(turn.state);
    if sorts.is_empty() {
        return Vec::new();
    }
    let here = turn.state.here_mut();
    // Slot 0 is the screen's own order.
    let slots = sorts.len() + 1;
    let slot = here.sort.as_ref().and_then(|sort| sorts.iter().position(|column| *column == sort.column)).map_or(0, |at| at + 1);
    let slot = (slot + slots).saturating_add_signed(by) % slots;
    here.sort = slot
        .checked_sub(1)
        .and_then(|at| sorts.get(at))
        .map(|column| Sort { column: (*column).to_owned(), descending: is_figure(column) });
    vec![Effect::Watch]
}

/// By a column; by the same one again the other way round.
pub fn sort_by(turn: &mut Turn<'_>, column: &str) -> Vec<Effect> {
    let known = pane::of(turn.state.place.screen).sorts_of(turn.state).contains(&column);
    let here = turn.state.here_mut();
    match &mut here.sort {
        _ if !known => return Vec::new(),
        Some(sort) if sort.column == column => sort.descending = !sort.descending,
        sort => *sort = Some(Sort { column: column.to_owned(), descending: is_figure(column) }),
    }
    vec![Effect::Watch]
}

/// Figures are looked at largest first, names in their order.
fn is_figure(column: &str) -> bool {
    !matches!(
        column,
        "name"
            | "device"
            | "deviceName"
            | "kind"
            | "object"
            | "source"
            | "role"
            | "vendor"
            | "model"
            | "ip"
            | "addresses"
            | "text"
            | "rule"
            | "if"
            | "os"
            | "status"
            | "peer"
            | "alias"
            | "oper"
            | "stp"
            | "ap"
            | "site"
            | "band"
            | "ssid"
            | "user"
            | "mac"
            | "phy"
            | "snr"
            | "rssi"
    )
}

/// The other way round; the screen's own order has no other way.
pub fn reverse(turn: &mut Turn<'_>) -> Vec<Effect> {
    match &mut turn.state.here_mut().sort {
        Some(sort) => {
            sort.descending = !sort.descending;
            vec![Effect::Watch]
        }
        None => sort(turn, 1),
    }
}

/// Only faults, or everything.
pub fn faults(turn: &mut Turn<'_>) -> Vec<Effect> {
    let here = turn.state.here_mut();
    here.faults_only = !here.faults_only;
    vec![Effect::Watch]
}

/// Tab.
pub fn next_part(turn: &mut Turn<'_>) -> Vec<Effect> {
    part(turn, 1)
}

/// Shift-Tab.
pub fn previous_part(turn: &mut Turn<'_>) -> Vec<Effect> {
    part(turn, -1)
}

fn part(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    let pane = pane::of(turn.state.place.screen);
    let parts = pane.parts_of(turn.state).max(1);
    let before = pane.request(turn.state);
    let here = turn.state.here_mut();
    here.focus = (here.focus.min(parts - 1) + parts).saturating_add_signed(by) % parts;
    let followed = turn.view.map(|view| follow(turn.state, view)).unwrap_or_default();
    // Some parts show other rows altogether.
    let after = pane.request(turn.state);
    if after.wireless != before.wireless || after.device != before.device { vec![Effect::Watch] } else { followed }
}

/// Gives the keys to a part.
pub fn focus(turn: &mut Turn<'_>, part: usize) -> Vec<Effect> {
    if part >= pane::of(turn.state.place.screen).parts_of(turn.state).max(1) || turn.state.here().focus == part {
        return Vec::new();
    }
    turn.state.here_mut().focus = part;
    turn.view.map(|view| follow(turn.state, view)).unwrap_or_default()
}

/// Puts the cursor on a row.
pub fn select(turn: &mut Turn<'_>, row: usize) -> Vec<Effect> {
    let pane = pane::of(turn.state.place.screen);
    let Some(listing) = turn.view.and_then(|view| pane.listing(&view.body, turn.state)) else { return Vec::new() };
    let page = pane.page(turn.state);
    let list = turn.state.here_mut().list_mut();
    list.cursor = row.min(listing.matched.saturating_sub(1));
    list.key = key_at(&listing, list.cursor);
    list.reveal(page);
    if is_covered(list, &listing, page) { Vec::new() } else { vec![Effect::Watch] }
}

/// What the cursor is on.
pub fn target(turn: &Turn<'_>) -> Option<Target> {
    pane::of(turn.state.place.screen).target(&turn.view?.body, turn.state)
}

/// `y`
pub fn copy_cell(turn: &mut Turn<'_>) -> Vec<Effect> {
    let text = meant(turn, |target| target.cell);
    copy(turn.state, text)
}

/// `Y`
pub fn copy_row(turn: &mut Turn<'_>) -> Vec<Effect> {
    let text = meant(turn, |target| target.row);
    copy(turn.state, text)
}

/// Of the marked rows a line each, else of the one under the cursor.
fn meant(turn: &Turn<'_>, text: fn(Target) -> String) -> Option<String> {
    let marks = turn.state.here().marks;
    if marks.is_empty() {
        return target(turn).map(text);
    }
    let lines: Vec<String> = marks.into_iter().map(|mark| text(mark.target)).collect();
    Some(lines.join("\n"))
}

/// Text to the terminal's clipboard.
pub fn copy(state: &mut UiState, text: Option<String>) -> Vec<Effect> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) if text.len() <= MAX_COPY => {
            state.say(EN.copied);
            vec![Effect::Copy(text)]
        }
        Some(_) => {
            state.complain(EN.too_long);
            Vec::new()
        }
        None => {
            state.complain(EN.nothing_here);
            Vec::new()
        }
    }
}
