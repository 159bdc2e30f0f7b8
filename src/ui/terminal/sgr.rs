//! Select graphic rendition (ECMA-48 §8.3.117): the parameters that make one pen of another.

use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// How glyphs are written at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    pub fg: Color,
    pub bg: Color,
    pub modifier: Modifier,
}

/// Nothing set.
pub(super) const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

/// SGR parameters from nothing; the leading reset is empty.
pub(super) fn anew(pen: Pen) -> String {
    let mut out = String::new();
    for (_, code) in ATTRIBUTES.iter().filter(|(attribute, _)| pen.modifier.contains(*attribute)) {
        let _into_memory = write!(out, ";{code}");
    }
    for (colour, base) in [(pen.fg, 30), (pen.bg, 40)] {
        if colour != Color::Reset {
            out.push(';');
            out.push_str(&parameters(colour, base));
        }
    }
    out
}

/// SGR parameters from another pen.
pub(super) fn change(from: Pen, to: Pen) -> String {
    let mut parts: Vec<String> = Vec::new();
    let gone = from.modifier - to.modifier;
    let mut kept = from.modifier - gone;
    for (attributes, code) in ENDS.iter().filter(|(attributes, _)| gone.intersects(*attributes)) {
        parts.push(code.to_string());
        // 22 ends bold and dim both.
        kept -= *attributes;
    }
    let new = to.modifier - kept;
    parts.extend(ATTRIBUTES.iter().filter(|(attribute, _)| new.contains(*attribute)).map(|(_, code)| code.to_string()));
    for (before, after, base) in [(from.fg, to.fg, 30), (from.bg, to.bg, 40)] {
        if before != after {
            parts.push(parameters(after, base));
        }
    }
    parts.join(";")
}

/// Attributes and the parameter that begins each (ECMA-48 §8.3.117).
const ATTRIBUTES: [(Modifier, u8); 7] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::REVERSED, 7),
    (Modifier::CROSSED_OUT, 9),
];

/// The parameters that end them.
const ENDS: [(Modifier, u8); 6] = [
    (Modifier::BOLD.union(Modifier::DIM), 22),
    (Modifier::ITALIC, 23),
    (Modifier::UNDERLINED, 24),
    (Modifier::SLOW_BLINK, 25),
    (Modifier::REVERSED, 27),
    (Modifier::CROSSED_OUT, 29),
];

/// SGR parameters of a colour; `base` is 30 for the foreground and 40 for the background.
pub fn parameters(colour: Color, base: u8) -> String {
    let plain = |index: u8| (base + index).to_string();
    match colour {
        Color::Reset => plain(9),
        Color::Black => plain(0),
        Color::Red => plain(1),
        Color::Green => plain(2),
        Color::Yellow => plain(3),
        Color::Blue => plain(4),
        Color::Magenta => plain(5),
        Color::Cyan => plain(6),
        Color::Gray => plain(7),
        Color::DarkGray => plain(60),
        Color::LightRed => plain(61),
        Color::LightGreen => plain(62),
        Color::LightYellow => plain(63),
        Color::LightBlue => plain(64),
        Color::LightMagenta => plain(65),
        Color::LightCyan => plain(66),
        Color::White => plain(67),
        Color::Indexed(index) => format!("{};5;{index}", base + 8),
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
    }
}
