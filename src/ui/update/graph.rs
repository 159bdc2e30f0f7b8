//! Actions on graphs: their span, last week's curve, and the cursor in time.

use super::global;
use crate::model::Timestamp;
use crate::state::view::{View, ViewBody};
use crate::ui::action::Turn;
use crate::ui::effect::Effect;
use crate::ui::state::UiState;
use crate::ui::widget::graph::AXIS;
use std::time::Duration;

/// Cells by which `H` and `L` move the cursor.
const FAR: i32 = 10;
/// Cells of a graph's borders.
const BORDERS: u16 = 2;

/// `w`: last week's curve, or not.
pub fn week(turn: &mut Turn<'_>) -> Vec<Effect> {
    turn.state.graph.week = !turn.state.graph.week;
    vec![Effect::Watch]
}

/// `+` and `-`: the next shorter or longer span; the ends are ends.
pub fn zoom(turn: &mut Turn<'_>, by: isize) -> Vec<Effect> {
    let spans = global::SPANS.map(|(span, _)| span);
    let now = spans.iter().position(|span| *span >= turn.state.span_secs).unwrap_or(spans.len() - 1);
    let Some(span) = now.checked_add_signed(by).and_then(|at| spans.get(at)) else { return Vec::new() };
    turn.state.span_secs = *span;
    vec![Effect::Watch]
}

/// `H` and `L`
pub fn far(turn: &mut Turn<'_>, by: i32) -> Vec<Effect> {
    move_cursor(turn.state, turn.view, by * FAR);
    Vec::new()
}

/// Moves the cursor by cells within the graph of a port; the first move brings it up at the right edge.
pub fn move_cursor(state: &mut UiState, view: Option<&View>, cells: i32) {
    let Some(ViewBody::Interface(view)) = view.map(|view| &view.body) else { return };
    let width = u32::from(state.size.width.saturating_sub(AXIS + BORDERS).max(1));
    let cell = i64::try_from((view.to.since(view.from) / width).as_millis()).unwrap_or(i64::MAX).max(1);
    // The middle of a cell: rounding never shows the neighbour.
    let last = Timestamp(view.to.millis() - cell / 2);
    let first = Timestamp(view.from.millis() + cell / 2);
    state.graph.cursor = Some(match state.graph.cursor {
        None => last,
        Some(at) => Timestamp(at.millis().saturating_add(cell.saturating_mul(i64::from(cells)))).clamp(first, last.max(first)),
    });
}

/// Enter on the cursor: that time is shown. `None` where there is no cursor.
pub fn rewind(state: &mut UiState, view: Option<&View>) -> Option<Vec<Effect>> {
    let at = state.graph.cursor.take()?;
    // Whole seconds, as `=` takes them.
    let at = at.plus(Duration::from_millis(999)).secs();
    Some(global::go(&mut Turn { state, view }, Some(Timestamp::from_secs(at))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TimeRange;
    use crate::query::Screen;
    use crate::state::view::{Chrome, InterfaceView};
    use crate::ui::state::Place;
    use ratatui::layout::Size;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_000_000 + secs)
    }

    fn view() -> View {
        let body = InterfaceView::empty(TimeRange { from: at(0), to: at(1000) });
        View { chrome: Chrome::default(), body: ViewBody::Interface(Box::new(body)) }
    }

    #[test]
    fn the_cursor_stays_in_the_graph_and_enter_goes_to_its_time() {
        // A hundred cells of ten seconds.
        let mut state = UiState::new(Place::screen(Screen::Interface), Size::new(108, 30));
        state.time.now = at(1000);
        let view = view();
        let mut moved = |cells| {
            move_cursor(&mut state, Some(&view), cells);
            state.graph.cursor
        };
        assert_eq!([moved(-1), moved(-10), moved(50), moved(-500)], [at(995), at(895), at(995), at(5)].map(Some));
        assert_eq!(rewind(&mut state, Some(&view)), Some(vec![Effect::Watch]));
        assert_eq!((state.time.at, state.graph.cursor), (Some(at(5)), None));
        assert_eq!(rewind(&mut state, Some(&view)), None);
    }

    #[test]
    fn zooming_ends_at_the_ends() {
        let mut state = UiState::new(Place::screen(Screen::Interface), Size::new(80, 24));
        let mut zoomed = |by| {
            zoom(&mut Turn { state: &mut state, view: None }, by);
            state.span_secs
        };
        assert_eq!([zoomed(-1), zoomed(-1), zoomed(1), zoomed(1)], [300, 300, 3_600, 21_600]);
        for _ in 0..9 {
            zoomed(1);
        }
        assert_eq!(zoomed(1), 31_536_000);
    }
}
