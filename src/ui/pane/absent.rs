//! Names that have rows only (`noctop links`, `noctop sensors`), should a console ever stand at one.

use super::{Context, Pane, Scene};
use crate::ui::chrome::screen_name;
use crate::ui::lang::tr;
use crate::ui::theme::Tone;
use crate::ui::widget::notice;
use crate::ui::widget::panel::{Focus, Panel};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The screen.
pub struct Absent;

impl Pane for Absent {
    fn contexts(&self) -> &'static [Context] {
        &[Context::List]
    }

    fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let inner = Panel::new(tr(screen_name(scene.state.place.screen))).focus(Focus::Here).draw(scene, area, buf);
        notice(buf, inner, &["Nothing is drawn here: ? lists the screens."], scene.theme.style(Tone::Dim));
    }
}
