//! Screens whose source nothing collects yet: what will stand here, and what it will need. Never an empty box.

use super::{Context, Pane, Scene};
use crate::query::Screen;
use crate::ui::chrome::screen_name;
use crate::ui::theme::Tone;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen.
pub struct Absent;

/// What a screen will show, what it needs, and what answers the question today.
const fn sentences(screen: Screen) -> [&'static str; 3] {
    match screen {
        Screen::Logs => [
            "Syslog and traps, searched and counted. This version does not listen for them yet.",
            "It will listen where [syslog] listen and [traps] listen say.",
            "What noctop noticed by itself is on 9 Events.",
        ],
        _ => ["Nothing is drawn here.", "", "? lists the screens and keys."],
    }
}

impl Pane for Absent {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List]
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let screen = scene.state.place.screen;
        let inner = Panel::new(screen_name(screen)).focus(Focus::Here).draw(scene, area, buf);
        notice(buf, inner, &sentences(screen), scene.theme.style(Tone::Dim));
    }
}
