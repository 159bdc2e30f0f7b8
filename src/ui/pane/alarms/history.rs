//! How often an alarm stood in the last thirty days, a cell a day.

use super::detail::{Paper, Row};
use crate::model::{Timestamp, unit};
use crate::state::view::AlarmRow;
use crate::ui::lang::{tr, trf};
use crate::ui::text;
use crate::ui::theme::Tone;
use crate::ui::widget::spark;

/// Days of the strip.
const DAYS: usize = 30;
const DAY_SECS: u64 = 86_400;
/// Cells of a strip at least: fewer show nothing.
const LEAST_CELLS: usize = 10;

/// The times for which it stood, the present one last.
fn stood(alarm: &AlarmRow, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let before = alarm.episodes.iter().filter(|episode| episode.raised_at < alarm.raised_at);
    let before = before.map(|episode| (episode.raised_at, episode.cleared_at));
    before.chain([(alarm.raised_at, alarm.cleared_at.unwrap_or(now))]).collect()
}

/// Times at which it was raised on each of the last days.
fn days(alarm: &AlarmRow, now: Timestamp) -> [f32; DAYS] {
    let mut days = [0.0f32; DAYS];
    for (raised, _) in stood(alarm, now) {
        let ago = usize::try_from(now.since(raised).as_secs() / DAY_SECS).unwrap_or(DAYS);
        if let Some(day) = DAYS.checked_sub(ago + 1).and_then(|at| days.get_mut(at)) {
            *day += 1.0;
        }
    }
    days
}

/// The strip with how often and for how long each time.
pub fn row(paper: &Paper<'_>, alarm: &AlarmRow) -> Row {
    let scene = paper.scene;
    let now = scene.state.shown_at();
    let all = stood(alarm, now);
    let dim = scene.theme.style(Tone::Dim);
    let head = format!("{} ", tr("30 d"));
    if all.len() < 2 {
        return vec![(head, dim), (tr("never before, as far as is kept").to_owned(), dim)];
    }
    let seconds: u64 = all.iter().map(|(raised, cleared)| cleared.since(*raised).as_secs()).sum();
    let each = unit::age(seconds / u64::try_from(all.len()).unwrap_or(1));
    let said = trf!("{} times, {} each", all.len(), each);
    let room = paper.cells.saturating_sub(text::width(&head) + text::width(&said) + 2);
    let cells = room.min(DAYS);
    if cells < LEAST_CELLS {
        return vec![(head, dim), (said, dim)];
    }
    let values: Vec<Option<f32>> = days(alarm, now).iter().map(|count| Some(*count).filter(|count| *count > 0.0)).collect();
    let cells = u16::try_from(cells).unwrap_or(u16::MAX);
    // Blanks are days without: a rule of dots shows the days.
    let strip: String = spark::row(&values, cells, spark::top(&values), scene.glyphs)
        .chars()
        .map(|c| if c == ' ' || c == '\u{2800}' { '.' } else { c })
        .collect();
    vec![(head, dim), (strip, scene.theme.severity(alarm.severity)), (format!("  {said}"), dim)]
}
