//! The wallboard (`--wallboard`): boards in turn on a screen at the wall, read from three metres, that nobody touches.
//!
//! It asks for what the Overview asks for and sends nothing but that; a key shows which keys there are. Each board stands for
//! [`SECONDS`], so that a slow line carries it. Start at [`draw`]; `figure` makes large letters, `boards` fills the boards.

mod boards;
mod figure;

use super::action::{ACTIONS, Turn};
use super::effect::Effect;
use super::lang::tr;
use super::pane::{Context, Scene};
use super::state::UiState;
use super::text::{self, EN, fit};
use super::theme::Tone;
use super::widget::{notice, put, put_all};
use crate::query::{Screen, ViewRequest};
use crate::state::view::{OverviewView, ViewBody};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Seconds that a board stands.
pub const SECONDS: u8 = 15;
/// Seconds for which keys are shown after one was pressed.
const HINT_SECONDS: u8 = 6;
/// Seconds after which an answer is told to be old: three polls of the default interval.
const STALE_SECS: u64 = 90;

/// Alarms that are asked for.
const ROWS: usize = 30;

/// Which board is shown, and for how long still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallboard {
    board: usize,
    left: u8,
    held: bool,
    hints: u8,
}

impl Default for Wallboard {
    fn default() -> Self {
        Self { board: 0, left: SECONDS, held: false, hints: 0 }
    }
}

/// What it asks of the engine, wherever the console was before.
pub fn request() -> ViewRequest {
    ViewRequest::new(Screen::Overview, ROWS)
}

/// To another board.
pub fn step(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    let count = match turn.view.map(|view| &view.body) {
        Some(ViewBody::Overview(view)) => boards::of(view).len(),
        _ => 1,
    };
    if let Some(board) = &mut turn.state.wallboard {
        board.board = (board.board % count + count).saturating_add_signed(by) % count;
        board.left = SECONDS;
    }
    Vec::new()
}

/// Stays on this board, or goes on.
pub fn hold(turn: &mut Turn<'_>) -> Vec<Effect> {
    if let Some(board) = &mut turn.state.wallboard {
        board.held = !board.held;
        board.left = SECONDS;
    }
    show_hints(turn.state);
    Vec::new()
}

/// A key without a meaning here shows those that have one.
pub fn show_hints(state: &mut UiState) {
    if let Some(board) = &mut state.wallboard {
        board.hints = HINT_SECONDS;
    }
}

/// `seconds` passed. Returns whether there is something else to be drawn.
pub fn beat(state: &mut UiState, seconds: u8) -> bool {
    let Some(board) = &mut state.wallboard else { return false };
    let hinted = board.hints > 0;
    board.hints = board.hints.saturating_sub(seconds);
    if board.held {
        return hinted && board.hints == 0;
    }
    board.left = board.left.saturating_sub(seconds);
    if board.left == 0 {
        board.board = board.board.wrapping_add(1);
        board.left = SECONDS;
    }
    board.left == SECONDS || (hinted && board.hints == 0)
}

/// Draws it.
pub fn draw(scene: &Scene<'_>, (state, area): (&Wallboard, Rect), buf: &mut Buffer) {
    let Some(ViewBody::Overview(view)) = scene.body() else {
        first_line(scene, Rect { height: 1, ..area }, (buf, &[]));
        notice(buf, area, &[EN.waiting], scene.theme.style(Tone::Dim));
        return;
    };
    let all = boards::of(view);
    let at = state.board % all.len().max(1);
    let names: Vec<(&str, bool)> = all.iter().enumerate().map(|(number, board)| (board.name(), number == at)).collect();
    first_line(scene, Rect { height: 1.min(area.height), ..area }, (buf, &names));
    let mut body = Rect::new(area.x, area.y + 1, area.width, area.height.saturating_sub(1));
    if state.hints > 0 && body.height > 1 {
        body.height -= 1;
        hints(scene, Rect { y: body.bottom(), height: 1, ..area }, (buf, state));
    }
    if let Some(words) = trouble(scene) {
        body = banner(scene, body, (buf, &words));
    }
    if known(view) == 0 {
        notice(buf, body, &EN.first_run, scene.theme.style(Tone::Dim));
    } else if let Some(board) = all.get(at) {
        board.draw(scene, body, (buf, view));
    }
}

const fn known(view: &OverviewView) -> usize {
    view.devices_up + view.devices_down + view.devices_unreachable + view.devices_unknown + view.devices_maintenance
}

/// Whether what is shown can't be trusted, and why.
fn trouble(scene: &Scene<'_>) -> Option<String> {
    if let Some(why) = &scene.state.lost {
        return Some(format!("{}: {why}", tr("OFFLINE")));
    }
    let view = scene.view?;
    let age = scene.state.time.now.since(view.chrome.at).as_secs();
    (!view.chrome.past && age > STALE_SECS).then(|| format!("{} {}", tr("STALE"), crate::model::unit::age(age)))
}

