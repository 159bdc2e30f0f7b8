//! `o` and a letter: from what is under the cursor to its other screens.

use super::{flows, navigate, overlay};
use crate::model::Timestamp;
use crate::query::{Screen, Subject};
use crate::state::view::View;
use crate::trf;
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::pane::{self, Target};
use crate::ui::state::{Place, UiState};
use crate::ui::text::{self, EN};
use std::time::Duration;

/// What the related screens are about: what is under the cursor, else the place's own subject.
fn about(state: &UiState, view: Option<&View>) -> Option<Target> {
    let target = view.and_then(|view| pane::of(state.place.screen).target(&view.body, state));
    target.filter(|target| target.device.is_some() || target.flows.is_some()).or_else(|| of_place(state))
}

/// Whether a related screen has anything to show of it: what has not is not offered.
fn has(target: &Target, (state, screen): (&UiState, Screen)) -> bool {
    let here = state.place.screen == screen && state.place.subject.is_some();
    match screen {
        Screen::Flows => target.flows.is_some() || target.device.is_some(),
        Screen::Interface => target.device.is_some() && target.port.is_some() && !here,
        Screen::Device => target.device.is_some() && !here,
        _ => target.device.is_some(),
    }
}

/// Whether an entry of the menu is offered.
pub fn offers(state: &UiState, view: Option<&View>, action: &str) -> bool {
    if action == "related.moment" {
        return moment_of(state, view).is_some();
    }
    let screen = SCREENS.iter().find(|(name, _)| *name == action).map(|(_, screen)| *screen);
    screen.zip(about(state, view)).is_some_and(|(screen, target)| has(&target, (state, screen)))
}

/// Which entry of the menu leads to which screen.
const SCREENS: [(&str, Screen); 8] = [
    ("related.topology", Screen::Topology),
    ("related.device", Screen::Device),
    ("related.interfaces", Screen::Interfaces),
    ("related.flows", Screen::Flows),
    ("related.logs", Screen::Logs),
    ("related.alarms", Screen::Alarms),
    ("related.events", Screen::Events),
    ("related.history", Screen::Interface),
];

fn moment_of(state: &UiState, view: Option<&View>) -> Option<Timestamp> {
    pane::of(state.place.screen).moment(&view?.body, state)
}

/// The time when what is under the cursor happened is shown; the same screen stays.
pub fn moment(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.layers.pop();
    match moment_of(turn.state, turn.view) {
        Some(at) => super::global::go(turn, Some(at)),
        None => {
            turn.state.complain(EN.nothing_here);
            Vec::new()
        }
    }
}

/// Screens whose rows happened at a time: what is related to one is shown as it was then.
const HAPPENED: [Screen; 3] = [Screen::Alarms, Screen::Events, Screen::Logs];

/// What happened this lately is now: the related screen shows what is there.
const LATELY: Duration = Duration::from_secs(120);

/// To a screen of the object under the cursor, or of the place's own subject. From what happened in the past it is shown at that time,
/// with a quarter of the span after it; coming back brings the time back.
pub fn to(turn: &mut Turn<'_>, screen: Screen) -> Vec<Effect> {
    let happened = HAPPENED.contains(&turn.state.place.screen);
    let moment = if happened { moment_of(turn.state, turn.view) } else { None };
    let behind = turn.state.back.len();
    let mut effects = to_now(turn, screen);
    let shown = turn.state.shown_at();
    let gone = turn.state.back.len() != behind && !effects.is_empty();
    let Some(at) = moment.filter(|at| gone && shown.since(*at) > LATELY) else { return effects };
    let state = &mut *turn.state;
    let after = match screen {
        Screen::Interface | Screen::Flows | Screen::Logs => Duration::from_secs(u64::from(state.span_secs) / 4),
        Screen::Events | Screen::Alarms => LATELY,
        _ => Duration::ZERO,
    };
    let before = state.time.at;
    state.time.at = Some(at.plus(after)).filter(|at| *at < shown).or(before);
    state.returns.push((state.back.len(), before));
    let graphed = matches!(state.place.screen, Screen::Interface | Screen::Logs | Screen::Events);
    state.graph.cursor = graphed.then_some(at);
    match state.place.screen {
        Screen::Logs => (state.logs.seek, state.logs.stopped, state.logs.within) = (Some(at), true, None),
        Screen::Events => (state.events.seek, state.events.within) = (Some(at), None),
        _ => {}
    }
    if state.time.at != before {
        state.say(trf!("as at {}; p is now, Esc back", text::date_clock(at, &state.zone)));
    }
    if !effects.contains(&Effect::Watch) {
        effects.push(Effect::Watch);
    }
    effects
}

fn to_now(turn: &mut Turn<'_>, screen: Screen) -> Vec<Effect> {
    turn.state.layers.pop();
    let Some(target) = about(turn.state, turn.view).filter(|target| has(target, (turn.state, screen))) else {
        turn.state.complain(EN.nothing_here);
        return Vec::new();
    };
    if screen == Screen::Flows {
        return flows::open(turn.state, flow_filter(&target));
    }
    let Some((device, name)) = target.device else { return Vec::new() };
    // A row of flows is about one port: that is the interface that is meant.
    let of_flows = matches!(turn.state.place.screen, Screen::Flows | Screen::Capture);
    let screen = if of_flows && screen == Screen::Interfaces && target.port.is_some() { Screen::Interface } else { screen };
    let subject = match (screen, target.port) {
        (Screen::Interface, Some(port)) => {
            let title = format!("{name} {port}");
            return navigate(turn.state, Place { screen, subject: Some(Subject::Interface(device, port)), title });
        }
        (Screen::Device | Screen::Interface, _) => {
            return navigate(turn.state, Place { screen: Screen::Device, subject: Some(Subject::Device(device)), title: name });
        }
        (Screen::Topology, _) => {
            turn.state.map.selected = Some(device.as_str().to_owned());
            return navigate(turn.state, Place::screen(Screen::Topology));
        }
        (_, _) => format!("device={}", quoted(&name)),
    };
    overlay::filtered(turn.state, screen, subject)
}

fn of_place(state: &UiState) -> Option<Target> {
    let title = &state.place.title;
    match state.place.subject.as_ref()? {
        Subject::Device(device) => Some(Target { device: Some((device.clone(), title.clone())), ..Target::default() }),
        Subject::Interface(device, port) => {
            let name = title.strip_suffix(port.as_str()).unwrap_or(title).trim().to_owned();
            Some(Target { device: Some((device.clone(), name)), port: Some(port.clone()), ..Target::default() })
        }
    }
}

/// The filter that shows the flows of something.
fn flow_filter(target: &Target) -> String {
    match (&target.flows, &target.device, &target.port) {
        (Some(filter), ..) => filter.clone(),
        (None, Some((_, device)), Some(port)) => port_filter(device, port),
        (None, Some((_, device)), None) => format!("device={}", quoted(device)),
        (None, None, _) => String::new(),
    }
}

/// The filter that shows the flows of a port.
pub fn port_filter(device: &str, port: &str) -> String {
    format!("device={} if={}", quoted(device), quoted(port))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
