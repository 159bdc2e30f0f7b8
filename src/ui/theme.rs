//! Colours by what they mean. A pane asks for a [`Tone`], never for a colour.
//!
//! Four colour depths are served from the same table: true colour, 256, 16 and none. Whatever a colour says is said by a
//! glyph or a word too, so that the screens stay legible without any.

mod own;
mod palette;

pub use own::{OwnTheme, ROLES, ThemeFault};

use crate::model::{DeviceStatus, Severity};
use palette::{
    DARK_SCALE, DEUTERANOPIA_SCALE, LIGHT_SCALE, TRITANOPIA_SCALE, dark_foreground, deuteranopia_foreground, light_foreground,
    tritanopia_foreground,
};
use ratatui::style::{Color, Modifier, Style};
use std::sync::Arc;

/// What a piece of text or a glyph means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Tone {
    Text,
    /// Units, labels, what is stale.
    Dim,
    /// Tracks of bars, grid lines.
    Faint,
    Strong,
    Border,
    BorderFocus,
    Title,
    Accent,
    Header,
    /// A key in the hint bar.
    Key,
    Critical,
    Major,
    Minor,
    Ok,
    Unknown,
    Maintenance,
    /// Traffic into a port.
    In,
    /// Traffic out of a port.
    Out,
    /// The row or node under the cursor.
    Selected,
    /// What a search matched.
    Match,
    Live,
    Past,
    Paused,
    Fault,
    /// The current screen in the second line.
    Tab,
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Depth {
    Mono,
    Sixteen,
    TwoFiftySix,
    True,
}

impl Depth {
    /// From the environment: `NO_COLOR` (no-color.org), `COLORTERM`, `TERM`.
    pub fn detect(no_color: Option<&str>, colorterm: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or("");
        if no_color.is_some_and(|value| !value.is_empty()) || matches!(term, "dumb" | "vt100" | "vt220") {
            return Self::Mono;
        }
        if matches!(colorterm, Some("truecolor" | "24bit")) {
            return Self::True;
        }
        if term.contains("256color") || term.contains("kitty") || term.contains("alacritty") {
            Self::TwoFiftySix
        } else {
            Self::Sixteen
        }
    }
}

/// The themes that come with noctop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum ThemeName {
    #[default]
    Dark,
    Light,
    Mono,
    Deuteranopia,
    Tritanopia,
    /// One of the operator's own, by its number.
    Own(u8),
}

impl ThemeName {
    /// All, by the names that `--theme` and `:theme` take.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("dark", Self::Dark),
        ("light", Self::Light),
        ("mono", Self::Mono),
        ("deuteranopia", Self::Deuteranopia),
        ("tritanopia", Self::Tritanopia),
    ];

    /// From its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, theme)| *theme)
    }

    /// From its name, the operator's own first.
    pub fn among(name: &str, own: &[OwnTheme]) -> Option<Self> {
        let at = own.iter().position(|theme| theme.name == name).and_then(|at| u8::try_from(at).ok());
        at.map(Self::Own).or_else(|| Self::from_name(name))
    }

    /// What suits the terminal's background, as far as `COLORFGBG` tells it (rxvt: `foreground;background`, of the sixteen).
    pub fn from_background(colorfgbg: Option<&str>) -> Self {
        match colorfgbg.and_then(|value| value.rsplit(';').next()).and_then(|last| last.parse::<u8>().ok()) {
            Some(7 | 9..=15) => Self::Light,
            _ => Self::Dark,
        }
    }
}

/// A colour at full depth, and the one of the sixteen that stands for it.
#[derive(Clone, Copy)]
struct Hue(u32, Color);

/// Weathermap's breaks, upper bounds in per cent: operators know them. The colours rise in brightness instead.
pub const UTILISATION_BREAKS: [f64; 7] = [1.0, 10.0, 25.0, 40.0, 55.0, 70.0, 85.0];

/// Steps of the utilisation scale.
pub const UTILISATION_STEPS: usize = UTILISATION_BREAKS.len() + 1;

/// Styles for every meaning at one colour depth.
#[derive(Clone, Debug)]
pub struct Theme {
    name: ThemeName,
    depth: Depth,
    own: Option<Arc<OwnTheme>>,
}

impl Theme {
    /// A theme at a depth.
    pub const fn new(name: ThemeName, depth: Depth) -> Self {
        Self { name, depth: if matches!(name, ThemeName::Mono) { Depth::Mono } else { depth }, own: None }
    }