/// What can't be overlooked: large where it fits, in reverse video always. Returns what is left.
fn banner(scene: &Scene<'_>, area: Rect, (buf, words): (&mut Buffer, &str)) -> Rect {
    let style = scene.theme.style(Tone::Past);
    let rows = figure::rows(1, scene.glyphs.set);
    let short = words.split(':').next().unwrap_or(words);
    if area.height > 3 * rows && figure::width(short, 1) <= area.width {
        let band = Rect { height: rows + 2, ..area };
        buf.set_style(band, style);
        let place = Rect::new(area.x + 2, area.y + 1, area.width.saturating_sub(2), rows);
        figure::draw(scene, (short, place), (buf, style, 1));
        let y = band.bottom() - 1;
        put(buf, Position::new(area.x + 2, y), area.width.saturating_sub(3), (words, style));
        return Rect { y: band.bottom(), height: area.height - band.height, ..area };
    }
    let line = Rect { height: 1.min(area.height), ..area };
    buf.set_style(line, style);
    put(buf, Position::new(area.x + 1, area.y), area.width.saturating_sub(1), (words, style));
    Rect { y: area.y + line.height, height: area.height - line.height, ..area }
}

/// The site, the boards with the current one marked, counts of alarms, the time.
fn first_line(scene: &Scene<'_>, line: Rect, (buf, boards): (&mut Buffer, &[(&str, bool)])) {
    let theme = scene.theme;
    let (dim, strong) = (theme.style(Tone::Dim), theme.style(Tone::Strong));
    let site = scene.view.map(|view| view.chrome.site.as_str()).unwrap_or_default();
    let clock = match scene.state.time.now.0 {
        0 => "--:--".to_owned(),
        _ => text::format_time(scene.state.time.now, &scene.state.zone, "%H:%M"),
    };
    let bell = if scene.state.notices.level == super::notice::Level::Off { "" } else { scene.glyphs.bell };
    let right = format!("{bell} {clock} ");
    let cells = u16::try_from(text::width(&right)).unwrap_or(0).min(line.width);
    let left = line.width - cells;
    let site = fit(site, usize::from(left / 3), scene.glyphs.ellipsis);
    let mut pieces: Vec<(String, Style)> =
        vec![(" noctop ".to_owned(), theme.style(Tone::Accent)), (format!("{site}  "), strong)];
    for (name, here) in boards {
        let style = if *here { theme.style(Tone::Tab) } else { dim };
        pieces.push((format!(" {name} "), style));
    }
    let pieces: Vec<(&str, Style)> = pieces.iter().map(|(words, style)| (words.as_str(), *style)).collect();
    put_all(buf, Position::new(line.x, line.y), left, &pieces);
    put(buf, Position::new(line.x + left, line.y), cells, (&right, strong));
}

/// The keys that mean something here.
fn hints(scene: &Scene<'_>, line: Rect, (buf, state): (&mut Buffer, &Wallboard)) {
    let (key_style, dim) = (scene.theme.style(Tone::Key), scene.theme.style(Tone::Dim));
    let mut x = line.x + 1;
    for action in ACTIONS.iter().filter(|action| action.context == Context::Wallboard && !action.hint.is_empty()) {
        let Some(key) = scene.state.keymap.first_key(action.name) else { continue };
        let words = format!(" {}  ", tr(action.hint));
        let room = line.right().saturating_sub(x);
        x += put_all(buf, Position::new(x, line.y), room, &[(&key.to_string(), key_style), (&words, dim)]);
    }
    if state.held {
        put(buf, Position::new(x, line.y), line.right().saturating_sub(x), (tr("held"), scene.theme.style(Tone::Paused)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::state::Place;
    use ratatui::layout::Size;

    fn state() -> UiState {
        let mut state = UiState::new(Place::screen(Screen::Overview), Size::new(80, 24));
        state.wallboard = Some(Wallboard::default());
        state
    }

    #[test]
    fn a_board_stands_fifteen_seconds_and_longer_when_held() {
        let mut state = state();
        let board = |state: &UiState| state.wallboard.as_ref().map(|board| board.board);
        for _ in 0..14 {
            assert!(!beat(&mut state, 1));
        }
        assert!(beat(&mut state, 1), "the next one is drawn");
        assert_eq!(board(&state), Some(1));
        hold(&mut Turn { state: &mut state, view: None });
        for _ in 0..100 {
            beat(&mut state, 1);
        }
        assert_eq!(board(&state), Some(1));
    }

    #[test]
    fn hints_are_shown_for_a_while() {
        let mut state = state();
        show_hints(&mut state);
        assert_eq!((1..=6).map(|_| beat(&mut state, 1)).collect::<Vec<_>>(), [false, false, false, false, false, true]);
    }
}
