//! The event under the cursor in full, and what happened near to it.

use crate::state::view::{EventLine, NearView, ViewBody};
use crate::ui::lang::{sentence, tr, trf, trn};
use crate::ui::pane::{Scene, logs};
use crate::ui::state::Room;
use crate::ui::text::{self, EN};
use crate::ui::theme::Tone;
use crate::ui::widget::panel::Panel;
use crate::ui::widget::{notice, put_all};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Words in a style.
type Piece = (String, Style);

/// Alarms of then that are shown.
const MOST_ALARMS: usize = 4;

/// Draws it.
pub fn draw(scene: &Scene<'_>, area: Rect, (buf, line): (&mut Buffer, Option<&EventLine>)) {
    let title = line.map_or_else(|| tr("Event").to_owned(), |line| line.object.clone());
    let inner = Panel::new(&title).draw(scene, area, buf);
    let Some(line) = line else {
        return notice(buf, inner, &[EN.nothing_here], scene.theme.style(Tone::Dim));
    };
    let near = near(scene, line);
    let cells = usize::from(inner.width.saturating_sub(2));
    let side = scene.state.room() == Room::Wide;
    let rows = if side { full(scene, (line, near), cells) } else { brief(scene, (line, near)) };
    for (pieces, y) in rows.iter().zip(inner.y..inner.bottom()) {
        let pieces: Vec<(&str, Style)> = pieces.iter().map(|(words, style)| (words.as_str(), *style)).collect();
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(2), &pieces);
    }
    let used = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    if let Some(near) = near.filter(|near| side && !near.lines.is_empty() && inner.height > used + 1) {
        let rest = Rect { y: inner.y + used, height: inner.height - used, ..inner };
        let words = trf!("Log lines about it: {} (o l)", near.line_count);
        put_all(buf, Position::new(rest.x + 1, rest.y), rest.width, &[(&words, scene.theme.style(Tone::Title))]);
        logs::table::few(scene, Rect { y: rest.y + 1, height: rest.height - 1, ..rest }, (buf, &near.lines));
    }
}

/// What the engine told of the time of a line; it may still be about another one.
fn near<'a>(scene: &Scene<'a>, line: &EventLine) -> Option<&'a NearView> {
    match &scene.detail?.body {
        ViewBody::Near(near) if near.device == line.device && near.at == line.at => Some(near),
        _ => None,
    }
}

fn full(scene: &Scene<'_>, (line, near): (&EventLine, Option<&NearView>), cells: usize) -> Vec<Vec<Piece>> {
    let style = |tone| scene.theme.style(tone);
    let piece = |words: String, tone| (words, style(tone));
    let mut rows: Vec<Vec<Piece>> =
        text::lines(&sentence(&line.text), cells).into_iter().map(|words| vec![piece(words, Tone::Text)]).collect();
    let at = text::date_clock(line.at, &scene.state.zone);
    let age = text::age(Some(line.at), scene.state.shown_at());
    let mut head = vec![piece(at, Tone::Text), piece(format!("  {}", trf!("{} ago", age)), Tone::Dim)];
    if let Some(severity) = line.severity {
        head.push((format!("  {}", tr(severity.word())), scene.theme.severity(severity)));
    }
    rows.push(head);
    let kind = [(tr("kind"), &line.kind), (tr("source"), &line.source)];
    let kind = kind
        .into_iter()
        .flat_map(|(label, value)| [piece(format!("{label} "), Tone::Dim), piece(format!("{value}  "), Tone::Text)]);
    rows.push(kind.collect());
    if line.count > 1 {
        let first = text::clock(line.first, &scene.state.zone);
        let objects = trn!(line.objects, "1 object", "{} objects");
        let words = trf!("{} of the kind on {} since {}; Enter shows them", line.count, objects, first);
        rows.extend(text::lines(&words, cells).into_iter().map(|words| vec![piece(words, Tone::Accent)]));
    }
    if let Some(near) = near {
        rows.push(Vec::new());
        rows.push(vec![piece(trf!("Alarms of then: {} (o a)", near.alarms.len()), Tone::Title)]);
        for alarm in near.alarms.iter().take(MOST_ALARMS) {
            rows.push(vec![
                (format!("{} ", scene.glyphs.severity(alarm.severity)), scene.theme.severity(alarm.severity)),
                piece(format!("{} ", alarm.object), Tone::Text),
                piece(sentence(&alarm.text).into_owned(), Tone::Dim),
            ]);
        }
        rows.push(Vec::new());
    }
    rows
}

fn brief(scene: &Scene<'_>, (line, near): (&EventLine, Option<&NearView>)) -> Vec<Vec<Piece>> {
    let style = |tone| scene.theme.style(tone);
    let piece = |words: String, tone| (words, style(tone));
    let mut facts = vec![piece(text::date_clock(line.at, &scene.state.zone), Tone::Text)];
    if let Some(severity) = line.severity {
        facts.push((format!("  {}", tr(severity.word())), scene.theme.severity(severity)));
    }
    facts.push(piece(format!("  {}  {}", line.kind, line.source), Tone::Dim));
    let mut about = Vec::new();
    if let Some(alarm) = near.and_then(|near| near.alarms.first()) {
        about.push(piece(tr("alarm ").to_owned(), Tone::Dim));
        about.push((format!("{} ", scene.glyphs.severity(alarm.severity).trim()), scene.theme.severity(alarm.severity)));
        about.push(piece(format!("{} {}  ", alarm.object, sentence(&alarm.text)), Tone::Text));
    }
    if let Some(near) = near {
        about.push(piece(trn!(near.line_count, "1 log line about it (o l)", "{} log lines about it (o l)"), Tone::Dim));
    }
    let keys = vec![piece(tr("o then a l d i h f t: there, at that time").to_owned(), Tone::Key)];
    vec![vec![piece(sentence(&line.text).into_owned(), Tone::Text)], facts, about, keys]
}
