//! The glyph of a line cell: four arms, each with a weight (Unicode, Box Drawing).

use crate::ui::glyph::GlyphSet;

/// How an arm is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// There is no arm.
    #[default]
    None,
    /// Blocked by a spanning tree.
    Dotted,
    /// Down.
    Dashed,
    /// A link.
    Light,
    /// A link under load.
    Heavy,
    /// Several links.
    Double,
}

/// The arms of a cell: up, right, down, left.
pub type Arms = [Weight; 4];

/// What it means when four arms meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meeting {
    /// Lines of one net: they are joined.
    #[default]
    Join,
    /// Lines of two nets: they cross.
    Cross,
}

/// Box-drawing characters by weight of the arms: none, light, heavy, double; up first, left last. Where Unicode has no such
/// character the weights of an axis are made equal, or light.
const LINES: &str = concat!(
    "─╴╸╴╷╮┑╕╻┒┓╕╷╖╖╗╶─╾─╭┬┭┬┎┰┱┬╓╥╥╥╺╼━─┍┮┯┬┏┲┳┬╓╥╥╥╶──═╒┬┬╤╒┬┬╤╔╥╥╦",
    "╵╯┙╛│┤┥╡╽┧┪╡│┤┤╡╰┴┵┴├┼┽┼┟╁╅┼├┼┼┼┕┶┷┴┝┾┿┼┢╆╈┼├┼┼┼╘┴┴╧╞┼┼╪╞┼┼╪╞┼┼╪",
    "╹┚┛╛╿┦┩╡┃┨┫╡│┤┤╡┖┸┹┴┞╀╃┼┠╂╉┼├┼┼┼┗┺┻┴┡╄╇┼┣╊╋┼├┼┼┼╘┴┴╧╞┼┼╪╞┼┼╪╞┼┼╪",
    "╵╜╜╝│┤┤╡│┤┤╡║╢╢╣╙╨╨╨├┼┼┼├┼┼┼╟╫╫╫╙╨╨╨├┼┼┼├┼┼┼╟╫╫╫╚╨╨╩╞┼┼╪╞┼┼╪╠╫╫╬",
);

/// The glyph of a cell, `None` without arms.
pub fn glyph(set: GlyphSet, arms: Arms, meeting: Meeting) -> Option<char> {
    let [up, right, down, left] = arms.map(|arm| arm != Weight::None);
    if !(up || right || down || left) {
        return None;
    }
    let all = up && right && down && left;
    if set != GlyphSet::Unicode {
        return Some(plain(arms, all && meeting == Meeting::Cross));
    }
    if all && meeting == Meeting::Join {
        return Some('●');
    }
    let straight = (up && down && !left && !right) || (left && right && !up && !down);
    let broken = arms.iter().copied().max().filter(|most| *most < Weight::Light);
    match (broken, up) {
        (Some(Weight::Dashed), true) if straight => return Some('╎'),
        (Some(Weight::Dashed), false) if straight => return Some('╌'),
        (Some(Weight::Dotted), true) if straight => return Some('┊'),
        (Some(Weight::Dotted), false) if straight => return Some('┈'),
        _ => {}
    }
    let index = arms.iter().fold(0, |index, arm| {
        index * 4
            + match arm {
                Weight::None => 0,
                Weight::Dotted | Weight::Dashed | Weight::Light => 1,
                Weight::Heavy => 2,
                Weight::Double => 3,
            }
    });
    // Each is three octets of UTF-8.
    LINES.get(index * 3..index * 3 + 3)?.chars().next()
}

/// Where box drawing can't be used. A line that crosses another goes over it; a `+` is a join or a corner.
fn plain([up, right, down, left]: Arms, crosses: bool) -> char {
    const NONE: Weight = Weight::None;
    match (up.max(down), left.max(right)) {
        (vertical, _) if crosses => upright(vertical),
        (vertical, NONE) => upright(vertical),
        (NONE, Weight::Heavy) => '#',
        (NONE, Weight::Double) => '=',
        (NONE, Weight::Dashed | Weight::Dotted) => '.',
        (NONE, _) => '-',
        _ => '+',
    }
}

const fn upright(weight: Weight) -> char {
    match weight {
        Weight::Heavy => '#',
        Weight::Double => 'H',
        Weight::Dashed | Weight::Dotted => ':',
        Weight::Light | Weight::None => '|',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Weight::{Dashed, Double, Heavy, Light, None as No};

    #[test]
    fn weights_meet_in_the_right_glyph() {
        for (arms, glyph_wanted) in [
            ([Light, No, Light, No], '│'),
            ([Heavy, Light, No, Light], '┸'),
            ([No, Double, No, Double], '═'),
            ([Double, Light, No, Light], '╨'),
            ([No, Light, Light, No], '╭'),
            ([Heavy, Light, Heavy, Light], '╂'),
            ([Dashed, No, Dashed, No], '╎'),
            ([Dashed, Light, No, No], '╰'),
        ] {
            assert_eq!(glyph(GlyphSet::Unicode, arms, Meeting::Cross), Some(glyph_wanted), "{arms:?}");
        }
    }

    #[test]
    fn a_crossing_is_not_a_join() {
        for set in [GlyphSet::Unicode, GlyphSet::Cjk, GlyphSet::Ascii] {
            assert_ne!(glyph(set, [Light; 4], Meeting::Join), glyph(set, [Light; 4], Meeting::Cross));
        }
    }

    #[test]
    fn every_combination_has_a_glyph_and_the_table_is_whole() {
        assert_eq!(LINES.chars().count(), 256);
        assert!(LINES.chars().skip(1).all(|c| c.len_utf8() == 3 && c != ' '));
    }
}
