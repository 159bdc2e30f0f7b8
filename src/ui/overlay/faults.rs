//! What does not work, in full: a sentence each, and the command that mends it on lines of its own.

use crate::ui::lang::{sentence, tr};
use crate::ui::lines;
use crate::ui::pane::Scene;
use crate::ui::theme::Tone;
use crate::ui::widget::panel::{Focus, Panel};
use crate::ui::widget::put_all;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Clear, Widget};

/// What stands between a sentence and its command.
const COMMAND: &str = "; sudo ";

/// Columns of the list at most: wider lines are hard to read.
const COLUMNS: u16 = 100;

/// A line: what stands before it, the words, their tone.
type Line = (&'static str, String, Tone);

/// Draws it over the screen, scrolled by so many lines.
pub fn draw(scene: &Scene<'_>, area: Rect, (buf, from): (&mut Buffer, usize)) {
    let width = area.width.min(COLUMNS);
    let lines = all(scene, usize::from(width.saturating_sub(6)));
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let place = Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height);
    Clear.render(place, buf);
    let inner = Panel::new(tr("What does not work")).focus(Focus::Here).draw(scene, place, buf);
    // The last lines stay in sight, however often it is scrolled.
    let from = from.min(lines.len().saturating_sub(usize::from(inner.height)));
    for ((mark, words, tone), y) in lines.iter().skip(from).zip(inner.y..inner.bottom()) {
        let style = scene.theme.style(*tone);
        put_all(buf, Position::new(inner.x + 1, y), inner.width.saturating_sub(1), &[(*mark, style), (words.as_str(), style)]);
    }
}

fn all(scene: &Scene<'_>, columns: usize) -> Vec<Line> {
    let notices = scene.view.map(|view| view.chrome.notices.as_slice()).unwrap_or_default();
    // Where there is no engine the rest is as it was when there was one.
    let mut all: Vec<Line> = scene.state.lost.iter().chain(notices).flat_map(|notice| one(notice, columns)).collect();
    if all.is_empty() {
        all.extend(
            lines::sentence(tr("everything that is configured works"), columns).into_iter().map(|line| ("  ", line, Tone::Ok)),
        );
    }
    all.push(("", String::new(), Tone::Dim));
    let doctor = tr("what on this host is in the way, and every way to mend it: noctop doctor");
    all.extend(lines::sentence(doctor, columns).into_iter().map(|line| ("  ", line, Tone::Dim)));
    all
}

/// A notice: its sentence behind a mark, under it the command.
fn one(notice: &str, columns: usize) -> Vec<Line> {
    let (said, command) = match notice.split_once(COMMAND) {
        Some((said, rest)) => (said, Some(format!("sudo {rest}"))),
        None => (notice, None),
    };
    let said = lines::sentence(&sentence(said), columns).into_iter().enumerate();
    let said = said.map(|(at, line)| (if at == 0 { "! " } else { "  " }, line, Tone::Minor));
    let command = command.map(|command| lines::command(&command, columns)).unwrap_or_default();
    said.chain(command.into_iter().map(|line| ("  ", line, Tone::Key))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_stands_on_lines_of_its_own() {
        let lines = one("ping is off: no CAP_NET_RAW; sudo setcap cap_net_raw,cap_net_bind_service+ep /usr/bin/noctop", 60);
        let words: Vec<&str> = lines.iter().map(|(_, words, _)| words.as_str()).collect();
        assert_eq!(
            words,
            ["ping is off: no CAP_NET_RAW", "sudo setcap cap_net_raw,cap_net_bind_service+ep \\", "/usr/bin/noctop"]
        );
        assert_eq!(one("the disk is full", 60), [("! ", "the disk is full".to_owned(), Tone::Minor)]);
    }
}
