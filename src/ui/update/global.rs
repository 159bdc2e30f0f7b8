//! Actions that hold on every screen: going about, time, discovery, the end.

use super::{alarms, arrive, events, flows, logs, navigate, wireless};
use crate::engine::Command;
use crate::model::Timestamp;
use crate::query::Screen;
use crate::ui::action::Turn;
use crate::ui::effect::{Effect, Purpose};
use crate::ui::state::{Place, UiState};
use crate::ui::text::EN;

/// Spans of graphs that `t` steps through, with the step of `{` and `}` in each; seconds.
pub const SPANS: [(u32, u64); 7] =
    [(300, 60), (3_600, 300), (21_600, 1_800), (86_400, 3_600), (604_800, 21_600), (2_592_000, 86_400), (31_536_000, 604_800)];

/// `@`: where we are, as `:go` takes it.
pub fn copy_place(turn: &mut Turn<'_>) -> Vec<Effect> {
    let crumb = crate::ui::command::crumb(turn.state);
    super::lists::copy(turn.state, Some(crumb))
}

/// To a numbered screen.
pub fn screen(turn: &mut Turn<'_>, screen: Screen) -> Vec<Effect> {
    navigate(turn.state, Place::screen(screen))
}

/// To the keys and commands, about the screen where we are.
pub fn help(turn: &mut Turn<'_>) -> Vec<Effect> {
    if turn.state.place.screen == Screen::Help {
        return back(turn.state);
    }
    turn.state.help_about = turn.state.place.screen;
    navigate(turn.state, Place::screen(Screen::Help))
}

/// Esc: takes the time cursor away, clears the filter, then goes back.
pub fn escape(turn: &mut Turn<'_>) -> Vec<Effect> {
    if turn.state.graph.cursor.take().is_some() {
        return Vec::new();
    }
    if let Some(effects) = logs::widen(turn.state).or_else(|| events::widen(turn.state)).or_else(|| alarms::narrow(turn.state)) {
        return effects;
    }
    if let Some(effects) = flows::undrill(turn.state).or_else(|| wireless::undrill(turn.state)) {
        return effects;
    }
    let here = turn.state.here_mut();
    if !here.filter.is_empty() || here.faults_only {
        here.filter.clear();
        here.faults_only = false;
        *here.list_mut() = Default::default();
        return vec![Effect::Watch];
    }
    if is_top(turn.state) { Vec::new() } else { back(turn.state) }
}

/// `q`: back out of what was opened; on a numbered screen the end.
pub fn back_or_quit(turn: &mut Turn<'_>) -> Vec<Effect> {
    if is_top(turn.state) { vec![Effect::Quit] } else { back(turn.state) }
}

/// The end, from anywhere.
pub fn quit(_: &mut Turn<'_>) -> Vec<Effect> {
    vec![Effect::Quit]
}

fn is_top(state: &UiState) -> bool {
    state.back.is_empty() || (state.place.subject.is_none() && state.place.screen != Screen::Help)
}

/// To where we were before; nothing where there is no before.
pub fn back(state: &mut UiState) -> Vec<Effect> {
    let Some(place) = state.back.pop() else { return Vec::new() };
    let from = std::mem::replace(&mut state.place, place);
    state.forward.push(from);
    // Whoever went to another time with a screen comes back to his own with it.
    while let Some((_, before)) = state.returns.pop_if(|(behind, _)| *behind > state.back.len()) {
        state.time.at = before;
    }
    arrive(state)
}

/// `[`
pub fn history_back(turn: &mut Turn<'_>) -> Vec<Effect> {
    back(turn.state)
}

/// `]`
pub fn history_forward(turn: &mut Turn<'_>) -> Vec<Effect> {
    let Some(place) = turn.state.forward.pop() else { return Vec::new() };
    let from = std::mem::replace(&mut turn.state.place, place);
    turn.state.back.push(from);
    arrive(turn.state)
}

/// To the place before, and to here again the next time.
pub fn last_screen(turn: &mut Turn<'_>) -> Vec<Effect> {
    let Some(place) = turn.state.back.last().cloned() else { return Vec::new() };
    navigate(turn.state, place)
}

/// Stands still, or goes on; out of the past it goes back to now.
pub fn pause(turn: &mut Turn<'_>) -> Vec<Effect> {
    let time = &mut turn.state.time;
    if time.at.is_none() && time.paused.is_none() {
        time.paused = Some(time.now);
        return Vec::new();
    }
    (time.at, time.paused) = (None, None);
    vec![Effect::Watch]
}

/// A step in time; past now it is live again, and further back than is kept it stays at the oldest.
pub fn step(turn: &mut Turn<'_>, direction: i64) -> Vec<Effect> {
    let state = &mut *turn.state;
    if direction > 0 && state.time.at.is_none() {
        return Vec::new();
    }
    let step = i64::try_from(step_of(state.span_secs)).unwrap_or(i64::MAX);
    let from = state.shown_at().secs();
    // Steps fall on whole steps, so that two consoles that step back show the same moment.
    let to = if direction < 0 { (from - 1).div_euclid(step) * step } else { (from.div_euclid(step) + 1) * step };
    go(turn, Some(Timestamp::from_secs(to)))
}

