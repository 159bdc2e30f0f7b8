//! `o` and a letter: from what is under the cursor to its other screens.

use super::{flows, lists, navigate};
use crate::query::{Screen, Subject};
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::pane::Target;
use crate::ui::state::{Place, UiState};
use crate::ui::text::EN;

/// To a screen of the object under the cursor, or of the place's own subject.
pub fn to(turn: &mut Turn<'_>, screen: Screen) -> Vec<Effect> {
    turn.state.layers.pop();
    let target =
        lists::target(turn).filter(|target| target.device.is_some() || target.flows.is_some()).or_else(|| of_place(turn.state));
    let Some(target) = target else {
        turn.state.complain(EN.nothing_here);
        return Vec::new();
    };
    if screen == Screen::Flows {
        return flows::open(turn.state, flow_filter(&target));
    }
    let Some((device, name)) = target.device else {
        turn.state.complain(EN.nothing_here);
        return Vec::new();
    };
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
        (_, _) => format!("device=\"{}\"", name.replace('"', "")),
    };
    let effects = navigate(turn.state, Place::screen(screen));
    let here = turn.state.here_mut();
    here.filter = subject;
    *here.list_mut() = Default::default();
    effects
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
