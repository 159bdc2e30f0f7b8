//! Large letters and figures: five by seven dots, drawn with half blocks (two dots a cell), with braille where blocks could be two
//! cells wide, and with one sign a dot in ASCII. Letters without a picture leave it to the caller to write small.

use crate::ui::glyph::GlyphSet;
use crate::ui::pane::Scene;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

/// Dots of a letter.
const COLUMNS: u16 = 5;
const DOTS: u16 = 7;
/// Dots between letters.
const GAP: u16 = 1;
/// The largest scale: four times is legible across a hall.
pub const LARGEST: u16 = 4;

/// The picture of a letter: a byte for each column, its lowest bit the uppermost dot.
fn picture(c: char) -> Option<[u8; 5]> {
    Some(match c.to_ascii_uppercase() {
        ' ' => [0; 5],
        '0' => [0x3e, 0x51, 0x49, 0x45, 0x3e],
        '1' => [0x00, 0x42, 0x7f, 0x40, 0x00],
        '2' => [0x62, 0x51, 0x49, 0x49, 0x46],
        '3' => [0x22, 0x41, 0x49, 0x49, 0x36],
        '4' => [0x18, 0x14, 0x12, 0x7f, 0x10],
        '5' => [0x2f, 0x49, 0x49, 0x49, 0x31],
        '6' => [0x3e, 0x49, 0x49, 0x49, 0x32],
        '7' => [0x01, 0x61, 0x19, 0x05, 0x03],
        '8' => [0x36, 0x49, 0x49, 0x49, 0x36],
        '9' => [0x26, 0x49, 0x49, 0x49, 0x3e],
        'A' => [0x7e, 0x09, 0x09, 0x09, 0x7e],
        'B' => [0x7f, 0x49, 0x49, 0x49, 0x36],
        'C' => [0x3e, 0x41, 0x41, 0x41, 0x22],
        'D' => [0x7f, 0x41, 0x41, 0x41, 0x3e],
        'E' => [0x7f, 0x49, 0x49, 0x49, 0x41],
        'F' => [0x7f, 0x09, 0x09, 0x09, 0x01],
        'G' => [0x3e, 0x41, 0x49, 0x49, 0x3a],
        'H' => [0x7f, 0x08, 0x08, 0x08, 0x7f],
        'I' => [0x00, 0x41, 0x7f, 0x41, 0x00],
        'J' => [0x20, 0x40, 0x40, 0x40, 0x3f],
        'K' => [0x7f, 0x08, 0x14, 0x22, 0x41],
        'L' => [0x7f, 0x40, 0x40, 0x40, 0x40],
        'M' => [0x7f, 0x02, 0x0c, 0x02, 0x7f],
        'N' => [0x7f, 0x04, 0x08, 0x10, 0x7f],
        'O' => [0x3e, 0x41, 0x41, 0x41, 0x3e],
        'P' => [0x7f, 0x09, 0x09, 0x09, 0x06],
        'Q' => [0x3e, 0x41, 0x51, 0x21, 0x5e],
        'R' => [0x7f, 0x09, 0x19, 0x29, 0x46],
        'S' => [0x26, 0x49, 0x49, 0x49, 0x32],
        'T' => [0x01, 0x01, 0x7f, 0x01, 0x01],
        'U' => [0x3f, 0x40, 0x40, 0x40, 0x3f],
        'V' => [0x1f, 0x20, 0x40, 0x20, 0x1f],
        'W' => [0x3f, 0x40, 0x38, 0x40, 0x3f],
        'X' => [0x63, 0x14, 0x08, 0x14, 0x63],
        'Y' => [0x03, 0x04, 0x78, 0x04, 0x03],
        'Z' => [0x61, 0x51, 0x49, 0x45, 0x43],
        '-' => [0x08; 5],
        '_' => [0x40; 5],
        '+' => [0x08, 0x08, 0x3e, 0x08, 0x08],
        '.' => [0x00, 0x60, 0x60, 0x00, 0x00],
        ':' => [0x00, 0x36, 0x36, 0x00, 0x00],
        '/' => [0x60, 0x10, 0x08, 0x04, 0x03],
        '%' => [0x63, 0x13, 0x08, 0x64, 0x63],
        _ => return None,
    })
}

