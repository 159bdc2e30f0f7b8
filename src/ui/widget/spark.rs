//! Sparklines: two points a cell in braille, one a cell in ASCII. A gap stays blank; a known zero shows its foot.

use crate::ui::glyph::Glyphs;

/// Braille bits of the left and the right column, from the bottom up (Unicode chart U+2800).
const LEFT: [u32; 4] = [0x40, 0x04, 0x02, 0x01];
const RIGHT: [u32; 4] = [0x80, 0x20, 0x10, 0x08];
const BRAILLE: u32 = 0x2800;

/// One row of `cells` cells for values scaled so that `top` fills it; the newest value stands at the right.
pub fn row(values: &[Option<f32>], cells: u16, top: f32, glyphs: &Glyphs) -> String {
    let cells = usize::from(cells);
    if glyphs.braille() { braille(values, cells, top) } else { levels(values, cells, top, glyphs) }
}

/// Several rows for values scaled so that `top` fills all of them, the uppermost first.
pub fn rows(values: &[Option<f32>], (cells, rows): (u16, u16), top: f32, glyphs: &Glyphs) -> Vec<String> {
    let step = top / f32::from(rows.max(1));
    // A row shows what rises above its own foot; the lowest shows every foot.
    let above = |row: u16| -> Vec<Option<f32>> {
        let foot = step * f32::from(row);
        values.iter().map(|value| value.map(|value| value - foot).filter(|left| row == 0 || *left > 0.0)).collect()
    };
    (0..rows).rev().map(|at| row(&above(at), cells, step, glyphs)).collect()
}

/// The largest known value, at least a hair above zero so that it can be divided by.
pub fn top(values: &[Option<f32>]) -> f32 {
    values.iter().flatten().copied().filter(|v| v.is_finite()).fold(f32::MIN_POSITIVE, f32::max)
}

/// Values brought to exactly `count` columns: of many the largest of each share, so that a peak is never lost; few are stretched.
pub fn resample(values: &[Option<f32>], count: usize) -> Vec<Option<f32>> {
    (0..count)
        .map(|at| {
            let (from, to) = (at * values.len() / count, (at + 1) * values.len() / count);
            values.get(from..to.max(from + 1)).and_then(|share| share.iter().flatten().copied().reduce(f32::max))
        })
        .collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn height(value: Option<f32>, top: f32, steps: u8) -> usize {
    let Some(value) = value.filter(|v| v.is_finite()) else { return 0 };
    ((value / top).clamp(0.0, 1.0) * f32::from(steps)).round().max(1.0) as usize
}

fn braille(values: &[Option<f32>], cells: usize, top: f32) -> String {
    let columns = resample(values, cells * 2);
    columns
        .chunks(2)
        .map(|pair| {
            let [left, right] = [0, 1].map(|at| height(pair.get(at).copied().flatten(), top, 4));
            let bits = LEFT.iter().take(left).chain(RIGHT.iter().take(right)).fold(BRAILLE, |bits, bit| bits | bit);
            if bits == BRAILLE { ' ' } else { char::from_u32(bits).unwrap_or(' ') }
        })
        .collect()
}

fn levels(values: &[Option<f32>], cells: usize, top: f32, glyphs: &Glyphs) -> String {
    resample(values, cells)
        .into_iter()
        .map(|value| height(value, top, 8).checked_sub(1).and_then(|at| glyphs.levels.get(at)).copied().unwrap_or(" "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::glyph::GlyphSet;

    #[test]
    fn a_gap_is_blank_and_zero_is_not() {
        let glyphs = Glyphs::new(GlyphSet::Unicode);
        let values = [Some(0.0), Some(0.0), None, None, Some(10.0), Some(5.0)];
        assert_eq!(row(&values, 3, 10.0, &glyphs), "⣀ ⣧");
        assert_eq!(row(&values, 6, 10.0, &Glyphs::new(GlyphSet::Ascii)), "__  #-");
    }

    #[test]
    fn rows_stand_on_one_another() {
        let glyphs = Glyphs::new(GlyphSet::Ascii);
        let values = [Some(1.0), Some(8.0), None, Some(16.0)];
        assert_eq!(rows(&values, (4, 2), 16.0, &glyphs), ["   #", "_# #"]);
    }

    #[test]
    fn a_peak_survives_narrowing() {
        let mut values = vec![Some(0.0); 100];
        values[37] = Some(9.0);
        assert!(resample(&values, 10).contains(&Some(9.0)));
        assert_eq!(resample(&[Some(1.0), Some(2.0)], 4), [Some(1.0), Some(1.0), Some(2.0), Some(2.0)]);
        assert_eq!(resample(&[], 3), [None; 3]);
    }
}
