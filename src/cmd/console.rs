//! What the console is started with: its options from the command line, and the doors to signals that it may not open itself.

use super::Failure;
use crate::cli::{ConsoleOptions, GlyphChoice};
use crate::net::signal::{self, Asked};
use crate::ui::keymap::PRESETS;
use crate::ui::{GlyphSet, Signal, Signals, ThemeName, UiOptions};
use std::path::PathBuf;

/// The operator's own key file, where there is no `--keymap FILE`.
const KEY_FILE: &str = "noctop/keys.toml";

/// The console's options, from the command line over the environment.
///
/// Errors: a theme that does not exist, a key file that can't be read (exit 2).
pub fn options(console: &ConsoleOptions) -> Result<UiOptions, Failure> {
    let mut options = UiOptions::from_environment();
    options.glyphs = match console.glyphs {
        GlyphChoice::Auto => options.glyphs,
        GlyphChoice::Unicode => Some(GlyphSet::Unicode),
        GlyphChoice::Cjk => Some(GlyphSet::Cjk),
        GlyphChoice::Ascii => Some(GlyphSet::Ascii),
    };
    options.slow = console.slow;
    if let Some(name) = &console.theme {
        let known = ThemeName::NAMES.map(|(name, _)| name).join(", ");
        options.theme = ThemeName::from_name(name).ok_or_else(|| Failure::usage(format!("no theme {name:?}: {known}")))?;
    }
    match &console.keymap {
        Some(preset) if PRESETS.iter().any(|(name, _)| name == preset) => {
            options.keymap.clone_from(preset);
            options.keys = own_keys();
        }
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("--keymap {file}: {error}")))?;
            options.keys = Some((file.clone(), text));
        }
        None => options.keys = own_keys(),
    }
    Ok(options)
}

/// `$XDG_CONFIG_HOME/noctop/keys.toml`, else `~/.config/noctop/keys.toml`, where there is one.
fn own_keys() -> Option<(String, String)> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    let file = folder.join(KEY_FILE);
    let text = std::fs::read_to_string(&file).ok()?;
    Some((file.display().to_string(), text))
}

/// The doors to signals.
pub fn signals() -> Signals {
    Signals {
        listen: Box::new(|told| {
            let listening = signal::listen(Box::new(move |asked| {
                told(match asked {
                    Asked::End => Signal::End,
                    Asked::Hangup => Signal::Hangup,
                    Asked::Stop => Signal::Stop,
                });
            }));
            if let Err(error) = listening {
                tracing::warn!("signals are not handled: {error}");
            }
        }),
        suspend: Box::new(signal::stop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_command_line_hold() {
        let console = ConsoleOptions {
            glyphs: GlyphChoice::Cjk,
            theme: Some("light".to_owned()),
            keymap: Some("vim".to_owned()),
            ..Default::default()
        };
        let options = options(&console).unwrap();
        assert_eq!((options.glyphs, options.theme, options.keymap.as_str()), (Some(GlyphSet::Cjk), ThemeName::Light, "vim"));
    }

    #[test]
    fn an_unknown_theme_or_key_file_is_exit_code_2() {
        let theme = ConsoleOptions { theme: Some("neon".to_owned()), ..Default::default() };
        assert!(options(&theme).unwrap_err().message.contains("deuteranopia"));
        let keymap = ConsoleOptions { keymap: Some("no/such/file.toml".to_owned()), ..Default::default() };
        assert_eq!(options(&keymap).unwrap_err().code, crate::cli::EXIT_USAGE);
    }
}
