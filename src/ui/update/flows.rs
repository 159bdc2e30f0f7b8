//! Actions on flows: by what they are summed up, going behind a row and back, coming from elsewhere.

use super::navigate;
use crate::model::flow::TopKey;
use crate::query::Screen;
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::layer::Layer;
use crate::ui::pane::flows::words::{self, GROUPS};
use crate::ui::state::{Place, UiState};

/// Drills that are remembered; older ones are forgotten.
const MAX_TRAIL: usize = 32;

/// `b`: the list of keys, on the next one.
pub fn groups(turn: &mut Turn<'_>) -> Vec<Effect> {
    let now = words::group_of(&turn.state.flows.by);
    turn.state.layers.push(Layer::Groups((now + 1) % GROUPS.len()));
    Vec::new()
}

/// Up and down in it.
pub fn group_step(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    if let Some(Layer::Groups(at)) = turn.state.layers.last_mut() {
        *at = (*at + GROUPS.len()).saturating_add_signed(by) % GROUPS.len();
    }
    Vec::new()
}

/// Sums up by the key under the cursor.
pub fn group_choose(turn: &mut Turn<'_>) -> Vec<Effect> {
    let Some(Layer::Groups(at)) = turn.state.layers.pop() else { return Vec::new() };
    GROUPS.get(at).map(|(_, keys)| sum_up(turn.state, keys)).unwrap_or_default()
}

/// `:by`
pub fn by(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    match words::by_of(text) {
        Ok(keys) => {
            let mut effects = Vec::new();
            if !matches!(turn.state.place.screen, Screen::Flows | Screen::Capture) {
                effects = navigate(turn.state, Place::screen(Screen::Flows));
            }
            effects.extend(sum_up(turn.state, &keys));
            effects
        }
        Err(why) => {
            turn.state.complain(why);
            Vec::new()
        }
    }
}

fn sum_up(state: &mut UiState, keys: &[TopKey]) -> Vec<Effect> {
    state.flows.by = keys.to_vec();
    let here = state.here_mut();
    here.sort = None;
    here.focus = 0;
    *here.list_mut() = Default::default();
    vec![Effect::Watch]
}

/// Behind a row: what was shown before is remembered for Esc.
pub fn drill(state: &mut UiState, (filter, by): (String, &[TopKey])) -> Vec<Effect> {
    let before = (state.here().filter, state.flows.by.clone());
    state.flows.trail.push(before);
    if state.flows.trail.len() > MAX_TRAIL {
        state.flows.trail.remove(0);
    }
    state.here_mut().filter = filter;
    sum_up(state, by)
}

/// Esc: what was shown before the last drill; `None` where nothing was drilled, or this is no screen of flows.
pub fn undrill(state: &mut UiState) -> Option<Vec<Effect>> {
    if !matches!(state.place.screen, Screen::Flows | Screen::Capture) {
        return None;
    }
    let (filter, by) = state.flows.trail.pop()?;
    state.here_mut().filter = filter;
    Some(sum_up(state, &by))
}

/// To the flows that a filter lets through, from wherever we are.
pub fn open(state: &mut UiState, filter: String) -> Vec<Effect> {
    if state.place.screen == Screen::Flows {
        return drill(state, (filter, &[TopKey::Src, TopKey::Dst]));
    }
    let effects = navigate(state, Place::screen(Screen::Flows));
    state.flows = Default::default();
    let here = state.here_mut();
    here.filter = filter;
    here.sort = None;
    here.focus = 0;
    *here.list_mut() = Default::default();
    effects
}

/// `:flows FILTER`
pub fn command(turn: &mut Turn<'_>, text: &str) -> Vec<Effect> {
    if turn.state.place.screen == Screen::Flows {
        turn.state.flows.trail.clear();
        turn.state.here_mut().filter = text.to_owned();
        let by = turn.state.flows.by.clone();
        return sum_up(turn.state, &by);
    }
    if text.is_empty() {
        return navigate(turn.state, Place::screen(Screen::Flows));
    }
    open(turn.state, text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Size;

    #[test]
    fn esc_undoes_each_drill() {
        let mut state = UiState::new(Place::screen(Screen::Flows), Size::new(80, 24));
        drill(&mut state, ("src=10.0.0.1".to_owned(), &[TopKey::Dst]));
        drill(&mut state, ("src=10.0.0.1 dst=10.0.0.2".to_owned(), &[TopKey::App]));
        let shown = |state: &UiState| (state.here().filter, state.flows.by.clone());
        assert_eq!(shown(&state), ("src=10.0.0.1 dst=10.0.0.2".to_owned(), vec![TopKey::App]));
        assert_eq!(undrill(&mut state), Some(vec![Effect::Watch]));
        assert_eq!(shown(&state), ("src=10.0.0.1".to_owned(), vec![TopKey::Dst]));
        undrill(&mut state);
        assert_eq!((shown(&state), undrill(&mut state)), ((String::new(), Vec::new()), None));
    }

    #[test]
    fn coming_from_elsewhere_begins_anew() {
        let mut state = UiState::new(Place::screen(Screen::Flows), Size::new(80, 24));
        drill(&mut state, ("vlan=1".to_owned(), &[TopKey::Dst]));
        state.place = Place::screen(Screen::Devices);
        open(&mut state, "device=\"core-1\"".to_owned());
        assert_eq!((state.place.screen, state.here().filter.as_str()), (Screen::Flows, "device=\"core-1\""));
        assert_eq!(state.flows, Default::default());
    }
}
