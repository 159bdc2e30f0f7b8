//! The operator's own themes: a file each, laid over one that comes with noctop.
//!
//! ```toml
//! base = "dark"                    # dark, light, mono, deuteranopia, tritanopia
//! util = ["#303030", 24, 31, 37, 71, 178, 214, "bright-red"]   # eight steps of utilisation
//! [roles]
//! critical = "#ff5f5f"             # #rrggbb, 0 to 255, a name, or default
//! [backgrounds]
//! selected = "#303a4a"
//! ```
//!
//! What is faulty is left out and named with its line, as in key files.

use super::{Depth, ThemeName, Tone, UTILISATION_STEPS, cube};
use ratatui::style::Color;
use std::fmt;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A theme of the operator's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnTheme {
    /// What `:theme` calls it.
    pub name: String,
    pub(super) base: ThemeName,
    pub(super) roles: Vec<(Tone, Paint)>,
    pub(super) backgrounds: Vec<(Tone, Paint)>,
    pub(super) scale: Vec<Paint>,
}

/// A colour at each depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint {
    full: Color,
    indexed: Color,
    sixteen: Color,
}

/// A fault of a theme file, where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeFault {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for ThemeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// The roles of files, by the names that they take there.
pub const ROLES: [(&str, Tone); 25] = [
    ("text", Tone::Text),
    ("dim", Tone::Dim),
    ("faint", Tone::Faint),
    ("strong", Tone::Strong),
    ("border", Tone::Border),
    ("border-focus", Tone::BorderFocus),
    ("title", Tone::Title),
    ("accent", Tone::Accent),
    ("header", Tone::Header),
    ("key", Tone::Key),
    ("critical", Tone::Critical),
    ("major", Tone::Major),
    ("minor", Tone::Minor),
    ("ok", Tone::Ok),
    ("unknown", Tone::Unknown),
    ("maintenance", Tone::Maintenance),
    ("in", Tone::In),
    ("out", Tone::Out),
    ("selected", Tone::Selected),
    ("match", Tone::Match),
    ("live", Tone::Live),
    ("past", Tone::Past),
    ("paused", Tone::Paused),
    ("fault", Tone::Fault),
    ("tab", Tone::Tab),
];

/// The sixteen, with xterm's values for them.
const NAMES: [(&str, Color, u32); 16] = [
    ("black", Color::Black, 0x00_00_00),
    ("red", Color::Red, 0xcd_00_00),
    ("green", Color::Green, 0x00_cd_00),
    ("yellow", Color::Yellow, 0xcd_cd_00),
    ("blue", Color::Blue, 0x00_00_ee),
    ("magenta", Color::Magenta, 0xcd_00_cd),
    ("cyan", Color::Cyan, 0x00_cd_cd),
    ("white", Color::Gray, 0xe5_e5_e5),
    ("bright-black", Color::DarkGray, 0x7f_7f_7f),
    ("bright-red", Color::LightRed, 0xff_00_00),
    ("bright-green", Color::LightGreen, 0x00_ff_00),
    ("bright-yellow", Color::LightYellow, 0xff_ff_00),
    ("bright-blue", Color::LightBlue, 0x5c_5c_ff),
    ("bright-magenta", Color::LightMagenta, 0xff_00_ff),
    ("bright-cyan", Color::LightCyan, 0x00_ff_ff),
    ("bright-white", Color::White, 0xff_ff_ff),
];

impl Paint {
    pub(super) const fn at(self, depth: Depth) -> Color {
        match depth {
            Depth::True => self.full,
            Depth::TwoFiftySix => self.indexed,
            Depth::Sixteen | Depth::Mono => self.sixteen,
        }
    }

    const fn same(colour: Color) -> Self {
        Self { full: colour, indexed: colour, sixteen: colour }
    }

    fn rgb(r: u8, g: u8, b: u8) -> Self {
        Self { full: Color::Rgb(r, g, b), indexed: Color::Indexed(cube(r, g, b)), sixteen: nearest(r, g, b) }
    }

    fn index(index: u8) -> Self {
        let [r, g, b] = rgb_of(index);
        let indexed = Color::Indexed(index);
        Self { full: indexed, indexed, sixteen: nearest(r, g, b) }
    }

    fn parse(value: &DeValue<'_>) -> Option<Self> {
        match value {
            DeValue::Integer(number) => number.to_string().parse().ok().map(Self::index),
            DeValue::String(text) => Self::parse_text(text),
            _ => None,
        }
    }

    fn parse_text(text: &str) -> Option<Self> {
        if let Some(digits) = text.strip_prefix('#') {
            let rgb = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6)?;
            let [_, r, g, b] = rgb.to_be_bytes();
            return Some(Self::rgb(r, g, b));
        }
        if text == "default" {
            return Some(Self::same(Color::Reset));
        }
        NAMES.iter().find(|(name, ..)| *name == text).map(|(_, colour, _)| Self::same(*colour))
    }
}

/// The value of one of xterm's 256 colours.
fn rgb_of(index: u8) -> [u8; 3] {
    let level = |at: u8| if at == 0 { 0 } else { 55 + 40 * at };
    match index {
        0..=15 => {
            let [_, r, g, b] = NAMES.get(usize::from(index)).map_or(0, |(_, _, rgb)| *rgb).to_be_bytes();
            [r, g, b]
        }
        16..=231 => {
            let at = index - 16;
            [level(at / 36), level(at / 6 % 6), level(at % 6)]
        }
        232..=255 => [8 + 10 * (index - 232); 3],
    }
}

