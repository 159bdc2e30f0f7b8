//! `noctop shot`: one screen, no terminal needed, drawn by the live console's own update and draw.

use super::{Failure, Outcome, written};
use crate::cli::{ShotArgs, ShotFormat};
use crate::engine::{AskError, Handle};
use crate::model::Timestamp;
use crate::query::Screen;
use crate::ui::{Depth, GlyphSet, UiOptions, shot};
use std::io::Write;

/// The largest picture, columns and rows: what terminals have.
const LARGEST: (u16, u16) = (500, 200);

/// Draws a screen of what `handle` answers and prints it. `at` is the past time that is shown.
///
/// Errors: an unknown screen, a size that is none (exit 2); an engine that does not answer.
pub fn run(args: &ShotArgs, options: &UiOptions, (handle, at): (&Handle, Option<Timestamp>), out: &mut dyn Write) -> Outcome {
    let screen = Screen::from_name(&args.screen).ok_or_else(|| {
        let known = Screen::NAMES.map(|(name, _)| name).join(", ");
        Failure::usage(format!("no screen {:?}: {known}", args.screen))
    })?;
    let (width, height) = size(&args.size)?;
    let options = options_for(args, options);
    let request = shot::Request { screen, size: (width, height), keys: shot::keys(args.keys.as_deref().unwrap_or_default()), at };
    let buf = shot::of_screen(handle, &options, &request).map_err(unanswered)?;
    let title = format!("noctop {}", screen.name());
    written(
        out.write_all(
            match args.format {
                ShotFormat::Text => shot::text(&buf),
                ShotFormat::Ansi => shot::ansi(&buf),
                ShotFormat::Svg => shot::svg(&buf, &title),
            }
            .as_bytes(),
        ),
    )
}

/// A picture has no terminal to ask: full colour, Unicode where nothing else is said, and UTC in the demo, the same bytes each time.
fn options_for(args: &ShotArgs, options: &UiOptions) -> UiOptions {
    let mut options = options.clone();
    options.glyphs = Some(options.glyphs.unwrap_or(GlyphSet::Unicode));
    options.depth = if options.depth == Depth::Mono && args.format != ShotFormat::Svg { Depth::Mono } else { Depth::True };
    if args.demo.is_some() {
        options.zone = jiff::tz::TimeZone::UTC;
    }
    options
}

fn size(text: &str) -> Result<(u16, u16), Failure> {
    let parsed = text.split_once(['x', 'X']).and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    match parsed {
        Some((width @ 1.., height @ 1..)) if width <= LARGEST.0 && height <= LARGEST.1 => Ok((width, height)),
        _ => Err(Failure::usage(format!("--size {text:?}: write COLUMNSxROWS, at most {}x{}", LARGEST.0, LARGEST.1))),
    }
}

fn unanswered(error: AskError) -> Failure {
    match error {
        AskError::Refused(why) => Failure::usage(why),
        AskError::Failed(_) | AskError::Gone => Failure::failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_columns_by_rows() {
        assert_eq!(size("120x36").unwrap(), (120, 36));
        for text in ["", "120", "0x5", "5x0", "501x10", "10x201", "axb", "-1x4"] {
            assert_eq!(size(text).unwrap_err().code, crate::cli::EXIT_USAGE, "{text}");
        }
    }
}