    /// A theme at a depth that may be one of the operator's own.
    pub fn among(name: ThemeName, depth: Depth, own: &[OwnTheme]) -> Self {
        match name {
            ThemeName::Own(at) => match own.get(usize::from(at)) {
                Some(own) => Self { own: Some(Arc::new(own.clone())), ..Self::new(own.base, depth) },
                None => Self::new(ThemeName::Dark, depth),
            },
            name => Self::new(name, depth),
        }
    }

    /// How many colours it uses.
    pub const fn depth(&self) -> Depth {
        self.depth
    }

    /// The style of a meaning.
    pub fn style(&self, tone: Tone) -> Style {
        if self.depth == Depth::Mono {
            return mono(tone);
        }
        let style = modifiers(tone);
        let style = match self.ink(tone) {
            Some(colour) => style.fg(colour),
            None => style,
        };
        let own = self.own.as_ref().and_then(|own| own.background(tone)).map(|paint| paint.at(self.depth));
        match own.or_else(|| self.background(tone).map(|hue| self.colour(hue))) {
            Some(colour) => style.bg(colour),
            None => style,
        }
    }

    fn ink(&self, tone: Tone) -> Option<Color> {
        let own = self.own.as_ref().and_then(|own| own.role(tone)).map(|paint| paint.at(self.depth));
        own.or_else(|| self.foreground(tone).map(|hue| self.colour(hue)))
    }

    /// The style of a utilisation, a fraction of 1; what is not known is dim.
    pub fn utilisation(&self, fraction: Option<f64>) -> Style {
        let Some(fraction) = fraction else { return self.style(Tone::Dim) };
        self.utilisation_step(utilisation_step(fraction))
    }

