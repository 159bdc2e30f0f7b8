//! A pane's border with its title on the upper edge and, where there is room, a note at the right of it.

use super::put;
use crate::ui::mouse::{self, Hit};
use crate::ui::pane::Scene;
use crate::ui::text::fit;
use crate::ui::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Block, Widget};
use unicode_width::UnicodeWidthStr;

/// What stands on the border.
#[derive(Clone, Debug, Default)]
pub struct Panel<'a> {
    /// Upper edge, left.
    pub title: &'a str,
    /// Upper edge, after the title, in a quieter voice.
    pub subtitle: &'a str,
    /// Upper edge, right.
    pub note: &'a str,
    /// Whether it has the keys.
    pub focus: Focus,
}

/// Whether a pane has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// Another pane has them.
    #[default]
    Away,
    /// It has them.
    Here,
    /// A part of several that could have them.
    AwayPart(usize),
    /// A part of several that has them.
    HerePart(usize),
}

impl Focus {
    /// Whether part `part` has the keys when `focus` says which does.
    pub const fn of(part: usize, focus: usize) -> Self {
        if part == focus { Self::HerePart(part) } else { Self::AwayPart(part) }
    }

    const fn is_here(self) -> bool {
        matches!(self, Self::Here | Self::HerePart(_))
    }
}

impl<'a> Panel<'a> {
    /// A panel with a title.
    pub fn new(title: &'a str) -> Self {
        Self { title, ..Self::default() }
    }

    /// With a quieter text after the title.
    #[must_use]
    pub const fn subtitle(mut self, subtitle: &'a str) -> Self {
        self.subtitle = subtitle;
        self
    }

    /// With a text at the right.
    #[must_use]
    pub const fn note(mut self, note: &'a str) -> Self {
        self.note = note;
        self
    }

    /// With or without the keys.
    #[must_use]
    pub const fn focus(mut self, focus: Focus) -> Self {
        self.focus = focus;
        self
    }

    /// Draws the border and returns what is inside.
    pub fn draw(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) -> Rect {
        let area = area.intersection(buf.area);
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        if let Focus::AwayPart(part) | Focus::HerePart(part) = self.focus {
            mouse::area(area, || Hit::Part(part));
        }
        let tone = if self.focus.is_here() { Tone::BorderFocus } else { Tone::Border };
        let block = Block::bordered().border_set(scene.glyphs.border).border_style(scene.theme.style(tone));
        let inner = block.inner(area);
        block.render(area, buf);
        self.titles(scene, area, buf);
        inner
    }

    fn titles(&self, scene: &Scene<'_>, area: Rect, buf: &mut Buffer) {
        let dim = scene.theme.style(Tone::Dim);
        let room = area.width.saturating_sub(4);
        if room == 0 {
            return;
        }
        let ellipsis = scene.glyphs.ellipsis;
        let mut x = area.x + 2;
        let end = x + room;
        let title = fit(self.title, usize::from(room.saturating_sub(1)), ellipsis);
        if !title.is_empty() {
            x += put(buf, Position::new(area.x + 1, area.y), 1, (" ", dim)).saturating_sub(1);
            x += put(buf, Position::new(x, area.y), end - x, (&title, scene.theme.style(Tone::Title)));
            x += put(buf, Position::new(x, area.y), end - x, (" ", dim));
        }
        let subtitle = fit(self.subtitle, usize::from(end.saturating_sub(x + 1)), ellipsis);
        if !subtitle.is_empty() {
            x += put(buf, Position::new(x, area.y), end - x, (&subtitle, dim));
            x += put(buf, Position::new(x, area.y), end - x, (" ", dim));
        }
        let cells = u16::try_from(crate::ui::text::width(self.note)).unwrap_or(u16::MAX);
        if !self.note.is_empty() && x.saturating_add(cells).saturating_add(3) <= end {
            let at = end - cells - 1;
            put(buf, Position::new(at - 1, area.y), 1, (" ", dim));
            put(buf, Position::new(at, area.y), cells, (self.note, dim));
            put(buf, Position::new(at + cells, area.y), 1, (" ", dim));
        }
        debug_assert!(ellipsis.width() == 1, "the ellipsis is one cell in every set");
    }
}
