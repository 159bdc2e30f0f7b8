//! What the terminal is, measured: for a check that is printed, not for the console, which asks while it runs.

use crate::engine::doctor::facts::Terminal;
use crate::ui::glyph::GlyphSet;
use crate::ui::theme::Depth;
use crossterm::{cursor, terminal};
use std::io::{self, IsTerminal, Write};

/// An ambiguous glyph at the beginning of the line; what takes it away again.
const PROBE: &[u8] = "\r─".as_bytes();
const CLEAN: &[u8] = b"\r   \r";

/// This process's terminal. Where there is one that knows how, it is asked how wide it draws a glyph; it shows nothing of that.
pub fn measure() -> Terminal {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (term, no_color) = (env("TERM"), env("NO_COLOR"));
    let depth = Depth::detect(None, env("COLORTERM").as_deref(), term.as_deref());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env(name));
    let is_ascii = GlyphSet::from_environment(locale.as_deref(), term.as_deref()) == Some(GlyphSet::Ascii);
    let is_terminal = io::stdout().is_terminal();
    Terminal {
        is_terminal,
        size: is_terminal.then(|| terminal::size().ok()).flatten().filter(|(columns, rows)| *columns > 0 && *rows > 0),
        ambiguous: (is_terminal && io::stdin().is_terminal() && !is_ascii).then(probe).flatten(),
        term: term.unwrap_or_default(),
        colours: colours(depth),
        no_color: no_color.is_some(),
        locale,
        is_ascii,
    }
}

const fn colours(depth: Depth) -> u32 {
    match depth {
        Depth::Mono => 0,
        Depth::Sixteen => 16,
        Depth::TwoFiftySix => 256,
        Depth::True => 1 << 24,
    }
}

/// How many columns an ambiguous glyph takes; none where the terminal does not say.
fn probe() -> Option<u16> {
    terminal::enable_raw_mode().ok()?;
    let column = ask().ok();
    terminal::disable_raw_mode().ok()?;
    column
}

fn ask() -> io::Result<u16> {
    let mut out = io::stdout().lock();
    out.write_all(PROBE)?;
    out.flush()?;
    let place = cursor::position();
    out.write_all(CLEAN)?;
    out.flush()?;
    place.map(|(column, _)| column)
}
