//! What actions do to the console's state, by subject. No I/O: what is to be done outside is returned as effects.
//!
//! Start at [`navigate`], the one way from place to place.

pub mod alarms;
pub mod device;
pub mod diff;
pub mod events;
pub mod flows;
pub mod global;
pub mod graph;
pub mod lists;
pub mod logs;
pub mod overlay;
pub mod related;
pub mod wireless;
pub mod work;

use super::effect::Effect;
use super::state::{Place, UiState};
use crate::engine::WatchId;

/// Places that are remembered; older ones are forgotten.
const MAX_HISTORY: usize = 64;

/// The last watch that a place may have; others stand above (see [`super::console`]).
pub const LAST_PLACE: u8 = 199;

/// Goes to a place and remembers where we were.
pub fn navigate(state: &mut UiState, place: Place) -> Vec<Effect> {
    if place == state.place {
        return Vec::new();
    }
    let from = std::mem::replace(&mut state.place, place);
    state.back.push(from);
    if state.back.len() > MAX_HISTORY {
        state.back.remove(0);
    }
    state.forward.clear();
    arrive(state)
}

/// What every arrival does: a new watch, and lists of one thing start at their top.
pub(super) fn arrive(state: &mut UiState) -> Vec<Effect> {
    state.watch = WatchId(if state.watch.0 >= LAST_PLACE { 1 } else { state.watch.0 + 1 });
    state.graph.cursor = None;
    (state.device.section, state.device.kept) = (None, Default::default());
    if state.place.subject.is_some() {
        let here = state.here_mut();
        here.lists = Default::default();
        here.focus = 0;
        here.filter.clear();
    }
    vec![Effect::Watch]
}
