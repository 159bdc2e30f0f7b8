//! What the console is started with: its options from the command line, and the doors to signals that it may not open itself.

use super::{Failure, Outcome, attach, shot};
use crate::cli::{Common, ConsoleOptions, EXIT_OK, GlyphChoice, ShotArgs};
use crate::engine::{self, Hosting};
use crate::net::signal::{self, Asked};
use crate::ui::keymap::PRESETS;
use crate::ui::{self, Access, Face, GlyphSet, Lang, OwnTheme, Signal, Signals, Source, ThemeName, UiOptions};
use std::path::{Path, PathBuf};

/// The operator's own key file, where there is no `--keymap FILE`.
const KEY_FILE: &str = "noctop/keys.toml";
/// Where the operator's own themes stand.
const THEMES: &str = "noctop/themes";
/// Themes that are read, and octets of each: a folder full of something else stops nobody.
const MOST_THEMES: usize = 64;
const LARGEST_THEME: u64 = 64 * 1024;

/// Where the last console was.
const STATE_FILE: &str = "console.json";
/// Octets of it at most: it holds a few lines of each screen.
const MOST_STATE: u64 = 256 * 1024;

/// `noctop`: the console, attached to whoever serves the store, else with the engine in this process. The first frame is
/// drawn while that is still being found out.
pub fn run(common: &Common, console: &ConsoleOptions) -> Outcome {
    let mut ui_options = options(console)?;
    if let Some(path) = state_file(common) {
        ui_options.restore = if console.fresh { None } else { left(&path) };
        ui_options.keep = Some(path);
    }
    let engine_options = attach::options(common, Hosting::Auto)?;
    let open = move || engine::open(engine_options).map_err(|error| error.to_string());
    ui::run(Source::Opening(Box::new(open)), &ui_options, signals()).map_err(Failure::failed)?;
    Ok(EXIT_OK)
}

/// `noctop shot`: a screen of the engine that serves, else of the store alone.
pub fn shot(common: &Common, (args, console): (&ShotArgs, &ConsoleOptions)) -> Outcome {
    let ui_options = options(console)?;
    let at = attach::at(common)?;
    let handle = attach::reader(common)?;
    let printed = shot::run(args, &ui_options, (&handle, at), &mut std::io::stdout());
    handle.close();
    printed
}

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
    if console.read_write {
        options.access = Access::ReadWrite;
    }
    let given =
        [("theme", console.theme.is_some()), ("glyphs", console.glyphs != GlyphChoice::Auto), ("lang", console.lang.is_some())];
    options.pinned = given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect();
    if let Some(name) = &console.lang {
        let known = Lang::NAMES.map(|(name, _)| name).join(", ");
        options.lang = Lang::from_name(name).ok_or_else(|| Failure::usage(format!("no language {name:?}: {known}")))?;
    }
    options.face = match (console.plain, console.wallboard) {
        (true, _) => Face::Plain,
        (false, true) => Face::Wallboard,
        (false, false) => Face::Screens,
    };
    themes(&mut options, console.theme.as_deref())?;
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

/// The operator's own themes, and the one that is asked for.
///
/// Errors: a theme that does not exist, a file that can't be read (exit 2).
fn themes(options: &mut UiOptions, asked: Option<&str>) -> Result<(), Failure> {
    for file in own_themes() {
        // What can't be read is left out: only a theme that is asked for by its file must be there.
        let _left_out = read_theme(options, &file);
    }
    let Some(name) = asked else { return Ok(()) };
    let path = Path::new(name);
    if path.extension().is_some_and(|ending| ending == "toml") {
        read_theme(options, path).map_err(|error| Failure::usage(format!("--theme {name}: {error}")))?;
        options.theme = ThemeName::Own(u8::try_from(options.own_themes.len().saturating_sub(1)).unwrap_or(u8::MAX));
        return Ok(());
    }
    let own = options.own_themes.iter().map(|theme| theme.name.as_str());
    let known = own.chain(ThemeName::NAMES.map(|(name, _)| name)).collect::<Vec<_>>().join(", ");
    let found = ThemeName::among(name, &options.own_themes);
    options.theme = found.ok_or_else(|| Failure::usage(format!("no theme {name:?}: {known}")))?;
    Ok(())
}

fn read_theme(options: &mut UiOptions, file: &Path) -> std::io::Result<()> {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut std::io::Read::take(std::fs::File::open(file)?, LARGEST_THEME), &mut text)?;
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let (theme, faults) = OwnTheme::read(&name, &file.display().to_string(), &text);
    options.own_themes.push(theme);
    options.theme_faults.extend(faults);
    Ok(())
}

/// `themes/*.toml` beside the key file, by name.
fn own_themes() -> Vec<PathBuf> {
    let folder = config_folder().and_then(|folder| std::fs::read_dir(folder.join(THEMES)).ok());
    let mut files: Vec<PathBuf> = folder
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .take(MOST_THEMES)
        .collect();
    files.sort();
    files
}

/// Where a console leaves where it was: in the folder that `--data` names, else in the user's state folder.
fn state_file(common: &Common) -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = || folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")));
    let data = common.data.clone().or_else(|| state().map(|state| state.join("noctop")))?;
    Some(data.join(STATE_FILE))
}

/// What the last console left; a file that no console writes is not read.
fn left(path: &Path) -> Option<String> {
    let size = std::fs::metadata(path).ok()?.len();
    if size > MOST_STATE { None } else { std::fs::read_to_string(path).ok() }
}

/// `$XDG_CONFIG_HOME`, else `~/.config`.
fn config_folder() -> Option<PathBuf> {
    std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))
}

/// `$XDG_CONFIG_HOME/noctop/keys.toml`, else `~/.config/noctop/keys.toml`, where there is one.
fn own_keys() -> Option<(String, String)> {
    let file = config_folder()?.join(KEY_FILE);
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
    fn what_a_console_leaves_lies_where_its_data_is_and_has_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let common = Common { data: Some(folder.path().to_owned()), ..Default::default() };
        let path = state_file(&common).unwrap();
        assert_eq!(path, folder.path().join("console.json"));
        assert_eq!(left(&path), None, "the first console finds nothing");
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(left(&path).as_deref(), Some("{}"));
        std::fs::write(&path, vec![b' '; usize::try_from(MOST_STATE).unwrap() + 1]).unwrap();
        assert_eq!(left(&path), None, "no console writes so much");
    }

    #[test]
    fn only_a_console_that_is_told_so_writes() {
        let access = |read_write| options(&ConsoleOptions { read_write, ..Default::default() }).unwrap().access;
        assert_eq!((access(false), access(true)), (Access::ReadOnly, Access::ReadWrite));
    }

    #[test]
    fn an_unknown_theme_or_key_file_is_exit_code_2() {
        let theme = ConsoleOptions { theme: Some("neon".to_owned()), ..Default::default() };
        assert!(options(&theme).unwrap_err().message.contains("deuteranopia"));
        let file = ConsoleOptions { theme: Some("no/such/theme.toml".to_owned()), ..Default::default() };
        assert_eq!(options(&file).unwrap_err().code, crate::cli::EXIT_USAGE);
        let keymap = ConsoleOptions { keymap: Some("no/such/file.toml".to_owned()), ..Default::default() };
        assert_eq!(options(&keymap).unwrap_err().code, crate::cli::EXIT_USAGE);
    }
}
