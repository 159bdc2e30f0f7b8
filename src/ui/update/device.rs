//! Actions of the Device screen: from section to section, what the faceplate shows.

use crate::query::Screen;
use crate::state::view::ViewBody;
use crate::state::view::screens::DeviceView;
use crate::trf;
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::lang::tr;
use crate::ui::pane::device::{FACES, section};
use crate::ui::state::{ScreenState, UiState};

fn view_of<'v>(turn: &Turn<'v>) -> Option<&'v DeviceView> {
    match &turn.view?.body {
        ViewBody::Device(view) => Some(view),
        _ => None,
    }
}

/// To the next section that is offered, or the one before.
pub fn step(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    let Some(view) = view_of(turn) else { return Vec::new() };
    let all: Vec<&'static str> = section::offered(view).map(section::Section::name).collect();
    let here = section::shown(turn.state, view).name();
    let at = all.iter().position(|name| *name == here).unwrap_or(0);
    let to = (at + all.len()).saturating_add_signed(by).checked_rem(all.len()).and_then(|at| all.get(at));
    let Some(to) = to else { return Vec::new() };
    remember(turn, to);
    self::to(turn.state, to)
}

/// To a section by its name, as the mouse and `:section` say it.
pub fn named(turn: &mut Turn<'_>, name: &str) -> Vec<Effect> {
    let offered: Vec<&'static str> =
        view_of(turn).map(|view| section::offered(view).map(|s| s.name()).collect()).unwrap_or_default();
    if turn.state.place.screen != Screen::Device {
        turn.state.complain(tr("only a device has sections"));
        return Vec::new();
    }
    let Some(to) = offered.iter().find(|known| **known == name) else {
        turn.state.complain(trf!("no section `{}`; there are: {}", name, offered.join(" ")));
        return Vec::new();
    };
    remember(turn, to);
    self::to(turn.state, to)
}

/// Devices of this kind open with it from now on.
fn remember(turn: &mut Turn<'_>, name: &'static str) {
    if let Some(row) = view_of(turn).and_then(|view| view.device.as_ref()) {
        turn.state.device.by_role.insert(row.role, name);
    }
}

/// Shows a section: its lists are as they were left.
pub fn to(state: &mut UiState, name: &'static str) -> Vec<Effect> {
    let before = state.device.section.replace(name);
    if before == Some(name) {
        return Vec::new();
    }
    let kept = state.device.kept.remove(name).unwrap_or_default();
    let here = state.here_mut();
    let fresh = ScreenState { hidden: here.hidden.clone(), ..kept };
    let left = std::mem::replace(here, fresh);
    if let Some(before) = before {
        state.device.kept.insert(before, left);
    }
    vec![Effect::Watch]
}

/// What the ports show next.
pub fn face(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.device.face = (turn.state.device.face + 1) % FACES;
    Vec::new()
}