/// Shows a time; `None` is now.
pub fn go(turn: &mut Turn<'_>, at: Option<Timestamp>) -> Vec<Effect> {
    let state = &mut *turn.state;
    state.time.paused = None;
    let oldest = turn.view.and_then(|view| view.chrome.history_from);
    state.time.at = at.filter(|at| *at < state.time.now);
    if let (Some(at), Some(oldest)) = (state.time.at, oldest)
        && at < oldest
    {
        state.time.at = Some(oldest);
        state.complain(EN.no_past);
    }
    vec![Effect::Watch]
}

fn step_of(span_secs: u32) -> u64 {
    SPANS.iter().find(|(span, _)| *span >= span_secs).map_or(3_600, |(_, step)| *step)
}

/// The next span of graphs.
pub fn span(turn: &mut Turn<'_>) -> Vec<Effect> {
    let now = turn.state.span_secs;
    let next = SPANS.iter().map(|(span, _)| *span).find(|span| *span > now);
    turn.state.span_secs = next.unwrap_or(SPANS[0].0);
    vec![Effect::Watch]
}

/// Reads a time as people write it: RFC 3339, `@UNIX`, `-15m`, or a time of day (`11:45`), the latest that is past.
pub fn read_time(text: &str, state: &UiState) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(at) = crate::query::time::parse(text, state.time.now) {
        return Some(at);
    }
    let time: jiff::civil::Time = text.parse().ok()?;
    let now = jiff::Timestamp::from_millisecond(state.time.now.0).ok()?.to_zoned(state.zone.clone());
    let today = now.date().to_datetime(time).to_zoned(state.zone.clone()).ok()?;
    let day = jiff::Span::new().days(1);
    let at = if today > now { today.checked_sub(day).ok()? } else { today };
    Some(Timestamp(at.timestamp().as_millisecond()))
}

/// Discovers targets; none are the configured ones.
pub fn discover(state: &mut UiState, targets: Vec<String>) -> Vec<Effect> {
    let mut effects = vec![Effect::Ask(Purpose::Acknowledge("discovery has begun"), Command::Discover(targets))];
    effects.extend(navigate(state, Place::screen(Screen::Discovery)));
    effects
}

/// `R`
pub fn discovery_run(turn: &mut Turn<'_>) -> Vec<Effect> {
    discover(turn.state, Vec::new())
}

/// `P`
pub fn discovery_pause(_: &mut Turn<'_>) -> Vec<Effect> {
    vec![Effect::Ask(Purpose::Acknowledge("discovery: paused, or going on"), Command::PauseDiscovery)]
}

/// `C`
pub fn discovery_cancel(_: &mut Turn<'_>) -> Vec<Effect> {
    vec![Effect::Ask(Purpose::Acknowledge("discovery was ended"), Command::CancelDiscovery)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Size;

    fn state() -> UiState {
        let mut state = UiState::new(Place::screen(Screen::Overview), Size::new(80, 24));
        state.time.now = Timestamp::parse_absolute("2026-11-22T12:00:05Z").unwrap();
        state
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let state = state();
        let read = |text: &str| read_time(text, &state).map(Timestamp::rfc3339);
        assert_eq!(read("11:45").as_deref(), Some("2026-11-22T11:45:00Z"));
        assert_eq!(read("12:30").as_deref(), Some("2026-11-21T12:30:00Z"), "the latest that is past");
        assert_eq!(read("-15m").as_deref(), Some("2026-11-22T11:45:05Z"));
        assert_eq!(read("2026-11-20T00:00:00Z").as_deref(), Some("2026-11-20T00:00:00Z"));
        assert_eq!(read("yesterday"), None);
        assert_eq!(read("-99999999999999999999d"), None);
    }

    #[test]
    fn stepping_falls_on_whole_steps_and_past_now_is_live() {
        let mut state = state();
        let shown = |state: &UiState| state.time.at.map(Timestamp::rfc3339);
        step(&mut Turn { state: &mut state, view: None }, -1);
        assert_eq!(shown(&state).as_deref(), Some("2026-11-22T12:00:00Z"));
        step(&mut Turn { state: &mut state, view: None }, -1);
        assert_eq!(shown(&state).as_deref(), Some("2026-11-22T11:55:00Z"));
        step(&mut Turn { state: &mut state, view: None }, 1);
        step(&mut Turn { state: &mut state, view: None }, 1);
        assert_eq!(shown(&state), None);
    }

    #[test]
    fn back_undoes_forward() {
        let mut state = state();
        navigate(&mut state, Place::screen(Screen::Devices));
        navigate(&mut state, Place::screen(Screen::Events));
        history_back(&mut Turn { state: &mut state, view: None });
        assert_eq!(state.place.screen, Screen::Devices);
        history_forward(&mut Turn { state: &mut state, view: None });
        assert_eq!(state.place.screen, Screen::Events);
        last_screen(&mut Turn { state: &mut state, view: None });
        assert_eq!(state.place.screen, Screen::Devices);
    }
}
