//! Actions on the Wireless screen: which band, from an access point to its clients and back.

use crate::model::WifiBand;
use crate::query::Screen;
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::pane::wireless::{CLIENTS, RADIOS, of_ap};
use crate::ui::state::{UiState, WirelessState};
use crate::ui::update::overlay;

/// Drills that are remembered; older ones are forgotten.
const MAX_TRAIL: usize = 16;

/// `b`: the next band, then all.
pub fn band(turn: &mut Turn<'_>) -> Vec<Effect> {
    let state = &mut *turn.state;
    // At 60 GHz are links, not networks that people are on.
    let all = [WifiBand::Ghz2, WifiBand::Ghz5, WifiBand::Ghz6];
    state.wireless.band = match state.wireless.band {
        None => all.first().copied(),
        Some(band) => all.iter().skip_while(|known| **known != band).nth(1).copied(),
    };
    *state.here_mut().list_mut() = Default::default();
    vec![Effect::Watch]
}

/// To another part of the screen, with a filter; what was shown before is remembered for Esc.
pub fn drill(state: &mut UiState, (filter, part): (String, usize)) -> Vec<Effect> {
    let here = state.here();
    state.wireless.trail.push((here.filter, here.focus));
    if state.wireless.trail.len() > MAX_TRAIL {
        state.wireless.trail.remove(0);
    }
    let here = state.here_mut();
    (here.filter, here.focus) = (filter, part);
    *here.list_mut() = Default::default();
    vec![Effect::Watch]
}

/// To an access point, from wherever we are.
pub fn access_point(state: &mut UiState, name: &str) -> Vec<Effect> {
    open(state, (of_ap(name), RADIOS))
}

/// To the clients of an access point, from wherever we are.
pub fn clients(state: &mut UiState, ap: &str) -> Vec<Effect> {
    open(state, (of_ap(ap), CLIENTS))
}

fn open(state: &mut UiState, (filter, part): (String, usize)) -> Vec<Effect> {
    state.wireless = WirelessState::default();
    let effects = overlay::filtered(state, Screen::Wireless, filter);
    let here = state.here_mut();
    (here.focus, here.faults_only) = (part, false);
    *here.list_mut() = Default::default();
    effects
}

/// Esc: what was shown before the last drill; `None` where nothing was drilled, or this is another screen.
pub fn undrill(state: &mut UiState) -> Option<Vec<Effect>> {
    if state.place.screen != Screen::Wireless {
        return None;
    }
    let (filter, part) = state.wireless.trail.pop()?;
    let here = state.here_mut();
    // The cursor is where it was: lists of other parts are kept.
    (here.filter, here.focus) = (filter, part);
    Some(vec![Effect::Watch])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::Place;
    use ratatui::layout::Size;

    #[test]
    fn bands_go_round_and_esc_undoes_a_drill() {
        let mut state = UiState::new(Place::screen(Screen::Wireless), Size::new(80, 24));
        let mut bands = Vec::new();
        for _ in 0..4 {
            band(&mut Turn { state: &mut state, view: None });
            bands.push(state.wireless.band);
        }
        assert_eq!(bands, [Some(WifiBand::Ghz2), Some(WifiBand::Ghz5), Some(WifiBand::Ghz6), None]);
        state.here_mut().filter = "site=b3".to_owned();
        drill(&mut state, ("ap=\"x\"".to_owned(), 1));
        assert_eq!((state.here().filter.as_str(), state.here().focus), ("ap=\"x\"", 1));
        assert_eq!(undrill(&mut state), Some(vec![Effect::Watch]));
        assert_eq!((state.here().filter.as_str(), state.here().focus), ("site=b3", 0));
        assert_eq!(undrill(&mut state), None);
    }
}
