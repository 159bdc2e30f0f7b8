//! Parts that panes are drawn with. They know cells, styles and glyphs; not screens, not views.
//!
//! Start at [`panel`] (a titled border), then [`table`].

pub mod gauge;
pub mod graph;
pub mod map;
pub mod panel;
pub mod spark;
pub mod stack;
pub mod table;

use super::text::fit;
use crate::ui::lang::sentence;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

/// Writes text at a place, made safe and cut to `width` cells. Returns the cells used.
///
/// Every text that reaches a screen goes through here or through [`fit`].
pub fn put(buf: &mut Buffer, at: Position, width: u16, styled: (&str, Style)) -> u16 {
    let (text, style) = styled;
    let room = buf.area.right().saturating_sub(at.x).min(width);
    if room == 0 || !buf.area.contains(at) {
        return 0;
    }
    let text = fit(text, usize::from(room), "");
    buf.set_stringn(at.x, at.y, &text, usize::from(room), style);
    u16::try_from(text.width()).unwrap_or(room)
}

/// Writes pieces of text one after the other. Returns the cells used.
pub fn put_all(buf: &mut Buffer, at: Position, width: u16, pieces: &[(&str, Style)]) -> u16 {
    let mut used = 0;
    for piece in pieces {
        used += put(buf, Position::new(at.x.saturating_add(used), at.y), width.saturating_sub(used), *piece);
    }
    used
}

/// Sentences in the middle of an area, each on lines of its own.
pub fn notice(buf: &mut Buffer, area: Rect, sentences: &[&str], style: Style) {
    let lines: Vec<String> = sentences.iter().flat_map(|words| super::text::lines(&sentence(words), area.width.into())).collect();
    let top = area.y + area.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(u16::MAX)) / 2;
    for (line, y) in lines.iter().zip(top..area.bottom()) {
        let cells = u16::try_from(super::text::width(line)).unwrap_or(u16::MAX).min(area.width);
        put(buf, Position::new(area.x + (area.width - cells) / 2, y), area.width, (line.as_str(), style));
    }
}
