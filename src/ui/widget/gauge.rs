//! A bar for a fraction: filled by colour and glyph, so that it is read without colour too.

use crate::ui::glyph::{GlyphSet, Glyphs};
use crate::ui::theme::{Theme, Tone};
use ratatui::text::Span;

/// A bar of `cells` cells for a fraction of 1. What is not known is a blank track.
pub fn bar(fraction: Option<f64>, cells: u16, theme: &Theme, glyphs: &Glyphs) -> Vec<Span<'static>> {
    let cells = usize::from(cells);
    let halves = fraction.filter(|f| f.is_finite()).map_or(0, |fraction| halves(fraction, cells));
    let full = halves / 2;
    let half = halves % 2;
    let style = theme.utilisation(fraction);
    let [on, off] = glyphs.bar;
    let mut spans = vec![Span::styled(on.repeat(full), style)];
    if half == 1 {
        spans.push(Span::styled(glyphs.bar_half, style));
    }
    // Without colours the track of the Unicode set would look like the bar itself.
    let track = if glyphs.set == GlyphSet::Unicode && theme.depth() == crate::ui::Depth::Mono { " " } else { off };
    spans.push(Span::styled(track.repeat(cells - full - half), theme.style(Tone::Faint)));
    spans
}

/// How many half cells are filled: anything above nothing shows, and only all of it fills the bar.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to the bar's width"
)]
fn halves(fraction: f64, cells: usize) -> usize {
    let all = cells * 2;
    let filled = (fraction.clamp(0.0, 1.0) * all as f64).round() as usize;
    match filled {
        0 if fraction > 0.001 => 1.min(all),
        f if f >= all && fraction < 0.995 => all.saturating_sub(1),
        f => f.min(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, ThemeName};

    fn drawn(fraction: Option<f64>, set: GlyphSet) -> String {
        let theme = Theme::new(ThemeName::Dark, Depth::True);
        bar(fraction, 10, &theme, &Glyphs::new(set)).iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn only_everything_fills_a_bar_and_something_is_never_nothing() {
        assert_eq!(drawn(Some(0.61), GlyphSet::Ascii), "######----");
        assert_eq!(drawn(Some(0.98), GlyphSet::Ascii), "##########");
        assert_eq!(drawn(Some(0.98), GlyphSet::Unicode), "━━━━━━━━━╸");
        assert_eq!(drawn(Some(0.004), GlyphSet::Unicode), "╸━━━━━━━━━");
        assert_eq!(drawn(Some(1.7), GlyphSet::Ascii), "##########");
        assert_eq!(drawn(None, GlyphSet::Ascii), "----------");
        assert_eq!(drawn(Some(f64::NAN), GlyphSet::Ascii), "----------");
    }
}
