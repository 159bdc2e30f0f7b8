//! Glyphs in three sets: Unicode; *cjk*, only what is one cell wide on terminals set to wide ambiguous glyphs; ASCII.
//!
//! The width of a glyph is never derived from `LANG`: it is asked of the terminal (`terminal::probe`).

use crate::model::{DeviceStatus, Severity};
use ratatui::symbols::border;

/// The three sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum GlyphSet {
    #[default]
    Unicode,
    Cjk,
    Ascii,
}

impl GlyphSet {
    /// All, by the names that `--glyphs` takes.
    pub const NAMES: [(&'static str, Self); 3] = [("unicode", Self::Unicode), ("cjk", Self::Cjk), ("ascii", Self::Ascii)];

    /// From its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, set)| *set)
    }

    /// What the environment alone decides: ASCII under `LC_ALL=C`, `POSIX`, a codeset that is not UTF-8, or on a terminal without
    /// Unicode or without braille in its font; `None` where the terminal must be asked.
    pub fn from_environment(locale: Option<&str>, term: Option<&str>) -> Option<Self> {
        let codeset = locale.and_then(|locale| locale.split_once('.')).map(|(_, rest)| rest.split('@').next().unwrap_or(rest));
        let other = codeset.is_some_and(|name| !matches!(name.to_ascii_lowercase().as_str(), "utf-8" | "utf8"));
        let plain = matches!(locale, Some("C" | "POSIX"))
            || other
            || term.is_some_and(|term| {
                // The Linux console's font has 256 or 512 glyphs: no braille, no rounded corners.
                matches!(term, "dumb" | "linux") || ["vt1", "vt2", "linux-"].iter().any(|kind| term.starts_with(kind))
            });
        plain.then_some(Self::Ascii)
    }

    /// What a terminal shows right that moved its cursor by so many columns for one ambiguous glyph of three octets: two are a
    /// CJK setting, three are octets shown one by one.
    pub const fn from_probe(self, columns: u16) -> Self {
        match (self, columns) {
            (Self::Unicode, 2) => Self::Cjk,
            (Self::Unicode, 3) => Self::Ascii,
            (set, _) => set,
        }
    }
}

/// The glyphs of one set.
#[derive(Clone, Debug)]
pub struct Glyphs {
    /// Which set it is.
    pub set: GlyphSet,
    /// Borders of panes.
    pub border: border::Set<'static>,
    /// A rule across a pane.
    pub rule: &'static str,
    /// What stands where text was cut.
    pub ellipsis: &'static str,
    /// Full and empty cell of a bar.
    pub bar: [&'static str; 2],
    /// Half a cell at the end of a bar; the same as full where there is none.
    pub bar_half: &'static str,
    /// The row under the cursor.
    pub cursor: &'static str,
    /// A marked row.
    pub mark: &'static str,
    /// Sorted up, sorted down.
    pub sort: [&'static str; 2],
    /// Between the parts of the breadcrumb.
    pub crumb: &'static str,
    /// Between two ends of a link.
    pub arrow: &'static str,
    /// Between things in one line.
    pub dot: &'static str,
    /// Before a live clock.
    pub live: &'static str,
    /// The bell is on.
    pub bell: &'static str,
    /// Traffic in and out.
    pub in_out: [&'static str; 2],
    /// A group that is folded, one that is not, and a row in it.
    pub group: [&'static str; 3],
    /// Eight rising levels of a sparkline one cell wide, lowest first; used where there is no braille.
    pub levels: [&'static str; 8],
}

impl Glyphs {
    /// The glyphs of a set.
    pub const fn new(set: GlyphSet) -> Self {
        match set {
            GlyphSet::Unicode => UNICODE,
            GlyphSet::Cjk => CJK,
            GlyphSet::Ascii => ASCII,
        }
    }

    /// Whether braille may be drawn.
    pub const fn braille(&self) -> bool {
        !matches!(self.set, GlyphSet::Ascii)
    }

    /// Three cells that say a severity without colour.
    pub const fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => "!!C",
            Severity::Major => " !M",
            Severity::Minor => "  m",
            Severity::Warning => "  w",
            Severity::Indeterminate => "  ?",
            Severity::Cleared => " ok",
        }
    }

    /// One cell that says a device's status without colour.
    pub const fn status(&self, status: DeviceStatus) -> &'static str {
        match (status, self.set) {
            (DeviceStatus::Up, GlyphSet::Unicode) => "●",
            (DeviceStatus::Up, GlyphSet::Cjk) => "⣿",
            (DeviceStatus::Up, GlyphSet::Ascii) => "+",
            (DeviceStatus::Down, GlyphSet::Unicode | GlyphSet::Cjk) => "✗",
            (DeviceStatus::Down, GlyphSet::Ascii) => "X",
            (DeviceStatus::Unreachable, GlyphSet::Unicode | GlyphSet::Cjk) => "\u{2298}",
            (DeviceStatus::Unreachable, GlyphSet::Ascii) => "x",
            (DeviceStatus::Unknown, _) => "?",
            (DeviceStatus::Maintenance, _) => "~",
        }
    }
}

const UNICODE: Glyphs = Glyphs {
    set: GlyphSet::Unicode,
    border: border::ROUNDED,
    rule: "─",
    ellipsis: "…",
    bar: ["━", "━"],
    bar_half: "╸",
    cursor: "▌",
    mark: "◆",
    sort: ["▲", "▼"],
    crumb: "›",
    arrow: "→",
    dot: "·",
    live: "●",
    bell: "♪",
    in_out: ["↓", "↑"],
    group: ["▸", "▾", "└"],
    levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

const CJK: Glyphs = Glyphs {
    set: GlyphSet::Cjk,
    border: PLAIN_BORDER,
    rule: "-",
    ellipsis: "~",
    bar: ["⣶", "⣀"],
    bar_half: "⣦",
    cursor: ">",
    mark: "*",
    sort: ["^", "v"],
    crumb: ">",
    arrow: ">",
    dot: "|",
    live: "*",
    bell: "B",
    in_out: ["in", "out"],
    group: ["▸", "▾", "`"],
    levels: ["⣀", "⣀", "⣤", "⣤", "⣶", "⣶", "⣿", "⣿"],
};

const ASCII: Glyphs = Glyphs {
    set: GlyphSet::Ascii,
    border: PLAIN_BORDER,
    rule: "-",
    ellipsis: "~",
    bar: ["#", "-"],
    bar_half: "#",
    cursor: ">",
    mark: "*",
    sort: ["^", "v"],
    crumb: ">",
    arrow: ">",
    dot: "|",
    live: "*",
    bell: "B",
    in_out: ["in", "out"],
    group: ["+", "-", "`"],
    levels: ["_", ".", ":", "-", "=", "+", "*", "#"],
};

const PLAIN_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn single_cells(glyphs: &Glyphs) -> Vec<&'static str> {
        let mut all = vec![
            glyphs.rule,
            glyphs.ellipsis,
            glyphs.cursor,
            glyphs.mark,
            glyphs.crumb,
            glyphs.arrow,
            glyphs.dot,
            glyphs.live,
            glyphs.bell,
        ];
        all.extend(glyphs.bar);
        all.extend(glyphs.levels);
        all.extend(glyphs.sort);
        all.extend([glyphs.border.top_left, glyphs.border.vertical_left, glyphs.border.horizontal_top, glyphs.bar_half]);
        all
    }

    #[test]
    fn no_glyph_of_the_cjk_set_is_ambiguous() {
        for glyph in single_cells(&Glyphs::new(GlyphSet::Cjk)) {
            assert_eq!((glyph.width(), glyph.width_cjk()), (1, 1), "{glyph}");
        }
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        assert!(single_cells(&Glyphs::new(GlyphSet::Ascii)).iter().all(|glyph| glyph.is_ascii()));
    }

    #[test]
    fn a_plain_locale_or_a_dumb_terminal_is_ascii() {
        assert_eq!(GlyphSet::from_environment(Some("C"), Some("xterm")), Some(GlyphSet::Ascii));
        assert_eq!(GlyphSet::from_environment(None, Some("dumb")), Some(GlyphSet::Ascii));
        assert_eq!(GlyphSet::from_environment(Some("ko_KR.UTF-8"), Some("xterm")), None);
        for term in ["linux", "vt100", "vt220"] {
            assert_eq!(GlyphSet::from_environment(Some("ko_KR.UTF-8"), Some(term)), Some(GlyphSet::Ascii), "{term}");
        }
        for locale in ["ko_KR.EUC-KR", "de_DE.ISO-8859-1@euro"] {
            assert_eq!(GlyphSet::from_environment(Some(locale), Some("xterm")), Some(GlyphSet::Ascii), "{locale}");
        }
        assert_eq!(GlyphSet::from_environment(Some("C.UTF-8"), Some("xterm-256color")), None);
    }

    #[test]
    fn the_probe_tells_wide_glyphs_and_octets() {
        assert_eq!(
            [1, 2, 3, 7].map(|columns| GlyphSet::Unicode.from_probe(columns)),
            [GlyphSet::Unicode, GlyphSet::Cjk, GlyphSet::Ascii, GlyphSet::Unicode]
        );
        assert_eq!(GlyphSet::Ascii.from_probe(2), GlyphSet::Ascii);
    }
}