/// Cells of a text in a row.
pub fn width(text: &str, scale: u16) -> u16 {
    let letters = u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
    letters.saturating_mul((COLUMNS + GAP) * scale).saturating_sub(GAP * scale)
}

/// Rows of cells of a line.
pub fn rows(scale: u16, set: GlyphSet) -> u16 {
    match set {
        GlyphSet::Unicode | GlyphSet::Cjk => (DOTS * scale).div_ceil(2),
        GlyphSet::Ascii => DOTS * scale,
    }
}

/// The largest scale, up to a limit, at which a text fits a room; `None` where none does, or a letter has no picture.
pub fn scale(text: &str, (columns, most): (u16, u16), (room, set): (u16, GlyphSet)) -> Option<u16> {
    if text.chars().any(|c| picture(c).is_none()) {
        return None;
    }
    (1..=most.min(LARGEST)).rev().find(|scale| width(text, *scale) <= columns && rows(*scale, set) <= room)
}

/// Draws a text into the upper left of an area, cut at its right edge.
pub fn draw(scene: &Scene<'_>, (text, area): (&str, Rect), (buf, style, scale): (&mut Buffer, Style, u16)) {
    let area = area.intersection(buf.area);
    let set = scene.glyphs.set;
    for (letter, c) in (0u16..).zip(text.chars()) {
        let Some(picture) = picture(c) else { continue };
        let left = letter.saturating_mul((COLUMNS + GAP) * scale);
        for (column, bits) in (0..COLUMNS * scale).map(|column| (column, picture.get(usize::from(column / scale)))) {
            let x = area.x.saturating_add(left).saturating_add(column);
            if x >= area.right() {
                break;
            }
            for row in 0..rows(scale, set).min(area.height) {
                let dot = |dot: u16| dot / scale < DOTS && bits.is_some_and(|bits| bits >> (dot / scale) & 1 == 1);
                let glyph = match set {
                    GlyphSet::Ascii => ["", "#", "#", "#"][usize::from(dot(row))],
                    _ => half(set)[usize::from(dot(2 * row)) + 2 * usize::from(dot(2 * row + 1))],
                };
                if let Some(cell) = buf.cell_mut(Position::new(x, area.y + row)).filter(|_| !glyph.is_empty()) {
                    cell.set_symbol(glyph).set_style(style);
                }
            }
        }
    }
}

/// No dot, the upper, the lower, both.
const fn half(set: GlyphSet) -> [&'static str; 4] {
    match set {
        GlyphSet::Unicode => ["", "▀", "▄", "█"],
        GlyphSet::Cjk => ["", "⠛", "⣤", "⣿"],
        GlyphSet::Ascii => ["", "#", "#", "#"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_and_figure_of_names_has_a_picture_of_its_own() {
        let all: Vec<char> = ('0'..='9').chain('A'..='Z').chain("-_+.:/% ".chars()).collect();
        for (at, c) in all.iter().enumerate() {
            let own = picture(*c).unwrap();
            assert!(own.iter().all(|bits| *bits < 0x80), "{c}");
            assert!(all.iter().skip(at + 1).all(|other| picture(*other) != Some(own)), "{c}");
        }
        assert_eq!(picture('한'), None);
    }

    #[test]
    fn the_scale_is_the_largest_that_fits() {
        let fits = |text: &str, columns: u16, room: u16| scale(text, (columns, LARGEST), (room, GlyphSet::Unicode));
        assert_eq!(fits("412", 17, 4), Some(1));
        assert_eq!(fits("412", 16, 4), None);
        assert_eq!(fits("412", 34, 7), Some(2));
        assert_eq!(fits("412", 500, 6), Some(1));
        assert_eq!(fits("서울", 500, 50), None);
        assert_eq!(scale("412", (500, LARGEST), (6, GlyphSet::Ascii)), None);
    }
}
