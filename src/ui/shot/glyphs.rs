//! Box lines, blocks and braille as shapes: fonts draw them with gaps, in other widths, or not at all.

use std::fmt::Write as _;

/// A cell of the picture: its left upper corner and its size in pixels.
#[derive(Clone, Copy)]
pub struct Cell {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// What each box-drawing character (U+2500 to U+257F, Unicode names list) has in its four directions: up, down, left, right, two
/// bits each: 0 nothing, 1 light, 2 heavy, 3 double. Diagonals are left to the font.
const BOX: [u8; 128] = [
    0x05, 0x0a, 0x50, 0xa0, 0x05, 0x0a, 0x50, 0xa0, 0x05, 0x0a, 0x50, 0xa0, 0x11, 0x12, 0x21, 0x22, 0x14, 0x18, 0x24, 0x28, 0x41,
    0x42, 0x81, 0x82, 0x44, 0x48, 0x84, 0x88, 0x51, 0x52, 0x91, 0x61, 0xa1, 0x92, 0x62, 0xa2, 0x54, 0x58, 0x94, 0x64, 0xa4, 0x98,
    0x68, 0xa8, 0x15, 0x19, 0x16, 0x1a, 0x25, 0x29, 0x26, 0x2a, 0x45, 0x49, 0x46, 0x4a, 0x85, 0x89, 0x86, 0x8a, 0x55, 0x59, 0x56,
    0x5a, 0x95, 0x65, 0xa5, 0x99, 0x96, 0x69, 0x66, 0x9a, 0x6a, 0xa9, 0xa6, 0xaa, 0x05, 0x0a, 0x50, 0xa0, 0x0f, 0xf0, 0x13, 0x31,
    0x33, 0x1c, 0x34, 0x3c, 0x43, 0xc1, 0xc3, 0x4c, 0xc4, 0xcc, 0x53, 0xf1, 0xf3, 0x5c, 0xf4, 0xfc, 0x1f, 0x35, 0x3f, 0x4f, 0xc5,
    0xcf, 0x5f, 0xf5, 0xff, 0x11, 0x14, 0x44, 0x41, 0x00, 0x00, 0x00, 0x04, 0x40, 0x01, 0x10, 0x08, 0x80, 0x02, 0x20, 0x06, 0x60,
    0x09, 0x90,
];

/// Stroke widths of light and heavy lines, and the half distance of double ones, pixels.
const LIGHT: f32 = 1.2;
const HEAVY: f32 = 2.6;
const APART: f32 = 1.6;

/// Draws a character as a filled path; `None` where the font does it.
pub fn path(c: char, cell: Cell) -> Option<String> {
    match u32::from(c) {
        code @ 0x2800..=0x28ff => Some(braille(code - 0x2800, cell)),
        code @ 0x2500..=0x257f => {
            let arms = usize::try_from(code - 0x2500).ok().and_then(|at| BOX.get(at)).copied().filter(|arms| *arms != 0)?;
            Some(lines(arms, c, cell))
        }
        code @ 0x2580..=0x2590 => Some(block(code, cell)),
        0x25a0 => Some(rectangle(cell.x + 1.2, cell.y + cell.height / 2.0 - 3.0, cell.width - 2.4, 6.0)),
        _ => None,
    }
}

fn rectangle(x: f32, y: f32, width: f32, height: f32) -> String {
    format!("M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z")
}

/// Dots 1 to 8 (Unicode 8-dot braille): two columns of four.
fn braille(bits: u32, cell: Cell) -> String {
    const PLACES: [(u8, u8); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let size = cell.width * 0.32;
    let mut out = String::new();
    for (bit, (column, row)) in PLACES.iter().enumerate() {
        if bits & (1 << bit) != 0 {
            let x = cell.x + cell.width * (0.25 + 0.5 * f32::from(*column)) - size / 2.0;
            let y = cell.y + cell.height * (0.125 + 0.25 * f32::from(*row)) - size / 2.0;
            out.push_str(&rectangle(x, y, size, size));
        }
    }
    out
}

fn lines(arms: u8, c: char, cell: Cell) -> String {
    let [up, down, left, right] = [6, 4, 2, 0].map(|shift| (arms >> shift) & 3);
    let (mid_x, mid_y) = (cell.x + cell.width / 2.0, cell.y + cell.height / 2.0);
    if is_dashed(c) {
        return dashes(up > 0, up.max(left) == 2, cell);
    }
    let mut out = String::new();
    // Each arm reaches a little over the middle, so that corners close.
    for (weight, towards) in [(left, -1.0), (right, 1.0)] {
        for (offset, thick) in strokes(weight) {
            let from = if towards < 0.0 { cell.x } else { mid_x - thick / 2.0 - inset(up, down) };
            let to = if towards < 0.0 { mid_x + thick / 2.0 + inset(up, down) } else { cell.x + cell.width };
            out.push_str(&rectangle(from, mid_y + offset - thick / 2.0, to - from, thick));
        }
    }
    for (weight, towards) in [(up, -1.0), (down, 1.0)] {
        for (offset, thick) in strokes(weight) {
            let from = if towards < 0.0 { cell.y } else { mid_y - thick / 2.0 - inset(left, right) };
            let to = if towards < 0.0 { mid_y + thick / 2.0 + inset(left, right) } else { cell.y + cell.height };
            out.push_str(&rectangle(mid_x + offset - thick / 2.0, from, thick, to - from));
        }
    }
    out
}

/// Where an arm has to reach beyond the middle to meet a double line across.
const fn inset(one: u8, other: u8) -> f32 {
    if one == 3 || other == 3 { APART } else { 0.0 }
}

/// The strokes of a line: their distance from the middle and their width.
fn strokes(weight: u8) -> Vec<(f32, f32)> {
    match weight {
        1 => vec![(0.0, LIGHT)],
        2 => vec![(0.0, HEAVY)],
        3 => vec![(-APART, LIGHT), (APART, LIGHT)],
        _ => Vec::new(),
    }
}

/// Double, triple and quadruple dash (U+2504 to U+250B, U+254C to U+254F).
const fn is_dashed(c: char) -> bool {
    matches!(c, '\u{2504}'..='\u{250b}' | '\u{254c}'..='\u{254f}')
}

fn dashes(vertical: bool, heavy: bool, cell: Cell) -> String {
    let thick = if heavy { HEAVY } else { LIGHT };
    let (mid_x, mid_y) = (cell.x + cell.width / 2.0, cell.y + cell.height / 2.0);
    let mut out = String::new();
    for share in [0.08f32, 0.58] {
        let piece = if vertical {
            rectangle(mid_x - thick / 2.0, cell.y + cell.height * share, thick, cell.height * 0.34)
        } else {
            rectangle(cell.x + cell.width * share, mid_y - thick / 2.0, cell.width * 0.34, thick)
        };
        let _infallible = write!(out, "{piece}");
    }
    out
}

/// Upper half, lower eighths, full, left eighths, right half (U+2580 to U+2590).
#[allow(clippy::cast_precision_loss, reason = "eighths")]
fn block(code: u32, cell: Cell) -> String {
    match code {
        0x2580 => rectangle(cell.x, cell.y, cell.width, cell.height / 2.0),
        0x2581..=0x2588 => {
            let height = cell.height * (code - 0x2580) as f32 / 8.0;
            rectangle(cell.x, cell.y + cell.height - height, cell.width, height)
        }
        0x2589..=0x258f => rectangle(cell.x, cell.y, cell.width * (0x2590 - code) as f32 / 8.0, cell.height),
        _ => rectangle(cell.x + cell.width / 2.0, cell.y, cell.width / 2.0, cell.height),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: Cell = Cell { x: 0.0, y: 0.0, width: 8.0, height: 16.0 };

    #[test]
    fn lines_reach_the_edges_where_neighbours_join() {
        assert_eq!(path('─', CELL).unwrap(), "M0.0 7.4h4.6v1.2h-4.6zM3.4 7.4h4.6v1.2h-4.6z");
        assert_eq!(path('│', CELL).unwrap(), "M3.4 0.0h1.2v8.6h-1.2zM3.4 7.4h1.2v8.6h-1.2z");
        assert_eq!(path('╭', CELL).unwrap().matches('M').count(), 2);
        assert_eq!(path('╬', CELL).unwrap().matches('M').count(), 8);
    }

    #[test]
    fn braille_has_a_square_for_each_dot() {
        assert_eq!(path('⣿', CELL).unwrap().matches('M').count(), 8);
        assert_eq!(path('⠁', CELL).unwrap().matches('M').count(), 1);
        assert_eq!(path('A', CELL), None);
    }
}