    /// The style of one step of the utilisation scale.
    pub fn utilisation_step(&self, step: usize) -> Style {
        let step = step.min(UTILISATION_STEPS - 1);
        let last = step == UTILISATION_STEPS - 1;
        if self.depth == Depth::Mono {
            return if last { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        }
        let scale = match self.name {
            ThemeName::Light => &LIGHT_SCALE,
            ThemeName::Deuteranopia => &DEUTERANOPIA_SCALE,
            ThemeName::Tritanopia => &TRITANOPIA_SCALE,
            ThemeName::Dark | ThemeName::Mono | ThemeName::Own(_) => &DARK_SCALE,
        };
        let own = self.own.as_ref().and_then(|own| own.scale.get(step)).map(|paint| paint.at(self.depth));
        let colour = own.or_else(|| scale.get(step).map(|hue| self.colour(*hue)));
        let style = colour.map_or(Style::new(), |colour| Style::new().fg(colour));
        if last { style.add_modifier(Modifier::BOLD) } else { style }
    }

    /// The style of an alarm's severity.
    pub fn severity(&self, severity: Severity) -> Style {
        self.style(match severity {
            Severity::Critical => Tone::Critical,
            Severity::Major => Tone::Major,
            Severity::Minor | Severity::Warning => Tone::Minor,
            Severity::Indeterminate => Tone::Unknown,
            Severity::Cleared => Tone::Ok,
        })
    }

    /// The style of a device's status.
    pub fn status(&self, status: DeviceStatus) -> Style {
        self.style(match status {
            DeviceStatus::Up => Tone::Ok,
            DeviceStatus::Down => Tone::Critical,
            DeviceStatus::Unreachable => Tone::Major,
            DeviceStatus::Unknown => Tone::Unknown,
            DeviceStatus::Maintenance => Tone::Maintenance,
        })
    }

    /// A meaning's colour from quiet (0) to full (1), for areas; flat where there are few colours.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both factors are at most 1")]
    pub fn shade(&self, tone: Tone, share: f64) -> Style {
        let own = self.own.as_ref().is_some_and(|own| own.role(tone).is_some());
        match self.foreground(tone) {
            Some(Hue(rgb, ansi)) if self.depth >= Depth::TwoFiftySix && !own => {
                let factor = 0.55 + 0.45 * share.clamp(0.0, 1.0);
                let [_, r, g, b] = rgb.to_be_bytes().map(|part| (f64::from(part) * factor) as u8);
                Style::new().fg(self.colour(Hue(u32::from_be_bytes([0, r, g, b]), ansi)))
            }
            _ => self.style(tone),
        }
    }

    /// Lays the selection over what is drawn.
    pub fn selected(&self) -> Style {
        self.style(Tone::Selected)
    }

    fn colour(&self, hue: Hue) -> Color {
        let Hue(rgb, ansi) = hue;
        let [_, r, g, b] = rgb.to_be_bytes();
        match self.depth {
            Depth::True => Color::Rgb(r, g, b),
            Depth::TwoFiftySix => Color::Indexed(cube(r, g, b)),
            Depth::Sixteen | Depth::Mono => ansi,
        }
    }

    fn foreground(&self, tone: Tone) -> Option<Hue> {
        match self.name {
            ThemeName::Light => light_foreground(tone),
            ThemeName::Deuteranopia => deuteranopia_foreground(tone),
            ThemeName::Tritanopia => tritanopia_foreground(tone),
            ThemeName::Dark | ThemeName::Mono | ThemeName::Own(_) => dark_foreground(tone),
        }
    }

    fn background(&self, tone: Tone) -> Option<Hue> {
        let light = self.name == ThemeName::Light;
        Some(match tone {
            // Sixteen colours hold no quiet background: the selection is reversed there.
            Tone::Selected if self.depth == Depth::Sixteen => return None,
            Tone::Selected if light => Hue(0xd6_e4_f5, Color::Gray),
            Tone::Selected => Hue(0x2a_36_4a, Color::Blue),
            Tone::Tab if light => Hue(0x2f_6f_b5, Color::Blue),
            Tone::Tab => Hue(0x2d_5f_8f, Color::Blue),
            Tone::Paused => Hue(0xe8_a8_3c, Color::Yellow),
            Tone::Match => Hue(0xe8_c8_5a, Color::Yellow),
            _ => return None,
        })
    }
}

/// Which step of the scale a fraction of 1 falls on.
pub fn utilisation_step(fraction: f64) -> usize {
    let percent = fraction * 100.0;
    UTILISATION_BREAKS.iter().filter(|bound| percent >= **bound).count()
}

const fn modifiers(tone: Tone) -> Style {
    match tone {
        Tone::Strong | Tone::Title | Tone::Critical | Tone::Tab | Tone::Paused | Tone::Key => {
            Style::new().add_modifier(Modifier::BOLD)
        }
        Tone::Past => Style::new().add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
        _ => Style::new(),
    }
}

const fn mono(tone: Tone) -> Style {
    match tone {
        Tone::Dim | Tone::Faint | Tone::Border => Style::new().add_modifier(Modifier::DIM),
        Tone::Selected | Tone::Past | Tone::Paused | Tone::Tab | Tone::Match => Style::new().add_modifier(Modifier::REVERSED),
        Tone::Strong | Tone::Title | Tone::Critical | Tone::Fault | Tone::Key | Tone::Header | Tone::BorderFocus => {
            Style::new().add_modifier(Modifier::BOLD)
        }
        _ => Style::new(),
    }
}

/// The nearest of xterm's 6x6x6 cube and grey ramp.
fn cube(r: u8, g: u8, b: u8) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |value: u8| {
        (0..6u8).min_by_key(|at| LEVELS.get(usize::from(*at)).map_or(255, |level| level.abs_diff(value))).unwrap_or(0)
    };
    let level = |at: u8| LEVELS.get(usize::from(at)).copied().unwrap_or(0);
    let distance = |x: u8, y: u8, z: u8| {
        let part = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        part(x, r) + part(y, g) + part(z, b)
    };
    let (ri, gi, bi) = (nearest(r), nearest(g), nearest(b));
    let mean = ((u16::from(r) + u16::from(g) + u16::from(b)) / 3).clamp(8, 238);
    let grey = u8::try_from((mean - 8) / 10).unwrap_or(0);
    let grey_value = 8 + 10 * grey;
    if distance(grey_value, grey_value, grey_value) < distance(level(ri), level(gi), level(bi)) {
        232 + grey
    } else {
        16 + 36 * ri + 6 * gi + bi
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(Hue(rgb, _): &Hue) -> f64 {
        let [_, r, g, b] = rgb.to_be_bytes();
        let linear = |value: u8| (f64::from(value) / 255.0).powf(2.2);
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    #[test]
    fn the_utilisation_scale_is_monotone_in_brightness() {
        for scale in [&DARK_SCALE, &DEUTERANOPIA_SCALE, &TRITANOPIA_SCALE] {
            assert!(scale.windows(2).all(|pair| luminance(&pair[0]) < luminance(&pair[1])));
        }
        assert!(LIGHT_SCALE.windows(2).all(|pair| luminance(&pair[0]) > luminance(&pair[1])));
    }

    /// WCAG 2.2, relative luminance and contrast ratio.
    fn contrast(a: u32, b: u32) -> f64 {
        let luminance = |rgb: u32| {
            let [_, r, g, b] = rgb.to_be_bytes();
            let linear = |value: u8| {
                let value = f64::from(value) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_stands_out_from_its_background() {
        // What terminals have behind: black to the greys of the usual dark palettes, white to the usual paper.
        let themes: [(ThemeName, &[u32]); 4] = [
            (ThemeName::Dark, &[0x00_00_00, 0x1e_1e_1e, 0x1c_20_28]),
            (ThemeName::Deuteranopia, &[0x00_00_00, 0x1e_1e_1e, 0x1c_20_28]),
            (ThemeName::Tritanopia, &[0x00_00_00, 0x1e_1e_1e, 0x1c_20_28]),
            (ThemeName::Light, &[0xff_ff_ff, 0xfa_fa_fa]),
        ];
        for (name, grounds) in themes {
            let theme = Theme::new(name, Depth::True);
            for (role, tone) in ROLES {
                let least = match tone {
                    // Lines and tracks are no text.
                    Tone::Faint | Tone::Border => continue,
                    Tone::Dim => 3.0,
                    _ => 4.5,
                };
                let Some(Hue(ink, _)) = theme.foreground(tone) else { continue };
                let own = theme.background(tone).map(|Hue(rgb, _)| vec![rgb]);
                for ground in own.as_deref().unwrap_or(grounds) {
                    let ratio = contrast(ink, *ground);
                    assert!(ratio >= least, "{name:?} {role} on {ground:06x}: {ratio:.2}");
                }
                let Some(Hue(selected, _)) = theme.background(Tone::Selected) else { continue };
                let ratio = contrast(ink, selected);
                assert!(ratio >= 3.0 || theme.background(tone).is_some(), "{name:?} {role} selected: {ratio:.2}");
            }
        }
    }

    #[test]
    fn the_background_of_the_terminal_chooses_light_or_dark() {
        for (value, theme) in
            [("15;0", ThemeName::Dark), ("0;15", ThemeName::Light), ("0;default;15", ThemeName::Light), ("12;8", ThemeName::Dark)]
        {
            assert_eq!(ThemeName::from_background(Some(value)), theme, "{value}");
        }
        assert_eq!(ThemeName::from_background(None), ThemeName::Dark);
    }

    #[test]
    fn an_own_theme_is_laid_over_and_mono_stays_mono() {
        let (own, _) = OwnTheme::read("mine", "mine.toml", "[roles]\nok = \"#010203\"\n");
        let (grey, _) = OwnTheme::read("grey", "grey.toml", "base = \"mono\"\n[roles]\nok = 2\n");
        let all = [own, grey];
        assert_eq!(ThemeName::among("grey", &all), Some(ThemeName::Own(1)));
        let theme = Theme::among(ThemeName::Own(0), Depth::True, &all);
        assert_eq!(theme.style(Tone::Ok).fg, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(theme.style(Tone::Minor), Theme::new(ThemeName::Dark, Depth::True).style(Tone::Minor));
        assert_eq!(Theme::among(ThemeName::Own(1), Depth::True, &all).style(Tone::Ok).fg, None);
    }

    #[test]
    fn utilisation_falls_on_the_weathermap_breaks() {
        assert_eq!([0.0, 0.009, 0.01, 0.5, 0.85, 1.4].map(utilisation_step), [0, 0, 1, 4, 7, 7]);
    }

    #[test]
    fn no_color_wins_over_truecolor() {
        assert_eq!(Depth::detect(Some("1"), Some("truecolor"), None), Depth::Mono);
        assert_eq!(Depth::detect(Some(""), Some("truecolor"), None), Depth::True);
        assert_eq!(Depth::detect(None, None, Some("xterm-256color")), Depth::TwoFiftySix);
        assert_eq!(Depth::detect(None, None, Some("linux")), Depth::Sixteen);
        assert_eq!(Depth::detect(None, None, Some("dumb")), Depth::Mono);
    }

    #[test]
    fn no_colour_is_set_without_colours() {
        let theme = Theme::new(ThemeName::Mono, Depth::True);
        for tone in [Tone::Critical, Tone::Selected, Tone::Ok, Tone::Past, Tone::In] {
            let style = theme.style(tone);
            assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
        }
        assert_eq!(theme.utilisation(Some(0.9)).fg, None);
    }
}