/// The nearest of the sixteen.
fn nearest(r: u8, g: u8, b: u8) -> Color {
    let distance = |rgb: u32| {
        let [_, x, y, z] = rgb.to_be_bytes();
        [(x, r), (y, g), (z, b)].iter().map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum::<u32>()
    };
    NAMES.iter().min_by_key(|(_, _, rgb)| distance(*rgb)).map_or(Color::Reset, |(_, colour, _)| *colour)
}

impl OwnTheme {
    /// From the text of a file.
    pub fn read(name: &str, file: &str, text: &str) -> (Self, Vec<ThemeFault>) {
        let theme = Self { name: name.to_owned(), ..Self::default() };
        let mut reader = Reader { file, text, theme, faults: Vec::new() };
        match DeTable::parse(text) {
            Ok(table) => reader.table(table.get_ref()),
            Err(error) => reader.fault(error.span().map_or(0, |span| span.start), error.message().to_owned()),
        }
        reader.faults.sort_by_key(|fault| fault.line);
        (reader.theme, reader.faults)
    }

    pub(super) fn role(&self, tone: Tone) -> Option<Paint> {
        self.roles.iter().find(|(known, _)| *known == tone).map(|(_, paint)| *paint)
    }

    pub(super) fn background(&self, tone: Tone) -> Option<Paint> {
        self.backgrounds.iter().find(|(known, _)| *known == tone).map(|(_, paint)| *paint)
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    theme: OwnTheme,
    faults: Vec<ThemeFault>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>) {
        for (name, value) in table {
            let at = name.span().start;
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("base", DeValue::String(base)) => match ThemeName::from_name(base) {
                    Some(base) => self.theme.base = base,
                    None => self.fault(at, format!("no theme `{base}` to lay this one over")),
                },
                ("roles", DeValue::Table(roles)) => self.theme.roles = self.paints(roles),
                ("backgrounds", DeValue::Table(roles)) => self.theme.backgrounds = self.paints(roles),
                ("util", DeValue::Array(steps)) => self.scale(at, steps),
                (other, _) => self.fault(at, format!("`{other}` is none of base, roles, backgrounds, util")),
            }
        }
    }

    fn paints(&mut self, table: &DeTable<'_>) -> Vec<(Tone, Paint)> {
        let mut paints = Vec::new();
        for (name, value) in table {
            let tone = ROLES.iter().find(|(known, _)| *known == name.get_ref()).map(|(_, tone)| *tone);
            match (tone, Paint::parse(value.get_ref())) {
                (Some(tone), Some(paint)) => paints.push((tone, paint)),
                (None, _) => self.fault(name.span().start, format!("no role `{}`", name.get_ref())),
                (_, None) => self.fault(value.span().start, NO_COLOUR.to_owned()),
            }
        }
        paints
    }

    fn scale(&mut self, at: usize, steps: &[Spanned<DeValue<'_>>]) {
        let paints: Vec<Paint> = steps.iter().filter_map(|step| Paint::parse(step.get_ref())).collect();
        if paints.len() == UTILISATION_STEPS && steps.len() == UTILISATION_STEPS {
            self.theme.scale = paints;
        } else {
            self.fault(at, format!("`util` wants {UTILISATION_STEPS} colours, quiet to full: {NO_COLOUR}"));
        }
    }

    fn fault(&mut self, at: usize, what: String) {
        let line = self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        self.faults.push(ThemeFault { file: self.file.to_owned(), line, what });
    }
}

const NO_COLOUR: &str = "a colour is #rrggbb, 0 to 255, red, bright-red, … or default";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_laid_over_its_base() {
        let text =
            "base = \"light\"\n[roles]\ncritical = \"#ff0000\"\nok = 34\nkey = \"bright-blue\"\n[backgrounds]\nselected = 17\n";
        let (theme, faults) = OwnTheme::read("mine", "mine.toml", text);
        assert_eq!(faults, []);
        assert_eq!(theme.base, ThemeName::Light);
        let at = |tone, depth| theme.role(tone).map(|paint| paint.at(depth));
        assert_eq!(at(Tone::Critical, Depth::True), Some(Color::Rgb(255, 0, 0)));
        assert_eq!(at(Tone::Critical, Depth::TwoFiftySix), Some(Color::Indexed(196)));
        assert_eq!(at(Tone::Critical, Depth::Sixteen), Some(Color::LightRed));
        assert_eq!(at(Tone::Ok, Depth::True), Some(Color::Indexed(34)));
        assert_eq!(at(Tone::Key, Depth::True), Some(Color::LightBlue));
        assert_eq!(at(Tone::Minor, Depth::True), None, "what is not named is the base's");
        assert!(theme.background(Tone::Selected).is_some());
    }

    #[test]
    fn faults_are_named_with_their_line_and_the_rest_holds() {
        let text = "base = \"neon\"\nutil = [1, 2]\n[roles]\ncritcal = 1\ndim = \"#12345\"\nok = 300\nkey = 3\n";
        let (theme, faults) = OwnTheme::read("mine", "mine.toml", text);
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [1, 2, 4, 5, 6]);
        assert_eq!(faults[2].to_string(), "mine.toml:4: no role `critcal`");
        assert_eq!(theme.roles.len(), 1);
        let (_, broken) = OwnTheme::read("x", "x.toml", "roles = [\n");
        assert_eq!(broken.len(), 1);
    }

    #[test]
    fn every_meaning_has_a_role_of_its_own() {
        for (at, (name, tone)) in ROLES.iter().enumerate() {
            assert!(ROLES.iter().skip(at + 1).all(|(other, same)| other != name && same != tone), "{name}");
        }
    }
}
